"""Each row in reverse mode, in forward mode and to second order, against differences.

What a program raises its derivatives raise, and what it prints they print.
"""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from typing import Any

import numpy as np
import pytest

import srcdiff
from tests.language import (
    arrays,
    assignment,
    backward,
    branches,
    checkpointed,
    comparisons,
    containers,
    derivatives_inside,
    dicts,
    found,
    functions,
    growing,
    iteration,
    jumps,
    keyed,
    laziness,
    logic,
    loops,
    making,
    numbers_mixed,
    objects,
    order,
    raising_programs,
    restored,
    writes_arrays,
    writes_calls,
    writes_chosen,
    writes_containers,
    writes_either,
    writes_further,
    writes_globals,
    writes_lists,
    writes_loops,
    writes_pieces,
    writes_places,
    writes_rank0,
    writes_refused,
    writes_solvers,
    writes_subtle,
    writes_views,
)
from tests.language.rows import Refusal, Row
from tests.properties.differences import gradient
from tests.properties.oracle import Judge
from tests.properties.trees import copied, flat, is_float, leaves, mapped, same, unflat

MODULES = (
    assignment,
    backward,
    branches,
    logic,
    loops,
    making,
    jumps,
    functions,
    growing,
    iteration,
    keyed,
    laziness,
    comparisons,
    containers,
    dicts,
    raising_programs,
    objects,
    order,
    numbers_mixed,
    arrays,
    found,
    derivatives_inside,
    checkpointed,
    restored,
    writes_arrays,
    writes_chosen,
    writes_views,
    writes_containers,
    writes_either,
    writes_further,
    writes_globals,
    writes_lists,
    writes_calls,
    writes_loops,
    writes_pieces,
    writes_places,
    writes_rank0,
    writes_solvers,
    writes_subtle,
)
ROWS: list[Row] = [row for module in MODULES for row in module.ROWS]
REFUSED: list[Refusal] = [
    *writes_refused.ROWS,
    *comparisons.REFUSED,
    *dicts.REFUSED,
    *found.REFUSED,
    *growing.REFUSED,
    *iteration.REFUSED,
    *keyed.REFUSED,
    *laziness.REFUSED,
    *making.REFUSED,
]
TOLERANCE = 1e-7
STAGES = ("vjp", "jvp", "grad", "forward_over_reverse", "reverse_over_reverse")


def _numbered(rows: Sequence[Row | Refusal]) -> list[Any]:
    """Give each row an id of its own: the program's name, and a number where it has several."""
    seen: dict[str, int] = {}
    marked = []
    for row in rows:
        seen[row.name] = seen.get(row.name, 0) + 1
        marked.append(pytest.param(row, id=f"{row.name}-{seen[row.name]}"))
    return marked


_JUDGES: dict[int, Judge] = {}


def _judge(row: Row) -> Judge:
    """Return the judge of a row, made once: its differences take long."""
    if id(row) not in _JUDGES:
        _JUDGES[id(row)] = _made_judge(row)
    return _JUDGES[id(row)]


def _made_judge(row: Row) -> Judge:
    def outputs(vector: np.ndarray) -> np.ndarray:
        return flat(row.function(*row.with_active(vector, keep_dtype=False)))

    with redirect_stdout(io.StringIO()):
        return Judge(row.function, row, lambda point: gradient(outputs, point), tolerance=TOLERANCE)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("row", _numbered([row for row in ROWS if row.raises is None]))
def test_derivatives(row: Row, stage: str) -> None:
    """Every way to differentiate the program that applies to its result."""
    judge = _judge(row)
    check = getattr(judge, f"check_{stage}")
    with redirect_stdout(io.StringIO()):
        if check in list(judge.stages()):
            check()


def _written(row: Row) -> tuple[str, ...]:
    """The names of the arrays of floats among the arguments that the program changes."""
    args = copied(row.args)
    with redirect_stdout(io.StringIO()):
        row.function(*args)
    names = list(inspect.signature(row.function).parameters)
    changed = (
        k for k in row.wrt if isinstance(args[k], np.ndarray) and not same(args[k], row.args[k])
    )
    return tuple(names[k] for k in changed)


@pytest.mark.parametrize("row", _numbered([r for r in ROWS if r.raises is None and _written(r)]))
def test_derivatives_of_what_is_written(row: Row) -> None:
    """What the arguments hold afterwards, differentiated in both modes."""
    names = _written(row)
    places = [list(inspect.signature(row.function).parameters).index(name) for name in names]

    def left(*args: Any) -> tuple[Any, ...]:
        row.function(*args)
        return tuple(args[place] for place in places)

    def vector(point: np.ndarray) -> np.ndarray:
        return flat(left(*row.with_active(point, keep_dtype=False)))

    expected = gradient(vector, flat(row.active))
    value, pullback = srcdiff.vjp(row.function, *copied(row.args), outputs=names)
    assert same(value, left(*copied(row.args)))
    seed = unflat(value, np.cos(np.arange(flat(value).size)))
    found = flat(tuple(pullback(seed)[k] for k in row.wrt))
    narrow = any(getattr(leaf, "dtype", None) == np.float32 for leaf in leaves(row.args))
    tolerance = 1e-3 if narrow else TOLERANCE
    scale = max(np.max(np.abs(expected), initial=0.0), 1e-3)
    assert np.allclose(found, flat(seed) @ expected, rtol=0, atol=tolerance * scale * 10)
    tangents = mapped(lambda leaf: np.zeros_like(leaf) if is_float(leaf) else leaf, row.args)
    moved = unflat(row.active, np.sin(1.0 + np.arange(flat(row.active).size)))
    tangents = tuple(moved[row.wrt.index(k)] if k in row.wrt else t for k, t in enumerate(tangents))
    _, tangent = srcdiff.jvp(row.function, copied(row.args), tangents, outputs=names)
    assert np.allclose(flat(tangent), expected @ flat(moved), rtol=0, atol=tolerance * scale * 10)


@pytest.mark.parametrize("row", _numbered(iteration.RAISING))
def test_programs_that_always_raise_may_be_refused(row: Refusal) -> None:
    """Loops over what changes its size, or cannot be looped over so."""
    with pytest.raises((RuntimeError, TypeError)):
        row.function(*row.args)
    with pytest.raises(srcdiff.Refused, match=row.code):
        srcdiff.vjp(row.function, *row.args)


@pytest.mark.parametrize("row", _numbered(REFUSED))
def test_programs_that_are_refused(row: Refusal) -> None:
    """In every mode with the same code, before anything is written."""
    tangents = mapped(lambda leaf: np.ones_like(leaf) if is_float(leaf) else leaf, row.args)
    wrt = next(k for k, arg in enumerate(row.args) if any(map(is_float, leaves(arg))))
    ways: tuple[Callable[..., Any], ...] = (
        lambda *args: srcdiff.grad(row.function, wrt=wrt)(*args),
        lambda *args: srcdiff.vjp(row.function, *args),
        lambda *args: srcdiff.jvp(row.function, args, tangents),
    )
    row.function(*copied(row.args))
    for way in ways:
        args = copied(row.args)
        with pytest.raises(srcdiff.Refused) as refusal:
            way(*args)
        assert {d.code for d in refusal.value.diagnostics} == {row.code}
        assert same(args, row.args)


def _ways(row: Row) -> dict[str, Callable[[], Any]]:
    tangents = unflat(row.args, np.ones(flat(row.args).size))
    return {
        "grad": lambda: srcdiff.grad(row.function, wrt=row.wrt)(*copied(row.args)),
        "vjp": lambda: srcdiff.vjp(row.function, *copied(row.args)),
        "jvp": lambda: srcdiff.jvp(row.function, copied(row.args), tangents),
    }


@pytest.mark.parametrize("way", ("grad", "vjp", "jvp"))
@pytest.mark.parametrize("row", _numbered([row for row in ROWS if row.raises is not None]))
def test_derivatives_raise_what_the_program_raises(row: Row, way: str) -> None:
    """The same type, the same message where the user wrote it, the same name where Python did."""
    assert row.raises is not None
    with pytest.raises(row.raises) as expected:
        row.function(*copied(row.args))
    with pytest.raises(row.raises) as given:
        _ways(row)[way]()
    assert type(given.value) is type(expected.value)
    if row.raises not in (ZeroDivisionError, IndexError) and "empty" not in str(expected.value):
        assert str(given.value) == str(expected.value)  # what Python says of max(()) depends on it


def _printed(action: Callable[[], Any]) -> str:
    with redirect_stdout(io.StringIO()) as stream:
        action()
    return stream.getvalue()


def _prints(row: Row) -> bool:
    return row.raises is None and bool(_printed(lambda: row.function(*copied(row.args))))


@pytest.mark.parametrize("way", ("grad", "vjp", "jvp"))
@pytest.mark.parametrize("row", _numbered([row for row in ROWS if _prints(row)]))
def test_derivatives_print_what_the_program_prints(row: Row, way: str) -> None:
    """Once, in the same order."""
    expected = _printed(lambda: row.function(*copied(row.args)))
    assert _printed(_ways(row)[way]) == expected


@pytest.mark.parametrize("row", _numbered([row for row in ROWS if row.raises is None]))
def test_programs_are_smooth_where_they_are_tested(row: Row) -> None:
    """The differences have converged, so that they can judge."""
    judge = _judge(row)
    assert np.all(np.isfinite(judge.gradient))
    with redirect_stdout(io.StringIO()):
        judge.check_differences()
