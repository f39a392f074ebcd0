"""Complex arrays that notice what an analytic function does not do with them.

A complex step needs f to be analytic: abs, conj, real, imag, angle, comparisons and whatever is made
of them (norm, vdot, maximum, sort, ...) are not.  A watched array goes through the function as any
array does, writes down the first such use with the user's line, and lets it pass.  It cannot see
what happens behind `np.asarray` or in compiled code; `complexstep` checks that by numbers.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

ABSOLUTE = {"absolute": "abs", "conjugate": "conj", "sign": "sign"}
COMPARED = {
    "greater", "greater_equal", "less", "less_equal", "equal", "not_equal",
    "maximum", "minimum", "fmax", "fmin", "floor", "ceil", "trunc", "rint", "heaviside",
}  # fmt: skip
FUNCTIONS = {
    "real", "imag", "angle", "real_if_close", "nan_to_num", "vdot", "linalg.norm", "linalg.svd",
    "linalg.svdvals", "linalg.eigh", "linalg.eigvalsh", "linalg.cholesky", "linalg.qr",
    "linalg.pinv", "linalg.lstsq", "linalg.cond", "linalg.matrix_rank", "linalg.slogdet",
    "linalg.vecdot", "var", "std", "nanvar", "nanstd", "cov", "corrcoef", "sort", "argsort", "partition",
    "argpartition", "max", "amax", "min", "amin", "argmax", "argmin", "nanmax", "nanmin",
    "nanargmax", "nanargmin", "ptp", "median", "nanmedian", "percentile", "quantile", "unique",
    "searchsorted", "clip", "interp", "digitize", "histogram", "sort_complex", "round", "around",
    "fabs", "isclose", "allclose",
}  # fmt: skip
METHODS = (
    "conj", "conjugate", "max", "min", "argmax", "argmin", "sort", "argsort", "partition",
    "argpartition", "std", "var", "clip", "round", "searchsorted",
)  # fmt: skip


@dataclass
class Log:
    """The uses seen, each as a word and the place in the user's source."""

    uses: list[tuple[str, str]] = field(default_factory=list)

    def note(self, word: str) -> None:
        self.uses.append((word, _place()))


def _place() -> str:
    """The innermost line that is neither NumPy's nor this file's; "" when that is srcdiff's own."""
    frame: Any = sys._getframe(2)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name != __name__ and name.split(".")[0] != "numpy":
            break
        frame = frame.f_back
    if frame is None or name.startswith("srcdiff."):
        return ""
    text = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
    return f"line {frame.f_lineno}" + (f": {text}" if text else "")


def _part(name: str) -> Any:
    """real or imag as a property that is noted."""

    def get(self: Any) -> Any:
        self._note(name)
        return getattr(_bare(self), name)

    def put(self: Any, value: Any) -> None:
        self._note(name)
        setattr(_bare(self), name, value)

    return property(get, put)


class Watched(np.ndarray):
    """A complex array that writes into a Log."""

    log: Log | None = None

    def __array_finalize__(self, source: Any) -> None:
        self.log = getattr(source, "log", None)

    def _note(self, word: str) -> None:
        if self.log is not None and self.dtype.kind == "c":
            self.log.note(word)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        log = next(i.log for i in (*inputs, *keywords.get("out", ())) if isinstance(i, Watched))
        name = ufunc.__name__
        if any(isinstance(i, np.ndarray) and i.dtype.kind == "c" for i in inputs) and log:
            if name in ABSOLUTE or name in COMPARED:
                log.note(ABSOLUTE.get(name, f"a comparison ({name})"))
        outs = keywords.pop("out", None)
        if outs is not None:
            keywords["out"] = tuple(_bare(o) for o in outs)
        result = getattr(ufunc, method)(*map(_bare, inputs), **keywords)
        if outs is not None:
            return outs[0] if len(outs) == 1 else outs
        if isinstance(result, tuple):
            return tuple(watch(r, log) for r in result)
        return watch(result, log)

    def __array_function__(self, function: Any, types: Any, args: Any, keywords: Any) -> Any:
        module = function.__module__.removeprefix("numpy").lstrip(".")
        name = f"{module}.{function.__name__}" if module == "linalg" else function.__name__
        if name in FUNCTIONS:
            self._note(f"np.{name}")
        result = super().__array_function__(function, types, args, keywords)
        return watch(result, self.log) if isinstance(result, (np.ndarray, np.generic)) else result

    def __getitem__(self, index: Any) -> Any:
        return watch(super().__getitem__(index), self.log)

    def __iter__(self) -> Iterator[Any]:
        return iter([self[k] for k in range(len(self))])

    def item(self, *index: Any) -> Any:
        return watch(np.asarray(super().item(*index)), self.log)

    real = _part("real")
    imag = _part("imag")


def _method(name: str) -> Any:
    def method(self: Watched, *args: Any, **keywords: Any) -> Any:
        self._note(name)
        found = getattr(_bare(self), name)(*args, **keywords)
        return watch(found, self.log) if isinstance(found, (np.ndarray, np.generic)) else found

    method.__name__ = name
    return method


for _name in METHODS:
    setattr(Watched, _name, _method(_name))


def _bare(value: Any) -> Any:
    return value.view(np.ndarray) if isinstance(value, Watched) else value


def watch(value: Any, log: Log | None) -> Any:
    """The value as a watched array when it is complex; scalars become arrays without axes."""
    if not isinstance(value, (np.ndarray, np.generic)) or value.dtype.kind != "c":
        return value
    out = np.asarray(value).view(Watched)
    out.log = log
    return out
