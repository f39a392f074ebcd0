"""Several seeds at once against the same seeds one by one: rows, programs, and what has no such form."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np
import pytest

import srcdiff
from srcdiff.api import several
from srcdiff.api.products import pushforward
from srcdiff.ops.table import Row
from tests.exact import problems
from tests.exact.test_rows import cases, program_of

SEEDS = 3


@pytest.fixture(autouse=True)
def quiet() -> Any:
    """NumPy's warnings about values (a log of zero in a branch not taken) are the program's own."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        yield


def random_seeds(like: Any, count: int, number: int = 1) -> Any:
    """Seeds in a leading axis, and as the function that the sweeps take."""
    dtype = np.asarray(like).dtype
    made = np.random.default_rng(number).normal(size=(count, *np.shape(like))).astype(dtype)
    return made, lambda start, stop: made[start:stop]


def alike(value: Any, seed: Any) -> Any:
    return seed if isinstance(value, np.ndarray) else type(value)(seed)


def check_forward(f: Any, args: tuple[Any, ...], tolerance: float) -> Any:
    seeds, given = random_seeds(args[0], SEEDS)
    push = pushforward(f, len(args), 1)
    found = np.concatenate([d for _, _, d in several.forward(f, args, given, SEEDS)])
    wanted = [push(*args, alike(args[0], s))[1] for s in seeds]
    np.testing.assert_allclose(found, np.stack(wanted), rtol=tolerance, atol=tolerance)
    assert found.dtype == np.asarray(wanted[0]).dtype
    return push.variant((*args, args[0]), {})[0].many


def check_reverse(f: Any, args: tuple[Any, ...], tolerance: float) -> Any:
    reverse = several.Reverse(f, args)
    seeds, given = random_seeds(reverse.value, SEEDS)
    _, pullback = srcdiff.vjp(f, *args)
    found = np.concatenate([c for _, c in reverse.sweeps(given, SEEDS)])
    wanted = [pullback(alike(reverse.value, s))[0] for s in seeds]
    np.testing.assert_allclose(found, np.stack(wanted), rtol=tolerance, atol=tolerance)
    return reverse.variant.many


@pytest.mark.parametrize("row, sample", cases())
def test_rows(row: Row, sample: tuple[Any, ...]) -> None:
    program = program_of(row, sample)
    if isinstance(program.function(*program.args), (tuple, list)):
        pytest.skip("several results")
    tolerance = 1e-4 if np.asarray(program.args[0]).dtype == np.float32 else 1e-11
    forward = check_forward(program.function, program.args, tolerance)
    reverse = check_reverse(program.function, program.args, tolerance)
    if isinstance(program.args[0], np.ndarray):
        assert forward, "no form for several tangents"
    if isinstance(program.function(*program.args), np.ndarray) and not isinstance(reverse, bool):
        assert reverse, "no form for several cotangents"


X = np.random.default_rng(0).normal(size=6)
W = np.random.default_rng(1).normal(size=(6, 6))
AT = np.array([[0, 2], [2, 5]])


def recurrent(x):
    h = np.zeros(6)
    for t in range(3):
        h = np.tanh(W @ h + x * t)
    return h


def scalar_loop(x):
    s, t = 1.0, x[0]
    for k in range(len(x)):
        if x[k] > 0.0:
            s, t = t, s * x[k]
        else:
            t = t + 0.5
    return x * s + t


def by_while(x):
    y, count = x, 0
    while np.sum(y * y) > 0.1 and count < 20:
        y = y * 0.5 + 0.1 * np.roll(y, 1)
        count += 1
        if count == 7:
            break
    return y


def comprehension(x):
    return np.array([v * w for v, w in zip(x, x[::-1])])


def grown(x):
    out = []
    for k in range(len(x)):
        out = out + [x[k] * x[k - 1] if x[k] > 0 else x[k]]
    return np.array(out)


def late(x):
    """Depends on x from the second iteration on."""
    a, b = np.zeros(6), np.ones(6)
    for _ in range(3):
        a, b = b, b * x
    return a + b


def recursive(x, n):
    return x if n == 0 else np.sin(x) * recursive(x * 0.9, n - 1)


def matrices(x):
    A = x.reshape(2, 3)
    rows = (A.T @ A).sum(axis=0) + np.cumsum(A, axis=1)[0] + np.einsum("ij,ij->j", A, A)
    return rows + np.outer(x[:3], x[:3]).mean(axis=1) + np.max(A, axis=0) + (A @ A[0])[0]


def gathered(x):
    picked = x[AT] * x[1:3]
    return np.concatenate([picked.ravel(), x[X > 0.0], x[[1, 1]], x[None, 2:4].T[:, 0]])


PROGRAMS = {
    "recurrent": (recurrent, (X,)),
    "scalar loop": (scalar_loop, (X,)),
    "while": (by_while, (X,)),
    "comprehension": (comprehension, (X,)),
    "late": (late, (X,)),
    "matrices": (matrices, (X,)),
    "gathered": (gathered, (X,)),
    "solve": (lambda x: np.linalg.solve(W + np.diag(x), x), (X,)),
    "several arguments": (lambda x, n, s, M: M @ x**n * s, (X, 3, 1.5, W)),
    "globals": (lambda x: np.tanh(W @ x) * x, (X,)),
    "dictionary": (lambda x, q: x * q["a"] @ q["b"][0], (X, {"a": 2.0, "b": (W,)})),
    "constant": (lambda x: np.ones(3), (X,)),
    "identity": (lambda x: x, (X,)),
    "gradient": (srcdiff.grad(lambda x: np.sum((x[1:] - x[:-1] ** 2) ** 2) * x[0]), (X,)),
    "gradient of a loop": (srcdiff.grad(lambda x: np.sum(recurrent(x) ** 3)), (X,)),
    "gradient of scalars": (srcdiff.grad(lambda x: np.sum(scalar_loop(x))), (X,)),
    "single": (recurrent, (X.astype(np.float32),)),
    "matrix": (lambda X: X @ X[0], (X.reshape(2, 3),)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name):
    f, args = PROGRAMS[name]
    tolerance = 1e-5 if name == "single" else 1e-12
    made = check_forward(f, args, tolerance)
    assert made or name == "constant"
    check_reverse(f, args, tolerance)


def fresh(args):
    return tuple(a.copy() for a in args)


@pytest.mark.parametrize("name", problems.WRITING)
def test_programs_that_write(name):
    """Each sweep finds the arguments as they were, and they end as one call would leave them."""
    f, others = problems.WRITING[name]
    wanted = np.stack(
        [
            srcdiff.jvp(f, (X, *fresh(others)), (e, *(0.0 * o for o in others)))[1]
            for e in np.eye(6)
        ],
        axis=-1,
    )
    ending = fresh(others)
    f(X, *ending)
    for mode in ("forward", "reverse", "auto"):
        given = fresh(others)
        found = srcdiff.jacobian(f, mode=mode)(X, *given)
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14)
        for a, b in zip(given, ending):
            np.testing.assert_array_equal(a, b)
    made = pushforward(f, 1 + len(others), 1).made_for(X, *fresh(others), X).many
    assert made


@pytest.mark.parametrize("f, args", [(grown, (X,)), (recursive, (X, 3)), (np.sum, (X,))])
def test_what_has_no_such_form_is_taken_seed_by_seed(f, args):
    check_forward(f, args, 1e-12)
    check_reverse(f, args, 1e-12)


def test_the_form_is_readable():
    def f(x):
        return np.exp(W[:2, :6] @ x) * x[0]

    push = pushforward(f, 1, 1)
    next(several.forward(f, (X,), several.units(X), 6))

    assert inspect.getsource(push.dispatcher.variants[0].many).count("\n") < 16


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 11])
def test_seeds_that_do_not_fit_at_once(size, monkeypatch):
    """Seeds are taken in goes of at least two."""
    monkeypatch.setattr(several, "MOST", 1)
    x = np.arange(1.0, size + 1.0)

    def f(x):
        return x * np.sum(x)

    wanted = np.outer(x, np.ones(size)) + np.eye(size) * x.sum()
    for mode in ("forward", "reverse"):
        np.testing.assert_allclose(srcdiff.jacobian(f, mode=mode)(x), wanted)
    assert srcdiff.divergence(f, x) == pytest.approx(np.trace(wanted))
