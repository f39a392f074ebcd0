"""Branches: statements, ternaries, names bound on one path, kinds that differ between paths."""

from __future__ import annotations

import math

import numpy as np

from tests.language.rows import raising, row


def if_else(x):
    if x > 1.0:
        y = x * x
    else:
        y = math.sin(x)
    return y * x


def if_without_else(x, y):
    z = x
    if y > 0.0:
        z = z * y
    return z + y


def elif_chain(x):
    if x < 0.0:
        y = -x
    elif x < 1.0:
        y = x**3
    elif x < 2.0:
        y = math.exp(x)
    else:
        y = 7.0
    return y + x


def nested_branches(x, y):
    if x > 0.0:
        if y > 0.0:
            z = x * y
        else:
            z = x - y * y
            if y < -1.0:
                z = z * 2.0
    else:
        z = y
    return z


def branch_on_an_array(v):
    if np.all(v > 0.0):
        return np.sum(np.log(v))
    if np.any(v > 1.0):
        return np.prod(v)
    return np.sum(v * v)


def branch_on_a_flag(x, flag):
    return x * x if flag else x * 3.0


def branch_on_truth_of_a_float(x, y):
    if x:
        return x * y
    return y


def branch_on_an_empty_list(items, x):
    if not items:
        return x * x
    return sum(items) * x


def ternary(x, y):
    return x * y if x > y else x / y


def nested_ternary(x):
    y = x if x > 2.0 else x * x if x > 1.0 else x**3 if x > 0.0 else -x
    return y + 1.0


def ternary_in_operands(x, y):
    return (x if x > 0.0 else -x) * (y if y > 0.0 else 2.0 * y)


def ternary_evaluates_one_side(x):
    return math.sqrt(x) if x > 0.0 else math.sqrt(-x)


def bound_on_one_path_and_read_there(x, flag):
    if flag:
        scale = x * x
    result = x
    if flag:
        result = result * scale
    return result


def bound_on_one_path(x):
    if x > 1.0:
        y = x * x
    return y


def bound_by_a_loop_that_may_not_run(x, n):
    for k in range(n):
        y = x * k
    return y


def deleted_on_one_path(x, flag):
    y = x * x
    if flag:
        del y
    return y


def kinds_differ_between_paths(x, flag):
    if flag:
        y = 1
    else:
        y = x * x
    return y * x


def active_on_one_path(x, flag):
    y = 2.0
    if flag:
        y = x
    return y * y * x


def active_on_neither_used_path(x, flag):
    y = x * 0.5
    if flag:
        y = 3.0
    return y


def array_or_scalar(v, flag):
    w = v * v if flag else v + 1.0
    return np.sum(w)


def branch_overwrites_an_input(x, y):
    if x > y:
        x = y
    return x * y


def clamped(x, low, high):
    if x < low:
        return low
    if x > high:
        return high
    return x


def passes(x):
    if x > 0.0:
        pass
    else:
        x = -x
    return x * x


def condition_reads_what_the_branch_writes(x):
    y = x * x
    if y > 1.0:
        y = y - 1.0
    if y > 1.0:
        y = y * x
    else:
        y = y + x
    return y


V = np.array([0.7, 1.2, 0.4])

ROWS = (
    row(if_else, 1.3),
    row(if_else, 0.6),
    row(if_without_else, 1.3, 0.7),
    row(if_without_else, 1.3, -0.7),
    row(elif_chain, -0.5),
    row(elif_chain, 0.5),
    row(elif_chain, 1.5),
    row(elif_chain, 2.5),
    row(nested_branches, 1.3, 0.7),
    row(nested_branches, 1.3, -0.7),
    row(nested_branches, 1.3, -1.7),
    row(nested_branches, -1.3, -1.7),
    row(branch_on_an_array, V),
    row(branch_on_an_array, -V + 1.3 * np.array([0, 2, 0])),
    row(branch_on_an_array, -V),
    row(branch_on_a_flag, 1.3, True),
    row(branch_on_a_flag, 1.3, False),
    row(branch_on_truth_of_a_float, 1.3, 0.7),
    row(branch_on_an_empty_list, [], 0.7, wrt=(1,)),
    row(branch_on_an_empty_list, [0.3, 0.4], 0.7),
    row(ternary, 1.3, 0.7),
    row(ternary, 0.7, 1.3),
    row(nested_ternary, 2.5),
    row(nested_ternary, 1.5),
    row(nested_ternary, 0.5),
    row(nested_ternary, -0.5),
    row(ternary_in_operands, 1.3, -0.7),
    row(ternary_evaluates_one_side, 1.3),
    row(ternary_evaluates_one_side, -1.3),
    row(bound_on_one_path_and_read_there, 1.3, True),
    row(bound_on_one_path_and_read_there, 1.3, False),
    row(bound_on_one_path, 1.3),
    raising(UnboundLocalError, bound_on_one_path, 0.3),
    row(bound_by_a_loop_that_may_not_run, 1.3, 3),
    raising(UnboundLocalError, bound_by_a_loop_that_may_not_run, 1.3, 0),
    row(deleted_on_one_path, 1.3, False),
    raising(UnboundLocalError, deleted_on_one_path, 1.3, True),
    row(kinds_differ_between_paths, 1.3, True),
    row(kinds_differ_between_paths, 1.3, False),
    row(active_on_one_path, 1.3, True),
    row(active_on_one_path, 1.3, False),
    row(active_on_neither_used_path, 1.3, True),
    row(active_on_neither_used_path, 1.3, False),
    row(array_or_scalar, V, True),
    row(array_or_scalar, V, False),
    row(branch_overwrites_an_input, 1.3, 0.7),
    row(branch_overwrites_an_input, 0.7, 1.3),
    row(clamped, 1.3, 0.0, 2.0),
    row(clamped, -1.3, 0.0, 2.0),
    row(clamped, 2.3, 0.0, 2.0),
    row(passes, 1.3),
    row(passes, -1.3),
    row(condition_reads_what_the_branch_writes, 0.6),
    row(condition_reads_what_the_branch_writes, 1.2),
    row(condition_reads_what_the_branch_writes, 1.7),
)
