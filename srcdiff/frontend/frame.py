"""The state of lowering one function: what its variables hold, the statements so far, joins.

A region is lowered on a copy of the frame's variables; where paths meet, variables that a path
has changed become outs of the statement.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from srcdiff.errors import Span
from srcdiff.frontend.bound import Scope, Variable
from srcdiff.ir.core import NEVER, UNDEFINED, Apply, Arg, Atom, Block, Const, If, Op, Stmt, Var
from srcdiff.ops.syntax import DEFINED, NAME, Namespace, Template


class Unit(Protocol):
    """What the functions of one source have in common."""

    namespace: Namespace

    @property
    def filename(self) -> str: ...

    def template(self, scope: Scope) -> Template:
        """The template of a nested function; its body may come later."""

    def fill(self, scope: Scope, bound: dict[Variable, bool]) -> None:
        """Lower the body, told which of the captured variables are surely bound."""


@dataclass(frozen=True, eq=False)
class Binding:
    """What a variable holds. `surely`: on every path. `version`: another after an assignment."""

    atom: Atom
    surely: bool = True
    version: object = field(default_factory=object)


Environment = dict[Variable, Binding]


@dataclass
class Side:
    """A region that was lowered: one path between a parting and a meeting."""

    stmts: tuple[Stmt, ...]
    env: Environment
    value: Atom | None
    ended: bool

    def holds(self, variable: Variable) -> Atom:
        if self.ended:
            return Const(NEVER)
        binding = self.env.get(variable)
        return binding.atom if binding else Const(UNDEFINED)

    def surely(self, variable: Variable) -> bool:
        return self.ended or (variable in self.env and self.env[variable].surely)


Run = Callable[[], "Atom | None"]


@dataclass
class Frame:
    unit: Unit
    name: str
    scope: Scope
    env: Environment = field(default_factory=dict)
    stmts: list[Stmt] = field(default_factory=list)
    ended: bool = False

    def at(self, node: ast.AST) -> Span:
        return span(node, self.unit.filename, self.name)

    def emit(self, op: Op, node: ast.AST, *args: Arg, hint: str = "") -> Var:
        """One more operation; its result."""
        out = Var(hint)
        self.stmts.append(Apply((out,), op, args, self.at(node)))
        return out

    def do(self, op: Op, node: ast.AST, *args: Arg) -> None:
        """One more operation without a result."""
        self.stmts.append(Apply((), op, args, self.at(node)))

    def load(self, name: str, node: ast.AST) -> Atom:
        """The value of a name; Python's error when a variable is not bound."""
        variable = self.scope.resolve(name)
        if variable is None:
            return self.emit(NAME, node, Const(name), hint=name)
        return self.value(variable, node)

    def value(self, variable: Variable, node: ast.AST) -> Atom:
        held = self.env.get(variable) or Binding(Const(UNDEFINED), surely=False)
        if held.surely or variable.name.startswith("."):
            return held.atom
        out = self.emit(DEFINED, node, held.atom, Const(variable.name), hint=variable.hint)
        self.env[variable] = replace(held, atom=out, surely=True)
        return out

    def surely(self, variable: Variable) -> bool:
        """Whether it is bound on every path to here, and stays so."""
        held = self.env.get(variable)
        return held is not None and held.surely and not variable.deleted

    def unbind(self, name: str, node: ast.AST) -> None:
        """del name"""
        self.load(name, node)
        self.bind(name, Const(UNDEFINED))
        variable = self.scope.variable(name)
        self.env[variable] = replace(self.env[variable], surely=False)

    def bind(self, name: str, atom: Atom) -> None:
        variable = self.scope.resolve(name)
        if variable is None or variable.scope.function is not self.scope.function:
            variable = self.scope.variable(name)
        self.env[variable] = Binding(atom)

    def side(self, run: Run, start: Environment | None = None) -> Side:
        """Lower a region on a copy of the variables; the frame is as before afterwards."""
        kept = self.env, self.stmts, self.ended
        self.env, self.stmts, self.ended = {**self.env, **(start or {})}, [], False
        value = run()
        done = Side(tuple(self.stmts), self.env, value, self.ended)
        self.env, self.stmts, self.ended = kept
        return done

    def branch(self, node: ast.AST, test: Atom, then: Run, orelse: Run, hint: str = "") -> Atom:
        """An If; the value is that of the side taken (of no meaning when sides have none)."""
        sides = self.side(then), self.side(orelse)
        changed = list(self._changed(sides))
        outs = tuple(Var(v.hint) for v in changed)
        values = () if sides[0].value is None else (Var(hint),)
        blocks = [_block_of(side, changed) for side in sides]
        self.stmts.append(If((*values, *outs), test, blocks[0], blocks[1], self.at(node)))
        for variable, out in zip(changed, outs):
            self.env[variable] = Binding(out, all(side.surely(variable) for side in sides))
        self.ended = all(side.ended for side in sides)
        return values[0] if values else Const(None)

    def _changed(self, sides: Sequence[Side]) -> Iterator[Variable]:
        live = [side for side in sides if not side.ended]
        for variable in dict.fromkeys(v for side in live for v in side.env):
            versions = {_version(side.env, variable) for side in live}
            if versions != {_version(self.env, variable)}:
                yield variable


def _version(env: Environment, variable: Variable) -> object:
    binding = env.get(variable)
    return binding.version if binding else None


def _block_of(side: Side, variables: Sequence[Variable]) -> Block:
    values = () if side.value is None else (side.value,)
    return Block((), side.stmts, (*values, *(side.holds(v) for v in variables)))


def span(node: ast.AST, filename: str, function: str) -> Span:
    """Where a node of the syntax tree stands."""
    line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
    end_line, end_column = getattr(node, "end_lineno", 0), getattr(node, "end_col_offset", 0)
    return Span(filename, line, column, end_line or 0, end_column or 0, function)
