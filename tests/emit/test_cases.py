"""The source of functions written by hand: golden, and right."""

from __future__ import annotations

from pathlib import Path

import pytest

from srcdiff.emit.python import emit
from tests.emit.cases import CASES
from tests.emit.test_random import check

FOLDER = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", CASES)
def test_source(name: str, update_golden: bool) -> None:
    function, args = CASES[name]()
    text = emit(function).source
    check(function, args)
    file = FOLDER / f"{name}.txt"
    if update_golden:
        FOLDER.mkdir(exist_ok=True)
        file.write_text(text)
    assert text == file.read_text()


@pytest.mark.parametrize("name", CASES)
def test_the_same_text_each_time(name: str) -> None:
    assert emit(CASES[name]()[0]).source == emit(CASES[name]()[0]).source


def test_no_golden_file_is_left_over() -> None:
    assert {f.stem for f in FOLDER.glob("*.txt")} == set(CASES)
