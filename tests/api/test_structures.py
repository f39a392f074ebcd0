"""Gradients come back in the structure, shapes and dtypes of what they are taken by."""

import numpy as np
import pytest

from srcdiff import grad, jvp, value_and_grad, vjp
from tests.api import programs as p

V = np.array([0.5, -1.0, 2.0])


def same(found, wanted):
    """Structure, types, dtypes, shapes and numbers agree."""
    assert type(found) is type(wanted)
    if isinstance(wanted, dict):
        assert list(found) == list(wanted)
        for key in wanted:
            same(found[key], wanted[key])
    elif isinstance(wanted, (tuple, list)):
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted):
            same(one, other)
    elif isinstance(wanted, p.Box):
        same((found.low, found.high), (wanted.low, wanted.high))
    else:
        assert np.shape(found) == np.shape(wanted)
        assert getattr(found, "dtype", None) == getattr(wanted, "dtype", None)
        np.testing.assert_allclose(found, wanted, rtol=1e-6)


CASES = {
    "float": (p.square, 1.5, 3.0),
    "np.float64": (p.square, np.float64(1.5), np.float64(3.0)),
    "np.float32": (p.square, np.float32(1.5), np.float32(3.0)),
    "float32 array": (p.scaled, V.astype("f4"), (np.cos(V) * 2.0).astype("f4")),
    "float64 array": (p.scaled, V, np.cos(V) * 2.0),
    "matrix": (p.scaled, np.outer(V, V), np.cos(np.outer(V, V)) * 2.0),
    "empty array": (p.scaled, np.zeros((0, 3)), np.zeros((0, 3))),
    "tuple": (p.of_pair, (2.0, V), (5.25, 4.0 * V)),
    "list": (p.of_pair, [2.0, V], [5.25, 4.0 * V]),
    "list of floats": (p.last, [1.0, 2.0, 3.0], [3.0, 0.0, 1.0]),
    "list of arrays": (
        lambda q: np.sum(q[0]) * np.sum(q[1] ** 2),
        [V, V],
        [5.25 * np.ones(3), 3.0 * V],
    ),
    "dict": (p.of_dict, {"a": 2.0, "b": V}, {"a": 1.5, "b": np.full(3, 2.0)}),
    "NamedTuple": (p.of_line, p.Line(V, 2.0), p.Line(np.full(3, 4.0), 3.0)),
    "dataclass": (p.of_box, p.Box(V, 2.0 * V), p.Box(2.0 * V, V)),
    "dataclass of floats": (lambda b: b.low**2 * b.high, p.Box(2.0, 3.0), p.Box(12.0, 4.0)),
    "nested": (
        p.nested_parameters,
        {"layers": [V, (2.0 * V, 1.0)], "scale": 3.0},
        {"layers": [np.full(3, 3.0), (4.0 * V, 0.0)], "scale": 1.5},
    ),
    "unused leaf": (lambda q: q[0] * 2.0, (1.0, V), (2.0, np.zeros(3))),
}


@pytest.mark.parametrize("name", CASES)
def test_gradient(name):
    function, argument, wanted = CASES[name]
    same(grad(function)(argument), wanted)


@pytest.mark.parametrize("name", CASES)
def test_pullback(name):
    function, argument, wanted = CASES[name]
    value, pullback = vjp(function, argument)
    np.testing.assert_allclose(value, function(argument), rtol=1e-6)
    seed = np.ones_like(value)[()] if isinstance(value, np.generic) else 1.0
    (found,) = pullback(seed)
    same(found, wanted)


def test_zero_rank_array():
    """A 0-d array gives a number of its dtype and shape."""
    for dtype in ("f8", "f4"):
        found = p.square_grad(np.array(1.5, dtype))
        assert np.shape(found) == ()
        assert found.dtype == dtype
        assert found == 3.0


def test_tuple_of_arguments():
    found = p.product_grad(V, 2.0 * V)
    same(found, (2.0 * V, V))
    same(grad(p.product, (1,))(V, 2.0 * V), (V,))
    same(grad(p.product, [1, 0])(V, 2.0 * V), (V, 2.0 * V))
    same(grad(p.product, ("y", 0))(V, 2.0 * V), (V, 2.0 * V))
    same(grad(p.product, "y")(V, 2.0 * V), V)
    same(grad(p.product, -1)(V, 2.0 * V), V)


def test_mixed_precision():
    """The gradient by a float32 array is float32, that by a float64 array float64."""
    found = p.product_grad(V.astype("f4"), V)
    assert [g.dtype for g in found] == ["f4", "f8"]
    assert grad(p.product)(V.astype("f4"), V).dtype == "f4"


def test_single_stays_single_through_loops():
    v, X = V.astype("f4"), np.eye(3, dtype="f4")
    value, found = value_and_grad(p.sums, (0, 1))(v, X)
    assert value.dtype == np.float32
    assert [g.dtype for g in found] == [np.float32, np.float32]


def test_has_aux():
    def with_aux(x):
        y = x * 2.0
        return np.sum(y * x), {"y": y}

    gradient, aux = grad(with_aux, has_aux=True)(V)
    same(gradient, 4.0 * V)
    same(aux, {"y": 2.0 * V})
    (value, aux), gradient = value_and_grad(with_aux, has_aux=True)(V)
    assert value == 10.5
    same(aux, {"y": 2.0 * V})
    same(gradient, 4.0 * V)


def test_structured_values():
    """Values of vjp and jvp keep their structure, seeds and tangents follow it."""

    def both(x):
        return {"twice": 2.0 * x, "parts": (np.sum(x), [x[0], x])}

    value, pullback = vjp(both, V)
    same(value, both(V))
    (found,) = pullback({"twice": V, "parts": (1.0, [2.0, V])})
    same(found, 2.0 * V + 1.0 + np.array([2.0, 0.0, 0.0]) + V)
    value, tangent = jvp(both, (V,), (np.ones(3),))
    same(value, both(V))
    parts = (np.float64(3.0), [np.float64(1.0), np.ones(3)])
    same(tangent, {"twice": np.full(3, 2.0), "parts": parts})


def test_pullback_may_be_called_again():
    _, pullback = vjp(p.sums, V, np.eye(3))
    first, again, twice = pullback(1.0), pullback(1.0), pullback(2.0)
    same(again, first)
    same(twice, tuple(2.0 * g for g in first))
    assert not np.shares_memory(first[0], again[0])


def test_other_arguments_get_zero():
    """The cotangent of what is no float is 0."""
    _, pullback = vjp(p.power, 2.0, 3)
    assert pullback(1.0) == (12.0, 0)


def test_methods_and_keywords():
    def f(x, /, y, *, scale=1.0):
        return x * y * scale

    made = grad(f, "scale")
    assert made(2.0, 3.0) == 6.0
    assert made(2.0, y=3.0, scale=5.0) == 6.0

    class Model:
        def __init__(self, weight):
            self.weight = weight

        @grad(wrt="x")
        def loss(self, x):
            return self.weight * x**2

    assert Model(2.0).loss(3.0) == 12.0
    assert grad(Spring(4.0).energy)(3.0) == 12.0


class Spring:
    def __init__(self, stiffness):
        self.stiffness = stiffness

    def energy(self, x):
        return 0.5 * self.stiffness * x**2


def test_star_arguments():
    """Position 0 is the first argument, whether it has a name or not."""
    assert grad(lambda *a: a[0] * a[1] * a[2])(2.0, 3.0, 4.0) == 12.0
    assert value_and_grad(lambda *a: a[0] * a[1])(2.0, 3.0) == (6.0, 3.0)


def test_star_arguments_of_vjp():
    assert vjp(lambda *a: a[0] * a[1], 2.0, 3.0)[1](1.0) == (3.0, 2.0)


def test_library_functions():
    np.testing.assert_array_equal(grad(np.sum)(V), np.ones(3))
    assert grad(np.sin)(0.0) == 1.0


def test_decorators():
    assert p.decorated(2.0) == 12.0
    assert p.decorated.primal(2.0) == 8.0
    assert p.decorated_by_name(3.0, 2.0) == (12.0, 12.0)


def test_by_star_arguments():
    """A star parameter asked for by name means all of its values."""
    assert grad(lambda x, *a: a[0] * a[1] * x, "a")(2.0, 3.0, 4.0) == (8.0, 6.0)


def test_by_double_star_arguments():
    def f(x, **k):
        return k["b"] * k["a"] * x

    assert grad(f, "k")(2.0, a=3.0, b=4.0) == {"a": 8.0, "b": 6.0}
