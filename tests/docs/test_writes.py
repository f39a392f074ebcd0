"""docs/writes.md: its example, its sessions and its refusals are what happens."""

from __future__ import annotations

import doctest
import re
from typing import Any

import numpy as np
import pytest

from srcdiff import errors, grad
from tests.docs import blocks

PAGE = "writes.md"
REFUSED = re.findall(r"<!-- refused: (SD\d+) -->", (blocks.DOCS / PAGE).read_text())
LAST = {"SD361": (np.ones(3),), "SD366": ({"w": 1.0},), "SD367": (2,), "SD360": ()}


def test_the_source_is_what_is_generated(update_golden: bool) -> None:
    made = blocks.run(blocks.block(PAGE, "writes", "program"), "writes")
    cooled, u = made["cooled"], made["u"]
    found = cooled.source(u, 0.1, 3).strip("\n") + "\n"
    if update_golden:
        blocks.replace(PAGE, "writes", "source", found)
    assert blocks.block(PAGE, "writes", "source") == found
    assert cooled.check(u, 0.1, 3).ok


def test_the_sessions() -> None:
    result = doctest.testfile(
        str(blocks.DOCS / PAGE),
        module_relative=False,
        optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS,
    )
    assert result.failed == 0 and result.attempted > 30


@pytest.mark.parametrize("code", REFUSED)
def test_what_is_refused(code: str) -> None:
    text = "import numpy as np\n\n\n" + blocks.block(PAGE, "refused", code)
    made: dict[str, Any] = blocks.run(text, f"refused_{code}")
    function = next(v for v in made.values() if getattr(v, "__module__", "") == f"refused_{code}")
    with pytest.raises(errors.Refused, match=code):
        grad(function)(np.array([0.3, 0.2, 0.1]), *LAST.get(code, (np.ones(3),)))


def test_each_refusal_of_writes_is_shown() -> None:
    index = (blocks.DOCS / "errors.md").read_text()
    codes = re.findall(r"^### (SD36\d):", index, re.MULTILINE)
    assert set(codes) - set(REFUSED) == {"SD368"}
