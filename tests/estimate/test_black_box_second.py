"""Second derivatives of black boxes: estimates of estimates, in programs that are differentiated."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcdiff import estimated, grad, hessian, hvp, jacobian, jvp
from srcdiff.errors import ArgumentsError

X = np.array([0.3, 0.7, 1.1])
Y = np.array([0.5, -1.2])
S, T = np.array([1.0, -2.0, 0.5]), np.array([0.4, 0.3])


def field(x: Any, y: Any) -> Any:
    """Two arguments that meet, three results."""
    return np.exp(x * y[0]) * np.sin(x[::-1] + y[1])


def boxed(method: str, **options: Any) -> Any:
    return estimated(field, method=method, shape=(None,), **options)


def loss(f: Any) -> Any:
    return lambda x, y: np.sum(f(x**2, y) ** 2) + np.sum(f(x, y))


METHODS = [
    ("central", 2e-6, {}),
    ("central", 1e-8, {"order": 6}),
    ("central", 1e-5, {"h": 1e-3}),
    ("central", 1e-5, {"jobs": 2}),
    ("forward", 2e-3, {}),
    ("backward", 2e-3, {}),
    ("forward", 2e-5, {"order": 3}),
    ("complex", 2e-9, {}),
    ("complex", 2e-9, {"analytic": True, "h": 1e-100}),
]


@pytest.mark.parametrize(("method", "tolerance", "options"), METHODS)
def test_every_order_of_modes(method: str, tolerance: float, options: dict[str, Any]) -> None:
    f, right = loss(boxed(method, **options)), loss(field)
    for k in (0, 1):
        for j in (0, 1):
            found = jacobian(grad(f, k), j)(X, Y)
            wanted = jacobian(grad(right, k), j)(X, Y)
            scale = float(np.max(np.abs(wanted)))
            np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance * scale)

    def along(f: Any) -> Any:
        return lambda x, y: jvp(f, (x, y), (S, T))[1]

    wanted = jvp(along(right), (X, Y), (S, T))[1]
    assert jvp(along(f), (X, Y), (S, T))[1] == pytest.approx(wanted, rel=10 * tolerance)
    pushed = grad(along(f), (0, 1))(X, Y)
    for found, expected in zip(pushed, grad(along(right), (0, 1))(X, Y)):
        np.testing.assert_allclose(found, expected, rtol=20 * tolerance, atol=20 * tolerance)
    pulled = grad(lambda x, y: grad(f)(x, y) @ S, 1)(X, Y)
    wanted = grad(lambda x, y: grad(right)(x, y) @ S, 1)(X, Y)
    np.testing.assert_allclose(pulled, wanted, rtol=20 * tolerance, atol=20 * tolerance)


def test_a_hessian_and_its_products() -> None:
    box = estimated(lambda x: np.sum(np.sin(x) * x), method="central")

    def f(x: Any) -> Any:
        return box(x) * x[0]

    def right(x: Any) -> Any:
        return np.sum(np.sin(x) * x) * x[0]

    np.testing.assert_allclose(hessian(f)(X), hessian(right)(X), atol=1e-6)
    np.testing.assert_allclose(hvp(f, X, S), hvp(right, X, S), atol=1e-6)
    assert not hvp(f, X, 0.0 * S).any()


@pytest.mark.parametrize(
    ("method", "order", "steps"),
    [("forward", 1, 0.02 * 2.0 ** -np.arange(5.0)), ("central", 2, 0.4 * 2.0 ** -np.arange(5.0))],
)
def test_the_order_of_the_error(method: str, order: int, steps: Any) -> None:
    def error(h: float) -> float:
        box = estimated(lambda t: np.sin(t) * np.exp(t), method=method, h=float(h))
        return abs(grad(grad(box))(0.5) - 2.0 * np.cos(0.5) * np.exp(0.5))

    slope = np.polyfit(np.log(steps), np.log([error(h) for h in steps]), 1)[0]
    assert slope == pytest.approx(order, rel=0.05)


@pytest.mark.parametrize("method", ["regression", "spsa"])
def test_sampled(method: str) -> None:
    box = estimated(lambda x: np.sum(x**3) + x[0] * x[1], method=method, samples=2000, rng=0)
    wanted = np.diag(6.0 * X) + np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    np.testing.assert_allclose(hessian(lambda x: box(x))(X), wanted, atol=0.6)


def test_noise_decides_the_step() -> None:
    random = np.random.default_rng(0)

    def noisy(x: Any) -> Any:
        return np.sum(np.exp(x)) + 1e-6 * random.standard_normal()

    aware = estimated(noisy, h="noise")
    found = hessian(lambda x: aware(x))(X)
    np.testing.assert_allclose(found, np.diag(np.exp(X)), atol=0.05)
    unaware = hessian(lambda x: estimated(noisy)(x))(X)
    assert np.max(np.abs(unaware - np.diag(np.exp(X)))) > 1.0


def test_number_types() -> None:
    box = estimated(lambda x: np.sum(np.exp(x)))
    single = X.astype(np.float32)
    found = hessian(lambda x: box(x))(single)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.diag(np.exp(X)), atol=0.05)
    assert type(grad(grad(lambda t: box(t)))(0.5)) is float


def test_names_that_look_like_tangents() -> None:
    """The parameters x and dx are two arguments, not one and its tangent."""

    def f(x: Any, dx: Any, like: Any) -> Any:
        return np.sum(x**2 * dx) * like

    box = estimated(f)
    for k, wanted in ((0, 2.0 * X * Y[0] * 3.0), (1, np.sum(X**2) * 3.0)):
        found = grad(lambda x, dx, like: box(x, dx, like), k)(X, float(Y[0]), 3.0)
        np.testing.assert_allclose(found, wanted, rtol=1e-8)
    second = jacobian(grad(lambda x, dx, like: box(x, dx, like), 0), 1)(X, float(Y[0]), 3.0)
    np.testing.assert_allclose(second, 6.0 * X, rtol=1e-6)


def test_it_shows_in_the_source() -> None:
    box = estimated(lambda t: np.sin(t), method="central")

    def f(t: Any) -> Any:
        return box(t) * t

    text = grad(grad(f)).source(1.0)
    assert "central_difference_of_black_box_by_t_along_t(" in text or "_along_t_and_t(" in text


def test_what_is_not_analytic_is_seen() -> None:
    box = estimated(lambda x: np.sum(np.abs(x) ** 3), method="complex")
    with pytest.raises(Exception, match="SD606"):
        hessian(lambda x: box(x))(X)
    with pytest.raises(ArgumentsError, match="SD609"):
        estimated(field, method="central", order=3, shape=(None,))(X, Y)
        grad(lambda x: np.sum(estimated(field, order=3, shape=(None,))(x, Y)))(X)
