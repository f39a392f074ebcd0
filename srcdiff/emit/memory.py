"""What memory every variable may be, under the decisions of `ownership`.

Every variable has the memory it may *be* (`own`) and what can be reached from it (`inner`, the
entries of a list). Memory is named by the variable whose definition allocates it; FOREIGN is the
caller's, BROADCAST may not be written. The facts hold for the whole function: what is said once may
be true at any time. But memory that a loop's body allocates gets another name, as old, when it goes
round: in the next round the body allocates other memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from srcdiff.analysis.types import arg_type
from srcdiff.emit.nest import ACCESS, CHOOSE
from srcdiff.emit.steps import EMPTY, FILLED, PUSH, PUT, Move, Step, is_missing
from srcdiff.ir.core import Apply, Arg, Const, Cut, Pack, Var
from srcdiff.ir.types import RECORD, Array, ListOf, Scalar, Type
from srcdiff.ir.walk import atoms, variables
from srcdiff.ops.table import Row

Memory = frozenset[Var]
NOTHING: Memory = frozenset()
FOREIGN, BROADCAST = Var("foreign"), Var("broadcast")
FORBIDDEN = frozenset((FOREIGN, BROADCAST))
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
    returned: places of a Return's values (or of those left in an argument) that are copied
    elsewhere: parameters to be changed whose last value lies in other memory
    """

    in_place: set[Apply] = field(default_factory=set)
    copied: set[Var] = field(default_factory=set)
    filled: set[Var] = field(default_factory=set)
    detached: set[Var] = field(default_factory=set)
    returned: dict[Step, set[int]] = field(default_factory=dict)
    elsewhere: set[Var] = field(default_factory=set)


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
    """Memory that comes with other memory: what a list's entries are, what was made a round ago.

    made_in: for a move to a loop's next round, all variables that are made in its body
    """

    made_in: dict[Move, frozenset[Var]] = field(default_factory=dict)
    of_entries: dict[Var, Var] = field(default_factory=dict)
    lists: dict[Var, Var] = field(default_factory=dict)
    olds: dict[Var, Var] = field(default_factory=dict)
    sites: dict[Var, Var] = field(default_factory=dict)

    def entries(self, var: Var) -> Memory:
        """The memory of the entries of a list that one operation makes with them."""
        if var not in self.of_entries:
            self.of_entries[var] = Var("entries")
            self.lists[self.of_entries[var]] = var
        return frozenset((self.of_entries[var],))

    def aged(self, memory: Memory, move: Move) -> Memory:
        """Memory as the next round of the loop sees it."""
        made = self.made_in.get(move, NOTHING)
        return frozenset(self.old(v) if self.lists.get(v, v) in made else v for v in memory)

    def at_any_age(self, memory: Memory) -> Memory:
        return memory | {self.old(v) for v in memory}

    def old(self, site: Var) -> Var:
        if site not in self.olds:
            self.olds[site] = Var(f"old {site.hint}")
            self.sites[self.olds[site]] = site
        return self.olds[site]


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
    inout: frozenset[Var] = NOTHING
    swaps: tuple[Swap, ...] = ()
    own: dict[Var, Memory] = field(default_factory=dict)
    inner: dict[Var, Memory] = field(default_factory=dict)
    bases: dict[Var, Memory] = field(default_factory=dict)
    grown: dict[Var, None] = field(default_factory=dict)  # known to be more since this was cleared

    def __post_init__(self) -> None:
        self.seats = {t: s for swap in self.swaps for t, s in zip(swap.targets, swap.seats)}
        self.apart = {s: frozenset(swap.seats) - {s} for swap in self.swaps for s in swap.seats}

    def all_of(self, memory: Memory) -> Memory:
        """The memory, and for a seat all that may be in it."""
        found: set[Var] = set()
        pending = list(memory)
        while pending:
            one = pending.pop()
            if one not in found:
                found.add(one)
                pending += self.bases.get(one, ())
                pending += self.earlier(one)
        return frozenset(found)

    def earlier(self, memory: Var) -> Iterable[Var]:
        """For what was in a seat a round ago: all that may be in that seat."""
        site = self.rounds.sites.get(memory)
        while site is not None and site in self.rounds.sites:
            site = self.rounds.sites[site]
        return (site,) if site is not None and site in self.bases else ()

    def touch(self, a: Memory, b: Memory) -> bool:
        """Whether two pieces of memory may have something in common at different times."""
        return not self.all_of(a).isdisjoint(self.all_of(b))

    def clash(self, a: Memory, b: Memory) -> bool:
        """Whether two pieces of memory may have something in common."""
        if not self.bases:
            return bool(a & b)
        return any(self._meet(x, y) for x in a for y in b)

    def _meet(self, x: Var, y: Var) -> bool:
        if y in self.apart.get(x, NOTHING):
            return False
        alone = frozenset
        return not self.all_of(alone((x,))).isdisjoint(self.all_of(alone((y,))))

    def of(self, arg: Arg) -> tuple[Memory, Memory]:
        """What memory an argument is, and what it leads to."""
        if isinstance(arg, Var):
            return self.own.get(arg, NOTHING), self.inner.get(arg, NOTHING)
        own: Memory = NOTHING
        inner: Memory = NOTHING
        for atom in atoms(arg):
            if isinstance(atom, Var):
                own |= self.own.get(atom, NOTHING)
                inner |= self.inner.get(atom, NOTHING)
            elif not is_missing(atom) and not _is_plain(atom.value):
                own, inner = own | {FOREIGN}, inner | {FOREIGN}
        return own, inner

    def seen(self, args: Iterable[Arg]) -> Memory:
        """All memory that some arguments are or lead to."""
        found: Memory = NOTHING
        for arg in args:
            own, inner = self.of(arg)
            found |= own | inner
        return found

    def add(self, var: Var, own: Iterable[Var], inner: Iterable[Var] = ()) -> None:
        if not has_memory(var):
            return
        if not _leads_on(var.type):
            inner = ()
        seat = self.seats.get(var)
        if seat is not None:
            self.bases[seat] = self.bases.get(seat, NOTHING).union(own)
            own = (seat,)
        for table, new in ((self.own, own), (self.inner, inner)):
            old = table.get(var, NOTHING)
            table[var] = old.union(new)
            if len(table[var]) > len(old):
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
                own, inner = frozenset((target,)), self.rounds.entries(target)
            self.add(target, self.rounds.aged(own, step), self.rounds.aged(inner, step))

    def apply(self, step: Apply) -> None:
        for out in step.outs:
            if has_memory(out):
                self.add(out, *self.result(step, out))

    def result(self, step: Apply, out: Var) -> tuple[Memory, Memory]:
        """What memory the result of an application is, and leads to."""
        op, name = step.op, step.op.name
        everything = self.seen(step.args)
        if out in self.made.detached:
            return frozenset((out,)), NOTHING
        if op is ACCESS and out in self.inout:
            return frozenset((out,)), NOTHING
        if op is ACCESS:
            return frozenset((FOREIGN,)), frozenset((FOREIGN,))
        if op is CHOOSE:
            return self.seen(step.args[1:]), self.seen(step.args[1:])
        if op in (EMPTY, FILLED, PUSH, PUT) or name in CHANGING or step in self.made.in_place:
            return self.changed(step, out)
        if name == "pack":
            return frozenset((out,)), everything
        if name == "unpack" or name == "call" and any(o.type == RECORD for o in step.outs):
            return everything | {FOREIGN}, everything | {FOREIGN}  # a record may hold it too
        if name in FRESH_ENTRIES:
            return frozenset((out,)), self.rounds.entries(out)
        if name == "spread":
            return self.spread(step, out)
        if not isinstance(op, Row) or op.user or name == "external":
            return everything | {FOREIGN}, everything | {FOREIGN}
        if name == "getitem" and gathers(step.args[1]) and isinstance(out.type, Array):
            return frozenset((out,)), NOTHING
        if name == "getitem" and _is_entry(step):
            inner = self.of(step.args[0])[1]
            return inner, inner
        if name == "getitem" or not op.fresh or _may_view(step):
            made = {out} if isinstance(out.type, ListOf) else NOTHING
            return everything | made | ({BROADCAST} if name in LOCKED else NOTHING), everything
        return frozenset((out,)), everything if isinstance(out.type, ListOf) else NOTHING

    def changed(self, step: Apply, out: Var) -> tuple[Memory, Memory]:
        first, *rest = step.args or (Const(None),)
        own, inner = self.of(first)
        entries = self.seen(rest) if isinstance(out.type, ListOf) else NOTHING
        if step.op in (PUSH, PUT):  # the list stays where it is while the loop goes round
            entries = self.rounds.at_any_age(entries)
        kept = own if step in self.made.in_place else frozenset((out,))
        return kept, inner | entries

    def spread(self, step: Apply, out: Var) -> tuple[Memory, Memory]:
        if out in self.made.filled:
            return frozenset((out,)), NOTHING
        return self.of(step.args[0])[0] | {BROADCAST}, NOTHING


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


def is_rank0_view(step: Apply) -> bool:
    """Whether what is a number in the form is an array of rank 0 that is part of the first operand."""
    op = step.op
    if not (isinstance(op, Row) and len(step.outs) == 1 and isinstance(step.outs[0].type, Scalar)):
        return False
    if not (step.args and isinstance(arg_type(step.args[0]), Array)):
        return False
    if op.name == "getitem":
        return any(isinstance(a, Const) and a.value is ... for a in atoms(step.args[1]))
    return not op.fresh and not op.user and op.name != "external"


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
