"""The digest of each golden program's derivative file, as text: equal on every Python and in every run.

python -m tests.files.digests
"""

from __future__ import annotations

import hashlib
from copy import deepcopy
from dataclasses import replace
from inspect import signature
from typing import Any

from srcdiff.files import module
from srcdiff.files.ask import Ask
from srcdiff.files.module import Item
from srcdiff.transform.specialise import bind_arguments
from tests.golden import programs, programs_writes

# All but what needs a package besides NumPy when it runs.
ROOMS = (programs.__name__, programs_writes.__name__)
PROGRAMS = tuple(
    p for p in programs.PROGRAMS if p.function.__module__ in ROOMS and p.name != "heat_checkpointed"
)


def items(program: Any) -> list[Item]:
    names = list(signature(program.function).parameters)
    single = not isinstance(program.wrt, tuple)
    wrt = tuple(names[w] for w in ((program.wrt,) if single else program.wrt))
    ask = Ask(program.function, "grad", wrt, single, program.has_aux)
    target = f"tests.golden.programs:{program.name}"
    asked = (ask, replace(ask, kind="jvp"), replace(ask, kind="vjp"), replace(ask, order=2))
    return [Item(a, target, arguments(program)) for a in asked]


def arguments(program: Any) -> dict[str, Any]:
    """The example arguments by name, copied: a program may write into them."""
    return dict(bind_arguments(program.function, deepcopy(program.args), {}).arguments)


def line(name: str, text: str) -> str:
    return f"{name} {hashlib.sha256(text.encode()).hexdigest()}\n"


if __name__ == "__main__":
    for program in PROGRAMS:
        print(line(program.name, module.text(items(program))), end="")
