"""Derivative files on disk: written with care, read without running them, made again for comparison.

An existing file is replaced only when srcdiff wrote it and nobody has edited it since, or when asked
to (`force`). A file is written in whole or not at all.
"""

from __future__ import annotations

import ast
import difflib
import importlib
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from srcdiff.errors import NOWHERE, SrcdiffError, refuse
from srcdiff.files import module
from srcdiff.files.ask import Ask
from srcdiff.files.module import Item
from srcdiff.structure import children

EXACT = 4000  # entries of an array that are written out where random ones do not serve


@dataclass(frozen=True)
class Staleness:
    """What `checked` found: whether a file is up to date, and if not, why and in which lines."""

    path: Path
    reasons: tuple[str, ...] = ()
    diff: str = ""

    @property
    def fresh(self) -> bool:
        return not self.reasons


# --- reading --------------------------------------------------------------------------------------


def read(path: Path) -> str:
    """The text of a derivative file.

    Raises Refused (SD712) when there is none, or when it is something else.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise refuse("SD712", f"cannot read {path}: {error}") from None
    if not module.is_derivative_file(text):
        raise refuse("SD712", f"{path} was not written by srcdiff emit")
    return text


def entries(text: str, path: Path) -> dict[str, dict[str, Any]]:
    """The table of the derivatives in a file; the file is not run.

    Raises Refused (SD712) when there is no table that can be read.
    """
    try:
        for node in ast.parse(text).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__derivatives__":
                found: dict[str, dict[str, Any]] = ast.literal_eval(node.value)
                if all({"of", "kind", "wrt", "signature"} <= set(e) for e in found.values()):
                    return found
    except (SyntaxError, ValueError, AttributeError, TypeError):
        pass
    raise refuse("SD712", f"{path} has no table of derivatives that can be read")


def run(text: str, path: Path, extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The global names of a derivative file, run as a module."""
    scope: dict[str, Any] = {"__name__": f"srcdiff_file_{path.stem}", "__file__": str(path)}
    try:
        exec(compile(text, str(path), "exec"), scope)
    except Exception as error:
        raise refuse("SD712", f"{path} does not run: {type(error).__name__}: {error}") from error
    scope.update(extra or {})
    return scope


def folders(path: Path) -> Iterator[Path]:
    """Where Python finds the modules that belong to a file: above its packages."""
    folder = path.resolve().parent
    while (folder / "__init__.py").exists():
        folder = folder.parent
    yield folder
    yield Path.cwd()


def find(target: str, near: Path) -> Any:
    """The function that `module:qualname` names.

    Raises Refused (SD701, SD702) when it is not there.
    """
    name, _, qualname = target.partition(":")
    for folder in map(str, folders(near)):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    try:
        found: Any = importlib.import_module(name)
    except Exception as error:
        raise refuse("SD702", f"cannot import {name}: {type(error).__name__}: {error}") from error
    for part in qualname.split("."):
        found = getattr(found, part, None)
    if found is None:
        raise refuse("SD701", f"{name} has no {qualname}")
    return found


def primal_of(function: Any) -> Any:
    """The function that a derivative is of."""
    return function.request.function if hasattr(type(function), "__srcdiff__") else function


def items(text: str, path: Path) -> tuple[list[Item], dict[str, str]]:
    """What a file was made for, and the source of its example functions."""
    scope = run(text, path, {"_record": _object})
    sources = {
        node.name: "\n".join(text.splitlines()[node.lineno - 1 : node.end_lineno])
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("_example_")
    }
    wanted = []
    derivatives = entries(text, path)
    for entry in derivatives.values():
        function = primal_of(find(entry["of"], path))
        arguments, _ = scope[entry["example"]]()
        ask = Ask(
            function, entry["kind"], tuple(entry["wrt"]), entry["single"], entry["has_aux"],
            entry["order"],
        )  # fmt: skip
        wanted.append(Item(ask, entry["of"], arguments))
    return wanted, sources


def _object(name: str, /, **fields: Any) -> Any:
    """An object of the user's class, in place of the record that stands for it."""
    owner, _, qualname = name.partition(":")
    cls: Any = sys.modules.get(owner) or importlib.import_module(owner)
    for part in qualname.split("."):
        cls = getattr(cls, part)
    if hasattr(cls, "_fields"):
        return cls(**fields)
    made = object.__new__(cls)
    for key, value in fields.items():
        object.__setattr__(made, key, value)
    return made


# --- comparing ------------------------------------------------------------------------------------


def checked(path: Path) -> Staleness:
    """Whether a derivative file is what srcdiff would write now.

    Raises Refused when the file or what it is made of cannot be read.
    """
    old = read(path)
    wanted, sources = items(old, path)
    edited = module.is_edited(old)
    new = module.text(wanted, sources)
    if new == old:
        return Staleness(path)
    reasons = [f"{path} was edited by hand"] if edited else []
    reasons += changes(entries(old, path), entries(new, path))
    return Staleness(path, tuple(reasons or [f"{path} is not what srcdiff writes now"]),
                     diff(old, new, path))  # fmt: skip


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Which functions have changed since a file was written."""
    stale = [
        f"{entry['of']} has changed since {name} was written"
        for name, entry in old.items()
        if name in new and new[name]["source"] != entry["source"]
    ]
    return list(dict.fromkeys(stale))


def diff(old: str, new: str, path: Path) -> str:
    """The lines that would change."""
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), str(path), f"{path} (new)"
    )
    return "".join(lines)


# --- writing --------------------------------------------------------------------------------------


def write(path: Path, wanted: Sequence[Item], force: bool = False) -> bool:
    """Write a derivative file; whether anything changed.

    The new file is run and has to pass its own check first. Raises Refused: SD706 when the file that
    is there was edited by hand or not written by srcdiff, SD707 when the place cannot be written to,
    SD717 when a derivative is not confirmed by differences.
    """
    new = verified(wanted, path)
    old = path.read_text(encoding="utf-8", errors="replace") if path.exists() else None
    if old == new:
        return False
    if old is not None and not force:
        _not_precious(old, new, path)
    _replace(path, new)
    return True


def _not_precious(old: str, new: str, path: Path) -> None:
    """Refuse to overwrite what somebody wrote or edited."""
    if not old.strip():
        return
    if not module.is_derivative_file(old):
        told = f"{path} exists and was not written by srcdiff emit"
        raise refuse("SD706", told, hint="--force replaces it")
    if module.is_edited(old):
        raise refuse(
            "SD706",
            f"{path} was edited by hand since it was written",
            NOWHERE,
            "put the edit into the function, or give it up with --force",
            "the edit, and what srcdiff would write in its place:\n" + diff(old, new, path),
        )


def _replace(path: Path, text: str) -> None:
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
            os.chmod(name, mode)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise refuse("SD707", f"cannot write {path}: {error.strerror or error}") from None


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def verified(wanted: Sequence[Item], path: Path) -> str:
    """The text for some derivatives, once it has passed its own check.

    Large example arrays are replaced by random ones; where the check does not bear that, they are
    written out.
    """
    made = module.text(wanted)
    wrong = failing(made, path)
    small = all(_size(v) <= EXACT for i in wanted for v in i.arguments.values())
    if wrong and small and "_sample(" in made:
        made = module.text(wanted, exact=True)
        wrong = failing(made, path)
    if wrong:
        raise refuse(
            "SD717",
            f"differences do not confirm {', '.join(wrong)} at the example arguments",
            hint="see srcdiff check for the entries; give other example arguments if they lie on a kink",
        )
    return made


def _size(value: Any) -> int:
    """How many numbers a structure holds."""
    parts = children(value)
    return int(np.size(value)) if parts is None else sum(_size(part) for _, part in parts)


def failing(text: str, path: Path) -> list[str]:
    """The derivatives in a text that differences do not confirm."""
    scope = run(text, path)
    found = []
    for name, entry in scope["__derivatives__"].items():
        try:
            off = scope["_check"](entry, scope, name)
        except Exception as error:
            if isinstance(error, SrcdiffError):
                raise
            off = np.inf
        if not off <= 1.0:
            found.append(name)
    return found
