"""``break``, ``continue``, ``else`` on loops, and ``return`` from anywhere."""

from __future__ import annotations

import math

import numpy as np

from tests.language.rows import row


def breaks(v, limit):
    total = 0.0
    for value in v:
        if total > limit:
            break
        total += value * value
    return total


def breaks_after_work(v, limit):
    total = 1.0
    for value in v:
        total = total * (1.0 + value * value)
        if total > limit:
            total = total * value
            break
        total = total + value
    return total


def breaks_at_once(x):
    for k in range(5):
        break
    return x * x + k


def continues(v):
    total = 0.0
    for value in v:
        if value < 0.0:
            continue
        total = total * 0.5 + value * value
    return total


def continues_at_the_end(v):
    total = 0.0
    for value in v:
        total += value**3
        continue
    return total


def breaks_and_continues(v):
    total = 1.0
    for i, value in enumerate(v):
        if i == 1:
            continue
        if value > 2.0:
            break
        total = total * value
    return total


def break_in_a_nested_loop(a):
    total = 0.0
    for line in a:
        for value in line:
            if value < 0.0:
                break
            total += value * value
        total = total * 1.5
    return total


def break_in_both_loops(a, limit):
    total = 0.0
    for line in a:
        for value in line:
            total = total + value * value
            if total > limit:
                break
        if total > limit:
            total = math.sin(total)
            break
    return total


def continue_in_a_nested_loop(a):
    total = 1.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            if i == j:
                continue
            total = total * a[i, j] + 1.0
    return total


def for_else(v, limit):
    for value in v:
        if value > limit:
            result = value * value
            break
    else:
        result = np.sum(v)
    return result


def for_else_of_an_empty_loop(x, n):
    for _ in range(n):
        x = x + 1.0
        if x > 3.0:
            break
    else:
        x = x * x
    return x


def else_without_break(v):
    total = 0.0
    for value in v:
        total += value
    else:
        total = total * total
    return total


def while_else(x):
    n = 0
    while n < 5:
        x = x * 1.2
        if x > 2.0:
            break
        n += 1
    else:
        x = x * x
    return x


def nested_else(a, limit):
    found = 0.0
    for line in a:
        for value in line:
            if value > limit:
                found = value * value
                break
        else:
            continue
        break
    else:
        found = np.sum(a)
    return found


def else_returns(v):
    for value in v:
        if value < 0.0:
            break
    else:
        return np.prod(v)
    return value * value


def while_with_continue(x):
    n = 0
    total = 0.0
    while n < 6:
        n += 1
        if n % 2 == 0:
            continue
        total += x**n
    return total


def while_breaks_on_convergence(a):
    x = 1.0
    n = 0
    while n < 50:
        step = (x * x - a) / (2.0 * x)
        x = x - step
        if abs(step) < 1e-13:
            break
        n += 1
    return x


def returns_early(x):
    if x > 1.0:
        return x * x
    y = math.sin(x)
    if y > 0.3:
        return y * x
    return y + x


def returns_from_a_loop(v, limit):
    total = 0.0
    for value in v:
        total += value * value
        if total > limit:
            return total * value
    return total


def returns_from_nested_loops(a, limit):
    total = 1.0
    for line in a:
        for value in line:
            if value > limit:
                return value * total
            total = total + value * value
        if total > 10.0:
            return total
    return total * total


def returns_from_a_while(x):
    n = 0
    while True:
        x = x * 1.3
        if x > 4.0:
            return x * x
        n += 1
        if n > 7:
            return x


def returns_different_expressions(x, y, mode):
    if mode == 0:
        return x
    elif mode == 1:
        return x * y
    else:
        return y


def returns_constant_on_one_path(x):
    if x < 0.0:
        return 0.0
    return x * x


def returns_before_anything(x):
    return x * x
    x = 1.0  # never runs
    return x


def returns_in_else_of_nested_branches(x, y):
    if x > 0.0:
        if y > 0.0:
            return x * y
        x = x + 1.0
    else:
        if y > 0.0:
            x = x - 1.0
        else:
            return y * y
    return x * x * y


def returns_a_tuple_early(x):
    if x > 1.0:
        return x, x * x
    return x**3, x


def infinite_range_with_return(x):
    for k in range(1000000):
        x = x * 1.5
        if x > 10.0:
            return x + k
    return x


def secant(a):
    x, y = 1.0, 2.0
    for _ in range(20):
        fx, fy = x * x - a, y * y - a
        if fy == fx:
            break
        x, y = y, y - fy * (y - x) / (fy - fx)
        if abs(fy) < 1e-6:
            break
    return y


V = np.array([0.7, -1.2, 0.4])
A = np.array([[0.7, 1.2, 0.3], [0.4, -1.1, 0.6], [0.2, 0.9, 0.8]])

ROWS = (
    row(breaks, V, 0.6),
    row(breaks, V, 100.0),
    row(breaks, V, -1.0),
    row(breaks_after_work, V, 1.7),
    row(breaks_after_work, V, 100.0),
    row(breaks_at_once, 1.3),
    row(continues, V),
    row(continues, -np.abs(V)),
    row(continues_at_the_end, V),
    row(breaks_and_continues, V),
    row(breaks_and_continues, np.array([0.7, 1.2, 2.4, 3.0])),
    row(break_in_a_nested_loop, A),
    row(break_in_both_loops, A, 2.2),
    row(break_in_both_loops, A, 100.0),
    row(continue_in_a_nested_loop, A),
    row(for_else, V, 0.5),
    row(for_else, V, 5.0),
    row(for_else_of_an_empty_loop, 1.3, 0),
    row(for_else_of_an_empty_loop, 1.3, 1),
    row(for_else_of_an_empty_loop, 1.3, 4),
    row(else_without_break, V),
    row(while_else, 1.3),
    row(while_else, 0.3),
    row(nested_else, A, 0.8),
    row(nested_else, A, 5.0),
    row(else_returns, V),
    row(else_returns, np.abs(V)),
    row(while_with_continue, 1.3),
    row(while_breaks_on_convergence, 2.3),
    row(returns_early, 1.3),
    row(returns_early, 0.7),
    row(returns_early, 0.1),
    row(returns_from_a_loop, V, 1.0),
    row(returns_from_a_loop, V, 100.0),
    row(returns_from_nested_loops, A, 1.0),
    row(returns_from_nested_loops, A, 100.0),
    row(returns_from_nested_loops, A * 4.0, 100.0),
    row(returns_from_a_while, 1.3),
    row(returns_from_a_while, 0.3),
    row(returns_different_expressions, 1.3, 0.7, 0),
    row(returns_different_expressions, 1.3, 0.7, 1),
    row(returns_different_expressions, 1.3, 0.7, 2),
    row(returns_constant_on_one_path, 1.3),
    row(returns_constant_on_one_path, -1.3),
    row(returns_before_anything, 1.3),
    row(returns_in_else_of_nested_branches, 1.3, 0.7),
    row(returns_in_else_of_nested_branches, 1.3, -0.7),
    row(returns_in_else_of_nested_branches, -1.3, 0.7),
    row(returns_in_else_of_nested_branches, -1.3, -0.7),
    row(returns_a_tuple_early, 1.3),
    row(returns_a_tuple_early, 0.3),
    row(infinite_range_with_return, 1.3),
    row(secant, 2.3),
)
