"""Objects where the sides of an If meet: which identities the names and structures hold after it.

    before   if c: x[0] = a                     after   x1 = (set_at(x, 0, a) if c else x)
             else: y = x                                y  is x or nothing

An object that is the same on both sides keeps its identity; what it holds is joined like any value.
Where two objects meet, there is a new one. If both were made on the sides and nobody else has them, it
stands alone. Else it is one of the two, by the test of the If (`transform.identities`): what was made
on a side is brought out of it, under an identity of its own, unbound on the other side. What cannot
be brought out leaves a new object *related* to those that it may be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING

from srcdiff.ir.core import Var
from srcdiff.ir.types import Array, ListOf
from srcdiff.transform.build import Builder
from srcdiff.transform.identities import holds_objects, tagged
from srcdiff.transform.meet import frame, hint_of, is_never, is_undefined
from srcdiff.transform.memory import Memory, untag
from srcdiff.transform.values import (
    NOTHING,
    UNDEF,
    Abstract,
    Key,
    Poison,
    Ref,
    Value,
    is_mutable,
    is_rank0,
    key_of,
    map_leaves,
    parts,
    same_frame,
    same_static,
    type_of,
    with_parts,
)

if TYPE_CHECKING:
    from srcdiff.transform.instantiate import Instantiator


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


GONE = Key("gone")  # in place of an object, where a side leaves a name unbound or does not arrive
Pair = tuple[Key | None, Key | None]


@dataclass
class Meeting:
    """The two sides of an If, and the memory before them.

    met:     objects of the two sides that meet, and the object that is there afterwards
    brought: values that are brought out of one side: their frame, and what each side hands on
    objects: objects of one side as they are known afterwards, with what they hold
    """

    run: Instantiator
    test: Value
    before: Memory
    sides: tuple[Side, Side]
    met: dict[Pair, Key] = field(default_factory=dict)
    brought: list[tuple[Abstract, Abstract, Abstract]] = field(default_factory=list)
    objects: dict[Key, Abstract] = field(default_factory=dict)
    known_as: dict[tuple[int, Key], Key | None] = field(default_factory=dict)

    def changed(self) -> list[Key]:
        """The objects there before that hold something else on one of the sides."""
        found = [
            key
            for key in self.before
            if any(
                not s.ended and s.memory.get(key) is not self.before.get(key) for s in self.sides
            )
        ]
        return found + self.loosened()

    def loosened(self) -> list[Key]:
        """The entries of lists there before that are objects of their own on one of the sides."""
        there = self.before.now.keys() | self.before.seen
        loose = (s.memory.loose - self.before.loose for s in self.sides if not s.ended)
        return [key for key in dict.fromkeys(k for some in loose for k in some) if key in there]

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
            return with_inside(x, (p for p, _ in pairs)), with_inside(y, (q for _, q in pairs))
        return opened_all(self.run, x, self.sides[0]), opened_all(self.run, y, self.sides[1])

    def kept(self, a: Abstract, side: Side) -> Abstract:
        """A value of the only side that arrives: objects that were there before are the same."""
        if isinstance(a, Ref):
            return a if a.key in self.before else self.kept(opened(self.run, a, side), side)
        return with_inside(a, (self.kept(p, side) for p in parts(a)))

    def contents(self, key: Key) -> tuple[Abstract, Abstract]:
        """What an object holds at the end of both sides."""
        first, second = (
            NOTHING if s.ended else untag(opened(self.run, Ref(key), s)) for s in self.sides
        )
        return self.pair(first, second)

    def named(self, joined: Abstract, x: Abstract, y: Abstract) -> Abstract:
        """What the two became, with objects by their identities; the memory after the If knows them."""
        if isinstance(joined, (Ref, Poison)):
            return joined
        joined = self.inside(joined, x, y)
        if not is_mutable(joined) and not self.are_rank0(joined, x, y):
            for a in (x, y) if isinstance(joined, Value) else ():
                self.run.memory.known.let_go(a)
            return joined
        key = self.key(x, y, joined)
        self.run.memory.set(key, joined)
        if holds_objects(joined):
            for side in (x, y):
                self.run.memory.enter_those_of(key, side)
        return Ref(key)

    def are_rank0(self, joined: Abstract, x: Abstract, y: Abstract) -> bool:
        """Whether two values that meet are arrays of rank 0; if one is, to write them is refused."""
        ends = [is_rank0(a) or is_never(a) or is_undefined(a) for a in (x, y)]
        found = isinstance(joined, Value) and (is_rank0(x) or is_rank0(y))
        if found and isinstance(joined.atom, Var):  # type: ignore[union-attr]
            self.run.session.arguments.add(joined.atom)  # type: ignore[union-attr]
        return found and all(ends)

    def inside(self, joined: Abstract, x: Abstract, y: Abstract) -> Abstract:
        inner = parts(joined)
        if not inner:
            return joined
        xs, ys = parts_like(joined, x), parts_like(joined, y)
        return with_parts(joined, tuple(map(self.named, inner, xs, ys)))

    def key(self, x: Abstract, y: Abstract, joined: Abstract) -> Key:
        ends = _end(x), _end(y)
        if not any(_objects(ends)):
            return Key(hint_of(joined))
        if ends not in self.met:
            self.met[ends] = self.made_key(ends, is_never(x), is_never(y), joined)
        return self.met[ends]

    def made_key(self, ends: Pair, no_a: bool, no_b: bool, joined: Abstract) -> Key:
        known = self.before.known
        for one, other_never in zip(ends, (no_b, no_a)):
            if one is not None and other_never and known.holds(one):
                return one
        made = Key(hint_of(joined))
        known.relate(made, outside(self.before, _objects(ends)))
        return made

    # --- objects that are one of two ---

    def meet(self, pairs: list[tuple[Abstract, Abstract]]) -> None:
        """Find the objects that are one of two afterwards, and bring out what they need."""
        found = {p: values for x, y in pairs for p, values in self.meeting(x, y)}
        shared = self.shared(found)
        for (a, b), (x, y) in found.items():
            if a is not None and b is not None and GONE not in (a, b) and _alike(x, y):
                if outside(self.before, iter((a, b))) or not shared.isdisjoint((a, b)):
                    self.settle((a, b), self.one_of(a, b))
        for (a, b), _ in found.items():
            for number, (one, other) in enumerate(((a, b), (b, a))):
                if one is not None and other is GONE and self.is_wanted(one, number):
                    made = self.bring(one, number)
                    if made is None or not self.before.known.holds(made):
                        self.settle((a, b), made)  # a view of all of an object may be unbound

    def meeting(self, x: Abstract, y: Abstract) -> Iterator[tuple[Pair, tuple[Abstract, Abstract]]]:
        """The objects that meet in two values, with what they hold."""
        if isinstance(x, Ref) or isinstance(y, Ref):
            return
        ends = _end(x), _end(y)
        if any(_objects(ends)):
            yield ends, (x, y)
        for p, q in zip(parts_like(y, x), parts_like(x, y)):
            yield from self.meeting(p, q)

    def shared(self, found: Iterable[Pair]) -> set[Key]:
        """The objects that meet, or may have memory in common with what meets, more than one other."""
        known = self.before.known
        seen: dict[Key, set[Pair]] = {}
        for pair in found:
            for key in _objects(pair):
                for base in known.bases(key):
                    seen.setdefault(base, set()).add(pair)
        return {
            key
            for pair in found
            for key in _objects(pair)
            if any(len(seen[base]) > 1 for base in known.bases(key))
        }

    def is_wanted(self, key: Key, number: int) -> bool:
        """Whether an object that meets nothing must be brought out of its side."""
        return (number, key) in self.known_as or not self.before.known.holds(key)

    def settle(self, ends: Pair, made: Key | None) -> None:
        if made is not None:
            self.met[ends] = made

    def one_of(self, a: Key, b: Key) -> Key | None:
        """The object that is one of two; None if one of them cannot be brought out of its side."""
        then, orelse = self.bring(a, 0), self.bring(b, 1)
        if then is None or orelse is None or then is orelse:
            return then if then is orelse else None
        return self.before.known.one_of(self.test, then, orelse, a.hint or b.hint)

    def bring(self, key: Key, number: int) -> Key | None:
        """An object of one side as it is known behind the If; None if it cannot be."""
        known = self.before.known
        key = self.sides[number].memory.settled(known.whole(key))
        if (number, key) not in self.known_as:
            made = self.bring_anew(key, number)
            self.known_as[number, key] = made
            lies = known.contiguous.get(key)
            if made is not None and made is not key and lies is not None:
                known.contiguous[made] = lies
        return self.known_as[number, key]

    def bring_anew(self, key: Key, number: int) -> Key | None:
        known = self.before.known
        if key in known.eithers:
            either = known.eithers[key]
            then, orelse = self.bring(either.then, number), self.bring(either.orelse, number)
            if then is None or orelse is None:
                return None
            return known.one_of(self.value(either.test, number), then, orelse, key.hint)
        if key in known.views:
            view = known.views[key]
            parent = self.bring(view.parent, number)
            if parent is None:
                return None
            operands = tuple(map_leaves(a, lambda v: self.value(v, number)) for a in view.operands)
            if view.entry and key in self.sides[number].memory.loose:
                return key if key in self.before.loose else None
            if parent is view.parent and operands == view.operands:
                return key
            return known.viewed(replace(view, parent=parent, operands=operands), key.hint)
        return key if key in self.before else self.bring_object(key, number)

    def bring_object(self, key: Key, number: int) -> Key | None:
        """An object that was made on one side, under an identity of its own."""
        known = self.before.known
        held = untag(self.sides[number].memory.get(key))
        if key in known.picked or not isinstance(held, Value) or holds_objects(held):
            return None
        made = Key(key.hint)
        self.objects[made] = self.out(held, number)
        known.relate(made, outside(self.before, iter((key,))))
        for (other_number, other), other_made in self.known_as.items():
            if other_number == number and other_made in self.objects and other_made is not None:
                if known.related(key, other):
                    known.share(made, other_made)
        return made

    def value(self, v: Value, number: int) -> Value:
        """A value of one side as it is known behind the If."""
        inside = {out for stmt in self.sides[number].build.stmts for out in stmt.outs}
        if v.atom not in inside:
            return v
        out = self.out(v, number)
        assert isinstance(out, Value)
        return replace(out, length=v.length)

    def out(self, v: Value, number: int) -> Abstract:
        """A value that one side hands on, and the other leaves unbound."""
        framed = frame(v, UNDEF)
        x, y = (v, UNDEF) if number == 0 else (UNDEF, v)
        self.brought.append((framed, x, y))
        return framed

    def enter(self) -> None:
        """Let memory behind the If know the objects that were brought out."""
        for key, held in self.objects.items():
            self.run.memory.set(key, held)
        for key in self.loosened():
            self.run.memory.loose.add(key)
        for made in self.known_as.values():
            if made is not None and made in self.before.known.views:
                self.run.memory.seen.add(made)
        for side, outcome in zip(self.sides, (False, True)):
            if side.ended:
                self.run.memory.decided[self.test.atom] = outcome
            else:
                self.run.memory.unused &= side.memory.unused

    def note_read(self) -> None:
        """What the parts and the one-of-two hold was just read."""
        memory = self.run.memory
        for key in self.met.values():
            if not memory.known.holds(key):
                memory.made[key] = memory.version(key)

    def relate_met(self) -> None:
        """Objects that may be one on either side may be one afterwards; others are two."""
        known = self.before.known
        for (pair, one), (other_pair, other) in combinations(self.met.items(), 2):
            if any(
                k is not None and j is not None and GONE not in (k, j) and known.related(k, j)
                for k, j in zip(pair, other_pair)
            ):
                if known.holds(one) or known.holds(other):
                    known.share(one, other)
            else:
                known.apart.add(frozenset((one, other)))


def _end(a: Abstract) -> Key | None:
    """The object that one side hands on."""
    return GONE if is_never(a) or is_undefined(a) else key_of(a)


def _objects(ends: Pair) -> Iterator[Key]:
    return (end for end in ends if end is not None and end is not GONE)


def _alike(x: Abstract, y: Abstract) -> bool:
    """Whether what two objects hold is of one kind: what is written into either fits both."""
    if isinstance(x, Value) and isinstance(y, Value):
        s, t = x.type, y.type
        if isinstance(s, Array) and isinstance(t, Array):
            ranks = [None if k.shape is None else len(k.shape) for k in (s, t)]
            return s.dtype == t.dtype and None not in ranks and ranks[0] == ranks[1]
        if isinstance(s, ListOf) and isinstance(t, ListOf):
            return s.element == t.element and not holds_objects(x)
        return s == t
    if same_frame(x, y):
        return all(map(_alike, parts(x), parts(y)))
    return same_static(x, y) or type_of(x) is not None and type_of(x) == type_of(y)


def outside(before: Memory, keys: Iterable[Key | None]) -> set[Key]:
    """The objects from before that some may be or be part of (and what stands for shared memory)."""
    known = before.known
    found = {b for k in keys if k is not None for b in known.bases(k)}
    return {b for b in found if b in before or b in known.marks}


def with_inside(a: Abstract, new: Iterator[Abstract]) -> Abstract:
    items = tuple(new)
    if not items:
        return a
    key = key_of(a)
    made = with_parts(a, items)
    return made if key is None else tagged(made, key)


def parts_like(joined: Abstract, a: Abstract) -> tuple[Abstract, ...]:
    """The parts of one side, one for each part of what the two became."""
    count = len(parts(joined))
    return parts(a) if same_frame(joined, a) else (a if is_never(a) else _NONE,) * count


_NONE = NOTHING
