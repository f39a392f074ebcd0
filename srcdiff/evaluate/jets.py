"""Truncated Taylor series of a program's values: x(t) = x_0 + x_1 t + ... + x_k t^k.

The arithmetic of Griewank & Walther, Evaluating Derivatives (2nd ed., 2008), chapter 13, table 13.2,
for the elementary operations. Linear operations act on each coefficient, bilinear ones are Cauchy
products. Everything else goes by its rule: z' = rule(z, x, x') is a program too, whose series to
order k - 1 gives z to order k.

A branch is taken by the values at t = 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from srcdiff.evaluate import concrete
from srcdiff.evaluate.interpret import Evaluator
from srcdiff.ir.core import Apply, Arg, Atom, Block, Cut, Pack, Var
from srcdiff.ir.types import differentiable, tangent_type
from srcdiff.ir.walk import variables
from srcdiff.ops.table import Row
from srcdiff.transform import rules
from srcdiff.transform.build import Builder
from srcdiff.transform.reverse import transpose


@dataclass(frozen=True)
class Jet:
    """The coefficients of a value, from order 0 on; those left out are zero."""

    terms: tuple[Any, ...]

    def term(self, k: int) -> Any:
        return self.terms[k] if k < len(self.terms) else _zero(self.terms[0])

    def cut(self, order: int) -> Jet:
        return Jet(self.terms[: order + 1])

    def rate(self) -> Jet:
        """The series of the derivative by t."""
        return Jet(tuple(k * t for k, t in enumerate(self.terms) if k) or (_zero(self.terms[0]),))


def _zero(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return np.zeros_like(x) if x.dtype.kind in "fc" else np.zeros(x.shape)
    return x.dtype.type(0) if isinstance(x, np.inexact) else 0.0


class Jets(Evaluator):
    """Runs a program on series up to an order."""

    def __init__(self, order: int, rates: dict[int, Any] | None = None):
        self.order = order
        self.rates = {} if rates is None else rates  # the tangent programs of statements

    def lifted(self, value: Any) -> Any:
        return Jet((value,))

    def plain(self, value: Any) -> Any:
        return value.terms[0]

    def operation(self, stmt: Apply, args: list[Any]) -> list[Any]:
        moving = any(map(_moves, args)) and any(
            differentiable(o.type) or _untyped(o) for o in stmt.outs
        )
        if not moving or not isinstance(stmt.op, Row) or stmt.op.kind == "zero":
            return [Jet((v,)) for v in concrete.run(stmt, [self.number(a) for a in args])]
        series = SERIES.get(stmt.op.name)
        if series is not None and all(isinstance(a, Jet) for a in args):
            made = series(self.order, *args)
            if made is not None:
                return [made]
        if stmt.op.kind in ("linear", "moved"):
            return self.linear(stmt, args)
        if stmt.op.kind == "bilinear" and len(stmt.op.operands) == 2:
            return [self.bilinear(stmt, args)]
        return self.by_rate(stmt, args)

    def linear(self, stmt: Apply, args: list[Any]) -> list[Any]:
        """The operation itself on each coefficient of its operands."""
        assert isinstance(stmt.op, Row)
        names = list(stmt.op.signature.parameters) or ["x"]
        top = max(_degree(a) for a in args)
        columns = [
            concrete.run(
                stmt,
                [
                    _term(a, k) if n in stmt.op.operands else self.number(a)
                    for n, a in zip([*names, *[""] * len(args)], args)
                ],
            )
            for k in range(min(top, self.order) + 1)
        ]
        return [Jet(tuple(terms)) for terms in zip(*columns)]

    def bilinear(self, stmt: Apply, args: list[Any]) -> Any:
        x, y, *rest = args
        plain = [self.number(a) for a in rest]
        top = min(_degree(x) + _degree(y), self.order)

        def product(j: int, k: int) -> Any:
            return concrete.run(stmt, [_term(x, j), _term(y, k), *plain])[0]

        return Jet(tuple(_convolved(product, k, _degree(x), _degree(y)) for k in range(top + 1)))

    def by_rate(self, stmt: Apply, args: list[Any]) -> list[Any]:
        """z_k from the series of z' to order k - 1, for k = 1, 2, ..."""
        rate = self.rates.get(id(stmt))
        if rate is None:
            rate = self.rates[id(stmt)] = _Rate(stmt, _moving_variables(stmt, args))
        outs = [[v] for v in concrete.run(stmt, [self.number(a) for a in args])]
        for k in range(1, self.order + 1):
            inner = Jets(k - 1, self.rates)
            found = rate.run(inner, [Jet(tuple(o)) for o in outs], args, k - 1)
            for out, d in zip(outs, found):
                out.append(d.term(k - 1) / k)
        return [Jet(tuple(o)) for o in outs]


def _untyped(var: Var) -> bool:
    return not hasattr(var.type, "dtype") and not hasattr(var.type, "element")


def _moves(arg: Any) -> bool:
    return _degree(arg) > 0


def _degree(arg: Any) -> int:
    """The highest order that is there in an argument."""
    if isinstance(arg, Jet):
        return len(arg.terms) - 1
    return max((_degree(a) for a in arg), default=0) if isinstance(arg, (tuple, list)) else 0


def _term(arg: Any, k: int) -> Any:
    if isinstance(arg, (tuple, list)):
        return type(arg)(_term(a, k) for a in arg)
    return arg.term(k)


class _Rate:
    """The derivative of one statement by t as a program of (results, arguments, rates)."""

    def __init__(self, stmt: Apply, moving: list[Var]):
        self.stmt = stmt
        self.moving = moving
        build = Builder()
        build.add(stmt)
        tangents: dict[Var, Atom] = {v: Var("", tangent_type(v.type)) for v in moving}
        self.rates = [tangents[v] for v in moving]
        results = rules.pushforward(build, stmt, tangents, transpose)
        kept = [d if d is not None else build.zero(o) for d, o in zip(results, stmt.outs)]
        self.block = Block((), tuple(s for s in build.stmts if s is not stmt), tuple(kept))

    def run(self, jets: Jets, outs: list[Jet], args: list[Any], order: int) -> list[Any]:
        env: dict[Var, Any] = {v: o.cut(order) for v, o in zip(self.stmt.outs, outs)}
        values: dict[Var, Any] = {}
        for arg, value in zip(self.stmt.args, args):
            _pair(arg, value, values)
        env.update({v: _cut(value, order) for v, value in values.items()})
        for var, rate in zip(self.moving, self.rates):
            assert isinstance(rate, Var)
            env[rate] = _rate(values[var]).cut(order)
        return jets.block(self.block, env)


def _moving_variables(stmt: Apply, args: list[Any]) -> list[Var]:
    values: dict[Var, Any] = {}
    for arg, value in zip(stmt.args, args):
        _pair(arg, value, values)
    return [
        v for v in dict.fromkeys(variables(stmt.args)) if differentiable(v.type) and v in values
    ]


def _pair(arg: Arg, value: Any, values: dict[Var, Any]) -> None:
    """The values of the variables in an argument."""
    if isinstance(arg, Var):
        values[arg] = value
    elif isinstance(arg, Pack):
        for a, v in zip(arg.items, value):
            _pair(a, v, values)
    elif isinstance(arg, Cut):
        for a, v in zip((arg.start, arg.stop, arg.step), (value.start, value.stop, value.step)):
            _pair(a, v, values)


def _cut(value: Any, order: int) -> Any:
    if isinstance(value, (tuple, list)):
        return [_cut(v, order) for v in value]
    return value.cut(order)


def _rate(value: Any) -> Any:
    return value.rate()


# --- elementary operations (Griewank & Walther, table 13.2) --------------------------------------


def _convolved(product: Callable[[int, int], Any], k: int, last_x: int, last_y: int) -> Any:
    """The sum of x_j y_(k-j) over the coefficients that are there."""
    low, high = max(0, k - last_y), min(k, last_x)
    total = product(low, k - low)
    for j in range(low + 1, high + 1):
        total = total + product(j, k - j)
    return total


def _sum(sign: float) -> Callable[[int, Jet, Jet], Jet]:
    def added(order: int, x: Jet, y: Jet) -> Jet:
        top = min(max(_degree(x), _degree(y)), order)
        return Jet(tuple(x.term(k) + sign * y.term(k) for k in range(top + 1)))

    return added


def _multiply(order: int, x: Jet, y: Jet) -> Jet:
    top = min(_degree(x) + _degree(y), order)

    def product(j: int, k: int) -> Any:
        return x.terms[j] * y.terms[k]

    return Jet(tuple(_convolved(product, k, _degree(x), _degree(y)) for k in range(top + 1)))


def _divide(order: int, x: Jet, y: Jet) -> Jet:
    z: list[Any] = []
    for k in range(order + 1):
        total = x.term(k)
        for j in range(1, min(k, _degree(y)) + 1):
            total = total - y.terms[j] * z[k - j]
        z.append(total / y.terms[0])
    return Jet(tuple(z))


def _negative(order: int, x: Jet) -> Jet:
    return Jet(tuple(-t for t in x.cut(order).terms))


def _exp(order: int, x: Jet) -> Jet:
    z: list[Any] = [_apply(np.exp, math.exp, x.terms[0])]
    for k in range(1, order + 1):
        z.append(sum(j * x.term(j) * z[k - j] for j in range(1, k + 1)) / k)
    return Jet(tuple(z))


def _log(order: int, x: Jet) -> Jet:
    z: list[Any] = [_apply(np.log, math.log, x.terms[0])]
    for k in range(1, order + 1):
        rest = sum(j * z[j] * x.term(k - j) for j in range(1, k))
        z.append((x.term(k) - rest / k) / x.terms[0])
    return Jet(tuple(z))


def _sqrt(order: int, x: Jet) -> Jet:
    z: list[Any] = [_apply(np.sqrt, math.sqrt, x.terms[0])]
    for k in range(1, order + 1):
        rest = sum(z[j] * z[k - j] for j in range(1, k))
        z.append((x.term(k) - rest) / (2.0 * z[0]))
    return Jet(tuple(z))


def _sin_cos(order: int, x: Jet) -> tuple[Jet, Jet]:
    s: list[Any] = [_apply(np.sin, math.sin, x.terms[0])]
    c: list[Any] = [_apply(np.cos, math.cos, x.terms[0])]
    for k in range(1, order + 1):
        s.append(sum(j * x.term(j) * c[k - j] for j in range(1, k + 1)) / k)
        c.append(-sum(j * x.term(j) * s[k - j] for j in range(1, k + 1)) / k)
    return Jet(tuple(s)), Jet(tuple(c))


def _power(order: int, x: Jet, y: Jet) -> Jet | None:
    """A whole power by products; any other constant by the recurrence; None for a varying exponent."""
    if _degree(y) or np.ndim(y.terms[0]):
        return None
    r = y.terms[0]
    if np.isreal(r) and np.isfinite(r) and r == int(r) and r >= 0:
        return _whole_power(order, x, int(r))
    z: list[Any] = [x.terms[0] ** r]
    for k in range(1, order + 1):
        total = sum((r * j - k + j) * x.term(j) * z[k - j] for j in range(1, k + 1))
        z.append(total / (k * x.terms[0]))
    return Jet(tuple(z))


def _whole_power(order: int, x: Jet, n: int) -> Jet:
    if n == 0:
        return Jet((x.terms[0] ** 0.0,))
    half = _whole_power(order, x, n // 2) if n > 1 else None
    if half is None:
        return x.cut(order)
    square = _multiply(order, half, half)
    return _multiply(order, square, x) if n % 2 else square


def _solve(order: int, a: Jet, b: Jet) -> Jet:
    """Of A z = b; a vector b is a matrix of one column."""
    vector = np.ndim(b.terms[0]) == 1
    z: list[Any] = []
    for k in range(order + 1):
        rest = b.term(k)[:, None] if vector else b.term(k)
        for j in range(1, min(k, _degree(a)) + 1):
            rest = rest - a.terms[j] @ z[k - j]
        z.append(np.linalg.solve(a.terms[0], rest))
    return Jet(tuple(t[..., 0] for t in z) if vector else tuple(z))


def _inv(order: int, a: Jet) -> Jet:
    z: list[Any] = [np.linalg.inv(a.terms[0])]
    for k in range(1, order + 1):
        z.append(-z[0] @ sum(a.term(j) @ z[k - j] for j in range(1, k + 1)))
    return Jet(tuple(z))


def _apply(function: Any, scalar: Any, x: Any) -> Any:
    return scalar(x) if type(x) is float else function(x)


SERIES: dict[str, Callable[..., Jet | None]] = {
    "add": _sum(1.0),
    "subtract": _sum(-1.0),
    "multiply": _multiply,
    "divide": _divide,
    "negative": _negative,
    "exp": _exp,
    "log": _log,
    "sqrt": _sqrt,
    "sin": lambda order, x: _sin_cos(order, x)[0],
    "cos": lambda order, x: _sin_cos(order, x)[1],
    "power": _power,
    "solve": _solve,
    "inv": _inv,
    "square": lambda order, x: _multiply(order, x, x),
    "reciprocal": lambda order, x: _divide(order, Jet((1.0,)), x),
}
