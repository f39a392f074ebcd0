"""What a function leaves in its arguments: the writes that its caller sees.

    after    x1 = set_at(x, 0, a); write_back(0, x1); return y     parameter 0 holds x1 in the end
             write_paths((obj.h,), (h1,))                          obj.h = h1, before the return

Two arrays that are passed in are taken to be two when one of them is written; the generated function
looks at that first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from srcdiff.errors import Diagnostic, Refused
from srcdiff.ir.core import Apply, Arg, Const, Pack, Var
from srcdiff.ir.types import Array, ListOf, Scalar, Type
from srcdiff.ops import python as py
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.meet import describe, list_type
from srcdiff.transform.signature import Path
from srcdiff.transform.values import (
    Abstract,
    Key,
    Poison,
    Record,
    Seq,
    Static,
    Value,
    key_of,
    parts,
    same_static,
)

Run = Instantiator
WHOLE = ("whole", None)  # xs[:]


def put_back(run: Run, params: Sequence[Var], inputs: dict[str, Abstract]) -> None:
    """State what every argument and global holds in the end, where that is something else."""
    found = _Changes(run, dict(_paths(inputs)))
    written: list[Var] = []
    for key, was in run.memory.known.original.items():
        now = run.memory.get(key)
        if now is was:
            continue
        if isinstance(now, Poison):
            run.need_rounds(now.loops)
            raise Refused(_unclear(run, key, now))
        if isinstance(was, Value) and _lands(was):
            assert isinstance(was.atom, Var)
            final = run.atom(run.load(now))
            run.build.apply(py.write_back, (Const(params.index(was.atom)), final), ())
            written += [was.atom] if isinstance(was.type, Array) else []
            found.changed |= set() if isinstance(was.type, Array) else {key}
        else:
            found.changed.add(key)
            found.of(key, was, now)
    twice = _require_distinct(run, inputs, found.changed)
    if found.places:
        args = (Const(tuple(found.places)), Pack(tuple(found.values)))
        run.build.apply(py.write_paths, args, ())
    _require(run, written, params)
    run.build.stmts[:0] = twice


def _require_distinct(
    run: Run,
    inputs: dict[str, Abstract],
    changed: set[Key],
) -> list[Apply]:
    """A test that a list, dict or object that is written was passed once only."""
    original = run.memory.known.original
    paths = {
        key: path
        for key, path in _paths(inputs)
        if not (isinstance(original.get(key), Value) and _is_array(original[key]))
    }
    mine = tuple(path for key, path in paths.items() if key in changed)
    others = tuple(path for key, path in paths.items() if key not in changed)
    if not mine or len(paths) < 2:
        return []
    return [Apply((), py.require_distinct, (Const(mine), Const(others)), run.build.at)]


def _is_array(a: Abstract) -> bool:
    return isinstance(a, Value) and isinstance(a.type, Array)


def _lands(was: Value) -> bool:
    """Whether an argument is written as a whole: an array, or a list of numbers."""
    return isinstance(was.type, Array) or (
        isinstance(was.type, ListOf) and isinstance(was.type.element, Scalar)
    )


def _paths(inputs: dict[str, Abstract]) -> Iterator[tuple[Key, Path]]:
    """Where the objects stand that were passed in."""
    for name, a in inputs.items():
        yield from _paths_in(a, (name,))


def _paths_in(a: Abstract, path: Path) -> Iterator[tuple[Key, Path]]:
    key = key_of(a)
    if key is not None:
        yield key, path
    names: Iterable[tuple[str, object]] = (("item", k) for k in range(len(parts(a))))
    if isinstance(a, Record):
        kind = "key" if a.cls is dict else "field"
        names = ((kind, name) for name, _ in a.entries)
    for step, part in zip(names, parts(a)):
        yield from _paths_in(part, (*path, step))


@dataclass
class _Changes:
    """Assignments to parts of structures, to be done all at once."""

    run: Run
    paths: dict[Key, Path]
    places: list[Path] = field(default_factory=list)
    values: list[Arg] = field(default_factory=list)
    changed: set[Key] = field(default_factory=set)

    def of(self, key: Key, was: Abstract, now: Abstract) -> None:
        """What changed in one object."""
        path = self.paths.get(key)
        if path is None:
            raise self.refused(key, was)
        if isinstance(was, Record) and isinstance(now, Record):
            self.entries(key, path, was, now)
        elif isinstance(was, Seq) and isinstance(now, Seq) and len(was.items) == len(now.items):
            for k, (old, new) in enumerate(zip(was.items, now.items)):
                self.assign(key, (*path, ("item", k)), old, new)
        elif isinstance(now, (Seq, Value)):
            self.add(key, (*path, WHOLE), now)
        else:
            raise self.refused(key, was)

    def entries(self, key: Key, path: Path, was: Record, now: Record) -> None:
        before = dict(was.entries)
        if set(before) - {k for k, _ in now.entries}:
            raise self.refused(key, was)
        kind = "key" if was.cls is dict else "field"
        for name, new in now.entries:
            self.assign(key, (*path, (kind, name)), before.get(name), new)

    def assign(self, key: Key, path: Path, old: Abstract | None, new: Abstract) -> None:
        if old is not None and (old == new or same_static(old, new)):
            return
        self.add(key, path, new)

    def add(self, key: Key, path: Path, new: Abstract) -> None:
        held = self.run.load(new)
        self.run.sound(held)
        lists = isinstance(held, Seq) and held.kind == "list" and list_type(held) is not None
        if not (isinstance(held, (Value, Static)) or lists):
            raise self.refused(key, new)
        self.places.append(path)
        self.values.append(self.run.material(held))

    def refused(self, key: Key, was: Abstract) -> Refused:
        return self.run.refusal(
            "SD366",
            f"the function changes {key.hint or describe(was)} in a way that cannot be handed back",
            "return the new value instead",
        )


def _unclear(run: Run, key: Key, now: Poison) -> Diagnostic:
    d = now.diagnostic
    text = f"what the argument {key.hint} holds in the end cannot be told: {d.message}"
    return replace(d, message=text, at=run.build.at)


def _is_rank0(type: Type) -> bool:
    return isinstance(type, Scalar) and type.rank0


def _require(run: Run, written: list[Var], params: Sequence[Var]) -> None:
    """Tests at the head of the function: what is written overlaps with nothing, and is contiguous."""
    arrays = [p for p in params if isinstance(p.type, Array) or _is_rank0(p.type)]
    others = [p for p in arrays if p not in written]
    tests: list[Apply] = []
    if written and len(arrays) > 1:
        names = Pack(tuple(Const(p.hint) for p in (*written, *others)))
        args = (Pack(tuple(written)), Pack(tuple(others)), names)
        tests.append(Apply((), py.require_apart, args, run.build.at))
    known = run.memory.known
    for key in (key for key in known.original if key in known.assumed):
        array = known.original[key]
        assert isinstance(array, Value)
        tests.append(Apply((), py.require_contiguous, (array.atom, Const(key.hint)), run.build.at))
    run.build.stmts[:0] = tests


__all__ = ["put_back"]
