"""The computational graph in DOT: inputs on the left, operations as nodes, intermediate variables on
the edges, loops and branches as boxes, outputs on the right. What varies is coloured; with a run, values
and adjoints stand on the edges (of the last round, inside a loop).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from srcdiff.analysis.activity import activity
from srcdiff.explain.compose import backward, inputs_of, mark, objective, one
from srcdiff.explain.run import Cell, Recording, variables
from srcdiff.explain.tables import shown
from srcdiff.ir.core import Apply, Arg, Atom, Block, Const, Cut, For, Function, If, Pack, Var, While
from srcdiff.ir.walk import carried_params, carried_results
from srcdiff.ops.table import Row

ACTIVE, PASSIVE = "#1f5fbf", "#8a8a8a"
FILL = "#e8f0fd"


@dataclass
class Drawing:
    """A graph under construction."""

    function: Function
    active: object
    run: Recording | None = None
    cells: dict[Var, Cell] = field(default_factory=dict)
    adjoints: dict[Cell, object] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    edges: list[str] = field(default_factory=list)
    sources: dict[Var, str] = field(default_factory=dict)  # the node that a variable comes from
    boxes: int = 0
    nodes: int = 0


def dot(function: Function, wrt: Sequence[str], run: Recording | None = None) -> str:
    """The graph of a typed function as DOT. run: values and adjoints are written on the edges."""
    moving = [function.params[k] for i in function.inputs if i.name in wrt for k in i.tree.leaves()]
    results = [r for r in function.body.results if isinstance(r, Var)]
    drawing = Drawing(function, activity(function.body, moving, results), run)
    if run is not None:
        _take_run(drawing, run, wrt)
    _inputs(drawing)
    _block(drawing, function.body, 1)
    _outputs(drawing)
    head = [
        f"digraph {_quoted(function.name)} {{",
        "  rankdir=LR;",
        '  node [fontname="monospace", fontsize=11];',
        '  edge [fontname="monospace", fontsize=9];',
    ]
    return "\n".join([*head, *drawing.lines, *drawing.edges, "}", ""])


def _take_run(drawing: Drawing, run: Recording, wrt: Sequence[str]) -> None:
    drawing.cells = dict(zip(run.function.params, run.inputs))
    for step in run.steps:
        drawing.cells.update(zip(step.stmt.outs, step.outs))
        drawing.cells.update(step.operands)
    goal = objective(run)
    if goal is not None:
        mark(run, inputs_of(run, wrt))
        drawing.adjoints = dict(backward(run, {goal: one(goal.value)}).cotangents)


def _quoted(text: str) -> str:
    """A string of DOT, its quotes, backslashes and line ends escaped."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _inputs(drawing: Drawing) -> None:
    drawing.lines.append("  { rank=source;")
    for place, var in enumerate(drawing.function.params):
        name = f"in{place}"
        drawing.sources[var] = name
        _node(drawing, name, var.hint or f"input {place}", var, "ellipse", 2)
    drawing.lines.append("  }")


def _outputs(drawing: Drawing) -> None:
    drawing.lines.append("  { rank=sink;")
    for place, result in enumerate(drawing.function.body.results):
        name = f"out{place}"
        text = "result" if len(drawing.function.body.results) == 1 else f"result {place}"
        var = result if isinstance(result, Var) else None
        _node(drawing, name, text, var, "doublecircle" if len(text) < 9 else "ellipse", 2)
        if isinstance(result, Var):
            _edge(drawing, result, name)
    drawing.lines.append("  }")


def _node(drawing: Drawing, name: str, label: str, var: Var | None, shape: str, depth: int) -> None:
    active = var is not None and var in drawing.active  # type: ignore[operator]
    colour, fill = (ACTIVE, FILL) if active else (PASSIVE, "white")
    drawing.lines.append(
        f'{"  " * depth}{name} [label={_quoted(label)}, shape={shape}, color="{colour}", '
        f'style=filled, fillcolor="{fill}"];'
    )


def _edge(drawing: Drawing, var: Var, to: str, style: str = "") -> None:
    source = drawing.sources.get(var)
    if source is None:
        return
    active = var in drawing.active  # type: ignore[operator]
    parts = [var.hint] if var.hint and not source.startswith("in") else []
    cell = drawing.cells.get(var)
    if cell is not None:
        parts.append(shown(cell.value))
        if cell in drawing.adjoints:
            parts.append(f"adjoint {shown(drawing.adjoints[cell])}")
    text = "\n".join(parts)
    fields = [f"label={_quoted(text)}"] if text else []
    fields.append(f'color="{ACTIVE if active else PASSIVE}"')
    fields += [f"style={style}"] if style else []
    drawing.edges.append(f"  {source} -> {to} [{', '.join(fields)}];")


def _block(drawing: Drawing, block: Block, depth: int) -> None:
    for stmt in block.stmts:
        if isinstance(stmt, Apply):
            _apply(drawing, stmt, depth)
        elif isinstance(stmt, If):
            _branch(drawing, stmt, depth)
        else:
            _loop(drawing, stmt, depth)


def _apply(drawing: Drawing, stmt: Apply, depth: int) -> None:
    drawing.nodes += 1
    name = f"n{drawing.nodes}"
    first = stmt.outs[0] if stmt.outs else None
    _node(drawing, name, _label(stmt), first, "box", depth)
    for var in dict.fromkeys(v for a in stmt.args for v in variables(a)):
        _edge(drawing, var, name)
    for out in stmt.outs:
        drawing.sources[out] = name


SIGNS = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**", "matmul": "@",
    "less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=", "negative": "-x",
}  # fmt: skip


def _label(stmt: Apply) -> str:
    """The operation, with the constants among its operands."""
    op = stmt.op
    path = SIGNS.get(op.name) or (op.path if isinstance(op, Row) and op.path else op.name)
    defaults = [p.default for p in op.signature.parameters.values()] if isinstance(op, Row) else []
    constants = [
        text
        for place, arg in enumerate(stmt.args)
        for text in _constants(arg)
        if not (place < len(defaults) and repr(defaults[place]) == text)
    ]
    return f"{path} {' '.join(constants)}" if constants else path


def _constants(arg: Arg) -> Iterator[str]:
    if isinstance(arg, Const):
        yield shown(arg.value)
    elif isinstance(arg, Pack):
        for item in arg.items:
            yield from _constants(item)
    elif isinstance(arg, Cut):
        yield ":".join("" if p == Const(None) else "?" if isinstance(p, Var) else shown(p.value)  # type: ignore[union-attr]
                       for p in (arg.start, arg.stop))  # fmt: skip


def _box(drawing: Drawing, label: str, depth: int) -> None:
    drawing.boxes += 1
    pad = "  " * depth
    drawing.lines += [
        f"{pad}subgraph cluster_{drawing.boxes} {{",
        f"{pad}  label={_quoted(label)}; style=rounded;",
    ]


def _merge(drawing: Drawing, outs: Sequence[Var], sides: Sequence[Sequence[Atom]], label: str,
           depth: int) -> None:  # fmt: skip
    """A small node per value that a region hands on."""
    for place, out in enumerate(outs):
        drawing.nodes += 1
        name = f"n{drawing.nodes}"
        _node(drawing, name, label, out, "diamond", depth)
        for side in sides:
            atom = side[place]
            if isinstance(atom, Var):
                _edge(drawing, atom, name)
        drawing.sources[out] = name


def _branch(drawing: Drawing, stmt: If, depth: int) -> None:
    line = f"  line {stmt.at.line}" if stmt.at.line else ""
    _box(drawing, f"if{line}", depth)
    for word, side in (("then", stmt.then), ("else", stmt.orelse)):
        _box(drawing, word, depth + 1)
        _block(drawing, side, depth + 2)
        drawing.lines.append("  " * (depth + 1) + "}")
    _merge(drawing, stmt.outs, (stmt.then.results, stmt.orelse.results), "either", depth + 1)
    drawing.lines.append("  " * depth + "}")
    if isinstance(stmt.test, Var) and stmt.outs and stmt.outs[0] in drawing.sources:
        _edge(drawing, stmt.test, drawing.sources[stmt.outs[0]], "dashed")


def _loop(drawing: Drawing, stmt: For | While, depth: int) -> None:
    line = f"  line {stmt.at.line}" if stmt.at.line else ""
    item = stmt.body.params[0].hint if isinstance(stmt, For) else ""
    _box(drawing, f"for {item or 'each'}{line}" if isinstance(stmt, For) else f"while{line}", depth)
    for var, init in zip(carried_params(stmt), stmt.inits):
        drawing.nodes += 1
        name = f"n{drawing.nodes}"
        _node(drawing, name, var.hint or "carried", var, "diamond", depth + 1)
        if isinstance(init, Var):
            _edge(drawing, init, name)
        drawing.sources[var] = name
    if isinstance(stmt, While):
        for var, init in zip(stmt.test.params, carried_params(stmt)):
            drawing.sources[var] = drawing.sources[init]
        _block(drawing, stmt.test, depth + 1)
    elif stmt.body.params:
        drawing.nodes += 1
        drawing.sources[stmt.body.params[0]] = f"n{drawing.nodes}"
        _node(drawing, f"n{drawing.nodes}", item or "item", None, "plaintext", depth + 1)
    _block(drawing, stmt.body, depth + 1)
    for var, after in zip(carried_params(stmt), carried_results(stmt)):
        if isinstance(after, Var):
            _edge(drawing, after, drawing.sources[var], "dashed")
    count = len(stmt.inits)
    stacked = stmt.body.results[count + int(stmt.breaks) :]
    for out, var in zip(stmt.outs[:count], carried_params(stmt)):
        drawing.sources[out] = drawing.sources[var]
    _merge(drawing, stmt.outs[count:], (stacked,), "list", depth + 1)
    drawing.lines.append("  " * depth + "}")
