"""The verdict on one line: the slope the gradient claims against what differences show."""

from __future__ import annotations

import math

from srcdiff.check.line import Line, Rung
from srcdiff.check.report import Entry, Verdict

CAUTION = 10.0  # estimated errors are taken this many times


class Judge:
    """Compares lines by |analytic - numeric| <= max(atol, rtol * scale) + CAUTION * error."""

    def __init__(self, rtol: float, atol: float):
        self.rtol = rtol
        self.atol = atol

    def entry(self, line: Line) -> Entry:
        """The verdict on a line.

        The first steps settle the usual case.  Everything else (a disagreement, a kink, a large
        error) is looked at with steps of every size before anything is said.
        """
        analytic = line.slope()
        if not math.isfinite(line.subject.value):
            return _non_finite(line, analytic, f"the value of the function is {line.subject.value}")
        if line.stuck:
            note = "the argument is not finite there"
            return Entry(line.label, analytic, math.nan, math.inf, None, "unreliable", note=note)
        rung = line.rung(line.steps[0])
        if not math.isfinite(analytic):
            return _non_finite(line, analytic, f"the gradient says {analytic}", rung)
        if not self._settled(line, analytic, rung):
            rungs = [line.rung(step) for step in sorted(line.steps, reverse=True)]
            rung = self._choose([r for r in rungs if not self._too_wide(line, r)] or rungs)
        return self._judged(line, analytic, rung)

    def _too_wide(self, line: Line, rung: Rung) -> bool:
        """Whether steps beyond the entry's own size show nothing: f may have turned many times."""
        value, error = rung.best
        return rung.step > line.scale and not CAUTION * error <= 0.1 * abs(value)

    def _choose(self, rungs: list[Rung]) -> Rung:
        """The most telling of rungs in order of decreasing step."""
        chosen = rungs[0]
        for rung in rungs[1:]:
            if self._better(rung, chosen):
                chosen = rung
        return chosen

    def _better(self, rung: Rung, chosen: Rung) -> bool:
        """Whether a rung of smaller steps replaces the one chosen so far.

        A derivative is a limit: where both are sure and contradict one another, the smaller steps
        are right, and a kink that smaller steps resolve was only a sharp bend.
        """
        new, old = rung.best, chosen.best
        if not (new.finite and old.finite):
            return new.finite
        allowed = self.rtol * max(abs(new.value), abs(old.value))
        if abs(new.value - old.value) > allowed + CAUTION * (new.error + old.error):
            return True
        if chosen.kinked(self.rtol) and not rung.kinked(self.rtol):
            return bool(rung.gap + rung.gap_error < 0.5 * chosen.gap)
        return new.error < old.error

    def _tolerance(self, error: float, *values: float) -> float:
        return max(self.atol, self.rtol * max(abs(v) for v in values)) + CAUTION * error

    def _agrees(self, analytic: float, rung: Rung) -> bool:
        value, error = rung.best
        return abs(analytic - value) <= self._tolerance(error, analytic, value)

    def _settled(self, line: Line, analytic: float, rung: Rung) -> bool:
        return (
            self._agrees(analytic, rung)
            and not rung.kinked(self.rtol)
            and self._sharp(line, analytic, rung, self.rtol)
        )

    def _sharp(self, line: Line, analytic: float, rung: Rung, share: float) -> bool:
        """Whether the error is a small share of the derivative.

        A gradient of exactly zero is held to the size of f over the scale of the entry.
        """
        if not rung.best.finite:
            return False
        error = CAUTION * rung.best.error
        if analytic == 0.0 and error * line.scale <= self.rtol * abs(line.subject.value):
            return share > self.rtol or line.scale >= 0.1
        return error <= max(self.atol, share * max(abs(analytic), abs(rung.best.value)))

    def _judged(self, line: Line, analytic: float, rung: Rung) -> Entry:
        value, error = rung.best
        if not rung.best.finite:
            note = "no finite differences nearby"
            return Entry(line.label, analytic, value, error, None, "unreliable", note=note)
        if rung.kinked(self.rtol):
            return self._at_kink(line, analytic, rung)
        tolerance = self._tolerance(error, analytic, value)
        step = self._complex_step(line, rung)
        verdict, note = self._verdict(line, analytic, rung, step)
        return Entry(line.label, analytic, value, error, step, verdict, tolerance, note=note)

    def _verdict(
        self, line: Line, analytic: float, rung: Rung, step: float | None
    ) -> tuple[Verdict, str]:
        if not self._agrees(analytic, rung):
            if line.subject.chaotic:
                return "unreliable", "the function is all noise here"
            if rung.step > max(line.scale, 1.0):
                return "unreliable", "only steps far beyond the entry show a change"
            return "wrong", ""
        if self._sharp(line, analytic, rung, 0.1) or self._confirmed(analytic, step):
            return "ok", ""
        return "unreliable", "the error of the differences is too large"

    def _confirmed(self, analytic: float, step: float | None) -> bool:
        """Whether the complex step gives the same number, other than nothing at all."""
        if step is None or step == 0.0:
            return False
        return abs(step - analytic) <= self._tolerance(0.0, step)

    def _complex_step(self, line: Line, rung: Rung) -> float | None:
        """The complex step where it applies: differences have to bear it out."""
        found = line.complex_step()
        if found is None:
            return None
        value, error = rung.best
        borne_out = abs(found - value) <= self._tolerance(error, found, value)
        return found if borne_out else None

    def _at_kink(self, line: Line, analytic: float, rung: Rung) -> Entry:
        """At a kink every slope between the one-sided ones is right.

        That holds for one entry; along a direction that moves several entries over their own kinks
        the conventions taken at each may add up to a slope outside, so that nothing is said there.
        """
        left, right = rung.left.value, rung.right.value
        low, high = min(left, right), max(left, right)
        tolerance = self._tolerance(rung.left.error + rung.right.error, left, right)
        inside = low - tolerance <= analytic <= high + tolerance
        verdict: Verdict = "kink" if inside else ("wrong" if line.single else "unreliable")
        note = "several kinks at once" if verdict == "unreliable" else ""
        value = rung.best.value
        error = rung.left.error + rung.right.error
        sides = (left, right)
        return Entry(line.label, analytic, value, error, None, verdict, tolerance, sides, note)


def _non_finite(line: Line, analytic: float, note: str, rung: Rung | None = None) -> Entry:
    value, error = rung.best if rung else (math.nan, math.inf)
    return Entry(line.label, analytic, value, error, None, "non-finite", note=note)
