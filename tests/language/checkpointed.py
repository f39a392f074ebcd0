"""Loops of which the reverse keeps some states, and functions that it runs again."""

from __future__ import annotations

import numpy as np

from srcdiff import checkpointed, recompute
from tests.language.rows import raising, row

U = np.array([0.3, -0.2, 0.5, 0.1, 0.4])
W = np.array([[0.4, -0.3, 0.2], [0.1, 0.5, -0.6], [-0.2, 0.3, 0.1]])
X = np.array([[0.7, -1.2, 0.4], [0.9, 0.3, -0.5], [0.1, 0.6, -0.8], [0.2, -0.4, 0.5]])


def stencil(u, a, n):
    u = u.copy()
    total = 0.0
    for t in checkpointed(range(n), snapshots=3):
        u[1:-1] += a * (u[2:] - 2 * u[1:-1] + u[:-2]) * u[1:-1]
        total += u[t % 3]
    return np.sum(u**2) + total


def over_rows(X, W):
    h = np.zeros(3)
    for x in checkpointed(X, snapshots=2):
        h = np.tanh(W @ h + x)
    return np.sum(h**3)


def enumerated(X, W):
    h = np.zeros(3)
    s = 0.0
    for k, x in enumerate(checkpointed(X, snapshots=2)):
        if k % 2 == 0:
            h = np.tanh(W @ h + x)
        else:
            for j in range(3):
                h[j] = h[j] * W[j, 0] + s
        s = s + h[0]
    return np.sum(h**3) + s


def zipped(X, W):
    h = np.ones(3)
    for x, k in zip(X, checkpointed(range(10), snapshots=2)):
        h = np.sin(W @ h + k * x)
    return np.sum(h)


def from_the_end(x, w):
    s = 1.0
    for k in reversed(checkpointed(range(2, 20, 3), snapshots=2)):
        s = np.sin(s * x) * 0.1 * k + w
    return s


def going_down(x, w):
    s = 1.0
    for k in checkpointed(range(9, -4, -2), snapshots=2):
        s = np.sin(s * x) * 0.1 * k + w
    return s


def one_after_the_other(x, w, n):
    u, v = x, 0.5 * x
    for _ in checkpointed(range(n), snapshots=2):
        u, v = v, u * w + np.sin(v)
    for _ in checkpointed(range(n), snapshots=2):
        u, v = u * v, u
    return np.sum(u * v)


def driven_by_another(x, w, n):
    """No adjoint reads q, but the next u is made of it."""
    u, q = x, w
    for _ in checkpointed(range(n), snapshots=2):
        u, q = np.sin(u) + q, 1.5 * q + 0.1
    return np.sum(u)


def one_in_the_other(x, w, n):
    u = x
    for _ in range(2):
        for _ in checkpointed(range(n), snapshots=2):
            u = np.sin(u * w) + u
        for _ in checkpointed(range(n), snapshots=2):
            for _ in checkpointed(range(2), snapshots=2):
                u = np.cos(u * w) + u
    return np.sum(u)


def kernel(A, w, n):
    for _ in checkpointed(range(n), snapshots=3):
        for i in range(1, len(A)):
            A[i] = A[i] * A[i - 1] * w
    return A[-1]


def growing_list(x, w, n):
    xs = [x]
    for _ in checkpointed(range(n), snapshots=2):
        xs.append(np.sin(xs[-1]) * w)
    return np.sum(xs[n // 2] * xs[-1])


def linear(x, w, n):
    for k in checkpointed(range(n), snapshots=2):
        x = x * 2.0 + k
    return np.sum(x * w)


def comprehension(x, w, n):
    total = 0.0
    for y in [np.sin(x * k) * w for k in checkpointed(range(n), snapshots=2)]:
        total = total + np.sum(y * y)
    return total


def as_many_as_asked(x, n, snapshots):
    for _ in checkpointed(range(n), snapshots=snapshots):
        x = np.sin(x) + 0.1 * x
    return x


@recompute
def step(h, W, rounds=2):
    for _ in range(rounds):
        h = np.tanh(W @ h) + h
    return h, np.sum(h)


def layers(h, W):
    total = 0.0
    for _ in range(4):
        h, s = step(h, W)
        total += s * s
    return total


def steps_of_both_kinds(h, W, n):
    for _ in checkpointed(range(n), snapshots=2):
        h, _ = step(h, W, 1)
    return np.sum(h**2)


@recompute
def falling(x, n):
    return x if n < 1 else x * falling(np.sin(x), n - 1)


def recursive(x, n):
    return falling(x, n) ** 2


class Scaled:
    def __init__(self, by):
        self.by = by

    @recompute
    def sine(self, x):
        return np.sin(self.by * x)


def of_a_method(x, scaled):
    for _ in range(3):
        x = scaled.sine(x)
    return x


def of_an_inner_function(x):
    @recompute
    def inner(y):
        return np.sin(y) * x

    z = x
    for _ in range(3):
        z = inner(z)
    return z


def of_a_lambda(x):
    f = recompute(lambda y: np.exp(-y) * x)
    return f(f(x))


@recompute
def product(d):
    return {"c": d["a"] * d["b"][0] * d["b"][1]}


def of_structures(x):
    return np.sum(product({"a": x, "b": [x, 2.0 * x]})["c"])


@recompute
def squares(x):
    z = np.zeros(len(x))
    for i in range(len(x)):
        z[i] = x[i] ** 2
    return z


def that_writes_its_own(x):
    return np.sum(squares(x) * x)


ROWS = [
    *(row(stencil, U, 0.1, n, wrt=(0, 1)) for n in (0, 1, 5, 12)),
    row(over_rows, X, W),
    row(enumerated, X, W),
    row(zipped, X, W),
    row(from_the_end, 0.7, 0.2),
    row(going_down, 0.7, 0.2),
    *(row(one_after_the_other, U, 0.3, n, wrt=(0, 1)) for n in (0, 1, 2, 9)),
    row(driven_by_another, U, 0.3, 6, wrt=(0, 1)),
    *(row(one_in_the_other, U, 0.3, n, wrt=(0, 1)) for n in (0, 1, 2, 5)),
    *(row(kernel, U, 0.8, n, wrt=(0, 1)) for n in (0, 1, 4)),
    row(growing_list, U, 0.3, 5, wrt=(0, 1)),
    row(linear, U, 0.3, 4, wrt=(0, 1)),
    row(comprehension, U, 0.3, 4, wrt=(0, 1)),
    row(as_many_as_asked, 0.4, 7, 1, wrt=(0,)),
    row(as_many_as_asked, 0.4, 7, 20, wrt=(0,)),
    raising(ValueError, as_many_as_asked, 0.4, 7, 0),
    row(layers, U[:3], W),
    row(steps_of_both_kinds, U[:3], W, 4, wrt=(0, 1)),
    row(recursive, 0.3, 3, wrt=(0,)),
    row(of_a_method, 0.3, Scaled(1.7), wrt=(0,)),
    row(of_an_inner_function, 0.3),
    row(of_a_lambda, 0.3),
    row(of_structures, U),
    row(that_writes_its_own, U),
]
