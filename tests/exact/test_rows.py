"""Every row of the table in Taylor series and in patterns of dependence.

A series agrees with differentiation repeated; a pattern holds every entry of the Jacobian that is not
zero. Where a row has a rule of its own for either, the rule is thus held against its derivative.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import srcdiff
from srcdiff.ops.table import Row, rows
from tests.ops import programs

KINDS = ("elementwise", "linear", "bilinear", "tangent", "adjoint", "composite")


# Rows with a rule of their own that looks at their arguments; of the others a few samples will do.
ALL_SAMPLES = "getitem matmul dot einsum solve inv power outer take scatter add_at".split()
MOST = 2


def cases() -> list[Any]:
    """A parameter per row and sample."""
    return [
        pytest.param(row, sample, id=f"{row.name}-{k}")
        for row in rows()
        if row.kind in KINDS and row.samples is not None and not row.user
        for k, sample in enumerate(row.samples())
        if k < MOST or row.name in ALL_SAMPLES
    ]


@pytest.fixture(autouse=True)
def quiet() -> Any:
    """NumPy's warnings about values (a log of zero in a branch not taken) are the program's own."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        yield


def program_of(row: Row, sample: tuple[Any, ...]) -> Any:
    program = programs.written(row, sample, programs.styles(row, sample)[0])
    if not program.args:
        pytest.skip("nothing varies")
    if any(np.asarray(a).dtype.kind == "c" for a in program.args):
        pytest.skip("complex numbers")
    return program


def direction(x: Any, seed: int) -> Any:
    made = np.random.default_rng(seed).uniform(0.5, 1.5, np.shape(x))
    cast = made.astype(np.asarray(x).dtype)
    return type(x)(cast) if type(x) is float or isinstance(x, np.generic) else cast


def parts(z: Any) -> list[Any]:
    return list(z) if isinstance(z, (tuple, list)) else [z]


@pytest.mark.parametrize("row, sample", cases())
def test_series(row: Row, sample: tuple[Any, ...]) -> None:
    program = program_of(row, sample)
    f, (x, *others) = program.function, program.args
    s = direction(x, 5)
    single = np.asarray(x).dtype == np.float32
    first, second = (1e-5, 1e-4) if single else (1e-11, 1e-9)
    c0, c1, c2 = srcdiff.taylor(f, x, s, 2, *others)

    def slope(x, s, *others):
        return srcdiff.directional_derivative(f, x, s, *others)

    value, tangent = srcdiff.jvp(f, (x, *others), (s, *map(still, others)))
    bend = srcdiff.directional_derivative(slope, x, s, s, *others)
    for a, b, tolerance in ((c0, value, 1e-12), (c1, tangent, first), (c2, half(bend), second)):
        for p, q in zip(parts(a), parts(b), strict=True):
            assert np.shape(p) == np.shape(q)
            np.testing.assert_allclose(p, q, rtol=tolerance, atol=tolerance)


def half(z: Any) -> Any:
    return [np.asarray(p) / 2.0 for p in parts(z)] if isinstance(z, (tuple, list)) else z / 2.0


def still(x: Any) -> Any:
    return np.zeros_like(x) if isinstance(x, np.ndarray) else type(x)(0)


@pytest.mark.parametrize("row, sample", cases())
def test_patterns(row: Row, sample: tuple[Any, ...]) -> None:
    pytest.importorskip("scipy")
    program = program_of(row, sample)
    if isinstance(program.function(*program.args), (tuple, list)):
        pytest.skip("several results")
    for wrt, x in enumerate(program.args):
        pattern = srcdiff.sparsity(program.function, wrt)(*program.args).toarray()
        dense = np.asarray(srcdiff.jacfwd(program.function, wrt)(*program.args))
        assert pattern.shape[1] == np.size(x)
        missing = (dense.reshape(pattern.shape) != 0.0) & ~pattern
        assert not missing.any(), f"by argument {wrt}: entries {np.argwhere(missing).tolist()}"


TIGHT = "add multiply exp getitem where sum mean reshape concatenate matmul einsum roll".split()


@pytest.mark.parametrize("row, sample", [c for c in cases() if c.values[0].name in TIGHT])
def test_patterns_are_tight(row: Row, sample: tuple[Any, ...]) -> None:
    """Where the common operations have no zeros by chance, the pattern is that of the Jacobian."""
    pytest.importorskip("scipy")
    program = program_of(row, sample)
    if row.name == "where" or row.name == "einsum" and any(c in str(sample[0]) for c in "."):
        pytest.skip("both sides of a condition count; an ellipsis is not looked into")
    x = program.args[0]
    dense = np.asarray(srcdiff.jacfwd(program.function)(*program.args))
    pattern = srcdiff.sparsity(program.function)(*program.args).toarray()
    wide = pattern & (dense.reshape(pattern.shape) == 0.0)
    assert np.size(x) < 2 or not wide.any() or "ii" in str(sample[0])
