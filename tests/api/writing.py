"""Programs that write into their arguments, rightly and wrongly."""

import numpy as np


def chained(x):
    x[0] = x[1] * x[2]
    x[1:] *= x[:-1]
    return np.sum(x**2)


def read_only_here(x):
    y = x * x
    return np.sum(y * x)


def returned(x):
    x[0] = 3.0 * x[1]
    return x


def returned_twice(x):
    x[0] = 3.0
    return x, x[1:]


def vector(x, y):
    x[0] = y[1] * 2.0
    y[:] = x * y
    return x * y


def two(x, y):
    x[0] = y[1] * 2.0
    return np.sum(x * y)


def none_written(x, y):
    return np.sum(x * y)


def scaled_rows(x):
    x[0] = x[1] * x[0]
    x[:, 1] += x[:, 0]
    x.T[0] *= 2.0
    return np.sum(x**2)


def written_if(x, flag):
    if flag:
        x[0] = 1.0
    return np.sum(x**2)


def written_times(x, n):
    for i in range(n):
        x[i] = 1.0
    return np.sum(x**2)


def matmul_into(alpha, A, B, C):
    C[...] = alpha * A @ B + C


def several_into(alpha, A, B, C, D):
    D[...] = C
    C[...] = alpha * A @ B
    A[0] = C[1]


def past_the_end(x):
    x[0] = 5.0
    x[7] = 1.0
    x[1] = 3.0
    return np.sum(x)


def past_the_end_of_its_own(x):
    y = np.zeros(3)
    y[5] = x[0]
    return np.sum(y)


def past_the_end_in_a_loop(x, n):
    for i in range(n):
        x[i] = x[i] * 2.0
    return np.sum(x)


def does_not_fit(x):
    x[0] = 5.0
    x[1:] = x[:2]
    return np.sum(x)


def stops_half_way(x, n):
    for i in range(n):
        x[i] = x[i] * 2.0
        if x[i] < 0.0:
            raise ValueError(f"entry {i} is negative")
    return np.sum(x)


def pops_from_nothing(x):
    found = [x[0]]
    x[0] = found.pop()
    return found.pop()


def into_a_broadcast_view(x):
    y = np.broadcast_to(x, (2, 4))
    y[0] = 3.0
    return np.sum(y)


def into_a_diagonal(x):
    d = np.diagonal(x)
    d[0] = 3.0
    return np.sum(d)


def complex_into_real(x):
    x[0] = 1j
    return np.sum(x)


def float_into_int(x):
    k = np.zeros(4, dtype=int)
    k += x
    return np.sum(k * x)


def array_into_an_entry(x):
    x[0] = x
    return np.sum(x)


def text_into_an_entry(x):
    x[0] = "a"
    return np.sum(x)


def into_a_tuple(x):
    pair = (x[0], x[1])
    pair[0] = 3.0
    return pair[0]


def too_many_indices(x):
    x[0, 0] = 1.0
    return np.sum(x)


def no_index(x):
    x[1.5] = 1.0
    return np.sum(x)


def resized(x):
    x.resize(2)
    return np.sum(x)


def attribute_of_a_module(x):
    np.newaxis = x
    return x[0]


def one_of_many(x):
    rows, row = [], x * 2.0
    for _ in x:
        rows.append(row)
    row[0] = 3.0 * x[1]
    return np.sum(rows[0])


def reshaped(x):
    flat = x.reshape(4)
    flat[0] = 2.0 * x[1, 1]
    return np.sum(x**2)


def always_stops(x):
    x[0] = 2.0
    x[1:] *= x[0]
    raise ValueError("always")


def stops_either_way(x, n):
    x[0] = 2.0
    if n > 3:
        x[1] = 3.0
        raise ValueError("many")
    raise ValueError("few")


def never_holds(x):
    x[-1] = x[0] ** 2
    assert x.ndim == 2, "a matrix"
    return np.sum(x)


def one_of_two_dicts(d, e, x):
    d["rate"] = 2.0 * e["rate"]
    return d["rate"] * e["rate"] * np.sum(x)


def made_twice(x):
    y = 2.0 * x
    y[0] = x[1]
    return y, y[1:]
