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


def list_of_objects(x):
    """The comprehension is written out: its rounds make objects."""
    ps = [St(x[i : i + 2] * 1.0, x[i]) for i in range(3)]
    ps[0].x[0] = ps[1].t
    ps[1].t = 3.0
    ps[2].x += ps[0].x
    return sum([np.sum(p.x) * p.t for p in ps])


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


def list_in_tuple(x):
    t = ([x[0], x[1]], {"k": [x[2]]})
    t[0].append(t[1]["k"][0] * 2)
    t[1]["k"] += t[0]
    t[0][0] = 3.0
    return sum([a * b for a, b in zip(t[0], t[1]["k"])])


def list_branch(x, c):
    l = [x[0]]
    if c:
        l.append(x[1])
    else:
        l.append(x[2] * 2)
    l[0] *= l[1]
    return l[0] + l[1]


def list_branch_len(x, c):
    l = [x[0]]
    if c:
        l.append(x[1])
    return sum(l)


def list_data_branch_len(x):
    l = []
    for e in x:
        if e > 0:
            l.append(e**2)
    return sum(l) * len(l)


def list_data_two(x):
    pos = []
    neg = []
    for e in x:
        if e > 0:
            pos.append(e)
        else:
            neg.append(e)
    return sum(pos) * sum(neg)


def dict_branch(x, c):
    d = {"a": x[0]}
    if c:
        d["b"] = x[1]
    else:
        d["b"] = x[2]
    d["a"] += d["b"]
    return d["a"] * d["b"]


def dict_alias_branch(x):
    d = {"a": x[0]}
    e = d
    if x[0] > 0:
        e["a"] = x[1] ** 2
    return d["a"]


def list_alias_branch(x):
    d = [x[0]]
    e = d
    if x[0] > 0:
        e.append(x[1] ** 2)
    else:
        e.append(x[1])
    e = [x[2]]
    e.append(2.0)
    return d[1] * e[0]


def list_or_list(x):
    a = [x[0], 1.0]
    b = [x[1], 2.0]
    c = a if x[0] > 0 else b
    c[0] = c[1] * x[2]
    return c[0] ** 2


def obj_in_loop(x):
    s = {"h": 0.0, "n": 0}
    for e in x:
        s["h"] = np.tanh(s["h"] + e)
        s["n"] += 1
    return s["h"] * s["n"]


def swap_lists(x):
    a = [x[0], x[1]]
    b = [x[2], x[3]]
    for i in range(3):
        a[0] *= b[1]
        a, b = (b, a)
    return a[0] * b[0] + a[1]


def queue(x):
    q = [x[0], x[1]]
    for i in range(5):
        q.append(q[0] * q[1] + 0.1)
        q.pop(0)
    return q[0] * q[1]


def window(x):
    buf = [0.0, 0.0, 0.0]
    s = 0.0
    for e in x:
        buf = buf[1:] + [e]
        s += buf[0] * buf[2]
    return s


def slices_of_list(x):
    l = [x[0], x[1], x[2], x[3]]
    m = l[1:3]
    m[0] = 9.0
    l[::2] = [x[1], x[1] ** 2]
    l[1:1] = [2.0, x[0]]
    l[-1:] = []
    return sum([a * k for k, a in enumerate(l)]) * m[1]


def nested_fn_list(x):
    acc = []

    def push(e):
        acc.append(e * 2)

    for i in range(4):
        push(x[i])
    return sum(acc) * acc[0]


def counter_closure(x):
    n = [0]

    def f(e):
        n[0] += 1
        return e * n[0]

    return f(x[0]) + f(x[1]) * f(x[2])


@dataclass
class Net:
    W: np.ndarray
    h: np.ndarray
    log: list

    def step(self, x):
        self.h = np.tanh(self.W @ x + self.h)
        self.log.append(self.h[0])
        return self.h

    def reset(self):
        self.h[:] = 0.0


def net(W, x):
    n = Net(W, np.zeros(3), [])
    for _ in range(3):
        n.step(x)
    keep = n.h.copy()
    n.reset()
    n.W[0, 0] = 2.0
    return np.sum(keep**2) + sum(n.log) + np.sum(n.step(x))


class Acc:
    def __init__(self, n):
        self.total = 0.0
        self.hist = [0.0] * n
        self.a = np.zeros(n)

    def add(self, i, v):
        self.total += v
        self.hist[i] = self.total
        self.a[i] = self.total * v

    @property
    def mean(self):
        return self.total / len(self.hist)

    @mean.setter
    def mean(self, m):
        self.total = m * len(self.hist)

    def __setitem__(self, i, v):
        self.a[i] = v

    def __getitem__(self, i):
        return self.a[i]

    def __iadd__(self, o):
        self.total += o
        return self


def acc(x):
    a = Acc(4)
    for i in range(4):
        a.add(i, x[i])
    a.mean = a.mean * 2
    a[0] = a[1] * 3
    a[1] += 1.0
    a += x[0]
    return a.total * a.hist[1] + np.sum(a.a)


def acc_alias(x):
    a = Acc(4)
    b = a
    b.add(0, x[0])
    c = b.a
    c[1] = x[1]
    a.a = a.a * 2
    c[2] = 5.0
    b.a[3] = c[2]
    return np.sum(a.a**2) + np.sum(c) + a.total


def rl_prev(x):
    out = [np.zeros(3)]
    for line in x:
        h = out[-1] * line + line
        out.append(h)
    return np.sum(out[-1] ** 2) + np.sum(out[1])


class Cell:
    def __init__(self, n):
        self.total = 0.0
        self.a = np.zeros(n)

    def __setitem__(self, i, v):
        self.a[i] = v

    def __getitem__(self, i):
        return self.a[i]

    def __iadd__(self, o):
        self.total += o
        return self


def acc2(x):
    a = Cell(4)
    a[0] = x[0]
    a[1] += x[1]
    return a[0] * a[1]


def acc3(x):
    a = Cell(4)
    a += x[0]
    a += x[1]
    return a.total**2


def acc4(x):
    a = Cell(4)
    a.a[0] = x[1]
    y = a[0] * 3
    a[2] = y
    return a.total**2 + np.sum(a.a)


@dataclass
class Kept:
    a: float
    b: np.ndarray


def attribute_from_before(x, p):
    """What an attribute held is read before it is assigned, wherever it is used."""
    old = p.a
    p.a = 0.125
    return np.sum(x**2) + old


def attributes_change_places(x, p):
    old = p.b[0]
    p.b = x * 2.0
    p.a = old * p.a
    return x[0] + old


def attribute_assigned_on_a_side(x, p):
    old = p.a
    if x[0] > 0.0:
        p.a = x[0]
    return x[1] * old


def entry_from_before(x, d):
    a, b = d["a"], d["b"]
    d["a"] = b
    d["b"] = x[0]
    return a + x[1]


def entry_updated(x, d):
    a = d["a"] * x[0]
    d.update(a=x[1], b=2.0)
    return a


def item_from_before(x, xs):
    a = xs[0]
    xs[:] = [1.0, 2.0]
    return x[0] * a


def item_of_a_list_of_arrays(x, xs):
    a = xs[0]
    xs[0] = x * 2.0
    return np.sum(a * x)


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
    row(list_of_objects, V),
    row(dcls_arg_attr, St(V, 0.4)),
    row(swap_attrs, V, 0.2),
    row(linked, V),
    row(object_method, V, 0.7),
    row(map_write, V),
    row(list_in_tuple, V),
    row(list_branch, V, False),
    row(list_branch, V, True),
    row(list_branch_len, V, False),
    row(list_branch_len, V, True),
    row(list_data_branch_len, V),
    row(list_data_two, V),
    row(dict_branch, V, True),
    row(dict_alias_branch, V),
    row(list_alias_branch, V),
    row(list_or_list, V),
    row(obj_in_loop, V),
    row(swap_lists, V),
    row(queue, V),
    row(window, V),
    row(slices_of_list, V),
    row(nested_fn_list, V),
    row(counter_closure, V),
    row(net, A, V[:3]),
    row(acc, V),
    row(acc_alias, V),
    row(rl_prev, A),
    row(acc2, V),
    row(acc3, V),
    row(acc4, V),
    *(
        row(f, V, Kept(0.4, np.array([0.3, 0.9])), wrt=(0, 1))
        for f in (attribute_from_before, attributes_change_places, attribute_assigned_on_a_side)
    ),
    *(row(f, V, {"a": 0.4, "b": -0.7}) for f in (entry_from_before, entry_updated)),
    row(item_from_before, V, [0.3, 0.9]),
    row(item_of_a_list_of_arrays, V, [V * 0.5, V * 3.0]),
)
