"""A block of statements under construction, and where it stands."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from tests.properties.expressions import Expressions
from tests.properties.kinds import (
    BOOL,
    MODES,
    SCALAR,
    Array,
    Dict,
    Int,
    Kind,
    List,
    Tuple,
)
from tests.properties.scope import Scope


@dataclass(frozen=True)
class Place:
    """Where a block stands: inside which constructs, and what a ``return`` there must give."""

    result: Kind
    loops: int = 0
    nested: int = 0
    before_continue: tuple[str, ...] = ()

    def inside(self) -> Place:
        """Return the place one construct deeper."""
        return replace(self, nested=self.nested + 1)

    def inside_loop(self, before_continue: tuple[str, ...] = ()) -> Place:
        """Return the place in a loop's body; what must run before ``continue`` there."""
        return replace(self.inside(), loops=self.loops + 1, before_continue=before_continue)


class Block:
    """A block under construction; ``lines`` holds its text, indented within the block only."""

    def __init__(self, rng: random.Random, scope: Scope, place: Place, budget: int) -> None:
        self.rng = rng
        self.scope = scope
        self.place = place
        self.budget = budget
        self.lines: list[str] = []
        self.write = Expressions(rng, scope)

    @property
    def is_straight(self) -> bool:
        """Say whether the block runs exactly once, so that a name may change its kind."""
        return self.place.nested == 0

    def add(self, *lines: str) -> None:
        """Append lines."""
        self.lines.extend(lines)

    def assign(self, name: str, text: str, kind: Kind) -> None:
        """Append an assignment, and record that the name is bound from here on."""
        self.add(f"{name} = {text}")
        self.scope.kinds[name] = kind

    def bind(self, bound: dict[str, Kind]) -> None:
        """Record names that are bound from here on."""
        self.scope.kinds.update(bound)

    def nest(self, head: str, lines: Sequence[str]) -> None:
        """Append a compound statement."""
        self.add(head)
        self.add(*(f"    {line}" for line in lines))

    def child(self, budget: int, place: Place, bound: dict[str, Kind] | None = None) -> Block:
        """Return an empty block inside this one; what it binds is not bound here."""
        block = Block(self.rng, self.scope.child(), place, budget)
        block.bind(bound or {})
        return block

    def spend(self) -> int:
        """Take a part of the budget for a block inside this one."""
        spent = self.rng.randint(1, max(1, min(self.budget, 5)))
        self.budget -= spent
        return spent

    def fresh(self, kind: Kind) -> str:
        """Return an unused name for a value of the kind."""
        return self.scope.names.fresh(self.rng, kind)

    def pick(self, *kinds: type) -> str | None:
        """Return a name that may be bound again, of one of the kinds."""
        found = self.scope.rebindable(lambda kind: isinstance(kind, kinds))
        return self.rng.choice(found) if found else None

    def some_kind(self) -> Kind:
        """Pick the kind of a new variable."""
        rng = self.rng
        shape = self.write.some_shape()
        return weighted(
            rng,
            (
                (SCALAR, 8),
                (Array(shape), 6),
                (Array(shape, "float32"), 0.3),
                (Tuple((SCALAR, rng.choice((SCALAR, Array(shape))))), 0.7),
                (List(SCALAR, rng.randint(1, 4)), 1),
                (List(Array(shape), rng.randint(1, 3)), 0.4),
                (List(List(SCALAR, 2), 2), 0.3),
                (Dict((("w", Array(shape)), ("b", SCALAR))), 0.7),
                (Int(0, rng.randint(0, 3)), 0.5),
                (BOOL, 0.3),
                (MODES, 0.2),
            ),
        )


T = TypeVar("T")
Statement = Callable[[Block], None]


def weighted(rng: random.Random, options: Sequence[tuple[T, float]]) -> T:
    """Pick one of several options, each with its weight."""
    return rng.choices([option for option, _ in options], [weight for _, weight in options])[0]
