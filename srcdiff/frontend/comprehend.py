"""Comprehensions: loops that stack their values, or carry a list where tests skip some."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Union

from srcdiff.frontend.bound import Scope, Variable, kept_defaults
from srcdiff.frontend.expressions import Lower, call, expression, test
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
        self,
        level: int,
        over: Arg,
        more: list[Variable],
        run: Run,
        spelled: str = "",
        stop: Variable | None = None,
    ) -> Atom:
        target = self.node.generators[level].target
        variables = [*more, *self.walrus, *self.late]
        return for_each(self.frame, self.node, target, over, variables, run, stop, spelled)


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


def decided(frame: Frame, node: ast.Call, hint: str) -> Atom | None:
    """any(f(x) for x in xs), all(...): nothing is evaluated behind the item that decides.

    found = False
    for x in xs:
        if f(x):
            found = True
            break
    """
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    lazy = len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp) and not node.keywords
    if not lazy or not _is_builtin(frame, name) or name not in ("any", "all"):
        return None
    generator = node.args[0]
    assert isinstance(generator, ast.GeneratorExp)
    over = expression(frame, generator.generators[0].iter)
    outer: Scope = frame.scope
    frame.scope = outer.children[generator]
    this = Comprehension(frame, generator, carried(frame, generator), [])
    found = Variable(hint or f".{name}", frame.scope)
    frame.env[found] = Binding(Const(False))
    wanted = name == "any"
    this.loop(0, over, [found], lambda: _until_found(this, 0, found, wanted), stop=found)
    asked = frame.env.pop(found).atom
    frame.scope = outer
    return asked if name == "any" else frame.emit(syntax.NOT, node, asked, hint=hint)


def _is_builtin(frame: Frame, name: str) -> bool:
    try:
        meant = frame.unit.namespace.lookup(name)
    except NameError:
        return False
    return frame.scope.resolve(name) is None and meant is getattr(builtins, name, None)


def _until_found(this: Comprehension, level: int, found: Variable, wanted: bool) -> None:
    frame, node = this.frame, this.node
    generator = node.generators[level]

    def inside() -> None:
        if level + 1 < len(node.generators):
            over = expression(frame, node.generators[level + 1].iter)
            further = partial(_until_found, this, level + 1, found, wanted)
            this.loop(level + 1, over, [found], further, stop=found)
            return
        assert isinstance(node, ast.GeneratorExp)
        sides = partial(hold, wanted), partial(hold, not wanted)
        frame.branch(node.elt, test(frame, node.elt), *sides)

    def hold(value: bool) -> None:
        frame.env[found] = Binding(Const(value))

    def tested(tests: Sequence[ast.expr]) -> None:
        if not tests:
            inside()
            return
        asked = test(frame, tests[0])
        frame.branch(tests[0], asked, lambda: tested(tests[1:]), lambda: None)

    tested(generator.ifs)


def _list(frame: Frame, node: Any, hint: str) -> Atom:
    return listed(frame, node, hint)


def _generator(frame: Frame, node: Any, hint: str) -> Atom:
    before = frame.emit(syntax.MOMENT, node)
    return frame.emit(syntax.GENERATOR, node, listed(frame, node, hint), before, hint=hint)


def _dict(frame: Frame, node: Any, hint: str) -> Atom:
    """{k: v for ...}   ->   dict([(k, v) for ...])"""
    pairs = Pack((listed(frame, node, ""),))
    return frame.emit(syntax.CALL, node, Const(dict), pairs, Pack(()), hint=hint)


def _call(frame: Frame, node: Any, hint: str) -> Atom:
    found = decided(frame, node, hint)
    return call(frame, node, hint) if found is None else found


INDEX: dict[type[ast.expr], Lower] = {
    ast.ListComp: _list,
    ast.GeneratorExp: _generator,
    ast.DictComp: _dict,
    ast.Call: _call,
}
