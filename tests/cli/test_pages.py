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
BLOCKS = (*COMMANDS, "beside")


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
    lines = [line for name in BLOCKS for line in commands(name)]
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


@pytest.mark.parametrize("name", BLOCKS)
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


def test_a_cotangent_on_its_way(update_golden: bool, capsys: pytest.CaptureFixture[str]) -> None:
    made = blocks.run(blocks.block("checking.md", "checking", "cotangent"), "cotangent")
    found = capsys.readouterr().out
    if update_golden:
        blocks.replace("checking.md", "checking", "clipped", found)
    assert blocks.block("checking.md", "checking", "clipped") == found
    made["grad"](made["loss"])(np.eye(2), np.ones((3, 2)))
    assert len(made["norms"]) == 3


# --- the debugger -------------------------------------------------------------------------------------


def prompted(commands: list[str], printed: str) -> str:
    """A session as it looks on a terminal: each command behind the prompt that waited for it."""
    parts = printed.split("(Pdb) ")
    assert len(parts) == len(commands) + 2, printed  # the last prompt meets the end of the input
    return parts[0] + "".join(f"(Pdb) {c}\n{p}" for c, p in zip(commands, parts[1:]))


def stepped(folder: Path, commands: list[str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pdb", "fit.py"], input="\n".join(commands) + "\n", cwd=folder,
        env=environment(), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert not done.stderr, done.stderr
    text = prompted(commands, done.stdout).replace(f"{folder.resolve()}/", "")
    text = re.sub(r"(<srcdiff \w+) [0-9a-f]{8}>", r"\1>", text)
    return re.sub(
        r"(Breakpoint \d at <srcdiff \w+>):\d+", r"\1", text
    )  # Pythons differ in the line


def test_stepping_through_the_derivative(tmp_path: Path, update_golden: bool) -> None:
    (tmp_path / "fit.py").write_text(blocks.block("checking.md", "checking", "stepped"))
    shown = blocks.block("checking.md", "checking", "pdb")
    lines = [line.partition(") ")[2] for line in shown.splitlines() if line.startswith("(Pdb) ")]
    found = "$ python -m pdb fit.py\n" + stepped(tmp_path, lines)
    found = found.partition("The program finished")[0]
    if update_golden:
        blocks.replace("checking.md", "checking", "pdb", found)
    assert shown == found
    assert "-> b_miss = 2.0 * miss" in found and "[-1. -2.]" in found


def test_the_debugger_steps_into_a_call(tmp_path: Path) -> None:
    """`step` from a call of the derivative reaches the generated lines; they are listed and named."""
    text = blocks.block("checking.md", "checking", "stepped")
    text = text.replace("print(gradient(w, X, y))", "loss(w, X, y)\nloss(w, X, y)")
    (tmp_path / "fit.py").write_text(text)
    found = stepped(tmp_path, ["tbreak 15", "continue", *["step"] * 12, "where", "list"])
    assert re.search(r"^> <srcdiff loss_grad>\(3\)loss_grad\(\)$", found, re.MULTILINE)
    assert re.search(r"^> <srcdiff loss_grad>\(5\)loss_grad\(\)$", found, re.MULTILINE)
