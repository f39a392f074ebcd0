"""The derivative of one step by its rule, in both modes, at the values it had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from srcdiff.explain.run import Cell, Step, evaluate, outcome, value, variables
from srcdiff.ir.core import Apply, Block, Function, Var
from srcdiff.ir.types import differentiable, tangent_type
from srcdiff.ops.table import Row
from srcdiff.transform.forward import push_function
from srcdiff.transform.reverse import Calls, sweep_function


@dataclass
class Local:
    """The two derivatives of one statement, as blocks to be evaluated."""

    stmt: Apply
    operands: list[Var]  # those that vary
    others: list[Var]
    outs: list[Var]  # those that can vary
    seeds: list[Var] = field(default_factory=list)
    tangents: list[Var] = field(default_factory=list)
    pull: Block | None = None
    push: Block | None = None

    def __post_init__(self) -> None:
        params = (*self.operands, *self.others)
        function = Function("step", params, Block((), (self.stmt,), self.stmt.outs))
        self.tangents = [Var(f"d_{v.hint}", tangent_type(v.type)) for v in self.operands]
        self.seeds = [Var(f"b_{o.hint}", tangent_type(o.type)) for o in self.outs]
        pushed = push_function(
            function, dict(zip(self.operands, self.tangents)), list(self.outs), Calls()
        )
        self.push = Block((), pushed.stmts, pushed.tangents)
        swept = sweep_function(function, self.operands, list(zip(self.outs, self.seeds)), Calls())
        self.pull = Block((), (*swept.forward, *swept.adjoint), swept.cotangents)

    def pushforward(self, step: Step, tangents: Sequence[Any]) -> list[Any]:
        """The tangents of the results."""
        assert self.push is not None
        values = {**_values(step), **dict(zip(self.tangents, tangents))}
        return evaluate(self.push, values)

    def pullback(self, step: Step, cotangents: Sequence[Any]) -> list[Any]:
        """The cotangents of the operands that vary."""
        assert self.pull is not None
        values = {**_values(step), **dict(zip(self.seeds, cotangents))}
        return [like(c, step.operands[v].value)
                for c, v in zip(evaluate(self.pull, values), self.operands)]  # fmt: skip


def _values(step: Step) -> dict[Var, Any]:
    return {v: c.value for v, c in step.operands.items()}


def like(found: Any, x: Any) -> Any:
    """A derivative in the type of the value it belongs to, where the shapes agree."""
    if isinstance(x, list):
        return [like(f, v) for f, v in zip(found, x)] if isinstance(found, list) else found
    if np.shape(found) != np.shape(x):
        return found
    if isinstance(x, np.ndarray):
        return np.asarray(found, x.dtype)
    return type(x)(found) if isinstance(x, (float, np.inexact)) else found


class Locals:
    """Local derivatives, made once per statement."""

    def __init__(self) -> None:
        self.made: dict[int, Local | None] = {}
        self.kept: list[Apply] = []

    def of(self, step: Step) -> Local | None:
        """The local derivative of a step; None where nothing varies."""
        key = id(step.stmt)
        if key not in self.made:
            self.kept.append(step.stmt)
            self.made[key] = _local(step)
        return self.made[key]


def _local(step: Step) -> Local | None:
    outs = [o for o in step.stmt.outs if differentiable(o.type)]
    varying = [v for v, c in step.operands.items() if c.real and _is_operand(step, v)]
    if not outs or not varying or isinstance(step.stmt.op, Row) and step.stmt.op.kind == "zero":
        return None
    others = [v for v in step.operands if v not in varying]
    return Local(step.stmt, varying, others, outs)


def _is_operand(step: Step, var: Var) -> bool:
    """Whether the rule differentiates by this argument."""

    op = step.stmt.op
    if not isinstance(op, Row) or op.kind in ("external", "moved"):
        return True
    names = [*op.signature.parameters]
    for name, arg in zip(names, step.stmt.args):
        if var in set(variables(arg)) and name not in op.operands:
            return False
    return True


def moved(step: Step, operands: Sequence[Var], values: Sequence[Any]) -> list[Any]:
    """The results of a step for other values of some operands."""
    env = {v: Cell(c.value, c.name, c.type) for v, c in step.operands.items()}
    for var, x in zip(operands, values):
        env[var].value = x
    made = outcome(step.stmt, [value(a, env) for a in step.stmt.args])
    return [m for m, o in zip(made, step.stmt.outs) if differentiable(o.type)]
