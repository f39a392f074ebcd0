"""Basic indices: an integer or a slice for every axis; what an index of an index is of the whole.

x[1, ...][:, 0]  ->  x[1, :, 0]
"""

from __future__ import annotations

from collections.abc import Iterable

from srcdiff.ir.types import Array, Scalar
from srcdiff.transform.values import Abstract, Seq, Slice, Static, Value, is_static

Parts = tuple[Abstract, ...]  # an integer or a slice for every axis
WHOLE = Slice(Static(None), Static(None), Static(None))


def rank_of(a: Abstract) -> int | None:
    """How many axes an array has, if that is known."""
    if not isinstance(a, Value) or not isinstance(a.type, Array) or a.type.shape is None:
        return None
    return len(a.type.shape)


def parts_of(index: Abstract) -> Parts:
    """The parts of an index as it is written."""
    return index.items if isinstance(index, Seq) and index.kind == "tuple" else (index,)


def opened(index: Abstract) -> Abstract:
    """Slices that a module, an argument or a default brings as if they were written here."""
    if isinstance(index, Seq) and index.kind == "tuple":
        return Seq("tuple", tuple(map(opened, index.items)))
    known = index.value if isinstance(index, Static) else None
    if isinstance(known, slice):
        return Slice(Static(known.start), Static(known.stop), Static(known.step))
    if isinstance(known, tuple) and any(isinstance(part, slice) for part in known):
        return Seq("tuple", tuple(opened(Static(part)) for part in known))
    return index


def every_axis(rank: int | None, index: Iterable[Abstract]) -> Parts | None:
    """An index with an integer or a slice for each axis; None where it is another one."""
    if rank is None:
        return None
    parts = list(index)
    gaps = [k for k, p in enumerate(parts) if isinstance(p, Static) and p.value is ...]
    if gaps:
        parts[gaps[0] : gaps[0] + 1] = [WHOLE] * (rank - len(parts) + 1)
    parts += [WHOLE] * (rank - len(parts))
    return tuple(parts) if len(parts) == rank and all(map(is_basic, parts)) else None


def is_basic(part: Abstract) -> bool:
    """Whether an index's part is an integer or a slice."""
    if isinstance(part, Value):
        return isinstance(part.type, Scalar)
    return isinstance(part, Slice) or is_static(part, int) and not is_static(part, bool)


def is_whole(part: Abstract) -> bool:
    return isinstance(part, Slice) and all(
        is_static(p) and p.value is None  # type: ignore[union-attr]
        for p in (part.start, part.stop, part.step)
    )


def composed(outer: Parts | None, inner: Iterable[Abstract]) -> Parts | None:
    """The index that x[outer][inner] is, where no slice is cut again."""
    if outer is None:
        return None
    cuts = every_axis(sum(isinstance(part, Slice) for part in outer), inner)
    if cuts is None:
        return None
    rest, made = list(cuts), []
    for part in outer:
        cut = rest.pop(0) if isinstance(part, Slice) else part
        if isinstance(part, Slice) and not is_whole(part):
            if not is_whole(cut):
                return None
            cut = part
        made.append(cut)
    return tuple(made)


def written(parts: Parts) -> Abstract:
    """An index as one writes it: without slices of all at its end."""
    kept = list(parts)
    while len(kept) > 1 and is_whole(kept[-1]):
        kept.pop()
    return kept[0] if len(kept) == 1 else Seq("tuple", tuple(kept))
