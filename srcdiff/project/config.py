"""`[tool.srcdiff]` of pyproject.toml.

[tool.srcdiff]
check = ["shop", "scripts/fit.py"]      what `srcdiff check` looks at when nothing is named

[tool.srcdiff.functions."shop.pricing:loss"]
at = "w=[1.0, 2.0], X=@data/x.npz:X"    example arguments as text, or
args = "shop.examples:loss_arguments"   a function that returns them: a tuple, or a dict by name
wrt = ["w"]                             for functions without a decorator
order = 2                               check the second derivative as well
rtol = 1e-5                             tolerance, for functions with noise
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from srcdiff.errors import Refused, refuse

KEYS: dict[str, tuple[type, ...]] = {
    "at": (str,), "args": (str,), "wrt": (list, str), "order": (int,), "rtol": (float,),
}  # fmt: skip


@dataclass(frozen=True)
class Example:
    """What the configuration says of one function."""

    at: str = ""
    args: str = ""
    wrt: tuple[str, ...] = ()
    order: int = 1
    rtol: float | None = None


@dataclass(frozen=True)
class Config:
    """The configuration, and the folder that its paths start from."""

    folder: Path
    check: tuple[str, ...] = ()
    functions: Mapping[str, Example] = field(default_factory=dict)

    def example(self, target: str, path: Path) -> Example:
        """What is said of a function, by `module:name` or by `path/to/file.py:name`."""
        names = (target, f"{self.shown(path)}:{target.partition(':')[2]}")
        return next((self.functions[n] for n in names if n in self.functions), Example())

    def listed(self, module: str, path: Path) -> list[str]:
        """The functions of a module that are listed, by their names in it."""
        owners = (module, self.shown(path))
        pairs = (key.rpartition(":") for key in self.functions)
        return [name for owner, _, name in pairs if owner in owners]

    def shown(self, path: Path) -> str:
        """A path as the configuration writes it."""
        return Path(os.path.relpath(path.resolve(), self.folder.resolve())).as_posix()


def load(start: Path) -> Config:
    """The configuration of the nearest pyproject.toml at or above a folder.

    Raises Refused (SD711) where it cannot be read or says what is not known.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        path = folder / "pyproject.toml"
        if path.is_file():
            return parsed(_table(path), folder)
    return Config(start.resolve())


def _table(path: Path) -> Mapping[str, Any]:
    text = path.read_text(encoding="utf-8")
    if "tool.srcdiff" not in text:
        return {}
    try:
        whole = _toml().loads(text)
    except ValueError as error:
        raise refuse("SD711", f"cannot read {path}: {error}") from None
    found: Mapping[str, Any] = whole.get("tool", {}).get("srcdiff", {})
    return found


def _toml() -> Any:
    """A reader of TOML: the standard library's, or tomli before Python 3.11."""
    for name in ("tomllib", "tomli"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise refuse(
        "SD711",
        "reading pyproject.toml needs Python 3.11 or the package tomli",
        hint='python -m pip install "srcdiff[ui]"',
    )


def parsed(table: Mapping[str, Any], folder: Path) -> Config:
    """The configuration that a table holds.

    >>> parsed({"check": ["shop"]}, Path(".")).check
    ('shop',)
    """
    unknown = set(table) - {"check", "functions"}
    if unknown:
        raise _wrong(f"unknown keys {sorted(unknown)}", "check, functions")
    check = table.get("check", [])
    if not isinstance(check, list) or not all(isinstance(c, str) for c in check):
        raise _wrong("check is not a list of strings", 'check = ["package"]')
    functions = table.get("functions", {})
    if not isinstance(functions, dict):
        raise _wrong("functions is not a table", '[tool.srcdiff.functions."module:function"]')
    examples = {target: _example(target, entry) for target, entry in functions.items()}
    return Config(folder, tuple(check), examples)


def _example(target: str, entry: Any) -> Example:
    if not isinstance(entry, dict) or ":" not in target:
        raise _wrong(f"functions.{target!r} is not a table", 'functions."module:function"')
    for key, value in entry.items():
        if key not in KEYS:
            raise _wrong(f"{target} has the unknown key {key!r}", ", ".join(KEYS))
        if not isinstance(value, KEYS[key]) or isinstance(value, bool):
            raise _wrong(f"{key} of {target} is {value!r}", f"a {KEYS[key][0].__name__}")
    wrt = entry.get("wrt", ())
    wrt = (wrt,) if isinstance(wrt, str) else tuple(wrt)
    return Example(
        entry.get("at", ""), entry.get("args", ""), wrt, entry.get("order", 1), entry.get("rtol")
    )


def _wrong(what: str, hint: str) -> Refused:
    return refuse("SD711", f"[tool.srcdiff] of pyproject.toml: {what}", hint=hint)
