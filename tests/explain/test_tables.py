"""The traces of a textbook, and drawings."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import srcdiff
from srcdiff import grad
from srcdiff.explain import tables
from srcdiff.explain.compose import backward, forward, inputs_of, mark, objective, one
from srcdiff.explain.drawing import dot
from srcdiff.explain.run import NotExplained
from srcdiff.transform.specialise import specialise
from tests.cli.driver import run_all
from tests.explain import mutants, programs

TEXTBOOK = """\
variable  computed as   value          d/dx1  d/dx2
--------  ------------  -------------  -----  ------------
x1        (input)       2              1      0
x2        (input)       5              0      1
v1        math.log(x1)  0.6931471806   0.5    0
v2        x1 * x2       10             5      2
v3        v1 + v2       10.69314718    5.5    2
v4        math.sin(x2)  -0.9589242747  0      0.2836621855
v5        v3 - v4       11.65207146    5.5    1.716337815"""

ADJOINTS = """\
adjoint  receives       from               so far
-------  -------------  -----------------  -------------
b_v5     1              (seed)             1
b_v3     1              v5 = v3 - v4       1
b_v4     -1             v5 = v3 - v4       -1
b_x2     -0.2836621855  v4 = math.sin(x2)  -0.2836621855
b_v1     1              v3 = v1 + v2       1
b_v2     1              v3 = v1 + v2       1
b_x1     5              v2 = x1 * x2       5
b_x2     2              v2 = x1 * x2       1.716337815
b_x1     0.5            v1 = math.log(x1)  5.5"""

PROGRAMS = [
    (programs.looped, (np.array([1.0, 2.0]), np.array([3.0, 4.0])), ("w",)),
    (programs.norm, (np.array([1.0, 2.0, -2.0]),), ("x",)),
    (programs.waiting, (11.0,), ("x",)),
    (
        programs.eliminated,
        (np.array([[4.0, 1.0], [1.0, 3.0]]), np.array([1.0, 2.0])),
        ("A", "b"),
    ),
    (programs.lists, ([1.0, 2.0, 3.0],), ("x",)),
    (programs.textbook, (2.0, 5.0), ("x1", "x2")),
    (programs.written, (np.array([1.0, 2.0, -2.0]), np.zeros(3)), ("x",)),
    (mutants.products, (mutants.A, mutants.V), ("A", "x")),
    (mutants.shapes, (mutants.A,), ("A",)),
    (mutants.looped, (mutants.P, 3), ("x",)),
]


PROGRAMS_BY_NAME = {function.__name__: (function, *args) for function, args, _ in PROGRAMS}


def recording(function: Any, *args: Any) -> Any:
    bound = signature(function).bind(*args)
    primal, _ = specialise(function, bound)
    return tables.traced(primal, dict(bound.arguments))


def test_the_example_of_the_textbook() -> None:
    run = recording(programs.textbook, 2.0, 5.0)
    assert tables.forward_table(run, ("x1", "x2")) == TEXTBOOK
    assert ADJOINTS in tables.reverse_table(run, ("x1", "x2"))


@pytest.mark.parametrize(
    ("function", "args", "wrt"), PROGRAMS, ids=lambda p: getattr(p, "__name__", "")
)
def test_traces_end_at_the_gradient(function: Any, args: tuple[Any, ...], wrt: Any) -> None:
    """What the steps add up to, in both modes, is what the generated derivative gives."""
    run = recording(function, *args)
    gradient = grad(function, wrt)(*args)
    cells = inputs_of(run, wrt)
    mark(run, cells)
    goal = objective(run)
    assert goal is not None and np.allclose(goal.value, function(*args))
    swept = backward(run, {goal: one(goal.value)})
    pushed = forward(run, {c: one(c.value) for c in cells})
    total = sum(float(np.sum(g)) for g in gradient)
    for cell, expected in zip(cells, gradient):
        assert np.allclose(swept.cotangents[cell], expected)
    assert np.allclose(pushed[goal], total)


def test_names_of_a_loop() -> None:
    run = recording(*PROGRAMS[0][:1], *PROGRAMS[0][1])
    text = tables.reverse_table(run, ("w",))
    assert re.search(r"^s\.2 +v\d \+ v\d +10$", text, re.MULTILINE)
    assert re.search(r"^b_w +\[0, 60\] +v4 = w\[1\]", text, re.MULTILINE)


def test_what_is_written_is_said_as_a_write() -> None:
    run = recording(*PROGRAMS_BY_NAME["eliminated"])
    text = tables.forward_table(run, ("A", "b"))
    for said in ("A.copy()", "A.2 with [1, 0] = v3", "A.3 with [1, 1:] += v8", "b with [1] += v13"):
        assert re.search(rf"  {re.escape(said)} ", text), said


def test_what_carries_no_derivative_is_listed_where_it_is_used() -> None:
    def chosen(x, k: int):  # type: ignore[no-untyped-def]
        return np.sum(np.where(x > 0.0, x, 0.1 * x) * k)

    run = recording(chosen, np.array([1.0, -2.0]), 3)
    text = tables.forward_table(run, ("x",))
    assert re.search(r"^v1 +x > 0 +\[ True, False\]$", text, re.MULTILINE)
    assert "np.where(v1, x, v2)" in text and re.search(r"^v4 +v3 \* 3 ", text, re.MULTILINE)
    numbers = re.findall(r"^v(\d+) ", text, re.MULTILINE)
    assert numbers == [str(k + 1) for k in range(len(numbers))]  # none is left out


def test_the_seed_has_the_shape_of_the_value() -> None:
    run = recording(lambda x: x * x, np.array([1.0, 2.0]))
    assert re.search(r"^b_v1 +\[1, 1\] +\(seed\) +\[1, 1\]$", tables.reverse_table(run, ("x",)),
                     re.MULTILINE)  # fmt: skip


def test_cotangents_of_variables() -> None:
    w, x = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    found = srcdiff.intermediates(grad(programs.looped, wrt="w"), w, x)
    assert found == {"s": [40.0, 20.0, 1.0]}  # s after each round, and the square at the end
    y = np.array([1.0, 2.0, -2.0])
    inside = srcdiff.intermediates(grad(programs.norm), y)["y"]
    assert np.allclose(inside, grad(lambda v: np.sqrt(np.sum(v * v)))(2.0 * y))


def starred(*xs, **more):  # type: ignore[no-untyped-def]
    return xs[0] * xs[1] + xs[1] * more["z"]


@pytest.mark.parametrize(("wrt", "expected"), [("xs[0]", 3.0), ("xs[1]", 7.0), ("z", 3.0)])
def test_arguments_of_stars(wrt: str, expected: float) -> None:
    bound = signature(starred).bind(2.0, 3.0, z=5.0)
    run = tables.traced(specialise(starred, bound)[0], dict(bound.arguments))
    (cell,) = inputs_of(run, (wrt,))
    mark(run, [cell])
    goal = objective(run)
    assert goal is not None
    assert backward(run, {goal: 1.0}).cotangents[cell] == expected
    assert forward(run, {cell: 1.0})[goal] == expected
    assert "adjoint" in dot(run.function, (wrt,), run)


def test_what_has_no_trace() -> None:
    with pytest.raises(NotExplained, match="returns no value"):
        recording(lambda x: 3, 1.0)


# --- drawings -------------------------------------------------------------------------------------

STATEMENT = re.compile(
    r"""\s*(digraph\ "[^"]+"\ \{ | \w+=("([^"\\]|\\.)*"|[\w.]+); | node\ \[.*\]; | edge\ \[.*\]; | \} | \{\ rank=\w+;
    | subgraph\ cluster_\d+\ \{ | label="([^"\\]|\\.)*";\ style=rounded;\ color="\#\w+";
    | \w+\ \[(\w+=("([^"\\]|\\.)*"|\w+)(,\ )?)+\]; | \w+\ ->\ \w+\ \[(\w+=("([^"\\]|\\.)*"|\w+)(,\ )?)+\];)""",
    re.VERBOSE,
)


def conforms(text: str) -> None:
    """Every line is a statement of DOT, boxes close, edges join nodes that there are."""
    depth, nodes = 0, set()
    for line in text.splitlines():
        assert STATEMENT.fullmatch(line), line
        depth += line.rstrip().endswith(("{", "{ rank=source;", "{ rank=sink;"))
        depth -= line.strip() == "}"
        found = re.match(r"\s*(\w+) \[label", line)
        nodes |= {found[1]} if found else set()
    assert depth == 0
    for a, b in re.findall(r"^\s*(\w+) -> (\w+) \[", text, re.MULTILINE):
        assert {a, b} <= nodes


@pytest.mark.parametrize(
    ("function", "args", "wrt"), PROGRAMS, ids=lambda p: getattr(p, "__name__", "")
)
def test_drawings(function: Any, args: tuple[Any, ...], wrt: Any, tmp_path: Path) -> None:
    run = recording(function, *args)
    plain, valued = dot(run.function, wrt), dot(run.function, wrt, run)
    conforms(plain)
    conforms(valued)
    assert "adjoint" in valued and "adjoint" not in plain
    assert plain.count("label=") <= valued.count("label=")
    if function is programs.looped:
        assert 'label="for k in range(' in plain and 'label="if, line' in plain
    if function is programs.written:
        assert 'label="[1:] ="' in plain and 'label="[0] +="' in plain
        assert "set_at" not in plain and "write_back" not in plain
    if shutil.which("dot"):
        for kind, first in (("svg", b"<?xml"), ("png", b"\x89PNG\r\n")):
            done = subprocess.run(["dot", f"-T{kind}"], input=valued.encode(), check=True,
                                  capture_output=True)  # fmt: skip
            assert done.stdout.startswith(first) and not done.stderr


class Placed:
    """Where the nodes of a drawing came to lie, by their labels, and the boxes."""

    def __init__(self, text: str):
        done = subprocess.run(["dot", "-Tjson"], input=text.encode(), check=True,
                              capture_output=True)  # fmt: skip
        self.x: dict[str, list[float]] = {}
        self.boxes: dict[str, tuple[float, ...]] = {}
        for thing in json.loads(done.stdout)["objects"]:
            if "pos" in thing:
                self.x.setdefault(thing["label"], []).append(float(thing["pos"].split(",")[0]))
            elif thing["name"].startswith("cluster"):
                self.boxes[thing["label"]] = tuple(map(float, thing["bb"].split(",")))


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
@pytest.mark.parametrize(
    ("function", "args", "wrt"), PROGRAMS, ids=lambda p: getattr(p, "__name__", "")
)
def test_inputs_lie_left_and_outputs_right(function: Any, args: tuple[Any, ...], wrt: Any) -> None:
    run = recording(function, *args)
    placed = Placed(dot(run.function, wrt, run))
    inputs = [x for name in wrt for x in placed.x[name][:1]]
    results = [x for label, xs in placed.x.items() if label.startswith("result") for x in xs[-1:]]
    others = [x for xs in placed.x.values() for x in xs]
    assert max(inputs) <= min(results) and max(results) == max(others)
    for label, box in placed.boxes.items():
        assert max(inputs) < box[2] and (label in ("then", "else") or box[0] < min(results))


def test_integers_that_index_stand_in_labels() -> None:
    run = recording(programs.eliminated, np.array([[4.0, 1.0], [1.0, 3.0]]), np.array([1.0, 2.0]))
    text = dot(run.function, ("A", "b"), run)
    conforms(text)
    for label in ("[i, k] =", "[i, k + 1:] +=", "[i] +=", "[k + 1:]"):
        assert f'[label="{label}"' in text, label
    assert 'label="for i in range(k + 1, ' in text
    assert not re.search(r'label="(set_at|add_at|getitem|extent|require\w*)', text)


def test_commands(tmp_path: Path) -> None:
    target = f"{programs.__file__}:textbook"
    at = ["--at", "x1=2.0, x2=5.0"]
    trace, forward_only, graph, valued, svg, bad = run_all(
        ["trace", target, *at, "--wrt", "x1,x2"],
        ["trace", target, *at, "--mode", "forward"],
        ["graph", target],
        ["graph", target, *at, "-o", "out.dot"],
        ["graph", target, *at, "-o", "out.svg"],
        ["trace", f"{programs.__file__}:norm"],
        folder=tmp_path,
    )
    assert trace.code == 0 and TEXTBOOK in trace.out and ADJOINTS in trace.out
    assert forward_only.code == 0 and "reverse" not in forward_only.out
    assert graph.code == 0 and "adjoint" not in graph.out
    conforms(graph.out)
    assert valued.code == 0 and "adjoint 5.5" in (tmp_path / "out.dot").read_text()
    if shutil.which("dot"):
        assert svg.code == 0 and "<svg" in (tmp_path / "out.svg").read_text()
    else:
        assert svg.code == 2 and "SD713" in svg.err and not (tmp_path / "out.svg").exists()
    assert bad.code == 2 and "SD703" in bad.err
