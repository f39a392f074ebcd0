"""Tangents and seeds that a program makes: do they have the structure and shapes that they should have?

    before   jvp(f, (x,), (d,)), pullback(d)
    after    d, in the dtype of x; if its shape may differ, a test that raises a TypeError

What can be known while compiling is refused there. Those that come from outside of the program were
looked at before (`api.seeds`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from srcdiff.ir.core import Atom, Const
from srcdiff.ir.types import (
    Array,
    Dim,
    ListOf,
    Scalar,
    Sym,
    Type,
    differentiable,
    dtype_of,
    tangent_type,
)
from srcdiff.ops import python as py
from srcdiff.ops import syntax as sx
from srcdiff.transform import prelude
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.iterate import length_of
from srcdiff.transform.meet import describe, join_types, list_type
from srcdiff.transform.request import refused
from srcdiff.transform.row_calls import arrayed
from srcdiff.transform.values import (
    Abstract,
    Record,
    Seq,
    Static,
    Value,
    is_number,
    leaves,
    parts,
)

Run = Instantiator


@dataclass(frozen=True)
class Kind:
    """What is fitted, for messages: a tangent of an argument, or a seed."""

    code: str
    name: str
    owner: str
    lists: bool = False  # a list of numbers may stand for an array
    trusted: bool = False  # it has the shapes that it should have

    def misfit(self, run: Run, d: Abstract, a: Abstract, why: str = "") -> Exception:
        """The refusal of a tangent or a seed."""
        text = f"{self.name} is {describe(d)}, and {self.owner} is {describe(a)}{why}"
        return refused(self.code, text, run.build.at)

    def other_shape(self) -> str:
        """What is said at run time."""
        return f"{self.name} has another shape than {self.owner}"


def tangent_of(name: str, trusted: bool = False) -> Kind:
    """A tangent of an argument."""
    return Kind("SD505", f"the tangent of {name!r}", repr(name), trusted=trusted)


SEED = Kind("SD506", "the seed", "the value", lists=True)


def fitted(run: Run, kind: Kind, a: Abstract, like: Abstract, d: Abstract) -> Iterator[Atom]:
    """For each run-time value in `a` that has a derivative, what `d` has in its place.

    like: a value in the structure of `a`, of which the shapes are taken
    """
    run.sound(d)
    if isinstance(a, Value):
        if differentiable(a.type):
            yield _leaf(run, kind, tangent_type(a.type), like, d)
        return
    inner = _inside(run, kind, a, d)
    for p, q, r in zip(parts(a), parts(like), inner, strict=True):
        yield from fitted(run, kind, p, q, r)


def _inside(run: Run, kind: Kind, a: Abstract, d: Abstract) -> tuple[Abstract, ...]:
    """What stands in `d` for the parts of a structure."""
    count = len(parts(a))
    if not any(differentiable(v.type) for v in leaves(a)):
        return (d,) * count  # constants have no tangent: whatever it is
    if isinstance(a, Seq) and isinstance(d, Value) and isinstance(d.type, ListOf):
        if not kind.trusted:
            same = run.do(sx.COMPARE, Static("=="), length_of(run, d), Static(count))
            run.check(same, TypeError, kind.other_shape())
        return tuple(run.do(sx.ITEM, d, Static(k)) for k in range(count))
    if isinstance(a, Seq) and isinstance(d, Seq) and len(d.items) == count:
        return d.items
    if isinstance(a, Record) and isinstance(d, Record):
        found = tuple(d.get(k) for k, _ in a.entries)
        extra = a.cls is dict and len(d.entries) != count
        if None not in found and not extra:
            return found  # type: ignore[return-value]
    if not isinstance(a, (Seq, Record)) and len(parts(d)) == count:
        return parts(d)
    raise kind.misfit(run, d, a)


def _leaf(run: Run, kind: Kind, type: Type, like: Abstract, d: Abstract) -> Atom:
    shown = Value(Const(None), type)
    if kind.trusted and isinstance(d, Value):
        return d.atom
    if isinstance(type, ListOf):
        return _list(run, kind, type, like, d)
    if isinstance(d, (Seq, Record)) or isinstance(d, Value) and isinstance(d.type, ListOf):
        if not (kind.lists and isinstance(type, Array)) or list_type(d) is None:
            raise kind.misfit(run, d, shown)
        d = arrayed(run, d)
    if isinstance(d, Static) and (is_number(d) or isinstance(d.value, np.number)):
        if not isinstance(type, Scalar) or not _goes_into(np.asarray(d.value).dtype, type):
            raise kind.misfit(run, d, shown)
        cls = complex if np.dtype(type.dtype).kind == "c" else float
        return Const(cls(d.value))
    same = isinstance(d, Value) and isinstance(d.type, (Scalar, Array))
    if not same or isinstance(type, Scalar) is not isinstance(d.type, Scalar):  # type: ignore[union-attr]
        raise kind.misfit(run, d, shown, ": shapes must agree")
    assert isinstance(d, Value)
    if not _goes_into(np.dtype(dtype_of(d.type)), type):
        raise kind.misfit(run, d, shown)
    if isinstance(type, Array):
        _check_shape(run, kind, like, d, shown)
    return _as_type(run, d, type)


def _goes_into(dtype: np.dtype[Any], type: Type) -> bool:
    """Whether numbers of a dtype are tangents of the type: complex ones of complex numbers only."""
    return dtype.kind in "biuf" or dtype.kind == "c" and np.dtype(dtype_of(type)).kind == "c"


def _as_type(run: Run, d: Value, type: Type) -> Atom:
    """A number or an array in the dtype that it should have; a Python float stays one."""
    if isinstance(type, Scalar) and isinstance(d.type, Scalar):
        known = not d.type.mixed and not d.type.optional
        if known and (d.type.dtype, d.type.weak) == (type.dtype, type.weak):
            return d.atom
        return run.build.value(py.cast, (d.atom, Const(_wanted(type))), type)
    assert isinstance(type, Array) and isinstance(d.type, Array)
    if d.type.dtype == type.dtype:
        return d.atom
    wide = replace(d.type, dtype=type.dtype)
    return run.build.value(py.cast, (d.atom, Const(type.dtype)), wide)


def _wanted(type: Scalar) -> Any:
    """What a number is cast to: one of Python's classes, or a dtype."""
    if not type.weak:
        return type.dtype
    return complex if np.dtype(type.dtype).kind == "c" else float


def _check_shape(run: Run, kind: Kind, like: Abstract, d: Value, shown: Value) -> None:
    """Refuse what has another shape, or test it at run time if only the run knows."""
    assert isinstance(like, Value) and isinstance(like.type, Array) and isinstance(d.type, Array)
    mine, its = like.type.shape, d.type.shape
    if mine is None or its is None:
        return _require_shape(run, kind, like, d)
    if len(mine) != len(its) or any(map(_surely_other, mine, its)):
        raise kind.misfit(run, d, shown, ": shapes must agree")
    if like.atom is not d.atom and not all(map(_surely_same, mine, its)):
        _require_shape(run, kind, like, d)
    return None


def _surely_other(a: Dim, b: Dim) -> bool:
    if isinstance(a, int) and isinstance(b, int):
        return a != b
    ones = [d == 1 if isinstance(d, int) else d.one for d in (a, b)]
    return None not in ones and ones[0] != ones[1]


def _surely_same(a: Dim, b: Dim) -> bool:
    """Whether two lengths are equal; a wildcard stands for another one in each round of a loop."""
    wild = isinstance(a, Sym) and isinstance(a.key, tuple) and a.key[0] == "any"
    return a == b and not wild


def _require_shape(run: Run, kind: Kind, like: Abstract, d: Abstract) -> None:
    run.call(Static(prelude.require_shape), (like, d, Static(kind.other_shape())))


def _list(run: Run, kind: Kind, type: ListOf, like: Abstract, d: Abstract) -> Atom:
    """A list of which only the run knows the length."""
    own = list_type(d)
    if own is None or join_types(type, own) is None:
        raise kind.misfit(run, d, Value(Const(None), type))
    if not _same_kind(type.element, own.element if isinstance(own, ListOf) else own):
        raise kind.misfit(run, d, Value(Const(None), type), ": entries must agree")
    made = d if isinstance(d, Value) else Value(run.leaf(Value(Const(None), type), d), own)
    _require_shape(run, kind, like, made)
    return made.atom


def _same_kind(a: Type, b: Type) -> bool:
    if isinstance(a, ListOf) and isinstance(b, ListOf):
        return _same_kind(a.element, b.element)
    alike = isinstance(a, Scalar) is isinstance(b, Scalar) and not isinstance(b, ListOf)
    return alike and dtype_of(a) == dtype_of(b)
