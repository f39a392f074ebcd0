"""The GARCH(1,1) model of oil prices again, its variances written into an array one after another.

This is how the recursion stands in most code: ``sigma2[t] = ...`` from ``sigma2[t - 1]``, and the
likelihood from whole arrays. The fit is that of ``garch.py``, which carries one variance along. Run
it with ``python examples/garch_in_place.py``.
"""

import math

import numpy as np
from bfgs import minimise
from garch import TABLE, coefficients

from srcdiff import value_and_grad


@value_and_grad(wrt=("mean", "log_omega", "logit_persistence", "logit_share"))
def negative_log_likelihood(mean, log_omega, logit_persistence, logit_share, returns):
    """Of normal returns whose variance follows omega + alpha * shock**2 + beta * variance."""
    omega, alpha, beta = coefficients(log_omega, logit_persistence, logit_share)
    shocks = returns - mean
    sigma2 = np.empty_like(returns)
    sigma2[0] = np.var(returns)
    for t in range(1, len(returns)):
        sigma2[t] = omega + alpha * shocks[t - 1] ** 2 + beta * sigma2[t - 1]
    return 0.5 * np.sum(np.log(2.0 * math.pi * sigma2) + shocks**2 / sigma2)


def main():
    prices = np.loadtxt(TABLE, delimiter=",", skiprows=1, usecols=1)
    returns = 100.0 * np.diff(np.log(prices))
    guess = np.array([0.0, math.log(0.1), 3.0, -2.0])

    print("The value and gradient that srcdiff wrote:\n")
    print(negative_log_likelihood.source(*guess.tolist(), returns))

    def objective(x):
        value, gradient = negative_log_likelihood(*x.tolist(), returns)
        return value, np.array(gradient)

    x, value, calls = minimise(objective, guess, tolerance=1e-3)
    omega, alpha, beta = coefficients(*x[1:])
    print(f"daily returns: {len(returns)}")
    print(f"gradients computed: {calls}")
    print(f"log-likelihood at the guess: {-objective(guess)[0]:.2f}")
    print(f"log-likelihood at the fit:   {-value:.2f}")
    print(f"mean  = {x[0]:.4f}")
    print(f"omega = {omega:.4f}")
    print(f"alpha = {alpha:.4f}")
    print(f"beta  = {beta:.4f}")


if __name__ == "__main__":
    main()
