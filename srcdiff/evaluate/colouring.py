"""Columns of a sparse matrix in groups, so that no row has entries in two columns of a group.

One sweep along the sum of a group's unit vectors then gives all of the group's columns at once
(Curtis, Powell & Reid, "On the estimation of sparse Jacobian matrices", J. Inst. Maths Applics 13,
1974). The groups are the colours of a distance-2 colouring of the columns, made greedily, columns of
most neighbours first (Gebremedhin, Manne & Pothen, "What color is your Jacobian? Graph coloring for
computing derivatives", SIAM Review 47, 2005, algorithm 3.1).
"""

from __future__ import annotations

from typing import Any

import numpy as np


def colour_columns(pattern: Any) -> Any:
    """A colour (0, 1, ...) for each column of a sparse pattern; columns with a row in common differ.

    pattern: a sparse matrix of scipy. Returns an integer array of shape (columns,).
    """
    rows, columns = pattern.tocsr(), pattern.tocsc()
    lengths = np.diff(rows.indptr)
    count = columns.shape[1]
    weights = np.array([lengths[_of(columns, j)].sum() for j in range(count)], dtype=np.int64)
    colours = np.full(count, -1, dtype=np.int64)
    for j in np.argsort(-weights, kind="stable"):
        colours[j] = _lowest_free(colours[_neighbours(rows, _of(columns, j), lengths)])
    return colours


def _of(matrix: Any, k: int) -> Any:
    """The places of the entries in row or column k."""
    return matrix.indices[matrix.indptr[k] : matrix.indptr[k + 1]]


def _neighbours(rows: Any, own: Any, lengths: Any) -> Any:
    """The columns with an entry in one of some rows, repeats included."""
    sizes = lengths[own]
    starts = np.repeat(rows.indptr[own] - np.concatenate(([0], np.cumsum(sizes)[:-1])), sizes)
    return rows.indices[starts + np.arange(sizes.sum())]


def _lowest_free(taken: Any) -> int:
    """The lowest colour not taken."""
    seen = np.zeros(taken.size + 2, dtype=bool)
    seen[taken[(taken >= 0) & (taken < seen.size)]] = True
    return int(np.argmin(seen))
