"""Jacobians and Hessians, and the product of a Hessian with a vector."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from srcdiff.api.compiled import kept
from srcdiff.api.gradients import grad
from srcdiff.api.products import jvp, vjp
from srcdiff.api.requests import misuse, request_for
from srcdiff.api.seeds import no_tangent
from srcdiff.transform.nested import Request
from srcdiff.transform.specialise import bind_arguments


def _argument_array(
    function: Any, args: tuple[Any, ...], keywords: dict[str, Any], wrt: str
) -> tuple[inspect.BoundArguments, Any]:
    bound = bind_arguments(function, args, keywords)
    x = bound.arguments[wrt]
    if not isinstance(x, (float, np.floating, np.ndarray)) or np.asarray(x).dtype.kind not in "fc":
        raise misuse(
            "SD502",
            f"the argument {wrt!r} is {type(x).__name__}: a float or a float array is needed",
        )
    return bound, x


def jacobian(function: Any = None, wrt: Any = 0, *, mode: str = "auto") -> Any:
    """The Jacobian: of shape (*value.shape, *argument.shape).

    mode: "forward" (one sweep per entry of the argument), "reverse" (one per entry of the value), or
    "auto": whichever has fewer.

    >>> import numpy as np
    >>> from srcdiff import jacobian
    >>> jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    if function is None:
        return lambda f: jacobian(f, wrt, mode=mode)
    request = request_for("jacobian", function, wrt)
    if not request.single:
        return _each(lambda w: jacobian(function, w, mode=mode), request)
    if mode not in ("auto", "forward", "reverse"):
        raise misuse("SD514", f"no mode {mode!r}", "auto, forward or reverse")

    @functools.wraps(function)
    def computed(*args: Any, **keywords: Any) -> Any:
        bound, x = _argument_array(function, args, keywords, request.wrt[0])
        primals = tuple(bound.arguments.values())
        place = list(bound.arguments).index(request.wrt[0])
        if mode == "forward":
            return _forward_jacobian(function, primals, place, x)
        value, pullback = vjp(function, *primals)
        if mode == "auto" and np.size(x) < np.size(value):
            return _forward_jacobian(function, primals, place, x)
        return _reverse_jacobian(value, pullback, place, x)

    return computed


def _each(make: Callable[[str], Any], request: Request) -> Callable[..., tuple[Any, ...]]:
    parts = [make(name) for name in request.wrt]
    return lambda *args, **keywords: tuple(p(*args, **keywords) for p in parts)


def _basis(like: Any) -> Iterable[Any]:
    """The unit vectors in the shape of an array (or 1.0 for a number)."""
    if np.ndim(like) == 0:
        yield type(like)(1.0) if not isinstance(like, np.ndarray) else np.ones_like(like)
        return
    for k in range(np.size(like)):
        unit = np.zeros_like(like)
        unit.flat[k] = 1.0
        yield unit


def _forward_jacobian(function: Any, primals: tuple[Any, ...], place: int, x: Any) -> Any:
    still = [no_tangent(p) for p in primals]
    columns = []
    for unit in _basis(x):
        tangents = [*still[:place], unit, *still[place + 1 :]]
        columns.append(jvp(function, primals, tangents)[1])
    stacked = np.stack([np.asarray(c) for c in columns], axis=-1)
    return _plain_number(stacked.reshape(np.shape(columns[0]) + np.shape(x)))


def _reverse_jacobian(value: Any, pullback: Any, place: int, x: Any) -> Any:
    rows = [np.asarray(pullback(unit)[place]) for unit in _basis(value)]
    return _plain_number(np.stack(rows).reshape(np.shape(value) + np.shape(x)))


def _plain_number(a: Any) -> Any:
    return float(a) if a.ndim == 0 and a.dtype == np.float64 else a


def hessian(function: Any = None, wrt: Any = 0) -> Any:
    """The Hessian of a function that returns one real number: (*argument.shape, *argument.shape).

    Forward over reverse: one forward sweep through the gradient per entry of the argument.

    >>> from srcdiff import hessian
    >>> hessian(lambda x: x**3)(2.0)
    12.0
    """
    if function is None:
        return lambda f: hessian(f, wrt)
    return jacobian(grad(function, wrt), wrt, mode="forward")


def hvp(function: Any, x: Any, v: Any, *args: Any) -> Any:
    """The product of the Hessian of `function` at (x, *args), by its first argument, with v.

    >>> from srcdiff import hvp
    >>> hvp(lambda x: x**3, 2.0, 1.0)
    12.0
    """
    gradient = kept(function, "grad", lambda: grad(function))
    return jvp(gradient, (x, *args), (v, *(no_tangent(a) for a in args)))[1]
