"""Tasks in other processes: several at a time, each with a time limit.

A worker takes one task after another. One that exceeds its time, or dies, is replaced; its task has
an outcome that says so.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from srcdiff.project import target
from srcdiff.project.config import Config
from srcdiff.project.discover import Task
from srcdiff.project.outcome import Outcome
from srcdiff.project.verify import Options, verify


def run(
    tasks: Sequence[Task],
    config: Config,
    options: Options,
    *,
    jobs: int = 1,
    limit: float = 0.0,
    done: Callable[[int, Outcome], None] = lambda count, outcome: None,
) -> list[Outcome]:
    """The outcomes of tasks, in their order.

    jobs: how many processes.  limit: seconds per task, 0 for none.  With one job and no limit all is
    done in this process.  done: called after each task with how many are done.
    """
    outcomes: dict[int, Outcome] = {}
    for place, outcome in _outcomes(tasks, config, options, jobs, limit):
        outcomes[place] = outcome
        done(len(outcomes), outcome)
    return [outcomes[place] for place in range(len(tasks))]


def _outcomes(
    tasks: Sequence[Task], config: Config, options: Options, jobs: int, limit: float
) -> Iterator[tuple[int, Outcome]]:
    if jobs == 1 and not limit:
        yield from ((place, verify(task, config, options)) for place, task in enumerate(tasks))
        return
    waiting = list(enumerate(tasks))[::-1]
    slots = [_Slot(config, options, limit) for _ in range(min(jobs, len(tasks)))]
    try:
        while waiting or any(s.task for s in slots):
            for slot in slots:
                if slot.task is None and waiting:
                    slot.give(*waiting.pop())
            wait([s.pipe for s in slots if s.task], timeout=0.2)
            for slot in slots:
                yield from slot.taken()
    finally:
        for slot in slots:
            slot.stop()


@dataclass
class _Slot:
    """A place for a worker."""

    config: Config
    options: Options
    limit: float
    task: tuple[int, Task] | None = None
    since: float = 0.0
    process: Any = None
    pipe: Any = None

    def give(self, place: int, task: Task) -> None:
        if self.process is None:
            context = multiprocessing.get_context("spawn")
            self.pipe, other = context.Pipe()
            self.process = context.Process(
                target=_work, args=(other, self.config, self.options, str(Path.cwd())), daemon=True
            )
            self.process.start()
            other.close()
            self.pipe.recv()  # ready: starting does not count
        self.task, self.since = (place, task), time.monotonic()
        self.pipe.send(task)

    def taken(self) -> Iterator[tuple[int, Outcome]]:
        """The outcome of the task, if there is one by now."""
        if self.task is None:
            return
        place, task = self.task
        if self.pipe.poll():
            try:
                outcome: Outcome = self.pipe.recv()
            except EOFError:
                self.process.join()
                yield place, self._lost(task, f"the process ended ({self.process.exitcode})")
                return
            self.task = None
            yield place, outcome
        elif self.limit and time.monotonic() - self.since > self.limit:
            yield place, self._lost(task, f"not done after {self.limit:g} seconds")

    def _lost(self, task: Task, why: str) -> Outcome:
        seconds = time.monotonic() - self.since
        self.stop()
        return Outcome(
            task.target, "error", why, task.path, task.line, why, "SD715", task.kind,
            seed=self.options.seed, seconds=seconds,
        )  # fmt: skip

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.join(5)
            self.pipe.close()
        self.task = self.process = self.pipe = None


def _work(pipe: Connection, config: Config, options: Options, folder: str) -> None:
    """A worker: tasks in, outcomes out."""
    target.enter(Path(folder))
    pipe.send("ready")
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        pipe.send(verify(task, config, options))
