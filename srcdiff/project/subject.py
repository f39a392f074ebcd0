"""A function to verify or to write a derivative of: which derivative, at which arguments."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from srcdiff.api import Derivative
from srcdiff.api.requests import request_for
from srcdiff.errors import Refused, refuse
from srcdiff.files.ask import Ask
from srcdiff.project import literals
from srcdiff.project.config import Config
from srcdiff.project.target import Found, primal_of, resolve

EXAMPLES: dict[str, type] = {"float": float, "int": int, "bool": bool}


@dataclass(frozen=True)
class Subject:
    """A derivative to look at, and example arguments by name."""

    found: Found
    derivative: Derivative
    arguments: dict[str, Any]
    order: int = 1
    rtol: float | None = None

    @property
    def ask(self) -> Ask:
        request = self.derivative.request
        return Ask(
            request.function, request.kind, request.wrt, request.single, request.has_aux, self.order
        )


def subject(
    found: Found,
    config: Config,
    *,
    at: str = "",
    wrt: Sequence[str] = (),
    kind: str = "",
    order: int = 0,
    folder: Path | None = None,
) -> Subject:
    """The derivative of what a target names, with example arguments.

    at, wrt, order: instead of what the configuration says.  folder: of the files named by `at`.

    Raises Refused: SD703 where there are no example arguments, SD704 and SD705 where they cannot be
    read; ArgumentsError where `wrt` names no argument.
    """
    example = config.example(found.target, found.path)
    derivative = derivative_of(found.value, tuple(wrt) or example.wrt, kind)
    chosen = derivative.request.wrt
    function = primal_of(derivative)
    if at:
        arguments = literals.arguments(at, function, chosen, folder)
    elif example.at:
        arguments = literals.arguments(example.at, function, chosen, config.folder)
    elif example.args:
        arguments = _made(example.args, function)
    else:
        arguments = _from_annotations(found.target, function)
    return Subject(found, derivative, arguments, order or example.order, example.rtol)


def of_arguments(
    derivative: Derivative, arguments: dict[str, Any], order: int, rtol: float | None
) -> Subject:
    """The subject of a derivative that is at hand."""
    function = primal_of(derivative)
    name = f"{function.__module__}:{function.__qualname__}"
    return Subject(Found(name, derivative, Path()), derivative, arguments, order, rtol)


def derivative_of(value: Any, wrt: Any = (), kind: str = "") -> Derivative:
    """The derivative that a target stands for: itself, or the one asked for of its function.

    wrt: names or positions, one or several; () for what the derivative itself says, or 0.
    """
    if isinstance(value, Derivative) and wrt == ():
        request = value.request
        if not kind or kind == request.kind:
            return value
        return Derivative(replace(request, kind=kind))
    chosen = wrt if isinstance(wrt, (str, int)) else wrt[0] if len(wrt) == 1 else wrt or 0
    chosen = int(chosen) if isinstance(chosen, str) and chosen.lstrip("-").isdigit() else chosen
    own = value.request.kind if isinstance(value, Derivative) else "grad"
    aux = isinstance(value, Derivative) and value.request.has_aux
    return Derivative(request_for(kind or own, primal_of(value), chosen, aux))


def _made(target: str, function: Any) -> dict[str, Any]:
    """What a function of the user's gives as example arguments."""
    made = resolve(target).value
    try:
        given = made()
    except Exception as error:
        told = f"{target}() raised {type(error).__name__}: {error}"
        raise refuse("SD703", told) from error
    if isinstance(given, dict):
        return literals.bind(function, (), given)
    if isinstance(given, (tuple, list)):
        return literals.bind(function, given, {})
    raise refuse("SD703", f"{target}() returned {type(given).__name__}, not a tuple or a dict")


def _from_annotations(target: str, function: Any) -> dict[str, Any]:
    """Numbers for parameters that are annotated as such; defaults for the others."""
    found: dict[str, Any] = {}
    missing = []
    for place, (name, p) in enumerate(inspect.signature(function).parameters.items()):
        told = (
            p.annotation if isinstance(p.annotation, str) else getattr(p.annotation, "__name__", "")
        )
        if p.default is not p.empty:
            found[name] = p.default
        elif p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
            found[name] = () if p.kind is p.VAR_POSITIONAL else {}
        elif told in EXAMPLES:
            found[name] = {"float": 0.7 + 0.31 * place, "int": 2, "bool": True}[told]
        else:
            missing.append(name)
    if missing:
        raise no_examples(target, missing)
    return found


def no_examples(target: str, missing: Sequence[str]) -> Refused:
    """What to say where arguments are missing: which, and the ways to give them."""
    example = ", ".join(f"{name}=..." for name in missing)
    return refuse(
        "SD703",
        f"no example arguments for {target}: {', '.join(missing)} "
        f"{'is' if len(missing) == 1 else 'are'} missing",
        hint=f"give them with --at '{example}', or in pyproject.toml:\n"
        f'    [tool.srcdiff.functions."{target}"]\n    at = "{example}"',
    )


__all__ = ["Subject", "derivative_of", "no_examples", "of_arguments", "subject"]
