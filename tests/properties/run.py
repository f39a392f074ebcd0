"""The recorded run: thousands of generated programs, and what became of each.

    python -m tests.properties.run --programs 5000 --seed 1 --jobs 2
    python -m tests.properties.run --replay 4711            one program, shrunk if it fails

Prints every program that came out wrong or crashed, made small, with its seed and numbers; then the
refusals by reason, the constructs that the programs held, and the counts. Exit status 1 if any
program came out wrong or crashed.
"""

from __future__ import annotations

import argparse
import ast
import re
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

from tests.properties.generate import Program, generate
from tests.properties.oracle import CRASH, REFUSED, RIGHT, WRONG, Outcome, examine
from tests.properties.shrink import shrink


@dataclass(frozen=True)
class Options:
    """What a worker needs to know besides a seed."""

    writes: bool = False
    second: bool = True
    shrink_seconds: float = 60.0
    size: int | None = None


@dataclass(frozen=True)
class Record:
    """What became of one seed."""

    seed: int
    outcome: Outcome
    text: str
    seconds: float
    constructs: tuple[str, ...]


def judge(seed: int, options: Options) -> Record:
    """Generate the program of a seed, examine it, and make it small if it fails."""
    warnings.simplefilter("ignore")
    program = generate(seed, options.size, options.writes)
    constructs = tuple(sorted(_constructs(program.source)))
    start = time.perf_counter()
    outcome = examine(program, options.second)
    seconds = time.perf_counter() - start
    if outcome.verdict in (WRONG, CRASH) and options.shrink_seconds:
        program, outcome = _made_small(program, outcome, options)
    return Record(seed, outcome, shown(program, outcome), seconds, constructs)


def _made_small(program: Program, outcome: Outcome, options: Options) -> tuple[Program, Outcome]:
    def fails(candidate: Program) -> bool:
        return signature(examine(candidate, options.second)) == wanted

    wanted = signature(outcome)
    smaller = shrink(program, fails, options.shrink_seconds)
    return smaller, examine(smaller, options.second)


def signature(outcome: Outcome) -> tuple[str, str, str]:
    """Return what two outcomes share when they have the same cause, as far as one can tell."""
    last = outcome.detail.strip().splitlines()[-1] if outcome.detail.strip() else ""
    detail = re.sub(r"[\d.e+-]+", "#", last)[:60] if outcome.verdict != WRONG else ""
    return outcome.verdict, outcome.stage, detail


def reason(outcome: Outcome) -> str:
    """Return a refusal's first line without the names and numbers of its program."""
    lines = [line for line in outcome.detail.splitlines() if line.strip()]
    return re.sub(r"[\w.]*\d[\w.]*", "#", re.sub(r"`[^`]*`|'[^']*'", "`...`", lines[0]))[:110]


def records(seeds: Iterable[int], options: Options, jobs: int) -> Iterator[Record]:
    """Judge many seeds, in order, in as many processes as asked."""
    if jobs == 1:
        yield from (judge(seed, options) for seed in seeds)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(judge, seeds, _repeated(options), chunksize=8)


def _repeated(options: Options) -> Iterator[Options]:
    while True:
        yield options


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
    parser.add_argument("--shrink", type=float, default=60.0, help="seconds for each failure")
    parser.add_argument("--replay", type=int, help="examine the program of one seed")
    given = parser.parse_args()
    options = Options(given.writes, not given.first_order, given.shrink, given.size)
    if given.replay is not None:
        record = judge(given.replay, options)
        print(record.text)
        return int(record.outcome.verdict in (WRONG, CRASH))
    return _report(given.programs, given.seed, options, given.jobs)


def _report(programs: int, first: int, options: Options, jobs: int) -> int:
    verdicts: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    causes: Counter[tuple[str, str, str]] = Counter()
    constructs: Counter[str] = Counter()
    start, slowest = time.perf_counter(), 0.0
    for record in records(range(first, first + programs), options, jobs):
        verdicts[record.outcome.verdict] += 1
        constructs.update(record.constructs)
        slowest = max(slowest, record.seconds)
        if record.outcome.verdict == REFUSED:
            refusals[reason(record.outcome)] += 1
        elif record.outcome.verdict != RIGHT:
            causes[signature(record.outcome)] += 1
            print(record.text, flush=True)
    print("=" * 88)
    _histogram("refusals", refusals)
    _histogram("failures", causes)
    _histogram("programs with", constructs)
    spent = time.perf_counter() - start
    print(f"{programs} programs from seed {first} in {spent:.0f} s, the slowest {slowest:.1f} s")
    print(", ".join(f"{verdicts[verdict]} {verdict}" for verdict in (RIGHT, REFUSED, WRONG, CRASH)))
    return int(bool(verdicts[WRONG] + verdicts[CRASH]))


def _histogram(title: str, counts: Counter[Any]) -> None:
    print(f"{title}:")
    print("".join(f"  {count:6d}  {text}\n" for text, count in counts.most_common()))


if __name__ == "__main__":
    raise SystemExit(main())
