"""The printed form: what golden files, error messages and `ir()` show.

function square_sum(x: float64[n])
  t: float64[n] = multiply(x, x)                 # line 3
  s: float64 = sum(t, None, False)
  return s
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from srcdiff.errors import Span
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
    Stmt,
    Tree,
    Var,
    While,
)
from srcdiff.ir.types import UNKNOWN


class Names:
    """Distinct printed names for Vars, given out at first sight: x, x.1, x.2, ..."""

    def __init__(self) -> None:
        self._names: dict[Var, str] = {}
        self._taken: dict[str, int] = {}

    def __call__(self, var: Var) -> str:
        if var not in self._names:
            base = var.hint or "%"
            number = self._taken.get(base, 0)
            self._taken[base] = number + 1
            suffix = f".{number}" if number and var.hint else str(number) if not var.hint else ""
            self._names[var] = base + suffix
        return self._names[var]


def marked(body: Block, stmt: Stmt) -> tuple[str, Span]:
    """A body with an arrow at a statement, and the user's line: shown with a fault."""
    function = Function("the_body", (), body, output=Tree("static"))
    return print_function(function, stmt), stmt.at


def print_function(function: Function, mark: object = None) -> str:
    """The text of a function; the statement `mark` gets an arrow."""
    names = Names()
    params = ", ".join(_declare(v, names) for v in function.params)
    lines = [f"function {function.name}({params})"]
    lines += ["  " + line for line in _block(function.body, names, mark)]
    output = _tree(function.output, [_arg(a, names) for a in function.body.results])
    lines.append(f"  return {output}")
    return renumbered("\n".join(lines))


def renumbered(text: str) -> str:
    """Lengths that the compiler made up, numbered in order of appearance: count'1, count'2, ..."""
    numbers: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        return f"{found[1]}'{numbers.setdefault(found[0], len(numbers) + 1)}"

    return re.sub(r"\b(\w+)'(\d+)\b", number, text)


def print_block(block: Block) -> str:
    """The text of a block."""
    names = Names()
    head = ", ".join(_declare(v, names) for v in block.params)
    lines = [f"({head})", *_block(block, names, None)]
    return "\n".join([*lines, "-> " + _results(block, names)])


def _declare(var: Var, names: Names) -> str:
    return names(var) if var.type is UNKNOWN else f"{names(var)}: {var.type}"


def _block(block: Block, names: Names, mark: object) -> Iterator[str]:
    for stmt in block.stmts:
        lines = list(_stmt(stmt, names, mark))
        if stmt is mark:
            lines[0] += "    <== here"
        yield from lines


def _results(block: Block, names: Names) -> str:
    return ", ".join(_arg(a, names) for a in block.results) or "()"


def _stmt(stmt: Stmt, names: Names, mark: object) -> Iterator[str]:
    if isinstance(stmt, Apply):
        args = ", ".join(_arg(a, names) for a in stmt.args)
        line = f"{_outs(stmt, names)}{stmt.op.name}({args})"
        yield line + (f"  # line {stmt.at.line}" if stmt.at.line else "")
    elif isinstance(stmt, If):
        yield f"{_outs(stmt, names)}if {_arg(stmt.test, names)}:"
        yield from _region(stmt.then, names, mark)
        yield "else:"
        yield from _region(stmt.orelse, names, mark)
    else:
        yield from _loop(stmt, names, mark)


def _loop(stmt: For | While, names: Names, mark: object) -> Iterator[str]:
    outs = _outs(stmt, names)
    breaks = " breaks" if stmt.breaks else ""
    params = stmt.body.params[1:] if isinstance(stmt, For) else stmt.body.params
    inits = ", ".join(
        f"{_declare(p, names)} = {_arg(a, names)}" for p, a in zip(params, stmt.inits)
    )
    if isinstance(stmt, For):
        head = f"for {_declare(stmt.body.params[0], names)} in {_arg(stmt.over, names)}"
        yield f"{outs}{head} with ({inits}){breaks}:"
    else:
        test_inits = ", ".join(names(p) for p in stmt.test.params)
        yield f"{outs}while with ({inits}){breaks}:"
        yield f"  test ({test_inits}):"
        yield from ("  " + line for line in _region(stmt.test, names, mark))
        yield "  body:"
    yield from _region(stmt.body, names, mark)


def _region(block: Block, names: Names, mark: object) -> Iterator[str]:
    for line in _block(block, names, mark):
        yield "  " + line
    yield f"  -> {_results(block, names)}"


def _outs(stmt: Stmt, names: Names) -> str:
    return ", ".join(_declare(v, names) for v in stmt.outs) + " = " if stmt.outs else ""


def _arg(arg: Arg, names: Names) -> str:
    if isinstance(arg, Var):
        return names(arg)
    if isinstance(arg, Const):
        return show(arg.value)
    if isinstance(arg, Pack):
        return "(" + ", ".join(_arg(item, names) for item in arg.items) + ")"
    if isinstance(arg, Cut):
        return ":".join(_arg(part, names) for part in (arg.start, arg.stop, arg.step))
    if isinstance(arg, Range):
        inner = ", ".join(_arg(part, names) for part in (arg.start, arg.stop, arg.step))
        if arg.snapshots != Const(None):
            inner += f", snapshots={_arg(arg.snapshots, names)}"
        return f"backward({inner})" if arg.backward else f"range({inner})"
    return "*" + _arg(arg.value, names)


def show(value: Any) -> str:
    """A constant in print: functions, classes and modules by name, the rest by repr."""
    for attribute in ("__name__", "name"):
        name = getattr(value, attribute, None)
        if isinstance(name, str):
            return name
    return repr(value)


def _tree(tree: Tree, leaves: list[str]) -> str:
    if tree.kind == "leaf":
        return leaves[tree.index]
    if tree.kind == "static":
        return show(tree.value)
    inner = [_tree(child, leaves) for child in tree.children]
    if tree.keys:
        inner = [f"{key}={text}" for key, text in zip(tree.keys, inner)]
    name = tree.value.__name__ if tree.kind == "object" else tree.kind
    return f"{name}({', '.join(inner)})"
