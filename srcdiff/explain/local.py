"""The derivative of one step by its rule, in both modes, at the values it had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from srcdiff.explain.run import Cell, Recording, Step, evaluate, outcome, value, variables
from srcdiff.ir.core import Apply, Block, Function, Var
from srcdiff.ir.types import differentiable, tangent_type
from srcdiff.ops.table import Row
from srcdiff.transform.dead import prune
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
        self.push = prune(Block((), pushed.stmts, pushed.tangents))
        swept = sweep_function(function, self.operands, list(zip(self.outs, self.seeds)), Calls())
        self.pull = prune(Block((), (*swept.forward, *swept.adjoint), swept.cotangents))

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
    """Local derivatives, made once per statement and set of operands that vary."""

    def __init__(self) -> None:
        self.made: dict[tuple[int, tuple[Var, ...]], Local | None] = {}
        self.kept: list[Apply] = []

    def of(self, step: Step) -> Local | None:
        """The local derivative of a step by what varies (`mark`); None where nothing does."""
        varying = varying_operands(step)
        if not varying:
            return None
        key = (id(step.stmt), tuple(varying))
        if key not in self.made:
            self.kept.append(step.stmt)
            others = [v for v in step.operands if v not in varying]
            outs = [o for o in step.stmt.outs if differentiable(o.type)]
            self.made[key] = Local(step.stmt, varying, others, outs)
        return self.made[key]


def mark(run: Recording, moving: Sequence[Cell]) -> None:
    """Note which cells vary with some inputs."""
    for cell in (*run.inputs, *(o for s in run.steps for o in s.outs)):
        cell.varies = False
    for cell in moving:
        cell.varies = True
    for step in run.steps:
        if varying_operands(step):
            for out in step.outs:
                out.varies = out.real


def varying_operands(step: Step) -> list[Var]:
    """The operands through which a step's results vary."""
    op = step.stmt.op
    if isinstance(op, Row) and op.kind == "zero" or not any(c.real for c in step.outs):
        return []
    return [v for v, c in step.operands.items() if c.varies and c.real and _is_operand(step, v)]


def _is_operand(step: Step, var: Var) -> bool:
    """Whether the rule differentiates by this argument."""
    op = step.stmt.op
    if not isinstance(op, Row) or op.kind in ("external", "moved"):
        return True
    for name, arg in zip(op.signature.parameters, step.stmt.args):
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
