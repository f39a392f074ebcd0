"""Expressions to operations: one free function per kind of node, and an index of them.

Each takes the frame, the node and the spelling wanted for the result, and returns an atom.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from srcdiff.frontend.bound import (
    Comprehension,
    Scope,
    Variable,
    default_names,
    defaults,
    parameters,
)
from srcdiff.frontend.cells import Cell, ModuleVariable
from srcdiff.frontend.frame import Frame
from srcdiff.ir.core import UNDEFINED, Arg, Atom, Const, Cut, Op, Pack, Star, Var
from srcdiff.ops import syntax

BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}
UNARY: dict[type[ast.unaryop], str] = {ast.USub: "-", ast.UAdd: "+", ast.Invert: "~"}
COMPARE: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


def expression(frame: Frame, node: ast.expr, hint: str = "") -> Atom:
    """The value of an expression; `hint` is how the result would like to be called."""
    return EXPRESSIONS[type(node)](frame, node, hint)


def test(frame: Frame, node: ast.expr) -> Atom:
    """Whether an expression is true, asked once of each part, as `if` and `while` do."""
    if isinstance(node, ast.Constant):
        return Const(bool(node.value))
    if isinstance(node, ast.Name) and node.id.startswith("."):
        return frame.load(node.id, node)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _negated(frame, node.operand, "")
    if isinstance(node, ast.BoolOp):
        return _all_or_any(frame, node, node.values)
    if isinstance(node, ast.Compare) and len(node.ops) > 1:
        return _chain(frame, node, "", truth=True)
    return frame.emit(syntax.TRUTH, node, expression(frame, node))


def _all_or_any(frame: Frame, node: ast.BoolOp, values: Sequence[ast.expr]) -> Atom:
    first = test(frame, values[0])
    if len(values) == 1:
        return first

    def rest() -> Atom:
        return _all_or_any(frame, node, values[1:])

    if isinstance(node.op, ast.And):
        return frame.branch(node, first, rest, lambda: Const(False))
    return frame.branch(node, first, lambda: Const(True), rest)


def _name(frame: Frame, node: ast.Name, hint: str) -> Atom:
    variable = frame.scope.resolve(node.id)
    if variable and variable.static:
        if variable.scope is frame.scope.function or variable in frame.scope.function.needs:
            frame.value(variable, node)
        home = variable.scope.children[variable.static]
        return function(frame, home, _kept_defaults(frame, variable, node), node, variable.hint)
    return frame.load(node.id, node)


def _constant(frame: Frame, node: ast.Constant, hint: str) -> Atom:
    return Const(node.value)


def _attribute(frame: Frame, node: ast.Attribute, hint: str) -> Atom:
    value = expression(frame, node.value)
    return frame.emit(syntax.ATTRIBUTE, node, value, Const(node.attr), hint=hint)


def _subscript(frame: Frame, node: ast.Subscript, hint: str) -> Atom:
    value = expression(frame, node.value)
    return frame.emit(syntax.ITEM, node, value, index(frame, node.slice), hint=hint)


def _module_variable(frame: Frame, node: ModuleVariable, hint: str) -> Atom:
    """A name that is declared global"""
    return frame.emit(syntax.GLOBAL, node, Const(node.id), hint=hint or node.id)


def _cell(frame: Frame, node: Cell, hint: str) -> Atom:
    """A variable that an inner function assigns"""
    return bound_cell(
        frame, node, frame.emit(syntax.ITEM, node, expression(frame, node.value), Const(0))
    )


def bound_cell(frame: Frame, node: Cell, held: Var) -> Var:
    """What such a variable holds; Python's error when it is not bound."""
    return frame.emit(syntax.DEFINED, node, held, Const(node.spelled), hint=node.spelled)


def index(frame: Frame, node: ast.expr) -> Arg:
    """An index: x[i], x[a:b], x[a, :]."""
    if isinstance(node, ast.Tuple):
        return Pack(tuple(_part(frame, item) for item in node.elts))
    return _part(frame, node)


def _part(frame: Frame, node: ast.expr) -> Arg:
    if isinstance(node, ast.Slice):
        bounds = (node.lower, node.upper, node.step)
        return Cut(*(expression(frame, b) if b else Const(None) for b in bounds))
    return _starred(frame, node)


def _starred(frame: Frame, node: ast.expr) -> Arg:
    if isinstance(node, ast.Starred):
        return Star(expression(frame, node.value))
    return expression(frame, node)


def call(frame: Frame, node: ast.Call, hint: str) -> Atom:
    callee = expression(frame, node.func)
    given = node.args or _super_arguments(frame, node)
    args = Pack(tuple(_starred(frame, arg) for arg in given))
    keywords = Pack(tuple(_keyword(frame, keyword) for keyword in node.keywords))
    return frame.emit(syntax.CALL, node, callee, args, keywords, hint=hint)


def _super_arguments(frame: Frame, node: ast.Call) -> list[ast.expr]:
    """super()   ->   super(__class__, self)"""
    is_super = isinstance(node.func, ast.Name) and node.func.id == "super" and not node.keywords
    own = frame.scope.function.node
    names = [] if isinstance(own, Comprehension) else [p.arg for p in parameters(own.args)]
    if not is_super or frame.scope.resolve("super") or not names:
        return []
    return [ast.copy_location(ast.Name(name, ast.Load()), node) for name in ("__class__", names[0])]


def _keyword(frame: Frame, node: ast.keyword) -> Arg:
    value = expression(frame, node.value)
    return Star(value, mapping=True) if node.arg is None else Pack((Const(node.arg), value))


def _unary(frame: Frame, node: ast.UnaryOp, hint: str) -> Atom:
    if isinstance(node.op, ast.Not):
        return _negated(frame, node.operand, hint)
    value = expression(frame, node.operand)
    if isinstance(value, Const) and isinstance(node.op, ast.USub) and _is_number(value.value):
        return Const(-value.value)
    return frame.emit(syntax.UNARY, node, Const(UNARY[type(node.op)]), value, hint=hint)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float, complex)


def _negated(frame: Frame, operand: ast.expr, hint: str) -> Atom:
    asks = isinstance(operand, (ast.BoolOp, ast.Compare, ast.Constant))
    value = test(frame, operand) if asks and _parts(operand) else expression(frame, operand)
    return frame.emit(syntax.NOT, operand, value, hint=hint)


def _parts(node: ast.expr) -> bool:
    return isinstance(node, ast.BoolOp) or (isinstance(node, ast.Compare) and len(node.ops) > 1)


def _binary(frame: Frame, node: ast.BinOp, hint: str) -> Atom:
    left, right = expression(frame, node.left), expression(frame, node.right)
    return frame.emit(syntax.BINARY, node, Const(BINARY[type(node.op)]), left, right, hint=hint)


def _compare(frame: Frame, node: ast.Compare, hint: str) -> Atom:
    if len(node.ops) > 1:
        return _chain(frame, node, hint, truth=False)
    left = expression(frame, node.left)
    return _comparison(frame, node, 0, left, expression(frame, node.comparators[0]), hint)


def _comparison(
    frame: Frame, node: ast.Compare, which: int, left: Atom, right: Atom, hint: str
) -> Var:
    spelled = Const(COMPARE[type(node.ops[which])])
    return frame.emit(syntax.COMPARE, node, spelled, left, right, hint=hint)


def _chain(frame: Frame, node: ast.Compare, hint: str, truth: bool) -> Atom:
    """a < b < c: each part evaluated once, and only as far as needed."""

    def link(which: int, left: Atom) -> Atom:
        right = expression(frame, node.comparators[which])
        value = _comparison(frame, node, which, left, right, "")
        last = which == len(node.ops) - 1
        asked = frame.emit(syntax.TRUTH, node, value) if truth or not last else value
        if last:
            return asked if truth else value
        failed = Const(False) if truth else value
        spelled = hint if which == 0 else ""
        return frame.branch(node, asked, lambda: link(which + 1, right), lambda: failed, spelled)

    return link(0, expression(frame, node.left))


def _bool(frame: Frame, node: ast.BoolOp, hint: str) -> Atom:
    """x and y: y if x is true, else x itself."""

    def link(values: Sequence[ast.expr], hint: str) -> Atom:
        value = expression(frame, values[0])
        if len(values) == 1:
            return value
        asked = frame.emit(syntax.TRUTH, values[0], value)
        if isinstance(node.op, ast.And):
            return frame.branch(node, asked, lambda: link(values[1:], ""), lambda: value, hint)
        return frame.branch(node, asked, lambda: value, lambda: link(values[1:], ""), hint)

    return link(node.values, hint)


def _ternary(frame: Frame, node: ast.IfExp, hint: str) -> Atom:
    def then() -> Atom:
        return expression(frame, node.body)

    def orelse() -> Atom:
        return expression(frame, node.orelse)

    return frame.branch(node, test(frame, node.test), then, orelse, hint)


def _walrus(frame: Frame, node: ast.NamedExpr, hint: str) -> Atom:
    value = expression(frame, node.value, node.target.id)
    frame.bind(node.target.id, value)
    return value


def _display(op: Op) -> Callable[[Frame, Any, str], Atom]:
    def lower(frame: Frame, node: ast.Tuple | ast.List | ast.Set, hint: str) -> Atom:
        items = [_starred(frame, item) for item in node.elts]
        return frame.emit(op, node, *items, hint=hint)

    return lower


def _dict(frame: Frame, node: ast.Dict, hint: str) -> Atom:
    keys: list[Arg] = []
    values: list[Arg] = []
    for key, value in zip(node.keys, node.values):
        keys.append(expression(frame, key) if key else Const(None))
        item = expression(frame, value)
        values.append(item if key else Star(item, mapping=True))
    return frame.emit(syntax.DICT, node, Pack(tuple(keys)), Pack(tuple(values)), hint=hint)


def _joined(frame: Frame, node: ast.JoinedStr, hint: str) -> Atom:
    parts = [expression(frame, part) for part in node.values]
    if all(isinstance(part, Const) for part in parts):
        return Const("".join(part.value for part in parts if isinstance(part, Const)))
    return frame.emit(syntax.JOIN, node, *parts, hint=hint)


def _formatted(frame: Frame, node: ast.FormattedValue, hint: str) -> Atom:
    value = expression(frame, node.value)
    spec = expression(frame, node.format_spec) if node.format_spec else Const("")
    conversion = Const(chr(node.conversion) if node.conversion > 0 else "")
    return frame.emit(syntax.FORMAT, node, value, conversion, spec, hint=hint)


def _lambda(frame: Frame, node: ast.Lambda, hint: str) -> Atom:
    values = tuple(expression(frame, default) for default in defaults(node.args))
    scope = frame.scope.children[node]
    fill(frame, scope)
    return function(frame, scope, values, node, hint)


def fill(frame: Frame, scope: Scope) -> None:
    """Lower the body of a function that is defined at this point."""
    frame.unit.fill(scope, {v: frame.surely(v) for v in scope.needs})


def function(
    frame: Frame, scope: Scope, values: tuple[Atom, ...], node: ast.AST, hint: str
) -> Atom:
    """A closure over what its variables hold now."""
    template = Const(frame.unit.template(scope))
    captured = Pack(tuple(_captured(frame, v) for v in scope.needs))
    return frame.emit(syntax.FUNCTION, node, template, captured, Pack(values), hint=hint)


def _captured(frame: Frame, variable: Variable) -> Atom:
    binding = frame.env.get(variable)
    return binding.atom if binding else Const(UNDEFINED)


def _kept_defaults(frame: Frame, variable: Variable, node: ast.AST) -> tuple[Atom, ...]:
    assert variable.static is not None
    args, home = variable.static.args, variable.scope
    kept = {id(value): home.variables[name] for name, value in default_names(variable.name, args)}

    def value(default: ast.expr) -> Atom:
        if isinstance(default, ast.Constant):
            return Const(default.value)
        return _captured(frame, kept[id(default)])

    return tuple(value(default) for default in defaults(args))


Lower = Callable[[Frame, Any, str], Atom]
EXPRESSIONS: dict[type[ast.expr], Lower] = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    Cell: _cell,
    ModuleVariable: _module_variable,
    ast.Call: call,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.Compare: _compare,
    ast.BoolOp: _bool,
    ast.IfExp: _ternary,
    ast.NamedExpr: _walrus,
    ast.Tuple: _display(syntax.TUPLE),
    ast.List: _display(syntax.LIST),
    ast.Set: _display(syntax.SET),
    ast.Dict: _dict,
    ast.JoinedStr: _joined,
    ast.FormattedValue: _formatted,
    ast.Lambda: _lambda,
}
