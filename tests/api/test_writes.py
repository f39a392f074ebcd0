"""Functions that write into their arguments: what is left there, what is shared, what goes wrong."""

import inspect

import numpy as np
import pytest

import srcdiff
from srcdiff import (
    ArgumentsError,
    OverlapError,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)
from tests.api import writing as w
from tests.properties.differences import gradient
from tests.properties.trees import copied, same

V = np.array([0.7, -1.2, 0.4, 0.9])
MATRICES = [np.random.default_rng(k).uniform(-1.0, 1.0, (3, 3)) for k in range(4)]

WAYS = {
    "grad": lambda f, *args: grad(f)(*args),
    "value_and_grad": lambda f, *args: value_and_grad(f)(*args),
    "vjp": lambda f, *args: vjp(f, *args),
    "jvp": lambda f, *args: jvp(f, args, tuple(map(_tangent, args))),
}
every_way = pytest.mark.parametrize("way", WAYS)


def _tangent(arg):
    return np.ones_like(arg) if isinstance(arg, np.ndarray) else arg


def _left(function, *args):
    """What a call leaves in its arguments."""
    args = copied(args)
    function(*args)
    return args


def _differences(function, args, wrt, of):
    """The derivatives of what one argument holds afterwards, a row per entry."""

    def left(point):
        given = list(copied(args))
        given[wrt] = point.reshape(args[wrt].shape) if np.ndim(args[wrt]) else float(point[0])
        function(*given)
        return np.ravel(given[of])

    return gradient(left, np.ravel(args[wrt]).astype(float))


def _equal(first, second):
    return all(np.array_equal(x, y) for x, y in zip(first, second, strict=True))


# --- what is left, and how often ------------------------------------------------------------------

SWEEPS = {
    **WAYS,
    "hessian": lambda f, x: hessian(f)(x),
    "jacobian": lambda f, x: jacobian(f)(x),
    "jacobian forward": lambda f, x: jacobian(f, mode="forward")(x),
    "jacobian reverse": lambda f, x: jacobian(f, mode="reverse")(x),
    "jacobian of grad": lambda f, x: jacobian(grad(f))(x),
    "hvp": lambda f, x: hvp(f, x, np.ones(4)),
    "checked": lambda f, x: grad(f, check=True)(x),
    "with aux": lambda f, x: grad(lambda v: (f(v), v[0]), has_aux=True)(x),
}


@pytest.mark.parametrize("way", SWEEPS)
def test_the_effect_of_one_call(way):
    """However many sweeps a derivative takes, the argument holds what one call leaves in it."""
    x = V.copy()
    SWEEPS[way](w.chained, x)
    assert _equal([x], _left(w.chained, V))


def test_matrices_of_derivatives():
    expected = gradient(lambda p: grad(w.chained)(p.copy()), V)
    assert np.allclose(hessian(w.chained)(V.copy()), expected, atol=1e-8)
    assert np.allclose(jacobian(grad(w.chained))(V.copy()), expected, atol=1e-8)
    for mode in ("auto", "forward", "reverse"):
        for place in (0, 1):
            found = jacobian(w.vector, wrt=place, mode=mode)(V.copy(), V[::-1].copy())

            def at(point, place=place):
                args = [V.copy(), V[::-1].copy()]
                args[place] = point.copy()
                return w.vector(*args)

            both = jacobian(w.vector, wrt=(0, 1), mode=mode)(V.copy(), V[::-1].copy())
            assert np.allclose(both[place], found)
            assert np.allclose(found, gradient(at, (V, V[::-1])[place]), atol=1e-8)


def test_check_grad_leaves_the_argument():
    """It calls the function many times, on copies."""
    x = V.copy()
    assert srcdiff.check_grad(w.chained, x).ok
    assert np.array_equal(x, V)


@every_way
def test_layouts(way):
    """Arguments with gaps, in Fortran's order and backwards; what lies between is not touched."""
    big = np.arange(32.0).reshape(4, 8) / 10
    layouts = (
        lambda a: a[::2, ::3],
        lambda a: np.asfortranarray(a[:3, :3]),
        lambda a: a[::-1, ::-2],
        lambda a: a.T,
    )
    for layout in layouts:
        ours, theirs = layout(big.copy()), layout(big.copy())
        WAYS[way](w.scaled_rows, ours)
        w.scaled_rows(theirs)
        assert ours.strides == theirs.strides
        assert np.array_equal(ours, theirs)
        if ours.base is not None:
            assert np.array_equal(ours.base, theirs.base)


def test_the_source_alone():
    """The generated file does the same without srcdiff."""
    names = {}
    exec(grad(w.chained).source(V), names)
    x = V.copy()
    assert np.array_equal(names["chained_grad"](x), grad(w.chained)(V.copy()))
    assert _equal([x], _left(w.chained, V))


def test_where_a_ufunc_is_not_computed():
    """Neither a warning nor a nan where the function has none."""

    def inverse(x):
        y = np.zeros(3)
        np.divide(1.0, x, out=y, where=x != 0.0)
        return np.sum(y**2 * x)

    x = np.array([0.5, 0.0, -2.0])
    assert np.allclose(grad(inverse)(x), [-4.0, 0.0, -0.25])
    assert np.allclose(jvp(inverse, (x,), (np.ones(3),))[1], -4.25)
    assert np.allclose(hessian(inverse)(x), np.diag([16.0, 0.0, -0.25]))


def test_integers_take_no_derivative():
    """What is stored in an array of integers is cut off, and constant."""

    def cut(x):
        k = np.zeros(4, dtype=int)
        k[0] = 3
        k[1] = x[0] * 10.0
        k[2:] = x[2:] * 5.0
        return np.sum(x * k)

    assert np.array_equal(grad(cut)(V.copy()), [3.0, 7.0, 2.0, 4.0])
    assert np.allclose(jvp(cut, (V.copy(),), (np.ones(4),))[1], 16.0)


# --- memory ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [w.chained, w.read_only_here])
def test_a_pullback_keeps_what_it_needs(function):
    """It may be called twice, and after the user wrote into the arguments."""
    x = V.copy()
    _, pullback = vjp(function, x)
    first = pullback(1.0)[0]
    x[:] = 100.0
    assert np.array_equal(pullback(1.0)[0], first)
    assert np.allclose(first, grad(function)(V.copy()))
    assert np.array_equal(x, np.full(4, 100.0))


def test_results_are_memory_of_their_own():
    x, seed, tangent = V.copy(), np.ones(4), np.ones(4)
    value, pullback = vjp(w.returned, x)
    (cotangent,) = pullback(seed)
    assert np.array_equal(cotangent, [0.0, 4.0, 1.0, 1.0])
    assert not any(np.shares_memory(a, b) for a in (value, cotangent) for b in (x, seed))
    x = V.copy()
    value, moved = jvp(w.returned, (x,), (tangent,))
    assert np.array_equal(moved, [3.0, 1.0, 1.0, 1.0])
    assert not any(np.shares_memory(a, b) for a in (value, moved) for b in (x, tangent))
    assert np.array_equal(seed, np.ones(4))
    assert np.array_equal(tangent, np.ones(4))
    seeds = (np.ones(4), np.ones(3))
    _, pullback = vjp(w.returned_twice, V.copy())
    assert np.array_equal(pullback(seeds)[0], [0.0, 2.0, 2.0, 2.0])
    assert _equal(seeds, (np.ones(4), np.ones(3)))
    values, _ = vjp(w.made_twice, V.copy())
    assert not np.shares_memory(*values)


@every_way
def test_an_argument_of_rank_0_that_is_part_of_what_is_written(way):
    """It is no number by itself; where nothing is written it may be."""

    def scaled(y, a):
        y[0] = 5.0 * y[1]
        return np.sum(y) * a

    for part in (lambda y: y[..., 0], lambda y: y[1:2].reshape(())):
        y = V.copy()
        with pytest.raises(OverlapError, match="y and a share memory, and y is written"):
            WAYS[way](scaled, y, part(y))
        assert np.array_equal(y, V)
        WAYS[way](scaled, y, part(V))
        assert y[0] == 5.0 * V[1]


def test_a_pullback_keeps_an_argument_of_rank_0():
    """The caller may change it between the halves, however it came in and wherever it went."""

    def turned(x, d):
        s, seen = x, []
        for k in range(3):
            seen.append(s)
            s = np.sin(s) * d["y"]
        return s * x * sum(seen)

    x, y = np.array(0.7), np.array(1.3)
    _, pullback = vjp(turned, x, {"y": y})
    first = copied(pullback(1.0))
    x[...], y[...] = 5.0, -2.0
    assert _equal(pullback(1.0), first)


@every_way
def test_arguments_that_overlap(way):
    """Refused when one of them is written, before it is; no matter when none is."""
    memory = np.arange(6.0)
    for x, y in ((memory[:4], memory[2:]), (memory, memory), (memory, memory[::-1])):
        with pytest.raises(OverlapError, match="x and y share memory, and x is written"):
            WAYS[way](w.two, x, y)
        assert np.array_equal(memory, np.arange(6.0))
        WAYS[way](w.none_written, x, y)
    WAYS[way](w.two, memory[::2], memory[1::2])
    assert np.array_equal(memory, [6.0, 1.0, 2.0, 3.0, 4.0, 5.0])


@pytest.mark.parametrize("way", (vjp, lambda f, *args: grad(f, wrt=2)(*args)), ids=("vjp", "grad"))
def test_an_object_that_is_passed_twice(way):
    """Refused when it is written, before it is; two that are equal are two."""
    one, other = {"rate": 0.5}, {"rate": 0.5}
    with pytest.raises(ValueError, match="a dict that is written was passed twice"):
        way(w.one_of_two_dicts, one, one, V.copy())
    assert one == {"rate": 0.5}
    way(w.one_of_two_dicts, one, other, V.copy())
    assert (one, other) == ({"rate": 1.0}, {"rate": 0.5})


@every_way
def test_arguments_that_interlace(way):
    """Bounds that meet are not enough: columns of one matrix do not overlap."""
    A, u = np.zeros((6, 7)), np.zeros(41)
    for x, y in ((A[:, 0], A[:, 1]), (A[::2, 3], A[1::2, 3]), (u[::2], u[1::2]), (u[::3], u[1:])):
        x, y = x[:3], y[:3]
        if np.shares_memory(x, y):
            with pytest.raises(OverlapError):
                WAYS[way](w.two, x, y)
        else:
            WAYS[way](w.two, x, y)


@every_way
def test_an_array_that_may_not_be_written(way):
    x = V.copy()
    x.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        WAYS[way](w.chained, x)
    with pytest.raises(ValueError, match="read-only"):
        WAYS[way](w.chained, np.broadcast_to(1.0, (4,)))
    assert np.array_equal(x, V)
    WAYS[way](w.written_if, x, False)
    WAYS[way](w.written_times, x, 0)
    WAYS[way](w.read_only_here, x)


@every_way
def test_a_reshaped_argument(way):
    """A view if the argument is contiguous; if not, it would be a copy, and the call says so."""
    ours = np.arange(4.0).reshape(2, 2)
    WAYS[way](w.reshaped, ours)
    assert _equal([ours], _left(w.reshaped, np.arange(4.0).reshape(2, 2)))
    with pytest.raises(ValueError, match="x is not contiguous"):
        WAYS[way](w.reshaped, np.asfortranarray(np.arange(4.0).reshape(2, 2)))


# --- errors of the program ------------------------------------------------------------------------

RAISING = {
    "index": (w.past_the_end, V),
    "index of its own": (w.past_the_end_of_its_own, V),
    "index in a loop": (w.past_the_end_in_a_loop, V, 6),
    "broadcast": (w.does_not_fit, V),
    "raise": (w.stops_half_way, V, 4),
    "raise always": (w.always_stops, V),
    "raise on every path": (w.stops_either_way, V, 1),
    "assert": (w.never_holds, V),
    "pop": (w.pops_from_nothing, V),
}


@every_way
@pytest.mark.parametrize("case", RAISING)
def test_errors_of_the_program(case, way):
    """The same error as the program's, and the arguments as the program leaves them then."""
    function, *args = RAISING[case]
    ours, theirs = copied(tuple(args)), copied(tuple(args))
    with pytest.raises(Exception) as expected:
        function(*theirs)
    with pytest.raises(type(expected.value)) as caught:
        WAYS[way](function, *ours)
    assert str(caught.value) == str(expected.value)
    assert np.array_equal(ours[0], theirs[0])


# --- checks ---------------------------------------------------------------------------------------


def _writer_of_a_closure():
    state, log, table = np.array([1.0, 2.0]), [0.0], {"n": 1.0, "m": np.zeros(2)}

    def function(x):
        state[0] += x[0] ** 2
        log.append(x[1])
        table["n"] += log[0]
        table["m"] += x
        return state[0] * x[1] * table["n"] + np.sum(table["m"] ** 2) + state[1] * x[0]

    return function, (state, log, table)


def test_a_check_leaves_closures_as_they_were():
    """Each evaluation begins with what was there; else none would agree with another."""
    function, held = _writer_of_a_closure()
    before = copied(held)
    report = srcdiff.check_grad(function, np.array([0.3, 0.7]))
    assert report.ok
    assert same(held, before)


# --- what is written, differentiated --------------------------------------------------------------

INTO = {"matmul": (w.matmul_into, (3,)), "several": (w.several_into, (1, 3, 4))}


@pytest.mark.parametrize("name", INTO)
def test_gradients_of_what_is_written(name):
    function, written = INTO[name]
    names = list(inspect.signature(function).parameters)
    args = (0.7, *MATRICES[: len(names) - 1])
    for of in written:
        for place, wrt in enumerate(names):
            ours = copied(args)
            value, found = value_and_grad(function, wrt=wrt, of=names[of])(*ours)
            expected = _differences(function, args, place, of).sum(axis=0)
            assert np.allclose(np.ravel(found), expected, atol=1e-9)
            assert _equal(ours, _left(function, *args))
            assert np.isclose(value, np.sum(ours[of]))
            assert np.array_equal(grad(function, wrt=wrt, of=of)(*copied(args)), found)


@pytest.mark.parametrize("name", INTO)
def test_products_of_what_is_written(name):
    function, written = INTO[name]
    names = list(inspect.signature(function).parameters)
    args = (0.7, *MATRICES[: len(names) - 1])
    outputs = tuple(names[k] for k in written)
    seeds = tuple(np.cos(k + MATRICES[0]) for k in written)
    tangents = tuple(np.sin(1.0 + k + np.asarray(a)) for k, a in enumerate(args))
    matrices = [[_differences(function, args, k, of) for k in range(len(args))] for of in written]
    ours = copied(args)
    values, pullback = vjp(function, *ours, outputs=outputs)
    assert _equal(ours, _left(function, *args))
    assert _equal(values, [ours[k] for k in written])
    assert not any(np.shares_memory(v, a) for v in values for a in ours[1:])
    for k, found in enumerate(pullback(seeds)):
        expected = sum(np.ravel(s) @ row[k] for s, row in zip(seeds, matrices, strict=True))
        assert np.allclose(np.ravel(found), expected, atol=1e-9)
    ours = copied(args)
    _, moved = jvp(function, ours, (float(tangents[0]), *tangents[1:]), outputs=outputs)
    assert _equal(ours, _left(function, *args))
    for found, row in zip(moved, matrices, strict=True):
        expected = sum(m @ np.ravel(t) for m, t in zip(row, tangents, strict=True))
        assert np.allclose(np.ravel(found), expected, atol=1e-9)


def test_one_output():
    value, pullback = vjp(w.matmul_into, 0.7, *copied(MATRICES[:3]), outputs="C")
    several, _ = vjp(w.matmul_into, 0.7, *copied(MATRICES[:3]), outputs=("C",))
    assert np.array_equal(value, several[0])
    assert pullback(np.ones((3, 3)))[0] == pytest.approx(np.sum(MATRICES[0] @ MATRICES[1]))


@pytest.mark.parametrize("outputs", ["Q", 7, 1.5])
def test_outputs_that_are_no_arguments(outputs):
    for action in (
        lambda: vjp(w.matmul_into, 0.7, *copied(MATRICES[:3]), outputs=outputs),
        lambda: jvp(w.two, (V.copy(), V.copy()), (V, V), outputs=outputs),
        lambda: grad(w.matmul_into, of=outputs),
    ):
        with pytest.raises(ArgumentsError):
            action()


def test_nothing_returned_and_no_output_named():
    with pytest.raises(ArgumentsError, match="returns None"):
        grad(w.matmul_into)(0.7, *copied(MATRICES[:3]))


# --- the very objects ----------------------------------------------------------------------------


class Holder:
    """Two arrays."""

    def __init__(self, old, new):
        self.old, self.new = old, new


def on_one_path(h, d, xs, x):
    if x[0] > 1.0:
        h.old = x * 2.0
        d["a"] = x * 3.0
    return np.sum(h.old * d["a"])


def around(h, d, xs, x):
    for _ in range(2):
        h.old, h.new = h.new, h.old
    return np.sum(h.old * x)


def from_another(h, d, xs, x):
    h.old = h.new
    d["a"], d["b"] = d["b"], d["a"]
    return np.sum(h.old * x)


def grown(h, d, xs, x):
    xs.append(xs[0] * 2.0)
    xs.append(xs[1])
    xs.insert(0, x)
    return np.sum(xs[0] * xs[-1])


def shrunk(h, d, xs, x):
    last = xs.pop()
    return np.sum(last * xs[0] * x)


def in_a_loop(h, d, xs, x):
    for row in xs:
        if row[0] > 9.0:
            h.new = h.new + row
    return np.sum(h.new * x)


@pytest.mark.parametrize("by", [value_and_grad, grad], ids=["value_and_grad", "grad"])
@pytest.mark.parametrize(
    "f", [on_one_path, around, from_another, grown, shrunk, in_a_loop], ids=lambda f: f.__name__
)
def test_what_is_left_is_the_very_object(f, by):
    def left(call):
        x, *arrays = (np.arange(3.0) + k for k in range(7))
        h, d, xs = Holder(*arrays[:2]), dict(zip("ab", arrays[2:4])), list(arrays[4:])
        call(h, d, xs, x)
        there = [x, *arrays]
        found = [h.old, h.new, *d.values(), *xs]
        return [next((k for k, a in enumerate(there) if v is a), None) for v in found], found

    places, values = left(by(f, wrt="x"))
    expected, original = left(f)
    assert places == expected
    for a, b in zip(values, original, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_copy_that_is_left_is_a_copy():
    def apart(h, x):
        if x[0] > 0.0:
            h.new = h.old.astype(float)
        h.old = x.copy()
        return np.sum(h.new * h.old)

    x, old = np.ones(2), np.ones(2)
    h = Holder(old, np.zeros(2))
    grad(apart, wrt="x")(h, x)
    assert h.new is not old and h.old is not x
    assert not np.shares_memory(h.new, old) and not np.shares_memory(h.old, x)


def test_a_conversion_that_fails_on_a_path_that_is_not_taken():
    def f(x, n):
        x[0] = int("z") if n > 5 else 1.0
        return np.sum(x * x)

    np.testing.assert_array_equal(grad(f)(np.ones(3), 2), [0.0, 2.0, 2.0])
    with pytest.raises(ValueError, match="invalid literal"):
        grad(f)(np.ones(3), 6)


def test_values_that_would_be_repeated():
    def put(x, v):
        np.put(x, [0, 1, 2], v)
        return np.sum(x * x)

    def flat(x, v):
        x.flat[1:] = v * 1.0
        return np.sum(x * x)

    for f in (put, flat):
        _, (by_x, by_v) = value_and_grad(f, wrt=(0, 1))(np.ones(4), np.array([2.0, 3.0, 4.0]))
        np.testing.assert_array_equal(by_v, [4.0, 6.0, 8.0])
        assert np.sum(by_x) == 2.0
        with pytest.raises(ValueError, match="would repeat these values"):
            grad(f, wrt=(0, 1))(np.ones(4), np.array([2.0, 3.0]))
