"""What is asked for, resolved against a function's parameters; misuse is said here.

before   a function, and wrt as a position, a name or a tuple of them
after    a Request (`transform.request`)
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from srcdiff.errors import NOWHERE, ArgumentsError, Diagnostic
from srcdiff.ops.table import row_of
from srcdiff.structure import copied, mapped
from srcdiff.transform.request import Request

Kind = inspect.Parameter


def misuse(code: str, message: str, hint: str = "") -> ArgumentsError:
    return ArgumentsError(Diagnostic(code, message, NOWHERE, (), hint))


def request_for(
    kind: str, function: Any, wrt: Any, has_aux: bool = False, of: Any = None
) -> Request:
    """Resolve what was asked for against the function's parameters."""
    if not callable(function):
        raise misuse("SD510", f"{kind} of {function!r}, which is not a function")
    parameters = signature_of(function).parameters
    names = tuple(parameters)
    single = not isinstance(wrt, (tuple, list))
    chosen = tuple(_parameter(function, parameters, w) for w in ([wrt] if single else wrt))
    if not chosen:
        raise misuse("SD511", "wrt names no argument")
    if len(set(chosen)) != len(chosen):
        raise misuse("SD511", f"wrt names an argument twice: {wrt!r}")
    star = next((n for n, p in parameters.items() if p.kind is p.VAR_POSITIONAL), "")
    rest = next((n for n, p in parameters.items() if p.kind is p.VAR_KEYWORD), "")
    own = function_name(function)
    left, one = left_in(function, of)
    return Request(kind, function, own, names, chosen, single, has_aux, star, rest, left, one)


def left_in(function: Any, outputs: Any) -> tuple[tuple[str, ...], bool]:
    """The arguments that hold what is differentiated, and whether it is one that was named."""
    if outputs is None:
        return (), False
    one = not isinstance(outputs, (tuple, list))
    parameters = inspect.signature(function).parameters
    names = [outputs] if one else outputs
    return tuple(_parameter(function, parameters, w) for w in names), one


def signature_of(function: Any) -> inspect.Signature:
    """The signature of a function; what a function of the table may leave out is rest and options.

    NumPy's optional arguments mean something by not being given, so their defaults are not passed on.

    Raises ArgumentsError when the parameters are not known.
    """
    row = row_of(function)
    try:
        signature = _own_signature(function) or inspect.signature(function)
    except (TypeError, ValueError):
        if row is None or not row.operands:
            raise misuse(
                "SD510", f"the parameters of {function!r} are not known", "wrap it in a def"
            ) from None
        return _open(row.operands)
    if row is None or row.user:
        return signature
    needed = [p for p in signature.parameters.values() if p.default is p.empty]
    if len(needed) == len(signature.parameters):
        return signature
    return _open([p.name for p in needed if p.kind <= p.POSITIONAL_OR_KEYWORD])


def _own_signature(function: Any) -> inspect.Signature | None:
    """That of a wrapper (`functools.wraps`) that names its parameters itself: they have its defaults."""
    wraps = isinstance(function, types.FunctionType) and hasattr(function, "__wrapped__")
    if not wraps or hasattr(function, "__signature__"):
        return None
    own = inspect.signature(function, follow_wrapped=False)
    kinds = {p.kind for p in own.parameters.values()}
    return None if kinds & {Kind.VAR_POSITIONAL, Kind.VAR_KEYWORD} else own


def _open(names: Sequence[str]) -> inspect.Signature:
    """Some arguments, and whatever else is given."""
    parameters = [Kind(n, Kind.POSITIONAL_OR_KEYWORD) for n in names]
    parameters += [Kind("rest", Kind.VAR_POSITIONAL), Kind("options", Kind.VAR_KEYWORD)]
    return inspect.Signature(parameters)


def function_name(function: Any) -> str:
    name: str = getattr(function, "__name__", type(function).__name__)
    return name if name.isidentifier() else "function"


def positional_names(function: Any, count: int) -> tuple[str, ...]:
    """Names for `count` positional arguments, those of *args numbered."""
    if not callable(function):
        raise misuse("SD510", f"{function!r} is not a function")
    names: list[str] = []
    for p in signature_of(function).parameters.values():
        if p.kind is p.VAR_POSITIONAL:
            names += [f"{p.name}_{k}" for k in range(count - len(names))]
        elif p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD):
            names.append(p.name)
    if len(names) < count:
        raise misuse(
            "SD512", f"{count} primals for a function of {len(names)} positional arguments"
        )
    return tuple(names[:count])


def _parameter(function: Any, parameters: Mapping[str, inspect.Parameter], which: Any) -> str:
    """The name of the argument that a position or a name means; entries of *args are args[k]."""
    names = tuple(parameters)
    stars = [k for k, p in enumerate(parameters.values()) if p.kind is p.VAR_POSITIONAL]
    if stars and type(which) is int and which >= stars[0]:
        return f"{names[stars[0]]}[{which - stars[0]}]"
    name = getattr(function, "__name__", repr(function))
    if isinstance(which, str):
        if which in names:
            return which
        raise misuse(
            "SD511", f"{name} has no argument {which!r}", f"its arguments are {', '.join(names)}"
        )
    if isinstance(which, int) and not isinstance(which, bool):
        if -len(names) <= which < len(names):
            return str(names[which])
        raise misuse("SD511", f"{name} has no argument at position {which}: it has {len(names)}")
    raise misuse("SD511", f"wrt is a position, a name, or a tuple of them, not {which!r}")


def by_argument(kind: str, function: Any, wrt: Any, compute: Callable[..., Any]) -> Any:
    """A function of the arguments of `function` that computes a matrix for each argument of `wrt`.

    compute(request, name, args, keywords) gives the value, and the matrix by one argument in the
    structure of the value; by several, a tuple stands in the place of each leaf. With no function, a
    decorator.
    """
    if function is None:
        return lambda f: by_argument(kind, f, wrt, compute)
    request = request_for(kind, function, wrt)

    @functools.wraps(function)
    def computed(*args: Any, **keywords: Any) -> Any:
        if request.single:
            return compute(request, request.wrt[0], args, keywords)[1]
        before = copied((args, keywords)) if len(request.wrt) > 1 else None
        value, first = compute(request, request.wrt[0], args, keywords)
        parts = [first]
        for name in request.wrt[1:]:  # the first may have changed its arguments
            parts.append(compute(request, name, *copied(before))[1])
        return mapped(lambda _, *blocks: blocks, value, *parts)

    computed.__srcdiff_matrix__ = request  # type: ignore[attr-defined]
    return computed
