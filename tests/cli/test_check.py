"""`srcdiff check` on a project of three packages: all right, one wrong rule, one stale file."""

from __future__ import annotations

import json
import re
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from srcdiff.cli import formats
from srcdiff.project.outcome import Outcome
from tests.cli.driver import FIXTURE, ROOT, Done, run, run_all

PACKAGES = {"good": 0, "wrong": 1, "stale": 1}
SCHEMAS = Path(__file__).parent / "schemas"
FORMATS = ("text", "json", "junit", "github", "sarif")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("project") / "fixture"
    shutil.copytree(FIXTURE, made, ignore=shutil.ignore_patterns("__pycache__"))
    return made


@pytest.fixture(scope="module")
def done(project: Path) -> dict[tuple[str, str], Done]:
    keys = [(package, form) for package in PACKAGES for form in FORMATS]
    commands = [["check", package, "--format", form] for package, form in keys]
    summary = str(project / "summary.md")
    return dict(zip(keys, run_all(*commands, folder=project, GITHUB_STEP_SUMMARY=summary)))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("package", PACKAGES)
def test_exit_codes(done: dict[tuple[str, str], Done], package: str, form: str) -> None:
    found = done[package, form]
    assert found.code == PACKAGES[package], found.out + found.err
    assert not found.err


def test_text(done: dict[tuple[str, str], Done]) -> None:
    good, wrong, stale = (done[p, "text"].out for p in PACKAGES)
    assert "6 ok (seed 0)" in good and "good.pricing:Model.energy" in good
    assert "wrong gradient at w[0]" in wrong and "1 ok, 1 wrong (seed 0)" in wrong
    assert "again: srcdiff check wrong/rules.py:loss --seed 0" in wrong
    assert "stale.model:smooth has changed since smooth_grad was written" in stale
    assert "+    return np.sum(np.tanh(2.0 * (X @ w)))" in stale
    assert "\x1b" not in good + wrong + stale


def test_json(done: dict[tuple[str, str], Done]) -> None:
    good, wrong, stale = (conforms_to_ours(done[p, "json"].out) for p in PACKAGES)
    assert good["counts"] == {"ok": 6, "wrong": 0, "stale": 0, "error": 0}
    assert good["version"] == 1 and good["seed"] == 0 and good["exit_code"] == 0
    assert wrong["exit_code"] == stale["exit_code"] == 1
    for outcome in good["outcomes"] + wrong["outcomes"] + stale["outcomes"]:
        assert outcome["status"] in ("ok", "wrong", "stale", "error")
        assert not Path(outcome["path"]).is_absolute() and outcome["seconds"] >= 0.0
    loss = next(o for o in wrong["outcomes"] if o["status"] == "wrong")
    assert loss["target"] == "wrong.rules:loss" and loss["code"] == "SD718"
    assert {o["status"] for o in stale["outcomes"]} == {"stale"}


def conforms_to_ours(report: str) -> Any:
    """The object of a JSON report, once the schema that is published with it accepts it."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((ROOT / "docs" / "report.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    log = json.loads(report)
    jsonschema.Draft7Validator(schema).validate(log)
    return log


# --- JUnit ----------------------------------------------------------------------------------------


def conforms(report: str) -> Any:
    """The root of a report that the schema of Jenkins' xUnit plugin accepts."""
    schema = pytest.importorskip("xmlschema").XMLSchema(str(SCHEMAS / "junit-10.xsd"))
    root = ElementTree.fromstring(report.encode())
    schema.validate(root)
    return root


@pytest.mark.parametrize("package", PACKAGES)
def test_junit(done: dict[tuple[str, str], Done], package: str) -> None:
    root = conforms(done[package, "junit"].out)
    assert root.tag == "testsuites"
    cases, failures = list(root.iter("testcase")), list(root.iter("failure"))
    assert int(root.attrib["tests"]) == len(cases) == (6 if package == "good" else 2)
    assert (
        int(root.attrib["failures"])
        == len(failures)
        == {"good": 0, "wrong": 1, "stale": 2}[package]
    )
    if package == "wrong":
        assert "wrong/rules.py:" in (failures[0].text or "")
        assert cases[0].attrib["classname"] == "wrong.rules"


# --- SARIF ----------------------------------------------------------------------------------------


def conforms_to_sarif(report: str) -> Any:
    """The log in a report that the schema of the standard accepts."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text())
    jsonschema.Draft4Validator.check_schema(schema)
    log = json.loads(report)
    jsonschema.Draft4Validator(schema).validate(log)
    return log


@pytest.mark.parametrize("package", PACKAGES)
def test_sarif(done: dict[tuple[str, str], Done], package: str) -> None:
    log = conforms_to_sarif(done[package, "sarif"].out)
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-2.1.0.json")
    (found,) = log["runs"]
    driver = found["tool"]["driver"]
    rules = [rule["id"] for rule in driver["rules"]]
    assert driver["name"] == "srcdiff" and len(set(rules)) == len(rules)
    assert len(found["results"]) == {"good": 0, "wrong": 1, "stale": 2}[package]
    for result in found["results"]:
        assert set(result) == {"ruleId", "ruleIndex", "level", "message", "locations"}
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"].startswith(package + "/")
        assert place["region"]["startLine"] >= 1


# --- GitHub ---------------------------------------------------------------------------------------


def test_github(done: dict[tuple[str, str], Done], project: Path) -> None:
    good, wrong, stale = (done[p, "github"].out for p in PACKAGES)
    assert "::" not in good
    first = wrong.splitlines()[0]
    assert re.match(r"::error file=wrong/rules\.py,line=\d+,title=srcdiff%3A wrong::\S", first)
    assert stale.count("::error file=stale/") == 2
    summary = (project / "summary.md").read_text()
    assert "### Derivatives: 6 ok" in summary and "| ❌ | `wrong.rules:loss` |" in summary
    assert summary.count("<details>") == summary.count("</details>") == 3


# --- what formats must bear ---

ODD = "a\x00b ]]> & <i> é \U0001f600 \x1b[31m ::error:: 50% | `x` ```\nnext\r\nlast"
ODD_OUTCOMES = [
    Outcome("m:f", "error", ODD.splitlines()[0], "a b/ü,:.py", 0, ODD, "SD702", "error"),
    Outcome("m:<lambda>", "wrong", "100% wrong | here", "m.py", 3, ODD, "SD718"),
    Outcome("m:Model.g", "stale", "old", "m.py", 4, ODD, "SD709", seconds=12345.6789),
]


@pytest.mark.parametrize("form", [*FORMATS, "markdown"])
def test_odd_characters(form: str, tmp_path: Path) -> None:
    look = formats.Look(tmp_path)
    found = {**formats.FORMATS, "markdown": formats.markdown}[form](ODD_OUTCOMES, look)
    found.encode()
    if form in ("json", "sarif"):
        (conforms_to_ours if form == "json" else conforms_to_sarif)(found)
    elif form == "junit":
        root = conforms(found)
        assert [root.get("failures"), root.get("errors")] == ["2", "1"]
        assert "a?b ]]> & <i> é" in "".join(root.itertext())
    elif form == "github":
        first = found.splitlines()[0]
        assert first.startswith("::error file=a b/ü%2C%3A.py,line=1,title=srcdiff%3A error::a b/ü,")
        assert "50%25 | `x`" in first
    elif form == "markdown":
        rows = [line for line in found.splitlines() if line.startswith("| ") and "---" not in line]
        assert all(len(re.findall(r"(?<!\\)\|", row)) == 4 for row in rows)
        assert found.count("\n````\n") == 6  # each fence is longer than what it holds


# --- options --------------------------------------------------------------------------------------


def test_jobs_and_replay_give_the_same(project: Path, done: dict[tuple[str, str], Done]) -> None:
    again = run("check", "good", "wrong", "--jobs", "2", "--format", "json", folder=project)
    assert again.code == 1
    one = [o for p in ("good", "wrong") for o in json.loads(done[p, "json"].out)["outcomes"]]
    for a, b in zip(one, json.loads(again.out)["outcomes"]):
        a.pop("seconds"), b.pop("seconds")
        assert a == b


def test_one_function_and_another_seed(project: Path) -> None:
    at = "w=[0.1, 0.2], X=[[1, 2.0], [3, 4]], y=[1, 2]"
    first, second, file, none = run_all(
        ["check", "good.pricing:loss", "--at", at, "--seed", "7", "-v"],
        ["check", "good/pricing.py:loss", "--at", at, "--order", "2"],
        ["check", "good/derivatives.py"],
        ["check"],
        folder=project,
    )
    assert first.code == second.code == file.code == none.code == 0
    assert "(seed 7)" in first.out and "forward against reverse" in first.out
    assert "12 comparisons" in second.out and "1 ok" in file.out
    assert "6 ok" in none.out  # what pyproject.toml lists


def test_what_programs_print_is_not_in_the_report(tmp_path: Path) -> None:
    (tmp_path / "loud.py").write_text(
        "from srcdiff import grad\n\nprint('imported')\n\n\n@grad\ndef f(x: float):\n"
        "    print('called')\n    return x * x\n"
    )
    one, two = run_all(
        ["check", "loud.py", "--format", "json"],
        ["check", "loud.py", "--format", "json", "--jobs", "2"],
        folder=tmp_path,
    )
    assert json.loads(one.out)["counts"]["ok"] == json.loads(two.out)["counts"]["ok"] == 1
    done = run("check", "loud.py", "--format", "json", "--time-limit", "20", folder=tmp_path)
    assert json.loads(done.out)["exit_code"] == 0 and "imported" in done.err


def test_a_derivative_that_raises(tmp_path: Path) -> None:
    (tmp_path / "steep.py").write_text(
        "from srcdiff import grad\n\n\n@grad\ndef f(x: float):\n    y = x - 0.7\n"
        "    return y**0.5\n\n\n@grad\ndef g(x: float):\n    return 1.0 / (x - 0.7)\n"
    )
    (done,) = run_all(["check", "steep.py"], folder=tmp_path)
    assert done.code == 1
    assert "the derivative raises ZeroDivisionError" in done.out and "steep.py:7)" in done.out
    assert "the function raised ZeroDivisionError" in done.out


SECOND = """import numpy as np
from srcdiff import grad, rules

def slope(x):
    return np.cos(x)

@rules.elementwise(slope)
def slope_partial(z, x):
    return np.sin(x)  # the sign is missing

def wave(x):
    return np.sin(x)

@rules.elementwise(wave)
def wave_partial(z, x):
    return slope(x)

@grad
def total(x):
    return np.sum(wave(x))
"""


def test_the_second_derivative_on_request(tmp_path: Path) -> None:
    """The rule of a derivative is wrong: only the second order sees it, and names it."""
    (tmp_path / "second.py").write_text(SECOND)
    at = ["check", "second.py:total", "--at", "x=[0.3, 1.1]"]
    first, second, again = run_all(at, [*at, "--order", "2"], [*at, "--order", "2", "--seed", "0"],
                                   folder=tmp_path)  # fmt: skip
    assert first.code == 0 and second.code == 1 and again.code == 1
    assert "wrong second derivative at x[1]: forward over reverse says" in second.out
    assert "operation: second.slope, by rule slope_partial (elementwise)" in second.out
    assert "return np.sum(wave(x))" in second.out
    assert re.search(
        r"again: srcdiff check second.py:total --seed 0 .* --order 2$", second.out, re.M
    )


KEYWORDS = """
def stars(*xs, power=2):
    return xs[0] ** power * xs[1]


def by_key(x, *, k):
    return x * k * k
"""


def test_keywords_and_star_arguments(tmp_path: Path) -> None:
    (tmp_path / "keys.py").write_text(KEYWORDS)
    check = ["check", "keys.py:stars", "--at", "1.5, 2.0, power=3", "--verbose"]
    second = [*check, "--order", "2", "--seed", "4"]
    by_key = ["check", "keys.py:by_key", "--at", "1.5, k=2.0"]
    first, both, key, refused = run_all(
        check, second, [*by_key, "--wrt", "k"], [*by_key, "--wrt", "k", "--order", "2"],
        folder=tmp_path,
    )  # fmt: skip
    assert first.code == both.code == key.code == 0
    assert re.search(r"xs\[0\] +13.5 +13.5", first.out) and "(seed 4)" in both.out
    assert both.out.count("xs[0]") == 2
    assert refused.code == 2 and "SD716" in refused.out
    assert "again: srcdiff check keys.py:by_key --seed 0 --at '1.5, k=2.0' --wrt k --order 2" in (
        refused.out
    )


def test_two_files_of_one_name(tmp_path: Path) -> None:
    for folder, value in (("a b", "x * x"), ("ü", "x + x")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "model.py").write_text(
            f"from srcdiff import grad\n\n\n@grad\ndef f(x: float):\n    return {value}\n"
        )
    (both,) = run_all(["check", ".", "--format", "sarif"], folder=tmp_path)
    assert both.code == 0
    text, again = run_all(["check", "."], ["check", "a b/model.py:f"], folder=tmp_path)
    assert text.code == 0 and "2 ok" in text.out and again.code == 0


def test_files_of_a_project(project: Path) -> None:
    listed, both, none, nothing = run_all(
        ["emit", "--check"],
        ["emit", "--check", "good", "stale"],
        ["emit", "--check", "wrong"],
        ["emit", "-o", "x.py"],
        folder=project,
    )
    assert listed.code == 0 and listed.out == "good/derivatives.py is up to date\n"
    assert both.code == 1 and "stale/derivatives.py is stale" in both.out
    assert none.code == 2 and "SD714" in none.err
    assert nothing.code == 2 and "SD701" in nothing.err


@pytest.mark.slow
def test_a_time_limit(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(
        "import time\nfrom srcdiff import grad\n\n\n@grad\ndef f(x: float):\n    return x * x\n\n\n"
        "@grad\ndef g(x: float):\n    return x\n\n\ndef arguments():\n    time.sleep(60)\n"
    )
    (tmp_path / "pyproject.toml").write_text(
        '[tool.srcdiff.functions."slow:f"]\nargs = "slow:arguments"\n'
    )
    done = run("check", "slow.py", "--time-limit", "1.5", folder=tmp_path)
    assert done.code == 2
    assert "SD715" not in done.out.splitlines()[0] and "not done after 1.5 seconds" in done.out
    assert re.search(r"^ok +slow:g", done.out, re.MULTILINE)


def test_a_report_goes_to_a_file(project: Path) -> None:
    done, bad = run_all(
        ["check", "wrong", "--format", "junit", "--output", "report.xml"],
        ["check", "good", "--output", "missing/report.xml"],
        folder=project,
    )
    assert done.code == 1 and not done.out
    conforms((project / "report.xml").read_text())
    assert bad.code == 2 and "SD707" in bad.err
