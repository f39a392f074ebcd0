"""The traces of a textbook: each intermediate variable in order, with its value and its derivative
(forward mode), and the adjoints with the contributions they are made of (reverse mode).

A. Griewank and A. Walther, "Evaluating Derivatives", 2nd edition, 2008, tables 1.2 and 1.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from srcdiff.explain.compose import backward, forward, inputs_of, mark, objective, one
from srcdiff.explain.run import Cell, NotExplained, Recording, Step, recorded
from srcdiff.ir.core import Var
from srcdiff.ops.spelling import expression
from srcdiff.transform.specialise import Primal

WIDE = 40


class Names:
    """A name for every cell: the user's, numbered when it is used again, or v1, v2, ..."""

    def __init__(self, run: Recording):
        self.names: dict[Cell, str] = {}
        self.taken: dict[str, int] = {}
        self.count = 0
        for cell in run.inputs:
            self.enter(cell)
        for step in run.steps:
            for out in step.outs:
                self.enter(out)

    def enter(self, cell: Cell) -> None:
        if cell in self.names:
            return
        if not cell.name:
            self.count += not _plain(cell)
            self.names[cell] = f"v{self.count}"
            return
        number = self.taken[cell.name] = self.taken.get(cell.name, 0) + 1
        self.names[cell] = cell.name if number == 1 else f"{cell.name}.{number}"

    def __call__(self, cell: Cell) -> str:
        return self.names.get(cell, cell.name or "?")

    def expression(self, step: Step) -> str:
        """What a step computes, in the names of its operands; numbers that only count are written out."""

        def name(var: Var) -> str:
            cell = step.operands[var]
            return shown(cell.value) if _plain(cell) else self(cell)

        return expression(step.stmt, name, shown)


def _plain(cell: Cell) -> bool:
    """Whether a value says more than a name: an integer, a string, that carries no derivative."""
    return not cell.real and isinstance(cell.value, (int, str, np.integer, np.bool_, type(None)))


def shown(value: Any) -> str:
    """A value in a few characters.

    >>> shown(0.1 + 0.2), shown(np.array([1.0, 2.5])), shown("text")
    ('0.3', '[1, 2.5]', "'text'")
    """
    if isinstance(value, (float, np.floating)):
        return f"{value:.10g}"
    if isinstance(value, np.ndarray):
        text = np.array2string(
            value, separator=", ", threshold=6, edgeitems=2, max_line_width=10_000,
            formatter={"float_kind": lambda v: f"{v:.6g}"},
        )  # fmt: skip
        return " ".join(text.split())
    if isinstance(value, list):
        inner = [shown(v) for v in value[:4]]
        return f"[{', '.join(inner + ['...'] * (len(value) > 4))}]"
    return str(value) if isinstance(value, np.generic) else repr(value)


def traced(primal: Primal, arguments: dict[str, Any]) -> Recording:
    """The run of a function whose trace is wanted.

    Raises NotExplained where it has no real value, or cannot be run step by step.
    """
    run = recorded(primal, arguments)
    if objective(run) is None:
        raise NotExplained(f"{run.function.name} returns no value that depends on its arguments")
    return run


# --- forward --------------------------------------------------------------------------------------


def forward_table(run: Recording, wrt: Sequence[str]) -> str:
    """Every intermediate variable with its value and its derivative by each argument.

    An array argument is moved as a whole, all entries by one: the column is the sum of derivatives.
    """
    names = Names(run)
    moving = inputs_of(run, wrt)
    columns = [forward(run, {cell: one(cell.value)}) for cell in moving]
    heads = ["variable", "computed as", "value"]
    heads += [
        f"d/d{names(c)}" + ("" if np.ndim(c.value) == 0 else " (all entries)") for c in moving
    ]
    rows = [
        [names(cell), how, shown(cell.value), *(_derivative(column, cell) for column in columns)]
        for cell, how in _lines(run, names)
    ]
    return _table(heads, rows)


def _lines(run: Recording, names: Names) -> Iterator[tuple[Cell, str]]:
    """The values of a run with how they are computed: the real ones, and those that these are made of."""
    needed = _needed(run)
    yield from ((cell, "(input)") for cell in run.inputs if cell.real or cell in needed)
    for step in run.steps:
        yield from ((c, names.expression(step)) for c in step.outs if c.real or c in needed)


def _needed(run: Recording) -> set[Cell]:
    """The values that carry no derivative and are named in the lines of others."""
    found: set[Cell] = set()
    for step in reversed(run.steps):
        if any(c.real or c in found for c in step.outs):
            found |= {c for c in step.operands.values() if not c.real and not _plain(c)}
    return found


def _derivative(column: dict[Cell, Any], cell: Cell) -> str:
    return shown(column[cell]) if cell in column else "0" if cell.real else ""


# --- reverse --------------------------------------------------------------------------------------


def reverse_table(run: Recording, wrt: Sequence[str]) -> str:
    """The forward pass, then each adjoint with its contributions, last statement first."""
    names = Names(run)
    moving = inputs_of(run, wrt)
    mark(run, moving)
    goal = objective(run)
    assert goal is not None
    ahead = [[names(cell), how, shown(cell.value)] for cell, how in _lines(run, names)]
    swept = backward(run, {goal: one(goal.value)})
    seed = shown(one(goal.value))
    rows = [[f"b_{names(goal)}", seed, "(seed)", seed]]
    for found in swept.contributions:
        out = found.step.outs[0]
        rows.append([
            f"b_{names(found.operand)}",
            shown(found.amount),
            f"{names(out)} = {names.expression(found.step)}",
            shown(found.total),
        ])  # fmt: skip
    ends = [[f"b_{names(c)}", shown(swept.cotangents[c]) if c in swept.cotangents else "0"]
            for c in moving]  # fmt: skip
    return "\n".join([
        "forward pass", "", _table(["variable", "computed as", "value"], ahead), "",
        "reverse pass", "", _table(["adjoint", "receives", "from", "so far"], rows), "",
        "gradient", "", _table(["adjoint", "value"], ends),
    ])  # fmt: skip


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns, each as wide as it must be."""
    cells = [list(heads), *([_clip(c) for c in row] for row in rows)]
    widths = [max(len(row[k]) for row in cells) for k in range(len(heads))]
    lines = ["  ".join(f"{c:<{w}}" for c, w in zip(row, widths)).rstrip() for row in cells]
    rule = "  ".join("-" * w for w in widths)
    return "\n".join([lines[0], rule, *lines[1:]])


def _clip(text: str) -> str:
    return text if len(text) <= WIDE else f"{text[: WIDE - 3]}..."
