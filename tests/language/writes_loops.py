"""Loops that write: recurrences, stencils, buffers that change places, early exits."""

from __future__ import annotations

import numpy as np

from tests.language.rows import row

V = np.array([0.7, -1.2, 0.4, 0.9])
A = np.array([[0.4, -0.3, 0.7], [0.2, 0.5, -0.6], [-0.1, 0.8, 0.3]])
WEIGHTS = np.arange(4.0)


def recurrence(x):
    for i in range(1, len(x)):
        x[i] = x[i] * x[i - 1]
    return x[-1] + x[0]


def double_buffer(x, n):
    a = x.copy()
    b = np.zeros_like(x)
    for _ in range(n):
        b[1:-1] = 0.5 * (a[2:] + a[:-2]) * a[1:-1]
        b[0] = a[0]
        b[-1] = a[-1]
        a, b = (b, a)
    return np.sum(a**2)


def zero_trip(x, n):
    y = x.copy()
    for i in range(n):
        y[i] = y[i + 1] * x[i]
    return np.sum(y**2)


def break_after_write(x):
    for i in range(4):
        x[i] = x[i] * 2.0
        if x[i] < 0:
            break
        x[i] += x[0]
    return np.sum(x**2)


def continue_before_write(x):
    for i in range(4):
        if x[i] < 0:
            continue
        x[i] = x[i - 1] * x[i]
    return np.sum(x**2)


def return_within_loop(x):
    for i in range(4):
        x[i] = x[i] * x[0]
        if x[i] < 0:
            return np.sum(x * x) + x[i]
    return x[0]


def while_writes(x):
    i = 0
    while x[0] < 20.0:
        x[i % 4] = x[i % 4] * 2 + x[(i + 1) % 4] ** 2
        i += 1
    return np.sum(x)


def while_true(x):
    i = 0
    while True:
        x[i] = np.sin(x[i])
        i += 1
        if i == 3:
            break
    else:
        x[0] = 100.0
    return np.sum(x**2)


def for_else(x):
    for i in range(3):
        x[i] *= x[i + 1]
        if x[i] > 100:
            break
    else:
        x[0] = x[0] ** 2
    return np.sum(x)


def nested_swap(x):
    for i in range(4):
        for j in range(i):
            if x[i] < x[j]:
                t = x[i]
                x[i] = x[j]
                x[j] = t
    return np.sum(x**2 * WEIGHTS)


def swap_sort(x):
    for i in range(len(x)):
        for j in range(len(x) - 1 - i):
            if x[j] > x[j + 1]:
                x[j], x[j + 1] = (x[j + 1], x[j])
    return np.sum(x**2 * np.arange(4.0))


def writes_in_if(x, w):
    if x[0] > 0:
        x[0] = w[0] * x[1]
        if x[0] < 0:
            x[1] = w[1]
    else:
        x[2] = 0.0
    return np.sum(x**2)


def heat(x, n):
    u = x.copy()
    for _ in range(n):
        u[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2]) * u[1:-1]
    return np.sum(u**2)


def heat_inplace_aug(x, n):
    for _ in range(n):
        x[1:-1] += 0.1 * (x[2:] - 2 * x[1:-1] + x[:-2]) * x[1:-1]
        x[0] = x[-1]
    return np.sum(x**2)


def particles(p, n):
    vel = np.zeros_like(p)
    for _ in range(n):
        f = np.zeros_like(p)
        for i in range(3):
            for j in range(3):
                if i != j:
                    d = p[i] - p[j]
                    f[i] -= d / (1.0 + d @ d)
        vel += 0.1 * f
        p += 0.1 * vel
    return np.sum(p**2)


def cur_prev(x):
    prev = np.zeros(3)
    s = 0.0
    for line in x:
        cur = prev * 0.5
        cur[0] = line[0]
        cur += line
        prev = cur
        s += np.sum(prev**2)
    return s


def cur_prev_same_buffer(x):
    prev = np.zeros(3)
    cur = np.zeros(3)
    s = 0.0
    for line in x:
        cur[:] = prev * 0.5 + line
        prev[:] = cur
        cur[0] = 3.0
        s += np.sum(prev**2)
    return s


def cur_prev_alias(x):
    prev = np.zeros(3)
    cur = np.zeros(3)
    s = 0.0
    for line in x:
        cur[:] = prev * 0.5 + line
        prev = cur
        s += np.sum(prev**2) * cur[0]
    return s


def rot3(x, n):
    a, b, c = (x[0] * 1.0, x[1] * 1.0, x[2] * 1.0)
    for i in range(n):
        a[0] = b[1] * c[2]
        b += a
        a, b, c = (b, c, a)
    return np.sum(a * b) + np.sum(c)


def leapfrog(x, n):
    u0 = x.copy()
    u1 = x * 1.1
    u2 = np.zeros_like(x)
    for _ in range(n):
        u2[1:-1] = 2 * u1[1:-1] - u0[1:-1] + 0.1 * (u1[2:] - 2 * u1[1:-1] + u1[:-2]) * u1[1:-1]
        u0[:] = u1
        u1[:] = u2
    return np.sum(u1**2)


def history(x, n):
    H = np.zeros((n + 1, 4))
    H[0] = x
    for t in range(n):
        h = H[t]
        g = H[t + 1]
        g[:] = np.sin(h)
        g[0] += h[-1] * h[1]
    return np.sum(H**2)


def history_alias(x, n):
    H = np.zeros((n + 1, 4))
    cur = H[0]
    cur[:] = x
    for t in range(n):
        nxt = H[t + 1]
        nxt[:] = np.sin(cur) * cur[0]
        cur = nxt
    return np.sum(H**2) + np.sum(cur)


def overwritten_nonlinear(x, n):
    for k in range(n):
        for i in range(4):
            x[i] = np.sin(x[i] * x[(i + k) % 4])
    return np.prod(x)


def temp_reused(x, n):
    t = np.empty_like(x)
    s = 0.0
    for k in range(n):
        t[:] = x * k
        t *= t
        x[k] = t[k] * 0.1
        s += np.sum(t * x)
    return s


def if_in_loop_partial(x):
    s = 0.0
    for i in range(4):
        if x[i] > 0:
            x[i] = x[i] ** 2 * 0.3
            if i % 2:
                y = x[: i + 1]
            else:
                y = x[i:] * 1.0
            s += np.sum(y**2)
        else:
            x[i] -= x[i - 1] * s
    return s * x[0] + np.sum(x)


def while_cond_array(x):
    i = np.zeros(1, dtype=int)
    s = 0.0
    while i[0] < 3:
        s += x[i[0]] * (s + 1)
        x[i[0]] = s
        i[0] += 1
    return s + np.sum(x**2)


def while_float_arr(x):
    e = np.ones(1)
    k = 0
    while e[0] > 0.1:
        e[0] = e[0] * 0.5 * np.abs(x[0]) ** 0.3
        k += 1
        x[k % 4] *= e[0]
    return np.sum(x**2) * e[0]


def two_loops(x):
    y = np.zeros(4)
    for i in range(4):
        y[i] = x[i] ** 2
    for i in range(3, 0, -1):
        y[i - 1] += y[i] * x[i]
    for i in range(0, 4, 2):
        x[i] = y[i]
    return np.sum(x * y)


def return_in_nested(x):
    for i in range(4):
        for j in range(4):
            x[i] += x[j] * 0.3
            if x[i] > 1.5:
                return np.sum(x**2) * i
    return x[0]


def accumulate_python(x):
    acc = 0 * x
    for e in x:
        acc += e * x
        acc[0] = acc[0] ** 2
    return np.sum(acc)


def iter_while_writing(x):
    s = 0.0
    for i, e in enumerate(x):
        x[(i + 1) % 4] = e * 2.0
        s = s + e
    return s + np.sum(x)


def zip_while_writing(x):
    y = x * 2.0
    s = 0.0
    for a, b in zip(x[:-1], y):
        x[1:] *= a
        y[-1] += b
        s += a * b
    return s + np.sum(x) + y[-1]


def rot3b(x, n):
    a = x * 1.0
    b = x * 2
    c = x * 3
    for _ in range(n):
        t = a[1:]
        c[1:] = t * b[:-1] * 0.5 + c[1:]
        a, b, c = (b, c, a)
    return np.sum(a * b * c)


def rot3_temp(x, n):
    a = x * 1.0
    b = x * 2
    c = x * 3
    for _ in range(n):
        c[1:] = a[1:] * b[:-1] * 0.5 + c[1:]
        t = a
        a = b
        b = c
        c = t
    return np.sum(a * b * c)


def rot_saved(x, n):
    a = x * 1.0
    b = x * 2
    s = 0.0
    for i in range(n):
        b[:] = np.sin(a) * b
        s += np.sum(a * b)
        a, b = (b, a)
        a *= 0.9
    return s * np.sum(a)


def rot_index(x, n):
    M = np.zeros((2, 4))
    M[0] = x
    for i in range(n):
        M[(i + 1) % 2] = np.sin(M[i % 2]) * M[i % 2, 0] + 0.1
    return np.sum(M[0]) * np.sum(M[1])


def rot_arg_only_read(x, n):
    a = x
    b = x * 2
    for i in range(n):
        a, b = (b, a)
    return np.sum(a * a * b)


def rot_arg_new(x, n):
    a = x
    for i in range(n):
        b = a * 1.1
        b[0] = a[1] * b[2]
        a = b
    return np.sum(a**2)


def rot_arg_new2(x, n):
    a = x
    b = x
    for i in range(n):
        c = a * 1.1 + b
        c[0] = a[1] * b[2]
        b = a
        a = c
    return np.sum(a**2 * b)


def swap_contents(x, y, n):
    for i in range(n):
        x[:], y[:] = (y.copy() * 0.9, x.copy())
        x[0], y[0] = (y[0] * x[1], x[0])
    return np.sum(x**2 * y)


def save_old(x, n):
    for i in range(n):
        old = x.copy()
        x[1:-1] = 0.3 * (old[2:] + old[:-2]) * old[1:-1]
        if np.max(np.abs(x - old)) < 1e-09:
            break
    return np.sum(x**2)


def save_old_ref(x, n):
    for i in range(n):
        old = x
        x = x * 1.0
        x[1:-1] = 0.3 * (old[2:] + old[:-2]) * old[1:-1]
        if np.max(np.abs(x - old)) < 1e-09:
            break
    return np.sum(x**2) + np.sum(old)


def accumulate_into_row(x, n):
    H = np.zeros((n, 4))
    s = 0.0
    for t in range(n):
        r = H[t]
        for i in range(4):
            r[i] = x[i] * (r[i - 1] if i else 1.0) + t
        s += np.sum(r * H[t - 1])
        x *= 0.9
    return s + np.sum(H)


def conv(x, n):
    out = np.zeros(len(x) + n - 1)
    k = np.arange(1.0, n + 1)
    for i in range(len(x)):
        out[i : i + n] += x[i] * k
    out *= out
    for i in range(len(out) - 1):
        out[i + 1] += out[i] * 0.1
    return np.sum(out)


def data_early(x):
    for i in range(4):
        if x[i] < 0:
            x[i] = 0.0
            return np.sum(x**2)
        x[i] *= x[i + 1]
    return np.sum(x)


def neg_steps(x):
    for i in range(3, -1, -1):
        x[i] += x[(i + 1) % 4] ** 2
    for i in range(0, 4, 3):
        x[i] *= 2
    for i in range(2, 2):
        x[i] = 100.0
    return np.sum(x**2)


def garch(t, r):
    s = np.empty(len(r))
    s[0] = 1.0
    for i in range(1, len(r)):
        s[i] = t[0] + t[1] * s[i - 1] + t[2] * r[i - 1] ** 2
    return np.sum(np.log(s) + r**2 / s)


def two_buffers(x, n):
    a = x.copy()
    b = np.zeros_like(x)
    for _ in range(n):
        b[0] = a[0] * a[1]
        b[1:] = a[:-1] * 1.3
        a, b = (b, a)
    return np.sum(a**2) + np.sum(b * a)


def leapfrog_rot(x, n):
    u0 = x.copy()
    u1 = x * 1.1
    u2 = np.zeros_like(x)
    for _ in range(n):
        u2[1:-1] = 2 * u1[1:-1] - u0[1:-1] + 0.1 * (u1[2:] - 2 * u1[1:-1] + u1[:-2]) * u1[1:-1]
        u0, u1, u2 = (u1, u2, u0)
    return np.sum(u1**2)


def ring(x):
    buf = np.zeros(3)
    s = 0.0
    for i, e in enumerate(x):
        buf[i % 3] = e * s + 1.0
        s += buf[(i + 1) % 3] * buf[i % 3]
    return s


def fresh_in_loop(x):
    s = 0.0
    for i in range(3):
        t = np.zeros(2)
        if x[i] > 0:
            t[0] = x[i]
        t[1] += t[0] * x[i + 1]
        s += np.sum(t**2)
    return s


def while_two(x, n):
    i = 0
    a = x.copy()
    while i < n and a[i] < 5.0:
        j = i
        while j >= 0 and a[j] > 0:
            a[j] *= 0.7
            a[j - 1] += 0.1 * a[j]
            j -= 1
        i += 1
    return np.sum(a**2)


def fft_like(x):
    y = x.copy()
    h = 1
    while h < 4:
        for i in range(0, 4, h * 2):
            for j in range(i, i + h):
                a = y[j]
                b = y[j + h]
                y[j] = a + b
                y[j + h] = a - b
        h *= 2
    return np.sum(y**3)


def nested_break(x, n):
    for i in range(n):
        for j in range(4):
            x[j] = x[j] * 1.1 + 0.1 * x[i]
            if x[j] > 0.8:
                break
        else:
            continue
        x[i] -= 0.05
        if x[i] < -5:
            return x[0]
    return np.sum(x**2)


def nb1(x, n):
    for i in range(n):
        for j in range(4):
            if x[j] > 0.8:
                break
        else:
            continue
        if x[i] < -5:
            return x[0]
    return np.sum(x**2)


def nb2(x, n):
    for i in range(n):
        if x[i] > 0.5:
            continue
        if x[i] < -5:
            return x[0]
    return np.sum(x**2)


def nb3(x, n):
    for i in range(n):
        for j in range(4):
            if x[j] > 0.8:
                break
        else:
            continue
        if x[i] < -5:
            return np.sin(x[0])
    return np.sum(x**2)


def double_buffer_arg(x, n):
    a = x
    b = np.zeros_like(x)
    for _ in range(n):
        b[1:-1] = 0.5 * (a[2:] + a[:-2]) * a[1:-1]
        b[0] = a[0]
        b[-1] = a[-1]
        a, b = (b, a)
    return np.sum(a**2)


def rot_two_args(x, y, n):
    for i in range(n):
        x[1:] += y[:-1] * x[1:]
        x, y = (y, x)
    return np.sum(x**2 * y)


def swap_until_break(x, n):
    a, b = x.copy(), x * 0.5
    k = 0
    while True:
        if k >= n:
            break
        b[k % 4] = a[(k + 1) % 4] * b[k % 4] + a[k % 4]
        a, b = (b, a)
        k += 1
    return np.sum(a * b) + a[0]


def whole_of_a_view(x):
    d = {"a": x, "t": (x[1:], 2.0)}
    d["t"][0][:] *= d["a"][:-1]
    return np.sum(d["a"] ** 2) * d["t"][1]


def rot_cond(x, n):
    a = x * 1.0
    b = x * 2
    for i in range(n):
        b[1:] = a[1:] * b[:-1]
        if i % 2:
            a, b = (b, a)
        a[0] = b[0] * 0.5
    return np.sum(a * b)


ROWS = (
    row(recurrence, V),
    row(double_buffer, V, 3),
    row(zero_trip, V, 3),
    row(zero_trip, V, 0),
    row(break_after_write, V),
    row(continue_before_write, V),
    row(return_within_loop, V),
    row(while_writes, V),
    row(while_true, V),
    row(for_else, V),
    row(nested_swap, V),
    row(swap_sort, V),
    row(writes_in_if, V, V[:2] + 1),
    row(heat, V, 5),
    row(heat_inplace_aug, V, 5),
    row(particles, A, 3),
    row(cur_prev, A),
    row(cur_prev_same_buffer, A),
    row(cur_prev_alias, A),
    row(rot3, A, 3),
    row(leapfrog, V, 5),
    row(history, V, 5),
    row(history_alias, V, 4),
    row(overwritten_nonlinear, V, 4),
    row(temp_reused, V, 4),
    row(if_in_loop_partial, V),
    row(while_cond_array, V),
    row(while_float_arr, V),
    row(two_loops, V),
    row(return_in_nested, V),
    row(accumulate_python, V),
    row(iter_while_writing, V),
    row(zip_while_writing, V),
    row(rot3b, V, 5),
    row(rot3_temp, V, 5),
    row(rot_saved, V, 5),
    row(rot_index, V, 5),
    row(rot_arg_only_read, V, 5),
    row(rot_arg_new, V, 5),
    row(rot_arg_new2, V, 5),
    row(swap_contents, V, V * 0.5, 4),
    row(save_old, V, 4),
    row(save_old_ref, V, 4),
    row(accumulate_into_row, V, 4),
    row(conv, V, 4),
    row(data_early, V),
    row(neg_steps, V),
    row(garch, np.array([0.1, 0.8, 0.05]), V),
    row(two_buffers, V, 5),
    row(leapfrog_rot, V, 5),
    row(ring, V),
    row(fresh_in_loop, V),
    row(while_two, V, 3),
    row(fft_like, V),
    row(nested_break, V, 3),
    row(nb1, V, 3),
    row(nb2, V, 3),
    row(nb3, V, 3),
    row(double_buffer_arg, V, 3),
    row(rot_two_args, V, V * 0.5, 4),
    row(swap_until_break, V, 0),
    row(swap_until_break, V, 1),
    row(swap_until_break, V, 4),
    row(whole_of_a_view, V),
    row(rot_cond, V, 5),
    row(rot_cond, V, 4),
    row(rot_cond, V, 0),
)
