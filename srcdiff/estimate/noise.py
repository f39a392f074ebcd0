"""How noisy a function is, and the difference steps that follow from it.

The noise of a computed function (rounding, an iteration stopped early, a simulation's dice) is the
standard deviation of f about the smooth function it stands for.  Differences of order k of m + 1
equally spaced values remove the smooth part and leave noise of variance (2k)! / (k!)**2 times that
of one value (R. W. Hamming, "Introduction to Applied Numerical Analysis", 1971, chapter 6).  Where
three estimates in a row agree, the noise is found: ECNoise, J. Moré and S. Wild, "Estimating
computational noise", SIAM Journal on Scientific Computing 33 (2011), 1292-1314.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srcdiff.estimate.probes import Probes
from srcdiff.estimate.refusal import hopeless, misuse, one_of, positive_count
from srcdiff.estimate.stencils import METHODS, given_steps, own_steps
from srcdiff.structure import Layout

Vector = NDArray[Any]
Rng = np.random.Generator | int | None
TRIES = 7
AGREE = 4.0  # how far apart three estimates may be that agree
WIDER = 5.0  # than the best step: a distance over which the noise lets the curvature show
START = 1e-10  # of the scale of x: far more than its spacing, far less than what f varies over


def noise_level(
    f: Callable[[Any], Any],
    x: Any,
    *,
    direction: Any = None,
    h: float | None = None,
    points: int = 8,
    rng: Rng = None,
    vectorized: bool = False,
    jobs: Any = None,
) -> float:
    """The standard deviation of the noise of f near x, from a difference table of its values.

    direction: a structure like x; by default a random one, drawn from rng (a Generator or a seed).
    h: the distance of the values along it, in units of the scale of x; by default found by trial,
    which takes one to seven tables of `points` + 1 evaluations.

    Never less than half a unit in the last place of f.  Raises EstimateError (SD611) when no table
    settles: f varies too fast, or too slowly, to tell its noise.  Other errors as for
    `forward_difference`.

    >>> rng = np.random.default_rng(1)
    >>> level = noise_level(lambda x: x**2 + 1e-3 * rng.standard_normal(), 1.0, rng=2)
    >>> 3e-4 < level < 3e-3
    True
    """
    layout = Layout(x)
    points = positive_count("points", points, 6)
    probes = Probes(f, layout, vectorized=vectorized, jobs=jobs)
    scale = np.maximum(1.0, np.abs(layout.vector))
    if direction is None:
        line = generator(rng).standard_normal(layout.size)
        line *= scale / np.linalg.norm(line)
    else:
        line = layout.flatten(direction, "the direction")
        if not line.any():
            raise misuse("SD608", "the direction is zero")
    if h is not None:
        if not 0.0 < h < math.inf:
            raise misuse("SD609", f"the distance {h} is not a positive number")
        level, _ = _table(probes, line, h, points)
    else:
        level = _searched(probes, line, points)
    if level is None:
        raise hopeless(
            "SD611", "the noise of f does not show in its differences", "try another distance h"
        )
    return level


def generator(rng: Rng) -> np.random.Generator:
    """A Generator as it is, one seeded by a number, or a fresh one; ArgumentsError for anything else."""
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError):
        raise misuse("SD609", f"rng is {rng!r}", "a numpy.random.Generator, or a seed") from None


def _searched(probes: Probes, line: Vector, points: int) -> float | None:
    h, tried = START, set()
    for _ in range(TRIES):
        level, advice = _table(probes, line, h, points)
        if level is not None:
            return level
        tried.add(h)
        h *= advice
        if h in tried:
            h *= math.sqrt(advice)
    return None


def _table(probes: Probes, line: Vector, h: float, points: int) -> tuple[float | None, float]:
    """The noise that one table shows, or None and the factor by which to change its distance."""
    places = h * (np.arange(points + 1.0) - points / 2)
    layout = probes.layout
    values = probes.of(layout.rounded(layout.vector + t * line) for t in places)
    size = float(np.max(np.abs(values)))
    floor = 0.5 * max(probes.eps, 2.0**-52) * size
    if np.count_nonzero(np.diff(values) == 0.0) >= points / 2 and h < 1e-6:
        return None, 100.0
    levels, turns = _levels(values)
    found = _agreed(levels, turns)
    if found is not None and np.ptp(values) <= 0.1 * size or _restless(values):
        return (None, 0.01) if found is None else (max(found, floor), 1.0)
    if levels[-1] <= 4.0 * floor:  # smooth down to the last digit
        return max(found or levels[-1], floor), 1.0
    return None, 0.01


def _restless(values: Vector) -> bool:
    """Whether the values turn more often than those of a smooth function of little reach."""
    return int(np.sum(np.diff(np.sign(np.diff(values))) != 0)) >= 2


def _levels(values: Vector) -> tuple[list[float], list[bool]]:
    """For each order of differences the noise that it shows, and whether its signs vary."""
    levels: list[float] = []
    turns: list[bool] = []
    column = values
    for k in range(1, values.size - 1):
        column = np.diff(column)
        gamma = math.factorial(k) ** 2 / math.factorial(2 * k)
        levels.append(math.sqrt(gamma * float(np.mean(column**2))))
        turns.append(bool(column.min() < 0.0 < column.max()))
    return levels, turns


def _agreed(levels: list[float], turns: list[bool]) -> float | None:
    """The first of the levels that agrees with the two after it."""
    for k in range(len(levels) - 2):
        three = levels[k : k + 3]
        if turns[k] and min(three) > 0.0 and max(three) <= AGREE * min(three):
            return levels[k]
    return None


def difference_step(
    f: Callable[[Any], Any],
    x: Any,
    *,
    method: str = "central",
    noise: float | None = None,
    rng: Rng = 0,
    vectorized: bool = False,
    jobs: Any = None,
) -> Any:
    """The best steps for differences of a noisy function, in the form of x.

    With noise s the error of a difference is least at

        forward, backward   h = 8**(1/4) * (s / abs(f''))**(1/2)
        central             h = (3 s / abs(f'''))**(1/3)

    (J. Moré and S. Wild, "Estimating derivatives of noisy simulations", ACM Transactions on
    Mathematical Software 38 (2012), article 19; P. Gill, W. Murray, M. Saunders and M. Wright,
    "Computing forward-difference intervals for numerical optimization", SIAM Journal on Scientific
    and Statistical Computing 4 (1983), 310-321).  The higher derivatives are estimated by
    differences over distances at which the noise lets them show: two or four evaluations per entry,
    at most twice.  noise: measured by `noise_level` when it is left out.

    Raises as `noise_level` does.

    >>> rng = np.random.default_rng(0)
    >>> def f(x):
    ...     return np.exp(x) + 1e-6 * rng.standard_normal()
    >>> 3e-3 < difference_step(f, 0.0) < 0.1
    True
    """
    one_of("difference", method, METHODS)
    layout = Layout(x)
    probes = Probes(f, layout, vectorized=vectorized, jobs=jobs)
    if noise is not None and not 0.0 < noise < math.inf:
        raise misuse("SD609", f"the noise {noise} is not a positive number")
    order = 2 if method == "central" else 1
    steps = difference_steps(probes, order, method, noise, rng)
    return layout.gradient(steps)


def difference_steps(
    probes: Probes, order: int, method: str, noise: float | None = None, rng: Rng = 0
) -> Vector:
    """`difference_step` as a vector, for formulas of any order."""
    layout = probes.layout
    if noise is None:
        noise = noise_level(
            probes.f, layout.template, rng=rng, vectorized=probes.vectorized, jobs=probes.jobs
        )
    if noise == 0.0:
        return own_steps(layout, order)
    here = abs(probes.at(layout.vector))
    relative = min(noise / here, 0.1) if here else 0.1
    if order != (2 if method == "central" else 1):
        return own_steps(layout, order, relative)
    scale = np.maximum(1.0, np.abs(layout.vector))
    if method == "central":
        steps = _twice(probes, noise, relative ** (1 / 5) * scale, _third)
    else:
        steps = _twice(probes, noise, relative ** (1 / 4) * scale, _second)
    return given_steps(layout, layout.gradient(steps))


Curvature = Callable[[Probes, Vector, float], tuple[Vector, Vector]]


def _twice(probes: Probes, noise: float, distances: Vector, curvature: Curvature) -> Vector:
    """The steps by the curvature over some distances; again over distances that follow from it."""
    for _ in range(2):
        steps, again = curvature(probes, distances, noise)
        if np.all((again > 0.1 * distances) & (again < 10.0 * distances)):
            break
        distances = np.clip(again, 1e-3 * distances, 1e3 * distances)
    return steps


def _second(probes: Probes, distances: Vector, noise: float) -> tuple[Vector, Vector]:
    values = _around(probes, distances, (-1.0, 0.0, 1.0))
    seen = np.abs(values @ np.array([1.0, -2.0, 1.0]))
    bend = np.maximum(seen, math.sqrt(6.0) * noise) / distances**2
    best = 8**0.25 * np.sqrt(noise / bend)
    return best, WIDER * best


def _third(probes: Probes, distances: Vector, noise: float) -> tuple[Vector, Vector]:
    values = _around(probes, distances, (-2.0, -1.0, 1.0, 2.0))
    seen = np.abs(values @ np.array([-1.0, 2.0, -2.0, 1.0]))
    bend = np.maximum(seen, math.sqrt(10.0) * noise) / (2.0 * distances**3)
    best = np.cbrt(3.0 * noise / bend)
    return best, WIDER * best


def _around(probes: Probes, distances: Vector, places: tuple[float, ...]) -> Vector:
    """The values at places around x, one row for each entry."""
    layout = probes.layout

    def points() -> Any:
        for place in range(layout.size):
            for k in places:
                point = layout.vector.copy()
                point[place] += k * distances[place]
                yield layout.rounded(point)

    return probes.of(points()).reshape(layout.size, len(places))
