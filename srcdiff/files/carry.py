"""Objects of the user's that generated code names, put into the file.

    class of an argument   Layer = type(layer)                   in the functions that use it
    function with a rule   its source, and what that reads
    number, string         NAME = 2.5

Everything else is refused: a derivative file imports NumPy and the standard library alone.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from srcdiff.emit.source import to_text
from srcdiff.errors import Refused, refuse
from srcdiff.files.reach import FOREIGN, inner_function, reads
from srcdiff.frontend.source import find_source
from srcdiff.ir.core import Function, Tree


@dataclass
class Cargo:
    """Imports and definitions for a file, by the name they define."""

    imports: dict[str, str] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    classes: dict[str, type] = field(default_factory=dict)

    def bring(self, name: str, value: Any) -> None:
        """Make `value` known as `name`.

        Raises Refused when it cannot be carried, or when the name means something else already.
        """
        if name in self.values:
            if self.values[name] is not value:
                raise refuse("SD708", f"two things called {name} would meet in the file")
            return
        self.values[name] = value
        if isinstance(value, types.ModuleType):
            self.module(name, value)
        elif isinstance(value, type) and value.__module__ not in FOREIGN:
            self.classes[name] = value
        elif isinstance(value, types.FunctionType) and not _is_foreign(value):
            self.function(name, value)
        elif type(value) in (int, float, complex, str, bool, type(None)):
            self.definitions[name] = f"{name} = {value!r}"
        elif _is_foreign(value) and getattr(value, "__qualname__", "").isidentifier():
            known = "" if value.__qualname__ == name else f" as {name}"
            self.imports[name] = f"from {value.__module__} import {value.__qualname__}{known}"
        else:
            raise _not_carried(name, value)

    def module(self, name: str, value: types.ModuleType) -> None:
        if value.__name__.partition(".")[0] not in FOREIGN - {"srcdiff"}:
            raise _not_carried(name, value)
        known = "" if value.__name__ == name else f" as {name}"
        self.imports[name] = f"import {value.__name__}{known}"

    def function(self, name: str, function: types.FunctionType) -> None:
        """The definition, and those of what it reads."""
        function = inner_function(function)
        try:
            node = find_source(function).node
        except Refused:
            raise _not_carried(name, function) from None
        self.definitions.pop(name, None)
        used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        for other, value in reads(function):
            if other in used and value is not function:
                self.bring(other, value)
        for other, value in _modules(function, used):
            self.bring(other, value)
        self.definitions[name] = to_text([_definition(name, node)]).strip("\n")


def _is_foreign(value: Any) -> bool:
    module = str(getattr(value, "__module__", None)).partition(".")[0]
    return module in FOREIGN - {"srcdiff"} and module != "builtins"


def _not_carried(name: str, value: Any) -> Refused:
    return refuse(
        "SD708",
        f"the derivative uses {name}, a {type(value).__name__}, which a file cannot carry",
        hint="derivative files import NumPy alone: pass it as an argument, or write it in NumPy",
    )


def _modules(function: types.FunctionType, used: set[str]) -> Iterator[tuple[str, Any]]:
    for name in sorted(used & set(function.__globals__)):
        if isinstance(function.__globals__[name], types.ModuleType):
            yield name, function.__globals__[name]


def _definition(name: str, node: ast.FunctionDef | ast.Lambda) -> ast.FunctionDef:
    """The function as a plain `def`, without decorators and annotations."""
    for part in ast.walk(node):
        if isinstance(part, ast.arg):
            part.annotation = None
    if isinstance(node, ast.Lambda):
        return ast.FunctionDef(name, node.args, [ast.Return(node.body)], [], lineno=0)
    return ast.FunctionDef(name, node.args, node.body, [], lineno=0)


# --- classes of arguments -------------------------------------------------------------------------


def class_lines(function: Function, wanted: dict[str, type], used: set[str]) -> list[str]:
    """`Layer = type(layer)` for the classes that a function uses, from its own arguments.

    Raises Refused when no argument is of the class.
    """
    lines = []
    for name in sorted(used & set(wanted)):
        found = next(
            (text for i in function.inputs for text in _places(i.tree, i.name, wanted[name])), None
        )
        if found is None:
            raise _not_carried(name, wanted[name])
        lines.append(f"{name} = type({found})")
    return lines


def _places(tree: Tree, text: str, cls: type) -> Iterator[str]:
    """Where in an argument objects of the class are."""
    if tree.kind == "object" and tree.value is cls:
        yield text
    for place, child in enumerate(tree.children):
        if tree.kind == "object":
            inner = f"{text}.{tree.keys[place]}"
        else:
            key = tree.keys[place] if tree.kind == "dict" else place
            inner = f'{text}["{key}"]' if isinstance(key, str) else f"{text}[{key!r}]"
        yield from _places(child, inner, cls)


__all__ = ["Cargo", "class_lines"]
