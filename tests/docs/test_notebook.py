"""docs/notebook.ipynb, executed: what a notebook shows of a derivative."""

from __future__ import annotations

import os
import re
import warnings
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.docs.blocks import DOCS

nbformat = pytest.importorskip("nbformat", reason="the extra `notebook` is not installed")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

PAGE = DOCS / "notebook.ipynb"
IDENTITY = re.compile(r'id="([^"]+)"')


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The code cells by their first word, with outputs."""
    folder = tmp_path_factory.mktemp("notebook")
    settings = {**os.environ, "PYTHONPATH": str(DOCS.parent), "IPYTHONDIR": str(folder)}
    with warnings.catch_warnings():  # those of the libraries that talk to the kernel are theirs
        warnings.simplefilter("ignore")
        page = nbformat.read(PAGE, as_version=4)
        client = nbclient.NotebookClient(
            page, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
        )
        client.execute(env=settings)
    return {cell.source.split("\n")[0]: cell for cell in page.cells if cell.cell_type == "code"}


class Columns(HTMLParser):
    """The columns of a table as lines of text, each with the class of its line; tags must match."""

    def __init__(self, text: str):
        super().__init__()
        self.columns: list[list[list[str]]] = []
        self.open: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        self.open.append(tag)
        given = dict(attributes)
        if tag == "td":
            self.columns.append([])
        if tag == "span" and "display:block" in given["style"]:
            self.columns[-1].append([given.get("class", ""), ""])

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "span" in self.open:
            self.columns[-1][-1][1] += data


def html(cell: Any) -> str:
    (output,) = (o for o in cell.outputs if o.output_type in ("execute_result", "display_data"))
    found: str = output.data["text/html"]
    return found


def columns(cell: Any) -> list[list[list[str]]]:
    return Columns(html(cell)).columns


def of(column: list[list[str]], text: str) -> list[str]:
    """The classes of the lines that hold a text."""
    return [kind for kind, line in column if text in line]


def test_the_function_and_its_derivative(cells: dict[str, Any]) -> None:
    primal, derivative = columns(cells["loss"])
    assert of(primal, "def loss(w, X, y):") == ["of2"]
    assert of(derivative, "def loss_grad(w, X, y):") == [""]
    assert of(derivative, "score = X @ w") == ["of3", "of3"]  # the statement, and the comment on it
    assert of(derivative, "adjoint of line 3: score = X @ w") == ["of3"]
    assert "of6" in of(derivative, "score[k]") and "of7" in of(derivative, "b_score =")
    margins = [line.split()[0] for kind, line in derivative if kind]
    assert "3" in margins and "3'" in margins


def test_lines_that_belong_together_have_one_colour(cells: dict[str, Any]) -> None:
    text = html(cells["loss"])
    found = re.findall(r'class="of(\d+)" style="[^"]*background:hsla\((\d+),', text)
    hues = {line: {hue for n, hue in found if n == line} for line, _ in found}
    assert len(hues) >= 6 and all(len(h) == 1 for h in hues.values())
    assert f"#{IDENTITY.search(text)[1]}:has(.of3:hover) .of3" in text  # type: ignore[index]


def test_arguments_of_other_types(cells: dict[str, Any]) -> None:
    (source,) = (s for s in cells if s.startswith("loss.side_by_side"))
    assert "np.float32" in html(cells[source])
    printed = cells["print(loss.side_by_side(w, X, y))"].outputs[0].text
    assert re.search(r"^4 .*\|  3     score = X @ w$", printed, re.MULTILINE)


def test_before_the_first_call(cells: dict[str, Any]) -> None:
    (primal,) = columns(cells["grad(lambda x, n: x**n)"])
    assert of(primal, "grad(lambda x, n: x**n)") == ["of1"]
    assert "SD509" in html(cells["grad(lambda x, n: x**n)"])
    annotated = cells["@grad"] if "cube" in cells["@grad"].source else None
    assert annotated is not None and "def cube_grad(x):" in html(annotated)


def test_the_page_is_kept_without_outputs() -> None:
    page = nbformat.read(Path(PAGE), as_version=4)
    nbformat.validate(page)
    assert not any(c.get("outputs") or c.get("execution_count") for c in page.cells)
