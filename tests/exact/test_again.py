"""A Jacobian that is asked for again: the short way gives what the long way gives, or is not taken."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import srcdiff
from srcdiff import hessian, jacfwd, jacobian, jacrev
from srcdiff.api import again

X = np.array([0.5, -1.0, 2.0])
SCALE = 2.0
MATRIX = np.arange(6.0).reshape(2, 3)


def fresh(f: Any) -> Any:
    """The function as one that has no derivatives yet."""
    return type(f)(f.__code__, f.__globals__, f.__name__, f.__defaults__, f.__closure__)


def columns(f: Any, x: Any, *args: Any) -> Any:
    """The Jacobian of a copy of f, one call and never again."""
    return jacobian(fresh(f), mode="forward")(x, *args)


def wide(x):
    return np.outer(x, x) + x


def narrow(x):
    return np.array([np.sum(x**2), np.prod(x)])


def by_globals(x):
    return MATRIX @ x * SCALE


def either(x, flag):
    return x**2 if flag else x[:1] * 3.0


def identity(x):
    return x


def constant(x):
    return np.ones(2)


def masked(x):
    return x[x > 0.0] ** 2


def writing(x, out):
    out[:] = out * x[0]
    return out * x


PROGRAMS = {
    "wide": (wide, ()),
    "narrow": (narrow, ()),
    "globals": (by_globals, ()),
    "identity": (identity, ()),
    "constant": (constant, ()),
    "masked": (masked, ()),
    "flag": (either, (True,)),
    "number": (lambda x: np.sum(x**3), ()),
    "structure": (lambda x: (x, x**2), ()),
    "list": (lambda x: [v * v for v in x], ()),
    "integers": (lambda x: np.arange(3), ()),
}


@pytest.fixture
def taken(monkeypatch: Any) -> list[bool]:
    """Whether each call went the short way."""
    ways: list[bool] = []
    plain = again.Again.found

    def watched(self: Any, args: Any) -> Any:
        found = plain(self, args)
        ways.append(found is not None)
        return found

    monkeypatch.setattr(again.Again, "found", watched)
    return ways


def same(found: Any, wanted: Any) -> None:
    if isinstance(wanted, (tuple, list)):
        assert type(found) is type(wanted)
        for a, b in zip(found, wanted, strict=True):
            same(a, b)
        return
    np.testing.assert_array_equal(found, wanted)
    assert np.asarray(found).dtype == np.asarray(wanted).dtype


@pytest.mark.parametrize("make", [jacobian, jacfwd, jacrev])
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_same_again(name: str, make: Any) -> None:
    f, args = PROGRAMS[name]
    J = make(f)
    first = J(X, *args)
    for x in (X, X + 0.0, 2.0 * X, X[::-1], np.append(X, 3.0), X[:1], X.astype(np.float32), X[:0]):
        if name == "globals" and x.shape != X.shape:
            continue
        wanted = make(fresh(f))(x, *args)
        for _ in range(2):
            same(J(x, *args), wanted)
    same(J(X, *args), first)


@pytest.mark.parametrize(("f", "mode"), [(wide, "forward"), (narrow, "reverse")])
def test_the_short_way_is_taken(f: Any, mode: str, taken: list[bool]) -> None:
    f = fresh(f)
    J = jacobian(f)
    for x in (X, 2.0 * X, np.append(X, 1.0), np.append(X, 2.0), X.reshape(3, 1)[:, 0]):
        np.testing.assert_allclose(J(x), columns(f, x), rtol=1e-14)
    assert [t for t in taken if t] and taken[0] is False
    own = again.again(f, ("x", "auto"), 1)
    assert own is not None and set(own.modes.values()) == {mode}
    assert J(X).flags.writeable and J(X).flags.c_contiguous


def test_what_it_rests_on_may_change(taken: list[bool]) -> None:
    """Globals, flags, kinds of arguments and the code of the function are looked at each time."""
    f = fresh(by_globals)
    J = jacobian(f)
    for scale in (2.0, 3.0):
        f.__globals__["SCALE"] = scale
        for matrix in (MATRIX, MATRIX[:1]):
            for _ in range(2):
                f.__globals__["MATRIX"] = matrix
                np.testing.assert_array_equal(J(X), matrix * scale)
    f.__globals__.update(SCALE=2.0, MATRIX=np.arange(6.0).reshape(2, 3))
    assert any(taken)
    G = jacobian(fresh(either))
    for flag in (True, False, True, True, False, False):
        wanted = np.diag(2.0 * X) if flag else np.array([[3.0, 0.0, 0.0]])
        np.testing.assert_array_equal(G(X, flag), wanted)
    np.testing.assert_array_equal(G(X, flag=True), np.diag(2.0 * X))
    np.testing.assert_array_equal(G(X + 0j, True), np.diag(2.0 * X + 0j))
    g = fresh(identity)
    H = jacobian(g)
    H(X), H(X)
    g.__code__ = wide.__code__
    np.testing.assert_array_equal(H(X), columns(wide, X))


def test_what_is_written_is_written_again(taken: list[bool]) -> None:
    J = jacobian(fresh(writing))
    for _ in range(3):
        out = np.array([1.0, 2.0, 3.0])
        np.testing.assert_allclose(J(X, out), columns(writing, X, np.array([1.0, 2.0, 3.0])))
        np.testing.assert_array_equal(out, np.array([1.0, 2.0, 3.0]) * X[0])
    assert not any(taken)


def test_results_are_nobodys_memory() -> None:
    J = jacobian(fresh(identity))
    for _ in range(3):
        found = J(X)
        np.testing.assert_array_equal(found, np.eye(3))
        found[...] = 7.0
    assert X.tolist() == [0.5, -1.0, 2.0]


def test_other_arguments_and_hessians() -> None:
    def f(a, x, *, scale=1.0):
        return a * x * scale

    for _ in range(3):
        np.testing.assert_array_equal(jacobian(f, "x")(2.0, X), 2.0 * np.eye(3))
        np.testing.assert_array_equal(jacobian(f, "x")(2.0, X, scale=3.0), 6.0 * np.eye(3))
        np.testing.assert_array_equal(jacobian(f, 0)(X, 2.0), 2.0 * np.eye(3))
    H = hessian(lambda x: np.sum(x**4))
    for x in (X, X + 1.0, X[:2], X):
        np.testing.assert_allclose(H(x), np.diag(12.0 * x**2))


def test_more_seeds_than_fit_at_once(monkeypatch: Any, taken: list[bool]) -> None:
    f = fresh(wide)
    J = jacobian(f)
    J(X), J(np.arange(1.0, 9.0)), J(np.arange(1.0, 9.0))
    assert taken[-1]
    monkeypatch.setattr(srcdiff.api.several, "MOST", 1)
    np.testing.assert_array_equal(J(np.arange(1.0, 9.0)), columns(f, np.arange(1.0, 9.0)))
    assert not taken[-2]
