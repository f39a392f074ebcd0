"""What rows say about memory decides what may be changed in place: held against NumPy itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcdiff import grad
from srcdiff.emit.memory import LOCKED, VIEWS
from srcdiff.ops.table import Row, rows

CANDIDATES = [
    row
    for row in rows()
    if row.function is not None
    and row.samples is not None
    and row.kind not in ("refused", "composite")
]


def arrays(value: Any) -> list[np.ndarray]:
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, (tuple, list)):
        return [a for item in value for a in arrays(item)]
    return []


def results(row: Row) -> list[tuple[tuple[Any, ...], Any]]:
    """The results on the samples that run as they are."""
    assert row.samples is not None and row.function is not None
    found = []
    for args in row.samples():
        given = args.args if hasattr(args, "args") else args
        try:
            with np.errstate(all="ignore"):
                found.append((given, row.function(*given)))
        except Exception:
            continue
    return found


@pytest.mark.parametrize("row", CANDIDATES, ids=lambda row: row.name)
def test_fresh_results_share_no_memory(row: Row) -> None:
    if not row.fresh or row.name in VIEWS:
        pytest.skip("not taken for fresh")
    for args, result in results(row):
        for made in arrays(result):
            assert not any(np.shares_memory(made, a) for a in arrays(args)), args
            assert made.flags.writeable, args


@pytest.mark.parametrize("row", CANDIDATES, ids=lambda row: row.name)
def test_results_that_may_not_be_written_are_known(row: Row) -> None:
    locked = [
        args for args, result in results(row) if any(not a.flags.writeable for a in arrays(result))
    ]
    assert not locked or row.name in LOCKED, locked


def swapped(x, n):
    for k in range(n):
        x[k], x[k + 1] = x[k + 1], x[k] * 0.5
        s = x[k]
        x[k] = x[0]
        x[0] = s
    return np.sum(x * x)


def test_what_is_read_before_a_write_is_no_reason_for_a_copy() -> None:
    """A read stays in front of the write: behind it, the whole array would have to be kept."""
    assert "copy" not in grad(swapped).source(np.ones(4), 3)
