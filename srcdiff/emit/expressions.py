"""Arguments and applications as Python expressions. PRINTERS is the index of operations that have a
syntax of their own; every other row is a call of its function.
"""

from __future__ import annotations

import ast
import builtins
import math
import types
from dataclasses import dataclass, field
from typing import Any, Callable

import numpy as np

from srcdiff.emit.plan import Plan
from srcdiff.ir.core import NEVER, UNDEFINED, Apply, Arg, Const, Cut, If, Pack, Star, Tree, Var
from srcdiff.ir.types import Array, ListOf, Scalar, is_python
from srcdiff.ops import runtime
from srcdiff.ops.python import Callee
from srcdiff.ops.table import Row

Expr = ast.expr


@dataclass
class Surroundings:
    """What the printed function needs around it."""

    helpers: dict[str, Any] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    callees: dict[str, Callee] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)

    def helper(self, function: Any) -> Expr:
        """A run-time helper, whose source goes in front."""
        self.helpers[function.__name__] = function
        return name(function.__name__)

    def constant(self, value: Any) -> Expr:
        """An object of the user's, by name."""
        base = getattr(value, "__name__", type(value).__name__)
        base = base if base.isidentifier() else "constant"
        text, number = base, 1
        while self.constants.get(text, value) is not value or text in self.helpers:
            text, number = f"{base}_{number}", number + 1
        self.constants[text] = value
        return name(text)

    def callee(self, callee: Callee) -> Expr:
        """Another generated function, which goes in front."""
        text, number = callee.name, 1
        while self.callees.get(text, callee) is not callee:
            text, number = f"{callee.name}_{number}", number + 1
        self.callees[text] = callee
        return name(text)

    def dotted(self, path: str) -> Expr:
        """np.linalg.inv and the like."""
        first, *rest = path.split(".")
        if rest:
            self.imports.add({"np": "import numpy as np"}.get(first, f"import {first}"))
        node: Expr = name(first)
        for part in rest:
            node = ast.Attribute(node, part, ast.Load())
        return node


def name(text: str) -> ast.Name:
    return ast.Name(text, ast.Load())


def call(function: Expr, *args: Expr, **keywords: Expr) -> Expr:
    return ast.Call(function, list(args), [ast.keyword(k, v) for k, v in keywords.items()])


@dataclass
class Printer:
    """Expressions of one function."""

    plan: Plan
    name_of: Callable[[Var], str]
    around: Surroundings
    access: dict[Var, Expr] = field(default_factory=dict)

    def expr(self, arg: Arg) -> Expr:
        """An argument as an expression."""
        if isinstance(arg, Var):
            return self.variable(arg)
        if isinstance(arg, Const):
            return self.literal(arg.value)
        if isinstance(arg, Pack):
            whole = self.whole_shape(arg)
            return whole or ast.Tuple([self.expr(i) for i in arg.items], ast.Load())
        if isinstance(arg, Cut):
            return ast.Slice(*(self.bound(p) for p in (arg.start, arg.stop, arg.step)))
        assert isinstance(arg, Star)
        return ast.Starred(self.expr(arg.value), ast.Load())

    def bound(self, arg: Arg) -> Expr | None:
        return None if arg == Const(None) else self.expr(arg)

    def variable(self, var: Var) -> Expr:
        made = self.plan.nested.get(var)
        if isinstance(made, Apply):
            return self.apply(made)
        if isinstance(made, If):
            return self.choice(made)
        return self.access[var] if var in self.access else name(self.name_of(var))

    def whole_shape(self, pack: Pack) -> Expr | None:
        """(x.shape[0], x.shape[1]) is x.shape when x has two axes."""
        sources = []
        for k, item in enumerate(pack.items):
            made = self.plan.nested.get(item) if isinstance(item, Var) else None
            if not isinstance(made, Apply) or made.op.name != "extent" or made.args[1] != Const(k):
                return None
            sources.append(made.args[0])
        first = sources[0] if sources else None
        if not isinstance(first, Var) or any(s is not first for s in sources):
            return None
        type = first.type
        if not isinstance(type, Array) or len(type.shape or ()) != len(sources):
            return None
        return ast.Attribute(self.expr(first), "shape", ast.Load())

    def literal(self, value: Any) -> Expr:
        """A constant."""
        if value is UNDEFINED or value is NEVER:
            return ast.Constant(None)
        if isinstance(value, float) and type(value) is float:
            return self.float_literal(value)
        if isinstance(value, int) and type(value) is int and value < 0:
            return ast.UnaryOp(ast.USub(), ast.Constant(-value))
        if isinstance(value, np.generic):
            return call(self.around.dotted(f"np.{value.dtype.name}"), self.literal(value.item()))
        if isinstance(value, np.dtype):
            return ast.Constant(str(value))
        if isinstance(value, (tuple, list)):
            node = ast.Tuple if isinstance(value, tuple) else ast.List
            return node([self.literal(v) for v in value], ast.Load())
        if isinstance(value, slice):
            bounds = (value.start, value.stop, value.step)
            return call(name("slice"), *(self.literal(b) for b in bounds))
        if isinstance(value, dict):
            return ast.Dict([self.literal(k) for k in value], [self.literal(v) for v in value.values()])
        if isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)) or callable(value):
            return self.reference(value)
        if isinstance(value, (bool, int, str, bytes, complex, type(None), type(Ellipsis))):
            return ast.Constant(value)
        return self.around.constant(value)

    def float_literal(self, value: float) -> Expr:
        if math.isnan(value) or math.isinf(value):
            return call(name("float"), ast.Constant(repr(value)))
        if abs(value) in (math.pi, math.e, 2 * math.pi):
            symbol = self.around.dotted("np.e" if abs(value) == math.e else "np.pi")
            node: Expr = symbol
            if abs(value) == 2 * math.pi:
                node = ast.BinOp(ast.Constant(2), ast.Mult(), symbol)
            return ast.UnaryOp(ast.USub(), node) if value < 0 else node
        if value < 0 or math.copysign(1.0, value) < 0:
            return ast.UnaryOp(ast.USub(), ast.Constant(-value))
        return ast.Constant(value)

    def reference(self, value: Any) -> Expr:
        """A function or class by name."""
        text = getattr(value, "__name__", "")
        if getattr(builtins, text, None) is value:
            return name(text)
        if getattr(np, text, None) is value:
            return self.around.dotted(f"np.{text}")
        if getattr(math, text, None) is value:
            return self.around.dotted(f"math.{text}")
        if getattr(runtime, text, None) is value:
            return self.around.helper(value)
        return self.around.constant(value)

    def choice(self, stmt: If) -> Expr:
        """A branch as an expression."""
        test, a, b = self.expr(stmt.test), stmt.then.results[0], stmt.orelse.results[0]
        if b == Const(False):
            return ast.BoolOp(ast.And(), [test, self.expr(a)])
        if a == Const(True):
            return ast.BoolOp(ast.Or(), [test, self.expr(b)])
        return ast.IfExp(test, self.expr(a), self.expr(b))

    # --- applications ---

    def apply(self, stmt: Apply) -> Expr:
        """An application as an expression."""
        special = PRINTERS.get(stmt.op.name)
        if special is not None:
            return special(self, stmt)
        row = stmt.op
        assert isinstance(row, Row), row
        if row.symbol is not None:
            operator = self.operator(row, stmt)
            if operator is not None:
                return operator
        return self.call_row(row, stmt)

    def operator(self, row: Row, stmt: Apply) -> Expr | None:
        symbol = row.symbol
        assert symbol is not None
        args = [self.expr(a) for a in stmt.args]
        if issubclass(symbol, ast.operator) and len(args) == 2:
            return ast.BinOp(args[0], symbol(), args[1])
        if issubclass(symbol, ast.unaryop) and len(args) == 1:
            return ast.UnaryOp(symbol(), args[0])
        if issubclass(symbol, ast.cmpop) and len(args) == 2:
            return ast.Compare(args[0], [symbol()], [args[1]])
        return None

    def call_row(self, row: Row, stmt: Apply) -> Expr:
        positional: list[Expr] = []
        keywords: list[ast.keyword] = []
        for parameter, arg in zip(row.signature.parameters.values(), stmt.args):
            if parameter.kind is parameter.VAR_POSITIONAL:
                assert isinstance(arg, Pack)
                positional += [self.expr(i) for i in arg.items]
            elif parameter.default is parameter.empty:
                positional.append(self.sequence(row, arg))
            elif arg != Const(parameter.default):
                keywords.append(ast.keyword(parameter.name, self.expr(arg)))
        return ast.Call(self.function(row, stmt), positional, keywords)

    def sequence(self, row: Row, arg: Arg) -> Expr:
        if row.sequence and isinstance(arg, Pack):
            return ast.List([self.expr(i) for i in arg.items], ast.Load())
        return self.expr(arg)

    def function(self, row: Row, stmt: Apply) -> Expr:
        """The function of a row: Python's own where the result is one of Python's numbers."""
        if row.scalar is not None and stmt.outs and is_python(stmt.outs[0].type):
            module = getattr(row.scalar, "__module__", "")
            if module in ("math", "builtins") or getattr(runtime, row.scalar.__name__, None) is row.scalar:
                return self.reference(row.scalar)
        if row.path:
            return self.path(row)
        assert row.function is not None
        return self.reference(row.function)

    def path(self, row: Row) -> Expr:
        if "." in row.path or hasattr(builtins, row.path):
            return self.around.dotted(row.path)
        return self.reference(row.function)

    # --- structures ---

    def tree(self, tree: Tree, leaves: list[Expr]) -> Expr:
        """A result put together."""
        if tree.kind == "leaf":
            return leaves[tree.index]
        if tree.kind == "static":
            return self.literal(tree.value)
        inner = [self.tree(c, leaves) for c in tree.children]
        if tree.kind == "tuple":
            return ast.Tuple(inner, ast.Load())
        if tree.kind == "list":
            return ast.List(inner, ast.Load())
        if tree.kind == "dict":
            return ast.Dict([self.literal(k) for k in tree.keys], inner)
        return call(self.reference(tree.value), **dict(zip(tree.keys, inner)))


# --- operations with a syntax of their own --------------------------------------------------------


def _item(p: Printer, s: Apply) -> Expr:
    return subscript(p, p.expr(s.args[0]), s.args[1])


def subscript(p: Printer, owner: Expr, index: Arg) -> ast.Subscript:
    return ast.Subscript(owner, p.expr(index), ast.Load())


def _select(p: Printer, s: Apply) -> Expr:
    c, x, y = (p.expr(a) for a in s.args)
    return ast.IfExp(c, x, y)


def _spread(p: Printer, s: Apply) -> Expr:
    shape = ast.Attribute(p.expr(s.args[1]), "shape", ast.Load())
    return call(p.around.dotted("np.broadcast_to"), p.expr(s.args[0]), shape)


def _zeros_like(p: Printer, s: Apply) -> Expr:
    type = s.outs[0].type
    x = s.args[0]
    if isinstance(type, ListOf) and isinstance(type.element, Scalar):
        return ast.BinOp(ast.List([ast.Constant(0.0)], ast.Load()), ast.Mult(), call(name("len"), p.expr(x)))
    if isinstance(type, Array):
        return call(p.around.dotted("np.zeros_like"), p.expr(x))
    return call(p.around.helper(runtime.zeros_like), p.expr(x))


def _helper(function: Any) -> Callable[[Printer, Apply], Expr]:
    return lambda p, s: call(p.around.helper(function), *(p.expr(a) for a in s.args))


def _drop_last(p: Printer, s: Apply) -> Expr:
    cut = ast.Slice(None, ast.UnaryOp(ast.USub(), ast.Constant(1)), None)
    return ast.Subscript(p.expr(s.args[0]), cut, ast.Load())


def _list(p: Printer, s: Apply) -> Expr:
    pack = s.args[0]
    assert isinstance(pack, Pack)
    return ast.List([p.expr(i) for i in pack.items], ast.Load())


def _join_lists(p: Printer, s: Apply) -> Expr:
    return ast.BinOp(p.expr(s.args[0]), ast.Add(), p.expr(s.args[1]))


def _contains(p: Printer, s: Apply) -> Expr:
    return ast.Compare(p.expr(s.args[0]), [ast.In()], [p.expr(s.args[1])])


def _builtin(text: str) -> Callable[[Printer, Apply], Expr]:
    return lambda p, s: call(name(text), *(p.expr(a) for a in s.args))


def _extent(p: Printer, s: Apply) -> Expr:
    shape = ast.Attribute(p.expr(s.args[0]), "shape", ast.Load())
    return ast.Subscript(shape, p.expr(s.args[1]), ast.Load())


def _cast(p: Printer, s: Apply) -> Expr:
    x, to = s.args
    assert isinstance(to, Const)
    if isinstance(to.value, type):
        return call(p.reference(to.value), p.expr(x))
    if isinstance(x, Var) and isinstance(x.type, Array):
        return call(ast.Attribute(p.expr(x), "astype", ast.Load()), p.around.dotted(f"np.{_dtype_name(to.value)}"))
    return call(p.around.dotted(f"np.{_dtype_name(to.value)}"), p.expr(x))


def _dtype_name(dtype: str) -> str:
    return "bool_" if dtype == "bool" else dtype


def _truth(p: Printer, s: Apply) -> Expr:
    return call(name("bool"), p.expr(s.args[0]))


def _not(p: Printer, s: Apply) -> Expr:
    return negation(p.expr(s.args[0]))


def negation(test: Expr) -> Expr:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        flipped = {ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
                   ast.In: ast.NotIn, ast.NotIn: ast.In}.get(type(test.ops[0]))  # fmt: skip
        if flipped is not None:
            return ast.Compare(test.left, [flipped()], test.comparators)
    return ast.UnaryOp(ast.Not(), test)


def _is_none(p: Printer, s: Apply) -> Expr:
    return ast.Compare(p.expr(s.args[0]), [ast.Is()], [ast.Constant(None)])


def _identity(p: Printer, s: Apply) -> Expr:
    return p.expr(s.args[0])


def _format(p: Printer, s: Apply) -> Expr:
    value, conversion, spec = s.args
    shown = p.expr(value)
    if conversion in (Const("r"), Const("s"), Const("a")):
        assert isinstance(conversion, Const)
        shown = call(name({"r": "repr", "s": "str", "a": "ascii"}[conversion.value]), shown)
        if spec in (Const(""), Const(None)):
            return shown
    return call(name("format"), shown) if spec in (Const(""), Const(None)) else call(name("format"), shown, p.expr(spec))


def _join(p: Printer, s: Apply) -> Expr:
    parts = ast.Tuple([p.expr(a) for a in s.args], ast.Load())
    return call(ast.Attribute(ast.Constant(""), "join", ast.Load()), parts)


def _call(p: Printer, s: Apply) -> Expr:
    head = s.args[0]
    assert isinstance(head, Const)
    return call(p.around.callee(head.value), *(p.expr(a) for a in s.args[1:]))


def _copy(p: Printer, s: Apply) -> Expr:
    x = s.args[0]
    type = s.outs[0].type
    if isinstance(type, ListOf):
        if isinstance(type.element, Scalar):
            return call(name("list"), p.expr(x))
        return call(p.around.helper(runtime.copied), p.expr(x))
    made = p.plan.nested.get(x) if isinstance(x, Var) else None
    if isinstance(made, Apply) and made.op.name == "spread" and isinstance(_arg_type(made.args[0]), Scalar):
        like = made.args[1]
        if isinstance(like, Var) and isinstance(like.type, Array) and isinstance(type, Array):
            if like.type.dtype == type.dtype:
                return _filled(p, made.args[0], like)
    return call(ast.Attribute(p.expr(x), "copy", ast.Load()))


def _filled(p: Printer, v: Arg, like: Var) -> Expr:
    if v == Const(1.0):
        return call(p.around.dotted("np.ones_like"), p.expr(like))
    return call(p.around.dotted("np.full_like"), p.expr(like), p.expr(v))


def _arg_type(arg: Arg) -> Any:
    return arg.type if isinstance(arg, Var) else Scalar("float64") if isinstance(arg, Const) else None


def _raise(p: Printer, s: Apply) -> Expr:
    cls, args = s.args[:2]
    assert isinstance(cls, Const) and isinstance(args, Pack)
    return call(p.literal(cls.value), *(p.expr(a) for a in args.items))


def _effect(p: Printer, s: Apply) -> Expr:
    function, args, keywords = s.args
    assert isinstance(function, Const) and isinstance(args, Pack) and isinstance(keywords, Pack)
    named: dict[str, Expr] = {}
    for pair in keywords.items:
        assert isinstance(pair, Pack) and isinstance(pair.items[0], Const)
        named[pair.items[0].value] = p.expr(pair.items[1])
    return call(p.literal(function.value), *(p.expr(a) for a in args.items), **named)


PRINTERS: dict[str, Callable[[Printer, Apply], Expr]] = {
    "getitem": _item,
    "select": _select,
    "spread": _spread,
    "unbroadcast": _helper(runtime.unbroadcast),
    "add_lists": _helper(runtime.add_lists),
    "zeros_like": _zeros_like,
    "drop_last": _drop_last,
    "list": _list,
    "join_lists": _join_lists,
    "contains": _contains,
    "list_sum": _builtin("sum"),
    "length": _builtin("len"),
    "extent": _extent,
    "cast": _cast,
    "truth": _truth,
    "not": _not,
    "is_none": _is_none,
    "identity": _identity,
    "stop_gradient": _identity,
    "format": _format,
    "join": _join,
    "call": _call,
    "copy": _copy,
    "raise": _raise,
    "effect": _effect,
    "require": _identity,
}
