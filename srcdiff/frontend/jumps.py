"""Where control goes when statements have run: the facts that normalise nests by."""

from __future__ import annotations

import ast
from collections.abc import Sequence

FALL, RETURN, BREAK, CONTINUE, RAISE = "fall", "return", "break", "continue", "raise"
JUMPS = frozenset({RETURN, BREAK, CONTINUE})
_FALLS = frozenset({FALL})
_EXITS: dict[type[ast.stmt], frozenset[str]] = {
    ast.Return: frozenset({RETURN}),
    ast.Break: frozenset({BREAK}),
    ast.Continue: frozenset({CONTINUE}),
    ast.Raise: frozenset({RAISE}),
}


def exits(stmts: Sequence[ast.stmt]) -> frozenset[str]:
    """The ways in which control may leave a block."""
    found: frozenset[str] = frozenset()
    for stmt in stmts:
        ways = _exits_of(stmt)
        found |= ways - _FALLS
        if FALL not in ways:
            return found
    return found | _FALLS


def falls(stmts: Sequence[ast.stmt]) -> bool:
    """Whether control may reach the end of the block."""
    return FALL in exits(stmts)


def endless(loop: ast.For | ast.While) -> bool:
    """A `while True`: it ends by a jump only."""
    test = loop.test if isinstance(loop, ast.While) else None
    return isinstance(test, ast.Constant) and bool(test.value)


def _exits_of(stmt: ast.stmt) -> frozenset[str]:
    if isinstance(stmt, ast.If):
        return exits(stmt.body) | exits(stmt.orelse)
    if isinstance(stmt, (ast.For, ast.While)):
        return _exits_of_loop(stmt)
    return _EXITS.get(type(stmt), _FALLS)


def _exits_of_loop(loop: ast.For | ast.While) -> frozenset[str]:
    inner = exits(loop.body)
    after = frozenset() if endless(loop) else exits(loop.orelse)
    return (inner & {RETURN, RAISE}) | after | (_FALLS if BREAK in inner else frozenset())
