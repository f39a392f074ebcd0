"""Everything srcdiff raises on purpose, and how it is shown: code, line, caret, reason, hint.

SrcdiffError
  Refused        a program (or a request) that srcdiff will not differentiate; carries Diagnostics
  ArgumentsError a call of the public interface that makes no sense (wrong `wrt`, wrong seed, ...)
  GradientError  a check found a wrong derivative; carries the report
  OverlapError   arguments that overlap where a function writes into one of them
  EstimateError  a derivative that cannot be estimated from the function's values
  InternalError  srcdiff itself is at fault; carries the printed intermediate form
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Span:
    """Where in the user's source a piece of a program stands (lines from 1, columns from 0)."""

    filename: str
    line: int
    column: int = 0
    end_line: int = 0
    end_column: int = 0
    function: str = ""

    def text(self) -> str:
        """The source line the span starts on, without its indentation ("" when unknown)."""
        return linecache.getline(self.filename, self.line).strip()


NOWHERE = Span("<srcdiff>", 0)


def unbound_message(name: str) -> str:
    """What this Python says when a local name is read that has no value."""
    if sys.version_info < (3, 11):
        return f"local variable {name!r} referenced before assignment"
    return f"cannot access local variable {name!r} where it is not associated with a value"


@dataclass(frozen=True)
class Diagnostic:
    """One reason for a refusal; `code` is a key of the error index (docs/errors.md)."""

    code: str
    message: str
    at: Span = NOWHERE
    notes: tuple[str, ...] = ()
    hint: str = ""

    def render(self) -> str:
        lines = [f"{self.code}: {self.message}", *_where(self.at)]
        lines += [f"  note: {note}" for note in self.notes]
        lines += [f"  hint: {self.hint}"] if self.hint else []
        return "\n".join(lines)


def _where(at: Span) -> list[str]:
    if not at.line:
        return []
    head = f'  File "{at.filename}", line {at.line}' + (
        f", in {at.function}" if at.function else ""
    )
    source = linecache.getline(at.filename, at.line).rstrip("\n")
    if not source.strip():
        return [head]
    indent = len(source) - len(source.lstrip())
    end = at.end_column if at.end_line == at.line and at.end_column > at.column else len(source)
    caret = " " * max(at.column - indent, 0) + "^" * max(end - max(at.column, indent), 1)
    return [head, f"    {source.strip()}", f"    {caret}"]


class SrcdiffError(Exception):
    """Base of every exception that srcdiff raises on purpose."""


class Refused(SrcdiffError):
    """A program srcdiff will not differentiate, with all the reasons found."""

    def __init__(self, *diagnostics: Diagnostic):
        self.diagnostics = diagnostics
        super().__init__("\n".join(d.render() for d in diagnostics))

    def __reduce__(self) -> Any:
        return type(self), self.diagnostics


class ArgumentsError(SrcdiffError, TypeError):
    """A call of the public interface with arguments that make no sense."""

    def __init__(self, diagnostic: Diagnostic):
        self.diagnostic = diagnostic
        super().__init__(diagnostic.render())

    def __reduce__(self) -> Any:
        return type(self), (self.diagnostic,)


class OverlapError(SrcdiffError, ValueError):
    """Arguments of which one is written, and that overlap, or may do so as they lie in memory."""


class DtypeError(SrcdiffError, TypeError):
    """An array that is of another dtype in a run than the derivative was made for."""


class EstimateError(SrcdiffError, ValueError):
    """A function or a request from which no derivative can be estimated."""

    def __init__(self, diagnostic: Diagnostic):
        self.diagnostic = diagnostic
        super().__init__(diagnostic.render())

    def __reduce__(self) -> Any:
        return type(self), (self.diagnostic,)


class GradientError(SrcdiffError):
    """A derivative that its verification found wrong.

    `report` holds all the numbers, `finding` what is known of the line that is to blame.
    """

    def __init__(self, message: str, report: Any = None, finding: Any = None):
        self.report = report
        self.finding = finding
        super().__init__(message)


class Signal(Exception):
    """Base of the exceptions by which one stage asks another for something."""


class InternalError(SrcdiffError):
    """A fault of srcdiff itself: names the pass and shows the intermediate form with the mark."""

    def __init__(self, where: str, message: str, text: str = "", at: Span = NOWHERE):
        body = [f"internal fault in {where}: {message}", *_where(at), text]
        body.append("This is a bug in srcdiff, please report it with the lines above.")
        super().__init__("\n".join(line for line in body if line))


class internal:
    """An exception that nobody raised on purpose becomes an InternalError naming the stage.

    `place` gives the form as text and the user's line that was being compiled; it is asked only then.
    """

    __slots__ = ("place", "stage")

    def __init__(self, stage: str, place: Callable[[], tuple[str, Span]]):
        self.stage, self.place = stage, place

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, fault: Any, traceback: Any) -> None:
        if isinstance(fault, Exception) and not isinstance(fault, (SrcdiffError, Signal)):
            message = f"{type(fault).__name__}: {fault}"
            raise InternalError(self.stage, message, *self.place()) from fault


def refuse(code: str, message: str, at: Span = NOWHERE, hint: str = "", *notes: str) -> Refused:
    """The exception for one reason; the caller raises it."""
    return Refused(Diagnostic(code, message, at, notes, hint))
