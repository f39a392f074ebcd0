"""The four conditions an implicit function may be known by, as decorators."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from srcdiff.api import grad
from srcdiff.api.requests import misuse
from srcdiff.implicit.forms import Condition, decorated
from srcdiff.structure import described
from srcdiff.transform.calls import intrinsic
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.values import Abstract

Solver = Callable[..., Any]
Decorator = Callable[[Solver], Solver]
Samples = Iterable[tuple[Any, ...]]


def root(condition: Callable[..., Any], *, like: str = "", samples: Samples = ()) -> Decorator:
    """Decorator: the function returns x with condition(x, *args) = 0, a simple root.

    condition: a function of x and the solver's arguments; its value has the shape of x (the structure
        and the shapes, where x is a structure).
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
    return _decorator(condition, "root", like, samples)


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
    return _decorator(mapping, "fixed point", like, samples)


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
    _function(objective)

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
    return _decorator(operator, "linear", "", samples)


def _decorator(function: Any, kind: str, like: str, samples: Samples) -> Decorator:
    condition = Condition(_function(function), kind)
    return lambda solver: decorated(_function(solver), condition, like, samples)


def _function(given: Any) -> Any:
    if not callable(given):
        raise misuse("SD510", f"{described(given)} is not a function")
    return given


@intrinsic(root, fixed_point, minimiser, linear_solve)
def _inside(run: Instantiator, *args: Abstract, **options: Abstract) -> Abstract:
    raise run.refusal(
        "SD354",
        "an implicit function is declared inside of a differentiated program",
        "decorate the solver outside of it, and pass its data as arguments",
    )


__all__ = ["fixed_point", "linear_solve", "minimiser", "root"]
