"""Which variable a name means, and which variables a function needs from outside.

A Scope is a function, a lambda or a comprehension; its Variables are the names it binds. Names
that no scope of the tree binds are globals, builtins, or cells of the function that is lowered.

A variable bound by exactly one `def` (or one `name = lambda ...`) is *static*: whoever loads it
knows the function and needs only the variables that function needs, as they are at that moment.
So closures see later assignments as in Python, and recursion, also mutual, needs nothing more.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Union

FunctionNode = Union[ast.FunctionDef, ast.Lambda]
Comprehension = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
ComprehensionNode = Union[ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp]


@dataclass(eq=False)
class Variable:
    """A name in the scope that binds it. `sites` are the nodes that do (none: a parameter)."""

    name: str
    scope: Scope
    sites: list[ast.AST] = field(default_factory=list)
    static: FunctionNode | None = None

    @property
    def deleted(self) -> bool:
        """Whether a `del` may leave it unbound again."""
        return any(isinstance(getattr(site, "ctx", None), ast.Del) for site in self.sites)

    @property
    def hint(self) -> str:
        """Its spelling in print; what the compiler made up has none."""
        return "" if "." in self.name else self.name

    def __repr__(self) -> str:
        return self.name


@dataclass(eq=False)
class Scope:
    node: FunctionNode | ComprehensionNode
    parent: Scope | None
    variables: dict[str, Variable] = field(default_factory=dict)
    children: dict[ast.AST, Scope] = field(default_factory=dict)
    loads: list[ast.Name] = field(default_factory=list)
    needs: dict[Variable, None] = field(default_factory=dict)

    @property
    def function(self) -> Scope:
        """The function the scope belongs to: itself, or the one around the comprehension."""
        scope = self
        while isinstance(scope.node, Comprehension) and scope.parent:
            scope = scope.parent
        return scope

    def resolve(self, name: str) -> Variable | None:
        """The variable a name means here; None when it is not one of the tree's."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.variables:
                return scope.variables[name]
            scope = scope.parent
        return None

    def variable(self, name: str) -> Variable:
        """The function's own variable of that name, made when it is not there."""
        own = self.function.variables
        return own.setdefault(name, Variable(name, self.function))

    def inside(self, other: Scope) -> bool:
        scope: Scope | None = self
        while scope is not None and scope is not other:
            scope = scope.parent
        return scope is other

    def all(self) -> Iterator[Scope]:
        """The scope and those inside it, outermost first."""
        yield self
        for child in self.children.values():
            yield from child.all()


def scopes(node: FunctionNode) -> Scope:
    """The scope tree of a function, with what every function in it needs."""
    root = _function(node, None)
    for scope in root.all():
        _find_static(scope)
    functions = [scope for scope in root.all() if scope.function is scope]
    while sum(_find_needs(scope) for scope in functions):
        pass
    return root


def parameters(args: ast.arguments) -> Iterator[ast.arg]:
    """The parameters in Python's order: positional, *args, keyword-only, **kwargs."""
    yield from args.posonlyargs + args.args
    if args.vararg:
        yield args.vararg
    yield from args.kwonlyargs
    if args.kwarg:
        yield args.kwarg


def defaults(args: ast.arguments) -> list[ast.expr]:
    """The default values in the order Python evaluates them, which is that of the parameters."""
    return [*args.defaults, *(d for d in args.kw_defaults if d is not None)]


def kept_defaults(args: ast.arguments) -> list[ast.expr]:
    """The default values that are computed where the function is defined: all but constants."""
    return [value for value in defaults(args) if not isinstance(value, ast.Constant)]


def default_names(name: str, args: ast.arguments) -> Iterator[tuple[str, ast.expr]]:
    """The variables that keep the defaults of a static function, constants aside."""
    for number, value in enumerate(defaults(args)):
        if not isinstance(value, ast.Constant):
            yield f"{name}.{number}", value


def stored(*nodes: ast.AST) -> Iterator[str]:
    """The names that running the nodes binds in their function, in order, repeats included."""
    for node in nodes:
        if isinstance(node, ast.Name):
            yield from [] if isinstance(node.ctx, ast.Load) else [node.id]
        elif isinstance(node, (ast.FunctionDef, ast.Lambda)):
            yield from _stored_by_function(node)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (name for name, _ in imported(node))
        elif isinstance(node, ast.comprehension):
            yield from stored(node.iter, *node.ifs)
        else:
            yield from _stored_by_lambda(node)
            yield from stored(*ast.iter_child_nodes(node))


def _stored_by_function(node: FunctionNode) -> Iterator[str]:
    outside = defaults(node.args)
    if isinstance(node, ast.FunctionDef):
        outside = node.decorator_list + outside
        yield from (name for name, _ in default_names(node.name, node.args))
    yield from stored(*outside)
    if isinstance(node, ast.FunctionDef):
        yield node.name


def _stored_by_lambda(node: ast.AST) -> Iterator[str]:
    named = named_lambda(node)
    if named:
        yield from (name for name, _ in default_names(named[0], named[1].args))


def named_lambda(node: ast.AST) -> tuple[str, ast.Lambda] | None:
    """The name and the lambda of `name = lambda ...`."""
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
        if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            return node.targets[0].id, node.value
    return None


def imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, ast.alias]]:
    """The names an import binds: `import a.b` binds a."""
    for alias in node.names:
        first = alias.name.split(".")[0] if isinstance(node, ast.Import) else alias.name
        yield alias.asname or first, alias


def _function(node: FunctionNode, parent: Scope | None) -> Scope:
    scope = Scope(node, parent)
    for parameter in parameters(node.args):
        scope.variables[parameter.arg] = Variable(parameter.arg, scope)
    body = node.body if isinstance(node.body, list) else [node.body]
    for part in body:
        _visit(part, scope)
    return scope


def _visit(node: ast.AST, scope: Scope) -> None:
    if isinstance(node, ast.Name):
        _visit_name(node, scope)
    elif isinstance(node, (ast.FunctionDef, ast.Lambda)):
        _visit_function(node, scope)
    elif isinstance(node, Comprehension):
        _visit_comprehension(node, scope)
    elif isinstance(node, ast.NamedExpr):
        _visit(node.value, scope)
        _bind(scope.function, node.target.id, node)
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        for name, _ in imported(node):
            _bind(scope, name, node)
    elif isinstance(node, ast.AnnAssign):
        _visit_all([node.target, *([node.value] if node.value else [])], scope)
    else:
        _visit_lambda_assignment(node, scope)


def _visit_all(nodes: list[ast.expr], scope: Scope) -> None:
    for node in nodes:
        _visit(node, scope)


def _visit_lambda_assignment(node: ast.AST, scope: Scope) -> None:
    named = named_lambda(node)
    if not named:
        for child in ast.iter_child_nodes(node):
            _visit(child, scope)
        return
    _visit(named[1], scope)
    _bind(scope, named[0], node)


def _visit_name(node: ast.Name, scope: Scope) -> None:
    if isinstance(node.ctx, ast.Load):
        scope.loads.append(node)
    else:
        _bind(scope, node.id, node)


def _visit_function(node: FunctionNode, scope: Scope) -> None:
    outside = defaults(node.args)
    if isinstance(node, ast.FunctionDef):
        outside = node.decorator_list + outside
        _bind(scope, node.name, node)
    _visit_all(outside, scope)
    scope.children[node] = _function(node, scope)


def _visit_comprehension(node: ComprehensionNode, scope: Scope) -> None:
    inner = scope.children[node] = Scope(node, scope)
    _visit(node.generators[0].iter, scope)
    for number, generator in enumerate(node.generators):
        _visit_all([generator.iter] if number else [], inner)
        _visit_all([generator.target, *generator.ifs], inner)
    results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    _visit_all(results, inner)


def _bind(scope: Scope, name: str, site: ast.AST) -> None:
    scope.variables.setdefault(name, Variable(name, scope)).sites.append(site)


def _find_static(scope: Scope) -> None:
    node = scope.node
    given = set() if isinstance(node, Comprehension) else {p.arg for p in parameters(node.args)}
    for variable in list(scope.variables.values()):
        if len(variable.sites) == 1 and variable.name not in given:
            variable.static = _static_node(variable.sites[0])
        if variable.static:
            for name, _ in default_names(variable.name, variable.static.args):
                scope.variable(name)


def _static_node(site: ast.AST) -> FunctionNode | None:
    if isinstance(site, ast.FunctionDef):
        return None if site.decorator_list else site
    named = named_lambda(site)
    return named[1] if named else None


def _find_needs(scope: Scope) -> bool:
    """One round: adds what is found, and tells whether anything was."""
    before = len(scope.needs)
    for inner in scope.all():
        for name in dict.fromkeys(load.id for load in inner.loads):
            variable = inner.resolve(name)
            if variable and not variable.scope.inside(scope):
                scope.needs.update(dict.fromkeys(_needed(variable, scope)))
    return len(scope.needs) > before


def _needed(variable: Variable, by: Scope) -> Iterator[Variable]:
    """What a function must be given so that it can load a variable from outside."""
    if variable.static is None:
        yield variable
        return
    home = variable.scope
    for name, _ in default_names(variable.name, variable.static.args):
        yield home.variables[name]
    yield from list(home.children[variable.static].needs)
    if not _surely_defined(variable, by):
        yield variable


def _surely_defined(variable: Variable, by: Scope) -> bool:
    """Whether the static function was defined before `by` could run."""
    assert variable.static is not None
    home = variable.scope
    if by.inside(home.children[variable.static]):
        return True
    while by.parent is not home and by.parent is not None:
        by = by.parent
    body = home.node.body if isinstance(home.node, ast.FunctionDef) else []
    for statement in body:
        if statement is variable.sites[0]:
            return True
        if any(node is by.node for node in ast.walk(statement)):
            return False
    return False
