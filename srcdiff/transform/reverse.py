"""Reverse mode: a function with the adjoint statements behind it.

    before   f(x):  t = exp(x); y = multiply(t, x);  return y
    after    f_vjp(x, b_y):  t = exp(x); y = multiply(t, x)
                             b_t = multiply(b_y, x); b_x = multiply(b_y, t)
                             b_x = add(b_x, multiply(b_t, t));  return y, b_x

`Sweep.block` walks a block backward. It returns the forward statements (loops and branches now hand
out what the adjoint needs) and leaves the adjoint statements in a Builder. Cotangents are values: the
first contribution is taken, later ones are added. What flows out of a region (a contribution to a
variable defined outside) is carried: the reverse of a loop carries the cotangents of what the loop
carries and of every outer variable that its body reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

from srcdiff.analysis.activity import Activity, activity
from srcdiff.analysis.partial import partly_undefined
from srcdiff.analysis.types import arg_type, dims_of
from srcdiff.errors import internal
from srcdiff.ir.core import (
    Apply,
    Arg,
    Atom,
    Block,
    Const,
    For,
    Function,
    If,
    Pack,
    Range,
    Stmt,
    Tree,
    Var,
    While,
    leaf,
)
from srcdiff.ir.text import marked
from srcdiff.ir.types import (
    INT,
    RECORD,
    ListOf,
    Type,
    as_long_as,
    differentiable,
    is_wild,
    tangent_type,
)
from srcdiff.ir.walk import (
    carried_params,
    carried_results,
    copy_block,
    defined,
    free,
    stacked_results,
    statements,
    substitute,
    used,
    variables,
)
from srcdiff.ops import python as py
from srcdiff.ops.python import Callee
from srcdiff.ops.table import BY_NAME
from srcdiff.transform import checkpoint, record, restore, rules, shaping
from srcdiff.transform.build import Builder
from srcdiff.transform.counters import counters
from srcdiff.transform.dead import prune
from srcdiff.transform.decisions import Decisions

Cotangents = dict[Var, Atom]


class Pair(NamedTuple):
    """The reverse of a function in two: the function with a record, and what reads it."""

    forward: Callee  # (args) -> (results, record)
    backward: Callee  # (record, seeds) -> cotangents of the wanted arguments


@dataclass
class Calls:
    """The derivatives of functions that generated code calls, made once each.

    final: what is made is not differentiated again, so that a call may leave a record
    """

    made: dict[tuple[Callee, str, tuple[bool, ...]], Callee] = field(default_factory=dict)
    pairs: dict[tuple[Callee, tuple[bool, ...]], Pair | None] = field(default_factory=dict)
    final: bool = False
    decisions: Decisions = field(default_factory=Decisions)


@dataclass
class Sweep:
    """One reverse sweep over the body of a function."""

    active: Activity
    calls: Calls
    body: Block = field(default_factory=lambda: Block((), (), ()))
    allowed: restore.Allowed = field(default_factory=dict)  # arrays that reverses may restore
    restored: dict[Var, Var] = field(default_factory=dict)  # where is what a loop began with

    # --- blocks ---

    def block(self, stmts: Iterable[Stmt], cotangents: Cotangents, out: Builder) -> list[Stmt]:
        """Adjoint statements of a block into `out`; the forward statements, with records, back."""
        forward: list[Stmt] = []
        for stmt in reversed(tuple(stmts)):
            out.at = stmt.at
            with internal("the reverse sweep", partial(marked, self.body, stmt)):
                forward += reversed(self.statement(stmt, cotangents, out))
        forward.reverse()
        return forward

    def statement(self, stmt: Stmt, cotangents: Cotangents, out: Builder) -> list[Stmt]:
        """Adjoint statements of a statement into `out`; the statement, with records, back."""
        if isinstance(stmt, If):
            return [self.branch(stmt, cotangents, out)]
        if not isinstance(stmt, Apply):
            return self.loop(stmt, cotangents, out)
        return [self.apply(stmt, cotangents, out)]

    def receive(self, out: Builder, cotangents: Cotangents, var: Var, c: Atom) -> None:
        """Add a contribution to a variable's cotangent."""
        if isinstance(c, Const) and c.value == 0:
            return
        old = cotangents.get(var)
        cotangents[var] = c if old is None else out.sum(old, c, cotangent_hint(var))

    # --- applications ---

    def apply(self, stmt: Apply, cotangents: Cotangents, out: Builder) -> Apply:
        given = [cotangents.pop(o, None) for o in stmt.outs]
        if all(c is None for c in given):
            return stmt
        mark = len(out.stmts)
        if stmt.op is py.call:
            stmt, received = self.call(stmt, given, out)
        else:
            received = rules.pullback(out, stmt, given, self.active, transpose)
        for var, c in received:
            self.receive(out, cotangents, var, c)
        self.name_new(out, mark, cotangents)
        return stmt

    def name_new(self, out: Builder, mark: int, cotangents: Cotangents) -> None:
        """Spell cotangents that were just made b_x."""
        names = {
            c: v for v, c in cotangents.items() if isinstance(c, Var) and not c.hint and v.hint
        }
        for k in range(mark, len(out.stmts)):
            stmt = out.stmts[k]
            if len(stmt.outs) == 1 and stmt.outs[0] in names:
                self.rename(out, k, names[stmt.outs[0]], cotangents)

    def rename(self, out: Builder, k: int, var: Var, cotangents: Cotangents) -> None:
        stmt = out.stmts[k]
        old = stmt.outs[0]
        new = Var(cotangent_hint(var), tangent_type(old.type))
        out.stmts[k] = replace(stmt, outs=(new,))
        rest = Block((), tuple(out.stmts[k + 1 :]), ())
        out.stmts[k + 1 :] = substitute(rest, {old: new}).stmts
        for v, c in cotangents.items():
            if c is old:
                cotangents[v] = new
        for s in out.stmts[k:]:
            if isinstance(s, Apply):
                out.definitions.update(dict.fromkeys(s.outs, s))
        if old in out.lengths:
            out.lengths[new] = out.lengths[old]

    def call(
        self, stmt: Apply, given: list[Atom | None], out: Builder
    ) -> tuple[Apply, list[tuple[Var, Atom]]]:
        """The reverse of a call of a generated function: a call of its vjp, or of its other half."""
        callee = called(stmt)
        args = stmt.args[1:]
        wanted = tuple(isinstance(a, Var) and a in self.active for a in args)
        filled = [
            c if c is not None else out.zero(o)
            for c, o in zip(given, stmt.outs)
            if differentiable(o.type)
        ]
        targets = [a for a, w in zip(args, wanted) if w]
        types = tuple(a.type for a in targets)  # type: ignore[union-attr]
        halves = self.calls.final and not callee.again
        pair = pair_of(self.calls, callee, wanted) if halves else None
        if pair is None:
            derived = derived_call(self.calls, callee, wanted)
            outs = out.apply(py.call, (Const(derived), *args, *filled), types)
        else:
            record = Var("record", RECORD)
            stmt = replace(stmt, outs=(*stmt.outs, record), args=(Const(pair.forward), *args))
            outs = out.apply(py.call, (Const(pair.backward), record, *filled), types)
        return stmt, list(zip(targets, outs))  # type: ignore[arg-type]

    # --- branches ---

    def branch(self, stmt: If, cotangents: Cotangents, out: Builder) -> If:
        given = [cotangents.pop(o, None) for o in stmt.outs]
        before = dict(cotangents)
        sides = []
        for region in (stmt.then, stmt.orelse):
            build = out.inner()
            mine = dict(before)
            for result, c in zip(region.results, given):
                if c is not None and isinstance(result, Var) and result in self.active:
                    self.receive(build, mine, result, c)
            forward = self.block(region.stmts, mine, build)
            own = {o for s in region.stmts for o in s.outs}
            changed = {v: c for v, c in mine.items() if before.get(v) is not c and v not in own}
            sides.append((replace(region, stmts=tuple(forward)), build, changed))
        (then, left, a), (orelse, right, b) = sides
        stmt = replace(stmt, then=then, orelse=orelse)
        touched = list(dict.fromkeys([*a, *b]))
        if not touched:
            return self.finish_branch(stmt, (), (left, ()), (right, ()), out)
        outs = tuple(Var(cotangent_hint(v), tangent_type(v.type)) for v in touched)
        lefts = tuple(self.side(left, a, before, v) for v in touched)
        rights = tuple(self.side(right, b, before, v) for v in touched)
        cotangents.update(zip(touched, outs))
        return self.finish_branch(stmt, outs, (left, lefts), (right, rights), out)

    def side(self, build: Builder, changed: Cotangents, before: Cotangents, var: Var) -> Atom:
        c = changed.get(var, before.get(var))
        return c if c is not None else build.zero(var)

    def finish_branch(
        self,
        stmt: If,
        outs: tuple[Var, ...],
        left: tuple[Builder, tuple[Atom, ...]],
        right: tuple[Builder, tuple[Atom, ...]],
        out: Builder,
    ) -> If:
        then = prune(left[0].block((), left[1]))
        orelse = prune(right[0].block((), right[1]))
        before = then, orelse
        new, then, orelse = record.export(stmt, then, orelse)
        self.calls.decisions.branch(stmt, *before, new)
        if outs or then.stmts or orelse.stmts:
            out.add(If(outs, stmt.test, then, orelse, stmt.at, True))
        return new

    # --- loops ---

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


def called(stmt: Apply) -> Callee:
    """The function that a `call` calls."""
    head = stmt.args[0]
    assert isinstance(head, Const) and isinstance(head.value, Callee)
    return head.value


def cotangent_hint(var: Var) -> str:
    """b_x for x; temporaries stay temporaries."""
    return f"b_{var.hint}" if var.hint else ""


# --- transposition of tangent rules ---------------------------------------------------------------


def transpose(
    build: Builder, stmts: list[Stmt], seeds: list[tuple[Atom, Atom]], inputs: dict[Var, Var]
) -> list[Atom | None]:
    """The cotangents of `inputs` through statements that are linear in them.

    Each input comes with a value of its shape: where only the shape of something that depends on the
    input is asked for, it is computed from that value.
    """
    outputs = [t for t, _ in seeds]
    body = Block((), tuple(stmts), tuple(outputs))
    sweep = Sweep(activity(body, inputs, outputs), Calls(), body)
    cotangents: Cotangents = {}
    adjoint = build.inner()
    for t, seed in seeds:
        if isinstance(t, Var) and t in sweep.active:
            sweep.receive(adjoint, cotangents, t, shaping.fit(adjoint, seed, t))
    forward = sweep.block(stmts, cotangents, adjoint)
    results = [cotangents.get(v) for v in inputs]
    whole = Block((), (*forward, *adjoint.stmts), tuple(r for r in results if r is not None))
    own = copy_block(substitute(prune(whole), dict(inputs)), {})  # may be transposed several times
    for stmt in own.stmts:
        build.add(stmt)
    found = iter(own.results)
    return [None if r is None else next(found) for r in results]


# --- functions ----------------------------------------------------------------------------------


@dataclass
class Reversed:
    """A function's forward statements and adjoint statements, still apart."""

    forward: tuple[Stmt, ...]
    adjoint: tuple[Stmt, ...]
    cotangents: tuple[Atom, ...]  # of the wanted inputs, zeros where nothing arrives


def sweep_function(
    function: Function, wanted: list[Var], seeds: list[tuple[Atom, Atom]], calls: Calls
) -> Reversed:
    """Forward and adjoint statements of a function, seeded at some of its results."""
    outputs = [result for result, _ in seeds]
    sweep = Sweep(activity(function.body, wanted, outputs), calls, function.body)
    names = ", ".join(dict.fromkeys(v.hint for v in wanted if v.hint)) or "the inputs"
    calls.decisions.activity(function, sweep.active, names)
    sweep.allowed = restore.allowed(function.body)
    out = Builder(adjoint=True, doubtful=partly_undefined(function.body))
    cotangents: Cotangents = {}
    for result, seed in seeds:
        if isinstance(result, Var) and result in sweep.active:
            sweep.receive(out, cotangents, result, seed)
    forward = sweep.block(function.body.stmts, cotangents, out)
    out.adjoint = True
    received = [cotangents.get(v) for v in wanted]
    finals = tuple(c if c is not None else out.zero(v) for c, v in zip(received, wanted))
    return Reversed(tuple(forward), tuple(out.stmts), finals)


def derived_call(calls: Calls, callee: Callee, wanted: tuple[bool, ...]) -> Callee:
    """The vjp of a generated function: (args, seeds) -> cotangents of the wanted arguments.

    It runs the primal again; its own recursive calls become calls of itself.
    """
    key = (callee, "vjp", wanted)
    if key in calls.made:
        return calls.made[key]
    derived = Callee(f"{callee.name}_vjp")
    calls.made[key] = derived
    body, seeds, result = _swept(calls, callee, wanted)
    whole = prune(Block((), (*result.forward, *result.adjoint), result.cotangents))
    derived.function = _flat(derived.name, (*body.params, *seeds), whole, callee)
    return derived


def _swept(
    calls: Calls, callee: Callee, wanted: tuple[bool, ...]
) -> tuple[Block, list[Var], Reversed]:
    """A copy of a function's body, its seeds, and the two sweeps over it."""
    primal = callee.function
    assert primal is not None
    body = copy_block(Block(primal.params, primal.body.stmts, primal.body.results), {})
    outputs = [o for o in body.results if differentiable(arg_type(o))]
    seeds = [
        Var(f"b_{o.hint}" if isinstance(o, Var) and o.hint else "b_result", arg_type(o))
        for o in outputs
    ]
    targets = [p for p, w in zip(body.params, wanted) if w]
    inner = Function(callee.name, body.params, Block((), body.stmts, body.results))
    return body, seeds, sweep_function(inner, targets, list(zip(outputs, seeds)), calls)


def _flat(name: str, params: tuple[Var, ...], body: Block, primal: Callee) -> Function:
    """A function whose results are a value or a plain tuple."""
    count = len(body.results)
    tree = leaf(0) if count == 1 else Tree("tuple", tuple(map(leaf, range(count))))
    assert primal.function is not None
    return Function(name, params, body, (), tree, primal.function.at)


def pair_of(calls: Calls, callee: Callee, wanted: tuple[bool, ...]) -> Pair | None:
    """The reverse of a function in two halves, if its vjp would compute values again and again.

    So it is where the vjp calls a function for a value: each level of a recursion would compute those
    below it once more. The record of a call holds what its reverse reads, records of its own calls
    among them.
    """
    key = callee, wanted
    if key not in calls.pairs:
        whole = replace(calls, decisions=Decisions(), final=False)
        derived = derived_call(whole, callee, wanted)
        calls.pairs[key] = None
        if not _computes_again(derived):
            calls.decisions.add(whole.decisions)
        else:
            pair = Pair(Callee(f"{callee.name}_forward"), Callee(f"{callee.name}_backward"))
            calls.pairs[key] = pair
            _halve(calls, callee, wanted, pair)
    return calls.pairs[key]


def _computes_again(derived: Callee) -> bool:
    """Whether a vjp calls something for a value."""
    assert derived.function is not None
    applied = (s for s in statements(derived.function.body) if isinstance(s, Apply))
    return any(s.op is py.call and not s.adjoint for s in applied)


def _halve(calls: Calls, callee: Callee, wanted: tuple[bool, ...], pair: Pair) -> None:
    """Make the two halves of a function's reverse."""
    body, seeds, result = _swept(calls, callee, wanted)
    back = prune(Block((), result.adjoint, result.cotangents))
    held = tuple(v for v in free(back) if v not in seeds)
    made = Var("record", RECORD)
    packed = Apply((made,), py.pack, (Pack(held),))
    forward = prune(Block((), (*result.forward, packed), (*body.results, made)))
    pair.forward.function = _flat(pair.forward.name, body.params, forward, callee)
    taken = Var("record", RECORD)
    by: dict[Var, Arg] = {v: Var(v.hint, v.type) for v in held}
    opened = Apply(tuple(by.values()), py.unpack, (taken,))  # type: ignore[arg-type]
    back = copy_block(back, by)
    backward = Block((), (opened, *back.stmts), back.results)
    pair.backward.function = _flat(pair.backward.name, (taken, *seeds), backward, callee)


__all__ = [
    "Calls",
    "ListOf",
    "Reversed",
    "Sweep",
    "derived_call",
    "sweep_function",
    "transpose",
    "variables",
]
