"""The last form before text: steps, where data no longer flows by regions but by assignment.

    Step ::= Apply                                  as in the intermediate form
           | Move(targets, sources)                 assignment of all at once
           | Branch(test, then, orelse)
           | Loop(item, over, head, test, body)     for item in over, or: head; while test
           | Break()
           | Return(values)

What a region hands on is a Move at its end; a loop's carried values move in before it, round at the
end of its body, and out after it. Lists that a loop stacks are pushed on as soon as the value is
there. A `break` or `return` that a branch decides about is put into the branch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Union

from srcdiff.errors import NOWHERE, Span
from srcdiff.ir.core import (
    NEVER,
    UNDEFINED,
    Apply,
    Arg,
    Atom,
    Block,
    Const,
    For,
    Function,
    If,
    Op,
    Range,
    Stmt,
    Var,
    While,
)
from srcdiff.ir.walk import carried_params, carried_results, stacked_results, used, variables


@dataclass(frozen=True, eq=False)
class Move:
    """targets = sources, in parallel. `entry`: into a loop; `around`: to its next round."""

    targets: tuple[Var, ...]
    sources: tuple[Atom, ...]
    entry: bool = False
    around: bool = False
    at: Span = NOWHERE
    adjoint: bool = False


@dataclass(frozen=True, eq=False)
class Branch:
    test: Atom
    then: tuple[Step, ...]
    orelse: tuple[Step, ...]
    at: Span = NOWHERE
    adjoint: bool = False


@dataclass(frozen=True, eq=False)
class Loop:
    item: Var | None
    over: Range | None
    head: tuple[Step, ...]
    test: Atom
    body: tuple[Step, ...]
    at: Span = NOWHERE
    adjoint: bool = False


@dataclass(frozen=True, eq=False)
class Break:
    at: Span = NOWHERE
    adjoint: bool = False


@dataclass(frozen=True, eq=False)
class Return:
    values: tuple[Atom, ...]
    at: Span = NOWHERE
    adjoint: bool = False


Step = Union[Apply, Move, Branch, Loop, Break, Return]

EMPTY = Op("empty list")  #                            xs = []
FILLED = Op("filled list")  # over                     xs = [None] * n
PUSH = Op("push")  #          xs, value                xs.append(value)
PUT = Op("put")  #            xs, value, item, over    xs[position of the item] = value


def blocks(step: Step) -> tuple[tuple[Step, ...], ...]:
    """The steps inside a step, in the order they run."""
    if isinstance(step, Branch):
        return (step.then, step.orelse)
    return (step.head, step.body) if isinstance(step, Loop) else ()


def all_steps(steps: Sequence[Step]) -> Iterator[Step]:
    """Every step, those inside others after them."""
    for step in steps:
        yield step
        for inner in blocks(step):
            yield from all_steps(inner)


def arguments(step: Step) -> tuple[Arg, ...]:
    """What the step itself reads."""
    if isinstance(step, Apply):
        return step.args
    if isinstance(step, Move):
        return step.sources
    if isinstance(step, Return):
        return step.values
    if isinstance(step, Branch):
        return (step.test,)
    if isinstance(step, Loop):
        return (step.test,) if step.over is None else (step.over,)
    return ()


def targets(step: Step) -> tuple[Var, ...]:
    """What the step itself assigns."""
    if isinstance(step, Apply):
        return step.outs
    if isinstance(step, Move):
        return step.targets
    return (step.item,) if isinstance(step, Loop) and step.item is not None else ()


def use_counts(steps: Sequence[Step]) -> Counter[Var]:
    """How often each Var is read."""
    return Counter(v for step in all_steps(steps) for v in variables(arguments(step)))


def ends(steps: Sequence[Step]) -> bool:
    """Whether what follows the steps is never reached."""
    last = steps[-1] if steps else None
    if isinstance(last, Branch):
        return ends(last.then) and ends(last.orelse)
    if isinstance(last, Apply):
        return last.op.name == "raise"
    return isinstance(last, (Break, Return))


def is_missing(atom: Atom) -> bool:
    """Whether there is no value: the name is not bound on this path, or the path never arrives."""
    return isinstance(atom, Const) and (atom.value is UNDEFINED or atom.value is NEVER)


def is_unbound(atom: Atom) -> bool:
    """Whether the name is not bound on this path."""
    return isinstance(atom, Const) and atom.value is UNDEFINED


def unfold(function: Function) -> tuple[Step, ...]:
    """The body of a function as steps."""
    uses = Counter(used(function.body))
    steps = _block(function.body, uses)
    if not ends(steps):
        steps = _returning(steps, function.body.results, uses, False)
    return tuple(steps)


Steps = list[Step]


def _block(
    block: Block, uses: Counter[Var], after: Callable[[Stmt], Steps] = lambda _: []
) -> Steps:
    steps: Steps = []
    for stmt in block.stmts:
        steps += _statement(stmt, uses)
        if ends(steps):
            break
        steps += after(stmt)
    return steps


def _statement(stmt: Stmt, uses: Counter[Var]) -> Steps:
    if isinstance(stmt, Apply):
        return _application(stmt)
    if isinstance(stmt, If):
        sides = [_side(stmt, region, uses) for region in (stmt.then, stmt.orelse)]
        return [Branch(stmt.test, tuple(sides[0]), tuple(sides[1]), stmt.at, stmt.adjoint)]
    return _for(stmt, uses) if isinstance(stmt, For) else _while(stmt, uses)


def _application(stmt: Apply) -> Steps:
    """A value under another name is a Move; `require` may hand its value on."""
    if stmt.op.name in ("identity", "stop_gradient", "hooked"):
        return [*_move(stmt.outs, stmt.args[:1], stmt)]  # type: ignore[arg-type]
    if stmt.op.name == "require" and stmt.outs:
        return [replace(stmt, outs=()), *_move(stmt.outs, stmt.args[:1], stmt)]  # type: ignore[arg-type]
    return [stmt]


def _move(targets: Sequence[Var], sources: Sequence[Atom], stmt: Stmt) -> list[Move]:
    pairs = [(t, s) for t, s in zip(targets, sources) if not _never(s) and s is not t]
    if not pairs:
        return []
    to, given = tuple(t for t, _ in pairs), tuple(s for _, s in pairs)
    return [Move(to, given, at=stmt.at, adjoint=stmt.adjoint)]


def _never(atom: Atom) -> bool:
    return isinstance(atom, Const) and atom.value is NEVER


def _side(stmt: If, region: Block, uses: Counter[Var]) -> Steps:
    steps = _block(region, uses)
    return steps if ends(steps) else [*steps, *_move(stmt.outs, region.results, stmt)]


# --- loops ----------------------------------------------------------------------------------------


def _for(stmt: For, uses: Counter[Var]) -> Steps:
    assert isinstance(stmt.over, Range), "a typed loop runs over a range"
    params, count = carried_params(stmt), len(stmt.inits)
    item, over = stmt.body.params[0], stmt.over

    def push(record: Var, value: Atom) -> Apply:
        if over.backward:
            return Apply((record,), PUT, (record, value, item, over), stmt.at, stmt.adjoint)
        return Apply((record,), PUSH, (record, value), stmt.at, stmt.adjoint)

    body = _body(stmt, params, push, uses)
    new, sizes = (FILLED, (over,)) if over.backward else (EMPTY, ())
    before = [Apply((out,), new, sizes, stmt.at, stmt.adjoint) for out in stmt.outs[count:]]
    loop = Loop(item, over, (), Const(True), tuple(body), stmt.at, stmt.adjoint)
    moved_in = [replace(m, entry=True) for m in _move(params, stmt.inits, stmt)]
    return [*moved_in, *before, loop, *_move(stmt.outs[:count], params, stmt)]


def _while(stmt: While, uses: Counter[Var]) -> Steps:
    params, count = stmt.test.params, len(stmt.inits)

    def push(record: Var, value: Atom) -> Apply:
        return Apply((record,), PUSH, (record, value), stmt.at, stmt.adjoint)

    head = _block(stmt.test, uses)
    body = [*_move(stmt.body.params, params, stmt), *_body(stmt, params, push, uses)]
    before = [Apply((out,), EMPTY, (), stmt.at, stmt.adjoint) for out in stmt.outs[count:]]
    loop = Loop(None, None, tuple(head), stmt.test.results[0], tuple(body), stmt.at, stmt.adjoint)
    moved_in = [replace(m, entry=True) for m in _move(params, stmt.inits, stmt)]
    return [*moved_in, *before, loop, *_move(stmt.outs[:count], params, stmt)]


def _body(
    stmt: For | While,
    params: tuple[Var, ...],
    push: Callable[[Var, Atom], Apply],
    uses: Counter[Var],
) -> Steps:
    stacked = list(zip(stmt.outs[len(stmt.inits) :], stacked_results(stmt)))
    made = {out for inner in stmt.body.stmts for out in inner.outs}

    def pushes(inner: Stmt) -> Steps:
        return [push(record, v) for record, v in stacked if v in inner.outs]

    first: Steps = [push(record, v) for record, v in stacked if v not in made]
    steps = [*first, *_block(stmt.body, uses, pushes)]
    if ends(steps):
        return steps
    tail: Steps = [replace(m, around=True) for m in _move(params, carried_results(stmt), stmt)]
    return _stopping(steps, tail, stmt.body.results[0] if stmt.breaks else Const(False), uses)


# --- break and return, where a branch decides about them ------------------------------------------


def _stopping(steps: Steps, tail: Steps, flag: Atom, uses: Counter[Var]) -> Steps:
    """The steps of a body, the values that go round, and `break` if the flag says so."""
    if flag == Const(False):
        return [*steps, *tail]
    if flag == Const(True):
        return [*steps, *tail, Break()]
    assert isinstance(flag, Var)
    leave: Steps = [*tail, Break()]
    last = steps[-1] if steps else None
    if isinstance(last, Branch) and last.test is flag and not ends(last.then):
        return [*steps[:-1], replace(last, then=(*last.then, *_again(leave))), *tail]
    sunk = _sunk(steps, flag, leave, uses)
    if sunk is not None:
        return sunk if ends(sunk) else [*sunk, *tail]
    return [*steps, *tail, Branch(flag, (Break(),), ())]


def _again(steps: Steps) -> Steps:
    return [replace(step) for step in steps]


def _sunk(steps: Steps, flag: Var, leave: Steps, uses: Counter[Var]) -> Steps | None:
    """The steps with `leave` in the branches that set the flag; None if the last is no such."""
    last = steps[-1] if steps else None
    if not isinstance(last, Branch) or uses[flag] != 1:
        return None
    sides = (last.then, last.orelse)
    if not any(isinstance(s[-1], Move) and flag in s[-1].targets for s in sides if s):
        return None
    then, orelse = (tuple(_sunk_side(list(side), flag, leave, uses)) for side in sides)
    return [*steps[:-1], replace(last, then=then, orelse=orelse)]


def _sunk_side(steps: Steps, flag: Var, leave: Steps, uses: Counter[Var]) -> Steps:
    if ends(steps):
        return steps
    source, rest = _without(steps, flag)
    inner = steps[:-1]
    if source == Const(True):
        return [*inner, *rest, *_again(leave)]
    if not isinstance(source, Var):
        return [*inner, *rest]
    deeper = _sunk(inner, source, [*rest, *leave], uses)
    if deeper is not None:
        return deeper if ends(deeper) else [*deeper, *rest]
    return [*inner, *rest, Branch(source, tuple(_again(leave)), ())]


def _without(steps: Steps, target: Var) -> tuple[Atom, Steps]:
    """What the Move at the end gives the target, and the Move without it."""
    move = steps[-1]
    assert isinstance(move, Move) and target in move.targets
    pairs = [(t, s) for t, s in zip(move.targets, move.sources) if t is not target]
    source = move.sources[move.targets.index(target)]
    if not pairs:
        return source, []
    return source, [
        replace(move, targets=tuple(t for t, _ in pairs), sources=tuple(s for _, s in pairs))
    ]


def _returning(steps: Steps, values: tuple[Atom, ...], uses: Counter[Var], always: bool) -> Steps:
    """The steps and `return values`; in each side of a last branch that makes just these values."""
    last = steps[-1] if steps else None
    if not isinstance(last, Branch) or not _makes_only(last, values, uses):
        return [*steps, Return(values)]
    if not always and _is_choice(last):
        return [*steps, Return(values)]
    sides = [_returning_side(list(side), values, uses) for side in (last.then, last.orelse)]
    return [*steps[:-1], replace(last, then=tuple(sides[0]), orelse=tuple(sides[1]))]


def _returning_side(steps: Steps, values: tuple[Atom, ...], uses: Counter[Var]) -> Steps:
    if ends(steps):
        return steps
    move = steps[-1]
    assert isinstance(move, Move)
    given: dict[Atom, Atom] = dict(zip(move.targets, move.sources))
    return _returning(steps[:-1], tuple(given.get(v, v) for v in values), uses, True)


def _makes_only(branch: Branch, values: tuple[Atom, ...], uses: Counter[Var]) -> bool:
    wanted = Counter(v for v in values if isinstance(v, Var))
    made: list[Var] = []
    for side in (branch.then, branch.orelse):
        if ends(side):
            continue
        if not side or not isinstance(side[-1], Move):
            return False
        made += side[-1].targets
    if len(wanted) > 1 and any(v.hint for v in made):
        return False
    return bool(made) and set(wanted) <= set(made) and all(uses[v] == wanted[v] for v in made)


def _is_choice(branch: Branch) -> bool:
    """Whether the branch may turn out to be a conditional expression."""
    for side in (branch.then, branch.orelse):
        *made, move = side or (Break(),)
        if not isinstance(move, Move) or len(move.targets) != 1 or len(made) > 2:
            return False
        if not all(isinstance(s, Apply) and len(s.outs) == 1 and not s.outs[0].hint for s in made):
            return False
    return True


__all__ = [
    "Arg",
    "Step",
    "all_steps",
    "arguments",
    "blocks",
    "ends",
    "targets",
    "unfold",
    "use_counts",
]


# --- what some path leaves unbound --------------------------------------------------------------

Pairs = list[tuple[Var, Atom]]


def moves(steps: Sequence[Step]) -> Pairs:
    """Every target of a Move with what it takes."""
    found = (s for s in all_steps(steps) if isinstance(s, Move))
    return [pair for move in found for pair in zip(move.targets, move.sources)]


def partly_bound(steps: Sequence[Step]) -> set[Var]:
    """Variables that some path leaves unbound, and those that may get their state."""
    pairs = moves(steps)
    return after({t for t, s in pairs if is_unbound(s)}, pairs)


def after(found: set[Var], pairs: Pairs) -> set[Var]:
    """The variables, and those that take their values."""
    grown = found | {t for t, s in pairs if s in found}
    return found if grown == found else after(grown, pairs)
