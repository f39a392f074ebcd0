"""`srcdiff show`: a derivative, or a stage on the way to it."""

from __future__ import annotations

import argparse
import inspect
import textwrap
from typing import Any

from srcdiff.cli import options, terminal
from srcdiff.emit.python import emit
from srcdiff.errors import refuse
from srcdiff.files.ask import KINDS, compiled
from srcdiff.files.reach import inner_function, source_lines
from srcdiff.frontend.lower import lower
from srcdiff.frontend.source import find_source
from srcdiff.ir.text import print_function
from srcdiff.project.subject import Subject
from srcdiff.transform.specialise import plain_function, specialise

EXAMPLES = """\
  srcdiff show shop.pricing:loss --at 'w=[1.0, 2.0], x=0.5'
  srcdiff show shop.pricing:loss --at 'w=[1.0, 2.0], X=@data.npz:X' --wrt w,b
  srcdiff show shop.pricing:loss --mode forward
  srcdiff show shop.pricing:loss --order 2 --side-by-side
  srcdiff show src/fit.py:loss --stage lowered      (or primal, derivative)"""
STAGES = ("source", "lowered", "primal", "derivative")


def add(commands: Any) -> None:
    parser = options.command(commands, "show", run, "print a derivative", EXAMPLES)
    options.add_target(parser)
    parser.add_argument(
        "--mode", choices=tuple(options.KINDS), help="reverse (gradient) or forward"
    )
    parser.add_argument("--kind", choices=KINDS, help="of derivative (that of the decorator)")
    parser.add_argument("--stage", choices=STAGES, default="source", help="an intermediate form")
    parser.add_argument("--side-by-side", action="store_true", help="the function on the left")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto")


def run(chosen: argparse.Namespace) -> int:
    if chosen.order < 0:
        raise refuse("SD716", f"no derivative of order {chosen.order}", hint="1, 2, ...")
    kind = chosen.kind or options.KINDS.get(chosen.mode or "", "")
    one = options.subject_of(chosen, kind)
    text = shown(one, chosen.stage)
    if chosen.side_by_side:
        print(side_by_side(primal_source(one), text, terminal.width()))
    elif chosen.stage == "source":
        terminal.python(text, chosen.color)
    else:
        print(text.rstrip("\n"))
    return 0


def shown(one: Subject, stage: str) -> str:
    """A derivative as source, or as the intermediate form of a stage."""
    if stage == "lowered":
        return print_function(lower(plain_function(one.derivative.primal)[0]).function)
    if stage == "primal":
        bound = one.derivative.bind(*_call(one))
        return print_function(specialise(one.derivative.primal, bound)[0].function)
    function = compiled(one.ask, one.arguments)[0].function
    return print_function(function) if stage == "derivative" else emit(function).source


def _call(one: Subject) -> tuple[tuple[Any, ...], dict[str, Any]]:
    bound = inspect.BoundArguments(inspect.signature(one.derivative.primal), dict(one.arguments))
    return bound.args, bound.kwargs


def primal_source(one: Subject) -> str:
    """The function as it stands in its file."""
    function = inner_function(one.derivative.primal)
    node = find_source(function).node
    lines = source_lines(function)[node.lineno - 1 : node.end_lineno]
    return textwrap.dedent("".join(lines))


def side_by_side(left: str, right: str, width: int) -> str:
    """Two texts beside each other; long lines go on below."""
    sides = [text.rstrip("\n").expandtabs(4).splitlines() for text in (left, right)]
    room = max((width - 3) // 2, 30)
    wide = min(max(map(len, sides[0]), default=0), room)
    rows = max(map(len, sides))
    lines = []
    for number in range(rows):
        cells = [_cut(side[number] if number < len(side) else "", size)
                 for side, size in zip(sides, (wide, max(width - 3 - wide, room)))]  # fmt: skip
        for place in range(max(map(len, cells))):
            a, b = (c[place] if place < len(c) else "" for c in cells)
            lines.append(f"{a:<{wide}} | {b}".rstrip())
    return "\n".join(lines)


def _cut(line: str, size: int) -> list[str]:
    return [line[k : k + size] for k in range(0, len(line), size)] or [""]
