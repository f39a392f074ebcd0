"""Writes that are seen elsewhere: views, views of views, rows in loops, names for one array."""

from __future__ import annotations

import numpy as np

from tests.language.rows import row

V = np.array([0.7, -1.2, 0.4, 0.9])
A = np.array([[0.4, -0.3, 0.7], [0.2, 0.5, -0.6], [-0.1, 0.8, 0.3]])
WEIGHTS = np.arange(4.0)
B = np.arange(24.0).reshape(2, 3, 4) / 10 + 0.1


def view_of_view(x):
    a = x[1:]
    b = a[1:]
    b[0] = x[0] * x[1]
    x[2] *= 3.0
    return np.sum(a**2) + b[0] * x[3]


def transposed_both_ways(x):
    t = x.T
    t[0] = x[1] * 2.0
    x[0] += t[2]
    return np.sum(t**2 * x)


def reshape_write(x):
    t = x.reshape(9)
    t[1] = x[1, 1] * x[0, 0]
    x[0, 2] = t[1] ** 2
    return np.sum(t * np.arange(9.0)) + np.sum(x**2)


def ravel_write(x):
    t = x.ravel()
    t[4] = t[0] * t[8]
    return np.sum(x**2)


def flatten_write(x):
    t = x.flatten()
    t[4] = t[0] * t[8]
    return np.sum(x**2) + np.sum(t**3)


def diag_write(x):
    d = np.diagonal(x)
    x[0, 0] = 2.0 * x[1, 1]
    return np.sum(d**2)


def asarray_write(x):
    y = np.asarray(x)
    y[0, 0] = y[1, 1] * y[0, 0]
    return np.sum(x**2)


def array_copy(x):
    y = np.array(x)
    y[0, 0] = y[1, 1] * y[0, 0]
    return np.sum(x**2 * y)


def real_alias(x):
    y = x.real
    y[0] = x[1] * x[2]
    return np.sum(x**2)


def rows_loop(x):
    for line in x:
        line *= 2.0
        line[0] = line[1] * line[2]
    return np.sum(x**2)


def rows_loop_T(x):
    for col in x.T:
        col -= np.mean(col)
    return np.sum(x**2 * np.arange(3.0))


def rows_enum(x):
    s = 0.0
    for i, line in enumerate(x):
        line[i] = s
        s += np.sum(line**2)
    return s + np.sum(x)


def rows_zip(x):
    y = np.zeros_like(x)
    for a, b in zip(x, y):
        b[:] = a * a
        a[0] = b[1]
    return np.sum(x * y)


def aug_alias(x):
    y = x
    y += 1.0
    y *= x
    return np.sum(x**2) + y[0]


def tuple_alias(x):
    t = (x, x[1:])
    t[1][0] = t[0][0] ** 2
    t[0][1] *= t[1][1]
    return np.sum(t[0] ** 2) + t[1][0]


def list_alias(x):
    l = [x, x]
    l[0][0] = l[1][1] ** 2
    l[1][1] = l[0][0]
    return np.sum(l[0] * l[1])


def dict_alias(x):
    d = {"a": x, "b": x[2:]}
    d["b"] += d["a"][:2]
    d["a"][0] = d["b"][0]
    return np.sum(x**2)


def slice_saved_view(x):
    a = x[:2]
    x[:2] = x[2:] * a
    return np.sum(x**2) + np.sum(a**3)


def writes_to_slice_of_slice_neg(x):
    a = x[::-1]
    b = a[1:3]
    b[::-1] = x[:2] * 2
    b[0] *= a[3]
    return np.sum(x**2 * WEIGHTS)


def two_axis(x):
    r = x[1]
    c = x[:, 1]
    r[1] = 2.0 * c[0]
    c[2] = r[1] * r[0]
    x[1, 1] += 1.0
    return np.sum(r**2) * np.sum(c)


def swapaxes_write(x):
    y = np.swapaxes(x, 0, 1)
    y[0, 1] = x[0, 0] ** 2
    z = np.transpose(y, (1, 0))
    z[2] += y[1]
    return np.sum(x**3)


def flip_write(x):
    y = np.flip(x, 0)
    y[0] = x[0] * 2
    z = np.fliplr(x)
    z[:, 0] += 1.0
    w = np.flipud(y)
    w[1] *= 3
    return np.sum(x**2 * np.arange(3.0))


def expand_squeeze(x):
    y = np.expand_dims(x, 0)
    y[0, 1] = x[0] ** 2
    z = np.squeeze(y)
    z[2, 2] = y[0, 1, 1]
    return np.sum(x**2)


def moveaxis_write(x):
    y = np.moveaxis(x, 0, -1)
    y[0] = x[0]
    return np.sum(x**2 * np.arange(3.0))


def atleast(x):
    y = np.atleast_2d(x[0])
    y[0, 1] = 4.0 * x[1, 1]
    return np.sum(x**2)


def lists_of_rows(x):
    rows = [x[0], x[1], x[2]]
    rows[0][0] = 2.0 * rows[1][1]
    for r in rows:
        r *= r[0]
    x[1] += rows[2]
    return np.sum(rows[1] ** 2) + np.sum(x)


def lists_of_rows_k(x, k):
    rows = [x[0], x[1], x[2]]
    rows[k][0] = 2.0 * rows[1][1]
    return np.sum(x**2)


def starred(x):
    a, *b = (x[0], x[1:3], x[3:])
    b[0][0] = a * 2
    b[1] += b[0][:1]
    return np.sum(x**2)


def unpack_rows(x):
    M = x.reshape(2, 2).copy()
    a, b = M
    a[0] = b[1] * 2
    b[:] = a**2
    return np.sum(M**2 * np.array([1.0, 3.0]))


def walrus(x):
    (y := x)[0] = 3.0 * x[1]
    return np.sum(y**2)


def ternary(x, c):
    y = np.zeros(4) if c else np.ones(4)
    y[0] = x[0] ** 2
    y[1:] *= x[1:]
    return np.sum(y)


def data_branch_alias(x):
    a = x[:2] * 1.0
    b = x[2:] * 1.0
    if x[0] > 0:
        c = a
    else:
        c = b
    c[0] = x[1] ** 2
    return np.sum(c**2)


def minmax_obj(x):
    best = x[:2].copy()
    for i in range(3):
        cand = x[i : i + 2] * 2.0
        if cand[0] > best[0]:
            best = cand
        best[1] += x[i]
    return np.sum(best**2)


def rows_of_rows(x):
    for m in x:
        for r in m:
            r[1:] += r[:-1]
            r *= m[0, 0]
    return np.sum(x**2)


def rows_of_rows_loop_view(x):
    for m in x:
        t = m.T
        for i, c in enumerate(t):
            c[0] = i * c[1]
            m[2] += c[0]
    return np.sum(x**2)


def squeeze_etc(x):
    M = x.reshape(1, 4, 1) * 1.0
    s = M.squeeze()
    s[0] = x[1] ** 2
    t = M[0]
    t[1, 0] = s[0]
    u = np.broadcast_to(M, (2, 4, 1))
    w = M.swapaxes(0, 1)
    w[2] *= 2.0
    return np.sum(M**2) + np.sum(u)


def diagonal_read(x):
    d = x.diagonal()
    s = np.sum(d**2)
    x[0, 0] = 5.0 * x[1, 1]
    return s + np.sum(d)


def rot90(x):
    r = np.rot90(x)
    r2 = r * 1.0
    r2[0] = r[1] ** 2
    return np.sum(x * r2)


def out_of_scope_view(x, n):
    s = 0.0
    for k in range(n - 1):
        w = x[k : k + 2]
        w *= 1.5
        s += w[0] * w[1]
        w = w * 2
        w[0] = 1.0
        s += w[1] * w[0]
    return s + np.sum(x)


def inplace_softmax(x):
    for r in x:
        r -= r.max()
        np.exp(r, out=r)
        r /= r.sum()
    return np.sum(x * np.arange(3.0)) * x[0, 0]


def fwht_views(x):
    y = x.copy().reshape(2, 2)
    a = y[0]
    b = y[1]
    t = a - b
    a += b
    b[:] = t
    c = y[:, 0]
    d = y[:, 1]
    t = c - d
    c += d
    d[:] = t
    return np.sum(y**3)


def maybe_copies(x):
    a = np.asarray(x)
    b = np.asarray(x, dtype=float)
    c = x.astype(float, copy=False)
    d = np.array(x, copy=None)
    a[0] = 2.0 * b[1]
    c[1] = 3 * d[2]
    return np.sum(x**2) + np.sum(d)


def asfarray(x):
    b = np.asanyarray(x)
    b[0] = 3.0 * x[1]
    c = np.atleast_1d(x)
    c[1] = 2.0
    d = np.require(x) if False else x
    d[2] = b[0]
    e = np.squeeze(x)
    e[3] *= 2
    return np.sum(x**2)


ROWS = (
    row(view_of_view, V),
    row(transposed_both_ways, A),
    row(reshape_write, A),
    row(ravel_write, A),
    row(flatten_write, A),
    row(diag_write, A),
    row(asarray_write, A),
    row(array_copy, A),
    row(real_alias, A),
    row(rows_loop, A),
    row(rows_loop_T, A),
    row(rows_enum, A),
    row(rows_zip, A),
    row(aug_alias, V),
    row(tuple_alias, V),
    row(list_alias, V),
    row(dict_alias, V),
    row(slice_saved_view, V),
    row(writes_to_slice_of_slice_neg, V),
    row(two_axis, A),
    row(swapaxes_write, A),
    row(flip_write, A),
    row(expand_squeeze, A),
    row(moveaxis_write, A),
    row(atleast, A),
    row(lists_of_rows, A),
    row(lists_of_rows_k, A, 1),
    row(starred, V),
    row(unpack_rows, V),
    row(walrus, V),
    row(ternary, V, False),
    row(ternary, V, True),
    row(data_branch_alias, V),
    row(minmax_obj, V),
    row(rows_of_rows, B),
    row(rows_of_rows_loop_view, B),
    row(squeeze_etc, V),
    row(diagonal_read, A),
    row(rot90, A),
    row(out_of_scope_view, V, 4),
    row(inplace_softmax, A),
    row(fwht_views, V),
    row(maybe_copies, V),
    row(asfarray, V),
)
