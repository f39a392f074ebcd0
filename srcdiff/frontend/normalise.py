"""Jumps become nesting and flags, and what is sugar goes: a rewriting of the syntax tree.

After it a body holds no return, break, continue or assert, and no else of a loop. The value
returned is the variable `.result`. A loop that is left early has an attribute `stop`: the name of
the flag that says so. Names with a dot cannot clash with the user's. Those that start with one
live inside one iteration of a loop, unless they are set before it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TypeVar

from srcdiff.frontend.jumps import (
    BREAK,
    CONTINUE,
    JUMPS,
    RAISE,
    RETURN,
    endless,
    exits,
    falls,
)
from srcdiff.ir.core import UNDEFINED

RESULT = ".result"
Statements = Sequence[ast.stmt]
Node = TypeVar("Node", bound=ast.AST)


@dataclass(frozen=True)
class Targets:
    """The flags that a jump sets on its way, by the kind of jump."""

    number: Iterator[int] = field(default_factory=lambda: count(1))
    flags: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def adding(self, kinds: frozenset[str], flag: str) -> Targets:
        more = {kind: (*self.flags.get(kind, ()), flag) for kind in kinds}
        return replace(self, flags={**self.flags, **more})


def normalise(node: ast.FunctionDef) -> list[ast.stmt]:
    """The body of a function without jumps; its value is left in `.result`."""
    body = list(node.body)
    if falls(body):
        body.append(ast.copy_location(ast.Return(None), body[-1]))
    return _block(body, Targets())


def _block(stmts: Statements, targets: Targets) -> list[ast.stmt]:
    done: list[ast.stmt] = []
    for index, stmt in enumerate(stmts):
        rest = list(stmts[index + 1 :])
        if isinstance(stmt, (ast.Return, ast.Break, ast.Continue)):
            return done + _jump(stmt, targets)
        if isinstance(stmt, ast.Raise):
            return [*done, stmt]
        if isinstance(stmt, (ast.For, ast.While)):
            return done + _loop(stmt, rest, targets)
        if isinstance(stmt, ast.If) and exits([stmt]) & JUMPS:
            return done + _branch(stmt, rest, targets)
        done += _simple(stmt, targets)
        if RAISE in exits([stmt]) and not falls([stmt]):
            return done
    return done


def _jump(stmt: ast.Return | ast.Break | ast.Continue, targets: Targets) -> list[ast.stmt]:
    """return e  ->  .result = e, and the flags of those who must know;  break, continue: flags."""
    done: list[ast.stmt] = []
    kind = {ast.Return: RETURN, ast.Break: BREAK, ast.Continue: CONTINUE}[type(stmt)]
    if isinstance(stmt, ast.Return) and not _is_result(stmt.value):
        done.append(_assign(RESULT, stmt.value or ast.Constant(None), stmt))
    return done + [_flag(flag, True, stmt) for flag in targets.flags.get(kind, ())]


def _branch(stmt: ast.If, rest: list[ast.stmt], targets: Targets) -> list[ast.stmt]:
    """if c: A; return x        if c: A; .result = x
    B                      ->   else: B                     also when the else branch leaves
    """
    if rest and falls(stmt.body) and falls(stmt.orelse):
        return _guarded(stmt, rest, targets)
    body = _block(stmt.body + rest if falls(stmt.body) else stmt.body, targets)
    orelse = _block(stmt.orelse + rest if falls(stmt.orelse) else stmt.orelse, targets)
    return [_if(stmt.test, body, orelse, stmt)]


def _guarded(stmt: ast.If, rest: list[ast.stmt], targets: Targets) -> list[ast.stmt]:
    """if a:                       .left1 = False
        if b: return x             if a:
    B                                  if b: .result = x; .left1 = True
                              ->   if .left1: pass
                                   else: B
    """
    kinds = exits([stmt]) & JUMPS
    flag, before, inner = _own_flag(stmt, kinds, targets)
    branch = _if(stmt.test, _block(stmt.body, inner), _block(stmt.orelse, inner), stmt)
    return [*before, branch, _if(_load(flag, stmt), [], _block(rest, targets), stmt)]


def _own_flag(
    stmt: ast.stmt, kinds: frozenset[str], targets: Targets
) -> tuple[str, list[ast.stmt], Targets]:
    """The flag that tells whether a statement left: that of its only kind of jump, or a new one."""
    known = [targets.flags[kind] for kind in kinds if targets.flags.get(kind)]
    if len(kinds) == 1 and known:
        return known[0][0], [], targets
    flag = f".left{next(targets.number)}"
    return flag, [_flag(flag, False, stmt)], targets.adding(kinds, flag)


def _loop(loop: ast.For | ast.While, rest: list[ast.stmt], targets: Targets) -> list[ast.stmt]:
    """for x in xs:                .stop1 = False
        if c: return x             for x in xs:    (stop: .stop1)
    B                         ->       .stop1 = False
                                       if c: .result = x; .stop1 = True
                                   if .stop1: (return .result)
                                   else: B
    """
    loop = _plain_test(loop)
    inner = exits(loop.body)
    if not inner & {RETURN, BREAK}:
        done = _copy_loop(loop, _block(loop.body, Targets(targets.number)))
        return [done] if endless(loop) else [done, *_block(loop.orelse + rest, targets)]
    number = next(targets.number)
    stop = f".stop{number}"
    returned = f".return{number}" if {RETURN, BREAK} <= inner else stop
    flags = {BREAK: (stop,), RETURN: tuple(dict.fromkeys((returned, stop)))}
    body = _block(loop.body, Targets(targets.number, flags))
    done = _copy_loop(loop, [_flag(stop, False, loop), *body], stop)
    before = _before(loop, stop, returned, inner)
    return [*before, done, *_block(_after(loop, stop, returned, inner) + rest, targets)]


def _before(
    loop: ast.For | ast.While, stop: str, returned: str, inner: frozenset[str]
) -> list[ast.stmt]:
    done: list[ast.stmt] = []
    if RETURN in inner:
        done = [_assign(RESULT, ast.Constant(UNDEFINED), loop)]  # type: ignore[arg-type]
        done += [_flag(returned, False, loop)] if _asks_returned(loop, inner) else []
    if BREAK in inner and loop.orelse and not endless(loop):
        done.append(_flag(stop, False, loop))
    return done


def _asks_returned(loop: ast.For | ast.While, inner: frozenset[str]) -> bool:
    return not (endless(loop) and BREAK not in inner)


def _after(
    loop: ast.For | ast.While, stop: str, returned: str, inner: frozenset[str]
) -> list[ast.stmt]:
    """if .return1: return .result;  then for the else of a loop: if .stop1: pass, else: E"""
    again = ast.copy_location(ast.Return(_load(RESULT, loop)), loop)
    if RETURN in inner and not _asks_returned(loop, inner):
        return [again]
    done: list[ast.stmt] = []
    if RETURN in inner:
        done = [_if(_load(returned, loop), [again], [], loop)]
    if endless(loop) or not loop.orelse:
        return done
    if BREAK not in inner:
        return done + loop.orelse
    return [*done, _if(_load(stop, loop), [], loop.orelse, loop)]


def _plain_test(loop: ast.For | ast.While) -> ast.For | ast.While:
    """while (y := f()) > 0: B   ->   while True: if (y := f()) > 0: B else: E; break"""
    if isinstance(loop, ast.For) or not walrus(loop.test):
        return loop
    leave = [*loop.orelse, ast.copy_location(ast.Break(), loop)]
    test = ast.copy_location(ast.Constant(True), loop.test)
    skip = _if(loop.test, [_at(ast.Pass(), loop)], leave, loop)
    return ast.copy_location(ast.While(test, [skip, *loop.body], []), loop)


def walrus(node: ast.AST) -> bool:
    """Whether an expression holds an assignment of its own function."""
    if isinstance(node, ast.Lambda):
        return any(walrus(default) for default in node.args.defaults)
    return isinstance(node, ast.NamedExpr) or any(map(walrus, ast.iter_child_nodes(node)))


def _simple(stmt: ast.stmt, targets: Targets) -> list[ast.stmt]:
    if isinstance(stmt, ast.If):
        return [_if(stmt.test, _block(stmt.body, targets), _block(stmt.orelse, targets), stmt)]
    rewriting = _REWRITINGS.get(type(stmt))
    return rewriting(stmt) if rewriting else [stmt]


def _assert(stmt: ast.Assert) -> list[ast.stmt]:
    """assert c, m   ->   if c: pass; else: raise AssertionError(m)"""
    error: ast.expr = _at(ast.Constant(AssertionError), stmt)  # type: ignore[arg-type]
    if stmt.msg:
        error = _at(ast.Call(error, [stmt.msg], []), stmt)
    return [_if(stmt.test, [], [_at(ast.Raise(error, None), stmt)], stmt)] if __debug__ else []


def _annotated(stmt: ast.AnnAssign) -> list[ast.stmt]:
    """x: T = e   ->   x = e;   x: T   ->   nothing"""
    return [_at(ast.Assign([stmt.target], stmt.value), stmt)] if stmt.value else []


def _nothing(stmt: ast.stmt) -> list[ast.stmt]:
    return []


_REWRITINGS: dict[type[ast.stmt], Callable[..., list[ast.stmt]]] = {
    ast.Assert: _assert,
    ast.AnnAssign: _annotated,
    ast.Pass: _nothing,
}


def _at(node: Node, like: ast.AST) -> Node:
    return ast.copy_location(node, like)


def _load(name: str, like: ast.AST) -> ast.Name:
    return _at(ast.Name(name, ast.Load()), like)


def _assign(name: str, value: ast.expr, like: ast.AST) -> ast.stmt:
    value = value if hasattr(value, "lineno") else _at(value, like)
    return _at(ast.Assign([_at(ast.Name(name, ast.Store()), like)], value), like)


def _flag(name: str, value: bool, like: ast.AST) -> ast.stmt:
    return _assign(name, ast.Constant(value), like)


def _if(test: ast.expr, body: list[ast.stmt], orelse: list[ast.stmt], like: ast.AST) -> ast.If:
    return _at(ast.If(test, body, orelse), like)


def _copy_loop(loop: ast.For | ast.While, body: list[ast.stmt], stop: str = "") -> ast.stmt:
    done: ast.For | ast.While
    if isinstance(loop, ast.For):
        done = ast.For(loop.target, loop.iter, body, [])
    else:
        done = ast.While(loop.test, body, [])
    done.stop = stop  # type: ignore[union-attr]
    return _at(done, loop)


def _is_result(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Name) and node.id == RESULT
