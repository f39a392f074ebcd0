"""Direct and iterative solvers that work in place."""

from __future__ import annotations

import numpy as np

from tests.language.rows import row

V = np.array([0.7, -1.2, 0.4, 0.9])
A = np.array([[0.4, -0.3, 0.7], [0.2, 0.5, -0.6], [-0.1, 0.8, 0.3]])
WEIGHTS = np.arange(4.0)


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
    v = u.copy()
    for _ in range(n):
        for j in range(1, 3):
            v[j, 1:] = (u[j, :-1] + v[j - 1, 1:] * u[j, 1:]) / 3.0
        for j in range(1, 3):
            u[1:, j] = (v[:-1, j] + u[1:, j - 1]) / 3.0
    return np.sum(u**2)


def masked_relu(W, x):
    h = W @ x
    h[h < 0] = 0.0
    h[h > 0] **= 2
    return np.sum(h)


def insertion_sort(x):
    for i in range(1, len(x)):
        key = x[i]
        j = i - 1
        while j >= 0 and x[j] > key:
            x[j + 1] = x[j]
            j -= 1
        x[j + 1] = key
    return np.sum(x**2 * WEIGHTS)


def horner_inplace(c):
    x = 0.7
    p = np.zeros(1)
    for k in range(len(c) - 1, -1, -1):
        p *= x
        p += c[k]
        c[k] = p[0]
    return p[0] * np.sum(c)


def gauss_pivot(M, b):
    n = 3
    for k in range(n):
        p = k + np.argmax(np.abs(M[k:, k]))
        if p != k:
            M[[k, p]] = M[[p, k]]
            b[[k, p]] = b[[p, k]]
        for i in range(k + 1, n):
            f = M[i, k] / M[k, k]
            M[i, k:] -= f * M[k, k:]
            b[i] -= f * b[k]
    for i in range(n - 1, -1, -1):
        b[i] = (b[i] - M[i, i + 1 :] @ b[i + 1 :]) / M[i, i]
    return np.sum(b**2)


def gauss_pivot_rows(M, b):
    n = 3
    for k in range(n):
        p = k + int(np.argmax(np.abs(M[k:, k])))
        tmp = M[k].copy()
        M[k] = M[p]
        M[p] = tmp
        b[k], b[p] = (b[p], b[k])
        for i in range(k + 1, n):
            M[i] -= M[i, k] / M[k, k] * M[k]
    return M[0, 0] * M[1, 1] * M[2, 2] * b[2]


def jacobi2d(u, n):
    w = u.copy()
    for _ in range(n):
        w[1:-1, 1:-1] = (
            0.25 * (u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2]) * u[1:-1, 1:-1]
        )
        u, w = (w, u)
    return np.sum(u**2)


def seidel2d(u, n):
    for _ in range(n):
        for i in range(1, 2):
            for j in range(1, 2):
                u[i, j] = (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] * u[i, j + 1]) * 0.25 + u[
                    i, j
                ] ** 2
    return np.sum(u**2)


def prefix2d(S):
    for i in range(1, 3):
        S[i] += S[i - 1]
    for j in range(1, 3):
        S[:, j] += S[:, j - 1]
    return S[2, 2] ** 2 + S[1, 1]


def jacobi_rot(M, b):
    for p in range(2):
        for q in range(p + 1, 3):
            th = 0.5 * np.arctan2(2 * M[p, q], M[q, q] - M[p, p] + 2.0)
            c, s = (np.cos(th), np.sin(th))
            rp = c * M[p] - s * M[q]
            rq = s * M[p] + c * M[q]
            M[p] = rp
            M[q] = rq
            M[:, p], M[:, q] = (c * M[:, p] - s * M[:, q], s * M[:, p] + c * M[:, q])
    return np.sum(np.diag(M) * b)


def householder(M):
    R = M.copy()
    Q = np.eye(3)
    for k in range(2):
        x = R[k:, k].copy()
        x[0] += np.sign(x[0]) * np.sqrt(x @ x)
        w = x / np.sqrt(x @ x)
        R[k:] -= 2.0 * np.outer(w, w @ R[k:])
        Q[:, k:] -= 2.0 * np.outer(Q[:, k:] @ w, w)
    return np.sum(R**2 * np.arange(3.0)) + np.sum(Q)


def viterbi_like(x, t):
    D = np.zeros((4, 2))
    D[0, 0] = x[0]
    for i in range(1, 4):
        for s in range(2):
            D[i, s] = max(D[i - 1, 0] + t[s], D[i - 1, 1] * t[s + 1]) + x[i] * s
    return max(D[-1, 0], D[-1, 1])


def dtw(a, b):
    D = np.full((5, 5), 10.0)
    D[0, 0] = 0.0
    for i in range(1, 5):
        for j in range(1, 5):
            D[i, j] = (a[i - 1] - b[j - 1]) ** 2 + min(D[i - 1, j], D[i, j - 1], D[i - 1, j - 1])
    return D[-1, -1]


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
    row(insertion_sort, V),
    row(horner_inplace, V),
    row(gauss_pivot, A + 3 * np.eye(3), V[:3]),
    row(gauss_pivot_rows, A + 3 * np.eye(3), V[:3]),
    row(jacobi2d, A, 2),
    row(seidel2d, A, 2),
    row(prefix2d, A),
    row(jacobi_rot, A, V[:3]),
    row(householder, A),
    row(viterbi_like, V, V * 0.3 + 1),
    row(dtw, V, V[::-1] * 0.8),
)
