"""The table is closed (bodies call only what has a row) and complete (each name has its place)."""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from srcdiff.ops import runtime
from srcdiff.ops.table import BY_METHOD, DECIDED, Row, row_of, rows
from srcdiff.transform.calls import INTRINSICS, METHODS

OWN = [row for row in rows() if row.body is not None and not row.user]
BODIES = [pytest.param(row, id=row.name) for row in OWN]
DIFFERENTIABLE = ("elementwise", "linear", "bilinear", "tangent", "adjoint", "composite", "zero")


def called(function: types.FunctionType) -> Iterator[Any]:
    """What the text of a function calls, where that can be told."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    for statement in definition.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call):
                yield from resolved(node.func, function.__globals__)


def resolved(node: ast.expr, names: dict[str, Any]) -> Iterator[Any]:
    if isinstance(node, ast.Name):
        found = names.get(node.id, getattr(names["__builtins__"], node.id, None))
        builtins = names["__builtins__"]
        if found is None and isinstance(builtins, dict):
            found = builtins.get(node.id)
        yield from () if found is None else (found,)
    elif isinstance(node, ast.Attribute):
        for owner in resolved(node.value, names):
            if isinstance(owner, types.ModuleType):
                yield getattr(owner, node.attr)


@pytest.mark.parametrize("row", BODIES)
def test_bodies_call_rows(row: Row) -> None:
    seen: set[Any] = set()
    waiting = [row.body]
    while waiting:
        function = waiting.pop()
        assert isinstance(function, types.FunctionType)
        for callee in called(function):
            if callee in seen or callee in DECIDED or callee in INTRINSICS:
                continue
            seen.add(callee)
            found = row_of(callee)
            if found is not None:
                assert found.kind in DIFFERENTIABLE, f"{row.name} calls {found.name}"
                continue
            if isinstance(callee, type) and issubclass(callee, Exception):
                continue
            inside = str(getattr(callee, "__module__", "")).startswith("srcdiff.ops.")
            assert inside and callee.__module__ != runtime.__name__, f"{callee} has no row"
            waiting.append(callee)


def public(module: Any) -> list[str]:
    names = [n for n in dir(module) if not n.startswith("_") and n != "test"]
    return [n for n in names if callable(getattr(module, n)) and not is_class(getattr(module, n))]


def is_class(x: Any) -> bool:
    return isinstance(x, (type, types.ModuleType))


def accounted(function: Any) -> bool:
    return row_of(function) is not None or function in INTRINSICS or function in DECIDED


@pytest.mark.parametrize("module", [math, np.linalg], ids=["math", "np.linalg"])
def test_modules_are_covered(module: Any) -> None:
    assert [n for n in public(module) if not accounted(getattr(module, n))] == []


def test_ufuncs_are_covered() -> None:
    ufuncs = [f for f in vars(np).values() if isinstance(f, np.ufunc)]
    assert [f.__name__ for f in ufuncs if not accounted(f)] == []


# What asks about dtypes, memory, printing or files, not about numbers.
ASIDE = """
    array2string array_repr array_str asmatrix base_repr binary_repr bmat broadcast_shapes
    busday_count busday_offset common_type datetime_as_string datetime_data einsum_path
    format_float_positional format_float_scientific from_dlpack fromregex get_include
    get_printoptions getbufsize geterr geterrcall info is_busday isfortran iterable
    may_share_memory min_scalar_type mintypecode nested_iters printoptions result_type row_stack
    savez savez_compressed set_printoptions setbufsize seterr seterrcall shares_memory
    show_config show_runtime typename in1d trapz
""".split()


def test_numpy_is_covered() -> None:
    missing = [n for n in public(np) if n not in ASIDE and not accounted(getattr(np, n))]
    assert missing == []


METHODS_ASIDE = (
    "byteswap dump dumps getfield setfield setflags to_device tobytes tofile tostring".split()
)


def test_methods_are_covered() -> None:
    names = [n for n in dir(np.ndarray) if not n.startswith("_")]
    called_ones = [n for n in names if callable(getattr(np.ndarray, n))]
    missing = [n for n in called_ones if n not in BY_METHOD and n not in METHODS]
    assert sorted(set(missing) - set(METHODS_ASIDE)) == []


def test_every_row_is_documented_or_sampled() -> None:
    """Rows with a derivative have samples, but for the means of the derivative itself."""
    own = {"getitem", "scatter", "add_at", "append", "drop_last", "select", "spread", "unbroadcast"}
    own |= {"add_lists", "list", "list_sum", "join_lists", "set_at", "set_last", "kept"}
    bare = [row.name for row in rows() if row.body and row.samples is None and not row.user]
    assert sorted(set(bare) - own) == []
