"""Taylor coefficients against closed forms and against differentiation repeated."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

import srcdiff
from srcdiff import ArgumentsError, directional_derivative, grad, hvp, taylor
from tests.exact import problems

X = np.array([0.7, 1.2, 2.0])
S = np.array([1.0, 0.5, -0.25])
A = np.array([[4.0, 1.0, 0.5], [0.2, 3.0, 0.1], [0.0, 0.3, 5.0]])


@dataclass
class Body:
    place: np.ndarray
    mass: float


class Pair(NamedTuple):
    a: float
    b: np.ndarray


def branches(x):
    y = x * x
    if y > 1.0:
        y = math.log(y) * x
    elif y < 0.1:
        return x**5
    return y / (1.0 + x)


def newton(x):
    """The square root, by iteration to convergence."""
    r, last = x, 0.0
    while abs(r - last) > 1e-15 * r:
        last = r
        r = 0.5 * (r + x / r)
    for _ in range(4):  # the derivatives of an iterate converge after it
        r = 0.5 * (r + x / r)
    return r


def power(x, n):
    return 1.0 if n == 0 else x * power(x, n - 1)


def lists(x):
    squares = [v * v for v in x]
    totals = []
    for k in range(len(squares)):
        totals = totals + [squares[k] * squares[0]]
    return sum(totals) * x[1]


def recurrent(x):
    h = np.zeros(3)
    for t in range(5):
        h = np.tanh(A @ h / 6.0 + x * (1.0 + t))
    return h @ h


def mixed(x):
    B = A + np.outer(x, x)
    return np.linalg.solve(B, x) @ np.cumsum(x) + np.linalg.slogdet(B)[1] + np.max(x) ** 1.5


PROGRAMS = {
    "branches": (branches, 1.7, 0.5),
    "branch not taken": (branches, 0.2, 1.0),
    "while": (newton, 3.0, 1.0),
    "lists": (lists, X, S),
    "loop": (recurrent, X, S),
    "linear algebra": (mixed, X, S),
    "a gradient inside": (lambda x: grad(lambda z: z**3 * x)(x) * x, 1.3, 0.7),
    "complex": (lambda z: np.exp(z * 1j) / (1.0 + z * z), 0.3 + 0.2j, 1.0 - 0.5j),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_against_repeated_differentiation(name):
    f, x, s = PROGRAMS[name]

    def first(x, s):
        return directional_derivative(f, x, s)

    def second(x, s):
        return directional_derivative(first, x, s, s)

    found = taylor(f, x, s, 3)
    wanted = (f(x), first(x, s), second(x, s) / 2, directional_derivative(second, x, s, s) / 6)
    np.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("name", problems.WRITING)
def test_programs_that_write(name):
    f, others = problems.WRITING[name]
    x, s = np.linspace(0.5, 1.5, 6), np.cos(np.arange(6.0))

    def first(x, s, *others):
        return directional_derivative(f, x, s, *others)

    def fresh():
        return tuple(o.copy() for o in others)

    given = fresh()
    found = taylor(f, x, s, 2, *given)
    for a, b in zip(given, others):
        np.testing.assert_array_equal(a, b)  # a series changes nothing
    np.testing.assert_allclose(found[0], f(x, *fresh()), rtol=1e-14)
    np.testing.assert_allclose(found[1], first(x, s, *fresh()), rtol=1e-12)
    bend = directional_derivative(first, x, s, s, *fresh())
    np.testing.assert_allclose(found[2], bend / 2.0, rtol=1e-11, atol=1e-13)


ORDER = 8
SERIES = {
    "exp": (lambda x: math.exp(x), 0.0, [1 / math.factorial(k) for k in range(9)]),
    "geometric": (lambda x: 1.0 / (1.0 - x), 0.0, [1.0] * 9),
    "log": (lambda x: np.log(1.0 + x), 0.0, [0.0] + [(-1) ** (k + 1) / k for k in range(1, 9)]),
    "arctan": (
        lambda x: np.arctan(x),
        0.0,
        [0.0, 1.0, 0.0, -1 / 3, 0.0, 1 / 5, 0.0, -1 / 7, 0.0],
    ),
    "root": (newton, 1.0, [math.prod(0.5 - j for j in range(k)) / math.factorial(k) for k in range(9)]),
    "tan": (lambda x: math.tan(x), 0.0, [0, 1, 0, 1 / 3, 0, 2 / 15, 0, 17 / 315, 0]),
    "whole power at zero": (lambda x: x**3, 0.0, [0, 0, 0, 1, 0, 0, 0, 0, 0]),
    "recursion": (lambda x: power(1.0 + x, 4), 0.0, [1, 4, 6, 4, 1, 0, 0, 0, 0]),
    "constant": (lambda x: 2.5, 1.0, [2.5, 0, 0, 0, 0, 0, 0, 0, 0]),
    "sine": (lambda x: np.sin(x), 0.0, [0, 1, 0, -1 / 6, 0, 1 / 120, 0, -1 / 5040, 0]),
    "erf": (math.erf, 0.0, [c * 2 / math.sqrt(math.pi) for c in (0, 1, 0, -1 / 3, 0, 1 / 10, 0, -1 / 42, 0)]),
}  # fmt: skip


@pytest.mark.parametrize("name", SERIES)
def test_known_series(name):
    f, x, wanted = SERIES[name]
    np.testing.assert_allclose(taylor(f, x, 1.0, ORDER), wanted, rtol=1e-12, atol=1e-14)


def test_the_second_coefficient_is_half_the_curvature():
    assert taylor(mixed, X, S, 2)[2] == pytest.approx(0.5 * hvp(mixed, X, S) @ S, rel=1e-12)


def test_structures():
    body, slope = Body(X, 2.0), Body(S, 0.5)
    found = taylor(lambda b: {"e": b.mass * b.place**2, "n": 3}, body, slope, 3)
    np.testing.assert_allclose(found[0]["e"], 2.0 * X**2)
    np.testing.assert_allclose(found[1]["e"], 4.0 * X * S + 0.5 * X**2)
    np.testing.assert_allclose(found[2]["e"], 2.0 * S**2 + X * S)
    np.testing.assert_allclose(found[3]["e"], 0.5 * S**2)
    assert [c["n"] for c in found] == [3, 0, 0, 0]
    pair = taylor(lambda x: Pair(x**2, x * S), 3.0, 1.0, 1)
    assert type(pair[1]) is Pair and pair[1].a == 6.0
    lists = taylor(lambda xs: [x * x for x in xs], [1.0, 2.0], [1.0, 0.0], 2)
    assert lists == ([1.0, 4.0], [2.0, 0.0], [1.0, 0.0])


def test_types():
    assert all(type(c) is float for c in taylor(branches, 1.7, 1, 4))
    single = taylor(lambda x: np.sin(x) * x, X.astype(np.float32), S.astype(np.float32), 4)
    assert {c.dtype for c in single} == {np.dtype("float32")}
    assert taylor(lambda x, n: x**n, 2.0, 1.0, 0, 3) == (8.0,)


def test_other_arguments_and_globals():
    found = taylor(lambda x, B, mode: B @ x if mode == "left" else x @ B, X, S, 1, A, "left")
    np.testing.assert_allclose(found[1], A @ S)


def test_user_rules():
    srcdiff.rules.elementwise(squash)(lambda z, x: 1.0 - z * z)
    found = taylor(lambda x: squash(2.0 * x), 0.3, 1.0, 4)
    np.testing.assert_allclose(found, taylor(lambda x: math.tanh(2.0 * x), 0.3, 1.0, 4), rtol=1e-13)


def squash(x):
    return float(np.tanh(x))


@pytest.mark.parametrize("order", [-1, 1.5, "2", None])
def test_bad_order(order):
    with pytest.raises(ArgumentsError, match="SD520"):
        taylor(branches, 1.0, 1.0, order)


@pytest.mark.parametrize("direction", [np.ones(2), 1.0, None, (1.0, 1.0, 1.0)])
def test_bad_direction(direction):
    with pytest.raises(ArgumentsError):
        taylor(recurrent, X, direction, 2)


@pytest.mark.parametrize("x", [2, np.arange(3), [1, 2], "text", {"a": 1}])
def test_nothing_to_move(x):
    with pytest.raises(ArgumentsError, match="SD502"):
        taylor(lambda x: 1.0, x, x, 2)


def test_refusals_are_those_of_derivatives():
    with pytest.raises(srcdiff.Refused):
        taylor(lambda x: np.fft.fft(x), X, S, 2)
    with pytest.raises(ZeroDivisionError):
        taylor(lambda x: 1.0 / x, 0.0, 1.0, 2)
