"""What the derivative is where there is none: at ties, kinks and boundaries."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from srcdiff import grad

X = np.array([0.0, 1.0, -2.0])


def total_abs(x: Any) -> Any:
    return np.sum(np.abs(x))


def scalar_abs(x: Any) -> Any:
    return abs(x)


def rectified(x: Any) -> Any:
    return np.sum(np.maximum(x, 0.0))


def lower(x: Any) -> Any:
    return np.sum(np.minimum(x, 1.0))


def clipped(x: Any) -> Any:
    return np.sum(np.clip(x, -2.0, 1.0))


def largest(x: Any) -> Any:
    return np.max(x)


def smallest(x: Any) -> Any:
    return np.min(x)


def largest_in_rows(x: Any) -> Any:
    return np.sum(np.max(x, axis=1))


def first_of_equals(x: Any) -> Any:
    return max(x, 2.0)


def second_of_equals(x: Any) -> Any:
    return max(2.0, x)


def whole_powers(x: Any) -> Any:
    return np.sum(x ** np.array([0, 1, 2]))


def polynomial(x: Any) -> Any:
    total = 0.0
    for k in range(3):
        total += (k + 1.0) * x**k
    return total


def zero_base(y: Any) -> Any:
    return 0.0**y


def product(x: Any) -> Any:
    return np.prod(x)


def absolute_norm(x: Any) -> Any:
    return np.linalg.norm(x, 1)


@pytest.mark.parametrize(
    "function, x, expected",
    [
        (total_abs, X, [0.0, 1.0, -1.0]),
        (scalar_abs, 0.0, 0.0),
        (rectified, X, [0.5, 1.0, 0.0]),
        (lower, X, [1.0, 0.5, 1.0]),
        (clipped, X, [1.0, 0.5, 0.5]),
        (largest, np.array([1.0, 3.0, 3.0]), [0.0, 0.5, 0.5]),
        (smallest, np.array([1.0, 1.0, 3.0]), [0.5, 0.5, 0.0]),
        (largest_in_rows, np.array([[2.0, 2.0], [0.0, 1.0]]), [[0.5, 0.5], [0.0, 1.0]]),
        (first_of_equals, 2.0, 1.0),
        (second_of_equals, 2.0, 0.0),
        (whole_powers, np.zeros(3), [0.0, 1.0, 0.0]),
        (polynomial, 0.0, 2.0),
        (zero_base, 1.5, 0.0),
        (product, np.array([0.0, 2.0, 3.0]), [6.0, 0.0, 0.0]),
        (product, np.array([0.0, 0.0, 3.0]), [0.0, 0.0, 0.0]),
        (absolute_norm, np.array([0.0, -2.0]), [0.0, -1.0]),
    ],
)
def test_convention(function: Any, x: Any, expected: Any) -> None:
    np.testing.assert_array_equal(grad(function)(x), expected)


def test_second_derivative_of_a_product_with_a_zero() -> None:
    """d2/dx0dx1 of x0 * x1 * x2 is x2, whatever x0 is."""
    gradient = grad(product)

    def along(x: Any) -> Any:
        return gradient(x)[1]

    np.testing.assert_allclose(grad(along)(np.array([0.0, 2.0, 3.0])), [3.0, 0.0, 0.0])


def test_log_gamma_to_the_third_order() -> None:
    x, expected = 2.5, [0.7031566406452432, 0.4903577561002348, -0.2362040516417274]

    def f(x: float) -> float:
        return math.lgamma(x)

    derivative: Any = f
    for value in expected:
        derivative = grad(derivative)
        assert derivative(x) == pytest.approx(value, rel=1e-12)
