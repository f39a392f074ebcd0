"""Closures that would see a variable change after they were made.

A closure is lowered with the values its variables hold where it is made (where its name is loaded,
for a `def`). That is what Python does unless a variable is assigned again while the closure lives
on. A closure that is called at once, or handed to a call, does not (unless the call is one that
keeps it, like `append`, or gives a function back); one that is returned outlives all assignments of
its own function. Any other is refused when an assignment may follow.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from srcdiff.errors import Diagnostic
from srcdiff.frontend.bound import Comprehension, Scope, Variable
from srcdiff.frontend.comprehend import late_variables
from srcdiff.frontend.frame import span
from srcdiff.frontend.source import Source

_STORING = {"append", "insert", "extend", "add", "setdefault", "update", "appendleft"}
_LAZY = {"map", "filter", "partial", "partialmethod"}
_FLOWS = (
    ast.Tuple,
    ast.List,
    ast.Set,
    ast.Dict,
    ast.Starred,
    ast.keyword,
    ast.BoolOp,
    ast.NamedExpr,
    *Comprehension,
)
_LOOKS = (
    ast.If,
    ast.While,
    ast.Expr,
    ast.Assert,
    ast.Attribute,
    ast.Subscript,
    ast.Compare,
    ast.UnaryOp,
    ast.FormattedValue,
)
_LOOPS = (ast.For, ast.While)


def late_bindings(root: Scope, source: Source) -> Iterator[Diagnostic]:
    """A refusal for each closure that outlives a value it captures."""
    walk = _Walk(source)
    walk.note(root.node)
    for scope in root.all():
        for node, inner in _closures(scope):
            yield from walk.judge(node, inner, scope)


def _closures(scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    """The places in a scope that make a closure, and the scope of the function made."""
    for load in scope.loads:
        variable = scope.resolve(load.id)
        if variable and variable.static:
            yield load, variable.scope.children[variable.static]
    static = {v.static for v in scope.variables.values()}
    for node, inner in scope.children.items():
        if isinstance(node, (ast.FunctionDef, ast.Lambda)) and node not in static:
            yield node, inner


@dataclass
class _Walk:
    source: Source
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    called: set[str] = field(default_factory=set)

    def note(self, node: ast.AST) -> None:
        """The parents of all nodes, and the names that are called."""
        for parent in ast.walk(node):
            if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name):
                self.called.add(parent.func.id)
            for child in ast.iter_child_nodes(parent):
                self.parents[child] = parent

    def judge(self, node: ast.AST, made: Scope, scope: Scope) -> Iterator[Diagnostic]:
        for variable in made.needs:
            if variable.static is None and self.changes(variable, node, scope):
                yield self.refusal(variable, node, scope)
                return

    def refusal(self, variable: Variable, node: ast.AST, scope: Scope) -> Diagnostic:
        name = getattr(scope.function.node, "name", "<lambda>")
        at = span(node, self.source.filename, name)
        if getattr(node, "name", None) == variable.name:
            message = f"{variable.name!r} calls itself by a name that may come to mean another"
            return Diagnostic("SD124", message, at, hint="give the function a name of its own")
        message = f"the closure outlives this value of {variable.name!r}, which is assigned again"
        hint = (
            f"give the closure its own copy, as a default: `{variable.name}={variable.name}`, "
            "or use another name for the later value"
        )
        return Diagnostic("SD124", message, at, hint=hint)

    def use(self, node: ast.AST, variable: Variable) -> str:
        """What becomes of a value: "call" (used at once), "return", or "stored".

        A comprehension stores its values until its last round, for what it assigns itself; so does a loop
        with what it runs over.
        """
        parent = self.parents.get(node)
        if isinstance(parent, ast.Call):
            return self.use_in_call(node, parent, variable)
        if isinstance(parent, Comprehension) and self.assigns(parent, variable):
            return "stored"
        if isinstance(parent, (ast.For, ast.comprehension)) and node is parent.iter:
            whole = parent if isinstance(parent, ast.For) else self.parents[parent]
            return "stored" if self.assigns(whole, variable) else "call"
        if isinstance(parent, ast.Return) or _is_body(parent, node):
            return "return"
        if isinstance(parent, ast.IfExp):
            return "call" if node is parent.test else self.use(parent, variable)
        if isinstance(parent, _FLOWS):
            return self.use(parent, variable)
        return "call" if isinstance(parent, _LOOKS) and isinstance(node, ast.expr) else "stored"

    def use_in_call(self, node: ast.AST, call: ast.Call, variable: Variable) -> str:
        if node is call.func:
            return "call"
        func = call.func
        name = getattr(func, "attr", None) or getattr(func, "id", "")
        if isinstance(func, ast.Attribute) and name in _STORING:
            return "stored"
        kept = name in _LAZY or self.is_called_later(call)
        return self.use(call, variable) if kept else "call"

    def is_called_later(self, call: ast.Call) -> bool:
        """g = compose(f), where g is called somewhere: the result may hold the closure."""
        parent = self.parents[call]
        targets = parent.targets if isinstance(parent, ast.Assign) else []
        return any(isinstance(target, ast.Name) and target.id in self.called for target in targets)

    def assigns(self, node: ast.AST, variable: Variable) -> bool:
        return any(part in variable.sites for part in ast.walk(node))

    def changes(self, variable: Variable, node: ast.AST, scope: Scope) -> bool:
        """Whether the variable may be assigned while a closure made at the node lives."""
        use, home = self.use(node, variable), variable.scope
        if use == "call":
            return False
        if isinstance(home.node, Comprehension):
            return self.parents[node] is not home.node or variable not in late_variables(home)
        own = home is scope.function
        if own and use == "return":
            return False
        return any(self.follows(site, node, home) for site in variable.sites)

    def follows(self, site: ast.AST, node: ast.AST, home: Scope) -> bool:
        """Whether an assignment may run after the node: it is later, or in the same loop."""
        if self.loops(site, home) & self.loops(node, home):
            return True
        return self.position(site, home) >= self.position(node, home)

    def loops(self, node: ast.AST, home: Scope) -> set[ast.AST]:
        """The loops of the home function that run the node again and again."""
        found: set[ast.AST] = set()
        while node is not home.node:
            parent = self.parents[node]
            once = isinstance(parent, ast.For) and node is parent.iter
            if isinstance(parent, (*_LOOPS, *Comprehension)) and not once:
                found.add(parent)
            node = parent
        return found

    def position(self, node: ast.AST, home: Scope) -> tuple[int, int]:
        """Where the statement of the home function that holds the node begins."""
        found: ast.AST | None = None
        first = node
        while node is not home.node:
            if isinstance(node, (ast.FunctionDef, ast.Lambda)):
                found = None
            if isinstance(node, ast.stmt):
                found = found or node
            node = self.parents[node]
        place: Any = found or first
        return place.lineno, place.col_offset


def _is_body(parent: ast.AST | None, node: ast.AST) -> bool:
    return isinstance(parent, ast.Lambda) and node is parent.body
