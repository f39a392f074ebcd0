"""User code in the reverse sweep: `cotangent`, and what generated code calls for it."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from srcdiff.errors import NOWHERE, ArgumentsError, Diagnostic


def cotangent(x: Any, act: Any) -> Any:
    """x. In reverse mode `act` is called with its cotangent, and what it returns goes on in its place.

    x: a number, an array, or a structure of these; `act` is then called for each float in it.
    act: a function of one argument, defined outside of the differentiated one, that returns a
        cotangent of the same shape. It is run as it stands, so it may log, clip, stop in a debugger, or
        raise. It gets a copy that it may keep or change.

    Forward mode, and the value, do not know of it; the derivative of a derivative cannot go through it
    (SD206). Raises ArgumentsError (SD524) where the result does not fit.

    >>> from srcdiff import cotangent, grad
    >>> def clipped(b):
    ...     return min(b, 0.5)
    >>> def loss(x):
    ...     y = cotangent(x * x, clipped)
    ...     return 3.0 * y
    >>> loss(2.0), grad(loss)(2.0)
    (12.0, 2.0)
    """
    return x


class Hook:
    """What generated code calls for a cotangent: the user's function, with a test of what it returns."""

    def __init__(self, act: Any):
        self.act = act
        self.__name__ = getattr(act, "__name__", type(act).__name__)

    def __call__(self, b: Any) -> Any:
        found = self.act(b.copy() if isinstance(b, np.ndarray) else b)
        fits = np.shape(found) == np.shape(b) and np.asarray(found).dtype.kind in "biufc"
        if not fits or np.iscomplexobj(found) and not np.iscomplexobj(b):
            what = f"a {type(found).__name__} of shape {np.shape(found)}"
            told = f"{self.__name__} returned {what} for a cotangent of shape {np.shape(b)}"
            hint = "return the cotangent that is to go on, for example the argument itself"
            raise ArgumentsError(Diagnostic("SD524", told, NOWHERE, (), hint))
        if isinstance(b, np.ndarray):
            return np.array(found, b.dtype)
        return type(b)(found)


_HOOKS: weakref.WeakValueDictionary[int, Hook] = weakref.WeakValueDictionary()


def hook_of(act: Any) -> Hook:
    """The one hook of a function, so that generated code has one name for it."""
    found = _HOOKS.get(id(act))
    if found is None or found.act is not act:
        found = _HOOKS[id(act)] = Hook(act)
    return found
