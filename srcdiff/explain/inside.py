"""The cotangents of the variables inside a function."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcdiff.explain.compose import backward, inputs_of, mark, objective, one, zero
from srcdiff.explain.run import Cell, NotExplained, recorded
from srcdiff.transform.specialise import specialise


def intermediates(derivative: Any, *args: Any, **keywords: Any) -> dict[str, Any]:
    """The derivative of a function's value by each of its named intermediate variables.

    derivative: what `grad` or `value_and_grad` returns.  args, keywords: those of the function.

    Returns the cotangents by the names in the source. A variable that is assigned several times has a
    list of them, in the order of the assignments; one that the value does not depend on has zeros.

    Raises NotExplained where the function cannot be run step by step.

    >>> from srcdiff import grad, intermediates
    >>> intermediates(grad(lambda x: (x * x) * 3.0), 2.0)
    {}
    >>> import math
    >>> def f(x):
    ...     y = x * x
    ...     z = math.sin(y)
    ...     return z * y
    >>> found = intermediates(grad(f), 2.0)
    >>> found["z"], round(found["y"], 6)
    (4.0, -3.371377)
    """
    bound = derivative.bind(args, keywords)
    primal, _ = specialise(derivative.primal, bound)
    run = recorded(primal, bound.arguments)
    goal = objective(run)
    if goal is None:
        raise NotExplained(f"{run.function.name} returns no value that depends on its arguments")
    mark(run, inputs_of(run, derivative.request.wrt))
    with np.errstate(all="ignore"):
        swept = backward(run, {goal: one(goal.value)})
    found: dict[str, list[Any]] = {}
    for cell in dict.fromkeys(out for step in run.steps for out in step.outs):
        if cell.name and cell.real:
            found.setdefault(cell.name, []).append(_cotangent(cell, swept.cotangents))
    return {name: each[0] if len(each) == 1 else each for name, each in found.items()}


def _cotangent(cell: Cell, cotangents: dict[Cell, Any]) -> Any:
    return cotangents[cell] if cell in cotangents else zero(cell.value)
