"""Gradient descent, momentum and Adam: where they end, when they stop, what they tell."""

from __future__ import annotations

import math
import sys
import types
from typing import Any

import numpy as np
import pytest

import srcdiff
from srcdiff.errors import ArgumentsError, Refused
from srcdiff.optimise import adam, gradient_descent, momentum, progress

START = np.array([-1.2, 1.0])
DESCENTS = [gradient_descent, momentum, adam]


def rosenbrock(x: Any, a: float = 1.0, b: float = 100.0) -> Any:
    return np.sum(b * (x[1:] - x[:-1] ** 2) ** 2 + (a - x[:-1]) ** 2)


def valley(p: Any, y: Any) -> Any:
    return np.sum((p["w"] - y) ** 2) + 3.0 * (p["b"][0] - 2.0) ** 2


PARAMETERS = {"w": np.zeros((2, 2)), "b": (0.5,), "n": 3, "name": "net"}


@pytest.mark.parametrize(
    ("descent", "options"),
    [
        (gradient_descent, {"max_iterations": 30000}),
        (momentum, {"rate": 2e-4, "decay": 0.99}),
        (momentum, {"rate": 2e-4, "decay": 0.99, "nesterov": True}),
        (adam, {"rate": 2e-2}),
    ],
)
def test_rosenbrock(descent: Any, options: Any) -> None:
    found = descent(rosenbrock, START, **{"max_iterations": 10000, **options})
    assert found.converged and found.message == "the gradient is small enough"
    np.testing.assert_allclose(found.x, [1.0, 1.0], atol=1e-4)
    assert found.value < 1e-8 and np.linalg.norm(found.gradient) <= 1e-6


@pytest.mark.parametrize("descent", DESCENTS)
def test_structures(descent: Any) -> None:
    options = {} if descent is gradient_descent else {"rate": 0.05}
    y = np.array([[1.0, 2.0], [3.0, -1.0]])
    found = descent(valley, PARAMETERS, (y,), max_iterations=5000, **options)
    assert found.converged
    np.testing.assert_allclose(found.x["w"], y, atol=1e-5)
    assert found.x["b"] == pytest.approx((2.0,)) and found.x["n"] == 3 and found.x["name"] == "net"
    assert found.gradient["n"] == 0 and found.gradient["w"].shape == (2, 2)
    assert PARAMETERS["w"].tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_one_step_of_each_is_the_formula() -> None:
    x, g = np.array([1.0, -2.0]), np.array([2.0, -4.0])

    def f(x: Any) -> Any:
        return x @ x

    def after(descent: Any, count: int, **options: Any) -> Any:
        return descent(f, x, max_iterations=count, **options).x

    np.testing.assert_allclose(after(gradient_descent, 1, rate=0.1), x - 0.1 * g)
    one = x - 0.1 * g
    two = one + 0.5 * (-0.1 * g) - 0.1 * 2.0 * one
    np.testing.assert_allclose(after(momentum, 2, rate=0.1, decay=0.5), two)
    np.testing.assert_allclose(after(adam, 1, rate=0.1), x - 0.1 * np.sign(g), rtol=1e-7)
    mean = (0.9 * 0.1 * g + 0.1 * 2.0 * (x - 0.1 * np.sign(g))) / (1.0 - 0.9**2)
    size = (0.999 * 0.001 * g**2 + 0.001 * (2.0 * (x - 0.1 * np.sign(g))) ** 2) / (1.0 - 0.999**2)
    expected = x - 0.1 * np.sign(g) - 0.1 * mean / np.sqrt(size)
    np.testing.assert_allclose(after(adam, 2, rate=0.1), expected, rtol=1e-6)


def test_backtracking_never_goes_up() -> None:
    found = gradient_descent(rosenbrock, START, max_iterations=200)
    values = [point.value for point in found.history]
    assert all(b < a for a, b in zip(values, values[1:]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gradient_tolerance": 1.0}, "the gradient is small enough"),
        ({"gradient_tolerance": 0.0, "value_tolerance": 1e-3}, "the value changes little enough"),
        ({"gradient_tolerance": 0.0, "step_tolerance": 1e-3}, "the step is small enough"),
    ],
)
def test_stopping_rules(options: Any, message: str) -> None:
    found = gradient_descent(rosenbrock, START, max_iterations=20000, **options)
    assert found.converged and found.message == message


def test_history_and_counts() -> None:
    found = gradient_descent(rosenbrock, START, rate=1e-3, max_iterations=5, keep=True)
    assert not found.converged and found.message == "no iterations are left"
    assert [point.number for point in found.history] == [0, 1, 2, 3, 4, 5]
    assert found.iterations == 5 and found.evaluations == 6
    first, second = found.history[:2]
    assert first.value == rosenbrock(START) and first.step == 0.0
    assert np.array_equal(first.x, START) and first.x is not START
    assert second.step == pytest.approx(1e-3 * first.gradient_norm)
    assert found.history[-1].value == found.value == rosenbrock(found.x)
    assert gradient_descent(rosenbrock, START, max_iterations=1).history[0].x is None
    still = gradient_descent(rosenbrock, START, max_iterations=0)
    assert still.iterations == 0 and still.evaluations == 1 and np.array_equal(still.x, START)


def test_the_callback_can_stop_it() -> None:
    seen = []

    def callback(point: Any) -> Any:
        seen.append(point.number)
        return point.number == 3

    found = adam(rosenbrock, START, callback=callback)
    assert seen == [0, 1, 2, 3] and found.iterations == 3
    assert found.message == "the callback asked to stop" and not found.converged


def test_divergence_is_said() -> None:
    found = gradient_descent(rosenbrock, START, rate=1.0)
    assert not found.converged and found.message.startswith("diverged")
    assert math.isfinite(found.value) and np.all(np.isfinite(found.x))


def test_backtracking_stays_in_the_domain() -> None:
    found = gradient_descent(lambda x: x - np.log(x), 0.05)
    assert found.converged and found.x == pytest.approx(1.0, abs=1e-5)
    stuck = gradient_descent(lambda x: np.abs(x), 1e-300, gradient_tolerance=0.0)
    assert not stuck.converged


def test_nowhere_to_go_is_said() -> None:
    found = gradient_descent(lambda x: x**2, 1.0, gradient=lambda x: -2.0 * x)
    assert not found.converged and found.message == "no step along the gradient lowers the value"
    assert len(found.history) == 1


@pytest.mark.parametrize("name", ["forward", "central", "complex"])
def test_estimated_gradients(name: str) -> None:
    found = gradient_descent(lambda x: np.sum((x - 1.0) ** 2), START, gradient=name)
    np.testing.assert_allclose(found.x, [1.0, 1.0], atol=1e-5)


def test_a_gradient_of_ones_own_and_a_decorated_function() -> None:
    own = momentum(lambda x, k: k * x**2, 1.0, (0.5,), rate=0.1, gradient=lambda x, k: 2 * k * x)
    assert own.converged
    decorated = srcdiff.grad(rosenbrock)
    assert gradient_descent(decorated, START, max_iterations=3).value < rosenbrock(START)


@pytest.mark.parametrize("descent", DESCENTS)
def test_noisy_descent_by_spsa_is_reproducible(descent: Any) -> None:
    def run() -> Any:
        random = np.random.default_rng(5)
        return descent(
            lambda x: np.sum(x**2),
            START,
            rate=0.02,
            gradient=lambda x: srcdiff.estimate.spsa(lambda v: np.sum(v**2), x, rng=random),
            max_iterations=300,
            gradient_tolerance=0.0,
        )

    one, two = run(), run()
    np.testing.assert_array_equal(one.x, two.x)
    assert one.value < 0.1 * rosenbrock(START)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: gradient_descent(rosenbrock, np.array([1, 2])), "SD601"),
        (lambda: gradient_descent(rosenbrock, np.zeros(0)), "SD602"),
        (lambda: gradient_descent(rosenbrock, START * np.nan), "SD603"),
        (lambda: gradient_descent(rosenbrock, START, rate=0.0), "SD609: rate"),
        (lambda: gradient_descent(rosenbrock, START, rate="exact"), "SD609: no rate"),
        (lambda: gradient_descent(rosenbrock, START, gradient="guess"), "SD609: no gradient"),
        (lambda: gradient_descent(rosenbrock, START, max_iterations=2.5), "SD609: max_iter"),
        (lambda: gradient_descent(rosenbrock, START, gradient_tolerance=-1.0), "SD609: gradient_t"),
        (lambda: momentum(rosenbrock, START, decay=1.0), "SD609: decay"),
        (lambda: adam(rosenbrock, START, decay=(0.9, 1.5)), "SD609: decay"),
        (lambda: adam(rosenbrock, START, epsilon=0.0), "SD609: epsilon"),
        (lambda: adam(3, START), "SD510"),
        (lambda: momentum(lambda x: x, START, gradient=lambda x: x), "SD504"),
        (lambda: momentum(rosenbrock, START, gradient=lambda x: x[:1]), "SD608: the gradient has"),
    ],
)
def test_misuse(call: Any, code: str) -> None:
    with pytest.raises(ArgumentsError, match=code):
        call()


def test_refusals_come_through() -> None:
    def printed(x: Any) -> Any:
        with open("log") as log:
            return x * len(log.read())

    with pytest.raises(Refused):
        gradient_descent(printed, 1.0)


# --- the bar --------------------------------------------------------------------------------------


def test_no_bar_without_a_terminal(capsys: Any) -> None:
    gradient_descent(rosenbrock, START, max_iterations=20)
    gradient_descent(rosenbrock, START, max_iterations=20, progress=False)
    assert capsys.readouterr().err == ""


def test_bars(monkeypatch: Any) -> None:
    shown: list[Any] = []

    class Bar:
        def __init__(self, total: int, **options: Any):
            shown.append(("total", total))

        def set_postfix_str(self, text: str, refresh: bool) -> None:
            shown.append(text)

        def update(self, by: int) -> None:
            shown.append(by)

        def close(self) -> None:
            shown.append("closed")

    module = types.ModuleType("tqdm")
    module.tqdm = Bar  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tqdm", module)
    monkeypatch.setattr(progress, "find_spec", lambda name: name == "tqdm")
    gradient_descent(rosenbrock, START, max_iterations=3, progress=True)
    assert shown[0] == ("total", 3) and shown[-1] == "closed"
    assert sum(s for s in shown if isinstance(s, int)) == 3
    assert any(str(s).startswith("value ") for s in shown)


def test_a_bar_comes_after_a_while(monkeypatch: Any) -> None:
    now, made = [0.0], []
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(progress, "_made", lambda total: made.append(now[0]) or progress._Nothing())
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: True, raising=False)
    with progress.progress_bar(10, None) as show:
        for number in range(10):
            now[0] += 0.5
            show(number, 1.0)
    assert made == [2.0]


@pytest.mark.parametrize("name", ["tqdm", "rich"])
def test_real_bars(name: str, monkeypatch: Any, capsys: Any) -> None:
    pytest.importorskip(name)
    monkeypatch.setattr(progress, "find_spec", lambda asked: asked == name)
    found = gradient_descent(rosenbrock, START, max_iterations=3, progress=True)
    assert found.iterations == 3


def test_without_either_there_is_no_bar(monkeypatch: Any) -> None:
    monkeypatch.setattr(progress, "find_spec", lambda name: None)
    assert gradient_descent(rosenbrock, START, max_iterations=3, progress=True).iterations == 3
