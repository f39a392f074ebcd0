"""What is kept for a user's function: it lies on the function itself, and goes with it.

A table elsewhere would hold the function for good, since what is compiled for it refers to it. A
wrapper that copies its function's attributes (`functools.wraps`) gets a table of its own; a copy
made by pickling the attributes has none.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from types import FunctionType
from typing import Any

NAME = "__srcdiff_kept__"
MOST = 64  # methods and other callables: the last used


class _Kept(dict[Any, Any]):
    def __init__(self, function: Any) -> None:
        super().__init__()
        self.owner = weakref.ref(function)

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, ()


_others: OrderedDict[Any, dict[Any, Any]] = OrderedDict()


def kept_for(function: Any) -> dict[Any, Any]:
    """The table of a function or derivative; an empty one each time for what cannot be a key."""
    if not (isinstance(function, FunctionType) or hasattr(type(function), "__srcdiff__")):
        return _kept_for_other(function)
    table = vars(function).setdefault(NAME, _Kept(function))
    if not isinstance(table, _Kept) or table.owner() is not function:
        table = vars(function)[NAME] = _Kept(function)
    return table


def _kept_for_other(function: Any) -> dict[Any, Any]:
    try:
        table = _others.setdefault(function, {})
    except TypeError:  # not hashable
        return {}
    _others.move_to_end(function)
    while len(_others) > MOST:
        _others.popitem(last=False)
    return table
