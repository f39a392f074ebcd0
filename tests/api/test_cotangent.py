"""User code in the reverse sweep: `cotangent`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import srcdiff
from srcdiff import cotangent, grad, hvp, jacobian, jvp, value_and_grad, vjp
from srcdiff.errors import ArgumentsError, GradientError, Refused
from srcdiff.files import module
from srcdiff.files.ask import Ask
from srcdiff.files.module import Item

SEEN: list[Any] = []
W = np.array([0.3, 0.1])
X = np.array([[1.0, 2.0], [0.5, -1.0], [0.2, 0.7]])


@pytest.fixture(autouse=True)
def nothing_seen() -> None:
    SEEN.clear()


def log(b: Any) -> Any:
    SEEN.append(b)
    return b


def clip(b: Any) -> Any:
    return np.clip(b, -0.1, 0.1)


def zeroed(b: Any) -> Any:
    b[:] = 0.0
    return b


def nothing(b: Any) -> None:
    pass


def halved(b: Any) -> Any:
    return b[:1]


def stop(b: Any) -> Any:
    raise KeyError("stop here")


def loss(w, X):
    score = X @ w
    score = cotangent(score, clip)
    for _ in range(3):
        score = cotangent(score, log)
        score = np.tanh(score)
    return np.sum(score)


def plain(w, X):
    score = X @ w
    for _ in range(3):
        score = np.tanh(score)
    return np.sum(score)


def test_what_goes_on_is_what_the_function_returns() -> None:
    value, gradient = value_and_grad(loss)(W, X)
    assert value == loss(W, X) == plain(W, X)
    inner = vjp(lambda s: np.sum(np.tanh(np.tanh(np.tanh(s)))), X @ W)[1](1.0)[0]
    assert np.array_equal(gradient, X.T @ clip(inner)) and np.any(inner > 0.1)


def test_it_is_called_in_the_order_of_the_sweep() -> None:
    grad(loss)(W, X)
    score = X @ W
    values = [score := np.tanh(score) for _ in range(3)]
    expected, b = [], np.ones(3)
    for z in reversed(values):
        b = b * (1.0 - z * z)
        expected.append(b)
    assert len(SEEN) == 3 and all(np.allclose(a, e) for a, e in zip(SEEN, expected))


def test_the_generated_code_calls_it_by_name_and_the_value_does_not() -> None:
    text = grad(loss).source(W, X)
    assert "b_score = log(b_score)" in text and "b_score = clip(b_score)" in text
    assert "cotangent(" not in "".join(line for line in text.splitlines() if "#" not in line)
    loss(W, X)
    assert not SEEN


class Scaled:
    """An object that is called; it has no hash."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, by: float):
        self.by = by

    def __call__(self, b: Any) -> Any:
        return self.by * b


half = Scaled(0.5)


def test_used_twice_it_has_one_name() -> None:
    def f(x):
        y = cotangent(x * x, log)
        z = cotangent(y + x, half)
        z = cotangent(z, log)
        return np.sum(cotangent(z, half))

    text = grad(f).source(W)
    assert text.count("# log: provided") == 1 and "log_1" not in text
    assert np.allclose(grad(f)(W), 0.25 * (2.0 * W + 1.0)) and len(SEEN) == 2


def test_numbers_stay_what_they_are() -> None:
    def f(x: float) -> float:
        y = cotangent(x * x, log)
        return math.sin(y)

    found = grad(f)(2.0)
    assert type(found) is float and found == 4.0 * math.cos(4.0) and type(SEEN[0]) is float

    def single(x):
        return np.sum(cotangent(x, clip))

    assert grad(single)(W.astype(np.float32)).dtype == np.float32


def test_structures_and_what_has_no_derivative() -> None:
    def f(p):
        q = cotangent({"a": p["a"] * 2.0, "n": 3, "b": p["b"]}, clip)
        return np.sum(q["a"]) * q["n"] + q["b"]

    found = grad(f)({"a": W, "b": 1.5})
    assert np.array_equal(found["a"], [0.2, 0.2]) and found["b"] == 0.1


def test_it_may_change_what_it_gets() -> None:
    """The cotangent of x and that of y are one array in the generated code; here they part."""

    def f(x, y):
        a = cotangent(x, zeroed)
        return np.sum((a + y) ** 2)

    b_x, b_y = grad(f, (0, 1))(W, W)
    assert np.array_equal(b_x, np.zeros(2)) and np.array_equal(b_y, 4.0 * W)


def test_what_it_keeps_is_not_changed_later() -> None:
    def f(x):
        y = cotangent(x * 1.0, log)
        return np.sum(y) + np.sum(x[:1] ** 2)

    found = grad(f)(W)
    assert np.array_equal(SEEN[0], np.ones(2)) and np.array_equal(found, [1.0 + 2.0 * W[0], 1.0])


def test_forward_mode_does_not_know_of_it() -> None:
    ones = np.ones(2)
    assert jvp(loss, (W, X), (ones, 0.0 * X))[1] == jvp(plain, (W, X), (ones, 0.0 * X))[1]
    assert not SEEN


def test_a_matrix_goes_through_it_row_by_row() -> None:
    found = jacobian(lambda x: np.sin(cotangent(x * x, clip)))(W)
    assert np.array_equal(found, np.diag(2.0 * W * 0.1))


def test_a_second_derivative_is_refused() -> None:
    with pytest.raises(Refused, match=r"SD206: log is called for a cotangent"):
        hvp(loss, W, np.ones(2), X)


@pytest.mark.parametrize("act", [nothing, halved])
def test_what_does_not_fit_is_refused(act: Any) -> None:
    def f(x):
        return np.sum(cotangent(x * x, act))

    with pytest.raises(ArgumentsError, match=f"SD524: {act.__name__} returned"):
        grad(f)(W)


def test_what_it_raises_arrives() -> None:
    with pytest.raises(KeyError, match="stop here"):
        grad(lambda x: np.sum(cotangent(x, stop)))(W)


def test_a_function_made_inside_is_refused() -> None:
    def f(x):
        return np.sum(cotangent(x, lambda b: 2.0 * b))

    with pytest.raises(Refused, match="SD355"):
        grad(f)(W)


def test_a_check_finds_the_line() -> None:
    with pytest.raises(GradientError) as caught:
        grad(loss).check(W, X)
    at = caught.value.finding.at
    assert at.text() == "score = cotangent(score, clip)"


def test_a_derivative_file_does_not_carry_it() -> None:
    ask = Ask(loss, "grad", ("w",))
    with pytest.raises(Refused, match="SD708"):
        module.text([Item(ask, f"{__name__}:loss", {"w": W, "X": X})])


def test_a_breakpoint_stands_in_the_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    """`breakpoint` in the function is reached, below the frame of the generated code."""
    frames = []

    def hook(*args: Any) -> None:
        import sys

        frame = sys._getframe(1)
        while frame is not None:
            frames.append((frame.f_code.co_filename, frame.f_code.co_name))
            frame = frame.f_back  # type: ignore[assignment]

    monkeypatch.setattr("sys.breakpointhook", hook)
    grad(lambda x: np.sum(cotangent(x, looked_at)))(W)
    names = [name for _, name in frames]
    assert names[0] == "looked_at" and any(f.startswith("<srcdiff ") for f, _ in frames)


def looked_at(b: Any) -> Any:
    breakpoint()
    return b


def test_it_is_public() -> None:
    assert srcdiff.cotangent is cotangent and cotangent(3.0, clip) == 3.0
