"""What Python's builtins mean on abstract values: those that are decided while compiling, or work on
structures. Everything else has a row in the table.
"""

from __future__ import annotations

import dataclasses
import math
import operator
import types
from typing import Any

import numpy as np

from srcdiff.ir.core import Const, Pack
from srcdiff.ir.types import FLOAT, INT, STR, Array, ListOf, Scalar, Type
from srcdiff.ops import python as py
from srcdiff.ops import syntax as sx
from srcdiff.ops.syntax import ABSENT, PRESENT
from srcdiff.ops.table import BY_NAME, row_of
from srcdiff.transform import outside, prelude
from srcdiff.transform.calls import intrinsic, require_dict
from srcdiff.transform.functions import constant
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.iterate import iteration, listed, looped
from srcdiff.transform.keyed import Keyed
from srcdiff.transform.meet import describe, frame
from srcdiff.transform.row_calls import apply_row
from srcdiff.transform.values import (
    Abstract,
    Ancestors,
    Closure,
    Iter,
    Method,
    Record,
    Seq,
    Slice,
    Static,
    Value,
    is_number,
    is_rank0,
    type_of,
)
from srcdiff.user_frames import pointing

Run = Instantiator
ZERO, ONE, NONE = Static(0), Static(1), Static(None)
_MISSING = Static(object())


# --- numbers and conversions ----------------------------------------------------------------------


def cast(run: Run, a: Abstract, cls: type, type: Type) -> Abstract:
    if isinstance(a, Static):
        try:
            return Static(cls(a.value))
        except (ValueError, TypeError, OverflowError) as error:  # only if the run gets here
            run.raise_error(error.__class__, *error.args)
            return Static(cls())
    if not isinstance(a, Value) or not isinstance(a.type, (Scalar, Array)):
        raise run.refusal("SD335", f"{cls.__name__}() of {describe(a)}")
    if a.type == type:
        return a
    atom = run.build.value(py.cast, (a.atom, Const(cls)), type, run.hint)
    if type != FLOAT:
        run.note_join(atom, a.atom) if not isinstance(atom, Const) else None
    return Value(atom, type)


@intrinsic(float)
def _float(run: Run, a: Abstract = Static(0.0), /) -> Abstract:
    return cast(run, a, float, FLOAT)


@intrinsic(int)
def _int(run: Run, a: Abstract = ZERO, /) -> Abstract:
    return cast(run, a, int, INT)


@intrinsic(bool)
def _bool(run: Run, a: Abstract = Static(False), /) -> Abstract:
    return run.do(sx.TRUTH, a)  # type: ignore[no-any-return]


@intrinsic(complex)
def _complex(run: Run, a: Abstract, b: Abstract = Static(0.0)) -> Abstract:
    imaginary = run.do(sx.BINARY, Static("*"), b, Static(1j))
    return run.do(sx.BINARY, Static("+"), a, imaginary)  # type: ignore[no-any-return]


@intrinsic(str)
def _str(run: Run, a: Abstract = Static(""), /) -> Abstract:
    return run.do(sx.FORMAT, a, Static("s"), Static(""))  # type: ignore[no-any-return]


@intrinsic(repr)
def _repr(run: Run, a: Abstract, /) -> Abstract:
    return run.do(sx.FORMAT, a, Static("r"), Static(""))  # type: ignore[no-any-return]


@intrinsic(ascii)
def _ascii(run: Run, a: Abstract, /) -> Abstract:
    return run.do(sx.FORMAT, a, Static("a"), Static(""))  # type: ignore[no-any-return]


@intrinsic(pow)
def _pow(run: Run, x: Abstract, y: Abstract, /) -> Abstract:
    return run.do(sx.BINARY, Static("**"), x, y)  # type: ignore[no-any-return]


@intrinsic(math.log)
def _log(run: Run, x: Abstract, *base: Abstract) -> Abstract:
    """math.log(x), or math.log(x, base), which is a quotient for Python too."""
    row = BY_NAME["log"]
    made, *by = (apply_row(run, row, (a,), (), math.log) for a in (x, *base))
    return run.do(sx.BINARY, Static("/"), made, *by) if by else made


@intrinsic(divmod)
def _divmod(run: Run, x: Abstract, y: Abstract, /) -> Abstract:
    floor = run.do(sx.BINARY, Static("//"), x, y)
    return Seq("tuple", (floor, run.do(sx.BINARY, Static("%"), x, y)))


_OPERATORS = {
    operator.add: "+", operator.sub: "-", operator.mul: "*", operator.truediv: "/",
    operator.floordiv: "//", operator.mod: "%", operator.pow: "**", operator.matmul: "@",
}  # fmt: skip


_COMPARISONS = {
    operator.lt: "<", operator.le: "<=", operator.gt: ">", operator.ge: ">=", operator.eq: "==",
    operator.ne: "!=", operator.is_: "is", operator.is_not: "is not",
}  # fmt: skip


def _operators() -> None:
    def enter(function: Any, op: Any, symbol: str) -> None:
        @intrinsic(function)
        def handler(run: Run, x: Abstract, y: Abstract, /) -> Abstract:
            return run.do(op, Static(symbol), x, y)  # type: ignore[no-any-return]

    for function, symbol in _OPERATORS.items():
        enter(function, sx.BINARY, symbol)
    for function, symbol in _COMPARISONS.items():
        enter(function, sx.COMPARE, symbol)


_operators()


@intrinsic(operator.neg)
def _neg(run: Run, x: Abstract, /) -> Abstract:
    return run.do(sx.UNARY, Static("-"), x)  # type: ignore[no-any-return]


@intrinsic(operator.getitem)
def _getitem(run: Run, x: Abstract, k: Abstract, /) -> Abstract:
    return run.do(sx.ITEM, x, k)  # type: ignore[no-any-return]


@intrinsic(operator.not_)
def _not(run: Run, x: Abstract, /) -> Abstract:
    return run.do(sx.NOT, x)  # type: ignore[no-any-return]


# --- sequences ------------------------------------------------------------------------------------


def _items(run: Run, a: Abstract) -> list[Abstract] | None:
    """The items of what is taken apart while compiling; None for run-time lengths."""
    if isinstance(a, Value):
        return None
    if iteration(run, a).rounds is None:
        return None
    return list(looped(run, a).items(run))


@intrinsic(tuple)
def _tuple(run: Run, a: Abstract = Seq("tuple", ()), /) -> Abstract:
    return Seq("tuple", tuple(listed(run, a, "tuple()")))


@intrinsic(list)
def list_of(run: Run, a: Abstract = Seq("list", ()), /) -> Abstract:
    items = _items(run, a)
    if items is not None:
        return Seq("list", tuple(items))
    if isinstance(a, Value) and isinstance(a.type, ListOf):
        return run.memory.relisted(a, a)
    return run.call(Static(prelude.collect), (a,))


@intrinsic(dict)
def _dict(run: Run, a: Abstract = Seq("tuple", ()), /, **entries: Abstract) -> Abstract:
    if isinstance(a, Record):
        require_dict(run, a)
        pairs = list(a.entries)
    else:
        pairs = []
        for item in listed(run, a, "dict()"):
            key, value = listed(run, item, "dict()")
            pairs.append((run.static(key, "a key of a dict"), value))
    return Record(dict, tuple({**dict(pairs), **entries}.items()))


@intrinsic(math.fsum)
def _fsum(run: Run, xs: Abstract, /) -> Abstract:
    xs = list_of(run, xs) if isinstance(xs, Iter) else xs
    if isinstance(xs, Seq) and not xs.items:
        return Static(0.0)
    return apply_row(run, BY_NAME["fsum"], (xs,), (), math.fsum)


@intrinsic(super)
def _super(run: Run, cls: Abstract, owner: Abstract, /) -> Abstract:
    """super(cls, self): attributes as the classes after cls define them."""
    return Method(owner, Ancestors(run.static(cls, "the class that super() is called in")))


@intrinsic(sorted)
def _sorted(run: Run, a: Abstract, /, *, reverse: Abstract = Static(False)) -> Abstract:
    floats = _floats(run, a)
    if floats is not None:
        weak = all(isinstance(f, Scalar) and f.weak for f in floats)
        sort = prelude.python_floats_in_order if weak else prelude.in_order
        return run.call(Static(sort), (a, Static(run.static(reverse, "reverse"))))
    values = run.static(Seq("list", tuple(listed(run, a, "sorted()"))), "what is sorted")
    return Seq(
        "list", tuple(Static(v) for v in sorted(values, reverse=run.static(reverse, "reverse")))
    )


def _floats(run: Run, a: Abstract) -> list[Type] | None:
    """The types of the entries of a sequence, if they are floats that only the run knows."""
    if isinstance(a, Value) and isinstance(a.type, ListOf):
        found = [a.type.element]
    elif isinstance(a, Value) and isinstance(a.type, Array) and len(a.type.shape or ()) == 1:
        found = [Scalar(a.type.dtype, weak=False)]
    elif isinstance(a, Seq) and any(isinstance(i, Value) for i in a.items):
        found = [t for i in a.items if (t := type_of(i)) is not None]
        if len(found) < len(a.items) or len(set(found)) > 1:
            return None
    else:
        return None
    return found if all(_is_float(t) for t in found) else None


def _is_float(t: Type) -> bool:
    if not isinstance(t, Scalar) or t.mixed or t.optional:
        return False
    return np.dtype(t.dtype).kind == "f"


@intrinsic(sum)
def _sum(run: Run, xs: Abstract, /, start: Abstract = ZERO) -> Abstract:
    items = _items(run, xs)
    type = _type_of_sum(xs) if items is None else None
    if type is not None:
        assert isinstance(xs, Value)
        whole = Value(run.build.value(BY_NAME["list_sum"], (xs.atom,), type, run.hint), type)
        if is_number(start) and start.value == 0:  # type: ignore[union-attr]
            return whole
        return run.do(sx.BINARY, Static("+"), start, whole)  # type: ignore[no-any-return]
    if items is None:
        return run.call(Static(prelude.total), (xs, start))
    total = start
    for k, item in enumerate(items):
        first = k == 0 and is_number(start) and start.value == 0 and _plain(item)  # type: ignore[union-attr]
        total = item if first else run.do(sx.BINARY, Static("+"), total, item)
    return total


def _plain(a: Abstract) -> bool:
    return (
        isinstance(a, Value)
        and isinstance(a.type, Scalar)
        and a.type.dtype != "bool"
        and a.type.weak
    )


def _type_of_sum(xs: Abstract) -> Type | None:
    """The type of the sum of a list of floats: that of its entries or, of none, the int 0."""
    if not (isinstance(xs, Value) and isinstance(xs.type, ListOf)):
        return None
    element = xs.type.element
    if not isinstance(element, Scalar) or np.dtype(element.dtype).kind != "f" or element.optional:
        return None
    if isinstance(xs.type.length, int) and xs.type.length > 0 and element == FLOAT:
        return FLOAT
    joined = frame(ZERO, Value(xs.atom, element))
    return joined.type if isinstance(joined, Value) else None


def _extreme(
    run: Run, function: Any, longer: Any, args: tuple[Abstract, ...], key: Abstract
) -> Abstract:
    items = list(args) if len(args) > 1 else _items(run, args[0])
    plain = isinstance(key, Static) and key.value is None
    if items is None and plain:
        return run.call(Static(longer), args)
    if items is None:
        by = prelude.largest_by if function is max else prelude.smallest_by
        return run.call(Static(by), (*args, key))
    if not items:
        run.raise_error(ValueError, f"{function.__name__}() arg is an empty sequence")
        return frame(Static(None), Static(None))
    if not plain or any(isinstance(i, (Seq, Record)) for i in items):
        return _best_by(run, ">" if function is max else "<", items, None if plain else key)
    if all(is_number(i) for i in items):
        return Static(function(i.value for i in items))  # type: ignore[union-attr]
    best = items[0]
    row = row_of(function)
    assert row is not None
    objects = any(map(is_rank0, items))  # one of them is returned, not a number
    for item in items[1:]:
        if objects:
            choose = prelude.larger if function is max else prelude.smaller
            best = run.call(Static(choose), (best, item))
        else:
            best = apply_row(run, row, (best, item), (), function)
    return best


def _best_by(run: Run, text: str, items: list[Abstract], key: Abstract | None) -> Abstract:
    """The first item whose key no other one's exceeds, or is below; the items are their own keys."""

    def keyed(item: Abstract) -> tuple[Abstract, Abstract]:
        return item, item if key is None else run.call(key, (item,))

    run.hint = ""  # no test is called what the best one will be
    best = keyed(items[0])
    for item in items[1:]:
        other = keyed(item)
        better = run.do(sx.TRUTH, run.do(sx.COMPARE, Static(text), other[1], best[1]))
        if isinstance(better, Static):
            best = other if better.value else best
        else:
            best = _either_of(run, better, other, best)
    return best[0]


def _either_of(
    run: Run, test: Abstract, a: tuple[Abstract, Abstract], b: tuple[Abstract, Abstract]
) -> tuple[Abstract, Abstract]:
    first, second = map(run.load, run.fork(test, lambda: a, lambda: b))
    return first, second


@intrinsic(max)
def _max(run: Run, *args: Abstract, key: Abstract = Static(None)) -> Abstract:
    return _extreme(run, max, prelude.largest, args, key)


@intrinsic(min)
def _min(run: Run, *args: Abstract, key: Abstract = Static(None)) -> Abstract:
    return _extreme(run, min, prelude.smallest, args, key)


# --- types and attributes -------------------------------------------------------------------------


def class_of(a: Abstract) -> type | None:
    """The Python class a value has at run time, when it is known."""
    if isinstance(a, Static):
        return type(a.value)
    if isinstance(a, Seq):
        return tuple if a.kind == "tuple" else list
    if isinstance(a, Record):
        return dict if a.cls is Keyed else a.cls
    if isinstance(a, (Closure, Method)):
        return types.FunctionType if isinstance(a, Closure) else types.MethodType
    if isinstance(a, Slice):
        return slice
    return _class_of_value(a) if isinstance(a, Value) else None


def surely_other_class(x: Abstract, y: Abstract) -> bool:
    """Whether two values cannot be one object, their classes being different."""
    a, b = class_of(x), class_of(y)
    return a is not None and b is not None and a is not b


def _class_of_value(a: Value) -> type | None:
    if isinstance(a.type, Scalar) and (a.type.rank0 or is_rank0(a)):
        return np.ndarray
    if isinstance(a.type, Scalar) and not a.type.optional and not a.type.mixed:
        if a.type.weak:
            return {"f": float, "i": int, "b": bool, "c": complex}[np.dtype(a.type.dtype).kind]
        return np.dtype(a.type.dtype).type
    if isinstance(a.type, Array):
        return np.ndarray if a.type.shape is not None else None
    if isinstance(a.type, ListOf):
        return list
    return str if a.type == STR else None


def _known_class(run: Run, a: Abstract) -> type:
    cls = class_of(a)
    if cls is None:
        raise run.refusal("SD336", f"the class of a value {describe(a)} is only known at run time")
    return cls


@intrinsic(isinstance)
def _isinstance(run: Run, a: Abstract, cls: Abstract, /) -> Abstract:
    wanted = run.static(cls, "a class")
    if isinstance(a, Value) and isinstance(a.type, Scalar) and not a.type.optional:
        answers = {issubclass(c, wanted) for c in _possible_classes(a.type)}
        if len(answers) == 1:
            return Static(answers.pop())
    return Static(issubclass(_known_class(run, a), wanted))


def _possible_classes(type: Scalar) -> tuple[type, ...]:
    """The classes that a number of the type may have at run time."""
    if not type.mixed:
        own = _class_of_value(Value(Const(0), type))
        return (own,) if own is not None else ()
    return (bool, int, float, complex, np.float64, np.float32, np.int64, np.bool_)


@intrinsic(type)
def _type(run: Run, a: Abstract, /) -> Abstract:
    return Static(_known_class(run, a))


@intrinsic(callable)
def _callable(run: Run, a: Abstract, /) -> Abstract:
    return Static(isinstance(a, (Closure, Method)) or isinstance(a, Static) and callable(a.value))


@intrinsic(getattr)
def _getattr(run: Run, a: Abstract, name: Abstract, default: Abstract = _MISSING, /) -> Abstract:
    if default is not _MISSING and not _has(run, a, run.static(name, "an attribute's name")):
        return default
    return run.do(sx.ATTRIBUTE, a, name)  # type: ignore[no-any-return]


@intrinsic(setattr)
def _setattr(run: Run, a: Abstract, name: Abstract, value: Abstract, /) -> Abstract:
    run.do(sx.SET_ATTRIBUTE, a, name, value)
    return NONE


@intrinsic(hasattr)
def _hasattr(run: Run, a: Abstract, name: Abstract, /) -> Abstract:
    return Static(_has(run, a, run.static(name, "an attribute's name")))


def _has(run: Run, a: Abstract, name: str) -> bool:
    if isinstance(a, Record) and a.cls not in (dict, set):
        return a.get(name) is not None or _has_class(run, a.cls, name)
    if not isinstance(a, Static):
        return hasattr(_known_class(run, a), name)
    if isinstance(a.value, type) and outside.is_users(a.value):
        return outside.has_attribute(run, a.value, name) or hasattr(type(a.value), name)
    if outside.is_users(type(a.value)) and isinstance(constant(run, a.value), Record):
        return _has(run, constant(run, a.value), name)
    return _holds(run, a.value, name) or hasattr(type(a.value), name)


def _has_class(run: Run, cls: type, name: str) -> bool:
    """Whether the class of an object has an attribute for it."""
    if outside.defined(cls, "__getattr__") is not outside.ABSENT:
        raise run.refusal("SD319", f"{cls.__name__} has a __getattr__, which says what it has")
    run.session.exposed.add((cls, name))
    return outside.has_attribute(run, cls, name)


def _holds(run: Run, value: Any, name: str) -> bool:
    """Whether a module, a function or another constant has an attribute of its own."""
    if not isinstance(getattr(value, "__dict__", None), dict):
        return hasattr(value, name)
    found = name in vars(value)
    run.session.guard(outside.namespace_of(run, value), name, PRESENT if found else ABSENT)
    return found


@intrinsic(dataclasses.replace)
def replaced(run: Run, a: Abstract, /, **changes: Abstract) -> Abstract:
    """Another object is made: __init__ and __post_init__ run."""
    if not isinstance(a, Record) or not dataclasses.is_dataclass(a.cls):
        raise run.refusal("SD330", f"dataclasses.replace() of {describe(a)}")
    made = [f.name for f in dataclasses.fields(a.cls) if f.init]
    given = {name: a.get(name) for name in made} | changes
    keywords = {name: value for name, value in given.items() if value is not None}
    return run.call(Static(a.cls), (), **keywords)


# --- effects and calls ----------------------------------------------------------------------------


@intrinsic(pointing)
def _pointing(run: Run, function: Abstract, /, *args: Abstract) -> Abstract:
    """Generated code of an earlier derivative, such as a pullback that was made outside."""
    return run.call(function, args)


@intrinsic(print)
def _print(run: Run, *args: Abstract, **keywords: Abstract) -> Abstract:
    named = Pack(tuple(Pack((Const(k), run.material(v))) for k, v in keywords.items()))
    shown = Pack(tuple(run.material(a) for a in args))
    run.build.apply(py.effect, (Const(print), shown, named), ())
    return NONE
