"""Types of run-time values.

    Type ::= Scalar(dtype, weak)        weak: Python's own float, int, bool, complex
           | Array(dtype, shape)        shape: a Dim per axis, or None when even the rank is unknown
           | ListOf(element, length)    a list whose length is only known at run time
           | Other(name)                anything else that exists at run time and has no derivative

    Dim  ::= int                        known while compiling
           | Sym(key, one)              equal keys are equal lengths; one: is it 1? (None: unknown)

Structures (tuples, dicts, objects) have no type: they are taken apart while compiling, and only
their leaves exist in the typed form.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from itertools import count
from typing import Union

import numpy as np


@dataclass(frozen=True)
class Sym:
    """A length known only at run time. `key` is its name: equal keys mean equal lengths."""

    key: Hashable
    one: bool | None = None

    def __str__(self) -> str:
        return _spell(self.key) + ("?" if self.one is None else "")


def _spell(key: Hashable) -> str:
    if isinstance(key, tuple) and len(key) == 3 and key[0] == "minus":
        return f"{_spell(key[1])}-{key[2]}"
    if isinstance(key, tuple) and len(key) == 3 and key[2] == FRESH:
        return f"{key[0]}'{key[1]}"
    if isinstance(key, tuple):
        return ".".join(_spell(part) for part in key)
    return str(key)


Dim = Union[int, Sym]


@dataclass(frozen=True)
class Type:
    """Base of the types."""


@dataclass(frozen=True)
class Scalar(Type):
    dtype: str
    weak: bool = True
    optional: bool = False  # may be None at run time
    rank0: bool = False  # an argument that is an array of rank 0, which a caller may share
    # joined of several types (dtype, weak): which of them it is, only the run knows
    mixed: frozenset[tuple[str, bool]] = frozenset()

    def __str__(self) -> str:
        name = _PYTHON[np.dtype(self.dtype).kind] if self.weak else self.dtype
        return name + ("|None" if self.optional else "")


@dataclass(frozen=True)
class Array(Type):
    dtype: str
    shape: tuple[Dim, ...] | None

    def __str__(self) -> str:
        inner = "..." if self.shape is None else ", ".join(str(d) for d in self.shape)
        return f"{self.dtype}[{inner}]"


@dataclass(frozen=True)
class ListOf(Type):
    element: Type
    length: Dim

    def __str__(self) -> str:
        return f"list[{self.element}; {self.length}]"


@dataclass(frozen=True)
class Other(Type):
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Unknown(Type):
    """The type of every value before instantiation."""

    def __str__(self) -> str:
        return "?"


UNKNOWN = Unknown()
_PYTHON = {"f": "float", "i": "int", "b": "bool", "c": "complex", "u": "int"}
FLOAT, INT, BOOL, COMPLEX = Scalar("float64"), Scalar("int64"), Scalar("bool"), Scalar("complex128")
STR = Other("str")
NONE = Other("None")
RECORD = Other("record")  # what a call leaves for the reverse of it

_fresh = count(1)
ANY = "any"  # first part of the key of a length that takes others in, where control flow meets
FRESH = "fresh"  # third part of the key of a length that equals no other


def fresh_dim(what: str = "n", one: bool | None = None) -> Sym:
    """A length that equals no other."""
    return Sym((what, next(_fresh), FRESH), one)


def lengths_so_far() -> int:
    """A mark: the numbers of lengths made up later are higher."""
    return next(_fresh)


def each_apart(t: Type) -> Type:
    """The type with each length that takes others in under a name of its own."""
    return with_lengths(t, lambda d: fresh_dim(ANY, is_one(d)) if is_wild(d) else d)


def is_later(d: Dim, mark: int) -> bool:
    """Whether a length was made up after a mark, or is named by one that was."""
    return isinstance(d, Sym) and _has_later(d.key, mark)


def _has_later(key: Hashable, mark: int) -> bool:
    if not isinstance(key, tuple):
        return False
    if len(key) == 3 and key[2] == FRESH:
        return bool(key[1] > mark)
    return any(_has_later(part, mark) for part in key)


def is_wild(d: Dim) -> bool:
    """Whether a length takes others in."""
    return isinstance(d, Sym) and isinstance(d.key, tuple) and d.key[0] == ANY


def with_lengths(t: Type, change: Callable[[Dim], Dim]) -> Type:
    """The type with other lengths."""
    if isinstance(t, ListOf):
        return ListOf(with_lengths(t.element, change), change(t.length))
    if isinstance(t, Array) and t.shape is not None:
        return replace(t, shape=tuple(map(change, t.shape)))
    return t


def loosened(t: Type, mark: int) -> Type:
    """The type with each length that was made up after a mark under a name of its own: it is no other's."""
    return with_lengths(t, lambda d: fresh_dim(ANY, is_one(d)) if is_later(d, mark) else d)


def as_long_as(t: Type, other: Type) -> Type:
    """The type with the lengths of another, if the two are alike else."""
    if isinstance(t, ListOf) and isinstance(other, ListOf):
        return ListOf(as_long_as(t.element, other.element), other.length)
    if isinstance(t, Array) and isinstance(other, Array) and t.shape and other.shape:
        if len(t.shape) == len(other.shape):
            return replace(t, shape=other.shape)
    return each_apart(t)


def is_one(d: Dim) -> bool | None:
    """Whether the length is 1: True, False, or None when only the run can tell."""
    return d == 1 if isinstance(d, int) else d.one


def minus(d: Dim, k: int) -> Dim:
    """The length left when k entries are cut from one of length d (at least 0)."""
    if isinstance(d, int):
        return max(d - k, 0)
    if k == 0:
        return d
    if isinstance(d.key, tuple) and len(d.key) == 3 and d.key[0] == "minus":
        return Sym(("minus", d.key[1], d.key[2] + k), None)
    return Sym(("minus", d.key, k), None)


def differentiable(t: Type) -> bool:
    """Whether values of the type can carry a tangent."""
    if isinstance(t, ListOf):
        return differentiable(t.element)
    return isinstance(t, (Scalar, Array)) and np.dtype(t.dtype).kind in "fc"


def tangent_type(t: Type) -> Type:
    """The type of tangents and cotangents of values of type t: the type itself, never None."""
    return (
        replace(t, optional=False, rank0=False, mixed=frozenset()) if isinstance(t, Scalar) else t
    )


def dtype_of(t: Type) -> str:
    """The dtype of a scalar, an array or a list's innermost element."""
    while isinstance(t, ListOf):
        t = t.element
    assert isinstance(t, (Scalar, Array)), t
    return t.dtype


def is_python(t: Type) -> bool:
    """Whether a value of the type is one of Python's own numbers."""
    return isinstance(t, Scalar) and t.weak
