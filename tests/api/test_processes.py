"""Pickles, threads, other processes, and what Python's own tools see of generated code."""

import copy
import inspect
import linecache
import os
import pickle
import subprocess
import sys
import threading
import traceback
from pathlib import Path

import numpy as np
import pytest

from srcdiff import ArgumentsError, grad, hvp, jvp, value_and_grad, vjp
from tests.api import programs as p

ROOT = Path(__file__).parents[2]
V = np.array([0.5, -1.0, 2.0])
THREADS = 8


# --- pickles -----------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickled_derivatives(protocol):
    def again(x):
        return pickle.loads(pickle.dumps(x, protocol))

    assert again(p.decorated) is p.decorated
    assert again(p.decorated_by_name)(3.0, 2.0) == (12.0, 12.0)
    assert again(p.square_grad)(3.0) == 6.0
    found = again(p.product_grad)(V, 2.0 * V)
    np.testing.assert_array_equal(found, (2.0 * V, V))
    assert again(value_and_grad(p.square))(3.0) == (9.0, 6.0)


def test_pickled_second_derivative():
    again = pickle.loads(pickle.dumps(grad(p.square_grad)))
    assert again(3.0) == 2.0


def test_copied_derivatives():
    assert copy.copy(p.square_grad)(3.0) == 6.0
    assert copy.deepcopy({"d": p.decorated})["d"](2.0) == 12.0


def test_what_does_not_pickle():
    with pytest.raises(ArgumentsError, match="pickle"):
        pickle.dumps(grad(lambda x: x * x))


# --- threads -----------------------------------------------------------------------------------


def together(*actions):
    """Run the actions at once in threads of their own; their results, or the first error."""
    barrier = threading.Barrier(len(actions))
    results, errors = [None] * len(actions), []

    def run(k):
        try:
            barrier.wait()
            results[k] = actions[k]()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(k,)) for k in range(len(actions))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if errors:
        raise errors[0]
    return results


@pytest.fixture(autouse=True)
def quick_switches():
    old = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(old)


def test_threads_compile_one_derivative_once():
    made = grad(p.sums, (0, 1))
    X = np.outer(V, V) + np.eye(3)
    results = together(*[lambda: made(V, X)] * THREADS)
    for one in results[1:]:
        np.testing.assert_array_equal(one[0], results[0][0])
        np.testing.assert_array_equal(one[1], results[0][1])
    assert len(made.dispatcher.variants) == 1


def test_threads_compile_different_derivatives():
    cases = [
        (lambda: grad(p.square)(3.0), 6.0),
        (lambda: grad(p.newton)(4.0), 0.25),
        (lambda: grad(p.power)(2.0, 5), 80.0),
        (lambda: grad(p.branches)(4.0), 0.25),
        (lambda: grad(grad(p.square))(4.0), 2.0),
        (lambda: jvp(p.square, (3.0,), (1.0,)), (9.0, 6.0)),
        (lambda: vjp(p.square, 3.0)[1](2.0), (12.0,)),
        (lambda: grad(p.calls_helper)(2.0), 12.0),
    ]
    for _ in range(4):
        for found, (_, wanted) in zip(together(*[action for action, _ in cases]), cases):
            assert found == pytest.approx(wanted)


def test_threads_compile_variants_of_one_derivative():
    made = grad(p.square)
    kinds = [float, np.float64, np.float32, np.float16] * 2
    found = together(*[lambda kind=kind: made(kind(3.0)) for kind in kinds])
    assert found == [6.0] * THREADS
    assert [type(f) for f in found] == kinds
    assert len(made.dispatcher.variants) == 4


def test_threads_call_what_is_compiled():
    made = grad(p.newton)
    made(2.0)

    def many(k):
        points = np.linspace(1.0 + k, 2.0, 50).tolist()
        return all(abs(made(x) - 0.5 / x**0.5) < 1e-9 for x in points)

    assert all(together(*[lambda k=k: many(k) for k in range(THREADS)]))


# --- other processes ---------------------------------------------------------------------------


def run(code, **environment):
    """What a fresh process prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_text_is_the_same_in_every_process():
    code = "from tests.api import programs as p; print(p.deterministic())"
    texts = {run(code, PYTHONHASHSEED=seed) for seed in ("0", "1", "2", "12345")}
    assert len(texts) == 1


def test_pickles_cross_processes():
    data = pickle.dumps((p.decorated, p.square_grad, p.product_grad)).hex()
    code = f"""
import pickle
decorated, square, product = pickle.loads(bytes.fromhex({data!r}))
print(decorated(2.0), square(3.0), product(2.0, 3.0))
"""
    assert run(code) == "12.0 6.0 (3.0, 2.0)\n"


def test_order_of_compilation_does_not_show():
    """A text does not depend on what was compiled before it."""
    code = "from tests.api import programs as p\nprint(p.grad(p.newton).source(2.0))"
    before = "from srcdiff import hvp\nfrom tests.api import programs as p\np.deterministic()\n"
    before += "hvp(p.newton, 2.0, 1.0)\n"
    assert run(code) == run(before + code)


def test_order_of_compilation_does_not_show_in_the_ir():
    code = "from tests.api import programs as p\nprint(p.grad(p.newton).ir(2.0))"
    before = "from tests.api import programs as p\np.deterministic()\n"
    assert run(code) == run(before + code)


# --- Python's tools ----------------------------------------------------------------------------


def test_getsource():
    made = grad(p.newton)
    function = made.compiled(2.0)
    text = inspect.getsource(function)
    assert text.startswith("def newton_grad(a):")
    assert text.strip() in made.source(2.0)
    assert function(4.0) == pytest.approx(0.25)
    assert function.__name__ == "newton_grad"
    assert "Gradient of newton" in inspect.getdoc(function)


def test_compiled_functions_are_apart():
    """Variants have files of their own, so that a traceback shows the right one."""
    made = grad(p.product, "y")
    files = {made.compiled(x, V).__code__.co_filename for x in (V, V[:1], V.astype("f4"))}
    assert len(files) >= 2


@pytest.mark.parametrize("again", [False, True])
def test_traceback_shows_the_generated_line_and_the_users(again):
    made = grad(p.newton)
    if again:
        made(1.0)
    with pytest.raises(ZeroDivisionError) as caught:
        made(0.0)
    generated, own = traceback.extract_tb(caught.value.__traceback__)[-2:]
    assert generated.name == "newton_grad"
    assert generated.line
    assert generated.line in made.source(1.0)
    assert (own.filename, own.name) == (p.__file__, "newton")
    assert own.line in inspect.getsource(p.newton)


def test_sources_survive_a_check_of_the_cache():
    made = grad(p.power)
    function = made.compiled(2.0, 3)
    linecache.checkcache()
    assert "power_grad" in inspect.getsource(function)


def test_metadata():
    made = p.decorated
    assert made.__name__ == "decorated"
    assert made.__module__ == p.__name__
    assert list(inspect.signature(made).parameters) == ["x"]
    assert repr(made) == "<grad of decorated with respect to x>"


def test_source_from_annotations():
    def f(x: float, n: int, scale=2.0):
        return scale * x**n

    assert grad(f).source() == grad(f).source(1.0, 1, 2.0)


def test_every_stage_prints():
    made = grad(p.sums)
    stages = ["lowered", "primal", "derivative"]
    texts = [made.ir(V, np.eye(3), stage=s) for s in stages]
    assert len(set(texts)) == 3
    assert all(texts)


def test_hvp_of_module_function_is_kept():
    """The second call compiles nothing new."""
    for _ in range(2):
        np.testing.assert_allclose(hvp(p.product, V, V, V), np.zeros(3))
