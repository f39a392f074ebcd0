"""Which of the user's lines a generated line belongs to.

before   statements that were marked with the span they come from, and their text
after    {line of the text: Origin}
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from srcdiff.emit.source import Comment
from srcdiff.errors import Span


@dataclass(frozen=True)
class Origin:
    """Where a generated statement comes from, and whether it belongs to the adjoint of that."""

    at: Span
    adjoint: bool = False


def mark(stmts: Sequence[ast.stmt], at: Span, adjoint: bool) -> None:
    """Note the origin of statements that have none yet."""
    for stmt in stmts:
        if at.line and not hasattr(stmt, "origin"):
            stmt.origin = Origin(at, adjoint)  # type: ignore[attr-defined]


def origins(stmts: Sequence[ast.stmt]) -> tuple[Origin | None, ...]:
    """The origins of statements and of those inside them, in the order of the text."""
    return tuple(getattr(s, "origin", None) for s in _inside(stmts))


def _inside(stmts: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for stmt in stmts:
        if not isinstance(stmt, Comment):
            yield stmt
            for part in ("body", "orelse"):
                yield from _inside(getattr(stmt, part, ()))


def lines(source: str, known: Mapping[str, Sequence[Origin | None]]) -> dict[int, Origin]:
    """The origin of each line of a text, comments with what they stand above.

    known: the origins in each function, by its name.
    """
    text = source.splitlines()
    found: dict[int, Origin] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name in known:
            for stmt, origin in zip(_inside(node.body), known[node.name], strict=True):
                if origin is not None:
                    for number in _extent(stmt, text):
                        found.setdefault(number, origin)
    return found


def _extent(stmt: ast.stmt, text: Sequence[str]) -> range:
    """The lines of a statement with the comments on it, without the statements inside it."""
    first, inner = stmt.lineno, getattr(stmt, "body", None)
    last = inner[0].lineno - 1 if inner else stmt.end_lineno or first
    while last > first and _is_comment(text[last - 1]):
        last -= 1
    while _is_comment(text[first - 2]):
        first -= 1
    return range(first, last + 1)


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


__all__ = ["Origin", "lines", "mark", "origins"]
