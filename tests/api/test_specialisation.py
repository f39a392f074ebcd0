"""One variant per signature; what a variant was compiled for is tested at every call."""

import types

import numpy as np

from srcdiff import grad, jvp, vjp
from tests.api import programs as p

V = np.array([0.5, -1.0, 2.0])


def count(made):
    """How many variants a derivative holds."""
    return len(made.dispatcher.variants)


def test_one_variant_per_signature():
    made = grad(p.square)
    for x in (1.0, 2.0, -3.0):
        assert made(x) == 2.0 * x
    assert count(made) == 1
    made(np.float64(1.0))
    assert count(made) == 2
    made(np.array(1.0))  # an array of rank 0 gets one back
    made(np.float32(1.0))
    assert count(made) == 4
    made.source(1.0)
    made.compiled(2.0)
    assert count(made) == 4


def test_shapes_share_a_variant():
    made = grad(p.scaled)
    for n in (2, 3, 50):
        x = np.linspace(0.0, 1.0, n)
        np.testing.assert_allclose(made(x), 2.0 * np.cos(x))
    assert count(made) == 1
    made(np.ones((2, 3)))
    assert count(made) == 2
    made(V.astype("f4"))
    assert count(made) == 3


def test_axes_of_length_one():
    """They broadcast, so they are compiled for apart, and the other variants stay right."""
    made = grad(p.product, (0, 1))
    X, row, column = np.outer(V, V), V[None, :], V[:, None]
    for _ in range(2):
        for x, y in [(X, X), (X, row), (column, row), (row, column), (X, column), (row, X)]:
            gx, gy = made(x, y)
            assert (gx.shape, gy.shape) == (x.shape, y.shape)
            full = np.broadcast_shapes(x.shape, y.shape)
            for g, other, own in ((gx, y, x), (gy, x, y)):
                wide = np.broadcast_to(other, full)
                axes = tuple(k for k in range(2) if own.shape[k] == 1 != full[k])
                np.testing.assert_allclose(g, wide.sum(axis=axes, keepdims=True))
    assert count(made) == 6


def test_strings_are_part_of_the_signature():
    def f(x, how):
        return x**2 if how == "square" else x**3

    made = grad(f)
    assert made(2.0, "square") == 4.0
    assert made(2.0, "cube") == 12.0
    assert made(2.0, "square") == 4.0
    assert count(made) == 2


def test_functions_are_part_of_the_signature():
    def f(x, g):
        return g(x) * x

    made = grad(f)
    assert made(2.0, p.square) == 12.0
    assert made(2.0, p.helper) == 12.0
    assert made(3.0, p.square) == 27.0


def test_structures_are_part_of_the_signature():
    made = grad(lambda q: q[0] * q[-1])
    assert made((2.0, 3.0)) == (3.0, 2.0)
    assert made((2.0, 3.0, 4.0)) == (4.0, 0.0, 2.0)
    assert made([2.0, 3.0]) == [3.0, 2.0]
    assert made([2.0, 3.0, 4.0]) == [4.0, 0.0, 2.0]
    assert count(made) == 3  # lists of one type share a variant


def test_global_number_changed():
    old = p.SCALE
    made = grad(p.scaled)
    try:
        np.testing.assert_allclose(made(V), 2.0 * np.cos(V))
        p.SCALE = 5.0
        np.testing.assert_allclose(made(V), 5.0 * np.cos(V))
        p.SCALE = np.array([1.0, 2.0, 3.0])
        np.testing.assert_allclose(made(V), p.SCALE * np.cos(V))
        p.SCALE = 7
        np.testing.assert_allclose(made(V), 7.0 * np.cos(V))
    finally:
        p.SCALE = old
    np.testing.assert_allclose(made(V), 2.0 * np.cos(V))
    _, pullback = vjp(p.scaled, V)
    np.testing.assert_allclose(pullback(1.0)[0], 2.0 * np.cos(V))


def test_helper_redefined():
    old = p.helper
    made = grad(p.calls_helper)
    try:
        assert made(2.0) == 12.0
        p.helper = lambda x: x * x
        assert made(2.0) == 12.0
        assert made(3.0) == 27.0
        assert jvp(p.calls_helper, (3.0,), (1.0,)) == (27.0, 27.0)
    finally:
        p.helper = old
    assert made(3.0) == 18.0


def test_helper_code_replaced():
    """A function given new code in place (as a reloading editor does) is compiled anew."""

    def inner(x):
        return x * 3.0

    def other(x):
        return x * x

    def outer(x):
        return inner(x) * x

    made = grad(outer)
    assert made(3.0) == 18.0
    inner.__code__ = other.__code__
    assert outer(3.0) == 27.0
    assert made(3.0) == 27.0


def test_closure_cell_changed():
    def make():
        scale = 2.0

        def f(x):
            return x * x * scale

        def change(value):
            nonlocal scale
            scale = value

        return f, change

    f, change = make()
    made = grad(f)
    assert made(3.0) == 12.0
    change(5.0)
    assert made(3.0) == 30.0
    change(np.float32(1.0))
    assert made(3.0) == 6.0
    change(3)
    assert made(3.0) == 18.0
    assert jvp(f, (3.0,), (1.0,)) == (27.0, 18.0)


def test_closures_of_one_code():
    """Two closures of the same def are two functions."""

    def make(n):
        return lambda x: x**n

    derivatives = [grad(make(n)) for n in (2, 3)]
    assert [d(2.0) for d in derivatives] == [4.0, 12.0]
    assert [jvp(make(n), (2.0,), (1.0,))[1] for n in (2, 3)] == [4.0, 12.0]


def test_default_changed():
    def f(x, n=2):
        return x**n

    made = grad(f)
    assert made(2.0) == 4.0
    f.__defaults__ = (3,)
    assert f(2.0) == 8.0
    assert grad(f)(2.0) == 12.0


def test_attribute_of_a_global_object():
    settings = types.SimpleNamespace(scale=2.0)

    def f(x):
        return settings.scale * x * x

    made = grad(f)
    assert made(3.0) == 12.0
    settings.scale = 5.0
    assert made(3.0) == 30.0


def test_element_of_a_global_dict():
    settings = {"scale": 2.0}

    def f(x):
        return settings["scale"] * x * x

    made = grad(f)
    assert made(3.0) == 12.0
    settings["scale"] = 5.0
    assert made(3.0) == 30.0


def test_attribute_of_self():
    class Model:
        def __init__(self, scale):
            self.scale = scale

        def loss(self, x):
            return self.scale * x * x

    model = Model(2.0)
    made = grad(model.loss)
    assert made(3.0) == 12.0
    model.scale = 5.0
    assert made(3.0) == 30.0


def test_many_variants():
    """More than are kept: old ones are compiled again, none is wrong."""
    made = grad(lambda x, n: x**n)
    for _ in range(2):
        for n in range(2, 6):
            assert made(2.0, n) == n * 2.0 ** (n - 1)
    made = grad(lambda q: q[0] * q[-1])
    for k in range(2, 40):
        assert made((2.0, *[0.0] * (k - 2), 3.0)) == (3.0, *[0.0] * (k - 2), 2.0)
    assert count(made) <= 32
    assert made((2.0, 3.0)) == (3.0, 2.0)
