"""Loops whose reverse puts back what their stores overwrote."""

from __future__ import annotations

import numpy as np

from srcdiff import checkpointed
from tests.language.rows import row

V = np.array([0.7, -0.4, 0.5, 0.9, -0.3])
A = np.array([[1.4, -0.3, 0.7], [0.2, 1.5, -0.6], [-0.1, 0.8, 1.3]])
S = A @ A.T + np.eye(3)


def whole_read_each_round(x):
    for i in range(len(x)):
        x[i] = np.sum(np.sin(x))
    return np.sum(x**3)


def two_stores(x):
    for i in range(1, len(x)):
        s = 0.3 * np.sum(x[:i] ** 2)
        x[i] = s * x[i]
        t = 0.2 * np.sum(np.cos(x[: i + 1]))
        x[i - 1] = t + x[i] * s
    return np.sum(x**2)


def read_before_used_behind(x):
    for i in range(1, len(x)):
        head = np.sin(x[:i])
        tail = x[i:] * 2.0
        x[i] = np.sum(head) * 0.5
        x[i - 1] += np.sum(tail * tail) * np.sum(head * head)
    return np.sum(x * x)


def whole_before_and_behind(x):
    for i in range(len(x)):
        before = x * 1.0
        x[i] = 0.2 * np.sum(x * x)
        x[i] += 0.1 * np.sum(before * x)
    return np.sum(np.sin(x))


def nested(A):
    L = np.zeros((3, 3))
    for j in range(3):
        L[j, j] = np.sqrt(A[j, j] - L[j, :j] @ L[j, :j])
        for i in range(j + 1, 3):
            L[i, j] = (A[i, j] - L[i, :j] @ L[j, :j]) / L[j, j]
    return np.sum(np.sin(L))


def read_across_the_inner_loop(x):
    for j in range(2):
        head = x[:3] * x[1:4]
        for i in range(1, 4):
            x[i] = np.sum(x[:i] ** 2) * 0.5 + 0.1 * j
        x[0] = np.sum(head * x[:3])
    return np.sum(x**2)


def two_inner_loops(x):
    for _ in range(2):
        for i in range(1, len(x)):
            x[i] = np.sum(np.sin(x[:i]))
        for i in range(len(x) - 1):
            x[i] = 0.5 * np.sum(np.cos(x[i:]))
    return np.sum(x**2)


def one_loop_after_the_other(x):
    for i in range(1, len(x)):
        x[i] = np.sum(np.sin(x[:i]))
    y = np.sum(x**2)
    for i in range(len(x) - 1):
        x[i] = y * np.sum(np.cos(x[i:]))
    return np.sum(x**2)


def made_anew(x):
    total = 0.0
    for k in range(3):
        y = x * (k + 1.0)
        for i in range(1, len(x)):
            y[i] = np.sum(np.sin(y[:i])) * x[k]
        total += np.sum(y * y)
    return total


def from_outside_each_round(x):
    start = x**2
    total = 0.0
    for k in range(3):
        y = start.copy()
        for i in range(1, len(x)):
            y[i] = np.sum(np.sin(y[:i])) * x[k]
        total += np.sum(y * start)
    return total


def under_a_condition(x):
    for i in range(1, len(x)):
        if x[i] > 0.2:
            x[i] = np.sum(np.sin(x[:i]))
        else:
            x[i - 1] = np.sum(np.cos(x[i:]))
    return np.sum(x**2)


def inner_loop_under_a_condition(x):
    for k in range(3):
        if k != 1:
            for i in range(1, len(x)):
                x[i] = np.sum(np.sin(x[:i])) * 0.5
        x[k] = np.sum(x * x)
    return np.sum(x**2)


def until_small(x):
    k = 0
    while np.sum(x**2) > 0.3 and k < 6:
        x[k % 5] = 0.3 * np.sum(np.sin(x))
        k += 1
    return np.sum(x**3)


def that_breaks(x):
    for i in range(len(x)):
        x[i] = 0.4 * np.sum(np.sin(x))
        if x[i] < 0.25:
            break
    return np.sum(x**3)


def with_repeats(x):
    for k in range(3):
        x[[k, k, 4]] = np.sum(x**2) * np.array([1.0, 2.0, 0.5])
    return np.sum(x**3)


def repeats_added(x):
    for k in range(3):
        np.add.at(x, [k, k, 4], 0.1 * np.sum(x**2))
    return np.sum(x**3)


def added_and_used(x):
    for i in range(1, len(x)):
        v = np.sum(np.sin(x[:i]))
        x[i] += v
        x[i - 1] = 0.3 * v * v
    return np.sum(x**2)


def masked(x):
    for _ in range(3):
        x[x > 0.1] = 0.3 * np.sum(np.sin(x))
    return np.sum(x**3)


def rows_of_a_table(A):
    for k in range(3):
        A[k] = 0.2 * (A @ A[k])
    return np.sum(np.sin(A))


def columns_backward(A):
    for k in reversed(range(3)):
        A[:, k] += 0.1 * (A.T @ A[:, k])
    return np.sum(np.sin(A))


def strided(x):
    for k in range(1, 4):
        x[::2] = 0.3 * np.sum(x * x) + k * x[::2]
    return np.sum(np.sin(x))


def an_array_of_places(x):
    order = np.array([3, 0, 2, 4, 1])
    for k in range(4):
        i = order[k]
        order[k] = order[k + 1]
        order[k + 1] = i
        x[i] = np.sum(np.sin(x)) * 0.3
    return np.sum(x * order)


def two_arrays(x):
    y = x * x
    for i in range(1, len(x)):
        x[i] = np.sum(np.sin(y[:i]))
        y[i - 1] = np.sum(np.cos(x[i:]))
    return np.sum(x * y)


def two_that_change_places(x):
    y = x * x
    for i in range(1, len(x)):
        y[i] = np.sum(np.sin(x[:i])) * y[i]
        x, y = y, x
    return np.sum(x * y)


def swapped_entries(x):
    for i in range(1, len(x)):
        x[i - 1], x[i] = x[i] * np.sum(x[:i]), x[i - 1] * np.sum(x[i:])
    return np.sum(np.sin(x))


def by_a_helper(x):
    def change(z, i):
        z[i] = np.sum(np.sin(z[:i])) + 0.1 * z[i]

    for i in range(1, len(x)):
        change(x, i)
    return np.sum(x**2)


def through_a_view(A):
    for k in range(3):
        row = A[k]
        for i in range(3):
            row[i] = 0.2 * np.sum(np.sin(A))
    return np.sum(A * A)


def kept_in_a_list(x):
    states = []
    for i in range(1, len(x)):
        states.append(x.copy())
        x[i] = np.sum(np.sin(x[:i])) * np.sum(states[-1])
    return np.sum(states[1] * states[2] * x)


def checkpointed_outside(x):
    for _ in checkpointed(range(5), snapshots=2):
        for i in range(1, len(x)):
            x[i] = np.sum(np.sin(x[:i])) * 0.5 + 0.1 * x[i]
    return np.sum(x**2)


def checkpointed_inside(x):
    for _ in range(2):
        for i in checkpointed(range(1, len(x)), snapshots=2):
            x[i] = np.sum(np.sin(x[:i])) * 0.5 + 0.1 * x[i]
    return np.sum(x**2)


def stencil(u, rate):
    for _ in range(3):
        u[1:-1] += rate * u[1:-1] * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u**2)


def forward_and_back_substitution(A, b):
    n = len(b)
    for i in range(n):
        b[i] = (b[i] - A[i, :i] @ b[:i]) / A[i, i]
    for i in reversed(range(n)):
        b[i] = (b[i] - A[i, i + 1 :] @ b[i + 1 :]) / A[i, i]
    return np.sum(b**2)


def gram_schmidt(A):
    n = len(A)
    for j in range(n):
        for k in range(j):
            A[:, j] -= (A[:, k] @ A[:, j]) * A[:, k]
        A[:, j] /= np.sqrt(A[:, j] @ A[:, j])
    return np.sum(A**3)


def floyd_warshall(D):
    for k in range(3):
        for i in range(3):
            for j in range(3):
                D[i, j] = np.minimum(D[i, j], D[i, k] + D[k, j])
    return np.sum(D**2)


def three_deep(A):
    for k in range(2):
        for i in range(1, 3):
            s = np.sum(A[:i])
            for j in range(1, 3):
                A[i, j] = 0.2 * np.sum(np.sin(A[i, :j])) + 0.1 * s * A[i, j]
            A[i, 0] = np.sum(A[i] * A[i]) * 0.1 * (k + 1)
    return np.sum(A * A)


def nothing_to_do(x, n):
    for i in range(n):
        x[i] = np.sum(np.sin(x))
    return np.sum(x**2)


VECTOR = (
    whole_read_each_round,
    two_stores,
    read_before_used_behind,
    whole_before_and_behind,
    read_across_the_inner_loop,
    two_inner_loops,
    one_loop_after_the_other,
    made_anew,
    from_outside_each_round,
    under_a_condition,
    inner_loop_under_a_condition,
    until_small,
    that_breaks,
    with_repeats,
    repeats_added,
    added_and_used,
    masked,
    strided,
    an_array_of_places,
    two_arrays,
    two_that_change_places,
    swapped_entries,
    by_a_helper,
    kept_in_a_list,
    checkpointed_outside,
    checkpointed_inside,
)
TABLE = (rows_of_a_table, columns_backward, through_a_view, gram_schmidt, three_deep)
ROWS = [
    *(row(f, V) for f in VECTOR),
    *(row(f, A) for f in TABLE),
    row(nested, S),
    row(by_a_helper, V.astype(np.float32)),
    row(floyd_warshall, np.array([[0.1, 0.9, 2.3], [0.8, 0.2, 0.7], [0.5, 1.9, 0.3]])),
    row(stencil, V, 0.1),
    row(forward_and_back_substitution, A, V[:3]),
    *(row(nothing_to_do, V, n, wrt=(0,)) for n in (0, 1, 3)),
]
