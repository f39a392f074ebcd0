"""What is timed: the hand-written programs at sizes people use."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tests.handwritten import programs
from tests.handwritten.programs import Program

TABLE = Path(__file__).parents[2] / "examples" / "data" / "breast_cancer.csv"


class Case(NamedTuple):
    name: str
    program: Program
    for_jax: Callable[[], Callable[..., Any]] | None = None  # where JAX needs a rewrite


def recurrent_loss_for_jax():
    """The recurrent network as JAX wants it: the loop a scan, so that it is compiled once."""
    import jax
    import jax.numpy as jnp

    def recurrent_loss(W, U, b, x, target):
        def advance(h, x_t):
            return jnp.tanh(W @ h + U @ x_t + b), None

        h, _ = jax.lax.scan(advance, jnp.zeros_like(b), x)
        return jnp.sum((h - target) ** 2)

    return recurrent_loss


def logistic_map_for_jax():
    """The scalar loop as a scan over nothing but a count."""
    import jax

    def logistic_map(r, x, steps):
        def advance(x, _):
            return r * x * (1.0 - x), None

        x, _ = jax.lax.scan(advance, x, None, length=steps)
        return x

    return logistic_map


def breast_cancer():
    table = np.loadtxt(TABLE, delimiter=",", skiprows=1)
    features = (table[:, :-1] - table[:, :-1].mean(axis=0)) / table[:, :-1].std(axis=0)
    X = np.column_stack([np.ones(len(table)), features])
    return np.full(X.shape[1], 0.1), X, 2.0 * table[:, -1] - 1.0


def synthetic_rows(rng, rows, columns):
    return (
        rng.normal(size=columns) * 0.1,
        rng.normal(size=(rows, columns)),
        rng.choice([-1.0, 1], rows),
    )


def recurrent(rng, steps, width):
    W, U = rng.normal(size=(2, width, width)) / np.sqrt(width)
    return W, U, rng.normal(size=width), rng.normal(size=(steps, width)), rng.normal(size=width)


def network(rng, rows, widths):
    inputs, hidden, outputs = widths
    layers = (
        rng.normal(size=(inputs, hidden)) / np.sqrt(inputs),
        rng.normal(size=hidden),
        rng.normal(size=(hidden, outputs)) / np.sqrt(hidden),
        rng.normal(size=outputs),
    )
    return layers, rng.normal(size=(rows, inputs)), rng.normal(size=(rows, outputs))


def cases():
    rng = np.random.default_rng(0)
    of = {program.name: program for program in programs.samples()}

    def at(name, *args):
        return of[name]._replace(args=args)

    return (
        Case("logistic regression, 569 x 31", at("logistic_loss", *breast_cancer())),
        Case(
            "logistic regression, 10,000 x 100",
            at("logistic_loss", *synthetic_rows(rng, 10_000, 100)),
        ),
        Case(
            "recurrent network, T=100, d=200",
            at("recurrent_loss", *recurrent(rng, 100, 200)),
            recurrent_loss_for_jax,
        ),
        Case("scalar loop, 1,000 steps", at("logistic_map", 2.9, 0.3, 1000), logistic_map_for_jax),
        Case("Rosenbrock, n=10", at("rosenbrock", rng.normal(size=10))),
        Case("Rosenbrock, n=10,000", at("rosenbrock", rng.normal(size=10_000))),
        Case(
            "network 100-200-10, 256 rows", at("network_loss", *network(rng, 256, (100, 200, 10)))
        ),
    )
