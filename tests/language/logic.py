"""``and``, ``or``, ``not`` with values and short circuit; chained comparison; ``in`` and ``is``."""

from __future__ import annotations

import math

import numpy as np

from tests.language.rows import row


def or_gives_a_value(x, y):
    return (x or y) * y


def and_gives_a_value(x, y):
    return (x and y) * x


def or_falls_through_zero(x):
    zero = 0.0
    return (zero or x * x) + x


def and_stops_at_zero(x):
    zero = 0.0
    return (zero and x * x) + x


def mixed_values(x, y, flag):
    z = flag and x or y
    return z * z


def three_operands(x, y, z):
    return (0.0 or x * y or z) + (x and y and z)


def short_circuit_guards_a_domain(x):
    if x > 0.0 and math.log(x) > -1.0:
        return math.log(x) * x
    return x * x


def short_circuit_guards_an_index(v, i):
    if i < len(v) and v[i] > 0.0:
        return v[i] ** 3
    return np.sum(v)


def or_guards_a_division(x, y):
    if x == 0.0 or y / x > 2.0:
        return y
    return x * y


def negated(x, flag):
    if not flag:
        return x * x
    return x if not x < 0.0 else -x


def chained_comparison(x):
    if 0.0 < x < 1.0:
        return x * x
    if 1.0 <= x <= 2.0:
        return x**3
    return x


def chained_comparison_of_many(x, y, z):
    if x < y < z > x:
        return x * y * z
    return x + y + z


def _said(x):
    print("said", x)
    return x


def chained_comparison_calls_once(x):
    if _said(0.0) < _said(x) < _said(2.0):
        return x * x
    return x


def chained_comparison_stops_early(x):
    if _said(1.0) < _said(x) < _said(3.0):
        return x
    return x * x


def short_circuit_calls(x):
    y = _said(0.0) or _said(x) or _said(7.0)
    z = _said(x) and _said(x * x)
    return y * z


def member(x, n):
    if n in (1, 2, 3):
        return x**n
    if n not in [4, 5]:
        return x
    return -x


def member_of_a_dict(params, x):
    if "scale" in params:
        x = x * params["scale"]
    if "shift" not in params:
        x = x + 1.0
    return x * x


def member_of_a_string(x, word):
    return x * x if "quad" in word else x


def default_is_none(x, scale=None):
    if scale is None:
        scale = 2.0
    return x * scale


def none_chosen_by_a_branch(x):
    best = None
    for factor in (1.0, 2.0, 3.0):
        value = factor * x * x
        if best is None or value > best:
            best = value
    return best


def is_not_none(x, offset):
    if offset is not None:
        x = x + offset
    return x * x


def isinstance_check(x):
    if isinstance(x, float):
        return x * x
    return np.sum(x)


def isinstance_of_several(x, n):
    if isinstance(n, (int, np.integer)) and not isinstance(n, bool):
        return x**n
    return x


def comparison_as_a_number(x, y):
    return (x > y) * x + (x <= y) * y * y


def bool_in_arithmetic(x, flag):
    return flag * x + (not flag) * x * x


def equality(x, n):
    if n == 2:
        return x * x
    if n != 3:
        return x
    return x**3


V = np.array([0.7, 1.2, 0.4])

ROWS = (
    row(or_gives_a_value, 1.3, 0.7),
    row(and_gives_a_value, 1.3, 0.7),
    row(or_falls_through_zero, 1.3),
    row(and_stops_at_zero, 1.3),
    row(mixed_values, 1.3, 0.7, True),
    row(mixed_values, 1.3, 0.7, False),
    row(three_operands, 1.3, 0.7, -0.4),
    row(short_circuit_guards_a_domain, 1.3),
    row(short_circuit_guards_a_domain, -1.3),
    row(short_circuit_guards_an_index, V, 1),
    row(short_circuit_guards_an_index, V, 5),
    row(or_guards_a_division, 1.3, 0.7),
    row(or_guards_a_division, 0.2, 0.7),
    row(negated, 1.3, True),
    row(negated, -1.3, True),
    row(negated, 1.3, False),
    row(chained_comparison, 0.5),
    row(chained_comparison, 1.5),
    row(chained_comparison, 2.5),
    row(chained_comparison_of_many, 0.5, 0.7, 0.9),
    row(chained_comparison_of_many, 0.5, 0.3, 0.9),
    row(chained_comparison_calls_once, 1.3),
    row(chained_comparison_stops_early, 0.3),
    row(short_circuit_calls, 1.3),
    row(member, 1.3, 3),
    row(member, 1.3, 5),
    row(member, 1.3, 6),
    row(member_of_a_dict, {"scale": 1.5}, 1.3),
    row(member_of_a_dict, {"shift": 1.5, "other": 0.1}, 1.3),
    row(member_of_a_string, 1.3, "quadratic"),
    row(member_of_a_string, 1.3, "linear"),
    row(default_is_none, 1.3),
    row(default_is_none, 1.3, None),
    row(default_is_none, 1.3, 0.7),
    row(none_chosen_by_a_branch, 1.3),
    row(is_not_none, 1.3, None),
    row(is_not_none, 1.3, 0.7),
    row(isinstance_check, 1.3),
    row(isinstance_check, V),
    row(isinstance_of_several, 1.3, 3),
    row(isinstance_of_several, 1.3, True),
    row(comparison_as_a_number, 1.3, 0.7),
    row(comparison_as_a_number, 0.7, 1.3),
    row(bool_in_arithmetic, 1.3, True),
    row(bool_in_arithmetic, 1.3, False),
    row(equality, 1.3, 2),
    row(equality, 1.3, 3),
    row(equality, 1.3, 4),
)
