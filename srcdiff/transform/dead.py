"""Dead code: what nobody uses goes.

    before   t = exp(x); u = t + 1.0; return x       after   return x

An application goes when its results are unused and it has no effect; results of `If` and loops go one
by one; a value that only goes round a loop to feed itself goes too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from srcdiff.ir.core import Apply, Atom, Block, For, Function, If, Stmt, Var, While
from srcdiff.ir.walk import carried_params, operands, regions, statements, variables, with_body


def remove_dead(function: Function) -> Function:
    """The function without what it does not need."""
    return with_body(function, prune(function.body))


def prune(block: Block, live: Iterable[Var] = ()) -> Block:
    """The block without what its results (and `live`) do not need."""
    needed = set(live) | set(variables(block.results))
    stmts = prune_statements(block.stmts, needed)
    if len(stmts) == len(block.stmts) and all(a is b for a, b in zip(stmts, block.stmts)):
        return block
    return Block(block.params, stmts, block.results)


def prune_statements(stmts: Iterable[Stmt], needed: set[Var]) -> tuple[Stmt, ...]:
    """The statements that the needed Vars need; `needed` grows by what these read."""
    kept: list[Stmt] = []
    for stmt in reversed(tuple(stmts)):
        new = _pruned(stmt, needed)
        if new is not None:
            kept.append(new)
    return tuple(reversed(kept))


def has_effect(stmt: Stmt) -> bool:
    """Whether the statement must stay although its results are unused."""
    if isinstance(stmt, Apply):
        return stmt.op.effect
    return any(has_effect(inner) for region in regions(stmt) for inner in statements(region))


def _pruned(stmt: Stmt, needed: set[Var]) -> Stmt | None:
    if not any(out in needed for out in stmt.outs) and not has_effect(stmt):
        return None
    if isinstance(stmt, Apply):
        needed.update(variables(stmt.args))
        return stmt
    return _pruned_if(stmt, needed) if isinstance(stmt, If) else _pruned_loop(stmt, needed)


def _keep(values: Iterable[Atom], flags: list[bool]) -> tuple[Atom, ...]:
    return tuple(v for v, flag in zip(values, flags) if flag)


def _pruned_if(stmt: If, needed: set[Var]) -> Stmt | None:
    flags = [out in needed for out in stmt.outs]
    blocks = []
    for region in (stmt.then, stmt.orelse):
        block = Block((), region.stmts, _keep(region.results, flags))
        block = _region(block, needed)
        blocks.append(region if all(flags) and block.stmts == region.stmts else block)
    if not any(flags) and not blocks[0].stmts and not blocks[1].stmts:
        return None
    needed.update(variables((stmt.test,)))
    outs = stmt.outs if all(flags) else tuple(o for o, flag in zip(stmt.outs, flags) if flag)
    if outs == stmt.outs and blocks[0] is stmt.then and blocks[1] is stmt.orelse:
        return stmt
    return replace(stmt, outs=outs, then=blocks[0], orelse=blocks[1])


def _region(block: Block, needed: set[Var]) -> Block:
    inside = set(variables(block.results))
    stmts = prune_statements(block.stmts, inside)
    needed |= inside
    return Block(block.params, stmts, block.results)


def _pruned_loop(stmt: For | While, needed: set[Var]) -> Stmt:
    """Find the carried values that matter by letting their need go round until it settles."""
    count, first = len(stmt.inits), int(stmt.breaks)
    stacked = [out in needed for out in stmt.outs[count:]]
    wanted = {k for k in range(count) if stmt.outs[k] in needed}
    params = carried_params(stmt)
    while True:
        inside: set[Var] = set(variables(_loop_results(stmt, wanted, stacked)))
        prune_statements(stmt.body.stmts, inside)
        if isinstance(stmt, While):
            tested = set(variables(stmt.test.results))
            prune_statements(stmt.test.stmts, tested)
            inside |= {p for p, q in zip(params, stmt.test.params) if q in tested}
        grown = wanted | {k for k in range(count) if params[k] in inside}
        if grown == wanted:
            break
        wanted = grown
    flags = [k in wanted for k in range(count)]
    return _rebuilt_loop(stmt, flags, stacked, first, needed)


def _loop_results(stmt: For | While, wanted: set[int], stacked: list[bool]) -> tuple[Atom, ...]:
    first, count = int(stmt.breaks), len(stmt.inits)
    results = stmt.body.results
    carried = [results[first + k] for k in sorted(wanted)]
    return (*results[:first], *carried, *_keep(results[first + count :], stacked))


def _rebuilt_loop(
    stmt: For | While, flags: list[bool], stacked: list[bool], first: int, needed: set[Var]
) -> Stmt:
    count = len(stmt.inits)
    everything = [True] * first + flags + stacked
    params = carried_params(stmt)
    kept_params = tuple(p for p, flag in zip(params, flags) if flag)
    head = stmt.body.params[:1] if isinstance(stmt, For) else ()
    body = Block((*head, *kept_params), stmt.body.stmts, _keep(stmt.body.results, everything))
    body = _region(body, needed)
    outs = tuple(o for o, flag in zip(stmt.outs, flags + stacked) if flag)
    inits = _keep(stmt.inits, flags)
    needed.update(variables(inits))
    same = len(outs) == len(stmt.outs) and body.stmts == stmt.body.stmts
    if isinstance(stmt, For):
        needed.update(variables((stmt.over,)))
        return stmt if same else replace(stmt, outs=outs, inits=inits, body=body)
    kept_tests = tuple(p for p, flag in zip(stmt.test.params, flags) if flag)
    test = _region(Block(kept_tests, stmt.test.stmts, stmt.test.results), needed)
    if same and test.stmts == stmt.test.stmts and len(kept_tests) == count:
        return stmt
    return replace(stmt, outs=outs, inits=inits, test=test, body=body)


__all__ = ["has_effect", "operands", "prune", "prune_statements", "remove_dead"]
