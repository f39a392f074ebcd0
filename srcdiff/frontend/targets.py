"""Assignment to what stands left of `=`, after `for`, or in a comprehension."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from srcdiff.frontend.cells import Cell, ModuleVariable
from srcdiff.frontend.expressions import expression, index
from srcdiff.frontend.frame import Frame
from srcdiff.ir.core import Apply, Atom, Const, Var
from srcdiff.ops.syntax import SET_ATTRIBUTE, SET_GLOBAL, SET_ITEM, UNPACK


def assign(frame: Frame, target: ast.expr, value: Atom) -> None:
    """Bind a target: x, (x, y), (x, *ys), nested; write into x[i] and x.a."""
    if isinstance(target, ast.Name):
        frame.bind(target.id, value)
        return
    if isinstance(target, ModuleVariable):
        frame.do(SET_GLOBAL, target, Const(target.id), value)
        return
    if isinstance(target, ast.Subscript):
        owner, place = expression(frame, target.value), index(frame, target.slice)
        frame.do(SET_ITEM, target, owner, place, value)
        return
    if isinstance(target, ast.Attribute):
        owner = expression(frame, target.value)
        frame.do(SET_ATTRIBUTE, target, owner, Const(target.attr), value)
        return
    assert isinstance(target, (ast.Tuple, ast.List)), target
    outs = tuple(Var(hint(part)) for part in target.elts)
    before, after = _around_star(target.elts)
    args = (value, Const(before), Const(after))
    frame.stmts.append(Apply(outs, UNPACK, args, frame.at(target)))
    for part, out in zip(target.elts, outs):
        assign(frame, part.value if isinstance(part, ast.Starred) else part, out)


def hint(target: ast.expr) -> str:
    """The spelling for a value that is assigned to the target."""
    target = target.value if isinstance(target, ast.Starred) else target
    if isinstance(target, Cell):
        return target.spelled
    if isinstance(target, ModuleVariable):
        return target.id
    return target.id if isinstance(target, ast.Name) and "." not in target.id else ""


def _around_star(parts: Sequence[ast.expr]) -> tuple[int, int | None]:
    for position, part in enumerate(parts):
        if isinstance(part, ast.Starred):
            return position, len(parts) - position - 1
    return len(parts), None
