"""The worked examples as a notebook: what it says, executed.

    python -m tests.docs.worked            # runs docs/worked_examples.ipynb and writes its outputs anew
    python -m tests.docs.worked --check    # runs it and compares its outputs; fails where they differ

Cells tagged `varies` show text that is compared elsewhere (traces, generated code); they need only run.
Needs nbclient, nbformat and ipykernel.
"""

from __future__ import annotations

import copy
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs" / "worked_examples.ipynb"


def executed(notebook: Any) -> Any:
    """A copy of the notebook with the outputs of a run in its own folder."""
    from nbclient import NotebookClient

    fresh = copy.deepcopy(notebook)
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(ROOT)
    try:
        where = {"metadata": {"path": str(NOTEBOOK.parent)}}
        client = NotebookClient(
            fresh, timeout=300, kernel_name="python3", resources=where, coalesce_streams=True
        )
        client.execute()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
    for cell in fresh.cells:
        cell.metadata.pop("execution", None)
    fresh.metadata = notebook.metadata  # a run adds the version of its Python
    return fresh


def shown(cell: Any) -> str:
    """What a cell printed and returned."""
    parts = []
    for output in cell.get("outputs", ()):
        parts.append(output.get("text") or output.get("data", {}).get("text/plain", ""))
    return "\n".join(parts)


def differences(stored: Any, fresh: Any) -> list[str]:
    """The cells whose output is another one."""
    pairs = zip(stored.cells, fresh.cells)
    return [
        f"cell {k}:\n{old.source}\nsaid\n{shown(old)}\nnow says\n{shown(new)}"
        for k, (old, new) in enumerate(pairs)
        if "varies" not in old.metadata.get("tags", ()) and shown(old) != shown(new)
    ]


def main() -> int:
    import nbformat

    stored = nbformat.read(NOTEBOOK, as_version=4)
    fresh = executed(stored)
    if "--check" not in sys.argv:
        nbformat.write(fresh, NOTEBOOK)
        return 0
    wrong = differences(stored, fresh)
    print("\n\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
