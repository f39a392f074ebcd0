"""Stores of one part of an array into another: NumPy reads a value before it writes, with two exceptions.

x[mask] = x[::-1]        refused
x[::2] = x[:4]           one axis is copied entry by entry, forward or backward; where the steps
A[1] = A[:, 2]           differ it may overwrite what it has yet to read, and the run tests that
"""

from __future__ import annotations

from dataclasses import replace

from srcdiff.ir.types import Array, Scalar, dtype_of
from srcdiff.ops import python as py
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
Parts = tuple[Abstract, ...]  # an index, an integer or a slice for every axis
WHOLE = Slice(Static(None), Static(None), Static(None))


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
    given = index.items if isinstance(index, Seq) and index.kind == "tuple" else (index,)
    arrays = [p for p in given if isinstance(p, Value) and isinstance(p.type, Array)]
    if any(dtype_of(p.type) == "bool" for p in arrays):
        text = "NumPy writes this array while it reads the value from it"
        raise run.refusal("SD365", text, "write a copy: x[mask] = v.copy()")
    place = None if arrays or _rank(value) in (None, 0) else _every_axis(owner, given)
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
    assert isinstance(held, Value)
    return replace(held, key=one)


def _rank(a: Abstract) -> int | None:
    if not isinstance(a, Value) or not isinstance(a.type, Array) or a.type.shape is None:
        return None
    return len(a.type.shape)


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
        of_target = (parent, _index(places[shared]))
        of_value = (parent, _index(read[shared]))
    else:
        of_target = (owner, Seq("tuple", index))
        of_value = (value, Static(...))
    parts = (run.material(a) for a in (*of_target, *of_value))
    run.build.apply(py.require_in_order, tuple(parts), ())


def _within(run: Run, key: Key, index: Parts) -> dict[Key, Parts]:
    """What key[index] is in the array itself, and in those that it is a view of by an index."""
    found: dict[Key, Parts] = {}
    parts = _every_axis(run.memory.content(run, key), index)
    while parts is not None:
        found[key] = parts
        view = run.memory.known.views.get(key)
        if view is None or not view.indexed:
            break
        key = view.parent
        outer = _every_axis(run.memory.content(run, key), view.operands)
        parts = None if outer is None else _composed(outer, parts)
    return found


def _every_axis(owner: Abstract, index: Parts) -> Parts | None:
    """An index with an integer or a slice for each axis; None where it is another one."""
    rank = _rank(owner)
    if rank is None:
        return None
    parts = list(index)
    gaps = [k for k, p in enumerate(parts) if isinstance(p, Static) and p.value is ...]
    if gaps:
        parts[gaps[0] : gaps[0] + 1] = [WHOLE] * (rank - len(parts) + 1)
    parts += [WHOLE] * (rank - len(parts))
    return tuple(parts) if len(parts) == rank and all(map(is_basic, parts)) else None


def is_basic(part: Abstract) -> bool:
    """Whether an index's part is an integer or a slice."""
    if isinstance(part, Value):
        return isinstance(part.type, Scalar)
    return isinstance(part, Slice) or is_static(part, int) and not is_static(part, bool)


def _composed(outer: Parts, inner: Parts) -> Parts | None:
    """The index that x[outer][inner] is, where no slice is cut again."""
    rest, made = list(inner), []
    for part in outer:
        cut = rest.pop(0) if isinstance(part, Slice) else part
        if isinstance(part, Slice) and not is_whole(part):
            if not is_whole(cut):
                return None
            cut = part
        made.append(cut)
    return tuple(made)


def is_whole(part: Abstract) -> bool:
    return isinstance(part, Slice) and all(
        is_static(p) and p.value is None  # type: ignore[union-attr]
        for p in (part.start, part.stop, part.step)
    )


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


def _index(parts: Parts) -> Abstract:
    kept = list(parts)
    while len(kept) > 1 and is_whole(kept[-1]):
        kept.pop()
    return kept[0] if len(kept) == 1 else Seq("tuple", tuple(kept))


__all__ = ["WHOLE", "is_basic", "is_whole", "separate"]
