"""Numbers that every round of a loop makes larger by the same: nobody needs to record them.

k = 2                   round 0, 1, 2, ...
while ...:
    ...                 here k is 2 + 3 * round
    k += 3
"""

from __future__ import annotations

from dataclasses import dataclass

from srcdiff.analysis.types import arg_type
from srcdiff.ir.core import Apply, Atom, Const, For, Range, Var, While
from srcdiff.ir.types import INT
from srcdiff.ir.walk import carried_params, carried_results
from srcdiff.ops.table import BY_NAME
from srcdiff.transform.build import Builder

_ADD = BY_NAME["add"]
_STEPS = (_ADD, BY_NAME["subtract"])


@dataclass(frozen=True)
class Counter:
    """What a loop carries round as k += 1 does: `start + step * position` in a round."""

    start: Atom
    step: int

    def counts_rounds(self) -> bool:
        return self.start == Const(0) and self.step == 1

    def value(self, build: Builder, position: Atom) -> Atom:
        """The number in the round at a position."""
        made = position
        if self.step != 1:
            made = build.value(BY_NAME["multiply"], (made, Const(self.step)), INT)
        if self.start != Const(0):
            made = build.value(BY_NAME["add"], (made, self.start), INT)
        return made


def counters(stmt: For | While) -> dict[Var, Counter]:
    """The counters among what a loop carries round.

    Of a loop that runs backward none: records lie by position, and a counter counts rounds.
    """
    if isinstance(stmt, For) and isinstance(stmt.over, Range) and stmt.over.backward:
        return {}
    makers = {out: s for s in stmt.body.stmts if isinstance(s, Apply) for out in s.outs}
    found = {}
    for param, result, init in zip(carried_params(stmt), carried_results(stmt), stmt.inits):
        step = _step(makers.get(result), param) if isinstance(result, Var) else None
        if step is not None and param.type == INT and arg_type(init) == INT:
            found[param] = Counter(init, step)
    return found


def _step(maker: Apply | None, param: Var) -> int | None:
    """By how much a statement makes a number larger: k + 1, 1 + k, k - 1."""
    if maker is None or maker.op not in _STEPS or len(maker.args) != 2:
        return None
    x, y = maker.args
    if y is param and maker.op is _ADD:
        x, y = y, x
    if x is not param or not isinstance(y, Const) or type(y.value) is not int:
        return None
    return y.value if maker.op is _ADD else -y.value


def rounds_counted(stmt: For | While) -> Var | None:
    """The number of iterations, if the program counts them itself."""
    own = counters(stmt)
    for param, out in zip(carried_params(stmt), stmt.outs):
        if param in own and own[param].counts_rounds():
            return out
    return None
