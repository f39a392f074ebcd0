"""The values of a function at many points: one after the other, at once, or side by side.

Every estimator asks for its values here, so that what a function may return is judged in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srcdiff.estimate.refusal import hopeless, misuse, positive_count
from srcdiff.structure import Layout, described

Vector = NDArray[Any]
CHUNK = 2**21  # numbers in the points that are held at once


class Probes:
    """f at vectors laid out by `layout`.

    vectorized: f takes all points at once, every leaf with a leading axis of points, and returns an
    array with that leading axis.  jobs: how many threads call f at a time, or an Executor of
    concurrent.futures (a process pool for functions that keep the interpreter busy).
    count: evaluations so far.  eps: the spacing of the coarsest floating type that f returned.
    partial: values that are not finite, and ValueError and ArithmeticError out of f, give nan.
    """

    def __init__(
        self,
        f: Callable[[Any], Any],
        layout: Layout,
        *,
        vectorized: bool = False,
        jobs: int | Executor | None = None,
        scalar: bool = True,
        partial: bool = False,
    ):
        if not callable(f):
            raise misuse("SD609", f"{described(f)} is not a function")
        if not isinstance(jobs, Executor):
            jobs = positive_count("jobs", 1 if jobs is None else jobs)
            if vectorized and jobs > 1:
                raise misuse("SD609", "a vectorized function is called once: jobs has no meaning")
        self.f, self.layout, self.vectorized, self.jobs = f, layout, vectorized, jobs
        self.scalar, self.partial = scalar, partial
        self.count, self.eps = 0, 0.0
        self.shape: tuple[int, ...] | None = None

    def at(self, point: Vector) -> Any:
        """The value at one point: a float, or an array when f need not be scalar."""
        found = self.of([point])
        return float(found[0]) if self.scalar else found[0]

    def of(self, points: Iterable[Vector]) -> Vector:
        """The values at the points, stacked; scalars give a vector."""
        stream = iter(points)
        size = max(1, CHUNK // self.layout.size)
        parts: list[Vector] = []
        while chunk := list(islice(stream, size)):
            parts += self._together(chunk) if self.vectorized else self._separately(chunk)
        return np.stack(parts) if parts else np.empty(0)

    def _separately(self, chunk: list[Vector]) -> list[Vector]:
        return [self._judged(v, p) for v, p in zip(self._called(chunk), chunk)]

    def _called(self, chunk: list[Vector]) -> Iterator[Any]:
        call = self._shielded if self.partial else self._quiet
        points = self.given(chunk)
        if isinstance(self.jobs, Executor):
            yield from self.jobs.map(self.f, points)  # another process may be given f alone
        elif self.jobs == 1 or len(chunk) == 1:
            yield from map(call, points)
        else:
            with ThreadPoolExecutor(self.jobs) as pool:
                yield from pool.map(call, points)

    def given(self, chunk: list[Vector]) -> Iterator[Any]:
        """What f is called with for each point."""
        return map(self.layout.restore, chunk)

    def _quiet(self, point: Any) -> Any:
        with np.errstate(all="ignore"):  # what is not finite is said once, by an exception
            return self.f(point)

    def _shielded(self, point: Any) -> Any:
        try:
            with np.errstate(all="ignore"):
                return self.f(point)
        except (ValueError, ArithmeticError):
            return np.nan

    def _together(self, chunk: list[Vector]) -> list[Vector]:
        found = np.asarray(self.f(self.layout.restore_rows(np.stack(chunk))))
        if found.ndim == 0 or len(found) != len(chunk):
            raise hopeless(
                "SD610",
                f"the vectorized function was given {len(chunk)} points and returned "
                f"{described(found)}",
                "its value needs a leading axis, one entry for each point",
            )
        return [self._judged(value, point) for value, point in zip(found, chunk)]

    def _judged(self, value: Any, point: Vector) -> Vector:
        """The value as an array of float64; EstimateError when it is not what it must be."""
        self.count += 1
        found = np.asarray(value)
        if found.dtype.kind not in "fiub" or self.scalar and found.shape != ():
            raise self._unfit(value, found)
        if self.shape is None:
            self.shape = found.shape
        elif found.shape != self.shape and not self.partial:
            raise hopeless(
                "SD605",
                f"f returns {self.shape} here and {found.shape} there",
                "one shape is needed",
            )
        if found.dtype.kind == "f":
            self.eps = max(self.eps, float(np.finfo(found.dtype).eps))
        if not self.partial and not np.all(np.isfinite(found)):
            raise hopeless("SD604", f"f is {_shown(found)} at {self._where(point)}", FINITE)
        return found if found.dtype == np.longdouble else found.astype(np.float64)

    def _unfit(self, value: Any, found: Any) -> Exception:
        if found.dtype.kind == "c":
            return hopeless("SD605", f"f returns {described(value)}, a real number is needed")
        hint = "reduce it to a number, np.sum for one" if found.dtype.kind in "fiub" else ""
        kind = "a real number" if self.scalar else "an array of real numbers"
        return hopeless("SD605", f"f returns {described(value)}, {kind} is needed", hint)

    def _where(self, point: Vector) -> str:
        """A point by the entries in which it differs from x."""
        moved = np.flatnonzero(point != self.layout.vector)
        if moved.size == 0:
            return "x itself"
        if moved.size > 1:
            return f"a point with {moved.size} entries moved"
        place = int(moved[0])
        return f"{self.layout.entry(place)} = {point[place]!s}"


FINITE = "take a smaller step, or the difference that stays on the other side"


def _shown(found: Vector) -> str:
    return str(found) if found.ndim == 0 else "not finite everywhere"
