"""A derivative held against differences: how `check` of a Derivative asks `srcdiff.check`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from srcdiff.api.requests import request_for
from srcdiff.check import check_gradient

if TYPE_CHECKING:
    from srcdiff.api.derivative import Derivative


def checked(
    derivative: Derivative, args: tuple[Any, ...], keywords: dict[str, Any], **options: Any
) -> Any:
    bound = derivative.bind(args, keywords)
    if derivative.request.star:
        return _checked_starred(derivative, args, **options)
    names = list(bound.arguments)
    values = tuple(bound.arguments.values())
    places = tuple(names.index(w) for w in derivative.request.wrt)
    function = _positional(derivative.primal, bound)
    aux = derivative.request.has_aux

    def objective(*xs: Any) -> Any:
        return function(*xs)[0] if aux else function(*xs)

    def gradient(*xs: Any) -> Any:
        found = _positional(derivative.compile_and_call, bound)(*xs)
        if derivative.request.kind == "value_and_grad":
            found = found[1]
        elif aux:
            found = found[0]
        return (found,) if derivative.request.single else found

    report = check_gradient(objective, gradient, values, places, names=names, **options)
    report.raise_if_wrong()
    return report


def _checked_starred(derivative: Derivative, args: tuple[Any, ...], **options: Any) -> Any:
    """The check of a function of *args: of the function of as many arguments as were given."""
    request = derivative.request
    place = request.parameters.index(request.star)
    names = [*request.parameters[:place]]
    names += [f"{request.star}[{k}]" for k in range(len(args) - place)]
    wrt = [n for n in names if n in request.wrt or request.star in request.wrt and "[" in n]
    places = tuple(names.index(n) for n in wrt)

    made = type(derivative)(request_for("grad", request.function, places))
    report = check_gradient(request.function, made, args, places, names=names, **options)
    report.raise_if_wrong()
    return report


def _positional(function: Any, bound: inspect.BoundArguments) -> Callable[..., Any]:
    """Call a function by the values of its parameters in order, whatever their kinds."""
    names = list(bound.arguments)

    def call(*values: Any) -> Any:
        again = inspect.BoundArguments(bound.signature, dict(zip(names, values)))
        return function(*again.args, **again.kwargs)

    return call
