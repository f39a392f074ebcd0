"""Walking and rebuilding the intermediate form: what every pass needs and none should write again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from srcdiff.ir.core import (
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
    Stmt,
    Var,
    While,
)
from srcdiff.ir.types import Type


def parts(arg: Arg) -> tuple[Arg, ...]:
    """What an argument is made of, one level down; nothing for a Var or a Const."""
    if isinstance(arg, (Var, Const)):
        return ()
    if isinstance(arg, Pack):
        return arg.items
    if isinstance(arg, Range):
        return (arg.start, arg.stop, arg.step, arg.snapshots)
    if isinstance(arg, Cut):
        return (arg.start, arg.stop, arg.step)
    return (arg.value,)


def atoms(arg: Arg) -> list[Atom]:
    """The Vars and Consts in an argument, in order."""
    if isinstance(arg, (Var, Const)):
        return [arg]
    return [atom for part in parts(arg) for atom in atoms(part)]


def variables(args: Iterable[Arg]) -> list[Var]:
    """The Vars in some arguments, in order, repeats included."""
    found: list[Var] = []
    for arg in args:
        if isinstance(arg, Var):
            found.append(arg)
        elif not isinstance(arg, Const):
            found += variables(parts(arg))
    return found


def map_arg(arg: Arg, change: Callable[[Atom], Arg]) -> Arg:
    """The argument with every atom changed; the same object when none is."""
    if isinstance(arg, (Var, Const)):
        return change(arg)
    if isinstance(arg, Pack):
        items = tuple(map_arg(item, change) for item in arg.items)
        return arg if _same(items, arg.items) else Pack(items)
    if isinstance(arg, (Cut, Range)):
        found = tuple(map_arg(part, change) for part in parts(arg))
        if _same(found, parts(arg)):
            return arg
        start, stop, step, *more = found
        arg = replace(arg, start=start, stop=stop, step=step)
        return replace(arg, snapshots=more[0]) if isinstance(arg, Range) else arg
    value = map_arg(arg.value, change)
    return arg if value is arg.value else replace(arg, value=value)


def _same(xs: Iterable[object], ys: Iterable[object]) -> bool:
    return all(x is y for x, y in zip(xs, ys))


def operands(stmt: Stmt) -> tuple[Arg, ...]:
    """What the statement itself reads, regions aside."""
    if isinstance(stmt, Apply):
        return stmt.args
    if isinstance(stmt, If):
        return (stmt.test,)
    if isinstance(stmt, For):
        return (stmt.over, *stmt.inits)
    return stmt.inits


def regions(stmt: Stmt) -> tuple[Block, ...]:
    """The blocks inside the statement, in the order they run."""
    if isinstance(stmt, Apply):
        return ()
    if isinstance(stmt, If):
        return (stmt.then, stmt.orelse)
    if isinstance(stmt, For):
        return (stmt.body,)
    return (stmt.test, stmt.body)


def statements(block: Block) -> list[Stmt]:
    """Every statement of the block and of the regions in it, outer before inner."""
    found: list[Stmt] = []
    _gather(block, found)
    return found


def _gather(block: Block, found: list[Stmt]) -> None:
    for stmt in block.stmts:
        found.append(stmt)
        if not isinstance(stmt, Apply):
            for region in regions(stmt):
                _gather(region, found)


def defined(block: Block) -> list[Var]:
    """Every Var defined in the block: parameters, outs, and those of regions within."""
    found = list(block.params)
    for stmt in statements(block):
        found += stmt.outs
        for region in regions(stmt):
            found += region.params
    return found


def used(block: Block) -> list[Var]:
    """Every Var read in the block and in the regions within, repeats included."""
    found: list[Var] = []
    for stmt in statements(block):
        found += variables(operands(stmt))
        for region in regions(stmt):
            found += variables(region.results)
    return found + variables(block.results)


def free(block: Block) -> dict[Var, None]:
    """The Vars a block reads but does not define, in order of first use."""
    own = set(defined(block))
    return {var: None for var in used(block) if var not in own}


def carried_count(stmt: For | While) -> int:
    return len(stmt.inits)


def carried_results(stmt: For | While) -> tuple[Atom, ...]:
    """What the body hands to the next iteration."""
    first = int(stmt.breaks)
    return stmt.body.results[first : first + len(stmt.inits)]


def stacked_results(stmt: For | While) -> tuple[Atom, ...]:
    """What the body adds to the lists, per iteration."""
    return stmt.body.results[int(stmt.breaks) + len(stmt.inits) :]


def carried_params(stmt: For | While) -> tuple[Var, ...]:
    """The body's parameters that go round."""
    return stmt.body.params[1:] if isinstance(stmt, For) else stmt.body.params


def flows(stmt: If | For | While) -> Iterator[tuple[Atom, Var]]:
    """Every edge along which a value moves between the statement's outside and its regions."""
    if isinstance(stmt, If):
        for out, a, b in zip(stmt.outs, stmt.then.results, stmt.orelse.results):
            yield a, out
            yield b, out
        return
    count = len(stmt.inits)
    edges: list[tuple[Atom, Var]] = []
    heads = [carried_params(stmt)] + ([stmt.test.params] if isinstance(stmt, While) else [])
    for params in heads:
        edges += zip(stmt.inits, params)
        edges += zip(carried_results(stmt), params)
    edges += zip(stmt.inits, stmt.outs[:count])
    edges += zip(carried_results(stmt), stmt.outs[:count])
    edges += zip(stacked_results(stmt), stmt.outs[count:])
    yield from edges


Substitution = Mapping[Var, Arg]


def substitute(block: Block, by: Substitution) -> Block:
    """The block with free uses of Vars replaced. Definitions stay as they are."""
    if not by:
        return block
    return rebuild_block(block, lambda atom: by.get(atom, atom) if isinstance(atom, Var) else atom)


def rebuild_block(block: Block, change: Callable[[Atom], Arg]) -> Block:
    """The block with every atom that is read changed; the same object when none is."""
    stmts = tuple(rebuild(stmt, change) for stmt in block.stmts)
    results = tuple(change(atom) for atom in block.results)
    if _same(stmts, block.stmts) and _same(results, block.results):
        return block
    return Block(block.params, stmts, results)  # type: ignore[arg-type]


def rebuild(stmt: Stmt, change: Callable[[Atom], Arg]) -> Stmt:
    """The statement with every atom it and its regions read changed."""

    def atom(a: Atom) -> Atom:
        return change(a)  # type: ignore[return-value]

    if isinstance(stmt, Apply):
        args = tuple(map_arg(arg, change) for arg in stmt.args)
        if _same(args, stmt.args):
            return stmt
        return Apply(stmt.outs, stmt.op, args, stmt.at, stmt.adjoint)
    if isinstance(stmt, If):
        parts = (
            atom(stmt.test),
            rebuild_block(stmt.then, change),
            rebuild_block(stmt.orelse, change),
        )
        if _same(parts, (stmt.test, stmt.then, stmt.orelse)):
            return stmt
        return replace(stmt, test=parts[0], then=parts[1], orelse=parts[2])
    inits = tuple(atom(a) for a in stmt.inits)
    body = rebuild_block(stmt.body, change)
    if isinstance(stmt, For):
        over = map_arg(stmt.over, change)
        if over is stmt.over and body is stmt.body and _same(inits, stmt.inits):
            return stmt
        return replace(stmt, over=over, inits=inits, body=body)
    test = rebuild_block(stmt.test, change)
    if test is stmt.test and body is stmt.body and _same(inits, stmt.inits):
        return stmt
    return replace(stmt, inits=inits, test=test, body=body)


def with_regions(stmt: Stmt, blocks: tuple[Block, ...]) -> Stmt:
    """The statement with other regions (in the order of `regions`)."""
    if _same(blocks, regions(stmt)):
        return stmt
    if isinstance(stmt, If):
        return replace(stmt, then=blocks[0], orelse=blocks[1])
    if isinstance(stmt, For):
        return replace(stmt, body=blocks[0])
    assert isinstance(stmt, While)
    return replace(stmt, test=blocks[0], body=blocks[1])


def copy_block(block: Block, by: dict[Var, Arg]) -> Block:
    """A copy of the block with new identities for all it defines; `by` maps what it reads.

    The new identities are entered into `by`.
    """
    for var in defined(block):
        by[var] = Var(var.hint, var.type)
    return _renamed(block, by)


def with_types(block: Block, change: Callable[[Type], Type]) -> Block:
    """A copy of the block with new identities, and other types, for all it defines."""
    by: dict[Var, Arg] = {v: Var(v.hint, change(v.type)) for v in defined(block)}
    return _renamed(block, by)


def _renamed(block: Block, by: dict[Var, Arg]) -> Block:
    def change(atom: Atom) -> Arg:
        return by.get(atom, atom) if isinstance(atom, Var) else atom

    def outs(vars: tuple[Var, ...]) -> tuple[Var, ...]:
        return tuple(by[v] for v in vars)  # type: ignore[misc]

    def one(stmt: Stmt) -> Stmt:
        if isinstance(stmt, Apply):
            args = tuple(map_arg(arg, change) for arg in stmt.args)
            return Apply(outs(stmt.outs), stmt.op, args, stmt.at, stmt.adjoint)
        inner = tuple(_renamed(region, by) for region in regions(stmt))
        flat = _rebuild_operands(with_regions(stmt, inner), change)
        return replace(flat, outs=outs(stmt.outs))

    stmts = tuple(one(stmt) for stmt in block.stmts)
    results = tuple(change(atom) for atom in block.results)
    return Block(outs(block.params), stmts, results)  # type: ignore[arg-type]


def _rebuild_operands(stmt: Stmt, change: Callable[[Atom], Arg]) -> Stmt:
    assert not isinstance(stmt, Apply)
    if isinstance(stmt, If):
        return replace(stmt, test=change(stmt.test))  # type: ignore[arg-type]
    inits = tuple(change(a) for a in stmt.inits)
    if isinstance(stmt, For):
        return replace(stmt, over=map_arg(stmt.over, change), inits=inits)  # type: ignore[arg-type]
    return replace(stmt, inits=inits)  # type: ignore[arg-type]


def respelled(function: Function, spelled: Mapping[str, str]) -> Function:
    """The function with other spellings, also of the tangents, cotangents and records so named."""
    if not spelled:
        return function
    hints = {f"{d}{old}{r}": f"{d}{new}{r}" for old, new in spelled.items() for d, r in _AFFIXES}
    every = (*function.params, *defined(function.body))
    by: dict[Var, Arg] = {v: Var(hints.get(v.hint, v.hint), v.type) for v in every}
    params = tuple(by[p] for p in function.params)
    return replace(function, params=params, body=_renamed(function.body, by))  # type: ignore[arg-type]


_AFFIXES = (("", ""), ("b_", ""), ("d_", ""), ("", "_rec"))


def with_body(function: Function, body: Block) -> Function:
    """The function with another body; the same object when it is the same."""
    return function if body is function.body else replace(function, body=body)
