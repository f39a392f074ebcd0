"""Who owns what: where a value may be changed in place instead of made anew.

The typed form knows values only; `add_at(b, i, v)` is a new array. It is printed as `b[i] += v`
when b's memory was allocated in this function, b is not needed afterwards, and nothing that is
alive afterwards can see that memory. Elsewhere it is copied first: before the loop, if that helps.

Every variable has the memory it may *be* (`own`) and what can be reached from it (`inner`, the
entries of a list). Memory is named by the variable whose definition allocates it; FOREIGN is the
caller's, BROADCAST may not be written. The facts hold for the whole function: what is said once may
be true at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from srcdiff.emit.liveness import Liveness
from srcdiff.emit.naming import Names
from srcdiff.emit.nest import ACCESS, ADDING, CHOOSE, Nested
from srcdiff.emit.steps import EMPTY, FILLED, PUSH, PUT, Move, Return, all_steps, is_missing
from srcdiff.emit.unbound import partly_bound
from srcdiff.ir.core import Apply, Arg, Const, Var
from srcdiff.ir.types import Array, ListOf, Scalar
from srcdiff.ir.walk import atoms
from srcdiff.ops.table import Row

Memory = frozenset[Var]
NOTHING: Memory = frozenset()
FOREIGN, BROADCAST = Var("foreign"), Var("broadcast")
FORBIDDEN = frozenset((FOREIGN, BROADCAST))
CHANGING = ("add_at", "append")
VIEWS = (
    "diag",
    "rot90",
    "einsum",
    "nan_to_num",
)  # NumPy's may return views, whatever their rows say
LOCKED = (
    "spread",
    "broadcast_to",
    "diagonal",
    "diag",
    "linalg_diagonal",
    "imag",
)  # not to be written
FRESH_ENTRIES = ("zeros_like", "add_lists", "call", "copy")


@dataclass
class Ownership:
    """What is changed in place, and where copies are made.

    in_place: applications printed as a change of their first operand
    copied:   targets of moves into a loop that get a copy
    filled:   broadcasts that are printed as arrays of their own
    returned: places of a Return's values that are copied
    entries:  names of the memory of all entries of a list
    """

    in_place: set[Apply] = field(default_factory=set)
    copied: set[Var] = field(default_factory=set)
    filled: set[Var] = field(default_factory=set)
    returned: dict[Return, set[int]] = field(default_factory=dict)
    entries: dict[Var, Var] = field(default_factory=dict)


def has_memory(var: Var) -> bool:
    return isinstance(var.type, (Array, ListOf))


@dataclass
class Aliases:
    """The memory of every variable, under the decisions taken so far."""

    made: Ownership
    own: dict[Var, Memory] = field(default_factory=dict)
    inner: dict[Var, Memory] = field(default_factory=dict)
    grown: bool = True

    def of(self, arg: Arg) -> tuple[Memory, Memory]:
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
        if not (isinstance(var.type, ListOf) and isinstance(var.type.element, (Array, ListOf))):
            inner = ()
        for table, new in ((self.own, own), (self.inner, inner)):
            old = table.get(var, NOTHING)
            table[var] = old | frozenset(new)
            self.grown |= table[var] != old

    def move(self, step: Move) -> None:
        for target, source in zip(step.targets, step.sources):
            if step.entry and target in self.made.copied:
                self.add(target, {target}, {self.made.entries.setdefault(target, Var("entries"))})
            else:
                self.add(target, *self.of(source))

    def apply(self, step: Apply) -> None:
        for out in step.outs:
            if has_memory(out):
                self.add(out, *self.result(step, out))

    def result(self, step: Apply, out: Var) -> tuple[Memory, Memory]:
        """What memory the result of an application is, and leads to."""
        op, name = step.op, step.op.name
        everything = self.seen(step.args)
        if op is ACCESS:
            return frozenset((FOREIGN,)), frozenset((FOREIGN,))
        if op is CHOOSE:
            return self.seen(step.args[1:]), self.seen(step.args[1:])
        if op in (EMPTY, FILLED, PUSH, PUT) or name in CHANGING or step in self.made.in_place:
            return self.changed(step, out)
        if name in FRESH_ENTRIES:
            return frozenset((out,)), frozenset(
                (self.made.entries.setdefault(out, Var("entries")),)
            )
        if name == "spread":
            return self.spread(step, out)
        if not isinstance(op, Row) or op.user or name == "external":
            return everything | {FOREIGN}, everything | {FOREIGN}
        if name == "getitem" and gathers(step.args[1]) and isinstance(out.type, Array):
            return frozenset((out,)), NOTHING
        if name == "getitem" or not op.fresh or name in VIEWS:
            made = {out} if isinstance(out.type, ListOf) else NOTHING
            return everything | made | ({BROADCAST} if name in LOCKED else NOTHING), everything
        return frozenset((out,)), everything if isinstance(out.type, ListOf) else NOTHING

    def changed(self, step: Apply, out: Var) -> tuple[Memory, Memory]:
        first, *rest = step.args or (Const(None),)
        own, inner = self.of(first)
        entries = self.seen(rest) if isinstance(out.type, ListOf) else NOTHING
        kept = own if step in self.made.in_place else frozenset((out,))
        return kept, inner | entries

    def spread(self, step: Apply, out: Var) -> tuple[Memory, Memory]:
        if out in self.made.filled:
            return frozenset((out,)), NOTHING
        return self.of(step.args[0])[0] | {BROADCAST}, NOTHING


def gathers(index: Arg) -> bool:
    """Whether an index makes NumPy copy what it reads: it holds an array."""
    return any(
        isinstance(a, Var) and isinstance(a.type, Array) and a.type.shape != ()
        for a in atoms(index)
    )


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float, complex, str, bytes, type(...)))


# --- decisions ------------------------------------------------------------------------------------


def ownership(nested: Nested, live: Liveness, names: Names, params: Iterable[Var]) -> Ownership:
    """Decide what is changed in place; copies where that is not possible."""
    found = Ownership()
    judge = _Judge(nested, live, names, tuple(params), found)
    found.in_place = {step for step in judge.applications if judge.could_change(step)}
    judge.settle()
    judge.results()
    return found


@dataclass
class _Judge:
    nested: Nested
    live: Liveness
    names: Names
    params: tuple[Var, ...]
    made: Ownership
    applications: list[Apply] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    partial: set[Var] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.partial = partly_bound(self.nested.steps)
        for step in all_steps(self.nested.steps):
            if isinstance(step, Apply):
                self.applications.append(step)
            elif isinstance(step, Move):
                self.moves.append(step)
            elif isinstance(step, Return):
                self.returns.append(step)

    def could_change(self, step: Apply) -> bool:
        if step.op.name in CHANGING:
            return isinstance(step.args[0], Var)
        return is_addition(step, self.names) and has_memory(step.outs[0])

    def aliases(self) -> Aliases:
        known = Aliases(self.made)
        for param in self.params:
            known.add(param, (FOREIGN,), (FOREIGN,))
        while known.grown:
            known.grown = False
            for step in (*self.nested.made.values(), *self.applications):
                known.apply(step)
            for move in self.moves:
                known.move(move)
        return known

    def may_change(self, step: Apply, known: Aliases) -> bool:
        """Whether the memory of the first operand is ours, and nobody sees it afterwards."""
        first, *rest = step.args
        own, _ = known.of(first)
        if not own or own & FORBIDDEN:
            return False
        alive = self.live.after[step] - set(step.outs)
        return not own & (known.seen(alive) | known.seen(rest))

    def settle(self) -> None:
        """Take back changes in place until all that are left are allowed."""
        while True:
            known = self.aliases()
            wrong = [s for s in self.applications if s in self.made.in_place]
            wrong = [s for s in wrong if not self.may_change(s, known)]
            if not wrong:
                return
            if not any(self.repair(step) for step in wrong[:8]):
                self.made.in_place -= set(self.first_of(wrong))

    def first_of(self, wrong: list[Apply]) -> list[Apply]:
        """Those that do not change what another one makes: a copy there may be enough."""
        outs = {step.outs[0] for step in wrong}
        first = [s for s in wrong if self.chain(s.args[0]).isdisjoint(outs)]
        return first or wrong

    def repair(self, step: Apply) -> bool:
        """Copy where the value enters a loop (or allocate what is broadcast), if that is enough."""
        chain = self.chain(step.args[0])
        entries = [
            t for m in self.moves if m.entry for t in m.targets if t in chain and self.apart(m, t)
        ]
        spreads = [s.outs[0] for s in self.spreads() if s.outs[0] in chain]
        for copied, filled in (([], spreads), *(([t], []) for t in entries), (entries, spreads)):
            if self.attempt(set(copied), set(filled), lambda known: self.may_change(step, known)):
                return True
        return False

    def apart(self, move: Move, target: Var) -> bool:
        """Whether there is a value to copy, and nothing else alive goes by its name then."""
        source = move.sources[move.targets.index(target)]
        if source in self.partial or is_missing(source):
            return False
        alive = self.live.after[move]
        return not any(self.names.same(v, target) for v in alive if v is not target)

    def attempt(self, copied: set[Var], filled: set[Var], enough: Any) -> bool:
        """Add some copies, and take them back if they do not help."""
        before = set(self.made.copied), set(self.made.filled)
        self.made.copied |= copied
        self.made.filled |= filled
        if (self.made.copied, self.made.filled) != before and enough(self.aliases()):
            return True
        self.made.copied, self.made.filled = before
        return False

    def spreads(self) -> Iterator[Apply]:
        for step in (*self.nested.made.values(), *self.applications):
            if step.op.name == "spread":
                yield step

    def chain(self, arg: Arg) -> set[Var]:
        """The variables whose value the argument may be, as it is or changed in place."""
        found = {v for v in atoms(arg) if isinstance(v, Var)}
        count = -1
        while count != len(found):
            count = len(found)
            for move in self.moves:
                found |= {
                    s
                    for t, s in zip(move.targets, move.sources)
                    if t in found and isinstance(s, Var)
                }
            for step in (*self.applications, *self.nested.made.values()):
                if found.isdisjoint(step.outs):
                    continue
                passed = step.args[1:] if step.op is CHOOSE else step.args[:1]
                if step.op is CHOOSE or step in self.made.in_place:
                    found |= {v for v in passed if isinstance(v, Var)}
        return found

    def results(self) -> None:
        """Results are the caller's alone: what is not ours, or is returned twice, is copied."""
        for step in self.returns:
            self.returned(step)

    def returned(self, step: Return) -> None:
        taken: Memory = NOTHING
        copies = self.made.returned.setdefault(step, set())
        for place, value in enumerate(step.values):
            if not isinstance(value, Var) or not has_memory(value):
                continue
            spreads = {s.outs[0] for s in self.spreads()} & self.chain(value)
            free = [lambda known, v=value, t=taken: not known.seen((v,)) & (FORBIDDEN | t)]
            known = self.aliases()
            if not free[0](known) and not self.attempt(set(), spreads, free[0]):
                copies.add(place)
            else:
                taken |= self.aliases().seen((value,))


def is_addition(step: Apply, names: Names, out: Var | None = None) -> bool:
    """Whether the step reads `x += ...`: same name, and for arrays the same shape and dtype."""
    if step.op.name not in ADDING or not isinstance(step.args[0], Var):
        return False
    first, out = step.args[0], out or step.outs[0]
    if first in names.groups.live.nested.made or not names.same(first, out):
        return False
    if isinstance(out.type, Array):
        return out.type == first.type and bool(out.type.shape)
    return isinstance(out.type, Scalar) and isinstance(first.type, Scalar)
