"""The arguments as trees: their real leaves, and a gradient held to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from srcdiff.errors import GradientError
from srcdiff.structure import DEPTH, children, described, is_complex_leaf, is_real_leaf


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
