"""Variables of modules that the program assigns (`global total; total += x`).

    before   total = 0.0                  after    f(x, *, total, module):
             def f(x):                                 total = total + x
                 global total                          module["total"] = total
                 total += x                            return ...
                 return ...

Such a variable is an object of one item in memory, from the beginning: every function of the program
finds in it what was assigned last. What is in there in the end is assigned to the module's.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from srcdiff.ops.syntax import ABSENT, Namespace
from srcdiff.transform.identities import Identities, referred, tagged
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.meet import is_undefined
from srcdiff.transform.values import (
    NOTHING,
    UNDEF,
    Abstract,
    Key,
    NeedVariable,
    Ref,
    Seq,
    Static,
)

Run = Instantiator
Variable = tuple[Namespace, str]


LIBRARIES = ("numpy", "math", "scipy")


def place(namespace: Namespace, name: str) -> tuple[int, str]:
    """What tells a variable of a module from all others."""
    return id(namespace.globals), name


def assigned(run: Run, namespace: Namespace, name: str) -> Abstract | None:
    """What a variable holds now that the program assigns; None if it does not assign it."""
    key = run.session.variables.get(place(namespace, name))
    if key is None:
        return None
    run.session.asked.add(key)
    held = run.load(Ref(key))
    run.sound(held)
    assert isinstance(held, Seq)
    if is_undefined(held.items[0]):
        run.raise_error(NameError, f"name {name!r} is not defined")
        return NOTHING
    return run.defined(held.items[0], name)


def assign(run: Run, namespace: Namespace, name: str, value: Abstract) -> None:
    """global name; name = value"""
    key = run.session.variables.get(place(namespace, name))
    if key is None:
        raise NeedVariable(namespace.module, name)
    run.memory.write(run, key, Seq("list", (value,)))


@dataclass
class Variables:
    """The variables of modules that a program assigns, as it finds them.

    unread: of these it does not matter what the module has in them
    """

    identities: Identities
    keys: dict[tuple[int, str], Key] = field(default_factory=dict)
    where: dict[Key, Variable] = field(default_factory=dict)
    unread: set[Key] = field(default_factory=set)

    def enter(
        self,
        variable: Variable,
        unread: bool,
        read: Callable[[Namespace, str, Any], Abstract],
        guard: Callable[[Namespace, str, Any], None],
        is_data: Callable[[Any], bool],
    ) -> None:
        """One more variable, with what the module has in it at the beginning."""
        namespace, name = variable
        key = Key(name)
        value = namespace.globals.get(name, ABSENT)
        if unread:
            held: Abstract = UNDEF
            self.unread.add(key)
        elif value is ABSENT:
            guard(namespace, name, ABSENT)
            own = getattr(builtins, name, ABSENT)
            held = UNDEF if own is ABSENT else Static(own)
        elif is_data(value):
            held = referred(read(namespace, name, value))
        else:
            guard(namespace, name, value)
            held = Static(value)
        self.identities.original[key] = tagged(Seq("list", (held,)), key)
        self.keys[place(namespace, name)] = key
        self.where[key] = variable


__all__ = ["Variables", "assign", "assigned"]
