"""Estimated gradients: error against step, beside numdifftools, and on noisy functions.

    python -m tests.benchmarks.estimates                     # tables, in Markdown
    python -m tests.benchmarks.estimates --quick             # fewer repeats
    python -m tests.benchmarks.estimates --figures docs/figures

Everything is counted in evaluations of the function, so the figures do not depend on the machine.
Without numdifftools its columns are left out; without matplotlib there are no figures.
"""

import argparse
import cmath
import math
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np

from srcdiff.estimate import (
    central_difference,
    complex_step,
    difference_step,
    forward_difference,
    regression_gradient,
    richardson,
    spsa,
)
from tests.benchmarks.run import table

TEN = {
    "exp(x)": (np.exp, np.exp, (-1.0, 2.0)),
    "sin(x)": (np.sin, np.cos, (-1.0, 1.0)),
    "ln(x)": (np.log, lambda x: 1.0 / x, (0.01, 3.0)),
    "sqrt(x)": (np.sqrt, lambda x: 0.5 / np.sqrt(x), (0.01, 3.0)),
    "1 / x": (lambda x: 1.0 / x, lambda x: -1.0 / x**2, (0.01, 2.0)),
    "x**7": (lambda x: x**7, lambda x: 7.0 * x**6, (0.5, 30.0)),
    "exp(-x**2)": (
        lambda x: np.exp(-(x**2)), lambda x: -2.0 * x * np.exp(-(x**2)), (-2.0, 2.0)
    ),
    "tanh(x)": (np.tanh, lambda x: 1.0 / np.cosh(x) ** 2, (-2.0, 2.0)),
    "1 / (1 + 25 x**2)": (
        lambda x: 1.0 / (1.0 + 25.0 * x**2),
        lambda x: -50.0 * x / (1.0 + 25.0 * x**2) ** 2,
        (-1.0, 1.0),
    ),
    "sin(100 x)": (
        lambda x: np.sin(100.0 * x), lambda x: 100.0 * np.cos(100.0 * x), (-1.0, 1.0)
    ),
}  # fmt: skip


class Counted:
    """A function that counts at how many points it is asked for."""

    def __init__(self, f):
        self.f, self.count = f, 0

    def __call__(self, x):
        self.count += np.size(x)
        return self.f(x)


# --- against numdifftools -------------------------------------------------------------------------


def by_richardson(f, x):
    return richardson(f, x).value


def by_numdifftools(f, x):
    import numdifftools

    return float(numdifftools.Derivative(f)(x))


def compared(points):
    """Median and largest relative error, and median evaluations, for each function and method."""
    methods = {"central": central_difference, "richardson": by_richardson}
    if find_spec("numdifftools"):
        methods["numdifftools"] = by_numdifftools
    found = {}
    for name, (f, derivative, ends) in TEN.items():
        for method, estimate in methods.items():
            errors, counts = [], []
            for x in np.random.default_rng(0).uniform(*ends, points):
                counted = Counted(f)
                with np.errstate(all="ignore"):
                    value = estimate(counted, float(x))
                errors.append(abs(value - derivative(x)) / max(abs(derivative(x)), 1e-3))
                counts.append(counted.count)
            found[name, method] = median(errors), max(errors), median(counts)
    return list(methods), found


def report_compared(points):
    print(f"Relative error (median / largest over {points} points) and evaluations (median):\n")
    methods, found = compared(points)
    rows = []
    for name in TEN:
        cells = [found[name, method] for method in methods]
        rows.append([f"`{name}`", *(f"{m:.0e} / {w:.0e}, {n:.0f}" for m, w, n in cells)])
    table(["function", *methods], rows)
    if "numdifftools" in methods:
        fewer = sum(found[n, "richardson"][2] < found[n, "numdifftools"][2] for n in TEN)
        closer = sum(found[n, "richardson"][0] <= found[n, "numdifftools"][0] for n in TEN)
        safer = sum(found[n, "richardson"][1] <= found[n, "numdifftools"][1] for n in TEN)
        print(
            f"richardson: fewer evaluations on {fewer} of {len(TEN)}, median error at or below on "
            f"{closer}, largest error at or below on {safer}.\n"
        )


# --- error against step ---------------------------------------------------------------------------


def step_errors():
    """The error of each formula over its step, averaged over points: (steps, errors by name)."""
    points = np.linspace(0.3, 1.2, 40)
    steps = np.logspace(-16, -0.5, 63)
    formulas = {
        "forward": lambda x, h: forward_difference(math.sin, x, h=h),
        "central": lambda x, h: central_difference(math.sin, x, h=h),
        "central, order 4": lambda x, h: central_difference(math.sin, x, h=h, order=4),
        "complex": lambda x, h: complex_step(cmath.sin, x, h=h, analytic=True),
    }
    errors = {}
    for name, formula in formulas.items():
        chosen = steps if name == "complex" else steps[steps > 3e-16]
        errors[name] = [
            (h, max(np.mean([abs(formula(x, h) - math.cos(x)) for x in points]), 1e-17))
            for h in chosen
        ]
    return errors


# --- noise ----------------------------------------------------------------------------------------

SIZE, NOISE = 30, 0.05
SCALES = np.linspace(0.5, 2.0, SIZE)


def smooth(x):
    return 0.5 * np.sum(SCALES * x**2) + 0.1 * np.sum(np.sin(3.0 * x))


def slope(x):
    return SCALES * x + 0.3 * np.cos(3.0 * x)


class Noisy:
    """The smooth function with noise of its own."""

    def __init__(self, seed):
        self.random, self.count = np.random.default_rng(seed), 0

    def __call__(self, x):
        self.count += 1
        return smooth(x) + NOISE * self.random.standard_normal()


def gradient_errors(repeats):
    """Relative error of a gradient at one point against evaluations: {name: [(count, error)]}."""
    x = np.random.default_rng(1).standard_normal(SIZE)
    h = 0.2
    many = [1, 2, 4, 8, 16]
    ways = {
        "central, own step": [lambda f, r: central_difference(f, x)],
        "central, step from noise": [lambda f, r: central_difference(f, x, h="noise")],
        "regression": [
            lambda f, r, k=k: regression_gradient(
                f,
                x,
                h=h * math.sqrt(SIZE),
                samples=k * SIZE,
                antithetic=True,
                sampling="orthogonal",
                rng=r,
            )
            for k in many
        ],
        "SPSA": [
            lambda f, r, k=k: spsa(f, x, h=h, samples=k, rng=r)
            for k in [1, 4, *(k * SIZE for k in many)]
        ],
    }
    found = {}
    for name, calls in ways.items():
        found[name] = []
        for call in calls:
            errors, counts = [], []
            for seed in range(repeats):
                f = Noisy(seed)
                value = call(f, np.random.default_rng(1000 + seed))
                errors.append(np.linalg.norm(value - slope(x)) / np.linalg.norm(slope(x)))
                counts.append(f.count)
            found[name].append((median(counts), median(errors)))
    return found


def descents(repeats, budget):
    """How far noisy descents come with a budget of evaluations: {name: [(count, distance)]}.

    Rates fall like 1 / (k + 20), from the best of three for each method.
    """
    ways = {
        "central, own step": lambda f, x, r: central_difference(f, x),
        "central, step 0.2": lambda f, x, r: central_difference(f, x, h=0.2),
        "regression, n samples": lambda f, x, r: regression_gradient(
            f,
            x,
            h=0.2 * math.sqrt(SIZE),
            samples=SIZE,
            antithetic=True,
            sampling="orthogonal",
            rng=r,
        ),
        "SPSA, 1 sample": lambda f, x, r: spsa(f, x, h=0.2, rng=r),
    }
    found = {}
    for name, gradient in ways.items():
        runs = [_descents(gradient, rate, repeats, budget) for rate in (1.0, 3.0, 10.0)]
        found[name] = min(runs, key=lambda run: run[-1][1] if run else math.inf)
    return found


def _descents(gradient, rate, repeats, budget):
    curves = [_descent(gradient, rate, seed, budget) for seed in range(repeats)]
    shortest = min(map(len, curves))
    return [(curves[0][k][0], median(curve[k][1] for curve in curves)) for k in range(shortest)]


def _descent(gradient, rate, seed, budget):
    f, random = Noisy(seed), np.random.default_rng(1000 + seed)
    best = minimiser()
    x, curve, k = np.ones(SIZE), [], 0
    while f.count < budget:
        curve.append((f.count, float(np.sqrt(np.mean((x - best) ** 2)))))
        x = np.clip(x - rate / (k + 20.0) * gradient(f, x, random), -10.0, 10.0)
        k += 1
    return curve


def minimiser():
    x = np.zeros(SIZE)
    for _ in range(200):
        x = x - slope(x) / 3.0
    return x


def report_noise(repeats, budget):
    print(f"Relative error of one gradient of a noisy function of {SIZE} variables (median):\n")
    rows = [
        [name, f"{count:.0f}", f"{error:.3f}"]
        for name, curve in gradient_errors(repeats).items()
        for count, error in curve
    ]
    table(["method", "evaluations", "error"], rows)
    print("Distance from the minimum, root mean square, after a descent (median):\n")
    rows = []
    for name, curve in descents(repeats, budget).items():
        cells = [
            min(curve, key=lambda c: abs(c[0] - n))[1] for n in (budget / 16, budget / 4, budget)
        ]
        rows.append([name, *(f"{cell:.3f}" for cell in cells)])
    table(["method", *(f"{n:.0f} evaluations" for n in (budget / 16, budget / 4, budget))], rows)


# --- figures --------------------------------------------------------------------------------------


def draw(folder, repeats, budget):
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "srcdiff", "svg.fonttype": "none", "font.size": 9})
    from matplotlib import pyplot

    folder.mkdir(parents=True, exist_ok=True)
    figure, axes = pyplot.subplots(figsize=(6.0, 3.6), layout="constrained")
    for name, curve in step_errors().items():
        axes.loglog(*zip(*curve), label=name, linewidth=1.2)
    axes.set(xlabel="step h", ylabel="mean error of the derivative of sin", ylim=(1e-17, 3.0))
    axes.legend(frameon=False)
    _save(figure, folder / "steps.svg")
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(8.0, 3.6), layout="constrained")
    for name, curve in gradient_errors(repeats).items():
        left.loglog(*zip(*curve), marker="o", markersize=3, linewidth=1.2, label=name)
    left.set(xlabel="evaluations for one gradient", ylabel="relative error")
    left.legend(frameon=False)
    for name, curve in descents(repeats, budget).items():
        right.loglog(*zip(*_thinned(curve)), linewidth=1.2, label=name)
    right.set(xlabel="evaluations in a descent", ylabel="distance from the minimum")
    right.legend(frameon=False)
    _save(figure, folder / "noise.svg")


def _thinned(curve):
    """Some fifty points, evenly on a logarithmic axis."""
    places = np.unique(np.logspace(0, np.log10(len(curve)), 50).astype(int)) - 1
    return [curve[k] for k in places if curve[k][0] > 0]


def _save(figure, path):
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    print(f"wrote {path}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    parser.add_argument("--figures", type=Path, help="write figures into this folder")
    options = parser.parse_args()
    repeats, budget = (3, 2400) if options.quick else (9, 9600)
    if options.figures:
        if not find_spec("matplotlib"):
            raise SystemExit("figures need matplotlib: python -m pip install 'srcdiff[bench]'")
        return draw(options.figures, repeats, budget)
    report_compared(10 if options.quick else 50)
    x = 0.8
    found = difference_step(lambda x: math.sin(x), x)
    print(f"Step found for sin at {x}: {found:.1e}; eps**(1/3) is {2.0 ** (-52 / 3):.1e}.\n")
    report_noise(repeats, budget)
    return None


if __name__ == "__main__":
    main()
