"""Gradients from random samples: for noisy functions, and for very many variables.

regression   g = dX^+ df                least squares over perturbations in random directions
SPSA         g = mean (f(x + h z) - f(x - h z)) / (2 h z)        two evaluations, whatever n is

(M. J. Kochenderfer and T. A. Wheeler, "Algorithms for Optimization", MIT Press, second edition,
chapter 2; J. C. Spall, "Multivariate stochastic approximation using a simultaneous perturbation
gradient approximation", IEEE Transactions on Automatic Control 37 (1992), 332-341; Gaussian
directions: Y. Nesterov and V. Spokoiny, "Random gradient-free minimization of convex functions",
Foundations of Computational Mathematics 17 (2017), 527-566.)
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from srcdiff.estimate.noise import Rng, difference_steps, generator
from srcdiff.estimate.probes import Probes
from srcdiff.estimate.refusal import hopeless, misuse, one_of, positive_count
from srcdiff.estimate.stencils import given_steps
from srcdiff.structure import Layout

Vector = NDArray[Any]
RADIUS = 1e-2  # of the scale of x
BLOCK = 2**20  # numbers in the directions that are held at once
SAMPLINGS = ("sphere", "gaussian", "rademacher", "orthogonal")
DIRECTIONS = ("rademacher", "gaussian")


class Sampled(NamedTuple):
    """A gradient, its standard errors in the same form, and how many evaluations it took.

    The errors are those of chance: noise of f, and for SPSA the choice of directions. They do not
    tell how far f is from linear over the step. nan where there are too few samples to tell.
    """

    value: Any
    error: Any
    evaluations: int


def regression_gradient(
    f: Callable[[Any], Any],
    x: Any,
    *,
    h: Any = None,
    samples: int | None = None,
    sampling: str = "sphere",
    antithetic: bool = False,
    intercept: bool = False,
    full: bool = False,
    rng: Rng = None,
    vectorized: bool = False,
    jobs: Any = None,
) -> Any:
    """The gradient of f at x as the slope of the best linear fit: dX^+ df.

    h: the radius of the perturbations, a number or a structure like x, 0.01 max(1, abs(x_i)) by
    default; "noise" to measure the noise of f and follow it.  samples: how many directions, 2 n by
    default and at least n.  sampling: directions uniform on the "sphere", "gaussian", "rademacher"
    (signs), or "orthogonal" (rows of random orthogonal matrices: the best conditioned).
    antithetic: take each direction and its opposite, which removes the curvature of f from the fit,
    for twice the evaluations.  intercept: fit the value at x as well instead of trusting f(x).
    full: return Sampled, with standard errors.  rng: a Generator or a seed; fresh when left out.

    Costs samples + 1 evaluations, 2 samples with antithetic.  The truncation error is O(h), O(h**2)
    with antithetic.  Raises ArgumentsError when there are too few samples, or their directions do
    not span the space (SD607, with the rank); other errors as for `forward_difference`.

    >>> x = np.array([1.0, 2.0])
    >>> regression_gradient(lambda x: 3 * x[0] - x[1], x, rng=0).round(6)
    array([ 3., -1.])
    """
    layout = Layout(x)
    size = layout.size
    one_of("sampling", sampling, SAMPLINGS)
    count = 2 * size if samples is None else positive_count("samples", samples)
    if count < size:
        hint = f"take at least {size}, 2 n = {2 * size} is usual"
        raise misuse("SD607", f"{count} samples for {size} entries: the rank is {count}", hint)
    random = generator(rng)
    lines = _directions(random, sampling, count, size)
    rank = int(np.linalg.matrix_rank(lines))
    if rank < size:
        told = f"the rank of {count} samples is {rank}, there are {size} entries"
        raise misuse("SD607", told, "take more samples")
    probes = Probes(f, layout, vectorized=vectorized, jobs=jobs)
    steps = _radius(probes, h)
    fit = _antithetic if antithetic else _intercepted if intercept else _through_here
    slope, error = fit(probes, lines * steps, steps)
    if full:
        return Sampled(layout.gradient(slope), layout.gradient(error), probes.count)
    return layout.gradient(slope)


def spsa(
    f: Callable[..., Any],
    x: Any,
    *,
    h: Any = None,
    samples: int = 1,
    directions: str = "rademacher",
    common: bool = False,
    full: bool = False,
    rng: Rng = None,
    vectorized: bool = False,
    jobs: Any = None,
) -> Any:
    """The gradient of f at x from simultaneous perturbations: two evaluations per sample.

    Each sample moves every entry at once, and is right on average only (up to O(h**2)): the error
    of the mean falls like 1 / sqrt(samples).  h: as for `regression_gradient`.  directions:
    "rademacher" (random signs) or "gaussian".  common: f takes a random Generator as its second
    argument, and gets two in the same state for the two evaluations of a sample, so that its own
    randomness cancels in their difference.  full: return Sampled, with standard errors.  rng: a
    Generator, or a seed; the same seed gives the same result whatever jobs is.

    Errors as for `forward_difference`.

    >>> x = np.array([1.0, 2.0])
    >>> found = spsa(lambda x: np.sum(x**2), x, samples=4000, full=True, rng=0)
    >>> bool(np.all(abs(found.value - 2 * x) < 4 * found.error)), found.evaluations
    (True, 8000)
    """
    layout = Layout(x)
    samples = positive_count("samples", samples)
    one_of("choice of directions", directions, DIRECTIONS)
    if common and vectorized:
        raise misuse("SD609", "common random numbers are drawn call by call, not vectorized")
    random = generator(rng)
    probes = Probes(f, layout, vectorized=vectorized, jobs=jobs)
    if common:
        probes = _Seeded(f, layout, random, jobs)
    steps = _radius(probes, h)
    mean, square, done = np.zeros(layout.size), np.zeros(layout.size), 0
    while done < samples:
        block = min(max(1, BLOCK // layout.size), samples - done)
        lines = _directions(random, directions, block, layout.size)
        found = _slopes(probes, lines * steps)[:, None] * lines / steps
        gap = found.mean(axis=0) - mean
        whole = done + block
        square += ((found - found.mean(axis=0)) ** 2).sum(axis=0) + gap**2 * done * block / whole
        mean += gap * block / whole
        done = whole
    if not full:
        return layout.gradient(mean)
    error = np.sqrt(square / (done - 1) / done) if done > 1 else np.full(layout.size, np.nan)
    return Sampled(layout.gradient(mean), layout.gradient(error), probes.count)


class _Seeded(Probes):
    """Probes of a function of (x, generator): two evaluations in a row share a seed."""

    def __init__(self, f: Any, layout: Layout, random: np.random.Generator, jobs: Any):
        super().__init__(functools.partial(_with_generator, f), layout, jobs=jobs)
        self.random, self.turn, self.seed = random, 0, 0

    def given(self, chunk: list[Vector]) -> Iterator[Any]:
        for point in chunk:
            if self.turn % 2 == 0:
                self.seed = int(self.random.integers(2**63))
            self.turn += 1
            yield self.layout.restore(point), self.seed


def _with_generator(f: Callable[[Any, Any], Any], given: tuple[Any, int]) -> Any:
    point, seed = given
    return f(point, np.random.default_rng(seed))


def _directions(random: np.random.Generator, kind: str, count: int, size: int) -> Vector:
    if kind == "rademacher":
        signs: Vector = random.choice([-1.0, 1.0], (count, size))
        return signs
    if kind == "orthogonal":
        blocks = [_rotation(random, size) for _ in range(-(-count // size))]
        rows: Vector = np.concatenate(blocks)[:count]
        return rows
    lines: Vector = random.standard_normal((count, size))
    if kind == "sphere":
        lines /= np.linalg.norm(lines, axis=1, keepdims=True)
    return lines


def _rotation(random: np.random.Generator, size: int) -> Vector:
    q, r = np.linalg.qr(random.standard_normal((size, size)))
    signs: Vector = q * np.sign(np.diag(r))
    return signs


def _radius(probes: Probes, h: Any) -> Vector:
    layout = probes.layout
    if h is None:
        radius: Vector = RADIUS * np.maximum(1.0, np.abs(layout.vector))
        return radius
    if isinstance(h, str) and h == "noise":
        if isinstance(probes, _Seeded):
            raise misuse("SD609", "with common random numbers the noise cancels: give h a number")
        return difference_steps(probes, 2, "central")
    return given_steps(layout, h)


def _slopes(probes: Probes, moves: Vector) -> Vector:
    """(f(x + move) - f(x - move)) / 2 for each move."""
    x = probes.layout.vector

    def points() -> Iterator[Vector]:
        for move in moves:
            yield probes.layout.rounded(x + move)
            yield probes.layout.rounded(x - move)

    values = probes.of(points()).reshape(-1, 2)
    slopes: Vector = (values[:, 0] - values[:, 1]) / 2.0
    return slopes


def _forward(probes: Probes, moves: Vector) -> tuple[float, Vector, Vector]:
    """f(x), the real moves, and f(x + move) for each."""
    x = probes.layout.vector
    points = [x, *probes.layout.rounded(x + moves)]
    values = probes.of(points)
    return float(values[0]), np.stack(points[1:]) - x, values[1:]


Fit = tuple[Vector, Vector]


def _antithetic(probes: Probes, moves: Vector, steps: Vector) -> Fit:
    slopes = _slopes(probes, moves)
    inverse = np.linalg.pinv((moves / steps).astype(np.float64))
    found = inverse @ slopes
    free = len(moves) - len(steps)
    variance = _variance(slopes - moves / steps @ found, free)
    return found / steps, np.sqrt(variance * np.sum(inverse**2, axis=1)) / steps


def _through_here(probes: Probes, moves: Vector, steps: Vector) -> Fit:
    """df = dX g. The noise of f(x) is in every df: it counts in the variance and in the errors."""
    here, moves, values = _forward(probes, moves)
    inverse = np.linalg.pinv((moves / steps).astype(np.float64))
    change = values - here
    found = inverse @ change
    ones = np.ones(len(moves))
    common = inverse @ ones
    left = ones - moves / steps @ common
    extra = len(moves) - len(steps)
    free = extra + float(left @ left) if extra else 0.0
    variance = _variance(change - moves / steps @ found, free)
    spread = np.sum(inverse**2, axis=1) + common**2
    return found / steps, np.sqrt(variance * spread) / steps


def _intercepted(probes: Probes, moves: Vector, steps: Vector) -> Fit:
    here, moves, values = _forward(probes, moves)
    rows = np.vstack([np.zeros(len(steps)), (moves / steps).astype(np.float64)])
    design = np.column_stack([np.ones(len(rows)), rows])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise hopeless("SD607", "the samples do not tell the value at x from the slope")
    inverse = np.linalg.pinv(design)
    change = np.concatenate([[0.0], values - here])
    found = inverse @ change
    variance = _variance(change - design @ found, len(rows) - design.shape[1])
    return found[1:] / steps, np.sqrt(variance * np.sum(inverse[1:] ** 2, axis=1)) / steps


def _variance(residuals: Vector, free: float) -> float:
    with np.errstate(over="ignore"):
        return float(residuals @ residuals) / free if free else float("nan")
