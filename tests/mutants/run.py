"""Runs the tests against each mutant, and says which test notices it.

    python -m tests.mutants.run --jobs 2
    python -m tests.mutants.run --only "a view is not read again"
    python -m tests.mutants.run --named

Works on copies in temporary folders: the working tree is never touched. For each mutant the test that
it names runs first, then the rest of the suite in the order of what is likely to notice, until one
fails; with --named that test alone has to notice, which takes seconds where a survivor would take the
time of the suite. Exit status 1 if a mutant survives, if it does not even load, or if the tests fail
without any.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.mutant import Mutant
from tests.mutants.table import MUTANTS

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("srcdiff", "tests", "docs", "examples", "README.md", "pyproject.toml")
LANGUAGE = "tests/language/test_language.py"
ALONE = tuple(
    f"{LANGUAGE}::{test}[" for test in ("test_derivatives", "test_programs_that_are_refused")
)
STAGES: tuple[tuple[str, ...], ...] = (
    (LANGUAGE, "-k", "writes and (vjp or jvp or refused)"),
    ("tests/language",),
    ("tests/ops/test_rows.py",),
    ("tests/api", "-m", "not slow"),
    ("tests/emit",),
    ("tests/golden",),
    ("tests/properties/test_programs.py",),
)
OPTIONS = ("-x", "-q", "--tb=no", "-rfE", "-p", "no:cacheprovider")
PASSED, FAILED, NOTHING_FOUND, NO_END = 0, 1, 5, -1
KILLED, SURVIVED, VOID = "killed", "SURVIVED", "VOID"


@dataclass(frozen=True)
class Verdict:
    """What became of one mutant: a word, the test that noticed, the seconds that took."""

    mutant: Mutant
    word: str
    test: str
    seconds: float

    def __str__(self) -> str:
        """One line."""
        return f"{self.word:8}  {self.seconds:6.1f} s  {self.mutant.name}: {self.test}"


def copied(folder: Path) -> Path:
    """A copy of what the tests need."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def written(path: Path, text: str) -> None:
    """Write a source file, and see that no compiled form of the old text is loaded for it."""
    path.write_text(text)
    Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)


def tested(folder: Path, selection: Sequence[str], seconds: float) -> tuple[int, str]:
    """Run some tests in a folder: pytest's exit status, and the first line of what failed."""
    command = [sys.executable, "-m", "pytest", *selection, *OPTIONS]
    if len(selection) == 1 and selection[0].startswith(ALONE):
        command = [sys.executable, "-m", "tests.mutants.alone", *selection]
    env = {**os.environ, "PYTHONPATH": str(folder), "PYTHONHASHSEED": "0"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=env, capture_output=True, text=True, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        return NO_END, f"no end within {seconds:.0f} s"
    lines = done.stdout.splitlines()
    found = [line for line in lines if line.startswith(("FAILED ", "ERROR "))]
    told = found[0].split(" ", 1)[1] if found else "\n".join([*lines[-3:], done.stderr[-300:]])
    return done.returncode, told.split(" - ")[0]


def judged(
    folder: Path, mutant: Mutant, seconds: float, stages: Sequence[Sequence[str]] = STAGES
) -> Verdict:
    """Apply a mutant to a copy, run what it names and then the stages, and take it back."""
    path = folder / "srcdiff" / mutant.file
    text = path.read_text()
    start = time.perf_counter()
    written(path, text.replace(mutant.old, mutant.new))
    try:
        word, test = _sentence(folder, mutant, seconds, stages)
    finally:
        written(path, text)
    return Verdict(mutant, word, test, time.perf_counter() - start)


def _sentence(
    folder: Path, mutant: Mutant, seconds: float, stages: Sequence[Sequence[str]]
) -> tuple[str, str]:
    for selection in ((mutant.by,), *stages) if mutant.by else stages:
        status, test = tested(folder, selection, seconds)
        if status == FAILED:
            return KILLED, test
        if status not in (PASSED, NOTHING_FOUND):
            return VOID, f"{' '.join(selection)} ended with status {status}: {test}"
    return SURVIVED, mutant.breaks


def verdicts(
    mutants: Sequence[Mutant], jobs: int, seconds: float, stages: Sequence[Sequence[str]]
) -> Iterator[Verdict]:
    """Judge mutants, each in a copy that is its own while it is tested."""
    with tempfile.TemporaryDirectory(prefix="mutants") as home:
        free: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for k in range(jobs):
            (Path(home) / str(k)).mkdir()
            free.put(copied(Path(home) / str(k)))
        _require_sound(free, mutants, seconds)

        def one(mutant: Mutant) -> Verdict:
            folder = free.get()
            try:
                return judged(folder, mutant, seconds, stages)
            finally:
                free.put(folder)

        with ThreadPoolExecutor(jobs) as pool:
            yield from pool.map(one, mutants)


def _require_sound(
    free: queue.SimpleQueue[Path], mutants: Sequence[Mutant], seconds: float
) -> None:
    """The tests that the mutants name pass where there is no fault."""
    named = sorted({m.by for m in mutants if m.by})
    if not named:
        return
    folder = free.get()
    status, test = tested(folder, named, max(seconds, 60.0 * len(named)))
    free.put(folder)
    if status != PASSED:
        raise SystemExit(f"without a mutant the tests end with status {status}: {test}")


def main() -> int:
    """Run, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", action="append", help="part of a mutant's name, or of its file")
    parser.add_argument("--named", action="store_true", help="no test but those mutants name")
    parser.add_argument("--seconds", type=float, default=1200.0, help="for one run of pytest")
    given = parser.parse_args()
    wanted = [
        m
        for m in MUTANTS
        if given.only is None or any(part in m.name or part in m.file for part in given.only)
    ]
    start = time.perf_counter()
    found = []
    for verdict in verdicts(wanted, given.jobs, given.seconds, () if given.named else STAGES):
        print(verdict, flush=True)
        found.append(verdict)
    bad = [v for v in found if v.word != KILLED]
    spent = time.perf_counter() - start
    print(f"{len(found) - len(bad)} of {len(found)} mutants killed in {spent:.0f} s")
    return int(bool(bad) or not found)


if __name__ == "__main__":
    raise SystemExit(main())
