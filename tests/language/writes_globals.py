"""Programs that assign variables of their module.

Each begins by giving them a value, or ends with what it found, so that every call is like the first.
"""

from __future__ import annotations

import sys

import numpy as np

from tests.language.rows import raising, row

V = np.array([0.7, -1.2, 0.4, 0.9])

total = 0.5
count = 0
table = np.array([1.0, -2.0, 0.5, 3.0])
last = None
pair = (1.0, 2.0)
THIS = sys.modules[__name__]


def add(v):
    global total
    total = total + v * v


def read_total():
    return total


def through_calls(x):
    global total
    before = total
    add(x)
    add(2.0 * x)
    y = read_total() * x
    total = before
    return y


def augmented_in_a_loop(x, n):
    global total, count
    total, count = 1.0, 0
    for k in range(n):
        total *= 1.0 + x * k
        count += 1
    return total * (count + 1)


def found_and_kept(x, n):
    global total
    before = total
    while total < 4.0 and n > 0:
        total = total + x * total
        n -= 1
    y = total * read_total()
    total = before
    return y


def on_one_side(x, t):
    global total
    before = total
    if t:
        total = x * x
    y = total * x
    total = before
    return y


def array_rebound(x):
    global table
    before = table
    table = table * x
    table[0] = x[1] * before[3]
    table[1:] += x[1:]
    y = np.sum(table * before)
    table = before
    return y


def array_kept_under_two_names(x):
    global table, last
    before = table
    table = last = x * 2.0
    table[0] = x[2] ** 2
    last[1] *= x[3]
    y = np.sum(table * last)
    table, last = before, None
    return y


def is_the_argument(x):
    global last
    last = x
    x[0] = x[1] * x[2]
    last[3] *= x[0]
    y = np.sum(last * x)
    last = None
    return y


def first_time(x):
    global last
    last = None
    for k in range(3):
        if last is None:
            last = x * x
        else:
            last = last * x + k
    return last


def early_return(x, n):
    global total
    total = 0.0
    for k in range(n):
        total += x ** (k + 1)
        if total > 2.0:
            return total * x
    return total


def loop_target(x):
    global total
    for total in (x, x * x, 3.0 * x):
        pass
    return total * total


def unpacked(x):
    global total, pair
    before = total, pair
    (total, *rest), pair = (x, x * x, 2.0), (x, total)
    y = total * rest[0] + pair[0] * pair[1]
    total, pair = before
    return y


def of_the_module(x):
    before = THIS.total
    THIS.total = x * x
    add(x)
    THIS.total += 1.0
    y = total * x
    THIS.total = before
    return y


def beside_a_local(x):
    total = 3.0 * x

    def inner(v):
        global total
        before = total
        total = v * v

        def innermost():
            return total * v

        y = innermost() + read_total()
        total = before
        return y

    return total * inner(x)


def closure_sees_the_later(x):
    global total
    total = 2.0
    late = lambda: total * x
    first = late()
    total = x * x
    return first * late()


def comprehension(x):
    global total
    total = x
    values = [total * k for k in range(4)]
    total = sum(values)
    return total * values[2]


def _scaled(x, n):
    return x if n == 0 else _scaled(x, n - 1) * total


def recursion_reads(x, n):
    global total
    total = x
    first = _scaled(x, n)
    total = x * x
    return first + _scaled(x, n)


class Scale:
    by = 1.0


SCALE = Scale()
SCALE.by = 1.0


def _scaled_by(x, n):
    return x if n == 0 else _scaled_by(x, n - 1) * SCALE.by


def recursion_reads_an_attribute(x, n):
    SCALE.by = x
    first = _scaled_by(x, n)
    SCALE.by = x * x
    return first + _scaled_by(x, n)


def recursion_reads_a_view(x, n):
    table[:] = x
    first = _dotted(x, n)
    table[1] = x[0] * x[2]
    return first + _dotted(x, n)


def _dotted(x, n):
    return x[0] if n == 0 else _dotted(x, n - 1) * np.sum(table[1:3])


def unbound_at_first(x):
    if x > 0:
        raise ValueError(f"{read_total() > 0}")
    return x


ROWS = [
    row(through_calls, 1.3),
    row(augmented_in_a_loop, 0.3, 4),
    row(augmented_in_a_loop, 0.3, 0),
    row(found_and_kept, 0.6, 9),
    row(found_and_kept, 0.6, 2),
    row(found_and_kept, 0.6, 0),
    row(on_one_side, 1.3, True),
    row(on_one_side, 1.3, False),
    row(array_rebound, V),
    row(array_kept_under_two_names, V),
    row(is_the_argument, V),
    row(first_time, 1.3),
    row(early_return, 0.9, 9),
    row(early_return, 0.9, 2),
    row(early_return, 0.9, 0),
    row(loop_target, 1.3),
    row(unpacked, 1.3),
    row(of_the_module, 1.3),
    row(beside_a_local, 1.3),
    row(closure_sees_the_later, 1.3),
    row(comprehension, 1.3),
    row(recursion_reads, 1.3, 3),
    row(recursion_reads, 1.3, 0),
    row(recursion_reads_an_attribute, 1.3, 3),
    row(recursion_reads_a_view, V, 3),
    raising(ValueError, unbound_at_first, 1.3),
]
