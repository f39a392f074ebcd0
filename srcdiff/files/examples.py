"""Example arguments as source: a function of the derivative file that returns them.

    def _example_loss():
        w = np.array([0.5, -1.0])
        return {"w": w, "mode": "l2"}, {"scale": 2.0}

The second dict holds globals and closure variables. Arrays of more than a few entries become random
numbers of the same shape, type and range; objects become records that have their fields.
"""

from __future__ import annotations

import dataclasses
import math
import textwrap
import types
from collections.abc import Mapping
from typing import Any

import numpy as np

from srcdiff.errors import refuse

MANY = 64  # entries of an array that are written out
INDENT = "    "


def text(name: str, arguments: Mapping[str, Any], data: Mapping[str, Any], exact: bool) -> str:
    """The source of the example function. exact: arrays of any size are written out.

    Raises Refused for a value that cannot be written.

    >>> print(text("_example", {"x": 1.0}, {}, True))
    def _example():
        \"\"\"Arguments for the check of this file, and the data it reads besides.\"\"\"
        return {"x": 1.0}, {}
    """
    sides = []
    for values in (arguments, data):
        items = [f'"{key}": {expression(value, key, exact)}' for key, value in values.items()]
        sides.append("{" + ", ".join(items) + "}")
    lines = [
        f"def {name}():",
        f'{INDENT}"""Arguments for the check of this file, and the data it reads besides."""',
    ]
    whole = f"return {sides[0]}, {sides[1]}"
    return "\n".join([*lines, *wrapped(whole, INDENT)])


def wrapped(line: str, indent: str) -> list[str]:
    """A long line broken at spaces; one that holds strings with spaces stays as it is."""
    if len(indent + line) <= 88 or any(" " in part for part in line.split('"')[1::2]):
        return [indent + line]
    inner = indent + INDENT
    return textwrap.wrap(
        line, 88, initial_indent=indent, subsequent_indent=inner,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def expression(value: Any, where: str, exact: bool) -> str:
    """A value as an expression over np and `_record`, `_sample`."""
    if isinstance(value, np.ndarray):
        return _array(value, exact)
    if isinstance(value, np.generic):
        return f"np.{_named(value.dtype)}({number(value.item())})"
    if isinstance(value, (bool, str, type(None))):
        return f'"{value}"' if isinstance(value, str) and value.isidentifier() else repr(value)
    if type(value) in (int, float, complex):
        return number(value)
    if isinstance(value, dict):
        items = [f"{expression(k, where, exact)}: {expression(v, where, exact)}"
                 for k, v in value.items()]  # fmt: skip
        return "{" + ", ".join(items) + "}"
    if type(value) in (tuple, list):
        return _sequence(value, where, exact)
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, np.ufunc, type)):
        raise refuse(
            "SD708",
            f"{where} is a function or a class: a derivative file has no example for it",
            hint="give it as a default, a global, or in functools.partial of the function",
        )
    return _object(value, where, exact)


def _sequence(value: Any, where: str, exact: bool) -> str:
    inner = ", ".join(expression(v, where, exact) for v in value)
    if isinstance(value, list):
        return f"[{inner}]"
    return f"({inner},)" if len(value) == 1 else f"({inner})"


def _object(value: Any, where: str, exact: bool) -> str:
    """An object by its fields."""
    if hasattr(value, "_asdict"):
        fields = value._asdict()
    elif dataclasses.is_dataclass(value):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    elif hasattr(value, "__dict__"):
        fields = vars(value)
    else:
        raise refuse("SD708", f"{where} is a {type(value).__name__}, which cannot be written")
    cls = type(value)
    items = [f"{k}={expression(v, f'{where}.{k}', exact)}" for k, v in fields.items()]
    return f"_record({', '.join([chr(34) + cls.__module__ + ':' + cls.__qualname__ + chr(34), *items])})"


def number(value: Any) -> str:
    """A number as source that gives it back.

    >>> number(-0.5), number(float("inf")), number(1 + 2j)
    ('-0.5', 'np.inf', '(1+2j)')
    """
    if isinstance(value, float) and not math.isfinite(value):
        return "np.nan" if math.isnan(value) else "np.inf" if value > 0 else "-np.inf"
    return repr(value)


def _named(dtype: np.dtype[Any]) -> str:
    return {"bool": "bool_"}.get(dtype.name, dtype.name)


def _array(value: Any, exact: bool) -> str:
    kind = value.dtype.name
    if not value.size:
        return f'np.zeros({value.shape}, "{kind}")'
    if value.size > MANY and not exact and value.dtype.kind in "fiub":
        low, high = number(value.min().item()), number(value.max().item())
        return f'_sample({value.shape}, {low}, {high}, "{kind}")'
    entries = _nested(value.tolist())
    return f"np.array({entries})" if kind == "float64" else f'np.array({entries}, "{kind}")'


def _nested(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_nested(v) for v in value)}]"
    return number(value)


# --- what the file carries for its examples -------------------------------------------------------


def _sample(shape: Any, low: Any, high: Any, dtype: Any) -> Any:
    """Numbers between two others, the same in every run."""
    rng = np.random.default_rng(sum(shape))
    if np.dtype(dtype).kind == "f":
        return rng.uniform(low, high, shape).astype(dtype)
    return rng.integers(int(low), int(high) + 1, shape).astype(dtype)


class _Record:
    """An object with fields, standing in for one of a class that this file does not know."""

    names: Any = ()

    def __init__(self, *values: Any, **fields: Any):
        self.__dict__.update(zip(self.names, values), **fields)

    def __iter__(self) -> Any:
        return iter(self.__dict__.values())


def _record(name: Any, **fields: Any) -> Any:
    """A record; `name` says which class it stands in for."""
    return type(name.rpartition(":")[2], (_Record,), {"names": tuple(fields)})(**fields)
