"""What Python's builtins and some NumPy functions mean on abstract values: those that are decided
while compiling, or work on structures. Everything else has a row in the table.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import operator
import types
from dataclasses import replace
from typing import Any

import numpy as np

from srcdiff.ir.core import Arg, Const, Pack, Var
from srcdiff.ir.types import BOOL, FLOAT, INT, STR, Array, ListOf, Other, Scalar, Type
from srcdiff.ops import markers
from srcdiff.ops import python as py
from srcdiff.ops import syntax as sx
from srcdiff.ops.table import BY_NAME, row_of
from srcdiff.transform import prelude, rank0
from srcdiff.transform.calls import call, intrinsic, method
from srcdiff.transform.functions import call_function, class_attribute
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.iterate import iteration, iterator, length_of, listed, looped
from srcdiff.transform.meet import describe, frame, list_type
from srcdiff.transform.row_calls import apply_row, numeric, typed
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
    is_static,
    key_of,
)
from srcdiff.transform.views import contiguous

Run = Instantiator
ZERO, ONE, NONE = Static(0), Static(1), Static(None)


# --- iteration ----------------------------------------------------------------------------------


@intrinsic(range)
def _range(run: Run, a: Abstract, b: Abstract = NONE, step: Abstract = ONE, /) -> Abstract:
    bounds = (ZERO, a) if b is NONE else (a, b)
    for part in (*bounds, step):
        if not _is_int(part):
            raise run.refusal("SD334", f"range() of {describe(part)}")
    return Iter("range", (*bounds, step))


def _is_int(a: Abstract) -> bool:
    if isinstance(a, Value) and isinstance(a.type, Scalar):
        return np.dtype(a.type.dtype).kind in "iub" and not a.type.optional
    return is_static(a, int)


@intrinsic(zip)
def _zip(run: Run, *parts: Abstract, strict: Abstract = Static(False)) -> Abstract:
    if run.static(strict, "strict") and len(parts) > 1:
        counts = [length_of(run, p) for p in parts]
        for count in counts[1:]:
            same = run.do(sx.COMPARE, Static("=="), counts[0], count)
            run.check(same, ValueError, "zip() arguments have different lengths")
    return iterator(run, "zip", parts)


@intrinsic(enumerate)
def _enumerate(run: Run, part: Abstract, start: Abstract = ZERO) -> Abstract:
    return iterator(run, "enumerate", (part, start))


@intrinsic(reversed)
def _reversed(run: Run, part: Abstract, /) -> Abstract:
    return iterator(run, "reversed", (part,))


@intrinsic(markers.checkpointed)
def _checkpointed(run: Run, iterable: Abstract, *, snapshots: Abstract) -> Abstract:
    if not _is_int(snapshots):
        raise run.refusal("SD334", f"snapshots={describe(snapshots)}", "give a number of states")
    enough = run.do(sx.COMPARE, Static(">="), snapshots, ONE)
    run.check(enough, ValueError, "a checkpointed loop keeps at least 1 snapshot")
    return Iter("checkpointed", (iterable, snapshots))


@intrinsic(markers.recompute)
def _recompute(run: Run, function: Abstract, /) -> Abstract:
    if isinstance(function, Closure):
        return replace(function, apart=True)
    if isinstance(function, Static) and isinstance(function.value, types.FunctionType):
        return Static(markers.recompute(function.value))
    raise run.refusal("SD324", f"recompute() of {describe(function)}", "mark a Python function")


@intrinsic(map)
def _map(run: Run, function: Abstract, *parts: Abstract) -> Abstract:
    return iterator(run, "map", (function, *parts))


@intrinsic(filter)
def _filter(run: Run, function: Abstract, xs: Abstract, /) -> Abstract:
    return iterator(run, "generator", (run.call(Static(prelude.keep), (function, xs)),))


@intrinsic(slice)
def _slice(run: Run, a: Abstract, b: Abstract = NONE, step: Abstract = NONE, /) -> Abstract:
    return Slice(NONE, a, NONE) if b is NONE and step is NONE else Slice(a, b, step)


@intrinsic(len)
def _len(run: Run, a: Abstract, /) -> Abstract:
    found = class_attribute(a.cls, "__len__") if isinstance(a, Record) else None
    if isinstance(found, types.FunctionType):
        return call_function(run, found, (a,), ())
    return length_of(run, a)


# --- numbers and conversions --------------------------------------------------------------------


def _cast(run: Run, a: Abstract, cls: type, type: Type) -> Abstract:
    if isinstance(a, Static):
        return Static(cls(a.value))
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
    return _cast(run, a, float, FLOAT)


@intrinsic(int)
def _int(run: Run, a: Abstract = ZERO, /) -> Abstract:
    return _cast(run, a, int, INT)


@intrinsic(bool)
def _bool(run: Run, a: Abstract = Static(False), /) -> Abstract:
    return run.do(sx.TRUTH, a)  # type: ignore[no-any-return]


@intrinsic(complex)
def _complex(run: Run, a: Abstract, b: Abstract = Static(0.0)) -> Abstract:
    imaginary = run.do(sx.BINARY, Static("*"), b, Static(1j))
    return run.do(sx.BINARY, Static("+"), a, imaginary)  # type: ignore[no-any-return]


@intrinsic(str, repr)
def _str(run: Run, a: Abstract = Static(""), /) -> Abstract:
    return run.do(sx.FORMAT, a, Static("s"), Static(""))  # type: ignore[no-any-return]


@intrinsic(pow)
def _pow(run: Run, x: Abstract, y: Abstract, /) -> Abstract:
    return run.do(sx.BINARY, Static("**"), x, y)  # type: ignore[no-any-return]


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


# --- sequences ----------------------------------------------------------------------------------


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
def _list(run: Run, a: Abstract = Seq("list", ()), /) -> Abstract:
    items = _items(run, a)
    if items is not None:
        return Seq("list", tuple(items))
    if isinstance(a, Value) and isinstance(a.type, ListOf):
        return run.memory.relisted(a, a)
    return run.call(Static(prelude.collect), (a,))


@intrinsic(dict)
def _dict(run: Run, a: Abstract = Seq("tuple", ()), /, **entries: Abstract) -> Abstract:
    if isinstance(a, Record):
        pairs = list(a.entries)
    else:
        pairs = []
        for item in listed(run, a, "dict()"):
            key, value = listed(run, item, "dict()")
            pairs.append((run.static(key, "a key of a dict"), value))
    return Record(dict, tuple({**dict(pairs), **entries}.items()))


@intrinsic(super)
def _super(run: Run, cls: Abstract, owner: Abstract, /) -> Abstract:
    """super(cls, self): attributes as the classes after cls define them."""
    return Method(owner, Ancestors(run.static(cls, "the class that super() is called in")))


@intrinsic(sorted)
def _sorted(run: Run, a: Abstract, /, *, reverse: Abstract = Static(False)) -> Abstract:
    values = run.static(Seq("list", tuple(listed(run, a, "sorted()"))), "what is sorted")
    return Seq(
        "list", tuple(Static(v) for v in sorted(values, reverse=run.static(reverse, "reverse")))
    )


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
    """The type of the sum of a list of floats: of a float64 it is that or, of none, the int 0."""
    if not (isinstance(xs, Value) and isinstance(xs.type, ListOf)):
        return None
    element = xs.type.element
    if not isinstance(element, Scalar) or np.dtype(element.dtype).kind != "f" or element.optional:
        return None
    if element == FLOAT:
        return FLOAT
    joined = frame(ZERO, Value(xs.atom, element))
    return joined.type if isinstance(joined, Value) else None


def _extreme(run: Run, function: Any, longer: Any, args: tuple[Abstract, ...]) -> Abstract:
    items = list(args) if len(args) > 1 else _items(run, args[0])
    if items is None:
        return run.call(Static(longer), args)
    if not items:
        run.raise_error(ValueError, f"{function.__name__}() arg is an empty sequence")
        return frame(Static(None), Static(None))
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


@intrinsic(max)
def _max(run: Run, *args: Abstract) -> Abstract:
    return _extreme(run, max, prelude.largest, args)


@intrinsic(min)
def _min(run: Run, *args: Abstract) -> Abstract:
    return _extreme(run, min, prelude.smallest, args)


@intrinsic(any)
def _any(run: Run, xs: Abstract, /) -> Abstract:
    return run.call(Static(prelude.some), (xs,))


@intrinsic(all)
def _all(run: Run, xs: Abstract, /) -> Abstract:
    return run.call(Static(prelude.every), (xs,))


_MISSING = Static(object())


@intrinsic(functools.reduce)
def _reduce(run: Run, function: Abstract, xs: Abstract, start: Abstract = _MISSING, /) -> Abstract:
    if start is _MISSING:
        items = listed(run, xs, "functools.reduce without a start")
        start, xs = items[0], Seq("list", tuple(items[1:]))
    return run.call(Static(prelude.reduce), (function, xs, start))


# --- types and attributes -----------------------------------------------------------------------


def class_of(a: Abstract) -> type | None:
    """The Python class a value has at run time, when it is known."""
    if isinstance(a, Static):
        return type(a.value)
    if isinstance(a, Seq):
        return tuple if a.kind == "tuple" else list
    if isinstance(a, Record):
        return a.cls
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


@intrinsic(hasattr)
def _hasattr(run: Run, a: Abstract, name: Abstract, /) -> Abstract:
    return Static(_has(run, a, run.static(name, "an attribute's name")))


def _has(run: Run, a: Abstract, name: str) -> bool:
    if isinstance(a, Record) and a.cls is not dict:
        return a.get(name) is not None or hasattr(a.cls, name)
    return hasattr(a.value if isinstance(a, Static) else _known_class(run, a), name)


@intrinsic(dataclasses.replace)
def _replace(run: Run, a: Abstract, /, **changes: Abstract) -> Abstract:
    """Another object is made: __init__ and __post_init__ run."""
    if not isinstance(a, Record) or not dataclasses.is_dataclass(a.cls):
        raise run.refusal("SD330", f"dataclasses.replace() of {describe(a)}")
    made = [f.name for f in dataclasses.fields(a.cls) if f.init]
    given = {name: a.get(name) for name in made} | changes
    keywords = {name: value for name, value in given.items() if value is not None}
    return run.call(Static(a.cls), (), **keywords)


# --- NumPy on structures ------------------------------------------------------------------------


def _like_array(run: Run, a: Abstract) -> Abstract:
    """A value as something with a shape."""
    return (
        a
        if isinstance(a, Value) and not isinstance(a.type, ListOf)
        else run.call(Static(np.array), (a,))
    )


@intrinsic(np.shape)
def _np_shape(run: Run, a: Abstract) -> Abstract:
    if is_number(a):
        return Seq("tuple", ())
    return run.do(sx.ATTRIBUTE, _like_array(run, a), Static("shape"))  # type: ignore[no-any-return]


@intrinsic(np.ndim)
def _np_ndim(run: Run, a: Abstract) -> Abstract:
    return ZERO if is_number(a) else run.do(sx.ATTRIBUTE, _like_array(run, a), Static("ndim"))


@intrinsic(np.size)
def _np_size(run: Run, a: Abstract, axis: Abstract = NONE) -> Abstract:
    if axis is not NONE:
        return run.do(sx.ITEM, _np_shape(run, a), axis)  # type: ignore[no-any-return]
    return ONE if is_number(a) else run.do(sx.ATTRIBUTE, _like_array(run, a), Static("size"))


@intrinsic(np.isscalar)
def _isscalar(run: Run, a: Abstract) -> Abstract:
    return Static(is_number(a) or isinstance(a, Value) and isinstance(a.type, Scalar))


@intrinsic(np.array)
def _array(
    run: Run,
    a: Abstract,
    dtype: Abstract = NONE,
    copy: Abstract = Static(True),
    **ignored: Abstract,
) -> Abstract:
    made = _as_array(run, a, dtype)
    if not run.static(copy, "copy"):
        return made
    lies, own = contiguous(run, made), run.memory.own(made)
    key = key_of(own)
    if lies is not None and key is not None:
        run.memory.known.contiguous[key] = lies
    return own


@intrinsic(np.asarray, np.asanyarray)
def _as_array(run: Run, a: Abstract, dtype: Abstract = NONE, **ignored: Abstract) -> Abstract:
    """The array itself, if it is one of the dtype already."""
    wanted = numeric(run, dtype)
    made = _array_of(run, a)
    if wanted is None:
        return made
    array = isinstance(made, Value) and (isinstance(made.type, Array) or is_rank0(made))
    same = array and made.type.dtype == str(wanted)  # type: ignore[union-attr]
    return made if same else as_type(run, made, wanted)


@intrinsic(np.ascontiguousarray)
def _contiguous(run: Run, a: Abstract, dtype: Abstract = NONE) -> Abstract:
    made = _as_array(run, a, dtype)
    lies = contiguous(run, made)
    return made if lies is not None and not lies else run.memory.mingled(made, a)


def _array_of(run: Run, a: Abstract) -> Abstract:
    if isinstance(a, Value) and isinstance(a.type, (Array, Scalar)):
        weak = isinstance(a.type, Scalar) and a.type.weak
        return _strong(run, a) if weak else a if run.rules else _zero_dimensional(run, a)
    if isinstance(a, Seq):
        items = [i if not isinstance(i, Seq) else _array_of(run, i) for i in a.items]
        if not all(
            isinstance(i, Value) and isinstance(i.type, (Array, Scalar)) or is_number(i)
            for i in items
        ):
            raise run.refusal("SD337", f"an array of {describe(a.items[0])}")
        pack: Arg = Pack(tuple(run.atom(i) for i in items))
        made = run.memory.own(_row(run, "array", pack))
        run.memory.known.contiguous[key_of(made)] = frozenset()  # type: ignore[index]
        return made
    if is_number(a):
        made = _row(run, "array", run.material(a))
        return _zero_dimensional(run, made) if isinstance(made, Value) else made
    if isinstance(a, Value) and isinstance(a.type, ListOf):
        return run.memory.own(_row(run, "array", a.atom))
    if isinstance(a, Iter) and a.kind == "range":
        return _array_of(run, _list(run, a))
    raise run.refusal("SD337", f"an array of {describe(a)}")


def _strong(run: Run, a: Value) -> Abstract:
    assert isinstance(a.type, Scalar)
    type = Scalar(a.type.dtype, weak=False)
    made = run.build.value(py.cast, (a.atom, Const(a.type.dtype)), type, run.hint)
    return _zero_dimensional(run, Value(made, type))


def _zero_dimensional(run: Run, a: Value) -> Value:
    """A number as an array of rank 0, which it may be already."""
    there = a.key is not None or a.atom in run.session.arguments
    return a if there or not isinstance(a.type, Scalar) else rank0.array_of(run, a)


def _row(run: Run, name: str, *args: Arg) -> Abstract:
    row = BY_NAME[name]
    args, (type,) = typed(run, row, args)
    return Value(run.build.value(row, args, type, run.hint), type)


def as_type(run: Run, a: Abstract, dtype: np.dtype[Any]) -> Abstract:
    """a.astype(dtype)"""
    numeric(run, Static(dtype))
    assert isinstance(a, Value) and isinstance(a.type, (Array, Scalar))
    if a.type.dtype == str(dtype) and not (isinstance(a.type, Scalar) and a.type.weak):
        return run.memory.own(a)
    type = (
        Array(str(dtype), a.type.shape)
        if isinstance(a.type, Array)
        else Scalar(str(dtype), weak=False)
    )
    made = Value(run.build.value(py.cast, (a.atom, Const(str(dtype))), type, run.hint), type)
    number = is_rank0(a) or a.atom in run.session.arguments
    return rank0.array_of(run, made) if number else run.memory.own(made)


@method("astype")
def _astype(run: Run, a: Abstract, dtype: Abstract, copy: Abstract = Static(True)) -> Abstract:
    if not run.static(copy, "copy"):
        return _as_array(run, a, dtype)
    return as_type(run, a, np.dtype(run.static(dtype, "a dtype")))


@method("flatten")
def _flatten(run: Run, a: Abstract) -> Abstract:
    return run.memory.own(run.call(Static(np.ravel), (a,)))


@method("item")
def _item(run: Run, a: Abstract) -> Abstract:
    assert isinstance(a, Value) and isinstance(a.type, (Array, Scalar))
    kind = np.dtype(a.type.dtype).kind
    cls, type = (float, FLOAT) if kind == "f" else (int, INT) if kind in "iu" else (bool, BOOL)
    return _cast(run, a, cls, type)


@method("conj", "conjugate")
def _conjugate(run: Run, a: Abstract) -> Abstract:
    """Of real arrays NumPy returns the array itself, not a copy as its function does."""
    if isinstance(a, Value) and isinstance(a.type, (Array, Scalar)):
        if np.dtype(a.type.dtype).kind != "c":
            return a
    return run.call(Static(np.conj), (a,))


# --- methods of dicts, lists, tuples ------------------------------------------------------------


def _record(run: Run, a: Abstract) -> Record:
    if not isinstance(a, Record):
        raise run.refusal("SD314", f"{describe(a)} has no such method")
    return a


@method("items")
def _dict_items(run: Run, a: Abstract) -> Abstract:
    return Iter("items", (_record(run, a),))


@method("keys")
def _dict_keys(run: Run, a: Abstract) -> Abstract:
    return Iter("keys", (_record(run, a),))


@method("values")
def _dict_values(run: Run, a: Abstract) -> Abstract:
    return Iter("values", (_record(run, a),))


@method("get")
def _dict_get(run: Run, a: Abstract, key: Abstract, default: Abstract = NONE) -> Abstract:
    found = _record(run, a).get(run.static(key, "the key of a dict"))
    return default if found is None else found


@method("_asdict")
def _asdict(run: Run, a: Abstract) -> Abstract:
    return Record(dict, _record(run, a).entries)


@method("_replace")
def _namedtuple_replace(run: Run, a: Abstract, **changes: Abstract) -> Abstract:
    return _replace(run, a, **changes)


@method("index")
def _index(run: Run, a: Abstract, x: Abstract) -> Abstract:
    values = [run.static(i, "an item searched by index()") for i in listed(run, a, "index()")]
    return Static(values.index(run.static(x, "what is looked for")))


@method("count")
def _count(run: Run, a: Abstract, x: Abstract) -> Abstract:
    total: Abstract = ZERO
    for item in listed(run, a, "count()"):
        total = run.do(sx.BINARY, Static("+"), total, run.do(sx.COMPARE, Static("=="), item, x))
    return total


@method("copy")
def _copy(run: Run, a: Abstract) -> Abstract:
    """The value itself, unless the order of its entries in memory, and so of a sum, may change."""
    if isinstance(a, Value) and isinstance(a.type, Array) and a.type.shape not in ((), (None,)):
        if a.type.shape is None or len(a.type.shape) > 1:
            return run.call(Static(np.copy), (a, Static("C")))
    return run.memory.relisted(a, a)


@method("__init__")
def _init_of_object(run: Run, a: Abstract, /) -> Abstract:
    """object.__init__(self)"""
    return NONE


@method("format", "join", "upper", "lower", "strip", "startswith", "endswith", "split", "replace")
def _text(run: Run, a: Abstract, *args: Abstract) -> Abstract:
    raise run.refusal("SD339", "methods of strings that only the run knows", "use an f-string")


# --- effects ------------------------------------------------------------------------------------


@intrinsic(print)
def _print(run: Run, *args: Abstract, **keywords: Abstract) -> Abstract:
    named = Pack(tuple(Pack((Const(k), run.material(v))) for k, v in keywords.items()))
    shown = Pack(tuple(run.material(a) for a in args))
    run.build.apply(py.effect, (Const(print), shown, named), ())
    return NONE


def append_item(run: Run, xs: Abstract, value: Abstract) -> Abstract:
    """A list with one more entry."""
    if isinstance(xs, Seq):
        return Seq("list", (*xs.items, value))
    assert isinstance(xs, Value) and isinstance(xs.type, ListOf)
    joined = frame(Value(xs.atom, xs.type), Seq("list", (value,)))
    if not isinstance(joined, Value) or not isinstance(joined.type, ListOf):
        raise run.refusal("SD306", f"a list built in a loop cannot hold {describe(value)}")
    type = joined.type
    hint = xs.atom.hint if isinstance(xs.atom, Var) else ""
    made = run.build.value(BY_NAME["append"], (xs.atom, run.atom(value)), type, hint)
    known = run.session.identities
    known.note_inside(made, *known.contained(xs), *known.contained(Seq("list", (value,))))
    known.note_separate(made, lists=(xs,), entries=(value,))
    return Value(made, type)


def concatenated(run: Run, x: Abstract, y: Abstract) -> Abstract:
    """x + y for lists of which one has a run-time length."""
    joined = frame(x, y)
    if not isinstance(joined, Value):
        raise run.refusal("SD306", f"joining {describe(x)} and {describe(y)}")
    made = run.build.value(BY_NAME["join_lists"], (run.atom(x), run.atom(y)), joined.type)
    known = run.session.identities
    known.note_inside(made, *known.contained(x), *known.contained(y))
    lists = tuple(a for a in (x, y) if isinstance(a, Value))
    entries = tuple(i for a in (x, y) if isinstance(a, Seq) for i in a.items)
    known.note_separate(made, lists=lists, entries=entries)
    return Value(made, joined.type)


__all__ = ["Other", "call", "list_type", "math"]
