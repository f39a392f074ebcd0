"""What a reverse sweep decided: what is recorded where and why, what is recomputed, what is inactive.

Taken down while the sweep is made, shown by `explain` of a derivative.
"""

from __future__ import annotations

import ast
import contextlib
import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from srcdiff.analysis.activity import Activity
from srcdiff.errors import NOWHERE, Span
from srcdiff.ir.core import (
    Apply,
    Block,
    For,
    Function,
    If,
    Stmt,
    Var,
    While,
)
from srcdiff.ir.types import Type, differentiable
from srcdiff.ir.walk import regions, statements, variables
from srcdiff.ops.spelling import INFIX, expression, type_in_words


@dataclass(frozen=True)
class Value:
    """A value of the program, and where it is made; `reader` is the line whose adjoint needs it."""

    name: str
    type: Type
    at: Span
    reader: Span = NOWHERE
    reason: str = ""


@dataclass(frozen=True)
class Loop:
    """What the reverse of one loop needs of its forward run."""

    at: Span
    recorded: tuple[Value, ...]
    recomputed: tuple[Value, ...]
    kept: tuple[Value, ...]  # of a branch: handed out of it
    states: tuple[Value, ...] = ()  # of a checkpointed loop: what a snapshot holds
    restored: tuple[Value, ...] = ()  # arrays in which what was overwritten is put back


@dataclass
class Decisions:
    """All that was decided for one derivative."""

    loops: list[Loop] = field(default_factory=list)
    inactive: list[Value] = field(default_factory=list)
    inside: dict[Var, Value] = field(default_factory=dict)  # handed out of a branch

    def add(self, others: Decisions) -> None:
        """Take over what was decided apart."""
        self.loops += others.loops
        self.inactive += others.inactive
        self.inside.update(others.inside)

    def loop(
        self,
        stmt: For | While,
        adjoint: Block,
        recorded: Iterable[Var],
        again: Iterable[Apply],
        restored: Iterable[Var],
    ) -> None:
        """Take down the plan for a loop."""
        made, readers = _made(stmt.body), _readers(adjoint)

        def value(var: Var) -> Value:
            return self.inside.get(var) or _value(var, made, readers)

        self.loops.append(
            Loop(
                stmt.at,
                tuple(map(value, recorded)),
                tuple(value(o) for s in again for o in s.outs),
                (),
                restored=tuple(Value(v.hint, v.type, stmt.at) for v in restored),
            )
        )

    def checkpointed(self, stmt: For, states: Iterable[Var]) -> None:
        """Take down what a snapshot of a loop holds."""
        values = tuple(Value(v.hint, v.type, stmt.at) for v in states)
        self.loops.append(Loop(stmt.at, (), (), (), values))

    def branch(self, stmt: If, then: Block, orelse: Block, new: If) -> None:
        """Take down what a branch hands out for the reverse sweep."""
        made = _made(stmt.then) | _made(stmt.orelse)
        readers = _readers(then) | _readers(orelse)
        count = len(stmt.outs)
        pairs = zip(new.then.results[count:], new.orelse.results[count:])
        kept = []
        for out, sides in zip(new.outs[count:], pairs):
            inner = next((v for v in sides if isinstance(v, Var) and v in made), out)
            self.inside[out] = _value(inner, made, readers | {inner: stmt.at})
            kept.append(self.inside[out])
        if kept:
            self.loops.append(Loop(stmt.at, (), (), tuple(kept)))

    def activity(self, function: Function, active: Activity, inputs: str) -> None:
        """Take down the user's variables that carry no derivative."""
        seen: set[tuple[str, Span]] = set()
        for param in function.params:
            if param.hint and param not in active:
                reason = _reason(param, active, inputs)
                self.inactive.append(Value(param.hint, param.type, NOWHERE, reason=reason))
        for stmt in statements(function.body):
            for out in stmt.outs:
                if not out.hint or out in active or (out.hint, stmt.at) in seen:
                    continue
                seen.add((out.hint, stmt.at))
                self.inactive.append(
                    Value(out.hint, out.type, stmt.at, reason=_reason(out, active, inputs))
                )


def _reason(var: Var, active: Activity, inputs: str) -> str:
    if not differentiable(var.type):
        return f"it is {type_in_words(var.type)}"
    if var not in active.varied:
        return f"it does not depend on {inputs}"
    return "the result does not depend on it"


MOST = 60  # characters of an expression that stands for a value without a name
Made = dict[Var, tuple[Span, str]]


def _made(block: Block) -> Made:
    """Where every value of a block is made, and how."""
    found: Made = {}
    known = {o: s for s in statements(block) if isinstance(s, Apply) for o in s.outs}
    texts: dict[Var, str] = {}
    for stmt in statements(block):
        how = _short(_how(stmt, known, texts)) if isinstance(stmt, Apply) else _collected(stmt)
        found.update(dict.fromkeys(stmt.outs, (stmt.at, how)))
        for region in regions(stmt):
            found.update(dict.fromkeys(region.params, (stmt.at, "")))
    return found


def _how(stmt: Apply, known: Mapping[Var, Apply], texts: dict[Var, str]) -> str:
    """An application in the user's names: x[i], math.sin(x), (a - b) / c.

    Applications inside it are spelled once each, in `texts`, as far as will be shown.
    """

    def name(var: Var) -> str:
        inner = known.get(var)
        if var.hint or inner is None or inner is stmt:
            return var.hint or "..."
        if var not in texts:
            text = _how(inner, known, texts)
            grouped = inner.op.name in INFIX or inner.op.name == "negative"
            texts[var] = (f"({text})" if grouped else text)[: 2 * MOST]
        return texts[var]

    return expression(stmt, name)


@functools.lru_cache(4096)
def _short(text: str) -> str:
    """The expression with no more parentheses than it needs, and cut where it is long."""
    with contextlib.suppress(SyntaxError):  # a write: A with [i] = x
        text = ast.unparse(ast.parse(text, mode="eval"))
    return text if len(text) <= MOST else f"{text[: MOST - 3]}..."


def _collected(stmt: Stmt) -> str:
    """What stands for a value that a loop inside makes: its record."""
    return f"what line {stmt.at.line} records" if isinstance(stmt, (For, While)) else ""


def _readers(adjoint: Block) -> dict[Var, Span]:
    """The first statement of an adjoint block that reads each value."""
    found: dict[Var, Span] = {}
    for stmt in _all(adjoint):
        if isinstance(stmt, Apply):
            for var in variables(stmt.args):
                found.setdefault(var, stmt.at)
    return found


def _all(block: Block) -> Iterator[Stmt]:
    yield from statements(block)


def _value(var: Var, made: Made, readers: dict[Var, Span]) -> Value:
    at, how = made.get(var, (NOWHERE, ""))
    return Value(var.hint or how, var.type, at, readers.get(var, NOWHERE))


# --- as text ------------------------------------------------------------------------------------


def shown(decisions: Decisions, title: str) -> str:
    """The decisions as text, in the order of the program."""
    lines = [title]
    for loop in sorted(decisions.loops, key=lambda one: one.at.line):
        place = f"line {loop.at.line}: {loop.at.text()}" if loop.at.line else "a loop"
        for values, what in (
            (loop.recorded, "recorded, one entry per round"),
            (loop.recomputed, "recomputed"),
            (loop.restored, "put back as it was, round by round"),
            (loop.kept, "kept for the reverse sweep"),
            (loop.states, "kept at some steps, computed again between them"),
        ):
            lines += [f"  {what} ({place})"] if values else []
            lines += dict.fromkeys(f"    {_spelled(v)}" for v in values)
    if not any(one.recorded or one.kept or one.states for one in decisions.loops):
        lines.append(
            "  nothing is recorded: every value that the reverse sweep needs is still there"
        )
    if decisions.inactive:
        lines.append("  without a derivative")
        lines += [f"    {_where(v)}: {v.reason}" for v in decisions.inactive]
    return "\n".join(lines)


def _where(v: Value) -> str:
    name = v.name or "a value"
    return f"{name} (line {v.at.line})" if v.at.line else name


def _spelled(v: Value) -> str:
    """One value: its name or how it is made, its type, and what needs it."""
    needed = f"; the adjoint of line {v.reader.line} needs it" if v.reader.line else ""
    if v.name.startswith("what line"):
        return f"{v.name}{needed}"
    return f"{_where(v)}, {type_in_words(v.type)}{needed}"
