"""Jacobians and Hessians as arrays.

One sweep per column (forward) or per row (reverse), all of them at once as one sweep with a leading
axis of seeds (`several`). `jacobian` takes whichever are fewer.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from srcdiff.api.arrange import Arranged, arranged
from srcdiff.api.compiled import Sweeps, kept
from srcdiff.api.gradients import grad
from srcdiff.api.products import pushforward
from srcdiff.api.requests import by_argument, function_name, misuse
from srcdiff.api.seeds import array_argument, array_value
from srcdiff.api.several import Reverse, forward, units
from srcdiff.api.sparse import sparse_jacobian

MODES = ("auto", "forward", "reverse")


def jacobian(
    function: Any = None, wrt: Any = 0, *, mode: str = "auto", sparse: bool = False
) -> Any:
    """The Jacobian: of shape (*value.shape, *argument.shape).

    wrt: the argument to differentiate by, a float or a float array; of several, a tuple comes back.
    mode: "forward" (one sweep per entry of the argument), "reverse" (one per entry of the value), or
    "auto": whichever has fewer.
    sparse: return a scipy.sparse.csr_array of shape (value.size, argument.size). Its pattern is found
    from the program (`sparsity`), and a sweep gives all columns (or rows) of one colour: as many sweeps
    as colours, the direction that needs fewer of them (`srcdiff.evaluate.colouring` has the sources).

    Raises ArgumentsError when the argument is no float (array), the value no number or array, or SciPy
    is missing.

    >>> import numpy as np
    >>> from srcdiff import jacobian
    >>> jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    if mode not in MODES:
        raise misuse("SD514", f"no mode {mode!r}", "auto, forward or reverse")
    return by_argument("jacobian", function, wrt, functools.partial(_jacobian, mode, sparse))


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


def hessian(function: Any = None, wrt: Any = 0, *, sparse: bool = False) -> Any:
    """The Hessian of a function that returns one real number: (*argument.shape, *argument.shape).

    Forward over reverse: one forward sweep through the gradient per entry of the argument
    (Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6, 1994).

    sparse: return a scipy.sparse.csr_array of shape (argument.size, argument.size), as for `jacobian`
    of the gradient.

    Raises ArgumentsError when the value is no real number, the argument no float (array), or SciPy is
    missing.

    >>> from srcdiff import hessian
    >>> hessian(lambda x: x**3)(2.0)
    12.0
    """
    return by_argument("hessian", function, wrt, functools.partial(_hessian, sparse))


def _hessian(
    sparse: bool, function: Any, name: str, args: tuple[Any, ...], keywords: dict[str, Any]
) -> Any:
    return _jacobian("forward", sparse, gradient_of(function, name), name, args, keywords)


def gradient_of(function: Any, wrt: Any = 0) -> Any:
    """The gradient of a function, made once."""
    return kept(function, ("grad", wrt), lambda: grad(function, wrt))


def _jacobian(
    mode: str,
    sparse: bool,
    function: Any,
    name: str,
    args: tuple[Any, ...],
    keywords: dict[str, Any],
) -> Any:
    call = arranged(function, (name,), args, keywords)
    x = array_argument(call.primals[0], name)
    if sparse:
        return sparse_jacobian(call, function_name(function), mode)
    sweeps = Sweeps(call.primals)
    if mode != "forward":
        reverse = Reverse(call.function, call.primals, sweeps)
        value = array_value(reverse.value, function_name(function))
        real = not np.iscomplexobj(x) and not np.iscomplexobj(value)
        if mode == "reverse" or real and np.size(value) <= np.size(x):
            _check_complex(call, x, value, mode, sweeps)
            return _by_rows(reverse, x)
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


def _alike(x: Any, values: Any) -> Any:
    """Values of the shape of x in the type of x."""
    cast = np.asarray(values, dtype=np.asarray(x).dtype)
    return cast if isinstance(x, np.ndarray) else type(x)(cast[()])


def _by_columns(call: Arranged, x: Any, sweeps: Sweeps) -> Any:
    if np.iscomplexobj(x):
        _check_complex(call, x, None, "forward", sweeps)
    function, primals, size = call.function, call.primals, int(np.size(x))
    if not size:
        push = pushforward(function, len(primals), 1)
        value, _ = push(*sweeps.next(push, x), x)
        return np.zeros(np.shape(value) + np.shape(x), dtype=np.asarray(value).dtype)
    parts = []
    for value, _, tangents in forward(function, primals, units(x), size, sweeps):
        array_value(value, function_name(function))
        parts.append(tangents)
    rows = parts[0] if len(parts) == 1 else np.concatenate(parts)
    columns = np.ascontiguousarray(np.moveaxis(rows, 0, -1))
    return plain_number(columns.reshape(rows.shape[1:] + np.shape(x)))


def _by_rows(reverse: Reverse, x: Any) -> Any:
    value, size = reverse.value, int(np.size(reverse.value))
    if not size:
        return np.zeros(np.shape(value) + np.shape(x), dtype=np.asarray(x).dtype)
    rows = np.concatenate([c for _, c in reverse.sweeps(units(value), size)])
    return plain_number(rows.reshape(np.shape(value) + np.shape(x)))


def plain_number(a: Any) -> Any:
    """An array of rank 0 as Python's float."""
    return float(a) if a.ndim == 0 and a.dtype == np.float64 else a
