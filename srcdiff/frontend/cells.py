"""Variables that are assigned where they do not belong: `nonlocal` and `global`.

What an inner function assigns becomes the one item of a list.

    before   total = 0.0                     after   total.cell = [unbound]
             def add(v):                             total.cell[0] = 0.0
                 nonlocal total                      def add(v):
                 total += v                              total.cell[0] += v

What a list holds is followed wherever it is changed, so all functions see the same variable. What a
function declares global is marked as a variable of the module (`ModuleVariable`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from srcdiff.errors import Diagnostic
from srcdiff.frontend.bound import Comprehension, FunctionNode, defaults, imported, parameters
from srcdiff.frontend.frame import span
from srcdiff.frontend.source import Source, replica
from srcdiff.ir.core import UNDEFINED

_HINT = "take the variable as a parameter and return its new value"
_CELL, _GLOBAL = "cell", "global"


class Cell(ast.Subscript):
    """The value of a variable that an inner function assigns; `spelled` is its name."""

    spelled: str = ""


class ModuleVariable(ast.expr):
    """A name that a function declares global."""

    _fields = ("id", "ctx")
    id: str
    ctx: ast.expr_context


def with_cells(source: Source) -> tuple[Source, list[Diagnostic]]:
    """The source with such variables told apart, and what stands in the way."""
    if not any(isinstance(node, (ast.Nonlocal, ast.Global)) for node in ast.walk(source.node)):
        return source, []
    node = replica(source.node)
    found = _Search(source)
    found.function(node, ())
    if found.refused:
        return source, found.refused
    _Rewrite(found.shared).function(node, {})
    return replace(source, node=node), []


@dataclass
class _Search:
    """Which variables of which functions are assigned by functions inside."""

    source: Source
    shared: dict[ast.AST, set[str]] = field(default_factory=dict)
    refused: list[Diagnostic] = field(default_factory=list)

    def function(self, node: FunctionNode, around: tuple[FunctionNode, ...]) -> None:
        for part in _inside(node):
            if isinstance(part, ast.Nonlocal):
                for name in part.names:
                    self.declared(name, part, around, getattr(node, "name", "<lambda>"))
            elif isinstance(part, ast.Global):
                for name in part.names:
                    if not _is_plain(node, name):
                        message = f"global {name}, which is bound by more than `=`"
                        self.refuse(message, part, getattr(node, "name", "<lambda>"))
            elif isinstance(part, (ast.FunctionDef, ast.Lambda)):
                self.function(part, (*around, node))

    def declared(
        self, name: str, node: ast.AST, around: Sequence[FunctionNode], function: str
    ) -> None:
        for home in reversed(around):
            if name in _own(home):
                self.shared.setdefault(home, set()).add(name)
                if not _is_plain(home, name):
                    self.refuse(f"nonlocal {name}, which is bound by more than `=`", node, function)
                return
        self.refuse(
            f"nonlocal {name}: a variable of a function that is not differentiated here",
            node,
            function,
        )

    def refuse(self, message: str, node: ast.AST, function: str) -> None:
        at = span(node, self.source.filename, function)
        self.refused.append(Diagnostic("SD115", message, at, hint=_HINT))


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function, those of functions inside left out (but not these themselves)."""
    body: Any = getattr(node, "body", None)
    pending = list(body) if isinstance(body, list) else [body]
    while pending:
        part = pending.pop()
        yield part
        if isinstance(part, (ast.FunctionDef, ast.Lambda)):
            decorators = part.decorator_list if isinstance(part, ast.FunctionDef) else []
            pending += [*decorators, *defaults(part.args)]
        else:
            pending += ast.iter_child_nodes(part)


def _own(node: FunctionNode) -> set[str]:
    """The names that are a function's own variables."""
    names = {p.arg for p in parameters(node.args)}
    declared: set[str] = set()
    for part in _inside(node):
        if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
            names.add(part.id)
        elif isinstance(part, ast.FunctionDef):
            names.add(part.name)
        elif isinstance(part, (ast.Import, ast.ImportFrom)):
            names.update(name for name, _ in imported(part))
        elif isinstance(part, (ast.Nonlocal, ast.Global)):
            declared.update(part.names)
    return names - declared


def _declared_global(node: FunctionNode) -> set[str]:
    """The names that a function says are variables of the module."""
    found = (part.names for part in _inside(node) if isinstance(part, ast.Global))
    return {name for names in found for name in names}


def _is_plain(home: FunctionNode, name: str) -> bool:
    """Whether a variable is bound by assignments and loops only, wherever it is."""
    for part in ast.walk(home):
        if isinstance(part, ast.Delete):
            if any(isinstance(t, ast.Name) and t.id == name for t in part.targets):
                return False
        if isinstance(part, ast.NamedExpr) and part.target.id == name:
            return False
        if isinstance(part, ast.FunctionDef) and part.name == name:
            return False
        if isinstance(part, (ast.Import, ast.ImportFrom)):
            if any(bound == name for bound, _ in imported(part)):
                return False
    return True


@dataclass
class _Rewrite(ast.NodeTransformer):
    """Puts what they became in the place of the variables; `active` are those seen here."""

    shared: dict[ast.AST, set[str]]
    active: dict[str, str] = field(default_factory=dict)

    def function(self, node: FunctionNode, around: dict[str, str]) -> None:
        outer = self.active
        mine, own = self.shared.get(node, set()), _own(node)
        self.active = {name: kind for name, kind in around.items() if name not in own}
        self.active.update(dict.fromkeys(mine, _CELL))
        self.active.update(dict.fromkeys(_declared_global(node), _GLOBAL))
        if isinstance(node, ast.Lambda):
            node.body = self.visit(node.body)
        else:
            node.body = [new for stmt in node.body for new in self.statement(stmt)]
            given = {p.arg for p in parameters(node.args)}
            made = [_made(name, name in given, node.body[0]) for name in sorted(mine)]
            doc = int(ast.get_docstring(node) is not None)
            node.body[doc:doc] = made
        self.active = outer

    def statement(self, stmt: ast.stmt) -> list[ast.stmt]:
        if isinstance(stmt, (ast.Nonlocal, ast.Global)):
            return [ast.copy_location(ast.Pass(), stmt)]
        if isinstance(stmt, ast.AnnAssign) and isinstance(stmt.target, ast.Name):
            if stmt.target.id in self.active:
                plain: ast.stmt = ast.Pass()
                if stmt.value is not None:
                    plain = ast.Assign([stmt.target], stmt.value)
                stmt = ast.copy_location(plain, stmt)
        made = self.visit(stmt)
        return made if isinstance(made, list) else [made]

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for name in ("body", "orelse", "finalbody"):
            stmts = getattr(node, name, None)
            if isinstance(stmts, list) and stmts and isinstance(stmts[0], ast.stmt):
                setattr(node, name, [new for stmt in stmts for new in self.statement(stmt)])
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.AST):
                setattr(node, name, self.visit(value))
            elif isinstance(value, list) and value and not isinstance(value[0], ast.stmt):
                setattr(node, name, [self.visit(v) if isinstance(v, ast.AST) else v for v in value])
        return node

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.Name):
            return self.name(node)
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            node.args.defaults = [self.visit(d) for d in node.args.defaults]
            node.args.kw_defaults = [self.visit(d) if d else None for d in node.args.kw_defaults]
            if isinstance(node, ast.FunctionDef):
                node.decorator_list = [self.visit(d) for d in node.decorator_list]
            self.function(node, self.active)
            return node
        if isinstance(node, Comprehension):
            return self.comprehension(node)
        return self.generic_visit(node)

    def comprehension(self, node: Any) -> ast.AST:
        """The first iterable belongs outside; what the comprehension binds is its own."""
        first = node.generators[0]
        iterable = self.visit(first.iter)
        first.iter = ast.copy_location(ast.Constant(None), first.iter)
        outer = self.active
        targets = (n for g in node.generators for n in ast.walk(g.target))
        inner = {n.id for n in targets if isinstance(n, ast.Name)}
        self.active = {name: kind for name, kind in outer.items() if name not in inner}
        self.generic_visit(node)
        self.active, first.iter = outer, iterable
        return node  # type: ignore[no-any-return]

    def name(self, node: ast.Name) -> ast.AST:
        kind = self.active.get(node.id)
        if kind is None:
            return node
        if kind == _GLOBAL:
            variable: Any = ModuleVariable
            return ast.copy_location(variable(node.id, node.ctx), node)  # type: ignore[no-any-return]
        owner = ast.copy_location(ast.Name(_cell(node.id), ast.Load()), node)
        place = ast.copy_location(ast.Constant(0), node)
        made = ast.copy_location(Cell(owner, place, node.ctx), node)
        made.spelled = node.id
        return made


def _cell(name: str) -> str:
    return f"{name}.cell"


def _made(name: str, given: bool, at: ast.stmt) -> ast.stmt:
    """name.cell = [name], or with nothing in it yet"""
    held: ast.expr = ast.Name(name, ast.Load()) if given else ast.Constant(UNDEFINED)  # type: ignore[arg-type]
    made = ast.Assign([ast.Name(_cell(name), ast.Store())], ast.List([held], ast.Load()))
    for part in ast.walk(made):
        ast.copy_location(part, at)
    return made


__all__ = ["Cell", "ModuleVariable", "with_cells"]
