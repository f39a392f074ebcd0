"""A typed Function run on values of any kind: control flow, structure and lists.

A kind of values is a subclass: `lifted` makes a value of a plain one, `plain` gives the plain value
that decides branches and counts, `operation` says what a statement does. A list of the program is a
Python list of values, a tuple argument a tuple of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from srcdiff.evaluate import concrete
from srcdiff.ir.core import (
    Apply,
    Arg,
    Block,
    Const,
    Cut,
    For,
    Function,
    If,
    Pack,
    Range,
    Tree,
    Var,
    While,
)
from srcdiff.ir.types import FLOAT
from srcdiff.ops import runtime
from srcdiff.ops.python import Callee
from srcdiff.ops.table import BY_NAME
from srcdiff.transform.specialise import Primal

Env = dict[Var, Any]
_ADD = Apply((Var(),), BY_NAME["add"], ())
_ADD_PYTHON = Apply((Var("", FLOAT),), BY_NAME["add"], ())


def leaves_of(primal: Primal, arguments: Sequence[Any]) -> list[Any]:
    """The flat values of the parameters of a specialisation, for its arguments in order."""
    function = primal.function
    values: list[Any] = [None] * len(function.params)
    hidden, given = iter(primal.hidden), iter(arguments)
    for i in function.inputs:
        if i.keyword_only:
            namespace, name = next(hidden)
            _take_apart(i.tree, namespace.lookup(name), values)
        else:
            _take_apart(i.tree, next(given), values)
    return values


def _take_apart(tree: Tree, value: Any, values: list[Any]) -> None:
    if tree.kind == "leaf":
        values[tree.index] = value
    for place, child in enumerate(tree.children):
        if tree.kind == "object":
            part = getattr(value, tree.keys[place])
        else:
            part = value[tree.keys[place] if tree.kind == "dict" else place]
        _take_apart(child, part, values)


class Evaluator:
    """Runs blocks. See the module's docstring for what a subclass says."""

    def lifted(self, value: Any) -> Any:
        """A value that does not vary."""
        raise NotImplementedError

    def plain(self, value: Any) -> Any:
        """The plain value of a value (of numbers, arrays; not of lists)."""
        raise NotImplementedError

    def operation(self, stmt: Apply, args: list[Any]) -> list[Any]:
        """The results of a statement that is not about lists or calls."""
        raise NotImplementedError

    def decided(self, value: Any) -> None:
        """Told of every value that decides a branch, a loop or an index."""

    def branched(self, stmt: If, value: Any) -> None:
        """Told of every branch, with the value that decides it."""
        self.decided(value)

    def turned(self, number: int) -> None:
        """Told of every round of a loop."""

    def bind(self, variables: Sequence[Var], values: Iterable[Any], env: Env) -> None:
        """Let variables stand for values."""
        env.update(zip(variables, values))

    def collected(self, entries: list[Any], out: Var) -> Any:
        """The list that a loop has collected."""
        return entries

    # --- blocks ---

    def function(self, function: Function, args: Sequence[Any]) -> list[Any]:
        return self.block(function.body, dict(zip(function.params, args)))

    def block(self, block: Block, env: Env) -> list[Any]:
        for stmt in block.stmts:
            if isinstance(stmt, Apply):
                outs = self.apply(stmt, [self.arg(a, env) for a in stmt.args])
            elif isinstance(stmt, If):
                value = self.arg(stmt.test, env)
                self.branched(stmt, value)
                outs = self.block(stmt.then if self.number(value) else stmt.orelse, env)
            else:
                outs = self.loop(stmt, env)
            self.bind(stmt.outs, outs, env)
        return [self.arg(r, env) for r in block.results]

    def arg(self, arg: Arg, env: Env) -> Any:
        if isinstance(arg, Var):
            return env[arg]
        if isinstance(arg, Const):
            return self.lifted(arg.value)
        if isinstance(arg, Pack):
            return tuple(self.arg(i, env) for i in arg.items)
        assert isinstance(arg, Cut), arg
        return slice(*(self.arg(p, env) for p in (arg.start, arg.stop, arg.step)))

    def number(self, value: Any) -> Any:
        """The plain value of any value: of numbers and arrays, tuples, slices and lists of them."""
        if isinstance(value, (tuple, list)):
            return type(value)(self.number(v) for v in value)
        if isinstance(value, slice):
            return slice(*(self.number(p) for p in (value.start, value.stop, value.step)))
        return self.plain(value)

    def loop(self, stmt: For | While, env: Env) -> list[Any]:
        count, first = len(stmt.inits), int(stmt.breaks)
        carried = [self.arg(a, env) for a in stmt.inits]
        stacked: list[list[Any]] = [[] for _ in stmt.outs[count:]]
        for number, item in enumerate(self.rounds(stmt, env)):
            self.turned(number)
            if isinstance(stmt, While):
                self.bind(stmt.test.params, carried, env)
                go_on = self.block(stmt.test, env)[0]
                self.decided(go_on)
                if not self.number(go_on):
                    break
            self.bind(stmt.body.params, [*item, *carried], env)
            results = self.block(stmt.body, env)
            carried = results[first : first + count]
            for record, entry in zip(stacked, results[first + count :]):
                record.append(entry)
            if first:
                self.decided(results[0])
                if self.number(results[0]):
                    break
        if isinstance(stmt, For) and isinstance(stmt.over, Range) and stmt.over.backward:
            stacked = [record[::-1] for record in stacked]
        return [*carried, *(self.collected(r, o) for r, o in zip(stacked, stmt.outs[count:]))]

    def rounds(self, stmt: For | While, env: Env) -> Iterable[tuple[Any, ...]]:
        if isinstance(stmt, While):
            return iter(lambda: (), None)
        over = stmt.over
        assert isinstance(over, Range)
        ends = [self.arg(p, env) for p in (over.start, over.stop, over.step)]
        for end in ends:
            self.decided(end)
        items = range(*(self.number(e) for e in ends))
        return [(self.lifted(i),) for i in (reversed(items) if over.backward else items)]

    # --- statements ---

    def apply(self, stmt: Apply, args: list[Any]) -> list[Any]:
        name = stmt.op.name
        if name in SKIPPED:
            return []
        if name == "call":
            callee = self.number(args[0])
            assert isinstance(callee, Callee) and callee.function is not None
            return self.function(callee.function, args[1:])
        if name in LISTS and any(isinstance(a, list) for a in args) or name == "list":
            return [LISTS[name](self, *args)]
        if any(map(_holds_list, args)) and name in ("format", "join", "contains"):
            return [self.lifted(v) for v in concrete.run(stmt, [self.number(a) for a in args])]
        return self.operation(stmt, [tuple(a) if isinstance(a, list) else a for a in args])

    def add(self, a: Any, b: Any) -> Any:
        """The sum of two values, lists entry by entry."""
        if isinstance(a, list):
            return [self.add(x, y) for x, y in zip(a, b, strict=True)]
        python = all(type(self.number(x)) in (bool, int, float, complex) for x in (a, b))
        return self.operation(_ADD_PYTHON if python else _ADD, [a, b])[0]

    def zeros(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.zeros(v) for v in value]
        return self.lifted(runtime.zeros_like(self.number(value)))


def _holds_list(arg: Any) -> bool:
    return isinstance(arg, list) or isinstance(arg, tuple) and any(map(_holds_list, arg))


# What the function itself does when it is called: prints, tests, what it leaves in its arguments.
SKIPPED = {
    "effect",
    "require",
    "write_back",
    "write_paths",
    "require_apart",
    "require_distinct",
    "require_contiguous",
    "require_in_order",
    "require_dtype",
}


# --- lists --------------------------------------------------------------------------------------


def _getitem(run: Evaluator, xs: Any, index: Any) -> Any:
    run.decided(index)
    return xs[run.number(index)]


def _add_at(run: Evaluator, xs: Any, index: Any, v: Any) -> Any:
    run.decided(index)
    place = run.number(index)
    result = list(xs)
    result[place] = run.add(result[place], v)
    return result


def _set_at(run: Evaluator, xs: Any, index: Any, v: Any) -> Any:
    run.decided(index)
    result = list(xs)
    result[run.number(index)] = v
    return result


def _list_sum(run: Evaluator, xs: Any) -> Any:
    total = run.lifted(0)
    for x in xs:
        total = run.add(total, x)
    return total


LISTS: dict[str, Any] = {
    "getitem": _getitem,
    "add_at": _add_at,
    "set_at": _set_at,
    "set_last": _set_at,
    "scatter": lambda run, v, like, index: _add_at(run, run.zeros(like), index, v),
    "append": lambda run, xs, v: [*xs, v],
    "drop_last": lambda run, xs: xs[:-1],
    "list": lambda run, items: list(items),
    "list_sum": _list_sum,
    "join_lists": lambda run, a, b: a + b,
    "add_lists": lambda run, a, b: run.add(a, b),
    "zeros_like": lambda run, x: run.zeros(x),
    "blank": lambda run, x: run.zeros(x),
    "length": lambda run, x: run.lifted(len(x)),
    "copy": lambda run, x: list(x),
    "identity": lambda run, x: x,
    "stop_gradient": lambda run, x: _constant(run, x),
    "hooked": lambda run, x, hook: x,
}


def _constant(run: Evaluator, x: Any) -> Any:
    return [_constant(run, v) for v in x] if isinstance(x, list) else run.lifted(run.number(x))
