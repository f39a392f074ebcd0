"""Loops over what was recorded: `for x in reversed(x_rec)`, where the index serves nothing else.

before   for k in reversed(range(n)):        after   for x in reversed(x_rec):
             x = x_rec[k]
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from srcdiff.emit.around import Expr, call
from srcdiff.emit.nest import Nested, Steps
from srcdiff.emit.steps import PUSH, Branch, Break, Loop, Return, Step, all_steps
from srcdiff.ir.core import Apply, Atom, Const, Range, Var

if TYPE_CHECKING:
    from srcdiff.emit.statements import Writer

WIDEST = 88


@dataclass(frozen=True)
class Drawn:
    """A loop over lists: what it assigns, what it runs over, and how many steps of its body do it."""

    target: Expr
    over: Expr
    steps: int


def filled(steps: Steps) -> dict[Var, Loop]:
    """The lists that get an entry in each round of a loop, with the loop."""
    return {
        inner.outs[0]: step
        for step in all_steps(steps)
        if isinstance(step, Loop)
        for inner in step.body
        if isinstance(inner, Apply) and inner.op is PUSH
    }


def drawn(w: Writer, loop: Loop, depth: int) -> Drawn | None:
    """The loop over the lists whose entries it reads first, if that is all it needs its index for."""
    if loop.item is None or loop.over is None:
        return None
    reads = _reads(w.live.nested, loop)
    lists = [s.args[0] for s in reads]
    if not reads or not all(isinstance(v, Var) and _covers(w, loop.over, v) for v in lists):
        return None
    names: list[Expr] = [w.target(s.outs[0]) for s in reads]
    shown = [w.expr(v) for v in lists]
    if loop.over.backward:
        shown = [call(w.printer.around.builtin("reversed"), v) for v in shown]
    target = names[0] if len(names) == 1 else ast.Tuple(names, ast.Store())
    over = shown[0] if len(shown) == 1 else call(w.printer.around.builtin("zip"), *shown)
    width = len(", ".join(map(ast.unparse, names))) + len(ast.unparse(over)) + len("for  in :")
    return Drawn(target, over, len(reads)) if 4 * depth + width <= WIDEST else None


def _reads(nested: Nested, loop: Loop) -> list[Apply]:
    """The readings at the loop's index with which its body begins; none if it serves more."""
    found: list[Apply] = []
    for step in loop.body:
        if (
            not isinstance(step, Apply)
            or step.op.name != "getitem"
            or step.args[1] is not loop.item
        ):
            break
        found.append(step)
    used = sum(v is loop.item for s in all_steps(loop.body) for v in nested.read_by(s))
    return found if used == len(found) else []


def _covers(w: Writer, over: Range, record: Var) -> bool:
    """Whether a list has an entry for each index of a range, and no more."""
    loop = w.filled.get(record)
    if loop is None:
        return False
    if replace(over, backward=False) == loop.over:
        return not any(isinstance(s, (Break, Return)) for s in _own(loop.body))
    measured = (
        _length_of(w, over.stop) if over == Range(Const(0), over.stop, Const(1), True) else None
    )
    return measured is not None and w.filled.get(measured) is loop


def _own(steps: Steps) -> Iterator[Step]:
    """The steps that a loop's body may end with, those of loops within aside."""
    for step in steps:
        yield step
        if isinstance(step, Branch):
            yield from _own((*step.then, *step.orelse))


def _length_of(w: Writer, length: object) -> Var | None:
    """The list that a value is the length of."""
    made = w.live.nested.made.get(length) if isinstance(length, Var) else None
    measured: Atom | object = (
        made.args[0] if made is not None and made.op.name == "length" else None
    )
    return measured if isinstance(measured, Var) else None
