"""A typed function as Python source.

    emit(function) -> Emitted(source, name, constants)

The way out of SSA: regions become assignments (`steps`), temporaries nest (`nest`), what is alive
together is told apart (`liveness`), the rest shares names (`naming`), what may be changed in place
is decided (`ownership`), and each step becomes a statement (`statements`, `expressions`).
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from srcdiff.emit.around import Around
from srcdiff.emit.delay import delay
from srcdiff.emit.expressions import Printer
from srcdiff.emit.landing import changed, landed
from srcdiff.emit.liveness import liveness
from srcdiff.emit.memory import Ownership
from srcdiff.emit.naming import Names, assign_names, builtins_named, classes
from srcdiff.emit.nest import ACCESS, nest
from srcdiff.emit.origins import Origin, lines, origins
from srcdiff.emit.ownership import ownership
from srcdiff.emit.source import to_text
from srcdiff.emit.statements import Writer
from srcdiff.emit.steps import unfold
from srcdiff.emit.syntax import SYNTAX
from srcdiff.emit.webs import webs
from srcdiff.errors import Span, internal
from srcdiff.ir.core import Apply, Const, Function, Tree, Var
from srcdiff.ir.text import print_function
from srcdiff.ir.walk import statements, used, variables
from srcdiff.ops import python as py
from srcdiff.ops.python import Callee
from srcdiff.transform.dead import remove_dead


@dataclass(frozen=True)
class Emitted:
    """Generated source, the function's name in it, and the user's objects it names."""

    source: str
    name: str
    constants: dict[str, Any]
    origins: Mapping[str, tuple[Origin | None, ...]] = field(default_factory=dict)

    def lines(self) -> dict[int, Origin]:
        """Which of the user's lines each line of the source belongs to."""
        return self._lines

    @cached_property
    def _lines(self) -> dict[int, Origin]:
        return lines(self.source, self.origins)


def emit(function: Function, *, also: Sequence[Function] = ()) -> Emitted:
    """The source of a typed function with all it needs: imports, helpers, functions it calls.

    `also` are functions to be printed in front of it, although it does not call them.
    """
    around = Around(avoid=frozenset(_parameters(function, *also)))
    own = Callee(function.name, function)
    printed: dict[str, ast.FunctionDef] = {}
    around.callee(own)
    for other in also:
        around.callee(Callee(other.name, other))
    while waiting := [text for text in around.callees if text not in printed]:
        callee = around.callees[waiting[0]]
        assert callee.function is not None, f"{callee.name} is called but was never finished"
        flat = callee is not own and callee.function not in also
        with internal("printing", partial(_as_given, callee.function)):
            printed[waiting[0]] = _definition(callee.function, waiting[0], around, flat)
    known = {node.name: origins(node.body) for node in printed.values()}
    last = printed.pop(function.name)
    body = to_text([*printed.values(), last])
    source = "\n\n\n".join([*around.header(), body.strip("\n")]) + "\n"
    return Emitted(source, function.name, dict(around.constants), known)


def _as_given(function: Function) -> tuple[str, Span]:
    return print_function(function), function.at


def _parameters(*functions: Function) -> Iterator[str]:
    """The names of parameters, which nothing global may have."""
    for function in functions:
        yield from (i.name for i in function.inputs)


def _definition(function: Function, text: str, around: Around, flat: bool) -> ast.FunctionDef:
    """`def` with the body; parameters that cannot be changed as they are get a copy to work on."""
    function = remove_dead(function)
    body, names, owned = _body(function, around, flat)
    done: set[Var] = set()
    while wanted := owned.elsewhere - done:
        done |= wanted
        function = landed(function, wanted)
        body, names, owned = _body(function, around, flat)
    if function.doc:
        body = [ast.Expr(ast.Constant(function.doc)), *body]
    arguments = _arguments(function, names)
    return ast.FunctionDef(text, arguments, body or [ast.Pass()], [], lineno=0)


def _body(
    function: Function, around: Around, flat: bool
) -> tuple[list[ast.stmt], Names, Ownership]:
    """The statements. They are written twice: the first time tells the global names they need."""
    accesses = _accesses(function)
    steps = (*accesses, *unfold(function))
    joined = webs(steps)
    kept = _unpacked(accesses) | _written(accesses, function) | _repeated(function)
    nested = nest(delay(steps, joined), joined, kept)
    params = _stored_params(function)
    live = liveness(nested, params)
    groups = classes(nested.steps, live)
    applications = [s for s in statements(function.body) if isinstance(s, Apply)]
    reserved = builtins_named(applications) | {"np", "math"}

    def write(names: Names, owned: Ownership) -> list[ast.stmt]:
        printer = Printer(nested, names, owned, around, SYNTAX)
        return Writer(function, live, names, owned, printer, flat).block(nested.steps)

    write(assign_names(function, nested.steps, groups, reserved), Ownership())
    names = assign_names(function, nested.steps, groups, reserved | around.names())
    owned = ownership(live, names, params, changed(function))
    return write(names, owned), names, owned


def _arguments(function: Function, names: Names) -> ast.arguments:
    if not function.inputs:
        shown = [ast.arg(names(p), None) for p in function.params]
        return ast.arguments([], shown, None, [], [], None, [])
    plain = [ast.arg(i.name, None) for i in function.inputs if not i.keyword_only]
    keyword = [ast.arg(i.name, None) for i in function.inputs if i.keyword_only]
    return ast.arguments([], plain, None, keyword, [None for _ in keyword], None, [])


def _stored_params(function: Function) -> list[Var]:
    """The flat values that are parameters as they are."""
    if not function.inputs:
        return list(function.params)
    return [function.params[i.tree.index] for i in function.inputs if i.tree.kind == "leaf"]


# --- leaves of structured arguments ---------------------------------------------------------------


def _accesses(function: Function) -> list[Apply]:
    """One application per leaf that is used."""
    needed = set(used(function.body))
    return [
        Apply((var,), ACCESS, (Const(i.name), Const(path), Const(siblings)))
        for i in function.inputs
        if i.tree.kind != "leaf"
        for index, path, siblings in _paths(i.tree, (), 0)
        if (var := function.params[index]) in needed
    ]


def _written(accesses: list[Apply], function: Function) -> set[Var]:
    """The leaves that are assigned to: what they held is read before that, at the head."""
    paths = {
        _keys(path[0], path[1:])
        for s in statements(function.body)
        if isinstance(s, Apply) and s.op is py.write_paths and isinstance(s.args[0], Const)
        for path in s.args[0].value
    }
    found = set()
    for access in accesses:
        name, path, _ = (a.value for a in access.args if isinstance(a, Const))
        keys = _keys(name, path)
        if any(keys[: len(p)] == p or p[: len(keys)] == keys for p in paths):
            found.add(access.outs[0])
    return found


def _keys(name: str, path: Iterable[tuple[str, Any]]) -> tuple[Any, ...]:
    """The names and places that lead to a part of an argument, or to what is assigned as a whole."""
    return (name, *(key for kind, key in path if kind != "whole"))


def _unpacked(accesses: list[Apply]) -> set[Var]:
    """The items that the user has names for, of arguments all of whose items are used."""
    groups: dict[object, list[Apply]] = {}
    for access in accesses:
        name, path, _ = (a.value for a in access.args if isinstance(a, Const))
        groups.setdefault((name, path[:-1]), []).append(access)
    return {
        access.outs[0]
        for group in groups.values()
        if group[0].args[2] == Const(len(group)) and all(map(_has_name, group))
        for access in group
    }


def _repeated(function: Function) -> set[Var]:
    """The results that stand in more than one place of what is returned."""
    counts = Counter(function.output.leaves())
    return {v for k in counts if counts[k] > 1 for v in variables((function.body.results[k],))}


def _has_name(access: Apply) -> bool:
    """Whether the user has a name for the item: it is not called after its place."""
    name, path, _ = (a.value for a in access.args if isinstance(a, Const))
    return access.outs[0].hint != "_".join(str(part) for part in (name, *(key for _, key in path)))


Path = tuple[tuple[str, Any], ...]


def _paths(tree: Tree, path: Path, siblings: int) -> Iterator[tuple[int, Path, int]]:
    """The leaves of a structure, how to reach them, and how many items stand side by side."""
    if tree.kind == "leaf":
        yield tree.index, path, siblings
    count = len(tree.children) if tree.kind in ("tuple", "list") else 0
    for place, child in enumerate(tree.children):
        kind = "field" if tree.kind == "object" else "item"
        key = tree.keys[place] if tree.kind in ("object", "dict") else place
        yield from _paths(child, (*path, (kind, key)), count)
