"""From a function to its syntax tree, checked against the code that runs.

The file is parsed as a whole, so lines and columns are those of the file. A node is the function's
when compiling it gives the function's code: so the right lambda is found among several on a line,
and a file edited after it was imported is noticed.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from srcdiff.errors import Refused, Span, refuse
from srcdiff.frontend.adjust import in_characters, mangled
from srcdiff.frontend.bound import FunctionNode
from srcdiff.frontend.codeobjects import fits, inner_codes, positions

Node = TypeVar("Node", bound=ast.AST)

FUTURE_FLAGS = 0xFFF0000  # the compiler flags of `from __future__` features, as in co_flags
ASYNC = "asynchronous code cannot be differentiated", "await the values outside"
MARKS = 10**6  # lines made up to tell functions of one line apart


@dataclass(frozen=True)
class Source:
    """The syntax of a function, positions as in its file (columns count characters)."""

    node: FunctionNode
    filename: str
    name: str


def plain_function(fn: Any) -> types.FunctionType:
    """The Python function inside a method, a cache, a static or class method."""
    seen = fn
    while not isinstance(seen, types.FunctionType):
        inner = getattr(seen, "__func__", None) or getattr(seen, "__wrapped__", None)
        if inner is None or isinstance(seen, type):
            raise _not_a_function(fn)
        seen = inner
    return seen


def _not_a_function(fn: Any) -> Refused:
    name = getattr(fn, "__name__", None) or repr(fn)
    hint = "pass a function written in Python, or give it a rule"
    return refuse("SD102", f"{name!r} is a {type(fn).__name__}, not a Python function", hint=hint)


def find_source(fn: types.FunctionType) -> Source:
    """The syntax tree of the function; Refused when there is none that fits its code."""
    code = fn.__code__
    if code.co_flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        raise refuse("SD111", ASYNC[0], _place(code), ASYNC[1])
    found = _matching(fn)
    if found is None:
        linecache.checkcache(code.co_filename)
        found = _matching(fn)
    if found is None:
        raise _no_source(code) if not _lines(fn) else _changed(code)
    return Source(found, code.co_filename, code.co_name)


def _no_source(code: types.CodeType) -> Refused:
    message = f"no source for {code.co_name!r}: there are no lines of {code.co_filename!r}"
    hint = "define the function in a file or a notebook cell, or put its text into linecache"
    return refuse("SD100", message, hint=hint)


def _changed(code: types.CodeType) -> Refused:
    message = f"the source of {code.co_name!r} is not what was compiled"
    return refuse(
        "SD101", message, _place(code), "the file changed after it was imported: import it again"
    )


def _place(code: types.CodeType) -> Span:
    return Span(code.co_filename, code.co_firstlineno, function=code.co_name)


def _lines(fn: types.FunctionType) -> list[str]:
    return linecache.getlines(fn.__code__.co_filename, fn.__globals__)


@dataclass(frozen=True)
class File:
    """A parsed file: its lines, its statements, and the imports among them, at any depth."""

    lines: list[str]
    statements: list[ast.stmt]
    imports: list[ast.stmt]


_files: dict[str, File] = {}


def _file(fn: types.FunctionType) -> File:
    """The file of a function, parsed again when its lines are others."""
    filename, lines = fn.__code__.co_filename, _lines(fn)
    kept = _files.get(filename)
    if kept is None or kept.lines != lines:
        statements = _parse(lines)
        kept = _files[filename] = File(lines, statements, list(_imports(statements)))
    return kept


def _parse(lines: list[str]) -> list[ast.stmt]:
    try:
        return ast.parse("".join(lines)).body
    except (SyntaxError, ValueError):
        return []


def _imports(nodes: Iterable[ast.AST]) -> Iterator[ast.stmt]:
    """The imports that bind names of the module."""
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
        elif isinstance(node, (ast.If, ast.Try, ast.ExceptHandler, ast.With)):
            yield from _imports(ast.iter_child_nodes(node))


def _matching(fn: types.FunctionType) -> FunctionNode | None:
    file, code = _file(fn), fn.__code__
    for top in file.statements:
        if _first_line(top) <= code.co_firstlineno <= (top.end_lineno or 0):
            found = _matching_in(_module(file, top), code)
            if found is not None:
                return in_characters(mangled(replica(found[0]), found[1]), file.lines)
    return None


def replica(node: Node) -> Node:
    """A copy of a syntax tree, as `copy.deepcopy` makes it, in a fraction of the time."""
    made = type(node).__new__(type(node))
    made.__dict__.update({name: _copied(value) for name, value in vars(node).items()})
    return made


def _copied(value: Any) -> Any:
    if isinstance(value, ast.AST):
        return replica(value)
    return [_copied(part) for part in value] if isinstance(value, list) else value


def _module(file: File, top: ast.stmt) -> ast.Module:
    """A statement with the imports: CPython compiles calls of imported names differently."""
    return ast.Module([*(node for node in file.imports if node is not top), top], [])


def _first_line(node: ast.stmt | FunctionNode) -> int:
    decorators = getattr(node, "decorator_list", [])
    lines: list[int] = [node.lineno, *(d.lineno for d in decorators)]
    return min(lines)


Found = tuple[FunctionNode, str]


def _matching_in(top: ast.Module, code: types.CodeType) -> Found | None:
    """The function in a statement whose code is the one given, and the class it stands in."""
    candidates = [
        (node, owner)
        for node, owner in _functions(top, "")
        if _first_line(node) == code.co_firstlineno and _code_name(node) == code.co_name
    ]
    compiled = _compiled(top, [node for node, _ in candidates], code)
    fitting = [
        (found, other)
        for found, other in zip(candidates, compiled)
        if other is not None and fits(other, code)
    ]
    for found, other in fitting:
        if positions(other) == positions(code):
            return found
    return fitting[0][0] if fitting else None


def _functions(node: ast.AST, owner: str) -> Iterator[Found]:
    if isinstance(node, (ast.FunctionDef, ast.Lambda)):
        yield node, owner
    owner = node.name if isinstance(node, ast.ClassDef) else owner
    for child in ast.iter_child_nodes(node):
        yield from _functions(child, owner)


def _code_name(node: FunctionNode) -> str:
    return node.name if isinstance(node, ast.FunctionDef) else "<lambda>"


def _compiled(
    top: ast.Module, nodes: list[FunctionNode], code: types.CodeType
) -> list[types.CodeType | None]:
    """The code of each node. Several on a line are told apart by a line number made up for each."""
    if len(nodes) < 2:
        lines, whole = [_first_line(node) for node in nodes], _compile(top, code)
    else:
        lines, whole = list(range(MARKS, MARKS + len(nodes))), _compile_marked(top, nodes, code)
    inside = {(c.co_firstlineno, c.co_name): c for c in inner_codes(whole)}
    return [inside.get((line, code.co_name)) for line in lines]


def _compile_marked(
    top: ast.Module, nodes: list[FunctionNode], code: types.CodeType
) -> types.CodeType:
    kept = [(node.lineno, node.end_lineno) for node in nodes]
    try:
        for number, node in enumerate(nodes, MARKS):
            node.lineno = node.end_lineno = number
        return _compile(top, code)
    finally:
        for node, (line, end) in zip(nodes, kept):
            node.lineno, node.end_lineno = line, end


def _compile(top: ast.Module, code: types.CodeType) -> types.CodeType:
    flags = code.co_flags & FUTURE_FLAGS
    name = code.co_filename
    done: types.CodeType = compile(top, name, "exec", flags=flags, dont_inherit=True)
    return done
