"""Every golden program as a derivative file: it runs without srcdiff and gives identical numbers."""

from __future__ import annotations

import ast
import os
import pickle
import subprocess
import sys
from copy import deepcopy
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import srcdiff
from srcdiff.files import module
from srcdiff.files.ask import Ask
from srcdiff.files.module import Item
from srcdiff.transform.specialise import bind_arguments
from tests.golden import programs

ROOT = Path(__file__).parents[2]

# Blocks srcdiff and the tests, imports each file given, runs its check and its functions.
WITHOUT = """
import pickle, runpy, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("srcdiff", "tests", "astor"):
            raise ImportError(name + " is blocked")

sys.meta_path.insert(0, Blocked())
sys.path = [p for p in sys.path if p not in ("", sys.argv[1])]
results = {}
for file in sys.argv[2:]:
    scope = runpy.run_path(file)
    assert scope["_check_all"](scope["__derivatives__"], scope) == 0, file
    for name, entry in scope["__derivatives__"].items():
        arguments, data = scope[entry["example"]]()
        given = {k: data[k] for k in entry["hidden"]}
        if entry["outer"] != "jvp":
            found = scope[name](*arguments.values(), **given)
            leaves = []
            def walk(x):
                inner = scope["_children"](x)
                [walk(v) for v in inner.values()] if inner is not None else leaves.append(x)
            walk(found)
            results[name] = leaves
assert not any(m.partition(".")[0] == "srcdiff" for m in sys.modules)
sys.stdout.buffer.write(b"RESULTS" + pickle.dumps(results))
"""


def items(program: Any) -> list[Item]:
    names = list(signature(program.function).parameters)
    single = not isinstance(program.wrt, tuple)
    wrt = tuple(names[w] for w in ((program.wrt,) if single else program.wrt))
    arguments = dict(bind_arguments(program.function, program.args, {}).arguments)
    ask = Ask(program.function, "grad", wrt, single, program.has_aux)
    target = f"tests.golden.programs:{program.name}"
    asked = (ask, replace(ask, kind="jvp"), replace(ask, order=2))
    return [Item(a, target, arguments) for a in asked]


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return {p.name: module.text(items(p)) for p in programs.PROGRAMS}


@pytest.fixture(scope="module")
def folder(texts: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("derivatives")
    for name, text in texts.items():
        (made / f"{name}.py").write_text(text)
    return made


@pytest.fixture(scope="module")
def found(folder: Path) -> dict[str, list[Any]]:
    """What the gradients of the files are where srcdiff cannot be imported."""
    files = sorted(map(str, folder.glob("*.py")))
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", WITHOUT, str(ROOT), *files],
        capture_output=True,
        timeout=120,
    )
    assert not done.returncode, done.stderr.decode()
    results: dict[str, list[Any]] = pickle.loads(done.stdout.partition(b"RESULTS")[2])
    return results


def flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [x for v in value.values() for x in flat(v)]
    if isinstance(value, (tuple, list)):
        return [x for v in value for x in flat(v)]
    if hasattr(value, "__dict__"):
        return [x for v in vars(value).values() for x in flat(v)]
    return [value]


@pytest.mark.parametrize("program", programs.PROGRAMS, ids=lambda p: p.name)
def test_the_file_gives_identical_numbers(program: Any, found: dict[str, list[Any]]) -> None:
    made = srcdiff.grad(program.function, program.wrt, has_aux=program.has_aux)
    expected = flat(made(*deepcopy(program.args)))
    own = found[f"{program.name}_grad"]
    assert len(own) == len(expected)
    for a, b in zip(own, expected):
        assert type(a) is type(b) and np.array_equal(a, b), (a, b)


@pytest.mark.parametrize("program", programs.PROGRAMS, ids=lambda p: p.name)
def test_only_numpy_and_math_are_imported(program: Any, texts: dict[str, str]) -> None:
    tree = ast.parse(texts[program.name])
    found = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    }
    assert found <= {"numpy", "numpy.typing", "math"}
    assert not module.is_edited(texts[program.name])
    assert max(map(len, texts[program.name].splitlines())) < 130


def test_emitting_again_gives_the_same_text(texts: dict[str, str]) -> None:
    for program in programs.PROGRAMS[::4]:
        assert module.text(items(program)) == texts[program.name]


@pytest.mark.slow
def test_the_text_does_not_depend_on_the_seed_of_hashes(folder: Path) -> None:
    code = (
        "import sys; from tests.files import test_golden_programs as t; "
        "sys.stdout.write(t.module.text([i for p in t.programs.PROGRAMS[::5] for i in t.items(p)]))"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(made) == 1 and "def log_max_grad" in made.pop()


def test_ruff_has_nothing_to_say(folder: Path) -> None:
    ruff = Path(sys.executable).with_name("ruff")
    if not ruff.exists():
        pytest.skip("ruff is not installed")
    done = subprocess.run(
        [str(ruff), "check", "--isolated", "--line-length", "130", str(folder)],
        capture_output=True,
        text=True,
    )
    assert not done.returncode, done.stdout
