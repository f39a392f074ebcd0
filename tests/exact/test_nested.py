"""Matrices of derivatives inside programs that are differentiated themselves."""

from __future__ import annotations

import numpy as np
import pytest

from srcdiff import (
    Refused,
    check_grad,
    divergence,
    grad,
    hessian,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    laplacian,
    taylor,
)

X = np.array([0.5, -1.0, 2.0])


def cubes(x):
    return x**3 * np.roll(x, 1)


def energy(x):
    return np.sum(x**4) * x[0] + x[1] * x[2] ** 2


made_outside = jacobian(cubes)

PROGRAMS = {
    "jacobian": lambda x: np.sum(jacobian(cubes)(x) ** 2),
    "jacfwd": lambda x: np.sum(jacfwd(cubes)(x) @ x),
    "jacrev": lambda x: np.sum(jacrev(cubes)(x)[0]),
    "made outside": lambda x: np.sum(made_outside(x) ** 2),
    "hessian": lambda x: np.sum(hessian(energy)(x) @ x),
    "determinant": lambda x: np.linalg.det(hessian(energy)(x)),
    "laplacian": lambda x: laplacian(energy, x) ** 2,
    "divergence": lambda x: divergence(cubes, x) * x[0],
    "of a number": lambda x: jacobian(lambda t: t**3 * x[1])(x[0]) * hessian(lambda t: t**4)(x[2]),
    "more arguments": lambda x: np.sum(jacobian(lambda a, b: a * b**2, 1)(x, 2.0 * x)),
    "in a loop": lambda x: sum(np.sum(jacobian(lambda y: y**k)(x)) for k in range(1, 4)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradients(name):
    f = PROGRAMS[name]
    assert check_grad(f, X).ok
    found = jvp(f, (X,), (X,))[1]
    assert found == pytest.approx(grad(f)(X) @ X, rel=1e-12)


def test_matrices_of_matrices():
    third = jacobian(jacobian(cubes))(X)
    assert third.shape == (3, 3, 3)
    for k, unit in enumerate(np.eye(3)):
        step = 1e-5 * unit
        wanted = (jacobian(cubes)(X + step) - jacobian(cubes)(X - step)) / 2e-5
        np.testing.assert_allclose(third[..., k], wanted, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(jacfwd(jacrev(energy))(X), hessian(energy)(X), rtol=1e-13)
    np.testing.assert_allclose(jacrev(jacfwd(energy))(X), hessian(energy)(X), rtol=1e-13)
    assert jacobian(hessian(energy))(X).shape == (3, 3, 3)


def test_a_matrix_of_a_matrix():
    A = np.arange(6.0).reshape(2, 3)
    found = grad(lambda A: np.sum(jacobian(lambda B: (B @ B.T)[0])(A) ** 2))(A)
    assert found.shape == A.shape
    assert check_grad(lambda A: np.sum(jacobian(lambda B: (B @ B.T)[0])(A) ** 2), A).ok


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(jacobian(cubes, sparse=True)(x)),
        lambda x: np.sum(hessian(energy, sparse=True)(x)),
        lambda x: np.sum(jacobian(lambda a, b: a * b, (0, 1))(x, x)[0]),
        lambda x: np.sum(jacobian(cubes)(x=x)),
        lambda x: taylor(energy, x, x, 2)[2],
    ],
)
def test_what_is_refused(f):
    with pytest.raises(Refused, match="SD352"):
        grad(f)(X)
