"""Objects that the program makes: whichever __init__ Python runs, and __post_init__."""

from __future__ import annotations

import collections
import dataclasses
from dataclasses import InitVar, dataclass, field
from typing import NamedTuple

import numpy as np

from tests.language.rows import refused, row

V = np.array([0.7, -0.4, 1.3])


@dataclass
class Plate:
    width: float
    heat: np.ndarray
    log: list = field(default_factory=list)
    area: float = 2.0

    def __post_init__(self):
        self.area = self.area * self.width


class Doubled(Plate):
    """Its __init__ is its own, though it is a dataclass by inheritance."""

    def __init__(self, x):
        super().__init__(x[1], x * 2.0)
        self.width = self.width + x[0]


class Same(Plate):
    pass


@dataclass(init=False)
class ByHand:
    value: float

    def __init__(self, x):
        self.value = x[0] * x[1]


@dataclass
class Kept:
    """A class that has an __init__ keeps it."""

    value: float

    def __init__(self, x, k=2.0):
        self.value = x[0] * k


@dataclass(frozen=True)
class Frozen:
    a: float
    b: float = 3.0


@dataclass
class Scaled:
    a: float
    scale: InitVar[float] = 2.0

    def __post_init__(self, scale):
        self.a = self.a * scale


@dataclass(kw_only=True)
class ByKeyword:
    a: float
    b: float = 1.0


class Pair(NamedTuple):
    a: float
    b: float = 2.0


class Tripled(Pair):
    def __new__(cls, a):
        return super().__new__(cls, a, a * 3.0)


Point = collections.namedtuple("Point", "u v", defaults=(2.0,))


def replaced(x):
    """Another object is made: __post_init__ runs on it; what it shares is shared."""
    p = Plate(x[0], x * 1.0)
    q = dataclasses.replace(p, width=x[1])
    p.heat[0] = 5.0 * x[2]
    q.log.append(x[0])
    return p.area + q.area + np.sum(q.heat) + len(p.log)


def inherited(x):
    q = Same(x[0], x * 1.0, area=x[1])
    return q.width * q.area + np.sum(q.heat)


def inits_by_hand(x):
    return ByHand(x).value * Kept(x).value + Kept(x, k=3.0).value


def frozen(x):
    f = Frozen(x[0])
    g = dataclasses.replace(f, b=x[1])
    return f.a * f.b + g.a * g.b


def by_keyword(x):
    k = ByKeyword(a=x[0])
    return k.a * k.b + dataclasses.replace(k, b=x[1]).b


def named_tuples(x):
    p, q = Pair(x[0]), Point(x[1])
    return p.a * p.b + q.u * q.v


def own_init_of_a_dataclass(x):
    q = Doubled(x)
    return q.width * q.area + np.sum(q.heat)


def own_new_of_a_named_tuple(x):
    t = Tripled(x[1])
    return t.a * t.b


def for_post_init_only(x):
    return Scaled(x[0], 3.0).a


ROWS = [row(f, V) for f in (replaced, inherited, inits_by_hand, frozen, by_keyword, named_tuples)]
REFUSED = [
    refused("SD100", own_init_of_a_dataclass, V),
    refused("SD330", own_new_of_a_named_tuple, V),
    refused("SD326", for_post_init_only, V),
]
