"""Loops over filter(f, xs): the test is made when a round begins, as Python makes it.

before   for x in filter(f, xs): ...
after    for x in xs:
             if f(x): ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from srcdiff.ir.core import Apply, Atom, Block, Const, For, If, Pack, Stmt, Var
from srcdiff.ops import syntax as sx
from srcdiff.transform.values import Iter, Seq

if TYPE_CHECKING:
    from srcdiff.transform.instantiate import Env, Instantiator

Filtered = tuple[For, Var, Var, tuple[Var, ...]]
_LOOPS: WeakKeyDictionary[For, Filtered] = WeakKeyDictionary()


def as_tested(run: Instantiator, loop: For, over: Iter, env: Env) -> For:
    """A loop over all items, with a test; of one loop always the same."""
    if loop not in _LOOPS:
        _LOOPS[loop] = _made(loop)
    made, function, items, gathered = _LOOPS[loop]
    env[function], env[items] = map(run.hold, over.parts)
    env.update({start: run.hold(Seq("list", ())) for start in gathered})
    return made


def _made(loop: For) -> Filtered:
    """What is gathered is carried round as a list that some rounds make longer."""
    item, *params = loop.body.params
    function, items = Var("function"), Var("items")
    gathered = tuple(Var(o.hint) for o in loop.outs[len(loop.inits) :])
    held = tuple(Var(o.hint) for o in gathered)
    carried = (*params, *held)
    asked, test = Var(), Var()
    ask: list[Stmt] = [
        Apply((asked,), sx.CALL, (function, Pack((item,)), Pack(())), loop.at),
        Apply((test,), sx.TRUTH, (asked,), loop.at),
    ]
    stop: tuple[Atom, ...] = (Const(False),) if loop.breaks else ()
    outs = tuple(Var(getattr(a, "hint", "")) for a in (*stop, *carried))
    branch = If(outs, test, _longer(loop, held), Block((), (), (*stop, *carried)), loop.at)
    body = Block((item, *carried), (*ask, branch), outs)
    return (
        For(loop.outs, items, (*loop.inits, *gathered), body, loop.breaks, loop.at),
        function,
        items,
        gathered,
    )


def _longer(loop: For, held: tuple[Var, ...]) -> Block:
    """The body of the loop; what it gathers goes to the ends of the lists."""
    count = len(loop.body.results) - len(held)
    longer = tuple(Var(h.hint) for h in held)
    more = tuple(
        Apply((after,), sx.APPEND, (before, value), loop.at)
        for after, before, value in zip(longer, held, loop.body.results[count:])
    )
    return Block((), (*loop.body.stmts, *more), (*loop.body.results[:count], *longer))
