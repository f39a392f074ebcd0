"""The marked blocks of the README, and a command that writes its generated source anew.

    python -m tests.examples.readme

A block is the code between the fences that follow a comment such as `<!-- example: quickstart -->`.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"


def pattern(kind, name):
    return re.compile(
        rf"(<!-- {kind}: {name} -->\n+```\w*\n)(.*?)(^```$)", re.DOTALL | re.MULTILINE
    )


def block(text, kind, name):
    """The code of one marked block."""
    found = pattern(kind, name).search(text)
    if found is None:
        raise LookupError(f"the README has no block <!-- {kind}: {name} -->")
    return found[2]


def output(code):
    """What a program prints, run from a file so that its source can be read."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "example.py"
        script.write_text(code)
        finished = subprocess.run(
            [sys.executable, "-W", "error", str(script)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=60,
        )
    if finished.returncode:
        raise RuntimeError(finished.stderr)
    return finished.stdout.strip() + "\n"


def main():
    text = README.read_text()
    generated = output(block(text, "example", "quickstart"))
    README.write_text(
        pattern("generated", "quickstart").sub(lambda m: m[1] + generated + m[3], text)
    )


if __name__ == "__main__":
    main()
