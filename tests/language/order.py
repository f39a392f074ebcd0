"""The order in which Python evaluates, where what is evaluated writes."""

from __future__ import annotations

import numpy as np

from tests.language.rows import row

V = np.array([0.7, -0.4, 1.3])


def augmented_by_a_writer(x):
    B = x * 1.0

    def bump():
        B[0] = B[0] * 3 + 1
        return B[1]

    B[0] += bump()
    return np.sum(B)


def read_before_and_after(x):
    B = x * 1.0

    def bump():
        B[0] = B[0] * 3 + 1
        return B[1]

    return B[0] + bump() * B[0]


def arguments_in_order(x):
    B = x * 1.0

    def bump():
        B[0] = B[0] * 3 + 1
        return B[1]

    def f(a, b, c):
        return a * 2 + b * 3 + c * 5

    return f(B[0], bump(), B[0])


def tuple_in_order(x):
    B = x * 1.0

    def bump():
        B[0] = B[0] * 3 + 1
        return B[1]

    t = (B[0], bump(), B[0])
    return t[0] + 2 * t[1] + 3 * t[2]


def views_in_a_tuple(x):
    B = x * 1.0

    def bump():
        B[:] = B * 3 + 1
        return B[1]

    t = (B[:2], bump(), B[:2].copy())
    return np.sum(t[0]) + 2 * t[1] + 3 * np.sum(t[2])


def targets_in_order(x):
    k = [0]
    B = x * 1.0

    def nxt():
        k[0] += 1
        return k[0]

    B[nxt() - 3], B[nxt() - 4] = B[nxt() - 1], B[nxt() - 2] * 2
    return B[0] + 2 * B[1] + 3 * B[2] + k[0] * x[0]


def ternary_and_or(x):
    B = x * 1.0

    def w():
        B[0] = 9.0 * x[1]
        return 0.0

    return x[0] if B[0] > 5 else (w() or B[0])


def chained_comparison(x):
    B = x * 1.0

    def w():
        B[0] = 9.0 * x[1]
        return 1.0

    y = B[0] < 100 < 200 * w()
    return B[0] if y else B[1]


def default_is_early(x):
    B = x * 1.0

    def w(d=B[0]):
        return d

    B[0] = 7.0 * x[1]
    return w()


def index_assigned_beside(x):
    B = x * 1.0
    for i in range(3):
        B[i], i = i * x[0], 0
        B[i] += 1
    return np.sum(B * np.array([1.0, 2.0, 3.0]))


def index_assigned_first(x):
    B = x * 1.0
    i = 0
    i, B[i] = 2, 5.0 * x[1]
    return np.sum(B * np.array([1.0, 2.0, 3.0]))


def results_that_are_one_array(x):
    B = x * 1.0

    def w(a):
        B[0] = a
        return B

    return np.sum(w(2 * x[1]) * B) + np.sum(w(3 * x[2]) + w(x[1]))


def dict_put_in_order(x):
    d = {}

    def put(k, v):
        d[k] = v
        return v

    return put("a", x[0]) + put("b", d["a"] * x[1]) + put("a", d["b"]) + d["a"]


def index_by_a_writer(x):
    B = x * 1.0

    def w():
        B[1] = 4 * x[0]
        return 1

    return B[w()] + B[1]


def walrus_and_rebinding(x):
    B = x * 1.0
    C = B
    B = B + 1
    C += B
    C *= (B := B * 2)
    return np.sum(B) + 2 * np.sum(C)


def entry_as_target(x):
    B = x * 1.0
    t = 0.0
    for B[0] in x[1:]:
        t += B[0] * B[1]
    return t + B[0]


def repeated_list(x):
    xs = [x[0], x[1]]
    ys = xs * 2
    xs[0] = x[2]
    zs = xs + ys
    ys[1] = x[0] * 4
    return sum(v * (k + 1) for k, v in enumerate(zs))


def one_array_twice_in_a_list(x):
    a = [x * 1.0] * 2
    a[0][0] = x[2] * 5
    a[1] += 1
    return np.sum(a[0]) + np.sum(a[1])


def copied_dict(x):
    m = {"w": x * 1.0}
    n = dict(m)
    n["w"][0] = 5 * x[1]
    n["v"] = m["w"] * 2
    m["w"] = m["w"] + 1
    return np.sum(m["w"]) + np.sum(n["w"]) * 2 + np.sum(n["v"])


def index_array_written(x):
    B = x * 1.0
    idx = np.array([0, 1])
    v = B[idx]
    B[idx] = v[::-1]
    idx[0] = 2
    return np.sum(B[idx] * np.array([1.0, 3.0]))


def rows_and_columns_written(x):
    B = np.outer(x, x)
    for r, c in zip(B, B.T):
        r += c
    return np.sum(B * np.arange(9).reshape(3, 3))


def reversed_rows_into_columns(x):
    B = np.outer(x, x)
    for i, (r, c) in enumerate(zip(B[::-1], B.T[1:])):
        c[:] = r * x[i]
    return np.sum(B * np.arange(9).reshape(3, 3))


def overlapping_updates(x):
    B = x * 1.0
    a, b = B[:2], B[1:]
    a += b
    b *= a
    return np.sum(B * np.array([1.0, 2.0, 3.0]))


ROWS = [
    row(f, V)
    for f in (
        augmented_by_a_writer,
        read_before_and_after,
        arguments_in_order,
        tuple_in_order,
        views_in_a_tuple,
        targets_in_order,
        ternary_and_or,
        chained_comparison,
        default_is_early,
        index_assigned_beside,
        index_assigned_first,
        results_that_are_one_array,
        dict_put_in_order,
        index_by_a_writer,
        walrus_and_rebinding,
        entry_as_target,
        repeated_list,
        one_array_twice_in_a_list,
        copied_dict,
        index_array_written,
        rows_and_columns_written,
        reversed_rows_into_columns,
        overlapping_updates,
    )
]
