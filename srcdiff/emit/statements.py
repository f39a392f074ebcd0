"""Steps as Python statements, one function per kind of step; STATEMENTS is the index of operations
that are statements.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from srcdiff.emit.around import Expr, attribute, call, name
from srcdiff.emit.expressions import Printer, reached, subscript, type_of, zeros
from srcdiff.emit.liveness import Liveness
from srcdiff.emit.naming import Names, partly_bound
from srcdiff.emit.nest import ACCESS, Steps
from srcdiff.emit.ownership import Ownership, is_addition
from srcdiff.emit.source import Comment
from srcdiff.emit.steps import (
    EMPTY,
    FILLED,
    PUSH,
    PUT,
    Branch,
    Break,
    Loop,
    Move,
    Return,
    Step,
    all_steps,
    arguments,
    blocks,
    is_missing,
)
from srcdiff.errors import Span
from srcdiff.ir.core import UNDEFINED, Apply, Arg, Atom, Const, Cut, Function, Pack, Range, Var
from srcdiff.ir.types import Array, ListOf, Scalar
from srcdiff.ir.walk import variables
from srcdiff.ops import runtime
from srcdiff.ops.table import Row

Stmts = list[ast.stmt]
WIDEST_COMPREHENSION = 60


@dataclass
class Writer:
    """The statements of one function."""

    function: Function
    live: Liveness
    names: Names
    owned: Ownership
    printer: Printer
    flat: bool = False  # results as a plain tuple: the function is called by generated code only
    noted: int = 0  # the user's line the last comment is about
    read: set[Var] = field(default_factory=set)
    partial: set[Var] = field(default_factory=set)
    bound: set[Var] = field(default_factory=set)

    is_tangent: bool = False  # no adjoint: each line has its tangent beside it

    def __post_init__(self) -> None:
        self.is_tangent = any(p.hint.startswith("d_") for p in self.function.params)
        steps = self.live.nested.steps
        self.read = {v for step in all_steps(steps) for v in self.live.nested.read_by(step)}
        self.partial = partly_bound(steps)
        self.bound = _bound(steps, self.partial, self.names)
        self.nothing = _may_be_none(steps, self.bound)

    def expr(self, arg: Arg) -> Expr:
        return self.printer.expr(arg)

    def assign(self, var: Var, value: Expr) -> ast.stmt:
        return ast.Assign([self.target(var)], value, lineno=0)

    def target(self, var: Var) -> ast.Name:
        return ast.Name(self.names(var), ast.Store())

    # --- blocks and the comments in them ---

    def block(self, steps: Steps) -> Stmts:
        made: Stmts = []
        place = 0
        while place < len(steps):
            taken, known = self.together_with(steps[place:])
            made += self.commented(steps[place], known)
            place += taken
        return made

    def together_with(self, steps: Steps) -> tuple[int, Stmts | None]:
        """How many steps from here make one statement, and which, if there is a word for several."""
        listed = self.comprehension(*steps[:2]) if len(steps) > 1 else None
        if listed is not None:
            return 2, listed
        unpacked = self.unpacking(steps)
        return (len(unpacked), [self.unpacked(unpacked)]) if unpacked else (1, None)

    def commented(self, step: Step, known: Stmts | None = None) -> Stmts:
        """The statements of a step; the first of those that belong to one line says to which."""
        before = self.noted
        note = self.note(step)
        made = self.step(step) if known is None else known
        if not made:
            self.noted = before
        return [*note, *made] if made else []

    def note(self, step: Step) -> Stmts:
        if isinstance(step, (Move, Break)) or _is_new_list(step):
            return []
        at = step.at
        if not step.adjoint or not at.line or self.is_tangent:
            self.noted = 0 if not step.adjoint else self.noted
            return []
        if at.line == self.noted or not at.text():
            return []
        self.noted = at.line
        text = f"# adjoint of line {at.line}{self.place(at)}: {at.text()}"
        return [Comment(text)]

    def place(self, at: Span) -> str:
        """The function of a line, where it is not the one that is differentiated."""
        elsewhere = at.function.isidentifier() and not self.function.name.startswith(at.function)
        return f" of {at.function}" if elsewhere else ""

    def step(self, step: Step) -> Stmts:
        if isinstance(step, Apply):
            return self.apply(step)
        if isinstance(step, Move):
            return self.move(step)
        if isinstance(step, Branch):
            return self.branch(step)
        if isinstance(step, Loop):
            return self.loop(step)
        return [ast.Break()] if isinstance(step, Break) else self.returned(step)

    # --- applications ---

    def apply(self, step: Apply) -> Stmts:
        special = STATEMENTS.get(step.op.name)
        if special is not None:
            return special(self, step)
        alive = self.live.after[step]
        if not step.op.effect and step.outs and alive.isdisjoint(step.outs):
            return []
        added = self.added(step, step.outs[0]) if len(step.outs) == 1 else None
        return [added or self.result(step)]

    def result(self, step: Apply) -> ast.stmt:
        value = self.printer.apply(step)
        alive = self.live.after[step]
        shown = [self.target(o) if o in alive else ast.Name("_", ast.Store()) for o in step.outs]
        if len(shown) == 1:
            return ast.Assign([shown[0]], value, lineno=0)
        if not shown:
            return ast.Expr(value)
        return ast.Assign([ast.Tuple(list(shown), ast.Store())], value, lineno=0)

    def added(self, step: Apply, out: Var) -> ast.stmt | None:
        """x += v, for numbers, and for arrays that are owned."""
        if isinstance(out.type, Scalar):
            if not is_addition(step, self.names, out):
                return self.added_second(step, out)
        elif step not in self.owned.in_place:
            return None
        assert isinstance(step.op, Row) and step.op.symbol is not None
        return ast.AugAssign(self.target(out), step.op.symbol(), self.expr(step.args[1]))  # type: ignore[arg-type]

    def added_second(self, step: Apply, out: Var) -> ast.stmt | None:
        """x = v + x is x += v too."""
        if step.op.name not in ("add", "multiply") or not isinstance(step.op, Row):
            return None
        turned = Apply((out,), step.op, (step.args[1], step.args[0]))
        first = step.args[0]
        if not is_addition(turned, self.names, out) or not isinstance(type_of(first), Scalar):
            return None
        assert step.op.symbol is not None
        return ast.AugAssign(self.target(out), step.op.symbol(), self.expr(first))  # type: ignore[arg-type]

    def ours(self, step: Apply) -> Stmts:
        """Make the name of the result hold memory that may be changed."""
        first, out = step.args[0], step.outs[0]
        value = self.expr(first)
        if step not in self.owned.in_place:
            shallow = isinstance(out.type, ListOf)
            copied = (
                call(self.printer.around.builtin("list"), value)
                if shallow
                else call(attribute(value, "copy"))
            )
            return [self.assign(out, copied)]
        assert isinstance(first, Var)
        return [] if self.names.same(first, out) else [self.assign(out, value)]

    def store(self, out: Var, index: Arg, v: Arg) -> ast.stmt:
        """out[index] += v"""
        owner, value = name(self.names(out)), self.expr(v)
        place = subscript(self.printer, owner, index)
        if isinstance(out.type, ListOf) and not self.is_number(out.type, index):
            total: Expr = ast.BinOp(place, ast.Add(), value)
            if isinstance(index, Cut) or isinstance(out.type.element, ListOf):
                total = call(self.printer.around.helper(runtime.add_lists), place, value)
            target = subscript(self.printer, name(self.names(out)), index)
            return ast.Assign([target], total, lineno=0)
        if not isinstance(out.type, ListOf) and may_repeat(index):
            at = self.printer.around.dotted("np.add.at")
            return ast.Expr(call(at, owner, self.place_of(index), value))
        return ast.AugAssign(place, ast.Add(), value)

    def is_number(self, type: ListOf, index: Arg) -> bool:
        """Whether a list holds one number at the index: entries that are arrays are not changed."""
        return isinstance(type.element, Scalar) and not isinstance(index, Cut)

    def place_of(self, index: Arg) -> Expr:
        """An index as a value."""
        if isinstance(index, Pack) and any(isinstance(i, Cut) for i in index.items):
            return subscript(self.printer, self.printer.around.dotted("np.s_"), index)
        return self.expr(index)

    # --- moves ---

    def move(self, step: Move) -> Stmts:
        """The assignments that are left of a move: one after another where that is the same."""
        alive = self.live.after[step]
        moves: dict[str, tuple[Var, Atom]] = {}
        for target, source in zip(step.targets, step.sources):
            if target in alive and not self.is_idle(step, target, source):
                moves.setdefault(self.names(target), (target, source))
        pending = [Copy(n, t, s, self.names_in(s)) for n, (t, s) in moves.items()]
        made: Stmts = []
        while pending:
            first = next(
                (m for m in pending if not any(m.name in o.reads for o in pending if o is not m)),
                None,
            )
            if first is None:
                return [*made, self.together(step, pending)]
            pending.remove(first)
            made.append(self.moved(step, first))
        return made

    def is_idle(self, step: Move, target: Var, source: Atom) -> bool:
        """Whether nothing is to be done: the value is there, or there is none."""
        if is_missing(source):
            return source != Const(UNDEFINED) or target not in self.bound
        if (
            not isinstance(source, Var)
            or source in self.live.nested.made
            or self.is_copied(step, target)
        ):
            return False
        return self.names.same(target, source)

    def is_copied(self, step: Move, target: Var) -> bool:
        return step.entry and target in self.owned.copied

    def names_in(self, source: Atom) -> set[str]:
        return {self.names(v) for v in self.live.nested.reads(source)}

    def moved(self, step: Move, move: Copy) -> ast.stmt:
        made = self.live.nested.made.get(move.source) if isinstance(move.source, Var) else None
        if made is not None and isinstance(move.target.type, Scalar):
            added = self.added(made, move.target)
            if added is not None:
                return added
        return self.assign(move.target, self.given(step, move))

    def given(self, step: Move, move: Copy) -> Expr:
        value = self.expr(move.source)
        return (
            self.printer.copy(move.target.type, value)
            if self.is_copied(step, move.target)
            else value
        )

    def together(self, step: Move, moves: list[Copy]) -> ast.stmt:
        """x, y = y, x"""
        shown: list[Expr] = [self.target(m.target) for m in moves]
        values = ast.Tuple([self.given(step, m) for m in moves], ast.Load())
        return ast.Assign([ast.Tuple(shown, ast.Store())], values, lineno=0)

    # --- control flow ---

    def branch(self, step: Branch) -> Stmts:
        noted = self.noted
        then = self.block(step.then)
        after, self.noted = self.noted, noted
        orelse = self.block(step.orelse)
        if not then and not orelse:
            return []
        self.noted = after if not orelse else 0 if after != self.noted else after
        if not then:
            return [ast.If(self.printer.negation(step.test), orelse, [])]
        if orelse and _leaves(then):
            return [ast.If(self.printer.test(step.test), then, []), *orelse]
        if orelse and _leaves(orelse) and len(orelse) <= 2:
            return [ast.If(self.printer.negation(step.test), orelse, []), *then]
        return [ast.If(self.printer.test(step.test), then, _chained(orelse))]

    def loop(self, step: Loop) -> Stmts:
        if step.over is not None:
            assert step.item is not None
            target = (
                self.target(step.item) if step.item in self.read else ast.Name("_", ast.Store())
            )
            body = self.block(step.body) or [ast.Pass()]
            return [ast.For(target, self.range(step.over), body, [], lineno=0)]
        head = self.block(step.head)
        if not head:
            test = self.printer.test(step.test)
            return [ast.While(test, self.block(step.body) or [ast.Pass()], [])]
        stop = ast.If(self.printer.negation(step.test), [ast.Break()], [])
        return [ast.While(ast.Constant(True), [*head, stop, *self.block(step.body)], [])]

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

    def comprehension(self, step: Step, following: Step) -> Stmts | None:
        """xs = [f(i) for i in range(n)], where a loop does nothing but stack."""
        if not isinstance(step, Apply) or step.op is not EMPTY or not isinstance(following, Loop):
            return None
        if len(following.body) != 1 or following.item is None or following.over is None:
            return None
        (push,) = following.body
        if not isinstance(push, Apply) or push.op is not PUSH or push.outs != step.outs:
            return None
        value = self.expr(push.args[1])
        if isinstance(push.args[1], Const) and not is_missing(push.args[1]):
            one = ast.List([value], ast.Load())
            times = ast.BinOp(one, ast.Mult(), self.count(following.over))
            return [self.assign(step.outs[0], times)]
        if is_missing(push.args[1]) or len(ast.unparse(value)) > WIDEST_COMPREHENSION:  # type: ignore[arg-type]
            return None
        read = following.item in self.read
        target = self.target(following.item) if read else ast.Name("_", ast.Store())
        clause = ast.comprehension(target, self.range(following.over), [], 0)
        return [self.assign(step.outs[0], ast.ListComp(value, [clause]))]

    def unpacking(self, steps: Steps) -> list[Apply]:
        """The accesses from here on, if they read all items of one argument."""
        first = steps[0]
        if not isinstance(first, Apply) or first.op is not ACCESS:
            return []
        start, path, siblings = (a.value for a in first.args if isinstance(a, Const))
        wanted = [(start, (*path[:-1], ("item", k))) for k in range(siblings)]
        found = [s for s in steps[:siblings] if isinstance(s, Apply) and s.op is ACCESS]
        reached = [tuple(a.value for a in s.args[:2] if isinstance(a, Const)) for s in found]
        return found if siblings > 1 and reached == wanted else []

    def unpacked(self, accesses: list[Apply]) -> ast.stmt:
        """a, b = p"""
        start, path = (a.value for a in accesses[0].args[:2] if isinstance(a, Const))
        shown: list[Expr] = [self.target(s.outs[0]) for s in accesses]
        owner = reached(self.printer, start, path[:-1])
        return ast.Assign([ast.Tuple(shown, ast.Store())], owner, lineno=0)

    def returned(self, step: Return) -> Stmts:
        copies = self.owned.returned.get(step, set())
        leaves = [self.expr(v) for v in step.values]
        for place in copies:
            value = step.values[place]
            assert isinstance(value, Var)
            leaves[place] = self.copied(value)
        if not self.flat:
            return [ast.Return(self.printer.tree(self.function.output, leaves))]
        return [ast.Return(leaves[0] if len(leaves) == 1 else ast.Tuple(leaves, ast.Load()))]

    def copied(self, value: Var) -> Expr:
        """A copy of a result; what some path leaves without a value stays None."""
        copied = self.printer.copy(value.type, self.expr(value))
        if value not in self.partial:
            return copied
        missing = ast.Compare(self.expr(value), [ast.Is()], [ast.Constant(None)])
        return ast.IfExp(missing, ast.Constant(None), copied)


@dataclass(frozen=True)
class Copy:
    """One assignment of a move, with the names its value reads."""

    name: str
    target: Var
    source: Atom
    reads: set[str]


def _bound(steps: Steps, partial: set[Var], names: Names) -> set[Var]:
    """Variables that get None where some path leaves them without a value.

    They are stored, passed or returned; or copied; or asked for in a loop, where the name would keep
    what an earlier round has given it.
    """
    moves = [s for s in all_steps(steps) if isinstance(s, Move)]
    pairs = [(t, s) for m in moves for t, s in zip(m.targets, m.sources)]
    kept: set[Var] = set()
    asked: set[Var] = set()
    for step in all_steps(steps):
        if isinstance(step, Return) or (isinstance(step, Apply) and step.op.name in KEEPING):
            kept.update(variables(arguments(step)))
        elif isinstance(step, Apply) and step.op.name == "require":
            asked.update(variables(step.args[:1]))
    kept |= {s for t, s in pairs if isinstance(s, Var) and s in partial and not names.same(s, t)}
    again = {t for t, s in _looped(steps, False) if s == Const(UNDEFINED)}
    return (_before(kept, pairs) & partial) | (_before(asked, pairs) & again)


def _before(wanted: set[Var], pairs: list[tuple[Var, Atom]]) -> set[Var]:
    """The variables, and those whose value moves into them."""
    found, count = set(wanted), -1
    while count != len(found):
        count = len(found)
        found |= {s for t, s in pairs if t in found and isinstance(s, Var)}
    return found


def _looped(steps: Steps, inside: bool) -> Iterator[tuple[Var, Atom]]:
    """What is moved inside loops."""
    for step in steps:
        if isinstance(step, Move) and inside:
            yield from zip(step.targets, step.sources)
        for block in blocks(step):
            yield from _looped(block, inside or isinstance(step, Loop))


KEEPING = ("append", "call", "list", PUSH.name, PUT.name)


def may_repeat(index: Arg) -> bool:
    """Whether an index may name an entry twice: it holds an array of integers."""
    if isinstance(index, Pack):
        return any(may_repeat(i) for i in index.items)
    if isinstance(index, Cut):
        return False
    if isinstance(index, Const):
        return not isinstance(index.value, (int, type(None), type(...), slice))
    kind = type_of(index)
    return kind.dtype != "bool" if isinstance(kind, Array) else not isinstance(kind, Scalar)


def _is_new_list(step: Step) -> bool:
    return isinstance(step, Apply) and step.op in (EMPTY, FILLED)


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


# --- operations that are statements ---------------------------------------------------------------


def _raise(w: Writer, s: Apply) -> Stmts:
    cause = s.args[2] if len(s.args) > 2 else Const(None)
    return [ast.Raise(w.printer.apply(s), None if cause == Const(None) else w.expr(cause))]


def _effect(w: Writer, s: Apply) -> Stmts:
    return [w.result(s)]


def _may_be_none(steps: Steps, bound: set[Var]) -> set[Var]:
    """Variables that may hold the None that stands for an unbound one."""
    moves = [step for step in all_steps(steps) if isinstance(step, Move)]
    found = set(bound)
    count = -1
    while len(found) != count:
        count = len(found)
        for move in moves:
            found |= {t for t, s in zip(move.targets, move.sources) if s in found}
    return found


def _require(w: Writer, s: Apply) -> Stmts:
    """Reading the name is enough, unless what has no value was given None."""
    value, spelling = s.args
    if isinstance(value, Var) and value not in w.nothing:
        return [ast.Expr(w.expr(value))]
    if not isinstance(value, Var) and value != Const(UNDEFINED):
        return []
    assert isinstance(spelling, Const)
    text = (
        f"cannot access local variable '{spelling.value}' where it is not associated with a value"
    )
    error = call(w.printer.around.builtin("UnboundLocalError"), ast.Constant(text))
    if not isinstance(value, Var):
        return [ast.Raise(error, None)]
    missing = ast.Compare(w.expr(value), [ast.Is()], [ast.Constant(None)])
    return [ast.If(missing, [ast.Raise(error, None)], [])]


def _append(w: Writer, s: Apply) -> Stmts:
    made = w.ours(s)
    grown = attribute(name(w.names(s.outs[0])), "append")
    return [*made, ast.Expr(call(grown, w.expr(s.args[1])))]


def _add_at(w: Writer, s: Apply) -> Stmts:
    _, index, v = s.args
    return [*w.ours(s), w.store(s.outs[0], index, v)]


def _scatter(w: Writer, s: Apply) -> Stmts:
    v, like, index = s.args
    out = s.outs[0]
    made = [w.assign(out, zeros(w.printer, out.type, like))]
    if not isinstance(out.type, ListOf) and may_repeat(index):
        return [*made, w.store(out, index, v)]
    place = subscript(w.printer, name(w.names(out)), index)
    return [*made, ast.Assign([place], w.expr(v), lineno=0)]


def _empty(w: Writer, s: Apply) -> Stmts:
    return [w.assign(s.outs[0], ast.List([], ast.Load()))]


def _filled(w: Writer, s: Apply) -> Stmts:
    (over,) = s.args
    assert isinstance(over, Range)
    missing = ast.List([ast.Constant(None)], ast.Load())
    return [w.assign(s.outs[0], ast.BinOp(missing, ast.Mult(), w.count(over)))]


def _push(w: Writer, s: Apply) -> Stmts:
    grown = attribute(name(w.names(s.outs[0])), "append")
    return [ast.Expr(call(grown, w.expr(s.args[1])))]


def _put(w: Writer, s: Apply) -> Stmts:
    record, value, item, over = s.args
    assert isinstance(over, Range)
    place: Expr = w.expr(item)
    if over.start != Const(0):
        place = ast.BinOp(place, ast.Sub(), w.expr(over.start))
    if over.step != Const(1):
        place = ast.BinOp(place, ast.FloorDiv(), w.expr(over.step))
    slot = ast.Subscript(w.expr(record), place, ast.Store())
    return [ast.Assign([slot], w.expr(value), lineno=0)]


STATEMENTS: dict[str, Callable[[Writer, Apply], Stmts]] = {
    "raise": _raise,
    "effect": _effect,
    "require": _require,
    "append": _append,
    "add_at": _add_at,
    "scatter": _scatter,
    EMPTY.name: _empty,
    FILLED.name: _filled,
    PUSH.name: _push,
    PUT.name: _put,
}
