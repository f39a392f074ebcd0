"""Sparse Jacobians and Hessians: patterns, colours, and values against the dense ones."""

import builtins
import math

import numpy as np
import pytest

import srcdiff
from srcdiff import ArgumentsError, hessian, jacobian, sparsity
from srcdiff.api import sparse
from tests.exact import problems

scipy_sparse = pytest.importorskip("scipy.sparse")

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=12)
BAND = np.diag(np.ones(12)) + np.diag(np.ones(11), 1)
PICK = np.array([3, 3, 0, 11])


def branches(x):
    out = []
    for k in range(len(x)):
        v = x[k]
        if v > 0.0:
            v = v * x[k - 1]
        out = out + [v]
    return np.array(out)


def carried(x):
    """Each entry depends on all before it."""
    s, out = 0.0, []
    for v in x:
        s = math.sin(s + v)
        out = out + [s]
    return np.array(out)


def halved(x):
    """A loop whose length depends on values."""
    y = x[0] * x
    while np.sum(np.abs(y)) > 1.0:
        y = y * 0.5 * x[1]
    return y


def power(x, n):
    return x if n == 1 else x * power(np.roll(x, 1), n - 1)


PROGRAMS = {
    "neighbours": lambda x: x[1:] * x[:-1],
    "elementwise": lambda x: np.exp(x) * np.maximum(x, 0.5) + np.where(x > 0.0, x, 2.0),
    "groups": lambda x: np.sin(x).reshape(3, 4).sum(axis=0),
    "concatenated": lambda x: np.concatenate([x[:3] ** 2, np.array([x[0] * x[1]]), x[PICK]]),
    "band matrix": lambda x: BAND @ x * x,
    "matrix from the right": lambda x: x @ BAND,
    "gram": lambda x: np.einsum("ij,kj->ik", x.reshape(3, 4), x.reshape(3, 4)),
    "product": lambda x: x.reshape(3, 4) @ np.arange(8.0).reshape(4, 2),
    "stencil": lambda x: np.roll(x, 1) - 2.0 * x + np.roll(x, -1) + x**3,
    "branches": branches,
    "carried": carried,
    "while": halved,
    "recursion": lambda x: power(x, 3),
    "solve": lambda x: np.linalg.solve(np.eye(3) * 4.0 + x[:9].reshape(3, 3), x[9:]),
    "sorted": lambda x: np.sort(x.reshape(3, 4), axis=1)[:, 0],
    "scalar": lambda x: np.sum(x[:5] ** 2),
    "constant": lambda x: np.ones(3),
    "nothing": lambda x: x[:0],
    "cumulative": lambda x: np.cumsum(x.reshape(3, 4), axis=1),
    "wide": lambda x: np.tile(x[:2], 10),
}


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_sparse_is_dense(name, mode):
    f = PROGRAMS[name]
    dense = np.asarray(jacobian(f)(X))
    found = jacobian(f, mode=mode, sparse=True)(X)
    assert isinstance(found, scipy_sparse.csr_array)
    assert found.dtype == np.float64
    assert found.shape == (np.size(f(X)), 12)
    np.testing.assert_allclose(found.toarray(), dense.reshape(found.shape), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", problems.WRITING)
def test_programs_that_write(name):
    f, others = problems.WRITING[name]
    x, copies = X[:6], [tuple(o.copy() for o in others) for _ in range(4)]
    dense = jacobian(f)(x, *copies[0])
    wanted = dense.reshape(-1, 6)
    pattern = sparsity(f)(x, *copies[1]).toarray()
    for mode, given in zip(("forward", "reverse"), copies[2:]):
        found = jacobian(f, mode=mode, sparse=True)(x, *given).toarray()
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14)
    assert not ((wanted != 0.0) & ~pattern).any()
    if name in ("rows", "through an argument"):
        np.testing.assert_array_equal(pattern, wanted != 0.0)
    for a, b in zip(copies[1], others):
        np.testing.assert_array_equal(a, b)  # a pattern changes nothing


TIGHT = ["neighbours", "groups", "concatenated", "band matrix", "stencil", "branches", "carried"]


@pytest.mark.parametrize("name", TIGHT)
def test_patterns_hold_nothing_more(name):
    pattern = sparsity(PROGRAMS[name])(X)
    assert pattern.dtype == bool
    np.testing.assert_array_equal(pattern.toarray(), jacobian(PROGRAMS[name])(X) != 0.0)


@pytest.mark.parametrize("seed", range(20))
def test_colours(seed):
    """No two columns of a colour have a row in common; bands take as many as they are wide."""
    random = np.random.default_rng(seed)
    pattern = scipy_sparse.random_array(
        (30, 25), density=random.uniform(0.0, 0.3), rng=random, format="csr", dtype=float
    ).astype(bool)
    colours = srcdiff.evaluate.colouring.colour_columns(pattern)
    assert colours.shape == (25,) and colours.min() >= 0
    for colour in range(colours.max() + 1):
        assert pattern[:, np.flatnonzero(colours == colour)].sum(axis=1).max() <= 1


def test_colours_of_a_band():
    band = scipy_sparse.diags_array([1.0] * 3, offsets=[-1, 0, 1], shape=(50, 50)).tocsr()
    assert srcdiff.evaluate.colouring.colour_columns(band).max() == 2
    empty = scipy_sparse.csr_array((4, 0))
    assert srcdiff.evaluate.colouring.colour_columns(empty).size == 0


def pattern_at(f, *args):
    return sparse.pattern_of(srcdiff.api.arrange.Arranged(f, args), "f")


def test_a_branch_makes_the_pattern_one_of_the_point():
    """Where no branch depends on values the pattern is found once, elsewhere at every point."""
    assert pattern_at(PROGRAMS["stencil"], X) is pattern_at(PROGRAMS["stencil"], X + 1.0)
    assert pattern_at(branches, X) is not pattern_at(branches, X)
    found = jacobian(branches, sparse=True)
    for x in (X, -X, np.abs(X), X[:5]):
        np.testing.assert_allclose(found(x).toarray(), jacobian(branches)(x), atol=1e-15)


def test_indices_make_another_pattern():
    """Integer arguments decide which entries meet, so they are part of what a pattern is for."""

    def f(x, at, flag):
        return x[at] ** 2 if flag else x[at]

    found = jacobian(f, sparse=True)
    for at in ([0, 1], [1, 0], [2, 2], [0, 1]):
        for flag in (True, False):
            args = X, np.array(at), flag
            np.testing.assert_array_equal(found(*args).toarray(), jacobian(f)(*args))


def test_a_matrix_of_zeros_is_looked_at_again():
    """Zeros of a constant matrix thin out the pattern, but only as long as they are zeros."""

    def f(x, M):
        return M @ x

    found = jacobian(f, sparse=True)
    for M in (np.eye(12), np.ones((12, 12)), np.diag(np.ones(11), 1)):
        np.testing.assert_array_equal(found(X, M).toarray(), M)


def test_by_other_arguments():
    def f(a, x, *, scale):
        return scale * a * x

    J = jacobian(f, ("x", "scale", "a"), sparse=True)(2.0, X, scale=3.0)
    np.testing.assert_allclose(J[0].toarray(), 6.0 * np.eye(12))
    np.testing.assert_allclose(J[1].toarray(), 2.0 * X[:, None])
    np.testing.assert_allclose(J[2].toarray(), 3.0 * X[:, None])


def test_matrices_as_arguments():
    Y = X.reshape(3, 4)
    found = jacobian(lambda Y: Y.T * 2.0, sparse=True)(Y)
    dense = jacobian(lambda Y: Y.T * 2.0)(Y)
    np.testing.assert_array_equal(found.toarray(), dense.reshape(12, 12))
    single = jacobian(lambda x: x**2, sparse=True)(X.astype(np.float32))
    assert single.dtype == np.float32


@pytest.mark.parametrize("n", [2, 3, 50])
def test_hessian_of_rosenbrock(n):
    x = np.random.default_rng(1).normal(size=n)
    found = hessian(problems.rosenbrock, sparse=True)(x)
    np.testing.assert_allclose(found.toarray(), hessian(problems.rosenbrock)(x), rtol=1e-12)
    assert found.nnz == 3 * n - 2


def test_hessian_by_keyword():
    def f(a, x):
        return np.sum(a * x[1:] * x[:-1] ** 2)

    found = hessian(f, "x", sparse=True)(1.5, X)
    np.testing.assert_allclose(found.toarray(), hessian(f, "x")(1.5, X), rtol=1e-12)


def test_brusselator():
    u = np.random.default_rng(2).uniform(size=2 * 36)
    found = jacobian(problems.brusselator, sparse=True)(u, 6)
    np.testing.assert_allclose(found.toarray(), jacobian(problems.brusselator)(u, 6), rtol=1e-12)
    assert found.nnz == 72 * 6
    for n in (8, 16, 24):
        pattern = pattern_at(problems.brusselator, np.ones(2 * n * n), n)
        assert pattern.columns.max() < 16  # however fine the grid


def test_bundle_adjustment():
    problem = problems.bundle(cameras=4, points=30, observations=70, seed=3)
    found = jacobian(problems.reprojection, sparse=True)(*problem)
    dense = jacobian(problems.reprojection)(*problem).reshape(found.shape)
    np.testing.assert_allclose(found.toarray(), dense, rtol=1e-9, atol=1e-9)
    assert found.nnz == 70 * 2 * 12
    assert pattern_at(problems.reprojection, *problem).columns.max() < 40


# --- symmetric matrices -------------------------------------------------------------------------


def symmetric_pattern(seed):
    random = np.random.default_rng(seed)
    half = scipy_sparse.random_array((25, 25), density=random.uniform(0.0, 0.15), rng=random)
    return ((half + half.T + scipy_sparse.eye_array(25)) != 0).tocsr()


@pytest.mark.parametrize("seed", range(20))
def test_star_colours(seed):
    """Neighbours differ, and every path of four columns has three colours."""
    pattern = symmetric_pattern(seed)
    colours = srcdiff.evaluate.colouring.star_colours(pattern)
    near = [[k for k in pattern[[j]].indices if k != j] for j in range(25)]
    for a in range(25):
        for b in near[a]:
            assert colours[a] != colours[b]
            for c in near[b]:
                for d in near[c]:
                    if len({a, b, c, d}) == 4:
                        assert len({colours[k] for k in (a, b, c, d)}) >= 3


@pytest.mark.parametrize("seed", range(20))
def test_entries_are_read_where_they_stand_alone(seed):
    pattern = symmetric_pattern(seed)
    values = np.random.default_rng(seed).normal(size=(25, 25))
    matrix = pattern.toarray() * (values + values.T)
    colours = srcdiff.evaluate.colouring.star_colours(pattern)
    groups = np.arange(colours.max() + 1)[:, None] == colours
    places = srcdiff.evaluate.colouring.symmetric_places(pattern, colours)
    found = np.take((matrix @ groups.T).T, places)
    np.testing.assert_array_equal(found, matrix[pattern.nonzero()])


def arrow(x):
    return np.sum(x[0] ** 2 * x[1:] ** 2) + np.sum(x**3)


def grid(x):
    u = x.reshape(8, 8)
    return np.sum((u[1:] - u[:-1]) ** 4) + np.sum((u[:, 1:] - u[:, :-1]) ** 4)


def hessian_pattern(f, x):
    gradient = srcdiff.api.matrices.gradient_of(f, "x")
    return sparse.pattern_of(srcdiff.api.arrange.Arranged(gradient, (x,)), "f", True)


@pytest.mark.parametrize(("f", "size"), [(arrow, 40), (grid, 64)])
def test_a_symmetric_matrix_needs_fewer_colours(f, size):
    x = np.random.default_rng(3).normal(size=size)
    found = hessian(f, sparse=True)(x)
    np.testing.assert_allclose(found.toarray(), hessian(f)(x), rtol=1e-12, atol=1e-14)
    pattern = hessian_pattern(f, x)
    assert pattern.symmetric
    assert pattern.columns.max() < srcdiff.evaluate.colouring.colour_columns(pattern.matrix).max()
    if f is arrow:
        assert pattern.columns.max() == 1  # one for the shaft, one for the head


def test_a_rule_that_is_not_symmetric():
    """A rule of the user's may be of no function at all; then nothing is read in a mirror."""

    def product(x, y):
        return x * y

    @srcdiff.rules.elementwise(product)
    def partials(z, x, y):
        return y, 0.0 * x

    def f(x):
        return np.sum(product(x[1:], x[0]) * x[0])

    dense = hessian(f)(X)
    assert not np.allclose(dense, dense.T)
    np.testing.assert_allclose(hessian(f, sparse=True)(X).toarray(), dense, rtol=1e-12)
    assert not srcdiff.api.programs.second_derivatives_agree(f, (X,))
    assert srcdiff.api.programs.second_derivatives_agree(arrow, (X,))

    def held(x):
        return np.sum(srcdiff.stop_gradient(x[1:]) * x[0] * x[:-1] ** 2)

    np.testing.assert_allclose(hessian(held, sparse=True)(X).toarray(), hessian(held)(X))


BAD = {
    "integers": (lambda: jacobian(lambda x: x, sparse=True)(np.arange(3)), "SD502"),
    "complex": (lambda: jacobian(lambda x: x, sparse=True)(X + 1j), "SD517"),
    "structure": (lambda: jacobian(lambda x: (x, x), sparse=True)(X), "SD516"),
    "list": (lambda: jacobian(lambda x: [v * v for v in x], sparse=True)(X), "SD516"),
    "constant structure": (lambda: sparsity(lambda x: "text")(X), "SD516"),
    "hessian of a field": (lambda: hessian(lambda x: x, sparse=True)(X), "SD504"),
    "mode": (lambda: jacobian(lambda x: x, mode="sideways", sparse=True), "SD514"),
}


@pytest.mark.parametrize("name", BAD)
def test_misuse(name):
    action, code = BAD[name]
    with pytest.raises(ArgumentsError, match=code):
        action()


def test_scipy_missing(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **keywords):
        if name.startswith("scipy"):
            raise ImportError(name)
        return real(name, *args, **keywords)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ArgumentsError, match=r"SD521.*\n.*srcdiff\[scipy\]"):
        jacobian(lambda x: x * 3.0, sparse=True)(X)


def test_patterns_are_kept_within_bounds():
    def f(x, n):
        return x[:n] * x[-n:]

    found = jacobian(f, sparse=True)
    for _ in range(2):
        for n in range(1, 12):
            for size in (12, 11):
                wanted = jacobian(f)(X[:size], n)
                np.testing.assert_array_equal(found(X[:size], n).toarray(), wanted)
    assert len(srcdiff.api.compiled.kept(f, "patterns", dict)) <= sparse.MOST
