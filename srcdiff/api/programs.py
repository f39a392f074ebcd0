"""Typed programs to be run statement by statement: one per signature, as with generated code."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from srcdiff.api.compiled import Compiled, kept
from srcdiff.api.requests import positional_names
from srcdiff.dispatch import Variant
from srcdiff.evaluate.interpret import leaves_of
from srcdiff.ir.core import Apply, Function
from srcdiff.ir.walk import statements
from srcdiff.transform.decisions import Decisions
from srcdiff.transform.pipeline import tidy
from srcdiff.transform.specialise import Primal, specialise

POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD


class Programs(Compiled):
    """The typed forms of a function of `count` positional arguments."""

    def __init__(self, function: Callable[..., Any], count: int):
        names = positional_names(function, count)
        signature = inspect.Signature([inspect.Parameter(n, POSITIONAL) for n in names])
        super().__init__(function, signature, function)

    def compile(self, bound: inspect.BoundArguments) -> Variant:
        found, _ = specialise(self.target, bound)
        typed = tidy(found.function)
        primal = replace(found, function=typed, decisions=Decisions())
        return Variant(primal, self.target, more=_by_decree(found.function))


def _by_decree(function: Function) -> bool:
    """Whether a derivative in the program is what somebody says, and not what the values do."""
    ops = [s.op for s in statements(function.body) if isinstance(s, Apply)]
    return any(getattr(op, "user", False) or op.name == "stop_gradient" for op in ops)


def second_derivatives_agree(function: Any, args: tuple[Any, ...]) -> bool:
    """Whether the second derivatives of a program are sure to be the same in either order.

    Not where a part is kept from being differentiated (stop_gradient), nor where a rule of the user's
    says what a derivative is.
    """
    return not _programs(function, len(args)).made_for(*args).more


def typed_program(function: Any, args: tuple[Any, ...]) -> tuple[Primal, list[Any]]:
    """The typed form of a function for some arguments, and the values of its parameters."""
    variant = _programs(function, len(args)).made_for(*args)
    return variant.primal, leaves_of(variant.primal, args)


def _programs(function: Any, count: int) -> Programs:
    made: Programs = kept(function, ("typed", count), lambda: Programs(function, count))
    return made
