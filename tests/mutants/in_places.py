"""Faults in where arrays lie: loops that swap them, views that are read behind a write, rank 0."""

from __future__ import annotations

from tests.mutants.mutant import Mutant, refusal, row

MUTANTS = (
    # --- emit/ownership.py: loops that hand arrays on under other names ---
    Mutant(
        "two seats may hold one array",
        "emit/ownership.py",
        "if any(known.clash(a, b) for a, b in combinations(held, 2)):",
        "if not all(held):",
        "b_u and b_v are one array when the reverse begins, and one of them is written",
        row("writes_places.one_cotangent_for_both"),
    ),
    Mutant(
        "what comes into a loop that swaps is not looked at",
        "emit/ownership.py",
        "for move in (swap.entry, *swap.around):",
        "for move in swap.around:",
        "the rounds keep two arrays apart that were one before the first",
        row("writes_places.one_cotangent_for_both"),
    ),
    Mutant(
        "a loop that was thought to swap still is",
        "emit/ownership.py",
        "            if held == swaps:\n                return known\n",
        "            if held == swaps or swaps:\n                return known\n",
        "that two names hold one array is found out and forgotten",
        row("writes_places.one_cotangent_for_both"),
    ),
    Mutant(
        "the caller's memory may be changed in a seat",
        "emit/ownership.py",
        "if not own or known.all_of(own) & FORBIDDEN:",
        "if not own or own & FORBIDDEN:",
        "an argument that takes turns with another array is written",
        row("writes_places.two_copies"),
    ),
    Mutant(
        "a parameter that may hold its last value does",
        "emit/ownership.py",
        "found |= {param} if known.of(value)[0] != self.rounds.bit(param) else set()",
        "found |= set() if known.of(value)[0] & self.rounds.bit(param) else {param}",
        "the last value lies in other memory on one of the paths, and is not copied back",
        row("writes_containers.ret_list"),
    ),
    Mutant(
        "a result may be an array that takes turns with a result",
        "emit/ownership.py",
        "            seen = known.all_of(known.seen((value,)))\n",
        "            seen = known.seen((value,))\n",
        "the record holds an array of the caller's, who writes into it before the pullback is called",
        row("writes_loops.rot_arg_only_read"),
    ),
    Mutant(
        "an argument that is changed may be a result",
        "emit/ownership.py",
        "return not seen & (FORBIDDEN | params | known.all_of(taken))",
        "return not seen & (FORBIDDEN | known.all_of(taken))",
        "what is returned, and the argument that was written, are one array",
        row("writes_calls.ret_arg"),
    ),
    # --- emit/memory.py ---
    Mutant(
        "a seat holds nothing",
        "emit/memory.py",
        "self.bases[seat] = self.bases.get(seat, NOTHING) | own",
        "self.bases[seat] = NOTHING",
        "what came into the loop is not what its names hold",
        row("writes_places.two_copies"),
    ),
    Mutant(
        "a seat holds what came first",
        "emit/memory.py",
        "self.bases[seat] = self.bases.get(seat, NOTHING) | own",
        "self.bases[seat] = self.bases.get(seat, own)",
        "the other array that takes the seat is thought untouched",
        row("writes_places.two_copies"),
    ),
    Mutant(
        "a seat hides what is in it",
        "emit/memory.py",
        "pending |= self.bases.get(one, NOTHING) | self.earlier(one)",
        "pending |= self.earlier(one)",
        "a seat and the array in it are two to all who ask",
        row("writes_places.two_copies"),
    ),
    Mutant(
        "seats of all loops are apart",
        "emit/memory.py",
        "return not y & self.apart.get(x, NOTHING) and self.touch(x, y)",
        "return (x == y or not {x, y} <= {*self.seats.values()}) and self.touch(x, y)",
        "a seat of an inner loop and one of the outer hold the same array",
        row("writes_places.kept_for_two_rounds", "jvp"),
    ),
    Mutant(
        "two seats hold nothing in common, nor do others",
        "emit/memory.py",
        "return not y & self.apart.get(x, NOTHING) and self.touch(x, y)",
        "return x == y",
        "an array that took a seat is read by its own name too",
        row("writes_places.two_copies_of_a_value"),
    ),
    Mutant(
        "a list that grows forgets its entries",
        "emit/memory.py",
        "return kept, inner | entries",
        "return kept, inner",
        "an array that was put into a list is changed in place",
        row("writes_places.listed_on_the_way"),
    ),
    # --- emit/liveness.py, nest.py ---
    Mutant(
        "a scatter is written before its value is read",
        "emit/liveness.py",
        '    "scatter",\n)',
        '    "scattered",\n)',
        "b_x = zeros_like(x); b_x[1:] = b_x, where x = x[1:] gave both one name",
        row("found.one_cotangent_for_two"),
    ),
    Mutant(
        "what a move writes equals all that it writes",
        "emit/liveness.py",
        "(v for v in alive if v not in equal and given.get(v) not in equal)",
        "(v for v in alive if v not in equal and v not in given)",
        "the two targets of a move get one name",
        row("loops.fibonacci_like"),
    ),
    Mutant(
        "a read nests past the write",
        "emit/nest.py",
        "            if start < k < place\n        )",
        "            if start < k < start\n        )",
        "the old array is kept for a read that comes too late: a copy of it for each element",
        "tests/emit/test_memory.py::test_what_is_read_before_a_write_is_no_reason_for_a_copy",
    ),
    # --- arrays of rank 0 that are part of others ---
    Mutant(
        "a number that goes on is a number",
        "transform/identities.py",
        "self.steady |= self.bases(leaf.key)",
        "self.steady |= self.bases(leaf.key) & self.marks",
        "one of two numbers is part of an array that is written afterwards",
        refusal("piece_that_goes_on"),
    ),
    Mutant(
        "an argument of rank 0 is recorded as it is",
        "transform/pullback.py",
        "if isinstance(atom, Var) and isinstance(atom.type, Scalar) and atom.type.rank0:\n"
        "        return run.build",
        "if isinstance(atom, Var) and isinstance(atom.type, Scalar) and atom.type.mixed:\n"
        "        return run.build",
        "the caller writes into it before the pullback is called",
        "tests/api/test_writes.py::test_a_pullback_keeps_an_argument_of_rank_0",
    ),
    Mutant(
        "the conjugate of a real array is a copy",
        "transform/intrinsics.py",
        'if np.dtype(a.type.dtype).kind != "c":',
        'if np.dtype(a.type.dtype).kind == "c":',
        "x.conj() is x, and is written",
        row("writes_pieces.conjugate_of_real"),
    ),
    # --- transform/iterate.py ---
    Mutant(
        "an iterator is never used up",
        "transform/iterate.py",
        "        run.memory.unused.discard(a.once)\n",
        "",
        "a second loop over a zip runs again",
        "tests/language/test_language.py::test_programs_that_are_refused[iteration.zip_twice-1]",
    ),
    Mutant(
        "an iterator of outside is new in each round",
        "transform/rejoin.py",
        "self.run.memory = self.before.elsewhere()",
        "self.run.memory = self.before.copy()",
        "a loop over a zip in a loop runs in each round",
        "tests/language/test_language.py::"
        "test_programs_that_are_refused[iteration.used_up_in_a_loop-1]",
    ),
    Mutant(
        "items are those that the list had",
        "transform/iterate.py",
        "        held = run.now(a)\n        run.sound(held)\n        if not isinstance(held, Seq):",
        "        held = a\n        run.sound(held)\n        if not isinstance(held, Seq):",
        "an entry is assigned in a loop over the list",
        row("iteration.list_entry_set"),
    ),
    Mutant(
        "numbers beside an array are those that the list had",
        "transform/iterate.py",
        "if key is not None and run.memory.get(key) is not before:",
        "if key is not None and run.memory.get(key) is before is None:",
        "the list is written in the loop over it and an array",
        "tests/language/test_language.py::"
        "test_programs_that_are_refused[iteration.list_set_beside_an_array-1]",
    ),
)
