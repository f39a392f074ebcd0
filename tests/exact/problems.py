"""Problems with sparse derivatives, as users write them; the benchmarks take them too."""

import numpy as np

# --- programs that write in place ---------------------------------------------------------------


def relaxed(x):
    """Sweeps over a copy: each entry from its neighbours, old and new."""
    y = x.copy()
    for _ in range(2):
        for k in range(1, len(y) - 1):
            y[k] = 0.5 * y[k] + 0.25 * np.sin(y[k - 1]) * y[k + 1]
    return y


def filled(x):
    out = np.zeros(len(x))
    out[::2] = x[::2] ** 2
    out[1:3] += x[0] * x[1:3]
    out[[1, 1]] = x[[3, 4]]
    return out


def listed(x):
    entries = [x[0]]
    for k in range(1, len(x)):
        entries.append(entries[k - 1] * 0.5 + x[k] ** 2)
        if k % 2:
            entries[k - 1] = x[k]
    return np.array(entries)


def swapped(x):
    a, b = x * 1.0, np.zeros_like(x)
    for _ in range(3):
        b[1:] = a[:-1] * a[1:]
        b[0] = a[-1]
        a, b = b, a
    return a + b


def rows(x):
    A = np.zeros((2, 3))
    A[0] = x[:3]
    A[:, 1] *= x[3]
    A[1] += A[0] * x[3:]
    return A


def through_argument(x, out):
    """Leaves its result in an argument, and returns it."""
    out[:] = x * out
    out[0] += x[1] ** 2
    return out


WRITING = {
    "relaxed": (relaxed, ()),
    "filled": (filled, ()),
    "listed": (listed, ()),
    "swapped": (swapped, ()),
    "rows": (rows, ()),
    "through an argument": (through_argument, (np.arange(1.0, 7.0),)),
}


# --- problems of some size ----------------------------------------------------------------------


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def laplacian(w):
    """Five points, on a torus."""
    return np.roll(w, 1, 0) + np.roll(w, -1, 0) + np.roll(w, 1, 1) + np.roll(w, -1, 1) - 4.0 * w


def brusselator(state, n, diffusion=10.0):
    """The right-hand side of a reaction of two species on an n by n grid (Prigogine & Lefever)."""
    u, v = state.reshape(2, n, n)
    du = 1.0 + u**2 * v - 4.4 * u + diffusion * laplacian(u)
    dv = 3.4 * u - u**2 * v + diffusion * laplacian(v)
    return np.stack([du, dv]).ravel()


def reprojection(parameters, cameras, camera_of, point_of, seen):
    """The misses of a bundle adjustment, two per observation.

    parameters: 9 numbers per camera (rotation vector, translation, focal length, two of distortion),
    then 3 per point. The model is that of the BAL data sets (Agarwal et al., "Bundle adjustment in the
    large", ECCV 2010).
    """
    camera = parameters[: 9 * cameras].reshape(cameras, 9)[camera_of]
    point = parameters[9 * cameras :].reshape(-1, 3)[point_of]
    turn, shift, focal = camera[:, :3], camera[:, 3:6], camera[:, 6]
    angle = np.sqrt(np.sum(turn**2, axis=1) + 1e-20)[:, None]
    axis = turn / angle
    c, s = np.cos(angle), np.sin(angle)
    along = np.sum(axis * point, axis=1)[:, None]
    x0 = axis[:, 1] * point[:, 2] - axis[:, 2] * point[:, 1]
    x1 = axis[:, 2] * point[:, 0] - axis[:, 0] * point[:, 2]
    x2 = axis[:, 0] * point[:, 1] - axis[:, 1] * point[:, 0]
    across = np.stack([x0, x1, x2], axis=1)
    placed = c * point + s * across + (1.0 - c) * along * axis + shift
    flat = -placed[:, :2] / placed[:, 2:]
    r2 = np.sum(flat**2, axis=1)
    scale = focal * (1.0 + r2 * (camera[:, 7] + r2 * camera[:, 8]))
    return (flat * scale[:, None] - seen).ravel()


def bundle(cameras, points, observations, seed):
    """A made-up bundle adjustment: (parameters, cameras, camera_of, point_of, seen)."""
    random = np.random.default_rng(seed)
    each = np.zeros((cameras, 9))
    each[:, :3] = random.normal(size=(cameras, 3)) * 0.1
    each[:, 5] = -10.0
    each[:, 6] = 500.0
    each[:, 7:] = random.normal(size=(cameras, 2)) * 1e-3
    places = random.normal(size=(points, 3))
    camera_of = random.integers(cameras, size=observations)
    point_of = np.arange(observations) % points
    parameters = np.concatenate([each.ravel(), places.ravel()])
    seen = random.normal(size=(observations, 2)) * 50.0
    return parameters, cameras, camera_of, point_of, seen
