"""A function of a structure as a function of a vector, with the derivatives that an optimiser asks.

The gradient is srcdiff's own, an estimate by name, or the user's function.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srcdiff.api import Derivative, hessian, hvp, jacobian, value_and_grad
from srcdiff.api.arrange import Arranged
from srcdiff.api.requests import function_name
from srcdiff.api.sparse import pattern_of
from srcdiff.errors import NOWHERE, ArgumentsError, Diagnostic
from srcdiff.estimate.complexstep import complex_step
from srcdiff.estimate.differences import (
    backward_difference,
    central_difference,
    forward_difference,
)
from srcdiff.estimate.sampled import regression_gradient, spsa
from srcdiff.structure import Layout, described, is_real_leaf, mapped

Vector = NDArray[Any]
NUMBER = (float, np.floating, np.ndarray)
WIDE = 50  # columns from which on a sparse matrix may be worth it
ESTIMATORS: dict[str, Callable[..., Any]] = {
    "forward": forward_difference,
    "backward": backward_difference,
    "central": central_difference,
    "complex": complex_step,
    "regression": regression_gradient,
    "spsa": spsa,
}


def misuse(code: str, message: str, hint: str = "") -> ArgumentsError:
    """A request that makes no sense; the caller raises it."""
    return ArgumentsError(Diagnostic(code, message, NOWHERE, (), hint))


def plain(f: Any) -> Any:
    """The function itself where a derivative of it is given."""
    if not callable(f):
        raise misuse("SD510", f"{described(f)} is not a function")
    return f.primal if isinstance(f, Derivative) else f


class Objective:
    """f(x, *args), a real number, of x laid out as a vector.

    gradient: "exact", the name of an estimator, or a function of (x, *args).
    """

    def __init__(self, f: Any, x0: Any, args: tuple[Any, ...], gradient: Any = "exact"):
        self.f, self.args = plain(f), _tuple(args)
        self.layout = Layout(x0, "x0")
        self.evaluations = 0
        self.exact = gradient == "exact" if isinstance(gradient, str) else False
        self._both = self._sweeps(gradient)

    def _sweeps(self, gradient: Any) -> Callable[[Any], tuple[Any, Any]]:
        """x -> (value, gradient), both as the functions give them."""
        f, args = self.f, self.args
        if callable(gradient):
            return lambda x: (f(x, *args), gradient(x, *args))
        if gradient == "exact":
            swept = value_and_grad(f)
            return lambda x: swept(x, *args)
        if gradient in ESTIMATORS:
            estimator = ESTIMATORS[gradient]
            return lambda x: (f(x, *args), estimator(lambda v: f(v, *args), x))
        known = ", ".join(["exact", *ESTIMATORS])
        raise misuse("SD609", f"no gradient {gradient!r}", f"a function, or one of {known}")

    def value(self, vector: Vector) -> float:
        """The value at a vector; counted."""
        self.evaluations += 1
        with np.errstate(all="ignore"):  # what is not finite is the optimiser's to judge
            return self._number(self.f(self.layout.restore(vector), *self.args))

    def both(self, vector: Vector) -> tuple[float, Vector]:
        """Value and gradient at a vector; counted as one evaluation."""
        self.evaluations += 1
        with np.errstate(all="ignore"):
            value, gradient = self._both(self.layout.restore(vector))
        return self._number(value), self.layout.flatten(gradient, "the gradient", "SD608")

    def _number(self, value: Any) -> float:
        found = np.asarray(value)
        if found.shape != () or found.dtype.kind not in "fiub":
            raise misuse("SD504", f"f returns {described(value)}, a real number is needed")
        return float(found)

    def hessian_product(self, vector: Vector, v: Vector) -> Vector:
        """The Hessian against a vector, by forward mode over reverse mode."""
        x, direction = self.layout.restore(vector), self.layout.restore(v)
        found = hvp(self.f, x, direction, *self.args)
        return self.layout.flatten(found, "the product", "SD608")

    def hessian(self, vector: Vector) -> Vector:
        """The Hessian as a matrix."""
        x = self.layout.restore(vector)
        return _matrix(x, x, hessian(self.f)(x, *self.args))


class Residuals:
    """f(x, *args), an array or a structure of them, as a vector; with its Jacobian.

    sparse: whether that is a sparse matrix; None when the program decides.
    """

    def __init__(self, f: Any, x0: Any, args: tuple[Any, ...], sparse: bool | None = False):
        self.f, self.args, self.sparse = plain(f), _tuple(args), sparse
        self.layout = Layout(x0, "x0")
        if sparse and not isinstance(x0, np.ndarray):
            raise misuse("SD502", f"a sparse Jacobian needs an array, x0 is {described(x0)}")

    def value(self, vector: Vector) -> Vector:
        """The values in a row."""
        return _row(self.f(self.layout.restore(vector), *self.args))

    def jacobian(self, vector: Vector) -> Any:
        """The Jacobian as a matrix, (values, entries of x)."""
        x = self.layout.restore(vector)
        if self.sparse is None:
            self.sparse = isinstance(x, np.ndarray) and self._is_sparse(x)
        if self.sparse:
            derivative: Any = jacobian
            return derivative(self.f, 0, sparse=True)(x, *self.args)
        value = self.f(x, *self.args)
        return _matrix(value, x, jacobian(self.f)(x, *self.args))

    def _is_sparse(self, x: Any) -> bool:
        """Whether most of the Jacobian is zero, and the same part of it at every point."""
        if x.size < WIDE or not isinstance(self.f(x, *self.args), np.ndarray):
            return False
        pattern = pattern_of(Arranged(self.f, (x, *self.args)), function_name(self.f))
        return not pattern.pointwise and pattern.matrix.nnz * 10 <= math.prod(pattern.matrix.shape)


def _matrix(value: Any, x: Any, blocks: Any) -> Vector:
    """The blocks of a Jacobian or a Hessian as one matrix."""
    if isinstance(value, NUMBER) and isinstance(x, NUMBER):
        return np.reshape(np.asarray(blocks), (np.size(value), np.size(x)))
    strips: list[Vector] = []

    def outer(leaf: Any, strip: Any) -> None:
        if is_real_leaf(leaf):
            parts: list[Vector] = []
            mapped(lambda part, block: _put(parts, leaf, part, block), x, strip)
            strips.append(np.concatenate(parts, axis=1))

    mapped(outer, value, blocks)
    return np.concatenate(strips)


def _put(parts: list[Vector], leaf: Any, part: Any, block: Any) -> None:
    if is_real_leaf(part):
        parts.append(np.reshape(np.asarray(block), (np.size(leaf), np.size(part))))


def _row(value: Any) -> Vector:
    """The floats of an array or a structure, one after the other."""
    if isinstance(value, np.ndarray):
        return value.ravel()
    return Layout(value, "the value of f").vector


def _tuple(args: Any) -> tuple[Any, ...]:
    return args if isinstance(args, tuple) else (args,)
