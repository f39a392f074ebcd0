"""Cotangents and tangents as values: in the structure, and of the types, of what they belong to."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from srcdiff.analysis.types import arg_type
from srcdiff.ir.core import Arg, Atom, Block, Const, Stmt, Var
from srcdiff.ir.types import Array, ListOf, Scalar, Type
from srcdiff.ir.walk import atoms, defined, used
from srcdiff.ops.table import BY_NAME
from srcdiff.transform import prelude
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.values import (
    Abstract,
    Record,
    Seq,
    Static,
    Value,
    is_number,
    map_leaves,
    parts,
    with_parts,
)

Run = Instantiator


def structured(run: Run, chosen: list[tuple[str, Abstract]], found: dict[Var, Atom]) -> Abstract:
    """Cotangents in the structure of the arguments."""
    return Seq("tuple", tuple(cotangent_of(run, a, found) for _, a in chosen))


def cotangent_of(
    run: Run, a: Abstract, found: dict[Var, Atom], before: tuple[Stmt, ...] = ()
) -> Abstract:
    """The cotangents of a value; `before`: statements elsewhere that made what these are computed of."""

    def one(v: Value) -> Abstract:
        atom = found.get(v.atom) if isinstance(v.atom, Var) else None
        if atom is None:
            return Static(0)
        return like(run, atom, v.type, before)

    return map_leaves(still(plain_fields(a)), one)


def still(a: Abstract) -> Abstract:
    """A value with its constants replaced by their tangents, zero."""
    if isinstance(a, Static) and is_number(a):
        return Static(0.0 if isinstance(a.value, float) else 0)
    inner = parts(a)
    return with_parts(a, tuple(still(p) for p in inner)) if inner else a


def plain_fields(a: Abstract) -> Abstract:
    """Cotangents of an object of any class come as a SimpleNamespace with its fields."""
    inner = parts(a)
    new = with_parts(a, tuple(plain_fields(p) for p in inner)) if inner else a
    if isinstance(new, Record) and new.cls is not dict and not rebuildable(new.cls):
        return Record(types.SimpleNamespace, new.entries)
    return new


def rebuildable(cls: type) -> bool:
    """Whether an object can be made from its fields."""
    return (
        hasattr(cls, "_fields")
        or dataclasses.is_dataclass(cls)
        and all(f.init for f in dataclasses.fields(cls))
    )


def like(run: Run, atom: Atom, type: Type, before: tuple[Stmt, ...] = ()) -> Abstract:
    """A cotangent as a value of the argument's own type: a Python float stays one."""
    if isinstance(type, Scalar) and type.rank0:
        return Value(run.build.value(BY_NAME["array"], (atom,), type), type)
    if isinstance(atom, Const):
        value = Value(atom, Scalar("complex128" if isinstance(atom.value, complex) else "float64"))
        numpys = isinstance(type, Scalar) and not type.weak
        return Static(_numpy_scalar(type)(atom.value)) if numpys else Static(value.atom.value)  # type: ignore[union-attr]
    own = Value(atom, atom.type)
    if not _weak(type) or (_is_plain(atom.type) and plain_python((*before, *run.build.stmts))):
        return own
    doubtful = Value(atom, strong(atom.type))
    return run.call(Static(prelude.as_python), (doubtful,))


def strong(type: Type) -> Type:
    """The type with NumPy's numbers for Python's: what a declared type does not exclude."""
    if isinstance(type, ListOf):
        return ListOf(strong(type.element), type.length)
    return dataclasses.replace(type, weak=False) if isinstance(type, Scalar) else type


def of_tangents(type: Type, tangents: Iterable[Arg]) -> Type:
    """The type of a tangent that is some others, moved: Python's number only if these are Python's."""
    plain = all(_is_plain(arg_type(a)) for d in tangents for a in atoms(d))
    return type if plain else strong(type)


def _weak(type: Type) -> bool:
    """Whether values of the type are Python's own floats, or lists of these."""
    if isinstance(type, ListOf):
        return _weak(type.element)
    return isinstance(type, Scalar) and type.weak and type.dtype == "float64"


def plain_python(stmts: Iterable[Stmt]) -> bool:
    """Whether statements handle nothing but Python's own numbers.

    Where NumPy's numbers come in, a cotangent of a float may be one of them.
    """
    return all(_is_plain(v.type) for v in _all_variables(stmts))


def _all_variables(stmts: Iterable[Stmt]) -> Iterator[Var]:
    block = Block((), tuple(stmts), ())
    yield from defined(block)
    yield from used(block)


def _is_plain(type: Type) -> bool:
    if isinstance(type, ListOf):
        return _is_plain(type.element)
    return not isinstance(type, Array) and not (isinstance(type, Scalar) and not type.weak)


def _numpy_scalar(type: Type) -> Any:
    assert isinstance(type, Scalar)
    return np.dtype(type.dtype).type
