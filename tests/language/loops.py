"""Loops over everything that can be looped over, ``while``, and what loops leave behind."""

from __future__ import annotations

import math

import numpy as np

from tests.language.rows import raising, row


def over_range(x, n):
    total = 0.0
    for k in range(n):
        total = total + x**k
    return total


def over_range_with_bounds(v):
    total = 0.0
    for i in range(1, len(v)):
        total += v[i] * v[i - 1]
    return total


def over_range_with_steps(v):
    total = 0.0
    for i in range(len(v) - 1, -1, -2):
        total = 0.5 * total + v[i]
    return total


def over_an_array(v):
    product = 1.0
    for value in v:
        product = product * value
    return product


def over_rows(a):
    total = np.zeros(a.shape[1])
    for line in a:
        total = np.tanh(total + line)
    return np.sum(total)


def over_a_list(items):
    total = 0.0
    for item in items:
        total = total * item + item
    return total


def over_a_list_of_arrays(items, v):
    for item in items:
        v = np.tanh(item @ v)
    return np.sum(v)


def over_a_tuple(x, y):
    total = 0.0
    for item in (x, y, x * y):
        total += item * item
    return total


def over_mixed_numbers(x):
    total = x
    for scale in (1, 2.5, 3):
        total = total * scale
    return total * x


def over_zip(x, y):
    total = 0.0
    for a, b in zip(x, y):
        total += a * b * b
    return total


def over_zip_of_three(x, y, items):
    total = 0.0
    for a, b, c in zip(x, y, items):
        total = total * c + a * b
    return total


def over_enumerate(v):
    total = 0.0
    for i, value in enumerate(v):
        total += (i + 1) * value * value
    return total


def over_enumerate_from(items):
    total = 0.0
    for i, value in enumerate(items, start=2):
        total += value**i
    return total


def over_enumerate_of_zip(x, y):
    total = 0.0
    for i, (a, b) in enumerate(zip(x, y)):
        total += i * a * b
    return total


def over_reversed(items):
    total = 0.0
    for item in reversed(items):
        total = total * 0.5 + item * item
    return total


def over_reversed_range(v):
    state = 1.0
    for i in reversed(range(len(v))):
        state = math.sin(state) * v[i]
    return state


def over_items_of_a_dict(params):
    total = 0.0
    for key in ("w", "b"):
        total += params[key] * params[key]
    return total


def nested(a):
    total = 0.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            total = total + a[i, j] * (i - j) * total + a[i, j] ** 2
    return total


def nested_triangular(v):
    total = 0.0
    for i in range(len(v)):
        for j in range(i):
            total += v[i] * v[j] * v[j]
    return total


def nested_with_inner_state(v):
    total = 0.0
    for value in v:
        inner = 1.0
        for _ in range(3):
            inner = inner * math.cos(value)
        total += inner
    return total


def variable_after_the_loop(x, v):
    for i, value in enumerate(v):
        x = x * value
    return x * value * (i + 1)


def variable_kept_by_a_loop_that_does_not_run(x, n):
    k = 5
    for k in range(n):
        x = x * 2.0
    return x * x * k


def variable_bound_in_the_body(v):
    for value in v:
        square = value * value
    return square * value


def variable_changed_in_the_body(x):
    for k in range(4):
        x = x * 1.1 + k
        k = k * 2
        x = x + k
    return x


def zero_trips(x, n):
    for _ in range(n):
        x = math.exp(x)
    return x * x


def zero_trips_over_an_empty_slice(v):
    total = 1.5 * v[0]
    for value in v[3:]:
        total = total * value
    return total


def unbound_after_zero_trips(v, n):
    for i in range(n):
        total = v[i]
    return total * i


def body_does_not_use_the_counter(x):
    for _ in range(5):
        x = x + 0.1 * math.sin(x)
    return x


def several_carried(x, y):
    a, b, c = x, y, 0.0
    for _ in range(3):
        a, b = b, a * b
        c = c + a
    return a + b * c


def carried_but_inactive(x, n):
    scale, count = 1.0, 0
    for k in range(n):
        scale = scale * 0.5
        count += k
        x = x * (1.0 + scale)
    return x * count


def becomes_active_in_the_second_turn(x):
    a, b, c = 1.0, 1.0, x
    for _ in range(3):
        a, b = b, c
    return a * b * c


def fibonacci_like(x, n):
    a, b = x, x * x
    for _ in range(n):
        a, b = b, a + b * 0.5
    return a


def while_with_a_counter(x, n):
    k = 0
    total = 0.0
    while k < n:
        total += x**k
        k += 1
    return total


def while_on_data(x):
    steps = 0
    while x < 10.0:
        x = x * 1.7
        steps += 1
    return x + steps


def while_never_runs(x):
    while x > 100.0:
        x = x * 0.5
    return x * x


def while_nested(x):
    i = 0
    while i < 3:
        j = 0
        while j < i:
            x = x * 1.1 + 0.1 * math.sin(x)
            j += 1
        i += 1
    return x


def while_newton(a):
    x = a
    while abs(x * x - a) > 1e-12:
        x = 0.5 * (x + a / x)
    return x


def while_true_until(x):
    while True:
        x = x * 1.5
        if x > 20.0:
            break
    return math.log(x) * x


def while_with_two_conditions(x, limit):
    n = 0
    while n < 10 and x < limit:
        x = x + math.exp(-x)
        n += 1
    return x


def bisection(a):
    low, high = 0.0, 4.0
    for _ in range(3):
        middle = 0.5 * (low + high)
        if middle * middle < a:
            low = middle
        else:
            high = middle
    return (low + high) * a


def runge_kutta(k, y):
    h = 0.1
    for _ in range(5):
        a = -k * y
        b = -k * (y + 0.5 * h * a)
        c = -k * (y + 0.5 * h * b)
        d = -k * (y + h * c)
        y = y + h / 6.0 * (a + 2.0 * b + 2.0 * c + d)
    return y


def recurrent_network(w, xs, h):
    for x in xs:
        h = np.tanh(w @ h + x)
    return np.sum(h * h)


def range_that_depends_on_a_branch(x, flag):
    n = 2
    if flag:
        n = 4
    for _ in range(n):
        x = x * 1.5
    return x


def loop_in_a_branch(x, v):
    if x > 0.0:
        for value in v:
            x = x * value
    else:
        for value in v:
            x = x + value
    return x * x


def branch_in_a_loop(v):
    total = 0.0
    for value in v:
        if value > 0.0:
            total += value * value
        else:
            total -= value * total
    return total


V = np.array([0.7, -1.2, 0.4])
A = np.array([[0.7, -1.2, 0.3], [0.4, 1.1, -0.6]])
W = np.array([[0.7, -0.2], [0.4, 0.5]])


def counter_from_two(x):
    k, total = 2, 0.0
    for v in x:
        total = total * v + k * np.sin(v * k)
        k += 1
    return total * k


def counter_by_three(x):
    k, t = 0, 1.0
    while k < 12:
        t = np.sin(t * x[k % 3] * (k + 1)) + x[k % 3]
        k += 3
    return t


def counter_that_is_not_the_number_of_rounds(x):
    k, b = 0, x[0]
    while k < 12:
        b = 1.1 * b + x[1]
        k += 3
    return b * k


def counter_down(x):
    k, t = len(x), 1.0
    while k > 0:
        k -= 1
        t = t * x[k] * (k + 0.5)
    return t


def counter_that_breaks(x):
    k, t = 0, 1.0
    while True:
        t = np.sin(t * x[k]) + k
        k += 1
        if k >= len(x) or t > 3.0:
            break
    return t * k


def counter_with_a_break_before(x):
    k, t = 0, x[0]
    while k < 10:
        t = 1.5 * t + x[1]
        if t > 3.0:
            break
        k += 1
    return t * k


def counter_of_rounds_alone(x):
    k, t = 0, x[0] * 0.1
    while k < 10 and t < 30.0:
        t = 1.5 * t + x[1] * k
        k += 1
    return t


def counter_that_starts_at_an_outer_one(x):
    t = 0.0
    for i in range(3):
        k = i
        while k < 5:
            t = np.sin(t * x[k % 3] * k) + x[k % 3]
            k += 2
    return t


def counter_that_is_a_float(x):
    k, t = 0.0, x[0]
    while k < 2.0:
        t = np.sin(t * k + x[1])
        k += 0.5
    return t


def counter_by_what_was_passed_in(x, step):
    k, t = 0, x[0]
    while k < 7:
        t = np.sin(t * k + x[1])
        k += step
    return t


def counter_under_a_test(x):
    k, t = 0, x[0]
    for v in x:
        t = np.sin(t * k + v)
        if v > 0.0:
            k += 1
    return t * k


ROWS = (
    row(over_range, 1.3, 4),
    row(over_range, 1.3, 0),
    row(over_range_with_bounds, V),
    row(over_range_with_steps, V),
    row(over_an_array, V),
    row(over_rows, A),
    row(over_a_list, [0.7, -1.2, 0.4]),
    row(over_a_list_of_arrays, [W, W.T], np.array([0.3, 0.9])),
    row(over_a_tuple, 1.3, 0.7),
    row(over_mixed_numbers, 1.3),
    row(over_zip, V, V[::-1].copy()),
    row(over_zip, V, [0.5, 0.6]),
    row(over_zip_of_three, V, V + 1.0, [0.5, 0.6, 0.7]),
    row(over_enumerate, V),
    row(over_enumerate, [0.5, 0.6]),
    row(over_enumerate_from, [0.5, 0.6, 0.7]),
    row(over_enumerate_of_zip, V, V + 1.0),
    row(over_reversed, [0.7, -1.2, 0.4]),
    row(over_reversed, V),
    row(over_reversed_range, V),
    row(over_items_of_a_dict, {"w": 1.3, "b": 0.7}),
    row(nested, A),
    row(nested_triangular, V),
    row(nested_with_inner_state, V),
    row(variable_after_the_loop, 1.3, V),
    row(variable_kept_by_a_loop_that_does_not_run, 1.3, 0),
    row(variable_kept_by_a_loop_that_does_not_run, 1.3, 2),
    row(variable_bound_in_the_body, V),
    row(variable_changed_in_the_body, 1.3),
    row(zero_trips, 1.3, 0),
    row(zero_trips, 0.3, 2),
    row(zero_trips_over_an_empty_slice, V),
    row(unbound_after_zero_trips, V, 2),
    raising(UnboundLocalError, unbound_after_zero_trips, V, 0),
    row(body_does_not_use_the_counter, 1.3),
    row(several_carried, 1.3, 0.7),
    row(carried_but_inactive, 1.3, 4),
    row(becomes_active_in_the_second_turn, 1.3),
    row(fibonacci_like, 1.3, 5),
    row(fibonacci_like, 1.3, 0),
    row(while_with_a_counter, 1.3, 4),
    row(while_with_a_counter, 1.3, 0),
    row(while_on_data, 1.3),
    row(while_on_data, 11.3),
    row(while_never_runs, 1.3),
    row(while_nested, 1.3),
    row(while_newton, 2.3),
    row(while_true_until, 1.3),
    row(while_with_two_conditions, 0.3, 2.0),
    row(while_with_two_conditions, 0.3, 50.0),
    row(bisection, 2.3),
    row(runge_kutta, 1.3, 0.7),
    row(
        recurrent_network, W, np.array([[0.1, 0.2], [0.3, -0.4], [0.5, 0.6]]), np.array([0.2, 0.1])
    ),
    row(range_that_depends_on_a_branch, 1.3, True),
    row(range_that_depends_on_a_branch, 1.3, False),
    row(loop_in_a_branch, 1.3, V),
    row(loop_in_a_branch, -1.3, V),
    row(branch_in_a_loop, V),
    *(
        row(f, V)
        for f in (
            counter_from_two,
            counter_by_three,
            counter_that_is_not_the_number_of_rounds,
            counter_down,
            counter_that_breaks,
            counter_with_a_break_before,
            counter_of_rounds_alone,
            counter_that_starts_at_an_outer_one,
            counter_that_is_a_float,
            counter_under_a_test,
        )
    ),
    row(counter_by_what_was_passed_in, V, 3),
)
