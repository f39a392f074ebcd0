"""Operations of the form before types are known: what the syntax says, not what it will mean.

`frontend.lower` writes programs in these, `transform.instantiate` turns them into rows of the table
or takes them apart while compiling. Arguments, in order:

    NAME       Const(name)                        a global, a builtin, or a variable of an outer function
                                                  that is not a local of an enclosing lowered function
    GLOBAL     Const(name)                        a variable of the module, whatever the function has of that name
    SET_GLOBAL Const(name), value                 (no outs) global name; name = value
    ATTRIBUTE  object, Const(name)
    ITEM       object, index                      index: Var, Const, Cut, or Pack of these
    CALL       callee, Pack(args), Pack(keywords) args may hold Star(x); a keyword is
                                                  Pack((Const(name), value)), or Star(mapping) for **mapping
    UNARY      Const("-" "+" "~"), x
    BINARY     Const("+" "-" "*" "/" "//" "%" "**" "@" "&" "|" "^" "<<" ">>"), x, y
    AUGMENTED  as BINARY: `x += y` on a name; may write in place
    COMPARE    Const("<" "<=" ">" ">=" "==" "!=" "is" "is not" "in" "not in"), x, y
    NOT        x                                  Python's not: a bool
    TRUTH      x                                  bool(x), as `if` and `while` ask for it
    TUPLE      *items                             items may be Star(x)
    LIST       *items
    KEYED      dict                               the dict as one whose keys only the run knows
    SET        *items
    DICT       Pack(keys), Pack(values)           {**m}: key Const(None), value Star(m)
    FORMAT     value, Const(conversion or ""), spec   one {value!r:spec} of an f-string; spec an Arg
    JOIN       *parts                             the f-string: strings concatenated
    UNPACK     value, Const(before), Const(after) outs: `before` items, then, unless after is None, the
                                                  starred rest (a list), then `after` items
    FUNCTION   Const(Template), Pack(captures), Pack(defaults)    lambda or nested def: one value per
                                                  template.captures, one default per parameter that has one
    RAISE      exception, cause                   Const(None) when absent; ends its block (results NEVER)
    DEFINED    value, Const(name)                 the value, or Python's UnboundLocalError
    APPEND     list, value                        a new value: the list with one more entry (comprehensions
                                                  with conditions carry it round their loop)
    MOMENT                                        what every object holds now
    GENERATOR  list, moment                       an iterator over what a generator expression makes, which
                                                  began at a moment
    HAS_ITEM   iterable, place                    whether a loop over it that has made `place` rounds makes
                                                  one more: asked before the round (`transform.growing`)
    NEXT_ITEM  iterable, place                    the item of that round
    SET_ITEM   owner, index, value                (no outs) owner[index] = value
    SET_ATTRIBUTE  owner, name, value             (no outs) owner.name = value
    AUGMENT_ITEM   symbol, owner, index, held, value   (no outs) owner[index] += value, where it was held
    AUGMENT_ATTRIBUTE  symbol, owner, name, held, value   (no outs) owner.name += value
    DELETE_ITEM    owner, index                   (no outs) del owner[index]
    RAISED     *values                            (no outs) effect-only: the values of an expression statement
"""

from __future__ import annotations

import builtins
import inspect
import types
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from srcdiff.ir.core import Function, Op

NAME = Op("name")
GLOBAL = Op("global")
SET_GLOBAL = Op("set_global", effect=True)
ATTRIBUTE = Op("attribute")
ITEM = Op("item")
CALL = Op("call", effect=True)
UNARY = Op("unary")
BINARY = Op("binary")
AUGMENTED = Op("augmented")
COMPARE = Op("compare")
NOT = Op("not")
TRUTH = Op("truth")
TUPLE = Op("tuple")
LIST = Op("list")
SET = Op("set")
DICT = Op("dict")
KEYED = Op("keyed")
FORMAT = Op("format")
JOIN = Op("join")
UNPACK = Op("unpack")
FUNCTION = Op("function")
RAISE = Op("raise", effect=True)
DEFINED = Op("defined", effect=True)
APPEND = Op("append")
MOMENT = Op("moment", effect=True)
GENERATOR = Op("generator", effect=True)
HAS_ITEM = Op("has_item")
NEXT_ITEM = Op("next_item", effect=True)
SET_ITEM = Op("set_item", effect=True)
SET_ATTRIBUTE = Op("set_attribute", effect=True)
AUGMENT_ITEM = Op("augment_item", effect=True)
AUGMENT_ATTRIBUTE = Op("augment_attribute", effect=True)
DELETE_ITEM = Op("delete_item", effect=True)


ABSENT = object()  # in place of a variable that a module does not have
PRESENT = object()  # in place of what a variable holds that is only asked for being there


@dataclass(frozen=True)
class Keys:
    """In place of what a variable holds: all names that a namespace has."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Parameter:
    """A parameter as Python has it; kinds are those of inspect.Parameter."""

    name: str
    kind: inspect._ParameterKind
    has_default: bool = False


@dataclass(frozen=True, eq=False)
class Namespace:
    """Where a lowered function's free names are found: its closure cells, globals, builtins.

    owner: what has these names, if that is no module: a class, a function, a value kept for itself
    """

    globals: Mapping[str, Any]
    cells: Mapping[str, types.CellType] = field(default_factory=dict)
    owner: Any = None

    @property
    def module(self) -> Namespace:
        """That of the module alone."""
        return Namespace(self.globals)

    def lookup(self, name: str) -> Any:
        """The value now; raises NameError as Python would, when there is none."""
        if name in self.cells:
            try:
                return self.cells[name].cell_contents
            except ValueError:
                raise NameError(f"free variable {name!r} is not bound yet") from None
        if name in self.globals:
            return self.globals[name]
        if hasattr(builtins, name):
            return getattr(builtins, name)
        raise NameError(f"name {name!r} is not defined")

    def place(self, name: str) -> int:
        """What tells a variable from those of its name elsewhere."""
        if name in self.cells:
            return id(self.cells[name])
        return id(self.globals if self.owner is None else self.owner)

    def is_builtin(self, name: str) -> bool:
        return name not in self.cells and name not in self.globals


@dataclass(frozen=True, eq=False)
class Template:
    """A lowered function, before it is called with types.

    `function.params` are the captured variables first, then the parameters in Python's order
    (a *args parameter is one Var, a **kwargs parameter too).
    """

    name: str
    parameters: tuple[Parameter, ...]
    captures: tuple[str, ...]
    function: Function
    namespace: Namespace

    def signature(self, optional: Collection[str]) -> inspect.Signature:
        """The parameters, for binding a call; those that are optional have a default, of any value."""
        empty = inspect.Parameter.empty
        return inspect.Signature(
            [
                inspect.Parameter(p.name, p.kind, default=None if p.name in optional else empty)
                for p in self.parameters
            ]
        )

    @cached_property
    def plain(self) -> bool:
        """Whether each parameter takes one positional argument."""
        one = inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
        return all(p.kind in one for p in self.parameters)
