"""Common subexpressions: what was computed already is not computed again.

    before   t = exp(x); u = exp(x); y = add(t, u)      after   t = exp(x); y = add(t, t)

Also here, because the same walk sees it: values that are only another name (identity, casts to the
same type), `If` outs equal on both sides, carried values that never change.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property

from srcdiff.analysis.changed import changed_later
from srcdiff.ir.core import (
    Apply,
    Arg,
    Atom,
    Block,
    Const,
    For,
    Function,
    If,
    Op,
    Stmt,
    Var,
    While,
)
from srcdiff.ir.walk import (
    carried_params,
    carried_results,
    map_arg,
    rebuild,
    statements,
    variables,
    with_body,
)
from srcdiff.ops.table import Row
from srcdiff.transform.algebra import has_rule, simplify
from srcdiff.transform.build import Builder

Key = tuple[Op, tuple[Arg, ...]]
Names = dict[Var, Atom]
TRUE, FALSE = Const(True), Const(False)
MADE = (
    "zeros", "ones", "empty", "full", "np_zeros_like", "np_ones_like", "np_empty_like", "full_like",
    "zeros_like", "np_copy", "copy", "array", "eye", "identity_matrix", "arange", "linspace",
)  # fmt: skip


@dataclass
class Known:
    """What was computed on the way here, by operation and arguments, and what made each value."""

    made: dict[Key, Apply] = field(default_factory=dict)
    definitions: dict[Var, Apply] = field(default_factory=dict)
    entered: list[tuple[Key, Apply | None]] = field(default_factory=list)
    body: Block = Block((), (), ())

    @cached_property
    def changed(self) -> set[Var]:
        """The arrays that stores change, and those that loops begin with: these may change in place."""
        loops = (s for s in statements(self.body) if isinstance(s, (For, While)))
        return changed_later(self.body).union(*(variables(loop.inits) for loop in loops))

    def changes(self, *made: Apply) -> bool:
        """Whether one of some arrays is to be changed, so that it must be one of its own."""
        return not self.changed.isdisjoint(out for stmt in made for out in stmt.outs)

    def enter(self, key: Key, stmt: Apply) -> None:
        self.entered.append((key, self.made.get(key)))
        self.made[key] = stmt
        self.definitions.update(dict.fromkeys(stmt.outs, stmt))

    @contextmanager
    def scope(self) -> Iterator[None]:
        """A block: what is entered in it is forgotten at its end."""
        mark = len(self.entered)
        yield
        while len(self.entered) > mark:
            key, before = self.entered.pop()
            self.made.pop(key)
            if before is not None:
                self.made[key] = before


def share(function: Function) -> Function:
    """The function with every value computed once per path."""
    return with_body(function, _block(function.body, Known(body=function.body), {}))


def _block(block: Block, known: Known, names: Names) -> Block:
    stmts: list[Stmt] = []
    with known.scope():
        for stmt in block.stmts:
            stmts += _stmt(stmt, known, names)
    results = tuple(_name(a, names) for a in block.results)
    if len(stmts) == len(block.stmts) and all(a is b for a, b in zip(stmts, block.stmts)):
        if all(a is b for a, b in zip(results, block.results)):
            return block
    return Block(block.params, tuple(stmts), results)


def _name(atom: Atom, names: Names) -> Atom:
    return names.get(atom, atom) if isinstance(atom, Var) else atom


def _stmt(stmt: Stmt, known: Known, names: Names) -> list[Stmt]:
    if isinstance(stmt, Apply):
        return _apply(stmt, known, names)
    if isinstance(stmt, If):
        return _if(stmt, known, names)
    return [_loop(stmt, known, names)]


def _apply(stmt: Apply, known: Known, names: Names) -> list[Stmt]:
    args = tuple(map_arg(a, lambda atom: _name(atom, names)) for a in stmt.args)
    if any(a is not b for a, b in zip(args, stmt.args)):
        stmt = Apply(stmt.outs, stmt.op, args, stmt.at, stmt.adjoint)
    if stmt.op.name == "identity":
        names[stmt.outs[0]] = args[0]  # type: ignore[assignment]
        return []
    if stmt.op.effect or not isinstance(stmt.op, Row) or stmt.op.kind in ("call", "external"):
        return [stmt]
    simpler = _simplified(stmt, args, known, names)
    if simpler is not None:
        return simpler
    key = (stmt.op, args)
    found = known.made.get(key)
    if found is not None and stmt.op.name in MADE and known.changes(found, stmt):
        found = None
    if found is not None and [v.type for v in found.outs] == [v.type for v in stmt.outs]:
        names.update(zip(stmt.outs, found.outs))
        return []
    known.enter(key, stmt)
    return [stmt]


def _simplified(
    stmt: Apply, args: tuple[Arg, ...], known: Known, names: Names
) -> list[Stmt] | None:
    """Algebra on derivative code, once more: what a rule could not see when it was applied."""
    if not stmt.adjoint or len(stmt.outs) != 1 or not has_rule(stmt.op):
        return None
    build = Builder(stmt.at, True, definitions=known.definitions)
    out = stmt.outs[0]
    simpler = simplify(stmt.op, args, out.type, build)
    if simpler is None:
        return None
    stmts = [s for made in build.stmts for s in _apply(made, known, names)]  # type: ignore[arg-type]
    if isinstance(simpler, (Var, Const)):
        names[out] = _name(simpler, names)
        return stmts
    op, new = simpler
    return [*stmts, *_apply(replace(stmt, op=op, args=new), known, names)]


def _if(stmt: If, known: Known, names: Names) -> list[Stmt]:
    test = _name(stmt.test, names)
    then, orelse = _block(stmt.then, known, names), _block(stmt.orelse, known, names)
    if isinstance(test, Const):
        chosen = then if test.value else orelse
        names.update(zip(stmt.outs, chosen.results))
        return list(chosen.stmts)
    keep = []
    for k, (out, a, b) in enumerate(zip(stmt.outs, then.results, orelse.results)):
        if a == TRUE and b == FALSE:
            names[out] = test
        elif a == b and not _inside(a, then) and not _inside(a, orelse):
            names[out] = a
        else:
            keep.append(k)
    if (
        len(keep) == len(stmt.outs)
        and test is stmt.test
        and then is stmt.then
        and orelse is stmt.orelse
    ):
        return [stmt]
    return [
        replace(
            stmt,
            outs=tuple(stmt.outs[k] for k in keep),
            test=test,
            then=replace(then, results=tuple(then.results[k] for k in keep)),
            orelse=replace(orelse, results=tuple(orelse.results[k] for k in keep)),
        )
    ]


def _inside(atom: Atom, block: Block) -> bool:
    return isinstance(atom, Var) and any(atom in s.outs for s in block.stmts)


def _loop(stmt: For | While, known: Known, names: Names) -> Stmt:
    stmt = _renamed_heads(stmt, names)
    stmt = _without_invariants(stmt, names)
    if isinstance(stmt, For):
        body = _block(stmt.body, known, names)
        return stmt if body is stmt.body else replace(stmt, body=body)
    test, body = _block(stmt.test, known, names), _block(stmt.body, known, names)
    if test is stmt.test and body is stmt.body:
        return stmt
    return replace(stmt, test=test, body=body)


def _renamed_heads(stmt: For | While, names: Names) -> For | While:
    inits = tuple(_name(a, names) for a in stmt.inits)
    if isinstance(stmt, For):
        over = map_arg(stmt.over, lambda atom: _name(atom, names))
        if over is not stmt.over:
            stmt = replace(stmt, over=over)
    return stmt if inits == stmt.inits else replace(stmt, inits=inits)


def _without_invariants(stmt: For | While, names: Names) -> For | While:
    """A carried value handed on as it came is its initial value throughout."""
    params, results = carried_params(stmt), carried_results(stmt)
    gone = {
        k
        for k, (p, r, init) in enumerate(zip(params, results, stmt.inits))
        if r is p or (r == init and isinstance(r, Var))
    }
    if not gone:
        return stmt
    for k in gone:
        names[params[k]] = names[stmt.outs[k]] = stmt.inits[k]
        if isinstance(stmt, While):
            names[stmt.test.params[k]] = stmt.inits[k]
    return _dropped(stmt, gone)


def _dropped(stmt: For | While, gone: set[int]) -> For | While:
    count, first = len(stmt.inits), int(stmt.breaks)
    head = stmt.body.params[:1] if isinstance(stmt, For) else ()
    params = (*head, *(p for k, p in enumerate(carried_params(stmt)) if k not in gone))
    results = tuple(
        r
        for k, r in enumerate(stmt.body.results)
        if k - first not in gone or k < first or k >= first + count
    )
    outs = tuple(o for k, o in enumerate(stmt.outs) if k not in gone)
    inits = tuple(a for k, a in enumerate(stmt.inits) if k not in gone)
    body = Block(params, stmt.body.stmts, results)
    if isinstance(stmt, For):
        return replace(stmt, outs=outs, inits=inits, body=body)
    tests = tuple(p for k, p in enumerate(stmt.test.params) if k not in gone)
    return replace(stmt, outs=outs, inits=inits, body=body, test=replace(stmt.test, params=tests))


__all__ = ["rebuild", "share"]
