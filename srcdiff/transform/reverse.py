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
from srcdiff.analysis.types import arg_type
from srcdiff.errors import Diagnostic, Refused, internal
from srcdiff.ir.core import (
    Apply,
    Arg,
    Atom,
    Block,
    Const,
    Function,
    If,
    Pack,
    Stmt,
    Tree,
    Var,
    leaf,
)
from srcdiff.ir.text import marked
from srcdiff.ir.types import (
    RECORD,
    ListOf,
    differentiable,
    tangent_type,
)
from srcdiff.ir.walk import (
    copy_block,
    free,
    statements,
    substitute,
    variables,
)
from srcdiff.ops import python as py
from srcdiff.ops.python import Callee
from srcdiff.transform import record, restore, rules, shaping
from srcdiff.transform.build import Builder
from srcdiff.transform.dead import prune
from srcdiff.transform.decisions import Decisions
from srcdiff.transform.reverse_loops import Cotangents, Loops, cotangent_hint


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
class Sweep(Loops):
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


def called(stmt: Apply) -> Callee:
    """The function that a `call` calls."""
    head = stmt.args[0]
    assert isinstance(head, Const) and isinstance(head.value, Callee)
    if head.value.function is None:
        text = f"{head.value.name} calls itself in a function that it takes a derivative of"
        hint = "let the depth be a constant that the compiler knows, and small"
        raise Refused(Diagnostic("SD332", text, stmt.at, hint=hint))
    return head.value


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
    finals = tuple(
        shaping.told(out, c, v) if c is not None else out.zero(v) for c, v in zip(received, wanted)
    )
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
