"""Products of derivative matrices with vectors, and sums over them: no matrix is made."""

from __future__ import annotations

from typing import Any

from srcdiff.api.matrices import gradient_of
from srcdiff.api.products import pushforward
from srcdiff.api.seeds import check_tangents


def hvp(function: Any, x: Any, v: Any, *args: Any) -> Any:
    """The product of the Hessian of `function` at (x, *args), by its first argument, with v.

    >>> from srcdiff import hvp
    >>> hvp(lambda x: x**3, 2.0, 1.0)
    12.0
    """
    check_tangents((x,), (v,))
    gradient = gradient_of(function)
    return pushforward(gradient, 1 + len(args), 1)(x, *args, v)[1]
