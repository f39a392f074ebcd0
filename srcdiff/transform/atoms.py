"""Abstract values as atoms of the typed form: leaf by leaf of a frame, as arguments, as lists.

before   Seq("list", (x, 2.0)), where a list of floats is wanted      after   t: list[float; 2] = list((x, 2.0))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from srcdiff.errors import Refused
from srcdiff.ir.core import NEVER, UNDEFINED, Arg, Atom, Const, Cut, Pack, Var
from srcdiff.ir.types import ListOf, Type
from srcdiff.ops.table import BY_NAME
from srcdiff.transform.build import Builder
from srcdiff.transform.meet import describe, frame_leaves, list_type, missing
from srcdiff.transform.values import (
    Abstract,
    Choice,
    Poison,
    Seq,
    Slice,
    Static,
    Value,
    parts,
    type_of,
)

if TYPE_CHECKING:
    from srcdiff.transform.instantiate import Session


class Atoms:
    """What an instantiator makes of abstract values where the typed form wants atoms."""

    session: Session
    build: Builder
    hint: str

    if TYPE_CHECKING:

        def refusal(self, code: str, message: str, hint: str = "") -> Refused: ...

    def note_join(self, var: Var, *atoms: Atom) -> None:
        """Carry over what is known of the atoms to the variable that joins them."""
        session = self.session
        if all(session.identities.is_separate(a) or _is_gone(a) for a in atoms):
            session.identities.separate.add(var)
        for atom in atoms:
            if isinstance(atom, Const) and atom.value is UNDEFINED or atom in session.partial:
                session.partial.add(var)
            if atom in session.arguments:
                session.arguments.add(var)
            session.identities.note_inside(var, *session.identities.inside.get(atom, ()))
            if isinstance(atom, Var) and atom in session.origins:
                session.origins[var] = session.origins.get(var, frozenset()) | session.origins[atom]

    def flat(self, framed: Abstract, value: Abstract) -> list[Atom]:
        """The atoms of a value, leaf by leaf of a frame that holds it."""
        if isinstance(framed, (Poison, Choice)):
            return []
        if isinstance(framed, Value):
            return [self.leaf(framed, value)]
        inner = parts(framed)
        gone = missing(value)
        if gone is not None:
            return [gone for _ in frame_leaves(framed)]
        return [x for f, v in zip(inner, parts(value)) for x in self.flat(f, v)]

    def leaf(self, framed: Value, value: Abstract) -> Atom:
        gone = missing(value)
        if gone is not None:
            return gone
        if isinstance(value, Value):
            return value.atom
        if isinstance(value, Static):
            return Const(value.value)
        if isinstance(value, Seq) and isinstance(framed.type, ListOf):
            return self.list_atom(value, framed.type.element)
        return self.atom(value)

    def list_atom(self, value: Seq, element: Type) -> Atom:
        """A list of known length as a run-time value with entries of a type."""
        seat = Value(Const(None), element)
        pack = Pack(tuple(self.leaf(seat, item) for item in value.items))
        type = ListOf(element, len(value.items))
        return self.list_of(value, pack, type)

    def list_of(self, value: Seq, pack: Pack, type: Type) -> Atom:
        made = self.build.value(BY_NAME["list"], (pack,), type, self.hint)
        known = self.session.identities
        known.note_inside(made, *known.contained(value))
        known.note_separate(made, entries=value.items)
        return made

    def atom(self, a: Abstract, what: str = "value") -> Atom:
        """The value as one atom at run time: lists of known length are built."""
        if isinstance(a, Value):
            return a.atom
        if isinstance(a, Static) and (type_of(a) is not None or callable(a.value)):
            return Const(a.value)
        type = list_type(a)
        if isinstance(a, Seq) and type is not None:
            return self.list_of(a, Pack(tuple(self.atom(item) for item in a.items)), type)
        raise self.refusal("SD303", f"{describe(a)} cannot be a {what} here")

    def material(self, a: Abstract) -> Arg:
        """The value as an argument in print: tuples stay tuples."""
        if isinstance(a, Seq) and a.kind == "tuple":
            return Pack(tuple(self.material(item) for item in a.items))
        if isinstance(a, Slice):
            return Cut(self.material(a.start), self.material(a.stop), self.material(a.step))
        if isinstance(a, Static):
            return Const(a.value)
        return self.atom(a)


def _is_gone(atom: Atom) -> bool:
    """Whether a path hands on nothing."""
    return isinstance(atom, Const) and (atom.value is UNDEFINED or atom.value is NEVER)
