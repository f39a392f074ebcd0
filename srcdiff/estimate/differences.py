"""Finite differences and the complex step.

The three quotients and their best steps are those of Numerical Recipes, section 5.7: truncation
grows like h (one-sided) or h**2 (central), rounding like eps/h, so that h near eps**(1/2) or
eps**(1/3), times the scale of the argument, balances the two.  The complex step of Squire and Trapp
(1998, SIAM Review 40, 110-112) subtracts nothing, hence its step can be tiny.

Each estimator takes a scalar-valued `f` and a float or an array of floats `x`; the answer has the
form of `x`, one number per entry.

>>> round(central_difference(lambda x: x**3, 2.0), 6)
12.0
>>> complex_step(lambda x: (x * x).sum(), np.array([1.0, -2.0]))
array([ 2., -4.])
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

COMPLEX_STEP = 1e-20


def one_sided_quotient(here: float, there: float, step: float) -> float:
    """(f(x + step) - f(x)) / step; a negative step gives the backward difference.

    >>> one_sided_quotient(1.0, 4.0, 2.0)
    1.5
    """
    return (there - here) / step


def central_quotient(below: float, above: float, width: float) -> float:
    """(f(x + h) - f(x - h)) / (2 h), where `width` is the whole distance 2 h.

    >>> central_quotient(1.0, 9.0, 2.0)
    4.0
    """
    return (above - below) / width


def complex_quotient(value: complex, step: float) -> float:
    """Im f(x + i step) / step, for f that is real on the real axis and analytic about x.

    >>> complex_quotient((3.0 + 1e-20j) ** 2, 1e-20)
    6.0
    """
    return float(np.imag(value)) / step


def forward_difference(f: Callable[[Any], Any], x: Any, *, h: float | None = None) -> Any:
    """The derivative of f at x from f(x) and f(x + h).

    >>> round(forward_difference(lambda x: x * x, 3.0), 4)
    6.0
    """
    return _by_entry(f, x, h, 1 / 2, _forward)


def backward_difference(f: Callable[[Any], Any], x: Any, *, h: float | None = None) -> Any:
    """The derivative of f at x from f(x - h) and f(x).

    >>> backward_difference(abs, 0.0)
    -1.0
    """
    return _by_entry(f, x, h, 1 / 2, _backward)


def central_difference(f: Callable[[Any], Any], x: Any, *, h: float | None = None) -> Any:
    """The derivative of f at x from f(x - h) and f(x + h).

    >>> central_difference(lambda x: x * x, 3.0, h=0.5)
    6.0
    """
    return _by_entry(f, x, h, 1 / 3, _central)


def complex_step(f: Callable[[Any], Any], x: Any, *, h: float | None = None) -> Any:
    """The derivative of f at x from f(x + i h); f must accept complex numbers and be analytic.

    >>> import cmath
    >>> complex_step(cmath.exp, 0.0)
    1.0
    """
    step = COMPLEX_STEP if h is None else h
    values = np.asarray(x)

    def along(place: tuple[int, ...]) -> float:
        moved = values.astype(np.result_type(values.dtype, np.complex64))
        moved[place] += 1j * step
        return complex_quotient(f(_as_given(x, moved)), step)

    return _collect(x, values, along)


Line = Callable[[float], tuple[float, float]]


def _forward(line: Line, h: float) -> float:
    (start, here), (end, there) = line(0.0), line(h)
    return one_sided_quotient(here, there, end - start)


def _backward(line: Line, h: float) -> float:
    return _forward(line, -h)


def _central(line: Line, h: float) -> float:
    (start, below), (end, above) = line(-h), line(h)
    return central_quotient(below, above, end - start)


def _by_entry(
    f: Callable[[Any], Any],
    x: Any,
    h: float | None,
    power: float,
    formula: Callable[[Line, float], float],
) -> Any:
    values = np.asarray(x, dtype=None if np.asarray(x).dtype.kind == "f" else np.float64)
    eps = float(np.finfo(values.dtype).eps)

    def along(place: tuple[int, ...]) -> float:
        def line(t: float) -> tuple[float, float]:
            moved = values.copy()
            moved[place] += t
            return float(moved[place]), float(f(_as_given(x, moved)))

        step = eps**power * max(1.0, abs(float(values[place]))) if h is None else h
        return formula(line, step)

    return _collect(x, values, along)


def _as_given(x: Any, moved: Any) -> Any:
    """`moved` in the form in which the caller gave x: an array, a NumPy or a Python number."""
    if isinstance(x, np.ndarray):
        return moved
    return moved[()] if isinstance(x, np.generic) else moved.item()


def _collect(x: Any, values: Any, along: Callable[[tuple[int, ...]], float]) -> Any:
    out = np.empty(values.shape, values.dtype if values.dtype.kind == "f" else np.float64)
    for place in np.ndindex(*values.shape):
        out[place] = along(place)
    return _as_given(x, out)
