"""What the derivatives of the interface mean, held against one another."""

import math

import numpy as np
import pytest

import srcdiff
from srcdiff import (
    GradientError,
    check_grad,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    rules,
    stop_gradient,
    value_and_grad,
    vjp,
)
from tests.api import programs as p

V = np.array([0.5, -1.0, 2.0])


def close(found, wanted, tolerance=1e-10):
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)


# --- errors of the program itself --------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (p.unbound, (-1.0,)),
        (p.unbound_constant, (-1.0,)),
        (p.unbound_for, (1.0, 0)),
        (p.unbound_third, (-1.0,)),
        (p.unbound_while, (1.0, 0)),
        (p.unbound_product, (-1.0,)),
    ],
)
def test_unbound_names(function, args):
    """Python's own error where the program meets a name that no path has bound."""
    along = (1.0, 0)[: len(args)]
    for action in (
        function,
        grad(function),
        value_and_grad(function),
        lambda *a: jvp(function, a, along),
        lambda *a: vjp(function, *a),
    ):
        with pytest.raises(UnboundLocalError):
            action(*args)


def test_raised_by_the_program():
    made = value_and_grad(p.raises)
    assert made(4.0) == (2.0, 0.25)
    for action in (made, grad(p.raises), lambda x: jvp(p.raises, (x,), (1.0,))):
        with pytest.raises(ValueError, match="negative"):
            action(-1.0)
    with pytest.raises(ValueError, match="negative"):
        vjp(p.raises, -1.0)


@pytest.mark.parametrize(
    ("function", "x", "kind"),
    [
        (lambda x: 1.0 / x, 0.0, ZeroDivisionError),
        (lambda x: math.log(x), -1.0, ValueError),
        (lambda x: math.exp(x), 1000.0, OverflowError),
        (lambda x: [x][3] * x, 1.0, IndexError),
    ],
)
def test_raised_by_python(function, x, kind):
    with pytest.raises(kind):
        function(x)
    with pytest.raises(kind):
        value_and_grad(function)(x)


def test_assertions():
    def f(x):
        assert x > 0.0, "not positive"
        return x * x

    assert grad(f)(2.0) == 4.0
    with pytest.raises(AssertionError, match="not positive"):
        grad(f)(-2.0)


# --- matrices ----------------------------------------------------------------------------------


def field(x):
    return np.stack([x[0] * x[1], np.sin(x[2]) * x[0], np.sum(x**2), x[1]])


def grid(A):
    return np.tanh(A @ A.T)


JACOBIANS = {
    "vector": (field, V),
    "scalar to vector": (lambda t: np.array([1.0, 2.0]) * t**2, 1.5),
    "vector to scalar": (p.quartic, V),
    "number": (p.square, 1.5),
    "matrix": (grid, np.arange(6.0).reshape(2, 3) / 5.0),
    "float32": (field, V.astype("f4")),
}


@pytest.mark.parametrize("name", JACOBIANS)
def test_jacobian_modes_agree(name):
    function, x = JACOBIANS[name]
    forward, reverse, auto = (jacobian(function, mode=m)(x) for m in ("forward", "reverse", "auto"))
    assert np.shape(forward) == np.shape(function(x)) + np.shape(x)
    single = np.asarray(x).dtype == np.float32
    close(forward, reverse, 1e-5 if single else 1e-12)
    close(auto, reverse, 1e-5 if single else 1e-12)
    assert {np.asarray(j).dtype for j in (forward, reverse, auto)} == {np.asarray(x).dtype}


def test_jacobian_is_right():
    wanted = [[-1.0, 0.5, 0.0], [math.sin(2), 0.0, math.cos(2) * 0.5], 2.0 * V, [0.0, 1.0, 0.0]]
    close(jacobian(field)(V), wanted)


def test_jacobian_by_several():
    by_x, by_y = jacobian(lambda x, y: x * y, (0, 1))(V, 2.0 * V)
    close(by_x, np.diag(2.0 * V))
    close(by_y, np.diag(V))


def test_jacobian_with_keywords():
    def f(x, scale=2.0):
        return x * scale

    close(jacobian(f)(V), 2.0 * np.eye(3))
    close(jacobian(f)(V, scale=3.0), 3.0 * np.eye(3))


def test_hessian_is_symmetric():
    H = hessian(p.quartic)(V)
    close(H, H.T, 1e-13)
    close(H, jacobian(grad(p.quartic), mode="reverse")(V), 1e-12)
    for k in range(3):
        e = np.eye(3)[k] * 1e-5
        close(H[k], (grad(p.quartic)(V + e) - grad(p.quartic)(V - e)) / 2e-5, 1e-6)


def test_hvp_is_hessian_times_vector():
    v = np.array([0.3, -0.2, 1.1])
    close(hvp(p.quartic, V, v), hessian(p.quartic)(V) @ v, 1e-12)
    X = np.outer(V, V) + np.eye(3)
    close(hvp(p.sums, V, v, X), hessian(p.sums)(V, X) @ v, 1e-12)
    assert hvp(p.newton, 2.0, 1.0) == pytest.approx(-0.25 * 2.0**-1.5, rel=1e-9)


def test_hessian_by_matrix():
    A = np.arange(6.0).reshape(2, 3) / 5.0
    H = hessian(lambda A: np.sum(grid(A)))(A)
    assert H.shape == (2, 3, 2, 3)
    close(H.reshape(6, 6), H.reshape(6, 6).T, 1e-12)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_jacobian_of_nothing(mode):
    assert jacobian(doubled_entries, mode=mode)(np.zeros(0)).shape == (0, 0)


def doubled_entries(x):
    return x * 2.0


# --- nesting -----------------------------------------------------------------------------------


ORDERS = {
    "cube": (lambda x: x**3, 1.5, [6.75, 9.0, 6.0]),
    "sin": (math.sin, 0.7, [math.cos(0.7), -math.sin(0.7), -math.cos(0.7)]),
    "exp of square": (
        lambda x: math.exp(x * x),
        0.5,
        [k * math.exp(0.25) for k in (1.0, 3.0, 7.0)],
    ),
    "power": (p.power, (1.5, 4), [13.5, 27.0, 36.0]),
    "branches": (p.branches, 2.0, [0.5, -0.25, 0.25]),
    "newton": (p.newton, 4.0, [0.25, -1.0 / 32.0, 3.0 / 256.0]),
}


@pytest.mark.parametrize("name", ORDERS)
def test_third_order(name):
    function, args, wanted = ORDERS[name]
    args = args if isinstance(args, tuple) else (args,)
    made, found = function, []
    for _ in range(3):
        made = grad(made)
        found.append(made(*args))
    close(found, wanted, 1e-8)


@pytest.mark.parametrize("name", ORDERS)
def test_modes_nest_in_any_order(name):
    function, args, wanted = ORDERS[name]
    args = args if isinstance(args, tuple) else (args,)
    rest = args[1:]

    def forward(f):
        return lambda x: jvp(lambda z: f(z), (x,), (1.0,))[1]

    along = tuple(1.0 if isinstance(a, float) else 0 for a in args)
    close(jvp(grad(function), args, along)[1], wanted[1], 1e-8)
    close(jvp(grad(grad(function)), args, along)[1], wanted[2], 1e-8)
    close(vjp(grad(function), *args)[1](1.0)[0], wanted[1], 1e-8)
    assert len(rest) == len(args) - 1


def test_grad_of_value_and_grad():
    both = value_and_grad(lambda x: x**3)
    found = jvp(both, (2.0,), (1.0,))
    assert found == ((8.0, 12.0), (12.0, 12.0))


def test_derivative_called_in_a_program():
    slope = grad(lambda z: z**3)

    def f(x):
        return slope(x) * x

    assert grad(f)(2.0) == 36.0
    assert jvp(f, (2.0,), (1.0,)) == (24.0, 36.0)


def test_no_confusion_of_perturbations():
    """d/dx [x * d/dy (x + y)] is 1."""
    inner = grad(lambda y, x: x + y)

    def outer(x):
        return x * inner(1.0, x)

    assert grad(outer)(3.0) == 1.0
    assert jvp(outer, (3.0,), (1.0,))[1] == 1.0


# --- stop_gradient -----------------------------------------------------------------------------


def test_stop_gradient():
    assert grad(lambda x: x * stop_gradient(x))(3.0) == 3.0
    assert jvp(lambda x: x * stop_gradient(x), (3.0,), (1.0,)) == (9.0, 3.0)
    assert grad(lambda x: stop_gradient(x) ** 2)(3.0) == 0.0
    close(grad(lambda x: np.sum(x * stop_gradient(np.exp(x))))(V), np.exp(V))
    assert grad(grad(lambda x: x * x * stop_gradient(x)))(3.0) == 6.0
    assert stop_gradient(3.0) == 3.0


# --- rules for functions of the user -----------------------------------------------------------


def test_elementwise_rule():
    def softplus(x):
        return np.logaddexp(0.0, x)

    @rules.elementwise(softplus, samples=[(V,), (0.3,)])
    def partial(z, x):
        return 1.0 / (1.0 + np.exp(-x))

    wanted = 1.0 / (1.0 + np.exp(-V))
    close(grad(lambda x: np.sum(softplus(x)))(V), wanted)
    close(jvp(lambda x: softplus(x), (V,), (V,))[1], wanted * V)
    second = wanted * (1.0 - wanted)
    close(hessian(lambda x: np.sum(softplus(x)))(V), np.diag(second))
    assert grad(softplus)(0.3) == pytest.approx(1.0 / (1.0 + math.exp(-0.3)))


def test_elementwise_rule_of_two():
    def power_sum(x, y):
        return x * x + 3.0 * x * y

    @rules.elementwise(power_sum, samples=[(0.3, 0.7), (V, V + 1.0), (V, V[:1])])
    def partials(z, x, y):
        return 2.0 * x + 3.0 * y, 3.0 * x

    W = V + 1.0
    bx, by = grad(lambda x, y: np.sum(power_sum(x, y)), (0, 1))(V, W)
    close(bx, 2.0 * V + 3.0 * W)
    close(by, 3.0 * V)


def test_linear_rule():
    def halved(x):
        return 0.5 * x

    @rules.linear(halved, samples=[(V,)])
    def adjoint(bz, x):
        return 0.5 * bz

    close(grad(lambda x: np.sum(halved(x) * x))(V), V)
    close(jvp(lambda x: halved(x), (V,), (V,))[1], 0.5 * V)


def test_bilinear_rule():
    def times(x, y):
        return x * y

    @rules.bilinear(times, samples=[(V, V + 1.0)])
    def adjoint(bz, x, y):
        return bz * y, bz * x

    bx, by = grad(lambda x, y: np.sum(times(x, y)), (0, 1))(V, V + 1.0)
    close(bx, V + 1.0)
    close(by, V)


def test_tangent_rule():
    def product(x, y):
        return x * y * y

    @rules.tangent(product, samples=[(V, V + 1.0)])
    def tangents(z, x, y, dx, dy):
        return dx * y * y, 2.0 * x * y * dy

    W = V + 1.0
    bx, by = grad(lambda x, y: np.sum(product(x, y)), (0, 1))(V, W)
    close(bx, W * W)
    close(by, 2.0 * V * W)


def test_adjoint_rule():
    def product(x, y):
        return x * y * y

    @rules.adjoint(product, samples=[(V, V + 1.0)])
    def adjoints(bz, z, x, y):
        return bz * y * y, 2.0 * bz * x * y

    W = V + 1.0
    bx, by = grad(lambda x, y: np.sum(product(x, y)), (0, 1))(V, W)
    close(bx, W * W)
    close(by, 2.0 * V * W)


def test_zero_rule():
    def level(x):
        return np.floor(x) * 1.0

    rules.zero(level, lambda x: None)
    assert grad(lambda x: level(x) * x)(2.5) == 2.0


def test_wrong_rules_are_found():
    def f(x):
        return np.sin(x) * 1.0

    with pytest.raises(GradientError, match="rule of f is wrong"):

        @rules.elementwise(f, samples=[(0.7,)])
        def partial(z, x):
            return np.sin(x)

    def g(x, y):
        return x * y

    with pytest.raises(GradientError, match="rule of g is wrong"):

        @rules.adjoint(g, samples=[(V, V + 1.0)])
        def adjoints(bz, z, x, y):
            return bz * y, bz * y


def test_a_wrong_rule_is_not_kept():
    """The function is differentiated by its source again once its rule was refused."""

    def f(x):
        return math.sin(x) * 1.0

    with pytest.raises(GradientError):

        @rules.elementwise(f, samples=[(0.7,)])
        def partial(z, x):
            return 2.0 * x

    assert grad(lambda x: f(x))(0.7) == pytest.approx(math.cos(0.7))


def test_rule_given_after_compilation():
    """A rule counts from its registration on, also for a derivative compiled before."""

    def f(x):
        return x * x

    def caller(x):
        return f(x)

    made = grad(caller)
    assert made(3.0) == 6.0

    @rules.elementwise(f)
    def partial(z, x):
        return 100.0

    assert grad(lambda x: f(x))(3.0) == 100.0


# --- checks ------------------------------------------------------------------------------------


def test_checked_gradients():
    assert check_grad(p.quartic, V).ok
    assert check_grad(p.product, V, V + 1.0, wrt=(0, 1)).ok
    assert grad(p.newton).check(2.0).ok
    assert grad(p.quartic, check=True)(V).shape == (3,)


def test_wrong_gradient_is_found():
    def f(x):
        return x * x * x

    @rules.elementwise(f)
    def partial(z, x):
        return 2.0 * x

    def outer(x):
        return f(x)

    with pytest.raises(GradientError, match="wrong gradient at x"):
        grad(outer).check(3.0)
    with pytest.raises(GradientError, match="wrong gradient at x"):
        check_grad(outer, 3.0)


def cubed(x):
    """A function with a wrong rule."""
    return x * x * x


@rules.elementwise(cubed)
def cubed_partial(z, x):
    return 2.0 * x


def calls_cubed(x):
    return np.sum(cubed(x))


def test_check_at_the_first_call():
    with pytest.raises(GradientError, match="wrong gradient at x"):
        grad(calls_cubed, check=True)(3.0)


def test_check_fails_again():
    """Each call of a specialisation that failed its check fails."""
    made = grad(calls_cubed, check=True)
    for _ in range(3):
        with pytest.raises(GradientError, match="wrong gradient at x"):
            made(V)


def test_check_by_decorator_arguments():
    @grad(wrt="y", check=True)
    def f(x, y):
        return np.sum(x * y**2)

    close(f(V, V), 2.0 * V * V)
    close(f(V, 2.0), 4.0 * np.sum(V))


def test_jacobian_with_keyword_only():
    assert jacobian(lambda x, *, scale: x * scale)(3.0, scale=2.0) == 2.0


@pytest.mark.parametrize(
    "function",
    [
        lambda x: grad(lambda z: z * z * x)(x),
        lambda x: jvp(lambda z: z * z * x, (x,), (1.0,))[1],
    ],
    ids=["grad", "jvp"],
)
def test_derivative_made_in_a_program(function):
    """A derivative asked for inside the program, of a closure over the outer argument."""
    assert function(3.0) == 18.0
    assert grad(function)(3.0) == 12.0


# --- Jacobians of complex functions, of structures, by any kind of argument ----------------------


Z = np.array([1.0 + 2.0j, 3.0 - 1.0j])


@pytest.mark.parametrize("mode", ["forward", "reverse", "auto"])
def test_jacobian_of_a_holomorphic_function(mode):
    close(jacobian(lambda z: z**2 * (1 + 1j), mode=mode)(Z), np.diag(2.0 * Z * (1 + 1j)), 1e-12)
    z = np.complex64(1 + 2j)
    assert jacobian(lambda z: z * z, mode=mode)(z) == pytest.approx(2 + 4j)


@pytest.mark.parametrize("mode", ["forward", "reverse", "auto"])
@pytest.mark.parametrize("function", [np.real, np.conj, lambda z: z * np.conj(z)])
def test_jacobian_where_there_is_no_complex_derivative(function, mode):
    with pytest.raises(srcdiff.ArgumentsError, match="SD517"):
        jacobian(lambda z: function(z * z), mode=mode)(Z)


def test_jacobian_of_a_complex_function_of_real_numbers():
    def f(x):
        return x**2 * (1 + 1j)

    close(jacobian(f)(V), np.diag(2.0 * V * (1 + 1j)), 1e-12)
    with pytest.raises(srcdiff.ArgumentsError, match="SD517"):
        jacobian(f, mode="reverse")(V)


def test_jacobian_of_a_structure():
    first, second = jacobian(lambda x: (x, 2.0 * x))(V)
    np.testing.assert_array_equal(second, 2.0 * first)
    with pytest.raises(srcdiff.ArgumentsError, match="SD516"):
        jacobian(lambda x: (x, "text"))(V)
    with pytest.raises(srcdiff.ArgumentsError, match="SD516"):
        jacobian(lambda x: {"a": None}, mode="forward")(V)


def of_many(a, *b, scale=2.0, **others):
    return a * b[0] * scale * others["q"] ** 2


@pytest.mark.parametrize(
    ("wrt", "value"), [(0, 64.0), (1, 32.0), (2, 0.0), ("scale", 32.0), (("a", "scale"), (64, 32))]
)
@pytest.mark.parametrize("of", [jacfwd, jacrev, jacobian])
def test_jacobian_by_any_argument(of, wrt, value):
    assert of(of_many, wrt)(1.0, 2.0, 3.0, q=4.0) == value


def test_hessian_by_keyword():
    assert hessian(lambda x, *, scale: x * scale**3, "scale")(2.0, scale=3.0) == 36.0


@pytest.mark.parametrize("of", [jacfwd, jacrev])
def test_jacobian_of_nothing_by_something(of):
    assert of(lambda x: x[:0])(V).shape == (0, 3)
    assert of(lambda x: np.zeros(2) + np.sum(x))(np.zeros(0)).shape == (2, 0)


def test_check_of_star_arguments_with_more_than_a_value():
    assert grad(lambda *a: (a[0] * a[1], 1), has_aux=True).check(2.0, 3.0).ok


def test_rules_are_checked_for_any_arguments():
    """Four numbers, or a structure: the sample's form is that of a call."""

    def four(a, b, c, d):
        return a * b * c * d

    @srcdiff.rules.elementwise(four, samples=[(1.0, 2.0, 3.0, 4.0)])
    def partials(z, a, b, c, d):
        return b * c * d, a * c * d, a * b * d, a * b * c

    def wrong(a, b, c, d):
        return a * b * c * d

    with pytest.raises(srcdiff.GradientError, match="the rule of wrong"):

        @srcdiff.rules.elementwise(wrong, samples=[(1.0, 2.0, 3.0, 4.0)])
        def mistaken(z, a, b, c, d):
            return b * c * d, a * c * d, a * b * d, a * b
