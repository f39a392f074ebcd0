"""What the operations of syntax mean on abstract values: HANDLERS is the index. Items, displays, strings
and unpacking are here; names, arithmetic, comparison, stores and calls have rooms of their own.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from srcdiff.ir.core import Const, Op, Var
from srcdiff.ir.types import STR, Array, ListOf
from srcdiff.ops import python as py
from srcdiff.ops import syntax as sx
from srcdiff.transform import calls, construct, functions, growing, indexing, keys, sets, stores
from srcdiff.transform.arithmetic import binary, unary
from srcdiff.transform.attributes import attribute, global_, name, set_global
from srcdiff.transform.basic_index import opened
from srcdiff.transform.comparison import compare
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.iterate import length_of, listed
from srcdiff.transform.iterators import generator, moment
from srcdiff.transform.keyed import Keyed
from srcdiff.transform.lists import append_item
from srcdiff.transform.meet import describe, element_type
from srcdiff.transform.outside import class_attribute
from srcdiff.transform.truth import negated, truth
from srcdiff.transform.values import (
    NOTHING,
    Abstract,
    Closure,
    Iter,
    NeedStatic,
    Record,
    Seq,
    Slice,
    Static,
    Value,
    key_of,
)

Run = Instantiator


# --- items ----------------------------------------------------------------------------------------


def item(run: Run, owner: Abstract, index: Abstract) -> Abstract:
    """owner[index]"""
    if isinstance(owner, Record) and owner.cls is dict:
        return _entry(run, owner, index)
    if isinstance(owner, Record):
        found = class_attribute(run, owner.cls, "__getitem__")
        if isinstance(found, types.FunctionType):
            return functions.call_function(run, found, (owner, index), ())
    if isinstance(owner, Record) and issubclass(owner.cls, tuple):
        owner = Seq("tuple", tuple(v for _, v in owner.entries))
    if isinstance(owner, Static) and isinstance(owner.value, (tuple, list, str, dict)):
        return Static(owner.value[run.static(index, "the index of a constant")])
    if isinstance(owner, Seq):
        return _seq_item(run, owner, index)
    if isinstance(owner, Value):
        return indexing.value_item(run, owner, index)
    raise run.refusal("SD317", f"cannot index {describe(owner)}")


def _entry(run: Run, owner: Record, index: Abstract) -> Abstract:
    if keys.is_chosen(run, owner, index):
        return keys.entry(run, owner, index)
    key = keys.static_key(run, owner, index)
    found = owner.get(key)
    if found is None:
        run.raise_error(KeyError, key)
        return NOTHING
    return found


def _seq_item(run: Run, owner: Seq, index: Abstract) -> Abstract:
    if isinstance(index, Slice):
        cut = run.static(index, "the bounds of a slice of a tuple or list")
        return Seq(owner.kind, owner.items[cut])
    if isinstance(index, Value) and not isinstance(index.type, Array) and not run.rules:
        if element_type(Seq("list", owner.items)) is not None:
            whole = run.atom(Seq("list", owner.items))
            assert isinstance(whole, Var)
            made = run.memory.mingled(
                indexing.value_item(run, Value(whole, whole.type), index), owner
            )
            _note_picked(run, made, index)
            return made
    k: int = run.static(index, "the index of a tuple or list whose items differ")
    if not -len(owner.items) <= k < len(owner.items):
        run.raise_error(IndexError, f"{owner.kind} index out of range")
        return NOTHING
    return owner.items[k]


def _note_picked(run: Run, made: Abstract, index: Value) -> None:
    """To write an item, its place must be known."""
    key = key_of(made)
    if key is not None and not run.rules:
        atom = index.atom
        found = run.session.origins.get(atom, frozenset()) if isinstance(atom, Var) else frozenset()
        what = "the place of an item that is changed in place"
        run.memory.known.picked[key] = NeedStatic(what, found, run.build.at)


# --- displays, strings, functions -----------------------------------------------------------------


def tuple_(run: Run, *items: Abstract) -> Abstract:
    return Seq("tuple", items)


def list_(run: Run, *items: Abstract) -> Abstract:
    return Seq("list", items)


def set_(run: Run, *items: Abstract) -> Abstract:
    return sets.made(frozenset(run.static(i, "an item of a set") for i in items))


def dict_(run: Run, keys: Abstract, values: Abstract) -> Abstract:
    assert isinstance(keys, Seq) and isinstance(values, Seq)
    entries: dict[Any, Abstract] = {}
    for key, value in zip(keys.items, values.items):
        if isinstance(value, Iter) and value.kind == "mapping":
            entries.update(calls.spread(run, value).entries)
        else:
            entries[run.static(key, "a key of a dict")] = value
    return Record(dict, tuple(entries.items()))


def keyed(run: Run, made: Abstract) -> Abstract:
    """A dict as one whose keys only the run knows."""
    assert isinstance(made, Record)
    names = Seq("list", tuple(Static(name) for name, _ in made.entries))
    held = Seq("list", tuple(value for _, value in made.entries))
    hint = run.hint or "held"
    lists = run.hold(names, f"{hint}_keys"), run.hold(held, hint)
    return Record(Keyed, tuple(zip(("names", "held"), lists)))


def _as_it_is(value: Any) -> Any:
    return value


_CONVERSIONS: dict[str, Callable[[Any], Any]] = {"r": repr, "s": str, "a": ascii}


def format_(run: Run, value: Abstract, conversion: Abstract, spec: Abstract) -> Abstract:
    conv = run.static(conversion, "a conversion")
    if isinstance(value, Static) and isinstance(spec, Static):
        shown = _CONVERSIONS.get(conv, _as_it_is)(value.value)
        return Static(format(shown, spec.value or ""))
    args = (run.material(value), Const(conv), run.material(spec))
    return _text(run, py.format_value, args)


def _text(run: Run, op: Op, args: tuple[Any, ...]) -> Value:
    """A string that the run makes; should it have to be known, what it comes from must be."""
    atom = run.build.value(op, args, STR)
    assert isinstance(atom, Var)
    run.note_join(atom, *(a for a in args if isinstance(a, Var)))
    return Value(atom, STR)


def join(run: Run, *items: Abstract) -> Abstract:
    if all(isinstance(p, Static) for p in items):
        return Static("".join(p.value for p in items))  # type: ignore[union-attr]
    return _text(run, py.join, tuple(run.material(p) for p in items))


def unpack(run: Run, value: Abstract, before: Abstract, after: Abstract) -> Any:
    count, tail = run.static(before, "a count"), run.static(after, "a count")
    if isinstance(value, Value) and isinstance(value.type, (Array, ListOf)):
        if tail is not None and not isinstance(length_of(run, value), Static):
            return _starred_value(run, value, count, tail)
        items = _unpacked_value(run, value, count, tail)
    else:
        items = listed(run, value, "unpacking")
    wrong = len(items) != count if tail is None else len(items) < count + tail
    if wrong:
        run.raise_error(ValueError, f"cannot unpack {len(items)} values into {count} names")
        items = [NOTHING] * (count + (tail or 0))
    if tail is None:
        result = tuple(items)
    else:
        end = len(items) - tail
        result = (*items[:count], Seq("list", tuple(items[count:end])), *items[end:])
    return result if len(result) != 1 else result[0]


def _starred_value(run: Run, value: Value, count: int, tail: int) -> tuple[Abstract, ...]:
    """a, *rest, z = xs for a list or an array of run-time length."""
    length = length_of(run, value)
    enough = compare(run, Static(">="), length, Static(count + tail))
    run.check(enough, ValueError, f"not enough values to unpack (expected at least {count + tail})")
    first = [item(run, value, Static(k)) for k in range(count)]
    stop: Abstract = Static(-tail) if tail else Static(None)
    rest = item(run, value, Slice(Static(count), stop, Static(None)))
    if isinstance(value.type, Array):
        rest = run.call(Static(list), (rest,))
    last = [item(run, value, Static(k - tail)) for k in range(tail)]
    return (*first, rest, *last)


def _unpacked_value(run: Run, value: Value, count: int, tail: int | None) -> list[Abstract]:
    length = length_of(run, value)
    if isinstance(length, Static):
        return [item(run, value, Static(k)) for k in range(length.value)]
    if tail is not None:
        raise run.refusal("SD311", "unpacking with * needs a length known while compiling")
    fits = compare(run, Static("=="), length, Static(count))
    run.check(fits, ValueError, f"expected {count} values to unpack")
    return [item(run, value, Static(k)) for k in range(count)]


def function(run: Run, template: Abstract, captures: Abstract, defaults: Abstract) -> Abstract:
    assert isinstance(captures, Seq) and isinstance(defaults, Seq)
    return Closure(run.static(template, "a function"), captures.items, defaults.items)


def raise_(run: Run, exception: Abstract, cause: Abstract) -> Abstract:
    construct.raise_exception(run, exception, cause)
    run.ended = True
    return NOTHING


def defined(run: Run, value: Abstract, name: Abstract) -> Abstract:
    return run.defined(value, run.static(name, "a name"))


def append(run: Run, xs: Abstract, value: Abstract) -> Abstract:
    return append_item(run, xs, value)


HANDLERS: dict[Op, Callable[..., Any]] = {
    sx.NAME: name,
    sx.GLOBAL: global_,
    sx.SET_GLOBAL: set_global,
    sx.ATTRIBUTE: attribute,
    sx.ITEM: lambda run, owner, index: item(run, owner, opened(index)),
    sx.CALL: lambda run, callee, args, keywords: calls.call_packed(run, callee, args, keywords),
    sx.UNARY: unary,
    sx.BINARY: binary,
    sx.AUGMENTED: stores.augmented,
    sx.SET_ITEM: lambda run, owner, index, value: stores.set_item(run, owner, opened(index), value),
    sx.SET_ATTRIBUTE: stores.set_attribute,
    sx.AUGMENT_ITEM: lambda run, symbol, owner, index, *values: stores.augment_item(
        run, symbol, owner, opened(index), *values
    ),
    sx.AUGMENT_ATTRIBUTE: stores.augment_attribute,
    sx.DELETE_ITEM: lambda run, owner, index: stores.delete_item(run, owner, opened(index)),
    sx.COMPARE: compare,
    sx.NOT: negated,
    sx.TRUTH: truth,
    sx.TUPLE: tuple_,
    sx.LIST: list_,
    sx.SET: set_,
    sx.DICT: dict_,
    sx.KEYED: keyed,
    sx.FORMAT: format_,
    sx.JOIN: join,
    sx.UNPACK: unpack,
    sx.FUNCTION: function,
    sx.RAISE: raise_,
    sx.DEFINED: defined,
    sx.APPEND: append,
    sx.HAS_ITEM: growing.has_item,
    sx.NEXT_ITEM: growing.next_item,
    sx.MOMENT: moment,
    sx.GENERATOR: generator,
}
