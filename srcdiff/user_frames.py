"""Errors of generated code point at the user's line: a frame of it follows the generated one.

before   an error whose traceback ends in a generated function (or in what that calls)
after    the same with one more entry: the file, line and columns that the statement came from

The entry is made as template engines make theirs: a code object with the user's file name raises at
the user's line, and its frame, which sees the generated function's variables, is put into the chain.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Callable
from typing import Any

from srcdiff.errors import Span

GENERATED = "__srcdiff_emitted__"  # among the globals of generated code: its source and origins
ADDED = "__srcdiff_added__"


def point_at_origin(error: BaseException) -> None:
    """Add the user's line behind the last generated frame of an error's traceback, once."""
    last = None
    entry = error.__traceback__
    while entry is not None:
        known = entry.tb_frame.f_globals
        if GENERATED in known:
            last = entry
        elif ADDED in known:
            last = None
        entry = entry.tb_next
    if last is None:
        return
    origin = last.tb_frame.f_globals[GENERATED].lines().get(last.tb_lineno)
    if origin is not None:
        last.tb_next = _entry(origin.at, origin.adjoint, last.tb_frame.f_locals, last.tb_next)


def pointing(function: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
    """Call a generated function; its errors point at the user's line."""
    try:
        return function(*args, **keywords)
    except Exception as error:
        point_at_origin(error)
        raise


def _entry(
    at: Span, adjoint: bool, variables: dict[str, Any], following: types.TracebackType | None
) -> types.TracebackType:
    name = f"{at.function} (adjoint)" if adjoint else at.function
    code = _raising(at.line, at.column, at.end_line, at.end_column, at.filename)
    code = code.replace(co_name=name or "<srcdiff>")
    try:
        exec(code, {ADDED: True, "__name__": "srcdiff.origin", "__file__": at.filename}, variables)
    except ZeroDivisionError as raised:
        made = raised.__traceback__
    assert made is not None and made.tb_next is not None
    inner = made.tb_next
    return types.TracebackType(following, inner.tb_frame, inner.tb_lasti, inner.tb_lineno)


def _raising(line: int, column: int, end_line: int, end_column: int, file: str) -> types.CodeType:
    """Code that raises, all of it at one place."""
    tree = ast.parse("1 / 0")
    for node in ast.walk(tree):
        if isinstance(node, (ast.stmt, ast.expr)):
            node.lineno, node.col_offset = line, column
            node.end_lineno, node.end_col_offset = end_line or line, end_column
    return compile(tree, file, "exec")


__all__ = ["point_at_origin", "pointing"]
