"""Numbers that may be arrays of rank 0 when the program runs: np.where(c, x, y), an argument, x[0, ...].

`y += v` changes such an array in place, under whatever name it is held. The typed form makes no
difference between it and a number, so what may be one is never printed like that.
"""

from __future__ import annotations

from collections.abc import Iterable

from srcdiff.emit.nest import ACCESS, CHOOSE
from srcdiff.emit.steps import PUSH, PUT, Move
from srcdiff.ir.core import Apply, Var
from srcdiff.ir.types import Scalar
from srcdiff.ir.walk import variables
from srcdiff.ops.table import Row
from srcdiff.transform.views import KEEPING_RANK, LOCKED, ZERO_DIMENSIONAL

MAKING = (*ZERO_DIMENSIONAL, *LOCKED, "call", "external", "unpack", ACCESS.name)
PLAIN_KINDS = ("elementwise", "bilinear")
PLAIN = ("cast", "sum", "mean", "prod", "length", "extent", "truth", "is_none", "list_sum")


def rank0(
    params: Iterable[Var], applications: Iterable[Apply], moves: Iterable[Move]
) -> frozenset[Var]:
    """The numbers that may be arrays of rank 0, and the lists that may hold such."""
    steps: list[Apply | Move] = [*applications, *moves]
    found = {p for p in params if isinstance(p.type, Scalar) and not p.type.weak}
    found |= {
        o for s in steps if isinstance(s, Apply) and _makes(s) for o in s.outs if _is_number(o)
    }
    while more := {v for s in steps for v in _given(s, found)} - found:
        found |= more
    return frozenset(found)


def _is_number(var: Var) -> bool:
    return isinstance(var.type, Scalar) and not var.type.weak


def _makes(step: Apply) -> bool:
    """Whether a number that the step makes is an array of rank 0."""
    return step.op.name in MAKING or isinstance(step.op, Row) and step.op.user


def _given(step: Apply | Move, known: set[Var]) -> set[Var]:
    """What a step hands such a number on to."""
    if isinstance(step, Move):
        pairs = zip(step.targets, step.sources)
        return {t for t, s in pairs if not known.isdisjoint(variables((s,)))}
    if known.isdisjoint(variables(step.args)):
        return set()
    if step.op in (PUSH, PUT):
        return set(variables(step.args[:1])) | set(step.outs)
    if step.op is CHOOSE:
        return set(step.outs) if not known.isdisjoint(variables(step.args[1:])) else set()
    return set() if _is_plain(step) else set(step.outs)


def _is_plain(step: Apply) -> bool:
    """Whether the step makes a number of whatever it is given."""
    if step.op.name in KEEPING_RANK or step.op.name in MAKING:
        return False
    kind = step.op.kind if isinstance(step.op, Row) else ""
    return kind in PLAIN_KINDS or step.op.name in PLAIN
