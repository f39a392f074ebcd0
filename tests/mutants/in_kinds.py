"""Faults in the kinds of the table and in the rows of writes: un-broadcasting, zeroing, repeats."""

from __future__ import annotations

from tests.mutants.mutant import Mutant, row

ROWS = "tests/ops/test_rows.py"

MUTANTS = (
    # --- ops/python.py ---
    Mutant(
        "a store leaves the old value's cotangent",
        "ops/python.py",
        "    written = runtime.getitem(bz, index)\n    return runtime.set_at(bz, index, 0.0), written",
        "    written = runtime.getitem(bz, index)\n    return bz, written",
        "what was overwritten receives the cotangent of what overwrote it",
        row("writes_arrays.chain_assign"),
    ),
    Mutant(
        "repeated indices all count",
        "ops/python.py",
        "written = runtime.kept(runtime.getitem(bz, index), bz, index)",
        "written = runtime.getitem(bz, index)",
        "y[[0, 2, 0]] = v: the first value is overwritten by the third, and varies nothing",
        row("writes_chosen.repeated_indices"),
    ),
    Mutant(
        "adding zeroes what was there",
        "ops/python.py",
        "return bz, runtime.getitem(bz, index)",
        "return runtime.set_at(bz, index, 0.0), runtime.getitem(bz, index)",
        "x[i] += v is differentiated as x[i] = v",
        row("writes_arrays.overlapping_aug"),
    ),
    Mutant(
        "the second list is read from the first entry on",
        "ops/python.py",
        "return runtime.getitem(bz, slice(None, len(a))), runtime.getitem(bz, slice(len(a), None))",
        "return runtime.getitem(bz, slice(None, len(a))), runtime.getitem(bz, slice(0, len(b)))",
        "the cotangent of the second of two lists that were joined",
        row("writes_containers.rl_insert_ext"),
    ),
    Mutant(
        "an appended value receives the first entry's cotangent",
        "ops/python.py",
        "last = runtime.getitem(bz, -1)",
        "last = runtime.getitem(bz, 0)",
        "the cotangents of a list built in a loop go to the wrong rounds",
        row("writes_containers.grow"),
    ),
    Mutant(
        "a choice hands its cotangent to both",
        "ops/python.py",
        "return runtime.select(c, bz, 0.0), runtime.select(c, 0.0, bz)",
        "return runtime.select(c, bz, 0.0), bz",
        "the side that was not chosen receives a cotangent",
        "tests/ops/test_rows.py::test_first_order[max2-0-scalar]",
    ),
    # --- ops/runtime.py ---
    Mutant(
        "the first of repeated writes lasts",
        "ops/runtime.py",
        "last[places.size - 1 - np.unique(places[::-1], return_index=True)[1]] = True",
        "last[np.unique(places, return_index=True)[1]] = True",
        "NumPy keeps what is written last",
        row("writes_chosen.repeated_indices"),
    ),
    Mutant(
        "arrays share memory only if they are one",
        "ops/runtime.py",
        "if np.may_share_memory(x, arrays[j], max_work=work):",
        "if x is arrays[j]:",
        "f(x, x[1:]) that writes its first argument",
        "tests/api/test_writes.py::test_arguments_that_overlap[grad]",
    ),
    Mutant(
        "axes of length one are not summed",
        "ops/runtime.py",
        "return np.sum(v, axis=repeated, keepdims=True) if repeated else v",
        "return np.sum(v, axis=repeated[:1], keepdims=True) if repeated else v",
        "the helper for lengths known at run time: two axes that were repeated",
        row("writes_subtle.reshaped_to_one"),
    ),
    # --- ops/index.py, elementwise.py ---
    Mutant(
        "sorted entries take the wrong tangents",
        "ops/index.py",
        "return np.take_along_axis(dx, np.argsort(x, axis), axis)",
        "return np.take_along_axis(dx, np.argsort(np.argsort(x, axis), axis), axis)",
        "the inverse of a permutation is another one, from three entries on",
        row("writes_chosen.arr_sort"),
    ),
    Mutant(
        "a conjugate is its own adjoint without conjugation",
        "ops/elementwise.py",
        "return np.conjugate(bz)",
        "return bz",
        "the cotangent of a complex value that was conjugated",
        "tests/ops/test_plain.py::test_derivative[conjugate-8]",
    ),
    # --- transform/shaping.py ---
    Mutant(
        "leading axes are summed but those of length one are not",
        "transform/shaping.py",
        "    if kept:\n",
        "    if kept and not lead:\n",
        "an operand of shape (n, 1) that was broadcast to three axes",
        row("writes_subtle.column_of_three_axes"),
    ),
    Mutant(
        "a cotangent of a real value may be complex",
        "transform/shaping.py",
        'if np.dtype(own.dtype).kind == "c" and np.dtype(wanted.dtype).kind == "f":',
        'if np.dtype(own.dtype).kind == "f" and np.dtype(wanted.dtype).kind == "c":',
        "the imaginary part of a cotangent reaches a real operand",
        row("writes_chosen.complex_conj"),
    ),
    Mutant(
        "a cotangent has the dtype it came with",
        "transform/shaping.py",
        "if isinstance(v, Const) or own.dtype == wanted.dtype:",
        "if isinstance(v, Const) or np.dtype(own.dtype).kind == np.dtype(wanted.dtype).kind:",
        "the gradient by a float32 argument is a float64 array, or the other way round",
        row("found.narrow_and_wide"),
    ),
    # --- transform/rules.py ---
    Mutant(
        "a rule with three operands adds two terms",
        "transform/rules.py",
        "for term in terms[1:]:",
        "for term in terms[1:2]:",
        "the tangent of an operation in three or more moving operands",
        "tests/ops/test_rows.py::test_first_order[interp-0-function]",
    ),
    Mutant(
        "a product's partial is not fitted",
        "transform/rules.py",
        "received.append((arg, fit(build, _product(build, bz, _atom(build, partial)), arg)))",
        "received.append((arg, _product(build, bz, _atom(build, partial))))",
        "the cotangent of an operand that was broadcast has the shape of the result",
        row("writes_subtle.column_of_three_axes"),
    ),
    # --- transform/algebra.py ---
    Mutant(
        "adding where zero was written is writing, also at repeated indices",
        "transform/algebra.py",
        'if any(isinstance(v.type, Array) and v.type.dtype != "bool" for v in variables((index,))):',
        'if any(isinstance(v.type, Array) and v.type.dtype == "bool" for v in variables((index,))):',
        "the cotangents of entries named twice: one is lost",
        row("writes_subtle.read_twice_then_written"),
    ),
    Mutant(
        "a factor that was spread is dropped to the smaller shape",
        "transform/algebra.py",
        "narrow = wide is not None and spans(other, type) and not _wider(wide.args[0], other)",
        "narrow = wide is not None",
        "a broadcast cotangent times a value that has not its shape",
        row("writes_arrays.sub_div_pow"),
    ),
)
