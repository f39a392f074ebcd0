"""A function run apart: its statements on new variables, in a builder of its own.

before   f(x), called where it is differentiated
after    Body: the statements of f at x', what it returns and what it leaves in objects,
         to be swept and then put in place with x' replaced by x
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from srcdiff.ir.core import Atom, Block, Const, Function, Stmt, Var
from srcdiff.ir.types import Scalar, Type
from srcdiff.ir.walk import copy_block
from srcdiff.ops import syntax as sx
from srcdiff.transform.build import Builder
from srcdiff.transform.dead import prune
from srcdiff.transform.effects import Inner
from srcdiff.transform.identities import tagged
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.memory import Memory, untag
from srcdiff.transform.request import Request, bound_names, refused
from srcdiff.transform.share import share
from srcdiff.transform.values import (
    Abstract,
    Choice,
    Closure,
    Key,
    Method,
    Record,
    Ref,
    Seq,
    Static,
    Value,
    is_number,
    is_rank0,
    key_of,
    leaves,
    map_leaves,
    parts,
    with_parts,
)

Run = Instantiator
Keywords = tuple[tuple[str, Abstract], ...]


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
        partial = run.session.partial

        def one(v: Value) -> Abstract:
            atom = next(atoms)
            partial.update({atom} if v.atom in partial and isinstance(atom, Var) else ())
            made = replaced(v, atom)
            return made if v.key is None else tagged(made, v.key)

        for key, held in self.left:
            run.memory.write(run, key, map_leaves(held, one))


def run_apart(run: Run, request: Request, args: tuple[Abstract, ...], keywords: Keywords) -> Body:
    """Run the function on new variables in a builder of its own."""
    before = run.memory
    run.memory = before.elsewhere()
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
    run.session.inner.append(Inner(before, started, {o: n for n, o in same.items()}))
    try:
        result = run.call(callee_of(request.function), new_args, **new_keywords)
        if run.ended:
            return Body(new_args, new_keywords, Static(0.0), run.build, raises=True)
        result = what_is_asked(
            run, request, result, bound_names(request, new_args, tuple(new_keywords.items()))
        )
        return Body(new_args, new_keywords, result, run.build, _left(run, started, same))
    finally:
        run.build, run.ended, run.memory = outer, ended, before
        run.session.final = final
        run.session.inner.pop()


def run_instead(
    run: Run, request: Request, args: tuple[Abstract, ...], keywords: Keywords
) -> Abstract:
    """Run a function that raises on every path: what it writes before it does is written."""
    return run.call(callee_of(request.function), args, **dict(keywords))


def what_is_asked(
    run: Run, request: Request, result: Abstract, named: dict[str, Abstract]
) -> Abstract:
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
    """The objects from outside that the function changed, with what they hold in the end.

    What it made and left in them has another identity outside; what it shares it shares there too.
    """
    made: dict[Key, Key] = {}

    def outer(a: Abstract) -> Abstract:
        if not isinstance(a, Ref):
            return with_parts(a, tuple(map(outer, parts(a)))) if parts(a) else a
        if a.key in same or a.key in started:
            return Ref(same.get(a.key, a.key))
        held = run.memory.content(run, a.key)
        run.sound(held)
        if a.key in made and not isinstance(held, Value):
            text = f"{a.key.hint or 'an object'} is left in two places by a function that makes it"
            raise run.refusal("SD368", text, "leave a copy")
        key = made.setdefault(a.key, Key(a.key.hint))
        held = outer(untag(held))
        return tagged(held, key) if isinstance(held, Value) else held

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
    known = run.memory.known
    there = {**{key: key for key in started}, **same, **made}
    for one, another in combinations(there, 2):
        if (one in made or another in made) and known.related(one, another):
            known.share(there[one], there[another])
    return list(found.items())


def _paired(a: Abstract, b: Abstract) -> Iterator[tuple[Key, Key]]:
    """The objects in a value, and those in its copy."""
    one, other = key_of(a), key_of(b)
    if one is not None and other is not None:
        yield other, one
    for p, q in zip(parts(a), parts(b)):
        yield from _paired(p, q)


def callee_of(function: Any) -> Abstract:
    """The function of a request: one of Python's, or one made while the program runs."""
    made = isinstance(function, (Static, Closure, Method, Choice, Record))
    return function if made else Static(function)


def _parameters(a: Abstract) -> Abstract:
    """The value with new variables; numbers known while compiling become variables only if floats."""
    if isinstance(a, Value):
        hint = a.atom.hint if isinstance(a.atom, Var) else ""
        key = Key(hint) if is_rank0(a) else None
        return Value(Var(hint, a.type), a.type, a.length, key)
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


def renaming(body: Body, args: tuple[Abstract, ...], keywords: Keywords) -> dict[Var, Atom]:
    old = [x for a in (*args, *(v for _, v in keywords)) for x in _atoms(a)]
    new = [v.atom for a in (*body.args, *body.named.values()) for v in leaves(a)]
    return {n: o for n, o in zip(new, old) if isinstance(n, Var)}


def replaced(v: Value, atom: Atom) -> Abstract:
    return Static(atom.value) if isinstance(atom, Const) else Value(atom, v.type, v.length)


def tidied(body: Body, results: tuple[Atom, ...]) -> Function:
    return share(Function("", (), prune(body.build.block((), results))))


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
