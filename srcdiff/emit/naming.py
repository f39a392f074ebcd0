"""Names for values: which share one, and what it is.

Values that a copy or a change in place connects share a name when they are never alive together. A
name is the user's where there is one; `b_x` is the cotangent of x; temporaries are t, t1, ...
"""

from __future__ import annotations

import builtins
import keyword
from collections import Counter
from dataclasses import dataclass, field

from srcdiff.emit.liveness import Liveness
from srcdiff.emit.ownership import ADDING, CHANGING
from srcdiff.emit.plan import Branch, Item, Line, Loop, Plan
from srcdiff.ir.core import UNDEFINED, Apply, Const, For, Input, Var, While
from srcdiff.ir.walk import carried_params, carried_results


@dataclass
class Classes:
    """Variables that share a name: a union-find with the conflicts of each class."""

    live: Liveness
    parent: dict[Var, Var] = field(default_factory=dict)
    members: dict[Var, list[Var]] = field(default_factory=dict)

    def find(self, var: Var) -> Var:
        while (up := self.parent.get(var, var)) is not var:
            var = up
        return var

    def of(self, var: Var) -> list[Var]:
        return self.members.get(var, [var])

    def conflict(self, a: Var, b: Var) -> bool:
        left, right = self.of(a), set(self.of(b))
        return any(not right.isdisjoint(self.live.conflicts.get(v, ())) for v in left)

    def join(self, a: Var, b: Var, force: bool = False) -> bool:
        """Let two variables share a name, unless they are alive together."""
        a, b = self.find(a), self.find(b)
        if a is b:
            return True
        if not force and self.conflict(a, b):
            return False
        self.parent[b] = a
        self.members[a] = [*self.of(a), *self.of(b)]
        return True

    def same(self, a: Var, b: Var) -> bool:
        return self.find(a) is self.find(b)


def classes(plan: Plan, live: Liveness) -> Classes:
    """Which variables share a name."""
    found = Classes(live)
    _forced(plan.items, found)
    params = set(plan.function.params)
    wishes: list[tuple[Var, Var]] = []
    _wishes(plan.items, wishes)
    for a, b in wishes:
        if a in params and b in params:
            continue
        found.join(a, b)
    return found


def _forced(items: tuple[Item, ...], found: Classes) -> None:
    for item in items:
        if isinstance(item, Branch):
            _forced((*item.then, *item.orelse), found)
        elif isinstance(item, Loop):
            stmt = item.stmt
            for k, param in enumerate(carried_params(stmt)):
                found.join(stmt.outs[k], param, force=True)
                if isinstance(stmt, While):
                    found.join(stmt.outs[k], stmt.test.params[k], force=True)
            _forced((*item.test, *item.body), found)


def _wishes(items: tuple[Item, ...], wishes: list[tuple[Var, Var]]) -> None:
    """Pairs that would save a copy, the most wanted first within each statement."""
    for item in items:
        if isinstance(item, Line):
            stmt = item.stmt
            if stmt.op.name in (*CHANGING, *ADDING) and isinstance(stmt.args[0], Var):
                wishes.append((stmt.args[0], stmt.outs[0]))
                if stmt.op.name == "add" and isinstance(stmt.args[1], Var):
                    wishes.append((stmt.args[1], stmt.outs[0]))
        elif isinstance(item, Branch):
            _wishes((*item.then, *item.orelse), wishes)
            for region in (item.stmt.then, item.stmt.orelse):
                wishes += [(r, o) for o, r in zip(item.stmt.outs, region.results) if isinstance(r, Var)]
        elif isinstance(item, Loop):
            _wishes((*item.test, *item.body), wishes)
            pairs = zip(item.stmt.outs, carried_results(item.stmt))
            wishes += [(r, o) for o, r in pairs if isinstance(r, Var)]
            wishes += [(a, o) for o, a in zip(item.stmt.outs, item.stmt.inits) if isinstance(a, Var)]


RESERVED = {"np", "math", *keyword.kwlist, *keyword.softkwlist}


@dataclass
class Names:
    """The names of a function's stored variables."""

    groups: Classes
    taken: dict[str, list[Var]] = field(default_factory=dict)
    names: dict[Var, str] = field(default_factory=dict)
    alone: set[str] = field(default_factory=set)

    def __call__(self, var: Var) -> str:
        return self.names[self.groups.find(var)]

    def give(self, var: Var, base: str, exclusive: bool = False, temporary: bool = False) -> None:
        """A name for a class: the base, or the base with a number."""
        root = self.groups.find(var)
        if root in self.names:
            return
        number = 0
        while True:
            name = base if not number else f"{base}{number}" if temporary else f"{base}_{number}"
            if self.free(name, root, exclusive or temporary):
                break
            number += 1
        self.names[root] = name
        self.taken.setdefault(name, []).append(root)
        if exclusive or temporary:
            self.alone.add(name)

    def free(self, name: str, root: Var, exclusive: bool) -> bool:
        if name in RESERVED or name in self.alone:
            return False
        others = self.taken.get(name)
        if others is None:
            return True
        return not exclusive and not any(self.groups.conflict(root, other) for other in others)


def assign_names(plan: Plan, groups: Classes, reserved: set[str], inputs: tuple[Input, ...]) -> Names:
    """A name for every stored variable, in the order of first appearance."""
    names = Names(groups)
    names.alone |= reserved
    partial = _partly_undefined(plan.items, groups)
    plain = {i.tree.index: i.name for i in inputs if i.tree.kind == "leaf"}
    for index, name in plain.items():
        param = plan.function.params[index]
        root = groups.find(param)
        names.names[root] = name
        names.taken.setdefault(name, []).append(root)
    for i in inputs:
        if i.tree.kind != "leaf":
            names.alone.add(i.name)
    for var in _order(plan):
        root = groups.find(var)
        if root in names.names:
            continue
        base = _base(groups.of(root))
        if base:
            names.give(root, base, exclusive=root in partial)
        else:
            names.give(root, "t", temporary=True)
    return names


def _base(members: list[Var]) -> str:
    hints = Counter(v.hint for v in members if v.hint)
    if not hints:
        return ""
    best = hints.most_common(1)[0][0]
    base = best.replace(".", "_")
    if not base.isidentifier() or base == "_":
        return ""
    return base + "_" if base in RESERVED or hasattr(builtins, base) and base in _SHADOWED else base


_SHADOWED = {"sum", "len", "range", "list", "float", "int", "bool", "abs", "max", "min", "reversed",
             "zip", "tuple", "dict", "str", "format", "repr", "print", "type", "object", "round"}  # fmt: skip


def _partly_undefined(items: tuple[Item, ...], groups: Classes) -> set[Var]:
    """Classes one of whose members is left unbound on some path."""
    found: set[Var] = set()
    for item in items:
        if isinstance(item, Branch):
            for out, a, b in zip(item.stmt.outs, item.stmt.then.results, item.stmt.orelse.results):
                if any(isinstance(x, Const) and x.value is UNDEFINED for x in (a, b)):
                    found.add(groups.find(out))
            found |= _partly_undefined((*item.then, *item.orelse), groups)
        elif isinstance(item, Loop):
            for out, init in zip(item.stmt.outs, item.stmt.inits):
                if isinstance(init, Const) and init.value is UNDEFINED:
                    found.add(groups.find(out))
            found |= _partly_undefined((*item.test, *item.body), groups)
    return found


def _order(plan: Plan) -> list[Var]:
    found: list[Var] = list(plan.function.params)
    _appear(plan.items, found)
    return found


def _appear(items: tuple[Item, ...], found: list[Var]) -> None:
    for item in items:
        if isinstance(item, Line):
            found += item.stmt.outs
        elif isinstance(item, Branch):
            _appear((*item.then, *item.orelse), found)
            found += item.stmt.outs
        elif isinstance(item, Loop):
            stmt = item.stmt
            found += stmt.outs
            if isinstance(stmt, For):
                found.append(stmt.body.params[0])
            _appear((*item.test, *item.body), found)


__all__ = ["Apply", "Names", "assign_names", "classes"]
