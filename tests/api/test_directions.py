"""Products with vectors and sums over derivative matrices, against the matrices themselves."""

import math

import numpy as np
import pytest

import srcdiff
from srcdiff import (
    ArgumentsError,
    curl,
    directional_derivative,
    divergence,
    gauss_newton_product,
    grad,
    hessian,
    hvp,
    jacobian,
    laplacian,
)

X = np.array([0.7, -1.2, 2.0])
S = np.array([1.0, 0.5, -0.25])
A = np.arange(12.0).reshape(4, 3) / 7.0


def scalar(x, scale=1.5):
    return np.sum(np.sin(x * scale)) * x[0] * x[1]


def field(x, scale=1.0):
    return np.array([x[0] * x[1] * scale, math.sin(x[1] * x[2]), x[2] ** 2 * x[0]])


def residual(x, A):
    return np.tanh(A @ x) - 0.5


def sine(x):
    return np.sin(x)


def tree(q):
    return q["a"] ** 2 * np.sum(np.exp(q["b"]))


def test_directional_derivative():
    assert directional_derivative(scalar, X, S) == pytest.approx(grad(scalar)(X) @ S, rel=1e-13)
    found = directional_derivative(residual, X, S, A)
    np.testing.assert_allclose(found, jacobian(residual)(X, A) @ S, rtol=1e-13)
    assert directional_derivative(lambda x: x**3, 2.0, 0.5) == 6.0


def test_directional_derivative_of_a_structure():
    q, s = {"a": 2.0, "b": X}, {"a": 0.5, "b": S}
    g = grad(tree)(q)
    assert directional_derivative(tree, q, s) == pytest.approx(g["a"] * 0.5 + g["b"] @ S)


def test_directional_derivative_is_largest_along_the_gradient():
    g = grad(scalar)(X)
    best = directional_derivative(scalar, X, g / np.linalg.norm(g))
    assert best == pytest.approx(np.linalg.norm(g))
    random = np.random.default_rng(0)
    for s in random.standard_normal((20, 3)):
        assert directional_derivative(scalar, X, s / np.linalg.norm(s)) < best


@pytest.mark.parametrize("s", [np.ones(2), 1.0, (1.0, 2.0, 3.0), None])
@pytest.mark.parametrize("product", [directional_derivative, hvp])
def test_directions_of_a_wrong_shape(product, s):
    with pytest.raises(ArgumentsError):
        product(scalar, X, s)


def test_only_what_moves_gets_a_tangent():
    """The other arguments need no tangent: integers, strings and functions pass as they are."""

    def f(x, n, mode, g):
        return np.sum(g(x) ** n) if mode == "power" else np.sum(x)

    assert directional_derivative(f, X, S, 2, "power", sine) == pytest.approx(
        np.sum(2.0 * np.sin(X) * np.cos(X) * S)
    )
    assert hvp(f, X, S, 2, "sum", sine).tolist() == [0.0, 0.0, 0.0]


def test_gauss_newton_product():
    J = jacobian(residual)(X, A)
    np.testing.assert_allclose(gauss_newton_product(residual, X, S, A), J.T @ (J @ S), rtol=1e-12)


def test_gauss_newton_product_of_a_loss():
    def loss(r):
        return np.sum(np.sqrt(1.0 + r**2))

    J = jacobian(residual)(X, A)
    H = hessian(loss)(residual(X, A))
    found = gauss_newton_product(residual, X, S, A, loss=loss)
    np.testing.assert_allclose(found, J.T @ (H @ (J @ S)), rtol=1e-12)


def test_gauss_newton_is_the_hessian_where_the_residual_is_linear():
    def f(x):
        return 0.5 * np.sum((A @ x - 1.0) ** 2)

    found = gauss_newton_product(lambda x: A @ x - 1.0, X, S)
    np.testing.assert_allclose(found, hvp(f, X, S), rtol=1e-12)


def test_gauss_newton_product_of_structures():
    q, v = {"a": 2.0, "b": X}, {"a": 1.0, "b": S}
    found = gauss_newton_product(lambda q: (q["a"] * q["b"], np.sum(q["b"])), q, v)
    flat = gauss_newton_product(
        lambda x: np.concatenate([x[0] * x[1:], np.array([np.sum(x[1:])])]),
        np.array([2.0, *X]),
        np.array([1.0, *S]),
    )
    np.testing.assert_allclose([found["a"], *found["b"]], flat, rtol=1e-12)


def test_divergence():
    assert divergence(field, X) == pytest.approx(np.trace(jacobian(field)(X)), rel=1e-13)
    assert divergence(field, X, 2.0) == pytest.approx(np.trace(jacobian(field)(X, 2.0)), rel=1e-13)
    assert divergence(lambda x: x**3, 2.0) == 12.0
    grid = np.outer(X, S)
    assert divergence(lambda u: u * np.sum(u), grid) == pytest.approx(
        grid.size * grid.sum() + grid.sum()
    )


def test_laplacian():
    assert laplacian(scalar, X) == pytest.approx(np.trace(hessian(scalar)(X)), rel=1e-12)
    assert laplacian(lambda x: 1.0 / np.sqrt(np.sum(x**2)), X) == pytest.approx(0.0, abs=1e-14)
    assert laplacian(lambda x: x**3, 2.0) == 12.0


def test_curl():
    J = jacobian(field)(X)
    wanted = [J[2, 1] - J[1, 2], J[0, 2] - J[2, 0], J[1, 0] - J[0, 1]]
    np.testing.assert_allclose(curl(field, X), wanted, rtol=1e-13)
    np.testing.assert_allclose(curl(grad(scalar), X), np.zeros(3), atol=1e-14)
    assert curl(lambda x: np.array([-x[1] * x[0], x[0]]), np.array([2.0, 3.0])) == 3.0


def test_divergence_of_a_curl():
    def spun(x):
        """The curl of field, by hand."""
        return np.array([-x[1] * math.cos(x[1] * x[2]), -(x[2] ** 2), -x[0]])

    np.testing.assert_allclose(curl(field, X), spun(X), rtol=1e-12)
    assert divergence(spun, X) == pytest.approx(0.0, abs=1e-14)


BAD = {
    "divergence of a scalar": lambda: divergence(scalar, X),
    "divergence at integers": lambda: divergence(field, np.arange(3)),
    "divergence of a tuple": lambda: divergence(lambda x: (x, x), X),
    "curl in four dimensions": lambda: curl(lambda x: x, np.ones(4)),
    "curl of a number": lambda: curl(lambda x: x, 1.0),
    "curl of a matrix": lambda: curl(lambda x: np.outer(x, x), X),
    "laplacian of a field": lambda: laplacian(field, X),
    "hessian product of a field": lambda: hvp(field, X, S),
    "product with a loss that is none": lambda: gauss_newton_product(
        residual, X, S, A, loss=lambda r: r
    ),
    "directional derivative at an integer": lambda: directional_derivative(lambda x: x**2, 3, 1),
    "directional derivative at integers": lambda: directional_derivative(
        lambda x: x**2, np.arange(3), np.ones(3)
    ),
    "directional derivative of no function": lambda: directional_derivative(3.0, X, S),
}


@pytest.mark.parametrize("name", BAD)
def test_misuse(name):
    with pytest.raises(ArgumentsError):
        BAD[name]()


def test_products_inside_a_program():
    def f(x):
        return directional_derivative(lambda z: z**3 * x, x, 2.0) + hvp(lambda z: z**4, x, x)

    assert f(2.0) == 2.0 * 3.0 * 8.0 + 12.0 * 8.0
    assert grad(f)(2.0) == 6.0 * 3.0 * 4.0 + 36.0 * 4.0


def test_sparse_matrices_inside_a_program_are_refused():
    with pytest.raises(srcdiff.Refused, match="SD352"):
        grad(lambda x: np.sum(jacobian(lambda z: z**2, sparse=True)(x)))(2.0)
