"""What an operation of the typed form computes from plain values: the functions of its row."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from srcdiff.errors import Diagnostic, Refused
from srcdiff.ir.core import Apply
from srcdiff.ir.types import Array, Scalar
from srcdiff.ops import runtime
from srcdiff.ops.table import Row
from srcdiff.transform.row_calls import python_operator


def run(stmt: Apply, args: list[Any]) -> list[Any]:
    """The results of a statement for the values of its arguments."""
    special = SPECIAL.get(stmt.op.name)
    if special is not None:
        return [special(stmt, *args)] if stmt.outs else []
    if not isinstance(stmt.op, Row) or stmt.op.function is None:
        raise unknown(stmt)
    result = row_function(stmt)(*arranged(stmt.op, args)[0], **arranged(stmt.op, args)[1])
    return [result] if len(stmt.outs) == 1 else list(result)


def unknown(stmt: Apply) -> Refused:
    """The refusal of an operation that is not run here."""
    return Refused(
        Diagnostic(
            "SD519",
            f"{stmt.op.name} is not followed here",
            stmt.at,
            hint="use hessian, jacobian or nested jvp instead",
        )
    )


def row_function(stmt: Apply) -> Callable[..., Any]:
    """The function that runs: Python's own where the result is one of Python's numbers."""
    assert isinstance(stmt.op, Row)
    out = stmt.outs[0].type if stmt.outs else None
    own = stmt.op.scalar if isinstance(out, Scalar) and out.weak else None
    if isinstance(out, Scalar) and out.mixed and stmt.op.symbol is not None:
        own = python_operator(stmt.op)  # of what the numbers are
    function = own or stmt.op.function
    assert function is not None
    return function


def arranged(row: Row, args: list[Any]) -> tuple[list[Any], dict[str, Any]]:
    """Arguments in a row's order as positional ones and keywords; defaults are left out."""
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    for p, arg in zip(row.signature.parameters.values(), args):
        if p.kind is inspect.Parameter.VAR_POSITIONAL:
            positional += list(arg)
        elif p.default is p.empty:
            positional.append(arg)
        elif not (type(arg) is type(p.default) and arg == p.default):
            keywords[p.name] = arg
    return positional, keywords


def _zeros_like(stmt: Apply, x: Any) -> Any:
    out = stmt.outs[0].type
    return np.zeros(np.shape(x), out.dtype) if isinstance(out, Array) else runtime.zeros_like(x)


def _cast(stmt: Apply, x: Any, to: Any) -> Any:
    if isinstance(x, np.ndarray):
        return x.astype(to)
    return to(x) if isinstance(to, type) else np.dtype(to).type(x)


def _spread(stmt: Apply, v: Any, like: Any) -> Any:
    return runtime.spread(v, like) if isinstance(stmt.outs[0].type, Array) else v


def _format(stmt: Apply, x: Any, conversion: Any, spec: Any) -> str:
    shown = repr(x) if conversion == "r" else str(x) if conversion == "s" else x
    return format(shown, spec or "")


def _raise(stmt: Apply, cls: Any, args: Any, cause: Any) -> Any:
    raise cls(*args) from cause


SPECIAL: dict[str, Callable[..., Any]] = {
    "zeros_like": _zeros_like,
    "spread": _spread,
    "cast": _cast,
    "external": lambda s, function, args, keywords: function(*args, **dict(keywords)),
    "extent": lambda s, x, axis: np.shape(x)[axis],
    "truth": lambda s, x: bool(x),
    "not": lambda s, x: not x,
    "is_none": lambda s, x: x is None,
    "contains": lambda s, x, xs: x in xs,
    "identity": lambda s, x: x,
    "stop_gradient": lambda s, x: x,
    "hooked": lambda s, x, hook: x,
    "copy": lambda s, x: runtime.copied(x),
    "format": _format,
    "join": lambda s, *parts: "".join(parts),
    "raise": _raise,
}
