"""A function of one argument of another function, the others held: what is run again and again."""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from srcdiff.inside.asked import held, product
from srcdiff.transform.apart import Body, run_apart
from srcdiff.transform.functions import Keywords, call_function
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.nested import pushed
from srcdiff.transform.values import Abstract, Made, Method, Record, Seq, Static

Run = Instantiator
Place = Any  # a position, or a keyword


@dataclass(frozen=True)
class Moved(Made):
    """t -> f(..., t, ...) with t in one place: bound to f and its other arguments."""

    place: Place

    def __str__(self) -> str:
        return "a function of one argument of another"


def moved(
    function: Abstract, place: Place, args: tuple[Abstract, ...], keywords: Keywords = ()
) -> Abstract:
    """The function of the argument at a place."""
    return Method(held(function, Seq("tuple", args), Record(dict, keywords)), Moved(place))


def _call(run: Run, made: Abstract, owner: Abstract, t: Abstract) -> Abstract:
    assert isinstance(made, Static) and isinstance(owner, Seq)
    function, args, named = owner.items
    assert isinstance(args, Seq) and isinstance(named, Record)
    place = made.value.place
    positional = tuple(t if k == place else a for k, a in enumerate(args.items))
    return run.call(function, positional, **{k: t if k == place else a for k, a in named.entries})


Moved.handler = staticmethod(_call)


@dataclass(frozen=True)
class Along(Made):
    """t -> the derivative of f at t along s: bound to f and s."""

    def __str__(self) -> str:
        return "a derivative along a line"


def along(function: Abstract, direction: Abstract) -> Abstract:
    """The derivative of a function of one argument along a direction, as such a function."""
    return Method(held(function, direction), Along())


def _derivative(run: Run, made: Abstract, owner: Abstract, t: Abstract) -> Abstract:
    assert isinstance(owner, Seq)
    function, direction = owner.items
    both = pushed(run, product(run, "jvp", function, 1), (t,), (direction,), run.session.calls)
    return both.items[1] if isinstance(both, Seq) else both


Along.handler = staticmethod(_derivative)


def put(run: Run, program: Callable[..., Any], *args: Abstract) -> Abstract:
    """The statements of a program of derivatives, in place."""
    assert isinstance(program, types.FunctionType)
    return call_function(run, program, args, ())


def ran(run: Run, function: Abstract, x: Abstract) -> Body:
    """A function of one argument, run to see what it does and returns; nothing is built."""
    return run_apart(run, product(run, "jvp", function, 1), (x,), ())


def refuse_changes(run: Run, body: Body) -> None:
    """A function that is run for each row or column must change nothing."""
    if body.left:
        key, _ = body.left[0]
        raise run.refusal(
            "SD357",
            f"a function that is run again and again for one derivative changes {key.hint or 'an object'}",
            "let it work on a copy",
        )
