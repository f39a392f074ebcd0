"""Where did the nan come from?  The first value of the run, or the first cotangent of the reverse
sweep, that is not finite although all it is made of is.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from srcdiff.errors import GradientError, Span
from srcdiff.explain.compose import (
    Contribution,
    StepFailed,
    backward,
    finite,
    inputs_of,
    mark,
    numbers,
    objective,
    one,
)
from srcdiff.explain.lines import operation, place
from srcdiff.explain.run import Recording, Step, recorded
from srcdiff.explain.tables import shown
from srcdiff.structure import children
from srcdiff.transform.specialise import specialise

REMEDIES = {
    "sqrt": "the derivative of sqrt is infinite at 0: keep the argument away from it, "
    "np.sqrt(x + 1e-12), or select with np.where before the root is taken",
    "power": "a power below 1 has an infinite derivative at 0, and x**y needs x > 0 for its "
    "derivative by y: keep x away from 0",
    "log": "log and its derivative are infinite at 0: log(x + tiny), np.log1p, or np.logaddexp",
    "divide": "the denominator is 0: select a safe one before the division",
    "norm": "the norm has no derivative at 0: np.sqrt(np.sum(x * x) + 1e-12)",
    "exp": "exp overflows: subtract the maximum first, or use np.logaddexp",
}
MASKED = (
    "the cotangent that arrives is 0 there (a branch of np.where that is not taken), and 0 * inf is "
    "nan: give the branch a safe argument, np.where(c, f(np.where(c, x, 1.0)), 0.0)"
)


@dataclass(frozen=True)
class NonFinite:
    """The first statement that made something that is not finite."""

    text: str
    at: Span
    operation: str

    def __str__(self) -> str:
        return self.text


def first_nonfinite(
    function: Any, bound: inspect.BoundArguments, wrt: Sequence[str]
) -> NonFinite | None:
    """Where a gradient stops to be finite; None where it does not, or where nothing can be said."""
    try:
        primal, _ = specialise(function, bound)
        with np.errstate(all="ignore"):
            run = recorded(primal, bound.arguments)
            return searched(run, wrt)
    except Exception:  # whatever it is, it must not hide the error that is being explained
        return None


def searched(run: Recording, wrt: Sequence[str]) -> NonFinite | None:
    """The first step that made something that is not finite: a value, where that of the whole is not
    finite, else a cotangent.
    """
    goal = objective(run)
    if goal is None:
        return None
    mark(run, inputs_of(run, wrt))
    value = _first_value(run)
    if value is not None and not finite(goal.value):
        return value
    try:
        swept = backward(run, {goal: one(goal.value)})
    except StepFailed as failed:
        told = f"its derivative raises {failed}"
        reason = REMEDIES.get(_family(failed.step), "")
        return _said(failed.step, "the first derivative that is not finite:", told, reason)
    for found in swept.contributions:
        if not finite(found.amount):
            arriving = [swept.cotangents[c] for c in found.step.outs if c in swept.cotangents]
            return _cotangent(found, arriving)
    return value


def _first_value(run: Recording) -> NonFinite | None:
    for step in run.steps:
        bad = next((c for c in step.outs if c.real and not finite(c.value)), None)
        if bad is not None and all(finite(c.value) for c in step.operands.values() if c.real):
            reason = REMEDIES.get(_family(step), "")
            return _said(step, "the value is not finite:", shown(bad.value), reason)
    return None


def _cotangent(found: Contribution, arriving: Sequence[Any]) -> NonFinite:
    reason = REMEDIES.get(_family(found.step), "")
    if _masked(found.amount, arriving):
        reason = MASKED
    name = found.operand.name or "its operand"
    told = f"the cotangent of {name} becomes {shown(found.amount)}, that of the result is "
    told += ", ".join(map(shown, arriving))
    return _said(found.step, "the first cotangent that is not finite:", told, reason)


def _masked(amount: Any, arriving: Sequence[Any]) -> bool:
    """Whether zeros arrive at the entries that are not finite."""
    for a in numbers(amount):
        bad = ~np.isfinite(a)
        for b in arriving:
            if np.shape(b) == np.shape(bad) and np.any(bad) and np.all(np.asarray(b)[bad] == 0.0):
                return True
    return False


def _family(step: Step) -> str:
    name = step.stmt.op.name
    if name in ("log2", "log10", "log1p"):
        return "log"
    if name in ("power", "float_power"):
        exponent = step.stmt.args[1]
        if getattr(exponent, "value", None) in (0.5,):
            return "sqrt"
        return "power"
    return "divide" if name in ("true_divide", "reciprocal") else name


def _said(step: Step, head: str, told: str, remedy: str) -> NonFinite:
    lines = [head, *place(step.at), f"  {operation(step)}: {told}"]
    operands = [
        f"{c.name or 'operand'} = {shown(c.value)}" for c in step.operands.values() if c.real
    ]
    lines += [f"  {text}" for text in operands[:4]]
    lines += [f"  remedy: {remedy}"] if remedy else []
    return NonFinite("\n".join(lines), step.at, operation(step))


def trap_nonfinite(derivative: Any) -> Any:
    """A derivative that raises, naming the line, when its result is not finite.

    derivative: what `grad` or `value_and_grad` returns. The result is called like it.

    Raises GradientError with the first statement of the run, or of the reverse sweep, that made
    something that is not finite, and the remedy.

    >>> import math
    >>> from srcdiff import grad, trap_nonfinite
    >>> def root(x):
    ...     return math.sqrt(x)
    >>> trap_nonfinite(grad(root))(4.0)
    0.25
    """

    @functools.wraps(derivative)
    def trapped(*args: Any, **keywords: Any) -> Any:
        with np.errstate(all="ignore"):
            try:
                found = derivative(*args, **keywords)
            except ArithmeticError as error:
                told = f"{type(error).__name__}: {error}"
                raise _trapped(derivative, args, keywords, told) from error
        if not all(map(_finite_leaf, _leaves(found))):
            raise _trapped(derivative, args, keywords, f"the derivative is {shown(found)}")
        return found

    return trapped


def _trapped(
    derivative: Any, args: tuple[Any, ...], keywords: dict[str, Any], told: str
) -> GradientError:
    bound = derivative.bind(args, keywords)
    finding = first_nonfinite(derivative.primal, bound, derivative.request.wrt)
    lines = [f"{derivative.request.name}: {told}", *([str(finding)] if finding else [])]
    return GradientError("\n".join(lines), None, finding)


def _leaves(value: Any) -> Iterator[Any]:
    parts = children(value)
    if parts is None:
        yield value
    else:
        for _, part in parts:
            yield from _leaves(part)


def _finite_leaf(value: Any) -> bool:
    real = isinstance(value, (float, complex, np.inexact, np.ndarray))
    return not real or np.asarray(value).dtype.kind not in "fc" or bool(np.all(np.isfinite(value)))
