"""A progress bar for long runs, by tqdm or rich where one of them is installed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

AFTER = 2.0  # seconds: a shorter run shows none
Show = Callable[[int, float], None]


@contextmanager
def progress_bar(total: int, wanted: bool | None) -> Iterator[Show]:
    """A function of (iteration, value) that shows where a run is.

    wanted: True for a bar at once, False for none, None for one after two seconds on a terminal.
    Without tqdm and rich there is none.

    >>> with progress_bar(10, False) as show:
    ...     show(1, 0.5)
    """
    if wanted is False or wanted is None and not sys.stderr.isatty():
        yield lambda number, value: None
        return
    bar = _Lazy(total, 0.0 if wanted else AFTER)
    try:
        yield bar.show
    finally:
        bar.close()


class _Lazy:
    """A bar that is made when it is due."""

    def __init__(self, total: int, after: float):
        self.total, self.due = total, time.monotonic() + after
        self.bar: Any = None
        self.done = 0

    def show(self, number: int, value: float) -> None:
        if self.bar is None and time.monotonic() < self.due:
            return
        if self.bar is None:
            self.bar = _made(self.total)
        self.bar.advance(number - self.done, value)
        self.done = number

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()


def _made(total: int) -> Any:
    if find_spec("tqdm"):
        return _Tqdm(total)
    return _Rich(total) if find_spec("rich") else _Nothing()


class _Nothing:
    def advance(self, by: int, value: float) -> None:
        pass

    def close(self) -> None:
        pass


class _Tqdm:
    def __init__(self, total: int):
        from tqdm import tqdm

        self.bar = tqdm(total=total, file=sys.stderr, leave=False)

    def advance(self, by: int, value: float) -> None:
        self.bar.set_postfix_str(f"value {value:.6g}", refresh=False)
        self.bar.update(by)

    def close(self) -> None:
        self.bar.close()


class _Rich:
    def __init__(self, total: int):
        from rich.console import Console
        from rich.progress import Progress

        self.progress = Progress(console=Console(stderr=True), transient=True)
        self.progress.start()
        self.task = self.progress.add_task("", total=total)

    def advance(self, by: int, value: float) -> None:
        self.progress.update(self.task, advance=by, description=f"value {value:.6g}")

    def close(self) -> None:
        self.progress.stop()
