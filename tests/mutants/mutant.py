"""A seeded fault: one exact edit of one file of the package, and what it breaks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One fault.

    file:   the file, below `srcdiff/`
    old:    the text that is replaced; it stands there once
    new:    what stands there instead
    breaks: what goes wrong, for which programs: why this is not another way to say the same
    by:     the test that notices, as pytest names it; the runner tries it first
    """

    name: str
    file: str
    old: str
    new: str
    breaks: str
    by: str = ""


def row(name: str, way: str = "vjp", number: int = 1) -> str:
    """The test of a row of tests/language in one mode."""
    return f"tests/language/test_language.py::test_derivatives[{name}-{number}-{way}]"


def refusal(name: str, module: str = "writes_refused") -> str:
    """The test of a program of tests/language that is refused."""
    return f"tests/language/test_language.py::test_programs_that_are_refused[{module}.{name}-1]"
