"""Programs that write and are refused: memory of which only the run knows, and what is missing.

Each has its code: one that comes to work belongs to the other tables.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.language.rows import refused
from tests.language.writes_lists import rows_of, weighed

V = np.array([0.7, -1.2, 0.4, 0.9])
A = np.array([[0.4, -0.3, 0.7], [0.2, 0.5, -0.6], [-0.1, 0.8, 0.3]])
WEIGHTS = np.arange(4.0)


def pop_of_what_was_taken(x):
    out = []
    for line in x:
        out.append(line * 2.0)
    b = out[-1]
    a = out.pop()
    a[0] = 5.0 * x[0, 0]
    return np.sum(a * b) + np.sum(out[0])


def pop_of_what_has_a_name(x):
    out = []
    for line in x:
        y = line * 2.0
        out.append(y)
    a = out.pop()
    a[0] = 5.0 * x[0, 0]
    return np.sum(a * y) + np.sum(out[0])


def popped_and_put_back(x):
    out = []
    for line in x:
        out.append(line * 2.0)
    a = out.pop()
    out.append(a)
    a[0] = 5.0 * x[0, 0]
    return np.sum(out[-1]) + np.sum(a)


def popped_and_put_back_by_another(x):
    out = []
    for line in x:
        out.append(line * 2.0)
    a = out.pop()
    other = [a]
    out.extend(other)
    a[0] = 5.0 * x[0, 0]
    return np.sum(out[-1]) + np.sum(a)


def popped_on_one_side(x, t):
    out = []
    for line in x:
        out.append(line * 2.0)
    a = x[1] * 3.0
    if t:
        a = out.pop()
    a[0] = a[1] * x[0, 0]
    return np.sum(a**2) + np.sum(out[0] * x[2])


def popped_from_a_copy(x):
    out = []
    for line in x:
        out.append(line * 2.0)
    other = out[:]
    a = out.pop()
    a[0] = 5.0 * x[0, 0]
    return np.sum(other[-1]) + np.sum(a)


def popped_and_kept_in_a_loop(x):
    out, b = [], x[0] * 1.0
    for line in x:
        out.append(line * 2.0)
    for _ in range(len(x)):
        a = out.pop()
        b[0] = a[1] ** 2
        out.append(a)
        b = a
    return np.sum(out[-1]) + np.sum(b)


def grow_view(x):
    out = []
    for line in x:
        out.append(line)
    x[0] = x[1] * x[2]
    return np.sum(np.array(out) ** 2)


def ix(x):
    x[np.ix_([0, 2], [1, 2])] *= x[1, 1]
    return np.sum(x**2)


def lambda_write(x):
    g = lambda a, i: a.__setitem__(i, a[i] ** 2)
    g(x, 0)
    return np.sum(x)


def rl_views_written_in_loop(x):
    out = []
    for line in x:
        line *= 2.0
        out.append(line)
    return np.sum(np.array(out) ** 2)


def rl_views_written_after(x):
    out = []
    for line in x:
        out.append(line)
    for r in out:
        r *= 2.0
    return np.sum(x**2)


def rl_written_before_loop_end(x):
    out = []
    for line in x:
        y = line * 2.0
        out.append(y)
        y[0] = 7.0 * y[1]
    return np.sum(np.array(out) ** 2)


def rl_entry_is_written(x, n):
    a = x[:2] * 1.0
    out = [x[2:] * 1.0 for _ in range(n)]
    out[1] = a
    a[0] = 5.0 * x[1]
    return np.sum(np.array(out) ** 2)


def rl_of_dicts(x):
    out = []
    for e in x:
        out.append({"a": e, "b": e * 2})
    return sum([p["a"] * p["b"] for p in out])


@dataclass
class St:
    x: np.ndarray
    t: float = 0.0

    def step(self, dt):
        self.x[1:] += dt * self.x[:-1]
        self.t += dt * self.x[0]

    def moved(self, dt):
        return St(self.x + dt, self.t * dt)


def dcls_list(x, n):
    ps = [St(x[i : i + 2] * 1.0, x[i]) for i in range(n)]
    ps[0].x[0] = ps[1].t
    ps[1].t = 3.0
    ps[2].x += ps[0].x
    return sum([np.sum(p.x) * p.t for p in ps])


def rot_views(x, n):
    a, b, c = (x[0], x[1], x[2])
    for i in range(n):
        a[0] = b[1] * c[2]
        b += a
        a, b, c = (b, c, a)
    return np.sum(a * b) + np.sum(c)


def row_ref_cond_write(x, n):
    best = x[0]
    for line in x:
        if line[0] > best[0]:
            best = line
    best[0] = 5.0 * best[1]
    return np.sum(best**2)


def rec_fill(a, i):
    if i < len(a):
        a[i] = a[i] * a[i - 1]
        rec_fill(a, i + 1)


def recursion_write(x):
    rec_fill(x, 1)
    return np.sum(x**2)


def rec_filled(a, n):
    if n == 0:
        return 0.0
    a[n] = 2.0 * a[n]
    return rec_filled(a, n - 1) + a[n]


def recursion_write_counted(x, n):
    return rec_filled(x, n) * np.sum(x)


def fact2(a, n):
    if n == 0:
        return a
    return fact2(a, n - 1)


def recursion_result_alias(x, n):
    y = fact2(x, n)
    y[0] = 3.0 * x[1]
    return np.sum(y**2) + np.sum(x)


def complex_arr(x):
    y = np.zeros(4, dtype=complex)
    y[:] = x
    y[0] = x[1] * 1j
    y *= 1 + 2j
    y.real[1] = x[2]
    y.imag += x
    z = y.imag
    z[0] = 2 * x[3]
    return np.sum(y.real**2) + np.sum(y.imag * x)


def real_set(x):
    y = x * (1 + 1j)
    y.real = x**2
    y.imag[:] = x
    return np.sum((y * y).real)


def diag_of(x):
    d = np.diag(x)
    x[0, 0] = 5.0 * x[1, 1]
    return np.sum(d**2)


def einsum_view(x):
    d = np.einsum("ii->i", x)
    d[0] = 3.0 * x[1, 1]
    return np.sum(d**2)


def nan_to_num(x):
    y = np.nan_to_num(x, copy=False)
    z = np.nan_to_num(x)
    z[0] = 1.0
    return np.sum(y**2) + np.sum(z)


def rot_views_again(x, n):
    M = np.zeros((2, 4))
    M[0] = x
    a = M[0]
    b = M[1]
    for i in range(n):
        b[:] = np.sin(a) + 0.1 * b
        a, b = (b, a)
    return np.sum(M[0]) * np.sum(M[1])


def del_items(x):
    l = [x[0], x[1], x[2], x[3]]
    del l[1]
    del l[-1]
    l[0] += l[1]
    l.remove(l[1])
    l.insert(1, x[3])
    l.extend((x[1], x[2]))
    l.clear if False else 0
    return l[0] * l[1] * l[2] + len(l)


class Node:
    def __init__(self, v, nxt=None):
        self.v = v
        self.nxt = nxt


def linked_known(x):
    c = Node(x[0])
    b = Node(x[1], c)
    a = Node(x[2], b)
    a.nxt.nxt.v = a.v * b.v
    c.v += 1.0
    b.nxt = Node(c.v, a)
    return a.nxt.nxt.v * c.v


def meshes(x):
    i, j = np.indices((3, 3))
    x[i, j] = x[j, i] * 2
    k = np.nonzero(x > 0.5)
    x[k] = 1.0
    x[np.where(x < 0)] *= -1
    x[np.tril_indices(3)] += x[0, 0]
    x[np.diag_indices(3)] = x[1, 0]
    return np.sum(x**2 * np.arange(3.0))


def mask_none(x):
    x[x > 100] = 5.0
    x[x > -100] = x[::-1]
    x[np.zeros(4, bool)] = x[:0]
    return np.sum(x**2 * WEIGHTS)


def contiguous_copy_or_not(x):
    y = np.ascontiguousarray(x)
    y[0] = 2.0
    return np.sum(x)


def view_of_bytes(x):
    y = x.view()
    y[0] = 2.0
    return np.sum(x)


def method_by_name(x):
    x.__setitem__(0, 3.0)
    return np.sum(x)


def sorted_kinds(x):
    found = [x[0], 1]
    found.sort()
    return found[0]


def repeated_values(x):
    np.place(x, x > 0.0, [1.0, 2.0])
    return np.sum(x)


def put_in_order_of_memory(x):
    np.put(x, [0, 4], 1.0)
    return np.sum(x)


def one_of_two_returned(x, n):
    y = np.zeros(4)
    for i in range(4):
        y[i] = x[i] ** 2
        if i == n:
            return y
        x[i] = y[i] * 2.0
    return x


def entry_from_before_a_loop(x, n):
    y = x * 2.0
    items = [y]
    for _ in range(n):
        items.append(x * 1.0)
    y[0] = 5.0 * x[1]
    return sum([np.sum(v**2) for v in items])


def entry_appended_in_a_branch(x, c):
    y = x * 2.0
    items = [x * 1.0]
    if c > 0:
        items.append(y)
    y[0] = 5.0 * x[1]
    return sum([np.sum(v**2) for v in items])


def entry_added_to_a_list(x, n):
    y = x * 2.0
    items = []
    for _ in range(n):
        items = items + [y]
    y[0] = 5.0 * x[1]
    return sum([np.sum(v**2) for v in items])


def entry_of_a_nested_comprehension(x, n):
    y = x * 2.0
    items = [v for _ in range(n) for v in [y]]
    y[0] = 5.0 * x[1]
    return sum([np.sum(v**2) for v in items])


def _grown(x, n):
    out = []
    for i in range(n):
        out.append(x * (i + 1.0))
    return out


def entries_of_two_lists(x, n):
    rows = _grown(x, n)
    same = [row for row in rows]
    rows[0][0] = 7.0 * x[1]
    return sum([np.sum(v**2) for v in same])


def entries_of_copies_of_a_list(x, n):
    rows = _grown(x, n)
    one, other = list(rows), rows[::-1]
    one[0][0] = 7.0 * x[1]
    return sum([np.sum(v**2) for v in other])


def entries_of_a_slice(x, n):
    rows = _grown(x, n)
    for row in rows[1:]:
        row *= 0.5
    return np.sum(rows[0])


def same_entry_twice(x, n):
    row = x * 2.0
    rows = []
    for _ in range(n):
        rows.append(row)
    rows[0][0] = 5.0 * x[1]
    return np.sum(rows[1])


def replaced_entry_written(x, n):
    rows = _grown(x, n)
    held = rows[0]
    rows[0] = x * 5.0
    held[0] = x[1] ** 2
    return np.sum(rows[0])


def early_return_of_either(x, n):
    return np.sum(one_of_two_returned(x, n))


def piece_that_goes_on(x):
    """A view of rank 0 is one of two numbers afterwards, and its array is written."""
    a = x[..., 0]
    if x[1] > 0.0:
        a = a * 2.0
    x[0] = 3.0
    return a * x[2]


def piece_that_goes_round(x, n):
    m = x[..., 0]
    for k in range(1, n):
        m = m * 0.5 + x[k]
        x[0] = m
    return m


def largest_piece(x):
    a = max(x[..., 0], -100.0)
    x[0] = 5.0 * x[1]
    return a * x[2]


def piece_in_a_dict(x, n):
    d = {"a": x[..., 0]}
    k = 0
    while k < n:
        d["a"] = x[..., k]
        k += 1
    x[3] = 3.0 * x[0]
    return d["a"] * x[1]


def piece_of_what_the_loop_writes(x, n):
    y = x * 1.0
    m = y[..., 0]
    for v in x:
        y[0] = m * v
        m = m + y[0]
    return m * x[1] * n


def piece_made_behind_the_write(x, n):
    y, m, total = x * 1.0, x[0] * 1.0, 0.0
    for k in range(n):
        y[0] = k * x[1]
        total += m * x[2]
        m = y[..., 0]
    return total


def pieces_in_a_list(x, n):
    m = []
    for k in range(n):
        m.append(x[..., k])
    x[1] = 3.0 * x[0]
    return sum(m)


def out_of_another_dtype(x):
    y = np.zeros(2, dtype=np.float32)
    np.sum(x, axis=0, out=y)
    return np.sum(y)


def out_of_concatenate(x):
    y = np.zeros(2 * len(x))
    np.concatenate((x, x), out=y)
    return np.sum(y)


def array_deleted_that_has_a_name(x, n):
    q = rows_of(x, n)
    r = q[1]
    del q[0]
    q[0][0] = 9.0 * x[0]
    return weighed(q) + np.sum(r)


def array_inserted_and_written(x, n):
    b = x * np.ones(2)
    q = rows_of(x, n)
    q.insert(2, b)
    b[0] = 3.0 * x[1]
    return weighed(q)


def array_in_two_places(x, n):
    q = rows_of(x, n)
    q.insert(1, q[2])
    q[1][0] = 5.0 * x[0]
    return weighed(q)


def list_of_entries_in_a_loop(x, n):
    """Round by round another list of the same array, of which there is a view."""
    items = rows_of(x, n)
    items[2][:] = 0.1 * x
    view = np.ravel(items[0])
    k = 0
    while k < 1:
        k += 1
        items = [1.5, items[0], 1.5]
        items[1] *= 1.5
    return np.sum(view)


def shorter_list_in_a_loop(x, n):
    items = rows_of(x, n)
    items[2][:] = 0.1 * x
    view, other = items[0][:], items
    for _ in range(n):
        other = [other[0]]
        other[0] *= 1.5
    return np.sum(view) + np.sum(items[0])


def one_of_two_lists(x, n):
    items = rows_of(x, n)
    items[2][:] = 0.1 * x
    other = items if x[0] > 0.5 else [items[0]]
    other[0] *= 1.5
    return np.sum(items[0])


def flat_of_a_part(x):
    x.flat[1:] = x[:-1]
    return np.sum(x * WEIGHTS)


def flat_of_itself(x):
    x.flat = x[::-1]
    return np.sum(x * WEIGHTS)


def flat_of_the_transposed(M):
    M.flat = M.T
    return np.sum(M[0] * M[1])


def flat_of_a_reshaped_part(x):
    x.reshape(2, 2).flat[1:3] = x[:2]
    return np.sum(x * WEIGHTS)


def array_of_a_loop_on_one_path(x, n):
    y = x * 1.0
    if n > 0:
        for _ in range(n):
            y[0] += 1.0
            y = y * 2.0
    y[:] = y * y
    return np.sum(y)


ROWS = (
    refused("SD361", list_of_entries_in_a_loop, A[0, :2].copy(), 4),
    refused("SD361", shorter_list_in_a_loop, A[0, :2].copy(), 4),
    refused("SD361", one_of_two_lists, A[0, :2].copy(), 4),
    refused("SD361", array_deleted_that_has_a_name, A[0, :2].copy(), 4),
    refused("SD361", array_inserted_and_written, A[0, :2].copy(), 4),
    refused("SD361", array_in_two_places, A[0, :2].copy(), 4),
    refused("SD365", out_of_another_dtype, A[:2, :2].copy()),
    refused("SD327", out_of_concatenate, V),
    refused("SD361", piece_that_goes_on, V),
    refused("SD361", piece_that_goes_round, V, 4),
    refused("SD361", largest_piece, V),
    refused("SD361", piece_in_a_dict, V, 4),
    refused("SD361", piece_of_what_the_loop_writes, V, 4),
    refused("SD361", pieces_in_a_list, V, 4),
    refused("SD361", piece_made_behind_the_write, V, 4),
    refused("SD361", pop_of_what_was_taken, A),
    refused("SD361", pop_of_what_has_a_name, A),
    refused("SD361", popped_and_put_back, A),
    refused("SD361", popped_and_put_back_by_another, A),
    refused("SD361", popped_from_a_copy, A),
    refused("SD361", popped_on_one_side, A, True),
    refused("SD361", popped_and_kept_in_a_loop, A),
    refused("SD361", grow_view, A),
    refused("SD202", ix, A),
    refused("SD315", lambda_write, V),
    refused("SD361", rl_views_written_in_loop, A),
    refused("SD361", rl_views_written_after, A),
    refused("SD361", rl_written_before_loop_end, A),
    refused("SD361", rl_entry_is_written, V, 3),
    refused("SD302", rl_of_dicts, V),
    refused("SD306", dcls_list, V, 3),
    refused("SD361", rot_views, A, 3),
    refused("SD361", row_ref_cond_write, A, 2),
    refused("SD332", recursion_write, V),
    refused("SD367", recursion_write_counted, V, 3),
    refused("SD361", recursion_result_alias, V, 3),
    refused("SD364", complex_arr, V),
    refused("SD364", real_set, V),
    refused("SD361", diag_of, A),
    refused("SD361", einsum_view, A),
    refused("SD361", nan_to_num, A),
    refused("SD361", rot_views_again, V, 5),
    refused("SD340", del_items, V),
    refused("SD364", linked_known, V),
    refused("SD202", meshes, A),
    refused("SD365", mask_none, V),
    refused("SD361", contiguous_copy_or_not, V),
    refused("SD202", view_of_bytes, V),
    refused("SD315", method_by_name, V),
    refused("SD340", sorted_kinds, V),
    refused("SD202", repeated_values, V),
    refused("SD351", put_in_order_of_memory, A),
    refused("SD361", entry_from_before_a_loop, V, 2),
    refused("SD361", entry_appended_in_a_branch, V, 1.0),
    refused("SD361", entry_added_to_a_list, V, 2),
    refused("SD361", entry_of_a_nested_comprehension, V, 2),
    refused("SD361", entries_of_two_lists, V, 2),
    refused("SD361", entries_of_copies_of_a_list, V, 2),
    refused("SD361", entries_of_a_slice, V, 3),
    refused("SD361", same_entry_twice, V, 3),
    refused("SD361", replaced_entry_written, V, 3),
    refused("SD361", early_return_of_either, V, 2),
    refused("SD365", flat_of_a_part, V),
    refused("SD365", flat_of_itself, V),
    refused("SD365", flat_of_the_transposed, A),
    refused("SD365", flat_of_a_reshaped_part, V),
    refused("SD361", array_of_a_loop_on_one_path, V, 2),
)
