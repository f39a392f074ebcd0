"""Lists that grow, are joined and repeated: xs.append(v), xs + ys, xs * n."""

from __future__ import annotations

from dataclasses import replace

from srcdiff.ir.core import Var
from srcdiff.ir.types import Dim, ListOf, Scalar
from srcdiff.ops.shapes import sum_dim
from srcdiff.ops.table import BY_NAME
from srcdiff.transform import prelude
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.meet import describe, frame
from srcdiff.transform.values import Abstract, Seq, Static, Value, is_static

Run = Instantiator


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
