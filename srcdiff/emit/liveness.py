"""Which variables are alive at the same time: those cannot share a name.

One walk backward over the steps, round loops until nothing changes. Two variables are in conflict
when one is written while the other is alive, unless the write makes them equal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from srcdiff.emit.nest import Nested, Steps
from srcdiff.emit.steps import Branch, Break, Loop, Move, Step
from srcdiff.emit.webs import IN_PLACE
from srcdiff.ir.core import Apply, Const, Var
from srcdiff.ir.walk import variables

Alive = frozenset[Var]
NOBODY: Alive = frozenset()
EARLY = (
    *IN_PLACE,
    "scatter",
)  # printed as several statements: the result is written before all is read


@dataclass
class Liveness:
    """Conflicts between variables, and what is alive after each Apply, Move and Return."""

    nested: Nested
    conflicts: dict[Var, set[Var]] = field(default_factory=dict)
    after: dict[Step, Alive] = field(default_factory=dict)

    def write(self, var: Var, alive: Iterable[Var]) -> None:
        """A variable is written while others are alive."""
        own = self.conflicts.setdefault(var, set())
        for other in set(alive) - own:
            if other is not var:
                own.add(other)
                self.conflicts.setdefault(other, set()).add(var)

    def reads(self, step: Step) -> Alive:
        return frozenset(self.nested.read_by(step))

    def block(self, steps: Steps, alive: Alive, leave: Alive) -> Alive:
        """What is alive before the steps, given what is after them and after the loop around."""
        for step in reversed(steps):
            alive = self.step(step, alive, leave)
        return alive

    def step(self, step: Step, alive: Alive, leave: Alive) -> Alive:
        if isinstance(step, Apply):
            return self.apply(step, alive)
        if isinstance(step, Move):
            return self.move(step, alive)
        if isinstance(step, Branch):
            then = self.block(step.then, alive, leave)
            return then | self.block(step.orelse, alive, leave) | self.reads(step)
        if isinstance(step, Loop):
            return self.loop(step, alive)
        if isinstance(step, Break):
            return leave
        self.after[step] = NOBODY
        return self.reads(step)

    def apply(self, step: Apply, alive: Alive) -> Alive:
        if step.op.name == "raise":
            alive = NOBODY
        self.after[step] = alive
        reads = self.reads(step)
        for out in step.outs:
            self.write(out, alive | set(step.outs))
            if step.op.name in EARLY:
                self.write(out, self.read_late(step))
        return (alive - set(step.outs)) | reads

    def read_late(self, step: Apply) -> set[Var]:
        """What is read after the result has been written for the first time.

        The first operand of a change in place may be: until the change, the result is the same.
        """
        if step.op.name not in IN_PLACE:
            late = (step.args[0], *step.args[2:])
            return {v for arg in late for v in self.nested.reads(arg)}
        read = {v for arg in step.args[1:] for v in self.nested.reads(arg)}
        return read - set(variables(step.args[:1]))

    def move(self, step: Move, alive: Alive) -> Alive:
        """Only targets that are alive are written; one does not conflict with what it equals."""
        self.after[step] = alive
        given = {t: s for t, s in zip(step.targets, step.sources) if t in alive}
        for target, source in given.items():
            equal = (source,) if isinstance(source, Var) else ()
            self.write(target, (v for v in alive if v not in equal and given.get(v) not in equal))
        read = (v for source in given.values() for v in self.nested.reads(source))
        return (alive - set(step.targets)) | frozenset(read)

    def loop(self, step: Loop, alive: Alive) -> Alive:
        """Round and round, until what is alive at the head no longer grows."""
        top: Alive = NOBODY
        while (grown := top | self.once(step, alive, top)) != top:
            top = grown
        return top | self.reads(step) if step.over is not None else top

    def once(self, step: Loop, alive: Alive, top: Alive) -> Alive:
        """What is alive at the head, given what is when the body is done."""
        body = self.block(step.body, top if step.over is None else top | alive, alive)
        if step.over is None:
            out = NOBODY if step.test == Const(True) else alive
            return self.block(step.head, body | out | self.reads(step), alive)
        assert step.item is not None
        self.write(step.item, body | self.reads(step))  # not: for k in range(k)
        return (body - {step.item}) | alive


def liveness(nested: Nested, params: Iterable[Var]) -> Liveness:
    """The conflicts of a function."""
    found = Liveness(nested)
    start = found.block(nested.steps, NOBODY, NOBODY)
    params = tuple(params)
    for param in params:
        found.write(param, start | set(params))
    return found
