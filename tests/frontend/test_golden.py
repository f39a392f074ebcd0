"""The lowered form and the refusals, as people read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from srcdiff.errors import Refused
from srcdiff.frontend.codes import TITLES
from srcdiff.frontend.lower import lower
from srcdiff.frontend.text import print_template
from tests.frontend.golden import FOLDER, Case, cases

REFUSALS = cases("refusals.txt")
LOWERED = [
    case
    for path in sorted(FOLDER.glob("*.txt"))
    if path.name != "refusals.txt"
    for case in cases(path.name)
]


@pytest.mark.parametrize("case", LOWERED, ids=lambda case: case.name)
def test_lowered(case: Case, update_golden: bool) -> None:
    case.check(print_template(lower(case.function())), update_golden)


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case.name)
def test_refusal(case: Case, update_golden: bool) -> None:
    with pytest.raises(Refused) as caught:
        lower(case.function())
    case.check(str(caught.value), update_golden)


def test_every_refusal_of_syntax_has_a_case() -> None:
    elsewhere = {"SD100", "SD101", "SD102", "SD126", "SD199"}
    text = "".join(case.wanted for case in REFUSALS)
    assert not [code for code in TITLES if code not in elsewhere and code not in text]


def test_names_are_distinct() -> None:
    names = [case.name for case in LOWERED + REFUSALS]
    assert len(names) == len(set(names)) >= 40


def test_the_error_index_explains_every_code() -> None:
    index = (Path(__file__).parents[2] / "docs" / "errors.md").read_text()
    missing = [code for code, title in TITLES.items() if f"### {code}: {title}\n" not in index]
    assert not missing
