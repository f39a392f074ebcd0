"""What a derivative file holds: derivatives of functions, asked for by kind, order and argument.

Ask(loss, "grad", ("w",))            gradient
Ask(loss, "jvp")                     value and tangent (forward mode)
Ask(layer, "vjp", ("W",))            value and cotangents, for a seed: the cotangent of the value
Ask(loss, "grad", ("w",), order=2)   value of the gradient and its tangent (forward over reverse);
                                     of a number the gradient of the gradient
Ask(loss, "primal")                  the function itself, calls inlined
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from srcdiff.errors import refuse
from srcdiff.ir.core import Function
from srcdiff.structure import copied
from srcdiff.transform.pipeline import tidy
from srcdiff.transform.request import Request
from srcdiff.transform.specialise import Primal, specialise

KINDS = ("grad", "value_and_grad", "jvp", "vjp")


class Asked:
    """A derivative as the compiler knows one: an object that tells its request."""

    __srcdiff__ = True

    def __init__(self, request: Request, signature: inspect.Signature):
        self.request = request
        self.__signature__ = signature
        self.__name__ = request.name

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        raise TypeError("a derivative that is asked for is compiled, not called")


@dataclass(frozen=True)
class Ask:
    """A derivative of a function that is wanted."""

    function: Any
    kind: str = "grad"
    wrt: tuple[str, ...] = ()
    single: bool = True
    has_aux: bool = False
    order: int = 1

    def __post_init__(self) -> None:
        if self.kind not in (*KINDS, "primal"):
            raise refuse("SD716", f"no kind {self.kind!r} of derivative", hint=", ".join(KINDS))
        if self.order < 1:
            raise refuse("SD716", f"no derivative of order {self.order}", hint="1, 2, ...")

    @property
    def name(self) -> str:
        """The name of the function that is asked for."""
        name = getattr(self.function, "__name__", type(self.function).__name__)
        return name if name.isidentifier() else "function"

    @property
    def base(self) -> Ask:
        """What this is the derivative of."""
        if self.order == 1:
            return replace(self, kind="primal")
        return replace(self, order=self.order - 1)


def outer_kind(ask: Ask, arguments: Mapping[str, Any]) -> str:
    """What the last derivative is: of a gradient by one number a gradient, else a jvp."""
    if ask.order == 1 or ask.kind != "grad":
        return ask.kind if ask.order == 1 else "jvp"
    number = ask.single and isinstance(arguments[ask.wrt[0]], (float, np.floating))
    return "grad" if number and not ask.has_aux else "jvp"


def derivative(ask: Ask, arguments: Mapping[str, Any]) -> tuple[Any, dict[str, Any], str]:
    """The object to compile, the arguments it takes, and the name for it.

    arguments: those of the function, by name. A jvp also takes a tangent for each, a vjp a seed.
    """
    if ask.kind == "primal":
        return ask.function, dict(arguments), ask.name
    base, taken, name = derivative(ask.base, arguments)
    kind = outer_kind(ask, arguments)
    wrt = tuple(taken) if kind == "jvp" else ask.wrt
    star = _starred(base) if kind != "jvp" else ""
    request = Request(kind, base, name, tuple(taken), wrt, ask.single, _aux(ask, kind), star)
    made = f"{name}_{kind}"
    if kind == "jvp":
        prefixes = ("d_", *(f"d{k}_" for k in range(2, ask.order + 2)))
        prefix = next(p for p in prefixes if not {p + n for n in taken} & set(taken))
        taken = {**taken, **{f"{prefix}{n}": still(v) for n, v in taken.items()}}
        return Asked(request, _positional([*taken])), taken, made
    if kind == "vjp":
        seed = next(n for n in ("seed", "b_seed", f"seed_of_{name}") if n not in taken)
        taken = {**taken, seed: value_at(ask.function, taken)}
        return Asked(request, _positional([*taken])), taken, made
    return Asked(request, inspect.signature(base)), taken, made


def value_at(function: Any, arguments: Mapping[str, Any]) -> Any:
    """What a function returns for arguments by name, which are left as they are."""
    signature = inspect.signature(function)
    bound = inspect.BoundArguments(signature, dict(copied(arguments)))
    return function(*bound.args, **bound.kwargs)


def _aux(ask: Ask, kind: str) -> bool:
    return ask.has_aux and ask.order == 1 and kind not in ("jvp", "vjp")


def _starred(function: Any) -> str:
    parameters = inspect.signature(function).parameters.values()
    return next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), "")


def _positional(names: list[str]) -> inspect.Signature:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Signature([inspect.Parameter(n, kind) for n in names])


def still(value: Any) -> Any:
    """A value of the same structure whose floating numbers are zero: the tangent of a constant.

    >>> still({"a": (1.0, 2), "f": None})
    {'a': (0.0, 2), 'f': None}
    """
    if isinstance(value, np.ndarray):
        return np.zeros_like(value)
    if isinstance(value, (tuple, list)):
        items = [still(v) for v in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, dict):
        return {k: still(v) for k, v in value.items()}
    if isinstance(value, (float, complex, np.inexact)):
        return type(value)(0.0)
    return _still_object(value) if _has_fields(value) else value


def _has_fields(value: Any) -> bool:
    """Whether a value is an instance that the compiler takes apart."""
    if isinstance(value, (type, types.ModuleType, types.FunctionType, types.MethodType)):
        return False
    fields = hasattr(value, "__dict__") or hasattr(value, "__dataclass_fields__")
    return fields and not hasattr(type(value), "__srcdiff__")


def _still_object(value: Any) -> Any:
    made = object.__new__(type(value))
    names = [*vars(value)] if hasattr(value, "__dict__") else [*value.__dataclass_fields__]
    for name in names:
        object.__setattr__(made, name, still(getattr(value, name)))
    return made


def compiled(ask: Ask, arguments: Mapping[str, Any]) -> tuple[Primal, dict[str, Any]]:
    """The typed function of a derivative, named and described, and the arguments it was made for.

    Raises Refused and ArgumentsError as compiling does.
    """
    made, taken, name = derivative(ask, arguments)
    signature = inspect.signature(made)
    primal, _ = specialise(made, inspect.BoundArguments(signature, dict(taken)))
    typed = tidy(replace(primal.function, name=name, doc=description(ask, arguments)))
    return replace(primal, function=typed), taken


def description(ask: Ask, arguments: Mapping[str, Any]) -> str:
    """The docstring of a generated function."""
    if ask.kind == "primal":
        return f"{ask.name}, with what it calls in place."
    kind, wrt = outer_kind(ask, arguments), ", ".join(ask.wrt)
    if ask.order > 1:
        inner = derivative(ask.base, arguments)[2]
        if kind == "jvp":
            return f"Value of {inner} and its tangent along the d_ arguments."
        return f"Gradient of {inner} with respect to {wrt}."
    if kind == "jvp":
        return f"Value of {ask.name} and its tangent along the d_ arguments."
    if kind == "vjp":
        return f"Value of {ask.name} and the cotangent of {wrt} for a seed, the cotangent of the value."
    what = "Gradient" if kind == "grad" else "Value and gradient"
    return f"{what} of {ask.name} with respect to {wrt}."


__all__ = ["KINDS", "Ask", "Asked", "Function", "compiled", "derivative", "description", "still"]
