"""The table of mutants fits the package as it is now; `tests.mutants.run` runs the tests on them."""

from __future__ import annotations

import ast
import re

import pytest

from tests.mutants.mutant import Mutant
from tests.mutants.run import ROOT, SURVIVED, judged
from tests.mutants.table import MUTANTS

FILES = {mutant.file for mutant in MUTANTS}


def test_there_are_many_in_many_files() -> None:
    assert len(MUTANTS) >= 40
    assert len(FILES) >= 15
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    assert len({(mutant.file, mutant.old, mutant.new) for mutant in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "_"))
def test_a_mutant_is_one_edit_of_one_place(mutant: Mutant) -> None:
    """What it replaces stands there once, and what comes out is another program."""
    text = (ROOT / "srcdiff" / mutant.file).read_text()
    assert text.count(mutant.old) == 1, f"{mutant.file} has changed: bring the mutant up to date"
    before, after = ast.parse(text), ast.parse(text.replace(mutant.old, mutant.new))
    assert ast.dump(before) != ast.dump(after)
    assert mutant.breaks and mutant.by


@pytest.mark.parametrize("named", sorted({mutant.by for mutant in MUTANTS}))
def test_a_named_test_exists(named: str) -> None:
    """As far as its text tells, so that nothing has to be collected."""
    path, _, test = named.partition("::")
    text = (ROOT / path).read_text()
    function, _, case = test.partition("[")
    assert f"def {function}(" in text or not function
    if path == "tests/language/test_language.py":
        module, _, program = case.split("-")[0].partition(".")
        assert re.search(rf"[( ]{program},", _rows(module)), named


def _rows(module: str) -> str:
    return (ROOT / "tests" / "language" / f"{module}.py").read_text()


def test_a_fault_that_changes_nothing_is_said_to_survive(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The runner does not take every end of pytest for a test that noticed."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # no plugin of an installed srcdiff
    (tmp_path / "srcdiff").mkdir()
    (tmp_path / "srcdiff" / "__init__.py").touch()
    (tmp_path / "srcdiff" / "same.py").write_text("x = 1 + 1\n")
    (tmp_path / "test_same.py").write_text(
        "from srcdiff.same import x\n\ndef test_same():\n    assert x == 2\n"
    )
    stages = (("test_same.py",),)
    same = Mutant("same", "same.py", "1 + 1", "2", "nothing")
    other = Mutant("other", "same.py", "1 + 1", "3", "the sum")
    gone = Mutant("gone", "same.py", "x = 1 + 1", "", "the import")
    assert judged(tmp_path, same, 60.0, stages).word == SURVIVED
    assert judged(tmp_path, other, 60.0, stages).word == "killed"
    assert judged(tmp_path, gone, 60.0, stages).word == "VOID"
    assert (tmp_path / "srcdiff" / "same.py").read_text() == "x = 1 + 1\n"
