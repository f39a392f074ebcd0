"""A committed derivative file at run time: `frozen`.

    @srcdiff.frozen("loss_derivatives.py")
    def loss(w, X, y): ...

The gradient comes from the file; nothing is compiled. It is refused when the function, or one that it
calls, is not the one that the file was written for.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from srcdiff.api import Derivative
from srcdiff.api.requests import request_for
from srcdiff.errors import Refused, refuse
from srcdiff.files import disk
from srcdiff.files.reach import digest
from srcdiff.files.spell import signature


class Frozen(Derivative):
    """A derivative that is read from a file. Called like the function that it is of."""

    def __init__(self, request: Any, path: Path):
        super().__init__(request)
        self.path = path
        self._rows: list[tuple[dict[str, Any], Callable[..., Any]]] | None = None
        self._known: dict[Any, tuple[dict[str, Any], Callable[..., Any]]] = {}
        self._data_known: set[Any] = set()
        self._count = len(request.parameters)

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        key = tuple(map(_key, args)) if not keywords and len(args) == self._count else None
        known = self._known.get(key)
        if known is not None:
            entry, function = known
            return function(*args, **self._data(entry)) if entry["reads"] else function(*args)
        bound = self.bind(args, keywords)
        entry, function = self._chosen(bound)
        if key is not None and None not in key and not entry["fixed"]:
            self._known[key] = entry, function
        return function(*bound.arguments.values(), **self._data(entry))

    compile_and_call = __call__

    def _data(self, entry: dict[str, Any]) -> dict[str, Any]:
        """The globals and closure variables that a derivative reads, as they are now.

        Raises Refused (SD710) when they are of other types than the file was written for.
        """
        found = {name: self._read(place, name) for name, place in entry["reads"].items()}
        key = (entry["base"], *map(_key, found.values()))
        if found and (None in key or key not in self._data_known):
            shown = signature(found)
            if shown != entry["data"]:
                raise self._missing(f"was not written for ({shown}) outside of the function")
            self._data_known.add(key)
        return found

    def source(self, *args: Any, **keywords: Any) -> str:
        """The text of the file."""
        return disk.read(self.path)

    def _loaded(self) -> list[tuple[dict[str, Any], Callable[..., Any]]]:
        """The functions of the file that answer the request, once the source is known to agree."""
        if self._rows is None:
            text = disk.read(self.path)
            scope = disk.run(text, self.path)
            request = self.request
            rows = [
                (entry, scope[name])
                for name, entry in disk.entries(text, self.path).items()
                if entry["kind"] == request.kind and entry["order"] == 1
                and entry["wrt"] == list(request.wrt) and entry["single"] == request.single
                and entry["has_aux"] == request.has_aux
                and entry["of"].partition(":")[2] == request.function.__qualname__
            ]  # fmt: skip
            if not rows:
                raise self._missing(f"has no {self!r}")
            self._demand_fresh(rows)
            self._rows = rows
        return self._rows

    def _demand_fresh(self, rows: list[Any]) -> None:
        now = digest(self.request.function)
        if any(entry["source"] != now for entry, _ in rows):
            raise refuse(
                "SD709",
                f"{self.request.name}, or a function it calls, has changed since {self.path} was "
                "written",
                hint=f"look at it with `srcdiff emit --check {self.path}`, then emit it again",
            )

    def _chosen(self, bound: inspect.BoundArguments) -> tuple[dict[str, Any], Callable[..., Any]]:
        for entry, function in self._loaded():
            fixed = frozenset(entry["fixed"])
            if signature(bound.arguments, fixed) == entry["signature"]:
                return entry, function
        shown = signature(bound.arguments)
        raise self._missing(f"was not written for ({shown})")

    def _missing(self, what: str) -> Refused:
        return refuse(
            "SD710",
            f"{self.path} {what}",
            hint="write it again with example arguments like these: srcdiff emit ... -o FILE --at ...",
        )

    def _read(self, place: str, name: str) -> Any:
        """The value of now of a global or closure variable."""
        where, _, read = place.partition(":")
        if where == "closure":
            code, cells = self.primal.__code__, self.primal.__closure__ or ()
            return dict(zip(code.co_freevars, cells))[read].cell_contents
        if where in sys.modules:
            return functools.reduce(getattr, read.split("."), sys.modules[where])
        raise self._missing(f"reads {name!r}, which cannot be found again")


def _key(value: Any) -> Any:
    """What the signature of a simple argument depends on; None for any other."""
    if type(value) is np.ndarray:
        return value.dtype, *[n == 1 for n in value.shape]
    if type(value) in (float, int, bool, complex) or isinstance(value, np.generic):
        return type(value)
    return None


def frozen(path: str | Path, wrt: Any = 0, *, kind: str = "grad", has_aux: bool = False) -> Any:
    """Decorator: the derivative of the function is taken from a file that `srcdiff emit` wrote.

    path: the file, relative to the one that the function stands in.
    wrt, has_aux: as for `grad`.  kind: "grad" or "value_and_grad".

    The result is called like the function, has `primal`, `check` and `source`, and is differentiated
    like any derivative. The file is read on the first call, which raises Refused: SD709 when the
    function or one that it calls has changed since the file was written, SD710 when the file holds no
    derivative for what is asked or for arguments of these types, SD712 when there is no such file.

    >>> from srcdiff import frozen
    >>> @frozen("cube_derivatives.py")
    ... def cube(x):
    ...     return x**3
    >>> cube.primal(2.0), cube.path.name
    (8.0, 'cube_derivatives.py')
    """
    if kind not in ("grad", "value_and_grad"):
        raise refuse("SD716", f"no kind {kind!r} of frozen derivative", hint="grad, value_and_grad")

    def decorate(function: Any) -> Frozen:
        request = request_for(kind, function, wrt, has_aux)
        return Frozen(request, _beside(function, Path(path)))

    return decorate


def _beside(function: Any, path: Path) -> Path:
    """The path, from the folder of the file that the function stands in."""
    while isinstance(function, functools.partial):
        function = function.func
    filename = getattr(getattr(function, "__code__", None), "co_filename", "")
    return Path(filename).resolve().parent / path if Path(filename).exists() else path
