"""Time Jacobians, Hessians, sparse matrices, products and series beside autograd and JAX, in one process.

    python -m tests.benchmarks.matrices            # all tables, in Markdown
    python -m tests.benchmarks.matrices --quick    # fewer rounds
    python -m tests.benchmarks.matrices --only bundle

As in `tests.benchmarks.run`, contenders take turns and the median batch counts; each result is compared
with the first contender's before it is timed. JAX is compiled (jit), in double precision, and times
start after compilation; the table of compilations tells what went before.
"""

import argparse
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

import srcdiff
from srcdiff.api import several, sparse
from srcdiff.api.arrange import Arranged
from srcdiff.api.products import pushforward
from tests.benchmarks.contenders import copied
from tests.benchmarks.run import interleaved, microseconds, table
from tests.exact import problems


class Case(NamedTuple):
    name: str
    contenders: dict[str, Callable[[], Any]]
    exact: bool = True  # all contenders compute the same array


def network(x, W, V):
    return V @ np.tanh(W @ x)


def rosenbrock(x):
    return problems.rosenbrock(x)


def residual(x, W, V):
    return V @ np.tanh(W @ x) - 1.0


def smooth(x, W):
    h = x
    for _ in range(4):
        h = np.tanh(W @ h) / (1.0 + h * h)
    return h @ h


def jax_modules():
    if not find_spec("jax"):
        return None, None
    import jax
    import jax.numpy

    jax.config.update("jax_enable_x64", True)
    return jax, jax.numpy


def with_jax(make, f, *args, **keywords):
    """A compiled JAX transformation of a copy of f, or None."""
    jax, numpy = jax_modules()
    if jax is None:
        return {}
    call = jax.jit(make(jax, copied(f, np=numpy, problems=None)))
    placed = [numpy.asarray(a) for a in args]
    return {"JAX jit": lambda: np.asarray(jax.block_until_ready(call(*placed)))}


def with_autograd(make, f, *args):
    if not find_spec("autograd"):
        return {}
    import autograd
    import autograd.numpy

    call = make(autograd, copied(f, np=autograd.numpy))
    return {"autograd": lambda: call(*args)}


def jacobian_case(outputs, inputs, rng):
    W = rng.normal(size=(50, inputs)) / np.sqrt(inputs)
    V = rng.normal(size=(outputs, 50)) / 7.0
    x = rng.normal(size=inputs)
    mode = "forward" if inputs < outputs else "reverse"
    J = srcdiff.jacobian(copied(network))
    how = "jacfwd" if mode == "forward" else "jacrev"
    return Case(
        f"Jacobian, {outputs} outputs by {inputs} inputs ({mode})",
        {
            "srcdiff": lambda: J(x, W, V),
            "srcdiff, one by one": lambda: one_by_one(copied_once(network), mode, x, W, V),
            **with_autograd(lambda a, f: a.jacobian(f), network, x, W, V),
            **with_jax(lambda j, f: getattr(j, how)(f), network, x, W, V),
        },
    )


_COPIES: dict[Any, Any] = {}


def copied_once(f):
    return _COPIES.setdefault(f, copied(f))


def one_by_one(f, mode, x, *args):
    """The loop of single sweeps."""
    if mode == "forward":
        push = pushforward(f, 1 + len(args), 1)
        return np.stack([push(x, *args, e)[1] for e in np.eye(len(x))], axis=-1)
    value, pullback = srcdiff.api.products.pulled(f, (x, *args), 1)
    return np.stack([pullback(e)[0] for e in np.eye(len(value))])


def hessian_case(n, rng):
    x = rng.normal(size=n)
    H, S = srcdiff.hessian(problems.rosenbrock), srcdiff.hessian(problems.rosenbrock, sparse=True)
    f = problems.rosenbrock
    return Case(
        f"Hessian of Rosenbrock, n = {n}",
        {
            "srcdiff": lambda: H(x),
            "srcdiff, one by one": lambda: one_by_one(
                srcdiff.api.matrices.gradient_of(copied_once(f)), "forward", x
            ),
            "srcdiff, sparse": lambda: S(x),
            **with_autograd(lambda a, f: a.hessian(f), f, x),
            **with_jax(lambda j, f: j.hessian(f), f, x),
        },
    )


def brusselator_case(n, rng):
    u = rng.uniform(size=2 * n * n)
    J = srcdiff.jacobian(problems.brusselator, sparse=True)
    D = srcdiff.jacobian(problems.brusselator, mode="forward")
    colours = sparse.pattern_of(Arranged(problems.brusselator, (u, n)), "f").columns.max() + 1
    return Case(
        f"Brusselator, {n} by {n}: {2 * n * n} columns, {colours} colours",
        {
            "function": lambda: problems.brusselator(u, n),
            "srcdiff, sparse": lambda: J(u, n),
            "srcdiff, dense": lambda: D(u, n),
        },
        exact=False,
    )


def bundle_case(observations, rng):
    problem = problems.bundle(20, observations // 5, observations, seed=0)
    f = problems.reprojection
    J = srcdiff.jacobian(f, sparse=True)
    pattern = sparse.pattern_of(Arranged(f, problem), "f")
    columns, colours = problem[0].size, pattern.columns.max() + 1
    push = pushforward(f, 5, 1)
    seeds = several.units(problem[0])

    def some_columns():
        """64 columns of the dense matrix, whose cost is proportional to their number."""
        return [push(*problem, s)[1] for s in seeds(0, 64)]

    found = {
        "function": lambda: f(*problem),
        "srcdiff, sparse": lambda: J(*problem),
        f"srcdiff, 64 of {columns} dense columns": some_columns,
        **jax_blocks(problem),
    }
    name = f"bundle adjustment, {observations} observations: {columns} columns, {colours} colours"
    return Case(name, found, exact=False)


def jax_blocks(problem):
    """The 2 by 12 blocks of the bundle adjustment, one per observation, by vmap."""
    jax, numpy = jax_modules()
    if jax is None:
        return {}
    f = copied(problems.reprojection, np=numpy)
    parameters, cameras, camera_of, point_of, seen = problem
    each = numpy.asarray(parameters[: 9 * cameras].reshape(cameras, 9))
    places = numpy.asarray(parameters[9 * cameras :].reshape(-1, 3))

    def one(own, place, there):
        both = numpy.concatenate([own, place])
        return f(both, 1, numpy.zeros(1, int), numpy.zeros(1, int), there[None])

    def blocks(each, places, there):
        block = jax.vmap(jax.jacfwd(lambda p, t: one(p[:9], p[9:], t)))
        return block(numpy.concatenate([each[camera_of], places[point_of]], axis=1), there)

    call, there = jax.jit(blocks), numpy.asarray(seen)
    return {
        "JAX jit, vmap of blocks": lambda: np.asarray(
            jax.block_until_ready(call(each, places, there))
        )
    }


def product_case(n, rng):
    W, V = rng.normal(size=(n, n)) / np.sqrt(n), rng.normal(size=(n, n)) / np.sqrt(n)
    x, v = rng.normal(size=n), rng.normal(size=n)

    def by_jax(j, f):
        def product(x, v, W, V):
            def at(x):
                return f(x, W, V)

            _, along = j.jvp(at, (x,), (v,))
            return j.vjp(at, x)[1](along)[0]

        return product

    return Case(
        f"Gauss-Newton product, n = {n}",
        {
            "srcdiff": lambda: srcdiff.gauss_newton_product(residual, x, v, W, V),
            "function": lambda: residual(x, W, V),
            **with_jax(by_jax, residual, x, v, W, V),
        },
        exact=False,
    )


def series_case(order, rng):
    W = rng.normal(size=(20, 20)) / 5.0
    x, s = rng.normal(size=20), rng.normal(size=20)
    derivatives = [copied(smooth)]
    for _ in range(order):
        derivatives.append(slope_of(derivatives[-1]))
    repeated = {
        "repeated differentiation": lambda: [f(x, *[s] * k, W) for k, f in enumerate(compiled)]
    }
    compiled = [compiled_slope(k) for k in range(order + 1)]
    return Case(
        f"Taylor coefficients to order {order}",
        {"taylor": lambda: srcdiff.taylor(smooth, x, s, order, W), **repeated},
        exact=False,
    )


def slope_of(f):
    return lambda x, s, *rest: srcdiff.directional_derivative(f, x, s, *rest)


def compiled_slope(k):
    """The k-th derivative along one direction, as nested sweeps compiled whole."""
    if k == 0:
        return lambda x, W: smooth(x, W)
    inner = [first, second, third, fourth][k - 1]
    return lambda x, *rest: srcdiff.directional_derivative(inner, x, rest[0], rest[0], rest[-1])


def first(x, s, W):
    return smooth(x, W)


def second(x, s, W):
    return srcdiff.directional_derivative(first, x, s, s, W)


def third(x, s, W):
    return srcdiff.directional_derivative(second, x, s, s, W)


def fourth(x, s, W):
    return srcdiff.directional_derivative(third, x, s, s, W)


CASES: tuple[Callable[[Any], Case], ...] = (
    lambda rng: jacobian_case(100, 10, rng),
    lambda rng: jacobian_case(10, 100, rng),
    lambda rng: hessian_case(100, rng),
    lambda rng: brusselator_case(32, rng),
    lambda rng: brusselator_case(64, rng),
    lambda rng: bundle_case(10_000, rng),
    lambda rng: product_case(300, rng),
    lambda rng: series_case(2, rng),
    lambda rng: series_case(4, rng),
)


def dense(value):
    return value.toarray() if hasattr(value, "toarray") else np.asarray(value)


def disagreements(case):
    """Contenders whose result is not the first one's."""
    results = {name: call() for name, call in case.contenders.items()}  # compiles them, too
    if not case.exact:
        return []
    first, *others = results
    return [
        n for n in others if not np.allclose(dense(results[n]), dense(results[first]), rtol=1e-7)
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    options = parser.parse_args()
    faults = []
    for make in CASES:
        case = make(np.random.default_rng(0))
        if options.only not in case.name:
            continue
        faults += [f"{case.name}: {name} disagrees" for name in disagreements(case)]
        times = interleaved(case.contenders, 3 if options.quick else 15)
        base = next((times[n] for n in ("srcdiff, sparse", "srcdiff", "taylor") if n in times))
        print(f"{case.name}:\n")
        table(
            ["", "microseconds", "ratio"],
            [[n, microseconds(t), f"{t / base:.2f}"] for n, t in times.items()],
        )
    for fault in faults:
        print(f"FAULT {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
