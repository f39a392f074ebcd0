"""Structures of floats: their real leaves, copies with other leaves, and their form as a vector.

A leaf takes part when it is a Python float, a NumPy floating scalar or an array of a floating
dtype.  Tuples, lists, dicts, NamedTuples and dataclasses are walked through; whatever else stands
in them (integers, strings, None, functions) is left alone.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srcdiff.errors import NOWHERE, ArgumentsError, Diagnostic

DEPTH = 100  # how deep containers may be nested; one that holds itself has no end


def is_real_leaf(value: Any) -> bool:
    """Whether derivatives by this value are checked.

    >>> [is_real_leaf(v) for v in (1.0, 1, True, np.float32(1), np.zeros(2), np.arange(2), "a")]
    [True, False, False, True, True, False, False]
    """
    if isinstance(value, (np.ndarray, np.generic)):
        return bool(value.dtype.kind == "f")
    return isinstance(value, float)


def is_complex_leaf(value: Any) -> bool:
    """Whether this value is a complex number or an array of them.

    >>> [is_complex_leaf(v) for v in (1j, np.complex64(1), np.zeros(2, complex), 1.0, "a")]
    [True, True, True, False, False]
    """
    if isinstance(value, (np.ndarray, np.generic)):
        return bool(value.dtype.kind == "c")
    return isinstance(value, complex)


def children(value: Any) -> list[tuple[str, Any]] | None:
    """The parts of a container with the way each is written after the path; None for a leaf."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return [(f".{name}", part) for name, part in zip(value._fields, value)]
    if isinstance(value, (tuple, list)):
        return [(f"[{i}]", part) for i, part in enumerate(value)]
    if isinstance(value, dict):
        return [(f"[{key!r}]", part) for key, part in value.items()]
    if is_dataclass(value) and not isinstance(value, type):
        return [(f".{field.name}", getattr(value, field.name)) for field in fields(value)]
    return None


def rebuild(
    value: Any,
    path: str,
    leaf: Callable[[str, Any], Any],
    other: Callable[[Any], Any] | None = None,
) -> Any:
    """A deep copy of an argument with every real leaf replaced by `leaf(path, value)`.

    other: what becomes of the leaves that are no floats; copies of them when it is left out.

    >>> rebuild([1.0, (2.0, "a")], "x", lambda path, value: value + 1)
    [2.0, (3.0, 'a')]
    """
    if is_real_leaf(value):
        return leaf(path, value)
    parts = children(value)
    if parts is None:
        return copied(value) if other is None else other(value)
    made = [rebuild(part, path + suffix, leaf, other) for suffix, part in parts]
    return _assemble(value, made)


def copied(value: Any) -> Any:
    """A deep copy, or the value itself when it cannot be copied (a generator, a lock)."""
    try:
        return copy.deepcopy(value)
    except Exception:
        return value


def mapped(leaf: Callable[..., Any], value: Any, *others: Any) -> Any:
    """The structure with leaf(part, *parts of the others) for each part that is no container.

    The others have the containers of the first; their parts may be anything.

    >>> mapped(lambda a, b: a + b[0], {"x": 1, "y": (2, 3)}, {"x": [1], "y": ([2], [3])})
    {'x': 2, 'y': (4, 6)}
    """
    parts = children(value)
    if parts is None:
        return leaf(value, *others)
    inside = [_parts_like(value, other) for other in others]
    made = [mapped(leaf, *several) for several in zip((part for _, part in parts), *inside)]
    return _assemble(value, made)


def _parts_like(value: Any, other: Any) -> list[Any]:
    """The parts of another structure in the order of those of the value."""
    if isinstance(value, dict):
        return [other[key] for key in value]
    names = getattr(value, "_fields", None)
    if names is None and isinstance(value, (tuple, list)):
        return list(other)
    return [getattr(other, name) for name in names or [f.name for f in fields(value)]]


def _assemble(value: Any, parts: list[Any]) -> Any:
    if isinstance(value, tuple):
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if is_dataclass(value):
        return _like_dataclass(value, parts)
    out = copy.copy(value)
    if isinstance(value, list):
        out[:] = parts
    else:
        out.update(zip(value, parts))
    return out


def _like_dataclass(value: Any, parts: list[Any]) -> Any:
    """Another instance, made without `__init__`: that may refuse, derive or count."""
    out = object.__new__(type(value))
    for name, part in getattr(value, "__dict__", {}).items():
        object.__setattr__(out, name, copied(part))
    for field, part in zip(fields(value), parts):
        object.__setattr__(out, field.name, part)
    return out


def described(value: Any) -> str:
    """A value by its kind, for messages.

    >>> described(np.zeros((2, 3))), described(1.0), described(None)
    ('an array of float64, shape (2, 3)', 'a float', 'None')
    """
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}, shape {value.shape}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


@dataclass(frozen=True)
class Slot:
    """Where a leaf stands in the vector, and what it is."""

    path: str
    start: int
    size: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    make: Callable[[Any], Any] | None  # of a number; None for an array

    @property
    def stop(self) -> int:
        return self.start + self.size

    def value(self, part: NDArray[Any]) -> Any:
        """The leaf from its stretch of a vector (complex numbers stay complex)."""
        if self.make is None:
            dtype = part.dtype if part.dtype.kind == "c" else self.dtype
            return part.reshape(self.shape).astype(dtype)
        if part.dtype.kind == "c":
            return part[0] if self.make is not float else complex(part[0])
        return self.make(part[0])


class Layout:
    """A structure of floats as a vector: `vector` holds it, `restore` makes structures of vectors.

    Raises ArgumentsError when there is no float in it (integers have no derivative), when it is of
    zero length, complex or not finite.

    >>> layout = Layout({"w": np.array([1.0, 2.0]), "b": 3.0, "name": "relu"})
    >>> layout.vector
    array([1., 2., 3.])
    >>> layout.restore(2.0 * layout.vector)
    {'w': array([2., 4.]), 'b': 6.0, 'name': 'relu'}
    >>> layout.entry(1)
    "x['w'][1]"
    """

    def __init__(self, template: Any, name: str = "x"):
        self.template, self.name = template, name
        parts: list[NDArray[Any]] = []
        slots: list[Slot] = []
        start = 0
        for path, value in _floats(template, name, 0):
            flat = np.ravel(np.asarray(value))
            make = None if isinstance(value, np.ndarray) else type(value)
            slots.append(Slot(path, start, flat.size, np.shape(value), flat.dtype, make))
            parts.append(flat)
            start += flat.size
        if not slots:
            raise _no_float(template, name)
        if not start:
            raise _misfit(
                "SD602", f"{name} is of zero length: there is nothing to differentiate by"
            )
        self.slots = tuple(slots)
        dtype = np.result_type(np.float64, *(p.dtype for p in parts))
        self.vector: NDArray[Any] = np.concatenate(parts).astype(dtype)
        wrong = np.flatnonzero(~np.isfinite(self.vector))
        if wrong.size:
            at = int(wrong[0])
            raise _misfit("SD603", f"{self.entry(at)} is {self.vector[at]}; it must be finite")

    @property
    def size(self) -> int:
        return int(self.vector.size)

    @property
    def eps(self) -> NDArray[Any]:
        """The spacing of the floating type of each entry."""
        spacings = [np.full(s.size, float(np.finfo(s.dtype).eps)) for s in self.slots]
        return np.concatenate(spacings)

    def entry(self, place: int) -> str:
        """How an entry of the vector is written: `x['w'][2, 3]`."""
        slot = next(s for s in self.slots if s.start <= place < s.stop)
        if not slot.shape:
            return slot.path
        index = np.unravel_index(place - slot.start, slot.shape)
        return f"{slot.path}[{', '.join(str(int(i)) for i in index)}]"

    def rounded(self, vector: NDArray[Any]) -> NDArray[Any]:
        """The vector as its leaves can hold it (float32 leaves round)."""
        if all(s.dtype == vector.dtype for s in self.slots):
            return vector
        out = vector.copy()
        for s in self.slots:
            out[..., s.start : s.stop] = out[..., s.start : s.stop].astype(s.dtype)
        return out

    def restore(self, vector: NDArray[Any]) -> Any:
        """The structure with these numbers; everything in it is a copy."""
        return self._made(lambda slot: slot.value(vector[slot.start : slot.stop]))

    def restore_rows(self, matrix: NDArray[Any]) -> Any:
        """The structure of the rows of a matrix: every leaf is an array with a leading axis."""

        def made(slot: Slot) -> Any:
            part = matrix[:, slot.start : slot.stop]
            return part.reshape(len(matrix), *slot.shape).astype(slot.dtype)

        return self._made(made)

    def gradient(self, vector: NDArray[Any]) -> Any:
        """The structure with these numbers and 0 for every whole number: the form of a gradient."""
        return self._made(lambda slot: slot.value(vector[slot.start : slot.stop]), _no_gradient)

    def _made(self, value: Callable[[Slot], Any], other: Callable[[Any], Any] | None = None) -> Any:
        by_path = {slot.path: slot for slot in self.slots}
        return rebuild(self.template, self.name, lambda path, _: value(by_path[path]), other)

    def flatten(self, value: Any, what: str, code: str = "SD608") -> NDArray[Any]:
        """Another structure of the same form as a vector.

        Raises ArgumentsError, with `what` for its name, when its form is another.
        """
        out = np.zeros(self.size, self.vector.dtype)
        self._fill(out, self.template, value, self.name, what, code)
        return out

    def _fill(
        self, out: NDArray[Any], like: Any, value: Any, path: str, what: str, code: str
    ) -> None:
        where = what + path[len(self.name) :]
        if is_real_leaf(like):
            slot = next(s for s in self.slots if s.path == path)
            found = _numbers(value)
            if found is None or found.shape != slot.shape:
                form = f"shape {np.shape(value)}" if found is not None else described(value)
                raise _misfit(code, f"{where} has {form}, {path} has shape {slot.shape}")
            out[slot.start : slot.stop] = found.ravel()
            return
        parts = children(like)
        if not parts:
            return
        if type(value) is not type(like):
            raise _misfit(code, f"{where} is {described(value)}, {path} is {described(like)}")
        given = dict(children(value) or ())
        if set(given) != {suffix for suffix, _ in parts}:
            raise _misfit(code, f"{where} has other entries than {path}")
        for suffix, part in parts:
            self._fill(out, part, given[suffix], path + suffix, what, code)


def _numbers(value: Any) -> NDArray[Any] | None:
    """An array of real numbers, if that is what the value is."""
    if not isinstance(value, (np.ndarray, np.generic, float, int, list, tuple)):
        return None
    try:
        found = np.asarray(value)
    except ValueError:
        return None
    return found if found.dtype.kind in "fiub" else None


def _floats(value: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
    if is_real_leaf(value):
        yield path, value
    elif is_complex_leaf(value):
        raise _misfit("SD601", f"{path} is complex; derivatives are taken by real numbers")
    elif depth == DEPTH:
        raise _misfit("SD601", f"{path[:40]}... is nested too deeply; does it contain itself?")
    else:
        for suffix, part in children(value) or ():
            yield from _floats(part, path + suffix, depth + 1)


def _no_float(template: Any, name: str) -> ArgumentsError:
    found = list(_others(template))
    if any(isinstance(value, np.ndarray) and not value.size for value in found) or not found:
        return _misfit("SD602", f"{name} is of zero length: there is nothing to differentiate by")
    if any(_whole(value) for value in found):
        hint = "write 3.0 for 3, or convert with astype(float)"
        return _misfit("SD601", f"{name} holds integers, which cannot be moved a little", hint)
    return _misfit("SD601", f"{name} is {described(template)} without a float in it")


def _others(value: Any) -> Iterator[Any]:
    parts = children(value)
    if parts is None:
        yield value
    for _, part in parts or ():
        yield from _others(part)


def _whole(value: Any) -> bool:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind in "iub"
    return isinstance(value, (int, bool))


def _no_gradient(value: Any) -> Any:
    return 0 if _whole(value) else copied(value)


def _misfit(code: str, message: str, hint: str = "") -> ArgumentsError:
    return ArgumentsError(Diagnostic(code, message, NOWHERE, (), hint))
