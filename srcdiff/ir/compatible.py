"""Whether a value may flow into a Var of some type, as far as can be told while compiling.

Structure decides: a scalar is no array, an array of rank 1 none of rank 2. Numbers may widen
(an int may flow into a float). Lengths may differ unless both are known.
"""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from srcdiff.ir.core import NEVER, UNDEFINED, Atom, Const
from srcdiff.ir.types import NONE, Array, Dim, ListOf, Scalar, Type

_WIDTH = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}


def fits(atom: Atom, into: Type) -> bool:
    """Whether the value may stand for one of type `into`."""
    if isinstance(atom, Const):
        return _constant_fits(atom.value, into)
    return accepts(into, atom.type)


def accepts(into: Type, given: Type) -> bool:
    """Whether a value of one type may flow into a Var of another."""
    if isinstance(into, Scalar):
        return (
            isinstance(given, Scalar)
            and _widens(given.dtype, into.dtype)
            or (given == NONE and into.optional)
        )
    if isinstance(into, Array):
        if into.shape is None and isinstance(given, Scalar):
            return _widens(given.dtype, into.dtype)
        return isinstance(given, Array) and _array_accepts(into, given)
    if isinstance(into, ListOf):
        return isinstance(given, ListOf) and accepts(into.element, given.element)
    return into == given


def _array_accepts(into: Array, given: Array) -> bool:
    if not _widens(given.dtype, into.dtype):
        return False
    if into.shape is None or given.shape is None:
        return into.shape is None or given.shape is None
    return len(into.shape) == len(given.shape) and all(map(_may_equal, into.shape, given.shape))


def _may_equal(a: Dim, b: Dim) -> bool:
    return a == b or not (isinstance(a, int) and isinstance(b, int))


def _widens(given: str, into: str) -> bool:
    return _width(given) <= _width(into)


def _width(dtype: str) -> int:
    return _WIDTH.get(np.dtype(dtype).kind, 9)


def _constant_fits(value: Any, into: Type) -> bool:
    if value is UNDEFINED or value is NEVER:
        return True
    if isinstance(into, Scalar):
        return _number_fits(value, into)
    if isinstance(into, Array):
        return isinstance(value, (np.ndarray, np.generic, numbers.Number))
    if isinstance(into, ListOf):
        return isinstance(value, (list, tuple))
    return True


def _number_fits(value: Any, into: Scalar) -> bool:
    if value is None:
        return into.optional
    if not isinstance(value, (numbers.Number, np.generic)):
        return False
    return _width(np.asarray(value).dtype.str) <= _width(into.dtype)
