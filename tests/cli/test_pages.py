"""docs/cli.md and docs/checking.md: what they show is what happens."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from srcdiff.errors import GradientError
from srcdiff.ops import table
from tests.cli.driver import environment, run_all
from tests.docs import blocks

COMMANDS = ("show", "check", "emit", "trace", "graph")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    (folder / "shop.py").write_text(blocks.block("cli.md", "cli", "program"))
    (folder / "pyproject.toml").write_text(blocks.block("cli.md", "cli", "pyproject"))
    return folder


def rounded(text: str) -> str:
    """The text with numbers to six places: the last ones are the machine's."""
    text = re.sub(r"the worst at \S+", "the worst at ...", text)
    return re.sub(r"\d+\.\d{7,}", lambda found: f"{float(found[0]):.6f}", text)


def session(text: str, folder: Path) -> str:
    """The commands of a block with what they print; times are set to nought."""
    shown = []
    for line in text.splitlines():
        if not line.startswith("$ "):
            continue
        words = shlex.split(line[2:])
        if words[0] == "python":
            done = subprocess.run(
                [sys.executable, *words[1:]], cwd=folder, env=environment(), capture_output=True,
                text=True,
            )  # fmt: skip
            out, code, err = done.stdout, done.returncode, done.stderr
        else:
            (ran,) = run_all(words[1:], folder=folder)
            out, code, err = ran.out, ran.code, ran.err
        assert code == 0, err
        shown.append(f"{line}\n{re.sub(r'  +[0-9.]+ s  ', '    0.00 s  ', out)}")
    return "".join(shown)


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_and_outputs(project: Path, name: str, update_golden: bool) -> None:
    text = blocks.block("cli.md", "cli", name)
    found = session(text, project)
    if update_golden:
        blocks.replace("cli.md", "cli", name, found)
    assert rounded(blocks.block("cli.md", "cli", name)) == rounded(found)


def test_every_command_has_its_section() -> None:
    page = (blocks.DOCS / "cli.md").read_text()
    assert all(f"## {name}\n" in page for name in COMMANDS)


def test_help_has_examples(project: Path) -> None:
    for name, done in zip(COMMANDS, run_all(*([n, "--help"] for n in COMMANDS), folder=project)):
        assert done.code == 0 and f"  srcdiff {name}" in done.out


def test_the_line_that_is_wrong(update_golden: bool) -> None:
    kept = dict(table.BY_NAME), dict(table.BY_FUNCTION)
    try:
        made = blocks.run(blocks.block("checking.md", "checking", "program"), "slip")
        X = np.array([[1.0, 0.5], [2.0, 1.0], [0.5, 1.25]])
        with pytest.raises(GradientError) as caught:
            made["loss"].check(np.array([0.3, -0.2]), X)
    finally:
        for current, old in zip((table.BY_NAME, table.BY_FUNCTION), kept):
            current.clear()
            current.update(old)
    found = f"{caught.value.finding}\n".replace("<slip>", "slip.py")
    if update_golden:
        blocks.replace("checking.md", "checking", "wrong", found)
    assert rounded(blocks.block("checking.md", "checking", "wrong")) == rounded(found)


def test_where_the_nan_came_from(update_golden: bool) -> None:
    made = blocks.run(blocks.block("checking.md", "checking", "nan"), "nan")
    with pytest.raises(GradientError) as caught:
        made["total"](np.array([0.0, 4.0]))
    if update_golden:
        blocks.replace("checking.md", "checking", "trapped", f"{caught.value}\n")
    assert blocks.block("checking.md", "checking", "trapped") == f"{caught.value}\n"
