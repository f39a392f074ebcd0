"""Loops on abstract values: unrolled over what is taken apart while compiling, else run until the
types of what they carry settle.

    before   for (item, *carried) over an iterable
    after    For over a Range (the item read inside), a While over a list that changes (`growing`), or
             the body once per item (`written_out`)
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from srcdiff.ir.core import Atom, Block, Const, For, Range, Var, While
from srcdiff.ir.types import INT, ListOf, Type, fresh_dim, lengths_so_far, loosened
from srcdiff.ir.walk import carried_params
from srcdiff.ops import syntax as sx
from srcdiff.transform.filtered import as_tested
from srcdiff.transform.growing import as_while
from srcdiff.transform.iterate import (
    Iteration,
    ListChanges,
    by_round,
    forward,
    iteration,
)
from srcdiff.transform.iterators import use_up
from srcdiff.transform.meet import covers, describe, frame, frame_leaves, is_never, list_type, loose
from srcdiff.transform.meetings import Side, opened_all
from srcdiff.transform.memory import untagged
from srcdiff.transform.rejoin import Going, Place, Reopen
from srcdiff.transform.values import (
    UNDEF,
    Abstract,
    Iter,
    Key,
    NeedStatic,
    Poison,
    Static,
    Value,
    is_static,
    key_of,
    leaves,
    map_leaves,
    parts,
    with_parts,
)
from srcdiff.transform.written_out import (
    UNROLL_LIMIT,
    may_write_out,
    try_to_write_out,
    unroll,
    unroll_while,
    writing_out,
)

if TYPE_CHECKING:
    from srcdiff.transform.build import Builder
    from srcdiff.transform.instantiate import Env, Instantiator

ROUNDS = 12  # widenings of the types of one loop
TRIES = 100  # of one loop's body


def run_for(run: Instantiator, stmt: For, env: Env) -> None:
    """Run a loop over an iterable."""
    over = run.load(run.arg(stmt.over, env))
    use_up(run, over)
    if isinstance(over, Iter) and over.kind == "filter":
        run_for(run, as_tested(run, stmt, over, env), env)
        return
    mark, memory, ended, at = len(run.build.stmts), run.memory.copy(), run.ended, run.build.at
    try:
        _run_over(run, stmt, env, iteration(run, over))
    except ListChanges:
        if len(stmt.outs) != len(stmt.inits):
            raise
        del run.build.stmts[mark:]
        run.memory, run.ended, run.build.at = memory, ended, at
        run_while(run, as_while(stmt), env)


def _run_over(run: Instantiator, stmt: For, env: Env, space: Iteration) -> None:
    if space.rounds is not None:
        unroll(run, stmt, env, space)
        return
    count = space.static_count()
    if stmt in run.session.written_out and count is not None and may_write_out(run, count):
        with writing_out(run, count):
            unroll(run, stmt, env, space.round_by_round())
        return
    mark, memory = len(run.build.stmts), run.memory
    try:
        _looped(run, stmt, env, space)
    except NeedStatic as need:
        count = space.static_count()
        if count is None and not need.origins:
            raise need.of(_origins(run, space)) from None
        if count is None or count > UNROLL_LIMIT:
            raise
        del run.build.stmts[mark:]
        run.memory = memory
        unroll(run, stmt, env, space.round_by_round())


def _origins(run: Instantiator, space: Iteration) -> frozenset[Hashable]:
    """The arguments that say how often a loop goes round."""
    atoms = (a.atom for a in space.bounds if isinstance(a, Value))
    found = (run.session.origins.get(a, frozenset()) for a in atoms if isinstance(a, Var))
    return frozenset[Hashable]().union(*found)


@dataclass
class Round:
    """One attempt at a loop's body under assumed frames of what goes round.

    frames, inits, results: of the variables, then of the objects that the body changes
    """

    results: tuple[Abstract, ...]
    stop: Abstract
    stacked: tuple[Abstract, ...]
    build: Builder
    test: Builder | None = None
    going: Abstract = Static(True)
    test_params: tuple[Var, ...] = ()
    ended: bool = False
    frames: tuple[Abstract, ...] = ()
    inits: tuple[Abstract, ...] = ()
    mark: int = 0  # lengths made up later are those of a round


Begin = Callable[[tuple[Abstract, ...]], tuple[Abstract, ...]]


def settle(
    run: Instantiator,
    stmt: For | While,
    inits: tuple[Abstract, ...],
    attempt: Callable[[tuple[Abstract, ...], tuple[Abstract, ...], Begin], Round],
) -> tuple[Round, Going]:
    """Run the body until it hands on what it was given: the same objects, and the same types."""
    mark = lengths_so_far()
    outside = Side(run.memory, run.build, False)
    going = Going(run, stmt, run.memory, run.session.opened.setdefault(stmt, set()))
    frames: tuple[Abstract, ...] | None = None
    widenings = 0
    for _ in range(TRIES):
        run.memory = going.before
        places = going.places(inits)
        if frames is None:
            prepared = (going.prepared(a, place, outside) for place, a in places)
            frames = tuple(map(_framed, prepared))
            frames = tuple(map(_spelled, frames, _spellings(stmt, going)))
        given = tuple(going.fitted(a, f, place, outside) for (place, a), f in zip(places, frames))
        begin = partial(going.begin, slots=len(inits))
        begin(frames)
        note_all(going, places, frames, given, given)
        going.settled()
        relations = going.relations()
        run.session.identities.around.append((stmt, going.before))
        try:
            round = attempt(frames, given, begin)
        finally:
            run.session.identities.around.pop()
        inside = Side(run.memory, round.build, round.ended)
        run.memory = going.before
        new = [] if round.ended else going.written(inside.memory)
        if new:
            going.keys += new
            frames = None
            continue
        handed = (*round.results, *going.contents(inside))
        try:
            results = tuple(
                going.fitted(a, f, place, inside)
                for a, f, (place, _) in zip(handed, frames, places)
            )
        except Reopen as found:
            going.opened.add(found.place)
            frames = None
            continue
        note_all(going, places, frames, given, results)
        for a in (*given, *results):
            run.memory.known.let_go(a)
        if not all(map(going.keeps_separate, frames, results)):
            continue
        if not going.settled() or going.relations() != relations:
            continue
        round.frames, round.inits, round.results, round.mark = frames, given, results, mark
        round.stacked = tuple(opened_all(run, a, inside) for a in round.stacked)
        if round.ended or all(covers(f, r, mark) for f, r in zip(frames, results)):
            going.leave_numbers()
            return round, going
        widenings += 1
        if widenings > ROUNDS:
            break
        frames = tuple(
            f if covers(f, r, mark) else loose(_blamed(frame(f, r), stmt), mark)
            for f, r in zip(frames, results)
        )
        frames = tuple(map(_framed, frames))
        frames = tuple(map(_spelled, frames, _spellings(stmt, going)))
    run.need_rounds(frozenset((stmt,)))
    raise run.refusal("SD305", "the types of what this loop carries round do not settle")


def _blamed(a: Abstract, stmt: For | While) -> Abstract:
    """What has no form for all rounds of a loop has one in each, if the loop is written out."""
    if isinstance(a, Poison):
        return replace(a, loops=a.loops | {stmt})
    inner = parts(a)
    return with_parts(a, tuple(_blamed(p, stmt) for p in inner)) if inner else a


def _framed(a: Abstract) -> Abstract:
    return a if isinstance(a, Static) else frame(a, a)


def _spellings(stmt: For | While, going: Going) -> list[str]:
    """What the user calls that which goes round; objects come after the variables."""
    return [p.hint for p in carried_params(stmt)] + [key.hint for key in going.keys]


def _spelled(frame: Abstract, hint: str) -> Abstract:
    """A number that goes round, with the name that it has in the loop: x = a; x = f(x)."""
    if not hint or not isinstance(frame, Value) or not isinstance(frame.atom, Var):
        return frame
    return replace(frame, atom=Var(hint, frame.atom.type))


def note_all(
    going: Going,
    places: list[tuple[Place, Abstract]],
    frames: tuple[Abstract, ...],
    inits: tuple[Abstract, ...],
    results: tuple[Abstract, ...],
) -> None:
    for (place, _), f, i, r in zip(places, frames, inits, results):
        going.note(place, f, i, r)


def _note_frames(
    run: Instantiator, frames: tuple[Abstract, ...], inits: tuple[Abstract, ...]
) -> None:
    for f, init in zip(frames, inits):
        for var, atom in zip(frame_leaves(f), run.flat(f, init)):
            run.note_join(var, atom)


def _looped(run: Instantiator, stmt: For, env: Env, space: Iteration) -> None:
    inits = tuple(run.arg(a, env) for a in stmt.inits)
    at = run.build.at
    space = _onward(run, stmt, space)
    index = Var(space.hint or _target_hint(stmt), INT)

    def attempt(frames: tuple[Abstract, ...], given: tuple[Abstract, ...], begin: Begin) -> Round:
        with run.region() as build:
            _note_frames(run, frames, given)
            slots = begin(frames)
            item = run.hold(space.item(run, Value(index, INT)))
            env.update(zip(stmt.body.params, (item, *slots)))
            results = run.block(stmt.body, env)
            return _round(run, stmt, results, build)

    round, going = settle(run, stmt, inits, attempt)
    start, stop, step = (run.atom(a) for a in space.bounds)
    over = Range(start, stop, step, space.backward, run.atom(space.snapshots))
    finish(run, stmt, env, (round, going), over, index, space, at)


def _onward(run: Instantiator, stmt: For, space: Iteration) -> Iteration:
    """The iteration of a loop: one that runs forward where the number of the round matters.

    A loop that may end early cannot run backward, one that is checkpointed has a schedule of rounds, and
    what one gathers (a comprehension) lies in the order of the rounds.
    """
    plain = is_static(space.snapshots, type(None))
    if stmt.breaks and not plain:
        raise run.refusal(
            "SD342",
            "a checkpointed loop ends early (break, return): its schedule needs the number of steps",
            "leave checkpointed() out, or loop over the steps that are made",
        )
    if stmt.breaks or not plain:
        return forward(run, space)
    gathers = len(stmt.outs) > len(stmt.inits)
    return by_round(run, space) if gathers else space


def _target_hint(stmt: For) -> str:
    return stmt.body.params[0].hint


def _round(
    run: Instantiator, stmt: For | While, results: tuple[Abstract, ...], build: Builder
) -> Round:
    stop: Abstract = Static(False)
    if stmt.breaks:
        stop, results = results[0], results[1:]
    count = len(stmt.inits)
    return Round(results[:count], stop, results[count:], build, ended=run.ended)


def finish(
    run: Instantiator,
    stmt: For | While,
    env: Env,
    settled: tuple[Round, Going],
    over: Range | None,
    index: Var | None,
    space: Iteration | None,
    at: object,
) -> None:
    """Emit the settled loop and bind its outs."""
    round, going = settled
    labels = turns(round, going)
    frames = round.frames
    atoms_in = [x for f, a in zip(frames, round.inits) for x in run.flat(f, a)]
    with run.into(round.build):
        atoms_back = [x for f, a in zip(frames, round.results) for x in run.flat(f, a)]
        stacked_values = [_stackable(run, stmt, a, round.ended) for a in round.stacked]
        stacked_atoms: list[Atom] = [run.atom(a) for a in stacked_values]
    variables = [v for f in frames for v in frame_leaves(f)]
    outs = tuple(Var(v.hint, loosened(v.type, round.mark)) for v in variables)
    for var, out, back in zip(variables, outs, atoms_back):
        run.note_join(out, var, back)
    length = space.length(run) if space is not None and not stmt.breaks else fresh_dim("count")
    stack_outs = tuple(
        Var(o.hint, ListOf(loosened(_type(run, a), round.mark), length))
        for o, a in zip(stmt.outs[len(stmt.inits) :], stacked_values)
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
        goes_on = run.atom(round.going)
        test = Block(round.test_params, tuple(round.test.stmts), (goes_on,))
        run.build.add(While(everything, tuple(atoms_in), test, body, bool(stop), at, adjoint))  # type: ignore[arg-type]
    after = dict(zip(variables, outs))
    _bind(run, env, stmt, settled, after)
    give_back(run, going, [Value(after[v], INT) for v in labels])
    for out, var, a in zip(stmt.outs[len(stmt.inits) :], stack_outs, stacked_values):
        if going.makes(a):
            run.session.identities.separate.add(var)
        env[out] = run.hold(Value(var, var.type))
        run.memory.enter(key_of(env[out]), a, (stmt,))  # type: ignore[arg-type]


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


def _stackable(run: Instantiator, stmt: For | While, a: Abstract, ended: bool) -> Abstract:
    if ended or is_never(a):
        return Static(0.0)
    if list_type(a) is None:
        run.need_rounds(frozenset((stmt,)))
        raise run.refusal("SD306", f"a list built in a loop cannot hold {describe(a)}")
    return a


def _bind(
    run: Instantiator,
    env: Env,
    stmt: For | While,
    settled: tuple[Round, Going],
    after: dict[Var, Var],
) -> None:
    """What variables and objects hold behind the loop."""
    round, going = settled

    def out(v: Value) -> Value:
        var = after.get(v.atom)  # type: ignore[arg-type]
        return v if var is None else Value(var, var.type)

    behind = [map_leaves(f, out) for f in round.frames]
    count = len(stmt.inits)
    run.memory = going.before.copy()
    for k, (o, f, a) in enumerate(zip(stmt.outs, round.frames[:count], behind)):
        env[o] = going.after(f, a, (k,))
    for key, f, a in zip(going.keys, round.frames[count:], behind[count:]):
        run.memory.set(key, going.after_inside(f, a, (key,)))
    going.leave()


def turns(round: Round, going: Going) -> list[Var]:
    """Numbers that go round with arrays that change places: which array each variable holds."""
    places = going.turning()
    if not places or round.ended:
        return []
    labels = [Var("", INT) for _ in places]
    held = {going.heads[place].key: Value(v, INT) for place, v in zip(places, labels)}
    round.frames += tuple(Value(v, INT) for v in labels)
    round.inits += tuple(Static(k) for k in range(len(places)))
    round.results += tuple(held[going.heads[place].after] for place in places)  # type: ignore[index]
    if round.test is not None:
        round.test_params += tuple(Var("", INT) for _ in places)
    return labels


def give_back(run: Instantiator, going: Going, labels: list[Value]) -> None:
    """After `u, v = v, u` round by round: what the array that was u holds now."""
    places = going.turning() if labels else []
    held = [(label, going.outs[place]) for label, place in zip(labels, places)]
    if any(not isinstance(run.memory.get(key), Value) for _, key in held):
        return
    for number, place in enumerate(places):
        first = going.heads[place].first
        known = run.memory.known
        if first is None or not known.holds(first) or first not in going.before:
            continue
        if isinstance(run.memory.get(first), Poison):
            content = _held_by(run, number, held)  # which makes another memory
            run.memory.set(first, content)


def _held_by(run: Instantiator, number: int, held: list[tuple[Value, Key]]) -> Abstract:
    """The content of the place that holds the array of a number."""
    (label, key), *rest = held
    content = untagged(run.memory.get(key))
    if not rest:
        return content
    test = run.do(sx.COMPARE, Static("=="), label, Static(number))
    outs = run.fork(test, lambda: (content,), lambda: (_held_by(run, number, rest),))
    return untagged(run.load(outs[0]))


def run_while(run: Instantiator, stmt: While, env: Env) -> None:
    """Run a loop with a test; written out only when its counters must be known."""
    if stmt in run.session.written_out and try_to_write_out(run, stmt, env):
        return
    mark, memory = len(run.build.stmts), run.memory
    try:
        _while_looped(run, stmt, env)
    except NeedStatic as need:
        del run.build.stmts[mark:]
        run.memory = memory
        try:
            done = unroll_while(run, stmt, env, UNROLL_LIMIT)
        except NeedStatic:
            if need.maker is None:
                raise
            raise need from None
        if not done and need.maker is not None:
            raise
        if not done:
            raise run.refusal(
                "SD304", f"this loop would be written out more than {UNROLL_LIMIT} times"
            ) from None


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

    def attempt(frames: tuple[Abstract, ...], given: tuple[Abstract, ...], begin: Begin) -> Round:
        tested = tuple(frame(f, f) if not isinstance(f, (Static, Poison)) else f for f in frames)
        with run.region() as test:
            _note_frames(run, tested, given)
            env.update(zip(stmt.test.params, begin(tested)))
            before = run.memory.copy()
            going = run.load(run.block(stmt.test, env)[0])
            if run.memory.differs(before):
                raise run.refusal("SD363", "the test of this loop changes an object in place")
        with run.region() as build:
            _note_frames(run, frames, given)
            env.update(zip(stmt.body.params, begin(frames)))
            results = run.block(stmt.body, env)
            round = _round(run, stmt, results, build)
        round.test, round.going = test, going
        round.test_params = tuple(v for f in tested for v in frame_leaves(f))
        return round

    settled = settle(run, stmt, inits, attempt)
    finish(run, stmt, env, settled, None, None, None, at)


def any_values(values: tuple[Abstract, ...]) -> bool:
    """Whether anything in the values exists at run time."""
    return any(True for v in values for _ in leaves(v))
