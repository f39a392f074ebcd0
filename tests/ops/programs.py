"""A small Python function with source for each row and sample: what a user would have written.

    np.sum, (x, {"axis": 1})      def program(x):
                                      return np.sum(x, axis=1)

Operands that can vary are parameters; plain arguments are written out; arrays of indices and the
like are globals.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import linecache
import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

from srcdiff.ops import runtime
from srcdiff.ops.table import Row

OPERATORS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.Pow: "**", ast.MatMult: "@",
}  # fmt: skip
_numbers = count(1)


@dataclass
class Program:
    """A function of the operands that vary, and their values."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    expression: str
    writer: Writer


@dataclass
class Writer:
    """The parameters, globals and text of a program on its way."""

    names: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)

    def operand(self, value: Any, hint: str) -> str:
        if isinstance(value, (tuple, list)):
            inside = [self.operand(v, f"{hint}{k}") for k, v in enumerate(value)]
            return bracketed(value, inside)
        if value is not None and np.asarray(value).dtype.kind in "fc":
            self.parameters[hint] = value
            return hint
        return self.plain(value, hint)

    def plain(self, value: Any, hint: str) -> str:
        if isinstance(value, (tuple, list)):
            return bracketed(value, [self.plain(v, f"{hint}{k}") for k, v in enumerate(value)])
        if isinstance(value, float) and not math.isfinite(value):
            return "np.inf" if value > 0 else "-np.inf"
        if value is None or isinstance(value, (bool, int, float, complex, str)):
            return repr(value)
        self.names[hint] = value
        return hint


def bracketed(like: Any, inside: list[str]) -> str:
    comma = "," if isinstance(like, tuple) and len(inside) == 1 else ""
    left, right = "()" if isinstance(like, tuple) else "[]"
    return left + ", ".join(inside) + comma + right


def spelled(function: Any) -> str:
    """How a program calls a function."""
    name = function.__name__
    if getattr(builtins, name, None) is function:
        return str(name)
    for module, prefix in ((np, "np"), (np.linalg, "np.linalg"), (math, "math")):
        if getattr(module, name, None) is function:
            return f"{prefix}.{name}"
    if getattr(runtime, name, None) is function:
        return f"runtime.{name}"
    if function is np.absolute:
        return "np.abs"
    return f"np.{name}" if hasattr(np, name) else str(name)


def written(row: Row, sample: tuple[Any, ...], style: str = "function") -> Program:
    """The program of a row and a sample. style: "function", "scalar", "operator", "method"."""
    keywords = sample[-1] if sample and isinstance(sample[-1], dict) else {}
    positional = sample[:-1] if keywords else sample
    bound = row.signature.bind(*positional, **keywords)
    writer = Writer()
    texts: list[str] = []
    for name, value in bound.arguments.items():
        parameter = row.signature.parameters[name]
        write = writer.operand if name in row.operands or row.kind == "composite" else writer.plain
        if parameter.kind is parameter.VAR_POSITIONAL:
            texts += [write(v, f"{name}{k}") for k, v in enumerate(value)]
        elif name in keywords:
            texts.append(f"{name}={write(value, name)}")
        else:
            texts.append(write(value, name))
    return load(writer, CALLS[style](row, texts))


def _call(row: Row, texts: list[str]) -> str:
    return f"{spelled(row.function)}({', '.join(texts)})"


def _scalar(row: Row, texts: list[str]) -> str:
    return f"{spelled(row.scalar)}({', '.join(texts)})"


def _operator(row: Row, texts: list[str]) -> str:
    assert row.symbol is not None
    if len(texts) == 1:
        return f"-{texts[0]}" if row.symbol is ast.USub else f"+{texts[0]}"
    return f" {OPERATORS[row.symbol]} ".join(texts)


def _method(row: Row, texts: list[str]) -> str:
    return f"{texts[0]}.{row.methods[0]}({', '.join(texts[1:])})"


CALLS: dict[str, Callable[[Row, list[str]], str]] = {
    "function": _call,
    "scalar": _scalar,
    "operator": _operator,
    "method": _method,
}


def load(writer: Writer, expression: str) -> Program:
    """Compile the text so that its source can be found."""
    text = f"def program({', '.join(writer.parameters)}):\n    return {expression}\n"
    filename = f"<program {next(_numbers)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    names = {"np": np, "math": math, "runtime": runtime, "operator": operator, **writer.names}
    exec(compile(text, filename, "exec"), names)
    function = names["program"]
    assert inspect.getsource(function) == text
    return Program(function, tuple(writer.parameters.values()), expression, writer)


def weighted(program: Program, weights: list[Any]) -> Program:
    """A program whose result is one number: the weighted sum of what another returns."""
    names = {f"weights{k}": w for k, w in enumerate(weights)}
    writer = Writer({**program.writer.names, **names}, program.writer.parameters)
    several = isinstance(program.function(*program.args), (tuple, list))
    whole = program.expression
    parts = [f"({whole})[{k}]" if several else whole for k in range(len(weights))]
    terms = [f"np.sum(weights{k} * ({part}))" for k, part in enumerate(parts)]
    return load(writer, " + ".join(terms))


def styles(row: Row, sample: tuple[Any, ...]) -> list[str]:
    """The ways a program may spell the operation on these arguments."""
    first = sample[0]
    numbers = [x for x in sample if not isinstance(x, dict)]
    python = all(type(x) in (int, float, bool) for x in numbers)
    result = ["function"]
    if python and row.scalar is not None and spelled(row.scalar) not in ("pos", "neg"):
        result = ["function", "scalar"] if row.scalar is not row.function else ["scalar"]
        if row.scalar.__module__ == "_operator":
            result = ["function"]
        if row.function is not None and row.function.__module__ == runtime.__name__:
            result = ["scalar"] if row.path != row.name else ["function"]
    if row.symbol in OPERATORS or row.symbol in (ast.USub, ast.UAdd):
        result.append("operator")
    if row.methods and isinstance(first, np.ndarray) and first.ndim > 0:
        result.append("method")
    return result
