"""What the reverse of a region needs of its forward run, and where it comes from.

there       defined outside the region, or the loop's own index
counted     a number that every round makes larger by the same: known by the number of the round
recomputed  cheap, from values that are there or recorded anyway
carried     the value after an iteration is the value before the next: one record serves both
recorded    a stacked result of the forward loop, read back at the same position
exported    an additional out of the forward If
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from srcdiff.ir.core import (
    UNDEFINED,
    Apply,
    Atom,
    Block,
    Const,
    For,
    If,
    Pack,
    Range,
    Stmt,
    Var,
    While,
)
from srcdiff.ir.types import INT, Array, ListOf, Scalar, fresh_dim
from srcdiff.ir.walk import (
    carried_params,
    carried_results,
    copy_block,
    defined,
    free,
    substitute,
    variables,
)
from srcdiff.ops.table import BY_NAME, Row
from srcdiff.transform.build import Builder
from srcdiff.transform.counters import Counter, counters, rounds_counted


def export(stmt: If, then: Block, orelse: Block) -> tuple[If, Block, Block]:
    """The forward If with the values that the adjoint blocks need as outs, and these blocks reading them.

    A value of one branch is undefined after the other. What is cheap to compute from one number that is
    there is computed again.
    """
    outs, left, right = list(stmt.outs), list(stmt.then.results), list(stmt.orelse.results)
    adjoints = []
    extra: tuple[list[Stmt], list[Stmt]] = ([], [])
    for inner, region, mine, other, elsewhere in (
        (then, stmt.then, left, right, extra[1]),
        (orelse, stmt.orelse, right, left, extra[0]),
    ):
        inner = _computing_again(inner, region)
        renamed: dict[Var, Atom] = {}
        own = set(defined(region))
        for var in free(inner):
            if var not in own:
                continue
            out = _existing(stmt, region, var)
            if out is None:
                out = Var(var.hint, var.type)
                outs.append(out)
                mine.append(var)
                other.append(_absent(var, elsewhere))
            renamed[var] = out
        adjoints.append(_renamed(inner, renamed))
    new = replace(
        stmt,
        outs=tuple(outs),
        then=replace(stmt.then, stmts=(*stmt.then.stmts, *extra[0]), results=tuple(left)),
        orelse=replace(stmt.orelse, stmts=(*stmt.orelse.stmts, *extra[1]), results=tuple(right)),
    )
    return new, adjoints[0], adjoints[1]


def _computing_again(adjoint: Block, region: Block) -> Block:
    """The adjoint of a branch with numbers like i - 1 computed in it, where the branch computed them."""
    own = set(defined(region))
    makers = {out: s for s in region.stmts if isinstance(s, Apply) for out in s.outs}
    again: dict[Apply, None] = {}
    for var in free(adjoint):
        chain = _chain(var, own, makers, {}) if var in own else None
        if chain and _is_of_one_number(chain):
            again.update(dict.fromkeys(chain))
    if not again:
        return adjoint
    order = {id(s): k for k, s in enumerate(region.stmts)}
    stmts = tuple(sorted(again, key=lambda s: order[id(s)]))
    outs = tuple(out for s in stmts for out in s.outs)
    copies = copy_block(Block((), stmts, outs), {})
    renamed = _renamed(adjoint, dict(zip(outs, copies.results)))
    return replace(renamed, stmts=(*copies.stmts, *renamed.stmts))


def _is_of_one_number(chain: list[Apply]) -> bool:
    """Whether statements compute numbers from one that is there before them."""
    made = {out for s in chain for out in s.outs}
    read = {v for s in chain for v in variables(s.args)} - made
    return len(read) <= 1 and all(isinstance(v.type, Scalar) for v in made | read)


def _absent(var: Var, stmts: list[Stmt]) -> Atom:
    """What stands for a value on the path that does not make it; a list must have a length."""
    if not isinstance(var.type, ListOf):
        return Const(UNDEFINED)
    empty = Var("", ListOf(var.type.element, 0))
    stmts.append(Apply((empty,), BY_NAME["list"], (Pack(()),)))
    return empty


def _existing(stmt: If, region: Block, var: Var) -> Var | None:
    for out, result in zip(stmt.outs, region.results):
        if result is var:
            return out
    return None


def _renamed(block: Block, by: Mapping[Var, Atom]) -> Block:
    return substitute(block, dict(by))


@dataclass
class Needs:
    """How the reverse loop gets at each value of the forward body it needs."""

    counted: dict[Var, Counter]
    recorded: list[Var]
    recomputed: list[Apply]
    carried: list[int]  # positions of carried values restored from one iteration to the one before


def plan(stmt: For | While, adjoint: Block, restored: Iterable[Var] = ()) -> Needs:
    """Decide for every value of the forward body that the adjoint block reads.

    restored: what an iteration hands on and the reverse loop begins with.
    """
    counted = counters(stmt)
    own = set(defined(stmt.body)) - set(restored) - set(counted)
    if isinstance(stmt, For):
        own.discard(stmt.body.params[0])
    makers = {out: s for s in stmt.body.stmts if isinstance(s, Apply) for out in s.outs}
    made = {out: k for k, s in enumerate(stmt.body.stmts) for out in s.outs}
    wanted = sorted((v for v in free(adjoint) if v in own), key=lambda v: made.get(v, -1))
    recorded: dict[Var, None] = {}
    recomputed: dict[Apply, None] = {}
    for var in wanted:
        if not (var in makers and cheap(makers[var])):
            recorded[var] = None
    for var in wanted:
        if var not in recorded:
            _resolve(var, own, makers, recorded, recomputed)
    order = {id(s): k for k, s in enumerate(stmt.body.stmts)}
    again = sorted(recomputed, key=lambda s: order[id(s)])
    carried = _through_carry(stmt, recorded)
    read = {*free(adjoint), *(v for s in again for v in variables(s.args))}
    counted = {var: counter for var, counter in counted.items() if var in read}
    return Needs(counted, list(recorded), again, carried)


def _resolve(
    var: Var,
    own: set[Var],
    makers: Mapping[Var, Apply],
    recorded: dict[Var, None],
    recomputed: dict[Apply, None],
) -> None:
    """Recompute a cheap value if that needs no further record than itself would."""
    chain = _chain(var, own, makers, recorded)
    if chain is None:
        recorded[var] = None
        return
    for maker in chain:
        recomputed[maker] = None


def _chain(
    var: Var, own: set[Var], makers: Mapping[Var, Apply], recorded: Mapping[Var, None]
) -> list[Apply] | None:
    if var not in own or var in recorded:
        return []
    maker = makers.get(var)
    if maker is None or not cheap(maker):
        return None
    chain: list[Apply] = []
    for operand in variables(maker.args):
        inner = _chain(operand, own, makers, recorded)
        if inner is None:
            return None
        chain += inner
    return [*chain, maker]


# One pass over values that are at hand costs less than writing a record and reading it back.
_CHEAP = {"add", "subtract", "multiply", "negative"}
_CHEAP_SCALAR = {"less", "greater", "less_equal", "greater_equal", "equal", "not_equal", "extent",
                 "length", "not", "floor_divide", "remainder"}  # fmt: skip


def cheap(stmt: Apply) -> bool:
    row = stmt.op
    if not isinstance(row, Row) or row.effect:
        return False
    scalar = all(isinstance(o.type, Scalar) for o in stmt.outs)
    return row.cheap or row.name in _CHEAP or (scalar and row.name in _CHEAP_SCALAR)


def _through_carry(stmt: For | While, recorded: dict[Var, None]) -> list[int]:
    """A value after an iteration is the value before the next one: drop its own record."""
    positions = []
    for k, (param, result) in enumerate(zip(carried_params(stmt), carried_results(stmt))):
        if (
            param in recorded
            and isinstance(result, Var)
            and result in recorded
            and result is not param
        ):
            if result in carried_params(stmt):
                continue
            del recorded[result]
            positions.append(k)
    return positions


def record_type(var: Var, length: object) -> ListOf:
    return ListOf(var.type, length)  # type: ignore[arg-type]


def with_records(
    stmt: For | While, recorded: list[Var], counted: bool
) -> tuple[For | While, tuple[Var, ...], Var | None]:
    """The forward loop with stacked results for what is recorded, and a count of its iterations."""
    length = fresh_dim("count")
    lists = tuple(Var(_plural(v), ListOf(v.type, length)) for v in recorded)
    body, outs, inits = stmt.body, stmt.outs, stmt.inits
    count: Var | None = None
    if counted and not recorded:
        count = rounds_counted(stmt)
        if count is None:
            body, outs, inits, count = _counted(stmt)
    results = (*body.results, *recorded)
    new = replace(stmt, outs=(*outs, *lists), inits=inits, body=replace(body, results=results))
    if isinstance(new, While) and len(inits) > len(stmt.inits):
        param = Var("count", body.params[-1].type)
        new = replace(new, test=replace(new.test, params=(*new.test.params, param)))
    return new, lists, count


def _counted(stmt: For | While) -> tuple[Block, tuple[Var, ...], tuple[Atom, ...], Var]:
    k, after, out = Var("count", INT), Var("", INT), Var("count", INT)
    step = Apply((after,), BY_NAME["add"], (k, Const(1)), stmt.at)
    split = int(stmt.breaks) + len(stmt.inits)
    results = (*stmt.body.results[:split], after, *stmt.body.results[split:])
    body = Block((*stmt.body.params, k), (*stmt.body.stmts, step), results)
    outs = (*stmt.outs[: len(stmt.inits)], out, *stmt.outs[len(stmt.inits) :])
    return body, outs, (*stmt.inits, Const(0)), out


def _plural(var: Var) -> str:
    return f"{var.hint}_rec" if var.hint else ""


def counter_hint(stmt: For) -> str:
    """A name for the counter of a loop whose own name for it may say that nobody reads it."""
    hint = stmt.body.params[0].hint
    return hint if hint.strip("_") else "k"


def position(build: Builder, index: Atom, over: Range) -> Atom:
    """The position of an index in its range."""
    at = index
    if over.start != Const(0):
        at = build.row("subtract", at, over.start, function=_subtract)
    if over.step != Const(1):
        at = build.row("floor_divide", at, over.step, function=_floordiv)
    return at


def _subtract(a: int, b: int) -> int:
    return a - b


def _floordiv(a: int, b: int) -> int:
    return a // b


__all__ = ["Array", "Needs", "Stmt", "export", "plan", "position", "with_records"]
