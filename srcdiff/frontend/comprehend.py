"""Comprehensions: loops that stack their values, or carry a list where tests skip some."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Union

from srcdiff.frontend.bound import Scope, Variable, kept_defaults
from srcdiff.frontend.expressions import Lower, expression, test
from srcdiff.frontend.frame import Binding, Frame
from srcdiff.frontend.loops import Run, carried, for_each
from srcdiff.ir.core import Arg, Atom, Const, Pack
from srcdiff.ops import syntax

ListNode = Union[ast.ListComp, ast.GeneratorExp, ast.DictComp]


@dataclass
class Comprehension:
    """A comprehension on its way, inside its own scope."""

    frame: Frame
    node: ListNode
    walrus: list[Variable]
    late: list[Variable]

    def element(self) -> Atom:
        if self.late:
            return Const(None)
        if not isinstance(self.node, ast.DictComp):
            return expression(self.frame, self.node.elt)
        parts = [expression(self.frame, part) for part in (self.node.key, self.node.value)]
        return self.frame.emit(syntax.TUPLE, self.node, *parts)

    def loop(
        self, level: int, over: Arg, more: list[Variable], run: Run, spelled: str = ""
    ) -> Atom:
        target = self.node.generators[level].target
        variables = [*more, *self.walrus, *self.late]
        return for_each(self.frame, self.node, target, over, variables, run, spelled=spelled)


def listed(frame: Frame, node: ListNode, hint: str) -> Atom:
    """The list of a comprehension's values, in a scope of its own."""
    over = expression(frame, node.generators[0].iter)
    outer: Scope = frame.scope
    frame.scope = outer.children[node]
    this = Comprehension(frame, node, carried(frame, node), late_variables(frame.scope))
    plain = len(node.generators) == 1 and not node.generators[0].ifs
    done = this.loop(0, over, [], this.element, hint) if plain else _appended(this, over, hint)
    done = _all_late(this, done, hint) if this.late else done
    frame.scope = outer
    return done


def late_variables(scope: Scope) -> list[Variable]:
    """[lambda: k for k in ks]: the variables that the closures share, and see as they are last."""
    element = scope.node.elt if isinstance(scope.node, ast.ListComp) else None
    if not isinstance(element, ast.Lambda) or kept_defaults(element.args):
        return []
    return [v for v in scope.children[element].needs if v.scope is scope]


def _all_late(this: Comprehension, rounds: Atom, hint: str) -> Atom:
    """fs = [lambda: k for k in ks]   ->   for k in ks: pass;  fs = [lambda: k for each round]"""
    frame, late = this.frame, this.late
    frame.env.update({v: replace(frame.env[v], surely=True) for v in late})
    once = Comprehension(frame, this.node, [], [])
    target = ast.copy_location(ast.Name(".round", ast.Store()), this.node)
    return for_each(frame, this.node, target, rounds, [], once.element, spelled=hint)


def _appended(this: Comprehension, over: Arg, hint: str) -> Atom:
    """[f(x, y) for x in xs if x for y in x]: loops that carry the list."""
    frame = this.frame
    items = Variable(hint or ".items", frame.scope)
    frame.env[items] = Binding(frame.emit(syntax.LIST, this.node, hint=hint))
    this.loop(0, over, [items], lambda: _round(this, 0, items))
    return frame.env.pop(items).atom


def _round(this: Comprehension, level: int, items: Variable) -> None:
    _when(this, this.node.generators[level].ifs, level, items)


def _when(this: Comprehension, tests: Sequence[ast.expr], level: int, items: Variable) -> None:
    if not tests:
        _inside(this, level, items)
        return
    asked = test(this.frame, tests[0])
    this.frame.branch(tests[0], asked, lambda: _when(this, tests[1:], level, items), lambda: None)


def _inside(this: Comprehension, level: int, items: Variable) -> None:
    frame = this.frame
    if level + 1 < len(this.node.generators):
        over = expression(frame, this.node.generators[level + 1].iter)
        this.loop(level + 1, over, [items], lambda: _round(this, level + 1, items))
        return
    element = this.element()
    held = frame.env[items].atom
    frame.env[items] = Binding(frame.emit(syntax.APPEND, this.node, held, element, hint=items.hint))


def _list(frame: Frame, node: Any, hint: str) -> Atom:
    return listed(frame, node, hint)


def _dict(frame: Frame, node: Any, hint: str) -> Atom:
    """{k: v for ...}   ->   dict([(k, v) for ...])"""
    pairs = Pack((listed(frame, node, ""),))
    return frame.emit(syntax.CALL, node, Const(dict), pairs, Pack(()), hint=hint)


INDEX: dict[type[ast.expr], Lower] = {
    ast.ListComp: _list,
    ast.GeneratorExp: _list,
    ast.DictComp: _dict,
}
