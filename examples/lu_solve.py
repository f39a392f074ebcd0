"""A linear solver that works in place, differentiated through its stores and row exchanges.

Elimination with partial pivoting overwrites the matrix with its factors and the right-hand side
with the solution. The gradient, which srcdiff wrote by reading those loops, is compared with the
gradient through ``np.linalg.solve``, which has a formula of its own. Run it with
``python examples/lu_solve.py``.
"""

import numpy as np

from srcdiff import grad


def solve_in_place(A, x):
    """Replace A by its factors L and U, and x by the solution of A x = b, where x held b."""
    n = len(x)
    for k in range(n):
        p = k + np.argmax(np.abs(A[k:, k]))
        if p != k:
            A[[k, p]] = A[[p, k]]
            x[k], x[p] = x[p], x[k]
        for i in range(k + 1, n):
            A[i, k] /= A[k, k]
            A[i, k + 1 :] -= A[i, k] * A[k, k + 1 :]
            x[i] -= A[i, k] * x[k]
    for i in range(n - 1, -1, -1):
        x[i] = (x[i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i]


@grad(wrt=("A", "b"))
def by_elimination(A, b, weights):
    solve_in_place(A, b)
    return weights @ b


@grad(wrt=("A", "b"))
def by_numpy(A, b, weights):
    return weights @ np.linalg.solve(A, b)


def main():
    rng = np.random.default_rng(8)
    n = 30
    A, b, weights = rng.standard_normal((n, n)), rng.standard_normal(n), rng.standard_normal(n)
    by_A, by_b = by_numpy(A, b, weights)

    print("The gradient that srcdiff wrote:\n")
    print(by_elimination.source(A, b, weights))

    # After the gradient the arguments hold what the solver leaves in them, so it gets copies.
    factors, x = A.copy(), b.copy()
    found_A, found_b = by_elimination(factors, x, weights)
    print(f"unknowns: {n}")
    print(f"condition number: {np.linalg.cond(A):.1f}")
    print(f"solution, largest difference: {np.max(np.abs(x - np.linalg.solve(A, b))):.2e}")
    print(f"largest entry of the gradient by A: {np.max(np.abs(by_A)):.4f}")
    print(f"gradient by A, largest difference: {np.max(np.abs(found_A - by_A)):.2e}")
    print(f"gradient by b, largest difference: {np.max(np.abs(found_b - by_b)):.2e}")


if __name__ == "__main__":
    main()
