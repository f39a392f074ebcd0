"""The first statement that made something that is not finite is named, with a remedy."""

from __future__ import annotations

from inspect import signature
from typing import Any

import numpy as np
import pytest

import srcdiff
from srcdiff import grad
from srcdiff.errors import GradientError
from srcdiff.explain.nonfinite import first_nonfinite
from tests.explain import programs

ZERO = np.array([0.0, 0.0])
CASES = [
    (programs.norm, (ZERO,), "return np.sqrt(np.sum(x * x))", "infinite at 0"),
    (programs.masked, (np.array([0.0, 4.0]),), "y = np.where(safe, np.sqrt(x), 0.0)", "np.where(c"),
    (programs.overflow, (np.array([800.0, 1.0]),), "e = np.exp(x)", "overflows"),
    (programs.logarithm, (np.array([0.0, 1.0]),), "return -np.sum(np.log(p))", "log1p"),
    (programs.ratio, (np.array([1.0]), np.array([2.0])), "b = a / (y - y)", "denominator"),
    (programs.root, (np.array(0.0),), "return y**0.5", "infinite at 0"),
]


@pytest.mark.parametrize(
    ("function", "args", "line", "remedy"), CASES, ids=lambda c: getattr(c, "__name__", "")
)
def test_the_line_and_the_remedy(function: Any, args: Any, line: str, remedy: str) -> None:
    finding = first_nonfinite(function, signature(function).bind(*args), ("x",))
    assert finding is not None and finding.at.text() == line, finding
    assert remedy in str(finding) and "remedy:" in str(finding)


def test_a_derivative_that_raises() -> None:
    """Python's own numbers raise where NumPy's become infinite."""
    finding = first_nonfinite(programs.root, signature(programs.root).bind(0.0), ("x",))
    assert finding is not None and finding.at.text() == "return y**0.5"
    assert "its derivative raises ZeroDivisionError" in str(finding)


def test_nothing_where_all_is_finite() -> None:
    bound = signature(programs.norm).bind(np.array([3.0, 4.0]))
    assert first_nonfinite(programs.norm, bound, ("x",)) is None


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_check_tells() -> None:
    with pytest.raises(GradientError, match="non-finite") as caught:
        grad(programs.norm).check(ZERO)
    text = str(caught.value)
    assert "first cotangent that is not finite" in text and ", in helper" in text
    assert caught.value.finding.operation == "np.sqrt"


def test_a_trap_at_run_time() -> None:
    trapped = srcdiff.trap_nonfinite(grad(programs.norm))
    assert np.allclose(trapped(np.array([3.0, 4.0])), [1.2, 1.6])
    with pytest.raises(GradientError, match=r"norm: the derivative is .*nan") as caught:
        trapped(ZERO)
    assert "return np.sqrt(np.sum(x * x))" in str(caught.value)
    with pytest.raises(GradientError, match="ZeroDivisionError") as caught:
        srcdiff.trap_nonfinite(grad(lambda x: 1.0 / x))(0.0)
