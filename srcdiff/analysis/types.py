"""Result types of rows: the shape from the row's shape function, the dtype from NumPy itself.

NumPy is asked by running the function on arrays of ones whose every axis has length 1: promotion
rules (NEP 50), Python's numbers against NumPy's, results that are scalars are thus NumPy's own.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable
from functools import cache, lru_cache
from typing import Any

import numpy as np

from srcdiff.ir.core import Arg, Const, Cut, Pack, Var
from srcdiff.ir.types import (
    BOOL,
    COMPLEX,
    FLOAT,
    INT,
    UNKNOWN,
    Array,
    Dim,
    ListOf,
    Other,
    Scalar,
    Type,
    fresh_dim,
)
from srcdiff.ops import shapes
from srcdiff.ops.table import Row

_EXAMPLES: dict[str, Any] = {"bool": True, "int64": 1, "float64": 0.5, "complex128": 0.5 + 0.5j}


_NUMBERS = {bool: BOOL, int: INT, float: FLOAT, complex: COMPLEX}


def constant_type(value: Any) -> Type:
    """The type of a constant argument."""
    number = _NUMBERS.get(type(value))
    if number is not None:
        return number
    if isinstance(value, np.generic):
        return Scalar(spelled(value.dtype), weak=False)
    return Other(type(value).__name__)


@cache
def spelled(dtype: Any) -> str:
    """A dtype as types spell it."""
    return str(dtype)


def arg_type(arg: Arg) -> Type:
    """The type of an argument that is a single value."""
    if isinstance(arg, Var):
        return arg.type
    return constant_type(arg.value) if isinstance(arg, Const) else UNKNOWN


def dims_of(type: Type) -> tuple[Dim, ...] | None:
    """The lengths of a value's axes; None when even their number is unknown."""
    if isinstance(type, Array):
        return type.shape
    if isinstance(type, ListOf):
        inner = dims_of(type.element)
        return None if inner is None else (type.length, *inner)
    return ()


Lengths = Callable[[Var], "Dim | None"]


def result_types(
    row: Row, function: Callable[..., Any], args: tuple[Arg, ...], lengths: Lengths
) -> tuple[Type, ...]:
    """The types of the results of a row applied to arguments (bound to its signature, in order).

    Raises ValueError or TypeError with NumPy's own words when the call makes no sense.
    """
    names = list(row.signature.parameters)
    variadic = [p.kind is p.VAR_POSITIONAL for p in row.signature.parameters.values()]
    examples = tuple(_example(arg) for arg in args)
    produced = None if row.dtype else _run(_Call(row, function, examples, tuple(variadic)))
    unknown_rank = any(isinstance(t, Array) and t.shape is None for t in map(arg_type, args))
    dims: Any = None
    if row.shape is not None and not unknown_rank:
        dims = row.shape(*_shape_views(row, args, lengths))
    if row.dtype:
        return _declared(_common_dtype(row, dict(zip(names, examples))), dims)
    whole = unknown_rank and isinstance(produced, np.generic) and _over_all(args, names)
    found = _typed(produced, dims, unknown_rank and not whole)
    return tuple(_common(row, args, names, t) for t in found) if row.scalar else found


def met(row: Row, args: tuple[Arg, ...]) -> list[tuple[Dim, Dim]]:
    """The lengths of some arguments that are one, or the call fails."""
    if row.shape is None or any(
        isinstance(t, Array) and t.shape is None for t in map(arg_type, args)
    ):
        return []
    with shapes.noting() as found:
        try:
            row.shape(*_shape_views(row, args, lambda var: None))
        except ValueError:  # it depends on a number that the run knows
            return []
    return found


def _shape_views(row: Row, args: tuple[Arg, ...], lengths: Lengths) -> list[Any]:
    """The arguments of a row's shape function."""
    names, arrays = list(row.signature.parameters), row.operands + row.arrays
    views = [_shape_view(arg, name in arrays, lengths) for arg, name in zip(args, names)]
    variadic = [p.kind is p.VAR_POSITIONAL for p in row.signature.parameters.values()]
    return _spliced(views, variadic)


def _over_all(args: tuple[Arg, ...], names: list[str]) -> bool:
    """Whether a reduction is over all axes, so that the rank of its operand does not matter."""
    return any(n == "axis" and a == Const(None) for n, a in zip(names, args))


def _common(row: Row, args: tuple[Arg, ...], names: list[str], found: Type) -> Type:
    """The type when which operand is returned depends on their values: max(x, 2) may be x."""
    operands = [arg_type(a) for a, n in zip(args, names) if n in row.operands]
    if row.scalar not in (max, min) or not all(isinstance(t, Scalar) for t in operands):
        return found
    dtypes = [t.dtype for t in operands if isinstance(t, Scalar)]
    weak = all(t.weak for t in operands if isinstance(t, Scalar))
    return Scalar(str(np.result_type(*dtypes)), weak)


def _common_dtype(row: Row, examples: dict[str, Any]) -> str:
    return str(np.result_type(*(_made(examples[name]) for name in row.dtype.split())))


def _declared(dtype: str, dims: Any) -> tuple[Type, ...]:
    """Results whose dtype the row tells; `dims` of one result, of several, or None."""
    if dims and isinstance(dims[0], tuple):
        return tuple(_declared(dtype, d)[0] for d in dims)
    return (Scalar(dtype, weak=False) if dims == () else Array(dtype, dims),)


def _spliced(values: Any, variadic: Any) -> list[Any]:
    flat: list[Any] = []
    for value, splice in zip(values, variadic):
        flat += value if splice else [value]
    return flat


def _typed(produced: Any, dims: Any, unknown_rank: bool) -> tuple[Type, ...]:
    if isinstance(produced, (tuple, list)):
        if dims is None:
            dims = [None] * len(produced)
        return tuple(_one_type(p, d, unknown_rank) for p, d in zip(produced, dims))
    return (_one_type(produced, dims, unknown_rank),)


def _one_type(produced: Any, dims: Any, unknown_rank: bool) -> Type:
    if isinstance(produced, np.ndarray):
        if unknown_rank:
            return Array(spelled(produced.dtype), None)
        if dims is None:
            dims = tuple(fresh_dim() for _ in produced.shape)
        if len(dims) != produced.ndim and not (produced.ndim == 1 and produced.size != 1):
            raise AssertionError(f"shape function says {dims}, numpy gives rank {produced.ndim}")
        return (
            Array(spelled(produced.dtype), tuple(dims))
            if dims
            else Scalar(spelled(produced.dtype), weak=False)
        )
    if unknown_rank and isinstance(produced, np.generic):
        return Array(spelled(produced.dtype), None)
    return constant_type(produced)


def _shape_view(arg: Arg, operand: bool, lengths: Lengths) -> Any:
    """What a shape function sees of an argument."""
    if isinstance(arg, Pack):
        return tuple(_shape_view(item, operand, lengths) for item in arg.items)
    if isinstance(arg, Const):
        return () if operand else arg.value
    if isinstance(arg, Cut):
        return slice(*(_shape_view(p, False, lengths) for p in (arg.start, arg.stop, arg.step)))
    assert isinstance(arg, Var)
    if operand or isinstance(arg.type, (Array, ListOf)):
        return dims_of(arg.type)
    return lengths(arg) or fresh_dim()


class _Call:
    """A call on examples, hashable when its examples are."""

    def __init__(
        self,
        row: Row,
        function: Callable[..., Any],
        examples: tuple[Any, ...],
        variadic: tuple[bool, ...],
    ):
        self.row, self.function, self.examples, self.variadic = row, function, examples, variadic
        self._key = (function, tuple(map(_kind, examples)))

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Call) and self._key == other._key


def _kind(example: Any) -> Hashable:
    """Equal for equal examples of the same types."""
    if example[0] == "value":
        value = example[1]
        return type(value), value if type(value) in _NUMBERS else repr(value)
    if example[0] in ("pack", "list"):
        return example[0], tuple(map(_kind, example[1:]))
    return example  # type: ignore[no-any-return]


@lru_cache(maxsize=4096)
def _run(call: _Call) -> Any:
    args: list[Any] = []
    keywords: dict[str, Any] = {}
    parameters = list(call.row.signature.parameters.values())
    values = [_made(e) for e in call.examples]
    for parameter, value in zip(parameters, values):
        if parameter.kind is parameter.VAR_POSITIONAL:
            args += value
        elif parameter.default is parameter.empty:
            args.append(value)
        elif value is not parameter.default:
            keywords[parameter.name] = value
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return _called(call.function, args, keywords)


def _called(function: Callable[..., Any], args: list[Any], keywords: dict[str, Any]) -> Any:
    try:
        return function(*args, **keywords)
    except ValueError:
        if getattr(function, "__module__", "") != "math":
            raise
        return function(*(1.5 if isinstance(a, float) else a for a in args), **keywords)  # acosh


def _example(arg: Arg) -> Any:
    """A description of an example value, with a faithful repr: ("array", dtype, rank) and so on."""
    if isinstance(arg, Pack):
        return ("pack", *(_example(item) for item in arg.items))
    if isinstance(arg, Cut):
        return ("value", slice(None))
    if isinstance(arg, Const):
        return ("value", arg.value)
    assert isinstance(arg, Var)
    return _type_example(arg.type)


def _type_example(type: Type) -> Any:
    if isinstance(type, Scalar):
        return ("value", _EXAMPLES[type.dtype]) if type.weak else ("scalar", type.dtype)
    if isinstance(type, Array):
        return ("array", type.dtype, 1 if type.shape is None else len(type.shape))
    if isinstance(type, ListOf):
        return ("list", _type_example(type.element))
    return ("value", None)


def _made(example: Any) -> Any:
    kind = example[0]
    if kind == "pack":
        return tuple(_made(e) for e in example[1:])
    if kind == "value":
        return example[1]
    if kind == "list":
        return [_made(example[1])]
    dtype = np.dtype(example[1])
    ones = np.ones((1,) * (example[2] if kind == "array" else 0), dtype)
    if dtype.kind in "fc":
        ones = ones * dtype.type(0.5)
    return (
        np.asarray(ones, dtype) if kind == "array" else dtype.type(0.5 if dtype.kind in "fc" else 1)
    )


__all__ = ["FLOAT", "INT", "Lengths", "arg_type", "constant_type", "dims_of", "result_types"]
