"""The command `srcdiff`.

    srcdiff show shop.pricing:loss --at 'w=[1.0, 2.0], x=0.5'    print a derivative
    srcdiff check shop                                           verify all of a package
    srcdiff emit shop.pricing:loss -o shop/derivatives.py        write a derivative file
    srcdiff trace shop.pricing:loss --at 'w=[1.0, 2.0], x=0.5'   the tables of a textbook
    srcdiff graph shop.pricing:loss -o loss.svg                  draw the computation

Exit codes: 0 all right; 1 a derivative is wrong or a file is stale; 2 something could not be run.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from srcdiff.cli import check, emit, graph, show, trace
from srcdiff.errors import SrcdiffError

COMMANDS = (show, check, emit, trace, graph)


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    made = argparse.ArgumentParser(
        prog="srcdiff",
        description="Derivatives of Python functions, as Python source.",
        epilog="srcdiff COMMAND --help shows examples.",
    )
    own = importlib.import_module("srcdiff").__version__
    made.add_argument("--version", action="version", version=f"srcdiff {own}")
    commands = made.add_subparsers(metavar="COMMAND", required=True)
    for module in COMMANDS:
        module.add(commands)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit code."""
    chosen = parser().parse_args(arguments)
    try:
        code: int = chosen.run(chosen)
        sys.stdout.flush()
        return code
    except SrcdiffError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output has gone: `srcdiff show ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


__all__ = ["main", "parser"]
