"""A value of which only the shape is asked need not be there: another one of that shape is asked.

    before   t = exp(s); n = extent(t, 0); b = spread(1.0 / n, t)      (t serves nothing else)
    after    n = extent(x, 0); b = spread(1.0 / n, s)

Only the lengths of the function's own arguments count. They are the same throughout, where a length
that is made on the way may be another one in each round of a loop. And only values whose making cannot
fail: in `a - b` it may turn out that the lengths of two arguments do not agree. An array of which a later
version is made lends nothing: were it asked afterwards, the version could not be made in its place. Nor
does a value that some path leaves undefined, or an entry of a list of such.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from srcdiff.analysis.changed import changed_later
from srcdiff.analysis.partial import partly_undefined
from srcdiff.ir.core import Apply, Block, Const, Function, Stmt, Var
from srcdiff.ir.types import Array, Dim
from srcdiff.ir.walk import regions, variables, with_body, with_regions
from srcdiff.transform.needs import Needs, dims_of_array, place_asked

OF_DTYPE = ("zeros_like", "scatter")  # the dtype of the result is that of what is asked

Shape = tuple[tuple[Dim, ...], str]
Known = dict[Shape, Var]


def borrow(function: Function) -> Function:
    """The function asking shapes of what is there anyway."""
    needs = Needs(function)
    barred = changed_later(function.body) | partly_undefined(function.body)
    lasting = tuple(p for p in function.params if p not in barred)
    lender = _Lender(needs, _lengths(lasting), set(function.params), barred)
    known: Known = {}
    for param in lasting:
        lender.enter(param, known)
    return with_body(function, lender.block(function.body, known))


def _lengths(params: tuple[Var, ...]) -> dict[Dim, tuple[Var, int]]:
    """The axis of an argument that has a length."""
    found: dict[Dim, tuple[Var, int]] = {}
    for param in params:
        for axis, dim in enumerate(dims_of_array(param)):
            found.setdefault(dim, (param, axis))
    return found


@dataclass
class _Lender:
    """lengths: those of the arguments, and where they are found; barred: what lends nothing."""

    needs: Needs
    lengths: dict[Dim, tuple[Var, int]]
    params: set[Var]
    barred: set[Var]

    def enter(self, var: Var, known: Known) -> None:
        """Note a value whose shape may be asked from here on."""
        dims = () if var in self.barred else dims_of_array(var)
        if dims and isinstance(var.type, Array) and all(map(self.steady, dims)):
            for key in ((dims, var.type.dtype), (dims, "")):
                if known.get(key) not in self.params:
                    known[key] = var

    def steady(self, dim: Dim) -> bool:
        return isinstance(dim, int) or dim in self.lengths

    def block(self, block: Block, known: Known) -> Block:
        known = dict(known)
        stmts = tuple(self.statement(stmt, known) for stmt in block.stmts)
        if all(a is b for a, b in zip(stmts, block.stmts)):
            return block
        return Block(block.params, stmts, block.results)

    def statement(self, stmt: Stmt, known: Known) -> Stmt:
        if not isinstance(stmt, Apply):
            return with_regions(stmt, tuple(self.block(r, known) for r in regions(stmt)))
        stmt = self.asked(stmt, known)
        for out in stmt.outs:
            if out in self.needs.needed:
                self.enter(out, known)
        return stmt

    def idle(self, var: Var, stmt: Apply) -> bool:
        """Whether the value would go if the statement did not ask for its shape."""
        if var in self.params or var in self.needs.needed:
            return False
        given = None
        if stmt.op.name == "spread" and dims_of_array(stmt.args[0]):
            given = self.needs.lengths.with_meeting(dims_of_array(stmt.args[0]), dims_of_array(var))
        return self.needs.certain(var) or (given is not None and self.needs.certain(var, given))

    def asked(self, stmt: Apply, known: Known) -> Apply:
        """The statement asking another value for its shape, where this one serves nothing else."""
        place = place_asked(stmt)
        var = stmt.args[place] if place is not None else None
        if place is None or not isinstance(var, Var) or not self.idle(var, stmt):
            return stmt
        if stmt.op.name == "extent":
            return self.measured(stmt, var, known)
        if stmt.op.name == "length":
            return self.counted(stmt, var)
        dtype = var.type.dtype if isinstance(var.type, Array) else ""
        wanted = dtype if stmt.op.name in OF_DTYPE else ""
        other = self.alike(dims_of_array(var), wanted, known)
        if other is None or other is var:
            return stmt
        args = (*stmt.args[:place], other, *stmt.args[place + 1 :])
        return replace(stmt, args=args)

    def alike(self, dims: tuple[Dim, ...], dtype: str, known: Known) -> Var | None:
        """What has some lengths, be it under other names."""
        if (dims, dtype) in known:
            return known[dims, dtype]
        names = self.needs.lengths.names
        same = (v for (d, t), v in known.items() if t == dtype and names(d) == names(dims))
        return next(same, None) if self.needs.lengths.known else None

    def counted(self, stmt: Apply, var: Var) -> Apply:
        """The number of rounds of a loop, from a list of it that is needed besides."""
        lists = self.needs.beside.get(var, ())
        other = next((v for v in lists if v in self.needs.needed), None)
        entries = variables((self.needs.entries[var],)) if lists else []
        if other is None or not all(map(self.needs.certain, entries)):
            return stmt
        return replace(stmt, args=(other,))

    def measured(self, stmt: Apply, var: Var, known: Known) -> Apply:
        """The length of an axis: of all axes of one array, where there are several."""
        axis = stmt.args[1]
        assert isinstance(axis, Const)
        dims = dims_of_array(var)
        found = self.lengths.get(dims[axis.value]) if dims else None
        whole = self.alike(dims, "", known) if len(dims) > 1 or dims and found is None else None
        if whole is not None:
            found = whole, axis.value
        if found is None or found[0] is var:
            return stmt
        return replace(stmt, args=(found[0], Const(found[1])))
