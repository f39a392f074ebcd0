"""Comparisons of tuples, lists and dicts: item by item, as far as needed to decide.

(a, b) == (c, d)     a == c and b == d
(a, b) < (c, d)      a < c if a != c else b < d
[a, b] == xs         len(xs) == 2 and ..., where only the run knows how long xs is

One object is equal to itself without a look at it. Named tuples are tuples.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from srcdiff.ir.types import ListOf, Other, Scalar
from srcdiff.ops import syntax as sx
from srcdiff.transform import prelude
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.intrinsics import surely_other_class
from srcdiff.transform.iterate import length_of
from srcdiff.transform.meet import describe
from srcdiff.transform.truth import negated, truth
from srcdiff.transform.values import (
    Abstract,
    Record,
    Seq,
    Static,
    Value,
    is_number,
    key_of,
    same_static,
)

Run = Instantiator
Pairs = list[tuple[Abstract, Abstract]]
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def compared(run: Run, text: str, x: Abstract, y: Abstract) -> Abstract | None:
    """x symbol y if one of them is no number and no array, and it does not become one."""
    x, y = _opened(x), _opened(y)
    kinds = _kind(x), _kind(y)
    if "run" in kinds or kinds == ("number", "number"):
        return None
    if "array" in kinds and kinds != ("array", "constant") and kinds != ("constant", "array"):
        return None
    if text in ("==", "!="):
        same = _same(run, kinds, x, y)
        return negated(run, same) if text == "!=" else same
    if kinds == ("tuple", "tuple") or kinds == ("list", "list"):
        return _ordered(run, text, x, y)
    return None


def same_item(run: Run, x: Abstract, y: Abstract) -> Abstract:
    """Whether two items are one object, or equal."""
    if _is_one(x, y):
        return Static(True)
    return truth(run, run.do(sx.COMPARE, Static("=="), x, y))


def _is_one(x: Abstract, y: Abstract) -> bool:
    """Whether two items are surely one object, which a nan is that is not equal to itself."""
    if isinstance(x, Static) and isinstance(y, Static):
        return x.value is y.value
    if key_of(x) is not None or key_of(y) is not None:
        return key_of(x) is key_of(y)
    return isinstance(x, Value) and isinstance(y, Value) and x.atom is y.atom


def _opened(a: Abstract) -> Abstract:
    """Constant tuples and lists as sequences of constants."""
    if isinstance(a, Static) and type(a.value) in (tuple, list):
        return Seq(type(a.value).__name__, tuple(map(Static, a.value)))
    return a


def _kind(a: Abstract) -> str:
    """What a value is for a comparison.

    "tuple", "list", "dict"; "number" of Python; "array": compares entry by entry; "run": decided at run
    time; "constant": anything else that is known while compiling
    """
    if isinstance(a, Seq):
        return a.kind
    if isinstance(a, Record):
        return "tuple" if issubclass(a.cls, tuple) else "dict" if a.cls is dict else "constant"
    if not isinstance(a, Value):
        return "number" if is_number(a) else "constant"
    if isinstance(a.type, ListOf):
        return "list"
    if isinstance(a.type, Other):
        return "run"
    if isinstance(a.type, Scalar) and a.type.optional:
        return "array"
    python = isinstance(a.type, Scalar) and a.type.weak and not a.type.mixed
    return "number" if python else "array"


def _same(run: Run, kinds: tuple[str, str], x: Abstract, y: Abstract) -> Abstract:
    if "array" in kinds and any(same_static(a, Static(None)) for a in (x, y)):
        return run.do(sx.COMPARE, Static("is"), x, y)  # type: ignore[no-any-return]
    if kinds[0] != kinds[1]:
        return Static(False)
    if kinds[0] == "constant":
        if surely_other_class(x, y):
            return Static(False)
        raise run.refusal("SD318", f"whether {describe(x)} is {describe(y)} only the run knows")
    if kinds[0] == "dict":
        assert isinstance(x, Record) and isinstance(y, Record)
        if {k for k, _ in x.entries} != {k for k, _ in y.entries}:
            return Static(False)
        return _all_same(run, [(v, y.get(k)) for k, v in x.entries])  # type: ignore[misc]
    if isinstance(x, Value) or isinstance(y, Value):
        return _by_length(run, "==", x, y) or _of_run_time(run, prelude.same_items, x, y)
    a, b = _items(x), _items(y)
    return _all_same(run, list(zip(a, b))) if len(a) == len(b) else Static(False)


def _all_same(run: Run, pairs: Pairs) -> Abstract:
    """Whether the items of all pairs are equal; none is looked at behind one that is not."""
    if not pairs:
        return Static(True)
    (a, b), *rest = pairs
    same = same_item(run, a, b)
    if isinstance(same, Static):
        return _all_same(run, rest) if same.value else same
    if not rest:
        return same
    return run.fork(same, lambda: (_all_same(run, rest),), lambda: (Static(False),))[0]


def _ordered(run: Run, text: str, x: Abstract, y: Abstract) -> Abstract:
    if isinstance(x, Value) or isinstance(y, Value):
        order = Static(_ORDER[text])
        return _by_length(run, text, x, y) or _of_run_time(
            run, prelude.in_lexical_order, x, y, order
        )
    a, b = _items(x), _items(y)
    return _first_that_differs(run, text, list(zip(a, b)), _ORDER[text](len(a), len(b)))


def _first_that_differs(run: Run, text: str, pairs: Pairs, otherwise: bool) -> Abstract:
    """The items of the first pair that differ decide."""
    if not pairs:
        return Static(otherwise)
    (a, b), *rest = pairs
    same = same_item(run, a, b)

    def decided() -> Abstract:
        return run.do(sx.COMPARE, Static(text), a, b)  # type: ignore[no-any-return]

    if isinstance(same, Static):
        return _first_that_differs(run, text, rest, otherwise) if same.value else decided()
    return run.fork(
        same, lambda: (_first_that_differs(run, text, rest, otherwise),), lambda: (decided(),)
    )[0]


def _of_run_time(run: Run, function: Any, *args: Abstract) -> Abstract:
    """A comparison of lists of which one has a length, and a form, that only the run knows."""
    for a in args:
        if isinstance(a, Value) and isinstance(a.type, ListOf) and not _is_of_numbers(a.type):
            raise run.refusal(
                "SD318",
                "lists of arrays are equal where an array is the same object, which only the run knows",
                "compare their entries",
            )
    return run.call(Static(function), args)


def _by_length(run: Run, text: str, x: Abstract, y: Abstract) -> Abstract | None:
    """A comparison with an empty list."""
    if not any(isinstance(a, Seq) and not a.items for a in (x, y)):
        return None
    counts = (length_of(run, a) for a in (x, y))
    made: Abstract = run.do(sx.COMPARE, Static(text), *counts)
    return made


def _is_of_numbers(type: ListOf) -> bool:
    return isinstance(type.element, Scalar)


def _items(a: Abstract) -> tuple[Abstract, ...]:
    if isinstance(a, Record):
        return tuple(value for _, value in a.entries)
    assert isinstance(a, Seq)
    return a.items
