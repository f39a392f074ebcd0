"""What a loop hands on is computed last, where that saves a second name.

    before   b_1 = b * c             after   t = b * d
             t = b * d                       b *= c
             b = b_1

A value that goes on under a variable's name comes down to its first use, when the variable's old
value is read before that and not after.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from srcdiff.emit.nest import ACCESS, STATEMENTS, Steps
from srcdiff.emit.steps import Branch, Loop, Move, Step, all_steps, arguments, targets
from srcdiff.emit.webs import Webs, adds_to
from srcdiff.ir.core import Apply, Var
from srcdiff.ir.walk import variables

FARTHEST = 60  # steps


def delay(steps: Steps, webs: Webs) -> Steps:
    """The steps with some of them put off, also in the blocks inside."""
    return _Delayer(webs).block(steps)


@dataclass
class _Delayer:
    webs: Webs

    def block(self, steps: Steps) -> Steps:
        """The steps in another order; the last uses first, for what they move makes room above."""
        made = [self.inside(step) for step in steps]
        place = len(made) - 1
        while place > 0:
            for target, source in _handed_on(made[place]):
                start, end = self.way(made, place, target, source)
                made.insert(end - 1, made.pop(start))
            place -= 1
        return tuple(made)

    def inside(self, step: Step) -> Step:
        if isinstance(step, Branch):
            return replace(step, then=self.block(step.then), orelse=self.block(step.orelse))
        if isinstance(step, Loop):
            return replace(step, head=self.block(step.head), body=self.block(step.body))
        return step

    def way(self, steps: list[Step], place: int, target: Var, source: Var) -> tuple[int, int]:
        """From where to where the making of the source moves; nowhere is (k, k + 1)."""
        reach = range(max(place - FARTHEST, 0), place)
        found = [k for k in reach if source in targets(steps[k])]
        made = steps[found[0]] if found else None
        if not isinstance(made, Apply) or not _may_wait(made):
            return 0, 1
        start = found[0]
        end = next((k for k in range(start + 1, place) if source in _read(steps[k])), place)
        old = [k for k in range(start + 1, place) if self.reads_old(steps[k], target, source)]
        if not old or old[-1] >= end or self.disturbed(made, steps[start + 1 : end]):
            return 0, 1
        return start, end

    def reads_old(self, step: Step, target: Var, source: Var) -> bool:
        """Whether the step, or one inside it, reads what may go by the target's name."""
        return any(v is not source and self.webs.alike(v, target) for v in _read(step))

    def disturbed(self, made: Apply, between: list[Step]) -> bool:
        """Whether something in between writes a name that the value is made from."""
        reads = set(variables(made.args))
        return any(
            self.webs.alike(var, v) and self.webs.disturbs(inner, v)
            for step in between
            for inner in all_steps((step,))
            for var in targets(inner)
            for v in reads
        )


def _may_wait(made: Apply) -> bool:
    if made.op is ACCESS:  # a leaf may be assigned to
        return False
    return made.op.name not in STATEMENTS and not made.op.effect and len(made.outs) == 1


def _read(step: Step) -> set[Var]:
    """What the step and those inside it read."""
    return {v for inner in all_steps((step,)) for v in variables(arguments(inner))}


def _handed_on(step: Step) -> list[tuple[Var, Var]]:
    """What a step passes from one variable to the next of the same name."""
    if isinstance(step, Move):
        pairs = [(t, s) for t, s in zip(step.targets, step.sources) if isinstance(s, Var)]
        return [(t, s) for t, s in pairs if step.around or (t.hint and t.hint == s.hint)]
    if isinstance(step, Apply) and step.outs and step.args and adds_to(step):
        assert isinstance(step.args[0], Var)
        return [(step.outs[0], step.args[0])]
    return []
