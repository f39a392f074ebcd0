"""Sets of what is known while compiling: a Record of class set, whose entries are the items.

seen = set(); seen.add(i); i in seen
"""

from __future__ import annotations

from srcdiff.ops import syntax as sx
from srcdiff.transform.calls import intrinsic, method
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.iterate import listed
from srcdiff.transform.meet import describe
from srcdiff.transform.stores import change
from srcdiff.transform.values import Abstract, Iter, Record, Seq, Static, is_static

Run = Instantiator
NONE = Static(None)
EMPTY = Seq("tuple", ())


def is_set(a: Abstract) -> bool:
    return isinstance(a, Record) and a.cls is set


def made(items: frozenset[object]) -> Record:
    """A set that can be changed in place."""
    return Record(set, tuple((item, NONE) for item in sorted(items, key=repr)))


def constant(a: Abstract) -> Abstract:
    """A set as a constant, for operators; anything else as it is."""
    if isinstance(a, Record) and a.cls is set:
        return Static(frozenset(item for item, _ in a.entries))
    return a


def compared(run: Run, a: Abstract) -> Abstract:
    """An operand of a comparison: sets and the keys of a dict as constants; no other iterator."""
    if not isinstance(a, Iter):
        return constant(a)
    held = run.now(a.parts[0]) if a.kind == "keys" else NONE
    if not isinstance(held, Record):
        raise run.refusal(
            "SD328", f"a comparison with what {a.kind}() returns", "make a list of it"
        )
    return Static(frozenset(key for key, _ in held.entries))


def _items(run: Run, a: Abstract) -> frozenset[object]:
    a = constant(a)
    if is_static(a, frozenset):
        return a.value  # type: ignore[union-attr, no-any-return]
    return frozenset(run.static(item, "an item of a set") for item in listed(run, a, "a set"))


def _set(run: Run, a: Abstract, what: str) -> Record:
    if isinstance(a, Record) and a.cls is set:
        return a
    raise run.refusal("SD351", f"{what}() of {describe(a)}")


@intrinsic(frozenset)
def _frozenset(run: Run, a: Abstract = EMPTY, /) -> Abstract:
    return Static(_items(run, a))


@intrinsic(set)
def _new_set(run: Run, a: Abstract = EMPTY, /) -> Abstract:
    return made(_items(run, a))


@method("add")
def _add(run: Run, a: Abstract, item: Abstract, /) -> Abstract:
    known = _set(run, a, "add")
    change(run, known, made(_items(run, known) | {run.static(item, "an item of a set")}))
    return NONE


@method("discard")
def _discard(run: Run, a: Abstract, item: Abstract, /) -> Abstract:
    known = _set(run, a, "discard")
    change(run, known, made(_items(run, known) - {run.static(item, "an item of a set")}))
    return NONE


def contains(run: Run, x: Abstract, owner: Abstract) -> Abstract:
    """x in owner, for a set"""
    items = _items(run, owner)
    if isinstance(x, Static):
        return Static(x.value in items)
    return run.do(sx.COMPARE, Static("in"), x, Seq("tuple", tuple(map(Static, items))))  # type: ignore[no-any-return]


__all__ = ["constant", "contains", "is_set", "made"]
