"""Calls of lowered functions: inlined, or, when a function calls itself, a function of its own.

    before   fact(n, x) called while fact(n, x) with the same types is being inlined
    after    call(fact, n, x), and one typed Function `fact` whose body holds the same call

The result's type is found by running the body until it settles, beginning with "the recursive call
does not return", so that the base cases speak first.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from srcdiff.analysis.types import arg_type
from srcdiff.errors import Signal
from srcdiff.ir.core import Apply, Block, Const, Function, Stmt, Tree, Var, leaf
from srcdiff.ir.types import Array, ListOf, Scalar, Type, each_apart
from srcdiff.ir.walk import copy_block, free, regions, with_regions
from srcdiff.ops import python as py
from srcdiff.ops.python import Callee
from srcdiff.ops.syntax import Template
from srcdiff.transform.build import Builder
from srcdiff.transform.identities import objects
from srcdiff.transform.likeness import Lengths
from srcdiff.transform.meet import covers, frame, frame_leaves
from srcdiff.transform.values import (
    NOTHING,
    Abstract,
    Closure,
    Iter,
    Key,
    Method,
    NeedStatic,
    Poison,
    Raised,
    Record,
    Seq,
    Static,
    Value,
    map_leaves,
    parts,
    same_frame,
    same_static,
)

if TYPE_CHECKING:
    from srcdiff.transform.instantiate import Instantiator

DEPTH = 24  # calls of one function in one another with other constants
ALIKE = 3  # ... with other shapes only, before one function is made for all of them


@dataclass
class Active:
    """A call being inlined."""

    template: Template
    key: Hashable
    values: tuple[Abstract, ...] = ()


class Recursion(Signal):
    """A call met itself; whoever began it makes it a function."""

    def __init__(self, key: Hashable, values: tuple[Abstract, ...]):
        self.key, self.values = key, values


@dataclass
class Outlined:
    """A function of its own: what it takes, what it returns, what it needs besides.

    read: what objects held that it finds without being given them, when it was made
    """

    callee: Callee
    template: Template
    frames: tuple[Abstract, ...]
    result: Abstract = NOTHING
    extras: tuple[Var, ...] = ()
    read: dict[Key, Abstract] = field(default_factory=dict)

    def serves(self, run: Instantiator, template: Template, values: tuple[Abstract, ...]) -> bool:
        """Whether a call of the template with these values is a call of it, here."""
        if self.template is not template or not all(map(covers, self.frames, values)):
            return False
        return all(k in run.memory and run.memory.get(k) is held for k, held in self.read.items())


def signature_key(a: Abstract) -> Hashable:
    """Equal for values of the same structure, types and constants."""
    if isinstance(a, Value):
        return a.type
    if isinstance(a, Static):
        return Const(a.value)
    frame_part: Hashable = type(a).__name__
    if isinstance(a, Seq):
        frame_part = a.kind
    elif isinstance(a, Record):
        frame_part = (a.cls, a.keys)
    elif isinstance(a, Closure):
        frame_part = a.template
    elif isinstance(a, Method):
        frame_part = a.target
    elif isinstance(a, Iter):
        frame_part = a.kind
    elif isinstance(a, Raised):
        frame_part = a.cls
    return (frame_part, *(signature_key(p) for p in parts(a)))


def call_template(
    run: Instantiator, template: Template, values: tuple[Abstract, ...], apart: bool = False
) -> Abstract:
    """The result of a lowered function on abstract values; `apart`: of a call that stays a call."""
    session = run.session
    key = (template, *(signature_key(v) for v in values))
    for known in session.functions.values():
        if known.serves(run, template, values):
            return _call_outlined(run, known, values)
    if any(active.key == key for active in session.stack):
        raise Recursion(key, values)
    begun = [active for active in session.stack if active.template is template]
    depth = len(begun)
    if depth >= ALIKE:
        _generalise(begun[0], begun[-1], values)
    if depth > DEPTH:
        raise run.refusal(
            "SD332",
            f"{template.name} calls itself more than {DEPTH} times with other constants or shapes",
            "pass what changes as a number, and arrays of one shape",
        )
    build, mark, at, memory = run.build, len(run.build.stmts), run.build.at, run.memory
    session.stack.append(Active(template, key, values))
    depth_before = len(session.stack)
    try:
        if apart:
            outlined = _outline(run, template, key, values)
            outlined.callee.again = True
            return _call_outlined(run, outlined, values)
        return _inlined(run, template, values)
    except Recursion as met:
        if met.key != key:
            raise
        del session.stack[depth_before:]
        run.build, run.ended, run.build.at, run.memory = build, False, at, memory
        del build.stmts[mark:]
        outlined = _outline(run, template, key, met.values)
    finally:
        del session.stack[depth_before - 1 :]
        run.build.at = at
    return _call_outlined(run, outlined, values)


def _generalise(first: Active, last: Active, values: tuple[Abstract, ...]) -> None:
    """Calls that differ in lengths only become one function for any length."""
    joined = tuple(map(frame, first.values, values))
    joined = tuple(map(frame, joined, last.values))
    if any(isinstance(j, Poison) for j in joined):
        return
    if all(map(_differ_in_lengths, first.values, values)):
        raise Recursion(first.key, joined)


def _differ_in_lengths(a: Abstract, b: Abstract) -> bool:
    if isinstance(a, Value) and isinstance(b, Value):
        return _without_lengths(a.type) == _without_lengths(b.type)
    if isinstance(a, Static) or isinstance(b, Static):
        return same_static(a, b)
    return same_frame(a, b) and all(map(_differ_in_lengths, parts(a), parts(b)))


def _without_lengths(type: Type) -> Hashable:
    if isinstance(type, ListOf):
        return ("list", _without_lengths(type.element))
    if isinstance(type, Array):
        return ("array", type.dtype, None if type.shape is None else len(type.shape))
    return type


def _inlined(run: Instantiator, template: Template, values: tuple[Abstract, ...]) -> Abstract:
    hint = run.hint
    env = dict(zip(template.function.params, map(run.hold, values)))
    (result,) = run.block(template.function.body, env)
    run.hint = hint
    return run.load(result)


def _outline(
    run: Instantiator, template: Template, key: Hashable, values: tuple[Abstract, ...]
) -> Outlined:
    names = (*template.captures, *(p.name for p in template.parameters))
    frames = tuple(_named_frame(name, v) for name, v in zip(names, values))
    spelled = template.name if template.name.isidentifier() else "function"
    outlined = Outlined(Callee(spelled), template, frames)
    run.session.functions[key] = outlined
    outer, ended, memory = run.build, run.ended, run.memory
    there, read = set(memory), memory.known.read
    memory.known.read = set()
    frames = tuple(map(run.memory.known.adopt, frames))
    outlined.frames = frames
    run.session.silent += 1
    try:
        for _ in range(12):
            run.build, run.ended = Builder(outer.at, False, dict(outer.lengths)), False
            run.memory = memory.elsewhere()
            result = _inlined(run, template, frames)
            if run.memory.differs(memory):
                raise run.refusal(
                    "SD367",
                    f"{template.name} is a function of its own (it calls itself, or is marked "
                    "recompute) and changes what it was given",
                    "let it return the new value",
                )
            if covers(outlined.result, result) and outlined.result is not NOTHING:
                break
            outlined.result = frame(outlined.result, result)
        else:
            raise run.refusal("SD333", f"the type of the result of {template.name} does not settle")
        atoms = run.flat(outlined.result, result)
        body = run.build.block((), tuple(atoms))
    except NeedStatic as need:
        del run.session.functions[key]
        raise need.of(need.origins) from None
    finally:
        run.build, run.ended, run.memory = outer, ended, memory
        run.session.silent -= 1
        outlined.read = {key: memory.get(key) for key in memory.known.read & there}
        memory.known.read |= read
        forget(run, frames)
    _close(outlined, template, frames, body)
    return outlined


def forget(run: Instantiator, frames: tuple[Abstract, ...]) -> None:
    """The parameters of a function that is done are nothing the caller sees."""
    for f in frames:
        for key in objects(f):
            run.memory.known.original.pop(key, None)


def _named_frame(name: str, value: Abstract) -> Abstract:
    def one(v: Value) -> Value:
        hint = v.atom.hint if isinstance(v.atom, Var) and v.atom.hint else name
        type = replace(v.type) if isinstance(v.type, Scalar) else each_apart(v.type)
        return Value(Var(hint if not isinstance(value, Value) else name, type), type, v.length)

    return map_leaves(value, one)


def _close(
    outlined: Outlined, template: Template, frames: tuple[Abstract, ...], body: Block
) -> None:
    """Make the body a Function: what it reads of the outside becomes parameters."""
    params = tuple(v for f in frames for v in frame_leaves(f))
    extras = tuple(v for v in free(body) if v not in set(params))
    outlined.extras = extras
    inner = {v: Var(v.hint, v.type) for v in extras}
    body = copy_block(_extended(body, outlined), dict(inner))
    tree = Tree("tuple", tuple(leaf(k) for k in range(len(body.results))))
    if len(body.results) == 1:
        tree = leaf(0)
    everything = (*params, *inner.values())
    outlined.callee.function = Function(
        outlined.callee.name, everything, body, (), tree, template.function.at
    )


def _extended(block: Block, outlined: Outlined) -> Block:
    """The block with the extra parameters passed on in its own recursive calls."""

    def one(stmt: Stmt) -> Stmt:
        stmt = with_regions(stmt, tuple(_extended(r, outlined) for r in regions(stmt)))
        if (
            isinstance(stmt, Apply)
            and stmt.op is py.call
            and stmt.args[0] == Const(outlined.callee)
        ):
            return replace(stmt, args=(*stmt.args, *outlined.extras))
        return stmt

    if not outlined.extras:
        return block
    return Block(block.params, tuple(map(one, block.stmts)), block.results)


def _call_outlined(run: Instantiator, outlined: Outlined, values: tuple[Abstract, ...]) -> Abstract:
    if isinstance(outlined.result, Static) and outlined.result is NOTHING:
        run.ended = True
        return NOTHING
    atoms = [x for f, v in zip(outlined.frames, values) for x in run.flat(f, v)]
    lengths = Lengths()  # of this call, by those of the function
    for param, atom in zip((v for f in outlined.frames for v in frame_leaves(f)), atoms):
        lengths.learn(param.type, arg_type(atom))
    types = tuple(lengths.type(v.type) for v in frame_leaves(outlined.result))
    run.memory.known.read |= outlined.read.keys()
    args = (Const(outlined.callee), *atoms, *outlined.extras)
    outs = iter(run.build.apply(py.call, args, types, run.hint))

    def out(v: Value) -> Value:
        var = next(outs)
        return Value(var, var.type)

    return run.memory.mingled(map_leaves(outlined.result, out), *values)
