"""Algebra on the statements of derivatives: what the rules of the table leave to be tidied.

    multiply(b, 1.0)         -> b                multiply(b, divide(1.0, y)) -> divide(b, y)
    add(a, negative(b))      -> subtract(a, b)   power(x, 1) -> x
    multiply(spread(v), y)   -> multiply(v, y)   when y has the shape already

`simplify` sees one application at a time, while it is built. The user's own statements are never
touched: x * 0.0 is theirs to write.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Optional, Union

import numpy as np

from srcdiff.analysis.types import arg_type, dims_of
from srcdiff.ir.core import Apply, Arg, Atom, Const, Op, Var
from srcdiff.ir.types import Array, Dim, Scalar, Type, is_one
from srcdiff.ir.walk import variables
from srcdiff.ops.table import BY_NAME

if TYPE_CHECKING:
    from srcdiff.transform.build import Builder

Simpler = Optional[Union[Atom, "tuple[Op, tuple[Arg, ...]]"]]
NUMBERS = (bool, int, float, complex)


def has_rule(op: Op) -> bool:
    """Whether `simplify` may have something to say about the operation."""
    return op.name in _ALWAYS or op.name in _RULES


def simplify(op: Op, args: tuple[Arg, ...], type: Type, builder: Builder) -> Simpler:
    """A simpler value or application for op(*args), or None."""
    if op.name in _ALWAYS:
        return _ALWAYS[op.name](args, type, builder)
    rule = _RULES.get(op.name) if builder.adjoint else None
    if rule is None:
        return None
    folded = _folded(op, args)
    return folded if folded is not None else rule(args, type, builder)


def number(arg: Arg) -> Any:
    """The number an argument is, or None."""
    return arg.value if isinstance(arg, Const) and type_is_number(arg.value) else None


def type_is_number(value: Any) -> bool:
    return type(value) in NUMBERS


def is_real(value: Any) -> bool:
    return type(value) in (int, float)


_FOLD: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
    "negative": operator.neg,
    "floor_divide": operator.floordiv,
}


def _folded(op: Op, args: tuple[Arg, ...]) -> Const | None:
    values = [number(a) for a in args]
    if op.name not in _FOLD or any(v is None for v in values):
        return None
    try:
        return Const(_FOLD[op.name](*values))
    except ArithmeticError:
        return None


def fits(arg: Arg, type: Type) -> bool:
    """Whether a value may stand for a result of the type."""
    own = arg_type(arg)
    if isinstance(own, Scalar) and isinstance(type, Scalar):
        return own.dtype == type.dtype and not own.mixed
    if isinstance(own, Array) and isinstance(type, Array):
        return own.dtype == type.dtype and own.shape is not None and own.shape == type.shape
    return False


def spans(arg: Arg, type: Type) -> bool:
    """Whether a value has the shape of a result of the type."""
    dims = dims_of(arg_type(arg))
    return dims is not None and dims == dims_of(type)


def definition(arg: Arg, builder: Builder, *names: str) -> Apply | None:
    """The application that made a value, when it is one of the named operations."""
    made = builder.definitions.get(arg) if isinstance(arg, Var) else None
    return made if made is not None and made.op.name in names else None


def _add(args: tuple[Arg, ...], type: Type, builder: Builder) -> Simpler:
    x, y = args
    if x is y and isinstance(x, Var):
        return BY_NAME["multiply"], (Const(2.0), x)
    for one, other in ((x, y), (y, x)):
        if number(one) == 0 and number(one) is not None and fits(other, type):
            return other  # type: ignore[return-value]
    narrow = _narrowed("add", x, y, type, builder) or _into_spread("add", x, y, type, builder)
    if narrow is not None:
        return narrow
    once = definition(x, builder, "add")
    if once is not None and isinstance(y, Var) and once.args[1] is y and _is_float(y.type):
        twice = builder.value(BY_NAME["multiply"], (Const(2.0), y), y.type)
        return BY_NAME["add"], (once.args[0], twice)
    minus = definition(y, builder, "negative")
    if minus is not None:
        return BY_NAME["subtract"], (x, minus.args[0])
    minus = definition(x, builder, "negative")
    return None if minus is None else (BY_NAME["subtract"], (y, minus.args[0]))


def _subtract(args: tuple[Arg, ...], type: Type, builder: Builder) -> Simpler:
    x, y = args
    if number(y) == 0 and number(y) is not None and fits(x, type):
        return x  # type: ignore[return-value]
    if number(x) == 0 and number(x) is not None and fits(y, type):
        return BY_NAME["negative"], (y,)
    minus = definition(y, builder, "negative")
    return None if minus is None else (BY_NAME["add"], (x, minus.args[0]))


def _multiply(args: tuple[Arg, ...], type: Type, builder: Builder) -> Simpler:
    x, y = args
    for one, other in ((x, y), (y, x)):
        value = number(one)
        if value == 1 and value is not None and fits(other, type):
            return other  # type: ignore[return-value]
        if value == -1 and value is not None and fits(other, type):
            return negate(other, type, builder)
        if value == 0 and value is not None and isinstance(type, Scalar):
            return Const(0.0)
    return (
        _ones(x, y, type, builder)
        or _through_spread("multiply", x, y, builder)
        or _into_spread("multiply", x, y, type, builder)
        or _scaled(x, y, builder)
        or _multiply_made(x, y, type, builder)
    )


def _ones(x: Arg, y: Arg, type: Type, builder: Builder) -> Simpler:
    """spread(1.0, like) * v -> v in the shape of `like`, where v is no larger."""
    for one, other in ((x, y), (y, x)):
        cast = definition(one, builder, "cast")
        wide = definition(one if cast is None else cast.args[0], builder, "spread")
        dims, whole = dims_of(arg_type(other)), dims_of(type)
        if wide is None or number(wide.args[0]) != 1 or not dims or not whole:
            continue
        if not isinstance(type, Array) or arg_type(other).dtype != type.dtype:  # type: ignore[attr-defined]
            continue
        if whole == dims_of(arg_type(one)) and dims == whole[len(whole) - len(dims) :]:
            return BY_NAME["spread"], (other, wide.args[1])
    return None


def _scaled(x: Arg, y: Arg, builder: Builder) -> Simpler:
    """2.0 * (0.5 * v * w) -> v * w, where the product of the constants and no other is rounded."""
    value = number(x)
    return _times(value, y, builder) if is_real(value) else None


def _times(by: float, arg: Arg, builder: Builder, depth: int = 3) -> Atom | None:
    """A product times a constant, where it has a constant that this can be multiplied with exactly.

    The factors are looked into, and theirs, to a depth.
    """
    product = definition(arg, builder, "multiply")
    if depth == 0 or product is None or not _is_float(product.outs[0].type):
        return None
    type = product.outs[0].type
    first, second = product.args
    for one, other in ((first, second), (second, first)):
        value = number(one)
        if is_real(value) and _exact(by, value):
            return builder.value(BY_NAME["multiply"], (Const(float(by * value)), other), type)
        if not isinstance(arg_type(one), Scalar) or one is other:
            continue
        inner = _times(by, one, builder, depth - 1)
        if inner is not None:
            args = (inner, other) if one is first else (other, inner)
            return builder.value(BY_NAME["multiply"], args, type)
    return None


def _is_float(type: Type) -> bool:
    return isinstance(type, (Scalar, Array)) and np.dtype(type.dtype).kind in "fc"


def _exact(a: float, b: float) -> bool:
    """Whether a * b is exact, and to multiply by it as good as by one after the other.

    So it is where one of them is a power of two.
    """
    if not all(1e-100 < abs(x) < 1e100 for x in (a, b)):
        return False
    return any(abs(math.frexp(x)[0]) == 0.5 for x in (a, b))


def _through_spread(name: str, x: Arg, y: Arg, builder: Builder) -> Simpler:
    """spread(v) * s -> spread(v * s) for a number s, and the like."""
    for one, other, swapped in ((x, y, False), (y, x, True)):
        wide = definition(one, builder, "spread")
        if wide is None or not isinstance(arg_type(other), Scalar) or swapped and name == "divide":
            continue
        v = wide.args[0]
        args = (other, v) if swapped else (v, other)
        if isinstance(arg_type(v), Scalar):
            inner = builder.value(BY_NAME[name], args, _scalar_type(v, other))
            return BY_NAME["spread"], (inner, wide.args[1])
    return None


def _into_spread(name: str, x: Arg, y: Arg, type: Type, builder: Builder) -> Simpler:
    """spread(v, like) * y -> spread(v * y, like), where the run tells whether y is as long as `like`."""
    whole = dims_of(type)
    for one, other, swapped in ((x, y, False), (y, x, True)):
        wide = _spread_number(one, builder) or definition(one, builder, "spread")
        dims = dims_of(arg_type(other))
        if wide is None or not dims or not whole or swapped and name == "divide":
            continue
        v, like = wide.args
        own = dims_of(arg_type(v))
        if dims == whole or not agree(dims, whole) or own not in ((), dims):
            continue
        if dims_of(arg_type(like)) != whole or not _same_dtype(v, other, type):
            continue
        if number(v) == 1 and name == "multiply" and arg_type(other).dtype == type.dtype:  # type: ignore[attr-defined]
            return BY_NAME["spread"], (other, like)
        args = (other, v) if swapped else (v, other)
        assert isinstance(type, Array)
        inner = builder.value(BY_NAME[name], args, Array(type.dtype, dims))
        return BY_NAME["spread"], (inner, like)
    return None


def agree(dims: tuple[Dim, ...], whole: tuple[Dim, ...]) -> bool:
    """Whether some lengths can only be the others: what has one and is broadcast to the other has it."""
    return len(dims) == len(whole) and all(
        a == b or (is_one(a) is False and is_one(b) is False) for a, b in zip(dims, whole)
    )


def _scalar_type(a: Arg, b: Arg) -> Type:
    x, y = arg_type(a), arg_type(b)
    assert isinstance(x, Scalar) and isinstance(y, Scalar)
    dtype = x.dtype if x.weak == y.weak or not x.weak else y.dtype
    if np.dtype(dtype).kind not in "fc":
        dtype = y.dtype if dtype == x.dtype else x.dtype
    return Scalar(dtype, x.weak and y.weak)


def negate(x: Arg, type: Type, builder: Builder) -> Simpler:
    """-x, or what -x simplifies to."""
    simpler = _negative((x,), type, builder)
    return simpler if simpler is not None else (BY_NAME["negative"], (x,))


def _multiply_made(x: Arg, y: Arg, type: Type, builder: Builder) -> Simpler:
    for one, other in ((y, x), (x, y)):
        quotient = definition(one, builder, "divide")
        if quotient is not None and number(quotient.args[0]) == 1:
            return BY_NAME["divide"], (other, quotient.args[1])
        if quotient is not None and number(quotient.args[0]) == -1 and _is_float(arg_type(other)):
            minus = builder.value(BY_NAME["negative"], (other,), arg_type(other))
            return BY_NAME["divide"], (minus, quotient.args[1])
    return _narrowed("multiply", x, y, type, builder)


def _narrowed(name: str, x: Arg, y: Arg, type: Type, builder: Builder) -> Simpler:
    """spread(v) * y -> v * y, where y has the shape of the result, and the like."""
    for one, other in ((y, x), (x, y)):
        wide = _spread_number(one, builder) or definition(one, builder, "spread")
        narrow = wide is not None and spans(other, type) and not _wider(wide.args[0], other)
        if narrow and wide is not None and _same_dtype(wide.args[0], other, type):
            return BY_NAME[name], (wide.args[0], other) if one is x else (other, wide.args[0])
    return None


def _same_dtype(v: Arg, other: Arg, type: Type) -> bool:
    """Whether v * other has the dtype of the type: a float32 array times a weak 1.0 is float32."""
    a, b = arg_type(v), arg_type(other)
    if not isinstance(a, (Scalar, Array)) or not isinstance(b, (Scalar, Array)):
        return False
    left: Any = (
        1.0 if isinstance(a, Scalar) and a.weak and a.dtype == "float64" else np.dtype(a.dtype)
    )
    return str(np.result_type(left, np.dtype(b.dtype))) == getattr(type, "dtype", "")


def _spread_number(arg: Arg, builder: Builder) -> Apply | None:
    """What made an array of one of Python's numbers, which was given another dtype then."""
    cast = definition(arg, builder, "cast")
    wide = definition(cast.args[0], builder, "spread") if cast is not None else None
    number = arg_type(wide.args[0]) if wide is not None else None
    return wide if isinstance(number, Scalar) and number.weak and not number.mixed else None


def _wider(v: Arg, other: Arg) -> bool:
    """Whether v might have a larger shape than the other operand (never, for what was spread)."""
    a, b = dims_of(arg_type(v)), dims_of(arg_type(other))
    return a is None or b is None or len(a) > len(b)


def _divide(args: tuple[Arg, ...], type: Type, builder: Builder) -> Simpler:
    x, y = args
    if number(y) == 1 and fits(x, type):
        return x  # type: ignore[return-value]
    wide = _spread_number(x, builder) or definition(x, builder, "spread")
    narrow = wide is not None and spans(y, type) and not _wider(wide.args[0], y)
    if narrow and wide is not None and _same_dtype(wide.args[0], y, type):
        return BY_NAME["divide"], (wide.args[0], y)
    simpler = _through_spread("divide", x, y, builder)
    return simpler or _into_spread("divide", x, y, type, builder)


def _negative(args: tuple[Arg, ...], type: Type, builder: Builder) -> Simpler:
    minus = definition(args[0], builder, "negative")
    if minus is not None:
        return minus.args[0]  # type: ignore[return-value]
    wide = definition(args[0], builder, "spread")
    if wide is not None and isinstance(arg_type(wide.args[0]), Scalar):
        inner = builder.value(BY_NAME["negative"], (wide.args[0],), arg_type(wide.args[0]))
        return BY_NAME["spread"], (inner, wide.args[1])
    difference = definition(args[0], builder, "subtract")
    if difference is not None and builder.stmts and builder.stmts[-1] is difference:
        return BY_NAME["subtract"], (difference.args[1], difference.args[0])
    return None


def _power(args: tuple[Arg, ...], type: Type, builder: Builder) -> Simpler:
    x, y = args
    if number(y) == 1 and fits(x, type):
        return x  # type: ignore[return-value]
    return Const(1.0) if number(y) == 0 and isinstance(type, Scalar) else None


def _spread(args: tuple[Arg, ...], type: Type, builder: Builder) -> Simpler:
    v, like = args
    own, wanted = dims_of(arg_type(v)), dims_of(arg_type(like))
    if own is not None and own == wanted:
        return v  # type: ignore[return-value]
    return None


def _select(args: tuple[Arg, ...], type: Type, builder: Builder) -> Simpler:
    c, x, y = args
    if isinstance(c, Const):
        return x if c.value else y  # type: ignore[return-value]
    return x if x == y and isinstance(x, Const) else None


def _transpose(args: tuple[Arg, ...], type: Type, builder: Builder) -> Simpler:
    inner = definition(args[0], builder, "transpose")
    plain = len(args) < 2 or args[1] == Const(None)
    if inner is not None and plain and (len(inner.args) < 2 or inner.args[1] == Const(None)):
        return inner.args[0]  # type: ignore[return-value]
    return None


def narrow_axes(
    own: tuple[Any, ...], wanted: tuple[Any, ...]
) -> tuple[int, tuple[int, ...]] | None:
    """How to sum a value of dims `own` to dims `wanted`: leading axes, then axes to keep as 1.

    None when it depends on lengths known only at run time.
    """
    lead = len(own) - len(wanted)
    if lead < 0:
        return None
    kept = []
    for k, d in enumerate(wanted):
        if d == own[lead + k]:
            continue
        if is_one(d) is None:
            return None
        if is_one(d) and is_one(own[lead + k]) is not True:
            kept.append(lead + k)
    return lead, tuple(kept)


_ALWAYS: dict[str, Callable[[tuple[Arg, ...], Type, Builder], Simpler]] = {
    "spread": _spread,
    "unbroadcast": _spread,
}


def _alike(number: Arg, array: Arg) -> bool:
    """Whether a number, broadcast, is the array."""
    a, b = arg_type(number), arg_type(array)
    return isinstance(a, Scalar) and isinstance(b, Array) and a.dtype == b.dtype


def _add_at(args: tuple[Arg, ...], type: Type, builder: Builder) -> Simpler:
    """A number is added as it is; what is added where zero was just written is written instead."""
    b, index, v = args
    wide = definition(v, builder, "spread")
    if wide is not None and isinstance(type, Array) and _alike(wide.args[0], v):
        return BY_NAME["add_at"], (b, index, wide.args[0])
    made = builder.definitions.get(b) if isinstance(b, Var) else None
    if made is None or made.op.name != "set_at" or made.args[1:] != (index, Const(0.0)):
        return None
    if any(isinstance(v.type, Array) and v.type.dtype != "bool" for v in variables((index,))):
        return None  # entries that are named twice get both
    return BY_NAME["set_at"], (made.args[0], index, v)


_RULES: dict[str, Callable[[tuple[Arg, ...], Type, Builder], Simpler]] = {
    "add": _add,
    "add_at": _add_at,
    "subtract": _subtract,
    "multiply": _multiply,
    "divide": _divide,
    "negative": _negative,
    "power": _power,
    "select": _select,
    "transpose": _transpose,
}
