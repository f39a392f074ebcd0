"""What comparisons, identity, membership and truth mean on abstract values."""

from __future__ import annotations

import types

from srcdiff.ir.core import Const
from srcdiff.ir.types import BOOL, ListOf, Other, Scalar
from srcdiff.ops import python as py
from srcdiff.ops.table import BY_NAME, BY_SYMBOL
from srcdiff.transform import functions, row_calls, sets
from srcdiff.transform.arithmetic import PYTHON, SYMBOLS, by_a_method, of_constants
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.intrinsics import surely_other_class
from srcdiff.transform.iterate import length_of, listed
from srcdiff.transform.iterators import ONCE, moment, require_unchanged
from srcdiff.transform.values import (
    Abstract,
    Iter,
    Record,
    Seq,
    Static,
    Value,
    is_number,
    is_static,
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
    if text in ("==", "!=") and _structural(x, y):
        return _compare_structures(run, text, x, y)
    known = _known_lengths(text, x, y)
    if known is not None:
        return known
    if _other(x) or _other(y):
        return Value(
            run.build.value(BY_SYMBOL[SYMBOLS[text]], (run.atom(x), run.atom(y)), BOOL), BOOL
        )
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


def _structural(x: Abstract, y: Abstract) -> bool:
    if isinstance(x, (Seq, Record)) and isinstance(y, (Seq, Record)):
        return True
    plain = (is_static(x) and not is_number(x)) or (is_static(y) and not is_number(y))
    return plain and not (_other(x) or _other(y))


def _compare_structures(run: Run, text: str, x: Abstract, y: Abstract) -> Abstract:
    if isinstance(x, Seq) and isinstance(y, Seq) and x.kind == y.kind:
        if len(x.items) != len(y.items):
            return Static(text == "!=")
        same: Abstract = Static(True)
        for a, b in zip(x.items, y.items):
            one = compare(run, Static("=="), a, b)
            same = both(run, same, one)
        return negated(run, same) if text == "!=" else same
    return Static(text == "!=")


def both(run: Run, a: Abstract, b: Abstract) -> Abstract:
    """a and b for bools already computed"""
    if isinstance(a, Static):
        return b if a.value else a
    if isinstance(b, Static):
        return a if b.value else b
    return run.fork(a, lambda: (b,), lambda: (Static(False),))[0]


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
    raise run.refusal(
        "SD318", "`is` on values whose identity only the run knows", "compare with =="
    )


def _membership(run: Run, x: Abstract, y: Abstract) -> Abstract:
    if sets.is_set(y):
        return sets.contains(run, x, y)
    if isinstance(y, Record) and y.cls is dict:
        return Static(y.get(run.static(x, "the key looked for")) is not None)
    if isinstance(y, Static) and isinstance(x, Static):
        return Static(x.value in y.value)
    if isinstance(y, Value) and isinstance(y.type, Other):
        return Value(run.build.value(BY_NAME["contains"], (run.atom(x), y.atom), BOOL), BOOL)
    found: Abstract = Static(False)
    began = moment(run)
    items = listed(run, y, "`in`")
    require_unchanged(run, began, "iterator")
    for one in items:
        same = compare(run, Static("=="), x, one)
        found = either(run, found, same)
    return found


def either(run: Run, a: Abstract, b: Abstract) -> Abstract:
    """a or b for bools already computed"""
    if isinstance(a, Static):
        return a if a.value else b
    if isinstance(b, Static):
        return b if b.value else a
    return run.fork(a, lambda: (Static(True),), lambda: (b,))[0]


def truth(run: Run, x: Abstract) -> Abstract:
    """bool(x), as tests ask for it"""
    if isinstance(x, Static):
        return Static(bool(x.value))
    if isinstance(x, Value):
        if x.type == BOOL or (isinstance(x.type, Scalar) and x.type.dtype == "bool"):
            return x
        if isinstance(x.type, ListOf) and isinstance(x.type.length, int):
            return Static(x.type.length > 0)
        out = run.build.value(py.truth, (x.atom,), BOOL)
        return Value(out, BOOL)
    if isinstance(x, Seq):
        return Static(bool(x.items))
    if isinstance(x, Record):
        return _object_truth(run, x)
    if isinstance(x, Iter) and x.kind not in ONCE:
        return truth(run, length_of(run, x))
    return Static(True)


def _object_truth(run: Run, x: Record) -> Abstract:
    if x.cls in (dict, set):
        return Static(bool(x.entries))
    for name in ("__bool__", "__len__"):
        method = functions.class_attribute(x.cls, name)
        if isinstance(method, types.FunctionType):
            return truth(run, functions.call_function(run, method, (x,), ()))
    return Static(bool(x.entries) or not issubclass(x.cls, tuple))


def negated(run: Run, x: Abstract) -> Abstract:
    """not x"""
    known = truth(run, x)
    if isinstance(known, Static):
        return Static(not known.value)
    assert isinstance(known, Value)
    return Value(run.build.value(py.logical_not, (known.atom,), BOOL, run.hint), BOOL)
