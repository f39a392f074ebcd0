"""Kinks, edges of domains, and what cannot be judged."""

from __future__ import annotations

import math

import numpy as np
import pytest

from srcdiff.check import check_gradient
from srcdiff.errors import GradientError


def verdict(f, slope, x):
    report = check_gradient(f, lambda x: (slope,), (x,), (0,))
    return report.entries[0].verdict


@pytest.mark.parametrize(
    ("slope", "expected"),
    [(-1.0, "kink"), (0.0, "kink"), (0.3, "kink"), (1.0, "kink"), (1.1, "wrong"), (-2.0, "wrong")],
)
def test_abs_at_zero(slope, expected):
    assert verdict(abs, slope, 0.0) == expected


def test_a_kink_is_shown_with_its_sides():
    report = check_gradient(lambda x: max(3 * x, x), lambda x: (4.0,), (0.0,), (0,))
    assert "left 1, right 3" in str(report)
    with pytest.raises(GradientError, match=r"at a kink: 1 from the left, 3 from the right"):
        report.raise_if_wrong()


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_ties_of_max(share):
    x = np.array([2.0, 2.0, 1.0])
    g = np.array([share, 1.0 - share, 0.0])
    report = check_gradient(lambda x: np.max(x), lambda x: (g,), (x,), (0,))
    assert [entry.verdict for entry in report.entries] == ["kink", "kink", "ok"]
    assert not check_gradient(lambda x: np.max(x), lambda x: (g + 1.0,), (x,), (0,)).ok


def test_ties_in_float32():
    x = np.zeros(3, np.float32)
    report = check_gradient(
        lambda x: np.max(x), lambda x: (np.full(3, 1 / 3, np.float32),), (x,), (0,)
    )
    assert {entry.verdict for entry in report.entries} == {"kink"}


@pytest.mark.parametrize("x", [1e-12, 1e-9, 1e-3, 0.05, -1e-9, -0.05])
def test_beside_a_kink_there_is_none(x):
    right = 1.0 if x > 0 else 0.0
    assert verdict(lambda x: max(x, 0.0), right, x) == "ok"
    assert verdict(lambda x: max(x, 0.0), 1.0 - right, x) == "wrong"
    assert verdict(lambda x: max(x, 0.0), 0.5, x) == "wrong"


def test_a_sharp_bend_is_no_kink():
    def f(x):
        return math.sqrt(x * x + 1e-16)

    assert verdict(f, 0.0, 0.0) == "ok"
    assert verdict(f, 0.5, 0.0) == "wrong"


@pytest.mark.parametrize("x", [1e-300, 1e-12, 1e-8, 1e-3])
@pytest.mark.parametrize(
    ("f", "slope"), [(math.log, lambda x: 1 / x), (math.sqrt, lambda x: 0.5 / math.sqrt(x))]
)
def test_near_the_edge_of_a_domain(f, slope, x):
    assert verdict(f, slope(x), x) == "ok"
    assert verdict(f, 1.01 * slope(x), x) == "wrong"


@pytest.mark.parametrize("edge", [1.0, 0.0, -2.0])
def test_at_the_edge_one_side_is_enough(edge):
    def raising(x):
        if x < edge:
            raise ValueError("outside")
        return 2.0 * x + (x - edge) ** 2

    def not_a_number(x):
        return 2.0 * x if x <= edge else math.nan

    for f in (raising, not_a_number):
        assert verdict(f, 2.0, edge) == "ok"
        assert verdict(f, 1.9, edge) == "wrong"


def test_sqrt_at_zero_is_non_finite():
    report = check_gradient(math.sqrt, lambda x: (math.inf,), (0.0,), (0,))
    assert not report.ok and report.worst.verdict == "non-finite"
    with pytest.raises(GradientError, match="non-finite at x: the gradient says inf"):
        report.raise_if_wrong()


def test_the_value_is_not_a_number():
    report = check_gradient(lambda x: x * math.nan, lambda x: (1.0,), (2.0,), (0,))
    assert not report.ok
    assert "the value of the function is nan" in report.worst.note


def test_a_nan_entry_is_named():
    g = np.array([[2.0, 2.0], [math.nan, 2.0]])
    report = check_gradient(lambda w: np.sum(2 * w), lambda w: (g,), (np.ones((2, 2)),), (0,))
    assert [entry.path for entry in report.failures] == ["w[1, 0]"]


def test_a_jump_cannot_be_judged():
    report = check_gradient(math.floor, lambda x: (0.0,), (1.0,), (0,))
    assert report.ok and report.entries[0].verdict == "unreliable"
    assert "1 unreliable" in str(report) and "too large" in str(report)


def test_an_isolated_point_cannot_be_judged():
    def f(x):
        if x != 1.0:
            raise ValueError
        return 0.0

    report = check_gradient(f, lambda x: (3.0,), (1.0,), (0,))
    assert report.entries[0].verdict == "unreliable" and report.entries[0].complex_step is None


def test_noise_hides_a_derivative():
    """A million times more rounding than signal: neither right nor wrong, and said so."""

    def f(x):
        return x * 1e-12 + (1e8 + math.sin(1e9 * x) * 1e-9)

    assert verdict(f, 1e-12, 1.0) == "unreliable"


def test_noisy_functions_raise_no_false_alarm():
    for x in (0.9, 0.999, 1.001, 1.2):
        coefficients = [1.0, -7.0, 21.0, -35.0, 35.0, -21.0, 7.0, -1.0]
        assert verdict(lambda x: float(np.polyval(coefficients, x)), 7 * (x - 1) ** 6, x) in (
            "ok",
            "unreliable",
        )


def test_kinks_of_a_large_array_in_directions():
    x = np.zeros(100)
    x[:50] = np.linspace(-1, 1, 50)
    report = check_gradient(
        lambda x: np.sum(np.maximum(x, 0.0)), lambda x: (1.0 * (x > 0),), (x,), (0,), seed=2
    )
    assert report.ok, str(report)
    assert any(entry.verdict == "kink" and "[" not in entry.path for entry in report.entries)


def test_a_chaotic_function_condemns_nothing():
    def f(x):
        return math.sin(math.exp(x))

    x = 45.0
    assert verdict(f, math.cos(math.exp(x)) * math.exp(x), x) == "unreliable"
    assert verdict(f, math.cos(math.exp(3.0)) * math.exp(3.0), 3.0) == "ok"
    assert verdict(f, 1e30, 3.0) == "wrong"
