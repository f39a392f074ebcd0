"""Calls on abstract values: binding, inlining, rows, classes, exceptions.

What a builtin or a NumPy function without a row means is in `transform.intrinsics`.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import operator
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from srcdiff.analysis.types import arg_type
from srcdiff.errors import Refused
from srcdiff.frontend.lower import lower
from srcdiff.ir.core import Arg, Const, Pack, Var
from srcdiff.ir.types import Array, ListOf, Scalar, Type, dtype_of, is_python
from srcdiff.ops import python as py
from srcdiff.ops import syntax as sx
from srcdiff.ops.markers import RECOMPUTE
from srcdiff.ops.syntax import Namespace, Template
from srcdiff.ops.table import DECIDED, Row, row_of
from srcdiff.transform import recursion
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.meet import describe
from srcdiff.transform.values import (
    Abstract,
    Choice,
    Closure,
    Method,
    Raised,
    Record,
    Seq,
    Static,
    Value,
    is_number,
)
from srcdiff.transform.views import identified, of_composite

Run = Instantiator
Keywords = tuple[tuple[str, Abstract], ...]
Intrinsic = Callable[..., Abstract]
Parts = frozenset[tuple[str, bool]]

INTRINSICS: dict[Any, Intrinsic] = {}
MATRIX: list[Callable[..., Abstract]] = []  # what a Jacobian means, entered by `srcdiff.inside`
OUT: list[Callable[..., Abstract]] = []  # what out= means, entered by `transform.ufuncs`
METHODS: dict[str, Intrinsic] = {}
ABSENT = object()


def intrinsic(*functions: Any) -> Callable[[Intrinsic], Intrinsic]:
    """Decorator: what calling these functions means, as handler(run, *args, **keywords)."""

    def enter(handler: Intrinsic) -> Intrinsic:
        for function in functions:
            INTRINSICS[function] = handler
        return handler

    return enter


def method(*names: str) -> Callable[[Intrinsic], Intrinsic]:
    """Decorator: what a method of a built-in type means, as handler(run, owner, *args)."""

    def enter(handler: Intrinsic) -> Intrinsic:
        for name in names:
            METHODS[name] = handler
        return handler

    return enter


def class_attribute(cls: type, name: str) -> Any:
    """A class's attribute as it is defined (no binding); ABSENT when there is none."""
    return inspect.getattr_static(cls, name, ABSENT)


def namespace(run: Run) -> Namespace:
    """The namespace of the function being run."""
    return run.session.stack[-1].template.namespace  # type: ignore[no-any-return]


def call_packed(run: Run, callee: Abstract, args: Abstract, keywords: Abstract) -> Abstract:
    """A call as the syntax has it: arguments in a Seq, keywords as (name, value) pairs."""
    assert isinstance(args, Seq) and isinstance(keywords, Seq)
    named: list[tuple[str, Abstract]] = []
    for pair in keywords.items:
        if isinstance(pair, Record):
            named += pair.entries
        else:
            assert isinstance(pair, Seq)
            named.append((run.static(pair.items[0], "a keyword"), pair.items[1]))
    run.sound(callee)
    for value in (*args.items, *(v for _, v in named)):
        run.sound(value)
    return call(run, callee, args.items, tuple(named))


def call(run: Run, callee: Abstract, args: tuple[Abstract, ...], keywords: Keywords) -> Abstract:
    """callee(*args, **keywords)"""
    if isinstance(callee, Static):
        return _call_static(run, callee.value, args, keywords)
    if isinstance(callee, Closure):
        values = bind(run, callee.template, args, keywords, callee.defaults)
        values = (*callee.captures, *values)
        return recursion.call_template(run, callee.template, values, callee.apart)
    if isinstance(callee, Method):
        return _call_method(run, callee, args, keywords)
    if isinstance(callee, Choice):
        then, orelse = callee.then, callee.orelse
        outs = run.fork(
            callee.test,
            lambda: (call(run, then, args, keywords),),
            lambda: (call(run, orelse, args, keywords),),
        )
        return run.load(outs[0])
    if isinstance(callee, Record):
        found = class_attribute(callee.cls, "__call__")
        if isinstance(found, types.FunctionType):
            return call_function(run, found, (callee, *args), keywords)
    raise run.refusal("SD324", f"{describe(callee)} cannot be called")


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _call_static(
    run: Run, function: Any, args: tuple[Abstract, ...], keywords: Keywords
) -> Abstract:
    known = INTRINSICS.get(function) if _hashable(function) else None
    if known is not None:
        return _call_intrinsic(run, known, args, keywords)
    row = row_of(function)
    if row is not None:
        return apply_row(run, row, args, keywords, function)
    if _hashable(function) and function in DECIDED:
        values = [run.static(a, "an argument of a decided function") for a in args]
        named = {k: run.static(v, "an argument of a decided function") for k, v in keywords}
        return Static(function(*values, **named))
    if hasattr(function, "__srcdiff__"):
        assert run.session.derivative is not None
        return run.session.derivative(run, function, args, keywords)
    if hasattr(function, "__srcdiff_matrix__"):
        return MATRIX[0](run, function.__srcdiff_matrix__, args, keywords)
    if isinstance(function, functools.partial):
        kept = tuple(_constant(run, a) for a in function.args)
        named = {k: _constant(run, v) for k, v in function.keywords.items()}
        return call(
            run, Static(function.func), (*kept, *args), tuple({**named, **dict(keywords)}.items())
        )
    if isinstance(function, type):
        return _construct(run, function, args, keywords)
    if isinstance(function, types.FunctionType):
        return call_function(run, function, args, keywords)
    if isinstance(function, types.MethodType) and isinstance(function.__func__, types.FunctionType):
        owner = _constant(run, function.__self__)
        return call_function(run, function.__func__, (owner, *args), keywords)
    wrapped = getattr(function, "__wrapped__", None)
    if isinstance(wrapped, types.FunctionType) and isinstance(
        function, functools._lru_cache_wrapper
    ):
        return call_function(run, wrapped, args, keywords)
    return _call_constant(run, function, args, keywords)


def _call_constant(
    run: Run, function: Any, args: tuple[Abstract, ...], keywords: Keywords
) -> Abstract:
    """Methods of constants on constants are computed; callable objects are inlined."""
    own = getattr(function, "__self__", None)
    if isinstance(own, (str, int, float, tuple, bytes, frozenset)):
        values = [run.static(a, "an argument of a method of a constant") for a in args]
        named = {k: run.static(v, "an argument") for k, v in keywords}
        return Static(function(*values, **named))
    found = class_attribute(type(function), "__call__")
    if isinstance(found, types.FunctionType):
        return call_function(run, found, (_constant(run, function), *args), keywords)
    raise no_rule(run, function)


def no_rule(run: Run, function: Any) -> Refused:
    """The refusal of a callable with neither source nor rule."""
    module = getattr(function, "__module__", None) or type(function).__module__
    name = f"{module}.{getattr(function, '__qualname__', type(function).__name__)}"
    return run.refusal(
        "SD201",
        f"{name} has neither Python source nor a rule",
        "write a rule for it (srcdiff.rules), declare its result constant "
        "(srcdiff.stop_gradient in a function of yours), or replace it",
    )


def _call_intrinsic(
    run: Run, handler: Intrinsic, args: tuple[Abstract, ...], keywords: Keywords
) -> Abstract:
    try:
        _parameters_of(handler).bind(run, *args, **dict(keywords))
    except TypeError as error:
        raise run.refusal("SD325", f"this call is not known to srcdiff: {error}") from None
    return handler(run, *args, **dict(keywords))


@functools.cache
def _parameters_of(handler: Intrinsic) -> inspect.Signature:
    return inspect.signature(handler)


def _call_method(
    run: Run, callee: Method, args: tuple[Abstract, ...], keywords: Keywords
) -> Abstract:
    if isinstance(callee.target, Row):
        return apply_row(
            run, callee.target, (callee.owner, *_gathered(callee.target, args)), keywords
        )
    if isinstance(callee.target, types.FunctionType):
        return call_function(run, callee.target, (callee.owner, *args), keywords)
    return _call_intrinsic(run, METHODS[callee.target], (callee.owner, *args), keywords)


def _gathered(row: Row, args: tuple[Abstract, ...]) -> tuple[Abstract, ...]:
    """x.reshape(2, 3) is x.reshape((2, 3))"""
    if not row.gathers or not args or isinstance(args[0], Seq):
        return args
    if isinstance(args[0], Static) and args[0].value is None:
        return args
    return (Seq("tuple", args),)


def _constant(run: Run, value: Any) -> Abstract:
    """A Python object met while compiling: a constant, or data read at each call."""
    if isinstance(value, (bool, int, float, complex, str, bytes, type(None), type, np.dtype)):
        return Static(value)
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, types.ModuleType)):
        return Static(value)
    holder = Namespace({"value": value})
    return run.session.data(holder, "value", value)


# --- functions ----------------------------------------------------------------------------------


def call_function(
    run: Run, function: types.FunctionType, args: tuple[Abstract, ...], keywords: Keywords
) -> Abstract:
    """A Python function with source, inlined."""
    template = lower(function)
    defaults = tuple(_constant(run, d) for d in _defaults(function, template))
    values = bind(run, template, args, keywords, defaults)
    return recursion.call_template(run, template, values, getattr(function, RECOMPUTE, False))


def _defaults(function: Any, template: Template) -> list[Any]:
    if not any(p.has_default for p in template.parameters):
        return []
    original = inspect.unwrap(function)
    parameters = inspect.signature(original).parameters
    return [parameters[p.name].default for p in template.parameters if p.has_default]


def bind(
    run: Run,
    template: Template,
    args: tuple[Abstract, ...],
    keywords: Keywords,
    defaults: Sequence[Abstract],
) -> tuple[Abstract, ...]:
    """The values of a function's parameters, as Python binds a call."""
    if not keywords and template.plain and len(args) == len(template.parameters):
        return args
    try:
        bound = template.signature.bind(*args, **dict(keywords)).arguments
    except TypeError as error:
        raise run.refusal("SD326", f"{template.name}(): {error}") from None
    with_default = [p.name for p in template.parameters if p.has_default]
    standing = dict(zip(with_default, defaults))
    return tuple(_bound_value(p, bound, standing) for p in template.parameters)


def _bound_value(p: sx.Parameter, bound: dict[str, Any], standing: dict[str, Abstract]) -> Abstract:
    if p.kind is inspect.Parameter.VAR_POSITIONAL:
        return Seq("tuple", tuple(bound.get(p.name, ())))
    if p.kind is inspect.Parameter.VAR_KEYWORD:
        return Record(dict, tuple(bound.get(p.name, {}).items()))
    return bound[p.name] if p.name in bound else standing[p.name]


# --- rows ---------------------------------------------------------------------------------------


def apply_row(
    run: Run, row: Row, args: tuple[Abstract, ...], keywords: Keywords, function: Any = None
) -> Abstract:
    """An operation of the table on abstract values."""
    if row.kind == "refused":
        raise run.refusal("SD202", f"{row.path or row.name}: {row.reason}", row.hint)
    if isinstance(row.function, np.ufunc) and (len(args) > row.function.nin or keywords):
        args, keywords, out, where = _out_of(row.function, args, dict(keywords))
        if out is not None or where is not None:
            plain = Static(None) if out is None else out
            chosen = Static(True) if where is None else where

            def compute(*operands: Abstract) -> Abstract:
                return apply_row(run, row, operands, keywords, function)

            return OUT[0](run, compute, args, plain, chosen)
    values = _row_values(run, row, args, keywords)
    if row.kind == "composite":
        assert isinstance(row.body, types.FunctionType)
        return of_composite(run, values, call_function(run, row.body, tuple(values), ()))
    folded = _folded(row, values, function)
    if folded is not None:
        return folded

    def again(run: Run, values: list[Abstract]) -> Abstract:
        pairs = zip(row.signature.parameters, values)
        return _emit_row(run, row, tuple(_bound_arg(run, row, n, v) for n, v in pairs), function)

    return identified(run, row, values, again(run, values), again)


def _out_of(
    function: np.ufunc, args: tuple[Abstract, ...], keywords: dict[str, Abstract]
) -> tuple[tuple[Abstract, ...], Keywords, Abstract | None, Abstract | None]:
    """The arguments of a ufunc, with those that say where its result goes apart."""
    out, where = keywords.pop("out", None), keywords.pop("where", None)
    if len(args) == function.nin + 1:
        args, out = args[:-1], args[-1]
    return args, tuple(keywords.items()), out, where


def _row_values(
    run: Run, row: Row, args: tuple[Abstract, ...], keywords: Keywords
) -> list[Abstract]:
    if not keywords and row.plain and len(args) == len(row.signature.parameters):
        return list(args)
    try:
        bound = row.signature.bind(*args, **dict(keywords))
    except TypeError as error:
        raise run.refusal(
            "SD327", f"{row.path or row.name}: {error} (as far as srcdiff knows it)"
        ) from None
    values: list[Abstract] = []
    for name, parameter in row.signature.parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            values.append(Seq("tuple", tuple(bound.arguments.get(name, ()))))
        elif name in bound.arguments:
            if name == "dtype":
                numeric(run, bound.arguments[name])
            values.append(bound.arguments[name])
        else:
            values.append(Static(parameter.default))
    return values


def numeric(run: Run, dtype: Abstract) -> np.dtype[Any] | None:
    """A dtype that is asked for, which must be one of numbers."""
    wanted = run.static(dtype, "a dtype")
    if wanted is None:
        return None
    try:
        known: np.dtype[Any] = np.dtype(wanted)
    except TypeError as error:
        raise run.refusal("SD338", f"no dtype: {error}") from None
    if known.kind not in "fciub":
        raise run.refusal(
            "SD338",
            f"arrays of dtype {known} have no derivative",
            "use an array of numbers for each",
        )
    return known


def _folded(row: Row, values: list[Abstract], function: Any) -> Abstract | None:
    """Python's own arithmetic on constants."""
    own = row.scalar if function in (None, row.function) and row.scalar else function
    plain = getattr(own, "__module__", "") in ("math", "_operator", "builtins")
    if function is row.function or not plain or not all(is_number(v) for v in values):
        return None
    try:
        return Static(own(*(v.value for v in values)))  # type: ignore[union-attr]
    except (ArithmeticError, ValueError):
        return None


def _bound_arg(run: Run, row: Row, name: str, value: Abstract) -> Arg:
    sequence = row.sequence and row.operands and name == row.operands[0]
    if sequence and isinstance(value, Seq):
        return Pack(tuple(operand(run, row, item) for item in value.items))
    if isinstance(value, Static) and value.value is None:
        return Const(None)
    if name in row.operands or name in row.arrays:
        return operand(run, row, value)
    return run.material(_tuples(value))


def _tuples(a: Abstract) -> Abstract:
    """Lists of axes, sections or lengths as tuples, which exist while compiling only."""
    return Seq("tuple", tuple(map(_tuples, a.items))) if isinstance(a, Seq) else a


def operand(run: Run, row: Row, a: Abstract) -> Arg:
    """A value as an operand: sequences become arrays."""
    if isinstance(a, Seq) or isinstance(a, Value) and isinstance(a.type, ListOf):
        a = arrayed(run, a)
    if isinstance(a, Value) and isinstance(a.type, (Scalar, Array)) or is_number(a):
        return run.atom(a)
    if isinstance(a, Static) and isinstance(a.value, (np.generic,)):
        return Const(a.value)
    raise run.refusal("SD328", f"{row.path or row.name} of {describe(a)}")


def arrayed(run: Run, a: Abstract) -> Abstract:
    """np.array(a)"""
    return run.call(Static(np.array), (a,))


def _emit_row(run: Run, row: Row, args: tuple[Arg, ...], function: Any) -> Abstract:
    names = row.operands + row.arrays
    operands = [
        arg_type(a)
        for a, n in zip(args, row.signature.parameters)
        if n in names or row.kind == "zero"
    ]
    all_python = bool(operands) and all(is_python(t) for t in operands)
    chosen = function if function is not None else row.function
    if run.rules and all_python and chosen is row.function and _takes(row.scalar, operands):
        chosen = row.scalar or (_python_operator(row) if row.symbol else chosen)
    elif all_python and chosen is row.function and row.symbol is not None and row.kind != "zero":
        dtype = dtype_of(operands[0])
        wide = run.build.value(py.cast, (args[0], Const(dtype)), Scalar(dtype, weak=False))
        args = (wide, *args[1:])
    args, types = typed(run, row, args, chosen)
    return results(run, row, args, types)


def typed(
    run: Run, row: Row, args: tuple[Arg, ...], function: Any = None
) -> tuple[tuple[Arg, ...], tuple[Type, ...]]:
    """The types of a row's results, with the arguments to give it.

    A sum begun with the integer 0 is an integer where nothing is added. A number made of such a
    number is as uncertain. For an array made of it the number is converted first, so that the array
    has the dtype that its cotangent is made for.
    """
    types = _inferred(run, row, args, function)
    mixed = _mixed(args)
    if not mixed:
        return args, types
    found = [_inferred(run, row, _replaced(args, by), function) for by in _alternatives(mixed)]
    for t, others in zip(types, zip(*found)):
        if isinstance(t, Array) and any(dtype_of(o) != t.dtype for o in others):
            wide = Scalar(t.dtype, weak=False)
            casts = {v: run.build.value(py.cast, (v, Const(t.dtype)), wide) for v in mixed}
            args = _replaced(args, casts)
            return args, _inferred(run, row, args, function)
    return args, tuple(_uncertain(t, others) for t, others in zip(types, zip(*found)))


def _uncertain(type: Type, others: tuple[Type, ...]) -> Type:
    """The type of a number, with all it may be at run time."""
    parts = frozenset((o.dtype, o.weak) for o in others if isinstance(o, Scalar))
    return replace(type, mixed=parts) if isinstance(type, Scalar) and len(parts) > 1 else type


def _mixed(args: tuple[Arg, ...]) -> dict[Var, Parts]:
    """The operands that are numbers of a type that only the run knows, with all it may be."""
    found: dict[Var, Parts] = {}
    for a in _atoms(args):
        if isinstance(a, Var) and isinstance(a.type, Scalar) and a.type.mixed:
            found[a] = a.type.mixed
    return found


def _alternatives(mixed: Mapping[Var, Parts]) -> Iterator[dict[Var, Arg]]:
    """Numbers of certain types in the place of mixed ones, the narrowest first."""

    def width(part: tuple[str, bool]) -> tuple[int, int, bool]:
        dtype = np.dtype(part[0])
        return "biufc".index(dtype.kind), dtype.itemsize, not part[1]

    for k in range(max(map(len, mixed.values()))):
        yield {
            v: Var("", Scalar(*sorted(parts, key=width)[min(k, len(parts) - 1)]))
            for v, parts in mixed.items()
        }


def _inferred(run: Run, row: Row, args: tuple[Arg, ...], function: Any) -> tuple[Type, ...]:
    try:
        return run.build.infer(row, args, function)
    except (TypeError, ValueError, ArithmeticError, np.linalg.LinAlgError, IndexError) as error:
        raise run.refusal("SD329", f"{row.path or row.name}: {error}") from None


def _atoms(args: tuple[Arg, ...]) -> Iterator[Arg]:
    """The arguments, and those in packs."""
    for a in args:
        if isinstance(a, Pack):
            yield from _atoms(a.items)
        else:
            yield a


def _replaced(args: tuple[Arg, ...], by: Mapping[Var, Arg]) -> tuple[Arg, ...]:
    return tuple(
        Pack(_replaced(a.items, by))
        if isinstance(a, Pack)
        else (by.get(a, a) if isinstance(a, Var) else a)
        for a in args
    )


def _takes(scalar: Any, operands: list[Type]) -> bool:
    """Whether the variant for Python's numbers takes these: functions of `math` take no complex."""
    real = getattr(scalar, "__module__", "") == "math"
    return not real or all(dtype_of(t) != "complex128" for t in operands)


def results(run: Run, row: Row, args: tuple[Arg, ...], types: tuple[Any, ...]) -> Abstract:
    """Emit a row; one result as a value, several as a tuple."""
    if len(types) == 1:
        atom = run.build.value(row, args, types[0], run.hint)
        _note_origins(run, atom, args)
        return (
            Value(atom, types[0], run.build.lengths.get(atom))
            if isinstance(atom, Var)
            else _constant_or_value(atom)
        )
    outs = run.build.apply(row, args, types, run.hint)
    return Seq("tuple", tuple(Value(v, v.type) for v in outs))


def _constant_or_value(atom: Const) -> Abstract:
    return Static(atom.value)


def _note_origins(run: Run, atom: Any, args: tuple[Arg, ...]) -> None:
    if (
        isinstance(atom, Var)
        and isinstance(atom.type, Scalar)
        and atom.type.dtype in ("int64", "bool")
    ):
        for arg in args:
            if isinstance(arg, Var):
                run.note_origins(atom, arg)
        run.session.partial.discard(atom)


def _python_operator(row: Row) -> Any:
    return _OPERATORS.get(row.name, row.function)


_OPERATORS: dict[str, Any] = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul,
    "divide": operator.truediv, "power": operator.pow, "negative": operator.neg,
    "positive": operator.pos, "remainder": operator.mod, "mod": operator.mod,
    "floor_divide": operator.floordiv, "less": operator.lt, "less_equal": operator.le,
    "greater": operator.gt, "greater_equal": operator.ge, "equal": operator.eq,
    "not_equal": operator.ne, "absolute": abs,
}  # fmt: skip


# --- classes and exceptions ---------------------------------------------------------------------


def _construct(run: Run, cls: type, args: tuple[Abstract, ...], keywords: Keywords) -> Abstract:
    if issubclass(cls, BaseException):
        return Raised(cls, args)
    if issubclass(cls, np.generic):
        first = args[0] if args else None
        number = isinstance(first, Value) and isinstance(first.type, Scalar)
        function = np.array if number else np.asarray  # an array stays the one it is
        return run.call(Static(function), args[:1], dtype=Static(cls))
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return _namedtuple(run, cls, args, keywords)
    if dataclasses.is_dataclass(cls):
        return _dataclass(run, cls, args, keywords)
    if _is_plain_class(cls):
        return _object(run, cls, args, keywords)
    raise run.refusal(
        "SD330",
        f"making an object of class {cls.__name__} inside a differentiated function",
        "dataclasses and NamedTuples can be made; pass other objects in as arguments",
    )


def _is_plain_class(cls: type) -> bool:
    """Whether making an object of the class is running an __init__ written in Python."""
    made = class_attribute(cls, "__new__") is class_attribute(object, "__new__")
    plain = type(cls) is type and made and not hasattr(cls, "__slots__")
    return plain and isinstance(class_attribute(cls, "__init__"), types.FunctionType)


def _object(run: Run, cls: type, args: tuple[Abstract, ...], keywords: Keywords) -> Abstract:
    made = run.load(run.hold(Record(cls, ())))
    init = class_attribute(cls, "__init__")
    call_function(run, init, (made, *args), keywords)
    return run.now(made)


def _namedtuple(run: Run, cls: Any, args: tuple[Abstract, ...], keywords: Keywords) -> Abstract:
    given = dict(zip(cls._fields, args)) | dict(keywords)
    missing = [f for f in cls._fields if f not in given and f not in cls._field_defaults]
    if missing or len(args) > len(cls._fields) or set(given) - set(cls._fields):
        raise run.refusal("SD326", f"{cls.__name__}() was not given the fields {cls._fields}")
    entries = (
        (f, given[f] if f in given else _constant(run, cls._field_defaults[f])) for f in cls._fields
    )
    return Record(cls, tuple(entries))


def _dataclass(run: Run, cls: Any, args: tuple[Abstract, ...], keywords: Keywords) -> Abstract:
    fields = [f for f in dataclasses.fields(cls) if f.init]
    given = dict(zip((f.name for f in fields if not f.kw_only), args)) | dict(keywords)
    entries: list[tuple[str, Abstract]] = []
    for f in dataclasses.fields(cls):
        if f.name in given:
            entries.append((f.name, given[f.name]))
        elif f.default is not dataclasses.MISSING:
            entries.append((f.name, _constant(run, f.default)))
        elif f.default_factory is not dataclasses.MISSING:
            entries.append((f.name, call(run, Static(f.default_factory), (), ())))
        else:
            raise run.refusal("SD326", f"{cls.__name__}() needs its field {f.name!r}")
    made: Abstract = Record(cls, tuple(entries))
    after = class_attribute(cls, "__post_init__")
    if isinstance(after, types.FunctionType):
        made = run.load(run.hold(made))
        call_function(run, after, (made,), ())
        made = run.now(made)
    return made


def raise_exception(run: Run, exception: Abstract, cause: Abstract) -> None:
    """raise exception from cause"""
    del cause
    if isinstance(exception, Static) and isinstance(exception.value, type):
        exception = Raised(exception.value, ())
    if not isinstance(exception, Raised):
        raise run.refusal("SD331", f"raising {describe(exception)}")
    if run.rules:
        reason = exception.args[0].value if exception.args else "no derivative"  # type: ignore[union-attr]
        raise run.refusal("SD203", f"{reason}")
    args = Pack(tuple(run.material(a) for a in exception.args))
    run.build.apply(py.raise_, (Const(exception.cls), args, Const(None)), ())
