"""Comparing compiled code: is this the code that the source gives?"""

from __future__ import annotations

from collections.abc import Iterator
from opcode import opmap
from types import CodeType
from typing import Any

_SAME = (
    "co_name",
    "co_argcount",
    "co_posonlyargcount",
    "co_kwonlyargcount",
    "co_varnames",
    "co_freevars",
    "co_cellvars",
    "co_names",
)
_NOTHING = opmap["NOP"]  # stands for a line that has no instruction; lines are aside here
_REWRITTEN = ("@pytest_ar", "@py_builtins")  # names that pytest's rewriting of asserts leaves
_SIGNATURE = ("co_name", "co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_freevars")


def fits(compiled: CodeType, running: CodeType) -> bool:
    """Whether the compiled source is the running code, line numbers aside.

    pytest compiles tests from a tree with other asserts; there the signature has to do.
    """
    if any(name in running.co_names for name in _REWRITTEN):
        return all(getattr(compiled, name) == getattr(running, name) for name in _SIGNATURE)
    same = all(getattr(compiled, name) == getattr(running, name) for name in _SAME)
    same = same and _same_instructions(compiled.co_code, running.co_code)
    return same and _same_constants(compiled.co_consts, running.co_consts)


def _same_instructions(xs: bytes, ys: bytes) -> bool:
    return xs == ys or _without_nothing(xs) == _without_nothing(ys)


def _without_nothing(code: bytes) -> list[bytes]:
    units = (code[k : k + 2] for k in range(0, len(code), 2))
    return [unit for unit in units if unit[0] != _NOTHING]


def _same_constants(xs: tuple[Any, ...], ys: tuple[Any, ...]) -> bool:
    return len(xs) == len(ys) and all(map(_same_constant, xs, ys))


def _same_constant(x: Any, y: Any) -> bool:
    if isinstance(x, CodeType) and isinstance(y, CodeType):
        return fits(x, y)
    if isinstance(x, tuple) and isinstance(y, tuple):
        return _same_constants(x, y)
    if isinstance(x, frozenset) and isinstance(y, frozenset):
        return sorted(map(_key, x)) == sorted(map(_key, y))
    return _key(x) == _key(y)


def _key(x: Any) -> tuple[str, str]:
    """Constants are the same when type and digits are: 1 is not 1.0, 0.0 not -0.0."""
    return type(x).__name__, repr(x)


def positions(code: CodeType) -> list[Any] | None:
    """Where in the file the instructions come from, if Python tells (3.11 and later)."""
    if not hasattr(code, "co_positions"):
        return None
    return [place for place in code.co_positions() if place[2:] not in ((0, 0), (None, None))]


def inner_codes(code: CodeType) -> Iterator[CodeType]:
    """The code objects inside one, at any depth."""
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield const
            yield from inner_codes(const)
