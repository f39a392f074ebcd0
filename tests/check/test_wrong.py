"""Wrong gradients are found, named, and told with both numbers."""

from __future__ import annotations

import math
import zlib

import numpy as np
import pytest

from srcdiff import grad
from srcdiff.check import Report, check_gradient
from srcdiff.errors import GradientError
from tests.check.samples import FAULTS, SMOOTH, Layer, Model, altered


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("sample", SMOOTH, ids=lambda s: s.name)
def test_faults_are_caught(sample, fault):
    def gradient(*args):
        return altered(sample.gradient(*args), FAULTS[fault])

    seed = zlib.crc32(f"{sample.name} {fault}".encode()) % 1000
    report = check_gradient(sample.f, gradient, sample.args, sample.wrt, seed=seed)
    assert not report.ok, str(report)
    assert report.worst.verdict == "wrong"
    with pytest.raises(GradientError, match="wrong gradient at") as raised:
        report.raise_if_wrong()
    assert raised.value.report is report


@pytest.mark.parametrize("seed", range(10))
def test_one_entry_of_a_small_array(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(4, 5))
    place = tuple(rng.integers(0, [4, 5]))
    bad = np.cos(x)
    bad[place] *= 1.0 + rng.choice([-1, 1]) * 10.0 ** rng.uniform(-4, 0)
    report = check_gradient(lambda w: np.sum(np.sin(w)), lambda w: (bad,), (x,), (0,))
    assert [entry.path for entry in report.failures] == [f"w[{place[0]}, {place[1]}]"]
    assert report.worst.numeric == pytest.approx(math.cos(x[place]), rel=1e-6)


def test_one_entry_of_a_large_array_is_seen_by_directions():
    x = np.random.default_rng(0).normal(size=2000)
    bad = 2 * x
    bad[np.argmax(np.abs(x))] = 0.0
    report = check_gradient(lambda x: np.sum(x * x), lambda x: (bad,), (x,), (0,), max_entries=4)
    assert any(entry.path.startswith("direction") for entry in report.failures)
    assert report.worst.path == f"x[{np.argmax(np.abs(x))}]"  # traced from the first of them


def test_message():
    report = check_gradient(
        lambda w: np.sum(w**2),
        lambda w: (np.array([2.0, 3.0]),),
        (np.array([1.0, 2.0]),),
        (0,),
        seed=9,
    )
    with pytest.raises(GradientError) as raised:
        report.raise_if_wrong()
    lines = str(raised.value).splitlines()
    head, number = lines[0].rsplit(" ", 1)
    assert head == "wrong gradient at w[1]: the gradient says 3.0, differences say"
    assert float(number) == pytest.approx(4.0, rel=1e-9)
    assert lines[1].startswith("  the difference is -1, its estimated error ")
    assert "allowed was" in lines[1]
    assert lines[2] == "  the complex step says 4.0"
    assert lines[-1] == "  seed 9"


def test_message_counts_the_others():
    report = check_gradient(
        lambda w: np.sum(w**2), lambda w: (w,), (np.array([1.0, 2.0, 4.0]),), (0,)
    )
    with pytest.raises(GradientError, match=r"3 of 3 checks fail, also w\[\d\], w\[\d\]"):
        report.raise_if_wrong()


def test_table():
    report = check_gradient(
        lambda w, b: np.sum(w**2) + b,
        lambda w, b: (w, 1.0),
        (np.array([1.0, 2.0]), 3.0),
        (0, 1),
        seed=4,
    )
    lines = str(report).splitlines()
    assert lines[0] == "gradient check: 2 wrong, 1 ok (seed 4)"
    assert lines[1].split() == [
        "entry",
        "analytic",
        "numeric",
        "error",
        "complex",
        "step",
        "verdict",
    ]
    assert [line.split()[0] for line in lines[2:]] == ["w[1]", "w[0]", "b"]
    assert max(map(len, lines)) <= 100


def test_long_tables_are_cut():
    report = check_gradient(lambda x: np.sum(x), lambda x: (np.ones(40),), (np.ones(40),), (0,))
    assert str(report).splitlines()[-1] == "  ... and 28 more"


def test_forward_mode_disagrees():
    report = check_gradient(
        lambda x: x**3,
        lambda x: (3 * x * x,),
        (2.0,),
        (0,),
        pushforward=lambda args, tangents: 12.0 * tangents[0] * (1 + 1e-8),
        directions=2,
    )
    assert len(report.failures) == 2
    with pytest.raises(
        GradientError, match=r"forward against reverse, direction .*forward mode says"
    ):
        report.raise_if_wrong()


FORMS = [
    (1.0, np.float64(1.0), "the gradient by x must be a Python float, not a float64"),
    (1.0, 1, "the gradient by x must be a Python float, not an int"),
    (1.0, None, "the gradient by x must be a Python float, not None"),
    (np.float32(1), np.float64(1), "the gradient by x has dtype float64, the argument has float32"),
    (np.float64(1), 1.0, "the gradient by x must be a float64, not a float"),
    (np.ones(2), np.ones(3), "the gradient by x has shape (3,), the argument has (2,)"),
    (np.ones(2), np.ones((1, 2)), "the gradient by x has shape (1, 2), the argument has (2,)"),
    (np.ones(2), [1.0, 1.0], "must be an array of float64, shape (2,), not a list"),
    (np.ones(2), 1.0, "must be an array of float64, shape (2,), not a float"),
    (np.ones(2, np.float32), np.ones(2), "x has dtype float64, the argument has float32"),
    ([1.0, 2.0], (1.0, 1.0), "the gradient by x must be a list, not a tuple"),
    ([1.0, 2.0], [1.0], "the gradient by x has 1 parts, the argument has 2"),
    ({"a": 1.0}, {"b": 1.0}, "lacks the key 'a' and has the unknown key 'b'"),
    ({"a": [1.0]}, {"a": [1]}, "the gradient by x['a'][0] must be a Python float, not an int"),
    (Layer(1.0, np.ones(2)), (1.0, np.ones(2)), "must be a Layer, not a tuple"),
    (Layer(1.0, np.ones(2)), Layer(1.0, np.ones(1)), "the gradient by x.b has shape (1,)"),
    (Model(1.0, 2.0), {"weight": 1.0}, "must be a Model, not a dict"),
    (Model(1.0, 2.0), Model(1.0, None), "the gradient by x.bias must be a Python float, not None"),
    (np.zeros((0, 2)), np.zeros(0), "the gradient by x has shape (0,), the argument has (0, 2)"),
]


@pytest.mark.parametrize(("value", "gradient", "message"), FORMS)
def test_wrong_forms(value, gradient, message):
    report = check_gradient(lambda x: 0.0, lambda x: (gradient,), (value,), (0,))
    assert not report.ok and report.worst is None
    assert message in str(report)
    with pytest.raises(GradientError) as raised:
        report.raise_if_wrong()
    assert message in str(raised.value) and raised.value.report is report


@pytest.mark.parametrize(
    ("found", "message"),
    [(1.0, "must come as a tuple, not as a float"), ((1.0, 1.0), "2 gradients for 1 arguments")],
)
def test_wrong_number_of_gradients(found, message):
    report = check_gradient(lambda x: x, lambda x: found, (1.0,), (0,))
    with pytest.raises(GradientError, match=message):
        report.raise_if_wrong()


@pytest.mark.parametrize(
    "f", [lambda x: x * 1j, lambda x: np.array([x]), lambda x: None, lambda x: "a"]
)
def test_only_real_scalars(f):
    with pytest.raises(GradientError, match="only a real scalar can be checked"):
        check_gradient(f, lambda x: (1.0,), (1.0,), (0,))


def test_complex_arguments_are_named():
    with pytest.raises(GradientError, match=r"x\[1\] is complex"):
        check_gradient(lambda x: 0.0, lambda x: ([1.0, 0j],), ([1.0, 1j],), (0,))


def test_tolerances():
    def wrong(rtol=None, atol=None):
        args = (lambda x: x * x, lambda x: (2 * x + 1e-4,), (1.0,), (0,))
        return not check_gradient(*args, rtol=rtol, atol=atol).ok

    assert wrong() and not wrong(rtol=1e-3) and not wrong(atol=1e-3) and wrong(atol=1e-6)


def test_reports_raise_only_when_wrong():
    Report([]).raise_if_wrong()
    assert Report([]).ok and not Report([], ["bad form"]).ok


def test_keywords_reach_a_function_of_star_arguments():
    """The check is made at the keywords that were given, not at their defaults."""

    def scaled(*xs, scale=1.0):
        return scale * xs[0] * xs[1]

    report = grad(scaled, 1).check(2.0, 3.0, scale=5.0)
    assert report.entries[0].analytic == 10.0
