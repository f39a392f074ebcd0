"""`srcdiff trace`: the tables of a textbook."""

from __future__ import annotations

import argparse
from typing import Any

from srcdiff.cli import options
from srcdiff.explain.compose import among_several
from srcdiff.explain.tables import forward_table, reverse_table, traced
from srcdiff.project.subject import Subject
from srcdiff.transform.specialise import Primal, specialise

EXAMPLES = """\
  srcdiff trace shop.pricing:loss --at 'w=[1.0, 2.0], x=0.5'
  srcdiff trace model.py:f --at 'x1=2.0, x2=5.0' --wrt x1,x2 --mode forward"""


def add(commands: Any) -> None:
    parser = options.command(
        commands, "trace", run, "print the forward and the reverse trace", EXAMPLES
    )
    options.add_target(parser)
    parser.add_argument("--mode", choices=("forward", "reverse", "both"), default="both")


def run(chosen: argparse.Namespace) -> int:
    one = options.subject_of(chosen)
    found = traced(primal_of(one), one.arguments)
    wrt = one.derivative.request.wrt
    name = one.derivative.request.name
    if chosen.mode in ("forward", "both"):
        print(f"forward mode: {name} by {', '.join(wrt)}\n")
        print(forward_table(found, wrt))
    if chosen.mode == "both":
        print()
    if chosen.mode in ("reverse", "both"):
        print(f"reverse mode: {name} by {', '.join(wrt)}{among_several(found)}\n")
        print(reverse_table(found, wrt))
    return 0


def primal_of(one: Subject) -> Primal:
    """The typed function at the example arguments."""
    bound = options.bound(one)
    return specialise(one.derivative.primal, bound)[0]
