"""Arrays at their edges: empty, of one entry, of rank 0 and 3, read by indices that vary."""

from __future__ import annotations

import numpy as np

from tests.language.rows import row


def windows(v, width):
    total = 0.0
    for i in range(len(v) - width + 1):
        part = v[i : i + width]
        total += np.prod(part) * (i + 1)
    return total


def prefixes(v):
    total = 0.0
    for n in range(len(v) + 1):
        total += np.sum(v[:n] ** 2) * n
    return total


def strided(v, step):
    return np.sum(v[::step] ** 3) + np.sum(v[-1::-2]) * v[step]


def from_both_ends(v):
    i, j = 0, len(v) - 1
    total = 0.0
    while i < j:
        total += v[i] * v[j]
        i, j = i + 1, j - 1
    return total


def index_from_data(v):
    best = np.argmax(v)
    return v[best] ** 2 * v[best - 1] + np.sum(v[np.argsort(v)[:2]])


def index_from_a_comparison(v, limit):
    kept = v[v > limit]
    return np.sum(kept * kept) * len(kept)


def nothing_kept(v):
    kept = v[v > 100.0]
    return np.sum(kept) + np.sum(v * v)


def repeated_rows(a):
    return np.sum(a[[0, 1, 0, 0]] * np.arange(12.0).reshape(4, 3))


def repeated_in_a_loop(v):
    order = [2, 0, 2, 1, 2]
    total = 1.0
    for i in order:
        total = total * v[i] + v[order[i]]
    return total


def diagonal_by_hand(a):
    total = 0.0
    for i in range(min(a.shape)):
        total += a[i, i] * a[i][-1]
    return total


def rows_of_pairs(points):
    total = 0.0
    for x, y in points:
        total += x * y * y
    return total


def rows_numbered(a):
    total = 0.0
    for i, line in enumerate(a):
        total += np.sum(line) ** 2 * (i + 1)
    return total


def rows_with_weights(a, weights):
    total = np.zeros(3)
    for line, weight in zip(a, weights):
        total = total * weight + line
    return np.sum(total * total)


def columns(a):
    total = 0.0
    for column in a.T:
        total = total * 0.5 + column @ column
    return total


def rank_zero(x):
    return np.sin(x) * x


def rank_zero_reduced(x, v):
    return np.sum(x * v) + np.max(x)


def one_entry(v):
    return np.sum(v * np.array([1.0, 2.0, 3.0])) * v[0]


def one_column(column, line):
    return np.sum(np.tanh(column * line)) + np.sum(column + line)


def broadcast_to_rank_three(x, y):
    return np.sum(np.sin(x * y))


def rank_three(x):
    y = x.transpose(1, 0, 2)
    return np.sum(y[0] * x[:, 0]) + np.sum(x.sum(axis=(0, 2)) ** 2) + np.sum(x[..., -1] ** 3)


def batched_product(x, w):
    return np.sum(np.tanh(x @ w))


def rank_three_in_a_loop(x, h):
    for matrix in x:
        h = np.tanh(matrix @ h)
    return np.sum(h)


def keeps_axes(a):
    centred = a - a.mean(axis=0, keepdims=True)
    scaled = centred / np.sqrt(np.sum(centred**2, axis=1, keepdims=True) + 1.0)
    return np.sum(scaled**3)


def softmax_loss(w, x, labels):
    scores = x @ w
    scores = scores - np.max(scores, axis=1, keepdims=True)
    logs = scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=True))
    return -np.mean(logs[np.arange(len(labels)), labels])


def adds_axes(v, w):
    return np.sum(v[:, None] * w[None, :] ** 2) + np.sum((v[np.newaxis] + w[..., None]) ** 2)


def empty(v):
    return np.sum(v * v) + np.sum(v) + v.shape[0]


def empty_loop(v, x):
    for value in v:
        x = x * value
    return x * x


def empty_matrix(a):
    return np.sum(a @ a.T) + np.sum(a.sum(axis=0))


def not_contiguous(a):
    return np.sum(a * a[::-1]) + a[0, 0] * a[-1, -1]


def one_argument_twice(x, y):
    return np.sum(x * y * y)


def same_view_twice(v):
    a, b = v[:2], v[1:]
    return np.sum(a * b) + np.sum(a[::-1] ** 2)


def where_with_a_guard(v):
    safe = np.where(v > 0.0, v, 1.0)
    return np.sum(np.where(v > 0.0, np.log(safe), v * v))


def shapes_differ_between_paths(v, flag):
    if flag:
        w = v[1:]
    else:
        w = np.concatenate((v, v))
    return np.sum(w * w) * w.shape[0]


def shape_grows_in_a_loop(v):
    w = v
    for _ in range(3):
        w = np.concatenate((w, w[-1:] * v[0]))
    return np.sum(w * w)


def shape_shrinks_in_a_loop(v):
    w = v
    while len(w) > 1:
        w = w[1:] * w[:-1]
    return w[0]


def scalar_or_array(x):
    y = np.exp(x)
    return np.sum(y * x) + np.size(x)


def float32_loop(v, n):
    for _ in range(n):
        v = np.sin(v) * np.float32(1.5)
    return np.sum(v)


def long_recurrence(x, n):
    state = 0.3
    for k in range(n):
        state = 0.5 * np.sin(state) + x / (k + 1.0)
    return state


V = np.array([0.7, -1.2, 0.4, 0.9])
A = np.array([[0.7, -1.2, 0.3], [0.4, 1.1, -0.6]])
T = np.linspace(-0.9, 1.0, 12).reshape(2, 3, 2)
LABELS = np.array([2, 0])


def largest_taken_off(x, n):
    """Where the largest is, is told by bools, of which there is no negative."""
    s = 1.0
    for _ in range(n):
        if s < -5.0:
            break
        s -= np.max(np.sin(-1.2 * x))
    return s


ROWS = (
    row(windows, V, 2),
    row(windows, V, 4),
    row(windows, V, 6),
    row(prefixes, V),
    row(strided, V, 2),
    row(strided, V, 3),
    row(from_both_ends, V),
    row(from_both_ends, V[:1]),
    row(index_from_data, V),
    row(index_from_a_comparison, V, 0.5),
    row(nothing_kept, V),
    row(repeated_rows, A),
    row(repeated_in_a_loop, V),
    row(diagonal_by_hand, A),
    row(rows_of_pairs, A.T.copy()),
    row(rows_of_pairs, [(0.3, 0.4), (0.5, 0.6)]),
    row(rows_numbered, A),
    row(rows_with_weights, A, [0.5, 0.6]),
    row(rows_with_weights, A, np.array([0.5, 0.6])),
    row(columns, A),
    row(rank_zero, np.array(0.7)),
    row(rank_zero_reduced, np.array(0.7), V),
    row(one_entry, np.array([0.7])),
    row(one_column, np.array([[0.7], [0.3]]), np.array([[0.2, 0.4, 0.5]])),
    row(one_column, np.array([[0.7]]), np.array([[0.2, 0.4, 0.5]])),
    row(broadcast_to_rank_three, T[:, :1], A[0][:, None]),
    row(rank_three, T),
    row(batched_product, T, np.array([[0.7, 0.2], [0.1, -0.4]])),
    row(batched_product, T, np.array([0.7, 0.2])),
    row(rank_three_in_a_loop, T[:, :2], V[:2]),
    row(keeps_axes, A),
    row(softmax_loss, A.T[:, :1] * np.ones((3, 3)), A, LABELS),
    row(adds_axes, V, A[0]),
    row(empty, np.zeros(0)),
    row(empty_loop, np.zeros(0), 1.3),
    row(empty_matrix, np.zeros((0, 3))),
    row(not_contiguous, A.T),
    row(not_contiguous, A[::-1, ::2]),
    row(one_argument_twice, V, V),
    row(same_view_twice, V[:3]),
    row(where_with_a_guard, V),
    row(shapes_differ_between_paths, V, True),
    row(shapes_differ_between_paths, V, False),
    row(shape_grows_in_a_loop, V),
    row(shape_shrinks_in_a_loop, V),
    row(scalar_or_array, 0.7),
    row(scalar_or_array, np.float64(0.7)),
    row(scalar_or_array, V),
    row(float32_loop, V.astype(np.float32), 3),
    row(long_recurrence, 0.4, 300),
    row(largest_taken_off, V, 3),
)
