"""What the operations of the table mean on values with a leading axis of seeds.

A rule gives the operation and its arguments, or None when the operation must run seed by seed. `x` in
a rule's name is the operand that has the axis.
"""

from __future__ import annotations

import operator
import string
from typing import Any

from srcdiff.analysis.types import arg_type
from srcdiff.ir.core import Apply, Arg, Atom, Const, Cut, Pack, Var
from srcdiff.ir.types import Array, ListOf, Type
from srcdiff.ops.table import BY_NAME, Row
from srcdiff.transform.batch import KINDS, RULES, SEEDS, Batch, Rule, batched
from srcdiff.transform.build import Builder

ALL = Cut(Const(None), Const(None), Const(None))
Made = tuple[Row, tuple[Arg, ...]]


def rank(arg: Arg) -> int:
    """The number of axes of a value, without that of the seeds."""
    return len(getattr(arg_type(arg), "shape", None) or ())


def aligned(batch: Batch, build: Builder, arg: Arg, to: int) -> Arg:
    """A value for broadcasting against one of rank `to`: axes put in after that of the seeds."""
    if not isinstance(arg, Var) or arg not in batch.env:
        return arg
    wide = batch.env[arg]
    assert isinstance(wide.type, Array) and wide.type.shape is not None
    missing = to - (len(wide.type.shape) - 1)
    if missing <= 0:
        return wide
    axes = tuple(range(1, missing + 1))
    shape = (SEEDS, *(1,) * missing, *wide.type.shape[1:])
    place: Arg = Const(1) if missing == 1 else Pack(tuple(map(Const, axes)))
    type = Array(wide.type.dtype, shape)
    return build.apply(BY_NAME["expand_dims"], (wide, place), (type,))[0]


def entrywise(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    gathered = GATHERED.get(stmt.op.name)
    made: Made | None = gathered(batch, build, stmt) if gathered else None
    if made is not None:
        return made
    if not isinstance(stmt.outs[0].type, ListOf) and isinstance(stmt.op, Row):
        to = rank(stmt.outs[0])
        return stmt.op, tuple(aligned(batch, build, a, to) for a in stmt.args)
    return None


# --- factors ------------------------------------------------------------------------------------
#
# What has no axis is small beside what has one. Numbers are multiplied with the factors that have none
# before these meet the seeds, and products with the same seeds are added by their factors:
#
#     100.0 * (2.0 * d)   -> 200.0 * d          a * -d   -> -a * d          a * d + b * d   -> (a + b) * d


def times(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    x, y = stmt.args
    hot, cold = (x, y) if batch.holds(x) else (y, x)
    if batch.holds(cold) or rank(hot) != rank(stmt.outs[0]):
        return None
    factor, seeds = _factored(batch, hot)
    if seeds is None or not (_is_factor(factor) or _is_factor(cold)):
        return None
    return BY_NAME["multiply"], (_combined("multiply", build, cold, factor), seeds)


def minus(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    factor, seeds = _factored(batch, stmt.args[0])
    if seeds is None or factor == Const(-1.0):
        return None
    return BY_NAME["multiply"], (_combined("multiply", build, Const(-1.0), factor), seeds)


def sums(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    x, y = stmt.args
    if not (batch.holds(x) and batch.holds(y) and rank(x) == rank(y)):
        return None
    left, right = batch.seen(x), batch.seen(y)  # type: ignore[arg-type]
    made = _one_product(batch, build, stmt.op.name, left, right)
    if made is not None:
        return made
    first = build.definitions.get(left) if isinstance(left, Var) else None
    if first is not None and first.op is BY_NAME["add"]:  # (p + a d) + b d
        p, q = first.args
        made = _one_product(batch, build, stmt.op.name, q, right)  # type: ignore[arg-type]
        if made is not None:
            return BY_NAME["add"], (p, build.value(*made, arg_type(right)))
    factor, seeds = batch.scaled.get(right, (None, None))  # type: ignore[arg-type]
    if stmt.op.name == "subtract" and isinstance(factor, Const) and factor.value < 0:
        turned = build.value(BY_NAME["multiply"], (Const(-factor.value), seeds), arg_type(right))
        return BY_NAME["add"], (left, turned)
    return None


def _one_product(batch: Batch, build: Builder, name: str, x: Atom, y: Atom) -> Made | None:
    """a d + b d, or a d - b d, as one product; None when the seeds are not the same."""
    a, one = batch.scaled.get(x, (Const(1.0), x))  # type: ignore[arg-type]
    b, other = batch.scaled.get(y, (Const(1.0), y))  # type: ignore[arg-type]
    if one is not other or one is x and other is y:
        return None
    return BY_NAME["multiply"], (_combined(name, build, a, b), one)


def _factored(batch: Batch, arg: Arg) -> tuple[Arg, Arg | None]:
    """A value as the product of a factor without the axis and seeds; None for what is none."""
    wide = batch.env.get(arg) if isinstance(arg, Var) else None
    return batch.scaled.get(wide, (Const(1.0), None)) if wide is not None else (Const(1.0), None)


def _is_factor(arg: Arg) -> bool:
    """Whether a number is one that a product with it keeps in range."""
    value = arg.value if isinstance(arg, Const) else None
    return isinstance(value, (int, float)) and 1e-9 < abs(value) < 1e9


_NUMBERS = {"multiply": operator.mul, "add": operator.add, "subtract": operator.sub}


def _combined(name: str, build: Builder, a: Arg, b: Arg) -> Arg:
    """The product, sum or difference of two factors."""
    if isinstance(a, Const) and isinstance(b, Const):
        return Const(_NUMBERS[name](a.value, b.value))
    if name == "multiply" and Const(1.0) in (a, b):
        return a if b == Const(1.0) else b
    if name == "multiply" and Const(-1.0) in (a, b):
        other = a if b == Const(-1.0) else b
        return build.value(BY_NAME["negative"], (other,), arg_type(other))
    if name == "subtract" and isinstance(b, Const) and b.value < 0:
        name, b = "add", Const(-b.value)
    row = BY_NAME[name]
    return build.value(row, (a, b), build.infer(row, (a, b))[0])


GATHERED: dict[str, Any] = {"multiply": times, "negative": minus, "add": sums, "subtract": sums}


def select(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    if batch.holds(stmt.args[0]) or isinstance(stmt.outs[0].type, ListOf):
        return None
    to = rank(stmt.outs[0])
    return BY_NAME["where"], tuple(aligned(batch, build, a, to) for a in stmt.args)


def same(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    """The operation itself, of the operand and plain other arguments."""
    x, *rest = stmt.args
    if not isinstance(x, Var) or any(map(batch.holds, rest)) or not isinstance(stmt.op, Row):
        return None
    return stmt.op, (batch.seen(x), *rest)


def cast(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    (x, _), type = stmt.args, stmt.outs[0].type
    if isinstance(type, ListOf) or not isinstance(x, Var):
        return None
    return BY_NAME["cast"], (batch.seen(x), Const(type.dtype))  # type: ignore[attr-defined]


# --- axes ---------------------------------------------------------------------------------------


def moved_on(axis: Arg, whole: int | None = None) -> Arg | None:
    """An axis, or several, counted on by one; `whole`: the rank that None stands for."""
    if isinstance(axis, Pack):
        parts = tuple(moved_on(a) for a in axis.items)
        return None if None in parts else Pack(parts)  # type: ignore[arg-type]
    if not isinstance(axis, Const):
        return None
    value = axis.value
    if value is None and whole is not None:
        return Pack(tuple(Const(k + 1) for k in range(whole)))
    if isinstance(value, tuple) and all(isinstance(k, int) for k in value):
        return Pack(tuple(Const(k + 1 if k >= 0 else k) for k in value))
    if isinstance(value, int):
        return Const(value + 1 if value >= 0 else value)
    return None


def _with_axis(*places: int, whole: bool = False) -> Any:
    """A rule for an operation of an operand and axes at some places of its arguments."""

    def rule(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
        x, *rest = stmt.args
        if not isinstance(x, Var) or any(map(batch.holds, rest)) or not isinstance(stmt.op, Row):
            return None
        args = list(stmt.args)
        args[0] = batch.seen(x)
        for place in places:
            if place >= len(args):
                return None
            axis = moved_on(args[place], rank(x) if whole else None)
            if axis is None:
                return None
            args[place] = axis
        return stmt.op, tuple(args)

    return rule


def reshape(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    x, shape, order = stmt.args
    if order != Const("C") or not isinstance(x, Var):
        return None
    if isinstance(shape, Const) and isinstance(shape.value, tuple):
        shape = Pack(tuple(map(Const, shape.value)))
    lengths = shape.items if isinstance(shape, Pack) else (shape,)
    return BY_NAME["reshape"], (batch.seen(x), Pack((batch.count, *lengths)), order)


def ravel(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    return reshape(batch, build, Apply(stmt.outs, stmt.op, (stmt.args[0], Const(-1), stmt.args[1])))


def transpose(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    x, axes = stmt.args
    if not isinstance(x, Var):
        return None
    if axes == Const(None):
        order: Arg | None = Pack(tuple(Const(k) for k in range(rank(x), 0, -1)))
    else:
        order = moved_on(axes)
    if not isinstance(order, Pack):
        return None
    return BY_NAME["transpose"], (batch.seen(x), Pack((Const(0), *order.items)))


def broadcast_to(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    x, shape = stmt.args
    if isinstance(shape, Const) and isinstance(shape.value, tuple):
        shape = Pack(tuple(map(Const, shape.value)))
    lengths = shape.items if isinstance(shape, Pack) else (shape,)
    wide = aligned(batch, build, x, len(lengths))
    return BY_NAME["broadcast_to"], (wide, Pack((batch.count, *lengths)))


def spread(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    v, like = stmt.args
    if not isinstance(like, Var) or not isinstance(stmt.outs[0].type, Array):
        return None
    if not batch.holds(v):
        return None
    wide = aligned(batch, build, v, rank(stmt.outs[0]))
    return BY_NAME["broadcast_to"], (wide, Pack((batch.count, *batch.lengths(build, like))))


def full(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    shape, value, _ = stmt.args
    return broadcast_to(batch, build, Apply(stmt.outs, stmt.op, (value, shape)))


def joined(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    """np.concatenate and np.stack: items without the axis are repeated along it."""
    arrays, axis = stmt.args
    along = moved_on(axis)
    if not isinstance(arrays, Pack) or along is None or not isinstance(stmt.op, Row):
        return None
    items = _widened(batch, build, arrays)
    return None if items is None else (stmt.op, (items, along))


def _widened(batch: Batch, build: Builder, arrays: Pack) -> Pack | None:
    if not all(isinstance(a, (Var, Const)) for a in arrays.items):
        return None
    return Pack(tuple(batch.wide(build, a) for a in arrays.items))  # type: ignore[arg-type]


def array(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    """np.array of items: a stack of them along the axis after that of the seeds."""
    items = stmt.args[0]
    if isinstance(items, Var) and isinstance(items.type, ListOf):
        plain = not isinstance(items.type.element, ListOf)
        return (BY_NAME["stack"], (batch.env[items], Const(1))) if plain else None
    if not isinstance(items, Pack):
        return None
    wide = _widened(batch, build, items)
    return None if wide is None else (BY_NAME["stack"], (wide, Const(1)))


def list_of(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    items = stmt.args[0]
    wide = _widened(batch, build, items) if isinstance(items, Pack) else None
    return None if wide is None else (BY_NAME["list"], (wide,))


def append(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    xs, v = stmt.args
    assert isinstance(xs, Var) and isinstance(v, (Var, Const))
    if xs not in batch.env:
        return None
    return BY_NAME["append"], (batch.env[xs], batch.wide(build, v))


def lists(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    """Sums and joins of lists, all of which have the axis."""
    if not isinstance(stmt.op, Row) or not all(map(batch.holds, stmt.args)):
        return None
    return stmt.op, tuple(batch.seen(a) for a in stmt.args)  # type: ignore[arg-type]


# --- indices ------------------------------------------------------------------------------------


def getitem(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    x, index = stmt.args
    if not isinstance(x, Var) or batch.holds(index):
        return None
    if isinstance(x.type, ListOf):
        return BY_NAME["getitem"], (batch.seen(x), index)
    place = _index(index)
    return None if place is None else (BY_NAME["getitem"], (batch.seen(x), place))


def _index(index: Arg) -> Arg | None:
    """The index with a slice for the seeds in front.

    None where arrays of indices stand apart: their axes would go before that of the seeds.
    """
    parts = list(index.items) if isinstance(index, Pack) else [index]
    fancy = [_is_array(p) for p in parts]
    picks = [f or _is_number(p) for f, p in zip(fancy, parts)] if any(fancy) else []
    if any(picks):
        first, last = picks.index(True), len(picks) - 1 - picks[::-1].index(True)
        if not all(picks[first : last + 1]):
            return None
    return Pack((ALL, *parts))


def _is_array(part: Arg) -> bool:
    if isinstance(part, Const):
        return hasattr(part.value, "shape") and part.value.shape != ()
    return isinstance(part, Pack) or isinstance(part, Var) and not _is_number(part)


def _is_number(part: Arg) -> bool:
    type: Type | None = arg_type(part) if isinstance(part, (Var, Const)) else None
    whole = getattr(type, "dtype", "") not in ("", "bool")
    return whole and not isinstance(type, (Array, ListOf))


def _rank_there(x: Arg, index: Arg) -> int | None:
    """The rank of x[index]; None when not known."""
    parts = list(index.items) if isinstance(index, Pack) else [index]
    left, broadcast = rank(x), 0
    for part in parts:
        if isinstance(part, Cut) or isinstance(part, Const) and part.value is Ellipsis:
            continue
        if isinstance(part, Const) and part.value is None:
            left += 1
        elif _is_number(part):
            left -= 1
        elif isinstance(part, Var) and isinstance(part.type, Array) and part.type.shape is not None:
            mask = part.type.dtype == "bool"
            left -= rank(part) if mask else 1
            broadcast = max(broadcast, 1 if mask else rank(part))
        else:
            return None
    return left + broadcast


def scatter(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    v, like, index = stmt.args
    if not isinstance(like, Var) or not isinstance(like.type, Array) or batch.holds(index):
        return None
    lengths = Pack((batch.count, *batch.lengths(build, like)))
    type = stmt.outs[0].type
    assert isinstance(type, Array) and type.shape is not None
    base = build.apply(
        BY_NAME["zeros"],
        (lengths, Const(type.dtype)),
        (Array(type.dtype, (SEEDS, *type.shape)),),
    )[0]
    return _placed("add_at", batch, build, base, like, index, v)


def add_at(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    b, index, v = stmt.args
    if not isinstance(b, Var) or not isinstance(b.type, Array) or batch.holds(index):
        return None
    return _placed("add_at", batch, build, batch.wide(build, b), b, index, v)


def _placed(
    name: str, batch: Batch, build: Builder, base: Atom, like: Var, index: Arg, v: Arg
) -> Made | None:
    place = _index(index)
    if place is None:
        return None
    there = _rank_there(like, index)
    if there is None:
        return None
    moved = aligned(batch, build, v, there)
    return BY_NAME[name], (base, place, batch.seen(moved))  # type: ignore[arg-type]


def set_at(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    x, index, v = stmt.args
    if not isinstance(x, Var) or batch.holds(index) or not isinstance(stmt.op, Row):
        return None
    if isinstance(x.type, ListOf):
        held = x in batch.env and isinstance(v, (Var, Const))
        return (stmt.op, (batch.env[x], index, batch.wide(build, v))) if held else None  # type: ignore[arg-type]
    return _placed(stmt.op.name, batch, build, batch.wide(build, x), x, index, v)


def kept(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    v, like, index = stmt.args
    place = _index(index)
    if place is None or batch.holds(index):
        return None
    if not isinstance(v, Var) or not isinstance(like, Var) or rank(v) != _rank_there(like, index):
        return None
    return BY_NAME["kept"], (batch.wide(build, v), batch.wide(build, like), place)


def take(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    x, indices, axis = stmt.args
    place = moved_on(Const(0) if axis == Const(None) and rank(x) == 1 else axis)
    if batch.holds(indices) or place is None or not isinstance(x, Var):
        return None
    return BY_NAME["take"], (batch.seen(x), indices, place)


# --- products -----------------------------------------------------------------------------------


def matmul(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    x, y = stmt.args
    if max(rank(x), rank(y)) > 2 or min(rank(x), rank(y)) < 1:
        return None
    if batch.holds(x) and batch.holds(y):
        return None
    row = BY_NAME["matmul"]
    if batch.holds(x):
        return row, (batch.seen(x), y)  # type: ignore[arg-type]
    wide = batch.seen(y)  # type: ignore[arg-type]
    if rank(y) == 2:
        return row, (x, wide)
    if rank(x) == 1:
        return row, (wide, x)
    flipped = _transposed(build, x)
    return row, (wide, flipped)


def _transposed(build: Builder, x: Arg) -> Atom:
    type = arg_type(x)
    assert isinstance(type, Array) and type.shape is not None
    turned = Array(type.dtype, (*type.shape[:-2], type.shape[-1], type.shape[-2]))
    if len(type.shape) == 2:
        return build.apply(BY_NAME["transpose"], (x, Const(None)), (turned,))[0]
    return build.apply(BY_NAME["matrix_transpose"], (x,), (turned,))[0]


def solve(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    """Right-hand sides of several seeds are columns of one."""
    a, b = stmt.args
    if batch.holds(a) or not isinstance(b, Var) or rank(a) != 2:
        return None
    if rank(b) != 1:
        return BY_NAME["solve"], (a, batch.seen(b))
    type = batch.env[b].type
    assert isinstance(type, Array) and type.shape is not None
    columns = _transposed(build, batch.env[b])
    done = Array(type.dtype, (type.shape[1], SEEDS))
    (solved,) = build.apply(BY_NAME["solve"], (a, columns), (done,))
    return BY_NAME["transpose"], (solved, Const(None))


def outer(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    x, y = stmt.args
    if rank(x) != 1 or rank(y) != 1 or batch.holds(x) and batch.holds(y):
        return None
    return einsum(batch, build, Apply(stmt.outs, stmt.op, (Const("i,j->ij"), Pack((x, y)))))


def einsum(batch: Batch, build: Builder, stmt: Apply) -> Made | None:
    text, operands = stmt.args
    if not isinstance(text, Const) or not isinstance(operands, Pack):
        return None
    sources, arrow, target = text.value.replace(" ", "").partition("->")
    if not arrow:
        letters = sources.replace(",", "")
        target = "".join(c for c in sorted(set(letters)) if letters.count(c) == 1)
    spare = [c for c in string.ascii_letters if c not in text.value]
    if "." in text.value or not spare:
        return None
    labels = [
        (spare[0] if batch.holds(x) else "") + own
        for own, x in zip(sources.split(","), operands.items)
    ]
    items = tuple(batch.seen(x) for x in operands.items)  # type: ignore[arg-type]
    return BY_NAME["einsum"], (Const(f"{','.join(labels)}->{spare[0]}{target}"), Pack(items))


_NAMES: dict[Rule, str] = {
    entrywise: "less less_equal greater greater_equal equal not_equal sign isnan isfinite where",
    same: """real imag conjugate np_copy copy identity stop_gradient hooked tril triu matrix_transpose
        zeros_like""",
    _with_axis(1, whole=True): "sum mean flip",
    _with_axis(1): "cumsum expand_dims squeeze delayed advanced",
    _with_axis(1, 2): "swapaxes moveaxis",
    _with_axis(2): "roll repeat",
    joined: "concatenate stack",
    lists: "add_lists join_lists drop_last list_sum",
    matmul: "matmul dot",
    list_of: "list",
    select: "select",
    cast: "cast",
    reshape: "reshape",
    ravel: "ravel",
    transpose: "transpose",
    broadcast_to: "broadcast_to",
    spread: "spread",
    full: "full",
    array: "array",
    append: "append",
    getitem: "getitem",
    scatter: "scatter",
    add_at: "add_at",
    set_at: "set_at set_last",
    kept: "kept",
    take: "take",
    solve: "solve",
    outer: "outer",
    einsum: "einsum",
}
KINDS["elementwise"] = entrywise
RULES.update({name: rule for rule, names in _NAMES.items() for name in names.split()})

__all__ = ["batched"]
