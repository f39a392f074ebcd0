# ruff: noqa: B002, F541, F601, F821, I001 - strange programs are what this file is for
"""Expressions: order, short circuit, calls, displays, strings."""

from __future__ import annotations

import math
from typing import Any

from tests.frontend.programs.table import on, say


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
