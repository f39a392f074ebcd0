"""The rules of the intermediate form, checked: SSA, shapes of regions, types.

`verify` raises InternalError with the function printed and the wrong statement marked. The rules
are those of the docstring of `core`; with `typed`, also those of the typed form: every Var has a
type, loops run over a Range, nothing is spliced, and values fit where control flow takes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from srcdiff.errors import NOWHERE, InternalError
from srcdiff.ir.compatible import fits
from srcdiff.ir.core import (
    NEVER,
    UNDEFINED,
    Apply,
    Arg,
    Atom,
    Block,
    Const,
    Cut,
    For,
    Function,
    If,
    Pack,
    Range,
    Star,
    Stmt,
    Var,
    While,
)
from srcdiff.ir.text import print_function
from srcdiff.ir.types import UNKNOWN, ListOf
from srcdiff.ir.walk import flows, operands, regions

Fault = str


def verify(function: Function, stage: str = "", typed: bool = False) -> None:
    """Raise InternalError if the function breaks a rule of the form."""
    check = _Check(typed)
    for where, fault in check.function(function):
        at = getattr(where, "at", NOWHERE)
        raise InternalError(stage or "verify", fault, _shown(function, where), at)


def _shown(function: Function, where: object) -> str:
    """The text of the function, as far as one this broken has any."""
    try:
        return print_function(function, where)
    except (AttributeError, IndexError, TypeError) as error:
        return f"({function.name} cannot be printed: {error})"


Found = Iterator[tuple[object, Fault]]


class _Check:
    """One walk. `seen` holds every Var defined so far, `visible` those that may be read."""

    def __init__(self, typed: bool):
        self.typed = typed
        self.seen: set[Var] = set()
        self.visible: set[Var] = set()

    def function(self, function: Function) -> Found:
        if function.body.params:
            yield function, "the body of a function takes no parameters of its own"
        yield from self.define(function, function.params)
        yield from self.block(function, function.body)
        yield from self.structure(function)

    def structure(self, function: Function) -> Found:
        count = len(function.body.results)
        wrong = [index for index in function.output.leaves() if not 0 <= index < count]
        if wrong:
            yield function, f"the output asks for result {wrong[0]} of {count}"
        inputs = [index for each in function.inputs for index in each.tree.leaves()]
        if function.inputs and sorted(inputs) != list(range(len(function.params))):
            yield function, f"the inputs name {inputs} of {len(function.params)} parameters"

    def block(self, owner: object, block: Block) -> Found:
        """A block in its scope: what it defines is not visible afterwards."""
        outside = set(self.visible)
        yield from self.define(owner, block.params)
        for stmt in block.stmts:
            yield from self.statement(stmt)
        yield from self.read(owner, block.results, "results")
        self.visible = outside

    def statement(self, stmt: Stmt) -> Found:
        yield from self.read(stmt, operands(stmt), "operands")
        yield from self.kinds(stmt)
        yield from ((stmt, fault) for fault in _counts(stmt))
        for region in regions(stmt):
            yield from self.block(stmt, region)
        yield from self.define(stmt, stmt.outs)
        if self.typed and not isinstance(stmt, Apply):
            yield from self.edges(stmt)

    def define(self, where: object, vars: tuple[Var, ...]) -> Found:
        for var in vars:
            if var in self.seen:
                yield where, f"{var!r} is defined twice"
            elif self.typed and var.type is UNKNOWN:
                yield where, f"{var!r} has no type"
            self.seen.add(var)
            self.visible.add(var)

    def read(self, where: object, args: Iterable[Arg], what: str) -> Found:
        for atom in (atom for arg in args for atom in _atoms(arg)):
            if not isinstance(atom, (Var, Const)):
                yield where, f"{atom!r} among the {what} is no value"
            elif isinstance(atom, Var) and atom not in self.visible:
                known = "is not visible here" if atom in self.seen else "is not defined yet"
                yield where, f"{atom!r} among the {what} {known}"

    def kinds(self, stmt: Stmt) -> Found:
        """Kinds of arguments that do not belong where they stand."""
        args = operands(stmt)
        if not isinstance(stmt, Apply):
            atoms = args[1:] if isinstance(stmt, For) else args
            wrong = [arg for arg in atoms if not isinstance(arg, (Var, Const))]
            if wrong:
                yield stmt, f"{wrong[0]!r} is no plain value"
        if self.typed and any(isinstance(part, Star) for arg in args for part in _parts(arg)):
            yield stmt, "an argument is spliced in the typed form"
        if self.typed and isinstance(stmt, For) and not isinstance(stmt.over, Range):
            yield stmt, "a typed loop runs over a Range"

    def edges(self, stmt: If | For | While) -> Found:
        count = len(stmt.outs) if isinstance(stmt, If) else len(stmt.inits)
        stacked = set(stmt.outs[count:])
        for atom, var in flows(stmt):
            whole = var.type
            entry = whole.element if var in stacked and isinstance(whole, ListOf) else whole
            if not fits(atom, entry):
                kind = atom.type if isinstance(atom, Var) else "a constant"
                yield stmt, f"{atom!r} ({kind}) flows into {var!r} ({var.type})"


def _counts(stmt: Stmt) -> Iterator[Fault]:
    """Numbers of outs, inits, parameters and results that do not agree."""
    if isinstance(stmt, If):
        yield from _if_counts(stmt)
    elif isinstance(stmt, (For, While)):
        yield from _loop_counts(stmt)


def _if_counts(stmt: If) -> Iterator[Fault]:
    for name, block in (("then", stmt.then), ("orelse", stmt.orelse)):
        if block.params:
            yield f"{name} has parameters"
        if len(block.results) != len(stmt.outs):
            yield f"{name} has {len(block.results)} results for {len(stmt.outs)} outs"


def _loop_counts(stmt: For | While) -> Iterator[Fault]:
    count, item = len(stmt.inits), int(isinstance(stmt, For))
    if len(stmt.body.params) != item + count:
        yield f"the body has {len(stmt.body.params)} parameters for {count} carried values"
    if len(stmt.outs) < count:
        yield f"{len(stmt.outs)} outs for {count} carried values"
    if len(stmt.body.results) != int(stmt.breaks) + len(stmt.outs):
        flag = " and a flag" if stmt.breaks else ""
        found = len(stmt.body.results)
        yield f"the body has {found} results for {len(stmt.outs)} outs{flag}"
    if stmt.breaks and stmt.body.results and not _may_be_flag(stmt.body.results[0]):
        yield f"{stmt.body.results[0]!r} is no flag"
    if isinstance(stmt, While):
        yield from _test_counts(stmt)


def _test_counts(stmt: While) -> Iterator[Fault]:
    if len(stmt.test.params) != len(stmt.inits):
        found = len(stmt.test.params)
        yield f"the test has {found} parameters for {len(stmt.inits)} carried values"
    if len(stmt.test.results) != 1:
        yield f"the test has {len(stmt.test.results)} results, not one"


def _may_be_flag(atom: Atom) -> bool:
    if isinstance(atom, Const):
        return isinstance(atom.value, bool) or atom.value in (NEVER, UNDEFINED)
    return True


def _parts(arg: Arg) -> Iterator[Arg]:
    """The argument and all that stands in it."""
    yield arg
    if isinstance(arg, Pack):
        for item in arg.items:
            yield from _parts(item)
    elif isinstance(arg, (Cut, Range)):
        for part in (arg.start, arg.stop, arg.step):
            yield from _parts(part)
    elif isinstance(arg, Star):
        yield from _parts(arg.value)


def _atoms(arg: Arg) -> Iterator[Arg]:
    """The innermost parts of an argument, whatever they are."""
    for part in _parts(arg):
        if not isinstance(part, (Pack, Cut, Range, Star)):
            yield part
