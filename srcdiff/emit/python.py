"""A typed function as Python source: the statements.

    emit(function) -> Emitted(source, name, constants)

The order of decisions: copies that must be there (`ownership`), what nests (`plan`), what is alive
together (`liveness`), names (`naming`), then one function per kind of item below.
"""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass, field
from typing import Any

from srcdiff.emit.expressions import Expr, Printer, Surroundings, call, name, negation, subscript
from srcdiff.emit.liveness import Liveness, liveness
from srcdiff.emit.naming import Classes, Names, assign_names, classes
from srcdiff.emit.ownership import ADDING, CHANGING, Aliases, aliases, has_memory, may_change, with_copies
from srcdiff.emit.plan import Branch, Item, Line, Loop, Plan, Push, plan
from srcdiff.emit.source import Comment, to_text
from srcdiff.errors import Span
from srcdiff.ir.core import (
    NEVER,
    UNDEFINED,
    Apply,
    Arg,
    Atom,
    Const,
    Cut,
    For,
    Function,
    Pack,
    Range,
    Tree,
    Var,
    While,
)
from srcdiff.ir.types import Array, ListOf, Scalar
from srcdiff.ir.walk import carried_params, carried_results, used
from srcdiff.ops.python import Callee

Stmts = list[ast.stmt]


@dataclass(frozen=True)
class Emitted:
    """Generated source, the function's name in it, and the objects it names besides."""

    source: str
    name: str
    constants: dict[str, Any]


def emit(function: Function) -> Emitted:
    """The source of a typed function with all it needs: imports, helpers, functions it calls."""
    around = Surroundings()
    own = Callee(function.name, function)
    around.callees[function.name] = own
    done: dict[str, Stmts] = {}
    while waiting := [text for text in around.callees if text not in done]:
        callee = around.callees[waiting[0]]
        assert callee.function is not None
        done[waiting[0]] = _definition(callee.function, waiting[0], around)
    order = [*(text for text in done if text != function.name), function.name]
    body = [stmt for text in order for stmt in done[text]]
    source = _module(around, to_text(body))
    return Emitted(source, function.name, dict(around.constants))


def _module(around: Surroundings, body: str) -> str:
    blocks = []
    helpers = [inspect.getsource(h).rstrip().replace(": Any", "").replace(" -> Any", "").replace("list[Any]", "list") for h in _with_helpers(around)]
    imports = set(around.imports) | ({"import numpy as np"} if any("np." in h for h in helpers) else set())
    lines = [*sorted(imports), *_object_imports(around.constants)]
    if lines:
        blocks.append("\n".join(lines))
    return "\n\n\n".join([*blocks, *helpers, body.rstrip()]) + "\n"


def _with_helpers(around: Surroundings) -> list[Any]:
    from srcdiff.ops import runtime

    found = dict(around.helpers)
    pending = list(found.values())
    while pending:
        for text in pending.pop().__code__.co_names:
            helper = getattr(runtime, text, None)
            if inspect.isfunction(helper) and text not in found:
                found[text] = helper
                pending.append(helper)
    return [found[k] for k in sorted(found)]


def _object_imports(constants: dict[str, Any]) -> list[str]:
    lines = []
    for text, value in sorted(constants.items()):
        module, qualname = getattr(value, "__module__", None), getattr(value, "__qualname__", "")
        importable = module not in (None, "__main__") and qualname.isidentifier()
        if importable:
            renamed = "" if qualname == text else f" as {text}"
            lines.append(f"from {module} import {qualname}{renamed}")
        else:
            lines.append(f"# {text}: provided by the caller")
    return lines


def _definition(function: Function, text: str, around: Surroundings) -> Stmts:
    function = with_copies(function)
    laid = plan(function)
    live = liveness(laid)
    groups = classes(laid, live)
    inputs = function.inputs
    reserved = set(around.callees) | set(around.constants) | _BUILTINS_USED
    names = assign_names(laid, groups, reserved, inputs)
    printer = Printer(laid, names, around)
    writer = Writer(laid, live, groups, names, aliases(function), printer)
    return [writer.definition(text)]


_BUILTINS_USED = {"len", "range", "reversed", "float", "int", "bool", "list", "abs", "max", "min", "sum",
                  "format", "str", "repr", "print", "slice", "zeros_like", "unbroadcast", "add_lists",
                  "copied", "round", "pow"}  # fmt: skip


@dataclass
class Writer:
    """Statements of one function."""

    plan: Plan
    live: Liveness
    groups: Classes
    names: Names
    aliases: Aliases
    printer: Printer
    noted: Span | None = None
    counts: dict[Var, int] = field(default_factory=dict)

    def definition(self, text: str) -> ast.stmt:
        function = self.plan.function
        for var in used(function.body):
            self.counts[var] = self.counts.get(var, 0) + 1
        body: Stmts = []
        if function.doc:
            body.append(ast.Expr(ast.Constant(function.doc)))
        body += self.heading()
        body += self.items(self.plan.items)
        body += self.result(function)
        return ast.FunctionDef(  # type: ignore[call-arg, call-overload, no-any-return]
            name=text, args=self.arguments(), body=body or [ast.Pass()], decorator_list=[], returns=None
        )

    def result(self, function: Function) -> Stmts:
        leaves = [self.printer.expr(a) for a in function.body.results]
        value = self.printer.tree(function.output, leaves)
        if isinstance(value, ast.Constant) and value.value is None and _always_raises(self.plan.items):
            return []
        return [ast.Return(value)]

    def arguments(self) -> ast.arguments:
        function = self.plan.function
        if not function.inputs:
            plain = [ast.arg(self.names(p), None) for p in function.params]
            return ast.arguments([], plain, None, [], [], None, [])
        shown = [ast.arg(i.name, None) for i in function.inputs if not i.keyword_only]
        keyword: list[ast.arg] = [ast.arg(i.name, None) for i in function.inputs if i.keyword_only]
        missing: list[Any] = [None] * len(keyword)
        return ast.arguments([], shown, None, keyword, missing, None, [])

    def heading(self) -> Stmts:
        """Leaves of structured arguments: read here, or in place when read once."""
        made: Stmts = []
        function = self.plan.function
        for i in function.inputs:
            if i.tree.kind != "leaf":
                made += self.taken_apart(i.tree, name(i.name))
        return made

    def taken_apart(self, tree: Tree, access: Expr) -> Stmts:
        if tree.kind == "leaf":
            param = self.plan.function.params[tree.index]
            if not self.counts.get(param):
                return []
            return [self.assign(param, access)]
        made: Stmts = []
        for k, child in enumerate(tree.children):
            if tree.kind == "object":
                step: Expr = ast.Attribute(access, tree.keys[k], ast.Load())
            else:
                key = tree.keys[k] if tree.kind == "dict" else k
                step = ast.Subscript(access, self.printer.literal(key), ast.Load())
            made += self.taken_apart(child, step)
        return made

    def assign(self, var: Var, value: Expr) -> ast.stmt:
        return ast.Assign([ast.Name(self.names(var), ast.Store())], value, lineno=0)

    # --- items ---

    def items(self, items: tuple[Item, ...]) -> Stmts:
        made: Stmts = []
        for item in items:
            if not isinstance(item, Push):
                made += self.comment(item)
            if isinstance(item, Line):
                made += self.line(item)
            elif isinstance(item, Push):
                append = ast.Attribute(name(self.names(item.record)), "append", ast.Load())
                made.append(ast.Expr(call(append, self.printer.expr(item.value))))
            elif isinstance(item, Branch):
                made += self.branch(item)
            else:
                made += self.loop(item)
        return made

    def comment(self, item: Line | Branch | Loop) -> Stmts:
        """Which line of the user's the adjoint statements belong to."""
        at = item.stmt.at
        if not item.stmt.adjoint or not at.line:
            return []
        if self.noted is not None and (at.filename, at.line) == (self.noted.filename, self.noted.line):
            return []
        self.noted = at
        text = at.text()
        if not text:
            return []
        head = f"# adjoint of line {at.line}: {text}"
        return [Comment(head if len(head) <= 88 else head[:85] + "...")]

    def line(self, item: Line) -> Stmts:
        stmt = item.stmt
        op = stmt.op.name
        if op == "raise":
            cause = stmt.args[2]
            return [ast.Raise(self.printer.apply(stmt), None if cause == Const(None) else self.printer.expr(cause))]
        if stmt.op.effect:
            return [ast.Expr(self.printer.apply(stmt))]
        if op in CHANGING:
            return self.change(item)
        if op == "scatter":
            return self.scatter(item)
        if op in ADDING:
            added = self.added(item)
            if added is not None:
                return [added]
        value = self.printer.apply(stmt)
        if len(stmt.outs) == 1:
            return [self.assign(stmt.outs[0], value)]
        targets: list[Expr] = [ast.Name(self.names(o), ast.Store()) for o in stmt.outs]
        if not targets:
            return [ast.Expr(value)]
        return [ast.Assign([ast.Tuple(targets, ast.Store())], value, lineno=0)]

    def added(self, item: Line) -> ast.stmt | None:
        """x += c, where x is not needed any more and, if an array, owned."""
        stmt = item.stmt
        out = stmt.outs[0]
        pairs = [(stmt.args[0], stmt.args[1])]
        if stmt.op.name == "add":
            pairs.append((stmt.args[1], stmt.args[0]))
        for target, other in pairs:
            if not isinstance(target, Var) or target in self.plan.nested or not self.groups.same(target, out):
                continue
            if has_memory(out.type):
                alive = self.live.after[item] - {out}
                if target.type != out.type or not may_change(self.aliases, target, alive):
                    return None
            elif not isinstance(target.type, Scalar):
                return None
            operator = ast.Add() if stmt.op.name == "add" else ast.Sub()
            return ast.AugAssign(ast.Name(self.names(out), ast.Store()), operator, self.printer.expr(other))
        return None

    def owned(self, item: Line) -> Stmts:
        """Make the name of the result hold memory that may be changed."""
        stmt = item.stmt
        target, out = stmt.args[0], stmt.outs[0]
        alive = self.live.after[item] - {out}
        free = isinstance(target, Var) and target not in self.plan.nested
        if free and may_change(self.aliases, target, alive):  # type: ignore[arg-type]
            if self.groups.same(target, out):  # type: ignore[arg-type]
                return []
            if not self.groups.conflict(self.groups.find(target), self.groups.find(out)):  # type: ignore[arg-type]
                return [self.assign(out, self.printer.expr(target))]
        value = self.printer.expr(target)
        if isinstance(out.type, ListOf):
            return [self.assign(out, call(name("list"), value))]
        return [self.assign(out, call(ast.Attribute(value, "copy", ast.Load())))]

    def change(self, item: Line) -> Stmts:
        stmt = item.stmt
        out = name(self.names(stmt.outs[0]))
        made = self.owned(item)
        if stmt.op.name == "append":
            append = ast.Attribute(out, "append", ast.Load())
            return [*made, ast.Expr(call(append, self.printer.expr(stmt.args[1])))]
        _, index, v = stmt.args
        return [*made, self.add_at(out, index, v, stmt)]

    def add_at(self, out: Expr, index: Arg, v: Arg, stmt: Apply) -> ast.stmt:
        value = self.printer.expr(v)
        if may_repeat(index):
            function = self.printer.around.dotted("np.add.at")
            return ast.Expr(call(function, out, self.printer.expr(index), value))
        place = subscript(self.printer, out, index)
        type = stmt.outs[0].type
        if isinstance(type, ListOf) and not isinstance(type.element, Scalar):
            if isinstance(type.element, ListOf):
                value = call(self.printer.around.helper(_runtime("add_lists")), place, value)
            else:
                value = ast.BinOp(place, ast.Add(), value)
            return ast.Assign([place], value, lineno=0)
        return ast.AugAssign(place, ast.Add(), value)

    def scatter(self, item: Line) -> Stmts:
        stmt = item.stmt
        v, like, index = stmt.args
        zeros = Apply(stmt.outs, _row("zeros_like"), (like,))
        made = [self.assign(stmt.outs[0], self.zeros(zeros, like))]
        out = name(self.names(stmt.outs[0]))
        if may_repeat(index) and not isinstance(stmt.outs[0].type, ListOf):
            return [*made, self.add_at(out, index, v, stmt)]
        place = subscript(self.printer, out, index)
        return [*made, ast.Assign([place], self.printer.expr(v), lineno=0)]

    def zeros(self, stmt: Apply, like: Arg) -> Expr:
        type = stmt.outs[0].type
        if isinstance(type, Array) and isinstance(like, Var) and isinstance(like.type, Array) and like.type.dtype != type.dtype:
            dtype = self.printer.around.dotted(f"np.{type.dtype}")
            return call(self.printer.around.dotted("np.zeros_like"), self.printer.expr(like), dtype=dtype)
        return self.printer.apply(stmt)

    # --- copies where control flow meets ---

    def copies(self, pairs: list[tuple[Var, Atom]]) -> Stmts:
        """Assign several variables at once, as if in parallel."""
        moves: list[tuple[str, Expr, set[str]]] = []
        for out, value in pairs:
            if isinstance(value, Const) and (value.value is UNDEFINED or value.value is NEVER):
                if out not in self.plan.present:
                    continue
            if isinstance(value, Var) and value not in self.plan.nested and self.groups.same(out, value):
                continue
            expr = self.printer.expr(value)
            reads = {self.names(v) for v in self.plan.reads(value)}
            moves.append((self.names(out), expr, reads))
        return _in_order(moves)

    def branch(self, item: Branch) -> Stmts:
        stmt = item.stmt
        single = not item.then and not item.orelse and len(stmt.outs) == 1
        if single and not any(_missing(r.results[0]) for r in (stmt.then, stmt.orelse)):
            if isinstance(stmt.outs[0].type, Scalar):
                return [self.assign(stmt.outs[0], self.printer.choice(stmt))]
        noted = self.noted
        then = self.items(item.then) + self.copies(list(zip(stmt.outs, stmt.then.results)))
        self.noted = noted
        orelse = self.items(item.orelse) + self.copies(list(zip(stmt.outs, stmt.orelse.results)))
        test = self.test(stmt.test)
        if not _does_something(then) and not _does_something(orelse):
            return []
        if not _does_something(then):
            return [ast.If(negation(test), orelse, [])]
        return [ast.If(test, then, orelse if _does_something(orelse) else [])]

    def test(self, arg: Atom) -> Expr:
        expr = self.printer.expr(arg)
        if isinstance(expr, ast.Call) and isinstance(expr.func, ast.Name) and expr.func.id == "bool":
            return expr.args[0]
        return expr

    def loop(self, item: Loop) -> Stmts:
        stmt = item.stmt
        count = len(stmt.inits)
        records = stmt.outs[count:]
        before = self.copies(list(zip(stmt.outs, stmt.inits)))
        before += [self.assign(r, ast.List([], ast.Load())) for r in records]
        body = self.items(item.body)
        body += self.copies(list(zip(carried_params(stmt), carried_results(stmt))))
        if stmt.breaks:
            body += self.stop(stmt.body.results[0])
        body = body if _does_something(body) else [*body, ast.Pass()]
        if isinstance(stmt, While):
            return [*before, self.while_loop(item, stmt, body)]
        assert isinstance(stmt, For)
        made = [*before, self.for_loop(stmt, body)]
        if isinstance(stmt.over, Range) and stmt.over.backward:
            for r in records:
                made.append(ast.Expr(call(ast.Attribute(name(self.names(r)), "reverse", ast.Load()))))
        return made

    def stop(self, flag: Atom) -> Stmts:
        if flag == Const(False):
            return []
        if flag == Const(True):
            return [ast.Break()]
        return [ast.If(self.test(flag), [ast.Break()], [])]

    def while_loop(self, item: Loop, stmt: While, body: Stmts) -> ast.stmt:
        test = stmt.test.results[0]
        if not item.test:
            return ast.While(self.test(test), body, [])
        head = self.items(item.test)
        head.append(ast.If(negation(self.test(test)), [ast.Break()], []))
        return ast.While(ast.Constant(True), [*head, *body], [])

    def for_loop(self, stmt: For, body: Stmts) -> ast.stmt:
        index = stmt.body.params[0]
        is_read = bool(self.counts.get(index)) or len(self.groups.of(self.groups.find(index))) > 1
        target = self.names(index) if is_read else "_"
        return ast.For(ast.Name(target, ast.Store()), self.range(stmt.over), body, [], lineno=0)

    def range(self, over: Arg) -> Expr:
        assert isinstance(over, Range)
        parts: list[Arg] = [over.start, over.stop, over.step]
        if over.step == Const(1):
            parts.pop()
            if over.start == Const(0):
                parts.pop(0)
        made = call(name("range"), *(self.printer.expr(p) for p in parts))
        return call(name("reversed"), made) if over.backward else made


def _runtime(text: str) -> Any:
    from srcdiff.ops import runtime

    return getattr(runtime, text)


def _row(text: str) -> Any:
    from srcdiff.ops.table import BY_NAME

    return BY_NAME[text]


def may_repeat(index: Arg) -> bool:
    """Whether an index may name an entry twice: it holds an array of integers."""
    if isinstance(index, Pack):
        return any(may_repeat(i) for i in index.items)
    if isinstance(index, Cut) or not isinstance(index, Var):
        return False
    return isinstance(index.type, (Array, ListOf)) and getattr(index.type, "dtype", "") != "bool"


def _missing(atom: Atom) -> bool:
    return isinstance(atom, Const) and (atom.value is UNDEFINED or atom.value is NEVER)


def _does_something(stmts: Stmts) -> bool:
    return any(not isinstance(s, Comment) for s in stmts)


def _always_raises(items: tuple[Item, ...]) -> bool:
    last = items[-1] if items else None
    if isinstance(last, Line):
        return last.stmt.op.name == "raise"
    return isinstance(last, Branch) and _always_raises(last.then) and _always_raises(last.orelse)


def _in_order(moves: list[tuple[str, Expr, set[str]]]) -> Stmts:
    """Moves one after another where none overwrites what a later one reads; else together."""
    made: Stmts = []
    pending = list(moves)
    while pending:
        ready = next(
            (m for m in pending if not any(m[0] in other[2] for other in pending if other is not m)), None
        )
        if ready is None:
            targets: list[Expr] = [ast.Name(t, ast.Store()) for t, _, _ in pending]
            values = ast.Tuple([e for _, e, _ in pending], ast.Load())
            return [*made, ast.Assign([ast.Tuple(targets, ast.Store())], values, lineno=0)]
        pending.remove(ready)
        made.append(ast.Assign([ast.Name(ready[0], ast.Store())], ready[1], lineno=0))
    return made
