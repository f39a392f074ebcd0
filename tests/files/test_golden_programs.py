"""Every golden program as a derivative file: it runs without srcdiff and gives identical numbers."""

from __future__ import annotations

import ast
import os
import pickle
import shutil
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import srcdiff
from srcdiff.files import module, selfcheck
from tests.files import digests
from tests.files.digests import PROGRAMS, arguments, items

ROOT = Path(__file__).parents[2]

# Blocks srcdiff and the tests, imports each file given, runs its check and its functions.
WITHOUT = """
import pickle, runpy, sys
import numpy as np

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("srcdiff", "tests", "astor"):
            raise ImportError(name + " is blocked")

sys.meta_path.insert(0, Blocked())
sys.path = [p for p in sys.path if p not in ("", sys.argv[1])]
def called(scope, name, entry):
    arguments, data = scope[entry["example"]]()
    given = {k: data[k] for k in entry["hidden"]}
    values = list(arguments.values())
    rng = np.random.default_rng(1)
    if entry["outer"] == "jvp":
        values += [scope["_drawn"](v, rng) for v in values]
    if entry["outer"] == "vjp":
        primal = {k: data[k] for k in entry["primal_hidden"]}
        value = scope[entry["primal"]](*scope["_copied"](values), **primal)
        values.append(scope["_drawn"](value, rng))
    return scope[name](*values, **given)

def leaves(scope, found):
    inner = scope["_children"](found)
    return [found] if inner is None else [x for v in inner.values() for x in leaves(scope, v)]

results = {}
for file in sys.argv[2:]:
    scope = runpy.run_path(file)
    assert scope["_check_all"](scope["__derivatives__"], scope) == 0, file
    for name, entry in scope["__derivatives__"].items():
        results[name] = leaves(scope, called(scope, name, entry))
assert not any(m.partition(".")[0] == "srcdiff" for m in sys.modules)
sys.stdout.buffer.write(b"RESULTS" + pickle.dumps(results))
"""


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return {p.name: module.text(items(p)) for p in PROGRAMS}


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


def pushed(function: Any, program: Any) -> Any:
    """The jvp of a function along the direction that the file was asked for."""
    rng = np.random.default_rng(1)
    args = tuple(arguments(program).values())
    return srcdiff.jvp(function, args, tuple(selfcheck._drawn(a, rng) for a in args))


def pulled(program: Any) -> Any:
    """The value and the cotangents for the seed that the file was asked for."""
    value, pullback = srcdiff.vjp(program.function, *deepcopy(program.args))
    cotangents = pullback(selfcheck._drawn(value, np.random.default_rng(1)))
    wrt = program.wrt if isinstance(program.wrt, tuple) else (program.wrt,)
    return value, [cotangents[k] for k in wrt]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
@pytest.mark.parametrize("kind", ["grad", "jvp", "vjp", "second"])
def test_the_file_gives_identical_numbers(
    program: Any, kind: str, found: dict[str, list[Any]]
) -> None:
    made = srcdiff.grad(program.function, program.wrt, has_aux=program.has_aux)
    name = f"{program.name}_{kind}"
    if kind == "grad":
        expected = made(*deepcopy(program.args))
    elif kind == "jvp":
        expected = pushed(program.function, program)
    elif kind == "vjp":
        expected = pulled(program)
    elif f"{program.name}_grad_grad" in found:
        name, expected = f"{program.name}_grad_grad", srcdiff.grad(made)(*program.args)
    else:
        name, expected = f"{program.name}_grad_jvp", pushed(made, program)
    own, expected = found[name], flat(expected)
    assert len(own) == len(expected)
    # A pullback is a function of its own and adds in another order than both sweeps in one function.
    near = 1e-13 if kind == "vjp" else 0.0
    for a, b in zip(own, expected):
        assert type(a) is type(b) and np.allclose(a, b, rtol=near, atol=near), (a, b)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
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
    for program in PROGRAMS[::4]:
        assert module.text(items(program)) == texts[program.name]


def pythons() -> list[str]:
    """The supported Pythons of the machine that have what srcdiff needs."""
    names = [f"python3.{minor}" for minor in range(10, 14)]
    found = [path for name in names if (path := shutil.which(name))]
    found += map(str, Path.home().glob(".pyenv/versions/3.1[0-3].*/bin/python3"))
    needs = "import sys, astor, numpy; assert sys.version_info >= (3, 10); print(sys.version)"
    by_version = {}
    for path in found:
        done = subprocess.run([path, "-c", needs], capture_output=True, text=True, timeout=60)
        if not done.returncode:
            by_version.setdefault(done.stdout, path)
    return list(by_version.values())


@pytest.mark.slow
@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_text_depends_neither_on_the_python_nor_on_the_seed_of_hashes(
    texts: dict[str, str], seed: str
) -> None:
    wanted = "".join(digests.line(name, text) for name, text in texts.items())
    others = pythons() if seed == "1" else []
    for python in [sys.executable, *others]:
        done = subprocess.run(
            [python, "-m", "tests.files.digests"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert not done.returncode, done.stderr
        assert done.stdout == wanted, python


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
