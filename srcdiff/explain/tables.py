"""The traces of a textbook: each intermediate variable in order, with its value and its derivative
(forward mode), and the adjoints with the contributions they are made of (reverse mode).

A. Griewank and A. Walther, "Evaluating Derivatives", 2nd edition, 2008, tables 1.2 and 1.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from srcdiff.explain.compose import backward, forward, inputs_of, mark, objective, one
from srcdiff.explain.run import Cell, NotExplained, Recording, Step, recorded
from srcdiff.ir.core import Arg, Const, Cut, Pack, Var
from srcdiff.ops.table import Row
from srcdiff.transform.specialise import Primal

INFIX = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**", "matmul": "@",
    "less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=", "equal": "==",
    "not_equal": "!=", "mod": "%", "floor_divide": "//",
}  # fmt: skip
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
            self.count += 1
            self.names[cell] = f"v{self.count}"
            return
        number = self.taken[cell.name] = self.taken.get(cell.name, 0) + 1
        self.names[cell] = cell.name if number == 1 else f"{cell.name}.{number}"

    def __call__(self, cell: Cell) -> str:
        return self.names.get(cell, cell.name or "?")

    def of(self, arg: Arg, step: Step) -> str:
        """An argument of a step."""
        if isinstance(arg, Var):
            cell = step.operands[arg]
            plain = not cell.real and isinstance(cell.value, (int, str, np.integer))
            return shown(cell.value) if plain else self(cell)
        if isinstance(arg, Const):
            return shown(arg.value)
        if isinstance(arg, Pack):
            return f"({', '.join(self.of(i, step) for i in arg.items)})"
        if isinstance(arg, Cut):
            parts = [self.of(p, step) for p in (arg.start, arg.stop, arg.step)]
            parts = ["" if p == "None" else p for p in parts]
            return ":".join(parts if parts[2] else parts[:2])
        return "..."

    def expression(self, step: Step) -> str:
        """What a step computes, in the names of its operands."""
        op, args = step.stmt.op, [self.of(a, step) for a in step.stmt.args]
        if op.name in INFIX and len(args) == 2:
            return f"{args[0]} {INFIX[op.name]} {args[1]}"
        if op.name == "negative":
            return f"-{args[0]}"
        if op.name == "getitem":
            return f"{args[0]}[{args[1].strip('()')}]"
        if op.name == "list":
            return f"[{args[0].strip('()')}]"
        path = op.path if isinstance(op, Row) and op.path else op.name
        out = step.outs[0].value if step.outs else None
        if isinstance(op, Row) and op.scalar is not None and not isinstance(out, np.generic):
            module, name = op.scalar.__module__, op.scalar.__name__
            if isinstance(out, (float, int)):
                path = f"math.{name}" if module == "math" else path
        defaults = (
            [p.default for p in op.signature.parameters.values()] if isinstance(op, Row) else []
        )
        while args and len(defaults) == len(args) and shown(defaults[-1]) == args[-1]:
            args.pop()
            defaults.pop()
        return f"{path}({', '.join(args)})"


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
    rows = []
    for cell in run.inputs:
        if cell.real:
            rows.append([names(cell), "(input)", shown(cell.value),
                         *(_derivative(column, cell) for column in columns)])  # fmt: skip
    for step in run.steps:
        for cell in step.outs:
            if cell.real:
                rows.append([names(cell), names.expression(step), shown(cell.value),
                             *(_derivative(column, cell) for column in columns)])  # fmt: skip
    return _table(heads, rows)


def _derivative(column: dict[Cell, Any], cell: Cell) -> str:
    return shown(column[cell]) if cell in column else "0"


# --- reverse --------------------------------------------------------------------------------------


def reverse_table(run: Recording, wrt: Sequence[str]) -> str:
    """The forward pass, then each adjoint with its contributions, last statement first."""
    names = Names(run)
    moving = inputs_of(run, wrt)
    mark(run, moving)
    goal = objective(run)
    assert goal is not None
    ahead = [[names(c), "(input)", shown(c.value)] for c in run.inputs if c.real]
    ahead += [
        [names(c), names.expression(s), shown(c.value)] for s in run.steps for c in s.outs if c.real
    ]
    swept = backward(run, {goal: one(goal.value)})
    rows = [[f"b_{names(goal)}", "1", "(seed)", shown(one(goal.value))]]
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
