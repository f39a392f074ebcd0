"""Comparisons of objects and structures: special methods in Python's order, tuples item by item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tests.language.rows import raising, refused, row

X = 1.3
V = np.array([1.1, -0.4, 0.8])


class AlwaysEqual:
    def __init__(self, v):
        self.v = v

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 1


class Plain:
    def __init__(self, v):
        self.v = v


class Scale:
    def __init__(self, v):
        self.v = v

    def __radd__(self, other):
        return other.v * self.v


class Number:
    def __init__(self, v):
        self.v = v

    def __add__(self, other):
        return NotImplemented if isinstance(other, Scale) else Number(self.v + other.v)

    def __radd__(self, other):
        return 7.0 * self.v

    def __gt__(self, other):
        return self.v > other

    def __lt__(self, other):
        return NotImplemented

    def __neg__(self):
        return Number(-3.0 * self.v)

    def __contains__(self, v):
        return v < self.v

    def __and__(self, other):
        return self.v * other


class Derived(Number):
    def __radd__(self, other):
        return 100.0 * self.v


@dataclass
class Fields:
    v: float
    w: float = 1.0


@dataclass(order=True)
class Ordered:
    v: float
    w: float = 1.0


class Pair(NamedTuple):
    a: float
    b: float


def not_equal_by_eq(x):
    return x if AlwaysEqual(x) != AlwaysEqual(2 * x) else 3 * x


def string_equal_to_an_object(x):
    return x if "a" == AlwaysEqual(2 * x) else 3 * x


def tuple_equal_to_an_object(x):
    return x if (1, 2) == AlwaysEqual(2 * x) else 3 * x


def none_equal_to_an_object(x):
    return x if None == AlwaysEqual(x) else 3 * x


def number_equal_to_an_object(x):
    return x if x == AlwaysEqual(x) else 3 * x


def objects_in_dicts(x):
    return x if {"a": AlwaysEqual(x)} == {"a": 5} else 3 * x


def object_in_a_list(x):
    return x if AlwaysEqual(x) in [1, 2] else 3 * x


def object_of_another_class(x):
    return x if Plain(x) == AlwaysEqual(x) and Plain(x) != x else 3 * x


def dataclasses_equal(x):
    return x if Fields(x) == Fields(x) else 3 * x


def dataclasses_differ(x):
    return x if Fields(x) == Fields(2 * x) or Fields(x) == (x, 1.0) else 3 * x


def dataclasses_in_order(x):
    return x if Ordered(x, 2.0) < Ordered(x, 1.0) or Ordered(x) >= Ordered(2 * x) else 3 * x


def named_tuples_equal(x):
    return x if Pair(x, 1.0) == Pair(x, 1.0) else 3 * x


def named_tuple_equal_to_a_tuple(x):
    return x if Pair(x, 1.0) == (x, 1.0) else 3 * x


def named_tuples_in_order(x):
    return x if Pair(x, 2.0) < Pair(x, 1.0) else 3 * x


def dicts_equal(x):
    return x if {"a": x, "b": 1} == {"b": 1, "a": x} else 3 * x


def dicts_differ(x):
    return x if {"a": x, "b": 1} != {"b": 1, "a": 2 * x} else 3 * x


def tuples_in_order(x):
    return x if (x, 1.0) < (2 * x, 0.0) else 3 * x


def equal_tuples_in_order(x):
    return x if (x, 1.0) < (x, 1.0) or (x, 1.0) > (x,) else 3 * x


def lists_in_order(x):
    return x if [x, 1.0] > [x, 0.0] else 3 * x


def tuples_with_strings(x):
    return x if (1, "a") < (1, "b") and ("a", x) != ("b", x) else 3 * x


def list_and_tuple(x):
    return x if [x] == (x,) or [1, 2] == (1, 2) else 3 * x


def empty_structures(x):
    return x if () == () and [] != [x] and {} == {} else 3 * x


def nested_tuples(x):
    return x if (x, (1, x)) == (x, (1, x)) else 3 * x


def tuple_in_a_list(x):
    return x if (x, 2) in [(1, 1), (x, 2)] else 3 * x


def reflected_comparison(x):
    return x if 1.0 < Number(x) and not 9.0 < Number(x) else 3 * x


def contains(x):
    return x if 1.0 in Number(x) and 5.0 not in Number(x) else 3 * x


def derived_is_asked_first(x):
    return (Number(x) + Derived(x)) + (Number(x) + Number(x)).v


def addition_that_the_other_knows(x):
    return Number(x) + Scale(3.0 * x)


def reflected_addition(x):
    return 1.5 + Number(x)


def unary_and_bitwise(x):
    return (-Number(x)).v * (Number(x) & x)


def same_object(x):
    a = Plain(x)
    b = a
    return x * (a == b) + 5.0 * x * (a is b) + 7.0 * x * (a != b)


def same_array_in_lists(x):
    a = x * 1.0
    return np.sum(a) * ([a, 1.0] == [a, 1.0])


def run_time_list_and_list(x):
    xs = [x * k for k in range(3)]
    return x if xs == [0.0, x, 2 * x] else 3 * x


def run_time_lists(x):
    xs = [v for v in x if v > 0.0]
    ys = [v for v in x if v > -9.0]
    total = sum(xs) * (xs < ys) + sum(ys) * (xs <= xs[:1]) + 3.0 * x[0] * (ys > xs)
    return total + x[1] * (xs == [x[0], x[2]]) + x[2] * (xs != [])


def in_a_run_time_list(x):
    xs = [v for v in x if v > 0.0]
    return sum(xs) * (x[2] in xs) + x[0] * (x[1] not in xs)


def compared_as_far_as_needed(x):
    log = [0.0]

    def noted(v):
        log.append(v)
        return v

    found = (noted(x), 1.0) == (2 * x, noted(x))
    return sum(log) + found


def largest_tuple(x):
    return max((x, 1), (2 * x, 0))[0] * min((x, 1), (x, 0))[1] + x


def largest_by_a_key(x):
    return max([3 * x, x, 2 * x], key=lambda v: -v) * x


def smallest_by_a_key(x):
    return min((v * v for v in x if v > 0.0), key=lambda v: abs(v - 0.5)) * x[1]


def smallest_pair_by_a_key(x):
    return min([(3 * x, "a"), (x, "b"), (2 * x, "c")], key=lambda t: abs(t[0] - 2.0))[0]


def largest_array_by_a_key(x):
    rows = [x * 1.0, x * x, x * 0.5]
    return np.sum(max(rows, key=lambda r: r.sum()) ** 2)


def largest_of_nothing_by_a_key(x):
    return max((v for v in x if v > 9.0), key=lambda v: -v)


def none_at_run_time(x):
    y = None if x > 1.0 else x
    z = None
    if x > 5.0:
        z = x
    return x * (y == None) + 3.0 * x * (z != None) + 5.0 * x * ((y, 1) == (None, 1))


def a_number_after_all(x):
    y = None if x > 5.0 else x
    return x * (y == None) + 3.0 * x * (y != None) + 7.0 * x * (y in (None, x))


def two_functions(x):
    def f(v):
        return v

    return x if f == f else 3 * x


def two_plain_objects(x):
    return x if Plain(x) == Plain(x) else 3 * x


def lists_of_arrays(x):
    rows = [x * k for k in range(len(x))]
    return x[0] if rows == rows[:] else x[1]


ROWS = [
    *(
        row(f, X)
        for f in (
            not_equal_by_eq,
            string_equal_to_an_object,
            tuple_equal_to_an_object,
            none_equal_to_an_object,
            number_equal_to_an_object,
            objects_in_dicts,
            object_in_a_list,
            object_of_another_class,
            dataclasses_equal,
            dataclasses_differ,
            dataclasses_in_order,
            named_tuples_equal,
            named_tuple_equal_to_a_tuple,
            named_tuples_in_order,
            dicts_equal,
            dicts_differ,
            tuples_in_order,
            equal_tuples_in_order,
            lists_in_order,
            tuples_with_strings,
            list_and_tuple,
            empty_structures,
            nested_tuples,
            tuple_in_a_list,
            reflected_comparison,
            contains,
            derived_is_asked_first,
            reflected_addition,
            addition_that_the_other_knows,
            unary_and_bitwise,
            same_object,
            none_at_run_time,
            a_number_after_all,
            run_time_list_and_list,
            compared_as_far_as_needed,
            largest_tuple,
            largest_by_a_key,
            smallest_pair_by_a_key,
        )
    ),
    *(
        row(f, V)
        for f in (
            same_array_in_lists,
            run_time_lists,
            in_a_run_time_list,
            smallest_by_a_key,
            largest_array_by_a_key,
        )
    ),
    raising(ValueError, largest_of_nothing_by_a_key, V),
]
REFUSED = [
    refused("SD318", two_plain_objects, X),
    refused("SD318", two_functions, X),
    refused("SD318", lists_of_arrays, V),
]
