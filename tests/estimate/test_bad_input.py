"""What no derivative can be estimated from: a clear error, before any expensive work."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from srcdiff import EstimateError, estimated, jvp
from srcdiff.errors import ArgumentsError
from srcdiff.estimate import (
    backward_difference,
    central_difference,
    complex_step,
    difference_step,
    directional_derivative,
    forward_difference,
    noise_level,
    regression_gradient,
    richardson,
    spsa,
)

ALL = [
    forward_difference,
    backward_difference,
    central_difference,
    complex_step,
    regression_gradient,
    spsa,
    richardson,
    noise_level,
    difference_step,
]
ONES = np.ones(50)


class Costly:
    """A function that counts its calls."""

    def __init__(self, f: Any):
        self.f, self.calls = f, 0

    def __call__(self, x: Any) -> Any:
        self.calls += 1
        return self.f(x)


@pytest.mark.parametrize("estimate", ALL, ids=lambda e: e.__name__)
@pytest.mark.parametrize(
    ("x", "code"),
    [
        (3, "SD601: x holds integers"),
        (np.arange(3), "SD601: x holds integers"),
        ([1, 2], "SD601: x holds integers"),
        (True, "SD601"),
        (np.ones(2) * 1j, "SD601: x is complex"),
        ({"a": "b"}, "SD601"),
        (None, "SD601"),
        (np.zeros(0), "SD602: x is of zero length"),
        (np.zeros((0, 3)), "SD602"),
        ([], "SD602"),
        ({}, "SD602"),
        (np.array([1.0, math.nan]), r"SD603: x\[1\] is nan"),
        ({"a": [1.0, math.inf]}, r"SD603: x\['a'\]\[1\] is inf"),
    ],
)
def test_points(estimate: Any, x: Any, code: str) -> None:
    f = Costly(lambda x: 1.0)
    with pytest.raises(ArgumentsError, match=code):
        estimate(f, x)
    assert f.calls == 0


def test_a_structure_that_holds_itself() -> None:
    x: list[Any] = [1.0]
    x.append(x)
    with pytest.raises(ArgumentsError, match=r"SD601: .* nested too deeply"):
        central_difference(lambda x: x[0], x)


@pytest.mark.parametrize("estimate", ALL, ids=lambda e: e.__name__)
@pytest.mark.parametrize(
    ("f", "code"),
    [
        (lambda x: x, r"SD605: f returns an array of (float64|complex128), shape \(50,\)"),
        (lambda x: None, "SD605: f returns None"),
        (lambda x: "1", "SD605: f returns a str"),
        (lambda x: math.nan, "SD604: f is n"),
        (lambda x: np.inf, "SD604"),
    ],
)
def test_values(estimate: Any, f: Any, code: str) -> None:
    costly = Costly(f)
    with pytest.raises(EstimateError, match=code):
        estimate(costly, ONES)
    assert costly.calls <= 2


def test_complex_values_have_no_differences() -> None:
    with pytest.raises(EstimateError, match="SD605: f returns a complex, a real number"):
        central_difference(lambda x: x * 1j, 1.0)


def test_the_probe_is_named() -> None:
    with pytest.raises(EstimateError, match=r"SD604: f is nan at x\[1\] = -"):
        central_difference(lambda x: np.sum(np.sqrt(x)), np.array([1.0, 0.0]), h=0.25)
    assert forward_difference(lambda x: np.sqrt(x[1]), np.array([1.0, 0.0]), h=0.25)[1] == 2.0


@pytest.mark.parametrize("estimate", [forward_difference, backward_difference, central_difference])
@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"h": 0.0}, "the step 0.0 is not a positive number"),
        ({"h": -1e-3}, "not a positive number"),
        ({"h": math.nan}, "not a positive number"),
        ({"h": "large"}, "h is a str|h has"),
        ({"h": np.ones(3)}, r"h has shape \(3,\), x has shape \(50,\)"),
        ({"h": 1e-30}, r"the step 1e-30 does not move x\[0\] = 1.0"),
        ({"order": 0}, "order"),
        ({"order": 2.0}, "order"),
        ({"jobs": 0}, "jobs is 0"),
        ({"jobs": 2, "vectorized": True}, "jobs has no meaning"),
    ],
)
def test_options(estimate: Any, options: Any, told: str) -> None:
    f = Costly(np.sum)
    with pytest.raises(ArgumentsError, match=f"SD609: .*({told})"):
        estimate(f, ONES, **options)
    assert f.calls == 0


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda f: central_difference(f, ONES, order=3), "SD609: order is 3; central"),
        (lambda f: richardson(f, ONES, method="diagonal"), "SD609: no difference 'diagonal'"),
        (lambda f: richardson(f, ONES, levels=1), "SD609: levels is 1"),
        (lambda f: regression_gradient(f, ONES, samples=49), "SD607: 49 samples .* rank is 49"),
        (lambda f: regression_gradient(f, ONES, sampling="grid"), "SD609: no sampling"),
        (lambda f: spsa(f, ONES, samples=0), "SD609: samples is 0"),
        (lambda f: spsa(f, ONES, directions="up"), "SD609: no choice of directions"),
        (lambda f: spsa(f, ONES, common=True, vectorized=True), "SD609: common"),
        (lambda f: noise_level(f, ONES, h=-1.0), "SD609"),
        (lambda f: noise_level(f, ONES, points=3), "SD609: points is 3"),
        (lambda f: noise_level(f, ONES, direction=np.ones(3)), "SD608"),
        (lambda f: noise_level(f, ONES, direction=np.zeros(50)), "SD608: the direction is zero"),
        (lambda f: difference_step(f, ONES, noise=0.0), "SD609"),
        (lambda f: directional_derivative(f, ONES, np.ones(49)), r"SD608: s has shape \(49,\)"),
        (lambda f: directional_derivative(f, ONES, [1.0]), "SD608"),
        (lambda f: directional_derivative(f, {"a": 1.0}, {"b": 1.0}), "SD608: s has other entries"),
        (lambda f: directional_derivative(f, {"a": 1.0}, 1.0), "SD608: s is a float, x is a dict"),
        (lambda f: directional_derivative(f, ONES, ONES * np.nan), "SD603"),
        (lambda f: directional_derivative(f, ONES, ONES, method="up"), "SD609: no method 'up'"),
        (lambda f: directional_derivative(f, ONES, ONES, h=0.0), "SD609"),
        (lambda f: complex_step(f, ONES, h=-1.0), "SD609"),
        (lambda f: central_difference(3, ONES), "SD609: an int is not a function"),
    ],
)
def test_requests(call: Any, code: str) -> None:
    f = Costly(np.sum)
    with pytest.raises(ArgumentsError, match=code):
        call(f)
    assert f.calls == 0


def test_samples_that_do_not_span_the_space() -> None:
    f = Costly(np.sum)
    with pytest.raises(ArgumentsError, match=r"SD607: the rank of 3 samples is [12]"):
        for seed in range(100):
            regression_gradient(f, np.ones(3), samples=3, sampling="rademacher", rng=seed)
    assert f.calls % 4 == 0


@pytest.mark.parametrize("f", [np.sum, lambda x: np.sum(x, axis=1)[:2], lambda x: x])
def test_functions_that_are_not_vectorized(f: Any) -> None:
    with pytest.raises(EstimateError, match=r"SD610|SD605"):
        central_difference(f, ONES, vectorized=True)


# --- not analytic ---------------------------------------------------------------------------------

PAIR = np.array([1.5, -0.5])


@pytest.mark.parametrize(
    ("f", "word"),
    [
        (lambda x: np.sum(np.abs(x)), "abs"),
        (lambda x: abs(x[0]), "abs"),
        (lambda x: sum(abs(v) for v in x), "abs"),
        (lambda x: np.linalg.norm(x), "np.linalg.norm"),
        (lambda x: x[0] if x[1] > 0 else x[1], r"a comparison \(greater\)"),
        (lambda x: max(x[0], x[1]), "a comparison"),
        (lambda x: np.sum(np.maximum(x, 0.0)), r"a comparison \(maximum\)"),
        (lambda x: np.max(x), "np.max"),
        (lambda x: x.max(), "max"),
        (lambda x: np.sum(np.sort(x)), "np.sort"),
        (lambda x: np.sum(np.real(x)), "np.real"),
        (lambda x: np.sum(x.real) + 0j, "real"),
        (lambda x: x @ np.conj(x), "conj"),
        (lambda x: np.sum(x * x.conj()), "conj"),
        (lambda x: np.vdot(x, x), "np.vdot"),
        (lambda x: np.var(x), "np.var"),
        (lambda x: np.sum(np.where(x == 1.0, x, 2.0 * x)), "a comparison"),
        (lambda x: np.sum(np.clip(x, -1.0, 1.0)), "np.clip|clip"),
        (lambda x: np.sum(np.sign(x)), "sign"),
    ],
)
def test_what_is_not_analytic_is_named(f: Any, word: str) -> None:
    with pytest.raises(EstimateError, match=f"SD606: f is not analytic: it uses ({word})"):
        complex_step(f, PAIR)


def test_the_users_line_is_named() -> None:
    def f(x: Any) -> Any:
        y = x * x
        return np.sum(np.abs(y))

    with pytest.raises(EstimateError, match=r"it uses abs \(line \d+: return np.sum\(np.abs\(y"):
        complex_step(f, PAIR)


@pytest.mark.parametrize(
    ("f", "told"),
    [
        (lambda x: np.sum(np.asarray(x) * np.asarray(x).conj()).real, "SD606"),
        (lambda x: np.asarray(x)[0].real * x[1], "SD606"),
        (lambda x: abs(np.asarray(x)[0]) * x[1], "SD606: f is not analytic: along a direction"),
        (lambda x: math.sin(x[0]), "SD606: f (discards|does not take)"),
        (lambda x: float(x[0]), "SD606: f (discards|does not take)"),
        (lambda x: np.sum(x) * 1j, "SD606: f is not real for real arguments"),
    ],
)
def test_what_cannot_be_watched_shows_in_the_numbers(f: Any, told: str) -> None:
    with pytest.raises(EstimateError, match=told):
        complex_step(f, PAIR)


def test_numbers_of_python() -> None:
    with pytest.raises(EstimateError, match=r"SD606: .* comparison"):
        complex_step(lambda x: x if x > 0.0 else -x, 1.5)
    with pytest.raises(EstimateError, match="SD606"):
        complex_step(lambda x: x.real * x, 1.5)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(np.exp(x) * np.sin(x) / (1.0 + x**2)),
        lambda x: np.sum(np.sin(300.0 * x)),
        lambda x: np.linalg.det(np.outer(x, x) + np.eye(2)) + np.trace(np.diag(x)),
        lambda x: np.sum(np.linalg.solve(np.array([[2.0, 1.0], [0.0, 1.0]]), x)) ** 3,
        lambda x: 1e8 + x @ x,
        lambda x: np.prod(np.concatenate([x, 2.0 * x]).reshape(2, 2).T @ x),
        lambda x: 3.0 + 0.0 * x[0],
    ],
)
def test_analytic_functions_pass(f: Any) -> None:
    found = complex_step(f, PAIR)
    right = richardson(f, PAIR)
    np.testing.assert_allclose(found, right.value, rtol=1e-8, atol=np.max(right.error) * 10 + 1e-12)


def _in_place(x: Any) -> Any:
    y = np.zeros(4, dtype=x.dtype)
    y[:] = x * x
    y[1] += x[0]
    np.add.at(y, [0, 0, 1], x[:3])
    np.multiply(y, y, out=y)
    return np.sum(y)


FOUR = np.array([1.5, -0.5, 0.8, 2.2])


def _matrix(x: Any) -> Any:
    return np.outer(x, x) + 3.0 * np.eye(4) + np.diag(x)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(np.linalg.inv(_matrix(x))),
        lambda x: np.sum(np.linalg.solve(_matrix(x), x)),
        lambda x: np.trace(np.linalg.matrix_power(_matrix(x), 3)),
        lambda x: np.sum(np.convolve(x, x) ** 2) + np.inner(x, x),
        lambda x: np.einsum("i,ij,j", x, _matrix(x), x) + np.tensordot(_matrix(x), _matrix(x)),
        lambda x: np.sum(np.mean(_matrix(x), axis=0) ** 2) + np.prod(x) + np.sum(np.cumsum(x) ** 2),
        lambda x: np.log(np.sum(np.exp(x))) + np.sum(np.diff(x) ** 2) + np.trapezoid(x**2),
        lambda x: (
            np.sum(np.where([True, False, True, False], x**2, x)) + np.sum(np.triu(_matrix(x)))
        ),
        lambda x: sum(v**2 for v in x) + np.add.reduce(x) + np.sum(np.multiply.outer(x, x)),
        lambda x: (
            np.sum(np.split(np.roll(x, 1), 2)[0] ** 2) + np.sum(x.copy().reshape(2, 2).T @ x[:2])
        ),
        lambda x: np.sum(x) if x.ndim == 1 and np.all(np.isfinite(x)) else 0.0,
        _in_place,
    ],
)
def test_what_is_analytic_is_not_suspected(f: Any) -> None:
    """NumPy's own insides compare and take absolute values; only the user's uses count."""
    found = complex_step(f, FOUR)
    np.testing.assert_allclose(found, richardson(f, FOUR).value, rtol=1e-9, atol=1e-10)


def test_a_branch_can_be_said_to_be_meant() -> None:
    def f(x: Any) -> Any:
        return x**2 if x.real > 1.0 else x

    with pytest.raises(EstimateError, match=r"(?s)SD606: .*analytic=True"):
        complex_step(f, 2.0)
    assert complex_step(f, 2.0, analytic=True) == 4.0


@pytest.mark.parametrize(
    ("f", "told"),
    [
        (lambda x: np.sum(np.abs(x)), "it uses abs"),
        (lambda x: np.abs(x), "it uses abs"),
        (lambda x: x * np.asarray(x).conj(), "SD606"),
        (lambda x: np.array([x[1], abs(np.asarray(x)[0])]), "along a direction"),
    ],
)
def test_a_complex_step_along_a_direction_is_looked_at_too(f: Any, told: str) -> None:
    line = np.array([-1.0, 0.5])
    with pytest.raises(EstimateError, match=told):
        directional_derivative(f, PAIR, line, method="complex")
    box = estimated(f, method="complex", shape=np.shape(f(PAIR)))
    with pytest.raises(EstimateError, match=told):
        jvp(box, (PAIR,), (line,))


@pytest.mark.parametrize("size", [1e-8, 1.0, 1e8])
def test_directions_of_any_length_are_no_reason_for_suspicion(size: float) -> None:
    def f(x: Any) -> Any:
        return np.stack([np.exp(x[..., 0]) * x[..., 1], np.sin(30.0 * x[..., 1])], axis=-1)

    line = size * np.array([-1.0, 0.5])
    for vectorized in (False, True):
        found = directional_derivative(f, PAIR, line, method="complex", vectorized=vectorized)
        np.testing.assert_allclose(found, jvp(f, (PAIR,), (line,))[1], rtol=1e-13)


@pytest.mark.parametrize(
    "call",
    [
        lambda: complex_step(3, PAIR),  # type: ignore[arg-type]
        lambda: directional_derivative(3, PAIR, PAIR, method="complex"),  # type: ignore[arg-type]
        lambda: regression_gradient(np.sum, PAIR, rng="dice"),  # type: ignore[arg-type]
        lambda: spsa(np.sum, PAIR, rng=-1),
        lambda: estimated(lambda x: x, method="spsa", rng="dice"),
    ],
)
def test_what_is_no_function_and_no_generator(call: Any) -> None:
    with pytest.raises(ArgumentsError, match="SD609"):
        call()
