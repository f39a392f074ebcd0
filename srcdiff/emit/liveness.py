"""Which values are alive at the same time: they cannot share a name.

One walk backward over the items. Loops: what the body reads of the outside is alive all through;
the carried parameter, the out, and a While's test parameter are one storage (written before the loop
and at the end of each round).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Iterable

from srcdiff.emit.plan import Branch, Item, Line, Loop, Plan, Push
from srcdiff.ir.core import Arg, For, Var, While
from srcdiff.ir.walk import carried_params, carried_results


@dataclass
class Liveness:
    """Interference between variables, and what is alive after each line."""

    plan: Plan
    conflicts: dict[Var, set[Var]] = field(default_factory=dict)
    after: dict[Item, frozenset[Var]] = field(default_factory=dict)
    before_loop: dict[Item, frozenset[Var]] = field(default_factory=dict)

    def written(self, vars: Iterable[Var], alive: set[Var]) -> None:
        """Variables written while others are alive."""
        for var in vars:
            mine = self.conflicts.setdefault(var, set())
            for other in alive:
                if other is not var:
                    mine.add(other)
                    self.conflicts.setdefault(other, set()).add(var)

    def read(self, args: Iterable[Arg], alive: set[Var]) -> None:
        for arg in args:
            alive.update(self.plan.reads(arg))

    def items(self, items: tuple[Item, ...], alive: set[Var]) -> set[Var]:
        """What is alive before the items, given what is after."""
        for item in reversed(items):
            self.after[item] = frozenset(alive)
            if isinstance(item, Line):
                alive = self.line(item, alive)
            elif isinstance(item, Push):
                alive = set(alive)
                alive.add(item.record)
                self.read((item.value,), alive)
            elif isinstance(item, Branch):
                alive = self.branch(item, alive)
            else:
                alive = self.loop(item, alive)
        return alive

    def line(self, item: Line, alive: set[Var]) -> set[Var]:
        outs = item.stmt.outs
        self.written(outs, alive | set(outs))
        alive = alive - set(outs)
        self.read(item.stmt.args, alive)
        return alive

    def branch(self, item: Branch, alive: set[Var]) -> set[Var]:
        stmt = item.stmt
        outer = alive - set(stmt.outs)
        self.written(stmt.outs, alive | set(stmt.outs))
        before: set[Var] = set()
        for items, region in ((item.then, stmt.then), (item.orelse, stmt.orelse)):
            end = set(outer)
            self.read(region.results, end)
            before |= self.items(items, end)
        self.read((stmt.test,), before)
        return before

    def loop(self, item: Loop, alive: set[Var]) -> set[Var]:
        stmt = item.stmt
        count = len(stmt.inits)
        records = set(stmt.outs[count:])
        outer = alive - set(stmt.outs)
        self.written(stmt.outs, alive | set(stmt.outs))
        params = carried_params(stmt)
        kept = {p for p, o in zip(params, stmt.outs) if o in alive}
        if isinstance(stmt, While):
            kept |= {q for q, o in zip(stmt.test.params, stmt.outs) if o in alive}
        through = outer | records | self.free(item)
        self.written(records, through | set(params))
        for _ in range(3):
            start = self.round(item, stmt, through, kept)
            head = set(params) if isinstance(stmt, For) else {*params, *stmt.test.params}
            grown = through | (start - head - {stmt.body.params[0]} if isinstance(stmt, For) else start - head)
            if grown == through:
                break
            through = grown
        before = set(through) - records
        self.read(stmt.inits, before)
        self.before_loop[item] = frozenset(through)
        if isinstance(stmt, For):
            self.read((stmt.over,), before)
        return before

    def free(self, item: Loop) -> set[Var]:
        """Stored variables of the outside that the loop's items read."""
        found: set[Var] = set()
        own: set[Var] = set(item.stmt.body.params)
        if isinstance(item.stmt, While):
            own |= set(item.stmt.test.params)
            self.read(item.stmt.test.results, found)
        self.read(item.stmt.body.results, found)
        self.collect((*item.test, *item.body), found, own)
        return found - own

    def collect(self, items: tuple[Item, ...], found: set[Var], own: set[Var]) -> None:
        for item in items:
            if isinstance(item, Push):
                found.add(item.record)
                self.read((item.value,), found)
                continue
            own |= set(item.stmt.outs)
            found.update(self.plan.reads_of(item.stmt))
            if isinstance(item, Branch):
                self.read((*item.stmt.then.results, *item.stmt.orelse.results), found)
                self.collect((*item.then, *item.orelse), found, own)
            elif isinstance(item, Loop):
                own |= set(item.stmt.body.params)
                if isinstance(item.stmt, While):
                    own |= set(item.stmt.test.params)
                    self.read(item.stmt.test.results, found)
                self.read(item.stmt.body.results, found)
                self.collect((*item.test, *item.body), found, own)

    def round(self, item: Loop, stmt: For | While, through: set[Var], kept: set[Var]) -> set[Var]:
        """One walk over test and body; what is alive at the head."""
        params = carried_params(stmt)
        end = set(through)
        if stmt.breaks:
            self.read(stmt.body.results[:1], end)
        heads = set(params) if isinstance(stmt, For) else {*params, *stmt.test.params}
        self.written(heads, end | set(params))
        self.read(carried_results(stmt), end)
        start = self.items(item.body, end)
        if isinstance(stmt, For):
            index = stmt.body.params[0]
            self.written((index, *params), start | {index, *params})
            return start
        needed = start | kept
        mapped = {q for p, q in zip(params, stmt.test.params) if p in needed}
        exit_alive = through | needed | mapped
        self.read(stmt.test.results, exit_alive)
        before = self.items(item.test, exit_alive)
        self.written(params, before | set(params))
        self.written(stmt.test.params, before | set(stmt.test.params))
        return before


def liveness(plan: Plan) -> Liveness:
    """The interference of a planned function."""
    found = Liveness(plan)
    alive: set[Var] = set()
    found.read(plan.function.body.results, alive)
    start = found.items(plan.items, alive)
    params = set(plan.function.params)
    found.written(params, start | params)
    return found
