"""Several seeds at once: the sweeps with a leading axis of seeds.

before   the jvp or the pullback of one specialisation, for one seed
after    the same for an array of seeds (`transform.batch`); where there is no such form, a loop
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from srcdiff.api.compiled import Sweeps, hidden_values
from srcdiff.api.products import pullbacks, pushforward
from srcdiff.emit.python import emit
from srcdiff.emit.source import load
from srcdiff.ir.core import Function
from srcdiff.transform.batch import NotBatched
from srcdiff.transform.batch_rows import batched
from srcdiff.transform.pipeline import tidy

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

    seeds(start, stop): these directions, with a leading axis, which the tangents have too.
    """
    push, x = pushforward(function, len(primals), 1), primals[0]
    sweeps = Sweeps(primals) if sweeps is None else sweeps
    if count < 2 or not isinstance(x, np.ndarray):
        for k in range(count):
            seed = seeds(k, k + 1)[0]
            cast = seed if isinstance(x, np.ndarray) else type(x)(seed)
            value, tangent = push(*sweeps.next(push, cast), cast)
            yield value, k, np.asarray(tangent)[None]
        return
    variant = push.made_for(*primals, x)
    if variant.many is None:
        variant.many = several(variant.primal.function, len(primals), 1, f"{push.request.name}_jvp")
    for start, stop in _goes(count, np.size(x)):
        if variant.many:
            args = sweeps.next(push, x)
            value, tangents = variant.many(*args, seeds(start, stop), **hidden_values(variant))
        else:
            found = [push(*sweeps.next(push, seed), seed) for seed in seeds(start, stop)]
            value, tangents = found[0][0], np.stack([np.asarray(d) for _, d in found])
        yield value, start, tangents


class Reverse:
    """The value of a function, and reverse sweeps to its first argument."""

    def __init__(
        self, function: Any, primals: tuple[Any, ...], sweeps: Sweeps | None = None
    ) -> None:
        made = pullbacks(function, len(primals), 1)
        primals = primals if sweeps is None else sweeps.next(made)
        self.variant = made.made_for(*primals)
        self.value, self.record = self.variant.call(*primals, **hidden_values(self.variant))

    def sweeps(self, seeds: Seeds, count: int) -> Iterator[tuple[int, Any]]:
        """(start, cotangents) for `count` seeds; seeds(start, stop) gives them with a leading axis."""
        variant, value = self.variant, self.value
        _, _, back, function = variant.more
        if count < 2 or not isinstance(value, np.ndarray):
            for k in range(count):
                seed = seeds(k, k + 1)[0]
                cast = seed if isinstance(value, np.ndarray) else type(value)(seed)
                yield k, np.asarray(back(self.record, cast)[0])[None]
            return
        if variant.many is None:
            variant.many = several(tidy(function), 1, 0, function.name)
        for start, stop in _goes(count, np.size(value)):
            if variant.many:
                yield start, variant.many(self.record, seeds(start, stop))[0]
            else:
                found = [back(self.record, seed)[0] for seed in seeds(start, stop)]
                yield start, np.stack([np.asarray(c) for c in found])


def units(like: Any) -> Seeds:
    """The unit vectors in the shape of an array or a number."""
    dtype = np.asarray(like).dtype if np.asarray(like).dtype.kind in "fc" else np.dtype(float)
    size = int(np.size(like))

    def seeds(start: int, stop: int) -> Any:
        made = np.zeros((stop - start, size), dtype)
        made[np.arange(stop - start), np.arange(start, stop)] = 1.0
        return made.reshape((stop - start, *np.shape(like)))

    return seeds


def _goes(count: int, size: int) -> Iterator[tuple[int, int]]:
    """Ranges of at least two seeds, as many as may be held at once."""
    goes = -(-count // max(4, MOST // max(size, 1)))
    ends = [count * k // goes for k in range(goes + 1)]
    return zip(ends, ends[1:])


def several(function: Function, place: int, result: int, name: str) -> Any:
    """The function on several seeds: its input at `place` and a part of its result get an axis.

    False when it has no such form.
    """
    taken, given = function.inputs[place].tree, function.output.children[result]
    if taken.kind != "leaf" or given.kind != "leaf":
        return False
    try:
        made = batched(function, [function.params[taken.index]], [given.index])
    except NotBatched:
        return False
    return load(emit(tidy(replace(made, name=f"{name}_many"))))
