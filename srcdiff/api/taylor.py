"""Taylor coefficients of a function along a line."""

from __future__ import annotations

import operator
from types import SimpleNamespace
from typing import Any

import numpy as np

from srcdiff.api.programs import typed_program
from srcdiff.api.requests import misuse
from srcdiff.api.seeds import check_direction
from srcdiff.evaluate.interpret import leaves_of
from srcdiff.evaluate.jets import Jet, Jets
from srcdiff.ir.core import Tree
from srcdiff.ir.types import differentiable
from srcdiff.transform.cotangents import rebuildable


def taylor(function: Any, x: Any, direction: Any, order: int, *args: Any) -> tuple[Any, ...]:
    """The Taylor coefficients of t -> function(x + t direction, *args) at t = 0, up to an order.

    Coefficient k is the k-th derivative divided by k!. The program is run once on truncated series
    (Griewank & Walther, Evaluating Derivatives, 2nd ed., chapter 13): the cost grows with the square
    of the order, that of repeated differentiation with its power of two.

    x: a float, an array, or a structure of these. direction: of the same structure and shapes.
    order: at least 0.

    Returns order + 1 values in the structure of the function's. Raises ArgumentsError when the
    direction does not match x, Refused for what has no derivative.

    >>> import math
    >>> from srcdiff import taylor
    >>> taylor(lambda x: math.exp(x), 0.0, 1.0, 3)
    (1.0, 1.0, 0.5, 0.16666666666666666)
    """
    check_direction(x, direction)
    try:
        order = operator.index(order)
    except TypeError:
        order = -1
    if order < 0:
        raise misuse("SD520", "the order of a Taylor series is an integer from 0 on")
    primal, values = typed_program(function, (x, *args))
    typed = primal.function
    slopes = leaves_of(primal, (direction, *args))
    own = set(typed.inputs[0].tree.leaves())
    leaves: list[Any] = []
    for k, (value, slope) in enumerate(zip(values, slopes)):
        moving = k in own and differentiable(typed.params[k].type)
        leaves.append(_jet(value, slope if moving else None))
    results = Jets(order).function(typed, leaves)
    return tuple(_put_together(typed.output, results, k) for k in range(order + 1))


def _jet(value: Any, slope: Any) -> Any:
    """The series value + t slope."""
    if isinstance(value, list):
        return [_jet(v, None if slope is None else s) for v, s in zip(value, slope or value)]
    if slope is None:
        return Jet((value,))
    cast = value.dtype.type if isinstance(value, np.generic) else type(value)
    return Jet((value, slope if isinstance(value, np.ndarray) else cast(slope)))


def _put_together(tree: Tree, leaves: list[Any], k: int) -> Any:
    """Coefficient k in the structure of the result."""
    if tree.kind == "leaf":
        return _coefficient(leaves[tree.index], k)
    if tree.kind == "static":
        return tree.value if k == 0 else _no_value(tree.value)
    inner = [_put_together(c, leaves, k) for c in tree.children]
    if tree.kind == "dict":
        return dict(zip(tree.keys, inner))
    if tree.kind == "object":
        return (tree.value if rebuildable(tree.value) else SimpleNamespace)(
            **dict(zip(tree.keys, inner))
        )
    return tuple(inner) if tree.kind == "tuple" else inner


def _coefficient(value: Any, k: int) -> Any:
    if isinstance(value, list):
        return [_coefficient(v, k) for v in value]
    term = value.term(k)
    if isinstance(value.terms[0], float) and not isinstance(term, float):
        return float(term)
    return term


def _no_value(value: Any) -> Any:
    return value * 0 if isinstance(value, (int, float, complex)) else value
