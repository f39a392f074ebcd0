"""The yardstick itself is tested: each hand-written gradient against central differences."""

import numpy as np
import pytest

import srcdiff
from tests.handwritten import programs
from tests.handwritten.ratio import counts

SAMPLES = {program.name: program for program in programs.samples()}
OTHER_BRANCHES = {
    "log_max": [(1.2, 0.4)],
    "drag_coefficient": [(-1.0, 0.05, 1e-3), (0.01, 0.05, 1e-3), (50.0, 0.05, 1e-3)],
    "kepler": [(0.0, 0.3), (3.0, 0.95)],
    "logistic_map": [(2.9, 0.3, 0), (2.9, 0.3, 1), (3.5, 0.6, 12)],
}
CASES = [
    pytest.param(program, args, id=f"{name}-{index}")
    for name, program in SAMPLES.items()
    for index, args in enumerate([program.args, *OTHER_BRANCHES.get(name, [])])
]


def leaves(value):
    """The entries of nested tuples of arrays and floats, in one vector."""
    if isinstance(value, tuple):
        return np.concatenate([leaves(item) for item in value])
    return np.ravel(np.asarray(value, dtype=float))


def rebuilt(like, entries):
    """The inverse of `leaves`: the iterator's entries in the structure of `like`."""
    if isinstance(like, tuple):
        return tuple(rebuilt(item, entries) for item in like)
    if isinstance(like, np.ndarray):
        return np.array([next(entries) for _ in range(like.size)]).reshape(like.shape)
    return float(next(entries))


def central_difference(program, args, step=1e-5):
    """Differentiate entry by entry with a fourth-order formula."""
    positions = program.wrt if isinstance(program.wrt, tuple) else (program.wrt,)
    point = tuple(args[p] for p in positions)

    def value(x):
        changed = dict(zip(positions, rebuilt(point, iter(x))))
        return program.primal(*(changed.get(i, arg) for i, arg in enumerate(args)))

    x = leaves(point)
    gradient = np.empty_like(x)
    for i, h in enumerate(np.maximum(np.abs(x), 1e-2) * step * 10.0):
        e = np.zeros_like(x)
        e[i] = h
        near, far = value(x + e) - value(x - e), value(x + 2 * e) - value(x - 2 * e)
        gradient[i] = (8.0 * near - far) / (12.0 * h)
    return gradient


@pytest.mark.parametrize(("program", "args"), CASES)
def test_written_by_hand(program, args):
    expected = central_difference(program, args)
    np.testing.assert_allclose(leaves(program.gradient(*args)), expected, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(("program", "args"), CASES)
def test_generated(program, args):
    generated = srcdiff.grad(program.primal, wrt=program.wrt)(*args)
    expected = leaves(program.gradient(*args))
    np.testing.assert_allclose(leaves(generated), expected, rtol=1e-10, atol=1e-12)


def test_counts_leave_out_comments_docstrings_and_imports():
    source = '''
import numpy as np

def f(x):
    """Two lines
    of words."""
    # a comment
    return (x +
            1)  # another
'''
    assert counts(source) == (3, 12)
