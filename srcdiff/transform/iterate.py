"""What loops run over: an iterable as a range and the item at each index, or round by round.

for x in xs                    range(len(xs)),  xs[i]
for i, (a, b) in enumerate(zip(A, B))    range(len(A)),  (i, (A[i], B[i]))
for w in (w1, w2)              the items themselves: the loop is written out

Like Python, it looks an item up when its round begins: the body may have changed what is looped
over. A zip, an enumerate, a map or what reversed() makes can be looped over once.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any

from srcdiff.errors import NOWHERE, Diagnostic, Refused
from srcdiff.ir.core import Const, Var
from srcdiff.ir.types import INT, Array, Dim, ListOf, Scalar, fresh_dim
from srcdiff.ops import syntax as sx
from srcdiff.ops.table import BY_NAME
from srcdiff.transform.iterators import ONCE, use_up
from srcdiff.transform.keyed import Keyed
from srcdiff.transform.meet import describe
from srcdiff.transform.memory import untag
from srcdiff.transform.outside import class_attribute
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
    if isinstance(a, Record) and issubclass(a.cls, tuple) and not _has_own_iter(run, a.cls):
        return over(tuple(value for _, value in a.entries))
    if isinstance(a, Static) and isinstance(a.value, (tuple, list, str, range, dict)):
        return over(tuple(Static(v) for v in a.value))
    if isinstance(a, Value):
        return over_value(run, a)
    if isinstance(a, Iter):
        return KINDS[a.kind](run, *a.parts)
    raise run.refusal("SD307", f"cannot loop over {describe(a)}")


def _has_own_iter(run: Instantiator, cls: type) -> bool:
    """Whether the class of a named tuple says itself what its items are."""
    return isinstance(class_attribute(run, cls, "__iter__"), types.FunctionType)


def looped(run: Instantiator, a: Abstract) -> Iteration:
    """How a loop runs over a value, now that one does: an iterator is used up."""
    space = iteration(run, a)
    use_up(run, a)
    return space


def over(items: tuple[Abstract, ...]) -> Iteration:
    """Rounds over items that nobody changes."""
    return Iteration(lambda run, k: items[k] if k < len(items) else None, len(items))


def _over_items(a: Seq) -> Iteration:
    """A tuple, or a list as it is when a round begins."""
    return Iteration(lambda run, k: item_now(run, a, k), len(a.items))


def item_now(run: Instantiator, a: Seq, place: int) -> Abstract | None:
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
        return over(tuple(shown(key, Static(value)) for key, value in a.value.items()))
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


def over_value(run: Instantiator, a: Value) -> Iteration:
    """An array by its first axis, or a list of run-time length."""
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


def are_equal(counts: list[Abstract]) -> bool:
    """Whether numbers of items are known to be the same."""
    known = [_known_length(c) for c in counts]
    return len(counts) == 1 or all(k is not None and k == known[0] for k in known)


def _known_length(a: Abstract) -> Dim | None:
    static = static_int(a)
    return static if static is not None else a.length if isinstance(a, Value) else None


# How a loop runs over what is made of other iterables; `transform.combine` enters most.
KINDS: dict[str, Callable[..., Iteration]] = {
    "range": _range,
    "keys": lambda run, a: _over_dict(run, a, OF_DICTS["keys"]),
    "values": lambda run, a: _over_dict(run, a, OF_DICTS["values"]),
    "items": lambda run, a: _over_dict(run, a, OF_DICTS["items"]),
}


def by_round(run: Instantiator, space: Iteration) -> Iteration:
    """The same iteration over the numbers of the rounds: xs[n - 1 - k], where it ran backward."""
    if not space.backward:
        return space

    def item(run: Instantiator, position: Abstract) -> Abstract:
        return at_position(run, space, position)

    bounds = (Static(0), count_of(run, space), Static(1))
    return replace(space, bounds=bounds, item=item, backward=False)


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
