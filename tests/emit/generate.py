"""Random typed functions: valid by construction, with everything that shares names and memory."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, Callable

import numpy as np

from srcdiff.errors import Span
from srcdiff.ir.core import (
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
    Input,
    Pack,
    Range,
    Stmt,
    Tree,
    Var,
    While,
    leaf,
)
from srcdiff.ir.types import BOOL, FLOAT, INT, Array, ListOf, Scalar, Sym, Type
from srcdiff.ops.table import BY_NAME

N, M = Sym("n", one=False), Sym("m", one=False)
VECTOR, MATRIX, TURNED = Array("float64", (N,)), Array("float64", (N, M)), Array("float64", (M, N))
ROW, PLACES, MASK = Array("float64", (M,)), Array("int64", (N,)), Array("bool", (N,))
NUMBERS, VECTORS = ListOf(FLOAT, N), ListOf(VECTOR, N)
SIZES = {"n": 3, "m": 2}
HINTS = ("", "", "", "x", "y", "h", "b_x", "b_y", "s")
TYPES: tuple[Type, ...] = (FLOAT, VECTOR, MATRIX, ROW, NUMBERS, VECTORS, TURNED)


@dataclass
class Maker:
    """One block under construction: what is known, what is made."""

    rng: random.Random
    known: list[Var]
    depth: int = 0
    stmts: list[Stmt] = field(default_factory=list)
    tests: list[tuple[Var, Var, bool]] = field(default_factory=list)  # test, var, side it exists on

    # --- values ---

    def pick(self, type: Type) -> Atom:
        found = [v for v in self.known if v.type == type]
        recent = found[-4:] if found and self.rng.random() < 0.75 else found
        if recent:
            return self.rng.choice(recent)
        return self.fresh(type)

    def fresh(self, type: Type) -> Atom:
        if type == FLOAT:
            return Const(round(self.rng.uniform(-2, 2), 1))
        if type == INT:
            return Const(self.rng.randrange(2))
        if type == BOOL:
            return self.apply("less", self.pick(FLOAT), Const(0.3), type=BOOL)
        if isinstance(type, ListOf):
            items = Pack(tuple(self.pick(type.element) for _ in range(3)))
            return self.apply("list", items, type=type)
        like = next(v for v in self.known if isinstance(v.type, Array) and v.type == type)
        return self.apply("zeros_like", like, type=type)

    def apply(
        self, name: str, *args: Arg, type: Type, hint: str | None = None, keep: bool = True
    ) -> Var:
        hint = self.rng.choice(HINTS) if hint is None else hint
        out = Var(hint, type)
        at, adjoint = Span("<random>", self.rng.randrange(1, 4)), self.rng.random() < 0.5
        self.stmts.append(Apply((out,), BY_NAME[name], args, at, adjoint))
        self.known += [out] if keep else []
        return out

    # --- statements ---

    def step(self) -> None:
        if self.depth < 3 and self.rng.random() < 0.22:
            self.rng.choice((self.branch, self.counted, self.repeated, self.paired))()
        else:
            self.rng.choice(STEPS)(self)

    def grow(self, count: int) -> None:
        for _ in range(count):
            self.step()

    def inner(self, params: tuple[Var, ...] = ()) -> Maker:
        return Maker(self.rng, [*self.known, *params], self.depth + 1)

    def types(self) -> list[Type]:
        return [self.rng.choice(TYPES) for _ in range(self.rng.randrange(1, 4))]

    def branch(self) -> None:
        test = self.pick(BOOL)
        types = self.types()
        blocks = []
        for _ in range(2):
            side = self.inner()
            side.grow(self.rng.randrange(4))
            blocks.append(Block((), tuple(side.stmts), tuple(side.pick(t) for t in types)))
            blocks[-1] = Block((), tuple(side.stmts), blocks[-1].results)
        outs = tuple(Var(self.rng.choice(HINTS), t) for t in types)
        self.stmts.append(If(outs, test, blocks[0], blocks[1]))
        self.known += outs

    def paired(self) -> None:
        """Two branches on one test: what one side of the first makes, the second needs there."""
        test = self.pick(BOOL)
        type = self.rng.choice(TYPES)
        side = self.inner()
        side.grow(2)
        made = side.pick(type)
        out = Var(self.rng.choice(HINTS), type)
        then, other = Block((), tuple(side.stmts), (made,)), Block((), (), (Const(UNDEFINED),))
        where = self.rng.random() < 0.5
        self.stmts.append(If((out,), test, *((then, other) if where else (other, then))))
        self.grow(self.rng.randrange(3))
        again = self.inner((out,))
        again.grow(2)
        result = Var(self.rng.choice(HINTS), type)
        kept = self.pick(type)
        then = Block((), tuple(again.stmts), (again.pick(type),))
        other = Block((), (), (kept,))
        self.stmts.append(If((result,), test, *((then, other) if where else (other, then))))
        self.known.append(result)

    def counted(self) -> None:
        types = self.types()
        inits = tuple(self.pick(t) for t in types)
        params = tuple(Var(self.rng.choice(HINTS), t) for t in types)
        item = Var(self.rng.choice(("i", "k", "")), INT)
        over = Range(Const(0), self.pick_length(), Const(1), backward := self.rng.random() < 0.4)
        wide = self.rng.random() < 0.2
        if wide:
            over = Range(Const(1), Const(6), Const(2), backward)
        body = self.inner(params if wide else (item, *params))
        body.grow(self.rng.randrange(1, 6))
        results = [body.changed(p) for p in params]
        stacked = [t for t in (FLOAT, VECTOR) if self.rng.random() < 0.4]
        records = tuple(body.pick(t) for t in stacked)
        breaks = not backward and self.rng.random() < 0.4
        flags = (body.flag(),) if breaks else ()
        outs = tuple(
            Var(self.rng.choice(HINTS), t) for t in (*types, *(ListOf(t, N) for t in stacked))
        )
        block = Block((item, *params), tuple(body.stmts), (*flags, *results, *records))
        self.stmts.append(For(outs, over, inits, block, breaks))
        self.known += [
            o
            for o in outs
            if not (breaks and isinstance(o.type, ListOf) and o in outs[len(types) :])
        ]

    def flag(self) -> Atom:
        if self.rng.random() < 0.4:
            return self.pick(BOOL)
        out = Var(self.rng.choice(("", "", "x")), BOOL)
        other: Atom = Const(False)
        if self.rng.random() < 0.3:
            other = self.pick(BOOL)
        sides = [Block((), (), (Const(True),)), Block((), (), (other,))]
        self.stmts.append(If((out,), self.pick(BOOL), sides[0], sides[1]))
        return out

    def pick_length(self) -> Atom:
        return (
            self.apply("extent", self.pick(VECTOR), Const(0), type=INT, keep=False)
            if self.rng.random() < 0.6
            else Const(3)
        )

    def changed(self, param: Var) -> Atom:
        """What goes round: often the parameter, changed in place if it can be."""
        if self.rng.random() < 0.5:
            return self.pick(param.type)
        for kind in CHANGES.get(param.type, ()):
            return kind(self, param)
        return self.pick(param.type)

    def repeated(self) -> None:
        types = self.types()
        count = Var(self.rng.choice(("k", "n", "")), INT)
        params = (count, *(Var(self.rng.choice(HINTS), t) for t in types))
        tested = tuple(Var(p.hint, p.type) for p in params)
        inits = (Const(0), *(self.pick(t) for t in types))
        test = self.inner(tested[1:])
        test.grow(self.rng.randrange(2))
        go_on = test.apply("less", tested[0], Const(self.rng.randrange(4)), type=BOOL, hint="")
        body = self.inner(params[1:])
        body.grow(self.rng.randrange(1, 4))
        more = body.apply("add", params[0], Const(1), type=INT, hint=count.hint, keep=False)
        results = (more, *(body.changed(p) for p in params[1:]))
        breaks = self.rng.random() < 0.4
        flags = (body.flag(),) if breaks else ()
        records = (body.pick(VECTOR),) if self.rng.random() < 0.4 else ()
        outs = tuple(Var(self.rng.choice(HINTS), v.type) for v in params) + tuple(
            Var("ys", VECTORS) for _ in records
        )
        blocks = (
            Block(tested, tuple(test.stmts), (go_on,)),
            Block(params, tuple(body.stmts), (*flags, *results, *records)),
        )
        self.stmts.append(While(outs, inits, *blocks, breaks))
        self.known += outs[1 : len(params)]


# --- single operations ----------------------------------------------------------------------------


def unary(m: Maker) -> None:
    type = m.rng.choice((FLOAT, VECTOR, MATRIX, ROW, TURNED))
    m.apply(m.rng.choice(("sin", "tanh", "negative", "absolute")), m.pick(type), type=type)


def binary(m: Maker) -> None:
    type = m.rng.choice((FLOAT, VECTOR, MATRIX, ROW, TURNED))
    first, second = m.pick(type), m.pick(type if m.rng.random() < 0.7 else FLOAT)
    hint = first.hint if isinstance(first, Var) and m.rng.random() < 0.6 else None
    m.apply(
        m.rng.choice(("add", "add", "subtract", "multiply")), first, second, type=type, hint=hint
    )


def view(m: Maker) -> None:
    kind = m.rng.randrange(6)
    if kind == 0:
        m.apply("transpose", m.pick(MATRIX), Const(None), type=TURNED)
    elif kind == 1:
        m.apply("transpose", m.pick(TURNED), Const(None), type=MATRIX)
    elif kind == 2:
        m.apply("getitem", m.pick(VECTOR), Cut(Const(None), Const(None), Const(-1)), type=VECTOR)
    elif kind == 3:
        m.apply("getitem", m.pick(MATRIX), m.pick(INT), type=ROW)
    elif kind == 4:
        m.apply("identity", m.pick(type := m.rng.choice(TYPES)), type=type)
    else:
        whole = Cut(Const(None), Const(None), Const(None))
        m.apply("getitem", m.pick(MATRIX), Pack((whole, Const(1))), type=VECTOR)


def read(m: Maker) -> None:
    kind = m.rng.randrange(4)
    if kind == 0:
        m.apply("getitem", m.pick(NUMBERS), m.pick(INT), type=FLOAT)
    elif kind == 1:
        m.apply("getitem", m.pick(VECTORS), Const(m.rng.choice((0, -1))), type=VECTOR)
    elif kind == 2:
        x = m.apply("getitem", m.pick(VECTOR), Const(1), type=Scalar("float64", False))
        m.apply("cast", x, Const(float), type=FLOAT)
    else:
        x = m.apply(
            "sum", m.pick(MATRIX), Const(None), Const(False), type=Scalar("float64", False), hint=""
        )
        m.apply("cast", x, Const(float), type=FLOAT)


def add_at_vector(m: Maker, b: Atom | None = None) -> Var:
    index, v = m.rng.choice(
        (
            (Const(1), FLOAT),
            (Cut(Const(1), Const(None), Const(None)), FLOAT),
            (m.pick(PLACES), VECTOR),
            (m.pick(MASK), FLOAT),
            (Cut(Const(None), Const(None), Const(-1)), VECTOR),
        )
    )
    b = b or m.pick(VECTOR)
    return m.apply("add_at", b, index, m.pick(v), type=VECTOR, hint=_like(m, b))


def add_at_matrix(m: Maker, b: Atom | None = None) -> Var:
    whole = Cut(Const(None), Const(None), Const(None))
    index: Arg
    index, v = m.rng.choice(
        (
            (m.pick(INT), ROW),
            (Pack((whole, Const(0))), VECTOR),
            (m.pick(PLACES), ROW),
            (Pack((m.pick(PLACES), whole)), MATRIX),
        )
    )
    b = b or m.pick(MATRIX)
    return m.apply("add_at", b, index, m.pick(v), type=MATRIX, hint=_like(m, b))


def add_at_list(m: Maker, b: Atom | None = None) -> Var:
    type = b.type if isinstance(b, Var) else m.rng.choice((NUMBERS, VECTORS))
    assert isinstance(type, ListOf)
    b = b or m.pick(type)
    index: Arg = m.pick(INT)
    v = m.pick(type.element)
    if m.rng.random() < 0.3:
        index = Cut(Const(None), Const(2), Const(None))
        v = m.apply("list", Pack((v, m.pick(type.element))), type=type, hint="")
        m.known.remove(v)
    return m.apply("add_at", b, index, v, type=type, hint=_like(m, b))


def append(m: Maker, xs: Atom | None = None) -> Var:
    type = xs.type if isinstance(xs, Var) else m.rng.choice((NUMBERS, VECTORS))
    assert isinstance(type, ListOf)
    xs = xs or m.pick(type)
    return m.apply("append", xs, m.pick(type.element), type=type, hint=_like(m, xs))


def grown(m: Maker, x: Atom) -> Var:
    assert isinstance(x, Var)
    return m.apply("add", x, m.pick(x.type), type=x.type, hint=x.hint)


def _like(m: Maker, atom: Atom) -> str | None:
    return atom.hint if isinstance(atom, Var) and m.rng.random() < 0.7 else None


def scattered(m: Maker) -> None:
    if m.rng.random() < 0.5:
        m.apply(
            "scatter",
            m.pick(FLOAT),
            m.pick(VECTOR),
            m.rng.choice((Const(0), m.pick(PLACES))),
            type=VECTOR,
        )
    else:
        m.apply("scatter", m.pick(VECTOR), m.pick(VECTORS), m.pick(INT), type=VECTORS)


def spread(m: Maker) -> None:
    if m.rng.random() < 0.6:
        m.apply("spread", m.pick(FLOAT), m.pick(type := m.rng.choice((VECTOR, MATRIX))), type=type)
    else:
        m.apply("spread", m.pick(ROW), m.pick(MATRIX), type=MATRIX)


def listed(m: Maker) -> None:
    type = m.rng.choice((NUMBERS, VECTORS))
    kind = m.rng.randrange(4)
    if kind == 0:
        a = m.pick(type)
        m.apply("add_lists", a, a, type=type)
    elif kind == 1:
        longer = m.apply("append", m.pick(type), m.pick(type.element), type=type, hint="")
        m.known.remove(longer)
        m.apply("drop_last", longer, type=type)
    elif kind == 2:
        m.apply("zeros_like", m.pick(type), type=type)
    else:
        m.apply("list", Pack(tuple(m.pick(type.element) for _ in range(3))), type=type)


def chosen(m: Maker) -> None:
    type = m.rng.choice((FLOAT, VECTOR))
    m.apply("select", m.pick(BOOL), m.pick(type), m.pick(type), type=type)


def zeros(m: Maker) -> None:
    type = m.rng.choice((VECTOR, MATRIX, ROW))
    m.apply("zeros_like", m.pick(type), type=type)


def _void(function: Callable[..., Any]) -> Callable[[Maker], None]:
    return lambda m: (function(m), None)[1]


STEPS: tuple[Callable[[Maker], None], ...] = (
    *(unary, binary, binary, binary, view, view, read, scattered, spread, listed, chosen, zeros),
    *map(_void, (add_at_vector, add_at_vector, add_at_matrix, add_at_list, append)),
)
CHANGES: dict[Type, tuple[Callable[[Maker, Atom], Var], ...]] = {
    FLOAT: (grown,),
    VECTOR: (add_at_vector,),
    MATRIX: (add_at_matrix,),
    ROW: (grown,),
    TURNED: (grown,),
    NUMBERS: (append,),
    VECTORS: (add_at_list,),
}


def random_function(seed: int) -> Function:
    """A function of some scalars, arrays, lists and a structure of arrays."""
    rng = random.Random(seed)
    params = [Var("x", FLOAT), Var("v", VECTOR), Var("A", MATRIX), Var("r", ROW), Var("p", PLACES)]
    params += [Var("mask", MASK), Var("xs", NUMBERS), Var("vs", VECTORS), Var("T", TURNED)]
    inner = [Var("w", VECTOR), Var("y", FLOAT), Var("B", MATRIX)]
    maker = Maker(rng, [*params, *inner])
    maker.grow(rng.randrange(3, 22))
    types = [rng.choice(TYPES) for _ in range(rng.randrange(1, 8))]
    results = tuple(maker.pick(t) for t in types)
    inputs = [Input(v.hint, leaf(k)) for k, v in enumerate(params)]
    kept = Tree(
        "dict", (leaf(len(params)), leaf(len(params) + 1), leaf(len(params) + 2)), ("w", "y", "B")
    )
    inputs.append(Input("state", kept))
    output = leaf(0) if len(results) == 1 else Tree("tuple", tuple(map(leaf, range(len(results)))))
    body = Block((), tuple(maker.stmts), results)
    return Function("f", (*params, *inner), body, tuple(inputs), output)


def random_arguments(seed: int) -> list[Any]:
    """Arguments for such a function."""
    rng = np.random.default_rng(seed)
    n, m = SIZES["n"], SIZES["m"]
    return [
        float(rng.normal()),
        rng.normal(size=n),
        rng.normal(size=(n, m)),
        rng.normal(size=m),
        rng.integers(0, n, n),
        rng.random(n) < 0.5,
        [float(v) for v in rng.normal(size=n)],
        [rng.normal(size=n) for _ in range(n)],
        rng.normal(size=(m, n)),
        {"w": rng.normal(size=n), "y": float(rng.normal()), "B": rng.normal(size=(n, m))},
    ]
