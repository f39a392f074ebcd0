"""Parameters that a function changes: which they are, and copies of those that cannot be changed as
they are.

    before   x_1 = x.copy(); x_1[0] = a; y = x + x_1; (x holds x_1 in the end)
    after    x_1 = x.copy(); ...;  x[...] = x_1
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from srcdiff.ir.core import Apply, Block, Const, Function, Stmt, Var
from srcdiff.ir.walk import regions, substitute, with_regions
from srcdiff.ops import python as py

TESTS = (py.require_apart, py.require_distinct, py.require_contiguous)


def changed(function: Function) -> dict[int, Var]:
    """The parameters that hold something else in the end, by their place."""
    places = (
        s.args[0].value
        for s in function.body.stmts
        if isinstance(s, Apply)
        and s.op is py.write_back
        and isinstance(s.args[0], Const)
        and len(s.args) == 2
    )
    return {k: function.params[k] for k in places}


def landed(function: Function, params: Iterable[Var]) -> Function:
    """The function working on copies of some parameters, which it writes into them at the end."""
    wanted = set(params)
    copies = {p: Var(p.hint, p.type) for p in function.params if p in wanted}
    stmts = function.body.stmts
    tests = tuple(s for s in stmts if isinstance(s, Apply) and s.op in TESTS)
    made = tuple(Apply((c,), py.copy, (p,)) for p, c in copies.items())
    rest = Block((), stmts[len(tests) :], function.body.results)
    body = substitute(rest, dict(copies))
    back = tuple(_back(s, function, copies) for s in body.stmts)
    return replace(function, body=Block((), (*tests, *made, *back), body.results))


def _back(stmt: Stmt, function: Function, copies: dict[Var, Var]) -> Stmt:
    inner = (
        replace(block, stmts=tuple(_back(s, function, copies) for s in block.stmts))
        for block in regions(stmt)
    )
    stmt = with_regions(stmt, tuple(inner))
    if not (isinstance(stmt, Apply) and stmt.op is py.write_back):
        return stmt
    place, value, *mark = stmt.args
    if isinstance(place, Const):
        param = function.params[place.value]
        return replace(stmt, args=(param, value, *mark)) if param in copies else stmt
    own = next((p for p, c in copies.items() if c is place), place)
    return replace(stmt, args=(own, value, *mark))
