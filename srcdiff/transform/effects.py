"""What a function leaves in its arguments: the writes that its caller sees.

    after    x1 = set_at(x, 0, a); write_back(0, x1); return y     parameter 0 holds x1 in the end
             write_paths((obj.h,), (h1,))                          obj.h = h1, before the return

The same stands before whatever the function raises: it leaves what it would have left then. Two arrays
that are passed in are taken to be two when one of them is written; the generated function looks at that
first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from srcdiff.errors import Diagnostic, Refused
from srcdiff.ir.core import Apply, Arg, Block, Const, Pack, Stmt, Var
from srcdiff.ir.types import Array, ListOf, Scalar
from srcdiff.ir.walk import regions, statements, substitute, with_regions
from srcdiff.ops import python as py
from srcdiff.ops.python import Place
from srcdiff.ops.syntax import Namespace
from srcdiff.transform.globals import Variables
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.meet import describe, is_undefined, list_type
from srcdiff.transform.memory import Memory
from srcdiff.transform.signature import Path
from srcdiff.transform.values import (
    Abstract,
    Key,
    NeedVariable,
    Poison,
    Record,
    Ref,
    Seq,
    Static,
    Value,
    is_number,
    key_of,
    leaves,
    parts,
    same_static,
    with_parts,
)

Run = Instantiator
WHOLE = ("whole", None)  # xs[:]
RAISED = Const(True)  # marks what stands before something that is raised


@dataclass(frozen=True)
class Inner:
    """A function that is differentiated within the program: it is run on copies of its arguments.

    before, started: memory outside, and with the copies; copies: for an object, its copy
    """

    before: Memory
    started: Memory
    copies: dict[Key, Key]


@dataclass
class Effects:
    """What the caller sees of a program: objects that were passed in, and variables of modules.

    rebinds: the variables of modules that are assigned
    """

    params: Sequence[Var]
    inputs: dict[str, Abstract]
    variables: Variables
    namespace: Callable[[Namespace], str]  # the input that is the namespace of a module
    rebinds: dict[tuple[Namespace, str], None] = field(default_factory=dict)

    def before_raise(self, run: Run) -> None:
        """State what every argument and global holds where something is raised."""
        found = self.found(run)
        found.assign_paths(RAISED)
        for key, was in run.memory.known.original.items():
            if isinstance(was, Value) and _lands(was):
                self.back(run, was, run.load(Ref(found.inmost(key))), RAISED)

    def in_the_end(self, run: Run, ended: bool) -> None:
        """State what every argument and global holds in the end, where that is something else."""
        found = self.found(run)
        written: list[Var] = []
        for key in found.changed:
            was = run.memory.known.original[key]
            if not (isinstance(was, Value) and _lands(was)):
                continue
            if not ended:
                self.back(run, was, run.load(Ref(key)))
            assert isinstance(was.atom, Var)
            written += [was.atom] if isinstance(was.type, (Array, Scalar)) else []
        twice = _require_distinct(run, self.inputs, found.others)
        if not ended:
            found.assign_paths()
        _require(run, written, self.params)
        run.build.stmts[:0] = twice
        run.build.stmts[:] = _settled(run.build.stmts, self.params)

    def back(self, run: Run, was: Value, now: Abstract, *mark: Const) -> None:
        assert isinstance(was.atom, Var)
        place = self.params.index(was.atom)
        run.build.apply(py.write_back, (Const(place), run.atom(now), *mark), ())

    def found(self, run: Run) -> _Changes:
        """What is not as it was, after a look at each object."""
        found = _Changes(run, self, dict(_paths(self.inputs)))
        for key, was in run.memory.known.original.items():
            if not found.is_changed(key, was):
                continue
            now = found.held(key)
            if isinstance(now, Poison):
                run.need_rounds(now.loops)
                raise Refused(_unclear(run, key, now))
            found.changed.append(key)
            if key in self.variables.where:
                found.rebound(key, was, now)
            elif not (isinstance(was, Value) and _lands(was)):
                found.of(key, was, now)
        return found


def landed_numbers(body: Block, params: Sequence[Var]) -> Block:
    """The body with arrays of rank 0 that it writes read at its head: from there on they are numbers."""
    written = {
        s.args[0] for s in statements(body) if isinstance(s, Apply) and s.op is py.write_back
    }
    numbers = {p: Var(p.hint, replace(p.type, rank0=False)) for p in params
               if p in written and isinstance(p.type, Scalar)}  # fmt: skip
    if not numbers:
        return body
    count = next((k for k, s in enumerate(body.stmts) if not _is_test(s)), len(body.stmts))
    head = tuple(
        Apply((n,), py.cast, (p, Const(p.type.dtype)))  # type: ignore[attr-defined]
        for p, n in numbers.items()
    )
    rest = substitute(replace(body, stmts=body.stmts[count:]), dict(numbers))
    back = {n: p for p, n in numbers.items()}

    def one(s: Stmt) -> Stmt:
        inner = (replace(b, stmts=tuple(map(one, b.stmts))) for b in regions(s))
        s = with_regions(s, tuple(inner))
        if isinstance(s, Apply) and s.op is py.write_back and s.args[0] in back:
            s = replace(s, args=(back[s.args[0]], *s.args[1:]))  # type: ignore[index]
        return s

    return replace(rest, stmts=(*body.stmts[:count], *head, *map(one, rest.stmts)))


def _is_test(s: Stmt) -> bool:
    return isinstance(s, Apply) and s.op in (
        py.require_apart,
        py.require_distinct,
        py.require_contiguous,
    )


def _settled(stmts: Sequence[Stmt], params: Sequence[Var]) -> list[Stmt]:
    """Without what holds, where something is raised, what it held all the time.

    What is written nowhere else is named as it is: its memory may not be used for anything.
    """
    backs = (s for s in stmts if isinstance(s, Apply) and s.op is py.write_back)
    written = {s.args[0] for s in backs if RAISED not in s.args[2:]}

    def all_of(stmts: Iterable[Stmt]) -> list[Stmt]:
        return [made for s in stmts for made in one(s)]

    def one(s: Stmt) -> list[Stmt]:
        if not isinstance(s, Apply):
            inner = (replace(b, stmts=tuple(all_of(b.stmts))) for b in regions(s))
            return [with_regions(s, tuple(inner))]
        if s.op is not py.write_back:
            return [s]
        place, value, *mark = s.args
        assert isinstance(place, Const)
        param = params[place.value]
        if place in written and not isinstance(param.type, Scalar):
            return [s]
        return [] if value is param else [replace(s, args=(param, value, *mark))]

    return all_of(stmts)


@dataclass
class _Changes:
    """Assignments to parts of structures and to variables, to be done all at once."""

    run: Run
    effects: Effects
    paths: dict[Key, Path]
    places: list[Path] = field(default_factory=list)
    values: list[Arg] = field(default_factory=list)
    owners: list[Key | None] = field(default_factory=list)
    changed: list[Key] = field(default_factory=list)

    @property
    def others(self) -> set[Key]:
        """What changed besides arrays."""
        original = self.run.memory.known.original
        return {key for key in self.changed if not _is_array(original[key])}

    def assign_paths(self, *mark: Const) -> None:
        if not self.places:
            return
        owners = self.owners
        firsts = tuple(k if o is None else owners.index(o) for k, o in enumerate(owners))
        for k, first in enumerate(firsts):
            if firsts.count(k) > 1:
                self.values[k] = self.alone(self.values[k])
            self.values[k] = self.values[first]
        paths, values = Const(tuple(self.places)), Pack(tuple(self.values))
        args: tuple[Arg, ...] = (paths, values, Const(firsts), *mark)
        self.run.build.apply(py.write_paths, args, ())

    def alone(self, value: Arg) -> Arg:
        """A value in memory of its own, which several names get."""
        if not (isinstance(value, Var) and isinstance(value.type, Array)):
            return value
        return self.run.build.value(py.copy, (value,), value.type, value.hint)

    # --- objects from outside, where a function is differentiated on copies of them ---

    def inmost(self, key: Key) -> Key:
        """The object as the innermost function has it."""
        for inner in self.run.session.inner:
            key = inner.copies.get(key, key)
        return key

    def is_changed(self, key: Key, was: Abstract) -> bool:
        """Whether an object holds something else than in the beginning."""
        for inner in self.run.session.inner:
            if inner.before.get(key) is not was:
                return True
            key = inner.copies.get(key, key)
            was = inner.started.get(key)
        return self.run.memory.get(key) is not was

    def held(self, key: Key) -> Abstract:
        """What an object holds, other objects from outside by the identity they have there."""
        outer = {self.inmost(k): k for k in self.paths}

        def named(a: Abstract) -> Abstract:
            if isinstance(a, Ref):
                return Ref(outer.get(a.key, a.key))
            return with_parts(a, tuple(map(named, parts(a)))) if parts(a) else a

        return named(self.run.memory.get(self.inmost(key)))

    def loaded(self, a: Abstract) -> Abstract:
        """A value with everything that is in it."""

        def inner(a: Abstract) -> Abstract:
            if isinstance(a, Ref):
                return Ref(self.inmost(a.key))
            return with_parts(a, tuple(map(inner, parts(a)))) if parts(a) else a

        return self.run.load(inner(a))

    # --- what changed in one ---

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
        elif isinstance(now, Seq) and all(map(self.is_item, now.items)):
            self.places.append((*path, WHOLE))
            self.owners.append(None)
            self.values.append(Pack(tuple(map(self.handed, now.items))))
        elif isinstance(now, (Seq, Value)):
            self.add(key, (*path, WHOLE), now)
        else:
            raise self.refused(key, was)

    def rebound(self, key: Key, was: Abstract, now: Abstract) -> None:
        """What a variable of a module is assigned."""
        namespace, name = self.effects.variables.where[key]
        assert isinstance(was, Seq) and isinstance(now, Seq)
        new = now.items[0]
        partial = self.run.session.partial
        doubtful = any(v.atom in partial for v in leaves(self.loaded(new)))
        if key in self.effects.variables.unread and (doubtful or isinstance(new, Poison)):
            raise NeedVariable(namespace, name, unread=False)
        if doubtful:
            raise self.run.refusal(
                "SD366",
                f"the global {name} may be bound or not in the end",
                "assign it in the module, before the function is called",
            )
        self.effects.rebinds[namespace, name] = None
        path = (self.effects.namespace(namespace), ("key", name))
        self.assign(key, path, was.items[0], new)

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
        self.places.append(path)
        self.owners.append(key_of(new))
        if not self.is_there(new) and not _is_handed(self.sound(new)):
            raise self.refused(key, new)
        self.values.append(self.handed(new))

    def is_there(self, new: Abstract) -> bool:
        """Whether it is an object that was passed in."""
        return isinstance(new, Ref) and new.key in self.paths

    def is_item(self, new: Abstract) -> bool:
        """Whether it is an array or a number."""
        held = self.loaded(new)
        return isinstance(held, Value) and isinstance(held.type, (Array, Scalar)) or is_number(held)

    def sound(self, new: Abstract) -> Abstract:
        held = self.loaded(new)
        self.run.sound(held)
        return held

    def handed(self, new: Abstract) -> Arg:
        """A value, or the way to the object that was passed in."""
        if isinstance(new, Ref) and self.is_there(new):
            return Const(Place(self.paths[new.key]))
        return self.run.material(self.sound(new))

    def refused(self, key: Key, was: Abstract) -> Refused:
        return self.run.refusal(
            "SD366",
            f"the function changes {key.hint or describe(was)} in a way that cannot be handed back",
            "return the new value instead",
        )


def _is_handed(a: Abstract) -> bool:
    """Whether a value can be assigned to a part of an argument."""
    lists = isinstance(a, Seq) and a.kind == "list" and list_type(a) is not None
    numbers = isinstance(a, Seq) and a.kind == "tuple" and all(map(_is_plain, a.items))
    return isinstance(a, (Value, Static)) and not is_undefined(a) or lists or numbers


def _is_plain(a: Abstract) -> bool:
    return isinstance(a, Static) or isinstance(a, Value) and isinstance(a.type, Scalar)


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
    return isinstance(a, Value) and isinstance(a.type, (Array, Scalar))


def _lands(was: Value) -> bool:
    """Whether an argument is written as a whole: an array of any rank, or a list of numbers."""
    return isinstance(was.type, (Array, Scalar)) or (
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


def _unclear(run: Run, key: Key, now: Poison) -> Diagnostic:
    d = now.diagnostic
    text = f"what the argument {key.hint} holds in the end cannot be told: {d.message}"
    return replace(d, message=text, at=run.build.at)


def _is_rank0(param: Var) -> bool:
    return isinstance(param.type, Scalar) and param.type.rank0


def _require(run: Run, written: list[Var], params: Sequence[Var]) -> None:
    """Tests at the head of the function: what is written overlaps with nothing, and is contiguous."""
    arrays = [p for p in params if isinstance(p.type, Array) or _is_rank0(p)]
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


__all__ = ["Effects", "Inner", "landed_numbers"]
