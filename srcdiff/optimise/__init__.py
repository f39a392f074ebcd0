"""Derivatives put to use.

minimize, least_squares, root      bridges to scipy.optimize (the extra `scipy`)
gradient_descent, momentum, adam   the textbook's own, over any structure of arrays
"""

from __future__ import annotations

from srcdiff.optimise.descent import adam, gradient_descent, momentum
from srcdiff.optimise.loop import Iteration, Result
from srcdiff.optimise.scipy import least_squares, minimize, root

__all__ = [
    "Iteration",
    "Result",
    "adam",
    "gradient_descent",
    "least_squares",
    "minimize",
    "momentum",
    "root",
]
