"""Verification of one task: the gradient against differences, the complex step and forward mode; the
second derivative against differences of the gradient; derivative files against their source.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import shlex
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from srcdiff.api import check_grad, grad, jvp
from srcdiff.api.checks import checked
from srcdiff.check import Report, check_gradient
from srcdiff.check.checker import contract
from srcdiff.errors import (
    ArgumentsError,
    GradientError,
    InternalError,
    Refused,
    SrcdiffError,
    refuse,
)
from srcdiff.explain.lines import locate
from srcdiff.explain.nonfinite import first_nonfinite
from srcdiff.files import Frozen, disk
from srcdiff.files.ask import still
from srcdiff.project import target
from srcdiff.project.config import Config
from srcdiff.project.discover import Task
from srcdiff.project.outcome import Outcome
from srcdiff.project.subject import Subject, subject
from srcdiff.structure import rebuild

OWN = Path(__file__).parents[1]


@dataclass(frozen=True)
class Options:
    """How to verify. at, wrt: for the function of a single task; order 0: as configured."""

    seed: int = 0
    order: int = 0
    at: str = ""
    wrt: tuple[str, ...] = ()


def verify(task: Task, config: Config, options: Options = Options()) -> Outcome:
    """The outcome of one task. Raises nothing: what goes wrong is an outcome as well."""
    start = time.perf_counter()
    blank = Outcome(
        task.target, "error", "", task.path, task.line, kind=task.kind, seed=options.seed,
        replay=_replay(task, options),
    )  # fmt: skip
    try:
        with contextlib.redirect_stdout(sys.stderr):  # functions may print; stdout is for reports
            outcome = _ACTS[task.kind](task, config, options, blank)
    except GradientError as error:
        outcome = _wrong(blank, error)
    except SrcdiffError as error:
        outcome = _not_run(blank, error)
    except Exception as error:
        outcome = _raised(blank, error)
    return replace(outcome, seconds=time.perf_counter() - start)


def _replay(task: Task, options: Options) -> str:
    path = Path(task.path)
    path = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    name = f"{path.as_posix()}:{task.target.partition(':')[2]}"
    shown = name if task.kind == "function" else path.as_posix()
    parts = ["srcdiff", "check", shown, "--seed", str(options.seed)]
    parts += ["--at", options.at] if options.at else []
    parts += ["--wrt", ",".join(options.wrt)] if options.wrt else []
    parts += ["--order", str(options.order)] if options.order else []
    return shlex.join(parts)


def _not_run(blank: Outcome, error: SrcdiffError) -> Outcome:
    text = str(error)
    code = text[:5] if text[:2] == "SD" else ""
    status = "stale" if code == "SD709" else "error"
    return replace(blank, status=status, summary=text.splitlines()[0], details=text, code=code)


def _raised(blank: Outcome, error: Exception) -> Outcome:
    """The user's own function raised: the frames that are not srcdiff's."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if not f.filename.startswith((str(OWN), "<"))] or list(frames)
    told = traceback.format_exception_only(type(error), error)
    summary = f"the function raised {told[-1].strip()}"
    details = "".join(["Traceback:\n", *traceback.format_list(own), *told])
    here = [f.lineno for f in own if f.filename == blank.path and f.lineno]
    return replace(blank, summary=summary, details=details, line=here[-1] if here else blank.line,
                   code="SD720")  # fmt: skip


def _wrong(blank: Outcome, error: GradientError) -> Outcome:
    """A wrong derivative: the message, then the whole report."""
    report = error.report
    if report is None:
        return _not_run(blank, error)
    text = str(error)
    at = getattr(error.finding, "at", None)
    if at is not None and at.line and Path(at.filename).exists():
        blank = replace(blank, path=at.filename, line=at.line)
    return replace(
        blank,
        status="wrong",
        summary=text.splitlines()[0],
        details="\n".join([text, "", str(report)]),
        code="SD718",
        entries=len(report.entries),
    )


# --- functions ------------------------------------------------------------------------------------


def _function(task: Task, config: Config, options: Options, blank: Outcome) -> Outcome:
    module, _, name = task.target.partition(":")
    loaded = target.load_file(Path(task.path)) if Path(task.path).is_file() else target.load(module)
    found = target.member(loaded, name, task.target)
    one = subject(found, config, at=options.at, wrt=options.wrt, order=options.order)
    if not isinstance(one.derivative, Frozen):
        bound = _bound(one)
        one.derivative.variant(
            bound.args, bound.kwargs
        )  # what is refused is refused before it runs
    reports = [first_order(one, options.seed)]
    if one.order >= 2:
        reports.append(second_order(one, options.seed))
    entries = [e for r in reports for e in r.entries]
    worst = max((e.excess for e in entries if np.isfinite(e.excess)), default=0.0)
    unjudged = sum(e.verdict == "unreliable" for e in entries)
    kinks = sum(e.verdict == "kink" for e in entries)
    plural = "" if len(entries) == 1 else "s"
    summary = f"{len(entries)} comparison{plural}, the worst at {worst:.2g} of what is allowed"
    summary += f"; {kinks} at a kink" if kinks else ""
    if unjudged == len(entries) and entries:
        return replace(blank, summary="differences show nothing here", entries=len(entries),
                       details="\n".join(map(str, reports)), code="SD719")  # fmt: skip
    summary += f"; {unjudged} not judged" if unjudged else ""
    details = "\n".join(map(str, reports))
    return replace(
        blank, status="ok", summary=summary, details=details, entries=len(entries), worst=worst
    )


def _options(one: Subject, seed: int) -> dict[str, Any]:
    found: dict[str, Any] = {"seed": seed}
    if one.rtol is not None:
        found["rtol"] = one.rtol
    return found


def first_order(one: Subject, seed: int = 0) -> Report:
    """The gradient against differences, the complex step, and forward mode.

    Raises GradientError as `check_grad` does, and Refused as compiling does.
    """
    bound = _bound(one)
    if not isinstance(one.derivative, Frozen):
        one.derivative.variant(
            bound.args, bound.kwargs
        )  # what is refused is refused before it runs
    try:
        return _compared(one, bound, seed)
    except (ArithmeticError, ValueError) as error:
        one.derivative.primal(
            *bound.args, **bound.kwargs
        )  # what it raises itself is its own affair
        raise _derivative_raised(one, bound, error, seed) from error


def _compared(one: Subject, bound: inspect.BoundArguments, seed: int) -> Report:
    options = _options(one, seed)
    if bound.kwargs:
        report: Report = checked(one.derivative, bound.args, bound.kwargs, **options)
        return report
    if not one.derivative.request.star:
        options["pushforward"] = _pushforward(one)
    found: Report = check_grad(one.derivative, *bound.args, **options)
    return found


def _derivative_raised(
    one: Subject, bound: inspect.BoundArguments, error: Exception, seed: int
) -> GradientError:
    """Python's own numbers raise where NumPy's become inf or nan: x ** -0.5 at 0."""
    told = f"the derivative raises {type(error).__name__}: {error}"
    finding = first_nonfinite(one.derivative.primal, bound, one.derivative.request.wrt)
    lines = [told, *([str(finding)] if finding else [])]
    return GradientError("\n".join(lines), Report([], [told], seed), finding)


def _bound(one: Subject) -> Any:
    signature = inspect.signature(one.derivative.primal)
    return inspect.BoundArguments(signature, dict(one.arguments))


def _pushforward(one: Subject) -> Callable[..., Any] | None:
    """Forward mode of the value, if there is one."""
    function, aux = one.derivative.primal, one.derivative.request.has_aux

    moving = [name in one.derivative.request.wrt for name in one.arguments]

    def pushed(args: Any, tangents: Any) -> Any:
        along = tuple(t if m else still(a) for a, t, m in zip(args, tangents, moving))
        tangent = jvp(function, args, along)[1]
        return tangent[0] if aux else tangent

    try:
        values = tuple(one.arguments.values())
        jvp(function, values, tuple(map(still, values)))
    except (Refused, ArgumentsError, InternalError, ArithmeticError, ValueError):
        return None
    return pushed


def second_order(one: Subject, seed: int = 0) -> Report:
    """The derivative of the gradient, contracted with a random direction, against its differences.

    The Hessian is symmetric: the gradient of <grad f, v> is its product with v, which forward over
    reverse gives.
    """
    request, bound = one.derivative.request, _bound(one)
    names, values, wrt = _positions(one, bound)
    function = request.function
    if bound.kwargs:
        function = functools.partial(function, **bound.kwargs)
    gradient = grad(function, wrt if len(wrt) > 1 else wrt[0], has_aux=request.has_aux)
    rng = np.random.default_rng(seed)

    def like(_: str, leaf: Any) -> Any:
        drawn = rng.standard_normal(np.shape(leaf))
        return drawn.astype(leaf.dtype) if isinstance(leaf, np.ndarray) else type(leaf)(drawn)

    direction = tuple(rebuild(v, "", like) if k in wrt else still(v) for k, v in enumerate(values))
    along = tuple(direction[k] for k in wrt)
    seeds = along if len(wrt) > 1 else along[0]

    def plain(result: Any) -> Any:
        return result[0] if request.has_aux else result

    def slope(*xs: Any) -> Any:
        return contract(plain(gradient(*xs)), seeds)

    def product(*xs: Any) -> Any:
        found = plain(jvp(gradient, xs, direction)[1])
        return found if len(wrt) > 1 else (found,)

    report = check_gradient(slope, product, values, wrt, names=names, **_options(one, seed))
    try:
        report.raise_if_wrong()
    except GradientError as error:
        raise _second_wrong(error, gradient, values, one) from None
    return report


def _positions(
    one: Subject, bound: inspect.BoundArguments
) -> tuple[list[str], tuple[Any, ...], tuple[int, ...]]:
    """The positional arguments, those of *args one by one: names, values, and which vary.

    Raises Refused (SD716) where an argument varies that can only be given by its keyword.
    """
    request, names = one.derivative.request, []
    for name, parameter in bound.signature.parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            names += [f"{name}[{k}]" for k in range(len(one.arguments[name]))]
        elif parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            names.append(name)
    missing = [w for w in request.wrt if w not in names and w != request.star]
    if missing:
        told = f"no second derivative by {missing[0]}, which is given by keyword only"
        raise refuse("SD716", told, hint="check a function that takes it by position")
    whole = request.star if request.star in request.wrt else None
    wrt = [k for k, n in enumerate(names) if n in request.wrt or n.partition("[")[0] == whole]
    return names, bound.args, tuple(wrt)


def _second_wrong(
    error: GradientError, gradient: Any, values: tuple[Any, ...], one: Subject
) -> GradientError:
    """The failure in words of the second derivative, with the statement of the gradient to blame."""
    told = str(error).replace("wrong gradient at", "wrong second derivative at", 1)
    told = told.replace("the gradient says", "forward over reverse says", 1)
    bound = inspect.signature(gradient).bind(*values)
    bound.apply_defaults()
    finding = locate(gradient, bound, one.derivative.request.wrt)
    lines = [told, *([str(finding)] if finding else [])]
    return GradientError("\n".join(lines), error.report, finding)


# --- files ----------------------------------------------------------------------------------------


def _file(task: Task, config: Config, options: Options, blank: Outcome) -> Outcome:
    path = Path(task.path)
    found = disk.checked(path)
    if not found.fresh:
        details = "\n".join([*found.reasons, "", found.diff])
        return replace(
            blank, status="stale", summary=found.reasons[0], details=details, code="SD709"
        )
    failing = disk.failing(disk.read(path), path)
    if failing:
        summary = f"differences do not confirm {', '.join(failing)}"
        return replace(blank, status="wrong", summary=summary, details=summary, code="SD717")
    count = len(disk.entries(disk.read(path), path))
    summary = f"{count} derivative{'s' * (count > 1)}, as their source gives them"
    return replace(blank, status="ok", summary=summary, entries=count)


def _error(task: Task, config: Config, options: Options, blank: Outcome) -> Outcome:
    code = task.message[:5]
    return replace(blank, summary=task.message.splitlines()[0], details=task.message, code=code)


_ACTS = {"function": _function, "file": _file, "error": _error}
__all__ = ["Options", "first_order", "second_order", "verify"]
