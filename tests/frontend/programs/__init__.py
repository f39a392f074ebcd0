"""Programs that are easy to lower wrongly, each with calls to run them on."""

from tests.frontend.programs import (
    closures,
    comprehensions,
    expressions,
    loops,
    names,
    returns,
)
from tests.frontend.programs.table import PROGRAMS

__all__ = ["PROGRAMS", "closures", "comprehensions", "expressions", "loops", "names", "returns"]
