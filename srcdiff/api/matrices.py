"""Jacobians and Hessians as arrays.

One sweep per column (forward) or per row (reverse), all of them at once as one sweep with a leading
axis of seeds (`several`). `jacobian` takes whichever are fewer.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from srcdiff.api import blocks
from srcdiff.api.again import Again, again
from srcdiff.api.arrange import Arranged, arranged
from srcdiff.api.compiled import Sweeps, kept
from srcdiff.api.gradients import grad
from srcdiff.api.products import pushforward
from srcdiff.api.programs import second_derivatives_agree
from srcdiff.api.requests import by_argument, function_name, misuse
from srcdiff.api.seeds import array_argument
from srcdiff.api.several import Reverse, forward, units
from srcdiff.api.sparse import sparse_jacobian
from srcdiff.structure import children, copied
from srcdiff.transform.request import Request

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
    kind = "sparse" if sparse else "jacobian"
    return by_argument(kind, function, wrt, functools.partial(_jacobian_of, mode, sparse))


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
    kind = "sparse" if sparse else "hessian"
    return by_argument(kind, function, wrt, functools.partial(_hessian, sparse))


def _hessian(
    sparse: bool, request: Request, name: str, args: tuple[Any, ...], keywords: dict[str, Any]
) -> Any:
    function, wrt = request.function, request.wrt
    if sparse and not request.single:
        before = copied((args, keywords))
        rows = [
            _jacobian("forward", True, gradient_of(function, w), name, *copied(before))[1]
            for w in wrt
        ]
        return (0.0,) * len(wrt), tuple(rows)
    gradient = gradient_of(function, name if request.single else wrt)
    if not sparse:
        return _jacobian("forward", False, gradient, name, args, keywords)
    call = arranged(gradient, (name,), args, keywords)
    array_argument(call.primals[0], name)
    primal = arranged(function, (name,), args, keywords)
    symmetric = second_derivatives_agree(primal.function, primal.primals)
    return 0.0, sparse_jacobian(call, function_name(gradient), "forward", symmetric)


def gradient_of(function: Any, wrt: Any = 0) -> Any:
    """The gradient of a function, made once."""
    return kept(function, ("grad", wrt), lambda: grad(function, wrt))


def _jacobian_of(
    mode: str,
    sparse: bool,
    request: Request,
    name: str,
    args: tuple[Any, ...],
    keywords: dict[str, Any],
) -> Any:
    return _jacobian(mode, sparse, request.function, name, args, keywords)


def _jacobian(
    mode: str,
    sparse: bool,
    function: Any,
    name: str,
    args: tuple[Any, ...],
    keywords: dict[str, Any],
) -> Any:
    """The value, and the Jacobian by one argument."""
    known = None if sparse or keywords or not args else again(function, (name, mode), len(args))
    found = known.found(args) if known is not None else None
    if found is not None:
        return found
    call = arranged(function, (name,), args, keywords)
    if call.function is not function or len(call.primals) != len(args):
        known = None
    x = call.primals[0]
    if sparse:
        array_argument(x, name)
        return 0.0, sparse_jacobian(call, function_name(function), mode)
    if blocks.plain(x):
        array_argument(x, name)
    else:
        blocks.check_argument(x, name)
    sweeps = Sweeps(call.primals)
    if mode != "forward":
        reverse = Reverse(call.function, call.primals, sweeps)
        value = reverse.value
        blocks.check_value(value, function_name(function))
        real = not _is_complex(x) and not _is_complex(value)
        if mode == "reverse" or real and blocks.directions(value) <= blocks.directions(x):
            _check_complex(call, x, value, mode, sweeps)
            return _learnt(known, "reverse", call, (value, _by_rows(reverse, x)))
    return _learnt(known, "forward", call, _by_columns(call, x, sweeps))


def _learnt(known: Again | None, mode: str, call: Arranged, found: tuple[Any, Any]) -> Any:
    """What was found, after noting how, for the next time."""
    if known is not None:
        known.learn(mode, call.primals, found[0])
    return found


def _is_complex(value: Any) -> bool:
    parts = children(value)
    if parts is None:
        return np.iscomplexobj(value)
    return any(_is_complex(part) for _, part in parts)


def _check_complex(call: Arranged, x: Any, value: Any, mode: str, sweeps: Sweeps) -> None:
    """A complex Jacobian is one of a function with a complex derivative, or of a real argument.

    The test is J(i d) = i J(d) in one direction d, the Cauchy-Riemann equations along it.
    """
    if not _is_complex(x):
        if mode == "reverse" and _is_complex(value):
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
    if _is_complex(x):
        _check_complex(call, x, None, "forward", sweeps)
    function, primals, size = call.function, call.primals, blocks.directions(x)
    if not size:
        push = pushforward(function, len(primals), 1)
        value, _ = push(*sweeps.next(push, x), x)
        blocks.check_value(value, function_name(function))
        return value, blocks.nothing(x, value)
    parts = []
    seeds = units(x) if blocks.plain(x) else blocks.units(x)
    for value, _, tangents in forward(function, primals, seeds, size, sweeps):
        blocks.check_value(value, function_name(function))
        parts.append(tangents)
    if not (blocks.plain(x) and isinstance(value, np.ndarray)):
        return value, blocks.by_columns(x, value, parts)
    rows = parts[0] if len(parts) == 1 else np.concatenate(parts)
    columns = rows.reshape(size, -1).T.reshape(value.shape + np.shape(x))
    return value, np.ascontiguousarray(columns)


def _by_rows(reverse: Reverse, x: Any) -> Any:
    value, size = reverse.value, blocks.directions(reverse.value)
    if not size:
        return blocks.nothing(x, value)
    if not (blocks.plain(x) and blocks.plain(value)):
        found = [c for _, c in reverse.sweeps(blocks.units(value), size)]
        return blocks.by_rows(x, value, found)
    rows = np.concatenate([c for _, c in reverse.sweeps(units(value), size)])
    return blocks.number(rows.reshape(np.shape(value) + np.shape(x)))
