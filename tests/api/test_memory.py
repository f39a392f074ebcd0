"""Arguments are left as they are, and results own their memory."""

import copy

import numpy as np
import pytest

from srcdiff import grad, hvp, jvp, value_and_grad, vjp
from tests.api import programs as p

V = np.array([0.5, -1.0, 2.0])


def arrays(value):
    """The arrays in a nested value."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from arrays(item)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from arrays(item)
    elif isinstance(value, p.Box):
        yield from arrays((value.low, value.high))


PROGRAMS = {
    "product": (p.product, (V, 2.0 * V), (0, 1)),
    "same array twice": (p.product, (V, V), (0, 1)),
    "linear": (lambda x: np.sum(x), (V,), 0),
    "scaled by an argument": (lambda x, y: np.sum(x * y), (V, V + 1.0), 0),
    "dot": (lambda w, x: w @ x, (V, V + 1.0), (0, 1)),
    "transposed": (lambda A, B: np.sum(A.T * B), (np.outer(V, V), np.eye(3)), (0, 1)),
    "reshaped": (lambda x, A: np.sum(x.reshape(3, 1) * A), (V, np.ones((3, 1))), (0, 1)),
    "row of an array": (lambda A: A[0] @ A[1], (np.outer(V, V) + np.eye(3),), 0),
    "select": (lambda x, y: np.sum(x * y if x[0] > 0.0 else y), (V, V + 2.0), (0, 1)),
    "sums": (p.sums, (V, np.outer(V, V)), (0, 1)),
    "tuple": (p.of_pair, ((2.0, V),), 0),
    "list": (p.of_pair, ([2.0, V],), 0),
    "dict": (p.of_dict, ({"a": 2.0, "b": V},), 0),
    "dataclass": (p.of_box, (p.Box(V, 2.0 * V),), 0),
    "box of one array": (lambda a, b: np.sum(a.low * b), (p.Box(V, V), V), (0, 1)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradients_own_their_memory(name):
    function, args, wrt = PROGRAMS[name]
    args = copy.deepcopy(args)
    before = copy.deepcopy(args)
    made = grad(function, wrt)
    found = made(*args)
    first = copy.deepcopy(found)
    for g in arrays(found):
        assert g.flags.writeable
        assert not any(np.shares_memory(g, a) for a in arrays(args))
        g += 1000.0
    for a, b in zip(arrays(args), arrays(before)):
        np.testing.assert_array_equal(a, b)
    for g, again in zip(arrays(first), arrays(made(*args))):
        np.testing.assert_array_equal(again, g)


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradients_do_not_share_with_one_another(name):
    function, args, wrt = PROGRAMS[name]
    made = list(arrays(grad(function, wrt)(*args)))
    for k, one in enumerate(made):
        assert not any(np.shares_memory(one, other) for other in made[:k])


@pytest.mark.parametrize("name", PROGRAMS)
def test_pullbacks_keep_what_they_need(name):
    """Arguments changed between the value and the pullback: its result is that of before."""
    function, args, _ = PROGRAMS[name]
    args = copy.deepcopy(args)
    _, pullback = vjp(function, *args)
    wanted = copy.deepcopy(pullback(1.0))
    for a in arrays(args):
        a[...] = 77.0
    for g, w in zip(arrays(pullback(1.0)), arrays(wanted)):
        np.testing.assert_array_equal(g, w)


def test_pullbacks_keep_structures():
    q = {"a": 2.0, "b": V.copy()}
    _, pullback = vjp(p.of_dict, q)
    q["a"], q["b"] = 100.0, np.ones(3)
    assert pullback(1.0)[0]["a"] == 1.5
    np.testing.assert_array_equal(pullback(1.0)[0]["b"], np.full(3, 2.0))


def test_values_of_vjp_own_their_memory():
    x = V.copy()
    value, pullback = vjp(lambda x: np.exp(x), x)
    value += 1000.0
    np.testing.assert_allclose(pullback(np.ones(3))[0], np.exp(V))


def test_seeds_are_left_alone():
    seed = np.ones(3)
    _, pullback = vjp(lambda x: x * 1.0, V)
    (found,) = pullback(seed)
    found += 1.0
    np.testing.assert_array_equal(seed, np.ones(3))
    _, pullback = vjp(lambda x: x + V, V)
    (found,) = pullback(seed)
    found += 1.0
    np.testing.assert_array_equal(seed, np.ones(3))


def test_cotangents_of_a_shared_seed():
    """Both operands of a sum get the seed, each an array of its own."""
    seed = np.ones(3)
    _, pullback = vjp(lambda x, y: x + y, V, V)
    bx, by = pullback(seed)
    bx += 1.0
    np.testing.assert_array_equal(by, np.ones(3))
    np.testing.assert_array_equal(seed, np.ones(3))


def test_tangents_are_left_alone():
    x, d = V.copy(), np.ones(3)
    _, tangent = jvp(lambda x: x + 1.0, (x,), (d,))
    tangent += 5.0
    np.testing.assert_array_equal(d, np.ones(3))
    found = hvp(p.quartic, x, d)
    found += 5.0
    np.testing.assert_array_equal(d, np.ones(3))
    np.testing.assert_array_equal(x, V)


def test_read_only_and_strided_arguments():
    x = np.broadcast_to(np.float64(1.5), (4,))
    np.testing.assert_allclose(grad(p.scaled)(x), 2.0 * np.cos(x))
    x = np.arange(12.0)[::-2]
    value, found = value_and_grad(p.scaled)(x)
    assert value == p.scaled(x)
    np.testing.assert_allclose(found, 2.0 * np.cos(x))
    A = np.asfortranarray(np.outer(V, V))
    np.testing.assert_allclose(grad(p.scaled)(A), 2.0 * np.cos(A))


FACTORS = np.array([1.0, 2.0, 3.0])


def test_pullbacks_keep_globals_and_indices():
    """What the program read besides its arguments may change before the pullback, too."""
    factors = FACTORS.copy()
    _, pullback = vjp(lambda x: x * factors, V)
    factors[...] = 100.0
    np.testing.assert_array_equal(pullback(np.ones(3))[0], FACTORS)

    where = np.array([0, 1, 1])
    _, pullback = vjp(lambda x, i: x[i] * x[i], V, where)
    where[...] = 2
    np.testing.assert_array_equal(pullback(np.ones(3))[0], [1.0, -4.0, 0.0])

    mask = np.array([True, False, True])
    _, pullback = vjp(lambda x, m: x[m] * 2.0, V, mask)
    mask[...] = False
    np.testing.assert_array_equal(pullback(np.ones(2))[0], [2.0, 0.0, 2.0])


def test_pullbacks_keep_lists():
    def multiplied(xs):
        total = 1.0
        for x in xs:
            total = total * x
        return total

    xs = [1.0, 2.0, 3.0]
    _, pullback = vjp(multiplied, xs)
    xs[0] = 100.0
    assert pullback(1.0) == ([6.0, 3.0, 2.0],)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x,
        lambda x: (x, x),
        lambda x: {"a": x, "b": x.T},
        lambda x: x.reshape(3, 1),
        lambda x: x[::-1],
        lambda x: [x, x[0:2]],
    ],
)
def test_values_that_are_arguments(function):
    """Values, cotangents and tangents are arrays of their own even where nothing is computed."""
    x = V.copy()
    seed = function(np.ones(3))
    value, pullback = vjp(function, x)
    for v in arrays(value):
        v += 1000.0
    (found,) = pullback(seed)
    found += 1000.0
    tangent = np.ones(3)
    for v in arrays(jvp(function, (x,), (tangent,))):
        v += 1000.0
    np.testing.assert_array_equal(x, V)
    np.testing.assert_array_equal(tangent, np.ones(3))
    for s in arrays(seed):
        assert s.max() == 1.0
