"""All mutants, in the order in which the runner takes them."""

from __future__ import annotations

from tests.mutants import (
    in_kinds,
    in_memory,
    in_nested,
    in_places,
    in_print,
    in_records,
    in_reverse,
    in_types,
)
from tests.mutants.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    *in_kinds.MUTANTS,
    *in_reverse.MUTANTS,
    *in_memory.MUTANTS,
    *in_places.MUTANTS,
    *in_records.MUTANTS,
    *in_nested.MUTANTS,
    *in_print.MUTANTS,
    *in_types.MUTANTS,
)
