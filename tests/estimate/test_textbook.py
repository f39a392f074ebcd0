"""The examples of the textbook's chapter on derivatives (Kochenderfer and Wheeler, chapter 2)."""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np
import pytest

from srcdiff import grad, jvp, value_and_grad
from srcdiff.estimate import (
    backward_difference,
    central_difference,
    complex_step,
    directional_derivative,
    forward_difference,
    regression_gradient,
    spsa,
)

X = np.array([0.4, -1.3, 2.0, 0.1])


def slope(steps: Any, errors: Any) -> float:
    """The measured order: the slope of the errors on logarithmic axes."""
    return float(np.polyfit(np.log(steps), np.log(errors), 1)[0])


def bowl(x: Any) -> Any:
    return np.sum(np.arange(1.0, 5.0) * x**2, axis=-1) + x[..., 0] * x[..., 1]


def slope_of_bowl(x: Any) -> Any:
    return 2.0 * np.arange(1.0, 5.0) * x + np.array([x[1], x[0], 0.0, 0.0])


def logarithm(a: float, b: float) -> float:
    return math.log(a * b + max(a, 2))


def root_and_cosine(x: float) -> float:
    y = x**2 + math.exp(x**2)
    return math.sqrt(y) + math.cos(y)


def test_the_example_of_both_modes() -> None:
    """f(a, b) = ln(ab + max(a, 2)) at a = 3, b = 2: df/da = (b + 1) / 9, df/db = a / 9."""
    assert jvp(logarithm, (3.0, 2.0), (1.0, 0.0)) == pytest.approx((math.log(9.0), 3.0 / 9.0))
    assert jvp(logarithm, (3.0, 2.0), (0.0, 1.0))[1] == pytest.approx(3.0 / 9.0)
    value, slopes = value_and_grad(logarithm, (0, 1))(3.0, 2.0)
    assert value == pytest.approx(math.log(9.0)) and slopes == pytest.approx((1 / 3, 1 / 3))


@pytest.mark.parametrize("x", [-0.8, 0.0, 0.5, 1.0])
def test_the_example_of_reverse_mode(x: float) -> None:
    """The shared subexpression is computed once and receives from both of its uses."""
    y, inner = x**2 + math.exp(x**2), 2.0 * x * (1.0 + math.exp(x**2))
    right = inner * (0.5 / math.sqrt(y) - math.sin(y))
    assert grad(root_and_cosine)(x) == pytest.approx(right, rel=1e-14, abs=1e-15)
    lines = grad(root_and_cosine).source(x).splitlines()
    assert sum("math.exp(" in line and "#" not in line for line in lines) == 1


@pytest.mark.parametrize(
    ("estimate", "order", "steps"),
    [(forward_difference, p, 0.1 * 2.0 ** -np.arange(2.0, 7.0)) for p in (1, 2, 3, 4)]
    + [(backward_difference, p, 0.1 * 2.0 ** -np.arange(2.0, 7.0)) for p in (1, 2, 3, 4)]
    + [(central_difference, p, 0.4 * 2.0 ** -np.arange(0.0, 4.0)) for p in (2, 4, 6)],
)
def test_orders_of_convergence(estimate: Any, order: int, steps: Any) -> None:
    errors = [abs(estimate(math.sin, 0.5, h=h, order=order) - math.cos(0.5)) for h in steps]
    assert slope(steps, errors) == pytest.approx(order, rel=0.05)


def test_order_of_the_complex_step() -> None:
    steps = np.array([0.1, 0.05, 0.025, 0.0125])
    errors = [abs(complex_step(cmath.sin, 0.5, h=h) - math.cos(0.5)) for h in steps]
    assert slope(steps, errors) == pytest.approx(2.0, rel=0.05)
    assert complex_step(cmath.sin, 0.5, h=1e-200) == math.cos(0.5)


@pytest.mark.parametrize(("method", "order"), [("forward", 1), ("backward", 1), ("central", 2)])
def test_orders_along_a_direction(method: str, order: int) -> None:
    x, s = np.array([0.3, 0.5]), np.array([1.0, -2.0])

    def f(x: Any) -> Any:
        return np.exp(x[0]) * np.sin(x[1])

    right = grad(f)(x) @ s
    steps = 0.05 * 2.0 ** -np.arange(5.0)
    errors = [abs(directional_derivative(f, x, s, method=method, h=h) - right) for h in steps]
    assert slope(steps, errors) == pytest.approx(order, rel=0.05)


def test_too_small_a_step_cancels() -> None:
    """The V of the errors: truncation on the right, with slope 1, rounding on the left, with -1."""
    steps = 10.0 ** -np.arange(1.0, 15.0)
    errors = np.array(
        [
            np.mean(
                [
                    abs(forward_difference(math.sin, x, h=h) - math.cos(x))
                    for x in np.linspace(0.3, 1.2, 200)
                ]
            )
            for h in steps
        ]
    )
    lowest = int(np.argmin(errors))
    assert 1e-9 <= steps[lowest] <= 1e-7
    assert slope(steps[: lowest - 1], errors[: lowest - 1]) == pytest.approx(1.0, rel=0.05)
    assert slope(steps[lowest + 2 :], errors[lowest + 2 :]) == pytest.approx(-1.0, rel=0.1)


def test_the_regression_gradient_of_a_noisy_quadratic() -> None:
    noise, random = 0.05, np.random.default_rng(3)

    def noisy(x: Any) -> Any:
        return bowl(x) + noise * random.standard_normal()

    found = regression_gradient(
        noisy, X, h=0.5, samples=400, antithetic=True, full=True, rng=random
    )
    gaps = np.abs(found.value - slope_of_bowl(X)) / found.error
    assert np.all(gaps < 4.0) and np.all(found.error < 0.03)
    plain = np.linalg.norm(central_difference(noisy, X) - slope_of_bowl(X))
    assert np.linalg.norm(found.value - slope_of_bowl(X)) < 1e-3 * plain


@pytest.mark.parametrize("options", [{}, {"intercept": True}, {"antithetic": True}])
def test_the_standard_errors_of_a_regression_are_right(options: dict[str, Any]) -> None:
    """Over many repetitions the errors have the spread that each of them says."""
    random = np.random.default_rng(5)
    right = np.array([1.0, -2.0, 0.5])

    def noisy(x: Any) -> Any:
        return x @ right + 0.1 * random.standard_normal()

    found = [
        regression_gradient(noisy, np.zeros(3), h=1.0, samples=12, full=True, rng=random, **options)
        for _ in range(400)
    ]
    spread = np.std([f.value for f in found], axis=0)
    told = np.sqrt(np.mean([np.square(f.error) for f in found], axis=0))
    np.testing.assert_allclose(told, spread, rtol=0.15)


def test_the_directional_derivative_is_largest_along_the_gradient() -> None:
    angles = np.linspace(0.0, 2.0 * np.pi, 721)
    x = np.array([0.7, -0.4])

    def f(x: Any) -> Any:
        return np.exp(x[0]) * np.sin(x[1]) + x[0] ** 2

    along = [directional_derivative(f, x, np.array([np.cos(a), np.sin(a)])) for a in angles]
    gradient = grad(f)(x)
    best = angles[int(np.argmax(along))]
    steepest = math.atan2(gradient[1], gradient[0]) % (2.0 * np.pi)
    assert best == pytest.approx(steepest, abs=angles[1])
    assert max(along) == pytest.approx(float(np.linalg.norm(gradient)), rel=1e-4)
    across = directional_derivative(f, x, np.array([-gradient[1], gradient[0]]))
    assert across == pytest.approx(0.0, abs=1e-8)


@pytest.mark.parametrize("directions", ["rademacher", "gaussian"])
def test_spsa_converges_at_the_monte_carlo_rate(directions: str) -> None:
    random = np.random.default_rng(11)
    counts = [4, 16, 64, 256, 1024]
    errors = []
    for count in counts:
        gaps = [
            spsa(bowl, X, samples=count, directions=directions, rng=random, vectorized=True)
            - slope_of_bowl(X)
            for _ in range(60)
        ]
        errors.append(np.sqrt(np.mean(np.square(gaps))))
    assert slope(counts, errors) == pytest.approx(-0.5, rel=0.1)
