"""A row: a program, the arguments to call it on, and what is special about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.properties.trees import Called, is_float, leaves


@dataclass(frozen=True)
class Row(Called):
    """One call of one program; ``raises`` names the exception that Python raises there."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    wrt: tuple[int, ...]
    raises: type[BaseException] | None = None

    @property
    def name(self) -> str:
        """The name of the test."""
        module = self.function.__module__.rpartition(".")[2]
        return f"{module}.{self.function.__qualname__.replace('.<locals>', '')}"


def row(function: Callable[..., Any], *args: Any, wrt: tuple[int, ...] | None = None) -> Row:
    """Make a row that is differentiated with respect to every argument that holds only floats."""
    found = tuple(index for index, arg in enumerate(args) if _holds_floats(arg))
    return Row(function, args, found if wrt is None else wrt)


def raising(kind: type[BaseException], function: Callable[..., Any], *args: Any) -> Row:
    """Make a row whose program raises, and whose derivatives must raise the same."""
    return Row(function, args, row(function, *args).wrt, kind)


@dataclass(frozen=True)
class Refusal:
    """A call of a program that is refused, and the code that says why."""

    code: str
    function: Callable[..., Any]
    args: tuple[Any, ...]
    name = Row.name


def refused(code: str, function: Callable[..., Any], *args: Any) -> Refusal:
    """Make a row whose program is refused in every mode."""
    return Refusal(code, function, args)


def _holds_floats(arg: Any) -> bool:
    found = list(leaves(arg))
    return bool(found) and all(is_float(leaf) for leaf in found)
