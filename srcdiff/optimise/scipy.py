"""Bridges to scipy.optimize that bring the derivatives along.

The arguments are SciPy's, the function and x0 are the user's own: x may be a float, an array of any
shape, or a structure of them. A plain list or tuple of numbers means an array, as it does for SciPy.
What a method wants (gradient, Jacobian, Hessian or its products) is handed to it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from srcdiff.evaluate.optional import scipy_optimize
from srcdiff.optimise.objective import ESTIMATORS, Objective, Residuals, Vector, misuse
from srcdiff.structure import Layout

NO_GRADIENT = ("nelder-mead", "powell", "cobyla", "cobyqa")
PRODUCTS = ("newton-cg", "trust-ncg", "trust-krylov", "trust-constr")
MATRICES = ("dogleg", "trust-exact")
OWN = ("2-point", "3-point", "cs")  # SciPy's differences
WITH_JACOBIAN = ("hybr", "lm")


def minimize(
    f: Callable[..., Any],
    x0: Any,
    args: tuple[Any, ...] = (),
    method: str | None = None,
    *,
    jac: Any = "exact",
    **options: Any,
) -> Any:
    """scipy.optimize.minimize with srcdiff's derivatives.

    f: a real number of (x, *args).  method: SciPy's, by default BFGS (L-BFGS-B with bounds, SLSQP
    with constraints).  Methods that take a gradient get it; Newton-CG, trust-ncg, trust-krylov and
    trust-constr get Hessian products, dogleg and trust-exact the Hessian.  jac: "exact", the name
    of an estimator ("central", "spsa", ...), one of SciPy's ("2-point", "3-point", "cs"), or a
    function of (x, *args).  options: whatever else SciPy takes (bounds, constraints, tol, callback,
    options).  Constraints without a Jacobian of their own get it too. Bounds are given for the
    floats of x0 in order.

    Returns SciPy's OptimizeResult, in which x and jac have the form of x0.

    Raises ArgumentsError without SciPy (SD521), for an x0 without floats (SD601) and for a method
    that needs a Hessian when the gradient is an estimate (SD620), and Refused as `grad`.

    >>> def rosenbrock(x):
    ...     return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
    >>> minimize(rosenbrock, np.array([-1.2, 1.0]), method="trust-exact").x.round(6)
    array([1., 1.])
    """
    optimize = scipy_optimize("minimize")
    name = (method or "").lower() if isinstance(method, str) or method is None else ""
    own = isinstance(jac, str) and jac in OWN
    objective = Objective(f, _as_array(x0), args, "central" if own else jac)
    given = {k: v for k, v in options.items() if v is not None}
    if name in NO_GRADIENT:
        target: Any = objective.value
    elif own:
        target, given["jac"] = objective.value, jac
    else:
        target, given["jac"] = objective.both, True
    _second_order(objective, name, given)
    layout = objective.layout
    if "constraints" in given:
        sparse = None if name == "trust-constr" else False
        given["constraints"] = _constraints(optimize, given["constraints"], layout, sparse)
    if "callback" in given:
        given["callback"] = _callback(given["callback"], layout)
    found = optimize.minimize(target, layout.vector, method=method, **given)
    return _shaped(found, layout)


def _second_order(objective: Objective, name: str, given: dict[str, Any]) -> None:
    """The Hessian or its products, where the method wants them and the user gave none."""
    layout, args = objective.layout, objective.args
    for key in ("hess", "hessp"):
        if callable(own := given.get(key)) and not isinstance(own, type):
            given[key] = _hessian_of(own, key, layout, args)
    if name not in (*PRODUCTS, *MATRICES) or "hess" in given or "hessp" in given:
        return
    if not objective.exact:
        raise misuse(
            "SD620",
            f"{name} needs a Hessian, and there is none beside a gradient that is no exact one",
            'leave jac at "exact", or give hess or hessp',
        )
    if name in PRODUCTS:
        given["hessp"] = objective.hessian_product
    else:
        given["hess"] = objective.hessian


def _hessian_of(own: Any, key: str, layout: Layout, args: tuple[Any, ...]) -> Any:
    if key == "hess":
        return lambda vector: own(layout.restore(vector), *args)
    return lambda vector, v: layout.flatten(
        own(layout.restore(vector), layout.restore(v), *args), "the product"
    )


def least_squares(
    f: Callable[..., Any],
    x0: Any,
    args: tuple[Any, ...] = (),
    *,
    jac: Any = "exact",
    sparse: bool | None = None,
    **options: Any,
) -> Any:
    """scipy.optimize.least_squares with srcdiff's Jacobian of the residuals.

    f: the residuals as an array of (x, *args).  jac: "exact", one of SciPy's differences, or a
    function of (x, *args).  sparse: the Jacobian as a sparse matrix, for an array x0 and the
    methods trf and dogbox, which then solve by iteration (lsmr); None for the one that fits: sparse
    where there are 50 columns and at most one entry in ten.  options: whatever else SciPy takes.

    Returns SciPy's OptimizeResult with x in the form of x0. Raises as `minimize` does.

    >>> t = np.array([0.0, 1.0, 2.0])
    >>> def misses(p, y):
    ...     return p["a"] * np.exp(-p["b"] * t) - y
    >>> found = least_squares(misses, {"a": 1.0, "b": 0.0}, (2.0 * np.exp(-0.5 * t),))
    >>> round(found.x["a"], 6), round(found.x["b"], 6)
    (2.0, 0.5)
    """
    optimize = scipy_optimize("least_squares")
    if str(options.get("method") or "trf").lower() == "lm":
        if sparse:
            raise misuse("SD609", "lm takes no sparse Jacobian", 'method="trf" or "dogbox"')
        sparse = False
    residuals = Residuals(f, _as_array(x0), args, sparse)
    given = {k: v for k, v in options.items() if v is not None}
    slope = _jacobian_of(residuals, jac)
    found = optimize.least_squares(residuals.value, residuals.layout.vector, jac=slope, **given)
    found.x = residuals.layout.restore(found.x)
    return found


def root(
    f: Callable[..., Any],
    x0: Any,
    args: tuple[Any, ...] = (),
    method: str = "hybr",
    *,
    jac: Any = "exact",
    **options: Any,
) -> Any:
    """scipy.optimize.root with srcdiff's Jacobian, for the methods that take one (hybr and lm).

    f: an array, or a structure like x, of (x, *args), with as many floats as x0 has.  jac: as for
    `least_squares`.  options: whatever else SciPy takes (tol, callback, options).

    Returns SciPy's OptimizeResult with x in the form of x0. Raises as `minimize` does.

    >>> root(lambda x: x**3 - np.array([8.0, 27.0]), np.ones(2)).x.round(6)
    array([2., 3.])
    """
    optimize = scipy_optimize("root")
    residuals = Residuals(f, _as_array(x0), args, sparse=False)
    layout = residuals.layout
    given = {k: v for k, v in options.items() if v is not None}
    if str(method).lower() in WITH_JACOBIAN:
        slope = _jacobian_of(residuals, jac)
        given["jac"] = (
            None if isinstance(slope, str) else slope
        )  # its own differences are the default
    if "callback" in given:
        own = given["callback"]
        given["callback"] = lambda vector, value: own(layout.restore(vector), value)
    found = optimize.root(residuals.value, layout.vector, method=method, **given)
    found.x = layout.restore(found.x)
    return found


def _jacobian_of(residuals: Residuals, jac: Any) -> Any:
    if callable(jac):
        layout, args = residuals.layout, residuals.args
        return lambda vector: np.asarray(jac(layout.restore(vector), *args))
    if jac == "exact":
        return residuals.jacobian
    if isinstance(jac, str) and jac in OWN:
        return jac
    known = ", ".join(["exact", *OWN])
    raise misuse("SD609", f"no Jacobian {jac!r}", f"a function, or one of {known}")


def _as_array(x0: Any) -> Any:
    """A list or tuple of numbers, not all of them whole, as an array; anything else as it is."""
    if type(x0) not in (list, tuple) or not all(isinstance(v, (int, float)) for v in x0):
        return x0
    return np.asarray(x0, float) if any(isinstance(v, float) for v in x0) else x0


def _constraints(optimize: Any, given: Any, layout: Layout, sparse: bool | None) -> Any:
    if not isinstance(given, (list, tuple)):
        return _constraint(optimize, given, layout, sparse)
    return [_constraint(optimize, one, layout, sparse) for one in given]


def _constraint(optimize: Any, one: Any, layout: Layout, sparse: bool | None) -> Any:
    """A constraint as a function of the vector, with its Jacobian if it has none."""
    if isinstance(one, dict):
        residuals = Residuals(one["fun"], layout.template, one.get("args", ()), sparse)
        slope = _jacobian_of(residuals, one.get("jac") or "exact")
        return {"type": one["type"], "fun": residuals.value, "jac": slope}
    if not isinstance(one, optimize.NonlinearConstraint):
        return one
    residuals = Residuals(one.fun, layout.template, (), sparse)
    slope = _jacobian_of(residuals, "exact" if one.jac == "2-point" else one.jac)
    return optimize.NonlinearConstraint(
        residuals.value,
        one.lb,
        one.ub,
        jac=slope,
        hess=one.hess,
        keep_feasible=one.keep_feasible,
        finite_diff_rel_step=one.finite_diff_rel_step,
        finite_diff_jac_sparsity=one.finite_diff_jac_sparsity,
    )


def _callback(own: Any, layout: Layout) -> Any:
    """The user's callback, which is given x in the form of x0."""
    names = tuple(inspect.signature(own).parameters)
    if names == ("intermediate_result",):

        def told(intermediate_result: Any) -> Any:
            return own(intermediate_result=_shaped(intermediate_result, layout))

        return told
    return lambda vector, *state: own(layout.restore(vector), *state)


def _shaped(found: Any, layout: Layout) -> Any:
    """A copy of SciPy's result with x and jac in the form of x0."""
    found = type(found)(found)
    found.x = layout.restore(np.asarray(found.x))
    if isinstance(found.get("jac"), np.ndarray) and found.jac.shape == (layout.size,):
        found.jac = layout.gradient(found.jac)
    return found


__all__ = ["ESTIMATORS", "Vector", "least_squares", "minimize", "root"]
