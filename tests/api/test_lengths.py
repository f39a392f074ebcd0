"""Arguments whose lengths do not agree: a gradient is as long as its argument, or there is none."""

import numpy as np
import pytest

from srcdiff import grad, hvp, vjp
from srcdiff.estimate import richardson

V, W = np.linspace(0.5, 1.5, 3), np.linspace(-1.0, 2.0, 3)
M = np.arange(9.0).reshape(3, 3) + 4.0 * np.eye(3)


def product(a, b):
    return np.sum(a * b)


def scaled(a, b):
    return 0.5 * np.mean(a * np.sin(b))


def divided(a, b):
    return np.sum(a / b)


def dotted(a, b):
    return a @ b


def inner(a, b):
    return 2.0 * np.inner(a, b) + np.dot(a, b)


def applied(a, b):
    return np.sum(b @ a)


def quadratic(a, b):
    return a @ b @ a


def contracted(a, b):
    return np.einsum("i,ij->", a, b)


def solved(a, b):
    return np.sum(np.linalg.solve(b, a))


def twice(a, b):
    t = a * b
    return np.sum(t) + np.sum(t * b)


def after_a_loop(a, b):
    total = 0.0
    for k in range(2):
        total += k * np.sum(a)
    return total + np.sum(a * b)


VECTORS = (product, scaled, divided, dotted, inner, twice, after_a_loop)
MATRICES = (applied, quadratic, contracted, solved)
CASES = [(f, W) for f in VECTORS] + [(f, M) for f in MATRICES]


@pytest.mark.parametrize("wrt", [0, 1, (0, 1)], ids=str)
@pytest.mark.parametrize(("f", "b"), CASES, ids=lambda c: getattr(c, "__name__", ""))
def test_what_the_original_refuses_has_no_gradient(f, b, wrt):
    longer = np.linspace(0.5, 1.5, 4)
    with pytest.raises(ValueError):
        f(longer, b)
    gradient = grad(f, wrt=wrt)
    gradient(V, b)
    with pytest.raises(ValueError):
        gradient(longer, b)


@pytest.mark.parametrize(("f", "b"), CASES, ids=lambda c: getattr(c, "__name__", ""))
def test_the_gradient_is_right_where_they_agree(f, b):
    for k, found in enumerate(grad(f, wrt=(0, 1))(V, b)):
        expected = richardson(lambda x, k=k: f(x, b) if k == 0 else f(V, x), (V, b)[k])
        np.testing.assert_allclose(found, expected.value, rtol=1e-6, atol=1e-8)
        assert found.flags.writeable
        assert not any(np.shares_memory(found, x) for x in (V, b))


def test_products_with_a_hessian_and_pullbacks_are_as_long_as_well():
    longer = np.linspace(0.5, 1.5, 4)
    with pytest.raises(ValueError):
        hvp(lambda x: np.sum(x**2 * W), longer, longer)
    with pytest.raises(ValueError):
        vjp(product, longer, W)


@pytest.mark.parametrize(
    ("f", "lines"),
    [
        (product, ["b_a = np.broadcast_to(b, a.shape).copy()", "return b_a, a.copy()"]),
        (scaled, ["t = 0.5 / a.shape[0]", "return t * np.sin(b), t * a * np.cos(b)"]),
        (twice, ["b_t = b + 1.0", "return b_t * b, t + b_t * a"]),
    ],
    ids=lambda c: getattr(c, "__name__", ""),
)
def test_no_shape_is_told_that_is_known(f, lines):
    written = [line.strip() for line in grad(f, wrt=(0, 1)).source(V, W).splitlines()]
    code = [line for line in written if line and not line.startswith("#")]
    assert code[-len(lines) :] == lines
