"""What the arguments hold when a program raises: what the original leaves in them, in every mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import srcdiff
from tests.properties.trees import copied, is_float, mapped, same

V = np.array([0.7, -1.2, 0.4, 0.9])
W = np.array([1.5, 0.2, -0.3, 2.0])

total = 1.0


class Box:
    def __init__(self, h: Any, items: Any) -> None:
        self.h, self.items = h, items


def in_its_own_branch(x, t):
    if t > 0:
        x[0] = 5.0 * x[1]
        raise ValueError("bad")
    return np.sum(x**2)


def before_and_in_the_branch(x, t):
    x[1] = x[0] * x[2]
    if t > 0:
        x[0] = 5.0 * x[1]
        raise ValueError("bad")
    x[3] = 2.0
    return np.sum(x**2)


def written_later_only(x, t):
    y = x.copy()
    y[0] = 5.0
    if t > 0:
        raise ValueError("bad")
    x[...] = y * 2.0
    return np.sum(x**2)


def in_a_loop(x, t):
    for k in range(len(x)):
        x[k] = x[k] ** 2
        if k == t:
            x[0] = -1.0
            raise IndexError("stop")
    return np.sum(x)


def in_a_loop_of_another_kind(x, t):
    k = 0
    while True:
        x[k] *= x[k - 1]
        k += 1
        assert k != t, "stop"
        if k == 4:
            break
    return np.sum(x)


def swapped(u, v, t):
    for k in range(3):
        u, v = v, u
        u[k] = 3.0 * v[k]
        if k == t:
            raise ValueError("bad")
    return np.sum(u * v)


def swapped_values(u, v, t):
    if t > 0:
        u[:], v[:] = v.copy(), u.copy()
        raise ValueError("bad")
    return np.sum(u * v)


def one_into_the_other(u, v, t):
    u[:] = v
    if t > 0:
        v[1:] = u[:-1]
        raise ValueError("bad")
    v[0] = 1.0
    return np.sum(u * v)


def through_a_view(x, t):
    row = x[1:]
    row[0] = 4.0
    if t > 0:
        row *= 2.0
        raise ValueError("bad")
    return np.sum(x * x)


def of_an_object(x, box, t):
    box.h = x[0] * 2.0
    if t > 0:
        box.h = box.h * x[1]
        box.items[0] = 7.0
        raise ValueError("bad")
    return np.sum(x) * box.h


def of_a_dict_in_a_loop(x, d, t):
    for k in range(4):
        d["n"] = d["n"] + x[k]
        if k == t:
            raise ValueError("bad")
    return d["n"] * x[0]


def of_a_list(x, xs, t):
    xs[1] = x[0]
    if t > 0:
        xs.append(x[1])
        raise ValueError("bad")
    return xs[1] * x[2]


def in_a_callee(x, t):
    x[0] = 9.0 * x[1]
    check(x, t)
    return np.sum(x**2)


def check(a, t):
    a[3] = a[0]
    if t > 0:
        a[2] = 8.0
        raise ValueError("bad")


def always(x, t):
    x[0] = 5.0
    x[t] = x[0] * 2.0
    raise ValueError("bad")


def either(x, y, t):
    c = x if t > 1 else y
    c[0] = 5.0
    if t > 0:
        c[1] = 6.0
        raise ValueError("bad")
    return np.sum(x * y)


def an_item_that_is_missing(x, d, t):
    d["n"] = x[0]
    if t > 0:
        return d["nothing"] * x[1]
    return d["n"]


def in_a_nested_branch(x, t):
    if t > -5:
        x[2] = 1.0
        if t > 0:
            x[0] = 5.0
            raise ValueError("bad")
        x[1] = 3.0
    else:
        x[1] = 4.0
    return np.sum(x**2)


def of_rank_0(a, x, t):
    a[...] = x[0]
    if t > 0:
        a *= 3.0
        raise ValueError("bad")
    return a * x[1]


def of_rank_0_only_there(a, x, t):
    if t > 0:
        a[()] = x[0]
        raise ValueError("bad")
    return a * x[1]


def unrelated(x, t):
    if t > 0:
        raise ValueError("bad")
    return np.sum(x**2)


def in_float32(x, t):
    x[0] = 1.0 / 3.0
    if t > 0:
        x[1] = x[0] * 2.0
        raise ValueError("bad")
    return np.sum(x)


CASES = [
    (in_its_own_branch, V),
    (before_and_in_the_branch, V),
    (written_later_only, V),
    (in_a_loop, V),
    (in_a_loop_of_another_kind, V),
    (swapped, V, W),
    (swapped_values, V, W),
    (one_into_the_other, V, W),
    (through_a_view, V),
    (of_an_object, V, Box(1.0, [1.0, 2.0])),
    (of_a_dict_in_a_loop, V, {"n": 1.0}),
    (of_a_list, V, [1.0, 2.0, 3.0]),
    (in_a_callee, V),
    (always, V),
    (either, V, W),
    (an_item_that_is_missing, V, {"n": 1.0}),
    (in_a_nested_branch, V),
    (of_rank_0, np.array(2.0), V),
    (of_rank_0_only_there, np.array(2.0), V),
    (unrelated, V),
    (in_float32, V.astype(np.float32)),
]


def _hessian(function: Any, args: Any) -> Any:
    return srcdiff.grad(lambda *xs: np.sum(srcdiff.grad(function)(*xs)))(*args)


def _pushed(function: Any, args: Any) -> Any:
    tangents = [_moved(a) for a in args]
    return srcdiff.jvp(function, args, tangents)


def _moved(a: Any) -> Any:
    """A tangent of ones, an object for an object."""
    return (
        Box(*(mapped(_one, v) for v in vars(a).values())) if isinstance(a, Box) else mapped(_one, a)
    )


def _one(leaf: Any) -> Any:
    if isinstance(leaf, float):
        return 1.0
    return np.ones_like(leaf) if is_float(leaf) else leaf


WAYS: dict[str, Callable[[Any, Any], Any]] = {
    "grad": lambda function, args: srcdiff.grad(function)(*args),
    "value_and_grad": lambda function, args: srcdiff.value_and_grad(function)(*args),
    "vjp": lambda function, args: srcdiff.vjp(function, *args),
    "jvp": _pushed,
    "second": _hessian,
}


def _seen(args: Any) -> Any:
    return [vars(a) if isinstance(a, Box) else a for a in args]


@pytest.mark.parametrize("t", (-1, 1, 2))
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_arguments_hold_what_the_original_left(case: Any, way: str, t: int) -> None:
    function, *given = case
    expected, args = copied([*given, t]), copied([*given, t])
    raised = None
    try:
        function(*expected)
    except Exception as error:
        raised = error
    if raised is None:
        WAYS[way](function, args)
    else:
        with pytest.raises(type(raised)):
            WAYS[way](function, args)
    assert same(_seen(args), _seen(expected))


def raises_with_a_global(x, t):
    global total
    total = total * x[0]
    for k in range(3):
        total = total + x[k]
        if k == t:
            total = total * 2.0
            raise ValueError("bad")
    return total


@pytest.mark.parametrize("t", (-1, 0, 2))
@pytest.mark.parametrize("way", WAYS)
def test_globals_hold_what_the_original_left(way: str, t: int) -> None:
    global total
    total = 1.0
    raised = False
    try:
        raises_with_a_global(V.copy(), t)
    except ValueError:
        raised = True
    expected, total = total, 1.0
    try:
        WAYS[way](raises_with_a_global, (V.copy(), t))
        assert not raised
    except ValueError:
        assert raised
    found, total = total, 1.0
    assert found == expected


def _sums_into(x, y):
    np.sum(x, axis=0, out=y)
    return np.sum(y)


def test_an_output_of_another_shape_is_left_as_it_was() -> None:
    x, y = np.ones((2, 3)), np.zeros(7)
    with pytest.raises(ValueError, match="the output of sum has another shape than its result"):
        srcdiff.grad(_sums_into)(x, y)
    assert not y.any()
