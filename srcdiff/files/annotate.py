"""The first line of a generated function with types and defaults.

before   def loss_grad(w, X, ridge):
after    def loss_grad(w: NDArray[np.float64], X: NDArray[np.float64], ridge: float = 0.01) -> ...:
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcdiff.analysis.types import arg_type
from srcdiff.files.examples import number
from srcdiff.ir.core import Function, Tree
from srcdiff.ir.types import Array, ListOf, Scalar, Type

WIDTH = 99
_PYTHON = {"f": "float", "i": "int", "u": "int", "b": "bool", "c": "complex"}


def heading(function: Function, defaults: Mapping[str, Any]) -> list[str]:
    """The lines from `def` to the colon."""
    parameters, star = [], False
    for one in function.inputs:
        if one.keyword_only and not star:
            parameters.append("*")
            star = True
        types = [p.type for p in function.params]
        shown = tree_annotation(one.tree, types)
        text = f"{one.name}: {shown}" if shown else one.name
        if one.name in defaults:
            sign = " = " if shown else "="
            text += f"{sign}{_literal(defaults[one.name])}"
        parameters.append(text)
    results = [arg_type(r) for r in function.body.results]
    returned = tree_annotation(function.output, results)
    if len(returned) > WIDTH - 10:
        returned = returned.partition("[")[0]
    tail = f") -> {returned}:" if returned else "):"
    return _folded(f"def {function.name}(", parameters, tail)


def _folded(head: str, parts: Sequence[str], tail: str) -> list[str]:
    one = head + ", ".join(parts) + tail
    if len(one) <= WIDTH:
        return [one]
    inner = "    " + ", ".join(parts)
    if len(inner) <= WIDTH:
        return [head, inner, tail]
    return [head, *(f"    {p}," for p in parts), tail]


def defaults_of(function: Any, names: Sequence[str]) -> dict[str, Any]:
    """The defaults of the last parameters, as long as they can be written down."""
    found: dict[str, Any] = {}
    parameters = inspect.signature(function).parameters
    for name in reversed(names):
        default = parameters[name].default if name in parameters else inspect.Parameter.empty
        if not isinstance(default, (int, float, str, bool, type(None))):
            break
        found[name] = default
    return found


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"' if '"' not in value and "\\" not in repr(value) else repr(value)
    return number(value)


def tree_annotation(tree: Tree, types: Sequence[Type]) -> str:
    """The annotation of an argument or a result; "" for objects, of which nothing is said."""
    if tree.kind == "leaf":
        return annotation(types[tree.index])
    if tree.kind == "static":
        return _static(tree.value)
    inner = [tree_annotation(child, types) for child in tree.children]
    if tree.kind == "tuple":
        return f"tuple[{', '.join(inner) or '()'}]" if all(inner) else "tuple"
    if tree.kind == "list":
        return f"list[{_union(inner)}]" if inner and all(inner) else "list"
    if tree.kind == "dict":
        keys = _union([type(k).__name__ for k in tree.keys])
        return f"dict[{keys}, {_union(inner)}]" if inner and all(inner) else "dict"
    return ""


def _union(parts: Sequence[str]) -> str:
    return " | ".join(dict.fromkeys(parts))


def _static(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, np.generic):
        return f"np.{type(value).__name__}"
    return type(value).__name__ if isinstance(value, (bool, int, float, complex, str)) else ""


def annotation(type: Type) -> str:
    """The annotation of one value.

    >>> annotation(Array("float64", (1,))), annotation(ListOf(Scalar("float64"), 2))
    ('NDArray[np.float64]', 'list[float]')
    """
    if isinstance(type, Array) or isinstance(type, Scalar) and type.rank0:
        return f"NDArray[np.{_dtype(type.dtype)}]"
    if isinstance(type, ListOf):
        return f"list[{annotation(type.element) or 'float'}]"
    if not isinstance(type, Scalar):
        return ""
    shown = _PYTHON[np.dtype(type.dtype).kind] if type.weak else f"np.{_dtype(type.dtype)}"
    return f"{shown} | None" if type.optional else shown


def _dtype(name: str) -> str:
    return "bool_" if name == "bool" else name


__all__ = ["annotation", "defaults_of", "heading", "tree_annotation"]
