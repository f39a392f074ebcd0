"""The signature of a derivative as text: what a call's arguments must be to go to it.

    w: float64[:], X: float64[:, 1], mode: 'l2', params: {'W': float64[:, :], 'b': float}

A Python float is `float`, NumPy's `float64`, an array of rank 0 `float64[]`; an axis is `:` or, where
its length is 1, `1`. Constants stand as they are, functions with the digest of their source.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcdiff.files.reach import digest, sources
from srcdiff.ir.core import Tree, Var
from srcdiff.ir.types import Array, ListOf, Scalar, Type, is_one
from srcdiff.transform.signature import Leaves, Path, abstract


def signature(arguments: Mapping[str, Any], fixed: frozenset[Path] = frozenset()) -> str:
    """The signature of arguments by name. `fixed`: paths of those that are constants.

    >>> import numpy as np
    >>> signature({"w": np.zeros(3), "n": 2, "mode": "l2"})
    "w: float64[:], n: int, mode: 'l2'"
    """
    parts = []
    for name, value in arguments.items():
        leaves = Leaves(fixed)
        _, tree = abstract(value, (name,), leaves)
        parts.append(f"{name}: {_tree(tree, leaves.params)}")
    return ", ".join(parts)


def _tree(tree: Tree, params: Sequence[Var]) -> str:
    if tree.kind == "leaf":
        return spelled_type(params[tree.index].type)
    if tree.kind == "static":
        return constant(tree.value)
    inner = [_tree(child, params) for child in tree.children]
    if tree.kind == "dict":
        return "{" + ", ".join(f"{k!r}: {t}" for k, t in zip(tree.keys, inner)) + "}"
    if tree.kind == "object":
        fields = ", ".join(f"{k}: {t}" for k, t in zip(tree.keys, inner))
        mark = f" {digest(tree.value)}" if sources(tree.value) else ""
        return f"{class_name(tree.value)}{mark}({fields})"
    text = ", ".join(inner)
    return f"[{text}]" if tree.kind == "list" else f"({text}{',' * (len(inner) == 1)})"


def class_name(cls: type) -> str:
    """Module and qualified name."""
    return f"{cls.__module__}.{cls.__qualname__}"


def spelled_type(type: Type) -> str:
    """The type of a leaf.

    >>> spelled_type(Array("float32", (1,))), spelled_type(Scalar("float64"))
    ('float32[1]', 'float')
    """
    if isinstance(type, Array):
        shape = ", ".join("1" if is_one(d) else ":" for d in type.shape or ())
        return f"{type.dtype}[{shape}]"
    if isinstance(type, ListOf):
        one = "; 1" if is_one(type.length) else ""
        return f"list[{spelled_type(type.element)}{one}]"
    assert isinstance(type, Scalar)
    return f"{type.dtype}[]" if type.rank0 else str(type)


def constant(value: Any) -> str:
    """A constant as text that does not depend on the run."""
    if isinstance(value, (int, float, complex, str, bytes, type(None), type(Ellipsis))):
        return repr(value)
    if isinstance(value, (np.dtype, np.generic)):
        return repr(value)
    if isinstance(value, type):
        return f"<class {class_name(value)}>"
    if isinstance(value, (types.ModuleType, types.BuiltinFunctionType, np.ufunc)):
        return f"<{value.__name__}>"
    name = getattr(value, "__qualname__", type(value).__qualname__)
    return f"<{getattr(value, '__module__', '')}.{name} {digest(value)}>"
