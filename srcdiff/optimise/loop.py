"""What all descents share: the loop, when it stops, what it remembers, and its progress bar."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from srcdiff.optimise.objective import Objective, misuse
from srcdiff.optimise.progress import progress_bar

Vector = NDArray[Any]
Advance = Callable[[Vector, float, Vector], Vector]  # (x, value, gradient) -> the next x


class Iteration(NamedTuple):
    """One point of a descent: its number, value, the length of its gradient and of the step to it."""

    number: int
    value: float
    gradient_norm: float
    step: float
    x: Any = None


@dataclass(frozen=True)
class Result:
    """Where a descent ended.

    x, gradient: in the form of x0.  converged: a tolerance was met.  message: which, or why not.
    evaluations: of the function, with or without its gradient.  history: an Iteration for each
    point, with x where `keep` was asked for.
    """

    x: Any
    value: float
    gradient: Any
    iterations: int
    evaluations: int
    converged: bool
    message: str
    history: tuple[Iteration, ...]


@dataclass(frozen=True)
class Stopping:
    """When to stop; a tolerance of 0 never stops."""

    max_iterations: int
    gradient_tolerance: float
    value_tolerance: float
    step_tolerance: float

    def __post_init__(self) -> None:
        count = self.max_iterations
        if isinstance(count, bool) or not hasattr(count, "__index__") or int(count) < 0:
            raise misuse("SD609", f"max_iterations is {count!r}; a whole number is needed")
        for name in ("gradient_tolerance", "value_tolerance", "step_tolerance"):
            positive(name, getattr(self, name), zero=True)

    def met(self, new: Iteration, old: Iteration | None, size: float) -> str:
        """The tolerance that is met, in words; "" when none is."""
        if new.gradient_norm <= self.gradient_tolerance:
            return "the gradient is small enough"
        if old is None:
            return ""
        change = abs(new.value - old.value)
        if self.value_tolerance and change <= self.value_tolerance * max(1.0, abs(new.value)):
            return "the value changes little enough"
        if self.step_tolerance and new.step <= self.step_tolerance * max(1.0, size):
            return "the step is small enough"
        return ""


def positive(name: str, value: Any, zero: bool = False) -> float:
    """The option as a positive number; ArgumentsError when it is none."""
    number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(
        value, bool
    )
    if not number or not (value > 0 or zero and value == 0) or math.isinf(value):
        raise misuse("SD609", f"{name} is {value!r}; a positive number is needed")
    return float(value)


class Stuck(Exception):
    """Raised by an `advance` that finds nowhere to go."""


def descend(
    objective: Objective,
    advance: Advance,
    stopping: Stopping,
    *,
    callback: Callable[[Iteration], Any] | None = None,
    keep: bool = False,
    progress: bool | None = None,
) -> Result:
    """Advance until a tolerance is met, the callback returns True, or iterations run out."""
    points = _points(objective, advance, stopping, keep)
    history: list[Iteration] = []
    last: Vector = objective.layout.vector
    gradient: Vector = np.zeros_like(last)
    message, converged = "no iterations are left", False
    with progress_bar(stopping.max_iterations, progress) as shown:
        for iteration, vector, slope, reason in points:
            if math.isfinite(iteration.value) or not history:
                last, gradient = vector, slope
            if not history or history[-1].number != iteration.number:
                history.append(iteration)
            shown(iteration.number, iteration.value)
            if reason:
                message, converged = reason, not reason.startswith("!")
                break
            if callback is not None and callback(iteration) is True:
                message = "the callback asked to stop"
                break
    ended = [point for point in history if math.isfinite(point.value)] or history
    layout = objective.layout
    return Result(
        layout.restore(last),
        ended[-1].value,
        layout.gradient(gradient),
        history[-1].number,
        objective.evaluations,
        converged,
        message.lstrip("!"),
        tuple(history),
    )


Point = tuple[Iteration, Vector, Vector, str]


def _points(
    objective: Objective, advance: Advance, stopping: Stopping, keep: bool
) -> Iterator[Point]:
    """The points of a descent, each with the reason to stop there (with "!" when it failed)."""
    layout = objective.layout
    x, before, step = layout.vector, None, 0.0
    for number in range(int(stopping.max_iterations) + 1):
        value, gradient = objective.both(x)
        norm = _length(gradient)
        point = Iteration(number, value, norm, step, layout.restore(x) if keep else None)
        if not (math.isfinite(value) and math.isfinite(norm)):
            yield point, x, gradient, "!diverged: the value or its gradient is not finite"
            return
        reason = stopping.met(point, before, _length(x))
        yield point, x, gradient, reason
        if reason or number == stopping.max_iterations:
            return
        try:
            following = layout.rounded(advance(x, value, gradient))
        except Stuck as stuck:
            yield point, x, gradient, f"!{stuck}"
            return
        step = _length(following - x)
        x, before = following, point


def _length(vector: Vector) -> float:
    with np.errstate(all="ignore"):
        return float(np.linalg.norm(vector))
