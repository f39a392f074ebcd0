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

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from srcdiff.errors import NOWHERE, Diagnostic, Refused, Span, refuse
from srcdiff.ir.core import Atom
from srcdiff.ir.types import Array
from srcdiff.transform.identities import (
    Either,
    Identities,
    View,
    holds_objects,
    objects,
    rebuilt,
    tagged,
)
from srcdiff.transform.meet import frame, hint_of
from srcdiff.transform.values import (
    Abstract,
    Key,
    Poison,
    Record,
    Ref,
    Seq,
    Value,
    is_mutable,
    key_of,
    parts,
    same_frame,
    with_parts,
)

if TYPE_CHECKING:
    from srcdiff.transform.instantiate import Instantiator


@dataclass
class Memory:
    """What every object holds at one point of the program.

    made:    for a view or one of two that was read: what it was read from held at that moment
    decided: tests whose outcome is known here, on one side of an If
    loose:   entries taken from a list that got other entries since: they hold what they held
    seen:    entries taken from lists on one side of an If
    unused:  iterators (zip, map, ...) that were made here, in this round, and not looped over yet
    """

    known: Identities
    now: dict[Key, Abstract] = field(default_factory=dict)
    made: dict[Key, Any] = field(default_factory=dict)
    decided: dict[Atom, bool] = field(default_factory=dict)
    loose: set[Key] = field(default_factory=set)
    seen: set[Key] = field(default_factory=set)
    unused: set[Key] = field(default_factory=set)

    def copy(self) -> Memory:
        copies = dict(self.now), dict(self.made), dict(self.decided)
        return Memory(self.known, *copies, set(self.loose), set(self.seen), set(self.unused))

    def elsewhere(self) -> Memory:
        """A copy for what runs later, or many times: no iterator made before can be used up there."""
        made = self.copy()
        made.unused.clear()
        return made

    def holds(self, key: Key) -> bool:
        """Whether an object holds something of its own here."""
        return key in self.loose or self.known.holds(key)

    def __iter__(self) -> Iterator[Key]:
        """All objects that hold something of their own."""
        for key in dict.fromkeys((*self.known.original, *self.now)):
            if self.holds(key):
                yield key

    def __contains__(self, key: Key) -> bool:
        return key in self.now or key in self.known.original

    def differs(self, before: Memory) -> bool:
        """Whether an object that was there before holds something else."""
        return any(self.get(key) is not before.get(key) for key in before)

    def get(self, key: Key) -> Abstract:
        """What an object holds of its own; its own mutable parts are Refs."""
        found = self.now.get(key)
        return self.known.original[key] if found is None else found

    def set(self, key: Key, held: Abstract) -> None:
        if isinstance(held, Value) and held.atom in self.known.inside:
            self.known.enter(key, self.known.inside[held.atom])
        self.now[key] = held if isinstance(held, Poison) else tagged(self.hold_inside(held), key)

    # --- between names and what handlers work on ---

    def hold(self, a: Abstract, hint: str = "") -> Abstract:
        """A value as names and structures hold it: what can change by its identity."""
        if not is_mutable(a):
            return self.hold_inside(a)
        key = key_of(a)
        if key is None:
            key = Key(hint_of(a) or hint)
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
        if self.holds(key):
            self.known.read.add(key)
            return self.get(key)
        version = self.version(key)
        if key in self.made and self.made[key] == version:
            return self.now[key]
        view = self.known.views.get(key)
        if view is None:
            held = self.held_by_either(run, self.known.eithers[key])
        else:
            parent = self.content(run, view.parent)
            if not isinstance(parent, Value):
                return parent
            held = view.read(run, replace(parent, key=None), view.operands)
        self.set(key, held)
        self.made[key] = version
        return self.now[key]

    def version(self, key: Key) -> Any:
        """What tells whether an object may hold something else than before."""
        key = self.settled(key)
        if self.holds(key):
            self.known.read.add(key)
            return self.get(key)
        view, either = self.known.views.get(key), self.known.eithers.get(key)
        if view is not None:
            return self.version(view.parent)
        assert either is not None
        return either.test.atom, self.version(either.then), self.version(either.orelse)

    def settled(self, key: Key) -> Key:
        """The one of two that an object is, where the test is decided."""
        while key in self.known.eithers:
            either = self.known.eithers[key]
            if either.test.atom not in self.decided:
                break
            key = either.then if self.decided[either.test.atom] else either.orelse
        return key

    def assumed(self, test: Abstract, outcome: bool) -> Memory:
        """A copy for the side of an If on which the test has an outcome."""
        made = self.copy()
        if isinstance(test, Value):
            made.decided[test.atom] = outcome
        return made

    def held_by_either(self, run: Instantiator, either: Either) -> Abstract:
        """What one of two objects holds: an If that reads the one or the other."""
        test = either.test
        if test.atom in self.decided:
            return self.content(run, either.then if self.decided[test.atom] else either.orelse)
        sides = []
        for outcome, key in ((True, either.then), (False, either.orelse)):
            with run.region() as build:
                sides.append((build, untag(self.assumed(test, outcome).content(run, key))))
        (first, x), (second, y) = sides
        joined = self.of_either(test, x, y)
        return run.join(test, first, (x,), second, (y,), (joined,), run.build.at)[0]

    def of_either(self, test: Value, x: Abstract, y: Abstract) -> Abstract:
        """What holds the contents of two objects: objects in them are one of two again."""
        if isinstance(x, Ref) and isinstance(y, Ref):
            return x if x == y else Ref(self.known.one_of(test, x.key, y.key, x.key.hint))
        if same_frame(x, y):
            inner = (self.of_either(test, p, q) for p, q in zip(parts(x), parts(y)))
            return with_parts(x, tuple(inner))
        return frame(x, y)

    # --- views and relations ---

    def view(self, value: Value, view: View, parent: Value) -> Value:
        """A value that was just read from its parent, as a view of it."""
        if view.parent not in self and self.holds(view.parent):
            self.set(view.parent, parent)
        key = self.known.viewed(view, hint_of(value) or view.parent.hint)
        self.set(key, value)
        self.made[key] = self.version(key)
        return replace(value, key=key)

    def own(self, value: Abstract, hint: str = "") -> Abstract:
        """A value as an object of its own, whatever it was made of."""
        if isinstance(value, (Value, Seq, Record)) and is_mutable(value):
            return replace(value, key=Key(hint or hint_of(value)))
        return value

    def relisted(self, made: Abstract, a: Abstract) -> Abstract:
        """A list as one of its own that has the entries of another one."""
        made = self.own(made)
        key = key_of(made)
        if holds_objects(made) and key is not None:
            self.known.enter(key, self.known.contained(Seq("list", (a,))))
        return made

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
        """Note that a list of run-time length holds an object: they share memory from now on."""
        self.known.enter(container, (*objects(value), *self.known.contained(value)), loops)

    def enter_those_of(self, container: Key, other: Abstract, loops: Iterable[Any] = ()) -> None:
        """Note that a list of run-time length may hold what another list holds."""
        keys = (*objects(untag(other)), *self.known.contained(other))
        self.known.enter(container, keys, loops)

    # --- writes ---

    def write(self, run: Instantiator, key: Key, held: Abstract) -> None:
        """Let an object hold something else."""
        if key in self.known.picked:
            raise self.known.picked[key]
        if key in self.known.eithers:
            self.write_either(run, key, held)
        elif self.holds(key):
            self.loosen(run, key)
            self.set(key, held)
            self.spoil(key, run.build.at)
        else:
            self.write_view(run, key, held)

    def write_view(self, run: Instantiator, key: Key, held: Abstract) -> None:
        """Let a part of an object hold something else."""
        view = self.known.views[key]
        parent = self.content(run, view.parent)
        assert isinstance(parent, Value) and isinstance(held, Value)
        if view.put is None:
            raise run.refusal(
                "SD360", "this array is a view that NumPy does not let anybody write", "copy it"
            )
        run.sound(parent)
        inner = replace(held, key=None)
        whole = view.put(run, replace(parent, key=None), inner, view.operands)
        if view.entry and self.holds(view.parent):
            self.set(view.parent, whole)
            self.spoil(key, run.build.at, but=view.parent)
        else:
            self.write(run, view.parent, whole)
        self.set(key, held)
        self.made[key] = self.version(key)

    def write_either(self, run: Instantiator, key: Key, held: Abstract) -> None:
        """Let one of two objects hold something else: under an If, the one or the other."""

        def write(run: Instantiator, one: Key) -> None:
            before = run.memory.content(run, one)
            run.sound(before)
            run.memory.write(run, one, _as_before(before, held))

        divided(run, key, write)

    def loosen(self, run: Instantiator, container: Key) -> None:
        """Before a list gets other entries: those taken from it hold from now on what they hold."""
        for key in list(self.entries_taken(container)):
            self.set(key, self.content(run, key))
            self.loose.add(key)

    def popped(self, owner: Value, found: Abstract) -> Value | None:
        """An entry that is about to leave its list, as an object of its own; None if it is none.

        If no entry has an array in common with another one, what is left in the list has none with it
        (what was taken from the list before may be it).
        """
        entry, known = key_of(found), self.known
        view = known.views.get(entry) if entry is not None else None
        if not isinstance(found, Value) or entry is None or view is None or not view.entry:
            return None
        self.now.pop(entry, None)
        key = Key(entry.hint)
        entries = known.entries_of(view.parent)
        known.relate(key, (entries, *known.contained(Seq("list", (owner,)))))
        known.part(key, view.parent, alone=not any(self.entries_taken(view.parent)))
        return replace(found, key=key)

    def entries_taken(self, container: Key) -> Iterator[Key]:
        """The entries of a list that somebody has."""
        for key in dict.fromkeys((*self.now, *self.seen, *self.loose)):
            view = self.known.views.get(key)
            if view is not None and view.entry and view.parent is container:
                yield key

    def spoil(self, key: Key, at: Span, but: Key | None = None) -> None:
        """After a write: what related objects hold is not known any more (but of one list)."""
        written = self.known.bases(key)
        if not written.isdisjoint(self.known.steady):
            raise written_under_a_number(at)
        self.assume(key)
        for other in list(self):
            held = self.get(other)
            if other in (key, but) or isinstance(held, Poison):
                continue
            if self.known.are_apart(key, other):
                continue
            reached = self.known.reach(other, held)
            if not written.isdisjoint(reached):
                loops = (self.known.loops.get(k, frozenset()) for k in written | reached)
                self.now[other] = spoiled(other, key, at, frozenset().union(*loops))

    def assume(self, key: Key) -> None:
        """An array was written: views that it has only if arguments are contiguous count on that."""
        for view, one in self.known.views.items():
            if one.contingent and view in self.now and key in self.known.roots(view):
                self.known.assumed |= one.contingent


def divided(run: Instantiator, key: Key, act: Callable[[Instantiator, Key], None]) -> bool:
    """Act on the one or the other, under an If, where an object is one of two; else return False."""
    key = run.memory.settled(key)
    either = run.memory.known.eithers.get(key)
    if either is None:
        return False

    def side(one: Key) -> tuple[Abstract, ...]:
        if not divided(run, one, act):
            act(run, run.memory.settled(one))
        return ()

    run.fork(either.test, lambda: side(either.then), lambda: side(either.orelse))
    return True


def _as_before(before: Abstract, held: Abstract) -> Abstract:
    """What an object is to hold, of the type of what it held if that is as good."""
    held = untag(held)
    if isinstance(before, Value) and isinstance(held, Value):
        old, new = before.type, held.type
        if isinstance(old, Array) and isinstance(new, Array) and old.dtype == new.dtype:
            ranks = [len(t.shape) if t.shape is not None else None for t in (old, new)]
            return Value(held.atom, old) if ranks[0] == ranks[1] else held
    return held


def untag(a: Abstract) -> Abstract:
    """The value without its own identity."""
    return replace(a, key=None) if isinstance(a, (Value, Seq, Record)) else a


def untagged(a: Abstract) -> Abstract:
    """The value without any identity."""
    inner = parts(a)
    if inner:
        a = with_parts(a, tuple(map(untagged, inner)))
    return replace(a, key=None) if isinstance(a, (Value, Seq, Record)) else a


def written_under_a_number(at: Span) -> Refused:
    return refuse(
        "SD361",
        "behind an `if` or a loop only the run knows whether a number is an array of rank 0, "
        "part of what is written here",
        at,
        "read entries as numbers: x[0] instead of x[..., 0], x.item() or float(x)",
    )


def spoiled(other: Key, written: Key, at: Span, loops: frozenset[Any] = frozenset()) -> Poison:
    """What an object holds after a write to one that may be the same."""
    name, changed = other.hint or "this value", written.hint or "a value"
    text = f"{name} may share its memory with {changed}, which was changed since"
    notes = (f"it was changed in line {at.line}: {at.text()}",) if at.line else ()
    hint = "make it a value of its own with .copy() before the write"
    return Poison(Diagnostic("SD361", text, NOWHERE, notes, hint), loops)


__all__ = ["Memory", "divided", "untag", "untagged"]
