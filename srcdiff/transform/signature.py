"""Python arguments as abstract values: what a specialisation is made for.

    float, int, bool, complex          a scalar of Python's own
    NumPy scalars and arrays           dtype, rank, and which axes have length 1
    list of numbers                    a list of run-time length (nested lists too)
    tuple, other lists, dict, NamedTuple, dataclass, object   taken apart
    str, None, functions, classes, modules, anything else     constants

A path names a leaf: (parameter, ("key", "W"), ("item", 0), ("field", "bias")).
"""

from __future__ import annotations

import array
import collections
import dataclasses
import enum
import inspect
import types
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from srcdiff.errors import NOWHERE, Diagnostic, Refused
from srcdiff.ir.core import Tree, Var
from srcdiff.ir.types import ANY, Array, Dim, ListOf, Scalar, Sym, Type, fresh_dim
from srcdiff.transform.meet import join_types
from srcdiff.transform.values import Abstract, Record, Seq, Static, Value

Path = tuple[Hashable, ...]
ROW = ("item", "i")  # of a list of lists
HELD: dict[type, Callable[[Any], Any]] = {
    set: frozenset,
    collections.deque: tuple,
    bytearray: bytes,
    array.array: tuple,
}  # what constants hold that can be changed in place
CONTAINERS = (tuple, list, dict, set, frozenset)
PLAIN_CONTAINERS = (*CONTAINERS, collections.OrderedDict)
CONSTANT_TYPES = (str, bytes, type(None), type, types.ModuleType, np.dtype, enum.Enum)


@dataclass
class Leaves:
    """The run-time values of a signature, in order, and which leaves are fixed by value."""

    fixed: frozenset[Path] = frozenset()
    paths: list[Path] = field(default_factory=list)
    params: list[Var] = field(default_factory=list)

    def add(self, path: Path, type: Type) -> tuple[Value, Tree]:
        var = Var(leaf_hint(path), type)
        self.paths.append(path)
        self.params.append(var)
        return Value(var, type), Tree("leaf", index=len(self.params) - 1)


def leaf_hint(path: Path) -> str:
    """A name for a leaf: that of the parameter, the key or the field."""
    last = path[-1]
    if isinstance(last, tuple) and isinstance(last[1], str) and last[1].isidentifier():
        return last[1]
    if isinstance(last, tuple):
        return f"{leaf_hint(path[:-1])}_{last[1]}"
    return str(last)


def is_item(path: Path) -> bool:
    """Whether a leaf is the item of a list or a tuple, and has no name of its own."""
    return isinstance(path[-1], tuple) and not isinstance(path[-1][1], str)


def spell(path: Path) -> str:
    """A path as Python: params['W'][0].bias"""
    text = str(path[0])
    for step in path[1:]:
        assert isinstance(step, tuple)
        text += f".{step[1]}" if step[0] == "field" else f"[{step[1]!r}]"
    return text


def abstract(value: Any, path: Path, leaves: Leaves) -> tuple[Abstract, Tree]:
    """The abstract value of an argument, and how it falls into leaves."""
    if path in leaves.fixed:
        return Static(value), Tree("static", value=value)
    found = leaf_type(value, path)
    if found is not None and ("apart", *path) not in leaves.fixed:
        return leaves.add(path, found)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return _fields(value, [(f, getattr(value, f)) for f in value._fields], path, leaves)
    if isinstance(value, CONTAINERS) and not _is_plain_container(type(value)):
        raise _refused(
            "SD404",
            f"{spell(path)} is a {type(value).__name__}, a class derived from {_plain_class(value)}",
            f"pass {_plain_class(value)}(...) of it",
        )
    if isinstance(value, (tuple, list)):
        return _sequence(value, path, leaves)
    if isinstance(value, dict):
        return _dict(value, path, leaves)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [f.name for f in dataclasses.fields(value)]
        _check_hidden(value, names, path)
        return _fields(value, [(n, getattr(value, n)) for n in names], path, leaves)
    if _is_constant(value):
        held = HELD.get(type(value))
        return Static(value), Tree("static", keys=(held(value),) if held else (), value=value)
    if isinstance(inspect.getattr_static(type(value), "__getattribute__"), types.FunctionType):
        name = type(value).__name__
        raise _refused("SD319", f"{spell(path)}: {name} has a __getattribute__ of its own", "")
    return _fields(value, list(vars(value).items()), path, leaves)


def _is_plain_container(cls: type) -> bool:
    """Whether items, length and order are those of tuples, lists, dicts and sets."""
    return cls in PLAIN_CONTAINERS or cls.__module__ in ("sys", "time", "os")


def _plain_class(value: Any) -> str:
    return next(cls.__name__ for cls in CONTAINERS if isinstance(value, cls))


def _check_hidden(value: Any, names: list[str], path: Path) -> None:
    """A dataclass is its fields: another attribute may not stand before one of the class."""
    for name in getattr(value, "__dict__", {}):
        own = inspect.getattr_static(type(value), name, None)
        if name not in names and own is not None and not isinstance(own, cached_property):
            raise _refused(
                "SD403",
                f"{spell(path)} has an attribute {name!r}, which is no field of its dataclass and "
                "hides what the class has",
                f"make {name} a field",
            )


def _is_constant(value: Any) -> bool:
    if isinstance(value, CONSTANT_TYPES) or callable(value) and _held(value) is None:
        return True
    if isinstance(
        value, (types.FunctionType, types.MethodType, types.BuiltinFunctionType, np.ufunc)
    ):
        return True
    return _held(value) is None or hasattr(type(value), "__srcdiff__")


def _held(value: Any) -> dict[str, Any] | None:
    """What an object holds, whatever its class says of attributes; None if it has no __dict__."""
    try:
        found = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return None
    return found if isinstance(found, dict) else None


def leaf_type(value: Any, path: Path) -> Type | None:
    """The type of an argument that is one run-time value; None for structures and constants."""
    if isinstance(value, np.ndarray):
        return _array_type(value, path)
    if isinstance(value, np.generic):
        _check_dtype(value.dtype, path)
        return Scalar(str(value.dtype), weak=False)
    for cls, name in ((bool, "bool"), (int, "int64"), (float, "float64"), (complex, "complex128")):
        if type(value) is cls:
            return Scalar(name)
    return _list_type(value, path) if type(value) is list else None


def _array_type(value: np.ndarray[Any, Any], path: Path) -> Type:
    _check_dtype(value.dtype, path)
    if type(value) is not np.ndarray:
        raise _refused(
            "SD402", f"{spell(path)} is a {type(value).__name__}", "pass a plain ndarray"
        )
    dtype = str(value.dtype)
    if value.ndim == 0:
        return Scalar(dtype, weak=False, rank0=True)
    dims = tuple(_dim(n, path, axis) for axis, n in enumerate(value.shape))
    return Array(dtype, dims)


def _dim(n: int, path: Path, axis: int) -> Dim:
    return 1 if n == 1 else Sym((spell(path), axis), False)


def _check_dtype(dtype: np.dtype[Any], path: Path) -> None:
    if dtype.kind not in "fciub" or dtype.hasobject or not dtype.isnative:
        raise _refused(
            "SD401",
            f"{spell(path)} has dtype {dtype}, which srcdiff does not differentiate",
            "use arrays of float, complex, int or bool in native byte order",
        )


def _refused(code: str, message: str, hint: str) -> Refused:
    return Refused(Diagnostic(code, message, NOWHERE, (), hint))


def _list_type(value: list[Any], path: Path) -> Type | None:
    """A list of numbers, or of such lists."""
    if not value:
        return None
    joined: Type | None = None
    for item in value:
        own = _number_type(item, path)
        if own is None:
            return None
        joined = own if joined is None else join_types(joined, own)
        if joined is None:
            return None
    assert joined is not None
    inner = len(path) > 0 and path[-1] == ROW
    length = fresh_dim(ANY) if inner else Sym((spell(path), "len"), len(value) == 1)
    return ListOf(joined, length)  # rows may be of any length


def _number_type(item: Any, path: Path) -> Type | None:
    if isinstance(item, (bool, int, float, complex, np.generic)):
        return leaf_type(item, path)
    return _list_type(item, (*path, ROW)) if type(item) is list else None


def _sequence(value: Any, path: Path, leaves: Leaves) -> tuple[Abstract, Tree]:
    kind = "tuple" if isinstance(value, tuple) else "list"
    made = [abstract(v, (*path, ("item", k)), leaves) for k, v in enumerate(value)]
    return Seq(kind, tuple(a for a, _ in made)), Tree(kind, tuple(t for _, t in made))


def _dict(value: dict[Any, Any], path: Path, leaves: Leaves) -> tuple[Abstract, Tree]:
    made = [abstract(v, (*path, ("key", k)), leaves) for k, v in value.items()]
    entries = tuple((k, a) for k, (a, _) in zip(value, made))
    ordered = collections.OrderedDict if type(value) is collections.OrderedDict else None
    tree = Tree("dict", tuple(t for _, t in made), tuple(value), value=ordered)
    return Record(dict, entries), tree


def _fields(
    value: Any, named: list[tuple[str, Any]], path: Path, leaves: Leaves
) -> tuple[Abstract, Tree]:
    made = [abstract(v, (*path, ("field", n)), leaves) for n, v in named]
    entries = tuple((n, a) for (n, _), (a, _) in zip(named, made))
    names = tuple(n for n, _ in named)
    return Record(type(value), entries), Tree(
        "object", tuple(t for _, t in made), names, value=type(value)
    )


def tree_at(value: Any, path: Path) -> Any:
    """The part of an argument that a path (without its parameter) leads to."""
    for step in path:
        assert isinstance(step, tuple)
        value = getattr(value, step[1]) if step[0] == "field" else value[step[1]]
    return value
