"""Chapter 2 of the optimisation textbook, worked through with srcdiff.

M. J. Kochenderfer and T. A. Wheeler, "Algorithms for Optimization", MIT Press: derivatives and
gradients.  The two functions of the chapter by forward and reverse mode, line by line; the estimates
with their measured orders; a noisy quadratic; and directions.

Run it with ``python examples/textbook.py``.
"""

import cmath
import linecache
import math
import sys

import numpy as np

from srcdiff import estimate, grad, jvp, value_and_grad


def logarithm(a, b):
    """f(a, b) = ln(ab + max(a, 2)), a node of the graph on each line."""
    c1 = a * b
    c2 = max(a, 2)
    c3 = c1 + c2
    return math.log(c3)


def root_and_cosine(x):
    """f(x) = sqrt(x^2 + exp(x^2)) + cos(x^2 + exp(x^2)), what is shared written once."""
    c1 = x**2
    c2 = math.exp(c1)
    c3 = c1 + c2
    return math.sqrt(c3) + math.cos(c3)


def traced(name, call):
    """Make a call, and print each line that generated code of this name runs, with what it assigns."""
    known, line = {}, [0]

    def watch(frame, event, _):
        if frame.f_code.co_name != name:
            return None
        if line[0]:
            text = linecache.getline(frame.f_code.co_filename, line[0]).strip()
            new = {k: v for k, v in frame.f_locals.items() if known.get(k) != v}
            told = ", ".join(f"{k} = {float(v):.6g}" for k, v in new.items())
            print(f"    {text:<44} {told}".rstrip())
        known.update(frame.f_locals)
        line[0] = frame.f_lineno if event != "call" else 0
        return watch

    call()  # compiles
    before = sys.gettrace()
    sys.settrace(watch)
    try:
        return call()
    finally:
        sys.settrace(before)


def both_modes():
    print("f(a, b) = ln(ab + max(a, 2)) at a = 3, b = 2\n")
    print("  forward mode, along a:")
    value, slope = traced("logarithm_jvp", lambda: jvp(logarithm, (3.0, 2.0), (1.0, 0.0)))
    print(f"  f: {value:.6f}\n  df/da, forward: {slope:.6f}\n")
    print("  reverse mode, for a and b in one sweep:")
    gradient = value_and_grad(logarithm, ("a", "b"))
    value, (by_a, by_b) = traced("logarithm_value_and_grad", lambda: gradient(3.0, 2.0))
    print(f"  df/da, reverse: {by_a:.6f}\n  df/db, reverse: {by_b:.6f}\n")


def reverse_mode():
    print("f(x) = sqrt(x^2 + exp(x^2)) + cos(x^2 + exp(x^2)) at x = 1\n")
    print("  reverse mode:")
    slope = traced("root_and_cosine_grad", lambda: grad(root_and_cosine)(1.0))
    print(f"  df/dx: {slope:.9f}\n")


def order(errors, steps):
    """The slope of the errors over the steps on logarithmic axes."""
    return np.polyfit(np.log(steps), np.log(errors), 1)[0]


def orders():
    print("Orders of convergence, measured on sin at 0.5:\n")
    steps = 0.1 * 2.0 ** -np.arange(6.0)
    formulas = {
        "forward": lambda h: estimate.forward_difference(math.sin, 0.5, h=h),
        "backward": lambda h: estimate.backward_difference(math.sin, 0.5, h=h),
        "central": lambda h: estimate.central_difference(math.sin, 0.5, h=h),
        "complex step": lambda h: estimate.complex_step(cmath.sin, 0.5, h=h),
    }
    for name, formula in formulas.items():
        errors = [abs(formula(h) - math.cos(0.5)) for h in steps]
        print(f"  {name}: {order(errors, steps):.3f}")
    gap = abs(estimate.complex_step(cmath.sin, 0.5, h=1e-200) - math.cos(0.5))
    print(f"  error of the complex step with h = 1e-200: {gap:.1e}\n")


def noisy_quadratic():
    rng = np.random.default_rng(0)
    scales, x = np.array([1.0, 4.0]), np.array([1.0, -0.5])

    def f(x):
        return 0.5 * np.sum(scales * x**2) + 0.05 * rng.standard_normal()

    print("Gradients of a quadratic with noise 0.05, where the right one is (1, -2):\n")
    options = {"full": True, "rng": rng}
    fit = estimate.regression_gradient(f, x, h=0.3, samples=200, antithetic=True, **options)
    found = estimate.spsa(f, x, h=0.3, samples=200, **options)
    print(f"  central differences: {estimate.central_difference(f, x).round(0)}")
    print(f"  regression gradient: {fit.value.round(2)} with errors {fit.error.round(2)}")
    print(f"  SPSA: {found.value.round(2)} with errors {found.error.round(2)}")
    counts = np.array([4, 16, 64, 256])
    spread = [
        np.sqrt(
            np.mean(
                [
                    (estimate.spsa(f, x, h=0.3, samples=k, rng=rng) - scales * x) ** 2
                    for _ in range(40)
                ]
            )
        )
        for k in counts
    ]
    print(f"  rate of the mean of SPSA: {order(spread, counts):.2f}\n")


def directions():
    def f(x):
        return np.exp(x[0]) * np.sin(x[1]) + x[0] ** 2

    x = np.array([0.7, -0.4])
    angles = np.linspace(-np.pi, np.pi, 721)
    slopes = [
        estimate.directional_derivative(f, x, np.array([np.cos(a), np.sin(a)])) for a in angles
    ]
    steepest = grad(f)(x)
    print("The derivative is largest along the gradient:\n")
    print(f"  angle of the largest: {angles[np.argmax(slopes)]:.3f}")
    print(f"  angle of the gradient: {math.atan2(steepest[1], steepest[0]):.3f}")
    print(f"  the largest: {max(slopes):.4f}")
    print(f"  length of the gradient: {np.linalg.norm(steepest):.4f}")


if __name__ == "__main__":
    both_modes()
    reverse_mode()
    orders()
    noisy_quadratic()
    directions()
