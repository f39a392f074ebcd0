"""The lowered form means what Python means: same result, same output, same exception."""

from __future__ import annotations

import contextlib
import copy
import io
from collections.abc import Callable
from typing import Any

import pytest

from srcdiff.frontend.lower import lower
from srcdiff.frontend.text import templates
from srcdiff.ir.verify import verify
from tests.frontend.interpret import interpret
from tests.frontend.programs import PROGRAMS

Outcome = tuple[str, Any, str]


def run(fn: Callable[..., Any], args: tuple[Any, ...]) -> Outcome:
    """What a call does: how it ends, with what, and what it prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            kind, value = "returns", fn(*copy.deepcopy(args))
        except Exception as error:
            kind, value = "raises", _kind_of(error)
    return kind, value, printed.getvalue()


def _kind_of(error: Exception) -> Any:
    kind = NameError if isinstance(error, NameError) else type(error)
    plain = isinstance(error, (NameError, TypeError, ValueError)) and error.__cause__ is None
    cause = type(error.__cause__) if error.__cause__ else None
    return kind, cause, None if plain else str(error)


CALLS = [(program, call) for program, calls in PROGRAMS for call in calls]


def _named(value: Any) -> str:
    return getattr(value, "__name__", None) or ",".join(map(str, value))


@pytest.mark.parametrize("program, args", CALLS, ids=_named)
def test_meaning(program: Callable[..., Any], args: tuple[Any, ...]) -> None:
    assert run(interpret(program), args) == run(program, args)


@pytest.mark.parametrize("program", [program for program, _ in PROGRAMS], ids=_named)
def test_well_formed(program: Callable[..., Any]) -> None:
    for template in templates(lower(program)):
        verify(template.function)
