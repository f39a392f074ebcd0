"""A sample of the ways to name an array, put it among others and write into it (see aliases.py)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.properties.aliases import (
    ALIASES,
    BASES,
    FRAMES,
    SHUFFLES,
    WRITES,
    Case,
    judged,
    sampled,
    told,
)
from tests.properties.generate import objection
from tests.properties.oracle import REFUSED, RIGHT

BATCH = 6
SAMPLE = sampled(42)
BATCHES = [SAMPLE[k : k + BATCH] for k in range(0, len(SAMPLE), BATCH)]


@pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: str(batch[0].number))
def test_derivatives_whatever_the_arrays_are_called(batch: Sequence[Case]) -> None:
    """None comes out wrong or crashes, and not all are refused; the message shows the programs."""
    outcomes = [(case, judged(case)) for case in batch]
    wrong = [told(*pair) for pair in outcomes if pair[1].verdict not in (RIGHT, REFUSED)]
    assert not wrong, "\n".join(wrong)
    assert sum(outcome.verdict == RIGHT for _, outcome in outcomes) >= BATCH // 2


def test_the_sample_has_every_way() -> None:
    """Each alias, each way into a container and out again, each write."""
    met = {part for case in SAMPLE for part in case.parts()}
    parts = {*(f"as {alias}" for alias in ALIASES), *(f"write: {write}" for write in WRITES)}
    assert met == parts | {*SHUFFLES, *BASES, *FRAMES}


def test_a_program_can_be_judged() -> None:
    """It is what it says, and no choice in it is close to changing."""
    for case in SAMPLE[:10]:
        assert objection(case.program()) is None, case
