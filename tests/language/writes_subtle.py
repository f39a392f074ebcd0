"""Programs that tell one reading of a rule from another: a fault in it leaves most others right.

Each belongs to a mechanism of which `tests.mutants` seeds a fault.
"""

from __future__ import annotations

import numpy as np

from tests.language.rows import row

V = np.array([0.7, -1.2, 0.4, 0.9])
A = np.array([[0.4, -0.3, 0.7], [0.2, 0.5, -0.6], [-0.1, 0.8, 0.3]])
B = np.arange(24.0).reshape(2, 3, 4) / 10 + 0.1
RISING = np.arange(6.0) / 5 + 0.3


def read_twice_then_written(x, k):
    """What the first of two equal indices read is needed besides: its cotangents add."""
    t = x[k]
    s = np.sum(t**3)
    x[k] = 2.0 * t
    return s + np.sum(x**2)


def breaks_from_one(x, bound):
    """A loop that begins at one and is broken off."""
    for i in range(1, 4):
        x[i] = x[i] * x[i - 1]
        if x[i] < bound:
            break
    return np.sum(x**2)


def breaks_in_steps(x, bound):
    """The same in steps of two, with nothing to record."""
    s = 0.0
    for i in range(1, 4, 2):
        s += x[i] ** 2
        if s > bound:
            break
    return s


def listed_from_one(x, n):
    """A list whose first entry belongs to round one."""
    y = np.array([x[k] ** 2 for k in range(1, n)])
    return np.sum(y * np.arange(1.0, n))


def grown(a, b, n):
    return a * b if n == 0 else grown(a * b, b, n - 1) + a


def grown_apart(x, w, n):
    """A function that calls itself, called with one, the other and both arguments active."""
    return grown(x[0], w[1], n) + 3.0 * grown(w[0], x[1], n) + grown(x[2], x[3], n)


def grown_twice(x, n):
    """The same with constants among the arguments."""
    return grown(x[0], 2.0, n) + 3.0 * grown(0.5, x[1], n) + grown(x[2], x[3], n)


def active_later(x, n):
    """A value that is a constant in the first round."""
    y = 0.0
    s = 0.0
    for k in range(n):
        s += y * y * (k + 1.0)
        y = x[k] * 3.0
    return s


def permuted_axes(x):
    """A permutation of three axes that is not its own inverse."""
    y = np.transpose(x, (1, 2, 0))
    y[1, 2] = y[0, 3] ** 2
    return np.sum(x**2 * np.arange(24.0).reshape(2, 3, 4))


def moved_axis(x):
    y = np.moveaxis(x, 0, -1)
    y[1, 2] = y[0, 3] ** 2
    return np.sum(x**2 * np.arange(24.0).reshape(2, 3, 4))


def fewer_on_the_diagonal(x):
    """Two values on a diagonal of three: NumPy begins again."""
    np.fill_diagonal(x, x[0, 1:] ** 2)
    return np.sum(x**2 * np.arange(9.0).reshape(3, 3))


def popped(x):
    xs = [x[0], 2.0 * x[1], x[2] ** 2]
    last = xs.pop()
    first = xs.pop(0)
    return last * first + 3.0 * xs[0] + last**2


def column_of_three_axes(x, y):
    """One operand lacks an axis and is one entry wide along another."""
    return np.sum((x * y) ** 2)


def reshaped_to_one(x, a, n):
    """An array of which only the run knows that it is one entry wide along both axes."""
    y = np.reshape(x[:1], (n, n))
    return np.sum((y * a) ** 2)


def either_way(x, y, c):
    """An argument that comes to hold new memory on one path, and is changed in place on the other."""
    if c:
        x[:] = y * 2.0
    else:
        x[0] = y[1]
    return np.sum(x**2)


def both_needed(x, y):
    """Two arguments are written whose old values the derivative needs: both are copied first."""
    s = np.sum(np.sin(x) * np.cos(y))
    x[0] = y[1]
    y[0] = x[1] * 2.0
    return s + np.sum(x * y)


def from_two(x, n):
    for k in range(2, n):
        x[k] = np.sin(x[k - 1]) * x[k - 2] * x[k]
    return np.sum(x**2)


def backward_from_two(x, n):
    for k in reversed(range(2, n)):
        x[k] = np.sin(x[k - 1]) * x[k - 2] * x[k]
    return np.sum(x**2)


def narrow_and_needed(x, y):
    """A narrow array that is multiplied by a wide one, and whose old value is needed."""
    y[1:] = x[1:]
    y *= x
    return np.sum(y**3)


def shifted_swap(x, n):
    """Arrays that change names, made of an argument that keeps what it holds."""
    u = x.copy()
    v = 2.0 * x
    for _ in range(n):
        v[1:] += u[:-1] * u[1:]
        u, v = v, u
    return np.sum(u * np.arange(4.0))


def recorded_view(x, n):
    """A part of an array is needed as it was before the round writes the array."""
    s = 0.0
    for k in range(n):
        t = x[k : k + 2]
        s += np.sum(t**3)
        x[k] = s
    return s + np.sum(x)


class Counter:
    def __init__(self, state=None):
        self.state = state
        self.total = 0.0


def first_state(box, x):
    """An attribute that held nothing holds an array afterwards."""
    box.state = x * 2.0
    box.total = np.sum(x)
    return np.sum(box.state**2)


ROWS = (
    row(read_twice_then_written, V, np.array([0, 2, 0])),
    row(breaks_from_one, V, -0.5),
    row(breaks_from_one, V, -9.0),
    row(breaks_in_steps, V, 1.0),
    row(breaks_in_steps, V, 9.0),
    row(listed_from_one, V, 4),
    row(grown_apart, V, V[::-1].copy(), 3, wrt=(0,)),
    row(grown_twice, V, 3),
    row(active_later, V, 4),
    row(permuted_axes, B),
    row(moved_axis, B),
    row(fewer_on_the_diagonal, A),
    row(popped, V),
    row(column_of_three_axes, A[:, :1], np.ones((2, 3, 3)) * A),
    row(reshaped_to_one, V, A, 1),
    row(either_way, V, V[::-1].copy(), True),
    row(either_way, V, V[::-1].copy(), False),
    row(both_needed, V, np.cos(V)),
    row(narrow_and_needed, V, V.astype(np.float32)),
    row(shifted_swap, V, 3),
    row(recorded_view, V, 3),
    row(first_state, Counter(), V),
    row(from_two, RISING, 6),
    row(backward_from_two, RISING, 6),
)
