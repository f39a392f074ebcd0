"""What writes mean on abstract values: x[i] = v, x[i] += v, x += v, x.a = v, del x[i].

Each makes another value and lets the object hold it (`transform.memory`); what sees the object, under
whatever name or as part of whatever it is, finds it there.
"""

from __future__ import annotations

import types
from dataclasses import replace
from typing import Any

import numpy as np

from srcdiff.analysis.types import arg_type
from srcdiff.ir.core import Const, Var
from srcdiff.ir.types import Array, ListOf, Scalar, Type, dtype_of, is_one
from srcdiff.ops import python as py
from srcdiff.ops import syntax as sx
from srcdiff.ops.syntax import Namespace
from srcdiff.ops.table import BY_NAME
from srcdiff.transform import functions, globals, indexing, keys, rank0, row_calls
from srcdiff.transform.basic_index import (
    WHOLE,
    composed,
    every_axis,
    is_basic,
    parts_of,
    rank_of,
    written,
)
from srcdiff.transform.identities import holds_objects
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.intrinsics import class_of
from srcdiff.transform.iterate import listed
from srcdiff.transform.lists import holds_numbers, spliced, without
from srcdiff.transform.meet import describe, element_type, frame, list_type
from srcdiff.transform.memory import divided, untag
from srcdiff.transform.outside import class_attribute, comes_first, defined
from srcdiff.transform.overlap import separate
from srcdiff.transform.values import (
    Abstract,
    Key,
    Method,
    Record,
    Ref,
    Seq,
    Slice,
    Static,
    Value,
    is_mutable,
    is_number,
    is_rank0,
    key_of,
    same_static,
)

Run = Instantiator


# --- items --------------------------------------------------------------------------------------


def set_item(run: Run, owner: Abstract, index: Abstract, value: Abstract) -> None:
    """owner[index] = value"""
    if isinstance(owner, Value) and isinstance(owner.type, Array):
        set_array(run, owner, index, value)
    elif is_rank0(owner):
        _set_rank0(run, owner, index, value)
    elif isinstance(owner, Value) and isinstance(owner.type, ListOf):
        _set_entry(run, owner, index, value)
    elif isinstance(owner, Seq) and owner.kind == "list":
        _set_in_list(run, owner, index, value)
    elif isinstance(owner, Record) and owner.cls is dict:
        key = keys.static_key(run, owner, index)
        change(run, owner, owner.with_entry(key, value))
    else:
        _set_by_method(run, owner, index, value)


def _set_rank0(run: Run, owner: Abstract, index: Abstract, value: Abstract) -> None:
    """a[()] = value"""
    assert isinstance(owner, Value)
    if not rank0.is_everything(index):
        raise run.refusal("SD322", "too many indices: the array has 0 axes")
    change(run, owner, as_number(run, owner, value))


def as_number(run: Run, owner: Value, value: Abstract) -> Value:
    """A value as what an array of rank 0 holds that it is written into."""
    if isinstance(value, Seq) or isinstance(value, Value) and isinstance(value.type, ListOf):
        value = row_calls.arrayed(run, value)
    kind = value_type(value)
    assert isinstance(owner.type, Scalar)
    dtype = owner.type.dtype
    if not isinstance(kind, Scalar):
        raise run.refusal("SD365", f"{describe(value)} cannot be written into an array of rank 0")
    if np.dtype(kind.dtype).kind == "c" and np.dtype(dtype).kind != "c":
        raise run.refusal(
            "SD365", "a complex value cannot be written into a real array", "take its real part"
        )
    return rank0.number(run, rank0.cast(run, Value(run.atom(value), kind), dtype))


def change(run: Run, owner: Abstract, held: Abstract) -> None:
    """Let an object hold something else; one without a name is seen by nobody."""
    key = key_of(owner)
    if key is not None:
        run.memory.write(run, key, held)


def _set_by_method(run: Run, owner: Abstract, index: Abstract, value: Abstract) -> None:
    if isinstance(owner, Record):
        found = class_attribute(run, owner.cls, "__setitem__")
        if isinstance(found, types.FunctionType):
            functions.call_function(run, found, (owner, index, value), ())
            return
    if isinstance(owner, Value) and owner.atom in run.session.arguments:
        text = "a write into an array of rank 0 of which only the run knows which one it is"
        raise run.refusal("SD350", text, "use a float")
    raise run.refusal("SD364", f"{describe(owner)} cannot be written into")


def set_array(run: Run, owner: Value, index: Abstract, value: Abstract) -> None:
    """x[index] = value for an array."""
    new = fitting(run, owner, index, value)
    if owner.key in run.memory.known.flats:
        as_many(run, owner, index, new, "x.flat")
    separate(run, owner, index, new)
    assign(run, owner, index, lambda parent, at: indexing.stored(run, parent, at, new))


def as_many(run: Run, owner: Value, index: Abstract, value: Abstract, what: str) -> None:
    """Have the run look whether there are as many values as places: NumPy repeats what is too few."""
    kind = value_type(value)
    if not isinstance(kind, Array) or kind.shape == ():
        return
    places = run.do(sx.ITEM, untag(owner), index)
    dims = (
        places.type.shape if isinstance(places, Value) and isinstance(places.type, Array) else None
    )
    if kind.shape is None or dims is None:
        raise run.refusal("SD365", f"{what} of what has a rank that only the run knows")
    if kind.shape == dims or all(map(is_one, kind.shape)):
        return
    counts = (run.do(sx.ATTRIBUTE, untag(a), Static("size")) for a in (value, places))
    same = run.do(sx.COMPARE, Static("=="), *counts)
    run.check(
        same, ValueError, f"{what} would repeat these values, or leave some off: give as many"
    )


def assign(run: Run, owner: Value, index: Abstract, store: Any) -> None:
    """Write into an array at an index; into what it is a view of, if the two indices make one."""

    def assign_one(run: Run, one: Key) -> None:
        assign(run, _held(run, one), index, store)

    if owner.key is not None and divided(run, owner.key, assign_one):
        return
    view = run.memory.known.views.get(owner.key) if owner.key is not None else None
    if view is not None and view.indexed:
        parent = run.memory.content(run, view.parent)
        whole = composed(every_axis(rank_of(parent), view.operands), parts_of(index))
        if whole is not None:
            assert isinstance(parent, Value)
            assign(run, replace(parent, key=view.parent), written(whole), store)
            return
    change(run, owner, store(replace(owner, key=None), index))


def fitting(run: Run, owner: Value, index: Abstract, value: Abstract) -> Abstract:
    """A value that is about to be written into an array, as a number or an array."""
    if isinstance(value, Seq) or isinstance(value, Value) and isinstance(value.type, ListOf):
        value = row_calls.arrayed(run, value)
    kind = value_type(value)
    if kind is None:
        raise run.refusal("SD365", f"{describe(value)} cannot be written into an array")
    assert isinstance(owner.type, Array)
    if np.dtype(dtype_of(kind)).kind == "c" and np.dtype(owner.type.dtype).kind != "c":
        raise run.refusal(
            "SD365", "a complex value cannot be written into a real array", "take its real part"
        )
    if isinstance(kind, Array) and kind.shape != () and _selects_one(run, owner, index):
        raise run.refusal("SD365", "an array cannot be written into a single entry")
    return value


def value_type(a: Abstract) -> Type | None:
    """The type of a number or an array; None for anything else."""
    if is_number(a):
        return arg_type(Const(a.value))  # type: ignore[union-attr]
    if isinstance(a, Value) and isinstance(a.type, (Scalar, Array)):
        return None if isinstance(a.type, Scalar) and a.type.optional else a.type
    return None


def _selects_one(run: Run, owner: Value, index: Abstract) -> bool:
    """Whether an index names a single entry."""
    assert isinstance(owner.type, Array)
    given = index.items if isinstance(index, Seq) and index.kind == "tuple" else (index,)
    return (
        owner.type.shape is not None
        and len(given) == len(owner.type.shape)
        and all(is_basic(p) and not isinstance(p, Slice) for p in given)
    )


def _set_entry(run: Run, owner: Value, index: Abstract, value: Abstract) -> None:
    """xs[k] = value for a list of run-time length."""
    if _is_entry_at(run, value, owner, index):
        return  # xs[k] += y: the entry was changed in place, and is still there
    if isinstance(index, Slice):
        _set_slice(run, owner, index, value)
        return
    joined = frame(replace(owner, key=None), Seq("list", (value,)))
    if not isinstance(joined, Value):
        raise run.refusal("SD306", f"a list built in a loop cannot hold {describe(value)}")
    assert isinstance(owner.type, ListOf) and isinstance(joined.type, ListOf)
    type = ListOf(joined.type.element, owner.type.length)
    args = (owner.atom, run.material(index), run.atom(value))
    new = indexing.changed(run, "set_at", args, Value(owner.atom, type))
    run.memory.known.note_separate(new.atom, lists=(owner,), entries=(value,))
    _entered(run, owner, value)
    change(run, owner, new)


def _set_slice(run: Run, owner: Value, cut: Slice, value: Abstract) -> None:
    """xs[a:b] = ys for a list of run-time length."""
    if not holds_numbers(owner):
        text = "a slice of a list of run-time length that holds arrays cannot be assigned"
        raise run.refusal("SD364", text)
    values = run.call(Static(list), (value,))
    change(run, owner, untag(spliced(run, owner, cut, untag(values))))


def _is_entry_at(run: Run, value: Abstract, owner: Value, index: Abstract) -> bool:
    """Whether a value is the very entry of a list that is at an index."""
    key = key_of(value)
    view = run.memory.known.views.get(key) if key is not None else None
    if key is None or view is None or not view.entry or run.memory.holds(key):
        return False
    place = view.operands[0]
    return view.parent is owner.key and (place == index or same_static(place, index))


def _entered(run: Run, owner: Abstract, value: Abstract) -> None:
    key = key_of(owner)
    if key is not None:
        run.memory.enter(key, value)


def _set_in_list(run: Run, owner: Seq, index: Abstract, value: Abstract) -> None:
    if isinstance(index, Slice):
        items = list(owner.items)
        items[run.static(index, "the bounds of a slice")] = listed(run, value, "a slice assignment")
        change(run, owner, Seq("list", tuple(items)))
        return
    if isinstance(index, Value) and _alike(owner):
        whole = run.atom(Seq("list", owner.items))
        assert isinstance(whole, Var)
        known = replace(Value(whole, whole.type), key=owner.key)
        _entered(run, owner, owner)
        _set_entry(run, known, index, value)
        return
    k: int = run.static(index, "the index of a list whose items differ")
    if not -len(owner.items) <= k < len(owner.items):
        run.raise_error(IndexError, "list assignment index out of range")
        return
    items = list(owner.items)
    items[k] = value
    change(run, owner, Seq("list", tuple(items)))


def _alike(a: Seq) -> bool:
    """Whether the items of a list are all of one type."""
    return (
        element_type(Seq("list", a.items)) is not None and len({list_type(i) for i in a.items}) == 1
    )


def delete_item(run: Run, owner: Abstract, index: Abstract) -> None:
    """del owner[index]"""
    if isinstance(owner, Record) and owner.cls is dict:
        key = keys.static_key(run, owner, index)
        if owner.get(key) is None:
            run.raise_error(KeyError, key)
            return
        change(run, owner, owner.without(key))
        return
    found = class_attribute(run, owner.cls, "__delitem__") if isinstance(owner, Record) else None
    if isinstance(found, types.FunctionType):
        functions.call_function(run, found, (owner, index), ())
        return
    if isinstance(owner, Value) and isinstance(owner.type, ListOf):
        _delete_from_list(run, owner, index)
        return
    if not (isinstance(owner, Seq) and owner.kind == "list"):
        raise run.refusal("SD364", f"del of an item of {describe(owner)}")
    items = list(owner.items)
    try:
        del items[run.static(index, "the index of what is deleted")]
    except IndexError as error:
        run.raise_error(IndexError, str(error))
        return
    change(run, owner, Seq("list", tuple(items)))


def _delete_from_list(run: Run, owner: Value, index: Abstract) -> None:
    """del xs[k], del xs[a:b] for a list of run-time length."""
    if isinstance(index, Slice):
        rest = spliced(run, owner, index, Seq("list", ()))
    else:
        rest = without(run, owner, index, "list assignment index out of range")
    rest = untag(rest)
    run.memory.known.note_rest(rest, owner)
    change(run, owner, rest)


# --- attributes ---------------------------------------------------------------------------------


def set_attribute(run: Run, owner: Abstract, name: Abstract, value: Abstract) -> None:
    """owner.name = value"""
    text = run.static(name, "an attribute's name")
    if text == "flat" and isinstance(owner, Value) and isinstance(owner.type, Array):
        entries = run.do(sx.ATTRIBUTE, owner, name)
        spread = value.type if isinstance(value, Value) else None
        new = run.call(Static(np.ravel), (value,)) if isinstance(spread, Array) else value
        set_array(run, entries, WHOLE, new)
        return
    module = owner.value if isinstance(owner, Static) else None
    if isinstance(module, types.ModuleType) and not module.__name__.startswith(globals.LIBRARIES):
        globals.assign(run, Namespace(vars(module)), text, value)
        return
    if not isinstance(owner, Record) or owner.cls is dict or not is_mutable(owner):
        raise run.refusal("SD364", f"attribute {text!r} of {describe(owner)} cannot be written")
    found = defined(owner.cls, text)
    if defined(owner.cls, "__setattr__") is not object.__setattr__:
        raise run.refusal("SD364", f"attribute {text!r} of {owner.cls.__name__} cannot be written")
    if comes_first(found):
        _set_through_class(run, owner, text, value)
        return
    change(run, owner, owner.with_entry(text, value))


def _set_through_class(run: Run, owner: Record, text: str, value: Abstract) -> None:
    """owner.name = value where the class has a property or a descriptor for it."""
    found = class_attribute(run, owner.cls, text)
    if isinstance(found, property) and isinstance(found.fset, types.FunctionType):
        functions.call_function(run, found.fset, (owner, value), ())
        return
    method = class_attribute(run, type(found), "__set__")
    if isinstance(found, property) or not isinstance(method, types.FunctionType):
        raise run.refusal("SD364", f"attribute {text!r} of {owner.cls.__name__} cannot be written")
    itself = functions.constant(run, found)
    functions.call_function(run, method, (itself, owner, value), ())


# --- augmented assignment -----------------------------------------------------------------------


def augmented(run: Run, symbol: Abstract, x: Abstract, y: Abstract) -> Abstract:
    """x symbol= y: a rebinding for numbers and tuples; arrays, lists and objects change in place."""
    text = run.static(symbol, "an operator")
    if isinstance(x, Value) and x.atom in run.session.arguments and x.key is None:
        raise run.refusal(
            "SD350",
            f"`{text}=` changes an array of rank 0 in place, and only the run knows which one",
            f"write x = x {text} y",
        )
    if not is_mutable(x):
        return run.do(sx.BINARY, symbol, x, y)  # type: ignore[no-any-return]
    if isinstance(x, Value) and isinstance(x.type, Array):
        _augment_array(run, text, x, y)
    elif isinstance(x, Value) and isinstance(x.type, Scalar):
        change(run, x, computed(run, x, run.do(sx.BINARY, Static(text), replace(x, key=None), y)))
    elif isinstance(x, Record):
        return _augment_object(run, text, x, y)
    elif is_of_numpy(y) or text not in "+*":
        return run.do(sx.BINARY, symbol, x, y)  # type: ignore[no-any-return]
    elif text == "+":
        run.call(Method(x, "extend"), (y,))
    else:
        change(run, x, run.do(sx.BINARY, symbol, untag(x), y))
    return run.now(x)


def is_of_numpy(a: Abstract) -> bool:
    """Whether a value is an array or a number of NumPy's: they take a list for an array."""
    cls = class_of(a)
    return cls is not None and issubclass(cls, (np.ndarray, np.generic))


def _augment_object(run: Run, text: str, x: Record, y: Abstract) -> Abstract:
    names = {"+": "iadd", "-": "isub", "*": "imul", "/": "itruediv", "@": "imatmul", "|": "ior"}
    found = class_attribute(run, x.cls, f"__{names.get(text, '')}__")
    if isinstance(found, types.FunctionType):
        return functions.call_function(run, found, (x, y), ())
    if x.cls is dict and text == "|":
        run.call(Method(x, "update"), (y,))
        return run.now(x)
    return run.do(sx.BINARY, Static(text), x, y)  # type: ignore[no-any-return]


def _held(run: Run, key: Key) -> Value:
    """An array as it is now."""
    held = run.load(Ref(key))
    run.sound(held)
    assert isinstance(held, Value)
    return held


def _augment_array(run: Run, text: str, x: Value, y: Abstract) -> None:
    def augment_one(run: Run, one: Key) -> None:
        _augment_array(run, text, _held(run, one), y)

    if x.key is not None and divided(run, x.key, augment_one):
        return
    view = run.memory.known.views.get(x.key) if x.key is not None else None
    if view is not None and view.indexed and text in "+-" and is_addable(run, x, y):
        parent = run.memory.content(run, view.parent)
        assert isinstance(parent, Value)
        add_to(run, replace(parent, key=view.parent), indexing.index_of(view.operands), text, y)
        return
    run.hint = x.atom.hint if isinstance(x.atom, Var) else ""
    made = run.do(sx.BINARY, Static(text), replace(x, key=None), y)
    change(run, x, as_content(run, x, made))


def as_content(run: Run, x: Value, made: Abstract) -> Value:
    """The result of an operation as what an array holds that it is written into."""
    kind = value_type(made)
    assert isinstance(x.type, Array)
    if kind is None:
        raise run.refusal("SD365", f"{describe(made)} cannot be written into an array")
    if not np.can_cast(dtype_of(kind), x.type.dtype, "same_kind"):
        raise run.refusal(
            "SD365",
            f"a result of dtype {dtype_of(kind)} cannot be written into an array of {x.type.dtype}",
            "NumPy refuses this too: make the array one of the wider dtype",
        )
    if isinstance(made, Value) and isinstance(kind, Array) and kind.shape == x.type.shape:
        if kind.dtype == x.type.dtype:
            return Value(made.atom, x.type)
        cast = (made.atom, Const(x.type.dtype))
        return Value(run.build.value(py.cast, cast, x.type, run.hint), x.type)
    return indexing.stored(run, replace(x, key=None), Static(...), made)


def computed(run: Run, x: Value, made: Abstract) -> Value:
    """The result of an operation as what an array of rank 0 holds that it is written into."""
    kind = value_type(made)
    assert isinstance(x.type, Scalar)
    if isinstance(kind, Scalar) and not np.can_cast(kind.dtype, x.type.dtype, "same_kind"):
        raise run.refusal(
            "SD365",
            f"a result of dtype {kind.dtype} cannot be written into an array of {x.type.dtype}",
            "NumPy refuses this too: make the array one of the wider dtype",
        )
    return as_number(run, x, made)


def is_addable(run: Run, x: Value, y: Abstract) -> bool:
    """Whether y can be added to entries of x as it is."""
    kind = value_type(y)
    return kind is not None and np.can_cast(dtype_of(kind), dtype_of(x.type), "same_kind")


def add_to(run: Run, owner: Value, index: Abstract, text: str, y: Abstract) -> None:
    """x[index] += y, or -=, for an index that names no entry twice."""
    v = run.do(sx.UNARY, Static("-"), y) if text == "-" else y

    def store(parent: Value, at: Abstract) -> Value:
        args = (parent.atom, run.material(at), run.atom(v))
        return indexing.changed(run, "add_at", args, parent)

    assign(run, owner, index, store)


def augment_item(
    run: Run, symbol: Abstract, owner: Abstract, index: Abstract, held: Abstract, value: Abstract
) -> None:
    """owner[index] symbol= value, where owner[index] was `held` before `value` was computed."""
    text = run.static(symbol, "an operator")
    if isinstance(owner, Value) and isinstance(owner.type, Array):
        if isinstance(value, Seq) or isinstance(value, Value) and isinstance(value.type, ListOf):
            value = row_calls.arrayed(run, value)
        if text in "+-" and is_addable(run, owner, value) and _as_it_was(run, owner, held):
            fitting(run, owner, index, value)
            add_to(run, owner, index, text, value)
            return
        made = run.do(sx.BINARY, symbol, untag(held), value)
        if not (isinstance(held, Value) and isinstance(held.type, Scalar)):
            as_content(run, owner, made)
        set_array(run, owner, index, made)
        return
    made = augmented(run, symbol, held, value)
    if isinstance(owner, Record) and owner.cls is dict and keys.is_chosen(run, owner, index):
        keys.augmented(run, owner, index, lambda name, _: _put(run, owner, name, made))
        return
    set_item(run, owner, index, made)


def _put(run: Run, owner: Record, name: Any, value: Abstract) -> Abstract:
    """owner[name] = value for a dict, as it is now."""
    set_item(run, run.now(owner), Static(name), value)
    return Static(None)


def _as_it_was(run: Run, owner: Value, held: Abstract) -> bool:
    """Whether what was read is what the array holds there still, at an index without repeats."""
    made = run.build.definitions.get(held.atom) if isinstance(held, Value) else None  # type: ignore[arg-type]
    if made is None or made.op is not BY_NAME["getitem"] or made.args[0] is not owner.atom:
        return False
    return not any(
        isinstance(a, Var) and isinstance(a.type, Array) and a.type.dtype != "bool"
        for a in indexing.index_atoms(made.args[1])
    )


def augment_attribute(
    run: Run, symbol: Abstract, owner: Abstract, name: Abstract, held: Abstract, value: Abstract
) -> None:
    """owner.name symbol= value"""
    set_attribute(run, owner, name, augmented(run, symbol, held, value))


__all__ = ["Any", "Key", "holds_objects"]
