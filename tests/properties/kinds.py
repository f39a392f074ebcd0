"""What the generator knows about a value: its kind, how to draw one, how to reach its parts.

Everything else in this folder is written against these few frozen classes. Sizes are known while
a program is being written, so that every program is valid by construction.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Scalar:
    """A Python float, or the ``np.float64`` that NumPy gives in its place."""


@dataclass(frozen=True)
class Int:
    """A Python int between two bounds, usable as an index of any axis longer than ``high``."""

    low: int
    high: int


@dataclass(frozen=True)
class Bool:
    """A Python bool."""


@dataclass(frozen=True)
class Text:
    """One of a few strings that select a mode."""

    choices: tuple[str, ...]


@dataclass(frozen=True)
class Array:
    """A float array of a known shape."""

    shape: tuple[int, ...]
    dtype: str = "float64"

    @property
    def size(self) -> int:
        """How many entries the array has."""
        return int(np.prod(self.shape, dtype=int))


@dataclass(frozen=True)
class Mask:
    """A boolean array that holds constants, so that what it selects has a known size."""

    values: tuple[bool, ...]


@dataclass(frozen=True)
class Tuple:
    """A tuple of parts of any kinds."""

    items: tuple[Kind, ...]


@dataclass(frozen=True)
class List:
    """A list of parts of one kind."""

    item: Kind
    length: int


@dataclass(frozen=True)
class Dict:
    """A dict with string keys."""

    fields: tuple[tuple[str, Kind], ...]


@dataclass(frozen=True)
class Function:
    """A function: required parameters, optional ones by name, and the kind of its result."""

    required: tuple[Kind, ...]
    optional: tuple[tuple[str, Kind], ...]
    result: Kind
    keyword_only: bool = False
    depth: int = 0


@dataclass(frozen=True)
class Object:
    """An instance of a class of the program, whose fields are read and whose method is called.

    NamedTuples and dataclasses are structures that have gradients; plain objects are not. A mutable one
    has a method `advance` that changes it.
    """

    name: str
    fields: tuple[tuple[str, Kind], ...]
    is_structure: bool
    is_mutable: bool = False


@dataclass(frozen=True)
class Nothing:
    """What a function gives that returns nothing."""


Kind = Scalar | Int | Bool | Text | Array | Mask | Tuple | List | Dict | Function | Object | Nothing

SCALAR = Scalar()
BOOL = Bool()
NOTHING = Nothing()
MODES = Text(("l1", "l2", "huber"))


def parts(text: str, kind: Kind) -> Iterator[tuple[str, Kind]]:
    """Yield every value that constant subscripts reach, as text and kind, the whole first."""
    yield text, kind
    match kind:
        case Tuple(items):
            for index, item in enumerate(items):
                yield from parts(f"{text}[{index}]", item)
        case List(item, length):
            for index in range(length):
                yield from parts(f"{text}[{index}]", item)
        case Dict(fields):
            for key, item in fields:
                yield from parts(f"{text}[{key!r}]", item)
        case Object(_, fields, _):
            for name, item in fields:
                yield from parts(f"{text}.{name}", item)
        case _:
            pass


def sample(rng: random.Random, kind: Kind, classes: Mapping[str, Any]) -> object:
    """Draw an argument of the given kind: floats within 1.5 of zero, four digits each."""
    match kind:
        case Scalar():
            return draw(rng)
        case Int(low, high):
            return rng.randint(low, high)
        case Bool():
            return rng.random() < 0.5
        case Text(choices):
            return rng.choice(choices)
        case Array(shape, dtype):
            entries = [draw(rng) for _ in range(kind.size)]
            return np.array(entries, dtype=dtype).reshape(shape)
        case Mask(values):
            return np.array(values, dtype=bool)
        case Tuple(items):
            return tuple(sample(rng, item, classes) for item in items)
        case List(item, length):
            return [sample(rng, item, classes) for _ in range(length)]
        case Dict(fields):
            return {key: sample(rng, item, classes) for key, item in fields}
        case Object(name, fields, _):
            return classes[name](*(sample(rng, item, classes) for _, item in fields))
        case Function() | Nothing():
            raise TypeError(f"{kind} is never an argument of a whole program")


def draw(rng: random.Random) -> float:
    """Draw a float that is neither zero nor likely to meet another one."""
    return rng.choice((-1, 1)) * round(rng.uniform(0.05, 1.5), 4)


def has_floats(kind: Kind) -> bool:
    """Say whether a derivative with respect to a value of this kind makes sense."""
    match kind:
        case Scalar() | Array():
            return True
        case Tuple(items):
            return all(has_floats(item) for item in items)
        case List(item, _):
            return has_floats(item)
        case Dict(fields):
            return all(has_floats(item) for _, item in fields)
        case Object(_, _, is_structure):
            return is_structure
        case _:
            return False
