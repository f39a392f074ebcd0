"""What a check found: one entry per derivative compared, and the report of them all."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from srcdiff.errors import GradientError

Verdict = Literal["ok", "wrong", "kink", "non-finite", "unreliable"]
FAILURES = ("wrong", "non-finite")
SHOWN = 12


@dataclass(frozen=True)
class Entry:
    """One derivative: as the gradient gives it and as values of the function show it.

    path: which entry of which argument, or which direction.  error: the estimated error of
    `numeric`.  tolerance: the difference that was allowed.  sides: the one-sided derivatives
    (left, right) at a kink.  against: what `numeric` comes from.
    """

    path: str
    analytic: float
    numeric: float
    error: float
    complex_step: float | None
    verdict: Verdict
    tolerance: float = 0.0
    sides: tuple[float, float] | None = None
    note: str = ""
    against: str = "differences say"

    @property
    def excess(self) -> float:
        """The difference in units of what was allowed; more than 1 is too much."""
        if self.verdict == "kink":
            return 0.0
        gap = abs(self.analytic - self.numeric)
        if not math.isfinite(gap):
            return math.inf
        return gap / self.tolerance if self.tolerance else (math.inf if gap else 0.0)

    def row(self) -> str:
        complex_step = "-" if self.complex_step is None else f"{self.complex_step:.9g}"
        cells = (
            f"{self.analytic:>16.9g} {self.numeric:>16.9g} {self.error:>9.1e} {complex_step:>16}"
        )
        note = self.note
        if self.sides is not None:
            told = f"left {self.sides[0]:.6g}, right {self.sides[1]:.6g}"
            note = f"{note}, {told}" if note else told
        return f"{cells}  {self.verdict}{f' ({note})' if note else ''}"


@dataclass(frozen=True)
class Report:
    """All entries of one check, and the problems of structure (`problems`), if any."""

    entries: list[Entry]
    problems: list[str] = field(default_factory=list)
    seed: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong; entries that could not be judged do not count against it."""
        return not self.problems and not self.failures

    @property
    def failures(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.verdict in FAILURES]

    @property
    def worst(self) -> Entry | None:
        """The failure, or else the entry, that is furthest off for its tolerance."""
        among = self.failures or self.entries
        return max(among, key=lambda entry: entry.excess, default=None)

    def raise_if_wrong(self) -> None:
        """Raise GradientError, with this report, unless the report is ok."""
        if not self.ok:
            raise GradientError(self._message(), self)

    def __str__(self) -> str:
        counts = Counter(entry.verdict for entry in self.entries)
        summary = ", ".join(f"{n} {verdict}" for verdict, n in counts.items()) or "nothing to check"
        lines = [f"gradient check: {summary} (seed {self.seed})"]
        lines += [f"  problem: {problem}" for problem in self.problems]
        shown = self._shown()
        if shown:
            width = max(len("entry"), *(len(entry.path) for entry in shown))
            titles = f"{'analytic':>16} {'numeric':>16} {'error':>9} {'complex step':>16}  verdict"
            lines.append(f"  {'entry':<{width}} {titles}")
            lines += [f"  {entry.path:<{width}} {entry.row()}" for entry in shown]
        rest = len(self.entries) - len(shown)
        return "\n".join(lines + ([f"  ... and {rest} more"] if rest else []))

    def _shown(self) -> list[Entry]:
        """The entries worth reading first: failures, unjudged ones, kinks, the others."""
        ranks = {"wrong": 0, "non-finite": 0, "unreliable": 1, "kink": 2, "ok": 3}
        ordered = sorted(self.entries, key=lambda entry: (ranks[entry.verdict], -entry.excess))
        return ordered[:SHOWN]

    def _message(self) -> str:
        if self.problems:
            return "\n".join(["wrong form of the gradient:", *(f"  {p}" for p in self.problems)])
        worst, total = self.worst, len(self.failures)
        assert worst is not None
        lines = [explain(worst)]
        if total > 1:
            others = [entry.path for entry in self.failures if entry is not worst][:5]
            lines.append(f"  {total} of {len(self.entries)} checks fail, also {', '.join(others)}")
        return "\n".join([*lines, f"  seed {self.seed}"])


def explain(entry: Entry) -> str:
    """A failed entry in words.

    >>> print(explain(Entry("w[1]", 2.0, 3.0, 1e-9, None, "wrong", 1e-6)))
    wrong gradient at w[1]: the gradient says 2.0, differences say 3.0
      the difference is -1, its estimated error 1.0e-09, allowed was 1.0e-06
    """
    if entry.verdict == "non-finite":
        return f"non-finite at {entry.path}: {entry.note}"
    told = f"the gradient says {entry.analytic!r}, {entry.against} {entry.numeric!r}"
    gap = entry.analytic - entry.numeric
    lines = [f"wrong gradient at {entry.path}: {told}"]
    lines.append(
        f"  the difference is {gap:.6g}, its estimated error {entry.error:.1e}, "
        f"allowed was {entry.tolerance:.1e}"
    )
    if entry.sides is not None:
        lines.append(
            f"  at a kink: {entry.sides[0]:.9g} from the left, {entry.sides[1]:.9g} from the right"
        )
    if entry.complex_step is not None:
        lines.append(f"  the complex step says {entry.complex_step!r}")
    return "\n".join(lines)
