"""Shape functions against the shapes that NumPy gives, lengths known and unknown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcdiff.ir.types import Dim, Sym
from srcdiff.ops.table import Row, rows
from tests.ops import plain

KINDS = ("elementwise", "linear", "bilinear", "tangent", "adjoint", "zero")


def cases() -> list[Any]:
    return [
        pytest.param(row, sample, id=f"{row.name}-{k}")
        for row in rows()
        if row.kind in KINDS and row.samples is not None and row.shape is not None
        for k, sample in enumerate(row.samples())
    ]


def views(row: Row, args: plain.Args, dim: Any) -> list[Any]:
    """What the shape function is given."""
    result: list[Any] = []
    for name, parameter in row.signature.parameters.items():
        value = np.array(args[name]) if name in row.arrays else args[name]
        if name in row.operands + row.arrays or isinstance(value, np.ndarray):
            value = plain.mapped(lambda x: tuple(map(dim, np.shape(x))), value)
        result += value if parameter.kind is parameter.VAR_POSITIONAL else [value]
    return result


def expected(row: Row, args: plain.Args) -> Any:
    z = plain.run(row, args)
    several = isinstance(z, (tuple, list))
    return tuple(np.shape(part) for part in z) if several else np.shape(z)


@pytest.mark.parametrize("row, sample", cases())
def test_known_lengths(row: Row, sample: tuple[Any, ...]) -> None:
    args = plain.bound(row, sample)
    assert row.shape is not None
    found = row.shape(*views(row, args, int))
    want = expected(row, args)
    assert plain.leaves(found) == plain.leaves(want) or all(
        isinstance(d, Sym) or d == n
        for d, n in zip(plain.leaves(found), plain.leaves(want), strict=True)
    )


@pytest.mark.parametrize("row, sample", cases())
def test_unknown_lengths(row: Row, sample: tuple[Any, ...]) -> None:
    """What is said of a length that only the run knows must hold for the length it has."""
    args = plain.bound(row, sample)
    assert row.shape is not None
    found = row.shape(*views(row, args, lambda n: Sym(("n", n), one=n == 1)))
    want = expected(row, args)
    for d, n in zip(plain.leaves(found), plain.leaves(want), strict=True):
        holds(d, n)


def holds(d: Dim, n: int) -> None:
    if isinstance(d, int):
        assert d == n
        return
    if d.one is not None:
        assert d.one == (n == 1), f"{d} for {n}"
    known = evaluated(d.key)
    assert known is None or known == n, f"{d} for {n}"


def evaluated(key: Any) -> int | None:
    """The length a key stands for, when it is made of lengths of the arguments."""
    if not isinstance(key, tuple):
        return None
    if key[0] == "n":
        return int(key[1])
    if key[0] == "minus":
        whole = evaluated(key[1])
        return None if whole is None else max(whole - key[2], 0)
    if key[0] not in ("times", "plus"):
        return None
    parts = [key[1], *map(evaluated, key[2:])]
    if None in parts:
        return None
    return int(np.prod(parts)) if key[0] == "times" else sum(parts)
