"""Several steps that Python has one statement for: comprehensions, unpacking."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from srcdiff.emit.actions import Stmts
from srcdiff.emit.around import Expr, attribute, call, name
from srcdiff.emit.nest import ACCESS, Steps
from srcdiff.emit.steps import EMPTY, PUSH, Loop, Step, is_missing
from srcdiff.emit.syntax import reached
from srcdiff.ir.core import Apply, Arg, Const, Range, Var

if TYPE_CHECKING:
    from srcdiff.emit.statements import Writer

WIDEST = 60


def idiom(w: Writer, steps: Steps) -> tuple[int, Stmts | None]:
    """How many steps from here on make one statement, and which."""
    listed = _comprehension(w, *steps[:2]) if len(steps) > 1 else None
    if listed is not None:
        return 2, [listed]
    popped = _popped(w, *steps[:2]) if len(steps) > 1 else None
    if popped is not None:
        return 2, [popped]
    accesses = _unpacked(steps)
    return (len(accesses), [_unpacking(w, accesses)]) if accesses else (1, None)


def _comprehension(w: Writer, step: Step, following: Step) -> ast.stmt | None:
    """xs = [f(i) for i in range(n)], where a loop does nothing but stack."""
    if not isinstance(step, Apply) or step.op is not EMPTY or not isinstance(following, Loop):
        return None
    push = following.body[0] if len(following.body) == 1 else None
    if following.over is None or not isinstance(push, Apply):
        return None
    if push.op is not PUSH or push.outs != step.outs or is_missing(push.args[1]):  # type: ignore[arg-type]
        return None
    value = _listed(w, push.args[1], following, following.over)
    return None if value is None else w.assign(step.outs[0], value)


def _popped(w: Writer, step: Step, following: Step) -> ast.stmt | None:
    """x = xs.pop(), where the last entry is read and then dropped."""
    if not (isinstance(step, Apply) and isinstance(following, Apply)):
        return None
    if step.op.name != "getitem" or following.op.name != "drop_last":
        return None
    taken = following in w.owned.in_place and step.args == (following.args[0], Const(-1))
    before, xs = following.args[0], following.outs[0]
    if not taken or not isinstance(before, Var) or not w.names.same(before, xs):
        return None
    return w.assign(step.outs[0], call(attribute(name(w.names(xs)), "pop")))


def _listed(w: Writer, value: Arg, loop: Loop, over: Range) -> Expr | None:
    """[value for item in range], [value] * n; None where that is too long."""
    shown = w.expr(value)
    if isinstance(value, Const):
        return ast.BinOp(ast.List([shown], ast.Load()), ast.Mult(), w.count(over))
    if len(ast.unparse(shown)) > WIDEST:
        return None
    clause = ast.comprehension(w.item(loop), w.range(over), [], 0)
    return ast.ListComp(shown, [clause])


def _unpacked(steps: Steps) -> list[Apply]:
    """The accesses from here on, if they read all items of one argument."""
    first = steps[0]
    if not isinstance(first, Apply) or first.op is not ACCESS:
        return []
    start, path, siblings = (a.value for a in first.args if isinstance(a, Const))
    if path[-1] != ("item", 0):
        return []
    wanted = [(start, (*path[:-1], ("item", k))) for k in range(siblings)]
    found = [s for s in steps[:siblings] if isinstance(s, Apply) and s.op is ACCESS]
    given = [tuple(a.value for a in s.args[:2] if isinstance(a, Const)) for s in found]
    return found if siblings > 1 and given == wanted else []


def _unpacking(w: Writer, accesses: list[Apply]) -> ast.stmt:
    """a, b = p"""
    start, path = (a.value for a in accesses[0].args[:2] if isinstance(a, Const))
    shown: list[Expr] = [w.target(s.outs[0]) for s in accesses]
    owner = reached(w.printer, start, path[:-1])
    return ast.Assign([ast.Tuple(shown, ast.Store())], owner, lineno=0)
