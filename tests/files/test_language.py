"""One in eight of the programs of tests/language as a derivative file: identical numbers."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import srcdiff
from srcdiff.errors import SrcdiffError
from srcdiff.files import disk, module
from srcdiff.files.ask import Ask
from srcdiff.files.module import Item
from srcdiff.transform.specialise import bind_arguments
from tests.files.test_golden_programs import flat
from tests.language.test_language import ROWS
from tests.properties.trees import copied

CHOSEN = [row for row in ROWS if row.raises is None and row.wrt and "globals" not in row.name][::8]


def test_a_program_that_assigns_a_global_is_refused() -> None:
    (row,) = (row for row in ROWS if row.name == "writes_globals.unpacked")
    ask = Ask(row.function, "grad", ("x",), False)
    with pytest.raises(srcdiff.Refused, match="SD708: somewhere:program assigns the global total"):
        module.text([Item(ask, "somewhere:program", {"x": 1.3})])


STEEP = ("checkpointed.kernel", "checkpointed.one_after_the_other")  # for differences of the file


def _verified(wanted: list[Item], path: Path, name: str) -> str:
    """The text, which passes its own check; not where differences cannot be had."""
    return module.text(wanted) if name in STEEP else disk.verified(wanted, path)


@pytest.mark.parametrize("row", CHOSEN, ids=lambda row: row.name)
def test_the_file_of_a_program(row: Any, tmp_path: Path) -> None:
    names = list(signature(row.function).parameters)
    if len(names) <= max(row.wrt):
        pytest.skip("a function of *args")
    with redirect_stdout(io.StringIO()):
        try:
            expected = srcdiff.grad(row.function, row.wrt)(*copied(row.args))
        except SrcdiffError:
            pytest.skip("no gradient")
        arguments = dict(bind_arguments(row.function, copied(row.args), {}).arguments)
        ask = Ask(row.function, "grad", tuple(names[k] for k in row.wrt), False)
        wanted = [Item(ask, "somewhere:program", arguments)]
        text = _verified(wanted, tmp_path / "made.py", row.name)
        scope = disk.run(text, tmp_path / "made.py")
        made = module._functions(wanted)[-1]
        found = scope[made.name](*arguments.values(), **made.data())
    assert len(flat(found)) == len(flat(expected))
    for a, b in zip(flat(found), flat(expected)):
        assert np.array_equal(a, b), (a, b)
