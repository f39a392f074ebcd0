"""Find the conductivity of a plate from noisy films of how heat spreads through it.

The heat equation is solved by an explicit stencil that overwrites the temperatures in place, the
way such a solver is written; the gradient runs through it backward. Two experiments, heat from the
top and heat from the left, are seen by a camera. SciPy's L-BFGS is used where it is installed, and
a picture of truth, start and result is saved where matplotlib is. Run it with
``python examples/conductivity.py``.
"""

from importlib.util import find_spec

import numpy as np
from bfgs import minimise

from srcdiff import value_and_grad

SIZE = 16  # cells along a side
FRAMES, STEPS = 6, 30  # pictures of an experiment, time steps between two
DT = 0.1
NOISE = 0.01
SMOOTHNESS = 30.0


def faces(k):
    """How the faces between rows and between columns conduct: like the mean of the two cells."""
    return 0.5 * (k[1:] + k[:-1]), 0.5 * (k[1:-1, 1:] + k[1:-1, :-1])


def advance(u, between_rows, between_columns):
    """Move the temperatures of all rows but the first and the last, which keep theirs.

    No heat passes the left and the right edge.
    """
    down = DT * between_rows * (u[1:] - u[:-1])
    right = DT * between_columns * (u[1:-1, 1:] - u[1:-1, :-1])
    u[1:-1] += down[1:] - down[:-1]
    u[1:-1, :-1] += right
    u[1:-1, 1:] -= right


def misfit(k, film):
    """Squared distance between a film and what a plate heated at its first row would show."""
    between_rows, between_columns = faces(k)
    u = np.zeros_like(k)
    u[0] = 1.0
    total = 0.0
    for frame in film:
        for _ in range(STEPS):
            advance(u, between_rows, between_columns)
        total += np.sum((u - frame) ** 2)
    return total


@value_and_grad
def loss(log_k, from_above, from_left):
    """The misfit of both experiments in units of the noise, and a penalty on what is not smooth."""
    k = np.exp(log_k)
    rough = np.sum((log_k[1:] - log_k[:-1]) ** 2) + np.sum((log_k[:, 1:] - log_k[:, :-1]) ** 2)
    return (misfit(k, from_above) + misfit(k.T, from_left)) / NOISE**2 + SMOOTHNESS * rough


def filmed(k, rng):
    """The frames of an experiment, with the noise of the camera."""
    u = np.zeros_like(k)
    u[0] = 1.0
    film = np.empty((FRAMES, *k.shape))
    for frame in film:
        for _ in range(STEPS):
            advance(u, *faces(k))
        frame[:] = u + NOISE * rng.standard_normal(u.shape)
    return film


def truth():
    """A plate with a spot that conducts well and one that conducts badly."""
    x, y = np.meshgrid(np.linspace(0.0, 1.0, SIZE), np.linspace(0.0, 1.0, SIZE))
    good = np.exp(-((x - 0.3) ** 2 + (y - 0.35) ** 2) / 0.03)
    bad = np.exp(-((x - 0.7) ** 2 + (y - 0.65) ** 2) / 0.03)
    return np.exp(0.7 * good - 1.2 * bad)


def fitted(from_above, from_left):
    """The logarithm of the conductivity by L-BFGS from SciPy, else by the BFGS of the examples."""
    start = np.zeros(SIZE * SIZE)

    def objective(x):
        value, gradient = loss(x.reshape(SIZE, SIZE), from_above, from_left)
        return value, gradient.ravel()

    if find_spec("scipy"):
        from scipy.optimize import minimize

        options = {"maxiter": 40}
        found = minimize(objective, start, jac=True, method="L-BFGS-B", options=options)
        return found.x.reshape(SIZE, SIZE), found.nfev, "L-BFGS (SciPy)"
    x, _, calls = minimise(objective, start, iterations=40)
    return x.reshape(SIZE, SIZE), calls, "BFGS"


def draw(path, **fields):
    """Save the fields side by side, on one scale."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 3.0), layout="constrained")
    low = min(field.min() for field in fields.values())
    high = max(field.max() for field in fields.values())
    panels = figure.subplots(1, len(fields))
    for panel, (name, field) in zip(panels, fields.items()):
        image = panel.imshow(field, vmin=low, vmax=high)
        panel.set_title(name)
        panel.set_axis_off()
    figure.colorbar(image, ax=list(panels), label="conductivity")
    figure.savefig(path, dpi=120)


def main():
    rng = np.random.default_rng(5)
    k = truth()
    from_above, from_left = filmed(k, rng), filmed(k.T, rng)
    start = np.ones_like(k)

    print("The value and gradient that srcdiff wrote:\n")
    print(loss.source(np.log(start), from_above, from_left))

    log_k, calls, method = fitted(from_above, from_left)
    result = np.exp(log_k)
    print(f"minimised by: {method}")
    print(f"gradients computed: {calls}")
    print(f"loss at the start: {loss.primal(np.log(start), from_above, from_left):.1f}")
    print(f"loss at the fit:   {loss.primal(log_k, from_above, from_left):.1f}")
    print(f"numbers in the films: {from_above.size + from_left.size}")
    print(f"error of the start (rms): {np.sqrt(np.mean((start - k) ** 2)):.4f}")
    print(f"error of the fit (rms):   {np.sqrt(np.mean((result - k) ** 2)):.4f}")
    if find_spec("matplotlib"):
        draw("conductivity.png", truth=k, start=start, result=result)
        print("picture: conductivity.png")


if __name__ == "__main__":
    main()
