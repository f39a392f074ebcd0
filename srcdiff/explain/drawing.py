"""The computational graph in DOT: inputs on the left, operations as nodes, intermediate variables on
the edges, loops and branches as boxes, outputs on the right. What varies is coloured; with a run, values
and adjoints stand on the edges (of the last round, inside a loop).

Integers that only say which entry is meant, and how often a loop runs, have no nodes: they stand in the
labels, `[i, k + 1:]`. A loop carries a variable from a diamond on its left to one on its right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from srcdiff.analysis.activity import activity
from srcdiff.errors import Span
from srcdiff.evaluate.interpret import SKIPPED
from srcdiff.explain.compose import (
    among_several,
    backward,
    inputs_of,
    mark,
    objective,
    one,
    parameters_of,
)
from srcdiff.explain.run import Cell, Recording, variables
from srcdiff.explain.tables import shown
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
from srcdiff.ir.types import Scalar
from srcdiff.ir.walk import carried_params, carried_results
from srcdiff.ops.spelling import INFIX, path_of
from srcdiff.ops.table import Row
from srcdiff.transform.dead import remove_dead

ACTIVE, PASSIVE = "#1f5fbf", "#8a8a8a"
FILL, BOX = "#e8f0fd", "#b0b0b0"
INDEXING = {"getitem": "[{}]", "set_at": "[{}] =", "add_at": "[{}] +="}
FEW = 3  # entries of an array that are written out


@dataclass
class Drawing:
    """A graph under construction."""

    function: Function
    active: object
    cells: dict[Var, Cell] = field(default_factory=dict)
    adjoints: dict[Cell, object] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    edges: list[str] = field(default_factory=list)
    sources: dict[Var, str] = field(default_factory=dict)  # the node that a variable comes from
    named: set[str] = field(default_factory=set)  # nodes that say what their variable is called
    words: dict[Var, str] = field(default_factory=dict)  # what an integer is called in labels
    boxes: int = 0
    nodes: int = 0

    def node(self) -> str:
        self.nodes += 1
        return f"n{self.nodes}"


def dot(function: Function, wrt: Sequence[str], run: Recording | None = None) -> str:
    """The graph of a typed function as DOT. run: values and adjoints are written on the edges."""
    function = remove_dead(function)
    moving = [function.params[k] for k in parameters_of(function, wrt)]
    results = [r for r in function.body.results if isinstance(r, Var)]
    drawing = Drawing(function, activity(function.body, moving, results))
    if run is not None:
        _take_run(drawing, run, wrt)
    _inputs(drawing)
    _block(drawing, function.body, 1)
    _outputs(drawing)
    title = f"{function.name} by {', '.join(wrt)}"
    title += f"; adjoints{several}" if run is not None and (several := among_several(run)) else ""
    head = [
        f"digraph {_quoted(function.name)} {{",
        f"  label={_quoted(title)};",
        "  rankdir=LR;",
        "  labelloc=t;",
        "  labeljust=l;",
        "  nodesep=0.3;",
        "  ranksep=0.4;",
        '  fontname="monospace";',
        "  fontsize=11;",
        '  node [fontname="monospace", fontsize=11, height=0.35, margin="0.1,0.04"];',
        '  edge [fontname="monospace", fontsize=9, arrowsize=0.7];',
    ]
    return "\n".join([*head, *drawing.lines, *drawing.edges, "}", ""])


def _take_run(drawing: Drawing, run: Recording, wrt: Sequence[str]) -> None:
    drawing.cells = dict(zip(run.function.params, run.inputs))
    for step in run.steps:
        drawing.cells.update(zip(step.stmt.outs, step.outs))
        drawing.cells.update(step.operands)
    for var, cell in zip(run.function.body.results, run.results):
        if isinstance(var, Var) and isinstance(cell, Cell):
            drawing.cells[var] = cell
    goal = objective(run)
    if goal is not None:
        mark(run, inputs_of(run, wrt))
        drawing.adjoints = dict(backward(run, {goal: one(goal.value)}).cotangents)


def brief(value: object) -> str:
    """A value in a few characters: a large array by its shape and its largest entry.

    >>> brief(1.0 / 3.0), brief(np.arange(3.0)), brief(np.ones((2, 3)))
    ('0.33333', '[0, 1, 2]', '2×3, up to 1')
    """
    if isinstance(value, (float, np.floating)):
        return f"{value:.5g}"
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiu":
        text = shown(value)
        return text if len(text) < 24 else f"{text[:20]}..."
    if value.size <= FEW:
        return shown(np.array([float(f"{x:.4g}") for x in value.flat]).reshape(value.shape))
    shape = "×".join(map(str, value.shape))
    return f"{shape}, up to {np.max(np.abs(value)):.3g}"


def _quoted(text: str) -> str:
    """A string of DOT, its quotes, backslashes and line ends escaped."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


# --- nodes and edges ------------------------------------------------------------------------------


def _inputs(drawing: Drawing) -> None:
    drawing.lines.append("  { rank=source;")
    for place, var in enumerate(drawing.function.params):
        name = f"in{place}"
        drawing.sources[var] = name
        drawing.named.add(name)
        if _is_integer(var):
            drawing.words[var] = var.hint or "·"
        _node(drawing, name, var.hint or f"input {place}", var, "ellipse", 2)
    drawing.lines.append("  }")


def _outputs(drawing: Drawing) -> None:
    drawing.lines.append("  { rank=sink;")
    results = drawing.function.body.results
    for place, result in enumerate(results):
        name = f"out{place}"
        text = "result" if len(results) == 1 else f"result {place}"
        var = result if isinstance(result, Var) else None
        _node(drawing, name, text, var, "ellipse", 2, ", peripheries=2")
        if isinstance(result, Var):
            _edge(drawing, result, name)
    drawing.lines.append("  }")


def _node(drawing: Drawing, name: str, label: str, var: Var | None, shape: str, depth: int,
          more: str = "") -> None:  # fmt: skip
    active = var is not None and var in drawing.active  # type: ignore[operator]
    colour, fill = (ACTIVE, FILL) if active else (PASSIVE, "white")
    drawing.lines.append(
        f'{"  " * depth}{name} [label={_quoted(label)}, shape={shape}, color="{colour}", '
        f'style=filled, fillcolor="{fill}"{more}];'
    )


def _edge(drawing: Drawing, var: Var, to: str, more: str = "") -> None:
    source = drawing.sources.get(var)
    if source is None:
        return
    active = var in drawing.active  # type: ignore[operator]
    parts = [var.hint] if var.hint and source not in drawing.named else []
    cell = drawing.cells.get(var)
    if cell is not None:
        parts.append(brief(cell.value))
        if cell in drawing.adjoints:
            parts.append(f"adjoint {brief(drawing.adjoints[cell])}")
    text = "\n".join(parts)
    fields = [f"label={_quoted(text)}"] if text else []
    fields.append(f'color="{ACTIVE if active else PASSIVE}"')
    drawing.edges.append(f"  {source} -> {to} [{', '.join(fields)}{more}];")


# --- integers in words ----------------------------------------------------------------------------


def _is_integer(var: Var) -> bool:
    return isinstance(var.type, Scalar) and var.type.dtype == "int64"


def _word(drawing: Drawing, arg: Arg | None) -> str:
    """What stands for an argument in a label."""
    if isinstance(arg, Var):
        return drawing.words.get(arg) or arg.hint or "·"
    if isinstance(arg, Const):
        return shown(arg.value)
    if isinstance(arg, Pack):
        return ", ".join(_word(drawing, item) for item in arg.items)
    if isinstance(arg, Cut):
        parts = [
            "" if p == Const(None) else _word(drawing, p) for p in (arg.start, arg.stop, arg.step)
        ]
        return ":".join(parts if parts[2] else parts[:2])
    if isinstance(arg, Range):
        start, stop, step = (_word(drawing, p) for p in (arg.start, arg.stop, arg.step))
        given = [start, stop, step] if step != "1" else [start, stop] if start != "0" else [stop]
        return f"range({', '.join(given)})"
    return "·"


def _said(drawing: Drawing, stmt: Apply) -> bool:
    """Whether a statement makes an integer, which is said where it is used."""
    if len(stmt.outs) != 1 or not _is_integer(stmt.outs[0]):
        return False
    (out,), name = stmt.outs, stmt.op.name
    given = [v for a in stmt.args for v in variables(a)]
    if name == "extent":
        text = f"{_word(drawing, stmt.args[0])}.shape[{_word(drawing, stmt.args[1])}]"
    elif name == "length":
        text = f"len({_word(drawing, stmt.args[0])})"
    elif not all(v in drawing.words for v in given):
        return False
    elif name in INFIX and len(stmt.args) == 2:
        text = f" {INFIX[name]} ".join(_word(drawing, a) for a in stmt.args)
    else:
        text = f"{path_of(stmt)}({', '.join(_word(drawing, a) for a in stmt.args)})"
    drawing.words[out] = out.hint or (text if len(text) < 24 else "·")
    return True


# --- statements -----------------------------------------------------------------------------------


def _block(drawing: Drawing, block: Block, depth: int) -> None:
    for stmt in block.stmts:
        if isinstance(stmt, Apply):
            if stmt.op.name not in SKIPPED and not _said(drawing, stmt):
                _apply(drawing, stmt, depth)
        elif isinstance(stmt, If):
            _branch(drawing, stmt, depth)
        else:
            _loop(drawing, stmt, depth)


def _apply(drawing: Drawing, stmt: Apply, depth: int) -> None:
    name = drawing.node()
    first = stmt.outs[0] if stmt.outs else None
    _node(drawing, name, _label(drawing, stmt), first, "box", depth)
    for var in dict.fromkeys(v for a in _operands(stmt) for v in variables(a)):
        if _node_of(drawing, var):
            _edge(drawing, var, name)
    for out in stmt.outs:
        drawing.sources[out] = name


def _operands(stmt: Apply) -> list[Arg]:
    """The arguments that edges lead from: an index stands in the label."""
    return [a for k, a in enumerate(stmt.args) if not (stmt.op.name in INDEXING and k == 1)]


SIGNS = {**INFIX, "negative": "-x"}


def _label(drawing: Drawing, stmt: Apply) -> str:
    """The operation, with the constants among its operands."""
    op = stmt.op
    if op.name in INDEXING:
        return INDEXING[op.name].format(_word(drawing, stmt.args[1]))
    path = SIGNS.get(op.name) or path_of(stmt)
    defaults = [p.default for p in op.signature.parameters.values()] if isinstance(op, Row) else []
    constants = [
        text
        for place, arg in enumerate(stmt.args)
        for text in _constants(drawing, arg)
        if not (place < len(defaults) and shown(defaults[place]) == text)
    ]
    if op.name in INFIX and len(stmt.args) == 2:
        if len(constants) == 2:
            return f"{constants[0]} {path} {constants[1]}"
        if constants and not _node_of(drawing, stmt.args[0]):
            return f"{constants[0]} {path}"
    return f"{path} {' '.join(constants)}" if constants else path


def _node_of(drawing: Drawing, arg: Arg) -> bool:
    """Whether an edge leads from an argument."""
    return isinstance(arg, Var) and (arg not in drawing.words or arg in drawing.function.params)


def _constants(drawing: Drawing, arg: Arg) -> Iterator[str]:
    if isinstance(arg, Const):
        yield shown(arg.value)
    elif isinstance(arg, Var) and not _node_of(drawing, arg):
        yield drawing.words[arg]
    elif isinstance(arg, Pack):
        for item in arg.items:
            yield from _constants(drawing, item)
    elif isinstance(arg, Cut):
        yield _word(drawing, arg)


def _box(drawing: Drawing, label: str, depth: int) -> None:
    drawing.boxes += 1
    pad = "  " * depth
    drawing.lines += [
        f"{pad}subgraph cluster_{drawing.boxes} {{",
        f'{pad}  label={_quoted(label)}; style=rounded; color="{BOX}";',
    ]


def _line(drawing: Drawing, at: Span) -> str:
    """The line of a box, and the function it stands in where that is another one."""
    elsewhere = at.function.isidentifier() and at.function != drawing.function.name
    return f", line {at.line}{f' of {at.function}' if elsewhere else ''}" if at.line else ""


def _merge(drawing: Drawing, outs: Sequence[Var], sides: Sequence[Sequence[Atom]], label: str,
           depth: int) -> None:  # fmt: skip
    """A small node per value that a region hands on."""
    for place, out in enumerate(outs):
        if _is_integer(out):
            drawing.words[out] = out.hint or "·"
            continue
        name = drawing.node()
        _node(drawing, name, label, out, "diamond", depth)
        for side in sides:
            atom = side[place]
            if isinstance(atom, Var):
                _edge(drawing, atom, name)
        drawing.sources[out] = name


def _branch(drawing: Drawing, stmt: If, depth: int) -> None:
    _box(drawing, f"if{_line(drawing, stmt.at)}", depth)
    for word, side in (("then", stmt.then), ("else", stmt.orelse)):
        if side.stmts:
            _box(drawing, word, depth + 1)
            _block(drawing, side, depth + 2)
            drawing.lines.append("  " * (depth + 1) + "}")
    _merge(drawing, stmt.outs, (stmt.then.results, stmt.orelse.results), "either", depth + 1)
    drawing.lines.append("  " * depth + "}")
    for out in stmt.outs:
        if isinstance(stmt.test, Var) and out in drawing.sources:
            _edge(drawing, stmt.test, drawing.sources[out], ", style=dashed")


def _loop(drawing: Drawing, stmt: For | While, depth: int) -> None:
    carried, after = carried_params(stmt), carried_results(stmt)
    names = [_carried_name(*three) for three in zip(carried, stmt.outs, after)]
    _box(drawing, _loop_label(drawing, stmt), depth)
    for var, init, name in zip(carried, stmt.inits, names):
        if _is_integer(var):
            drawing.words[var] = name
            continue
        seat = drawing.node()
        _node(drawing, seat, name, var, "diamond", depth + 1)
        if isinstance(init, Var):
            _edge(drawing, init, seat)
        drawing.sources[var] = seat
        drawing.named.add(seat)
    if isinstance(stmt, While):
        for var, init in zip(stmt.test.params, carried):
            if init in drawing.sources:
                drawing.sources[var] = drawing.sources[init]
            else:
                drawing.words[var] = drawing.words[init]
        _block(drawing, stmt.test, depth + 1)
    _block(drawing, stmt.body, depth + 1)
    for var, out, result, name in zip(carried, stmt.outs, after, names):
        _handed_on(drawing, var, out, result, name, depth + 1)
    count = len(stmt.inits)
    stacked = stmt.body.results[count + int(stmt.breaks) :]
    _merge(drawing, stmt.outs[count:], (stacked,), "list", depth + 1)
    drawing.lines.append("  " * depth + "}")


def _handed_on(drawing: Drawing, var: Var, out: Var, result: Atom, name: str, depth: int) -> None:
    """The diamond from which a value goes to the next round, and out of the loop."""
    if var in drawing.words:
        drawing.words[out] = name
        return
    seat = drawing.node()
    _node(drawing, seat, name, var, "diamond", depth)
    if isinstance(result, Var):
        _edge(drawing, result, seat)
    colour = ACTIVE if var in drawing.active else PASSIVE  # type: ignore[operator]
    back = f'color="{colour}", style=dashed, constraint=false'
    drawing.edges.append(f"  {seat} -> {drawing.sources[var]} [{back}];")
    drawing.sources[out] = seat
    drawing.named.add(seat)


def _carried_name(var: Var, out: Var, result: Atom) -> str:
    own = result.hint if isinstance(result, Var) else ""
    return own or out.hint or var.hint or "carried"


def _loop_label(drawing: Drawing, stmt: For | While) -> str:
    line = _line(drawing, stmt.at)
    if isinstance(stmt, While):
        return f"while{line}"
    if not stmt.body.params:
        return f"for {_word(drawing, stmt.over)}{line}"
    item = stmt.body.params[0]
    drawing.words[item] = item.hint or "round"
    return f"for {drawing.words[item]} in {_word(drawing, stmt.over)}{line}"


__all__ = ["brief", "dot"]
