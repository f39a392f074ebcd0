"""Arrays of rank 0 that come from outside: arguments, seeds, tangents, globals."""

from __future__ import annotations

import numpy as np
import pytest

import srcdiff
from srcdiff import OverlapError, Refused, grad, jvp, vjp

level = np.array(2.0)


def grown(a, n):
    y = a
    for _ in range(n):
        y = y + y * y
    return y


def written(a, x):
    a *= x
    b = a
    b += 1.0
    return a * x


def test_an_argument_that_is_not_written_stays() -> None:
    a = np.array(0.3)
    assert np.isclose(grad(grown)(a, 3), 5.9358016)
    assert a == 0.3


def test_an_argument_that_is_written_is_left_as_the_original_leaves_it() -> None:
    for way in (
        lambda a: grad(written)(a, 3.0),
        lambda a: grad(grad(written, wrt="x"), wrt="x")(a, 3.0),
        lambda a: vjp(written, a, 3.0),
        lambda a: jvp(written, (a, 3.0), (np.array(1.0), 0.0)),
    ):
        a = np.array(2.0)
        way(a)
        assert a == 7.0


def test_what_is_written_is_differentiated() -> None:
    value, pullback = vjp(written, np.array(2.0), 3.0, outputs="a")
    assert value == 7.0
    assert pullback(1.0) == (3.0, 2.0)
    _, tangent = jvp(written, (np.array(2.0), 3.0), (np.array(1.0), 0.5), outputs="a")
    assert tangent == 4.0


def test_the_pullback_does_not_see_what_is_written_later() -> None:
    a = np.array(2.0)
    _, pullback = vjp(written, a, 3.0)
    a[...] = 100.0
    assert pullback(1.0) == (9.0, 13.0)


def test_seeds_and_tangents_stay_as_they_are() -> None:
    def several(a, n):
        y = a
        for _ in range(n):
            y = y + y * a
        return (y, y * a)

    seed = (np.array(0.5), np.array(0.25))
    _, pullback = vjp(several, np.array(0.3), 3)
    first = pullback(seed)
    assert pullback(seed) == first
    assert seed == (0.5, 0.25)
    tangent = np.array(1.0)
    jvp(several, (np.array(0.3), 3), (tangent, 0))
    assert tangent == 1.0
    gradient = srcdiff.grad(lambda a, n: several(a, n)[1], wrt=(0,))
    _, pullback = vjp(gradient, np.array(0.3), 3)
    assert pullback((seed[0],)) == pullback((0.5,))
    assert seed == (0.5, 0.25)


def test_an_argument_that_is_a_view_of_another_is_noticed() -> None:
    def overlapping(x, a):
        x[0] = 5.0 * x[1]
        return a * a + np.sum(x)

    x = np.array([1.0, 2.0, 3.0])
    with pytest.raises(OverlapError):
        grad(overlapping)(x, x[0, ...])
    assert np.array_equal(x, [1.0, 2.0, 3.0])
    assert np.array_equal(grad(overlapping)(x, x[0, ...].copy()), [0.0, 6.0, 1.0])


def test_a_global_of_rank_0() -> None:
    def raised(x):
        level[...] = level * x
        return level**2

    level[...] = 2.0
    assert grad(raised)(3.0) == 24.0
    assert level == 6.0


def test_of_which_only_the_run_knows_which_one_it_is() -> None:
    def changing_places(x):
        a, b = np.array(0.5), np.array(1.5)
        for v in x:
            a, b = b, a
            a += v * b
        return a * b

    def entry(x):
        kept = []
        for v in x:
            a = np.array(1.0)
            a += v
            kept.append(a)
        e = kept[1]
        e += x[0]
        return kept[1]

    for program in (changing_places, entry):
        with pytest.raises(Refused, match="SD350"):
            grad(program)(np.array([1.0, 2.0]))


def test_a_list_of_them_is_not_read_after_a_write() -> None:
    def summed(x):
        kept, a = [], np.array(1.0)
        for v in x:
            kept.append(a)
            a += v
        return sum(kept)

    with pytest.raises(Refused, match="SD361"):
        grad(summed)(np.array([1.0, 2.0]))
