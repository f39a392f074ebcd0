"""What this version does not differentiate: one walk that finds all of it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from srcdiff.errors import Diagnostic, Span
from srcdiff.frontend import comprehend
from srcdiff.frontend.expressions import EXPRESSIONS
from srcdiff.frontend.frame import span
from srcdiff.frontend.jumps import BREAK, CONTINUE, exits
from srcdiff.frontend.normalise import walrus
from srcdiff.frontend.source import ASYNC, Source
from srcdiff.frontend.statements import STATEMENTS

Reason = tuple[str, str, str]  # code, message, hint
_ASYNC = ("SD111", *ASYNC)
BARE_RAISE = "SD123"
_YIELD = ("SD110", "a generator cannot be differentiated", "build and return a list instead")
_TRY = ("SD112", "try is not supported", "test the condition with if before the operation")

PLAIN: dict[str, Reason] = {
    "Yield": _YIELD,
    "YieldFrom": _YIELD,
    "Await": _ASYNC,
    "AsyncFunctionDef": _ASYNC,
    "AsyncFor": _ASYNC,
    "AsyncWith": _ASYNC,
    "Try": _TRY,
    "TryStar": _TRY,
    "With": ("SD113", "with is not supported", "enter the context outside of the function"),
    "Match": ("SD114", "match is not supported", "use if and elif"),
    "ClassDef": ("SD117", "a class cannot be defined here", "define it outside of the function"),
    "SetComp": ("SD120", "a set comprehension is not supported", "use a list comprehension"),
}
_INSIDE_ALSO = ("Try", "TryStar", "With", "Match", "AsyncFor", "AsyncWith", "Yield", "YieldFrom")
_FRAME = ("locals", "vars", "eval", "exec", "dir")
_LAZY = ("next", "iter")
_KNOWN: tuple[Any, ...] = (
    *STATEMENTS,
    *EXPRESSIONS,
    *comprehend.INDEX,
    ast.Nonlocal,
    ast.Global,
    ast.Return,
    ast.Break,
    ast.Continue,
    ast.Assert,
    ast.AnnAssign,
    ast.Starred,
    ast.Slice,
)


def outside(source: Source) -> Iterator[Diagnostic]:
    """Every reason why the function cannot be lowered."""
    return _Fence(source).function(source.node)


class _Fence:
    """The walk; `name` is the function it is in."""

    def __init__(self, source: Source):
        self.source, self.name = source, source.name

    def function(self, node: Any) -> Iterator[Diagnostic]:
        outer, self.name = self.name, getattr(node, "name", "<lambda>")
        body = node.body if isinstance(node.body, list) else [node.body]
        for part in body:
            yield from self.walk(part)
        self.name = outer

    def walk(self, node: ast.AST) -> Iterator[Diagnostic]:
        reason = self.reason(node)
        if reason:
            yield Diagnostic(reason[0], reason[1], self.at(node), hint=reason[2])
            if type(node).__name__ not in _INSIDE_ALSO:
                return
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            yield from self.inner(node)
        elif isinstance(node, ast.ExceptHandler):
            yield from self.handler(node)
        else:
            yield from self.children(node)

    def at(self, node: ast.AST) -> Span:
        return span(node, self.source.filename, self.name)

    def inner(self, node: ast.FunctionDef | ast.Lambda) -> Iterator[Diagnostic]:
        decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
        for part in [*decorators, *node.args.defaults, *node.args.kw_defaults]:
            yield from self.walk(part) if part else ()
        yield from self.function(node)

    def handler(self, node: ast.ExceptHandler) -> Iterator[Diagnostic]:
        """In a handler a bare raise is right; the try around it is what is refused."""
        for found in self.children(node):
            if found.code != BARE_RAISE:
                yield found

    def children(self, node: ast.AST) -> Iterator[Diagnostic]:
        for name, value in ast.iter_fields(node):
            if name == "annotation":
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not self.allowed(node, child):
                    yield from self.walk(child)
                elif isinstance(child, ast.GeneratorExp):
                    yield from self.children(child)

    def allowed(self, parent: ast.AST, child: ast.AST) -> bool:
        """A generator expression that is the only argument of a call."""
        return (
            isinstance(child, ast.GeneratorExp)
            and isinstance(parent, ast.Call)
            and parent.args == [child]
            and not (isinstance(parent.func, ast.Name) and parent.func.id in _LAZY)
        )

    def reason(self, node: ast.AST) -> Reason | None:
        plain = PLAIN.get(type(node).__name__)
        if plain:
            return plain
        special = _SPECIAL.get(type(node))
        if special:
            return special(node)
        known = isinstance(node, _KNOWN) or not isinstance(node, (ast.stmt, ast.expr))
        return None if known else ("SD199", f"{type(node).__name__} is not supported", "")


def _delete(node: ast.Delete) -> Reason | None:
    if all(isinstance(target, (ast.Name, ast.Subscript)) for target in node.targets):
        return None
    message = "del of an attribute is not supported"
    return "SD116", message, "set the attribute to None"


def _generator(node: ast.GeneratorExp) -> Reason | None:
    message = "a generator expression is supported only as the one argument of a call"
    return "SD121", message, "use a list comprehension: [...]"


def _comprehension(node: ast.comprehension) -> Reason | None:
    return _ASYNC if node.is_async else None


def _call(node: ast.Call) -> Reason | None:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name not in _FRAME or (name in ("vars", "dir") and node.args):
        return None
    message = f"{name}() reads the frame it is called in, which a derivative does not have"
    return "SD122", message, "name the variables directly"


def _raise(node: ast.Raise) -> Reason | None:
    if node.exc:
        return None
    return BARE_RAISE, "there is no exception here to raise again", "raise an exception by name"


def _while(node: ast.While) -> Reason | None:
    if not (walrus(node.test) and exits(node.orelse) & {BREAK, CONTINUE}):
        return None
    message = "a loop whose test assigns cannot jump out of its else"
    return "SD125", message, "assign in the body and use break"


_SPECIAL: dict[type[ast.AST], Callable[[Any], Reason | None]] = {
    ast.Delete: _delete,
    ast.GeneratorExp: _generator,
    ast.comprehension: _comprehension,
    ast.Call: _call,
    ast.Raise: _raise,
    ast.While: _while,
}
