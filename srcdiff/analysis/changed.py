"""Which arrays are changed: a store makes a later version of them."""

from __future__ import annotations

from srcdiff.ir.core import Apply, Atom, Block, Var
from srcdiff.ir.walk import flows, statements, variables
from srcdiff.ops.table import Row

CHANGING = ("set_at", "set_last", "add_at")


def changed_later(body: Block) -> set[Var]:
    """The arrays of which a store makes a later version, be it through a view or round by round."""
    found: set[Var] = set()
    handed: list[tuple[Atom, Var]] = []  # values, and what has their memory next
    for stmt in statements(body):
        if not isinstance(stmt, Apply):
            handed += flows(stmt)
        elif stmt.op.name in CHANGING:
            found.update(variables(stmt.args[:1]))
        elif isinstance(stmt.op, Row) and not stmt.op.fresh:
            handed += [(v, out) for v in variables(stmt.args[:1]) for out in stmt.outs]
    size = -1
    while size < len(found):
        size = len(found)
        found.update(a for a, b in handed if b in found and isinstance(a, Var))
    return found
