"""Operations with a syntax of their own in print, and those of the derivative itself.

Typed programs hold these besides the NumPy rows (arguments in order; how `emit` prints them):

    getitem    x, index                x[index]                       x an array or a list
    scatter    v, like, index          b = zeros; b[index] += v       out is new
    add_at     b, index, v             b[index] += v                  in place when b is owned
    set_at     x, index, v             x[index] = v                   in place when x is owned
    set_last   x, index, v             the same, for an index that may name an entry twice
    kept       v, like, index          kept(v, like, index)           run-time helper
    write_back Const(place), x         a parameter holds x when the function is done, in its own memory if
                                       it can be; with the parameter itself: x is copied into it
    write_paths Const(paths), Pack, Const(firsts)   obj.a, d["k"] = v, w: the same for parts of structures;
                                       a value may be a Const(Place); firsts: for each value the first
                                       that is the same object. Both with Const(True) at the end: what
                                       stands before something that is raised
    require_apart, require_distinct, require_contiguous  run-time helpers: tests at the head of the function
    require_in_order x, index, y, index  run-time helper: a test before x[index] = y[index]
    require_dtype x, Const(dtype)      run-time helper: a test behind what makes x
    append     xs, v                   xs.append(v)                   in place when xs is owned
    select     c, x, y                 x if c else y                  scalars, c a bool scalar
    spread     v, like                 np.broadcast_to(v, like.shape)
    unbroadcast v, like                unbroadcast(v, like)           run-time helper
    zeros_like x                       np.zeros_like(x), 0.0, list
    blank      x                       blank(x)                       x may be undefined on some path
    add_lists  a, b                    add_lists(a, b)                run-time helper
    drop_last  xs                      xs[:-1]
    place_of   keys, key               place_of(keys, key)   run-time helper
    checkpoints count, snapshots       checkpoints(count, snapshots)  run-time helper
    list       Pack(items)             [a, b, c]
    list_sum   xs                      sum(xs)
    join_lists a, b                    a + b
    contains   x, container            x in container
    stop_gradient x                    gone before print
    hooked     x, Const(Hook)          gone before print; the adjoint is an `external` call
    length     x                       len(x)
    extent     x, Const(axis)          x.shape[axis]
    cast       x, Const(type or dtype) float(x), np.float64(x), x.astype("float32")
    truth      x                       bool(x); plain x as a test
    is_none    x                       x is None
    identity   x                       x  (a value under another name)
    copy       x                       x.copy()  (put in on the way out of SSA)
    format     x, Const(conv), spec    format(str(x), spec)
    join       *parts                  "".join((a, b))
    raise      Const(cls), Pack(args), cause   raise cls(*args) from cause
    effect     Const(function), Pack(args), Pack(keywords)   print(...)
    require    x, Const(name)          a bare name: Python's UnboundLocalError when it is not bound
    call       Const(Callee), *args    outs = name(*args)             another generated function
    pack       Pack(values)            (a, b)                         the record of a call
    unpack     record                  a, b = record
    external   Const(callable), Pack(args), Pack(keywords)   a user's callable that has a user's row
"""

from __future__ import annotations

import ast
import builtins
import operator
from dataclasses import dataclass
from typing import Any

import numpy as np

from srcdiff.ir.core import Function
from srcdiff.ops import runtime
from srcdiff.ops.shapes import broadcasted, same, second
from srcdiff.ops.table import Row, linear, register, zero


@dataclass(eq=False, repr=False)
class Callee:
    """A generated function that generated code calls; `function` is set when its body is done."""

    name: str
    function: Function | None = None
    again: bool = False  # its reverse runs it again rather than keep a record

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Place:
    """An argument or a part of one, by the way to it: the object itself, not what it holds."""

    path: tuple[Any, ...]


# --- values moved about: linear, and the derivative's own means ---------------------------------


@linear(runtime.getitem, operands=("x",), fresh=False, cheap=True)
def getitem(bz: Any, x: Any, index: Any) -> Any:
    return runtime.scatter(bz, x, index)


@linear(runtime.scatter, operands=("v",), shape=second)
def scatter(bz: Any, v: Any, like: Any, index: Any) -> Any:
    return runtime.getitem(bz, index)


@linear(runtime.add_at, operands=("b", "v"), shape=same)
def add_at(bz: Any, b: Any, index: Any, v: Any) -> Any:
    return bz, runtime.getitem(bz, index)


@linear(runtime.set_at, operands=("x", "v"), shape=same)
def set_at(bz: Any, x: Any, index: Any, v: Any) -> Any:
    written = runtime.getitem(bz, index)
    return runtime.set_at(bz, index, 0.0), written


@linear(runtime.set_last, operands=("x", "v"), shape=same)
def set_last(bz: Any, x: Any, index: Any, v: Any) -> Any:
    written = runtime.kept(runtime.getitem(bz, index), bz, index)
    return runtime.set_at(bz, index, 0.0), written


@linear(runtime.kept, operands=("v",), shape=same)
def kept(bz: Any, v: Any, like: Any, index: Any) -> Any:
    return runtime.kept(bz, like, index)


@linear(runtime.append, operands=("xs", "v"))
def append(bz: Any, xs: Any, v: Any) -> Any:
    last = runtime.getitem(bz, -1)
    return runtime.drop_last(bz), last


@linear(runtime.drop_last, operands=("xs",))
def drop_last(bz: Any, xs: Any) -> Any:
    return runtime.append(bz, runtime.zeros_like(runtime.getitem(xs, -1)))


@linear(runtime.select, operands=("x", "y"), fresh=False)
def select(bz: Any, c: Any, x: Any, y: Any) -> Any:
    return runtime.select(c, bz, 0.0), runtime.select(c, 0.0, bz)


@linear(runtime.spread, operands=("v",), shape=second, fresh=False, cheap=True)
def spread(bz: Any, v: Any, like: Any) -> Any:
    return runtime.unbroadcast(bz, v)


@linear(runtime.unbroadcast, operands=("v",), shape=second, fresh=False)
def unbroadcast(bz: Any, v: Any, like: Any) -> Any:
    return runtime.spread(bz, v)


@linear(runtime.add_lists, operands=("a", "b"))
def add_lists(bz: Any, a: Any, b: Any) -> Any:
    return bz, bz


def make_list(items: Any) -> Any:
    """The list of some values."""
    return list(items)


@linear(make_list, operands=("items",), sequence=True, name="list")
def list_of(bz: Any, items: Any) -> Any:
    return tuple(runtime.getitem(bz, k) for k in range(len(items)))


@linear(builtins.sum, name="list_sum", path="sum")
def list_sum(bz: Any, xs: Any) -> Any:
    return [bz for _ in xs]


@linear(runtime.join_lists, operands=("a", "b"), name="join_lists")
def join_lists(bz: Any, a: Any, b: Any) -> Any:
    return runtime.getitem(bz, slice(None, len(a))), runtime.getitem(bz, slice(len(a), None))


# --- nothing varies -----------------------------------------------------------------------------

zero(runtime.zeros_like, lambda x: None, name="zeros_like", path="zeros_like", shape=same)
zero(runtime.blank, lambda x: None, name="blank", path="blank", shape=same)
zero(runtime.checkpoints, lambda count, snapshots: None, name="checkpoints", path="checkpoints")
zero(runtime.place_of, lambda keys, key: None, name="place_of", path="place_of")
zero(len, lambda x: None, name="length", path="len", cheap=True)

for _name, _function, _scalar, _symbol in (
    ("less", np.less, operator.lt, ast.Lt),
    ("less_equal", np.less_equal, operator.le, ast.LtE),
    ("greater", np.greater, operator.gt, ast.Gt),
    ("greater_equal", np.greater_equal, operator.ge, ast.GtE),
    ("equal", np.equal, operator.eq, ast.Eq),
    ("not_equal", np.not_equal, operator.ne, ast.NotEq),
):
    zero(
        _function,
        lambda x, y: None,
        name=_name,
        scalar=_scalar,
        spelled=(_symbol,),
        shape=broadcasted,
    )


def _plain(name: str, *, effect: bool = False, cheap: bool = True, fresh: bool = True) -> Row:
    return register(Row(name, kind="zero", effect=effect, cheap=cheap, fresh=fresh))


def _moved(name: str, *, fresh: bool = False) -> Row:
    """Linear in its first argument, the adjoint a cast back to the operand's type (`transform.rules`)."""
    return register(Row(name, kind="moved", operands=("x",), cheap=True, fresh=fresh))


stopped = _plain("stop_gradient", fresh=False)
contains = _plain("contains")
extent = _plain("extent")
truth = _plain("truth")
logical_not = _plain("not")
is_none = _plain("is_none")
format_value = _plain("format")
join = _plain("join")
raise_ = _plain("raise", effect=True)
effect = _plain("effect", effect=True)
require = _plain("require", effect=True)
write_back = _plain("write_back", effect=True)
write_paths = _plain("write_paths", effect=True)
require_apart = _plain("require_apart", effect=True)
require_distinct = _plain("require_distinct", effect=True)
require_contiguous = _plain("require_contiguous", effect=True)
require_in_order = _plain("require_in_order", effect=True)
require_dtype = _plain("require_dtype", effect=True)
pack = _plain("pack")
unpack = _plain("unpack", cheap=False)
call = register(Row("call", kind="call"))
external = register(Row("external", kind="external"))
cast = _moved("cast", fresh=True)
hooked = register(
    Row("hooked", kind="moved", operands=("x",), cheap=True, fresh=False, path="srcdiff.cotangent")
)
copy = _moved("copy", fresh=True)
identity = _moved("identity")
