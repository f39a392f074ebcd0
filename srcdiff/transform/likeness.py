"""Pieces of program that differ in names only: those of variables, and of lengths that equal no other.

same_but_for_names(a, b)      whether they do
Lengths                       one of them in the place of the other: with its lengths
"""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from srcdiff.errors import Span
from srcdiff.ir.core import Block, Const, Var
from srcdiff.ir.types import FRESH, Array, Dim, ListOf, Sym, Type, fresh_dim, with_lengths
from srcdiff.ir.walk import with_types
from srcdiff.transform.values import Static

PLAIN = (str, int, bool, float, complex, type(None), frozenset)
LOOKED_INTO = ("srcdiff.ir.core", "srcdiff.ir.types", "srcdiff.transform.values")


def same_but_for_names(a: Any, b: Any, by: dict[Any, Any]) -> bool:
    """Whether two pieces of program differ in names only; `by` has those of b for those of a."""
    if isinstance(a, Var):
        known = isinstance(b, Var) and same_but_for_names(a.type, b.type, by)
        return known and by.setdefault(a, b) is b
    if isinstance(a, Sym):
        return isinstance(b, Sym) and a.one == b.one and _same_length(a.key, b.key, by)
    if isinstance(a, tuple):
        pairs = zip(a, b) if isinstance(b, tuple) and len(a) == len(b) else None
        return pairs is not None and all(same_but_for_names(x, y, by) for x, y in pairs)
    if isinstance(a, Static):
        return isinstance(b, Static) and Const(a.value) == Const(b.value)
    if isinstance(a, Span):
        return True  # where it was written makes no difference
    if isinstance(a, Const) or type(a) in PLAIN:
        return bool(a == b)
    if type(a).__module__ not in LOOKED_INTO:
        return a is b
    names = [f.name for f in dataclasses.fields(a)]
    same = type(a) is type(b)
    return same and all(same_but_for_names(getattr(a, n), getattr(b, n), by) for n in names)


def _same_length(a: Hashable, b: Hashable, by: dict[Any, Any]) -> bool:
    if not isinstance(a, tuple) or not isinstance(b, tuple):
        return a == b
    if _is_new(a) and _is_new(b):
        return bool(a[0] == b[0] and by.setdefault(a, b) == b)
    return len(a) == len(b) and all(_same_length(x, y, by) for x, y in zip(a, b))


def _is_new(key: Hashable) -> bool:
    """Whether the name of a length is one that was made up."""
    return isinstance(key, tuple) and len(key) == 3 and key[2] == FRESH


def _has_new(key: Hashable) -> bool:
    return _is_new(key) or isinstance(key, tuple) and any(map(_has_new, key))


@dataclass
class Lengths:
    """The lengths of values that stand in the place of others, by those of the others."""

    by: dict[Sym, Dim] = field(default_factory=dict)

    def learn(self, own: Type, given: Type) -> bool:
        """Note the lengths of a value given for one of a type; False if they differ in more."""
        if isinstance(own, ListOf) and isinstance(given, ListOf):
            return self.note(own.length, given.length) and self.learn(own.element, given.element)
        if isinstance(own, Array) and isinstance(given, Array) and own.dtype == given.dtype:
            if own.shape is None or given.shape is None:
                return own.shape is None
            same = len(own.shape) == len(given.shape)
            return same and all(map(self.note, own.shape, given.shape))
        return type(own) is type(given) and not isinstance(own, (ListOf, Array))

    def note(self, own: Dim, given: Dim) -> bool:
        """Note a length; False if it is another one, and not only by another name."""
        if own == given:
            return True
        if isinstance(own, Sym) and _has_new(own.key):
            self.by.setdefault(own, given)
            return True
        return False

    def type(self, t: Type) -> Type:
        """A type with these lengths; those made up and not known here are new."""
        return with_lengths(t, self.length)

    def length(self, d: Dim) -> Dim:
        if not isinstance(d, Sym) or not _has_new(d.key):
            return d
        return self.by.setdefault(d, fresh_dim("other", d.one))

    def block(self, block: Block) -> Block:
        """A block with these lengths."""
        return with_types(block, self.type)
