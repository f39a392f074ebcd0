"""Builtins written in Python: inlined where the program calls the builtin on something of run-time
length. They say what the builtin does, in the language srcdiff differentiates.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def total(xs: Any, start: Any) -> Any:
    """sum(xs, start)"""
    result = start
    for x in xs:
        result = result + x
    return result


def largest(xs: Any) -> Any:
    """max(xs)"""
    if len(xs) == 0:
        raise ValueError("max() arg is an empty sequence")
    result = xs[0]
    for k in range(1, len(xs)):
        if xs[k] > result:
            result = xs[k]
    return result


def largest_by(xs: Any, key: Any) -> Any:
    """max(xs, key=key)"""
    if len(xs) == 0:
        raise ValueError("max() arg is an empty sequence")
    result = xs[0]
    best = key(result)
    for k in range(1, len(xs)):
        value = key(xs[k])
        if value > best:
            result, best = xs[k], value
    return result


def larger(x: Any, y: Any) -> Any:
    """max(x, y)"""
    return y if y > x else x


def smaller(x: Any, y: Any) -> Any:
    """min(x, y)"""
    return y if y < x else x


def smallest(xs: Any) -> Any:
    """min(xs)"""
    if len(xs) == 0:
        raise ValueError("min() arg is an empty sequence")
    result = xs[0]
    for k in range(1, len(xs)):
        if xs[k] < result:
            result = xs[k]
    return result


def smallest_by(xs: Any, key: Any) -> Any:
    """min(xs, key=key)"""
    if len(xs) == 0:
        raise ValueError("min() arg is an empty sequence")
    result = xs[0]
    best = key(result)
    for k in range(1, len(xs)):
        value = key(xs[k])
        if value < best:
            result, best = xs[k], value
    return result


def some(xs: Any) -> Any:
    """any(xs)"""
    for x in xs:
        if x:
            return True
    return False


def every(xs: Any) -> Any:
    """all(xs)"""
    for x in xs:
        if not x:
            return False
    return True


def reduce(function: Any, xs: Any, result: Any) -> Any:
    """functools.reduce(function, xs, result)"""
    for x in xs:
        result = function(result, x)
    return result


def collect(xs: Any) -> Any:
    """list(xs)"""
    return [x for x in xs]  # noqa: C416  (this is what list() is defined by)


def keep(function: Any, xs: Any) -> Any:
    """list(filter(function, xs))"""
    return [x for x in xs if function(x)]


def as_python(x: Any) -> Any:
    """NumPy's float64 as Python's float, in lists too."""
    if isinstance(x, list):
        return [as_python(v) for v in x]
    return float(x)


def require_shape(x: Any, d: Any, message: str) -> None:
    """TypeError unless d has the shape of x, entry by entry for lists."""
    if isinstance(x, list):
        if len(x) != len(d):
            raise TypeError(message)
        for k in range(len(x)):
            require_shape(x[k], d[k], message)
    elif np.shape(x) != np.shape(d):
        raise TypeError(message)


def at(function: Any, a: Any, index: Any, values: Any) -> None:
    """function.at(a, index, values) for one array of integers as the index"""
    for k in range(len(index)):
        a[index[k]] = function(a[index[k]], values[k])


def at_same(function: Any, a: Any, index: Any, value: Any) -> None:
    """function.at(a, index, value) for a single number"""
    for k in range(len(index)):
        a[index[k]] = function(a[index[k]], value)


def repeated(xs: Any, count: int) -> Any:
    """xs * count"""
    return [x for _ in range(count) for x in xs]


def place(end: int, count: int) -> int:
    """Where an end of a slice is, in a list of so many entries"""
    if end < 0:
        end = max(end + count, 0)
    return min(end, count)


def removed(xs: Any, value: Any) -> Any:
    """xs after xs.remove(value)"""
    rest = []
    found = False
    for x in xs:
        if x == value and not found:
            found = True
        else:
            rest.append(x)
    if not found:
        raise ValueError("list.remove(x): x not in list")
    return rest


def in_order(xs: Any, reverse: bool) -> Any:
    """sorted(xs, reverse=reverse) for floats"""
    found = np.sort(np.array(xs))
    return [x for x in (found[::-1] if reverse else found)]  # noqa: C416


def python_floats_in_order(xs: Any, reverse: bool) -> Any:
    """The same for floats that are Python's own"""
    found = np.sort(np.array(xs))
    return [float(x) for x in (found[::-1] if reverse else found)]


def same_items(xs: Any, ys: Any) -> bool:
    """xs == ys for lists of numbers"""
    if len(xs) != len(ys):
        return False
    for k in range(len(xs)):
        if xs[k] != ys[k]:
            return False
    return True


def in_lexical_order(xs: Any, ys: Any, order: Any) -> Any:
    """xs < ys, and the like, for lists of numbers"""
    for k in range(min(len(xs), len(ys))):
        if xs[k] != ys[k]:
            return order(xs[k], ys[k])
    return order(len(xs), len(ys))


def contained(x: Any, xs: Any) -> bool:
    """x in xs for a list of numbers"""
    for v in xs:
        if v == x:
            return True
    return False
