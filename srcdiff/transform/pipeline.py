"""The tidying passes in order. `tidy` runs them until nothing changes.

With the environment variable SRCDIFF_VERIFY set, as in the tests, the rules of the intermediate form
are checked before the first pass and after each; a fault names the pass and shows the form with the
place marked.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from srcdiff.errors import NOWHERE, internal
from srcdiff.ir.core import Apply, Const, Function
from srcdiff.ir.text import print_function
from srcdiff.ir.verify import verify
from srcdiff.ir.walk import statements
from srcdiff.ops.python import Callee
from srcdiff.transform.borrow import borrow
from srcdiff.transform.dead import remove_dead
from srcdiff.transform.fuse import fuse
from srcdiff.transform.gather import gather
from srcdiff.transform.proven import proven, proven_at_last
from srcdiff.transform.recall import recall
from srcdiff.transform.reveal import reveal
from srcdiff.transform.share import share

Pass = Callable[[Function], Function]
TIDY: tuple[Pass, ...] = (share, recall, gather, proven, borrow, remove_dead, fuse)
ROUNDS = 4
VERIFYING = bool(os.environ.get("SRCDIFF_VERIFY"))


def tidy(function: Function, seen: set[int] | None = None) -> Function:
    """The function, and those it calls, tidied."""
    seen = set() if seen is None else seen
    checked(function, "the differentiation")
    function = passed(function, reveal)
    for _ in range(ROUNDS):
        before = function
        for one in TIDY:
            function = passed(function, one)
        if function is before:
            break
    function = passed(function, proven_at_last)
    for callee in callees(function):
        if id(callee) not in seen and callee.function is not None:
            seen.add(id(callee))
            callee.function = tidy(callee.function, seen)
    return function


def passed(function: Function, one: Pass) -> Function:
    """The function after a pass; a fault names the pass and shows what it was given."""
    with internal(one.__name__, lambda: (print_function(function), NOWHERE)):
        return checked(one(function), one.__name__)


def checked(function: Function, stage: str) -> Function:
    """The function, which keeps the rules of the form when these are checked."""
    if VERIFYING:
        verify(function, stage, typed=True)
    return function


def callees(function: Function) -> list[Callee]:
    """The generated functions a function calls itself."""
    found: dict[int, Callee] = {}
    for stmt in statements(function.body):
        if isinstance(stmt, Apply) and stmt.op.name == "call":
            head = stmt.args[0]
            assert isinstance(head, Const) and isinstance(head.value, Callee)
            found[id(head.value)] = head.value
    return list(found.values())
