"""Reductions and running results along axes. Equal maxima (minima) share the derivative equally.

`keepdims` stands second, before what NumPy has there: both are given by name.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from srcdiff.ops import runtime
from srcdiff.ops.samples import Sample, array, axes, complex_array
from srcdiff.ops.shapes import axes_of, cumulative, reduced, same, scalar
from srcdiff.ops.table import adjoint, composite, decided, linear, refused, tangent, zero


@decided
def is_leading(axis: Any, rank: int) -> bool:
    """Whether axes are the first of `rank`, so that what lost them broadcasts back as it is."""
    return sorted(axes_of(axis, rank)) == list(range(len(axes_of(axis, rank))))


def kept(b: Any, x: Any, axis: Any, keepdims: Any = False) -> Any:
    """b, which lost the axes of x that were reduced, so that it broadcasts against x."""
    if axis is None or keepdims or is_leading(axis, x.ndim):
        return b
    return np.expand_dims(b, axis)


def number(x: Any, axis: Any) -> Any:
    """How many entries of x go into one entry of the result."""
    if axis is None:
        return x.size
    if isinstance(axis, int):
        return x.shape[axis]
    count = 1
    for k in axis:
        count = count * x.shape[k]
    return count


# --- sums ---------------------------------------------------------------------------------------


def sums() -> list[Sample]:
    z = complex_array(2, 3)
    return [
        *axes()(),
        (z,),
        (z, 1),
        (0.7,),
        (array(0),),
        (array(2, 3, 2), (0, 1)),
        (array(3, 2), ()),
    ]


@linear(np.sum, methods=("sum",), shape=reduced, samples=sums)
def sum(bz: Any, x: Any, axis: Any = None, keepdims: Any = False, dtype: Any = None) -> Any:
    return runtime.spread(kept(bz, x, axis, keepdims), x)


def means() -> list[Sample]:
    return [*axes()(), (complex_array(2, 3), -1), (array(2, 3, 2), (0, 2)), (0.7,)]


@linear(np.mean, methods=("mean",), shape=reduced, samples=means)
def mean(bz: Any, x: Any, axis: Any = None, keepdims: Any = False, dtype: Any = None) -> Any:
    return runtime.spread(kept(bz / number(x, axis), x, axis, keepdims), x)


def centred(x: Any, axis: Any) -> Any:
    """x minus its mean along the axes."""
    if axis is None:
        return x - np.mean(x)
    return x - np.mean(x, axis=axis, keepdims=True)


def spreads() -> list[Sample]:
    x = array(3, 4)
    more: list[Sample] = [(x, {"ddof": 1}), (x, 0, {"ddof": 1}), (x, {"axis": -1, "ddof": 1.5})]
    return [*axes((4,), (2, 3), (3, 2, 2))(), *more, (array(2, 3, 2), (0, 2))]


@tangent(np.var, methods=("var",), shape=reduced, samples=spreads, real_only=True)
def var(z: Any, x: Any, dx: Any, axis: Any = None, keepdims: Any = False, ddof: Any = 0) -> Any:
    slope = 2.0 / (number(x, axis) - ddof)
    return slope * np.sum(centred(x, axis) * dx, axis=axis, keepdims=keepdims)


@tangent(np.std, methods=("std",), shape=reduced, samples=spreads, real_only=True)
def std(z: Any, x: Any, dx: Any, axis: Any = None, keepdims: Any = False, ddof: Any = 0) -> Any:
    moment = np.sum(centred(x, axis) * dx, axis=axis, keepdims=keepdims)
    return moment / ((number(x, axis) - ddof) * z)


# --- extremes -----------------------------------------------------------------------------------


def extremes() -> list[Sample]:
    return [*axes()(), (array(2, 3, 2), (0, 2)), (0.7,)]


def shared(z: Any, x: Any, dx: Any, axis: Any, keepdims: Any) -> Any:
    """The mean of dx over the entries of x that equal z."""
    equal = x == kept(z, x, axis, keepdims)
    total = np.sum(equal * dx, axis=axis, keepdims=keepdims)
    return total / np.sum(equal, axis=axis, keepdims=keepdims)


@tangent(
    np.max, spelled=(np.amax,), methods=("max",), shape=reduced, samples=extremes, real_only=True
)
def max(z: Any, x: Any, dx: Any, axis: Any = None, keepdims: Any = False) -> Any:
    return shared(z, x, dx, axis, keepdims)


@tangent(
    np.min, spelled=(np.amin,), methods=("min",), shape=reduced, samples=extremes, real_only=True
)
def min(z: Any, x: Any, dx: Any, axis: Any = None, keepdims: Any = False) -> Any:
    return shared(z, x, dx, axis, keepdims)


@composite(np.ptp, samples=extremes)
def ptp(x: Any, axis: Any = None, keepdims: Any = False) -> Any:
    return np.max(x, axis=axis, keepdims=keepdims) - np.min(x, axis=axis, keepdims=keepdims)


# --- products -----------------------------------------------------------------------------------


def products() -> list[Sample]:
    holes = np.array([[0.0, 1.2, -0.7], [0.8, 0.0, 0.0]])
    return [
        *axes()(),
        (holes,),
        (holes, 0),
        (holes, 1),
        (complex_array(3),),
        (array(2, 3, 2), (0, 2)),
    ]


@tangent(np.prod, methods=("prod",), shape=reduced, samples=products)
def prod(
    z: Any, x: Any, dx: Any, axis: Any = None, keepdims: Any = False, dtype: Any = None
) -> Any:
    if isinstance(axis, tuple):
        others = runtime.product_of_others(joined(x, axis), -1)
        total = np.sum(others * joined(dx, axis), axis=-1)
        return np.expand_dims(total, axis) if keepdims else total
    return np.sum(runtime.product_of_others(x, axis) * dx, axis=axis, keepdims=keepdims)


@decided
def last_axes(count: int) -> tuple[int, ...]:
    """The last so many axes, counted from the end."""
    return tuple(range(-count, 0))


def joined(x: Any, axes: Any) -> Any:
    """x with some axes made into one, the last."""
    last = np.moveaxis(x, axes, last_axes(len(axes)))
    return np.reshape(last, (*last.shape[: -len(axes)], -1))


@tangent(
    runtime.product_of_others,
    path="product_of_others",
    operands=("x",),
    shape=same,
    samples=lambda: [
        (array(4), None),
        (array(2, 3), None),
        (array(2, 3), 1),
        (np.array([0.0, 1.2, 0.0, -0.7]), 0),
        (np.array([0.0, 1.2, 0.5, -0.7]), 0),
        (array(1), 0),
    ],
)
def product_of_others(z: Any, x: Any, dx: Any, axis: Any) -> Any:
    if axis is None and x.ndim != 1:
        flat = of_others(np.ravel(x), np.ravel(dx), 0)
        return np.reshape(flat, x.shape)
    return of_others(x, dx, 0 if axis is None else axis)


def of_others(x: Any, dx: Any, axis: Any) -> Any:
    """What comes before times what comes after, by the rule of products."""
    xs, dxs = np.flip(x, axis), np.flip(dx, axis)
    before, after = runtime.products_before(x, axis), runtime.products_before(xs, axis)
    dbefore = before_changes(before, x, dx, axis)
    dafter = before_changes(after, xs, dxs, axis)
    return dbefore * np.flip(after, axis) + before * np.flip(dafter, axis)


def before_changes(z: Any, x: Any, dx: Any, axis: Any) -> Any:
    """z[k] = z[k - 1] * x[k - 1]"""
    return runtime.recurrence(runtime.delayed(x, axis), runtime.delayed(z * dx, axis), axis)


@tangent(
    runtime.products_before,
    path="products_before",
    operands=("x",),
    shape=same,
    samples=lambda: [(array(4), 0), (array(2, 3), 1), (np.array([0.5, 0.0, 0.0, 0.7]), -1)],
)
def products_before(z: Any, x: Any, dx: Any, axis: Any) -> Any:
    return before_changes(z, x, dx, axis)


# --- running results ----------------------------------------------------------------------------


def running() -> list[Sample]:
    scalars: list[Sample] = [(array(1),), (array(0),), (complex_array(3),)]
    return [*axes((4,), (2, 3), (2, 3, 2), keepdims=False)(), *scalars]


@linear(np.cumsum, methods=("cumsum",), shape=cumulative, samples=running)
def cumsum(bz: Any, x: Any, axis: Any = None, dtype: Any = None) -> Any:
    if x.ndim == 1:
        return np.flip(np.cumsum(np.flip(bz)))
    if axis is None:
        return np.reshape(np.flip(np.cumsum(np.flip(bz))), x.shape)
    return np.flip(np.cumsum(np.flip(bz, axis), axis), axis)


@tangent(np.cumprod, methods=("cumprod",), shape=cumulative, samples=running)
def cumprod(z: Any, x: Any, dx: Any, axis: Any = None, dtype: Any = None) -> Any:
    """z[k] = z[k - 1] * x[k]"""
    if axis is None and x.ndim != 1:
        return cumprod(None, np.ravel(x), np.ravel(dx))
    k = 0 if axis is None else axis
    return runtime.recurrence(x, runtime.products_before(x, k) * dx, k)


@adjoint(
    runtime.recurrence,
    path="recurrence",
    operands=("a", "b"),
    shape=same,
    samples=lambda: [
        (array(5), array(5, seed=1), 0),
        (array(2, 3), array(2, 3, seed=1), 1),
        (array(1), array(1, seed=1), 0),
    ],
)
def recurrence(bz: Any, z: Any, a: Any, b: Any, axis: Any) -> Any:
    """z[k] = a[k] * z[k - 1] + b[k], so bb[k] = a[k + 1] * bb[k + 1] + bz[k]."""
    ahead = np.flip(runtime.advanced(a, axis), axis)
    bb = np.flip(runtime.recurrence(ahead, np.flip(bz, axis), axis), axis)
    return bb * runtime.delayed(z, axis), bb


@linear(
    runtime.delayed,
    path="delayed",
    operands=("x",),
    shape=same,
    samples=lambda: [(array(4), 0), (array(2, 3), 1)],
)
def delayed(bz: Any, x: Any, axis: Any) -> Any:
    return runtime.advanced(bz, axis)


@linear(
    runtime.advanced,
    path="advanced",
    operands=("x",),
    shape=same,
    samples=lambda: [(array(4), 0), (array(2, 3), 1)],
)
def advanced(bz: Any, x: Any, axis: Any) -> Any:
    return runtime.delayed(bz, axis)


def steps() -> list[Sample]:
    x = array(3, 4)
    return [(array(4),), (x,), (x, {"axis": 0}), (x, 2), (x, 2, 0), (x, 0), (array(2, 3, 4), 1, 1)]


@composite(np.diff, samples=steps)
def diff(a: Any, n: Any = 1, axis: Any = -1) -> Any:
    k = axis % a.ndim
    a = np.swapaxes(a, k, -1) if 0 < k < a.ndim - 1 else a
    for _ in range(n):
        a = a[1:] - a[:-1] if k == 0 else a[..., 1:] - a[..., :-1]
    return np.swapaxes(a, k, -1) if 0 < k < a.ndim - 1 else a


@composite(
    np.average,
    samples=lambda: [
        (array(2, 3),),
        (array(2, 3), 1),
        (array(4), {"weights": array(4, low=0.2)}),
        (array(2, 3), 0, array(2, low=0.2)),
        (array(2, 3), {"axis": -1, "weights": array(3, low=0.2)}),
        (array(2, 3), {"weights": array(2, 3, low=0.2)}),
    ],
)
def average(a: Any, axis: Any = None, weights: Any = None) -> Any:
    if weights is None:
        return np.mean(a, axis=axis)
    if weights.ndim < a.ndim and axis is not None:
        weights = np.reshape(weights, (-1,) + (1,) * (a.ndim - 1 - axis % a.ndim))
        total = np.sum(weights)
    else:
        total = np.sum(weights, axis=axis)
    return np.sum(a * weights, axis=axis) / total


@composite(np.polyval, samples=lambda: [(array(3), array(2, 3)), (array(1), 0.7), (array(4), 0.7)])
def polyval(p: Any, x: Any) -> Any:
    y = 0.0 * x
    for a in p:
        y = y * x + a
    return y


@composite(np.trapezoid, samples=lambda: [(array(4),), (array(2, 4),), (array(4), np.arange(4.0))])
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> Any:
    if axis % y.ndim != y.ndim - 1:
        y = np.moveaxis(y, axis, -1)
    middle = 0.5 * (y[..., 1:] + y[..., :-1])
    if x is None:
        return np.sum(middle * dx, axis=-1)
    return np.sum(middle * np.diff(x), axis=-1)


# --- reductions that pass over nan --------------------------------------------------------------


def holes() -> list[Sample]:
    x = array(2, 3)
    return [(np.where(x > 1.0, np.nan, x),), (np.where(x > 1.0, np.nan, x), 0), (x, 1)]


@composite(np.nansum, samples=holes)
def nansum(a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    return np.sum(np.where(np.isnan(a), 0.0, a), axis=axis, keepdims=keepdims)


@composite(np.nanmean, samples=holes)
def nanmean(a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    count = np.sum(~np.isnan(a), axis=axis, keepdims=keepdims)
    return nansum(a, axis, keepdims=keepdims) / count


@tangent(np.nanmax, shape=reduced, samples=holes, real_only=True)
def nanmax(z: Any, x: Any, dx: Any, axis: Any = None, keepdims: Any = False) -> Any:
    return shared(z, x, dx, axis, keepdims)


@tangent(np.nanmin, shape=reduced, samples=holes, real_only=True)
def nanmin(z: Any, x: Any, dx: Any, axis: Any = None, keepdims: Any = False) -> Any:
    return shared(z, x, dx, axis, keepdims)


# --- the result does not vary -------------------------------------------------------------------


_function: Any
for _function, _methods in (
    (np.argmax, ("argmax",)),
    (np.argmin, ("argmin",)),
    (np.all, ("all",)),
    (np.any, ("any",)),
    (np.count_nonzero, ()),
):
    zero(
        _function,
        lambda x, axis=None, keepdims=False: None,
        methods=_methods,
        shape=reduced,
        samples=axes((4,), (2, 3), several=False),
    )
for _function in (np.nanargmax, np.nanargmin):
    zero(_function, lambda x, axis=None, keepdims=False: None, shape=reduced)
zero(np.array_equiv, lambda a1, a2: None, shape=scalar)
zero(np.array_equal, lambda a1, a2: None, shape=scalar)
zero(np.allclose, lambda a, b, rtol=1e-05, atol=1e-08, equal_nan=False: None, shape=scalar)
zero(np.size, lambda x: None, shape=scalar, samples=lambda: [(array(2, 3),)])
zero(np.ndim, lambda x: None, shape=scalar, samples=lambda: [(array(2, 3),)])

# --- refusals -----------------------------------------------------------------------------------

_MIDDLE = "there is no rule for it"
_SORTED = "sort and take the entries: np.sort(x)[n // 2]"

for _function in (np.median, np.quantile, np.percentile, np.nanmedian):
    refused(_function, _MIDDLE, _SORTED)
for _function in (np.nanquantile, np.nanpercentile):
    refused(_function, _MIDDLE, _SORTED)
for _function in (np.nanstd, np.nanvar, np.nanprod, np.nancumsum, np.nancumprod):
    refused(_function, _MIDDLE, "replace the nan first: np.where(np.isnan(x), 0.0, x)")
refused(np.gradient, _MIDDLE, "write the differences: (x[2:] - x[:-2]) / (2.0 * h)")
refused(np.cov, _MIDDLE, "write it with matmul: d = x - np.mean(x, axis=1, keepdims=True)")
refused(np.corrcoef, _MIDDLE, "write it with matmul and np.std")
for _name in ("cumulative_sum", "cumulative_prod"):
    if hasattr(np, _name):
        refused(getattr(np, _name), _MIDDLE, "use np.cumsum or np.cumprod")
for _name in ("poly", "polyadd", "polyder", "polydiv", "polyfit", "polyint", "polymul", "polysub"):
    refused(getattr(np, _name), _MIDDLE, "compute with the coefficients, or use np.polyval")
refused(np.roots, "roots of polynomials have no rule")
refused(np.ediff1d, _MIDDLE, "use np.diff")
for _function in (
    np.histogram,
    np.histogram2d,
    np.histogramdd,
    np.histogram_bin_edges,
    np.bincount,
):
    refused(_function, "counts of values do not vary smoothly")
