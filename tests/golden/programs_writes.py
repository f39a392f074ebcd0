"""Programs that write in place: into arrays, lists, dicts and objects."""

import numpy as np

from srcdiff import checkpointed, recompute
from tests.golden.programs import draw, program

POSITIVE = draw(51, 4, 4) @ draw(51, 4, 4).T + 2.0 * np.eye(4)


# --- solvers -------------------------------------------------------------------------------------


@program(np.abs(draw(40, 6)) + 0.5, 0.1, 4, wrt=(0, 1))
def heat_stencil(u, rate, steps):
    """Explicit heat equation, two buffers that change places."""
    old = u.copy()
    new = u.copy()
    for _ in range(steps):
        new[1:-1] = old[1:-1] + rate * (old[2:] - 2.0 * old[1:-1] + old[:-2])
        old, new = new, old
    return np.sum(old**2)


@program(draw(41, 4, 4) + 6.0 * np.eye(4), draw(42, 4), 3, wrt=(0, 1))
def gauss_seidel(A, b, sweeps):
    x = np.zeros_like(b)
    for _ in range(sweeps):
        for i in range(len(b)):
            x[i] = (b[i] - A[i, :i] @ x[:i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i]
    return np.sum(x**2)


@program(draw(43, 4, 4) + 4.0 * np.eye(4))
def lu(A):
    """Doolittle's elimination; both factors take the place of A."""
    n = len(A)
    for k in range(n):
        for i in range(k + 1, n):
            A[i, k] /= A[k, k]
            A[i, k + 1 :] -= A[i, k] * A[k, k + 1 :]
    return np.sum(np.log(np.abs(np.diag(A)))) + np.sum(A)


@program(POSITIVE)
def cholesky(A):
    L = np.zeros_like(A)
    n = A.shape[0]
    for j in range(n):
        L[j, j] = np.sqrt(A[j, j] - L[j, :j] @ L[j, :j])
        for i in range(j + 1, n):
            L[i, j] = (A[i, j] - L[i, :j] @ L[j, :j]) / L[j, j]
    return np.sum(np.sin(L))


@program(0.3 * draw(44, 5))
def durbin(r):
    """Durbin's recursion for the Yule-Walker equations (Golub and Van Loan, algorithm 4.7.1)."""
    n = len(r)
    y = np.zeros_like(r)
    y[0] = -r[0]
    alpha, beta = -r[0], 1.0
    for k in range(1, n):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + r[:k][::-1] @ y[:k]) / beta
        y[:k] += alpha * y[:k][::-1]
        y[k] = alpha
    return np.sum(y**2)


# --- series and particles ------------------------------------------------------------------------


@program(0.1, 0.1, 0.8, draw(45, 7), wrt=(0, 1, 2), kinds=("grad", "jvp"))
def garch(omega, alpha, beta, returns):
    sigma2 = np.empty_like(returns)
    sigma2[0] = np.var(returns)
    for t in range(1, len(returns)):
        sigma2[t] = omega + alpha * returns[t - 1] ** 2 + beta * sigma2[t - 1]
    return 0.5 * np.sum(np.log(sigma2) + returns**2 / sigma2)


@program(3.0 * draw(46, 3, 2), draw(47, 3, 2), 0.05, 3, wrt=(0, 1))
def particles(x, v, dt, steps):
    """Bodies that attract each other, moved in place by the symplectic Euler method."""
    for _ in range(steps):
        force = np.zeros_like(x)
        for i in range(len(x)):
            for j in range(i):
                d = x[j] - x[i]
                pull = d / (d @ d + 0.1) ** 1.5
                force[i] += pull
                force[j] -= pull
        v += dt * force
        x += dt * v
    return np.sum(x**2)


@program(draw(48, 3, 3), draw(49, 3), draw(50, 5, 3), wrt=(0, 1))
def recurrent_states(W, h0, inputs):
    """A recurrent network that keeps its states in a list."""
    states = [h0]
    for x in inputs:
        states.append(np.tanh(W @ states[-1] + x))
    return np.sum(np.array(states) ** 2)


# --- containers and objects ----------------------------------------------------------------------


@program(draw(52, 3), 0.1, draw(53, 6, 3), draw(54, 6), 0.05, 3, wrt=(0, 1))
def training(w, b, X, y, rate, steps):
    """Gradient descent for a linear model; the parameters stand in a dict."""
    params = {"w": w.copy(), "b": b}
    for _ in range(steps):
        miss = X @ params["w"] + params["b"] - y
        params["w"] -= rate * (X.T @ miss)
        params["b"] -= rate * np.sum(miss)
    return np.sum((X @ params["w"] + params["b"] - y) ** 2)


class Oscillator:
    """A spring with friction that moves by `step`."""

    def __init__(self, stiffness, friction):
        self.stiffness = stiffness
        self.friction = friction
        self.x = 1.0
        self.v = 0.0

    def step(self, dt):
        self.v -= dt * (self.stiffness * self.x + self.friction * self.v)
        self.x += dt * self.v


@program(2.0, 0.3, 0.1, 5, wrt=(0, 1))
def oscillator(stiffness, friction, dt, steps):
    spring = Oscillator(stiffness, friction)
    for _ in range(steps):
        spring.step(dt)
    return spring.x**2


@program(draw(55, 6), kinds=("grad", "jvp"))
def masked_store(x):
    y = x**2
    y[x < 0.0] = -0.5 * y[x < 0.0]
    y[y > 1.0] *= 3.0
    return np.sum(y * x)


@program(draw(56, 5))
def swap_sort(x):
    """Bubble sort, by swaps in place."""
    y = x.copy()
    n = len(y)
    for i in range(n):
        for j in range(n - 1 - i):
            if y[j] > y[j + 1]:
                y[j], y[j + 1] = y[j + 1], y[j]
    total = 0.0
    for i in range(n):
        total += (i + 1) * y[i] ** 2
    return total


# --- less memory ---------------------------------------------------------------------------------


@program(np.abs(draw(63, 6)) + 0.5, 0.1, 4)
def heat_content(u, rate, steps):
    """What is left in a rod that is changed in place: one array of ones is all the sweep starts from."""
    for _ in range(steps):
        u[1:-1] = u[1:-1] + rate * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return u.sum()


@program(np.abs(draw(60, 6)) + 0.5, 0.1, 12, wrt=(0, 1))
def heat_checkpointed(u, rate, steps):
    """A nonlinear heat equation in place, of which three states are kept."""
    for _ in checkpointed(range(steps), snapshots=3):
        u[1:-1] += rate * u[1:-1] * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u**2)


@recompute
def layer(h, W):
    for _ in range(3):
        h = h + 0.1 * np.tanh(W @ h)
    return h


@program(draw(61, 4), draw(62, 4, 4), wrt=(0, 1))
def layers_recomputed(h, W):
    """Layers whose inside is not recorded."""
    for _ in range(5):
        h = layer(h, W)
    return np.sum(h**2)


@program(draw(64, 5) + 0.2, draw(65, 5) + 6.0, draw(66, 5), draw(67, 5), wrt=(1, 3))
def thomas(a, b, c, d):
    """Tridiagonal equations: work arrays that begin alike and are three all the same."""
    n = len(d)
    above, right, x = np.zeros(n), np.zeros(n), np.zeros(n)
    above[0], right[0] = c[0] / b[0], d[0] / b[0]
    for i in range(1, n):
        pivot = b[i] - a[i] * above[i - 1]
        above[i] = c[i] / pivot
        right[i] = (d[i] - a[i] * right[i - 1]) / pivot
    x[-1] = right[-1]
    for i in range(n - 2, -1, -1):
        x[i] = right[i] - above[i] * x[i + 1]
    return np.sum(x**2)


@program(draw(68, 6), 3)
def two_stages(u, steps):
    """Two work arrays that are filled in turn: their cotangents begin alike, and are two."""
    a, b = np.zeros_like(u), np.zeros_like(u)
    for _ in range(steps):
        a[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        b[1:-1] = a[1:-1] * u[1:-1]
        u = a + b
    return u.sum()
