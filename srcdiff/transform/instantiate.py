"""Lowered form -> typed form: a program run on abstract values.

    before   f(x, mode):  t = call(attribute(name("np"), "sum"), (x,))
                          if compare("==", mode, "l2"): ...
    after    f(x: float64[n]):  t: float64 = sum(x)            (mode was "l2": no `if` is left)

What is known while compiling is computed, what is not becomes a statement. `If` with an undecided
test runs both branches and joins them; loops run until the types of what they carry settle. Calls are
inlined; a call that meets itself becomes a function of its own (`transform.recursion`).

One function per kind of statement here; what calls mean is in `transform.calls`, attributes and
operators in `transform.operators`, what loops run over in `transform.iterate`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any

from srcdiff.errors import NOWHERE, Diagnostic, Refused, Span, internal, refuse, unbound_message
from srcdiff.ir.core import (
    NEVER,
    Apply,
    Arg,
    Atom,
    Block,
    Const,
    Cut,
    For,
    Function,
    If,
    Op,
    Pack,
    Star,
    Stmt,
    Tree,
    Var,
    While,
)
from srcdiff.ir.text import print_function
from srcdiff.ir.types import Scalar
from srcdiff.ops import python as py
from srcdiff.ops import syntax as sx
from srcdiff.transform import loops
from srcdiff.transform.atoms import Atoms
from srcdiff.transform.build import Builder
from srcdiff.transform.iterate import listed
from srcdiff.transform.meet import (
    frame,
    frame_leaves,
    is_never,
    is_undefined,
)
from srcdiff.transform.meetings import Meeting, Side
from srcdiff.transform.memory import Memory
from srcdiff.transform.session import Session
from srcdiff.transform.values import (
    NOTHING,
    Abstract,
    Choice,
    Iter,
    Key,
    NeedRounds,
    NeedStatic,
    Poison,
    Ref,
    Seq,
    Slice,
    Static,
    Value,
    is_function,
    key_of,
    leaves,
    map_leaves,
    parts,
    same_static,
)

Env = dict[Var, Abstract]


OWN = os.path.dirname(__file__) + os.sep  # the files of what runs in place of builtins and dicts


class Instantiator(Atoms):
    """Runs lowered blocks on abstract values, building typed statements into `self.build`."""

    def __init__(self, session: Session, build: Builder, rules: bool = False):
        self.session = session
        self.build = build
        self.rules = rules  # running a rule's body: Python numbers stay Python numbers
        self.ended = False  # the path being built raises
        self.hint = ""
        self.memory = Memory(session.identities)

    # --- blocks and statements ---

    def block(self, block: Block, env: Env) -> tuple[Abstract, ...]:
        """Run a block; the values of its results (NEVER for all when it raises)."""
        for stmt in block.stmts:
            if self.ended:
                break
            self.statement(stmt, env)
        if self.ended:
            return (NOTHING,) * len(block.results)
        return tuple(self.arg(result, env) for result in block.results)

    def statement(self, stmt: Stmt, env: Env) -> None:
        if stmt.at.line and not self.rules and not stmt.at.filename.startswith(OWN):
            self.build.at = stmt.at
        if isinstance(stmt, Apply) and self.rules:  # whoever runs the rule knows what it is for
            self.apply(stmt, env)
        elif isinstance(stmt, Apply):
            with internal("instantiation", self.so_far):
                self.apply(stmt, env)
        elif isinstance(stmt, If):
            self.branch(stmt, env)
        elif isinstance(stmt, For):
            loops.run_for(self, stmt, env)
        else:
            assert isinstance(stmt, While)
            loops.run_while(self, stmt, env)

    def so_far(self) -> tuple[str, Span]:
        """What is built of the innermost block, and the user's line: shown with a fault."""
        body = Block((), tuple(self.build.stmts), ())
        return print_function(Function("so_far", (), body, (), Tree("static"))), self.build.at

    def apply(self, stmt: Apply, env: Env) -> None:
        self.hint = stmt.outs[0].hint if stmt.outs else ""
        args = tuple(map(self.load, self.items(stmt.args, env)))
        result = self.do(stmt.op, *args)
        if stmt in self.session.keyed:
            result = self.do(sx.KEYED, result)
        self.hint = ""
        if len(stmt.outs) == 1:
            held = env[stmt.outs[0]] = self.hold(result, stmt.outs[0].hint)
            if isinstance(held, Ref) and _makes_a_dict(stmt.op, args):
                self.session.makers[held.key] = stmt
        elif stmt.outs:
            env.update(zip(stmt.outs, map(self.hold, result)))
            self.spell(stmt.outs, result)

    def spell(self, names: tuple[Var, ...], values: tuple[Abstract, ...]) -> None:
        """Note what the user calls the items of an argument."""
        for name, value in zip(names, values):
            if isinstance(value, Value) and isinstance(value.atom, Var) and name.hint:
                self.session.spelled.setdefault(value.atom.hint, name.hint)

    def load(self, a: Abstract) -> Abstract:
        """A value with what every object in it holds now."""
        return self.memory.load(self, a)

    def hold(self, a: Abstract, hint: str = "") -> Abstract:
        """A value as names hold it: objects by their identity."""
        return self.memory.hold(a, hint)

    def now(self, a: Abstract) -> Abstract:
        """A value that was loaded before, as it is now."""
        key = key_of(a)
        return a if key is None or key not in self.memory else self.load(Ref(key))

    def do(self, op: Op, *args: Abstract) -> Any:
        """What an operation of syntax means on abstract values."""
        for a in args:
            self.sound(a)
        return self.session.handlers[op](self, *args)

    def call(self, callee: Abstract, args: tuple[Abstract, ...], **keywords: Abstract) -> Abstract:
        """callee(*args, **keywords)"""
        pairs = tuple(Seq("tuple", (Static(k), v)) for k, v in keywords.items())
        result = self.do(sx.CALL, callee, Seq("tuple", args), Seq("tuple", pairs))
        return result  # type: ignore[no-any-return]

    def arg(self, arg: Arg, env: Env) -> Abstract:
        """The abstract value of an argument."""
        if isinstance(arg, Var):
            return env[arg]
        if isinstance(arg, Const):
            return Static(arg.value)
        if isinstance(arg, Pack):
            return Seq("tuple", self.items(arg.items, env))
        if isinstance(arg, Cut):
            return Slice(*(self.arg(p, env) for p in (arg.start, arg.stop, arg.step)))
        raise AssertionError(arg)

    def items(self, args: tuple[Arg, ...], env: Env) -> tuple[Abstract, ...]:
        """Items of a display or a call, with *spliced ones in place."""
        result: list[Abstract] = []
        for arg in args:
            if not isinstance(arg, Star):
                result.append(self.arg(arg, env))
                continue
            value = self.load(self.arg(arg.value, env))
            if arg.mapping:
                result.append(Iter("mapping", (value,)))
            else:
                result += listed(self, value, "unpacking with *")
        return tuple(result)

    def sound(self, a: Abstract) -> None:
        """Refuse to use what could not be joined."""
        if isinstance(a, Poison):
            self.need_rounds(a.loops)
            d = a.diagnostic
            raise Refused(Diagnostic(d.code, d.message, self.build.at, d.notes, d.hint))

    def need_rounds(self, loops: frozenset[Any]) -> None:
        """Ask for loops to be written out that are to blame for a refusal, unless that was tried."""
        if not loops <= self.session.written_out:
            raise NeedRounds(loops)

    # --- branches ---

    def branch(self, stmt: If, env: Env) -> None:
        test = self.arg(stmt.test, env)
        if isinstance(test, Static):
            chosen = stmt.then if test.value else stmt.orelse
            env.update(zip(stmt.outs, self.block(chosen, env)))
            return
        outs = self.fork(
            test,
            lambda: self.block(stmt.then, env),
            lambda: self.block(stmt.orelse, env),
        )
        env.update(zip(stmt.outs, outs))

    @contextmanager
    def region(self) -> Iterator[Builder]:
        """Build into a region; afterwards building goes on outside."""
        outer, ended = self.build, self.ended
        self.build = outer.inner()
        try:
            yield self.build
        finally:
            outer.at = self.build.at if self.build.at.line and not self.rules else outer.at
            self.build, self.ended = outer, ended

    def fork(
        self,
        test: Abstract,
        then: Callable[[], tuple[Abstract, ...]],
        orelse: Callable[[], tuple[Abstract, ...]],
    ) -> tuple[Abstract, ...]:
        """An If on an undecided test; the joined results of the two sides, objects as Refs."""
        at, before = self.build.at, self.memory
        first, a = self.side(then, before.assumed(test, True))
        second, b = self.side(orelse, before.assumed(test, False))
        self.memory = before
        if first.ended and second.ended:
            self.finish_if(test, first.build, (), second.build, (), (), at)
            self.ended = True
            return (NOTHING,) * len(a)
        a = tuple(NOTHING for _ in a) if first.ended else a
        b = tuple(NOTHING for _ in b) if second.ended else b
        assert isinstance(test, Value)
        meeting = Meeting(self, test, before, (first, second))
        changed = meeting.changed()
        pairs = [meeting.pair(x, y) for x, y in zip(a, b)]
        pairs += [meeting.contents(key) for key in changed]
        meeting.meet(pairs)
        joined = tuple(self.choice(test, frame(x, y), x, y) for x, y in pairs)
        joined += tuple(f for f, _, _ in meeting.brought)
        pairs += [(x, y) for _, x, y in meeting.brought]
        xs, ys = tuple(x for x, _ in pairs), tuple(y for _, y in pairs)
        outs = self.join(test, first.build, xs, second.build, ys, joined, at)
        self.memory = before.copy()
        meeting.enter()
        results = tuple(map(meeting.named, outs[: len(a)], xs, ys))
        for key, out, x, y in zip(changed, outs[len(a) :], xs[len(a) :], ys[len(a) :]):
            self.memory.set(key, meeting.inside(out, x, y))
        meeting.relate_met()
        meeting.note_read()
        return results

    def side(
        self, run: Callable[[], tuple[Abstract, ...]], memory: Memory
    ) -> tuple[Side, tuple[Abstract, ...]]:
        """Build one side of an If, on a memory of its own."""
        self.memory = memory
        with self.region() as build:
            results = tuple(map(self.hold, run()))
            return Side(self.memory, build, self.ended), results

    def choice(self, test: Abstract, framed: Abstract, a: Abstract, b: Abstract) -> Abstract:
        """Functions that differ are kept both, with the test that chooses."""
        if not isinstance(framed, Poison) or not (is_function(a) and is_function(b)):
            return framed
        if any(key not in self.memory for x in (a, b) for key in refs(x)):
            return framed
        known = set(self.build.definitions) | set(self.session.origins)
        if any(v.atom not in known for x in (a, b) for v in leaves(x)):
            return framed
        assert isinstance(test, Value)
        return Choice(test, a, b)

    def join(
        self,
        test: Abstract,
        first: Builder,
        a: tuple[Abstract, ...],
        second: Builder,
        b: tuple[Abstract, ...],
        joined: tuple[Abstract, ...],
        at: Span,
    ) -> tuple[Abstract, ...]:
        left, right, outs = [], [], []
        same: dict[Var, Value] = {}
        with self.into(first):
            atoms_a = [x for f, v in zip(joined, a) for x in self.flat(f, v)]
        with self.into(second):
            atoms_b = [x for f, v in zip(joined, b) for x in self.flat(f, v)]
        variables = [v for f in joined for v in frame_leaves(f)]
        for var, x, y in zip(variables, atoms_a, atoms_b):
            if x == y and isinstance(x, Var):
                same[var] = Value(x, x.type, self.build.lengths.get(x))
                continue
            outs.append(var)
            left.append(x)
            right.append(y)
            self.note_join(var, x, y)
        self.finish_if(test, first, tuple(left), second, tuple(right), tuple(outs), at)
        return tuple(map_leaves(f, lambda v: same.get(v.atom, v)) for f in joined)  # type: ignore

    @contextmanager
    def into(self, build: Builder) -> Iterator[None]:
        """Append to a region already built."""
        outer, self.build = self.build, build
        try:
            yield
        finally:
            self.build = outer

    def finish_if(
        self,
        test: Abstract,
        first: Builder,
        left: tuple[Atom, ...],
        second: Builder,
        right: tuple[Atom, ...],
        outs: tuple[Var, ...],
        at: Span,
    ) -> None:
        if not outs and not first.stmts and not second.stmts:
            return
        assert isinstance(test, Value)
        then, orelse = first.block((), left), second.block((), right)
        self.build.add(If(outs, test.atom, then, orelse, at, self.build.adjoint))

    def refusal(self, code: str, message: str, hint: str = "") -> Refused:
        """A refusal at the line being run."""
        return refuse(code, message, self.build.at, hint)

    def static(self, a: Abstract, what: str) -> Any:
        """The Python value of something that must be known while compiling."""
        self.sound(a)
        if isinstance(a, Static):
            return a.value
        if isinstance(a, Seq):
            items = (self.static(item, what) for item in a.items)
            return tuple(items) if a.kind == "tuple" else list(items)
        if isinstance(a, Slice):
            return slice(*(self.static(p, what) for p in (a.start, a.stop, a.step)))
        if isinstance(a, Value) and isinstance(a.type, Scalar) and isinstance(a.length, int):
            return a.length
        origins = frozenset[Hashable]()
        if isinstance(a, Value) and isinstance(a.atom, Var):
            origins = self.session.origins.get(a.atom, frozenset())
        raise NeedStatic(what, origins, self.build.at)

    def defined(self, a: Abstract, name: str) -> Abstract:
        """The value of a name that may be unbound."""
        if is_undefined(a):
            self.unbound(name)
            return NOTHING
        if is_never(a):
            return a
        self.sound(a)
        for leaf in _partial_leaves(a, self.session.partial):
            self.build.apply(py.require, (leaf, Const(name)), ())
            break
        return a

    def unbound(self, name: str) -> None:
        self.raise_error(UnboundLocalError, unbound_message(name))

    def raise_error(self, cls: type[BaseException], *args: Any) -> None:
        """Build the raising of an exception that the run is bound to meet; the path ends.

        In the body of a rule it is the derivative that there is none of.
        """
        if self.rules:
            text = f"there is no derivative: {cls.__name__}: {', '.join(map(str, args))}"
            raise self.refusal("SD203", text)
        self.leave()
        packed = Pack(tuple(Const(a) for a in args))
        self.build.apply(py.raise_, (Const(cls), packed, Const(None)), ())
        self.ended = True

    def leave(self) -> None:
        """Before something is raised: let the caller's objects hold what they hold here."""
        if self.session.effects is not None and not self.session.silent:
            self.session.effects.before_raise(self)

    def check(self, test: Abstract, cls: type[BaseException], message: str) -> None:
        """Build a test that raises unless it holds."""

        def fail() -> tuple[Abstract, ...]:
            self.raise_error(cls, message)
            return ()

        if isinstance(test, Static):
            if not test.value:
                fail()
            return
        self.fork(self.do(sx.NOT, test), fail, lambda: ())


def _makes_a_dict(op: Op, args: tuple[Abstract, ...]) -> bool:
    """{...} or dict(...)"""
    return op is sx.DICT or op is sx.CALL and same_static(args[0], Static(dict))


def refs(a: Abstract) -> Iterator[Key]:
    """The identities of the objects that a value refers to."""
    if isinstance(a, Ref):
        yield a.key
    for part in parts(a):
        yield from refs(part)


def _partial_leaves(a: Abstract, partial: set[Var]) -> Iterator[Var]:
    if isinstance(a, Value) and isinstance(a.atom, Var) and a.atom in partial:
        yield a.atom
    for part in parts(a):
        yield from _partial_leaves(part, partial)


__all__ = ["NEVER", "NOWHERE", "Env", "Instantiator", "NeedStatic", "Session"]
