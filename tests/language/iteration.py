"""What a loop runs over is looked up when a round begins: the rounds before may have changed it."""

from __future__ import annotations

import numpy as np

from tests.language.rows import refused, row

V = np.array([0.7, -0.4, 1.3])
A = np.array([[1.3949, -0.3245, 0.5619], [0.19, 0.8053, 0.2405]])


def list_entry_set(x):
    rows = [x * 1.0, x * 2.0]
    t = 0.0
    for r in rows:
        rows[1] = x * 5.0
        t += np.sum(r)
    return t


def enumerated_entry_set(x):
    rows = [x[0] * 1.0, x[1] * 2.0]
    t = 0.0
    for k, r in enumerate(rows):
        rows[1] = x[0] * 5.0
        t += r * (k + 1)
    return t


def map_reads_what_is_written(x):
    B = x * 1.0

    def f(k):
        return B[k]

    t = 0.0
    for v in map(f, (0, 1)):
        B[1] = 9.0 * x[0]
        t += v
    return t


def list_grows(x):
    rows = [x[0] * 1.0, x[1] * 2.0]
    t = 0.0
    for v in rows:
        if len(rows) < 4:
            rows.append(v * 3)
        t += v
    return t


def values_set(x):
    d = {"a": x[0] * 1.0, "b": x[1] * 1.0}
    t = 0.0
    for v in d.values():
        d["b"] = d["a"] * 7
        t += v
    return t


def items_set(x):
    d = {"a": x[0] * 1.0, "b": x[1] * 1.0}
    t = 0.0
    for k, v in d.items():
        d["b"] = d["a"] * 7
        t += v
    return t


def reversed_entry_set(x):
    rows = [x[0] * 1.0, x[1] * 2.0]
    t = 0.0
    for v in reversed(rows):
        rows[0] = x[1] * 11
        t += v
    return t


def rows_beside_a_tuple(x):
    B = np.stack([x, 2 * x])
    t = 0.0
    for a, line in zip((1.0, 2.0), B):
        B[1] *= 3.0
        line += 1.0
        t += np.sum(line) * a
    return t + np.sum(B**2)


def list_shrinks(x):
    rows = [x[0] * 1.0, x[1] * 2.0, x[1] * 4.0]
    t = 0.0
    for v in rows:
        t += v
        if len(rows) > 2:
            rows.pop()
    return t


def zip_with_its_own_reverse(x):
    rows = [x[0] * 1.0, x[1] * 2.0, x[1] * 4.0]
    t = 0.0
    for a, v in zip(rows, rows[::-1]):
        rows[1] = 5.0 * x[0]
        t += a * v
    return t


def zip_made_before_a_write(x):
    B = x * 1.0
    z = zip((1.0, 2.0), B[:2])
    B[1] = 4.0 * x[0]
    return sum(a * b for a, b in z)


def map_made_before_a_write(x):
    B = x * 1.0
    z = map(lambda k: B[k], (0, 1))
    B[1] = 4.0 * x[0]
    return sum(z)


def map_that_writes(x):
    B = x * 1.0

    def gen():
        B[0] = B[0] * 2
        return B[1]

    t = 0.0
    for v in map(lambda k: gen(), (0, 1, 2)):
        t += v * B[0]
    return t


def map_over_a_range(x):
    B = x * 1.0
    t = 0.0
    for v in map(lambda k: B[0] * k, range(3)):
        B[0] = B[0] * 2
        t += v
    return t


def list_set_in_an_inner_loop(x):
    rows = [x * 1.0, x * 2.0]
    t = 0.0
    for i in range(2):
        for r in rows:
            rows[1] = r * 5.0
            t += np.sum(r)
    return t


def views_of_a_dict(x):
    d = {"a": x[0] * 1.0, "b": x[1] * 1.0}
    vals = d.values()
    its = d.items()
    d["b"] = x[2] * 3
    d["c"] = x[1] * 11
    return sum(vals) + sum(v * 2 for k, v in its)


def zip_of_an_array_and_a_tuple(x):
    B = x[:3] * 1.0
    C = np.zeros(3)
    C[:] = B
    t = 0.0
    for k in range(3):
        for v, w in zip(C, (1.0, 2.0, 3.0)):
            C[k] = C[k] * v + w
            t += v
    return t


def array_scaled_in_its_loop(x):
    C = np.zeros(3)
    C[:] = x
    t = 0.0
    for v in C:
        C *= 2.0
        t += v
        C[1] = 3.0 * x[0]
    return t


def functions_beside_rows(x):
    C = np.zeros((2, 2))
    C[0] = x[:2]
    t = 0.0
    fs = [np.sin, np.cos]
    for f, line in zip(fs, C):
        C[1] = f(line) + C[0]
        t += np.sum(line)
    return t


def list_replaced(x):
    xs = [x[0], x[1]]
    for k in range(2):
        for v in xs:
            xs = xs + [v]
    return sum(xs)


def slice_assigned(x):
    xs = [x[0], x[1]]
    t = 0.0
    for v in xs:
        xs[:] = [v * 2, v * 3, v * 4] if len(xs) == 2 else [v, v, v]
        t += v
    return t


def unpacked_map_that_pops(x):
    xs = [x[0], x[1], x[2]]
    a, *b = map(lambda v: xs.pop() * v, (1.0, 2.0, 3.0))
    return a + sum(b)


def target_is_an_entry(x):
    xs = [x[0], x[1], x[2]]
    for k, xs[k] in enumerate((xs[1], xs[2], xs[0])):  # noqa: B020
        pass
    return xs[0] * xs[1] + xs[2]


def run_time_list_set(x):
    out = []
    for v in x:
        out.append(v)
    t = 0.0
    for v in out:
        out[1] = x[2] * 3
        t += v
    return t


def run_time_list_beside_a_tuple(x):
    out = []
    for v in x:
        out.append(v)
    t = 0.0
    for v, w in zip(out, (1.0, 2.0, 3.0)):
        out[1] = x[2] * 3
        t += v * w
    return t


def tuple_of_written_arrays(x):
    a = x * 1.0
    b = x * 2.0
    t = 0.0
    for r in (a, b):
        b[0] = 7.0 * x[1]
        a = a + 1
        t += np.sum(r)
    return t


def reversed_beside_a_tuple(x):
    B = x * 1.0
    t = 0.0
    for a, v in zip((1.0, 2.0), reversed(B[:2])):
        B[0] = 9.0 * x[0]
        t += v * a
    return t


def enumerated_zip(x):
    B = x * 1.0
    t = 0.0
    for k, (a, v) in enumerate(zip((1.0, 2.0), B[:2])):
        B[1] = 9.0 * x[0]
        t += v * a
    return t


def zip_twice(x):
    z = zip((1.0, 2.0), x)
    t = 0.0
    for a, v in z:
        t += a * v
    for a, v in z:
        t += a * v
    return t


def enumerate_twice(x):
    z = enumerate(x)
    t = 0.0
    for a, v in z:
        t += a * v
    for a, v in z:
        t += a * v
    return t


def map_twice(x):
    z = map(lambda v: v * v, x)
    t = 0.0
    for v in z:
        t += v
    for v in z:
        t += v
    return t


def map_summed_twice(x):
    z = map(lambda v: v * v, x)
    return sum(z) + sum(list(z))


def reversed_twice(x):
    z = reversed(x)
    w = z
    t = 0.0
    for v in z:
        t = v + 2 * t
        if t > 0.5:
            break
    for v in w:
        t = v + 3 * t
    return t


def zip_twice_in_sums(x):
    z = zip(x, x[1:])
    return sum(a * b for a, b in z) + sum(a for a, b in z)


def zip_unpacked_and_counted(x):
    z = zip((x[0], x[1]), (3.0, 4.0))
    a, b = z
    return a[0] * b[1] + len(list(z))


def dict_grows(x):
    d = {"a": x[0] * 1.0, "b": x[1] * 1.0}
    t = 0.0
    for k in d:
        d["c"] = x[2]
        t += d[k]
    return t


def list_set_beside_an_array(x):
    out = [x[0], x[1]]
    t = 0.0
    for v, w in zip(out, x):
        out[1] = x[2] * 3
        t += v * w
    return t


def list_removes_from_itself(x):
    rows = [x[0] * 1.0, x[1] * 2.0, x[1] * 4.0]
    t = 0.0
    for v in rows:
        rows.remove(v) if v == rows[0] else None
        t += v
    return t


def view_beside_a_tuple(A):
    """The last item is that of the last round."""
    B = A[[1, 1]]
    for b, a in zip((1.5, 1.2), B[:2, 1]):
        B -= 0.5
    return a * b


def used_up_in_a_loop(x, n):
    pairs = zip((1.0, 2.0), (x[0], x[1]))
    total = 0.0
    for _ in range(n):
        for a, b in pairs:
            total += a * b
    return total


def used_up_on_one_side(x):
    pairs = zip((1.0, 2.0), (x[0], x[1]))
    total = 0.0
    if x[2] > 0.0:
        total = sum(a * b for a, b in pairs)
    return total + sum(a for a, b in pairs)


def used_up_by_a_callee(x):
    def whole(pairs):
        return sum(a * b for a, b in pairs)

    pairs = zip((1.0, 2.0), (x[0], x[1]))
    return whole(pairs) + whole(pairs)


def one_of_two(x):
    first, second = zip((1.0, 2.0), x[:2]), zip((3.0, 4.0), x[1:])
    pairs = first if x[2] > 0.0 else second
    return sum(a * b for a, b in pairs) + sum(a * b for a, b in first)


def reversed_zip(x):
    return sum(a * b for a, b in reversed(zip((1.0, 2.0), x[:2])))


def made_in_each_round(x, n):
    total = 0.0
    for k in range(n):
        for a, b in zip((1.0, 2.0), (x[0], x[1])):
            total += a * b**k
    return total


def any_that_writes(x):
    """Nothing is evaluated behind the item that decides."""
    B = x * 1.0

    def hit(k):
        B[k] *= 2.0
        return B[k] > 0.0

    found = any(hit(k) for k in range(3))
    return np.sum(B) * (2.0 if found else 1.0)


def all_that_writes(x):
    B = x * 1.0

    def hit(k):
        B[k] *= 2.0
        return B[k] > 0.0

    found = all(hit(k) for k in (0, 1, 2) if k < 2)
    return np.sum(B) * (2.0 if found else 1.0)


def any_that_would_raise(x):
    found = any(1.0 / (b - a) < 0.0 for a in (1.0, 2.0) for b in (0.0, a))
    return x[0] * 2.0 if found else x[1]


def any_and_all_of_arrays(x):
    some = any(a * b > 0.0 for a in x for b in x if a > b)
    return x[0] * some + x[1] * all(v > -5.0 for v in x)


def generator_for_a_function(x):
    def horner(values):
        total = 0.0
        for v in values:
            total = total * 0.5 + v
        return total

    return horner(v * v for v in x if v > 0.0)


def generator_used_twice(x):
    def twice(values):
        return sum(values) + 2.0 * sum(values)

    return twice(v * v for v in x)


def filtered_twice(x):
    positive = filter(lambda v: v > 0.0, x)
    return sum(positive) + 2.0 * sum(positive)


def flat_twice(x):
    entries = (x * 2.0).flat
    return sum(entries) + sum(entries)


def flat_for_each(x):
    total = sum(x.flat)
    for v in x.flat:
        total = total * 0.5 + v
    return total + sum(filter(lambda v: v > 0.0, x))


ROWS = [
    *(
        row(f, V)
        for f in (
            list_entry_set,
            enumerated_entry_set,
            map_reads_what_is_written,
            list_grows,
            values_set,
            items_set,
            reversed_entry_set,
            rows_beside_a_tuple,
            list_shrinks,
            list_set_beside_an_array,
            list_removes_from_itself,
            zip_with_its_own_reverse,
            zip_made_before_a_write,
            map_made_before_a_write,
            map_that_writes,
            map_over_a_range,
            list_set_in_an_inner_loop,
            views_of_a_dict,
            zip_of_an_array_and_a_tuple,
            array_scaled_in_its_loop,
            functions_beside_rows,
            list_replaced,
            slice_assigned,
            unpacked_map_that_pops,
            target_is_an_entry,
            run_time_list_set,
            run_time_list_beside_a_tuple,
            tuple_of_written_arrays,
            reversed_beside_a_tuple,
            enumerated_zip,
        )
    ),
    row(view_beside_a_tuple, A),
    row(any_that_writes, V),
    row(flat_for_each, V),
    row(all_that_writes, V),
    row(any_that_would_raise, V),
    row(any_and_all_of_arrays, V),
    row(generator_for_a_function, V),
    row(made_in_each_round, V, 3),
]
REFUSED = [
    refused("SD369", zip_twice, V),
    refused("SD369", enumerate_twice, V),
    refused("SD369", map_twice, V),
    refused("SD369", map_summed_twice, V),
    refused("SD369", reversed_twice, V),
    refused("SD369", zip_twice_in_sums, V),
    refused("SD369", zip_unpacked_and_counted, V),
    refused("SD369", used_up_in_a_loop, V, 3),
    refused("SD369", used_up_on_one_side, V),
    refused("SD369", used_up_by_a_callee, V),
    refused("SD369", one_of_two, V),
    refused("SD369", generator_used_twice, V),
    refused("SD369", filtered_twice, V),
    refused("SD369", flat_twice, V),
]
# What Python raises for as well.
RAISING = [refused("SD362", dict_grows, V), refused("SD307", reversed_zip, V)]
