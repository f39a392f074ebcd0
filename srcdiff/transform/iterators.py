"""Iterators: what can be run over once, and runs later than it is made.

zip, enumerate, map, reversed    look their items up in each round
filter                           a loop over one is a loop over all with a test (`transform.filtered`)
generator expressions            run when they are made, which nobody can tell as long as nothing changes
                                 in between: they write nothing, and nothing is written until they have
                                 been run over
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from srcdiff.transform import prelude
from srcdiff.transform.values import Abstract, Iter, Key, Static, Value, same_static

if TYPE_CHECKING:
    from srcdiff.transform.instantiate import Instantiator
    from srcdiff.transform.memory import Memory

ONCE = ("zip", "enumerate", "reversed", "map", "filter", "generator")
WRITES = Static("writes")  # in place of the moment of a generator that writes


@dataclass(frozen=True, eq=False)
class Moment:
    """What every object held then."""

    memory: Memory


def moment(run: Instantiator) -> Abstract:
    """This moment, to be compared with later ones."""
    return Static(Moment(run.memory.copy()))


def iterator(run: Instantiator, kind: str, parts: tuple[Abstract, ...]) -> Iter:
    """An iterator, which can be used up."""
    once = Key(kind)
    run.memory.unused.add(once)
    return Iter(kind, parts, once)


def generator(run: Instantiator, items: Abstract, began: Abstract) -> Iter:
    """What a generator expression makes, whose items were made since it began."""
    return iterator(run, "generator", (items, WRITES if differs(run, began) else moment(run)))


def differs(run: Instantiator, since: Abstract) -> bool:
    """Whether something was written since a moment."""
    assert isinstance(since, Static) and isinstance(since.value, Moment)
    return run.memory.differs(since.value.memory)


def require_unchanged(run: Instantiator, since: Abstract, what: str) -> None:
    """Refuse to run over what would have been made only now, if it could differ."""
    if same_static(since, WRITES) or differs(run, since):
        raise run.refusal(
            "SD370",
            f"an object is changed between the making of this {what} and the use of its items, "
            "or while it makes them",
            "make a list of it",
        )


def for_the_program(run: Instantiator, a: Abstract) -> Abstract:
    """What is handed to a function of the program, which runs through it when it likes."""
    if isinstance(a, Iter) and a.kind == "generator" and same_static(a.parts[1], WRITES):
        require_unchanged(run, WRITES, "generator")
    return a


def at_once(run: Instantiator, a: Abstract) -> Abstract:
    """What is handed to a function that runs through it at once: of a generator its list."""
    if not isinstance(a, Iter) or a.kind not in ("generator", "filter"):
        return a
    use_up(run, a)
    if a.kind == "filter":
        made: Abstract = run.call(Static(prelude.keep), a.parts)
        return made
    items, since = a.parts
    if not same_static(since, WRITES):
        require_unchanged(run, since, "generator")
    return items


def use_up(run: Instantiator, a: Abstract) -> None:
    """Note that something was run over: an iterator has nothing left then."""
    if isinstance(a, Value) and a.key in run.memory.known.flats:
        _use_up_one(run, a.key, "flat")
    if not isinstance(a, Iter):
        return
    if a.kind in ONCE:
        _use_up_one(run, a.once, a.kind)
    if a.kind == "filter":  # what it goes through is used up when it does
        return
    for part in a.parts:
        use_up(run, part)


def _use_up_one(run: Instantiator, which: Key | None, kind: str) -> None:
    if which not in run.memory.unused:
        raise run.refusal(
            "SD369",
            f"this {kind} may have been looped over already, and have nothing left",
            "make a list of it, or another one for each loop",
        )
    run.memory.unused.discard(which)
