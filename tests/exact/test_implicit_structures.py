"""Implicit functions of structures, against closed forms and unrolled iterations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

from srcdiff import (
    ArgumentsError,
    GradientError,
    Refused,
    check_grad,
    grad,
    hessian,
    implicit,
    jacfwd,
    jacrev,
    jvp,
    vjp,
)
from srcdiff.api.arrange import from_text
from srcdiff.structure import mapped

P = {"p": np.array([1.0, 2.0, 3.0]), "q": np.array([0.5, 1.5, -2.0])}


# --- a root -------------------------------------------------------------------------------------


@implicit.root(
    lambda x, a: {"p": x["p"] ** 2 - a["p"], "q": x["q"] - a["q"] * x["p"]}, samples=[(P,)]
)
def roots(a):
    return {"p": np.sqrt(a["p"]), "q": a["q"] * np.sqrt(a["p"])}


def open_roots(a):
    return {"p": np.sqrt(a["p"]), "q": a["q"] * np.sqrt(a["p"])}


def use(solver):
    return lambda a: np.sum(solver(a)["q"] ** 2) * a["q"][0] + solver(a)["p"][1]


def same(found, wanted, tolerance=1e-10):
    mapped(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance), found, wanted
    )


def test_both_modes_and_orders():
    f, g = use(roots), use(open_roots)
    same(grad(f)(P), grad(g)(P))
    same(jvp(f, (P,), (P,)), jvp(g, (P,), (P,)))
    same(jacfwd(roots)(P), jacfwd(open_roots)(P))
    same(jacrev(roots)(P), jacrev(open_roots)(P))
    same(hessian(f)(P), hessian(g)(P), 1e-9)
    assert check_grad(f, P).ok


def test_the_solver_is_called_as_it_was_written():
    assert roots(P).keys() == P.keys()
    text = grad(use(roots)).source(P)
    assert "roots_in_a_row(" in text and "np.sqrt" not in text
    assert text.count("np.linalg.solve(") == 2  # one system per call, whatever is in the structure


# --- a fixed point, of numbers in a tuple ---------------------------------------------------------


@implicit.fixed_point(lambda x, start, a, b: (np.cos(a * x[0]), 0.5 * x[1] + b[0] * x[0]))
def settled(start, a, b, steps=200):
    u, v = start
    for _ in range(steps):
        u, v = np.cos(a * u), 0.5 * v + b[0] * u
    return u, v


def unrolled(start, a, b, steps=200):
    u, v = start
    for _ in range(steps):
        u, v = np.cos(a * u), 0.5 * v + b[0] * u
    return u, v


def test_a_fixed_point_against_its_iterations():
    def both(solver):
        def f(a, b):
            u, v = solver((1.0, 2.0), a, b, steps=150)
            return u * v + a

        return f

    b = [0.7, 3.0]
    for k in (0, 1):
        same(grad(both(settled), k)(0.8, b), grad(both(unrolled), k)(0.8, b))
    same(grad(grad(both(settled)))(0.8, b), grad(grad(both(unrolled)))(0.8, b), 1e-8)
    found = jvp(both(settled), (0.8, b), (1.0, [0.5, 1.0]))
    same(found, jvp(both(unrolled), (0.8, b), (1.0, [0.5, 1.0])))
    assert grad(lambda s: settled(s, 0.8, b)[0])((1.0, 2.0)) == (0.0, 0.0)


# --- a minimum, of a dataclass --------------------------------------------------------------------


@dataclass
class Line:
    weights: Any
    offset: Any


class Data(NamedTuple):
    X: Any
    y: Any


def ridge(model, start, data, penalty):
    misses = data.X @ model.weights + model.offset - data.y
    return np.sum(misses**2) + penalty * np.sum(model.weights**2)


def solved(data, penalty):
    count = data.X.shape[1]
    Z = np.concatenate([data.X, np.ones((len(data.y), 1))], axis=1)
    scale = np.ones(count + 1)
    scale[count] = 0.0
    return np.linalg.solve(Z.T @ Z + penalty * np.diag(scale), Z.T @ data.y)


@implicit.minimiser(ridge)
def fitted(start, data, penalty):
    found = solved(data, penalty)
    return Line(found[:-1], found[-1])


def test_a_minimum_of_a_dataclass():
    random = np.random.default_rng(0)
    data = Data(random.normal(size=(8, 2)), random.normal(size=8))
    start = Line(np.zeros(2), 0.0)

    def f(data, penalty):
        model = fitted(start, data, penalty)
        return np.sum(model.weights**2) + 3.0 * model.offset

    def g(data, penalty):
        found = solved(data, penalty)
        return np.sum(found[:-1] ** 2) + 3.0 * found[-1]

    same(grad(f, (0, 1))(data, 0.3), grad(g, (0, 1))(data, 0.3))
    same(grad(grad(f, 1), 1)(data, 0.3), grad(grad(g, 1), 1)(data, 0.3), 1e-8)


# --- a linear system ------------------------------------------------------------------------------


def operator(x, k):
    return {"a": k * x["a"] + x["b"][0], "b": 2.0 * x["b"] + x["a"]}


@implicit.linear_solve(operator)
def solve(b, k):
    M = np.array([[k, 1.0, 0.0], [1.0, 2.0, 0.0], [1.0, 0.0, 2.0]])
    found = np.linalg.solve(M, np.concatenate([[b["a"]], b["b"]]))
    return {"a": found[0], "b": found[1:]}


def test_a_linear_system():
    def by_matrix(b, k):
        M = np.array([[k, 1.0, 0.0], [1.0, 2.0, 0.0], [1.0, 0.0, 2.0]])
        found = np.linalg.solve(M, np.concatenate([np.array([b["a"]]), b["b"]]))
        return found[0] * found[1] + found[2]

    def by_rule(b, k):
        x = solve(b, k)
        return x["a"] * x["b"][0] + x["b"][1]

    b = {"a": 1.0, "b": np.array([2.0, -3.0])}
    same(grad(by_rule, (0, 1))(b, 3.0), grad(by_matrix, (0, 1))(b, 3.0))
    value, pullback = vjp(by_rule, b, 3.0)
    assert value == pytest.approx(by_matrix(b, 3.0))
    same(pullback(2.0), mapped(lambda v: 2.0 * v, grad(by_rule, (0, 1))(b, 3.0)))


# --- what is no float -----------------------------------------------------------------------------


def test_integers_and_words_beside_floats():
    @implicit.root(lambda x, a, at, how: x - a[at] ** 2 if how == "square" else x - a[at])
    def picked(a, at, how):
        return a[at] ** 2 if how == "square" else a[at]

    a, at = np.array([2.0, 3.0]), np.array([1, 0])
    for how, wanted in (("square", [4.0, 6.0]), ("plain", [1.0, 1.0])):
        found = grad(lambda a, at: np.sum(picked(a, at, how)))(a, at)
        np.testing.assert_allclose(found, wanted)


def test_integers_in_a_structure_stay():
    @implicit.root(lambda x, q: {"w": x["w"] - q["n"] * q["w"], "n": 0})
    def times(q):
        return {"w": q["n"] * q["w"], "n": q["n"]}

    found = grad(lambda q: np.sum(times(q)["w"]) * times(q)["n"])({"w": np.ones(2), "n": 3})
    np.testing.assert_allclose(found["w"], 9.0)


@pytest.mark.parametrize("names", ["a, da", "z, t", "bz, weights", "like, index", "np, condition"])
def test_any_names(names):
    first, second = names.split(", ")
    condition = f"def condition(x, {names}):\n    return x - {first} * {second}\n"
    solver = f"def product({names}):\n    return {first} * {second}\n"
    product = implicit.root(from_text(condition, "condition", {}))(from_text(solver, "product", {}))
    assert grad(lambda u, v: product(u, v), (0, 1))(2.0, 3.0) == (3.0, 2.0)
    structured = implicit.root(lambda x, u, v: [x[0] - u[0] * v])(lambda u, v: [u[0] * v])
    assert grad(lambda u, v: structured(u, v)[0], (0, 1))([2.0], 3.0) == ([3.0], 2.0)


# --- misuse ---------------------------------------------------------------------------------------


def test_a_condition_that_does_not_belong():
    with pytest.raises(GradientError):
        implicit.root(lambda x, a: {"p": x["p"] - a["p"], "q": x["q"] - a["q"]}, samples=[(P,)])(
            open_roots
        )


def test_a_solution_of_another_structure():
    @implicit.root(lambda x, a: {"p": x["p"] - a["p"], "q": x["q"]})
    def less(a):
        return {"p": a["p"]}

    @implicit.root(lambda x, a: {"p": x["p"] - a["p"], "q": x["q"]})
    def shorter(a):
        return {"p": a["p"][:1], "q": a["q"]}

    for solver in (less, shorter):
        with pytest.raises(ArgumentsError, match="SD522"):
            grad(lambda a: np.sum(solver(a)["p"]))(P)


def test_what_is_no_structure_of_floats():
    class Thing:
        def __init__(self, a):
            self.a = a

    @implicit.root(lambda x, a, thing: x - a)
    def root(a, thing):
        return a

    with pytest.raises(Refused, match="SD522"):
        grad(lambda a: root(a, [[v for v in range(3)] for _ in range(2)]))(1.0)
    with pytest.raises(Refused, match="SD522"):
        grad(lambda a, thing: root(a, thing))(1.0, Thing(2.0))
    with pytest.raises(ArgumentsError, match="SD522"):
        implicit.root(lambda x, a: x - a)(lambda *a: a)
    with pytest.raises(ArgumentsError, match="SD510"):
        implicit.root(3)
    with pytest.raises(ArgumentsError, match="SD510"):
        implicit.minimiser(3)
    with pytest.raises(ArgumentsError, match="SD510"):
        implicit.root(lambda x, a: x - a)(3)


def test_declared_inside_a_program():
    def f(a):
        return implicit.root(lambda x, a: x - a)(lambda a: a)(a)

    with pytest.raises(Refused, match="SD354"):
        grad(f)(1.0)
