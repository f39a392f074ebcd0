"""Tangents and seeds: do they have the structure and shapes that they should have?"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Sequence
from typing import Any

import numpy as np

from srcdiff.api.requests import misuse


def check_direction(x: Any, d: Any) -> None:
    """ArgumentsError unless x holds floats and d is a direction in its space."""
    if not _has_floats(x):
        raise misuse(
            "SD502",
            f"the first argument is {type(x).__name__}: no derivative with respect to it",
            "pass a float or a float array, e.g. 3.0 instead of 3",
        )
    check_tangents((x,), (d,))


def _has_floats(x: Any) -> bool:
    if isinstance(x, (np.ndarray, np.generic)):
        return x.dtype.kind in "fc"
    if isinstance(x, dict):
        return any(map(_has_floats, x.values()))
    if isinstance(x, (tuple, list)):
        return any(map(_has_floats, x))
    names = _field_names(x)
    return isinstance(x, (float, complex)) or any(_has_floats(getattr(x, n)) for n in names)


def check_tangents(primals: Sequence[Any], tangents: Sequence[Any]) -> None:
    for k, (p, d) in enumerate(zip(primals, tangents)):
        _check_tangent(p, d, f"the tangent of argument {k}")


def _check_tangent(p: Any, d: Any, where: str) -> None:
    """ArgumentsError unless a tangent has the structure and shapes of its argument."""
    if isinstance(p, np.ndarray) and np.shape(d) != p.shape:
        raise misuse("SD505", f"{where} has shape {np.shape(d)}, the argument {p.shape}")
    if isinstance(p, (float, complex, np.inexact, np.ndarray)):
        _check_number(p, d, where)
    if isinstance(p, dict):
        if not isinstance(d, dict) or set(d) != set(p):
            raise misuse("SD505", f"{where} is not a dict with the keys {list(p)}")
        for key in p:
            _check_tangent(p[key], d[key], f"{where}[{key!r}]")
    elif isinstance(p, (tuple, list)):
        if not isinstance(d, (tuple, list)) or len(d) != len(p):
            raise misuse("SD505", f"{where} is not a {type(p).__name__} of {len(p)}")
        for n, (a, b) in enumerate(zip(p, d)):
            _check_tangent(a, b, f"{where}[{n}]")


def _check_number(p: Any, d: Any, where: str) -> None:
    if np.ndim(p) == 0 and np.shape(d) != ():
        raise misuse("SD505", f"{where} has shape {np.shape(d)}, the argument is a number")
    if isinstance(d, (tuple, list)) or np.asarray(d).dtype.kind not in "biufc":
        raise misuse("SD505", f"{where} is a {type(d).__name__}, not numbers")


def fitted_seed(value: Any, seed: Any, where: str) -> Any:
    """A seed in the structure of the value; ArgumentsError when it is not."""
    if isinstance(value, np.ndarray):
        return _fitted_array(value, seed, where)
    if isinstance(value, dict):
        if not isinstance(seed, dict) or set(seed) != set(value):
            raise misuse("SD506", f"{where} is not a dict with the keys {list(value)}")
        return {k: fitted_seed(v, seed[k], f"{where}[{k!r}]") for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        if not isinstance(seed, (tuple, list)) or len(seed) != len(value):
            raise misuse("SD506", f"{where} is not a {type(value).__name__} of {len(value)}")
        items = [fitted_seed(v, s, f"{where}[{k}]") for k, (v, s) in enumerate(zip(value, seed))]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, (bool, int, float, complex, np.generic)):
        return _fitted_number(value, seed, where)
    names = _field_names(value)
    return _fitted_object(value, names, seed, where) if names else seed


def _field_names(value: Any) -> tuple[str, ...]:
    if dataclasses.is_dataclass(value):
        return tuple(f.name for f in dataclasses.fields(value))
    return tuple(getattr(value, "__dict__", ()))


def _fitted_array(value: Any, seed: Any, where: str) -> Any:
    if np.shape(seed) != value.shape:
        raise misuse(
            "SD506", f"{where} has shape {np.shape(seed)}, the value has shape {value.shape}"
        )
    _check_kind(value.dtype, np.asarray(seed).dtype, where)
    return np.asarray(seed, dtype=value.dtype if value.dtype.kind in "fc" else None)


def _fitted_number(value: Any, seed: Any, where: str) -> Any:
    if np.shape(seed) != ():
        raise misuse("SD506", f"{where} has shape {np.shape(seed)}, the value is a number")
    own = np.asarray(value).dtype
    _check_kind(own, np.asarray(seed).dtype, where)
    if isinstance(value, np.inexact):
        return value.dtype.type(seed)
    if isinstance(value, (float, complex)):
        return float(seed) if isinstance(value, float) else complex(seed)
    return seed


def _check_kind(value: np.dtype[Any], seed: np.dtype[Any], where: str) -> None:
    """Seeds of floats are real numbers, those of complex numbers any; of integers, ignored."""
    allowed = {"f": "biuf", "c": "biufc"}.get(value.kind)
    if allowed and seed.kind not in allowed:
        raise misuse("SD506", f"{where} has dtype {seed}, the value has dtype {value}")


def _fitted_object(value: Any, names: tuple[str, ...], seed: Any, where: str) -> Any:
    """Seeds of an object: one of its class, or a SimpleNamespace with its fields."""
    fits = isinstance(seed, (type(value), types.SimpleNamespace))
    if not fits or not all(hasattr(seed, n) for n in names):
        raise misuse(
            "SD506", f"{where} is not a {type(value).__name__} with the fields {list(names)}"
        )
    fitted = {n: fitted_seed(getattr(value, n), getattr(seed, n), f"{where}.{n}") for n in names}
    return types.SimpleNamespace(**fitted)


def no_tangent(p: Any) -> Any:
    if isinstance(p, np.ndarray):
        return np.zeros_like(p)
    if isinstance(p, (tuple, list)):
        items = [no_tangent(i) for i in p]
        return type(p)(*items) if hasattr(p, "_fields") else type(p)(items)
    if isinstance(p, dict):
        return {k: no_tangent(v) for k, v in p.items()}
    return type(p)(0.0) if isinstance(p, (float, complex, np.inexact)) else p


def array_argument(x: Any, name: str) -> Any:
    """The argument; ArgumentsError unless it is one float or a float array."""
    if not isinstance(x, (float, complex, np.inexact, np.ndarray)) or (
        np.asarray(x).dtype.kind not in "fc"
    ):
        raise misuse(
            "SD502",
            f"the argument {name!r} is {type(x).__name__}: a float or a float array is needed",
        )
    return x


def array_value(value: Any, name: str) -> Any:
    """The value of a function; ArgumentsError unless it is a number or an array."""
    if not isinstance(value, (float, complex, int, np.generic, np.ndarray)):
        raise misuse(
            "SD516",
            f"{name} returns a {type(value).__name__}: a number or an array is needed",
            "differentiate its parts one by one, or use vjp or jvp",
        )
    return value
