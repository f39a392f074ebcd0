"""The source that a derivative is made of: the function, and all that it calls.

`sources` walks from a function over the names that its code reads: functions, methods of classes and
of objects, functions in containers, derivatives of functions, users' rules. It takes in what may be
called rather than what is: a change there makes a derivative file stale, never the reverse. NumPy,
the standard library and srcdiff itself are left out.

`digest` hashes these sources without comments, blank lines, indentation and decorators, so that
moving or annotating a function changes nothing.
"""

from __future__ import annotations

import functools
import hashlib
import io
import linecache
import sys
import tokenize
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from srcdiff.errors import Refused
from srcdiff.frontend.source import find_source
from srcdiff.ops.table import row_of

FOREIGN = {"numpy", "srcdiff", "builtins", *sys.stdlib_module_names}
PLAIN = (str, bytes, bool, type(None))
DIGITS = 16


def digest(function: Any) -> str:
    """The hash of the source of a function with all that it calls.

    >>> from srcdiff.files import reach
    >>> reach.digest(reach.foreign) == reach.digest(reach.foreign)
    True
    """
    found = sources(function)
    text = "\n".join(f"{name}\n{found[name]}" for name in sorted(found))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def sources(function: Any) -> dict[str, str]:
    """The sources a function is made of, by module and qualified name."""
    walk = _Walk()
    walk.value(function)
    return walk.found


def foreign(value: Any) -> bool:
    """Whether a function, class or module belongs to NumPy, the standard library or srcdiff."""
    module = value.__name__ if isinstance(value, types.ModuleType) else value.__module__
    return str(module).partition(".")[0] in FOREIGN and module != "__main__"


@dataclass
class _Walk:
    """What has been found, and what has been visited."""

    found: dict[str, str] = field(default_factory=dict)
    seen: dict[int, Any] = field(default_factory=dict)  # keeps what it has seen alive

    def value(self, value: Any) -> None:
        """Anything that code may name."""
        if id(value) in self.seen or isinstance(value, (int, float, complex, np.ndarray)):
            return
        self.seen[id(value)] = value
        if isinstance(value, functools.partial):
            self.values([value.func, *value.args, *value.keywords.values()])
        elif isinstance(value, types.MethodType):
            self.values([value.__func__, value.__self__])
        elif hasattr(type(value), "__srcdiff__"):
            self.value(value.request.function)
        elif isinstance(value, types.FunctionType):
            self.function(value)
        elif isinstance(value, type):
            self.members(value)
        elif isinstance(value, (tuple, list, set, frozenset)):
            self.values(value)
        elif isinstance(value, dict):
            self.values(value.values())
        elif not isinstance(value, (*PLAIN, types.ModuleType, np.generic)):
            self.object(value)

    def values(self, values: Any) -> None:
        for value in values:
            self.value(value)

    def object(self, value: Any) -> None:
        """An instance: the methods of its class, and what it holds."""
        self.value(type(value))
        self.values(getattr(value, "__dict__", {}).values())
        self.value(getattr(value, "__wrapped__", None))

    def members(self, cls: type) -> None:
        if cls.__module__ is None or foreign(cls):
            return
        self.values(cls.__bases__)
        for member in vars(cls).values():
            inner = getattr(member, "__func__", getattr(member, "fget", member))
            if isinstance(inner, types.FunctionType):
                self.value(inner)

    def function(self, function: types.FunctionType) -> None:
        row = row_of(function)
        if row is not None and row.user and row.body is not None:
            self.value(row.body)
        if row is not None and not row.user or foreign(function):
            return
        if _is_wrapper(function):
            self.values(
                [getattr(function, "__wrapped__", None), *map(_content, function.__closure__ or ())]
            )
            return
        text = normalised(function)
        if text is not None:
            self.found[_name(function, text)] = text
        self.values(function.__defaults__ or ())
        self.values((function.__kwdefaults__ or {}).values())
        for name, value in reads(function):
            if isinstance(value, PLAIN):
                self.found[f"{_name(function, text or '')} reads {name}"] = repr(value)
            else:
                self.value(value)


def _is_wrapper(function: types.FunctionType) -> bool:
    """Whether the standard library or NumPy made it, in the name of a function of the user's.

    What such a wrapper is made of differs from Python to Python: the __repr__ of a dataclass.
    """
    owner = str(function.__globals__.get("__name__", ""))
    return owner.partition(".")[0] in FOREIGN and owner != "__main__"


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not bound yet
        return None


def _name(function: types.FunctionType, text: str) -> str:
    """Module and qualified name; lambdas of one function are told apart by their text."""
    mark = f" {hashlib.sha256(text.encode()).hexdigest()[:8]}" if "<" in function.__name__ else ""
    module = "" if function.__module__ == "__main__" else f"{function.__module__}:"
    return f"{module}{function.__qualname__}{mark}"


def normalised(function: types.FunctionType) -> str | None:
    """The source without decorators, comments, blank lines and outer indentation; None if unknown."""
    try:
        node = find_source(inner_function(function)).node
    except Refused:
        return None
    lines = source_lines(function)
    first, last = node.lineno - 1, node.end_lineno or node.lineno
    chosen = [line.rstrip("\n") for line in lines[first:last]]
    if chosen:
        chosen[-1] = chosen[-1].encode()[: node.end_col_offset].decode(errors="ignore")
        chosen[0] = chosen[0][node.col_offset :]
    return "\n".join(_stripped(chosen, node.col_offset))


def inner_function(function: Any) -> types.FunctionType:
    """The function that a cache or another wrapper stands for."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    assert isinstance(function, types.FunctionType)
    return function


def source_lines(function: types.FunctionType) -> list[str]:
    """The lines of the file that a function stands in."""
    return linecache.getlines(function.__code__.co_filename, function.__globals__)


def _stripped(lines: list[str], indent: int) -> Iterator[str]:
    comments = _comments(lines)
    for number, line in enumerate(lines):
        shown = line[: comments.get(number, len(line))].rstrip()
        if shown.strip():
            yield shown[indent:] if number and not shown[:indent].strip() else shown


def _comments(lines: list[str]) -> dict[int, int]:
    """The column at which the comment of each line begins."""
    text = "\n".join(lines) + "\n"
    found: dict[int, int] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                found[token.start[0] - 1] = token.start[1]
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return found
    return found


def reads(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    """The global and closure variables that a function reads, attributes of modules among them."""
    names = set(_names(function.__code__))
    cells = zip(function.__code__.co_freevars, function.__closure__ or ())
    for name, cell in cells:
        try:
            yield name, cell.cell_contents
        except ValueError:  # not bound yet
            continue
    for name in sorted(names & set(function.__globals__)):
        value = function.__globals__[name]
        if isinstance(value, types.ModuleType):
            yield from _attributes(value, names, name)
        else:
            yield name, value


def _attributes(module: types.ModuleType, names: set[str], path: str) -> Iterator[tuple[str, Any]]:
    """What a module of the user's holds under the names that are read."""
    if foreign(module):
        return
    for name in sorted(names & set(vars(module))):
        value = getattr(module, name)
        if not isinstance(value, types.ModuleType):
            yield f"{path}.{name}", value
        elif value.__name__.startswith(module.__name__ + "."):
            yield from _attributes(value, names, f"{path}.{name}")


def _names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)
