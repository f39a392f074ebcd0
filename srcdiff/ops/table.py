"""The one table of operations. A row says what an operation is and, in one formula, how it varies.

    kind         the body, in plain NumPy, says                         names
    elementwise  one partial derivative per operand                     body(z, x, y) -> px, py
    linear       the adjoint (the tangent is the operation itself)      body(bz, x, axis) -> bx
    bilinear     the two transposes (tangents follow from the product)  body(bz, x, y) -> bx, by
    tangent      the tangent that each operand contributes              body(z, x, y, dx, dy) -> tx, ty
                 (the adjoint is derived by transposing it)
    adjoint      what each operand's cotangent gets                     body(bz, z, x, y) -> bx, by
                 (the tangent is derived by transposing it in bz)
    composite    its definition by other rows, put in its place         body(x, axis) -> z
    zero         nothing: the result does not vary
    refused      nothing: `reason` says why it cannot be differentiated

z is the result, x y the operands, dx tangents, bz bx cotangents. What no body mentions, the kind
does once (`transform.rules`): un-broadcasting, dtypes, inactive operands, zeros. A body is lowered
like any function, so it may call only what has a row; its `if`s on axes and ranks are decided while
compiling.

A body's parameters after z/bz are the operation's own parameters, by name and in order, with their
defaults; the operands are those before the first one with a default unless `operands` says else.
An argument that varies and is not an operand is refused. An operand of a `zero` row may vary.
An operand may be a sequence of arrays (`sequence=True`: np.concatenate); its cotangent is a tuple.
A row whose shape function returns a tuple of dims has as many results (np.split): z, bz and the
tangent are tuples then. A body that raises NotImplementedError, by what is known while compiling,
refuses the operation for these arguments. Functions marked `decided` are called while compiling.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from srcdiff.ir.core import Op
from srcdiff.ops.shapes import broadcasted

Body = Callable[..., Any]
Samples = Callable[[], Sequence[tuple[Any, ...]]]


@dataclass(frozen=True, eq=False)
class Row(Op):
    """One operation. See the module's docstring for `kind` and `body`.

    function:  what the user calls and what runs; for Python's own operators the NumPy function.
    path:      how it is printed: "np.exp", "np.linalg.inv", "math.erf"; "" when it has its own syntax.
    scalar:    the same operation on Python's own numbers (math.exp), printed when the result is one.
    operands:  names of the parameters that can carry a derivative.
    arrays:    names of other parameters that are arrays (indices): `shape` gets their lengths.
    signature: all parameters, operands included, as a call binds them.
    shape:     types of the arguments -> type or dims of the result (`ops.shapes`).
    fresh:     the result is memory of its own (not a view of an operand, not an operand itself).
    cheap:     recomputing it costs less than recording it (views, index reads, sign flips).
    dtype:     the operands whose common dtype the result has ("x", "x y"): for functions that do not
               run on arrays of one entry (np.reshape); the others are run, and NumPy tells.
    gathers:   as a method it takes the entries of this parameter one by one too: x.reshape(2, 3).
    real_only: the body does not hold for complex operands.
    """

    function: Callable[..., Any] | None = None
    kind: str = "zero"
    body: Body | None = None
    operands: tuple[str, ...] = ()
    arrays: tuple[str, ...] = ()
    signature: inspect.Signature = inspect.Signature()
    shape: Callable[..., Any] | None = None
    path: str = ""
    scalar: Callable[..., Any] | None = None
    symbol: type[ast.AST] | None = None
    methods: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    samples: Samples | None = None
    sequence: bool = False
    fresh: bool = True
    cheap: bool = False
    reason: str = ""
    hint: str = ""
    dtype: str = ""  # else NumPy is asked
    gathers: str = ""
    real_only: bool = False
    user: bool = False  # registered by the user of srcdiff

    @cached_property
    def plain(self) -> bool:
        """Whether each parameter takes one positional argument."""
        one = inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
        return all(p.kind in one for p in self.signature.parameters.values())


BY_NAME: dict[str, Row] = {}
BY_FUNCTION: dict[Callable[..., Any], Row] = {}
BY_SYMBOL: dict[type[ast.AST], Row] = {}
BY_METHOD: dict[str, Row] = {}
BY_ATTRIBUTE: dict[str, Row] = {}
DECIDED: set[Callable[..., Any]] = set()


def rows() -> Iterator[Row]:
    """Every row, in the order of registration."""
    yield from BY_NAME.values()


def row_of(function: Any) -> Row | None:
    """The row of a function the user calls, if it has one."""
    try:
        return BY_FUNCTION.get(function)
    except TypeError:  # unhashable
        return None


def register(row: Row, spelled: Sequence[Any] = ()) -> Row:
    """Enter a row under its name and all its spellings; a name or spelling taken twice is an error."""
    assert row.name not in BY_NAME or row.user, f"two rows named {row.name}"
    BY_NAME[row.name] = row
    for function in (row.function, row.scalar, *spelled):
        if isinstance(function, type) and issubclass(function, ast.AST):
            BY_SYMBOL[function] = row
        elif function is not None:
            assert BY_FUNCTION.setdefault(function, row) is row, f"{function} has two rows"
    for method in row.methods:
        assert BY_METHOD.setdefault(method, row) is row, f"method {method} has two rows"
    for attribute in row.attributes:
        assert BY_ATTRIBUTE.setdefault(attribute, row) is row, f"attribute {attribute} has two rows"
    return row


def printed_path(function: Any) -> str:
    """`np.linalg.inv` for numpy.linalg.inv, `math.erf` for math.erf; "" for anything else."""
    name = getattr(function, "__name__", "")
    for module, prefix in ((np, "np"), (np.linalg, "np.linalg"), (np.fft, "np.fft")):
        if getattr(module, name, None) is function:
            return f"{prefix}.{name}"
    if getattr(function, "__module__", "") == "math":
        return f"math.{name}"
    return name if getattr(function, "__module__", "") == "builtins" else ""


_LEADING = {
    "elementwise": 1, "linear": 1, "bilinear": 1, "tangent": 1, "adjoint": 2, "composite": 0
}  # fmt: skip


def _signature(
    kind: str, body: Body, operands: Sequence[str]
) -> tuple[inspect.Signature, tuple[str, ...]]:
    parameters = list(inspect.signature(body).parameters.values())[_LEADING[kind] :]
    names = [p.name for p in parameters]
    if kind == "tangent":
        parameters = [p for p in parameters if not (p.name[0] == "d" and p.name[1:] in names)]
    plain = [p.name for p in parameters if p.default is p.empty]
    return inspect.Signature(parameters), tuple(operands or plain)


def rule(
    kind: str,
    function: Callable[..., Any],
    body: Body,
    *,
    spelled: Sequence[Any] = (),
    operands: Sequence[str] = (),
    name: str = "",
    **fields: Any,
) -> Row:
    """Build and register the row of a function with a derivative."""
    signature, named = _signature(kind, body, operands)
    if kind == "elementwise":
        fields.setdefault("shape", broadcasted)
    symbol = next((s for s in spelled if isinstance(s, type) and issubclass(s, ast.AST)), None)
    row = Row(
        name or body.__name__,
        function=function,
        kind=kind,
        body=body,
        operands=named,
        signature=signature,
        symbol=symbol,
        path=fields.pop("path", printed_path(function)),
        **fields,
    )
    return register(row, spelled)


def _decorator(kind: str) -> Callable[..., Callable[[Body], Body]]:
    def outer(function: Callable[..., Any], **fields: Any) -> Callable[[Body], Body]:
        def inner(body: Body) -> Body:
            rule(kind, function, body, **fields)
            return body

        return inner

    outer.__name__ = kind
    outer.__doc__ = (
        f"Decorator: the body is the {kind} rule of `function` (see the module's docstring)."
    )
    return outer


elementwise = _decorator("elementwise")
linear = _decorator("linear")
bilinear = _decorator("bilinear")
tangent = _decorator("tangent")
adjoint = _decorator("adjoint")
composite = _decorator("composite")

Decided = TypeVar("Decided", bound=Callable[..., Any])


def decided(function: Decided) -> Decided:
    """Decorator: bodies call the function with arguments known while compiling: it is run then."""
    DECIDED.add(function)
    return function


def zero(
    function: Callable[..., Any],
    example: Callable[..., Any],
    *,
    spelled: Sequence[Any] = (),
    name: str = "",
    **fields: Any,
) -> Row:
    """A row whose result does not vary. `example` shows the signature: lambda x, axis=None: ...

    Its operands are the parameters without a default, as in the other kinds.
    """
    signature = inspect.signature(example)
    plain = tuple(p.name for p in signature.parameters.values() if p.default is p.empty)
    fields.setdefault("operands", plain)
    symbol = next((s for s in spelled if isinstance(s, type) and issubclass(s, ast.AST)), None)
    row = Row(
        name or function.__name__,
        function=function,
        kind="zero",
        signature=signature,
        symbol=symbol,
        path=fields.pop("path", printed_path(function)),
        **fields,
    )
    return register(row, spelled)


def refused(
    function: Callable[..., Any], reason: str, hint: str = "", *, name: str = "", **fields: Any
) -> Row:
    """A row that says why a function cannot be differentiated."""
    return register(
        Row(
            name or function.__name__,
            function=function,
            kind="refused",
            reason=reason,
            hint=hint,
            path=printed_path(function),
            **fields,
        )
    )
