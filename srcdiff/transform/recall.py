"""What the forward loop recorded is not computed again by the reverse loop.

    before   for k: ...; s = sin(E); E_rec, s_rec stacked       after   for k backward:
             for k backward:                                              t = getitem(s_rec, k)
               E' = getitem(E_rec, k); t = sin(E')

Only where there is a record already: whether one is worth its memory is decided by `record`.

A list that a loop made of the same value in each round is not read: that value is at hand. Nor is one that
a loop copied from another one. And such a list is not asked for its length: it is as long as what the loop
ran over.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from srcdiff.analysis.types import arg_type
from srcdiff.ir.core import (
    Apply,
    Arg,
    Atom,
    Block,
    Const,
    For,
    Function,
    Op,
    Range,
    Stmt,
    Var,
    While,
)
from srcdiff.ir.types import ListOf, Scalar, Type
from srcdiff.ir.walk import (
    defined,
    map_arg,
    regions,
    stacked_results,
    variables,
    with_body,
    with_regions,
)
from srcdiff.ops.table import BY_NAME, Row

Key = tuple[Op, tuple[Arg, ...]]


@dataclass
class Tape:
    """A loop that has run: the list of each value that it stacked, and how these are made."""

    lists: dict[Var, Var]
    made: dict[Key, Var]


@dataclass
class Reader:
    """What is known on the way: whose entries a list holds, and which entry a value is."""

    tapes: dict[Var, tuple[Tape, Var]] = field(default_factory=dict)
    filled: dict[Var, Atom] = field(default_factory=dict)
    copied: dict[Var, Atom] = field(default_factory=dict)
    lengths: dict[Var, Atom] = field(default_factory=dict)
    counts: set[Atom] = field(default_factory=set)
    indices: set[Arg] = field(default_factory=set)  # that count from 0 or further on
    entries: dict[Var, tuple[Tape, Var, Arg]] = field(default_factory=dict)

    def block(self, block: Block) -> Block:
        stmts = tuple(map(self.statement, block.stmts))
        if all(a is b for a, b in zip(stmts, block.stmts)):
            return block
        return Block(block.params, stmts, block.results)

    def statement(self, stmt: Stmt) -> Stmt:
        if isinstance(stmt, Apply):
            return self.apply(stmt)
        if isinstance(stmt, For) and isinstance(stmt.over, Range) and _counts_up(stmt.over):
            self.indices.add(stmt.body.params[0])
        stmt = with_regions(stmt, tuple(map(self.block, regions(stmt))))
        if isinstance(stmt, (For, While)) and not stmt.adjoint:
            self.wind(stmt)
        if isinstance(stmt, For) and not stmt.breaks:
            self.measure(stmt)
        return stmt

    def wind(self, loop: For | While) -> None:
        """Note what a loop stacked."""
        lists: dict[Var, Var] = {}
        for out, value in zip(loop.outs[len(loop.inits) :], stacked_results(loop)):
            if isinstance(value, Var):
                lists[value] = out
        applied = (s for s in loop.body.stmts if isinstance(s, Apply) and len(s.outs) == 1)
        made = {(s.op, s.args): s.outs[0] for s in applied if s.outs[0] in lists}
        tape = Tape(lists, made)
        self.tapes.update({out: (tape, value) for value, out in lists.items()})

    def measure(self, loop: For) -> None:
        """Note how long the lists are that a loop made, and of which value alone."""
        over, own = loop.over, set(defined(loop.body))
        assert isinstance(over, Range)
        whole = (over.start, over.step) == (Const(0), Const(1)) and over.stop in self.counts
        for out, value in zip(loop.outs[len(loop.inits) :], stacked_results(loop)):
            if whole:
                self.lengths[out] = over.stop  # type: ignore[assignment]
            if value not in own:
                self.filled[out] = value
            elif (over.start, over.step) == (Const(0), Const(1)):
                source = _source(loop, value, own)
                if source is not None:
                    self.copied[out] = self.copied.get(source, source)

    def apply(self, stmt: Apply) -> Apply:
        if stmt.op.name in ("extent", "length"):
            self.counts.update(stmt.outs)
        stmt = self.of_the_first(stmt)
        known = self.known(stmt)
        if known is not None and _may_stand_for(arg_type(known), stmt.outs[0].type):
            return Apply(stmt.outs, BY_NAME["identity"], (known,), stmt.at, stmt.adjoint)
        if stmt.op.name == "getitem" and stmt.args[0] in self.tapes:
            tape, value = self.tapes[stmt.args[0]]  # type: ignore[index]
            self.entries[stmt.outs[0]] = tape, value, stmt.args[1]
            return stmt
        if not stmt.adjoint or stmt.op.effect or not isinstance(stmt.op, Row):
            return stmt
        return self.found(stmt) or stmt

    def of_the_first(self, stmt: Apply) -> Apply:
        """The reading of a list that was copied, from its beginning on, as one of the list it was copied from."""
        if not stmt.adjoint or stmt.op.name != "getitem" or stmt.args[0] not in self.copied:
            return stmt
        source, index = self.copied[stmt.args[0]], stmt.args[1]  # type: ignore[index]
        from_the_front = index in self.indices or isinstance(index, Const) and _is_place(index)
        read = Apply(stmt.outs, stmt.op, (source, index), stmt.at, stmt.adjoint)
        return read if from_the_front else stmt

    def known(self, stmt: Apply) -> Atom | None:
        """What is read of a list, without a look at it. The user's own reads may be out of range."""
        read = {"length": self.lengths, "getitem": self.filled if stmt.adjoint else {}}
        if stmt.op.name not in read or not isinstance(stmt.args[0], Var):
            return None
        return read[stmt.op.name].get(stmt.args[0])

    def found(self, stmt: Apply) -> Apply | None:
        """The reading of a record that holds what the statement computes."""
        read = [self.entries[v] for v in variables(stmt.args) if v in self.entries]
        if not read:
            return None
        tape, _, at = read[0]
        if any(one[0] is not tape or one[2] != at for one in read):
            return None

        def then(atom: Atom) -> Atom:
            return self.entries[atom][1] if atom in self.entries else atom  # type: ignore[index]

        value = tape.made.get((stmt.op, tuple(map_arg(a, then) for a in stmt.args)))
        if value is None or value.type != stmt.outs[0].type:
            return None
        args = (tape.lists[value], at)
        return Apply(stmt.outs, BY_NAME["getitem"], args, stmt.at, stmt.adjoint)


def _is_place(a: Arg) -> bool:
    return isinstance(a, Const) and type(a.value) is int and a.value >= 0


def _counts_up(over: Range) -> bool:
    """Whether a range holds places: numbers of 0 and more."""
    return _is_place(over.start) and _is_place(over.step)


def _source(loop: For, value: Atom, own: set[Var]) -> Var | None:
    """The list of which a loop stacks the entries, one by one."""
    for stmt in loop.body.stmts:
        if isinstance(stmt, Apply) and value in stmt.outs and stmt.op.name == "getitem":
            source, index = stmt.args
            listed = isinstance(source, Var) and isinstance(source.type, ListOf)
            if listed and source not in own and index is loop.body.params[0]:
                return source  # type: ignore[return-value]
    return None


def _may_stand_for(type: Type, wanted: Type) -> bool:
    """Whether a value of a type will do: a float is as good as NumPy's in a derivative."""
    return type == wanted or (isinstance(type, Scalar) and isinstance(wanted, Scalar))


def recall(function: Function) -> Function:
    """The function reading what it recorded."""
    return with_body(function, Reader().block(function.body))
