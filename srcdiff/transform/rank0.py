"""Arrays of rank 0: numbers in the typed form, objects in memory.

    before   a = np.array(x); b = a; b += y; return a * z
    after    a = cast(x); a1 = add(a, y); return multiply(a1, z)

Where a number is an array of rank 0, it has a key like any array: it can be written, under every name
it has, and it may be a view (`A[0, ...]`, `A[:1].reshape(())`). Where paths meet and only the run knows
which of two it is, it is a number that is noted in `session.arguments`: to write it is refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from srcdiff.ir.core import Const, Var
from srcdiff.ir.types import Array, Scalar, is_one
from srcdiff.ops import python as py
from srcdiff.ops import syntax as sx
from srcdiff.transform.values import Abstract, Key, Seq, Static, Value, is_rank0, same_static

Run = Any


def array_of(run: Run, a: Value, hint: str = "") -> Value:
    """A number as an array of rank 0 of its own."""
    name = hint or run.hint or (a.atom.hint if isinstance(a.atom, Var) else "")
    return replace(number(run, a), key=Key(name))


def number(run: Run, a: Value) -> Value:
    """What an array of rank 0 holds, of a type of NumPy's; noted as such."""
    assert isinstance(a.type, Scalar)
    made = cast(run, a, a.type.dtype) if a.type.weak or a.type.mixed else a
    if isinstance(made.atom, Var):
        run.session.arguments.add(made.atom)
    return made


def cast(run: Run, a: Value, dtype: str) -> Value:
    """A number of NumPy's, which is none of the arrays it was made of."""
    type = Scalar(dtype, weak=False)
    if isinstance(a.type, Scalar) and replace(a.type, rank0=False) == type and not a.type.rank0:
        return Value(run.build.value(py.identity, (a.atom,), type, run.hint), type)
    return Value(run.build.value(py.cast, (a.atom, Const(dtype)), type, run.hint), type)


def only_entry(run: Run, a: Value) -> Value:
    """The number in an array that is to have one entry: ValueError as NumPy's if it has not."""
    assert isinstance(a.type, Array)
    if a.type.shape is None or not all(map(is_one, a.type.shape)):
        flat = run.call(Static(np.reshape), (replace(a, key=None), Static(1)))
        return run.do(sx.ITEM, replace(flat, key=None), Static(0))  # type: ignore[no-any-return]
    places = Seq("tuple", (Static(0),) * len(a.type.shape))
    return run.do(sx.ITEM, replace(a, key=None), places)  # type: ignore[no-any-return]


def item(run: Run, owner: Value, index: Abstract) -> Abstract:
    """a[()] is a number, a[...] the array, a[None] a view of rank 1."""
    given = index.items if isinstance(index, Seq) and index.kind == "tuple" else (index,)
    if not given:
        assert isinstance(owner.type, Scalar)
        return cast(run, replace(owner, key=None), owner.type.dtype)
    if all(same_static(part, Static(...)) for part in given):
        return owner
    news = [part for part in given if not same_static(part, Static(...))]
    if all(same_static(part, Static(None)) for part in news):
        shape = Seq("tuple", (Static(1),) * len(news))
        return run.call(Static(np.reshape), (owner, shape))  # type: ignore[no-any-return]
    raise run.refusal("SD322", f"too many indices: the array has 0 axes, {len(news)} were indexed")


def is_everything(index: Abstract) -> bool:
    """Whether an index names the only entry: a[()], a[...]."""
    given = index.items if isinstance(index, Seq) and index.kind == "tuple" else (index,)
    return all(same_static(part, Static(...)) for part in given)


__all__ = ["array_of", "cast", "is_everything", "is_rank0", "item", "number", "only_entry"]
