"""A small quasi-Newton minimiser in plain NumPy, shared by the examples."""

import numpy as np


def minimise(value_and_gradient, x, *, iterations=200, tolerance=1e-5):
    """Minimise by BFGS with backtracking; return the point, the value and the number of calls.

    A trial point at which the function cannot be computed (the logarithm of a negative number, an
    overflow) is treated as one that is infinitely bad, so the line search steps back from it.
    """
    calls = 0

    def attempt(point):
        nonlocal calls
        calls += 1
        try:
            value, gradient = value_and_gradient(point)
        except (ValueError, OverflowError, ZeroDivisionError):
            return np.inf, point
        return (value, gradient) if np.isfinite(value) else (np.inf, gradient)

    value, gradient = attempt(x)
    inverse_hessian = np.eye(len(x)) / np.linalg.norm(gradient)
    for iteration in range(iterations):
        if np.max(np.abs(gradient)) < tolerance:
            break
        direction = -inverse_hessian @ gradient
        slope = gradient @ direction
        length = 1.0
        new_value, new_gradient = attempt(x + direction)
        while new_value > value + 1e-4 * length * slope:
            length *= 0.5
            if length < 1e-10:  # rounding hides any further descent
                return x, value, calls
            new_value, new_gradient = attempt(x + length * direction)
        step, change = length * direction, new_gradient - gradient
        x, value, gradient = x + step, new_value, new_gradient
        if iteration == 0:
            inverse_hessian = np.eye(len(x)) * (step @ change) / (change @ change)
        inverse_hessian = updated(inverse_hessian, step, change)
    return x, value, calls


def updated(inverse_hessian, step, change):
    """The BFGS update, left out where the curvature along the step is not positive."""
    curvature = step @ change
    if curvature <= 1e-12 * np.linalg.norm(step) * np.linalg.norm(change):
        return inverse_hessian
    keep = np.eye(len(step)) - np.outer(step, change) / curvature
    return keep @ inverse_hessian @ keep.T + np.outer(step, step) / curvature
