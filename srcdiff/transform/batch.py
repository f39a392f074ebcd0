"""Several seeds at once: what depends on a seed gets a leading axis, one entry per seed.

    before   f(x: float64[n], d_x: float64[n]):         t = cos(x); d_y = multiply(t, d_x)
    after    f(x: float64[n], d_x: float64[seeds, n]):  t = cos(x); d_y = multiply(t, d_x)

Derivatives are linear in their seeds, so seeds decide no branch and are no index: control flow stays,
and most operations need their axes counted on by one (`transform.batch_rows`). An operation without a
rule runs in a loop over the seeds. A list gets no axis; its entries do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from srcdiff.analysis.types import arg_type
from srcdiff.ir.core import (
    NEVER,
    UNDEFINED,
    Apply,
    Arg,
    Atom,
    Block,
    Const,
    Cut,
    For,
    Function,
    If,
    Pack,
    Range,
    Stmt,
    Var,
    While,
)
from srcdiff.ir.types import INT, Array, ListOf, Scalar, Sym, Type
from srcdiff.ir.walk import carried_params, carried_results, copy_block, used, variables
from srcdiff.ops import python as py
from srcdiff.ops.table import BY_NAME
from srcdiff.transform.build import Builder

SEEDS = Sym("seeds", False)
TESTS = (py.require_apart, py.require_distinct, py.require_contiguous)


class NotBatched(Exception):
    """A form that has no equivalent on several seeds."""


def batched(function: Function, seeds: Iterable[Var], results: Iterable[int]) -> Function:
    """The function with a leading axis on some parameters and some results (arrays or numbers).

    Raises NotBatched, also when another result would depend on the seeds.
    """
    env = {v: Var(v.hint, batched_type(v.type)) for v in seeds}
    first = next((v for v in env if not isinstance(v.type, ListOf)), None)
    if first is None:
        raise NotBatched("seeds that are lists")
    build = Builder()
    stmts = function.body.stmts
    heading = tuple(s for s in stmts if isinstance(s, Apply) and s.op in TESTS)
    for stmt in heading:  # tests of the arguments come before all else
        build.add(replace(stmt, args=tuple(_replaced(a, env) for a in stmt.args)))
    batch = Batch(build.extent(env[first], 0), env)
    batch.block(stmts[len(heading) :], build)
    wanted = set(results)
    finals = []
    for k, r in enumerate(function.body.results):
        if k not in wanted and batch.holds(r):
            raise NotBatched("a value that depends on seeds")
        finals.append(batch.wide(build, r) if k in wanted else r)
    body = Block(function.body.params, tuple(build.stmts), tuple(finals))
    params = tuple(env.get(p, p) for p in function.params)
    whole = copy_block(Block(params, body.stmts, body.results), {})
    return replace(function, params=whole.params, body=replace(whole, params=()))


def batched_type(type: Type) -> Type:
    """The type of a value of each seed."""
    if isinstance(type, ListOf):
        return ListOf(batched_type(type.element), type.length)
    if isinstance(type, Array) and type.shape is not None:
        return Array(type.dtype, (SEEDS, *type.shape))
    known = isinstance(type, Scalar) and all(d == type.dtype for d, _ in type.mixed)
    if isinstance(type, Scalar) and known and not type.optional:
        return Array(type.dtype, (SEEDS,))
    raise NotBatched(f"a value of type {type}")


@dataclass
class Batch:
    """One walk. `env` maps the values that depend on a seed to those with the axis.

    scaled: for products with the axis, the factor without it and the one with it.
    """

    count: Atom
    env: dict[Var, Var]
    scaled: dict[Var, tuple[Arg, Arg]] = field(default_factory=dict)

    # --- values ---

    def holds(self, arg: Arg) -> bool:
        """Whether an argument depends on a seed."""
        return any(v in self.env for v in variables((arg,)))

    def seen(self, atom: Atom) -> Atom:
        return self.env.get(atom, atom) if isinstance(atom, Var) else atom

    def wide(self, build: Builder, atom: Atom, like: Type | None = None) -> Atom:
        """A value with the axis: its own, or repeated along it."""
        if isinstance(atom, Var) and atom in self.env:
            return self.env[atom]
        if isinstance(atom, Const) and (atom.value is UNDEFINED or atom.value is NEVER):
            return atom
        own = like if like is not None and isinstance(atom, Const) else arg_type(atom)
        if isinstance(own, Array) and isinstance(atom, Const):
            raise NotBatched("an array that is a constant on one path")
        if isinstance(own, ListOf):
            raise NotBatched("a list that depends on seeds on one path only")
        made = build.definitions.get(atom) if isinstance(atom, Var) else None
        if made is not None and made.op is BY_NAME["zeros_like"] and isinstance(own, Array):
            lengths = self.lengths(build, made.args[0])  # type: ignore[arg-type]
            args = Pack((self.count, *lengths)), Const(own.dtype)
            return build.apply(BY_NAME["zeros"], args, (batched_type(own),))[0]
        shape = Pack((self.count, *self.lengths(build, atom)))
        return build.apply(BY_NAME["broadcast_to"], (atom, shape), (batched_type(own),))[0]

    def lengths(self, build: Builder, atom: Atom) -> tuple[Atom, ...]:
        """The lengths of a value's axes, without that of the seeds."""
        type, shift = arg_type(atom), 0
        if isinstance(atom, Var) and atom in self.env:
            type, shift = self.env[atom].type, 1
        shape = getattr(type, "shape", ()) or ()
        return tuple(build.extent(self.seen(atom), k) for k in range(shift, len(shape)))

    def renew(self, out: Var) -> Var:
        """The variable with the axis, for a result."""
        self.env[out] = Var(out.hint, batched_type(out.type))
        return self.env[out]

    # --- statements ---

    def block(self, stmts: Iterable[Stmt], build: Builder) -> None:
        for stmt in stmts:
            build.at = stmt.at
            build.adjoint = stmt.adjoint
            if isinstance(stmt, Apply):
                self.apply(stmt, build)
            elif isinstance(stmt, If):
                self.branch(stmt, build)
            else:
                self.loop(stmt, build)

    def apply(self, stmt: Apply, build: Builder) -> None:
        if not any(map(self.holds, stmt.args)):
            build.add(stmt)
            return
        if stmt.op.name in ("extent", "length"):
            build.add(replace(stmt, args=self.lengthwise(stmt)))
            return
        rule = RULES.get(stmt.op.name) or KINDS.get(getattr(stmt.op, "kind", ""))
        made = rule(self, build, stmt) if rule and len(stmt.outs) == 1 else None
        if made is None:
            self.one_by_one(stmt, build)
            return
        op, args = made
        out = self.renew(stmt.outs[0])
        if op is BY_NAME["multiply"]:
            hot = [has_axis(a) for a in args]
            if hot.count(True) == 1:
                self.scaled[out] = (args[hot.index(False)], args[hot.index(True)])
        elif op is BY_NAME["negative"]:
            self.scaled[out] = (Const(-1.0), args[0])
        build.add(replace(stmt, outs=(out,), op=op, args=args))

    def lengthwise(self, stmt: Apply) -> tuple[Arg, ...]:
        """The arguments of a question for a length, which is the same for all seeds."""
        x, *axis = stmt.args
        assert isinstance(x, Var)
        after = [Const(a.value + 1) if isinstance(a, Const) else a for a in axis]
        return (self.env[x], *after)

    def one_by_one(self, stmt: Apply, build: Builder) -> None:
        """A loop over the seeds around an operation that has no rule."""
        if getattr(stmt.op, "kind", "") == "zero":
            raise NotBatched(f"{stmt.op.name} of what depends on seeds")
        if any(isinstance(o.type, ListOf) for o in stmt.outs):
            raise NotBatched(f"a list made by {stmt.op.name}")
        inner = build.inner()
        k = Var("k", INT)
        by: dict[Var, Atom] = {}
        for var in dict.fromkeys(variables(stmt.args)):
            if var in self.env:
                if isinstance(var.type, ListOf):
                    raise NotBatched(f"{stmt.op.name} of a list")
                (by[var],) = inner.apply(BY_NAME["getitem"], (self.env[var], k), (var.type,))
        outs = tuple(Var("", o.type) for o in stmt.outs)
        args = tuple(_replaced(a, by) for a in stmt.args)
        inner.add(replace(stmt, outs=outs, args=args))
        lists = tuple(Var("", ListOf(o.type, SEEDS)) for o in stmt.outs)
        space = Range(Const(0), self.count, Const(1))
        build.add(For(lists, space, (), inner.block((k,), outs), False, stmt.at, stmt.adjoint))
        for out, made in zip(stmt.outs, lists):
            build.add(Apply((self.renew(out),), BY_NAME["array"], (made,), stmt.at, stmt.adjoint))

    def branch(self, stmt: If, build: Builder) -> None:
        if self.holds(stmt.test):
            raise NotBatched("a branch on a seed")
        sides = [(region, build.inner()) for region in (stmt.then, stmt.orelse)]
        for region, inner in sides:
            self.block(region.stmts, inner)
        moving = [
            any(self.holds(region.results[k]) for region, _ in sides) for k in range(len(stmt.outs))
        ]
        blocks = []
        for region, inner in sides:
            results = tuple(
                self.wide(inner, r, o.type) if moves else r
                for r, o, moves in zip(region.results, stmt.outs, moving)
            )
            blocks.append(inner.block((), results))
        outs = tuple(self.renew(o) if m else o for o, m in zip(stmt.outs, moving))
        build.add(replace(stmt, outs=outs, then=blocks[0], orelse=blocks[1]))

    def loop(self, stmt: For | While, build: Builder) -> None:
        if isinstance(stmt, For) and self.holds(stmt.over):
            raise NotBatched("a loop whose range depends on seeds")
        count, first = len(stmt.inits), int(stmt.breaks)
        params = carried_params(stmt)
        moving = self.settled(stmt, build)
        inits = tuple(
            self.wide(build, a, p.type) if m else a for a, p, m in zip(stmt.inits, params, moving)
        )
        inner = build.inner()
        heads = tuple(self.renew(p) if m else p for p, m in zip(params, moving))
        self.block(stmt.body.stmts, inner)
        results = list(stmt.body.results)
        if first and self.holds(results[0]):
            raise NotBatched("a break that depends on seeds")
        piled = []
        for k, r in enumerate(results[first:]):
            moves = moving[k] if k < count else self.holds(r)
            piled.append(moves)
            if moves:
                results[first + k] = self.wide(inner, r, params[k].type if k < count else None)
        items = stmt.body.params[: len(stmt.body.params) - count]
        outs = tuple(self.renew(o) if m else o for o, m in zip(stmt.outs, piled))
        body = inner.block((*items, *heads), tuple(results))
        new = replace(stmt, outs=outs, inits=inits, body=body)
        if isinstance(new, While):
            new = replace(new, test=self.test(new.test, heads))
        build.add(new)

    def test(self, test: Block, heads: tuple[Var, ...]) -> Block:
        """A loop's test, which reads nothing that depends on seeds."""
        params = tuple(
            p if p.type == h.type else Var(h.hint, h.type) for p, h in zip(test.params, heads)
        )
        gone = {p for p, q in zip(test.params, params) if p is not q}
        if any(v in gone or v in self.env for v in used(test)):
            raise NotBatched("a loop whose test depends on seeds")
        return replace(test, params=params)

    def settled(self, stmt: For | While, build: Builder) -> list[bool]:
        """Which of the carried values depend on seeds, in some iteration."""
        params = carried_params(stmt)
        moving = [self.holds(a) for a in stmt.inits]
        while True:
            trial = Batch(self.count, dict(self.env))
            for p, m in zip(params, moving):
                if m:
                    trial.renew(p)
            trial.block(stmt.body.stmts, build.inner())
            after = [m or trial.holds(r) for m, r in zip(moving, carried_results(stmt))]
            if after == moving:
                return moving
            moving = after


def has_axis(arg: Arg) -> bool:
    """Whether a value has the axis of the seeds."""
    type = arg.type if isinstance(arg, Var) else None
    shape = type.shape if isinstance(type, Array) else None
    return shape is not None and shape[:1] == (SEEDS,)


def _replaced(arg: Arg, by: Mapping[Var, Atom]) -> Arg:
    if isinstance(arg, Var):
        return by.get(arg, arg)
    if isinstance(arg, Pack):
        return Pack(tuple(_replaced(a, by) for a in arg.items))
    if isinstance(arg, Cut):
        return Cut(*(_replaced(a, by) for a in (arg.start, arg.stop, arg.step)))
    return arg


Made = "tuple[Any, tuple[Arg, ...]] | None"
Rule = Callable[[Batch, Builder, Apply], Any]
RULES: dict[str, Rule] = {}
KINDS: dict[str, Rule] = {}
