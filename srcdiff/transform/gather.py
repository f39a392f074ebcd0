"""Sums of outer products that a reverse loop adds up are one product of matrices after it.

    before   for k backward, with B:                 after   for k backward, with U:
               u = ...; v = getitem(v_rec, k)                  u = ...
               B' = add(B, outer(u, v))                        U' = set_at(U, k, u)
                                                             B = matmul(transpose(U), V)

V are the entries of the record (or rows of an array, or gathered like U). To add an outer product to a
matrix touches all of it in every round; the product of matrices does so once. The vectors that are
gathered take the memory of one more record. A vector that is added up as well, and is gathered
anyway, is summed after the loop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from srcdiff.analysis.types import arg_type, dims_of
from srcdiff.ir.core import (
    Apply,
    Arg,
    Atom,
    Block,
    Const,
    Cut,
    For,
    Function,
    Pack,
    Range,
    Stmt,
    Var,
    While,
)
from srcdiff.ir.types import INT, Array, ListOf, dtype_of, fresh_dim
from srcdiff.ir.walk import regions, stacked_results, used, with_body, with_regions
from srcdiff.ops import python as py
from srcdiff.ops.table import BY_NAME
from srcdiff.transform.checkpoint import is_sparing


def gather(function: Function) -> Function:
    """The function with sums of outer products taken after their loops."""
    return with_body(function, _block(function.body, {}, {}))


Makers = dict[Var, Apply]
Stacked = dict[Var, "For | While"]  # lists, by the loop that made them


def _block(block: Block, makers: Makers, stacked: Stacked) -> Block:
    makers, stacked = dict(makers), dict(stacked)
    stmts: list[Stmt] = []
    for stmt in block.stmts:
        inner = tuple(_block(r, makers, stacked) for r in regions(stmt))
        stmt = with_regions(stmt, inner)
        new = [stmt]
        if isinstance(stmt, Apply):
            makers.update(dict.fromkeys(stmt.outs, stmt))
        elif isinstance(stmt, For) and stmt.adjoint and not stmt.breaks and not is_sparing(stmt):
            new = _Loop(stmt, makers, stacked).gathered()
        if isinstance(stmt, (For, While)):
            stacked.update(dict.fromkeys(stmt.outs[len(stmt.inits) :], stmt))
        stmts += new
    if len(stmts) == len(block.stmts) and all(a is b for a, b in zip(stmts, block.stmts)):
        return block
    return Block(block.params, tuple(stmts), block.results)


@dataclass
class _Sum:
    """A carried value to which a loop adds outer products, or a vector."""

    place: int
    terms: list[tuple[Var, Var]]
    added: set[Var]  # the carried value with some of the terms
    vector: Var | None = None


@dataclass
class _Loop:
    loop: For
    makers: Makers
    stacked: Stacked
    before: list[Stmt] = field(default_factory=list)
    after: list[Stmt] = field(default_factory=list)
    inside: list[Stmt] = field(default_factory=list)
    carried: list[tuple[Var, Var, Var, Var]] = field(
        default_factory=list
    )  # out, init, param, result
    rows: dict[Var, Var] = field(default_factory=dict)  # the matrix of a vector's values

    def __post_init__(self) -> None:
        body = self.loop.body
        self.made = {o: s for s in body.stmts if isinstance(s, Apply) for o in s.outs}
        self.uses = Counter(used(body))
        self.item = body.params[0]
        self.own = {*body.params, *(o for s in body.stmts for o in s.outs)}

    def gathered(self) -> list[Stmt]:
        """The loop, and what is computed before and after it instead."""
        sums = [s for k in range(len(self.loop.inits)) if (s := self.sum(k)) is not None]
        products = [s for s in sums if s.vector is None]
        count = self.count(v for s in products for pair in s.terms for v in pair)
        if count is None:
            return [self.loop]
        for one in products:
            self.multiplied(one, count)
        vectors = [s for s in sums if s.vector in self.rows]
        for one in vectors:
            self.summed(one)
        return [*self.before, self.without([*products, *vectors]), *self.after]

    # --- what is added up ---

    def sum(self, place: int) -> _Sum | None:
        """The sum that the loop makes of a carried value, if it is one of these and nothing else."""
        param, result = self.loop.body.params[1 + place], self.loop.body.results[place]
        terms: list[tuple[Var, Var]] = []
        added: set[Var] = set()
        while result is not param:
            made = self.made.get(result) if isinstance(result, Var) else None
            if made is None or made.op.name != "add" or self.uses[made.outs[0]] != 1:
                return None
            added.add(made.outs[0])
            result, term = made.args  # type: ignore[assignment]
            outer = self.outer(term)
            if outer is None:
                alone = result is param and not terms and self.uses[param] == 1
                if not alone or not isinstance(term, Var) or len(dims_of(term.type) or ()) != 1:
                    return None
                return _Sum(place, [], added, term)
            terms.append(outer)
        return _Sum(place, terms, added) if terms and self.uses[param] == 1 else None

    def outer(self, term: Arg) -> tuple[Var, Var] | None:
        made = self.made.get(term) if isinstance(term, Var) else None
        if made is None or made.op.name != "outer" or self.uses[made.outs[0]] != 1:
            return None
        u, v = made.args
        if not isinstance(u, Var) or not isinstance(v, Var):
            return None
        vectors = all(len(dims_of(x.type) or ()) == 1 for x in (u, v))
        return (u, v) if vectors and dtype_of(u.type) == dtype_of(v.type) else None

    # --- what is there instead ---

    def count(self, vectors: Iterable[Var]) -> Atom | None:
        """How many rounds the loop makes: a length, for what a range is asked for may be negative."""
        over, vectors = self.loop.over, list(vectors)
        if not vectors or not isinstance(over, Range) or over.start != Const(0):
            return None
        stop = over.stop
        made = self.makers.get(stop) if isinstance(stop, Var) else None
        if over.step != Const(1):
            return None
        if isinstance(stop, Const):
            return stop if isinstance(stop.value, int) and stop.value >= 0 else None
        if made is not None and made.op.name in ("extent", "length"):
            return stop  # type: ignore[return-value]
        records = [v for v in map(self.entry, vectors) if v is not None and self.covers(v)]
        if not records:
            return None
        out = Var("", INT)
        self.before.append(Apply((out,), BY_NAME["length"], (records[0],), self.loop.at, True))
        return out

    def multiplied(self, one: _Sum, count: Atom) -> None:
        """The sum as a product of matrices after the loop."""
        init, out = self.loop.inits[one.place], self.loop.outs[one.place]
        like = self.like(init)
        total: Atom | None = None if like is not init else init
        for u, v in reversed(one.terms):
            left = self.matrix(u, count, self.extent(like, 0))
            right = self.matrix(v, count, self.extent(like, 1))
            turned = Array(dtype_of(out.type), (dims_of(left.type) or ())[::-1])
            transposed = self.value("transpose", (left, Const(None)), turned)
            product = self.value("matmul", (transposed, right), out)
            total = product if total is None else self.value("add", (total, product), out)
        assert total is not None
        self.after.append(Apply((out,), BY_NAME["identity"], (total,), self.loop.at, True))

    def summed(self, one: _Sum) -> None:
        """The sum of the rows of what is gathered anyway."""
        init, out = self.loop.inits[one.place], self.loop.outs[one.place]
        assert one.vector is not None
        args = (self.rows[one.vector], Const(0), Const(False), Const(None))
        total = self.value("sum", args, out)
        if self.like(init) is init:
            total = self.value("add", (init, total), out)
        self.after.append(Apply((out,), BY_NAME["identity"], (total,), self.loop.at, True))

    def like(self, init: Atom) -> Atom:
        """What zeros were made like, or the value itself."""
        made = self.makers.get(init) if isinstance(init, Var) else None
        if made is None or made.op.name != "zeros_like" or not isinstance(made.args[0], Var):
            return init
        return made.args[0] if made.args[0].type == arg_type(init) else init

    def extent(self, like: Atom, axis: int) -> Var:
        out = Var("", INT)
        self.before.append(Apply((out,), py.extent, (like, Const(axis)), self.loop.at, True))
        return out

    def value(self, name: str, args: tuple[Arg, ...], like: Var | Array) -> Var:
        out = Var("", like.type if isinstance(like, Var) else like)
        self.after.append(Apply((out,), BY_NAME[name], args, self.loop.at, True))
        return out

    def matrix(self, vector: Var, count: Atom, length: Var) -> Var:
        """The values of a vector in all rounds, as the rows of a matrix."""
        if vector not in self.rows:
            dtype = dtype_of(vector.type)
            type = Array(dtype, (fresh_dim("count"), (dims_of(vector.type) or (fresh_dim(),))[0]))
            found = self.recorded(vector, count, length, type) or self.read(vector, count, type)
            self.rows[vector] = found or self.stored(vector, count, length, type)
        return self.rows[vector]

    def recorded(self, vector: Var, count: Atom, length: Var, type: Array) -> Var | None:
        """The entries of a record with one for each round."""
        entry = self.entry(vector)
        if entry is None or not isinstance(entry.type, ListOf) or not self.covers(entry):
            return None
        out = Var("", type)
        args = (entry, Pack((count, length)), Const("C"))
        self.before.append(Apply((out,), BY_NAME["reshape"], args, self.loop.at, True))
        return out

    def entry(self, vector: Var) -> Var | None:
        """What the vector is read from at the loop's index, if that is there before the loop."""
        made = self.made.get(vector)
        if made is None or made.op.name != "getitem" or made.args[1] != self.item:
            return None
        whole = made.args[0]
        return whole if isinstance(whole, Var) and whole not in self.own else None

    def covers(self, record: Var) -> bool:
        """Whether a list has one entry for each round of the loop."""
        maker = self.stacked.get(record)
        if maker is None:
            return False
        over = self.loop.over
        assert isinstance(over, Range)
        if isinstance(maker, For) and isinstance(maker.over, Range) and not maker.breaks:
            if replace(maker.over, backward=over.backward) == over:
                return True
        made = self.makers.get(over.stop) if isinstance(over.stop, Var) else None
        if made is None or made.op.name != "length" or not isinstance(made.args[0], Var):
            return False
        return self.stacked.get(made.args[0]) is maker

    def read(self, vector: Var, count: Atom, type: Array) -> Var | None:
        """The rows of an array that is there."""
        whole = self.entry(vector)
        if whole is None or not isinstance(whole.type, Array) or len(whole.type.shape or ()) != 2:
            return None
        made = self.makers.get(count) if isinstance(count, Var) else None
        if made is not None and made.op.name == "extent" and made.args == (whole, Const(0)):
            return whole
        cut = Cut(Const(None), count, Const(None))
        return self.value("getitem", (whole, cut), type)

    def stored(self, vector: Var, count: Atom, length: Var, type: Array) -> Var:
        """A matrix whose rows the loop writes."""
        hint = f"{vector.hint or 'b'}_rec"
        first, param, result, out = (Var(hint, type) for _ in range(4))
        dtype = Const(None) if type.dtype == "float64" else Const(np.dtype(type.dtype).type)
        shape = Pack((count, length))
        self.before.append(Apply((first,), BY_NAME["zeros"], (shape, dtype), self.loop.at, True))
        at = self.loop.at
        self.inside.append(
            Apply((result,), BY_NAME["set_at"], (param, self.item, vector), at, True)
        )
        self.carried.append((out, first, param, result))
        return out

    def without(self, sums: list[_Sum]) -> For:
        """The loop that gathers instead of adding up."""
        gone = {s.place for s in sums}
        added = {v for s in sums for v in s.added}
        stmts = tuple(s for s in self.loop.body.stmts if added.isdisjoint(s.outs))
        loop, body = self.loop, self.loop.body
        count = len(loop.inits)
        kept = [k for k in range(count) if k not in gone]
        outs = tuple(loop.outs[k] for k in kept) + tuple(out for out, *_ in self.carried)
        inits = tuple(loop.inits[k] for k in kept) + tuple(init for _, init, *_ in self.carried)
        params = tuple(body.params[1 + k] for k in kept) + tuple(p for _, _, p, _ in self.carried)
        results = tuple(body.results[k] for k in kept) + tuple(r for *_, r in self.carried)
        stacks = stacked_results(loop)
        return replace(
            loop,
            outs=(*outs, *loop.outs[count:]),
            inits=inits,
            body=Block((self.item, *params), (*stmts, *self.inside), (*results, *stacks)),
        )
