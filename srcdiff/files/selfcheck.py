"""What a derivative file checks itself with. The source of these functions goes into the file, so they
use NumPy alone, and their annotations (all `Any`) are taken off on the way.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def _children(x: Any) -> Any:
    """The parts of a structure by key; None for anything else."""
    if isinstance(x, dict):
        return x
    if hasattr(x, "_asdict"):
        return x._asdict()
    if isinstance(x, (tuple, list)):
        return dict(enumerate(x))
    return vars(x) if hasattr(x, "__dict__") and not callable(x) else None


def _rebuilt(x: Any, parts: Any) -> Any:
    """A structure like x with other parts."""
    if isinstance(x, dict):
        return parts
    if hasattr(x, "_asdict"):
        return type(x)(**parts)
    if isinstance(x, (tuple, list)):
        return type(x)(parts.values())
    made = object.__new__(type(x))
    for key, part in parts.items():
        object.__setattr__(made, key, part)
    return made


def _copied(x: Any) -> Any:
    """A copy, for a function that may write into its arguments."""
    parts = _children(x)
    if parts is not None:
        return _rebuilt(x, {key: _copied(part) for key, part in parts.items()})
    return x.copy() if isinstance(x, np.ndarray) else x


def _is_real(x: Any) -> Any:
    """Whether x is a floating number or an array of them."""
    return isinstance(x, (float, np.floating, np.ndarray)) and np.asarray(x).dtype.kind == "f"


def _drawn(x: Any, rng: Any) -> Any:
    """A random direction in the structure of x, each entry of the size of that of x."""
    parts = _children(x)
    if parts is not None:
        return _rebuilt(x, {key: _drawn(part, rng) for key, part in parts.items()})
    if not _is_real(x):
        return np.zeros_like(x) if isinstance(x, np.ndarray) else x
    size = np.where(np.equal(x, 0.0), 1.0, np.abs(x))
    d = size * rng.uniform(0.5, 1.5, np.shape(x)) * rng.choice([-1.0, 1.0], np.shape(x))
    return d.astype(x.dtype) if isinstance(x, np.ndarray) else type(x)(d)


def _moved(x: Any, d: Any, t: Any) -> Any:
    """x + t d, where x holds floating numbers; the rest as it is."""
    parts = _children(x)
    if parts is not None:
        along = _children(d)
        return _rebuilt(x, {key: _moved(part, along[key], t) for key, part in parts.items()})
    if isinstance(x, float):
        return type(x)(x + t * d)
    if isinstance(x, np.ndarray) and _is_real(x):
        return np.asarray(x + t * d)
    return x + t * d if _is_real(x) else _copied(x)


def _inner(d: Any, g: Any) -> Any:
    """The sum of the products of the floating numbers in two structures."""
    parts = _children(d)
    if parts is not None:
        other = _children(g)
        return sum((_inner(part, other[key]) for key, part in parts.items()), 0.0)
    return float(np.sum(np.multiply(d, g, dtype=np.float64))) if _is_real(d) else 0.0


def _precision(x: Any) -> Any:
    """The largest spacing of the floating types in x."""
    parts = _children(x)
    if parts is not None:
        return max((_precision(part) for part in parts.values()), default=0.0)
    return float(np.finfo(np.asarray(x).dtype).eps) if _is_real(x) else 0.0


def _agreement(found: Any, f: Any, precision: Any) -> Any:
    """How far a derivative is from the nearest difference of f at 0, in units of what is allowed."""
    tiny = [f(50.0 * precision * k) for k in range(-3, 4)]
    rough = 10.0 * (max(tiny) - min(tiny)) + 100.0 * precision * max(map(abs, tiny))
    best = np.inf
    for h in (1e-1, 1e-2, 1e-3):
        near, far = (f(h), f(-h)), (f(2.0 * h), f(-2.0 * h))
        slope = (8.0 * (near[0] - near[1]) - (far[0] - far[1])) / (12.0 * h)
        allowed = precision**0.4 * max(abs(slope), abs(found)) + rough / h
        gap = abs(slope - found)
        best = min(best, gap / allowed if gap else 0.0)
    return best


def _values(entry: Any, functions: Any, arguments: Any, data: Any, rng: Any) -> Any:
    """What the function takes that a derivative is of: a jvp also directions, a vjp also a seed."""
    values = list(arguments.values())
    for kind in entry["inner"]:
        if kind == "jvp":
            values = [*values, *(_drawn(v, rng) for v in values)]
        elif kind == "vjp":
            primal = functions[entry["primal"]]
            given = {key: data[key] for key in entry["primal_hidden"]}
            values = [*values, _drawn(primal(*_copied(values), **given), rng)]
    return values


def _check(entry: Any, functions: Any, name: Any) -> Any:
    """How far off one derivative is along a random direction; above 1 is wrong."""
    arguments, data = functions[entry["example"]]()
    rng = np.random.default_rng(0)
    values = _values(entry, functions, arguments, data, rng)
    directions = [_drawn(v, rng) for v in values]
    own = {key: data[key] for key in entry["hidden"]}
    base, given = functions[entry["base"]], {key: data[key] for key in entry["base_hidden"]}
    moving, weight = [list(arguments).index(w) for w in entry["wrt"]], 1.0
    if entry["outer"] == "jvp":
        value, tangent = functions[name](*_copied(values), *directions, **own)
        moving, weight = list(range(len(values))), _drawn(value, rng)
        found = _inner(weight, tangent)
    else:
        extra = []
        if entry["outer"] == "vjp":
            weight = _drawn(base(*_copied(values), **given), rng)
            extra = [weight]
        gradients = _gradients(entry, functions[name](*_copied(values), *extra, **own))
        found = sum(_inner(directions[k], g) for k, g in zip(moving, gradients))

    def along(t: Any) -> Any:
        point = _copied(values)
        for k in moving:
            point[k] = _moved(values[k], directions[k], t)
        try:
            value = base(*point, **given)
        except Exception:
            if t == 0.0:
                raise
            return np.nan  # a step too far
        aux = entry["has_aux"] and entry["outer"] not in ("jvp", "vjp")
        return _inner(weight, value[0] if aux else value)

    with np.errstate(all="ignore"):
        return _agreement(found, along, max(_precision(values), 2.0**-52))


def _gradients(entry: Any, result: Any) -> Any:
    """The gradients in what a gradient function returns, as a tuple."""
    if entry["outer"] in ("value_and_grad", "vjp"):
        result = result[1]
    elif entry["has_aux"]:
        result = result[0]
    return (result,) if entry["single"] else result


def _check_all(entries: Any, functions: Any) -> Any:
    """Hold all derivatives against differences; how many are wrong."""
    wrong = 0
    for name, entry in entries.items():
        off = _check(entry, functions, name)
        wrong += not off <= 1.0
        print(f"{name}: {'ok' if off <= 1.0 else f'WRONG, {off:.3g} times what is allowed'}")
    return wrong
