"""What is asked of a function that is differentiated: by which arguments, and what is returned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from srcdiff.errors import ArgumentsError, Diagnostic, Span
from srcdiff.ir.core import Var
from srcdiff.ir.types import ListOf, Scalar, differentiable
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.meet import describe
from srcdiff.transform.values import (
    Abstract,
    Record,
    Seq,
    Static,
    is_number,
    leaves,
)

Run = Instantiator
Keywords = tuple[tuple[str, Abstract], ...]


@dataclass(frozen=True)
class Request:
    """What is asked of a function: which arguments, and what to return."""

    kind: str  # "grad", "value_and_grad", "vjp", "jvp"
    function: Any
    name: str
    parameters: tuple[str, ...]
    wrt: tuple[str, ...]
    single: bool  # wrt was one name, not a tuple: the gradient is not in a tuple
    has_aux: bool = False
    star: str = ""  # the *args parameter; its entries are named star[k]
    keywords: str = ""  # the **kwargs parameter
    outputs: tuple[str, ...] = ()  # arguments: what is left in them is differentiated
    one_output: bool = False


class Derived:
    """A derivative made inside a program that is differentiated: grad(lambda z: z * x)."""

    __srcdiff__ = True

    def __init__(self, request: Request):
        self.request = request


def refused(code: str, message: str, at: Span, hint: str = "") -> ArgumentsError:
    return ArgumentsError(Diagnostic(code, message, at, (), hint))


def bound_names(
    request: Request, args: tuple[Abstract, ...], keywords: Keywords
) -> dict[str, Abstract]:
    """The arguments by the names that `wrt` may give."""
    names = request.parameters
    place = names.index(request.star) if request.star else len(names)
    named = dict(zip(names[:place], args))
    if request.star:
        rest = args[place:]
        named[request.star] = Seq("tuple", rest)
        named.update({f"{request.star}[{k}]": a for k, a in enumerate(rest)})
    others = tuple((k, v) for k, v in keywords if k not in names)
    if request.keywords:
        named[request.keywords] = Record(dict, others)
    named.update(keywords)
    return named


def wanted(run: Run, request: Request, named: dict[str, Abstract]) -> list[tuple[str, Abstract]]:
    chosen: list[tuple[str, Abstract]] = []
    for name in request.wrt:
        if name not in named:
            raise refused(
                "SD501", f"{request.name} was not given its argument {name!r}", run.build.at
            )
        a = named[name]
        if not any(differentiable(v.type) for v in leaves(a)) and not is_float(a):
            raise refused(
                "SD502",
                f"the argument {name!r} of {request.name} is {describe(a)}: no derivative with respect to it",
                run.build.at,
                "pass a float or a float array, e.g. 3.0 instead of 3",
            )
        of_floats(run, request, name, a)
        chosen.append((name, a))
    return chosen


def of_floats(run: Run, request: Request, name: str, a: Abstract) -> None:
    """Refuse lists that hold ints beside floats: which entries have a derivative only the run knows."""
    for v in leaves(a):
        element = v.type.element if isinstance(v.type, ListOf) else None
        parts = element.mixed if isinstance(element, Scalar) and differentiable(element) else ()
        if any(np.dtype(dtype).kind not in "fc" for dtype, _ in parts):
            raise refused(
                "SD502",
                f"the argument {name!r} of {request.name} has a list of ints and floats: no derivative "
                "with respect to all of its entries",
                run.build.at,
                "make them floats, e.g. [3.0, 2.0] instead of [3.0, 2], or pass a tuple",
            )


def is_float(a: Abstract) -> bool:
    return is_number(a) and isinstance(a, Static) and isinstance(a.value, (float, complex))


def targets_of(chosen: list[tuple[str, Abstract]]) -> list[Var]:
    return [
        v.atom
        for _, a in chosen
        for v in leaves(a)
        if isinstance(v.atom, Var) and differentiable(v.type)
    ]
