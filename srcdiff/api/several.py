"""Several seeds at once: the sweeps with a leading axis of seeds.

before   the jvp or the pullback of one specialisation, for one seed
after    the same for an array of seeds (`transform.batch`); where there is no such form, a loop
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from srcdiff.analysis.types import arg_type
from srcdiff.api.compiled import Sweeps, hidden_values
from srcdiff.api.products import pullbacks, pushforward
from srcdiff.emit.python import emit
from srcdiff.emit.source import load
from srcdiff.ir.core import Function
from srcdiff.ir.types import differentiable
from srcdiff.structure import children, is_complex_leaf, is_real_leaf, mapped
from srcdiff.transform.batch import NotBatched
from srcdiff.transform.batch_rows import batched
from srcdiff.transform.pipeline import tidy
from srcdiff.user_frames import pointing

MOST = 2**20  # numbers in an array of seeds; more seeds are taken in several goes
Seeds = Callable[[int, int], Any]


def forward(
    function: Any,
    primals: tuple[Any, ...],
    seeds: Seeds,
    count: int,
    sweeps: Sweeps | None = None,
) -> Iterator[Any]:
    """(value, start, tangents) of forward sweeps along `count` directions of the first argument.

    seeds(start, stop): these directions, with a leading axis in each leaf, which the tangents have too.
    """
    push, x = pushforward(function, len(primals), 1), primals[0]
    sweeps = Sweeps(primals) if sweeps is None else sweeps
    variant = push.made_for(*primals, x)
    if count > 1 and variant.many is None:
        variant.many = several(variant.primal.function, len(primals), 1, f"{push.request.name}_jvp")
    for start, stop in _goes(count, entries(x)):
        if count > 1 and variant.many:
            args = sweeps.next(push, x)
            value, tangents = pointing(
                variant.many, *args, seeds(start, stop), **hidden_values(variant)
            )
            tangents = _with_axis(value, tangents, stop - start)
        else:
            along = _one_by_one(x, seeds(start, stop), stop - start)
            found = [push(*sweeps.next(push, seed), seed) for seed in along]
            value, tangents = found[0][0], _stacked(found[0][0], [d for _, d in found])
        yield value, start, tangents


class Reverse:
    """The value of a function, and reverse sweeps to its first argument."""

    def __init__(
        self, function: Any, primals: tuple[Any, ...], sweeps: Sweeps | None = None
    ) -> None:
        made = pullbacks(function, len(primals), 1)
        primals = primals if sweeps is None else sweeps.next(made)
        self.x = primals[0]
        self.variant = made.made_for(*primals)
        self.value, self.record = pointing(
            self.variant.call, *primals, **hidden_values(self.variant)
        )

    def sweeps(self, seeds: Seeds, count: int) -> Iterator[tuple[int, Any]]:
        """(start, cotangents) for `count` seeds; seeds(start, stop) gives them with a leading axis."""
        variant, value = self.variant, self.value
        _, _, back, function = variant.more
        if count > 1 and variant.many is None:
            variant.many = several(tidy(function), 1, 0, function.name)
        for start, stop in _goes(count, entries(value)):
            if count > 1 and variant.many:
                found = pointing(variant.many, self.record, seeds(start, stop))[0]
                yield start, _with_axis(self.x, found, stop - start)
            else:
                along = _one_by_one(value, seeds(start, stop), stop - start)
                each = [back(self.record, seed)[0] for seed in along]
                yield start, _stacked(self.x, each)


def _with_axis(like: Any, found: Any, count: int) -> Any:
    """Tangents or cotangents with the axis of seeds also where they are constants: there are none."""
    if isinstance(found, np.ndarray) and found.ndim == np.ndim(like) + 1:
        return found

    def one(leaf: Any, part: Any) -> Any:
        return part if np.ndim(part) > np.ndim(leaf) else np.zeros((count, *np.shape(leaf)))

    return mapped(one, like, found)


def entries(value: Any) -> int:
    """How many numbers are in a structure."""
    if isinstance(value, np.ndarray):
        return value.size
    parts = children(value)
    return int(np.size(value)) if parts is None else sum(entries(part) for _, part in parts)


def _one_by_one(like: Any, seeds: Any, count: int) -> Iterator[Any]:
    """The seeds of several in the types of what they are seeds of."""
    if isinstance(like, np.ndarray):
        return iter(seeds)
    return (_seed(like, seeds, k) for k in range(count))


def _seed(like: Any, seeds: Any, k: int) -> Any:
    def alone(one: Any, many: Any) -> Any:
        if isinstance(one, np.ndarray):
            return many[k]
        return type(one)(many[k]) if is_float(one) else one

    return mapped(alone, like, seeds)


def is_float(value: Any) -> bool:
    """Whether a leaf is a number or an array that a derivative is taken by."""
    return is_real_leaf(value) or is_complex_leaf(value)


def _stacked(like: Any, found: list[Any]) -> Any:
    """Several results as one with a leading axis in each leaf."""
    if isinstance(found[0], np.ndarray):
        return np.stack(found)

    def one(leaf: Any, *parts: Any) -> Any:
        if np.ndim(parts[0]) < np.ndim(leaf):  # a constant: there are none
            return np.zeros((len(parts), *np.shape(leaf)))
        return np.stack([np.asarray(part) for part in parts])

    return mapped(one, like, *found)


def units(like: Any) -> Seeds:
    """The unit vectors in the shape of an array or a number."""
    dtype = np.asarray(like).dtype if np.asarray(like).dtype.kind in "fc" else np.dtype(float)
    size, shape = int(np.size(like)), np.shape(like)

    def seeds(start: int, stop: int) -> Any:
        made = np.eye(stop - start, size, start, dtype)
        return made if len(shape) == 1 else made.reshape((stop - start, *shape))

    return seeds


def at_once(count: int, size: int) -> bool:
    """Whether so many seeds of a size are taken in one go."""
    return 1 < count <= max(4, MOST // max(size, 1))


def _goes(count: int, size: int) -> Iterator[tuple[int, int]]:
    """Ranges of at least two seeds, as many as may be held at once."""
    goes = -(-count // max(4, MOST // max(size, 1)))
    ends = [count * k // max(goes, 1) for k in range(goes + 1)]
    return zip(ends, ends[1:])


def several(function: Function, place: int, result: int, name: str) -> Any:
    """The function on several seeds: the floats in its input at `place` and in a part of its result
    get an axis.

    False when it has no such form.
    """
    taken, given = function.inputs[place].tree, function.output.children[result]
    seeds = [function.params[k] for k in taken.leaves()]
    moving = [v for v in seeds if differentiable(v.type)]
    if not moving:
        return False
    results = [k for k in given.leaves() if differentiable(arg_type(function.body.results[k]))]
    try:
        made = batched(function, moving, results)
    except NotBatched:
        return False
    doc = f"{function.doc.rstrip('.')}, for each of the seeds in the first axis."
    return load(emit(tidy(replace(made, name=f"{name}_many", doc=doc))))
