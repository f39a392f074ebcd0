"""What names and attributes mean on abstract values: variables of modules and closures, attributes
of objects, methods not yet called.
"""

from __future__ import annotations

import enum
import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from srcdiff.ir.types import Array, ListOf, Other, Scalar
from srcdiff.ops import syntax as sx
from srcdiff.ops.table import BY_ATTRIBUTE, BY_METHOD
from srcdiff.transform import calls, functions, globals, outside, row_calls
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
    as_value,
    is_number,
    is_static,
)
from srcdiff.transform.views import flat

Run = Instantiator
_OF_FUNCTIONS = {
    "__defaults__",
    "__kwdefaults__",
    "__code__",
    "__name__",
    "__qualname__",
    "__doc__",
}


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
    if not namespace.is_builtin(text):
        return outside.state(run, namespace, text, value)
    if not str(namespace.globals.get("__name__")).startswith("srcdiff."):
        run.session.guard(namespace, text, sx.ABSENT)
    return Static(value)


def attribute(run: Run, owner: Abstract, name: Abstract) -> Abstract:
    """owner.name"""
    text = run.static(name, "an attribute's name")
    if run.rules and is_number(owner):
        owner = as_value(owner)  # rules are written for arrays, and hold for numbers
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
        return _module_attribute(run, value, text)
    if isinstance(value, type) and outside.is_users(value):
        member = text in getattr(value, "__members__", ())  # of an enumeration: they do not change
        return _read(run, value, text) if member else _class_attribute(run, value, text)
    if isinstance(value, types.MethodType) and text in vars(value.__func__):
        return _static_attribute(run, value.__func__, text)
    if outside.is_users(type(value)) and not isinstance(value, (type, enum.Enum)):
        return _instance_attribute(run, value, text)
    held = getattr(value, "__dict__", {})
    if isinstance(held, dict) and text in held:
        return outside.state(run, outside.namespace_of(run, value), text, held[text])
    if isinstance(value, types.FunctionType) and text in _OF_FUNCTIONS:
        functions.note(run, value, text)
    return _read(run, value, text)


def _read(run: Run, value: Any, text: str) -> Abstract:
    """An attribute that does not change, but for what it holds."""
    try:
        found = getattr(value, text)
    except AttributeError as error:
        raise run.refusal("SD314", str(error)) from None
    if text == "__dict__":
        raise run.refusal("SD315", "what __dict__ holds may change", "read the attribute")
    return (
        functions.constant(run, found) if isinstance(found, outside.CONTAINERS) else Static(found)
    )


def _module_attribute(run: Run, module: types.ModuleType, text: str) -> Abstract:
    space = sx.Namespace(vars(module))
    held = globals.assigned(run, space, text)
    if held is not None:
        return held
    library = module.__name__.startswith((*globals.LIBRARIES, "operator"))
    if library or text not in vars(module):
        return _read(run, module, text)
    return outside.state(run, space, text, vars(module)[text])


def _class_attribute(run: Run, cls: type, text: str) -> Abstract:
    """Cls.name"""
    raw, holder = outside.find(run, cls, text)
    if outside.is_users(type(cls)) and _is_of_metaclass(type(cls), raw, text):
        raise run.refusal("SD319", f"{text!r} of {cls.__name__} is what its metaclass makes of it")
    if raw is outside.ABSENT or holder is None or hasattr(vars(type).get(text), "__set__"):
        return _read(run, cls, text)
    if hasattr(type(raw), "__get__"):
        run.session.guard(holder, text, raw)
        if outside.is_descriptor(raw, "__get__"):
            return _described(run, raw, Static(None), cls, text)
        return Static(raw.__func__ if isinstance(raw, staticmethod) else getattr(cls, text))
    return outside.state(run, holder, text, raw)


def _is_of_metaclass(meta: type, raw: Any, text: str) -> bool:
    """Whether a metaclass of the user's has its say in Cls.name."""
    own = outside.defined(meta, text)
    if isinstance(outside.defined(meta, "__getattribute__"), types.FunctionType):
        return True
    return outside.comes_first(own) or raw is outside.ABSENT and not hasattr(type, text)


def _instance_attribute(run: Run, value: Any, text: str) -> Abstract:
    """An attribute of an object of the user's that is a constant: it can be called, or has slots."""
    held = functions.constant(run, value)
    if isinstance(held, Record):
        return _object_attribute(run, held, text)
    _check_access(run, type(value))
    raw = outside.defined(type(value), text)
    if not isinstance(raw, types.MemberDescriptorType):
        return _through_class(run, held, type(value), text)
    if not hasattr(value, text):
        raise run.refusal("SD314", f"{type(value).__name__!r} object has no attribute {text!r}")
    run.session.fixed(value, text, getattr(value, text))
    return functions.constant(run, getattr(value, text))


def _inherited(run: Run, owner: Abstract, classes: Ancestors, text: str) -> Abstract:
    """super().name"""
    cls = owner.cls if isinstance(owner, Record) else None
    if cls is None and is_static(owner, type):
        cls = owner.value  # type: ignore[union-attr]
    if cls is None or classes.after not in cls.__mro__:
        raise run.refusal("SD314", f"super() of {describe(owner)}")
    found = outside.class_attribute(run, cls, text, classes.after)
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
    raw = outside.defined(owner.cls, text)
    _check_access(run, owner.cls)
    if isinstance(raw, functools.cached_property):
        raise run.refusal(
            "SD319",
            f"{text!r} of {owner.cls.__name__} is a cached_property, which changes the object",
            "make it a property, or a method",
        )
    if known is not None and not (outside.comes_first(raw) and hasattr(type(raw), "__get__")):
        return known
    return _through_class(run, owner, owner.cls, text)


def _check_access(run: Run, cls: type) -> None:
    if isinstance(outside.defined(cls, "__getattribute__"), types.FunctionType):
        raise run.refusal("SD319", f"{cls.__name__} has a __getattribute__ of its own")


def _through_class(run: Run, owner: Abstract, cls: type, text: str) -> Abstract:
    """What the class of an object makes of an attribute that the object itself does not have."""
    raw, holder = outside.find(run, cls, text)
    run.session.exposed.add((cls, text))
    if raw is outside.ABSENT:
        return _missing(run, owner, cls, text)
    if holder is None and text in vars(object):
        return _of_every_object(run, cls, raw, text)
    if holder is not None and not hasattr(type(raw), "__get__"):
        return outside.state(run, holder, text, raw)
    if holder is not None:
        run.session.guard(holder, text, raw)
    if isinstance(raw, property) and isinstance(raw.fget, types.FunctionType):
        return functions.call_function(run, raw.fget, (owner,), ())
    if isinstance(raw, staticmethod):
        return Static(raw.__func__)
    if isinstance(raw, classmethod):
        return Method(Static(cls), raw.__func__)
    if isinstance(raw, types.FunctionType):
        return Method(owner, raw)
    if outside.is_descriptor(raw, "__get__"):
        return _described(run, raw, owner, cls, text)
    if issubclass(cls, tuple):
        return _builtin_method(run, owner, text)
    if hasattr(type(raw), "__get__"):
        raise run.refusal("SD319", f"{text!r} of {cls.__name__} is a {type(raw).__name__}")
    return Static(raw)


def _of_every_object(run: Run, cls: type, raw: Any, text: str) -> Abstract:
    """What all objects have."""
    if text == "__class__":
        return Static(cls)
    if text == "__dict__":
        raise run.refusal("SD315", "what __dict__ holds may change", "read the attribute")
    return Static(raw)


def _missing(run: Run, owner: Abstract, cls: type, text: str) -> Abstract:
    """object.name where neither the object nor its class has it."""
    method = outside.class_attribute(run, cls, "__getattr__")
    if isinstance(method, types.FunctionType):
        return functions.call_function(run, method, (owner, Static(text)), ())
    raise run.refusal("SD314", f"{cls.__name__!r} object has no attribute {text!r}")


def _described(run: Run, raw: Any, owner: Abstract, cls: type, text: str) -> Abstract:
    """What the __get__ of a descriptor returns."""
    method = outside.class_attribute(run, type(raw), "__get__")
    if not isinstance(method, types.FunctionType):
        raise run.refusal("SD319", f"{text!r} of {cls.__name__} is a {type(raw).__name__}")
    itself = functions.constant(run, raw)
    return functions.call_function(run, method, (itself, owner, Static(cls)), ())


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
