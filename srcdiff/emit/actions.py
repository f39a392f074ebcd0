"""Applications as statements: assignments, changes in place, and operations that are statements;
ACTIONS is the index of the last.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Container
from typing import TYPE_CHECKING, Any

from srcdiff.emit.around import Expr, attribute, call, name
from srcdiff.emit.expressions import subscript, type_of
from srcdiff.emit.memory import may_repeat
from srcdiff.emit.ownership import is_addition
from srcdiff.emit.signs import increased
from srcdiff.emit.steps import EMPTY, FILLED, PUSH, PUT
from srcdiff.emit.syntax import zeros
from srcdiff.errors import unbound_message
from srcdiff.ir.core import UNDEFINED, Apply, Arg, Const, Cut, Pack, Range, Var
from srcdiff.ir.types import Array, ListOf, Scalar
from srcdiff.ops import runtime
from srcdiff.ops.python import Place
from srcdiff.ops.table import Row

if TYPE_CHECKING:
    from srcdiff.emit.statements import Writer

Stmts = list[ast.stmt]


def apply(w: Writer, step: Apply) -> Stmts:
    """The statements of an application; none when nobody needs the result."""
    action = ACTIONS.get(step.op.name)
    if action is not None:
        return action(w, step)
    if not step.op.effect and step.outs and w.live.after[step].isdisjoint(step.outs):
        return []
    added = addition(w, step, step.outs[0]) if len(step.outs) == 1 else None
    return [added or assignment(w, step)]


def assignment(w: Writer, step: Apply) -> ast.stmt:
    """x = f(y); results that nobody needs are _."""
    value = w.printer.apply(step)
    alive = w.live.after[step]
    shown: list[Expr] = [w.target(o if o in alive else None) for o in step.outs]
    if not shown:
        return ast.Expr(value)
    target = shown[0] if len(shown) == 1 else ast.Tuple(shown, ast.Store())
    return ast.Assign([target], value, lineno=0)


# --- changes in place -----------------------------------------------------------------------------


def addition(w: Writer, step: Apply, out: Var) -> ast.stmt | None:
    """x += v, for numbers, and for arrays that are owned; x = v + x is x += v too."""
    if not isinstance(out.type, Scalar):
        return _augmented(w, step, out, step.args[1]) if step in w.owned.in_place else None
    if is_addition(step, w.names, w.owned, out):
        return _augmented(w, step, out, step.args[1])
    if step.op.name not in ("add", "multiply") or not isinstance(type_of(step.args[0]), Scalar):
        return None
    turned = Apply((out,), step.op, (step.args[1], step.args[0]))
    return (
        _augmented(w, step, out, step.args[0])
        if is_addition(turned, w.names, w.owned, out)
        else None
    )


def _augmented(w: Writer, step: Apply, out: Var, value: Arg) -> ast.stmt:
    assert isinstance(step.op, Row) and step.op.symbol is not None
    operator = step.op.symbol()
    assert isinstance(operator, ast.operator)
    if step.adjoint:
        return increased(w.target(out), operator, w.expr(value))
    return ast.AugAssign(w.target(out), operator, w.expr(value))


def _ours(w: Writer, step: Apply) -> Stmts:
    """Make the name of the result hold memory that may be changed."""
    first, out = step.args[0], step.outs[0]
    if step in w.owned.in_place:
        assert isinstance(first, Var)
        return [] if w.names.same(first, out) else [w.assign(out, w.expr(first))]
    if isinstance(out.type, ListOf):
        return [w.assign(out, call(w.printer.around.builtin("list"), w.expr(first)))]
    return [w.assign(out, w.printer.copy(out.type, w.expr(first)))]


def _add_to(w: Writer, out: Var, index: Arg, v: Arg) -> ast.stmt:
    """out[index] += v"""
    if isinstance(out.type, ListOf):
        return _add_to_entry(w, out, out.type, index, v)
    if may_repeat(index):
        at = w.printer.around.dotted("np.add.at")
        return ast.Expr(call(at, name(w.names(out)), _place(w, index), w.expr(v)))
    return increased(_slot(w, out, index), ast.Add(), w.expr(v))


def _add_to_entry(w: Writer, out: Var, type: ListOf, index: Arg, v: Arg) -> ast.stmt:
    """An entry that is an array is not changed: others may have it too."""
    several = isinstance(index, Cut) or isinstance(type.element, ListOf)
    if isinstance(type.element, Scalar) and not several:
        return increased(_slot(w, out, index), ast.Add(), w.expr(v))
    old, value = _slot(w, out, index), w.expr(v)
    total: Expr = ast.BinOp(old, ast.Add(), value)
    if several:
        total = call(w.printer.around.helper(runtime.add_lists), old, value)
    return ast.Assign([_slot(w, out, index)], total, lineno=0)


def _slot(w: Writer, out: Var, index: Arg) -> ast.Subscript:
    return subscript(w.printer, name(w.names(out)), index)


def _place(w: Writer, index: Arg) -> Expr:
    """An index as a value."""
    if isinstance(index, Pack) and any(isinstance(i, Cut) for i in index.items):
        return subscript(w.printer, w.printer.around.dotted("np.s_"), index)
    return w.expr(index)


# --- operations that are statements ---------------------------------------------------------------


def _raise(w: Writer, s: Apply) -> Stmts:
    cause = s.args[2] if len(s.args) > 2 else Const(None)
    return [ast.Raise(w.printer.apply(s), None if cause == Const(None) else w.expr(cause))]


def _effect(w: Writer, s: Apply) -> Stmts:
    return [assignment(w, s)]


def _require(w: Writer, s: Apply) -> Stmts:
    """Reading the name is enough, unless it may hold the None that stands for no value."""
    value, spelling = s.args
    if isinstance(value, Var) and value not in w.may_be_none:
        return [ast.Expr(w.expr(value))]
    if not isinstance(value, Var) and value != Const(UNDEFINED):
        return []
    assert isinstance(spelling, Const)
    text = ast.Constant(unbound_message(spelling.value))
    error = call(w.printer.around.builtin("UnboundLocalError"), text)
    if not isinstance(value, Var):
        return [ast.Raise(error, None)]
    missing = ast.Compare(w.expr(value), [ast.Is()], [ast.Constant(None)])
    return [ast.If(missing, [ast.Raise(error, None)], [])]


def _grow(w: Writer, out: Var, value: Arg) -> ast.stmt:
    return ast.Expr(call(attribute(name(w.names(out)), "append"), w.expr(value)))


def _append(w: Writer, s: Apply) -> Stmts:
    return [*_ours(w, s), _grow(w, s.outs[0], s.args[1])]


def _push(w: Writer, s: Apply) -> Stmts:
    return [_grow(w, s.outs[0], s.args[1])]


def _add_at(w: Writer, s: Apply) -> Stmts:
    _, index, v = s.args
    return [*_ours(w, s), _add_to(w, s.outs[0], index, v)]


def _set_at(w: Writer, s: Apply) -> Stmts:
    _, index, v = s.args
    return [*_ours(w, s), ast.Assign([_slot(w, s.outs[0], index)], w.expr(v), lineno=0)]


def _drop_last(w: Writer, s: Apply) -> Stmts:
    if s in w.owned.in_place:
        return [*_ours(w, s), ast.Expr(call(attribute(name(w.names(s.outs[0])), "pop")))]
    return [assignment(w, s)]


def _scatter(w: Writer, s: Apply) -> Stmts:
    """New zeros, and one store."""
    v, like, index = s.args
    out = s.outs[0]
    made = w.assign(out, zeros(w.printer, out.type, like))
    if not isinstance(out.type, ListOf) and may_repeat(index):
        return [made, _add_to(w, out, index, v)]
    return [made, ast.Assign([_slot(w, out, index)], w.expr(v), lineno=0)]


def _write_back(w: Writer, s: Apply) -> Stmts:
    """What came to lie in the parameter's own memory is there; else it is copied into it."""
    param, value = s.args[:2]
    if isinstance(param, Const):
        return []
    assert isinstance(param, Var)
    everything = Cut(Const(None), Const(None), Const(None))
    index: Arg = everything if isinstance(param.type, ListOf) else Const(...)
    return [ast.Assign([_slot(w, param, index)], w.expr(value), lineno=0)]


def _write_paths(w: Writer, s: Apply) -> Stmts:
    """obj.a, xs[0] = v, w"""
    paths, values = s.args[:2]
    assert isinstance(paths, Const) and isinstance(values, Pack)
    copies = w.owned.returned.get(s, set())
    pairs = enumerate(zip(values.items, paths.value))
    shown = [
        _items(w, v, k, copies)
        if isinstance(v, Pack) and path[-1][0] == "whole"
        else _left(w, v, path, k in copies)
        for k, (v, path) in pairs
    ]
    targets: list[Expr] = [_path(w, path) for path in paths.value]
    if len(targets) == 1:
        return [ast.Assign(targets, shown[0], lineno=0)]
    return [ast.Assign([ast.Tuple(targets, ast.Store())], ast.Tuple(shown, ast.Load()), lineno=0)]


def _items(w: Writer, value: Pack, place: int, copies: Container[Any]) -> Expr:
    """The entries of a list: arrays that were there are the same objects."""
    handed = [_handed(w, v, (place, j) in copies) for j, v in enumerate(value.items)]
    return ast.List(handed, ast.Load())


def _left(w: Writer, value: Arg, path: tuple[Any, ...], copies: bool) -> Expr:
    """A value to be assigned: what a branch or a loop may have left as it was stays the same object."""
    shown = _handed(w, value, copies)
    joined = isinstance(value, Var) and isinstance(value.type, Array) and value not in w.made
    if not copies or not joined:
        return shown
    there = ast.Compare(w.expr(value), [ast.Is()], [_path(w, path)])
    return ast.IfExp(there, w.expr(value), shown)


def _handed(w: Writer, value: Arg, copies: bool) -> Expr:
    if isinstance(value, Const) and isinstance(value.value, Place):
        return _path(w, value.value.path)
    return w.copied(value) if copies else w.expr(value)


def _path(w: Writer, path: tuple[Any, ...]) -> Expr:
    """A part of an argument, to be assigned."""
    made: Expr = name(_input_name(w, str(path[0])))
    for kind, key in path[1:]:
        if kind == "field":
            made = attribute(made, key)
        elif kind == "whole":
            made = ast.Subscript(made, ast.Slice(None, None, None), ast.Store())
        else:
            made = ast.Subscript(made, ast.Constant(key), ast.Store())
    return made


def _input_name(w: Writer, text: str) -> str:
    for one in w.function.inputs:
        if one.name == text and one.tree.kind == "leaf":
            return w.names(w.function.params[one.tree.index])
    return text


def _require_apart(w: Writer, s: Apply) -> Stmts:
    helper = w.printer.around.helper(runtime.require_apart)
    return [ast.Expr(call(helper, *(w.expr(a) for a in s.args)))]


def _require_distinct(w: Writer, s: Apply) -> Stmts:
    helper = w.printer.around.helper(runtime.require_distinct)
    groups = []
    for paths in s.args:
        assert isinstance(paths, Const)
        groups.append(ast.Tuple([_path(w, path) for path in paths.value], ast.Load()))
    return [ast.Expr(call(helper, *groups))]


def _require_contiguous(w: Writer, s: Apply) -> Stmts:
    helper = w.printer.around.helper(runtime.require_contiguous)
    return [ast.Expr(call(helper, *(w.expr(a) for a in s.args)))]


def _require_in_order(w: Writer, s: Apply) -> Stmts:
    helper = w.printer.around.helper(runtime.require_in_order)
    x, i, y, j = s.args
    return [ast.Expr(call(helper, *(_part(w, a, index) for a, index in ((x, i), (y, j)))))]


def _require_dtype(w: Writer, s: Apply) -> Stmts:
    helper = w.printer.around.helper(runtime.require_dtype)
    return [ast.Expr(call(helper, *(w.expr(a) for a in s.args)))]


def _part(w: Writer, x: Arg, index: Arg) -> Expr:
    whole = isinstance(index, Const) and index.value is ...
    return w.expr(x) if whole else subscript(w.printer, w.expr(x), index)


def _unpack(w: Writer, s: Apply) -> Stmts:
    """a, b = record; what nobody reads is _."""
    alive = w.live.after[s]
    if alive.isdisjoint(s.outs):
        return []
    shown: list[Expr] = [w.target(o if o in alive else None) for o in s.outs]
    return [ast.Assign([ast.Tuple(shown, ast.Store())], w.expr(s.args[0]), lineno=0)]


def _empty(w: Writer, s: Apply) -> Stmts:
    return [w.assign(s.outs[0], ast.List([], ast.Load()))]


def _filled(w: Writer, s: Apply) -> Stmts:
    (over,) = s.args
    assert isinstance(over, Range)
    missing = ast.List([ast.Constant(None)], ast.Load())
    return [w.assign(s.outs[0], ast.BinOp(missing, ast.Mult(), w.count(over)))]


def _put(w: Writer, s: Apply) -> Stmts:
    """record[k] = value, k the place of the item in its range."""
    record, value, item, over = s.args
    assert isinstance(over, Range)
    place: Expr = w.expr(item)
    if over.start != Const(0):
        place = ast.BinOp(place, ast.Sub(), w.expr(over.start))
    if over.step != Const(1):
        place = ast.BinOp(place, ast.FloorDiv(), w.expr(over.step))
    slot = ast.Subscript(w.expr(record), place, ast.Store())
    return [ast.Assign([slot], w.expr(value), lineno=0)]


ACTIONS: dict[str, Callable[[Writer, Apply], Stmts]] = {
    "raise": _raise,
    "effect": _effect,
    "require": _require,
    "append": _append,
    "add_at": _add_at,
    "set_at": _set_at,
    "set_last": _set_at,
    "drop_last": _drop_last,
    "scatter": _scatter,
    "write_back": _write_back,
    "write_paths": _write_paths,
    "require_apart": _require_apart,
    "unpack": _unpack,
    "require_distinct": _require_distinct,
    "require_contiguous": _require_contiguous,
    "require_in_order": _require_in_order,
    "require_dtype": _require_dtype,
    EMPTY.name: _empty,
    FILLED.name: _filled,
    PUSH.name: _push,
    PUT.name: _put,
}
