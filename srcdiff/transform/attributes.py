"""What names and attributes mean on abstract values: variables of modules and closures, attributes
of objects, methods not yet called.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from srcdiff.ir.types import Array, ListOf, Other, Scalar
from srcdiff.ops import syntax as sx
from srcdiff.ops.table import BY_ATTRIBUTE, BY_METHOD
from srcdiff.transform import calls, functions, globals, row_calls
from srcdiff.transform.arithmetic import binary
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.iterate import extent_of
from srcdiff.transform.meet import describe
from srcdiff.transform.values import (
    Abstract,
    Ancestors,
    Method,
    Record,
    Seq,
    Slice,
    Static,
    Value,
    is_static,
)
from srcdiff.transform.views import flat

Run = Instantiator


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
