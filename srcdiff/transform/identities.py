"""Identities of objects while a program runs on abstract values: which are parts of others, which are
one of two, and which may have memory in common.

View       x[1:], x.T: part of another object
Either     y = a if c else b: one of two objects, by a test that the run knows
related    anything else that only the run knows: y = rows[k], y = np.diag(x)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from srcdiff.ir.core import Atom
from srcdiff.ir.types import Array, ListOf, Scalar
from srcdiff.transform.meet import hint_of
from srcdiff.transform.values import (
    Abstract,
    Iter,
    Key,
    NeedStatic,
    Record,
    Ref,
    Seq,
    Slice,
    Static,
    Value,
    is_mutable,
    is_rank0,
    key_of,
    leaves,
    parts,
    with_parts,
)

if TYPE_CHECKING:
    from srcdiff.transform.instantiate import Instantiator
    from srcdiff.transform.memory import Memory

Operands = tuple[Abstract, ...]
Read = Callable[["Instantiator", Value, Operands], Abstract]
Put = Callable[["Instantiator", Value, Value, Operands], Abstract]


@dataclass(frozen=True)
class View:
    """An array that is part of another: how it is read from the parent and put back into it.

    put:      None for a view that NumPy does not let anybody write
    operands: what reading it takes besides the parent
    indexed:  it is parent[operands], a basic index
    """

    parent: Key
    read: Read
    put: Put | None
    operands: Operands = ()
    indexed: bool = False
    contingent: frozenset[Key] = frozenset()  # arguments that must be contiguous: else it is a copy
    copying: bool = False  # its own parts are copies: x.flat[1:]
    entry: bool = False  # it is an entry of a list, at an index: until the list gets other entries

    def is_whole(self) -> bool:
        """Whether it is x[:] or x[...]: all of the parent, in its shape."""
        return self.indexed and all(map(_is_everything, self.operands))


@dataclass(frozen=True)
class Either:
    """An object that is one of two: `then` where the test holds, else `orelse`."""

    test: Value
    then: Key
    orelse: Key


@dataclass
class Identities:
    """What is known of identities wherever the program is: shared by all memories of one compilation.

    views:    objects that are part of others
    eithers:  objects that are one of two
    maybe:    for an object, others that it may be or may share memory with
    apart:    pairs that are two objects all the same
    original: what the arguments and the globals held when the program began
    entries:  stands for the memory of the entries of a list of run-time length
    marks:    stand for memory that some objects may have in common
    contiguous: arrays that lie in memory without gaps, in C's order, if these arguments do
    assumed:  arguments that must lie so, since something was written that counts on it
    loading:  objects that are being loaded, to notice one that holds itself
    inside:   for a list at run time, the objects that are among its entries
    separate: lists at run time whose entries share no memory with one another, except those in
    mixed:    lists that go round a loop, of which a round found otherwise
    around:   the loops that are being run, with memory before each
    loops:    for what stands for different objects in different rounds, the loops of these rounds
    read:     objects that were read since somebody began to look
    parted:   for the entries of a list, objects that left it
    flats:    what x.flat is, which is an iterator as well
    steady:   of these a part of rank 0 is a number by now: they must not be written any more
    picked:   items of a tuple or list at a place that only the run knows; to write one, it must be known
    """

    views: dict[Key, View] = field(default_factory=dict)
    eithers: dict[Key, Either] = field(default_factory=dict)
    maybe: dict[Key, frozenset[Key]] = field(default_factory=dict)
    apart: set[frozenset[Key]] = field(default_factory=set)
    original: dict[Key, Abstract] = field(default_factory=dict)
    entries: dict[Key, Key] = field(default_factory=dict)
    marks: set[Key] = field(default_factory=set)
    contiguous: dict[Key, frozenset[Key]] = field(default_factory=dict)
    assumed: set[Key] = field(default_factory=set)
    picked: dict[Key, NeedStatic] = field(default_factory=dict)
    steady: set[Key] = field(default_factory=set)
    flats: set[Key] = field(default_factory=set)
    loops: dict[Key, frozenset[Any]] = field(default_factory=dict)
    loading: set[Key] = field(default_factory=set)
    inside: dict[Atom, frozenset[Key]] = field(default_factory=dict)
    separate: set[Atom] = field(default_factory=set)
    mixed: set[Atom] = field(default_factory=set)
    around: list[tuple[Any, Memory]] = field(default_factory=list)
    read: set[Key] = field(default_factory=set)
    parted: dict[Key, set[Key]] = field(default_factory=dict)

    def let_go(self, a: Abstract) -> None:
        """Arrays of rank 0 go on as numbers that are not read again: what they are part of is steady."""
        for leaf in leaves(a):
            if is_rank0(leaf) and leaf.key is not None:
                self.steady |= self.bases(leaf.key)

    def root(self, key: Key) -> Key:
        """The object that a view is part of; for entries of a list, what stands for all of them."""
        while key in self.views:
            view = self.views[key]
            key = self.entries_of(view.parent) if view.entry else view.parent
        return key

    def holds(self, key: Key) -> bool:
        """Whether an object holds something of its own: it is no view, and none of two others."""
        return key not in self.views and key not in self.eithers

    def copying(self, key: Key) -> bool:
        """Whether the parts of an object are copies."""
        either = self.eithers.get(key)
        if either is not None:
            return self.copying(either.then) or self.copying(either.orelse)
        return key in self.views and self.views[key].copying

    def whole(self, key: Key) -> Key:
        """The object that x[:] and x[...] are views of the whole of."""
        while key in self.views and self.views[key].is_whole():
            key = self.views[key].parent
        return key

    def roots(self, key: Key) -> Iterator[Key]:
        """The objects that this one is, or is part of: several if only the run knows which."""
        root = self.root(key)
        either = self.eithers.get(root)
        if either is None:
            yield root
        else:
            yield from self.roots(either.then)
            yield from self.roots(either.orelse)

    def bases(self, key: Key) -> frozenset[Key]:
        """All objects that this one may be, or be part of."""
        found: set[Key] = set()
        pending = [key]
        while pending:
            for one in self.roots(pending.pop()):
                if one not in found:
                    found.add(one)
                    pending += self.maybe.get(one, ())
        return frozenset(found)

    def entries_of(self, key: Key) -> Key:
        if key not in self.entries:
            self.entries[key] = self.mark(key.hint)
        return self.entries[key]

    def mark(self, hint: str = "") -> Key:
        made = Key(hint)
        self.marks.add(made)
        return made

    def adopt(self, a: Abstract) -> Abstract:
        """An argument or a global as the program finds it: every object in it has an identity."""
        made = rebuilt(a, tuple(map(self.adopt, parts(a)))) if parts(a) else a
        passed = isinstance(made, Value) and isinstance(made.type, Scalar) and made.type.rank0
        if not passed and not is_mutable(made):
            return made
        key = Key(hint_of(a))
        held = rebuilt(made, tuple(map(referred, parts(made)))) if parts(made) else made
        self.original[key] = tagged(held, key)
        return tagged(made, key)

    def lie_alike(self, copies: Mapping[Key, Key]) -> None:
        """Objects that stand for others lie in memory as these do."""
        for new, old in copies.items():
            lies = self.lies(old)
            if lies is not None:
                self.contiguous[new] = lies

    def related(self, a: Key, b: Key) -> bool:
        """Whether two objects may have memory in common."""
        if frozenset((self.root(a), self.root(b))) in self.apart:
            return False
        return not self.bases(a).isdisjoint(self.bases(b))

    def are_apart(self, a: Key, b: Key) -> bool:
        """Whether two objects are surely two."""
        pairs = frozenset((a, b)), frozenset((self.root(a), self.root(b)))
        return not self.apart.isdisjoint(pairs)

    def part(self, key: Key, container: Key, alone: bool) -> None:
        """Note that an object that leaves a list shares no memory with those that left it before.

        alone: nor with the entries that are left, until the list gets others
        """
        entries = self.entries_of(container)
        left = self.parted.setdefault(entries, set())
        others = [one for one in left if frozenset((one, entries)) in self.apart]
        self.apart |= {frozenset((key, one)) for one in others}
        if alone:
            self.apart |= {frozenset((key, entries)), frozenset((key, container))}
            left.add(key)

    def go_round(self, key: Key, *loops: Any) -> None:
        """Note that a key stands for other objects in other rounds of some loops."""
        self.loops[key] = self.loops.get(key, frozenset()) | frozenset(loops)

    def share(self, *keys: Key) -> None:
        """Note that some objects may be one, or have memory in common."""
        mark = self.mark()
        for key in keys:
            self.relate(key, (mark,))

    def relate(self, a: Key, others: Iterable[Key]) -> None:
        others = frozenset(others)
        for root in self.roots(a):
            self.maybe[root] = self.maybe.get(root, frozenset()) | (others - {root})

    def viewed(self, view: View, hint: str) -> Key:
        """The identity of a part of an object; of one of two, it is a part of either."""
        key = Key(hint)
        either = self.eithers.get(view.parent)
        if either is None:
            self.views[key] = view
        else:
            then, orelse = (
                self.viewed(replace(view, parent=one), hint) for one in (either.then, either.orelse)
            )
            self.eithers[key] = Either(either.test, then, orelse)
        return key

    def one_of(self, test: Value, then: Key, orelse: Key, hint: str = "") -> Key:
        """The identity of the object that is one of two."""
        for key, known in self.eithers.items():
            if known == Either(test, then, orelse):
                return key
        made = Key(hint)
        self.eithers[made] = Either(test, then, orelse)
        lies = [self.lies(one) for one in (then, orelse)]
        if None not in lies:
            self.contiguous[made] = frozenset().union(*(k for k in lies if k is not None))
        return made

    def lies(self, key: Key) -> frozenset[Key] | None:
        """The arguments that must be contiguous for an array to be so; None if it may not be."""
        return frozenset((key,)) if key in self.original else self.contiguous.get(key)

    def reach(self, key: Key, held: Abstract) -> frozenset[Key]:
        """All memory that reading an object reads: a list's entries are part of it."""
        bases = self.bases(key)
        listed = isinstance(held, Value) and isinstance(held.type, ListOf)
        if holds_objects(held) or listed:
            entries = [b for b in bases if holds_objects(held) or b in self.entries]
            bases |= {e for b in entries for e in self.bases(self.entries_of(b))}
        return bases

    def contained(self, a: Abstract) -> frozenset[Key]:
        """The objects among the entries of a list, and what stands for those of a list at run time."""
        found = {key for part in parts(a) for key in objects(part)}
        for part in (a, *parts(a)):
            if isinstance(part, Value):
                found |= self.inside.get(part.atom, frozenset())
                if part.key is not None and holds_objects(part):
                    found.add(self.entries_of(part.key))
        return frozenset(found)

    def is_separate(self, atom: Atom) -> bool:
        """Whether the entries of a list share no memory with one another."""
        return atom in self.separate and atom not in self.mixed

    def note_separate(
        self, made: Atom, lists: Iterable[Abstract] = (), entries: Iterable[Abstract] = ()
    ) -> None:
        """Note that the entries of a list, which come from lists and others, share no memory."""
        groups = [(self.contained(Seq("list", (a,))), self.is_separate_list(a)) for a in lists]
        groups += [(frozenset(objects(a)), key_of(a) is not None) for a in entries]
        seen: set[Key] = set()
        for keys, known in groups:
            bases = {base for key in keys for base in self.bases(key)}
            if not known or not seen.isdisjoint(bases):
                return
            seen |= bases
        self.separate.add(made)

    def note_rest(self, made: Abstract, of: Value, *entries: Abstract) -> None:
        """Note that a list will hold some of its own entries, which are known, and some more."""
        if isinstance(made, Value):
            self.inside.pop(made.atom, None)
            self.note_separate(made.atom, lists=(of,), entries=entries)

    def is_separate_list(self, a: Abstract) -> bool:
        return isinstance(a, Value) and self.is_separate(a.atom)

    def note_inside(self, atom: Atom, *keys: Key) -> None:
        """Note objects among the entries of a list at run time."""
        if keys:
            self.inside[atom] = self.inside.get(atom, frozenset()) | frozenset(keys)

    def enter(self, container: Key, keys: Iterable[Key], loops: Iterable[Any] = ()) -> None:
        """Note that objects are entries of a list: they share memory from now on.

        loops: those in which the list grows, besides the loops that are being run
        """
        entries = self.entries_of(container)
        self.apart -= {
            frozenset((one, another))
            for one in self.parted.get(entries, ())
            for another in (entries, container)
        }
        growing = (loop for loop, before in self.around if container in before)
        self.go_round(entries, *loops, *growing)
        for root in {root for key in keys for root in self.roots(key)} - {entries}:
            self.relate(root, (entries,))
            self.relate(entries, (root,))


def holds_objects(a: Abstract) -> bool:
    """Whether the value is a list of run-time length whose entries can be changed in place."""
    return (
        isinstance(a, Value)
        and isinstance(a.type, ListOf)
        and isinstance(a.type.element, (Array, ListOf))
    )


def objects(a: Abstract) -> Iterator[Key]:
    """The identities of all objects in a value."""
    key = key_of(a)
    if key is not None:
        yield key
    for part in parts(a):
        yield from objects(part)


def tagged(a: Abstract, key: Key) -> Abstract:
    """The value with its identity."""
    return replace(a, key=key) if isinstance(a, (Value, Seq, Record)) else a


def rebuilt(a: Abstract, new: tuple[Abstract, ...]) -> Abstract:
    """The same object with other insides."""
    key = key_of(a)
    made = with_parts(a, new)
    if isinstance(a, Iter) and isinstance(made, Iter):
        return replace(made, once=a.once)
    return made if key is None else tagged(made, key)


def referred(a: Abstract) -> Abstract:
    """A value whose objects all have identities, with Refs in their place."""
    key = key_of(a)
    if key is not None:
        return Ref(key)
    return with_parts(a, tuple(map(referred, parts(a)))) if parts(a) else a


def _is_everything(part: Abstract) -> bool:
    """Whether an index's part is : or ..."""
    if isinstance(part, Slice):
        bounds = (part.start, part.stop, part.step)
        return all(isinstance(p, Static) and p.value is None for p in bounds)
    return isinstance(part, Static) and part.value is ...
