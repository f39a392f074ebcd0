"""A derivative held against differences: how `check` of a Derivative asks `srcdiff.check`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from srcdiff.api.compiled import hidden_values
from srcdiff.api.requests import request_for
from srcdiff.check import check_gradient
from srcdiff.errors import GradientError
from srcdiff.explain.blame import explained
from srcdiff.ops.syntax import ABSENT
from srcdiff.structure import copied

if TYPE_CHECKING:
    from srcdiff.api.derivative import Derivative
    from srcdiff.dispatch import Variant


def checked(
    derivative: Derivative, args: tuple[Any, ...], keywords: dict[str, Any], **options: Any
) -> Any:
    bound = derivative.bind(args, keywords)
    if derivative.request.star:
        return _checked_starred(derivative, args, keywords, bound, **options)
    names = list(bound.arguments)
    values = tuple(bound.arguments.values())
    places = tuple(names.index(w) for w in derivative.request.wrt)
    function = _positional(derivative.primal, bound)
    aux = derivative.request.has_aux

    left = tuple(names.index(w) for w in derivative.request.outputs)
    outside = Outside(derivative.variant(args, keywords)[0])

    @outside.put_back
    def objective(*xs: Any) -> Any:
        if left:
            function(*xs)
            return sum(np.sum(xs[k]) for k in left)
        return function(*xs)[0] if aux else function(*xs)

    @outside.put_back
    def gradient(*xs: Any) -> Any:
        found = _positional(derivative.compile_and_call, bound)(*xs)
        if derivative.request.kind == "value_and_grad":
            found = found[1]
        elif aux:
            found = found[0]
        return (found,) if derivative.request.single else found

    report = check_gradient(objective, gradient, values, places, names=names, **options)
    _raise_if_wrong(report, derivative, bound)
    return report


class Outside:
    """The globals and outer variables that a function reads or assigns: it may write into them."""

    def __init__(self, variant: Variant):
        values = hidden_values(variant)
        inputs = variant.primal.function.inputs
        self.held = tuple(
            values[i.name] for i in inputs if i.keyword_only and i.tree.kind != "static"
        )
        self.variables: list[tuple[Any, str, Any]] = [
            (namespace.globals, name, namespace.globals.get(name, ABSENT))
            for namespace, name in variant.primal.rebinds
        ]
        self.as_it_was = tuple(copied(value) for value in self.held)

    def put_back(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, which leaves in them what was there."""

        @functools.wraps(function)
        def called(*args: Any) -> Any:
            try:
                return function(*args)
            finally:
                for names, name, value in self.variables:
                    if value is ABSENT:
                        names.pop(name, None)
                    else:
                        names[name] = value
                for value, before in zip(self.held, self.as_it_was):
                    restore(value, before)

        return called


def restore(value: Any, before: Any) -> None:
    """Let arrays, lists, dicts and objects hold again what a copy of them holds."""
    if isinstance(value, np.ndarray):
        if not np.array_equal(value, before, equal_nan=value.dtype.kind in "fc"):
            value[...] = before
    elif isinstance(value, list) and len(value) != len(before):
        value[:] = copied(before)
    elif isinstance(value, (list, tuple)):
        for one, other in zip(value, before, strict=True):
            restore(one, other)
        if isinstance(value, list):
            _restore_entries(value, enumerate(before))
    elif isinstance(value, dict):
        for name in [name for name in value if name not in before]:
            del value[name]
        for name, one in before.items():
            if name in value:
                restore(value[name], one)
        _restore_entries(value, before.items())
    elif hasattr(value, "__dict__") and hasattr(before, "__dict__"):
        restore(vars(value), vars(before))


def _restore_entries(value: Any, entries: Iterable[tuple[Any, Any]]) -> None:
    """Put back the numbers among some entries, and what is there no more."""
    for name, one in entries:
        plain = isinstance(one, (bool, int, float, complex, str, np.generic, type(None)))
        missing = isinstance(value, dict) and name not in value
        if missing or plain or type(value[name]) is not type(one):
            value[name] = one


def _raise_if_wrong(report: Any, derivative: Derivative, bound: inspect.BoundArguments) -> None:
    """GradientError, with the line that is to blame, unless the report is ok."""
    try:
        report.raise_if_wrong()
    except GradientError as error:
        raise explained(error, derivative.primal, bound, derivative.request.wrt) from None


def _checked_starred(
    derivative: Derivative,
    args: tuple[Any, ...],
    keywords: dict[str, Any],
    bound: inspect.BoundArguments,
    **options: Any,
) -> Any:
    """The check of a function of *args: of the function of as many arguments as were given."""
    request = derivative.request
    place = request.parameters.index(request.star)
    names = [*request.parameters[:place]]
    names += [f"{request.star}[{k}]" for k in range(len(args) - place)]
    wrt = [n for n in names if n in request.wrt or request.star in request.wrt and "[" in n]
    places = tuple(names.index(n) for n in wrt)

    made = type(derivative)(request_for("grad", request.function, places, request.has_aux))

    def objective(*xs: Any) -> Any:
        value = request.function(*xs, **keywords)
        return value[0] if request.has_aux else value

    def gradient(*xs: Any) -> Any:
        found = made(*xs, **keywords)
        return found[0] if request.has_aux else found

    report = check_gradient(objective, gradient, args, places, names=names, **options)
    _raise_if_wrong(report, made, bound)
    return report


def _positional(function: Any, bound: inspect.BoundArguments) -> Callable[..., Any]:
    """Call a function by the values of its parameters in order, whatever their kinds."""
    names = list(bound.arguments)

    def call(*values: Any) -> Any:
        again = inspect.BoundArguments(bound.signature, dict(zip(names, values)))
        return function(*again.args, **again.kwargs)

    return call
