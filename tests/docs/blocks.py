"""The marked blocks of the pages under docs/, and programs made of them.

A block is the code between the fences that follow a comment such as `<!-- tour: lowered -->`.
"""

from __future__ import annotations

import linecache
import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
SOURCE = DOCS.parent / "srcdiff"


def pattern(kind: str, name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- {kind}: {name} -->\n```\w*\n)(.*?)(^```$)", re.DOTALL | re.MULTILINE)


def block(page: str, kind: str, name: str) -> str:
    """The code of one marked block."""
    found = pattern(kind, name).search((DOCS / page).read_text())
    assert found is not None, f"{page} has no block <!-- {kind}: {name} -->"
    return found[2]


def replace(page: str, kind: str, name: str, code: str) -> None:
    """Write a block's code anew."""
    text = (DOCS / page).read_text()
    (DOCS / page).write_text(pattern(kind, name).sub(lambda m: m[1] + code + m[3], text))


def run(code: str, name: str) -> dict[str, Any]:
    """What a program defines. Its text is known to linecache, so srcdiff can read it."""
    filename = f"<{name}>"
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    names: dict[str, Any] = {"__name__": name}
    exec(compile(code, filename, "exec", dont_inherit=True), names)
    return names
