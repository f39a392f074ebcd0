"""Methods and NumPy functions that change an object in place: lists, dicts, arrays, `np.add.at`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from srcdiff.analysis.types import arg_type
from srcdiff.ir.core import Const
from srcdiff.ir.types import Array, ListOf, Scalar, minus
from srcdiff.ops import syntax as sx
from srcdiff.ops.table import BY_NAME
from srcdiff.transform import indexing, keys, prelude
from srcdiff.transform.calls import intrinsic, method, require_dict
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.intrinsics import surely_other_class
from srcdiff.transform.iterate import extent_of, length_of, listed
from srcdiff.transform.lists import (
    append_item,
    concatenated,
    holds_numbers,
    is_list,
    with_inserted,
    without,
)
from srcdiff.transform.meet import describe, list_type
from srcdiff.transform.memory import untag
from srcdiff.transform.row_calls import apply_row
from srcdiff.transform.stores import (
    as_content,
    as_many,
    change,
    fitting,
    set_array,
    set_item,
    value_type,
)
from srcdiff.transform.structures import same_item
from srcdiff.transform.values import (
    Abstract,
    Method,
    Record,
    Seq,
    Slice,
    Static,
    Value,
    is_rank0,
    is_static,
    key_of,
    same_static,
)

Run = Instantiator
NONE = Static(None)
EVERYTHING = Slice(NONE, NONE, NONE)


# --- lists --------------------------------------------------------------------------------------


def _list(run: Run, a: Abstract, what: str) -> Seq:
    """A list whose length is known while compiling."""
    if isinstance(a, Seq) and a.kind == "list":
        return a
    raise run.refusal("SD351", f"{what}() of {describe(a)}", "build a new list instead")


def _enter(run: Run, owner: Abstract, value: Abstract) -> None:
    key = key_of(owner)
    if key is not None and isinstance(owner, Value):
        run.memory.enter(key, value)


ONE_BY_ONE = 8  # entries that are appended one after another


@method("append")
def _append(run: Run, xs: Abstract, value: Abstract, /) -> Abstract:
    if isinstance(xs, Seq) and xs.kind == "list":
        change(run, xs, Seq("list", (*xs.items, value)))
        return NONE
    if not (isinstance(xs, Value) and isinstance(xs.type, ListOf)):
        raise run.refusal("SD351", f"append() of {describe(xs)}")
    longer = untag(append_item(run, xs, value))
    _enter(run, xs, value)
    change(run, xs, longer)
    return NONE


@method("extend")
def _extend(run: Run, xs: Abstract, more: Abstract, /) -> Abstract:
    if isinstance(more, Value) and isinstance(more.type, Array):
        more = run.call(Static(list), (more,))
    runtime = any(isinstance(a, Value) and isinstance(a.type, ListOf) for a in (xs, more))
    if runtime and isinstance(more, Seq) and len(more.items) <= ONE_BY_ONE:
        for item in more.items:  # each goes to the end of the list that is there: no copy of it
            _append(run, run.now(xs), item)
        return NONE
    if runtime:
        if not isinstance(more, (Seq, Value)) or isinstance(more, Seq) and more.kind == "tuple":
            more = Seq("list", tuple(listed(run, more, "extend()")))
        longer = untag(concatenated(run, xs, more))
        _enter(run, xs, more)
        change(run, xs, longer)
        return NONE
    items = _list(run, xs, "extend").items
    change(run, xs, Seq("list", (*items, *listed(run, more, "extend()"))))
    return NONE


@method("insert")
def _insert(run: Run, xs: Abstract, place: Abstract, value: Abstract, /) -> Abstract:
    if isinstance(xs, Value) and isinstance(xs.type, ListOf):
        longer = untag(with_inserted(run, xs, place, value))
        run.memory.known.note_rest(longer, xs, value)
        _enter(run, xs, value)
        change(run, xs, longer)
        return NONE
    items = list(_list(run, xs, "insert").items)
    items.insert(run.static(place, "the place of what is inserted"), value)
    change(run, xs, Seq("list", tuple(items)))
    return NONE


_NO_KEY = Static(object())


@method("pop")
def _pop(
    run: Run, a: Abstract, place: Abstract = Static(-1), default: Abstract = _NO_KEY, /
) -> Abstract:
    if isinstance(a, Record) and a.cls is dict:
        return _pop_entry(run, a, place, default)
    if isinstance(a, Seq) and isinstance(place, Value) and list_type(a) is not None:
        atom = run.atom(a)
        change(run, a, Value(atom, arg_type(atom)))
        a = run.now(a)
    if isinstance(a, Value) and isinstance(a.type, ListOf):
        return _pop_at(run, a, place)
    items = list(_list(run, a, "pop").items)
    try:
        found = items.pop(run.static(place, "the place of what is popped"))
    except IndexError as error:
        run.raise_error(IndexError, *error.args)
        return Static(0.0)
    change(run, a, Seq("list", tuple(items)))
    return found


def _pop_at(run: Run, a: Value, place: Abstract) -> Abstract:
    """pop() of a list of run-time length"""
    found: Abstract = run.do(sx.ITEM, a, place)
    rest = _without_last(run, a) if same_static(place, Static(-1)) else None
    if rest is None:
        rest = untag(without(run, a, place, "pop index out of range"))
    run.memory.known.note_rest(rest, a)
    apart = run.memory.popped(a, found)
    change(run, a, rest)
    return run.now(found) if apart is None else run.load(run.hold(apart))


def _without_last(run: Run, a: Value) -> Abstract:
    assert isinstance(a.type, ListOf)
    type = ListOf(a.type.element, minus(a.type.length, 1))
    return indexing.changed(run, "drop_last", (a.atom,), Value(a.atom, type))


def _pop_entry(run: Run, a: Record, key: Abstract, default: Abstract) -> Abstract:
    known = keys.static_key(run, a, key)
    found = a.get(known)
    if found is None and default is _NO_KEY:
        run.raise_error(KeyError, known)
        return Static(0.0)
    if found is None:
        return default
    change(run, a, a.without(known))
    return found


@method("remove")
def _remove(run: Run, xs: Abstract, value: Abstract, /) -> Abstract:
    if isinstance(xs, Record) and xs.cls is set:
        item = run.static(value, "what is removed")
        if not run.static(run.do(sx.COMPARE, Static("in"), value, xs), "what is removed"):
            run.raise_error(KeyError, item)
        return run.call(Method(xs, "discard"), (value,))
    if holds_numbers(xs):
        change(run, xs, untag(run.call(Static(prelude.removed), (untag(xs), value))))
        return NONE
    items = list(_list(run, xs, "remove").items)
    for k, item in enumerate(items):
        if run.static(same_item(run, item, value), "what is removed"):
            del items[k]
            change(run, xs, Seq("list", tuple(items)))
            return NONE
    run.raise_error(ValueError, "list.remove(x): x not in list")
    return NONE


@method("reverse")
def _reverse(run: Run, xs: Abstract, /) -> Abstract:
    if isinstance(xs, Value) and isinstance(xs.type, ListOf):
        back = Slice(NONE, NONE, Static(-1))
        change(run, xs, untag(run.do(sx.ITEM, untag(xs), back)))
        return NONE
    change(run, xs, Seq("list", tuple(reversed(_list(run, xs, "reverse").items))))
    return NONE


@method("clear")
def _clear(run: Run, a: Abstract, /) -> Abstract:
    change(run, a, Record(a.cls, ()) if isinstance(a, Record) else Seq("list", ()))
    return NONE


@method("sort")
def _sort(run: Run, a: Abstract, axis: Abstract = Static(-1), **keywords: Abstract) -> Abstract:
    if isinstance(a, Value) and isinstance(a.type, Array) and not keywords:
        change(run, a, untag(run.call(Static(np.sort), (untag(a), axis))))
        return NONE
    if not is_list(a):
        raise run.refusal("SD351", f"sort() of {describe(a)}", "build a new list instead")
    made = run.call(Static(sorted), (untag(a),), **keywords)
    change(run, a, untag(made))
    return NONE


@method("partition")
def _partition(run: Run, a: Abstract, kth: Abstract, axis: Abstract = Static(-1)) -> Abstract:
    if not (isinstance(a, Value) and isinstance(a.type, Array)):
        raise run.refusal("SD351", f"partition() of {describe(a)}", "build a new value instead")
    change(run, a, untag(run.call(Static(np.partition), (untag(a), kth, axis))))
    return NONE


# --- dicts --------------------------------------------------------------------------------------


@method("update")
def _update(
    run: Run, a: Abstract, other: Abstract = Record(dict, ()), /, **more: Abstract
) -> Abstract:
    if isinstance(a, Record) and a.cls is set:
        change(run, a, untag(run.do(sx.BINARY, Static("|"), a, run.call(Static(set), (other,)))))
        return NONE
    if not (isinstance(a, Record) and a.cls is dict):
        raise run.refusal("SD351", f"update() of {describe(a)}")
    other = other if isinstance(other, Record) else run.call(Static(dict), (other,))
    assert isinstance(other, Record)
    require_dict(run, other)
    change(run, a, Record(dict, tuple({**dict(a.entries), **dict(other.entries), **more}.items())))
    return NONE


@method("setdefault")
def _setdefault(run: Run, a: Abstract, key: Abstract, default: Abstract = NONE, /) -> Abstract:
    if not (isinstance(a, Record) and a.cls is dict):
        raise run.refusal("SD351", f"setdefault() of {describe(a)}")
    found = a.get(keys.static_key(run, a, key))
    if found is not None:
        return found
    set_item(run, a, key, default)
    return default


# --- arrays -------------------------------------------------------------------------------------


def _rank(a: Value) -> int | None:
    return len(a.type.shape) if isinstance(a.type, Array) and a.type.shape is not None else None


def _array(run: Run, a: Abstract, what: str) -> Value:
    if isinstance(a, Value) and isinstance(a.type, Array):
        return a
    raise run.refusal("SD351", f"{what} of {describe(a)}")


@method("fill")
def _fill(run: Run, a: Abstract, value: Abstract, /) -> Abstract:
    set_item(run, a if is_rank0(a) else _array(run, a, "fill()"), Static(...), value)
    return NONE


_INSTEAD = {
    "resize": "an array cannot be given another size in place: build a new one, y = np.resize(x, n)",
    "itemset": "NumPy 2 has no itemset: write x[index] = value",
    "setfield": "write x[...] = value",
    "setflags": "take a copy where the array must stay as it is",
    "byteswap": "convert the array before it comes in",
}


def _refuse(name: str, hint: str) -> None:
    @method(name)
    def refused(run: Run, a: Abstract, *args: Abstract, **keywords: Abstract) -> Abstract:
        raise run.refusal("SD351", f"{name}() of an array", hint)


for _name, _hint in _INSTEAD.items():
    _refuse(_name, _hint)


@intrinsic(np.split)
def _split(
    run: Run, ary: Abstract, indices_or_sections: Abstract, axis: Abstract = Static(0)
) -> Abstract:
    """The pieces, which are views of the array; where they begin is known while compiling."""
    if not (isinstance(ary, Value) and isinstance(ary.type, Array)) or run.rules:
        return apply_row(run, BY_NAME["split"], (ary, indices_or_sections, axis), ())
    rank, along = _rank(ary), run.static(axis, "an axis")
    sections: Any = indices_or_sections
    if isinstance(sections, Value) and isinstance(sections.type, Scalar):
        sections = Static(run.static(sections, "the number of parts"))
    if rank is None or not -rank <= along < rank or isinstance(sections, Value):
        return apply_row(run, BY_NAME["split"], (ary, indices_or_sections, axis), ())
    cuts = _cuts(run, ary, sections, along % rank)
    pieces = (
        run.do(sx.ITEM, ary, Seq("tuple", (*[EVERYTHING] * (along % rank), Slice(a, b, NONE))))
        for a, b in zip((NONE, *cuts), (*cuts, NONE))
    )
    return Seq("list", tuple(pieces))


def _cuts(run: Run, a: Value, sections: Abstract, axis: int) -> list[Abstract]:
    """Where the second piece begins, and all that follow."""
    if not isinstance(sections, Static) or isinstance(sections.value, (tuple, list)):
        return listed(run, sections, "np.split()")
    number = int(sections.value)
    whole = extent_of(run, a, axis)
    rest = run.do(sx.BINARY, Static("%"), whole, Static(number))
    fits = run.do(sx.COMPARE, Static("=="), rest, Static(0))
    run.check(fits, ValueError, "array split does not result in an equal division")
    size = run.do(sx.BINARY, Static("//"), whole, Static(number))
    return [run.do(sx.BINARY, Static("*"), size, Static(k)) for k in range(1, number)]


@intrinsic(np.copyto)
def _copyto(
    run: Run, dst: Abstract, src: Abstract, casting: Abstract = NONE, where: Abstract = Static(True)
) -> Abstract:
    everywhere = same_static(where, Static(True))
    if everywhere and is_rank0(dst):
        set_item(run, dst, Static(...), src)
        return NONE
    owner = _array(run, dst, "np.copyto")
    if everywhere:
        set_array(run, owner, Static(...), src)
    else:
        _choose(run, owner, where, src)
    return NONE


def _choose(run: Run, owner: Value, where: Abstract, value: Abstract) -> None:
    """owner[where] = value[where], all of one shape."""
    value = fitting(run, owner, Static(...), value)
    made = run.call(Static(np.where), (where, value, untag(owner)))
    change(run, owner, as_content(run, owner, made))


@intrinsic(np.putmask)
def _putmask(run: Run, a: Abstract, mask: Abstract, values: Abstract) -> Abstract:
    owner = _array(run, a, "np.putmask")
    value = fitting(run, owner, Static(...), values)
    kind = value.type if isinstance(value, Value) else None
    if isinstance(kind, Array) and kind.shape != getattr(owner.type, "shape", None):
        raise run.refusal("SD365", "np.putmask with values of another shape repeats them")
    _choose(run, owner, mask, value)
    return NONE


@intrinsic(np.put)
def _put(run: Run, a: Abstract, ind: Abstract, v: Abstract, mode: Abstract = NONE) -> Abstract:
    owner = _array(run, a, "np.put")
    if mode is not NONE or _rank(owner) != 1:
        raise run.refusal(
            "SD351", "np.put counts entries as they lie in memory", "write a[ind] = v"
        )
    as_many(run, owner, ind, fitting(run, owner, ind, v), "np.put")
    set_array(run, owner, ind, v)
    return NONE


@method("put")
def _put_method(run: Run, a: Abstract, ind: Abstract, v: Abstract, /) -> Abstract:
    return _put(run, a, ind, v)


@intrinsic(np.fill_diagonal)
def _fill_diagonal(
    run: Run, a: Abstract, val: Abstract, wrap: Abstract = Static(False)
) -> Abstract:
    owner = _array(run, a, "np.fill_diagonal")
    if _rank(owner) != 2 or not same_static(wrap, Static(False)):
        raise run.refusal("SD351", "np.fill_diagonal of other than a matrix")
    shape = run.do(sx.ATTRIBUTE, untag(owner), Static("shape"))
    assert isinstance(shape, Seq)
    count = run.call(Static(min), shape.items)
    places = run.call(Static(np.arange), (count,))
    val = fitting(run, owner, Static(...), val)
    if isinstance(value_type(val), Array):  # NumPy repeats it, or takes its beginning
        assert isinstance(val, Value)
        if _rank(val) != 1:
            raise run.refusal("SD365", "np.fill_diagonal with a matrix", "ravel it")
        turn = run.do(sx.BINARY, Static("%"), places, length_of(run, val))
        val = run.do(sx.ITEM, untag(val), turn)
    set_array(run, owner, Seq("tuple", (places, places)), val)
    return NONE


@intrinsic(np.put_along_axis)
def _put_along_axis(
    run: Run, arr: Abstract, indices: Abstract, values: Abstract, axis: Abstract
) -> Abstract:
    owner = _array(run, arr, "np.put_along_axis")
    rank, along = _rank(owner), run.static(axis, "an axis")
    if rank is None or along is None or not isinstance(indices, Value):
        raise run.refusal(
            "SD351", "np.put_along_axis with axis=None", "write arr.ravel()[indices] = values"
        )
    shape = run.do(sx.ATTRIBUTE, indices, Static("shape"))
    assert isinstance(shape, Seq)
    parts: list[Abstract] = []
    for k in range(rank):
        if k == along % rank:
            parts.append(indices)
            continue
        dims = Seq("tuple", tuple(Static(-1 if j == k else 1) for j in range(rank)))
        places = run.call(Static(np.arange), (shape.items[k],))
        parts.append(run.call(Static(np.reshape), (places, dims)))
    set_array(run, owner, Seq("tuple", tuple(parts)), values)
    return NONE


# --- ufunc.at and its like ----------------------------------------------------------------------


def _apart(run: Run, owner: Value, value: Abstract) -> None:
    """Refuse what NumPy writes while it reads from it: np.add.at(x, index, x)."""
    key = key_of(value)
    if key is not None and owner.key is not None and run.memory.known.related(key, owner.key):
        raise run.refusal(
            "SD365", "NumPy writes this array while it reads the value from it", "pass a copy"
        )


def add_all(run: Run, function: Any, a: Abstract, index: Abstract, value: Abstract) -> Abstract:
    """np.add.at(a, index, value): entries named twice get both."""
    owner = _array(run, a, f"np.{function.__name__}.at")
    value = fitting(run, owner, index, value)
    _apart(run, owner, value)
    index = (
        run.call(Static(np.array), (index,))
        if isinstance(index, Seq) and index.kind == "list"
        else index
    )
    v = run.do(sx.UNARY, Static("-"), value) if function is np.subtract else value
    indexing.value_item(run, replace(owner, key=None), index)
    args = (owner.atom, run.material(index), run.atom(v))
    change(run, owner, indexing.changed(run, "add_at", args, owner))
    return NONE


__all__ = ["Const", "is_static", "length_of", "surely_other_class"]
