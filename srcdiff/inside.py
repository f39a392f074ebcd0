"""What `grad`, `jvp`, ... mean when a differentiated program calls them itself.

before   grad(lambda z: z * z * x)(x)   inside a function of x
after    the statements of the inner gradient, in place (`transform.nested`)
"""

from __future__ import annotations

import functools
import types
from typing import Any

from srcdiff import api
from srcdiff.api.requests import request_for
from srcdiff.ops.syntax import Namespace
from srcdiff.transform.calls import intrinsic
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.meet import describe
from srcdiff.transform.nested import Derived, Request, call_derivative, pushed
from srcdiff.transform.reverse import Calls
from srcdiff.transform.values import Abstract, Closure, Seq, Static

Run = Instantiator
FALSE = Static(False)


def _parameters(run: Run, function: Abstract) -> tuple[str, tuple[str, ...]]:
    """The name of a function and those of its parameters."""
    if isinstance(function, Closure):
        template = function.template
        return template.name, tuple(p.name for p in template.parameters)
    if isinstance(function, Static) and isinstance(function.value, Derived):
        return function.value.request.name, function.value.request.parameters
    if isinstance(function, Static) and callable(function.value):
        request = request_for("grad", function.value, 0)
        return request.name, request.parameters
    raise run.refusal("SD324", f"{describe(function)} cannot be differentiated here")


def _chosen(run: Run, names: tuple[str, ...], wrt: Any) -> tuple[str, ...]:
    chosen = wrt if isinstance(wrt, (tuple, list)) else [wrt]
    try:
        return tuple(w if isinstance(w, str) else names[w] for w in chosen)
    except (IndexError, TypeError):
        raise run.refusal("SD511", f"wrt={wrt!r} names no argument of {names}") from None


def _derived(run: Run, kind: str, function: Abstract, wrt: Abstract, has_aux: Abstract) -> Abstract:
    _ready(run)
    name, names = _parameters(run, function)
    asked = run.static(wrt, "wrt")
    single = not isinstance(asked, (tuple, list))
    aux = bool(run.static(has_aux, "has_aux"))
    return Static(
        Derived(Request(kind, function, name, names, _chosen(run, names, asked), single, aux))
    )


def _ready(run: Run) -> None:
    """Derivatives can be called in the body of a rule as well; such a body reads no data."""
    if run.session.derivative is None:
        run.session.derivative = call_derivative
        run.session.calls = Calls()
        run.session.data = functools.partial(_no_data, run)


def _no_data(run: Run, namespace: Namespace, name: str, value: Any) -> Abstract:
    if callable(value) or isinstance(value, types.ModuleType):
        return Static(value)
    raise run.refusal(
        "SD353",
        f"a rule, or the condition of an implicit function, reads {name!r}, which may change",
        "pass it as an argument",
    )


@intrinsic(api.grad)
def _grad(
    run: Run, function: Abstract, wrt: Abstract = Static(0), *, has_aux: Abstract = FALSE
) -> Abstract:
    return _derived(run, "grad", function, wrt, has_aux)


@intrinsic(api.value_and_grad)
def _value_and_grad(
    run: Run, function: Abstract, wrt: Abstract = Static(0), *, has_aux: Abstract = FALSE
) -> Abstract:
    return _derived(run, "value_and_grad", function, wrt, has_aux)


@intrinsic(api.jvp)
def _jvp(run: Run, function: Abstract, primals: Abstract, tangents: Abstract) -> Abstract:
    if not isinstance(primals, Seq) or not isinstance(tangents, Seq):
        raise run.refusal("SD512", "jvp takes primals and tangents as tuples: jvp(f, (x,), (dx,))")
    name, names = _parameters(run, function)
    names = names[: len(primals.items)]
    if len(names) != len(primals.items) or len(primals.items) != len(tangents.items):
        raise run.refusal("SD512", f"jvp of {name} was not given a tangent for each primal")
    request = Request("jvp", function, name, names, names, False)
    return pushed(run, request, primals.items, tangents.items, run.session.calls)


@intrinsic(api.directional_derivative)
def _directional_derivative(
    run: Run, function: Abstract, x: Abstract, s: Abstract, *args: Abstract
) -> Abstract:
    name, names = _parameters(run, function)
    request = Request("jvp", function, name, names[:1], names[:1], False)
    _ready(run)
    both = pushed(run, request, (x, *args), (s,), run.session.calls)
    assert isinstance(both, Seq)
    return both.items[1]


@intrinsic(api.hvp)
def _hvp(run: Run, function: Abstract, x: Abstract, v: Abstract, *args: Abstract) -> Abstract:
    gradient = _derived(run, "grad", function, Static(0), FALSE)
    return _directional_derivative(run, gradient, x, v, *args)


OUTSIDE = (
    api.vjp,
    api.jacobian,
    api.jacfwd,
    api.jacrev,
    api.hessian,
    api.gauss_newton_product,
    api.divergence,
    api.laplacian,
    api.curl,
    api.sparsity,
    api.taylor,
    api.check_grad,
)


@intrinsic(*OUTSIDE)
def _outside(run: Run, *args: Abstract, **keywords: Abstract) -> Abstract:
    raise run.refusal(
        "SD352",
        "vjp, check_grad and matrices of derivatives inside a differentiated program",
        "grad, value_and_grad, jvp, hvp and directional_derivative can be called there",
    )
