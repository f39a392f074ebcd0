"""Ten programs, each with the gradient that an engineer would write for it by hand.

The gradients are written to be read and to be fast, not to resemble what a compiler prints: names
of the program are kept, what the reverse sweep needs is kept and nothing else is. `bx` is the
cotangent of `x`. Each is with respect to the arguments that its `Program` names in `wrt`.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Program(NamedTuple):
    primal: Callable[..., Any]
    gradient: Callable[..., Any]
    args: tuple[Any, ...]
    wrt: int | tuple[int, ...] = 0

    @property
    def name(self) -> str:
        return self.primal.__name__


# --- a logarithm over a maximum ----------------------------------------------------------------


def log_max(a, b):
    return math.log(a * b + max(a, 2.0))


def log_max_gradient(a, b):
    bs = 1.0 / (a * b + max(a, 2.0))
    ba = bs * b
    if a > 2.0:
        ba += bs
    return ba, bs * a


# --- a shared subexpression --------------------------------------------------------------------


def root_and_cosine(x):
    return math.sqrt(x**2 + math.exp(x**2)) + math.cos(x**2 + math.exp(x**2))


def root_and_cosine_gradient(x):
    e = math.exp(x**2)
    s = x**2 + e
    bs = 0.5 / math.sqrt(s) - math.sin(s)
    return bs * (1.0 + e) * 2.0 * x


# --- logistic regression -----------------------------------------------------------------------


def logistic_loss(w, X, y, ridge=1e-2):
    margin = y * (X @ w)
    return np.mean(np.logaddexp(0.0, -margin)) + 0.5 * ridge * (w @ w)


def logistic_loss_gradient(w, X, y, ridge=1e-2):
    margin = y * (X @ w)
    bmargin = -np.exp(-margin - np.logaddexp(0.0, -margin)) / len(y)
    return X.T @ (y * bmargin) + ridge * w


# --- a recurrent network -----------------------------------------------------------------------


def recurrent_loss(W, U, b, x, target):
    h = np.zeros_like(b)
    for t in range(len(x)):
        h = np.tanh(W @ h + U @ x[t] + b)
    return np.sum((h - target) ** 2)


def recurrent_loss_gradient(W, U, b, x, target):
    hs = np.zeros((len(x) + 1, len(b)))
    for t in range(len(x)):
        hs[t + 1] = np.tanh(W @ hs[t] + U @ x[t] + b)
    ba = np.empty((len(x), len(b)))
    bh = 2.0 * (hs[-1] - target)
    for t in reversed(range(len(x))):
        ba[t] = bh * (1.0 - hs[t + 1] ** 2)
        bh = W.T @ ba[t]
    return ba.T @ hs[:-1], ba.T @ x, np.sum(ba, axis=0)


# --- Kepler's equation by Newton's method ------------------------------------------------------


def kepler(M, e):
    E = M
    while True:
        step = (E - e * math.sin(E) - M) / (1.0 - e * math.cos(E))
        E = E - step
        if abs(step) < 1e-12:
            break
    return E


def kepler_gradient(M, e):
    record = []
    E = M
    while True:
        step = (E - e * math.sin(E) - M) / (1.0 - e * math.cos(E))
        record.append((E, step))
        E = E - step
        if abs(step) < 1e-12:
            break
    bM, be, bE = 0.0, 0.0, 1.0
    for E, step in reversed(record):
        bresidual = -bE / (1.0 - e * math.cos(E))
        bM -= bresidual
        be += bresidual * (step * math.cos(E) - math.sin(E))
        bE = -bresidual * step * e * math.sin(E)
    return bM + bE, be


# --- a correlation with early returns ----------------------------------------------------------


def drag_coefficient(speed, diameter, viscosity):
    reynolds = speed * diameter / viscosity
    if reynolds <= 0.0:
        return 0.0
    if reynolds < 1.0:
        return 24.0 / reynolds
    if reynolds < 1000.0:
        return 24.0 / reynolds * (1.0 + 0.15 * reynolds**0.687)
    return 0.44


def drag_coefficient_gradient(speed, diameter, viscosity):
    reynolds = speed * diameter / viscosity
    if reynolds <= 0.0 or reynolds >= 1000.0:
        return 0.0
    if reynolds < 1.0:
        breynolds = -24.0 / reynolds**2
    else:
        breynolds = -24.0 / reynolds**2 + 24.0 * 0.15 * (0.687 - 1.0) * reynolds ** (0.687 - 2.0)
    return breynolds * diameter / viscosity


# --- a scalar recurrence -----------------------------------------------------------------------


def logistic_map(r, x, steps):
    for _ in range(steps):
        x = r * x * (1.0 - x)
    return x


def logistic_map_gradient(r, x, steps):
    xs = []
    for _ in range(steps):
        xs.append(x)
        x = r * x * (1.0 - x)
    br, bx = 0.0, 1.0
    for x in reversed(xs):
        br += bx * x * (1.0 - x)
        bx *= r * (1.0 - 2.0 * x)
    return br


# --- Rosenbrock --------------------------------------------------------------------------------


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def rosenbrock_gradient(x):
    r = x[1:] - x[:-1] ** 2
    bx = np.zeros_like(x)
    bx[1:] = 200.0 * r
    bx[:-1] -= 400.0 * r * x[:-1] + 2.0 * (1.0 - x[:-1])
    return bx


# --- a network with one hidden layer -----------------------------------------------------------


def network_loss(params, X, y):
    W1, b1, W2, b2 = params
    h = np.tanh(X @ W1 + b1)
    return np.mean((h @ W2 + b2 - y) ** 2)


def network_loss_gradient(params, X, y):
    W1, b1, W2, b2 = params
    h = np.tanh(X @ W1 + b1)
    bz = 2.0 / y.size * (h @ W2 + b2 - y)
    ba = bz @ W2.T * (1.0 - h**2)
    return X.T @ ba, np.sum(ba, axis=0), h.T @ bz, np.sum(bz, axis=0)


# --- softmax cross entropy ---------------------------------------------------------------------


def cross_entropy(W, X, labels):
    scores = X @ W
    scores = scores - np.max(scores, axis=1, keepdims=True)
    chosen = scores[np.arange(len(labels)), labels]
    return np.mean(np.log(np.sum(np.exp(scores), axis=1)) - chosen)


def cross_entropy_gradient(W, X, labels):
    scores = X @ W
    e = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    bscores = e / np.sum(e, axis=1, keepdims=True)
    bscores[np.arange(len(labels)), labels] -= 1.0
    return X.T @ bscores / len(labels)


# --- the table ---------------------------------------------------------------------------------


def normal(rng, *shape, scale=1.0):
    return rng.normal(scale=scale, size=shape)


def signs(rng, n):
    return np.where(rng.random(n) < 0.5, -1.0, 1.0)


def samples(seed=0):
    """The ten programs with small arguments, the same ones on every run."""
    rng = np.random.default_rng(seed)
    layers = (normal(rng, 4, 6), normal(rng, 6), normal(rng, 6, 3), normal(rng, 3))
    W, U, b = normal(rng, 4, 4, scale=0.5), normal(rng, 4, 3, scale=0.5), normal(rng, 4)
    return (
        Program(log_max, log_max_gradient, (3.0, 1.5), wrt=(0, 1)),
        Program(root_and_cosine, root_and_cosine_gradient, (0.7,)),
        Program(
            logistic_loss,
            logistic_loss_gradient,
            (normal(rng, 5), normal(rng, 8, 5), signs(rng, 8)),
        ),
        Program(
            recurrent_loss,
            recurrent_loss_gradient,
            (W, U, b, normal(rng, 7, 3), normal(rng, 4)),
            wrt=(0, 1, 2),
        ),
        Program(kepler, kepler_gradient, (1.1, 0.6), wrt=(0, 1)),
        Program(drag_coefficient, drag_coefficient_gradient, (0.9, 0.05, 1e-3)),
        Program(logistic_map, logistic_map_gradient, (2.9, 0.3, 1000)),
        Program(rosenbrock, rosenbrock_gradient, (normal(rng, 10),)),
        Program(
            network_loss, network_loss_gradient, (layers, normal(rng, 9, 4), normal(rng, 9, 3))
        ),
        Program(
            cross_entropy,
            cross_entropy_gradient,
            (normal(rng, 4, 3), normal(rng, 6, 4), rng.integers(3, size=6)),
        ),
    )
