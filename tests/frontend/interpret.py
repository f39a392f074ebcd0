"""An interpreter of the lowered form on real Python values: what `ops.syntax` means, executed."""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Callable, Iterator
from typing import Any

from srcdiff.frontend.lower import lower
from srcdiff.ir.core import (
    NEVER,
    UNDEFINED,
    Apply,
    Arg,
    Block,
    Const,
    Cut,
    For,
    If,
    Pack,
    Star,
    Stmt,
    Var,
    While,
)
from srcdiff.ir.walk import carried_params
from srcdiff.ops import syntax
from srcdiff.ops.syntax import Namespace, Parameter, Template

Kind = inspect.Parameter
Values = dict[Var, Any]

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "@": operator.matmul,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
}
AUGMENTED: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.iadd,
    "-": operator.isub,
    "*": operator.imul,
    "/": operator.itruediv,
    "//": operator.ifloordiv,
    "%": operator.imod,
    "**": operator.ipow,
    "@": operator.imatmul,
    "&": operator.iand,
    "|": operator.ior,
    "^": operator.ixor,
    "<<": operator.ilshift,
    ">>": operator.irshift,
}
COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "is": operator.is_,
    "is not": operator.is_not,
    "in": lambda x, y: x in y,
    "not in": lambda x, y: x not in y,
}
UNARY: dict[str, Callable[[Any], Any]] = {
    "-": operator.neg,
    "+": operator.pos,
    "~": operator.invert,
}


def interpret(fn: Callable[..., Any]) -> Callable[..., Any]:
    """The function, run through its lowered form."""
    defaults = getattr(fn, "__defaults__", None) or ()
    keyword = getattr(fn, "__kwdefaults__", None) or {}
    if inspect.ismethod(fn):
        return functools.partial(interpret(fn.__func__), fn.__self__)
    template = lower(fn)
    named = [p.name for p in template.parameters if p.kind is Kind.KEYWORD_ONLY and p.has_default]
    return closure(template, (), (*defaults, *(keyword[name] for name in named)))


def closure(
    template: Template, captures: tuple[Any, ...], defaults: tuple[Any, ...]
) -> Callable[..., Any]:
    signature = _signature(template.parameters, list(defaults))

    def call(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        values = (*captures, *bound.arguments.values())
        run = Run(template.namespace, dict(zip(template.function.params, values, strict=True)))
        (result,) = run.block(template.function.body)
        assert result is not UNDEFINED
        return result

    call.__name__ = template.name
    return call


def _signature(parameters: tuple[Parameter, ...], defaults: list[Any]) -> inspect.Signature:
    return inspect.Signature(
        [
            Kind(p.name, p.kind, default=defaults.pop(0) if p.has_default else Kind.empty)
            for p in parameters
        ]
    )


class Never(Exception):
    """Control came where the form says it never does."""


class Run:
    def __init__(self, namespace: Namespace, values: Values):
        self.namespace, self.values = namespace, values

    def block(self, block: Block) -> tuple[Any, ...]:
        for stmt in block.stmts:
            self.statement(stmt)
        return tuple(self.arg(atom) for atom in block.results)

    def statement(self, stmt: Stmt) -> None:
        if isinstance(stmt, Apply):
            self.apply(stmt)
        elif isinstance(stmt, If):
            test = self.arg(stmt.test)
            assert type(test) is bool
            self.define(stmt.outs, self.block(stmt.then if test else stmt.orelse))
        elif isinstance(stmt, For):
            items: Iterator[Any] = iter(self.arg(stmt.over))
            self.loop(stmt, lambda carried: self.next(items))
        else:
            self.loop(stmt, lambda carried: self.go_on(stmt, carried))

    def next(self, items: Iterator[Any]) -> tuple[Any, ...] | None:
        for item in items:
            return (item,)
        return None

    def go_on(self, stmt: While, carried: tuple[Any, ...]) -> tuple[Any, ...] | None:
        self.define(stmt.test.params, carried)
        (go_on,) = self.block(stmt.test)
        assert type(go_on) is bool
        return () if go_on else None

    def loop(self, stmt: For | While, step: Callable[[Any], tuple[Any, ...] | None]) -> None:
        count = len(stmt.inits)
        carried = tuple(self.raw(atom) for atom in stmt.inits)
        stacked: list[list[Any]] = [[] for _ in stmt.outs[count:]]
        while (item := step(carried)) is not None:
            self.define(stmt.body.params, (*item, *carried))
            results = self.block(stmt.body)
            stop, results = (results[0], results[1:]) if stmt.breaks else (False, results)
            carried = results[:count]
            for entries, value in zip(stacked, results[count:], strict=True):
                entries.append(value)
            if stop:
                break
        assert len(carried_params(stmt)) == count
        self.define(stmt.outs, (*carried, *stacked))

    def define(self, outs: tuple[Var, ...], values: tuple[Any, ...]) -> None:
        self.values.update(zip(outs, values, strict=True))

    def raw(self, arg: Any) -> Any:
        return self.values[arg] if isinstance(arg, Var) else arg.value

    def arg(self, arg: Arg) -> Any:
        if isinstance(arg, (Var, Const)):
            value = self.raw(arg)
            if value is NEVER:
                raise Never
            return value
        if isinstance(arg, Pack):
            return tuple(self.items(arg.items))
        assert isinstance(arg, Cut), arg
        return slice(self.arg(arg.start), self.arg(arg.stop), self.arg(arg.step))

    def items(self, args: tuple[Arg, ...]) -> Iterator[Any]:
        for arg in args:
            if isinstance(arg, Star):
                yield from self.arg(arg.value)
            else:
                yield self.arg(arg)

    def apply(self, stmt: Apply) -> None:
        if stmt.op is syntax.UNPACK:
            self.define(stmt.outs, self.unpack(*(self.arg(arg) for arg in stmt.args)))
            return
        value = OPS[stmt.op](self, *stmt.args)
        self.define(stmt.outs, (value,) if stmt.outs else ())

    def unpack(self, value: Any, before: int, after: int | None) -> tuple[Any, ...]:
        items = tuple(value)
        if after is None:
            if len(items) != before:
                raise ValueError("wrong number of values to unpack")
            return items
        if len(items) < before + after:
            raise ValueError("not enough values to unpack")
        end = len(items) - after
        return (*items[:before], list(items[before:end]), *items[end:])


def _call(run: Run, callee: Arg, args: Any, keywords: Any) -> Any:
    called = run.arg(callee)
    given = list(run.items(args.items))
    named: dict[str, Any] = {}
    for keyword in keywords.items:
        pairs = dict(run.arg(keyword.value)) if isinstance(keyword, Star) else _pair(run, keyword)
        if pairs.keys() & named.keys():
            raise TypeError("got multiple values for keyword argument")
        named.update(pairs)
    return called(*given, **named)


def _pair(run: Run, keyword: Any) -> dict[str, Any]:
    name, value = keyword.items
    return {name.value: run.arg(value)}


def _dict(run: Run, keys: Any, values: Any) -> Any:
    done: dict[Any, Any] = {}
    for key, value in zip(keys.items, values.items, strict=True):
        if isinstance(value, Star):
            done.update(run.arg(value.value))
        else:
            done[run.arg(key)] = run.arg(value)
    return done


def _function(run: Run, template: Any, captures: Any, defaults: Any) -> Any:
    taken = tuple(run.raw(atom) for atom in captures.items)
    return closure(template.value, taken, run.arg(defaults))


def _raise(run: Run, error: Arg, cause: Any) -> Any:
    if cause == Const(None):
        raise run.arg(error)
    raise run.arg(error) from run.arg(cause)


def _defined(run: Run, value: Any, name: Any) -> Any:
    if run.raw(value) is UNDEFINED:
        raise UnboundLocalError(f"{name.value} is not bound")
    return run.arg(value)


def _format(run: Run, value: Arg, conversion: Any, spec: Arg) -> str:
    convert = {"": lambda x: x, "r": repr, "s": str, "a": ascii}[conversion.value]
    return format(convert(run.arg(value)), run.arg(spec))


OPS: dict[Any, Callable[..., Any]] = {
    syntax.NAME: lambda run, name: run.namespace.lookup(name.value),
    syntax.ATTRIBUTE: lambda run, x, name: getattr(run.arg(x), name.value),
    syntax.ITEM: lambda run, x, index: run.arg(x)[run.arg(index)],
    syntax.CALL: _call,
    syntax.UNARY: lambda run, op, x: UNARY[op.value](run.arg(x)),
    syntax.BINARY: lambda run, op, x, y: BINARY[op.value](run.arg(x), run.arg(y)),
    syntax.AUGMENTED: lambda run, op, x, y: AUGMENTED[op.value](run.arg(x), run.arg(y)),
    syntax.COMPARE: lambda run, op, x, y: COMPARE[op.value](run.arg(x), run.arg(y)),
    syntax.NOT: lambda run, x: not run.arg(x),
    syntax.TRUTH: lambda run, x: bool(run.arg(x)),
    syntax.TUPLE: lambda run, *items: tuple(run.items(items)),
    syntax.LIST: lambda run, *items: list(run.items(items)),
    syntax.SET: lambda run, *items: set(run.items(items)),
    syntax.DICT: _dict,
    syntax.FORMAT: _format,
    syntax.JOIN: lambda run, *parts: "".join(run.items(parts)),
    syntax.FUNCTION: _function,
    syntax.RAISE: _raise,
    syntax.DEFINED: _defined,
    syntax.APPEND: lambda run, items, value: [*run.arg(items), run.arg(value)],
    syntax.MOMENT: lambda run: None,
    syntax.GENERATOR: lambda run, items, since: iter(run.arg(items)),
}
