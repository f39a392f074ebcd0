"""Derivatives that are programs of other derivatives. They are compiled where a program asks for them,
and mean the same when they are run.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from srcdiff.api import directional_derivative, hvp, jvp, vjp


def columns(f: Any, x: Any) -> Any:
    """The Jacobian of f at x by forward mode."""
    if np.ndim(x) == 0:
        return directional_derivative(f, x, 1.0)
    units = np.eye(np.size(x))
    found = [directional_derivative(f, x, np.reshape(unit, np.shape(x))) for unit in units]
    stacked = np.stack(found, axis=-1)
    return np.reshape(stacked, np.shape(stacked)[:-1] + np.shape(x))


def rows(f: Any, x: Any) -> Any:
    """The Jacobian of f at x by reverse mode."""
    value, pullback = vjp(f, x)
    if np.ndim(value) == 0:
        return pullback(1.0)[0]
    units = np.eye(np.size(value))
    found = [pullback(np.reshape(unit, np.shape(value)))[0] for unit in units]
    return np.reshape(np.stack(found), np.shape(value) + np.shape(x))


def trace(field: Any, x: Any) -> Any:
    """The divergence of a field at x."""
    if np.ndim(x) == 0:
        return directional_derivative(field, x, 1.0)
    total = 0.0
    for unit in np.eye(np.size(x)):
        along = np.reshape(unit, np.shape(x))
        change = directional_derivative(field, x, along)
        if np.shape(change) != np.shape(x):
            raise TypeError("the value of a field has the shape of its argument")
        total = total + np.sum(along * change)
    return total


def curl_in_plane(field: Any, x: Any) -> Any:
    """The curl of a field at a point of the plane."""
    if np.size(x) != 2:
        raise TypeError("a curl in the plane is at a point with two entries")
    by = columns(field, x)
    if np.shape(by) != (2, 2):
        raise TypeError("the value of a field has the shape of its argument")
    return by[1, 0] - by[0, 1]


def curl_in_space(field: Any, x: Any) -> Any:
    """The curl of a field at a point of space."""
    if np.size(x) != 3:
        raise TypeError(
            "a curl is at a point with three entries, or with two, known while compiling"
        )
    by = columns(field, x)
    if np.shape(by) != (3, 3):
        raise TypeError("the value of a field has the shape of its argument")
    return np.array([by[2, 1] - by[1, 2], by[0, 2] - by[2, 0], by[1, 0] - by[0, 1]])


def gauss_newton(residual: Any, x: Any, v: Any) -> Any:
    """J' J v for the Jacobian J of a residual."""
    return vjp(residual, x)[1](jvp(residual, (x,), (v,))[1])[0]


def gauss_newton_of_loss(residual: Any, loss: Any, x: Any, v: Any) -> Any:
    """J' H J v for the Jacobian J of a residual and the Hessian H of a loss of it."""
    value, pullback = vjp(residual, x)
    return pullback(hvp(loss, value, jvp(residual, (x,), (v,))[1]))[0]
