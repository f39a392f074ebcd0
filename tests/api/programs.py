"""Module-level functions for the tests of the interface."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from srcdiff import grad, value_and_grad

SCALE = 2.0


def square(x):
    return x * x


def product(x, y):
    return np.sum(x * y)


def doubled(x):
    return x * 2.0


def whole(x):
    return x * 1.0


def scaled(x):
    return np.sum(np.sin(x) * SCALE)


def helper(x):
    return x * 3.0


def calls_helper(x):
    return helper(x) * x


def unsupported(x):
    try:
        y = x
    except ValueError:
        y = 2.0
    with open("nowhere") as f:
        y = float(f.read())
    yield y


def no_rule(x):
    return np.sum(np.fft.fft(x).real)


def complex_result(x):
    return x * (1 + 2j)


def no_aux(x):
    return x * x


def no_return(x):
    y = x * x


def text_result(x):
    return f"{x}"


def trailing_default(x, *, scale=2.0):
    return x * scale


def unbound(x):
    if x > 0.0:
        y = x
    return y * 2.0


def unbound_constant(x):
    if x > 0.0:
        y = 2.0
    return y * x


def unbound_product(x):
    if x > 0.0:
        y = x * 3.0
    return y * 2.0


def unbound_third(x):
    if x > 5.0:
        y = x
    elif x > 0.0:
        y = x * x
    return y


def unbound_for(x, n):
    for i in range(n):
        y = x * i
    return y * x


def unbound_while(x, n):
    while n > 0:
        y = x
        n -= 1
    return y


def raises(x):
    if x < 0.0:
        raise ValueError("negative")
    return math.sqrt(x)


def sums(w, X):
    z = np.tanh(X @ w)
    total = 0.0
    for t in range(len(z)):
        total += z[t] * z[t]
    return total


def newton(a):
    x = a
    for _ in range(20):
        step = (x * x - a) / (2.0 * x)
        x = x - step
        if abs(step) < 1e-14:
            break
    return x


def power(x, n):
    if n == 0:
        return 1.0
    return x * power(x, n - 1)


def branches(x):
    if x > 1.0:
        return math.log(x)
    return x * x if x > 0.0 else -x


def quartic(x):
    return np.sum(x**4) + np.prod(x) * x[0]


def nested_parameters(p):
    return np.sum(p["layers"][0] * p["scale"]) + np.sum(p["layers"][1][0] ** 2)


def last(v):
    return v[-1] * v[0]


class Line(NamedTuple):
    slope: Any
    offset: Any


@dataclass
class Box:
    low: Any
    high: Any


def of_line(p):
    return np.sum(p.slope * 2.0) * p.offset


def of_box(p):
    return np.sum(p.low * p.high)


def of_pair(p):
    return p[0] * np.sum(p[1] ** 2)


def of_dict(p):
    return p["a"] * np.sum(p["b"])


@grad
def decorated(x):
    return x**3


@value_and_grad(wrt="y")
def decorated_by_name(x, y):
    return x * y**2


square_grad = grad(square)
product_grad = grad(product, (0, 1))


def deterministic():
    """The text of ten derivatives, for comparison across processes."""
    v = np.array([0.3, -0.7, 1.1])
    X = np.outer(v, v) + np.eye(3)
    cases = [
        (square, (1.5,), 0),
        (product, (v, v), (0, 1)),
        (scaled, (v,), 0),
        (sums, (v, X), (0, 1)),
        (newton, (2.0,), 0),
        (power, (1.2, 3), 0),
        (branches, (1.3,), 0),
        (quartic, (v,), 0),
        (nested_parameters, ({"layers": [v, (v, 1.0)], "scale": 2.0},), 0),
        (of_box, (Box(v, v),), 0),
    ]
    texts = [grad(f, wrt).source(*args) for f, args, wrt in cases]
    texts += [grad(f, wrt).ir(*args) for f, args, wrt in cases]
    return "\n".join(texts)
