"""Statements to operations: one free function per kind of node, and an index of them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from srcdiff.frontend.bound import (
    FunctionNode,
    default_names,
    defaults,
    named_lambda,
)
from srcdiff.frontend.cells import Cell, ModuleVariable
from srcdiff.frontend.expressions import (
    BINARY,
    bound_cell,
    expression,
    fill,
    function,
    index,
    test,
)
from srcdiff.frontend.frame import Frame
from srcdiff.frontend.imports import import_now
from srcdiff.frontend.loops import lower_for, lower_while
from srcdiff.frontend.targets import assign, hint
from srcdiff.ir.core import Atom, Const, Pack
from srcdiff.ops import syntax


def statements(frame: Frame, nodes: Sequence[ast.stmt]) -> None:
    """Lower a block; what stands after a raise is dead."""
    for node in nodes:
        if frame.ended:
            return
        STATEMENTS[type(node)](frame, node)


def _assign(frame: Frame, node: ast.Assign) -> None:
    named = named_lambda(node)
    if named and _define(frame, named[0], named[1]):
        return
    if len(node.targets) == 1 and _is_pairing(node.targets[0], node.value):
        _assign_parts(frame, node.targets[0], node.value)
        return
    value = expression(frame, node.value, hint(node.targets[0]))
    for target in node.targets:
        assign(frame, target, value)


def _is_pairing(target: ast.expr, value: ast.expr) -> bool:
    """x, y = a, b: no tuple is needed."""
    if not isinstance(target, (ast.Tuple, ast.List)) or not isinstance(value, ast.Tuple):
        return False
    starred = any(isinstance(part, ast.Starred) for part in target.elts + value.elts)
    return not starred and len(target.elts) == len(value.elts)


def _assign_parts(frame: Frame, target: Any, value: Any) -> None:
    pairs = list(zip(target.elts, value.elts))
    for part, atom in [(part, expression(frame, item, hint(part))) for part, item in pairs]:
        assign(frame, part, atom)


def _augmented(frame: Frame, node: ast.AugAssign) -> None:
    op = Const(BINARY[type(node.op)])
    if isinstance(node.target, ast.Subscript):
        owner, place = expression(frame, node.target.value), index(frame, node.target.slice)
        read = frame.emit(syntax.ITEM, node.target, owner, place)
        if isinstance(node.target, Cell):
            read = bound_cell(frame, node.target, read)
        value = expression(frame, node.value)
        frame.do(syntax.AUGMENT_ITEM, node, op, owner, place, read, value)
        return
    if isinstance(node.target, ast.Attribute):
        owner, attr = expression(frame, node.target.value), Const(node.target.attr)
        read = frame.emit(syntax.ATTRIBUTE, node.target, owner, attr)
        value = expression(frame, node.value)
        frame.do(syntax.AUGMENT_ATTRIBUTE, node, op, owner, attr, read, value)
        return
    name: Any = node.target.id
    if isinstance(node.target, ModuleVariable):
        held: Atom = frame.emit(syntax.GLOBAL, node.target, Const(name), hint=name)
        value = expression(frame, node.value)
        new = frame.emit(syntax.AUGMENTED, node, op, held, value, hint=name)
        frame.do(syntax.SET_GLOBAL, node, Const(name), new)
        return
    held = frame.load(name, node.target)
    value = expression(frame, node.value)
    frame.bind(name, frame.emit(syntax.AUGMENTED, node, op, held, value, hint=name))


def _expression(frame: Frame, node: ast.Expr) -> None:
    expression(frame, node.value)


def _if(frame: Frame, node: ast.If) -> None:
    def then() -> None:
        statements(frame, node.body)

    def orelse() -> None:
        statements(frame, node.orelse)

    frame.branch(node, test(frame, node.test), then, orelse)


def _for(frame: Frame, node: ast.For) -> None:
    lower_for(frame, node, lambda: statements(frame, node.body))


def _while(frame: Frame, node: ast.While) -> None:
    lower_while(frame, node, lambda: statements(frame, node.body))


def _raise(frame: Frame, node: ast.Raise) -> None:
    error = expression(frame, node.exc) if node.exc else Const(None)
    cause = expression(frame, node.cause) if node.cause else Const(None)
    frame.do(syntax.RAISE, node, error, cause)
    frame.ended = True


def _def(frame: Frame, node: ast.FunctionDef) -> None:
    if _define(frame, node.name, node):
        return
    decorators = [expression(frame, decorator) for decorator in node.decorator_list]
    values = tuple(expression(frame, default) for default in defaults(node.args))
    scope = frame.scope.children[node]
    fill(frame, scope)
    value = function(frame, scope, values, node, node.name)
    for decorator, place in zip(reversed(decorators), reversed(node.decorator_list)):
        args = Pack((value,))
        value = frame.emit(syntax.CALL, place, decorator, args, Pack(()), hint=node.name)
    frame.bind(node.name, value)


def _define(frame: Frame, name: str, node: FunctionNode) -> bool:
    """A static function: keep its defaults; each load of its name makes the closure."""
    variable = frame.scope.resolve(name)
    if variable is None or variable.static is not node:
        return False
    for kept, default in default_names(name, node.args):
        frame.bind(kept, expression(frame, default))
    scope = variable.scope.children[node]
    frame.bind(name, Const(frame.unit.template(scope)))
    fill(frame, scope)
    return True


def _import(frame: Frame, node: ast.Import | ast.ImportFrom) -> None:
    """What an import binds is known while compiling; where it fails, so does the program."""
    try:
        found = list(import_now(node, frame.unit.namespace.globals))
    except ImportError as error:
        frame.do(syntax.RAISE, node, Const(error), Const(None))
        frame.ended = True
        return
    for name, value in found:
        frame.bind(name, Const(value))


def _delete(frame: Frame, node: ast.Delete) -> None:
    for target in node.targets:
        if isinstance(target, ast.Subscript):
            owner, place = expression(frame, target.value), index(frame, target.slice)
            frame.do(syntax.DELETE_ITEM, target, owner, place)
        else:
            assert isinstance(target, ast.Name)
            frame.unbind(target.id, target)


def _nothing(frame: Frame, node: ast.stmt) -> None:
    return None


STATEMENTS: dict[type[ast.stmt], Callable[[Frame, Any], None]] = {
    ast.Assign: _assign,
    ast.AugAssign: _augmented,
    ast.Expr: _expression,
    ast.If: _if,
    ast.For: _for,
    ast.While: _while,
    ast.Raise: _raise,
    ast.FunctionDef: _def,
    ast.Import: _import,
    ast.ImportFrom: _import,
    ast.Delete: _delete,
    ast.Pass: _nothing,
}
