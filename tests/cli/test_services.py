"""The GitHub action and the pre-commit hooks: their commands, run in a shell."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.cli.driver import FIXTURE, ROOT, environment

ACTION = ROOT / ".github" / "actions" / "srcdiff-check" / "action.yml"
HOOKS = ROOT / ".pre-commit-hooks.yaml"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash"),
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The fixture project, with the command on the path."""
    shutil.copytree(FIXTURE, tmp_path / "fixture", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "srcdiff"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m srcdiff "$@"\n')
    command.chmod(0o755)
    return tmp_path


def steps() -> list[str]:
    """The scripts of the action's steps."""
    text = ACTION.read_text()
    found = re.findall(r"^( +)run: \|\n((?:\1  .*\n|\n)+)", text, re.MULTILINE)
    return [textwrap.dedent(body) for _, body in found]


def shell(script: str, project: Path, **inputs: str) -> tuple[int, str]:
    """A step as the runner starts it."""
    path = f"{project / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=project / "fixture",
        env=environment(PATH=path, **inputs),
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_action(project: Path) -> None:
    check, files = steps()
    summary = str(project / "summary.md")
    code, out = shell(
        check, project, TARGETS="wrong good", ARGUMENTS="--seed 3", GITHUB_STEP_SUMMARY=summary
    )
    assert code == 1 and out.startswith("::error file=wrong/rules.py") and "(seed 3)" in out
    assert "7 ok, 1 wrong" in Path(summary).read_text()
    code, out = shell(check, project, TARGETS="", ARGUMENTS="")
    assert code == 0 and "6 ok" in out
    assert shell(files, project, FILES="") == (0, "")
    code, out = shell(files, project, FILES="good/derivatives.py stale/derivatives.py")
    assert code == 1 and "stale/derivatives.py is stale" in out


def test_inputs_are_those_that_the_steps_read() -> None:
    text = ACTION.read_text()
    named = re.findall(r"^  (\w+):\n    description", text, re.MULTILINE)
    assert sorted(re.findall(r"inputs\.(\w+)", text)) == sorted(named)


def test_the_hooks(project: Path) -> None:
    entries = re.findall(r"^  entry: (.*)$", HOOKS.read_text(), re.MULTILINE)
    assert len(entries) == 2
    (pattern,) = re.findall(r"^  files: (.*)$", HOOKS.read_text(), re.MULTILINE)
    assert re.search(pattern, "good/derivatives.py")
    code, out = shell(f"{entries[0]} good/derivatives.py", project)
    assert code == 0 and "up to date" in out
    code, out = shell(entries[1], project)
    assert code == 0 and "6 ok" in out
