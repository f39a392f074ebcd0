"""The difference quotients and the complex step as formulas of numbers.

The three quotients are those of Numerical Recipes, section 5.7.  The complex step of Squire and
Trapp (1998, SIAM Review 40, 110-112) subtracts nothing, hence its step can be tiny.
"""

from __future__ import annotations

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
