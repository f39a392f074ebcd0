"""The typed form, run as it is defined: every operation is a function of values.

Shares nothing with the printer but the rows' functions, so that a wrong change in place, a lost
copy or a name given twice shows as a difference.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from srcdiff.ir.core import (
    Apply,
    Arg,
    Block,
    Const,
    Cut,
    For,
    Function,
    If,
    Pack,
    Range,
    Tree,
    Var,
    While,
)
from srcdiff.ir.types import Array, Scalar
from srcdiff.ops import runtime
from srcdiff.ops.table import Row

Env = dict[Var, Any]


def interpret(function: Function, *args: Any) -> Any:
    """What the function returns."""
    env: Env = {}
    if function.inputs:
        for i, value in zip(function.inputs, args):
            take_apart(i.tree, value, function, env)
    else:
        env.update(zip(function.params, args))
    results = block(function.body, env)
    return put_together(function.output, results)


def take_apart(tree: Tree, value: Any, function: Function, env: Env) -> None:
    if tree.kind == "leaf":
        env[function.params[tree.index]] = value
    for place, child in enumerate(tree.children):
        if tree.kind == "object":
            part = getattr(value, tree.keys[place])
        else:
            part = value[tree.keys[place] if tree.kind == "dict" else place]
        take_apart(child, part, function, env)


def put_together(tree: Tree, leaves: list[Any]) -> Any:
    if tree.kind == "leaf":
        return leaves[tree.index]
    if tree.kind == "static":
        return tree.value
    inner = [put_together(c, leaves) for c in tree.children]
    if tree.kind == "dict":
        return dict(zip(tree.keys, inner))
    if tree.kind == "object":
        return tree.value(**dict(zip(tree.keys, inner)))
    return tuple(inner) if tree.kind == "tuple" else inner


def value(arg: Arg, env: Env) -> Any:
    if isinstance(arg, Var):
        return env[arg]
    if isinstance(arg, Const):
        return arg.value
    if isinstance(arg, Pack):
        return tuple(value(i, env) for i in arg.items)
    if isinstance(arg, Cut):
        return slice(*(value(p, env) for p in (arg.start, arg.stop, arg.step)))
    assert isinstance(arg, Range)
    made = range(value(arg.start, env), value(arg.stop, env), value(arg.step, env))
    return made


def block(body: Block, env: Env) -> list[Any]:
    for stmt in body.stmts:
        if isinstance(stmt, Apply):
            outs = apply(stmt, env)
        elif isinstance(stmt, If):
            outs = block(stmt.then if value(stmt.test, env) else stmt.orelse, env)
        else:
            outs = loop(stmt, env)
        env.update(zip(stmt.outs, outs))
    return [value(r, env) for r in body.results]


def loop(stmt: For | While, env: Env) -> list[Any]:
    count, first = len(stmt.inits), int(stmt.breaks)
    carried = [value(a, env) for a in stmt.inits]
    stacked: list[list[Any]] = [[] for _ in stmt.outs[count:]]
    for item in rounds(stmt, env):
        if isinstance(stmt, While):
            env.update(zip(stmt.test.params, carried))
            if not block(stmt.test, env)[0]:
                break
        env.update(zip(stmt.body.params, [*item, *carried]))
        results = block(stmt.body, env)
        carried = results[first : first + count]
        for record, entry in zip(stacked, results[first + count :]):
            record.append(entry)
        if first and results[0]:
            break
    if isinstance(stmt, For) and isinstance(stmt.over, Range) and stmt.over.backward:
        stacked = [record[::-1] for record in stacked]
    return [*carried, *stacked]


def rounds(stmt: For | While, env: Env) -> Any:
    if isinstance(stmt, While):
        return iter(lambda: (), None)
    assert isinstance(stmt.over, Range)
    items = value(stmt.over, env)
    return [(i,) for i in (reversed(items) if stmt.over.backward else items)]


def apply(stmt: Apply, env: Env) -> list[Any]:
    args = [value(a, env) for a in stmt.args]
    special = SPECIAL.get(stmt.op.name)
    if special is not None:
        return [special(stmt, *args)]
    if stmt.op.name == "call":
        result = interpret_flat(args[0].function, args[1:])
        return result
    if stmt.op.name in ("require", "effect"):
        return []
    assert isinstance(stmt.op, Row)
    result = row(stmt.op, stmt, args)
    return [result] if len(stmt.outs) == 1 else list(result)


def interpret_flat(function: Function, args: list[Any]) -> list[Any]:
    return block(function.body, dict(zip(function.params, args)))


def row(op: Row, stmt: Apply, args: list[Any]) -> Any:
    out = stmt.outs[0].type
    function = op.scalar if op.scalar and isinstance(out, Scalar) and out.weak else op.function
    assert function is not None
    positional, keywords = [], {}
    for p, arg in zip(op.signature.parameters.values(), args):
        if p.kind is inspect.Parameter.VAR_POSITIONAL:
            positional += list(arg)
        elif p.default is p.empty:
            positional.append(arg)
        elif not (type(arg) is type(p.default) and arg == p.default):
            keywords[p.name] = arg
    return function(*positional, **keywords)


def zeros_like(stmt: Apply, x: Any) -> Any:
    out = stmt.outs[0].type
    if isinstance(out, Array):
        return np.zeros_like(x, dtype=out.dtype)
    return runtime.zeros_like(x)


def add_at(stmt: Apply, b: Any, index: Any, v: Any) -> Any:
    if not isinstance(b, list):
        return runtime.add_at(b, index, v)
    places = range(len(b))[index]
    if isinstance(index, slice):
        given = dict(zip(places, v))
        return [plus(x, given[k]) if k in given else x for k, x in enumerate(b)]
    return [plus(x, v) if k == places else x for k, x in enumerate(b)]


def plus(x: Any, y: Any) -> Any:
    return [plus(a, b) for a, b in zip(x, y)] if isinstance(x, list) else x + y


def cast(stmt: Apply, x: Any, to: Any) -> Any:
    if isinstance(x, np.ndarray):
        return x.astype(to)
    return to(x) if isinstance(to, type) else np.dtype(to).type(x)


def spread(stmt: Apply, v: Any, like: Any) -> Any:
    out = stmt.outs[0].type
    return np.broadcast_to(v, np.shape(like)) if isinstance(out, Array) else v


def external(stmt: Apply, function: Any, args: Any, keywords: Any) -> Any:
    return function(*args, **dict(keywords))


SPECIAL: dict[str, Any] = {
    "zeros_like": zeros_like,
    "add_at": add_at,
    "scatter": lambda s, v, like, index: add_at(s, zeros_like(s, like), index, v),
    "spread": spread,
    "cast": cast,
    "external": external,
    "list": lambda s, items: list(items),
    "extent": lambda s, x, axis: x.shape[axis],
    "truth": lambda s, x: bool(x),
    "not": lambda s, x: not x,
    "is_none": lambda s, x: x is None,
    "contains": lambda s, x, xs: x in xs,
    "identity": lambda s, x: x,
    "stop_gradient": lambda s, x: x,
    "copy": lambda s, x: runtime.copied(x),
    "format": lambda s, x, conversion, spec: format(
        {"r": repr, "s": str, "": lambda v: v}[conversion](x), spec or ""
    ),
    "join": lambda s, *parts: "".join(parts),
}
