"""Loops on abstract values: unrolled over what is taken apart while compiling, else run until the
types of what they carry settle.

    before   for (item, *carried) over an iterable
    after    For over a Range (the item read inside), or the body once per item
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from srcdiff.ir.core import Atom, Block, Const, For, Range, Var, While
from srcdiff.ir.types import INT, ListOf, Type, fresh_dim
from srcdiff.transform.iterate import Iteration, forward, iteration
from srcdiff.transform.meet import covers, describe, frame, frame_leaves, is_never, list_type
from srcdiff.transform.values import (
    NOTHING,
    UNDEF,
    Abstract,
    NeedStatic,
    Poison,
    Seq,
    Static,
    Value,
    leaves,
    map_leaves,
)

if TYPE_CHECKING:
    from srcdiff.transform.build import Builder
    from srcdiff.transform.instantiate import Env, Instantiator

UNROLL_LIMIT = 64
ROUNDS = 12


def run_for(run: Instantiator, stmt: For, env: Env) -> None:
    """Run a loop over an iterable."""
    space = iteration(run, run.arg(stmt.over, env))
    if space.items is not None:
        unroll(run, stmt, env, space.items)
        return
    mark = len(run.build.stmts)
    try:
        _looped(run, stmt, env, space)
    except NeedStatic:
        count = space.static_count()
        if count is None or count > UNROLL_LIMIT:
            raise
        del run.build.stmts[mark:]
        unroll(run, stmt, env, [space.item(run, Static(k)) for k in space.range_values()])


def unroll(run: Instantiator, stmt: For, env: Env, items: list[Abstract]) -> None:
    """The body once per item."""
    if len(items) > 4 * UNROLL_LIMIT:
        raise run.refusal(
            "SD304",
            f"a loop over {len(items)} items of different kinds would be written out {len(items)} times",
            "use a list or an array of equal items",
        )
    carried = [run.arg(a, env) for a in stmt.inits]
    stacks: list[list[Abstract]] = [[] for _ in stmt.outs[len(carried) :]]
    results = _unrolled(run, stmt, env, items, tuple(carried), stacks)
    env.update(zip(stmt.outs, results))
    stacked = [Seq("list", tuple(s)) for s in stacks]
    env.update(zip(stmt.outs[len(carried) :], stacked))


def _unrolled(
    run: Instantiator,
    stmt: For,
    env: Env,
    items: list[Abstract],
    carried: tuple[Abstract, ...],
    stacks: list[list[Abstract]],
) -> tuple[Abstract, ...]:
    for k, item in enumerate(items):
        env.update(zip(stmt.body.params, (item, *carried)))
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
        rest = items[k + 1 :]
        done = carried
        return _rest_unless(run, stmt, env, stop, (rest, done, stacks))
    return carried


def _rest_unless(
    run: Instantiator,
    stmt: For,
    env: Env,
    stop: Abstract,
    rest: tuple[list[Abstract], tuple[Abstract, ...], list[list[Abstract]]],
) -> tuple[Abstract, ...]:
    """The items that are left, unless the loop broke off at run time."""
    items, done, stacks = rest
    if stacks:
        raise run.refusal("SD304", "a comprehension written out cannot end early")
    return run.fork(stop, lambda: done, lambda: _unrolled(run, stmt, env, items, done, stacks))


@dataclass
class Round:
    """One attempt at a loop's body under assumed frames of the carried values."""

    frames: tuple[Abstract, ...]
    results: tuple[Abstract, ...]
    stop: Abstract
    stacked: tuple[Abstract, ...]
    build: Builder
    test: Builder | None = None
    going: Abstract = Static(True)
    test_params: tuple[Var, ...] = ()
    ended: bool = False


def settle(
    run: Instantiator, inits: tuple[Abstract, ...], attempt: Callable[[tuple[Abstract, ...]], Round]
) -> Round:
    """Widen the frames of the carried values until the body hands on what it was given."""
    frames = tuple(frame(a, a) if not isinstance(a, Static) else a for a in inits)
    for number in range(ROUNDS):
        round = attempt(frames)
        if round.ended or all(map(covers, frames, round.results)):
            return round
        frames = tuple(
            f if covers(f, r) else _widened(f, r, number) for f, r in zip(frames, round.results)
        )
        frames = tuple(frame(f, f) if not isinstance(f, Static) else f for f in frames)
    raise run.refusal("SD305", "the types of what this loop carries round do not settle")


def _widened(framed: Abstract, result: Abstract, number: int) -> Abstract:
    del number
    return frame(framed, result)


def _note_frames(
    run: Instantiator, frames: tuple[Abstract, ...], inits: tuple[Abstract, ...]
) -> None:
    for f, init in zip(frames, inits):
        for var, atom in zip(frame_leaves(f), run.flat(f, init)):
            run.note_join(var, atom)


def _looped(run: Instantiator, stmt: For, env: Env, space: Iteration) -> None:
    inits = tuple(run.arg(a, env) for a in stmt.inits)
    at = run.build.at
    if stmt.breaks:
        space = forward(run, space)
    index = Var(space.hint or _target_hint(stmt), INT)

    def attempt(frames: tuple[Abstract, ...]) -> Round:
        with run.region() as build:
            _note_frames(run, frames, inits)
            item = space.item(run, Value(index, INT))
            env.update(zip(stmt.body.params, (item, *frames)))
            results = run.block(stmt.body, env)
            return _round(run, stmt, frames, results, build)

    round = settle(run, inits, attempt)
    start, stop, step = (run.atom(a) for a in space.bounds)
    over = Range(start, stop, step, space.backward)
    finish(run, stmt, env, inits, round, over, index, space, at)


def _target_hint(stmt: For) -> str:
    return stmt.body.params[0].hint


def _round(
    run: Instantiator,
    stmt: For | While,
    frames: tuple[Abstract, ...],
    results: tuple[Abstract, ...],
    build: Builder,
) -> Round:
    stop: Abstract = Static(False)
    if stmt.breaks:
        stop, results = results[0], results[1:]
    count = len(frames)
    return Round(frames, results[:count], stop, results[count:], build, ended=run.ended)


def finish(
    run: Instantiator,
    stmt: For | While,
    env: Env,
    inits: tuple[Abstract, ...],
    round: Round,
    over: Range | None,
    index: Var | None,
    space: Iteration | None,
    at: object,
) -> None:
    """Emit the settled loop and bind its outs."""
    frames = round.frames
    atoms_in = [x for f, a in zip(frames, inits) for x in run.flat(f, a)]
    with run.into(round.build):
        atoms_back = [x for f, a in zip(frames, round.results) for x in run.flat(f, a)]
        stacked_values = [_stackable(run, a, round.ended) for a in round.stacked]
        stacked_atoms: list[Atom] = [run.atom(a) for a in stacked_values]
    variables = [v for f in frames for v in frame_leaves(f)]
    outs = tuple(Var(v.hint, v.type) for v in variables)
    for var, out, back in zip(variables, outs, atoms_back):
        run.note_join(out, var, back)
    length = space.length(run) if space is not None and not stmt.breaks else fresh_dim("count")
    stack_outs = tuple(
        Var(o.hint, ListOf(_type(run, a), length))
        for o, a in zip(stmt.outs[len(inits) :], stacked_values)
    )
    stop = _stop_atom(run, stmt, round)
    results = (*stop, *atoms_back, *stacked_atoms)
    params = (*([index] if index is not None else []), *variables)
    body = round.build.block(tuple(params), tuple(results))
    everything = (*outs, *stack_outs)
    adjoint = run.build.adjoint
    if over is not None:
        run.build.add(For(everything, over, tuple(atoms_in), body, bool(stop), at, adjoint))  # type: ignore[arg-type]
    else:
        assert round.test is not None
        going = run.atom(round.going)
        test = Block(round.test_params, tuple(round.test.stmts), (going,))
        run.build.add(While(everything, tuple(atoms_in), test, body, bool(stop), at, adjoint))  # type: ignore[arg-type]
    _bind(env, stmt, frames, variables, outs, stack_outs)


def _type(run: Instantiator, a: Abstract) -> Type:
    type = list_type(a)
    assert type is not None, a
    return type


def _stop_atom(run: Instantiator, stmt: For | While, round: Round) -> tuple[Atom, ...]:
    if not stmt.breaks or (isinstance(round.stop, Static) and round.stop.value is False):
        return ()
    if is_never(round.stop):
        return (Const(True),)
    return (run.atom(round.stop),)


def _stackable(run: Instantiator, a: Abstract, ended: bool) -> Abstract:
    if ended or is_never(a):
        return Static(0.0)
    if list_type(a) is None:
        raise run.refusal("SD306", f"a list built in a loop cannot hold {describe(a)}")
    return a


def _bind(
    env: Env,
    stmt: For | While,
    frames: tuple[Abstract, ...],
    variables: list[Var],
    outs: tuple[Var, ...],
    stacks: tuple[Var, ...],
) -> None:
    after = {v: Value(o, o.type) for v, o in zip(variables, outs)}
    for out, f in zip(stmt.outs, frames):
        env[out] = map_leaves(f, lambda v: after.get(v.atom, v))  # type: ignore[arg-type]
    for out, var in zip(stmt.outs[len(frames) :], stacks):
        env[out] = Value(var, var.type)


def run_while(run: Instantiator, stmt: While, env: Env) -> None:
    """Run a loop with a test; written out only when its counters must be known."""
    mark = len(run.build.stmts)
    try:
        _while_looped(run, stmt, env)
    except NeedStatic:
        del run.build.stmts[mark:]
        _while_unrolled(run, stmt, env)


def _while_looped(run: Instantiator, stmt: While, env: Env) -> None:
    inits = tuple(run.arg(a, env) for a in stmt.inits)
    at = run.build.at
    first = (
        run.block(stmt.test, {**env, **dict(zip(stmt.test.params, inits))})
        if all(isinstance(a, Static) for a in inits)
        else (UNDEF,)
    )
    if isinstance(first[0], Static) and first[0].value is False:
        env.update(zip(stmt.outs, inits))
        return

    def attempt(frames: tuple[Abstract, ...]) -> Round:
        tested = tuple(frame(f, f) if not isinstance(f, (Static, Poison)) else f for f in frames)
        with run.region() as test:
            _note_frames(run, tested, inits)
            env.update(zip(stmt.test.params, tested))
            going = run.block(stmt.test, env)[0]
        with run.region() as build:
            _note_frames(run, frames, inits)
            env.update(zip(stmt.body.params, frames))
            results = run.block(stmt.body, env)
            round = _round(run, stmt, frames, results, build)
        round.test, round.going = test, going
        round.test_params = tuple(v for f in tested for v in frame_leaves(f))
        return round

    round = settle(run, inits, attempt)
    finish(run, stmt, env, inits, round, None, None, None, at)


def _while_unrolled(run: Instantiator, stmt: While, env: Env) -> None:
    carried = tuple(run.arg(a, env) for a in stmt.inits)
    for _ in range(UNROLL_LIMIT):
        env.update(zip(stmt.test.params, carried))
        going = run.static(run.block(stmt.test, env)[0], "the test of this loop")
        if not going:
            break
        env.update(zip(stmt.body.params, carried))
        results = run.block(stmt.body, env)
        if stmt.breaks:
            stop = run.static(results[0], "whether this loop ends")
            results = results[1:]
            if stop:
                carried = results[: len(carried)]
                break
        carried = results[: len(carried)]
    else:
        raise run.refusal("SD304", f"this loop would be written out more than {UNROLL_LIMIT} times")
    env.update(zip(stmt.outs, carried))


def any_values(values: tuple[Abstract, ...]) -> bool:
    """Whether anything in the values exists at run time."""
    return any(True for v in values for _ in leaves(v))
