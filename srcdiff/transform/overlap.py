"""Stores of one part of an array into another: NumPy reads a value before it writes, with two exceptions.

x[mask] = x[::-1]        refused
x[::2] = x[:4]           one axis is copied entry by entry, forward or backward; where the steps
A[1] = A[:, 2]           differ it may overwrite what it has yet to read, and the run tests that
"""

from __future__ import annotations

from dataclasses import replace

from srcdiff.ir.types import Array, dtype_of
from srcdiff.ops import python as py
from srcdiff.transform.basic_index import Parts, composed, every_axis, parts_of, rank_of, written
from srcdiff.transform.identities import Either
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.values import (
    Abstract,
    Key,
    Seq,
    Slice,
    Static,
    Value,
    is_static,
    key_of,
)

Run = Instantiator


def separate(run: Run, owner: Value, index: Abstract, value: Abstract) -> None:
    """Refuse what NumPy does not read before it writes, or have the run test that it does."""
    key = key_of(value)
    if run.rules or key is None or owner.key is None:
        return
    either = _either(run, owner.key, key)
    if either is not None:
        _separate_on_both_sides(run, owner, index, value, either)
        return
    if not run.memory.known.related(key, owner.key):
        return
    if owner.key in run.memory.known.flats:
        text = "NumPy writes x.flat entry by entry, while it reads the value from the same array"
        raise run.refusal("SD365", text, "write a copy: x.flat[...] = v.copy()")
    given = parts_of(index)
    arrays = [p for p in given if isinstance(p, Value) and isinstance(p.type, Array)]
    if any(dtype_of(p.type) == "bool" for p in arrays):
        text = "NumPy writes this array while it reads the value from it"
        raise run.refusal("SD365", text, "write a copy: x[mask] = v.copy()")
    place = None if arrays or not rank_of(value) else every_axis(rank_of(owner), given)
    if place is not None and sum(isinstance(p, Slice) for p in place) == 1:
        _in_order(run, owner, given, value)


def _either(run: Run, *keys: Key) -> Either | None:
    """The choice that one of some objects is, if it is one of two."""
    found = (run.memory.known.eithers.get(key) for key in keys)
    return next((either for either in found if either is not None), None)


def _separate_on_both_sides(
    run: Run, owner: Value, index: Abstract, value: Abstract, either: Either
) -> None:
    """The same for what is one of two objects: for the one that it is."""

    def on(outcome: bool) -> tuple[Abstract, ...]:
        sides = (_chosen(run, a, either.test, outcome) for a in (owner, value))
        separate(run, next(sides), index, next(sides))  # type: ignore[arg-type]
        return ()

    decided = run.memory.decided.get(either.test.atom)
    if decided is None:
        run.fork(either.test, lambda: on(True), lambda: on(False))
    else:
        on(decided)


def _chosen(run: Run, a: Abstract, test: Value, outcome: bool) -> Abstract:
    """A value that is one of two objects by a test, as the one of them."""
    key = key_of(a)
    either = None if key is None else run.memory.known.eithers.get(key)
    if either is None or either.test.atom != test.atom:
        return a
    one = either.then if outcome else either.orelse
    held = run.memory.content(run, one)
    run.sound(held)
    assert isinstance(held, Value)
    return replace(held, key=one)


def _in_order(run: Run, owner: Value, index: Parts, value: Abstract) -> None:
    """One axis is written, with what has memory in common with it."""
    target, source = owner.key, key_of(value)
    assert target is not None and source is not None
    places, read = _within(run, target, index), _within(run, source, (Static(...),))
    if _alike(_line(run, places), _line(run, read)):
        return
    shared = next((key for key in places if key in read), None)
    if shared is not None:
        parent = run.memory.content(run, shared)
        of_target = (parent, written(places[shared]))
        of_value = (parent, written(read[shared]))
    else:
        of_target = (owner, Seq("tuple", index))
        of_value = (value, Static(...))
    parts = (run.material(a) for a in (*of_target, *of_value))
    run.build.apply(py.require_in_order, tuple(parts), ())


def _within(run: Run, key: Key, index: Parts) -> dict[Key, Parts]:
    """What key[index] is in the array itself, and in those that it is a view of by an index."""
    found: dict[Key, Parts] = {}
    parts = every_axis(rank_of(run.memory.content(run, key)), index)
    while parts is not None:
        found[key] = parts
        view = run.memory.known.views.get(key)
        if view is None or not view.indexed:
            break
        key = view.parent
        outer = every_axis(rank_of(run.memory.content(run, key)), view.operands)
        parts = composed(outer, parts)
    return found


def _line(run: Run, places: dict[Key, Parts]) -> tuple[int, int] | None:
    """The only axis of the array itself that an index leaves, and the step along it."""
    key, parts = list(places.items())[-1] if places else (None, ())
    if key is None or key in run.memory.known.views:
        return None
    cuts = [(axis, p) for axis, p in enumerate(parts) if isinstance(p, Slice)]
    if len(cuts) != 1:
        return None
    axis, cut = cuts[0]
    if not is_static(cut.step):
        return None
    return axis, cut.step.value or 1  # type: ignore[union-attr]


def _alike(a: tuple[int, int] | None, b: tuple[int, int] | None) -> bool:
    """Whether two lines have one step, or opposite ones: then NumPy makes a copy first."""
    if a is None or b is None or a[0] != b[0]:
        return False
    return a[1] == b[1] or (a[1] > 0) != (b[1] > 0)
