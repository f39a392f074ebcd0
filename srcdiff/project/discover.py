"""What there is to verify: derivatives at the top of modules and in classes, and derivative files."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from srcdiff.api import Derivative
from srcdiff.errors import Refused, refuse
from srcdiff.files.module import is_derivative_file
from srcdiff.project import target
from srcdiff.project.config import Config

SKIPPED = {"__pycache__", "node_modules", "build", "dist", "site-packages", "venv"}


@dataclass(frozen=True)
class Task:
    """One thing to verify, by name, so that another process can find it again."""

    kind: str  # "function", "file", or "error" (its module does not import)
    target: str
    path: str
    line: int = 0
    message: str = ""


def collect(names: Sequence[str], config: Config) -> list[Task]:
    """The tasks that targets, packages, files and folders stand for, in order, none twice.

    Without names: those of the configuration, or the current folder. Functions that the
    configuration lists are tasks wherever their module is looked at.

    Raises Refused (SD701) for a name that means nothing, SD714 where nothing is found.
    """
    found: dict[tuple[str, str], Task] = {}
    for name in names or config.check or [str(config.folder)]:
        for task in _named(name, config, bool(names)):
            found.setdefault((task.kind, task.target), task)
    if not found:
        told = ", ".join(names) if names else str(config.folder)
        raise refuse(
            "SD714",
            f"nothing to verify in {told}",
            hint="functions with @grad, those of [tool.srcdiff.functions], and derivative files are",
        )
    return list(found.values())


def _named(name: str, config: Config, explicit: bool) -> Iterator[Task]:
    base = Path.cwd() if explicit else config.folder
    path = base / name
    if ":" in name and not path.exists():
        yield _function(target.resolve(name))
    elif path.is_dir():
        yield from _folder(path, config)
    elif path.is_file():
        yield from _file(path, config, False)
    else:
        yield from _package(name, config)


def _function(found: target.Found) -> Task:
    return Task("function", found.target, str(found.path), found.line)


def _package(name: str, config: Config) -> Iterator[Task]:
    target.enter(Path.cwd())
    target.enter(config.folder)
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        spec = None
    if spec is None:
        raise refuse(
            "SD701",
            f"there is no package, module, file or folder {name!r}",
            hint="run from the folder in which `import` finds it",
        )
    for place in spec.submodule_search_locations or ():
        yield from _folder(Path(place), config)
    if not spec.submodule_search_locations and spec.origin and Path(spec.origin).is_file():
        yield from _file(Path(spec.origin), config, False)


def _folder(folder: Path, config: Config) -> Iterator[Task]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if f[0] != "." and f not in SKIPPED)
        for file in sorted(files):
            test = file.startswith("test_") or file in ("conftest.py", "setup.py")
            if file.endswith(".py") and not test:
                yield from _file(Path(root) / file, config, True)


def _file(path: Path, config: Config, passing: bool) -> Iterator[Task]:
    """The tasks of one file. `passing`: it was not named, so it may have nothing to do with srcdiff."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return
    if is_derivative_file(text):
        yield Task("file", str(path), str(path), 1)
        return
    _, name = target.place(path.resolve())
    listed = config.listed(name, path)
    if passing and "srcdiff" not in text and not listed:
        return
    try:
        module = target.load_file(path)
        yield from sorted(_module(module, listed), key=lambda t: t.line)
    except Refused as refusal:
        told = "\n".join(d.render() for d in refusal.diagnostics)
        yield Task("error", str(path), str(path), 1, told)


def _module(module: Any, listed: Sequence[str]) -> Iterator[Task]:
    seen: set[int] = set()
    for qualname, value in _members(module):
        if id(value) not in seen and value.primal.__module__ == module.__name__:
            seen.add(id(value))
            path = Path(module.__file__)
            yield _function(target.Found(f"{module.__name__}:{qualname}", value, path))
    for name in listed:
        found = target.member(module, name, name)
        if id(found.value) not in seen:
            yield _function(found)


def _members(module: Any) -> Iterator[tuple[str, Derivative]]:
    """Derivatives at the top of a module, and those among the attributes of its classes."""
    for name, value in list(vars(module).items()):
        if isinstance(value, Derivative):
            yield name, value
        elif isinstance(value, type) and value.__module__ == module.__name__:
            for inner, member in list(vars(value).items()):
                if isinstance(member, Derivative):
                    yield f"{name}.{inner}", member
