"""The recorded run: thousands of generated programs, and what became of each.

    python -m tests.properties.run --programs 5000 --seed 1 --jobs 2
    python -m tests.properties.run --replay 4711            one program, shrunk if it fails

Prints every program that came out wrong or crashed with its seed and numbers, and one of each kind
of failure made small; then the refusals by reason, the constructs that the programs held, and the
counts. Programs whose values are right but for their last bits, and those about which the judges
disagree among themselves, are printed and counted apart. Exit status 1 if any program came out wrong or crashed.
"""

from __future__ import annotations

import argparse
import ast
import gc
import re
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import Pool
from typing import Any, TypeVar

from tests.properties.generate import Program, generate
from tests.properties.oracle import (
    CRASH,
    REFUSED,
    RIGHT,
    ROUNDED,
    UNDECIDED,
    WRONG,
    Outcome,
    examine,
)
from tests.properties.shrink import limited, shrink

T = TypeVar("T")

FAILED = (WRONG, CRASH)
VERDICTS = (RIGHT, REFUSED, ROUNDED, UNDECIDED, *FAILED)

CHUNKS = 32  # of eight programs, until a process makes room for a new one
COLLECTED_AFTER = 20_000  # new objects: compiling makes many, and few of them in cycles


@dataclass(frozen=True)
class Options:
    """What a worker needs to know besides a seed."""

    writes: bool = False
    second: bool = True
    size: int | None = None
    seconds: float = 120.0
    thorough: bool = False


@dataclass(frozen=True)
class Record:
    """What became of one seed."""

    seed: int
    outcome: Outcome
    text: str
    seconds: float
    constructs: tuple[str, ...]


def judge(seed: int, options: Options) -> Record:
    """Generate the program of a seed, and examine it."""
    program = generate(seed, options.size, options.writes)
    constructs = tuple(sorted(_constructs(program.source)))
    start = time.perf_counter()
    outcome = _examined(program, options, options.seconds)
    seconds = time.perf_counter() - start
    return Record(seed, outcome, shown(program, outcome), seconds, constructs)


def _examined(program: Program, options: Options, seconds: float) -> Outcome:
    try:
        with limited(seconds), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return examine(program, options.second, options.thorough)
    except TimeoutError:
        return Outcome(CRASH, "some", f"took more than {seconds:.0f} seconds")


def made_small(seed: int, options: Options, seconds: float) -> str:
    """Shrink the failing program of a seed, and return it as text."""
    program = generate(seed, options.size, options.writes)
    wanted = signature(_examined(program, options, options.seconds))

    def fails(candidate: Program) -> bool:
        return signature(_examined(candidate, options, 10.0)) == wanted

    smaller = shrink(program, fails, seconds)
    return shown(smaller, _examined(smaller, options, options.seconds))


def signature(outcome: Outcome) -> tuple[str, str, str]:
    """Return what two outcomes share when they have the same cause, as far as one can tell."""
    last = outcome.detail.strip().splitlines()[-1] if outcome.detail.strip() else ""
    detail = "" if outcome.verdict == WRONG else re.sub(r"_?\d+", "#", last)[:60]
    return outcome.verdict, outcome.stage, detail


def reason(outcome: Outcome) -> str:
    """Return a refusal's first line without the names and numbers of its program."""
    line = outcome.detail.splitlines()[0]
    line = re.sub(
        r": .* may share its memory with .*?,", ": one may share its memory with another,", line
    )
    return re.sub(r"(SD\d+)|_?\d+", lambda found: found[1] or "#", line)[:110]


def records(seeds: Iterable[int], options: Options, jobs: int) -> Iterator[Record]:
    """Judge many seeds, in order, in as many processes as asked."""
    if jobs == 1:
        yield from (judge(seed, options) for seed in seeds)
        return
    with Pool(jobs, maxtasksperchild=CHUNKS) as pool:
        yield from pool.imap(partial(judge, options=options), seeds, chunksize=8)


def _repeated(value: T) -> Iterator[T]:
    while True:
        yield value


def _constructs(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.stmt, ast.expr)):
            found.add(type(node).__name__)
        if isinstance(node, ast.Call) and _is_library(node.func):
            found.add(ast.unparse(node.func))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found.add(f"method {node.func.attr}")
    return found


def _is_library(function: ast.expr) -> bool:
    text = ast.unparse(function)
    return text.startswith(("np.", "math.")) and "(" not in text and "[" not in text


def shown(program: Program, outcome: Outcome) -> str:
    """Return a program and what became of it as text: seed, source, call and numbers."""
    head = f"seed {program.seed}, size {program.size}: {outcome.verdict}"
    call = f"args = {program.args!r}\nwrt = {program.wrt}"
    return "\n".join(("-" * 88, head, program.source, call, str(outcome)))


def main() -> int:
    """Run, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--size", type=int, help="statements, instead of a size by seed")
    parser.add_argument("--writes", action="store_true", help="programs that write in place")
    parser.add_argument("--first-order", action="store_true", help="leave out second derivatives")
    parser.add_argument(
        "--thorough", action="store_true", help="every way to differentiate, for every program"
    )
    parser.add_argument(
        "--shrink", type=float, default=60.0, help="seconds for each kind of failure"
    )
    parser.add_argument("--replay", type=int, help="examine the program of one seed")
    given = parser.parse_args()
    options = Options(given.writes, not given.first_order, given.size, thorough=given.thorough)
    if given.replay is not None:
        record = judge(given.replay, options)
        print(record.text)
        failed = record.outcome.verdict in FAILED
        if failed and given.shrink:
            print(made_small(given.replay, options, given.shrink))
        return int(failed)
    return _report(given.programs, given.seed, options, given.jobs, given.shrink)


def _report(programs: int, first: int, options: Options, jobs: int, shrink_seconds: float) -> int:
    verdicts: Counter[str] = Counter()
    refusals: dict[str, list[int]] = {}
    constructs: Counter[str] = Counter()
    failures: dict[tuple[str, str, str], list[Record]] = {}
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER)
    start, slowest = time.perf_counter(), 0.0
    for record in records(range(first, first + programs), options, jobs):
        verdicts[record.outcome.verdict] += 1
        constructs.update(record.constructs)
        slowest = max(slowest, record.seconds)
        if record.outcome.verdict == REFUSED:
            refusals.setdefault(reason(record.outcome), []).append(record.seed)
        elif record.outcome.verdict != RIGHT:
            print(record.text, flush=True)
        if record.outcome.verdict in FAILED:
            failures.setdefault(signature(record.outcome), []).append(record)
    spent = time.perf_counter() - start
    if failures and shrink_seconds:
        _shrunk(failures, options, jobs, shrink_seconds)
    print("=" * 88)
    _histogram("refusals", Counter({_with_seeds(why, s): len(s) for why, s in refusals.items()}))
    _histogram("failures", Counter({cause: len(found) for cause, found in failures.items()}))
    _histogram("programs with", constructs)
    print(f"{programs} programs from seed {first} in {spent:.0f} s, the slowest {slowest:.1f} s")
    print(", ".join(f"{verdicts[verdict]} {verdict}" for verdict in VERDICTS))
    return int(bool(failures))


def _shrunk(
    failures: dict[tuple[str, str, str], list[Record]], options: Options, jobs: int, seconds: float
) -> None:
    """Print one program of each kind of failure, made small."""
    print("=" * 88 + "\nmade small, one of each kind:")
    smallest = [min(found, key=lambda record: len(record.text)) for found in failures.values()]
    with ProcessPoolExecutor(jobs) as pool:
        seeds = [record.seed for record in smallest]
        for text in pool.map(made_small, seeds, _repeated(options), _repeated(seconds)):
            print(text, flush=True)


def _with_seeds(reason: str, seeds: list[int]) -> str:
    """A reason with the first programs that it stopped, to be replayed."""
    return f"{reason} ({', '.join(map(str, seeds[:3]))}{', ...' if len(seeds) > 3 else ''})"


def _histogram(title: str, counts: Counter[Any]) -> None:
    print(f"{title}:")
    print("".join(f"  {count:6d}  {text}\n" for text, count in counts.most_common()))


if __name__ == "__main__":
    raise SystemExit(main())
