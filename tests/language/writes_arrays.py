"""Stores into arrays: elements, slices, whole arrays; swaps, overlaps and broadcasting."""

from __future__ import annotations

import numpy as np

from tests.language.rows import row

V = np.array([0.7, -1.2, 0.4, 0.9])
A = np.array([[0.4, -0.3, 0.7], [0.2, 0.5, -0.6], [-0.1, 0.8, 0.3]])
WEIGHTS = np.arange(4.0)
B = np.arange(24.0).reshape(2, 3, 4) / 10 + 0.1


def store(x):
    y = np.zeros(4)
    y[0] = x[1] * x[2]
    y[1:3] = x[:2] ** 2
    y[-1] = y[0] * y[1]
    return np.sum(y**2)


def chain_assign(x):
    y = np.zeros(4)
    x[0] = y[1] = z = x[2] * x[3]
    return np.sum(x**2) + np.sum(y) * z


def chain_assign_arr(x):
    a = b = np.zeros(4)
    a[0] = x[0] ** 2
    b[1] = a[0] * x[1]
    return np.sum(a * b)


def rebind_vs_inplace(x):
    y = x
    y = y + 1.0
    y[0] = 3.0 * x[0]
    x[1] = y[0]
    return np.sum(x**2) + np.sum(y**3)


def scalar_aug(x):
    s = x[0]
    t = s
    s += x[1]
    x[0] = 9.0
    return s * t


def scalar_read_before(x):
    a = x[0]
    x[0] = a * a
    b = x[0]
    x[0] = b * a * x[1]
    return x[0] * a + b


def slice_saved(x):
    a = x[:2].copy()
    x[:2] = x[2:] * a
    return np.sum(x**2) + np.sum(a**3)


def overwrite_arg(x):
    x[0] = x[0] * x[1]
    x[1] = x[0] * x[1]
    return np.sum(x**2)


def swap(x):
    x[0], x[3] = (x[3], x[0])
    return x[0] ** 2 + 3 * x[3]


def slice_swap(x):
    x[:2], x[2:] = (x[2:], x[:2])
    return np.sum(x * np.arange(4.0)) * x[0]


def slice_swap_copy(x):
    x[:2], x[2:] = (x[2:].copy(), x[:2].copy())
    return np.sum(x * np.arange(4.0)) * x[0]


def overlapping_right(x):
    x[1:] = x[:-1]
    return np.sum(x**2 * np.arange(4.0))


def overlapping_rev(x):
    x[:] = x[::-1]
    return np.sum(x**2 * np.arange(4.0))


def overlapping_aug(x):
    x[1:] += x[:-1]
    return np.sum(x**2 * np.arange(4.0))


def aug_self(x):
    x *= x
    return np.sum(x * np.arange(4.0))


def aug_rev(x):
    x += x[::-1]
    return np.sum(x**2 * np.arange(4.0))


def broadcast_right_sides(x, s):
    x[1:] = s
    x[:, 0] = x[0]
    x[0] = s * x[2, 2]
    return np.sum(x**2 * np.arange(3.0))


def broadcast_of_itself(x):
    x[:] = x[0] * x[:, 1:2]
    return np.sum(x**2)


def neg_stride(x):
    x[::-2, ::-1] = x[:2] * 2.0
    x[..., -1] += x[..., 0]
    return np.sum(x**2 * np.arange(9.0).reshape(3, 3))


def newaxis_write(x):
    y = x[:, None, :]
    y[:, 0, 0] = x[0]
    x[None, ..., 1] *= 2.0
    return np.sum(x**2) + np.sum(y)


def T_inplace_add(x):
    x += x.T
    return np.sum(x**2 * np.arange(3.0))


def T_set(x):
    x[:] = x.T
    return np.sum(x**2 * np.arange(3.0))


def matmul_inplace(x):
    x[...] = x @ x
    x @= x
    return np.sum(x)


def sub_div_pow(x):
    x -= 0.1
    x /= 3.0 + x[0]
    x **= 2
    x[1] /= x[0]
    x[:, 1] -= x[:, 0]
    x[2] **= 2.0
    return np.sum(x * np.arange(3.0))


def row_swap(x):
    for i in range(2):
        x[[i, i + 1]] = x[[i + 1, i]]
    return np.sum(x**2 * np.arange(9.0).reshape(3, 3))


def row_swap_tuple(x):
    tmp = x[0].copy()
    x[0] = x[1]
    x[1] = tmp
    return np.sum(x**2 * np.arange(9.0).reshape(3, 3))


def row_swap_views(x):
    x[0], x[1] = (x[1], x[0])
    return np.sum(x**2 * np.arange(9.0).reshape(3, 3))


def neg_idx(x):
    x[-1] = x[-2] * x[0]
    x[-3:-1] *= x[-1]
    return np.sum(x**2)


def inactive_then_active(x):
    y = np.zeros(4)
    y[0] = 1.0
    z = y.copy()
    y[1] = x[0]
    for i in range(2):
        y[i + 1] += y[i] * x[i]
    return np.sum(y * z) + np.sum(y)


def active_then_inactive(x):
    y = x * 2.0
    y[:] = 0.0
    y[0] = 1.0
    return np.sum(y * x)


def only_const_writes(x):
    x[0] = 1.0
    x[1:] = 2.0
    return np.sum(x**2)


def runtime_idx(x, i):
    x[i] = x[i - 1] ** 2
    x[i:] *= 3.0
    x[:i] = x[0]
    x[::i] += 1.0
    return np.sum(x**2 * WEIGHTS)


def slice_runtime(x, ab):
    s = slice(ab[0], ab[1])
    x[s] = x[s] ** 2
    x[s] += x[s]
    return np.sum(x**2 * WEIGHTS)


def ellipsis(x):
    x[...] = x**2
    x[..., 0] = x[..., 1]
    x[0, ...] += x[1, ...]
    x[()] *= 2.0
    y = x[...]
    y[0, 0] = 3.0 * x[2, 2]
    z = x[()]
    z[1] = y[0]
    return np.sum(x**2 * np.arange(3.0))


def three_d(x):
    x[0] = x[1] ** 2
    x[:, 1] *= x[:, 0]
    x[..., ::2] += 1.0
    x[1, :, 3] = x[0, 0, :3]
    y = x.transpose(2, 0, 1)
    y[0] = y[1]
    z = y.reshape(4, 6)
    z = z * 2
    z[0, 0] = x[0, 0, 0]
    return np.sum(x**2) + np.sum(z)


def three_d_none(x):
    x[:, None, 0] = x[:, None, 1] * 2
    x[0, ..., None][1, 2, 0] = 5.0
    x[np.array([0, 1]), 0, np.array([1, 2])] = x[0, 0, :2]
    x[np.array([[0], [1]]), :, np.array([0, 3])] *= 2.0
    return np.sum(x**2)


def sum_gen(x):
    y = np.empty(4)
    y[:] = [a * b for a, b in zip(x, x[::-1])]
    y[:2] = (x[0], x[1] * 2)
    y[2:] = [3.0, x[3]]
    return np.sum(y**2)


def rhs_list_bcast(x):
    y = np.zeros((2, 2))
    y[:] = [[x[0], x[1]], [x[2], x[3]]]
    y += [x[0], 1.0]
    y[0] *= (2.0, x[1])
    return np.sum(y**2)


def len1(x, y):
    x[:] = y
    x[:, 0] += y
    y[:] = x[0, :1]
    x[0] *= y
    y += x[:, 1]
    x[:, [0, 1, 0][:2]] = y[:, None]
    return np.sum(x**2) + y[0]


def empty(x, y):
    x[:] = 1.0
    x += y[:, None]
    y[:] = x[:, 0]
    for r in x:
        r *= 2
    return np.sum(x) + np.sum(y) + 1.0 * np.prod(y)


def one_one(x, s):
    x[0] = s
    x[:, 0] *= s
    x[0, 0] += x[0, 0] * s
    x *= x
    return x[0, 0] + np.sum(x)


def scalar_param(s, x):
    s += x[0]
    x[0] = s
    s *= x[0]
    x[1:] = s
    return s * np.sum(x)


def np_scalar_param(s, x):
    t = s
    s += x[0]
    x[0] = s
    s *= x[0]
    x[1:] = t
    return s * np.sum(x) * t


def two_args(x, y):
    x[1:] += y[:-1]
    y[:] = x * y
    x *= 2.0
    return np.sum(x**2) + np.sum(y)


def aug_types(x):
    y = np.ones(4)
    y -= x
    y *= 2
    y /= x[0]
    y **= 2
    y += 1
    y //= 0.37
    y %= 1.7
    y += np.float64(2.0) * x
    y -= True
    return np.sum(y * x)


def lin(x):
    x += 1
    x -= 2.0
    x *= -1
    x[:] = -x
    x[0] = x[0]
    x[:] = x
    x += 0
    return np.sum(x)


def pow_zero(x):
    y = np.zeros(4)
    y += x
    y[0] -= x[0]
    y *= y
    y[1:] **= 2
    return np.sum(y)


def const_fold(x):
    y = np.zeros(4)
    y[0] = 1.0
    y[1] = y[0] + 1
    z = np.array([1.0, 2.0])
    z[0] = y[1]
    z *= 2
    return np.sum(x[:2] * z) * y[0]


def scalar_from_int(x):
    n = np.zeros(3, dtype=np.int64)
    for i in range(3):
        n[i] = i + 1 if x[i] > 0 else 0
    y = np.ones(3)
    y *= n
    y[n > 0] += x[n[n > 0] - 1]
    return np.sum(y * x[:3])


ROWS = (
    row(store, V),
    row(chain_assign, V),
    row(chain_assign_arr, V),
    row(rebind_vs_inplace, V),
    row(scalar_aug, V),
    row(scalar_read_before, V),
    row(slice_saved, V),
    row(overwrite_arg, V),
    row(swap, V),
    row(slice_swap, V),
    row(slice_swap_copy, V),
    row(overlapping_right, V),
    row(overlapping_rev, V),
    row(overlapping_aug, V),
    row(aug_self, V),
    row(aug_rev, V),
    row(broadcast_right_sides, A, 0.3),
    row(broadcast_of_itself, A),
    row(neg_stride, A),
    row(newaxis_write, A),
    row(T_inplace_add, A),
    row(T_set, A),
    row(matmul_inplace, A),
    row(sub_div_pow, A),
    row(row_swap, A),
    row(row_swap_tuple, A),
    row(row_swap_views, A),
    row(neg_idx, V),
    row(inactive_then_active, V),
    row(active_then_inactive, V),
    row(only_const_writes, V),
    row(runtime_idx, V, -1),
    row(runtime_idx, V, 2),
    row(slice_runtime, V, (1, 3)),
    row(ellipsis, A),
    row(three_d, B),
    row(three_d_none, B),
    row(sum_gen, V),
    row(rhs_list_bcast, V),
    row(len1, np.array([[1.0, 2.0]]), np.array([1.0])),
    row(empty, np.zeros((0, 3)), np.zeros(0)),
    row(one_one, np.ones((1, 1)), 2.0),
    row(scalar_param, 2.0, V),
    row(np_scalar_param, np.float64(2.0), V),
    row(two_args, V, V * 0.5),
    row(aug_types, V),
    row(lin, V),
    row(pow_zero, V),
    row(const_fold, V),
    row(scalar_from_int, V),
)
