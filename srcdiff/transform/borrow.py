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

from dataclasses import dataclass, field, replace

from srcdiff.analysis.partial import partly_undefined
from srcdiff.analysis.types import arg_type
from srcdiff.ir.core import Apply, Arg, Atom, Block, Const, For, Function, Stmt, Var, While
from srcdiff.ir.types import Array, Dim
from srcdiff.ir.walk import (
    carried_results,
    flows,
    operands,
    regions,
    stacked_results,
    statements,
    variables,
    with_body,
    with_regions,
)
from srcdiff.ops.table import Row

SHAPED = {"extent": 0, "length": 0, "zeros_like": 0, "spread": 1, "unbroadcast": 1, "scatter": 1}
CHANGING = ("set_at", "set_last", "add_at")
OF_DTYPE = ("zeros_like", "scatter")  # the dtype of the result is that of what is asked

Shape = tuple[tuple[Dim, ...], str]
Known = dict[Shape, Var]


def borrow(function: Function) -> Function:
    """The function asking shapes of what is there anyway."""
    needs = _Needs()
    needs.block(function.body, set())
    barred = _changed(function.body) | partly_undefined(function.body)
    lasting = tuple(p for p in function.params if p not in barred)
    lender = _Lender(needs, _lengths(lasting), set(function.params), barred)
    known: Known = {}
    for param in lasting:
        lender.enter(param, known)
    return with_body(function, lender.block(function.body, known))


def _changed(body: Block) -> set[Var]:
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


@dataclass
class _Needs:
    """What is needed for more than its shape, and what makes each value."""

    needed: set[Var] = field(default_factory=set)
    makers: dict[Var, Apply] = field(default_factory=dict)
    entries: dict[Var, Arg] = field(default_factory=dict)  # of the lists that loops stack
    beside: dict[Var, tuple[Var, ...]] = field(default_factory=dict)  # lists of one loop
    safe: dict[Var, bool] = field(default_factory=dict)

    def block(self, block: Block, unused: set[Var]) -> None:
        """Walk a block backward; `unused` are results that nobody needs."""
        self.needed.update(v for v in variables(block.results) if v not in unused)
        for stmt in reversed(block.stmts):
            self.statement(stmt)

    def statement(self, stmt: Stmt) -> None:
        if isinstance(stmt, Apply):
            self.makers.update(dict.fromkeys(stmt.outs, stmt))
            if stmt.op.effect or not self.needed.isdisjoint(stmt.outs):
                place = _place(stmt)
                read = (a for k, a in enumerate(stmt.args) if k != place)
                self.needed.update(variables(read))
            return
        self.needed.update(variables(operands(stmt)))
        unused: set[Var] = set()
        if isinstance(stmt, (For, While)):
            stacks = dict(zip(stmt.outs[len(stmt.inits) :], stacked_results(stmt)))
            self.entries.update(stacks)
            self.beside.update(dict.fromkeys(stacks, tuple(stacks)))
            gone = (r for out, r in stacks.items() if out not in self.needed)
            unused = set(variables(gone)) - set(variables(carried_results(stmt)))
        for region in reversed(regions(stmt)):
            self.block(region, unused)

    def certain(self, var: Var) -> bool:
        """Whether the value can be left out without losing an error that its making may raise."""
        if var not in self.safe:
            self.safe[var] = self.found_certain(var)
        return self.safe[var]

    def found_certain(self, var: Var) -> bool:
        made = self.makers.get(var)
        if made is None:
            return True
        if made.op.name == "getitem" and made.args[0] in self.entries:
            parts = variables((self.entries[made.args[0]],))  # type: ignore[index]
        elif isinstance(made.op, Row) and made.op.kind == "elementwise" and _never_fails(var, made):
            parts = variables(made.args)
            if not all(_fits(_dims(v), _dims(var)) for v in parts):
                return False
        else:
            return False
        return all(v in self.needed or self.certain(v) for v in parts)


def _place(stmt: Stmt) -> int | None:
    """Which argument of a statement is asked for its shape only."""
    return SHAPED.get(stmt.op.name) if isinstance(stmt, Apply) else None


def _lengths(params: tuple[Var, ...]) -> dict[Dim, tuple[Var, int]]:
    """The axis of an argument that has a length."""
    found: dict[Dim, tuple[Var, int]] = {}
    for param in params:
        for axis, dim in enumerate(_dims(param)):
            found.setdefault(dim, (param, axis))
    return found


def _dims(arg: Arg) -> tuple[Dim, ...]:
    type = arg_type(arg)
    return type.shape or () if isinstance(type, Array) else ()


def _never_fails(var: Var, made: Apply) -> bool:
    """Whether an operation takes all numbers: NumPy's do, Python's raise outside their domain."""
    return isinstance(var.type, Array) or made.op.name in (
        "add",
        "subtract",
        "multiply",
        "negative",
    )


def _fits(dims: tuple[Dim, ...], whole: tuple[Dim, ...]) -> bool:
    """Whether an operand has the lengths of the result, or is known to be broadcast to them."""
    pairs = zip(reversed(dims), reversed(whole))
    return len(dims) <= len(whole) and all(d == w or d == 1 for d, w in pairs)


@dataclass
class _Lender:
    """lengths: those of the arguments, and where they are found; barred: what lends nothing."""

    needs: _Needs
    lengths: dict[Dim, tuple[Var, int]]
    params: set[Var]
    barred: set[Var]

    def enter(self, var: Var, known: Known) -> None:
        """Note a value whose shape may be asked from here on."""
        dims = () if var in self.barred else _dims(var)
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

    def idle(self, var: Var) -> bool:
        """Whether the value would go if nobody asked for its shape."""
        needed = var in self.params or var in self.needs.needed
        return not needed and self.needs.certain(var)

    def asked(self, stmt: Apply, known: Known) -> Apply:
        """The statement asking another value for its shape, where this one serves nothing else."""
        place = _place(stmt)
        var = stmt.args[place] if place is not None else None
        if place is None or not isinstance(var, Var) or not self.idle(var):
            return stmt
        if stmt.op.name == "extent":
            return self.measured(stmt, var, known)
        if stmt.op.name == "length":
            return self.counted(stmt, var)
        dtype = var.type.dtype if isinstance(var.type, Array) else ""
        wanted = dtype if stmt.op.name in OF_DTYPE else ""
        other = known.get((_dims(var), wanted))
        if other is None or other is var:
            return stmt
        args = (*stmt.args[:place], other, *stmt.args[place + 1 :])
        return replace(stmt, args=args)

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
        dims = _dims(var)
        found = self.lengths.get(dims[axis.value]) if dims else None
        if len(dims) > 1 and (dims, "") in known:
            found = known[dims, ""], axis.value
        if found is None or found[0] is var:
            return stmt
        return replace(stmt, args=(found[0], Const(found[1])))
