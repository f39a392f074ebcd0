"""Every value of every row's program and of its derivatives is of the type that it was given."""

from __future__ import annotations

import io
from contextlib import redirect_stdout

import pytest

from srcdiff.errors import Refused
from tests.language.rows import Row
from tests.language.test_language import ROWS, _numbered
from tests.properties.typed import held_against_types


@pytest.mark.parametrize("row", _numbered([row for row in ROWS if row.raises is None]))
def test_types(row: Row) -> None:
    try:
        with redirect_stdout(io.StringIO()):
            assert held_against_types(row)
    except Refused as refused:
        if "SD519" not in str(refused):
            raise
        pytest.skip(f"not followed by the evaluator: {refused}")
