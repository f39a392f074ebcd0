"""Arrays made from lengths and numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcdiff.ops import runtime, shapes
from srcdiff.ops.reshape import of
from srcdiff.ops.samples import array, single
from srcdiff.ops.table import composite, decided, linear, refused, zero

_function: Any
for _function in (np.zeros, np.ones, np.empty):
    zero(
        _function,
        lambda shape, dtype=None: None,
        operands=(),
        shape=shapes.filled,
        samples=of((3,), ((2, 3),), ((2, 0), "float32")),
    )
for _function in (np.zeros_like, np.ones_like, np.empty_like):
    zero(
        _function,
        lambda x, dtype=None: None,
        name=f"np_{_function.__name__}",
        shape=shapes.same,
        samples=None if "empty" in _function.__name__ else of((array(2, 3),), (single(array(3)),)),
    )

zero(
    np.eye,
    lambda N, M=None, k=0, dtype=None: None,
    operands=(),
    shape=shapes.eye,
    samples=of((3,), (2, 3), (3, {"k": 1})),
)
zero(
    np.identity,
    lambda n, dtype=None: None,
    name="identity_matrix",
    operands=(),
    shape=shapes.identity,
    samples=of((3,)),
)
zero(
    np.tri,
    lambda N, M=None, k=0, dtype=None: None,
    operands=(),
    shape=shapes.eye,
    samples=of((3,), (2, 3, 1)),
)
zero(
    np.arange,
    lambda start, stop=None, step=None, dtype=None: None,
    operands=(),
    shape=shapes.arange,
    samples=of((3,), (1, 4), (0.0, 1.0, 0.3), (5, 1, -2)),
)


@linear(
    np.full,
    operands=("fill_value",),
    shape=shapes.filled,
    samples=of(((2, 3), 0.7), (3, np.float64(0.3)), ((2, 3), array(3))),
)
def full(bz: Any, shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    return runtime.unbroadcast(bz, fill_value)


@linear(
    np.full_like,
    operands=("fill_value",),
    shape=shapes.same,
    samples=of((array(2, 3), 0.7), (array(2, 3), array(3))),
)
def full_like(bz: Any, a: Any, fill_value: Any, dtype: Any = None) -> Any:
    return runtime.unbroadcast(bz, fill_value)


@linear(
    np.linspace,
    operands=("start", "stop"),
    shape=shapes.linspace,
    samples=of((0.0, 1.5), (0.3, 1.5, 5), (0.2, -0.4, 1), (array(2), 1.0, 3), (0.3, 1.5, 4, False)),
)
def linspace(bz: Any, start: Any, stop: Any, num: Any = 50, endpoint: Any = True) -> Any:
    """Entry k is start + (stop - start) * t[k]."""
    t = np.linspace(0.0, 1.0, num, endpoint)
    t = np.reshape(t, (-1,) + (1,) * (bz.ndim - 1))
    return runtime.unbroadcast(bz * (1.0 - t), start), runtime.unbroadcast(bz * t, stop)


@composite(np.logspace, samples=of((0.0, 1.0, 4), (0.3, 0.8, 3, True, 2.0)))
def logspace(start: Any, stop: Any, num: Any = 50, endpoint: Any = True, base: Any = 10.0) -> Any:
    return base ** np.linspace(start, stop, num, endpoint)


@composite(np.vander, samples=of((array(3),), (array(3), 2), (array(3), 3, True)))
def vander(x: Any, N: Any = None, increasing: Any = False) -> Any:
    powers = np.arange(x.shape[0] if N is None else N)
    return x[:, None] ** (powers if increasing else powers[::-1])


for _function in (np.bartlett, np.blackman, np.hamming, np.hanning):
    zero(_function, lambda M: None, operands=(), shape=shapes.window, samples=of((4,)))
zero(np.kaiser, lambda M, beta: None, operands=(), shape=shapes.window, samples=of((4, 2.0)))
for _function in (np.tril_indices, np.triu_indices):
    zero(
        _function,
        lambda n, k=0, m=None: None,
        operands=(),
        shape=shapes.triangle_indices,
        samples=of((3,), (3, 1), (2, 0, 3)),
    )
zero(
    np.diag_indices,
    lambda n, ndim=2: None,
    operands=(),
    shape=shapes.diagonal_indices,
    samples=of((3,), (2, 3)),
)
for _function in (np.tril_indices_from, np.triu_indices_from, np.diag_indices_from):
    refused(_function, "there is no rule for it", "use np.tril_indices(n), np.diag_indices(n)")

for _function in (np.issubdtype, np.promote_types, np.can_cast, np.isdtype, np.finfo, np.iinfo):
    decided(_function)

_RANDOM = "random numbers drawn inside a function change it from call to call"
_DRAWS = (
    "rand randn random normal uniform randint choice permutation shuffle seed default_rng "
    "standard_normal exponential poisson binomial multivariate_normal random_sample"
)
for _name in _DRAWS.split():
    refused(
        getattr(np.random, _name),
        _RANDOM,
        "draw them outside and pass them in",
        name=f"random_{_name}",
    )

_OUTSIDE = "it reads or writes outside the program"
for _name in [
    "fromiter",
    "frombuffer",
    "fromstring",
    "fromfile",
    "loadtxt",
    "genfromtxt",
    "load",
    "save",
    "savetxt",
]:
    refused(getattr(np, _name), _OUTSIDE, "do it outside and pass the array in")

refused(np.geomspace, "there is no rule for it", "np.exp of np.linspace of logarithms")
for _function in (np.indices, np.ix_):
    refused(
        _function, "there is no rule for it", "index with broadcast arrays: a[:, None], b[None]"
    )
