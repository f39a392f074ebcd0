"""A Python function as a Template: its syntax in the operations of `ops.syntax`."""

from __future__ import annotations

import ast
import inspect
import threading
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from srcdiff.errors import Refused, refuse
from srcdiff.frontend import comprehend
from srcdiff.frontend.bound import FunctionNode, Scope, Variable, parameters, scopes
from srcdiff.frontend.cells import with_cells
from srcdiff.frontend.closures import late_bindings
from srcdiff.frontend.expressions import EXPRESSIONS, expression
from srcdiff.frontend.fence import outside
from srcdiff.frontend.frame import Binding, Frame, span
from srcdiff.frontend.normalise import RESULT, normalise
from srcdiff.frontend.prune import prune
from srcdiff.frontend.source import Source, find_source, plain_function
from srcdiff.frontend.statements import statements
from srcdiff.ir.core import NEVER, Atom, Block, Const, Function, Var
from srcdiff.kept import kept_for
from srcdiff.ops.syntax import Namespace, Parameter, Template

EXPRESSIONS.update(comprehend.INDEX)
Kind = inspect.Parameter
_PENDING = Function("not lowered yet", (), Block((), (), ()))
_lock = threading.RLock()


def lower(fn: Callable[..., Any]) -> Template:
    """The Template of a function; the same one each time while its code is the same.

    Raises Refused with everything in the function that is not supported.
    """
    plain = plain_function(fn)
    with _lock:
        table = kept_for(plain)
        code, template = table.get("template", (None, None))
        if code is not plain.__code__:
            template = _lowered(plain)
            table["template"] = plain.__code__, template
        found: Template = template
        return found


def _lowered(fn: types.FunctionType) -> Template:
    source = find_source(fn)
    try:
        return _read(fn, source)
    except RecursionError:
        raise _too_deep(source) from None


def _read(fn: types.FunctionType, source: Source) -> Template:
    source, refusals = with_cells(source)
    refusals += outside(source)
    root = scopes(source.node)
    refusals += late_bindings(root, source)
    if refusals:
        raise Refused(*sorted(refusals, key=lambda d: (d.at.line, d.at.column)))
    cells = dict(zip(fn.__code__.co_freevars, fn.__closure__ or ()))
    unit = _Unit(source, Namespace(fn.__globals__, cells))
    unit.fill(root, {})
    return unit.template(root)


def _too_deep(source: Source) -> Refused:
    message = f"{source.name!r} nests its statements or its early returns too deeply"
    at = span(source.node, source.filename, source.name)
    return refuse("SD126", message, at, "split the function, or raise sys.setrecursionlimit")


@dataclass
class _Unit:
    """The functions of one source: their templates, and which have a body by now."""

    source: Source
    namespace: Namespace
    templates: dict[Scope, Template] = field(default_factory=dict)
    filled: set[Scope] = field(default_factory=set)

    @property
    def filename(self) -> str:
        return self.source.filename

    def template(self, scope: Scope) -> Template:
        if scope not in self.templates:
            self.templates[scope] = self._empty(scope)
        return self.templates[scope]

    def _empty(self, scope: Scope) -> Template:
        assert isinstance(scope.node, (ast.FunctionDef, ast.Lambda))
        captures = tuple(variable.name for variable in scope.needs)
        args = tuple(_parameters(scope.node.args))
        return Template(_name(scope.node), args, captures, _PENDING, self.namespace)

    def fill(self, scope: Scope, bound: dict[Variable, bool]) -> None:
        """The body comes after the template, so that a function can mention itself."""
        if scope in self.filled:
            return
        self.filled.add(scope)
        function = _function(Frame(self, _name(scope.node), scope), bound)
        object.__setattr__(self.template(scope), "function", function)
        self._fill_rest(scope)

    def _fill_rest(self, scope: Scope) -> None:
        """Functions defined where control never comes are mentioned by others all the same."""
        for inner in scope.all():
            if inner in self.templates:
                self.fill(inner, dict.fromkeys(inner.needs, False))


def _function(frame: Frame, bound: dict[Variable, bool]) -> Function:
    node = frame.scope.node
    assert isinstance(node, (ast.FunctionDef, ast.Lambda))
    captured = {v: Binding(Var(v.hint), bound[v]) for v in frame.scope.needs}
    own = [frame.scope.variables[p.arg] for p in parameters(node.args)]
    given = {v: Binding(Var(v.hint)) for v in own}
    frame.env.update(captured | given)
    params = tuple(b.atom for b in (captured | given).values() if isinstance(b.atom, Var))
    result = _body(frame, node)
    body = prune(Block((), tuple(frame.stmts), (result,)))
    doc = ast.get_docstring(node) or "" if isinstance(node, ast.FunctionDef) else ""
    at = span(node, frame.unit.filename, frame.name)
    return Function(frame.name, params, body, at=at, doc=doc)


def _body(frame: Frame, node: FunctionNode) -> Atom:
    if isinstance(node, ast.Lambda):
        return expression(frame, node.body)
    statements(frame, normalise(node))
    binding = frame.env.get(frame.scope.variable(RESULT))
    return binding.atom if binding and not frame.ended else Const(NEVER)


def _name(node: ast.AST) -> str:
    return node.name if isinstance(node, ast.FunctionDef) else "<lambda>"


def _parameters(args: ast.arguments) -> Iterator[Parameter]:
    positional = args.posonlyargs + args.args
    first_default = len(positional) - len(args.defaults)
    for index, arg in enumerate(positional):
        only = index < len(args.posonlyargs)
        kind = Kind.POSITIONAL_ONLY if only else Kind.POSITIONAL_OR_KEYWORD
        yield Parameter(arg.arg, kind, index >= first_default)
    if args.vararg:
        yield Parameter(args.vararg.arg, Kind.VAR_POSITIONAL)
    for arg, default in zip(args.kwonlyargs, args.kw_defaults):
        yield Parameter(arg.arg, Kind.KEYWORD_ONLY, default is not None)
    if args.kwarg:
        yield Parameter(args.kwarg.arg, Kind.VAR_KEYWORD)
