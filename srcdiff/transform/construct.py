"""Objects of classes, and exceptions: what calling a class and raising mean on abstract values."""

from __future__ import annotations

import dataclasses
import types
from dataclasses import replace
from typing import Any

import numpy as np

from srcdiff.ir.core import Const, Pack
from srcdiff.ir.types import Scalar
from srcdiff.ops import python as py
from srcdiff.transform import rank0
from srcdiff.transform.functions import Keywords, call_function, constant, default, defaults
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.meet import describe
from srcdiff.transform.outside import class_attribute, comes_first, defined
from srcdiff.transform.values import (
    Abstract,
    Raised,
    Record,
    Static,
    Value,
    as_value,
    is_number,
    type_of,
)

Run = Instantiator


def construct(run: Run, cls: type, args: tuple[Abstract, ...], keywords: Keywords) -> Abstract:
    if issubclass(cls, BaseException):
        return Raised(cls, args)
    if issubclass(cls, np.generic):
        return _numpy_number(run, cls, args[0] if args else Static(0))
    if issubclass(cls, tuple) and hasattr(cls, "_fields") and is_generated(cls.__new__):
        return _namedtuple(run, cls, args, keywords)
    own = class_attribute(run, cls, "__init__")
    if dataclasses.is_dataclass(cls) and type(cls) is type and is_generated(own):
        return _dataclass(run, cls, args, keywords)
    if _is_plain_class(cls):
        return _object(run, cls, args, keywords)
    raise run.refusal(
        "SD330",
        f"making an object of class {cls.__name__} inside a differentiated function",
        "dataclasses and NamedTuples can be made; pass other objects in as arguments",
    )


def _numpy_number(run: Run, cls: type, a: Abstract) -> Abstract:
    """np.float64(a): a number, or an array if it is made of one of rank 1 or more."""
    type = type_of(a) if isinstance(a, Value) or is_number(a) else None
    if not isinstance(type, Scalar) or type.optional:
        return run.call(Static(np.asarray), (a,), dtype=Static(cls))  # an array stays the one it is
    dtype = np.dtype(cls)
    if np.dtype(type.dtype).kind == "c" and dtype.kind != "c":
        raise run.refusal("SD338", f"{cls.__name__}() of a complex number", "take its real part")
    return rank0.cast(run, replace(as_value(a), key=None), dtype.name)


def is_generated(method: Any) -> bool:
    """Whether a method was written by `dataclass` or `namedtuple`, not by the user."""
    return isinstance(method, types.FunctionType) and method.__code__.co_filename.startswith(
        ("<string>", "<factory>")
    )


def _is_plain_class(cls: type) -> bool:
    """Whether making an object of the class is running an __init__ written in Python."""
    made = defined(cls, "__new__") is object.__new__
    plain = type(cls) is type and made and not hasattr(cls, "__slots__")
    return plain and isinstance(defined(cls, "__init__"), types.FunctionType)


def _object(run: Run, cls: type, args: tuple[Abstract, ...], keywords: Keywords) -> Abstract:
    made = run.load(run.hold(Record(cls, ())))
    init = class_attribute(run, cls, "__init__")
    call_function(run, init, (made, *args), keywords)
    return run.now(made)


def _namedtuple(run: Run, cls: Any, args: tuple[Abstract, ...], keywords: Keywords) -> Abstract:
    given = dict(zip(cls._fields, args)) | dict(keywords)
    optional = defaults(cls.__new__)
    missing = [f for f in cls._fields if f not in given and f not in optional]
    if missing or len(args) > len(cls._fields) or set(given) - set(cls._fields):
        raise run.refusal("SD326", f"{cls.__name__}() was not given the fields {cls._fields}")
    entries = ((f, given[f] if f in given else default(run, cls.__new__, f)) for f in cls._fields)
    return Record(cls, tuple(entries))


def _dataclass(run: Run, cls: Any, args: tuple[Abstract, ...], keywords: Keywords) -> Abstract:
    _check_fields(run, cls)
    fields = [f for f in dataclasses.fields(cls) if f.init]
    places = [f.name for f in fields if not f.kw_only]
    given = dict(zip(places, args)) | dict(keywords)
    if len(args) > len(places) or set(given) - {f.name for f in fields}:
        text = f"{cls.__name__}() takes {', '.join(f.name for f in fields)}"
        raise run.refusal("SD326", text)
    entries = [
        (f.name, given[f.name] if f.name in given else _left_out(run, cls, f))
        for f in dataclasses.fields(cls)
    ]
    made: Abstract = Record(cls, tuple(entries))
    after = class_attribute(run, cls, "__post_init__")
    if isinstance(after, types.FunctionType):
        made = run.load(run.hold(made))
        call_function(run, after, (made,), ())
        made = run.now(made)
    return made


def _left_out(run: Run, cls: Any, f: dataclasses.Field[Any]) -> Abstract:
    """A field that a call does not give: its default is that of the parameter of __init__."""
    init = defined(cls, "__init__")
    if f.default_factory is not dataclasses.MISSING:
        return run.call(Static(f.default_factory), ())
    if f.init and f.name in defaults(init):
        return default(run, init, f.name)
    if f.init or f.default is dataclasses.MISSING:
        raise run.refusal("SD326", f"{cls.__name__}() needs its field {f.name!r}")
    return constant(run, f.default)


def _check_fields(run: Run, cls: Any) -> None:
    """The generated __init__ assigns the fields, which a class may give another meaning."""
    special = defined(cls, "__setattr__")
    if special is not object.__setattr__ and not is_generated(special):
        what = "a __setattr__ of its own"
    elif any(comes_first(defined(cls, f.name)) for f in dataclasses.fields(cls)):
        what = "a property or descriptor as a field"
    else:
        return
    raise run.refusal(
        "SD330",
        f"{cls.__name__} has {what}, and an __init__ written by dataclass",
        "write the __init__, or make the object outside",
    )


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
    run.leave()
    run.build.apply(py.raise_, (Const(exception.cls), args, Const(None)), ())
