"""Gradients of functions that return one real number, and whether they are right."""

from __future__ import annotations

from typing import Any

from srcdiff.api.checks import checked
from srcdiff.api.derivative import Derivative
from srcdiff.api.requests import request_for


def _decorator(kind: str, function: Any, wrt: Any, has_aux: bool, check: bool) -> Any:
    if function is None:
        return lambda f: Derivative(request_for(kind, f, wrt, has_aux), check)
    return Derivative(request_for(kind, function, wrt, has_aux), check)


def grad(function: Any = None, wrt: Any = 0, *, has_aux: bool = False, check: bool = False) -> Any:
    """The gradient of a function that returns one real number.

    function: any Python function; without it, `grad` is a decorator with arguments.
    wrt: the argument to differentiate by: a position, a name, or a tuple of them.
    has_aux: the function returns (value, aux); the gradient then comes as (gradient, aux).
    check: verify each specialisation against finite differences on its first call.

    Returns a Derivative: called like the function, it returns the gradient in the structure, shapes
    and dtypes of the argument (a tuple of them when wrt is a tuple).

    Raises Refused when the function holds something srcdiff does not differentiate, ArgumentsError
    when the request makes no sense, GradientError when check finds a wrong entry.

    >>> from srcdiff import grad
    >>> grad(lambda x: x**3)(2.0)
    12.0
    """
    return _decorator("grad", function, wrt, has_aux, check)


def value_and_grad(
    function: Any = None, wrt: Any = 0, *, has_aux: bool = False, check: bool = False
) -> Any:
    """The value of a function together with its gradient, computed in one sweep: (value, gradient).

    Arguments as for `grad`. With has_aux the result is ((value, aux), gradient).

    >>> from srcdiff import value_and_grad
    >>> value_and_grad(lambda x: x**3)(2.0)
    (8.0, 12.0)
    """
    return _decorator("value_and_grad", function, wrt, has_aux, check)


def check_grad(function: Any, *args: Any, wrt: Any = 0, **options: Any) -> Any:
    """Verify srcdiff's gradient of a function at some arguments; the report, or GradientError.

    options: those of `srcdiff.check.check_gradient` (tolerances, number of directions, seed).

    >>> from srcdiff import check_grad
    >>> check_grad(lambda x: x**3, 2.0).ok
    True
    """
    derivative = function if isinstance(function, Derivative) else grad(function, wrt)
    return checked(derivative, args, {}, **options)
