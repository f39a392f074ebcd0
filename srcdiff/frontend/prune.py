"""Dropping what branches and loops hand on and nobody reads.

    x, y = if c:              x = if c:
      -> 1, 2                   -> 1
    else:               ->    else:
      -> 3, 4                   -> 3
    f(x)                      f(x)

Only values on their way are dropped; operations stay, because any of them may raise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from srcdiff.ir.core import Apply, Arg, Block, For, If, Stmt, Var, While
from srcdiff.ir.walk import carried_params, flows, operands, regions, statements, variables

T = TypeVar("T")


def prune(body: Block) -> Block:
    """The block without dead outs of If and without dead values carried by loops."""
    return _block(body, _live(body), range(len(body.results)))


def _live(body: Block) -> set[Var]:
    """The Vars that an operation, a test or the result depends on."""
    roots: list[Var] = list(variables(body.results))
    sources: dict[Var, list[Var]] = {}
    for stmt in statements(body):
        roots += variables(_needed(stmt))
        if not isinstance(stmt, Apply):
            for atom, var in flows(stmt):
                sources.setdefault(var, []).extend(variables([atom]))
    return _reached(roots, sources)


def _needed(stmt: Stmt) -> Iterable[Arg]:
    """What a statement reads whatever becomes of its outs."""
    if isinstance(stmt, (Apply, If)):
        return operands(stmt)
    flag = stmt.body.results[:1] if stmt.breaks else ()
    return (stmt.over, *flag) if isinstance(stmt, For) else (*stmt.test.results, *flag)


def _reached(roots: list[Var], sources: dict[Var, list[Var]]) -> set[Var]:
    found: set[Var] = set()
    while roots:
        var = roots.pop()
        if var not in found:
            found.add(var)
            roots += sources.get(var, ())
    return found


def _block(block: Block, live: set[Var], results: Sequence[int]) -> Block:
    stmts = tuple(_stmt(stmt, live) for stmt in block.stmts)
    return Block(block.params, stmts, _chosen(block.results, results))


def _stmt(stmt: Stmt, live: set[Var]) -> Stmt:
    if isinstance(stmt, Apply):
        return stmt
    if isinstance(stmt, If):
        kept = [k for k, out in enumerate(stmt.outs) if out in live]
        then, orelse = (_block(region, live, kept) for region in regions(stmt))
        return replace(stmt, outs=_chosen(stmt.outs, kept), then=then, orelse=orelse)
    return _loop(stmt, live)


def _loop(stmt: For | While, live: set[Var]) -> For | While:
    count, flag = len(stmt.inits), int(stmt.breaks)
    asked = stmt.test.params if isinstance(stmt, While) else ()
    heads = [stmt.outs[:count], carried_params(stmt), *([asked] if asked else [])]
    kept = [k for k in range(count) if any(head[k] in live for head in heads)]
    outs = kept + [k for k in range(count, len(stmt.outs)) if stmt.outs[k] in live]
    item = stmt.body.params[: len(stmt.body.params) - count]
    body = _block(stmt.body, live, [*range(flag), *(flag + k for k in outs)])
    body = replace(body, params=item + _chosen(carried_params(stmt), kept))
    changed = replace(
        stmt, outs=_chosen(stmt.outs, outs), inits=_chosen(stmt.inits, kept), body=body
    )
    if isinstance(changed, While):
        test = _block(changed.test, live, [0])
        return replace(changed, test=replace(test, params=_chosen(asked, kept)))
    return changed


def _chosen(items: tuple[T, ...], which: Sequence[int]) -> tuple[T, ...]:
    return tuple(items[k] for k in which)
