"""Packages that srcdiff can do without, and what it says where it cannot."""

from __future__ import annotations

from typing import Any

from srcdiff.errors import NOWHERE, ArgumentsError, Diagnostic


def scipy_sparse() -> Any:
    """The module scipy.sparse. Raises ArgumentsError when SciPy is not installed."""
    try:
        import scipy.sparse
    except ImportError:
        message, hint = "sparse matrices need SciPy", "pip install 'srcdiff[scipy]'"
        raise ArgumentsError(Diagnostic("SD521", message, NOWHERE, (), hint)) from None
    return scipy.sparse
