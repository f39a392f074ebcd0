"""The verifier: silent on what is right, loud on each way to break a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from srcdiff.errors import InternalError, Span
from srcdiff.frontend.lower import lower
from srcdiff.ir.core import (
    NEVER,
    UNDEFINED,
    Apply,
    Block,
    Const,
    For,
    Function,
    If,
    Input,
    Op,
    Pack,
    Range,
    Star,
    Tree,
    Var,
    While,
    leaf,
)
from srcdiff.ir.types import BOOL, FLOAT, INT, NONE, Array, ListOf, Scalar, Sym
from srcdiff.ir.verify import verify

STEP = Op("step")


def program(xs, n):
    total = 0
    for x in xs:
        if x > n:
            y = x
            break
        else:
            y = -x
        total += y
    while n > 0:
        n -= 1
    return total, n


BASE = lower(program).function
STMTS = BASE.body.stmts
LOOP = next(stmt for stmt in STMTS if isinstance(stmt, For))
WHILE = next(stmt for stmt in STMTS if isinstance(stmt, While))
BRANCH = next(stmt for stmt in LOOP.body.stmts if isinstance(stmt, If))
FIRST = LOOP.body.stmts[0]


def with_stmts(*stmts: Any, results: Any = None) -> Function:
    body = BASE.body
    return replace(BASE, body=replace(body, stmts=stmts, results=results or body.results))


def instead(old: Any, new: Any) -> Function:
    """The program with one statement of its body replaced."""
    return with_stmts(*(new if stmt is old else stmt for stmt in STMTS))


def in_loop(old: Any, *new: Any) -> Function:
    """The program with one statement of its loop replaced."""
    stmts = tuple(s for stmt in LOOP.body.stmts for s in (new if stmt is old else (stmt,)))
    return instead(LOOP, replace(LOOP, body=replace(LOOP.body, stmts=stmts)))


def loop_body(**changes: Any) -> Function:
    return instead(LOOP, replace(LOOP, body=replace(LOOP.body, **changes)))


STRAY = Var("stray")
BROKEN: dict[str, tuple[Function, str]] = {
    "result never defined": (with_stmts(*STMTS, results=(STRAY,)), "is not defined yet"),
    "defined after its use": (with_stmts(*STMTS[::-1]), "is not defined yet"),
    "statement dropped": (in_loop(FIRST), "is not defined yet"),
    "statement twice": (in_loop(FIRST, FIRST, FIRST), "is defined twice"),
    "parameter defined again": (
        with_stmts(Apply((BASE.params[0],), STEP, ()), *STMTS),
        "is defined twice",
    ),
    "parameter twice": (replace(BASE, params=BASE.params + BASE.params[:1]), "is defined twice"),
    "out of a region read outside": (
        with_stmts(*STMTS, results=(FIRST.outs[0],)),
        "is not visible here",
    ),
    "parameter of a region read outside": (
        with_stmts(*STMTS, results=(LOOP.body.params[0],)),
        "is not visible here",
    ),
    "body of a function with parameters": (
        replace(BASE, body=replace(BASE.body, params=(STRAY,))),
        "no parameters of its own",
    ),
    "branch with parameters": (
        in_loop(BRANCH, replace(BRANCH, then=replace(BRANCH.then, params=(STRAY,)))),
        "then has parameters",
    ),
    "result of a branch missing": (
        in_loop(BRANCH, replace(BRANCH, orelse=replace(BRANCH.orelse, results=()))),
        "orelse has 0 results",
    ),
    "out of a branch too many": (
        in_loop(BRANCH, replace(BRANCH, outs=(*BRANCH.outs, STRAY))),
        "then has 2 results for 3 outs",
    ),
    "init missing": (
        instead(LOOP, replace(LOOP, inits=LOOP.inits[1:])),
        "parameters for 0 carried values",
    ),
    "result of a loop missing": (
        loop_body(results=LOOP.body.results[:-1]),
        "the body has 1 results",
    ),
    "parameter of a loop missing": (
        loop_body(params=LOOP.body.params[:1]),
        "the body has 1 parameters",
    ),
    "flag forgotten": (instead(LOOP, replace(LOOP, breaks=False)), "the body has 2 results"),
    "flag that is a number": (
        loop_body(results=(Const(1), *LOOP.body.results[1:])),
        "is no flag",
    ),
    "out of a loop missing": (
        instead(LOOP, replace(LOOP, outs=())),
        "0 outs for 1 carried",
    ),
    "test with two results": (
        instead(WHILE, replace(WHILE, test=replace(WHILE.test, results=WHILE.test.results * 2))),
        "the test has 2 results",
    ),
    "test without a parameter": (
        instead(WHILE, replace(WHILE, test=Block((), (), (Const(True),)))),
        "the test has 0 parameters",
    ),
    "test reads what the body defines": (
        instead(WHILE, replace(WHILE, test=replace(WHILE.test, results=WHILE.body.results))),
        "is not defined yet",
    ),
    "test is a pack": (
        in_loop(BRANCH, replace(BRANCH, test=Pack((BRANCH.test,)))),
        "is no plain value",
    ),
    "init is a pack": (
        instead(LOOP, replace(LOOP, inits=(Pack(()),))),
        "is no plain value",
    ),
    "argument is no value": (with_stmts(Apply((STRAY,), STEP, (3,)), *STMTS), "is no value"),  # type: ignore[arg-type]
    "output asks for too much": (replace(BASE, output=leaf(1)), "the output asks for result 1"),
    "inputs skip a parameter": (
        replace(BASE, inputs=(Input("xs", leaf(0)),)),
        "the inputs name",
    ),
}


def test_accepts_the_program() -> None:
    verify(BASE)
    verify(replace(BASE, inputs=(Input("a", Tree("tuple", (leaf(1), leaf(0)))),)))


@pytest.mark.parametrize("name", BROKEN)
def test_catches(name: str) -> None:
    function, message = BROKEN[name]
    with pytest.raises(InternalError, match=message):
        verify(function)


def test_the_error_shows_the_place() -> None:
    broken = with_stmts(Apply((STRAY,), STEP, (Var("lost"),), Span("file.py", 7)), *STMTS)
    with pytest.raises(InternalError) as error:
        verify(broken, "some pass")
    text = str(error.value)
    assert text.startswith("internal fault in some pass: lost among the operands is not defined")
    assert "stray = step(lost)  # line 7    <== here" in text
    assert "please report" in text


# -- the typed form -------------------------------------------------------------------------------

N = Sym("n")
VECTOR, MATRIX = Array("float64", (N,)), Array("float64", (N, 3))


def typed(change: Callable[[For], For | If | While] = lambda loop: loop) -> Function:
    """sum of x[i], written in the typed form."""
    x, n, total, out = Var("x", VECTOR), Var("n", INT), Var("s", FLOAT), Var("s", FLOAT)
    i, item, new = Var("i", INT), Var("item", FLOAT), Var("s", FLOAT)
    stmts = (Apply((item,), STEP, (x, i)), Apply((new,), STEP, (total, item)))
    body = Block((i, total), stmts, (new,))
    over = Range(Const(0), n, Const(1))
    loop = change(For((out,), over, (Const(0),), body))
    return Function("f", (x, n), Block((), (loop,), loop.outs[:1]))


def with_out(type: Any) -> Callable[[For], For]:
    return lambda loop: replace(loop, outs=(Var("s", type),))


def branch(out: Any, then: Any, orelse: Any) -> Callable[[For], If]:
    blocks = [Block((), (), (atom,)) for atom in (then, orelse)]
    return lambda loop: If((Var("y", out),), Const(True), blocks[0], blocks[1])


def apply_star(loop: For) -> For:
    stmts = (*loop.body.stmts, Apply((), STEP, (Pack((Star(loop.body.params[0]),)),)))
    return replace(loop, body=replace(loop.body, stmts=stmts))


FITTING = [
    typed(),
    typed(branch(FLOAT, Const(0), Const(1.5))),
    typed(branch(VECTOR, Const(UNDEFINED), Const(NEVER))),
    typed(branch(Scalar("float64", optional=True), Const(None), Const(1.0))),
    typed(branch(VECTOR, Const(0.0), Const(UNDEFINED))),
    typed(branch(ListOf(FLOAT, N), Const(UNDEFINED), Const([]))),
]
UNFITTING = {
    "iterates a Var": (typed(lambda loop: replace(loop, over=Var("x", VECTOR))), "not defined yet"),
    "iterates a constant": (typed(lambda loop: replace(loop, over=Const(3))), "over a Range"),
    "splices": (typed(apply_star), "is spliced"),
    "no type": (typed(lambda loop: replace(loop, outs=(Var("s"),))), "has no type"),
    "float into int": (typed(with_out(INT)), "flows into"),
    "float into vector": (typed(with_out(VECTOR)), "flows into"),
    "float into list": (typed(with_out(ListOf(FLOAT, N))), "flows into"),
    "float into None": (typed(with_out(NONE)), "flows into"),
    "None into float": (typed(branch(FLOAT, Const(None), Const(1.0))), "a constant"),
    "text into float": (typed(branch(FLOAT, Const("x"), Const(1.0))), "a constant"),
    "float constant into int": (typed(branch(INT, Const(1), Const(1.0))), "a constant"),
    "int into bool": (typed(branch(BOOL, Const(True), Const(1))), "a constant"),
}


@pytest.mark.parametrize("function", FITTING)
def test_accepts_typed(function: Function) -> None:
    verify(function, typed=True)


@pytest.mark.parametrize("name", UNFITTING)
def test_catches_in_typed(name: str) -> None:
    function, message = UNFITTING[name]
    with pytest.raises(InternalError, match=message):
        verify(function, typed=True)


def test_arrays_of_other_rank_or_length_do_not_flow() -> None:
    for wrong in (MATRIX, Array("complex128", (N,)), Array("float64", (2,))):
        given, into = Var("x", wrong), Array("float64", (3,))
        block = Block((), (), (given,))
        stmt = If((Var("y", into),), Const(True), block, block)
        with pytest.raises(InternalError, match="flows into"):
            verify(Function("f", (given,), Block((), (stmt,), stmt.outs)), typed=True)


def test_unknown_rank_flows_anywhere() -> None:
    given = Var("x", Array("float64", None))
    block = Block((), (), (given,))
    stmt = If((Var("y", VECTOR),), Const(True), block, block)
    verify(Function("f", (given,), Block((), (stmt,), stmt.outs)), typed=True)
