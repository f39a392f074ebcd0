"""The functions and operators that generated programs are made of, and how large they may get.

Each template keeps its operand inside the domain: arguments of ``log`` and ``sqrt``, and
denominators, stay away from their singularities whatever the operand is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

LIMIT = 4.0


@dataclass(frozen=True)
class Term:
    """The text of an expression, and about how large its values get."""

    text: str
    bound: float


SCALAR_FUNCTIONS: tuple[tuple[str, Callable[[float], float]], ...] = (
    ("math.sin({})", lambda b: 1),
    ("math.cos({})", lambda b: 1),
    ("math.tanh({})", lambda b: 1),
    ("math.atan({})", lambda b: 1.6),
    ("math.exp(-({}) ** 2)", lambda b: 1),
    ("math.exp(math.sin({}))", lambda b: 2.8),
    ("math.log(1.5 + ({}) ** 2)", lambda b: math.log(1.5 + b * b)),
    ("math.sqrt(1.0 + ({}) ** 2)", lambda b: 1 + b),
    ("math.log1p(({}) ** 2)", lambda b: math.log1p(b * b)),
    ("math.expm1(0.5 * math.tanh({}))", lambda b: 0.7),
    ("math.asinh({})", lambda b: 3),
    ("math.erf({})", lambda b: 1),
    ("math.erfc({})", lambda b: 2),
    ("math.hypot({}, 1.5)", lambda b: b + 1.5),
    ("math.atan2({}, 2.5)", lambda b: 1.6),
    ("math.asin(0.8 * math.sin({}))", lambda b: 1),
    ("math.acos(0.7 * math.tanh({}))", lambda b: 2.4),
    ("math.sinh(math.tanh({}))", lambda b: 1.2),
    ("math.cosh(math.sin({}))", lambda b: 1.6),
    ("math.tan(0.9 * math.sin({}))", lambda b: 1.3),
    ("math.acosh(1.5 + ({}) ** 2)", lambda b: 4),
    ("math.atanh(0.6 * math.cos({}))", lambda b: 0.7),
    ("math.pow(1.5 + math.sin({}), 1.7)", lambda b: 5),
    ("math.log2(2.0 + ({}) ** 2)", lambda b: 1 + b),
    ("math.log10(1.2 + ({}) ** 2)", lambda b: 1 + b / 2),
    ("math.radians({})", lambda b: 0.02 * b),
    ("math.lgamma(2.5 + math.tanh({}))", lambda b: 1.3),
    ("math.gamma(2.5 + math.sin({}))", lambda b: 3.4),
    ("math.fabs({})", lambda b: b),
    ("math.copysign({}, -1.0)", lambda b: b),
    ("abs({})", lambda b: b),
    ("-({})", lambda b: b),
    ("+({})", lambda b: b),
    ("({}) ** 2", lambda b: b * b),
    ("({}) ** 3", lambda b: b**3),
    ("(1.5 + ({}) ** 2) ** -0.5", lambda b: 1),
    ("1.3 ** ({})", lambda b: 1.3**b),
    ("1 / (1.0 + ({}) ** 2)", lambda b: 1),
    ("float({})", lambda b: b),
    ("({}) % 1.7", lambda b: 1.7),
)

ARRAY_FUNCTIONS: tuple[tuple[str, Callable[[float], float]], ...] = (
    ("np.sin({})", lambda b: 1),
    ("np.cos({})", lambda b: 1),
    ("np.tanh({})", lambda b: 1),
    ("np.arctan({})", lambda b: 1.6),
    ("np.exp(-({}) ** 2)", lambda b: 1),
    ("np.exp(np.sin({}))", lambda b: 2.8),
    ("np.log(1.5 + ({}) ** 2)", lambda b: math.log(1.5 + b * b)),
    ("np.sqrt(1.0 + ({}) ** 2)", lambda b: 1 + b),
    ("np.log1p(({}) ** 2)", lambda b: math.log1p(b * b)),
    ("np.expm1(0.5 * np.tanh({}))", lambda b: 0.7),
    ("np.arcsinh({})", lambda b: 3),
    ("np.sinh(np.tanh({}))", lambda b: 1.2),
    ("np.cosh(np.sin({}))", lambda b: 1.6),
    ("np.tan(0.9 * np.sin({}))", lambda b: 1.3),
    ("np.arcsin(0.8 * np.sin({}))", lambda b: 1),
    ("np.arccos(0.7 * np.tanh({}))", lambda b: 2.4),
    ("np.arccosh(1.5 + ({}) ** 2)", lambda b: 4),
    ("np.arctanh(0.6 * np.cos({}))", lambda b: 0.7),
    ("np.square({})", lambda b: b * b),
    ("np.reciprocal(1.5 + ({}) ** 2)", lambda b: 0.7),
    ("np.cbrt(1.5 + ({}) ** 2)", lambda b: 3),
    ("np.exp2(np.sin({}))", lambda b: 2),
    ("np.log2(2.0 + ({}) ** 2)", lambda b: 1 + b),
    ("np.log10(1.2 + ({}) ** 2)", lambda b: 1 + b / 2),
    ("np.deg2rad({})", lambda b: 0.02 * b),
    ("np.rad2deg(0.02 * ({}))", lambda b: 1.2 * b),
    ("np.negative({})", lambda b: b),
    ("-({})", lambda b: b),
    ("+({})", lambda b: b),
    ("np.abs({})", lambda b: b),
    ("abs({})", lambda b: b),
    ("np.hypot({}, 1.5)", lambda b: b + 1.5),
    ("np.arctan2({}, 2.5)", lambda b: 1.6),
    ("np.logaddexp({}, 0.3)", lambda b: b + 1),
    ("np.maximum({}, 0.25)", lambda b: b + 0.25),
    ("np.minimum(0.75, {})", lambda b: b + 0.75),
    ("np.clip({}, -0.85, 0.95)", lambda b: 1),
    ("({}) ** 2", lambda b: b * b),
    ("({}) ** 3", lambda b: b**3),
    ("(1.5 + ({}) ** 2) ** 0.7", lambda b: 1 + b * b),
    ("np.power(1.5 + ({}) ** 2, -0.5)", lambda b: 1),
    ("1.3 ** ({})", lambda b: 1.3**b),
    ("1 / (1.0 + ({}) ** 2)", lambda b: 1),
)

BINARY: tuple[tuple[str, Callable[[float, float], float]], ...] = (
    ("({}) + ({})", lambda a, b: a + b),
    ("({}) - ({})", lambda a, b: a + b),
    ("({}) * ({})", lambda a, b: a * b),
    ("({}) * ({})", lambda a, b: a * b),
    ("({}) / (1.5 + ({}) ** 2)", lambda a, b: a),
    ("(1.5 + ({}) ** 2) ** ({})", lambda a, b: (1.5 + a * a) ** b),
)

ARRAY_BINARY: tuple[tuple[str, Callable[[float, float], float]], ...] = (
    *BINARY,
    ("np.add({}, {})", lambda a, b: a + b),
    ("np.subtract({}, {})", lambda a, b: a + b),
    ("np.multiply({}, {})", lambda a, b: a * b),
    ("np.divide({}, 2.0 + ({}) ** 2)", lambda a, b: a),
    ("np.power(1.2 + ({}) ** 2, np.sin({}))", lambda a, b: 1.2 + a * a),
    ("np.hypot({}, 1.0 + ({}) ** 2)", lambda a, b: a + b * b),
    ("np.arctan2({}, 1.5 + ({}) ** 2)", lambda a, b: 1.6),
    ("np.logaddexp({}, {})", lambda a, b: a + b),
    ("np.maximum({}, {})", max),
    ("np.minimum({}, {})", max),
    ("np.fmax({}, {})", max),
)

SCALAR_BINARY: tuple[tuple[str, Callable[[float, float], float]], ...] = (
    *BINARY,
    ("max({}, {})", max),
    ("min({}, {})", max),
    ("math.hypot({}, 1.0 + ({}) ** 2)", lambda a, b: a + b * b),
    ("math.atan2({}, 1.5 + ({}) ** 2)", lambda a, b: 1.6),
    ("math.pow(1.2 + ({}) ** 2, math.sin({}))", lambda a, b: 1.2 + a * a),
    ("np.maximum({}, {})", max),
    ("np.logaddexp({}, {})", lambda a, b: a + b),
)

REDUCTIONS: tuple[tuple[str, Callable[[float, int], float]], ...] = (
    ("np.sum({})", lambda b, n: b * n),
    ("({}).sum()", lambda b, n: b * n),
    ("np.mean({})", lambda b, n: b),
    ("({}).mean()", lambda b, n: b),
    ("np.max({})", lambda b, n: b),
    ("({}).min()", lambda b, n: b),
    ("np.prod(np.cos({}))", lambda b, n: 1),
    ("np.var({})", lambda b, n: b * b),
    ("np.linalg.norm(2.0 + np.sin({}))", lambda b, n: 3 * n**0.5),
    ("float(np.sum({}))", lambda b, n: b * n),
    ("np.std(2.5 + np.sin({}) - np.arange({n}).reshape({shape}))", lambda b, n: 1 + n),
)


def bounded(bound: Callable[[float, float], float], a: float, b: float) -> float:
    """Return a bound of a combination of two terms, infinite where it overflows."""
    try:
        return float(bound(a, b))
    except OverflowError:
        return math.inf
