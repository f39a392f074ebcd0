"""Operations of the table on abstract values: their arguments, the types of their results.

before   call(np.sum, (x,), ("axis", 0))
after    t: float64[m] = sum(x, 0, False)
"""

from __future__ import annotations

import operator
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from srcdiff.analysis.types import arg_type
from srcdiff.ir.core import Arg, Const, Pack, Var
from srcdiff.ir.types import Array, ListOf, Scalar, Type, dtype_of, is_python
from srcdiff.ops import python as py
from srcdiff.ops.table import Row
from srcdiff.transform.functions import Keywords, call_function
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.meet import describe
from srcdiff.transform.mixed import Typed, typed
from srcdiff.transform.values import Abstract, Seq, Static, Value, is_number
from srcdiff.transform.views import identified, of_composite

Run = Instantiator

OUT: dict[str, Callable[..., Abstract]] = {}  # what out= means, entered by `transform.ufuncs`


def apply_row(
    run: Run, row: Row, args: tuple[Abstract, ...], keywords: Keywords, function: Any = None
) -> Abstract:
    """An operation of the table on abstract values."""
    if row.kind == "refused":
        raise run.refusal("SD202", f"{row.path or row.name}: {row.reason}", row.hint)
    called = row.function if function is None else function
    if isinstance(called, np.ufunc) and (len(args) > called.nin or keywords):
        args, keywords, out, where = _out_of(called, args, dict(keywords))
        if out is not None or where is not None:
            plain = Static(None) if out is None else out
            chosen = Static(True) if where is None else where

            def compute(*operands: Abstract) -> Abstract:
                return apply_row(run, row, operands, keywords, function)

            return OUT["ufunc"](run, compute, args, plain, chosen)
    out = dict(keywords).get("out")
    if out is not None:
        others = tuple((name, value) for name, value in keywords if name != "out")
        made = apply_row(run, row, args, others, function)
        return OUT["function"](run, row.function, made, out)
    values = _row_values(run, row, args, keywords)
    if row.kind == "composite":
        assert isinstance(row.body, types.FunctionType)
        return of_composite(run, values, call_function(run, row.body, tuple(values), ()))
    folded = _folded(row, args, keywords, function)
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


def _folded(
    row: Row, args: tuple[Abstract, ...], keywords: Keywords, function: Any
) -> Abstract | None:
    """Python's own arithmetic on constants, given what the program gives: round(x) is an int."""
    own = row.scalar if function in (None, row.function) and row.scalar else function
    plain = getattr(own, "__module__", "") in ("math", "_operator", "builtins")
    given = (*args, *(value for _, value in keywords))
    if function is row.function or not plain or not all(map(_is_plain, given)):
        return None
    values = [v.value for v in given]  # type: ignore[union-attr]
    named = zip((name for name, _ in keywords), values[len(args) :])
    try:
        return Static(own(*values[: len(args)], **dict(named)))
    except (ArithmeticError, ValueError):
        return None


def _is_plain(a: Abstract) -> bool:
    """Whether the value is a number of Python's, or None, and known while compiling."""
    return is_number(a) or isinstance(a, Static) and a.value is None


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
        chosen = row.scalar or (python_operator(row) if row.symbol else chosen)
    elif all_python and chosen is row.function and row.symbol is not None and row.kind != "zero":
        dtype = dtype_of(operands[0])
        wide = run.build.value(py.cast, (args[0], Const(dtype)), Scalar(dtype, weak=False))
        args = (wide, *args[1:])
    return results(run, row, typed(run, row, args, chosen))


def _takes(scalar: Any, operands: list[Type]) -> bool:
    """Whether the variant for Python's numbers takes these: functions of `math` take no complex."""
    real = getattr(scalar, "__module__", "") == "math"
    return not real or all(dtype_of(t) != "complex128" for t in operands)


def results(run: Run, row: Row, call: Typed) -> Abstract:
    """Emit a row; one result as a value, several as a tuple."""
    if len(call.types) > 1:
        outs = run.build.apply(row, call.args, call.types, run.hint)
        call.require(run, outs)
        return Seq("tuple", tuple(Value(v, v.type) for v in outs))
    atom = run.build.value(row, call.args, call.types[0], run.hint)
    _note_origins(run, atom, call.args)
    if isinstance(atom, Const):
        return Static(atom.value)
    call.require(run, (atom,))
    return Value(atom, call.types[0], run.build.lengths.get(atom))


def _note_origins(run: Run, atom: Any, args: tuple[Arg, ...]) -> None:
    if (
        isinstance(atom, Var)
        and isinstance(atom.type, Scalar)
        and atom.type.dtype in ("int64", "bool")
    ):
        for arg in args:
            if isinstance(arg, Var):
                run.note_join(atom, arg)
        run.session.partial.discard(atom)


def python_operator(row: Row) -> Any:
    """What the symbol of a row is in Python."""
    return _OPERATORS.get(row.name, row.function)


_OPERATORS: dict[str, Any] = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul,
    "divide": operator.truediv, "power": operator.pow, "negative": operator.neg,
    "positive": operator.pos, "remainder": operator.mod, "mod": operator.mod,
    "floor_divide": operator.floordiv, "less": operator.lt, "less_equal": operator.le,
    "greater": operator.gt, "greater_equal": operator.ge, "equal": operator.eq,
    "not_equal": operator.ne, "absolute": abs,
}  # fmt: skip  # fmt: skip
