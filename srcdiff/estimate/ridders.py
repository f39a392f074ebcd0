"""Ridders' extrapolation of difference quotients to step zero, with an estimate of the error.

C. J. F. Ridders, "Accurate computation of F'(x) and F'(x) F''(x)", Advances in Engineering Software
4 (1982) 75-76, in the form of Numerical Recipes, section 5.7: Neville's scheme over steps that
shrink by a constant factor, the error of an entry of the tableau being how far it lies from the two
entries it was made of.  The rounding noise of the quotients is added to that, since neighbouring
entries may agree by accident.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

SHRINK = 2.0
ROWS = 7


class Estimate(NamedTuple):
    """A number and how far it is believed to be from the truth."""

    value: float
    error: float

    @property
    def finite(self) -> bool:
        return math.isfinite(self.value) and math.isfinite(self.error)


NOTHING = Estimate(math.nan, math.inf)


def extrapolate(quotients: Sequence[float], noise: Sequence[float], order: int) -> Estimate:
    """The limit of quotients taken at steps h, h/SHRINK, h/SHRINK**2, ...

    noise: the rounding error of each quotient.  order: the exponents of h in the error of the
    quotients are the multiples of this, 2 for central differences and 1 for one-sided ones.

    >>> steps = [0.4 / SHRINK**i for i in range(ROWS)]
    >>> central = [(math.exp(h) - math.exp(-h)) / (2 * h) for h in steps]
    >>> found = extrapolate(central, [1e-16 / h for h in steps], 2)
    >>> abs(found.value - 1.0) < found.error < 1e-12
    True
    """
    best = NOTHING
    above: list[float] = []
    for quotient, rounding in zip(quotients, noise):
        row = [quotient]
        factor = 1.0
        for j, former in enumerate(above):
            factor *= SHRINK**order
            row.append((factor * row[j] - former) / (factor - 1.0))
            gap = max(abs(row[-1] - row[-2]), abs(row[-1] - former))
            if gap + rounding <= best.error:
                best = Estimate(row[-1], gap + rounding)
        above = row
    return best
