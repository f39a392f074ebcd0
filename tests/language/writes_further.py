"""Writes by further ways: dicts and sets whose keys count rounds, x.flat, pieces of np.split, objects
whose class extends another.
"""

from __future__ import annotations

import numpy as np

from tests.language.rows import row
from tests.language.writes_containers import Acc

V = np.array([0.7, -1.2, 0.4, 0.9])
A = np.array([[0.4, -0.3, 0.7], [0.2, 0.5, -0.6], [-0.1, 0.8, 0.3]])


def dict_int_keys(x, n):
    d = {}
    for i in range(n):
        d[i] = x[i] ** 2
    return sum(d.values()) + d[0]


def flat_write(x):
    M = x.reshape(2, 2) * 1.0
    M.flat[0] = x[3]
    M.flat = x**2
    return np.sum(M**2)


def split_views(x):
    a, b = np.split(x.ravel()[:8] * 1.0, 2)
    a[0] = b[1]
    return np.sum(a**2) + np.sum(b)


def vsplit(x):
    a, b, _ = np.vsplit(x, 3)
    a[0, 0] = 4.0 * b[0, 0]
    return np.sum(a**2) + np.sum(x)


def sets_inactive(x):
    seen = set()
    s = 0.0
    for i in (0, 1, 1, 2):
        if i in seen:
            continue
        seen.add(i)
        s += x[i] ** 2
    return s


class Child(Acc):
    def __init__(self, n):
        super().__init__(n)
        self.extra = 1.0

    def add(self, i, v):
        super().add(i, v * self.extra)
        self.extra *= 1.5


def acc_child(x):
    a = Child(4)
    for i, e in enumerate(x):
        a.add(i, e)
    return a.total + np.sum(a.a)


def dict_of_names(x, n):
    d = {}
    for i in range(n):
        key = ("a", "b")[i % 2]
        d[key] = d.get(key, 0.0) + x[i] ** 2
    return d["a"] * d["b"]


def sets_by_operators(x, n):
    seen, even = {0}, {0, 2}
    total = 0.0
    for i in range(n):
        seen |= {i}
        if i in seen & even:
            total += x[i] ** 2
    seen.discard(0)
    seen.update([7, 8])
    seen.remove(8)
    return total * len(seen) if seen > {1} else total


def flat_of_a_transpose(A, k):
    A.T.flat[k] = A[0, 1] ** 2
    entries = A.flat
    entries[2:4] *= 3.0
    part = entries[:2]
    part[0] = 100.0
    total = 0.0
    for v in A.flat:
        total += v**3
    return total + part[1]


def flat_of_either(A, x):
    B = A if x[0] > 0 else A * 2.0
    B.flat[1] = x[1] ** 2
    B.flat[4] += x[2]
    return np.sum(B**2) + np.sum(A)


def split_at_places(x, k):
    a, b, c = np.split(x, [1, k])
    a[0], b[...] = b[0] ** 2, c[0]
    c *= a[0]
    return np.sum(x**2)


def columns_of_a_split(A):
    for piece in np.split(A, 3, axis=1):
        piece[1] = piece[0] ** 2
    left, right = np.hsplit(A[:, :2], 2)
    right += left
    return np.sum(A**2)


class Base:
    rate = 2.0

    def __init__(self, n):
        super().__init__()
        self.a = np.zeros(n)

    @property
    def total(self):
        return np.sum(self.a)

    @classmethod
    def made(cls, n):
        return cls(n)


class Scaled(Base):
    @property
    def total(self):
        return super().total * self.rate

    @classmethod
    def made(cls, n):
        made = super().made(n)
        made.a[0] = 1.0
        return made


def inherited(x):
    one = Scaled.made(4)
    one.a[1:] = x[1:] ** 2
    return one.total * x[0] * one.a[0]


def counted_inside(x):
    """A variable of the function that two others change."""
    total, count = 0.0, 0

    def add(v):
        nonlocal total, count
        total += v**2
        count += 1

    def scale():
        nonlocal total
        total *= count

    for v in x:
        add(v)
        if v > 0.5:
            scale()
    return total


def parameter_of_the_outer_function(x, n):
    def step():
        nonlocal x, n
        x = np.sin(x) * 2.0
        n -= 1

    while n > 0:
        step()
    return np.sum(x**2)


def bound_after_its_user(x):
    def add(v):
        nonlocal late
        late = late + v

    late: float = x[0]
    add(x[1] * x[2])
    later = lambda: late * x[0]
    add(x[3])
    return later()


def state_of_arrays(x):
    state = x

    def update(k):
        nonlocal state
        state = state * 1.0
        state[k] = state[k - 1] * 2.0
        return [state * v for state in x for v in (1.0, 2.0)][1]

    factor = 1.0
    for k in range(3):
        factor = factor * update(k)
    return np.sum(state**2) * factor + np.sum(x)


def two_levels(x):
    a = x * 1.0

    def outer():
        nonlocal a
        b = 1.0

        def inner():
            nonlocal a, b
            a += b
            b = a[0] * x[1]
            a = a * b

        inner()
        inner()
        return b

    before = a
    return outer() * np.sum(a * before)


def flat_view_of_a_copy(x, k):
    """Entries by number lie in order, so that reshape and ravel give views of them."""
    M = x[np.array([[0, 1], [2, k]])]
    entries = M.reshape(-1)
    entries[1] = x[0] ** 2
    few = x[[2, 0, 1]]
    np.ravel(few)[0] *= x[3]
    some = x[x > 0.5].reshape(-1)
    some += few[0]
    return np.sum(M**3) + np.sum(few**2) * np.sum(some)


def flat_views_of_matrices(x):
    B, C = np.diag(x * 2.0), np.tanh(np.dot(x[:2, None] * 1.0, x[None, :2] * 1.0))
    b, c = np.ravel(B), C.reshape(-1)
    x[1] = 3.0 * x[0]
    b[0], c[1] = x[1] ** 2, b[5]
    return np.sum(B**2) * np.sum(C**3)


ROWS = (
    row(flat_views_of_matrices, V),
    row(flat_view_of_a_copy, V, 3),
    row(counted_inside, V),
    row(parameter_of_the_outer_function, V, 3),
    row(bound_after_its_user, V),
    row(state_of_arrays, V),
    row(two_levels, V),
    row(dict_int_keys, V, 4),
    row(flat_write, V),
    row(split_views, A),
    row(vsplit, A),
    row(sets_inactive, V),
    row(acc_child, V),
    row(dict_of_names, V, 4),
    row(sets_by_operators, V, 3),
    row(flat_of_a_transpose, A, 1),
    row(flat_of_either, A, V),
    row(flat_of_either, A, -V),
    row(split_at_places, V, 3),
    row(columns_of_a_split, A),
    row(inherited, V),
)
