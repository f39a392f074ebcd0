"""Functions that call themselves: right to second order, and no level is run more than once."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest

from srcdiff import directional_derivative, grad, hvp, jvp, value_and_grad, vjp


def power(x, n):
    if n == 0:
        return 1.0
    return x * power(x, n - 1)


def walk(x, n):
    if n == 0:
        return np.sum(x**2)
    y = np.sin(x) * x
    return walk(y, n - 1) * np.mean(y)


def tree(x, n):
    if n == 0:
        return x
    total = 0.0
    for _ in range(2):
        total += math.sin(tree(0.9 * x, n - 1)) * x
    return total


def even(x, n):
    return 1.0 if n == 0 else x * odd(x, n - 1)


def odd(x, n):
    return x if n <= 1 else math.sin(x) * even(x, n - 1)


def written(x, n):
    if n == 0:
        return np.sum(x * x)
    y = x * 1.0
    y[0] = np.sum(x)
    inner = written(y, n - 1)
    y[1] = inner
    return np.sum(y * x)


def total(x, n):
    return 0.0 if n == 0 else math.sin(x) + total(x, n - 1)


X = np.array([0.3, -0.4, 0.5])
CASES = [
    (power, 1.1, 6),
    (walk, X, 3),
    (tree, 0.3, 3),
    (even, 0.7, 6),
    (written, X, 3),
    (total, 0.4, 4),
]


@pytest.mark.parametrize("function, x, n", CASES, ids=lambda a: getattr(a, "__name__", ""))
@pytest.mark.parametrize("shorter", [False, True])
def test_gradients(function, x, n, shorter):
    depth = 0 if shorter else n
    grad(function).check(x, depth)
    value, found = value_and_grad(function)(x, depth)
    assert np.allclose(value, function(x, depth))
    _, tangent = jvp(lambda y: function(y, depth), (x,), (np.ones_like(x) if np.ndim(x) else 1.0,))
    assert np.allclose(np.sum(found), tangent)


@pytest.mark.parametrize("function", [power, tree, even])
def test_second_derivatives(function):
    grad(grad(function)).check(0.7, 4)


def calls_of(function, *args):
    """How often each Python function is called by name."""
    counts = {}

    def count(frame, event, arg):
        if event == "call":
            counts[frame.f_code.co_name] = counts.get(frame.f_code.co_name, 0) + 1

    sys.setprofile(count)
    try:
        function(*args)
    finally:
        sys.setprofile(None)
    return counts


def test_each_level_is_run_once_in_each_direction():
    gradient = grad(power).compiled(1.01, 10)
    counts = calls_of(gradient, 1.01, 100)
    assert counts["power_forward"] == counts["power_backward"] == 101
    assert "power" not in counts


def most_calls(action):
    """How often the function that is called most of all is called, compiled code only."""
    action()
    counts = calls_of(action)
    return max(n for name, n in counts.items() if name.startswith(("power", "slope")))


def test_a_pullback_runs_each_level_once():
    def both():
        _, pullback = vjp(power, 1.01, 100)
        return pullback(1.0)

    assert most_calls(both) == 101
    assert np.allclose(both()[0], grad(power)(1.01, 100))


def test_reverse_over_forward_runs_each_level_once():
    def slope(x, n):
        return directional_derivative(power, x, 1.0, n)

    second = grad(slope)
    assert most_calls(lambda: second(1.01, 100)) == 101
    assert np.allclose(second(1.01, 100), hvp(power, 1.01, 1.0, 100))


def test_a_reverse_that_needs_no_values_needs_no_record():
    assert "record" not in grad(total).source(0.4, 4)
