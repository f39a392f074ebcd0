"""The rule of an implicit function of numbers and arrays: dx = -(dF/dx)^-1 (dF/da) da.

It is stated as an adjoint: with w = -(dF/dx)'^-1 bx, an argument gets the gradient of w . F(x, a), so
that all of them share the one system that is solved.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from srcdiff import rules
from srcdiff.api import directional_derivative, grad
from srcdiff.api.arrange import from_text, unused
from srcdiff.api.requests import misuse

Solver = Callable[..., Any]
NAMED = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def operands_of(solver: Solver) -> list[str]:
    """The arguments of a solver without a default. ArgumentsError when they are not known by name."""
    parameters = list(inspect.signature(solver).parameters.values())
    for p in parameters:
        if (
            p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
            or p.kind is p.KEYWORD_ONLY
            and (p.default is p.empty)
        ):
            raise misuse(
                "SD522",
                f"{solver.__name__} takes {p.name!r} otherwise than by position",
                "name each argument of the solver",
            )
    return [p.name for p in parameters if p.default is p.empty]


def options_of(solver: Solver) -> dict[str, Any]:
    """The arguments with a default, and the defaults."""
    parameters = inspect.signature(solver).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def enter(
    solution: Solver,
    operands: list[str],
    others: list[str],
    options: list[str],
    condition: Solver,
    shape: Callable[..., Any],
    samples: Iterable[tuple[Any, ...]] = (),
) -> None:
    """Give the function that returns the solution its row.

    operands, others: the arguments of the condition after x, with and without a derivative.
    options: what the solver takes besides.
    """
    body = _body(operands, others, options, condition)
    own = list(inspect.signature(body).parameters)[2 : 2 + len(operands)]
    rules.adjoint(
        solution,
        operands=own,
        arrays=tuple(others),
        dtype=" ".join(own),
        shape=shape,
        samples=samples,
    )(body)


def _body(operands: list[str], others: list[str], options: list[str], condition: Solver) -> Any:
    """The rule: the cotangent of each operand, by one solution of the transposed system."""
    taken = {*operands, *others, *options}
    bz, z, t, weights, holds, solved, slope, paired = (
        unused(n, taken)
        for n in ("bz", "z", "t", "weights", "condition", "multipliers", "gradient", "product")
    )
    heading = [bz, z, *operands, *(f"{n}=None" for n in (*others, *options))]
    parts = []
    for name in operands:
        moved = ", ".join([t if n == name else n for n in operands] + others)
        product = f"{paired}({weights}, {holds}({z}, {moved}))"
        parts.append(f"{slope}(lambda {t}: {product})({name})")
    args = "".join(f"{n}, " for n in (*operands, *others))
    lines = [
        f"def rule({', '.join(heading)}):",
        f"    {weights} = {solved}({holds}, {z}, ({args}), {bz})",
        f"    return {', '.join(parts)}",
    ]
    scope = {holds: condition, solved: multipliers, slope: grad, paired: weighted_sum}
    return from_text("\n".join(lines) + "\n", "rule", scope)


def multipliers(condition: Any, z: Any, args: Any, bz: Any) -> Any:
    """The weights w of the condition with which its derivative by z is -bz: -(dF/dz)'^-1 bz."""
    if np.ndim(z) == 0:
        return -bz / directional_derivative(condition, z, 1.0, *args)
    columns = [
        np.ravel(directional_derivative(condition, z, np.reshape(unit, np.shape(z)), *args))
        for unit in np.eye(np.size(z))
    ]
    matrix = np.stack(columns, axis=0)
    return -np.reshape(np.linalg.solve(matrix, np.ravel(bz)), np.shape(z))


def weighted_sum(weights: Any, value: Any) -> Any:
    """The sum of the condition's entries, each with its weight."""
    if np.ndim(value) == 0:
        return weights * value
    return np.ravel(weights) @ np.ravel(value)
