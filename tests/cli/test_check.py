"""`srcdiff check` on a project of three packages: all right, one wrong rule, one stale file."""

from __future__ import annotations

import json
import re
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from tests.cli.driver import FIXTURE, Done, run, run_all

PACKAGES = {"good": 0, "wrong": 1, "stale": 1}
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
    good, wrong, stale = (json.loads(done[p, "json"].out) for p in PACKAGES)
    assert good["counts"] == {"ok": 6, "wrong": 0, "stale": 0, "error": 0}
    assert good["version"] == 1 and good["seed"] == 0 and good["exit_code"] == 0
    assert wrong["exit_code"] == stale["exit_code"] == 1
    for outcome in good["outcomes"] + wrong["outcomes"] + stale["outcomes"]:
        assert outcome["status"] in ("ok", "wrong", "stale", "error")
        assert not Path(outcome["path"]).is_absolute() and outcome["seconds"] >= 0.0
    loss = next(o for o in wrong["outcomes"] if o["status"] == "wrong")
    assert loss["target"] == "wrong.rules:loss" and loss["code"] == "SD718"
    assert {o["status"] for o in stale["outcomes"]} == {"stale"}


# --- JUnit ----------------------------------------------------------------------------------------

ATTRIBUTES = {  # required and optional, of the schema that CI services read
    "testsuites": ({"tests"}, {"failures", "errors", "time", "name"}),
    "testsuite": ({"name", "tests", "failures", "errors"}, {"skipped", "time"}),
    "testcase": ({"name", "classname"}, {"time"}),
    "failure": (set(), {"type", "message"}),
    "error": (set(), {"type", "message"}),
}
INSIDE = {
    "testsuites": {"testsuite"},
    "testsuite": {"testcase"},
    "testcase": {"failure", "error"},
    "failure": set(),
    "error": set(),
}


def conforms(node: Any) -> None:
    required, optional = ATTRIBUTES[node.tag]
    assert required <= set(node.attrib) <= required | optional, node.attrib
    if "time" in node.attrib:
        assert re.fullmatch(r"\d+(\.\d+)?", node.attrib["time"])
    for child in node:
        assert child.tag in INSIDE[node.tag]
        conforms(child)


@pytest.mark.parametrize("package", PACKAGES)
def test_junit(done: dict[tuple[str, str], Done], package: str) -> None:
    root = ElementTree.fromstring(done[package, "junit"].out.encode())
    assert root.tag == "testsuites"
    conforms(root)
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


@pytest.mark.parametrize("package", PACKAGES)
def test_sarif(done: dict[tuple[str, str], Done], package: str) -> None:
    log = json.loads(done[package, "sarif"].out)
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
    conforms(ElementTree.parse(project / "report.xml").getroot())
    assert bad.code == 2 and "SD707" in bad.err
