"""One test of tests/language by itself: what pytest would run, without collecting thousands first.

    python -m tests.mutants.alone "tests/language/test_language.py::test_derivatives[NAME-1-vjp]"

Exit status as pytest has it: 0 passed, 1 failed, 4 no such test.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable

from tests import conftest  # which asks for verified forms, before srcdiff is loaded
from tests.language import test_language

PASSED, FAILED, UNKNOWN = 0, 1, 4
PATH = "tests/language/test_language.py::"


def found(named: str) -> Callable[[], None] | None:
    """The test as something to call."""
    test, _, case = named.removeprefix(PATH).removesuffix("]").partition("[")
    name, number, *way = case.split("-")
    table = test_language.ROWS if way else test_language.REFUSED
    rows = [row for row in table if row.name == name]
    if int(number) > len(rows):
        return None
    row = rows[int(number) - 1]
    return lambda: getattr(test_language, test)(row, *way)


def main() -> int:
    """Run the test that the command names."""
    assert conftest
    test = found(sys.argv[1])
    if test is None:
        return UNKNOWN
    warnings.simplefilter("error")
    try:
        test()
    except BaseException as error:
        print(f"FAILED {sys.argv[1]} - {type(error).__name__}: {error}"[:500])
        return FAILED
    return PASSED


if __name__ == "__main__":
    raise SystemExit(main())
