"""Faults in derivatives that a program asks for itself: pullbacks, tangents it makes, matrices."""

from __future__ import annotations

from tests.mutants.mutant import Mutant, row

NESTED = "tests/exact/test_nested.py::"

MUTANTS = (
    Mutant(
        "lengths are not looked at",
        "transform/fitting.py",
        "    if like.atom is not d.atom and not all(map(_surely_same, mine, its)):\n",
        "    if False:\n",
        "a seed or a tangent that is shorter than it should be gives a number",
        NESTED + "test_tangents_and_seeds_that_do_not_fit",
    ),
    Mutant(
        "an integer is its own cotangent",
        "transform/cotangents.py",
        "return map_leaves(still(plain_fields(a)), one)",
        "return map_leaves(plain_fields(a), one)",
        "constants in the structure of an argument have a slope",
        NESTED + "test_constants_have_no_cotangent",
    ),
    Mutant(
        "what a function of a matrix changes is not looked at",
        "inside/moved.py",
        "    if body.left:\n",
        "    if False:\n",
        "each column is computed on what the one before left",
        NESTED + "test_what_is_refused",
    ),
    Mutant(
        "adjoints of one shape are taken for one",
        "transform/likeness.py",
        "return known and by.setdefault(a, b) is b",
        "return bool(known)",
        "the pullback of one function is called with the record of another",
        NESTED + "test_programs_that_read_other_variables_are_not_one",
    ),
    Mutant(
        "the statements of an adjoint keep their lengths",
        "transform/pullback.py",
        "    if not lengths.by:\n",
        "    if True:\n",
        "a cotangent is taken to be as long as where the adjoint was made",
        row("derivatives_inside.of_one_positive_entry", "reverse_over_reverse"),
    ),
)
