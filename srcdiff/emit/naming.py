"""Names: which variables share one, and what it is.

Variables that a move or a change in place connects share a name when they are never alive together
(`Classes`). The name is the user's where there is one; two classes that are never alive together
may have the same, as when the user binds a name again. A name that is unbound on some path belongs
to one class alone, so that Python itself complains when it is read there.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from srcdiff.emit.liveness import Liveness
from srcdiff.emit.nest import Steps
from srcdiff.emit.steps import (
    PUSH,
    PUT,
    Loop,
    Move,
    Step,
    all_steps,
    blocks,
    is_unbound,
    moves,
    targets,
)
from srcdiff.emit.unbound import barred
from srcdiff.emit.webs import wishes
from srcdiff.ir.core import Apply, Atom, Function, Var
from srcdiff.ir.types import Array, ListOf, Scalar


@dataclass
class Classes:
    """Variables that share a name: a union-find with the conflicts of each class."""

    live: Liveness
    parent: dict[Var, Var] = field(default_factory=dict)
    members: dict[Var, list[Var]] = field(default_factory=dict)
    against: dict[Var, set[Var]] = field(default_factory=dict)

    def find(self, var: Var) -> Var:
        root = var
        while (up := self.parent.get(root, root)) is not root:
            root = up
        if root is not var:
            self.parent[var] = root
        return root

    def of(self, root: Var) -> list[Var]:
        return self.members.get(root, [root])

    def conflicts(self, root: Var) -> set[Var]:
        """The variables that no member may share a name with."""
        if root not in self.against:
            self.against[root] = set(self.live.conflicts.get(root, ()))
        return self.against[root]

    def conflict(self, a: Var, b: Var) -> bool:
        if len(self.of(a)) > len(self.of(b)):
            a, b = b, a
        return not self.conflicts(b).isdisjoint(self.of(a))

    def join(self, a: Var, b: Var) -> None:
        """Let two variables share a name, unless they are alive together."""
        a, b = self.find(a), self.find(b)
        if a is b or self.conflict(a, b):
            return
        self.conflicts(a).update(self.conflicts(b))
        self.members[a] = [*self.of(a), *self.of(b)]
        self.parent[b] = a


def classes(steps: Steps, live: Liveness) -> Classes:
    """Which variables share a name; what goes round the innermost loops is joined first."""
    found = Classes(live)
    sources = _sources(steps)
    apart = barred(steps)
    for _, step in sorted(_by_depth(steps, 0), key=lambda pair: -pair[0]):
        for a, b in wishes(step):
            if (a, b) in apart:
                continue
            if not isinstance(step, Move) or step.around or _one_thing(a, b, sources):
                found.join(a, b)
    return found


def _sources(steps: Steps) -> dict[Var, list[Atom]]:
    """What moves give each variable."""
    found: dict[Var, list[Atom]] = {}
    for target, source in moves(steps):
        found.setdefault(target, []).append(source)
    return found


def _one_thing(target: Var, source: Var, sources: dict[Var, list[Atom]]) -> bool:
    """Whether a reader would give two variables one name: `b_y = total` starts another thing."""
    given = sources[target]
    if target.hint == source.hint or not source.hint or len(given) == 1:
        return True
    same = all(isinstance(s, Var) and s.hint == source.hint for s in given)
    return not target.hint and same


def _by_depth(steps: Steps, depth: int) -> Iterator[tuple[int, Step]]:
    for step in steps:
        yield depth, step
        for inner in blocks(step):
            yield from _by_depth(inner, depth + isinstance(step, Loop))


# --- the names themselves -------------------------------------------------------------------------

KEYWORDS = {*keyword.kwlist, *keyword.softkwlist, "_"}


@dataclass
class Names:
    """The names of a function's stored variables."""

    groups: Classes
    reserved: set[str]
    taken: dict[str, list[Var]] = field(default_factory=dict)
    names: dict[Var, str] = field(default_factory=dict)
    alone: set[str] = field(default_factory=set)
    last: dict[str, int] = field(default_factory=dict)

    def __call__(self, var: Var) -> str:
        return self.names[self.groups.find(var)]

    def same(self, a: Var, b: Var) -> bool:
        return self(a) == self(b)

    def fix(self, var: Var, name: str) -> None:
        """A name that is given from outside: a parameter's."""
        root = self.groups.find(var)
        self.names[root] = name
        self.taken.setdefault(name, []).append(root)

    def give(self, root: Var, base: str, joint: str, alone: bool) -> None:
        """A name for a class: the base, or the base with the first number that is free."""
        number = self.last.get(base, 0) if alone else 0
        while not self.free(name := f"{base}{joint}{number}" if number else base, root, alone):
            number += 1
        self.names[root] = name
        self.taken.setdefault(name, []).append(root)
        if alone:
            self.alone.add(name)
            self.last[base] = number

    def free(self, name: str, root: Var, alone: bool) -> bool:
        if name in self.reserved or name in KEYWORDS or name in self.alone:
            return False
        others = self.taken.get(name)
        if not others or alone:
            return not others
        against = self.groups.conflicts(root)
        return all(against.isdisjoint(self.groups.of(other)) for other in others)


def assign_names(function: Function, steps: Steps, groups: Classes, reserved: set[str]) -> Names:
    """A name for every stored variable, in the order of appearance: the user's first."""
    names = Names(groups, reserved | {i.name for i in function.inputs if i.tree.kind != "leaf"})
    for i in function.inputs:
        if i.tree.kind == "leaf":
            names.fix(function.params[i.tree.index], i.name)
    partial = {groups.find(t) for t, s in moves(steps) if is_unbound(s)}
    roots = dict.fromkeys(groups.find(v) for v in _appearing(function, steps))
    bases = {root: _spelling(groups.of(root)) for root in roots if root not in names.names}
    applied = [s for s in all_steps(steps) if isinstance(s, Apply) and s.outs]
    made = {groups.find(s.outs[0]): s.op.name for s in applied}
    recorded = _recorded(applied, groups)
    for root in sorted(bases, key=lambda root: root not in partial):
        if bases[root]:
            names.give(root, bases[root], "_", root in partial)
    for root, base in bases.items():
        if not base:
            word = recorded.get(root, "")
            names.give(root, word or _temporary(root, made.get(root, "")), "", not word)
    return names


def _recorded(applied: list[Apply], groups: Classes) -> dict[Var, str]:
    """What to call temporaries that are recorded, their records, and what is read from these."""
    makers = {s.outs[0]: s for s in applied} | groups.live.nested.made
    found: dict[Var, str] = {}
    for step in applied:
        value = step.args[1] if step.op in (PUSH, PUT) else None
        if not isinstance(value, Var) or value.hint:
            continue
        made = makers.get(value)
        word = found.get(groups.find(value)) or _word(made)
        if word:
            found[groups.find(value)] = word
        word = word or _read_of(made)
        if word:
            found[groups.find(step.outs[0])] = f"{word}_rec"
    words = {word for word in found.values() if not word.endswith("_rec")}
    for step in applied:
        if step.op.name == "getitem" and isinstance(step.args[0], Var):
            word = found.get(groups.find(step.args[0]), "").removesuffix("_rec")
            if word in words or word.endswith("_rec"):
                found[groups.find(step.outs[0])] = word
    return found


def _read_of(made: Apply | None) -> str:
    """The name of the array that a value is read from."""
    first = made.args[0] if made is not None and made.op.name == "getitem" else None
    return _identifier(first.hint) if isinstance(first, Var) else ""


WORDS = {"add": "total", "subtract": "difference", "multiply": "product", "divide": "quotient",
         "matmul": "product", "power": "power", "sum": "total"}  # fmt: skip


def _word(made: Apply | None) -> str:
    """A word for what an operation makes: sin, product."""
    if made is None or made.op.name in ("getitem", "call", "transpose", "extent", "length"):
        return ""
    word = getattr(made.op, "path", "").rpartition(".")[2]
    return WORDS.get(made.op.name, word if _identifier(word) else "")


def _appearing(function: Function, steps: Steps) -> Iterator[Var]:
    if not function.inputs:
        yield from function.params
    for step in all_steps(steps):
        yield from targets(step)


def _spelling(members: list[Var]) -> str:
    """The spelling most members ask for."""
    hints = Counter(text for v in members if (text := _identifier(v.hint)))
    return hints.most_common(1)[0][0] if hints else ""


def _identifier(hint: str) -> str:
    text = re.sub(r"\W+", "_", hint).strip("_") if not hint.isidentifier() else hint
    return text if text.isidentifier() else ""


def _temporary(var: Var, made_by: str) -> str:
    """A short name for what has none: n counts, test and mask are truth values, rec a record."""
    if made_by in ("extent", "length"):
        return "n"
    if isinstance(var.type, (Scalar, Array)) and var.type.dtype == "bool":
        return "mask" if isinstance(var.type, Array) else "test"
    return "rec" if isinstance(var.type, ListOf) else "t"


BUILTINS = {
    *("abs", "bool", "complex", "float", "format", "int", "len", "list", "max", "min", "range"),
    *("repr", "reversed", "round", "slice", "str", "sum", "tuple", "pow", "divmod", "print"),
}


def builtins_named(steps: Iterable[Apply]) -> set[str]:
    """Builtins that print may need: locals keep away from them."""
    found = set(BUILTINS)
    for step in steps:
        path = getattr(step.op, "path", "")
        if path and hasattr(builtins, path):
            found.add(path)
    return found
