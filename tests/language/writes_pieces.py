"""Arrays of rank 0 that are part of another one: a number that changes when the other is written."""

from __future__ import annotations

import numpy as np

from tests.language.rows import row

V = np.array([0.7, -1.2, 0.4, 0.9])
A = np.array([[0.4, -0.3, 0.7], [0.2, 0.5, -0.6], [-0.1, 0.8, 0.3]])


def by_ellipsis(x):
    a = x[0, ...]
    x[0] = 5.0 * x[1]
    return a * x[2]


def ellipsis_first(x):
    y = x * 2.0
    a = y[..., 1]
    s = a * y[2]
    y[1] = y[0] ** 2
    return s * a


def reshaped(x):
    a = x[:1].reshape(())
    x += x[1]
    return a * x[2]


def squeezed(x):
    a = np.squeeze(x[1:2], axis=0)
    b = a * a
    x[1] *= x[0]
    return b * a


def of_a_view_of_a_view(x):
    y = x[1:]
    a = np.transpose(np.reshape(y[:1], ()))
    x[1:] = y[::-1] * 2.0
    return a * x[0] + np.real(a)


def broadcast(x):
    y = x * 2.0
    b = np.broadcast_to(y[:1], (1,)).reshape(())
    y[0] = 7.0 * y[1]
    return y[2] * b


def corner(A):
    c = A[0, 0, ...]
    before = c * A[1, 1]
    A[0] = A[1] * A[2]
    A.T[0, 0] *= 3.0
    return before * c


def in_a_container(x):
    y = x * 1.0
    kept = [y[..., 0], {"b": y[..., 1]}]
    y[:2] = y[2:] ** 2
    a, b = kept[0], kept[1]["b"]
    return a * b * y[0]


def by_a_callee(x):
    def part(z):
        return z[..., 2]

    def change(z):
        z[2] = z[2] * z[0]

    a = part(x)
    change(x)
    return a + x[1] * a


def while_it_is_used(x):
    def changed(z):
        z[1] = 3.0 * z[0]
        return z[2]

    y = x * 2.0
    return (y[..., 1] + changed(y)) * y[0]


def read_in_each_round(x, n):
    """The view is made before the loop, and changes in each round."""
    a = x[..., 0]
    s = 0.0
    for k in range(1, n):
        s = s + a * x[k]
        x[0] = x[k] * a
    return s * a


def made_in_each_round(x, n):
    s = 0.0
    for k in range(1, n):
        a = x[k, ...]
        t = a * x[k - 1]
        x[k] = t
        s = s + a * t
    return s


def written_on_one_side(x):
    a = x[..., 0]
    if a > 0.0:
        x[0] = x[1] * x[2]
    else:
        x[1] = 3.0
    return a * x[1]


def copied(x):
    """What is a copy stays what it was."""
    a = x[..., 0].copy()
    b = float(x[..., 1])
    c = x[..., 2] * 1.0
    x[:] = x**2
    return a * b * c * x[3]


def copied_in_other_ways(x):
    a, b = np.array(x[..., 0]), np.copy(x[..., 1])
    c, d = x[..., 2].astype(float), np.float64(x[..., 3])
    x[:] = x[::-1] ** 2
    return a * b * c * d * x[0]


def not_copied(x):
    a, b = np.asarray(x[..., 0], dtype=float), x[..., 1].conj()
    c = x[..., 2].real
    x[:] = x[::-1] ** 2
    return a * b * c * x[0]


def conjugate_of_real(x):
    """Of a real array the method returns the array itself, the function a copy."""
    y, z = x.conj(), np.conj(x)
    x[0] = 5.0 * x[1]
    y.conjugate()[1] = x[2] ** 2
    return np.sum(y * z * x)


def goes_round_unwritten(x, n):
    """A view goes on as the first value of a variable, and nobody writes its array."""
    m = x[..., 0]
    for k in range(1, n):
        m = m * 0.5 + x[..., k] ** 2
    return m


def returned(x):
    y = x * x
    a = y[..., 0]
    y[0] = y[1] * 2.0
    return a, y[..., 2]


def argument(x, y):
    """An argument of rank 0 beside an array that is written."""
    y[0] = x * y[1]
    return x * y[0]


def reshaped_piece(x):
    y = np.reshape(x[..., 0], (1,))
    x[0] = x[1] * x[2]
    return y[0] * x[3]


def through_a_list_each_round(x, n):
    """An array goes through a list each round: what earlier rounds allocated has one name, not many."""
    y = np.sin(x)
    k = 0
    while k < n:
        z = y[...]
        y = np.sin(z) if x[0] > 5.0 else np.squeeze(np.stack([y]), 0)
        z[0] -= 0.1 * y[1]
        k += 1
    return y


ROWS = [
    *(
        row(f, V)
        for f in (
            by_ellipsis,
            ellipsis_first,
            reshaped,
            squeezed,
            of_a_view_of_a_view,
            broadcast,
            in_a_container,
            by_a_callee,
            while_it_is_used,
            written_on_one_side,
            copied,
            reshaped_piece,
            copied_in_other_ways,
            not_copied,
            conjugate_of_real,
            returned,
        )
    ),
    row(corner, A),
    *(row(f, V, 4) for f in (read_in_each_round, made_in_each_round, goes_round_unwritten)),
    row(through_a_list_each_round, V, 3),
    row(argument, np.array(0.7), V),
]
