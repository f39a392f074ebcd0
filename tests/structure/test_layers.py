"""Imports point one way: each layer of srcdiff uses those below it and none above."""

import ast
import sys
from pathlib import Path

import pytest

import srcdiff

ROOT = Path(srcdiff.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
MODULES = [".".join(f.relative_to(ROOT.parent).with_suffix("").parts) for f in FILES]
MODULES = [name.removesuffix(".__init__") for name in MODULES]
PAIRS = list(zip(MODULES, FILES))

# What each layer may import besides itself.
BELOW = {
    "errors": set(),
    "kept": set(),
    "user_frames": {"errors"},
    "ir": {"errors"},
    "ops": {"errors", "ir"},
    "frontend": {"errors", "kept", "ir", "ops"},
    "analysis": {"errors", "ir", "ops"},
    "transform": {"errors", "user_frames", "ir", "ops", "frontend", "analysis"},
    "emit": {"errors", "user_frames", "ir", "ops", "frontend", "analysis", "transform"},
    "evaluate": {"errors", "ir", "ops", "frontend", "analysis", "transform"},
    "dispatch": {"errors", "user_frames", "ir", "ops", "frontend", "analysis", "transform", "emit"},
    "structure": {"errors"},
    "estimate": {"errors", "structure"},
    "check": {"errors", "structure", "estimate"},
}
BELOW["explain"] = BELOW["emit"] | {"emit", "evaluate", "structure", "estimate", "check"}
BELOW["api"] = BELOW["dispatch"] | {
    "dispatch",
    "kept",
    "user_frames",
    "evaluate",
    "structure",
    "estimate",
    "check",
    "explain",
}
BELOW["rules"] = BELOW["inside"] = BELOW["api"] | {"api"}
BELOW["implicit"] = BELOW["rules"] | {"rules"}
BELOW["files"] = BELOW["api"] | {"api"}
BELOW["project"] = BELOW["files"] | {"files"}
BELOW["cli"] = BELOW["pytest_plugin"] = BELOW["project"] | {"project"}
BELOW["__main__"] = {"cli"}
BELOW["blackbox"] = BELOW["api"]
BELOW["optimise"] = BELOW["api"] | {"api"}
BELOW[""] = BELOW["rules"] | {
    "rules",
    "inside",
    "files",
    "blackbox",
    "optimise",
    "explain",
    "implicit",
}  # srcdiff/__init__.py

# Packages other than srcdiff and the standard library, and the layers or files that use them.
NUMPY_ONLY = {"structure", "check", "estimate"}
FOREIGN = {
    "numpy": None,
    "astor": {"srcdiff.emit.source"},
    "pytest": {"srcdiff.pytest_plugin"},
    "scipy": {"srcdiff.evaluate.optional"},
    "checkpoint_schedules": {"srcdiff.ops.runtime"},
    "tqdm": {"srcdiff.optimise.progress"},
    "rich": {"srcdiff.optimise.progress"},
}

# Imports inside functions: none, except where an entry says why.
INNER = {
    ("srcdiff.ops.runtime", "checkpoint_schedules"): "an extra: what a checkpointed loop runs with",
    ("srcdiff.evaluate.optional", "scipy.sparse"): "an extra: srcdiff runs without it",
    ("srcdiff.evaluate.optional", "scipy.optimize"): "an extra",
    ("srcdiff.optimise.progress", "tqdm"): "shown if installed",
    ("srcdiff.optimise.progress", "rich.console"): "shown if installed",
    ("srcdiff.optimise.progress", "rich.progress"): "shown if installed",
}

# Imports inside functions: none, except where an entry says why.


def layer(module):
    """The layer a module of srcdiff belongs to."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def targets(node, module):
    """The modules that an import statement loads."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    assert not node.level, f"{module}: relative import on line {node.lineno}"
    found = []
    for alias in node.names:
        name = f"{node.module}.{alias.name}"
        found.append(name if name in MODULES else node.module)
    return found


def imports(module, path):
    """(module imported, line, whether inside a function) for each import in a file."""
    tree = ast.parse(path.read_text())
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    inner = {id(n) for f in ast.walk(tree) if isinstance(f, functions) for n in ast.walk(f)}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for name in targets(node, module):
                yield name, node.lineno, id(node) in inner


@pytest.mark.parametrize(("module", "path"), PAIRS, ids=MODULES)
def test_imports_point_down(module, path):
    own = layer(module)
    wrong = [
        f"line {line}: {name}"
        for name, line, _ in imports(module, path)
        if name.partition(".")[0] == "srcdiff" and layer(name) not in BELOW[own] | {own}
    ]
    assert not wrong, f"{module} may import {sorted(BELOW[own])}"


@pytest.mark.parametrize(("module", "path"), PAIRS, ids=MODULES)
def test_foreign_packages(module, path):
    for name, line, _ in imports(module, path):
        top = name.partition(".")[0]
        if top == "srcdiff" or top in sys.stdlib_module_names:
            continue
        assert top in FOREIGN, f"{module}, line {line}: {top} is no dependency"
        users = FOREIGN[top]
        assert users is None or module in users, f"{module}, line {line}: {top} has one home"
        assert layer(module) not in NUMPY_ONLY or top == "numpy"


def test_astor_is_in_one_file():
    users = {m for m, f in PAIRS if any(n.split(".")[0] == "astor" for n, *_ in imports(m, f))}
    assert users == {"srcdiff.emit.source"}


def test_imports_inside_functions():
    found = {
        (module, name)
        for module, path in PAIRS
        for name, _, inside in imports(module, path)
        if inside
    }
    assert found - set(INNER) == set()


def test_no_reason_is_left_over():
    found = {(m, name) for m, path in PAIRS for name, _, inside in imports(m, path) if inside}
    assert set(INNER) - found == set()


def test_every_layer_is_named():
    assert {layer(m) for m in MODULES} == set(BELOW)
