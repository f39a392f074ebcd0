"""What a terminal shows and a pipe does not: a progress bar, colours."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.driver import FIXTURE, environment

pytestmark = pytest.mark.skipif(os.name != "posix", reason="there are no pseudo-terminals")


def on_a_terminal(*arguments: str, both: bool = False, **more: str) -> tuple[int, str, str]:
    """A command whose stderr (and stdout, if asked) is a terminal: exit code, stdout, what it shows."""
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "srcdiff", *arguments],
        cwd=FIXTURE,
        env=environment(TERM="xterm", **more),
        stdout=theirs if both else subprocess.PIPE,
        stderr=theirs,
        text=True,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    out = process.communicate(timeout=120)[0] or ""
    return process.returncode, out, shown.decode()


def without_rich(folder: Path) -> str:
    """A path on which `rich` cannot be imported."""
    (folder / "rich.py").write_text("raise ImportError('as if it were not installed')\n")
    return os.pathsep.join([str(folder), environment()["PYTHONPATH"]])


def test_a_bar_while_it_runs() -> None:
    pytest.importorskip("rich")
    code, out, shown = on_a_terminal("check", "good")
    assert code == 0 and "6 ok" in out and "\x1b" not in out
    assert "verifying" in shown and "100%" in shown


@pytest.mark.slow
def test_a_bar_with_several_processes() -> None:
    pytest.importorskip("rich")
    code, out, shown = on_a_terminal("check", "good", "wrong", "--jobs", "2")
    assert code == 1 and "7 ok, 1 wrong" in out and "100%" in shown


def test_a_count_where_rich_is_missing(tmp_path: Path) -> None:
    code, out, shown = on_a_terminal("check", "good", PYTHONPATH=without_rich(tmp_path))
    assert code == 0 and "6 ok" in out
    counts = re.findall(r"\r(\d) of 6 ", shown)
    assert counts == ["1", "2", "3", "4", "5", "6"] and shown.endswith("\n")


def test_quiet_shows_nothing() -> None:
    code, out, shown = on_a_terminal("check", "good", "--quiet")
    assert code == 0 and "6 ok" in out and not shown


def test_source_is_highlighted_on_a_terminal_only(tmp_path: Path) -> None:
    plain = on_a_terminal("show", "good.pricing:plain")
    assert plain[0] == 0 and "def plain_grad(x):" in plain[1]
    code, _, shown = on_a_terminal("show", "good.pricing:plain", both=True)
    words = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert code == 0 and "def plain_grad(x):" in words
    assert ("\x1b[" in shown) == bool(importlib.util.find_spec("rich"))
    code, _, shown = on_a_terminal("check", "wrong", "--quiet", both=True)
    assert code == 1 and "\x1b[31;1mwrong" in shown
