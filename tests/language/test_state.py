"""State outside of a function that changes between calls: a derivative is never stale."""

from __future__ import annotations

import math

import numpy as np
import pytest

from srcdiff import grad, jvp, value_and_grad, vjp

FACTOR = 2.0
TABLE = np.array([1.0, 2.0, 3.0])
SETTINGS = {"power": 2}


def _helper(x):
    return x * x


def uses_a_global(x):
    return FACTOR * x * x


def uses_a_global_array(v):
    return np.sum(TABLE * v * v)


def uses_a_global_dict(x):
    return x ** SETTINGS["power"]


def uses_a_global_function(x):
    return _helper(x) * 3.0


def uses_a_global_through_a_call(x):
    return uses_a_global(x) + x


def test_a_global_number(monkeypatch: pytest.MonkeyPatch) -> None:
    derivative = grad(uses_a_global)
    assert derivative(1.5) == 6.0
    monkeypatch.setitem(globals(), "FACTOR", 10.0)
    assert derivative(1.5) == 30.0


def test_a_global_that_changes_its_type(monkeypatch: pytest.MonkeyPatch) -> None:
    derivative = grad(uses_a_global)
    assert derivative(1.5) == 6.0
    monkeypatch.setitem(globals(), "FACTOR", 3)
    assert derivative(1.5) == 9.0
    monkeypatch.setitem(globals(), "FACTOR", np.float64(0.5))
    assert derivative(1.5) == 1.5


def test_a_global_array_rebound_and_written_into(monkeypatch: pytest.MonkeyPatch) -> None:
    derivative = grad(uses_a_global_array)
    v = np.array([1.0, 1.0, 1.0])
    assert np.array_equal(derivative(v), [2.0, 4.0, 6.0])
    monkeypatch.setitem(globals(), "TABLE", np.array([5.0, 6.0, 7.0]))
    assert np.array_equal(derivative(v), [10.0, 12.0, 14.0])
    TABLE[0] = 0.5
    assert np.array_equal(derivative(v), [1.0, 12.0, 14.0])


def test_a_global_dict_written_into(monkeypatch: pytest.MonkeyPatch) -> None:
    derivative = grad(uses_a_global_dict)
    assert derivative(1.5) == 3.0
    monkeypatch.setitem(SETTINGS, "power", 3)
    assert derivative(1.5) == pytest.approx(3 * 1.5**2, rel=1e-14)


def test_a_global_function_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    derivative = grad(uses_a_global_function)
    assert derivative(1.5) == 9.0
    monkeypatch.setitem(globals(), "_helper", lambda x: x * x * x)
    assert derivative(1.5) == pytest.approx(9 * 1.5**2, rel=1e-14)


def test_a_global_read_by_a_called_function(monkeypatch: pytest.MonkeyPatch) -> None:
    derivative = grad(uses_a_global_through_a_call)
    assert derivative(1.5) == 7.0
    monkeypatch.setitem(globals(), "FACTOR", 10.0)
    assert derivative(1.5) == 31.0


def test_a_closure_cell_changed() -> None:
    scale = 2.0

    def scaled(x):
        return scale * x * x

    derivative = grad(scaled)
    assert derivative(1.5) == 6.0
    scale = 10.0
    assert derivative(1.5) == 30.0
    scale = 3
    assert derivative(1.5) == 9.0


def test_a_closed_over_array_written_into() -> None:
    weights = np.array([1.0, 2.0])

    def weighted(v):
        return np.sum(weights * v * v)

    derivative = grad(weighted)
    assert np.array_equal(derivative(np.ones(2)), [2.0, 4.0])
    weights[1] = 7.0
    assert np.array_equal(derivative(np.ones(2)), [2.0, 14.0])


def test_a_closed_over_function_replaced() -> None:
    def inner(x):
        return x * x

    def outer(x):
        return inner(x) * 2.0

    derivative = grad(outer)
    assert derivative(1.5) == 6.0

    def inner(x):  # noqa: F811
        return math.sin(x)

    assert derivative(1.5) == pytest.approx(2.0 * math.cos(1.5), rel=1e-14)


def test_two_closures_of_one_definition() -> None:
    def power(n):
        return lambda x: x**n

    assert grad(power(2))(1.5) == 3.0
    assert grad(power(3))(1.5) == pytest.approx(3 * 1.5**2, rel=1e-14)
    assert grad(power(2))(1.5) == 3.0


def test_an_object_changed_between_calls() -> None:
    class Gain:
        def __init__(self, value):
            self.value = value

        def apply(self, x):
            return self.value * x * x

    gain = Gain(2.0)
    derivative = grad(gain.apply)
    assert derivative(1.5) == 6.0
    gain.value = 10.0
    assert derivative(1.5) == 30.0


def test_defaults_are_those_of_the_definition() -> None:
    scale = 2.0

    def scaled(x, by=scale):
        return by * x * x

    scale = 100.0
    assert grad(scaled)(1.5) == 6.0
    assert grad(scaled)(1.5, 3.0) == 9.0
    assert grad(scaled)(1.5, by=4.0) == 12.0


def test_one_function_at_many_signatures() -> None:
    def total(x):
        return np.sum(x * x)

    derivative = grad(total)
    assert derivative(1.5) == 3.0
    assert np.array_equal(derivative(np.array([1.0, 2.0])), [2.0, 4.0])
    assert np.array_equal(derivative(np.ones((2, 1))), 2 * np.ones((2, 1)))
    single = derivative(np.ones(3, dtype=np.float32))
    assert single.dtype == np.float32
    assert derivative(1.5) == 3.0
    assert type(derivative(1.5)) is float


def test_modes_agree_after_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "FACTOR", 5.0)
    value, pullback = vjp(uses_a_global, 1.5)
    assert value == uses_a_global(1.5)
    assert pullback(1.0) == (15.0,)
    assert jvp(uses_a_global, (1.5,), (1.0,)) == (value, 15.0)
    assert value_and_grad(uses_a_global)(1.5) == (value, 15.0)


def test_keywords_in_a_call_of_the_gradient() -> None:
    def weighted(x, *, w, flag=False):
        return w * x * x if flag else w * x

    assert grad(weighted)(1.5, w=2.0) == 2.0
    assert grad(weighted)(1.5, w=2.0, flag=True) == 6.0
    assert grad(weighted, wrt="w")(1.5, w=2.0, flag=True) == 2.25
    assert grad(weighted, wrt=("x", "w"))(1.5, flag=True, w=2.0) == (6.0, 2.25)


def remembers(x, n):
    found = {0: x}
    for k in range(1, n):
        found[k] = 0.5 * found[k - 1]
    return found[n - 1] + sum(v for v in [x, x * x])


def test_what_runs_in_place_of_a_builtin_has_the_line_of_the_user() -> None:
    source = grad(remembers).source(1.5, 100)
    assert "# adjoint of line" in source
    assert "__getitem__" not in source and " of total" not in source
