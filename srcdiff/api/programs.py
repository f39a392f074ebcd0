"""Typed programs to be run statement by statement: one per signature, as with generated code."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from srcdiff.api.compiled import Compiled, kept
from srcdiff.api.requests import positional_names
from srcdiff.dispatch import Variant
from srcdiff.evaluate.interpret import leaves_of
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
        primal = Primal(typed, found.paths, found.hidden, found.guards, found.fixed)
        return Variant(primal, self.target)


def typed_program(function: Any, args: tuple[Any, ...]) -> tuple[Primal, list[Any]]:
    """The typed form of a function for some arguments, and the values of its parameters."""
    made: Programs = kept(function, ("typed", len(args)), lambda: Programs(function, len(args)))
    variant = made.made_for(*args)
    return variant.primal, leaves_of(variant.primal, args)
