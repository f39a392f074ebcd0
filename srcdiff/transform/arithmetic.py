"""What operators between two values mean, or on one: numbers and arrays go to the table, sequences are
joined, objects have methods of their own.
"""

from __future__ import annotations

import ast
import operator
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from srcdiff.ir.core import Var
from srcdiff.ir.types import Dim, minus
from srcdiff.ops import shapes
from srcdiff.ops.shapes import product_dim, sum_dim
from srcdiff.ops.table import BY_NAME, BY_SYMBOL
from srcdiff.transform import row_calls, sets
from srcdiff.transform.calls import intrinsic
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.intrinsics import class_of
from srcdiff.transform.lists import concatenated, is_list, joined_or_repeated
from srcdiff.transform.special import by_a_method, by_its_method
from srcdiff.transform.values import NOTHING, NUMBER, Abstract, Seq, Static, Value, is_static

Run = Instantiator
DEFINITIONS = os.path.dirname(shapes.__file__) + os.sep  # the files of the table


SYMBOLS: dict[str, type[ast.AST]] = {
    "+": ast.Add, "-": ast.Sub, "*": ast.Mult, "/": ast.Div, "//": ast.FloorDiv, "%": ast.Mod,
    "**": ast.Pow, "@": ast.MatMult, "&": ast.BitAnd, "|": ast.BitOr, "^": ast.BitXor,
    "<<": ast.LShift, ">>": ast.RShift,
    "<": ast.Lt, "<=": ast.LtE, ">": ast.Gt, ">=": ast.GtE, "==": ast.Eq, "!=": ast.NotEq,
}  # fmt: skip


UNARY_SYMBOLS: dict[str, type[ast.AST]] = {"-": ast.USub, "+": ast.UAdd, "~": ast.Invert}


PYTHON: dict[str, Callable[..., Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "//": operator.floordiv, "%": operator.mod, "**": operator.pow, "@": operator.matmul,
    "&": operator.and_, "|": operator.or_, "^": operator.xor, "<<": operator.lshift,
    ">>": operator.rshift, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


PYTHON_UNARY: dict[str, Callable[..., Any]] = {
    "-": operator.neg, "+": operator.pos, "~": operator.invert,
}  # fmt: skip


def binary(run: Run, symbol: Abstract, x: Abstract, y: Abstract) -> Abstract:
    """x symbol y"""
    text = run.static(symbol, "an operator")
    if sets.is_set(x) or sets.is_set(y):
        joined = binary(run, symbol, sets.constant(x), sets.constant(y))
        return sets.made(joined.value) if is_static(joined, frozenset) else joined  # type: ignore[union-attr]
    if isinstance(x, Static) and isinstance(y, Static) and not _dunder(x, y):
        return of_constants(run, PYTHON[text], x.value, y.value)
    if any(isinstance(a, Seq) or is_list(a) for a in (x, y)):
        made = joined_or_repeated(run, text, x, y)
        if made is not None:
            return made
    special = by_a_method(run, text, x, y)
    if special is not None:
        return special
    if is_list(x) and is_list(y) and text == "+":
        return concatenated(run, x, y)
    if is_mistaken(run, PYTHON[text], x, y):
        return NOTHING
    x, y = (row_calls.arrayed(run, a) if isinstance(a, Seq) else a for a in (x, y))
    result = row_calls.apply_row(run, BY_SYMBOL[SYMBOLS[text]], (x, y), (), PYTHON[text])
    return _measured(run, text, x, y, result)


def _dunder(*values: Static) -> bool:
    return any(isinstance(v.value, (np.ndarray,)) for v in values)


def of_constants(run: Run, function: Callable[..., Any], x: Any, y: Any) -> Abstract:
    try:
        return Static(function(x, y))
    except Exception as error:
        run.raise_error(type(error), *error.args)
        return NOTHING


def is_mistaken(run: Run, function: Callable[..., Any], *operands: Abstract) -> bool:
    """Whether Python refuses the operator for a tuple or list; its TypeError is raised then.

    It is asked with others of the same classes: a list times a number of NumPy's is refused, and plus one
    it is an array. Definitions of NumPy's functions take a list for an array.
    """
    if (
        run.rules
        or run.build.at.filename.startswith(DEFINITIONS)
        or not any(map(_is_row, operands))
    ):
        return False
    examples = [_example(a) for a in operands]
    if any(example is None for example in examples):
        return False
    try:
        function(*examples)
    except TypeError as error:
        run.raise_error(TypeError, *error.args)
        return True
    return False


def _is_row(a: Abstract) -> bool:
    return isinstance(a, Seq) or is_list(a)


def _example(a: Abstract) -> Any:
    """A value of the class that a value has; None where that is not known."""
    cls = class_of(a)
    if cls is np.ndarray:
        return np.ones(0)
    if cls is None or not issubclass(cls, (*NUMBER, np.number, np.bool_, list, tuple)):
        return None
    return cls() if issubclass(cls, (list, tuple)) else cls(1)


def _measured(run: Run, text: str, x: Abstract, y: Abstract, result: Abstract) -> Abstract:
    """Lengths are carried through n - 1, n + m, n * m."""
    a, b = _length(x), _length(y)
    if a is None or b is None or text not in _LENGTHS or not isinstance(result, Value):
        return result
    length = _LENGTHS[text](a, b)
    if length is None or not isinstance(result.atom, Var):
        return result
    run.build.lengths[result.atom] = length
    return Value(result.atom, result.type, length)


def _length(a: Abstract) -> Dim | None:
    """The length that an integer is, if it is one."""
    if isinstance(a, Value):
        return a.length
    known = a.value if is_static(a, int) else -1  # type: ignore[union-attr]
    return known if known >= 0 and not isinstance(known, bool) else None


_LENGTHS: dict[str, Callable[[Dim, Dim], Dim | None]] = {
    "-": lambda a, b: minus(a, b) if isinstance(b, int) else None,
    "+": lambda a, b: sum_dim((a, b)),
    "*": lambda a, b: product_dim((a, b)),
}


def unary(run: Run, symbol: Abstract, x: Abstract) -> Abstract:
    """symbol x"""
    text = run.static(symbol, "an operator")
    if isinstance(x, Static) and not _dunder(x):
        return Static(PYTHON_UNARY[text](x.value))
    special = by_its_method(run, text, x)
    if special is not None:
        return special
    if is_mistaken(run, PYTHON_UNARY[text], x):
        return NOTHING
    return row_calls.apply_row(run, BY_SYMBOL[UNARY_SYMBOLS[text]], (x,), (), PYTHON_UNARY[text])


@intrinsic(abs)
def _abs(run: Run, x: Abstract, /) -> Abstract:
    if is_mistaken(run, abs, x):
        return NOTHING
    return row_calls.apply_row(run, BY_NAME["absolute"], (x,), (), abs)
