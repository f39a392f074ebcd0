# ruff: noqa: F821 - strange programs are what this file is for
"""Loops: every way to leave them, and what their variables hold afterwards."""

from __future__ import annotations

from tests.frontend.programs.table import on, say


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
