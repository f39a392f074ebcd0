"""Loops that run backward: what they gather lies in the order of their rounds, and counters count these."""

from __future__ import annotations

import numpy as np

from tests.language.rows import row

V = np.array([0.7, 1.1, 0.4])


def gathered_backward(x):
    xs = [v * 1.0 for v in x]
    ys = [v for v in reversed(xs)]
    return sum((k + 1) * v * v for k, v in enumerate(ys))


def listed_backward(x):
    xs = [v * v for v in x]
    ys = list(reversed(xs))
    return ys[0] * 3.0 + ys[1] * ys[0] + ys[2] ** 3


def gathered_of_a_backward_range(x):
    xs = [v * v for v in x]
    ys = [xs[k] for k in reversed(range(2))]
    return ys[0] * 3.0 + ys[1] * ys[0]


def gathered_twice(x):
    xs = [v * 1.0 for v in x]
    ys = [1.5 * v for v in reversed(xs)]
    zs = [y for y in reversed(ys)]
    ws = [zs[k] for k in range(2)]
    return ws[0] * ws[1] * ws[1] + sum(v**3 * (k + 1) for k, v in enumerate(zs))


def gathered_from_an_array(x):
    ys = np.array([v * x[0] for v in reversed(x)])
    return np.sum(ys * np.arange(1.0, 4.0)) + ys[0]


def gathered_beside_numbers(x):
    ys = [k * v for k, v in enumerate(reversed(x))]
    zs = [a * b for a, b in zip(reversed(x), x)]
    return sum(y * (k + 1) for k, y in enumerate(ys)) + zs[0] * zs[1]


def gathered_if(x):
    ys = [v for v in reversed(x) if v > 0.5]
    return ys[0] * 2.0 + ys[-1] ** 2


def arrays_gathered_backward(x):
    rows = [x * k for k in range(1, 4)]
    back = [r * r for r in reversed(rows)]
    return np.sum(back[0]) + 2.0 * np.sum(back[2] ** 2)


def counter_beside_a_backward_range(x):
    k, t = 0, 1.0
    for i in reversed(range(len(x))):
        t = t * x[i] * (k + 1) + k
        k += 1
    return t * k


def counter_down_beside_a_backward_array(x):
    k, t = 5, 1.0
    for v in reversed(x):
        t = np.sin(t * v * k) + v
        k -= 2
    return t


def counter_beside_a_range_with_a_step(x):
    k, t = 0, 0.0
    for i in range(2, -1, -1):
        t = t * x[i] + k * x[i] ** 2
        k += 1
    return t


def counter_through_two_loops(x):
    k, t = 1, 1.0
    for i in range(0, 3, 2):
        for j in reversed(range(i + 1)):
            t = np.sin(t * x[j] * k) + x[j]
            k += 1
    return t


ROWS = [
    row(f, V)
    for f in (
        gathered_backward,
        listed_backward,
        gathered_of_a_backward_range,
        gathered_twice,
        gathered_from_an_array,
        gathered_beside_numbers,
        gathered_if,
        arrays_gathered_backward,
        counter_beside_a_backward_range,
        counter_down_beside_a_backward_array,
        counter_beside_a_range_with_a_step,
        counter_through_two_loops,
    )
]
