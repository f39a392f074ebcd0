"""The last word on stop_gradient and on hooks: when nothing will be differentiated any more each of them
is its argument.

before   y = stop_gradient(x); z = multiply(y, y)        after   z = multiply(x, x)
"""

from __future__ import annotations

from srcdiff.ir.core import Apply, Atom, Block, Function, Stmt, Var
from srcdiff.ir.walk import rebuild_block, regions, statements, with_body, with_regions

GONE = ("stop_gradient", "hooked")


def reveal(function: Function) -> Function:
    """The function without stop_gradient and hooks."""
    names: dict[Var, Atom] = {}
    for stmt in statements(function.body):
        if isinstance(stmt, Apply) and stmt.op.name in GONE:
            source = stmt.args[0]
            names[stmt.outs[0]] = names.get(source, source)  # type: ignore[arg-type]
    if not names:
        return function
    body = _without(function.body, names)
    return with_body(
        function, rebuild_block(body, lambda a: names.get(a, a) if isinstance(a, Var) else a)
    )


def _without(block: Block, names: dict[Var, Atom]) -> Block:
    def kept(stmt: Stmt) -> Stmt:
        return with_regions(stmt, tuple(_without(r, names) for r in regions(stmt)))

    stmts = tuple(kept(s) for s in block.stmts if not (s.outs and s.outs[0] in names))
    return Block(block.params, stmts, block.results)
