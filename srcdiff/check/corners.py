"""Several kinks at one point: do the entries of the gradient fit together?

Every entry may lie between its one-sided derivatives and their sum still be no derivative: at a
tie `max(x[0], x[1])` rises by 1 along (1, 1), so (1, 0) and (0.5, 0.5) are right and (1, 1), which
counts it twice, is not.  What conventions may give lies in the hull of the derivatives at nearby
points where f is smooth (F. H. Clarke, "Optimization and Nonsmooth Analysis", 1983, section 2.5).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from srcdiff.check.line import Line
from srcdiff.check.report import Entry

GROUP = 4  # so many entries at a time: every combination of their signs is visited
DRAWS = 6  # nearby points per combination of signs
AWAY = 2.0**-20  # how far off they lie, and how far apart the values of a difference, per scale
STEP = 2.0**-25
SHARE = 1e-3  # by what share of the size of the derivatives the hull is widened


def misfits(lines: Sequence[Line], rng: np.random.Generator) -> Iterator[Entry]:
    """The groups among the kinked entries `lines` whose sum lies outside the hull."""
    for start in range(0, len(lines), GROUP):
        group = lines[start : start + GROUP]
        entry = _misfit(group, rng) if len(group) > 1 else None
        if entry is not None:
            yield entry


def _misfit(group: Sequence[Line], rng: np.random.Generator) -> Entry | None:
    scale = max(line.scale for line in group)
    claimed = math.fsum(line.slope() for line in group)
    subject = group[0].subject
    noise = 2.0 * max(subject.noise, subject.eps * abs(subject.value)) / (STEP * scale)
    around = _offsets(len(group), rng)
    found = [_nearby(group, offset * AWAY * scale, STEP * scale) for offset in around]
    low, high = min(found), max(found)
    size = max(abs(low), abs(high), abs(claimed))
    allowed = SHARE * size + noise
    if not math.isfinite(low + high) or noise > SHARE * size:
        return None  # nothing can be said
    if low - allowed <= claimed <= high + allowed:
        return None
    label = " + ".join(line.label for line in group)
    nearest = low if claimed < low else high
    note = "entries at a kink, moved together"
    return Entry(label, claimed, nearest, noise, None, "wrong", allowed, note=note)


def _offsets(count: int, rng: np.random.Generator) -> Iterator[NDArray[np.float64]]:
    """Points about the origin, with every combination of signs."""
    for signs in itertools.product((-1.0, 1.0), repeat=count):
        for _ in range(DRAWS):
            yield np.asarray(signs) * rng.uniform(0.2, 1.0, count)


def _nearby(group: Sequence[Line], offsets: NDArray[np.float64], step: float) -> float:
    """The derivative along the sum of the entries of a group, at a point close by."""
    below, above = (_value(group, offsets + t) for t in (-step, step))
    return (above - below) / (2.0 * step)


def _value(group: Sequence[Line], offsets: NDArray[np.float64]) -> float:
    moved: dict[str, NDArray[np.float64] | float] = {}
    for line, offset in zip(group, offsets.tolist()):
        leaf, flat = line.moves[0].leaf, line.moves[0].flat or 0
        if isinstance(leaf.value, np.ndarray):
            moved.setdefault(leaf.path, leaf.value.copy())
            np.asarray(moved[leaf.path]).flat[flat] += offset
        else:
            moved[leaf.path] = type(leaf.value)(leaf.value + offset)
    return group[0].subject.probe(moved)
