"""Targets: `package.module:function`, `path/to/file.py:function`, a package, a file, a folder.

Modules are imported as `python -m` in the current folder would import them; a file of a package under
its name in the package, a file outside of any with its own folder on the path.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import inspect
import linecache
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from srcdiff.errors import Refused, refuse


@dataclass(frozen=True)
class Found:
    """An object of a module: how it is called there, and where its source is."""

    target: str  # module:qualname
    value: Any
    path: Path

    @property
    def line(self) -> int:
        """The line of its `def`, 0 when unknown."""
        return line_of(self.value)


def primal_of(value: Any) -> Any:
    """The function that a derivative is of; any other value is itself."""
    return value.request.function if hasattr(type(value), "__srcdiff__") else value


def line_of(value: Any) -> int:
    """The line on which a function begins, its decorators left out."""
    code = getattr(inspect.unwrap(primal_of(value)), "__code__", None)
    if code is None:
        return 0
    first = int(code.co_firstlineno)
    lines = linecache.getlines(code.co_filename)
    for number in range(first, min(first + 50, len(lines)) + 1):
        if lines[number - 1].lstrip().startswith(("def ", "async def ")):
            return number
    return first


def resolve(text: str) -> Found:
    """The function, method or derivative that a target names.

    Raises Refused: SD701 where there is no such thing, SD702 where its module cannot be imported.

    >>> resolve("srcdiff.project.target:resolve").target
    'srcdiff.project.target:resolve'
    """
    owner, colon, qualname = text.rpartition(":")
    if not colon or not owner or not qualname:
        raise refuse(
            "SD701",
            f"{text!r} names no function",
            hint="a target is package.module:function or path/to/file.py:function",
        )
    return member(load(owner), qualname, text)


def member(module: types.ModuleType, qualname: str, text: str) -> Found:
    """What a module holds under a qualified name."""
    value: Any = module
    for part in qualname.split("."):
        inner = getattr(value, part, None)
        if inner is None:
            raise refuse("SD701", f"{module.__name__} has no {qualname!r}", hint=_known(module))
        value = inner
    if not callable(value):
        raise refuse("SD701", f"{text} is {type(value).__name__}, not a function")
    return Found(f"{module.__name__}:{qualname}", value, Path(module.__file__ or ""))


def _known(module: types.ModuleType) -> str:
    own = [n for n, v in vars(module).items() if callable(v) and _is_own(v, module) and n[0] != "_"]
    return f"it has {', '.join(own[:12])}" if own else "it defines no functions"


def _is_own(value: Any, module: types.ModuleType) -> bool:
    return getattr(primal_of(value), "__module__", None) == module.__name__


def load(owner: str) -> types.ModuleType:
    """The module of a dotted name or of a file."""
    enter(Path.cwd())
    if owner.endswith(".py") or "/" in owner or "\\" in owner:
        path = Path(owner)
        if not path.is_file():
            raise refuse("SD701", f"there is no file {owner}")
        return load_file(path)
    if not all(part.isidentifier() for part in owner.split(".")):
        raise refuse("SD701", f"{owner!r} is neither a module nor a file")
    return imported(owner, lambda: importlib.import_module(owner))


def load_file(path: Path) -> types.ModuleType:
    """A file as a module, under the name by which its package knows it."""
    path = path.resolve()
    root, name = place(path)
    enter(root)
    known = sys.modules.get(name)
    if known is not None and Path(getattr(known, "__file__", None) or "").resolve() == path:
        return known
    if "." in name or known is None and _finds(name, path):
        return imported(name, lambda: importlib.import_module(name))
    name = f"{name}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}" if known else name
    return imported(str(path), lambda: _executed(name, path))


def _finds(name: str, path: Path) -> bool:
    spec = importlib.util.find_spec(name)
    return spec is not None and spec.origin is not None and Path(spec.origin).resolve() == path


def _executed(name: str, path: Path) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def place(path: Path) -> tuple[Path, str]:
    """The folder that `import` needs for a file, and the module's name."""
    parts = [] if path.stem == "__init__" else [path.stem]
    folder = path.parent
    while (folder / "__init__.py").exists():
        parts.insert(0, folder.name)
        folder = folder.parent
    return folder, ".".join(parts)


def enter(folder: Path) -> None:
    """Let `import` look into a folder first."""
    text = str(folder.resolve())
    if text not in sys.path:
        sys.path.insert(0, text)


def imported(name: str, act: Callable[[], types.ModuleType]) -> types.ModuleType:
    """What an import gives; whatever it raises, SystemExit too, becomes a refusal.

    What the module prints goes to stderr: stdout is for reports.
    """
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return act()
    except Refused:
        raise
    except (Exception, SystemExit) as error:
        told = f"cannot import {name}: {type(error).__name__}: {error}"
        raise refuse("SD702", told, hint=_hint(error, name)) from error


def _hint(error: BaseException, name: str) -> str:
    if isinstance(error, ModuleNotFoundError):
        return "run from the folder in which `import` finds it, or install the package"
    if isinstance(error, SyntaxError) and error.lineno:
        return f"line {error.lineno} of {error.filename}"
    found = error.__traceback__
    while found is not None and found.tb_next is not None:
        found = found.tb_next
    return f"line {found.tb_lineno} of {found.tb_frame.f_code.co_filename}" if found else ""


__all__ = ["Found", "enter", "line_of", "load", "load_file", "place", "primal_of", "resolve"]
