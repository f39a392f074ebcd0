"""Time generated gradients beside the primal, hand-written code, autograd and JAX, in one process.

    python -m tests.benchmarks.run            # all tables, in Markdown
    python -m tests.benchmarks.run --quick    # fewer rounds
    python -m tests.benchmarks.run --only Rosenbrock

Contenders take turns, a batch of calls each, round after round, and the median batch counts: what
else the machine does falls on all of them alike. Every gradient is compared with the hand-written
one before it is timed; the exit status is 1 if one disagrees or cannot be computed. NumPy's matrix
products use every core unless OPENBLAS_NUM_THREADS says otherwise; JAX decides for itself.
"""

import argparse
import gc
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from statistics import median
from time import perf_counter

import numpy as np

import srcdiff
from tests.benchmarks import contenders
from tests.benchmarks.cases import cases
from tests.handwritten import programs

BATCH_SECONDS = 0.01
RIVALS = ("autograd", "JAX jit")
SMALL = {
    "root_and_cosine": "one float",
    "log_max": "two floats",
    "drag_coefficient": "three floats",
    "rosenbrock": "one array",
    "logistic_loss": "three arrays",
    "network_loss": "a tuple of four arrays, two arrays",
}


def batch(call, repeats):
    """Seconds per call over a batch, the garbage collector held off as in timeit."""
    gc.collect()
    gc.disable()
    start = perf_counter()
    for _ in range(repeats):
        call()
    elapsed = perf_counter() - start
    gc.enable()
    return elapsed / repeats


def repeats_for(call):
    """How many calls fill a batch."""
    repeats = 1
    while batch(call, repeats) * repeats < BATCH_SECONDS:
        repeats *= 2
    return repeats


def interleaved(calls, rounds):
    """The median seconds per call of each contender, by name."""
    repeats = {name: repeats_for(call) for name, call in calls.items()}
    times = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            times[name].append(batch(call, repeats[name]))
    return {name: median(seconds) for name, seconds in times.items()}


def flat(value):
    if isinstance(value, tuple | list):
        return np.concatenate([flat(item) for item in value])
    return np.ravel(np.asarray(value, dtype=float))


def prepared(case, systems):
    """The calls that give the right gradient, and what is wrong with the others."""
    expected = flat(contenders.by_hand(case)())
    calls, faults = {}, {}
    for name, make in systems.items():
        try:
            call = make(case)
            result = flat(call())
        except Exception as error:  # a contender that fails is a row of the report, not its end
            faults[name] = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
            continue
        if result.shape == expected.shape and np.allclose(result, expected, rtol=1e-8, atol=1e-12):
            calls[name] = call
        else:
            faults[name] = "disagrees with the gradient written by hand"
    return calls, faults


def microseconds(seconds):
    if seconds is None:
        return "-"
    return f"{seconds * 1e6:,.1f}" if seconds < 1e-4 else f"{seconds * 1e6:,.0f}"


def quotient(times, above, below):
    if above not in times or below not in times:
        return "-"
    return f"{times[above] / times[below]:.2f}"


def table(header, rows):
    print("| " + " | ".join(header) + " |")
    print("| --- |" + " ---: |" * (len(header) - 1))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print(flush=True)


def report_environment(systems):
    packages = ["numpy", *("autograd" for name in systems if name == "autograd")]
    packages += ["jax" for name in systems if name == "JAX jit"]
    versions = ", ".join(f"{package} {installed(package)}" for package in packages)
    print(f"Python {platform.python_version()}, {versions}; {os.cpu_count()} cores.\n")


def installed(package):
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def report_gradients(chosen, systems, rounds):
    """Microseconds per gradient, and the ratios that matter."""
    print("Time of a gradient (microseconds, median) and ratios:\n")
    rows, faults = [], []
    for case in chosen:
        calls, wrong = prepared(case, systems)
        faults += [f"{case.name}, {name}: {fault}" for name, fault in wrong.items()]
        times = interleaved({"primal": contenders.primal(case), **calls}, rounds)
        rows.append(
            [case.name, *(microseconds(times.get(name)) for name in ("primal", *systems))]
            + [quotient(times, "srcdiff", "primal"), quotient(times, "srcdiff", "by hand")]
            + [quotient(times, name, "srcdiff") for name in systems if name in RIVALS]
        )
    over = [f"{name} / srcdiff" for name in systems if name in RIVALS]
    table(["program", "primal", *systems, "srcdiff / primal", "srcdiff / by hand", *over], rows)
    return faults


def report_first_gradient(chosen, systems, rounds):
    """From the undecorated function to its first gradient: compilation included, imports not."""
    print("Time from decoration to the first gradient (milliseconds, median):\n")
    makers = {name: make for name, make in systems.items() if name in ("srcdiff", "JAX jit")}
    rows = []
    for case in chosen:
        times = {name: [] for name in makers}
        for _ in range(rounds + 1):
            for name, make in makers.items():
                start = perf_counter()
                try:
                    make(case)()
                except Exception:
                    continue  # told of in the first table
                times[name].append(perf_counter() - start)
        # The first round warms the systems up (lazy imports, XLA's threads).
        medians = {name: median(seconds[1:]) for name, seconds in times.items() if seconds}
        cells = [f"{medians[name] * 1e3:.1f}" if name in medians else "-" for name in makers]
        rows.append([case.name, *cells, quotient(medians, "JAX jit", "srcdiff")])
    table(["program", *makers, "JAX / srcdiff"], rows)


def report_overhead(rounds):
    """What the dispatch on argument types costs, on programs small enough to show it."""
    print("Overhead of a call over calling the generated function itself (microseconds):\n")
    rows = []
    for program in programs.samples():
        if program.name not in SMALL:
            continue
        try:
            gradient, args = srcdiff.grad(program.primal, wrt=program.wrt), program.args
            generated = gradient.compiled(*args)
            public, bare, overhead = paired(gradient, generated, args, rounds)
        except Exception as error:
            rows.append([program.name, SMALL[program.name], "-", "-", type(error).__name__])
            continue
        cells = [microseconds(public), microseconds(bare), f"{overhead * 1e6:.2f}"]
        rows.append([program.name, SMALL[program.name], *cells])
    table(["program", "arguments", "call", "generated function", "overhead"], rows)


def paired(public, generated, args, rounds):
    """Seconds of both calls and their difference, each at its fastest.

    A microsecond beside calls of fifty drowns in what else the machine does, which only adds.
    """
    calls = (lambda: public(*args), lambda: generated(*args))
    repeats = max(map(repeats_for, calls))
    times = [[batch(call, repeats) for call in calls] for _ in range(rounds)]
    slow, fast = map(min, zip(*times))
    return slow, fast, slow - fast


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--only", default="", help="programs whose name contains this")
    options = parser.parse_args()
    rounds = 5 if options.quick else 21
    chosen = [case for case in cases() if options.only in case.name]
    systems = contenders.gradients()

    report_environment(systems)
    faults = report_gradients(chosen, systems, rounds)
    report_first_gradient(chosen, systems, min(rounds, 5))
    report_overhead(rounds)
    for fault in faults:
        print(f"FAULT {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
