"""Python functions on abstract values: how a call binds their parameters, and their bodies in place.

before   call(f, (x,), ("k", y))      def f(a, b=1, *, k)
after    the statements of f's body, with a, b, k for x, 1, y
"""

from __future__ import annotations

import enum
import inspect
import os
import types
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from srcdiff.frontend.lower import lower
from srcdiff.ops import syntax as sx
from srcdiff.ops.markers import RECOMPUTE
from srcdiff.ops.syntax import Namespace, Template
from srcdiff.transform import recursion
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.values import Abstract, Record, Seq, Static

Run = Instantiator
Keywords = tuple[tuple[str, Abstract], ...]
OWN = os.path.dirname(os.path.dirname(__file__)) + os.sep, "<srcdiff "  # files of srcdiff's own


def namespace(run: Run) -> Namespace:
    """The namespace of the function being run."""
    return run.session.stack[-1].template.namespace  # type: ignore[no-any-return]


def constant(run: Run, value: Any) -> Abstract:
    """A Python object met while compiling: a constant, or data read at each call."""
    if isinstance(
        value, (bool, int, float, complex, str, bytes, type(None), type, np.dtype, enum.Enum)
    ):
        return Static(value)
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, types.ModuleType)):
        return Static(value)
    holder = Namespace({"value": value}, owner=value)
    return run.session.data(holder, "value", value)


def call_function(
    run: Run, function: types.FunctionType, args: tuple[Abstract, ...], keywords: Keywords
) -> Abstract:
    """A Python function with source, inlined."""
    template = lower(function)
    note(run, function, "__code__")
    standing = defaults(function)
    values = bound(
        run, template, args, keywords, standing, lambda name: default(run, function, name)
    )
    return recursion.call_template(run, template, values, getattr(function, RECOMPUTE, False))


def note(run: Run, function: types.FunctionType, name: str) -> None:
    """Note that an attribute of a function of the user's is the one it was."""
    if not function.__code__.co_filename.startswith(OWN):
        run.session.fixed(function, name, getattr(function, name))


def defaults(function: types.FunctionType) -> dict[str, Any]:
    """The defaults of a function by parameter, as they are now."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    given = function.__defaults__ or ()
    last = dict(zip(reversed(names), reversed(given)))
    return {**last, **(function.__kwdefaults__ or {})}


def default(run: Run, function: types.FunctionType, name: str) -> Abstract:
    """What a parameter is that a call leaves out."""
    by_keyword = function.__kwdefaults__ or {}
    value = defaults(function)[name]
    if name in by_keyword:
        note(run, function, "__kwdefaults__")
        run.session.guard(Namespace(by_keyword, owner=by_keyword), name, value)
    else:
        note(run, function, "__defaults__")
    return constant(run, value)


def bind(
    run: Run,
    template: Template,
    args: tuple[Abstract, ...],
    keywords: Keywords,
    defaults: Sequence[Abstract],
) -> tuple[Abstract, ...]:
    """The values of the parameters of a function that the program makes, as Python binds a call."""
    with_default = [p.name for p in template.parameters if p.has_default]
    standing = dict(zip(with_default, defaults))
    return bound(run, template, args, keywords, standing, standing.__getitem__)


def bound(
    run: Run,
    template: Template,
    args: tuple[Abstract, ...],
    keywords: Keywords,
    optional: Collection[str],
    default: Callable[[str], Abstract],
) -> tuple[Abstract, ...]:
    """The values of parameters; the optional ones have a default where the call leaves them out."""
    if not keywords and template.plain and len(args) == len(template.parameters):
        return args
    try:
        given = template.signature(optional).bind(*args, **dict(keywords)).arguments
    except TypeError as error:
        raise run.refusal("SD326", f"{template.name}(): {error}") from None
    return tuple(_bound_value(p, given, default) for p in template.parameters)


def _bound_value(
    p: sx.Parameter, given: dict[str, Any], default: Callable[[str], Abstract]
) -> Abstract:
    if p.kind is inspect.Parameter.VAR_POSITIONAL:
        return Seq("tuple", tuple(given.get(p.name, ())))
    if p.kind is inspect.Parameter.VAR_KEYWORD:
        return Record(dict, tuple(given.get(p.name, {}).items()))
    return given[p.name] if p.name in given else default(p.name)
