"""Loops over lists that their body makes longer or shorter: a `while` that asks before each round
whether there is one more item, as Python's iterators do.

    before   for k, v in enumerate(xs): ...
    after    while place < len(xs): k, v = place, xs[place]; ...; place += 1
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from srcdiff.ir.core import Apply, Block, Const, For, Var, While
from srcdiff.ops import syntax as sx
from srcdiff.transform.combine import side_by_side
from srcdiff.transform.iterate import (
    Iteration,
    arith,
    at_position,
    changing_list,
    count_of,
    iteration,
    length_of,
    static_int,
)
from srcdiff.transform.values import Abstract, Iter, Record, Seq, Static

if TYPE_CHECKING:
    from srcdiff.transform.instantiate import Instantiator

_LOOPS: WeakKeyDictionary[For, While] = WeakKeyDictionary()


def as_while(loop: For) -> While:
    """A loop that looks anew at what it runs over before each round; of one loop always the same."""
    if loop not in _LOOPS:
        _LOOPS[loop] = _made(loop)
    return _LOOPS[loop]


def _made(loop: For) -> While:
    item, *carried = loop.body.params
    place, inside, after, more = (Var(hint) for hint in ("place", "place", "place", ""))
    test = Block(
        (*(Var(p.hint, p.type) for p in carried), place),
        (Apply((more,), sx.HAS_ITEM, (loop.over, place), loop.at),),
        (more,),
    )
    first = Apply((item,), sx.NEXT_ITEM, (loop.over, inside), loop.at)
    last = Apply((after,), sx.BINARY, (Const("+"), inside, Const(1)), loop.at)
    stmts = (first, *loop.body.stmts, last)
    body = Block((*carried, inside), stmts, (*loop.body.results, after))
    outs, inits = (*loop.outs, Var("place")), (*loop.inits, Const(0))
    return While(outs, inits, test, body, loop.breaks, loop.at, loop.adjoint)


def has_item(run: Instantiator, over: Abstract, place: Abstract) -> Abstract:
    """Whether a loop over an iterable that has made so many rounds makes one more."""
    if isinstance(over, Record) and not issubclass(over.cls, tuple):
        raise changing_list(run)
    if not isinstance(over, Iter):
        return _less(run, place, length_of(run, over))
    if over.kind in _HAS_ITEM:
        return _HAS_ITEM[over.kind](run, place, *over.parts)
    return _less(run, place, count_of(run, _fixed(run, over)))


def next_item(run: Instantiator, over: Abstract, place: Abstract) -> Abstract:
    """The item of that round."""
    if not isinstance(over, Iter):
        made: Abstract = run.do(sx.ITEM, over, place)
        return made
    if over.kind in _NEXT_ITEM:
        return _NEXT_ITEM[over.kind](run, place, *over.parts)
    return at_position(run, _fixed(run, over), place)


def _fixed(run: Instantiator, over: Iter) -> Iteration:
    """The iteration over what stays as long as it is."""
    space = iteration(run, over)
    if space.rounds is not None or over.kind in ("checkpointed", "filter"):
        raise changing_list(run)
    return space


def _less(run: Instantiator, x: Abstract, y: Abstract) -> Abstract:
    made: Abstract = run.do(sx.COMPARE, Static("<"), x, y)
    return made


def _all(run: Instantiator, tests: Sequence[Callable[[], Abstract]]) -> Abstract:
    """Whether all tests hold, each made only if those before it do."""
    first, rest = tests[0](), tests[1:]
    if not rest or isinstance(first, Static) and not first.value:
        return first
    if isinstance(first, Static):
        return _all(run, rest)
    return run.fork(first, lambda: (_all(run, rest),), lambda: (Static(False),))[0]


def _zip_goes_on(run: Instantiator, place: Abstract, *parts: Abstract) -> Abstract:
    tests = [partial(has_item, run, part, place) for part in parts]
    return _all(run, tests) if tests else Static(False)


def _zip_item(run: Instantiator, place: Abstract, *parts: Abstract) -> Abstract:
    return side_by_side(run, [partial(next_item, run, part, place) for part in parts])


def _mapped(run: Instantiator, place: Abstract, function: Abstract, *parts: Abstract) -> Abstract:
    given = _zip_item(run, place, *parts)
    assert isinstance(given, Seq)
    return run.call(function, given.items)


def _numbered(run: Instantiator, place: Abstract, part: Abstract, start: Abstract) -> Abstract:
    number = place if static_int(start) == 0 else arith(run, "+", place, start)
    return Seq("tuple", (number, next_item(run, part, place)))


def _back(run: Instantiator, place: Abstract, count: Abstract) -> Abstract:
    return arith(run, "-", arith(run, "-", count, Static(1)), place)


def _goes_on_backward(
    run: Instantiator, place: Abstract, part: Abstract, count: Abstract
) -> Abstract:
    """It begins at what was the last place when reversed() was called, and ends where none is left."""
    left = partial(_less, run, place, count)
    there = partial(has_item, run, part, _back(run, place, count))
    return _all(run, [left, there])


_HAS_ITEM: dict[str, Callable[..., Abstract]] = {
    "zip": _zip_goes_on,
    "map": lambda run, place, function, *parts: _zip_goes_on(run, place, *parts),
    "enumerate": lambda run, place, part, start: has_item(run, part, place),
    "reversed": _goes_on_backward,
}
_NEXT_ITEM: dict[str, Callable[..., Abstract]] = {
    "zip": _zip_item,
    "map": _mapped,
    "enumerate": _numbered,
    "reversed": lambda run, place, part, count: next_item(run, part, _back(run, place, count)),
}
