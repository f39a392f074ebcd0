"""Writes into entries of lists whose length only the run knows."""

from __future__ import annotations

import numpy as np

from tests.language.rows import raising, row

V = np.array([0.7, -1.2, 0.4, 0.9])
W = np.array([0.3, 0.5])
A = np.array([[0.4, -0.3, 0.7], [0.2, 0.5, -0.6], [-0.1, 0.8, 0.3]])


def grow_write_member(x):
    out = []
    for line in x:
        out.append(line * 1.0)
    out[1][0] = 3.0 * out[2][1]
    return np.sum(np.array(out) ** 2)


def rl_last_written(x):
    out = []
    for line in x:
        out.append(line * 2.0)
        out[-1][0] = line[1] ** 2
    return np.sum(np.array(out) ** 2)


def rl_of_lists_written(x):
    out = []
    for e in x:
        out.append([e, e * 2])
    for p in out:
        p[0] = p[1] ** 2
    return sum([p[0] * p[1] for p in out])


def list2d_n(x, n):
    M = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            M[i][j] = x[i] * x[j]
    M[0][0] = M[1][1] * 2
    return sum(M[0]) + sum([r[1] for r in M])


def _grown(x, n):
    rows = []
    for k in range(n):
        rows.append(x * (k + 1.0))
    return rows


def every_entry_in_place(x, n):
    params = _grown(x, n)
    for p in params:
        p -= 0.1 * x**2
    return sum([np.sum(p**3) for p in params])


def entries_by_number(x, n):
    params = [x * (k + 1.0) for k in range(n)]
    for k in range(n):
        params[k] -= 0.1 * x
        params[k][0] = params[k - 1][1] * x[0]
    return sum([np.sum(p**2) for p in params])


def entries_assigned_while_they_are_read(x, n):
    params = [x * (k + 1.0) for k in range(n)]
    for k, p in enumerate(params):
        p[0] = x[1] ** 2
        params[k] = p * x[0]
    return sum([np.sum(p**2) for p in params])


def entry_under_a_name(x, n):
    rows = _grown(x, n)
    first, last = rows[0], rows[-1]
    first[0] = last[1] ** 2
    rows[0][1] *= 3.0
    last += first
    return np.sum(first**2) * np.sum(last) + np.sum(rows[1] * rows[-1])


def entry_taken_before_another_comes_in(x, n):
    """What was taken stays what it was, whatever the list gets."""
    rows = _grown(x, n)
    held = rows[0]
    rows[0] = x * x
    total = np.sum(held**2)
    last = rows[-1]
    rows.append(last * 2.0)
    return total + np.sum(last**3) + sum([np.sum(r) for r in rows])


def entry_popped_and_changed(x, n):
    rows = _grown(x, n)
    rows[-1][0] = x[1] ** 2
    last = rows.pop()
    total = np.sum(last**2)
    rows[-1][0] = x[1] ** 2
    return total + np.sum(rows[-1] ** 3)


def entry_replaced_on_one_side(x, n):
    rows = _grown(x, n)
    held = rows[0]
    if x[0] > 0.2:
        rows[0] = x * 5.0
    return np.sum(held**2) + np.sum(rows[0] ** 3)


def entry_replaced_in_a_loop(x, n):
    rows = _grown(x, n)
    held = rows[0]
    for k in range(n):
        rows[k] = rows[k] * x[0]
    return np.sum(held**2) + np.sum(rows[0] ** 3)


def entries_that_change_places(x, n):
    rows = _grown(x, n)
    rows[0], rows[-1] = rows[-1], rows[0]
    return np.sum(rows[0] ** 2) + np.sum(rows[-1] ** 3)


def states_of_a_network(x, n):
    hs = [x * 1.0]
    for k in range(n):
        h = np.tanh(hs[-1] * x[0] + k)
        hs.append(h)
    for h in hs:
        h *= 0.5
    total = 0.0
    for k in range(n):
        hs[k][:] = hs[k] * hs[k + 1]
        total += np.sum(hs[k] ** 2)
    return total


def sometimes_appended(x, n):
    rows = _grown(x, 1)
    for k in range(n):
        if x[k] > 0.4:
            rows.append(x * rows[-1][0])
        rows[-1][1] = x[0] ** 2
    return sum([np.sum(r**2) for r in rows])


def _doubled(x):
    out = []
    for line in x:
        out.append(line * 2.0)
    return out


def grow_pop(x):
    out = _doubled(x)
    a = out.pop()
    out[0][1] = a[0]
    return np.sum(a) * np.sum(np.array(out) ** 2)


def popped_and_written(x):
    out = _doubled(x)
    a = out.pop()
    a[0] = a[1] * x[0, 0]
    a *= 2.0
    b = out.pop()
    b += a * out[0]
    return np.sum(a * b) * np.sum(np.array(out) ** 2)


def popped_and_the_rest_written(x, n):
    rows = _grown(x, n)
    last = rows.pop()
    rows[-1][0] = x[1] ** 2
    return np.sum(last**2)


def drained(x):
    out, total = _doubled(x), 0.0
    while out:
        a = out.pop()
        a[0] *= a[1]
        total += np.sum(a**2)
    return total


def a_stack(x, n):
    out = _doubled(x)
    for _ in range(n):
        a = out.pop()
        a *= x[0]
        a[1] = np.sum(out[0])
        out.append(a * 1.5)
    return np.sum(np.array(out) ** 2)


def grown(x, n):
    return [x[k % len(x)] * (k + 1.0) for k in range(n)]


def inserted(x, n):
    """In the middle of a list of run-time length."""
    xs = grown(x, n)
    xs.insert(0, x[1])
    xs.insert(2, 2.0 * x[0])
    xs.insert(-1, 3.0 * x[1])
    xs.insert(100, 4.0)
    return sum(k * v for k, v in enumerate(xs))


def inserted_where_the_run_says(x, n):
    xs = []
    for k in range(n):
        xs.insert(k // 2, x[k % 3] * (k + 1.0))
    return xs


def deleted(x, n):
    xs = grown(x, n)
    del xs[0]
    del xs[-1]
    del xs[1]
    del xs[-2]
    return sum(k * v for k, v in enumerate(xs)) + len(xs) * x[0]


def deleted_in_a_loop(x, n):
    xs = grown(x, n)
    total = 0.0
    for k in range(2):
        del xs[k]
        total += xs[k] * x[k]
    return total * len(xs)


def popped_from_the_front(x, n):
    """A queue: what comes in first goes out first, and something new comes in."""
    queue = grown(x, n)
    total = 0.0
    for k in range(2 * n):
        v = queue.pop(0)
        total = 0.5 * total + np.sin(v)
        if k % 2 == 0:
            queue.append(v * x[0])
    return total + len(queue)


def popped_at(x, n):
    xs = grown(x, n)
    a, b = xs.pop(1), xs.pop(-2)
    return a * b + sum(xs)


def spliced(x, n):
    xs = grown(x, n)
    xs[1:2] = [x[0], x[1], 5.0]
    xs[:1] = []
    xs[-1:] = grown(x, 2)
    xs[3:1] = [x[2]]
    xs[len(xs) :] = x[:2]
    return sum(k * v for k, v in enumerate(xs)) * len(xs)


def spliced_where_the_run_says(x, n):
    xs = grown(x, n)
    for k in range(2):
        xs[k : k + 2] = [xs[k] * xs[k + 1]]
    del xs[n - 4 :]
    return xs


def removed(x, n):
    xs = grown(x, n)
    xs.remove(xs[2])
    xs.remove(xs[-1])
    return sum(k * v for k, v in enumerate(xs))


def sorted_lists(x, n):
    xs = grown(x, n)
    xs.sort()
    ys = sorted(x, reverse=True)
    zs = sorted([x[0] * x[1], x[2], x[1]])
    ws = [x[2], x[0], x[1]]
    ws.sort(reverse=True)
    total = sum(k * v for k, v in enumerate(xs))
    return total + ys[0] * zs[0] + zs[2] * ws[1] ** 2


def of_python_floats(a, b, n):
    """Entries that are Python's floats stay so."""
    xs = [a * k for k in range(n)]
    xs.insert(1, b)
    xs.sort()
    return xs.pop(0) + 2.0 * xs.pop(1)


def another_name_sees_it(x, n):
    xs = grown(x, n)
    ys = xs
    ys.insert(1, x[0])
    del xs[0]
    return ys


def pops_what_is_not_there(x, n):
    return grown(x, n).pop(n)


def deletes_what_is_not_there(x, n):
    xs = grown(x, n)
    del xs[n]
    return sum(xs)


def removes_what_is_not_there(x, n):
    xs = grown(x, n)
    xs.remove(77.0)
    return sum(xs)


def rows_of(x, n):
    return [x * np.arange(1.0, 3.0) * k for k in range(n)]


def weighed(rows):
    total = 0.0
    for k, w in enumerate(rows):
        total += (k + 1) * np.sum(w * w)
    return total


def arrays_moved(x, n):
    q = rows_of(x, n)
    v = q.pop(0)
    q.insert(1, v * 2 + x)
    del q[0]
    return weighed(q)


def array_popped_and_put_back(x, n):
    q = rows_of(x, n)
    v = q.pop(1)
    v[0] = 7.0 * x[0]
    q[0][1] = 3.0 * x[1]
    v[1] = 5.0 * x[0]
    q.insert(0, v)
    return weighed(q)


def arrays_cut_and_scaled(x, n):
    q = rows_of(x, n)
    del q[1:3]
    q.insert(-1, x * np.ones(2))
    for w in q:
        w *= 2.0
    return weighed(q)


def array_popped_and_appended(x, n):
    q = rows_of(x, n)
    p = q.pop(-2)
    p[0] = 0.5 * x[0]
    q.append(p)
    return weighed(q)


def arrays_by_two_names(x, n):
    q = rows_of(x, n)
    r = q
    q.pop(0)[0] = 9.0 * x[0]
    r.insert(0, r.pop())
    del r[-1]
    return weighed(q)


def queue_of_arrays(x, n):
    q = [x * 1.0]
    total = 0.0
    while q and n > 0:
        v = q.pop(0)
        total += np.sum(v * v)
        n -= 1
        w = np.sin(v)
        q.append(v * 0.5)
        q.append(w)
    return total + weighed(q)


def known_list_popped_where_the_run_says(x, n):
    q = [x * 1.0, x * 2.0, x * 3.0]
    total = np.sum(q.pop(n - 4))
    return total * weighed(q)


def array_popped_that_is_not_there(x, n):
    q = rows_of(x, n)
    return np.sum(q.pop(n))


ROWS = (
    row(grow_pop, A),
    row(popped_and_written, A),
    row(drained, A),
    row(popped_and_the_rest_written, V, 3),
    row(a_stack, A, 4),
    row(a_stack, A, 0),
    row(grow_write_member, A),
    row(rl_last_written, A),
    row(rl_of_lists_written, V),
    row(list2d_n, V, 3),
    row(every_entry_in_place, W, 3),
    row(entries_by_number, W, 3),
    row(entries_assigned_while_they_are_read, W, 3),
    row(entry_under_a_name, W, 3),
    row(entry_taken_before_another_comes_in, W, 2),
    row(entry_popped_and_changed, W, 3),
    row(entry_replaced_on_one_side, W, 2),
    row(entry_replaced_on_one_side, W - 0.2, 2),
    row(entry_replaced_in_a_loop, W, 2),
    row(entries_that_change_places, W, 3),
    row(states_of_a_network, W, 3),
    row(sometimes_appended, W, 2),
    *(
        row(f, V, 5)
        for f in (
            inserted,
            inserted_where_the_run_says,
            deleted,
            deleted_in_a_loop,
            popped_from_the_front,
            popped_at,
            spliced,
            spliced_where_the_run_says,
            removed,
            sorted_lists,
            another_name_sees_it,
        )
    ),
    row(of_python_floats, 0.7, 1.1, 4),
    raising(IndexError, pops_what_is_not_there, V, 3),
    raising(IndexError, deletes_what_is_not_there, V, 3),
    raising(ValueError, removes_what_is_not_there, V, 3),
    *(
        row(f, W, 4)
        for f in (
            arrays_moved,
            array_popped_and_put_back,
            arrays_cut_and_scaled,
            array_popped_and_appended,
            arrays_by_two_names,
            queue_of_arrays,
            known_list_popped_where_the_run_says,
        )
    ),
    raising(IndexError, array_popped_that_is_not_there, W, 3),
)
