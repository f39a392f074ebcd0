"""Derivatives as calls: what calling `grad(f)`, `jvp(f, ...)` means on abstract values.

    before   call(grad(f), x)
    after    the statements of f at x, then those of its adjoint; the value of the call is the gradient

The derivative of a derivative is thus an ordinary call in a program that is differentiated, and the
outermost derivative is one too: `specialise(grad(f), arguments)`.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from srcdiff.errors import ArgumentsError, Diagnostic, Span
from srcdiff.ir.core import Atom, Block, Const, Function, Stmt, Var
from srcdiff.ir.types import Array, ListOf, Scalar, Type, differentiable, tangent_type
from srcdiff.ir.walk import copy_block, defined, free, used
from srcdiff.ops import syntax as sx
from srcdiff.ops.table import BY_NAME
from srcdiff.transform import prelude
from srcdiff.transform.build import Builder
from srcdiff.transform.dead import prune
from srcdiff.transform.forward import push_function
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.meet import describe
from srcdiff.transform.memory import Memory, untag
from srcdiff.transform.reverse import Calls, sweep_function
from srcdiff.transform.share import share
from srcdiff.transform.values import (
    Abstract,
    Closure,
    Key,
    Method,
    Record,
    Ref,
    Seq,
    Static,
    Value,
    is_number,
    key_of,
    leaves,
    map_leaves,
    parts,
    with_parts,
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


@dataclass
class Body:
    """A function's statements at given arguments, apart from those around it."""

    args: tuple[Abstract, ...]
    named: dict[str, Abstract]
    result: Abstract
    build: Builder
    left: list[tuple[Key, Abstract]] = field(default_factory=list)  # what objects hold in the end
    raises: bool = False  # on every path

    def outs(self) -> list[Atom]:
        """The run-time values of the result, then those that are left in objects."""
        values = (self.result, *(held for _, held in self.left))
        return [v.atom for a in values for v in leaves(a)]

    def leave(self, run: Run, atoms: Iterator[Atom]) -> None:
        """Let the objects hold what the function left in them, as the atoms say."""
        for key, held in self.left:
            run.memory.write(run, key, map_leaves(held, lambda v: _replaced(v, next(atoms))))


def run_apart(run: Run, request: Request, args: tuple[Abstract, ...], keywords: Keywords) -> Body:
    """Run the function on new variables in a builder of its own."""
    before = run.memory
    run.memory = before.copy()
    new_args = tuple(run.load(run.hold(_parameters(a))) for a in args)
    new_keywords = {k: run.load(run.hold(_parameters(v))) for k, v in keywords}
    started = run.memory.copy()
    pairs = [*zip(args, new_args), *((v, new_keywords[k]) for k, v in keywords)]
    same = {new: old for a, b in pairs for new, old in _paired(a, b)}
    for old, new in pairs:
        for a, b in zip(leaves(old), leaves(new)):
            _carry_facts(run, a, b)
    run.memory.known.lie_alike(same)
    outer, ended, final = run.build, run.ended, run.session.final
    run.build = Builder(outer.at, False, outer.lengths)
    run.session.final = False
    try:
        result = run.call(_callee(request.function), new_args, **new_keywords)
        if run.ended:
            return Body(new_args, new_keywords, Static(0.0), run.build, raises=True)
        result = _asked(
            run, request, result, _bound(request, new_args, tuple(new_keywords.items()))
        )
        return Body(new_args, new_keywords, result, run.build, _left(run, started, same))
    finally:
        run.build, run.ended, run.memory = outer, ended, before
        run.session.final = final


def _run_instead(
    run: Run, request: Request, args: tuple[Abstract, ...], keywords: Keywords
) -> Abstract:
    """Run a function that raises on every path: what it writes before it does is written."""
    return run.call(_callee(request.function), args, **dict(keywords))


def _asked(run: Run, request: Request, result: Abstract, named: dict[str, Abstract]) -> Abstract:
    """What is differentiated: the result, or what the function leaves in some arguments."""
    if not request.outputs:
        return result
    for name in request.outputs:
        if name not in named:
            raise refused("SD501", f"{request.name} has no argument {name!r}", run.build.at)
    left = tuple(run.now(named[name]) for name in request.outputs)
    if request.kind in ("grad", "value_and_grad"):
        total: Abstract = Static(0.0)
        for k, a in enumerate(left):
            one = run.call(Static(np.sum), (a,))
            total = one if k == 0 else run.do(sx.BINARY, Static("+"), total, one)
        return total
    return left[0] if request.one_output else Seq("tuple", left)


def _left(run: Run, started: Memory, same: dict[Key, Key]) -> list[tuple[Key, Abstract]]:
    """The objects from outside that the function changed, with what they hold in the end."""

    def outer(a: Abstract) -> Abstract:
        if not isinstance(a, Ref):
            return with_parts(a, tuple(map(outer, parts(a)))) if parts(a) else a
        if a.key in same or a.key in started:
            return Ref(same.get(a.key, a.key))
        held = run.memory.content(run, a.key)
        run.sound(held)
        return outer(untag(held))

    found: dict[Key, Abstract] = {}
    for key in started:
        held = run.memory.get(key)
        if held is started.get(key):
            continue
        target = same.get(key, key)
        if target in found or list(same.values()).count(target) > 1:
            text = f"{target.hint or 'an object'} is passed twice to a function that changes it"
            raise run.refusal("SD368", text, "pass a copy")
        run.sound(held)
        found[target] = outer(untag(held))
    return list(found.items())


def _paired(a: Abstract, b: Abstract) -> Iterator[tuple[Key, Key]]:
    """The objects in a value, and those in its copy."""
    one, other = key_of(a), key_of(b)
    if one is not None and other is not None:
        yield other, one
    for p, q in zip(parts(a), parts(b)):
        yield from _paired(p, q)


def _callee(function: Any) -> Abstract:
    """The function of a request: one of Python's, or one made while the program runs."""
    return function if isinstance(function, (Static, Closure, Method)) else Static(function)


def _parameters(a: Abstract) -> Abstract:
    """The value with new variables; numbers known while compiling become variables only if floats."""
    if isinstance(a, Value):
        hint = a.atom.hint if isinstance(a.atom, Var) else ""
        return Value(Var(hint, a.type), a.type, a.length)
    if is_number(a) and isinstance(a, Static) and isinstance(a.value, (float, complex)):
        return Value(Var("", _number_type(a)), _number_type(a))
    inner = parts(a)
    return with_parts(a, tuple(_parameters(p) for p in inner)) if inner else a


def _number_type(a: Static) -> Type:
    return Scalar("float64" if isinstance(a.value, float) else "complex128")


def _carry_facts(run: Run, old: Value, new: Value) -> None:
    if isinstance(new.atom, Var):
        run.note_join(new.atom, old.atom)
        if old.atom in run.session.arguments:
            run.session.arguments.add(new.atom)
        if new.length is not None:
            run.build.lengths[new.atom] = new.length


def _atoms(a: Abstract) -> list[Atom]:
    """The atoms of an argument, in the order of the variables of `_parameters`."""
    if isinstance(a, Value):
        return [a.atom]
    if is_number(a) and isinstance(a, Static) and isinstance(a.value, (float, complex)):
        return [Const(a.value)]
    return [x for p in parts(a) for x in _atoms(p)]


def _bound(request: Request, args: tuple[Abstract, ...], keywords: Keywords) -> dict[str, Abstract]:
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


def _wanted(run: Run, request: Request, named: dict[str, Abstract]) -> list[tuple[str, Abstract]]:
    chosen: list[tuple[str, Abstract]] = []
    for name in request.wrt:
        if name not in named:
            raise refused(
                "SD501", f"{request.name} was not given its argument {name!r}", run.build.at
            )
        a = named[name]
        if not any(differentiable(v.type) for v in leaves(a)) and not _is_float(a):
            raise refused(
                "SD502",
                f"the argument {name!r} of {request.name} is {describe(a)}: no derivative with respect to it",
                run.build.at,
                "pass a float or a float array, e.g. 3.0 instead of 3",
            )
        chosen.append((name, a))
    return chosen


def _is_float(a: Abstract) -> bool:
    return is_number(a) and isinstance(a, Static) and isinstance(a.value, (float, complex))


def _targets(chosen: list[tuple[str, Abstract]]) -> list[Var]:
    return [
        v.atom
        for _, a in chosen
        for v in leaves(a)
        if isinstance(v.atom, Var) and differentiable(v.type)
    ]


def inline(
    run: Run, stmts: tuple[Stmt, ...], results: tuple[Atom, ...], by: dict[Var, Atom]
) -> tuple[Atom, ...]:
    """Append statements with their parameters replaced; their results."""
    return inline_all(run, prune(Block((), stmts, results)), by)


def inline_all(run: Run, block: Block, by: dict[Var, Atom]) -> tuple[Atom, ...]:
    """Append a block's statements as they are, with new identities."""
    names: dict[Var, Any] = dict(by)
    copied = copy_block(block, names)
    for stmt in copied.stmts:
        run.build.add(stmt)
    lengths = run.build.lengths
    lengths.update({names[v]: lengths[v] for v in list(lengths) if v in names})
    return copied.results


def gradient(
    run: Run, request: Request, args: tuple[Abstract, ...], keywords: Keywords, calls: Calls
) -> Abstract:
    """The value of grad(f)(*args) or value_and_grad(f)(*args)."""
    _wanted(run, request, _bound(request, args, keywords))
    body = run_apart(run, request, args, keywords)
    if body.raises:
        return _run_instead(run, request, args, keywords)
    value, aux = _objective(run, request, body.result)
    named = _bound(request, body.args, tuple(body.named.items()))
    chosen = _wanted(run, request, named)
    targets = _targets(chosen)
    atom = value.atom if isinstance(value, Value) else Const(0.0)
    left = [v.atom for _, held in body.left for v in leaves(held)]
    function = _tidied(body, (atom, *(v.atom for v in leaves(aux)), *left))
    atom = function.body.results[0]
    calls.final = run.session.final
    swept = sweep_function(function, targets, [(atom, Const(1.0))], calls)
    calls.final = False
    extra = function.body.results
    by = _renaming(body, args, keywords)
    found = inline(run, (*swept.forward, *swept.adjoint), (*swept.cotangents, *extra), by)
    count = len(targets)
    grads = _structured(run, chosen, dict(zip(targets, found[:count])))
    if request.single:
        grads = grads.items[0]  # type: ignore[union-attr]
    rest = iter(found[count:] if isinstance(value, Value) else found[count + 1 :])
    values = map_leaves(Seq("tuple", (value, aux)), lambda v: _replaced(v, next(rest)))
    assert isinstance(values, Seq)
    body.leave(run, rest)
    return _arranged(request, values.items[0], values.items[1], grads)


def _replaced(v: Value, atom: Atom) -> Abstract:
    return Static(atom.value) if isinstance(atom, Const) else Value(atom, v.type, v.length)


def _arranged(request: Request, value: Abstract, aux: Abstract, grads: Abstract) -> Abstract:
    if request.kind == "grad":
        return Seq("tuple", (grads, aux)) if request.has_aux else grads
    first = Seq("tuple", (value, aux)) if request.has_aux else value
    return Seq("tuple", (first, grads))


def _tidied(body: Body, results: tuple[Atom, ...]) -> Function:
    return share(Function("", (), prune(body.build.block((), results))))


def _renaming(body: Body, args: tuple[Abstract, ...], keywords: Keywords) -> dict[Var, Atom]:
    old = [x for a in (*args, *(v for _, v in keywords)) for x in _atoms(a)]
    new = [v.atom for a in (*body.args, *body.named.values()) for v in leaves(a)]
    return {n: o for n, o in zip(new, old) if isinstance(n, Var)}


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


def _structured(run: Run, chosen: list[tuple[str, Abstract]], found: dict[Var, Atom]) -> Abstract:
    """Cotangents in the structure of the arguments."""
    return Seq("tuple", tuple(_cotangent_of(run, a, found) for _, a in chosen))


def _cotangent_of(run: Run, a: Abstract, found: dict[Var, Atom]) -> Abstract:
    def one(v: Value) -> Abstract:
        atom = found.get(v.atom) if isinstance(v.atom, Var) else None
        if atom is None:
            return Static(0)
        return _like(run, atom, v.type)

    return map_leaves(_plain_fields(a), one)


def _plain_fields(a: Abstract) -> Abstract:
    """Cotangents of an object of any class come as a SimpleNamespace with its fields."""
    inner = parts(a)
    new = with_parts(a, tuple(_plain_fields(p) for p in inner)) if inner else a
    if isinstance(new, Record) and new.cls is not dict and not rebuildable(new.cls):
        return Record(types.SimpleNamespace, new.entries)
    return new


def rebuildable(cls: type) -> bool:
    """Whether an object can be made from its fields."""
    return (
        hasattr(cls, "_fields")
        or dataclasses.is_dataclass(cls)
        and all(f.init for f in dataclasses.fields(cls))
    )


def _like(run: Run, atom: Atom, type: Type) -> Abstract:
    """A cotangent as a value of the argument's own type: a Python float stays one."""
    if isinstance(type, Scalar) and type.rank0:
        return Value(run.build.value(BY_NAME["array"], (atom,), type), type)
    if isinstance(atom, Const):
        value = Value(atom, Scalar("complex128" if isinstance(atom.value, complex) else "float64"))
        strong = isinstance(type, Scalar) and not type.weak
        return Static(_numpy_scalar(type)(atom.value)) if strong else Static(value.atom.value)  # type: ignore[union-attr]
    own = Value(atom, atom.type)
    if not _weak(type) or (plain_python(run.build.stmts) and _is_plain(atom.type)):
        return own
    doubtful = Value(atom, _strong(atom.type))
    return run.call(Static(prelude.as_python), (doubtful,))


def _strong(type: Type) -> Type:
    """The type with NumPy's numbers for Python's: what a cotangent's declared type does not exclude."""
    if isinstance(type, ListOf):
        return ListOf(_strong(type.element), type.length)
    return Scalar(type.dtype, weak=False) if isinstance(type, Scalar) else type


def _weak(type: Type) -> bool:
    """Whether values of the type are Python's own floats, or lists of these."""
    if isinstance(type, ListOf):
        return _weak(type.element)
    return isinstance(type, Scalar) and type.weak and type.dtype == "float64"


def plain_python(stmts: Iterable[Stmt]) -> bool:
    """Whether statements handle nothing but Python's own numbers.

    Where NumPy's numbers come in, a cotangent of a float may be one of them.
    """
    return all(_is_plain(v.type) for v in _all_variables(stmts))


def _all_variables(stmts: Iterable[Stmt]) -> Iterator[Var]:
    block = Block((), tuple(stmts), ())
    yield from defined(block)
    yield from used(block)


def _is_plain(type: Type) -> bool:
    if isinstance(type, ListOf):
        return _is_plain(type.element)
    return not isinstance(type, Array) and not (isinstance(type, Scalar) and not type.weak)


def _numpy_scalar(type: Type) -> Any:
    assert isinstance(type, Scalar)
    return np.dtype(type.dtype).type


# --- forward ------------------------------------------------------------------------------------


def pushed(
    run: Run,
    request: Request,
    args: tuple[Abstract, ...],
    tangents: tuple[Abstract, ...],
    calls: Calls,
) -> Abstract:
    """The value of jvp(f, args, tangents): (result, tangent of the result)."""
    body = run_apart(run, request, args, ())
    if body.raises:
        return _run_instead(run, request, args, ())
    moving: dict[Var, Atom] = {}
    by = _renaming(body, args, ())
    for name, a, d in zip(request.parameters, body.args, tangents, strict=False):
        _match(run, name, a, d, moving)
    stand_ins = {v: Var(f"d_{v.hint}" if v.hint else "", tangent_type(v.type)) for v in moving}
    function = _tidied(body, tuple(body.outs()))
    outs = list(function.body.results)
    varying = [o for o, v in zip(outs, leaves(body.result)) if differentiable(v.type)]
    swept = push_function(function, dict(stand_ins), varying, calls)
    by.update({stand_ins[v]: d for v, d in moving.items()})
    found = inline(run, swept.stmts, (*outs, *swept.tangents), by)
    first, second = iter(found[: len(outs)]), iter(found[len(outs) :])
    value = map_leaves(body.result, lambda v: _replaced(v, next(first)))
    body.leave(run, first)

    def tangent(v: Value) -> Abstract:
        return _like(run, next(second), v.type) if differentiable(v.type) else Static(0)

    return Seq("tuple", (value, map_leaves(_still(_plain_fields(body.result)), tangent)))


def _still(a: Abstract) -> Abstract:
    """A value with its constants replaced by their tangents, zero."""
    if isinstance(a, Static) and is_number(a):
        return Static(0.0 if isinstance(a.value, float) else 0)
    inner = parts(a)
    return with_parts(a, tuple(_still(p) for p in inner)) if inner else a


def _match(run: Run, name: str, a: Abstract, d: Abstract, moving: dict[Var, Atom]) -> None:
    """Pair the leaves of an argument with those of its tangent."""
    if isinstance(a, Value):
        if differentiable(a.type) and isinstance(a.atom, Var):
            moving[a.atom] = _tangent_atom(run, name, a, d)
        return
    mine, theirs = parts(a), parts(d)
    if isinstance(a, Seq) and isinstance(d, Value) and isinstance(d.type, ListOf):
        theirs = tuple(run.do(sx.ITEM, d, Static(k)) for k in range(len(mine)))
    if len(mine) != len(theirs):
        raise refused(
            "SD505",
            f"the tangent of {name!r} is {describe(d)}, and {name!r} is {describe(a)}",
            run.build.at,
        )
    for p, q in zip(mine, theirs):
        _match(run, name, p, q, moving)


def _tangent_atom(run: Run, name: str, a: Value, d: Abstract) -> Atom:
    fits = is_number(d) and isinstance(a.type, Scalar)
    if isinstance(d, Value):
        fits = type(d.type) is type(a.type) and _rank(d.type) == _rank(a.type)
    if not fits:
        raise refused(
            "SD505",
            f"the tangent of {name!r} is {describe(d)}, and {name!r} is {describe(a)}: shapes must agree",
            run.build.at,
        )
    return run.atom(d)


def _rank(type: Type) -> int:
    return len(getattr(type, "shape", None) or ())


# --- reverse, from a seed -----------------------------------------------------------------------


def pulled_back(
    run: Run, request: Request, args: tuple[Abstract, ...], seed: Abstract, calls: Calls
) -> Abstract:
    """The value of f(*args), and the cotangents of the arguments for a cotangent of the value."""
    body = run_apart(run, request, args, ())
    chosen = _wanted(run, request, _bound(request, body.args, ()))
    targets = _targets(chosen)
    function = _tidied(body, tuple(body.outs()))
    outs = list(function.body.results)
    by = _renaming(body, args, ())
    varying: list[tuple[Atom, Atom]] = []
    for out, v, given in zip(outs, leaves(body.result), _matched(run, body.result, seed)):
        if given is not None:
            stand_in = Var("seed", tangent_type(v.type))
            by[stand_in] = given
            varying.append((out, stand_in))
    swept = sweep_function(function, targets, varying, calls)
    found = inline(run, (*swept.forward, *swept.adjoint), (*swept.cotangents, *outs), by)
    grads = _structured(run, chosen, dict(zip(targets, found)))
    if request.single:
        grads = grads.items[0]  # type: ignore[union-attr]
    rest = iter(found[len(targets) :])
    value = map_leaves(body.result, lambda v: _replaced(v, next(rest)))
    body.leave(run, rest)
    return Seq("tuple", (value, grads))


def _matched(run: Run, a: Abstract, d: Abstract) -> Iterator[Atom | None]:
    """For each run-time value in a result that has a derivative its seed, for others None."""
    if isinstance(a, Value):
        yield _tangent_atom(run, "the value", a, d) if differentiable(a.type) else None
        return
    for p, q in zip(parts(a), parts(d), strict=True):
        yield from _matched(run, p, q)


# --- the pair (forward, pullback) ----------------------------------------------------------------


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
        _run_instead(run, request, args, ())
        run = Instantiator(run.session, run.build.inner())  # what follows is never reached
    chosen = _wanted_any(request, _bound(request, body.args, ()))
    targets = _targets(chosen)
    function = _tidied(body, tuple(body.outs()))
    outs = list(function.body.results)
    seed = map_leaves(body.result, _seed)
    seeds = [v.atom for v in leaves(seed)]
    varying = [
        (o, s) for o, s, v in zip(outs, seeds, leaves(body.result)) if differentiable(v.type)
    ]
    swept = sweep_function(function, targets, varying, calls)
    by = {v: _unshared(run, a) for v, a in _renaming(body, args, ()).items()}
    whole = Block((), (*swept.forward, *swept.adjoint), (*outs, *swept.cotangents))
    kept = prune(whole)
    split = _split(kept.stmts, set(swept.forward), swept)
    forward, adjoint = kept.stmts[:split], kept.stmts[split:]
    back = Block((), adjoint, kept.results[len(outs) :])
    record = tuple(v for v in free(back) if v not in set(seeds))
    done = inline_all(run, Block((), forward, (*outs, *record)), by)
    first = iter(done[: len(outs)])
    value = map_leaves(body.result, lambda v: _replaced(v, next(first)))
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


def _unshared(run: Run, atom: Atom) -> Atom:
    """An argument of rank 0 as a number of its own: the caller may change the array between the halves."""
    if isinstance(atom, Var) and isinstance(atom.type, Scalar) and atom.type.rank0:
        return run.build.value(BY_NAME["array"], (atom,), atom.type, atom.hint)
    return atom


def _recorded(atom: Atom) -> Abstract:
    return Static(atom.value) if isinstance(atom, Const) else Value(atom, atom.type)


def _wanted_any(request: Request, named: dict[str, Abstract]) -> list[tuple[str, Abstract]]:
    return [(name, named[name]) for name in request.wrt]


def _pulled(run: Run, a: Abstract, found: dict[Var, Atom]) -> Abstract:
    return _cotangent_of(run, a, found)


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


def call_derivative(
    run: Run, derivative: Any, args: tuple[Abstract, ...], keywords: Keywords
) -> Abstract:
    """What calling a derivative object means: the index of kinds."""
    request: Request = derivative.request
    calls = run.session.calls
    if request.kind == "jvp":
        half = len(args) // 2
        return pushed(run, request, args[:half], args[half:], calls)
    if request.kind == "vjp":
        return pulled_back(run, request, args[:-1], args[-1], calls)
    return gradient(run, request, args, keywords, calls)
