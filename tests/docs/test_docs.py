"""The pages under docs/: what they show is what happens, and what they name exists."""

from __future__ import annotations

import ast
import re
from typing import Any

import numpy as np
import pytest

from srcdiff import errors, grad, rules
from srcdiff.frontend import fence, normalise
from srcdiff.frontend.lower import lower
from srcdiff.ir.verify import verify
from srcdiff.ops import table
from srcdiff.transform import pipeline
from tests.docs import blocks

PAGES = sorted(blocks.DOCS.rglob("*.md"))
NAMED = [pytest.param(page, id=str(page.relative_to(blocks.DOCS))) for page in PAGES]
TABLES = ("BY_NAME", "BY_FUNCTION", "BY_SYMBOL", "BY_METHOD", "BY_ATTRIBUTE")


# --- the tour -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tour() -> dict[str, Any]:
    return blocks.run(blocks.block("tour.md", "tour", "program"), "tour")


@pytest.mark.parametrize("stage", ["lowered", "primal", "derivative", "source"])
def test_the_tour_shows_what_the_compiler_makes(
    tour: dict[str, Any], stage: str, update_golden: bool
) -> None:
    loss, args = tour["loss"], (tour["w"], tour["xs"], tour["ys"])
    text = loss.source(*args) if stage == "source" else loss.ir(*args, stage=stage)
    found = text.strip("\n") + "\n"
    if update_golden:
        blocks.replace("tour.md", "tour", stage, found)
    assert blocks.block("tour.md", "tour", stage) == found


def test_the_gradient_of_the_tour_is_right(tour: dict[str, Any]) -> None:
    assert tour["loss"].check(tour["w"], tour["xs"], tour["ys"]).ok


# --- extending ------------------------------------------------------------------------------------


@pytest.fixture
def own_tables() -> Any:
    """Rows entered by a test do not stay."""
    kept = {name: dict(getattr(table, name)) for name in TABLES}
    yield
    for name, entries in kept.items():
        getattr(table, name).clear()
        getattr(table, name).update(entries)


def test_a_rule_of_ones_own(own_tables: None) -> None:
    made = blocks.run(blocks.block("extending.md", "example", "own rule"), "own_rule")
    x = np.array([-1.0, 0.0, 2.0])
    assert np.allclose(made["gradient"](x), 1.0 / (1.0 + np.exp(-x)))
    assert "exp" in made["gradient"].source(x)
    assert made["gradient"].check(x).ok


def test_a_wrong_rule_is_noticed(own_tables: None) -> None:
    code = blocks.block("extending.md", "example", "own rule").replace("1.0 + np", "2.0 + np")
    with pytest.raises(errors.GradientError, match="the rule of softplus is wrong"):
        blocks.run(code, "wrong_rule")


def test_a_row_of_the_table(own_tables: None) -> None:
    known = table.BY_FUNCTION.pop(np.sinc)
    del table.BY_NAME[known.name]
    blocks.run(blocks.block("extending.md", "example", "row"), "row")
    row = table.row_of(np.sinc)
    assert row is not None and row.kind == "elementwise" and row.samples is not None
    for sample in row.samples():
        if np.asarray(sample[0]).dtype == np.float64:
            rules.verify(np.sinc, sample)
    assert grad(lambda x: np.sum(np.sinc(x)))(np.zeros(2)).tolist() == [0.0, 0.0]


def test_a_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    code = blocks.block("extending.md", "example", "statement")
    made = blocks.run(code, "statement")
    with pytest.raises(errors.Refused, match="SD113"):
        lower(made["guarded"])
    monkeypatch.setattr(fence, "PLAIN", {k: v for k, v in fence.PLAIN.items() if k != "With"})
    monkeypatch.setattr(fence, "_SPECIAL", {**fence._SPECIAL, ast.With: made["refused"]})
    monkeypatch.setattr(fence, "_KNOWN", (*fence._KNOWN, ast.With))
    monkeypatch.setattr(
        normalise, "_REWRITINGS", {**normalise._REWRITINGS, ast.With: made["without"]}
    )
    assert grad(made["guarded"])(3.0) == pytest.approx(1.0 / 3.0)
    with pytest.raises(errors.Refused, match="SD113"):
        lower(made["opened"])


def test_a_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    made = blocks.run(blocks.block("extending.md", "example", "pass"), "squares")
    squares = made["squares"]

    def verified(function: Any) -> Any:
        changed = squares(function)
        verify(changed, "squares")
        assert squares(changed) is changed
        return changed

    monkeypatch.setattr(pipeline, "TIDY", (*pipeline.TIDY, verified))
    cube = grad(_cube_of_squares)
    assert "multiply(x.2, x.2)" in cube.ir(2.0)
    assert cube(2.0) == pytest.approx(6 * 2.0**5)


def _cube_of_squares(x: float) -> float:
    for _ in range(1):
        x = (x**2) ** 3 if x > 0.0 else x
    return x


def test_files_and_names_for_extending_exist() -> None:
    """Rows `| file.py | name, name |` name what is defined in the file."""
    page = (blocks.DOCS / "extending.md").read_text()
    places = re.findall(r"^\| `([\w/]+\.py)` \| ([^|]*) \|", page, re.MULTILINE)
    assert len(places) >= 15
    for file, names in places:
        text = (blocks.SOURCE / file).read_text()
        for name in re.findall(r"`(\w+)`", names):
            assert re.search(rf"^\s*(def|class)? ?{name}\b", text, re.MULTILINE), (file, name)


# --- the error index ------------------------------------------------------------------------------


def raised() -> dict[str, list[str]]:
    """The codes in the compiler's string constants, and the files they stand in."""
    found: dict[str, list[str]] = {}
    for file in sorted(blocks.SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if re.fullmatch(r"SD\d{3}", node.value):
                    found.setdefault(node.value, []).append(file.name)
    return found


def explained() -> list[str]:
    page = (blocks.DOCS / "errors.md").read_text()
    return re.findall(r"^### (SD\d{3}): \S", page, re.MULTILINE)


def test_every_code_raised_is_explained() -> None:
    known = explained()
    assert not {code: files for code, files in raised().items() if code not in known}


def test_every_code_explained_is_raised() -> None:
    known = raised()
    assert not [code for code in explained() if code not in known]


def test_codes_are_explained_once_and_in_order() -> None:
    assert explained() == sorted(set(explained()))


# --- all pages ------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", NAMED)
def test_links_lead_somewhere(page: Any) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", NAMED)
def test_files_named_exist(page: Any) -> None:
    """Paths in backticks such as `ir/core.py` are files of srcdiff (or of the repository)."""
    for path in re.findall(r"`((?:[\w.]+/)*\w+\.py)`", page.read_text()):
        places = (blocks.SOURCE / path, blocks.DOCS.parent / path)
        assert any(place.exists() for place in places) or "yours" in path, path


def test_the_index_lists_every_page() -> None:
    index = (blocks.DOCS / "index.md").read_text()
    names = [str(page.relative_to(blocks.DOCS)) for page in PAGES]
    assert not [name for name in names if f"]({name})" not in index and name != "index.md"]
