"""What comparisons, identity and membership mean on abstract values."""

from __future__ import annotations

from srcdiff.ir.core import Const
from srcdiff.ir.types import BOOL, Other, Scalar
from srcdiff.ops import python as py
from srcdiff.ops.table import BY_NAME, BY_SYMBOL
from srcdiff.transform import keys, prelude, row_calls, sets, structures
from srcdiff.transform.arithmetic import PYTHON, SYMBOLS, is_mistaken, of_constants
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.intrinsics import surely_other_class
from srcdiff.transform.iterate import listed
from srcdiff.transform.iterators import moment, require_unchanged
from srcdiff.transform.lists import holds_numbers
from srcdiff.transform.special import by_a_method, contains
from srcdiff.transform.structures import same_item
from srcdiff.transform.truth import either, negated, truth
from srcdiff.transform.values import (
    NOTHING,
    Abstract,
    Record,
    Seq,
    Static,
    Value,
    is_number,
    is_static,
    key_of,
)

Run = Instantiator


def compare(run: Run, symbol: Abstract, x: Abstract, y: Abstract) -> Abstract:
    """x symbol y for comparisons, identity and membership"""
    text = run.static(symbol, "a comparison")
    if text in ("is", "is not"):
        return _identity(run, x, y, text == "is not")
    if text in ("in", "not in"):
        inside = _membership(run, x, y)
        return negated(run, inside) if text == "not in" else inside
    x, y = sets.compared(run, x), sets.compared(run, y)
    if isinstance(x, Static) and isinstance(y, Static):
        return of_constants(run, PYTHON[text], x.value, y.value)
    special = by_a_method(run, text, x, y)
    if special is not None:
        return special
    structural = structures.compared(run, text, x, y)
    if structural is not None:
        return structural
    known = _known_lengths(text, x, y)
    if known is not None:
        return known
    if _other(x) or _other(y):
        return Value(
            run.build.value(BY_SYMBOL[SYMBOLS[text]], (run.atom(x), run.atom(y)), BOOL), BOOL
        )
    if is_mistaken(run, PYTHON[text], x, y):
        return NOTHING
    x, y = (row_calls.arrayed(run, a) if isinstance(a, Seq) else a for a in (x, y))
    return row_calls.apply_row(run, BY_SYMBOL[SYMBOLS[text]], (x, y), (), PYTHON[text])


def _known_lengths(text: str, x: Abstract, y: Abstract) -> Abstract | None:
    """Comparisons of lengths that are equal whatever the run brings."""
    if not (isinstance(x, Value) and isinstance(y, Value)) or x.length is None:
        return None
    if x.length == y.length and text in ("==", "!=", "<=", ">=", "<", ">"):
        return Static(text in ("==", "<=", ">="))
    return None


def _other(a: Abstract) -> bool:
    return isinstance(a, Value) and isinstance(a.type, Other)


def _identity(run: Run, x: Abstract, y: Abstract, flip: bool) -> Abstract:
    if isinstance(x, Static) and isinstance(y, Static):
        same = x.value is y.value or (
            is_number(x) and is_number(y) and Const(x.value) == Const(y.value)
        )
        return Static(same != flip)
    for a, b in ((x, y), (y, x)):
        if is_static(b) and b.value is None and isinstance(a, Value):  # type: ignore[union-attr]
            if isinstance(a.type, Scalar) and a.type.optional:
                found = Value(run.build.value(py.is_none, (a.atom,), BOOL), BOOL)
                return negated(run, found) if flip else found
            return Static(flip)
    one, other = (x, y) if isinstance(x, Static) else (y, x)
    if isinstance(one, Static) and isinstance(one.value, bool) and isinstance(other, Value):
        if other.type == BOOL:
            same_bool = compare(run, Static("=="), one, other)
            return negated(run, same_bool) if flip else same_bool
    if surely_other_class(x, y):
        return Static(flip)
    if key_of(x) is not None and key_of(x) is key_of(y):
        return Static(not flip)
    raise run.refusal(
        "SD318", "`is` on values whose identity only the run knows", "compare with =="
    )


def _membership(run: Run, x: Abstract, y: Abstract) -> Abstract:
    if sets.is_set(y):
        return sets.contains(run, x, y)
    if isinstance(y, Record) and y.cls is dict and keys.is_chosen(run, y, x):
        return keys.chosen(run, y, x, lambda *_: Static(True), lambda: Static(False))
    if isinstance(y, Record) and y.cls is dict:
        return Static(y.get(keys.static_key(run, y, x)) is not None)
    if isinstance(y, Static) and isinstance(x, Static):
        return Static(x.value in y.value)
    if isinstance(y, Value) and isinstance(y.type, Other):
        return Value(run.build.value(BY_NAME["contains"], (run.atom(x), y.atom), BOOL), BOOL)
    special = contains(run, x, y)
    if special is not None:
        return truth(run, special)
    if holds_numbers(y) and not isinstance(x, (Seq, Record)):
        return run.call(Static(prelude.contained), (x, y))
    found: Abstract = Static(False)
    began = moment(run)
    items = listed(run, y, "`in`")
    require_unchanged(run, began, "iterator")
    for one in items:
        found = either(run, found, same_item(run, one, x))
    return found
