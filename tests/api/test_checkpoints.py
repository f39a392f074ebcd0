"""Checkpointed loops and functions that are run again: what is kept, what is said, what is refused."""

import inspect
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

import srcdiff
from srcdiff import checkpointed, grad, recompute
from srcdiff.ops.runtime import checkpoints


def plain(u, a, n):
    for _ in range(n):
        u = u + a * np.sin(u)
    return np.sum(u**2)


def kept(u, a, n, k):
    for _ in checkpointed(range(n), snapshots=k):
        u = u + a * np.sin(u)
    return np.sum(u**2)


U = np.linspace(0.1, 1.0, 7)


@pytest.mark.parametrize("count", (0, 1, 2, 3, 10, 37, 200))
@pytest.mark.parametrize("snapshots", (1, 2, 3, 8, 50, 300))
def test_a_schedule_reaches_every_step_with_the_states_it_may_keep(count, snapshots):
    keep = checkpoints(count, snapshots)
    held = list(keep[-1])
    assert len(keep) == count + 1
    for step in reversed(range(count)):
        assert len(held) <= snapshots
        assert held[-1] <= step
        start = held[-1]
        if start == step:
            held.pop()
        held += keep[step]
        assert all(start < s < step for s in keep[step])
        assert held == sorted(held)
    assert held == [] or count == 0


def test_the_work_is_that_of_the_binomial_schedule():
    """Griewank and Walther: with s states and at most r runs of a step, C(s + r, s) steps."""
    keep = checkpoints(286, 10)  # C(13, 10): every step is run forward 3 times at most
    held, forward = list(keep[-1]), 0
    for step in reversed(range(286)):
        start = held[-1]
        if start == step:
            held.pop()
        forward += step - start
        held += keep[step]
    assert forward <= 3 * 286


@pytest.mark.parametrize("n", (0, 1, 2, 9, 64))
@pytest.mark.parametrize("k", (1, 2, 5, 100))
def test_the_gradient_is_that_of_the_plain_loop_to_the_last_bit(n, k):
    for wrt in (0, 1):
        expected = grad(plain, wrt=wrt)(U, 0.1, n)
        assert np.array_equal(grad(kept, wrt=wrt)(U, 0.1, n, k), expected)


def test_memory_stays_at_the_states_kept():
    u = np.linspace(0.1, 1.0, 10_000)
    sizes = {}
    for name, f, more in (("plain", plain, ()), ("kept", kept, (5,))):
        gradient = grad(f)
        gradient(u, 0.1, 3, *more)
        tracemalloc.start()
        gradient(u, 0.1, 200, *more)
        sizes[name] = tracemalloc.get_traced_memory()[1] / u.nbytes
        tracemalloc.stop()
    assert sizes["plain"] > 200
    assert sizes["kept"] < 5 + 10


def test_memory_of_a_recurrent_network_stays_too():
    """Its sums of outer products are not gathered for one product of matrices after the loop."""

    def network(W, X):
        h = np.zeros(W.shape[0])
        for x in checkpointed(X, snapshots=5):
            h = np.tanh(W @ h + x)
        return np.sum(h**2)

    def recorded(W, X):
        h = np.zeros(W.shape[0])
        for x in X:
            h = np.tanh(W @ h + x)
        return np.sum(h**2)

    W, X = 0.01 * np.ones((200, 200)), np.ones((500, 200))
    gradient = grad(network)
    gradient(W, X)
    tracemalloc.start()
    gradient(W, X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * W.nbytes
    assert np.allclose(gradient(W, X), grad(recorded)(W, X), rtol=1e-12)


def test_the_schedule_is_seen_in_the_source():
    source = grad(kept).source(U, 0.1, 9, 3)
    assert "keep = checkpoints(n, k)" in source
    assert "u_kept.append(u)" in source


def test_explain_tells_what_a_snapshot_holds():
    text = grad(kept).explain(U, 0.1, 9, 3)
    assert "kept at some steps, computed again between them" in text
    assert "u (line" in text


def test_the_pullback_can_be_called_twice():
    _, pullback = srcdiff.vjp(kept, U, 0.1, 9, 3)
    first, second = pullback(1.0), pullback(1.0)
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[0], grad(plain)(U, 0.1, 9))


def test_jacobian_in_one_sweep():
    def state(u, n, k):
        for _ in checkpointed(range(n), snapshots=k):
            u = u + 0.1 * np.sin(u) * u[0]
        return u

    forward = srcdiff.jacfwd(state)(U, 7, 2)
    assert np.allclose(srcdiff.jacrev(state)(U, 7, 2), forward, rtol=1e-13)


def test_a_loop_that_ends_early_is_refused():
    def early(x, n):
        for _ in checkpointed(range(n), snapshots=2):
            x = np.sin(x)
            if x < 0.1:
                break
        return x

    with pytest.raises(srcdiff.Refused, match=r"SD342.*ends early"):
        grad(early)(0.5, 3)


def test_printing_is_not_repeated(capsys):
    def chatty(x, n):
        for k in checkpointed(range(n), snapshots=2):
            print(k)
            x = np.sin(x)
        return x

    grad(chatty)(0.5, 6)
    assert capsys.readouterr().out.split() == list("012345")


def test_without_the_package_the_message_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "checkpoint_schedules", None)
    with pytest.raises(ImportError, match="needs the package checkpoint_schedules"):
        grad(kept)(U, 0.1, 9, 3)
    assert np.array_equal(srcdiff.jvp(kept, (U, 0.1, 9, 3), (U, 0.0, 0, 0))[0], kept(U, 0.1, 9, 3))


def test_the_source_runs_without_srcdiff(tmp_path):
    (tmp_path / "derivative.py").write_text(grad(kept).source(U, 0.1, 9, 3))
    code = (
        "import sys, numpy as np; sys.modules['srcdiff'] = None\n"
        "from derivative import kept_grad\n"
        "print(repr(float(kept_grad(np.linspace(0.1, 1.0, 7), 0.1, 9, 3)[0])))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert float(run.stdout) == grad(plain)(U, 0.1, 9)[0]


def test_at_least_one_snapshot():
    with pytest.raises(ValueError, match="at least 1"):
        checkpointed(range(3), snapshots=0)
    assert list(checkpointed(range(3), snapshots=1)) == [0, 1, 2]


# --- functions that are run again ------------------------------------------------------------------


@recompute
def layer(h, w):
    for _ in range(10):
        h = h + np.tanh(w * h)
    return h


def network(h, w):
    for _ in range(6):
        h = layer(h, w)
    return np.sum(h**2)


def test_a_marked_function_is_the_function():
    assert layer(U, 0.0) is not None
    assert inspect.isfunction(layer)
    assert layer.__name__ == "layer"


def test_only_the_arguments_of_a_marked_function_are_recorded():
    text = grad(network, wrt=(0, 1)).explain(U, 0.3)
    recorded = text.split("recorded, one entry per round (line")[1:]
    outer = [part for part in recorded if "range(6)" in part.splitlines()[0]]
    assert len(outer) == 1
    assert outer[0].splitlines()[1].split()[0] == "h,"


def test_memory_of_a_marked_function_is_that_of_one_call():
    def unmarked(h, w):
        for _ in range(6):
            for _ in range(10):
                h = h + np.tanh(w * h)
        return np.sum(h**2)

    u = np.linspace(0.1, 1.0, 10_000)
    sizes = []
    for f in (unmarked, network):
        gradient = grad(f)
        expected = gradient(u, 0.01)
        tracemalloc.start()
        assert np.array_equal(gradient(u, 0.01), expected)
        sizes.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert sizes[1] < 0.5 * sizes[0]


def test_a_marked_function_that_changes_its_argument_is_refused():
    @recompute
    def change(x):
        x[0] = 1.0
        return x

    def program(x):
        return np.sum(change(x) * x)

    with pytest.raises(srcdiff.Refused, match="SD367"):
        grad(program)(U)
