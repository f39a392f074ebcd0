"""Jacobians of structures: for each leaf of the value and each of the argument, a block.

    value     {"a": a, "b": (b, c)}            argument  [x, y]
    Jacobian  {"a": [da/dx, da/dy], "b": ([db/dx, db/dy], [dc/dx, dc/dy])}

The value's structure stands outside, the argument's inside, as in JAX. Sweeps run along the entries of
all leaves in a row; a block is a stretch of their results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from srcdiff.api.requests import misuse
from srcdiff.api.several import Seeds, entries, is_float
from srcdiff.structure import children, mapped

NUMBERS = (bool, int, float, complex, np.generic, np.ndarray)


def plain(value: Any) -> bool:
    """Whether a value is a number or an array, without any structure."""
    return isinstance(value, NUMBERS)


def check_argument(x: Any, name: str) -> None:
    """ArgumentsError unless there are floats in the structure, and real ones only."""
    found = [leaf for leaf in _leaves(x) if is_float(leaf)]
    if not found:
        raise misuse(
            "SD502",
            f"the argument {name!r} is {type(x).__name__} without a float in it",
            "pass floats or float arrays, e.g. 3.0 instead of 3",
        )
    if any(map(np.iscomplexobj, found)):
        raise misuse("SD517", f"the argument {name!r} holds complex numbers beside others")


def check_value(value: Any, name: str) -> None:
    """ArgumentsError unless the leaves of a value are numbers and arrays."""
    for leaf in _leaves(value):
        if not plain(leaf):
            raise misuse(
                "SD516",
                f"{name} returns a {type(leaf).__name__}: numbers, arrays or a structure of them are needed",
                "leave out what is no number, or use grad with has_aux=True",
            )


def _leaves(value: Any) -> Iterator[Any]:
    parts = children(value)
    if parts is None:
        yield value
    for _, part in parts or ():
        yield from _leaves(part)


def directions(x: Any) -> int:
    """How many entries of a structure derivatives are taken by."""
    return sum(int(np.size(leaf)) for leaf in _leaves(x) if is_float(leaf))


def _starts(x: Any) -> Any:
    """The structure with the number of each float leaf's first entry; None for other leaves."""
    count = 0

    def start(leaf: Any) -> Any:
        nonlocal count
        if not is_float(leaf):
            return None
        count += int(np.size(leaf))
        return count - int(np.size(leaf))

    return mapped(start, x)


def units(like: Any) -> Seeds:
    """The unit vectors along the entries of a structure, a leading axis in each float leaf."""
    starts = _starts(like)

    def seeds(first: int, stop: int) -> Any:
        def one(leaf: Any, start: Any) -> Any:
            if start is None:
                return leaf
            size = int(np.size(leaf))
            made = np.eye(stop - first, size, first - start, np.asarray(leaf).dtype)
            return made.reshape(stop - first, *np.shape(leaf))

        return mapped(one, like, starts)

    return seeds


def by_columns(x: Any, value: Any, parts: list[Any]) -> Any:
    """The blocks from forward sweeps along the entries of x; parts: their tangents, in order."""
    starts = _starts(x)

    def outer(leaf: Any, *tangents: Any) -> Any:
        rows = np.concatenate(tangents)

        def block(part: Any, start: int) -> Any:
            own = rows[start : start + int(np.size(part))]
            return np.moveaxis(own, 0, -1).reshape(np.shape(leaf) + np.shape(part))

        return _blocks(x, starts, block)

    return mapped(outer, value, *parts)


def by_rows(x: Any, value: Any, parts: list[Any]) -> Any:
    """The blocks from reverse sweeps along the entries of the value; parts: their cotangents."""
    rows = mapped(lambda leaf, *found: _joined(leaf, found), x, *parts)

    def outer(leaf: Any, start: Any) -> Any:
        def block(part: Any, found: Any) -> Any:
            shape = np.shape(leaf) + np.shape(part)
            if start is None:
                return np.zeros(shape, np.asarray(part).dtype)
            return found[start : start + int(np.size(leaf))].reshape(shape)

        return _blocks(x, rows, block)

    return mapped(outer, value, _starts(value))


def _joined(leaf: Any, found: tuple[Any, ...]) -> Any:
    """The cotangents of a leaf from all sweeps, an axis of seeds in front; None for no float."""
    return np.concatenate(found) if is_float(leaf) else None


def nothing(x: Any, value: Any) -> Any:
    """The Jacobian where there is no sweep: either side has no entries."""
    return mapped(
        lambda leaf: _blocks(x, _starts(x), lambda p, _: np.zeros(np.shape(leaf) + np.shape(p))),
        value,
    )


def _blocks(x: Any, beside: Any, block: Callable[[Any, Any], Any]) -> Any:
    """The structure of x with a block for each float, 0 for whatever else is a leaf."""
    return mapped(
        lambda part, found: number(block(part, found)) if is_float(part) else 0, x, beside
    )


def number(block: Any) -> Any:
    """An array of rank 0 as a number: Python's float for one of double precision."""
    if block.ndim:
        return np.ascontiguousarray(block)
    return float(block) if block.dtype == np.float64 else block[()]


__all__ = [
    "by_columns",
    "by_rows",
    "check_argument",
    "check_value",
    "directions",
    "entries",
    "nothing",
    "number",
    "plain",
    "units",
]
