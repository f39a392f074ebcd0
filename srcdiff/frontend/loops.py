"""Loops: which variables go round, and what the regions hand on."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from srcdiff.frontend.bound import Variable, stored
from srcdiff.frontend.expressions import expression, test
from srcdiff.frontend.frame import Binding, Environment, Frame, Side
from srcdiff.frontend.targets import assign, hint
from srcdiff.ir.core import NEVER, UNDEFINED, Arg, Atom, Block, Const, For, Var, While

Run = Callable[[], "Atom | None"]


def carried(frame: Frame, *nodes: ast.AST) -> list[Variable]:
    """The variables the nodes assign, but for flags that live inside one iteration."""
    own = frame.scope.function.variables
    variables = (own[name] for name in dict.fromkeys(stored(*nodes)) if name in own)
    return [v for v in variables if v in frame.env or not v.name.startswith(".")]


def for_each(
    frame: Frame,
    node: ast.AST,
    target: ast.expr,
    over: Arg,
    variables: Sequence[Variable],
    run: Run,
    stop: Variable | None = None,
    spelled: str = "",
) -> Atom:
    """for target in over: run(). The list of what run returned, if it does return something.

    stop: the variable that says after a round that it was the last
    """
    item = Var(hint(target))
    first = _held(frame, variables)
    params, start = _enter(frame, variables)

    def body() -> Atom | None:
        assign(frame, target, item)
        return run()

    side = frame.side(body, start)
    outs = _leave(frame, variables, [start[v].surely for v in variables])
    stacked = () if side.value is None else (Var(spelled),)
    results = _results(side, variables, stop)
    block = Block((item, *params), side.stmts, results)
    at = frame.at(node)
    frame.stmts.append(For((*outs, *stacked), over, first, block, stop is not None, at))
    return stacked[0] if stacked else Const(None)


def lower_for(frame: Frame, node: ast.For, run: Run) -> None:
    """for target in over: body"""
    over = expression(frame, node.iter)
    variables = carried(frame, node.target, *node.body)
    for_each(frame, node, node.target, over, variables, run, _stop(frame, node))


def lower_while(frame: Frame, node: ast.While, run: Run) -> None:
    """while test: body"""
    variables = carried(frame, *node.body)
    first = _held(frame, variables)
    params, start = _enter(frame, variables)
    question = frame.side(lambda: test(frame, node.test), start)
    test_block = Block(params, question.stmts, (question.value or Const(NEVER),))
    params, start = _enter(frame, variables)
    side = frame.side(run, start)
    stop = _stop(frame, node)
    body = Block(params, side.stmts, _results(side, variables, stop))
    once = question.value == Const(True)
    sure = [start[v].surely or (once and side.surely(v)) for v in variables]
    outs = _leave(frame, variables, sure)
    at = frame.at(node)
    frame.stmts.append(While(outs, first, test_block, body, stop is not None, at))


def _held(frame: Frame, variables: Sequence[Variable]) -> tuple[Atom, ...]:
    held = [frame.env.get(v) for v in variables]
    return tuple(binding.atom if binding else Const(UNDEFINED) for binding in held)


def _enter(frame: Frame, variables: Sequence[Variable]) -> tuple[tuple[Var, ...], Environment]:
    """Parameters for what goes round, and the variables as a round finds them."""
    params = tuple(Var(v.hint) for v in variables)
    sure = [frame.surely(v) for v in variables]
    return params, {v: Binding(p, s) for v, p, s in zip(variables, params, sure)}


def _leave(frame: Frame, variables: Sequence[Variable], sure: Sequence[bool]) -> tuple[Var, ...]:
    """The outs of a loop; the variables hold them from now on."""
    outs = tuple(Var(v.hint) for v in variables)
    frame.env.update({v: Binding(o, s) for v, o, s in zip(variables, outs, sure)})
    return outs


def _results(side: Side, variables: Sequence[Variable], stop: Variable | None) -> tuple[Atom, ...]:
    flag = () if stop is None else (side.holds(stop),)
    stacked = () if side.value is None else (side.value,)
    return (*flag, *(side.holds(v) for v in variables), *stacked)


def _stop(frame: Frame, node: ast.For | ast.While) -> Variable | None:
    name: str = getattr(node, "stop", "")
    return frame.scope.variable(name) if name else None
