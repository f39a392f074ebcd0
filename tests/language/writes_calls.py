"""Writes through functions, the order of evaluation, and results that share memory."""

from __future__ import annotations

import numpy as np

from tests.language.rows import row

V = np.array([0.7, -1.2, 0.4, 0.9])
A = np.array([[0.4, -0.3, 0.7], [0.2, 0.5, -0.6], [-0.1, 0.8, 0.3]])
WEIGHTS = np.arange(4.0)


def helper(y, i, s):
    y[i] = s * y[i - 1]


def callee(x, s):
    for i in range(1, 4):
        helper(x, i, s)
    return np.sum(x**2)


def helper2(y):
    y += 1.0
    return y


def callee_alias_result(x):
    z = helper2(x)
    z *= x
    return np.sum(x**2) + np.sum(z)


def closure_write(x):

    def put(i, val):
        x[i] = val

    put(0, x[1] * x[2])
    put(1, x[0] ** 2)
    return np.sum(x**2)


def aug_calls(x, s):

    def f():
        x[0] = 5.0
        return x[1]

    x[0] += f() * s
    return np.sum(x**2)


def aug_calls_view(x, s):

    def f(z):
        z[0] = 5.0 * z[1]
        return z[1]

    x[:2] += f(x) * s
    return np.sum(x**2)


def set_order(x, s):

    def f():
        x[1] = x[1] * s
        return x[1]

    x[0] = x[1] + f() + x[1]
    return np.sum(x**2)


def idx_order(x):
    k = [0]

    def nxt():
        k[0] += 1
        return k[0]

    x[nxt()] = x[nxt()] * 2.0
    return np.sum(x**2 * WEIGHTS)


def tuple_assign_order(x):
    i = 0
    i, x[i] = (2, x[1] * 3.0)
    return np.sum(x**2 * WEIGHTS)


def incr(a, b):
    a += b
    b *= 2.0


def callee_same_twice(x):
    y = x * 1.0
    incr(y, y)
    return np.sum(y**2)


def callee_views_overlap(x):
    y = x * 1.0
    incr(y[1:], y[:-1])
    return np.sum(y**2 * WEIGHTS)


def callee_views_disjoint(x):
    y = x * 1.0
    incr(y[2:], y[:2])
    return np.sum(y**2 * WEIGHTS)


def callee_transpose(x):

    def f(m, i):
        m[i] = m[i] * m[0, 0]
        return m.T

    for i in range(3):
        t = f(x.T, i)
        t[0] += 1.0
    return np.sum(x**2)


def view_of(a):
    return a[1:]


def result_view(x):
    y = view_of(x)
    y[0] = x[0] ** 2
    z = view_of(y)
    z += y[:-1]
    return np.sum(x**2 * WEIGHTS)


def closure_captures_rebind(x):
    y = x

    def f(i):
        y[i] = y[i] * 2.0

    f(0)
    y = x * 3.0
    f(1)
    return np.sum(x**2) + np.sum(y**2)


def closure_default(x):

    def f(i, a=x):
        a[i] = a[i] ** 2

    x2 = x
    x = x * 1.0
    f(0)
    return np.sum(x2**2) + np.sum(x)


def star_args(x):

    def f(*a, **k):
        a[0][0] = k["w"][1] * 2
        k["w"][2] = a[0][0]

    f(x, w=x)
    return np.sum(x**2)


def ret_arg(x):
    x[0] = x[1] * 2
    return x


def ret_arg_unwritten(x):
    return x


def ret_view(x):
    x[0] = x[1] * 2
    return (x[1:], x[:2] ** 2)


def ret_twice(x):
    y = x * 2.0
    y[0] = x[1] ** 2
    return (y, y, y[1:])


def ret_before_after(x):
    y = x * 1.0
    a = y.copy()
    y[0] = x[1] ** 2
    b = y.copy()
    y[1] *= x[2]
    return (a, b, y)


def early_ret_obj(x, n):
    y = np.zeros(4)
    for i in range(4):
        y[i] = x[i] ** 2
        if i == n:
            return np.sum(y * x)
    return 0.0 * x[0]


def early_ret_if(x, n):
    if n > 1:
        x[0] = 2 * x[1]
        return x * 1.0
    x[1] = 5.0
    return x**2


def early_ret_if2(x, n):
    if n > 1:
        x[0] = 2 * x[1]
        return x * 1.0
    x[1] = 5.0
    return x**2


ROWS = (
    row(callee, V, 0.3),
    row(callee_alias_result, V),
    row(closure_write, V),
    row(aug_calls, V, 0.3),
    row(aug_calls_view, V, 0.3),
    row(set_order, V, 0.3),
    row(idx_order, V),
    row(tuple_assign_order, V),
    row(callee_same_twice, V),
    row(callee_views_overlap, V),
    row(callee_views_disjoint, V),
    row(callee_transpose, A),
    row(result_view, V),
    row(closure_captures_rebind, V),
    row(closure_default, V),
    row(star_args, V),
    row(ret_arg, V),
    row(ret_arg_unwritten, V),
    row(ret_view, V),
    row(ret_twice, V),
    row(ret_before_after, V),
    row(early_ret_obj, V, 2),
    row(early_ret_if, V, 2),
    row(early_ret_if2, V, 0),
)
