"""What loops run over: an iterable as a range and the item at each index, or round by round.

for x in xs                    range(len(xs)),  xs[i]
for i, (a, b) in enumerate(zip(A, B))    range(len(A)),  (i, (A[i], B[i]))
for w in (w1, w2)              the items themselves: the loop is written out

Like Python, it looks an item up when its round begins: the body may have changed what is looped
over. A zip, an enumerate, a map or what reversed() makes can be looped over once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from srcdiff.errors import NOWHERE, Diagnostic, Refused
from srcdiff.ir.core import Const, Var
from srcdiff.ir.types import INT, Array, Dim, ListOf, Scalar, fresh_dim
from srcdiff.ops import syntax as sx
from srcdiff.ops.table import BY_NAME
from srcdiff.transform import prelude
from srcdiff.transform.iterators import ONCE, moment, require_unchanged, use_up
from srcdiff.transform.keyed import Keyed
from srcdiff.transform.meet import describe
from srcdiff.transform.memory import untag
from srcdiff.transform.values import (
    Abstract,
    Iter,
    NeedStatic,
    Poison,
    Record,
    Seq,
    Static,
    Value,
    is_static,
    type_of,
)

if TYPE_CHECKING:
    from srcdiff.transform.instantiate import Instantiator


class ListChanges(Refused):
    """A list gets longer or shorter while a loop runs over it: the loop must ask before each round."""


Item = Callable[["Instantiator", Abstract], Abstract]
Rounds = Callable[["Instantiator", int], "Abstract | None"]
OF_DICTS: dict[str, Callable[[Any, Abstract], Abstract]] = {
    "keys": lambda key, value: Static(key),
    "values": lambda key, value: value,
    "items": lambda key, value: Seq("tuple", (Static(key), value)),
}


@dataclass(frozen=True)
class Iteration:
    """An iteration space. `rounds` when it is taken apart, else `bounds` and `item` at an index.

    rounds: the item of a round, asked for when it begins (0, 1, 2, ..., each once); None at the end
    size:   how many items there are when the loop begins, if it is taken apart
    ended:  behind the last round: raises ListChanges if there may be more by now
    """

    rounds: Rounds | None = None
    size: int = 0
    bounds: tuple[Abstract, Abstract, Abstract] = (Static(0), Static(0), Static(1))
    item: Item = lambda run, index: index
    backward: bool = False
    hint: str = ""
    snapshots: Abstract = Static(None)  # how many states the reverse of the loop may keep
    ended: Callable[[Instantiator], None] = lambda run: None

    def static_range(self) -> range | None:
        """The range when it is known while compiling."""
        numbers = [static_int(a) for a in self.bounds]
        return None if None in numbers else range(*numbers)  # type: ignore[arg-type]

    def static_count(self) -> int | None:
        known = self.static_range()
        return None if known is None else len(known)

    def range_values(self) -> list[int]:
        """Index values in the order of the loop."""
        known = self.static_range()
        assert known is not None
        return list(reversed(known)) if self.backward else list(known)

    def round_by_round(self) -> Iteration:
        """The same, taken apart; the number of rounds must be known."""
        if self.rounds is not None:
            return self
        values = self.range_values()

        def at(run: Instantiator, k: int) -> Abstract | None:
            if k < len(values):
                return self.item(run, Static(values[k]))
            self.ended(run)
            return None

        return Iteration(at, len(values))

    def items(self, run: Instantiator) -> Iterator[Abstract]:
        """All items, one after another."""
        rounds = self.round_by_round().rounds
        assert rounds is not None
        for k in count():
            item = rounds(run, k)
            if item is None:
                return
            yield item

    def length(self, run: Instantiator) -> Dim:
        """The number of iterations as a length."""
        count = self.static_count()
        if count is not None:
            return count
        plain = is_static(self.bounds[0]) and is_static(self.bounds[2])
        if plain and (static_int(self.bounds[0]), static_int(self.bounds[2])) == (0, 1):
            stop = self.bounds[1]
            if isinstance(stop, Value) and stop.length is not None:
                return stop.length
        return fresh_dim("count")


def static_int(a: Abstract) -> int | None:
    """An integer known while compiling."""
    if isinstance(a, Static) and isinstance(a.value, int):
        return int(a.value)
    return a.length if isinstance(a, Value) and isinstance(a.length, int) else None


def iteration(run: Instantiator, a: Abstract) -> Iteration:
    """How a loop runs over a value; `looped` when it does."""
    run.sound(a)
    if isinstance(a, Seq):
        return _over_items(a)
    if isinstance(a, Record) and a.cls is dict:
        return _over_dict(run, a, OF_DICTS["keys"])
    if isinstance(a, Record) and a.cls is Keyed:
        return _over_keys(run, a)
    if isinstance(a, Record) and issubclass(a.cls, tuple):
        return _over(tuple(value for _, value in a.entries))
    if isinstance(a, Static) and isinstance(a.value, (tuple, list, str, range, dict)):
        return _over(tuple(Static(v) for v in a.value))
    if isinstance(a, Value):
        return _over_value(run, a)
    if isinstance(a, Iter):
        return _ITERS[a.kind](run, *a.parts)
    raise run.refusal("SD307", f"cannot loop over {describe(a)}")


def looped(run: Instantiator, a: Abstract) -> Iteration:
    """How a loop runs over a value, now that one does: an iterator is used up."""
    space = iteration(run, a)
    use_up(run, a)
    return space


def _over(items: tuple[Abstract, ...]) -> Iteration:
    return Iteration(lambda run, k: items[k] if k < len(items) else None, len(items))


def _over_items(a: Seq) -> Iteration:
    """A tuple, or a list as it is when a round begins."""
    return Iteration(lambda run, k: _item_now(run, a, k), len(a.items))


def _item_now(run: Instantiator, a: Seq, place: int) -> Abstract | None:
    """What is at a place now, if anything is."""
    held = run.now(a)
    run.sound(held)
    if not isinstance(held, Seq):
        raise changing_list(run)
    return held.items[place] if 0 <= place < len(held.items) else None


def changing_list(run: Instantiator) -> ListChanges:
    """What is raised where an item is looked up in a list that is not as long as it was."""
    refused = run.refusal("SD362", "a list changes while a loop runs over it", "loop over a copy")
    return ListChanges(*refused.diagnostics)


def _over_dict(
    run: Instantiator, a: Abstract, shown: Callable[[Any, Abstract], Abstract]
) -> Iteration:
    """The keys of a dict with what they hold when a round begins."""
    if isinstance(a, Static):
        return _over(tuple(shown(key, Static(value)) for key, value in a.value.items()))
    assert isinstance(a, Record)
    keys = [key for key, _ in a.entries]

    def at(run: Instantiator, k: int) -> Abstract | None:
        held = run.now(a)
        run.sound(held)
        if not isinstance(held, Record) or [key for key, _ in held.entries] != keys:
            raise run.refusal(
                "SD362", "a dict gets other keys while a loop runs over it", "loop over a copy"
            )
        return shown(*held.entries[k]) if k < len(keys) else None

    return Iteration(at, len(keys))


def _over_keys(run: Instantiator, a: Record) -> Iteration:
    """The keys that a dict has when the loop begins, which only the run knows."""
    names = run.load(a.get("names"))  # type: ignore[arg-type]
    space = iteration(run, untag(names))
    if space.rounds is not None:
        return space
    count = count_of(run, space)

    def item(run: Instantiator, index: Abstract) -> Abstract:
        same = run.do(sx.COMPARE, Static("=="), length_of(run, run.now(names)), count)
        run.check(same, RuntimeError, "dictionary changed size during iteration")
        return space.item(run, index)

    return replace(space, item=item)


def _over_value(run: Instantiator, a: Value) -> Iteration:
    if not isinstance(a.type, (Array, ListOf)):
        raise run.refusal("SD307", f"cannot loop over {describe(a)}")
    return Iteration(
        bounds=(Static(0), length_of(run, a), Static(1)),
        item=lambda run, index: item_of(run, a, index),
        ended=lambda run: _require_as_long(run, a),
    )


def length_of(run: Instantiator, a: Abstract) -> Abstract:
    """len(a)"""
    if isinstance(a, Seq):
        return Static(len(a.items))
    if isinstance(a, Record):
        return Static(len(a.entries))
    if isinstance(a, Static):
        return Static(len(a.value))
    if isinstance(a, Value) and isinstance(a.type, Array):
        return extent_of(run, a, 0)
    if isinstance(a, Value) and isinstance(a.type, ListOf):
        if isinstance(a.type.length, int):
            return Static(a.type.length)
        out = run.build.value(BY_NAME["length"], (a.atom,), INT)
        assert isinstance(out, Var)
        run.build.lengths[out] = a.type.length
        return Value(out, INT, a.type.length)
    if isinstance(a, Iter) and a.kind not in ONCE:
        return count_of(run, iteration(run, a))
    raise run.refusal("SD308", f"{describe(a)} has no length known here")


def extent_of(run: Instantiator, a: Value, axis: int) -> Abstract:
    """a.shape[axis]"""
    assert isinstance(a.type, Array)
    if a.type.shape is None:
        return Value(run.build.value(BY_NAME["extent"], (a.atom, Const(axis)), INT), INT)
    dim = a.type.shape[axis]
    if isinstance(dim, int):
        return Static(dim)
    return Value(run.build.extent(a.atom, axis), INT, dim)


def item_of(run: Instantiator, a: Value, index: Abstract) -> Abstract:
    """a[index] for one index into an array's first axis or a list."""
    _require_as_long(run, a)
    made: Abstract = run.do(sx.ITEM, run.now(a), index)
    return made


def _require_as_long(run: Instantiator, a: Value) -> None:
    """Raise ListChanges unless a list has as many entries as it had."""
    held = run.now(a)
    listed = isinstance(held, Value) and isinstance(held.type, ListOf)
    if isinstance(a.type, ListOf) and not (listed and held.type.length == a.type.length):  # type: ignore[union-attr]
        raise changing_list(run)


def count_of(run: Instantiator, space: Iteration) -> Abstract:
    """The number of iterations."""
    if space.rounds is not None:
        return Static(space.size)
    known = space.static_count()
    if known is not None:
        return Static(known)
    start, stop, step = space.bounds
    if static_int(start) == 0 and static_int(step) == 1:
        return stop
    up = 1 if not is_static(step) or static_int(step) > 0 else -1  # type: ignore[operator]
    if not is_static(step):
        raise run.refusal("SD309", "the number of iterations of a range with an unknown step")
    span = arith(run, "+", arith(run, "-", stop, start), arith(run, "-", step, Static(up)))
    return run.call(Static(max), (Static(0), arith(run, "//", span, step)))


def arith(run: Instantiator, symbol: str, x: Abstract, y: Abstract) -> Abstract:
    """Arithmetic on loop counts."""
    made: Abstract = run.do(sx.BINARY, Static(symbol), x, y)
    return made


def _range(run: Instantiator, *args: Abstract) -> Iteration:
    start, stop, step = args
    return Iteration(bounds=(start, stop, step))


def at_position(run: Instantiator, space: Iteration, position: Abstract) -> Abstract:
    """The item at a position counted from 0, of what is not taken apart."""
    assert space.rounds is None
    start, _, step = space.bounds
    if space.backward:
        last = arith(run, "-", count_of(run, space), Static(1))
        position = arith(run, "-", last, position)
    if static_int(step) != 1:
        position = arith(run, "*", position, step)
    if static_int(start) != 0:
        position = arith(run, "+", start, position)
    return space.item(run, position)


def _zip(run: Instantiator, *args: Abstract) -> Iteration:
    spaces = [iteration(run, a) for a in args]
    if not spaces:
        return _over(())
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
    even = _are_equal(lengths)

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
    numbers = _over_value(run, Value(atom, atom.type))

    def unchanged(run: Instantiator) -> None:
        if key is not None and run.memory.get(key) is not before:
            raise changing_list(run)

    def item(run: Instantiator, index: Abstract) -> Abstract:
        unchanged(run)
        return numbers.item(run, index)

    return replace(numbers, item=item, ended=unchanged)


def _are_equal(counts: list[Abstract]) -> bool:
    """Whether numbers of items are known to be the same."""
    known = [_known_length(c) for c in counts]
    return len(counts) == 1 or all(k is not None and k == known[0] for k in known)


def _known_length(a: Abstract) -> Dim | None:
    static = static_int(a)
    return static if static is not None else a.length if isinstance(a, Value) else None


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
        if not is_static(count, type(None)) and not _are_equal([count, count_of(run, space)]):
            raise changing_list(run)
        return replace(space, backward=not space.backward)
    rounds, size = space.rounds, space.size
    return Iteration(lambda run, k: rounds(run, size - 1 - k) if k < size else None, size)


def _backward(a: Seq, count: int) -> Iteration:
    """A list from what was the last place when reversed() was called; where none is left it ends."""
    size = count if count <= len(a.items) else 0
    return Iteration(lambda run, k: _item_now(run, a, count - 1 - k), size)


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


_ITERS: dict[str, Callable[..., Iteration]] = {
    "range": _range,
    "zip": _zip,
    "enumerate": _enumerate,
    "reversed": _reversed,
    "map": _map,
    "checkpointed": _checkpointed,
    "generator": _generated,
    "filter": _filtered,
    "keys": lambda run, a: _over_dict(run, a, OF_DICTS["keys"]),
    "values": lambda run, a: _over_dict(run, a, OF_DICTS["values"]),
    "items": lambda run, a: _over_dict(run, a, OF_DICTS["items"]),
}


def forward(run: Instantiator, space: Iteration) -> Iteration:
    """The same iteration with a range that runs forward (a loop that breaks cannot run backward)."""
    if not space.backward:
        return space
    count = count_of(run, space)
    start, _, step = space.bounds
    last = arith(run, "-", count, Static(1))
    first = arith(run, "+", start, arith(run, "*", last, step))
    back = arith(run, "-", Static(0), step)
    stop = arith(run, "-", start, step)
    return replace(space, bounds=(first, stop, back), backward=False)


def listed(run: Instantiator, a: Abstract, what: str) -> list[Abstract]:
    """The items of a value whose number is known while compiling."""
    space = looped(run, a)
    count = space.static_count() if space.rounds is None else space.size
    if count is None:
        atom = a.atom if isinstance(a, Value) else None
        origins = (
            run.session.origins.get(atom, frozenset()) if isinstance(atom, Var) else frozenset()
        )
        if origins:
            raise NeedStatic(f"the length for {what}", origins, run.build.at)
        raise run.refusal(
            "SD311", f"{what} needs a length known while compiling, not {describe(a)}"
        )
    return list(space.items(run))


def scalar_index(a: Abstract) -> bool:
    """Whether a value is a single integer."""
    if isinstance(a, Value):
        return isinstance(a.type, Scalar) and a.type.dtype.startswith(("int", "uint", "bool"))
    return is_static(a, int)


def poison(message: str) -> Poison:
    return Poison(Diagnostic("SD312", message, NOWHERE))
