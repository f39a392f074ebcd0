"""The figures of docs/derivatives.md: what they show, and that they can be drawn again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.benchmarks import estimates

FIGURES = Path(__file__).parents[2] / "docs" / "figures"


@pytest.mark.slow
def test_the_error_over_the_step_is_a_v() -> None:
    """Truncation on the right, with the order of the formula; cancellation on the left, with -1."""
    curves = {name: np.array(curve) for name, curve in estimates.step_errors().items()}
    for name, order in (("forward", 1), ("central", 2), ("central, order 4", 4)):
        steps, errors = curves[name].T
        lowest = int(np.argmin(errors))
        best = np.finfo(float).eps ** (1.0 / (order + 1))
        assert 0.03 * best < steps[lowest] < 30.0 * best
        left, right = (steps < 0.03 * best), (steps > 30.0 * best) & (steps < 0.1)
        assert slope(steps[left], errors[left]) == pytest.approx(-1.0, abs=0.15)
        if order < 4:
            assert slope(steps[right], errors[right]) == pytest.approx(order, rel=0.05)
    assert curves["complex"][:, 1].min() <= 1e-16


def slope(steps: Any, errors: Any) -> float:
    return float(np.polyfit(np.log(steps), np.log(errors), 1)[0])


@pytest.mark.slow
def test_sampled_gradients_win_on_a_noisy_objective() -> None:
    ends = {name: curve[-1][1] for name, curve in estimates.descents(5, 2400).items()}
    for sampled in ("regression, n samples", "SPSA, 1 sample"):
        assert ends[sampled] < ends["central, step 0.2"] < 0.1 * ends["central, own step"]


@pytest.mark.slow
def test_they_can_be_drawn_again(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    estimates.draw(tmp_path, 1, 150)
    drawn = sorted(path.name for path in tmp_path.iterdir())
    assert drawn == sorted(path.name for path in FIGURES.glob("*.svg"))
    for path in tmp_path.iterdir():
        assert "<svg" in path.read_text() and path.stat().st_size > 5_000
