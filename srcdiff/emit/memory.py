"""What memory every variable may be, under the decisions of `ownership`.

Every variable has the memory it may *be* (`own`) and what can be reached from it (`inner`, the
entries of a list). Memory is named by the variable whose definition allocates it; FOREIGN is the
caller's, BROADCAST may not be written. The facts hold for the whole function: what is said once may
be true at any time. But memory that a loop's body allocates gets another name, as old, when it goes
round: in the next round the body allocates other memory.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from srcdiff.analysis.types import arg_type
from srcdiff.emit.nest import ACCESS, CHOOSE
from srcdiff.emit.steps import EMPTY, FILLED, PUSH, PUT, Move, Step, is_missing
from srcdiff.ir.core import Apply, Arg, Const, Cut, Pack, Var
from srcdiff.ir.types import RECORD, Array, ListOf, Scalar, Type
from srcdiff.ir.walk import atoms, variables
from srcdiff.ops.table import Row

# A set of pieces of memory: a bit for each, given by Rounds.
Memory = int
NOTHING: Memory = 0
FOREIGN, BROADCAST = 1, 2
FORBIDDEN = FOREIGN | BROADCAST
CHANGING = ("add_at", "set_at", "set_last", "append", "drop_last")
FRESH_ENTRIES = ("zeros_like", "blank", "add_lists", "call", "copy")

# NumPy's may return views, whatever their rows say.
VIEWS = ("diag", "rot90", "einsum", "nan_to_num")
# What they return may not be written.
LOCKED = ("spread", "broadcast_to", "diagonal", "diag", "linalg_diagonal", "imag")


@dataclass
class Ownership:
    """What is changed in place, and where copies are made.

    in_place: applications printed as a change of their first operand
    copied:   targets of moves into a loop that get a copy
    filled:   broadcasts that are printed as arrays of their own
    detached: views that are printed as copies
    returned: places of a Return's values (or of those left in an argument) that are copied; of an entry
              of a list the place of the list and its own
    elsewhere: parameters to be changed whose last value lies in other memory
    rank0:    numbers that may be arrays of rank 0
    """

    in_place: set[Apply] = field(default_factory=set)
    copied: set[Var] = field(default_factory=set)
    filled: set[Var] = field(default_factory=set)
    detached: set[Var] = field(default_factory=set)
    returned: dict[Step, set[Hashable]] = field(default_factory=dict)
    elsewhere: set[Var] = field(default_factory=set)
    rank0: frozenset[Var] = frozenset()


@dataclass(frozen=True)
class Swap:
    """A loop that hands its arrays on under other names: u, v = v, u.

    Each of its targets holds one of them in every round (its seat), and no two hold the same.
    """

    entry: Move
    around: tuple[Move, ...]
    targets: tuple[Var, ...]
    seats: tuple[Var, ...]


@dataclass
class Rounds:
    """The names of memory, a bit each; what a list's entries are, what was made a round ago.

    made_in: for a move to a loop's next round, all variables that are made in its body
    """

    made_in: dict[Move, frozenset[Var]] = field(default_factory=dict)
    named: list[Var] = field(default_factory=lambda: [Var("foreign"), Var("broadcast")])
    bits: dict[Var, Memory] = field(default_factory=dict)
    of_entries: dict[Var, Var] = field(default_factory=dict)
    lists: dict[Var, Var] = field(default_factory=dict)
    olds: dict[Memory, Memory] = field(default_factory=dict)
    sites: dict[Memory, Memory] = field(default_factory=dict)
    older: dict[tuple[Move, Memory], Memory] = field(default_factory=dict)

    def bit(self, var: Var) -> Memory:
        """The memory that the definition of a variable allocates."""
        bit = self.bits.get(var)
        if bit is None:
            bit = self.bits[var] = 1 << len(self.named)
            self.named.append(var)
        return bit

    def entries(self, var: Var) -> Memory:
        """The memory of the entries of a list that one operation makes with them."""
        if var not in self.of_entries:
            self.of_entries[var] = Var("entries")
            self.lists[self.of_entries[var]] = var
        return self.bit(self.of_entries[var])

    def aged(self, memory: Memory, move: Move) -> Memory:
        """Memory as the next round of the loop sees it."""
        if memory <= FORBIDDEN:
            return memory
        key = move, memory
        if key not in self.older:
            self.older[key] = self.aged_anew(memory, move)
        return self.older[key]

    def aged_anew(self, memory: Memory, move: Move) -> Memory:
        made, aged = self.made_in.get(move, frozenset()), NOTHING
        for bit in each(memory):
            var = self.named[bit.bit_length() - 1]
            aged |= self.old(bit) if self.lists.get(var, var) in made else bit
        return aged

    def at_any_age(self, memory: Memory) -> Memory:
        found = memory
        for bit in each(memory):
            found |= self.old(bit)
        return found

    def old(self, site: Memory) -> Memory:
        """What a site allocated in any earlier round; what is that already, stays so."""
        if site in self.sites:
            return site
        if site not in self.olds:
            var = Var(f"old {self.named[site.bit_length() - 1].hint}")
            self.olds[site] = self.bit(var)
            self.sites[self.olds[site]] = site
        return self.olds[site]


def each(memory: Memory) -> Iterator[Memory]:
    """The pieces of some memory."""
    while memory:
        bit = memory & -memory
        yield bit
        memory ^= bit


def has_memory(var: Var) -> bool:
    return isinstance(var.type, (Array, ListOf)) or var.type == RECORD


def _leads_on(type: Type) -> bool:
    """Whether other memory can be reached from a value of the type."""
    return type == RECORD or isinstance(type, ListOf) and not isinstance(type.element, Scalar)


@dataclass
class Aliases:
    """The memory of every variable, under the decisions taken so far."""

    made: Ownership
    rounds: Rounds
    inout: frozenset[Var] = frozenset()
    swaps: tuple[Swap, ...] = ()
    own: dict[Var, Memory] = field(default_factory=dict)
    inner: dict[Var, Memory] = field(default_factory=dict)
    bases: dict[Memory, Memory] = field(default_factory=dict)
    grown: dict[Var, None] = field(default_factory=dict)  # known to be more since this was cleared
    pending: dict[Apply | Move, None] = field(default_factory=dict)  # steps to be noted

    def __post_init__(self) -> None:
        made, bit = self.made, self.rounds.bit
        self.decided = frozenset(made.in_place), made.copied, made.filled, made.detached
        self.seats = {t: bit(s) for swap in self.swaps for t, s in zip(swap.targets, swap.seats)}
        self.apart: dict[Memory, Memory] = {}
        for swap in self.swaps:
            seats = [bit(seat) for seat in swap.seats]
            self.apart |= {seat: sum(seats) - seat for seat in seats}

    def decided_otherwise(self) -> set[Var]:
        """What the decisions now in force make in another way than those that all this is under."""
        made = self.made
        in_place, *others = self.decided
        found = {out for step in in_place ^ made.in_place for out in step.outs}
        for old, new in zip(others, (made.copied, made.filled, made.detached), strict=True):
            found |= old ^ new
        return found

    def without(self, affected: set[Var], pending: dict[Apply | Move, None]) -> Aliases:
        """What is known of all other variables."""
        known = Aliases(self.made, self.rounds, self.inout, self.swaps, pending=pending)
        lost = {self.seats.get(var) for var in affected}
        known.own = {v: memory for v, memory in self.own.items() if v not in affected}
        known.inner = {v: memory for v, memory in self.inner.items() if v not in affected}
        known.bases = {v: memory for v, memory in self.bases.items() if v not in lost}
        return known

    def all_of(self, memory: Memory) -> Memory:
        """The memory, and for a seat all that may be in it."""
        if not self.bases:
            return memory
        found, pending = NOTHING, memory
        while pending:
            one = pending & -pending
            found |= one
            pending |= self.bases.get(one, NOTHING) | self.earlier(one)
            pending &= ~found
        return found

    def earlier(self, memory: Memory) -> Memory:
        """For what was in a seat a round ago: all that may be in that seat."""
        site = self.rounds.sites.get(memory)
        return site if site is not None and site in self.bases else NOTHING

    def touch(self, a: Memory, b: Memory) -> bool:
        """Whether two pieces of memory may have something in common at different times."""
        return bool(self.all_of(a) & self.all_of(b))

    def clash(self, a: Memory, b: Memory) -> bool:
        """Whether two pieces of memory may have something in common."""
        if not self.bases:
            return bool(a & b)
        return any(self._meet(x, y) for x in each(a) for y in each(b))

    def _meet(self, x: Memory, y: Memory) -> bool:
        return not y & self.apart.get(x, NOTHING) and self.touch(x, y)

    def of(self, arg: Arg) -> tuple[Memory, Memory]:
        """What memory an argument is, and what it leads to."""
        if isinstance(arg, Var):
            return self.own.get(arg, NOTHING), self.inner.get(arg, NOTHING)
        own = inner = NOTHING
        for atom in atoms(arg):
            if isinstance(atom, Var):
                own |= self.own.get(atom, NOTHING)
                inner |= self.inner.get(atom, NOTHING)
            elif not is_missing(atom) and not _is_plain(atom.value):
                own, inner = own | FOREIGN, inner | FOREIGN
        return own, inner

    def seen(self, args: Iterable[Arg]) -> Memory:
        """All memory that some arguments are or lead to."""
        found = NOTHING
        for arg in args:
            own, inner = self.of(arg)
            found |= own | inner
        return found

    def add(self, var: Var, own: Memory, inner: Memory = NOTHING) -> None:
        if not has_memory(var):
            return
        seat = self.seats.get(var)
        if seat is not None:
            self.bases[seat] = self.bases.get(seat, NOTHING) | own
            own = seat
        self.widen(self.own, var, own)
        if inner and _leads_on(var.type):
            self.widen(self.inner, var, inner)

    def widen(self, table: dict[Var, Memory], var: Var, new: Memory) -> None:
        old = table.get(var, NOTHING)
        if new & ~old:
            table[var] = old | new
            self.grown[var] = None

    def step(self, step: Apply | Move) -> None:
        """Note the memory of what a step makes."""
        if isinstance(step, Move):
            self.move(step)
        else:
            self.apply(step)

    def move(self, step: Move) -> None:
        for target, source in zip(step.targets, step.sources):
            own, inner = self.of(source)
            if step.entry and target in self.made.copied:
                own, inner = self.rounds.bit(target), self.rounds.entries(target)
            self.add(target, self.rounds.aged(own, step), self.rounds.aged(inner, step))

    def apply(self, step: Apply) -> None:
        for out in step.outs:
            if has_memory(out):
                self.add(out, *self.result(step, out))

    def result(self, step: Apply, out: Var) -> tuple[Memory, Memory]:
        """What memory the result of an application is, and leads to."""
        op, name, bit = step.op, step.op.name, self.rounds.bit
        if out in self.made.detached:
            return bit(out), NOTHING
        if op is ACCESS:
            return (bit(out), NOTHING) if out in self.inout else (FOREIGN, FOREIGN)
        if op is CHOOSE:
            return (self.seen(step.args[1:]),) * 2
        if op in (EMPTY, FILLED, PUSH, PUT) or name in CHANGING or step in self.made.in_place:
            return self.changed(step, out)
        if name == "pack":
            return bit(out), self.seen(step.args)
        if name == "unpack" or name == "call" and any(o.type == RECORD for o in step.outs):
            return (self.seen(step.args) | FOREIGN,) * 2  # a record may hold it too
        if name in FRESH_ENTRIES:
            return bit(out), self.rounds.entries(out)
        if name == "spread":
            return self.spread(step, out)
        if not isinstance(op, Row) or op.user or name == "external":
            return (self.seen(step.args) | FOREIGN,) * 2
        if name == "getitem" and gathers(step.args[1]) and isinstance(out.type, Array):
            return bit(out), NOTHING
        if name == "getitem" and _is_entry(step):
            return (self.of(step.args[0])[1],) * 2
        is_list = isinstance(out.type, ListOf)
        if name == "getitem" or not op.fresh or _may_view(step):
            everything = self.seen(step.args)
            made = bit(out) if is_list else NOTHING
            return everything | made | (BROADCAST if name in LOCKED else NOTHING), everything
        return bit(out), self.seen(step.args) if is_list else NOTHING

    def changed(self, step: Apply, out: Var) -> tuple[Memory, Memory]:
        first, *rest = step.args or (Const(None),)
        own, inner = self.of(first)
        entries = self.seen(rest) if isinstance(out.type, ListOf) else NOTHING
        if step.op in (PUSH, PUT):  # the list stays where it is while the loop goes round
            entries = self.rounds.at_any_age(entries)
        kept = own if step in self.made.in_place else self.rounds.bit(out)
        return kept, inner | entries

    def spread(self, step: Apply, out: Var) -> tuple[Memory, Memory]:
        if out in self.made.filled:
            return self.rounds.bit(out), NOTHING
        return self.of(step.args[0])[0] | BROADCAST, NOTHING


def _is_entry(step: Apply) -> bool:
    """Whether an application reads one entry of a list: what it is, is not the list itself."""
    first, index = step.args
    return isinstance(first, Var) and isinstance(first.type, ListOf) and not isinstance(index, Cut)


def is_view(step: Apply) -> bool:
    """Whether an application may return an array that is part of its first operand."""
    op = step.op
    if not (isinstance(op, Row) and len(step.outs) == 1 and isinstance(step.outs[0].type, Array)):
        return False
    if op.user or op.name in ("external", "call", "spread", "stop_gradient", "hooked"):
        return False
    if op.name == "getitem":
        first = step.args[0]
        return (
            isinstance(first, Var) and isinstance(first.type, Array) and not gathers(step.args[1])
        )
    return not op.fresh or _may_view(step)


def _may_view(step: Apply) -> bool:
    """Whether NumPy may return a view, whatever the row says: einsum does of one operand only."""
    if step.op.name == "einsum":
        return len(variables(step.args)) < 2
    return step.op.name in VIEWS


def is_dense(step: Apply) -> bool:
    """Whether a view is a piece of a row of its operand: integers, then at most one plain slice."""
    if step.op.name != "getitem":
        return False
    rest = list(step.args[1].items if isinstance(step.args[1], Pack) else (step.args[1],))
    while rest and not isinstance(rest[0], Cut) and not _is_gap(rest[0]):
        rest.pop(0)
    if rest and isinstance(rest[0], Cut) and rest[0].step in (Const(None), Const(1)):
        rest.pop(0)
    return not rest


def _is_gap(part: Arg) -> bool:
    return isinstance(part, Const) and (part.value is None or part.value is ...)


def gathers(index: Arg) -> bool:
    """Whether an index makes NumPy copy what it reads: it holds an array."""
    return any(
        isinstance(a, Var) and isinstance(a.type, Array) and a.type.shape != ()
        for a in atoms(index)
    )


def may_repeat(index: Arg) -> bool:
    """Whether an index may name an entry twice: it holds an array of integers."""
    if isinstance(index, Pack):
        return any(may_repeat(i) for i in index.items)
    if isinstance(index, Cut):
        return False
    if isinstance(index, Const):
        return not isinstance(index.value, (int, type(None), type(...), slice))
    kind = arg_type(index)
    return kind.dtype != "bool" if isinstance(kind, Array) else not isinstance(kind, Scalar)


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float, complex, str, bytes, type(...)))
