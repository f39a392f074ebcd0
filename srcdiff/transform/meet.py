"""Where control flow meets: the least abstract value that holds both of two.

`frame(a, b)` gives the structure and the types; its run-time leaves are new Vars, to be used as
outs of an If or as parameters of a loop. `Flattener.atoms(frame, a)` gives a's atoms, leaf by leaf.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from srcdiff.errors import NOWHERE, Diagnostic
from srcdiff.ir.core import NEVER, UNDEFINED, Atom, Const, Var
from srcdiff.ir.types import (
    ANY,
    NONE,
    Array,
    Dim,
    ListOf,
    Other,
    Scalar,
    Type,
    fresh_dim,
    is_later,
    is_one,
    is_wild,
    loosened,
)
from srcdiff.transform.keyed import Keyed
from srcdiff.transform.values import (
    UNDEF,
    Abstract,
    Choice,
    Closure,
    Iter,
    Made,
    Method,
    Poison,
    Record,
    Ref,
    Seq,
    Static,
    Value,
    parts,
    same_frame,
    same_static,
    type_of,
    with_parts,
)


def join_dims(a: Dim, b: Dim) -> Dim:
    """A length that is a or b: a wildcard unless they are equal."""
    if a == b:
        return a
    one = is_one(a) if is_one(a) == is_one(b) else None
    return fresh_dim(ANY, one)


def covers_dim(a: Dim, b: Dim, since: int = 0) -> bool:
    """Whether b may come in where a is: a wildcard that was made up after the mark."""
    if a == b:
        return True
    if not is_wild(a) or not is_later(a, since):
        return False
    return is_one(a) is None or is_one(a) == is_one(b)


_ORDER = ("bool", "int64", "float64", "complex128")


def join_types(a: Type, b: Type) -> Type | None:
    """The least type that holds both, or None."""
    if a == b:
        return a
    if a == NONE or b == NONE:
        other = b if a == NONE else a
        return replace(other, optional=True) if isinstance(other, Scalar) else None
    if isinstance(a, Scalar) and isinstance(b, Scalar):
        return _join_scalars(a, b)
    if isinstance(a, ListOf) and isinstance(b, ListOf):
        element = join_types(a.element, b.element)
        return None if element is None else ListOf(element, join_dims(a.length, b.length))
    if isinstance(a, (Scalar, Array)) and isinstance(b, (Scalar, Array)):
        return _join_arrays(a, b)
    return None


def _join_scalars(a: Scalar, b: Scalar) -> Scalar:
    dtype = str(np.result_type(a.dtype, b.dtype))
    if (
        a.weak != b.weak
    ):  # a float and a float32: what is computed of either with arrays is the same
        strong, weak = (b, a) if a.weak else (a, b)
        dtype = str(np.result_type(np.dtype(strong.dtype), _weak_example(weak)))
    parts = (a.mixed or {(a.dtype, a.weak)}) | (b.mixed or {(b.dtype, b.weak)})
    mixed = frozenset(parts) if len(parts) > 1 else frozenset()
    return Scalar(dtype, a.weak and b.weak, a.optional or b.optional, mixed=mixed)


def _join_arrays(a: Scalar | Array, b: Scalar | Array) -> Array | None:
    """The type of one of two arrays, of the same dtype: what is stored in one of integers is cut."""
    if isinstance(a, Array) and isinstance(b, Array) and a.dtype != b.dtype:
        return None
    dtype = str(np.result_type(a.dtype, b.dtype))
    if isinstance(a, Scalar) and a.weak and isinstance(b, Array):
        dtype = str(np.result_type(np.dtype(b.dtype), _weak_example(a)))
    if isinstance(b, Scalar) and b.weak and isinstance(a, Array):
        dtype = str(np.result_type(np.dtype(a.dtype), _weak_example(b)))
    if isinstance(a, Scalar) or isinstance(b, Scalar) or a.shape is None or b.shape is None:
        return Array(dtype, None)
    if len(a.shape) != len(b.shape):
        return Array(dtype, None)
    return Array(dtype, tuple(join_dims(x, y) for x, y in zip(a.shape, b.shape)))


def _weak_example(t: Scalar) -> Any:
    return {"bool": True, "int64": 1, "float64": 1.0}.get(t.dtype, 1j)


def covers_type(a: Type, b: Type, since: int = 0) -> bool:
    """Whether every value of type b may come in where a is (see `covers_dim`)."""
    if a == b:
        return True
    if isinstance(a, Scalar):
        if b == NONE:
            return a.optional
        return isinstance(b, Scalar) and _join_scalars(a, b) == a
    if isinstance(a, Array) and isinstance(b, (Array, Scalar)):
        if a.shape is None:
            joined = _join_arrays(a, b)
            return joined is not None and joined.dtype == a.dtype
        if not isinstance(b, Array) or b.shape is None or a.dtype != b.dtype:
            return False
        pairs = zip(a.shape, b.shape)
        return len(a.shape) == len(b.shape) and all(covers_dim(x, y, since) for x, y in pairs)
    if isinstance(a, ListOf) and isinstance(b, ListOf):
        inside = covers_type(a.element, b.element, since)
        return inside and covers_dim(a.length, b.length, since)
    return isinstance(a, Other) and a == b


# --- abstract values ----------------------------------------------------------------------------


def is_undefined(a: Abstract) -> bool:
    return isinstance(a, Static) and a.value is UNDEFINED


def is_never(a: Abstract) -> bool:
    return isinstance(a, Static) and a.value is NEVER


def hint_of(*values: Abstract) -> str:
    """The first spelling that one of the values has."""
    hints = (v.atom.hint for v in values if isinstance(v, Value) and isinstance(v.atom, Var))
    return next((h for h in hints if h), "")


def frame(a: Abstract, b: Abstract) -> Abstract:
    """The least abstract value that holds a and b; its leaves are new Vars."""
    if isinstance(a, Ref) and a == b:
        return a
    if is_never(a) or is_never(b):
        return _remade(b if is_never(a) else a)
    if isinstance(a, Poison) or isinstance(b, Poison):
        return a if isinstance(a, Poison) else b
    if same_static(a, b) or a is b and isinstance(a, Choice):
        return a
    if is_undefined(a) or is_undefined(b):
        return _remade(_storable(b if is_undefined(a) else a))
    ta, tb = type_of(a), type_of(b)
    if ta is not None and tb is not None:
        joined = join_types(ta, tb)
        return _mismatch(a, b) if joined is None else _leaf(joined, a, b)
    if same_frame(a, b):
        return with_parts(a, tuple(map(frame, parts(a), parts(b))))
    as_list = _as_list_type(a, b)
    return _mismatch(a, b) if as_list is None else _leaf(as_list, a, b)


def _leaf(type: Type, *values: Abstract) -> Value:
    return Value(Var(hint_of(*values), type), type)


def _remade(a: Abstract) -> Abstract:
    if isinstance(a, Value):
        return _leaf(a.type, a)
    inner = parts(a)
    return with_parts(a, tuple(_remade(p) for p in inner)) if inner else a


def _storable(a: Abstract) -> Abstract:
    """A constant as a run-time value, since on the other path the name is not bound."""
    if isinstance(a, Static):
        type = type_of(a)
        return Value(Const(a.value), type) if type is not None else _half_bound()
    inner = parts(a)
    return with_parts(a, tuple(_storable(p) for p in inner)) if inner else a


def _half_bound() -> Poison:
    return Poison(
        Diagnostic("SD301", "a function, class or module is bound on one path only", NOWHERE)
    )


def _mismatch(a: Abstract, b: Abstract) -> Poison:
    text = f"a value that is {describe(a)} on one path and {describe(b)} on another"
    hint = "give it the same structure on both paths"
    if isinstance(a, Value) and isinstance(b, Value):
        if isinstance(a.type, Array) and isinstance(b.type, Array) and a.type.dtype != b.type.dtype:
            hint = "give it one dtype from the start, e.g. with .astype(float) or np.zeros(n)"
    return Poison(Diagnostic("SD302", text, NOWHERE, (), hint))


def describe(a: Abstract) -> str:
    """An abstract value for a message."""
    if isinstance(a, Value):
        return f"of type {a.type}"
    if isinstance(a, Static):
        name = getattr(a.value, "__name__", None)
        return f"{type(a.value).__name__} {name}" if name else repr(a.value)
    if isinstance(a, Seq):
        return f"a {a.kind} of {len(a.items)}"
    if isinstance(a, Record) and a.cls is Keyed:
        return "a dict whose keys only the run knows"
    if isinstance(a, Record):
        return f"a {a.cls.__name__} with {', '.join(str(k) for k, _ in a.entries) or 'no entries'}"
    if isinstance(a, Closure):
        return f"the function {a.template.name}"
    if isinstance(a, Method) and isinstance(a.target, Made):
        return str(a.target)
    if isinstance(a, Iter):
        return f"a {a.kind}"
    return "a method" if isinstance(a, Method) else f"a {type(a).__name__.lower()}"


def element_type(a: Abstract) -> Type | None:
    """The common type of the entries of a list, or None. An empty list fits any."""
    if isinstance(a, Value):
        return a.type.element if isinstance(a.type, ListOf) else None
    if not isinstance(a, Seq) or a.kind != "list":
        return None
    types = [list_type(item) for item in a.items]
    joined = types[0] if types else None
    for t in types[1:]:
        joined = None if joined is None or t is None else join_types(joined, t)
    return joined


def list_type(a: Abstract) -> Type | None:
    """The run-time type of a value, lists of known length included."""
    known = type_of(a)
    if known is not None or not (isinstance(a, Seq) and a.kind == "list"):
        return known
    element = element_type(a)
    return None if element is None else ListOf(element, len(a.items))


def _is_list(a: Abstract) -> bool:
    if isinstance(a, Seq):
        return a.kind == "list"
    return isinstance(a, Value) and isinstance(a.type, ListOf)


def _as_list_type(a: Abstract, b: Abstract) -> Type | None:
    if not (_is_list(a) and _is_list(b)):
        return None
    ta, tb = element_type(a), element_type(b)
    if _is_empty(a) or _is_empty(b):
        element = tb if _is_empty(a) else ta
    else:
        element = None if ta is None or tb is None else join_types(ta, tb)
    return None if element is None else ListOf(element, join_dims(_length(a), _length(b)))


def _is_empty(a: Abstract) -> bool:
    return isinstance(a, Seq) and not a.items


def _length(a: Abstract) -> Dim:
    if isinstance(a, Seq):
        return len(a.items)
    assert isinstance(a, Value) and isinstance(a.type, ListOf)
    return a.type.length


def covers(a: Abstract, b: Abstract, since: int = 0) -> bool:
    """Whether a frame holds the value b without being widened; its wildcards are from after a mark."""
    if is_never(b) or isinstance(a, Poison):
        return True
    if isinstance(a, Ref):
        return a == b
    if isinstance(a, Value):
        if is_undefined(b):
            return True
        type = list_type(b)
        if isinstance(a.type, ListOf) and _is_empty(b):
            return covers_dim(a.type.length, 0, since)
        return type is not None and covers_type(a.type, type, since)
    if isinstance(a, Static):
        return same_static(a, b)
    if is_undefined(b):
        return all(covers(p, UNDEF, since) for p in parts(a))
    return same_frame(a, b) and all(covers(x, y, since) for x, y in zip(parts(a), parts(b)))


def loose(a: Abstract, mark: int) -> Abstract:
    """A frame with each length that was made up after a mark under a name of its own.

    A name that two have would say that their lengths are equal, which nobody checks in later rounds.
    """
    if isinstance(a, Value):
        type = loosened(a.type, mark)
        return a if type == a.type else _leaf(type, a)
    inner = parts(a)
    return with_parts(a, tuple(loose(p, mark) for p in inner)) if inner else a


def frame_leaves(a: Abstract) -> Iterator[Var]:
    """The Vars of a frame, in order."""
    if isinstance(a, Value) and isinstance(a.atom, Var):
        yield a.atom
    for part in parts(a):
        yield from frame_leaves(part)


def missing(a: Abstract) -> Atom | None:
    """The constant that stands for an undefined or unreachable value, if it is one."""
    if is_undefined(a) or is_never(a):
        assert isinstance(a, Static)
        return Const(a.value)
    return None
