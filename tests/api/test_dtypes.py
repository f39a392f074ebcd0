"""Arrays whose dtype depends on the path: refused, or looked at in the run."""

import math

import numpy as np
import pytest

from srcdiff import DtypeError, Refused, SrcdiffError, grad, jvp, value_and_grad, vjp

X, N = np.array([1.5, 2.5, -1.0]), np.array([1, 2, 3])


def an_array_of_it(x, n):
    k = n if x > 0.0 else 2.5
    a = np.array([k, 1])
    a[1] = x
    return a[1] * x


def full_of_it(x, n):
    k = n if x > 0.0 else 2.5
    a = np.full(2, k)
    a[1] = x
    return a[1] * x


def times_integers(x, n):
    k = n if x > 0.0 else 2.5
    a = np.arange(2) * k
    a[1] = x
    return a[1] * x


def a_power_of_two(x, n):
    a = np.full(2, 2 ** (n if x < 0.0 else -n))
    a[1] = x
    return a[1] * x


def returned_early(x, n):
    def chosen():
        if x > 0.0:
            return n
        return 2.5

    a = np.array([chosen(), 1])
    a[1] = x
    return a[1] * x


def a_sum_of_nothing(x, n):
    total = 0
    for _ in range(n - 2):
        total += x
    a = np.array([total, 1])
    a[1] = x
    return a[1] * x


def of_a_list(x, n):
    kept = [n, 2.5]
    for _ in range(n):
        kept.append(n)
    a = np.array([kept[0], 1])
    a[1] = x
    return a[1] * x


def a_list_of_ints_so_far(x, n):
    kept = [n]
    for _ in range(n - 2):
        kept.append(x)
    a = np.array(kept)
    a[0] = x
    return a[0] * x


BY_NUMBERS = (
    an_array_of_it,
    full_of_it,
    times_integers,
    a_power_of_two,
    returned_early,
    a_sum_of_nothing,
    a_list_of_ints_so_far,
)


@pytest.mark.parametrize("f", BY_NUMBERS, ids=lambda f: f.__name__)
def test_the_run_looks_at_what_numbers_decide(f):
    with pytest.raises(DtypeError, match="in this run"):
        value_and_grad(f)(1.5, 2)
    with pytest.raises(TypeError):
        jvp(f, (1.5, 2), (1.0, 0))


@pytest.mark.parametrize("f", [f for f in BY_NUMBERS if f is not a_power_of_two], ids=str)
def test_where_it_is_as_expected_it_is_right(f):
    args = (1.5, 4) if f in (a_sum_of_nothing, a_list_of_ints_so_far) else (-1.5, 2)
    value, slope = value_and_grad(f)(*args)
    assert value == f(*args)
    np.testing.assert_allclose(slope, 2.0 * args[0])


def test_a_list_decides_by_what_it_holds():
    assert of_a_list(1.5, 2) == 1.5
    with pytest.raises(SrcdiffError):
        value_and_grad(of_a_list)(1.5, 2)

    def whole(x, numbers):
        a = np.array(numbers)
        a[0] = x
        return a[0] * x

    assert value_and_grad(whole)(1.5, [True, 2]) == (1.5, 1.0)
    assert value_and_grad(whole)(1.5, [1, 2.5]) == (2.25, 3.0)


def grows_to_floats(x, n):
    c = np.ones(3, int)
    for _ in range(n):
        c = c * 0.5
    return np.sum(c * x)


def wider_integers(x, n):
    a = np.zeros(3, np.int8)
    for _ in range(n):
        a = a + np.array([100, 1, 1])
    return np.sum(a * x)


def wider_floats(x, n):
    a = np.ones(3, np.float32)
    while np.sum(a) < n:
        a = a + x
    return np.sum(a * x)


def a_mask_counts(x, n):
    m = x > 0.0
    for _ in range(n):
        m = m + 1
    return np.sum(m * x)


def on_one_path(x, n):
    w = n if x[0] > 0.0 else 0.5 * n
    return np.sum(w * x) + 0.5 * x[0]


@pytest.mark.parametrize(
    ("f", "n"),
    [
        (grows_to_floats, 2),
        (wider_integers, 3),
        (wider_floats, 9),
        (a_mask_counts, 2),
        (on_one_path, N),
    ],
    ids=lambda f: getattr(f, "__name__", ""),
)
def test_arrays_of_two_dtypes_are_refused(f, n):
    with pytest.raises(Refused, match="SD302") as refused:
        grad(f)(X, n)
    assert "give it one dtype" in str(refused.value)


def test_what_may_be_a_mask_is_no_index():
    def picked(x, flag, n):
        k = flag if x[0] > 0.0 else n
        return np.sum(x[k])

    with pytest.raises(Refused, match="SD323"):
        grad(picked)(X, True, 1)


def test_an_int_in_a_list_has_no_derivative():
    def product(numbers):
        return numbers[0] * numbers[1]

    assert grad(product)([3.0, 2.0]) == [2.0, 3.0]
    with pytest.raises(SrcdiffError, match="ints and floats"):
        grad(product)([3.0, 2])
    with pytest.raises(SrcdiffError, match="ints and floats"):
        jvp(product, ([3.0, 2],), ([1.0, 0.0],))


# --- derivatives have the dtype of what they belong to -------------------------------------------


def an_entry_of_a_list(w, v):
    return [math.sin(e) for e in v][1] * w


def on_a_path(w, v):
    c = math.sin(v[0])
    d = c * 2 if c > 0 else c * 3
    return d * w


def around_a_loop(w, v):
    c = 0.5
    for k in range(2):
        c = math.sin(v[k]) * c
    return c * w


def while_it_is_small(w, v):
    c = 1.0
    while c < 2.0:
        c += abs(math.sin(v[0]))
    return c ** (0.3 * w)


def powers_on_a_path(w, v):
    c = math.sin(v[0])
    for k in range(3):
        w = (1.5 + c**2) ** (0.3 * w) if k in (0, 2) else np.tanh(w)
    return w


@pytest.mark.parametrize(
    "f",
    [an_entry_of_a_list, on_a_path, around_a_loop, while_it_is_small, powers_on_a_path],
    ids=lambda f: f.__name__,
)
def test_a_float_made_of_float64_does_not_widen_float32(f):
    w, v = np.array([-1.3, -0.2, 0.9], np.float32), np.array([0.9, 0.4, 1.1])
    value, tangent = jvp(f, (w, v), (w, v))
    assert value.dtype == tangent.dtype == np.float32
    _, pullback = vjp(f, w, v)
    assert [c.dtype for c in pullback(w)] == [np.float32, np.float64]
    gradient = grad(lambda w, v: np.sum(f(w, v)))
    assert [t.dtype for t in jvp(gradient, (w, v), (w, v))] == [np.float32] * 2
    assert [c.dtype for c in vjp(gradient, w, v)[1](w)] == [np.float32, np.float64]


def test_a_pullback_gives_a_python_float_for_one():
    def f(a):
        u = a**2
        return math.sin(u) + np.sum([u, a])

    (cotangent,) = vjp(grad(f), 0.75)[1](1.0)
    assert type(cotangent) is float
