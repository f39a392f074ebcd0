"""The difference quotients and the complex step against derivatives known in closed form."""

from __future__ import annotations

import cmath
import math

import numpy as np
import pytest

from srcdiff.estimate import (
    backward_difference,
    central_difference,
    complex_step,
    forward_difference,
)

ESTIMATORS = [
    (forward_difference, 1e-6),
    (backward_difference, 1e-6),
    (central_difference, 1e-9),
    (complex_step, 1e-15),
]


@pytest.mark.parametrize(("estimate", "rtol"), ESTIMATORS)
@pytest.mark.parametrize("x", [-3.0, 0.25, 1.0, 40.0])
def test_numbers(estimate, rtol, x):
    found = estimate(lambda v: v**3 + 2 * v, x)
    assert type(found) is float
    assert found == pytest.approx(3 * x**2 + 2, rel=rtol)


@pytest.mark.parametrize(("estimate", "rtol"), ESTIMATORS)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_arrays(estimate, rtol, shape):
    x = np.random.default_rng(0).uniform(1.0, 2.0, shape)
    found = estimate(lambda v: np.sum(np.exp(v)), x)
    assert found.shape == shape
    np.testing.assert_allclose(found, np.exp(x), rtol=10 * rtol)


@pytest.mark.parametrize(
    ("estimate", "slope"), [(forward_difference, 1.0), (backward_difference, -1.0)]
)
def test_sides_of_a_kink(estimate, slope):
    assert estimate(abs, 0.0) == slope
    assert central_difference(abs, 0.0) == 0.0


def test_orders_of_the_errors():
    """Halving the step halves the one-sided error and quarters the central one."""

    def ratio(estimate):
        errors = [abs(estimate(math.exp, 1.0, h=h) - math.e) for h in (1e-2, 5e-3)]
        return errors[0] / errors[1]

    assert ratio(forward_difference) == pytest.approx(2.0, rel=0.01)
    assert ratio(backward_difference) == pytest.approx(2.0, rel=0.01)
    assert ratio(central_difference) == pytest.approx(4.0, rel=0.01)


def test_float32_keeps_its_type_and_uses_its_own_step():
    x = np.array([1.0, 2.0], np.float32)
    found = central_difference(lambda v: np.sum(v * v), x)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, 2 * x, rtol=1e-3)
    assert type(central_difference(lambda v: v * v, np.float32(3))) is np.float32


def test_the_argument_is_not_changed():
    x = np.arange(3.0)
    for estimate, _ in ESTIMATORS:
        estimate(lambda v: np.sum(v * v), x)
    np.testing.assert_array_equal(x, np.arange(3.0))


def test_complex_step_has_no_cancellation():
    x = 1.5
    found = complex_step(lambda v: cmath.exp(v) * cmath.sin(v) * v / x, x)
    by_hand = math.exp(x) * (math.sin(x) + math.cos(x) + math.sin(x) / x)
    assert found == pytest.approx(by_hand, rel=1e-15)
