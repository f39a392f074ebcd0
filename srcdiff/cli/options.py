"""Options that several commands share."""

from __future__ import annotations

import argparse
import inspect
from pathlib import Path
from typing import Any

from srcdiff.project import config as configuration
from srcdiff.project import target
from srcdiff.project.config import Config
from srcdiff.project.subject import Subject, subject

TARGET = "package.module:function or path/to/file.py:function"
KINDS = {"reverse": "grad", "forward": "jvp"}


def command(
    commands: Any, name: str, run: Any, help: str, examples: str
) -> argparse.ArgumentParser:
    """A subcommand with examples in its help."""
    made: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help,
        description=help[0].upper() + help[1:] + ".",
        epilog="examples:\n" + examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.set_defaults(run=run)
    return made


def add_target(parser: argparse.ArgumentParser) -> None:
    """TARGET, --at, --wrt."""
    parser.add_argument("target", metavar="TARGET", help=TARGET)
    add_example(parser)


def add_example(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--at",
        default="",
        metavar="ARGS",
        help="example arguments as Python literals: 'x=1.3, w=[1.0, 2.0], X=@data.npz:X'",
    )
    parser.add_argument(
        "--wrt", default="", metavar="NAMES", help="arguments to differentiate by: w or w,b"
    )


def add_order(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--order", type=int, default=0, help="order of the derivative (1)")


def config() -> Config:
    """The configuration that the current folder has."""
    found = configuration.load(Path.cwd())
    target.enter(found.folder)
    target.enter(Path.cwd())
    return found


def wrt(chosen: argparse.Namespace) -> tuple[str, ...]:
    return tuple(part.strip() for part in chosen.wrt.split(",") if part.strip())


def bound(one: Subject) -> inspect.BoundArguments:
    """The example arguments as a call of the function binds them."""
    signature = inspect.signature(one.derivative.primal)
    return inspect.BoundArguments(signature, dict(one.arguments))


def subject_of(chosen: argparse.Namespace, kind: str = "") -> Subject:
    """The derivative that TARGET and the options beside it ask for."""
    settings = config()
    found = target.resolve(chosen.target)
    return subject(
        found, settings, at=chosen.at, wrt=wrt(chosen), kind=kind, order=getattr(chosen, "order", 0) or 1,
        folder=Path.cwd(),
    )  # fmt: skip
