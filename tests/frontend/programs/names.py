# ruff: noqa: F821, F842 - strange programs are what this file is for
"""Names: bound on some paths, deleted, unpacked, shadowing."""

from __future__ import annotations

from tests.frontend.programs.table import on, say


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
