"""Which values some path leaves undefined: the shape of such a value cannot be asked for everywhere.

before   t = if c: exp(x) else: undefined; r, rec = for ... -> t, t; u = rec[k]
after    {t, r, rec, u}
"""

from __future__ import annotations

from collections.abc import Iterator

from srcdiff.ir.core import NEVER, UNDEFINED, Apply, Atom, Block, Const, Var
from srcdiff.ir.types import ListOf
from srcdiff.ir.walk import flows, statements

HANDING_ON = (
    "getitem", "identity", "stop_gradient", "hooked", "append", "list", "drop_last", "select",
)  # fmt: skip


def partly_undefined(block: Block) -> frozenset[Var]:
    """The variables of a block that may be undefined, and those read from lists that hold them."""
    pairs = list(_pairs(block))
    found: set[Var] = {out for atom, out in pairs if _is_missing(atom)}
    while True:
        grown = found | {out for atom, out in pairs if atom in found}
        if grown == found:
            return frozenset(found)
        found = grown


def _pairs(block: Block) -> Iterator[tuple[Atom, Var]]:
    for stmt in statements(block):
        if not isinstance(stmt, Apply):
            yield from flows(stmt)
        elif stmt.op.name in HANDING_ON:
            reads_list = isinstance(stmt.args[0], Var) and isinstance(stmt.args[0].type, ListOf)
            if stmt.op.name != "getitem" or reads_list:
                for arg in stmt.args:
                    if isinstance(arg, Var):
                        yield from ((arg, out) for out in stmt.outs)


def _is_missing(atom: Atom) -> bool:
    return isinstance(atom, Const) and (atom.value is UNDEFINED or atom.value is NEVER)
