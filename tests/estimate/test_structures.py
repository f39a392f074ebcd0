"""Structures of arrays, vectorized functions, jobs and generators: the same numbers every way."""

from __future__ import annotations

import threading
from collections import namedtuple
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest

from srcdiff import grad
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

Pair = namedtuple("Pair", ["u", "v"])


@dataclass
class Model:
    weights: Any
    bias: float
    label: str = "linear"


def of_dict(p: Any) -> Any:
    return np.sum(p["w"] ** 2) * p["b"] + p["more"][0] * p["more"][1][0]


DICT = {"w": np.array([[1.0, 2.0], [0.5, -1.0]]), "b": 3.0, "more": (2.0, [0.5]), "n": 4}


def of_pair(p: Any) -> Any:
    return np.sum(p.u) * p.v


def of_model(m: Any) -> Any:
    return np.sum(m.weights**3) + m.bias**2


CASES = [
    (of_dict, DICT),
    (of_pair, Pair(np.array([1.0, 2.0]), 0.5)),
    (of_model, Model(np.array([1.0, -2.0]), 0.3)),
    (lambda x: x[0] * np.sum(x[1]), [2.0, np.ones((2, 1))]),
]


def flat(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [n for part in value.values() for n in flat(part)]
    if isinstance(value, Model):
        return [*flat(value.weights), value.bias]
    if isinstance(value, (list, tuple)):
        return [n for part in value for n in flat(part)]
    return [float(n) for n in np.ravel(value)] if not isinstance(value, str) else []


def form(value: Any) -> Any:
    """The structure of a value without its numbers."""
    if isinstance(value, dict):
        return {key: form(part) for key, part in value.items()}
    if isinstance(value, Model):
        return Model, form(value.weights), type(value.bias), value.label
    if isinstance(value, (list, tuple)):
        return type(value), [form(part) for part in value]
    return (type(value), getattr(value, "shape", None), getattr(value, "dtype", None))


@pytest.mark.parametrize(("f", "x"), CASES)
@pytest.mark.parametrize(
    ("estimate", "tolerance"),
    [
        (forward_difference, 1e-5),
        (backward_difference, 1e-5),
        (central_difference, 1e-8),
        (complex_step, 1e-14),
        (lambda f, x: richardson(f, x).value, 1e-11),
        (lambda f, x: regression_gradient(f, x, h=1e-4, antithetic=True, rng=0), 1e-5),
    ],
)
def test_the_form_of_a_gradient(f: Any, x: Any, estimate: Any, tolerance: float) -> None:
    found, right = estimate(f, x), grad(f)(x)
    assert form(found) == form(right)
    np.testing.assert_allclose(flat(found), flat(right), rtol=tolerance, atol=tolerance)


def test_spsa_and_steps_have_the_form_of_x() -> None:
    found = spsa(of_dict, DICT, samples=2, rng=0, full=True)
    assert form(found.value) == form(found.error) == form(grad(of_dict)(DICT))
    steps = difference_step(of_dict, DICT, noise=1e-8)
    assert form(steps) == form(grad(of_dict)(DICT))
    central = central_difference(of_dict, DICT, h={**steps, "n": 0})
    np.testing.assert_allclose(flat(central), flat(grad(of_dict)(DICT)), rtol=1e-3)


def test_direction_of_a_structure() -> None:
    s = {"w": np.ones((2, 2)), "b": -1.0, "more": (0.0, [2.0]), "n": 0}
    g = grad(of_dict)(DICT)
    right = np.sum(g["w"]) - g["b"] + 2.0 * g["more"][1][0]
    for method in ("forward", "backward", "central", "complex"):
        found = directional_derivative(of_dict, DICT, s, method=method)
        assert found == pytest.approx(right, rel=1e-6)


def test_a_directional_derivative_of_an_array() -> None:
    x, s = np.array([0.2, 0.4]), np.array([1.0, 3.0])
    for method, tolerance in (("forward", 1e-6), ("central", 1e-9), ("complex", 1e-15)):
        found = directional_derivative(np.sin, x, s, method=method)
        np.testing.assert_allclose(found, np.cos(x) * s, rtol=tolerance)
    assert directional_derivative(np.sin, x, np.zeros(2)).tolist() == [0.0, 0.0]


def test_x_is_left_alone_and_each_call_gets_its_own() -> None:
    def greedy(p: Any) -> Any:
        p["more"][1].append(1.0)
        p["w"] *= 2.0
        return np.sum(p["w"]) * len(p["more"][1])

    found = central_difference(greedy, DICT)
    assert DICT["more"] == (2.0, [0.5]) and DICT["w"][0, 0] == 1.0
    np.testing.assert_allclose(found["w"], 4.0)


FORMS = [
    (np.array([1.0, 2.0], np.float16), 0.1),
    (np.array([1.0, 2.0], np.longdouble), 1e-6),
    (np.asfortranarray([[1.0, 2.0], [3.0, 4.0]]), 1e-6),
    (np.arange(6.0)[::2], 1e-6),
    (np.array(3.0), 1e-6),
    (np.longdouble(2.0), 1e-6),
    (-0.0, 1e-6),
    (1e-300, 1e-6),
    (1e150, 1e-6),
]


@pytest.mark.parametrize(("x", "tolerance"), FORMS, ids=repr)
@pytest.mark.parametrize(
    "estimate",
    [
        forward_difference,
        central_difference,
        complex_step,
        lambda f, x: richardson(f, x).value,
        lambda f, x: regression_gradient(f, x, antithetic=True, rng=0),
    ],
)
def test_every_kind_of_float(estimate: Any, x: Any, tolerance: float) -> None:
    def f(x: Any) -> Any:
        return np.sum(x * x) if isinstance(x, np.ndarray) else x * x

    found = estimate(f, x)
    assert form(found) == form(x)
    np.testing.assert_allclose(found, 2 * x, rtol=tolerance, atol=tolerance)


# --- all at once, side by side --------------------------------------------------------------------


def of_rows(x: Any) -> Any:
    return np.sum(np.sin(x) * np.arange(1.0, 4.0), axis=-1)


ROW = np.array([0.3, 1.2, -0.7])
WAYS = [
    (forward_difference, {"order": 3}),
    (backward_difference, {}),
    (central_difference, {"order": 4}),
    (complex_step, {}),
    (richardson, {}),
    (regression_gradient, {"rng": 4, "full": True}),
    (spsa, {"rng": 4, "samples": 9, "full": True}),
    (noise_level, {"rng": 4}),
]


@pytest.mark.parametrize(("estimate", "options"), WAYS)
def test_vectorized(estimate: Any, options: Any) -> None:
    calls = []

    def counted(x: Any) -> Any:
        calls.append(np.ndim(x))
        return of_rows(x)

    np.testing.assert_array_equal(
        _numbers(estimate(counted, ROW, vectorized=True, **options)),
        _numbers(estimate(of_rows, ROW, **options)),
    )
    assert calls.count(2) >= 1 and len(calls) < 25


@pytest.mark.parametrize(("estimate", "options"), [w for w in WAYS if w[0] is not complex_step])
def test_jobs(estimate: Any, options: Any) -> None:
    threads = set()

    def watched(x: Any) -> Any:
        threads.add(threading.get_ident())
        return of_rows(x)

    np.testing.assert_array_equal(
        _numbers(estimate(watched, ROW, jobs=3, **options)),
        _numbers(estimate(of_rows, ROW, **options)),
    )
    assert threads - {threading.get_ident()}


def _numbers(found: Any) -> Any:
    return np.concatenate([np.ravel(part) for part in found]) if isinstance(found, tuple) else found


def test_a_function_of_rows_only() -> None:
    """It is never called with a single point."""

    def f(x: Any) -> Any:
        assert x.shape[1:] == (3,)
        return x[:, 0] * x[:, 1] + np.exp(x[:, 2])

    right = [ROW[1], ROW[0], np.exp(ROW[2])]
    for estimate, options in WAYS[:5]:
        found = estimate(f, ROW, vectorized=True, **options)
        np.testing.assert_allclose(getattr(found, "value", found), right, rtol=1e-5)
    noise_level(f, ROW, vectorized=True, rng=0)
    difference_step(f, ROW, vectorized=True)
    spsa(f, ROW, vectorized=True, h="noise")


def test_vectorized_numbers() -> None:
    found = central_difference(
        lambda p: p["a"] ** 2 * np.sum(p["b"], axis=-1), _two(), vectorized=True
    )
    assert found["a"] == pytest.approx(12.0) and np.allclose(found["b"], 4.0)


def _two() -> Any:
    return {"a": 2.0, "b": np.ones(3)}


def test_processes() -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = central_difference(np.linalg.norm, ROW, jobs=pool)
    np.testing.assert_array_equal(found, central_difference(np.linalg.norm, ROW))


def test_a_generator_makes_it_reproducible() -> None:
    for estimate, options in ((regression_gradient, {}), (spsa, {"samples": 3})):
        one = estimate(of_rows, ROW, rng=np.random.default_rng(8), **options)
        two = estimate(of_rows, ROW, rng=8, **options)
        other = estimate(of_rows, ROW, rng=9, **options)
        assert np.array_equal(one, two) and not np.array_equal(one, other)


@pytest.mark.parametrize("sampling", ["sphere", "gaussian", "rademacher", "orthogonal"])
def test_samplings(sampling: str) -> None:
    found = regression_gradient(
        of_rows, ROW, h=1e-4, samples=12, sampling=sampling, antithetic=True, rng=0
    )
    np.testing.assert_allclose(found, grad(of_rows)(ROW), rtol=1e-6)


# --- what it costs --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimate", "options", "count"),
    [
        (forward_difference, {}, 4),
        (forward_difference, {"order": 3}, 10),
        (backward_difference, {}, 4),
        (central_difference, {}, 6),
        (central_difference, {"order": 4}, 12),
        (complex_step, {"analytic": True}, 3),
        (complex_step, {}, 9),
        (regression_gradient, {"rng": 0}, 7),
        (regression_gradient, {"rng": 0, "samples": 5, "antithetic": True}, 10),
        (spsa, {"rng": 0}, 2),
        (spsa, {"rng": 0, "samples": 7}, 14),
    ],
)
def test_evaluations(estimate: Any, options: Any, count: int) -> None:
    calls = []

    def counted(x: Any) -> Any:
        calls.append(x)
        return of_rows(x)

    estimate(counted, ROW, **options)
    assert len(calls) == count
