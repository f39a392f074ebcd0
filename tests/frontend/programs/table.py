"""The table of programs.

`@on(...)` adds one; its arguments are the arguments to call it with, a tuple per call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Program = Callable[..., Any]
PROGRAMS: list[tuple[Program, tuple[tuple[Any, ...], ...]]] = []


def on(*calls: Any) -> Callable[[Program], Program]:
    def add(program: Program) -> Program:
        PROGRAMS.append((program, tuple(c if isinstance(c, tuple) else (c,) for c in calls)))
        return program

    return add


def say(value: Any, back: Any = None) -> Any:
    print(value)
    return value if back is None else back
