"""What the derivative is where there is none: at ties, kinks and boundaries."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from srcdiff import grad, hvp

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


def float_powers(x: Any) -> Any:
    return np.sum(x ** np.array([0.0, 1.0, 2.0]))


def apart(p: Any) -> Any:
    return math.dist(p, [1.0, 2.0])


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
        (float_powers, np.zeros(3), [0.0, 1.0, 0.0]),
        (apart, np.array([1.0, 2.0]), [0.0, 0.0]),
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


def power(x: Any, p: Any) -> Any:
    return x**p


@pytest.mark.parametrize("p, first, second", [(0.0, 0.0, 0.0), (1.0, 1.0, 0.0), (2.0, 0.0, 2.0)])
def test_powers_of_zero(p: float, first: float, second: float) -> None:
    """An exponent that only the run knows: 0**-1 is not met where it counts for nothing."""
    assert grad(power)(0.0, p) == first
    assert hvp(power, 0.0, 1.0, p) == second


@pytest.mark.parametrize(
    "x, expected",
    [
        (1e50, math.log(1e50)),
        (1e300, math.log(1e300)),
        (-1e10 - 0.5, math.log(1e10)),
        (-30.25, 6.567526705172629),
    ],
)
def test_log_gamma_far_away(x: float, expected: float) -> None:
    """Powers of x are too large there, or the way to the right is too long."""
    assert grad(lambda x: math.lgamma(x))(x) == pytest.approx(expected, rel=1e-9)
    assert math.isfinite(grad(grad(lambda x: math.lgamma(x)))(x))


SINGULAR = (
    np.array([[1.0, 2.0], [2.0, 4.0]]),
    np.array([[0.0, 3.0, 1.0], [0.0, 1.0, 2.0], [0.0, 5.0, 1.0]]),
    np.ones((3, 3)),
    np.zeros((1, 1)),
    np.stack([np.eye(3), np.zeros((3, 3)), np.diag([1.0, 0.0, 2.0])]),
)


@pytest.mark.parametrize("x", SINGULAR)
def test_determinant_of_a_singular_matrix(x: Any) -> None:
    """Its derivatives are the cofactors, which the inverse does not give."""

    def total(x: Any) -> Any:
        return np.sum(np.linalg.det(x))

    step, expected = 1e-5, np.zeros_like(x)
    for place in np.ndindex(*x.shape):
        moved = np.zeros_like(x)
        moved[place] = step
        expected[place] = (total(x + moved) - total(x - moved)) / (2 * step)
    np.testing.assert_allclose(grad(total)(x), expected, atol=1e-9)
