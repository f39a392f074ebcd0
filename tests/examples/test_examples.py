"""Each example runs to its end, without a warning, and prints what it is known to find."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
DATA = ROOT / "examples" / "data"


def printed(name, cwd):
    """What an example prints, run in a process of its own, away from the checkout."""
    finished = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "examples" / name)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def number(text, label):
    """The number that stands after a label at the start of a line."""
    found = re.search(rf"^ *{re.escape(label)} *[:=] *(-?[0-9.e+-]+)", text, re.MULTILINE)
    assert found, f"no {label!r} in:\n{text}"
    return float(found[1])


def test_quickstart(tmp_path):
    text = printed("quickstart.py", tmp_path)
    assert re.search(r"^def \w+\(w, X, y", text, re.MULTILINE)
    assert number(text, "loss before training") == pytest.approx(0.7021, abs=2e-4)
    assert number(text, "loss after training") == pytest.approx(0.0999, abs=2e-4)
    assert "held-out rows classified correctly: 138 of 142 (97.2%)" in text


def test_lynx_hare(tmp_path):
    text = printed("lynx_hare.py", tmp_path)
    assert re.search(r"^def \w+\(model, hares, lynxes", text, re.MULTILINE)
    assert number(text, "misfit at the guess") == pytest.approx(22.30, abs=0.01)
    assert number(text, "misfit at the fit") == pytest.approx(2.02, abs=0.01)
    fitted = {
        "growth": 0.540,
        "capture": 0.0272,
        "decline": 0.796,
        "benefit": 0.0237,
        "hares": 34.6,
        "lynxes": 5.84,
    }
    for name, value in fitted.items():
        assert number(text, name) == pytest.approx(value, rel=0.01)


def test_garch(tmp_path):
    text = printed("garch.py", tmp_path)
    assert re.search(r"^def \w+\(\s*mean, log_omega, ", text, re.MULTILINE)
    assert number(text, "daily returns") == 2514
    assert number(text, "log-likelihood at the fit") == pytest.approx(-5283.11, abs=0.02)
    for name, value in {"mean": 0.0251, "omega": 0.0446, "alpha": 0.0661, "beta": 0.9259}.items():
        assert number(text, name) == pytest.approx(value, rel=0.02, abs=5e-4)


def test_textbook(tmp_path):
    text = printed("textbook.py", tmp_path)
    for label in ("df/da, forward", "df/da, reverse", "df/db, reverse"):
        assert number(text, label) == pytest.approx(1.0 / 3.0, abs=1e-6)
    assert number(text, "df/dx") == pytest.approx(5.983082596, abs=1e-8)
    assert re.search(r"^ +c3 = c1 \+ c2 +c3 = 9$", text, re.MULTILINE)
    assert len(re.findall(r"^ +b_c3 = .* b_c3 = [0-9.]+$", text, re.MULTILINE)) == 2
    orders = {"forward": 1.0, "backward": 1.0, "central": 2.0, "complex step": 2.0}
    for name, order in orders.items():
        assert number(text, name) == pytest.approx(order, rel=0.05)
    assert number(text, "rate of the mean of SPSA") == pytest.approx(-0.5, rel=0.1)
    assert number(text, "the largest") == pytest.approx(number(text, "length of the gradient"))
    largest = number(text, "angle of the largest")
    assert largest == pytest.approx(number(text, "angle of the gradient"), abs=0.01)


def test_garch_in_place(tmp_path):
    """The recursion into an array finds what the scalar recursion finds."""
    text = printed("garch_in_place.py", tmp_path)
    assert re.search(r"^ +sigma2\[t\] = ", text, re.MULTILINE)
    assert number(text, "daily returns") == 2514
    assert number(text, "log-likelihood at the fit") == pytest.approx(-5283.11, abs=0.02)
    for name, value in {"mean": 0.0251, "omega": 0.0446, "alpha": 0.0661, "beta": 0.9259}.items():
        assert number(text, name) == pytest.approx(value, rel=0.02, abs=5e-4)


def test_conductivity(tmp_path):
    text = printed("conductivity.py", tmp_path)
    assert re.search(r"^ +u\[1:-1\] \+= ", text, re.MULTILINE)
    assert number(text, "loss at the start") == pytest.approx(10628.2, abs=0.1)
    # The truth misses the films by about one unit of noise per number; the penalty adds a little.
    assert number(text, "loss at the fit") < 1.05 * number(text, "numbers in the films")
    assert number(text, "error of the start (rms)") == pytest.approx(0.2487, abs=1e-4)
    assert number(text, "error of the fit (rms)") < 0.08
    if find_spec("matplotlib"):
        assert (tmp_path / "conductivity.png").read_bytes().startswith(b"\x89PNG")


def test_lu_solve(tmp_path):
    text = printed("lu_solve.py", tmp_path)
    assert re.search(r"^ +A\[i, k\] = ", text, re.MULTILINE)
    assert number(text, "largest entry of the gradient by A") == pytest.approx(1.8257, abs=1e-4)
    for result in ("solution", "gradient by A", "gradient by b"):
        assert number(text, f"{result}, largest difference") < 1e-12


def test_breast_cancer_table_is_the_published_one():
    table = np.loadtxt(DATA / "breast_cancer.csv", delimiter=",", skiprows=1)
    assert table.shape == (569, 31)
    assert np.sum(table[:, -1] == 0) == 212  # malignant
    # Published extremes of the mean radius and of the worst area.
    assert (table[:, 0].min(), table[:, 0].max()) == (6.981, 28.11)
    assert (table[:, 23].min(), table[:, 23].max()) == (185.2, 4254.0)


def test_lynx_hare_table_has_a_row_per_year():
    year, hares, lynxes = np.loadtxt(DATA / "lynx_hare.csv", delimiter=",", skiprows=1, unpack=True)
    assert year.tolist() == list(range(1900, 1921))
    assert (hares.max(), lynxes.max()) == (77.4, 59.4)


def test_oil_prices_are_positive_and_in_order():
    text = (DATA / "wti.csv").read_text().splitlines()[1:]
    days, prices = zip(*(line.split(",") for line in text))
    assert len(days) == 2515
    assert list(days) == sorted(set(days))
    assert min(map(float, prices)) > 20.0
