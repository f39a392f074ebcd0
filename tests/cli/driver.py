"""Commands run in another process: several in one, each with its exit code and what it printed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FIXTURE = Path(__file__).parent / "fixture"

SEVERAL = """
import contextlib, io, json, sys
from srcdiff.cli import main

found = []
for arguments in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(arguments)
        except SystemExit as stop:
            code = stop.code
    found.append((code, out.getvalue(), err.getvalue()))
print(json.dumps(found))
"""


@dataclass
class Done:
    """What a command did."""

    code: int
    out: str
    err: str


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120", **more}


def run(*arguments: str, folder: Path, **more: str) -> Done:
    """One command, as a user runs it."""
    done = subprocess.run(
        [sys.executable, "-m", "srcdiff", *arguments],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=120,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def run_all(*commands: list[str], folder: Path, **more: str) -> list[Done]:
    """Several commands in one process."""
    done = subprocess.run(
        [sys.executable, "-c", SEVERAL, json.dumps(commands)],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert not done.returncode, done.stderr
    return [Done(*found) for found in json.loads(done.stdout.splitlines()[-1])]
