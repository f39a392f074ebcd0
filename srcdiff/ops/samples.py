"""Sample arguments for rows: small, the same in every run, away from the kinks they are told of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import numpy as np

Sample = tuple[Any, ...]
Samples = Callable[[], Sequence[Sample]]
Interval = tuple[float, float]

_seeds = count(1)


def array(*shape: int, low: float = -1.5, high: float = 1.5, seed: int = 0) -> Any:
    """Numbers from an interval, no two of them close to each other."""
    size = int(np.prod(shape))
    places = np.random.default_rng(seed + 17).permutation(size)
    noise = np.random.default_rng(seed + 71).uniform(0.2, 0.8, size)
    return (low + (high - low) * (places + noise) / max(size, 1)).reshape(shape)


def complex_array(*shape: int, seed: int = 0) -> Any:
    return array(*shape, low=0.3, seed=seed) + 1j * array(*shape, low=0.2, seed=seed + 5)


def single(x: Any) -> Any:
    """The same numbers in single precision."""
    return x.astype("complex64" if np.iscomplexobj(x) else "float32")


def unary(low: float = -1.5, high: float = 1.5, *, complexes: bool = False) -> Samples:
    """One operand in every rank and precision."""

    def samples() -> list[Sample]:
        middle = low + 0.37 * (high - low)
        result: list[Sample] = [
            (middle,),
            (np.float64(middle),),
            (array(3, low=low, high=high),),
            (array(2, 1, 3, low=low, high=high, seed=1),),
            (array(low=low, high=high),),
            (array(0, low=low, high=high),),
            (single(array(4, low=low, high=high, seed=2)),),
        ]
        if complexes:
            result += [(complex_array(3),), (0.4 + 0.3j,)]
        return result

    return samples


def scalars(low: float = -1.5, high: float = 1.5) -> Samples:
    """One operand that is a Python number."""
    return lambda: [(low + part * (high - low),) for part in (0.13, 0.37, 0.88)]


def scalar_pairs(first: Interval = (-1.5, 1.5), second: Interval = (-1.5, 1.5)) -> Samples:
    """Two operands that are Python numbers."""

    def samples() -> list[Sample]:
        parts = [(0.2, 0.7), (0.8, 0.15), (0.45, 0.9)]
        return [(_between(first, a), _between(second, b)) for a, b in parts]

    return samples


def _between(interval: Interval, part: float) -> float:
    return interval[0] + part * (interval[1] - interval[0])


SHAPE_PAIRS: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (2, 3)),
    ((2, 1), (1, 3)),
    ((1,), (4,)),
    ((2, 3), ()),
    ((1, 1), (3,)),
    ((2, 1, 3), (4, 1)),
    ((0,), (1,)),
)


def pairs(
    first: Interval = (-1.5, 1.5), second: Interval = (-1.4, 1.6), *, complexes: bool = False
) -> Samples:
    """Two operands broadcast in every way."""

    def samples() -> list[Sample]:
        result: list[Sample] = [*scalar_pairs(first, second)()]
        for seed, (a, b) in enumerate(SHAPE_PAIRS):
            x = array(*a, low=first[0], high=first[1], seed=seed)
            y = array(*b, low=second[0], high=second[1], seed=seed + 30)
            result.append((x, y))
        x = array(3, low=first[0], high=first[1], seed=3)
        y = array(2, 3, low=second[0], high=second[1], seed=33)
        result += [(x, _between(second, 0.6)), (_between(first, 0.7), y)]
        result += [(single(x), single(y)), (single(x), _between(second, 0.6))]
        if complexes:
            result += [(complex_array(3), complex_array(2, 3, seed=1)), (complex_array(3), y)]
        return result

    return samples


def axes(
    *shapes: tuple[int, ...],
    low: float = -1.5,
    high: float = 1.5,
    keepdims: bool = True,
    several: bool = True,
) -> Samples:
    """Arrays with no axis, every axis from both ends, several axes, and with keepdims."""

    def samples() -> list[Sample]:
        result: list[Sample] = [(array(3, low=low, high=high),), (single(array(2, 3)),)]
        for seed, shape in enumerate(shapes or ((4,), (2, 3), (3, 1), (2, 3, 2))):
            x = array(*shape, low=low, high=high, seed=seed)
            rank = len(shape)
            named: list[Any] = [*range(-rank, rank)]
            named += [(0, -1)] if rank > 1 and keepdims and several else []
            for axis in named:
                result.append((x, axis) if axis == 0 else (x, {"axis": axis}))
                result += [(x, {"axis": axis, "keepdims": True})] if keepdims else []
            result += [(x,), (x, {"keepdims": True})] if keepdims else [(x,)]
        return result

    return samples


def matrix(n: int, *batch: int, seed: int = 0) -> Any:
    """Well-conditioned square matrices, not symmetric."""
    return array(*batch, n, n, low=-0.5, high=0.5, seed=seed) + 2.0 * np.eye(n)


def positive_definite(n: int, *batch: int, seed: int = 0) -> Any:
    a = array(*batch, n, n, low=-0.5, high=0.5, seed=seed)
    return a @ np.swapaxes(a, -1, -2) + np.eye(n)
