"""What NumPy's ufuncs can do besides being called: out=, where=, reduce, accumulate, outer, at.

np.add(x, y, out=z)          z holds x + y afterwards, and is the result
np.add.reduce(x)             np.sum(x, 0)
np.multiply.outer(x, y)      x[:, None] * y
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from srcdiff.ir.types import Array, Scalar, dtype_of
from srcdiff.ops import syntax as sx
from srcdiff.transform import prelude
from srcdiff.transform.calls import intrinsic
from srcdiff.transform.inplace import add_all
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.meet import describe
from srcdiff.transform.memory import untag
from srcdiff.transform.row_calls import OUT
from srcdiff.transform.stores import as_content, change, computed, set_array, value_type
from srcdiff.transform.values import (
    NOTHING,
    Abstract,
    Seq,
    Slice,
    Static,
    Value,
    is_number,
    is_rank0,
    same_static,
)

Run = Instantiator
NONE = Static(None)
ZERO = Static(0)


# --- out= and where= ----------------------------------------------------------------------------


def into(
    run: Run,
    compute: Callable[..., Abstract],
    args: tuple[Abstract, ...],
    out: Abstract,
    where: Abstract,
) -> Abstract:
    """The result of a ufunc written into an array: everywhere, or where a mask says."""
    if isinstance(out, Seq) and len(out.items) == 1:
        out = out.items[0]
    everywhere = same_static(where, Static(True))
    if isinstance(out, Static) and out.value is None:
        if everywhere:
            return compute(*args)
        raise run.refusal(
            "SD365", "where= without out= leaves entries that nobody wrote", "give out="
        )
    if isinstance(out, Value) and is_rank0(out) and everywhere:
        change(run, out, computed(run, out, compute(*args)))
        return run.now(out)
    if not (isinstance(out, Value) and isinstance(out.type, Array)):
        raise run.refusal("SD364", f"out= of {describe(out)}")
    if everywhere:
        change(run, out, as_content(run, out, compute(*args)))
        return run.now(out)
    shape = run.do(sx.ATTRIBUTE, untag(out), Static("shape"))
    mask = run.call(Static(np.broadcast_to), (where, shape))
    chosen = (_chosen(run, a, mask, shape) for a in args)
    set_array(run, run.now(out), mask, compute(*chosen))  # type: ignore[arg-type]
    return run.now(out)


def _chosen(run: Run, a: Abstract, mask: Abstract, shape: Abstract) -> Abstract:
    """The entries of an operand at which a ufunc is to be computed."""
    if isinstance(a, Seq):
        a = run.call(Static(np.array), (a,))
    if not (isinstance(a, Value) and isinstance(a.type, Array)):
        return a
    spread = run.call(Static(np.broadcast_to), (untag(a), shape))
    return run.do(sx.ITEM, untag(spread), mask)  # type: ignore[no-any-return]


# Functions whose result is written as it is: `out` has its shape and its dtype.
_WITH_OUT = (np.sum, np.prod, np.mean, np.std, np.var, np.max, np.min, np.any, np.all, np.cumsum,
             np.cumprod, np.dot, np.take, np.trace, np.round, np.outer, np.clip)  # fmt: skip


def whole(run: Run, function: Any, made: Abstract, out: Abstract) -> Abstract:
    """The result of a function written into an array of its shape and dtype."""
    if isinstance(out, Static) and out.value is None:
        return made
    name = getattr(function, "__name__", str(function))
    if function not in _WITH_OUT:
        raise run.refusal("SD327", f"np.{name}: out= is not supported", "assign to y[...]")
    if not isinstance(out, Value) or not (is_rank0(out) or isinstance(out.type, Array)):
        raise run.refusal("SD364", f"out= of {describe(out)}")
    kind = value_type(made)
    if kind is None or dtype_of(kind) != dtype_of(out.type):
        raise run.refusal(
            "SD365",
            f"a result {describe(made)} cannot be written into an array of {dtype_of(out.type)}",
            "assign to y[...]",
        )
    shapes = (run.do(sx.ATTRIBUTE, untag(a), Static("shape")) for a in (made, out))
    same = run.do(sx.COMPARE, Static("=="), *shapes)
    run.check(same, ValueError, f"the output of {name} has another shape than its result")
    if run.ended:
        return NOTHING
    change(run, out, (computed if is_rank0(out) else as_content)(run, out, made))
    return run.now(out)


OUT["ufunc"] = into
OUT["function"] = whole


# --- reduce, accumulate, outer, at --------------------------------------------------------------

_REDUCED: dict[Any, Any] = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
    np.logical_and: np.all,
    np.logical_or: np.any,
}
_ACCUMULATED: dict[Any, Any] = {np.add: np.cumsum, np.multiply: np.cumprod}
_OUTER = (np.add, np.subtract, np.multiply, np.divide, np.maximum, np.minimum, np.power, np.hypot,
          np.arctan2, np.less, np.less_equal, np.greater, np.greater_equal, np.equal)  # fmt: skip
_AT = (np.multiply, np.divide, np.maximum, np.minimum, np.power)


def _reduction(function: Any, as_function: Any) -> None:
    @intrinsic(function.reduce)
    def reduce(
        run: Run, x: Abstract, axis: Abstract = ZERO, *, keepdims: Abstract = Static(False)
    ) -> Abstract:
        return run.call(Static(as_function), (x,), axis=axis, keepdims=keepdims)


def _accumulation(function: Any, as_function: Any) -> None:
    @intrinsic(function.accumulate)
    def accumulate(run: Run, x: Abstract, axis: Abstract = ZERO) -> Abstract:
        return run.call(Static(as_function), (x,), axis=axis)


def _outer(function: Any) -> None:
    @intrinsic(function.outer)
    def outer(run: Run, x: Abstract, y: Abstract, /) -> Abstract:
        x, y = (
            a if isinstance(a, Value) or is_number(a) else run.call(Static(np.array), (a,))
            for a in (x, y)
        )
        rank = _rank(run, y)
        if rank and _rank(run, x):
            everything = Slice(NONE, NONE, NONE)
            index: tuple[Abstract, ...] = (*[everything] * _rank(run, x), *[NONE] * rank)
            x = run.do(sx.ITEM, untag(x), Seq("tuple", index))
        return run.call(Static(function), (x, y))


def _rank(run: Run, a: Abstract) -> int:
    if isinstance(a, Value) and isinstance(a.type, Array):
        if a.type.shape is None:
            raise run.refusal("SD316", "the rank of this array is only known at run time")
        return len(a.type.shape)
    return 0


def _at(function: Any) -> None:
    @intrinsic(function.at)
    def at(run: Run, a: Abstract, index: Abstract, value: Abstract, /) -> Abstract:
        index, value = (
            run.call(Static(np.array), (v,)) if isinstance(v, Seq) else v for v in (index, value)
        )
        fits = isinstance(index, Value) and isinstance(index.type, Array) and _rank(run, index) == 1
        if not fits or not isinstance(a, Value) or _rank(run, value) not in (0, 1):
            raise run.refusal(
                "SD351", f"np.{function.__name__}.at with other than one array of integers"
            )
        single = is_number(value) or isinstance(value, Value) and isinstance(value.type, Scalar)
        run.call(
            Static(prelude.at_same if single else prelude.at), (Static(function), a, index, value)
        )
        return NONE


def _added(function: Any) -> None:
    @intrinsic(function.at)
    def at(run: Run, a: Abstract, index: Abstract, value: Abstract, /) -> Abstract:
        return add_all(run, function, a, index, value)


for _function, _as in _REDUCED.items():
    _reduction(_function, _as)
for _function, _as in _ACCUMULATED.items():
    _accumulation(_function, _as)
for _function in _OUTER:
    _outer(_function)
for _function in _AT:
    _at(_function)
for _function in (np.add, np.subtract):
    _added(_function)
