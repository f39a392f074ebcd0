"""A wrong rule is found by the line that uses it: thirty seeded slips, and kinks."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from srcdiff import grad, rules
from srcdiff.errors import GradientError
from srcdiff.explain.lines import locate
from srcdiff.ops import table
from tests.explain import mutants

TABLES = ("BY_NAME", "BY_FUNCTION", "BY_SYMBOL", "BY_METHOD", "BY_ATTRIBUTE")


@pytest.fixture
def own_tables() -> Iterator[None]:
    """Rows entered by a test do not stay."""
    kept = {name: dict(getattr(table, name)) for name in TABLES}
    yield
    for name, entries in kept.items():
        getattr(table, name).clear()
        getattr(table, name).update(entries)


def found_by_check(program: Any, args: tuple[Any, ...]) -> Any:
    wrt = tuple(k for k, a in enumerate(args) if not isinstance(a, int))
    with pytest.raises(GradientError) as caught:
        grad(program, wrt).check(*args)
    return caught.value


@pytest.mark.parametrize("case", mutants.MUTANTS, ids=lambda c: c.row)
def test_a_wrong_row_of_the_table(case: Any) -> None:
    row = table.BY_NAME[case.row]
    right = row.body
    object.__setattr__(row, "body", case.body)
    try:
        error = found_by_check(case.program, case.args)
    finally:
        object.__setattr__(row, "body", right)
    assert error.finding is not None and error.finding.kind == "rule", error
    assert error.finding.at.text() == case.line, error
    assert error.finding.at.filename == mutants.__file__
    assert case.row in error.finding.operation or (row.path or "x") in error.finding.operation
    assert f" {case.body.__name__} (" in error.finding.rule
    assert case.line in str(error) and "the rule says" in str(error) or "must be" in str(error)


@pytest.mark.parametrize("case", mutants.OWN, ids=lambda c: c.kind)
def test_a_wrong_rule_of_a_user(case: Any, own_tables: None) -> None:
    getattr(rules, case.kind)(case.function)(case.body)
    error = found_by_check(case.program, (mutants.V,))
    assert error.finding is not None and error.finding.kind == "rule", error
    assert error.finding.at.text() == case.line, error
    assert error.finding.rule.startswith(f"rule {case.body.__name__} ({case.kind})")
    assert "operands:" in str(error)


def sloped(x):
    return np.sin(x)


def starred(*xs):
    total = xs[0] * xs[1]
    return np.sum(sloped(total))


def written(x, out):
    for k in range(len(x)):
        out[k] = sloped(x[k]) * out[k - 1]
    return np.sum(out)


@pytest.mark.parametrize(
    ("program", "wrt", "args", "line"),
    [
        (starred, 1, (2.0, np.array([0.3, 0.4])), "return np.sum(sloped(total))"),
        (written, 0, (np.array([0.3, 0.4]), np.ones(2)), "out[k] = sloped(x[k]) * out[k - 1]"),
    ],
    ids=lambda v: getattr(v, "__name__", ""),
)
def test_star_arguments_and_writes(
    program: Any, wrt: int, args: Any, line: str, own_tables: None
) -> None:
    rules.elementwise(sloped)(lambda z, x: -np.cos(x))
    with pytest.raises(GradientError) as caught:
        grad(program, wrt).check(*args)
    assert caught.value.finding.at.text() == line, caught.value


def test_at_least_twenty() -> None:
    assert len(mutants.MUTANTS) + len(mutants.OWN) >= 20
    assert len({m.row for m in mutants.MUTANTS}) == len(mutants.MUTANTS)


def test_nothing_is_found_in_right_programs() -> None:
    """No rule is called wrong where none is: the same programs with the right rules."""
    seen = set()
    for case in mutants.MUTANTS:
        if case.program in seen:
            continue
        seen.add(case.program)
        bound = inspect.signature(case.program).bind(*case.args)
        finding = locate(case.program, bound)
        assert finding is not None and finding.kind == "all agree", finding


@pytest.mark.parametrize(
    ("program", "x", "line", "sides"),
    [
        (mutants.at_maximum, 2.0, "return max(y, 4.0)", ("0 from the left", "1 from the right")),
        (mutants.at_abs, 1.0, "z = abs(y)", ("-1 from the left", "1 from the right")),
        (mutants.at_where, np.array([1.0, 2.0]), "z = np.where(x > 1.0, y, 2.0 - x)", ()),
        (mutants.at_branch, 1.0, "if y > 3.0:", ()),
    ],
    ids=["max", "abs", "where", "branch"],
)
def test_kinks(program: Any, x: Any, line: str, sides: tuple[str, ...]) -> None:
    finding = locate(program, inspect.signature(program).bind(x))
    assert finding is not None and finding.kind == "kink", finding
    assert finding.at is not None and finding.at.text() == line
    assert all(side in str(finding) for side in sides)
