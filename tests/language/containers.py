"""Tuples, lists, dicts and strings: built, read, nested, returned; comprehensions."""

from __future__ import annotations

import math

import numpy as np

from tests.language.rows import row


def tuple_built_and_read(x, y):
    pair = (x * y, x + y)
    return pair[0] * pair[1] + pair[-1]


def tuple_nested(x, y):
    nested = ((x, y), (x * y, (y,)))
    return nested[0][0] * nested[1][1][0] + nested[1][0]


def tuple_argument(pair):
    a, b = pair
    return a * b + pair[0]


def tuples_joined(x, y):
    joined = (x, y) + (x * y,)
    return joined[2] * joined[0] + len(joined)


def tuple_sliced(x, y):
    items = (x, y, x * y, x - y)
    return sum(items[1:]) * items[::-1][0]


def tuple_chosen_by_a_branch(x, y):
    pair = (x, y) if x > y else (y, x)
    return pair[0] * pair[0] + pair[1]


def tuple_carried_by_a_loop(x, y):
    state = (x, y)
    for _ in range(3):
        state = (state[1], state[0] * state[1])
    return state[0] + 2.0 * state[1]


def list_built_and_read(x, y):
    items = [x, y, x * y]
    return items[0] * items[2] + items[-2]


def list_read_with_a_variable_index(items, i):
    return items[i] * items[i - 1]


def list_read_in_a_loop(items):
    total = 0.0
    for i in range(len(items)):
        total = total * items[i] + items[-i]
    return total


def list_functions(items):
    return sum(items) * max(items) + min(items) * len(items)


def list_added(x, y):
    items = [x] + [y, x * y]
    return items[1] * items[2]


def list_repeated(x):
    items = [x] * 3
    return items[0] * items[1] * items[2]


def list_sliced(items):
    return sum(items[1:]) * sum(items[::2]) + sum(items[:-1])


def list_to_array(x, y):
    v = np.array([x, y, x * y])
    return np.sum(v * v)


def list_of_lists(rows):
    total = 0.0
    for line in rows:
        for value in line:
            total = total * 0.5 + value * value
    return total * rows[0][1]


def list_of_lists_to_array(rows):
    return np.sum(np.array(rows) @ np.array(rows).T)


def list_of_arrays(items):
    return np.sum(items[0] * items[1]) + np.sum(np.concatenate(items) ** 2)


def list_of_tuples(pairs):
    total = 0.0
    for a, b in pairs:
        total += a * b * b
    return total


def dict_read(params, x):
    return params["w"] * x + params["b"]


def dict_built(x, y):
    params = {"w": x * y, "b": y}
    return params["w"] ** 2 + params["b"] * x


def dict_of_arrays(params, x):
    hidden = np.tanh(params["w"] @ x + params["b"])
    return np.sum(hidden * params["scale"])


def dict_nested(params, x):
    for layer in (params["first"], params["second"]):
        x = math.tanh(layer["w"] * x + layer["b"])
    return x


def dict_with_other_values(params, x):
    if params["mode"] == "square":
        return x * x * params["count"]
    return x * params["count"]


def dict_with_int_keys(x):
    table = {0: x, 1: x * x, 2: x**3}
    return table[0] + table[1] * table[2]


def dict_get(params, x):
    return params.get("w", 1.0) * x + params.get("missing", x)


def dict_looped(params):
    total = 0.0
    for value in params.values():
        total += value * value
    for key, value in params.items():
        total += value * len(key)
    for key in params:
        total += params[key]
    return total


def comprehension(v):
    return sum([value * value for value in v])


def comprehension_with_a_filter(v):
    return sum([value * value for value in v if value > 0.0]) + 0.5


def comprehension_over_range(x):
    powers = [x**k for k in range(5)]
    return powers[2] * powers[4] + sum(powers)


def comprehension_nested(a):
    flat = [value * 2.0 for line in a for value in line]
    return sum(flat) + flat[0] * flat[-1]


def comprehension_of_lists(x):
    table = [[x * i + j for j in range(3)] for i in range(2)]
    return table[1][2] * table[0][1] + table[1][0] ** 2


def comprehension_with_a_ternary(v):
    return sum([value if value > 0.0 else value * value for value in v])


def comprehension_to_array(v):
    return np.sum(np.array([math.sin(value) for value in v]) * v)


def comprehension_of_arrays(a):
    return np.sum(np.stack([np.tanh(line) for line in a]) ** 2)


def comprehension_over_zip(v, items):
    return sum([a * b for a, b in zip(v, items)])


def comprehension_with_calls(v):
    def f(value, scale=2.0):
        return value * value * scale

    return sum([f(value, scale=i + 1.0) for i, value in enumerate(v)])


def comprehension_does_not_leak(x):
    k = x * x
    powers = [x**k for k in range(3)]
    return sum(powers) * k


def comprehension_filter_and_length(v, limit):
    kept = [value for value in v if value < limit]
    return sum(kept) / len(kept)


def returns_a_tuple(x, y):
    return x * y, math.sin(x)


def returns_a_list(x, v):
    return [x * x, np.sum(v), x]


def returns_a_dict(x, v):
    return {"loss": x * np.sum(v * v), "scaled": x * v}


def returns_nested(x, v):
    return (x * x, [v * x, {"deep": v * v}])


def returns_an_array(x, v):
    return np.tanh(x * v)


def returns_its_argument(x, v):
    return v, x


def returns_one_value_twice(x):
    y = x * x
    return y, y


def returns_a_constant_part(x):
    return x * x, 3.0


def mode_by_string(v, mode):
    if mode == "l1":
        return np.sum(np.abs(v))
    elif mode == "l2":
        return np.sqrt(np.sum(v**2))
    elif mode in ("max", "linf"):
        return np.max(np.abs(v))
    return np.sum(v)


def string_methods(x, mode):
    if mode.lower() == "cube" or mode.startswith("third"):
        return x**3
    if mode != "":
        return x * len(mode)
    return x


def string_built(x, name):
    label = "w_" + name
    params = {"w_a": x * x, "w_b": x}
    return params[label] * 2.0


def f_string_key(x, k):
    params = {"layer0": x * x, "layer1": math.exp(x)}
    return params[f"layer{k}"]


def string_selects_an_activation(x, name):
    activations = {"tanh": np.tanh, "sine": np.sin}
    return activations[name](x) * x


V = np.array([0.7, -1.2, 0.4])
A = np.array([[0.7, -1.2, 0.3], [0.4, 1.1, -0.6]])
PARAMS = {"w": 1.3, "b": 0.7}
LAYERS = {"first": {"w": 1.3, "b": 0.7}, "second": {"w": -0.4, "b": 0.2}}
NETWORK = {"w": A, "b": np.array([0.1, -0.2]), "scale": 1.5}


def one_entry_more(x):
    """A list of run-time form that grows by one is longer by one, also if it held one entry."""
    items = [v * 2.0 for v in x[:1]]
    items.append(x[1])
    return len(items) * x[0] + sum(items)


def one_of_a_range_more(x):
    items = [x[k] for k in range(1)]
    items.append(x[1] * items[-1])
    items.append(x[2] * items[-1])
    return len(items) * x[0] + items[len(items) - 1]


def joined_with_one_as_long(x, n):
    """Two lists of one length make one of twice the length."""
    a = [x[k] for k in range(n)]
    b = a + a
    longer = 1.0 if len(b) > len(a) else 10.0
    same = 1.0 if len(b) == len(a) else 2.0
    return len(b) * x[0] + longer * sum(b) * same


def joined_of_known_length(x):
    a = [x[k] for k in range(2)]
    a += a
    a.extend(a)
    return len(a) * x[0] + sum(v * k for k, v in enumerate(a))


def grown_since(x, n):
    """A list that goes round a loop has a length in each round."""
    items = []
    for k in range(n):
        before = len(items)
        if x[k] > 0.5:
            items.append(x[k])
        if len(items) == before:
            items.append(x[k] * 10.0)
    return sum(items)


def shrunk_since(x, n):
    items = [x[0], x[1]]
    for k in range(n):
        before = len(items)
        if x[k] > 0.5:
            items.pop()
        items.append(x[k] * 10.0 if len(items) == before else x[k])
    return sum(items)


def array_of_the_round_before(x, n):
    """What a round makes of a list is shorter than the list in the next one."""
    items, made = [x[0]], np.zeros(1)
    total = 0.0
    for k in range(n):
        total += 1.0 if len(made) == len(items) else x[k] * sum(made)
        made = np.array(items)
        items.append(x[k] * 2.0)
    return total + np.sum(made)


def joined_arrays(x, n):
    """Two arrays that had one length before a loop have two in it."""
    y = x[1:] if n > 2 else x[:-1]
    z = y * 2.0
    for k in range(n):
        y = np.concatenate((y, x[:1]))
        z = z * x[k] if len(y) == len(z) else z + x[k]
    return np.sum(y) + np.sum(z * z)


def apart_since_the_loop(x, n):
    """Two arrays of one length, of which only the run knows which, have two when one of them grew."""
    y = x[1:] if n > 2 else x[:1]
    z = y * 2.0
    total = 0.0
    for k in range(n):
        total += x[k] if len(y) == len(z) else 10.0 * x[k]
        y = np.concatenate((y, x[:1]))
    return total + np.sum(y) + np.sum(z)


def cut_in_the_round_before(x, n):
    """What a slice by the counter makes has another length in each round."""
    total = 0.0
    for k in range(n):
        z = x[: k + 1]
        if k > 0:
            total += 1.0 if len(y) == len(z) else x[k] * y[0]  # noqa: F821
        y = np.sin(z)
    return total


def rows_of_a_triangle(x, n):
    """Entries of a list may be as long as one another, or not, or have one entry and be broadcast."""
    rows = []
    for k in range(n):
        rows.append(x[: k + 1])
    longer = [np.sin(x[: k + 1]) for k in range(n)]
    alike = 10.0 if len(rows[0]) == len(rows[1]) else 1.0
    return alike * np.sum(rows[2] * rows[0]) + np.sum(longer[1] * longer[0]) + np.sum(longer[2])


def ragged(rows, k):
    """Lists in a list that is passed in are of any length."""
    longer = 1.0 if len(rows[0]) == len(rows[k]) else 10.0
    return longer * rows[k][0] + sum(rows[0]) * sum(rows[k])


def made_by_depth(x, depth):
    """Calls of a recursive function return lists of other lengths."""
    if depth == 0:
        return [x[0]]
    below = made_by_depth(x, depth - 1)
    return [*below, x[depth] * below[-1]]


def of_two_depths(x):
    a, b = made_by_depth(x, 1), made_by_depth(x, 2)
    return sum(a) * (10.0 if len(a) == len(b) else 1.0) + sum(b)


ROWS = (
    row(tuple_built_and_read, 1.3, 0.7),
    row(tuple_nested, 1.3, 0.7),
    row(tuple_argument, (1.3, 0.7)),
    row(tuple_argument, [1.3, 0.7]),
    row(tuples_joined, 1.3, 0.7),
    row(tuple_sliced, 1.3, 0.7),
    row(tuple_chosen_by_a_branch, 1.3, 0.7),
    row(tuple_chosen_by_a_branch, 0.7, 1.3),
    row(tuple_carried_by_a_loop, 1.3, 0.7),
    row(list_built_and_read, 1.3, 0.7),
    row(list_read_with_a_variable_index, [1.3, 0.7, -0.4], 2),
    row(list_read_with_a_variable_index, [1.3, 0.7, -0.4], 0),
    row(list_read_in_a_loop, [1.3, 0.7, -0.4]),
    row(list_functions, [1.3, 0.7, -0.4]),
    row(list_added, 1.3, 0.7),
    row(list_repeated, 1.3),
    row(list_sliced, [1.3, 0.7, -0.4, 0.2]),
    row(list_to_array, 1.3, 0.7),
    row(list_of_lists, [[1.3, 0.7], [-0.4, 0.2]]),
    row(list_of_lists_to_array, [[1.3, 0.7], [-0.4, 0.2]]),
    row(list_of_arrays, [V, V * 2.0 + 1.0]),
    row(list_of_tuples, [(1.3, 0.7), (-0.4, 0.2)]),
    row(dict_read, PARAMS, 0.6),
    row(dict_built, 1.3, 0.7),
    row(dict_of_arrays, NETWORK, V),
    row(dict_nested, LAYERS, 0.6),
    row(dict_with_other_values, {"mode": "square", "count": 3}, 1.3),
    row(dict_with_other_values, {"mode": "other", "count": 3}, 1.3),
    row(dict_with_int_keys, 1.3),
    row(dict_get, PARAMS, 0.6),
    row(dict_looped, PARAMS),
    row(comprehension, V),
    row(comprehension_with_a_filter, V),
    row(comprehension_with_a_filter, -np.abs(V)),
    row(comprehension_over_range, 1.3),
    row(comprehension_nested, A),
    row(comprehension_of_lists, 1.3),
    row(comprehension_with_a_ternary, V),
    row(comprehension_to_array, V),
    row(comprehension_of_arrays, A),
    row(comprehension_over_zip, V, [0.2, 0.3, 0.4]),
    row(comprehension_with_calls, V),
    row(comprehension_does_not_leak, 1.3),
    row(comprehension_filter_and_length, V, 0.6),
    row(returns_a_tuple, 1.3, 0.7),
    row(returns_a_list, 1.3, V),
    row(returns_a_dict, 1.3, V),
    row(returns_nested, 1.3, V),
    row(returns_an_array, 1.3, V),
    row(returns_its_argument, 1.3, V),
    row(returns_one_value_twice, 1.3),
    row(returns_a_constant_part, 1.3),
    row(mode_by_string, V, "l1"),
    row(mode_by_string, V, "l2"),
    row(mode_by_string, V, "linf"),
    row(mode_by_string, V, "sum"),
    row(string_methods, 1.3, "CUBE"),
    row(string_methods, 1.3, "third power"),
    row(string_methods, 1.3, "four"),
    row(string_built, 1.3, "a"),
    row(string_built, 1.3, "b"),
    row(f_string_key, 1.3, 0),
    row(f_string_key, 1.3, 1),
    row(string_selects_an_activation, 1.3, "tanh"),
    row(string_selects_an_activation, 1.3, "sine"),
    row(one_entry_more, V),
    row(one_of_a_range_more, V),
    row(joined_with_one_as_long, V, 2),
    row(joined_with_one_as_long, V, 1),
    row(joined_of_known_length, V),
    row(grown_since, V, 3),
    row(shrunk_since, V, 3),
    row(array_of_the_round_before, V, 3),
    row(joined_arrays, V, 2),
    row(joined_arrays, V, 3),
    row(apart_since_the_loop, V, 2),
    row(apart_since_the_loop, V, 3),
    row(cut_in_the_round_before, V, 3),
    row(rows_of_a_triangle, V, 3),
    row(ragged, [[0.7, -1.2], [0.4, 0.9, 0.3]], 1),
    row(ragged, [[0.7, -1.2], [0.4, 0.9, 0.3]], 0),
    row(of_two_depths, V),
)
