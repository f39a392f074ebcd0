"""Arrays of rank 0: made, written under every name they have, views, arguments."""

from __future__ import annotations

import numpy as np

from tests.language.rows import raising, row

V = np.array([0.7, -1.2, 0.4, 0.9])
A = np.array([[0.4, -0.3, 0.7], [0.2, 0.5, -0.6]])


def stored(x):
    y = np.array(2.0)
    y[()] = x[0] * x[1]
    y += x[2]
    y[...] *= 3.0
    return y * x[3]


def under_two_names(x):
    y = np.array(2.0)
    z = y
    z += x[0]
    y *= x[1]
    return float(z) * x[2]


def methods(x):
    a = np.zeros(())
    a.fill(x[0])
    b = a
    np.copyto(b, a * x[1])
    np.add(a, x[2], out=a)
    np.multiply(x[3], a, out=b)
    a[()] += x[0] ** 2
    return a + b[()] * x[1]


def kept_number(x):
    a = np.array(1.0)
    a[...] = x[0]
    before = a[()]
    other = a.copy()
    a *= x[1]
    before += 1.0
    return a * before + other


def view_of_an_entry(x):
    z = x[1, ...]
    y = z * z
    z[...] = x[0] * x[2]
    x[0] = z**2
    return y + np.sum(x**2)


def view_read_after_a_write(x):
    z = x[0, ...]
    x[0] = 5.0 * x[1]
    return z * z + np.sum(x)


def view_read_before_a_write(x):
    z = x[0, ...]
    y = z * z
    x[0] = 5.0 * x[1]
    return y + np.sum(x)


def view_by_reshape(x):
    z = x[1:2].reshape(())
    z += x[0]
    y = z * x[2]
    x[1] *= 2.0
    return y * z + np.sum(x)


def view_of_a_matrix(a):
    z = a[1:2, 0:1].reshape(())
    z *= a[0, 1]
    w = a.T[2, 1, ...]
    w[()] = z + a[0, 0]
    return np.sum(a**2) * z


def views_of_it(x):
    a = np.array(3.0)
    row = a[None]
    row[0] = x[0]
    flat = a.reshape(1, 1)
    flat *= x[1]
    b = a[...]
    b += x[2]
    c = a.reshape(())
    c -= x[3]
    return a * np.sum(row) + flat[0, 0]


def in_a_loop(x, n):
    total = np.zeros(())
    for k in range(n):
        total += x[k % 4] * total + x[0]
    return total * x[1]


def in_a_branch(x, t):
    a = np.array(1.0)
    b = a
    if t:
        a += x[0]
        b *= x[1]
    else:
        b[()] = x[2] ** 2
    return a * b


def one_of_two(x, t):
    a, b = np.array(1.0), np.array(2.0)
    a[()] = x[0]
    c = a if t else b
    c += x[1]
    return a * b + c


def made_on_a_side(x, t):
    if t:
        a = np.array(1.0)
        a *= x[0]
    else:
        a = np.array(4.0)
        a -= x[1]
    a += x[2]
    return a * a


def through_a_callee(x):
    a = np.array(0.5)
    add_to(a, x[0])
    add_to(a, x[1])
    return a * x[2]


def add_to(a, v):
    a += v
    a[...] *= v


def in_a_list_and_a_dict(x):
    a = np.array(0.5)
    d = {"a": a, "b": [a, np.array(2.0)]}
    d["a"] += x[0]
    d["b"][0][()] *= x[1]
    d["b"][1] -= a
    return a * d["b"][1]


def closure(x):
    total = np.array(0.0)

    def add(v):
        nonlocal total
        total += v * v

    for v in x:
        add(v)
    return total * x[0]


def of_int(x):
    n = np.array(0)
    n += 3
    n[()] = 2.9
    return x[0] ** n * x[1]


def of_float32(x):
    a = np.array(0.5, dtype=x.dtype)
    a += x[0]
    a[()] = a * x[1]
    return a


def argument(a, x):
    a[...] = a * x[0]
    b = a
    b += x[1]
    return a * x[2]


def argument_is_read_before(a, x):
    y = a * a
    a *= x[0]
    z = a + y
    a[()] = x[1]
    return z * a


def argument_in_a_loop(a, n):
    y = a * 1.0
    for _ in range(n):
        y = y + a * y
        a += y * 0.1
    return y * a


def argument_not_written(a, n):
    y = a
    for _ in range(n):
        y = y + y * y
    return y


def argument_with_an_array(x, a):
    x[0] = a * x[1]
    a += x[0]
    x[2] = a
    return np.sum(x**2)


def chosen_by_where(x, n):
    y = np.where(x > 0, x, 0.0)
    for _ in range(n):
        y = y + x * y * y
    return y


def of_a_list_of_arguments(pair, x):
    pair[0][()] = x[0] * pair[1]
    pair[1] *= x[1]
    return pair[0] + pair[1]


def before_a_raise(x, t):
    a = np.array(1.0)
    a += x[0]
    if t:
        raise ValueError(f"{float(a) > 0}")
    return a


def rank0(value):
    return np.array(value)


def recorded_in_a_loop(x):
    """What a part of rank 0 held in each round is recorded as a number, not as a view."""
    for a, _ in zip(x, (0.5, 0.125)):
        r = x[..., 0]
        r *= np.dot(x, x) * a
    return x


def recorded_at_both_ends(x, n):
    for _ in range(n):
        first, last = x[..., 0], x[..., -1]
        first *= last
        last += np.sin(first)
    return np.sum(x**2)


ROWS = [
    row(stored, V),
    row(under_two_names, V),
    row(methods, V),
    row(kept_number, V),
    row(view_of_an_entry, V),
    row(view_read_after_a_write, V),
    row(view_read_before_a_write, V),
    row(view_by_reshape, V),
    row(view_of_a_matrix, A),
    row(views_of_it, V),
    row(in_a_loop, V, 5),
    row(recorded_in_a_loop, V),
    row(recorded_at_both_ends, V, 3),
    row(in_a_loop, V, 0),
    row(in_a_branch, V, True),
    row(in_a_branch, V, False),
    row(one_of_two, V, True),
    row(one_of_two, V, False),
    row(made_on_a_side, V, True),
    row(made_on_a_side, V, False),
    row(through_a_callee, V),
    row(in_a_list_and_a_dict, V),
    row(closure, V),
    row(of_int, V),
    row(of_float32, V.astype(np.float32)),
    row(argument, rank0(1.3), V),
    row(argument_is_read_before, rank0(1.3), V),
    row(argument_in_a_loop, rank0(0.3), 3),
    row(argument_in_a_loop, rank0(0.3), 0),
    row(argument_not_written, rank0(0.3), 3),
    row(argument_with_an_array, V, rank0(1.3)),
    row(chosen_by_where, 0.3, 3),
    row(chosen_by_where, rank0(0.3), 3),
    row(of_a_list_of_arguments, [rank0(0.3), rank0(0.7)], V),
    raising(ValueError, before_a_raise, V, True),
]
