"""What the runs of one compilation share: what is known, what was found out, what is asked for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from srcdiff.ir.core import Atom, Op, Stmt, Var
from srcdiff.ops.syntax import Namespace
from srcdiff.transform.identities import Identities
from srcdiff.transform.values import Abstract, Key


def _unnoted(owner: Any, name: str, value: Any) -> None:
    """Rules' bodies read nothing that changes."""


@dataclass
class Session:
    """What one specialisation shares among all functions it inlines."""

    handlers: Mapping[Op, Callable[..., Any]]  # what each operation of syntax means
    data: Callable[[Namespace, str, Any], Abstract]  # a global or closure variable that holds data
    guard: Callable[[Namespace, str, Any], None]  # a global or closure variable taken as constant
    fixed: Callable[[Any, str, Any], None] = (
        _unnoted  # an attribute of a class or function, the same
    )
    derivative: Callable[..., Abstract] | None = None  # calls of derivatives (`transform.nested`)
    functions: dict[Hashable, Any] = field(default_factory=dict)
    namespaces: dict[int, Namespace] = field(default_factory=dict)  # of classes and functions
    exposed: set[tuple[type, str]] = field(default_factory=set)  # read through objects (`outside`)
    origins: dict[Var, frozenset[Hashable]] = field(default_factory=dict)
    arguments: set[Var] = field(default_factory=set)  # arrays of rank 0 that were passed in
    partial: set[Var] = field(default_factory=set)  # may be unbound at run time
    stack: list[Any] = field(default_factory=list)  # calls being inlined
    identities: Identities = field(default_factory=Identities)
    opened: dict[Stmt, set[Any]] = field(default_factory=dict)  # of loops met before (`rejoin`)
    written_out: frozenset[Stmt] = frozenset()  # loops to be written out round by round
    keyed: frozenset[Stmt] = frozenset()  # that make dicts whose keys only the run knows
    makers: dict[Key, Stmt] = field(default_factory=dict)  # of dicts
    times: int = 1  # that what is being built is written out, by loops in loops
    calls: Any = None  # derivatives of generated functions, made once each
    adjoints: list[Any] = field(default_factory=list)  # of vjp, each of a kind (`pullback`)
    spelled: dict[str, str] = field(default_factory=dict)  # what the user calls items of arguments
    final: bool = False  # what is made is not differentiated again
    variables: dict[tuple[int, str], Key] = field(default_factory=dict)  # of modules, assigned here
    asked: set[Key] = field(default_factory=set)  # those of them that were read
    read_keys: dict[Atom, tuple[Any, ...]] = field(
        default_factory=dict
    )  # of dicts read by them (`keys`)
    effects: Any = None  # what the caller sees of it (`transform.effects`)
    inner: list[Any] = field(default_factory=list)  # functions being differentiated within it
    silent: int = 0  # how many functions of their own are being made: they change nothing outside
