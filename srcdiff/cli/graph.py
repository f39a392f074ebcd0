"""`srcdiff graph`: the computation drawn."""

from __future__ import annotations

import argparse
import shutil
import subprocess
from pathlib import Path
from typing import Any

from srcdiff.cli import options
from srcdiff.cli.trace import primal_of
from srcdiff.errors import refuse
from srcdiff.explain.drawing import dot
from srcdiff.explain.run import recorded

EXAMPLES = """\
  srcdiff graph shop.pricing:loss --at 'w=[1.0, 2.0], x=0.5'             DOT, on the terminal
  srcdiff graph shop.pricing:loss --at 'w=[1.0, 2.0], x=0.5' -o loss.svg

With --at, values and adjoints stand on the edges. SVG, PNG and PDF take the program `dot` of Graphviz."""
TEXTS, PICTURES = (".dot", ".gv"), (".svg", ".png", ".pdf")


def add(commands: Any) -> None:
    parser = options.command(commands, "graph", run, "draw the computational graph", EXAMPLES)
    options.add_target(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="a .dot, .svg, .png or .pdf file")


def run(chosen: argparse.Namespace) -> int:
    path = Path(chosen.output or "graph.dot")
    if path.suffix not in (*TEXTS, *PICTURES):
        known = ", ".join((*TEXTS, *PICTURES))
        raise refuse("SD707", f"{path} is no kind of drawing that is known", hint=f"one of {known}")
    one = options.subject_of(chosen)
    primal = primal_of(one)
    found = recorded(primal, one.arguments) if chosen.at else None
    text = dot(primal.function, one.derivative.request.wrt, found)
    if not chosen.output:
        print(text, end="")
        return 0
    try:
        if path.suffix in PICTURES:
            _drawn(text, path)
        else:
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise refuse("SD707", f"cannot write {path}: {error.strerror or error}") from None
    print(f"wrote {path}")
    return 0


def _drawn(text: str, path: Path) -> None:
    """The graph as a picture, by Graphviz."""
    program = shutil.which("dot")
    if program is None:
        raise refuse(
            "SD713",
            f"{path.suffix[1:].upper()} takes the program `dot` of Graphviz, which is not there",
            hint="install Graphviz, or write a .dot file",
        )
    done = subprocess.run(
        [program, f"-T{path.suffix[1:]}"], input=text.encode(), capture_output=True, check=False
    )
    if done.returncode:
        raise refuse("SD713", f"dot failed: {done.stderr.decode(errors='replace').strip()}")
    path.write_bytes(done.stdout)
