"""Richardson's extrapolation of difference quotients, with steps of its own and an estimated error.

The quotients at h, h/2, h/4, ... are extrapolated to step zero by Neville's scheme, all entries of x
side by side; an entry is done when its estimated error has come down to the rounding of its
quotients, or grows again.  L. F. Richardson, "The deferred approach to the limit", Philosophical
Transactions of the Royal Society A 226 (1927), 299-361; the choice of the best entry of the scheme
by its distance from its neighbours is that of Ridders (`estimate.ridders`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from srcdiff.estimate.probes import FINITE, Probes
from srcdiff.estimate.refusal import hopeless, one_of, positive_count
from srcdiff.estimate.ridders import SHRINK
from srcdiff.estimate.stencils import METHODS, given_steps
from srcdiff.structure import Layout

Vector = NDArray[Any]
# Of the scale of x, a power of two. With few bits in a step x + h and x - h are exact, and what f makes
# of them rounds alike, so that most of it cancels. 15 / 64 is no power of two itself: no period of f
# should be met by every step.
FIRST = 15.0 / 64.0
RETREATS = 14  # how often a step that leaves the domain is divided by four
RESTARTS = 10  # how often one from which nothing converged is divided by eight
POOR = 1e-6  # a relative error that asks for a restart
FINE = 1e-12  # one that does not, even if the last restart was worth it


class Extrapolated(NamedTuple):
    """A gradient and its estimated absolute errors, both in the form of x."""

    value: Any
    error: Any


def richardson(
    f: Callable[[Any], Any],
    x: Any,
    *,
    method: str = "central",
    h: Any = None,
    levels: int = 8,
    vectorized: bool = False,
    jobs: Any = None,
) -> Extrapolated:
    """The gradient of f at x by extrapolated differences: (value, error), both in the form of x.

    method: "central" (errors in powers of h**2), or "forward" or "backward" (powers of h) at the
    edge of a domain or beside a kink.  h: the first and largest step, one number or a structure
    like x; by default 15/64 of the power of two below max(1, abs(x_i)), made smaller until f is
    finite on it and until the extrapolation settles.  levels: at most so many steps, each half of the
    last.

    Each level costs two evaluations per entry (one for the one-sided methods); four to six levels
    are usual for smooth functions, and the error is then near the rounding of f.  Where f is not
    smooth or noisy the error says so: it is an estimate, no bound.

    Raises EstimateError (SD604) when f is not finite at any step tried; other errors as for
    `forward_difference`.

    >>> found = richardson(np.exp, 0.0)
    >>> abs(found.value - 1.0) < 1e-12, found.error < 1e-12
    (True, True)
    """
    one_of("difference", method, METHODS)
    levels = positive_count("levels", levels, 2)
    layout = Layout(x)
    probes = Probes(f, layout, vectorized=vectorized, jobs=jobs)
    here = probes.at(layout.vector)  # f at x itself has to be right; further out it need not be
    probes.partial = True
    start = FIRST * _scale(layout.vector) if h is None else given_steps(layout, h)
    run = Run(probes, method, here, levels)
    entries = np.arange(layout.size)
    for _ in range(RESTARTS if h is None else 1):
        start, before = run.inside(entries, start), run.error
        run.error = before.copy()
        run.extrapolate(entries, start)
        entries = run.poor(entries, before)
        if not entries.size:
            break
        start = start / 8.0  # most of its values are known already
    return Extrapolated(layout.gradient(run.best), layout.gradient(run.error))


def _scale(vector: Vector) -> Vector:
    """The power of two below each entry, at least 1."""
    scale: Vector = np.exp2(np.floor(np.log2(np.maximum(1.0, np.abs(vector)))))
    return scale


@dataclass
class Run:
    """The best estimates so far; steps are vectors over all entries, of which some are worked on."""

    probes: Probes
    method: str
    here: float
    levels: int
    best: Vector = field(init=False)
    error: Vector = field(init=False)
    known: dict[tuple[int, float], tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.best = np.full(self.probes.layout.size, np.nan)
        self.error = np.full(self.probes.layout.size, np.inf)

    @property
    def signs(self) -> tuple[float, ...]:
        return {"forward": (1.0,), "backward": (-1.0,), "central": (-1.0, 1.0)}[self.method]

    @property
    def power(self) -> int:
        """The exponents of h in the error are the multiples of this."""
        return 2 if self.method == "central" else 1

    def inside(self, entries: Vector, steps: Vector) -> Vector:
        """The steps, those of entries where f is not finite divided by four as often as need be."""
        steps = steps.copy()
        outside = entries
        for _ in range(RETREATS):
            self._evaluate(outside, steps)
            outside = np.array([i for i in outside if not self._finite(i, steps[i])], dtype=int)
            if not outside.size:
                return steps
            steps[outside] /= 4.0
        where = self.probes.layout.entry(int(outside[0]))
        raise hopeless("SD604", f"f is not finite beside {where}, however small the step", FINITE)

    def extrapolate(self, entries: Vector, start: Vector) -> None:
        """Neville's scheme over shrinking steps, in which the best entry is kept."""
        above: list[Vector] = []
        size = self.probes.layout.size
        found, error, grown = np.full(size, np.nan), np.full(size, np.inf), np.zeros(size, int)
        active, jumps = entries, (np.full(size, np.inf), np.zeros(size))
        for level in range(self.levels):
            steps = start / SHRINK**level
            self._evaluate(active, steps)
            quotients, rounding = self._quotients(active, steps)
            row, factor = [quotients], 1.0
            latest = np.full(size, np.inf)
            for j, former in enumerate(above):
                factor *= SHRINK**self.power
                row.append((factor * row[j] - former) / (factor - 1.0))
                gap = np.maximum(np.abs(row[-1] - row[-2]), np.abs(row[-1] - former)) + rounding
                latest = np.fmin(latest, gap)
                better = gap < error
                found[better], error[better] = row[-1][better], gap[better]
            above = row
            grown[(latest > error) & (error <= POOR * np.abs(found))] += 1
            floor = 2.0 * rounding + 1e-14 * np.abs(found)
            jumps = self._jumps(active, steps, jumps)
            active = active[~((error <= floor) | (grown >= 2))[active]] if level else active
            if not active.size:
                break
        error = np.maximum(error, jumps[1])
        take = entries[error[entries] < self.error[entries]]
        self.best[take], self.error[take] = found[take], error[take]

    def poor(self, entries: Vector, before: Vector) -> Vector:
        """The entries that smaller steps may help: far off, or just now helped by them."""
        scale = np.maximum(np.abs(self.best), self.probes.eps * abs(self.here))
        helped = (self.error > FINE * scale) & (self.error < 0.1 * before)
        return entries[(~(self.error <= POOR * scale) | helped)[entries]]

    def _evaluate(self, entries: Vector, steps: Vector) -> None:
        layout = self.probes.layout
        keys: list[tuple[int, float]] = []
        points: list[Vector] = []
        for i in map(int, entries):
            for t in (sign * float(steps[i]) for sign in self.signs):
                if (i, t) not in self.known:
                    point = layout.vector.copy()
                    real = (point[i] + abs(t)) - point[i]  # so that both sides are as far away
                    point[i] += np.copysign(real, t)
                    keys.append((i, t))
                    points.append(layout.rounded(point))
        for (i, t), point, value in zip(keys, points, self.probes.of(points)):
            self.known[i, t] = float(point[i] - layout.vector[i]), float(value)

    def _jumps(
        self, entries: Vector, steps: Vector, before: tuple[Vector, Vector]
    ) -> tuple[Vector, Vector]:
        """How far the slopes to both sides are apart, and what of that is no curvature.

        Curvature makes the gap shrink with the step. At a kink it stays, and noise makes it grow:
        then the central quotients may well converge, but half of the gap is in doubt.
        """
        gaps, doubts = (part.copy() for part in before)
        for i in map(int, entries if self.method == "central" else ()):
            (d, a), (e, b) = (self.known[i, sign * float(steps[i])] for sign in self.signs)
            gap = abs((b - self.here) / e - (self.here - a) / -d) if d and e else 0.0
            rounding = self.probes.eps * max(abs(a), abs(b), abs(self.here)) / abs(e - d or 1.0)
            doubts[i] = gap / 2.0 if 0.8 * gaps[i] < gap and gap > 100.0 * rounding else 0.0
            gaps[i] = gap
        return gaps, doubts

    def _finite(self, i: int, step: float) -> bool:
        return all(np.isfinite(self.known[int(i), sign * float(step)][1]) for sign in self.signs)

    def _quotients(self, entries: Vector, steps: Vector) -> tuple[Vector, Vector]:
        """The quotients of the entries and their rounding errors; nan for the other entries."""
        quotients = np.full(self.probes.layout.size, np.nan)
        rounding = np.full(self.probes.layout.size, np.inf)
        for i in map(int, entries):
            ends = [self.known[i, sign * float(steps[i])] for sign in self.signs]
            (d, a), (e, b) = ends if len(ends) == 2 else ((0.0, self.here), ends[0])
            if e != d:
                quotients[i] = (b - a) / (e - d)
                inside = abs(self.probes.layout.vector[i] * quotients[i])  # of what f makes of x
                rounding[i] = self.probes.eps * max(abs(a), abs(b), inside) / abs(e - d)
        return quotients, rounding
