"""The printed form of a Template: its function, then the functions defined inside it."""

from __future__ import annotations

from collections.abc import Iterator

from srcdiff.ir.core import Block, Const
from srcdiff.ir.text import print_function
from srcdiff.ir.walk import atoms, operands, statements
from srcdiff.ops.syntax import Template


def print_template(template: Template) -> str:
    """The text of the function and of those it mentions, outermost first."""
    return "\n\n".join(print_function(each.function) for each in templates(template))


def templates(template: Template) -> tuple[Template, ...]:
    """The template and those of the functions inside it."""
    found = {template: None}
    waiting = [template]
    while waiting:
        inner = [t for t in _mentioned(waiting.pop(0).function.body) if t not in found]
        found.update(dict.fromkeys(inner))
        waiting += dict.fromkeys(inner)
    return tuple(found)


def _mentioned(block: Block) -> Iterator[Template]:
    for stmt in statements(block):
        for arg in operands(stmt):
            for atom in atoms(arg):
                if isinstance(atom, Const) and isinstance(atom.value, Template):
                    yield atom.value
