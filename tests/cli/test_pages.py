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


def commands(name: str) -> list[str]:
    """The commands of a block."""
    lines = blocks.block("cli.md", "cli", name).splitlines()
    return [line[2:] for line in lines if line.startswith("$ ")]


@pytest.fixture(scope="module")
def printed(project: Path) -> dict[str, str]:
    """What the commands of the page print; times are set to nought."""
    lines = [line for name in COMMANDS for line in commands(name)]
    own = [line for line in lines if line.startswith("srcdiff ")]
    found = {}
    for line, done in zip(own, run_all(*(shlex.split(o)[1:] for o in own), folder=project)):
        assert done.code == 0, done.err
        found[line] = re.sub(r"  +[0-9.]+ s  ", "    0.00 s  ", done.out)
    for line in lines:
        if line not in own:
            done = subprocess.run(
                [sys.executable, *shlex.split(line)[1:]], cwd=project, env=environment(),
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            found[line] = done.stdout
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_and_outputs(printed: dict[str, str], name: str, update_golden: bool) -> None:
    found = "".join(f"$ {line}\n{printed[line]}" for line in commands(name))
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
