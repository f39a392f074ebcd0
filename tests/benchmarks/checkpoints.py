"""Peak memory and time of the gradient of a time loop: all steps recorded, or some states kept.

    python -m tests.benchmarks.checkpoints            # a table in Markdown, 10,000 steps
    python -m tests.benchmarks.checkpoints --quick    # 1,000 steps

The loop is a nonlinear stencil that updates its array in place. Memory is the peak that tracemalloc
sees during one gradient, in arrays of the state; time is that of the gradient over the recorded one,
the ways taking turns, medians. The gradients are compared first; the exit status is 1 where they
differ in any bit.
"""

import argparse
import statistics
import sys
import tracemalloc
from time import perf_counter

import numpy as np

from srcdiff import checkpointed, grad
from tests.benchmarks.run import report_environment, table

SNAPSHOTS = (10, 30, 100)
POINTS = 1_000


def recorded(u, rate, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += rate * u[1:-1] * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u**2)


def kept(u, rate, steps, snapshots):
    u = u.copy()
    for _ in checkpointed(range(steps), snapshots=snapshots):
        u[1:-1] += rate * u[1:-1] * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u**2)


def peak(run):
    """The most memory in use at once, in bytes."""
    tracemalloc.start()
    run()
    size = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return size


def seconds(run):
    start = perf_counter()
    run()
    return perf_counter() - start


def ways(u, steps):
    """The gradients as functions of no arguments."""
    plain, some = grad(recorded, wrt=(0, 1)), grad(kept, wrt=(0, 1))
    made = {"all recorded": lambda: plain(u, 0.1, steps)}
    for k in SNAPSHOTS:
        made[f"{k} snapshots"] = lambda k=k: some(u, 0.1, steps, k)
    return made


def agree(runs):
    first, *others = [run() for run in runs.values()]
    return all(np.array_equal(a, b) for other in others for a, b in zip(first, other))


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="1,000 steps")
    steps = 1_000 if parser.parse_args(argv).quick else 10_000
    u = np.linspace(0.2, 1.0, POINTS) ** 2
    runs = ways(u, steps)
    same = agree(runs)
    times = {name: [] for name in runs}
    for _ in range(3):
        for name, run in runs.items():
            times[name].append(seconds(run))
    medians = {name: statistics.median(found) for name, found in times.items()}
    rows = [
        [name, f"{peak(run) / u.nbytes:.1f}", f"{medians[name] / medians['all recorded']:.2f}"]
        for name, run in runs.items()
    ]
    report_environment(())
    print(f"\n{steps} steps over {POINTS} points; gradients equal to the last bit: {same}\n")
    table(["way", "peak memory, in arrays", "time"], rows)
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
