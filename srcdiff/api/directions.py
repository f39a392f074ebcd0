"""Products of derivative matrices with vectors, and sums of their entries: no matrix is stored."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcdiff.api.compiled import Sweeps
from srcdiff.api.matrices import array_argument, array_value, gradient_of, units
from srcdiff.api.products import pulled, pushforward
from srcdiff.api.requests import function_name, misuse
from srcdiff.api.seeds import check_tangents, fitted_seed


def directional_derivative(function: Any, x: Any, s: Any, *args: Any) -> Any:
    """The derivative of `function` at (x, *args) along s, by its first argument: grad f(x) . s.

    d/dt f(x + t s) at t = 0, computed in one forward sweep; s is taken as it is, not normalised
    (Kochenderfer & Wheeler, Algorithms for Optimization, 2nd ed., section 2.1).

    x: a float, an array, or a structure of these. s: of the same structure and shapes.

    Returns a value in the structure of f's. Raises ArgumentsError when s does not match x.

    >>> import numpy as np
    >>> from srcdiff import directional_derivative
    >>> directional_derivative(lambda x: x[0] * x[1], np.array([2.0, 3.0]), np.array([1.0, 1.0]))
    np.float64(5.0)
    """
    check_tangents((x,), (s,))
    return pushforward(function, 1 + len(args), 1)(x, *args, s)[1]


def hvp(function: Any, x: Any, v: Any, *args: Any) -> Any:
    """The product of the Hessian of `function` at (x, *args), by its first argument, with v.

    One forward sweep through the gradient (Pearlmutter, "Fast exact multiplication by the Hessian",
    Neural Computation 6, 1994).

    x: a float, an array, or a structure of these. v: of the same structure and shapes.

    Returns a value in the structure of x. Raises ArgumentsError when v does not match x, or f does
    not return one real number.

    >>> from srcdiff import hvp
    >>> hvp(lambda x: x**3, 2.0, 1.0)
    12.0
    """
    check_tangents((x,), (v,))
    return pushforward(gradient_of(function), 1 + len(args), 1)(x, *args, v)[1]


def gauss_newton_product(residual: Any, x: Any, v: Any, *args: Any, loss: Any = None) -> Any:
    """The Gauss-Newton matrix of loss(residual(x, *args)) times v: J' H J v.

    J is the Jacobian of the residual by its first argument, H the Hessian of the loss at the residual;
    without a loss it is half the sum of squares, and H the identity. One forward and one reverse sweep
    through the residual (Schraudolph, "Fast curvature matrix-vector products for second-order gradient
    descent", Neural Computation 14, 2002).

    x: a float, an array, or a structure of these. v: of the same structure and shapes.

    Returns a value in the structure of x. Raises ArgumentsError when v does not match x, or the loss
    does not return one real number.

    >>> import numpy as np
    >>> from srcdiff import gauss_newton_product
    >>> def residual(x):
    ...     return np.array([x[0] ** 2, x[0] * x[1]])
    >>> gauss_newton_product(residual, np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    array([8., 2.])
    """
    check_tangents((x,), (v,))
    push, sweeps = pushforward(residual, 1 + len(args), 1), Sweeps((x, *args))
    _, along = push(*sweeps.next(push, v), v)
    value, pullback = pulled(residual, (x, *args), 1, sweeps=sweeps)
    if loss is not None:
        along = hvp(loss, value, along)
    return pullback(fitted_seed(value, along, "the product of the Jacobian with v"))[0]


def divergence(field: Any, x: Any, *args: Any) -> Any:
    """The divergence of a vector field at x: the sum of d field[i] / d x[i].

    One forward sweep per entry of x. x: a float or float array. field(x, *args): of the shape of x.

    Returns a float. Raises ArgumentsError when the shapes differ or x is no float (array).

    >>> import numpy as np
    >>> from srcdiff import divergence
    >>> divergence(lambda x: x**2, np.array([1.0, 2.0]))
    6.0
    """
    push, sweeps = pushforward(field, 1 + len(args), 1), Sweeps((x, *args))
    total = 0.0
    for k, unit in enumerate(units(array_argument(x, "x"))):
        value, column = push(*sweeps.next(push, unit), unit)
        _check_field(field, value, np.shape(x))
        total += np.ravel(column)[k]
    return _number(total)


def curl(field: Any, x: Any, *args: Any) -> Any:
    """The curl of a vector field in three dimensions; in two, d field[1] / d x[0] - d field[0] / d x[1].

    One forward sweep per entry of x. x: a float array of shape (3,) or (2,); field(x, *args) likewise.

    Returns an array of shape (3,), in two dimensions a float. Raises ArgumentsError for other shapes.

    >>> import numpy as np
    >>> from srcdiff import curl
    >>> curl(lambda x: np.array([-x[1], x[0], 0.0]), np.array([1.0, 2.0, 3.0]))
    array([0., 0., 2.])
    """
    x = array_argument(x, "x")
    if np.shape(x) not in ((2,), (3,)):
        raise misuse(
            "SD518", f"curl at a point of shape {np.shape(x)}", "x has two or three entries"
        )
    push, sweeps = pushforward(field, 1 + len(args), 1), Sweeps((x, *args))
    columns = []
    for unit in units(x):
        value, column = push(*sweeps.next(push, unit), unit)
        _check_field(field, value, np.shape(x))
        columns.append(np.asarray(column))
    if len(columns) == 2:
        return _number(columns[0][1] - columns[1][0])
    a, b, c = columns
    return np.array([b[2] - c[1], c[0] - a[2], a[1] - b[0]]) + 0.0  # no negative zeros


def laplacian(function: Any, x: Any, *args: Any) -> Any:
    """The Laplacian of a scalar field at x: the trace of its Hessian.

    One forward sweep through the gradient per entry of x. x: a float or float array.

    Returns a float. Raises ArgumentsError when x is no float (array), or f does not return one real
    number.

    >>> import numpy as np
    >>> from srcdiff import laplacian
    >>> laplacian(lambda x: np.sum(x**3), np.array([1.0, 2.0]))
    18.0
    """
    return divergence(gradient_of(function), x, *args)


def _check_field(field: Any, value: Any, shape: tuple[int, ...]) -> None:
    name = function_name(field)
    if np.shape(array_value(value, name)) != shape:
        raise misuse(
            "SD518", f"{name} has a value of shape {np.shape(value)} at a point of shape {shape}"
        )


def _number(total: Any) -> Any:
    """A sum of derivatives as Python's number."""
    return total.item() if isinstance(total, np.generic) else total
