"""The generated source against the meaning of the typed form, on random functions."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from srcdiff.emit.python import emit
from srcdiff.emit.source import load
from srcdiff.ir.core import UNDEFINED, Function
from srcdiff.ir.text import print_function
from srcdiff.ir.verify import verify
from tests.emit.generate import random_arguments, random_function
from tests.emit.interpret import interpret

BATCHES, PER_BATCH = 8, 60


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, (tuple, list)):
        for v in value:
            yield from leaves(v)
    elif isinstance(value, dict):
        yield from leaves(list(value.values()))
    else:
        yield value


def equal(a: Any, b: Any) -> bool:
    if isinstance(a, (tuple, list)):
        return type(a) is type(b) and len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and equal(list(a.values()), list(b.values()))
    if a is UNDEFINED:
        return b is None
    if isinstance(a, np.ndarray):
        return (
            isinstance(b, np.ndarray)
            and a.dtype == b.dtype
            and np.array_equal(a, b, equal_nan=True)
        )
    return bool(a == b or (a != a and b != b))


def shares(a: Any, b: Any) -> bool:
    return any(
        np.may_share_memory(x, y)
        for x in leaves(a)
        for y in leaves(b)
        if isinstance(x, np.ndarray) and isinstance(y, np.ndarray)
    )


def call(function: Function, run: Any, args: list[Any]) -> Any:
    """Call with the keyword-only arguments by name."""
    named = {i.name for i in function.inputs if i.keyword_only}
    pairs = list(zip((i.name for i in function.inputs), args))
    plain = [v for n, v in pairs if n not in named]
    return run(*plain, **{n: v for n, v in pairs if n in named})


def check(function: Function, args: list[Any]) -> None:
    """Same result as the interpreter, arguments untouched, results the caller's alone."""
    verify(function, "test")
    with np.errstate(all="ignore"):
        try:
            expected = interpret(function, *copy.deepcopy(args))
        except (OverflowError, ValueError, ZeroDivisionError):
            return
        emitted = emit(function)
        run = load(emitted)
        given = copy.deepcopy(args)
        found = call(function, run, given)
        again = call(function, run, given)
    text = emitted.source + "\n\n" + print_function(function)
    assert equal(expected, found), f"{expected}\n{found}\n{text}"
    assert equal(args, given), f"arguments changed\n{text}"
    assert equal(found, again), f"a second call differs\n{text}"
    assert not shares(found, given), f"a result is memory of an argument's\n{text}"
    parts = found if isinstance(found, tuple) else (found,)
    for k, part in enumerate(parts):
        assert not shares(part, parts[:k]), f"two results share memory\n{text}"


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_functions(batch: int) -> None:
    for seed in range(batch * PER_BATCH, (batch + 1) * PER_BATCH):
        try:
            check(random_function(seed), random_arguments(seed))
        except Exception as error:
            error.add_note(f"seed {seed}") if hasattr(error, "add_note") else None
            raise
