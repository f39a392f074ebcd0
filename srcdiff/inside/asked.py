"""What a program asks of a function that it differentiates itself, resolved against its parameters.

before   grad(f, "w"), with f a function that the program knows or makes
after    a Request (`transform.request`)
"""

from __future__ import annotations

import functools
import inspect
import types
from dataclasses import dataclass
from typing import Any

from srcdiff.api.requests import request_for
from srcdiff.ops.syntax import Namespace
from srcdiff.transform.calls import parameters_of
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.meet import describe
from srcdiff.transform.nested import call_derivative
from srcdiff.transform.outside import class_attribute
from srcdiff.transform.request import Derived, Request
from srcdiff.transform.reverse import Calls
from srcdiff.transform.values import Abstract, Choice, Closure, Made, Method, Record, Seq, Static

Run = Instantiator
Kind = inspect.Parameter
FALSE, NONE = Static(False), Static(None)


@dataclass(frozen=True)
class Matrix:
    """A Jacobian or a Hessian made inside a program that is differentiated."""

    __srcdiff_matrix__: Request
    mode: str = "auto"


@dataclass(frozen=True)
class Parameters:
    """A function's name and those of its parameters; `star` and `keywords` as in a Request."""

    function: str
    names: tuple[str, ...]
    star: str = ""
    keywords: str = ""


def ready(run: Run) -> None:
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


def parameters(run: Run, function: Abstract) -> Parameters:
    """The parameters of a function as the program calls it."""
    if isinstance(function, Closure):
        template = function.template
        kinds = [(p.name, p.kind) for p in template.parameters]
        return _of_kinds(template.name, kinds)
    if isinstance(function, Choice):
        return parameters(run, function.then)
    if isinstance(function, (Method, Record)):
        return _of_bound(run, function)
    if isinstance(function, Static) and isinstance(function.value, (Derived, Matrix)):
        return _of_request(_request_of(function.value))
    if isinstance(function, Static) and callable(function.value):
        return _of_request(request_for("grad", function.value, 0))
    raise run.refusal("SD324", f"{describe(function)} cannot be differentiated here")


def _request_of(made: Derived | Matrix) -> Request:
    return made.request if isinstance(made, Derived) else made.__srcdiff_matrix__


def _of_request(request: Request) -> Parameters:
    return Parameters(request.name, request.parameters, request.star, request.keywords)


def _of_kinds(function: str, kinds: list[tuple[str, Any]]) -> Parameters:
    star = next((name for name, kind in kinds if kind is Kind.VAR_POSITIONAL), "")
    rest = next((name for name, kind in kinds if kind is Kind.VAR_KEYWORD), "")
    return Parameters(function, tuple(name for name, _ in kinds), star, rest)


def _of_bound(run: Run, function: Method | Record) -> Parameters:
    """A method without the object it is bound to."""
    target, first = getattr(function, "target", None), 1
    if isinstance(function, Record):
        target = class_attribute(run, function.cls, "__call__")
    if isinstance(target, Made):
        target, first = target.handler, 3
    if not isinstance(target, types.FunctionType):
        raise run.refusal(
            "SD324", f"{describe(function)} cannot be differentiated here", "wrap it in a lambda"
        )
    found = list(parameters_of(target).parameters.values())[first:]
    return _of_kinds(target.__name__, [(p.name, p.kind) for p in found])


def asked(
    run: Run,
    kind: str,
    function: Abstract,
    wrt: Abstract = Static(0),
    has_aux: Abstract = FALSE,
) -> Request:
    """The request for a derivative by some arguments."""
    ready(run)
    p = parameters(run, function)
    which = run.static(wrt, "wrt")
    single = not isinstance(which, (tuple, list))
    chosen = tuple(_named(run, p, w) for w in ([which] if single else which))
    if not chosen or len(set(chosen)) != len(chosen):
        raise run.refusal("SD511", f"wrt={which!r} names no argument, or one twice")
    aux = bool(run.static(has_aux, "has_aux"))
    return Request(kind, function, p.function, p.names, chosen, single, aux, p.star, p.keywords)


def _named(run: Run, p: Parameters, which: Any) -> str:
    """The name of the argument that a position or a name means; entries of *args are args[k]."""
    place = p.names.index(p.star) if p.star else len(p.names)
    if type(which) is int and p.star and which >= place:
        return f"{p.star}[{which - place}]"
    if type(which) is int and -len(p.names) <= which < len(p.names):
        return p.names[which]
    if isinstance(which, str) and which in p.names:
        return which
    raise run.refusal("SD511", f"wrt={which!r} names no argument of {p.names}")


def product(
    run: Run, kind: str, function: Abstract, count: int, outputs: Abstract = NONE
) -> Request:
    """The request for a product with the Jacobian by `count` positional arguments."""
    ready(run)
    p = parameters(run, function)
    names = _positional(run, p, count)
    which = run.static(outputs, "outputs")
    one = not isinstance(which, (tuple, list))
    left = () if which is None else tuple(_named(run, p, w) for w in ([which] if one else which))
    return Request(kind, function, p.function, names, names, False, outputs=left, one_output=one)


def _positional(run: Run, p: Parameters, count: int) -> tuple[str, ...]:
    names = [n for n in p.names if n not in (p.star, p.keywords)]
    if p.star:
        place = p.names.index(p.star)
        names = names[:place] + [f"{p.star}_{k}" for k in range(count - place)]
    if count > len(names):
        raise run.refusal("SD512", f"{count} primals for {p.function}, which takes {len(names)}")
    return tuple(names[:count])


def held(value: Abstract, *others: Abstract) -> Abstract:
    """What a function made by the compiler is bound to."""
    return Seq("tuple", (value, *others))
