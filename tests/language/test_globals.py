"""What a derivative finds in the variables of a module that the function assigns, and what it leaves."""

from __future__ import annotations

import numpy as np
import pytest

import srcdiff
from srcdiff import Refused, grad, jvp, value_and_grad, vjp

total = 1.0
last = None
first = second = None


@pytest.fixture(autouse=True)
def as_at_first():
    global total, last, first, second
    total, last, first, second = 1.0, None, None, None
    globals().pop("unknown", None)
    yield
    globals().pop("unknown", None)


def grow(x, n):
    global total
    for _ in range(n):
        total += x * total
    return total**2


WAYS = {
    "grad": lambda x, n: grad(grow)(x, n),
    "value_and_grad": lambda x, n: value_and_grad(grow)(x, n),
    "vjp": lambda x, n: vjp(grow, x, n),
    "jvp": lambda x, n: jvp(grow, (x, n), (1.0, 0)),
    "second": lambda x, n: grad(grad(grow))(x, n),
}


@pytest.mark.parametrize("way", WAYS)
def test_each_call_begins_with_what_the_last_one_left(way: str) -> None:
    for expected in (1.5**2, 1.5**4):
        WAYS[way](0.5, 2)
        assert total == expected
    WAYS[way](0.5, 0)
    assert total == 1.5**4


def test_the_value_at_the_beginning_is_a_constant_of_the_call() -> None:
    global total
    assert grad(grow)(0.5, 1) == 2 * 1.5
    total = 3.0
    assert grad(grow)(0.5, 1) == 2 * 4.5 * 3.0
    total = 2
    assert grad(grow)(0.5, 1) == 2 * 3.0 * 2
    assert total == 3.0


def only_assigned(x, n):
    global last
    for k in range(n):
        last = x * k
    return x * x


def test_what_is_only_assigned_is_not_asked_for() -> None:
    def stored(x):
        global last
        last = 3.0 * x
        return x * x

    source = grad(stored).source(2.0)
    assert "def stored_grad(x, *, namespace):" in source
    assert grad(stored)(2.0) == 4.0 and last == 6.0
    assert grad(stored)(3.0) == 6.0 and last == 9.0


def test_a_loop_without_rounds_assigns_nothing() -> None:
    global last
    for held in (7.0, None, 2):
        last = held
        assert grad(only_assigned)(2.0, 0) == 4.0
        assert last is held
        assert grad(only_assigned)(2.0, 3) == 4.0
        assert last == 4.0


def test_a_variable_that_is_not_there_yet() -> None:
    def made(x):
        global unknown
        unknown = 3.0 * x
        return reads_unknown() * x

    assert grad(made)(2.0) == 12.0
    assert unknown == 6.0
    assert grad(made)(2.0) == 12.0


def reads_unknown():
    return unknown


def test_a_variable_that_may_stay_unbound_is_refused() -> None:
    def made(x):
        global unknown
        if x > 0:
            unknown = x
        return x * x

    with pytest.raises(Refused, match="SD366: the global unknown may be bound or not"):
        grad(made)(2.0)
    assert "unknown" not in globals()


def test_an_argument_is_the_object_itself() -> None:
    def kept(x):
        global last
        last = x
        x[0] = x[1] ** 2
        return np.sum(x * last)

    x = np.array([1.0, 2.0])
    grad(kept)(x)
    assert last is x
    assert np.array_equal(x, [4.0, 2.0])


def test_an_array_under_two_names_is_one() -> None:
    def kept(x):
        global first, second
        first = second = 2.0 * x
        first[0] = x[1]
        return np.sum(second**2)

    grad(kept)(np.array([1.0, 2.0]))
    assert first is second
    assert np.array_equal(first, [2.0, 4.0])


def left_in_two(x, box):
    box["a"] = 2.0 * x
    box["b"] = box["a"]
    return np.sum(x)


def test_what_a_function_left_in_two_places_is_one_for_the_program_that_asked_for_its_derivative() -> (
    None
):
    def outer(x):
        box = {"a": x, "b": x}
        grad(left_in_two)(x, box)
        box["a"][0] = 5.0
        return np.sum(box["b"] * x)

    assert np.array_equal(grad(outer)(np.array([1.0, 2.0])), [5.0, 8.0])


def test_what_shares_memory_with_what_was_left_is_not_read_after_a_write() -> None:
    def left(x, box):
        y = 2.0 * x
        box["a"], box["b"] = y, y[1:]
        return np.sum(x)

    def outer(x):
        box = {"a": x, "b": x}
        grad(left)(x, box)
        box["a"][1] = 5.0
        return np.sum(box["b"])

    with pytest.raises(Refused, match="SD361"):
        grad(outer)(np.array([1.0, 2.0]))


@pytest.mark.parametrize("size", (3, 40))
@pytest.mark.parametrize("way", (srcdiff.jacfwd, srcdiff.jacrev, srcdiff.jacobian))
def test_a_matrix_is_right_and_leaves_what_one_call_does_or_is_refused(way, size: int) -> None:
    global total

    def several(x):
        global total
        total = total * x[0]
        return total * x

    x = np.arange(2.0, 2.0 + size)
    expected = 3.0 * (x[0] * np.eye(size) + np.outer(x, np.eye(size)[0]))
    for _ in range(2):
        total = 3.0
        try:
            assert np.allclose(way(several)(x), expected)
        except srcdiff.ArgumentsError as error:
            assert "SD523: the function changes total" in str(error)
        assert total == 6.0


def test_a_check_leaves_what_was_there() -> None:
    assert srcdiff.check_grad(grow, 0.5, 2).ok
    assert grad(grow).check(0.5, 2).ok
    assert total == 1.0


def test_recursion_that_assigns_is_refused() -> None:
    def counted(x, n):
        global total
        total += 1.0
        return x if n == 0 else counted(x * x, n - 1)

    with pytest.raises(Refused, match="SD367"):
        grad(counted)(1.1, 3)
    assert total == 1.0
