"""Operations with a syntax of their own, as expressions: one function each; SYNTAX is the index."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from srcdiff.emit.around import Expr, attribute, call
from srcdiff.emit.around import name as name_node
from srcdiff.emit.expressions import Printed, Printer, subscript, type_of
from srcdiff.emit.nest import ACCESS, CHOOSE
from srcdiff.ir.core import Apply, Arg, Const, Pack, Star, Var
from srcdiff.ir.types import Array, ListOf, Scalar, Type, is_python
from srcdiff.ops import runtime
from srcdiff.ops.table import Row


def _getitem(p: Printer, s: Apply) -> Expr:
    """A number is read without `...`, with which NumPy gives a view of rank 0 that changes later."""
    owner, index = s.args
    if isinstance(s.outs[0].type, Scalar) and not isinstance(type_of(owner), ListOf):
        parts = index.items if isinstance(index, Pack) else (index,)
        kept = tuple(a for a in parts if not (isinstance(a, Const) and a.value is ...))
        index = index if len(kept) == len(parts) else Pack(kept)
    return subscript(p, p.expr(owner), index)


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


def _blank(p: Printer, s: Apply) -> Expr:
    """Zeros in the shape of what is None where the path taken has not made it."""
    value = p.expr(s.args[0])
    if isinstance(s.outs[0].type, ListOf):
        present = ast.BoolOp(ast.Or(), [value, ast.List([], ast.Load())])
        return call(p.around.helper(runtime.zeros_like), present)
    return call(p.around.helper(runtime.blank), value)


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


def _copy_in_order(p: Printer, s: Apply) -> Expr:
    """np.copy as the method, which has another order by default."""
    x, order, *_ = s.args
    if order == Const("C") and isinstance(type_of(x), Array):
        return call(attribute(p.expr(x), "copy"))
    assert isinstance(s.op, Row)
    return p.call_row(s.op, s)


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


SYNTAX: dict[str, Printed] = {
    CHOOSE.name: _choose,
    ACCESS.name: _access,
    "getitem": _getitem,
    "select": _select,
    "spread": _spread,
    "unbroadcast": _helper(runtime.unbroadcast),
    "add_lists": _helper(runtime.add_lists),
    "checkpoints": _helper(runtime.checkpoints),
    "place_of": _helper(runtime.place_of),
    "zeros_like": _zeros_like,
    "blank": _blank,
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
    "hooked": _identity,
    "format": _format,
    "join": _join,
    "call": _call,
    "pack": lambda p, s: p.expr(s.args[0]),
    "copy": _copy,
    "np_copy": _copy_in_order,
    "raise": _raised,
    "effect": _user_call,
    "external": _user_call,
    "round": _round,
    "transpose": _transpose,
}
