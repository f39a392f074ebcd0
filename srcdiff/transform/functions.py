"""Python functions on abstract values: how a call binds their parameters, and their bodies in place.

before   call(f, (x,), ("k", y))      def f(a, b=1, *, k)
after    the statements of f's body, with a, b, k for x, 1, y
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Sequence
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
ABSENT = object()


def class_attribute(cls: type, name: str) -> Any:
    """A class's attribute as it is defined (no binding); ABSENT when there is none."""
    return inspect.getattr_static(cls, name, ABSENT)


def namespace(run: Run) -> Namespace:
    """The namespace of the function being run."""
    return run.session.stack[-1].template.namespace  # type: ignore[no-any-return]


def constant(run: Run, value: Any) -> Abstract:
    """A Python object met while compiling: a constant, or data read at each call."""
    if isinstance(value, (bool, int, float, complex, str, bytes, type(None), type, np.dtype)):
        return Static(value)
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, types.ModuleType)):
        return Static(value)
    holder = Namespace({"value": value})
    return run.session.data(holder, "value", value)


def call_function(
    run: Run, function: types.FunctionType, args: tuple[Abstract, ...], keywords: Keywords
) -> Abstract:
    """A Python function with source, inlined."""
    template = lower(function)
    defaults = tuple(constant(run, d) for d in _defaults(function, template))
    values = bind(run, template, args, keywords, defaults)
    return recursion.call_template(run, template, values, getattr(function, RECOMPUTE, False))


def _defaults(function: Any, template: Template) -> list[Any]:
    if not any(p.has_default for p in template.parameters):
        return []
    original = inspect.unwrap(function)
    parameters = inspect.signature(original).parameters
    return [parameters[p.name].default for p in template.parameters if p.has_default]


def bind(
    run: Run,
    template: Template,
    args: tuple[Abstract, ...],
    keywords: Keywords,
    defaults: Sequence[Abstract],
) -> tuple[Abstract, ...]:
    """The values of a function's parameters, as Python binds a call."""
    if not keywords and template.plain and len(args) == len(template.parameters):
        return args
    try:
        bound = template.signature.bind(*args, **dict(keywords)).arguments
    except TypeError as error:
        raise run.refusal("SD326", f"{template.name}(): {error}") from None
    with_default = [p.name for p in template.parameters if p.has_default]
    standing = dict(zip(with_default, defaults))
    return tuple(_bound_value(p, bound, standing) for p in template.parameters)


def _bound_value(p: sx.Parameter, bound: dict[str, Any], standing: dict[str, Abstract]) -> Abstract:
    if p.kind is inspect.Parameter.VAR_POSITIONAL:
        return Seq("tuple", tuple(bound.get(p.name, ())))
    if p.kind is inspect.Parameter.VAR_KEYWORD:
        return Record(dict, tuple(bound.get(p.name, {}).items()))
    return bound[p.name] if p.name in bound else standing[p.name]
