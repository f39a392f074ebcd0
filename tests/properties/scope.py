"""The names that a program under construction has bound, and how fresh names are spelled."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.properties.kinds import (
    Array,
    Bool,
    Dict,
    Function,
    Int,
    Kind,
    List,
    Mask,
    Object,
    Scalar,
    Text,
    Tuple,
    parts,
)

_SPELLINGS: dict[type, str] = {
    Scalar: "a b c s t u",
    Int: "k m n",
    Bool: "flag",
    Text: "mode",
    Mask: "mask",
    Tuple: "pair",
    List: "items rows",
    Dict: "params",
    Function: "helper",
    Object: "point",
}


@dataclass
class Names:
    """Spells names that were not used before in the same program."""

    used: set[str] = field(default_factory=set)

    def fresh(self, rng: random.Random, kind: Kind) -> str:
        """Return an unused name that suits the kind."""
        if isinstance(kind, Array):
            stems = ["A", "B", "M"] if len(kind.shape) == 2 else ["x", "y", "v", "w"]
        else:
            stems = _SPELLINGS[type(kind)].split()
        return self.of(rng.choice(stems))

    def of(self, stem: str) -> str:
        """Return the stem, or the stem with the first number that makes it new."""
        name, count = stem, 1
        while name in self.used:
            name, count = f"{stem}{count}", count + 1
        self.used.add(name)
        return name


@dataclass
class Scope:
    """Names bound for certain at a point of the program, with their kinds.

    A pinned name is not bound again; a captured one keeps its kind, since a closure reads it.
    """

    names: Names
    kinds: dict[str, Kind] = field(default_factory=dict)
    pinned: set[str] = field(default_factory=set)
    captured: set[str] = field(default_factory=set)
    writes: bool = False

    def child(self) -> Scope:
        """Return a copy for a nested block: what is bound there is not bound here."""
        kinds, pinned, captured = dict(self.kinds), set(self.pinned), set(self.captured)
        return Scope(self.names, kinds, pinned, captured, self.writes)

    def paths(self, wanted: Callable[[Kind], bool]) -> list[tuple[str, Kind]]:
        """Return every expression of names and constant subscripts whose kind is wanted."""
        return [found for found in self._all_paths() if wanted(found[1])]

    def _all_paths(self) -> Iterator[tuple[str, Kind]]:
        for name, kind in self.kinds.items():
            yield from parts(name, kind)

    def rebindable(self, wanted: Callable[[Kind], bool]) -> list[str]:
        """Return the names that a statement may bind again to a value of the same kind."""
        return [
            name
            for name, kind in self.kinds.items()
            if wanted(kind) and not isinstance(kind, Function) and name not in self.pinned
        ]
