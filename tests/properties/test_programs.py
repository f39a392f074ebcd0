"""A small part of the recorded run (see run.py), and the tests of its own instruments."""

from __future__ import annotations

import numpy as np
import pytest

from tests.properties.generate import Program, draft, generate, objection
from tests.properties.oracle import REFUSED, RIGHT, examine
from tests.properties.run import shown
from tests.properties.shrink import shrink
from tests.properties.trees import copied, flat, same

PROGRAMS, WRITING = 80, 60
BATCH = 10
FIRST = 20_000


@pytest.mark.parametrize("first", range(FIRST, FIRST + PROGRAMS, BATCH))
def test_derivatives_of_generated_programs(first: int) -> None:
    """No program of these seeds comes out wrong or crashes; the message replays it."""
    failures = []
    for seed in range(first, first + BATCH):
        program = generate(seed)
        outcome = examine(program, second=seed % 3 == 0)
        if outcome.verdict not in (RIGHT, REFUSED):
            failures.append(shown(program, outcome))
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("first", range(FIRST, FIRST + WRITING, BATCH))
def test_derivatives_of_programs_that_write(first: int) -> None:
    """The same for programs that write in place: their arguments hold afterwards what they should."""
    failures = []
    for seed in range(first, first + BATCH):
        program = generate(seed, writes=True)
        outcome = examine(program, second=seed % 5 == 0)
        if outcome.verdict not in (RIGHT, REFUSED):
            failures.append(shown(program, outcome))
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("seed", range(0, 200, 7))
def test_a_seed_gives_one_program(seed: int) -> None:
    """Programs are replayed by their seed alone."""
    first, second = generate(seed), generate(seed)
    assert first.source == second.source
    assert same(first.args, second.args)


@pytest.mark.parametrize("seed", range(0, 200, 7))
def test_rewriting_keeps_values(seed: int) -> None:
    """The complex oracle runs the same program: on real arguments it gives the same values."""
    program = generate(seed)
    rewritten = program.complexified().run("program", *copied(program.args))
    expected = flat(program.function(*copied(program.args)))
    assert np.allclose(flat(rewritten), expected, rtol=1e-6, atol=1e-9)


def test_shrinking_keeps_the_failure() -> None:
    """A program that fails for one call in it shrinks to little more than that call."""
    program = next(
        found for found in map(generate, range(8, 2000, 10)) if "np.arctan" in found.source
    )
    small = shrink(program, lambda candidate: "np.arctan" in candidate.source, seconds=20)
    assert "np.arctan" in small.source
    assert len(small.source) < min(len(program.source), 200)


def test_programs_close_to_a_branch_are_discarded() -> None:
    """A choice that a nudge would change makes a program unfit as a test."""
    source = "def program(x):\n    return x * 2.0 if x > 0.5 else x\n"
    assert objection(Program(source, (0.5001,), (0,))) == "a choice is close to changing"
    assert objection(Program(source, (0.6,), (0,))) is None


def test_drafts_are_almost_always_valid() -> None:
    """The generator is right by construction, not by discarding what raises."""
    for seed in range(60):
        program = draft(seed, 10)
        program.function(*copied(program.args))
