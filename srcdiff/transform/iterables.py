"""What Python's builtins over iterables mean: range, zip, map, filter, len, any, reduce."""

from __future__ import annotations

import functools
import types
from dataclasses import replace

import numpy as np

from srcdiff.ir.types import Scalar
from srcdiff.ops import markers
from srcdiff.ops import syntax as sx
from srcdiff.transform import prelude
from srcdiff.transform.calls import intrinsic
from srcdiff.transform.functions import call_function
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.iterate import length_of, listed
from srcdiff.transform.iterators import iterator
from srcdiff.transform.lists import is_list
from srcdiff.transform.meet import describe
from srcdiff.transform.outside import class_attribute
from srcdiff.transform.values import (
    Abstract,
    Closure,
    Iter,
    Record,
    Seq,
    Slice,
    Static,
    Value,
    is_static,
)

Run = Instantiator
ZERO, ONE, NONE = Static(0), Static(1), Static(None)
_MISSING = Static(object())


@intrinsic(range)
def _range(run: Run, a: Abstract, b: Abstract = NONE, step: Abstract = ONE, /) -> Abstract:
    bounds = (ZERO, a) if b is NONE else (a, b)
    for part in (*bounds, step):
        if not _is_int(part):
            raise run.refusal("SD334", f"range() of {describe(part)}")
    return Iter("range", (*bounds, step))


def _is_int(a: Abstract) -> bool:
    if isinstance(a, Value) and isinstance(a.type, Scalar):
        return np.dtype(a.type.dtype).kind in "iub" and not a.type.optional
    return is_static(a, int)


@intrinsic(zip)
def _zip(run: Run, *parts: Abstract, strict: Abstract = Static(False)) -> Abstract:
    if run.static(strict, "strict") and len(parts) > 1:
        counts = [length_of(run, p) for p in parts]
        for count in counts[1:]:
            same = run.do(sx.COMPARE, Static("=="), counts[0], count)
            run.check(same, ValueError, "zip() arguments have different lengths")
    return iterator(run, "zip", parts)


@intrinsic(enumerate)
def _enumerate(run: Run, part: Abstract, start: Abstract = ZERO) -> Abstract:
    return iterator(run, "enumerate", (part, start))


@intrinsic(reversed)
def _reversed(run: Run, part: Abstract, /) -> Abstract:
    return iterator(run, "reversed", (part, _length_now(run, part)))


def _length_now(run: Run, part: Abstract) -> Abstract:
    """How long a list is that may change until it is run over."""
    return length_of(run, part) if is_list(part) else NONE


@intrinsic(markers.checkpointed)
def _checkpointed(run: Run, iterable: Abstract, *, snapshots: Abstract) -> Abstract:
    if not _is_int(snapshots):
        raise run.refusal("SD334", f"snapshots={describe(snapshots)}", "give a number of states")
    enough = run.do(sx.COMPARE, Static(">="), snapshots, ONE)
    run.check(enough, ValueError, "a checkpointed loop keeps at least 1 snapshot")
    return Iter("checkpointed", (iterable, snapshots))


@intrinsic(markers.recompute)
def _recompute(run: Run, function: Abstract, /) -> Abstract:
    if isinstance(function, Closure):
        return replace(function, apart=True)
    if isinstance(function, Static) and isinstance(function.value, types.FunctionType):
        return Static(markers.recompute(function.value))
    raise run.refusal("SD324", f"recompute() of {describe(function)}", "mark a Python function")


@intrinsic(map)
def _map(run: Run, function: Abstract, *parts: Abstract) -> Abstract:
    return iterator(run, "map", (function, *parts))


@intrinsic(filter)
def _filter(run: Run, function: Abstract, xs: Abstract, /) -> Abstract:
    given = Static(bool) if is_static(function, type(None)) else function
    return iterator(run, "filter", (given, xs))


@intrinsic(slice)
def _slice(run: Run, a: Abstract, b: Abstract = NONE, step: Abstract = NONE, /) -> Abstract:
    return Slice(NONE, a, NONE) if b is NONE and step is NONE else Slice(a, b, step)


@intrinsic(len)
def _len(run: Run, a: Abstract, /) -> Abstract:
    found = class_attribute(run, a.cls, "__len__") if isinstance(a, Record) else None
    if isinstance(found, types.FunctionType):
        return call_function(run, found, (a,), ())
    return length_of(run, a)


@intrinsic(any)
def _any(run: Run, xs: Abstract, /) -> Abstract:
    return run.call(Static(prelude.some), (xs,))


@intrinsic(all)
def _all(run: Run, xs: Abstract, /) -> Abstract:
    return run.call(Static(prelude.every), (xs,))


@intrinsic(functools.reduce)
def _reduce(run: Run, function: Abstract, xs: Abstract, start: Abstract = _MISSING, /) -> Abstract:
    if start is _MISSING:
        items = listed(run, xs, "functools.reduce without a start")
        start, xs = items[0], Seq("list", tuple(items[1:]))
    return run.call(Static(prelude.reduce), (function, xs, start))
