"""A dense Jacobian that is asked for again, at arguments of the same kind: the sweep and nothing else.

before   function, the mode, and what was found out at the first call: arrays in and out, nothing is
         written, the sweep has a form for several seeds, and which mode has fewer of them
after    value and Jacobian by one call of generated code

Whatever is not like that returns None here and goes the long way (`matrices`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from srcdiff.api.compiled import hidden_values, kept
from srcdiff.api.products import Pullbacks, Pushforward, pullbacks, pushforward
from srcdiff.api.several import at_once
from srcdiff.errors import ArgumentsError
from srcdiff.user_frames import pointing

Found = tuple[Any, Any] | None


class Again:
    """The Jacobian of one function by its first argument, in one mode, for so many arguments."""

    def __init__(self, function: Any, count: int):
        self.push: Pushforward = pushforward(function, count, 1)
        self.back: Pullbacks = pullbacks(function, count, 1)
        self.modes: dict[tuple[int, ...], str] = {}  # by the shape of the argument

    def learn(self, mode: str, args: tuple[Any, ...], value: Any) -> None:
        """Note that a sweep of this mode is what these arguments need."""
        x, made = args[0], self.push if mode == "forward" else self.back
        if not all(type(a) is np.ndarray and a.dtype.kind == "f" for a in (x, value)):
            return
        more = (x,) if mode == "forward" else ()
        if made.made_for(*args, *more).many and not made.writes(*args, *more):
            self.modes[x.shape] = mode

    def found(self, args: tuple[Any, ...]) -> Found:
        x = args[0]
        mode = self.modes.get(x.shape) if type(x) is np.ndarray else None
        if mode is None:
            return None
        return self._forward(args, x) if mode == "forward" else self._reverse(args, x)

    def _forward(self, args: tuple[Any, ...], x: Any) -> Found:
        variant = self.push.dispatcher.find(*args, x)
        if variant is None or not variant.many or variant.writes is not False:
            return None
        size = x.size
        if not at_once(size, size):
            return None
        seeds = np.eye(size, dtype=x.dtype).reshape(size, *x.shape)
        hidden = hidden_values(variant) if variant.primal.hidden else {}
        value, tangents = pointing(variant.many, *args, seeds, **hidden)
        if type(value) is not np.ndarray or tangents.shape != (size, *value.shape):
            return None
        columns = tangents.reshape(size, -1).T.reshape(value.shape + x.shape)
        return value, np.ascontiguousarray(columns)

    def _reverse(self, args: tuple[Any, ...], x: Any) -> Found:
        variant = self.back.dispatcher.find(*args)
        if variant is None or not variant.many or variant.writes is not False:
            return None
        hidden = hidden_values(variant) if variant.primal.hidden else {}
        value, record = pointing(variant.call, *args, **hidden)
        if type(value) is not np.ndarray or not at_once(value.size, value.size):
            return None
        seeds = np.eye(value.size, dtype=value.dtype).reshape(value.size, *value.shape)
        rows = pointing(variant.many, record, seeds)[0]
        if np.shape(rows) != (value.size, *x.shape):
            return None
        return value, np.ascontiguousarray(rows).reshape(value.shape + x.shape)


def again(function: Any, what: Any, count: int) -> Again | None:
    """The one of a function; made once. None where so many arguments are not what it takes by position."""
    made: Again | None = kept(function, ("again", what, count), lambda: _made(function, count))
    return made


def _made(function: Any, count: int) -> Again | None:
    try:
        return Again(function, count)
    except ArgumentsError:
        return None
