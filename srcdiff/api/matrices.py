"""Jacobians and Hessians as arrays.

One sweep per column (forward) or per row (reverse). `jacobian` takes whichever are fewer.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from srcdiff.api.arrange import Arranged, arranged
from srcdiff.api.compiled import Sweeps, kept
from srcdiff.api.gradients import grad
from srcdiff.api.products import pulled, pushforward
from srcdiff.api.requests import function_name, misuse, request_for

MODES = ("auto", "forward", "reverse")


def jacobian(function: Any = None, wrt: Any = 0, *, mode: str = "auto") -> Any:
    """The Jacobian: of shape (*value.shape, *argument.shape).

    wrt: the argument to differentiate by, a float or a float array; of several, a tuple comes back.
    mode: "forward" (one sweep per entry of the argument), "reverse" (one per entry of the value), or
    "auto": whichever has fewer.

    Raises ArgumentsError when the argument is no float (array) or the value no number or array.

    >>> import numpy as np
    >>> from srcdiff import jacobian
    >>> jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    if mode not in MODES:
        raise misuse("SD514", f"no mode {mode!r}", "auto, forward or reverse")
    return by_argument("jacobian", function, wrt, functools.partial(_jacobian, mode))


def jacfwd(function: Any = None, wrt: Any = 0) -> Any:
    """The Jacobian by forward mode, one sweep per entry of the argument: for few inputs.

    Arguments, result and errors as for `jacobian`.

    >>> import numpy as np
    >>> from srcdiff import jacfwd
    >>> jacfwd(lambda t: np.array([t, t**2]))(3.0)
    array([1., 6.])
    """
    return jacobian(function, wrt, mode="forward")


def jacrev(function: Any = None, wrt: Any = 0) -> Any:
    """The Jacobian by reverse mode, one sweep per entry of the value: for few outputs.

    Arguments, result and errors as for `jacobian`.

    >>> import numpy as np
    >>> from srcdiff import jacrev
    >>> jacrev(lambda x: np.sum(x**2))(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    return jacobian(function, wrt, mode="reverse")


def hessian(function: Any = None, wrt: Any = 0) -> Any:
    """The Hessian of a function that returns one real number: (*argument.shape, *argument.shape).

    Forward over reverse: one forward sweep through the gradient per entry of the argument
    (Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6, 1994).

    Raises ArgumentsError when the value is no real number or the argument no float (array).

    >>> from srcdiff import hessian
    >>> hessian(lambda x: x**3)(2.0)
    12.0
    """
    return by_argument("hessian", function, wrt, _hessian)


def by_argument(kind: str, function: Any, wrt: Any, compute: Callable[..., Any]) -> Any:
    """A function that computes `compute(function, name, *args)` for each argument of `wrt`.

    With no function, a decorator.
    """
    if function is None:
        return lambda f: by_argument(kind, f, wrt, compute)
    request = request_for(kind, function, wrt)

    @functools.wraps(function)
    def computed(*args: Any, **keywords: Any) -> Any:
        parts = tuple(compute(function, name, args, keywords) for name in request.wrt)
        return parts[0] if request.single else parts

    return computed


def array_argument(x: Any, name: str) -> Any:
    """The argument; ArgumentsError unless it is one float or a float array."""
    if not isinstance(x, (float, complex, np.inexact, np.ndarray)) or (
        np.asarray(x).dtype.kind not in "fc"
    ):
        raise misuse(
            "SD502",
            f"the argument {name!r} is {type(x).__name__}: a float or a float array is needed",
        )
    return x


def array_value(value: Any, name: str) -> Any:
    """The value of a function; ArgumentsError unless it is a number or an array."""
    if not isinstance(value, (float, complex, int, np.generic, np.ndarray)):
        raise misuse(
            "SD516",
            f"{name} returns a {type(value).__name__}: a number or an array is needed",
            "differentiate its parts one by one, or use vjp or jvp",
        )
    return value


def _hessian(function: Any, name: str, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    return _jacobian("forward", gradient_of(function, name), name, args, keywords)


def gradient_of(function: Any, wrt: Any = 0) -> Any:
    """The gradient of a function, made once."""
    return kept(function, ("grad", wrt), lambda: grad(function, wrt))


def _jacobian(
    mode: str, function: Any, name: str, args: tuple[Any, ...], keywords: dict[str, Any]
) -> Any:
    call = arranged(function, (name,), args, keywords)
    x = array_argument(call.primals[0], name)
    sweeps = Sweeps(call.primals)
    if mode != "forward":
        value, pullback = pulled(call.function, call.primals, 1, sweeps=sweeps)
        array_value(value, function_name(function))
        real = not np.iscomplexobj(x) and not np.iscomplexobj(value)
        if mode == "reverse" or real and np.size(value) <= np.size(x):
            _check_complex(call, x, value, mode, sweeps)
            return _by_rows(value, pullback, x)
    return _by_columns(call, x, sweeps)


def _check_complex(call: Arranged, x: Any, value: Any, mode: str, sweeps: Sweeps) -> None:
    """A complex Jacobian is one of a function with a complex derivative, or of a real argument.

    The test is J(i d) = i J(d) in one direction d, the Cauchy-Riemann equations along it.
    """
    if not np.iscomplexobj(x):
        if mode == "reverse" and np.iscomplexobj(value):
            raise misuse(
                "SD517", "reverse mode of a complex function of real numbers", "use jacfwd"
            )
        return
    push = pushforward(call.function, len(call.primals), 1)
    steps = 1.0 + np.arange(np.size(x)).reshape(np.shape(x)) % 7
    seeds = (_alike(x, steps * c) for c in (1.0, 1j))
    one, other = (push(*sweeps.next(push, seed), seed)[1] for seed in seeds)
    if not np.allclose(np.asarray(one) * 1j, other, rtol=1e-7, atol=1e-9, equal_nan=True):
        name = function_name(call.function)
        raise misuse(
            "SD517",
            f"{name} has no complex derivative: it depends on more than a product with dz",
            "differentiate by the real and the imaginary part, as two arguments",
        )


def units(like: Any) -> Iterator[Any]:
    """The unit vectors in the shape of an array (or 1.0 for a number)."""
    if np.ndim(like) == 0:
        yield type(like)(1.0) if not isinstance(like, np.ndarray) else np.ones_like(like)
        return
    for k in range(np.size(like)):
        unit = np.zeros_like(like)
        unit.flat[k] = 1.0
        yield unit


def _alike(x: Any, values: Any) -> Any:
    """Values of the shape of x in the type of x."""
    cast = np.asarray(values, dtype=np.asarray(x).dtype)
    return cast if isinstance(x, np.ndarray) else type(x)(cast[()])


def _by_columns(call: Arranged, x: Any, sweeps: Sweeps) -> Any:
    push = pushforward(call.function, len(call.primals), 1)
    if np.iscomplexobj(x):
        _check_complex(call, x, None, "forward", sweeps)
    value: Any = None
    columns: list[Any] = []
    for unit in units(x):
        value, column = push(*sweeps.next(push, unit), unit)
        array_value(value, function_name(call.function))
        columns.append(np.asarray(column))
    if not columns:
        value, _ = push(*sweeps.next(push, x), x)
        columns.append(np.zeros((*np.shape(value), 0), dtype=np.asarray(value).dtype))
        return columns[0].reshape(np.shape(value) + np.shape(x))
    stacked = np.stack(columns, axis=-1)
    return plain_number(stacked.reshape(np.shape(value) + np.shape(x)))


def _by_rows(value: Any, pullback: Any, x: Any) -> Any:
    rows = [np.asarray(pullback(unit)[0]) for unit in units(value)]
    if not rows:
        return np.zeros(np.shape(value) + np.shape(x), dtype=np.asarray(x).dtype)
    return plain_number(np.stack(rows).reshape(np.shape(value) + np.shape(x)))


def plain_number(a: Any) -> Any:
    """An array of rank 0 as Python's float."""
    return float(a) if a.ndim == 0 and a.dtype == np.float64 else a
