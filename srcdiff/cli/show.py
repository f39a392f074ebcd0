"""`srcdiff show`: a derivative, or a stage on the way to it."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

from srcdiff.cli import options, terminal
from srcdiff.emit.python import emit
from srcdiff.errors import refuse
from srcdiff.explain.beside import Beside, Line, beside
from srcdiff.files.ask import KINDS, compiled
from srcdiff.frontend.lower import lower
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
    options.add_order(parser)
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
        print(
            side_by_side(one, chosen.stage, text).text(
                terminal.width(), terminal.painter(chosen.color)
            )
        )
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
        bound = options.bound(one)
        return print_function(specialise(one.derivative.primal, bound)[0].function)
    function = compiled(one.ask, one.arguments)[0].function
    return print_function(function) if stage == "derivative" else emit(function).source


def side_by_side(one: Subject, stage: str, text: str) -> Beside:
    """The function on the left; on the right its derivative, each line with that it belongs to."""
    if stage == "source":
        return beside(one.derivative.primal, emit(compiled(one.ask, one.arguments)[0].function))
    right = tuple(Line(line) for line in text.rstrip("\n").expandtabs(4).splitlines())
    return replace(beside(one.derivative.primal), derivative=right)
