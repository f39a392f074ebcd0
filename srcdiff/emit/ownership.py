"""Who owns what: where a value may be changed in place instead of made anew.

The typed form knows values only; `add_at(b, i, v)` is a new array. It is printed as `b[i] += v` when
b's memory was allocated in this function, b is not needed afterwards, and nothing that is alive
afterwards can see the same memory. Everything else gets a copy.

Every value has the memory it *is* (`ident`) and the memory reachable from it (`inner`: a list's
entries). Memory is named by the variable whose statement allocated it; a parameter names memory of
the caller's, which is never changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Iterable

from srcdiff.ir.core import Apply, Arg, Atom, Block, Const, Function, If, Stmt, Var
from srcdiff.ir.types import Array, ListOf, Type
from srcdiff.ir.walk import (
    carried_params,
    carried_results,
    flows,
    regions,
    stacked_results,
    statements,
    variables,
    with_body,
    with_regions,
)
from srcdiff.ops import python as py
from srcdiff.ops.table import Row

Memory = frozenset[Var]
NO_MEMORY: Memory = frozenset()
CHANGING = ("add_at", "append")
ADDING = ("add", "subtract")


def has_memory(type: Type) -> bool:
    """Whether values of the type can be shared and changed."""
    return isinstance(type, (Array, ListOf))


@dataclass
class Aliases:
    """Memory of every variable of a function."""

    external: set[Var]
    ident: dict[Var, Memory] = field(default_factory=dict)
    inner: dict[Var, Memory] = field(default_factory=dict)
    changed: bool = True

    def of(self, arg: Arg) -> tuple[Memory, Memory]:
        ident: set[Var] = set()
        inner: set[Var] = set()
        for v in variables((arg,)):
            ident |= self.ident.get(v, NO_MEMORY)
            inner |= self.inner.get(v, NO_MEMORY)
        return frozenset(ident), frozenset(inner)

    def add(self, var: Var, ident: Iterable[Var], inner: Iterable[Var] = ()) -> None:
        if not has_memory(var.type):
            return
        for table, new in ((self.ident, ident), (self.inner, inner)):
            old = table.get(var, NO_MEMORY)
            grown = old | frozenset(new)
            if grown != old:
                table[var] = grown
                self.changed = True

    def block(self, block: Block) -> None:
        for stmt in block.stmts:
            if isinstance(stmt, Apply):
                self.apply(stmt)
                continue
            for region in regions(stmt):
                self.block(region)
            if isinstance(stmt, If):
                for atom, out in flows(stmt):
                    self.add(out, *self.of(atom))
                continue
            for atom, var in flows(stmt):
                if var not in stmt.outs[len(stmt.inits) :]:
                    self.add(var, *self.of(atom))
            for out, atom in zip(stmt.outs[len(stmt.inits) :], stacked_results(stmt)):
                ident, inner = self.of(atom)
                self.add(out, (out,), ident | inner)

    def apply(self, stmt: Apply) -> None:
        name = stmt.op.name
        for out in stmt.outs:
            if name in CHANGING:
                ident, inner = self.of(stmt.args[0])
                put, deep = self.of(stmt.args[-1])
                entries = put | deep if isinstance(out.type, ListOf) else NO_MEMORY
                self.add(out, ident | {out}, inner | entries)
            elif name == "getitem" and isinstance(_type(stmt.args[0]), ListOf):
                ident, inner = self.of(stmt.args[0])
                self.add(out, inner if not _sliced(stmt) else {out}, inner)
            elif isinstance(stmt.op, Row) and not stmt.op.fresh:
                parts = [self.of(a) for a in stmt.args]
                external = (_SPREAD,) if name == "spread" else ()
                self.add(out, {v for i, _ in parts for v in i} | set(external), {v for _, n in parts for v in n})
            else:
                parts = [self.of(a) for a in stmt.args] if isinstance(out.type, ListOf) else []
                self.add(out, (out,), {v for i, n in parts for v in i | n})

    def mine(self, ident: Memory) -> bool:
        """Whether memory was allocated by this function."""
        return bool(ident) and not (ident & self.external) and _SPREAD not in ident


_SPREAD = Var("spread")  # memory that NumPy broadcasts: not to be written


def _type(arg: Arg) -> Type | None:
    return arg.type if isinstance(arg, Var) else None


def _sliced(stmt: Apply) -> bool:
    return isinstance(stmt.outs[0].type, ListOf) and not isinstance(stmt.args[1], (Var, Const))


def aliases(function: Function) -> Aliases:
    """The memory of every variable, by a fixpoint over loops."""
    found = Aliases(set(function.params))
    for param in function.params:
        found.add(param, (param,), (param,))
    while found.changed:
        found.changed = False
        found.block(function.body)
    return found


# --- copies that must be there --------------------------------------------------------------------


def with_copies(function: Function) -> Function:
    """The function with copies where a loop changes what it was given, and of results it does not own."""
    function = with_body(function, _own_inits(function.body, aliases(function), _use_counts(function)))
    return _own_results(function, aliases(function))


def _use_counts(function: Function) -> dict[Var, int]:
    counts: dict[Var, int] = {}
    from srcdiff.ir.walk import used

    for var in used(function.body):
        counts[var] = counts.get(var, 0) + 1
    return counts


def _own_inits(block: Block, known: Aliases, uses: dict[Var, int]) -> Block:
    stmts: list[Stmt] = []
    for stmt in block.stmts:
        stmt = with_regions(stmt, tuple(_own_inits(r, known, uses) for r in regions(stmt)))
        if not isinstance(stmt, (Apply, If)):
            inits: list[Atom] = list(stmt.inits)
            for k in changed_positions(stmt):
                init = inits[k]
                if isinstance(init, Var) and (uses.get(init, 0) > 1 or not known.mine(known.ident.get(init, NO_MEMORY))):
                    copied = Var(init.hint, init.type)
                    stmts.append(Apply((copied,), py.copy, (init,), stmt.at, stmt.adjoint))
                    inits[k] = copied
            if tuple(inits) != stmt.inits:
                stmt = replace(stmt, inits=tuple(inits))
        stmts.append(stmt)
    if len(stmts) == len(block.stmts) and all(a is b for a, b in zip(stmts, block.stmts)):
        return block
    return Block(block.params, tuple(stmts), block.results)


def changed_positions(stmt: Stmt) -> list[int]:
    """Which carried values a loop's body changes in place, or could."""
    assert not isinstance(stmt, (Apply, If))
    params = carried_params(stmt)
    touched: set[Var] = set()
    for inner in statements(stmt.body):
        if isinstance(inner, Apply) and inner.op.name in CHANGING and isinstance(inner.args[0], Var):
            touched.add(inner.args[0])
        if isinstance(inner, Apply) and inner.op.name in ADDING and has_memory(inner.outs[0].type):
            touched |= {v for v in inner.args if isinstance(v, Var)}
    back = {r: k for k, r in enumerate(carried_results(stmt)) if isinstance(r, Var)}
    outs = {o for s in statements(stmt.body) if isinstance(s, Apply) and s.op.name in (*CHANGING, *ADDING) for o in s.outs}
    nested = {o for s in stmt.body.stmts if not isinstance(s, Apply) for o in s.outs}
    return [
        k
        for k, p in enumerate(params)
        if has_memory(p.type)
        and (p in touched or _handed_on(stmt.body, p))
        and any(j == k and (r in outs or r in nested) for r, j in back.items())
    ]


def _handed_on(block: Block, var: Var) -> bool:
    return any(not isinstance(s, (Apply, If)) and var in s.inits for s in statements(block))


def _own_results(function: Function, known: Aliases) -> Function:
    taken: set[Var] = set()
    stmts = list(function.body.stmts)
    results: list[Atom] = []
    for result in function.body.results:
        if isinstance(result, Var) and has_memory(result.type):
            ident, inner = known.ident.get(result, NO_MEMORY), known.inner.get(result, NO_MEMORY)
            whole = ident | (inner if isinstance(result.type, ListOf) else NO_MEMORY)
            if not known.mine(whole) or whole & taken:
                copied = Var(result.hint, result.type)
                stmts.append(Apply((copied,), py.copy, (result,), _span(stmts), False))
                result = copied
            taken |= whole
        results.append(result)
    if len(stmts) == len(function.body.stmts):
        return function
    return with_body(function, Block((), tuple(stmts), tuple(results)))


def _span(stmts: list[Stmt]) -> object:
    from srcdiff.errors import NOWHERE

    return NOWHERE


def may_change(known: Aliases, target: Var, alive: Iterable[Var]) -> bool:
    """Whether a value may be changed in place, given what is alive afterwards."""
    ident = known.ident.get(target, NO_MEMORY)
    if not known.mine(ident):
        return False
    for other in alive:
        seen = known.ident.get(other, NO_MEMORY) | known.inner.get(other, NO_MEMORY)
        if seen & ident:
            return False
    return True
