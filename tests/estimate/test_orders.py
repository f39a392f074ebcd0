"""The difference formulas: their orders, their steps, and the form of their answers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from srcdiff.estimate import (
    backward_difference,
    central_difference,
    complex_step,
    forward_difference,
)

ORDERS = {forward_difference: 1, backward_difference: 1, central_difference: 2}


@pytest.mark.parametrize("estimate", ORDERS, ids=lambda e: e.__name__)
def test_order(estimate: Any) -> None:
    """The slope of the error over the step on logarithmic axes, within five per cent."""
    steps = [1e-1, 1e-2, 1e-3]
    errors = [abs(estimate(math.exp, 0.5, h=h) - math.exp(0.5)) for h in steps]
    slope = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert abs(slope / ORDERS[estimate] - 1) < 0.05


@pytest.mark.parametrize(
    ("estimate", "allowed"),
    [(forward_difference, 1e-7), (backward_difference, 1e-7), (central_difference, 1e-9)],
    ids=lambda e: getattr(e, "__name__", None),
)
def test_own_step(estimate: Any, allowed: float) -> None:
    x = np.array([[0.3, -1.2], [2.0, 0.0]])
    found = estimate(lambda x: np.sum(np.sin(x)), x)
    assert found.shape == x.shape and found.dtype == x.dtype
    np.testing.assert_allclose(found, np.cos(x), atol=allowed)


def test_complex_step_has_no_cancellation() -> None:
    x = np.array([0.3, -1.2])
    found = complex_step(lambda x: np.sum(np.exp(x) * np.sin(x)), x, h=1e-200)
    np.testing.assert_allclose(found, np.exp(x) * (np.sin(x) + np.cos(x)), rtol=4e-16)


@pytest.mark.parametrize("estimate", [*ORDERS, complex_step], ids=lambda e: e.__name__)
def test_form_of_the_answer(estimate: Any) -> None:
    def f(x: Any) -> Any:
        return (x * x).sum() if isinstance(x, np.ndarray) else x * x

    assert type(estimate(f, 2.0)) is float
    assert type(estimate(f, np.float32(2))) is np.float32
    assert estimate(f, np.ones(2, np.float32)).dtype == np.float32


def test_argument_is_left_alone() -> None:
    x = np.ones(2)
    x.flags.writeable = False
    central_difference(lambda x: x.sum(), x)
