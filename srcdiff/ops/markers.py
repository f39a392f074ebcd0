"""What a user writes into a program to say how its derivative is to be made. Run, they do nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T", bound=Iterable[Any])
RECOMPUTE = "__srcdiff_recompute__"


def checkpointed(iterable: T, *, snapshots: int) -> T:
    """The iterable, for a `for` loop whose derivative keeps `snapshots` states of the loop, not all.

    The reverse sweep of a loop records something in every iteration. Of a checkpointed loop it keeps
    what goes round the loop at `snapshots` of its steps, goes forward again from the last one kept,
    and keeps others on the way as the first ones are done with. Where that is, says the binomial
    schedule (Griewank and Walther, Algorithm 799: revolve, ACM TOMS 26, 2000) of the package
    checkpoint_schedules (`pip install srcdiff[checkpoint]`), which the derivative asks when it runs.
    The gradient is that of the plain loop.

    Args:
        iterable: a range, an array or a list, or `zip`, `enumerate`, `reversed` of these.
        snapshots: how many states are kept at most, at least 1.

    Returns:
        The iterable.

    Raises:
        ValueError: snapshots below 1.

    >>> from srcdiff import checkpointed, grad
    >>> def logistic(r, n):
    ...     x = 0.5
    ...     for _ in checkpointed(range(n), snapshots=3):
    ...         x = r * x * (1.0 - x)
    ...     return x
    >>> grad(logistic)(3.1, 100) == grad(lambda r: logistic(r, 100))(3.1)
    True
    """
    if snapshots < 1:
        raise ValueError("a checkpointed loop keeps at least 1 snapshot")
    return iterable


def recompute(function: F) -> F:
    """The function, of which the reverse sweep keeps nothing: it runs the function again.

    As a decorator. In derivatives a call of it stays a call; its derivative takes the arguments, runs
    the function once more and goes backward through it. What the function needs inside is thus held
    for one call at a time. (JAX calls this checkpoint or remat.)

    Args:
        function: a Python function that returns its results and changes none of its arguments.

    Returns:
        The same function, marked.

    >>> from srcdiff import grad, recompute
    >>> @recompute
    ... def step(x):
    ...     for _ in range(10):
    ...         x = x + 0.1 * x * x
    ...     return x
    >>> def run(x):
    ...     for _ in range(5):
    ...         x = step(x)
    ...     return x
    >>> round(grad(run)(0.1), 6)
    3.857512
    """
    setattr(function, RECOMPUTE, True)
    return function
