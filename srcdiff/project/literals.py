"""Example arguments as text: `x=1.3, w=[1.0, 2.0], mode="l2", X=@data.npz:X`.

Values are Python literals; `inf`, `nan` and `-inf` are known as well. A list of numbers becomes an
array, unless the annotation says list or the function uses it as one. Integers become floats where a
derivative is taken by them or the annotation says float. `@file.npz:name` reads an array, and never
unpickles. `Model(0.5, rate=2.0)` makes an object of a class that the function's module knows.
"""

from __future__ import annotations

import ast
import inspect
import math
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from srcdiff.errors import Refused, refuse
from srcdiff.frontend.source import find_source

_FILE = re.compile(r"@([^\s,;:=()\[\]]+?\.\w+):(\w+)|@([^\s,;=()\[\]]+)")
_LIST_METHODS = {"append", "extend", "insert", "pop", "remove", "index", "count"}
_NAMES = {"inf": math.inf, "nan": math.nan}


def arguments(
    text: str, function: Any, wrt: Sequence[str] = (), folder: Path | None = None
) -> dict[str, Any]:
    """The arguments that a text gives to a function, by name, defaults filled in.

    wrt: the arguments by which derivatives are taken.  folder: where files are looked for.

    Raises Refused: SD704 where the text cannot be read or does not fit the function, SD705 where a
    file cannot be read.

    >>> def f(x, w, k: int = 3): ...
    >>> arguments("x=1, w=[1.0, 2.0]", f, ("x",))
    {'x': 1.0, 'w': array([1., 2.]), 'k': 3}
    """
    files: list[tuple[str, str]] = []

    def stand_in(found: re.Match[str]) -> str:
        files.append((found[1] or found[3], found[2] or ""))
        return f"__file_{len(files) - 1}"

    try:
        call = ast.parse(f"f({_FILE.sub(stand_in, text)})", mode="eval").body
    except SyntaxError as error:
        raise _unreadable(text, str(error.msg)) from None
    if not isinstance(call, ast.Call):
        raise _unreadable(text, "it is not a list of arguments")
    reader = _Reader(text, files, folder or Path.cwd(), function)
    positional = [reader.value(a) for a in call.args]
    named = {str(k.arg): reader.value(k.value) for k in call.keywords}
    bound = bind(function, positional, named)
    lists = _used_as_lists(function)
    parameters = inspect.signature(function).parameters
    given = [*parameters][: len(positional)] + list(named)
    return {
        name: converted(value, parameters[name], name in wrt, name in lists)
        if name in given
        else value
        for name, value in bound.items()
    }


def bind(function: Any, positional: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by name, defaults filled in; Refused (SD704) where they do not fit."""
    signature = inspect.signature(function)
    try:
        bound = signature.bind(*positional, **named)
    except TypeError as error:
        name = getattr(function, "__name__", "the function")
        told = f"the example arguments do not fit {name}{signature}: {error}"
        raise refuse("SD704", told) from None
    bound.apply_defaults()
    return dict(bound.arguments)


def _unreadable(text: str, why: str) -> Refused:
    return refuse(
        "SD704",
        f"cannot read the example arguments {text!r}: {why}",
        hint="names with Python literals, such as: x=1.3, w=[1.0, 2.0], X=@data.npz:X",
    )


class _Reader:
    """Expressions as values."""

    def __init__(self, text: str, files: list[tuple[str, str]], folder: Path, function: Any):
        self.text, self.files, self.folder = text, files, folder
        self.known = getattr(inspect.unwrap(function), "__globals__", {})

    def value(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Name):
            return self.name(node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
            inner = self.value(node.operand)
            if isinstance(inner, (int, float, complex)):
                return -inner if isinstance(node.op, ast.USub) else inner
        if isinstance(node, (ast.List, ast.Tuple)):
            made = [self.value(e) for e in node.elts]
            return made if isinstance(node, ast.List) else tuple(made)
        if isinstance(node, ast.Dict) and all(k is not None for k in node.keys):
            keys = [self.value(k) for k in node.keys if k is not None]
            return dict(zip(keys, map(self.value, node.values)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self.made(node, node.func.id)
        try:
            return ast.literal_eval(node)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            raise _unreadable(self.text, f"{ast.unparse(node)} is not a literal") from None

    def made(self, node: ast.Call, name: str) -> Any:
        """An object of a class that the module of the function knows."""
        cls = self.known.get(name)
        if not isinstance(cls, type):
            raise _unreadable(self.text, f"{name} is no class of the function's module")
        try:
            return cls(
                *map(self.value, node.args),
                **{str(k.arg): self.value(k.value) for k in node.keywords},
            )
        except TypeError as error:
            raise _unreadable(self.text, str(error)) from None

    def name(self, text: str) -> Any:
        if text.startswith("__file_"):
            return read_array(self.folder, *self.files[int(text[7:])])
        if text in _NAMES:
            return _NAMES[text]
        raise _unreadable(self.text, f"{text} is not a literal")


def read_array(folder: Path, file: str, name: str) -> Any:
    """An array of an .npz file, or the one of an .npy file.

    Raises Refused (SD705) where there is none, and where it would have to be unpickled.
    """
    path = folder / file
    try:
        if not zipfile.is_zipfile(path) and not file.endswith(".npy"):
            path.stat()
            raise refuse(
                "SD705", f"{path} is not an .npz file", hint="np.savez(path, X=X) writes one"
            )
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        with loaded:
            if name not in loaded.files:
                known = ", ".join(loaded.files)
                raise refuse(
                    "SD705", f"{path} holds no {name!r}", hint=f"@{file}:NAME; it holds {known}"
                )
            return loaded[name]
    except OSError as error:
        raise refuse("SD705", f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        pickled = "pickle" in str(error)
        told = (
            "holds Python objects, which are not unpickled" if pickled else f"is damaged: {error}"
        )
        raise refuse("SD705", f"{path} {told}") from None


def converted(value: Any, parameter: inspect.Parameter, varies: bool, as_list: bool) -> Any:
    """A literal as the function wants it: arrays for lists, floats for integers."""
    annotation = parameter.annotation
    told = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    told = told.strip("'\"")
    if re.match(r"(typing\.)?(list|List|Sequence|Iterable)\b", told or ""):
        return _floats(value) if varies or "float" in str(annotation) else value
    if isinstance(value, int) and not isinstance(value, bool) and (varies or told == "float"):
        return float(value)
    return _structure(value, varies, as_list)


def _structure(value: Any, varies: bool, as_list: bool) -> Any:
    if isinstance(value, dict):
        return {k: _structure(v, varies, as_list) for k, v in value.items()}
    if isinstance(value, tuple):
        items = [_structure(v, varies, as_list) for v in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if isinstance(value, int) and not isinstance(value, bool) and varies:
        return float(value)
    if not isinstance(value, list) or not value or not _numbers(value):
        return [_structure(v, varies, as_list) for v in value] if isinstance(value, list) else value
    if as_list:
        return _floats(value) if varies else value
    try:
        made = np.array(value)
    except ValueError:  # ragged
        return _floats(value) if varies else value
    return made.astype(np.float64) if varies and made.dtype.kind in "iu" else made


def _numbers(value: Any) -> bool:
    """Whether a list holds nothing but numbers, or lists of these."""
    if isinstance(value, list):
        return all(_numbers(v) for v in value)
    return isinstance(value, (int, float, complex))


def _floats(value: Any) -> Any:
    if isinstance(value, list):
        return [_floats(v) for v in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _used_as_lists(function: Any) -> set[str]:
    """The parameters on which the function calls methods of lists."""
    try:
        node = find_source(inspect.unwrap(function)).node
    except (Refused, AttributeError):
        return set()
    return {
        part.func.value.id
        for part in ast.walk(node)
        if isinstance(part, ast.Call)
        and isinstance(part.func, ast.Attribute)
        and isinstance(part.func.value, ast.Name)
        and part.func.attr in _LIST_METHODS
    }
