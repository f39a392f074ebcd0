"""Faults on the way to text: what is changed in place, what shares a name, in which order."""

from __future__ import annotations

from tests.mutants.mutant import Mutant, row

MUTANTS = (
    # --- emit/ownership.py ---
    Mutant(
        "the caller's memory may be changed",
        "emit/ownership.py",
        "if not own or known.all_of(own) & FORBIDDEN:",
        "if not own:",
        "a derivative writes into an argument that the program leaves alone, or into a broadcast",
        row("writes_subtle.shifted_swap"),
    ),
    Mutant(
        "what is alive does not keep memory from being changed",
        "emit/ownership.py",
        "return not known.clash(own, known.seen(self.alive_after(step)))",
        "return True",
        "a value that is needed later is overwritten in place",
        row("writes_loops.save_old"),
    ),
    Mutant(
        "two results may be one memory",
        "emit/ownership.py",
        "taken |= self.aliases().seen((value,))",
        "pass",
        "a result that is returned twice, or two views of one array, are not the caller's alone",
        "tests/api/test_writes.py::test_results_are_memory_of_their_own",
    ),
    Mutant(
        "a copy adds in the same order as the view",
        "emit/ownership.py",
        "return self.lies_dense(maker) or self.in_any_order(maker.outs[0])",
        "return True",
        "a sum over a copy of a strided view differs in the last bits",
        row("found.product_with_a_piece_of_a_view"),
    ),
    # --- emit/memory.py ---
    Mutant(
        "memory ages whoever allocated it",
        "emit/memory.py",
        "aged |= self.old(bit) if self.lists.get(var, var) in made else bit",
        "aged |= bit if bit in self.sites else self.old(bit)",
        "what a loop did not allocate is taken for other memory in the next round",
        row("restored.from_outside_each_round", "jvp"),
    ),
    Mutant(
        "a list holds entries of this round",
        "emit/memory.py",
        "entries = self.rounds.at_any_age(entries)",
        "entries = entries + NOTHING",
        "an array pushed on a list a round ago is changed in place",
        row("writes_subtle.shifted_swap"),
    ),
    Mutant(
        "a broadcast may be written",
        "emit/memory.py",
        "return self.of(step.args[0])[0] | BROADCAST, NOTHING",
        "return self.rounds.bit(out), NOTHING",
        "one number spread over an array is changed in place: NumPy refuses, or changes all",
        row("writes_subtle.recorded_view"),
    ),
    Mutant(
        "an index with an array makes a view",
        "emit/memory.py",
        '        if name == "getitem" and gathers(step.args[1]) and isinstance(out.type, Array):',
        '        if name == "getitem" and not gathers(step.args[1]) and isinstance(out.type, Array):',
        "a slice is taken for memory of its own, and changed in place",
        row("writes_arrays.slice_saved"),
    ),
    Mutant(
        "no index names an entry twice",
        "emit/memory.py",
        'return kind.dtype != "bool" if isinstance(kind, Array) else not isinstance(kind, Scalar)',
        'return kind.dtype == "bool" if isinstance(kind, Array) else not isinstance(kind, Scalar)',
        "b[k] += v adds once to an entry that k names twice: a gather's adjoint",
        row("writes_subtle.read_twice_then_written"),
    ),
    # --- emit/landing.py ---
    Mutant(
        "a copy of an argument is not written back",
        "emit/landing.py",
        "return replace(stmt, args=(param, value, *mark)) if param in copies else stmt",
        "return stmt",
        "an argument that was worked on in a copy holds in the end what it held at first",
        row("writes_subtle.narrow_and_needed"),
    ),
    Mutant(
        "an argument is written back to the wrong one",
        "emit/landing.py",
        "param = function.params[place.value]",
        "param = function.params[-1 - place.value]",
        "the copies of two arguments are exchanged at the end",
        row("writes_subtle.both_needed"),
    ),
    # --- emit/nest.py, delay.py, liveness.py, naming ---
    Mutant(
        "a loop is walked once",
        "emit/liveness.py",
        "while (grown := top | self.once(step, alive, top)) != top:\n            top = grown",
        "top = self.once(step, alive, top)",
        "what is read in the next round is not alive at the end of this one: its name is taken",
        row("writes_loops.cur_prev"),
    ),
    # --- emit/steps.py, assignments.py, actions.py ---
    Mutant(
        "records of a backward loop are pushed",
        "emit/steps.py",
        "        if over.backward:\n            return Apply((record,), PUT",
        "        if over.step == Const(0):\n            return Apply((record,), PUT",
        "the records of a reverse loop, needed to second order, lie in the order of time",
        row("writes_loops.recurrence", "reverse_over_reverse"),
    ),
    Mutant(
        "values that move together move one by one",
        "emit/assignments.py",
        "return any(one.name in other.reads for other in others if other is not one)",
        "return False",
        "x, y = y, x printed as x = y; y = x",
        row("writes_subtle.shifted_swap"),
    ),
    Mutant(
        "memory that is not ours is not copied",
        "emit/actions.py",
        "return [w.assign(out, w.printer.copy(out.type, w.expr(first)))]",
        "return [w.assign(out, w.expr(first))]",
        "a store that may not happen in place happens in place all the same",
        row("writes_subtle.permuted_axes"),
    ),
    Mutant(
        "a gathered cotangent is assigned",
        "emit/actions.py",
        "if not isinstance(out.type, ListOf) and may_repeat(index):\n        return [made",
        "if isinstance(out.type, ListOf) and may_repeat(index):\n        return [made",
        "the adjoint of x[[0, 0]] keeps one of two contributions",
        row("writes_chosen.int_aug"),
    ),
    Mutant(
        "a record's place is its index",
        "emit/actions.py",
        "if over.start != Const(0):\n        place = ast.BinOp",
        "if over.start == Const(1):\n        place = ast.BinOp",
        "a backward loop over range(2, n) records at other places than those it reads",
        row("writes_subtle.backward_from_two"),
    ),
)
