"""Derivatives of any Python function by differences: the oracle that needs to know nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Curve = Callable[[float], np.ndarray]


def slope(curve: Curve, step: float = 1e-3) -> tuple[np.ndarray, np.ndarray]:
    """Return the derivative of a curve at zero, and an estimate of its error.

    Central differences at ``step``, ``step / 2`` and ``step / 4`` are extrapolated twice; the error
    is what the last extrapolation changed, and what rounding leaves.
    """
    rough = [_central(curve, step / 2**level) for level in range(3)]
    better = [(4 * fine - coarse) / 3 for coarse, fine in zip(rough[:-1], rough[1:], strict=True)]
    best = (16 * better[1] - better[0]) / 15
    size = np.max(np.abs(curve(0.0)), initial=1.0)
    rounding = 8 * np.finfo(float).eps * size / step
    return best, np.abs(best - better[1]) + rounding


def _central(curve: Curve, step: float) -> np.ndarray:
    return (curve(step) - curve(-step)) / (2 * step)


def gradient(function: Callable[[np.ndarray], np.ndarray], point: np.ndarray) -> np.ndarray:
    """Return the matrix of derivatives of a function of one vector, a row per output."""
    columns = []
    for direction in np.eye(point.size):
        columns.append(slope(lambda t, d=direction: np.ravel(function(point + t * d)))[0])
    return np.stack(columns, axis=-1) if columns else np.zeros((np.size(function(point)), 0))
