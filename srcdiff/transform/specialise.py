"""A Python function for given arguments as one typed Function: the beginning of every derivative.

before   a callable and its arguments
after    Primal: the typed Function (parameters first, then the globals and closure variables that
         hold data), where these are read, and which constants were assumed
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from srcdiff.errors import Diagnostic, Refused, internal, refuse
from srcdiff.ir.core import Atom, Function, Input, Stmt, Tree, Var
from srcdiff.ir.types import ListOf, Scalar
from srcdiff.ir.walk import respelled
from srcdiff.ops.syntax import PRESENT, Namespace
from srcdiff.transform import (  # noqa: F401  (enter what functions and methods mean)
    arrays,
    inplace,
    iterables,
    methods,
    ufuncs,
)
from srcdiff.transform.build import Builder
from srcdiff.transform.decisions import Decisions
from srcdiff.transform.effects import Effects, landed_numbers
from srcdiff.transform.globals import Variable, Variables, place
from srcdiff.transform.identities import Identities
from srcdiff.transform.instantiate import Instantiator, Session
from srcdiff.transform.iterate import ListChanges
from srcdiff.transform.keyed import Keyed
from srcdiff.transform.meet import describe, is_never
from srcdiff.transform.nested import call_derivative
from srcdiff.transform.operators import HANDLERS
from srcdiff.transform.outside import is_data
from srcdiff.transform.reverse import Calls
from srcdiff.transform.signature import Leaves, Path, abstract, is_item, leaf_hint, spell
from srcdiff.transform.values import (
    Abstract,
    Closure,
    NeedRounds,
    NeedStatic,
    NeedVariable,
    Poison,
    Record,
    Seq,
    Static,
    Value,
)

RunOn = Callable[..., tuple[Abstract, Any]]
NAMESPACE = "namespace"  # what the variables of a module are called in generated code
ATTEMPTS = 32  # each finds out something more that must be known while compiling


@dataclass
class Primal:
    """A typed function with all that its generated code needs besides its arguments."""

    function: Function
    paths: tuple[Path, ...]
    hidden: tuple[tuple[Namespace, str], ...] = ()
    guards: tuple[tuple[Namespace, str, Any], ...] = ()
    fixed: frozenset[Path] = frozenset()
    decisions: Decisions = field(default_factory=Decisions)
    rebinds: tuple[Variable, ...] = ()  # the variables of modules that it assigns
    fixed_attributes: tuple[tuple[Any, str, Any], ...] = ()  # of classes and functions, the same
    exposed: frozenset[tuple[type, str]] = frozenset()  # of classes, read through objects


@dataclass(frozen=True)
class _Learned:
    """What must be known of a program before it is run.

    fixed:       arguments that are constants
    written_out: loops to be written out round by round
    keyed:       statements that make dicts whose keys only the run knows
    variables:   those of modules that it assigns, by their place, and whether what they hold before
                 does not matter (None: not known)
    """

    fixed: frozenset[Path] = frozenset()
    written_out: frozenset[Stmt] = frozenset()
    keyed: frozenset[Hashable] = frozenset()
    variables: Mapping[tuple[int, str], tuple[Variable, bool | None]] = field(default_factory=dict)

    def more(self, need: NeedVariable) -> _Learned:
        """With one more variable, or something more about it."""
        variable = (need.namespace, need.name)
        found = {**self.variables, place(*variable): (variable, need.unread)}
        return replace(self, variables=found)


@dataclass
class _Compilation:
    """What is found out while one function is run on abstract values."""

    leaves: Leaves
    identities: Identities = field(default_factory=Identities)
    adopted: dict[str, Abstract] = field(default_factory=dict)
    inputs: list[Input] = field(default_factory=list)
    data: dict[tuple[int, str], Abstract] = field(default_factory=dict)
    hidden: list[tuple[Namespace, str]] = field(default_factory=list)
    guards: dict[tuple[int, str], tuple[Namespace, str, Any]] = field(default_factory=dict)
    attributes: dict[tuple[int, str], tuple[Any, str, Any]] = field(default_factory=dict)
    session: Session | None = None

    def read(self, namespace: Namespace, name: str, value: Any) -> Abstract:
        """A global or closure variable that holds data: one more parameter."""
        key = (namespace.place(name), name)
        if key not in self.data:
            shown = _unused(name, {i.name for i in self.inputs})
            made, tree = abstract(value, (shown,), self.leaves)
            self.data[key] = self.adopted[shown] = self.identities.adopt(made)
            self.inputs.append(Input(shown, tree, keyword_only=True))
            self.hidden.append((namespace, name))
            self.note_leaves()
        return self.data[key]

    def note_leaves(self) -> None:
        """What would have to be fixed for a leaf to be known while compiling."""
        if self.session is None:
            return
        for path, var in zip(self.leaves.paths, self.leaves.params):
            if isinstance(var.type, ListOf):
                self.session.origins[var] = frozenset({("apart", *path)})
            if isinstance(var.type, Scalar) and var.type.dtype in ("int64", "bool"):
                self.session.origins[var] = frozenset({path})

    def guard(self, namespace: Namespace, name: str, value: Any) -> None:
        key = (namespace.place(name), name)
        if isinstance(value, types.ModuleType) or value is PRESENT and key in self.guards:
            return
        self.guards[key] = (namespace, name, value)

    def fixed(self, owner: Any, name: str, value: Any) -> None:
        self.attributes[id(owner), name] = (owner, name, value)

    def enter(self, learned: _Learned) -> Variables:
        """The variables of modules that the program assigns."""
        found = Variables(self.identities)
        for variable, unread in learned.variables.values():
            found.enter(variable, bool(unread), self.read, self.guard, is_data)
        return found

    def namespace(self, module: Namespace) -> str:
        """One more parameter: the variables of a module, to assign some of them."""
        for (holder, _), shown in zip(self.hidden, [i.name for i in self.inputs if i.keyword_only]):
            if holder.globals.get(NAMESPACE) is module.globals:
                return shown
        shown = _unused(NAMESPACE, {i.name for i in self.inputs})
        self.inputs.append(Input(shown, Tree("static", value=module.globals), keyword_only=True))
        self.hidden.append((Namespace({NAMESPACE: module.globals}), NAMESPACE))
        return shown


def _unused(name: str, taken: set[str]) -> str:
    shown, number = name, 1
    while shown in taken:
        shown, number = f"{name}_{number}", number + 1
    return shown


def plain_function(function: Any) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """The Python function behind a callable, with arguments it already has in front."""
    if isinstance(function, functools.partial):
        inner, args, keywords = plain_function(function.func)
        return inner, (*args, *function.args), {**keywords, **function.keywords}
    if isinstance(function, types.MethodType):
        return function.__func__, (function.__self__,), {}
    if isinstance(function, types.FunctionType) or hasattr(type(function), "__srcdiff__"):
        return function, (), {}
    call = inspect.getattr_static(type(function), "__call__", None)
    if isinstance(call, types.FunctionType):
        return call, (function,), {}
    return function, (), {}


def bind_arguments(
    function: Any, args: tuple[Any, ...], keywords: dict[str, Any]
) -> inspect.BoundArguments:
    """The arguments of a call by parameter, defaults filled in. Raises TypeError as Python would."""
    bound = inspect.signature(function).bind(*args, **keywords)
    bound.apply_defaults()
    return bound


def specialise(
    function: Any,
    bound: inspect.BoundArguments,
    run_on: RunOn | None = None,
) -> tuple[Primal, Any]:
    """The typed Function of a plain function for bound arguments, and what `run_on` has besides.

    `run_on(run, args, keywords)` gives (result, anything); without it the function is called.

    Raises Refused with everything that stands in the way.
    """
    learned = _Learned()
    for _ in range(ATTEMPTS):
        try:
            return _attempt(function, bound, learned, run_on)
        except NeedRounds as need:
            learned = replace(learned, written_out=learned.written_out | need.loops)
        except NeedVariable as need:
            learned = learned.more(need)
        except ListChanges as found:
            raise Refused(*found.diagnostics) from None
        except NeedStatic as need:
            new = frozenset(need.origins) - learned.fixed
            if not new and need.maker is not None and need.maker not in learned.keyed:
                keyed = learned.keyed | {need.maker}
                learned = replace(learned, keyed=keyed, fixed=frozenset())
                continue
            if not new:
                raise refuse(
                    "SD340",
                    f"{need.what} must be known while compiling, and is computed at run time",
                    need.at,
                ) from None
            learned = replace(learned, fixed=frozenset({*learned.fixed, *new}))  # type: ignore[arg-type]
    raise AssertionError("specialisation does not settle")


def _attempt(
    function: Any,
    bound: inspect.BoundArguments,
    learned: _Learned,
    run_on: RunOn | None,
) -> tuple[Primal, Any]:
    found = _Compilation(Leaves(learned.fixed))
    values: dict[str, Abstract] = {}
    for name, value in bound.arguments.items():
        made, tree = abstract(value, (name,), found.leaves)
        values[name] = found.adopted[name] = found.identities.adopt(made)
        found.inputs.append(Input(name, tree))
    variables = found.enter(learned)
    session = Session(
        HANDLERS,
        found.read,
        found.guard,
        found.fixed,
        call_derivative,
        calls=Calls(),
        identities=found.identities,
        written_out=learned.written_out,
        keyed=learned.keyed,  # type: ignore[arg-type]
        final=hasattr(type(function), "__srcdiff__"),
        variables=variables.keys,
        effects=Effects(found.leaves.params, found.adopted, variables, found.namespace),
    )
    found.session = session
    found.note_leaves()
    session.arguments |= {v for v in found.leaves.params if getattr(v.type, "rank0", False)}
    run = Instantiator(session, Builder())
    args, keywords = _call_values(function, bound, values)
    more: Any = None
    with internal("differentiation", run.so_far):
        if run_on is None:
            result = run.call(Static(function), args, **keywords)
        else:
            result, more = run_on(run, args, tuple(keywords.items()))
    primal = _finished(function, run, result, found)
    _settle_variables(run, variables, learned)
    return primal, more


def _settle_variables(run: Instantiator, variables: Variables, learned: _Learned) -> None:
    """What a module has in a variable need not be given to a program that does not look at it."""
    for key, variable in variables.where.items():
        if learned.variables[place(*variable)][1] is None and key not in run.session.asked:
            raise NeedVariable(*variable, unread=True)


def _call_values(
    function: Any, bound: inspect.BoundArguments, values: dict[str, Abstract]
) -> tuple[tuple[Abstract, ...], dict[str, Abstract]]:
    args: list[Abstract] = []
    keywords: dict[str, Abstract] = {}
    for name, parameter in bound.signature.parameters.items():
        value = values[name]
        if parameter.kind is parameter.VAR_POSITIONAL:
            assert isinstance(value, Seq)
            args += value.items
        elif parameter.kind is parameter.VAR_KEYWORD:
            assert isinstance(value, Record)
            keywords.update(value.entries)
        elif parameter.kind is parameter.KEYWORD_ONLY:
            keywords[name] = value
        else:
            args.append(value)
    return tuple(args), keywords


def _finished(function: Any, run: Instantiator, result: Abstract, found: _Compilation) -> Primal:
    atoms: list[Atom] = []
    result = run.load(run.hold(result))
    if run.ended or is_never(result):
        result = Static(None)
    tree = output_tree(result, atoms)
    name = getattr(function, "__name__", type(function).__name__)
    name = name if name.isidentifier() else "function"
    raising = [run.build.stmts.pop()] if run.ended and run.build.stmts else []
    run.session.effects.in_the_end(run, run.ended)
    run.build.stmts += raising
    body = landed_numbers(run.build.block((), tuple(atoms)), found.leaves.params)
    typed = Function(name, tuple(found.leaves.params), body, tuple(found.inputs), tree)
    return Primal(
        respelled(typed, by_place(found.leaves, run.session.spelled)),
        tuple(found.leaves.paths),
        tuple(found.hidden),
        tuple(found.guards.values()),
        found.leaves.fixed,
        run.session.calls.decisions,
        tuple(run.session.effects.rebinds),
        tuple(found.attributes.values()),
        frozenset(run.session.exposed),
    )


def by_place(leaves: Leaves, spelled: dict[str, str]) -> dict[str, str]:
    """New spellings of the leaves that have no name of their own, but one of the user's."""
    hints = {leaf_hint(path) for path in leaves.paths if is_item(path)}
    taken = {leaf_hint(path) for path in leaves.paths if not is_item(path)}
    found = {old: new for old, new in spelled.items() if old in hints and new not in taken}
    return found if len(set(found.values())) == len(found) else {}


def output_tree(a: Abstract, atoms: list[Atom]) -> Tree:
    """The structure of a result; its run-time values are appended to `atoms`."""
    if isinstance(a, Value):
        atoms.append(a.atom)
        return Tree("leaf", index=len(atoms) - 1)
    if isinstance(a, Static):
        return Tree("static", value=a.value)
    if isinstance(a, Seq):
        return Tree(a.kind, tuple(output_tree(i, atoms) for i in a.items))
    if isinstance(a, Record) and a.cls is Keyed:
        text = "the function returns a dict whose keys only the run knows"
        raise Refused(Diagnostic("SD341", text, hint="return what is needed of it"))
    if isinstance(a, Record) and a.cls is not set:
        kind = "dict" if a.cls is dict else "object"
        children = tuple(output_tree(v, atoms) for _, v in a.entries)
        return Tree(kind, children, tuple(k for k, _ in a.entries), value=a.cls)
    if isinstance(a, Poison):
        raise Refused(a.diagnostic)
    reason = "a function" if isinstance(a, Closure) else describe(a)
    raise Refused(Diagnostic("SD341", f"the function returns {reason}"))


__all__ = ["Primal", "Var", "bind_arguments", "plain_function", "specialise", "spell"]
