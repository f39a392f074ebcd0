"""Reading items of arrays and of lists of run-time length: the type of x[index]."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from srcdiff.ir.core import Arg, Atom, Const, Pack, Var
from srcdiff.ir.types import (
    Array,
    Dim,
    ListOf,
    Scalar,
    Sym,
    Type,
    each_apart,
    fresh_dim,
    is_one,
    minus,
)
from srcdiff.ops.shapes import broadcasted
from srcdiff.ops.table import BY_NAME
from srcdiff.transform import rank0
from srcdiff.transform.identities import Operands, View, objects
from srcdiff.transform.meet import describe
from srcdiff.transform.values import (
    Abstract,
    Seq,
    Slice,
    Static,
    Value,
    is_rank0,
    is_static,
    key_of,
)

if TYPE_CHECKING:
    from srcdiff.transform.instantiate import Instantiator

# What slices are cut at, as lengths name it: the same in a program and in the rules it meets.
_BOUNDS: WeakKeyDictionary[Var, Sym] = WeakKeyDictionary()


def value_item(run: Instantiator, owner: Value, index: Abstract) -> Abstract:
    """owner[index] for an array or a list of run-time length."""
    if isinstance(owner.type, ListOf):
        return _list_item(run, owner, index)
    if is_rank0(owner) or owner.atom in run.session.arguments:
        return rank0.item(run, owner, index)
    if not isinstance(owner.type, Array):
        raise run.refusal("SD317", f"cannot index {describe(owner)}")
    if owner.type.shape is None:
        raise run.refusal("SD316", "the rank of this array is only known at run time")
    given = index.items if isinstance(index, Seq) and index.kind == "tuple" else (index,)
    parts = tuple(_prepared(run, part) for part in given)
    dims = indexed_dims(run, owner.type.shape, parts)
    dtype = owner.type.dtype
    type: Type = Array(dtype, dims) if dims else Scalar(dtype, weak=False)
    shown = parts if isinstance(index, Seq) and index.kind == "tuple" else parts[0]
    whole = not dims and any(map(_is_ellipsis, parts))  # x[0, ...] is an array of rank 0
    if whole:
        shown = tuple(p for p in parts if not _is_ellipsis(p))
    arg = run.material(Seq("tuple", shown) if isinstance(shown, tuple) else shown)
    made = Value(run.build.value(BY_NAME["getitem"], (owner.atom, arg), type, run.hint), type)
    if whole and not run.rules:
        made = rank0.number(run, made)
    if run.rules or owner.key is None or not (dims or whole):
        return rank0.array_of(run, made) if whole and not run.rules else made
    if any(map(_is_array, parts)) or run.memory.known.copying(owner.key):
        own = rank0.array_of(run, made) if whole else run.memory.own(made)
        return own if whole else _copied(run, owner, parts, own)
    view = View(owner.key, _read_at, _put_at, parts, indexed=True)
    found = run.memory.view(made, view, owner)
    lies = run.memory.known.lies(owner.key)
    if lies is not None and found.key is not None and _without_gaps(parts):
        run.memory.known.contiguous[found.key] = lies
    return found


def _copied(
    run: Instantiator, owner: Value, parts: tuple[Abstract, ...], made: Abstract
) -> Abstract:
    """Entries by number or mask are a copy, without gaps: in order, or in that of the numbers."""
    known, key = run.memory.known, key_of(made)
    assert key is not None and isinstance(made, Value) and isinstance(made.type, Array)
    assert isinstance(owner.type, Array) and owner.type.shape is not None
    if made.type.shape is not None and len(made.type.shape) == 1:
        known.contiguous[key] = frozenset()
    elif len(parts) == 1 and len(owner.type.shape) == 1:
        number = key_of(parts[0])
        lies = known.lies(number) if number is not None else None
        if lies is not None:
            known.contiguous[key] = lies
    return made


def _is_ellipsis(part: Abstract) -> bool:
    return isinstance(part, Static) and part.value is Ellipsis


def _without_gaps(parts: tuple[Abstract, ...]) -> bool:
    """Whether x[parts] of a contiguous x is contiguous: integers, then at most one slice of step 1."""
    rest = list(parts)
    while rest and not isinstance(rest[0], Slice) and not is_static(rest[0], type(None), type(...)):
        rest.pop(0)
    if rest and isinstance(rest[0], Slice) and _is_none(rest[0].step):
        rest.pop(0)
    return not rest


def index_atoms(index: Arg) -> Iterator[Atom]:
    """The atoms of an index as it stands in a typed program."""
    if isinstance(index, Pack):
        for item in index.items:
            yield from index_atoms(item)
    elif isinstance(index, (Var, Const)):
        yield index


def index_of(parts: Operands) -> Abstract:
    """The index with some parts."""
    return parts[0] if len(parts) == 1 else Seq("tuple", parts)


def _read_at(run: Instantiator, parent: Value, parts: Operands) -> Abstract:
    return value_item(run, parent, index_of(parts))


def _put_at(run: Instantiator, parent: Value, new: Value, parts: Operands) -> Abstract:
    return stored(run, parent, index_of(parts), new)


def stored(run: Instantiator, owner: Value, index: Abstract, new: Abstract) -> Value:
    """The array or list with something else at an index."""
    given = index.items if isinstance(index, Seq) and index.kind == "tuple" else (index,)
    parts = tuple(_prepared(run, part) for part in given)
    shown = Seq("tuple", parts) if isinstance(index, Seq) and index.kind == "tuple" else parts[0]
    if isinstance(owner.type, Array):
        if owner.type.shape is None:
            raise run.refusal("SD316", "the rank of this array is only known at run time")
        indexed_dims(run, owner.type.shape, parts)
    name = "set_last" if any(_is_array(p) and not _is_mask(p) for p in parts) else "set_at"
    args = (owner.atom, run.material(shown), run.atom(new))
    return changed(run, name, args, owner)


def changed(run: Instantiator, name: str, args: tuple[Arg, ...], owner: Value) -> Value:
    """An object after a row has changed it: of its type, and by its name."""
    hint = owner.atom.hint if isinstance(owner.atom, Var) else ""
    return Value(run.build.value(BY_NAME[name], args, owner.type, hint), owner.type)


def _list_item(run: Instantiator, owner: Value, index: Abstract) -> Abstract:
    assert isinstance(owner.type, ListOf)
    type: Type = owner.type.element if run.rules else each_apart(owner.type.element)
    if isinstance(index, Slice):
        type = ListOf(owner.type.element, cut_dim(run, owner.type.length, index))
    known, args = run.memory.known, (owner.atom, run.material(index))
    atom: Atom = run.build.value(BY_NAME["getitem"], args, type, run.hint)
    if isinstance(type, Scalar) and isinstance(atom, Var) and known.inside.get(owner.atom):
        run.session.arguments.add(atom)
    found = run.memory.own(Value(atom, type))
    if isinstance(owner.type.element, (Array, ListOf)) and not run.rules:
        inside = known.contained(Seq("list", (owner,)))
        if isinstance(index, Slice):
            known.note_inside(atom, *inside)
            known.note_separate(atom, lists=(owner,))
        elif owner.key is not None and known.is_separate(owner.atom):
            entry = View(owner.key, _entry_at, _put_entry, (index,), entry=True)
            return run.memory.view(Value(atom, type), entry, owner)
        for key in objects(found):
            known.relate(key, inside)
    return found


def _entry_at(run: Instantiator, parent: Value, place: Operands) -> Abstract:
    return _list_item(run, parent, place[0])


def _put_entry(run: Instantiator, parent: Value, new: Value, place: Operands) -> Abstract:
    """The list with another value of one of its entries, which stays the same object."""
    whole = changed(run, "set_at", (parent.atom, run.material(place[0]), new.atom), parent)
    if run.memory.known.is_separate(parent.atom):
        run.memory.known.separate.add(whole.atom)
    return whole


def _prepared(run: Instantiator, part: Abstract) -> Abstract:
    """An index's part with lists as arrays."""
    if not (isinstance(part, Seq) or isinstance(part, Value) and isinstance(part.type, ListOf)):
        return part
    hint, run.hint = run.hint, ""
    made = run.call(Static(np.array), (part,))
    run.hint = hint
    return made


def _is_array(part: Abstract) -> bool:
    return isinstance(part, Value) and isinstance(part.type, Array)


def _is_mask(part: Abstract) -> bool:
    return isinstance(part, Value) and isinstance(part.type, Array) and part.type.dtype == "bool"


def _consumed(part: Abstract) -> int:
    """How many axes an index's part uses up."""
    if is_static(part) and (part.value is None or part.value is Ellipsis):  # type: ignore[union-attr]
        return 0
    if _is_mask(part):
        assert isinstance(part, Value) and isinstance(part.type, Array)
        return len(part.type.shape or (0,))
    return 1


def indexed_dims(
    run: Instantiator, dims: tuple[Dim, ...], parts: tuple[Abstract, ...]
) -> tuple[Dim, ...]:
    """The dims of x[parts] for x of the given dims."""
    used = sum(_consumed(p) for p in parts)
    if used > len(dims):
        raise run.refusal(
            "SD322", f"too many indices: the array has {len(dims)} axes, {used} were indexed"
        )
    whole = [Slice(Static(None), Static(None), Static(None))] * (len(dims) - used)
    full: list[Abstract] = []
    for part in parts:
        full += whole if is_static(part) and part.value is Ellipsis else [part]  # type: ignore[union-attr]
    if not any(is_static(p) and p.value is Ellipsis for p in parts):  # type: ignore[union-attr]
        full += whole
    advanced = [k for k, p in enumerate(full) if _is_array(p)]
    return _advanced(run, dims, full, advanced) if advanced else _basic(run, dims, full)


def _basic(run: Instantiator, dims: tuple[Dim, ...], parts: list[Abstract]) -> tuple[Dim, ...]:
    result: list[Dim] = []
    axis = 0
    for part in parts:
        if is_static(part) and part.value is None:  # type: ignore[union-attr]
            result.append(1)
            continue
        if isinstance(part, Slice):
            result.append(cut_dim(run, dims[axis], part))
        else:
            _check_int(run, part)
        axis += 1
    return tuple(result)


def _check_int(run: Instantiator, part: Abstract) -> None:
    if is_static(part, int) and not is_static(part, bool):
        return
    if isinstance(part, Value) and isinstance(part.type, Scalar):
        truth = any(dtype == "bool" for dtype, _ in part.type.mixed)  # True is no place, but a mask
        if np.dtype(part.type.dtype).kind in "iu" and not part.type.optional and not truth:
            return
    raise run.refusal(
        "SD323",
        f"{describe(part)} is no index",
        "an index is an int, a slice, None, or an array of ints or bools",
    )


def _advanced(
    run: Instantiator, dims: tuple[Dim, ...], parts: list[Abstract], where: list[int]
) -> tuple[Dim, ...]:
    """NumPy's rule: index arrays broadcast; their axes stand where they stood, or first if apart."""
    arrays: list[tuple[Dim, ...]] = []
    result: list[Dim] = []
    spot: int | None = None
    axis, gaps, inside, last = 0, 0, False, -2
    for k, part in enumerate(parts):
        is_int = not isinstance(part, Slice) and not is_static(part, type(None))
        if is_int:
            gaps += int(last not in (-2, k - 1))
            last = k
            spot = len(result) if spot is None else spot
            arrays.append(_index_dims(run, part))
            axis += _consumed(part)
        elif isinstance(part, Slice):
            result.append(cut_dim(run, dims[axis], part))
            axis += 1
        else:
            result.append(1)
    del inside
    together = broadcasted(*arrays)
    position = 0 if gaps else spot or 0
    return (*result[:position], *together, *result[position:])


def _index_dims(run: Instantiator, part: Abstract) -> tuple[Dim, ...]:
    if _is_mask(part):
        return (fresh_dim("count"),)
    if isinstance(part, Value) and isinstance(part.type, Array):
        if np.dtype(part.type.dtype).kind not in "iu" or part.type.shape is None:
            raise run.refusal("SD323", f"{describe(part)} is no index")
        return part.type.shape
    _check_int(run, part)
    return ()


def cut_dim(run: Instantiator, n: Dim, cut: Slice) -> Dim:
    """The length of a slice of an axis of length n."""
    bounds = (cut.start, cut.stop, cut.step)
    if isinstance(n, int) and all(isinstance(b, Static) for b in bounds):
        return len(range(*slice(*(b.value for b in bounds)).indices(n)))  # type: ignore[union-attr]
    step = cut.step.value if isinstance(cut.step, Static) else 0
    if step == -1 and _is_none(cut.start) and _is_none(cut.stop):
        return n
    if step in (None, 1):
        known = _unit_cut(n, cut)
        if known is not None:
            return known
    for b in bounds:
        if isinstance(b, Value):
            _check_int(run, b)
    return Sym(("cut", n, *(_key(b) for b in bounds)))


def _is_none(a: Abstract) -> bool:
    return is_static(a) and a.value is None  # type: ignore[union-attr]


def _key(a: Abstract) -> object:
    """What a bound is called in the name of a length: by a number, as what a round makes must be."""
    if not isinstance(a, Value) or isinstance(a.atom, Const):
        return Const(a.value if isinstance(a, Static) else a.atom.value)  # type: ignore[union-attr]
    return _BOUNDS.setdefault(a.atom, fresh_dim("at")).key


def _unit_cut(n: Dim, cut: Slice) -> Dim | None:
    start = 0 if _is_none(cut.start) else cut.start.value if is_static(cut.start, int) else None  # type: ignore[union-attr]
    if start is None or start < 0:
        return None
    if _is_none(cut.stop):
        return minus(n, start)
    if is_static(cut.stop, int):
        stop = cut.stop.value  # type: ignore[union-attr]
        return minus(n, start - stop) if stop < 0 else None
    if isinstance(cut.stop, Value) and cut.stop.length is not None and _within(cut.stop.length, n):
        return minus(cut.stop.length, start)
    return None


def _within(length: Dim, n: Dim) -> bool:
    """Whether a length is surely at most n."""
    if length == n:
        return True
    return (
        isinstance(length, Sym)
        and isinstance(length.key, tuple)
        and length.key[:2]
        == (
            "minus",
            n.key if isinstance(n, Sym) else n,
        )
    )


__all__ = ["cut_dim", "indexed_dims", "is_one", "value_item"]
