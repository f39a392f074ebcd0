"""Webs: variables that would share a name if they could: a move or a change in place joins them.

Nothing is decided here. Keeping the members of a web from being alive together is what `nest` and
`delay` look after when they move an expression; what is left of conflicts `naming` resolves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from srcdiff.emit.steps import PUSH, PUT, Move, Step, all_steps
from srcdiff.ir.core import Apply, Var

IN_PLACE = ("add_at", "set_at", "set_last", "append", "drop_last", PUSH.name, PUT.name)
ADDING = ("add", "subtract", "multiply", "divide")


def wishes(step: Step) -> Iterator[tuple[Var, Var]]:
    """Pairs of variables that a shared name would serve: it saves a copy."""
    if isinstance(step, Move):
        for target, source in zip(step.targets, step.sources):
            if isinstance(source, Var):
                yield target, source
    elif isinstance(step, Apply) and step.outs and step.args:
        out, first = step.outs[0], step.args[0]
        if isinstance(first, Var) and (step.op.name in IN_PLACE or adds_to(step)):
            yield out, first


def adds_to(step: Apply) -> bool:
    """Whether the step could be `x += ...` as the user's or the cotangent's own name."""
    first, out = step.args[0], step.outs[0]
    if not isinstance(first, Var) or step.op.name not in ADDING:
        return False
    return first.type == out.type and first.hint == out.hint and bool(first.hint)


@dataclass
class Webs:
    """A union-find over the wishes of some steps."""

    parent: dict[Var, Var] = field(default_factory=dict)

    def find(self, var: Var) -> Var:
        while (up := self.parent.get(var, var)) is not var:
            var = up
        return var

    def keys(self, var: Var) -> tuple[object, ...]:
        """Variables with a key in common may come to share a name: by the web, by the spelling."""
        web = self.find(var)
        return (web, var.hint) if var.hint else (web,)

    def alike(self, a: Var, b: Var) -> bool:
        return not set(self.keys(a)).isdisjoint(self.keys(b))

    def disturbs(self, step: Step, var: Var) -> bool:
        """Whether a step that writes a name like var's takes var's value from it."""
        if not isinstance(step, Move):
            return True
        like = [s for t, s in zip(step.targets, step.sources) if self.alike(t, var)]
        return any(source is not var for source in like)


def webs(steps: Iterable[Step]) -> Webs:
    """The webs of some steps."""
    found = Webs()
    for step in all_steps(tuple(steps)):
        for a, b in wishes(step):
            found.parent[found.find(a)] = found.find(b)
    return found
