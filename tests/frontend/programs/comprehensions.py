# ruff: noqa: F821 - strange programs are what this file is for
"""Comprehensions: their scope, conditions, assignments inside."""

from __future__ import annotations

from tests.frontend.programs.table import on, say


@on(0, 5)
def comprehensions(n):
    return (
        [i * i for i in range(n)],
        [i for i in range(n) if i % 2 if i > 1],
        [(i, j) for i in range(n) for j in range(i)],
        [(i, j) for i in range(n) if i for j in range(i) if j % 2],
        [[j for j in range(i)] for i in range(n)],
        [a + b for a, b in zip(range(n), range(n))],
        {i: i * i for i in range(n)},
        {i: j for i in range(n) if i > 1 for j in range(i)},
        sum(i for i in range(n)),
        max((i * 2 for i in range(n)), default=-1),
        [x for x in [] for y in nowhere],
    )


@on(3)
def comprehension_scope(n):
    i = "outer"
    xs = [i for i in range(n)]
    ys = [i for _ in range(n)]
    zs = [i for i in [i]]
    return i, xs, ys, zs


@on(3)
def target_does_not_leak(n):
    xs = [k for k in range(n)]
    if n > 100:
        k = 1
    return xs, k


@on(4)
def walrus_in_comprehension(n):
    total = 0
    sums = [total := total + i for i in range(n)]
    last = [y := i for i in range(n) if i < 2]
    return sums, total, last, y


@on(0)
def unbound_walrus_in_comprehension(n):
    [y := i for i in range(n)]
    return y


@on(3)
def effects_in_comprehension(n):
    return [say(i) + say(j) for i in say("xs", range(n)) if say(i) for j in range(say(i))]


@on(4)
def ternary_in_comprehension(n):
    return [i if i % 2 else -i for i in range(n) if i > 0 and i != 2 or n == 0]


@on(3)
def nested_scopes_in_comprehension(n):
    return [[i * j for j in range(i)] for i in [j for j in range(n)]]


@on(3)
def comprehension_in_loop(n):
    out = []
    for i in range(n):
        out = [*out, [i + k for k in range(i) if k != i]]
        if [k for k in out if len(k) > 1]:
            break
    return out
