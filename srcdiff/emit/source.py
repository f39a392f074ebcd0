"""Text and code: the only importer of astor, and where generated source enters linecache."""

from __future__ import annotations

import ast
import hashlib
import linecache
import math
from typing import Any, Callable

import astor  # type: ignore[import-untyped]
import numpy as np


class Comment(ast.stmt):
    """A line of its own that starts with #."""

    _fields = ("text",)

    def __init__(self, text: str):
        super().__init__()
        self.text = text


class _Generator(astor.code_gen.SourceGenerator):  # type: ignore[misc]
    """astor's printer, with comments and without parentheses inside subscripts."""

    def visit_Comment(self, node: Comment) -> None:  # noqa: N802
        self.statement(node, node.text)

    def visit_Subscript(self, node: ast.Subscript) -> None:  # noqa: N802
        index = node.slice
        if not isinstance(index, ast.Tuple) or not index.elts:
            super().visit_Subscript(node)
            return
        self.write(node.value, "[")
        for k, part in enumerate(index.elts):
            self.write(", " if k else "", part)
        self.write("," if len(index.elts) == 1 else "", "]")


def to_text(stmts: list[ast.stmt]) -> str:
    """Statements as source."""
    module = ast.Module(body=stmts, type_ignores=[])
    text: str = astor.to_source(module, source_generator_class=_Generator)
    return text


def load(emitted: Any) -> Callable[..., Any]:
    """The function that generated source defines, known to linecache (tracebacks, pdb, inspect)."""
    digest = hashlib.sha256(emitted.source.encode()).hexdigest()[:12]
    filename = f"<srcdiff {emitted.name} {digest}>"
    lines = emitted.source.splitlines(keepends=True)
    linecache.cache[filename] = (len(emitted.source), None, lines, filename)
    scope: dict[str, Any] = {"np": np, "math": math, "__name__": f"srcdiff.generated.{emitted.name}"}
    exec(compile(_without_imports(emitted.source), filename, "exec"), scope)
    scope.update(emitted.constants)
    made: Callable[..., Any] = scope[emitted.name]
    return made


def _without_imports(source: str) -> ast.Module:
    """The source without its imports: the objects are at hand."""
    tree = ast.parse(source)
    tree.body = [s for s in tree.body if not isinstance(s, (ast.Import, ast.ImportFrom))]
    return tree
