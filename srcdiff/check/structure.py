"""The arguments as trees: their real leaves, copies with other leaves, and a gradient held to them.

A leaf takes part when it is a Python float, a NumPy floating scalar or an array of a floating
dtype.  Tuples, lists, dicts, NamedTuples and dataclasses are walked through; whatever else stands
in them (integers, strings, None, functions) is left alone.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from srcdiff.errors import GradientError

DEPTH = 100  # how deep containers may be nested; one that holds itself has no end


@dataclass(frozen=True)
class Leaf:
    """One differentiable leaf: how it is written, its value, and (once matched) its gradient."""

    path: str
    value: Any
    gradient: Any = None

    @property
    def size(self) -> int:
        return int(np.size(self.value))

    def entry_path(self, flat: int) -> str:
        """`w[2, 3]` for an entry of an array, the path itself for a number."""
        shape = np.shape(self.value)
        if not shape:
            return self.path
        return f"{self.path}[{', '.join(str(int(i)) for i in np.unravel_index(flat, shape))}]"


def is_real_leaf(value: Any) -> bool:
    """Whether derivatives by this value are checked.

    >>> [is_real_leaf(v) for v in (1.0, 1, True, np.float32(1), np.zeros(2), np.arange(2), "a")]
    [True, False, False, True, True, False, False]
    """
    if isinstance(value, (np.ndarray, np.generic)):
        return bool(value.dtype.kind == "f")
    return isinstance(value, float)


def is_complex_leaf(value: Any) -> bool:
    """Whether this value is a complex number or an array of them.

    >>> [is_complex_leaf(v) for v in (1j, np.complex64(1), np.zeros(2, complex), 1.0, "a")]
    [True, True, True, False, False]
    """
    if isinstance(value, (np.ndarray, np.generic)):
        return bool(value.dtype.kind == "c")
    return isinstance(value, complex)


def children(value: Any) -> list[tuple[str, Any]] | None:
    """The parts of a container with the way each is written after the path; None for a leaf."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return [(f".{name}", part) for name, part in zip(value._fields, value)]
    if isinstance(value, (tuple, list)):
        return [(f"[{i}]", part) for i, part in enumerate(value)]
    if isinstance(value, dict):
        return [(f"[{key!r}]", part) for key, part in value.items()]
    if is_dataclass(value) and not isinstance(value, type):
        return [(f".{field.name}", getattr(value, field.name)) for field in fields(value)]
    return None


def leaves(value: Any, path: str, depth: int = 0) -> Iterator[Leaf]:
    """The real leaves of an argument, in order.

    Raises GradientError at a complex number, and where containers are nested without end.

    >>> [leaf.path for leaf in leaves({"W": [1.0, 2], "n": "relu"}, "params")]
    ["params['W'][0]"]
    """
    if is_real_leaf(value):
        yield Leaf(path, value)
    elif is_complex_leaf(value):
        raise GradientError(f"{path} is complex; only derivatives by real numbers can be checked")
    elif depth == DEPTH:
        told = "is nested too deeply to be checked; does it contain itself?"
        raise GradientError(f"the argument {path.partition('[')[0]} {told}")
    else:
        for suffix, part in children(value) or ():
            yield from leaves(part, path + suffix, depth + 1)


def plain(value: Any) -> bool:
    """Whether there is nothing in this value but empty containers.

    >>> plain(()), plain([{}]), plain([1])
    (True, True, False)
    """
    parts = children(value)
    return parts is not None and all(plain(part) for _, part in parts)


def rebuild(value: Any, path: str, leaf: Callable[[str, Any], Any]) -> Any:
    """A deep copy of an argument with every real leaf replaced by `leaf(path, value)`.

    >>> rebuild([1.0, (2.0, "a")], "x", lambda path, value: value + 1)
    [2.0, (3.0, 'a')]
    """
    if is_real_leaf(value):
        return leaf(path, value)
    parts = children(value)
    if parts is None:
        return copied(value)
    return _assemble(value, [rebuild(part, path + suffix, leaf) for suffix, part in parts])


def copied(value: Any) -> Any:
    """A deep copy, or the value itself when it cannot be copied (a generator, a lock)."""
    try:
        return copy.deepcopy(value)
    except Exception:
        return value


def _assemble(value: Any, parts: list[Any]) -> Any:
    if isinstance(value, tuple):
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if is_dataclass(value):
        return _like_dataclass(value, parts)
    out = copy.copy(value)
    if isinstance(value, list):
        out[:] = parts
    else:
        out.update(zip(value, parts))
    return out


def _like_dataclass(value: Any, parts: list[Any]) -> Any:
    """Another instance, made without `__init__`: that may refuse, derive or count."""
    out = object.__new__(type(value))
    for name, part in getattr(value, "__dict__", {}).items():
        object.__setattr__(out, name, copied(part))
    for field, part in zip(fields(value), parts):
        object.__setattr__(out, field.name, part)
    return out


def matched(value: Any, gradient: Any, path: str, problems: list[str]) -> Iterator[Leaf]:
    """The leaves with their gradients; what does not fit the argument goes into `problems`."""
    if is_real_leaf(value):
        trouble = _leaf_trouble(value, gradient)
        if trouble:
            problems.append(f"the gradient by {path} {trouble}")
        else:
            yield Leaf(path, value, gradient)
        return
    parts = children(value)
    if parts is None or not any(True for _ in leaves(value, path)):
        return
    trouble = _container_trouble(value, gradient)
    if trouble:
        problems.append(f"the gradient by {path} {trouble}")
        return
    for (suffix, part), found in zip(parts, _parts_like(value, gradient)):
        yield from matched(part, found, path + suffix, problems)


def _leaf_trouble(value: Any, gradient: Any) -> str:
    """Why `gradient` cannot be the gradient by the leaf `value`; "" when it can."""
    if not isinstance(value, (np.ndarray, np.generic)):
        right = type(gradient) is float
        return "" if right else f"must be a Python float, not {described(gradient)}"
    number = not np.shape(value) and isinstance(gradient, np.generic)  # NumPy unwraps 0-d arrays
    if not (number or isinstance(value, np.ndarray) and isinstance(gradient, np.ndarray)):
        return f"must be {described(value)}, not {described(gradient)}"
    if np.shape(gradient) != np.shape(value):
        return f"has shape {np.shape(gradient)}, the argument has {np.shape(value)}"
    if gradient.dtype != value.dtype:
        return f"has dtype {gradient.dtype}, the argument has {value.dtype}"
    return ""


def _container_trouble(value: Any, gradient: Any) -> str:
    if type(gradient) is not type(value):
        return f"must be a {type(value).__name__}, not {described(gradient)}"
    if isinstance(value, dict):
        lost = [key for key in value if key not in gradient]
        extra = [key for key in gradient if key not in value]
        if lost or extra:
            told = [f"lacks the key {key!r}" for key in lost]
            return " and ".join(told + [f"has the unknown key {key!r}" for key in extra])
    elif isinstance(value, (tuple, list)) and len(gradient) != len(value):
        return f"has {len(gradient)} parts, the argument has {len(value)}"
    return ""


def _parts_like(value: Any, gradient: Any) -> list[Any]:
    if isinstance(value, dict):
        return [gradient[key] for key in value]
    return [part for _, part in children(gradient) or ()]


def described(value: Any) -> str:
    """A value by its kind, for messages.

    >>> described(np.zeros((2, 3))), described(1.0), described(None)
    ('an array of float64, shape (2, 3)', 'a float', 'None')
    """
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}, shape {value.shape}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
