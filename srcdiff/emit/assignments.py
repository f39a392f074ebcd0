"""Moves as assignments: one after another where that is the same, else together (`x, y = y, x`)."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from srcdiff.emit.actions import Stmts, addition
from srcdiff.emit.around import Expr
from srcdiff.emit.steps import Move, is_missing
from srcdiff.ir.core import UNDEFINED, Atom, Const, Var
from srcdiff.ir.types import Scalar

if TYPE_CHECKING:
    from srcdiff.emit.statements import Writer


@dataclass(frozen=True)
class Assignment:
    """One part of a move that is left, with the names its value reads."""

    name: str
    target: Var
    source: Atom
    copied: bool
    reads: frozenset[str]


def assignments(w: Writer, step: Move) -> Stmts:
    """The statements of a move."""
    pending = _left(w, step)
    made: Stmts = []
    while pending:
        ready = next((a for a in pending if not _disturbs(a, pending)), None)
        if ready is None:
            return [*made, _together(w, pending)]
        pending.remove(ready)
        made.append(_alone(w, ready))
    return made


def _left(w: Writer, step: Move) -> list[Assignment]:
    """The parts of a move that do something."""
    found: dict[str, Assignment] = {}
    for target, source in zip(step.targets, step.sources):
        copied = step.entry and target in w.owned.copied
        if target in w.live.after[step] and not _is_idle(w, target, source, copied):
            reads = frozenset(w.names(v) for v in w.live.nested.reads(source))
            made = Assignment(w.names(target), target, source, copied, reads)
            found.setdefault(made.name, made)
    return list(found.values())


def _is_idle(w: Writer, target: Var, source: Atom, copied: bool) -> bool:
    """Whether nothing is to be done: the value is there, or there is none."""
    if is_missing(source):
        return source != Const(UNDEFINED) or target not in w.given_none
    if not isinstance(source, Var) or source in w.live.nested.made:
        return False
    return not copied and w.names.same(target, source)


def _disturbs(one: Assignment, others: list[Assignment]) -> bool:
    """Whether the assignment overwrites what another one reads."""
    return any(one.name in other.reads for other in others if other is not one)


def _alone(w: Writer, one: Assignment) -> ast.stmt:
    made = w.live.nested.made.get(one.source) if isinstance(one.source, Var) else None
    if made is not None and isinstance(one.target.type, Scalar):
        added = addition(w, made, one.target)
        if added is not None:
            return added
    return w.assign(one.target, _value(w, one))


def _value(w: Writer, one: Assignment) -> Expr:
    value = w.expr(one.source)
    return w.printer.copy(one.target.type, value) if one.copied else value


def _together(w: Writer, parts: list[Assignment]) -> ast.stmt:
    """x, y = y, x"""
    shown: list[Expr] = [w.target(a.target) for a in parts]
    values = ast.Tuple([_value(w, a) for a in parts], ast.Load())
    return ast.Assign([ast.Tuple(shown, ast.Store())], values, lineno=0)
