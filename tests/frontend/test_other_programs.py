"""Programs of other rooms run through the lowered form: rows of the language, generated ones."""

from __future__ import annotations

import warnings
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from srcdiff.frontend.lower import lower
from srcdiff.frontend.text import templates
from srcdiff.ir.verify import verify
from tests.frontend.interpret import interpret
from tests.frontend.test_meaning import Outcome, run
from tests.language import (
    assignment,
    branches,
    containers,
    functions,
    jumps,
    logic,
    loops,
    numbers_mixed,
    objects,
    raising_programs,
)
from tests.language.rows import Row
from tests.properties.generate import generate

MODULES: tuple[ModuleType, ...] = (
    assignment,
    branches,
    containers,
    functions,
    jumps,
    logic,
    loops,
    numbers_mixed,
    objects,
    raising_programs,
)
ROWS: list[Row] = [row for module in MODULES for row in module.ROWS]


def same(x: Any, y: Any) -> bool:
    """Equal in type and in every number."""
    if isinstance(x, (tuple, list)):
        return type(x) is type(y) and len(x) == len(y) and all(map(same, x, y))
    if isinstance(x, dict):
        return list(x) == list(y) and all(same(x[key], y[key]) for key in x)
    if isinstance(x, (float, complex, np.ndarray, np.generic)):
        return type(x) is type(y) and bool(np.array_equal(x, y, equal_nan=True))
    if hasattr(x, "__dict__") and type(x).__eq__ is object.__eq__:
        return type(x) is type(y) and same(vars(x), vars(y))
    return bool(x == y)


def check(fn: Any, args: tuple[Any, ...]) -> None:
    found, wanted = run(interpret(fn), args), run(fn, args)
    assert _agree(found, wanted), f"{found} instead of {wanted}"


def _agree(found: Outcome, wanted: Outcome) -> bool:
    return found[0] == wanted[0] and found[2] == wanted[2] and same(found[1], wanted[1])


@pytest.mark.parametrize("row", ROWS, ids=[f"{n}-{row.name}" for n, row in enumerate(ROWS)])
def test_rows_of_the_language(row: Row) -> None:
    check(row.function, row.args)


@pytest.mark.parametrize("seed", range(120))
def test_generated_programs(seed: int) -> None:
    program = generate(seed)
    for template in templates(lower(program.function)):
        verify(template.function)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(program.function, program.args)
