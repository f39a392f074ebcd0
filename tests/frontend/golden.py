"""Files of cases: a name, a program, and the text that must come out.

[case name]
def f(x): ...
[out]
function f(x) ...
"""

from __future__ import annotations

import linecache
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "cases"
_CASE = re.compile(r"^\[case (.+)\]\n", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    file: Path
    name: str
    source: str
    wanted: str

    def function(self) -> Any:
        """The function `f` of the program, its source known to linecache."""
        filename = f"<{self.name}>"
        lines = self.source.splitlines(keepends=True)
        linecache.cache[filename] = (len(self.source), None, lines, filename)
        names: dict[str, Any] = {"__name__": "case"}
        exec(compile(self.source, filename, "exec", dont_inherit=True), names)
        return names["f"]

    def check(self, found: str, update: bool) -> None:
        """Compare, or write the new text into the file."""
        if update and found != self.wanted:
            text = self.file.read_text()
            before = f"[case {self.name}]\n{self.source}[out]\n"
            assert before + self.wanted in text
            text = text.replace(before + self.wanted, before + found, 1)
            self.file.write_text(re.sub(r"\n+(?=\[case )", "\n\n", text).rstrip("\n") + "\n")
        else:
            assert found == self.wanted


def cases(name: str) -> list[Case]:
    """The cases of a file."""
    file = FOLDER / name
    parts = _CASE.split(file.read_text())[1:]
    return [_case(file, *pair) for pair in zip(parts[::2], parts[1::2])]


def _case(file: Path, name: str, body: str) -> Case:
    source, _, wanted = body.partition("[out]\n")
    return Case(file, name, source, wanted.rstrip("\n"))
