"""Wrong gradients are caught, each of them; what cannot be seen is said here too."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from srcdiff.check import check_gradient, check_vjp
from srcdiff.errors import GradientError


def numbers(*values: float) -> Any:
    return np.array(values, float)


RNG = np.random.default_rng(0)
W = RNG.normal(size=(4, 4))
V = RNG.normal(size=4)


def layer(w: Any) -> Any:
    return np.sum(np.tanh(w @ V) ** 2)


def right(w: Any) -> Any:
    h = np.tanh(w @ V)
    return np.outer(2 * h * (1 - h * h), V)


def in_one(g: Any, at: tuple[int, int], factor: float) -> Any:
    g[at] *= factor
    return g


MUTANTS = {
    "a hundred-thousandth too large": lambda w: right(w) * (1 + 1e-5),
    "a hundred-thousandth too small": lambda w: right(w) * (1 - 1e-5),
    "one entry by that": lambda w: in_one(right(w), (2, 3), 1 + 1e-5),
    "sign": lambda w: -right(w),
    "sign of one entry": lambda w: in_one(right(w), (0, 1), -1),
    "transposed": lambda w: right(w).T.copy(),
    "factor 2 lost": lambda w: right(w) / 2,
    "a term lost": lambda w: np.outer(2 * np.tanh(w @ V), V),
    "a term too many": lambda w: right(w) + 1e-4 * w,
    "zero": lambda w: 0 * right(w),
    "one entry zero": lambda w: in_one(right(w), (3, 0), 0),
    "rows exchanged": lambda w: right(w)[::-1].copy(),
    "rolled": lambda w: np.roll(right(w), 1),
    "absolute values": lambda w: np.abs(right(w)),
    "of a point nearby": lambda w: right(w + 1e-4),
    "computed in single precision, a little off": lambda w: (
        right(w.astype(np.float32)) * (1 + 2e-5)
    ),
    "averaged": lambda w: right(w) / w.size,
    "of the sum of tanh": lambda w: np.outer(1 - np.tanh(w @ V) ** 2, V),
    "tanh' of the wrong value": lambda w: np.outer(2 * np.tanh(w @ V) / np.cosh(w[0]) ** 2, V),
    "clipped": lambda w: np.clip(right(w), -0.1, 0.1),
    "normalised": lambda w: right(w) / np.linalg.norm(right(w)),
    "a constant": lambda w: np.ones_like(w),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant(name: str) -> None:
    assert check_gradient(layer, lambda w: (right(w),), (W,), (0,)).ok
    report = check_gradient(layer, lambda w: (MUTANTS[name](w),), (W,), (0,))
    print(report)
    assert "wrong" in {entry.verdict for entry in report.entries}
    with pytest.raises(GradientError):
        report.raise_if_wrong()


SCALARS = {
    "beside the kink": (lambda x: max(x, 0.0), 0.0, 1e-3),
    "above a kink": (abs, 1.5, 0.0),
    "below a kink": (abs, -1.1, 0.0),
    "hidden by an offset": (lambda x: 1e8 + x, 0.0, 1.0),
    "hidden by a large offset": (lambda x: 1e12 + x, 0.0, 1.0),
    "small share of f": (lambda x: 1 + 1e-9 * x, 2e-9, 1.0),
    "tiny argument": (lambda x: 5 + math.sin(x), 1.5, 1e-12),
    "tiny argument and slope": (math.cos, 4e-6, 1e-8),
    "sharp": (lambda x: math.tanh(1e6 * (x - 1)), 0.0, 1.0),
    "dropped zero rule": (lambda x: np.abs(x) + x, 1.0, 2.0),
    "near an edge": (math.acos, -1.001 / math.sqrt(2e-9), 1 - 1e-9),
}


@pytest.mark.parametrize("name", SCALARS)
def test_number(name: str) -> None:
    f, claim, x = SCALARS[name]
    report = check_gradient(f, lambda x: (claim,), (x,), (0,))
    print(report)
    assert [entry.verdict for entry in report.entries] == ["wrong"]


def test_tiny_arguments_under_a_large_value() -> None:
    x = numbers(1e-12, 2e-12, 3e-12)
    report = check_gradient(lambda x: np.sum(x) + 1e3, lambda x: (np.full(3, 1.5),), (x,), (0,))
    assert {entry.verdict for entry in report.entries} == {"wrong"}


@pytest.mark.parametrize("claim", [(1, 1), (0, 0), (0.9, 0.9)])
def test_tie_counted_twice_or_not_at_all(claim: tuple[float, float]) -> None:
    """Each entry lies between its sides; together they are not a derivative of max."""
    report = check_gradient(np.max, lambda x: (numbers(*claim),), (numbers(1, 1),), (0,))
    print(report)
    assert report.worst is not None and report.worst.path == "a[0] + a[1]"
    assert report.worst.verdict == "wrong"


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("share", [1.0, 0.01])
def test_one_entry_in_ten_thousand_is_found_and_named(seed: int, share: float) -> None:
    print("seed", seed)
    rng = np.random.default_rng(seed)
    x, place = rng.normal(size=10_000), int(rng.integers(10_000))

    def gradient(x: Any) -> Any:
        g = np.sin(x) + x * np.cos(x)
        g[place] *= 1 + share
        return (g,)

    report = check_gradient(lambda x: np.sum(np.sin(x) * x), gradient, (x,), (0,), seed=seed)
    assert not report.ok
    assert report.worst is not None and report.worst.path == f"x[{place}]"


def test_one_leaf_among_two() -> None:
    rng = np.random.default_rng(3)
    p = rng.normal(size=5000), rng.normal(size=500)

    def gradient(p: Any) -> Any:
        second = np.cos(p[1]) / 500
        second[7] *= 1.05
        return ((2 * p[0] / 5000, second),)

    def f(p: Any) -> Any:
        return np.mean(p[0] ** 2) + np.mean(np.sin(p[1]))

    report = check_gradient(f, gradient, (p,), (0,))
    assert report.worst is not None and report.worst.path == "p[1][7]"


def test_single_precision() -> None:
    x = np.linspace(-3, 3, 7, dtype=np.float32)

    def gradient(x: Any) -> Any:
        return ((1 - np.tanh(x) ** 2) * np.float32(1.01),)

    assert not check_gradient(lambda x: np.sum(np.tanh(x)), gradient, (x,), (0,)).ok


FORMS = {
    "shape": (lambda w: right(w)[0], "the gradient by w has shape (4,), the argument has (4, 4)"),
    "dtype": (
        lambda w: right(w).astype(np.float32),
        "the gradient by w has dtype float32, the argument has float64",
    ),
    "None": (
        lambda w: None,
        "the gradient by w must be an array of float64, shape (4, 4), not None",
    ),
    "list": (
        lambda w: right(w).tolist(),
        "the gradient by w must be an array of float64, shape (4, 4), not a list",
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_form(name: str) -> None:
    gradient, told = FORMS[name]
    with pytest.raises(GradientError) as caught:
        check_gradient(lambda w: layer(w), lambda w: (gradient(w),), (W,), (0,)).raise_if_wrong()
    assert str(caught.value) == f"wrong form of the gradient:\n  {told}"


def itself() -> Any:
    holder: list[Any] = [1.0]
    holder.append(holder)
    return holder


REFUSALS = {
    "integer": (3, "n is an int: it holds no floating numbers to move"),
    "integers": (
        np.arange(2),
        "n is an array of int64, shape (2,): it holds no floating numbers to move",
    ),
    "complex": (1 + 2j, "n is complex; only derivatives by real numbers can be checked"),
    "holds itself": (
        itself(),
        "the argument n is nested too deeply to be checked; does it contain itself?",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_arguments_that_cannot_be_checked(name: str) -> None:
    arg, told = REFUSALS[name]
    with pytest.raises(GradientError) as caught:
        check_gradient(lambda n: 1.0, lambda n: (n,), (arg,), (0,))
    assert str(caught.value) == told


def test_values_that_cannot_be_checked() -> None:
    with pytest.raises(GradientError, match="the function gave float64, shape"):
        check_gradient(lambda x: x, lambda x: (x,), (numbers(1, 2),), (0,))
    with pytest.raises(GradientError, match="the value is complex"):
        check_vjp(lambda x: 1j * x, lambda a, ct: (ct,), (numbers(1, 2),), (0,))


def test_values_that_are_not_finite() -> None:
    report = check_gradient(lambda x: math.inf * x, lambda x: (1.0,), (1.0,), (0,))
    assert report.worst is not None and report.worst.verdict == "non-finite"
    with pytest.raises(GradientError, match="non-finite at x: the value of the function is inf"):
        report.raise_if_wrong()


def test_a_gradient_that_is_not_finite() -> None:
    def gradient(x: Any) -> Any:
        with np.errstate(all="ignore"):
            return (0.5 / np.sqrt(x),)

    report = check_gradient(lambda x: np.sum(np.sqrt(x)), gradient, (numbers(4, 0),), (0,))
    assert [entry.verdict for entry in report.entries] == ["ok", "non-finite"]
    with pytest.raises(GradientError, match=r"non-finite at x\[1\]: the gradient says inf"):
        report.raise_if_wrong()


@pytest.mark.parametrize("beside", [math.inf, math.nan])
def test_arguments_that_are_not_finite(beside: float) -> None:
    """The other entries are judged; that one is said to be unreliable."""
    x = numbers(1, beside)
    report = check_gradient(lambda x: x[0] ** 2, lambda x: (numbers(2 * x[0], 0),), (x,), (0,))
    assert [entry.verdict for entry in report.entries] == ["ok", "unreliable"]


def test_what_differences_cannot_see_is_said() -> None:
    """Rounding of 1e16 hides every slope of x: unreliable for the right and the wrong claim."""
    f = lambda x: 1e16 + math.floor(x) * 0 + x
    for claim in (1.0, 1.5):
        report = check_gradient(f, lambda x: (claim,), (1.0,), (0,))
        assert [entry.verdict for entry in report.entries] == ["unreliable"]


def test_message() -> None:
    report = check_gradient(
        lambda w, b: w @ w + b, lambda w, b: (3 * w, 1.0), (numbers(1, 2), 3.0), (0, 1)
    )
    with pytest.raises(GradientError) as caught:
        report.raise_if_wrong()
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("wrong gradient at w[")
    assert "the gradient says" in lines[0] and "differences say" in lines[0]
    assert "its estimated error" in lines[1]
    assert lines[-2].startswith("  2 of 3 checks fail, also w[")
    assert lines[-1] == "  seed 0"
    assert caught.value.report is report
