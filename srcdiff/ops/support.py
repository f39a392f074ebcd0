"""The table of operations as a page: `python -m srcdiff.ops.support > docs/support.md`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from srcdiff.ops.table import Row, rows

HEAD = """\
# What is supported

Generated from the table of operations (`python -m srcdiff.ops.support`); every row of it is tested.

A row applies however the operation is spelled: as an operator, a function, or a method of an array.
Beside it stand its operator, the variant for Python's own numbers (`math.exp`), and the method or
attribute (`x.sum`, `x.T`). Every ufunc takes `out=`, and `where=` with it; other
arguments that a row does not know are refused.
"""

PARTS = (
    (
        "Differentiated",
        "Both modes, to any order.",
        ("elementwise", "linear", "bilinear", "tangent", "adjoint", "composite"),
    ),
    ("Constant", "Accepted anywhere; the derivative through them is zero.", ("zero",)),
    ("Refused", "An error while compiling, with the reason.", ("refused",)),
)

SIGNS = {
    ast.Add: "x + y", ast.Sub: "x - y", ast.Mult: "x * y", ast.Div: "x / y", ast.FloorDiv: "x // y",
    ast.Mod: "x % y", ast.Pow: "x ** y", ast.MatMult: "x @ y", ast.USub: "-x", ast.UAdd: "+x",
    ast.Invert: "~x", ast.BitAnd: "x & y", ast.BitOr: "x | y", ast.BitXor: "x ^ y",
    ast.LShift: "x << y", ast.RShift: "x >> y", ast.Lt: "x < y", ast.LtE: "x <= y", ast.Gt: "x > y",
    ast.GtE: "x >= y", ast.Eq: "x == y", ast.NotEq: "x != y",
}  # fmt: skip


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(line for part in PARTS for line in section(*part))])


def section(title: str, text: str, kinds: tuple[str, ...]) -> Iterator[str]:
    """One part of the page."""
    chosen = sorted((row for row in rows() if row.kind in kinds and is_public(row)), key=place)
    yield f"## {title}\n"
    yield f"{text}\n"
    yield from refusals(chosen) if kinds == ("refused",) else table(chosen)
    yield ""


def is_public(row: Row) -> bool:
    """Whether a user can call the operation (the derivative's own means are left out)."""
    return bool(row.symbol or row.path.startswith(("np.", "math.")) or row.path in ("max", "min"))


def place(row: Row) -> tuple[bool, str]:
    """NumPy first, by name."""
    return row.path.startswith("math."), row.path


def table(chosen: Iterable[Row]) -> Iterator[str]:
    """One line per row."""
    yield "| operation | also | restrictions |"
    yield "|---|---|---|"
    for row in chosen:
        yield f"| {code(row.path)} | {', '.join(map(code, spellings(row)))} | {remark(row)} |"


def spellings(row: Row) -> Iterator[str]:
    """Operator, variant for Python's numbers, methods, attributes."""
    if row.symbol is not None:
        yield SIGNS[row.symbol]
    if row.scalar is not None and row.scalar.__module__ in ("math", "builtins"):
        name = row.scalar.__name__
        spelled = f"math.{name}" if row.scalar.__module__ == "math" else name
        if spelled != row.path:
            yield spelled
    for name in (*row.methods, *row.attributes):
        yield f"x.{name}"


def remark(row: Row) -> str:
    return "real numbers" if row.real_only else ""


def refusals(chosen: Iterable[Row]) -> Iterator[str]:
    """Refused functions by reason."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for row in chosen:
        reasons.setdefault((row.reason, row.hint), []).append(code(row.path))
    for (reason, hint), names in reasons.items():
        yield f"* {', '.join(names)}: {reason}" + (f" ({hint})" if hint else "")


def code(text: str) -> str:
    return f"`{text}`" if text else ""


if __name__ == "__main__":
    print(page(), end="")
