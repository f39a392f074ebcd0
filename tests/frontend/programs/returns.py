"""Early returns, raising paths, asserts."""

from __future__ import annotations

from tests.frontend.programs.table import on, say


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
