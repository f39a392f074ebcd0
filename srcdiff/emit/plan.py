"""What becomes a line and what nests into another: the first decision on the way out of SSA.

A temporary that is used once nests into its use, unless that is inside a loop the temporary is
outside of, or the expression would grow too large. A branch that only chooses between two small
expressions is an expression itself. What a loop stacks is pushed as soon as it is there.

The result is a tree of items over the function's own statements, and the table of nested values.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Iterator, Union

from srcdiff.ir.core import (
    NEVER,
    UNDEFINED,
    Apply,
    Arg,
    Atom,
    Block,
    Const,
    For,
    Function,
    If,
    Stmt,
    Var,
    While,
)
from srcdiff.ir.types import ListOf, Scalar
from srcdiff.ir.walk import operands, regions, stacked_results, variables

LARGEST = 7
IN_PLACE = ("add_at", "append", "scatter")
NEVER_NESTED = (*IN_PLACE, "call", "copy")


@dataclass(frozen=True, eq=False)
class Line:
    """One application that is a statement of its own."""

    stmt: Apply


@dataclass(frozen=True, eq=False)
class Push:
    """record.append(value)"""

    record: Var
    value: Atom
    stmt: Stmt


@dataclass(frozen=True, eq=False)
class Branch:
    stmt: If
    then: tuple[Item, ...]
    orelse: tuple[Item, ...]


@dataclass(frozen=True, eq=False)
class Loop:
    stmt: For | While
    test: tuple[Item, ...]
    body: tuple[Item, ...]


Item = Union[Line, Push, Branch, Loop]


@dataclass
class Plan:
    """Items of the body; values that nest; If outs that must exist on both paths."""

    function: Function
    items: tuple[Item, ...] = ()
    nested: dict[Var, Apply | If] = field(default_factory=dict)
    present: set[Var] = field(default_factory=set)

    def reads(self, arg: Arg) -> Iterator[Var]:
        """The stored variables that evaluating an argument reads."""
        for var in variables((arg,)):
            made = self.nested.get(var)
            if made is None:
                yield var
            elif isinstance(made, Apply):
                for inner in made.args:
                    yield from self.reads(inner)
            else:
                yield from self.reads(made.test)
                yield from self.reads(made.then.results[0])
                yield from self.reads(made.orelse.results[0])

    def reads_of(self, stmt: Stmt) -> list[Var]:
        """The stored variables a statement itself reads."""
        return [v for arg in operands(stmt) for v in self.reads(arg)]


@dataclass
class _Planner:
    uses: Counter[Var] = field(default_factory=Counter)
    home: dict[Var, Block] = field(default_factory=dict)  # the block that defines a variable
    site: dict[Var, Block] = field(default_factory=dict)  # the block that reads it last
    parent: dict[int, tuple[Block, bool]] = field(default_factory=dict)  # and whether by a loop
    size: dict[Var, int] = field(default_factory=dict)
    nested: dict[Var, Apply | If] = field(default_factory=dict)
    pushed: set[Var] = field(default_factory=set)

    def survey(self, block: Block) -> None:
        for stmt in block.stmts:
            for out in stmt.outs:
                self.home[out] = block
            self.read(operands(stmt), block)
            for region in regions(stmt):
                self.parent[id(region)] = (block, not isinstance(stmt, If))
                self.survey(region)
            if not isinstance(stmt, (Apply, If)):
                self.pushed |= {v for v in stacked_results(stmt) if isinstance(v, Var)}
        self.read(block.results, block)

    def read(self, args: tuple[Arg, ...], block: Block) -> None:
        for var in variables(args):
            self.uses[var] += 1
            self.site[var] = block

    def near(self, var: Var) -> bool:
        """Whether the only use is not inside a loop that the definition is outside of."""
        block, home = self.site[var], self.home[var]
        while block is not home:
            if id(block) not in self.parent:
                return False
            block, looped = self.parent[id(block)]
            if looped:
                return False
        return True

    # --- nesting ---

    def nests(self, stmt: Apply, last: tuple[Atom, ...]) -> bool:
        if len(stmt.outs) != 1 or stmt.op.effect or stmt.op.name in NEVER_NESTED:
            return False
        out = stmt.outs[0]
        if self.uses[out] != 1 or not self.near(out) or out in self.pushed:
            return False
        size = 1 + sum(self.size.get(v, 0) for v in variables(stmt.args))
        if out.hint and not (out in last and len(last) == 1 and size <= LARGEST):
            return False
        if size > LARGEST or (isinstance(out.type, ListOf) and stmt.op.name != "getitem"):
            return False
        self.size[out] = size
        return True

    def chooses(self, stmt: If, last: tuple[Atom, ...]) -> bool:
        """Whether a branch is an expression: one scalar, each side one small nested expression."""
        if len(stmt.outs) != 1 or not isinstance(stmt.outs[0].type, Scalar):
            return False
        out = stmt.outs[0]
        sides = (stmt.then, stmt.orelse)
        if any(self.is_missing(s.results[0]) for s in sides):
            return False
        for side in sides:
            made = [o for s in side.stmts for o in s.outs]
            if len(made) > 2 or any(v not in self.nested for v in made):
                return False
        size = 1 + sum(self.size.get(v, 0) for v in variables((stmt.test, *(s.results[0] for s in sides))))
        if size > 5:
            return False
        self.size[out] = size
        return True

    @staticmethod
    def is_missing(atom: Atom) -> bool:
        return isinstance(atom, Const) and (atom.value is UNDEFINED or atom.value is NEVER)

    def items(self, block: Block, pushes: dict[Var, list[Var]], last: tuple[Atom, ...]) -> tuple[Item, ...]:
        """The block as items; `pushes` names the records that take a value."""
        found: list[Item] = []
        for stmt in block.stmts:
            made = self.item(stmt, last)
            if made is not None:
                found.append(made)
            for out in stmt.outs:
                found += [Push(record, out, stmt) for record in pushes.get(out, ())]
        return tuple(found)

    def item(self, stmt: Stmt, last: tuple[Atom, ...]) -> Item | None:
        if isinstance(stmt, Apply):
            if self.nests(stmt, last):
                self.nested[stmt.outs[0]] = stmt
                return None
            return Line(stmt)
        if isinstance(stmt, If):
            return self.branch(stmt, last)
        return self.loop(stmt)

    def branch(self, stmt: If, last: tuple[Atom, ...]) -> Item | None:
        then = self.items(stmt.then, {}, ())
        orelse = self.items(stmt.orelse, {}, ())
        if not then and not orelse and self.chooses(stmt, last):
            out = stmt.outs[0]
            single = self.uses[out] == 1 and self.near(out) and out not in self.pushed and not out.hint
            if single or self.uses[out] == 1 and out in last and len(last) == 1:
                self.nested[out] = stmt
                return None
            return Branch(stmt, (), ())
        return Branch(stmt, then, orelse)

    def loop(self, stmt: For | While) -> Item:
        pushes: dict[Var, list[Var]] = {}
        first: list[Item] = []
        inner = {o for s in stmt.body.stmts for o in s.outs}
        for record, value in zip(stmt.outs[len(stmt.inits) :], stacked_results(stmt)):
            if isinstance(value, Var) and value in inner:
                pushes.setdefault(value, []).append(record)
            else:
                first.append(Push(record, value, stmt))
        test = self.items(stmt.test, {}, ()) if isinstance(stmt, While) else ()
        body = self.items(stmt.body, pushes, ())
        return Loop(stmt, test, (*first, *body))


def plan(function: Function) -> Plan:
    """Decide which values nest, and lay out the items."""
    planner = _Planner()
    planner.survey(function.body)
    for var in function.params:
        planner.home[var] = function.body
    items = planner.items(function.body, {}, function.body.results)
    made = Plan(function, items, planner.nested)
    made.present = _must_be_present(function, planner.pushed)
    return made


def _must_be_present(function: Function, pushed: set[Var]) -> set[Var]:
    """If outs that are stored somewhere although one path leaves them undefined."""
    wanted = set(pushed) | {v for v in function.body.results if isinstance(v, Var)}
    _stored_arguments(function.body, wanted)
    while True:
        grown = set(wanted)
        _through_branches(function.body, grown)
        if grown == wanted:
            return wanted
        wanted = grown


def _stored_arguments(block: Block, wanted: set[Var]) -> None:
    for stmt in block.stmts:
        if isinstance(stmt, Apply) and stmt.op.name in ("append", "call", "list"):
            wanted.update(variables(stmt.args))
        for region in regions(stmt):
            _stored_arguments(region, wanted)


def _through_branches(block: Block, wanted: set[Var]) -> None:
    for stmt in block.stmts:
        if isinstance(stmt, If):
            for out, a, b in zip(stmt.outs, stmt.then.results, stmt.orelse.results):
                if out in wanted:
                    wanted.update(v for v in (a, b) if isinstance(v, Var))
        for region in regions(stmt):
            _through_branches(region, wanted)
