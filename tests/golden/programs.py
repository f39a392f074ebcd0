"""The programs whose generated derivatives are kept as text, with the arguments they are run at.

Each program is read by the compiler exactly as it stands here. `PROGRAMS` lists them in the order
of this file; what is generated for one stands in `<name>.txt` beside it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from srcdiff import grad, rules, stop_gradient

PROGRAMS = []


class Program(NamedTuple):
    """A function, arguments for it, and which derivatives are kept as text."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    wrt: Any = 0
    kinds: tuple[str, ...] = ("grad",)
    name: str = ""
    has_aux: bool = False
    step: float = 1e-5
    tolerance: float = 1e-7


def program(*args, **fields):
    """Enter a function in the list, with the arguments to run it at."""

    def enter(function):
        PROGRAMS.append(Program(function, args, name=function.__name__, **fields))
        return function

    return enter


def draw(seed, *shape):
    """Standard normal numbers, the same on every run."""
    return np.random.default_rng(seed).standard_normal(shape)


# --- numbers -----------------------------------------------------------------------------------


@program(3.0, 1.5, wrt=(0, 1), kinds=("grad", "jvp"))
def log_max(a, b):
    return math.log(a * b + max(a, 2.0))


@program(0.7, kinds=("grad", "second"))
def root_and_cosine(x):
    return math.sqrt(x**2 + math.exp(x**2)) + math.cos(x**2 + math.exp(x**2))


@program(0.8, 1.3, wrt=(0, 1), kinds=("value_and_grad",))
def polar(r, t):
    x = r * math.cos(t)
    y = r * math.sin(t)
    return x**3 - 3.0 * x * y**2


@program(1.2, kinds=("grad", "second"))
def cube(x):
    return x**3


# --- branches ----------------------------------------------------------------------------------


@program(50.0, 0.05, 1e-2)
def three_returns(speed, diameter, viscosity):
    reynolds = speed * diameter / viscosity
    if reynolds <= 0.0:
        return 0.0
    if reynolds < 1.0:
        return 24.0 / reynolds
    return 24.0 / reynolds * (1.0 + 0.15 * reynolds**0.687)


@program(0.4, kinds=("grad", "jvp"))
def ternaries(x):
    y = x * x if x > 0.0 else -x
    z = math.sin(y) if y > 1.0 else math.cos(y) if y > 0.1 else y
    return y * z


@program(0.5, 1.7, wrt=(0, 1))
def and_or(x, y):
    scale = x or y
    return scale * y if x >= 0.0 and y > 1.0 else x


# --- loops -------------------------------------------------------------------------------------


@program(1.1, 0.6, wrt=(0, 1), tolerance=1e-6)
def newton(M, e):
    E = M
    while True:
        step = (E - e * math.sin(E) - M) / (1.0 - e * math.cos(E))
        E = E - step
        if abs(step) < 1e-12:
            break
    return E


@program(1.9)
def while_two(x):
    k = 0
    total = 0.0
    while k < 8 and total < 5.0:
        total = total + x / (1.0 + k)
        x = x * 0.9
        k = k + 1
    return total * x


@program(0.3, 2.9, 6)
def nested_loops(x, r, n):
    total = 0.0
    for i in range(n):
        for j in range(i):
            x = r * x * (1.0 - x)
            total = total + x * j
    return total


@program(draw(1, 5))
def for_else(v):
    total = 1.0
    for x in v:
        if x > 10.0:
            break
        total = total * math.cos(x)
    else:
        total = total * 2.0
    return total


@program(
    0.5 * draw(2, 4, 4), 0.5 * draw(3, 4, 3), draw(4, 4), draw(5, 7, 3), draw(6, 4), wrt=(0, 1, 2)
)
def recurrent(W, U, b, x, target):
    h = np.zeros_like(b)
    for t in range(len(x)):
        h = np.tanh(W @ h + U @ x[t] + b)
    return np.sum((h - target) ** 2)


@program(draw(7, 4), draw(8, 4), wrt=(0, 1))
def zip_enumerate(xs, ys):
    total = 0.0
    for k, (x, y) in enumerate(zip(xs, ys)):
        total += x**k * math.sin(y)
    return total


# --- calls -------------------------------------------------------------------------------------


@program(1.3, 4)
def power(x, n):
    if n == 0:
        return 1.0
    return x * power(x, n - 1)


def _soften(x, width=0.5, *, height=2.0):
    return height * math.log(1.0 + math.exp(x / width))


@program(0.3)
def helper_defaults(x):
    return _soften(x) + _soften(x, 0.25, height=1.5)


@program(0.9, 0.4, wrt=(0, 1))
def lambdas(x, y):
    square = lambda z: z * z + y
    return square(x) * square(math.sin(y))


@dataclass
class Spring:
    stiffness: float
    rest: float

    def energy(self, x):
        return 0.5 * self.stiffness * (x - self.rest) ** 2


def _make_closure(spring):
    def closure_dataclass(x):
        return spring.stiffness * (x - spring.rest) ** 2 + math.sin(spring.rest * x)

    return closure_dataclass


program(0.6)(_make_closure(Spring(3.0, 0.2)))


@program(Spring(3.0, 0.2), 0.7, wrt=(0, 1))
def bound_method(spring, x):
    return spring.energy(x) * x


# --- structures --------------------------------------------------------------------------------


@program({"W": draw(9, 3, 2), "b": draw(10, 2)}, draw(11, 5, 3))
def dict_parameters(params, X):
    return np.sum(np.tanh(X @ params["W"] + params["b"]))


class Layer(NamedTuple):
    weight: Any
    bias: Any


@program(Layer(draw(12, 3), 0.4), draw(13, 5, 3))
def named_tuple(layer, X):
    return np.mean((X @ layer.weight + layer.bias) ** 2)


@program([0.4, 1.5, -0.7])
def list_floats(xs):
    total = 0.0
    for x in xs:
        total += x * x * total + x
    return total


@program([0.4, 1.5, -0.7])
def comprehension(xs):
    return sum([math.exp(x) * x for x in xs])


# --- arrays ------------------------------------------------------------------------------------


@program(
    draw(14, 5), draw(15, 8, 5), np.where(draw(16, 8) < 0, -1.0, 1.0), kinds=("grad", "jvp", "hvp")
)
def logistic(w, X, y, ridge=1e-2):
    margin = y * (X @ w)
    return np.mean(np.logaddexp(0.0, -margin)) + 0.5 * ridge * (w @ w)


@program(draw(17, 4, 1), draw(18, 3), wrt=(0, 1))
def broadcasting(column, row):
    return np.sum(np.sin(column + row) * row)


@program(draw(19, 5))
def fancy_repeats(x):
    chosen = x[np.array([0, 2, 2, 4])]
    return np.sum(chosen**2 * x[1])


@program(draw(20, 6), kinds=("grad", "jvp"))
def boolean_mask(x):
    return np.sum(x[x > 0.0] ** 3)


@program(draw(21, 3), draw(22, 3), wrt=(0, 1))
def join(a, b):
    long = np.concatenate([a, b * b])
    tall = np.stack([a, a * b])
    return np.sum(long**2) * np.sum(tall[1])


@program(draw(23, 3, 4), draw(24, 4, 2), wrt=(0, 1))
def einsum(A, B):
    return np.sum(np.einsum("ij,jk->ik", A, B) ** 2)


@program(draw(25, 3, 3) + 4.0 * np.eye(3), draw(26, 3), wrt=(0, 1))
def solve(A, b):
    return np.sum(np.linalg.solve(A, b) ** 2)


@program(draw(27, 3, 3) + 4.0 * np.eye(3))
def log_determinant(A):
    sign, logdet = np.linalg.slogdet(A)
    return sign * logdet


@program(draw(28, 4).astype(np.float32), step=1e-2, tolerance=2e-3)
def single_precision(x):
    return np.sum(np.exp(-x) * x)


WEIGHTS = np.array([0.5, -1.0, 2.0])


@program(draw(29, 3))
def global_constant(x):
    return WEIGHTS @ np.tanh(x)


@program(draw(30, 4, 3))
def softmax(W):
    scores = W - np.max(W, axis=1, keepdims=True)
    e = np.exp(scores)
    return np.sum((e / np.sum(e, axis=1, keepdims=True)) ** 2)


@program(draw(31, 10), kinds=("grad", "hvp"))
def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


# --- the interface -----------------------------------------------------------------------------


@program(draw(32, 3), has_aux=True)
def with_aux(x):
    y = np.sin(x)
    return np.sum(y * x), y


@program(draw(33, 4), kinds=("value_and_grad",))
def value_with_gradient(x):
    return np.log(np.sum(np.exp(x)))


@grad
def _slope(z):
    return math.sin(z) * z**2


@program(0.7, kinds=("grad", "jvp"))
def inner_gradient(x):
    return _slope(x) * x


def softplus(x):
    return np.logaddexp(0.0, x)


@rules.elementwise(softplus)
def softplus_partial(z, x):
    return 1.0 / (1.0 + np.exp(-x))


@program(draw(34, 4))
def user_rule(x):
    return np.sum(softplus(x) * x)


def stopped(x):
    return np.sum(x * stop_gradient(np.exp(x)))


def stopped_meaning(x):
    """The gradient of `stopped`: what is stopped counts as constant."""
    return np.exp(x)
