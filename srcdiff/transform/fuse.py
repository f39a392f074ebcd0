"""Two branches on the same test become one.

    before   t = if c: exp(x) else: undefined        after   b = if c: t = exp(x); multiply(t, 2.0)
             b = if c: multiply(t, 2.0) else: 0.0                else: 0.0

The forward `If` and its adjoint meet like this where nothing that needs the first one's results
stands between them: then values of a branch need not leave it.
"""

from __future__ import annotations

from dataclasses import replace

from srcdiff.ir.core import Atom, Block, Function, If, Stmt, Var
from srcdiff.ir.walk import (
    free,
    operands,
    regions,
    substitute,
    variables,
    with_body,
    with_regions,
)
from srcdiff.transform.dead import has_effect


def fuse(function: Function) -> Function:
    """The function with neighbouring branches on one test merged."""
    return with_body(function, _block(function.body))


def _block(block: Block) -> Block:
    stmts: list[Stmt] = [
        with_regions(stmt, tuple(map(_block, regions(stmt)))) for stmt in block.stmts
    ]
    changed = any(a is not b for a, b in zip(stmts, block.stmts))
    while (found := _pair(stmts)) is not None:
        i, j, down = found
        first, second = stmts[i], stmts[j]
        assert isinstance(first, If) and isinstance(second, If)
        merged = _merged(first, second)
        between = stmts[i + 1 : j]
        stmts[i : j + 1] = [*between, merged] if down else [merged, *between]
        changed = True
    return Block(block.params, tuple(stmts), block.results) if changed else block


def _pair(stmts: list[Stmt]) -> tuple[int, int, bool] | None:
    """Two branches on one test: their places, and whether the first may move down to the second."""
    for j, second in enumerate(stmts):
        if not isinstance(second, If):
            continue
        for i in range(j - 1, -1, -1):
            first = stmts[i]
            if not isinstance(first, If) or first.test != second.test:
                continue
            between = stmts[i + 1 : j]
            if any(has_effect(s) for s in (first, second, *between)):
                break
            if not any(_reads(s, set(first.outs)) for s in between):
                return i, j, True
            made = {o for s in between for o in s.outs}
            if not _reads(second, made):
                return i, j, False
            break
    return None


def _reads(stmt: Stmt, made: set[Var]) -> bool:
    if any(v in made for v in variables(operands(stmt))):
        return True
    return any(v in made for region in regions(stmt) for v in free(region))


def _merged(first: If, second: If) -> If:
    then = _joined(first.outs, first.then, second.then)
    orelse = _joined(first.outs, first.orelse, second.orelse)
    at = first.at if first.at.line else second.at
    return replace(first, outs=(*first.outs, *second.outs), then=then, orelse=orelse, at=at)


def _joined(outs: tuple[Var, ...], a: Block, b: Block) -> Block:
    names: dict[Var, Atom] = dict(zip(outs, a.results))
    b = substitute(b, dict(names))
    return Block((), (*a.stmts, *b.stmts), (*a.results, *b.results))
