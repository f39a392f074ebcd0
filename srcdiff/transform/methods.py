"""What the methods of dicts, lists, tuples and strings mean that change nothing."""

from __future__ import annotations

import numpy as np

from srcdiff.ir.types import Array
from srcdiff.ops import syntax as sx
from srcdiff.transform import keys
from srcdiff.transform.calls import method
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.intrinsics import replaced
from srcdiff.transform.iterate import listed
from srcdiff.transform.meet import describe
from srcdiff.transform.structures import same_item
from srcdiff.transform.values import Abstract, Iter, Record, Static, Value

Run = Instantiator
ZERO, ONE, NONE = Static(0), Static(1), Static(None)


def _record(run: Run, a: Abstract) -> Record:
    if not isinstance(a, Record):
        raise run.refusal("SD314", f"{describe(a)} has no such method")
    return a


@method("items")
def _dict_items(run: Run, a: Abstract) -> Abstract:
    return Iter("items", (_record(run, a),))


@method("keys")
def _dict_keys(run: Run, a: Abstract) -> Abstract:
    return Iter("keys", (_record(run, a),))


@method("values")
def _dict_values(run: Run, a: Abstract) -> Abstract:
    return Iter("values", (_record(run, a),))


@method("get")
def _dict_get(run: Run, a: Abstract, key: Abstract, default: Abstract = NONE) -> Abstract:
    owner = _record(run, a)
    if owner.cls is dict and keys.is_chosen(run, owner, key):
        return keys.chosen(run, owner, key, lambda _, value: value, lambda: default)
    found = owner.get(keys.static_key(run, owner, key))
    return default if found is None else found


@method("_asdict")
def _asdict(run: Run, a: Abstract) -> Abstract:
    return Record(dict, _record(run, a).entries)


@method("replaced")
def _namedtuple_replace(run: Run, a: Abstract, **changes: Abstract) -> Abstract:
    return replaced(run, a, **changes)


@method("index")
def _index(run: Run, a: Abstract, x: Abstract) -> Abstract:
    values = [run.static(i, "an item searched by index()") for i in listed(run, a, "index()")]
    return Static(values.index(run.static(x, "what is looked for")))


@method("count")
def _count(run: Run, a: Abstract, x: Abstract) -> Abstract:
    total: Abstract = ZERO
    for item in listed(run, a, "count()"):
        total = run.do(sx.BINARY, Static("+"), total, same_item(run, item, x))
    return total


@method("copy")
def _copy(run: Run, a: Abstract) -> Abstract:
    """The value itself, unless the order of its entries in memory, and so of a sum, may change."""
    if isinstance(a, Value) and isinstance(a.type, Array) and a.type.shape not in ((), (None,)):
        if a.type.shape is None or len(a.type.shape) > 1:
            return run.call(Static(np.copy), (a, Static("C")))
    return run.memory.relisted(a, a)


@method("__init__")
def _init_of_object(run: Run, a: Abstract, /) -> Abstract:
    """object.__init__(self)"""
    return NONE


@method("format", "join", "upper", "lower", "strip", "startswith", "endswith", "split", "replace")
def _text(run: Run, a: Abstract, *args: Abstract) -> Abstract:
    raise run.refusal("SD339", "methods of strings that only the run knows", "use an f-string")
