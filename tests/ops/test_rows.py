"""Every row over its samples, through the public interface.

For each the program that a user would have written is differentiated: the value is NumPy's, the
tangent agrees with central differences and with the complex step, reverse agrees with forward, the
second derivative agrees with differences of the first; shapes, dtypes, arguments are as they were.
"""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np
import pytest

import srcdiff
from srcdiff.ops.table import Row, rows
from tests.ops import programs
from tests.ops.programs import Program

KINDS = ("elementwise", "linear", "bilinear", "tangent", "adjoint", "composite")
SEEDS = {"tangent": 3, "cotangent": 11, "weights": 23, "second": 31}


def cases(*kinds: str) -> list[Any]:
    """A parameter per row, sample and spelling."""
    return [
        pytest.param(row, sample, style, id=f"{row.name}-{k}-{style}")
        for row in rows()
        if row.kind in kinds and row.samples is not None and not row.user
        for k, sample in enumerate(row.samples())
        for style in programs.styles(row, sample)
    ]


def random_like(x: Any, seed: int) -> Any:
    """Numbers of the shape, dtype and Python type of x, none of them small."""
    rng = np.random.default_rng(seed)
    own = np.asarray(x)
    result = rng.uniform(0.5, 1.5, own.shape) * rng.choice([-1, 1], own.shape)
    if own.dtype.kind == "c":
        result = result + 1j * rng.uniform(-1.0, 1.0, own.shape)
    if type(x) in (float, complex):
        return type(x)(result)
    if own.dtype.kind not in "fc":
        return result[()]
    return result.astype(own.dtype)[()] if own.ndim == 0 else result.astype(own.dtype)


def randoms(args: Any, seed: int) -> tuple[Any, ...]:
    return tuple(random_like(x, seed + k) for k, x in enumerate(args))


def double(x: Any) -> Any:
    """x in double precision."""
    wide = {"float32": "float64", "complex64": "complex128"}.get(str(np.asarray(x).dtype))
    return x if wide is None else np.asarray(x, wide)[()]


def parts(z: Any) -> list[Any]:
    """The arrays of a result."""
    return list(z) if isinstance(z, (tuple, list)) else [z]


def differences(function: Any, args: Any, tangents: Any) -> list[Any]:
    """Central differences of two steps, combined (Richardson)."""
    args, tangents = [double(x) for x in args], [double(d) for d in tangents]

    def at(h: float) -> list[Any]:
        return parts(function(*(x + h * d for x, d in zip(args, tangents))))

    def slopes(h: float) -> list[Any]:
        return [(np.asarray(p) - m) / (2.0 * h) for p, m in zip(at(h), at(-h), strict=True)]

    return [(4.0 * a - b) / 3.0 for a, b in zip(slopes(5e-4), slopes(1e-3), strict=True)]


def complex_step(function: Any, args: Any, tangents: Any) -> list[Any] | None:
    """The derivative without cancellation, for programs that run on complex numbers."""
    try:
        moved = function(*(x + 1e-30j * d for x, d in zip(args, tangents)))
    except TypeError:
        return None
    return [np.imag(p) / 1e-30 for p in parts(moved)]


def is_single(*values: Any) -> bool:
    return any(str(np.asarray(x).dtype) in ("float32", "complex64") for x in values)


def check(found: Any, expected: Any, tolerance: float) -> None:
    for a, b in zip(parts(found), parts(expected), strict=True):
        assert np.shape(a) == np.shape(b)
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def pairing(b: Any, d: Any) -> float:
    return float(sum(np.real(np.sum(p * q)) for p, q in zip(parts(b), parts(d), strict=True)))


def program_of(row: Row, sample: tuple[Any, ...], style: str) -> Program:
    program = programs.written(row, sample, style)
    if not program.args:
        pytest.skip("nothing varies")
    return program


@pytest.fixture(autouse=True)
def quiet() -> Any:
    """NumPy's warnings about values (a log of zero in a branch not taken) are the program's own."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize("row, sample, style", cases(*KINDS))
def test_first_order(row: Row, sample: tuple[Any, ...], style: str) -> None:
    program = program_of(row, sample, style)
    function, args = program.function, program.args
    before = copy.deepcopy(args)
    tangents = randoms(args, SEEDS["tangent"])

    value, tangent = srcdiff.jvp(function, args, tangents)
    expected = function(*args)
    for a, b, d in zip(parts(value), parts(expected), parts(tangent), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14)
        assert np.asarray(a).dtype == np.asarray(b).dtype
        if np.asarray(a).dtype.kind in "fc" and np.shape(d) == np.shape(a) != ():
            assert d.dtype == a.dtype
    single = is_single(*args, *parts(value))
    check(tangent, differences(function, args, tangents), 2e-3 if single else 1e-6)
    stepped = None if not is_analytic(row, args) else complex_step(function, args, tangents)
    if stepped is not None and not single:
        check(tangent, stepped, 1e-10)

    value, pullback = srcdiff.vjp(function, *args)
    seed = [random_like(p, SEEDS["cotangent"]) for p in parts(expected)]
    received = pullback(type(value)(seed) if isinstance(value, list) else seed_of(value, seed))
    for b, x in zip(received, args, strict=True):
        assert np.shape(b) == np.shape(x)
        assert np.asarray(b).dtype == np.asarray(x).dtype
        assert isinstance(b, type(x)) or np.ndim(x) == 0  # an array without axes is a number
    left, right = pairing(seed, tangent), sum(map(pairing, received, tangents))
    assert left == pytest.approx(
        right, rel=1e-4 if single else 1e-11, abs=1e-4 if single else 1e-11
    )
    for x, kept in zip(args, before, strict=True):
        np.testing.assert_array_equal(x, kept)


def seed_of(value: Any, seed: list[Any]) -> Any:
    if not isinstance(value, tuple):
        return seed[0]
    return type(value)(*seed) if hasattr(value, "_fields") else tuple(seed)


NOT_ANALYTIC = {
    "real", "imag", "conjugate", "angle", "vecdot", "vecmat", "correlate", "ptp", "vector_norm_of",
    "matrix_norm_of", "full_like", "put_along", "astype",
}  # fmt: skip


def is_analytic(row: Row, args: Any) -> bool:
    real = all(np.asarray(x).dtype.kind == "f" for x in args)
    return real and not row.real_only and row.name not in NOT_ANALYTIC


@pytest.mark.parametrize("row, sample, style", cases(*KINDS))
def test_second_order(row: Row, sample: tuple[Any, ...], style: str) -> None:
    if style != "function":
        pytest.skip("spelled otherwise, the same row")
    program = program_of(row, sample, style)
    if any(np.asarray(x).dtype.kind == "c" for x in program.args):
        pytest.skip("gradients are of real functions")
    value = program.function(*program.args)
    if any(np.asarray(p).dtype.kind not in "f" for p in parts(value)):
        pytest.skip("the result is not real")
    total = programs.weighted(program, [random_like(p, SEEDS["weights"]) for p in parts(value)])
    args = total.args
    gradient = srcdiff.grad(total.function, wrt=tuple(range(len(args))))
    tangents = randoms(args, SEEDS["second"])
    _, found = srcdiff.jvp(gradient, args, tangents)
    expected = differences(gradient, args, tangents)
    check(found, expected, 5e-3 if is_single(*args) else 2e-6)


@pytest.mark.parametrize("row, sample, style", cases("zero"))
def test_zero(row: Row, sample: tuple[Any, ...], style: str) -> None:
    if style != "function":
        pytest.skip("spelled otherwise, the same row")
    program = program_of(row, sample, style)
    value, tangent = srcdiff.jvp(
        program.function, program.args, randoms(program.args, SEEDS["tangent"])
    )
    for a, b in zip(parts(value), parts(program.function(*program.args)), strict=True):
        np.testing.assert_array_equal(a, b)
    for d in parts(tangent):
        np.testing.assert_array_equal(d, np.zeros_like(d))


REFUSED = [pytest.param(row, id=row.name) for row in rows() if row.kind == "refused"]


@pytest.mark.parametrize("row", REFUSED)
def test_refused(row: Row) -> None:
    if not row.path or row.function is divmod:
        pytest.skip("a method, or not a function")
    program = programs.load(programs.Writer(parameters={"x": np.ones(3)}), f"{row.path}(x)")
    with pytest.raises(srcdiff.Refused) as error:
        srcdiff.jvp(program.function, program.args, (np.ones(3),))
    assert row.reason in str(error.value)
    assert row.hint in str(error.value)
