"""The bridges to scipy.optimize: derivatives go where a method wants them."""

from __future__ import annotations

import inspect
import sys
from typing import Any

import numpy as np
import pytest

import srcdiff
from srcdiff.errors import ArgumentsError

START = np.array([-1.2, 1.0, 0.7])


def rosenbrock(x: Any, a: float = 1.0) -> Any:
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (a - x[:-1]) ** 2)


def of_structure(p: Any, y: float) -> Any:
    return (p["a"] - y) ** 4 + np.sum((p["b"] - p["a"]) ** 2) + p["n"] * 0.0


STRUCTURE = {"a": 1.0, "b": np.zeros((2, 2)), "n": 3}


def test_without_scipy(monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    monkeypatch.setitem(sys.modules, "scipy", None)
    for call in (srcdiff.minimize, srcdiff.least_squares, srcdiff.root):
        with pytest.raises(
            ArgumentsError, match=rf"(?s)SD521: srcdiff.{call.__name__} needs SciPy.*scipy"
        ):
            call(rosenbrock, START)


@pytest.fixture
def scipy() -> Any:
    return pytest.importorskip("scipy.optimize")


@pytest.mark.parametrize(
    "method",
    ["BFGS", "L-BFGS-B", "CG", "TNC", "SLSQP", None]
    + ["Newton-CG", "trust-ncg", "trust-krylov", "trust-constr", "trust-exact", "dogleg"],
)
def test_methods_with_derivatives(scipy: Any, method: Any) -> None:
    options = {"options": {"maxfun": 1000}} if method == "TNC" else {}
    found = srcdiff.minimize(rosenbrock, START, method=method, **options)
    np.testing.assert_allclose(found.x, np.ones(3), atol=2e-3)
    assert found.x.shape == (3,) and found.fun < 1e-5


@pytest.mark.parametrize("method", ["Nelder-Mead", "Powell", "COBYLA"])
def test_methods_without(scipy: Any, method: str) -> None:
    def opaque(x: Any) -> Any:
        with np.errstate(all="ignore"):  # srcdiff would refuse it
            return np.sum((x - 1.0) ** 2)

    found = srcdiff.minimize(opaque, START, method=method)
    np.testing.assert_allclose(found.x, np.ones(3), atol=1e-3)


@pytest.mark.parametrize("method", [None, "L-BFGS-B", "Newton-CG", "trust-exact", "trust-constr"])
def test_structures(scipy: Any, method: Any) -> None:
    found = srcdiff.minimize(of_structure, STRUCTURE, (3.0,), method=method, tol=1e-10)
    assert found.x["a"] == pytest.approx(3.0, abs=0.05) and found.x["n"] == 3
    assert type(found.x["a"]) is float
    np.testing.assert_allclose(found.x["b"], found.x["a"], atol=1e-3)
    if method != "trust-constr":
        assert found.jac["b"].shape == (2, 2) and found.jac["n"] == 0


def test_numbers_matrices_and_arguments(scipy: Any) -> None:
    assert srcdiff.minimize(lambda x, c: (x - c) ** 2, 1.0, (4.0,)).x == pytest.approx(4.0)
    assert srcdiff.minimize(lambda x, c: (x - c) ** 2, 1.0, 4.0).x == pytest.approx(4.0)
    found = srcdiff.minimize(lambda x: np.sum((x - np.eye(2)) ** 2), np.zeros((2, 2)))
    np.testing.assert_allclose(found.x, np.eye(2), atol=1e-6)
    single = srcdiff.minimize(lambda x: np.sum((x - 1.0) ** 2), np.zeros(2, np.float32))
    assert single.x.dtype == np.float32


def test_a_list_of_numbers_is_an_array_as_for_scipy(scipy: Any) -> None:
    found = srcdiff.minimize(rosenbrock, [0.8, 1, 1.1])
    np.testing.assert_allclose(found.x, np.ones(3), atol=1e-4)
    assert srcdiff.root(lambda x: x**3 - 8.0, (1.0, 1.5)).x == pytest.approx([2.0, 2.0])
    assert srcdiff.least_squares(lambda x: x - 8.0, [1.0]).x == pytest.approx([8.0])
    with pytest.raises(ArgumentsError, match="SD601: x0 holds integers"):
        srcdiff.minimize(rosenbrock, [1, 2, 3])


def test_it_takes_fewer_evaluations_than_differences(scipy: Any) -> None:
    def evaluations(**options: Any) -> int:
        calls = []

        def counted(x: Any) -> Any:
            calls.append(x)
            return rosenbrock(x)

        if options:
            srcdiff.minimize(counted, np.full(10, 0.5), **options)
        else:
            srcdiff.minimize(counted, np.full(10, 0.5), jac=lambda x: srcdiff.grad(rosenbrock)(x))
        return len(calls)

    assert evaluations() < evaluations(jac="2-point") / 5


@pytest.mark.parametrize("jac", ["forward", "central", "complex", "2-point", "3-point"])
def test_estimates(scipy: Any, jac: str) -> None:
    found = srcdiff.minimize(rosenbrock, np.array([0.8, 0.9]), method="BFGS", jac=jac)
    np.testing.assert_allclose(found.x, np.ones(2), atol=1e-3)


def test_a_black_box_is_minimised(scipy: Any) -> None:
    box = srcdiff.estimated(lambda x: float(np.sum((x - 2.0) ** 2)))
    found = srcdiff.minimize(lambda x: box(x) + x[0] ** 2, np.zeros(2))
    np.testing.assert_allclose(found.x, [1.0, 2.0], atol=1e-5)


def test_ones_own_second_derivatives(scipy: Any) -> None:
    def hess(p: Any, y: float) -> Any:
        return np.diag([12.0 * (p["a"] - y) ** 2 + 2.0])

    def hessp(p: Any, v: Any, y: float) -> Any:
        return {"a": (12.0 * (p["a"] - y) ** 2 + 2.0) * v["a"]}

    def f(p: Any, y: float) -> Any:
        return (p["a"] - y) ** 4 + (p["a"] - y) ** 2

    for options in (
        {"method": "trust-exact", "hess": hess},
        {"method": "trust-ncg", "hessp": hessp},
    ):
        found = srcdiff.minimize(f, {"a": 0.0}, (3.0,), jac="central", **options)
        assert found.x["a"] == pytest.approx(3.0, abs=1e-5)
    with pytest.raises(ArgumentsError, match="SD620: trust-exact needs a Hessian"):
        srcdiff.minimize(f, {"a": 0.0}, (3.0,), method="trust-exact", jac="central")


def test_bounds_and_constraints(scipy: Any) -> None:
    found = srcdiff.minimize(
        of_structure, STRUCTURE, (3.0,), bounds=[(0.0, 2.0)] + [(None, None)] * 4
    )
    assert found.x["a"] == pytest.approx(2.0)
    constraint = {"type": "ineq", "fun": lambda p, top: top - p["a"], "args": (2.5,)}
    found = srcdiff.minimize(of_structure, STRUCTURE, (3.0,), constraints=constraint)
    assert found.x["a"] == pytest.approx(2.5)
    both = [
        {"type": "eq", "fun": lambda x: np.array([x[0] - x[1], x[1] - x[2]])},
        {"type": "ineq", "fun": lambda x: 0.5 - x[0], "jac": lambda x: np.array([-1.0, 0.0, 0.0])},
    ]
    found = srcdiff.minimize(lambda x: np.sum((x - 1.0) ** 2), START, constraints=both)
    np.testing.assert_allclose(found.x, 0.5, atol=1e-8)
    ball = scipy.NonlinearConstraint(lambda x: x @ x, 0.0, 1.0)
    found = srcdiff.minimize(
        lambda x: np.sum((x - 2.0) ** 2), START, method="trust-constr", constraints=ball
    )
    np.testing.assert_allclose(found.x, 1.0 / np.sqrt(3.0), atol=1e-3)


def test_callbacks_see_the_form_of_x0(scipy: Any) -> None:
    seen: list[Any] = []
    srcdiff.minimize(of_structure, STRUCTURE, (3.0,), callback=lambda p: seen.append(p["b"].shape))
    assert seen and set(seen) == {(2, 2)}

    def by_result(intermediate_result: Any) -> None:
        seen.append(intermediate_result.x["a"])

    srcdiff.minimize(of_structure, STRUCTURE, (3.0,), callback=by_result)
    assert isinstance(seen[-1], float)
    srcdiff.minimize(
        of_structure, STRUCTURE, (3.0,), method="trust-constr",
        callback=lambda p, state: seen.append(p["n"]), options={"maxiter": 3},
    )  # fmt: skip
    assert seen[-1] == 3


# --- least squares and roots ----------------------------------------------------------------------

TIMES = np.linspace(0.0, 4.0, 9)


def misses(p: Any, y: Any) -> Any:
    return p["scale"] * np.exp(-p["rate"] * TIMES) - y


@pytest.mark.parametrize("method", ["trf", "dogbox", "lm"])
def test_least_squares(scipy: Any, method: str) -> None:
    y = 2.0 * np.exp(-0.7 * TIMES)
    found = srcdiff.least_squares(misses, {"scale": 1.0, "rate": 0.1}, (y,), method=method)
    assert found.x == pytest.approx({"scale": 2.0, "rate": 0.7}) and found.nfev < 30
    flat = srcdiff.least_squares(
        lambda x, y: x[0] * np.exp(-x[1] * TIMES) - y, np.array([1.0, 0.1]), (y,), method=method
    )
    np.testing.assert_allclose(flat.x, [2.0, 0.7])


def test_the_jacobian_of_residuals(scipy: Any) -> None:
    from srcdiff.optimise.objective import Residuals

    def check(f: Any, x: Any) -> None:
        residuals = Residuals(f, x, ())
        vector = residuals.layout.vector
        found = residuals.jacobian(vector)
        for k, unit in enumerate(np.eye(vector.size)):
            difference = residuals.value(vector + 1e-6 * unit) - residuals.value(
                vector - 1e-6 * unit
            )
            np.testing.assert_allclose(found[:, k], difference / 2e-6, atol=1e-8)

    check(lambda x: np.outer(x, x) + np.sum(x), np.array([1.0, 2.0]))
    check(lambda x: x @ x, np.array([[1.0, 2.0]]).ravel())
    check(lambda p: p["a"] * p["b"], {"a": 2.0, "b": np.ones((2, 3))})
    check(lambda p: np.sum(p["b"]) * p["a"], {"a": 2.0, "b": np.ones((2, 3))})
    check(lambda p: p["a"] * p["b"][0, :2], {"a": 2.0, "b": np.ones((2, 3))})
    check(lambda p: {"u": p["v"] ** 2, "v": np.sum(p["u"])}, {"u": np.ones(2), "v": 3.0})


@pytest.mark.parametrize("method", ["hybr", "lm", "krylov", "broyden1"])
def test_root(scipy: Any, method: str) -> None:
    def f(p: Any) -> Any:
        return {"u": p["u"] ** 2 - p["v"], "v": p["v"] - 4.0 + 0.1 * p["u"]}

    found = srcdiff.root(f, {"u": 1.0, "v": 3.0}, method=method)
    assert found.success
    assert found.x["u"] ** 2 == pytest.approx(found.x["v"], rel=1e-4)
    assert found.x["v"] == pytest.approx(4.0 - 0.1 * found.x["u"], rel=1e-4)


def test_root_of_arrays_and_jacobians_by_name(scipy: Any) -> None:
    def f(x: Any, c: Any) -> Any:
        return x**3 - c

    for jac in ("exact", "2-point", lambda x, c: np.diag(3.0 * x**2)):
        found = srcdiff.root(f, np.ones(2), (np.array([8.0, 27.0]),), jac=jac)
        np.testing.assert_allclose(found.x, [2.0, 3.0])
        assert srcdiff.least_squares(f, np.ones(2), (np.array([8.0, 27.0]),), jac=jac).cost < 1e-15
    with pytest.raises(ArgumentsError, match="SD609: no Jacobian 'guess'"):
        srcdiff.root(f, np.ones(2), (1.0,), jac="guess")


def test_a_sparse_jacobian(scipy: Any) -> None:
    if "sparse" not in inspect.signature(srcdiff.jacobian).parameters:
        pytest.skip("this jacobian has no sparse form")
    found = srcdiff.least_squares(lambda x: x**3 - 8.0, np.ones(30), sparse=True)
    np.testing.assert_allclose(found.x, 2.0)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: srcdiff.minimize(rosenbrock, np.array([1, 2])), "SD601"),
        (lambda: srcdiff.minimize(rosenbrock, []), "SD602"),
        (lambda: srcdiff.minimize(rosenbrock, START, jac="guess"), "SD609: no gradient"),
        (lambda: srcdiff.minimize(3, START), "SD510"),
        (lambda: srcdiff.minimize(lambda x: 2 * x, START, method="Powell"), "SD504"),
        (lambda: srcdiff.minimize(lambda x: 2 * x, START), "SD504"),
        (lambda: srcdiff.least_squares(rosenbrock, 3), "SD601"),
        (lambda: srcdiff.least_squares(misses, {"scale": 1.0}, sparse=True), "SD502"),
    ],
)
def test_misuse(scipy: Any, call: Any, code: str) -> None:
    with pytest.raises((ArgumentsError, srcdiff.Refused), match=code):
        call()


# --- sparse where it is -------------------------------------------------------------------------


def chain(x: Any) -> Any:
    return np.concatenate([10.0 * (x[1:] - x[:-1] ** 2), 1.0 - x[:-1]])


def branching(x: Any) -> Any:
    return chain(x) if x[0] > 0.0 else chain(-x)


def dense(x: Any) -> Any:
    return chain(x) + np.sum(x) * 1e-3


@pytest.mark.parametrize(
    ("f", "size", "options", "sparse"),
    [
        (chain, 80, {}, True),
        (chain, 80, {"method": "dogbox"}, True),
        (chain, 80, {"method": "lm"}, False),
        (chain, 80, {"sparse": False}, False),
        (chain, 8, {}, False),
        (chain, 8, {"sparse": True}, True),
        (branching, 80, {}, False),
        (dense, 80, {}, False),
    ],
)
def test_jacobians_are_sparse_where_most_is_zero(
    scipy: Any, f: Any, size: int, options: dict[str, Any], sparse: bool
) -> None:
    found = srcdiff.least_squares(f, np.full(size, 0.8), **options)
    assert hasattr(found.jac, "tocsr") == sparse
    assert found.success and np.sum(f(found.x) ** 2) < 1.0
    if f is chain:
        np.testing.assert_allclose(found.x, 1.0, atol=1e-4)


def test_constraints_are_sparse_where_most_is_zero(scipy: Any) -> None:
    seen = []

    def sizes(x: Any) -> Any:
        return x[1:] * x[:-1]

    class Seen(scipy.NonlinearConstraint):
        pass

    limit = Seen(sizes, 0.25, np.inf)
    found = srcdiff.minimize(
        lambda x: np.sum(x**2),
        np.ones(60),
        method="trust-constr",
        constraints=limit,
        callback=lambda x, state: seen.append(state.jac[0]),
    )
    assert np.all(sizes(found.x) > 0.249)
    assert hasattr(seen[-1], "tocsr")
    with pytest.raises(ArgumentsError, match="SD609: lm takes no sparse"):
        srcdiff.least_squares(chain, np.ones(60), method="lm", sparse=True)


def test_structures_take_one_sweep_for_all_columns(scipy: Any, monkeypatch: Any) -> None:
    """A matrix by a structure is one call of `jacobian` or `hessian`, whatever its size."""
    from srcdiff.optimise import objective

    calls = []

    def counted(f: Any, *args: Any, **options: Any) -> Any:
        made = srcdiff.jacobian(f, *args, **options)
        return lambda *xs: calls.append(xs) or made(*xs)

    monkeypatch.setattr(objective, "jacobian", counted)
    residuals = objective.Residuals(
        lambda p: (p["a"] * p["b"], p["b"] ** 2), {"a": 2.0, "b": START}, ()
    )
    found = residuals.jacobian(residuals.layout.vector)
    wanted = np.block(
        [[START[:, None], 2.0 * np.eye(len(START))], [0.0 * START[:, None], np.diag(2.0 * START)]]
    )
    np.testing.assert_allclose(found, wanted)
    assert len(calls) == 1
