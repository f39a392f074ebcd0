"""Entries picked by indices, sorting, searching."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcdiff.ops import runtime, shapes
from srcdiff.ops.reshape import of
from srcdiff.ops.samples import Sample, array, axes
from srcdiff.ops.table import linear, refused, tangent, zero


def picks() -> list[Sample]:
    x, cube = array(2, 3), array(2, 3, 4)
    rows = np.array([[0, 1], [1, 1]])
    flat: list[Sample] = [(array(4), 2), (array(4), np.array([0, 3, 3])), (x, np.array([0, 5, 5]))]
    along: list[Sample] = [
        (x, 1, 0),
        (x, -1, 1),
        (x, [0, 2, 0], 1),
        (cube, rows, 1),
        (cube, rows, -1),
    ]
    return [*flat, *along, (cube, rows, 0), (array(4), [1, 1])]


@linear(
    np.take,
    methods=("take",),
    operands=("x",),
    arrays=("indices",),
    dtype="x",
    shape=shapes.taken,
    samples=picks,
)
def take(bz: Any, x: Any, indices: Any, axis: Any = None) -> Any:
    if axis is None and x.ndim != 1:
        return np.reshape(runtime.scatter(bz, np.ravel(x), indices), x.shape)
    k = 0 if axis is None else axis % x.ndim
    if k == 0:
        return runtime.scatter(bz, x, indices)
    return runtime.scatter(bz, x, (*(slice(None),) * k, indices))


def orders() -> list[Sample]:
    x = array(3, 4)
    at = np.array([[0, 0, 3], [1, 2, 1], [3, 0, 1]])
    down: list[Sample] = [(x, np.array([[2, 0, 1, 1]]), 0), (array(1, 4), at, 1)]
    return [(x, at, 1), (x, at, -1), *down, (array(4), np.array([3, 3, 0]), 0), (x, at[0], None)]


@linear(
    np.take_along_axis,
    operands=("x",),
    arrays=("indices",),
    dtype="x",
    shape=shapes.along,
    samples=orders,
)
def take_along_axis(bz: Any, x: Any, indices: Any, axis: Any) -> Any:
    return runtime.put_along(bz, x, indices, axis)


@linear(
    runtime.put_along,
    path="put_along",
    operands=("v",),
    arrays=("like", "indices"),
    dtype="v",
    shape=shapes.second,
    samples=of(
        (array(3, 2), array(3, 4), np.array([[0, 0], [1, 3], [2, 2]]), 1),
        (array(3), array(2, 3), np.array([5, 5, 0]), None),
    ),
)
def put_along(bz: Any, v: Any, like: Any, indices: Any, axis: Any) -> Any:
    return np.take_along_axis(bz, indices, axis)


def sorted_along(x: shapes.Dims, axis: Any = -1) -> shapes.Dims:
    """The shape of what is sorted: that of x, or one axis of all its entries."""
    return shapes.cumulative(x, axis)


def flat_too() -> list[Sample]:
    return [
        *axes((4,), (3, 4), keepdims=False)(),
        (array(3, 4), None),
        (array(2, 3), {"axis": None}),
    ]


@tangent(np.sort, shape=sorted_along, samples=flat_too, real_only=True)
def sort(z: Any, x: Any, dx: Any, axis: Any = -1) -> Any:
    if axis is None:
        return np.ravel(dx)[np.argsort(x, None)]
    return np.take_along_axis(dx, np.argsort(x, axis), axis)


def kths() -> list[Sample]:
    x = array(3, 4)
    along: list[Sample] = [(x, 1), (x, (0, 2)), (x, 2, 0), (x, -1, 1), (x, 5, None)]
    return [(array(5), 2), (array(5), -2), (array(6), [1, 4]), *along]


def partitioned(x: shapes.Dims, kth: Any, axis: Any = -1) -> shapes.Dims:
    return sorted_along(x, axis)


@tangent(np.partition, operands=("x",), dtype="x", shape=partitioned, samples=kths, real_only=True)
def partition(z: Any, x: Any, dx: Any, kth: Any, axis: Any = -1) -> Any:
    """An entry of the result is the one of x with the same rank."""
    if axis is None:
        return np.ravel(dx)[np.argsort(x, None)[np.argsort(np.argsort(z))]]
    ranks = np.argsort(np.argsort(z, axis), axis)
    return np.take_along_axis(dx, np.take_along_axis(np.argsort(x, axis), ranks, axis), axis)


def tables() -> list[Sample]:
    xp, fp = np.array([0.0, 1.0, 2.5, 3.0]), np.array([0.3, -0.7, 1.1, 0.4])
    x = np.array([[0.4, 2.7, -1.0], [1.6, 5.0, 0.9]])
    return [(x, xp, fp), (0.4, xp, fp), (np.float64(1.7), xp, fp), (x, xp, fp, 0.0, 0.0)]


@tangent(np.interp, shape=shapes.same, operands=("x", "xp", "fp"), samples=tables, real_only=True)
def interp(
    z: Any,
    x: Any,
    xp: Any,
    fp: Any,
    dx: Any,
    dxp: Any,
    dfp: Any,
    left: Any = None,
    right: Any = None,
) -> Any:
    """On the piece from entry k to k + 1 a straight line; outside, the end values."""
    k = np.clip(np.searchsorted(xp, x, "right"), 1, xp.shape[0] - 1) - 1
    width = xp[k + 1] - xp[k]
    slope = (fp[k + 1] - fp[k]) / width * ((x >= xp[0]) & (x <= xp[-1]))
    part = np.clip((x - xp[k]) / width, 0.0, 1.0)
    inside = held(x, xp, left, right)
    shift = (1.0 - part) * dxp[k] + part * dxp[k + 1]
    rise = inside * ((1.0 - part) * dfp[k] + part * dfp[k + 1])
    return slope * dx, -slope * shift, rise


def held(x: Any, xp: Any, left: Any, right: Any) -> Any:
    """Where the result depends on the table: not where `left` and `right` are given."""
    below = 1.0 if left is None else 1.0 * (x >= xp[0])
    return below if right is None else below * (x <= xp[-1])


# --- the result does not vary -------------------------------------------------------------------

zero(
    np.argsort,
    lambda x, axis=-1: None,
    methods=("argsort",),
    shape=sorted_along,
    samples=flat_too,
)
zero(
    np.searchsorted,
    lambda a, v, side="left": None,
    methods=("searchsorted",),
    shape=shapes.second,
    samples=of((np.arange(4.0), array(2, 3)), (np.arange(4.0), 1.5)),
)
zero(np.digitize, lambda x, bins, right=False: None, shape=shapes.same)
zero(np.isin, lambda element, test_elements: None, shape=shapes.same)

_function: Any
_VALUES = "the size of its result depends on values"
_CONDITION = "multiply by the condition, or use np.where with three arguments"
refused(np.nonzero, _VALUES, _CONDITION, methods=("nonzero",))
for _function in (np.flatnonzero, np.argwhere):
    refused(_function, _VALUES, _CONDITION)
for _function in (np.unique, np.union1d, np.intersect1d, np.setdiff1d, np.setxor1d):
    refused(_function, _VALUES)
for _name in ("unique_all", "unique_counts", "unique_inverse", "unique_values"):
    refused(getattr(np, _name), _VALUES)
refused(np.sort_complex, "there is no rule for it", "use np.sort")
refused(np.mask_indices, "it calls a function on an array", "use np.tril_indices")
for _function in (np.packbits, np.unpackbits):
    refused(_function, "bits do not vary smoothly")
refused(np.compress, _VALUES, "index with the condition: x[condition]", methods=("compress",))
refused(np.extract, _VALUES, "index with the condition: x[condition]")
refused(np.choose, "there is no rule for it", "use np.where or an index", methods=("choose",))
refused(np.ravel_multi_index, "there is no rule for it", "compute the index by arithmetic")
refused(np.unravel_index, "there is no rule for it", "use // and % on the index")
refused(np.select, "there is no rule for it", "use np.where", name="np_select")
refused(np.piecewise, "it calls functions on parts of an array", "use np.where")
refused(
    np.argpartition,
    "the order of its result is not defined",
    "use np.argsort",
    methods=("argpartition",),
)
refused(np.lexsort, "there is no rule for it", "use np.argsort")
refused(np.place, "it repeats its values", "write x[mask] = values")
for _function in (np.apply_along_axis, np.apply_over_axes, np.vectorize, np.frompyfunc):
    refused(_function, "it calls a function on parts of an array", "write the loop")
refused(np.fromfunction, "it calls a function on index arrays", "call it with np.arange")
