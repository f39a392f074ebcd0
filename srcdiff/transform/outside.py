"""State outside of the program that lies on classes, functions and objects: how it is read, and what is
noted to be the same at each call.

    class Cfg: lr = 0.1          Cfg.lr          data: a parameter more, read at each call
    class Net: act = tanh        self.act        a constant, tested at each call to be the one it was
    class Sub(Net): ...          sub.act         besides: Sub has no `act`, its ancestors are the same

Only what can change is noted: classes of the user's, not Python's own nor those of libraries.
"""

from __future__ import annotations

import enum
import functools
import sys
import types
from typing import TYPE_CHECKING, Any

import numpy as np

from srcdiff.ops.syntax import ABSENT, PRESENT, Namespace
from srcdiff.transform.values import Abstract, Static

if TYPE_CHECKING:
    from srcdiff.transform.instantiate import Instantiator
LIBRARIES = ("numpy", "scipy", "srcdiff")
_HEAP, _IMMUTABLE = 1 << 9, 1 << 8  # in a class's __flags__: made at run time; cannot be written
CONTAINERS = (list, dict, set, np.ndarray)


def is_data(value: Any) -> bool:
    """Whether a variable holds data (read at every call) rather than code (a constant)."""
    if isinstance(value, (types.ModuleType, type, str, bytes, np.dtype, enum.Enum)):
        return False
    if value is None or isinstance(value, (property, functools.cached_property)):
        return False
    return not (callable(value) and not hasattr(value, "__dataclass_fields__"))


def is_users(cls: type) -> bool:
    """Whether a class is of the user's making, so that its attributes may change."""
    top = str(cls.__module__).partition(".")[0]
    if top in LIBRARIES or top != "__main__" and top in sys.stdlib_module_names:
        return False
    return bool(cls.__flags__ & _HEAP) and not cls.__flags__ & _IMMUTABLE


def namespace_of(run: Instantiator, owner: Any) -> Namespace:
    """What a module, a class, a function or another object holds itself."""
    if isinstance(owner, types.ModuleType):
        return Namespace(vars(owner))
    found = run.session.namespaces.get(id(owner))
    if found is None:
        found = run.session.namespaces[id(owner)] = Namespace(vars(owner), owner=owner)
    return found


def state(run: Instantiator, holder: Namespace, name: str, value: Any) -> Abstract:
    """What a name of a namespace holds: data, or a constant that is noted."""
    if is_data(value):
        return run.session.data(holder, name, value)
    run.session.guard(holder, name, value)
    return Static(value)


def defined(cls: type, name: str) -> Any:
    """A class's attribute as it is defined (no binding), ABSENT when there is none; nothing is noted."""
    return next((vars(one)[name] for one in cls.__mro__ if name in vars(one)), ABSENT)


def find(
    run: Instantiator, cls: type, name: str, after: type | None = None
) -> tuple[Any, Namespace | None]:
    """A class's attribute as it is defined, and the class that has it if that is of the user's.

    after: look only at the classes behind this one, as super() does

    What hides it, should it come, is noted, not the attribute itself.
    """
    order = cls.__mro__
    if is_users(cls) and len(order) > 2:
        run.session.fixed(cls, "__mro__", order)
    for one in order[order.index(after) + 1 if after is not None else 0 :]:
        holder = namespace_of(run, one) if is_users(one) else None
        if name in vars(one):
            return vars(one)[name], holder
        if holder is not None:
            run.session.guard(holder, name, ABSENT)
    return ABSENT, None


def class_attribute(run: Instantiator, cls: type, name: str, after: type | None = None) -> Any:
    """A class's attribute as it is defined, a constant that is noted; ABSENT when there is none."""
    found, holder = find(run, cls, name, after)
    if holder is not None:
        run.session.guard(holder, name, found)
    return found


def has_attribute(run: Instantiator, cls: type, name: str) -> bool:
    """Whether a class or one before it has an attribute."""
    found, holder = find(run, cls, name)
    if holder is not None:
        run.session.guard(holder, name, PRESENT)
    return found is not ABSENT


def is_descriptor(raw: Any, *methods: str) -> bool:
    """Whether an attribute of a class is an object of the user's with one of these methods."""
    return is_users(type(raw)) and any(defined(type(raw), m) is not ABSENT for m in methods)


def comes_first(raw: Any) -> bool:
    """Whether an attribute of a class counts before what the object holds under its name."""
    return isinstance(raw, property) or is_descriptor(raw, "__set__", "__delete__")


__all__ = [
    "ABSENT",
    "CONTAINERS",
    "class_attribute",
    "comes_first",
    "defined",
    "find",
    "has_attribute",
    "is_data",
    "is_descriptor",
    "is_users",
    "namespace_of",
    "state",
]
