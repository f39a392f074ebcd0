"""What rule bodies call to move values about (`ops.runtime`): their types follow from the arguments."""

from __future__ import annotations

from srcdiff.analysis.types import dims_of
from srcdiff.ir.core import Const
from srcdiff.ir.types import Array, ListOf, Scalar, Type, differentiable, minus, tangent_type
from srcdiff.ops import hooks, runtime
from srcdiff.ops import syntax as sx
from srcdiff.ops.table import BY_NAME
from srcdiff.transform.algebra import agree
from srcdiff.transform.calls import intrinsic
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.lists import append_item, concatenated
from srcdiff.transform.meet import join_types
from srcdiff.transform.shaping import narrowed
from srcdiff.transform.values import (
    Abstract,
    Seq,
    Static,
    Value,
    as_value,
    is_number,
    map_leaves,
)

Run = Instantiator


def _made(run: Run, name: str, args: tuple[Abstract, ...], type: Type) -> Abstract:
    atom = run.build.value(BY_NAME[name], tuple(run.material(a) for a in args), type, run.hint)
    return Static(atom.value) if isinstance(atom, Const) else Value(atom, type)


def _like(v: Value, like: Value) -> Type:
    """The type of values of v in the shape of another."""
    if not isinstance(v.type, (Scalar, Array)) or isinstance(like.type, ListOf):
        return like.type
    dims = dims_of(like.type)
    return Array(v.type.dtype, dims) if dims != () else Scalar(v.type.dtype, weak=False)


@intrinsic(runtime.getitem)
def _getitem(run: Run, x: Abstract, index: Abstract) -> Abstract:
    return run.do(sx.ITEM, x, index)  # type: ignore[no-any-return]


@intrinsic(runtime.scatter)
def _scatter(run: Run, v: Abstract, like: Abstract, index: Abstract) -> Abstract:
    if isinstance(like, Seq):
        like = Value(run.atom(like), ListOf(as_value(v).type, len(like.items)))
    assert isinstance(like, Value)
    type = like.type if isinstance(like.type, ListOf) else _like(as_value(v), like)
    return _made(run, "scatter", (v, like, index), type)


@intrinsic(runtime.add_at)
def _add_at(run: Run, b: Abstract, index: Abstract, v: Abstract) -> Abstract:
    assert isinstance(b, Value)
    return _made(run, "add_at", (b, index, v), b.type)


@intrinsic(runtime.set_at)
def _set_at(run: Run, x: Abstract, index: Abstract, v: Abstract) -> Abstract:
    assert isinstance(x, Value)
    if isinstance(x.type, ListOf) and not isinstance(x.type.element, Scalar):
        v = _zeros_like(run, run.do(sx.ITEM, x, index)) if is_number(v) else v
    return _made(run, "set_at", (x, index, v), x.type)


@intrinsic(runtime.kept)
def _kept(run: Run, v: Abstract, like: Abstract, index: Abstract) -> Abstract:
    return _made(run, "kept", (v, like, index), as_value(v).type)


@intrinsic(runtime.append)
def _append(run: Run, xs: Abstract, v: Abstract) -> Abstract:
    return append_item(run, xs, v)


@intrinsic(runtime.drop_last)
def _drop_last(run: Run, xs: Abstract) -> Abstract:
    assert isinstance(xs, Value) and isinstance(xs.type, ListOf)
    return _made(run, "drop_last", (xs,), ListOf(xs.type.element, minus(xs.type.length, 1)))


@intrinsic(runtime.join_lists)
def _join_lists(run: Run, a: Abstract, b: Abstract) -> Abstract:
    return concatenated(run, a, b)


@intrinsic(runtime.add_lists)
def _add_lists(run: Run, a: Abstract, b: Abstract) -> Abstract:
    assert isinstance(a, Value)
    return _made(run, "add_lists", (a, b), a.type)


@intrinsic(runtime.zeros_like)
def _zeros_like(run: Run, x: Abstract) -> Abstract:
    value = as_value(x)
    if isinstance(value.type, Scalar):
        return Static(0j if value.type.dtype.startswith("complex") else 0.0)
    return _made(run, "zeros_like", (value,), tangent_type(value.type))


@intrinsic(runtime.spread)
def _spread(run: Run, v: Abstract, like: Abstract) -> Abstract:
    return _made(run, "spread", (v, like), _like(as_value(v), as_value(like)))


@intrinsic(runtime.alike)
def _alike(run: Run, v: Abstract, like: Abstract) -> Abstract:
    value, other = as_value(v), as_value(like)
    if not isinstance(value.type, Array) or not isinstance(other.type, Array):
        return v
    type = Array(value.type.dtype, other.type.shape)
    if value.type == type or agree(value.type.shape or (), other.type.shape or ()):
        return v
    (out,) = run.build.apply(BY_NAME["identity"], (value.atom,), (type,), run.hint)
    return Value(out, type)


@intrinsic(runtime.unbroadcast)
def _unbroadcast(run: Run, v: Abstract, like: Abstract) -> Abstract:
    atom = narrowed(run.build, run.atom(v), run.atom(like))
    return Static(atom.value) if isinstance(atom, Const) else Value(atom, atom.type)


@intrinsic(runtime.select)
def _select(run: Run, c: Abstract, x: Abstract, y: Abstract) -> Abstract:
    if isinstance(c, Static):
        return x if c.value else y
    type = join_types(as_value(x).type, as_value(y).type)
    assert type is not None
    return _made(run, "select", (c, x, y), type)


@intrinsic(hooks.cotangent)
def _cotangent(run: Run, x: Abstract, act: Abstract) -> Abstract:
    if not isinstance(act, Static) or not callable(act.value):
        raise run.refusal(
            "SD355",
            "the function for a cotangent is made inside the function that is differentiated",
            "define it outside, at the top of the module",
        )
    hook = hooks.hook_of(act.value)

    def one(v: Value) -> Abstract:
        if not differentiable(v.type):
            return v
        out = run.build.value(BY_NAME["hooked"], (v.atom, Const(hook)), v.type, run.hint)
        return Value(out, v.type, v.length)

    return run.memory.mingled(map_leaves(x, one), x)


@intrinsic(runtime.stop_gradient)
def _stop_gradient(run: Run, x: Abstract) -> Abstract:
    def one(v: Value) -> Abstract:
        return Value(
            run.build.value(BY_NAME["stop_gradient"], (v.atom,), v.type, run.hint), v.type, v.length
        )

    return run.memory.mingled(map_leaves(x, one), x)
