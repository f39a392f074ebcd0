"""``assert``, ``raise``, ``print`` and f-strings: programs that validate before they compute."""

from __future__ import annotations

import math

import numpy as np

from tests.language.rows import raising, row


def asserts(x):
    assert x > 0.0
    return math.log(x)


def asserts_with_a_message(v):
    assert v.ndim == 1, f"expected a vector, got rank {v.ndim}"
    return np.sum(v * v)


def validates(x, n):
    if n < 1:
        raise ValueError(f"n must be positive, got {n}")
    if not isinstance(n, int):
        raise TypeError("n must be an int")
    return x**n


def raises_on_data(x):
    y = x * x
    if y > 4.0:
        raise ValueError(f"{y:.3f} is above {4}")
    return y * x


def raises_in_a_loop(v):
    total = 0.0
    for i, value in enumerate(v):
        if value < -1.0:
            raise ArithmeticError(f"entry {i} is {value:.2f}")
        total += math.sqrt(1.0 + value)
    return total


def raises_in_a_called_function(x):
    return x * _checked_root(x - 1.0)


def _checked_root(x):
    if x < 0.0:
        raise ValueError("negative")
    return math.sqrt(x)


class Diverged(Exception):
    """An exception of the user's own."""


def raises_its_own_exception(x):
    for k in range(20):
        x = x * x
        if x > 1e3:
            raise Diverged(f"after {k} steps")
    return x


def raises_without_a_message(x):
    if x < 0.0:
        raise ValueError
    return x * x


def raises_in_the_final_else(x, mode):
    if mode == "square":
        return x * x
    elif mode == "cube":
        return x**3
    else:
        raise ValueError(f"unknown mode {mode!r}")


def raises_from_python(x, y):
    return x / y


def raises_from_the_library(x):
    return math.log(x) * x


def raises_an_index_error(items, i):
    return items[i] * 2.0


def raises_a_key_error(params, x):
    return params["missing"] * x


def raises_after_the_loop(x):
    for _ in range(3):
        x = x * 0.5
        if x < 0.2:
            break
    else:
        raise RuntimeError("no convergence")
    return x * x


def prints(x):
    y = x * x
    print("y is", y)
    print(f"twice {2 * y:.4f}", end="!\n")
    return y * x


def prints_in_a_loop(v):
    total = 0.0
    for i, value in enumerate(v):
        total += value * value
        print(i, f"{total:.6f}", sep=": ")
    return total


def prints_on_one_path(x):
    if x > 1.0:
        print("large")
        x = x * x
    return x * 2.0


def prints_from_a_called_function(x):
    return _reported(x) * _reported(x * x)


def _reported(x):
    print(f"<{x:.2f}>")
    return math.sin(x)


V = np.array([0.7, -0.9, 0.4])


def largest_of_nothing(x):
    return max(v for v in x if v > 0.0)


def smallest_of_nothing(x):
    return min([v * v for v in x if v > 0.0])


ROWS = (
    row(asserts, 1.3),
    raising(AssertionError, asserts, -1.3),
    raising(ValueError, largest_of_nothing, np.array([-1.0, -2.0])),
    raising(ValueError, smallest_of_nothing, np.array([-1.0, -2.0])),
    row(asserts_with_a_message, V),
    raising(AssertionError, asserts_with_a_message, np.ones((2, 2))),
    row(validates, 1.3, 3),
    raising(ValueError, validates, 1.3, 0),
    raising(TypeError, validates, 1.3, 2.5),
    row(raises_on_data, 1.3),
    raising(ValueError, raises_on_data, 2.3),
    row(raises_in_a_loop, V),
    raising(ArithmeticError, raises_in_a_loop, V * 2.0),
    row(raises_in_a_called_function, 1.3),
    raising(ValueError, raises_in_a_called_function, 0.3),
    row(raises_its_own_exception, 0.9),
    raising(Diverged, raises_its_own_exception, 1.3),
    row(raises_without_a_message, 1.3),
    raising(ValueError, raises_without_a_message, -1.3),
    row(raises_in_the_final_else, 1.3, "square"),
    row(raises_in_the_final_else, 1.3, "cube"),
    raising(ValueError, raises_in_the_final_else, 1.3, "other"),
    row(raises_from_python, 1.3, 0.7),
    raising(ZeroDivisionError, raises_from_python, 1.3, 0.0),
    row(raises_from_the_library, 1.3),
    raising(ValueError, raises_from_the_library, -1.3),
    row(raises_an_index_error, [1.3, 0.7], 1),
    raising(IndexError, raises_an_index_error, [1.3, 0.7], 2),
    raising(KeyError, raises_a_key_error, {"w": 1.3}, 0.7),
    row(raises_after_the_loop, 0.7),
    raising(RuntimeError, raises_after_the_loop, 70.0),
    row(prints, 1.3),
    row(prints_in_a_loop, V),
    row(prints_on_one_path, 1.3),
    row(prints_on_one_path, 0.3),
    row(prints_from_a_called_function, 1.3),
)
