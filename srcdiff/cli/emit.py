"""`srcdiff emit`: derivative files."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from srcdiff.cli import options
from srcdiff.errors import refuse
from srcdiff.files import disk
from srcdiff.files.ask import KINDS
from srcdiff.files.module import Item
from srcdiff.project import target
from srcdiff.project.discover import collect
from srcdiff.project.subject import subject

EXAMPLES = """\
  srcdiff emit shop.pricing:loss -o shop/derivatives.py --at 'w=[1.0, 2.0], x=0.5'
  srcdiff emit shop.pricing:loss shop.pricing:vega -o shop/derivatives.py
  srcdiff emit shop.pricing:loss -o loss.py --kind grad --kind jvp --order 2
  srcdiff emit --check shop/derivatives.py      exit code 1, and the difference, when it is stale
  srcdiff emit --check                          all that the project has
  srcdiff emit --update shop/derivatives.py     write it again, as its source gives it now

A derivative file imports NumPy and nothing else. `python FILE.py` checks it against differences."""


def add(commands: Any) -> None:
    parser = options.command(commands, "emit", run, "write derivative files", EXAMPLES)
    parser.add_argument(
        "targets",
        metavar="TARGET",
        nargs="*",
        help=f"{options.TARGET}; with --check and --update, files and folders",
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="the file to write")
    parser.add_argument("--at", action="append", default=[], metavar="ARGS",
                        help="example arguments, once for each target")  # fmt: skip
    parser.add_argument("--wrt", default="", metavar="NAMES", help="arguments: w or w,b")
    parser.add_argument("--order", type=int, default=0, help="the orders up to this one (1)")
    parser.add_argument("--kind", action="append", default=[], choices=KINDS,
                        help="of derivative; several may be given")  # fmt: skip
    parser.add_argument("--mode", action="append", default=[], choices=tuple(options.KINDS),
                        help="reverse is --kind grad, forward is --kind jvp")  # fmt: skip
    parser.add_argument("--force", action="store_true", help="overwrite a file edited by hand")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--check", action="store_true", help="compare files, write nothing")
    group.add_argument("--update", action="store_true", help="write files again")


def run(chosen: argparse.Namespace) -> int:
    if chosen.check or chosen.update:
        files = _files([chosen.output] if chosen.output else chosen.targets)
        codes = [_check(f) if chosen.check else _update(f, chosen.force) for f in files]
        return max(codes)
    if not chosen.targets:
        raise refuse("SD701", "no function to differentiate", hint=f"a target: {options.TARGET}")
    if not chosen.output:
        raise refuse("SD707", "no file to write", hint="-o FILE.py")
    path = Path(chosen.output)
    if path.suffix != ".py" or path.is_dir():
        raise refuse("SD707", f"{chosen.output} is not the name of a module", hint="-o FILE.py")
    wanted = items(chosen)
    changed = disk.write(path, wanted, chosen.force)
    print(f"{'wrote' if changed else 'unchanged:'} {path}")
    return 0


def items(chosen: argparse.Namespace) -> list[Item]:
    """The derivatives that the options ask for."""
    settings = options.config()
    if len(chosen.at) > len(chosen.targets):
        raise refuse("SD704", f"{len(chosen.at)} times --at for {len(chosen.targets)} targets")
    wanted = []
    kinds = [*chosen.kind, *(options.KINDS[m] for m in chosen.mode)] or [""]
    for place, text in enumerate(chosen.targets):
        found = target.resolve(text)
        for kind in dict.fromkeys(kinds):
            at = chosen.at[place] if place < len(chosen.at) else ""
            one = subject(found, settings, at=at, wrt=options.wrt(chosen), kind=kind,
                          order=chosen.order or 1)  # fmt: skip
            wanted.append(Item(one.ask, found.target, one.arguments))
    return wanted


def _files(names: list[str]) -> list[Path]:
    """The derivative files that are named, those in folders, or all of the project."""
    settings = options.config()
    folders = [n for n in names if Path(n).is_dir()]
    found = [Path(n) for n in names if n not in folders]
    if folders or not names:
        tasks = collect(folders, settings)
        found += [_near(Path(t.path)) for t in tasks if t.kind == "file"]
    if not found:
        raise refuse(
            "SD714", "there are no derivative files", hint="srcdiff emit TARGET -o FILE.py"
        )
    return found


def _near(path: Path) -> Path:
    """A path from the current folder, where it lies in it."""
    path, here = path.resolve(), Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _check(path: Path) -> int:
    found = disk.checked(path)
    if found.fresh:
        print(f"{path} is up to date")
        return 0
    print(f"{path} is stale: {'; '.join(found.reasons)}\n\n{found.diff}", end="")
    return 1


def _update(path: Path, force: bool) -> int:
    text = disk.read(path)
    wanted, _ = disk.items(text, path)
    changed = disk.write(path, wanted, force)
    print(f"{'wrote' if changed else 'unchanged:'} {path}")
    return 0
