"""Arguments and applications as Python expressions. PRINTERS is the index of operations that have a
syntax of their own; every other row is an operator or a call of its function.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from srcdiff.emit.around import Around, Expr, attribute, call
from srcdiff.emit.around import name as name_node
from srcdiff.emit.nest import ACCESS, CHOOSE, Nested
from srcdiff.emit.ownership import Ownership
from srcdiff.ir.core import Apply, Arg, Const, Cut, Pack, Star, Tree, Var
from srcdiff.ir.types import Array, ListOf, Scalar, Type, is_python
from srcdiff.ops import runtime
from srcdiff.ops.table import Row

Printed = Callable[["Printer", Apply], Expr]
LIST_LIKE = ("np.array", "np.asarray", "np.concatenate", "np.stack")


@dataclass
class Printer:
    """Expressions of one function."""

    nested: Nested
    name_of: Callable[[Var], str]
    owned: Ownership
    around: Around

    def expr(self, arg: Arg) -> Expr:
        """An argument as an expression."""
        if isinstance(arg, Var):
            made = self.nested.made.get(arg)
            return self.apply(made) if made is not None else name_node(self.name_of(arg))
        if isinstance(arg, Const):
            return self.around.literal(arg.value)
        if isinstance(arg, Pack):
            return self.whole_shape(arg) or ast.Tuple([self.expr(i) for i in arg.items], ast.Load())
        if isinstance(arg, Cut):
            return call(
                self.around.builtin("slice"), *map(self.expr, (arg.start, arg.stop, arg.step))
            )
        assert isinstance(arg, Star), arg
        return ast.Starred(self.expr(arg.value), ast.Load())

    def index(self, arg: Arg) -> Expr:
        """An argument inside of square brackets."""
        if isinstance(arg, Pack):
            return ast.Tuple([self.index(i) for i in arg.items], ast.Load())
        if not isinstance(arg, Cut):
            return self.expr(arg)
        bounds = (arg.start, arg.stop, arg.step)
        return ast.Slice(*(None if b == Const(None) else self.expr(b) for b in bounds))

    def whole_shape(self, pack: Pack) -> Expr | None:
        """(x.shape[0], x.shape[1]) is x.shape when x has two axes."""
        made = [self.nested.made.get(i) if isinstance(i, Var) else None for i in pack.items]
        arrays = [m.args[0] for m in made if m is not None and m.op.name == "extent"]
        axes = [m.args[1] for m in made if m is not None and m.op.name == "extent"]
        if not axes or axes != [Const(k) for k in range(len(made))]:
            return None
        type = type_of(arrays[0])
        if any(a is not arrays[0] for a in arrays) or not isinstance(type, Array):
            return None
        return (
            attribute(self.expr(arrays[0]), "shape") if len(type.shape or ()) == len(axes) else None
        )

    def test(self, arg: Arg) -> Expr:
        """An argument of which only its truth is asked."""
        made = self.nested.made.get(arg) if isinstance(arg, Var) else None
        return self.expr(made.args[0] if made is not None and made.op.name == "truth" else arg)

    def negation(self, arg: Arg) -> Expr:
        """`not arg`; comparisons are turned round where that is the same (not so `<` of floats)."""
        test = self.test(arg)
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return test.operand
        made = self.nested.made.get(arg) if isinstance(arg, Var) else None
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            whole = made is not None and all(_is_int(a) for a in made.args)
            turned = {**TURNED, **(TURNED_INT if whole else {})}.get(type(test.ops[0]))
            if turned is not None:
                return ast.Compare(test.left, [turned()], test.comparators)
        return ast.UnaryOp(ast.Not(), test)

    # --- applications ---

    def apply(self, step: Apply) -> Expr:
        """An application as an expression."""
        special = PRINTERS.get(step.op.name)
        if special is not None:
            return special(self, step)
        assert isinstance(step.op, Row), f"no way to print {step.op.name}"
        return self.operator(step.op, step) or self.call_row(step.op, step)

    def operator(self, row: Row, step: Apply) -> Expr | None:
        if row.symbol is None:
            return None
        args = [self.expr(a) for a in step.args]
        if issubclass(row.symbol, ast.operator) and len(args) == 2:
            return ast.BinOp(args[0], row.symbol(), args[1])
        if issubclass(row.symbol, ast.unaryop) and len(args) == 1:
            return ast.UnaryOp(row.symbol(), args[0])
        if issubclass(row.symbol, ast.cmpop) and len(args) == 2:
            return ast.Compare(args[0], [row.symbol()], [args[1]])
        return None

    def call_row(self, row: Row, step: Apply) -> Expr:
        """A call with the arguments as its signature has them; defaults are left out."""
        function, python = self.function(row, step)
        positional: list[Expr] = []
        keywords: list[ast.keyword] = []
        for parameter, arg in zip(row.signature.parameters.values(), step.args):
            if parameter.kind is parameter.VAR_POSITIONAL and isinstance(arg, Pack):
                positional += [self.expr(i) for i in arg.items]
            elif parameter.default is parameter.empty or parameter.name in row.operands:
                positional.append(self.sequence(row, arg))
            elif arg != Const(parameter.default):
                if python and parameter.kind is not parameter.KEYWORD_ONLY and not keywords:
                    positional.append(self.expr(arg))
                else:
                    keywords.append(ast.keyword(parameter.name, self.expr(arg)))
        return ast.Call(function, positional, keywords)

    def sequence(self, row: Row, arg: Arg) -> Expr:
        """An operand; several arrays are given as a list."""
        if isinstance(arg, Pack) and (row.sequence or row.path in LIST_LIKE):
            return ast.List([self.sequence(row, i) for i in arg.items], ast.Load())
        return self.expr(arg)

    def function(self, row: Row, step: Apply) -> tuple[Expr, bool]:
        """The function of a row, and whether it is Python's own: it is where the result is a number of Python's."""
        if row.scalar is not None and step.outs and is_python(step.outs[0].type):
            return self.around.reference(row.scalar), True
        if row.path and getattr(runtime, row.path, None) is not row.function:
            return self.around.dotted(row.path), row.path.startswith("math.") or "." not in row.path
        return self.around.reference(row.function), False

    # --- structures ---

    def tree(self, tree: Tree, leaves: list[Expr]) -> Expr:
        """A result put together."""
        if tree.kind == "leaf":
            return leaves[tree.index]
        if tree.kind == "static":
            return self.around.literal(tree.value)
        inner = [self.tree(c, leaves) for c in tree.children]
        if tree.kind == "tuple":
            return ast.Tuple(inner, ast.Load())
        if tree.kind == "list":
            return ast.List(inner, ast.Load())
        if tree.kind == "dict":
            return ast.Dict([self.around.literal(k) for k in tree.keys], inner)
        return call(self.around.reference(tree.value), **dict(zip(tree.keys, inner)))

    def zero(self, type: Type) -> Expr:
        """The zero of a scalar type."""
        assert isinstance(type, Scalar)
        zero = np.zeros((), type.dtype)[()]
        return self.around.literal(zero.item() if type.weak else zero)

    def copy(self, type: Type, value: Expr) -> Expr:
        """A copy of a value that is not ours."""
        if not isinstance(type, ListOf):
            return call(attribute(value, "copy"))
        if isinstance(type.element, Scalar):
            return call(self.around.builtin("list"), value)
        return call(self.around.helper(runtime.copied), value)


TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
TURNED_INT: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
}


def type_of(arg: Arg) -> Type | None:
    """The type of an argument, if it is one value."""
    if isinstance(arg, Var):
        return arg.type
    if isinstance(arg, Const) and isinstance(arg.value, (bool, int, float, complex, np.generic)):
        dtype = (
            np.dtype(type(arg.value))
            if isinstance(arg.value, np.generic)
            else np.min_scalar_type(arg.value)
        )
        weak = not isinstance(arg.value, np.generic)
        return Scalar(
            {"f": "float64", "c": "complex128", "b": "bool"}.get(dtype.kind, "int64")
            if weak
            else dtype.name,
            weak,
        )
    return None


def _is_int(arg: Arg) -> bool:
    type = type_of(arg)
    return isinstance(type, Scalar) and np.dtype(type.dtype).kind in "iub" and not type.optional


# --- operations with a syntax of their own --------------------------------------------------------


def subscript(p: Printer, owner: Expr, index: Arg) -> ast.Subscript:
    """owner[index]; a single index of an array needs no comma."""
    if isinstance(index, Pack) and len(index.items) == 1 and _is_basic(index.items[0]):
        index = index.items[0]
    return ast.Subscript(owner, p.index(index), ast.Load())


def _is_basic(index: Arg) -> bool:
    return isinstance(index, (Cut, Const)) or isinstance(type_of(index), Scalar)


def _getitem(p: Printer, s: Apply) -> Expr:
    return subscript(p, p.expr(s.args[0]), s.args[1])


def _select(p: Printer, s: Apply) -> Expr:
    c, x, y = s.args
    return ast.IfExp(p.test(c), p.expr(x), p.expr(y))


def _choose(p: Printer, s: Apply) -> Expr:
    test, a, b = s.args
    type = s.outs[0].type
    if not (isinstance(type, Scalar) and type.dtype == "bool"):
        return _select(p, s)
    if a == Const(False):
        return (
            p.negation(test)
            if b == Const(True)
            else ast.BoolOp(ast.And(), [p.negation(test), p.expr(b)])
        )
    if b == Const(True):
        return ast.BoolOp(ast.Or(), [p.negation(test), p.expr(a)])
    if b == Const(False):
        return (
            p.expr(test)
            if a == Const(True)
            else ast.BoolOp(ast.And(), _flat(ast.And, p.expr(test), p.expr(a)))
        )
    if a == Const(True):
        return ast.BoolOp(ast.Or(), _flat(ast.Or, p.expr(test), p.expr(b)))
    return _select(p, s)


def _flat(operator: type[ast.boolop], *parts: Expr) -> list[Expr]:
    """`a and (b and c)` needs no parentheses."""
    first, last = parts
    joined = isinstance(last, ast.BoolOp) and isinstance(last.op, operator)
    return [first, *last.values] if joined else [first, last]  # type: ignore[attr-defined]


def _access(p: Printer, s: Apply) -> Expr:
    start, path, _ = s.args
    assert isinstance(start, Const) and isinstance(path, Const)
    return reached(p, start.value, path.value)


def reached(p: Printer, start: str, path: tuple[tuple[str, Any], ...]) -> Expr:
    """A part of an argument."""
    node: Expr = name_node(start)
    for kind, key in path:
        literal = p.around.literal(key)
        node = attribute(node, key) if kind == "field" else ast.Subscript(node, literal, ast.Load())
    return node


def _spread(p: Printer, s: Apply) -> Expr:
    if not isinstance(s.outs[0].type, Array):
        return p.expr(s.args[0])
    return _filled(p, s) if s.outs[0] in p.owned.filled else _broadcast(p, s)


def _broadcast(p: Printer, s: Apply) -> Expr:
    v, like = s.args
    if isinstance(type_of(like), Array):
        shape: Expr = attribute(p.expr(like), "shape")
    else:
        shape = call(p.around.dotted("np.shape"), p.expr(like))
    return call(p.around.dotted("np.broadcast_to"), p.expr(v), shape)


def _filled(p: Printer, s: Apply) -> Expr:
    """A broadcast that is an array of its own."""
    (v, like), type = s.args, s.outs[0].type
    given, shaped = type_of(v), type_of(like)
    assert isinstance(type, Array)
    if not isinstance(given, Scalar) or not isinstance(shaped, Array):
        return call(attribute(_broadcast(p, s), "copy"))
    if shaped.dtype == type.dtype:
        if v in (Const(0.0), Const(1.0)):
            return call(
                p.around.dotted("np.ones_like" if v == Const(1.0) else "np.zeros_like"),
                p.expr(like),
            )
        return call(p.around.dotted("np.full_like"), p.expr(like), p.expr(v))
    dtype = (
        {}
        if given.dtype == type.dtype
        else {"dtype": p.around.dotted(f"np.{_dtype_name(type.dtype)}")}
    )
    return call(p.around.dotted("np.full"), attribute(p.expr(like), "shape"), p.expr(v), **dtype)


def zeros(p: Printer, type: Type, like: Arg) -> Expr:
    """Zeros of a type, in the shape of a value."""
    if isinstance(type, Scalar):
        return p.zero(type)
    if isinstance(type, Array):
        shaped = type_of(like)
        other = isinstance(shaped, (Array, Scalar)) and shaped.dtype != type.dtype
        dtype = {"dtype": p.around.dotted(f"np.{_dtype_name(type.dtype)}")} if other else {}
        return call(p.around.dotted("np.zeros_like"), p.expr(like), **dtype)
    if isinstance(type, ListOf) and isinstance(type.element, Scalar):
        one = ast.List([p.zero(type.element)], ast.Load())
        return ast.BinOp(one, ast.Mult(), call(p.around.builtin("len"), p.expr(like)))
    return call(p.around.helper(runtime.zeros_like), p.expr(like))


def _zeros_like(p: Printer, s: Apply) -> Expr:
    return zeros(p, s.outs[0].type, s.args[0])


def _helper(function: Any) -> Printed:
    return lambda p, s: call(p.around.helper(function), *(p.expr(a) for a in s.args))


def _builtin(text: str) -> Printed:
    return lambda p, s: call(p.around.builtin(text), *(p.expr(a) for a in s.args))


def _drop_last(p: Printer, s: Apply) -> Expr:
    cut = ast.Slice(None, ast.UnaryOp(ast.USub(), ast.Constant(1)), None)
    return ast.Subscript(p.expr(s.args[0]), cut, ast.Load())


def _list(p: Printer, s: Apply) -> Expr:
    (pack,) = s.args
    assert isinstance(pack, Pack)
    return ast.List([p.expr(i) for i in pack.items], ast.Load())


def _join_lists(p: Printer, s: Apply) -> Expr:
    return ast.BinOp(p.expr(s.args[0]), ast.Add(), p.expr(s.args[1]))


def _contains(p: Printer, s: Apply) -> Expr:
    return ast.Compare(p.expr(s.args[0]), [ast.In()], [p.expr(s.args[1])])


def _extent(p: Printer, s: Apply) -> Expr:
    return ast.Subscript(attribute(p.expr(s.args[0]), "shape"), p.expr(s.args[1]), ast.Load())


def _cast(p: Printer, s: Apply) -> Expr:
    x, to = s.args
    assert isinstance(to, Const)
    if isinstance(to.value, type) and not issubclass(to.value, np.generic):
        return call(p.around.reference(to.value), p.expr(x))
    dtype = p.around.dotted(f"np.{_dtype_name(np.dtype(to.value).name)}")
    if isinstance(type_of(x), Array):
        return call(attribute(p.expr(x), "astype"), dtype)
    return call(dtype, p.expr(x))


def _dtype_name(dtype: str) -> str:
    return "bool_" if dtype == "bool" else dtype


def _not(p: Printer, s: Apply) -> Expr:
    return p.negation(s.args[0])


def _is_none(p: Printer, s: Apply) -> Expr:
    return ast.Compare(p.expr(s.args[0]), [ast.Is()], [ast.Constant(None)])


def _identity(p: Printer, s: Apply) -> Expr:
    return p.expr(s.args[0])


def _copy(p: Printer, s: Apply) -> Expr:
    return p.copy(s.outs[0].type, p.expr(s.args[0]))


def _format(p: Printer, s: Apply) -> Expr:
    value, conversion, spec = s.args
    shown = p.expr(value)
    if isinstance(conversion, Const) and conversion.value in ("r", "s", "a"):
        shown = call(
            p.around.builtin({"r": "repr", "s": "str", "a": "ascii"}[conversion.value]), shown
        )
    elif spec in (Const(""), Const(None)):
        return call(p.around.builtin("str"), shown)
    if spec in (Const(""), Const(None)):
        return shown
    return call(p.around.builtin("format"), shown, p.expr(spec))


def _join(p: Printer, s: Apply) -> Expr:
    """A text with places in it: "x = {:.3f}".format(x)."""
    text, values = "", []
    for part in s.args:
        if isinstance(part, Const):
            text += str(part.value).replace("{", "{{").replace("}", "}}")
            continue
        place, value = _place(p, part)
        text += place
        values.append(p.expr(value))
    if not values:
        return ast.Constant(text.replace("{{", "{").replace("}}", "}"))
    return call(attribute(ast.Constant(text), "format"), *values)


def _place(p: Printer, part: Arg) -> tuple[str, Arg]:
    """The place of a part in a format string, and what is put there."""
    made = p.nested.made.get(part) if isinstance(part, Var) else None
    if made is None or made.op.name != "format":
        return "{}", part
    value, conversion, spec = made.args
    if (
        not isinstance(conversion, Const)
        or not isinstance(spec, Const)
        or set("{}") & set(spec.value or "")
    ):
        return "{}", part
    shown = f"!{conversion.value}" if conversion.value else ""
    return "{" + shown + (f":{spec.value}" if spec.value else "") + "}", value


def _call(p: Printer, s: Apply) -> Expr:
    callee, *args = s.args
    assert isinstance(callee, Const)
    return call(p.around.callee(callee.value), *(p.expr(a) for a in args))


def _user_call(p: Printer, s: Apply) -> Expr:
    function, args, *named = s.args
    assert isinstance(function, Const) and isinstance(args, Pack)
    made = call(p.around.literal(function.value), *(p.expr(a) for a in args.items))
    for pair in named[0].items if named and isinstance(named[0], Pack) else ():
        if isinstance(pair, Star):
            made.keywords.append(ast.keyword(None, p.expr(pair.value)))
        elif isinstance(pair, Pack) and isinstance(pair.items[0], Const):
            made.keywords.append(ast.keyword(pair.items[0].value, p.expr(pair.items[1])))
    return made


def _raised(p: Printer, s: Apply) -> Expr:
    cls, args = s.args[:2]
    assert isinstance(args, Pack)
    return call(p.expr(cls), *(p.expr(a) for a in args.items))


def _transpose(p: Printer, s: Apply) -> Expr:
    """x.T, unless the axes are given."""
    assert isinstance(s.op, Row)
    if len(s.args) > 1 and s.args[1] != Const(None) or not isinstance(type_of(s.args[0]), Array):
        return p.call_row(s.op, s)
    return attribute(p.expr(s.args[0]), "T")


def _round(p: Printer, s: Apply) -> Expr:
    """Python's round gives an int unless told how many decimals to keep."""
    assert isinstance(s.op, Row)
    x, decimals = s.args[0], s.args[1] if len(s.args) > 1 else Const(0)
    type = s.outs[0].type
    if (
        is_python(type)
        and isinstance(type, Scalar)
        and type.dtype != "int64"
        and decimals == Const(0)
    ):
        return call(p.around.builtin("round"), p.expr(x), ast.Constant(0))
    return p.call_row(s.op, s)


PRINTERS: dict[str, Printed] = {
    CHOOSE.name: _choose,
    ACCESS.name: _access,
    "getitem": _getitem,
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
    "truth": _builtin("bool"),
    "not": _not,
    "is_none": _is_none,
    "identity": _identity,
    "stop_gradient": _identity,
    "format": _format,
    "join": _join,
    "call": _call,
    "copy": _copy,
    "raise": _raised,
    "effect": _user_call,
    "external": _user_call,
    "round": _round,
    "transpose": _transpose,
}
