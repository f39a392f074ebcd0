"""Jacobians and Hessians of structures: the value's outside, the argument's inside, as in JAX."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
import pytest

import srcdiff
from srcdiff import ArgumentsError, grad, hessian, jacfwd, jacobian, jacrev, jvp
from srcdiff.api import several
from srcdiff.structure import Layout, mapped

X = np.array([1.0, 2.0, 3.0])
M = np.arange(4.0).reshape(2, 2) - 1.5
MODES = ("forward", "reverse", "auto")


@dataclass
class Layer:
    weight: Any
    bias: Any
    size: int = 2


class Pair(NamedTuple):
    first: Any
    second: Any


def layered(p):
    return {
        "out": p["a"] * p["b"][0] ** 2,
        "more": (np.sum(p["b"][0]) * p["a"], [p["b"][1] @ p["b"][1]]),
    }


def of_dataclass(q):
    return Layer(np.tanh(q.weight) * q.bias * q.size, q.bias**2)


def of_named_tuple(q):
    return Pair(q.first * q.second, np.cumsum(q.first))


def looped(q):
    total, parts = q[0], []
    for k in range(3):
        total = total * q[1][k] if k % 2 else total + q[1][k]
        parts.append(total)
    return parts, total


def recursive(q, n=3):
    return {"y": q[0]} if n == 0 else {"y": recursive((q[0] * q[1], q[1]), n - 1)["y"] + q[0]}


PROGRAMS = {
    "dict": (layered, {"a": 2.0, "b": (X, M)}),
    "dataclass": (of_dataclass, Layer(M, 0.5)),
    "named tuple": (of_named_tuple, Pair(X, 2.0)),
    "loop": (looped, [1.5, X]),
    "recursion": (recursive, (X, 1.1)),
    "list made by the run": (lambda x: [v * x for v in x], X),
    "structure to array": (lambda q: q[0][:2] @ q[1], (X, M)),
    "structure to number": (lambda q: q["s"] ** 2 * q["t"], {"s": 2.0, "t": 3.0}),
    "array to structure": (lambda x: {"head": x[0], "tail": x[1:] ** 2}, X),
    "number to structure": (lambda t: (t**2, t * X), 3.0),
    "integers beside": (lambda q: (q[0] * q[1], q[1], np.arange(2)), (X, 3)),
    "constants": (lambda q: (1.0, q[0], X), (X, 2.0)),
    "of one entry": (lambda q: (q[0] * 2.0,), (np.ones(1),)),
    "gradient": (grad(lambda q: np.sum(q["w"] ** 3) * q["b"] ** 2), {"w": X, "b": 2.0}),
}


def rows_of(value, x, f):
    """The Jacobian as a matrix, column by column: an oracle that knows nothing of blocks."""
    layout = Layout(x)
    columns = []
    for unit in np.eye(layout.size):
        _, tangent = jvp(f, (x,), (layout.restore(unit),))
        columns.append(flat(value, tangent))
    return np.stack(columns, axis=-1)


def flat(value, tangent):
    parts = []
    mapped(
        lambda leaf, part: parts.append(np.broadcast_to(part, np.shape(leaf)).ravel()),
        value,
        tangent,
    )
    return np.concatenate(parts)


def matrix_of(found, value, x):
    """The blocks put together to a matrix; their shapes are looked at on the way."""
    strips = []

    def outer(leaf, strip):
        blocks = []

        def inner(part, block):
            if np.asarray(part).dtype.kind == "f":
                assert np.shape(block) == np.shape(leaf) + np.shape(part)
                blocks.append(np.reshape(block, (np.size(leaf), np.size(part))))
            else:
                assert block == 0

        mapped(inner, x, strip)
        strips.append(np.concatenate(blocks, axis=1))

    mapped(outer, value, found)
    return np.concatenate(strips)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", PROGRAMS)
def test_blocks_are_those_of_the_matrix(name, mode):
    f, x = PROGRAMS[name]
    value = f(x)
    found = jacobian(f, mode=mode)(x)
    np.testing.assert_allclose(matrix_of(found, value, x), rows_of(value, x, f), rtol=1e-12)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_few_seeds_at_a_time(name, mode, monkeypatch):
    monkeypatch.setattr(several, "MOST", 1)
    test_blocks_are_those_of_the_matrix(name, mode)


@pytest.mark.skipif(not find_spec("jax"), reason="JAX is not installed")
@pytest.mark.parametrize("name", ["dict", "named tuple", "loop", "array to structure"])
def test_the_structure_is_that_of_jax(name):
    import jax

    f, x = PROGRAMS[name]
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        scope = {**f.__globals__, "np": jax.numpy}
        theirs = jax.jacfwd(type(f)(f.__code__, scope))(mapped(jax.numpy.asarray, x))
    finally:
        jax.config.update("jax_enable_x64", before)
    ours, form = jax.tree.flatten(jacobian(f)(x))
    wanted, wanted_form = jax.tree.flatten(theirs)
    assert form == wanted_form
    for a, b in zip(ours, wanted):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_one_sweep_takes_all_leaves():
    push = srcdiff.api.products.pushforward(layered, 1, 1)
    x = PROGRAMS["dict"][1]
    jacfwd(layered)(x)
    assert push.made_for(x, x).many


@pytest.mark.parametrize("mode", MODES)
def test_several_arguments(mode):
    def f(x, y, scale):
        return {"a": x * y["u"], "b": np.sum(x) * scale}

    y = {"u": 2.0}
    found = jacobian(f, (0, "y"), mode=mode)(X, y, 3.0)
    assert set(found) == {"a", "b"}
    np.testing.assert_allclose(found["a"][0], 2.0 * np.eye(3))
    np.testing.assert_allclose(found["a"][1]["u"], X)
    np.testing.assert_allclose(found["b"][0], 3.0 * np.ones(3))
    assert found["b"][1] == {"u": 0.0}


def test_precisions():
    x = (X.astype(np.float32), np.float32(2.0), 3.0)
    for make in (jacfwd, jacrev):
        found = make(lambda q: (q[0] * q[1], q[2] * 2.0))(x)
        assert found[0][0].dtype == np.float32 and type(found[0][1]) is np.ndarray
        assert type(found[1][2]) is float


def test_hessian_of_a_structure():
    x = {"a": 2.0, "b": X}
    found = hessian(lambda p: p["a"] ** 2 * np.sum(p["b"] ** 3))(x)
    assert found["a"]["a"] == pytest.approx(2.0 * np.sum(X**3))
    np.testing.assert_allclose(found["a"]["b"], 12.0 * X**2)
    np.testing.assert_allclose(found["b"]["a"], 12.0 * X**2)
    np.testing.assert_allclose(found["b"]["b"], np.diag(24.0 * X))


@pytest.mark.parametrize("sparse", [False, True])
def test_hessian_by_several_arguments(sparse):
    """All blocks, those of mixed second derivatives too."""
    if sparse:
        pytest.importorskip("scipy")

    def f(a, x):
        return np.sum(a**2 * x**3)

    a = X - 0.5
    found = hessian(f, (0, 1), sparse=sparse)(a, X)
    wanted = [
        [np.diag(2.0 * X**3), np.diag(6.0 * a * X**2)],
        [np.diag(6.0 * a * X**2), np.diag(6.0 * a**2 * X)],
    ]
    for row, expected in zip(found, wanted):
        for block, right in zip(row, expected):
            np.testing.assert_allclose(block.toarray() if sparse else block, right, rtol=1e-12)
    named = hessian(f, ("x",))(a, X)
    np.testing.assert_allclose(named[0][0], wanted[1][1])


def test_programs_that_write():
    def f(q, out):
        out[:] = q["x"] * out
        return {"out": out, "sum": np.sum(out)}

    for make in (jacfwd, jacrev, jacobian):
        out = np.array([2.0, 3.0])
        found = make(f)({"x": np.ones(2)}, out)
        np.testing.assert_allclose(found["out"]["x"], np.diag([2.0, 3.0]))
        np.testing.assert_allclose(found["sum"]["x"], [2.0, 3.0])
        np.testing.assert_allclose(out, [2.0, 3.0])


def test_nothing_in_it():
    assert jacobian(lambda q: ())((X,)) == ()
    found = jacobian(lambda q: (q[0] * 2.0, q[1]))((X[:0], X))
    assert found[0][0].shape == (0, 0) and found[0][1].shape == (0, 3)
    np.testing.assert_array_equal(found[1][1], np.eye(3))
    assert jacobian(lambda q: (3.0, q[0]))((X[:0],))[0][0].shape == (0,)


class Thing:
    def __init__(self):
        self.a = 2.0


BAD = {
    "integers": (lambda: jacobian(lambda q: q[0] * X)((1, 2)), "SD502"),
    "text": (lambda: jacobian(lambda q: X)("text"), "SD502"),
    "an object": (lambda: jacobian(lambda q: q.a * X)(Thing()), "SD502"),
    "complex": (lambda: jacobian(lambda q: q[0] * q[1])((1j, X)), "SD517"),
    "complex value": (lambda: jacrev(lambda q: (q[0] * 1j,))((X,)), "SD517"),
    "value with text": (lambda: jacobian(lambda x: (x, "text"))(X), "SD516"),
    "no value": (lambda: jacobian(lambda x: None)(X), "SD516"),
    "sparse": (lambda: jacobian(lambda q: q[0], sparse=True)((X,)), "SD502"),
    "hessian of a field": (lambda: hessian(lambda q: q[0])((X,)), "SD504"),
}


@pytest.mark.parametrize("name", BAD)
def test_misuse(name):
    action, code = BAD[name]
    with pytest.raises(ArgumentsError, match=code):
        action()
