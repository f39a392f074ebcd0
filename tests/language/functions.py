"""Functions: nested, closures, lambdas, as values, recursion, and every way to pass arguments."""

from __future__ import annotations

import math

import numpy as np

from tests.language.rows import row


def square(x):
    return x * x


def halved_sine(x):
    return 0.5 * math.sin(x)


def calls(x, y):
    return square(x) * halved_sine(y) + square(square(x))


def calls_in_a_loop(x, n):
    for _ in range(n):
        x = halved_sine(x) + 1.0
    return square(x)


def _piecewise(x):
    if x > 1.0:
        return x * x
    for k in range(3):
        if x * k > 1.0:
            return x * k
        x = x + 0.3
    return x**3


def calls_with_early_returns(x, y):
    return _piecewise(x) * _piecewise(y) + _piecewise(x * y)


def _norm_and_mean(v):
    return np.sqrt(np.sum(v * v)), np.mean(v)


def calls_with_two_results(v):
    norm, mean = _norm_and_mean(v)
    pair = _norm_and_mean(v * 2.0)
    return norm * mean + pair[0] * pair[1]


def result_not_used(x):
    square(x)
    return x * 3.0


def nested_function(x, y):
    def product(a, b):
        c = a * b
        return c + a

    return product(x, y) * product(y, 2.0)


def nested_two_deep(x):
    def outer(a):
        def inner(b):
            return a * b * x

        return inner(a + 1.0)

    return outer(x * x)


def closure_over_an_argument(x, y):
    def scaled(a):
        return a * y

    return scaled(x) + scaled(scaled(x))


def closure_sees_later_binding(x):
    scale = 1.0

    def scaled(a):
        return a * scale

    first = scaled(x)
    scale = x * x
    return first + scaled(x)


def closures_over_a_loop_variable(x):
    functions = [lambda a: a * k for k in (1.0, 2.0, 3.0)]
    total = 0.0
    for function in functions:
        total += function(x) * x
    return total


def defaults_catch_a_loop_variable(x):
    functions = [lambda a, k=k: a**k for k in (1, 2, 3)]
    total = 0.0
    for function in functions:
        total += function(x)
    return total


def closure_called_in_the_loop_that_binds(x):
    total = 0.0
    for k in range(1, 4):

        def power(a):
            return a**k

        total += power(x)
    return total


def default_evaluated_at_definition(x):
    scale = 2.0

    def scaled(a, by=scale):
        return a * by

    scale = 100.0
    return scaled(x) * scaled(x, x)


def default_that_is_active(x, y):
    z = x * y

    def shifted(a, by=z):
        return a * by

    z = 0.0
    return shifted(x) + shifted(y, by=3.0) + z


def lambda_assigned(x):
    cube = lambda a: a * a * a
    return cube(x) + cube(x * 0.5)


def lambda_called_at_once(x):
    return (lambda a, b: a * b + a)(x, x + 1.0)


def lambda_over_a_name(x, y):
    scaled = lambda a: a * y
    return scaled(x) * scaled(2.0)


def lambdas_in_a_list(x):
    functions = [lambda a: a * a, lambda a: math.sin(a), square]
    return functions[0](x) + functions[1](x) * functions[2](x)


def functions_in_a_dict(x, name):
    functions = {"square": square, "sine": halved_sine}
    return functions[name](x) * x


def functions_in_a_tuple_looped(x):
    for function in (square, halved_sine, math.exp):
        x = function(x)
    return x


def applied_twice(function, x):
    return function(function(x))


def function_as_an_argument(x):
    return applied_twice(halved_sine, x) + applied_twice(lambda a: a * x, x)


def library_function_as_an_argument(x):
    return applied_twice(math.sin, x) * applied_twice(np.tanh, x)


def function_chosen_by_a_branch(x, flag):
    if flag:
        function = square
    else:
        function = halved_sine
    return function(x) * x


def function_chosen_by_data(x):
    function = square if x > 1.0 else math.exp
    return function(x)


def _scaled_by(factor):
    def scaled(a):
        return a * factor

    return scaled


def function_that_returns_a_function(x, y):
    return _scaled_by(y)(x) + _scaled_by(x)(3.0)


def _composed(f, g):
    return lambda a: f(g(a))


def composed_functions(x):
    return _composed(square, math.sin)(x) * _composed(math.exp, halved_sine)(x)


def integrated(function, low, high, n):
    width = (high - low) / n
    total = 0.5 * (function(low) + function(high))
    for k in range(1, n):
        total += function(low + k * width)
    return total * width


def integral_of_a_closure(a, high):
    return integrated(lambda t: math.exp(-a * t * t), 0.0, high, 6)


def newton(function, slope, x):
    for _ in range(6):
        x = x - function(x) / slope(x)
    return x


def root_of_closures(a):
    return newton(lambda x: x * x - a, lambda x: 2.0 * x, 1.0)


def with_defaults(x, scale=2.0, power=2):
    return scale * x**power


def calls_with_defaults(x, y):
    return with_defaults(x) + with_defaults(x, y) + with_defaults(x, power=3, scale=y)


def keyword_only(x, *, scale, shift=0.5):
    return x * scale + shift


def calls_keyword_only(x, y):
    return keyword_only(x, scale=y) * keyword_only(y, shift=x, scale=2.0)


def positional_only(x, y, /, z=1.0):
    return x * y + z


def calls_positional_only(x, y):
    return positional_only(x, y) * positional_only(y, x, z=x)


def star_arguments(*items):
    total = 0.0
    for i, item in enumerate(items):
        total += (i + 1) * item * item
    return total


def calls_with_star(x, y):
    return star_arguments(x, y, x * y) + star_arguments()


def calls_with_unpacking(items):
    return star_arguments(*items) * star_arguments(1.0, *items, 2.0)


def first_and_rest(first, *rest, scale=1.0):
    return first * len(rest) * scale + sum(rest) * first


def calls_first_and_rest(x, y):
    return first_and_rest(x) + first_and_rest(x, y, y * y, scale=x)


def keyword_arguments(x, **options):
    scale = options.get("scale", 1.0)
    shift = options["shift"] if "shift" in options else 0.0
    return x * scale + shift


def calls_with_keyword_arguments(x, y):
    return keyword_arguments(x) * keyword_arguments(x, scale=y) + keyword_arguments(y, shift=x)


def calls_with_double_star(x, y):
    options = {"scale": y, "shift": x * y}
    return keyword_arguments(x, **options) * x


def passes_everything_on(x, *args, **options):
    return first_and_rest(x, *args, **options)


def calls_that_pass_on(x, y):
    return passes_everything_on(x, y, x, scale=y) + passes_everything_on(y)


def mutable_default(x, weights=(0.5, 0.25)):
    return weights[0] * x + weights[1] * x * x


def calls_before_definition(x):
    return _defined_below(x) * x


def _defined_below(x):
    return math.cos(x)


def parameter_rebound(x):
    y = _rebinds(x)
    return x * y


def _rebinds(x):
    x = x * x
    x = x + 1.0
    return x


def factorial_like(x, n):
    if n <= 1:
        return x
    return x * n * factorial_like(x, n - 1)


def power_by_squaring(x, n):
    if n == 0:
        return 1.0
    half = power_by_squaring(x, n // 2)
    if n % 2:
        return half * half * x
    return half * half


def fibonacci(x, n):
    if n < 2:
        return x * n + 1.0
    return fibonacci(x, n - 1) + 0.5 * fibonacci(x, n - 2) * x


def recursion_on_data(x):
    if x > 10.0:
        return math.log(x)
    return recursion_on_data(x * x + 1.0) * x


def recursion_on_a_list(items):
    if not items:
        return 0.0
    return items[0] * items[0] + 0.5 * recursion_on_a_list(items[1:])


def recursion_over_an_array(v):
    if len(v) == 1:
        return v[0]
    middle = len(v) // 2
    return recursion_over_an_array(v[:middle]) * recursion_over_an_array(v[middle:])


def recursion_with_a_loop(x, n):
    total = x
    for k in range(n):
        total += recursion_with_a_loop(x * 0.5, k)
    return total * x


def even(x, n):
    if n == 0:
        return x
    return odd(math.sin(x) + 1.0, n - 1) * x


def odd(x, n):
    if n == 0:
        return x * x
    return even(x * 0.7, n - 1) + x


def mutual_recursion(x, n):
    return even(x, n) + odd(x, 2)


def nested_recursion(x, n):
    def descend(a, k):
        if k == 0:
            return a * x
        return descend(a * 0.5 + x, k - 1)

    return descend(1.0, n)


def polynomial(coefficients, x):
    return _horner(coefficients, x) / (1.0 + x * x)


def _horner(coefficients, x):
    total = 0.0
    for c in coefficients:
        total = total * x + c
    return total


def tree_value(tree, x):
    """A tree of tuples: (operation, left, right), or a number."""
    if isinstance(tree, float):
        return tree * x
    name, left, right = tree
    if name == "add":
        return tree_value(left, x) + tree_value(right, x)
    return tree_value(left, x) * tree_value(right, x)


V = np.array([0.7, -1.2, 0.4, 0.9])
TREE = ("add", 2.0, ("multiply", 3.0, ("add", 1.0, 0.5)))

ROWS = (
    row(calls, 1.3, 0.7),
    row(calls_in_a_loop, 1.3, 3),
    row(calls_in_a_loop, 1.3, 0),
    row(calls_with_early_returns, 1.3, 0.4),
    row(calls_with_early_returns, 0.1, 0.4),
    row(calls_with_two_results, V),
    row(result_not_used, 1.3),
    row(nested_function, 1.3, 0.7),
    row(nested_two_deep, 1.3),
    row(closure_over_an_argument, 1.3, 0.7),
    row(closure_sees_later_binding, 1.3),
    row(closures_over_a_loop_variable, 1.3),
    row(defaults_catch_a_loop_variable, 1.3),
    row(closure_called_in_the_loop_that_binds, 1.3),
    row(default_evaluated_at_definition, 1.3),
    row(default_that_is_active, 1.3, 0.7),
    row(lambda_assigned, 1.3),
    row(lambda_called_at_once, 1.3),
    row(lambda_over_a_name, 1.3, 0.7),
    row(lambdas_in_a_list, 1.3),
    row(functions_in_a_dict, 1.3, "square"),
    row(functions_in_a_dict, 1.3, "sine"),
    row(functions_in_a_tuple_looped, 0.3),
    row(applied_twice, square, 1.3),
    row(applied_twice, math.sin, 1.3),
    row(function_as_an_argument, 1.3),
    row(library_function_as_an_argument, 1.3),
    row(function_chosen_by_a_branch, 1.3, True),
    row(function_chosen_by_a_branch, 1.3, False),
    row(function_chosen_by_data, 1.3),
    row(function_chosen_by_data, 0.3),
    row(function_that_returns_a_function, 1.3, 0.7),
    row(composed_functions, 1.3),
    row(integral_of_a_closure, 1.3, 0.7),
    row(root_of_closures, 2.3),
    row(with_defaults, 1.3),
    row(with_defaults, 1.3, 0.7),
    row(with_defaults, 1.3, 0.7, 3),
    row(calls_with_defaults, 1.3, 0.7),
    row(calls_keyword_only, 1.3, 0.7),
    row(positional_only, 1.3, 0.7),
    row(calls_positional_only, 1.3, 0.7),
    row(star_arguments, 1.3, 0.7, -0.4),
    row(calls_with_star, 1.3, 0.7),
    row(calls_with_unpacking, [1.3, 0.7]),
    row(calls_first_and_rest, 1.3, 0.7),
    row(calls_with_keyword_arguments, 1.3, 0.7),
    row(calls_with_double_star, 1.3, 0.7),
    row(calls_that_pass_on, 1.3, 0.7),
    row(mutable_default, 1.3),
    row(mutable_default, 1.3, (0.2, 0.3)),
    row(calls_before_definition, 1.3),
    row(parameter_rebound, 1.3),
    row(factorial_like, 1.3, 4),
    row(factorial_like, 1.3, 1),
    row(power_by_squaring, 1.3, 5),
    row(power_by_squaring, 1.3, 0),
    row(fibonacci, 1.3, 5),
    row(recursion_on_data, 1.3),
    row(recursion_on_a_list, [1.3, 0.7, -0.4]),
    row(recursion_over_an_array, V),
    row(recursion_with_a_loop, 1.3, 3),
    row(mutual_recursion, 1.3, 3),
    row(mutual_recursion, 1.3, 0),
    row(nested_recursion, 1.3, 3),
    row(polynomial, [1.3, 0.7, -0.4], 0.6),
    row(polynomial, (1.3,), 0.6),
    row(tree_value, TREE, 1.3),
)
