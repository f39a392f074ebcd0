"""What the operations of syntax mean on abstract values, calls aside: names, attributes, items,
operators, displays. HANDLERS is the index.
"""

from __future__ import annotations

import ast
import functools
import operator
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from srcdiff.ir.core import Const, Op, Var
from srcdiff.ir.types import BOOL, STR, Array, Dim, ListOf, Other, Scalar, minus
from srcdiff.ops import python as py
from srcdiff.ops import syntax as sx
from srcdiff.ops.shapes import product_dim, sum_dim
from srcdiff.ops.table import BY_ATTRIBUTE, BY_METHOD, BY_NAME, BY_SYMBOL
from srcdiff.transform import (
    calls,
    construct,
    functions,
    globals,
    indexing,
    intrinsics,
    prelude,
    row_calls,
    sets,
    stores,
)
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.iterate import ONCE, extent_of, iterator, length_of, listed
from srcdiff.transform.meet import describe, element_type
from srcdiff.transform.values import (
    NOTHING,
    Abstract,
    Ancestors,
    Closure,
    Iter,
    Method,
    NeedStatic,
    Record,
    Seq,
    Slice,
    Static,
    Value,
    is_number,
    is_static,
    key_of,
)
from srcdiff.transform.views import flat

Run = Instantiator

SYMBOLS: dict[str, type[ast.AST]] = {
    "+": ast.Add, "-": ast.Sub, "*": ast.Mult, "/": ast.Div, "//": ast.FloorDiv, "%": ast.Mod,
    "**": ast.Pow, "@": ast.MatMult, "&": ast.BitAnd, "|": ast.BitOr, "^": ast.BitXor,
    "<<": ast.LShift, ">>": ast.RShift,
    "<": ast.Lt, "<=": ast.LtE, ">": ast.Gt, ">=": ast.GtE, "==": ast.Eq, "!=": ast.NotEq,
}  # fmt: skip
UNARY_SYMBOLS: dict[str, type[ast.AST]] = {"-": ast.USub, "+": ast.UAdd, "~": ast.Invert}
PYTHON: dict[str, Callable[..., Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "//": operator.floordiv, "%": operator.mod, "**": operator.pow, "@": operator.matmul,
    "&": operator.and_, "|": operator.or_, "^": operator.xor, "<<": operator.lshift,
    ">>": operator.rshift, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
PYTHON_UNARY: dict[str, Callable[..., Any]] = {
    "-": operator.neg, "+": operator.pos, "~": operator.invert,
}  # fmt: skip


# --- names and attributes -----------------------------------------------------------------------


def name(run: Run, name: Abstract) -> Abstract:
    """A global, builtin or closure variable of the function being run."""
    text = run.static(name, "a name")
    return variable(run, functions.namespace(run), text)


def global_(run: Run, name: Abstract) -> Abstract:
    """A variable of the module, whatever the function has of that name."""
    return variable(run, functions.namespace(run).module, run.static(name, "a name"))


def set_global(run: Run, name: Abstract, value: Abstract) -> None:
    """global name; name = value"""
    globals.assign(run, functions.namespace(run).module, run.static(name, "a name"), value)


def variable(run: Run, namespace: sx.Namespace, text: str) -> Abstract:
    """What a name means that no function of the program binds."""
    if text not in namespace.cells:
        held = globals.assigned(run, namespace, text)
        if held is not None:
            return held
    try:
        value = namespace.lookup(text)
    except NameError as error:
        raise run.refusal("SD313", str(error)) from None
    if not namespace.is_builtin(text) and is_data(value):
        return run.session.data(namespace, text, value)
    if not namespace.is_builtin(text):
        run.session.guard(namespace, text, value)
    return Static(value)


def is_data(value: Any) -> bool:
    """Whether a global holds data (read at every call) rather than code (a constant)."""
    if isinstance(value, (types.ModuleType, type, str, bytes, np.dtype)) or value is None:
        return False
    return not (callable(value) and not hasattr(value, "__dataclass_fields__"))


def attribute(run: Run, owner: Abstract, name: Abstract) -> Abstract:
    """owner.name"""
    text = run.static(name, "an attribute's name")
    if isinstance(owner, Value):
        return _value_attribute(run, owner, text)
    if isinstance(owner, Method) and isinstance(owner.target, Ancestors):
        return _inherited(run, owner.owner, owner.target, text)
    if isinstance(owner, Record) and owner.cls not in (dict, set):
        return _object_attribute(run, owner, text)
    if isinstance(owner, (Seq, Record, Slice)):
        return _builtin_method(run, owner, text)
    if isinstance(owner, Static):
        return _static_attribute(run, owner.value, text)
    raise run.refusal("SD314", f"attribute {text!r} of {describe(owner)}")


def _static_attribute(run: Run, value: Any, text: str) -> Abstract:
    if isinstance(value, types.ModuleType):
        held = globals.assigned(run, sx.Namespace(vars(value)), text)
        if held is not None:
            return held
    try:
        found = getattr(value, text)
    except AttributeError as error:
        raise run.refusal("SD314", str(error)) from None
    library = isinstance(value, types.ModuleType) and value.__name__.startswith(globals.LIBRARIES)
    if isinstance(value, types.ModuleType) and is_data(found) and not library:
        module = sx.Namespace(vars(value))
        return run.session.data(module, text, found)
    if isinstance(value, types.ModuleType) and isinstance(found, types.FunctionType):
        if not value.__name__.startswith(("numpy", "math", "operator")):
            run.session.guard(sx.Namespace(vars(value)), text, found)
    return Static(found)


def _inherited(run: Run, owner: Abstract, classes: Ancestors, text: str) -> Abstract:
    """super().name"""
    cls = owner.cls if isinstance(owner, Record) else None
    if cls is None and is_static(owner, type):
        cls = owner.value  # type: ignore[union-attr]
    if cls is None or classes.after not in cls.__mro__:
        raise run.refusal("SD314", f"super() of {describe(owner)}")
    found = classes.attribute(cls, text)
    if isinstance(found, property) and isinstance(found.fget, types.FunctionType):
        return functions.call_function(run, found.fget, (owner,), ())
    if found is object.__init__:
        return Method(owner, "__init__")
    if isinstance(found, types.FunctionType):
        return Method(owner, found)
    if isinstance(found, classmethod):
        return Method(Static(cls), found.__func__)
    if isinstance(found, staticmethod):
        return Static(found.__func__)
    raise run.refusal("SD314", f"super().{text} of {describe(owner)} is not written in Python")


def _object_attribute(run: Run, owner: Record, text: str) -> Abstract:
    known = owner.get(text)
    if known is not None:
        return known
    found = functions.class_attribute(owner.cls, text)
    for cls in owner.cls.__mro__:
        if text in vars(cls) and cls.__module__ not in ("builtins", "collections"):
            run.session.guard(sx.Namespace(vars(cls)), text, vars(cls)[text])
            break
    if isinstance(found, property) and isinstance(found.fget, types.FunctionType):
        return functions.call_function(run, found.fget, (owner,), ())
    if isinstance(found, staticmethod):
        return Static(found.__func__)
    if isinstance(found, classmethod):
        return Method(Static(owner.cls), found.__func__)
    if isinstance(found, types.FunctionType):
        return Method(owner, found)
    if found is functions.ABSENT:
        raise run.refusal("SD314", f"{owner.cls.__name__!r} object has no attribute {text!r}")
    if owner.cls.__mro__[1] is tuple:
        return _builtin_method(run, owner, text)
    return Static(found)


def _value_attribute(run: Run, owner: Value, text: str) -> Abstract:
    if isinstance(owner.type, ListOf):
        return _builtin_method(run, owner, text)
    if isinstance(owner.type, Other):
        return _builtin_method(run, owner, text)
    if text in _FACTS:
        return _FACTS[text](run, owner)
    if text == "flat" and isinstance(owner.type, Array):
        return flat(run, owner)
    if text in BY_ATTRIBUTE:
        return row_calls.apply_row(run, BY_ATTRIBUTE[text], (owner,), ())
    if text in BY_METHOD and text not in calls.METHODS:
        return Method(owner, BY_METHOD[text])
    return _builtin_method(run, owner, text)


def _builtin_method(run: Run, owner: Abstract, text: str) -> Abstract:
    if text in calls.METHODS:
        return Method(owner, text)
    kind = describe(owner)
    raise run.refusal("SD315", f"attribute {text!r} of {kind} is not known to srcdiff")


def _shape(run: Run, owner: Value) -> Abstract:
    if not isinstance(owner.type, Array):
        return Seq("tuple", ())
    if owner.type.shape is None:
        raise run.refusal("SD316", "the rank of this array is only known at run time")
    return Seq("tuple", tuple(extent_of(run, owner, k) for k in range(len(owner.type.shape))))


def _ndim(run: Run, owner: Value) -> Abstract:
    shape = _shape(run, owner)
    assert isinstance(shape, Seq)
    return Static(len(shape.items))


def _size(run: Run, owner: Value) -> Abstract:
    shape = _shape(run, owner)
    assert isinstance(shape, Seq)
    first, *rest = shape.items or (Static(1),)
    return functools.reduce(lambda total, n: binary(run, Static("*"), total, n), rest, first)


def _dtype(run: Run, owner: Value) -> Abstract:
    assert isinstance(owner.type, (Scalar, Array))
    return Static(np.dtype(owner.type.dtype))


_FACTS: dict[str, Callable[[Run, Value], Abstract]] = {
    "shape": _shape,
    "ndim": _ndim,
    "size": _size,
    "dtype": _dtype,
}


# --- items --------------------------------------------------------------------------------------


def item(run: Run, owner: Abstract, index: Abstract) -> Abstract:
    """owner[index]"""
    if isinstance(owner, Record) and owner.cls is dict:
        return _entry(run, owner, index)
    if isinstance(owner, Record):
        found = functions.class_attribute(owner.cls, "__getitem__")
        if isinstance(found, types.FunctionType):
            return functions.call_function(run, found, (owner, index), ())
    if isinstance(owner, Record) and issubclass(owner.cls, tuple):
        owner = Seq("tuple", tuple(v for _, v in owner.entries))
    if isinstance(owner, Static) and isinstance(owner.value, (tuple, list, str, dict)):
        return Static(owner.value[run.static(index, "the index of a constant")])
    if isinstance(owner, Seq):
        return _seq_item(run, owner, index)
    if isinstance(owner, Value):
        return indexing.value_item(run, owner, index)
    raise run.refusal("SD317", f"cannot index {describe(owner)}")


def _entry(run: Run, owner: Record, index: Abstract) -> Abstract:
    key = run.static(index, "the key of a dict")
    found = owner.get(key)
    if found is None:
        run.raise_error(KeyError, key)
        return NOTHING
    return found


def _seq_item(run: Run, owner: Seq, index: Abstract) -> Abstract:
    if isinstance(index, Slice):
        cut = run.static(index, "the bounds of a slice of a tuple or list")
        return Seq(owner.kind, owner.items[cut])
    if isinstance(index, Value) and not isinstance(index.type, Array) and not run.rules:
        if element_type(Seq("list", owner.items)) is not None:
            whole = run.atom(Seq("list", owner.items))
            assert isinstance(whole, Var)
            made = run.memory.mingled(
                indexing.value_item(run, Value(whole, whole.type), index), owner
            )
            _note_picked(run, made, index)
            return made
    k: int = run.static(index, "the index of a tuple or list whose items differ")
    if not -len(owner.items) <= k < len(owner.items):
        run.raise_error(IndexError, f"{owner.kind} index out of range")
        return NOTHING
    return owner.items[k]


def _note_picked(run: Run, made: Abstract, index: Value) -> None:
    """To write an item, its place must be known."""
    key = key_of(made)
    if key is not None and not run.rules:
        atom = index.atom
        found = run.session.origins.get(atom, frozenset()) if isinstance(atom, Var) else frozenset()
        what = "the place of an item that is changed in place"
        run.memory.known.picked[key] = NeedStatic(what, found, run.build.at)


# --- operators ----------------------------------------------------------------------------------


def binary(run: Run, symbol: Abstract, x: Abstract, y: Abstract) -> Abstract:
    """x symbol y"""
    text = run.static(symbol, "an operator")
    if sets.is_set(x) or sets.is_set(y):
        joined = binary(run, symbol, sets.constant(x), sets.constant(y))
        return sets.made(joined.value) if is_static(joined, frozenset) else joined  # type: ignore[union-attr]
    if isinstance(x, Static) and isinstance(y, Static) and not _dunder(x, y):
        return _static_binary(run, PYTHON[text], x.value, y.value)
    if any(isinstance(a, Seq) or _is_list(a) for a in (x, y)):
        made = _seq_binary(run, text, x, y)
        if made is not None:
            return made
    special = _object_binary(run, text, x, y)
    if special is not None:
        return special
    if _is_list(x) and _is_list(y) and text == "+":
        return intrinsics.concatenated(run, x, y)
    x, y = (row_calls.arrayed(run, a) if isinstance(a, Seq) else a for a in (x, y))
    result = row_calls.apply_row(run, BY_SYMBOL[SYMBOLS[text]], (x, y), (), PYTHON[text])
    return _measured(run, text, x, y, result)


def _dunder(*values: Static) -> bool:
    return any(isinstance(v.value, (np.ndarray,)) for v in values)


def _static_binary(run: Run, function: Callable[..., Any], x: Any, y: Any) -> Abstract:
    try:
        return Static(function(x, y))
    except Exception as error:
        run.raise_error(type(error), *error.args)
        return NOTHING


def _measured(run: Run, text: str, x: Abstract, y: Abstract, result: Abstract) -> Abstract:
    """Lengths are carried through n - 1, n + m, n * m."""
    a, b = _length(x), _length(y)
    if a is None or b is None or text not in _LENGTHS or not isinstance(result, Value):
        return result
    length = _LENGTHS[text](a, b)
    if length is None or not isinstance(result.atom, Var):
        return result
    run.build.lengths[result.atom] = length
    return Value(result.atom, result.type, length)


def _length(a: Abstract) -> Dim | None:
    """The length that an integer is, if it is one."""
    if isinstance(a, Value):
        return a.length
    known = a.value if is_static(a, int) else -1  # type: ignore[union-attr]
    return known if known >= 0 and not isinstance(known, bool) else None


_LENGTHS: dict[str, Callable[[Dim, Dim], Dim | None]] = {
    "-": lambda a, b: minus(a, b) if isinstance(b, int) else None,
    "+": lambda a, b: sum_dim((a, b)),
    "*": lambda a, b: product_dim((a, b)),
}


def _is_list(a: Abstract) -> bool:
    if isinstance(a, Seq):
        return a.kind == "list"
    return isinstance(a, Value) and isinstance(a.type, ListOf)


def _seq_binary(run: Run, text: str, x: Abstract, y: Abstract) -> Abstract | None:
    if text == "+" and isinstance(x, Seq) and isinstance(y, Seq) and x.kind == y.kind:
        return Seq(x.kind, x.items + y.items)
    if text == "*" and isinstance(x, Seq) and is_static(y, int):
        return Seq(x.kind, x.items * y.value)  # type: ignore[union-attr]
    if text == "*" and isinstance(y, Seq) and is_static(x, int):
        return Seq(y.kind, y.items * x.value)  # type: ignore[union-attr]
    for xs, count in ((x, y), (y, x)):
        static = is_static(count, int) and _is_list(xs)
        if text == "*" and (static or _is_count(count)) and not run.rules:
            return _repeated(run, xs, count)
    return None


def _is_count(a: Abstract) -> bool:
    """Whether a value is an integer that only the run knows."""
    return isinstance(a, Value) and isinstance(a.type, Scalar) and a.type.dtype == "int64"


def _repeated(run: Run, xs: Abstract, count: Abstract) -> Abstract:
    """[a, b] * n"""
    weak = isinstance(count, Value) and isinstance(count.type, Scalar) and count.type.weak
    if not (weak or is_static(count, int)) or not _is_list(xs):
        raise run.refusal("SD311", f"{describe(xs)} times a number that only the run knows")
    return run.call(Static(prelude.repeated), (xs, count))


_DUNDERS = {
    "+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod", "**": "pow",
    "@": "matmul", "<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne",
}  # fmt: skip


def _object_binary(run: Run, text: str, x: Abstract, y: Abstract) -> Abstract | None:
    for owner, other, prefix in ((x, y, ""), (y, x, "r")):
        if isinstance(owner, Record) and owner.cls is not dict and text in _DUNDERS:
            method = functions.class_attribute(owner.cls, f"__{prefix}{_DUNDERS[text]}__")
            if isinstance(method, types.FunctionType) and method.__module__ != "dataclasses":
                return functions.call_function(run, method, (owner, other), ())
    return None


def unary(run: Run, symbol: Abstract, x: Abstract) -> Abstract:
    """symbol x"""
    text = run.static(symbol, "an operator")
    if isinstance(x, Static) and not _dunder(x):
        return Static(PYTHON_UNARY[text](x.value))
    return row_calls.apply_row(run, BY_SYMBOL[UNARY_SYMBOLS[text]], (x,), (), PYTHON_UNARY[text])


def compare(run: Run, symbol: Abstract, x: Abstract, y: Abstract) -> Abstract:
    """x symbol y for comparisons, identity and membership"""
    text = run.static(symbol, "a comparison")
    if text in ("is", "is not"):
        return _identity(run, x, y, text == "is not")
    if text in ("in", "not in"):
        inside = _membership(run, x, y)
        return negated(run, inside) if text == "not in" else inside
    x, y = sets.compared(run, x), sets.compared(run, y)
    if isinstance(x, Static) and isinstance(y, Static):
        return _static_binary(run, PYTHON[text], x.value, y.value)
    special = _object_binary(run, text, x, y)
    if special is not None:
        return special
    if text in ("==", "!=") and _structural(x, y):
        return _compare_structures(run, text, x, y)
    known = _known_lengths(text, x, y)
    if known is not None:
        return known
    if _other(x) or _other(y):
        return Value(
            run.build.value(BY_SYMBOL[SYMBOLS[text]], (run.atom(x), run.atom(y)), BOOL), BOOL
        )
    x, y = (row_calls.arrayed(run, a) if isinstance(a, Seq) else a for a in (x, y))
    return row_calls.apply_row(run, BY_SYMBOL[SYMBOLS[text]], (x, y), (), PYTHON[text])


def _known_lengths(text: str, x: Abstract, y: Abstract) -> Abstract | None:
    """Comparisons of lengths that are equal whatever the run brings."""
    if not (isinstance(x, Value) and isinstance(y, Value)) or x.length is None:
        return None
    if x.length == y.length and text in ("==", "!=", "<=", ">=", "<", ">"):
        return Static(text in ("==", "<=", ">="))
    return None


def _other(a: Abstract) -> bool:
    return isinstance(a, Value) and isinstance(a.type, Other)


def _structural(x: Abstract, y: Abstract) -> bool:
    if isinstance(x, (Seq, Record)) and isinstance(y, (Seq, Record)):
        return True
    plain = (is_static(x) and not is_number(x)) or (is_static(y) and not is_number(y))
    return plain and not (_other(x) or _other(y))


def _compare_structures(run: Run, text: str, x: Abstract, y: Abstract) -> Abstract:
    if isinstance(x, Seq) and isinstance(y, Seq) and x.kind == y.kind:
        if len(x.items) != len(y.items):
            return Static(text == "!=")
        same: Abstract = Static(True)
        for a, b in zip(x.items, y.items):
            one = compare(run, Static("=="), a, b)
            same = both(run, same, one)
        return negated(run, same) if text == "!=" else same
    return Static(text == "!=")


def both(run: Run, a: Abstract, b: Abstract) -> Abstract:
    """a and b for bools already computed"""
    if isinstance(a, Static):
        return b if a.value else a
    if isinstance(b, Static):
        return a if b.value else b
    return run.fork(a, lambda: (b,), lambda: (Static(False),))[0]


def _identity(run: Run, x: Abstract, y: Abstract, flip: bool) -> Abstract:
    if isinstance(x, Static) and isinstance(y, Static):
        same = x.value is y.value or (
            is_number(x) and is_number(y) and Const(x.value) == Const(y.value)
        )
        return Static(same != flip)
    for a, b in ((x, y), (y, x)):
        if is_static(b) and b.value is None and isinstance(a, Value):  # type: ignore[union-attr]
            if isinstance(a.type, Scalar) and a.type.optional:
                found = Value(run.build.value(py.is_none, (a.atom,), BOOL), BOOL)
                return negated(run, found) if flip else found
            return Static(flip)
    one, other = (x, y) if isinstance(x, Static) else (y, x)
    if isinstance(one, Static) and isinstance(one.value, bool) and isinstance(other, Value):
        if other.type == BOOL:
            same_bool = compare(run, Static("=="), one, other)
            return negated(run, same_bool) if flip else same_bool
    if intrinsics.surely_other_class(x, y):
        return Static(flip)
    raise run.refusal(
        "SD318", "`is` on values whose identity only the run knows", "compare with =="
    )


def _membership(run: Run, x: Abstract, y: Abstract) -> Abstract:
    if sets.is_set(y):
        return sets.contains(run, x, y)
    if isinstance(y, Record) and y.cls is dict:
        return Static(y.get(run.static(x, "the key looked for")) is not None)
    if isinstance(y, Static) and isinstance(x, Static):
        return Static(x.value in y.value)
    if isinstance(y, Value) and isinstance(y.type, Other):
        return Value(run.build.value(BY_NAME["contains"], (run.atom(x), y.atom), BOOL), BOOL)
    found: Abstract = Static(False)
    for one in listed(run, y, "`in`"):
        same = compare(run, Static("=="), x, one)
        found = either(run, found, same)
    return found


def either(run: Run, a: Abstract, b: Abstract) -> Abstract:
    """a or b for bools already computed"""
    if isinstance(a, Static):
        return a if a.value else b
    if isinstance(b, Static):
        return b if b.value else a
    return run.fork(a, lambda: (Static(True),), lambda: (b,))[0]


def truth(run: Run, x: Abstract) -> Abstract:
    """bool(x), as tests ask for it"""
    if isinstance(x, Static):
        return Static(bool(x.value))
    if isinstance(x, Value):
        if x.type == BOOL or (isinstance(x.type, Scalar) and x.type.dtype == "bool"):
            return x
        if isinstance(x.type, ListOf) and isinstance(x.type.length, int):
            return Static(x.type.length > 0)
        out = run.build.value(py.truth, (x.atom,), BOOL)
        return Value(out, BOOL)
    if isinstance(x, Seq):
        return Static(bool(x.items))
    if isinstance(x, Record):
        return _object_truth(run, x)
    if isinstance(x, Iter) and x.kind not in ONCE:
        return truth(run, length_of(run, x))
    return Static(True)


def _object_truth(run: Run, x: Record) -> Abstract:
    if x.cls in (dict, set):
        return Static(bool(x.entries))
    for name in ("__bool__", "__len__"):
        method = functions.class_attribute(x.cls, name)
        if isinstance(method, types.FunctionType):
            return truth(run, functions.call_function(run, method, (x,), ()))
    return Static(bool(x.entries) or not issubclass(x.cls, tuple))


def negated(run: Run, x: Abstract) -> Abstract:
    """not x"""
    known = truth(run, x)
    if isinstance(known, Static):
        return Static(not known.value)
    assert isinstance(known, Value)
    return Value(run.build.value(py.logical_not, (known.atom,), BOOL, run.hint), BOOL)


# --- displays, strings, functions ---------------------------------------------------------------


def tuple_(run: Run, *items: Abstract) -> Abstract:
    return Seq("tuple", items)


def list_(run: Run, *items: Abstract) -> Abstract:
    return Seq("list", items)


def set_(run: Run, *items: Abstract) -> Abstract:
    return sets.made(frozenset(run.static(i, "an item of a set") for i in items))


def dict_(run: Run, keys: Abstract, values: Abstract) -> Abstract:
    assert isinstance(keys, Seq) and isinstance(values, Seq)
    entries: dict[Any, Abstract] = {}
    for key, value in zip(keys.items, values.items):
        if is_static(key) and key.value is None and isinstance(value, Record):  # type: ignore[union-attr]
            entries.update(value.entries)
        else:
            entries[run.static(key, "a key of a dict")] = value
    return Record(dict, tuple(entries.items()))


def _as_it_is(value: Any) -> Any:
    return value


_CONVERSIONS: dict[str, Callable[[Any], Any]] = {"r": repr, "s": str, "a": ascii}


def format_(run: Run, value: Abstract, conversion: Abstract, spec: Abstract) -> Abstract:
    conv = run.static(conversion, "a conversion")
    if isinstance(value, Static) and isinstance(spec, Static):
        shown = _CONVERSIONS.get(conv, _as_it_is)(value.value)
        return Static(format(shown, spec.value or ""))
    args = (run.material(value), Const(conv), run.material(spec))
    return _text(run, py.format_value, args)


def _text(run: Run, op: Op, args: tuple[Any, ...]) -> Value:
    """A string that the run makes; should it have to be known, what it comes from must be."""
    atom = run.build.value(op, args, STR)
    assert isinstance(atom, Var)
    run.note_join(atom, *(a for a in args if isinstance(a, Var)))
    return Value(atom, STR)


def join(run: Run, *items: Abstract) -> Abstract:
    if all(isinstance(p, Static) for p in items):
        return Static("".join(p.value for p in items))  # type: ignore[union-attr]
    return _text(run, py.join, tuple(run.material(p) for p in items))


def unpack(run: Run, value: Abstract, before: Abstract, after: Abstract) -> Any:
    count, tail = run.static(before, "a count"), run.static(after, "a count")
    if isinstance(value, Value) and isinstance(value.type, (Array, ListOf)):
        if tail is not None and not isinstance(length_of(run, value), Static):
            return _starred_value(run, value, count, tail)
        items = _unpacked_value(run, value, count, tail)
    else:
        items = listed(run, value, "unpacking")
    wrong = len(items) != count if tail is None else len(items) < count + tail
    if wrong:
        run.raise_error(ValueError, f"cannot unpack {len(items)} values into {count} names")
        items = [NOTHING] * (count + (tail or 0))
    if tail is None:
        result = tuple(items)
    else:
        end = len(items) - tail
        result = (*items[:count], Seq("list", tuple(items[count:end])), *items[end:])
    return result if len(result) != 1 else result[0]


def _starred_value(run: Run, value: Value, count: int, tail: int) -> tuple[Abstract, ...]:
    """a, *rest, z = xs for a list or an array of run-time length."""
    length = length_of(run, value)
    enough = compare(run, Static(">="), length, Static(count + tail))
    run.check(enough, ValueError, f"not enough values to unpack (expected at least {count + tail})")
    first = [item(run, value, Static(k)) for k in range(count)]
    stop: Abstract = Static(-tail) if tail else Static(None)
    rest = item(run, value, Slice(Static(count), stop, Static(None)))
    if isinstance(value.type, Array):
        rest = run.call(Static(list), (rest,))
    last = [item(run, value, Static(k - tail)) for k in range(tail)]
    return (*first, rest, *last)


def _unpacked_value(run: Run, value: Value, count: int, tail: int | None) -> list[Abstract]:
    length = length_of(run, value)
    if isinstance(length, Static):
        return [item(run, value, Static(k)) for k in range(length.value)]
    if tail is not None:
        raise run.refusal("SD311", "unpacking with * needs a length known while compiling")
    fits = compare(run, Static("=="), length, Static(count))
    run.check(fits, ValueError, f"expected {count} values to unpack")
    return [item(run, value, Static(k)) for k in range(count)]


def function(run: Run, template: Abstract, captures: Abstract, defaults: Abstract) -> Abstract:
    assert isinstance(captures, Seq) and isinstance(defaults, Seq)
    return Closure(run.static(template, "a function"), captures.items, defaults.items)


def raise_(run: Run, exception: Abstract, cause: Abstract) -> Abstract:
    construct.raise_exception(run, exception, cause)
    run.ended = True
    return NOTHING


def defined(run: Run, value: Abstract, name: Abstract) -> Abstract:
    return run.defined(value, run.static(name, "a name"))


def append(run: Run, xs: Abstract, value: Abstract) -> Abstract:
    return intrinsics.append_item(run, xs, value)


HANDLERS: dict[Op, Callable[..., Any]] = {
    sx.NAME: name,
    sx.GLOBAL: global_,
    sx.SET_GLOBAL: set_global,
    sx.ATTRIBUTE: attribute,
    sx.ITEM: item,
    sx.CALL: lambda run, callee, args, keywords: calls.call_packed(run, callee, args, keywords),
    sx.UNARY: unary,
    sx.BINARY: binary,
    sx.AUGMENTED: stores.augmented,
    sx.SET_ITEM: stores.set_item,
    sx.SET_ATTRIBUTE: stores.set_attribute,
    sx.AUGMENT_ITEM: stores.augment_item,
    sx.AUGMENT_ATTRIBUTE: stores.augment_attribute,
    sx.DELETE_ITEM: stores.delete_item,
    sx.COMPARE: compare,
    sx.NOT: negated,
    sx.TRUTH: truth,
    sx.TUPLE: tuple_,
    sx.LIST: list_,
    sx.SET: set_,
    sx.DICT: dict_,
    sx.FORMAT: format_,
    sx.JOIN: join,
    sx.UNPACK: unpack,
    sx.FUNCTION: function,
    sx.RAISE: raise_,
    sx.DEFINED: defined,
    sx.APPEND: append,
    sx.GENERATOR: lambda run, a: iterator(run, "generator", (a,)),
}
