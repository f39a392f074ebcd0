"""Second derivatives as an estimate of an estimate: the slope of f along a line, differentiated again.

    along      (f(x + t d) - f(x - t d)) / (2 t)            a difference along d, as a function of x
    gradient   any estimator of gradients, applied to it    the Hessian of f against d

Rounding is divided by a step twice, so the steps that balance it against truncation are larger than
those of a first derivative: eps**(1 / (p + 2)) for formulas of order p, and what is left is the square
root of eps for central differences (eps**(1/3) for one-sided ones, eps**(2/3) where the outer estimate
is a complex step). For a noisy f the noise stands in the place of eps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srcdiff.estimate.noise import noise_level
from srcdiff.estimate.probes import Probes
from srcdiff.estimate.quotients import COMPLEX_STEP
from srcdiff.estimate.sampled import RADIUS
from srcdiff.estimate.stencils import METHODS, given_steps, offsets, own_steps, weights
from srcdiff.structure import Layout

Vector = NDArray[Any]
Moved = Callable[[Any], Any]  # f with its argument moved from x by something


def order_of(method: str, options: dict[str, Any]) -> int:
    """The order of the differences along a line."""
    return int(options.get("order") or (1 if method in ("forward", "backward") else 2))


def steps_for(f: Callable[[Any], Any], x: Any, method: str, options: dict[str, Any]) -> Vector:
    """For each entry of x the distance of a difference that is differentiated again.

    f: a scalar function of x, called where options["h"] is "noise".
    """
    layout, h, order = Layout(x), options.get("h"), order_of(method, options)
    if method == "complex":
        return own_steps(layout, 2)  # the outer step has no rounding to amplify
    if isinstance(h, str):
        return own_steps(layout, order + 1, _relative_noise(f, layout, options))
    if h is not None:
        return given_steps(layout, h)
    if method not in METHODS:
        radius: Vector = RADIUS * np.maximum(1.0, np.abs(layout.vector))
        return radius
    return own_steps(layout, order + 1)


def _relative_noise(f: Callable[[Any], Any], layout: Layout, options: dict[str, Any]) -> float:
    level = noise_level(f, layout.template, rng=0, jobs=options.get("jobs"))
    here = abs(Probes(f, layout).at(layout.vector))
    return min(level / here, 0.1) if here else 0.1


def options_for(method: str, steps: Any, options: dict[str, Any]) -> dict[str, Any]:
    """The options of the outer estimator; steps: those of its entries, in the form of x."""
    return {**options, "h": steps} if method in METHODS else options


def slope(moved: Moved, d: Any, steps: Vector, method: str, order: int) -> Any:
    """The derivative along d of a function that is given the move; steps: how far each entry may go."""
    reach = float(np.max(np.abs(np.ravel(d)) / steps, initial=0.0))
    if not reach:
        return 0.0 * moved(0.0 * d)
    places = offsets(method if method in METHODS else "central", order)
    values = [np.asarray(moved(k / reach * d)) for k in places]
    differences = [w * (v - values[0]) for w, v in zip(weights(places)[1:], values[1:])]
    return sum(differences[1:], differences[0]) * reach


def slope_of_slope(
    moved: Callable[[Any], Moved],
    d: Any,
    e: Any,
    steps: tuple[Vector, Vector],
    method: str,
    order: int,
) -> Any:
    """The second derivative along d and e; moved(a)(b): f with x moved by a and by b."""
    if method == "complex":
        h = COMPLEX_STEP / float(np.max(np.abs(d), initial=0.0) or 1.0)
        return np.imag(slope(moved(1j * h * d), e, steps[1], method, order)) / h
    return slope(lambda a: slope(moved(a), e, steps[1], method, order), d, steps[0], method, order)
