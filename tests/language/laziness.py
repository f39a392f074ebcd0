"""What runs later than it is made: filter, map and generator expressions, any and all that stop."""

from __future__ import annotations

import numpy as np

from tests.language.rows import refused, row

V = np.array([1.1, -0.4, 0.8])
X = 1.3


def filter_made_before_an_append(x):
    xs = [x, 2 * x, -x]
    positive = filter(lambda v: v > 0, xs)
    xs.append(3.0 * x)
    return sum(positive)


def filter_that_writes(x):
    log = []

    def noted(v):
        log.append(v)
        return v

    total = 0.0
    for v in filter(noted, [x, 2 * x, 3 * x]):
        total += v * len(log)
    return total


def filter_by_what_the_body_writes(x):
    limits = [0.0]
    total = 0.0
    for v in filter(lambda v: v > limits[-1], x):
        limits.append(v)
        total = total * 0.5 + v
    return total + len(limits)


def filter_of_a_run_time_list_that_grows(x):
    items = [v * 0.9 for v in x]
    total = 0.0
    for v in filter(lambda v: v < 2.0, items):
        if len(items) < 7:
            items.append(v * 1.5 + x[0])
        total = 0.7 * total + v
    return total


def filter_left_early(x):
    total = x[1]
    for v in filter(lambda v: v > 0.5, x):
        total = total * v
        if total < -0.3:
            break
    else:
        total = 2.0 * total
    return total


def filter_gathered(x):
    ys = [v * v for v in filter(lambda v: v > 0.0, x)]
    return sum(ys) + len(ys) * x[1]


def filter_gathered_and_written(x):
    kept = x * 1.0

    def taken(v):
        kept[1] += v
        return v * kept[0]

    ys = [taken(v) for v in filter(lambda v: v > kept[1], kept)]
    return sum(ys) + kept[1]


def filter_of_truth(x):
    return sum(v * x[0] for v in filter(None, [1.0, 0.0, x[2], 0, 2.0]))


def filter_of_a_filter(x):
    inner = filter(lambda v: v > -1.0, x)
    total = 0.0
    for v in filter(lambda v: v > 0.0, inner):
        total = total * 0.4 + v
    return total


def filter_of_a_map(x):
    log = [0.0]

    def squared(v):
        log.append(v)
        return v * v

    total = 0.0
    for v in filter(lambda v: v > 0.2, map(squared, x)):
        total = total * 0.4 + v * log[-1]
    return total


def filter_as_a_list(x):
    ys = list(filter(lambda v: v > 0.0, x))
    return np.sum(np.array(ys) ** 2) + ys[-1]


def filter_numbered(x):
    total = 0.0
    for k, v in enumerate(filter(lambda v: v > 0.0, x)):
        total += (k + 1) * v
    return total


def filter_numbered_and_written(x):
    ys = [x[0] * 2.0, x[1], x[2]]
    total = 0.0
    for k, v in enumerate(filter(lambda v: v > 0.0, ys)):
        ys[k] = -1.0
        total += (k + 1) * v
    return total


def any_stops_a_map(x):
    log = []

    def noted(v):
        log.append(v)
        return v

    found = any(v > 1 for v in map(noted, [x, 2 * x, 3 * x]))
    return sum(log) * found


def all_stops_in_an_inner_loop(x):
    seen = [0.0]

    def noted(v):
        seen.append(v)
        return v

    surely = all(noted(a * b) > 0.0 for a in x for b in x)
    return sum(seen) + surely


def in_map_that_writes(x):
    log = []

    def noted(v):
        log.append(v)
        return v

    found = 2 * x in map(noted, [x, 2 * x, 3 * x])
    return sum(log) * found


def in_map(x):
    return x * 2.0 if 2 * x in map(lambda v: 2 * v, [x, 2 * x]) else x


class Twice:
    """It goes through what it is given, as a function does."""

    def __init__(self, values):
        self.total = sum(values)


class TwiceOver(Twice):
    """It goes through it again, when nothing is left."""

    def __init__(self, values):
        self.total = sum(values) + 2.0 * sum(values)


def generator_for_a_class(x):
    return Twice(v * v for v in x).total


def generator_used_twice_by_a_class(x):
    return TwiceOver(v * v for v in x).total


def generator_used_after_an_append(x):
    xs = [x, 2 * x]

    def use(values):
        xs.append(5 * x)
        return sum(values)

    return use(v for v in xs)


def generator_that_writes(x):
    log = []

    def noted(v):
        log.append(v)
        return v

    def use(values):
        total = 0.0
        for v in values:
            total += v * len(log)
        return total

    return use(noted(v) for v in [x, 2 * x])


def generator_that_writes_for_sum(x):
    log = []

    def noted(v):
        log.append(v)
        return v

    return sum(noted(v) * v for v in [x, 2 * x]) + len(log) * log[0]


def generator_numbered_over_a_list_that_grows(x):
    xs = [x, 2 * x]
    total = 0.0
    for k, v in enumerate(w * x for w in xs):
        if k == 0:
            xs.append(3 * x)
        total += v * k
    return total


def generator_numbered_over_an_array_that_is_written(x):
    kept = x * 2.0
    total = 0.0
    for k, v in enumerate(w * x[0] for w in kept):
        kept[1] = 7.0 * x[2]
        total += v * (k + 1)
    return total


def generator_numbered(x):
    total = 0.0
    for k, v in enumerate(w * x[0] for w in x if w > 0.0):
        total = 0.5 * total + x[k] * v
    return total


def generator_with_a_nonlocal(x):
    c = 1.0

    def use(values):
        nonlocal c
        c = 5.0
        return sum(values)

    return use(c * v for v in [x, 2 * x])


def generator_gathered_by_a_function(x):
    def use(values):
        out = []
        for v in values:
            out.append(v * 2.0)
        return out

    return sum(use(v * v for v in x if v > 0.0))


def limit_of_each_round(x):
    total = 0.0
    for k in range(3):
        limits = [x[0] * k]
        for v in filter(lambda w: w > limits[0], x):
            total += v * k
        limits = [5.0]
    return total + limits[0]


def limit_assigned_behind(x):
    c = 0.5
    total = sum(v for v in filter(lambda w: w > c, x))
    c = 9.0
    return total * c


def factor_assigned_behind(x):
    c = 2.0
    ys = [v * x[0] for v in map(lambda w: w * c, x)]
    c = 9.0
    return sum(ys) * c


def factor_by_a_nonlocal(x):
    c = 2.0

    def more():
        nonlocal c
        c += x[0]

    total = 0.0
    for v in map(lambda w: w * c, x):
        more()
        total += v
    return total


def limit_assigned_in_the_loop(x):
    c, total = 0.5, 0.0
    for v in filter(lambda w: w > c, x):
        c = c + v
        total += v
    return total


def factor_assigned_in_the_comprehension(x):
    c = 2.0
    return sum([(c := c + v) for v in map(lambda w: w * c, x)])


ROWS = [
    *(
        row(f, X)
        for f in (filter_made_before_an_append, filter_that_writes, any_stops_a_map, in_map)
    ),
    row(generator_that_writes_for_sum, X),
    *(
        row(f, V)
        for f in (
            filter_by_what_the_body_writes,
            filter_of_a_run_time_list_that_grows,
            filter_left_early,
            filter_gathered,
            filter_gathered_and_written,
            filter_of_truth,
            filter_of_a_filter,
            filter_of_a_map,
            filter_as_a_list,
            filter_numbered,
            all_stops_in_an_inner_loop,
            generator_for_a_class,
            generator_numbered,
            generator_gathered_by_a_function,
            limit_of_each_round,
            limit_assigned_behind,
            factor_assigned_behind,
            factor_by_a_nonlocal,
        )
    ),
]
REFUSED = [
    refused("SD124", limit_assigned_in_the_loop, V),
    refused("SD124", factor_assigned_in_the_comprehension, V),
    refused("SD369", generator_used_twice_by_a_class, V),
    refused("SD370", filter_numbered_and_written, V),
    refused("SD370", in_map_that_writes, X),
    refused("SD370", generator_used_after_an_append, X),
    refused("SD370", generator_that_writes, X),
    refused("SD370", generator_numbered_over_a_list_that_grows, X),
    refused("SD370", generator_numbered_over_an_array_that_is_written, V),
    refused("SD370", generator_with_a_nonlocal, X),
]
