"""Steps as Python statements: blocks, the comments in them, and control flow.

Applications are in `actions`, moves in `assignments`, what several steps make together in `idioms`.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace

from srcdiff.emit.actions import Stmts, apply
from srcdiff.emit.around import Expr, call
from srcdiff.emit.assignments import assignments
from srcdiff.emit.drawn import drawn, filled
from srcdiff.emit.expressions import Printer, type_of
from srcdiff.emit.idioms import idiom
from srcdiff.emit.liveness import Liveness
from srcdiff.emit.memory import Ownership
from srcdiff.emit.naming import Names
from srcdiff.emit.nest import Steps
from srcdiff.emit.origins import mark
from srcdiff.emit.source import Comment
from srcdiff.emit.steps import (
    EMPTY,
    FILLED,
    Branch,
    Break,
    Loop,
    Move,
    Return,
    Step,
    all_steps,
    partly_bound,
)
from srcdiff.emit.unbound import given_none, may_be_none
from srcdiff.errors import Span
from srcdiff.ir.core import Apply, Arg, Const, Function, Range, Var
from srcdiff.ir.types import ListOf


@dataclass
class Writer:
    """The statements of one function.

    flat:   results as a plain tuple: the function is called by generated code only
    noted:  the user's line that the last comment is about
    quiet:  no comments: there is no adjoint, every line has its tangent beside it
    read:   the variables that are read at all
    made:   those that an application gives its value, and the parameters
    """

    function: Function
    live: Liveness
    names: Names
    owned: Ownership
    printer: Printer
    flat: bool = False
    noted: int = 0
    quiet: bool = False
    read: set[Var] = field(default_factory=set)
    made: set[Var] = field(default_factory=set)
    partial: set[Var] = field(default_factory=set)
    given_none: set[Var] = field(default_factory=set)
    may_be_none: set[Var] = field(default_factory=set)
    filled: dict[Var, Loop] = field(default_factory=dict)
    depth: int = 1

    def __post_init__(self) -> None:
        steps = self.live.nested.steps
        self.quiet = any(p.hint.startswith("d_") for p in self.function.params)
        self.read = {v for step in all_steps(steps) for v in self.live.nested.read_by(step)}
        applied = (step for step in all_steps(steps) if isinstance(step, Apply))
        self.made = {*self.function.params, *self.live.nested.made}
        self.made.update(out for step in applied for out in step.outs)
        self.partial = partly_bound(steps)
        self.filled = filled(steps)
        self.given_none = given_none(steps, self.names.same)
        self.may_be_none = may_be_none(steps, self.given_none)

    def expr(self, arg: Arg) -> Expr:
        return self.printer.expr(arg)

    def assign(self, var: Var, value: Expr) -> ast.stmt:
        return ast.Assign([self.target(var)], value, lineno=0)

    def target(self, var: Var | None) -> ast.Name:
        """The name to assign; _ for what nobody reads."""
        return ast.Name("_" if var is None else self.names(var), ast.Store())

    # --- blocks and the comments in them ---

    def block(self, steps: Steps) -> Stmts:
        made: Stmts = []
        place = 0
        while place < len(steps):
            taken, known = idiom(self, steps[place:])
            made += self.commented(steps[place], known)
            place += taken
        return made

    def commented(self, step: Step, known: Stmts | None) -> Stmts:
        """The statements of a step; the first of those that belong to one line says to which."""
        before = self.noted
        note = self.note(step)
        made = self.step(step) if known is None else known
        if not made:
            self.noted = before
        first = self.origin(step)
        mark(made, first.at, first.adjoint)
        return [*note, *made] if made else []

    def note(self, step: Step) -> Stmts:
        """A comment, if the step is the first of the adjoint of a line."""
        if isinstance(step, (Move, Break)) or _is_record(step):
            return []
        made = self.returned_first(step) if isinstance(step, Return) else step
        line = made.at.line
        if not made.adjoint:
            self.noted = 0
        if not made.adjoint or self.quiet or not line or line == self.noted or not made.at.text():
            return []
        self.noted = line
        return [Comment(f"# adjoint of line {line}{self.place(made.at)}: {made.at.text()}")]

    def returned_first(self, step: Return) -> Step:
        """The adjoint that a return ends with, if it makes one."""
        made = [self.live.nested.made.get(v) for v in step.values if isinstance(v, Var)]
        return next((m for m in made if m is not None and m.adjoint), step)

    def origin(self, step: Step) -> Step:
        """What a statement is about: a return is about the values that are made in it."""
        if not isinstance(step, Return):
            return step
        made = [self.live.nested.made.get(v) for v in step.values if isinstance(v, Var)]
        first = self.returned_first(step)
        return first if first is not step else next((m for m in made if m is not None), step)

    def place(self, at: Span) -> str:
        """The function of a line, where it is not the one that is differentiated."""
        elsewhere = at.function.isidentifier() and not self.function.name.startswith(at.function)
        return f" of {at.function}" if elsewhere else ""

    def step(self, step: Step) -> Stmts:
        """The statements of a step."""
        if isinstance(step, Apply):
            return apply(self, step)
        if isinstance(step, Move):
            return assignments(self, step)
        if isinstance(step, Branch):
            return self.branch(step)
        if isinstance(step, Loop):
            return self.loop(step)
        return [ast.Break()] if isinstance(step, Break) else self.returned(step)

    # --- control flow ---

    def branch(self, step: Branch) -> Stmts:
        before = self.noted
        then, after_then = self.inner(step.then), self.noted
        self.noted = before
        orelse = self.inner(step.orelse)
        if after_then != self.noted:
            self.noted = 0 if orelse else after_then
        return self.joined(step, then, orelse)

    def joined(self, step: Branch, then: Stmts, orelse: Stmts) -> Stmts:
        """`if` with its sides; what follows a side that leaves needs no `else`."""
        if not then and not orelse:
            return []
        if not then:
            return [ast.If(self.printer.negation(step.test), orelse, [])]
        if orelse and _leaves(then):
            return [ast.If(self.printer.test(step.test), then, []), *orelse]
        if orelse and _leaves(orelse) and len(orelse) <= 2:
            return [ast.If(self.printer.negation(step.test), orelse, []), *then]
        return [ast.If(self.printer.test(step.test), then, _chained(orelse))]

    def loop(self, step: Loop) -> Stmts:
        if step.over is not None:
            lists = drawn(self, step, self.depth)
            if lists is not None:
                body = self.inner(step.body[lists.steps :]) or [ast.Pass()]
                return [ast.For(lists.target, lists.over, body, [], lineno=0)]
            body = self.inner(step.body) or [ast.Pass()]
            over = step.over if step.item in self.read else replace(step.over, backward=False)
            return [ast.For(self.item(step), self.range(over), body, [], lineno=0)]
        head = self.inner(step.head)
        if not head:
            test = self.printer.test(step.test)
            return [ast.While(test, self.inner(step.body) or [ast.Pass()], [])]
        stop = ast.If(self.printer.negation(step.test), [ast.Break()], [])
        return [ast.While(ast.Constant(True), [*head, stop, *self.inner(step.body)], [])]

    def inner(self, steps: Steps) -> Stmts:
        """The statements of a block inside a statement."""
        self.depth += 1
        made = self.block(steps)
        self.depth -= 1
        return made

    def item(self, loop: Loop) -> ast.Name:
        return self.target(loop.item if loop.item in self.read else None)

    def range(self, over: Range) -> Expr:
        parts: list[Arg] = [over.start, over.stop, over.step]
        if over.step == Const(1):
            parts.pop()
            if over.start == Const(0):
                parts.pop(0)
        made = call(self.printer.around.builtin("range"), *(self.expr(p) for p in parts))
        return call(self.printer.around.builtin("reversed"), made) if over.backward else made

    def count(self, over: Range) -> Expr:
        """How many rounds a loop makes."""
        if over.start == Const(0) and over.step == Const(1):
            return self.expr(over.stop)
        forward = Range(over.start, over.stop, over.step)
        return call(self.printer.around.builtin("len"), self.range(forward))

    # --- results ---

    def returned(self, step: Return) -> Stmts:
        copies = self.owned.returned.get(step, set())
        leaves = [
            self.copied(v) if place in copies else self.expr(v)
            for place, v in enumerate(step.values)
        ]
        if not self.flat:
            return [ast.Return(self.printer.tree(self.function.output, leaves))]
        return [ast.Return(leaves[0] if len(leaves) == 1 else ast.Tuple(leaves, ast.Load()))]

    def copied(self, value: Arg) -> Expr:
        """A copy of a result; what some path leaves without a value stays None."""
        assert isinstance(value, Var)
        copied = self.printer.copy(value.type, self.expr(value))
        if value not in self.partial:
            return copied
        missing = ast.Compare(self.expr(value), [ast.Is()], [ast.Constant(None)])
        return ast.IfExp(missing, ast.Constant(None), copied)


def _is_record(step: Step) -> bool:
    """Whether the step makes or reads a record: it belongs to no line."""
    if not isinstance(step, Apply):
        return False
    reads = step.op.name == "getitem" and isinstance(type_of(step.args[0]), ListOf)
    return reads or step.op in (EMPTY, FILLED)


def _leaves(stmts: Stmts) -> bool:
    """Whether what follows the statements is not reached."""
    last = stmts[-1]
    if isinstance(last, ast.If) and last.orelse:
        return _leaves(last.body) and _leaves(last.orelse)
    return isinstance(last, (ast.Break, ast.Return, ast.Raise))


def _chained(orelse: Stmts) -> Stmts:
    """`elif` needs the inner `if` to stand alone: a comment on it gives way."""
    if len(orelse) == 2 and isinstance(orelse[0], Comment) and isinstance(orelse[1], ast.If):
        return orelse[1:]
    return orelse
