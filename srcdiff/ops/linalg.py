"""Products of arrays and linear algebra."""

from __future__ import annotations

import ast
import operator
from typing import Any

import numpy as np

from srcdiff.ops import runtime, shapes
from srcdiff.ops.reduce import kept
from srcdiff.ops.reshape import every_second, of
from srcdiff.ops.samples import (
    Sample,
    array,
    complex_array,
    matrix,
    positive_definite,
    single,
)
from srcdiff.ops.shapes import contracted_axes, einsum_letters
from srcdiff.ops.table import adjoint, bilinear, composite, decided, refused, rule, tangent, zero


def mT(x: Any) -> Any:
    """The matrices of a stack, transposed."""
    return x.T if x.ndim == 2 else np.swapaxes(x, -1, -2)


# --- products -----------------------------------------------------------------------------------


def matrix_pairs() -> list[Sample]:
    ranks = [
        ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((1, 3), (3, 1)),
        ((5, 2, 3), (5, 3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((1, 2, 3), (5, 3, 4)),
        ((5, 1, 2, 3), (4, 3, 2)), ((5, 2, 3), (3,)), ((3,), (5, 3, 4)), ((0, 3), (3, 2)),
        ((1,), (1,)),
    ]  # fmt: skip
    result: list[Sample] = [(array(*a), array(*b, seed=1)) for a, b in ranks]
    result.append((single(array(2, 3)), single(array(3, 2, seed=1))))
    result.append((complex_array(2, 3), complex_array(3, 2, seed=1)))
    result.append((array(2, 3), complex_array(3)))
    return result


@bilinear(
    np.matmul,
    scalar=None,
    spelled=(ast.MatMult, operator.matmul, np.linalg.matmul),
    shape=shapes.contracted,
    samples=matrix_pairs,
)
def matmul(bz: Any, x: Any, y: Any) -> Any:
    if x.ndim == 1 and y.ndim == 1:
        return runtime.alike(bz * y, x), runtime.alike(bz * x, y)
    if x.ndim == 2 and y.ndim == 1:
        return runtime.alike(np.outer(bz, y), x), runtime.alike(x.T @ bz, y)
    if x.ndim == 1 and y.ndim == 2:
        return runtime.alike(y @ bz, x), runtime.alike(np.outer(x, bz), y)
    if x.ndim == 2 and y.ndim == 2:
        return runtime.alike(bz @ y.T, x), runtime.alike(x.T @ bz, y)
    if y.ndim == 1:
        return bz[..., None] * y, np.tensordot(bz, x, x.ndim - 1)
    if x.ndim == 1:
        bx = runtime.unbroadcast((y @ bz[..., None])[..., 0], x)
        return bx, x[:, None] * bz[..., None, :]
    return runtime.unbroadcast(bz @ mT(y), x), runtime.unbroadcast(mT(x) @ bz, y)


def dot_pairs() -> list[Sample]:
    ranks = [
        ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((2, 4, 3), (3,)),
        ((2, 4, 3), (5, 3, 2)), ((3,), (5, 3, 2)), ((2, 3), (5, 3, 2)), ((), (2, 3)), ((2, 3), ()),
    ]  # fmt: skip
    result: list[Sample] = [(array(*a), array(*b, seed=1)) for a, b in ranks]
    return [*result, (0.7, array(3)), (complex_array(3), complex_array(3, seed=1))]


@bilinear(np.dot, methods=("dot",), shape=shapes.dotted, samples=dot_pairs)
def dot(bz: Any, x: Any, y: Any) -> Any:
    if x.ndim == 0 or y.ndim == 0:
        return runtime.unbroadcast(bz * y, x), runtime.unbroadcast(bz * x, y)
    if x.ndim <= 2 and y.ndim <= 2:
        return matmul(bz, x, y)
    return tensordot(bz, x, y, (-1, max(y.ndim - 2, 0)))


def inner_pairs() -> list[Sample]:
    ranks = [
        ((3,), (3,)), ((2, 3), (3,)), ((3,), (2, 3)), ((2, 3), (4, 3)), ((2, 4, 3), (5, 3)),
        ((), (2, 3)), ((2, 3), ()),
    ]  # fmt: skip
    return [(array(*a), array(*b, seed=1)) for a, b in ranks]


@bilinear(np.inner, shape=shapes.inner, samples=inner_pairs)
def inner(bz: Any, x: Any, y: Any) -> Any:
    if x.ndim == 0 or y.ndim == 0:
        return runtime.unbroadcast(bz * y, x), runtime.unbroadcast(bz * x, y)
    if x.ndim == 1 and y.ndim == 1:
        return runtime.alike(bz * y, x), runtime.alike(bz * x, y)
    if x.ndim == 2 and y.ndim == 2:
        return runtime.alike(bz @ y, x), runtime.alike(bz.T @ x, y)
    return tensordot(bz, x, y, (-1, -1))


@bilinear(
    np.vdot,
    shape=shapes.vdotted,
    real_only=True,
    samples=of((array(3), array(3, seed=1)), (array(2, 3), array(2, 3, seed=1))),
)
def vdot(bz: Any, x: Any, y: Any) -> Any:
    return bz * np.reshape(y, x.shape), bz * np.reshape(x, y.shape)


@bilinear(
    np.outer,
    spelled=(np.linalg.outer,),
    shape=shapes.outer,
    samples=of(
        (array(3), array(2)), (array(2, 3), array(2)), (0.7, array(2)), (complex_array(2), array(3))
    ),
)
def outer(bz: Any, x: Any, y: Any) -> Any:
    u, v = np.ravel(x), np.ravel(y)
    return np.reshape(bz @ v, x.shape), np.reshape(bz.T @ u, y.shape)


@decided
def tensordot_plan(axes: Any, m: int, n: int) -> Any:
    """For the adjoint of a tensordot of operands with m and n axes:

    the axes of bz and of the other operand to sum over, and the order that puts the axes of the
    result where the operand has them; first for x, then for y.
    """
    left, right = contracted_axes(pair_of(axes), m, n)
    free_x = [k for k in range(m) if k not in left]
    free_y = [k for k in range(n) if k not in right]
    rank = len(free_x) + len(free_y)
    of_y = list(range(len(free_x), rank))
    of_x = list(range(len(free_x)))
    rest_y = [left[right.index(k)] for k in sorted(right)]
    rest_x = [right[left.index(k)] for k in sorted(left)]
    order_x = [(free_x + rest_y).index(k) for k in range(m)]
    order_y = [(rest_x + free_y).index(k) for k in range(n)]
    return (of_y, free_y, tuple(order_x)), (free_x, of_x, tuple(order_y))


@decided
def pair_of(axes: Any) -> Any:
    """The axes of tensordot as an integer or two tuples."""
    if isinstance(axes, int):
        return axes
    left, right = axes
    return ((left,) if isinstance(left, int) else left), (
        (right,) if isinstance(right, int) else right
    )


def arranged(x: Any, order: Any) -> Any:
    """x with its axes in another order, itself when the order is its own."""
    return x if is_ascending(order) else np.transpose(x, order)


@decided
def is_ascending(order: Any) -> bool:
    return tuple(order) == tuple(range(len(order)))


def tensor_pairs() -> list[Sample]:
    a, b = array(2, 3, 4), array(4, 3, 5, seed=1)
    return [
        (array(2, 3), array(3, 4), 1), (array(2, 3), array(2, 3, seed=1)), (array(3), array(2), 0),
        (a, array(3, 4, 5, seed=1), 2), (a, array(3, 4, 5, seed=1)), (a, b, ([1, 2], [1, 0])),
        (a, b, ((2, 1), (0, 1))), (a, b, (2, 0)), (a, array(5, 2), ([0], [1])), (a, b, ([-1], [0])),
        (array(3), array(5, 3, 2), (0, 1)),
    ]  # fmt: skip


@bilinear(
    np.tensordot,
    spelled=(np.linalg.tensordot,),
    operands=("x", "y"),
    shape=shapes.tensordotted,
    samples=tensor_pairs,
)
def tensordot(bz: Any, x: Any, y: Any, axes: Any = 2) -> Any:
    for_x, for_y = tensordot_plan(axes, x.ndim, y.ndim)
    bx = arranged(np.tensordot(bz, y, for_x[:2]), for_x[2])
    return bx, arranged(np.tensordot(x, bz, for_y[:2]), for_y[2])


@decided
def einsum_plan(subscripts: str, ranks: Any, k: int) -> Any:
    """For the cotangent of the k-th operand of an einsum:

    subscripts of the call that takes bz, the other operands, and an identity for each letter that
    the operand repeats; the axes those identities are as long as; the axes to insert after it,
    which were summed over without meeting any other.
    """
    terms, output = einsum_letters(subscripts, tuple(ranks))
    spare = [c for c in "abcdefghijklmnopqrstuvwxyz" if c not in "".join(terms)]
    own, identities, axes = "", [], []
    for axis, letter in enumerate(terms[k]):
        if letter in own:
            identities.append(letter + spare[0])
            axes.append(axis)
            letter = spare.pop(0)
        own += letter
    others = [term for j, term in enumerate(terms) if j != k]
    known = set(output).union(*others, *identities)
    missing = tuple(axis for axis, letter in enumerate(own) if letter not in known)
    kept = "".join(letter for letter in own if letter in known)
    return ",".join([output, *others, *identities]) + "->" + kept, tuple(axes), missing


def einsum_cotangent(bz: Any, subscripts: Any, operands: Any, k: Any) -> Any:
    call, repeated, missing = einsum_plan(subscripts, [x.ndim for x in operands], k)
    x = operands[k]
    others = [y for j, y in enumerate(operands) if j != k]
    b = np.einsum(call, bz, *others, *[np.eye(x.shape[axis]) for axis in repeated])
    if missing:
        b = runtime.spread(np.expand_dims(b, missing), x)
    return runtime.unbroadcast(b, x)


def einsums() -> list[Sample]:
    x, y, z = array(2, 3), array(3, 4, seed=1), array(4, seed=2)
    square, batch = array(3, 3), array(5, 2, 3)
    return [
        ("ij,jk->ik", x, y), ("ij,jk", x, y), ("ij,jk,k->i", x, y, z), ("ij->ji", x), ("ij->", x),
        ("ij->j", x), ("ii->i", square), ("ii", square), ("ii,i->", square, array(3, seed=4)),
        ("...ij,jk->...ik", batch, y), ("...j,...j->...", batch, x), ("i,j->ij", array(2), z),
        ("bij,bij->b", batch, array(5, 2, 3, seed=3)), ("ij,ij->ij", array(1, 3), x),
        ("i,i,i->", array(3), array(3, seed=1), array(3, seed=2)), ("ij,k->k", x, z),
        ("i...->...", batch), ("iij->ij", array(3, 3, 2)), ("kj,ji", y.T, x.T),
    ]  # fmt: skip


@bilinear(
    np.einsum,
    operands=("operands",),
    sequence=True,
    shape=shapes.einsummed,
    samples=einsums,
)
def einsum(bz: Any, subscripts: Any, *operands: Any) -> Any:
    return tuple(einsum_cotangent(bz, subscripts, operands, k) for k in range(len(operands)))


def kron_shape(x: Any, y: Any) -> Any:
    """Lengths of kron's result with an axis for x and one for y next to each other."""
    lengths: Any = ()
    for n, m in zip((1,) * (y.ndim - x.ndim) + x.shape, (1,) * (x.ndim - y.ndim) + y.shape):
        lengths = (*lengths, n, m)
    return lengths


@bilinear(
    np.kron,
    shape=shapes.krons,
    samples=of((array(2), array(3)), (array(2, 3), array(3, 2)), (array(2), array(2, 3))),
)
def kron(bz: Any, x: Any, y: Any) -> Any:
    lengths = kron_shape(x, y)
    apart = np.reshape(bz, lengths)
    bx = np.sum(apart * np.reshape(y, merged(y, lengths, 1)), every_second(1, len(lengths)))
    by = np.sum(apart * np.reshape(x, merged(x, lengths, 0)), every_second(0, len(lengths)))
    return np.reshape(bx, x.shape), np.reshape(by, y.shape)


def merged(x: Any, lengths: Any, first: Any) -> Any:
    """The shape of an operand of kron among `lengths`: every second axis is its own."""
    return tuple(n if k % 2 == first else 1 for k, n in enumerate(lengths))


@bilinear(
    np.cross,
    spelled=(np.linalg.cross,),
    dtype="x y",
    shape=shapes.crossed,
    samples=of(
        (array(3), array(3, seed=1)),
        (array(2, 3), array(2, 3, seed=1)),
        (array(3), array(2, 3)),
    ),
)
def cross(bz: Any, x: Any, y: Any) -> Any:
    return (
        runtime.unbroadcast(np.cross(y, bz), x),
        runtime.unbroadcast(np.cross(bz, x), y),
    )


VECTORS = of((array(3), array(3, seed=1)), (array(2, 3), array(3)), (array(2, 3), array(4, 1, 3)))


def vecdot(x: Any, y: Any) -> Any:
    return np.sum(np.conj(x) * y, axis=-1)


def matvec(x: Any, y: Any) -> Any:
    return (x @ y[..., None])[..., 0]


def vecmat(x: Any, y: Any) -> Any:
    return (np.conj(x)[..., None, :] @ y)[..., 0, :]


if hasattr(np, "vecdot"):
    rule("composite", np.vecdot, vecdot, spelled=(np.linalg.vecdot,), samples=VECTORS)
if hasattr(np, "matvec"):
    rule("composite", np.matvec, matvec, samples=of((array(2, 3), array(3))))
    rule("composite", np.vecmat, vecmat, samples=of((array(2), array(2, 3))))


def convolutions() -> list[Sample]:
    long, short = array(5), array(3, seed=1)
    modes: list[Sample] = [(long, short, mode) for mode in ("full", "same", "valid")]
    modes += [(short, long, mode) for mode in ("full", "same", "valid")]
    return [*modes, (long, array(1)), (long, array(5, seed=2), "valid"), (long, array(2), "same")]


@bilinear(np.convolve, operands=("x", "y"), shape=shapes.convolved, samples=convolutions)
def convolve(bz: Any, x: Any, y: Any, mode: Any = "full") -> Any:
    full = bz if mode == "full" else among_all(bz, x, y, mode)
    return np.convolve(full, y[::-1], "valid"), np.convolve(full, x[::-1], "valid")


def among_all(bz: Any, x: Any, y: Any, mode: Any) -> Any:
    """bz where "same" and "valid" results stand in the full convolution, between zeros."""
    shorter = min(x.shape[0], y.shape[0])
    first = shorter - 1 if mode == "valid" else (shorter - 1) // 2
    zeros = np.zeros(x.shape[0] + y.shape[0] - 1)
    return runtime.scatter(bz, zeros, slice(first, first + bz.shape[0]))


@composite(np.correlate, samples=of((array(5), array(3)), (array(5), array(3), "full")))
def correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    return np.convolve(a, np.conjugate(v[::-1]), mode)


# --- np.linalg ----------------------------------------------------------------------------------


def systems() -> list[Sample]:
    a = matrix(3)
    return [
        (a, array(3)), (a, array(3, 2)), (matrix(3, 2), array(2, 3, 4)), (a, array(2, 3, 4)),
        (matrix(3, 2), array(3, 1)), (matrix(3, 2), array(3)), (single(a), single(array(3))),
        (matrix(1), array(1)), (a + 0.3j * matrix(3, seed=4), complex_array(3)),
    ]  # fmt: skip


@adjoint(np.linalg.solve, shape=shapes.solved, samples=systems)
def solve(bz: Any, z: Any, a: Any, b: Any) -> Any:
    if b.ndim == 1 and a.ndim == 2:
        bb = np.linalg.solve(a.T, bz)
        return -np.outer(bb, z), bb
    if b.ndim == 1:
        columns = np.linalg.solve(mT(a), bz[..., None])
        return -(columns @ z[..., None, :]), runtime.unbroadcast(columns[..., 0], b)
    bb = np.linalg.solve(mT(a), bz)
    return runtime.unbroadcast(-(bb @ mT(z)), a), runtime.unbroadcast(bb, b)


SQUARES = of((matrix(3),), (matrix(1),), (matrix(2, 3),), (single(matrix(2)),))


@tangent(np.linalg.inv, shape=shapes.square_matrix, samples=SQUARES)
def inv(z: Any, x: Any, dx: Any) -> Any:
    return -(z @ dx @ z)


def trace_of_quotient(x: Any, dx: Any) -> Any:
    """The trace of inv(x) @ dx."""
    if x.ndim == 2:
        return np.sum(np.linalg.inv(x).T * dx)
    return np.sum(mT(np.linalg.inv(x)) * dx, axis=(-2, -1))


@tangent(np.linalg.det, shape=shapes.determinant, samples=SQUARES)
def det(z: Any, x: Any, dx: Any) -> Any:
    if x.ndim == 2:
        return np.sum(runtime.cofactors(x) * dx)
    return np.sum(runtime.cofactors(x) * dx, axis=(-2, -1))


@tangent(runtime.cofactors, path="cofactors", shape=shapes.square_matrix, samples=SQUARES)
def cofactors(z: Any, x: Any, dx: Any) -> Any:
    """By the inverse: the second derivative of a determinant is that of regular matrices."""
    inverse = np.linalg.inv(x)
    rate = np.sum(z * dx, axis=(-2, -1), keepdims=True) * mT(inverse)
    return rate - mT(inverse @ dx @ mT(z))


@tangent(np.linalg.slogdet, shape=shapes.sign_and_log, samples=SQUARES, real_only=True)
def slogdet(z: Any, x: Any, dx: Any) -> Any:
    return 0.0, trace_of_quotient(x, dx)


@tangent(
    np.linalg.cholesky,
    shape=shapes.square_matrix,
    real_only=True,
    samples=of((positive_definite(3),), (positive_definite(2, 2),), (positive_definite(1),)),
)
def cholesky(z: Any, x: Any, dx: Any) -> Any:
    """z phi(inv(z) dx inv(z).T), phi the lower half with half the diagonal. Like NumPy, it reads
    the lower half of x only: dx counts as the symmetric matrix with that lower half."""
    low = np.tril(dx)
    whole = low + mT(np.tril(dx, -1))
    inside = np.linalg.solve(z, mT(np.linalg.solve(z, whole)))
    return z @ (np.tril(inside) - 0.5 * inside * np.eye(x.shape[-1]))


def norms() -> list[Sample]:
    x, m = array(4), array(2, 3)
    vector: list[Sample] = [(x, p) for p in (None, 2, 1, 3, 2.5, np.inf, -np.inf, -1)]
    rows: list[Sample] = [(m, p, 1) for p in (None, 1, 3, np.inf)]
    rows += [
        (m, None, -1, True),
        (m, None, None, True),
        (m, {"axis": 0}),
        (array(2, 3, 4), {"axis": (0, 2)}),
    ]
    whole: list[Sample] = [(m,), (m, "fro"), (array(2, 3, 4),), (m, 1), (m, np.inf), (m, -np.inf)]
    more: list[Sample] = [
        (array(2, 3, 4), "fro", (1, 2)),
        (array(2, 3, 4), 1, (0, 2)),
        (single(x),),
    ]
    return [*vector, *rows, *whole, *more, (array(2, 3, 4), 1, (2, 0), True)]


@decided
def is_euclidean(ord: Any, axes: int) -> bool:
    """Whether the norm is the root of the sum of squares, over this many axes."""
    return ord is None or ord == "fro" or (ord == 2 and axes == 1)


def norm_axes(x: Any, axis: Any) -> Any:
    """How many axes a norm is taken over."""
    if axis is None:
        return x.ndim
    return len(axis) if isinstance(axis, tuple) else 1


def root_of_squares(z: Any, x: Any, dx: Any, axis: Any, keepdims: Any) -> Any:
    return np.sum(x * dx, axis=axis, keepdims=keepdims) / z


def scaled_power(z: Any, x: Any, p: Any, axis: Any, keepdims: Any) -> Any:
    """The slope of the p-norm: sign(x) * (abs(x) / z)**(p - 1)"""
    return np.sign(x) * (np.abs(x) / kept(z, x, axis, keepdims)) ** (p - 1)


def vector_norm(z: Any, x: Any, dx: Any, p: Any, axis: Any, keepdims: Any) -> Any:
    if p == 0:
        return 0.0
    if p in (np.inf, -np.inf):
        equal = np.abs(x) == kept(z, x, axis, keepdims)
        total = np.sum(np.sign(x) * equal * dx, axis=axis, keepdims=keepdims)
        return total / np.sum(equal, axis=axis, keepdims=keepdims)
    slope = np.sign(x) if p == 1 else scaled_power(z, x, p, axis, keepdims)
    return np.sum(slope * dx, axis=axis, keepdims=keepdims)


def matrix_norm(z: Any, x: Any, dx: Any, ord: Any, axis: Any, keepdims: Any) -> Any:
    """The largest (smallest) sum of absolute values of a column (1) or a row (inf)."""
    if ord not in (1, -1, np.inf, -np.inf):
        raise NotImplementedError(f"the matrix norm {ord!r}, which is one of singular values")
    rows, columns = (0, 1) if axis is None else (axis[0] % x.ndim, axis[1] % x.ndim)
    along = rows if ord in (1, -1) else columns
    sums = np.sum(np.abs(x), axis=along, keepdims=True)
    equal = sums == kept(z, x, (rows, columns), keepdims)
    total = np.sum(equal * np.sign(x) * dx, axis=(rows, columns), keepdims=keepdims)
    return total / np.sum(equal, axis=(rows, columns), keepdims=keepdims)


@tangent(
    np.linalg.norm,
    operands=("x",),
    shape=shapes.norm,
    samples=norms,
    real_only=True,
)
def norm(z: Any, x: Any, dx: Any, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Any:
    axes = norm_axes(x, axis)
    if is_euclidean(ord, axes):
        return root_of_squares(z, x, dx, axis, keepdims)
    if axes == 1:
        return vector_norm(z, x, dx, ord, axis, keepdims)
    return matrix_norm(z, x, dx, ord, axis, keepdims)


@composite(
    np.linalg.matrix_power,
    samples=of((matrix(2), 0), (matrix(2), 1), (matrix(2), 3), (matrix(2), -2)),
)
def matrix_power(a: Any, n: Any) -> Any:
    if n < 0:
        a, n = np.linalg.inv(a), -n
    if n == 0:
        return np.eye(a.shape[-1]) + 0.0 * a
    z = a
    for _ in range(n - 1):
        z = z @ a
    return z


@composite(
    np.linalg.multi_dot,
    samples=of(((array(2, 3), array(3, 2), array(2, 2)),), ((array(3), array(3, 2)),)),
)
def multi_dot(arrays: Any) -> Any:
    z = arrays[0]
    for x in arrays[1:]:
        z = z @ x
    return z


@composite(np.linalg.vector_norm, samples=of((array(2, 3),), (array(2, 3), {"axis": 1, "ord": 3})))
def vector_norm_of(x: Any, axis: Any = None, keepdims: Any = False, ord: Any = 2) -> Any:
    if axis is None:
        return np.linalg.norm(np.ravel(x), ord)
    return np.linalg.norm(x, ord, axis, keepdims)


@composite(np.linalg.matrix_norm, samples=of((array(2, 3),), (array(2, 3, 4), {"ord": 1})))
def matrix_norm_of(x: Any, keepdims: Any = False, ord: Any = "fro") -> Any:
    return np.linalg.norm(x, ord, (-2, -1), keepdims)


@composite(np.linalg.trace, name="linalg_trace", samples=of((array(2, 3, 4),)))
def trace_last(x: Any, offset: Any = 0) -> Any:
    return np.trace(x, offset, -2, -1)


@composite(np.linalg.diagonal, name="linalg_diagonal", samples=of((array(2, 3, 4),)))
def diagonal_last(x: Any, offset: Any = 0) -> Any:
    return np.diagonal(x, offset, -2, -1)


@composite(np.linalg.matrix_transpose, name="linalg_matrix_transpose", samples=of((array(2, 3),)))
def transpose_last(x: Any) -> Any:
    return np.swapaxes(x, -1, -2)


zero(np.linalg.matrix_rank, lambda a: None, shape=shapes.determinant)

_SINGULAR = "there is no rule for decompositions into eigenvalues or singular values yet"
for _name in ("eig", "eigh", "eigvals", "eigvalsh", "svd", "svdvals", "pinv", "lstsq", "cond"):
    if hasattr(np.linalg, _name):
        refused(getattr(np.linalg, _name), _SINGULAR)
refused(np.linalg.qr, "there is no rule for it yet", "solve with np.linalg.solve or cholesky")
refused(np.linalg.tensorinv, "there is no rule for it", "reshape and use np.linalg.inv")
refused(np.linalg.tensorsolve, "there is no rule for it", "reshape and use np.linalg.solve")
