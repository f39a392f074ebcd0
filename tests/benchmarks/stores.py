"""Time per element of loops that store one element at a time, over three sizes.

    python -m tests.benchmarks.stores           # a table in Markdown
    python -m tests.benchmarks.stores --quick   # fewer rounds

A store costs what it stores, in the program and in its gradient: the time per element stays flat
while the array grows a hundredfold. Where a store copies its array, or a record is copied as it
grows, the last column grows with n. The sizes take turns, round after round, and the median counts.
Each gradient is compared with a difference quotient along one direction before it is timed; the exit
status is 1 where one disagrees.
"""

import argparse
import sys
from time import perf_counter

import numpy as np

import srcdiff
from tests.benchmarks.run import interleaved, report_environment, table

SIZES = (1_000, 10_000, 100_000)
SECONDS = 20.0  # for the rounds of one program; one that is not flat gets fewer


def recurrence(a, b):
    """A new array, each element from the one before it."""
    y = np.zeros_like(a)
    for i in range(1, len(a)):
        y[i] = a[i] * y[i - 1] + b[i]
    return np.sum(y**2)


def overwritten(a, b):
    """An argument changed in place; every old value is needed by the gradient."""
    for i in range(1, len(a)):
        a[i] = a[i] * a[i - 1] + b[i]
    return np.sum(a**2)


def accumulated(a, b):
    """An augmented store."""
    for i in range(1, len(a)):
        a[i] += 0.5 * a[i - 1] * b[i]
    return np.sum(a**2)


def swapped(a, b):
    """Two stores in one statement."""
    for i in range(1, len(a)):
        a[i - 1], a[i] = a[i], a[i - 1] * b[i]
    return np.sum(a**2)


def rows(a, b):
    """Short rows of a table, stored as slices."""
    M = np.zeros((len(a), 3))
    for i in range(1, len(a)):
        M[i, 1:] = a[i] * M[i - 1, :-1] + b[i]
    return np.sum(M**2)


def appended(a, b):
    """A list that grows from one entry."""
    states = [a[0]]
    for i in range(1, len(a)):
        states.append(a[i] * states[-1] + b[i])
    return np.sum(np.array(states) ** 2)


PROGRAMS = (recurrence, overwritten, accumulated, swapped, rows, appended)


def arguments(n):
    rng = np.random.default_rng(n)
    return rng.uniform(-0.9, 0.9, n), rng.uniform(-0.9, 0.9, n)


def prepared(f, n):
    """Gradient and primal as functions of no arguments; each call has arguments of its own."""
    gradient = srcdiff.grad(f, wrt=(0, 1))
    a, b = arguments(n)
    check(f, gradient, a, b)
    return lambda: gradient(a.copy(), b), lambda: f(a.copy(), b)


def check(f, gradient, a, b):
    """Raise ArithmeticError where the gradient misses a central difference along a direction."""
    da, db = np.cos(np.arange(len(a))), np.sin(np.arange(len(b)))
    h = 1e-5
    wanted = (f(a + h * da, b + h * db) - f(a - h * da, b - h * db)) / (2 * h)
    by_a, by_b = gradient(a.copy(), b)
    found = by_a @ da + by_b @ db
    if not np.isclose(found, wanted, rtol=1e-5):
        raise ArithmeticError(f"{f.__name__}, n={len(a)}: {found} should be {wanted}")


def affordable(call, rounds):
    """How many rounds of this call fit into the time of a program."""
    start = perf_counter()
    call()
    return max(1, min(rounds, int(SECONDS / (perf_counter() - start))))


def nanoseconds(seconds, n):
    return f"{seconds / n * 1e9:,.0f}"


def row(f, rounds):
    """Nanoseconds per element of the gradient at each size, against the primal, and their spread."""
    calls = {}
    for n in SIZES:
        calls["gradient", n], calls["primal", n] = prepared(f, n)
    times = interleaved(calls, affordable(calls["gradient", SIZES[-1]], rounds))
    each = [times["gradient", n] / n for n in SIZES]
    primal = [times["primal", n] / n for n in SIZES]
    return [
        f"{f.__name__}: {f.__doc__.strip().rstrip('.').lower()}",
        *(nanoseconds(times["gradient", n], n) for n in SIZES),
        f"{each[-1] / primal[-1]:.2f}",
        f"{primal[-1] / primal[0]:.2f}",
        f"{each[-1] / each[0]:.2f}",
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--only", default="", help="programs whose name contains this")
    options = parser.parse_args()
    report_environment({})
    print("Time of a gradient per element (nanoseconds, median):\n")
    found, faults = [], []
    for f in PROGRAMS:
        if options.only in f.__name__:
            try:
                found.append(row(f, 5 if options.quick else 15))
            except ArithmeticError as error:
                faults.append(str(error))
    header = ["program", *(f"n = {n:,}" for n in SIZES)]
    header += ["gradient / primal", "primal, growth", "gradient, growth"]
    table(header, found)
    for fault in faults:
        print(f"FAULT {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
