"""Rules for functions of your own: the decorators of srcdiff's own table.

    @rules.elementwise(softplus)
    def softplus_partial(z, x):
        return 1.0 / (1.0 + np.exp(-x))

One rule serves both modes. Say what kind of function it is, and give one formula; `z` is the result,
`x`, `y` the operands, `dx` tangents, `bz` the cotangent of the result:

    elementwise  one partial derivative per operand                    body(z, x, y) -> px, py
    linear       what the operands' cotangents get (the adjoint)       body(bz, x, ...) -> bx
    bilinear     the same for a product, linear in each operand        body(bz, x, y) -> bx, by
    tangent      the tangent that each operand contributes             body(z, x, y, dx, dy) -> tx, ty
    adjoint      what each operand's cotangent gets                    body(bz, z, x, y) -> bx, by
    zero         the result does not vary

Parameters of the body with a default are not differentiated. The body is compiled like any function,
so it may use what srcdiff differentiates. With `samples` (a list of argument tuples) the rule is
checked at once: forward against reverse, and both against finite differences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from srcdiff.api import jvp, vjp
from srcdiff.errors import GradientError
from srcdiff.ops import table
from srcdiff.structure import is_real_leaf, mapped

Body = Callable[..., Any]


def _maker(kind: str) -> Callable[..., Callable[[Body], Body]]:
    def decorator(
        function: Callable[..., Any], *, samples: Iterable[tuple[Any, ...]] = (), **fields: Any
    ) -> Callable[[Body], Body]:
        def enter(body: Body) -> Body:
            name = f"{function.__module__}.{function.__qualname__}"
            table.BY_FUNCTION.pop(function, None)
            table.rule(kind, function, body, name=name, user=True, path="", **fields)
            try:
                for sample in samples:
                    verify(function, sample)
            except GradientError:
                table.BY_FUNCTION.pop(function, None)
                raise
            return body

        return enter

    decorator.__name__ = kind
    decorator.__doc__ = f"""Give `function` a rule of the kind {kind!r} (see this module's docstring).

    samples: argument tuples at which the rule is checked when it is registered.
    fields: those of the table's rows, e.g. shape (dims of the operands -> dims of the result).

    Raises GradientError when a sample shows the rule to be wrong.
    """
    return decorator


elementwise = _maker("elementwise")
linear = _maker("linear")
bilinear = _maker("bilinear")
tangent = _maker("tangent")
adjoint = _maker("adjoint")


def zero(function: Callable[..., Any], example: Callable[..., Any]) -> None:
    """Declare that a function's result does not vary; `example` shows its parameters.

    >>> from srcdiff import grad, rules
    >>> def level(x):
    ...     return 2.0
    >>> rules.zero(level, lambda x: None)
    """
    name = f"{function.__module__}.{function.__qualname__}"
    table.BY_FUNCTION.pop(function, None)
    table.zero(function, example, name=name, user=True, path="")


def verify(function: Callable[..., Any], sample: tuple[Any, ...], seed: int = 0) -> None:
    """Check the rule of a function at one sample, of numbers and arrays or structures of them.

    Forward against reverse to 1e-10, forward against a central difference to 1e-5, both relative.
    Raises GradientError with the two numbers.
    """
    random = np.random.default_rng(seed)
    tangents = mapped(lambda a: _direction(random, a), sample)
    value, tangent = jvp(lambda *xs: function(*xs), sample, tangents)
    seeds = mapped(lambda v: _direction(random, v), value)
    _, pullback = vjp(lambda *xs: function(*xs), *sample)
    forward, reverse = _product(tangent, seeds), _product(pullback(seeds), tangents)
    _compare(function, "reverse mode", reverse, "forward mode", forward, 1e-10)
    difference = _difference(lambda x: _product(function(*x), seeds), sample, tangents)
    _compare(function, "the rule", forward, "the central difference", difference, 1e-5)


def _direction(random: np.random.Generator, a: Any) -> Any:
    if isinstance(a, np.ndarray) and a.dtype.kind == "f":
        return np.asarray(random.standard_normal(a.shape), dtype=a.dtype)
    return type(a)(random.standard_normal()) if is_real_leaf(a) else a


def _product(one: Any, other: Any) -> float:
    """The sum of the products of the floats in two structures."""
    terms = [0.0]
    mapped(
        lambda a, b: terms.append(float(np.sum(np.asarray(a) * b)) if is_real_leaf(b) else 0.0),
        one,
        other,
    )
    return sum(terms)


def _difference(f: Callable[[Any], float], sample: Any, tangents: Any) -> float:
    """(f(x + h d) - f(x - h d)) / 2h, extrapolated once: an error of order h^4."""

    def at(h: float) -> float:
        return f(mapped(lambda a, d: a + h * d if is_real_leaf(a) else a, sample, tangents))

    def central(h: float) -> float:
        return (at(h) - at(-h)) / (2 * h)

    return (4 * central(5e-4) - central(1e-3)) / 3


def _compare(function: Any, one: str, a: float, other: str, b: float, tolerance: float) -> None:
    if not abs(a - b) <= tolerance * max(1.0, abs(a), abs(b)):
        raise GradientError(
            f"the rule of {function.__name__} is wrong: {one} gives {a!r}, {other} gives {b!r}"
        )
