"""What NumPy's ways to make an array of something mean, and the methods that make another array."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcdiff.ir.core import Arg, Const, Pack
from srcdiff.ir.types import BOOL, FLOAT, INT, Array, ListOf, Scalar
from srcdiff.ops import python as py
from srcdiff.ops import syntax as sx
from srcdiff.ops.table import BY_NAME
from srcdiff.transform import rank0
from srcdiff.transform.calls import intrinsic, method
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.intrinsics import cast, list_of
from srcdiff.transform.meet import describe
from srcdiff.transform.mixed import typed
from srcdiff.transform.row_calls import numeric
from srcdiff.transform.values import Abstract, Iter, Seq, Static, Value, is_number, is_rank0, key_of
from srcdiff.transform.views import contiguous

Run = Instantiator
ZERO, ONE, NONE = Static(0), Static(1), Static(None)


def _like_array(run: Run, a: Abstract) -> Abstract:
    """A value as something with a shape."""
    return (
        a
        if isinstance(a, Value) and not isinstance(a.type, ListOf)
        else run.call(Static(np.array), (a,))
    )


@intrinsic(np.shape)
def _np_shape(run: Run, a: Abstract) -> Abstract:
    if is_number(a):
        return Seq("tuple", ())
    return run.do(sx.ATTRIBUTE, _like_array(run, a), Static("shape"))  # type: ignore[no-any-return]


@intrinsic(np.ndim)
def _np_ndim(run: Run, a: Abstract) -> Abstract:
    return ZERO if is_number(a) else run.do(sx.ATTRIBUTE, _like_array(run, a), Static("ndim"))


@intrinsic(np.size)
def _np_size(run: Run, a: Abstract, axis: Abstract = NONE) -> Abstract:
    if axis is not NONE:
        return run.do(sx.ITEM, _np_shape(run, a), axis)  # type: ignore[no-any-return]
    return ONE if is_number(a) else run.do(sx.ATTRIBUTE, _like_array(run, a), Static("size"))


@intrinsic(np.isscalar)
def _isscalar(run: Run, a: Abstract) -> Abstract:
    return Static(is_number(a) or isinstance(a, Value) and isinstance(a.type, Scalar))


@intrinsic(np.array)
def _array(
    run: Run,
    a: Abstract,
    dtype: Abstract = NONE,
    copy: Abstract = Static(True),
    **ignored: Abstract,
) -> Abstract:
    made = _as_array(run, a, dtype)
    if not run.static(copy, "copy"):
        return made
    lies, own = contiguous(run, made), run.memory.own(made)
    key = key_of(own)
    if lies is not None and key is not None:
        run.memory.known.contiguous[key] = lies
    return own


@intrinsic(np.asarray, np.asanyarray)
def _as_array(run: Run, a: Abstract, dtype: Abstract = NONE, **ignored: Abstract) -> Abstract:
    """The array itself, if it is one of the dtype already."""
    wanted = numeric(run, dtype)
    made = _array_of(run, a)
    if wanted is None:
        return made
    array = isinstance(made, Value) and (isinstance(made.type, Array) or is_rank0(made))
    same = array and made.type.dtype == str(wanted)  # type: ignore[union-attr]
    return made if same else as_type(run, made, wanted)


@intrinsic(np.ascontiguousarray)
def _contiguous(run: Run, a: Abstract, dtype: Abstract = NONE) -> Abstract:
    made = _as_array(run, a, dtype)
    lies = contiguous(run, made)
    return made if lies is not None and not lies else run.memory.mingled(made, a)


def _array_of(run: Run, a: Abstract) -> Abstract:
    if isinstance(a, Value) and isinstance(a.type, (Array, Scalar)):
        weak = isinstance(a.type, Scalar) and a.type.weak
        return _strong(run, a) if weak else a if run.rules else _zero_dimensional(run, a)
    if isinstance(a, Seq):
        items = [i if not isinstance(i, Seq) else _array_of(run, i) for i in a.items]
        if not all(
            isinstance(i, Value) and isinstance(i.type, (Array, Scalar)) or is_number(i)
            for i in items
        ):
            raise run.refusal("SD337", f"an array of {describe(a.items[0])}")
        pack: Arg = Pack(tuple(run.atom(i) for i in items))
        made = run.memory.own(_row(run, "array", pack))
        run.memory.known.contiguous[key_of(made)] = frozenset()  # type: ignore[index]
        return made
    if is_number(a):
        made = _row(run, "array", run.material(a))
        return _zero_dimensional(run, made) if isinstance(made, Value) else made
    if isinstance(a, Value) and isinstance(a.type, ListOf):
        return run.memory.own(_row(run, "array", a.atom))
    if isinstance(a, Iter) and a.kind == "range":
        return _array_of(run, list_of(run, a))
    raise run.refusal("SD337", f"an array of {describe(a)}")


def _strong(run: Run, a: Value) -> Abstract:
    assert isinstance(a.type, Scalar)
    type = Scalar(a.type.dtype, weak=False)
    made = run.build.value(py.cast, (a.atom, Const(a.type.dtype)), type, run.hint)
    return _zero_dimensional(run, Value(made, type))


def _zero_dimensional(run: Run, a: Value) -> Value:
    """A number as an array of rank 0, which it may be already."""
    there = a.key is not None or a.atom in run.session.arguments
    return a if there or not isinstance(a.type, Scalar) else rank0.array_of(run, a)


def _row(run: Run, name: str, *args: Arg) -> Abstract:
    row = BY_NAME[name]
    call = typed(run, row, args)
    made = run.build.value(row, call.args, call.types[0], run.hint)
    call.require(run, (made,))
    return Value(made, call.types[0])


def as_type(run: Run, a: Abstract, dtype: np.dtype[Any]) -> Abstract:
    """a.astype(dtype)"""
    numeric(run, Static(dtype))
    assert isinstance(a, Value) and isinstance(a.type, (Array, Scalar))
    if a.type.dtype == str(dtype) and not (isinstance(a.type, Scalar) and a.type.weak):
        return run.memory.own(a)
    type = (
        Array(str(dtype), a.type.shape)
        if isinstance(a.type, Array)
        else Scalar(str(dtype), weak=False)
    )
    made = Value(run.build.value(py.cast, (a.atom, Const(str(dtype))), type, run.hint), type)
    number = is_rank0(a) or a.atom in run.session.arguments
    return rank0.array_of(run, made) if number else run.memory.own(made)


@method("astype")
def _astype(run: Run, a: Abstract, dtype: Abstract, copy: Abstract = Static(True)) -> Abstract:
    if not run.static(copy, "copy"):
        return _as_array(run, a, dtype)
    return as_type(run, a, np.dtype(run.static(dtype, "a dtype")))


@method("flatten")
def _flatten(run: Run, a: Abstract) -> Abstract:
    return run.memory.own(run.call(Static(np.ravel), (a,)))


@method("item")
def _item(run: Run, a: Abstract) -> Abstract:
    assert isinstance(a, Value) and isinstance(a.type, (Array, Scalar))
    kind = np.dtype(a.type.dtype).kind
    cls, type = (float, FLOAT) if kind == "f" else (int, INT) if kind in "iu" else (bool, BOOL)
    return cast(run, a, cls, type)


@method("conj", "conjugate")
def _conjugate(run: Run, a: Abstract) -> Abstract:
    """Of real arrays NumPy returns the array itself, not a copy as its function does."""
    if isinstance(a, Value) and isinstance(a.type, (Array, Scalar)):
        if np.dtype(a.type.dtype).kind != "c":
            return a
    return run.call(Static(np.conj), (a,))
