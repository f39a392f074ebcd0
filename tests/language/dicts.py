"""The keys, values and items of dicts, which follow what the dict holds."""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np

from tests.language.rows import raising, refused, row

V = np.array([0.7, -0.4, 1.3])
X = 1.3


def made(x):
    return {"a": x[0] * 1.0, "b": x[1] * 2.0, "c": x[2] * 3.0}


def twice(values):
    total = 0.0
    for v in values:
        total += v
    for v in values:
        total += 2.0 * v
    return total


def values_summed(x):
    d = made(x)
    return max(d.values()) + sum(d.values()) * len(d.values()) + len(d.items())


def items_listed(x):
    d = made(x)
    return list(d.items())[1][1] + dict(d.items())["a"] + tuple(d.values())[2]


def enumerated_and_zipped(x):
    d = made(x)
    t = 0.0
    for i, (k, v) in enumerate(d.items()):
        t += i * v * (2.0 if k == "c" else 1.0)
    for k, v in zip(d, d.values()):
        t += v * len(k)
    return t


def starred(x):
    d = made(x)

    def f(a, b, c):
        return a * b + c

    return f(*d.values()) + f(**d) + ("a" in d.keys()) * x[0]


def values_twice(x):
    d = made(x)
    return twice(d.values())


def values_written(x):
    d = {"a": x * 1.0, "b": x * 2.0}
    for v in d.values():
        v += 1.0
        v *= x
    return np.sum(d["a"]) + np.sum(np.stack(list(d.values())) ** 2)


def keys_compared(x):
    d = made(x)
    return x[0] if d.keys() == {"a", "b", "c"} else x[1]


def reversed_dict(x):
    d = made(x)
    return sum(d[k] for k in reversed(d)) * 2


def reversed_keys(x):
    d = made(x)
    return sum(d[k] * i for i, k in enumerate(reversed(d.keys())))


def nested_loops(x):
    d = made(x)
    t = 0.0
    for k in d.keys():
        for j, v in d.items():
            t += v * d[k]
    return t


def values_are_live(x):
    d = made(x)
    v = d.values()
    d["a"] = x[2] * 7
    return np.sum(np.array(list(v)))


def keys_from_a_range(x):
    d = {}
    for k in range(3):
        d[k] = x[k] * k
    return sum(d.values()) + sum(k * v for k, v in d.items())


def built_and_popped(x):
    d = made(x)
    e = {k: v * 2 for k, v in d.items() if k != "b"}
    e.update(d)
    d.pop("a")
    return sum(e.values()) + sum(d.values())


def listed_and_compared(x):
    d = made(x)
    return x[0] * (list(d.values()) == list(d.values())) + bool(d.values()) * x[1]


def unpacked(x):
    d = made(x)
    a, b, c = d.values()
    (_, v0), *rest = d.items()
    return a * b * c + v0 + len(rest)


def reduced_and_mapped(x):
    d = made(x)
    return functools.reduce(lambda a, b: a * b, d.values()) + sum(map(lambda v: v * v, d.values()))


def arrays_of_values(x):
    d = made(x)
    return (
        np.array([v for v in d.values()]).sum()
        + np.concatenate([np.array([v]) for v in d.values()])[1]
    )


def set_of_keys(x):
    d = made(x)
    return x[0] if set(d.keys()) == {"a", "b", "c"} else x[1]


def popped_in_a_loop(x):
    d = made(x)
    s = 0.0
    it = list(d.keys())
    for k in it:
        s += d.pop(k)
    return s + len(d)


def keys_of_two(x):
    d = made(x)
    e = made(x * 2)
    return (x[0] if d.keys() == e.keys() else x[1]) + (x[0] if d.keys() <= {"a"} else x[2])


def truth_of_a_map(x):
    return x[0] if map(abs, x) else x[1]


def truth_of_values(x):
    return x[0] if made(x).values() and not {}.keys() else x[1]


def entry_by_a_test(x):
    sums = {"up": 0.0, "down": 1.0}
    for v in x:
        sums["up" if v > 0 else "down"] += v * v
    return sums["up"] * sums["down"]


def entries_by_a_counter(x, n):
    d = {0: x[0], 1: x[1], 2: 0.0}
    for k in range(n):
        d[k % 3] += 0.1 * x[k % 2] * d[(k + 1) % 3]
    return sum(d.values())


def entries_read_by_a_name(x):
    w = {"a": 2.0, "b": x[0]}
    total = 0.0
    for v in x:
        k = "a" if v > 0.5 else "b"
        total += w[k] * v + w.get(k, 7.0) + (k in w)
    return total


def entries_that_may_be_missing(x, n):
    d = {1: x[0], 2: x[2]}
    total = 0.0
    for k in range(n):
        total = total * 0.5 + d.get(k, x[1]) + (k not in d)
    return total


def entry_that_is_missing(x, n):
    d = {0: x[0], 1: x[1]}
    total = 0.0
    for k in range(n):
        total += d[k]
    return total


def looked_up_by_an_equal_key(x, n):
    """A key is found by its hash and ==: True, 1.0 and NumPy's 1 are the key 1."""
    d = {0: x, 1: x * x}
    return d.get(n, 7.0 * x) * (x**3 if n in d else x) + d[n]


def keys_of_constants(x):
    d = {2: x, 4: x * x}
    found = d.get(4 / 2, 9.0 * x) * d[4.0] + (x if 2.0 in d and True not in d else x**3)
    nested = {(1, 2): x * x}
    return found * nested[1.0, True + 1] * (x if {1: 2} == {1.0: 2} else x**5)


def first_key_stays(x):
    """Another value for a key that is there: 1 it stays, and not True or 1.0."""
    d = {0: x, 1: x * x}
    d[True] = x**3
    d.update({1.0: d[1] * x})
    d |= {False: x * x}
    made = {1: x, True: x * x, **{1.0: x**3}}  # noqa: F601
    again = dict([(0, x), (False, x * x)])
    total = 0.0
    for key in (*d, *made, *again):
        total += x if type(key) is int else x**7
    return total + sum(d.values()) * made[1] * again[0] * len(d)


def taken_out_by_an_equal_key(x):
    d = {0: x, 1: x * x, 2: x**3, math.nan: x**4}
    total = d.pop(True) + d.pop(2.0, 9.0) * x + d.setdefault(False, 5.0 * x)
    del d[0.0], d[math.nan]
    return total if d == {} else x


def equal_dicts_in_lists(x):
    return x * x if [{1: x}] == [{1.0: x}] and ({True: x},) == ({1: x},) else x


def entry_changed_by_an_equal_key(x, n):
    d = {1: x, 2: x * x}
    d[n] *= x
    d[n] = d[n] + x
    return d[1] * d[2]


def other_key_on_each_path(x, n):
    if n > 0:
        d = {1: x}
    else:
        d = {1.0: x * x}
    total = 0.0
    for key in d:
        total += x * key if isinstance(key, int) else x
    return total


def key_that_cannot_be_one(x):
    return {0: x}.get([0], x * x) if x > 5.0 else x


class Pair(NamedTuple):
    a: float
    b: float


def spliced(x):
    """A star splices the keys of a dict and the items of a named tuple, and not the whole."""

    def f(a, b):
        return a * b + b

    d, p = {2: x, 3: x * x}, Pair(x, x * x)
    return f(*d) * f(*p) * len((*d, *p)) + sum([*p, *d]) * x


def dict_at_the_key_none(x):
    """A dict whose key is None is no dict that is spread."""
    d = {None: {"a": x, "b": x * x}, **{"c": x}}
    return d[None]["b"] * len(d) + (x if "a" in d else x * x)


def spread_object(x):
    def f(a, b):
        return a * b

    return f(**Pair(x, x)) if x > 5.0 else x


ROWS = [
    *(
        row(f, V)
        for f in (
            values_summed,
            items_listed,
            enumerated_and_zipped,
            starred,
            values_twice,
            values_written,
            keys_compared,
            reversed_dict,
            reversed_keys,
            nested_loops,
            values_are_live,
            keys_from_a_range,
            built_and_popped,
            listed_and_compared,
            unpacked,
            reduced_and_mapped,
            arrays_of_values,
            set_of_keys,
            popped_in_a_loop,
            keys_of_two,
            truth_of_a_map,
            truth_of_values,
        )
    ),
    row(entry_by_a_test, V),
    row(entries_by_a_counter, V, 100),
    row(entries_read_by_a_name, V),
    row(entries_that_may_be_missing, V, 100),
    raising(KeyError, entry_that_is_missing, V, 300),
    *(row(looked_up_by_an_equal_key, X, n) for n in (True, 1, np.int64(1), np.True_)),
    row(looked_up_by_an_equal_key, X, 1.0, wrt=(0,)),
    row(entry_changed_by_an_equal_key, X, 1.0, wrt=(0,)),
    *(row(entry_changed_by_an_equal_key, X, n) for n in (True, np.int64(2), 2)),
    *(
        row(f, X)
        for f in (
            keys_of_constants,
            first_key_stays,
            taken_out_by_an_equal_key,
            equal_dicts_in_lists,
            spliced,
            dict_at_the_key_none,
        )
    ),
]
REFUSED = [
    refused("SD302", other_key_on_each_path, X, 1),
    refused("SD340", key_that_cannot_be_one, X),
    refused("SD340", spread_object, X),
]
