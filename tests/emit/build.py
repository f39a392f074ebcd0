"""Small helpers to write typed functions by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from srcdiff.errors import NOWHERE, Span
from srcdiff.ir.core import (
    Apply,
    Arg,
    Atom,
    Block,
    Const,
    Cut,
    For,
    Function,
    If,
    Input,
    Range,
    Stmt,
    Tree,
    Var,
    While,
    leaf,
)
from srcdiff.ir.types import BOOL, FLOAT, INT, Array, ListOf, Scalar, Sym, Type
from srcdiff.ops.table import BY_NAME

N, M = Sym("n", one=False), Sym("m", one=False)
VECTOR, MATRIX, ROW = Array("float64", (N,)), Array("float64", (N, M)), Array("float64", (M,))
TURNED = Array("float64", (M, N))
PLACES, MASK = Array("int64", (N,)), Array("bool", (N,))
NUMBERS, VECTORS = ListOf(FLOAT, N), ListOf(VECTOR, N)
NP_FLOAT = Scalar("float64", weak=False)
ALL = Cut(Const(None), Const(None), Const(None))
MISSING = Const(None)


@dataclass
class Build:
    """Statements of one block: `b("exp", x)` adds an application and gives its result."""

    at: Span = NOWHERE
    adjoint: bool = False
    stmts: list[Stmt] = field(default_factory=list)

    def __call__(self, name: str, *args: Any, hint: str = "", type: Type | None = None) -> Var:
        given: list[Arg] = [a if _is_arg(a) else Const(a) for a in args]
        first = next((a.type for a in given if isinstance(a, Var)), FLOAT)
        out = Var(hint, type or first)
        self.stmts.append(Apply((out,), BY_NAME[name], tuple(given), self.at, self.adjoint))
        return out

    def many(self, name: str, *args: Any, outs: Sequence[Var] = ()) -> tuple[Var, ...]:
        given = tuple(a if _is_arg(a) else Const(a) for a in args)
        self.stmts.append(Apply(tuple(outs), BY_NAME[name], given, self.at, self.adjoint))
        return tuple(outs)

    def inner(self) -> Build:
        return Build(self.at, self.adjoint)

    def block(self, *results: Any, params: Sequence[Var] = ()) -> Block:
        return Block(tuple(params), tuple(self.stmts), _atoms(results))

    def when(self, test: Atom, then: Block, orelse: Block, outs: Sequence[Var]) -> Any:
        self.stmts.append(If(tuple(outs), test, then, orelse, self.at, self.adjoint))
        return outs[0] if len(outs) == 1 else tuple(outs)

    def loop(
        self,
        over: Range,
        inits: Sequence[Any],
        body: Block,
        outs: Sequence[Var],
        breaks: bool = False,
    ) -> Any:
        made = For(tuple(outs), over, _atoms(inits), body, breaks, self.at, self.adjoint)
        self.stmts.append(made)
        return outs[0] if len(outs) == 1 else tuple(outs)

    def repeat(
        self,
        inits: Sequence[Any],
        test: Block,
        body: Block,
        outs: Sequence[Var],
        breaks: bool = False,
    ) -> Any:
        made = While(tuple(outs), _atoms(inits), test, body, breaks, self.at, self.adjoint)
        self.stmts.append(made)
        return outs[0] if len(outs) == 1 else tuple(outs)


def _is_arg(value: Any) -> bool:
    return isinstance(value, (Var, Const, Cut, Range)) or type(value).__name__ in ("Pack", "Star")


def _atoms(values: Sequence[Any]) -> tuple[Atom, ...]:
    return tuple(v if isinstance(v, (Var, Const)) else Const(v) for v in values)


def up_to(stop: Any, start: Any = 0, step: Any = 1, backward: bool = False) -> Range:
    start, stop, step = (v if isinstance(v, Var) else Const(v) for v in (start, stop, step))
    return Range(start, stop, step, backward)


def number(hint: str = "") -> Var:
    return Var(hint, FLOAT)


def whole(hint: str = "") -> Var:
    return Var(hint, INT)


def truth(hint: str = "") -> Var:
    return Var(hint, BOOL)


def like(*vars: Var) -> tuple[Var, ...]:
    """New identities with the same spelling and type."""
    return tuple(Var(v.hint, v.type) for v in vars)


def function(
    params: Sequence[Var],
    body: Build,
    *results: Any,
    inputs: Sequence[Input] | None = None,
    output: Tree | None = None,
    name: str = "f",
    doc: str = "",
) -> Function:
    """The finished function; several results are a tuple."""
    block = body.block(*results)
    if inputs is None:
        inputs = [Input(p.hint, leaf(k)) for k, p in enumerate(params)]
    if output is None:
        leaves = tuple(map(leaf, range(len(results))))
        output = leaf(0) if len(results) == 1 else Tree("tuple", leaves)
    made = Function(name, tuple(params), block, tuple(inputs), output)
    return replace(made, doc=doc)
