"""Derivatives as calls: what calling `grad(f)`, `jvp(f, ...)` means on abstract values.

    before   call(grad(f), x)
    after    the statements of f at x, then those of its adjoint; the value of the call is the gradient

The derivative of a derivative is thus an ordinary call in a program that is differentiated, and the
outermost derivative is one too: `specialise(grad(f), arguments)`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from srcdiff.ir.core import Atom, Const, Var
from srcdiff.ir.types import Scalar, differentiable, tangent_type
from srcdiff.transform.apart import inline, renaming, replaced, run_apart, run_instead, tidied
from srcdiff.transform.cotangents import like, plain_fields, still, structured
from srcdiff.transform.fitting import SEED, fitted, tangent_of
from srcdiff.transform.forward import push_function
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.meet import describe
from srcdiff.transform.request import Request, bound_names, of_floats, refused, targets_of, wanted
from srcdiff.transform.reverse import Calls, sweep_function
from srcdiff.transform.values import (
    Abstract,
    Seq,
    Static,
    Value,
    is_number,
    leaves,
    map_leaves,
)

Run = Instantiator
Keywords = tuple[tuple[str, Abstract], ...]


def gradient(
    run: Run, request: Request, args: tuple[Abstract, ...], keywords: Keywords, calls: Calls
) -> Abstract:
    """The value of grad(f)(*args) or value_and_grad(f)(*args)."""
    wanted(run, request, bound_names(request, args, keywords))
    body = run_apart(run, request, args, keywords)
    if body.raises:
        return run_instead(run, request, args, keywords)
    value, aux = _objective(run, request, body.result)
    named = bound_names(request, body.args, tuple(body.named.items()))
    chosen = wanted(run, request, named)
    targets = targets_of(chosen)
    atom = value.atom if isinstance(value, Value) else Const(0.0)
    left = [v.atom for _, held in body.left for v in leaves(held)]
    function = tidied(body, (atom, *(v.atom for v in leaves(aux)), *left))
    atom = function.body.results[0]
    calls.final = run.session.final
    swept = sweep_function(function, targets, [(atom, Const(1.0))], calls)
    calls.final = False
    extra = function.body.results
    by = renaming(body, args, keywords)
    found = inline(run, (*swept.forward, *swept.adjoint), (*swept.cotangents, *extra), by)
    count = len(targets)
    grads = structured(run, chosen, dict(zip(targets, found[:count])))
    if request.single:
        grads = grads.items[0]  # type: ignore[union-attr]
    rest = iter(found[count:] if isinstance(value, Value) else found[count + 1 :])
    values = map_leaves(Seq("tuple", (value, aux)), lambda v: replaced(v, next(rest)))
    assert isinstance(values, Seq)
    body.leave(run, rest)
    return _arranged(request, values.items[0], values.items[1], grads)


def _arranged(request: Request, value: Abstract, aux: Abstract, grads: Abstract) -> Abstract:
    if request.kind == "grad":
        return Seq("tuple", (grads, aux)) if request.has_aux else grads
    first = Seq("tuple", (value, aux)) if request.has_aux else value
    return Seq("tuple", (first, grads))


def _objective(run: Run, request: Request, result: Abstract) -> tuple[Abstract, Abstract]:
    """The scalar to differentiate, and what comes with it."""
    aux: Abstract = Seq("tuple", ())
    if request.has_aux:
        if not (isinstance(result, Seq) and len(result.items) == 2):
            raise refused(
                "SD503",
                f"with has_aux, {request.name} returns (value, aux), not {_returned(result)}",
                run.build.at,
            )
        result, aux = result.items
    run.sound(result)
    real = (
        isinstance(result, Value)
        and isinstance(result.type, Scalar)
        and result.type.dtype.startswith("float")
    )
    if not real and not (is_number(result) and not isinstance(result.value, complex)):  # type: ignore[union-attr]
        raise refused(
            "SD504",
            f"{request.name} returns {_returned(result)}, and a gradient needs one real number",
            run.build.at,
            "sum the result, or use jacobian, vjp or jvp",
        )
    return result, aux


def _returned(a: Abstract) -> str:
    return f"a value {describe(a)}" if isinstance(a, Value) else describe(a)


def pushed(
    run: Run,
    request: Request,
    args: tuple[Abstract, ...],
    tangents: tuple[Abstract, ...],
    calls: Calls,
    trust: bool = False,
) -> Abstract:
    """The value of jvp(f, args, tangents): (result, tangent of the result).

    trust: the tangents have the structure and shapes of the arguments
    """
    body = run_apart(run, request, args, ())
    if body.raises:
        return run_instead(run, request, args, ())
    moving: dict[Var, Atom] = {}
    for name, a, old, d in zip(request.parameters, body.args, args, tangents, strict=False):
        if _moving(a):
            of_floats(run, request, name, old)
        moving.update(zip(_moving(a), fitted(run, tangent_of(name, trust), a, old, d)))
    by = renaming(body, args, ())
    stand_ins = {v: Var(f"d_{v.hint}" if v.hint else "", tangent_type(v.type)) for v in moving}
    function = tidied(body, tuple(body.outs()))
    outs = list(function.body.results)
    varying = [o for o, v in zip(outs, leaves(body.result)) if differentiable(v.type)]
    swept = push_function(function, dict(stand_ins), varying, calls)
    by.update({stand_ins[v]: d for v, d in moving.items()})
    found = inline(run, swept.stmts, (*outs, *swept.tangents), by)
    first, second = iter(found[: len(outs)]), iter(found[len(outs) :])
    value = map_leaves(body.result, lambda v: replaced(v, next(first)))
    body.leave(run, first)

    def tangent(v: Value) -> Abstract:
        return like(run, next(second), v.type) if differentiable(v.type) else Static(0)

    return Seq("tuple", (value, map_leaves(still(plain_fields(body.result)), tangent)))


def _moving(a: Abstract) -> list[Var]:
    """The variables in an argument that have a tangent."""
    return [v.atom for v in leaves(a) if differentiable(v.type) and isinstance(v.atom, Var)]


def pulled_back(
    run: Run, request: Request, args: tuple[Abstract, ...], seed: Abstract, calls: Calls
) -> Abstract:
    """The value of f(*args), and the cotangents of the arguments for a seed, which is trusted."""
    body = run_apart(run, request, args, ())
    chosen = wanted(run, request, bound_names(request, body.args, ()))
    targets = targets_of(chosen)
    function = tidied(body, tuple(body.outs()))
    outs = list(function.body.results)
    by = renaming(body, args, ())
    given = fitted(run, replace(SEED, trusted=True), body.result, body.result, seed)
    varying: list[tuple[Atom, Atom]] = []
    for out, v in zip(outs, leaves(body.result)):
        if differentiable(v.type):
            stand_in = Var("seed", tangent_type(v.type))
            by[stand_in] = next(given)
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


def call_derivative(
    run: Run, derivative: Any, args: tuple[Abstract, ...], keywords: Keywords
) -> Abstract:
    """What calling a derivative object means: the index of kinds."""
    request: Request = derivative.request
    calls = run.session.calls
    if request.kind == "jvp":
        half = len(args) // 2
        return pushed(run, request, args[:half], args[half:], calls, trust=True)
    if request.kind == "vjp":
        return pulled_back(run, request, args[:-1], args[-1], calls)
    return gradient(run, request, args, keywords, calls)
