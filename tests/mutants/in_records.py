"""Faults in what is kept: writes undone in the reverse, states of loops, functions that are run again."""

from __future__ import annotations

from tests.mutants.mutant import Mutant, row

MUTANTS = (
    # --- transform/restore.py ---
    Mutant(
        "what is put back was read behind the store",
        "transform/restore.py",
        'return Apply((Var("", type),), BY_NAME["getitem"], (link.before, index), link.stmt.at)',
        'return Apply((Var("", type),), BY_NAME["getitem"], (link.after, index), link.stmt.at)',
        "the reverse puts back the new value, and reads of the old one see it",
        row("restored.nested"),
    ),
    Mutant(
        "an index with repeats is put back entry by entry",
        "transform/restore.py",
        'name = "set_last" if _may_repeat(link.stmt.args[1]) else "set_at"',
        'name = "set_at"',
        "in a second derivative an overwritten entry gets a cotangent for each time it is named",
        row("restored.with_repeats", "reverse_over_reverse"),
    ),
    Mutant(
        "a value added is taken for the value there",
        "transform/restore.py",
        'if link.stmt.op.name != "set_at":\n                continue\n',
        'if link.stmt.op.name == "set_last":\n                continue\n',
        "x[i] += v leaves the sum at the place, not v, which the adjoint reads",
        row("restored.added_and_used"),
    ),
    Mutant(
        "an inner loop that handed on another version",
        "transform/restore.py",
        "self.names[self.chain[restoring].before] = self.inner[self.chain[restoring].before]",
        "self.names[self.chain[restoring].before] = self.chain[restoring].after",
        "after the reverse of an inner loop the array is taken for what it was behind that loop",
        row("restored.two_inner_loops"),
    ),
    Mutant(
        "an iteration hands back what it began with, not what it left",
        "transform/reverse_loops.py",
        "results = (*body.results[:own], *backs, *body.results[own:])",
        "results = (*body.results[:own], *backs, *restored[len(needs.carried) :])",
        "the array stays as the last iteration left it: only that one is undone",
        row("restored.whole_read_each_round"),
    ),
    # --- transform/checkpoint.py ---
    Mutant(
        "a state is given up a step too late",
        "transform/checkpoint.py",
        'reached = build.value(BY_NAME["equal"], (start, index), BOOL)',
        'reached = build.value(BY_NAME["less"], (index, start), BOOL)',
        "the state of the step at hand is kept, and the next step begins with it",
        row("checkpointed.over_rows"),
    ),
    Mutant(
        "a state is kept behind its step",
        "transform/checkpoint.py",
        "(*head.stmts, *inner.stmts),\n        (*carried_results(inside), *after",
        "(*inner.stmts, *head.stmts),\n        (*carried_results(inside), *after",
        "a kept array that the step writes in place is the next step's",
        "tests/golden/test_golden.py::test_program[heat_checkpointed]",
    ),
    Mutant(
        "a state is kept by name",
        "transform/checkpoint.py",
        "    if not stored or not isinstance(value, Var):\n        return value\n",
        "    if stored or not isinstance(value, Var):\n        return value\n",
        "arrays that are written in place are copied in every step and not where they are kept",
        "tests/golden/test_golden.py::test_program[heat_checkpointed]",
    ),
    Mutant(
        "what goes round only by another value is no state",
        "transform/checkpoint.py",
        "        wanted |= set(used(prune(Block((), stmt.body.stmts, results))))\n",
        "        return places\n",
        "a value that the adjoint does not read, but the state is made of, is missing in between",
        row("checkpointed.driven_by_another"),
    ),
    Mutant(
        "the steps of a range that does not begin at 0",
        "transform/checkpoint.py",
        "    place = record.position(head, index, schedule.over)\n",
        "    place = index\n",
        "the schedule counts positions, and a range of every third number has others",
        row("checkpointed.going_down"),
    ),
    Mutant(
        "the reverse of a checkpointed loop gathers vectors",
        "transform/checkpoint.py",
        "back = replace(over, backward=True, snapshots=SPARING)",
        "back = replace(over, backward=True)",
        "a vector of each step is kept for one product of matrices: memory for all steps",
        "tests/api/test_checkpoints.py::test_memory_of_a_recurrent_network_stays_too",
    ),
    Mutant(
        "what was kept on the way to the end is kept twice",
        "ops/runtime.py",
        "step = count if isinstance(action, EndForward) else action.n1 - 1",
        "step = count if isinstance(action, EndForward) else action.n1",
        "the schedule of a step is that of the one before",
        "tests/api/test_checkpoints.py::"
        "test_a_schedule_reaches_every_step_with_the_states_it_may_keep",
    ),
    # --- functions that are run again ---
    Mutant(
        "a marked function is inlined",
        "transform/functions.py",
        "return recursion.call_template(run, template, values, getattr(function, RECOMPUTE, False))",
        "return recursion.call_template(run, template, values)",
        "its inside is recorded for all calls",
        "tests/api/test_checkpoints.py::test_only_the_arguments_of_a_marked_function_are_recorded",
    ),
)
