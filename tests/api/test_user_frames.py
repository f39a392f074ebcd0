"""An error that the program itself raises ends at the user's line, whichever way it is reached."""

from __future__ import annotations

import sys
import traceback

import numpy as np
import pytest

from srcdiff import grad, jacobian, jvp, value_and_grad, vjp
from srcdiff.user_frames import point_at_origin


def table(x, n):
    y = np.zeros(3)
    for i in range(n):
        y[i] = x[0] * i  # too far
    return y.sum()


def stretched(x):
    y = np.zeros((3, 2))
    y[:] = x  # no fit
    return y


def solved(A):
    return np.linalg.solve(A, np.ones(2)).sum()  # singular


def helper(y, x, i):
    y[i] = x[i]  # in the helper


def calls(x, i):
    y = np.zeros(2)
    helper(y, x, i)
    return y.sum()


def steep(x):
    y = x * 1.0
    z = 1.0 / (y - 1.0)  # by zero
    return z


X = np.ones(3)


def last(call, *args):
    """The last entry of the traceback that stands in this file, and how many stand there."""
    with pytest.raises(Exception) as caught:
        call(*args)
    entries = traceback.extract_tb(caught.value.__traceback__)
    here = [e for e in entries if e.filename == __file__]
    return here[-1], len(here), entries


@pytest.mark.parametrize(
    ("call", "name", "comment"),
    [
        (lambda: grad(table)(X, 5), "table", "too far"),
        (lambda: value_and_grad(table)(X, 5), "table", "too far"),
        (lambda: jvp(lambda x: table(x, 4), (X,), (X,)), "table", "too far"),
        (lambda: vjp(stretched, X), "stretched", "no fit"),
        (lambda: jacobian(stretched)(X), "stretched", "no fit"),
        (lambda: grad(solved)(np.ones((2, 2))), "solved", "singular"),
        (lambda: grad(calls)(X[:2], 2), "helper", "in the helper"),
        (lambda: grad(steep)(1.0), "steep", "by zero"),
    ],
)
def test_the_users_line_is_in_the_traceback(call, name, comment):
    entry, _, _ = last(call)
    assert entry.name == name
    assert entry.line is not None and entry.line.endswith(f"# {comment}")


def test_once_per_error_and_each_time():
    derivative = grad(table)
    derivative(X, 3)
    for _ in range(2):
        entry, count, entries = last(derivative, X, 5)
        assert entry.name == "table"
        assert [e.name for e in entries[-2:]] == ["table_grad", "table"]
        assert sum(e.name == "table" for e in entries) == 1
    assert count >= 2


def test_an_error_in_a_library_keeps_its_frames_below():
    """NumPy's own frames follow the user's line, as they would in the original."""
    _, _, entries = last(grad(solved), np.ones((2, 2)))
    names = [e.name for e in entries]
    assert names.index("solved_grad") + 1 == names.index("solved") < len(names) - 1


def test_an_error_of_the_pullback_names_the_line_it_is_the_adjoint_of():
    """A seed that the pullback cannot take apart fails in the adjoint of a line."""

    def root(x):
        return x**0.5  # no slope at zero

    value, pullback = vjp(root, 0.0)
    assert value == 0.0
    entry, _, _ = last(pullback, 1.0)
    assert entry.name == "root (adjoint)"
    assert entry.line is not None and entry.line.endswith("# no slope at zero")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="3.10 keeps no columns")
def test_columns_are_those_of_the_statement():
    entry, _, _ = last(grad(table), X, 5)
    assert entry.line is not None
    assert entry.colno is not None and entry.end_colno is not None
    with open(__file__) as file:
        line = file.readlines()[entry.lineno - 1]
    assert line[entry.colno : entry.end_colno] in ("y[i]", "y[i] = x[0] * i")


def test_variables_are_seen_in_the_frame():
    """A debugger that looks at the user's line finds the names that the program has there."""
    with pytest.raises(IndexError) as caught:
        grad(table)(X, 5)
    entry = caught.value.__traceback__
    while entry.tb_next is not None:
        entry = entry.tb_next
    assert entry.tb_frame.f_locals["i"] == 3


def test_errors_of_other_code_are_left_alone():
    try:
        [][0]
    except IndexError as error:
        before = traceback.format_exc()
        point_at_origin(error)
        assert traceback.format_exc() == before
