"""Implicit functions: the derivative of a solution by the condition it meets, not by how it was found.

    @implicit.root(lambda x, a: x**3 + x - a)        # holds at x = cube(a)
    def cube(a):
        ...                                          # any code at all, also of a library

With F(x, a) = 0 the implicit function theorem gives dx = -(dF/dx)^-1 (dF/da) da (Griewank & Walther,
Evaluating Derivatives, 2nd ed., section 15; Blondel et al., "Efficient and modular implicit
differentiation", NeurIPS 2022). One rule serves forward and reverse mode, of any order, and the
solver's own code is neither read nor run again.

    root            F(x, *args) = 0
    fixed_point     x = T(x, *args)
    minimiser       x minimises f(x, *args): grad f = 0
    linear_solve    A(x, *args) = b, where A is linear in x; the solver is called as solver(b, *args)

Arguments of the solver with a default are its own options: the condition does not get them, and
nothing is differentiated by them. The condition is compiled like any function and takes its data as
arguments. The matrix dF/dx is made (one sweep per entry of x) and solved with NumPy.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from srcdiff import rules
from srcdiff.api import directional_derivative, grad
from srcdiff.api.arrange import from_text
from srcdiff.api.requests import misuse

Solver = Callable[..., Any]
Decorator = Callable[[Solver], Solver]
Samples = Iterable[tuple[Any, ...]]


def root(condition: Callable[..., Any], *, like: str = "", samples: Samples = ()) -> Decorator:
    """Decorator: the function returns x with condition(x, *args) = 0, a simple root.

    condition: a function of x and the solver's arguments; its value has the shape of x.
    like: the argument whose shape x has; the first one unless it is named.
    samples: arguments at which the derivative is checked now, as in `srcdiff.rules`.

    Raises ArgumentsError when `like` names no argument, GradientError when a sample shows that the
    condition does not belong to the solver.

    >>> from srcdiff import grad, implicit
    >>> @implicit.root(lambda x, a: x * x - a, samples=[(2.0,)])
    ... def positive_root(a):
    ...     low, high = 0.0, a + 1.0
    ...     while high - low > 1e-14 * high:
    ...         middle = (low + high) / 2
    ...         low, high = (middle, high) if middle * middle < a else (low, middle)
    ...     return low
    >>> round(grad(positive_root)(4.0), 9), round(grad(grad(positive_root))(4.0), 9)
    (0.25, -0.03125)
    """
    return lambda solver: _with_rule(solver, condition, like, samples)


def fixed_point(mapping: Callable[..., Any], *, like: str = "", samples: Samples = ()) -> Decorator:
    """Decorator: the function returns x with x = mapping(x, *args). Arguments and errors as for `root`.

    >>> import math
    >>> from srcdiff import grad, implicit
    >>> @implicit.fixed_point(lambda x, a: math.cos(a * x))
    ... def settled(a):
    ...     x = 1.0
    ...     for _ in range(200):
    ...         x = math.cos(a * x)
    ...     return x
    >>> round(grad(settled)(1.0), 6)
    -0.297474
    """

    def condition(x: Any, *args: Any) -> Any:
        return mapping(x, *args) - x

    return root(condition, like=like, samples=samples)


def minimiser(objective: Callable[..., Any], *, like: str = "", samples: Samples = ()) -> Decorator:
    """Decorator: the function returns x that minimises objective(x, *args), inside its domain.

    The condition is grad objective = 0, its matrix the Hessian. Arguments and errors as for `root`.

    >>> import numpy as np
    >>> from srcdiff import implicit, jacobian
    >>> @implicit.minimiser(lambda x, a: np.sum((x - a) ** 4 + (x - a) ** 2 + x**2))
    ... def shrunk(a):
    ...     x = a / 2.0
    ...     for _ in range(50):
    ...         slope = 4.0 * (x - a) ** 3 + 2.0 * (x - a) + 2.0 * x
    ...         x = x - slope / (12.0 * (x - a) ** 2 + 4.0)
    ...     return x
    >>> abs(jacobian(shrunk)(np.array([0.0, 0.0])))
    array([[0.5, 0. ],
           [0. , 0.5]])
    """

    def condition(x: Any, *args: Any) -> Any:
        return grad(objective)(x, *args)

    return root(condition, like=like, samples=samples)


def linear_solve(operator: Callable[..., Any], *, samples: Samples = ()) -> Decorator:
    """Decorator: the function solver(b, *args) returns x with operator(x, *args) = b.

    operator: linear in x. x has the shape of b. Arguments and errors as for `root`.

    >>> import numpy as np
    >>> from srcdiff import implicit, jacobian
    >>> @implicit.linear_solve(lambda x, k: k * x + np.flip(x))
    ... def solve(b, k):
    ...     return np.linalg.solve(k * np.eye(len(b)) + np.flip(np.eye(len(b)), 0), b)
    >>> jacobian(solve)(np.array([1.0, 2.0]), 2.0).round(6)
    array([[ 0.666667, -0.333333],
           [-0.333333,  0.666667]])
    """

    def condition(x: Any, b: Any, *args: Any) -> Any:
        return operator(x, *args) - b

    return root(condition, samples=samples)


def _with_rule(solver: Solver, condition: Solver, like: str, samples: Samples) -> Solver:
    parameters = list(inspect.signature(solver).parameters.values())
    operands = [p.name for p in parameters if p.default is p.empty]
    options = [p.name for p in parameters if p.default is not p.empty]
    like = like or (operands[0] if operands else "")
    if like not in operands:
        raise misuse("SD522", f"{solver.__name__} has no argument {like!r} to take a shape from")

    @functools.wraps(solver)
    def solution(*args: Any, **keywords: Any) -> Any:
        x = solver(*args, **keywords)
        model = args[operands.index(like)] if len(args) > operands.index(like) else keywords[like]
        if np.shape(x) != np.shape(model):
            raise misuse(
                "SD522",
                f"{solver.__name__} returned shape {np.shape(x)}, and {like!r} has {np.shape(model)}",
                "name the argument whose shape the solution has: like=",
            )
        return x

    body = _body(operands, options, condition)
    place = [p.name for p in parameters].index(like)
    rules.tangent(
        solution,
        operands=operands,
        dtype=" ".join(operands),
        shape=lambda *dims: dims[place],
        samples=samples,
    )(body)
    return solution


def _body(operands: list[str], options: list[str], condition: Solver) -> Any:
    """The rule: for each operand what its tangent does to the solution."""
    names = ", ".join(operands)
    heading = ["z", *operands, *(f"d{n}" for n in operands), *(f"{n}=None" for n in options)]
    lines = [f"def rule({', '.join(heading)}):"]
    for k, own in enumerate(operands):
        moved = ", ".join("t" if n == own else n for n in operands)
        along = f"directional_derivative(lambda t: condition(z, {moved}), {own}, d{own})"
        lines.append(f"    r{k} = response(condition, z, ({names},), {along})")
    results = ", ".join(f"r{k}" for k in range(len(operands)))
    lines.append(f"    return {results}")
    scope = {
        "condition": condition,
        "response": response,
        "directional_derivative": directional_derivative,
    }
    return from_text("\n".join(lines) + "\n", "rule", scope)


def response(condition: Any, z: Any, args: Any, push: Any) -> Any:
    """How the solution z moves when the condition does: -(d condition / d z)^-1 push."""
    if np.ndim(z) == 0:
        return -push / directional_derivative(condition, z, 1.0, *args)
    columns = [
        np.ravel(directional_derivative(condition, z, np.reshape(unit, np.shape(z)), *args))
        for unit in np.eye(np.size(z))
    ]
    matrix = np.stack(columns, axis=1)
    return -np.reshape(np.linalg.solve(matrix, np.ravel(push)), np.shape(z))


__all__ = ["fixed_point", "linear_solve", "minimiser", "root"]
