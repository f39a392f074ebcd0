"""Who owns what: where a value may be changed in place instead of made anew.

The typed form knows values only; `add_at(b, i, v)` is a new array. It is printed as `b[i] += v`
when b's memory was allocated in this function, b is not needed afterwards, and nothing that is
alive afterwards can see that memory. Elsewhere it is copied first: before the loop, if that helps.
Results of the function are the caller's alone.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from srcdiff.emit.liveness import Liveness
from srcdiff.emit.memory import (
    CHANGING,
    FORBIDDEN,
    FOREIGN,
    NOTHING,
    Aliases,
    Memory,
    Ownership,
    Rounds,
    Swap,
    gathers,
    has_memory,
    is_dense,
    is_view,
    may_repeat,
)
from srcdiff.emit.naming import Names
from srcdiff.emit.nest import CHOOSE, Steps
from srcdiff.emit.numbers import rank0
from srcdiff.emit.steps import (
    PUSH,
    PUT,
    Branch,
    Loop,
    Move,
    Return,
    Step,
    all_steps,
    arguments,
    blocks,
    is_missing,
    partly_bound,
    targets,
)
from srcdiff.emit.webs import ADDING
from srcdiff.ir.core import Apply, Arg, Const, Pack, Var
from srcdiff.ir.types import RECORD, Array, Scalar
from srcdiff.ir.walk import variables
from srcdiff.ops import python as py
from srcdiff.ops.table import Row

REPAIRED_AT_ONCE = 8
STORING = ("set_at", "add_at")
PLACING = ("getitem", "set_at", "set_last", "add_at", "scatter", "append", "list", "spread", "kept",
           "zeros_like", "length", "extent", PUSH.name, PUT.name)  # fmt: skip


def ownership(
    live: Liveness, names: Names, params: Iterable[Var], inout: Mapping[int, Var] | None = None
) -> Ownership:
    """Decide what is changed in place; copies where that is not possible.

    inout: parameters that the function is to change, by their place: their memory may be used.
    """
    judge = _Judge(live, names, tuple(params), Ownership(), dict(inout or {}))
    judge.made.in_place = {step for step in judge.applications if judge.could_change(step)}
    judge.settle()
    judge.spare_copies()
    for step in judge.returns:
        judge.returned(step)
    judge.made.elsewhere = judge.elsewhere(judge.aliases())
    return judge.made


@dataclass
class _Judge:
    live: Liveness
    names: Names
    params: tuple[Var, ...]
    made: Ownership
    inout: dict[int, Var] = field(default_factory=dict)
    applications: list[Apply] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    partial: set[Var] = field(default_factory=set)
    rounds: Rounds = field(default_factory=Rounds)
    swaps: list[Swap] = field(default_factory=list)
    alive: dict[Apply, tuple[Var, ...]] = field(default_factory=dict)
    found: dict[Hashable, Aliases] = field(default_factory=dict)
    settled: Aliases | None = None  # under the decisions that the next ones are compared with
    held: list[Apply | Move] = field(default_factory=list)  # steps that give memory to a variable
    origins: dict[Var, list[tuple[Apply | None, Var]]] = field(default_factory=dict)
    makers: dict[Var, list[Step]] = field(default_factory=dict)
    readers: dict[Var, list[Apply | Move]] = field(default_factory=dict)
    handing: dict[Var, list[Apply | Move]] = field(
        default_factory=dict
    )  # steps that may hand on its memory

    def __post_init__(self) -> None:
        nested = self.live.nested
        self.applications += nested.made.values()
        for step in all_steps(nested.steps):
            if isinstance(step, Apply):
                self.applications.append(step)
            elif isinstance(step, Move):
                self.moves.append(step)
            elif isinstance(step, Return):
                self.returns.append(step)
        self.partial = partly_bound(nested.steps)
        self.held += self.holding()
        self.made.rank0 = rank0(self.params, self.applications, self.moves)
        self.trace()
        self.go_round(nested.steps)
        self.made.in_place = {s for s in self.applications if self.could_change(s)}
        self.find_swaps(nested.steps)

    def go_round(self, steps: Steps) -> None:
        """Note what each loop makes, with the moves to its next round."""
        for step in steps:
            for block in blocks(step):
                self.go_round(block)
            if isinstance(step, Loop):
                inside = tuple(all_steps((*step.head, *step.body)))
                made = frozenset(v for s in inside for v in targets(s))
                made |= {v for s in self.nested_in(inside) for v in s.outs}
                for move in _around(step.body):
                    self.rounds.made_in[move] = made

    def nested_in(self, steps: Iterable[Step]) -> Iterator[Apply]:
        """The applications nested in some steps."""
        pending = [v for step in steps for v in variables(arguments(step))]
        while pending:
            made = self.live.nested.made.get(pending.pop())
            if made is not None:
                yield made
                pending += variables(made.args)

    def trace(self) -> None:
        """Note where the value of a variable may come from, as it is or changed in place; who reads it."""
        for step in self.held:
            for var in variables(arguments(step)):
                self.handing.setdefault(var, []).append(step)
        for move in self.moves:
            for target, source in zip(move.targets, move.sources):
                alone = Move((target,), (source,))
                self.makers.setdefault(target, []).append(alone)
                for var in variables((source,)):
                    self.origins.setdefault(target, []).append((None, var))
                    self.readers.setdefault(var, []).append(alone)
        for step in self.applications:
            for var in variables(step.args):
                self.readers.setdefault(var, []).append(step)
            for out in step.outs:
                self.makers.setdefault(out, []).append(step)
            chosen = step.op is CHOOSE
            for var in variables(step.args[1:] if chosen else step.args[:1]):
                for out in step.outs:
                    self.origins.setdefault(out, []).append((None if chosen else step, var))

    def holding(self) -> list[Apply | Move]:
        """The steps that give memory to a variable."""
        steps: list[Apply | Move] = [*self.applications, *self.moves]
        return [step for step in steps if any(map(has_memory, targets(step)))]

    def chain(self, arg: Arg) -> set[Var]:
        """The variables whose memory the argument may be, changes in place followed back."""
        found: set[Var] = set()
        pending = list(variables((arg,)))
        while pending:
            var = pending.pop()
            if var not in found:
                found.add(var)
                came = self.origins.get(var, ())
                pending += [v for step, v in came if step is None or step in self.made.in_place]
        return found

    def aliases(self) -> Aliases:
        """The memory of everything under the decisions so far."""
        made = self.made
        taken = (made.copied, made.filled, made.detached)
        key = (len(made.in_place), *map(frozenset, taken))  # what is in place only gets less
        if key not in self.found:
            self.found[key] = self.aliases_anew()
        return self.found[key]

    def aliases_anew(self) -> Aliases:
        swaps = tuple(self.swaps)
        while True:
            known = self.aliases_with(swaps)
            held = tuple(s for s in swaps if self.keeps(s, known))
            if held == swaps:
                return known
            swaps = held

    def aliases_with(self, swaps: tuple[Swap, ...]) -> Aliases:
        known = self.revised(swaps) or self.from_nothing(swaps)
        pending = known.pending
        while pending:
            known.grown.clear()
            for step in pending:
                known.step(step)
            grown = [s for var in known.grown for s in self.handing.get(var, ())]
            pending = dict.fromkeys(grown)
        return known

    def from_nothing(self, swaps: tuple[Swap, ...]) -> Aliases:
        inout = frozenset(self.inout.values())
        known = Aliases(self.made, self.rounds, inout, swaps, pending=dict.fromkeys(self.held))
        for param in self.params:
            known.add(param, self.rounds.bit(param) if param in inout else FOREIGN, FOREIGN)
        return known

    def revised(self, swaps: tuple[Swap, ...]) -> Aliases | None:
        """What was settled, but for what other decisions have an effect on: that is to be found."""
        if self.settled is None or self.settled.swaps != swaps:
            return None
        affected = self.downstream(self.settled.decided_otherwise())
        pending = [s for s in self.held if not affected.isdisjoint(targets(s))]
        return self.settled.without(affected, dict.fromkeys(pending))

    def downstream(self, changed: Iterable[Var]) -> set[Var]:
        """Some variables, and all that may have memory from them."""
        found: set[Var] = set()
        pending = list(changed)
        while pending:
            var = pending.pop()
            if var not in found:
                found.add(var)
                pending += [t for step in self.handing.get(var, ()) for t in targets(step)]
        return found

    # --- loops that swap ---

    def find_swaps(self, steps: Steps) -> None:
        """Loops whose arrays change names from round to round."""
        entry: Move | None = None
        for step in steps:
            for block in blocks(step):
                self.find_swaps(block)
            if isinstance(step, Loop) and entry is not None:
                around = tuple(_around(step.body))
                targets = self.swapped(entry, around)
                if len(targets) > 1:
                    seats = tuple(Var(f"seat {t.hint}") for t in targets)
                    self.swaps.append(Swap(entry, around, targets, seats))
                    for move in around:
                        self.rounds.made_in[move] |= set(seats)
            if isinstance(step, Loop):
                entry = None
            elif isinstance(step, Move) and step.entry:
                entry = step

    def swapped(self, entry: Move, around: tuple[Move, ...]) -> tuple[Var, ...]:
        """The arrays of a loop, if one of them goes on under the name of another."""
        arrays = tuple(t for t in entry.targets if isinstance(t.type, Array))
        crossed = any(
            other in self.chain(source)
            for move in around
            for target, source in zip(move.targets, move.sources)
            for other in arrays
            if target in arrays and other is not target
        )
        return arrays if crossed else ()

    def keeps(self, swap: Swap, known: Aliases) -> bool:
        """Whether the targets of a loop hold different arrays at first, and after every round."""
        for move in (swap.entry, *swap.around):
            held: list[Memory] = []
            for target, source in zip(move.targets, move.sources):
                if target in swap.targets:
                    own, _ = known.of(source)
                    copied = move.entry and target in self.made.copied
                    held.append(self.rounds.bit(target) if copied else own)
            if any(known.clash(a, b) for a, b in combinations(held, 2)):
                return False
        return True

    # --- changes in place ---

    def could_change(self, step: Apply) -> bool:
        if step.op.name in CHANGING:
            return isinstance(step.args[0], Var)
        if not step.outs or step.outs[0] in self.live.nested.made:
            return False
        return has_memory(step.outs[0]) and is_addition(step, self.names, self.made)

    def may_change(self, step: Apply, known: Aliases) -> bool:
        """Whether the memory of the first operand is ours, and nobody sees it afterwards."""
        first, *rest = step.args
        if step.op.name in STORING and not may_repeat(step.args[1]):
            rest = rest[:1]  # NumPy reads all of a value before it writes it over itself
        own, _ = known.of(first)
        if not own or known.all_of(own) & FORBIDDEN:
            return False
        if known.clash(own, known.seen(rest)):
            return False
        return not known.clash(own, known.seen(self.alive_after(step)))

    def alive_after(self, step: Apply) -> tuple[Var, ...]:
        """What has memory and is needed after a step, but for what the step makes."""
        if step not in self.alive:
            after = self.live.after[step]
            self.alive[step] = tuple(v for v in after if has_memory(v) and v not in step.outs)
        return self.alive[step]

    def settle(self) -> None:
        """Take back changes in place until all that are left are allowed."""
        while True:
            known = self.settled = self.aliases()
            tried = (s for s in self.applications if s in self.made.in_place)
            wrong = [s for s in tried if not self.may_change(s, known)]
            if not wrong:
                return
            if not any(self.repair(step) for step in self.repairable(wrong[:REPAIRED_AT_ONCE])):
                self.made.in_place -= set(self.first_of(wrong))

    def spare_copies(self) -> None:
        """Take back copies at the entry of loops of what became an array of its own afterwards."""
        entered = [t for m in self.moves if m.entry for t in m.targets if t in self.made.copied]
        for target in entered:
            if self.made.filled.isdisjoint(self.chain(target)):
                continue
            before = self.made.copied
            self.made.copied = before - {target}
            known = self.aliases()
            tried = (s for s in self.applications if s in self.made.in_place)
            if not all(self.may_change(s, known) for s in tried):
                self.made.copied = before

    def first_of(self, wrong: list[Apply]) -> list[Apply]:
        """Those that do not change what another one makes: a copy there may be enough."""
        outs = {step.outs[0] for step in wrong}
        return [s for s in wrong if self.chain(s.args[0]).isdisjoint(outs)] or wrong

    def repairable(self, wrong: list[Apply]) -> list[Apply]:
        """Those that copies may help: each of them is right if all copies for all are made."""
        copies = [self.copies(step) for step in wrong]
        entries, spreads, views = (set().union(*some) for some in zip(*copies, strict=True))
        found: list[Apply] = []

        def some_right(known: Aliases) -> bool:
            found.extend(step for step in wrong if self.may_change(step, known))
            return bool(found)

        self.attempt(entries, spreads, views, some_right, keep=False)
        return found

    def copies(self, step: Apply) -> tuple[set[Var], set[Var], set[Var]]:
        """What can be copied for a step: entries of loops, what is broadcast, views."""
        chain = self.chain(step.args[0])
        entries = {
            t for m in self.moves if m.entry for t in m.targets if t in chain and self.apart(m, t)
        }
        return entries, self.spreads(chain), self.views(step)

    def repair(self, step: Apply) -> bool:
        """Copy where the value enters a loop (or allocate what is broadcast), if that is enough."""
        copied, spreads, views = self.copies(step)
        entries = [t for m in self.moves if m.entry for t in m.targets if t in copied]
        attempts: list[tuple[set[Var], set[Var], set[Var]]] = [(set(), spreads, set())]
        attempts += [({t}, set(), set()) for t in entries]
        attempts += [(set(), set(), views), (copied, spreads, set())]
        attempts += [({t}, spreads, views) for t in entries]
        attempts += [(copied, spreads, views)]
        return any(
            self.attempt(*some, lambda known: self.may_change(step, known)) for some in attempts
        )

    def views(self, step: Apply) -> set[Var]:
        """The views through which what is alive afterwards sees the memory that a step changes."""
        known = self.aliases()
        own, _ = known.of(step.args[0])
        pending = [v for v in self.alive_after(step) if known.clash(known.seen((v,)), own)]
        found: set[Var] = set()
        seen: set[Var] = set()
        while pending:
            var = pending.pop()
            if var in seen or not known.touch(known.seen((var,)), own):
                continue
            seen.add(var)
            for maker in self.makers.get(var, ()):
                if (
                    isinstance(maker, Apply)
                    and is_view(maker)
                    and known.touch(known.of(var)[0], own)
                ):
                    found |= {var} if self.copies_alike(maker) else set()
                else:
                    pending += variables(arguments(maker))
        return found

    def copies_alike(self, maker: Apply) -> bool:
        """Whether what is computed from a view comes out the same, to the last bit, from its copy.

        Sums and products of matrices add in an order that follows how the entries lie in memory.
        """
        return self.lies_dense(maker) or self.in_any_order(maker.outs[0])

    def lies_dense(self, maker: Step) -> bool:
        """Whether a view is a piece of a row of its operand, however many indices make it."""
        pending, seen = [maker], {maker}
        while pending:
            step = pending.pop()
            indexed = isinstance(step, Apply) and step.op.name == "getitem" and is_view(step)
            if (indexed or step is maker) and not (isinstance(step, Apply) and is_dense(step)):
                return False
            if indexed or isinstance(step, Move) or step in self.made.in_place:
                for var in variables(arguments(step)[:1]):
                    pending += [m for m in self.makers.get(var, ()) if m not in seen]
                    seen.update(self.makers.get(var, ()))
        return True

    def in_any_order(self, var: Var) -> bool:
        """Whether nothing that reads an array, or a piece of it, depends on how it lies in memory."""
        pending, seen = [var], {var}
        while pending:
            for step in self.readers.get(pending.pop(), ()):
                if isinstance(step, Move) or is_piece(step):
                    pending += [t for t in targets(step) if t not in seen]
                    seen.update(targets(step))
                elif step.op.name not in PLACING and not is_elementwise(step):
                    return False
        return True

    def apart(self, move: Move, target: Var) -> bool:
        """Whether there is a value to copy, and nothing else alive goes by its name then."""
        source = move.sources[move.targets.index(target)]
        if source in self.partial or is_missing(source):
            return False
        alive = self.live.after[move]
        return not any(self.names.same(v, target) for v in alive if v is not target)

    def attempt(
        self,
        copied: set[Var],
        filled: set[Var],
        detached: set[Var],
        enough: Callable[[Aliases], bool],
        keep: bool = True,
    ) -> bool:
        """Add some copies, and take them back if they do not help, or are not to be kept."""
        made = self.made
        before = made.copied, made.filled, made.detached
        made.copied, made.filled = before[0] | copied, before[1] | filled
        made.detached = before[2] | detached
        helps = (made.copied, made.filled, made.detached) != before and enough(self.aliases())
        if not (helps and keep):
            made.copied, made.filled, made.detached = before
        return helps

    def spreads(self, chain: set[Var]) -> set[Var]:
        """The broadcasts among some variables."""
        made = (s.outs[0] for s in self.applications if s.op.name == "spread")
        return {out for out in made if out in chain}

    # --- parameters that are changed ---

    def elsewhere(self, known: Aliases) -> set[Var]:
        """The parameters whose last value did not come to lie in their own memory."""
        found = set()
        for step in self.applications:
            if step.op is not py.write_back:
                continue
            place, value = step.args[:2]
            if isinstance(place, Var):
                found |= {place} if self.overlaps(value, known) else set()
            elif isinstance(place, Const):
                param = self.inout[place.value]
                found |= {param} if known.of(value)[0] != self.rounds.bit(param) else set()
        return found

    def overlaps(self, value: Arg, known: Aliases) -> bool:
        """Whether what is copied into a parameter may lie in another one, which gets something too."""
        several = sum(step.op is py.write_back for step in self.applications) > 1
        outside = FOREIGN | sum(map(self.rounds.bit, set(self.inout.values())))
        return several and bool(known.all_of(known.seen((value,))) & outside)

    # --- results ---

    def returned(self, step: Return) -> None:
        """What is not ours, or is returned twice, is copied."""
        taken: Memory = NOTHING
        for left in self.applications:
            if left.op is py.write_paths:
                raised = len(left.args) > 3
                more = self.handed(left, _distinct(left), NOTHING if raised else taken)
                taken = taken if raised else more
        self.handed(step, step.values, taken)

    def handed(self, step: Step, values: Iterable[Arg], taken: Memory) -> Memory:
        """Note which of some values must be copied to be the caller's alone."""
        copies = self.made.returned.setdefault(step, set())
        for place, value in _placed(values):
            if not isinstance(value, Var) or not has_memory(value) or value.type == RECORD:
                continue
            if self.is_free(value, taken):
                taken |= self.aliases().seen((value,))
            else:
                copies.add(place)
        return taken

    def is_free(self, value: Var, taken: Memory) -> bool:
        """Whether a result is memory of its own, or can be made so by filling a broadcast."""

        def enough(known: Aliases) -> bool:
            seen = known.all_of(known.seen((value,)))
            return not seen & (FORBIDDEN | params | known.all_of(taken))

        params = sum(map(self.rounds.bit, set(self.inout.values())))

        if enough(self.aliases()):
            return True
        return self.attempt(set(), self.spreads(self.chain(value)), set(), enough)


def _around(steps: Steps) -> Iterator[Move]:
    """The moves to the next round of the loop that the steps are the body of."""
    for step in steps:
        if isinstance(step, Move) and step.around:
            yield step
        elif isinstance(step, Branch):
            yield from _around((*step.then, *step.orelse))


def _placed(values: Iterable[Arg]) -> Iterator[tuple[Hashable, Arg]]:
    """Values with their places; what is in a list has one in it."""
    for place, value in enumerate(values):
        if isinstance(value, Pack):
            yield from (((place, k), item) for k, item in enumerate(value.items))
        else:
            yield place, value


def _distinct(step: Apply) -> list[Arg]:
    """The values that are left in parts of arguments, None for one that is there already."""
    values, firsts = step.args[1:3]
    assert isinstance(values, Pack) and isinstance(firsts, Const)
    pairs = zip(values.items, firsts.value)
    return [v if k == first else Const(None) for k, (v, first) in enumerate(pairs)]


def is_piece(step: Apply) -> bool:
    """Whether the step reads an entry of a list, or a part of an array as a view."""
    return step.op.name == "getitem" and not gathers(step.args[1])


def is_elementwise(step: Apply) -> bool:
    return isinstance(step.op, Row) and step.op.kind == "elementwise"


def is_addition(step: Apply, names: Names, owned: Ownership, out: Var | None = None) -> bool:
    """Whether the step reads `x += ...`: same name, and for arrays the same shape and dtype."""
    if step.op.name not in ADDING or not isinstance(step.args[0], Var):
        return False
    first, out = step.args[0], out or step.outs[0]
    if first in names.groups.live.nested.made or not names.same(first, out):
        return False
    if isinstance(out.type, Array):
        return out.type == first.type and bool(out.type.shape)
    numbers = isinstance(out.type, Scalar) and isinstance(first.type, Scalar)
    return numbers and first not in owned.rank0
