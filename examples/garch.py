"""Maximum likelihood for a GARCH(1,1) model of ten years of daily oil prices.

The likelihood is a scalar recurrence, one conditional variance after another: the kind of loop that
cannot be vectorised. Run it with ``python examples/garch.py``.
"""

import math
from pathlib import Path

import numpy as np
from bfgs import minimise

from srcdiff import value_and_grad

TABLE = Path(__file__).parent / "data" / "wti.csv"


def logistic(t):
    return 1.0 / (1.0 + math.exp(-t))


def coefficients(log_omega, logit_persistence, logit_share):
    """Map three unconstrained numbers to omega, alpha and beta of a stationary model."""
    persistence = logistic(logit_persistence)
    alpha = persistence * logistic(logit_share)
    return math.exp(log_omega), alpha, persistence - alpha


@value_and_grad(wrt=("mean", "log_omega", "logit_persistence", "logit_share"))
def negative_log_likelihood(mean, log_omega, logit_persistence, logit_share, returns):
    """Of normal returns whose variance follows omega + alpha * shock**2 + beta * variance."""
    omega, alpha, beta = coefficients(log_omega, logit_persistence, logit_share)
    variance = np.var(returns)
    total = 0.0
    for r in returns:
        shock = r - mean
        total += math.log(2.0 * math.pi * variance) + shock * shock / variance
        variance = omega + alpha * shock * shock + beta * variance
    return 0.5 * total


def main():
    prices = np.loadtxt(TABLE, delimiter=",", skiprows=1, usecols=1)
    returns = 100.0 * np.diff(np.log(prices))
    guess = np.array([0.0, math.log(0.1), 3.0, -2.0])

    print("The value and gradient that srcdiff wrote:\n")
    print(negative_log_likelihood.source(*guess.tolist(), returns))

    def objective(x):
        value, gradient = negative_log_likelihood(*x.tolist(), returns)
        return value, np.array(gradient)

    x, value, _ = minimise(objective, guess, tolerance=1e-3)
    omega, alpha, beta = coefficients(*x[1:])
    print(f"daily returns: {len(returns)}")
    print(f"log-likelihood at the guess: {-objective(guess)[0]:.2f}")
    print(f"log-likelihood at the fit:   {-value:.2f}")
    print(f"mean  = {x[0]:.4f}")
    print(f"omega = {omega:.4f}")
    print(f"alpha = {alpha:.4f}")
    print(f"beta  = {beta:.4f}")
    print(f"yearly volatility in the long run: {math.sqrt(252 * omega / (1 - alpha - beta)):.1f}%")


if __name__ == "__main__":
    main()
