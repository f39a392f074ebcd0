"""Columns of a sparse matrix in groups, so that no row has entries in two columns of a group.

One sweep along the sum of a group's unit vectors then gives all of the group's columns at once
(Curtis, Powell & Reid, "On the estimation of sparse Jacobian matrices", J. Inst. Maths Applics 13,
1974). The groups are the colours of a distance-2 colouring of the columns, made greedily, columns of
most neighbours first (Gebremedhin, Manne & Pothen, "What color is your Jacobian? Graph coloring for
computing derivatives", SIAM Review 47, 2005, algorithm 3.1).

A symmetric matrix needs fewer: an entry may be read in its own column or in its mirror image's. That
works with a star colouring, in which neighbours differ and every path of four columns has three colours
(the same, algorithm 4.1; Coleman & More, "Estimation of sparse Hessian matrices and graph coloring
problems", Mathematical Programming 28, 1984).
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


def star_colours(pattern: Any) -> Any:
    """A colour for each column of a symmetric pattern, so that its entries can be read directly.

    pattern: a sparse matrix of scipy. Returns an integer array of shape (columns,).
    """
    rows = pattern.tocsr()
    by_degree = np.argsort(-np.diff(rows.indptr), kind="stable")
    tried = [_stars(rows, order) for order in (by_degree, np.arange(rows.shape[1]))]
    return min(tried, key=lambda colours: colours.max(initial=-1))


def _stars(rows: Any, order: Any) -> Any:
    """The star colouring that the greedy algorithm makes of the columns in some order."""
    lengths = np.diff(rows.indptr)
    colours = np.full(rows.shape[1], -1, dtype=np.int64)
    for j in order:
        near = _of(rows, j)
        near = near[near != j]
        far = _neighbours(rows, near, lengths)
        between = np.repeat(colours[near], lengths[near])
        beyond = np.where(far == j, -1, colours[far])
        closed = beyond[(between < 0) | (beyond < between)]
        colours[j] = _lowest_free(np.concatenate([colours[near], closed]))
    return colours


def symmetric_places(pattern: Any, colours: Any) -> Any:
    """Where the entries of a symmetric pattern stand among the products, a row per colour.

    Entry (i, j) is product i of the colour of j, unless row i has another entry in that colour; then
    product j of the colour of i is.
    """
    coordinates = pattern.tocoo()
    i, j = coordinates.row.astype(np.int64), coordinates.col.astype(np.int64)
    count = pattern.shape[1]
    own = i * (int(colours.max(initial=0)) + 1) + colours[j]
    alone = np.bincount(own)[own] == 1
    return np.where(alone, colours[j] * count + i, colours[i] * count + j)


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
