"""Adjusting a parsed function: private names of its class, columns in characters."""

from __future__ import annotations

import ast
from typing import TypeVar

Node = TypeVar("Node", bound=ast.AST)
_FIELDS = ("id", "attr", "arg", "name")


def mangled(node: Node, owner: str) -> Node:
    """The tree with private names spelled out: in `class C`, `__x` is `_C__x` (in place)."""
    owner = owner.lstrip("_")
    for part in ast.walk(node) if owner else ():
        for field in _FIELDS:
            name = getattr(part, field, None)
            if isinstance(name, str) and name.startswith("__") and not name.endswith("__"):
                setattr(part, field, f"_{owner}{name}")
    return node


def in_characters(node: Node, lines: list[str]) -> Node:
    """The tree with columns that count characters instead of bytes (in place)."""
    for part in ast.walk(node):
        for row, column in (("lineno", "col_offset"), ("end_lineno", "end_col_offset")):
            line = lines[getattr(part, row) - 1] if getattr(part, row, None) else ""
            if not line.isascii():
                text = line.encode()[: getattr(part, column)].decode(errors="ignore")
                setattr(part, column, len(text))
    return node
