"""Entries of dicts by a key that only the run knows, of a dict whose keys are known.

    totals["up" if x > 0 else "down"]      if key == "up": totals["up"]
                                           elif key == "down": totals["down"]
                                           else: raise KeyError(key)

The entries are numbers, and not many. A key that comes with the arguments is a constant instead.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from srcdiff.ir.core import Var
from srcdiff.ir.types import INT, Other, Scalar
from srcdiff.ops import runtime
from srcdiff.ops import syntax as sx
from srcdiff.ops.table import BY_NAME
from srcdiff.transform.calls import intrinsic
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.meet import describe
from srcdiff.transform.values import (
    NOTHING,
    Abstract,
    NeedStatic,
    Record,
    Seq,
    Static,
    Value,
    is_number,
    key_of,
)

Run = Instantiator
MOST = 16
Do = Callable[[Any, Abstract], Abstract]


def is_chosen(run: Run, owner: Record, key: Abstract) -> bool:
    """Whether the entry of a key is chosen at run time."""
    if not isinstance(key, Value) or not 0 < len(owner.entries) <= MOST:
        return False
    if isinstance(key.atom, Var) and run.session.origins.get(key.atom):
        return False
    return _is_key(key) and all(_is_number(value) for _, value in owner.entries)


def _is_key(a: Value) -> bool:
    if isinstance(a.type, Other):
        return True
    return isinstance(a.type, Scalar) and np.dtype(a.type.dtype).kind in "iub"


def _is_number(a: Abstract) -> bool:
    plain = isinstance(a, Value) and isinstance(a.type, Scalar)
    return is_number(a) or plain and a.key is None and not a.type.optional  # type: ignore[union-attr]


def static_key(run: Run, owner: Record, key: Abstract) -> Any:
    """A key that must be known while compiling."""
    try:
        known = run.static(key, "the key of a dict")
    except NeedStatic as need:
        held_by = key_of(owner)
        need.maker = None if held_by is None else run.session.makers.get(held_by)
        raise
    if not isinstance(known, Hashable):
        raise run.refusal("SD340", f"{describe(key)} cannot be the key of a dict")
    return known


def entry(run: Run, owner: Record, key: Abstract) -> Abstract:
    """owner[key], or Python's KeyError."""
    assert isinstance(key, Value)
    run.session.read_keys[key.atom] = _names(owner)
    return _first_of(run, list(owner.entries), key, lambda _, value: value, None)


def augmented(run: Run, owner: Record, key: Abstract, do: Do) -> None:
    """do(name, value) for the entry of a key that was read before."""
    assert isinstance(key, Value)
    surely = run.session.read_keys.get(key.atom) == _names(owner)
    _first_of(run, list(owner.entries), key, do, None, surely)


def chosen(
    run: Run, owner: Record, key: Abstract, do: Do, otherwise: Callable[[], Abstract]
) -> Abstract:
    """do(name, value) for the entry of a key, or what is done where there is none."""
    return _first_of(run, list(owner.entries), key, do, otherwise)


def _names(owner: Record) -> tuple[Any, ...]:
    return tuple(name for name, _ in owner.entries)


def _first_of(
    run: Run,
    entries: list[tuple[Any, Abstract]],
    key: Abstract,
    do: Do,
    otherwise: Callable[[], Abstract] | None,
    surely: bool = False,
) -> Abstract:
    """One of the entries, the last without a test if it is surely one of them."""
    if not entries:
        assert otherwise is not None
        return otherwise()
    (name, value), *rest = entries
    if not rest and otherwise is None:
        if not surely:
            _require(run, key, name)
        return NOTHING if run.ended else do(name, value)
    same = run.do(sx.COMPARE, Static("=="), key, Static(name))

    def others() -> Abstract:
        return _first_of(run, rest, key, do, otherwise, surely)

    if isinstance(same, Static):
        return do(name, value) if same.value else others()
    return run.load(run.fork(same, lambda: (do(name, value),), lambda: (others(),))[0])


def _require(run: Run, key: Abstract, name: Any) -> None:
    """Python's KeyError unless a key is the last one that it can be."""

    def fail() -> tuple[Abstract, ...]:
        run.do(sx.RAISE, run.call(Static(KeyError), (key,)), Static(None))
        return ()

    other = run.do(sx.COMPARE, Static("!="), key, Static(name))
    if not isinstance(other, Static):
        run.fork(other, fail, lambda: ())
    elif other.value:
        fail()


@intrinsic(runtime.place_of)
def _place_of(run: Run, keys: Abstract, key: Abstract) -> Abstract:
    """Where a key is in a list of keys."""
    if isinstance(keys, Seq) and not keys.items:
        return Static(-1)
    given = (run.atom(keys), run.atom(key))
    return Value(run.build.value(BY_NAME["place_of"], given, INT, run.hint), INT)
