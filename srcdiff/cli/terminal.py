"""What a terminal adds: colours and a progress bar, where rich is installed. Piped output is plain."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Callable
from typing import Any, TextIO


def rich(name: str) -> Any:
    """A module of rich, None where it is not installed (the extra `ui`)."""
    try:
        return importlib.import_module(f"rich.{name}")
    except ImportError:
        return None


def coloured(stream: TextIO, when: str = "auto") -> bool:
    """Whether to print in colours. when: "auto", "always" or "never"."""
    return when == "always" or when == "auto" and stream.isatty()


def width() -> int:
    return shutil.get_terminal_size((100, 24)).columns


def python(text: str, when: str = "auto") -> None:
    """Print Python source, highlighted on a terminal."""
    syntax, console = rich("syntax"), rich("console")
    if not coloured(sys.stdout, when) or syntax is None:
        print(text.rstrip("\n"))
        return
    made = console.Console(force_terminal=True, width=max(width(), 100))
    made.print(syntax.Syntax(text.rstrip("\n"), "python", background_color="default"))


def painter(when: str = "auto") -> Callable[[str], str]:
    """What highlights a piece of Python source on a terminal; elsewhere it changes nothing."""
    syntax, console = rich("syntax"), rich("console")
    if not coloured(sys.stdout, when) or syntax is None:
        return str
    made = console.Console(force_terminal=True, width=10_000)
    highlighter = syntax.Syntax("", "python", background_color="default")

    def painted(piece: str) -> str:
        with made.capture() as captured:
            made.print(highlighter.highlight(piece), end="")
        return str(captured.get()).rstrip("\n")

    return painted


MARKS = {"ok": "32", "wrong": "31;1", "stale": "33;1", "error": "35;1"}


def painted(word: str, status: str, on: bool) -> str:
    """A word in the colour of a status."""
    return f"\x1b[{MARKS[status]}m{word}\x1b[0m" if on else word


def progress(total: int, quiet: bool) -> tuple[Callable[[int, Any], None], Callable[[], None]]:
    """What to call after each task, and at the end."""
    if quiet or not sys.stderr.isatty() or total < 2:
        return (lambda count, outcome: None), (lambda: None)
    bar = rich("progress")
    if bar is None:

        def shown(count: int, outcome: Any) -> None:
            end = "\n" if count == total else ""
            print(f"\r{count} of {total} {outcome.target[:60]:<60}", end=end, file=sys.stderr)

        return shown, (lambda: None)
    made = bar.Progress(console=rich("console").Console(stderr=True), transient=True)
    made.start()
    task = made.add_task("verifying", total=total)
    return (lambda count, outcome: made.update(task, completed=count)), made.stop
