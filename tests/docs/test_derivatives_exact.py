"""The page on exact derivatives: its examples are run."""

import doctest
import re

import pytest

from tests.docs import blocks

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
PAGE = blocks.DOCS / "derivatives_exact.md"


def run(text: str) -> doctest.TestResults:
    test = doctest.DocTestParser().get_doctest(text, {}, PAGE.name, str(PAGE), 0)
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    runner.run(test)
    return runner.summarize(verbose=False)


def test_examples() -> None:
    text = PAGE.read_text()
    sparse = re.findall(r"<!-- needs scipy -->\n```python\n(.*?)```", text, re.DOTALL)
    assert len(sparse) == 1
    found = run(text.replace(sparse[0], ""))
    assert found.attempted > 20
    assert not found.failed


def test_examples_that_need_scipy() -> None:
    pytest.importorskip("scipy")
    found = run(PAGE.read_text())
    assert found.attempted > 28
    assert not found.failed
