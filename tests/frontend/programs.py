# ruff: noqa: B002, F541, F601, F821, F842, I001 - strange programs are what this file is for
"""Programs that are easy to lower wrongly, each with calls to run them on.

`@on(...)` adds a program; its arguments are the tuples of arguments to call it with.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any

Program = Callable[..., Any]
PROGRAMS: list[tuple[Program, tuple[tuple[Any, ...], ...]]] = []


def on(*calls: Any) -> Callable[[Program], Program]:
    def add(program: Program) -> Program:
        PROGRAMS.append((program, tuple(c if isinstance(c, tuple) else (c,) for c in calls)))
        return program

    return add


def say(value: Any, back: Any = None) -> Any:
    print(value)
    return value if back is None else back


# -- returns --------------------------------------------------------------------------------------


@on(-1, 0, 1, 5)
def three_returns(x):
    if x < 0:
        return "negative"
    elif x == 0:
        return "zero"
    elif x == 1:
        y = "one"
        return y
    return "many"


@on((0, 0), (0, 1), (1, 0), (1, 1))
def return_on_some_paths(a, b):
    y = 1
    if a:
        if b:
            return y
        y += 10
    y += 100
    return y


@on((0, 0), (0, 1), (1, 0), (1, 1))
def return_deep_on_some_paths(a, b):
    y = []
    if a:
        say("a")
        if b:
            say("b")
            return [*y, "early"]
        else:
            y = [*y, 1]
        y = [*y, 2]
    else:
        if b:
            y = [*y, 3]
        else:
            return [*y, "other"]
        y = [*y, 4]
    if a and not b:
        return [*y, 5]
    y = [*y, 6]
    return y


@on(1, 0)
def falls_off(x):
    if x:
        return x


@on(0, 1)
def bare_return(x):
    say("in")
    if x:
        return
    say("out")


@on(3)
def dead_after_return(x):
    return x
    x = say("never")
    return x + 1


@on(0, 1)
def both_return(x):
    if x:
        return "a"
    else:
        return "b"
    return "never"


@on(0, 1, 2)
def raise_ends_a_path(x):
    if x == 0:
        raise ValueError("zero")
    y = 1 / x
    if x == 1:
        z = y
    else:
        raise KeyError(x)
    return y + z


@on(0, 1, 2)
def raise_and_return(x):
    if x == 0:
        raise ValueError
    elif x == 1:
        return "one"
    y = x
    return y


@on(0, 1)
def all_paths_raise(x):
    if x:
        raise ValueError("a")
    else:
        raise TypeError("b")
    return 1


@on(1, -1)
def raise_from(x):
    if x < 0:
        raise ValueError("negative") from KeyError(x)
    return x


@on(1, -1, "s")
def asserts(x):
    assert x is not None
    assert x > 0, f"not positive: {x}"
    return x


@on(5, -5)
def assert_message_only_when_needed(x):
    assert x > 0, say("message")
    return x


# -- loops ----------------------------------------------------------------------------------------


@on(([1, 2, 3], 2), ([1, 2, 3], 9), ([], 1))
def find(xs, x):
    for i, y in enumerate(xs):
        if y == x:
            return i
    return -1


@on(([1, 2, 3], 2), ([1, 2, 3], 9), ([], 1))
def find_with_else(xs, x):
    for i, y in enumerate(xs):
        if y == x:
            break
    else:
        return "none"
    return i


@on(0, 1, 5)
def break_continue_else(n):
    out = []
    for i in range(n):
        if i % 2:
            continue
        if i > 7:
            break
        out = [*out, i]
    else:
        out = [*out, "else"]
    return out


@on(0, 3, 20)
def continue_on_some_paths(n):
    s = 0
    for i in range(n):
        if i % 2:
            if i % 3 == 0:
                continue
            s += 1
        s += 100 * i
        if i > 15:
            break
        s += 1000
    return s


@on(0, 4, 30)
def continue_and_break_on_some_paths(n):
    log = ()
    for i in range(n):
        if i > 2:
            if i % 2:
                log += ("skip", i)
                continue
            elif i > 20:
                log += ("stop", i)
                break
            log += ("even", i)
        log += (i,)
    return log


@on(0, 4, 30)
def every_jump_on_some_paths(n):
    log = ()
    for i in range(n):
        if i > 2:
            if i % 2:
                continue
            elif i == 10:
                return log
            elif n == 4:
                break
            log += ("even", i)
        log += (i,)
    else:
        return "else", log
    return "end", log


@on(0, 1, 3, 6)
def nested_loops(n):
    out = []
    for i in range(n):
        for j in range(i):
            if j == 2:
                break
            if i + j == 4:
                continue
            out = [*out, (i, j)]
        else:
            out = [*out, "no break"]
        if i == 4:
            break
    else:
        out = [*out, "all"]
    return out


@on((3, 3, 4), (3, 3, 1), (0, 3, 0), (3, 0, 0))
def return_from_two_loops(n, m, target):
    for i in range(n):
        for j in range(m):
            if i * m + j == target:
                return i, j
        say(i)
    return None


@on((3, 3, 4), (3, 3, 100))
def return_from_two_loops_with_else(n, m, target):
    for i in range(n):
        for j in range(m):
            if i * m + j == target:
                return i, j
        else:
            say("row")
    else:
        say("all")
    return "end"


@on(10, 1)
def break_out_of_two(n):
    found = None
    for i in range(n):
        for j in range(n):
            if i * j == 12:
                found = (i, j)
                break
        if found:
            break
    return found


@on(0, 1, 27)
def collatz(n):
    steps = 0
    while n > 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


@on(0, 1, 5)
def while_else(n):
    while n > 0:
        n -= 1
        if n == 2:
            break
    else:
        return "done", n
    return "broken", n


@on(2.0, 9.0, 1e6)
def newton(a):
    x = a
    while True:
        new = 0.5 * (x + a / x)
        if abs(new - x) < 1e-12:
            break
        x = new
    return new


@on(3, 10)
def while_true_returns(n):
    i = 0
    while True:
        i += 1
        if i * i > n:
            return i


@on(3, 10)
def while_true_raises(n):
    i = 0
    while True:
        i += 1
        if i > n:
            raise StopIteration(i)


@on(0, 1, 5)
def while_true_two_exits(n):
    i = 0
    while True:
        i += 1
        if i > 3:
            return "big"
        if i > n:
            break
    return "small", i


@on(0, 2, 5)
def while_zero(n):
    while 0:
        n += 1
    while False:
        return "never"
    else:
        n += 100
    return n


@on(0, 1, 4)
def loop_variable_after(n):
    for i in range(n):
        pass
    return i


@on(0, 1, 4)
def target_existed(n):
    i = "before"
    for i in range(n):
        i = i * 10
    return i


@on(0, 4)
def bound_in_the_body(n):
    for i in range(n):
        y = i
    return y


@on(0, 1, 4)
def bound_in_the_round_before(n):
    for i in range(n):
        if i == 0:
            first = i
        else:
            first = first + i
    return first


@on(0, 1, 2)
def read_before_it_is_bound(n):
    for i in range(n):
        if i:
            say(y)
        y = i
    return "end"


@on(([(1, 2), (3, 4)],), ([],), ([(1, 2, 3)],))
def unpacked_target(pairs):
    s = 0
    for a, b in pairs:
        s += a * b
    return s, a, b


@on(([(1, (2, 3, 4)), (5, (6,))],))
def nested_target(rows):
    out = []
    for a, (b, *rest) in rows:
        out = [*out, (a, b, rest)]
    return out


@on([1, 2, 3])
def reassigns_what_it_iterates(xs):
    for x in xs:
        xs = [x]
    return xs, x


@on(4)
def changes_the_bound(n):
    s = 0
    for i in range(n):
        n = 1
        s += i + n
    return s, n


@on(0, 1, 3)
def loop_raises(n):
    for i in range(n):
        if i == 2:
            raise ValueError(i)
        y = i
    return y


@on(0, 3)
def loop_always_raises(n):
    for i in range(n):
        raise ValueError(i)
    return "empty"


@on(0, 3)
def loop_always_breaks(n):
    for i in range(n):
        say(i)
        break
    else:
        return "else"
    return i


@on(0, 3)
def loop_always_returns(n):
    for i in range(n):
        return i
    return "empty"


@on(0, 3)
def loop_always_continues(n):
    for i in range(n):
        say(i)
        continue
    return "end"


@on(6)
def while_with_continue(n):
    s = 0
    while n > 0:
        n -= 1
        if n % 2:
            continue
        s += n
    return s


@on(0, 7)
def test_with_effects(n):
    k = 0
    while say(k) < n and say(k * k) < 10:
        k += 1
    return k


@on(0, 5)
def walrus_in_while(n):
    out = []
    while (n := n - 1) > 0:
        if n == 2:
            continue
        out = [*out, n]
    return out, n


@on(0, 5)
def walrus_in_while_else(n):
    while (k := n - 1) > 0:
        n -= 1
        if n == 3:
            break
    else:
        say("else")
        return "else", k
    return "broke", n


@on(0, 3)
def else_returns(n):
    for i in range(n):
        say(i)
    else:
        return "else"
    return "never"


@on((2, 3))
def break_in_else_of_inner(n, m):
    for i in range(n):
        for j in range(m):
            say(j)
        else:
            break
        say("never")
    return i, j


# -- names ----------------------------------------------------------------------------------------


@on(0, 1)
def one_path(x):
    if x:
        y = 1
    return y


@on(0, 1)
def after_defined_once(x):
    if x:
        y = 1
    say("before")
    z = y + y
    return y + z


@on(1)
def never_bound(x):
    if x > 5:
        later = 1
    say("here")
    return later


@on(1)
def read_before_assignment(x):
    say("start")
    y = later
    later = x
    return y


@on(1)
def augmented_unbound(x):
    total += x
    return total


@on(0, 1, 2)
def bound_unless_it_raises(x):
    if x == 1:
        y = 5
    elif x == 2:
        y = 6
    else:
        raise ValueError
    return y


@on(0, 1)
def both_branches(x):
    if x:
        y, z = 1, 2
    else:
        z, y = 1, 2
    return y - z


@on(2)
def declared_only(x):
    y: int
    z: float = x
    return z


@on(2)
def declared_but_unbound(x):
    y: int
    return y


@on(0, 1)
def deleted(x):
    y = z = x
    say("first")
    del y
    if x:
        del z
        y = 5
    say("second")
    return y, z


@on(0, 2)
def deleted_in_a_loop(n):
    x = 1
    for i in range(n):
        say(x)
        if i:
            del x
    return x


@on(2)
def deleted_twice(n):
    def f():
        return n

    if n > 1:
        del n
    say("here")
    del n


@on(2)
def deleted_capture(n):
    k = n

    def f():
        return k

    first = f()
    del k
    say(first)
    return f()


@on((1, 2, 3))
def rotates(a, b, c):
    a, b, c = c, a, b
    (a, b), c = (b, a), c
    [a, b] = [b + 1, a]
    return a, b, c


@on(1)
def chained(x):
    a = b = c = say(x + 1)
    d, (e, f) = g = (a, (b, c))
    return a, b, c, d, e, f, g


@on([1, 2, 3, 4], [1, 2], [1], "abc")
def starred(xs):
    first, *middle, last = xs
    *most, end = xs
    start, *others = xs
    return first, middle, last, most, end, start, others


@on(([1, 2],), ([1],), ([1, 2, 3],), (5,))
def unpack_errors(xs):
    a, b = xs
    return a, b


@on(1)
def augmented(x):
    x += 1
    x *= 3
    x **= 2
    x //= 5
    x -= 1
    x <<= 2
    x |= 1
    x ^= 2
    x &= 31
    x %= 7
    x /= 2
    return x


@on([1])
def augmented_list(xs):
    ys = xs
    ys += [2]
    return ys


@on(3)
def shadows_a_builtin(x):
    max = x
    sum = lambda y: y + max
    return sum(1)


@on(3)
def shadows_a_global(x):
    math = x
    return math + 1


# -- expressions ----------------------------------------------------------------------------------


@on((0, 0), (0, 1), (1, 0), (2, 3))
def short_circuit(a, b):
    p = say(a) and say(b)
    q = say(a) or say(b)
    r = not (say(a) or say(b)) and say("end")
    return p, q, r


@on((0, 0, 0), (1, 0, 2), (1, 2, 0), (3, 2, 1))
def logic_of_three(a, b, c):
    x = say(a) and say(b) or say(c)
    y = (say(a) or say(b)) and say(c)
    if say(a) and (say(b) or not say(c)):
        return x, y, "true"
    return x, y, "false"


@on((1, 2, 3), (3, 2, 1), (1, 1, 1), (1, 3, 2))
def chained_comparison(a, b, c):
    x = say(a) < say(b) < say(c)
    if say(a) <= say(b) <= say(c) != 9:
        x = (x, "in order")
    return x, not a < b < c, a < b > c == 2


@on((1, [1, 2]), (5, [1]))
def membership(x, xs):
    return x in xs, x not in xs, xs is xs, x is not None, not x in xs


class Loud:
    """A value that tells when it is asked for its truth."""

    def __init__(self, value: bool):
        self.value = value

    def __bool__(self) -> bool:
        print("asked", self.value)
        return self.value

    def __lt__(self, other: Loud) -> Loud:
        return Loud(self.value and not other.value)

    def __repr__(self) -> str:
        return f"Loud({self.value})"

    def __eq__(self, other: object) -> Any:
        return isinstance(other, Loud) and self.value == other.value


@on((Loud(True), Loud(False)), (Loud(False), Loud(True)), (Loud(True), Loud(True)))
def truth_is_asked_once(a, b):
    x = a and b
    y = a or b
    z = a < b < a
    w = not a
    if a and b:
        say("both")
    if not (a or b):
        say("none")
    if a < b < a:
        say("chain")
    while a and not b:
        break
    return x, y, z, w, (1 if a else 2), (a if a and b else b)


@on(0, 1)
def ternaries(x):
    y = say("yes") if x else say("no")
    return y, (1 if x else 2) if y == "yes" else 3


@on(0, 1, 2)
def walrus(x):
    if (y := x * 2) > 1 and (z := y + 1):
        return y, z
    return y, (w := 5), w, x and (v := 3), [v for v in ()] or v


@on(1)
def conditional_walrus(x):
    return (y if x and (y := 2) else 0), y


@on(0)
def unbound_walrus(x):
    return (x and (y := 2)), y


@on(([3, 4, 5],))
def indexing(xs):
    return xs[0], xs[-1], xs[1:], xs[:-1], xs[::2], xs[::-1], xs[len(xs) - 1]


@on(({"a": 1, (0, 1): 2, ((0, 1), 2): 3},))
def tuple_keys(d):
    i = 0
    return d["a"], d[0, 1], d[(0, 1)], d[(0, 1), 2], d[i, i + 1]


@on(3)
def displays(x):
    xs = [1, *range(x), 2]
    t = (*xs, x)
    d = {"a": x, **{"b": 2}, "a": 5, **{"a": 6, "c": 7}}
    return xs, t, d, {1, x, *xs}, (), [], {}, (x,)


@on(3.14159, "s")
def f_strings(x):
    w = 10
    return f"{x}", f"{x!r}", f"{x!s:>10}", f"a{x:{w}}b{w:0{w}d}{{}}", f"{x=}", f"plain", f""


def takes(a, b=2, *rest, c, d=4, **more):
    return a, b, rest, c, d, more


@on(1)
def calls(x):
    xs, d = [x, x + 1, x + 2], {"c": 5, "z": 6}
    return (
        takes(x, c=1),
        takes(*xs, c=1, d=2),
        takes(0, *xs, 9, **d),
        takes(b=1, a=2, **d, y=3),
        takes(*xs, *xs, **{**d, "w": 1}),
        "{} {b}".format(x, b=2),
        (lambda *a, **k: (a, k))(x, k=x),
    )


@on(1)
def order_of_evaluation(x):
    return takes(say("a"), *say("b", [1]), c=say("c"), **say("d", {"d": 1})), [
        say("x"),
        (say("y"), say("z")),
    ][say("i", 0)]


@on((1, 2))
def signature_of_its_own(a, b=10, /, *args, c=20, **kwargs):
    return a, b, args, c, kwargs


@on(())
def only_defaults(a=1, *, b=2, c=(3, 4)):
    return a, b, c


@on(-3)
def unary(x):
    return -x, +x, ~x, not x, -1, -1.5, +2, -(-3), -True


@on(2)
def attributes(x):
    return math.pi * x, math.sqrt(x).is_integer(), "a,b".split(",")[0].upper()


@on(3)
def constants(x):
    """A docstring."""
    "another string"
    ...
    x
    return None, True, ..., b"bytes", 1j, "ab", 1e308 * 10


@on(2)
def imports(x):
    import math as m
    import os.path
    from math import cos, sin as s
    from os import path

    return m.exp(0), os.path.basename("a/b"), cos(0), s(0), path is os.path


@on(0, 1)
def failing_import(x):
    if x:
        import a_module_that_does_not_exist

        return a_module_that_does_not_exist
    return "fine"


@on(0, 1)
def missing_global(x):
    return nowhere_to_be_found if x else 1


# -- comprehensions -------------------------------------------------------------------------------


@on(0, 5)
def comprehensions(n):
    return (
        [i * i for i in range(n)],
        [i for i in range(n) if i % 2 if i > 1],
        [(i, j) for i in range(n) for j in range(i)],
        [(i, j) for i in range(n) if i for j in range(i) if j % 2],
        [[j for j in range(i)] for i in range(n)],
        [a + b for a, b in zip(range(n), range(n))],
        {i: i * i for i in range(n)},
        {i: j for i in range(n) if i > 1 for j in range(i)},
        sum(i for i in range(n)),
        max((i * 2 for i in range(n)), default=-1),
        [x for x in [] for y in nowhere],
    )


@on(3)
def comprehension_scope(n):
    i = "outer"
    xs = [i for i in range(n)]
    ys = [i for _ in range(n)]
    zs = [i for i in [i]]
    return i, xs, ys, zs


@on(3)
def target_does_not_leak(n):
    xs = [k for k in range(n)]
    if n > 100:
        k = 1
    return xs, k


@on(4)
def walrus_in_comprehension(n):
    total = 0
    sums = [total := total + i for i in range(n)]
    last = [y := i for i in range(n) if i < 2]
    return sums, total, last, y


@on(0)
def unbound_walrus_in_comprehension(n):
    [y := i for i in range(n)]
    return y


@on(3)
def effects_in_comprehension(n):
    return [say(i) + say(j) for i in say("xs", range(n)) if say(i) for j in range(say(i))]


@on(4)
def ternary_in_comprehension(n):
    return [i if i % 2 else -i for i in range(n) if i > 0 and i != 2 or n == 0]


@on(3)
def nested_scopes_in_comprehension(n):
    return [[i * j for j in range(i)] for i in [j for j in range(n)]]


@on(3)
def comprehension_in_loop(n):
    out = []
    for i in range(n):
        out = [*out, [i + k for k in range(i) if k != i]]
        if [k for k in out if len(k) > 1]:
            break
    return out


# -- closures -------------------------------------------------------------------------------------


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

    @staticmethod
    def static(x: int) -> int:
        return x * 7

    @classmethod
    def build(cls, x: int) -> int:
        return cls(x).method(1)


on(4)(_free(10))
on((Counter(2), 5))(Counter.method)
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
