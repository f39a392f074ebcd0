"""Programs that differentiate functions themselves: pullbacks as values, products, matrices."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from srcdiff import (
    checkpointed,
    curl,
    divergence,
    gauss_newton_product,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    laplacian,
    recompute,
    taylor,
    vjp,
)
from tests.language.rows import row

X = np.array([0.5, -1.0, 2.0])
A = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 1.5]])


def scaled_sine(x):
    return np.sin(x) * x[0]


def cubes(x):
    return x**3 * np.roll(x, 1)


def energy(x):
    return np.sum(x**4) * x[0] + x[1] * x[2] ** 2


# --- pullbacks ----------------------------------------------------------------------------------


def called_once(x):
    y, pullback = vjp(scaled_sine, x)
    (found,) = pullback(np.cos(y))
    return np.sum(found * x)


def called_twice(x):
    y, pullback = vjp(scaled_sine, x)
    return np.sum(pullback(x)[0] * pullback(y)[0])


def called_in_a_loop(x):
    _, pullback = vjp(scaled_sine, x)
    c = np.ones(3)
    for _ in range(4):
        c = pullback(c)[0]
    return np.sum(c)


def called_while_it_is_large(x):
    c, k = x, 0
    _, pullback = vjp(scaled_sine, x)
    while np.sum(c**2) > 1e-1 and k < 5:
        c = 0.5 * pullback(c)[0]
        k += 1
    return np.sum(c)


def made_in_a_loop(x, n):
    for _ in range(n):
        y, pullback = vjp(scaled_sine, x)
        x = x - 0.1 * pullback(y)[0]
    return np.sum(x**2)


def used_after_the_loop(x, n):
    for _ in range(n):
        y, pullback = vjp(scaled_sine, x)
        x = x - 0.1 * pullback(y)[0]
    return np.sum(pullback(x)[0])


def made_on_two_paths(x):
    if x[0] > 0:
        y, pullback = vjp(scaled_sine, x)
    else:
        y, pullback = vjp(scaled_sine, 2.0 * x)
    return np.sum(pullback(y)[0])


def one_of_two_functions(x):
    f = scaled_sine if x[0] > 0 else cubes
    y, pullback = vjp(f, x)
    return np.sum(pullback(y)[0])


def kept_in_a_list(x):
    layers = (scaled_sine, np.tanh, cubes)
    pullbacks = []
    for layer in layers:
        x, pullback = vjp(layer, x)
        pullbacks.append(pullback)
    for pullback in reversed(pullbacks):
        (x,) = pullback(x)
    return np.sum(x)


def kept_round_by_round(x):
    pullbacks = []
    for _ in range(3):
        x, pullback = vjp(scaled_sine, x)
        pullbacks.append(pullback)
    c = np.ones(3)
    for pullback in pullbacks[::-1]:
        c = pullback(c)[0]
    return np.sum(c)


def kept_by_a_comprehension(x):
    pairs = [vjp(scaled_sine, x * k) for k in range(1, 4)]
    return sum(np.sum(pullback(y)[0]) for y, pullback in pairs)


def bound(f, x):
    y, pullback = vjp(f, x)
    return y, lambda c: pullback(c * 2.0)[0]


def handed_on_in_a_closure(x):
    y, back = bound(scaled_sine, x)
    return np.sum({"back": back}["back"](y))


class Layer:
    def __init__(self, f, x):
        self.y, self.pullback = vjp(f, x)

    def back(self, c):
        return self.pullback(c)[0]


def kept_in_an_object(x):
    layer = Layer(scaled_sine, x)
    return np.sum(layer.back(layer.y))


def winding(z):
    for _ in range(3):
        z = np.sin(z) * z[0] + z
    return z


def of_another_round(x, n):
    """The records are lists, made in each round."""
    y, pullback = vjp(winding, x)
    for k in range(n):
        y, pullback = vjp(winding, x * (k + 1.0))
    return np.sum(pullback(y)[0])


def chosen(z):
    return z[z > 0.1] ** 2 * np.sum(z)


def made_before_and_in_a_loop(x, n):
    """As many entries as only the run knows, others in each round."""
    first, pullback = vjp(chosen, x)
    y = first
    for k in range(n):
        y, pullback = vjp(chosen, x * (0.5 + k))
    return np.sum(pullback(y)[0] * x) + np.sum(first**2)


def positive(z):
    return z[z > 0]


def of_one_positive_entry(x, n):
    """A cotangent that has another length than where the adjoint was made."""
    z = first = positive(x)
    y, pullback = vjp(np.sin, z)
    for _ in range(n):
        z = positive(-x)
        y, pullback = vjp(np.sin, z)
    return np.sum(pullback(y)[0] * first * x[0])


@dataclass
class Pair:
    w: np.ndarray
    b: np.ndarray


def of_a_pair(p):
    return p.w**2 * p.b


def objects_in_each_round(x, n):
    y, pullback = vjp(of_a_pair, Pair(x, x * 2))
    for k in range(n):
        y, pullback = vjp(of_a_pair, Pair(x * k, y))
    (c,) = pullback(y)
    return np.sum(c.w * c.b)


def complex_seeds(x):
    y, pullback = vjp(lambda z: z**2 * np.sum(z), x + 1j * x[::-1])
    (c,) = pullback(np.conj(y))
    return 1e-3 * np.sum(c.real**2 + c.imag**2)


def changing_places(x, n):
    _, p = vjp(scaled_sine, x)
    _, q = vjp(scaled_sine, 2 * x)
    for _ in range(n):
        p, q = q, p
        x = 0.3 * p(x)[0]
    return np.sum(x) + np.sum(q(x)[0])


def again(pullback, c, n):
    return c if n == 0 else again(pullback, pullback(c)[0], n - 1)


def taken_by_a_recursive_function(x, n):
    _, pullback = vjp(scaled_sine, x)
    return np.sum(again(pullback, x, n))


def deep(x, n):
    return vjp(scaled_sine, x) if n == 0 else deep(x * 1.1, n - 1)


def returned_by_a_recursive_function(x, n):
    y, pullback = deep(x, n)
    return np.sum(pullback(y)[0])


def in_a_checkpointed_loop(x, n):
    _, first = vjp(scaled_sine, x)
    for _ in checkpointed(range(n), snapshots=2):
        c = first(x)[0]
        _, pullback = vjp(scaled_sine, x)
        x = x * 0.5 + 0.1 * c + 0.1 * pullback(c)[0]
    return np.sum(x**2)


def power_of(a, k, name):
    return a**k


def arguments_without_a_derivative(x):
    _, pullback = vjp(power_of, x, 3, "power")
    first, second, _ = pullback(x)
    return np.sum(first) + second


def layered(p, q):
    return {"a": p["w"] * q, "b": (np.sum(p["w"]), q[0])}


def structures(x):
    _, pullback = vjp(layered, {"w": x, "n": 3}, x**2)
    p, q = pullback({"b": (1.0, x[2]), "a": x})
    return np.sum(p["w"] * q) + p["n"]


def product(a, b):
    return a * b**2


def numbers(x):
    y, pullback = vjp(product, x[0], x[1])
    a, b = pullback(1)
    return a * b + y


def sines(a):
    return math.sin(a) * a


def python_numbers(a, b):
    y, pullback = vjp(sines, a)
    return pullback(b)[0] * y


def squares(z):
    return [v**2 for v in z]


def lists_as_seeds(x):
    y, pullback = vjp(squares, x)
    return np.sum(pullback(y)[0]) + np.sum(pullback([1.0, 2.0, 3.0])[0])


def halves(z):
    return z[1:], z[:-1] * z[1:]


def parts_as_seeds(x):
    y, pullback = vjp(halves, x)
    return np.sum(pullback((x[1:], y[0]))[0])


def accumulated(a):
    for k in range(1, len(a)):
        a[k] = a[k] * a[k - 1]
    return np.sum(a)


def function_that_writes(x):
    z = x * 1.5
    y, pullback = vjp(accumulated, z)
    s = np.sum(z**2)
    z[0] = 7.0
    return pullback(1.0)[0] @ x + s + y


def writes_after_the_pullback_was_made(x):
    z = x * 1.5
    y, pullback = vjp(scaled_sine, z)
    z[0] = 7.0
    y[1] = 3.0
    (c,) = pullback(y)
    y[2] = 5.0
    return c @ x + np.sum(y)


def same(t):
    return t


def nothing_is_shared(x):
    z = x * 1.0
    y, pullback = vjp(same, z)
    y[0] = 9.0
    (c,) = pullback(z)
    z[1] = 4.0
    c[2] = 3.0
    return np.sum(c * x) + np.sum(z * y)


def store_squares(out, z):
    out[:] = z**2 * z[0]


def what_is_written(x):
    out = np.zeros(3)
    _, pullback = vjp(store_squares, out, x, outputs="out")
    return np.sum(pullback(x)[1]) + np.sum(out)


def leaves_early(z):
    for _ in range(5):
        z = np.sin(z) + 0.3 * z
        if z[0] > 0.8:
            return z * 2
    return z


def function_that_leaves_early(x):
    _, pullback = vjp(leaves_early, x)
    return np.sum(pullback(x * x)[0])


def tower(x, n):
    return x if n == 0 else np.sin(tower(x * 1.1, n - 1)) * x


def recursive_function(x, n):
    _, pullback = vjp(tower, x, n)
    return np.sum(pullback(x)[0])


def in_a_recursive_function(x, n):
    if n == 0:
        return np.sum(x**2)
    y, pullback = vjp(scaled_sine, x)
    return in_a_recursive_function(pullback(y)[0] * 0.5, n - 1)


def steps(z):
    for _ in checkpointed(range(6), snapshots=2):
        z = np.sin(z) + 0.1 * z
    return z


@recompute
def marked(z):
    return np.tanh(z) * z[0]


def what_is_computed_again(x):
    y, first = vjp(steps, x)
    z, second = vjp(marked, x)
    return np.sum(first(z)[0] * second(y)[0])


class Scale:
    def __init__(self, k):
        self.k = k

    def apply(self, x):
        return self.k * np.sin(x)


def bound_method(x):
    y, pullback = vjp(Scale(x[0]).apply, x)
    return np.sum(pullback(y)[0])


def pullback_of_a_pullback(x):
    y, pullback = vjp(scaled_sine, x)
    z, again = vjp(pullback, y)
    return np.sum(again((x,))[0] * z[0])


def pulled(z):
    return vjp(scaled_sine, z)[1](np.cos(z))[0]


def forward_over_a_pullback(x):
    value, tangent = jvp(pulled, (x,), (x,))
    return np.sum(value * tangent)


def pullback_of_other_derivatives(x):
    y, pullback = vjp(grad(energy), x)
    return np.sum(pullback(x)[0]) + np.sum(vjp(hessian(energy), x)[1](np.outer(x, y))[0])


def nothing_to_seed(x):
    y, pullback = vjp(squares, x[3:])
    return np.sum(pullback(y)[0]) + x[0]


def perturbations_are_told_apart(x):
    def outer(a):
        _, pullback = vjp(lambda b: a * b, x[1])
        return a * pullback(1.0)[0]

    return vjp(outer, x[0])[1](1.0)[0] * x[2]


# --- products and matrices ----------------------------------------------------------------------


def residual(z):
    return A @ z**2


def quartic(r):
    return np.sum(r**4)


def products(x):
    plain = gauss_newton_product(residual, x, np.cos(x))
    of_loss = gauss_newton_product(residual, x, np.cos(x), loss=quartic)
    return np.sum(plain) + 1e-3 * np.sum(of_loss) + np.sum(hvp(energy, x, x * 2))


def matrices(x):
    return np.sum(jacrev(cubes)(x) * jacfwd(cubes)(x)) + np.sum(jacobian(energy)(x) ** 2)


def matrix_of_a_matrix(x):
    return np.sum(jacobian(jacobian(cubes))(x) ** 2)


def weighed(a, b):
    return np.sum(a**2 * b**3) * b[0]


def matrices_by_several_arguments(x):
    first, second = jacobian(product, (0, 1))(x, 2 * x)
    rows = hessian(weighed, (0, 1))(x, 2 * x)
    return np.sum(first * second) + np.sum(rows[0][1] * rows[1][0]) + np.sum(rows[1][1])


def matrix_by_keyword(x):
    return np.sum(jacobian(cubes)(x=x) ** 2)


def swirl(z):
    return np.array([z[1] ** 2 * z[0], z[0] * z[2] ** 2, z[0] * z[1]])


def flat_swirl(z):
    return np.array([z[1] ** 2 * z[0], z[0] ** 3])


def fields(x):
    in_space, in_plane = curl(swirl, x), curl(flat_swirl, np.array([x[0], x[1]]))
    return np.sum(in_space**2) + in_plane + laplacian(energy, x) * divergence(cubes, x)


def series(x):
    c = taylor(energy, x, np.cos(x), 3)
    return c[0] + c[1] * c[2] + c[3]


ROWS = [
    *(row(f, X) for f in (called_once, called_twice, called_in_a_loop, called_while_it_is_large)),
    row(called_once, X.astype(np.float32)),
    row(made_in_a_loop, X, 0),
    row(made_in_a_loop, X, 3),
    row(used_after_the_loop, X, 3),
    row(made_on_two_paths, X),
    row(made_on_two_paths, -X),
    row(one_of_two_functions, X),
    row(one_of_two_functions, -X),
    row(kept_in_a_list, X),
    row(kept_round_by_round, X),
    row(kept_by_a_comprehension, X),
    row(handed_on_in_a_closure, X),
    row(of_another_round, X, 2),
    row(made_before_and_in_a_loop, X, 2),
    row(made_before_and_in_a_loop, -X, 2),
    row(of_one_positive_entry, X, 1),
    row(of_one_positive_entry, X, 0),
    row(changing_places, X, 3),
    row(objects_in_each_round, X, 2),
    row(complex_seeds, X),
    row(taken_by_a_recursive_function, X, 3),
    row(returned_by_a_recursive_function, X, 2),
    row(in_a_checkpointed_loop, X, 5),
    row(kept_in_an_object, X),
    row(arguments_without_a_derivative, X),
    row(structures, X),
    row(numbers, X),
    row(python_numbers, 0.5, 1.5),
    row(lists_as_seeds, X),
    row(parts_as_seeds, X),
    row(function_that_writes, X),
    row(writes_after_the_pullback_was_made, X),
    row(nothing_is_shared, X),
    row(what_is_written, X),
    row(function_that_leaves_early, X),
    row(recursive_function, X, 3),
    row(in_a_recursive_function, X, 2),
    row(what_is_computed_again, X),
    row(bound_method, X),
    row(pullback_of_a_pullback, X),
    row(forward_over_a_pullback, X),
    row(pullback_of_other_derivatives, X),
    row(nothing_to_seed, X),
    row(perturbations_are_told_apart, X),
    row(products, X),
    row(matrices, X),
    row(matrix_of_a_matrix, X),
    row(matrices_by_several_arguments, X),
    row(matrix_by_keyword, X),
    row(fields, X),
    row(series, X),
]
