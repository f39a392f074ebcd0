"""Gradients of functions that return one real number, and whether they are right."""

from __future__ import annotations

from typing import Any

from srcdiff.api.checks import checked
from srcdiff.api.derivative import Derivative
from srcdiff.api.requests import request_for


def _decorator(kind: str, function: Any, wrt: Any, has_aux: bool, check: bool, of: Any) -> Any:
    if function is None:
        return lambda f: Derivative(request_for(kind, f, wrt, has_aux, of), check)
    return Derivative(request_for(kind, function, wrt, has_aux, of), check)


def grad(
    function: Any = None,
    wrt: Any = 0,
    *,
    has_aux: bool = False,
    check: bool = False,
    of: Any = None,
) -> Any:
    """The gradient of a function that returns one real number.

    function: any Python function; without it, `grad` is a decorator with arguments.
    wrt: the argument to differentiate by: a position, a name, or a tuple of them.
    has_aux: the function returns (value, aux); the gradient then comes as (gradient, aux).
    check: verify each specialisation against finite differences on its first call.
    of: an argument that the function writes into (a name, a position, or a tuple of them): the
        gradient is that of the sum of what it holds afterwards, whatever the function returns.

    A function may write into its arguments; after the call they hold what it would have left there.

    Returns a Derivative: called like the function, it returns the gradient in the structure, shapes
    and dtypes of the argument (a tuple of them when wrt is a tuple).

    Raises Refused when the function holds something srcdiff does not differentiate, ArgumentsError
    when the request makes no sense, GradientError when check finds a wrong entry.

    >>> from srcdiff import grad
    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> import numpy as np
    >>> def double(x, y):
    ...     y[:] = 2.0 * x
    >>> grad(double, wrt="x", of="y")(np.ones(2), np.zeros(2))
    array([2., 2.])
    """
    return _decorator("grad", function, wrt, has_aux, check, of)


def value_and_grad(
    function: Any = None,
    wrt: Any = 0,
    *,
    has_aux: bool = False,
    check: bool = False,
    of: Any = None,
) -> Any:
    """The value of a function together with its gradient, computed in one sweep: (value, gradient).

    Arguments as for `grad`. With has_aux the result is ((value, aux), gradient).

    >>> from srcdiff import value_and_grad
    >>> value_and_grad(lambda x: x**3)(2.0)
    (8.0, 12.0)
    """
    return _decorator("value_and_grad", function, wrt, has_aux, check, of)


def check_grad(function: Any, *args: Any, wrt: Any = 0, **options: Any) -> Any:
    """Verify srcdiff's gradient of a function at some arguments; the report, or GradientError.

    options: those of `srcdiff.check.check_gradient` (tolerances, number of directions, seed).

    >>> from srcdiff import check_grad
    >>> check_grad(lambda x: x**3, 2.0).ok
    True
    """
    derivative = function if isinstance(function, Derivative) else grad(function, wrt)
    return checked(derivative, args, {}, **options)
