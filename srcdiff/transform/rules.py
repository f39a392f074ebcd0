"""How each kind of row is differentiated. Bodies are lowered and run on the values at hand; what the
bodies do not mention is done here: un-broadcasting, dtypes, inactive operands.

    pushforward(build, stmt, tangents)      the tangent of each result
    pullback(build, stmt, cotangents, ...)  what each active operand receives
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from srcdiff.analysis.types import arg_type
from srcdiff.errors import NOWHERE, Diagnostic, Refused
from srcdiff.ir.core import Apply, Arg, Atom, Const, Cut, Pack, Var
from srcdiff.ir.types import Array, ListOf, Other, Scalar, differentiable, dtype_of, tangent_type
from srcdiff.ops.table import BY_NAME, Row
from srcdiff.transform import moves
from srcdiff.transform.build import Builder
from srcdiff.transform.cotangents import of_tangents
from srcdiff.transform.functions import call_function
from srcdiff.transform.instantiate import Instantiator, Session
from srcdiff.transform.operators import HANDLERS
from srcdiff.transform.shaping import fit, widen
from srcdiff.transform.values import Abstract, Seq, Slice, Static, Value, is_number

Tangents = Mapping[Var, Atom]
Contribution = tuple[Var, Atom]
Transpose = Callable[
    [Builder, list[Any], list[tuple[Atom, Atom]], dict[Var, Var]], list["Atom | None"]
]
_BODIES = Session(
    HANDLERS, data=lambda ns, name, value: Static(value), guard=lambda ns, name, value: None
)


def abstract_arg(arg: Arg, build: Builder) -> Abstract:
    """An argument of a statement as an abstract value for a rule's body."""
    if isinstance(arg, Var):
        if isinstance(arg.type, Other) and arg.type.name == "None":
            return Static(None)
        return Value(arg, arg.type, build.lengths.get(arg))
    if isinstance(arg, Const):
        return Static(arg.value)
    if isinstance(arg, Pack):
        return Seq("tuple", tuple(abstract_arg(a, build) for a in arg.items))
    assert isinstance(arg, Cut), arg
    return Slice(*(abstract_arg(a, build) for a in (arg.start, arg.stop, arg.step)))


def run_body(build: Builder, body: Any, args: list[Abstract]) -> Abstract:
    """A rule's body on values: its statements go to the builder."""
    assert isinstance(body, types.FunctionType)
    session = Session(HANDLERS, _BODIES.data, _BODIES.guard)
    return call_function(Instantiator(session, build, rules=True), body, _spliced(body, args), ())


def _spliced(body: types.FunctionType, args: list[Abstract]) -> tuple[Abstract, ...]:
    """The arguments with those of a *parameter, the body's last, one by one."""
    last = args[-1] if args else None
    if body.__code__.co_flags & inspect.CO_VARARGS and isinstance(last, Seq):
        return (*args[:-1], *last.items)
    return tuple(args)


def _operands(row: Row, stmt: Apply) -> Iterator[tuple[str, Arg]]:
    for name, arg in zip(row.signature.parameters, stmt.args):
        if name in row.operands:
            yield name, arg


def _row(stmt: Apply) -> Row:
    assert isinstance(stmt.op, Row)
    if stmt.op.kind == "external":
        called = stmt.args[0]
        assert isinstance(called, Const)
        message = (
            f"{called.value.__name__} is called for a cotangent, and is not differentiated itself"
        )
        raise Refused(Diagnostic("SD206", message, stmt.at))
    if not isinstance(stmt.op, Row) or stmt.op.kind in ("refused",):
        raise Refused(Diagnostic("SD202", f"{stmt.op.name} has no derivative", stmt.at))
    return stmt.op


def _atom(build: Builder, a: Abstract) -> Atom:
    if isinstance(a, Value):
        return a.atom
    if is_number(a):
        assert isinstance(a, Static)
        return Const(float(a.value) if not isinstance(a.value, complex) else a.value)
    if isinstance(a, Static) and isinstance(a.value, np.inexact):  # a gradient that is a constant
        return Const(a.value.item())
    run = Instantiator(_BODIES, build, rules=True)
    return run.atom(a)


def _as_tuple(result: Abstract, count: int) -> tuple[Abstract, ...]:
    if isinstance(result, Seq) and result.kind == "tuple" and len(result.items) == count:
        return result.items
    assert count == 1, "a rule's body returned the wrong number of values"
    return (result,)


# --- pushforward --------------------------------------------------------------------------------


def pushforward(
    build: Builder, stmt: Apply, tangents: Tangents, transpose: Transpose
) -> list[Atom | None]:
    """The tangents of a statement's results; None for one that does not vary."""
    row = _row(stmt)
    only_operands(row, stmt, tangents)
    moving = [v for _, arg in _operands(row, stmt) for v in _vars(arg) if v in tangents]
    if row.kind == "moved":
        first = stmt.args[0]
        moving = [first] if isinstance(first, Var) and first in tangents else []
    if not moving:
        return [None] * len(stmt.outs)
    if row.kind == "adjoint":
        return _push_adjoint(build, row, stmt, tangents, transpose)
    return _PUSH[row.kind](build, row, stmt, tangents)


def only_operands(row: Row, stmt: Apply, varying: Any) -> None:
    """Refuse an argument that varies where the rule has no derivative for it."""
    for name, arg in zip(row.signature.parameters, stmt.args):
        if name in row.operands and row.real_only and any(_complex(v) for v in _vars(arg)):
            message = f"{row.path or row.name} of complex numbers has no derivative here"
            raise Refused(
                Diagnostic("SD205", message, stmt.at, (), "use its real and imaginary parts")
            )
        if name in row.operands or name in ("like", "index"):
            continue
        if any(v in varying and differentiable(v.type) for v in _vars(arg)):
            message = f"{row.path or row.name} has no derivative with respect to its {name!r}"
            hint = "srcdiff.stop_gradient declares it constant"
            raise Refused(Diagnostic("SD204", message, stmt.at, (), hint))


def _vars(arg: Arg) -> Iterator[Var]:
    if isinstance(arg, Var):
        yield arg
    elif isinstance(arg, Pack):
        for item in arg.items:
            yield from _vars(item)


def _total(build: Builder, terms: list[Atom], like: Atom) -> Atom:
    terms = [widen(build, t, like) for t in terms]
    total = terms[0]
    for term in terms[1:]:
        total = build.sum(total, term)
    return total


def _partials(build: Builder, row: Row, stmt: Apply) -> tuple[Abstract, ...]:
    args = [abstract_arg(a, build) for a in stmt.args]
    z = abstract_arg(stmt.outs[0], build)
    return _as_tuple(run_body(build, row.body, [z, *args]), len(row.operands))


def _product(build: Builder, a: Atom, b: Atom) -> Atom:
    function = None
    ta, tb = arg_type(a), arg_type(b)
    if isinstance(ta, Scalar) and isinstance(tb, Scalar) and ta.weak and tb.weak:
        function = _mul
    row = BY_NAME["multiply"]
    return build.value(row, (a, b), build.infer(row, (a, b), function)[0])


def _mul(a: Any, b: Any) -> Any:
    return a * b


def _push_elementwise(
    build: Builder, row: Row, stmt: Apply, tangents: Tangents
) -> list[Atom | None]:
    terms: list[Atom] = []
    for (_, arg), partial in zip(_operands(row, stmt), _partials(build, row, stmt)):
        if isinstance(arg, Var) and arg in tangents:
            terms.append(_product(build, _atom(build, partial), tangents[arg]))
    return [_total(build, terms, stmt.outs[0])]


def _tangent_arg(build: Builder, arg: Arg, tangents: Tangents) -> Arg:
    if isinstance(arg, Pack):
        return Pack(tuple(_tangent_arg(build, a, tangents) for a in arg.items))
    if isinstance(arg, Var) and arg in tangents:
        return tangents[arg]
    if isinstance(arg, Const):
        return Const(0.0)
    assert isinstance(arg, Var)
    return build.zero(arg)


def _push_linear(build: Builder, row: Row, stmt: Apply, tangents: Tangents) -> list[Atom | None]:
    args = tuple(
        _tangent_arg(build, arg, tangents) if name in row.operands else arg
        for name, arg in zip(row.signature.parameters, stmt.args)
    )
    types = tuple(of_tangents(o.type, args) for o in stmt.outs)
    if len(types) == 1:
        return [build.value(row, args, types[0])]
    return list(build.apply(row, args, types))


def _push_bilinear(build: Builder, row: Row, stmt: Apply, tangents: Tangents) -> list[Atom | None]:
    names = list(row.signature.parameters)
    terms = [
        build.value(
            row,
            (*stmt.args[:k], moved, *stmt.args[k + 1 :]),
            of_tangents(stmt.outs[0].type, (moved,)),
        )
        for k, arg in enumerate(stmt.args)
        if names[k] in row.operands
        for moved in _one_moved(arg, tangents)
    ]
    return [_total(build, terms, stmt.outs[0])]


def _one_moved(arg: Arg, tangents: Tangents) -> Iterator[Arg]:
    """The argument with one of its variables replaced by its tangent, for each that has one."""
    if isinstance(arg, Var) and arg in tangents:
        yield tangents[arg]
    elif isinstance(arg, Pack):
        for k, item in enumerate(arg.items):
            for moved in _one_moved(item, tangents):
                yield Pack((*arg.items[:k], moved, *arg.items[k + 1 :]))


def _tangent_terms(
    build: Builder, row: Row, stmt: Apply, moving: Mapping[Var, Atom]
) -> list[tuple[Var, Abstract]]:
    """The body of a tangent rule: for each moving operand what it contributes to the tangent."""
    args = [abstract_arg(a, build) for a in stmt.args]
    outs = [abstract_arg(o, build) for o in stmt.outs]
    z: Abstract = outs[0] if len(outs) == 1 else Seq("tuple", tuple(outs))
    tangents: list[Abstract] = []
    for _, arg in _operands(row, stmt):
        d = moving.get(arg) if isinstance(arg, Var) else None
        tangents.append(abstract_arg(d, build) if d is not None else _no_tangent(build, arg))
    names = list(row.signature.parameters)
    count = len([n for n in names if n in row.operands])
    values = [z, *args[:count], *tangents, *args[count:]]
    terms = _as_tuple(run_body(build, row.body, values), len(row.operands))
    return [
        (arg, t)
        for (_, arg), t in zip(_operands(row, stmt), terms)
        if isinstance(arg, Var) and arg in moving
    ]


def _no_tangent(build: Builder, arg: Arg) -> Abstract:
    """Stands where an operand does not move: its term is dropped."""
    return abstract_arg(arg, build)


def _push_tangent(build: Builder, row: Row, stmt: Apply, tangents: Tangents) -> list[Atom | None]:
    terms = _tangent_terms(build, row, stmt, tangents)
    if len(stmt.outs) == 1:
        return [_total(build, [_atom(build, t) for _, t in terms], stmt.outs[0])]
    results: list[Atom | None] = []
    for k, out in enumerate(stmt.outs):
        parts = [_atom(build, t.items[k]) for _, t in terms]  # type: ignore[union-attr]
        results.append(_total(build, parts, out))
    return results


def _complex(v: Var) -> bool:
    return (
        isinstance(v.type, (Scalar, Array, ListOf))
        and differentiable(v.type)
        and dtype_of(v.type).startswith("complex")
    )


def _adjoint_args(build: Builder, row: Row, stmt: Apply, bz: list[Abstract]) -> list[Abstract]:
    args = [abstract_arg(a, build) for a in stmt.args]
    outs: list[Abstract] = [abstract_arg(o, build) for o in stmt.outs]
    if len(outs) == 1:
        return [bz[0], outs[0], *args]
    return [Seq("tuple", tuple(bz)), Seq("tuple", tuple(outs)), *args]


def _push_adjoint(
    build: Builder, row: Row, stmt: Apply, tangents: Tangents, transpose: Transpose
) -> list[Atom | None]:
    """The transpose of the adjoint: seeded with the operands' tangents, read at the cotangent."""
    inner = build.inner()
    seats = [Var("", o.type) for o in stmt.outs]
    values = _adjoint_args(inner, row, stmt, [abstract_arg(s, inner) for s in seats])
    parts = _per_operand(row, run_body(inner, row.body, values))
    seeds: list[tuple[Atom, Atom]] = []
    for (_, arg), part in zip(_operands(row, stmt), parts):
        seeds += _seed_pairs(inner, arg, part, tangents)
    results = transpose(build, inner.stmts, seeds, dict(zip(seats, stmt.outs)))
    return [None if r is None else widen(build, r, o) for r, o in zip(results, stmt.outs)]


def _seed_pairs(
    inner: Builder, arg: Arg, part: Abstract, tangents: Tangents
) -> Iterator[tuple[Atom, Atom]]:
    if isinstance(arg, Pack):
        assert isinstance(part, Seq)
        for one, p in zip(arg.items, part.items):
            yield from _seed_pairs(inner, one, p, tangents)
    elif isinstance(arg, Var) and arg in tangents:
        yield fit(inner, _atom(inner, part), arg), tangents[arg]


def _pull_adjoint(
    build: Builder, row: Row, stmt: Apply, cotangents: list[Atom | None], active: Any
) -> list[Contribution]:
    filled = [c if c is not None else build.zero(o) for c, o in zip(cotangents, stmt.outs)]
    values = _adjoint_args(build, row, stmt, [abstract_arg(c, build) for c in filled])
    result = run_body(build, row.body, values)
    received: list[Contribution] = []
    for (_, arg), c in zip(_operands(row, stmt), _per_operand(row, result), strict=True):
        received += _received(build, arg, c, active)
    return received


def _push_moved(build: Builder, row: Row, stmt: Apply, tangents: Tangents) -> list[Atom | None]:
    first = stmt.args[0]
    assert isinstance(first, Var)
    if row.name == "hooked":
        return [tangents[first]]
    d = tangents[first]
    return [build.value(row, (d, *stmt.args[1:]), of_tangents(stmt.outs[0].type, (d,)))]


_PUSH: dict[str, Callable[[Builder, Row, Apply, Tangents], list[Atom | None]]] = {
    "elementwise": _push_elementwise,
    "linear": _push_linear,
    "bilinear": _push_bilinear,
    "tangent": _push_tangent,
    "moved": _push_moved,
}


# --- pullback -----------------------------------------------------------------------------------


def pullback(
    build: Builder, stmt: Apply, cotangents: list[Atom | None], active: Any, transpose: Transpose
) -> list[Contribution]:
    """What the active operands receive from the cotangents of a statement's results.

    `transpose` differentiates the body of a tangent rule in reverse (`transform.reverse`).
    """
    row = _row(stmt)
    only_operands(row, stmt, active)
    if row.kind == "tangent":
        return _pull_tangent(build, row, stmt, cotangents, active, transpose)
    if row.kind == "moved":
        first, bz = stmt.args[0], cotangents[0]
        assert isinstance(first, Var) and bz is not None
        if row.name == "hooked" and first in active:
            given = (stmt.args[1], Pack((widen(build, bz, first),)), Pack(()))
            bz = build.value(BY_NAME["external"], given, tangent_type(first.type))
        return [(first, fit(build, bz, first))] if first in active else []
    return _PULL[row.kind](build, row, stmt, cotangents, active)


def _pull_elementwise(
    build: Builder, row: Row, stmt: Apply, cotangents: list[Atom | None], active: Any
) -> list[Contribution]:
    bz = cotangents[0]
    assert bz is not None
    received: list[Contribution] = []
    for (_, arg), partial in zip(_operands(row, stmt), _partials(build, row, stmt)):
        if isinstance(arg, Var) and arg in active:
            received.append((arg, fit(build, _product(build, bz, _atom(build, partial)), arg)))
    return received


def _body_cotangent(build: Builder, stmt: Apply, cotangents: list[Atom | None]) -> Abstract:
    if len(stmt.outs) == 1:
        assert cotangents[0] is not None
        return abstract_arg(cotangents[0], build)
    filled = [c if c is not None else build.zero(o) for c, o in zip(cotangents, stmt.outs)]
    return Seq("tuple", tuple(abstract_arg(c, build) for c in filled))


def _pull_linear(
    build: Builder, row: Row, stmt: Apply, cotangents: list[Atom | None], active: Any
) -> list[Contribution]:
    bz = _body_cotangent(build, stmt, cotangents)
    result = run_body(build, row.body, [bz, *(abstract_arg(a, build) for a in stmt.args)])
    received: list[Contribution] = []
    for (_, arg), c in zip(_operands(row, stmt), _per_operand(row, result), strict=True):
        received += _received(build, arg, c, active)
    return received


def _per_operand(row: Row, result: Abstract) -> tuple[Abstract, ...]:
    """What a body returns, operand by operand; the one of a sequence is itself a tuple."""
    if row.sequence and len(row.operands) == 1:
        return (result,)
    return _as_tuple(result, len(row.operands))


def _received(build: Builder, arg: Arg, c: Abstract, active: Any) -> Iterator[Contribution]:
    if isinstance(arg, Pack):
        assert isinstance(c, Seq), "the adjoint of a sequence is a tuple"
        for one, part in zip(arg.items, c.items, strict=True):
            yield from _received(build, one, part, active)
    elif isinstance(arg, Var) and arg in active:
        yield arg, fit(build, _atom(build, c), arg)


def _pull_bilinear(
    build: Builder, row: Row, stmt: Apply, cotangents: list[Atom | None], active: Any
) -> list[Contribution]:
    return _pull_linear(build, row, stmt, cotangents, active)


_PULL: dict[str, Callable[[Builder, Row, Apply, list[Atom | None], Any], list[Contribution]]] = {
    "elementwise": _pull_elementwise,
    "linear": _pull_linear,
    "bilinear": _pull_bilinear,
    "adjoint": _pull_adjoint,
}


def _pull_tangent(
    build: Builder,
    row: Row,
    stmt: Apply,
    cotangents: list[Atom | None],
    active: Any,
    transpose: Transpose,
) -> list[Contribution]:
    moving: dict[Var, Atom] = {
        arg: Var("", arg.type)
        for _, arg in _operands(row, stmt)
        if isinstance(arg, Var) and arg in active
    }
    inner = build.inner()
    terms = _tangent_terms(inner, row, stmt, moving)
    received: list[Contribution] = []
    for arg, term in terms:
        pieces = [term] if len(stmt.outs) == 1 else list(term.items)  # type: ignore[union-attr]
        seeds = [(_atom(inner, t), bz) for t, bz in zip(pieces, cotangents) if bz is not None]
        d = moving[arg]
        assert isinstance(d, Var)
        (result,) = transpose(build, inner.stmts, seeds, {d: arg})
        if result is not None:
            received.append((arg, fit(build, result, arg)))
    return received


def no_derivative(name: str) -> Refused:
    return Refused(Diagnostic("SD203", f"{name} has no derivative", NOWHERE))


__all__ = ["moves", "no_derivative", "pullback", "pushforward"]
