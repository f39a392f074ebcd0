"""Difference formulas of any order: which points, how far apart, with which weights.

    order p     forward   0, h, ..., p h       error O(h**p)
                backward  0, -h, ..., -p h     error O(h**p)
                central   -q h, ..., q h without 0, q = p / 2    error O(h**p), p even

The weights are those of the derivative of Lagrange's interpolation polynomial (B. Fornberg,
"Generation of finite difference formulas on arbitrarily spaced grids", Mathematics of Computation
51, 1988, gives the same numbers by recursion).  The best step balances the truncation h**p against
the rounding eps / h: h near eps**(1 / (p + 1)) times the scale of the argument.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from srcdiff.estimate.refusal import misuse, one_of, positive_count
from srcdiff.structure import Layout

METHODS = ("forward", "backward", "central")
Vector = NDArray[Any]


def offsets(method: str, order: int) -> Vector:
    """The points of the formula in units of the step.

    >>> offsets("central", 4), offsets("backward", 2)
    (array([-2., -1.,  1.,  2.]), array([ 0., -1., -2.]))
    """
    one_of("difference", method, METHODS)
    order = positive_count("order", order)
    if method == "central":
        if order % 2:
            raise misuse("SD609", f"order is {order}; central differences have even orders")
        half = np.arange(1.0, order / 2 + 1)
        return np.concatenate([-half[::-1], half])
    ahead = np.arange(order + 1.0)
    return ahead if method == "forward" else 0.0 - ahead


def weights(distances: Vector) -> Vector:
    """The weights of the first derivative at 0 for values at the distances along the last axis.

    >>> weights(np.array([-1.0, 1.0])), weights(np.array([0.0, 1.0, 2.0]))
    (array([-0.5,  0.5]), array([-1.5,  2. , -0.5]))
    """
    count = distances.shape[-1]
    out = np.zeros_like(distances)
    for j in range(count):
        others = [k for k in range(count) if k != j]
        gaps = distances[..., [j]] - distances[..., others]
        factors = -distances[..., others] / gaps
        for n in range(len(others)):
            out[..., j] += np.prod(np.delete(factors, n, axis=-1), axis=-1) / gaps[..., n]
    return out


def own_steps(layout: Layout, order: int, eps: float = 0.0) -> Vector:
    """For each entry the step that balances truncation and rounding: eps**(1/(p+1)) * scale."""
    spacing = np.maximum(layout.eps, eps)
    steps: Vector = spacing ** (1.0 / (order + 1)) * np.maximum(1.0, np.abs(layout.vector))
    return steps


def given_steps(layout: Layout, h: Any) -> Vector:
    """Steps as the user gives them: one number, or a structure like x.

    Raises ArgumentsError when one is not positive, or too small to move its entry.
    """
    if np.ndim(h) == 0 and not isinstance(h, (dict, np.ndarray)) and _is_number(h):
        steps = np.full(layout.size, float(h))
    else:
        steps = layout.flatten(h, "h", "SD609")
    wrong = np.flatnonzero(~(np.isfinite(steps) & (steps > 0.0)))
    if wrong.size:
        raise misuse("SD609", f"the step {steps[wrong[0]]} is not a positive number")
    still = np.flatnonzero(layout.rounded(layout.vector + steps) == layout.vector)
    if still.size:
        place = int(still[0])
        told = f"the step {steps[place]} does not move {layout.entry(place)}"
        raise misuse("SD609", f"{told} = {layout.vector[place]}", "take a larger one")
    return steps


def _is_number(h: Any) -> bool:
    return isinstance(h, (int, float, np.integer, np.floating)) and not isinstance(h, bool)
