"""Lists that grow, are joined and repeated: xs.append(v), xs + ys, xs * n. What is put into the middle of a
list of run-time length, or taken out of it, joins what is before and after.

    xs.insert(k, v)        xs = xs[:k] + [v] + xs[k:]
    del xs[k]              xs = xs[:k] + xs[k + 1:]
    xs[a:b] = ys           xs = xs[:a] + ys + xs[b:]
"""

from __future__ import annotations

from dataclasses import replace

from srcdiff.ir.core import Var
from srcdiff.ir.types import Dim, ListOf, Scalar
from srcdiff.ops import syntax as sx
from srcdiff.ops.shapes import sum_dim
from srcdiff.ops.table import BY_NAME
from srcdiff.transform import prelude
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.iterate import length_of
from srcdiff.transform.meet import describe, frame
from srcdiff.transform.memory import untag
from srcdiff.transform.values import Abstract, Seq, Slice, Static, Value, is_static

Run = Instantiator
NONE = Static(None)


def is_list(a: Abstract) -> bool:
    if isinstance(a, Seq):
        return a.kind == "list"
    return isinstance(a, Value) and isinstance(a.type, ListOf)


def joined_or_repeated(run: Run, text: str, x: Abstract, y: Abstract) -> Abstract | None:
    if text == "+" and isinstance(x, Seq) and isinstance(y, Seq) and x.kind == y.kind:
        return Seq(x.kind, x.items + y.items)
    if text == "*" and isinstance(x, Seq) and is_static(y, int):
        return Seq(x.kind, x.items * y.value)  # type: ignore[union-attr]
    if text == "*" and isinstance(y, Seq) and is_static(x, int):
        return Seq(y.kind, y.items * x.value)  # type: ignore[union-attr]
    for xs, count in ((x, y), (y, x)):
        static = is_static(count, int) and is_list(xs)
        if text == "*" and (static or _is_count(count)) and not run.rules:
            return _repeated(run, xs, count)
    return None


def _is_count(a: Abstract) -> bool:
    """Whether a value is an integer that only the run knows."""
    return isinstance(a, Value) and isinstance(a.type, Scalar) and a.type.dtype == "int64"


def _repeated(run: Run, xs: Abstract, count: Abstract) -> Abstract:
    """[a, b] * n"""
    weak = isinstance(count, Value) and isinstance(count.type, Scalar) and count.type.weak
    if not (weak or is_static(count, int)) or not is_list(xs):
        raise run.refusal("SD311", f"{describe(xs)} times a number that only the run knows")
    return run.call(Static(prelude.repeated), (xs, count))


def append_item(run: Run, xs: Abstract, value: Abstract) -> Abstract:
    """A list with one more entry."""
    if isinstance(xs, Seq):
        return Seq("list", (*xs.items, value))
    assert isinstance(xs, Value) and isinstance(xs.type, ListOf)
    joined = frame(Value(xs.atom, xs.type), Seq("list", (value,)))
    if not isinstance(joined, Value) or not isinstance(joined.type, ListOf):
        raise run.refusal("SD306", f"a list built in a loop cannot hold {describe(value)}")
    type = replace(joined.type, length=sum_dim((xs.type.length, 1)))
    hint = xs.atom.hint if isinstance(xs.atom, Var) else ""
    made = run.build.value(BY_NAME["append"], (xs.atom, run.atom(value)), type, hint)
    known = run.session.identities
    known.note_inside(made, *known.contained(xs), *known.contained(Seq("list", (value,))))
    known.note_separate(made, lists=(xs,), entries=(value,))
    return Value(made, type)


def concatenated(run: Run, x: Abstract, y: Abstract) -> Abstract:
    """x + y for lists of which one has a run-time length."""
    for one, other in ((x, y), (y, x)):
        if isinstance(other, Seq) and not other.items and isinstance(one, Value):
            return run.memory.relisted(one, one)
    joined = frame(x, y)
    if not isinstance(joined, Value) or not isinstance(joined.type, ListOf):
        raise run.refusal("SD306", f"joining {describe(x)} and {describe(y)}")
    type = replace(joined.type, length=sum_dim((_length(x), _length(y))))
    made = run.build.value(BY_NAME["join_lists"], (run.atom(x), run.atom(y)), type)
    known = run.session.identities
    known.note_inside(made, *known.contained(x), *known.contained(y))
    lists = tuple(a for a in (x, y) if isinstance(a, Value))
    entries = tuple(i for a in (x, y) if isinstance(a, Seq) for i in a.items)
    known.note_separate(made, lists=lists, entries=entries)
    return Value(made, type)


def _length(a: Abstract) -> Dim:
    if isinstance(a, Seq):
        return len(a.items)
    assert isinstance(a, Value) and isinstance(a.type, ListOf)
    return a.type.length


def holds_numbers(a: Abstract) -> bool:
    """Whether a value is a list of run-time form of numbers: it may be cut and joined as one likes."""
    return (
        isinstance(a, Value) and isinstance(a.type, ListOf) and isinstance(a.type.element, Scalar)
    )


def with_inserted(run: Run, xs: Abstract, place: Abstract, value: Abstract) -> Abstract:
    """A list with one more entry at a place, which is cut to its ends as a slice's is."""
    return _joined(
        run, _cut(run, xs, NONE, place), Seq("list", (value,)), _cut(run, xs, place, NONE)
    )


def without(run: Run, xs: Abstract, place: Abstract, message: str) -> Abstract:
    """A list without the entry at a place; IndexError with the message if there is none."""
    count, known = length_of(run, xs), place.value if is_static(place, int) else None  # type: ignore[union-attr]
    if known is None or known >= 0:
        run.check(run.do(sx.COMPARE, Static("<"), place, count), IndexError, message)
    if known is None or known < 0:
        back = run.do(sx.UNARY, Static("-"), place)
        run.check(run.do(sx.COMPARE, Static("<="), back, count), IndexError, message)
    if known == -1:
        return _cut(run, xs, NONE, place)
    if known is None:
        place = run.do(sx.BINARY, Static("%"), place, count)
    after = run.do(sx.BINARY, Static("+"), place, Static(1))
    return _joined(run, _cut(run, xs, NONE, place), _cut(run, xs, after, NONE))


def spliced(run: Run, xs: Abstract, cut: Slice, values: Abstract) -> Abstract:
    """A list with others in the place of those of a slice of step 1."""
    if not is_static(cut.step) or cut.step.value not in (None, 1):  # type: ignore[union-attr]
        raise run.refusal(
            "SD364", "a slice with a step, of a list of run-time length, cannot be assigned"
        )
    count = length_of(run, xs)
    start = _end(run, cut.start, Static(0), count)
    stop = _end(run, cut.stop, count, count)
    stop = run.call(Static(max), (start, stop))
    return _joined(run, _cut(run, xs, NONE, start), values, _cut(run, xs, stop, NONE))


def _end(run: Run, end: Abstract, default: Abstract, count: Abstract) -> Abstract:
    """An end of a slice as a place in the list."""
    if is_static(end, type(None)):
        return default
    return run.call(Static(prelude.place), (end, count))


def _cut(run: Run, xs: Abstract, start: Abstract, stop: Abstract) -> Abstract:
    """A part of a list, with arrays that the list holds, too."""
    if is_static(stop, int) and stop.value == 0:  # type: ignore[union-attr]
        return Seq("list", ())
    made: Abstract = run.do(sx.ITEM, untag(xs), Slice(start, stop, NONE))
    if isinstance(made, Value):
        known = run.session.identities
        known.note_inside(made.atom, *known.contained(xs))
    return made


def _joined(run: Run, *lists: Abstract) -> Abstract:
    made = lists[0]
    for more in lists[1:]:
        made = run.do(sx.BINARY, Static("+"), made, more)
    return made
