"""Logistic regression on the UCI breast-cancer table, trained with a generated gradient.

Run it with ``python examples/quickstart.py``.
"""

from pathlib import Path

import numpy as np

from srcdiff import grad

TABLE = Path(__file__).parent / "data" / "breast_cancer.csv"


@grad
def loss(w, X, y, ridge=1e-2):
    """Mean logistic loss for labels of -1 and +1, with a ridge penalty on the weights."""
    margin = y * (X @ w)
    return np.mean(np.logaddexp(0.0, -margin)) + 0.5 * ridge * (w @ w)


def load():
    """Standardised features with a column of ones, and labels: three rows in four to train on."""
    table = np.loadtxt(TABLE, delimiter=",", skiprows=1)
    features, y = table[:, :-1], np.where(table[:, -1] == 1.0, 1.0, -1.0)
    held_out = np.arange(len(y)) % 4 == 3
    centre, scale = features[~held_out].mean(axis=0), features[~held_out].std(axis=0)
    X = np.column_stack([np.ones(len(y)), (features - centre) / scale])
    return X[~held_out], y[~held_out], X[held_out], y[held_out]


def descend(w, X, y, steps=500):
    """Plain gradient descent, with the step that the curvature of the loss allows."""
    rate = 1.0 / (0.25 * np.linalg.norm(X, ord=2) ** 2 / len(y) + 1e-2)
    for _ in range(steps):
        w = w - rate * loss(w, X, y)
    return w


def main():
    X, y, X_held_out, y_held_out = load()
    start = np.random.default_rng(0).normal(scale=0.1, size=X.shape[1])

    print("The gradient that srcdiff wrote:\n")
    print(loss.source(start, X, y))

    print("Checked at the starting point:\n")
    print(loss.check(start, X, y))

    w = descend(start, X, y)
    print(f"\nloss before training: {loss.primal(start, X, y):.4f}")
    print(f"loss after training:  {loss.primal(w, X, y):.4f}")
    right = int(np.sum(np.sign(X_held_out @ w) == y_held_out))
    share = right / len(y_held_out)
    print(f"held-out rows classified correctly: {right} of {len(y_held_out)} ({share:.1%})")


if __name__ == "__main__":
    main()
