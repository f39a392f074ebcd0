"""Extrapolation, automatic steps, and the noise of a function."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from srcdiff import EstimateError
from srcdiff.estimate import (
    central_difference,
    difference_step,
    forward_difference,
    noise_level,
    regression_gradient,
    richardson,
    spsa,
)

SMOOTH = [
    (math.exp, math.exp, 1.0),
    (math.sin, math.cos, 0.7),
    (math.log, lambda x: 1.0 / x, 0.01),
    (math.sqrt, lambda x: 0.5 / math.sqrt(x), 1e-3),
    (lambda x: 1.0 / x, lambda x: -1.0 / x**2, 1e-4),
    (lambda x: math.exp(-(x**2)), lambda x: -2.0 * x * math.exp(-(x**2)), 2.0),
    (lambda x: x**7, lambda x: 7.0 * x**6, 30.0),
    (lambda x: math.sin(100.0 * x), lambda x: 100.0 * math.cos(100.0 * x), 0.3),
    (math.tanh, lambda x: 1.0 / math.cosh(x) ** 2, -3.0),
    (lambda x: 4.0, lambda x: 0.0, 1.0),
]


@pytest.mark.parametrize(("f", "derivative", "x"), SMOOTH)
def test_richardson_and_its_error(f: Any, derivative: Any, x: float) -> None:
    calls = []

    def counted(x: float) -> float:
        calls.append(x)
        return f(x)

    found = richardson(counted, x)
    right = derivative(x)
    assert abs(found.value - right) <= 1e-9 * abs(right)
    assert abs(found.value - right) <= 3.0 * found.error + 1e-15 * abs(right)
    assert found.error <= 1e-7 * abs(right) + 1e-13
    assert len(calls) <= 60


@pytest.mark.parametrize("method", ["forward", "backward"])
def test_one_sided_extrapolation(method: str) -> None:
    found = richardson(math.exp, 1.0, method=method)
    assert found.value == pytest.approx(math.e, rel=1e-9)
    side = {"forward": 1.0, "backward": -1.0}[method]
    assert richardson(abs, 0.0, method=method).value == side


def test_extrapolation_at_the_edge_of_a_domain() -> None:
    found = richardson(lambda x: np.sqrt(x) ** 3 + x, 0.0, method="forward")
    assert found.value == pytest.approx(1.0, abs=1e-2)
    with pytest.raises(EstimateError, match="SD604: f is not finite beside x"):
        richardson(np.sqrt, 0.0)


def test_the_error_says_so_where_nothing_converges() -> None:
    random = np.random.default_rng(0)
    found = richardson(lambda x: math.sin(x) + 1e-3 * random.standard_normal(), 1.0)
    assert abs(found.value - math.cos(1.0)) < found.error


@pytest.mark.parametrize("distance", [0.0, 1e-12])
def test_the_error_at_a_kink_is_half_of_its_angle(distance: float) -> None:
    found = richardson(lambda x: abs(x - 1.0 - distance) + x**2, 1.0)
    assert found.error == pytest.approx(1.0, rel=0.1)
    assert richardson(lambda x: abs(x - 1.001), 1.0).value == pytest.approx(-1.0)


@pytest.mark.parametrize("level", [1e-1, 1e-3, 1e-6, 1e-9])
def test_noise_is_found(level: float) -> None:
    random = np.random.default_rng(2)

    def f(x: Any) -> Any:
        return np.sum(np.cos(x)) + level * random.standard_normal()

    found = [noise_level(f, np.array([0.3, 2.0]), rng=random) for _ in range(20)]
    assert np.median(found) == pytest.approx(level, rel=0.5)
    assert level / 4 < min(found) and max(found) < 4 * level


def test_the_noise_of_rounding() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.sin(np.linspace(0.0, 50.0, 1000) * x)) + 100.0

    found = noise_level(f, 1.3, rng=0)
    assert 2.0**-53 * 100 <= found < 1e-12
    assert noise_level(lambda x: np.float32(x) ** 2, 1.3, rng=0) > 1e-9
    assert noise_level(lambda x: 3.0, 1.0, rng=0) == pytest.approx(1.5 * 2.0**-52)


@pytest.mark.parametrize("f", [lambda x: x * x, lambda x: 3.0 * x, lambda x: 0.0 * x])
def test_functions_without_noise_have_steps_all_the_same(f: Any) -> None:
    assert noise_level(f, 0.0, rng=0) < 1e-20
    for estimate in (forward_difference, central_difference):
        found = estimate(f, 0.0, h="noise")
        assert found == pytest.approx(f(1.0) - 1.0 if f(1.0) == 1.0 else f(1.0), abs=1e-7)


def test_a_solver_stopped_early_is_noisy() -> None:
    def root(c: float) -> float:
        low, high = 0.0, 4.0
        for _ in range(20):
            middle = (low + high) / 2
            low, high = (middle, high) if middle**2 < c else (low, middle)
        return low

    found = noise_level(root, 2.0)
    assert 1e-7 < found < 1e-5
    rough, fitted = central_difference(root, 2.0), central_difference(root, 2.0, h="noise")
    right = 0.5 / math.sqrt(2.0)
    assert abs(fitted - right) < 1e-3 < 1e-2 < abs(rough - right)


@pytest.mark.parametrize(("method", "power"), [("forward", 1 / 2), ("central", 1 / 3)])
def test_steps_follow_the_noise(method: str, power: float) -> None:
    levels = [1e-12, 1e-9, 1e-6]
    steps = [difference_step(math.exp, 0.5, method=method, noise=s) for s in levels]
    slope = np.polyfit(np.log(levels), np.log(steps), 1)[0]
    assert slope == pytest.approx(power, rel=0.05)


def test_steps_from_noise_are_near_the_best() -> None:
    noise, random = 1e-6, np.random.default_rng(4)

    def f(x: float) -> float:
        return math.sin(x) + noise * random.standard_normal()

    def error(h: float) -> float:
        gaps = [central_difference(f, 0.8, h=h) - math.cos(0.8) for _ in range(200)]
        return float(np.sqrt(np.mean(np.square(gaps))))

    chosen = error(difference_step(f, 0.8))
    best = min(error(h) for h in np.logspace(-3, 0, 16))
    assert chosen < 2.0 * best


def test_noise_steps_beat_those_of_a_clean_function() -> None:
    random = np.random.default_rng(6)
    x = np.array([0.5, -1.0, 2.0])

    def f(x: Any) -> Any:
        return np.sum(np.exp(0.5 * x)) + 1e-4 * random.standard_normal()

    right = 0.5 * np.exp(0.5 * x)
    for estimate in (forward_difference, central_difference):
        fitted = np.linalg.norm(estimate(f, x, h="noise") - right)
        assert fitted < 0.05 * np.linalg.norm(estimate(f, x) - right)
    assert np.linalg.norm(regression_gradient(f, x, h="noise", rng=random) - right) < 0.1
    assert np.linalg.norm(spsa(f, x, h="noise", samples=500, rng=random) - right) < 0.2


def test_common_random_numbers_cancel_the_noise() -> None:
    x = np.array([1.0, -2.0])

    def f(x: Any, rng: np.random.Generator) -> Any:
        return np.sum((x + rng.standard_normal(2)) ** 2)

    def apart(x: Any) -> Any:
        return f(x, random)

    random = np.random.default_rng(1)
    common = spsa(f, x, samples=2000, common=True, full=True, rng=random)
    without = spsa(apart, x, samples=2000, full=True, rng=random)
    assert np.all(common.error < 0.1 * without.error)
    assert np.all(np.abs(common.value - 2.0 * x) < 4.0 * common.error)
    again = spsa(f, x, samples=50, common=True, rng=3, jobs=4)
    np.testing.assert_array_equal(again, spsa(f, x, samples=50, common=True, rng=3))


def test_coarse_results_get_coarse_steps() -> None:
    """A function that computes in float32 is not differentiated with steps for float64."""

    def f(x: Any) -> Any:
        return np.float32(np.sum(np.asarray(x, np.float32) ** 2))

    x = np.array([1.0, 2.0])
    np.testing.assert_allclose(central_difference(f, x), 2.0 * x, rtol=1e-3)
    np.testing.assert_allclose(forward_difference(f, x), 2.0 * x, rtol=5e-3)


def test_steps_of_few_bits_round_alike() -> None:
    """x + h and x - h are exact, and the rounding of 100 x cancels in the difference."""
    points = np.random.default_rng(0).uniform(-1.0, 1.0, 60)
    errors = []
    for x in points:
        right = 100.0 * np.cos(100.0 * x)
        errors.append(abs(richardson(lambda t: np.sin(100.0 * t), float(x)).value / right - 1.0))
    assert np.median(errors) < 4e-15


@pytest.mark.slow
def test_beside_numdifftools() -> None:
    """Errors at or below numdifftools' at fewer evaluations; twice its error is let pass."""
    pytest.importorskip("numdifftools")
    from tests.benchmarks.estimates import TEN, compared

    _, found = compared(30)
    for name in TEN:
        median, _, count = found[name, "richardson"]
        other, _, others = found[name, "numdifftools"]
        assert median <= 2.0 * other and count < others, name
