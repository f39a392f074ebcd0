"""Right gradients pass, whatever the scale, the type and the structure of the arguments."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest

from srcdiff.check import check_gradient, check_vjp
from tests.check.samples import BY_NAME, SMOOTH, Sample


def check(sample: Sample, **options):
    return check_gradient(sample.f, sample.gradient, sample.args, sample.wrt, **options)


@pytest.mark.parametrize("sample", SMOOTH, ids=lambda s: s.name)
@pytest.mark.parametrize("seed", [0, 1])
def test_smooth(sample, seed):
    report = check(sample, seed=seed)
    report.raise_if_wrong()
    assert {entry.verdict for entry in report.entries} == {"ok"}, str(report)


def test_every_entry_or_a_sample_with_directions():
    assert len(check(BY_NAME["product"]).entries) == 12 + 8
    large = check(BY_NAME["large"], max_entries=10, directions=3)
    paths = [entry.path for entry in large.entries]
    assert len(set(paths)) == 13
    assert paths[-3:] == ["direction 0", "direction 1", "direction 2"]


def test_a_sample_holds_an_entry_of_each_leaf():
    args = (np.zeros(1000), np.zeros(()), 2.0)
    report = check_gradient(
        lambda a, b, c: np.sum(a) + b + c,
        lambda a, b, c: (np.ones(1000), np.ones(()), 1.0),
        args,
        (0, 1, 2),
        max_entries=5,
    )
    assert {"b", "c"} <= {entry.path for entry in report.entries}


def test_paths():
    paths = [entry.path for entry in check(BY_NAME["dict"]).entries]
    assert paths[0] == "p['k']" and paths[1] == "p['W'][0][0, 0]" and paths[-1] == "p['W'][0][2, 3]"
    assert check(BY_NAME["dataclass"], names=["model", "n"]).entries[-1].path == "model.bias"
    assert check(BY_NAME["layers"]).entries[0].path == "layers[0].w[0, 0]"
    anonymous = check_gradient(np.positive, lambda *xs: (1.0,), (2.0,), (0,))
    assert anonymous.entries[0].path in ("x", "args[0]")


def test_same_seed_same_report():
    assert check(BY_NAME["large"], seed=3) == check(BY_NAME["large"], seed=3)
    assert check(BY_NAME["large"], seed=3) != check(BY_NAME["large"], seed=4)


@pytest.mark.parametrize("shape", [(0,), (2, 0)])
def test_zero_size(shape):
    report = check_gradient(
        lambda x: np.sum(x), lambda x: (np.ones_like(x),), (np.zeros(shape),), (0,)
    )
    assert report.ok and report.entries == [] and report.worst is None
    assert "nothing to check" in str(report)


def test_zero_size_beside_others():
    args = (np.zeros((0, 3)), np.ones(2))
    report = check_gradient(
        lambda a, b: np.sum(a) + np.sum(b), lambda a, b: (a, np.ones(2)), args, (0, 1)
    )
    assert report.ok and len(report.entries) == 2


def test_arguments_are_copied_for_each_call():
    def f(x, seen):
        x *= 2.0
        seen.append(1)
        return np.sum(x**2) * len(seen)

    x, seen = np.array([1.0, 2.0]), []
    report = check_gradient(f, lambda x, seen: (8 * x,), (x, seen), (0,))
    assert report.ok and seen == [] and x.tolist() == [1.0, 2.0]


def test_kept_gradient_of_a_fortran_ordered_array():
    x = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    assert check_gradient(lambda x: np.sum(x**3), lambda x: (3 * x**2,), (x,), (0,)).ok


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("power", [-8, -4, 0, 4, 8])
def test_scales(dtype, power):
    x = np.array([0.3, -1.2, 2.5], dtype) * dtype(10.0**power)
    unit = dtype(10.0**power)
    report = check_gradient(
        lambda x: np.sum(np.exp(x / unit)), lambda x: (np.exp(x / unit) / unit,), (x,), (0,)
    )
    assert {entry.verdict for entry in report.entries} == {"ok"}, str(report)


def test_complex_step_where_it_applies():
    report = check_gradient(np.exp, lambda x: (np.exp(x),), (np.float64(1.0),), (0,))
    assert report.entries[0].complex_step == pytest.approx(math.e, rel=1e-15)


@pytest.mark.parametrize(
    "f",
    [
        math.exp,  # refuses complex numbers
        lambda x: float(np.exp(np.real(x))),  # drops the imaginary part
        lambda x: np.exp(np.asarray(x).astype(float))[()],  # drops it with a warning
        lambda x: np.exp(abs(x)),  # real result
        lambda x: np.exp(np.conj(x)),  # complex, not analytic
    ],
)
def test_complex_step_where_it_does_not(f):
    report = check_gradient(f, lambda x: (math.exp(x),), (1.0,), (0,))
    assert report.ok and report.entries[0].verdict == "ok"
    assert report.entries[0].complex_step is None


def test_complex_step_alone_is_never_wrong():
    report = check_gradient(
        lambda x: x * x + (1.0 if np.iscomplexobj(x) else 0.0), lambda x: (2 * x,), (3.0,), (0,)
    )
    assert report.ok and report.entries[0].complex_step is None


def test_forward_mode_agrees():
    def pushforward(args, tangents):
        (x, n, p), (dx, dn, dp) = args, tangents
        assert dn == 0 and dp == [0.0, 0]
        return np.sum(n * x ** (n - 1) * dx)

    report = check_gradient(
        lambda x, n, p: np.sum(x**n),
        lambda x, n, p: (n * x ** (n - 1),),
        (np.array([1.0, 2.0]), 3.0, [1.0, 0]),
        (0,),
        pushforward=pushforward,
        directions=4,
    )
    assert report.ok and sum("forward" in entry.path for entry in report.entries) == 4


def test_vjp_of_an_array():
    def vjp(args, ct):
        return (2 * args[0] * ct,)

    for ct in (None, np.array([1.0, 0.0, -2.0])):
        assert check_vjp(lambda x: x * x, vjp, (np.arange(3.0),), (0,), ct).ok
    wrong = check_vjp(
        lambda x: x * x, lambda args, ct: (args[0] * ct,), (np.arange(1.0, 4.0),), (0,)
    )
    assert not wrong.ok and wrong.entries[0].path == "x[0]"


def test_vjp_of_a_structure():
    def f(x, k):
        return {"a": np.sin(x), "b": (x[0] * k, k, 3), "c": "text"}

    def vjp(args, ct):
        x, k = args
        g = np.cos(x) * ct["a"]
        g[0] += k * ct["b"][0]
        return g, float(x[0] * ct["b"][0] + ct["b"][1])

    check_vjp(f, vjp, (np.arange(3.0), 2.0), (0, 1), seed=5).raise_if_wrong()


def test_random_smooth_functions():
    """No false alarm over compositions at random points of random scale."""
    rng = np.random.default_rng(7)
    outer = [
        (np.sin, np.cos),
        (np.tanh, lambda u: 1 - np.tanh(u) ** 2),
        (np.arctan, lambda u: 1 / (1 + u * u)),
        (np.exp, np.exp),
        (np.square, lambda u: 2 * u),
        (np.log1p, lambda u: 1 / (1 + u)),
    ]
    for _ in range(150):
        (g, dg), (h, dh) = outer[rng.integers(5)], outer[rng.integers(5)]
        x = rng.uniform(-2.0, 2.0, 4)
        scale = 10.0 ** rng.uniform(-6, 6)
        x, c = x * scale, 1.0 / scale
        report = check_gradient(
            lambda x: np.sum(g(h(c * x))),
            lambda x: (dg(h(c * x)) * dh(c * x) * c,),
            (copy.copy(x),),
            (0,),
        )
        assert report.ok, f"{g} {h} {x}\n{report}"
