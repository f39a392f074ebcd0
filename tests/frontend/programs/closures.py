"""Closures: late binding, recursion, defaults; methods and other functions with a past."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

from tests.frontend.programs.table import on, say


@on(2)
def closure(x):
    a = 10

    def f(y, z=a):
        return x * y + z

    return f(1), f(1, 2), f(y=3)


@on(2)
def late_binding(x):
    def f():
        return x

    x = x + 1
    first = f()
    x = x * 10
    return first, f()


@on(2)
def late_binding_through_another(x):
    def f():
        return g() + 1

    def g():
        return x

    x = 5
    a = f()
    x = 6
    return a, f()


@on(2)
def defaults_are_early(x):
    def f(y=x, *, z=x * 2):
        return x, y, z

    x = 100
    return f(), f(1), f(z=3)


@on(0, 1)
def defined_on_one_path(x):
    if x:

        def f():
            return x

    return f()


@on(0, 1)
def redefined(x):
    def f():
        return "first"

    if x:

        def f():
            return "second"

    return f()


@on(0, 5)
def recursive(n):
    def fact(k):
        return 1 if k <= 1 else k * fact(k - 1)

    return fact(n)


@on(0, 5)
def recursive_with_captures(n):
    scale = 2

    def walk(k, acc=n * 100):
        if k == 0:
            return acc
        return walk(k - 1, acc + scale)

    scale = 3
    return walk(n), walk(n, 0)


@on(0, 3, 8)
def mutually_recursive(n):
    base = "yes"

    def even(k):
        return base if k == 0 else odd(k - 1)

    def odd(k):
        return "no" if k == 0 else even(k - 1)

    return even(n), odd(n)


@on(2)
def called_too_early(n):
    def f():
        return g()

    say("start")
    y = f()

    def g():
        return n

    return y


@on(2)
def unbound_capture(n):
    def f():
        return later

    if n > 5:
        later = 1
    return f()


@on(2)
def shadowed_capture(a):
    def g():
        return a

    def f(a):
        return g() + a

    return f(10)


@on(2)
def three_deep(a):
    def f(b):
        def g(c):
            def h(d):
                return a + b + c + d

            return h(1000)

        return g(100)

    return f(10)


@on(2)
def closure_returned(a):
    def outer(b):
        def inner(c):
            return a * b + c

        return inner

    f = outer(3)
    return f(1), outer(4)(1)


@on(2)
def lambdas(x):
    f = lambda y, k=x: x * y + k
    g = lambda: f(10)
    h = (lambda a: lambda b: a + b)(1)
    return f(1), g(), h(2), (lambda: x)()


@on(3)
def lambda_as_argument(n):
    out = []
    for i in range(n):
        out = [*out, sorted([1, 2, 3], key=lambda v: -v if i % 2 else v)]
    return out


@on(3)
def lambda_in_a_loop(n):
    out = []
    for k in range(n):
        g = lambda z: z * k
        out = [*out, g(10)]
    return out


@on(3)
def def_in_a_loop(n):
    out = []
    for k in range(n):

        def g(z, w=k):
            return z * k + w

        k = k + 1
        out = [*out, g(10)]
    return out


@on(3)
def closures_with_own_copies(n):
    fs = []
    for k in range(n):
        fs = [*fs, lambda z, k=k: z * k]
    return [f(10) for f in fs]


@on(3)
def lambda_in_comprehension(n):
    return [(lambda z: z * k)(10) for k in range(n)], [
        list(map(lambda z: z * k, [1, 2])) for k in range(n)
    ]


@on(0, 3)
def closures_of_a_comprehension(n):
    fs = [lambda a: a * k for k in range(n)]
    gs = [lambda a, c=5: a + k + j + c for k in range(n) for j in range(k) if k]
    return [f(10) for f in fs], [g(10) for g in gs], [(lambda: k)() for k in range(n)]


@on(3)
def comprehension_in_closure(n):
    def f(xs):
        return [x * n for x in xs if x < n]

    return f(range(5))


def twice(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @functools.wraps(f)
    def run(x: Any) -> Any:
        return f(f(x))

    return run


@on(3)
def decorated_inside(x):
    @twice
    @twice
    def f(y):
        return y + x

    return f(0)


@on(3)
@twice
def decorated_outside(x):
    return x + 1


@on(3)
def recursion_through_lambda(n):
    fib = lambda k: k if k < 2 else fib(k - 1) + fib(k - 2)
    return [fib(i) for i in range(n)]


@on(3)
def functions_as_values(n):
    def double(x):
        return 2 * x

    table = {"double": double, "neg": lambda x: -x}
    pick = double if n > 2 else abs
    return table["double"](n), table["neg"](n), pick(n), [f(n) for f in (double, abs)]


@on(3)
def own_variables_in_nested_loops(n):
    def count(m):
        for i in range(m):
            if i == 2:
                return i
        return -1

    for i in range(n):
        if count(i) > 0:
            return i, count(i)
    return "none"


@on(3)
def closure_in_test(n):
    limit = 2

    def small(k):
        return k < limit

    k = 0
    while small(k):
        k += 1
        if k == 1:
            limit = n
    return k


@on(4)
def parameter_is_reassigned(n):
    def f(m):
        m = m + 1
        return lambda: m

    return f(n)()


def _free(base: int) -> Callable[[int], int]:
    def add(x: int) -> int:
        return x + base

    return add


class Counter:
    scale = 3

    def __init__(self, start: int):
        self.start = start
        self.__hidden = 5

    def method(self, x: int) -> int:
        return self.scale * x + self.start + self.__private(x) + self.__hidden

    def __private(self, x: int) -> int:
        __local = x
        return __local * 1000

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.start))

    def inherited(self) -> Any:
        return super().__repr__() == object.__repr__(self), super(Counter, self).__eq__(self)

    @staticmethod
    def static(x: int) -> int:
        return x * 7

    @classmethod
    def build(cls, x: int) -> int:
        return cls(x).method(1)


on(4)(_free(10))
on((Counter(2), 5))(Counter.method)
on(Counter(2))(Counter.inherited)
on(3)(Counter.static)
on(3)(lambda x, y=2: x + y if x > 0 else [y for _ in range(2)])
on(3)(functools.lru_cache(lambda x: x * 2))


@on(Counter(3))
def iterates_an_object(c):
    s = 0
    for i in c:
        s += c.method(i)
    return s


def _factorial(n: int) -> int:
    return 1 if n < 2 else n * _factorial(n - 1)


on(6)(_factorial)
