"""Loading: an ordinary function for inspect, tracebacks, linecache and other processes."""

from __future__ import annotations

import inspect
import linecache
import os
import subprocess
import sys
import traceback
from pathlib import Path

import numpy as np
import pytest

from srcdiff.emit.python import Emitted, emit
from srcdiff.emit.source import load
from srcdiff.ir.core import Const, Pack
from srcdiff.ops.python import Callee
from tests.emit.build import VECTOR, Build, function, number
from tests.emit.cases import CASES


def loaded(name: str):
    emitted = emit(CASES[name]()[0])
    return emitted, load(emitted)


def test_inspect_and_linecache_know_the_source() -> None:
    emitted, f = loaded("recurrent_network_and_its_adjoint")
    linecache.checkcache()
    text = inspect.getsource(f)
    assert text.startswith("def f(W, X):") and text.rstrip().endswith("return b_W")
    assert text in emitted.source
    assert "".join(linecache.getlines(f.__code__.co_filename)) == emitted.source


def test_the_filename_depends_on_the_text_alone() -> None:
    names = {loaded("swaps")[1].__code__.co_filename for _ in range(2)}
    assert len(names) == 1
    assert names.pop().startswith("<srcdiff f ")
    emitted = emit(CASES["swaps"]()[0])
    assert load(emitted, filename_hint="fib_grad").__code__.co_filename.startswith(
        "<srcdiff fib_grad "
    )


def test_tracebacks_show_generated_lines() -> None:
    _, f = loaded("raises")
    with pytest.raises(ValueError) as caught:
        f(-1.0)
    assert 'raise TooSmall("too small:", x)' in "".join(traceback.format_exception(caught.value))


def test_objects_nobody_can_import_come_from_the_caller() -> None:
    class Local(Exception):
        pass

    x, b = number("x"), Build()
    b.many("raise", Local, Pack((x,)), None)
    emitted = emit(function([x], b, Const(None)))
    assert "# Local: provided by the caller" in emitted.source
    assert emitted.constants == {"Local": Local}
    with pytest.raises(Local):
        load(emitted)(1.0)


def test_importable_objects_are_imported_in_the_text_and_given_when_loaded() -> None:
    emitted, f = loaded("users_callables")
    assert "from tests.emit.cases import halved\n" in emitted.source
    broken = Emitted(
        emitted.source.replace("tests.emit.cases", "no.such.module"), "f", emitted.constants
    )
    assert load(broken)(4.0) == f(4.0) == 2.0
    scope: dict[str, object] = {}
    exec(emitted.source, scope)
    assert scope["f"](4.0) == 2.0


def test_the_text_stands_alone() -> None:
    """What is printed runs as a file of its own: imports, helpers and callees are in it."""
    for name in ("lists", "recursion", "names_that_are_taken", "structured_results"):
        f, args = CASES[name]()
        scope: dict[str, object] = {}
        exec(emit(f).source, scope)
        scope["f"](*args)


def test_other_functions_can_be_printed_too() -> None:
    f, _ = CASES["swaps"]()
    x, b = number("x"), Build()
    other = function([x], b, b("sin", x), x, name="other")
    source = emit(f, also=[other]).source
    assert source.index("def other(x)") < source.index("def f(a, b, n)")


def test_a_callee_that_was_never_finished_is_a_fault() -> None:
    x, b = number("x"), Build()
    (y,) = b.many("call", Callee("g"), x, outs=[number("y")])
    with pytest.raises(AssertionError, match="g is called but was never finished"):
        emit(function([x], b, y))


def test_two_processes_print_the_same() -> None:
    root = Path(__file__).parents[2]
    code = (
        "from tests.emit.cases import CASES\n"
        "from tests.emit.generate import random_function\n"
        "from srcdiff.emit.python import emit\n"
        "print([emit(case()[0]).source for case in CASES.values()])\n"
        "print([emit(random_function(seed)).source for seed in range(40)])\n"
    )
    texts = set()
    for seed in ("0", "1", "4711"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
        run = [sys.executable, "-c", code]
        texts.add(
            subprocess.run(run, env=environment, capture_output=True, check=True, cwd=root).stdout
        )
    assert len(texts) == 1


def test_the_function_is_its_own_each_time() -> None:
    x, b = VECTOR, Build()
    from srcdiff.ir.core import Var

    v = Var("v", x)
    run = load(emit(function([v], b, b("multiply", v, 2.0))))
    first, second = run(np.ones(3)), run(np.ones(3))
    first += 1.0
    assert second.tolist() == [2.0, 2.0, 2.0]
