"""What is needed of each value: the value, or only its shape; and which lengths are known to agree.

Two lengths with different names are one where values that have them meet in an operation that fails
if they differ, and that is run whatever happens because its result is needed. Only operations outside
of all branches and loops tell, and only of the lengths of the function's own arguments: these are the
same throughout.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

from srcdiff.analysis.types import arg_type, met
from srcdiff.ir.core import Apply, Arg, Block, For, Function, Stmt, Var, While
from srcdiff.ir.types import Array, Dim, is_one
from srcdiff.ir.walk import carried_results, operands, regions, stacked_results, variables
from srcdiff.ops.table import Row

SHAPED = {"extent": 0, "length": 0, "zeros_like": 0, "spread": 1, "unbroadcast": 1, "scatter": 1}

Dims = tuple[Dim, ...]


class Agreement:
    """Names of lengths, of which some mean the same."""

    def __init__(self, known: dict[Dim, Dim] | None = None) -> None:
        self.known = dict(known or {})

    def name(self, dim: Dim) -> Dim:
        """The one name of all that mean this length."""
        while dim in self.known:
            dim = self.known[dim]
        return dim

    def names(self, dims: Dims) -> Dims:
        """The one name of each length."""
        return tuple(map(self.name, dims))

    def join(self, a: Dim, b: Dim) -> None:
        """Note that two lengths are one."""
        a, b = self.name(a), self.name(b)
        if a != b:
            first, second = (b, a) if isinstance(b, int) else (a, b)
            self.known[second] = first

    def meet(self, xs: Dims, ys: Dims) -> None:
        """Note that two shapes are broadcast against each other: no length that is not 1 is stretched."""
        for a, b in zip(reversed(xs), reversed(ys)):
            if is_one(a) is False and is_one(b) is False:
                self.join(a, b)

    def with_meeting(self, xs: Dims, ys: Dims) -> Agreement:
        """What is known if two shapes are broadcast against each other besides."""
        more = Agreement(self.known)
        more.meet(xs, ys)
        return more


def agreement(function: Function, needed: set[Var], but: Collection[Apply] = ()) -> Agreement:
    """What the operations that are run in any case tell of the lengths of the arguments."""
    steady = {d for p in function.params for d in dims_of_array(p) if is_one(d) is False}
    found = Agreement()
    for stmt in function.body.stmts:
        if isinstance(stmt, Apply) and stmt not in but and not needed.isdisjoint(stmt.outs):
            for a, b in _met(stmt, steady):
                found.join(a, b)
    return found


def _met(stmt: Apply, steady: set[Dim]) -> list[tuple[Dim, Dim]]:
    """The lengths of arguments of the function that are one, or the operation fails."""
    named = set().union(*map(dims_of_array, variables(stmt.args))) & steady
    if not isinstance(stmt.op, Row) or len(named) < 2:
        return []
    if stmt.op.name == "spread":
        v, like = (reversed(dims_of_array(arg)) for arg in stmt.args)
        return [(a, b) for a, b in zip(v, like) if a in steady and b in steady]
    return [(a, b) for a, b in met(stmt.op, stmt.args) if a in steady and b in steady]


@dataclass
class Needs:
    """What is needed of a function's values for more than its shape, and what makes each of them.

    but: applications that are not to tell which lengths agree
    shapes: whether what is asked for its shape only is needed too, as it is when nothing is tidied further
    """

    function: Function
    but: Collection[Apply] = ()
    shapes: bool = False
    needed: set[Var] = field(default_factory=set)
    makers: dict[Var, Apply] = field(default_factory=dict)
    entries: dict[Var, Arg] = field(default_factory=dict)  # of the lists that loops stack
    beside: dict[Var, tuple[Var, ...]] = field(default_factory=dict)  # lists of one loop
    safe: dict[Var, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.block(self.function.body, set())

    @cached_property
    def lengths(self) -> Agreement:
        """Which lengths agree."""
        return agreement(self.function, self.needed, self.but)

    def block(self, block: Block, unused: set[Var]) -> None:
        """Walk a block backward; `unused` are results that nobody needs."""
        self.needed.update(v for v in variables(block.results) if v not in unused)
        for stmt in reversed(block.stmts):
            self.statement(stmt)

    def statement(self, stmt: Stmt) -> None:
        if isinstance(stmt, Apply):
            self.makers.update(dict.fromkeys(stmt.outs, stmt))
            if stmt.op.effect or not self.needed.isdisjoint(stmt.outs):
                place = None if self.shapes else place_asked(stmt)
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

    def certain(self, var: Var, given: Agreement | None = None) -> bool:
        """Whether the value can be left out without losing an error that its making may raise.

        given: lengths that agree, or an error is raised elsewhere
        """
        if given is not None:
            return self.found_certain(var, given)
        if var not in self.safe:
            self.safe[var] = self.found_certain(var, self.lengths)
        return self.safe[var]

    def found_certain(self, var: Var, given: Agreement) -> bool:
        made = self.makers.get(var)
        if made is None:
            return True
        if made.op.name == "getitem" and made.args[0] in self.entries:
            parts = variables((self.entries[made.args[0]],))  # type: ignore[index]
        elif isinstance(made.op, Row) and made.op.kind == "elementwise" and _never_fails(var, made):
            parts = variables(made.args)
            if not all(_fits(dims_of_array(v), dims_of_array(var), given) for v in parts):
                return False
        else:
            return False
        return all(v in self.needed or self.found_certain(v, given) for v in parts)


def place_asked(stmt: Stmt) -> int | None:
    """Which argument of a statement is asked for its shape only."""
    return SHAPED.get(stmt.op.name) if isinstance(stmt, Apply) else None


def dims_of_array(arg: Arg) -> Dims:
    """The lengths of an array whose rank is known; none of anything else."""
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


def _fits(dims: Dims, whole: Dims, given: Agreement) -> bool:
    """Whether an operand has the lengths of the result, or is known to be broadcast to them."""
    pairs = zip(reversed(dims), reversed(whole))
    return len(dims) <= len(whole) and all(
        d == 1 or given.name(d) == given.name(w) for d, w in pairs
    )
