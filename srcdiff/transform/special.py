"""Operators on objects of the program's classes: the special methods that Python asks, in its order.

x + y      x.__add__(y), and if that is NotImplemented y.__radd__(x)
x < y      x.__lt__(y), then y.__gt__(x);  x != y is not (x == y) where nobody says otherwise
           first y's method where y's class is derived from that of x

Methods that `dataclass` wrote compare the fields as tuples.
Source: The Python Language Reference, 3.3.1 and 3.3.8.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterator
from typing import Any

from srcdiff.ops import syntax as sx
from srcdiff.transform import functions
from srcdiff.transform.construct import is_generated
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.intrinsics import surely_other_class
from srcdiff.transform.outside import class_attribute
from srcdiff.transform.truth import negated
from srcdiff.transform.values import Abstract, Record, Seq, Static, Value, key_of, same_static

Run = Instantiator
NOT_IMPLEMENTED = Static(NotImplemented)

_BINARY = {
    "+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod", "**": "pow",
    "@": "matmul", "&": "and", "|": "or", "^": "xor", "<<": "lshift", ">>": "rshift",
}  # fmt: skip
_UNARY = {"-": "neg", "+": "pos", "~": "invert"}
_COMPARED = {"<": ("lt", "gt"), "<=": ("le", "ge"), ">": ("gt", "lt"), ">=": ("ge", "le"),
             "==": ("eq", "eq"), "!=": ("ne", "ne")}  # fmt: skip
_ORDER = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "=="}


def by_a_method(run: Run, text: str, x: Abstract, y: Abstract) -> Abstract | None:
    """What the methods of an operand make of an operator, if one of them has anything to say."""
    if not (_is_object(x) or _is_object(y)):
        return None
    for owner, other, name in _asked(run, text, x, y):
        made = _answer(run, owner, other, name)
        if made is not None:
            return made
    return _identical(run, x, y, text == "!=") if text in ("==", "!=") else None


def by_its_method(run: Run, text: str, x: Abstract) -> Abstract | None:
    """What the method of an operand makes of -x, +x, ~x."""
    method = _method(run, x, _UNARY[text])
    return None if method is None else functions.call_function(run, method, (x,), ())


def contains(run: Run, x: Abstract, owner: Abstract) -> Abstract | None:
    """`x in owner` by its __contains__."""
    method = _method(run, owner, "contains")
    return None if method is None else functions.call_function(run, method, (owner, x), ())


def _is_object(a: Abstract) -> bool:
    return isinstance(a, Record) and a.cls not in (dict, set)


def _method(run: Run, a: Abstract, name: str) -> types.FunctionType | None:
    """A special method written in Python."""
    if not isinstance(a, Record) or not _is_object(a):
        return None
    found = class_attribute(run, a.cls, f"__{name}__")
    return found if isinstance(found, types.FunctionType) else None


def _asked(
    run: Run, text: str, x: Abstract, y: Abstract
) -> Iterator[tuple[Abstract, Abstract, str]]:
    """Whose methods are asked, one after another."""
    compares = text in _COMPARED
    first, second = _COMPARED[text] if compares else (_BINARY[text], f"r{_BINARY[text]}")
    asked = [(x, y, first), (y, x, second)]
    one, other = (a.cls if isinstance(a, Record) else None for a in (x, y))
    if one is not None and one is other and not compares:
        return iter(asked[:1])
    derived = one is not None and other is not None and one is not other and issubclass(other, one)
    if derived and (compares or _method(run, x, second) is not _method(run, y, second)):
        asked.reverse()
    return iter(asked)


def _answer(run: Run, owner: Abstract, other: Abstract, name: str) -> Abstract | None:
    """What a method returns, if it is there and knows."""
    method = _method(run, owner, name)
    if method is None and name == "ne":
        same = _answer(run, owner, other, "eq")
        return None if same is None else negated(run, same)
    if method is None:
        return None
    if is_generated(method):
        return _by_fields(run, owner, other, name)
    made = functions.call_function(run, method, (owner, other), ())
    run.sound(made)
    return None if same_static(made, NOT_IMPLEMENTED) else made


def _by_fields(run: Run, owner: Abstract, other: Abstract, name: str) -> Abstract | None:
    """A comparison as `dataclass` writes it."""
    assert isinstance(owner, Record)
    if name not in _ORDER or not isinstance(other, Record) or other.cls is not owner.cls:
        return None
    names = [f.name for f in dataclasses.fields(owner.cls) if f.compare]
    x, y = (Seq("tuple", tuple(_field(a, n) for n in names)) for a in (owner, other))
    made: Abstract = run.do(sx.COMPARE, Static(_ORDER[name]), x, y)
    return made


def _field(a: Record, name: str) -> Any:
    return a.get(name)


def _identical(run: Run, x: Abstract, y: Abstract, flip: bool) -> Abstract | None:
    """x == y where no method compares: whether they are one object."""
    if any(isinstance(a, Value) for a in (x, y)):  # NumPy's arrays and numbers compare entries
        return None
    if any(isinstance(a, Record) and issubclass(a.cls, tuple) for a in (x, y)):
        return None
    if key_of(x) is not None and key_of(x) is key_of(y):
        return Static(not flip)
    if surely_other_class(x, y):
        return Static(flip)
    raise run.refusal(
        "SD318",
        "whether these are one object only the run knows, and their class has no __eq__",
        "compare what they hold",
    )
