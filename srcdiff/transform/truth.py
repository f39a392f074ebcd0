"""The truth of abstract values, as `if`, `and`, `or` and `not` ask for it."""

from __future__ import annotations

import types

from srcdiff.ir.types import BOOL, ListOf, Scalar
from srcdiff.ops import python as py
from srcdiff.transform import functions
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.iterate import length_of
from srcdiff.transform.iterators import ONCE
from srcdiff.transform.outside import class_attribute
from srcdiff.transform.values import Abstract, Iter, Record, Seq, Static, Value

Run = Instantiator


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
        method = class_attribute(run, x.cls, name)
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


def both(run: Run, a: Abstract, b: Abstract) -> Abstract:
    """a and b for bools already computed"""
    if isinstance(a, Static):
        return b if a.value else a
    if isinstance(b, Static):
        return a if b.value else b
    return run.fork(a, lambda: (b,), lambda: (Static(False),))[0]


def either(run: Run, a: Abstract, b: Abstract) -> Abstract:
    """a or b for bools already computed"""
    if isinstance(a, Static):
        return a if a.value else b
    if isinstance(b, Static):
        return b if b.value else a
    return run.fork(a, lambda: (Static(True),), lambda: (b,))[0]
