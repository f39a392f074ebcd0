"""Every row over its samples: its body run on plain arrays against differences of its function."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcdiff.ops.table import Row, rows
from tests.ops import plain

KINDS = ("elementwise", "linear", "bilinear", "tangent", "adjoint")


def cases(*kinds: str) -> list[Any]:
    """A parameter per row and sample."""
    return [
        pytest.param(row, sample, id=f"{row.name}-{k}")
        for row in rows()
        if row.kind in kinds and row.samples is not None
        for k, sample in enumerate(row.samples())
    ]


def random_like(x: Any, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    x = np.asarray(x)
    result = rng.uniform(0.5, 1.5, x.shape) * rng.choice([-1, 1], x.shape)
    if x.dtype.kind == "c":
        result = result + 1j * rng.uniform(-1.0, 1.0, x.shape)
    return result.astype(x.dtype)[()]


def direction(row: Row, args: plain.Args) -> plain.Args:
    return {
        name: plain.mapped(lambda x: random_like(x, 3 + k), args[name])
        for k, name in enumerate(plain.varying(row, args))
    }


def double(x: Any) -> Any:
    dtype = np.asarray(x).dtype
    wide = {"float32": "float64", "complex64": "complex128"}.get(str(dtype))
    return x if wide is None else np.asarray(x, wide)[()]


def widened(args: plain.Args) -> plain.Args:
    return {
        name: plain.mapped(double, x) if isinstance(x, (np.ndarray, np.generic, tuple)) else x
        for name, x in args.items()
    }


def difference(row: Row, args: plain.Args, tangents: plain.Args) -> Any:
    """Central differences of second and fourth order combined (Richardson)."""
    args, tangents = widened(args), widened(tangents)

    def at(h: float) -> list[Any]:
        moved = {n: plain.mapped(lambda x, d: x + h * d, args[n], tangents[n]) for n in tangents}
        return plain.leaves(listed(plain.run(row, {**args, **moved})))

    def slopes(h: float) -> list[Any]:
        return [(p - m) / (2 * h) for p, m in zip(at(h), at(-h), strict=True)]

    h = 1e-3
    return [(4 * a - b) / 3 for a, b in zip(slopes(h / 2), slopes(h), strict=True)]


def listed(z: Any) -> Any:
    return tuple(z) if isinstance(z, (tuple, list)) else z


@pytest.mark.parametrize("row, sample", cases(*KINDS))
def test_derivative(row: Row, sample: tuple[Any, ...]) -> None:
    args = plain.bound(row, sample)
    tangents = direction(row, args)
    if not tangents:
        pytest.skip("no operand varies")
    expected = difference(row, args, tangents)
    found = plain.leaves(listed(plain.forward(row, args, tangents)))
    exact = all(np.asarray(x).dtype.itemsize >= 8 for x in plain.leaves(list(tangents.values())))
    tolerance = 1e-7 if exact else 1e-4
    for a, b in zip(found, expected, strict=True):
        assert np.shape(a) == np.shape(b)
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)

    z = listed(plain.run(row, args))
    bz = plain.mapped(lambda x: random_like(x, 11), z)
    received = plain.reverse(row, args, bz)
    left = plain.pairing(bz, listed(plain.forward(row, args, tangents)))
    right = 0.0
    for name, d in tangents.items():
        for b, x, dx in zip(*map(plain.leaves, (received[name], args[name], d)), strict=True):
            assert np.shape(b) == np.shape(x), f"cotangent of {name} has shape {np.shape(b)}"
            right += plain.pairing(b, dx)
    tolerance = 1e-11 if exact else 1e-4
    np.testing.assert_allclose(left, right, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("row, sample", cases("composite"))
def test_definition(row: Row, sample: tuple[Any, ...]) -> None:
    args = plain.bound(row, sample)
    assert row.body is not None
    own = row.body(*plain.body_args(row, args))
    theirs = plain.run(row, args)
    for a, b in zip(plain.leaves(listed(own)), plain.leaves(listed(theirs)), strict=True):
        assert np.shape(a) == np.shape(b)
        np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize("row, sample", cases("zero"))
def test_zero(row: Row, sample: tuple[Any, ...]) -> None:
    args = plain.bound(row, sample)
    tangents = direction(row, args)
    if tangents:
        for change in difference(row, args, tangents) if numeric(row, args) else ():
            np.testing.assert_array_equal(change, 0.0)


def numeric(row: Row, args: plain.Args) -> bool:
    return all(np.asarray(z).dtype.kind == "f" for z in plain.leaves(plain.run(row, args)))
