"""Any call as one of a function of positional arguments, those to differentiate by in front.

before   f(a, *b, scale=2.0) called as f(1.0, 2.0, 3.0, scale=4.0), by scale
after    def f(scale, a, b_0, b_1):
             return function(a, b_0, b_1, scale=scale)

The text is written for the names of the arguments, compiled as Python and known to linecache, so to
the compiler it is a function like any other. A function that has this form already stays itself.
"""

from __future__ import annotations

import hashlib
import inspect
import linecache
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from srcdiff.api.compiled import kept
from srcdiff.api.requests import function_name, signature_of


@dataclass(frozen=True)
class Arranged:
    """A function of positional arguments, and the arguments."""

    function: Callable[..., Any]
    primals: tuple[Any, ...]


@dataclass(frozen=True)
class _Argument:
    """One argument of a call: how `wrt` names it, whether it is passed by keyword, its value."""

    name: str
    keyword: str
    value: Any


def arranged(
    function: Any, wrt: Sequence[str], args: tuple[Any, ...], keywords: dict[str, Any]
) -> Arranged:
    """The call f(*args, **keywords) with the arguments named by `wrt` in front.

    Raises TypeError, as the function would, when the arguments do not fit it.
    """
    signature = kept(function, "signature", lambda: signature_of(function))
    if not keywords and wrt == kept(
        function, ("first", len(args)), lambda: _first(signature, len(args))
    ):
        return Arranged(function, args)
    given = list(_arguments(signature, args, keywords))
    places = [next((k for k, a in enumerate(given) if a.name == w), -1) for w in wrt]
    if -1 in places:
        raise TypeError(f"{function_name(function)}() was not given its argument {wrt[0]!r}")
    order = [*places, *(k for k in range(len(given)) if k not in places)]
    primals = tuple(given[k].value for k in order)
    if order == list(range(len(given))) and not any(a.keyword for a in given):
        return Arranged(function, primals)
    form = tuple((a.name, a.keyword) for a in given)
    made = kept(function, ("arranged", form, tuple(order)), lambda: _adapter(function, form, order))
    return Arranged(made, primals)


def _first(signature: inspect.Signature, count: int) -> tuple[str, ...]:
    """The first parameter, where so many positional arguments are all that there are; else nothing."""
    kinds = {p.kind for p in signature.parameters.values()}
    plain = kinds <= {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    return tuple(signature.parameters)[:1] if plain and count == len(signature.parameters) else ()


def _arguments(
    signature: inspect.Signature, args: tuple[Any, ...], keywords: dict[str, Any]
) -> Iterator[_Argument]:
    bound = signature.bind(*args, **keywords)
    bound.apply_defaults()
    for name, value in bound.arguments.items():
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            yield from (_Argument(f"{name}[{k}]", "", v) for k, v in enumerate(value))
        elif kind is inspect.Parameter.VAR_KEYWORD:
            yield from (_Argument(key, key, v) for key, v in value.items())
        else:
            yield _Argument(name, name if kind is inspect.Parameter.KEYWORD_ONLY else "", value)


def _adapter(function: Any, form: Sequence[tuple[str, str]], order: Sequence[int]) -> Any:
    """The function that takes the arguments in the order wanted and passes them as the call did."""
    names: list[str] = []
    for name, _ in form:
        names.append(unused(name.replace("[", "_").rstrip("]"), names))
    own = function_name(function)
    callee = unused("function", [*names, own])
    passed = [f"{k}={n}" if k else n for n, (_, k) in zip(names, form)]
    heading = ", ".join(names[k] for k in order)
    text = f"def {own}({heading}):\n    return {callee}({', '.join(passed)})\n"
    return from_text(text, own, {callee: function})


def from_text(text: str, name: str, scope: dict[str, Any]) -> Any:
    """The function of a name that some text defines, with a source that the compiler finds."""
    filename = f"<srcdiff {name} {hashlib.sha256(text.encode()).hexdigest()[:8]}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    scope["__name__"] = "srcdiff.generated"
    exec(compile(text, filename, "exec"), scope)
    return scope[name]


def unused(name: str, taken: Collection[str]) -> str:
    """The name, with underscores after it until it is none of those taken."""
    while name in taken:
        name += "_"
    return name
