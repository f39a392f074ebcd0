"""Which results are objects of their own, which are views of an operand, and how a view is put back.

    np.transpose(x)       a view: what is written into it is written into x, by transposing it back
    np.exp(x)             an object of its own
    x.reshape(3, 4)       a view if x is contiguous; else only the run knows

PUT_BACK is the index of operations whose result is surely a view.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from srcdiff.ir.types import Array, ListOf, Scalar
from srcdiff.ops import syntax as sx
from srcdiff.ops.table import Row
from srcdiff.transform import rank0
from srcdiff.transform.identities import Operands, Put, View, objects
from srcdiff.transform.values import (
    Abstract,
    Key,
    Seq,
    Static,
    Value,
    is_mutable,
    key_of,
    parts,
    same_static,
)

if TYPE_CHECKING:
    from srcdiff.transform.instantiate import Instantiator

Run = Any
Values = list[Abstract]
Again = Callable[["Instantiator", Values], Abstract]

# NumPy's may return views, whatever their rows say.
UNCERTAIN = ("diag", "rot90", "einsum", "nan_to_num")
# A single number that they return is an array of rank 0, which `+=` changes in place.
ZERO_DIMENSIONAL = ("reshape", "transpose", "squeeze", "expand_dims", "broadcast_to", "roll", "tile",
                    "np_copy", "zeros", "ones", "empty", "np_zeros_like", "np_ones_like",
                    "np_empty_like", "full", "full_like", "where", "tensordot", "array")  # fmt: skip
# Of an array of rank 0 they return one; of other numbers they do not.
KEEPING_RANK = ("real", "imag", "max2", "min2", "astype", "einsum", "polyval")
LOCKED = ("broadcast_to", "diagonal", "linalg_diagonal")
RESHAPED = ("reshape", "ravel")
# Their results lie in memory in C's order, whatever that of the operands is.
ORDERED = (
    "zeros",
    "ones",
    "empty",
    "full",
    "eye",
    "matmul",
    "dot",
    "inner",
    "outer",
    "array",
    "identity",
)


def identified(
    run: Instantiator, row: Row, values: Values, result: Abstract, again: Again
) -> Abstract:
    """The result of a row with its identity; `again` applies the row to other values."""
    if run.rules:
        return result
    if isinstance(result, Value) and isinstance(result.type, Scalar):
        return _of_rank0(run, row, values, result) if _is_rank0(run, row, values) else result
    if not (isinstance(result, Value) and isinstance(result.type, Array)):
        return _several(run, row, values, result)
    owner = values[0] if values else None
    if row.name == "diag" and isinstance(owner, Value) and _rank(owner) == 1:
        return _own(run, row, values, result)  # a matrix with that diagonal
    if row.user or row.name in UNCERTAIN:
        return run.memory.mingled(result, *values)
    if row.fresh:
        return _own(run, row, values, result)
    if not isinstance(owner, Value) or owner.key is None:
        return run.memory.mingled(result, *values)
    if row.name == "real" and not _is_complex(owner):
        return replace(result, key=owner.key)
    needed: frozenset[Key] | None = frozenset()
    if row.name in RESHAPED and not (row.name == "reshape" and _rank(owner) == 1):
        needed = contiguous(run, owner)
    if needed is None:
        return run.memory.mingled(result, *values)
    if row.name not in PUT_BACK and row.name not in LOCKED:
        return run.memory.mingled(result, *values)
    return _view(run, row, values, result, again, needed)


def _of_rank0(run: Instantiator, row: Row, values: Values, result: Value) -> Abstract:
    """A result that is an array of rank 0: a view of the operand, the same one, or a new one."""
    owner = values[0] if values else None
    held = isinstance(owner, Value) and owner.key is not None
    if row.name in ("reshape", "squeeze", "transpose", "broadcast_to"):
        return _shaped_to_rank0(run, row, values) if held else rank0.array_of(run, result)
    if row.name == "real" and held and not _is_complex(owner):  # type: ignore[arg-type]
        return replace(result, key=owner.key)  # type: ignore[union-attr]
    if row.name in ZERO_DIMENSIONAL or row.name == "astype":
        return rank0.array_of(run, result)
    return rank0.number(run, result)


def _shaped_to_rank0(run: Instantiator, row: Row, values: Values) -> Abstract:
    owner = values[0]
    assert isinstance(owner, Value) and owner.key is not None

    def read(run: Instantiator, parent: Value, rest: Operands) -> Abstract:
        if isinstance(parent.type, Scalar):
            return parent
        return rank0.number(run, rank0.only_entry(run, parent))

    locked = row.name == "broadcast_to"
    if not locked and isinstance(owner.type, Scalar):
        return owner
    view = View(owner.key, read, None if locked else _reshaped)
    made = read(run, replace(owner, key=None), ())
    assert isinstance(made, Value)
    return run.memory.view(made, view, owner)


def _is_rank0(run: Instantiator, row: Row, values: Values) -> bool:
    """Whether the single number that a row returns is an array of rank 0."""
    if row.name == "einsum":
        return len(values) > 3  # NumPy contracts pairs of more than two operands by tensordot
    given = {v.atom for v in values if isinstance(v, Value)}
    kept = row.name in KEEPING_RANK and not given.isdisjoint(run.session.arguments)
    return kept or row.name in ZERO_DIMENSIONAL


def _view(
    run: Instantiator,
    row: Row,
    values: Values,
    result: Value,
    again: Again,
    needed: frozenset[Key],
) -> Abstract:
    owner = values[0]
    assert isinstance(owner, Value) and owner.key is not None
    rest = values[1:]
    put = None
    locked = row.name in LOCKED or row.name == "imag" and not _is_complex(owner)
    if not locked:
        put = PUT_BACK[row.name]

    def read(run: Instantiator, parent: Value, rest: Operands) -> Abstract:
        return again(run, [parent, *rest])

    view = View(owner.key, read, put, tuple(rest), contingent=needed)
    made = run.memory.view(result, view, owner)
    lies = contiguous(run, owner)
    if row.name in (*RESHAPED, "squeeze", "expand_dims") and lies is not None and made.key:
        run.memory.known.contiguous[made.key] = lies
    return made


def _several(run: Instantiator, row: Row, values: Values, result: Abstract) -> Abstract:
    """Several results, or a list: what they share with the operands only the run knows."""
    if isinstance(result, Value) and not isinstance(result.type, ListOf):
        return result
    return run.memory.own(result) if row.fresh else run.memory.mingled(result, *values)


def _own(run: Instantiator, row: Row, values: Values, result: Value) -> Abstract:
    made = run.memory.own(result)
    key = key_of(made)
    assert key is not None and isinstance(result.type, Array)
    flat = result.type.shape is not None and len(result.type.shape) <= 1
    lie = [contiguous(run, v) for v in values]
    ordered = row.name == "np_copy" and same_static(values[1], Static("C"))
    if flat or ordered or row.name in (*ORDERED, "diag"):
        run.memory.known.contiguous[key] = frozenset()
    elif (row.kind == "elementwise" or row.name == "np_copy") and None not in lie:
        run.memory.known.contiguous[key] = frozenset().union(*(k for k in lie if k is not None))
    return made


def contiguous(run: Instantiator, a: Abstract) -> frozenset[Key] | None:
    """The arguments that must be contiguous for an array to be so; None if it may not be."""
    if not (isinstance(a, Value) and isinstance(a.type, Array)):
        return frozenset()
    return run.memory.known.lies(a.key) if a.key is not None else None


def _rank(a: Value) -> int | None:
    return len(a.type.shape) if isinstance(a.type, Array) and a.type.shape is not None else None


def _is_complex(a: Value) -> bool:
    return isinstance(a.type, (Scalar, Array)) and np.dtype(a.type.dtype).kind == "c"


def of_composite(run: Instantiator, values: Values, result: Abstract) -> Abstract:
    """What a definition by other rows returns: if that has memory of an operand, the run knows."""
    if run.rules:
        return result
    reached = run.memory.reached(*values)
    shares = any(not run.memory.known.bases(k).isdisjoint(reached) for k in objects(result))
    return run.memory.mingled(result, *values) if shares else result


def flat(run: Instantiator, owner: Value) -> Abstract:
    """x.flat: the entries in C's order, written through however x lies in memory."""
    made = _flat_of(run, replace(owner, key=None), ())
    if run.rules or not isinstance(made, Value):
        return made
    if owner.key is None:
        made = replace(made, key=Key("flat"))
    else:
        view = View(owner.key, _flat_of, _reshaped, copying=True)
        made = run.memory.view(replace(made, key=None), view, owner)
    assert made.key is not None
    run.memory.known.flats.add(made.key)
    run.memory.unused.add(made.key)
    return made


def _flat_of(run: Instantiator, parent: Value, rest: Operands) -> Abstract:
    return run.call(Static(np.ravel), (parent,))


# --- how views are put back ---------------------------------------------------------------------


def _again(function: Any) -> Put:
    """The operation that undoes itself, with the same arguments."""

    def put(run: Instantiator, parent: Value, new: Value, rest: Operands) -> Abstract:
        return run.call(Static(function), (new, *rest))

    return put


def _transposed(run: Instantiator, parent: Value, new: Value, rest: Operands) -> Abstract:
    axes = rest[0] if rest else Static(None)
    if isinstance(axes, Static):
        return run.call(Static(np.transpose), (new,))
    order = [int(k) for k in run.static(axes, "the axes of a transpose")]
    back = tuple(Static(int(k)) for k in np.argsort([k % len(order) for k in order]))
    return run.call(Static(np.transpose), (new, Seq("tuple", back)))


def _moved(run: Instantiator, parent: Value, new: Value, rest: Operands) -> Abstract:
    source, target = rest
    return run.call(Static(np.moveaxis), (new, target, source))


def _reshaped(run: Instantiator, parent: Value, new: Value, rest: Operands) -> Abstract:
    shape = run.do(sx.ATTRIBUTE, parent, Static("shape"))
    made = run.call(Static(np.reshape), (new, shape))
    assert isinstance(made, Value)
    return Value(made.atom, parent.type)


def _real(run: Instantiator, parent: Value, new: Value, rest: Operands) -> Abstract:
    other = run.do(sx.BINARY, Static("*"), run.call(Static(np.imag), (parent,)), Static(1j))
    return run.do(sx.BINARY, Static("+"), new, other)  # type: ignore[no-any-return]


def _imag(run: Instantiator, parent: Value, new: Value, rest: Operands) -> Abstract:
    other = run.do(sx.BINARY, Static("*"), new, Static(1j))
    return run.do(sx.BINARY, Static("+"), run.call(Static(np.real), (parent,)), other)  # type: ignore[no-any-return]


PUT_BACK: dict[str, Put] = {
    "transpose": _transposed,
    "matrix_transpose": _again(
        np.matrix_transpose if hasattr(np, "matrix_transpose") else np.transpose
    ),
    "swapaxes": _again(np.swapaxes),
    "moveaxis": _moved,
    "flip": _again(np.flip),
    "fliplr": _again(np.fliplr),
    "flipud": _again(np.flipud),
    "reshape": _reshaped,
    "ravel": _reshaped,
    "squeeze": _reshaped,
    "expand_dims": _reshaped,
    "atleast_1d": _reshaped,
    "atleast_2d": _reshaped,
    "atleast_3d": _reshaped,
    "real": _real,
    "imag": _imag,
}

__all__ = ["contiguous", "flat", "identified", "is_mutable", "of_composite", "parts"]
