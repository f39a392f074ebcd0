"""Each generated line knows the line of the user's that it comes from."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from srcdiff import grad
from tests.golden import programs

COMMENT = re.compile(r" *# adjoint of line (\d+)(?: of (\w+))?: ")


@pytest.mark.parametrize("program", programs.PROGRAMS, ids=lambda p: p.name)
def test_comments_and_origins_agree(program: Any) -> None:
    """The line that a comment names is the origin of the statement below it."""
    made = grad(program.function, program.wrt, has_aux=program.has_aux)
    emitted = made.variant(copy.deepcopy(program.args), {})[0].more
    known = emitted.lines()
    text = emitted.source.splitlines()
    assert known and max(known) <= len(text)
    for number, line in enumerate(text, 1):
        found = COMMENT.match(line)
        if found:
            origin = known[number]
            assert origin.adjoint and origin.at.line == int(found[1]), line
            assert known[number + 1] == origin or COMMENT.match(text[number]), line
