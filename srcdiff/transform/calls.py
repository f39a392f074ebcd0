"""Calls on abstract values: the index of what can be called.

Python functions are in `transform.functions`, rows of the table in `transform.row_calls`, classes in
`transform.construct`. What a builtin or a NumPy function without a row means is in
`transform.intrinsics`, `iterables`, `arrays` and `methods`.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable
from typing import Any

from srcdiff.errors import Refused
from srcdiff.ops.syntax import Keys, Namespace
from srcdiff.ops.table import DECIDED, Row, row_of
from srcdiff.transform import recursion
from srcdiff.transform.construct import construct
from srcdiff.transform.functions import Keywords, bind, call_function, constant
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.iterators import at_once, for_the_program
from srcdiff.transform.meet import describe
from srcdiff.transform.outside import class_attribute, state
from srcdiff.transform.row_calls import apply_row
from srcdiff.transform.values import (
    NUMBER,
    Abstract,
    Choice,
    Closure,
    Iter,
    Made,
    Method,
    Record,
    Seq,
    Static,
)

Run = Instantiator
Intrinsic = Callable[..., Abstract]

INTRINSICS: dict[Any, Intrinsic] = {}
MATRIX: list[Callable[..., Abstract]] = []  # what a Jacobian means, entered by `srcdiff.inside`
LAZY = (zip, enumerate, map, filter)  # they look at the items when somebody wants theirs
METHODS: dict[str, Intrinsic] = {}


def intrinsic(*functions: Any) -> Callable[[Intrinsic], Intrinsic]:
    """Decorator: what calling these functions means, as handler(run, *args, **keywords)."""

    def enter(handler: Intrinsic) -> Intrinsic:
        for function in functions:
            INTRINSICS[function] = handler
        return handler

    return enter


def method(*names: str) -> Callable[[Intrinsic], Intrinsic]:
    """Decorator: what a method of a built-in type means, as handler(run, owner, *args)."""

    def enter(handler: Intrinsic) -> Intrinsic:
        for name in names:
            METHODS[name] = handler
        return handler

    return enter


def call_packed(run: Run, callee: Abstract, args: Abstract, keywords: Abstract) -> Abstract:
    """A call as the syntax has it: arguments in a Seq, keywords as (name, value) pairs."""
    assert isinstance(args, Seq) and isinstance(keywords, Seq)
    named: list[tuple[str, Abstract]] = []
    for pair in keywords.items:
        if isinstance(pair, Iter):
            named += spread(run, pair).entries
        else:
            assert isinstance(pair, Seq)
            named.append((run.static(pair.items[0], "a keyword"), pair.items[1]))
    run.sound(callee)
    for value in (*args.items, *(v for _, v in named)):
        run.sound(value)
    take = for_the_program if _is_of_the_program(callee) else at_once
    return call(run, callee, tuple(take(run, a) for a in args.items), tuple(named))


def spread(run: Run, mapping: Iter) -> Record:
    """The dict that ** spreads."""
    value = mapping.parts[0]
    if not isinstance(value, Record):
        raise run.refusal("SD340", f"** of {describe(value)}")
    require_dict(run, value)
    return value


def require_dict(run: Run, a: Record) -> None:
    """Refuse what is no dict, or one whose keys only the run knows, where its entries are wanted."""
    if a.cls is not dict:
        raise run.refusal("SD340", f"the keys of {describe(a)} must be known while compiling")


def _is_of_the_program(callee: Abstract) -> bool:
    """Whether a call runs statements of the program, which may loop over an argument when they like."""
    if isinstance(callee, Method):
        return isinstance(callee.target, types.FunctionType)
    if not isinstance(callee, Static) or any(callee.value is f for f in LAZY):
        return True
    function = callee.value
    if isinstance(function, type):
        return function not in INTRINSICS and function.__module__ != "builtins"
    return not (
        isinstance(function, types.BuiltinFunctionType)
        or row_of(function)
        or _hashable(function)
        and function in INTRINSICS
    )


def call(run: Run, callee: Abstract, args: tuple[Abstract, ...], keywords: Keywords) -> Abstract:
    """callee(*args, **keywords)"""
    if isinstance(callee, Static):
        return _call_static(run, callee.value, args, keywords)
    if isinstance(callee, Closure):
        values = bind(run, callee.template, args, keywords, callee.defaults)
        values = (*callee.captures, *values)
        return recursion.call_template(run, callee.template, values, callee.apart)
    if isinstance(callee, Method):
        return _call_method(run, callee, args, keywords)
    if isinstance(callee, Choice):
        then, orelse = callee.then, callee.orelse
        outs = run.fork(
            callee.test,
            lambda: (call(run, then, args, keywords),),
            lambda: (call(run, orelse, args, keywords),),
        )
        return run.load(outs[0])
    if isinstance(callee, Record):
        found = class_attribute(run, callee.cls, "__call__")
        if isinstance(found, types.FunctionType):
            return call_function(run, found, (callee, *args), keywords)
    raise run.refusal("SD324", f"{describe(callee)} cannot be called")


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _call_static(
    run: Run, function: Any, args: tuple[Abstract, ...], keywords: Keywords
) -> Abstract:
    known = INTRINSICS.get(function) if _hashable(function) else None
    if known is not None:
        return _call_intrinsic(run, known, args, keywords)
    row = row_of(function)
    if row is not None:
        return apply_row(run, row, args, keywords, function)
    if _hashable(function) and function in DECIDED:
        values = [run.static(a, "an argument of a decided function") for a in args]
        named = {k: run.static(v, "an argument of a decided function") for k, v in keywords}
        return Static(function(*values, **named))
    if hasattr(type(function), "__srcdiff__"):
        assert run.session.derivative is not None
        return run.session.derivative(run, function, args, keywords)
    if inspect.getattr_static(function, "__srcdiff_matrix__", None) is not None:
        return MATRIX[0](run, function, args, keywords)
    if isinstance(function, functools.partial):
        return _call_partial(run, function, args, keywords)
    if isinstance(function, type):
        return construct(run, function, args, keywords)
    if isinstance(function, types.FunctionType):
        return call_function(run, function, args, keywords)
    if isinstance(function, types.MethodType) and isinstance(function.__func__, types.FunctionType):
        owner = constant(run, function.__self__)
        return call_function(run, function.__func__, (owner, *args), keywords)
    wrapped = getattr(function, "__wrapped__", None)
    if isinstance(wrapped, types.FunctionType) and isinstance(
        function, functools._lru_cache_wrapper
    ):
        return call_function(run, wrapped, args, keywords)
    return _call_constant(run, function, args, keywords)


def _call_partial(
    run: Run, function: functools.partial[Any], args: tuple[Abstract, ...], keywords: Keywords
) -> Abstract:
    """The keywords of a partial object are a dict, which may change."""
    kept = tuple(constant(run, a) for a in function.args)
    holder = Namespace(function.keywords, owner=function.keywords)
    run.session.guard(holder, "", Keys(tuple(function.keywords)))
    named: dict[str, Abstract] = {}
    for name, value in function.keywords.items():
        if isinstance(value, NUMBER):
            run.session.guard(holder, name, value)
        named[name] = (
            Static(value) if isinstance(value, NUMBER) else state(run, holder, name, value)
        )
    named.update(keywords)
    return call(run, Static(function.func), (*kept, *args), tuple(named.items()))


def _call_constant(
    run: Run, function: Any, args: tuple[Abstract, ...], keywords: Keywords
) -> Abstract:
    """Methods of constants on constants are computed; callable objects are inlined."""
    own = getattr(function, "__self__", None)
    if isinstance(own, (str, int, float, tuple, bytes, frozenset)):
        values = [run.static(a, "an argument of a method of a constant") for a in args]
        named = {k: run.static(v, "an argument") for k, v in keywords}
        return Static(function(*values, **named))
    found = class_attribute(run, type(function), "__call__")
    if isinstance(found, types.FunctionType):
        return call_function(run, found, (constant(run, function), *args), keywords)
    raise no_rule(run, function)


def no_rule(run: Run, function: Any) -> Refused:
    """The refusal of a callable with neither source nor rule."""
    module = getattr(function, "__module__", None) or type(function).__module__
    name = f"{module}.{getattr(function, '__qualname__', type(function).__name__)}"
    return run.refusal(
        "SD201",
        f"{name} has neither Python source nor a rule",
        "write a rule for it (srcdiff.rules), declare its result constant "
        "(srcdiff.stop_gradient in a function of yours), or replace it",
    )


def _call_intrinsic(
    run: Run, handler: Intrinsic, args: tuple[Abstract, ...], keywords: Keywords
) -> Abstract:
    try:
        parameters_of(handler).bind(run, *args, **dict(keywords))
    except TypeError as error:
        raise run.refusal("SD325", f"this call is not known to srcdiff: {error}") from None
    return handler(run, *args, **dict(keywords))


@functools.cache
def parameters_of(handler: Intrinsic) -> inspect.Signature:
    """The parameters of what was written for the compiler."""
    return inspect.signature(handler)


def _call_method(
    run: Run, callee: Method, args: tuple[Abstract, ...], keywords: Keywords
) -> Abstract:
    if isinstance(callee.target, Row):
        return apply_row(
            run, callee.target, (callee.owner, *_gathered(callee.target, args)), keywords
        )
    if isinstance(callee.target, types.FunctionType):
        return call_function(run, callee.target, (callee.owner, *args), keywords)
    if isinstance(callee.target, Made):
        own = (Static(callee.target), callee.owner)
        return _call_intrinsic(run, callee.target.handler, (*own, *args), keywords)
    return _call_intrinsic(run, METHODS[callee.target], (callee.owner, *args), keywords)


def _gathered(row: Row, args: tuple[Abstract, ...]) -> tuple[Abstract, ...]:
    """x.reshape(2, 3) is x.reshape((2, 3))"""
    if not row.gathers or not args or isinstance(args[0], Seq):
        return args
    if isinstance(args[0], Static) and args[0].value is None:
        return args
    return (Seq("tuple", args),)
