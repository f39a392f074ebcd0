"""`srcdiff show` and `srcdiff emit`."""

from __future__ import annotations

import importlib.util
import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from srcdiff.project import literals
from tests.cli import samples
from tests.cli.driver import FIXTURE, run, run_all

LOSS = "good.pricing:loss"


def test_a_derivative_and_the_stages(tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", X=np.ones((3, 2)))
    at = f"w=[1, 2], X=@{tmp_path}/data.npz:X, y=[1.0, 2.0, 3.0]"
    plain, forward, second, lowered, primal, derivative, beside, both = run_all(
        ["show", LOSS, "--at", at],
        ["show", LOSS, "--mode", "forward"],
        ["show", LOSS, "--order", "2"],
        ["show", LOSS, "--stage", "lowered"],
        ["show", LOSS, "--stage", "primal"],
        ["show", LOSS, "--stage", "derivative"],
        ["show", LOSS, "--side-by-side"],
        ["show", LOSS, "--wrt", "w,X", "--kind", "value_and_grad"],
        folder=FIXTURE,
    )
    assert not any(d.code for d in (plain, forward, second, lowered, primal, derivative, beside))
    assert "def loss_grad(w, X, y):" in plain.out and "\x1b" not in plain.out
    assert "def loss_jvp(w, X, y, d_w, d_X, d_y):" in forward.out
    assert "def loss_grad_jvp(w, X, y, d_w, d_X, d_y):" in second.out
    assert "name('np')" in lowered.out and "w: float64[w.0]" in primal.out
    assert "function loss_grad(" in derivative.out
    assert re.search(
        r"^\d+ def loss\(w, X, y\): +\|     def loss_grad\(w, X, y\):$", beside.out, re.M
    )
    assert re.search(r"\| (\d+)'     # adjoint of line \1: ", beside.out)
    assert "return np.sum(miss * miss), (X.T @ b_miss, np.outer(b_miss, w))" in both.out


def test_as_a_command(tmp_path: Path) -> None:
    done = run("show", str(FIXTURE / "good" / "pricing.py") + ":plain", folder=tmp_path)
    assert done.code == 0 and "def plain_grad(x):" in done.out


def test_the_installed_command_is_this_one() -> None:
    pyproject = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    assert 'srcdiff = "srcdiff.cli:main"' in pyproject


def test_highlighting(tmp_path: Path) -> None:
    pytest.importorskip("rich")
    done = run("show", "good.pricing:plain", "--color", "always", folder=FIXTURE)
    assert done.code == 0 and "\x1b[" in done.out and "plain_grad" in done.out


def test_side_by_side(tmp_path: Path) -> None:
    target = ["show", "good.pricing:plain", "--side-by-side"]
    plain, narrow, stage, coloured = run_all(
        target, ["show", LOSS, "--side-by-side"], [*target, "--stage", "derivative"],
        [*target, "--color", "always"], folder=FIXTURE, COLUMNS="60",
    )  # fmt: skip
    assert all(d.code == 0 for d in (plain, narrow, stage, coloured))
    assert max(map(len, narrow.out.splitlines())) <= 63
    assert "| function plain_grad(" in stage.out and "\x1b" not in plain.out
    if importlib.util.find_spec("rich"):
        assert re.sub(r"\x1b\[[0-9;]*m", "", coloured.out) == plain.out != coloured.out


def test_several_derivatives_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text((FIXTURE / "good" / "pricing.py").read_text())
    at = ["--at", "w=[1.0, 2.0], X=[[1.0, 2.0], [0.5, 1.0]], y=[1.0, 2.0]", "--at", "x=0.3"]
    targets = ["shop:loss", "shop:plain"]
    kinds = ["--mode", "reverse", "--mode", "forward", "--order", "2"]
    made, check = run_all(
        ["emit", *targets, *at, *kinds, "-o", "out.py"],
        ["emit", "--check", "out.py"],
        folder=tmp_path,
    )
    assert made.code == 0, made.err
    assert check.code == 0 and "up to date" in check.out
    text = (tmp_path / "out.py").read_text()
    for name in (
        "loss",
        "loss_grad",
        "loss_jvp",
        "loss_grad_jvp",
        "loss_jvp_jvp",
        "plain_grad_grad",
    ):
        assert f"def {name}(" in text
    done = subprocess.run(
        [sys.executable, "-I", "out.py"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stdout.count(": ok") == 8, done.stdout + done.stderr
    (tmp_path / "shop.py").write_text(
        (tmp_path / "shop.py").read_text().replace("miss * miss", "miss**2")
    )
    stale, updated, again = run_all(
        ["emit", "--check", "out.py"],
        ["emit", "--update", "out.py"],
        ["emit", "--check", "out.py"],
        folder=tmp_path,
    )
    assert stale.code == 1 and "shop:loss has changed" in stale.out and "\n+" in stale.out
    assert "plain has changed" not in stale.out
    assert updated.code == again.code == 0


LAYERS = """
import numpy as np


def layer(x, W):
    return np.tanh(W @ x)


def statistics(x):
    return {"mean": np.mean(x), "spread": (np.std(x), len(x))}


def shifted(x, out):
    out[1:] = x[:-1] * x[1:]
    return out
"""


def test_products_with_a_seed_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text(LAYERS)
    at = ["x=[0.1, 0.2], W=[[1.0, 2.0], [3.0, 4.0]]", "x=[1.0, 2.0, 4.0]",
          "x=[1.0, 2.0, 4.0], out=[5.0, 0.0, 0.0]"]  # fmt: skip
    targets = [f"layers.py:{name}" for name in ("layer", "statistics", "shifted")]
    options = [part for text in at for part in ("--at", text)]
    made, shown, check = run_all(
        ["emit", *targets, *options, "--kind", "vjp", "--order", "2", "-o", "out.py"],
        ["show", targets[0], "--at", at[0], "--kind", "vjp", "--wrt", "x,W"],
        ["emit", "--check", "out.py"],
        folder=tmp_path,
    )
    assert made.code == check.code == 0, made.err + check.out
    assert "def layer_vjp(x, W, seed):" in shown.out
    assert "b_x = W.T @ t1\n    return t, (b_x, b_W)" in shown.out
    done = subprocess.run(
        [sys.executable, "-I", "out.py"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stdout.count(": ok") == 6, done.stdout + done.stderr
    scope = runpy.run_path(str(tmp_path / "out.py"))
    x, W, seed = np.array([0.1, 0.2]), np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([2.0, -1.0])
    value, cotangent = scope["layer_vjp"](x, W, seed)
    assert np.array_equal(value, np.tanh(W @ x))
    assert np.allclose(cotangent, W.T @ (seed * (1.0 - value**2)))
    found = scope["statistics_vjp"](np.array([1.0, 2.0, 4.0]), {"mean": 3.0, "spread": (0.0, 7)})
    assert found[0]["spread"][1] == 3 and np.allclose(found[1], 1.0)
    text = (tmp_path / "out.py").read_text()
    (tmp_path / "out.py").write_text(text.replace("W.T @ (seed *", "W.T @ (2.0 * seed *"))
    wrong = subprocess.run(
        [sys.executable, "-I", "out.py"], cwd=tmp_path, capture_output=True, text=True
    )
    assert wrong.returncode == 1 and "layer_vjp: WRONG" in wrong.stdout


# --- example arguments as text --------------------------------------------------------------------


def test_literals() -> None:
    found = literals.arguments(
        "[1, 2], [1, 2], [1, 2], n=3, x=2, mode='l1'", samples.used, ("w", "xs")
    )
    assert found["w"].dtype == np.float64 and found["xs"] == [1.0, 2.0] and found["ys"] == [1, 2]
    assert (found["n"], found["x"], found["mode"]) == (3, 2.0, "l1")
    assert type(found["x"]) is float and type(found["n"]) is int


def test_structures_and_special_numbers() -> None:
    found = literals.arguments(
        "p={'W': [[1, 2], [3, 4]], 'b': (1.0, [2.0])}, q=-inf, r=[nan, -1.5]", lambda p, q, r: p
    )
    assert found["p"]["W"].shape == (2, 2) and found["p"]["W"].dtype.kind == "i"
    assert isinstance(found["p"]["b"], tuple) and isinstance(found["p"]["b"][1], np.ndarray)
    assert found["q"] == -np.inf and np.isnan(found["r"][0]) and found["r"][1] == -1.5
