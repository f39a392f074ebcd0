"""What became of one task."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

STATUSES = ("ok", "wrong", "stale", "error")


@dataclass(frozen=True)
class Outcome:
    """The result of one verification: plain data, which a process can send to another.

    status: "ok", "wrong" (a derivative that differences contradict), "stale" (a derivative file that
    is not what its source gives), "error" (it could not be verified).
    summary: a line.  details: all that was found out.  line: where to look in the file `path`.
    """

    target: str
    status: str
    summary: str
    path: str
    line: int = 0
    details: str = ""
    code: str = ""
    kind: str = "function"
    entries: int = 0
    worst: float = 0.0
    seed: int = 0
    seconds: float = 0.0
    replay: str = ""

    def as_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def exit_code(outcomes: list[Outcome]) -> int:
    """0 when all is right, 1 when a derivative is wrong or stale, 2 when something could not run.

    >>> exit_code([Outcome("m:f", "ok", "", "m.py"), Outcome("m:g", "error", "", "m.py")])
    2
    """
    found = {outcome.status for outcome in outcomes}
    return 1 if found & {"wrong", "stale"} else 2 if "error" in found else 0
