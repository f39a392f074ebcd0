"""The pytest plugin, driven through pytest in another process."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.driver import FIXTURE, environment

TESTS = """
import numpy as np
import pytest

from srcdiff import grad, rules

W = np.array([0.3, -0.2])
X = np.array([[1.0, 0.5], [2.0, 1.0], [0.5, 1.5]])


def softplus(x):
    return np.logaddexp(0.0, x)


@rules.elementwise(softplus)
def softplus_partial(z, x):
    return 1.0 / (1.0 + np.exp(x))


@grad
def loss(w, X):
    return np.sum((X @ w) ** 2)


@grad
def wrong(w, X):
    score = X @ w
    return np.sum(softplus(score))


@pytest.mark.gradient(args=(W, X), wrt=("w", "X"), order=2)
def test_itself(w, X):
    return np.sum(np.tanh(X @ w))


@pytest.mark.gradient(args=(W, X))
def test_itself_wrong(w, X):
    score = X @ w
    return np.sum(softplus(score))


@pytest.mark.gradient(loss, args=(W, X), order=2)
@pytest.mark.gradient(loss, args=(2 * W, X))
def test_named():
    assert loss(W, X).shape == (2,)


@pytest.mark.gradient(wrong, args=(W, X))
def test_named_wrong():
    pass


def test_fixture(check_gradient):
    report = check_gradient(loss, W, X, order=2)
    assert report.ok and len(report.entries) > 4
    check_gradient(lambda x, n: x**n, 2.0, n=3)


def test_fixture_wrong(check_gradient):
    check_gradient(wrong, W, X)


class TestInClass:
    @pytest.mark.gradient(loss, args=(W, X))
    def test_method(self):
        pass


@pytest.mark.gradient(args=("text",))
def test_misuse(x):
    return x
"""


def run_pytest(folder: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "srcdiff.pytest_plugin", "-p", "no:cacheprovider",
         "-p", "no:srcdiff", "--strict-markers", *arguments],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("marked")
    (folder / "test_losses.py").write_text(TESTS)
    code, out = run_pytest(folder, "-rA")
    assert code == 1
    return out


@pytest.mark.parametrize(
    "name", ["test_itself", "test_named", "test_fixture", "TestInClass::test_method"]
)
def test_right_gradients_pass(marked: str, name: str) -> None:
    assert re.search(rf"^PASSED test_losses\.py::{name}$", marked, re.MULTILINE), marked


@pytest.mark.parametrize("name", ["test_itself_wrong", "test_named_wrong", "test_fixture_wrong"])
def test_wrong_gradients_fail(marked: str, name: str) -> None:
    assert re.search(rf"^FAILED test_losses\.py::{name}\b", marked, re.MULTILINE), marked
    at = marked.index(f"_ {name} _")
    section = marked[at : marked.index("\n____", at) if "\n____" in marked[at:] else None]
    assert "wrong gradient at w[0]: the gradient says" in section
    assert "analytic" in section and "srcdiff/" not in section


def test_misuse_is_told(marked: str) -> None:
    assert re.search(r"^FAILED test_losses\.py::test_misuse", marked, re.MULTILINE)
    assert "SD502" in marked


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("project") / "fixture"
    shutil.copytree(FIXTURE, made, ignore=shutil.ignore_patterns("__pycache__"))
    return made


def test_a_package(project: Path) -> None:
    code, out = run_pytest(project, "--srcdiff", "good", "-v")
    assert code == 0 and "6 passed" in out, out
    assert (
        "good/pricing.py::loss PASSED" in out and "good/derivatives.py::derivatives PASSED" in out
    )


def test_packages_with_faults(project: Path) -> None:
    code, out = run_pytest(project, "--srcdiff", "wrong", "--srcdiff", "stale")
    assert code == 1 and "3 failed, 1 passed" in out, out
    assert "E   wrong gradient at w[0]" in out
    assert "again: srcdiff check wrong/rules.py:loss --seed 0" in out
    assert "E   stale.model:smooth has changed since smooth_grad was written" in out
    assert re.search(r"^wrong/rules\.py:\d+: wrong$", out, re.MULTILINE)


def test_selection_and_collection(project: Path) -> None:
    code, out = run_pytest(project, "--srcdiff", "good", "-k", "loss", "-v")
    assert code == 0 and "1 passed, 5 deselected" in out
    code, out = run_pytest(project, "--srcdiff", "good", "--collect-only", "-q")
    assert code == 0 and "6 tests collected" in out


def test_a_package_that_is_not_there(project: Path) -> None:
    code, out = run_pytest(project, "--srcdiff", "nothing")
    assert code == 4 and "SD701" in out
