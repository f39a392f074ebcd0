"""Black boxes: estimates that stand in for derivatives, in programs that are differentiated."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from srcdiff import EstimateError, Refused, estimated, grad, jacobian, jvp, stop_gradient, vjp
from srcdiff.errors import ArgumentsError

X = np.array([0.3, 0.7, 1.1])
TABLE = np.linspace(-2.0, 4.0, 13)


@estimated(shape="x")
def waves(x: Any, y: Any) -> Any:
    return np.sin(x) * y


@estimated
def energy(x: Any, scale: float = 2.0) -> Any:
    return scale * np.sum(np.asarray(x) ** 2)


def program(x: Any, y: Any) -> Any:
    return np.sum(waves(x * x, y) ** 2)


def open_program(x: Any, y: Any) -> Any:
    return np.sum((np.sin(x * x) * y) ** 2)


def at_the_call(x: Any) -> Any:
    total = 0.0
    for k in range(3):
        total = total + estimated(math.gamma, arguments=("x",))(x + k)
    return total


def test_reverse_mode() -> None:
    found, right = grad(program, (0, 1))(X, 2.0), grad(open_program, (0, 1))(X, 2.0)
    np.testing.assert_allclose(found[0], right[0], rtol=1e-8)
    assert found[1] == pytest.approx(right[1], rel=1e-8)


def test_forward_mode() -> None:
    tangents = (np.array([1.0, -2.0, 0.5]), 0.7)
    found, right = jvp(program, (X, 2.0), tangents), jvp(open_program, (X, 2.0), tangents)
    assert found[1] == pytest.approx(right[1], rel=1e-8)


def test_the_modes_are_transposes() -> None:
    def f(x: Any) -> Any:
        return waves(x, 1.5)

    forward, reverse = jacobian(f, mode="forward")(X), jacobian(f, mode="reverse")(X)
    np.testing.assert_allclose(forward, np.diag(1.5 * np.cos(X)), atol=1e-9)
    np.testing.assert_allclose(forward, reverse, atol=1e-9)


@pytest.mark.parametrize(
    ("method", "tolerance", "options"),
    [
        ("forward", 1e-6, {}),
        ("backward", 1e-6, {}),
        ("central", 1e-9, {}),
        ("central", 1e-11, {"order": 4}),
        ("complex", 1e-15, {}),
        ("regression", 1e-4, {"rng": 0, "antithetic": True}),
        ("spsa", 0.3, {"rng": 0, "samples": 10000}),
    ],
)
def test_methods(method: str, tolerance: float, options: dict[str, Any]) -> None:
    box = estimated(lambda x: np.sum(x**3), method=method, **options)
    found = grad(lambda x: 2.0 * box(x))(X)
    np.testing.assert_allclose(found, 6.0 * X**2, rtol=tolerance, atol=tolerance)
    _, tangent = jvp(lambda x: 2.0 * box(x), (X,), (X,))
    assert tangent == pytest.approx(np.sum(6.0 * X**3), rel=max(min(tolerance, 1e-6), 1e-15))


def test_the_source_shows_where_an_estimate_stands_in() -> None:
    source = grad(program, (0, 1)).source(X, 2.0)
    assert "= central_difference_of_waves_by_x(t1, t, y) * x" in source
    assert "b_y = central_difference_of_waves_by_y(" in source
    assert "spsa_of_energy_by_x(" in grad(_by_spsa).source(X)


def _by_spsa(x: Any) -> Any:
    return estimated(_plain_energy, method="spsa", rng=0)(x)


def _plain_energy(x: Any) -> Any:
    return np.sum(x * x)


_plain_energy.__name__ = "energy"


def test_at_the_call_in_a_loop() -> None:
    def right(h: float) -> float:
        return sum(math.gamma(1.5 + h + k) - math.gamma(1.5 - h + k) for k in range(3)) / (2 * h)

    assert grad(at_the_call)(1.5) == pytest.approx(right(1e-5), rel=1e-7)
    assert "central_difference_of_gamma_by_x(" in grad(at_the_call).source(1.5)


def test_compiled_table_and_branch() -> None:
    def f(x: float) -> float:
        return x * estimated(look_up)(x) if x > 0.0 else -x

    assert grad(f)(1.25) == pytest.approx(2 * 1.25 + 0.0, rel=1e-6)
    assert grad(f)(-1.0) == -1.0


def look_up(x: float) -> float:
    return float(np.interp(x, TABLE, TABLE))


def test_constants_pass_by_and_do_not_vary() -> None:
    assert np.allclose(grad(lambda x: energy(x))(X), 4.0 * X)
    assert np.allclose(grad(lambda x: energy(x, scale=3.0))(X), 6.0 * X)
    assert np.allclose(grad(lambda x: energy(x, 3.0))(X), 6.0 * X)
    with pytest.raises(Refused, match=r"SD204: .*energy has no derivative .* 'scale'"):
        grad(lambda s: energy(np.ones(2), scale=s))(2.0)
    held = grad(lambda x, s: energy(x, scale=stop_gradient(s)))
    assert np.allclose(held(X, 3.0), 6.0 * X)


def test_third_derivatives_are_refused_and_not_zero() -> None:
    with pytest.raises(Refused, match="SD204"):
        grad(grad(grad(lambda x: energy(x) * 1.0)))(1.5)
    with pytest.raises(Refused, match="SD204"):
        jvp(grad(grad(lambda x: energy(x))), (1.5,), (1.0,))


def test_number_types() -> None:
    single = X.astype(np.float32)
    found = grad(lambda x: energy(x))(single)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, 4.0 * single, rtol=1e-4)
    assert type(grad(lambda x: energy(x))(1.5)) is float


def test_it_still_is_a_function() -> None:
    assert waves(X, y=2.0).tolist() == (2.0 * np.sin(X)).tolist()
    assert energy(X, 3.0) == energy(X, scale=3.0) == 3.0 * np.sum(X**2)
    assert waves.__name__ == "waves"


def test_the_record_of_a_pullback_is_reusable() -> None:
    _, pullback = vjp(lambda x: waves(x, 2.0), X)
    np.testing.assert_allclose(pullback(np.ones(3))[0], 2.0 * np.cos(X), rtol=1e-8)
    np.testing.assert_allclose(pullback(2.0 * np.ones(3))[0], 4.0 * np.cos(X), rtol=1e-8)


def test_one_seed_one_sequence() -> None:
    def run() -> Any:
        box = estimated(lambda x: np.sum(x**2), method="spsa", rng=7)
        slope = grad(lambda x: box(x))
        return [slope(X) for _ in range(6)]

    one, two = run(), run()
    np.testing.assert_array_equal(one, two)
    assert len(np.unique(one, axis=0)) > 1


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: estimated(math.gamma, method="guess"), "SD609"),
        (lambda: estimated(math.gamma, method="central", samples=3, arguments=("x",)), "SD609"),
        (lambda: estimated(math.gamma, shape="z", arguments=("x",)), "SD609"),
        (lambda: estimated(math.gamma, shape=(-1,), arguments=("x",)), "SD609"),
        (lambda: estimated(min), "SD612"),
        (lambda: estimated(lambda *x: 1.0), "SD612"),
        (lambda: estimated(lambda scale=1.0: 1.0), "SD612"),
        (lambda: estimated(3), "SD609"),
        (lambda: energy(3), "SD601"),
    ],
)
def test_misuse(call: Any, code: str) -> None:
    with pytest.raises(ArgumentsError, match=code):
        call()


def test_another_shape_than_was_said() -> None:
    wrong = estimated(lambda x: np.ones(2) * x)
    with pytest.raises(EstimateError, match=r"SD613: .* shape \(2,\); its shape was said to be"):
        grad(lambda x: wrong(x) * wrong(x))(1.0)
    part = estimated(lambda x: x[1:], shape=(None,))
    assert np.allclose(grad(lambda x: np.sum(part(x) ** 2))(X), [0.0, *(2.0 * X[1:])])


def test_a_box_may_write_into_what_it_is_given() -> None:
    @estimated
    def greedy(x: Any, y: Any) -> Any:
        x *= y
        y[:] = 0.0
        return np.sum(x)

    def f(x: Any, y: Any) -> Any:
        z = greedy(x, y)
        return z * np.sum(x * y)

    y = np.array([2.0, -1.0, 0.5])
    by_x, by_y = grad(f, (0, 1))(X, y)
    np.testing.assert_allclose(by_x, 2.0 * (X @ y) * y, rtol=1e-8)
    np.testing.assert_allclose(by_y, 2.0 * (X @ y) * X, rtol=1e-8)
    assert X.tolist() == [0.3, 0.7, 1.1] and y.tolist() == [2.0, -1.0, 0.5]


def test_a_box_in_a_program_that_writes() -> None:
    def f(x: Any) -> Any:
        y = np.zeros(3)
        for k in range(3):
            y[k] = energy(x[k:]) * x[k]
            x = x * 1.5
        return y @ y

    def right(x: Any) -> Any:
        y = np.zeros(3)
        for k in range(3):
            y[k] = 2.0 * np.sum(x[k:] ** 2) * x[k]
            x = x * 1.5
        return y @ y

    np.testing.assert_allclose(grad(f)(X), grad(right)(X), rtol=1e-8)
    tangent = np.array([1.0, -1.0, 2.0])
    assert jvp(f, (X,), (tangent,))[1] == pytest.approx(jvp(right, (X,), (tangent,))[1], rel=1e-8)


def test_names_that_rules_keep_for_themselves() -> None:
    """A parameter called `index` is an operand here, though rules only look at its form."""
    box = estimated(lambda index, like: index * like)
    found = grad(lambda a, b: box(a, b), (0, 1))(2.0, 3.0)
    assert found == pytest.approx((3.0, 2.0))
    assert grad(grad(lambda a: box(a, a)))(2.0) == pytest.approx(2.0, rel=1e-6)
    with pytest.raises(Refused, match="SD204"):
        grad(grad(grad(lambda a: box(a, a))))(2.0)
