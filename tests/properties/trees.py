"""Arguments and results as trees: their float leaves as one real vector, and back.

Independent of the compiler under test, as everything here is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

LAST_BITS = 32.0  # units of rounding of an array's largest entry


def leaves(tree: Any) -> Iterator[Any]:
    """Yield the leaves of tuples, lists, dicts, dataclasses and plain objects, in order."""
    if isinstance(tree, (tuple, list)):
        for part in tree:
            yield from leaves(part)
    elif isinstance(tree, dict):
        for part in tree.values():
            yield from leaves(part)
    elif is_object(tree):
        yield from leaves(vars(tree))
    else:
        yield tree


def mapped(function: Callable[[Any], Any], tree: Any) -> Any:
    """Return a copy of a tree with the function applied to each leaf."""
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(mapped(function, part) for part in tree))
    if isinstance(tree, (tuple, list)):
        return type(tree)(mapped(function, part) for part in tree)
    if isinstance(tree, dict):
        return {key: mapped(function, part) for key, part in tree.items()}
    if is_object(tree):
        copy = object.__new__(type(tree))
        for name, part in vars(tree).items():
            object.__setattr__(copy, name, mapped(function, part))
        return copy
    return function(tree)


def is_object(tree: Any) -> bool:
    """Say whether a value is a dataclass or a plain object: a node with its attributes below."""
    if isinstance(tree, (type, np.ndarray, np.generic)) or callable(tree):
        return False
    return dataclasses.is_dataclass(tree) or type(tree).__module__ != "builtins"


def is_float(leaf: Any) -> bool:
    """Say whether a leaf is a float, or an array of floats: something to differentiate."""
    if isinstance(leaf, (np.ndarray, np.generic)):
        return leaf.dtype.kind in "fc"
    return isinstance(leaf, (float, complex))


def flat(tree: Any) -> np.ndarray:
    """Return the float leaves of a tree as one vector."""
    found = [np.ravel(leaf) for leaf in leaves(tree) if is_float(leaf)]
    return np.concatenate(found) if found else np.zeros(0)


def flat_where_float(tree: Any, like: Any) -> np.ndarray:
    """Return as one vector the leaves that stand where another tree has floats.

    ``sum`` of an empty list is the int 0: its tangent, a float for every input, must be zero.
    """
    found = []
    for leaf, other in zip(leaves(tree), leaves(like), strict=True):
        if is_float(other):
            found.append(np.ravel(leaf))
        elif is_float(leaf) and np.any(leaf):
            raise ValueError(f"the tangent of {other!r} is {leaf!r}")
    return np.concatenate(found) if found else np.zeros(0)


def unflat(tree: Any, vector: np.ndarray, keep_dtype: bool = True) -> Any:
    """Return a copy of a tree with its float leaves taken from a vector."""
    position = 0

    def replace(leaf: Any) -> Any:
        nonlocal position
        if not is_float(leaf):
            return leaf
        size = np.size(leaf)
        part = vector[position : position + size]
        position += size
        if not isinstance(leaf, np.ndarray):
            return part[0].item() if not isinstance(leaf, np.generic) else part[0]
        made = laid_out_like(leaf, leaf.dtype if keep_dtype else vector.dtype, {})
        made[...] = part.reshape(leaf.shape)
        return made

    return mapped(replace, tree)


class Called:
    """A function with the arguments of a call; those at ``wrt`` are differentiated."""

    args: tuple[Any, ...]
    wrt: tuple[int, ...]

    @property
    def active(self) -> tuple[Any, ...]:
        """The arguments with respect to which the function is differentiated."""
        return tuple(self.args[position] for position in self.wrt)

    def with_active(self, vector: np.ndarray, keep_dtype: bool = True) -> tuple[Any, ...]:
        """Return the arguments with the active ones' floats taken from a vector."""
        args = list(copied(self.args))
        replaced = unflat(self.active, vector, keep_dtype)
        for position, value in zip(self.wrt, replaced, strict=True):
            args[position] = value
        return tuple(args)


Copies = dict[int, tuple[np.ndarray, np.ndarray]]  # by identity: an owner of memory, its copy


def copied(tree: Any) -> Any:
    """Return a deep copy: arrays lie in memory as the originals do, and share it where those do."""
    copies: Copies = {}

    def copy(leaf: Any) -> Any:
        if not isinstance(leaf, np.ndarray):
            return leaf
        made = laid_out_like(leaf, leaf.dtype, copies)
        made[...] = leaf
        return made

    return mapped(copy, tree)


def laid_out_like(array: np.ndarray, dtype: Any, copies: Copies) -> np.ndarray:
    """Return an array of the same layout, a view of a copy of what the other is a view of."""
    owner = array
    while isinstance(owner.base, np.ndarray) and owner.base.dtype == array.dtype:
        owner = owner.base
    if id(owner) not in copies:
        copies[id(owner)] = owner, np.empty_like(owner, dtype=dtype, subok=False)
    memory = copies[id(owner)][1]
    if owner is array:
        return memory
    if memory.strides != tuple(s * memory.itemsize // owner.itemsize for s in owner.strides):
        return np.empty_like(array, dtype=dtype, subok=False)
    wider = memory.itemsize / owner.itemsize
    offset = array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    buffer = memory if memory.flags.c_contiguous else memory.T
    strides = tuple(int(stride * wider) for stride in array.strides)
    return np.ndarray(array.shape, memory.dtype, buffer, int(offset * wider), strides)


def mismatch(given: Any, expected: Any, where: str = "", exact: bool = True) -> str | None:
    """Return how a derivative's structure differs from that of what it belongs to, if it does.

    What belongs to a Python float is one, exactly; where that does not matter, ``np.float64`` is
    one too.
    """
    if isinstance(expected, (tuple, list)) or isinstance(expected, dict):
        if type(given) is not type(expected) or len(given) != len(expected):
            return f"{where or 'result'} is {type(given).__name__}, not {expected!r:.60}"
        keys = expected.keys() if isinstance(expected, dict) else range(len(expected))
        if isinstance(expected, dict) and list(given) != list(expected):
            return f"{where} has keys {list(given)}"
        found = (mismatch(given[key], expected[key], f"{where}[{key!r}]", exact) for key in keys)
        return next((text for text in found if text), None)
    if is_object(expected):
        if type(given) is not type(expected):
            return f"{where or 'result'} is {type(given).__name__}, not {type(expected).__name__}"
        return mismatch(vars(given), vars(expected), where, exact)
    if not is_float(expected):
        return None
    if isinstance(expected, np.ndarray):
        if not exact and not expected.shape and isinstance(given, np.generic):
            given = np.asarray(given)  # NumPy's functions return either for rank 0
        if not isinstance(given, np.ndarray):
            return f"{where or 'result'} is {type(given).__name__}, not an array"
        if given.dtype != expected.dtype or given.shape != expected.shape:
            return (
                f"{where or 'result'} is {given.dtype}{given.shape}, "
                f"not {expected.dtype}{expected.shape}"
            )
        return None
    if isinstance(expected, float) and not isinstance(expected, np.generic):
        if type(given) is not float and (exact or not isinstance(given, float)):
            return f"{where or 'result'} is {type(given).__name__}, not float"
    return None


def same(first: Any, second: Any) -> bool:
    """Say whether two trees are equal to the bit."""
    ours, theirs = list(leaves(first)), list(leaves(second))
    if len(ours) != len(theirs):
        return False
    return all(_same_leaf(x, y) for x, y in zip(ours, theirs, strict=True))


def _same_leaf(x: Any, y: Any) -> bool:
    if isinstance(x, (np.ndarray, float)) and isinstance(y, (np.ndarray, float)):
        x, y = np.asarray(x), np.asarray(y)
        return x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes()
    return bool(x == y) or x is y


def same_but_for_rounding(first: Any, second: Any) -> bool:
    """Say whether two trees differ at most in the last bits of their floats.

    NumPy sums and multiplies in an order that depends on where an array lies in memory, so an array
    that is a copy where the original has a view may change the last bits of what follows.
    """
    ours, theirs = list(leaves(first)), list(leaves(second))
    if len(ours) != len(theirs):
        return False
    return all(_same_leaf(x, y) or _rounded(x, y) for x, y in zip(ours, theirs, strict=True))


def _rounded(x: Any, y: Any) -> bool:
    if not (is_float(x) and is_float(y)):
        return False
    x, y = np.asarray(x), np.asarray(y)
    if x.dtype != y.dtype or x.shape != y.shape:
        return False
    allowed = LAST_BITS * float(np.finfo(x.dtype).eps) * np.max(np.abs(y), initial=0)
    return bool(np.all(np.abs(x - y) <= allowed))
