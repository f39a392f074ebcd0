"""Right gradients pass, whatever the scale, the type, the noise and the shape of the arguments."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

from srcdiff.check import check_gradient, check_vjp

SCALES = (1e-8, 1e-4, 1.0, 1e4, 1e8)


def numbers(*values: float) -> Any:
    return np.array(values, float)


def verdicts(f: Any, gradient: Any, *args: Any, **options: Any) -> set[str]:
    report = check_gradient(f, gradient, args, (0,), **options)
    print(report)
    assert not report.problems
    return {entry.verdict for entry in report.entries}


ELEMENTWISE = {
    "log": (np.log, lambda x: 1 / x),
    "sin": (np.sin, np.cos),
    "square": (np.square, lambda x: 2 * x),
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / x**2),
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "cube": (lambda x: x**3, lambda x: 3 * x * x),
    "arctan": (np.arctan, lambda x: 1 / (1 + x * x)),
}


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("x", SCALES)
def test_badly_scaled_number(name: str, x: float) -> None:
    f, slope = ELEMENTWISE[name]
    assert verdicts(lambda x: float(f(x)), lambda x: (float(slope(x)),), x) == {"ok"}


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_badly_scaled_array(name: str) -> None:
    """What rounding of the largest term hides is called unreliable, never wrong."""
    f, slope = ELEMENTWISE[name]
    found = verdicts(lambda x: np.sum(f(x)), lambda x: (slope(x),), numbers(*SCALES))
    assert found <= {"ok", "unreliable"}


class Pair(NamedTuple):
    a: float
    b: Any


@dataclass(frozen=True)
class Model:
    W: Any
    depth: int = 3


def test_structured_arguments() -> None:
    def f(p: Any, n: int) -> Any:
        pair, model, rest = p["pair"], p["model"], p["rest"]
        return n * (model.W.sum() * pair.a + pair.b @ pair.b + sum(rest) * model.depth)

    def gradient(p: Any, n: int) -> Any:
        pair, model = p["pair"], p["model"]
        by_pair = Pair(float(n * model.W.sum()), 2 * n * pair.b)
        by_model = Model(np.full((2, 2), n * pair.a))
        return ({"pair": by_pair, "model": by_model, "rest": [3.0 * n] * 2, "kind": None},)

    model = Model(np.full((2, 2), 0.3))
    p = {"pair": Pair(2.0, numbers(1, 2)), "model": model, "rest": [1.0, 2.0], "kind": "relu"}
    report = check_gradient(f, gradient, (p, 3), (0,))
    print(report)
    assert {entry.verdict for entry in report.entries} == {"ok"}
    assert [entry.path for entry in report.entries][:4] == [
        "p['pair'].a", "p['pair'].b[0]", "p['pair'].b[1]", "p['model'].W[0, 0]",
    ]  # fmt: skip


def test_arguments_survive_a_function_that_writes_into_them() -> None:
    def f(x: Any) -> Any:
        value = np.sum(x**2)
        x[:] = math.nan
        return value

    x = numbers(1, 2)
    assert verdicts(f, lambda x: (2 * x,), x) == {"ok"}
    assert x.tolist() == [1.0, 2.0]


TYPES = {
    "number": 1.5,
    "float64 scalar": np.float64(1.5),
    "float32 scalar": np.float32(1.5),
    "array of rank 0": np.array(1.5),
    "float32": np.linspace(-2, 2, 5, dtype=np.float32),
    "float16": np.array([1.0, 2.5], np.float16),
    "longdouble": np.array([1.0, 2.5], np.longdouble),
    "transposed": np.arange(1.0, 7.0).reshape(3, 2).T,
    "strided": np.arange(1.0, 9.0)[::3],
}


@pytest.mark.parametrize("name", TYPES)
def test_types_and_layouts(name: str) -> None:
    assert verdicts(lambda x: np.sum(x * x), lambda x: (2 * x,), TYPES[name]) == {"ok"}


def test_frozen_slots() -> None:
    @dataclass(frozen=True)
    class Slotted:
        __slots__ = ("w",)
        w: float

    assert verdicts(lambda d: d.w**2, lambda d: (Slotted(2 * d.w),), Slotted(3.0)) == {"ok"}


def test_nothing_to_check() -> None:
    empty = np.zeros((0, 3))
    assert check_gradient(np.sum, lambda x: (np.zeros((0, 3)),), (empty,), (0,)).ok
    assert check_gradient(lambda p: 1.0, lambda p: ({},), ({},), (0,)).ok


def test_integers_beside() -> None:
    def gradient(x: Any, n: int, i: Any) -> Any:
        return (numbers(0, n, n),)

    args = numbers(1, 2, 3), 2, np.array([1, 2])
    assert check_gradient(lambda x, n, i: n * np.sum(x[i]), gradient, args, (0,)).ok


NEAR_EDGES = {
    "sqrt": (math.sqrt, lambda x: 0.5 / math.sqrt(x), 1e-12),
    "log": (math.log, lambda x: 1 / x, 1e-12),
    "log(1 - x)": (lambda x: math.log(1 - x), lambda x: -1 / (1 - x), 1 - 1e-6),
    "acos": (math.acos, lambda x: -1 / math.sqrt(1 - x * x), 1 - 1e-9),
    "exp before overflow": (math.exp, math.exp, 700.0),
    "from the right only": (lambda x: x**2 + x if x >= 0 else math.nan, lambda x: 1.0, 0.0),
    "raising on the left": (lambda x: [x + 1][0 if x >= 2 else 9], lambda x: 1.0, 2.0),
}


@pytest.mark.parametrize("name", NEAR_EDGES)
def test_near_the_edge_of_the_domain(name: str) -> None:
    f, slope, x = NEAR_EDGES[name]
    assert verdicts(f, lambda x: (slope(x),), x) == {"ok"}


@pytest.mark.parametrize("claim", [-1.0, 0.0, 0.3, 1.0])
def test_between_the_sides_of_a_kink(claim: float) -> None:
    assert verdicts(abs, lambda x: (claim,), 0.0) == {"kink"}


@pytest.mark.parametrize("claim", [(1, 0), (0, 1), (0.5, 0.5), (0.25, 0.75)])
def test_tie(claim: tuple[float, float]) -> None:
    assert verdicts(np.max, lambda x: (numbers(*claim),), numbers(1, 1)) == {"kink"}


def test_conventions_that_add_up_to_no_derivative() -> None:
    """With relu'(0) = 0 the gradient is (0, 0): near by it is that, along (1, -1) f rises by 1."""

    def f(x: Any) -> Any:
        return np.maximum(x[0], 0) - np.maximum(x[1], 0)

    assert verdicts(f, lambda x: (numbers(0, 0),), numbers(0, 0)) == {"kink"}


def test_a_bend_is_not_a_kink() -> None:
    assert verdicts(lambda x: max(x, 0.0), lambda x: (1.0,), 1e-6) == {"ok"}


@pytest.mark.parametrize("seed", range(3))
def test_noise(seed: int) -> None:
    """Noise that depends on the argument alone, and noise from a generator."""
    print("seed", seed)
    stream = np.random.default_rng(seed)

    def hashed(x: Any) -> Any:
        key = int.from_bytes(x.tobytes(), "little") % 2**63 + seed
        return np.sum(x**2) + 1e-7 * np.random.default_rng(key).normal()

    def drawn(x: Any) -> Any:
        return np.sum(x**2) + 1e-7 * stream.normal()

    for f in (hashed, drawn):
        assert verdicts(f, lambda x: (2 * x,), numbers(1, 2)) <= {"ok", "unreliable"}


@pytest.mark.parametrize("seed", range(3))
def test_large(seed: int) -> None:
    print("seed", seed)
    x = np.random.default_rng(seed).normal(size=10_000)
    cases = [
        (lambda x: np.sum(np.sin(x) * x), lambda x: np.sin(x) + x * np.cos(x)),
        (lambda x: np.sum(np.maximum(x, 0)), lambda x: (x > 0) * 1.0),
        (lambda x: np.sum(np.abs(x)), np.sign),
    ]
    for f, slope in cases:
        assert verdicts(f, lambda x: (slope(x),), x, seed=seed) == {"ok"}


def test_faster_than_numbers_lie_together() -> None:
    """At 1e16 a sine takes any value from one number to the next: nothing can be said of it."""
    assert verdicts(lambda x: math.sin(1e16 * x), lambda x: (1e16 * math.cos(1e16 * x),), 1.3) == {
        "unreliable"
    }


def test_dead_ends() -> None:
    assert verdicts(lambda x: 3.7, lambda x: (0.0,), 1.0) == {"ok"}
    assert verdicts(lambda x: max(x, 0.0), lambda x: (0.0,), -2.0) == {"ok"}
    tanh = verdicts(lambda x: float(np.tanh(x)), lambda x: (float(np.cosh(x) ** -2),), 40.0)
    assert tanh <= {"ok", "unreliable"}


def test_vjp_of_a_structured_value() -> None:
    def f(x: Any) -> Any:
        return {"outer": np.outer(x, x), "size": 3, "sum": x.sum()}

    def vjp(args: Any, ct: Any) -> Any:
        return ((ct["outer"] + ct["outer"].T) @ args[0] + ct["sum"],)

    assert check_vjp(f, vjp, (numbers(1, 2, 3),), (0,)).ok


def test_vjp_against_forward_mode() -> None:
    def vjp(args: Any, ct: Any) -> Any:
        return (2 * args[0] * ct,)

    def pushforward(args: Any, tangents: Any) -> Any:
        return 2 * args[0] * tangents[0]

    x = numbers(1, 2)
    assert check_vjp(np.square, vjp, (x,), (0,), pushforward=pushforward).ok
    bent = check_vjp(
        np.square, vjp, (x,), (0,), pushforward=lambda a, t: pushforward(a, t) * (1 + 1e-8)
    )
    assert bent.worst is not None and bent.worst.path.startswith("forward against reverse")
    assert not bent.ok


def test_the_complex_step_never_condemns() -> None:
    """Where f is not analytic differences decide alone."""

    def f(x: Any) -> Any:
        return np.sum(np.real(x) + x)

    assert verdicts(f, lambda x: (np.full(2, 2.0),), numbers(1, 2)) == {"ok"}


def test_deterministic() -> None:
    x = np.random.default_rng(5).normal(size=500)
    first, second = (
        str(check_gradient(lambda x: np.sum(x**3), lambda x: (3 * x**2,), (x,), (0,), seed=7))
        for _ in range(2)
    )
    assert first == second
    assert "seed 7" in first
