"""A result that is told to have the shape of an argument need not be told what is known.

    before   t = multiply(a, b); u = exp(t); r = spread(u, b)    (t is needed: a and b are equally long)
    after    t = multiply(a, b); u = exp(t)                      (r is u)

The first spread that nothing else proves stays, and proves more for those behind it.
"""

from __future__ import annotations

from srcdiff.ir.core import Apply, Atom, Function, Stmt, Var
from srcdiff.ir.walk import operands, regions, substitute, used, variables, with_body
from srcdiff.transform.algebra import agree
from srcdiff.transform.needs import Needs, dims_of_array


def proven(function: Function, last: bool = False) -> Function:
    """The function without the spreads of what is known to have the shape already."""
    tried = _tried(function)
    if not tried:
        return function
    known = Needs(function, but=_behind(tried, function), shapes=last).lengths
    by: dict[Var, Atom] = {}
    for stmt in tried:
        v, like = map(dims_of_array, stmt.args)
        if known.names(v) == known.names(like):
            (atom,) = variables(stmt.args[:1])
            by[stmt.outs[0]] = by.get(atom, atom)
        else:
            known.meet(v, like)
    return with_body(function, substitute(function.body, by))


def proven_at_last(function: Function) -> Function:
    """The same when all that is there stays: what is computed for its shape tells of lengths too."""
    return proven(function, last=True)


def _tried(function: Function) -> list[Apply]:
    """The spreads that only the names of lengths ask for, of what goes into no branch or loop."""
    entered = {v for stmt in function.body.stmts for v in _into_regions(stmt)}
    return [
        stmt
        for stmt in function.body.stmts
        if isinstance(stmt, Apply)
        and stmt.op.name == "spread"
        and stmt.outs[0] not in entered
        and dims_of_array(stmt.args[0])
        and agree(*map(dims_of_array, stmt.args))
    ]


def _behind(tried: list[Apply], function: Function) -> list[Apply]:
    """The spreads and what uses their results: without them it would be of another length itself."""
    made = {stmt.outs[0] for stmt in tried}
    found = list(tried)
    for stmt in function.body.stmts:
        read = variables(stmt.args) if isinstance(stmt, Apply) else _into_regions(stmt)
        if not made.isdisjoint(read):
            made.update(stmt.outs)
            found += [stmt] if isinstance(stmt, Apply) else []
    return found


def _into_regions(stmt: Stmt) -> list[Var]:
    """What a branch or a loop reads."""
    if isinstance(stmt, Apply):
        return []
    return variables(operands(stmt)) + [v for region in regions(stmt) for v in used(region)]
