"""Derivative files on disk, and at run time."""

from __future__ import annotations

import importlib
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import srcdiff
from srcdiff.errors import Refused
from srcdiff.files import disk, module
from srcdiff.files.ask import Ask
from srcdiff.files.module import Item

PROGRAM = """
import numpy as np
import srcdiff

SCALE = 2.0


def square(x):
    return x * x


@srcdiff.frozen("made.py")
def loss(w, X):
    return SCALE * np.sum(square(X @ w))
"""
W, X = np.array([0.5, -1.0]), np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.25]])


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A module of a function with a frozen derivative, and its derivative file."""
    (tmp_path / "shop.py").write_text(PROGRAM)
    monkeypatch.syspath_prepend(str(tmp_path))
    shop = importlib.import_module("shop")
    disk.write(tmp_path / "made.py", wanted(shop))
    yield shop
    sys.modules.pop("shop", None)


def wanted(shop: Any) -> list[Item]:
    return [Item(Ask(shop.loss.primal, "grad", ("w",)), "shop:loss", {"w": W, "X": X})]


def again(tmp_path: Path, text: str) -> Any:
    """The program with another text."""
    sys.modules.pop("shop", None)
    importlib.invalidate_caches()
    path = tmp_path / "shop.py"
    path.write_text(text)
    os.utime(path, (1, path.stat().st_mtime + 10))
    return importlib.import_module("shop")


def test_frozen_uses_the_file(program: Any, tmp_path: Path) -> None:
    assert np.array_equal(program.loss(W, X), srcdiff.grad(program.loss.primal)(W, X))
    assert not program.loss.dispatcher.variants  # nothing was compiled
    assert program.loss.check(W, X).ok
    assert "def loss_grad(" in program.loss.source()


def test_data_is_read_at_each_call(program: Any) -> None:
    before = program.loss(W, X)
    program.SCALE = 4.0
    assert np.allclose(program.loss(W, X), 2.0 * before)


def test_frozen_refuses_when_the_function_changed(program: Any, tmp_path: Path) -> None:
    changed = again(tmp_path, PROGRAM.replace("SCALE * np", "SCALE * 3.0 * np"))
    with pytest.raises(Refused, match=r"SD709.*loss, or a function it calls, has changed"):
        changed.loss(W, X)


def test_frozen_refuses_when_a_helper_changed(program: Any, tmp_path: Path) -> None:
    changed = again(tmp_path, PROGRAM.replace("return x * x", "return x * x * x"))
    with pytest.raises(Refused, match="SD709"):
        changed.loss(W, X)
    found = disk.checked(tmp_path / "made.py")
    assert not found.fresh and "shop:loss has changed" in found.reasons[0]
    assert "+" in found.diff and "-" in found.diff


def test_comments_blank_lines_and_place_do_not_matter(program: Any, tmp_path: Path) -> None:
    moved = PROGRAM.replace("SCALE = 2.0", "SCALE = 2.0  # twice\n\n\n\n# more").replace(
        "    return SCALE", "    # the loss\n\n    return SCALE"
    )
    changed = again(tmp_path, moved)
    assert np.array_equal(changed.loss(W, X), srcdiff.grad(changed.loss.primal)(W, X))
    assert disk.checked(tmp_path / "made.py").fresh


def test_other_arguments_are_refused(program: Any) -> None:
    with pytest.raises(Refused, match=r"SD710.*was not written for"):
        program.loss(W.astype("float32"), X)
    with pytest.raises(Refused, match="SD710"):
        program.loss(W, X[:, :1])


def test_without_a_file(tmp_path: Path) -> None:
    made = srcdiff.frozen(tmp_path / "nothing.py")(lambda x: x * x)
    with pytest.raises(Refused, match=r"SD712.*cannot read"):
        made(2.0)
    (tmp_path / "other.py").write_text("x = 1\n")
    with pytest.raises(Refused, match=r"SD712.*was not written by srcdiff emit"):
        srcdiff.frozen(tmp_path / "other.py")(lambda x: x * x)(2.0)


def test_an_edit_by_hand_is_kept(program: Any, tmp_path: Path) -> None:
    path = tmp_path / "made.py"
    edited = (
        path.read_text().replace("return 2.0", "return 2.5").replace("    t = ", "    t = 1 * ")
    )
    path.write_text(edited)
    found = disk.checked(path)
    assert "edited by hand" in found.reasons[0]
    changed = again(tmp_path, PROGRAM.replace("x * x", "x**2"))
    with pytest.raises(Refused, match="SD706") as caught:
        disk.write(path, wanted(changed))
    assert "1 * " in str(caught.value) and "--force" in str(caught.value)
    assert path.read_text() == edited
    assert disk.write(path, wanted(changed), force=True)
    assert disk.checked(path).fresh


def test_another_file_is_not_overwritten(program: Any, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"SD706.*exists"):
        disk.write(tmp_path / "shop.py", wanted(program))
    assert (tmp_path / "shop.py").read_text() == PROGRAM


def test_writing_again_changes_nothing(program: Any, tmp_path: Path) -> None:
    before = (tmp_path / "made.py").stat().st_mtime_ns
    assert not disk.write(tmp_path / "made.py", wanted(program))
    assert (tmp_path / "made.py").stat().st_mtime_ns == before


def test_a_folder_that_cannot_be_written_to(program: Any, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="SD707"):
        disk.write(tmp_path / "missing" / "made.py", wanted(program))
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="SD707"):
        disk.write(tmp_path / "file" / "made.py", wanted(program))
    assert sorted(p.name for p in tmp_path.iterdir() if p.name[0] == ".") == []


def test_the_self_check_fails_where_the_derivative_is_wrong(program: Any, tmp_path: Path) -> None:
    path = tmp_path / "made.py"
    text = path.read_text()
    at = text.index("def loss_grad")
    wrong = text[:at] + text[at:].replace("\n    return ", "\n    return 1.001 * ", 1)
    (tmp_path / "wrong.py").write_text(wrong)
    for name, code, word in (("made", 0, "ok"), ("wrong", 1, "WRONG")):
        done = subprocess.run(
            [sys.executable, "-I", str(tmp_path / f"{name}.py")], capture_output=True, text=True
        )
        assert done.returncode == code and f"loss_grad: {word}" in done.stdout, done.stderr


def test_a_wrong_derivative_is_not_written(tmp_path: Path) -> None:
    item = Item(Ask(_kinked, "grad", ("x",)), f"{__name__}:_kinked", {"x": 0.0})
    with pytest.raises(Refused, match="SD717"):
        disk.write(tmp_path / "made.py", [item])
    assert not (tmp_path / "made.py").exists()


def _kinked(x: float) -> float:
    return abs(x) * 2.0 + max(x, 0.0)


def test_large_examples_become_samples(tmp_path: Path) -> None:
    item = Item(Ask(_norm, "grad", ("x",)), f"{__name__}:_norm", {"x": np.linspace(1, 2, 500)})
    disk.write(tmp_path / "made.py", [item])
    text = (tmp_path / "made.py").read_text()
    assert "_sample((500,), 1.0, 2.0" in text and len(text) < 10_000
    assert disk.checked(tmp_path / "made.py").fresh


def _norm(x: Any) -> Any:
    return np.sqrt(np.sum(x * x))


@pytest.mark.parametrize("damage", ["{", "", "x = 1"])
def test_a_damaged_table(program: Any, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "made.py"
    text = path.read_text()
    path.write_text(text.partition("__derivatives__")[0] + damage)
    with pytest.raises(Refused, match="SD712"):
        disk.entries(disk.read(path), path)


def test_what_cannot_be_carried(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"SD708.*args"):
        module.text([Item(Ask(_starred, "grad", ("xs",)), "x:y", {"xs": (1.0,)})])
    with pytest.raises(Refused, match=r"SD708.*function or a class"):
        module.text([Item(Ask(_applied, "grad", ("x",)), "x:y", {"f": math.sin, "x": 1.0})])


def _starred(*xs: float) -> float:
    return xs[0] ** 2


def _applied(f: Any, x: float) -> Any:
    return f(x)
