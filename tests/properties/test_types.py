"""Values of generated programs are of their types (see typed.py), and the check can fail."""

from __future__ import annotations

import numpy as np
import pytest

from srcdiff.errors import InternalError, SrcdiffError
from srcdiff.ir.core import Var
from srcdiff.ir.types import Array, ListOf, Scalar, Sym
from srcdiff.ops.shapes import sum_dim
from tests.properties.generate import generate
from tests.properties.typed import Typed, WrongType, held_against_types

PROGRAMS, BATCH, FIRST = 60, 10, 30_000
N = Sym(("x", 0), False)


@pytest.mark.parametrize("first", range(FIRST, FIRST + PROGRAMS, BATCH))
def test_values_of_generated_programs_are_of_their_types(first: int) -> None:
    for seed in range(first, first + BATCH):
        program = generate(seed, writes=bool(seed % 3))
        try:
            held_against_types(program)
        except InternalError:
            raise
        except SrcdiffError:
            continue
        except WrongType as wrong:
            raise AssertionError(f"seed {seed}: {wrong}\n{program.source}") from wrong


@pytest.mark.parametrize(
    ("types", "values"),
    [
        ([Array("float64", (3,))], [np.zeros(2)]),
        ([Array("float64", (N,)), Array("float64", (N,))], [np.zeros(2), np.zeros(3)]),
        ([Array("float64", (N,))], [np.zeros(1)]),
        ([Array("float64", (N,))], [np.zeros(2, "f4")]),
        ([Array("float64", (N, 2))], [np.zeros(2)]),
        ([Array("float64", (N,)), ListOf(Scalar("float64"), N)], [np.zeros(2), [1.0]]),
        (
            [Array("float64", (N,)), ListOf(Scalar("float64"), sum_dim((N, 1)))],
            [np.zeros(2), [1.0] * 2],
        ),
        ([Scalar("float64")], [3]),
    ],
)
def test_a_wrong_type_is_noticed(types, values):
    with pytest.raises(WrongType):
        Typed().bind([Var("x", t) for t in types], values, {})
