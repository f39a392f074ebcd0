"""Reverse mode in two halves: a function's value with a record, and the cotangents for a seed.

    before   y, pullback = vjp(f, x); pullback(b_y)
    after    the statements of f at x, with what the adjoint needs; where the pullback is called those
             of the adjoint, which read the record and the seed

To the generated code outside of a program the halves are two functions (`api.products`). Inside of one
the pullback is a function bound to its record, as a bound method is to its object: it can be called
any number of times, kept in a list, handed on by a branch or a loop.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from srcdiff.analysis.partial import partly_undefined
from srcdiff.analysis.types import arg_type
from srcdiff.ir.core import Atom, Block, Const, Stmt, Var
from srcdiff.ir.types import RECORD, Array, ListOf, Scalar, Type, differentiable, fresh_dim
from srcdiff.ir.walk import copy_block, free
from srcdiff.ops import python as py
from srcdiff.ops.table import BY_NAME
from srcdiff.transform.apart import (
    inline_all,
    renaming,
    replaced,
    run_apart,
    run_instead,
    tidied,
)
from srcdiff.transform.build import Builder
from srcdiff.transform.cotangents import cotangent_of
from srcdiff.transform.dead import prune
from srcdiff.transform.fitting import SEED, fitted
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.likeness import Lengths, same_but_for_names
from srcdiff.transform.memory import untagged
from srcdiff.transform.request import Request, bound_names, targets_of
from srcdiff.transform.reverse import Calls, Reversed, sweep_function
from srcdiff.transform.values import (
    Abstract,
    Made,
    Method,
    Seq,
    Static,
    Value,
    leaves,
    map_leaves,
)

Run = Instantiator


@dataclass(eq=False)
class Adjoint(Made):
    """The second half of a vjp: statements from a record and seeds to cotangents."""

    name: str
    record: tuple[Var, ...]
    seed: Abstract  # in the structure of the value
    block: Block  # its results are the run-time values in the cotangents
    cotangents: Abstract

    def __str__(self) -> str:
        seeds = ", ".join(str(v.type) for v in self.seeds())
        return f"the pullback of {self.name} for {seeds or 'nothing'}"

    def seeds(self) -> list[Var]:
        """The variables of the seed."""
        return [v.atom for v in leaves(self.seed) if isinstance(v.atom, Var)]


@dataclass
class Halves:
    """The first half of a vjp, done: what it gives; and the second."""

    value: Abstract
    record: tuple[Abstract, ...]
    adjoint: Adjoint


def halves(run: Run, request: Request, args: tuple[Abstract, ...], calls: Calls) -> Halves:
    """The two halves of a vjp; the first is appended to the builder."""
    body = run_apart(run, request, args, ())
    if body.raises:
        run_instead(run, request, args, ())
        run = Instantiator(run.session, run.build.inner())  # what follows is never reached
    named = bound_names(request, body.args, ())
    chosen = [(name, named[name]) for name in request.wrt]
    targets = targets_of(chosen)
    function = tidied(body, tuple(body.outs()))
    outs = list(function.body.results)
    seed = map_leaves(body.result, _seed)
    seeds = [v.atom for v in leaves(seed)]
    varying = [
        (o, s) for o, s, v in zip(outs, seeds, leaves(body.result)) if differentiable(v.type)
    ]
    calls.final = run.session.final
    swept = sweep_function(function, targets, varying, calls)
    calls.final = False
    forward, back = _split(swept, outs)
    record = tuple(v for v in free(back) if v not in set(seeds))
    nested = any(v.type == RECORD for v in record)
    by = {v: _unshared(run, a, nested) for v, a in renaming(body, args, ()).items()}
    done = inline_all(run, Block((), forward, (*outs, *record)), by)
    first = iter(done[: len(outs)])
    value = map_leaves(body.result, lambda v: replaced(v, next(first)))
    body.leave(run, first)
    handed = tuple(
        Static(a.value) if isinstance(a, Const) else Value(a, a.type) for a in done[len(outs) :]
    )
    split = _handed(record, forward), forward, back
    adjoint = _adjoint(run, request.name, seed, split, (chosen, targets))
    return Halves(value, handed, adjoint)


def _handed(record: tuple[Var, ...], forward: tuple[Stmt, ...]) -> dict[Var, Var]:
    """What the second half takes for the record. What may be unbound has lengths of its own there:
    nothing else is told to be as long as something that is not there."""
    unbound = partly_undefined(Block((), forward, ()))
    return {v: Var(v.hint, _own_lengths(v.type) if v in unbound else v.type) for v in record}


def _own_lengths(type: Type) -> Type:
    if isinstance(type, ListOf):
        return replace(type, element=_own_lengths(type.element))
    if not isinstance(type, Array) or type.shape is None:
        return type
    return replace(type, shape=tuple(fresh_dim(str(k)) for k in range(len(type.shape))))


def _unshared(run: Run, atom: Atom, nested: bool) -> Atom:
    """An argument that the caller may change between the halves: of rank 0, or put into a record
    by a function that is called."""
    if not isinstance(atom, Var):
        return atom
    if isinstance(atom.type, Scalar) and atom.type.rank0:
        return run.build.value(BY_NAME["array"], (atom,), atom.type, atom.hint)
    if nested and isinstance(atom.type, Array):
        return run.build.value(py.copy, (atom,), atom.type, atom.hint)
    return atom


def _split(swept: Reversed, outs: list[Atom]) -> tuple[tuple[Stmt, ...], Block]:
    """The forward statements that are needed, and those of the adjoint with the cotangents."""
    whole = Block((), (*swept.forward, *swept.adjoint), (*outs, *swept.cotangents))
    kept = prune(whole)
    first_adjoint = {v for s in swept.adjoint for v in s.outs}
    begins = (k for k, s in enumerate(kept.stmts) if any(o in first_adjoint for o in s.outs))
    split = next(begins, len(kept.stmts))
    return kept.stmts[:split], Block((), kept.stmts[split:], kept.results[len(outs) :])


def _seed(v: Value) -> Value:
    hint = v.atom.hint if isinstance(v.atom, Var) else ""
    return Value(Var(f"b_{hint}" if hint else "seed", v.type), v.type)


def _adjoint(
    run: Run,
    name: str,
    seed: Abstract,
    split: tuple[dict[Var, Var], tuple[Stmt, ...], Block],
    wanted: tuple[list[tuple[str, Abstract]], list[Var]],
) -> Adjoint:
    """The second half, on variables of its own."""
    (record, forward, back), (chosen, targets) = split, wanted
    seeds = [v.atom for v in leaves(seed)]
    inner = record | {v: Var(v.hint, v.type) for v in seeds if isinstance(v, Var)}
    copied = copy_block(back, dict(inner))
    build = Builder(lengths=run.build.lengths)
    build.stmts = list(copied.stmts)
    sub = Instantiator(run.session, build)
    found = dict(zip(targets, copied.results))
    cotangents = Seq("tuple", tuple(cotangent_of(sub, a, found, forward) for _, a in chosen))
    results = tuple(v.atom for v in leaves(cotangents))
    return Adjoint(
        name,
        tuple(record.values()),
        map_leaves(seed, lambda v: Value(inner[v.atom], v.type)),  # type: ignore[index]
        Block((), tuple(build.stmts), results),
        cotangents,
    )


# --- pullbacks as values in a program -------------------------------------------------------------


def value_and_pullback(
    run: Run, request: Request, args: tuple[Abstract, ...], calls: Calls
) -> Abstract:
    """The value of vjp(f, *args): the value of f, and a function of a seed."""
    made = halves(run, request, args, calls)
    adjoint = _known(run, made.adjoint)
    owner = Seq("tuple", (Seq("tuple", made.record), untagged(made.value)))
    return Seq("tuple", (made.value, Method(owner, adjoint)))


def _known(run: Run, made: Adjoint) -> Adjoint:
    """The adjoint, or one made before of the same statements: paths that meet hand on the same."""
    for known in run.session.adjoints:
        if _alike(known, made):
            return known  # type: ignore[no-any-return]
    run.session.adjoints.append(made)
    return made


def _alike(a: Adjoint, b: Adjoint) -> bool:
    one, other = ((x.record, tuple(x.seeds()), x.seed, x.block, x.cotangents) for x in (a, b))
    return same_but_for_names(one, other, {})


def _pulled(run: Run, made: Abstract, owner: Abstract, seed: Abstract) -> Abstract:
    """pullback(seed): the statements of the adjoint, in place."""
    assert isinstance(made, Static) and isinstance(owner, Seq)
    adjoint: Adjoint = made.value
    record, value = owner.items
    assert isinstance(record, Seq)
    atoms = [_of_record(run, held) for held in record.items]
    block, lengths = _fitted_block(adjoint, atoms, value)
    by: dict[Var, Atom] = dict(zip(adjoint.record, atoms))
    seeds = (s for s in adjoint.seeds() if differentiable(s.type))
    by.update(zip(seeds, fitted(run, SEED, adjoint.seed, value, seed)))
    found = iter(inline_all(run, block, by))

    def cotangent(v: Value) -> Abstract:
        atom, type = next(found), v.type if lengths is None else lengths.type(v.type)
        return replaced(Value(atom, type, v.length if lengths is None else None), atom)

    return map_leaves(adjoint.cotangents, cotangent)


Adjoint.handler = staticmethod(_pulled)


def _of_record(run: Run, held: Abstract) -> Atom:
    run.sound(held)
    return run.atom(held)


def _fitted_block(
    adjoint: Adjoint, atoms: list[Atom], value: Abstract
) -> tuple[Block, Lengths | None]:
    """The adjoint's statements for a record of other lengths than it was made for.

    Paths that meet hand on one record only if they made it for one adjoint, or for two that differ in
    names only; so it has the types that the adjoint was made for, but for the names of lengths.
    """
    lengths = Lengths()
    types = [arg_type(a) for a in atoms]
    same = [lengths.learn(var.type, type) for var, type in zip(adjoint.record, types)]
    for own, given in zip(leaves(adjoint.seed), leaves(value)):
        lengths.learn(own.type, given.type)
    assert all(same), (adjoint.record, types)
    if not lengths.by:
        return adjoint.block, None
    return lengths.block(adjoint.block), lengths
