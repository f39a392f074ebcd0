"""What classes say attributes and items are: descriptors, special methods, containers derived from others.

Each is run as Python runs it, or refused.
"""

from __future__ import annotations

import collections
import functools
import sys
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

from srcdiff import SrcdiffError, grad, jvp


def right(f, *args):
    """The derivative of a polynomial of second degree, by both modes."""
    x, h = 1.5, 0.25
    slope = pytest.approx((f(x + h, *args) - f(x - h, *args)) / (2 * h), rel=1e-12)
    assert grad(f)(x, *args) == slope
    assert jvp(lambda x: f(x, *args), (x,), (1.0,))[1] == slope


def refused(code, f, *args):
    with pytest.raises(SrcdiffError, match=code):
        grad(f)(1.5, *args)


# --- attributes -----------------------------------------------------------------------------------


class Twice:
    """A descriptor that changes what is set, and what is got."""

    def __set_name__(self, owner, name):
        self.name = f"_{name}"

    def __get__(self, owner, cls=None):
        return 2 * getattr(owner, self.name)

    def __set__(self, owner, value):
        setattr(owner, self.name, 3 * value)


class Scaled:
    """A descriptor that has no __set__: what the object holds comes first."""

    def __init__(self):
        self.by = 2.0

    def __get__(self, owner, cls=None):
        return self.by if owner is None else self.by * owner.x


class Described:
    q = Twice()
    r = Scaled()

    def __init__(self, x):
        self.x = x
        self.q = x


def test_descriptors_of_objects_made() -> None:
    right(lambda x: Described(x).q * x)
    right(lambda x: Described(x).r * x + Described.r * x)


def test_descriptors_of_arguments() -> None:
    right(lambda x, held: held.q * x * x + held.r * x, Described(2.0))


def test_what_a_descriptor_holds_is_read_at_each_call() -> None:
    class Own:
        r = Scaled()

    derivative = grad(lambda x: x * Own.r)
    assert derivative(1.5) == 2.0
    vars(Own)["r"].by = 7.0
    assert derivative(1.5) == 7.0


def test_what_an_object_holds_hides_a_descriptor_without_set() -> None:
    class Hiding:
        r = Scaled()

        def __init__(self, x):
            self.x, self.r = x, 5.0

    right(lambda x: Hiding(x).r * x)


def test_a_property_hides_what_the_object_holds() -> None:
    class Odd:
        @property
        def x(self):
            return 4.0

    odd = Odd()
    vars(odd)["x"] = 9.0
    right(lambda x, held: held.x * x, odd)


def test_cached_properties() -> None:
    class Cached:
        def __init__(self, x):
            self.x = x

        @functools.cached_property
        def double(self):
            return 2 * self.x

    refused("SD319", lambda x: Cached(x).double * x)
    refused("SD319", lambda x, held: held.double * x, Cached(2.0))
    right(lambda x, held: held.x * x, Cached(2.0))


def test_getattr() -> None:
    class Open:
        def __init__(self, x):
            self.x = x

        def __getattr__(self, name):
            return 5 * self.x if name == "five" else self.x

    right(lambda x: Open(x).five * x + Open(x).other)
    right(lambda x, held: held.five * x, Open(2.0))
    refused("SD319", lambda x: x if hasattr(Open(x), "five") else 2 * x)


def test_getattribute() -> None:
    class Closed:
        def __init__(self, x):
            self.x = x

        def __getattribute__(self, name):
            return 7.0

    class Slotted:
        __slots__ = ("x",)

        def __getattribute__(self, name):
            return 7.0

    refused("SD319", lambda x: Closed(x).x * x)
    refused("SD319", lambda x, held: held.x * x, Closed(2.0))
    refused("SD319", lambda x, held: held.x * x, Slotted())


def test_setattr() -> None:
    class Doubling:
        def __init__(self, x):
            self.x = x

        def __setattr__(self, name, value):
            object.__setattr__(self, name, 2 * value)

    @dataclass
    class Fields:
        x: float

        def __setattr__(self, name, value):
            object.__setattr__(self, name, 2 * value)

    @dataclass
    class Field:
        x: float = Twice()  # type: ignore[assignment]

    refused("SD364", lambda x: Doubling(x).x * x)
    refused("SD330", lambda x: Fields(x).x * x)
    refused("SD330", lambda x: Field(x).x * x)


def test_the_function_setattr() -> None:
    class Plain:
        def __init__(self, x):
            setattr(self, "x", 3 * x)  # noqa: B010

    right(lambda x: Plain(x).x * x)


def test_metaclasses() -> None:
    class Meta(type):
        @property
        def rate(cls):
            return 2.0

    class Made(metaclass=Meta):
        other = 3.0

    refused("SD319", lambda x: Made.rate * x)
    right(lambda x: Made.other * x)


# --- containers -----------------------------------------------------------------------------------


class LongTuple(tuple):
    def __len__(self):
        return 75


class OtherList(list):
    def __getitem__(self, place):
        return 50.0


class OpenDict(dict):
    def __missing__(self, key):
        return 3.0


DERIVED = [
    LongTuple((1.0, 2.0)),
    OtherList([1.0, 2.0]),
    OpenDict(a=1.0),
    collections.defaultdict(float, a=1.0),
    collections.Counter("ab"),
]


@pytest.mark.parametrize("held", DERIVED, ids=lambda held: type(held).__name__)
def test_containers_derived_from_others(held) -> None:
    refused("SD404", lambda x, held: len(held) * x, held)
    refused("SD404", lambda x: len(held) * x)
    refused("SD404", lambda x, parts: len(parts[0]) * x, [held])


def test_an_ordered_dict() -> None:
    held = collections.OrderedDict(a=1.0, b=2.0)
    right(lambda x, held: held["a"] * x * len(held), held)
    derivative = grad(lambda x, held: held["a"] * x)
    assert [derivative(1.5, held), derivative(1.5, held), derivative(1.5, {**held})] == [1.0] * 3
    assert len(derivative.dispatcher.variants) == 2


class Pair(NamedTuple):
    a: float
    b: float


class OddPair(Pair):
    def __len__(self):
        return 75

    def __iter__(self):
        return iter((9.0, 8.0))

    def __getitem__(self, place):
        return 50.0


def product(a, b=10.0):
    return a * b


def unpacked(x, pair):
    a, b = pair
    return a * x + b


def test_named_tuples_with_methods() -> None:
    odd = OddPair(1.0, 2.0)
    right(lambda x, pair: len(pair) * x + pair[0] * x, odd)
    refused("SD307", unpacked, odd)
    refused("SD307", lambda x, pair: sum(pair) * x, odd)
    refused("SD307", lambda x, pair: product(*pair) * x, odd)


def test_named_tuples_after_a_star() -> None:
    right(lambda x, pair: product(*pair) * x, Pair(2.0, 3.0))
    right(lambda x: product(*Pair(x, 3.0)))


def test_what_the_interpreter_says_of_itself() -> None:
    right(lambda x: x if sys.version_info >= (3, 0) else 2 * x)


# --- whole numbers outside that must be known while compiling -----------------------------------------


class Settings:
    axis, place = 0, 1


PLACE = 1


def test_axes_and_places_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    def summed(x):
        return np.max(np.sum(np.array([[1.0, 2.0, 3.0], [1.0, 1.0, 1.0]]) * x, axis=Settings.axis))

    def chosen(x):
        return (x, "name", 3 * x)[PLACE + Settings.place]

    derivatives = grad(summed), grad(chosen)
    assert [d(1.5) for d in derivatives] == [4.0, 3.0]
    monkeypatch.setattr(Settings, "axis", 1)
    monkeypatch.setitem(globals(), "PLACE", -1)
    assert [d(1.5) for d in derivatives] == [6.0, 1.0]
