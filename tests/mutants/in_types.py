"""Faults in what is known of lengths and dtypes while compiling."""

from __future__ import annotations

from tests.mutants.mutant import Mutant, refusal

LENGTHS = "tests/api/test_lengths.py::test_what_the_original_refuses_has_no_gradient"
DTYPES = "tests/api/test_dtypes.py::"

MUTANTS = (
    # --- transform/shaping.py ---
    Mutant(
        "a gradient is not told the shape of its argument",
        "transform/shaping.py",
        "if own.shape is None or wanted.shape is None or not agree(own.shape, wanted.shape):",
        "if own.shape is None or wanted.shape is None or agree(own.shape, wanted.shape):",
        "the gradient of sum(a * b) by b is a, however long b is",
        f"{LENGTHS}[product--1]",
    ),
    # --- transform/moves.py ---
    Mutant(
        "rules claim the length of an operand",
        "transform/moves.py",
        "if value.type == type or agree(value.type.shape or (), other.type.shape or ()):",
        "if value.type == type:",
        "the gradient of a @ b by b is taken to be as long as b",
        f"{LENGTHS}[dotted--1]",
    ),
    # --- transform/proven.py ---
    Mutant(
        "what a spread made proves that it is not needed",
        "transform/proven.py",
        "known = Needs(function, but=_behind(tried, function), shapes=last).lengths",
        "known = Needs(function, but=tried, shapes=last).lengths",
        "(spread(b, a) + 1) * b is said to show that b is as long as a",
        f"{LENGTHS}[twice--0]",
    ),
    Mutant(
        "lengths agree without a proof",
        "transform/proven.py",
        "if known.names(v) == known.names(like):",
        "if True:",
        "no gradient is told its shape",
        f"{LENGTHS}[dotted--0]",
    ),
    # --- transform/needs.py ---
    Mutant(
        "an operation that goes proves that lengths agree",
        "transform/needs.py",
        "if isinstance(stmt, Apply) and stmt not in but and not needed.isdisjoint(stmt.outs):",
        "if isinstance(stmt, Apply) and stmt not in but:",
        "sum(a * b) by b: the product is not needed, and nothing looks at the lengths any more",
        f"{LENGTHS}[product--1]",
    ),
    # --- transform/mixed.py ---
    Mutant(
        "nothing looks at an array of ints and floats",
        "transform/mixed.py",
        "return Typed(args, tuple(map(_joined, types, found)), doubtful)",
        "return Typed(args, tuple(map(_joined, types, found)))",
        "np.array([k, 1]) with an int for k, into which a float is stored then",
        f"{DTYPES}test_the_run_looks_at_what_numbers_decide[an_array_of_it]",
    ),
    Mutant(
        "an int to a power is an int",
        "transform/mixed.py",
        "return Typed(args, (_power(*args),) if row.name == \"power\" and _of_ints(args) else types)",
        "return Typed(args, types)",
        "2 ** -n is a float, and so is an array made of it",
        f"{DTYPES}test_the_run_looks_at_what_numbers_decide[a_power_of_two]",
    ),
    Mutant(
        "a list of ints and floats is one of floats",
        "transform/mixed.py",
        "number = number.element if isinstance(number, ListOf) else number",
        "number = number",
        "a list of an int, to which floats may be appended, makes an array of integers if none are",
        f"{DTYPES}test_the_run_looks_at_what_numbers_decide[a_list_of_ints_so_far]",
    ),
    # --- transform/meet.py ---
    Mutant(
        "arrays of two dtypes meet",
        "transform/meet.py",
        "if isinstance(a, Array) and isinstance(b, Array) and a.dtype != b.dtype:",
        "if False:",
        "c = np.ones(3, int) goes round a loop with c = c * 0.5",
        f"{DTYPES}test_arrays_of_two_dtypes_are_refused[grows_to_floats-]",
    ),
    # --- transform/indexing.py ---
    Mutant(
        "a bool among ints is an index",
        "transform/indexing.py",
        'truth = any(dtype == "bool" for dtype, _ in part.type.mixed)  # True is no place, but a mask',
        "truth = False",
        "x[k] where k is True on one path",
        f"{DTYPES}test_what_may_be_a_mask_is_no_index",
    ),
    # --- transform/overlap.py ---
    Mutant(
        "x.flat is written like a slice",
        "transform/overlap.py",
        "if owner.key in run.memory.known.flats:",
        "if False:",
        "x.flat[1:] = x[:-1] writes the first entry all along",
        refusal("flat_of_a_part"),
    ),
    # --- transform/stores.py ---
    Mutant(
        "values are not counted",
        "transform/stores.py",
        "if kind.shape == dims or all(map(is_one, kind.shape)):",
        "if True:",
        "np.put repeats two values for three places",
        "tests/api/test_writes.py::test_values_that_would_be_repeated",
    ),
    # --- emit/actions.py ---
    Mutant(
        "what was there is left as a copy",
        "emit/actions.py",
        "return ast.IfExp(there, w.expr(value), shown)",
        "return shown",
        "an attribute that a branch assigns is another array where the branch is not taken",
        "tests/api/test_writes.py::test_what_is_left_is_the_very_object[on_one_path-value_and_grad]",
    ),
    # --- transform/effects.py ---
    Mutant(
        "a list that grew holds copies",
        "transform/effects.py",
        "elif isinstance(now, Seq) and all(map(self.is_item, now.items)):",
        "elif False:",
        "xs.append(v): the arrays that were in xs are others now",
        "tests/api/test_writes.py::test_what_is_left_is_the_very_object[grown-value_and_grad]",
    ),
)  # fmt: skip
