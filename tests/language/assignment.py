"""Bindings: chained, unpacked, starred, augmented, swapped, rebound to values of other types."""

from __future__ import annotations

import math

import numpy as np

from tests.language.rows import row


def chained(x, y):
    a = b = c = x * y
    b = b + math.sin(a)
    return a * b + c


def chained_with_unpacking(x, y):
    pair = (a, b) = (x * y, x + y)
    return a * b + pair[0] * pair[1]


def annotated(x):
    y: float = x * x
    z: float
    z = y * 3.0
    return z + y


def swapped(x, y):
    x, y = y, x * y
    x, y = y, x
    return x * x + 3.0 * y


def rotated(x, y, z):
    for _ in range(4):
        x, y, z = y, z, x * y
    return x + 2.0 * y + 3.0 * z


def nested_targets(x, y):
    (a, (b, c)), d = (x, (y, x * y)), x - y
    return a * b + c * d


def list_targets(x, y):
    [a, b] = x * y, x / y
    return a * a + b


def starred_in_the_middle(x):
    first, *middle, last = x
    return first * last + sum(middle) * first


def starred_first(x, y):
    *rest, last = (x, y, x * y, x + y)
    return rest[0] * rest[2] + last


def starred_last_and_empty(x, y):
    a, b, *rest = (x, y)
    return a * b + len(rest) * x + sum(rest)


def starred_from_a_list(items):
    head, *tail = items
    total = head
    for item in tail:
        total = total * item
    return total


def unpacked_rows(a):
    top, bottom = a
    return np.sum(top * bottom) + np.sum(top)


def unpacked_from_a_call(x, y):
    total, difference = _sum_and_difference(x, y)
    return total * difference


def _sum_and_difference(x, y):
    return x + y, x - y


def augmented(x, y):
    z = x
    z += y
    z *= x
    z -= 2.0
    z /= y
    z **= 2
    return z


def augmented_with_remainders(x, y):
    z = x * 7.0
    z %= 2.0
    w = y * 5.0
    w //= 2.0
    return z * y + w * x


def augmented_operand_uses_the_name(x):
    y = x
    y += y * y
    y *= y
    return y


def augmented_matrix_product(a, v):
    w = v
    w = a @ w
    return np.sum(w * v)


def rebound_to_an_array(x, v):
    x = x * v
    x = np.sum(x * x)
    return x


def int_becomes_float(x):
    total = 0
    for power in range(4):
        total = total + x**power
    return total


def int_becomes_array(v):
    total = 0
    for scale in (1.0, 2.0, 3.0):
        total = total + scale * v * v
    return np.sum(total)


def aliases(v):
    w = v
    u = w
    v = v * 2.0
    return np.sum(u * w) + np.sum(v)


def unused_and_inactive(x, y):
    unused = x * 100.0
    steps = 3
    label = "ignored"
    scale = steps * 0.5
    ignored = (unused, label)
    return scale * x * y


def several_statements_on_a_line(x):
    a = x
    b = a * x
    return a + b


def deleted_name(x):
    y = x * x
    z = y * x
    del y
    return z


def squares_itself(x):
    x = x * x
    x = x * x
    return x


V = np.array([0.7, -1.2, 0.4])
A = np.array([[0.7, -1.2], [0.4, 1.1]])

ROWS = (
    row(chained, 1.3, 0.7),
    row(chained_with_unpacking, 1.3, 0.7),
    row(annotated, 1.3),
    row(swapped, 1.3, 0.7),
    row(rotated, 1.3, 0.7, -0.4),
    row(nested_targets, 1.3, 0.7),
    row(list_targets, 1.3, 0.7),
    row(starred_in_the_middle, np.array([0.7, -1.2, 0.4, 0.9])),
    row(starred_in_the_middle, [0.7, -1.2, 0.4]),
    row(starred_in_the_middle, (0.7, -1.2)),
    row(starred_first, 1.3, 0.7),
    row(starred_last_and_empty, 1.3, 0.7),
    row(starred_from_a_list, [1.3, 0.7, -0.4]),
    row(unpacked_rows, A),
    row(unpacked_from_a_call, 1.3, 0.7),
    row(augmented, 1.3, 0.7),
    row(augmented_with_remainders, 1.3, 0.7),
    row(augmented_operand_uses_the_name, 1.3),
    row(augmented_matrix_product, A, np.array([0.3, 0.8])),
    row(rebound_to_an_array, 1.3, V),
    row(int_becomes_float, 1.3),
    row(int_becomes_array, V),
    row(aliases, V),
    row(unused_and_inactive, 1.3, 0.7),
    row(several_statements_on_a_line, 1.3),
    row(deleted_name, 1.3),
    row(squares_itself, 1.3),
)
