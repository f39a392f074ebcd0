"""Stores of one part of an array into another: what NumPy reads too late is noticed, and only that."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from srcdiff import OverlapError, check_grad, grad, hessian, jvp, vjp
from srcdiff.ops.runtime import require_in_order

X = np.array([0.7, -1.2, 0.4, 0.9, 0.3, -0.5])
A = np.array([[0.4, -0.3, 0.7], [0.2, 0.5, -0.6], [-0.1, 0.8, 0.3]])
ENDS = (None, 0, 1, 2, 4, -1)
CUTS = [slice(a, b, c) for a, b, c in product(ENDS, ENDS, (1, 2, 3, -1, -2))]
LINES = [(k, slice(None, None, s)) for k in range(3) for s in (1, -1)]
LINES += [(cut, k) for k, cut in LINES]


def lost(memory, target, source):
    """Whether NumPy's store differs from one of a copy."""
    given, wanted = memory.copy("K"), memory.copy("K")
    wanted[target] = wanted[source].copy()
    given[target] = given[source]
    return not np.array_equal(given, wanted)


def noticed(memory, target, source):
    try:
        require_in_order(memory[target], memory[source])
    except ValueError:
        return True
    return False


@pytest.mark.parametrize("dtype", ["f8", "f4", "c16"])
def test_the_run_time_test_knows_what_numpy_does_along_one_axis(dtype):
    x = np.arange(6).astype(dtype)
    pairs = [(t, s) for t, s in product(CUTS, CUTS) if len(x[t]) == len(x[s])]
    found = [lost(x, t, s) for t, s in pairs]
    assert found == [noticed(x, t, s) for t, s in pairs]
    assert any(found)


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_run_time_test_knows_what_numpy_does_with_rows_and_columns(order):
    square = np.arange(9.0).reshape(3, 3).copy(order)
    found = [lost(square, t, s) for t, s in product(LINES, LINES)]
    assert found == [noticed(square, t, s) for t, s in product(LINES, LINES)]
    assert any(found)


def rows_from_a_column(A):
    for row in A:
        row[:] = A[..., 2]
    return np.sum(A * A)


def spread_out(x):
    x[::2] = x[:3]
    return np.sum(x * x)


def by_copyto(A):
    np.copyto(A[1], A[:, 2])
    return np.sum(A * A)


def through_a_view(x):
    y = x[:]
    y[::2] = x[:3]
    return np.sum(x * x)


@pytest.mark.parametrize(
    ("function", "x"),
    [(rows_from_a_column, A), (spread_out, X), (by_copyto, A), (through_a_view, X)],
)
def test_a_value_that_numpy_overwrites_is_noticed_when_it_happens(function, x):
    for call in (
        lambda: grad(function)(x.copy()),
        lambda: vjp(function, x.copy()),
        lambda: jvp(function, (x.copy(),), (x,)),
    ):
        with pytest.raises(OverlapError, match="before it has read it"):
            call()


def pulled_together(x):
    x[:3] = x[::2]
    return np.sum(x**3)


def symmetric(A):
    n = len(A)
    for j in range(n):
        A[j, j + 1 :] = A[j + 1 :, j]
    return np.sum(A**3)


def crossing(A):
    A[0] = A[:, 1]
    A[:, 0] = A[1]
    return np.sum(A**3)


@pytest.mark.parametrize(("function", "x"), [(pulled_together, X), (symmetric, A), (crossing, A)])
def test_other_steps_are_right(function, x):
    check_grad(function, x.copy())
    assert "require_in_order(" in grad(function).source(x)
    assert hessian(function)(x.copy()).shape == 2 * x.shape
    changed, expected = x.copy(), x.copy()
    grad(function)(changed)
    function(expected)
    assert np.array_equal(changed, expected)


def one_step(x):
    x[1:] = x[:-1]
    x[:] = x[::-1]
    x[::2] = x[1::2]
    x[:2] += x[::3]
    return np.sum(x**3)


def rows(A):
    A[1] = A[0]
    A[:, 0] = A[:, 1]
    A[2] *= A[:, 1]
    A[0, :2] = A[1, 1:]
    return np.sum(A**3)


@pytest.mark.parametrize(("function", "x"), [(one_step, X), (rows, A)])
def test_what_has_one_step_needs_no_test(function, x):
    check_grad(function, x.copy())
    assert "require_in_order" not in grad(function).source(x)


def by_another_axis(A):
    A[1] = A.T[2]
    return np.sum(A)


def with_an_axis_more(A):
    A[1] = A[:, 2][None]
    return np.sum(A)


def into_another_shape(x):
    y = x.reshape(2, 3)
    y[:, 0] = x[:2]
    return np.sum(x * x)


@pytest.mark.parametrize(
    ("function", "x", "right"),
    [(by_another_axis, A, False), (with_an_axis_more, A, False), (into_another_shape, X, True)],
)
def test_parts_that_are_no_index_of_one_array_are_tested_as_they_are(function, x, right):
    assert "require_in_order(" in grad(function).source(x)
    if right:
        check_grad(function, x.copy())
    else:
        with pytest.raises(OverlapError):
            grad(function)(x.copy())


def one_of_two(A, B, flag):
    C = A if flag > 0.0 else B
    C[1] = C[:, 2]
    return np.sum(C * C)


def rows_of_one_of_two(A, B, flag):
    C = A if flag > 0.0 else B
    for row in C:
        row[:] = C[:, 2]
    return np.sum(C * C)


def on_the_side_that_chose(A, B, flag):
    C = A if flag > 0.0 else B
    v = C[:, 2]
    if flag > 0.0:
        A[1] = v
    return np.sum(C * C) + np.sum(A)


@pytest.mark.parametrize("function", [one_of_two, rows_of_one_of_two, on_the_side_that_chose])
def test_one_of_two_arrays_is_tested_as_the_one_that_it_is(function):
    with pytest.raises(OverlapError):
        grad(function)(A.copy(), 2.0 * A, 1.0)
    with pytest.raises(OverlapError):
        vjp(function, A.copy(), 2.0 * A, 1.0)


def from_the_other(A, B, flag):
    C, D = (A, B) if flag > 0.0 else (B, A)
    C[1] = D[:, 2]
    return np.sum(C * C) + 2.0 * np.sum(D**3)


@pytest.mark.parametrize("flag", [1.0, -1.0])
def test_the_other_of_two_arrays_is_not_written(flag):
    check_grad(from_the_other, A.copy(), 2.0 * A, flag)
