"""The defaults of a function that derivatives are asked of: they may be others at the next call.

g = grad(f)
g(1.0)
f.__defaults__ = (5.0,)      the signature of g is read again when a call leaves something out
"""

from __future__ import annotations

import functools
import types
from typing import Any

from srcdiff.dispatch import Defaults
from srcdiff.transform.specialise import plain_function


def defaults_of(function: Any) -> Defaults:
    """Where the defaults of a function are found, as `inspect.signature` goes, and what is there now."""
    if hasattr(type(function), "__srcdiff__"):
        return defaults_of(function.request.function)
    if hasattr(function, "__signature__"):
        return Defaults()
    if isinstance(function, functools.partial):
        return defaults_of(function.func).and_of(function.keywords)
    if hasattr(function, "__wrapped__"):
        return defaults_of(function.__wrapped__).and_of_function(function)
    plain = plain_function(function)[0]
    if not isinstance(plain, types.FunctionType):
        return Defaults()
    return Defaults().and_of_function(plain)


__all__ = ["defaults_of"]
