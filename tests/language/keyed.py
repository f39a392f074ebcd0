"""Dicts that get keys which only the run knows: counters, memos, sums by label."""

from __future__ import annotations

import numpy as np

from tests.language.rows import raising, refused, row

X = 1.3
IDX = np.array([1, 2, 1, 3])


def recurrence_in_a_memo(x, n):
    memo = {0: x, 1: x * x}
    for k in range(2, n):
        memo[k] = memo[k - 1] * 0.5 + memo[k - 2]
    return memo[n - 1]


def recursion_with_a_memo(x, n):
    memo = {}

    def fib(k):
        if k in memo:
            return memo[k]
        r = x if k < 2 else fib(k - 1) + fib(k - 2) * 0.5
        memo[k] = r
        return r

    return fib(n)


def sums_by_index(x, idx):
    d = {}
    for i in idx:
        d[i] = d.get(i, 0.0) + x * i
    total = 0.0
    for k, v in d.items():
        total = total * 0.5 + v * v * k
    return total + len(d) * x


def set_or_changed(x, idx):
    d = {}
    for i in idx:
        if i in d:
            d[i] *= x
        else:
            d[i] = x + i
    return sum(d.values()) * x + sum(k for k in d)


def set_by_default_and_popped(x, idx):
    d = {}
    for i in idx:
        d.setdefault(i, x * 0.5)
        d[i] += x * i
    p = d.pop(idx[0])
    return p * sum(v * v for v in d.values()) + d.pop(idx[0], x)


def deleted(x, idx):
    d = dict()
    for i in idx:
        d[i] = x * i
        del d[i]
        d[i + 1] = x
    return sum(d.values()) + len(d)


def arrays_by_index(x, idx):
    d = {}
    for i in idx:
        d[i] = np.array([x, x * i])
    total = 0.0
    for i in idx:
        total += np.sum(d[i] * d[i])
    return total


class Cached:
    """A model that remembers what it computed."""

    def __init__(self):
        self.cache = {}

    def wave(self, k, x):
        if k in self.cache:
            return self.cache[k]
        v = np.sin(x * k)
        self.cache[k] = v
        return v


def cache_of_an_object(x, idx):
    model, total = Cached(), 0.0
    for i in idx:
        total = total * 0.5 + model.wave(i, x)
    return total + len(model.cache)


def labels_by_a_test(x, idx):
    d = {}
    for i in idx:
        label = "up" if i > 1 else "down"
        d[label] = d.get(label, 0.0) + x * i
    return d["up"] * d["down"]


def by_another_name(x, idx):
    d = {0: x}
    for i in idx:
        e = d
        e[i] = d[0] * i
        d[0] = e[i] + 1.0
    return sum(d.values())


def is_a_dict(x, idx):
    d = {}
    for i in idx:
        d[i] = x
    return x if isinstance(d, dict) and type(d) is dict and d else 3 * x


def degrees(x, table):
    found = {}
    for i in range(table.shape[0]):
        for j in range(table.shape[1]):
            if table[i, j] > 0.25:
                found[j] = found.get(j, 0.0) + table[i, j] * x
    return sum(v**2 for v in found.values())


def counted_by_while(x, idx):
    d, k = {}, 0
    while k < len(idx):
        d[idx[k]] = d.get(idx[k], 1.0) * x
        k += 1
    return sum(d.values())


def floats_and_ints_are_one_key(x, idx):
    d = {}
    for i in idx:
        d[float(i)] = x * i
    return sum(k * v for k, v in d.items()) + d[1]


def entries_set_in_a_loop_over_them(x, idx):
    d = {}
    for i in idx:
        d[i] = x * i
    for k in d:
        d[k] = d[k] * x
    for k, v in d.items():
        d[k] = v * 2.0
    d.update({7: x})
    return sum(d.values())


def by_a_function_and_a_nonlocal(x, idx):
    d, c = {}, 0.0

    def step(i):
        nonlocal c
        d[i] = d.get(i, 0.0) + x
        c += d[i]

    for i in idx:
        step(i)
    return c


def key_that_is_missing(x, idx):
    d = {}
    for i in idx:
        d[i] = x
    return d[99]


def gets_keys_while_run_over(x, idx):
    d = {}
    for i in idx:
        d[i] = x
    for k in d:
        d[k + 10] = x
    return sum(d.values())


def compared(x, idx):
    d = {}
    for i in idx:
        d[i] = x
    return x * (d == {1: x, 2: x, 3: x}) + x


def spread(x, idx):
    d = {}
    for i in idx:
        d[i] = x
    return {**d, "a": 1}["a"] * x


ROWS = [
    row(recurrence_in_a_memo, X, 100),
    row(recurrence_in_a_memo, X, 5),
    row(recursion_with_a_memo, X, 8),
    *(
        row(f, X, IDX)
        for f in (
            sums_by_index,
            set_or_changed,
            set_by_default_and_popped,
            deleted,
            arrays_by_index,
            cache_of_an_object,
            labels_by_a_test,
            by_another_name,
            is_a_dict,
            counted_by_while,
            floats_and_ints_are_one_key,
            entries_set_in_a_loop_over_them,
            by_a_function_and_a_nonlocal,
        )
    ),
    row(degrees, X, np.arange(12.0).reshape(3, 4) / 10),
    raising(KeyError, key_that_is_missing, X, IDX),
    raising(RuntimeError, gets_keys_while_run_over, X, IDX),
]
REFUSED = [
    refused("SD318", compared, X, IDX),
    refused("SD340", spread, X, IDX),
]
