"""Which values carry a derivative: those that vary with an input and matter for an output.

varied   reached from the inputs through operands of rows that are not zero
useful   reaches an output the same way
active   both
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from srcdiff.ir.core import Apply, Arg, Block, If, Var
from srcdiff.ir.types import differentiable
from srcdiff.ir.walk import flows, regions, variables
from srcdiff.ops.table import Row

Edge = tuple[Var, Var]
SHOWN = ("like", "index")  # parameters of which only the form or whole numbers are used


@dataclass(frozen=True)
class Activity:
    """The facts: two sets and their intersection."""

    varied: frozenset[Var]
    useful: frozenset[Var]

    def __contains__(self, var: object) -> bool:
        return var in self.varied and var in self.useful


def operand_args(stmt: Apply) -> Iterator[Arg]:
    """The arguments of an application that may carry a derivative, if only to be refused.

    An argument that is no operand of its row has no rule: were it left out here, a result that
    varies with it alone would be taken for a constant (`transform.rules.only_operands` refuses).
    """
    row = stmt.op
    if not isinstance(row, Row) or row.kind in ("zero", "refused"):
        return
    if row.kind in ("call", "external"):
        yield from stmt.args[1:]
        return
    if not len(row.signature.parameters):
        yield from stmt.args[: len(row.operands)]
        return
    for name, arg in zip(row.signature.parameters, stmt.args):
        if name in row.operands or name not in SHOWN:
            yield arg


def edges(block: Block) -> Iterator[Edge]:
    """Every way a derivative can take from one Var to another."""
    for stmt in block.stmts:
        if isinstance(stmt, Apply):
            for source in variables(operand_args(stmt)):
                for out in stmt.outs:
                    yield source, out
            continue
        for atom, out in flows(stmt):
            if isinstance(atom, Var):
                yield atom, out
        if not isinstance(stmt, If):
            yield from ()
        for region in regions(stmt):
            yield from edges(region)


def activity(block: Block, inputs: Iterable[Var], outputs: Iterable[Arg]) -> Activity:
    """Activity of a block's values between inputs and outputs."""
    graph = [(a, b) for a, b in edges(block) if differentiable(a.type) and differentiable(b.type)]
    varied = _reach(inputs, graph, lambda edge: edge)
    ends = [v for v in variables(outputs) if differentiable(v.type)]
    useful = _reach(ends, graph, lambda edge: (edge[1], edge[0]))
    return Activity(frozenset(varied), frozenset(useful))


def _reach(seeds: Iterable[Var], graph: list[Edge], turn: Callable[[Edge], Edge]) -> set[Var]:
    following: dict[Var, list[Var]] = {}
    for edge in graph:
        a, b = turn(edge)
        following.setdefault(a, []).append(b)
    found = set(seeds)
    pending = list(found)
    while pending:
        for var in following.get(pending.pop(), ()):
            if var not in found:
                found.add(var)
                pending.append(var)
    return found
