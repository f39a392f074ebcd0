"""The derivatives of a whole run, composed of those of its steps: forward with tangents beside the
values, backward with cotangents that collect contributions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from srcdiff.explain.local import Locals, mark
from srcdiff.explain.run import Cell, Recording, Step
from srcdiff.ir.core import Function


@dataclass(frozen=True)
class Contribution:
    """What a step adds to the cotangent of one of its operands, and what that comes to."""

    step: Step
    operand: Cell
    amount: Any
    total: Any


class StepFailed(Exception):
    """The derivative of a step raised: Python's own numbers do so where NumPy's become infinite."""

    def __init__(self, step: Step, error: Exception):
        super().__init__(f"{type(error).__name__}: {error}")
        self.step = step


@dataclass
class Backward:
    """The reverse sweep: contributions in order, and the cotangents they add up to."""

    contributions: list[Contribution] = field(default_factory=list)
    cotangents: dict[Cell, Any] = field(default_factory=dict)


def forward(run: Recording, tangents: dict[Cell, Any]) -> dict[Cell, Any]:
    """The tangents of all cells that vary, given those of the inputs."""
    mark(run, list(tangents))
    found = dict(tangents)
    locals_ = Locals()
    for step in run.steps:
        local = locals_.of(step)
        if local is None:
            continue
        along = [found[step.operands[v]] for v in local.operands]
        with np.errstate(all="ignore"):
            made = local.pushforward(step, along)
        found.update(zip((c for c in step.outs if c.real), made))
    return found


def backward(run: Recording, seeds: dict[Cell, Any]) -> Backward:
    """The reverse sweep from cotangents of the results; only through cells that vary (`mark`)."""
    swept = Backward(cotangents=dict(seeds))
    locals_ = Locals()
    for step in reversed(run.steps):
        local = locals_.of(step)
        outs = [c for c in step.outs if c.real]
        if local is None or not any(c in swept.cotangents for c in outs):
            continue
        given = [swept.cotangents.get(c, zero(c.value)) for c in outs]
        try:
            with np.errstate(all="ignore"):
                amounts = local.pullback(step, given)
        except (ArithmeticError, ValueError) as error:
            raise StepFailed(step, error) from error
        for var, amount in zip(local.operands, amounts):
            cell = step.operands[var]
            old = swept.cotangents.get(cell)
            total = amount if old is None else added(old, amount)
            swept.cotangents[cell] = total
            swept.contributions.append(Contribution(step, cell, amount, total))
    return swept


def zero(value: Any) -> Any:
    """The zero of a value's own kind."""
    if isinstance(value, list):
        return [zero(v) for v in value]
    return np.zeros_like(value) if isinstance(value, np.ndarray) else type(value)(0.0)


def one(value: Any) -> Any:
    """Ones in the shape of a value."""
    if isinstance(value, list):
        return [one(v) for v in value]
    return np.ones_like(value) if isinstance(value, np.ndarray) else type(value)(1.0)


def added(a: Any, b: Any) -> Any:
    return [added(x, y) for x, y in zip(a, b)] if isinstance(a, list) else a + b


def numbers(value: Any) -> Iterator[Any]:
    """The arrays and numbers in a value."""
    if isinstance(value, list):
        for item in value:
            yield from numbers(item)
    else:
        yield value


def finite(value: Any) -> bool:
    return all(bool(np.all(np.isfinite(v))) for v in numbers(value))


def objective(run: Recording) -> Cell | None:
    """The value that a gradient is of: the first real result."""
    return next((r for r in run.results if isinstance(r, Cell) and r.real), None)


def among_several(run: Recording) -> str:
    """What there is to say where a function returns several numbers, and one of them is differentiated."""
    count = sum(isinstance(r, Cell) and r.real for r in run.results)
    return f", the first of {count} results" if count > 1 else ""


def inputs_of(run: Recording, names: Sequence[str]) -> list[Cell]:
    """The real inputs that belong to some parameters."""
    chosen = [run.inputs[k] for k in parameters_of(run.function, names)]
    return [c for c in chosen if c.real]


def parameters_of(function: Function, names: Sequence[str]) -> list[int]:
    """The places of the values that belong to some arguments: x, xs[0] of *xs, a key of **options."""
    chosen: list[int] = []
    known = {one_input.name for one_input in function.inputs}
    for one_input in function.inputs:
        tree = one_input.tree
        if one_input.name in names:
            chosen += tree.leaves()
            continue
        for place, child in enumerate(tree.children):
            key = tree.keys[place] if tree.kind == "dict" else None
            passed_on = key in names and key not in known
            if passed_on or f"{one_input.name}[{place}]" in names:
                chosen += child.leaves()
    return chosen


__all__ = [
    "Backward",
    "Contribution",
    "StepFailed",
    "added",
    "among_several",
    "backward",
    "finite",
    "forward",
    "inputs_of",
    "mark",
    "numbers",
    "objective",
    "one",
    "parameters_of",
    "zero",
]
