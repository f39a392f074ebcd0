"""What loops run over: an iterable as a range and the item at each index, or as its items.

for x in xs                    range(len(xs)),  xs[i]
for i, (a, b) in enumerate(zip(A, B))    range(len(A)),  (i, (A[i], B[i]))
for w in (w1, w2)              the items themselves: the loop is written out
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from srcdiff.errors import NOWHERE, Diagnostic
from srcdiff.ir.core import Const, Var
from srcdiff.ir.types import INT, Array, Dim, ListOf, Scalar, fresh_dim
from srcdiff.ops import syntax as sx
from srcdiff.ops.table import BY_NAME
from srcdiff.transform.meet import describe
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

Item = Callable[["Instantiator", Abstract], Abstract]


@dataclass(frozen=True)
class Iteration:
    """An iteration space. `items` when it is taken apart, else `range` and `item` at an index."""

    items: list[Abstract] | None = None
    bounds: tuple[Abstract, Abstract, Abstract] = (Static(0), Static(0), Static(1))
    item: Item = lambda run, index: index
    backward: bool = False
    hint: str = ""
    snapshots: Abstract = Static(None)  # how many states the reverse of the loop may keep

    def static_range(self) -> range | None:
        """The range when it is known while compiling."""
        numbers = [_static_int(a) for a in self.bounds]
        return None if None in numbers else range(*numbers)  # type: ignore[arg-type]

    def static_count(self) -> int | None:
        known = self.static_range()
        return None if known is None else len(known)

    def range_values(self) -> list[int]:
        """Index values in the order of the loop."""
        known = self.static_range()
        assert known is not None
        return list(reversed(known)) if self.backward else list(known)

    def length(self, run: Instantiator) -> Dim:
        """The number of iterations as a length."""
        count = self.static_count()
        if count is not None:
            return count
        plain = is_static(self.bounds[0]) and is_static(self.bounds[2])
        if plain and (_static_int(self.bounds[0]), _static_int(self.bounds[2])) == (0, 1):
            stop = self.bounds[1]
            if isinstance(stop, Value) and stop.length is not None:
                return stop.length
        return fresh_dim("count")


def _static_int(a: Abstract) -> int | None:
    if isinstance(a, Static) and isinstance(a.value, int):
        return int(a.value)
    return a.length if isinstance(a, Value) and isinstance(a.length, int) else None


def iteration(run: Instantiator, a: Abstract) -> Iteration:
    """How a loop runs over a value."""
    run.sound(a)
    if isinstance(a, Seq):
        return Iteration(list(a.items))
    if isinstance(a, Record) and a.cls is dict:
        return Iteration([Static(key) for key, _ in a.entries])
    if isinstance(a, Record) and issubclass(a.cls, tuple):
        return Iteration([value for _, value in a.entries])
    if isinstance(a, Static) and isinstance(a.value, (tuple, list, str, range, dict)):
        return Iteration([Static(v) for v in a.value])
    if isinstance(a, Value):
        return _over_value(run, a)
    if isinstance(a, Iter):
        return _ITERS[a.kind](run, *a.parts)
    raise run.refusal("SD307", f"cannot loop over {describe(a)}")


def _over_value(run: Instantiator, a: Value) -> Iteration:
    if not isinstance(a.type, (Array, ListOf)):
        raise run.refusal("SD307", f"cannot loop over {describe(a)}")
    return Iteration(
        bounds=(Static(0), length_of(run, a), Static(1)),
        item=lambda run, index: item_of(run, a, index),
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
    if isinstance(a, Iter):
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
    held = run.now(a)
    if isinstance(a.type, ListOf) and not _is_as_long(held, a.type):
        raise run.refusal("SD362", "a list changes while a loop runs over it", "loop over a copy")
    made: Abstract = run.do(sx.ITEM, held, index)
    return made


def _is_as_long(held: Abstract, before: ListOf) -> bool:
    """Whether a list has still as many entries as before."""
    return (
        isinstance(held, Value)
        and isinstance(held.type, ListOf)
        and held.type.length == before.length
    )


def count_of(run: Instantiator, space: Iteration) -> Abstract:
    """The number of iterations."""
    if space.items is not None:
        return Static(len(space.items))
    known = space.static_count()
    if known is not None:
        return Static(known)
    start, stop, step = space.bounds
    if _static_int(start) == 0 and _static_int(step) == 1:
        return stop
    up = 1 if not is_static(step) or _static_int(step) > 0 else -1  # type: ignore[operator]
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
    """The item at a position counted from 0."""
    if space.items is not None:
        place: int = run.static(position, "the position in a tuple or list")
        return space.items[place]
    start, _, step = space.bounds
    if space.backward:
        last = arith(run, "-", count_of(run, space), Static(1))
        position = arith(run, "-", last, position)
    if _static_int(step) != 1:
        position = arith(run, "*", position, step)
    if _static_int(start) != 0:
        position = arith(run, "+", start, position)
    return space.item(run, position)


def _zip(run: Instantiator, *args: Abstract) -> Iteration:
    spaces = [iteration(run, a) for a in args]
    if not spaces:
        return Iteration([])
    if any(s.items is not None for s in spaces):
        counts = [len(s.items) if s.items is not None else s.static_count() for s in spaces]
        if None in counts:
            spaces = [_at_run_time(run, s) for s in spaces]
        if None in counts and any(s.items is not None for s in spaces):
            raise run.refusal(
                "SD310",
                "zip of a tuple (written out) with something whose length only the run knows",
                "index it instead",
            )
    if any(s.items is not None for s in spaces):
        count = min(c for c in counts if c is not None)
        positions = [Static(k) for k in range(count)]
        return Iteration(
            [Seq("tuple", tuple(at_position(run, s, p) for s in spaces)) for p in positions]
        )
    return Iteration(
        bounds=(Static(0), _shortest(run, spaces), Static(1)),
        item=lambda run, index: Seq("tuple", tuple(at_position(run, s, index) for s in spaces)),
        snapshots=_snapshots(spaces),
    )


def _snapshots(spaces: list[Iteration]) -> Abstract:
    """What one of several iterations that go side by side says of the states to keep."""
    said = [s.snapshots for s in spaces if not is_static(s.snapshots, type(None))]
    return said[0] if said else Static(None)


def _at_run_time(run: Instantiator, space: Iteration) -> Iteration:
    """Items that are numbers of one type as a list that is indexed at run time."""
    if space.items is None or {type(t) for t in map(type_of, space.items)} != {Scalar}:
        return space
    atom = run.atom(Seq("list", tuple(space.items)))
    assert isinstance(atom, Var)
    return _over_value(run, Value(atom, atom.type))


def _shortest(run: Instantiator, spaces: list[Iteration]) -> Abstract:
    counts = [count_of(run, s) for s in spaces]
    known = [_known_length(c) for c in counts]
    if all(k is not None and k == known[0] for k in known):
        return counts[0]
    return run.call(Static(min), tuple(counts)) if len(counts) > 1 else counts[0]


def _known_length(a: Abstract) -> Dim | None:
    static = _static_int(a)
    return static if static is not None else a.length if isinstance(a, Value) else None


def _enumerate(run: Instantiator, part: Abstract, start: Abstract) -> Iteration:
    space = iteration(run, part)

    def numbered(position: Abstract) -> Abstract:
        return position if _static_int(start) == 0 else arith(run, "+", position, start)

    if space.items is not None:
        pairs = [(numbered(Static(k)), item) for k, item in enumerate(space.items)]
        return Iteration([Seq("tuple", pair) for pair in pairs])

    def item(run: Instantiator, index: Abstract) -> Abstract:
        shown = index if _static_int(start) == 0 else arith(run, "+", index, start)
        return Seq("tuple", (shown, at_position(run, space, index)))

    bounds = (Static(0), count_of(run, space), Static(1))
    return Iteration(bounds=bounds, item=item, snapshots=space.snapshots)


def _reversed(run: Instantiator, part: Abstract) -> Iteration:
    space = iteration(run, part)
    if space.items is not None:
        return Iteration(list(reversed(space.items)))
    return replace(space, backward=not space.backward)


def _map(run: Instantiator, function: Abstract, *args: Abstract) -> Iteration:
    space = _zip(run, *args)
    if space.items is not None:
        return Iteration([run.call(function, _items(pair)) for pair in space.items])
    return replace(space, item=lambda run, k: run.call(function, _items(space.item(run, k))))


def _items(pair: Abstract) -> tuple[Abstract, ...]:
    assert isinstance(pair, Seq)
    return pair.items


def _checkpointed(run: Instantiator, part: Abstract, snapshots: Abstract) -> Iteration:
    return replace(iteration(run, part), snapshots=snapshots)


_ITERS: dict[str, Callable[..., Iteration]] = {
    "range": _range,
    "zip": _zip,
    "enumerate": _enumerate,
    "reversed": _reversed,
    "map": _map,
    "checkpointed": _checkpointed,
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
    space = iteration(run, a)
    if space.items is not None:
        return space.items
    count = space.static_count()
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
    return [at_position(run, space, Static(k)) for k in range(count)]


def scalar_index(a: Abstract) -> bool:
    """Whether a value is a single integer."""
    if isinstance(a, Value):
        return isinstance(a.type, Scalar) and a.type.dtype.startswith(("int", "uint", "bool"))
    return is_static(a, int)


def poison(message: str) -> Poison:
    return Poison(Diagnostic("SD312", message, NOWHERE))
