"""Which line is it?  Each statement's own derivative, by its rule, against differences of the statement
at the values that it really had; the first that disagrees is the one.

Where all agree, the derivative composed of them is held against the whole: if it is right, the fault
is in how srcdiff put them together, if it is wrong as well, in the function's own account of itself.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from srcdiff.check import Report, check_vjp
from srcdiff.check.checker import contract
from srcdiff.errors import Span
from srcdiff.explain.compose import inputs_of, mark
from srcdiff.explain.local import Local, Locals, moved
from srcdiff.explain.run import Recording, Step, recorded
from srcdiff.ops.table import Row
from srcdiff.structure import rebuild
from srcdiff.transform.specialise import specialise

SHOWN = 4  # operands, entries


@dataclass(frozen=True)
class Finding:
    """What was found out about a wrong gradient.

    at: the line, if there is one.  kind: "rule" (its rule is wrong), "kink", "all agree".
    """

    kind: str
    text: str
    at: Span | None = None
    operation: str = ""
    rule: str = ""

    def __str__(self) -> str:
        return self.text


def locate(function: Any, bound: inspect.BoundArguments, wrt: Sequence[str] = ()) -> Finding | None:
    """The first statement of a function whose rule is wrong at some arguments.

    wrt: the arguments that vary; all, when there are none.

    None where the function cannot be run step by step.
    """
    try:
        primal, _ = specialise(function, bound)
        run = recorded(primal, bound.arguments)
        return examined(run, wrt or list(bound.arguments))
    except Exception:  # whatever it is, it must not hide the error that is being explained
        return None


def examined(run: Recording, wrt: Sequence[str]) -> Finding:
    """What the steps of a run say, in order."""
    mark(run, inputs_of(run, wrt))
    locals_ = Locals()
    kinks: list[Finding] = []
    count = 0
    for step in run.steps:
        local = locals_.of(step)
        if local is None:
            continue
        count += 1
        if not suspicious(step, local, count):
            continue
        report = compared(step, local)
        if report is not None and not report.ok:
            return _wrong(step, local, report)
        if report is not None and any(e.sides for e in report.entries):
            kinks.append(_kink(step, report))
    if kinks:
        return kinks[0]
    flips = list(_flips(run))
    if flips:
        return flips[0]
    return Finding(
        "all agree",
        f"  each of the {count} statements agrees with differences of itself; if the function gives "
        "the same value for the same arguments, srcdiff composes them wrongly: please report it",
    )


# --- one step -------------------------------------------------------------------------------------


def suspicious(step: Step, local: Local, seed: int) -> bool:
    """Whether a random direction through a step shows anything that is not plainly right."""
    rng = np.random.default_rng(seed)
    values = [step.operands[v].value for v in local.operands]
    along = [_drawn(x, rng) for x in values]
    outs = [c for c in step.outs if c.real]
    weights = tuple(_drawn(c.value, rng) for c in outs)
    try:
        with np.errstate(all="ignore"):
            forward = contract(tuple(local.pushforward(step, along)), weights)
            backward = contract(tuple(local.pullback(step, weights)), tuple(along))
            differences = [
                _difference(step, local, values, along, weights, h) for h in (1e-3, 1e-5)
            ]
    except Exception:
        return True
    found = [forward, backward, *(sum(sides) / 2.0 for sides in differences)]
    scale = max(*map(abs, found), *map(abs, differences[-1]))
    bent = abs(differences[-1][0] - differences[-1][1]) > 1e-3 * scale
    return bent or not all(abs(forward - x) <= 1e-5 * scale for x in found[1:])


def _difference(
    step: Step, local: Local, values: Sequence[Any], along: Sequence[Any], weights: Any, h: float
) -> tuple[float, float]:
    """The one-sided difference quotients of a step along a direction, left and right."""

    def at(t: float) -> float:
        point = [_shifted(x, d, t) for x, d in zip(values, along)]
        return float(contract(tuple(moved(step, local.operands, point)), weights))

    return (at(0.0) - at(-h)) / h, (at(h) - at(0.0)) / h


def _shifted(x: Any, d: Any, t: float) -> Any:
    if isinstance(x, list):
        return [_shifted(a, b, t) for a, b in zip(x, d)]
    return x + t * d if isinstance(x, np.ndarray) else type(x)(x + t * d)


def _drawn(value: Any, rng: np.random.Generator) -> Any:
    """A direction, each entry of the size of the value's own."""

    def leaf(_: str, x: Any) -> Any:
        size = np.where(np.equal(x, 0.0), 1.0, np.abs(x))
        d = size * rng.uniform(0.5, 1.5, np.shape(x)) * rng.choice([-1.0, 1.0], np.shape(x))
        return d.astype(x.dtype) if isinstance(x, np.ndarray) else type(x)(d)

    return rebuild(value, "", leaf)


def compared(step: Step, local: Local) -> Report | None:
    """The rule of a step, in reverse mode and then in forward mode, against differences.

    None where the statement cannot be moved (its value would not be real, or it raises).
    """
    values = tuple(step.operands[v].value for v in local.operands)
    names = operand_names(step, local)

    def f(*xs: Any) -> Any:
        return tuple(moved(step, local.operands, xs))

    def vjp(xs: Any, cotangents: Any) -> Any:
        return tuple(local.pullback(step, cotangents))

    def pushforward(xs: Any, tangents: Any) -> Any:
        return tuple(local.pushforward(step, tangents))

    ones = tuple(rebuild(c.value, "", _one) for c in step.outs if c.real)
    found: Report | None = None
    for seeds in (ones, None):  # of a sum of entries, then of a random combination
        for forward in (pushforward, None):  # a rule may be so wrong that one mode cannot run
            try:
                report = check_vjp(
                    f, vjp, values, range(len(values)), seeds, names=names, pushforward=forward,
                    max_entries=16, directions=3,
                )  # fmt: skip
            except Exception:
                continue
            if not report.ok:
                return report
            found = found or report
            break
    return found


def _one(_: str, x: Any) -> Any:
    return np.ones_like(x) if isinstance(x, np.ndarray) else type(x)(1.0)


def operand_names(step: Step, local: Local) -> list[str]:
    """What to call the operands: the user's names, or the places of the rule's parameters."""
    names: list[str] = []
    for place, var in enumerate(local.operands):
        cell = step.operands[var]
        name = cell.name or f"operand {place + 1}"
        names.append(name if name not in names else f"{name} ({place + 1})")
    return names


# --- what is said ---------------------------------------------------------------------------------


def place(at: Span) -> list[str]:
    """File, line and the user's text with the statement's part marked."""
    if not at.line:
        return ["  (in code that srcdiff made)"]
    head = f'  File "{at.filename}", line {at.line}' + (
        f", in {at.function}" if at.function else ""
    )
    return [head, f"    {at.text()}"]


def operation(step: Step) -> str:
    """The name of what a statement applies, as a user spells it."""
    op = step.stmt.op
    return (op.path or op.name) if isinstance(op, Row) else op.name


def rule_name(step: Step) -> str:
    """The rule of an operation: its function, its kind, and where it stands."""
    op = step.stmt.op
    if not isinstance(op, Row) or op.body is None:
        return f"the rule of {operation(step)}"
    code = op.body.__code__
    own = "rule" if op.user else "srcdiff's rule"
    return f"{own} {op.body.__name__} ({op.kind}), {code.co_filename}:{code.co_firstlineno}"


def _shape(x: Any) -> str:
    text = np.array2string(np.asarray(x), precision=6, threshold=6, edgeitems=2)
    return " ".join(text.split())


def _operands(step: Step, local: Local) -> Iterator[str]:
    names = operand_names(step, local)
    for name, var in list(zip(names, local.operands))[:SHOWN]:
        x = step.operands[var].value
        yield f"    {name} = {x!r}" if np.ndim(x) == 0 else f"    {name} = {_shape(x)}"


def _wrong(step: Step, local: Local, report: Report) -> Finding:
    lines = ["the first statement whose derivative is wrong:", *place(step.at)]
    lines.append(f"  operation: {operation(step)}, by {rule_name(step)}")
    if step.rounds:
        lines.append(f"  in round {', '.join(str(r + 1) for r in step.rounds)} of the loop")
    lines += ["  operands:", *_operands(step, local)]
    lines += [f"  {problem}" for problem in report.problems]
    entries = [e for e in report.failures if "direction" not in e.path] or report.failures
    for entry in entries[:SHOWN]:
        lines.append(
            f"  by {entry.path}: the rule says {entry.analytic!r}, {entry.against} {entry.numeric!r}"
        )
    return Finding("rule", "\n".join(lines), step.at, operation(step), rule_name(step))


def _kink(step: Step, report: Report) -> Finding:
    entry = next(e for e in report.entries if e.sides)
    assert entry.sides is not None
    left, right = entry.sides
    lines = ["at a kink:", *place(step.at)]
    lines.append(
        f"  {operation(step)} by {entry.path}: {left:.9g} from the left, {right:.9g} from the right; "
        f"its rule says {entry.analytic!r}"
    )
    return Finding("kink", "\n".join(lines), step.at, operation(step), rule_name(step))


COMPARISONS = {"less", "less_equal", "greater", "greater_equal", "equal", "not_equal"}


def _flips(run: Recording) -> Iterator[Finding]:
    """Comparisons that come out otherwise within a step, where a branch or a choice hangs on them."""
    for step in run.steps:
        if step.stmt.op.name not in COMPARISONS:
            continue
        sides = [c.value for c in step.operands.values()]
        sides += [a.value for a in step.stmt.args if hasattr(a, "value")]
        if len(sides) == 2 and _near(*sides):
            lines = ["a condition flips here:", *place(step.at)]
            lines.append(f"  {operation(step)} of {_shape(sides[0])} and {_shape(sides[1])}")
            yield Finding("kink", "\n".join(lines), step.at, operation(step))


def _near(x: Any, y: Any) -> bool:
    try:
        gap = np.abs(np.subtract(x, y))
        return bool(np.any(gap <= 1e-6 * np.maximum(np.abs(x), np.maximum(np.abs(y), 1e-6))))
    except TypeError:
        return False
