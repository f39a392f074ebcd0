"""Reports of `srcdiff check`: for people, for CI services, for programs."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from srcdiff.cli.terminal import painted
from srcdiff.project.outcome import STATUSES, Outcome, exit_code

Outcomes = Sequence[Outcome]
RULES = {
    "SD709": "A derivative file is not what its source gives",
    "SD717": "Differences do not confirm a derivative file",
    "SD718": "A derivative is wrong",
}
OTHER = "A derivative could not be verified"


@dataclass(frozen=True)
class Look:
    """How a report is to look: paths relative to where, the seed, colours, all the numbers."""

    folder: Path
    seed: int = 0
    colour: bool = False
    verbose: bool = False

    def path(self, outcome: Outcome) -> str:
        try:
            shown = os.path.relpath(outcome.path, self.folder)
        except ValueError:  # another drive
            return outcome.path
        return outcome.path if shown.startswith("..") else shown.replace(os.sep, "/")

    def name(self, outcome: Outcome) -> str:
        """The target; for what is a file its path from here."""
        return outcome.target if outcome.kind == "function" else self.path(outcome)


def counted(outcomes: Outcomes) -> str:
    """How many there are of each status.

    >>> counted([Outcome("m:f", "ok", "", "m.py")])
    '1 ok'
    """
    found = Counter(o.status for o in outcomes)
    return ", ".join(f"{found[s]} {s}" for s in STATUSES if found[s])


# --- text -----------------------------------------------------------------------------------------


def text(outcomes: Outcomes, look: Look) -> str:
    """A table, then what there is to say of each that is not right."""
    names = [look.name(o) for o in outcomes]
    widest = min(max(map(len, names)), 60)
    lines = []
    for name, outcome in zip(names, outcomes):
        mark = painted(f"{outcome.status:<6}", outcome.status, look.colour)
        lines.append(f"{mark} {name:<{widest}}  {outcome.seconds:6.2f} s  {outcome.summary}")
    for name, outcome in zip(names, outcomes):
        if outcome.status != "ok" or look.verbose and outcome.details:
            place = f"{look.path(outcome)}:{outcome.line}" if outcome.line else look.path(outcome)
            lines += ["", painted(f"--- {outcome.status}: {name} ({place})", outcome.status,
                                  look.colour)]  # fmt: skip
            lines += [f"  {line}".rstrip() for line in outcome.details.splitlines()]
            if outcome.status in ("wrong", "error"):
                lines += [f"  again: {outcome.replay}"]
    return "\n".join([*lines, "", f"{counted(outcomes)} (seed {look.seed})", ""])


# --- programs -------------------------------------------------------------------------------------


def as_json(outcomes: Outcomes, look: Look) -> str:
    """One object: version, seed, exit_code, counts, and the outcomes with all their fields."""
    counts = Counter(o.status for o in outcomes)
    whole = {
        "version": 1,
        "seed": look.seed,
        "exit_code": exit_code(list(outcomes)),
        "counts": {status: counts[status] for status in STATUSES},
        "outcomes": [{**o.as_dict(), "path": look.path(o)} for o in outcomes],
    }
    return json.dumps(whole, indent=2) + "\n"


def _xml(value: str) -> str:
    """Text for XML, without the characters that XML cannot hold."""
    return quoteattr(re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", value))


def junit(outcomes: Outcomes, look: Look) -> str:
    """JUnit's XML: wrong and stale are failures, what could not run is an error."""
    counts = Counter(o.status for o in outcomes)
    failures, errors = counts["wrong"] + counts["stale"], counts["error"]
    total = sum(o.seconds for o in outcomes)
    numbers = f'tests="{len(outcomes)}" failures="{failures}" errors="{errors}"'
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<testsuites {numbers} time="{total:.3f}">',
        f'  <testsuite name="srcdiff check" {numbers} skipped="0" time="{total:.3f}">',
    ]
    for outcome in outcomes:
        lines += _case(outcome, look)
    return "\n".join([*lines, "  </testsuite>", "</testsuites>", ""])


def _case(outcome: Outcome, look: Look) -> list[str]:
    module, _, name = look.name(outcome).rpartition(":")
    owner = module or ("srcdiff.file" if outcome.kind == "file" else "srcdiff")
    head = f'    <testcase classname={_xml(owner)} name={_xml(name)} time="{outcome.seconds:.3f}"'
    if outcome.status == "ok":
        return [f"{head}/>"]
    tag = "error" if outcome.status == "error" else "failure"
    place = f"{look.path(outcome)}:{outcome.line}\n"
    body = _xml(place + outcome.details)[1:-1].replace("&#10;", "\n")
    inner = f"<{tag} type={_xml(outcome.code or outcome.status)} message={_xml(outcome.summary)}>"
    return [f"{head}>", f"      {inner}{body}</{tag}>", "    </testcase>"]


def sarif(outcomes: Outcomes, look: Look) -> str:
    """SARIF 2.1.0, as code scanning services read it."""
    codes = sorted({o.code or "SD702" for o in outcomes if o.status != "ok"})
    rules = [{"id": code, "shortDescription": {"text": RULES.get(code, OTHER)}} for code in codes]
    results = [_result(o, look, codes) for o in outcomes if o.status != "ok"]
    run = {
        "tool": {"driver": {"name": "srcdiff", "rules": rules}},
        "results": results,
        "columnKind": "unicodeCodePoints",
    }
    whole = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(whole, indent=2) + "\n"


def _result(outcome: Outcome, look: Look, codes: list[str]) -> dict[str, Any]:
    code = outcome.code or "SD702"
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(look.path(outcome))}}
    if outcome.line:
        place["region"] = {"startLine": outcome.line}
    return {
        "ruleId": code,
        "ruleIndex": codes.index(code),
        "level": "warning" if outcome.status == "error" else "error",
        "message": {"text": f"{look.name(outcome)}: {outcome.details or outcome.summary}"},
        "locations": [{"physicalLocation": place}],
    }


# --- GitHub ---------------------------------------------------------------------------------------


def github(outcomes: Outcomes, look: Look) -> str:
    """Annotations on the user's lines, one per function that is not right, and the table."""
    lines = [_annotation(o, look) for o in outcomes if o.status != "ok"]
    return "".join(line + "\n" for line in lines) + text(outcomes, look)


def _annotation(outcome: Outcome, look: Look) -> str:
    title = f"srcdiff: {outcome.status}"
    fields = f"file={_field(look.path(outcome))},line={outcome.line or 1},title={_field(title)}"
    return f"::error {fields}::{_data(f'{look.name(outcome)}: {outcome.summary}')}"


def _data(value: str) -> str:
    """Text of a workflow command.

    >>> _data("50%\\nsure")
    '50%25%0Asure'
    """
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _field(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")


def markdown(outcomes: Outcomes, look: Look) -> str:
    """The summary of a job: a table, and the details folded."""
    signs = {"ok": "✅", "wrong": "❌", "stale": "⚠️", "error": "❗"}
    lines = [
        f"### Derivatives: {counted(outcomes)}",
        "",
        "| | derivative | finding |",
        "| --- | --- | --- |",
    ]
    for o in outcomes:
        cell = o.summary.replace("|", "\\|").replace("<", "&lt;")
        lines.append(f"| {signs[o.status]} | `{look.name(o)}` | {cell} |")
    for o in outcomes:
        if o.status != "ok":
            fence = "`" * max(3, 1 + max(map(len, re.findall("`+", o.details)), default=0))
            lines += ["", f"<details><summary>{look.name(o)}</summary>", "", fence]
            lines += [o.details, fence, "", "</details>"]
    return "\n".join([*lines, ""])


FORMATS: dict[str, Callable[[Outcomes, Look], str]] = {
    "text": text, "json": as_json, "junit": junit, "github": github, "sarif": sarif,
}  # fmt: skip
