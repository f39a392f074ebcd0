"""What an import inside a function binds."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from srcdiff.frontend.bound import imported

ImportNode = ast.Import | ast.ImportFrom


def import_now(node: ImportNode, globals: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The names and their values, as Python would bind them; ImportError as Python's."""
    if isinstance(node, ast.Import):
        yield from _modules(node)
        return
    package = str(globals.get("__package__") or globals.get("__name__", "").rpartition(".")[0])
    module = importlib.import_module("." * node.level + (node.module or ""), package)
    for name, alias in imported(node):
        yield name, _member(module, alias.name)


def _modules(node: ast.Import) -> Iterator[tuple[str, Any]]:
    for name, alias in imported(node):
        module = importlib.import_module(alias.name)
        yield name, module if alias.asname else importlib.import_module(name)


def _member(module: ModuleType, name: str) -> Any:
    if hasattr(module, name):
        return getattr(module, name)
    try:
        return importlib.import_module(f"{module.__name__}.{name}")
    except ModuleNotFoundError:
        raise ImportError(f"cannot import name {name!r} from {module.__name__!r}") from None
