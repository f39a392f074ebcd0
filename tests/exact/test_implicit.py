"""Implicit differentiation against closed forms, unrolled iterations and differences."""

import math

import numpy as np
import pytest

import srcdiff
from srcdiff import (
    ArgumentsError,
    GradientError,
    check_grad,
    grad,
    hessian,
    implicit,
    jacfwd,
    jacrev,
    jvp,
    vjp,
)

A = np.array([1.5, 0.7, 2.2])
B = np.array([0.3, -0.4, 0.8])


# --- scalars ------------------------------------------------------------------------------------


def cubic(x, a, b):
    return x**3 + a * x - b


@implicit.root(cubic, samples=[(1.2, 2.5), (0.4, -1.0)])
def cubic_root(a, b, steps=60):
    """By bisection, which has no useful derivative of its own."""
    low, high = -10.0, 10.0
    for _ in range(steps):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if cubic(middle, a, b) < 0.0 else (low, middle)
    return low


def cubic_unrolled(a, b):
    x = 1.0
    for _ in range(40):
        x = x - cubic(x, a, b) / (3.0 * x * x + a)
    return x


def test_root_of_scalars():
    for k in (0, 1):
        found = grad(cubic_root, k)(1.2, 2.5)
        assert found == pytest.approx(grad(cubic_unrolled, k)(1.2, 2.5), rel=1e-10)
    _, tangent = jvp(cubic_root, (1.2, 2.5), (0.3, -0.7))
    _, pullback = vjp(cubic_root, 1.2, 2.5)
    by_a, by_b = pullback(1.0)
    assert tangent == pytest.approx(0.3 * by_a - 0.7 * by_b, rel=1e-13)


def test_root_to_higher_order():
    second = grad(grad(cubic_root))(1.2, 2.5)
    assert second == pytest.approx(grad(grad(cubic_unrolled))(1.2, 2.5), rel=1e-8)
    mixed = grad(grad(cubic_root, "a"), "b")(1.2, 2.5)
    assert mixed == pytest.approx(grad(grad(cubic_unrolled, "a"), "b")(1.2, 2.5), rel=1e-8)
    third = grad(grad(grad(cubic_root)))(1.2, 2.5)
    assert third == pytest.approx(grad(grad(grad(cubic_unrolled)))(1.2, 2.5), rel=1e-6)


def test_root_inside_a_program():
    def f(a, n):
        total = 0.0
        for k in range(n):
            total += cubic_root(a + k, math.exp(a), 50) ** 2 if k != 1 else a
        return total

    assert check_grad(f, 0.7, 4).ok
    assert grad(f)(0.7, 4) == pytest.approx((f(0.7 + 1e-6, 4) - f(0.7 - 1e-6, 4)) / 2e-6, rel=1e-6)


def test_the_solver_is_not_read():
    """It may be anything that can be called: here, a generator and a try, which srcdiff refuses."""

    def steps(a):
        x = a
        while True:
            x = 0.5 * (x + a / x)
            yield x

    @implicit.root(lambda x, a: x * x - a)
    def square_root(a):
        try:
            for x in steps(a):
                if abs(x * x - a) < 1e-14 * a:
                    return x
        except ZeroDivisionError:
            return 0.0

    assert grad(square_root)(9.0) == pytest.approx(1.0 / 6.0)
    source = grad(square_root).source(9.0)
    assert "square_root(a)" in source and "while" not in source


# --- arrays -------------------------------------------------------------------------------------


@implicit.root(lambda x, a, b: x + 0.3 * np.sin(np.roll(x, 1)) * a - b, like="b", samples=[(A, B)])
def coupled(a, b):
    x = np.zeros_like(b)
    for _ in range(200):
        x = b - 0.3 * np.sin(np.roll(x, 1)) * a
    return x


def coupled_unrolled(a, b):
    x = np.zeros_like(b)
    for _ in range(60):
        x = b - 0.3 * np.sin(np.roll(x, 1)) * a
    return x


def contraction(x, a, b):
    return b - 0.3 * np.sin(np.roll(x, 1)) * a


settled = implicit.fixed_point(contraction, samples=[(A, B)])(coupled_unrolled)


@pytest.mark.parametrize("solver", [coupled, settled])
@pytest.mark.parametrize("wrt", [0, 1])
def test_systems(solver, wrt):
    wanted = jacfwd(coupled_unrolled, wrt)(A, B)
    np.testing.assert_allclose(jacfwd(solver, wrt)(A, B), wanted, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(jacrev(solver, wrt)(A, B), wanted, rtol=1e-9, atol=1e-12)


def test_second_order_of_a_system():
    def loss(a, b):
        return np.sum(settled(a, b) ** 2)

    def unrolled(a, b):
        return np.sum(coupled_unrolled(a, b) ** 2)

    np.testing.assert_allclose(hessian(loss)(A, B), hessian(unrolled)(A, B), rtol=1e-8, atol=1e-10)


def test_matrices():
    """A solution of any shape: the square root of a matrix (a Sylvester equation for its derivative)."""

    @implicit.root(lambda X, M: X @ X - M)
    def matrix_root(M):
        w, V = np.linalg.eigh(M)
        return V @ np.diag(np.sqrt(w)) @ V.T

    M = np.array([[2.0, 0.5], [0.5, 1.0]])
    D = np.array([[0.2, -0.1], [-0.1, 0.7]])
    _, tangent = jvp(matrix_root, (M,), (D,))
    h = 1e-5
    difference = (matrix_root(M + h * D) - matrix_root(M - h * D)) / (2.0 * h)
    np.testing.assert_allclose(tangent, difference, rtol=1e-8)


# --- minimisers ---------------------------------------------------------------------------------


def ridge(w, X, y, penalty):
    return np.sum((X @ w - y) ** 2) + np.exp(penalty) * np.sum(w**2)


def test_minimiser_with_a_shape_of_its_own():
    """The penalty of a ridge regression chosen by its gradient on held-out rows."""

    @implicit.minimiser(lambda w, start, X, y, penalty: ridge(w, X, y, penalty))
    def weights(start, X, y, penalty):
        return np.linalg.solve(X.T @ X + np.exp(penalty) * np.eye(X.shape[1]), X.T @ y)

    def direct(X, y, penalty):
        return np.linalg.solve(X.T @ X + np.exp(penalty) * np.eye(X.shape[1]), X.T @ y)

    random = np.random.default_rng(0)
    X, y = random.normal(size=(20, 3)), random.normal(size=20)

    def held_out(penalty):
        return np.sum((X[:5] @ weights(np.zeros(3), X[5:], y[5:], penalty) - y[:5]) ** 2)

    def unrolled(penalty):
        return np.sum((X[:5] @ direct(X[5:], y[5:], penalty) - y[:5]) ** 2)

    assert grad(held_out)(0.3) == pytest.approx(grad(unrolled)(0.3), rel=1e-10)
    assert grad(grad(held_out))(0.3) == pytest.approx(grad(grad(unrolled))(0.3), rel=1e-8)


# --- linear systems -----------------------------------------------------------------------------


def circulant(x, k):
    return k[0] * x + k[1] * np.roll(x, 1) + k[2] * np.roll(x, -1)


@implicit.linear_solve(circulant, samples=[(B, np.array([3.0, 0.5, 1.0]))])
def by_fourier(b, k):
    column = np.zeros(len(b))
    column[[0, 1, -1]] = k
    return np.fft.ifft(np.fft.fft(b) / np.fft.fft(column)).real


def test_linear_solve():
    k = np.array([3.0, 0.5, 1.0])

    def dense(b, k):
        eye = np.eye(3)
        M = k[0] * eye + k[1] * np.roll(eye, 1, 0) + k[2] * np.roll(eye, -1, 0)
        return np.linalg.solve(M, b)

    for wrt in (0, 1):
        wanted = jacfwd(dense, wrt)(B, k)
        np.testing.assert_allclose(jacfwd(by_fourier, wrt)(B, k), wanted, rtol=1e-10, atol=1e-13)
        np.testing.assert_allclose(jacrev(by_fourier, wrt)(B, k), wanted, rtol=1e-10, atol=1e-13)


# --- misuse -------------------------------------------------------------------------------------


def test_a_condition_that_does_not_belong():
    with pytest.raises(GradientError):
        implicit.root(lambda x, a: x**3 - a, samples=[(2.0,)])(lambda a: math.sqrt(a))


def test_a_condition_that_reads_data():
    scale = 2.0

    @implicit.root(lambda x, a: scale * x * x - a)
    def root(a):
        return math.sqrt(a / scale)

    with pytest.raises(srcdiff.Refused, match="SD353"):
        grad(root)(3.0)


def test_a_solution_of_another_shape():
    @implicit.root(lambda x, a: x - np.sum(a))
    def total(a):
        return np.sum(a)

    with pytest.raises(ArgumentsError, match="SD522"):
        vjp(total, A)
    with pytest.raises(ArgumentsError, match="SD522"):
        implicit.root(cubic, like="c")(cubic_unrolled)


def test_a_singular_condition():
    """Where the root is double there is no derivative."""

    @implicit.root(lambda x, a: (x - a) ** 2)
    def double(a):
        return a * 1.0

    with pytest.raises(ZeroDivisionError):
        grad(double)(2.0)
