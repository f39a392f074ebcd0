"""Abstract values: what instantiation knows of a value while it runs a program.

Value     exists at run time: an atom with a type (and, for an int, the length it equals)
Static    known while compiling: numbers, strings, None, functions, modules, classes, dtypes
Seq       a tuple or list whose length is known, of abstract values
Record    a dict with known keys, or the fields of an object, of abstract values
Slice     start:stop:step
Closure   a lambda or nested function with the values it captured
Method    a function bound to its first argument
Iter      range, zip, enumerate, reversed, map, the keys and values of a dict: what loops run over
Raised    an exception about to be raised
Choice    one of two functions, which one only the run knows
Poison    a value that cannot be represented; using it is refused with its reason
Ref       an array, list, dict or object by its identity: what it holds is in `transform.memory`

What can be changed in place (a Value that is an array or a list, a Seq that is a list, a Record)
carries its identity as `key` once it was put into memory. A number with a key is an array of rank 0.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Union

from srcdiff.errors import Diagnostic, Signal, Span
from srcdiff.ir.core import NEVER, UNDEFINED, Atom, Const
from srcdiff.ir.types import NONE, STR, Array, Dim, ListOf, Scalar, Type
from srcdiff.ops.syntax import Namespace, Template


@dataclass(frozen=True, eq=False)
class Key:
    """The identity of an object that can be changed in place; `hint` is a name it has."""

    hint: str = ""

    def __repr__(self) -> str:
        return self.hint or "_"


@dataclass(frozen=True)
class Ref:
    """An object by its identity."""

    key: Key


@dataclass(frozen=True)
class Value:
    atom: Atom
    type: Type
    length: Dim | None = None
    key: Key | None = field(default=None, compare=False)


@dataclass(frozen=True, eq=False)
class Static:
    value: Any


@dataclass(frozen=True)
class Seq:
    kind: str  # "tuple" or "list"
    items: tuple[Abstract, ...]
    key: Key | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Record:
    """A dict (cls is dict), or an object of class cls; `entries` in order."""

    cls: type
    entries: tuple[tuple[Any, Abstract], ...]
    origin: Any = None  # for an object: the instance, whose class attributes and methods count
    key: Key | None = field(default=None, compare=False)

    def get(self, key: Any) -> Abstract | None:
        """The entry of a key, or of one that is equal: True and 1.0 are the key 1, as in Python."""
        return dict(self.entries).get(key)

    def with_entry(self, key: Any, value: Abstract) -> Record:
        """The same with one entry more, or another one; a key that is there stays the one it is."""
        return Record(self.cls, tuple({**dict(self.entries), key: value}.items()), self.origin)

    def without(self, key: Any) -> Record:
        """The same without the entry of a key."""
        rest = dict(self.entries)
        del rest[key]
        return Record(self.cls, tuple(rest.items()), self.origin)

    @property
    def keys(self) -> tuple[Hashable, ...]:
        """The keys in order, to compare: 1, True and 1.0 are three."""
        return tuple(_exactly(k) for k, _ in self.entries)


def _exactly(key: Any) -> Hashable:
    """A key with its type, and with those of its items."""
    return (type(key), *map(_exactly, key)) if isinstance(key, tuple) else Const(key)


@dataclass(frozen=True)
class Slice:
    start: Abstract
    stop: Abstract
    step: Abstract


@dataclass(frozen=True)
class Closure:
    template: Template
    captures: tuple[Abstract, ...]
    defaults: tuple[Abstract, ...]
    apart: bool = False  # calls of it stay calls


@dataclass(frozen=True)
class Method:
    """`call(args, keywords)` with `owner` in front."""

    owner: Abstract
    target: Any  # a Row, a function (Python's or Made), the name of a built-in method, or Ancestors


class Made:
    """A function that the compiler made, as the target of a Method: what it reads is the owner.

    Calling it is `handler(run, Static(self), owner, *args)`.
    """

    handler: Callable[..., Abstract]


@dataclass(frozen=True)
class Ancestors:
    """What super() is, as the target of a Method: the classes after one in the order of an object's."""

    after: type


@dataclass(frozen=True)
class Iter:
    kind: str  # "range", "zip", "enumerate", "reversed", "map", "keys", "values", "items", ...
    parts: tuple[Abstract, ...]
    once: Key | None = field(default=None, compare=False)  # which one it is, if it can be used up


@dataclass(frozen=True)
class Raised:
    cls: Any
    args: tuple[Abstract, ...]


@dataclass(frozen=True)
class Poison:
    """`loops`: statements that would leave nothing in doubt if they were written out."""

    diagnostic: Diagnostic
    loops: frozenset[Any] = frozenset()


@dataclass(frozen=True)
class Choice:
    """One of two functions, chosen at run time: calling it is a branch."""

    test: Value
    then: Abstract
    orelse: Abstract


Abstract = Union[
    Choice, Value, Static, Seq, Record, Slice, Closure, Method, Iter, Raised, Poison, Ref
]

UNDEF, NOTHING = Static(UNDEFINED), Static(NEVER)
NUMBER = (bool, int, float, complex)


def is_static(a: Abstract, *types: type) -> bool:
    """Whether the value is known while compiling (and is of one of the types)."""
    return isinstance(a, Static) and (not types or isinstance(a.value, types))


def is_number(a: Abstract) -> bool:
    """Whether the value is one of Python's numbers, known while compiling."""
    return isinstance(a, Static) and type(a.value) in NUMBER


def type_of_constant(value: Any) -> Type | None:
    """The run-time type of a constant, when it can be a run-time value."""
    for cls, name in ((bool, "bool"), (int, "int64"), (float, "float64"), (complex, "complex128")):
        if type(value) is cls:
            return Scalar(name)
    if value is None:
        return NONE
    return STR if isinstance(value, str) else None


def type_of(a: Abstract) -> Type | None:
    """The run-time type of an abstract value; None for structures and what has none."""
    if isinstance(a, Value):
        return a.type
    return type_of_constant(a.value) if isinstance(a, Static) else None


def as_value(a: Abstract) -> Value:
    """A static number as a run-time value."""
    if isinstance(a, Value):
        return a
    assert isinstance(a, Static)
    type = type_of_constant(a.value)
    assert type is not None, a
    return Value(Const(a.value), type)


def is_mutable(a: Abstract) -> bool:
    """Whether the value is an object that Python could change in place."""
    if isinstance(a, Value):
        return isinstance(a.type, (Array, ListOf)) or is_rank0(a)
    if isinstance(a, Seq):
        return a.kind == "list"
    return isinstance(a, Record) and not issubclass(a.cls, tuple)


def is_rank0(a: Abstract) -> bool:
    """Whether the value is an array of rank 0, of which it is known which one."""
    return isinstance(a, Value) and isinstance(a.type, Scalar) and a.key is not None


def key_of(a: Abstract) -> Key | None:
    """The identity of an object, if it has one."""
    return a.key if isinstance(a, (Ref, Value, Seq, Record)) else None


def is_function(a: Abstract) -> bool:
    """Whether the value can be called and is known while compiling."""
    known = isinstance(a, Static) and callable(a.value)
    return known or isinstance(a, (Closure, Method, Choice))


def parts(a: Abstract) -> tuple[Abstract, ...]:
    """The abstract values directly inside a structure."""
    if isinstance(a, (Value, Static, Ref)):
        return ()
    if isinstance(a, Seq):
        return a.items
    if isinstance(a, Record):
        return tuple(v for _, v in a.entries)
    if isinstance(a, Slice):
        return (a.start, a.stop, a.step)
    if isinstance(a, Closure):
        return a.captures + a.defaults
    if isinstance(a, Method):
        return (a.owner,)
    if isinstance(a, Iter):
        return a.parts
    return a.args if isinstance(a, Raised) else ()


def with_parts(a: Abstract, new: tuple[Abstract, ...]) -> Abstract:
    """Another structure with these insides."""
    if isinstance(a, Seq):
        return replace(a, items=new, key=None)
    if isinstance(a, Record):
        entries = tuple((k, v) for (k, _), v in zip(a.entries, new))
        return replace(a, entries=entries, key=None)
    if isinstance(a, Slice):
        return Slice(*new)
    if isinstance(a, Closure):
        count = len(a.captures)
        return replace(a, captures=new[:count], defaults=new[count:])
    if isinstance(a, Method):
        return replace(a, owner=new[0])
    if isinstance(a, Iter):
        return replace(a, parts=new, once=None)
    return replace(a, args=new) if isinstance(a, Raised) else a


def leaves(a: Abstract) -> Iterator[Value]:
    """The run-time values in an abstract value, in order."""
    if isinstance(a, Value):
        yield a
    for part in parts(a):
        yield from leaves(part)


def map_leaves(a: Abstract, change: Callable[[Value], Abstract]) -> Abstract:
    """The abstract value with its run-time values changed."""
    if isinstance(a, Value):
        return change(a)
    inner = parts(a)
    return with_parts(a, tuple(map_leaves(p, change) for p in inner)) if inner else a


def same_frame(a: Abstract, b: Abstract) -> bool:
    """Whether two structures differ in their insides only."""
    if type(a) is not type(b) or len(parts(a)) != len(parts(b)):
        return False
    if isinstance(a, Seq) and isinstance(b, Seq):
        return a.kind == b.kind
    if isinstance(a, Record) and isinstance(b, Record):
        return a.cls is b.cls and a.keys == b.keys
    if isinstance(a, Closure) and isinstance(b, Closure):
        return a.template is b.template and len(a.captures) == len(b.captures)
    if isinstance(a, Method) and isinstance(b, Method):
        return a.target is b.target
    if isinstance(a, Iter) and isinstance(b, Iter):
        return a.kind == b.kind
    if isinstance(a, Raised) and isinstance(b, Raised):
        return a.cls is b.cls
    return isinstance(a, Slice)


def same_static(a: Abstract, b: Abstract) -> bool:
    """Whether both are the same thing known while compiling."""
    if not (isinstance(a, Static) and isinstance(b, Static)):
        return False
    return a.value is b.value or Const(a.value) == Const(b.value)


class NeedRounds(Signal):
    """Some loops must be written out round by round, to know which objects are which."""

    def __init__(self, loops: frozenset[Any]):
        self.loops = loops


class NeedVariable(Signal):
    """Variables of modules must be followed from the beginning, since the program assigns them.

    unread: of this one it does not matter what the module has in it; None: not known
    """

    def __init__(self, namespace: Namespace, name: str, unread: bool | None = None):
        self.namespace, self.name, self.unread = namespace, name, unread


class NeedStatic(Signal):
    """Something must be known while compiling and is not; `origins` are the arguments it comes from.

    maker: the statement that makes the dict of which it is a key
    """

    def __init__(
        self, what: str, origins: frozenset[Hashable], at: Span, maker: Hashable | None = None
    ):
        self.what, self.origins, self.at, self.maker = what, origins, at, maker
        super().__init__(what)

    def of(self, origins: frozenset[Hashable]) -> NeedStatic:
        """The same, coming from these arguments."""
        return NeedStatic(self.what, origins, self.at, self.maker)
