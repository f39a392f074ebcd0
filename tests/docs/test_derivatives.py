"""The examples of docs/derivatives.md, run in order as one session."""

from __future__ import annotations

import doctest
import re

import pytest

from tests.docs import blocks

PAGE = blocks.DOCS / "derivatives.md"


def session(*kinds: str) -> str:
    """The blocks marked as doctests of these kinds, blank lines for the rest of the page."""
    text, wanted = PAGE.read_text(), []
    inside = mark = ""
    for line in text.splitlines():
        found = re.fullmatch(r"<!-- doctest: (\w+) -->", line)
        if found:
            mark = found[1]
        elif line.startswith("```"):
            inside, mark = ("" if inside else mark), ""
            line = ""
        wanted.append(line if inside in kinds and inside else "")
    return "\n".join(wanted)


def run(*kinds: str) -> doctest.TestResults:
    test = doctest.DocTestParser().get_doctest(session(*kinds), {}, PAGE.name, str(PAGE), 0)
    assert len(test.examples) > 10
    told: list[str] = []
    result = doctest.DocTestRunner().run(test, out=told.append)
    assert not result.failed, "".join(told)
    return result


def test_the_examples() -> None:
    assert run("derivatives").attempted > 40


def test_the_examples_with_scipy() -> None:
    pytest.importorskip("scipy")
    run("derivatives", "scipy")


def test_no_example_is_left_out() -> None:
    marked = session("derivatives", "scipy").count(">>>")
    assert marked == PAGE.read_text().count(">>>")


def test_every_estimator_has_its_place() -> None:
    from srcdiff import estimate

    text = PAGE.read_text()
    functions = [name for name in estimate.__all__ if name[0].islower()]
    assert not [
        name for name in functions if f"`{name}" not in text and f"estimate.{name}" not in text
    ]


def test_figures_are_there() -> None:
    names = re.findall(r"\]\((figures/\w+\.svg)\)", PAGE.read_text())
    assert len(names) == 2
    for name in names:
        assert "<svg" in (PAGE.parent / name).read_text()
