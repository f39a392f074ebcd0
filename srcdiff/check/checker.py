"""`check_gradient` and `check_vjp`: which entries and directions are compared, and in what form."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from srcdiff.check.corners import misfits
from srcdiff.check.judge import Judge
from srcdiff.check.line import Line, Move, Subject, eps_of, measure_noise
from srcdiff.check.report import Entry, Report, Verdict
from srcdiff.check.structure import Leaf, leaves, matched, plain
from srcdiff.check.trace import traced
from srcdiff.errors import GradientError
from srcdiff.estimate.ridders import ROWS, SHRINK
from srcdiff.structure import children, copied, described, rebuild

FORWARD_RTOL = 1e-10
ENTRY_STEPS = (1e-1, 1e-3, 1e-5, 1e-8, 1e-11)


def check_gradient(
    f: Callable[..., Any],
    gradient: Callable[..., Any],
    args: Sequence[Any],
    wrt: Sequence[int],
    *,
    names: Sequence[str] | None = None,
    pushforward: Callable[[tuple[Any, ...], tuple[Any, ...]], Any] | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    max_entries: int = 64,
    directions: int = 8,
    seed: int = 0,
) -> Report:
    """Compare `gradient(*args)` with differences of the scalar function f.

    gradient: returns a tuple, for each position in `wrt` the gradient by that argument, in the
    argument's own structure.  names: what to call the arguments (by default the parameters of f).
    pushforward: the forward mode, `pushforward(args, tangents)`, held against the gradient.
    rtol, atol: by default 1e-6 and 0 (float32: 1e-3, float16: 2e-2).  max_entries: up to so many
    entries all are compared; of more a random sample, and random `directions` that move every
    entry, the first wrong one of which is traced to an entry.

    Raises GradientError where an argument in `wrt` holds no floating numbers or a complex one, and
    where f does not give a real scalar.

    >>> right = check_gradient(lambda x: x**3, lambda x: (3 * x * x,), (2.0,), (0,))
    >>> right.ok, right.entries[0].verdict
    (True, 'ok')
    >>> check_gradient(lambda x: x**3, lambda x: (2 * x * x,), (2.0,), (0,)).worst.path
    'x'
    """
    names = _names(f, args, names)
    for place in wrt:
        _demand_real(args[place], names[place])
    subject = Subject(f, tuple(args), names, fixed=frozenset(range(len(args))) - set(wrt))
    found = gradient(*(copied(arg) for arg in args))
    parts, problems = _matched(subject, found, wrt)
    if problems:
        return Report([], problems, seed)
    if not parts:
        return Report([], [], seed)
    rng = np.random.default_rng(seed)
    eps = max([subject.eps, *(eps_of(leaf.value) for leaf in parts)])
    subject.eps = eps
    measure_noise(_direction(subject, parts, rng, "", eps))
    judge = Judge(_default_rtol(eps) if rtol is None else rtol, 0.0 if atol is None else atol)
    lines = list(_lines(subject, parts, rng, max_entries, directions, eps))
    entries = _judged(judge, lines, rng)
    if pushforward is not None:
        draws = [_direction(subject, parts, rng, "", eps) for _ in range(directions)]
        entries += [_forward(pushforward, line, k, eps) for k, line in enumerate(draws)]
    return Report(entries, [], seed)


def _demand_real(arg: Any, name: str) -> None:
    """GradientError for an argument in which there is nothing to move."""
    if not list(leaves(arg, name)) and not plain(arg):
        raise GradientError(f"{name} is {described(arg)}: it holds no floating numbers to move")


def _judged(judge: Judge, lines: Sequence[Line], rng: np.random.Generator) -> list[Entry]:
    """The entries of the lines, then what they give away together."""
    entries = [judge.entry(line) for line in lines]
    kinked = [line for line, e in zip(lines, entries) if line.single and e.verdict == "kink"]
    entries += misfits(kinked, rng)
    wrong = [line for line, e in zip(lines, entries) if e.verdict == "wrong"]
    if wrong and not any(line.single for line in wrong):
        found = traced(judge, wrong[0])
        if found is not None:
            entries.append(judge.entry(_entry(wrong[0].subject, found[0].leaf, found[1])))
    return entries


def check_vjp(
    f: Callable[..., Any],
    vjp: Callable[[tuple[Any, ...], Any], Any],
    args: Sequence[Any],
    wrt: Sequence[int],
    seed_value: Any = None,
    **options: Any,
) -> Report:
    """Compare `vjp(args, seed_value)` with differences of f, whose value may be any structure.

    The value is contracted with the cotangent `seed_value` (of its structure; a random one when
    None), which makes it a scalar whose gradient the vjp has to be.  options: see `check_gradient`.

    >>> x = np.array([1.0, 2.0])
    >>> check_vjp(lambda x: x * x, lambda args, ct: (2 * args[0] * ct,), (x,), (0,), x).ok
    True
    """
    value = f(*(copied(arg) for arg in args))
    list(leaves(value, "the value"))  # raises where a part is complex
    if seed_value is None:
        seed_value = _random_like(value, options.get("seed", 0))
    pushforward = options.get("pushforward")
    if pushforward is not None:
        options["pushforward"] = lambda xs, dxs: contract(pushforward(xs, dxs), seed_value)
    options.setdefault("names", _names(f, args, None))

    def contracted(*xs: Any) -> Any:
        return contract(f(*xs), seed_value)

    def gradient(*xs: Any) -> Any:
        return vjp(xs, copied(seed_value))

    return check_gradient(contracted, gradient, args, wrt, **options)


def contract(value: Any, seed: Any, path: str = "seed") -> Any:
    """The sum of the products of the floating leaves of a value with those of a cotangent.

    >>> float(contract((np.array([1.0, 2.0]), 3.0, "a"), (np.array([1.0, 10.0]), 2.0, None)))
    27.0
    """
    array = None if children(value) is not None else np.asarray(value)
    if array is not None:
        if array.dtype.kind not in "fc":
            return 0.0
        weights = np.asarray(seed, array.real.dtype)
        if weights.shape != array.shape:
            told = f"has shape {weights.shape}, the value {array.shape}"
            raise GradientError(f"the cotangent at {path} {told}")
        total = np.sum(array * weights)
        return total.item() if isinstance(value, (float, complex)) else total
    parts, seeds = children(value) or [], dict(children(seed) or [])
    if [suffix for suffix, _ in parts if suffix not in seeds]:
        raise GradientError(f"the cotangent at {path} is {described(seed)}, unlike the value")
    return sum((contract(part, seeds[key], path + key) for key, part in parts), 0.0)


def _random_like(value: Any, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    return rebuild(value, "value", lambda _, leaf: _like(leaf, rng.normal(size=np.shape(leaf))))


def _like(leaf: Any, values: Any) -> Any:
    """Numbers in the type of a leaf."""
    return values.astype(leaf.dtype) if isinstance(leaf, np.ndarray) else type(leaf)(values)


def _names(f: Any, args: Sequence[Any], names: Sequence[str] | None) -> tuple[str, ...]:
    if names is not None and len(names) == len(args):
        return tuple(names)
    try:
        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        found = [p.name for p in inspect.signature(f).parameters.values() if p.kind in kinds]
    except (TypeError, ValueError):
        found = []
    return tuple(found[i] if i < len(found) else f"args[{i}]" for i in range(len(args)))


def _default_rtol(eps: float) -> float:
    return 1e-6 if eps < 1e-10 else 1e-3 if eps < 1e-5 else 2e-2


def _matched(subject: Subject, found: Any, wrt: Sequence[int]) -> tuple[list[Leaf], list[str]]:
    """The leaves with something to move and their gradients, and what is wrong with their form."""
    if not isinstance(found, tuple):
        return [], [f"the gradients must come as a tuple, not as {described(found)}"]
    if len(found) != len(wrt):
        return [], [f"there are {len(found)} gradients for {len(wrt)} arguments"]
    problems: list[str] = []
    parts: list[Leaf] = []
    for place, part in zip(wrt, found):
        parts += matched(subject.args[place], part, subject.names[place], problems)
    return [leaf for leaf in parts if leaf.size], problems


def _lines(
    subject: Subject,
    parts: list[Leaf],
    rng: np.random.Generator,
    max_entries: int,
    directions: int,
    eps: float,
) -> Iterator[Line]:
    total = sum(leaf.size for leaf in parts)
    if total <= max_entries:
        chosen = [(leaf, flat) for leaf in parts for flat in range(leaf.size)]
    else:
        chosen = _sample(parts, rng, max_entries)
    for leaf, flat in chosen:
        yield _entry(subject, leaf, flat)
    if total > max_entries:
        for k in range(directions):
            yield _direction(subject, parts, rng, f"direction {k}", eps)


def _sample(parts: list[Leaf], rng: np.random.Generator, count: int) -> list[tuple[Leaf, int]]:
    """Random entries: one of each leaf as long as that goes, then of all entries alike."""
    ends = np.cumsum([leaf.size for leaf in parts])
    starts = ends - [leaf.size for leaf in parts]
    picked = [int(a + rng.integers(b - a)) for a, b in zip(starts, ends)]
    picked = [picked[i] for i in rng.permutation(len(picked))[:count]]
    free = iter(rng.choice(int(ends[-1]), min(2 * count, int(ends[-1])), replace=False).tolist())
    while len(picked) < count and (extra := next(free, None)) is not None:
        if extra not in picked:
            picked.append(extra)
    owners = np.searchsorted(ends, sorted(picked), side="right").tolist()
    return [(parts[i], flat - int(starts[i])) for i, flat in zip(owners, sorted(picked))]


def _largest(leaf: Leaf) -> float:
    sizes = np.abs(np.asarray(leaf.value, np.float64))
    return float(np.max(sizes[np.isfinite(sizes)], initial=0.0))


def _common_scale(leaf: Leaf) -> float:
    """The scale of the zeros of a leaf: that of its largest entry, at most 1."""
    return min(_largest(leaf), 1.0) or 1.0


def _entry(subject: Subject, leaf: Leaf, flat: int) -> Line:
    """The line of one entry; its steps are taken from its size, then from its neighbours'."""
    size = abs(float(np.asarray(leaf.value).flat[flat]))
    size = size if math.isfinite(size) else 0.0
    common = _common_scale(leaf)
    scale = size or common
    smallest = 8.0 * eps_of(leaf.value) * size * SHRINK ** (ROWS - 1)
    others = [ENTRY_STEPS[0] * other for other in (common, 1.0, _largest(leaf)) if other]
    steps = [scale * step for step in ENTRY_STEPS] + others
    usable = tuple(dict.fromkeys(step for step in steps if step >= smallest)) or (scale / 4.0,)
    label = leaf.entry_path(flat)
    return Line(subject, label, (Move(leaf, flat, 1.0),), scale, usable)


def _direction(
    subject: Subject, parts: list[Leaf], rng: np.random.Generator, label: str, eps: float
) -> Line:
    """A random line that moves every entry by a like share of its size."""
    moves = []
    for leaf in parts:
        sizes = np.abs(np.asarray(leaf.value, np.float64))
        scales = np.where(sizes > 0.0, sizes, _common_scale(leaf))
        scales = np.where(np.isfinite(sizes), scales, 0.0)
        share = rng.uniform(0.5, 1.5, sizes.shape) * rng.choice([-1.0, 1.0], sizes.shape)
        tangent = np.asarray(share * scales, np.asarray(leaf.value).dtype)
        moves.append(Move(leaf, None, tangent))
    smallest = 8.0 * eps * SHRINK ** (ROWS - 1)
    steps = tuple(step for step in ENTRY_STEPS if step >= smallest) or (0.25,)
    return Line(subject, label, tuple(moves), 1.0, steps)


def _forward(pushforward: Callable[..., Any], line: Line, k: int, eps: float) -> Entry:
    """Forward mode against the gradient along a direction."""
    subject = line.subject
    tangents = {move.leaf.path: move.tangent for move in line.moves}

    def tangent(path: str, value: Any) -> Any:
        return _like(value, np.asarray(tangents.get(path, np.zeros(np.shape(value)))))

    moved = tuple(rebuild(arg, name, tangent) for arg, name in zip(subject.args, subject.names))
    numeric = float(pushforward(tuple(copied(arg) for arg in subject.args), moved))
    analytic = line.slope()
    size = sum(float(np.sum(np.abs(m.leaf.gradient * np.asarray(m.tangent)))) for m in line.moves)
    tolerance = max(FORWARD_RTOL, 1e3 * eps) * max(size, abs(numeric))
    verdict: Verdict = "ok" if abs(analytic - numeric) <= tolerance else "wrong"
    note = ""
    if not (math.isfinite(numeric) and math.isfinite(analytic)):
        verdict, note = "non-finite", f"forward mode says {numeric}, the gradient {analytic}"
    label, against = f"forward against reverse, direction {k}", "forward mode says"
    return Entry(
        label, analytic, numeric, 0.0, None, verdict, tolerance, note=note, against=against
    )
