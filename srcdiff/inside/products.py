"""grad, vjp, jvp and other products with derivatives, called by a program that is differentiated.

before   grad(lambda z: z * z * x)(x)   inside a function of x
after    the statements of the inner gradient, in place (`transform.nested`)
"""

from __future__ import annotations

from srcdiff import api
from srcdiff.api.seeds import fitted_seed
from srcdiff.inside import programs
from srcdiff.inside.asked import FALSE, NONE, asked, product, ready
from srcdiff.inside.moved import moved, put, ran, refuse_changes
from srcdiff.ir.types import differentiable
from srcdiff.transform.apart import replaced
from srcdiff.transform.calls import intrinsic
from srcdiff.transform.fitting import SEED, fitted
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.nested import pushed
from srcdiff.transform.pullback import value_and_pullback
from srcdiff.transform.request import Derived
from srcdiff.transform.values import Abstract, Seq, Static, map_leaves

Run = Instantiator


@intrinsic(api.grad)
def _grad(
    run: Run, function: Abstract, wrt: Abstract = Static(0), *, has_aux: Abstract = FALSE
) -> Abstract:
    return Static(Derived(asked(run, "grad", function, wrt, has_aux)))


@intrinsic(api.value_and_grad)
def _value_and_grad(
    run: Run, function: Abstract, wrt: Abstract = Static(0), *, has_aux: Abstract = FALSE
) -> Abstract:
    return Static(Derived(asked(run, "value_and_grad", function, wrt, has_aux)))


@intrinsic(api.vjp)
def _vjp(run: Run, function: Abstract, *primals: Abstract, outputs: Abstract = NONE) -> Abstract:
    request = product(run, "vjp", function, len(primals), outputs)
    return value_and_pullback(run, request, primals, run.session.calls)


@intrinsic(api.jvp)
def _jvp(
    run: Run,
    function: Abstract,
    primals: Abstract,
    tangents: Abstract,
    *,
    outputs: Abstract = NONE,
) -> Abstract:
    if not isinstance(primals, Seq) or not isinstance(tangents, Seq):
        raise run.refusal("SD512", "jvp takes primals and tangents as tuples: jvp(f, (x,), (dx,))")
    if len(primals.items) != len(tangents.items):
        raise run.refusal("SD512", "jvp was not given a tangent for each primal")
    request = product(run, "jvp", function, len(primals.items), outputs)
    return pushed(run, request, primals.items, tangents.items, run.session.calls)


@intrinsic(fitted_seed)
def _fitted_seed(run: Run, value: Abstract, seed: Abstract, where: Abstract) -> Abstract:
    """In a pullback that was made outside of the program."""
    found = fitted(run, SEED, value, value, seed)
    return map_leaves(value, lambda v: replaced(v, next(found)) if differentiable(v.type) else v)


@intrinsic(api.directional_derivative)
def _directional_derivative(
    run: Run, function: Abstract, x: Abstract, s: Abstract, *args: Abstract
) -> Abstract:
    request = product(run, "jvp", function, 1 + len(args))
    both = pushed(run, request, (x, *args), (s,), run.session.calls)
    return both.items[1] if isinstance(both, Seq) else both


@intrinsic(api.hvp)
def _hvp(run: Run, function: Abstract, x: Abstract, v: Abstract, *args: Abstract) -> Abstract:
    return _directional_derivative(run, _grad(run, function), x, v, *args)


@intrinsic(api.gauss_newton_product)
def _gauss_newton_product(
    run: Run,
    residual: Abstract,
    x: Abstract,
    v: Abstract,
    *args: Abstract,
    loss: Abstract = NONE,
) -> Abstract:
    ready(run)
    by_first = moved(residual, 0, (x, *args))
    refuse_changes(run, ran(run, by_first, x))
    if isinstance(loss, Static) and loss.value is None:
        return put(run, programs.gauss_newton, by_first, x, v)
    return put(run, programs.gauss_newton_of_loss, by_first, loss, x, v)
