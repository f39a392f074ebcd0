"""Where arrays lie: loops that hand them on under other names, views read behind a write.

What is computed is plain; what may be changed in place, and when, is not.
"""

from __future__ import annotations

import numpy as np

from tests.language.rows import row

V = np.array([0.7, -1.2, 0.4, 0.9])
A = np.array([[0.4, -0.3, 0.7], [0.2, 0.5, -0.6], [-0.1, 0.8, 0.3]])


def one_cotangent_for_both(x, n):
    """The cotangents of both arrays are one array when the reverse begins."""
    u, v = x * 2.0, x + 1.0
    for k in range(n):
        u[k] = v[k] * u[k - 1]
        u, v = v, u
    return np.sum((u + v) ** 2)


def two_copies(x, n):
    """Both arrays begin as copies of one."""
    u, v = x.copy(), x.copy()
    for k in range(n):
        u[k] = v[k - 1] * u[k] + v[k]
        u, v = v, u
    return np.sum(u * v**2)


def two_copies_of_a_value(x, n):
    y = np.sin(x)
    u, v = y.copy(), y.copy()
    for k in range(n):
        u[k] = v[k - 1] * u[k] + v[k]
        u, v = v, u
    return np.sum(u * v**2) + np.sum(y)


def copied_on_the_way(x, n):
    """After each round the one array is a copy of the other."""
    u, v = x * 1.0, x * 2.0
    for k in range(n):
        v[k] = u[k - 1] * v[k]
        u, v = v, v.copy()
        u[k] = u[k] * 3.0 + v[k - 1]
    return np.sum(u * v**2)


def copies_copied_on_the_way(x, n):
    u, v = x.copy(), x[::-1].copy()
    for k in range(n):
        v[k] = u[k - 1] * v[k]
        u, v = v, v.copy()
        u[k] = u[k] * 3.0 + v[k - 1]
    return np.sum(u * v**2)


def copied_at_the_end(x, n):
    """The next round begins with one array under both names, and writes into one of them."""
    u, v = x * 1.0, x * 2.0
    for k in range(n):
        v[k] = u[k - 1] * v[k] + u[k]
        u, v = v, v.copy()
    return np.sum(u * v**2)


def copies_copied_at_the_end(x, n):
    u, v = x.copy(), x[::-1].copy()
    for k in range(n):
        v[k] = u[k - 1] * v[k] + u[k]
        u, v = v, v.copy()
    return np.sum(u * v**2)


def one_of_three_twice(x, n):
    """Three arrays take turns, and two of them are equal after a round."""
    a, b, c = x * 1.0, x * 2.0, x * 3.0
    for k in range(n):
        a[k] = b[k] * c[k - 1]
        a, b, c = b, c, c.copy()
        b[k - 1] = a[k] + c[k]
    return np.sum(a * b * c)


def kept_from_before(x, n):
    """What an array was is read in the round after, when it has another name."""
    u, v, p = x * 1.0, x * 2.0, x * 0.5
    s = 0.0
    for k in range(n):
        u[k] = v[k - 1] * u[k] + p[k]
        p = u.copy()
        u, v = v, u
        s = s + np.sum(p * v)
        v[k] = s
    return np.sum(u * v) + s


def kept_for_two_rounds(x, n):
    u, v = x * 1.0, x * 2.0
    p, q = x * 0.5, x * 0.25
    s = 0.0
    for i in range(n):
        q = p
        p = u.copy()
        for k in range(n):
            u[k] = v[k - 1] * u[k] + p[k]
            u, v = v, u
        s = s + np.sum(p * q) + u[i]
    return s + np.sum(u * v)


def listed_on_the_way(x, n):
    """What both arrays were in each round is in a list."""
    u, v = x * 1.0, x * 2.0
    seen = []
    for k in range(n):
        u[k] = v[k - 1] * u[k]
        seen.append(u.copy())
        u, v = v, u
    return sum(np.sum(z * z) * (k + 1.0) for k, z in enumerate(seen)) + np.sum(u * v)


def product_of_those_that_swap(x, n):
    """The adjoint needs both arrays whole, as they were in each round."""
    u, v = x * 1.0, x * 2.0
    s = 0.0
    for k in range(n):
        s = s + np.sum(u * v * u)
        u[k] = s * v[k]
        u, v = v, u
    return s + np.sum(u)


def inner_swap(x, n):
    """An inner loop swaps what the outer one keeps in place."""
    u, v = x.copy(), x * 2.0
    for i in range(n):
        for k in range(2):
            v[k] = u[k + 1] * v[i] + u[i]
            u, v = v, u
        u[i] = v[i] * v[i - 1]
    return np.sum(u * v)


def swapped_in_one_branch(x, n):
    u, v = x.copy(), x * 2.0
    for k in range(n):
        u[k] = v[k - 1] * u[k]
        if u[k] > 0.0:
            u, v = v, u
        else:
            v = u.copy()
        v[0] = v[0] + u[k] * 0.5
    return np.sum(u * v * v)


def argument_among_them(x, y, n):
    """The arguments themselves take turns."""
    for k in range(n):
        x[k] = y[k - 1] * x[k] + y[k]
        x, y = y, x
    return np.sum(x * x * y)


def returned_both(x, n):
    """Both are handed back: the caller gets two arrays."""
    u, v = x * 1.0, x * 2.0
    for k in range(n):
        u[k] = v[k - 1] * u[k]
        u, v = v, u
    return u, v, u


def row_read_later(A):
    """A row is read before a write to it, used behind it, and the row read again."""
    r = A[1]
    before = r * A[0]
    A[1] = A[2] * A[1]
    after = r * A[0]
    A[0] = before
    return np.sum(before * after * A[0])


def transposed_read_later(A):
    T = A.T
    before = T[0] * 2.0
    T[0] = T[1] * A[0]
    A[:, 1] = before * T[0]
    return np.sum(A**2) + np.sum(before * T[1])


def shortened(x):
    """The name of what is cut off goes to what is left, and so does its cotangent's."""
    x = x[1:] * 2.0
    x = x[:-1] ** 2
    x = x[::-1]
    return np.sum(x * np.array([1.0, 2.0]))


def shortened_in_place(x):
    y = x * 1.0
    y[1:] *= y[:-1].copy()
    y = y[1:]
    y[0] = y[1] * y[0]
    y = y[::2]
    return np.sum(y * y)


def gathered_and_bound_again(x):
    x = x[[0, 2, 0, 3]] * x
    x = x[[1, 1, 2]] ** 2
    return np.sum(x * np.array([1.0, 2.0, 3.0]))


def old_value_behind(x, n):
    """The old value of what goes round is needed after the new one is known."""
    a, b = x[0], x[1]
    for k in range(n):
        c = a * b + x[k]
        d = np.sin(a) * c
        a, b = c, d
        x[k] = a
        if c > 0.3:
            b = b * a
    return a * b + np.sum(x)


def written_in_between(x, w, n):
    """What is added at the end of a round was read before an inner loop wrote there."""
    s = 0.0
    for i in range(n):
        t = x[i] * w[i]
        for k in range(i + 1):
            x[k] = x[k] * w[k] + s
        s = s + t
        w = w * 0.5 + x
    return s * np.sum(w) + np.sum(x * x)


ROWS = [
    *(
        row(f, V, 3)
        for f in (
            one_cotangent_for_both,
            two_copies,
            two_copies_of_a_value,
            copied_on_the_way,
            copies_copied_on_the_way,
            copied_at_the_end,
            copies_copied_at_the_end,
            one_of_three_twice,
            kept_from_before,
            kept_for_two_rounds,
            listed_on_the_way,
            product_of_those_that_swap,
            inner_swap,
            swapped_in_one_branch,
            returned_both,
            old_value_behind,
        )
    ),
    row(argument_among_them, V, V[::-1].copy(), 3),
    row(row_read_later, A),
    row(transposed_read_later, A),
    row(shortened, V),
    row(shortened_in_place, V),
    row(gathered_and_bound_again, V),
    row(written_in_between, V, V[::-1].copy(), 3),
    row(two_copies, V, 0),
    row(copies_copied_on_the_way, V, 0),
]
