"""Central differences over nested arguments, to hold the generated gradients against."""

import dataclasses

import numpy as np


def entries(value):
    """The numbers in an argument or a gradient, in one vector."""
    return np.array(list(_numbers(value)), dtype=float)


def _numbers(value):
    if isinstance(value, dict):
        value = list(value.values())
    elif dataclasses.is_dataclass(value):
        value = [getattr(value, f.name) for f in dataclasses.fields(value)]
    if isinstance(value, (tuple, list)):
        for item in value:
            yield from _numbers(item)
    else:
        yield from np.ravel(value)


def rebuilt(like, numbers):
    """`like` with its numbers taken from the iterator: the inverse of `entries`."""
    if isinstance(like, dict):
        return {k: rebuilt(v, numbers) for k, v in like.items()}
    if dataclasses.is_dataclass(like):
        names = [f.name for f in dataclasses.fields(like)]
        return type(like)(*(rebuilt(getattr(like, n), numbers) for n in names))
    if isinstance(like, (tuple, list)):
        items = [rebuilt(item, numbers) for item in like]
        return type(like)(*items) if hasattr(like, "_fields") else type(like)(items)
    if isinstance(like, np.ndarray):
        flat = [next(numbers) for _ in range(like.size)]
        return np.array(flat, dtype=like.dtype).reshape(like.shape)
    return type(like)(next(numbers))


def central_difference(function, args, wrt, step=1e-5):
    """The gradient by `wrt` (positions), entry by entry, with a formula of fourth order."""
    point = tuple(args[p] for p in wrt)

    def value(x):
        changed = dict(zip(wrt, rebuilt(point, iter(x))))
        return float(function(*(changed.get(k, a) for k, a in enumerate(args))))

    x = entries(point)
    gradient = np.empty_like(x)
    for k, h in enumerate(np.maximum(np.abs(x), 0.1) * step * 10.0):
        e = np.zeros_like(x)
        e[k] = h
        near, far = value(x + e) - value(x - e), value(x + 2 * e) - value(x - 2 * e)
        gradient[k] = (8.0 * near - far) / (12.0 * h)
    return gradient
