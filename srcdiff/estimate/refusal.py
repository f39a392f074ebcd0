"""What an estimator says when it cannot estimate: one function per kind of exception."""

from __future__ import annotations

from srcdiff.errors import NOWHERE, ArgumentsError, Diagnostic, EstimateError


def misuse(code: str, message: str, hint: str = "") -> ArgumentsError:
    """A request that makes no sense; the caller raises it."""
    return ArgumentsError(Diagnostic(code, message, NOWHERE, (), hint))


def hopeless(code: str, message: str, hint: str = "") -> EstimateError:
    """A function from whose values no derivative follows; the caller raises it."""
    return EstimateError(Diagnostic(code, message, NOWHERE, (), hint))


def one_of(what: str, given: object, known: tuple[str, ...]) -> None:
    """ArgumentsError unless the option is one of the known ones."""
    if given not in known:
        raise misuse("SD609", f"no {what} {given!r}", f"one of {', '.join(known)}")


def positive_count(what: str, given: object, least: int = 1) -> int:
    """The option as a whole number of at least `least`; ArgumentsError when it is none."""
    if isinstance(given, bool) or not hasattr(given, "__index__") or int(given) < least:
        raise misuse("SD609", f"{what} is {given!r}; a whole number of at least {least} is needed")
    return int(given)
