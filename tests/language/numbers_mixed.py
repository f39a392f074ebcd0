"""Numbers of all kinds together: ints, bools, floats, ``np.float64``, float32; global constants."""

from __future__ import annotations

import math
from math import pi, sin

import numpy as np
from numpy import exp
from numpy import sum as total_of

from tests.language.rows import row

RATE = 0.7
STEPS = 3
WEIGHTS = np.array([0.5, 0.25, 0.125])
OPTIONS = {"scale": 1.5, "mode": "double"}
TABLE = ((1.0, 2.0), (3.0, 4.0))


def int_times_float(x):
    return 3 * x + x * 2 - 1 / x + x // 1 + (7 // 2) * x


def int_powers(x):
    return x**2 + x**3 - x**-1 + x**0 + 2**x + 2**3 * x


def int_division(x, n):
    return x * (n / 2) + x * (n // 2) + x * (n % 2)


def int_to_float(x, n):
    return float(n) * x + int(2.7) * x + bool(n) * x


def float_to_int(x):
    return x * int(x) + math.floor(x) * x + round(x) * x * x


def bools_and_ints(x):
    count = True + 2
    return x * count + (x > 0.0) * x


def python_and_numpy_scalars(x):
    return math.sin(np.exp(x)) * np.cos(math.exp(x)) + abs(np.float64(x))


def array_entry_and_float(v, x):
    s = 0.0
    s = s + v[0] * x
    s = s + v[1]
    return s * s


def global_constants(x):
    for _ in range(STEPS):
        x = x * RATE + math.pi
    return x * math.e


def global_array(v):
    return np.sum(WEIGHTS * v * v)


def global_containers(x):
    if OPTIONS["mode"] == "double":
        x = x * 2.0
    return x * OPTIONS["scale"] + TABLE[1][0] * x * x


def imported_names(x):
    return sin(pi * x) * exp(x) + total_of(np.array([x, x * x]))


def name_shadows_a_global(x):
    RATE = x * x
    return RATE * x


def name_shadows_a_builtin(x):
    sum = x * x
    max = sum + 1.0
    return sum * max


def builtins(x, y):
    return max(x, y) * min(x, y) + abs(x - y) + sum((x, y)) + pow(x, 2) + max((x, y, 0.1))


def largest_of_several(x, y, z):
    return max(x, y, z) + 2.0 * min(x, y, z) + max([x, y]) * min((y, z))


def divmod_and_modulo(x):
    quotient, remainder = divmod(x, 0.4)
    return remainder * x + quotient * x + math.fmod(x, 0.3)


def float32_array(v):
    return np.sum(np.sin(v) * v)


def float32_and_float64(v, w):
    return np.sum(v * w)


def float32_and_scalar(v, x):
    return np.sum(v * x + 1.0)


def int_array(indices, v):
    return np.sum(v[indices] * indices)


def constant_only(x):
    return 3.0


def ignores_an_argument(x, y):
    return y * y


def argument_itself(x):
    return x


def infinities_in_branches(x):
    best = math.inf
    for scale in (1.0, 2.0, 0.5):
        value = (x - scale) ** 2
        if value < best:
            best = value
    return best


def complex_free_exponentials(x, y):
    return x**y + y**x + math.pow(x, y) + np.power(x, y)


V = np.array([0.7, -1.2, 0.4])


def array_of_sums(x, n):
    """Sums of what may be nothing, in a list of run-time length: an array of floats."""
    kept = []
    for k in range(n):
        if x[k] > 0.5:
            kept.append(x[k])
    sums = np.array([sum([v for v in kept if v > x[k]]) * 1.0 for k in range(n)])
    more = np.array([sum([v for v in kept if v > x[k]]) for k in range(n)]) * x[0]
    sums = sums + x[0]
    return np.sum(sums * sums) + np.sum(more[:2] + x[1])


def begun_with_a_python_float(x, n):
    """A sum of float32 begun with 0.0: what is divided by it stays float32."""
    total = 0.0
    for k in range(n):
        total += x[k]
    y = x / (1.5 + total)
    return np.sum(y * y) * y[0]


ROWS = (
    row(int_times_float, 1.3),
    row(int_powers, 1.3),
    row(int_powers, -1.3),
    row(int_division, 1.3, 5),
    row(int_to_float, 1.3, 5),
    row(float_to_int, 1.3),
    row(float_to_int, -2.3),
    row(bools_and_ints, 1.3),
    row(python_and_numpy_scalars, 0.3),
    row(array_entry_and_float, V, 1.3),
    row(global_constants, 1.3),
    row(global_array, V),
    row(global_containers, 1.3),
    row(imported_names, 0.3),
    row(name_shadows_a_global, 1.3),
    row(name_shadows_a_builtin, 1.3),
    row(builtins, 1.3, 0.7),
    row(builtins, 0.7, 1.3),
    row(largest_of_several, 0.7, 1.3, 0.9),
    row(divmod_and_modulo, 1.3),
    row(float32_array, V.astype(np.float32)),
    row(float32_and_float64, V.astype(np.float32), V),
    row(float32_and_scalar, V.astype(np.float32), 1.3),
    row(int_array, np.array([0, 2, 2]), V),
    row(constant_only, 1.3),
    row(ignores_an_argument, 1.3, 0.7),
    row(argument_itself, 1.3),
    row(infinities_in_branches, 1.3),
    row(infinities_in_branches, 0.3),
    row(complex_free_exponentials, 1.3, 0.7),
    row(array_of_sums, V, 3),
    row(begun_with_a_python_float, V.astype(np.float32), 3),
    row(begun_with_a_python_float, V.astype(np.float32), 0),
    row(begun_with_a_python_float, V, 2),
)
