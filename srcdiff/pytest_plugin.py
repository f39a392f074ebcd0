"""Gradients as tests: a marker, a fixture, and one test per derivative of a package.

    @pytest.mark.gradient(args=(w, X, y), wrt="w", order=2)
    def test_loss(w, X, y):                 # the function is the test: its gradient is verified
        return np.sum((X @ w - y) ** 2)

    @pytest.mark.gradient(loss, args=(w, X, y))
    def test_loss_at_zero(): ...            # the gradient of `loss` is verified, then the body runs

    def test_more(check_gradient):
        check_gradient(loss, w, X, y, wrt="w")

    pytest --srcdiff shop                   # one item per differentiated function and derivative file

Example arguments of the last are those of `[tool.srcdiff]` in pyproject.toml.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from srcdiff.api import Derivative
from srcdiff.check import Report
from srcdiff.errors import GradientError, SrcdiffError
from srcdiff.project import config as configuration
from srcdiff.project import literals, target
from srcdiff.project.discover import Task, collect
from srcdiff.project.outcome import Outcome
from srcdiff.project.subject import derivative_of, of_arguments
from srcdiff.project.verify import Options, first_order, second_order, verify

MARK = "gradient(function, args, wrt, order, rtol, seed): verify a gradient (srcdiff)"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("srcdiff", "derivatives")
    group.addoption(
        "--srcdiff",
        action="append",
        default=[],
        metavar="PACKAGE",
        help="one test per differentiated function and derivative file of a package, file or folder",
    )
    group.addoption(
        "--srcdiff-seed", type=int, default=0, help="of the random numbers of gradient checks (0)"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARK)


def verified(
    function: Any,
    args: tuple[Any, ...],
    wrt: Any = 0,
    order: int = 1,
    rtol: float | None = None,
    seed: int = 0,
    **keywords: Any,
) -> Report:
    """Verify the gradient of a function at some arguments; the report, or GradientError."""
    chosen = () if isinstance(function, Derivative) and wrt == 0 else wrt
    derivative = derivative_of(function, chosen)
    arguments = literals.bind(target.primal_of(derivative), args, keywords)
    one = of_arguments(derivative, arguments, order, rtol)
    report = first_order(one, seed)
    if order < 2:
        return report
    second = second_order(one, seed)
    return Report([*report.entries, *second.entries], [], seed)


@pytest.fixture
def check_gradient(request: pytest.FixtureRequest) -> Callable[..., Report]:
    """check_gradient(function, *args, wrt=0, order=1, rtol=None): verify, or fail the test."""
    seed = request.config.getoption("--srcdiff-seed")

    def check(function: Any, *args: Any, **options: Any) -> Report:
        __tracebackhide__ = True
        try:
            return verified(function, args, **{"seed": seed, **options})
        except GradientError as error:
            message = told(error)
        pytest.fail(message)

    return check


def told(error: Exception) -> str:
    """What a failure says: the message, then the numbers."""
    report = getattr(error, "report", None)
    return str(error) if report is None else f"{error}\n\n{report}"


# --- the marker -----------------------------------------------------------------------------------


def _mark(function: Any) -> pytest.Mark | None:
    marks = getattr(function, "pytestmark", [])
    return next((m for m in marks if m.name == "gradient"), None)


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: Any, name: str, obj: Any) -> Any:
    """A marked function without a function to check is the function itself."""
    mark = _mark(obj) if callable(obj) else None
    if mark is None or mark.args or not collector.funcnamefilter(name):
        return None
    item = MarkedItem.from_parent(collector, name=name, function=obj, mark=mark)
    item.own_markers.extend(obj.pytestmark)
    item.keywords.update({m.name: m for m in obj.pytestmark})
    return [item]


class GradientItem(pytest.Item):
    """A test that verifies a derivative."""

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        if isinstance(excinfo.value, SrcdiffError):
            return told(excinfo.value)
        if isinstance(excinfo.value, Unverified):
            return excinfo.value.text()
        return super().repr_failure(excinfo, style)


class MarkedItem(GradientItem):
    """A marked function: its gradient is verified at the arguments of the mark."""

    def __init__(self, *, function: Any, mark: pytest.Mark, **more: Any):
        super().__init__(**more)
        self.function, self.mark = function, mark

    @property
    def obj(self) -> Any:
        return self.function

    def runtest(self) -> None:
        _run_mark(self.function, self.mark, self.config)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, max(target.line_of(self.function) - 1, 0), self.name


def _run_mark(function: Any, mark: pytest.Mark, config: pytest.Config) -> None:
    options = {"seed": config.getoption("--srcdiff-seed"), **mark.kwargs}
    args = options.pop("args", ())
    verified(function, args if isinstance(args, tuple) else (args,), **options)


@pytest.hookimpl(hookwrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """The functions that marks name, before the test they stand on."""
    for mark in pyfuncitem.iter_markers("gradient"):
        message = ""
        try:
            _run_mark(mark.args[0], mark, pyfuncitem.config)
        except SrcdiffError as error:
            message = told(error)
        if message:
            pytest.fail(message, pytrace=False)
    yield


# --- --srcdiff ------------------------------------------------------------------------------------


class Unverified(Exception):
    """An outcome that is not ok."""

    def __init__(self, outcome: Outcome):
        super().__init__(outcome.summary)
        self.outcome = outcome

    def text(self) -> str:
        """Like pytest's own: the line of the user's file, what was found, where it is."""
        one = self.outcome
        shown = os.path.relpath(one.path)
        source = _line(one.path, one.line)
        lines = [f">   {source}", *(f"E   {line}" for line in one.details.splitlines())]
        return "\n".join([*lines, "", f"{shown}:{one.line}: {one.status}", f"again: {one.replay}"])


def _line(path: str, line: int) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()[line - 1]
    except (OSError, UnicodeDecodeError, IndexError):
        return ""


class TaskItem(GradientItem):
    """One derivative of a package, or one derivative file."""

    def __init__(self, *, task: Task, settings: configuration.Config, **more: Any):
        super().__init__(**more)
        self.task, self.settings = task, settings

    def runtest(self) -> None:
        options = Options(seed=self.config.getoption("--srcdiff-seed"))
        outcome = verify(self.task, self.settings, options)
        if outcome.status != "ok":
            raise Unverified(outcome)

    def reportinfo(self) -> tuple[Path, int, str]:
        return Path(self.task.path), max(self.task.line - 1, 0), self.name


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """The items of --srcdiff, after all others."""
    names = config.getoption("--srcdiff")
    if not names:
        return
    settings = configuration.load(Path.cwd())
    target.enter(settings.folder)
    try:
        tasks = collect(names, settings)
    except SrcdiffError as error:
        raise pytest.UsageError(f"--srcdiff: {error}") from None
    made = [_item(session, task, settings) for task in tasks]
    items += made
    report = pytest.CollectReport("", "passed", None, list(made))
    config.hook.pytest_collectreport(report=report)  # they count as collected


def _item(session: pytest.Session, task: Task, settings: configuration.Config) -> TaskItem:
    path = os.path.relpath(task.path, session.config.rootpath).replace(os.sep, "/")
    name = task.target.partition(":")[2] if task.kind == "function" else "derivatives"
    made: TaskItem = TaskItem.from_parent(
        session, name=name, nodeid=f"{path}::{name}", task=task, settings=settings
    )
    return made
