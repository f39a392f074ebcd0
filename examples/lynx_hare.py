"""Fit the Lotka-Volterra equations to twenty-one years of the Hudson Bay fur trade.

The model is integrated by a Runge-Kutta scheme written as an ordinary loop over Python floats. Its
gradient is a loop as well: it walks the same years backwards. Run it with
``python examples/lynx_hare.py``.
"""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from bfgs import minimise

from srcdiff import value_and_grad

TABLE = Path(__file__).parent / "data" / "lynx_hare.csv"


class Model(NamedTuple):
    """Four rates per year and two populations in 1900, each as a logarithm."""

    growth: float  # of the hares, undisturbed
    capture: float  # of hares, per lynx
    decline: float  # of the lynxes, unfed
    benefit: float  # to the lynxes, per hare
    hares: float
    lynxes: float


def velocity(hare, lynx, growth, capture, decline, benefit):
    """How fast the two populations change."""
    return (growth - capture * lynx) * hare, (benefit * hare - decline) * lynx


def advance(hare, lynx, h, growth, capture, decline, benefit):
    """One step of the classical fourth-order Runge-Kutta method."""
    a1, b1 = velocity(hare, lynx, growth, capture, decline, benefit)
    a2, b2 = velocity(hare + 0.5 * h * a1, lynx + 0.5 * h * b1, growth, capture, decline, benefit)
    a3, b3 = velocity(hare + 0.5 * h * a2, lynx + 0.5 * h * b2, growth, capture, decline, benefit)
    a4, b4 = velocity(hare + h * a3, lynx + h * b3, growth, capture, decline, benefit)
    hare = hare + h / 6.0 * (a1 + 2.0 * a2 + 2.0 * a3 + a4)
    lynx = lynx + h / 6.0 * (b1 + 2.0 * b2 + 2.0 * b3 + b4)
    return hare, lynx


@value_and_grad
def misfit(model, hares, lynxes, steps=10):
    """Sum of squared log ratios between the model and the record, year by year."""
    growth, capture = math.exp(model.growth), math.exp(model.capture)
    decline, benefit = math.exp(model.decline), math.exp(model.benefit)
    hare, lynx = math.exp(model.hares), math.exp(model.lynxes)
    total = math.log(hare / hares[0]) ** 2 + math.log(lynx / lynxes[0]) ** 2
    for hares_seen, lynxes_seen in zip(hares[1:], lynxes[1:]):
        for _ in range(steps):
            hare, lynx = advance(hare, lynx, 1.0 / steps, growth, capture, decline, benefit)
        total += math.log(hare / hares_seen) ** 2 + math.log(lynx / lynxes_seen) ** 2
    return total


def main():
    _, hares, lynxes = np.loadtxt(TABLE, delimiter=",", skiprows=1, unpack=True)
    guess = Model(*(math.log(v) for v in (0.5, 0.02, 1.0, 0.02, 30.0, 4.0)))

    print("The value and gradient that srcdiff wrote:\n")
    print(misfit.source(guess, hares, lynxes))

    def objective(x):
        value, gradient = misfit(Model(*x.tolist()), hares, lynxes)
        return value, np.array(gradient)

    x, value, _ = minimise(objective, np.array(guess))
    before, _ = misfit(guess, hares, lynxes)
    print(f"misfit at the guess: {before:.2f}")
    print(f"misfit at the fit:   {value:.2f}")
    print(f"residual scale:      {math.sqrt(value / (2 * len(hares))):.3f}")
    for name, logarithm in zip(Model._fields, x):
        print(f"{name:>8} = {math.exp(logarithm):.3g}")


if __name__ == "__main__":
    main()
