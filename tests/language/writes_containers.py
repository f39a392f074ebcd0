"""Lists, dicts and objects that change while the program runs, and arrays inside of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.language.rows import row

V = np.array([0.7, -1.2, 0.4, 0.9])
A = np.array([[0.4, -0.3, 0.7], [0.2, 0.5, -0.6], [-0.1, 0.8, 0.3]])


def grow(x):
    out = []
    for i in range(len(x)):
        out.append(x[i] ** 2 * i)
    return np.sum(np.array(out) ** 2) + sum(out)


def grow_stack(x):
    out = []
    h = np.zeros(3)
    for line in x:
        h = np.tanh(h + line)
        out.append(h)
    return np.sum(np.stack(out) ** 2) + np.sum(np.array(out))


def rl_copy_of_list(x):
    out = []
    for line in x:
        out.append(line[0] * 2)
    b = list(out)
    c = out[:]
    d = out
    out.append(1.0)
    b.append(x[0, 0])
    d.append(x[1, 1])
    return sum(out) * sum(b) + len(c) * len(d)


def entries_of_a_grown_list(x):
    out = []
    for line in x:
        out.append(line[0] * 2)
    for i in range(3):
        out[i] = out[i - 1] * out[i]
    out[-1] += x[0, 0]
    return out[0] * out[1] + out[2]


def rl_alias_set(x):
    out = []
    for line in x:
        out.append(line[0] * 2)
    o = out
    o[0] = 3.0 * x[1, 1]

    def f(l, i):
        l[i] = l[i] ** 2

    for i in range(3):
        f(out, i)
    return sum(o)


def rl_pop_loop(x, n):
    st = []
    for e in x:
        st.append(e * 2.0)
    s = 0.0
    while len(st) > 1:
        a = st.pop()
        s = s * a + a
    return s + st[0]


def rl_stack_machine(x):
    st = []
    for e in x:
        st.append(e)
        if len(st) >= 2:
            a = st.pop()
            b = st.pop()
            st.append(a * b)
    return st[-1]


def rl_insert_ext(x):
    st = []
    for e in x:
        st.append(e)
    st.extend([x[0], 2.0])
    st += [x[1] ** 2]
    st.reverse()
    t = st[::-1]
    t[0] = 9.0
    return st[0] * st[1] + sum(t)


def rl_of_lists(x):
    out = []
    for e in x:
        out.append([e, e * 2])
    return sum([p * q for p, q in out])


def list_of_zeros(x):
    l = [0.0] * 4
    for i in range(4):
        l[i] = x[i] * l[i - 1] + x[i]
    return sum(l)


def list_of_arrays_mult(x):
    l = [np.zeros(2)] * 3
    l[0][0] = x[0]
    l[1][1] = x[1] * l[2][0]
    return np.sum(l[2] ** 2) + l[0][1]


def list2d_shared(x):
    M = [[0.0] * 3] * 3
    M[0][1] = x[0]
    M[2][1] *= x[1]
    return M[1][1] ** 2


def list_ops(x):
    l = [x[0], x[1]]
    l.append(x[2] * x[3])
    l.insert(0, x[3])
    l.extend([x[0] ** 2, 1.0])
    l.reverse()
    a = l.pop()
    b = l.pop(0)
    del l[0]
    l[0] = l[1] * 2.0
    l[1:2] = [x[0], x[1]]
    l += [a * 2]
    return sum([k * e**2 for k, e in enumerate(l)]) * a + b


def list_alias_append(x):
    l = []
    m = l
    m.append(x[0])
    l.append(x[1])
    m[0] = m[1] * 2
    return l[0] * l[1] + len(m)


def list_copies_k(x, k):
    rows = [x[0] * 1.0, x[1] * 1.0, x[2] * 1.0]
    for i in range(3):
        rows[i][0] = rows[i - 1][1] * rows[i][2]
    return np.sum(np.array(rows) ** 2)


def dict_update(p):
    p = dict(p)
    p["b"] += 1.0
    p["w"] = p["w"] * p["b"]
    p.update(c=p["w"][0])
    q = p.pop("c")
    p.setdefault("z", q)
    return np.sum(p["w"] ** 2) * p["b"] + p["z"]


def dict_arg_write(p):
    p["w"][0] = p["b"] * p["w"][1]
    p["w"] += 1.0
    return np.sum(p["w"] ** 2)


def dict_arg_entry(p):
    p["b"] = p["b"] * 2.0
    return np.sum(p["w"] ** 2) * p["b"]


def list_arg_write(l):
    l[0][1] = l[1][0] ** 2
    l[1] *= l[0]
    return np.sum(l[0] ** 2) + np.sum(l[1])


def list_arg_floats(l):
    l[0] = l[1] * l[2]
    l.append(l[0] ** 2)
    return l[0] * l[3]


def tuple_arg_write(l):
    l[0][1] = l[1][0] ** 2
    l[1][:] *= l[0]
    return np.sum(l[0] ** 2) + np.sum(l[1])


def ret_list(x):
    out = []
    for i in range(3):
        x[i] = x[i] * x[i + 1]
        out.append(x.copy())
    return out


def ret_dict(x):
    d = {"x": x, "y": x * 2}
    d["x"][0] = d["y"][1] ** 2
    return d


def ret_list_alias2(x):
    y = x * 1.0
    out = [y, y]
    y[0] = 3.0 * x[1]
    out.append(y[1:])
    y[1] *= x[2]
    return np.sum(out[0] * out[1]) + out[2][0]


def dict_rt(x):
    d = {}
    for k in ("a", "b", "c"):
        d[k] = x[0] * 2.0
        x[0] = d[k]
    d["a"] += d["b"]
    del d["b"]
    return sum(d.values()) + len(d)


def memo(x):
    cache = {0: x[0], 1: x[1]}

    def fib(n):
        if n in cache:
            return cache[n]
        cache[n] = fib(n - 1) * fib(n - 2)
        return cache[n]

    return fib(4)


def dict_of_arrays(x):
    d = {"h": np.zeros(4), "x": x}
    for i in range(3):
        d["h"][i] = d["x"][i] * d["h"][i - 1] + 1
        d["x"] = d["x"] * 1.1
    return np.sum(d["h"] ** 2) + np.sum(x)


def sgd(w, n):
    p = {"w": w.copy(), "b": 0.1}
    for _ in range(n):
        g = {"w": 2 * p["w"], "b": p["b"]}
        for k in p:
            p[k] -= 0.1 * g[k]
    return np.sum(p["w"] ** 2) * p["b"] + np.sum(w)


def sgd2(w, n):
    p = {"w": w, "b": 0.1}
    for _ in range(n):
        for k, q in p.items():
            p[k] = q - 0.1 * q**2
    return np.sum(p["w"] ** 2) * p["b"] + np.sum(w)


@dataclass
class St:
    x: np.ndarray
    t: float = 0.0

    def step(self, dt):
        self.x[1:] += dt * self.x[:-1]
        self.t += dt * self.x[0]

    def moved(self, dt):
        return St(self.x + dt, self.t * dt)


def state_with_step(x, dt):
    s = St(x.copy())
    r = s
    for _ in range(3):
        s.step(dt)
    q = s.moved(dt)
    q.x[0] = r.t
    return np.sum(s.x**2) * s.t + np.sum(q.x) + r.t


def dcls_arg_alias(x, dt):
    s = St(x)
    s.x[0] = dt * 3
    s.x = s.x * 2
    s.x[1] = 7.0
    return np.sum(s.x**2) + np.sum(x)


def dcls_arg(s):
    s.x[0] = s.t * s.x[1]
    return np.sum(s.x**2)


def dcls_arg_attr(s):
    s.t = s.t * s.x[1]
    s.step(0.3)
    return np.sum(s.x**2) * s.t


def swap_attrs(x, dt):
    s = St(x.copy())
    o = St(x * 2)
    for _ in range(3):
        s.x[0] = o.x[1] * dt
        s.x, o.x = (o.x, s.x)
    return np.sum(s.x**2) + np.sum(o.x)


def linked(x):
    a = St(x[:2] * 1.0)
    b = St(a.x)
    a.x[0] = 3.0 * x[2]
    b.x[1] *= 2.0
    a.x = b.x + 1
    b.x[0] *= 2
    return np.sum(a.x * b.x)


class Box:
    def __init__(self, x):
        self.x = x
        self.n = 0

    def step(self, s):
        self.x[0] = self.x[0] * s
        self.x[1:] += self.x[:-1]
        self.n += 1
        return self


def object_method(x, s):
    b = Box(x)
    for _ in range(3):
        b.step(s)
    return np.sum(b.x**2) * b.n + np.sum(x)


def map_write(x):
    fs = [lambda a: a[0] * 2, lambda a: a[1] * 3]
    for i, f in enumerate(fs):
        x[i] = f(x)
    return np.sum(x)


ROWS = (
    row(grow, V),
    row(grow_stack, A),
    row(rl_copy_of_list, A),
    row(entries_of_a_grown_list, A),
    row(rl_alias_set, A),
    row(rl_pop_loop, V, 3),
    row(rl_stack_machine, V),
    row(rl_insert_ext, V),
    row(rl_of_lists, V),
    row(list_of_zeros, V),
    row(list_of_arrays_mult, V),
    row(list2d_shared, V),
    row(list_ops, V),
    row(list_alias_append, V),
    row(list_copies_k, A, 1),
    row(dict_update, {"w": V, "b": 0.5}),
    row(dict_arg_write, {"w": V, "b": 0.5}),
    row(dict_arg_entry, {"w": V, "b": 0.5}),
    row(list_arg_write, [V, V * 2.0]),
    row(list_arg_floats, [0.3, 0.5, 0.7]),
    row(tuple_arg_write, (V, V * 2.0)),
    row(ret_list, V),
    row(ret_dict, V),
    row(ret_list_alias2, V),
    row(dict_rt, V),
    row(memo, V),
    row(dict_of_arrays, V),
    row(sgd, V, 3),
    row(sgd2, V, 3),
    row(state_with_step, V, 0.2),
    row(dcls_arg_alias, V, 0.2),
    row(dcls_arg, St(V, 0.4)),
    row(dcls_arg_attr, St(V, 0.4)),
    row(swap_attrs, V, 0.2),
    row(linked, V),
    row(object_method, V, 0.7),
    row(map_write, V),
)
