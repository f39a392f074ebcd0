"""Forward mode: a function with the tangent of every varying value computed beside it.

    before   f(x):  t = exp(x); y = multiply(t, x);  return y
    after    f_jvp(x, d_x):  t = exp(x); d_t = multiply(t, d_x); y = multiply(t, x)
                             d_y = add(multiply(x, d_t), multiply(t, d_x));  return y, d_y

Branches and loops hand on the tangents of what they hand on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property, partial

from srcdiff.analysis.activity import Activity, activity
from srcdiff.analysis.partial import partly_undefined
from srcdiff.analysis.types import arg_type
from srcdiff.errors import internal
from srcdiff.ir.core import (
    NEVER,
    UNDEFINED,
    Apply,
    Atom,
    Block,
    Const,
    For,
    Function,
    If,
    Stmt,
    Tree,
    Var,
    While,
    leaf,
)
from srcdiff.ir.text import marked
from srcdiff.ir.types import Type, differentiable, tangent_type
from srcdiff.ir.walk import carried_params, carried_results, copy_block, stacked_results
from srcdiff.ops import python as py
from srcdiff.ops.python import Callee
from srcdiff.transform import rules
from srcdiff.transform.build import Builder
from srcdiff.transform.cotangents import plain_python, strong
from srcdiff.transform.dead import prune
from srcdiff.transform.reverse import Calls, called, transpose

Tangents = dict[Var, Atom]


@dataclass
class Push:
    """One forward sweep over the body of a function."""

    active: Activity
    calls: Calls
    body: Block

    @cached_property
    def plain(self) -> bool:
        """Whether there are none but Python's own numbers."""
        return plain_python(self.body.stmts)

    def moved(self, value: Var) -> Var:
        """A tangent of a value that a branch, a loop or a call gives.

        That of a Python float may be a number of NumPy's, and times a float32 array that is float64.
        """
        type = tangent_type(value.type)
        return Var(tangent_hint(value), type if self.plain else strong(type))

    def block(self, stmts: Iterable[Stmt], tangents: Tangents, out: Builder) -> None:
        """The statements and their tangents into `out`."""
        for stmt in stmts:
            out.at = stmt.at
            with internal("the forward sweep", partial(marked, self.body, stmt)):
                self.statement(stmt, tangents, out)

    def statement(self, stmt: Stmt, tangents: Tangents, out: Builder) -> None:
        if isinstance(stmt, Apply):
            self.apply(stmt, tangents, out)
        elif isinstance(stmt, If):
            self.branch(stmt, tangents, out)
        else:
            self.loop(stmt, tangents, out)

    def apply(self, stmt: Apply, tangents: Tangents, out: Builder) -> None:
        out.add(stmt)
        if stmt.op is py.call:
            self.call(stmt, tangents, out)
            return
        if not any(o in self.active for o in stmt.outs):
            return
        mark = len(out.stmts)
        for o, d in zip(stmt.outs, rules.pushforward(out, stmt, tangents, transpose)):
            if d is not None and differentiable(o.type):
                tangents[o] = self.named(out, mark, o, d)

    def named(self, out: Builder, mark: int, primal: Var, d: Atom) -> Atom:
        """Spell a tangent that was just made d_x."""
        if not isinstance(d, Var) or d.hint or not primal.hint or len(out.stmts) <= mark:
            return d
        last = out.stmts[-1]
        if last.outs != (d,):
            return d
        new = Var(tangent_hint(primal), tangent_type(d.type))
        out.stmts[-1] = replace(last, outs=(new,))
        if isinstance(last, Apply):
            out.definitions[new] = out.stmts[-1]  # type: ignore[assignment]
        return new

    def call(self, stmt: Apply, tangents: Tangents, out: Builder) -> None:
        """A call of a generated function: one of its jvp, instead."""
        callee = called(stmt)
        args = stmt.args[1:]
        wanted = tuple(isinstance(a, Var) and a in tangents for a in args)
        if not any(wanted):
            return
        out.stmts.pop()
        derived = derived_call(self.calls, callee, wanted)
        moving = [tangents[a] for a, w in zip(args, wanted) if w]  # type: ignore[index]
        varying = [o for o in stmt.outs if differentiable(o.type)]
        outs = tuple(map(self.moved, varying))
        out.add(Apply((*stmt.outs, *outs), py.call, (Const(derived), *args, *moving), stmt.at))
        tangents.update(zip(varying, outs))

    def tangent(
        self, out: Builder, atom: Atom, tangents: Tangents, like: Type | None = None
    ) -> Atom:
        """The tangent of an atom; zero when it does not vary."""
        if isinstance(atom, Var) and atom in tangents:
            return tangents[atom]
        if isinstance(atom, Const) and (atom.value is UNDEFINED or atom.value is NEVER):
            return atom
        return out.zero(atom) if isinstance(atom, Var) else Const(0.0)

    def branch(self, stmt: If, tangents: Tangents, out: Builder) -> None:
        moving = [k for k, o in enumerate(stmt.outs) if o in self.active]
        sides = []
        for region in (stmt.then, stmt.orelse):
            build = out.inner()
            mine = dict(tangents)
            self.block(region.stmts, mine, build)
            extra = tuple(self.tangent(build, region.results[k], mine) for k in moving)
            sides.append(build.block((), (*region.results, *extra)))
        outs = tuple(self.moved(stmt.outs[k]) for k in moving)
        out.add(replace(stmt, outs=(*stmt.outs, *outs), then=sides[0], orelse=sides[1]))
        tangents.update(zip((stmt.outs[k] for k in moving), outs))

    def loop(self, stmt: For | While, tangents: Tangents, out: Builder) -> None:
        count, first = len(stmt.inits), int(stmt.breaks)
        params = carried_params(stmt)
        moving = [k for k in range(count) if self.moves(stmt, k)]
        stacked = [k for k in range(count, len(stmt.outs)) if stmt.outs[k] in self.active]
        inits = tuple(self.tangent(out, stmt.inits[k], tangents) for k in moving)
        heads = tuple(self.moved(params[k]) for k in moving)
        mine = {**tangents, **dict(zip((params[k] for k in moving), heads))}
        build = out.inner()
        self.block(stmt.body.stmts, mine, build)
        after = tuple(self.tangent(build, carried_results(stmt)[k], mine) for k in moving)
        piled = tuple(self.tangent(build, stacked_results(stmt)[k - count], mine) for k in stacked)
        results = stmt.body.results
        split = first + count
        body = build.block(
            (*stmt.body.params, *heads), (*results[:split], *after, *results[split:], *piled)
        )
        outs = tuple(self.moved(stmt.outs[k]) for k in moving)
        pile = tuple(self.moved(stmt.outs[k]) for k in stacked)
        everything = (*stmt.outs[:count], *outs, *stmt.outs[count:], *pile)
        new = replace(stmt, outs=everything, inits=(*stmt.inits, *inits), body=body)
        if isinstance(new, While):
            unread = tuple(Var(h.hint, h.type) for h in heads)
            new = replace(new, test=replace(new.test, params=(*new.test.params, *unread)))
        out.add(new)
        tangents.update(zip((stmt.outs[k] for k in moving), outs))
        tangents.update(zip((stmt.outs[k] for k in stacked), pile))

    def moves(self, stmt: For | While, k: int) -> bool:
        return stmt.outs[k] in self.active or carried_params(stmt)[k] in self.active


def tangent_hint(var: Var) -> str:
    """d_x for x; temporaries stay temporaries."""
    return f"d_{var.hint}" if var.hint else ""


@dataclass
class Pushed:
    """A function's statements with tangents among them."""

    stmts: tuple[Stmt, ...]
    tangents: tuple[Atom, ...]  # of the wanted results; zeros for those that do not vary


def push_function(
    function: Function, moving: dict[Var, Atom], outputs: list[Atom], calls: Calls
) -> Pushed:
    """Statements and tangents of a function whose parameters move along given tangents."""
    push = Push(activity(function.body, moving, outputs), calls, function.body)
    out = Builder(adjoint=True, doubtful=partly_undefined(function.body))
    tangents = dict(moving)
    push.block(function.body.stmts, tangents, out)
    finals = tuple(push.tangent(out, o, tangents) for o in outputs)
    return Pushed(tuple(out.stmts), finals)


def derived_call(calls: Calls, callee: Callee, wanted: tuple[bool, ...]) -> Callee:
    """The jvp of a generated function: (args, tangents) -> (results, tangents of results)."""
    key = (callee, "jvp", wanted)
    if key in calls.made:
        return calls.made[key]
    derived = Callee(f"{callee.name}_jvp")
    calls.made[key] = derived
    primal = callee.function
    assert primal is not None
    body = copy_block(Block(primal.params, primal.body.stmts, primal.body.results), {})
    moving = {p: Var(tangent_hint(p) or "d", p.type) for p, w in zip(body.params, wanted) if w}
    outputs = [r for r in body.results if differentiable(arg_type(r))]
    inner = Function(derived.name, body.params, Block((), body.stmts, body.results))
    pushed = push_function(inner, dict(moving), outputs, calls)
    results = (*body.results, *pushed.tangents)
    tree = Tree("tuple", tuple(map(leaf, range(len(results)))))
    whole = prune(Block((), pushed.stmts, results))
    derived.function = Function(
        derived.name, (*body.params, *moving.values()), whole, (), tree, primal.at
    )
    return derived
