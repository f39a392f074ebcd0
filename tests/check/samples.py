"""Functions with right gradients by hand, and the ways in which a gradient is made wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np


class Layer(NamedTuple):
    w: Any
    b: Any


@dataclass
class Model:
    weight: Any
    bias: float
    name: str = "model"
    size: int = 3


@dataclass(frozen=True)
class Sample:
    """A function of arguments, its gradients by the arguments at `wrt`, and where to check it."""

    name: str
    f: Any
    gradient: Any
    args: tuple[Any, ...]
    wrt: tuple[int, ...] = (0,)


RNG = np.random.default_rng(20)
SCALES = np.array([1e-8, -1e-4, 1.0, -1e4, 1e8])
A, B = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 2))


def _softmax_loss(w, x):
    z = x @ w
    return np.log(np.sum(np.exp(z))) - z[1]


def _softmax_gradient(w, x):
    z = x @ w
    p = np.exp(z) / np.sum(np.exp(z))
    p[1] -= 1.0
    return np.outer(x, p), w @ p


def _layers(layers, x):
    return np.sum((np.tanh(x @ layers[0].w + layers[0].b) @ layers[1].w) ** 2) + layers[1].b ** 2


def _layers_gradient(layers, x):
    h = np.tanh(x @ layers[0].w + layers[0].b)
    out = 2 * (h @ layers[1].w)
    back = (out @ layers[1].w.T) * (1 - h * h)
    return ([Layer(x.T @ back, back.sum(axis=0)), Layer(h.T @ out, 2 * layers[1].b)],)


def _rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def _rosenbrock_gradient(x):
    g = np.zeros_like(x)
    g[1:] += 200 * (x[1:] - x[:-1] ** 2)
    g[:-1] += -400 * x[:-1] * (x[1:] - x[:-1] ** 2) - 2 * (1 - x[:-1])
    return (g,)


def _log_sum(x):
    return np.sum(np.log(np.abs(x)))


SMOOTH = [
    Sample("cube", lambda x: x**3, lambda x: (3 * x * x,), (2.0,)),
    Sample("numpy number", lambda x: x**3, lambda x: (3 * x * x,), (np.float64(-0.3),)),
    Sample("scaled logs", _log_sum, lambda x: (1 / x,), (SCALES,)),
    Sample("scaled squares", lambda x: np.sum(x * x), lambda x: (2 * x,), (SCALES,)),
    Sample(
        "product",
        lambda a, b: np.sum(np.sin(a @ b)),
        lambda a, b: (np.cos(a @ b) @ b.T, a.T @ np.cos(a @ b)),
        (A, B),
        (0, 1),
    ),
    Sample(
        "second only",
        lambda a, b: np.sum(a @ b),
        lambda a, b: (np.outer(a.sum(axis=0), np.ones(2)),),
        (A, B),
        (1,),
    ),
    Sample("softmax", _softmax_loss, _softmax_gradient, (B, np.ones(4)), (0, 1)),
    Sample(
        "layers",
        _layers,
        _layers_gradient,
        ([Layer(A, np.zeros(4)), Layer(B, 0.5)], RNG.normal(size=(5, 3))),
    ),
    Sample("rosenbrock", _rosenbrock, _rosenbrock_gradient, (RNG.normal(size=6),)),
    Sample(
        "dict",
        lambda p: p["k"] * np.sum(p["W"][0] ** 2),
        lambda p: ({"k": np.sum(p["W"][0] ** 2).item(), "W": [2 * p["k"] * p["W"][0]], "n": None},),
        ({"k": 1.5, "W": [A], "n": 3},),
    ),
    Sample(
        "dataclass",
        lambda m, n: np.sum(m.weight) ** 2 * m.bias * n,
        lambda m, n: (
            Model(
                2 * np.sum(m.weight) * m.bias * n * np.ones(3), (np.sum(m.weight) ** 2 * n).item()
            ),
        ),
        (Model(np.arange(3.0), 2.0), 7),
    ),
    Sample(
        "integer argument",
        lambda k, x, s: np.sum(x**k) if s == "a" else 0.0,
        lambda k, x, s: (k * x ** (k - 1),),
        (3, np.array([0.5, -2.0]), "a"),
        (1,),
    ),
    Sample(
        "float32",
        lambda x: np.sum(np.tanh(x)),
        lambda x: (1 - np.tanh(x) ** 2,),
        (np.linspace(-2, 2, 9, dtype=np.float32),),
    ),
    Sample(
        "large",
        lambda x: np.sum(np.sin(x) * x),
        lambda x: (np.sin(x) + x * np.cos(x),),
        (RNG.normal(size=(30, 20)),),
    ),
    Sample("near 0 of log", np.log, lambda x: (1 / x,), (np.float64(1e-9),)),
    Sample("near 0 of sqrt", np.sqrt, lambda x: (0.5 / np.sqrt(x),), (np.float64(1e-10),)),
]
BY_NAME = {sample.name: sample for sample in SMOOTH}


def altered(tree: Any, change: Any) -> Any:
    """A gradient with `change` applied to its first real leaf that is worth it."""
    done = [False]

    def walk(part: Any) -> Any:
        if isinstance(part, (float, np.ndarray)) and not done[0]:
            done[0] = True
            return change(part)
        if isinstance(part, tuple) and hasattr(part, "_fields"):
            return type(part)(*map(walk, part))
        if isinstance(part, (tuple, list)):
            return type(part)(map(walk, part))
        if isinstance(part, dict):
            return {key: walk(value) for key, value in part.items()}
        if isinstance(part, Model):
            return Model(walk(part.weight), walk(part.bias))
        return part

    return walk(tree)


def _entry(g: Any, change: Any) -> Any:
    """`change` applied to the entry of largest size."""
    if np.ndim(g) == 0:
        return type(g)(change(g))
    out = g.copy()
    place = np.unravel_index(np.argmax(np.abs(out)), out.shape)
    out[place] = change(out[place])
    return out


FAULTS = {
    "sign": lambda g: -g,
    "factor": lambda g: type(g)(g * 1.1) if np.ndim(g) == 0 else g * g.dtype.type(1.1),
    "lost": lambda g: g * 0,
    "entry": lambda g: _entry(g, lambda v: v * 1.1),
    "added": lambda g: _entry(g, lambda v: v + abs(v)),
}
