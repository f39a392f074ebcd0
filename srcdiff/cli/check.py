"""`srcdiff check`: every derivative of a project verified."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from srcdiff.cli import formats, options, terminal
from srcdiff.errors import refuse
from srcdiff.project.discover import collect
from srcdiff.project.outcome import exit_code
from srcdiff.project.verify import Options
from srcdiff.project.workers import run as run_tasks

EXAMPLES = """\
  srcdiff check shop                     every @grad-like function and derivative file of a package
  srcdiff check src/fit.py               those of a file, or of a folder
  srcdiff check shop.pricing:loss --at 'w=[1.0, 2.0], x=0.5'
  srcdiff check                          what [tool.srcdiff] of pyproject.toml lists
  srcdiff check shop --format junit --output report.xml --jobs 4 --time-limit 60

exit codes: 0 all right; 1 a derivative is wrong or a file stale; 2 something could not be run"""


def add(commands: Any) -> None:
    parser = options.command(
        commands, "check", run, "verify derivatives and derivative files", EXAMPLES
    )
    parser.add_argument(
        "targets", metavar="TARGET", nargs="*", help="function, package, file or folder"
    )
    options.add_example(parser)
    options.add_order(parser)
    parser.add_argument("--format", choices=tuple(formats.FORMATS), default="text")
    parser.add_argument("--output", metavar="FILE", help="write the report there")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes (1)")
    parser.add_argument(
        "--time-limit", type=float, default=0.0, metavar="SECONDS", help="per function (none)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of all random numbers (0)")
    parser.add_argument("--verbose", "-v", action="store_true", help="the numbers of all functions")
    parser.add_argument("--quiet", "-q", action="store_true", help="no progress bar")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto")


def run(chosen: argparse.Namespace) -> int:
    if chosen.jobs < 1 or chosen.time_limit < 0:
        raise refuse("SD714", "--jobs is at least 1, --time-limit at least 0")
    settings = options.config()
    tasks = collect(chosen.targets, settings)
    if (chosen.at or chosen.wrt) and [t.kind for t in tasks] != ["function"]:
        raise refuse(
            "SD714", "--at and --wrt are for one function", hint="name it: module:function"
        )
    wanted = Options(chosen.seed, chosen.order, chosen.at, options.wrt(chosen))
    shown, finish = terminal.progress(len(tasks), chosen.quiet)
    try:
        outcomes = run_tasks(
            tasks, settings, wanted, jobs=chosen.jobs, limit=chosen.time_limit, done=shown
        )
    finally:
        finish()
    colour = not chosen.output and terminal.coloured(sys.stdout, chosen.color)
    look = formats.Look(Path.cwd(), chosen.seed, colour, chosen.verbose)
    _deliver(formats.FORMATS[chosen.format](outcomes, look), chosen.output)
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if chosen.format == "github" and summary:
        with open(summary, "a", encoding="utf-8") as file:
            file.write(formats.markdown(outcomes, look))
    return exit_code(outcomes)


def _deliver(text: str, output: str | None) -> None:
    if not output:
        print(text, end="")
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise refuse("SD707", f"cannot write {output}: {error.strerror or error}") from None
