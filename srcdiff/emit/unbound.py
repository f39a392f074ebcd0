"""Names that some path leaves unbound, as Python allows: reading one is Python's UnboundLocalError.

A variable that takes UNDEFINED on some path is not assigned there. Where the program stores it all
the same (in a record, in a result) it gets None. Where the program asks for it (`require`), the
name must tell: it belongs to that variable alone, or holds None where an earlier round of a loop
might have left a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from srcdiff.emit.nest import Steps
from srcdiff.emit.steps import (
    PUSH,
    PUT,
    Loop,
    Move,
    Pairs,
    Return,
    after,
    all_steps,
    arguments,
    blocks,
    is_unbound,
    moves,
    partly_bound,
)
from srcdiff.ir.core import Apply, Atom, Var
from srcdiff.ir.walk import variables

KEEPING = ("append", "blank", "call", "list", "pack", PUSH.name, PUT.name)


def given_none(steps: Steps, same: Callable[[Var, Var], bool]) -> set[Var]:
    """Variables that get None where a path leaves them unbound; `same` tells equal names."""
    pairs, partial = moves(steps), partly_bound(steps)
    kept: set[Var] = set()
    asked: set[Var] = set()
    sure = {v for s in steps if isinstance(s, Apply) and s.op.name == "require" for v in _asked(s)}
    for step in all_steps(steps):
        if isinstance(step, Return):
            kept.update(v for v in variables(step.values) if v not in sure)
        elif isinstance(step, Apply) and step.op.name in KEEPING:
            kept.update(variables(arguments(step)))
        elif isinstance(step, Apply) and step.op.name == "require":
            asked.update(_asked(step))
    kept |= {s for t, s in pairs if isinstance(s, Var) and s in partial and not same(s, t)}
    again = {t for t, s in _looped(steps, False) if is_unbound(s)}
    return (_before(kept, pairs) & partial) | (_before(asked, pairs) & again)


def _asked(step: Apply) -> list[Var]:
    """The variable that must have a value, or the program ends here."""
    return variables(step.args[:1])


def may_be_none(steps: Steps, given: set[Var]) -> set[Var]:
    """Variables that may hold the None that stands for an unbound one."""
    return after(given, moves(steps))


def barred(steps: Steps) -> set[tuple[Var, Var]]:
    """Pairs that must not share a name: one unbound on a path, the other bound before the branch.

    Read unbound, it would have the other's value instead of Python's UnboundLocalError.
    """
    return set(_barred(steps, partly_bound(steps)))


def _barred(steps: Steps, partial: set[Var]) -> Iterator[tuple[Var, Var]]:
    for step in steps:
        for block in blocks(step):
            made = _written(block)
            for move in (m for m in block if isinstance(m, Move)):
                for t, s in zip(move.targets, move.sources):
                    if t in partial and isinstance(s, Var) and s not in partial | made:
                        yield from ((t, s), (s, t))
            yield from _barred(block, partial)


def _written(steps: Steps) -> set[Var]:
    """The variables that steps and the blocks inside them make."""
    found = {out for s in all_steps(steps) if isinstance(s, Apply) for out in s.outs}
    inner = (m for step in steps for block in blocks(step) for m in all_steps(block))
    return found | {t for m in inner if isinstance(m, Move) for t in m.targets}


def _looped(steps: Steps, inside: bool) -> Iterator[tuple[Var, Atom]]:
    """What is moved inside loops."""
    for step in steps:
        if isinstance(step, Move) and inside:
            yield from zip(step.targets, step.sources)
        for block in blocks(step):
            yield from _looped(block, inside or isinstance(step, Loop))


def _before(found: set[Var], pairs: Pairs) -> set[Var]:
    """The variables, and those whose values they take."""
    grown = found | {s for t, s in pairs if t in found and isinstance(s, Var)}
    return found if grown == found else _before(grown, pairs)
