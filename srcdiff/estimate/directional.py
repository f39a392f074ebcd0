"""The derivative along one direction, by a difference or a complex step.

Two evaluations for a difference, however many entries there are; one for a complex step, and six
before it to see that f is analytic.

    forward    (f(x + h s) - f(x)) / h
    backward   (f(x) - f(x - h s)) / h
    central    (f(x + h s) - f(x - h s)) / (2 h)
    complex    Im f(x + i h s) / h

(M. J. Kochenderfer and T. A. Wheeler, "Algorithms for Optimization", MIT Press, section 2.3.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srcdiff.estimate.complexstep import complex_value, complex_values, examine
from srcdiff.estimate.probes import Probes
from srcdiff.estimate.quotients import COMPLEX_STEP
from srcdiff.estimate.refusal import misuse, one_of
from srcdiff.estimate.stencils import METHODS, offsets, weights
from srcdiff.structure import Layout, described

Vector = NDArray[Any]


def directional_derivative(
    f: Callable[[Any], Any],
    x: Any,
    s: Any,
    *,
    method: str = "central",
    h: float | None = None,
    order: int | None = None,
    analytic: bool = False,
    vectorized: bool = False,
    jobs: Any = None,
) -> Any:
    """The derivative of f at x along s (not made a unit vector): the gradient against s.

    s: a structure like x.  method: "forward", "backward", "central" or "complex".  h: the step in
    units of s; by default the one at which the entry of x that moves most, for its size, moves by
    the best step of `forward_difference`.  order: of the difference, 1 or 2 by default.

    f may return an array, and so does this function then.  A direction of zeros gives zeros.

    Raises ArgumentsError when s has not the form and shapes of x (SD608); other errors as for
    `forward_difference` and `complex_step`.

    >>> x, s = np.array([1.0, 2.0]), np.array([1.0, -1.0])
    >>> round(directional_derivative(lambda x: np.sum(x**2), x, s), 6)
    -2.0
    """
    one_of("method", method, (*METHODS, "complex"))
    layout = Layout(x)
    line = layout.flatten(s, "s")
    wrong = np.flatnonzero(~np.isfinite(line))
    if wrong.size:
        raise misuse("SD603", f"the direction holds {line[wrong[0]]}; it must be finite")
    if h is not None and not 0.0 < h < np.inf:
        raise misuse("SD609", f"the step {h} is not a positive number")
    if method == "complex":
        if not callable(f):
            raise misuse("SD609", f"{described(f)} is not a function")
        if not analytic:
            examine(f, layout, line, vectorized=vectorized, scalar=False)
        return _form(_complex(f, layout, line, h, vectorized))
    probes = Probes(f, layout, vectorized=vectorized, jobs=jobs, scalar=False)
    order = order if order is not None else 2 if method == "central" else 1
    return _form(along(probes, line, method, h, order))


def along(probes: Probes, line: Vector, method: str, h: float | None, order: int) -> Vector:
    """The difference formula along a line."""
    places = offsets(method, order)
    step = h if h is not None else own_step(probes.layout, line, order)
    found = _formula(probes, line, places, step)
    if h is None and probes.eps > 1.5 * float(probes.layout.eps.min()):
        return _formula(probes, line, places, own_step(probes.layout, line, order, probes.eps))
    return found


def own_step(layout: Layout, line: Vector, order: int, eps: float = 0.0) -> float:
    """The step along a line at which the entry that moves most moves by its own best step."""
    spacing = np.maximum(layout.eps, eps)
    best = spacing ** (1.0 / (order + 1)) * np.maximum(1.0, np.abs(layout.vector))
    reach = float(np.max(np.abs(line) / best))
    return 1.0 / reach if reach else 1.0


def _formula(probes: Probes, line: Vector, places: Vector, step: float) -> Vector:
    layout = probes.layout
    values = probes.of(layout.rounded(layout.vector + k * step * line) for k in places)
    found: Vector = np.tensordot(weights(places), values - values[:1], axes=1) / step
    return found


def _complex(
    f: Callable[[Any], Any], layout: Layout, line: Vector, h: float | None, vectorized: bool
) -> Vector:
    top = float(np.max(np.abs(line)))
    step = h if h is not None else COMPLEX_STEP / (top or 1.0)
    point = layout.vector + 1j * step * line
    if vectorized:
        value = complex_values(f, layout, point[None])[0]
    else:
        value = complex_value(f, layout, point)
    return np.asarray(value.imag / step)


def _form(found: Vector) -> Any:
    return float(found) if found.ndim == 0 and found.dtype == np.float64 else found
