"""Rules with slips in them, each with a program that uses it, and the line that is to be named.

Those of the table replace the body of a row; the others are rules of users.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from srcdiff.ops import runtime

V = np.array([0.4, -0.7, 1.3])
P = np.array([0.4, 0.7, 1.3])
A = np.array([[2.0, 0.3, 0.1], [0.2, 1.5, -0.4], [0.1, 0.3, 1.8]])


class Mutant(NamedTuple):
    """A wrong body for a row of the table."""

    row: str
    body: Callable[..., Any]
    program: Callable[..., Any]
    args: tuple[Any, ...]
    line: str


MUTANTS: list[Mutant] = []


def mutant(row: str, program: Callable[..., Any], *args: Any, line: str) -> Any:
    def enter(body: Callable[..., Any]) -> Callable[..., Any]:
        MUTANTS.append(Mutant(row, body, program, args, line))
        return body

    return enter


# --- programs -------------------------------------------------------------------------------------


def elementary(x):
    a = np.exp(0.3 * x)
    b = np.sin(a) + np.cos(x)
    c = np.tanh(b)
    d = np.arctan(c) + np.sinh(x)
    return np.sum(d)


def roots(x):
    a = np.sqrt(x)
    b = np.log(a + x)
    c = b**3
    d = c / (a + 1.0)
    return np.sum(d)


def scalars(x, y):
    r = math.hypot(x, y)
    t = math.atan2(y, x)
    u = math.exp(-r)
    return u * math.cos(t)


def products(A, x):
    y = A @ x
    z = np.outer(y, x)
    w = np.dot(z, y)
    return np.sum(w * x)


def shapes(A):
    B = A.T
    c = np.concatenate((B[0], A[1]))
    d = np.cumsum(c)
    e = np.reshape(d, (2, 3))
    return np.sum(e * A[:2])


def inverse(A, x):
    B = np.linalg.inv(A)
    y = np.linalg.solve(A, x)
    s = np.linalg.det(A)
    return np.sum(B @ y) * s


def chosen(x):
    y = x * x
    a = np.where(x > 0.0, y, -x)
    b = np.maximum(a, 0.5)
    c = np.logaddexp(a, b)
    return np.mean(c)


def looped(x, n):
    total = 0.0
    for k in range(n):
        total = math.sin(total + x[k])
        total += math.log1p(total * total)
    return total


def reduced(x):
    p = np.prod(x)
    s = np.std(x)
    m = np.max(x)
    return p * s + m * m


# --- wrong bodies ---------------------------------------------------------------------------------


@mutant("exp", elementary, V, line="a = np.exp(0.3 * x)")
def exp(z, x):
    return -z


@mutant("sin", elementary, V, line="b = np.sin(a) + np.cos(x)")
def sin(z, x):
    return -np.cos(x)


@mutant("cos", elementary, V, line="b = np.sin(a) + np.cos(x)")
def cos(z, x):
    return np.sin(x)


@mutant("tanh", elementary, V, line="c = np.tanh(b)")
def tanh(z, x):
    return 1.0 + z * z


@mutant("arctan", elementary, V, line="d = np.arctan(c) + np.sinh(x)")
def arctan(z, x):
    return 1.0 / (1.0 + x)


@mutant("sinh", elementary, V, line="d = np.arctan(c) + np.sinh(x)")
def sinh(z, x):
    return z


@mutant("sqrt", roots, P, line="a = np.sqrt(x)")
def sqrt(z, x):
    return 1.0 / z


@mutant("log", roots, P, line="b = np.log(a + x)")
def log(z, x):
    return 1.0 / (x + 1e-3)


@mutant("power", roots, P, line="c = b**3")
def power(z, x, y):
    return y * x**y, z * np.log(np.abs(x))


@mutant("divide", roots, P, line="d = c / (a + 1.0)")
def divide(z, x, y):
    return 1.0 / y, z / y


@mutant("arctan2", scalars, 0.6, 0.9, line="t = math.atan2(y, x)")
def arctan2(z, y, x):
    r = x * x + y * y
    return y / r, -x / r


@mutant("hypot", scalars, 0.6, 0.9, line="r = math.hypot(x, y)")
def hypot(z, x, y):
    return x / z, x / z


@mutant("matmul", products, A, V, line="y = A @ x")
def matmul(bz, x, y):
    return 2.0 * np.outer(bz, y), bz @ x


@mutant("outer", products, A, V, line="z = np.outer(y, x)")
def outer(bz, x, y):
    return bz @ y, bz @ x


@mutant("dot", products, A, V, line="w = np.dot(z, y)")
def dot(bz, x, y):
    return np.outer(bz, y), x @ bz


@mutant("cumsum", shapes, A, line="d = np.cumsum(c)")
def cumsum(bz, x, axis=None, dtype=None):
    return np.cumsum(bz)


@mutant("inv", inverse, A, V, line="B = np.linalg.inv(A)")
def inv(z, x, dx):
    return z @ dx @ z


@mutant("det", inverse, A, V, line="s = np.linalg.det(A)")
def det(z, x, dx):
    return z * np.sum(np.linalg.inv(x) * dx)


@mutant("where", chosen, V, line="a = np.where(x > 0.0, y, -x)")
def where(bz, condition, x, y):
    return np.where(condition, 0.0, bz), np.where(condition, bz, 0.0)


@mutant("maximum", chosen, V, line="b = np.maximum(a, 0.5)")
def maximum(z, x, y):
    return (x < y) * 1.0, (x > y) * 1.0


@mutant("logaddexp", chosen, V, line="c = np.logaddexp(a, b)")
def logaddexp(z, x, y):
    return np.exp(y - z), np.exp(x - z)


@mutant("log1p", looped, P, 3, line="total += math.log1p(total * total)")
def log1p(z, x):
    return 1.0 / x


@mutant("getitem", looped, P, 3, line="total = math.sin(total + x[k])")
def getitem(bz, x, index):
    return 2.0 * runtime.scatter(bz, x, index)


@mutant("multiply", scalars, 0.6, 0.9, line="return u * math.cos(t)")
def multiply(z, x, y):
    return y, 2.0 * x


@mutant("prod", reduced, V, line="p = np.prod(x)")
def prod(z, x, dx, axis=None, keepdims=False, dtype=None):
    return np.sum(z / (x + 0.01) * dx)


# --- rules of users -------------------------------------------------------------------------------


def softplus(x):
    return np.logaddexp(0.0, x)


def scaled(x):
    return 3.0 * x


def pair(x, y):
    return np.dot(x, y)


def cubed(x):
    return x**3


def energy(x):
    return np.sum(x * x)


def softplus_partial(z, x):
    return 1.0 / (1.0 + np.exp(x))


def scaled_adjoint(bz, x):
    return 2.0 * bz


def pair_adjoints(bz, x, y):
    return bz * x, bz * y


def cubed_tangent(z, x, dx):
    return 2.0 * x * x * dx


def energy_adjoint(bz, z, x):
    return bz * x


def uses_softplus(x):
    y = 2.0 * x
    z = softplus(y) * x
    return np.sum(z)


def uses_scaled(x):
    y = np.sin(x)
    z = scaled(y)
    return np.sum(z * y)


def uses_pair(x):
    y = np.cos(x) + 1.0
    return pair(x, y)


def uses_cubed(x):
    y = x + 1.0
    for _ in range(2):
        y = 0.1 * cubed(y)
    return np.sum(y)


def uses_energy(x):
    y = np.exp(x)
    z = energy(y) + np.sum(x)
    return z * z


class Own(NamedTuple):
    """A wrong rule of a user's."""

    kind: str
    function: Callable[..., Any]
    body: Callable[..., Any]
    program: Callable[..., Any]
    line: str
    shape: Any = None


OWN = [
    Own("elementwise", softplus, softplus_partial, uses_softplus, "z = softplus(y) * x"),
    Own("linear", scaled, scaled_adjoint, uses_scaled, "z = scaled(y)"),
    Own("bilinear", pair, pair_adjoints, uses_pair, "return pair(x, y)"),
    Own("tangent", cubed, cubed_tangent, uses_cubed, "y = 0.1 * cubed(y)"),
    Own("adjoint", energy, energy_adjoint, uses_energy, "z = energy(y) + np.sum(x)"),
]


# --- kinks ----------------------------------------------------------------------------------------


def at_maximum(x):
    y = 2.0 * x
    return max(y, 4.0)


def at_abs(x):
    y = x - 1.0
    z = abs(y)
    return z * 3.0


def at_where(x):
    y = x * x
    z = np.where(x > 1.0, y, 2.0 - x)
    return np.sum(z)


def at_branch(x):
    y = 3.0 * x
    if y > 3.0:
        return y
    return 2.0 * y
