"""Jacobians, Hessians and what is made of their entries, called by a program that is differentiated.

before   jacobian(f)(x)
after    the statements of `programs.columns`, or of `programs.rows`, in place
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from srcdiff import api
from srcdiff.inside import programs
from srcdiff.inside.asked import FALSE, Matrix, asked, ready
from srcdiff.inside.moved import along, moved, put, ran, refuse_changes
from srcdiff.ir.types import Array, ListOf, Scalar, differentiable
from srcdiff.ops import syntax as sx
from srcdiff.transform.apart import callee_of
from srcdiff.transform.calls import MATRIX, intrinsic
from srcdiff.transform.functions import Keywords
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.meet import describe
from srcdiff.transform.request import Derived, Request
from srcdiff.transform.values import (
    Abstract,
    Seq,
    Static,
    Value,
    is_number,
    map_leaves,
)

Run = Instantiator
AUTO = Static("auto")


def _matrix(
    run: Run, kind: str, function: Abstract, wrt: Abstract, mode: str, sparse: Abstract
) -> Abstract:
    if run.static(sparse, "sparse"):
        raise _sparse(run)
    return Static(Matrix(asked(run, kind, function, wrt), mode))


def _sparse(run: Run) -> Exception:
    return run.refusal(
        "SD352",
        "a sparse matrix inside a differentiated program: it is an object of SciPy, which has no "
        "derivative",
        "leave sparse=True out there",
    )


@intrinsic(api.jacobian)
def _jacobian(
    run: Run,
    function: Abstract,
    wrt: Abstract = Static(0),
    *,
    mode: Abstract = AUTO,
    sparse: Abstract = FALSE,
) -> Abstract:
    return _matrix(run, "jacobian", function, wrt, run.static(mode, "mode"), sparse)


@intrinsic(api.jacfwd)
def _jacfwd(run: Run, function: Abstract, wrt: Abstract = Static(0)) -> Abstract:
    return _matrix(run, "jacobian", function, wrt, "forward", FALSE)


@intrinsic(api.jacrev)
def _jacrev(run: Run, function: Abstract, wrt: Abstract = Static(0)) -> Abstract:
    return _matrix(run, "jacobian", function, wrt, "reverse", FALSE)


@intrinsic(api.hessian)
def _hessian(
    run: Run, function: Abstract, wrt: Abstract = Static(0), *, sparse: Abstract = FALSE
) -> Abstract:
    return _matrix(run, "hessian", function, wrt, "forward", sparse)


def _called(run: Run, made: Any, args: tuple[Abstract, ...], keywords: Keywords) -> Abstract:
    """jacobian(f)(*args) and hessian(f)(*args): a tuple of matrices, or of rows, where wrt is one."""
    request: Request = made.__srcdiff_matrix__
    if request.kind == "sparse":
        raise _sparse(run)
    call = _Call(request, args, keywords)
    function = callee_of(request.function)
    if request.kind == "jacobian":
        mode = getattr(made, "mode", "auto")
        found = [call.matrix(run, function, name, mode) for name in request.wrt]
        return found[0] if request.single else Seq("tuple", tuple(found))
    rows = [call.hessian_row(run, name) for name in request.wrt]
    if request.single:
        return rows[0][0]
    return Seq("tuple", tuple(Seq("tuple", tuple(row)) for row in rows))


MATRIX.append(_called)


@dataclass(frozen=True)
class _Call:
    """The call of a function that returns matrices."""

    request: Request
    args: tuple[Abstract, ...]
    keywords: Keywords

    def hessian_row(self, run: Run, name: str) -> list[Abstract]:
        """The blocks of a Hessian for one of its arguments."""
        ready(run)
        gradient = replace(self.request, kind="grad", wrt=(name,), single=True)
        slope = Static(Derived(gradient))
        return [self.matrix(run, slope, other, "forward") for other in self.request.wrt]

    def matrix(self, run: Run, function: Abstract, name: str, mode: str) -> Abstract:
        """The Jacobian of a function by one argument."""
        place, x = self.argument(run, name)
        by_one = moved(function, place, self.args, self.keywords)
        if _rank(run, x, f"the argument {name!r}") == 0 and mode != "reverse":
            return put(run, programs.columns, by_one, x)
        body = ran(run, by_one, x)
        rank = _rank(run, body.result, "the value")
        if mode == "reverse" or mode == "auto" and rank == 0:
            return put(run, programs.rows, by_one, x)
        refuse_changes(run, body)
        return put(run, programs.columns, by_one, x)

    def argument(self, run: Run, name: str) -> tuple[Any, Abstract]:
        """Where an argument was given, and its value."""
        request = self.request
        named = dict(self.keywords)
        if name in named:
            return name, named[name]
        star = request.parameters.index(request.star) if request.star else len(request.parameters)
        places = {n: k for k, n in enumerate(request.parameters[:star])}
        places.update({f"{request.star}[{k - star}]": k for k in range(star, len(self.args))})
        place = places.get(name, len(self.args))
        if place >= len(self.args):
            raise run.refusal("SD501", f"{request.name} was not given its argument {name!r}")
        return place, self.args[place]


def _rank(run: Run, a: Abstract, what: str) -> int:
    """The rank of one real number or array; others have no matrix inside a program."""
    if is_number(a) and not isinstance(a.value, complex):  # type: ignore[union-attr]
        return 0
    type = a.type if isinstance(a, Value) else None
    if isinstance(type, (Scalar, Array)) and np.dtype(type.dtype).kind != "c":
        shape = () if isinstance(type, Scalar) else type.shape
        if shape is not None:
            return len(shape)
    raise run.refusal(
        "SD352",
        f"inside a program a matrix has real numbers or arrays of them on both sides; {what} is "
        f"{describe(a)}",
        "take vjp or jvp of the structure, or matrices by its parts",
    )


# --- what is made of the entries ------------------------------------------------------------------


@intrinsic(api.divergence)
def _divergence(run: Run, field: Abstract, x: Abstract, *args: Abstract) -> Abstract:
    ready(run)
    by_first = moved(field, 0, (x, *args))
    _check_field(run, by_first, x)
    return put(run, programs.trace, by_first, x)


@intrinsic(api.laplacian)
def _laplacian(run: Run, function: Abstract, x: Abstract, *args: Abstract) -> Abstract:
    slope = Static(Derived(asked(run, "grad", function)))
    return _divergence(run, slope, x, *args)


@intrinsic(api.curl)
def _curl(run: Run, field: Abstract, x: Abstract, *args: Abstract) -> Abstract:
    ready(run)
    by_first = moved(field, 0, (x, *args))
    _check_field(run, by_first, x)
    shape = x.type.shape if isinstance(x, Value) and isinstance(x.type, Array) else None
    if shape is None or len(shape) != 1:
        raise run.refusal("SD518", f"curl at {describe(x)}", "x has two or three entries")
    program = programs.curl_in_plane if shape == (2,) else programs.curl_in_space
    return put(run, program, by_first, x)


def _check_field(run: Run, field: Abstract, x: Abstract) -> None:
    """The field has a value of the rank of its argument, and is only a function of it."""
    body = ran(run, field, x)
    rank = _rank(run, x, "the argument")
    if _rank(run, body.result, "the value") != rank:
        raise run.refusal(
            "SD518", f"the value of the field is {describe(body.result)}, at {describe(x)}"
        )
    if rank:
        refuse_changes(run, body)


@intrinsic(api.taylor)
def _taylor(
    run: Run, function: Abstract, x: Abstract, direction: Abstract, order: Abstract, *args: Abstract
) -> Abstract:
    """Derivatives along a line, one of the other: each doubles the program."""
    ready(run)
    count = run.static(order, "the order of a Taylor series")
    if type(count) is not int or count < 0:
        raise run.refusal("SD520", "the order of a Taylor series is an integer from 0 on")
    f = moved(function, 0, (x, *args))
    if count:
        refuse_changes(run, ran(run, f, x))
    found: list[Abstract] = []
    for k in range(count + 1):
        found.append(_over(run, run.call(f, (x,)), math.factorial(k)))
        f = along(f, direction)
    return Seq("tuple", tuple(found))


def _over(run: Run, a: Abstract, number: int) -> Abstract:
    """What has a derivative in a value, divided by a number."""

    def one(v: Value) -> Abstract:
        if number == 1 or not differentiable(v.type):
            return v
        if isinstance(v.type, ListOf):
            raise run.refusal("SD352", "a Taylor series of lists inside a differentiated program")
        return run.do(sx.BINARY, Static("/"), v, Static(float(number)))  # type: ignore[no-any-return]

    return map_leaves(a, one)


# --- what has no meaning in a program -------------------------------------------------------------


@intrinsic(api.sparsity)
def _sparsity(run: Run, *args: Abstract, **keywords: Abstract) -> Abstract:
    raise run.refusal(
        "SD352",
        "sparsity says something of a program, and is no number that a program could go on with",
        "call it outside of what is differentiated",
    )


@intrinsic(api.check_grad)
def _check_grad(run: Run, *args: Abstract, **keywords: Abstract) -> Abstract:
    raise run.refusal(
        "SD352",
        "check_grad compares numbers and raises; it is no part of what is computed",
        "call it outside of what is differentiated",
    )
