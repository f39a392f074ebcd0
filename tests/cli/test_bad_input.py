"""What goes wrong is told, with exit code 2, and nothing is lost."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest

from tests.cli.driver import run_all

MODULE = """
import math
import numpy as np
from srcdiff import grad

NUMBER = 3


@grad
def loss(w, X):
    return np.sum((X @ w) ** 2)


def array(x: float):
    return np.array([x, x * x])


@grad
def kept(x: float):
    raise RuntimeError("on purpose")


@grad
def unsupported(x: float):
    with open("f") as file:
        return x
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "shop.py").write_text(MODULE)
    (tmp_path / "broken.py").write_text("import srcdiff\n1 / 0\n")
    (tmp_path / "leaving.py").write_text("import srcdiff\nraise SystemExit(3)\n")
    (tmp_path / "syntax.py").write_text("import srcdiff\ndef f(:\n")
    (tmp_path / "closed.py").write_text("")
    np.savez(tmp_path / "data.npz", X=np.ones((3, 2)), o=np.array([object()], dtype=object))
    (tmp_path / "fake.npz").write_text("no zip")
    np.save(tmp_path / "one.npy", np.ones((3, 2)))
    return tmp_path


AT = "w=[1.0, 2.0], X=[[1.0, 2.0]]"
CASES = [
    (["show", "nothing"], "SD701", "names no function"),
    (["show", "shop:nothing"], "SD701", "it has loss"),
    (["show", "shop:NUMBER"], "SD701", "not a function"),
    (["show", "missing.py:f"], "SD701", "no file missing.py"),
    (["show", "not a name:f"], "SD701", "neither a module nor a file"),
    (["show", "nomodule:f"], "SD702", "No module named"),
    (["show", "broken:f"], "SD702", "line 2 of"),
    (["show", "leaving:f"], "SD702", "SystemExit"),
    (["show", "syntax.py:f"], "SD702", "SyntaxError"),
    (["show", "shop:loss"], "SD703", "w, X are missing"),
    (["show", "shop:loss", "--at", "w=[1.0"], "SD704", "cannot read the example arguments"),
    (["show", "shop:loss", "--at", "w=np.ones(3)"], "SD704", "is not a literal"),
    (["show", "shop:loss", "--at", "w=__import__('os')"], "SD704", "no class of the function"),
    (["show", "shop:loss", "--at", "q=1.0"], "SD704", "do not fit loss"),
    (["show", "shop:loss", "--at", "w=[1.0], X=@none.npz:X"], "SD705", "cannot read"),
    (["show", "shop:loss", "--at", "w=[1.0], X=@fake.npz:X"], "SD705", "is not an .npz file"),
    (["show", "shop:loss", "--at", "w=[1.0], X=@data.npz:Y"], "SD705", "it holds X, o"),
    (["show", "shop:loss", "--at", "w=[1.0], X=@data.npz:o"], "SD705", "are not unpickled"),
    (["show", "shop:loss", "--at", AT, "--wrt", "q"], "SD511", "no argument 'q'"),
    (["show", "shop:loss", "--at", AT, "--order", "-1"], "SD716", "order -1"),
    (["show", "shop:unsupported"], "SD113", "with"),
    (["check", "nothing.here"], "SD701", "no package, module, file or folder"),
    (["check", ".", "--at", "x=1.0"], "SD714", "for one function"),
    (["check", "data.npz"], "SD714", "nothing to verify"),
    (["emit", "shop:loss", "--at", AT], "SD707", "-o FILE.py"),
    (["emit", "shop:loss", "-o", "out.py"], "SD703", "w, X are missing"),
    (["emit", "shop:loss", "--at", AT, "-o", "no/out.py"], "SD707", "cannot write"),
    (["emit", "shop:loss", "--at", AT, "-o", "shop.py"], "SD706", "--force"),
    (["emit", "shop:loss", "--at", AT, "-o", "out.txt"], "SD707", "is not the name of a module"),
    (["emit", "shop:loss", "--at", AT, "-o", "closed.py/out.py"], "SD707", "cannot write"),
    (["emit", "shop:loss", "--at", AT, "--at", AT, "-o", "out.py"], "SD704", "2 times --at"),
    (["emit", "shop:array", "-o", "out.py"], "SD504", "returns a value of type"),
    (["graph", "shop:loss", "--at", AT, "-o", "out.jpeg"], "SD707", "one of .dot"),
    (["graph", "shop:loss"], "SD703", "w, X are missing"),
    (["trace", "shop:loss"], "SD703", "w, X are missing"),
    (["emit", "--update", "missing.py"], "SD712", "cannot read"),
    (["emit", "--check", "shop.py"], "SD712", "was not written by srcdiff emit"),
    (["emit", "--check", "missing.py"], "SD712", "cannot read"),
]


def test_messages_and_exit_codes(project: Path) -> None:
    found = run_all(*(case[0] for case in CASES), folder=project)
    for (command, code, text), done in zip(CASES, found):
        assert done.code == 2, (command, done)
        assert code in done.err and text in done.err, (command, done.err)
        assert "Traceback" not in done.err and not done.out, (command, done)
    assert (project / "shop.py").read_text() == MODULE


def test_usage(project: Path) -> None:
    for done in run_all([], ["nonsense"], ["check", "--format", "pdf"], folder=project):
        assert done.code == 2 and "usage: srcdiff" in done.err


def test_the_version(project: Path) -> None:
    (done,) = run_all(["--version"], folder=project)
    assert done.code == 0 and re.fullmatch(r"srcdiff \d+\.\d+\.\d+\n", done.out)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="no folder that even root cannot write to")
def test_a_folder_that_nobody_may_write_to(project: Path) -> None:
    emit = ["emit", "shop:loss", "--at", AT, "-o", "/proc/out.py"]
    report = ["check", "shop:kept", "--output", "/proc/report.xml"]
    for done in run_all(
        emit, report, ["graph", "shop:kept", "-o", "/proc/out.dot"], folder=project
    ):
        assert done.code == 2 and "SD707: cannot write" in done.err, done


def test_a_package_with_modules_that_do_not_import(project: Path) -> None:
    (done,) = run_all(["check", "."], folder=project)
    assert done.code == 2
    for text in ("ZeroDivisionError", "SystemExit: 3", "SyntaxError", "RuntimeError: on purpose"):
        assert text in done.out
    assert "SD703" in done.out and "w, X are missing" in done.out and "SD113" in done.out


CONFIGURATIONS = [
    ("[tool.srcdiff]\nchecks = []", "unknown keys ['checks']"),
    ("[tool.srcdiff]\ncheck = 'shop'", "check is not a list"),
    ("[tool.srcdiff\n", "cannot read"),
    ('[tool.srcdiff.functions."shop:loss"]\nat = 3', "at of shop:loss is 3"),
    ('[tool.srcdiff.functions."shop:loss"]\nx = 3', "unknown key 'x'"),
]


def test_a_configuration_that_is_wrong(project: Path) -> None:
    commands = []
    for number, (text, _) in enumerate(CONFIGURATIONS):
        folder = project / f"project{number}"
        folder.mkdir()
        (folder / "pyproject.toml").write_text(text)
        commands += [["cd", str(folder)], ["check", "shop"]]
    for (_, told), done in zip(CONFIGURATIONS, run_all(*commands, folder=project)):
        assert done.code == 2 and "SD711" in done.err and told in done.err, done


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_read_only(project: Path) -> None:
    (project / "closed").mkdir(mode=0o500)
    (done,) = run_all(["emit", "shop:loss", "--at", AT, "-o", "closed/out.py"], folder=project)
    assert done.code == 2 and "SD707" in done.err


def test_an_edited_file_is_kept(project: Path) -> None:
    emit = ["emit", "shop:loss", "--at", AT, "-o", "out.py"]
    first, again = run_all(emit, emit, folder=project)
    assert (first.code, first.out) == (0, "wrote out.py\n") and "unchanged" in again.out
    text = (project / "out.py").read_text()
    (project / "out.py").write_text(text.replace('to w."""\n', 'to w."""\n    # mine\n'))
    edited = (project / "out.py").read_text()
    assert edited != text
    refused, check, update = run_all(
        emit, ["emit", "--check", "out.py"], ["emit", "--update", "out.py"], folder=project
    )
    assert refused.code == update.code == 2 and "-    # mine" in refused.err
    assert check.code == 1 and "edited by hand" in check.out and "-    # mine" in check.out
    assert (project / "out.py").read_text() == edited
    (forced,) = run_all([*emit, "--force"], folder=project)
    assert forced.code == 0 and (project / "out.py").read_text() == text
