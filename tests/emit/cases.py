"""Typed functions by hand, each with arguments: what their source looks like is golden."""

from __future__ import annotations

import linecache
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from srcdiff.errors import Span
from srcdiff.ir.core import NEVER, UNDEFINED, Const, Cut, Function, Input, Pack, Tree, Var, leaf
from srcdiff.ir.types import BOOL, FLOAT, INT, STR, Array, ListOf, Scalar
from srcdiff.ops.python import Callee
from tests.emit.build import (
    ALL,
    MASK,
    MATRIX,
    NP_FLOAT,
    NUMBERS,
    PLACES,
    ROW,
    TURNED,
    VECTOR,
    VECTORS,
    Build,
    N,
    function,
    like,
    number,
    truth,
    up_to,
    whole,
)

Case = Callable[[], tuple[Function, list[Any]]]
CASES: dict[str, Case] = {}
V3, W3 = np.array([1.0, -2.0, 0.5]), np.array([0.1, 0.2, 0.3])
A32 = np.arange(6.0).reshape(3, 2) / 4


def case(made: Case) -> Case:
    CASES[made.__name__] = made
    return made


# --- expressions ----------------------------------------------------------------------------------


@case
def nests_temporaries():
    x, y = number("x"), number("y")
    b = Build()
    t = b("add", b("multiply", x, y), 1.0)
    return function([x, y], b, b("exp", b("negative", t))), [0.5, 2.0]


@case
def names_what_is_used_twice():
    x = number("x")
    b = Build()
    t = b("add", b("power", x, 2), b("exp", b("power", x, 2)))
    return function([x], b, b("add", b("sqrt", t), b("cos", t))), [0.7]


@case
def keeps_the_users_names():
    x, w = Var("x", VECTOR), Var("w", VECTOR)
    b = Build()
    z = b("multiply", x, w, hint="z")
    loss = b("sum", b("power", z, 2), None, False, type=NP_FLOAT, hint="loss")
    return function([x, w], b, loss, z), [V3, W3]


@case
def parenthesises_no_more_than_needed():
    x, y = number("x"), number("y")
    b = Build()
    p = b("multiply", b("add", x, y), b("subtract", x, b("subtract", y, 2.0)))
    q = b("power", b("negative", x), b("power", y, -1.0))
    r = b("negative", b("power", x, 2))
    s = b("divide", b("multiply", x, y), b("multiply", x, y))
    return function([x, y], b, p, q, r, s), [-1.5, 3.0]


@case
def speaks_the_dialect_of_the_types():
    x, v = number("x"), Var("v", VECTOR)
    b = Build()
    a = b("absolute", b("sin", x))
    c = b("absolute", b("sin", v))
    return function([x, v], b, a, c, b("max2", x, 0.0)), [-0.3, V3]


@case
def leaves_out_defaults():
    A = Var("A", MATRIX)
    b = Build()
    total = b("sum", A, None, False, type=NP_FLOAT)
    rows = b("sum", A, 0, False, type=ROW)
    kept = b("mean", A, 1, True, type=Array("float64", (N, 1)))
    joined = b("concatenate", Pack((A, A)), 1, type=Array("float64", (N, 4)))
    return function([A], b, total, rows, kept, joined), [A32]


@case
def indexes():
    A, v, k, places, mask = (
        Var("A", MATRIX),
        Var("v", VECTOR),
        whole("k"),
        Var("p", PLACES),
        Var("m", MASK),
    )
    b = Build()
    cut = Cut(Const(1), Const(None), Const(None))
    back = Cut(Const(None), Const(None), Const(-1))
    parts = (
        b("getitem", A, Pack((k, Const(0))), type=NP_FLOAT),
        b("getitem", A, Pack((ALL, b("add", k, 1))), type=VECTOR),
        b("getitem", v, cut, type=VECTOR),
        b("getitem", v, Pack((back,)), type=VECTOR),
        b("getitem", v, Pack((Const(Ellipsis), Const(None))), type=Array("float64", (N, 1))),
        b("getitem", v, places, type=VECTOR),
        b("getitem", v, mask, type=Array("float64", (None,))),
    )
    args = [A32, V3, 0, np.array([2, 0, 2]), np.array([True, False, True])]
    return function([A, v, k, places, mask], b, *parts), args


@case
def shapes():
    A, v = Var("A", MATRIX), Var("v", VECTOR)
    b = Build()
    n, m = b("extent", A, 0, type=INT), b("extent", A, 1, type=INT)
    z = b("zeros", Pack((n, m)), None, type=MATRIX)
    flat = b("reshape", A, Pack((Const(-1),)), "C", type=Array("float64", (6,)))
    k = b("extent", v, 0, type=INT)
    return function([A, v], b, z, flat, b("divide", 1.0, k, type=FLOAT), k), [A32, V3]


@case
def casts():
    x, v, k = number("x"), Var("v", VECTOR), whole("k")
    b = Build()
    single = Array("float32", (N,))
    return function(
        [x, v, k],
        b,
        b("cast", k, float, type=FLOAT),
        b("cast", x, "float32", type=Scalar("float32", weak=False)),
        b("cast", v, "float32", type=single),
        b("zeros_like", v, type=single),
        b("zeros_like", x),
    ), [1.5, V3, 2]


@case
def constants():
    b = Build()
    values = (
        *(
            1,
            -1,
            2.5,
            -0.0,
            1e-12,
            math.pi,
            -math.inf,
            math.nan,
            2j,
            1 + 2j,
            True,
            None,
            "it's",
            b"x",
        ),
        *(
            np.float32(0.5),
            (1, (2.0,)),
            {"a": [1, slice(None, 2)]},
            range(3),
            math.exp,
            np.linalg.inv,
            ...,
        ),
    )
    return function([], b, *values), []


@case
def several_results_of_one_operation():
    A = Var("A", Array("float64", (2, 2)))
    b = Build()
    _sign, size = b.many("slogdet", A, outs=(Var("", NP_FLOAT), Var("size", NP_FLOAT)))
    return function([A], b, size), [np.array([[2.0, 1.0], [0.0, 3.0]])]


@case
def long_lines_fold():
    names = ["first_operand", "second_operand", "third_operand", "fourth_operand"]
    vs = [Var(n, VECTOR) for n in names]
    b = Build()
    parts = Pack(
        tuple(b("getitem", v, Cut(Const(1), Const(None), Const(None)), type=VECTOR) for v in vs)
    )
    joined = b("concatenate", parts, 0, type=VECTOR, hint="joined")
    total = b("add", b("multiply", vs[0], vs[1]), b("multiply", vs[2], vs[3]), hint="total")
    leaves = tuple(map(leaf, (0, 1, 0, 1)))
    output = Tree("dict", leaves, ("the_joined_values", "the_total", "once_more", "and_the_last"))
    return function(vs, b, joined, total, output=output), [V3, W3, V3, W3]


@case
def texts():
    x, k = number("x"), whole("k")
    b = Build()
    shown = b("format", x, "", ".3f", type=STR)
    plain = b("format", k, "r", "", type=STR)
    text = b("join", "x = ", shown, " {", plain, "}", type=STR)
    wide = b("format", x, "", b("join", ">", b("format", k, "", "", type=STR), type=STR), type=STR)
    keywords = Pack((Pack((Const("sep"), Const(""))),))
    b.many("effect", print, Pack((text, wide)), keywords)
    return function([x, k], b, x), [1.25, 6]


# --- branches -------------------------------------------------------------------------------------


@case
def conditional_expressions():
    x, y = number("x"), number("y")
    b = Build()
    test = b("less", x, y, type=BOOL)
    then = b.inner()
    z = b.when(test, then.block(then("multiply", x, x)), Build().block(y), [number("z")])
    s = b("select", b("greater", z, 1.0, type=BOOL), z, 0.0, hint="s")
    return function([x, y], b, b("multiply", z, s)), [1.5, 2.0]


@case
def truth_values():
    x, y = number("x"), number("y")
    b = Build()
    low, high = b("less", x, y, type=BOOL), b("greater", y, 1.0, type=BOOL)
    inner = b.inner()
    third = inner("equal", x, 1.5, type=BOOL)
    both = b.when(low, Build().block(high), Build().block(False), [truth("both")])
    other = b.inner()
    again = other("less", y, 0.0, type=BOOL)
    either = b.when(
        b("less", x, 9.0, type=BOOL), Build().block(True), other.block(again), [truth("either")]
    )
    neither = b.when(either, Build().block(False), inner.block(third), [truth("neither")])
    return function([x, y], b, both, either, neither, b("not", b("equal", x, y, type=BOOL))), [
        1.5,
        2.0,
    ]


@case
def chains_of_branches():
    x = number("x")
    b = Build()
    one, two, three = b.inner(), b.inner(), b.inner()
    first, second, third = (
        one("sin", x, hint="z"),
        two("cos", x, hint="z"),
        three("exp", x, hint="z"),
    )
    other = b.inner()
    inner = other("less", x, 1.0, type=BOOL)
    z = other.when(inner, two.block(second), three.block(third), [number("z")])
    out = b.when(b("less", x, 0.0, type=BOOL), one.block(first), other.block(z), [number("z")])
    return function([x], b, b("multiply", out, out)), [0.5]


@case
def nothing_to_do_on_one_side():
    x, k = number("x"), whole("k")
    b = Build()
    test = b("less", x, 0.0, type=BOOL)
    side, whole_side = b.inner(), b.inner()
    more = side("add", x, 1.0, hint="x")
    y = b.when(test, Build().block(x), side.block(more), [number("x")])
    again = whole_side("add", y, 2.0, hint="x")
    z = b.when(b("less", k, 3, type=BOOL), Build().block(y), whole_side.block(again), [number("x")])
    return function([x, k], b, z, z), [0.5, 4]


@case
def early_returns():
    x = number("x")
    b = Build()
    rest, last = b.inner(), b.inner()
    z = last("sqrt", x, hint="z")
    inner = rest.when(
        rest("greater", x, 9.0, type=BOOL),
        last.block(last("add", z, z)),
        Build().block(x),
        [number()],
    )
    out = b.when(b("less", x, 0.0, type=BOOL), Build().block(0.0), rest.block(inner), [number()])
    return function([x], b, out), [16.0]


class TooSmall(ValueError):
    """An exception of a user's."""


@case
def raises():
    x = number("x")
    b = Build()
    wrong = b.inner()
    wrong.many("raise", TooSmall, Pack((Const("too small:"), x)), None)
    fine = b.inner()
    root = fine("sqrt", x, hint="root")
    out = b.when(
        b("less", x, 0.0, type=BOOL), wrong.block(NEVER), fine.block(root), [number("root")]
    )
    return function([x], b, b("multiply", out, out)), [2.0]


@case
def unbound_names():
    x = number("x")
    b = Build()
    then = b.inner()
    y = then("sin", x, hint="y")
    out = b.when(
        b("greater", x, 0.0, type=BOOL), then.block(y), Build().block(UNDEFINED), [number("y")]
    )
    b.many("require", out, "y")
    z = b("multiply", x, 2.0, hint="y")
    return function([x], b, b("add", out, x), z), [2.0]


# --- loops ----------------------------------------------------------------------------------------


@case
def accumulates():
    v = Var("v", VECTOR)
    i, s = whole("i"), number("s")
    b, body = Build(), Build()
    vi = body("getitem", v, i, type=FLOAT)
    more = body("add", s, body("multiply", vi, vi), hint="s")
    n = b("extent", v, 0, type=INT)
    total = b.loop(up_to(n), [0.0], body.block(more, params=[i, s]), [number("s")])
    return function([v], b, total), [V3]


@case
def changes_cotangents_in_place():
    X, W = Var("X", MATRIX), Var("W", MATRIX)
    t, b_W = whole("t"), Var("b_W", MATRIX)
    b, body = Build(), Build()
    row = body("getitem", X, t, type=ROW)
    one = body("add_at", b_W, t, body("multiply", row, 2.0), hint="b_W")
    two = body("add", one, X, hint="b_W")
    start = b("zeros_like", W, hint="b_W")
    out = b.loop(
        up_to(b("extent", X, 0, type=INT)),
        [start],
        body.block(two, params=[t, b_W]),
        [Var("b_W", MATRIX)],
    )
    return function([X, W], b, out), [A32, A32]


@case
def copies_before_the_loop():
    x = Var("x", VECTOR)
    k, y = whole("k"), Var("y", VECTOR)
    b, body = Build(), Build()
    more = body("add_at", y, k, 1.0, hint="y")
    out = b.loop(up_to(3), [x], body.block(more, params=[k, y]), [Var("y", VECTOR)])
    return function([x], b, out, b("sum", x, None, False, type=NP_FLOAT)), [V3]


@case
def recurrent_network_and_its_adjoint():
    W, X = Var("W", Array("float64", (2, 2))), Var("X", MATRIX)
    h, t = Var("h", ROW), whole("t")
    b, body = Build(), Build()
    row = body("getitem", X, t, type=ROW)
    new = body("tanh", body("add", body("matmul", W, h, type=ROW), row), hint="h")
    n = b("extent", X, 0, type=INT)
    start = b("zeros", b("extent", X, 1, type=INT), None, type=ROW, hint="h")
    last, record = b.loop(
        up_to(n),
        [start],
        body.block(new, h, params=[t, h]),
        [Var("h", ROW), Var("h_rec", ListOf(ROW, N))],
    )
    back, t2, h2 = Build(adjoint=True), whole("t"), Var("h", ROW)
    b_h, b_W = Var("b_h", ROW), Var("b_W", W.type)
    old = back("getitem", record, t2, type=ROW, hint="h")
    slope = back("subtract", 1.0, back("multiply", h2, h2))
    t3 = back("multiply", b_h, slope)
    more = back("add", b_W, back("outer", t3, old, type=W.type), hint="b_W")
    through = back("matmul", back("transpose", W, None), t3, type=ROW, hint="b_h")
    ones = b("spread", 1.0, last, type=ROW, hint="b_h")
    zero = b("zeros_like", W, hint="b_W")
    block = back.block(through, more, old, params=[t2, b_h, b_W, h2])
    outs = [Var("b_h", ROW), Var("b_W", W.type), Var("h", ROW)]
    _, grown, _ = b.loop(up_to(n, backward=True), [ones, zero, last], block, outs)
    return function([W, X], b, grown), [np.array([[0.1, 0.2], [0.3, 0.4]]), A32]


@case
def swaps():
    a, c, n = number("a"), number("b"), whole("n")
    b, body = Build(), Build()
    p, q = like(a, c)
    block = body.block(q, body("add", p, q, hint="b"), params=[whole("i"), p, q])
    outs = b.loop(up_to(n), [a, c], block, [number("a"), number("b")])
    return function([a, c, n], b, *outs), [1.0, 2.0, 5]


@case
def newton_with_break():
    x = number("x")
    y = number("y")
    b, body, test = Build(), Build(), Build()
    step = body(
        "divide", body("subtract", body("multiply", y, y), x), body("multiply", 2.0, y), hint="step"
    )
    new = body("subtract", y, step, hint="y")
    small = body("less", body("absolute", step), 1e-12, type=BOOL)
    out = b.repeat(
        [x],
        test.block(True, params=[number("y")]),
        body.block(small, new, params=[y]),
        [number("y")],
        True,
    )
    return function([x], b, out), [2.0]


@case
def leaves_a_loop_from_branches():
    x, n = number("x"), whole("n")
    b, body, one, two = Build(), Build(), Build(), Build()
    y, i = number("x"), whole("i")
    more = one("add", y, 1.0, hint="x")
    low = one("less", more, 3.0, type=BOOL)
    half = two("multiply", more, 0.5, hint="x")
    stop, kept = one.when(
        low, two.block(False, half), Build().block(True, more), [truth(), number("x")]
    )
    far = body("greater", y, 100.0, type=BOOL)
    outs = body.when(far, Build().block(True, y), one.block(stop, kept), [truth(), number("x")])
    out = b.loop(up_to(n), [x], body.block(*outs, params=[i, y]), [number("x")], True)
    return function([x, n], b, out), [1.0, 20]


@case
def tests_that_take_statements():
    x = number("x")
    y, z = number("y"), number("y")
    b, body, test = Build(), Build(), Build()
    s = test("sin", y, hint="s")
    go = test("less", test("multiply", s, s), 0.5, type=BOOL)
    new = body("add", z, 0.1, hint="y")
    out = b.repeat([x], test.block(go, params=[y]), body.block(new, params=[z]), [number("y")])
    return function([x], b, out, x), [0.1]


@case
def comprehensions():
    v = Var("v", VECTOR)
    b, body = Build(), Build()
    i = whole("i")
    n = b("extent", v, 0, type=INT)
    item = body("multiply", body("getitem", v, i, type=NP_FLOAT), 2.0)
    ys = b.loop(up_to(n), [], body.block(item, params=[i]), [Var("ys", ListOf(NP_FLOAT, N))])
    ones = b.loop(up_to(n), [], Build().block(1.0, params=[whole("i")]), [Var("ones", NUMBERS)])
    return function([v], b, ys, ones), [V3]


@case
def stacks_from_the_end():
    v = Var("v", VECTOR)
    b, body, other = Build(), Build(), Build()
    k, s = whole("k"), number("s")
    more = body("add", s, body("getitem", v, k, type=NP_FLOAT), hint="s")
    body_block = body.block(more, more, params=[k, s])
    outs = [number("s"), Var("sums", NUMBERS)]
    n = b("extent", v, 0, type=INT)
    sums = b.loop(up_to(n, backward=True), [0.0], body_block, outs)[1]
    j = whole("j")
    squares = b.loop(
        up_to(7, 1, 2, backward=True), [], other.block(other("multiply", j, j), params=[j]),
        [Var("squares", ListOf(INT, 3))],
    )  # fmt: skip
    return function([v], b, sums, squares), [V3]


@case
def stacks_what_may_be_missing():
    v = Var("v", VECTOR)
    b, body, then = Build(), Build(), Build()
    i = whole("i")
    vi = body("getitem", v, i, type=FLOAT, hint="x")
    root = then("sqrt", vi, hint="root")
    test = body("greater", vi, 0.0, type=BOOL)
    out = body.when(test, then.block(root), Build().block(UNDEFINED), [number("root")])
    roots = b.loop(up_to(3), [], body.block(out, params=[i]), [Var("roots", NUMBERS)])
    return function([v], b, roots), [V3]


@case
def nested_loops():
    A = Var("A", MATRIX)
    b, outer, inner = Build(), Build(), Build()
    i, j, s, r = whole("i"), whole("j"), number("s"), number("s")
    cell = inner("getitem", A, Pack((i, j)), type=NP_FLOAT)
    more = inner("add", r, inner("multiply", cell, j), hint="s")
    m = outer("extent", A, 1, type=INT)
    row = outer.loop(up_to(m), [s], inner.block(more, params=[j, r]), [number("s")])
    n = b("extent", A, 0, type=INT)
    out = b.loop(up_to(n), [0.0], outer.block(row, params=[i, s]), [number("s")])
    return function([A], b, out), [A32]


# --- memory ---------------------------------------------------------------------------------------


@case
def arguments_are_copied():
    x, v, places = Var("x", VECTOR), Var("v", VECTOR), Var("p", PLACES)
    b = Build()
    one = b("add_at", x, places, v, hint="x")
    two = b("add_at", one, Const(0), 1.0, hint="x")
    return function([x, v, places], b, two), [V3, W3, np.array([0, 0, 2])]


@case
def what_is_recorded_is_not_changed_in_the_next_round():
    x = Var("x", VECTOR)
    k, h = whole("k"), Var("h", VECTOR)
    b, body = Build(), Build()
    moved = body("add_at", h, k, 1.0, hint="h")
    doubled = body("sin", moved, hint="h")
    block = body.block(doubled, doubled, params=[k, h])
    last, record = b.loop(up_to(3), [x], block, [Var("h", VECTOR), Var("h_rec", VECTORS)])
    return function([x], b, last, record), [V3]


@case
def what_a_loop_made_a_round_ago_is_not_what_it_makes_now():
    x = Var("x", VECTOR)
    k, u = whole("k"), Var("u", VECTOR)
    b, body = Build(), Build()
    turned = body("getitem", u, Cut(Const(None), Const(None), Const(-1)), type=VECTOR)
    new = body("zeros_like", u, hint="u")
    new = body("add_at", new, k, 1.0, hint="u")
    new = body("add", new, turned, hint="u")
    block = body.block(new, params=[k, u])
    return function([x], b, b.loop(up_to(3), [x], block, [Var("u", VECTOR)])), [V3]


@case
def a_view_that_is_alive_prevents_it():
    x = Var("x", MATRIX)
    b = Build()
    y = b("multiply", x, 2.0, hint="y")
    turned = b("transpose", y, None, type=TURNED, hint="turned")
    z = b("add_at", y, Const(0), 1.0, hint="y")
    return function([x], b, z, b("sum", turned, None, False, type=NP_FLOAT)), [A32]


@case
def repeated_indices():
    x, v, p = Var("x", MATRIX), Var("v", MATRIX), Var("p", PLACES)
    b = Build()
    one = b("scatter", v, x, p, hint="b_x", type=MATRIX)
    two = b("add_at", one, Pack((p, ALL)), v, hint="b_x")
    three = b("scatter", 2.0, x, Pack((Const(0), Const(1))), hint="b_y", type=MATRIX)
    four = b("add_at", three, Pack((ALL, Const(0))), 1.0, hint="b_y")
    return function([x, v, p], b, two, four), [A32, A32, np.array([0, 0, 2])]


@case
def lists():
    xs, ys, v = Var("xs", NUMBERS), Var("ys", VECTORS), Var("v", VECTOR)
    b, body = Build(), Build()
    longer = b("append", xs, 1.0, hint="longer")
    again = b("append", longer, 2.0, hint="longer")
    zs = b("zeros_like", ys, hint="zs")
    zs = b("add_at", zs, 0, v, hint="zs")
    zs = b(
        "add_at",
        zs,
        Cut(Const(None), Const(2), Const(None)),
        b("list", Pack((v, v)), type=VECTORS),
        hint="zs",
    )
    grown, k = Var("grown", NUMBERS), whole("k")
    more = body("append", grown, body("getitem", xs, k, type=FLOAT), hint="grown")
    empty = b("list", Pack(()), type=NUMBERS)
    out = b.loop(
        up_to(b("length", xs, type=INT)),
        [empty],
        body.block(more, params=[k, grown]),
        [Var("grown", NUMBERS)],
    )
    summed = b("add_lists", ys, zs)
    args = [[0.5, 0.25], [V3, W3], V3]
    return function([xs, ys, v], b, again, summed, out, b("drop_last", xs), ys), args


@case
def results_are_the_callers():
    x, r, A = Var("x", VECTOR), Var("r", ROW), Var("A", MATRIX)
    b = Build()
    return function(
        [x, r, A],
        b,
        x,
        b("transpose", A, None, type=TURNED),
        b("spread", 3.0, x, type=VECTOR),
        b("spread", 1.0, A, type=MATRIX),
        b("spread", r, A, type=MATRIX),
        y := b("multiply", x, x, hint="y"),
        y,
    ), [V3, np.array([1.0, 2.0]), A32]


# --- structures, calls, names ---------------------------------------------------------------------


@dataclass
class Spring:
    rest: float
    stiffness: float


class Layer(NamedTuple):
    W: Any
    b: Any


@case
def structured_arguments():
    W, v, rest, first, last, unused = (
        Var("p.W", MATRIX),
        Var("v", ROW),
        number(),
        number("a"),
        number("c"),
        number(),
    )
    b = Build()
    y = b("matmul", W, v, type=VECTOR)
    z = b("matmul", b("transpose", W, None, type=TURNED), y, type=ROW, hint="z")
    scaled = b("multiply", z, b("add", rest, b("multiply", first, b("multiply", last, last))))
    inputs = [
        Input("p", Tree("dict", (leaf(0), Tree("static", value="relu")), ("W", "kind"))),
        Input("v", leaf(1)),
        Input(
            "spring", Tree("object", (leaf(2), leaf(5)), ("rest", "stiffness"), value=Spring), True
        ),
        Input("pair", Tree("tuple", (leaf(3), leaf(4))), True),
    ]
    f = function([W, v, rest, first, last, unused], b, scaled, inputs=inputs)
    return f, [{"W": A32, "kind": "relu"}, np.array([1.0, 2.0]), Spring(1.0, 2.0), (3.0, 4.0)]


@case
def structured_results():
    W, c = Var("W", MATRIX), Var("c", ROW)
    b = Build()
    two, one = b("multiply", W, 2.0, hint="b_W"), b("multiply", c, 3.0, hint="b_c")
    layer = Tree("object", (leaf(0), leaf(1)), ("W", "b"), value=Layer)
    inner = Tree("list", (leaf(1), Tree("static", value=None)))
    output = Tree("dict", (layer, inner, Tree("tuple", (leaf(0),))), ("layer", "rest", 3))
    return function([W, c], b, two, one, output=output, doc="Gradients, put together."), [
        A32,
        np.ones(2),
    ]


@case
def recursion():
    x, n = number("x"), whole("n")
    callee = Callee("power")
    b, more = Build(), Build()
    (rest,) = more.many("call", callee, x, more("subtract", n, 1), outs=[number()])
    out = b.when(
        b("equal", n, 0, type=BOOL),
        Build().block(1.0),
        more.block(more("multiply", x, rest)),
        [number()],
    )
    callee.function = Function("power", (x, n), b.block(out))
    y = number("y")
    main = Build()
    other = Callee(
        "power", Function("power", (z := number("z"),), (two := Build()).block(two("exp", z), z))
    )
    p, q = main.many("call", other, y, outs=[number("p"), number()])
    (r,) = main.many("call", callee, p, 3, outs=[number()])
    return function([y], main, main("add", r, q), name="f"), [0.5]


def halved(x: float, *, times: int = 1) -> float:
    """A callable of a user's."""
    return x / 2**times


@case
def users_callables():
    x = number("x")
    b = Build()
    (y,) = b.many(
        "external",
        halved,
        Pack((x,)),
        Pack((Pack((Const("times"), Const(2))),)),
        outs=[number("y")],
    )
    return function([x], b, b("add", y, 1.0)), [3.0]


@case
def names_that_are_taken():
    np_, abs_, sum_ = number("np"), number("abs"), Var("v", VECTOR)
    b = Build()
    s = b("sum", sum_, None, False, type=NP_FLOAT, hint="sum")
    n = b("length", sum_, type=INT, hint="len")
    c = b("absolute", np_, hint="class")
    d = b("multiply", b("exp", abs_), c, hint="math")
    zero = b("unbroadcast", sum_, sum_, hint="unbroadcast")
    f = function([np_, abs_, sum_], b, s, s, n, n, c, c, d, d, zero, zero)
    return f, [-1.0, 2.0, V3]


@case
def one_thing_one_name():
    x = number("x")
    b, body = Build(), Build()
    total, i = number("total"), whole("i")
    more = body("add", total, x, hint="total")
    total = b.loop(up_to(3), [1.0], body.block(more, params=[i, total]), [number("total")])
    back, b_x = Build(), number("b_x")
    less = back("multiply", b_x, x, hint="b_x")
    out = b.loop(up_to(2), [total], back.block(less, params=[whole("i"), b_x]), [number("b_x")])
    y = b("identity", x, hint="y")
    return function([x], b, b("add", out, y), y), [3.0]


SOURCE = [
    "def f(w, x):\n",
    "    y = w * x\n",
    "    for k in range(3):\n",
    "        y = y * np.sin(x)\n",
    "    return y\n",
]


@case
def comments_of_the_adjoint():
    filename = "<a program>"
    linecache.cache[filename] = (len("".join(SOURCE)), None, SOURCE, filename)

    def at(line: int, name: str = "f") -> Span:
        return Span(filename, line, function=name)

    w, x = number("w"), number("x")
    b = Build(at(2))
    y = b("multiply", w, x, hint="y")
    back, body = Build(at(3), adjoint=True), Build(at(4), adjoint=True)
    b_y = number("b_y")
    one = body("multiply", b_y, body("sin", x), hint="b_y")
    out = back.loop(
        up_to(3, backward=True), [y], body.block(one, params=[whole("k"), b_y]), [number("b_y")]
    )
    back.at = at(2)
    b_w = back("multiply", out, x, hint="b_w")
    b_x = back("multiply", out, w, hint="b_x")
    back.at = at(5, "g")
    b_x = back("add", b_x, b_w, hint="b_x")
    b.stmts += back.stmts
    return function([w, x], b, b_w, b_x, y, doc="The gradient of f."), [2.0, 0.5]
