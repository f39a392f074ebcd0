"""Functions that arrange entries: shapes, sequences of arrays, flips, repetitions, diagonals."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcdiff.ops import runtime, shapes
from srcdiff.ops.samples import Sample, Samples, array, complex_array, single
from srcdiff.ops.shapes import axes_of, axis_of, moved_order
from srcdiff.ops.table import composite, decided, linear, refused, zero


def of(*samples: Sample) -> Samples:
    return lambda: list(samples)


CUBE = array(2, 3, 4)
WIDE = array(2, 3)

# --- the same entries in another shape ----------------------------------------------------------


@linear(
    np.reshape,
    methods=("reshape",),
    operands=("x",),
    gathers="shape",
    dtype="x",
    shape=shapes.reshaped,
    fresh=False,
    cheap=True,
    samples=of(
        (WIDE, (3, 2)),
        (WIDE, -1),
        (WIDE, (-1, 2)),
        (CUBE, (4, -1, 2)),
        (array(1), ()),
        (array(), (1, 1)),
        (array(0), (0, 3)),
        (single(WIDE), 6),
        (complex_array(4), (2, 2)),
    ),
)
def reshape(bz: Any, x: Any, shape: Any, order: Any = "C") -> Any:
    if order != "C":
        raise NotImplementedError("np.reshape in another order than C")
    return np.reshape(bz, x.shape)


@linear(
    np.ravel,
    methods=("ravel", "flatten"),
    shape=shapes.raveled,
    fresh=False,
    cheap=True,
    samples=of((WIDE,), (array(3),), (array(),), (CUBE,)),
)
def ravel(bz: Any, x: Any, order: Any = "C") -> Any:
    if order != "C":
        raise NotImplementedError("np.ravel in another order than C")
    return np.reshape(bz, x.shape)


@decided
def inverse(axes: Any) -> Any:
    """The permutation that undoes another."""
    rank = len(axes)
    order = [axis_of(k, rank) for k in axes]
    return tuple(order.index(k) for k in range(rank))


@linear(
    np.transpose,
    spelled=(np.permute_dims,) if hasattr(np, "permute_dims") else (),
    methods=("transpose",),
    attributes=("T",),
    gathers="axes",
    shape=shapes.transposed,
    fresh=False,
    cheap=True,
    samples=of((WIDE,), (CUBE,), (CUBE, (1, 2, 0)), (CUBE, (-1, 0, 1)), (array(3),), (array(),)),
)
def transpose(bz: Any, x: Any, axes: Any = None) -> Any:
    if axes is None:
        return bz.T
    return np.transpose(bz, inverse(axes))


@linear(
    np.matrix_transpose,
    attributes=("mT",),
    shape=shapes.matrix_transposed,
    fresh=False,
    cheap=True,
    samples=of((WIDE,), (CUBE,)),
)
def matrix_transpose(bz: Any, x: Any) -> Any:
    return np.swapaxes(bz, -1, -2)


@linear(
    np.swapaxes,
    methods=("swapaxes",),
    operands=("x",),
    shape=shapes.swapped,
    fresh=False,
    cheap=True,
    samples=of((WIDE, 0, 1), (CUBE, 0, -1), (CUBE, 1, 1)),
)
def swapaxes(bz: Any, x: Any, axis1: Any, axis2: Any) -> Any:
    return np.swapaxes(bz, axis1, axis2)


@linear(
    np.moveaxis,
    shape=shapes.moved,
    operands=("x",),
    fresh=False,
    cheap=True,
    samples=of((CUBE, 0, -1), (CUBE, (0, 1), (1, 2)), (CUBE, (2, 0), (0, 1)), (WIDE, -1, 0)),
)
def moveaxis(bz: Any, x: Any, source: Any, destination: Any) -> Any:
    return np.moveaxis(bz, destination, source)


@linear(
    np.squeeze,
    dtype="x",
    methods=("squeeze",),
    shape=shapes.squeezed,
    fresh=False,
    cheap=True,
    samples=of((array(1, 3, 1),), (array(1, 3, 1), 0), (array(1, 3, 1), (0, -1)), (WIDE,)),
)
def squeeze(bz: Any, x: Any, axis: Any = None) -> Any:
    return np.reshape(bz, x.shape)


@linear(
    np.expand_dims,
    operands=("x",),
    shape=shapes.expanded,
    fresh=False,
    cheap=True,
    samples=of((array(3), 0), (WIDE, -1), (WIDE, (0, 2)), (array(), 0), (array(3), (-1, 0))),
)
def expand_dims(bz: Any, x: Any, axis: Any) -> Any:
    return np.reshape(bz, x.shape)


@linear(
    np.broadcast_to,
    operands=("x",),
    dtype="x",
    shape=shapes.spread_to,
    fresh=False,
    cheap=True,
    samples=of(
        (array(3), (2, 3)), (array(2, 1), (4, 2, 3)), (0.7, (2,)), (array(), (3,)), (array(1), 3)
    ),
)
def broadcast_to(bz: Any, x: Any, shape: Any) -> Any:
    return runtime.unbroadcast(bz, x)


@linear(
    np.atleast_1d,
    shape=shapes.at_least(1),
    fresh=False,
    cheap=True,
    samples=of((0.7,), (array(3),), (WIDE,)),
)
def atleast_1d(bz: Any, x: Any) -> Any:
    return np.reshape(bz, x.shape)


@linear(
    np.atleast_2d,
    shape=shapes.at_least(2),
    fresh=False,
    cheap=True,
    samples=of((0.7,), (array(3),), (WIDE,)),
)
def atleast_2d(bz: Any, x: Any) -> Any:
    return np.reshape(bz, x.shape)


@linear(
    np.atleast_3d,
    shape=shapes.layered,
    fresh=False,
    cheap=True,
    samples=of((0.7,), (array(3),), (WIDE,), (CUBE,)),
)
def atleast_3d(bz: Any, x: Any) -> Any:
    return np.reshape(bz, x.shape)


@linear(
    np.flip,
    shape=shapes.same,
    fresh=False,
    cheap=True,
    samples=of((array(3),), (WIDE,), (WIDE, 0), (CUBE, (0, -1)), (array(0),)),
)
def flip(bz: Any, x: Any, axis: Any = None) -> Any:
    return np.flip(bz, axis)


@linear(np.fliplr, shape=shapes.same, fresh=False, cheap=True, samples=of((WIDE,), (CUBE,)))
def fliplr(bz: Any, x: Any) -> Any:
    return np.fliplr(bz)


@linear(np.flipud, shape=shapes.same, fresh=False, cheap=True, samples=of((WIDE,), (array(3),)))
def flipud(bz: Any, x: Any) -> Any:
    return np.flipud(bz)


@linear(
    np.roll,
    operands=("x",),
    shape=shapes.same,
    samples=of(
        (array(4), 1),
        (WIDE, 2),
        (WIDE, -1, 0),
        (WIDE, 1, -1),
        (CUBE, (1, 2), (0, 2)),
        (CUBE, 1, (0, 1)),
    ),
)
def roll(bz: Any, x: Any, shift: Any, axis: Any = None) -> Any:
    if isinstance(shift, tuple):
        return np.roll(bz, tuple(-k for k in shift), axis)
    return np.roll(bz, -shift, axis)


@linear(
    np.rot90,
    shape=shapes.same,
    samples=of((array(2, 2),), (array(3, 3), 2), (array(3, 3), -1)),
)
def rot90(bz: Any, m: Any, k: Any = 1, axes: Any = (0, 1)) -> Any:
    return np.rot90(bz, -k, axes)


# --- sequences of arrays ------------------------------------------------------------------------


def entries(b: Any, x: Any, at: Any = ()) -> Any:
    """b taken apart in the way the sequence x is nested."""
    if isinstance(x, (list, tuple)):
        return [entries(b, x[k], (*at, k)) for k in range(len(x))]
    return b if not at else b[at[0]] if len(at) == 1 else b[at]


@linear(
    np.array,
    name="array",
    shape=shapes.gathered,
    sequence=True,
    samples=of(
        (WIDE,),
        ([0.3, 0.7],),
        ([array(3), array(3, seed=1)],),
        ([[0.1, 0.2], [0.3, 0.4]],),
        ((0.5, np.float64(0.2)),),
        (0.7,),
    ),
)
def array_of(bz: Any, object: Any) -> Any:
    return entries(bz, object)


def cuts(sizes: Any) -> Any:
    """Where to split what was put together from two or more parts of these sizes."""
    at: tuple[Any, ...] = (sizes[0],)
    for n in sizes[1:-1]:
        at = (*at, at[-1] + n)
    return at


def taken_apart(bz: Any, xs: Any, axis: Any) -> Any:
    """The parts of bz that belong to the arrays concatenated along the axis."""
    if len(xs) == 1:
        return (bz,)
    return tuple(np.split(bz, cuts([x.shape[axis] for x in xs]), axis))


THREE = (WIDE, array(1, 3, seed=1), array(3, 3, seed=2))


@linear(
    np.concatenate,
    sequence=True,
    shape=shapes.concatenated,
    samples=of(
        (THREE,),
        ((array(2), array(3)),),
        ((WIDE, array(2, 1, seed=1)), 1),
        ((WIDE, array(2, 1, seed=1)), {"axis": -1}),
        ((WIDE, array(4)), {"axis": None}),
        ((WIDE,),),
        ((array(0), array(2)),),
        ((single(array(2)), single(array(3))),),
        ([array(2), array(1)],),
    ),
)
def concatenate(bz: Any, arrays: Any, axis: Any = 0) -> Any:
    if not isinstance(arrays, (list, tuple)):
        return np.reshape(bz, arrays.shape) if axis == 0 else restacked(bz, arrays, axis)
    if axis is None:
        parts = taken_apart(bz, [np.ravel(x) for x in arrays], 0)
        return tuple(np.reshape(b, x.shape) for b, x in zip(parts, arrays))
    return taken_apart(bz, arrays, axis)


def restacked(bz: Any, arrays: Any, axis: Any) -> Any:
    """The adjoint of joining the slices of one array along a later axis of theirs."""
    raise NotImplementedError("np.concatenate of a list of run-time length along axis != 0")


@linear(
    np.stack,
    sequence=True,
    shape=shapes.stacked,
    samples=of(
        ((array(3), array(3, seed=1)),),
        ((WIDE, array(2, 3, seed=1)), 1),
        ((WIDE, array(2, 3, seed=1)), {"axis": -1}),
        ((0.3, 0.7),),
        ((array(),),),
    ),
)
def stack(bz: Any, arrays: Any, axis: Any = 0) -> Any:
    apart = bz if axis == 0 else np.moveaxis(bz, axis, 0)
    if not isinstance(arrays, (list, tuple)):
        return apart
    return tuple(apart[k] for k in range(len(arrays)))


@composite(np.vstack, samples=of(((array(3), WIDE),), ((array(3), array(3, seed=1)),)))
def vstack(tup: Any) -> Any:
    return np.concatenate([np.atleast_2d(x) for x in tup])


@composite(np.hstack, samples=of(((array(3), array(2)),), ((WIDE, array(2, 1)),)))
def hstack(tup: Any) -> Any:
    parts = [np.atleast_1d(x) for x in tup]
    return np.concatenate(parts, 0 if parts[0].ndim == 1 else 1)


@composite(np.column_stack, samples=of(((array(2), WIDE, array(2, seed=3)),)))
def column_stack(tup: Any) -> Any:
    return np.concatenate([as_columns(x) for x in tup], 1)


def as_columns(x: Any) -> Any:
    return np.reshape(x, (-1, 1)) if x.ndim < 2 else x


@composite(np.dstack, samples=of(((WIDE, WIDE),), ((array(2), array(2, seed=1)),)))
def dstack(tup: Any) -> Any:
    return np.concatenate([as_layers(x) for x in tup], 2)


def as_layers(x: Any) -> Any:
    x = np.atleast_2d(x)
    return np.expand_dims(x, 2) if x.ndim == 2 else x


@composite(np.append, name="np_append", samples=of((array(3), 0.5), (WIDE, array(1, 3), 0)))
def append(arr: Any, values: Any, axis: Any = None) -> Any:
    if axis is None:
        return np.concatenate((np.ravel(arr), np.ravel(values)))
    return np.concatenate((arr, values), axis)


@linear(
    np.split,
    operands=("x",),
    dtype="x",
    shape=shapes.split_at,
    fresh=False,
    samples=of((array(6), 3), (array(5), [1, 3]), (array(2, 4), 2, 1), (array(2, 4), (1,), -1)),
)
def split(bz: Any, x: Any, indices_or_sections: Any, axis: Any = 0) -> Any:
    return np.concatenate(bz, axis)


@linear(
    np.array_split,
    operands=("x",),
    dtype="x",
    shape=shapes.array_split_at,
    fresh=False,
    samples=of((array(7), 3), (array(2, 5), 2, 1)),
)
def array_split(bz: Any, x: Any, indices_or_sections: Any, axis: Any = 0) -> Any:
    return np.concatenate(bz, axis)


@composite(np.hsplit, samples=of((array(4), 2), (array(2, 4), [1])))
def hsplit(ary: Any, indices_or_sections: Any) -> Any:
    return np.split(ary, indices_or_sections, 0 if ary.ndim == 1 else 1)


@composite(np.dsplit, samples=of((CUBE, 2)))
def dsplit(ary: Any, indices_or_sections: Any) -> Any:
    return np.split(ary, indices_or_sections, 2)


@composite(
    np.vsplit,
    samples=of(
        (array(4, 2), 2),
    ),
)
def vsplit(ary: Any, indices_or_sections: Any) -> Any:
    return np.split(ary, indices_or_sections, 0)


# --- repetitions --------------------------------------------------------------------------------


def interleaved(x: Any, reps: Any) -> Any:
    """Lengths r0, n0, r1, n1, ... of an array tiled r0, r1, ... times along its axes."""
    lengths: Any = ()
    for r, n in zip((1,) * (x.ndim - len(reps)) + reps, (1,) * (len(reps) - x.ndim) + x.shape):
        lengths = (*lengths, r, n)
    return lengths


@decided
def every_second(first: int, rank: int) -> tuple[int, ...]:
    """Axes first, first + 2, ... of so many."""
    return tuple(range(first, rank, 2))


@linear(
    np.tile,
    operands=("x",),
    dtype="x",
    shape=shapes.tiled,
    samples=of(
        (array(3), 2),
        (WIDE, 2),
        (WIDE, (2, 1)),
        (array(3), (2, 2)),
        (CUBE, (2, 1)),
        (0.5, 3),
        (array(2), 0),
    ),
)
def tile(bz: Any, x: Any, reps: Any) -> Any:
    lengths = interleaved(x, reps if isinstance(reps, (tuple, list)) else (reps,))
    total = np.sum(np.reshape(bz, lengths), axis=every_second(0, len(lengths)))
    return np.reshape(total, x.shape)


@linear(
    np.repeat,
    methods=("repeat",),
    operands=("x",),
    dtype="x",
    shape=shapes.repeated,
    samples=of(
        (array(3), 2),
        (WIDE, 2),
        (WIDE, 2, 0),
        (WIDE, 3, -1),
        (array(3), np.array([1, 0, 2])),
        (WIDE, np.array([2, 1, 0]), 1),
    ),
)
def repeat(bz: Any, x: Any, repeats: Any, axis: Any = None) -> Any:
    if axis is None:
        flat = repeat(bz, np.ravel(x), repeats, 0)
        return np.reshape(flat, x.shape)
    k = axis % x.ndim
    if isinstance(repeats, int):
        parts = np.reshape(bz, (*x.shape[: k + 1], repeats, *x.shape[k + 1 :]))
        return np.sum(parts, axis=k + 1)
    source = np.repeat(np.arange(x.shape[k]), repeats)
    return runtime.scatter(bz, x, (*(slice(None),) * k, source))


# --- diagonals and triangles --------------------------------------------------------------------

DIAGONALS = of(
    (array(3, 3),), (WIDE,), (array(3, 2),), (WIDE, 1), (WIDE, -1), (CUBE,),
    (CUBE, 1, 1, 2), (CUBE, 0, -1, 0)
)  # fmt: skip


def on_diagonal(bz: Any, x: Any, offset: Any, axis1: Any, axis2: Any) -> Any:
    """Zeros like x with bz on the diagonal, the last axis of bz along it."""
    i = np.arange(bz.shape[-1]) + (-offset if offset < 0 else 0)
    j = np.arange(bz.shape[-1]) + (offset if offset > 0 else 0)
    if x.ndim == 2:
        return runtime.scatter(bz, x, (i, j) if axis1 % 2 == 0 else (j, i))
    last = np.moveaxis(x, (axis1, axis2), (-2, -1))
    return np.moveaxis(runtime.scatter(bz, last, (..., i, j)), (-2, -1), (axis1, axis2))


@linear(
    np.diagonal,
    methods=("diagonal",),
    dtype="x",
    shape=shapes.diagonal_of,
    fresh=False,
    samples=DIAGONALS,
)
def diagonal(bz: Any, x: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Any:
    return on_diagonal(bz, x, offset, axis1, axis2)


@linear(
    np.diag,
    dtype="x",
    shape=shapes.diag,
    samples=of((array(3),), (array(3), 1), (array(2), -2), (array(3, 3),), (WIDE, 1), (WIDE, -1)),
)
def diag(bz: Any, x: Any, k: Any = 0) -> Any:
    if x.ndim == 1:
        return np.diagonal(bz, k)
    return on_diagonal(bz, x, k, 0, 1)


@composite(np.diagflat, samples=of((WIDE,), (array(2), 1)))
def diagflat(v: Any, k: Any = 0) -> Any:
    return np.diag(np.ravel(v), k)


@linear(np.trace, methods=("trace",), shape=shapes.traced, samples=DIAGONALS)
def trace(bz: Any, x: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Any:
    if x.ndim == 2:
        eye = np.eye(x.shape[0], x.shape[1], offset if axis1 % 2 == 0 else -offset)
        return bz * eye
    last = np.eye(x.shape[axis1], x.shape[axis2], offset)
    return np.moveaxis(bz[..., None, None] * last, (-2, -1), (axis1, axis2))


@linear(
    np.tril,
    dtype="x",
    shape=shapes.at_least_matrix,
    samples=of((array(3, 3),), (WIDE, 1), (CUBE, -1), (array(3),)),
)
def tril(bz: Any, x: Any, k: Any = 0) -> Any:
    return runtime.unbroadcast(np.tril(bz, k), x)


@linear(
    np.triu,
    dtype="x",
    shape=shapes.at_least_matrix,
    samples=of((array(3, 3),), (WIDE, 1), (CUBE, -1), (array(3),)),
)
def triu(bz: Any, x: Any, k: Any = 0) -> Any:
    return runtime.unbroadcast(np.triu(bz, k), x)


# --- copies -------------------------------------------------------------------------------------


@linear(
    np.copy,
    name="np_copy",
    shape=shapes.same,
    samples=of((WIDE,), (array(3), "C")),
)
def copy(bz: Any, x: Any, order: Any = "K", subok: Any = False) -> Any:
    return bz


if hasattr(np, "astype"):

    @composite(np.astype, samples=of((WIDE, "float32")))
    def astype(x: Any, dtype: Any) -> Any:
        return x.astype(dtype)


_function: Any
for _function in (np.shape, np.iscomplexobj, np.isrealobj, np.isscalar):
    zero(_function, lambda x: None)

refused(np.resize, "it repeats entries as often as they fit", "use np.tile or np.reshape")
refused(np.block, "there is no rule for it", "use np.concatenate")
refused(np.pad, "there is no rule for it", "concatenate with np.zeros")
refused(np.insert, "there is no rule for it", "use np.concatenate")
refused(np.delete, "there is no rule for it", "index with what is kept")
refused(np.meshgrid, "there is no rule for it", "broadcast: x[None, :], y[:, None]")
refused(np.rollaxis, "np.moveaxis says it more clearly", "use np.moveaxis")
refused(np.broadcast_arrays, "there is no rule for it", "use np.broadcast_to")
if hasattr(np, "unstack"):
    refused(np.unstack, "there is no rule for it", "index the array: x[0], x[1]")
for _function in (np.asfortranarray, np.require, np.asarray_chkfinite):
    refused(
        _function,
        "memory layouts are not followed",
        "leave it out, or call it outside",
        name=f"np_{_function.__name__}",
    )
_array: Any = np.ndarray
refused(_array.tolist, "it leaves NumPy", "index the array", methods=("tolist",))
refused(_array.view, "it looks at bytes", "index or reshape", methods=("view",), name="view")
refused(_array.flat, "there is no rule for it", "x.ravel()", attributes=("flat",), name="flat")
refused(np.trim_zeros, "the size of its result depends on values")

__all__ = ["axes_of", "moved_order"]
