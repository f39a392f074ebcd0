"""Matrices of derivatives inside programs that are differentiated themselves."""

from __future__ import annotations

import io
from contextlib import redirect_stdout

import numpy as np
import pytest

from srcdiff import (
    Refused,
    check_grad,
    curl,
    directional_derivative,
    divergence,
    gauss_newton_product,
    grad,
    hessian,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    laplacian,
    sparsity,
    value_and_grad,
    vjp,
)
from srcdiff.inside import programs

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


def pullbacks_of_two_functions(x):
    if x[0] > 0:
        y, pullback = vjp(cubes, x)
    else:
        y, pullback = vjp(np.cos, x)
    return np.sum(pullback(y)[0])


def pullbacks_in_a_list(x, n=3):
    pullbacks = []
    for _ in range(n):
        x, pullback = vjp(cubes, x)
        pullbacks.append(pullback)
    return np.sum(pullbacks[0](x)[0])


def pullback_of_several_shapes(x):
    _, pullback = vjp(cubes, x)
    for k in range(1, 3):
        if x[k] > 0:
            _, pullback = vjp(cubes, x[k:])
    return np.sum(pullback(x[2:])[0])


def counted(a, t):
    a[0] += 1.0
    return a[0] * t


REFUSED = {
    "sparse": ("SD352", lambda x: np.sum(jacobian(cubes, sparse=True)(x))),
    "sparse Hessian": ("SD352", lambda x: np.sum(hessian(energy, sparse=True)(x))),
    "structure": ("SD352", lambda x: jacobian(lambda p: p["a"])({"a": x})["a"][0, 0]),
    "pattern": ("SD352", lambda x: np.sum(sparsity(cubes, x).nnz * x)),
    "check": ("SD352", lambda x: check_grad(energy, x).ok * x[0]),
    "another field": ("SD518", lambda x: divergence(energy, x)),
    "function that writes": ("SD357", lambda x: np.sum(jacobian(counted, 1)(np.ones(1), x))),
    "two functions": ("SD302", pullbacks_of_two_functions),
    "as many as the run knows": ("SD302", pullbacks_in_a_list),
    "several shapes": ("SD302", pullback_of_several_shapes),
    "too many primals": ("SD512", lambda x: np.sum(vjp(cubes, x, x)[1](x)[0])),
    "no output of this name": ("SD511", lambda x: np.sum(vjp(cubes, x, outputs="y")[1](x)[0])),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name):
    code, f = REFUSED[name]
    with pytest.raises(Refused, match=code):
        grad(f)(X)


def test_a_pullback_is_not_handed_out():
    with pytest.raises(Refused, match="SD341"):
        vjp(lambda x: vjp(cubes, x)[1], X)


MISFITS = {
    "seed without structure": lambda x: vjp(lambda z: (z, z[0]), x)[1](x)[0],
    "seed of another rank": lambda x: vjp(cubes, x)[1](x[0])[0],
    "complex seed": lambda x: vjp(cubes, x)[1](1j * x)[0],
    "tangent of another rank": lambda x: jvp(cubes, (x,), (1.0,))[1],
    "seed of another length": lambda x: vjp(cubes, x)[1](x[:2])[0],
    "seed of one entry": lambda x: vjp(cubes, x)[1](x[:1])[0],
    "list of another length": lambda x: vjp(lambda z: [v * v for v in z], x)[1]([1.0, 2.0])[0],
    "tangent of another length": lambda x: jvp(np.sum, (x,), (x[:2],))[1],
    "tangent of one entry": lambda x: jvp(np.sum, (x,), (x[:1],))[1],
    "direction of another length": lambda x: directional_derivative(np.sum, x, x[:2]),
    "seed of a pullback from outside": lambda x: vjp(cubes, X)[1](x[:2])[0],
    "field of another length": lambda x: divergence(lambda z: z[:2], x),
    "curl in four dimensions": lambda x: curl(lambda z: z**2, np.concatenate([x, x[:1]])),
}


@pytest.mark.parametrize("name", MISFITS)
def test_tangents_and_seeds_that_do_not_fit(name):
    """As from outside: an ArgumentsError is a TypeError."""
    f = MISFITS[name]
    with pytest.raises(TypeError):
        f(X)
    with pytest.raises(TypeError):
        grad(lambda x: np.sum(f(x)))(X)


def after_no_round(x, n):
    for _ in range(n):
        _, pullback = vjp(cubes, x)
    return np.sum(pullback(x)[0])


def test_a_pullback_that_was_not_made():
    assert np.all(np.isfinite(grad(after_no_round)(X, 2)))
    with pytest.raises(UnboundLocalError):
        grad(after_no_round)(X, 0)


def test_constants_have_no_cotangent():
    def f(x):
        slopes = grad(lambda p: np.sum(p["w"]) * p["n"])({"w": x, "n": 3})
        return slopes["n"] + x[0]

    assert value_and_grad(f)(X)[0] == f(X)


def first_over_second(p):
    return p[0] / p[1]


def second_over_first(p):
    return p[1] / p[0]


def of_one_of_them(x):
    """The adjoints have the same operations, of other variables."""
    if x[0] > 0:
        _, pullback = vjp(first_over_second, (x[0], x[1]))
    else:
        _, pullback = vjp(second_over_first, (x[0], x[1]))
    return pullback(x[2])[0][0]


def test_programs_that_read_other_variables_are_not_one():
    with pytest.raises(Refused, match="SD302"):
        grad(of_one_of_them)(X)


def test_a_pullback_made_outside():
    _, pullback = vjp(cubes, X)
    f = lambda s: np.sum(pullback(s)[0] ** 2)
    assert check_grad(f, X).ok


def test_the_record_is_made_once():
    """A function is run where vjp is called, and not again where its pullback is."""

    def slow(x):
        print("run")
        return np.sin(x) * x

    def f(x):
        y, pullback = vjp(slow, x)
        return np.sum(pullback(pullback(y)[0])[0])

    for way in (f, grad(f)):
        with redirect_stdout(io.StringIO()) as stream:
            way(X)
        assert stream.getvalue() == "run\n"


def test_the_programs_mean_what_they_compile_to():
    """The compositions are Python."""
    square = lambda z: z**2 * np.roll(z, 1)
    np.testing.assert_allclose(programs.columns(square, X), jacobian(square)(X), rtol=1e-14)
    np.testing.assert_allclose(programs.rows(square, X), jacobian(square)(X), rtol=1e-14)
    np.testing.assert_allclose(programs.curl_in_space(square, X), curl(square, X), rtol=1e-14)
    assert programs.trace(square, X) == pytest.approx(divergence(square, X), rel=1e-14)
    found = programs.gauss_newton(square, X, X)
    np.testing.assert_allclose(found, gauss_newton_product(square, X, X), rtol=1e-14)
