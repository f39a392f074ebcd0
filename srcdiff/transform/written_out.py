"""Loops written out: the body once for each item, where items differ in kind, or where only that tells
which objects are which.

    before   for w in (w1, w2): y = f(y, w)          after   y = f(y, w1); y = f(y, w2)

A loop that breaks off by a test of run time goes on in one side of an If.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

from srcdiff.errors import Refused
from srcdiff.ir.core import For, While
from srcdiff.transform.iterate import Iteration, changing_list
from srcdiff.transform.values import NOTHING, Abstract, NeedStatic, Seq, Static

if TYPE_CHECKING:
    from srcdiff.transform.instantiate import Env, Instantiator

UNROLL_LIMIT = 64


def may_write_out(run: Instantiator, count: int) -> bool:
    """Whether a loop is short enough to be written out only to know which objects are which."""
    return count <= UNROLL_LIMIT and run.session.times * count <= 4 * UNROLL_LIMIT


@contextmanager
def writing_out(run: Instantiator, count: int) -> Iterator[None]:
    """Count how often what is built is written out."""
    outer = run.session.times
    run.session.times = outer * max(count, 1)
    try:
        yield
    finally:
        run.session.times = outer


def unroll(run: Instantiator, stmt: For, env: Env, space: Iteration) -> None:
    """The body once per item."""
    if space.size > 4 * UNROLL_LIMIT:
        raise _too_many(run, space.size)
    carried = [run.arg(a, env) for a in stmt.inits]
    stacks: list[list[Abstract]] = [[] for _ in stmt.outs[len(carried) :]]
    results = _unrolled(run, stmt, env, (space, 0), tuple(carried), stacks)
    env.update(zip(stmt.outs, results))
    stacked = [run.hold(Seq("list", tuple(s))) for s in stacks]
    env.update(zip(stmt.outs[len(carried) :], stacked))


def _too_many(run: Instantiator, count: int) -> Refused:
    return run.refusal(
        "SD304",
        f"a loop over {count} items of different kinds would be written out {count} times",
        "use a list or an array of equal items",
    )


def _unrolled(
    run: Instantiator,
    stmt: For,
    env: Env,
    left: tuple[Iteration, int],
    carried: tuple[Abstract, ...],
    stacks: list[list[Abstract]],
) -> tuple[Abstract, ...]:
    """The rounds from one on."""
    space, start = left
    rounds = space.rounds
    assert rounds is not None
    for k in count(start):
        item = rounds(run, k)
        if item is None:
            return carried
        if k >= 4 * UNROLL_LIMIT:
            raise changing_list(run)
        env.update(zip(stmt.body.params, (run.hold(item), *carried)))
        results = run.block(stmt.body, env)
        if run.ended:
            return (NOTHING,) * len(carried)
        stop: Abstract = Static(False)
        if stmt.breaks:
            stop, results = results[0], results[1:]
        carried = results[: len(carried)]
        for stack, value in zip(stacks, results[len(carried) :]):
            stack.append(value)
        if isinstance(stop, Static) and not stop.value:
            continue
        if isinstance(stop, Static):
            return carried
        return _rest_unless(run, stmt, env, stop, ((space, k + 1), carried, stacks))
    return carried


def _rest_unless(
    run: Instantiator,
    stmt: For,
    env: Env,
    stop: Abstract,
    rest: tuple[tuple[Iteration, int], tuple[Abstract, ...], list[list[Abstract]]],
) -> tuple[Abstract, ...]:
    """The rounds that are left, unless the loop broke off at run time."""
    left, done, stacks = rest
    if stacks:
        raise run.refusal("SD304", "a comprehension written out cannot end early")
    return run.fork(stop, lambda: done, lambda: _unrolled(run, stmt, env, left, done, stacks))


def try_to_write_out(run: Instantiator, stmt: While, env: Env) -> bool:
    """Write a loop out only to know which objects are which, if it is short and its test is known."""
    mark, memory, ended = len(run.build.stmts), run.memory.copy(), run.ended
    limit = min(UNROLL_LIMIT, 4 * UNROLL_LIMIT // run.session.times)
    try:
        with writing_out(run, 2):
            if unroll_while(run, stmt, env, limit):
                return True
    except NeedStatic:
        pass
    del run.build.stmts[mark:]
    run.memory, run.ended = memory, ended
    return False


def unroll_while(run: Instantiator, stmt: While, env: Env, limit: int) -> bool:
    """The body round by round while the test holds; False if it holds still at the limit."""
    carried = tuple(run.arg(a, env) for a in stmt.inits)
    for _ in range(limit):
        env.update(zip(stmt.test.params, carried))
        going = run.static(run.block(stmt.test, env)[0], "the test of this loop")
        if not going:
            break
        env.update(zip(stmt.body.params, carried))
        results = run.block(stmt.body, env)
        if run.ended:
            carried = (NOTHING,) * len(carried)
            break
        if stmt.breaks:
            stop = run.static(results[0], "whether this loop ends")
            results = results[1:]
            if stop:
                carried = results[: len(carried)]
                break
        carried = results[: len(carried)]
    else:
        return False
    env.update(zip(stmt.outs, carried))
    return True
