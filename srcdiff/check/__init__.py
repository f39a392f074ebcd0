"""Is a gradient right?  Differences, one-sided derivatives and the complex step decide.

`check_gradient` compares the gradient of a scalar function, `check_vjp` a vector-Jacobian product;
both give a `Report` of `Entry`s, and `Report.raise_if_wrong` raises GradientError.
"""

from __future__ import annotations

from srcdiff.check.checker import check_gradient, check_vjp
from srcdiff.check.report import Entry, Report

__all__ = ["Entry", "Report", "check_gradient", "check_vjp"]
