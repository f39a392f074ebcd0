"""Writes at lists of indices and masks, by ufuncs and np.put and its kin, into every dtype."""

from __future__ import annotations

import numpy as np

from tests.language.rows import row

V = np.array([0.7, -1.2, 0.4, 0.9])
A = np.array([[0.4, -0.3, 0.7], [0.2, 0.5, -0.6], [-0.1, 0.8, 0.3]])
WEIGHTS = np.arange(4.0)


def repeated_indices(x, k):
    y = np.zeros(4)
    y[k] = x[:3] ** 2
    return np.sum(y * np.arange(1.0, 5.0))


def repeated_indices_augmented(x, k):
    y = np.ones(4)
    y[k] += x[:3] ** 2
    return np.sum(y**2)


def repeated_indices_multiplied(x, k):
    y = x.copy()
    y[k] *= x[:3]
    return np.sum(y**2)


def repeated_indices_add_at(x, k):
    y = x * 1.0
    np.add.at(y, k, x[:3] ** 2)
    return np.sum(y**2)


def repeated_indices_argument(x, k):
    x[k] = x[k] * x[1:4]
    x[k] += x[:3]
    return np.sum(x**2)


def mask_set(x):
    x[x < 0.5] = 0.0
    return np.sum(x**2)


def mask_set_val(x):
    m = x < 0.5
    x[m] = x[m] ** 2
    x[~m] *= 3.0
    return np.sum(x**3)


def arr_sort(x):
    x.sort()
    return np.sum(x**2 * WEIGHTS)


def arr_sort_axis(x):
    y = x.T
    y.sort(axis=0)
    return np.sum(x**2 * np.arange(9.0).reshape(3, 3))


def out_kw(x):
    y = np.empty(4)
    np.multiply(x, x, out=y)
    np.add(y, x, out=x)
    np.exp(x, out=x)
    return np.sum(x * y)


def where_kw(x):
    y = np.zeros(4)
    np.divide(1.0, x, out=y, where=x > 0)
    return np.sum(y**2)


def accumulate(x):
    x[:] = np.add.accumulate(x)
    x[1:] = np.cumsum(x[:-1])
    return np.sum(x**2)


def copyto(x):
    y = np.empty_like(x)
    np.copyto(y, x)
    y[0] = 1.0
    np.copyto(x, y, where=x < 0.5)
    np.copyto(y, 3.0)
    return np.sum(x**2) + np.sum(y * x)


def filldiag(x):
    np.fill_diagonal(x, x[0, 1] ** 2)
    np.fill_diagonal(x[1:, 1:], x[0])
    return np.sum(x**2)


def putmask(x):
    np.putmask(x, x < 0.5, x**2)
    np.put(x, [0, 2], x[1])
    x.put([1], 3.0 * x[0])
    return np.sum(x**2)


def put_along(x):
    k = np.argmax(x, axis=1)[:, None]
    np.put_along_axis(x, k, x[:, :1] ** 2, axis=1)
    return np.sum(x**2)


def fill(x):
    x[1:].fill(x[0])
    y = x.copy()
    y.fill(2.0)
    return np.sum(x**2 * y)


def add_at2(x):
    y = np.zeros(3)
    np.add.at(y, [0, 0, 1], x[0])
    np.add.at(x, (np.array([0, 0, 1]), np.array([1, 1, 2])), y)
    np.subtract.at(x, 0, 1.5)
    return np.sum(x**2)


def mult_at(x):
    y = np.ones(4)
    np.multiply.at(y, [0, 0, 1], x[:3])
    return np.sum(y**2)


def x_of_x(x):
    x[np.argsort(x)] = x
    return np.sum(x**2 * WEIGHTS)


def mask2d(x):
    x[x > 0.3] *= 2.0
    x[x.sum(axis=1) > 0.5] = x[0].copy()
    x[:, x[0] > 0] += 1.0
    return np.sum(x**2 * np.arange(3.0))


def mask_mixed(x):
    m = np.array([True, False, True])
    x[m, 1:] = x[m, :2] * x[1, 1]
    x[m, 0] = x[1, :2].copy()
    return np.sum(x**2 * np.arange(3.0))


def fancy_mixed(x):
    k = np.array([2, 0])
    x[k, 1:] = x[k, :2] ** 2
    x[[0, 1], [1, 2]] += x[2, :2]
    x[:, k] = x[:, :2]
    return np.sum(x**2 * np.arange(3.0))


def gather_scatter(x, k):
    y = np.zeros((3, 3))
    y[k] = x
    y[:, k] += x * 2
    y[k, k] = y[0]
    for i in k:
        y[i] *= x[i, 0]
    return np.sum(y**2)


def outk_views(x):
    np.multiply(x[0], x[1], out=x[2])
    np.add(x[:, 0], 1.0, out=x[:, 1])
    np.exp(x.T, out=x)
    r = np.subtract(x, 1.0, out=x)
    r[0] = r[1]
    return np.sum(x**2)


def outk_overlap(x):
    np.add(x[1:], x[:-1], out=x[1:])
    np.multiply(x[::-1], x, out=x)
    return np.sum(x**2)


def ufuncs(x):
    y = np.add.reduce(x) * np.multiply.reduce(x)
    z = np.multiply.accumulate(x)
    z[0] = y
    w = np.multiply.outer(x, z)
    w[0] = x
    np.multiply.at(z, [0, 0, 1], x[:3])
    np.maximum.at(z, [2, 3], 0.2)
    return np.sum(w) + np.sum(z**2)


def int_aug(x, n):
    k = np.zeros(4, dtype=int)
    k += n
    k[0] -= 1
    k *= 2
    k //= 3
    k %= 4
    k |= 1
    k <<= 1
    k &= 3
    k ^= 1
    return np.sum(x[k] ** 2 * k)


def bool_ops(x):
    m = np.zeros(4, dtype=bool)
    m[0] = True
    m |= x > 0.5
    m &= x < 0.8
    m[3] = x[0] > 0
    m ^= True
    return np.sum(x[m] ** 2) + np.sum(np.where(m, x, 0.0))


def bool_from_float(x):
    m = np.zeros(4, dtype=bool)
    m[:] = x > 0
    m[1] = x[1] * 3.0
    return np.sum(x[m] ** 2)


def int_array_write(x, k):
    k[0] = 3
    k[1:] -= 1
    return np.sum(x[k] ** 2 * WEIGHTS)


def bool_array_write(x, m):
    m[0] = False
    m |= x > 0.5
    return np.sum(x[m] ** 2)


def inplace_norm(x):
    x -= x.mean(axis=0)
    x /= np.sqrt((x**2).mean(axis=0) + 0.1)
    x[:, 0] **= 3
    return np.sum(x * np.arange(9.0).reshape(3, 3))


def single_precision(x):
    x[0] = x[1] * x[2]
    y = np.zeros(4, dtype=np.float32)
    y[:] = x**2
    y += x
    y[1:] *= y[:-1]
    return np.sum(y)


def double_with_single(x, y):
    y[:2] = x[:2] ** 2
    y += x
    y[0] *= x[3]
    return np.sum(y**2)


def single_target(x, y):
    x[:] = y**2
    x *= 2.0
    return np.sum(x * y)


def hstack_copy(x):
    h = np.hstack([x, x])
    h[0] = 1.0
    c = np.concatenate([x])
    c[0] = 2.0
    s = np.stack((x[0], x[1]))
    s[0, 0] = x[2, 2] ** 2
    return np.sum(x**2) + np.sum(s**2) + np.sum(h * h)


def triu_copy(x):
    t = np.triu(x)
    t[0, 0] = 9.0
    d = np.diag(x).copy()
    d[0] = 3.0 * d[1]
    e = np.diag(d)
    e[0, 1] = 4.0 * x[0, 0]
    return np.sum(x**2) + np.sum(t * e)


def complex_conj(x):
    y = x * (1 + 1j)
    w = y.conj()
    w[0] = y[1] * x[0]
    y[2] = w[0]
    y += w
    return np.sum((y * y.conj()).real)


def outk_where(x):
    y = x * 2
    np.sqrt(x, out=y, where=x > 0)
    z = np.add(x, y, out=y, where=[True, False, True, False])
    z[0] = 3.0 * x[3]
    return np.sum(y**2)


def neg_fancy(x):
    x[-1, [0, -1]] = x[0, :2]
    x[[-1]] = x[[0]] * 2
    x[[True, False, True]] = 3.0 * x[1]
    x[1:, [0]] = x[:2, [1]]
    x[np.array(0)] = x[np.int64(1)]
    return np.sum(x**2 * np.arange(3.0))


def dup_bcast(x):
    x[:, [0, 0]] = x[:, 1:]
    x[[1, 1]] += x[[0, 2]]
    x[[0, 0], [1, 1]] *= x[2, :2]
    x[[2, 2]] = x[0]
    return np.sum(x**2)


def dup_set_from_self(x):
    x[[0, 1, 2]] = x[[2, 0, 1]]
    x[:, [0, 2, 0]] = x * 2
    return np.sum(x**2 * np.arange(3.0))


def mask_changes(x):
    m = x > 0
    for i in range(3):
        x[m] = x[m] * 0.5 - 0.13
        m = x > 0
        x[~m] += 0.05
    return np.sum(x**2)


def mask_written(x):
    m = x > 0
    k = np.array([0, 1])
    x[m] = 2 * x[m]
    m[0] = False
    x[m] *= 3
    k[0] = 3
    x[k] = x[k] ** 2
    k += 1
    k[0] = 0
    x[k] *= 2
    return np.sum(x**2)


def idx_written_loop(x):
    k = np.array([0, 1, 2])
    s = 0.0
    for i in range(3):
        x[k] = x[k[::-1]] * 1.1
        k[i] = 3
        s += x[k[0]] * x[k[2]]
    return s


def asarray_dtype_w(x):
    b = np.asarray(x, dtype=float)
    b[0] = 3.0 * x[1]
    return np.sum(x**2)


def astype_nocopy(x):
    b = x.astype(float, copy=False)
    b[0] = 3.0 * x[1]
    return np.sum(x**2)


def array_nocopy2(x):
    b = np.array(x, copy=False)
    b[0] = 3.0 * x[1]
    return np.sum(x**2)


def outk_functions(x):
    y = np.empty_like(x)
    np.dot(x, x, out=y)
    np.sin(y, out=y)
    np.matmul(y, x, out=x)
    np.sum(x, axis=0, out=y[0])
    np.maximum(x, 0.1, out=x)
    np.clip(x, -1, 1, out=y[:])
    return np.sum(x**2) + np.sum(y * x)


def outk_cumsum(x):
    np.cumsum(x, out=x)
    y = np.cumprod(x)
    y[1:] -= y[:-1]
    x[1:] = np.diff(x)
    return np.sum(x * y)


def outk_parts(x):
    y, z = np.zeros(2), np.zeros(())
    r = x.mean(axis=1, out=y)
    r[0] = 2 * r[1]
    x.sum(out=z)
    w = np.std(x, axis=0, out=np.zeros(2))
    x[0].clip(-0.2, 0.5, out=x[1])
    taken = np.take(x, [1, 0], axis=0, out=np.empty((2, 2)))
    np.cumprod(x[:, 1], out=x[:, 0])
    return np.sum(y) * z + np.sum(w) + taken[0].sum() * x[0, 1] + np.sum(x**2)


def partition(x):
    x.partition(2)
    return np.sum(x * x)


def partition_of_parts(x):
    x[0].partition(1)
    x.partition((0, 2), axis=0)
    y = np.partition(x, 4, axis=None)
    x.T[1].sort()
    return np.sum(x * np.arange(9.0).reshape(3, 3)) + np.sum(y**2 * np.arange(9.0)) + y[4]


def sort_of_all(x):
    y = np.sort(x, axis=None)
    return np.sum(y * np.arange(9.0)) * x.ravel()[np.argsort(x, None)[0]]


ROWS = (
    row(repeated_indices, V, np.array([0, 2, 0])),
    row(repeated_indices_augmented, V, np.array([0, 2, 0])),
    row(repeated_indices_multiplied, V, np.array([0, 2, 0])),
    row(repeated_indices_add_at, V, np.array([0, 2, 0])),
    row(repeated_indices_argument, V, np.array([0, 2, 0])),
    row(mask_set, V),
    row(mask_set_val, V),
    row(arr_sort, V),
    row(arr_sort_axis, A),
    row(out_kw, V),
    row(where_kw, V),
    row(accumulate, V),
    row(copyto, V),
    row(filldiag, A),
    row(putmask, V),
    row(put_along, A),
    row(fill, V),
    row(add_at2, A),
    row(mult_at, V),
    row(x_of_x, V),
    row(mask2d, A),
    row(mask_mixed, A),
    row(fancy_mixed, A),
    row(gather_scatter, A, np.array([0, 2, 1])),
    row(outk_views, A),
    row(partition, V),
    row(partition_of_parts, A),
    row(sort_of_all, A),
    row(outk_functions, A),
    row(outk_cumsum, V),
    row(outk_parts, A[:2, :2].copy()),
    row(outk_overlap, V),
    row(ufuncs, V),
    row(int_aug, V, 2),
    row(bool_ops, V),
    row(bool_from_float, V),
    row(int_array_write, V, np.arange(4)),
    row(bool_array_write, V, np.array([True, False, True, False])),
    row(inplace_norm, A),
    row(single_precision, V.astype(np.float32)),
    row(double_with_single, V.astype(np.float32), V),
    row(single_target, V.astype(np.float32), V),
    row(hstack_copy, A),
    row(triu_copy, A),
    row(complex_conj, V),
    row(outk_where, V),
    row(neg_fancy, A),
    row(dup_bcast, A),
    row(dup_set_from_self, A),
    row(mask_changes, V),
    row(mask_written, V),
    row(idx_written_loop, V),
    row(asarray_dtype_w, V),
    row(astype_nocopy, V),
    row(array_nocopy2, V),
)
