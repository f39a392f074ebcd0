"""Building typed statements: one Builder per block under construction.

A Builder simplifies as it goes (`transform.algebra`), so what it is asked for and what it emits may
differ: `multiply(x, 1.0)` is x. It never reorders.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from srcdiff.analysis.types import arg_type, result_types
from srcdiff.errors import NOWHERE, Span
from srcdiff.ir.core import Apply, Arg, Atom, Block, Const, Cut, Op, Stmt, Var
from srcdiff.ir.types import INT, Array, Dim, ListOf, Scalar, Type, differentiable
from srcdiff.ops import python as py
from srcdiff.ops.table import BY_NAME, Row
from srcdiff.transform import algebra


@dataclass
class Builder:
    """Statements of one block, in order."""

    at: Span = NOWHERE
    adjoint: bool = False
    lengths: dict[Var, Dim] = field(default_factory=dict)
    stmts: list[Stmt] = field(default_factory=list)
    definitions: dict[Var, Apply] = field(default_factory=dict)
    doubtful: frozenset[Var] = frozenset()  # may be undefined: not to be asked for their shape

    def inner(self) -> Builder:
        """A builder for a region of a statement to be appended here."""
        return Builder(
            self.at, self.adjoint, self.lengths, [], dict(self.definitions), self.doubtful
        )

    def block(self, params: tuple[Var, ...], results: tuple[Atom, ...]) -> Block:
        """What has been built, as a block."""
        return Block(params, tuple(self.stmts), results)

    def add(self, stmt: Stmt) -> None:
        """Append a finished statement."""
        self.stmts.append(stmt)
        if isinstance(stmt, Apply):
            for out in stmt.outs:
                self.definitions[out] = stmt

    def apply(
        self, op: Op, args: tuple[Arg, ...], types: tuple[Type, ...], hint: str = ""
    ) -> tuple[Var, ...]:
        """Append an application with results of the given types, as it is."""
        outs = tuple(Var(hint, t) for t in types)
        self.add(Apply(outs, op, args, self.at, self.adjoint))
        return outs

    def value(self, op: Op, args: tuple[Arg, ...], type: Type, hint: str = "") -> Atom:
        """The single result of an operation of known type; simplified when it can be."""
        simpler = algebra.simplify(op, args, type, self)
        if isinstance(simpler, (Var, Const)):
            return simpler
        if simpler is not None:
            op, args = simpler
        return self.apply(op, args, (type,), hint)[0]

    def row(
        self, name: str, *args: Arg, function: Callable[..., Any] | None = None, hint: str = ""
    ) -> Atom:
        """The single result of a row; its type is inferred."""
        row = BY_NAME[name]
        return self.value(row, args, self.infer(row, args, function)[0], hint)

    def infer(
        self, row: Row, args: tuple[Arg, ...], function: Callable[..., Any] | None = None
    ) -> tuple[Type, ...]:
        return result_types(row, function or row.function or _nothing, args, self.lengths.get)

    # --- what derivatives are made of ---

    def sum(self, a: Atom, b: Atom, hint: str = "") -> Atom:
        """a + b for cotangents or tangents of one type."""
        type = arg_type(a) if isinstance(a, Var) else arg_type(b)
        made = self.definitions.get(b) if isinstance(b, Var) else None
        if made is not None and made.op is BY_NAME["scatter"] and not _list_slice(type, made):
            return self.value(BY_NAME["add_at"], (a, made.args[2], made.args[0]), type, hint)
        if isinstance(type, ListOf):
            return self.value(BY_NAME["add_lists"], (a, b), type, hint)
        return self.value(BY_NAME["add"], (a, b), type, hint)

    def zero(self, like: Atom, hint: str = "") -> Atom:
        """Zeros in the shape of a value."""
        type = arg_type(like)
        if isinstance(type, Scalar):
            return zero_constant(type)
        row = BY_NAME["blank" if like in self.doubtful else "zeros_like"]
        return self.value(row, (like,), type, hint)

    def extent(self, array: Atom, axis: int) -> Atom:
        """The length of an axis."""
        type = arg_type(array)
        if isinstance(type, Array) and type.shape is not None:
            dim = type.shape[axis]
            if isinstance(dim, int):
                return Const(dim)
        out = self.value(py.extent, (array, Const(axis)), INT)
        if isinstance(out, Var) and isinstance(type, Array) and type.shape is not None:
            self.lengths[out] = type.shape[axis]
        return out


def _list_slice(type: Type, scatter: Apply) -> bool:
    """Whether a cotangent of a list's slice is scattered: += on a slice of a list would extend it."""
    return isinstance(type, ListOf) and isinstance(scatter.args[2], Cut)


def zero_constant(type: Type) -> Const:
    """The zero of a scalar type."""
    assert isinstance(type, Scalar)
    return Const(0j if np.dtype(type.dtype).kind == "c" else 0.0)


def _nothing(*args: Any) -> Any:
    raise AssertionError("a row without a function has no inferred type")


def is_zero(atom: Arg | None) -> bool:
    """Whether an argument is the number zero."""
    return (
        isinstance(atom, Const)
        and isinstance(atom.value, (int, float, complex))
        and atom.value == 0
    )


__all__ = ["Builder", "differentiable", "is_zero", "zero_constant"]
