"""What a careful hand would not write, and where it must stay all the same."""

from __future__ import annotations

import math

import numpy as np
import pytest

from srcdiff import grad, value_and_grad

RNG = np.random.default_rng(0)


def right(gradient, *args):
    """The source for some arguments, once the gradient was verified there."""
    gradient.check(*args)
    return gradient.source(*args)


def code(text):
    """The source without its comments."""
    return "\n".join(line for line in text.splitlines() if "#" not in line)


# --- shapes ---------------------------------------------------------------------------------------


def mean_of_squares(x):
    return np.mean(np.exp(x) ** 2)


def mean_of_differences(a, b):
    return np.mean(a - b)


def descends(x, steps):
    for _ in range(steps):
        x = x - 0.1 * np.mean(np.exp(x) - x)
    return np.sum(x)


def test_nothing_is_computed_for_its_shape():
    text = right(grad(mean_of_squares), np.array([0.1, 0.2, 0.3]))
    assert code(text).count("np.exp(") == 1
    assert ".shape[0]" in text
    assert "** 2" not in code(text)


def test_lengths_that_may_disagree_are_still_compared():
    a, b = np.ones(3), np.ones(4)
    assert np.allclose(grad(mean_of_differences)(a, a), 1 / 3)
    with pytest.raises(ValueError, match="broadcast"):
        grad(mean_of_differences)(a, b)


def test_nothing_is_recorded_for_its_shape():
    text = right(grad(descends), np.array([0.1, 0.2]), 3)
    assert text.count(".append(") == 1


# --- what was recorded ----------------------------------------------------------------------------


def swings(x, steps):
    for _ in range(steps):
        x = math.sin(x) * math.cos(x)
    return x


def halves(x):
    total = 0.0
    while x > 0.1:
        x = math.sin(0.5 * x)
        total += x
    return total


def stops(xs, limit):
    x = 1.0
    for a in xs:
        x = a * x * x
        if x > limit:
            break
    return x


def test_what_was_recorded_is_not_computed_again():
    text = right(grad(swings), 0.3, 4)
    assert code(text).count("math.sin(") == code(text).count("math.cos(") == 1
    assert "for sin, cos in zip(reversed(sin_rec), reversed(cos_rec)):" in text or (
        "for cos, sin in zip(reversed(cos_rec), reversed(sin_rec)):" in text
    )


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_a_loop_over_records_runs_as_often_as_the_loop_that_made_them(steps):
    assert grad(swings).check(0.3, steps) is not None


@pytest.mark.parametrize("x", [0.05, 0.7])
def test_records_of_loops_with_a_test(x):
    right(grad(halves), x)


@pytest.mark.parametrize("limit", [0.0, 2.0, 1e9])
def test_records_of_loops_that_break(limit):
    right(grad(stops, wrt=0), np.array([1.1, 1.2, 1.3, 1.1]), limit)


# --- sums of outer products -----------------------------------------------------------------------


def recurrent(W, x):
    h = np.zeros(W.shape[0])
    for t in range(len(x)):
        h = np.tanh(W @ h + x[t])
    return np.sum(h**2)


def counted(W, h, steps):
    for _ in range(steps):
        h = np.tanh(W @ h)
    return np.sum(h**2)


def twice(W, h, steps):
    for _ in range(steps):
        h = np.tanh(W @ np.sin(W @ h))
    return np.sum(h)


def from_the_left(W, b, h, steps):
    for _ in range(steps):
        h = np.tanh(h @ W + b)
    return np.sum(h**2)


def only_some(W, h, steps):
    for k in range(steps):
        if k % 2 == 0:
            h = np.tanh(W @ h)
    return np.sum(h**2)


def inside(W, X, A):
    total = 0.0
    for i in range(len(X)):
        h = X[i]
        for a in A:
            h = np.tanh(W @ h + a)
        total += np.sum(h)
    return total


W = RNG.normal(size=(3, 3)) / 2
H = RNG.normal(size=3)


def test_outer_products_are_summed_after_the_loop():
    text = right(grad(recurrent), W, RNG.normal(size=(5, 3)))
    assert "np.outer" not in text
    assert ".T @ " in text


@pytest.mark.parametrize("steps", [-2, 0, 1, 4])
@pytest.mark.parametrize("program", [counted, twice, only_some])
def test_sums_of_outer_products(program, steps):
    text = right(grad(program, wrt=(0, 1)), W, H, steps)
    assert ("np.outer" in text) == (program is only_some)


@pytest.mark.parametrize("steps", [0, 3])
def test_vectors_that_are_gathered_are_summed_after_the_loop(steps):
    text = right(grad(from_the_left, wrt=(0, 1, 2)), W, H, 2 * H, steps)
    assert "np.outer" not in text
    assert "np.sum(b_rec, axis=0)" in text


def test_sums_that_go_on_over_an_outer_loop():
    text = right(grad(inside), W, RNG.normal(size=(4, 3)), RNG.normal(size=(2, 3)))
    assert "np.outer" not in text
    assert "b_W += " in text


def test_sums_of_outer_products_of_single_precision():
    single = W.astype(np.float32)
    found = grad(counted, wrt=(0, 1))(single, H.astype(np.float32), 5)
    assert all(g.dtype == np.float32 for g in found)
    for g, expected in zip(found, grad(counted, wrt=(0, 1))(W, H, 5)):
        assert np.allclose(g, expected, rtol=1e-4)


@pytest.mark.parametrize("columns", [0, 2])
def test_an_empty_series(columns):
    found = grad(recurrent)(np.zeros((columns, columns)), np.zeros((0, columns)))
    assert found.shape == (columns, columns)
    assert not found.any()


# --- signs, constants, names ----------------------------------------------------------------------


def falls(x):
    return 0.5 * (x @ x) - np.sum(x * np.cos(x))


def cubes(x):
    y = 0.5 * x
    return x * x * x + y * y * y + 0.25 * y * (x * 0.5) * y


def layers(params, x):
    W, b = params
    return np.sum(W @ x + b)


def both(x):
    y = 3.0 * x * x
    return y, {"again": y}


def test_signs_and_constants_are_worked_out():
    text = code(right(grad(falls), np.array([0.1, 0.2])))
    assert "-x" not in text
    assert "+ -" not in text
    assert "0.5" not in text


def test_constants_go_into_one_factor():
    right(grad(cubes), 1.3)


def test_items_of_an_argument_have_the_users_names():
    text = right(grad(layers), (W, H), np.array([1.0, 2.0, 3.0]))
    assert "params_" not in text


def test_a_result_that_stands_in_two_places_is_computed_once():
    def total(x):
        y, more = both(x)
        return np.sin(y), more

    (first, aux), _ = value_and_grad(total, has_aux=True)(0.4)
    assert first == pytest.approx(math.sin(0.48))
    assert aux["again"] == pytest.approx(0.48)
