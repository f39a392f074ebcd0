"""Checkpointed loops: the reverse keeps some states of the loop and computes the others again.

    before   for t in range(n):                     # of which snapshots=k may be kept
                 u = step(u, t)
    after    keep = checkpoints(n, k)               # the states to keep on the way to each step
             for t in range(n):                     # the forward sweep
                 if t in keep[-1]:
                     kept.append(t); u_kept.append(u)
                 u = step(u, t)
             for t in reversed(range(n)):           # the reverse sweep
                 start = kept[-1]; u = u_kept[-1]   # the last state kept,
                 if start == t:                     # given up when its own step is reached,
                     kept.pop(); u_kept.pop()
                 for s in range(start, t):          # brought to step t, others kept on the way
                     if s in keep[t]:
                         kept.append(s); u_kept.append(u)
                     u = step(u, s)
                 u1 = step(u, t)                    # forward once more, and backward
                 b_u = ...

The schedule is a list made at run time (`runtime.checkpoints`); all else is ordinary statements, so
that whatever can be done to a program can be done to this one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from srcdiff.ir.core import Apply, Atom, Block, Const, For, If, Pack, Range, Stmt, Var
from srcdiff.ir.types import ANY, BOOL, INT, Dim, ListOf, Type, each_apart, fresh_dim
from srcdiff.ir.walk import (
    carried_params,
    carried_results,
    copy_block,
    defined,
    flows,
    regions,
    stacked_results,
    statements,
    substitute,
    used,
    with_regions,
)
from srcdiff.ops import python as py
from srcdiff.ops.table import BY_NAME
from srcdiff.transform import record
from srcdiff.transform.build import Builder
from srcdiff.transform.dead import prune
from srcdiff.transform.decisions import Decisions
from srcdiff.transform.likeness import Lengths


def is_checkpointed(stmt: Stmt) -> bool:
    """Whether the reverse of a statement keeps some states only."""
    return (
        isinstance(stmt, For)
        and isinstance(stmt.over, Range)
        and stmt.over.snapshots not in (Const(None), SPARING)
    )


SPARING = Const(0)


def is_sparing(stmt: For) -> bool:
    """Whether a loop is the reverse of a checkpointed one: it must not keep anything of each round."""
    return isinstance(stmt.over, Range) and stmt.over.snapshots == SPARING


@dataclass(frozen=True)
class Kept:
    """The states kept so far: the steps they belong to, and a list for each value of a state."""

    steps: Atom
    values: tuple[Atom, ...]

    def all(self) -> tuple[Atom, ...]:
        return self.steps, *self.values


@dataclass(frozen=True)
class Schedule:
    """An entry of the schedule, whose numbers are positions in the range of the loop.

    stored: the values of a state that the loop writes in place, so that a copy of them is kept.
    """

    keep: Atom
    entry: Atom
    over: Range
    stored: frozenset[int]


@dataclass(frozen=True)
class Backward:
    """The adjoint of one iteration, and what goes round with it."""

    body: Block
    index: Var
    heads: tuple[Var, ...]
    inits: tuple[Atom, ...]
    outs: tuple[Var, ...]  # what it leaves behind the loop


def reverse(
    stmt: For, swept: For, backward: Backward, out: Builder, decisions: Decisions
) -> tuple[list[Stmt], tuple[Var, ...]]:
    """The forward statements of a checkpointed loop; the reverse loop goes to `out`, its outs back.

    stmt: the loop as it was; swept: the loop whose body has what the adjoint body reads.
    """
    assert isinstance(stmt.over, Range)
    over = replace(stmt.over, snapshots=Const(None))
    state = _state(stmt, swept, backward.body)
    decisions.checkpointed(stmt, _at(stmt, state))
    before = Builder(stmt.at, False, out.lengths)
    keep = before.value(
        BY_NAME["checkpoints"],
        (_count(before, over), stmt.over.snapshots),
        ListOf(ListOf(INT, fresh_dim(ANY)), fresh_dim("count")),
        "keep",
    )
    empty = Kept(_empty(before, INT), tuple(_empty(before, p.type) for p in _at(stmt, state)))
    plain = replace(stmt, over=over)
    stored = frozenset(n for n, k in enumerate(state) if _stored(stmt, k))
    schedule = Schedule(keep, Const(-1), over, stored)
    forward, kept = _keeping(plain, state, schedule, empty, before)
    outs = _reverse_loop(plain, swept, backward, (state, schedule, kept), out)
    return [*before.stmts, forward], outs


def _at(stmt: For, state: list[int]) -> list[Var]:
    return [carried_params(stmt)[k] for k in state]


def _state(stmt: For, swept: For, adjoint: Block) -> list[int]:
    """The places of the carried values that a step, forward and backward, begins with."""
    params = carried_params(stmt)
    wanted = set(used(prune(Block((), (*swept.body.stmts, *adjoint.stmts), adjoint.results))))
    places: list[int] = []
    while True:
        found = [k for k, p in enumerate(params) if p in wanted]
        if found == places:
            return places
        places = found
        results = tuple(carried_results(stmt)[k] for k in places)
        wanted |= set(used(prune(Block((), stmt.body.stmts, results))))


def _count(build: Builder, over: Range) -> Atom:
    """The number of iterations, or less than 0."""
    if over.start == Const(0) and over.step == Const(1):
        assert isinstance(over.stop, (Var, Const))
        return over.stop
    span = build.row("subtract", over.start, over.stop, function=_subtract)
    return build.row(
        "negative",
        build.row("floor_divide", span, over.step, function=_floordiv),
        function=_negative,
    )


def _subtract(a: int, b: int) -> int:
    return a - b


def _floordiv(a: int, b: int) -> int:
    return a // b


def _negative(a: int) -> int:
    return -a


def _entry(build: Builder, lists: Atom, at: Atom, hint: str = "") -> Atom:
    assert isinstance(lists, Var) and isinstance(lists.type, ListOf)
    return build.value(BY_NAME["getitem"], (lists, at), each_apart(lists.type.element), hint)


def _empty(build: Builder, element: Type) -> Atom:
    return build.value(BY_NAME["list"], (Pack(()),), ListOf(element, 0))


def _last(build: Builder, kept: Var, hint: str, stored: bool) -> Atom:
    """The last entry of a list of values, to go on with."""
    value = _entry(build, kept, Const(-1), "" if stored else hint)
    return _own(build, value, hint, stored)


def _own(build: Builder, value: Atom, hint: str, stored: bool) -> Atom:
    """A value that no later write changes."""
    if not stored or not isinstance(value, Var):
        return value
    return build.apply(py.copy, (value,), (value.type,), hint)[0]


WRITES = ("set_at", "set_last", "add_at")


def _stored(stmt: For, k: int) -> bool:
    """Whether an iteration hands on a carried array with something written into it."""
    sources: dict[Atom, list[tuple[Atom, bool]]] = {}
    for inner in statements(stmt.body):
        if not isinstance(inner, Apply):
            for a, out in flows(inner):
                sources.setdefault(out, []).append((a, False))
        elif inner.op.name in WRITES and isinstance(inner.args[0], Var):
            sources[inner.outs[0]] = [(inner.args[0], True)]
    seen = {(carried_results(stmt)[k], False)}
    left = list(seen)
    while left:
        value, written = left.pop()
        found = {(a, written or w) for a, w in sources.get(value, ())} - seen
        seen |= found
        left += found
    return (carried_params(stmt)[k], True) in seen


# --- going forward ------------------------------------------------------------------------------


def _keeping(
    stmt: For, state: list[int], schedule: Schedule, begun: Kept, build: Builder
) -> tuple[For, Kept]:
    """A loop that keeps the state of some steps as well: those of an entry of the schedule."""
    params = _at(stmt, state)
    index = Var(record.counter_hint(stmt), INT)
    inner = substitute(stmt.body, {stmt.body.params[0]: index})
    inside = replace(stmt, body=inner)
    heads = _lists(params)
    head = build.inner()
    place = record.position(head, index, schedule.over)
    now = head.value(py.contains, (place, _entry(head, schedule.keep, schedule.entry)), BOOL)
    longer = head.inner()
    more: list[Atom] = [index]
    more += [_own(longer, p, "", k in schedule.stored) for k, p in enumerate(params)]
    grown = [
        longer.value(BY_NAME["append"], (h, value), v.type, h.hint)
        for h, value, v in zip(heads, more, _lists(params))
    ]
    after = _lists(params)
    then = longer.block((), tuple(grown))
    head.add(If(tuple(after), now, then, Block((), (), tuple(heads)), stmt.at, stmt.adjoint))
    body = Block(
        (index, *inner.params[1:], *heads),
        (*head.stmts, *inner.stmts),
        (*carried_results(inside), *after, *stacked_results(inside)),
    )
    outs = _lists(params)
    count = len(stmt.inits)
    new = replace(
        stmt,
        outs=(*stmt.outs[:count], *outs, *stmt.outs[count:]),
        inits=(*stmt.inits, *begun.all()),
        body=body,
    )
    return new, Kept(outs[0], tuple(outs[1:]))


def _lists(params: list[Var]) -> list[Var]:
    """Variables for the steps kept and for each value of their states."""
    length = fresh_dim("kept")
    values = [Var(f"{p.hint}_kept" if p.hint else "", ListOf(p.type, length)) for p in params]
    return [Var("kept", ListOf(INT, length)), *values]


# --- going back ---------------------------------------------------------------------------------


def _reverse_loop(
    stmt: For,
    swept: For,
    backward: Backward,
    plan: tuple[list[int], Schedule, Kept],
    out: Builder,
) -> tuple[Var, ...]:
    state, schedule, kept = plan
    over = schedule.over
    params = _at(stmt, state)
    heads = _lists(params)
    build = out.inner()
    build.at = stmt.at
    start = _entry(build, heads[0], Const(-1), "start")
    values = [
        _last(build, h, p.hint, k in schedule.stored)
        for k, (h, p) in enumerate(zip(heads[1:], params))
    ]
    left = _given_up(build, heads, start, backward.index, stmt)
    place = record.position(build, backward.index, over)
    between = replace(over, start=start, stop=backward.index)
    steps = _steps(stmt, state, between, values)
    steps, left = _keeping(steps, _whole(steps), replace(schedule, entry=place), left, build)
    build.add(steps)
    now: dict[Var, Atom] = dict(zip(params, steps.outs))
    now[swept.body.params[0]] = backward.index
    both = (*_without_effects(swept.body.stmts), *backward.body.stmts)
    whole = prune(Block((), both, backward.body.results))
    own = copy_block(whole, dict(now))
    build.stmts += own.stmts
    left_over = fresh_dim("kept")
    outs = (*backward.outs, *(Var(h.hint, _as_long(h.type, left_over)) for h in heads))
    body = build.block((backward.index, *backward.heads, *heads), (*own.results, *left.all()))
    inits = (*backward.inits, *kept.all())
    back = replace(over, backward=True, snapshots=SPARING)
    out.add(For(outs, back, inits, body, False, stmt.at, True))
    return outs


def _as_long(type: Type, length: Dim) -> Type:
    assert isinstance(type, ListOf)
    return replace(type, length=length)


def _whole(steps: For) -> list[int]:
    """All the carried values of a loop that carries the state alone."""
    return list(range(len(steps.inits)))


def _given_up(build: Builder, heads: list[Var], start: Atom, index: Var, stmt: For) -> Kept:
    """The states kept, without the last one if it is that of the step at hand."""
    reached = build.value(BY_NAME["equal"], (start, index), BOOL)
    shorter = build.inner()
    less, left = fresh_dim("kept"), fresh_dim("kept")
    rest = [
        shorter.value(BY_NAME["drop_last"], (h,), _as_long(h.type, less), h.hint) for h in heads
    ]
    after = tuple(Var(h.hint, _as_long(h.type, left)) for h in heads)
    then = shorter.block((), tuple(rest))
    build.add(If(after, reached, then, Block((), (), tuple(heads)), stmt.at, True))
    return Kept(after[0], after[1:])


def _steps(stmt: For, state: list[int], over: Range, values: list[Atom]) -> For:
    """The loop over some steps, for the state alone."""
    results = tuple(carried_results(stmt)[k] for k in state)
    params = (stmt.body.params[0], *_at(stmt, state))
    body = prune(Block(params, _without_effects(stmt.body.stmts), results))
    outs = tuple(Var(p.hint, each_apart(p.type)) for p in params[1:])
    again = Lengths().block(body)  # of other rounds than the one at hand
    return For(outs, over, tuple(values), again, False, stmt.at, True)


def _without_effects(stmts: Iterable[Stmt]) -> tuple[Stmt, ...]:
    """Statements that are run again: what was printed is not printed twice."""
    return tuple(
        with_regions(s, tuple(_quiet(r) for r in regions(s)))
        for s in stmts
        if not (isinstance(s, Apply) and s.op is py.effect)
    )


def _quiet(block: Block) -> Block:
    return Block(block.params, _without_effects(block.stmts), block.results)


def needs_state(swept: For, adjoint: Block) -> bool:
    """Whether the adjoint of an iteration reads anything that the loop carries or computes."""
    own = set(defined(swept.body)) - {swept.body.params[0]}
    return any(v in own for v in used(adjoint))
