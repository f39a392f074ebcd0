"""Memory while a program runs on abstract values: what every object that can change holds now.

    before   x = zeros(3); y = x[1:]; x[0] = a; y[0] = b; return x
    after    x1 = set_at(x, 0, a); y1 = set_at(x1[1:], 0, b); x2 = set_at(x1, 1:, y1); return x2

Arrays, lists, dicts and objects have an identity (a Key). Names and structures hold a Ref to it; the
memory says what the object holds at this point of the program: a run-time value, or a structure whose
own mutable parts are Refs again. A write makes another value and puts it there. So the typed form
needs no memory: every operation is a function of values, in both modes and to any order, and whether
`set_at` is printed as `x[0] = a` is decided on the way out (`emit.ownership`).

A view knows its parent and how it is read from it: after a write to the parent it is read again, and
a write to the view is a write to the parent. Objects of which only the run knows whether they are the
same (`y = a if c else b`) are *related*: they may have memory in common. When one of them is written,
what the others hold is not known any more, and using them is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from srcdiff.errors import NOWHERE, Diagnostic, Span
from srcdiff.ir.core import Atom
from srcdiff.ir.types import Array, ListOf
from srcdiff.transform.meet import hint_of
from srcdiff.transform.values import (
    Abstract,
    Key,
    NeedStatic,
    Poison,
    Record,
    Ref,
    Seq,
    Value,
    is_mutable,
    key_of,
    parts,
    with_parts,
)

if TYPE_CHECKING:
    from srcdiff.transform.instantiate import Instantiator

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


@dataclass
class Identities:
    """What is known of identities wherever the program is: shared by all memories of one compilation.

    views:    objects that are part of others
    maybe:    for an object, others that it may be or may share memory with
    apart:    pairs that are two objects all the same
    original: what the arguments and the globals held when the program began
    entries:  stands for the memory of the entries of a list of run-time length
    marks:    stand for memory that some objects may have in common
    contiguous: arrays that lie in memory without gaps, in C's order, if these arguments do
    assumed:  arguments that must lie so, since something was written that counts on it
    loading:  objects that are being loaded, to notice one that holds itself
    loops:    for what stands for different objects in different rounds, the loops of these rounds
    picked:   items of a tuple or list at a place that only the run knows; to write one, it must be known
    """

    views: dict[Key, View] = field(default_factory=dict)
    maybe: dict[Key, frozenset[Key]] = field(default_factory=dict)
    apart: set[frozenset[Key]] = field(default_factory=set)
    original: dict[Key, Abstract] = field(default_factory=dict)
    entries: dict[Key, Key] = field(default_factory=dict)
    marks: set[Key] = field(default_factory=set)
    contiguous: dict[Key, frozenset[Key]] = field(default_factory=dict)
    assumed: set[Key] = field(default_factory=set)
    picked: dict[Key, NeedStatic] = field(default_factory=dict)
    loops: dict[Key, frozenset[Any]] = field(default_factory=dict)
    loading: set[Key] = field(default_factory=set)

    def root(self, key: Key) -> Key:
        """The object that a view is part of."""
        while key in self.views:
            key = self.views[key].parent
        return key

    def bases(self, key: Key) -> frozenset[Key]:
        """All objects that this one may be, or be part of."""
        found: set[Key] = set()
        pending = [key]
        while pending:
            one = self.root(pending.pop())
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
        if not is_mutable(made):
            return made
        key = Key(hint_of(a))
        held = rebuilt(made, tuple(map(referred, parts(made)))) if parts(made) else made
        self.original[key] = tagged(held, key)
        return tagged(made, key)

    def lie_alike(self, copies: Mapping[Key, Key]) -> None:
        """Objects that stand for others lie in memory as these do."""
        for new, old in copies.items():
            lies = frozenset((old,)) if old in self.original else self.contiguous.get(old)
            if lies is not None:
                self.contiguous[new] = lies

    def related(self, a: Key, b: Key) -> bool:
        """Whether two objects may have memory in common."""
        if frozenset((self.root(a), self.root(b))) in self.apart:
            return False
        return not self.bases(a).isdisjoint(self.bases(b))

    def go_round(self, key: Key, *loops: Any) -> None:
        """Note that a key stands for other objects in other rounds of some loops."""
        self.loops[key] = self.loops.get(key, frozenset()) | frozenset(loops)

    def share(self, *keys: Key) -> None:
        """Note that some objects may be one, or have memory in common."""
        mark = self.mark()
        for key in keys:
            self.relate(key, (mark,))

    def relate(self, a: Key, others: Iterable[Key]) -> None:
        a = self.root(a)
        self.maybe[a] = self.maybe.get(a, frozenset()) | (frozenset(others) - {a})

    def reach(self, key: Key, held: Abstract) -> frozenset[Key]:
        """All memory that reading an object reads: a list's entries are part of it."""
        bases = self.bases(key)
        if holds_objects(held):
            bases |= {self.entries_of(b) for b in bases}
        return bases


def holds_objects(a: Abstract) -> bool:
    """Whether the value is a list of run-time length whose entries can be changed in place."""
    return (
        isinstance(a, Value)
        and isinstance(a.type, ListOf)
        and isinstance(a.type.element, (Array, ListOf))
    )


@dataclass
class Memory:
    """What every object holds at one point of the program.

    made: for a view that was read, the parent's content of that moment
    """

    known: Identities
    now: dict[Key, Abstract] = field(default_factory=dict)
    made: dict[Key, Atom] = field(default_factory=dict)

    def copy(self) -> Memory:
        return Memory(self.known, dict(self.now), dict(self.made))

    def __iter__(self) -> Iterator[Key]:
        """All objects but views, which hold nothing of their own."""
        for key in dict.fromkeys((*self.known.original, *self.now)):
            if key not in self.known.views:
                yield key

    def __contains__(self, key: Key) -> bool:
        return key in self.now or key in self.known.original

    def differs(self, before: Memory) -> bool:
        """Whether an object that was there before holds something else."""
        return any(self.get(key) is not before.get(key) for key in before)

    def get(self, key: Key) -> Abstract:
        """What an object that is no view holds; its own mutable parts are Refs."""
        found = self.now.get(key)
        return self.known.original[key] if found is None else found

    def set(self, key: Key, held: Abstract) -> None:
        self.now[key] = held if isinstance(held, Poison) else tagged(self.hold_inside(held), key)

    # --- between names and what handlers work on ---

    def hold(self, a: Abstract) -> Abstract:
        """A value as names and structures hold it: what can change by its identity."""
        if not is_mutable(a):
            return self.hold_inside(a)
        key = key_of(a)
        if key is None:
            key = Key(hint_of(a))
        if key not in self:
            self.set(key, a)
        return Ref(key)

    def hold_inside(self, a: Abstract) -> Abstract:
        inner = parts(a)
        if not inner:
            return a
        held = tuple(map(self.hold, inner))
        return a if all(x is y for x, y in zip(inner, held)) else rebuilt(a, held)

    def load(self, run: Instantiator, a: Abstract) -> Abstract:
        """A value as handlers work on it: with what every object in it holds now."""
        if isinstance(a, Ref):
            if a.key in self.known.loading:
                raise run.refusal("SD364", "an object that holds itself cannot be followed")
            self.known.loading.add(a.key)
            try:
                return self.load_inside(run, self.content(run, a.key))
            finally:
                self.known.loading.discard(a.key)
        return self.load_inside(run, a)

    def load_inside(self, run: Instantiator, a: Abstract) -> Abstract:
        inner = parts(a)
        if not inner:
            return a
        loaded = tuple(self.load(run, p) for p in inner)
        return a if all(x is y for x, y in zip(inner, loaded)) else rebuilt(a, loaded)

    def content(self, run: Instantiator, key: Key) -> Abstract:
        """What an object holds now; a view is read again when its parent was written."""
        view = self.known.views.get(key)
        if view is None:
            return self.get(key)
        parent = self.content(run, view.parent)
        if not isinstance(parent, Value):
            return parent
        if self.made.get(key) is not parent.atom:
            self.set(key, view.read(run, replace(parent, key=None), view.operands))
            self.made[key] = parent.atom
        return self.now[key]

    # --- views and relations ---

    def view(self, value: Value, view: View, parent: Value) -> Value:
        """A value that was just read from its parent, as a view of it."""
        key = Key(hint_of(value) or view.parent.hint)
        self.known.views[key] = view
        self.set(key, value)
        self.made[key] = parent.atom
        return replace(value, key=key)

    def own(self, value: Abstract, hint: str = "") -> Abstract:
        """A value as an object of its own, whatever it was made of."""
        if isinstance(value, (Value, Seq, Record)) and is_mutable(value):
            return replace(value, key=Key(hint or hint_of(value)))
        return value

    def mingled(self, value: Abstract, *owners: Abstract) -> Abstract:
        """A value of which only the run knows what memory of its owners it shares."""
        if not is_mutable(value):
            inner = parts(value)
            return (
                with_parts(value, tuple(self.mingled(p, *owners) for p in inner))
                if inner
                else value
            )
        made = self.own(value)
        key = key_of(made)
        assert key is not None
        self.known.relate(key, self.reached(*owners))
        return made

    def reached(self, *values: Abstract) -> frozenset[Key]:
        """All memory that some values are or lead to."""
        found: frozenset[Key] = frozenset()
        for a in values:
            key = key_of(a)
            if key is not None:
                found |= self.known.reach(key, a)
            found |= self.reached(*parts(a))
        return found

    def enter(self, container: Key, value: Abstract, loops: Iterable[Any] = ()) -> None:
        """Note that a list of run-time length holds an object: they share memory from now on.

        loops: those in which the list grows
        """
        entries = self.known.entries_of(container)
        self.known.go_round(entries, *loops)
        for key in objects(value):
            self.known.relate(key, (entries,))

    # --- writes ---

    def write(self, run: Instantiator, key: Key, held: Abstract) -> None:
        """Let an object hold something else."""
        at = run.build.at
        view = self.known.views.get(key)
        if key in self.known.picked:
            raise self.known.picked[key]
        if view is None:
            self.set(key, held)
            self.spoil(key, at)
            return
        parent = self.content(run, view.parent)
        assert isinstance(parent, Value) and isinstance(held, Value)
        if view.put is None:
            raise run.refusal(
                "SD360", "this array is a view that NumPy does not let anybody write", "copy it"
            )
        run.sound(parent)
        inner = replace(held, key=None)
        whole = view.put(run, replace(parent, key=None), inner, view.operands)
        self.write(run, view.parent, whole)
        self.set(key, held)
        assert isinstance(whole, Value)
        self.made[key] = whole.atom

    def spoil(self, key: Key, at: Span) -> None:
        """After a write: what related objects hold is not known any more."""
        written = self.known.bases(key)
        self.assume(key)
        for other in list(self):
            held = self.get(other)
            if other is key or isinstance(held, Poison):
                continue
            if frozenset((key, other)) in self.known.apart:
                continue
            reached = self.known.reach(other, held)
            if not written.isdisjoint(reached):
                loops = (self.known.loops.get(k, frozenset()) for k in written | reached)
                self.now[other] = spoiled(other, key, at, frozenset().union(*loops))

    def assume(self, key: Key) -> None:
        """An array was written: views that it has only if arguments are contiguous count on that."""
        for view, one in self.known.views.items():
            if one.contingent and view in self.now and self.known.root(view) is key:
                self.known.assumed |= one.contingent


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
    return made if key is None else tagged(made, key)


def referred(a: Abstract) -> Abstract:
    """A value whose objects all have identities, with Refs in their place."""
    key = key_of(a)
    if key is not None:
        return Ref(key)
    return with_parts(a, tuple(map(referred, parts(a)))) if parts(a) else a


def untagged(a: Abstract) -> Abstract:
    """The value without any identity."""
    inner = parts(a)
    if inner:
        a = with_parts(a, tuple(map(untagged, inner)))
    return replace(a, key=None) if isinstance(a, (Value, Seq, Record)) else a


def spoiled(other: Key, written: Key, at: Span, loops: frozenset[Any] = frozenset()) -> Poison:
    """What an object holds after a write to one that may be the same."""
    name, changed = other.hint or "this value", written.hint or "a value"
    text = f"{name} may share its memory with {changed}, which was changed since"
    notes = (f"it was changed in line {at.line}: {at.text()}",) if at.line else ()
    hint = "make it a value of its own with .copy() before the write"
    return Poison(Diagnostic("SD361", text, NOWHERE, notes, hint), loops)


__all__ = ["Any", "Identities", "Memory", "View", "objects", "tagged", "untagged"]
