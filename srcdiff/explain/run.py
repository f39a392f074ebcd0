"""A typed program run step by step, as it is defined: what each statement read and made.

`recorded` gives the steps in the order in which they ran, loops and calls unrolled. Every value is a
`Cell`; what a loop carries or a branch hands on is the same cell under another name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from srcdiff.errors import Refused, Span, SrcdiffError
from srcdiff.evaluate import concrete
from srcdiff.evaluate.interpret import SKIPPED, Evaluator, leaves_of
from srcdiff.ir.core import (
    Apply,
    Arg,
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
    env = run.cells(dict(zip(function.params, leaves_of(primal, given))))
    inputs = [env[p] for p in function.params]
    results = run.block(function.body, env)
    return Recording(primal, inputs, run.steps, run.branches, results)


def evaluate(block: Block, values: Mapping[Var, Any]) -> list[Any]:
    """The results of a block, nothing kept."""
    run = _Run(keep=False)
    return [run.plain(r) for r in run.block(block, run.cells(values))]


Env = dict[Var, Any]


@dataclass
class _Run(Evaluator):
    """The evaluator whose values are cells; a list of the program is one cell."""

    keep: bool = True
    steps: list[Step] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)
    turns: tuple[int, ...] = ()
    size: int = 0

    def lifted(self, value: Any) -> Cell:
        return Cell(value)

    def plain(self, value: Any) -> Any:
        return value.value if isinstance(value, Cell) else value

    def cells(self, values: Mapping[Var, Any]) -> Env:
        return {v: Cell(x, v.hint, v.type) for v, x in values.items()}

    def bind(self, variables: Sequence[Var], values: Iterable[Any], env: Env) -> None:
        """A cell gets the first name that it has; a constant becomes one of its own."""
        for var, cell in zip(variables, values):
            if cell.type is None:
                cell = Cell(cell.value, var.hint, var.type)
            cell.name = cell.name or var.hint
            env[var] = cell

    def branched(self, stmt: If, value: Any) -> None:
        if self.keep:
            self.branches.append(Branch(stmt.at, value, bool(self.plain(value))))

    def loop(self, stmt: For | While, env: Env) -> list[Any]:
        outer = self.turns
        self.turns = (*outer, 0)
        try:
            return super().loop(stmt, env)
        finally:
            self.turns = outer

    def turned(self, number: int) -> None:
        self.turns = (*self.turns[:-1], number)

    def collected(self, entries: list[Cell], out: Var) -> Cell:
        """The list that a loop collects, as a step that makes it of its entries."""
        element = out.type.element if isinstance(out.type, ListOf) else None
        parts = tuple(Var(out.hint, element) for _ in entries) if element is not None else ()
        made = Cell([c.value for c in entries], out.hint, out.type)
        if parts:
            stmt = Apply((Var(out.hint, out.type),), BY_NAME["list"], (Pack(parts),))
            self.took(Step(stmt, dict(zip(parts, entries)), [made], self.turns))
        return made

    def apply(self, stmt: Apply, args: list[Any]) -> list[Any]:
        if stmt.op.name == "call" or stmt.op.name in SKIPPED:
            return super().apply(stmt, args)
        found = outcome(stmt, [self.number(a) for a in args])
        made = [Cell(x, o.hint, o.type) for x, o in zip(found, stmt.outs)]
        self.took(Step(stmt, dict(_operands(stmt.args, args)), made, self.turns))
        return made

    def function(self, function: Function, args: Sequence[Any]) -> list[Any]:
        inner: Env = {}
        self.bind(function.params, args, inner)
        return self.block(function.body, inner)

    def took(self, step: Step) -> None:
        """Keep a step, as long as there is room."""
        if not self.keep:
            return
        if len(self.steps) >= MOST:
            raise NotExplained(f"the program runs for more than {MOST} steps")
        self.size += sum(c.value.nbytes for c in step.outs if isinstance(c.value, np.ndarray))
        if self.size > ROOM:
            raise NotExplained("the values of the run do not fit into memory")
        self.steps.append(step)


def _operands(args: Sequence[Arg], given: Sequence[Any]) -> Iterator[tuple[Var, Cell]]:
    """The variables in some arguments, with the cells that stand for them."""
    for arg, cell in zip(args, given):
        if isinstance(arg, Var):
            yield arg, cell
        elif isinstance(arg, Pack):
            yield from _operands(arg.items, cell)
        elif isinstance(arg, Cut):
            ends = (cell.start, cell.stop, cell.step)
            yield from _operands((arg.start, arg.stop, arg.step), ends)


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
