"""Writes of a loop, undone in its reverse: what was overwritten is put back.

    before   for i in range(n):  t = x[:i]; x[i] = f(t)         the adjoint of f reads t
    after    for i in range(n):  t = x[:i]; old_rec.append(x[i]); x[i] = f(t)
             for i in reversed(range(n)):
                 x[i] = old_rec[i]                              x is again what t was read from
                 t = x[:i]; adjoint of f at t

An array goes through versions in an iteration: what a store leaves is the next one. The reverse
begins with the last and goes back from one to the one before, by a store of what was overwritten, or by
the reverse of an inner loop that does so itself. What the adjoint reads of a version is computed while
that version is current. All of it are values, so an order that is not the best costs a copy and no more.

It is done where it pays: where otherwise a whole version would be recorded in every iteration, or a part
of it of more axes than what the stores write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from srcdiff.analysis.types import arg_type
from srcdiff.errors import NOWHERE
from srcdiff.ir.core import (
    Apply,
    Arg,
    Atom,
    Block,
    Const,
    Cut,
    For,
    If,
    Pack,
    Stmt,
    Var,
    While,
)
from srcdiff.ir.types import Array, Dim, Scalar, Type, dtype_of, fresh_dim
from srcdiff.ir.walk import (
    carried_params,
    carried_results,
    copy_block,
    defined,
    free,
    operands,
    regions,
    substitute,
    variables,
)
from srcdiff.ops.table import BY_NAME
from srcdiff.transform.record import cheap

STORES = ("set_at", "set_last", "add_at")
Loop = For | While


@dataclass(frozen=True)
class Link:
    """What makes the next version of an array: a store, or the place of an inner loop's carried value."""

    before: Var
    after: Var
    stmt: Stmt
    place: int = -1


def links(stmt: Loop, place: int) -> tuple[Link, ...] | None:
    """How an iteration makes a carried array of what it was, in order; None if not by stores alone."""
    goal, value = carried_params(stmt)[place], carried_results(stmt)[place]
    if not isinstance(goal.type, Array):
        return None
    makers = _makers(stmt.body)
    found: list[Link] = []
    while value is not goal:
        link = _link(makers, value)
        if link is None:
            return None
        found.append(link)
        value = link.before
    return tuple(reversed(found)) or None


def _makers(block: Block) -> dict[Atom, Stmt]:
    return {out: s for s in block.stmts for out in s.outs}


def _link(makers: dict[Atom, Stmt], value: Atom) -> Link | None:
    made = makers.get(value)
    if not isinstance(value, Var) or made is None or isinstance(made, If):
        return None
    if isinstance(made, Apply):
        before = made.args[0] if made.op.name in STORES else None
        return Link(before, value, made) if isinstance(before, Var) else None
    place = made.outs.index(value)
    if place >= len(made.inits) or links(made, place) is None:
        return None
    before = made.inits[place]
    return Link(before, value, made, place) if isinstance(before, Var) else None


# --- which arrays may be restored -----------------------------------------------------------------

Allowed = dict[Stmt, frozenset[int]]


def allowed(block: Block) -> Allowed:
    """For each loop, the carried arrays that its reverse may restore.

    The reverse of a loop begins with the array's last version. One of a loop in a loop is either handed
    on and restored by the outer loop too, or made anew in each iteration.
    """
    found: Allowed = {}
    _visit(block.stmts, lambda loop, place: True, found)
    return found


def _visit(stmts: Iterable[Stmt], ok: Callable[[Loop, int], bool], found: Allowed) -> None:
    for stmt in stmts:
        if isinstance(stmt, If):
            for region in regions(stmt):
                _visit(region.stmts, lambda loop, place: False, found)
        elif isinstance(stmt, Loop):
            places = range(len(stmt.inits))
            mine = frozenset(k for k in places if links(stmt, k) is not None and ok(stmt, k))
            found[stmt] = mine
            _visit(stmt.body.stmts, _inside(stmt, mine), found)


def _inside(outer: Loop, mine: frozenset[int]) -> Callable[[Loop, int], bool]:
    makers = _makers(outer.body)
    handed_on = {(n.stmt, n.place) for k in mine for n in links(outer, k) or ()}

    def ok(loop: Loop, place: int) -> bool:
        if (loop, place) in handed_on:
            return True
        root: Atom = loop.inits[place]
        while (link := _link(makers, root)) is not None:
            root = link.before
        return isinstance(makers.get(root), Apply)

    return ok


# --- the reverse of one loop ------------------------------------------------------------------------


@dataclass
class Undone:
    """A loop that keeps what its stores overwrite, and an adjoint body that puts it back.

    places: of the carried arrays that are restored; the last results of the adjoint are what they
    were before the iteration. heads: what they are after it.
    """

    stmt: Loop
    adjoint: Block
    places: list[int] = field(default_factory=list)

    @property
    def heads(self) -> list[Var]:
        handed_on = (carried_results(self.stmt)[k] for k in self.places)
        return [v for v in handed_on if isinstance(v, Var)]


def undone(stmt: Loop, adjoint: Block, places: Iterable[int], inner: dict[Var, Var]) -> Undone:
    """Let the reverse of a loop restore the arrays for which that pays.

    inner: for the array that an inner loop began with, the variable that its reverse leaves it in.
    """
    state = Undone(stmt, adjoint)
    for place in sorted(places):
        chain = links(state.stmt, place)
        if chain is not None:
            state = _undone(state, place, chain, inner) or state
    return state


def _undone(
    state: Undone, place: int, chain: tuple[Link, ...], inner: dict[Var, Var]
) -> Undone | None:
    wanted = Wanted(state.stmt, chain, state.adjoint)
    if not wanted.pays():
        return None
    kept = {n.after: _overwritten(n) for n in chain if n.place < 0}
    while True:
        back = Back(chain, wanted, {v: s.outs[0] for v, s in kept.items()}, inner)
        try:
            adjoint = back.rewritten(state.adjoint)
            break
        except TooEarly as early:
            wanted.give_up(early.var)
        except NotRestored:
            return None
    if not wanted.pays():
        return None
    stmts: list[Stmt] = []
    for stmt in state.stmt.body.stmts:
        stmts += [kept[out] for out in stmt.outs if out in kept]
        stmts.append(stmt)
    body = replace(state.stmt.body, stmts=tuple(stmts))
    return Undone(replace(state.stmt, body=body), adjoint, [*state.places, place])


def _overwritten(link: Link) -> Apply:
    """The statement that reads what a store is about to overwrite."""
    assert isinstance(link.stmt, Apply)
    index = link.stmt.args[1]
    type = part_type(link.before.type, index)
    return Apply((Var("", type),), BY_NAME["getitem"], (link.before, index), link.stmt.at)


def part_type(type: Type, index: Arg) -> Type:
    """The type of what an index names in an array; lengths but those of whole axes are left open."""
    assert isinstance(type, Array)
    parts = index.items if isinstance(index, Pack) else (index,)
    if type.shape is None:
        return Array(type.dtype, None)
    arrays = [p for p in parts if isinstance(arg_type(p), Array)]
    axes = list(type.shape)
    used = sum(_axes_of(p) for p in parts)
    found: list[Dim] = []
    for part in parts:
        if part == Const(Ellipsis):
            found += [axes.pop(0) for _ in range(len(type.shape) - used)]
        elif part == Const(None):
            found.append(1)
        else:
            taken = [axes.pop(0) for _ in range(_axes_of(part))]
            if isinstance(part, Cut):
                found += taken if part == WHOLE else [fresh_dim("cut")]
    found += axes
    if arrays:
        ranks = [1 if dtype_of(t) == "bool" else _rank(t) for t in map(arg_type, arrays)]
        found = [fresh_dim("part") for _ in range(len(found) + max(ranks))]
    return Array(type.dtype, tuple(found)) if found else Scalar(type.dtype, weak=False)


def _may_repeat(index: Arg) -> bool:
    """Whether an index may name an entry twice."""
    types = map(arg_type, index.items if isinstance(index, Pack) else (index,))
    return any(isinstance(t, Array) and t.dtype != "bool" for t in types)


WHOLE = Cut(Const(None), Const(None), Const(None))


def _axes_of(part: Arg) -> int:
    """How many axes a part of an index uses up."""
    if part in (Const(None), Const(Ellipsis)):
        return 0
    type = arg_type(part)
    return _rank(type) if isinstance(type, Array) and type.dtype == "bool" else 1


class TooEarly(Exception):
    """A value is needed while its version cannot be reached yet: it must be recorded."""

    def __init__(self, var: Var):
        super().__init__()
        self.var = var


class NotRestored(Exception):
    """An inner loop has no reverse that restores the array."""


class Wanted:
    """What an adjoint body reads of the versions of an array."""

    def __init__(self, stmt: Loop, chain: tuple[Link, ...], adjoint: Block):
        self.stores = [n for n in chain if n.place < 0]
        self.versions = {v: k for k, v in enumerate([chain[0].before, *(n.after for n in chain)])}
        self.makers = _makers(stmt.body)
        self.own = set(defined(stmt.body))
        if isinstance(stmt, For):
            self.own.discard(stmt.body.params[0])
        self.given_up: set[Var] = set()
        self.all = [v for v in free(adjoint) if v in self.own]
        self.found: dict[Var, tuple[int, list[Apply]]] = {}
        self._find()

    def _find(self) -> None:
        hard = {v for v in self.all if not self._cheap(v)} - set(self.versions)
        self.found = self._stored()
        for var in self.all:
            if var in self.found or var in self.versions or var in self.given_up:
                continue
            steps = self._steps(var, hard | self.given_up)
            if steps is not None:
                places = {self.versions[v] for s in steps for v in _read(s) if v in self.versions}
                if len(places) == 1:
                    self.found[var] = places.pop(), steps

    def _stored(self) -> dict[Var, tuple[int, list[Apply]]]:
        """Numbers that a store put into the array: the version after it has them."""
        found: dict[Var, tuple[int, list[Apply]]] = {}
        for link in self.stores:
            assert isinstance(link.stmt, Apply)
            if link.stmt.op.name != "set_at":
                continue
            _, index, value = link.stmt.args
            type = part_type(link.before.type, index)
            if not isinstance(value, Var) or value not in self.all or value in self.given_up:
                continue
            if isinstance(type, Scalar) and value.type == type:
                read = Apply((value,), BY_NAME["getitem"], (link.after, index), link.stmt.at)
                found[value] = self.versions[link.after], [read]
        return found

    def _cheap(self, var: Var) -> bool:
        from_record = self.makers.get(var)
        return isinstance(from_record, Apply) and cheap(from_record)

    def _steps(self, var: Var, recorded: set[Var]) -> list[Apply] | None:
        """The statements that compute a value of versions and of what is at hand."""
        if var not in self.own or var in recorded or var in self.versions:
            return []
        made = self.makers.get(var)
        if not isinstance(made, Apply) or not cheap(made):
            return None
        steps: list[Apply] = []
        for operand in _read(made):
            inner = self._steps(operand, recorded)
            if inner is None:
                return None
            steps += [s for s in inner if s not in steps]
        return [*steps, made]

    def give_up(self, var: Var) -> None:
        """Leave a value to the records."""
        self.given_up.add(var)
        self._find()

    def pays(self) -> bool:
        """Whether a record is saved that is larger than what is written."""
        if any(v in self.versions for v in self.all):
            return True
        ranks = [_rank(_overwritten(n).outs[0].type) for n in self.stores]
        written = max(ranks, default=-1)
        saved = [_rank(v.type) for v in self.found]
        reads = [s for _, steps in self.found.values() for s in steps if s.args[0] in self.versions]
        larger = any(_rank(s.outs[0].type) > written for s in reads if s.op.name == "getitem")
        return larger or (written > 0 and saved.count(written) > ranks.count(written))


def _rank(type: Type) -> int:
    if not isinstance(type, Array):
        return 0
    return 99 if type.shape is None else len(type.shape)


def _read(stmt: Stmt) -> Iterator[Var]:
    yield from variables(operands(stmt))


class Back:
    """The walk through an adjoint body, from the last version of an array to the first."""

    def __init__(
        self, chain: tuple[Link, ...], wanted: Wanted, olds: dict[Var, Var], inner: dict[Var, Var]
    ):
        self.chain, self.wanted, self.olds, self.inner = chain, wanted, olds, inner
        self.current = len(chain)
        self.names: dict[Var, Atom] = {}  # versions and what is read of them, in the reverse
        self.out: list[Stmt] = []
        self.at = NOWHERE  # the line whose adjoint is at hand

    def rewritten(self, adjoint: Block) -> Block:
        for stmt in adjoint.stmts:
            self.statement(stmt)
        self.reach(0, None)
        first = self.chain[0].before
        rest = Block((), (), (*adjoint.results, first))
        self.everything_of(0)
        return Block(adjoint.params, tuple(self.out), substitute(rest, dict(self.names)).results)

    def statement(self, stmt: Stmt) -> None:
        self.at = stmt.at
        block = Block((), (stmt,), ())
        restoring = self.restoring(stmt)
        for var in free(block):
            version = self.version_of(var)
            if version is not None and version < self.current and var not in self.names:
                self.reach(version, var)
            if var in self.wanted.found:
                self.compute(var)
        if restoring is not None:
            self.reach(restoring + 1, self.chain[restoring].after)
            self.everything_of(restoring + 1)
        self.out.append(substitute(block, dict(self.names)).stmts[0])
        if restoring is not None:
            self.names[self.chain[restoring].before] = self.inner[self.chain[restoring].before]
            self.current = restoring

    def restoring(self, stmt: Stmt) -> int | None:
        """Which link this statement goes back through: the reverse of an inner loop."""
        for k, link in enumerate(self.chain):
            if link.place >= 0 and self.inner.get(link.before) in stmt.outs:
                return k
        return None

    def version_of(self, var: Var) -> int | None:
        if var in self.wanted.versions:
            return self.wanted.versions[var]
        return self.wanted.found[var][0] if var in self.wanted.found else None

    def reach(self, version: int, reader: Var | None) -> None:
        """Go back to a version by undoing stores."""
        while self.current > version:
            link = self.chain[self.current - 1]
            if link.place >= 0:
                if reader is None or reader in self.wanted.versions:
                    raise NotRestored
                raise TooEarly(reader)
            self.everything_of(self.current)
            self.undo(link)
            self.current -= 1

    def undo(self, link: Link) -> None:
        assert isinstance(link.stmt, Apply)
        for var in variables(link.stmt.args[1:2]):
            if var in self.wanted.found:
                self.compute(var)
        back = Var(link.before.hint, link.before.type)
        args = (link.after, link.stmt.args[1], self.olds[link.after])
        name = "set_last" if _may_repeat(link.stmt.args[1]) else "set_at"
        store = Apply((back,), BY_NAME[name], args, self.at, True)
        self.out += substitute(Block((), (store,), ()), dict(self.names)).stmts
        self.names[link.before] = back

    def everything_of(self, version: int) -> None:
        """Compute what is read of the current version, before it is gone."""
        for var, (place, _) in self.wanted.found.items():
            if place == version:
                self.compute(var)

    def compute(self, var: Var) -> None:
        if var in self.names:
            return
        place, steps = self.wanted.found[var]
        if place < self.current:
            raise TooEarly(var)
        new = [s for s in steps if s.outs[0] not in self.names]
        new = [replace(s, at=self.at, adjoint=True) for s in new]
        block = copy_block(Block((), tuple(new), ()), dict(self.names))
        self.out += block.stmts
        self.names.update((s.outs[0], c.outs[0]) for s, c in zip(new, block.stmts))
