"""A typed program run step by step, as it is defined: what each statement read and made.

`recorded` gives the steps in the order in which they ran, loops and calls unrolled. Every value is a
`Cell`; what a loop carries or a branch hands on is the same cell under another name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from srcdiff.errors import Refused, Span, SrcdiffError
from srcdiff.evaluate import concrete
from srcdiff.evaluate.interpret import SKIPPED, leaves_of
from srcdiff.ir.core import (
    Apply,
    Arg,
    Atom,
    Block,
    Const,
    Cut,
    For,
    Function,
    If,
    Pack,
    Range,
    Var,
    While,
)
from srcdiff.ir.types import ListOf, Type, differentiable
from srcdiff.ops import runtime
from srcdiff.ops.table import BY_NAME
from srcdiff.transform.specialise import Primal

MOST = 20_000  # steps
ROOM = 1_000_000_000  # bytes of arrays, all of which are kept


class NotExplained(SrcdiffError):
    """A program that cannot be run step by step."""


@dataclass(eq=False)
class Cell:
    """One value of the run."""

    value: Any
    name: str = ""
    type: Type | None = None
    varies: bool = False

    @property
    def real(self) -> bool:
        """Whether it can carry a derivative."""
        return self.type is not None and differentiable(self.type)


@dataclass(eq=False)
class Step:
    """A statement that ran: what it read, what it made, in which rounds of the loops around it."""

    stmt: Apply
    operands: dict[Var, Cell]
    outs: list[Cell]
    rounds: tuple[int, ...] = ()

    @property
    def at(self) -> Span:
        return self.stmt.at

    @property
    def real_operands(self) -> list[tuple[Var, Cell]]:
        return [(v, c) for v, c in self.operands.items() if c.real]


@dataclass(frozen=True)
class Branch:
    """A condition that decided something: where, and how it turned out."""

    at: Span
    test: Cell | None
    taken: bool


@dataclass
class Recording:
    """A run: its inputs by path, its steps, the decisions, and the results."""

    primal: Primal
    inputs: list[Cell]
    steps: list[Step]
    branches: list[Branch]
    results: list[Cell | Any]

    @property
    def function(self) -> Function:
        return self.primal.function


def recorded(primal: Primal, arguments: Mapping[str, Any]) -> Recording:
    """Run a typed function at arguments by name.

    Raises NotExplained where the program holds what has no meaning of its own here, or runs for more
    than MOST steps or keeps more than ROOM bytes; whatever the program raises.
    """
    function = primal.function
    run = _Run()
    given = [arguments[i.name] for i in function.inputs if not i.keyword_only]
    values = zip(function.params, leaves_of(primal, given))
    env: Env = {p: Cell(x, p.hint, p.type) for p, x in values}
    inputs = [env[p] for p in function.params]
    results = run.block(function.body, env)
    return Recording(primal, inputs, run.steps, run.branches, results)


def evaluate(block: Block, values: Mapping[Var, Any]) -> list[Any]:
    """The results of a block, nothing kept."""
    env = {v: Cell(x, v.hint, v.type) for v, x in values.items()}
    return [_plain(r) for r in _Run(keep=False).block(block, env)]


Env = dict[Var, Cell]


def _plain(cell: Any) -> Any:
    return cell.value if isinstance(cell, Cell) else cell


@dataclass
class _Run:
    """The interpreter."""

    keep: bool = True
    steps: list[Step] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)
    rounds: tuple[int, ...] = ()
    size: int = 0

    def block(self, block: Block, env: Env) -> list[Cell | Any]:
        for stmt in block.stmts:
            if isinstance(stmt, Apply):
                outs = self.apply(stmt, env)
            elif isinstance(stmt, If):
                outs = self.branch(stmt, env)
            else:
                outs = self.loop(stmt, env)
            for var, out in zip(stmt.outs, outs):
                env[var] = self.named(out, var)
        return [self.cell(r, env) for r in block.results]

    def named(self, out: Any, var: Var) -> Cell:
        """A value under a variable; a constant becomes a cell."""
        if not isinstance(out, Cell):
            return Cell(out, var.hint, var.type)
        out.name = out.name or var.hint
        return out

    def cell(self, atom: Atom, env: Env) -> Cell | Any:
        return env[atom] if isinstance(atom, Var) else atom.value

    def branch(self, stmt: If, env: Env) -> list[Cell | Any]:
        test = self.cell(stmt.test, env)
        taken = bool(_plain(test))
        if self.keep:
            self.branches.append(Branch(stmt.at, test if isinstance(test, Cell) else None, taken))
        return self.block(stmt.then if taken else stmt.orelse, env)

    def loop(self, stmt: For | While, env: Env) -> list[Cell | Any]:
        count, first = len(stmt.inits), int(stmt.breaks)
        carried = [self.cell(a, env) for a in stmt.inits]
        stacked: list[list[Any]] = [[] for _ in stmt.outs[count:]]
        outer = self.rounds
        for number, item in enumerate(self.items(stmt, env)):
            self.rounds = (*outer, number)
            if isinstance(stmt, While):
                self.bind(stmt.test.params, carried, env)
                if not _plain(self.block(stmt.test, env)[0]):
                    break
            self.bind(stmt.body.params, [*item, *carried], env)
            results = self.block(stmt.body, env)
            carried = results[first : first + count]
            for pile, entry in zip(stacked, results[first + count :]):
                pile.append(entry)
            if first and _plain(results[0]):
                break
        self.rounds = outer
        if isinstance(stmt, For) and isinstance(stmt.over, Range) and stmt.over.backward:
            stacked = [pile[::-1] for pile in stacked]
        piles = [self.piled(pile, out) for pile, out in zip(stacked, stmt.outs[count:])]
        return [*carried, *piles]

    def bind(self, params: Sequence[Var], values: Sequence[Any], env: Env) -> None:
        for var, value in zip(params, values):
            env[var] = value if isinstance(value, Cell) else Cell(value, var.hint, var.type)

    def items(self, stmt: For | While, env: Env) -> Iterator[tuple[Any, ...]]:
        if isinstance(stmt, While):
            while True:
                yield ()
        assert isinstance(stmt.over, Range)
        items = value(stmt.over, env)
        yield from ((i,) for i in (reversed(items) if stmt.over.backward else items))

    def piled(self, pile: list[Any], out: Var) -> Cell:
        """The list that a loop collects, as a step that makes it of its entries."""
        element = out.type.element if isinstance(out.type, ListOf) else None
        cells = [c if isinstance(c, Cell) else Cell(c, "", element) for c in pile]
        parts = tuple(Var(out.hint, element) for _ in cells) if element is not None else ()
        made = Cell([c.value for c in cells], out.hint, out.type)
        if self.keep and parts:
            op = BY_NAME["list"]
            stmt = Apply((Var(out.hint, out.type),), op, (Pack(parts),))
            self.add(Step(stmt, dict(zip(parts, cells)), [made], self.rounds))
        return made

    def apply(self, stmt: Apply, env: Env) -> list[Cell | Any]:
        name = stmt.op.name
        if name == "call":
            return self.call(stmt, env)
        if name in SKIPPED:
            return []
        args = [value(a, env) for a in stmt.args]
        made = [Cell(x, o.hint, o.type) for x, o in zip(outcome(stmt, args), stmt.outs)]
        if self.keep:
            self.add(Step(stmt, {v: env[v] for a in stmt.args for v in variables(a)}, made,
                          self.rounds))  # fmt: skip
        return list(made)

    def call(self, stmt: Apply, env: Env) -> list[Cell | Any]:
        head = stmt.args[0]
        assert isinstance(head, Const)
        function = head.value.function
        inner: Env = {}
        self.bind(function.params, [self.cell(a, env) for a in stmt.args[1:]], inner)  # type: ignore[arg-type]
        return self.block(function.body, inner)

    def add(self, step: Step) -> None:
        if len(self.steps) >= MOST:
            raise NotExplained(f"the program runs for more than {MOST} steps")
        self.size += sum(c.value.nbytes for c in step.outs if isinstance(c.value, np.ndarray))
        if self.size > ROOM:
            raise NotExplained("the values of the run do not fit into memory")
        self.steps.append(step)


def variables(arg: Arg) -> Iterator[Var]:
    """The variables in an argument."""
    if isinstance(arg, Var):
        yield arg
    elif isinstance(arg, Pack):
        for item in arg.items:
            yield from variables(item)
    elif isinstance(arg, (Cut, Range)):
        for part in (arg.start, arg.stop, arg.step):
            yield from variables(part)


# --- operations -----------------------------------------------------------------------------------


def value(arg: Arg, env: Mapping[Var, Cell]) -> Any:
    """What an argument is in the run."""
    if isinstance(arg, Var):
        return env[arg].value
    if isinstance(arg, Const):
        return arg.value
    if isinstance(arg, Pack):
        return tuple(value(i, env) for i in arg.items)
    if isinstance(arg, Cut):
        return slice(*(value(p, env) for p in (arg.start, arg.stop, arg.step)))
    assert isinstance(arg, Range), arg
    return range(value(arg.start, env), value(arg.stop, env), value(arg.step, env))


def outcome(stmt: Apply, args: Sequence[Any]) -> list[Any]:
    """The results of a statement for values of its arguments."""
    special = LISTS.get(stmt.op.name)
    if special is not None:
        return [special(stmt, *args)]
    try:
        return concrete.run(stmt, list(args))
    except Refused:
        raise NotExplained(f"{stmt.op.name} is not run step by step") from None


def _add_at(stmt: Apply, b: Any, index: Any, v: Any) -> Any:
    if not isinstance(b, list):
        return runtime.add_at(b, index, v)
    places = range(len(b))[index]
    if isinstance(places, int):
        return [_plus(x, v) if k == places else x for k, x in enumerate(b)]
    given = dict(zip(places, v))
    return [_plus(x, given[k]) if k in given else x for k, x in enumerate(b)]


def _plus(x: Any, y: Any) -> Any:
    return [_plus(a, b) for a, b in zip(x, y)] if isinstance(x, list) else x + y


def _scatter(stmt: Apply, v: Any, like: Any, index: Any) -> Any:
    (zeros,) = concrete.run(Apply(stmt.outs, BY_NAME["zeros_like"], ()), [like])
    return _add_at(stmt, zeros, index, v)


LISTS: dict[str, Callable[..., Any]] = {
    "add_at": _add_at,
    "scatter": _scatter,
    "list": lambda s, items: list(items),
}
