"""Objects where paths meet: which identities the names and structures hold after an If, and in and
after a loop.

    before   if c: x[0] = a                     after   x1 = (set_at(x, 0, a) if c else x)
             else: y = x                                y  is x or nothing

An object that is the same on both paths keeps its identity; what it holds is joined like any value.
Where two objects meet, there is a new one that may be either: it is *related* to those that were
there before, and stands alone if both were made on the way (`transform.memory`).

In a loop the same holds for what goes round: at first every object is taken to stay the one it was.
Where the body hands on another one, the place is *opened* and the loop is run again with a new
identity there, related to all that may come into that place. Two places hold two objects as long as
they do before the loop and every round keeps them so: `u, v = v, u` swaps, and does not mix.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

from srcdiff.errors import Signal
from srcdiff.ir.core import For, While
from srcdiff.transform.build import Builder
from srcdiff.transform.meet import hint_of, is_never
from srcdiff.transform.memory import Memory, holds_objects, tagged
from srcdiff.transform.values import (
    NOTHING,
    Abstract,
    Key,
    Poison,
    Ref,
    Value,
    is_mutable,
    key_of,
    parts,
    same_frame,
    with_parts,
)

if TYPE_CHECKING:
    from srcdiff.transform.instantiate import Instantiator

Place = tuple[Any, ...]  # the slot (a number, or the Key of an object), and the way into it


@dataclass
class Side:
    """One of the paths that meet: what memory holds at its end, and where its statements go."""

    memory: Memory
    build: Builder
    ended: bool


def opened(run: Instantiator, a: Abstract, side: Side) -> Abstract:
    """What an object holds at the end of a path, with its identity; its parts are Refs still."""
    if not isinstance(a, Ref):
        return a
    outer, run.memory = run.memory, side.memory
    try:
        with run.into(side.build):
            return tagged(side.memory.content(run, a.key), a.key)
    finally:
        run.memory = outer


def opened_all(run: Instantiator, a: Abstract, side: Side) -> Abstract:
    """A value with everything in it as it is at the end of a path."""
    a = opened(run, a, side)
    inner = parts(a)
    if not inner:
        return a
    key = key_of(a)
    made = with_parts(a, tuple(opened_all(run, p, side) for p in inner))
    return made if key is None else tagged(made, key)


# --- the sides of an If -------------------------------------------------------------------------


@dataclass
class Meeting:
    """The two sides of an If, and the memory before them."""

    run: Instantiator
    before: Memory
    sides: tuple[Side, Side]
    met: dict[tuple[Key | None, Key | None], Key] = field(default_factory=dict)

    def changed(self) -> list[Key]:
        """The objects there before that hold something else on one of the sides."""
        return [
            key
            for key in self.before
            if any(
                not s.ended and s.memory.get(key) is not self.before.get(key) for s in self.sides
            )
        ]

    def pair(self, x: Abstract, y: Abstract) -> tuple[Abstract, Abstract]:
        """Two values to be joined: the objects they have in common as Refs, the others opened."""
        if isinstance(x, Ref) and x == y:
            return x, y
        if is_never(x):
            return x, self.kept(y, self.sides[1])
        if is_never(y):
            return self.kept(x, self.sides[0]), y
        if isinstance(x, Ref) or isinstance(y, Ref):
            return self.pair(opened(self.run, x, self.sides[0]), opened(self.run, y, self.sides[1]))
        if same_frame(x, y):
            pairs = [self.pair(p, q) for p, q in zip(parts(x), parts(y))]
            return _with(x, (p for p, _ in pairs)), _with(y, (q for _, q in pairs))
        return opened_all(self.run, x, self.sides[0]), opened_all(self.run, y, self.sides[1])

    def kept(self, a: Abstract, side: Side) -> Abstract:
        """A value of the only side that arrives: objects that were there before are the same."""
        if isinstance(a, Ref):
            return a if a.key in self.before else self.kept(opened(self.run, a, side), side)
        return _with(a, (self.kept(p, side) for p in parts(a)))

    def contents(self, key: Key) -> tuple[Abstract, Abstract]:
        """What an object holds at the end of both sides."""
        first, second = (NOTHING if s.ended else s.memory.get(key) for s in self.sides)
        return self.pair(untag(first), untag(second))

    def named(self, joined: Abstract, x: Abstract, y: Abstract) -> Abstract:
        """What the two became, with objects by their identities; the memory after the If knows them."""
        if isinstance(joined, (Ref, Poison)):
            return joined
        joined = self.inside(joined, x, y)
        if not is_mutable(joined):
            return joined
        key = self.key(x, y, joined)
        self.run.memory.set(key, joined)
        if holds_objects(joined):
            for side in (x, y):
                self.run.memory.enter(key, _without_key(side))
        return Ref(key)

    def inside(self, joined: Abstract, x: Abstract, y: Abstract) -> Abstract:
        inner = parts(joined)
        if not inner:
            return joined
        xs, ys = _parts_like(joined, x), _parts_like(joined, y)
        return with_parts(joined, tuple(map(self.named, inner, xs, ys)))

    def key(self, x: Abstract, y: Abstract, joined: Abstract) -> Key:
        a, b = key_of(x), key_of(y)
        if a is None and b is None:
            return Key(hint_of(joined))
        if (a, b) not in self.met:
            self.met[a, b] = self.made_key(a, b, is_never(x), is_never(y), joined)
        return self.met[a, b]

    def made_key(
        self, a: Key | None, b: Key | None, no_a: bool, no_b: bool, joined: Abstract
    ) -> Key:
        known = self.before.known
        for one, other_never in ((a, no_b), (b, no_a)):
            if one is not None and other_never and one not in known.views:
                return one
        made = Key(hint_of(joined))
        known.relate(made, _outside(self.before, iter((a, b))))
        return made

    def relate_met(self) -> None:
        """Objects that may be one on either side may be one afterwards; others are two."""
        known = self.before.known
        for (pair, one), (other_pair, other) in combinations(self.met.items(), 2):
            if any(
                k is not None and j is not None and known.related(k, j)
                for k, j in zip(pair, other_pair)
            ):
                known.share(one, other)
            else:
                known.apart.add(frozenset((one, other)))


def _outside(before: Memory, keys: Iterator[Key | None]) -> set[Key]:
    """The objects from before that some may be or be part of (and what stands for shared memory)."""
    known = before.known
    found = {b for k in keys if k is not None for b in known.bases(k)}
    return {b for b in found if b in before or b in known.marks}


def _with(a: Abstract, new: Iterator[Abstract]) -> Abstract:
    items = tuple(new)
    if not items:
        return a
    key = key_of(a)
    made = with_parts(a, items)
    return made if key is None else tagged(made, key)


def _without_key(a: Abstract) -> Abstract:
    return with_parts(a, parts(a)) if parts(a) else untag(a)


def untag(a: Abstract) -> Abstract:
    """The value without its own identity."""
    if isinstance(a, Value):
        return Value(a.atom, a.type, a.length)
    return with_parts(a, parts(a)) if parts(a) else a


def _parts_like(joined: Abstract, a: Abstract) -> tuple[Abstract, ...]:
    """The parts of one side, one for each part of what the two became."""
    count = len(parts(joined))
    return parts(a) if same_frame(joined, a) else (a if is_never(a) else _NONE,) * count


_NONE = NOTHING


# --- loops ----------------------------------------------------------------------------------------


class Reopen(Signal):
    """The body hands on another object at a place: the loop is run again with the place opened."""

    def __init__(self, place: Place):
        self.place = place


def _closed(framed: Abstract, place: Place) -> Iterator[Place]:
    """The places in a frame that hold objects still taken to stay the same."""
    if isinstance(framed, Ref):
        yield place
    for k, part in enumerate(parts(framed)):
        yield from _closed(part, (*place, k))


@dataclass
class Head:
    """An opened place: the object in it at the head of each round, before the loop, after a round."""

    key: Key
    first: Key | None = None
    after: Key | None = None


@dataclass
class Going:
    """What goes round a loop besides its variables: the objects that its body changes.

    opened: places where rounds may find different objects
    keys:   objects from before the loop that the body writes
    mixed:  pairs of places that may hold one object
    """

    run: Instantiator
    stmt: For | While
    before: Memory
    opened: set[Place]
    keys: list[Key] = field(default_factory=list)
    heads: dict[Place, Head] = field(default_factory=dict)
    mixed: set[frozenset[Place]] = field(default_factory=set)
    outs: dict[Place, Key] = field(default_factory=dict)

    def places(self, slots: tuple[Abstract, ...]) -> list[tuple[Place, Abstract]]:
        """The variables that go round, then the objects, as places with what is in them."""
        found: list[tuple[Place, Abstract]] = [((k,), a) for k, a in enumerate(slots)]
        return found + [((key,), untag(self.before.get(key))) for key in self.keys]

    def prepared(self, a: Abstract, place: Place, side: Side) -> Abstract:
        """A value with the objects at opened places opened."""
        if isinstance(a, Ref):
            if place not in self.opened:
                return a
            a = opened(self.run, a, side)
        return _with(a, (self.prepared(p, (*place, k), side) for k, p in enumerate(parts(a))))

    def fitted(self, a: Abstract, framed: Abstract, place: Place, side: Side) -> Abstract:
        """A value opened as far as a frame is; Reopen where it is another object than the frame's."""
        if isinstance(framed, Poison):
            return a
        if isinstance(framed, Ref):
            if a == framed or is_never(a):
                return a
            raise Reopen(place)
        a = opened(self.run, a, side)
        if same_frame(framed, a):
            pairs = zip(parts(a), parts(framed))
            return _with(
                a, (self.fitted(p, f, (*place, k), side) for k, (p, f) in enumerate(pairs))
            )
        if not is_never(a):
            for closed in _closed(framed, place):
                raise Reopen(closed)
        return opened_all(self.run, a, side)

    def begin(self, frames: tuple[Abstract, ...], slots: int) -> tuple[Abstract, ...]:
        """The head of a round: what the variables hold; memory holds what the objects do."""
        self.run.memory = self.before.copy()
        for key, framed in zip(self.keys, frames[slots:]):
            self.run.memory.set(key, self.entered_inside(framed, (key,)))
        return tuple(self.entered(f, (k,)) for k, f in enumerate(frames[:slots]))

    def entered(self, framed: Abstract, place: Place) -> Abstract:
        """A frame as names hold it at the head of a round: its objects are those of opened places."""
        if isinstance(framed, (Ref, Poison)):
            return framed
        framed = self.entered_inside(framed, place)
        if not is_mutable(framed):
            return framed
        head = self.heads.setdefault(place, Head(Key(hint_of(framed))))
        self.before.known.go_round(head.key, self.stmt)
        self.run.memory.set(head.key, framed)
        return Ref(head.key)

    def entered_inside(self, framed: Abstract, place: Place) -> Abstract:
        return _with(framed, (self.entered(p, (*place, k)) for k, p in enumerate(parts(framed))))

    def contents(self, side: Side) -> list[Abstract]:
        """What the objects that go round hold at the end of a round."""
        return [NOTHING if side.ended else untag(side.memory.get(key)) for key in self.keys]

    def written(self, after: Memory) -> list[Key]:
        """The objects from before that the body changed and that do not go round yet."""
        return [
            key
            for key in self.before
            if key not in self.keys and after.get(key) is not self.before.get(key)
        ]

    def note(self, place: Place, framed: Abstract, init: Abstract, result: Abstract) -> None:
        """Take down which objects come into the opened places."""
        if isinstance(framed, (Ref, Poison)):
            return
        head = self.heads.get(place)
        if head is not None:
            head.first, head.after = key_of(init), key_of(result)
            self.enter_lists(head.key, framed, init, result)
        inner = parts(framed)
        inits, results = _parts_like(framed, init), _parts_like(framed, result)
        for k, (f, i, r) in enumerate(zip(inner, inits, results)):
            self.note((*place, k), f, i, r)

    def enter_lists(self, key: Key, framed: Abstract, *values: Abstract) -> None:
        if holds_objects(framed):
            for a in values:
                self.run.memory.enter(key, _without_key(a), (self.stmt,))

    def settled(self) -> bool:
        """Whether the relations assumed of the opened places hold round by round."""
        before = self._facts()
        self._relate_heads()
        for (p, a), (q, b) in combinations(self.heads.items(), 2):
            if self._mixes(a, b):
                self._mix(frozenset((p, q)), a, b)
            elif frozenset((p, q)) not in self.mixed:
                self.before.known.apart.add(frozenset((a.key, b.key)))
        return before == self._facts()

    def relations(self) -> frozenset[frozenset[Key]]:
        """Which objects from before the loop may share memory: what a round finds, the next knows."""
        known = self.before.known
        sharing: dict[Key, set[Key]] = {}
        for key in (*self.before, *(head.key for head in self.heads.values())):
            bases = known.bases(key)
            for base in bases.union(known.entries[b] for b in bases if b in known.entries):
                sharing.setdefault(base, set()).add(key)
        return frozenset(frozenset(keys) for keys in sharing.values() if len(keys) > 1)

    def turning(self) -> list[Place]:
        """The variables whose arrays change places from round to round, if that is all they do."""
        slots = {place: head for place, head in self.heads.items() if len(place) == 1}
        keys = {head.key: place for place, head in slots.items()}
        comes = {place: keys.get(head.after) for place, head in slots.items()}  # type: ignore[arg-type]
        turn = [place for place in slots if comes[place] is not None]
        closed = {comes[place] for place in turn} == set(turn)
        swapped = any(comes[place] != place for place in turn)
        apart = not any(frozenset(pair) in self.mixed for pair in combinations(turn, 2))
        return turn if closed and swapped and apart else []

    def _facts(self) -> object:
        known = self.before.known
        return {p: known.maybe.get(h.key) for p, h in self.heads.items()}, set(self.mixed)

    def _relate_heads(self) -> None:
        heads = list(self.heads.values())
        own = {h.key for h in heads}
        for _ in heads:
            for head in heads:
                comes = _outside(self.before, iter((head.first, head.after)))
                self.before.known.relate(head.key, comes - own)

    def _mixes(self, a: Head, b: Head) -> bool:
        known = self.before.known
        return any(
            k is not None and j is not None and (k is j or known.related(k, j))
            for k, j in ((a.first, b.first), (a.after, b.after))
        )

    def _mix(self, places: frozenset[Place], a: Head, b: Head) -> None:
        known = self.before.known
        if places not in self.mixed:
            self.mixed.add(places)
            known.apart.discard(frozenset((a.key, b.key)))
            known.share(a.key, b.key)

    def after(self, framed: Abstract, outs: Abstract, place: Place) -> Abstract:
        """What the names hold behind the loop."""
        if isinstance(framed, (Ref, Poison)):
            return framed
        outs = self.after_inside(framed, outs, place)
        if not is_mutable(outs):
            return outs
        head = self.heads[place]
        key = self.outs.setdefault(place, Key(head.key.hint))
        known = self.before.known
        known.go_round(key, self.stmt)
        known.maybe[key] = known.maybe.get(head.key, frozenset())
        self.run.memory.set(key, outs)
        if holds_objects(outs):
            known.entries[key] = known.entries_of(head.key)
        return Ref(key)

    def after_inside(self, framed: Abstract, outs: Abstract, place: Place) -> Abstract:
        pairs = enumerate(zip(parts(framed), parts(outs)))
        return _with(outs, (self.after(f, o, (*place, k)) for k, (f, o) in pairs))

    def leave(self) -> None:
        """Places that held two objects in every round hold two behind the loop."""
        known = self.before.known
        for p, q in combinations(self.outs, 2):
            if frozenset((p, q)) not in self.mixed:
                known.apart.add(frozenset((self.outs[p], self.outs[q])))
