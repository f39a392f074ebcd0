"""Writes through names that are one object or another, which one only the run knows; and loops that
are written out to tell which object is which.
"""

from __future__ import annotations

import numpy as np

from tests.language.rows import row

V = np.array([0.7, -1.2, 0.4, 0.9])
W = np.array([0.3, 0.5, 0.7])
U = np.array([0.2, -0.4, 0.9])
A = np.array([[0.4, -0.3, 0.7], [0.2, 0.5, -0.6], [-0.1, 0.8, 0.3]])


# --- one of two ---------------------------------------------------------------------------------


def view_one_branch(x, c):
    if c:
        y = x[1:]
    else:
        y = x[:-1] * 2.0
    y[0] = x[0] * x[1]
    return np.sum(y**2)


def view_one_branch_read(x, c):
    y = x[1:] if c else x[:-1].copy()
    y[0] = x[0] * x[1]
    return np.sum(y**2) + np.sum(x)


def chosen_of_two(x):
    a = x[:2] * 1.0
    b = x[2:] * 1.0
    if x[0] > 0:
        c = a
    else:
        c = b
    c[0] = x[1] ** 2
    return np.sum(c**2) + np.sum(a)


def pick(a, b, c):
    return a if c else b


def callee_pick(x, c):
    y = x * 2.0
    z = pick(x, y, c)
    z[0] = 3.0 * z[1]
    return np.sum(z**2)


def list_or_list(x):
    a = [x[0], 1.0]
    b = [x[1], 2.0]
    c = a if x[0] > 0 else b
    c[0] = c[1] * x[2]
    return c[0] ** 2 + a[0]


def one_of_two_arguments(x, y):
    c = x if x[0] > y[0] else y
    c[0] = x[1] * y[1]
    c[1:] *= 2.0
    x[2] = y[1]
    return np.sum(c**2)


def argument_or_made(x, y):
    if x[0] > y[0]:
        c = x
    else:
        c = y * 2.0
        d = c
        d[1] = 5.0 * x[2]
    c[0] = x[1] * y[1]
    return np.sum(c**2)


def made_under_two_names(x, y):
    if x[0] > 5.0:
        a, b = x, y
    else:
        a = x * y
        b = a
    a[0] = 3.0 * y[1]
    return np.sum(b**2) + np.sum(x * y)


def views_of_either(x, y):
    if x[0] > y[0]:
        c = x[1:]
        d = c if y[1] > 0 else y[:2]
    else:
        c = y[:-1]
        d = x[:-1]
    c[0] = x[1] * y[1]
    d[1] *= c[0]
    return np.sum(c**2) + np.sum(x**3 * d[0]) + np.sum(y)


def either_in_a_loop(x, y):
    c = x if x[0] > y[0] else y
    for i in range(1, len(x)):
        c[i] = c[i - 1] * x[i]
    return np.sum(c**2)


def either_by_ufuncs(x, y):
    c = x.T if x[0] > y[0] else y[::-1]
    c += x * y
    c[x > 0.35] = 2.0 * y[0]
    np.sin(c, out=c)
    np.add.at(c, [0, 0], y[1])
    return np.sum(c**2 * np.arange(3.0))


def view_of_an_either(A, x):
    B = A if x[0] > 0.0 else A * 2.0
    row = B.T[1]
    row[1:] = x[1] ** 2
    B[0, 1] *= 3.0
    return np.sum(row**3) + np.sum(A * B)


def index_of_one_side(A, x):
    if x[0] > 0.0:
        k = 1 if x[1] > 0.0 else 2
        row = A[k]
    else:
        row = A[0]
    row *= x
    A[1] += row
    return np.sum(row**2) + np.sum(A)


def whole_or_not(x, y):
    z = x[:] if y[0] > 0.0 else x
    z[1] = y[1] ** 2
    w = x[...] if y[1] > 0.0 else x.copy()
    w[0] = z[1] * y[2]
    return np.sum(x**2) + np.sum(w)


def raises_or_view(x, k):
    if k > 3:
        raise ValueError("k")
    else:
        y = x[k:]
    y[0] = x[0] ** 2
    return np.sum(x * x)


def bound_on_one_side(x, k):
    if k > 0:
        part = x[1:]
    x[1] = x[0] ** 2
    if k > 0:
        part[1] = part[0] * 3.0
    return np.sum(x**3)


def either_twice(x, y):
    a = x if x[0] > 0.0 else y
    b = a if y[0] > 0.0 else x * 2.0
    b[0] = y[1] ** 2
    a[1] = b[0] * x[2]
    return np.sum(a * b) + np.sum(x**2) + np.sum(y)


def dicts_by_a_test(x, y):
    big, small = {"w": x * 1.0, "n": x[0]}, {"w": y * 1.0, "n": y[0]}
    one = big if x[0] > y[0] else small
    one["w"][0] = 3.0 * x[1]
    one["n"] += one["w"][1] * y[2]
    one["w"] = one["w"] * 2.0
    return np.sum(big["w"] ** 2) * big["n"] + np.sum(small["w"]) * small["n"]


def swapped_in_a_branch(x, y):
    u, v = x, y
    if x[0] > y[0]:
        u, v = v, u
    u[0] = v[1] ** 2
    v[:] = np.sin(u)
    return np.sum(u * v * x)


def written_either_returned(x, y):
    a = x * 2.0
    c = a if y[0] > 0.0 else y
    c *= 1.5
    return {"c": c, "a": a}


# --- loops written out --------------------------------------------------------------------------


def ret_list_alias(x):
    y = x * 1.0
    out = []
    for i in range(3):
        y[i] = y[i] * y[i + 1]
        out.append(y)
    return np.sum(np.array(out) ** 2)


def comp_write(x):
    y = np.array([a * 2 for a in x])
    y[0] = x[1]
    l = [y[i:] for i in range(3)]
    l[0][0] = x[2] ** 2
    l[1][0] *= 2.0
    return np.sum(y**2) + np.sum(l[0])


def rl_param_alias(x):
    out = []
    for i in range(3):
        out.append(x)
    x[0, 0] = 5.0 * x[1, 1]
    return np.sum(out[0]) + np.sum(np.array(out) ** 2)


def list2d(x):
    M = [[0.0] * 3 for _ in range(3)]
    for i in range(3):
        for j in range(3):
            M[i][j] = x[i] * x[j]
    M[0][0] = M[1][1] * 2
    return sum(M[0]) + sum([r[1] for r in M])


def rebound_to_a_new_array(x):
    for _ in range(3):
        x[0] = np.sin(x[1])
        x = np.tanh(x * 1.5)
    return np.sum(x**2)


def grows_in_every_round(x):
    for k in range(3):
        x = np.concatenate([x[:1] * 2.0, np.sin(x)])
    x[0] = x[1] ** 2
    return np.sum(x**2)


def counted_by_while(x):
    y, step = x, 0
    while step < 3:
        y[step] = y[step - 1] * 2.0
        y = y * x if step == 1 else y
        step += 1
    return np.sum(y**2)


def shape_is_there_on_one_side(x, y):
    """What one side computes is recorded as None by the other: there it lends nobody its shape."""
    step = 0
    while True:
        if not step < 3:
            break
        step += 1
        z = np.broadcast_to(x, (2, 3))
        if step in (0, 2):
            y *= np.sin(np.full((2, 3), x[0]))
        else:
            y *= z[1]
    return np.sum(y)


def shape_is_there_in_some_rounds(x, y):
    """The same in a loop that counts, and by a list."""
    made = []
    for k in range(3):
        z = np.broadcast_to(x, (2, 3))
        if k % 2 == 0:
            y *= np.sin(np.full((2, 3), x[k]))
        else:
            y *= z[1]
        made.append(np.sum(y * y))
    return np.sum(y) + sum(made)


def whole_view_on_one_side(x, c):
    """A name that is a view of all of an array, or unbound, when the array is written."""
    total = 0.0
    there = x[c] > 0.0
    if there:
        y = x[:]
    if there:
        total = np.sum(y)
    x[0] = 1.0
    return np.sum(x) * total + np.sum(x)


ROWS = (
    row(whole_view_on_one_side, V, 1),
    row(whole_view_on_one_side, V, 0),
    row(view_one_branch, V, False),
    row(view_one_branch, V, True),
    row(view_one_branch_read, V, False),
    row(view_one_branch_read, V, True),
    row(chosen_of_two, V),
    row(chosen_of_two, -V),
    row(callee_pick, V, False),
    row(callee_pick, V, True),
    row(list_or_list, V),
    row(list_or_list, -V),
    row(one_of_two_arguments, W, U),
    row(one_of_two_arguments, U, W),
    row(argument_or_made, W, U),
    row(argument_or_made, U, W),
    row(made_under_two_names, W, U),
    row(made_under_two_names, W * 10.0, U),
    row(views_of_either, W, U),
    row(views_of_either, U, W),
    row(views_of_either, W, -U),
    row(either_in_a_loop, W, U),
    row(either_in_a_loop, U, W),
    row(either_by_ufuncs, W, U),
    row(either_by_ufuncs, U, W),
    row(view_of_an_either, A, W),
    row(view_of_an_either, A, -W),
    row(index_of_one_side, A, W),
    row(index_of_one_side, A, U),
    row(index_of_one_side, A, -W),
    row(whole_or_not, W, U),
    row(whole_or_not, W, -U),
    row(raises_or_view, V, 1),
    row(bound_on_one_side, V, 1),
    row(bound_on_one_side, V, 0),
    row(either_twice, W, U),
    row(either_twice, W, -U),
    row(either_twice, -W, U),
    row(either_twice, -W, -U),
    row(dicts_by_a_test, W, U),
    row(dicts_by_a_test, U, W),
    row(swapped_in_a_branch, W, U),
    row(swapped_in_a_branch, U, W),
    row(written_either_returned, W, U),
    row(written_either_returned, W, -U),
    row(ret_list_alias, V),
    row(comp_write, V),
    row(rl_param_alias, A),
    row(list2d, V),
    row(rebound_to_a_new_array, V),
    row(grows_in_every_round, V),
    row(counted_by_while, V),
    row(shape_is_there_on_one_side, A[2], A[:2]),
    row(shape_is_there_in_some_rounds, A[2], A[:2]),
)
