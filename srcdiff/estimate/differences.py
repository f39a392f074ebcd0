"""Forward, backward and central differences of any order, entry by entry.

>>> round(central_difference(lambda x: x**3, 2.0), 6)
12.0
>>> central_difference(lambda p: p["a"] * np.sum(p["b"]), {"a": 2.0, "b": np.ones(2)}, h=0.5)
{'a': 2.0, 'b': array([2., 2.])}
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srcdiff.estimate.noise import difference_steps
from srcdiff.estimate.probes import Probes
from srcdiff.estimate.stencils import given_steps, offsets, own_steps, weights
from srcdiff.structure import Layout

Vector = NDArray[Any]
Jobs = int | Executor | None


def forward_difference(
    f: Callable[[Any], Any],
    x: Any,
    *,
    h: Any = None,
    order: int = 1,
    vectorized: bool = False,
    jobs: Jobs = None,
) -> Any:
    """The gradient of f at x from values at and above x: (f(x + h e_i) - f(x)) / h and O(h).

    x: a float, an array of floats, or a structure of them; the result has the same form and
    shapes.  h: the step, one number or a structure like x; None for eps**(1/(order+1)) times
    max(1, abs(x_i)); "noise" to measure the noise of f first (`difference_step`).  order: 1 costs
    n + 1 evaluations for n entries, order p costs p n + 1.
    vectorized: f takes all points at once along a new leading axis of every leaf.
    jobs: so many threads, or an Executor of concurrent.futures, evaluate f.

    Raises ArgumentsError for an x without floats (SD601), of zero length (SD602) or not finite
    (SD603) and for options that make no sense (SD609); EstimateError where f is not finite (SD604)
    or no real scalar (SD605).

    >>> round(forward_difference(lambda x: x * x, 3.0), 4)
    6.0
    """
    return _gradient(f, x, "forward", order, h, vectorized, jobs)


def backward_difference(
    f: Callable[[Any], Any],
    x: Any,
    *,
    h: Any = None,
    order: int = 1,
    vectorized: bool = False,
    jobs: Jobs = None,
) -> Any:
    """The gradient of f at x from values at and below x: (f(x) - f(x - h e_i)) / h and O(h).

    Arguments, cost and errors as for `forward_difference`.

    >>> backward_difference(abs, 0.0)
    -1.0
    """
    return _gradient(f, x, "backward", order, h, vectorized, jobs)


def central_difference(
    f: Callable[[Any], Any],
    x: Any,
    *,
    h: Any = None,
    order: int = 2,
    vectorized: bool = False,
    jobs: Jobs = None,
) -> Any:
    """The gradient of f at x from both sides: (f(x + h e_i) - f(x - h e_i)) / (2 h) and O(h**2).

    order: an even number p, for which p n values are taken.  The other arguments and the errors are
    those of `forward_difference`.

    >>> central_difference(lambda x: x * x, 3.0, h=0.5)
    6.0
    """
    return _gradient(f, x, "central", order, h, vectorized, jobs)


def _gradient(
    f: Callable[[Any], Any],
    x: Any,
    method: str,
    order: int,
    h: Any,
    vectorized: bool,
    jobs: Jobs,
) -> Any:
    layout = Layout(x)
    places = offsets(method, order)
    probes = Probes(f, layout, vectorized=vectorized, jobs=jobs)
    if isinstance(h, str) and h == "noise":
        return layout.gradient(_of(probes, places, difference_steps(probes, order, method)))
    if h is not None:
        return layout.gradient(_of(probes, places, given_steps(layout, h)))
    return layout.gradient(differences(probes, places, order))


def differences(probes: Probes, places: Vector, order: int) -> Vector:
    """The formula with its own steps; larger ones when f turns out to return a coarser type."""
    layout = probes.layout
    found = _of(probes, places, own_steps(layout, order))
    if probes.eps > 1.5 * float(layout.eps.min()):
        return _of(probes, places, own_steps(layout, order, probes.eps))
    return found


def _of(probes: Probes, places: Vector, steps: Vector) -> Vector:
    """The derivative by each entry; the steps are what the entries really move by."""
    vector = probes.layout.vector
    moving = places[places != 0.0]
    points = _moved(probes.layout, moving, steps)
    if moving.size < places.size:
        values = probes.of(_after(vector, points))
        here, there = values[0], values[1:]
    else:
        there = probes.of(points)
        here = np.zeros(())
    there = there.reshape(vector.size, moving.size)
    distances = _distances(probes.layout, moving, steps)
    if moving.size < places.size:
        there = np.column_stack([np.full(vector.size, here), there])
        distances = np.column_stack([np.zeros(vector.size), distances])
    reference = there[:, :1]  # the weights add up to zero: differences lose less than products
    with np.errstate(over="ignore"):
        found: Vector = np.sum(weights(distances) * (there - reference), axis=1)
    return found


def _after(first: Vector, points: Iterator[Vector]) -> Iterator[Vector]:
    yield first
    yield from points


def _moved(layout: Layout, moving: Vector, steps: Vector) -> Iterator[Vector]:
    for place in range(layout.size):
        for k in moving:
            point = layout.vector.copy()
            point[place] += k * steps[place]
            yield layout.rounded(point)


def _distances(layout: Layout, moving: Vector, steps: Vector) -> Vector:
    columns = [layout.rounded(layout.vector + k * steps) - layout.vector for k in moving]
    return np.stack(columns, axis=-1)
