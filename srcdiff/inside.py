"""What `grad`, `jvp`, ... mean when a differentiated program calls them itself.

before   grad(lambda z: z * z * x)(x)   inside a function of x
after    the statements of the inner gradient, in place (`transform.nested`)
"""

from __future__ import annotations

import functools
import types
from dataclasses import dataclass
from typing import Any

import numpy as np

from srcdiff import api
from srcdiff.api.arrange import from_text
from srcdiff.api.requests import request_for
from srcdiff.ops.syntax import Namespace
from srcdiff.transform.calls import MATRIX, intrinsic
from srcdiff.transform.functions import call_function
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.meet import describe
from srcdiff.transform.nested import call_derivative, pushed
from srcdiff.transform.pullback import value_and_pullback
from srcdiff.transform.request import Derived, Request
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


@intrinsic(api.vjp)
def _vjp(
    run: Run, function: Abstract, *primals: Abstract, outputs: Abstract = Static(None)
) -> Abstract:
    _ready(run)
    name, names = _parameters(run, function)
    names = names[: len(primals)]
    if len(names) != len(primals):
        raise run.refusal("SD512", f"{len(primals)} primals for {name}, which takes {len(names)}")
    asked = run.static(outputs, "outputs")
    left = () if asked is None else _chosen(run, names, asked)
    one = not isinstance(asked, (tuple, list))
    request = Request("vjp", function, name, names, names, False, outputs=left, one_output=one)
    return value_and_pullback(run, request, primals, run.session.calls)


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


# --- matrices: programs of their own, put in place ------------------------------------------------


@dataclass(frozen=True)
class Matrix:
    """A Jacobian or a Hessian made inside a program that is differentiated."""

    __srcdiff_matrix__: Request


def _matrix(run: Run, kind: str, function: Abstract, wrt: Abstract) -> Abstract:
    _ready(run)
    name, names = _parameters(run, function)
    asked = run.static(wrt, "wrt")
    single = not isinstance(asked, (tuple, list))
    return Static(Matrix(Request(kind, function, name, names, _chosen(run, names, asked), single)))


@intrinsic(api.jacobian)
def _jacobian(
    run: Run,
    function: Abstract,
    wrt: Abstract = Static(0),
    *,
    mode: Abstract = Static("auto"),
    sparse: Abstract = FALSE,
) -> Abstract:
    kind = "sparse" if run.static(sparse, "sparse") else "jacobian"
    return _matrix(run, kind, function, wrt)


@intrinsic(api.jacfwd, api.jacrev)
def _jacfwd(run: Run, function: Abstract, wrt: Abstract = Static(0)) -> Abstract:
    return _matrix(run, "jacobian", function, wrt)


@intrinsic(api.hessian)
def _hessian(
    run: Run, function: Abstract, wrt: Abstract = Static(0), *, sparse: Abstract = FALSE
) -> Abstract:
    kind = "sparse" if run.static(sparse, "sparse") else "hessian"
    return _matrix(run, kind, function, wrt)


def _called(run: Run, request: Request, args: tuple[Abstract, ...], keywords: Any) -> Abstract:
    """jacobian(f)(*args) and hessian(f)(*args), column by column."""
    place = request.parameters.index(request.wrt[0]) if request.single else -1
    if request.kind not in ("jacobian", "hessian") or keywords or not 0 <= place < len(args):
        raise _not_here(run)
    _ready(run)
    function = request.function
    callee: Abstract = function if isinstance(function, (Static, Closure)) else Static(function)
    if request.kind == "hessian":
        callee = _derived(run, "grad", callee, Static(place), FALSE)
    return _in_place(run, COLUMNS, callee, args, place)


MATRIX.append(_called)
COLUMNS = """\
def matrix(f, {names}):
    if np.ndim({x}) == 0:
        return directional_derivative(lambda t: f({moved}), {x}, 1.0)
    columns = [
        directional_derivative(lambda t: f({moved}), {x}, np.reshape(unit, np.shape({x})))
        for unit in np.eye(np.size({x}))
    ]
    stacked = np.stack(columns, axis=-1)
    return np.reshape(stacked, np.shape(stacked)[:-1] + np.shape({x}))
"""
TRACE = """\
def matrix(f, {names}):
    if np.ndim({x}) == 0:
        return directional_derivative(lambda t: f({moved}), {x}, 1.0)
    total = 0.0
    for unit in np.eye(np.size({x})):
        along = np.reshape(unit, np.shape({x}))
        total = total + np.sum(along * directional_derivative(lambda t: f({moved}), {x}, along))
    return total
"""
_TEXTS: dict[tuple[str, int, int], Any] = {}


def _in_place(
    run: Run, text: str, callee: Abstract, args: tuple[Abstract, ...], place: int
) -> Abstract:
    """A program of a function and its arguments, by the argument at a place."""
    key = text, len(args), place
    if key not in _TEXTS:
        names = [f"x{k}" for k in range(len(args))]
        moved = ", ".join("t" if k == place else n for k, n in enumerate(names))
        full = text.format(names=", ".join(names), x=names[place], moved=moved)
        scope = {"np": np, "directional_derivative": api.directional_derivative}
        _TEXTS[key] = from_text(full, "matrix", scope)
    return call_function(run, _TEXTS[key], (callee, *args), ())


@intrinsic(api.divergence)
def _divergence(run: Run, field: Abstract, x: Abstract, *args: Abstract) -> Abstract:
    _ready(run)
    return _in_place(run, TRACE, field, (x, *args), 0)


@intrinsic(api.laplacian)
def _laplacian(run: Run, function: Abstract, x: Abstract, *args: Abstract) -> Abstract:
    gradient = _derived(run, "grad", function, Static(0), FALSE)
    return _in_place(run, TRACE, gradient, (x, *args), 0)


OUTSIDE = (
    api.gauss_newton_product,
    api.curl,
    api.sparsity,
    api.taylor,
    api.check_grad,
)


@intrinsic(*OUTSIDE)
def _outside(run: Run, *args: Abstract, **keywords: Abstract) -> Abstract:
    raise _not_here(run)


def _not_here(run: Run) -> Exception:
    return run.refusal(
        "SD352",
        "vjp, check_grad, sparse matrices, and matrices by several arguments or by keyword, inside a "
        "differentiated program",
        "grad, value_and_grad, jvp, hvp, directional_derivative, and jacobian and hessian by one "
        "argument can be called there",
    )
