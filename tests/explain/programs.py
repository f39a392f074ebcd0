"""Programs for traces, drawings and the search for what is not finite."""

from __future__ import annotations

import math

import numpy as np


def textbook(x1: float, x2: float):
    return math.log(x1) + x1 * x2 - math.sin(x2)


def looped(w, x):
    s = 0.0
    for k in range(2):
        s = s * w[k] + x[k]
    if s > 0.0:
        s = s * s
    return s


def helper(x):
    return np.sqrt(np.sum(x * x))


def norm(x):
    y = 2.0 * x
    return helper(y)


def masked(x):
    safe = x > 0.0
    y = np.where(safe, np.sqrt(x), 0.0)
    return np.sum(y)


def overflow(x):
    e = np.exp(x)
    return np.sum(e / (1.0 + e))


def logarithm(x):
    p = x / (x + 1.0)
    return -np.sum(np.log(p))


def ratio(x, y):
    a = x * y
    b = a / (y - y)
    return np.sum(b)


def root(x):
    y = x * 3.0
    return y**0.5


def waiting(x):
    n = 0
    while x > 1.0:
        x = x / 2.0
        n += 1
    return x * x


def lists(x):
    squares = [v * v for v in x]
    return sum(squares)


def written(x, y):
    """Writes into an array of its own and into an argument."""
    z = np.zeros(3)
    z[1:] = x[:2] * x[1:]
    z[0] += x[2]
    y[:] = z * x
    return np.sum(y * z)


def eliminated(A, b):
    """Gaussian elimination in place, then back substitution."""
    n = len(b)
    A, x = A.copy(), b.copy()
    for k in range(n):
        for i in range(k + 1, n):
            A[i, k] = A[i, k] / A[k, k]
            A[i, k + 1 :] -= A[i, k] * A[k, k + 1 :]
            x[i] -= A[i, k] * x[k]
    for k in range(n - 1, -1, -1):
        x[k] = (x[k] - A[k, k + 1 :] @ x[k + 1 :]) / A[k, k]
    return np.sum(x)
