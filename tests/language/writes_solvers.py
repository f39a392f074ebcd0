"""Direct and iterative solvers that work in place."""

from __future__ import annotations

import numpy as np

from tests.language.rows import row

V = np.array([0.7, -1.2, 0.4, 0.9])
A = np.array([[0.4, -0.3, 0.7], [0.2, 0.5, -0.6], [-0.1, 0.8, 0.3]])


def gauss_seidel(a, b):
    M = a + 3 * np.eye(3)
    x = np.zeros(3)
    for _ in range(4):
        for i in range(3):
            s = 0.0
            for j in range(3):
                if j != i:
                    s += M[i, j] * x[j]
            x[i] = (b[i] - s) / M[i, i]
    return np.sum(x**2)


def lu(a, b):
    M = a + 3 * np.eye(3)
    n = 3
    for k in range(n):
        for i in range(k + 1, n):
            M[i, k] /= M[k, k]
            M[i, k + 1 :] -= M[i, k] * M[k, k + 1 :]
    y = b.copy()
    for i in range(n):
        y[i] -= M[i, :i] @ y[:i]
    for i in range(n - 1, -1, -1):
        y[i] = (y[i] - M[i, i + 1 :] @ y[i + 1 :]) / M[i, i]
    return np.sum(y**2)


def lu_inplace_args(M, y):
    n = 3
    for k in range(n):
        for i in range(k + 1, n):
            M[i, k] /= M[k, k]
            for j in range(k + 1, n):
                M[i, j] -= M[i, k] * M[k, j]
    for i in range(n):
        for j in range(i):
            y[i] -= M[i, j] * y[j]
    for i in reversed(range(n)):
        for j in range(i + 1, n):
            y[i] -= M[i, j] * y[j]
        y[i] /= M[i, i]
    return np.sum(y**2)


def cholesky(a):
    M = a @ a.T
    n = 3
    L = np.zeros_like(M)
    for j in range(n):
        L[j, j] = np.sqrt(M[j, j] - np.sum(L[j, :j] ** 2))
        for i in range(j + 1, n):
            L[i, j] = (M[i, j] - L[i, :j] @ L[j, :j]) / L[j, j]
    return np.sum(np.log(np.diag(L))) + np.sum(L[2])


def chol_inplace(A):
    n = 3
    for i in range(n):
        for j in range(i):
            for k in range(j):
                A[i, j] -= A[i, k] * A[j, k]
            A[i, j] /= A[j, j]
        for k in range(i):
            A[i, i] -= A[i, k] * A[i, k]
        A[i, i] = np.sqrt(A[i, i])
    return np.sum(A**2)


def durbin(r):
    y = np.empty_like(r)
    alpha = -r[0]
    beta = 1.0
    y[0] = -r[0]
    for k in range(1, r.shape[0]):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(np.flip(r[:k]), y[:k])) / beta
        y[:k] += alpha * np.flip(y[:k])
        y[k] = alpha
    return np.sum(y**2)


def gramschmidt(A):
    n = 3
    Q = np.zeros_like(A)
    R = np.zeros((3, 3))
    for k in range(n):
        R[k, k] = np.sqrt(np.dot(A[:, k], A[:, k]))
        Q[:, k] = A[:, k] / R[k, k]
        for j in range(k + 1, n):
            R[k, j] = np.dot(Q[:, k], A[:, j])
            A[:, j] -= Q[:, k] * R[k, j]
    return np.sum(R**3) + np.sum(Q * np.arange(3.0))


def thomas(b, a, c, d):
    n = len(b)
    for i in range(1, n):
        w = a[i - 1] / b[i - 1]
        b[i] -= w * c[i - 1]
        d[i] -= w * d[i - 1]
    d[-1] /= b[-1]
    for i in range(n - 2, -1, -1):
        d[i] = (d[i] - c[i] * d[i + 1]) / b[i]
    return np.sum(d**2)


def floyd_loops(p):
    for k in range(3):
        for i in range(3):
            for j in range(3):
                if p[i, k] + p[k, j] < p[i, j]:
                    p[i, j] = p[i, k] + p[k, j]
    return np.sum(p**2)


def adi(u, n):
    N = 3
    v = np.empty_like(u)
    p = np.empty_like(u)
    q = np.empty_like(u)
    for _ in range(n):
        v[0] = 1.0
        v[-1] = 1.0
        p[:, 0] = 0.0
        q[:, 0] = v[0]
        for j in range(1, N - 1):
            p[1:-1, j] = -0.3 / (0.2 * p[1:-1, j - 1] + 2.0)
            q[1:-1, j] = (u[j, :-2] + u[j, 1:-1] * 0.4 - 0.3 * q[1:-1, j - 1]) / (
                p[1:-1, j - 1] + 2.0
            )
        for j in range(N - 2, 0, -1):
            v[j, 1:-1] = p[1:-1, j] * v[j + 1, 1:-1] + q[1:-1, j]
        u[1:-1, 1:-1] = v[1:-1, 1:-1] * 0.5 + u[1:-1, 1:-1]
    return np.sum(u**2)


def masked_relu(W, x):
    h = W @ x
    h[h < 0] = 0.0
    h[h > 0] **= 2
    return np.sum(h)


ROWS = (
    row(gauss_seidel, A, np.array([1.0, 2.0, 3.0])),
    row(lu, A, np.array([1.0, 2.0, 3.0])),
    row(lu_inplace_args, A + 3 * np.eye(3), np.array([1.0, 2.0, 3.0])),
    row(cholesky, A + 3 * np.eye(3)),
    row(chol_inplace, A @ A.T + 3 * np.eye(3)),
    row(durbin, np.array([0.5, 0.2, 0.1, -0.3])),
    row(gramschmidt, A + np.eye(3)),
    row(
        thomas,
        np.array([4.0, 5.0, 6.0, 5.0]),
        np.array([1.0, 0.5, 0.2]),
        np.array([0.3, 0.7, 1.0]),
        V,
    ),
    row(floyd_loops, np.abs(A) + 0.5),
    row(adi, A, 2),
    row(masked_relu, A, V[:3]),
)
