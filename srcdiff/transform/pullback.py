"""Reverse mode from a seed: a function's value, and the cotangents of its arguments.

before   vjp(f, x)
after    the statements of f at x; those of its adjoint, that read a record and the seeds
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from srcdiff.ir.core import Atom, Block, Const, Stmt, Var
from srcdiff.ir.types import differentiable, tangent_type
from srcdiff.ir.walk import copy_block, free
from srcdiff.transform.apart import (
    inline,
    inline_all,
    renaming,
    replaced,
    run_apart,
    run_instead,
    tidied,
)
from srcdiff.transform.build import Builder
from srcdiff.transform.cotangents import cotangent_of, structured, tangent_atom
from srcdiff.transform.dead import prune
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.request import Request, bound_names, targets_of, wanted
from srcdiff.transform.reverse import Calls, sweep_function
from srcdiff.transform.values import (
    Abstract,
    Seq,
    Static,
    Value,
    leaves,
    map_leaves,
    parts,
)

Run = Instantiator


def pulled_back(
    run: Run, request: Request, args: tuple[Abstract, ...], seed: Abstract, calls: Calls
) -> Abstract:
    """The value of f(*args), and the cotangents of the arguments for a cotangent of the value."""
    body = run_apart(run, request, args, ())
    chosen = wanted(run, request, bound_names(request, body.args, ()))
    targets = targets_of(chosen)
    function = tidied(body, tuple(body.outs()))
    outs = list(function.body.results)
    by = renaming(body, args, ())
    varying: list[tuple[Atom, Atom]] = []
    for out, v, given in zip(outs, leaves(body.result), _matched(run, body.result, seed)):
        if given is not None:
            stand_in = Var("seed", tangent_type(v.type))
            by[stand_in] = given
            varying.append((out, stand_in))
    swept = sweep_function(function, targets, varying, calls)
    found = inline(run, (*swept.forward, *swept.adjoint), (*swept.cotangents, *outs), by)
    grads = structured(run, chosen, dict(zip(targets, found)))
    if request.single:
        grads = grads.items[0]  # type: ignore[union-attr]
    rest = iter(found[len(targets) :])
    value = map_leaves(body.result, lambda v: replaced(v, next(rest)))
    body.leave(run, rest)
    return Seq("tuple", (value, grads))


def _matched(run: Run, a: Abstract, d: Abstract) -> Iterator[Atom | None]:
    """For each run-time value in a result that has a derivative its seed, for others None."""
    if isinstance(a, Value):
        yield tangent_atom(run, "the value", a, d) if differentiable(a.type) else None
        return
    for p, q in zip(parts(a), parts(d), strict=True):
        yield from _matched(run, p, q)


@dataclass
class Pair:
    """vjp in two functions: forward returns (result, record), pullback takes (record, seeds)."""

    result: Abstract
    record: tuple[Var, ...]
    seeds: tuple[Var, ...]
    seed: Abstract
    adjoint: Block
    cotangents: Abstract


def pair(run: Run, request: Request, args: tuple[Abstract, ...], calls: Calls) -> Pair:
    """The two halves of a vjp; the forward half is appended to the builder."""
    body = run_apart(run, request, args, ())
    if body.raises:
        run_instead(run, request, args, ())
        run = Instantiator(run.session, run.build.inner())  # what follows is never reached
    chosen = _wanted_any(request, bound_names(request, body.args, ()))
    targets = targets_of(chosen)
    function = tidied(body, tuple(body.outs()))
    outs = list(function.body.results)
    seed = map_leaves(body.result, _seed)
    seeds = [v.atom for v in leaves(seed)]
    varying = [
        (o, s) for o, s, v in zip(outs, seeds, leaves(body.result)) if differentiable(v.type)
    ]
    swept = sweep_function(function, targets, varying, calls)
    by = renaming(body, args, ())
    whole = Block((), (*swept.forward, *swept.adjoint), (*outs, *swept.cotangents))
    kept = prune(whole)
    split = _split(kept.stmts, set(swept.forward), swept)
    forward, adjoint = kept.stmts[:split], kept.stmts[split:]
    back = Block((), adjoint, kept.results[len(outs) :])
    record = tuple(v for v in free(back) if v not in set(seeds))
    done = inline_all(run, Block((), forward, (*outs, *record)), by)
    first = iter(done[: len(outs)])
    value = map_leaves(body.result, lambda v: replaced(v, next(first)))
    body.leave(run, first)
    handed = done[len(outs) :]
    inner = {v: Var(v.hint, v.type) for v in (*record, *seeds) if isinstance(v, Var)}
    copied = copy_block(back, dict(inner))
    found = dict(zip(targets, copied.results))
    build = Builder(lengths=run.build.lengths)
    build.stmts = list(copied.stmts)
    sub = Instantiator(run.session, build)
    cotangents = Seq("tuple", tuple(_pulled(sub, a, found) for _, a in chosen))
    adjoint_block = Block((), tuple(build.stmts), ())
    new_record = tuple(inner[v] for v in record)
    new_seeds = tuple(inner[s] for s in seeds if isinstance(s, Var))
    seed = map_leaves(seed, lambda v: Value(inner[v.atom], v.type))  # type: ignore[index]
    del handed
    return Pair(
        Seq("tuple", (value, Seq("tuple", tuple(_recorded(a) for a in done[len(outs) :])))),
        new_record,
        new_seeds,
        seed,
        adjoint_block,
        cotangents,
    )


def _recorded(atom: Atom) -> Abstract:
    return Static(atom.value) if isinstance(atom, Const) else Value(atom, atom.type)


def _wanted_any(request: Request, named: dict[str, Abstract]) -> list[tuple[str, Abstract]]:
    return [(name, named[name]) for name in request.wrt]


def _pulled(run: Run, a: Abstract, found: dict[Var, Atom]) -> Abstract:
    return cotangent_of(run, a, found)


def _seed(v: Value) -> Value:
    hint = v.atom.hint if isinstance(v.atom, Var) else ""
    return Value(Var(f"b_{hint}" if hint else "seed", v.type), v.type)


def _split(stmts: tuple[Stmt, ...], forward: set[Stmt], swept: Any) -> int:
    """Where the adjoint statements begin."""
    first_adjoint = {v for s in swept.adjoint for v in s.outs}
    for k, stmt in enumerate(stmts):
        if any(o in first_adjoint for o in stmt.outs):
            return k
    return len(stmts)
