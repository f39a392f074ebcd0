"""Packages that srcdiff can do without, and what it says where it cannot."""

from __future__ import annotations

from typing import Any

from srcdiff.errors import NOWHERE, ArgumentsError, Diagnostic


def scipy_sparse() -> Any:
    """The module scipy.sparse. Raises ArgumentsError when SciPy is not installed."""
    try:
        import scipy.sparse
    except ImportError:
        raise _missing("sparse matrices need SciPy") from None
    return scipy.sparse


def scipy_optimize(what: str) -> Any:
    """The module scipy.optimize, for the function of that name. Raises as `scipy_sparse` does."""
    try:
        import scipy.optimize
    except ImportError:
        raise _missing(f"srcdiff.{what} needs SciPy") from None
    return scipy.optimize


def _missing(message: str) -> ArgumentsError:
    hint = "python -m pip install 'srcdiff[scipy]'"
    return ArgumentsError(Diagnostic("SD521", message, NOWHERE, (), hint))
