"""Operations as a user spells them: `x[i]`, `a / b`, `math.sin(x)`, where the operands have names.

before   Apply((z,), divide, (x, y))
after    "x / y"
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from srcdiff.ir.core import Apply, Arg, Const, Cut, Pack, Range
from srcdiff.ir.types import Array, ListOf, Scalar, Type
from srcdiff.ops.table import Row

INFIX = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**", "matmul": "@",
    "less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=", "equal": "==",
    "not_equal": "!=", "mod": "%", "floor_divide": "//",
}  # fmt: skip
FORMS = {
    "negative": "-{0}",
    "getitem": "{0}[{1}]",
    "set_at": "{0} with [{1}] = {2}",
    "add_at": "{0} with [{1}] += {2}",
    "append": "{0} + [{1}]",
    "drop_last": "{0}[:-1]",
    "list": "[{0}]",
    "extent": "{0}.shape[{1}]",
    "np_copy": "{0}.copy()",
    "copy": "{0}.copy()",
}

Name = Callable[[Any], str]


def expression(stmt: Apply, name: Name, literal: Callable[[Any], str] = repr) -> str:
    """What a statement computes.  name: what a variable is called.  literal: a constant as text."""
    args = [argument(a, name, literal) for a in stmt.args]
    op = stmt.op
    if op.name in INFIX and len(args) == 2:
        return f"{args[0]} {INFIX[op.name]} {args[1]}"
    if op.name in FORMS:
        return FORMS[op.name].format(*(_bare(a, name, literal) for a in stmt.args))
    given = [p.default for p in op.signature.parameters.values()] if isinstance(op, Row) else []
    while args and len(given) == len(args) and literal(given[-1]) == args[-1]:
        args.pop()
        given.pop()
    return f"{path_of(stmt)}({', '.join(args)})"


def _bare(arg: Arg, name: Name, literal: Callable[[Any], str]) -> str:
    """An argument in brackets of its own: a tuple stands there without its parentheses."""
    if isinstance(arg, Pack):
        return ", ".join(argument(i, name, literal) for i in arg.items)
    return argument(arg, name, literal)


def argument(arg: Arg, name: Name, literal: Callable[[Any], str] = repr) -> str:
    """An argument of a statement as text."""
    if isinstance(arg, Const):
        return literal(arg.value)
    if isinstance(arg, Pack):
        inner = ", ".join(argument(i, name, literal) for i in arg.items)
        return f"({inner}{',' * (len(arg.items) == 1)})"
    if isinstance(arg, Cut):
        parts = ["" if p == Const(None) else argument(p, name, literal)
                 for p in (arg.start, arg.stop, arg.step)]  # fmt: skip
        return ":".join(parts if parts[2] else parts[:2])
    if isinstance(arg, Range):
        start, stop, step = (argument(p, name, literal) for p in (arg.start, arg.stop, arg.step))
        given = [start, stop, step] if step != "1" else [start, stop] if start != "0" else [stop]
        return f"range({', '.join(given)})"
    return name(arg)


def path_of(stmt: Apply) -> str:
    """How a user calls the function of a statement: that of `math` where it makes Python's numbers."""
    op, out = stmt.op, stmt.outs[0].type if stmt.outs else None
    if not isinstance(op, Row):
        return op.name
    plain = isinstance(out, Scalar) and out.weak
    if plain and op.scalar is not None and op.scalar.__module__ == "math":
        return f"math.{op.scalar.__name__}"
    return op.path or op.name


def type_in_words(type: Type) -> str:
    """A type without the names of its lengths.

    >>> from srcdiff.ir.types import Array, ListOf, Scalar
    >>> type_in_words(Array("float64", (3, 4))), type_in_words(ListOf(Scalar("float64"), 2))
    ('float64[:, :]', 'list of float')
    """
    if isinstance(type, Array) and type.shape is not None:
        return f"{type.dtype}[{', '.join(':' for _ in type.shape)}]"
    if isinstance(type, ListOf):
        return f"list of {type_in_words(type.element)}"
    return str(type)


__all__ = ["INFIX", "argument", "expression", "path_of", "type_in_words"]
