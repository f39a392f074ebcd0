"""Loops of a reverse sweep: the adjoint of a loop is a loop that runs from the other end.

    before   for k in range(n): E = E - step(E)        after   for k in range(n): ...; E_rec stacked
                                                               for k backward: b_E = ... E_rec[k] ...

The cotangents of what goes round go round; those of what all rounds read are summed. What the reverse
needs of the rounds is there, counted, computed again, carried back or recorded (`transform.record`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from srcdiff.analysis.activity import Activity
from srcdiff.analysis.types import arg_type, dims_of
from srcdiff.ir.core import Apply, Atom, Block, Const, For, Range, Stmt, Var, While
from srcdiff.ir.types import INT, Type, as_long_as, differentiable, is_wild, tangent_type
from srcdiff.ir.walk import (
    carried_params,
    carried_results,
    copy_block,
    defined,
    stacked_results,
    used,
)
from srcdiff.ops.table import BY_NAME
from srcdiff.transform import checkpoint, record, restore, shaping
from srcdiff.transform.build import Builder
from srcdiff.transform.counters import counters
from srcdiff.transform.dead import prune

if TYPE_CHECKING:
    from collections.abc import Iterable

    from srcdiff.transform.reverse import Calls

Cotangents = dict[Var, Atom]


class Loops:
    """What a sweep does about loops."""

    active: Activity
    calls: Calls
    allowed: restore.Allowed  # arrays that reverses may restore
    restored: dict[Var, Var]  # where is what a loop began with

    if TYPE_CHECKING:

        def block(
            self, stmts: Iterable[Stmt], cotangents: Cotangents, out: Builder
        ) -> list[Stmt]: ...

        def receive(self, out: Builder, cotangents: Cotangents, var: Var, c: Atom) -> None: ...

    def loop(self, stmt: For | While, cotangents: Cotangents, out: Builder) -> list[Stmt]:
        """The adjoint of a loop into `out`; the forward loop, with what it needs, back."""
        count = len(stmt.inits)
        given = [cotangents.pop(o, None) for o in stmt.outs]
        if all(c is None for c in given):
            return [stmt]
        params = carried_params(stmt)
        around = [k for k in range(count) if self.carries(stmt, k, given[k])]
        outer = self.outer_reads(stmt)
        inits = [self.start(out, stmt.outs[k], given[k]) for k in around]
        inits += [self.start(out, v, cotangents.get(v)) for v in outer]
        build = out.inner()
        build.at = stmt.at
        index = _index(stmt)
        heads = [Var(cotangent_hint(params[k]), _of_a_round(stmt, k)) for k in around]
        sums = [Var(cotangent_hint(v), tangent_type(v.type)) for v in outer]
        mine: Cotangents = dict(zip(outer, sums))
        for k, head in zip(around, heads):
            result = carried_results(stmt)[k]
            if isinstance(result, Var) and result in self.active:
                self.receive(build, mine, result, head)
        over, number = self.space(stmt)
        stacks = list(zip(stacked_results(stmt), given[count:]))
        self.read_stacks(stmt, stacks, build, mine, over, index)
        forward = self.block(stmt.body.stmts, mine, build)
        new_stmt = replace(stmt, body=replace(stmt.body, stmts=tuple(forward)))
        results = [self.finished(build, mine, params[k], h) for k, h in zip(around, heads)]
        results += [mine[v] for v in outer]
        adjoint = prune(build.block((), tuple(results)))
        ends = [_behind(stmt, k, h) for k, h in zip(around, heads)]
        ends += [Var(v.hint, v.type) for v in sums]
        carried = (heads, sums, inits)
        if (
            isinstance(stmt, For)
            and isinstance(new_stmt, For)
            and self.checkpoints(new_stmt, adjoint)
        ):
            heads_and_sums = (*heads, *sums)
            goes_back = checkpoint.Backward(
                adjoint, index, heads_and_sums, tuple(inits), tuple(ends)
            )
            made, outs = checkpoint.reverse(stmt, new_stmt, goes_back, out, self.calls.decisions)
        else:
            places = self.allowed.get(stmt, frozenset())
            undone = restore.undone(new_stmt, adjoint, places, self.restored)
            again, outs = self.reverse_loop(undone, index, carried, ends, over, number, out)
            made = [again]
        self.deliver(stmt, around, outer, outs, cotangents, out)
        return made

    def checkpoints(self, stmt: For, adjoint: Block) -> bool:
        """Whether the reverse keeps some states of the loop in place of records."""
        return checkpoint.is_checkpointed(stmt) and checkpoint.needs_state(stmt, adjoint)

    def carries(self, stmt: For | While, k: int, given: Atom | None) -> bool:
        """Whether the cotangent of the k-th carried value goes round."""
        param = carried_params(stmt)[k]
        return (
            (given is not None or param in self.active)
            and differentiable(stmt.outs[k].type)
            and (stmt.outs[k] in self.active or param in self.active)
        )

    def outer_reads(self, stmt: For | While) -> list[Var]:
        """The active variables defined outside that the body reads."""
        own = set(defined(stmt.body))
        reads = dict.fromkeys(v for v in used(stmt.body) if v not in own and v in self.active)
        return list(reads)

    def start(self, out: Builder, var: Var, c: Atom | None) -> Atom:
        return c if c is not None else out.zero(var, cotangent_hint(var))

    def finished(self, build: Builder, mine: Cotangents, param: Var, head: Var) -> Atom:
        """The cotangent of a carried value before the iteration; zero when it was overwritten."""
        c = mine.get(param)
        return c if c is not None else build.zero(head if steady(param.type) else param)

    def space(self, stmt: For | While) -> tuple[Range, bool]:
        """The range of the reverse loop, and whether the forward loop must count its iterations."""
        if isinstance(stmt, For) and not stmt.breaks:
            assert isinstance(stmt.over, Range)
            return backward(stmt.over), False
        return Range(Const(0), Const(0), Const(1), True), True

    def read_stacks(
        self,
        stmt: For | While,
        stacks: list[tuple[Atom, Atom | None]],
        build: Builder,
        mine: Cotangents,
        over: Range,
        index: Var,
    ) -> None:
        """The cotangents of stacked results: one entry per iteration."""
        for result, c in stacks:
            if c is None or not isinstance(result, Var) or result not in self.active:
                continue
            at: Atom = index if _counted(stmt) else record.position(build, index, over)
            entry = build.value(BY_NAME["getitem"], (c, at), result.type, cotangent_hint(result))
            self.receive(build, mine, result, entry)

    def reverse_loop(
        self,
        undone: restore.Undone,
        index: Var,
        carried: tuple[list[Var], list[Var], list[Atom]],
        ends: list[Var],
        over: Range,
        number: bool,
        out: Builder,
    ) -> tuple[For | While, tuple[Var, ...]]:
        """Put the adjoint body into a loop that runs backward and reads the records."""
        heads, sums, inits = carried
        stmt, adjoint = undone.stmt, undone.adjoint
        needs = record.plan(stmt, adjoint, undone.heads)
        taken_down = (needs.recorded, needs.recomputed, undone.heads)
        self.calls.decisions.loop(stmt, adjoint, *taken_down)
        places = [*needs.carried, *undone.places]
        new, lists, count = record.with_records(stmt, needs.recorded, number)
        build = out.inner()
        build.at = stmt.at
        if number:
            over = replace(over, stop=count if count is not None else self.length(out, lists[0]))
        renamed: dict[Var, Atom] = {}
        if isinstance(stmt, For):
            renamed[stmt.body.params[0]] = self.index_value(stmt, index, build)
        at: Atom = index if number else record.position(build, index, over)
        for var, counter in needs.counted.items():
            renamed[var] = counter.value(build, at)
        for var, rec in zip(needs.recorded, lists):
            renamed[var] = build.value(BY_NAME["getitem"], (rec, at), var.type, var.hint)
        restored: list[Var] = []
        for k in places:
            after = carried_results(stmt)[k]
            assert isinstance(after, Var)
            held = Var(after.hint, as_long_as(stmt.outs[k].type, after.type))
            restored.append(held)
            renamed[after] = held
        self.recompute(needs.recomputed, renamed, build)
        body = copy_block(adjoint, dict(renamed))
        build.stmts += body.stmts
        own = len(heads) + len(sums)
        backs = [renamed[carried_params(stmt)[k]] for k in needs.carried]
        results = (*body.results[:own], *backs, *body.results[own:])
        params = (index, *heads, *sums, *restored)
        everything = (*inits, *(stmt.outs[k] for k in places))
        outs = (*ends, *(_at_first(stmt, k, v) for k, v in zip(places, restored)))
        for k, left in zip(places, outs[own:]):
            begun = stmt.inits[k]
            if isinstance(begun, Var):
                self.restored[begun] = left
        out.add(
            For(
                outs,
                over,
                tuple(everything),
                build.block(params, tuple(results)),
                False,
                stmt.at,
                True,
            )
        )
        return new, outs

    def length(self, out: Builder, record: Var) -> Atom:
        return out.value(BY_NAME["length"], (record,), INT)

    def index_value(self, stmt: For, index: Var, build: Builder) -> Atom:
        """The forward loop's item at a step of the reverse loop."""
        if not stmt.breaks:
            return index
        assert isinstance(stmt.over, Range)
        at: Atom = index
        if stmt.over.step != Const(1):
            at = build.value(BY_NAME["multiply"], (at, stmt.over.step), INT)
        if stmt.over.start != Const(0):
            at = build.value(BY_NAME["add"], (at, stmt.over.start), INT)
        return at

    def recompute(self, stmts: list[Apply], renamed: dict[Var, Atom], build: Builder) -> None:
        for stmt in stmts:
            block = copy_block(Block((), (stmt,), stmt.outs), dict(renamed))
            build.add(block.stmts[0])
            renamed.update(zip(stmt.outs, block.results))

    def deliver(
        self,
        stmt: For | While,
        around: list[int],
        outer: list[Var],
        outs: tuple[Var, ...],
        cotangents: Cotangents,
        out: Builder,
    ) -> None:
        """Hand the reverse loop's results to the initial values and the outer variables."""
        for var, c in zip(outer, outs[len(around) :]):
            cotangents[var] = c
        for k, c in zip(around, outs):
            init = stmt.inits[k]
            if isinstance(init, Var) and init in self.active:
                fitted = shaping.fit(out, c, init)
                self.receive(out, cotangents, init, fitted)


def steady(type: Type) -> bool:
    """Whether all values of the type that one loop carries have the same shape."""
    dims = dims_of(type)
    return dims is not None and not any(map(is_wild, dims))


def backward(over: Range) -> Range:
    """The range of the reverse of a loop: run from the other end, and not checkpointed again."""
    return replace(over, backward=not over.backward, snapshots=Const(None))


def _counted(stmt: For | While) -> bool:
    return isinstance(stmt, While) or stmt.breaks


def _of_a_round(stmt: For | While, k: int) -> Type:
    """The type of the cotangent of what a round hands on: as long as that is."""
    result, type = carried_results(stmt)[k], tangent_type(stmt.outs[k].type)
    return as_long_as(type, result.type if isinstance(result, Var) else type)


def _behind(stmt: For | While, k: int, head: Var) -> Var:
    """The cotangent of what a value was before the loop: as long as that."""
    type = tangent_type(stmt.outs[k].type)
    return Var(head.hint, as_long_as(type, arg_type(stmt.inits[k])))


def _at_first(stmt: For | While, k: int, held: Var) -> Var:
    """What a value was before the loop, put back."""
    return Var(held.hint, as_long_as(stmt.outs[k].type, arg_type(stmt.inits[k])))


def _index(stmt: For | While) -> Var:
    if isinstance(stmt, For) and not stmt.breaks:
        return Var(record.counter_hint(stmt), INT)
    others = {v.hint for v, counter in counters(stmt).items() if not counter.counts_rounds()}
    return Var("i" if "k" in others else "k", INT)


def cotangent_hint(var: Var) -> str:
    """b_x for x; temporaries stay temporaries."""
    return f"b_{var.hint}" if var.hint else ""
