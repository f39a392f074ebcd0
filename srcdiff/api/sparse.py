"""Sparse Jacobians and Hessians: the pattern, its colouring, and one sweep per colour."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from srcdiff.api.arrange import Arranged, arranged
from srcdiff.api.compiled import LOCK, kept
from srcdiff.api.programs import typed_program
from srcdiff.api.requests import by_argument, function_name, misuse
from srcdiff.api.seeds import array_argument, array_value
from srcdiff.api.several import Reverse, Seeds, forward
from srcdiff.evaluate.colouring import colour_columns, star_colours, symmetric_places
from srcdiff.evaluate.dependence import Dependence, Traced
from srcdiff.ir.core import Function
from srcdiff.transform.request import Request

MOST = 16  # patterns kept per function


@dataclass(frozen=True)
class Pattern:
    """Where a Jacobian may have entries, and the colours of its columns and rows.

    symmetric: the matrix is known to be equal to its transpose.
    """

    matrix: Any
    pointwise: bool
    symmetric: bool = False

    @functools.cached_property
    def entries(self) -> tuple[Any, Any]:
        """The rows and the columns of the entries, in the order of a CSR matrix."""
        coordinates = self.matrix.tocoo()
        return coordinates.row.astype(np.int64), coordinates.col.astype(np.int64)

    @functools.cached_property
    def columns(self) -> Any:
        return self._columns[0]

    @functools.cached_property
    def _columns(self) -> tuple[Any, bool]:
        """The colours of the columns, and whether they are those of a symmetric matrix."""
        plain = colour_columns(self.matrix)
        if not self.symmetric:
            return plain, False
        stars = star_colours(self.matrix)
        fewer = stars.max(initial=-1) < plain.max(initial=-1)
        return (stars, True) if fewer else (plain, False)

    @functools.cached_property
    def column_places(self) -> Any:
        """Where the entries stand among the tangents, a row per colour."""
        if self._columns[1]:
            return symmetric_places(self.matrix, self.columns)
        rows, columns = self.entries
        return self.columns[columns] * self.matrix.shape[0] + rows

    @functools.cached_property
    def row_places(self) -> Any:
        """Where the entries stand among the cotangents, a row per colour."""
        rows, columns = self.entries
        return self.rows[rows] * self.matrix.shape[1] + columns

    @functools.cached_property
    def rows(self) -> Any:
        return colour_columns(self.matrix.T.tocsr())


def sparsity(function: Any = None, wrt: Any = 0) -> Any:
    """Where the Jacobian may have entries: a Boolean scipy.sparse.csr_array (value.size, argument.size).

    Found by running the program once on values that carry the set of the argument's entries they
    depend on. It holds every entry that can be other than zero on the path taken at the point.

    Raises ArgumentsError when the argument is no float (array), the value no number or array, or SciPy
    is missing.

    >>> import numpy as np
    >>> from srcdiff import sparsity
    >>> pattern = sparsity(lambda x: x[1:] * x[:-1])(np.ones(4))
    >>> pattern.toarray().astype(int)
    array([[1, 1, 0, 0],
           [0, 1, 1, 0],
           [0, 0, 1, 1]])
    """
    return by_argument("sparsity", function, wrt, _pattern_of)


def _pattern_of(
    request: Request, name: str, args: tuple[Any, ...], keywords: dict[str, Any]
) -> tuple[Any, Any]:
    call = arranged(request.function, (name,), args, keywords)
    array_argument(call.primals[0], name)
    return 0.0, pattern_of(call, function_name(request.function)).matrix.copy()


def pattern_of(call: Arranged, name: str, symmetric: bool = False) -> Pattern:
    """The pattern at some arguments; found again only where other arguments may have another.

    symmetric: the matrix is a Hessian.
    """
    known: dict[Any, Pattern] = kept(call.function, "patterns", dict)
    primal, leaves = typed_program(call.function, call.primals)
    key = (primal.function, *(_mark(v) for v in leaves))  # a Function is equal to itself alone
    pattern = known.get(key)
    if pattern is None:
        pattern = _traced(primal.function, leaves, call.primals[0], name)
        if symmetric and not (pattern.matrix != pattern.matrix.T).nnz:
            pattern = replace(pattern, symmetric=True)
        if not pattern.pointwise:
            with LOCK:
                while len(known) >= MOST:
                    known.pop(next(iter(known)), None)
                known[key] = pattern
    return pattern


def _mark(value: Any) -> Any:
    """What of an argument a pattern depends on when no branch does: shapes, and all but floats."""
    if isinstance(value, np.ndarray):
        whole = value.dtype.kind in "fc"
        return value.shape, None if whole else hashlib.sha256(value.tobytes()).digest()
    if isinstance(value, list):
        return tuple(map(_mark, value))
    return type(value) if isinstance(value, (float, complex, np.inexact)) else value


def _traced(typed: Function, leaves: list[Any], x: Any, name: str) -> Pattern:
    run = Dependence(int(np.size(x)))
    own = typed.inputs[0].tree.index
    values = [run.seeds(v) if k == own else _loose(v) for k, v in enumerate(leaves)]
    results = run.function(typed, values)
    if typed.output.kind == "static":
        result = Traced(array_value(typed.output.value, name))
    elif typed.output.kind == "leaf" and isinstance(results[typed.output.index], Traced):
        result = results[typed.output.index]
    else:
        array_value((), name)
    return Pattern(run.of(result), run.pointwise)


def _loose(value: Any) -> Any:
    """A value that does not depend on the argument; floats may be others the next time."""
    if isinstance(value, list):
        return [_loose(v) for v in value]
    return Traced(value, None, np.asarray(value).dtype.kind in "fc")


def sparse_jacobian(call: Arranged, name: str, mode: str, symmetric: bool = False) -> Any:
    """The Jacobian as a scipy.sparse.csr_array of shape (value.size, argument.size)."""
    x = call.primals[0]
    if np.iscomplexobj(x):
        raise misuse("SD517", "sparse Jacobians by complex arguments are not made")
    pattern = pattern_of(call, name, symmetric)
    if mode == "auto":
        forward, reverse = _count(pattern.columns), _count(pattern.rows)
        mode = "reverse" if reverse < forward else "forward"
    entries = _by_columns(call, pattern, x) if mode == "forward" else _by_rows(call, pattern)
    matrix = pattern.matrix
    return type(matrix)((entries, matrix.indices, matrix.indptr), shape=matrix.shape)


def _count(colours: Any) -> int:
    return int(colours.max()) + 1 if colours.size else 0


def _by_columns(call: Arranged, pattern: Pattern, x: Any) -> Any:
    """The entries of the columns of one colour come with one forward sweep."""
    seeds = _grouped(pattern.columns, x, np.asarray(x).dtype)
    sweeps = forward(call.function, call.primals, seeds, _count(pattern.columns))
    found = [tangents.reshape(len(tangents), -1) for _, _, tangents in sweeps]
    return _picked(found, pattern.column_places)


def _picked(parts: list[Any], places: Any) -> Any:
    """Entries of the results of all sweeps, a row per sweep."""
    if not parts:
        return np.zeros(places.size)
    whole = parts[0] if len(parts) == 1 else np.concatenate(parts)
    return np.take(whole, places)


def _grouped(colours: Any, like: Any, dtype: Any) -> Seeds:
    """The sums of the unit vectors of each colour."""

    def seeds(start: int, stop: int) -> Any:
        made = colours == np.arange(start, stop)[:, None]
        return made.astype(dtype).reshape((stop - start, *np.shape(like)))

    return seeds


def _by_rows(call: Arranged, pattern: Pattern) -> Any:
    """The entries of the rows of one colour come with one reverse sweep."""
    reverse = Reverse(call.function, call.primals)
    value = reverse.value
    if np.iscomplexobj(value):
        raise misuse("SD517", "reverse mode of a complex function of real numbers", "use jacfwd")
    dtype = np.asarray(value).dtype if np.asarray(value).dtype.kind == "f" else np.float64
    seeds = _grouped(pattern.rows, value, dtype)
    sweeps = reverse.sweeps(seeds, _count(pattern.rows))
    found = [cotangents.reshape(len(cotangents), -1) for _, cotangents in sweeps]
    return _picked(found, pattern.row_places)
