"""Loops over lists that the body makes longer or shorter: Python asks before each round for one more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.language.rows import raising, refused, row

V = np.array([1.1, -0.4, 0.8])
X = 1.3


def popped_each_round(x):
    items = [x * 0.9 * k for k in range(4)]
    total = 0.0
    for k, e in enumerate(items, 2):
        total += e * k
        items.pop()
    return total + sum(items)


def inserted_in_front(x):
    items = [x * 0.9 * k for k in range(4)]
    total = 0.0
    for k, e in enumerate(items):
        if len(items) < 7:
            items.insert(0, e * x + 1.0)
        total = total * 0.5 + e * k
    return total + sum(items)


def popped_while_backward(x):
    items = [x * 0.9 * k for k in range(4)]
    total = 0.0
    for e in reversed(items):
        items.pop()
        total = total * 0.5 + e
    return total


def popped_twice_while_backward(x):
    items = [x * 0.9 * k for k in range(5)]
    total = 0.0
    for e in reversed(items):
        items.pop()
        items.pop()
        total = total * 0.5 + e
    return total + sum(items)


def appended_while_backward(x):
    items = [x * 0.9 * k for k in range(4)]
    total = 0.0
    for e in reversed(items):
        items.append(e * x)
        total = total * 0.5 + e
    return total + sum(items)


def reversed_then_appended(x):
    items = [x * k for k in range(3)]
    backward = reversed(items)
    items.append(5 * x)
    total = 0.0
    for v in backward:
        total = total * 2 + v
    return total


def reversed_then_popped(x):
    items = [x * (k + 1) for k in range(3)]
    backward = reversed(items)
    items.pop()
    total = 1.0
    for v in backward:
        total = total * 2 + v
    return total * x


def known_reversed_then_appended(x):
    items = [x, 2 * x]
    backward = reversed(items)
    items.append(5 * x)
    total = 0.0
    for v in backward:
        total = total * 2 + v
    return total


def known_reversed_then_popped(x):
    items = [x, 2 * x, 3 * x]
    backward = reversed(items)
    items.pop()
    return sum(backward) + x * x


def zip_beside_a_growing_list(x):
    items = [x * 0.9 * k for k in range(4)]
    total = 0.0
    for e, (j, f) in zip(items, enumerate([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])):
        if total < 3.0:
            items.append(e * f * x)
        total = total * 0.5 + e + j
    return total + len(items)


def zip_with_a_longer_list(x):
    items = [x * 0.5 for k in range(1)]
    total = 0.0
    for e, w in zip(items, [0.3, x, 2 * x]):
        total = 0.7 * total + e * w
        if len(items) < 2:
            items.append(e * x)
    return total + sum(items)


def enumerated_zip_with_a_longer_list(x):
    items = [x * 0.5 for k in range(1)]
    total = 0.0
    for k, (w, (e, v)) in enumerate(zip((0.3, x, 2 * x), zip(items, items))):
        total = 0.7 * total + e * w + k * v
        items.append(v * x)
    return total + sum(items)


def map_beside_a_longer_list(x):
    items = [x * 0.5 for k in range(1)]

    def grown(v, w):
        items.append(v * w)
        return v + w

    return sum(list(map(grown, items, [0.3, x, 2 * x]))) + sum(items)


def one_that_becomes_two(x):
    items = [x * 0.5 for k in range(1)]
    total = 0.0
    for e in items:
        total += e
        if len(items) < 2:
            items.append(e * x)
    return total


def numbers_beside_an_array(x):
    items = [x[0], x[1]]
    total = 0.0
    for e, w in zip(items, x):
        total = 0.7 * total + e * w
        if len(items) < 3:
            items.append(e * w)
    return total


def zip_with_itself(x):
    items = [v * v for v in x]
    total = 0.0
    for a, b, w in zip(items, reversed(items), x):
        items.append(a * w)
        total = total * 0.3 + a * b
    return total + sum(items)


def map_that_leaves(x):
    items = [x[k] for k in range(len(x))]
    total = 0.0
    for e in map(lambda v: v * v, items):
        if e > 1.0 and len(items) < 12:
            items.append(e * 0.3)
            continue
        if e > 5.0:
            break
        total = total * 0.5 + e
    else:
        total = total * 2
    return total + sum(items)


def rows_known_while_compiling(x):
    rows = [x * 1.0, x * 2.0]
    total = 0.0
    for r in rows:
        if len(rows) < 5:
            rows.append(r * r)
        total += r.sum()
    return total


def rows_that_grow(x):
    rows = [x * k for k in range(len(x))]
    total = 0.0
    for r in rows:
        if r.sum() < 4.0:
            rows.append(r + x)
        total += (r * r).sum()
    return total


def by_a_test_of_values(x):
    xs = [x, 2 * x]
    total = 0.0
    for v in xs:
        if v < 10.0:
            xs.append(v * x)
        total = total * 0.7 + v
    return total


def breadth_first(x):
    queue = [(x, 0)]
    total = 0.0
    for v, depth in queue:
        if depth < 3:
            queue.append((v * 0.5, depth + 1))
            queue.append((np.sin(v), depth + 1))
        total += v * v
    return total


def adaptive_halving(x):
    """Intervals are halved until they are short: a quadrature as people write it."""
    lows, highs = [0.0], [x]
    total = 0.0
    for a, b in zip(lows, highs):
        middle = 0.5 * (a + b)
        if b - a > 0.3:
            lows += [a, middle]
            highs += [middle, b]
        else:
            total += np.sin(middle) * (b - a)
    return total


def loop_in_loop(x):
    queue = [x]
    for v in queue:
        for w in queue:
            if len(queue) < 6:
                queue.append(w * 0.5 + v)
    return sum(queue)


def removes_itself(x):
    queue = [v for v in x]
    for v in queue:
        queue.remove(v)
    return sum(queue) + x[0]


def removes_some(x):
    queue = [v for v in x]
    total = 0.0
    for v in queue:
        if v > 0:
            queue.remove(v)
        total = total * 0.7 + v
    return total + sum(queue)


def pops_in_an_inner_loop(x):
    queue = [v * v for v in x]
    total = 0.0
    for v in queue:
        for w in reversed(queue):
            if w > v and len(queue) > 1:
                total += queue.pop()
        total += v
    return total


def returns_from_within(x):
    queue = [x * 0.1]
    for k, v in enumerate(queue):
        if v > 2.0:
            return v * k
        queue.append(v * 1.7)
    return x


def through_another_name(x):
    queue = [v * 2.0 for v in x]
    other = queue
    total = 0.0
    for v in queue:
        if len(other) < 6:
            other.append(v * x[0])
        total = 0.5 * total + v
    return total


def by_a_function(x):
    def follow(queue, v):
        if abs(v) > 0.2:
            queue.append(v * 0.6)

    queue = [v for v in x]
    total = 0.0
    for v in queue:
        follow(queue, v)
        total += np.cos(v)
    return total


def list_passed_in(xs):
    total = 0.0
    for v in xs:
        if len(xs) < 6:
            xs.append(v * v)
        total = 0.5 * total + v
    return total


@dataclass
class Front:
    """What is still to be done."""

    left: list[Any] = field(default_factory=list)

    def spread(self, v):
        if v > 0.5:
            self.left.append(v * 0.8)


def attribute_grows(x):
    front = Front([x, x * 0.9])
    total = 0.0
    for v in front.left:
        front.spread(v)
        total = 0.9 * total + v
    return total


def emptied_in_the_first_round(x):
    items = [v for v in x]
    total = 0.0
    for v in items:
        total += v
        items.clear()
    return total


def none_at_all(x):
    items = [v for v in x if v > 10.0]
    total = x[0]
    for v in items:
        items.append(v)
        total += v
    return total


def variable_left_over(x):
    items = [v for v in x]
    for k, v in enumerate(items):
        if k < 4:
            items.append(v * x[1])
    return v * k


def divides_by_what_is_left(x):
    items = [v for v in x]
    total = 0.0
    for v in items:
        items.pop()
        total += v / len(items[:1])
        if len(items) < 2:
            total += items[1]
    return total


def zip_map_that_writes(x):
    log = []

    def noted(v):
        log.append(v)
        return v

    for _ in zip(map(noted, [x[0], 2 * x[1], 3 * x[2]]), [1.0]):
        pass
    return sum(log)


def zip_map_that_writes_last(x):
    kept = x * 1.0

    def noted(v):
        kept[0] = kept[0] * 0.5 + v
        return v * kept[0]

    total = 0.0
    for a, b in zip(x[:2], map(noted, x)):
        total += a * b
    return total + kept[0]


def zip_map_that_may_write_once_more(x):
    log = x * 0.0

    def noted(v):
        log[0] += v
        return v

    for _ in zip(map(noted, x), x[:1]):
        pass
    return log[0]


def gathered_while_it_grows(x):
    items = [v for v in x]

    def taken(v):
        if len(items) < 5:
            items.append(v)
        return v

    return sum([taken(v) for v in items])


ROWS = [
    *(
        row(f, X)
        for f in (
            popped_each_round,
            inserted_in_front,
            popped_while_backward,
            popped_twice_while_backward,
            appended_while_backward,
            reversed_then_appended,
            reversed_then_popped,
            known_reversed_then_appended,
            known_reversed_then_popped,
            zip_beside_a_growing_list,
            zip_with_a_longer_list,
            enumerated_zip_with_a_longer_list,
            one_that_becomes_two,
            by_a_test_of_values,
            breadth_first,
            adaptive_halving,
            returns_from_within,
            attribute_grows,
        )
    ),
    *(
        row(f, V)
        for f in (
            zip_with_itself,
            numbers_beside_an_array,
            map_that_leaves,
            rows_known_while_compiling,
            rows_that_grow,
            removes_itself,
            removes_some,
            pops_in_an_inner_loop,
            through_another_name,
            by_a_function,
            emptied_in_the_first_round,
            none_at_all,
            variable_left_over,
            zip_map_that_writes,
            zip_map_that_writes_last,
        )
    ),
    row(list_passed_in, [0.7, -0.3]),
    row(loop_in_loop, 1.25),  # sums that no rounding touches: newer Pythons round less in sum()
    raising(IndexError, divides_by_what_is_left, V),
]
REFUSED = [
    refused("SD363", zip_map_that_may_write_once_more, V),
    refused("SD362", gathered_while_it_grows, V),
    refused("SD362", map_beside_a_longer_list, X),
]
