"""Text and code: the only importer of astor, and where generated source enters linecache."""

from __future__ import annotations

import ast
import functools
import hashlib
import linecache
import math
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from srcdiff.emit.fold import folded
from srcdiff.errors import DtypeError, OverlapError, SrcdiffError
from srcdiff.user_frames import GENERATED

with warnings.catch_warnings():  # astor names node classes that newer Pythons are about to drop
    warnings.simplefilter("ignore", DeprecationWarning)
    import astor
    from astor import code_gen

if TYPE_CHECKING:
    from srcdiff.emit.python import Emitted

WIDTH = 99
TESTS: dict[str, type[SrcdiffError]] = {
    "require_apart": OverlapError,
    "require_distinct": OverlapError,
    "require_contiguous": OverlapError,
    "require_in_order": OverlapError,
    "require_dtype": DtypeError,
}


class Comment(ast.stmt):
    """A line of its own that starts with #."""

    _fields = ("text",)

    def __init__(self, text: str):
        super().__init__()
        self.text = text


class _Generator(code_gen.SourceGenerator):  # type: ignore[misc]
    """astor's printer, with comments."""

    def visit_Comment(self, node: Comment) -> None:
        room = WIDTH - len(self.indent_with) * self.indentation
        text = node.text if len(node.text) <= room else node.text[: room - 3].rstrip() + "..."
        self.statement(node, text)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """Tuples stand without parentheses also where they hold slices."""
        index = node.slice
        if not isinstance(index, ast.Tuple) or not index.elts:
            super().visit_Subscript(node)
            return
        self.write(node.value, "[")
        self.comma_list(index.elts, len(index.elts) == 1)
        self.write("]")

    def visit_ListComp(self, node: ast.ListComp) -> None:
        code_gen.set_precedence(code_gen.Precedence.Comma, node.elt)
        super().visit_ListComp(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        code_gen.set_precedence(code_gen.Precedence.Comma, *node.keys)
        super().visit_Dict(node)


def to_text(stmts: list[ast.stmt]) -> str:
    """Statements as source."""
    module = ast.Module(body=stmts, type_ignores=[])

    def lines(items: list[str]) -> str:
        return folded(items, WIDTH)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        text: str = astor.to_source(
            module, source_generator_class=_Generator, pretty_source=lines, pretty_string=_string
        )
    return text


def _string(text: str, embedded: int, line: str, *_: Any) -> str:
    """A string constant: a docstring in three quotes, everything else on one line."""
    if embedded > 1 or line.strip():
        shown = repr(text)
        plain = shown.startswith("'") and '"' not in text and "\\" not in shown
        return f'"{shown[1:-1]}"' if plain else shown
    indent = " " * (len(line) - len(line.lstrip()))
    body = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').replace("\n", "\n" + indent)
    close = "\n" + indent if "\n" in text else " " if text.endswith('"') else ""
    return f'"""{body}{close}"""'.replace("\n" + indent + "\n", "\n\n")


def load(emitted: Emitted, *, filename_hint: str = "") -> Callable[..., Any]:
    """The function that generated source defines, known to linecache (tracebacks, pdb, inspect)."""
    digest = hashlib.sha256(emitted.source.encode()).hexdigest()[:8]
    filename = f"<srcdiff {filename_hint or emitted.name} {digest}>"
    lines = emitted.source.splitlines(keepends=True)
    linecache.cache[filename] = (len(emitted.source), None, lines, filename)
    scope: dict[str, Any] = {
        "np": np,
        "math": math,
        "__name__": f"srcdiff.generated.{emitted.name}",
    }
    scope.update(emitted.constants)
    scope[GENERATED] = emitted
    exec(compile(_without_objects(emitted), filename, "exec"), scope)
    scope.update(
        {name: _raising(scope[name], error) for name, error in TESTS.items() if name in scope}
    )
    made: Callable[..., Any] = scope[emitted.name]
    return made


def _raising(test: Callable[..., None], ours: type[SrcdiffError]) -> Callable[..., None]:
    """A test whose error is one of srcdiff's; in a file it is ValueError or TypeError only."""

    @functools.wraps(test)
    def tested(*args: Any) -> None:
        try:
            test(*args)
        except (ValueError, TypeError) as error:
            raise ours(str(error)) from None

    return tested


def _without_objects(emitted: Emitted) -> ast.Module:
    """The source without the lines that bring in the user's objects: they are at hand."""
    tree = ast.parse(emitted.source)
    tree.body = [s for s in tree.body if not isinstance(s, ast.ImportFrom)]
    return tree
