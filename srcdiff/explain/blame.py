"""A failed check with what can be found out about it."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from srcdiff.errors import GradientError
from srcdiff.explain.lines import locate
from srcdiff.explain.nonfinite import first_nonfinite


def explained(
    error: GradientError, function: Any, bound: inspect.BoundArguments, wrt: Sequence[str]
) -> GradientError:
    """The error with the line that is to blame, or as it is where nothing can be said."""
    entries = error.report.entries if error.report is not None else ()
    if any(entry.verdict == "non-finite" for entry in entries):
        finding: Any = first_nonfinite(function, bound, wrt)
    else:
        finding = locate(function, bound, wrt)
    if finding is None:
        return error
    return GradientError(f"{error}\n{finding}", error.report, finding)
