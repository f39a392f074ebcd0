"""Iterables made of others: zip, enumerate, reversed, map, checkpointed, generators, filters.

zip(xs, ys)         range(min(len(xs), len(ys))),  (xs[i], ys[i])
reversed(xs)        the same range from its other end; of a list, from what was its end when it was made
filter(f, xs)       what a plain loop runs over is in `filtered`; here its items are made at once
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from srcdiff.ir.core import Var
from srcdiff.ir.types import Scalar
from srcdiff.transform import prelude
from srcdiff.transform.iterate import (
    KINDS,
    Iteration,
    Rounds,
    are_equal,
    arith,
    at_position,
    changing_list,
    count_of,
    item_now,
    iteration,
    over,
    over_value,
    static_int,
)
from srcdiff.transform.iterators import ONCE, moment, require_unchanged
from srcdiff.transform.values import Abstract, Iter, Seq, Static, Value, is_static, type_of

if TYPE_CHECKING:
    from srcdiff.transform.instantiate import Instantiator


def _zip(run: Instantiator, *args: Abstract) -> Iteration:
    spaces = [iteration(run, a) for a in args]
    if not spaces:
        return over(())
    apart = any(s.rounds is not None for s in spaces)
    counts = [s.size if s.rounds is not None else s.static_count() for s in spaces]
    if apart and None in counts:
        spaces = [_at_run_time(run, s, a) for s, a in zip(spaces, args)]
        if any(s.rounds is not None for s in spaces):
            raise run.refusal(
                "SD310",
                "zip of a tuple (written out) with something whose length only the run knows",
                "index it instead",
            )
    elif apart:
        size = min(c for c in counts if c is not None)
        return Iteration(_in_turn([s.round_by_round() for s in spaces]), size)
    lengths = [count_of(run, s) for s in spaces]
    even = are_equal(lengths)

    def item(run: Instantiator, index: Abstract) -> Abstract:
        return side_by_side(run, [partial(at_position, run, s, index) for s in spaces], even)

    shortest = lengths[0] if even else run.call(Static(min), tuple(lengths))

    def ended(run: Instantiator) -> None:
        for space in spaces:
            space.ended(run)

    bounds = (Static(0), shortest, Static(1))
    return Iteration(bounds=bounds, item=item, snapshots=_snapshots(spaces), ended=ended)


def side_by_side(
    run: Instantiator, items: Sequence[Callable[[], Abstract]], even: bool = False
) -> Abstract:
    """An item of each. Unless they are even, Python asks some for one more when another has ended."""
    made: list[Abstract] = []
    for item in items:
        before = run.memory.copy()
        made.append(item())
        if not even and item is not items[-1] and run.memory.differs(before):
            raise run.refusal(
                "SD363",
                "this zip changes an object in place to make an item for which there may be no round",
                "put the iterable that writes last, or make a list of it",
            )
    return Seq("tuple", tuple(made))


def _in_turn(spaces: list[Iteration]) -> Rounds:
    """An item of each, until the first of them ends."""

    def at(run: Instantiator, k: int) -> Abstract | None:
        items: list[Abstract] = []
        for space in spaces:
            assert space.rounds is not None
            item = space.rounds(run, k)
            if item is None:
                return None
            items.append(item)
        return Seq("tuple", tuple(items))

    return at


def _snapshots(spaces: list[Iteration]) -> Abstract:
    """What one of several iterations that go side by side says of the states to keep."""
    said = [s.snapshots for s in spaces if not is_static(s.snapshots, type(None))]
    return said[0] if said else Static(None)


def _at_run_time(run: Instantiator, space: Iteration, part: Abstract) -> Iteration:
    """Numbers of one type in a tuple or list as a list that is indexed at run time."""
    if isinstance(part, Static) and isinstance(part.value, (tuple, list)):
        part = Seq("tuple", tuple(map(Static, part.value)))
    if not isinstance(part, Seq) or {type(t) for t in map(type_of, part.items)} != {Scalar}:
        return space
    key, memory = part.key, run.memory
    if key is not None and not memory.holds(key):
        return space
    before = None if key is None else memory.get(key)
    atom = run.atom(Seq("list", part.items))
    assert isinstance(atom, Var)
    numbers = over_value(run, Value(atom, atom.type))

    def unchanged(run: Instantiator) -> None:
        if key is not None and run.memory.get(key) is not before:
            raise changing_list(run)

    def item(run: Instantiator, index: Abstract) -> Abstract:
        unchanged(run)
        return numbers.item(run, index)

    return replace(numbers, item=item, ended=unchanged)


def _enumerate(run: Instantiator, part: Abstract, start: Abstract) -> Iteration:
    space = iteration(run, part)

    def numbered(position: Abstract) -> Abstract:
        return position if static_int(start) == 0 else arith(run, "+", position, start)

    rounds = space.rounds
    if rounds is not None:

        def at(run: Instantiator, k: int) -> Abstract | None:
            item = rounds(run, k)
            return None if item is None else Seq("tuple", (numbered(Static(k)), item))

        return Iteration(at, space.size)

    def item(run: Instantiator, index: Abstract) -> Abstract:
        shown = index if static_int(start) == 0 else arith(run, "+", index, start)
        return Seq("tuple", (shown, at_position(run, space, index)))

    bounds = (Static(0), count_of(run, space), Static(1))
    return Iteration(bounds=bounds, item=item, snapshots=space.snapshots, ended=space.ended)


def _reversed(run: Instantiator, part: Abstract, count: Abstract) -> Iteration:
    if isinstance(part, Iter) and part.kind in ONCE:
        raise run.refusal("SD307", f"reversed() of a {part.kind}", "make a list of it")
    if isinstance(part, Seq) and part.kind == "list":
        return _backward(part, run.static(count, "the length of a list run over backward"))
    space = iteration(run, part)
    if space.rounds is None:
        if not is_static(count, type(None)) and not are_equal([count, count_of(run, space)]):
            raise changing_list(run)
        return replace(space, backward=not space.backward)
    rounds, size = space.rounds, space.size
    return Iteration(lambda run, k: rounds(run, size - 1 - k) if k < size else None, size)


def _backward(a: Seq, count: int) -> Iteration:
    """A list from what was the last place when reversed() was called; where none is left it ends."""
    size = count if count <= len(a.items) else 0
    return Iteration(lambda run, k: item_now(run, a, count - 1 - k), size)


def _map(run: Instantiator, function: Abstract, *args: Abstract) -> Iteration:
    space = _zip(run, *args)
    rounds = space.rounds
    if rounds is None:
        return replace(space, item=lambda run, k: run.call(function, _items(space.item(run, k))))

    def at(run: Instantiator, k: int) -> Abstract | None:
        pair = rounds(run, k)
        return None if pair is None else run.call(function, _items(pair))

    return Iteration(at, space.size)


def _items(pair: Abstract) -> tuple[Abstract, ...]:
    assert isinstance(pair, Seq)
    return pair.items


def _checkpointed(run: Instantiator, part: Abstract, snapshots: Abstract) -> Iteration:
    return replace(iteration(run, part), snapshots=snapshots)


def _generated(run: Instantiator, items: Abstract, since: Abstract) -> Iteration:
    return _as_made(iteration(run, items), since, "generator")


def _filtered(run: Instantiator, function: Abstract, items: Abstract) -> Iteration:
    """The tests are made at once, which nobody can tell if they write nothing and nothing is written."""
    began = moment(run)
    kept = run.call(Static(prelude.keep), (function, items))
    require_unchanged(run, began, "filter")
    return _as_made(iteration(run, kept), moment(run), "filter")


def _as_made(space: Iteration, since: Abstract, what: str) -> Iteration:
    """Items that were made at a moment, for what would make them round by round."""
    rounds = space.rounds

    def item(run: Instantiator, index: Abstract) -> Abstract:
        require_unchanged(run, since, what)
        return space.item(run, index)

    if rounds is None:
        return replace(space, item=item)

    def at(run: Instantiator, k: int) -> Abstract | None:
        found = rounds(run, k)
        if found is not None:
            require_unchanged(run, since, what)
        return found

    return replace(space, rounds=at)


KINDS.update(
    zip=_zip,
    enumerate=_enumerate,
    reversed=_reversed,
    map=_map,
    checkpointed=_checkpointed,
    generator=_generated,
    filter=_filtered,
)
