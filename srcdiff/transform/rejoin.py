"""Objects where a loop goes round: which identities the names and structures hold in it and after it.

At first every object is taken to stay the one it was; what it holds goes round like any value.
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
from srcdiff.ir.core import For, Var, While
from srcdiff.transform.identities import holds_objects, objects
from srcdiff.transform.meet import hint_of, is_never
from srcdiff.transform.meetings import (
    Side,
    opened,
    opened_all,
    outside,
    parts_like,
    with_inside,
)
from srcdiff.transform.memory import Memory, untag, written_under_a_number
from srcdiff.transform.values import (
    NOTHING,
    Abstract,
    Key,
    Poison,
    Ref,
    Seq,
    Value,
    is_mutable,
    key_of,
    parts,
    same_frame,
)

if TYPE_CHECKING:
    from srcdiff.transform.instantiate import Instantiator

Place = tuple[Any, ...]  # the slot (a number, or the Key of an object), and the way into it


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
        return with_inside(a, (self.prepared(p, (*place, k), side) for k, p in enumerate(parts(a))))

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
            return with_inside(
                a, (self.fitted(p, f, (*place, k), side) for k, (p, f) in enumerate(pairs))
            )
        if not is_never(a):
            for closed in _closed(framed, place):
                raise Reopen(closed)
        return opened_all(self.run, a, side)

    def leave_numbers(self) -> None:
        """Refuse a body that writes what an array of rank 0 is part of that goes round as a number."""
        known = self.run.memory.known
        if any(not known.bases(key).isdisjoint(known.steady) for key in self.keys):
            raise written_under_a_number(self.stmt.at)

    def begin(self, frames: tuple[Abstract, ...], slots: int) -> tuple[Abstract, ...]:
        """The head of a round: what the variables hold; memory holds what the objects do."""
        self.run.memory = self.before.elsewhere()
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
        return with_inside(
            framed, (self.entered(p, (*place, k)) for k, p in enumerate(parts(framed)))
        )

    def contents(self, side: Side) -> list[Abstract]:
        """What the objects that go round hold at the end of a round."""
        return [NOTHING if side.ended else untag(side.memory.get(key)) for key in self.keys]

    def written(self, after: Memory) -> list[Key]:
        """The objects from before that the body changed and that do not go round yet."""
        there = self.before.now.keys() | self.before.seen
        for key in after.loose - self.before.loose:
            if key in there:
                self.before.set(key, self.before.content(self.run, key))
                self.before.loose.add(key)
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
        elif isinstance(place[0], Key) and len(place) == 1:
            self.enter_lists(place[0], framed, init, result)
        inner = parts(framed)
        inits, results = parts_like(framed, init), parts_like(framed, result)
        for k, (f, i, r) in enumerate(zip(inner, inits, results)):
            self.note((*place, k), f, i, r)

    def enter_lists(self, key: Key, framed: Abstract, *values: Abstract) -> None:
        if holds_objects(framed):
            for a in values:
                self.run.memory.enter_those_of(key, a, (self.stmt,))

    def makes(self, a: Abstract) -> bool:
        """Whether an object is made anew in each round."""
        known, heads = self.before.known, {head.key for head in self.heads.values()}
        old = outside(self.before, objects(a))
        carried = any(not heads.isdisjoint(known.bases(key)) for key in objects(a))
        return key_of(a) is not None and not old and not carried

    def keeps_separate(self, framed: Abstract, result: Abstract) -> bool:
        """Whether lists whose entries share no memory at the head of a round hand on such lists."""
        known = self.before.known
        if isinstance(framed, Value) and not is_never(result):
            if not known.is_separate(framed.atom):
                return True
            handed = result.atom if isinstance(result, Value) else Var("")
            if isinstance(result, Seq):
                known.note_separate(handed, entries=result.items)
            if known.is_separate(handed):
                return True
            known.mixed.add(framed.atom)
            return False
        if not same_frame(framed, result):
            return True
        return all(map(self.keeps_separate, parts(framed), parts(result)))

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
            entries = (known.bases(known.entries[b]) for b in bases if b in known.entries)
            for base in bases.union(*entries):
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
        return self.relations(), set(self.mixed)

    def _relate_heads(self) -> None:
        heads = list(self.heads.values())
        own = {h.key for h in heads}
        for _ in heads:
            for head in heads:
                comes = outside(self.before, iter((head.first, head.after)))
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
        return with_inside(outs, (self.after(f, o, (*place, k)) for k, (f, o) in pairs))

    def leave(self) -> None:
        """Places that held two objects in every round hold two behind the loop."""
        known = self.before.known
        for p, q in combinations(self.outs, 2):
            if frozenset((p, q)) not in self.mixed:
                known.apart.add(frozenset((self.outs[p], self.outs[q])))
