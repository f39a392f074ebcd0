"""Gradient descent, momentum and Adam, as the textbook has them, over any structure of arrays.

M. J. Kochenderfer and T. A. Wheeler, "Algorithms for Optimization", MIT Press, chapters 4 and 5.
They are short to be read, and take small problems; for large or stiff ones use `minimize`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from srcdiff.optimise.loop import (
    Advance,
    Iteration,
    Result,
    Stopping,
    Stuck,
    Vector,
    descend,
    positive,
)
from srcdiff.optimise.objective import Objective, misuse

SUFFICIENT = 1e-4  # of the decrease that the slope promises: Armijo's condition
HALVINGS = 60


def gradient_descent(
    f: Callable[..., Any],
    x0: Any,
    args: tuple[Any, ...] = (),
    *,
    rate: float | str = "backtracking",
    gradient: Any = "exact",
    max_iterations: int = 1000,
    gradient_tolerance: float = 1e-6,
    value_tolerance: float = 0.0,
    step_tolerance: float = 0.0,
    callback: Callable[[Iteration], Any] | None = None,
    keep: bool = False,
    progress: bool | None = None,
) -> Result:
    """Follow the gradient down: x <- x - rate * gradient.

    f: a real number of (x, *args).  x0: a float, an array, or a structure of them, and so is the
    result's x.  rate: a number, or "backtracking": the rate is halved until the value falls by
    1e-4 of what the slope promises (L. Armijo, Pacific Journal of Mathematics 16, 1966), and the
    next line begins at twice the rate that was taken.
    gradient: "exact" for srcdiff's, the name of an estimator ("central", "spsa", ...), or a
    function of (x, *args).
    gradient_tolerance: on the Euclidean length of the gradient.  value_tolerance, step_tolerance:
    on the change of the value and of x, relative beyond 1; 0 to leave them out.
    callback: is given each Iteration and stops the run by returning True.  keep: the history holds
    the points too.  progress: a bar (tqdm or rich) always, never, or (None) on long runs.

    Returns a Result. A value that is not finite ends the run at the point before, not converged.
    Raises ArgumentsError for options that make no sense (SD609) and an x0 without floats (SD601).

    >>> found = gradient_descent(lambda p: (p["a"] - 1.0) ** 2 + p["b"] ** 2, {"a": 3.0, "b": 1.0})
    >>> found.converged, round(found.x["a"], 6)
    (True, 1.0)
    """
    objective = Objective(f, x0, args, gradient)
    stopping = Stopping(max_iterations, gradient_tolerance, value_tolerance, step_tolerance)
    if isinstance(rate, str) and rate != "backtracking":
        raise misuse("SD609", f"no rate {rate!r}", 'a number, or "backtracking"')
    advance = _backtracking(objective) if isinstance(rate, str) else _fixed(positive("rate", rate))
    return descend(objective, advance, stopping, callback=callback, keep=keep, progress=progress)


def _fixed(rate: float) -> Advance:
    return lambda x, value, gradient: x - rate * gradient


def _backtracking(objective: Objective) -> Advance:
    first = [1.0]

    def advance(x: Vector, value: float, gradient: Vector) -> Vector:
        rate, promised = first[0], float(gradient @ gradient)
        for _ in range(HALVINGS):
            there = x - rate * gradient
            reached = objective.value(there)
            if reached < value and reached <= value - SUFFICIENT * rate * promised:  # never nan
                first[0] = 2.0 * rate
                return there
            rate /= 2.0
        raise Stuck("no step along the gradient lowers the value")

    return advance


def momentum(
    f: Callable[..., Any],
    x0: Any,
    args: tuple[Any, ...] = (),
    *,
    rate: float = 1e-3,
    decay: float = 0.9,
    nesterov: bool = False,
    gradient: Any = "exact",
    max_iterations: int = 1000,
    gradient_tolerance: float = 1e-6,
    value_tolerance: float = 0.0,
    step_tolerance: float = 0.0,
    callback: Callable[[Iteration], Any] | None = None,
    keep: bool = False,
    progress: bool | None = None,
) -> Result:
    """Descent with a memory: v <- decay * v - rate * gradient, x <- x + v.

    nesterov: take the gradient where v will lead (Y. Nesterov, Soviet Mathematics Doklady 27, 1983,
    in the form of one gradient per iteration).  The other arguments, the result and the errors are
    those of `gradient_descent`.

    >>> found = momentum(lambda x: x @ x, np.array([1.0, -2.0]), rate=0.05)
    >>> found.converged
    True
    """
    objective = Objective(f, x0, args, gradient)
    stopping = Stopping(max_iterations, gradient_tolerance, value_tolerance, step_tolerance)
    rate, decay = positive("rate", rate), _fraction("decay", decay)
    velocity = np.zeros_like(objective.layout.vector)

    def advance(x: Vector, value: float, gradient: Vector) -> Vector:
        nonlocal velocity
        velocity = decay * velocity - rate * gradient
        return x + (decay * velocity - rate * gradient if nesterov else velocity)

    return descend(objective, advance, stopping, callback=callback, keep=keep, progress=progress)


def adam(
    f: Callable[..., Any],
    x0: Any,
    args: tuple[Any, ...] = (),
    *,
    rate: float = 1e-3,
    decay: tuple[float, float] = (0.9, 0.999),
    epsilon: float = 1e-8,
    gradient: Any = "exact",
    max_iterations: int = 1000,
    gradient_tolerance: float = 1e-6,
    value_tolerance: float = 0.0,
    step_tolerance: float = 0.0,
    callback: Callable[[Iteration], Any] | None = None,
    keep: bool = False,
    progress: bool | None = None,
) -> Result:
    """Descent with a rate for each entry, from means of the gradient and of its square.

    m <- d0 m + (1 - d0) g,  s <- d1 s + (1 - d1) g**2,  and with both divided by 1 - d**k in
    iteration k:  x <- x - rate * m / (sqrt(s) + epsilon)  (D. Kingma and J. Ba, "Adam: a method for
    stochastic optimization", ICLR 2015, algorithm 1).  The other arguments, the result and the
    errors are those of `gradient_descent`.

    >>> found = adam(lambda x: x @ x, np.array([1.0, -2.0]), rate=0.1)
    >>> bool(abs(found.x).max() < 1e-3)
    True
    """
    objective = Objective(f, x0, args, gradient)
    stopping = Stopping(max_iterations, gradient_tolerance, value_tolerance, step_tolerance)
    rate, epsilon = positive("rate", rate), positive("epsilon", epsilon)
    first, second = (_fraction("decay", d) for d in decay)
    mean = np.zeros_like(objective.layout.vector)
    square = np.zeros_like(mean)
    count = 0

    def advance(x: Vector, value: float, gradient: Vector) -> Vector:
        nonlocal mean, square, count
        count += 1
        mean = first * mean + (1.0 - first) * gradient
        square = second * square + (1.0 - second) * gradient**2
        unbiased, size = mean / (1.0 - first**count), square / (1.0 - second**count)
        return x - rate * unbiased / (np.sqrt(size) + epsilon)

    return descend(objective, advance, stopping, callback=callback, keep=keep, progress=progress)


def _fraction(name: str, value: Any) -> float:
    fraction = positive(name, value, zero=True)
    if fraction >= 1.0:
        raise misuse("SD609", f"{name} is {fraction!r}; a number from 0 to below 1 is needed")
    return fraction
