"""The worked examples: the notebook runs, and says what is stored in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.docs.worked import NOTEBOOK, ROOT, differences

STORED = json.loads(NOTEBOOK.read_text())


def test_it_is_executed() -> None:
    """Every cell of code has run, in order, and none has failed."""
    code = [cell for cell in STORED["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    for cell in code:
        assert all(output["output_type"] != "error" for output in cell["outputs"])


@pytest.mark.parametrize(
    "words",
    [
        "ln(ab + max(a, 2))",
        "forward mode",
        "reverse mode",
        "complex_step",
        "regression_gradient",
        "directional_derivative",
        "spsa",
    ],
)
def test_the_examples_are_in_it(words: str) -> None:
    assert words in NOTEBOOK.read_text()


@pytest.mark.slow
def test_it_says_what_it_said() -> None:
    for package in ("nbclient", "nbformat", "ipykernel"):
        pytest.importorskip(package)
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.docs.worked", "--check"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_a_difference_is_noticed() -> None:
    """The comparison itself: another output is told, one of a tagged cell is not."""
    nbformat: Any = pytest.importorskip("nbformat")
    stored = nbformat.read(NOTEBOOK, as_version=4)
    changed = nbformat.read(NOTEBOOK, as_version=4)
    for cell in changed.cells:
        for output in cell.get("outputs", ()):
            if "text" in output:
                output["text"] += "and more"
    told = differences(stored, changed)
    tagged = [c for c in stored.cells if "varies" in c.metadata.get("tags", ())]
    printing = [c for c in stored.cells if any("text" in o for o in c.get("outputs", ()))]
    assert told and len(told) == len([c for c in printing if c not in tagged])
    assert not differences(stored, stored)
