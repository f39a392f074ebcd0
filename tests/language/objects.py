"""Attributes read and methods called: NamedTuples, dataclasses, plain objects, arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from tests.language.rows import row


class Point(NamedTuple):
    """A point of the plane."""

    x: float
    y: float = 0.5


class Layer(NamedTuple):
    """A layer of a network."""

    weights: Any
    bias: Any


@dataclass
class Spring:
    """A mutable dataclass."""

    stiffness: float
    length: float = 1.0

    def energy(self, x):
        stretch = x - self.length
        return 0.5 * self.stiffness * stretch * stretch

    def doubled(self, x):
        return 2.0 * self.energy(x)


@dataclass(frozen=True)
class Model:
    """A frozen dataclass of arrays, with settings that are not differentiated."""

    weights: np.ndarray
    bias: float
    name: str = "tanh"
    layers: int = 2
    offsets: tuple[float, ...] = field(default=(0.1, 0.2))

    def predict(self, x):
        for k in range(self.layers):
            x = np.tanh(self.weights * x + self.bias + self.offsets[k])
        return x

    @staticmethod
    def loss(prediction, target):
        return np.sum((prediction - target) ** 2)


class Oscillator:
    """A plain object."""

    gain = 1.5

    def __init__(self, mass, damping):
        self.mass = mass
        self.damping = damping
        self.history = [0.1, 0.2]

    def force(self, x, v=0.3):
        return -self.gain * x - self.damping * v

    def acceleration(self, x):
        return self.force(x) / self.mass


def named_tuple_argument(point):
    return point.x * point.y + point[0]


def named_tuple_built(x, y):
    point = Point(x * y, y)
    other = Point(x)
    return point.x * point.y + other.x * other.y


def named_tuple_unpacked(point):
    a, b = point
    return a * b * b


def named_tuple_returned(x, y):
    return Point(x * y, x + y)


def named_tuples_nested(layers, x):
    for layer in layers:
        x = np.tanh(layer.weights @ x + layer.bias)
    return np.sum(x)


def dataclass_argument(spring, x):
    return spring.stiffness * x * x + spring.length * x


def dataclass_read_only(spring, x):
    return spring.stiffness * (x - spring.length) ** 2


def dataclass_method(spring, x):
    return spring.energy(x) * x


def dataclass_method_that_calls_another(spring, x):
    return spring.doubled(x) + spring.energy(x * x)


def frozen_dataclass(model, x):
    if model.name == "tanh":
        return np.sum(np.tanh(model.weights * x + model.bias))
    return np.sum(model.weights * x)


def frozen_dataclass_methods(model, x):
    return model.loss(model.predict(x), x)


def plain_object(oscillator, x):
    return oscillator.mass * x * x + oscillator.gain * x + oscillator.history[1]


def plain_object_methods(oscillator, x):
    return oscillator.acceleration(x) * oscillator.force(x, v=x * x)


def bound_method_as_a_value(oscillator, x):
    force = oscillator.force
    return force(x) * force(x * x)


def bound_method_passed_on(oscillator, x):
    return _twice(oscillator.acceleration, x)


def _twice(function, x):
    return function(function(x))


def object_in_a_list(springs, x):
    total = 0.0
    for spring in springs:
        total += spring.energy(x)
    return total


SPRING = Spring(1.7, 0.4)


def global_object(x):
    return SPRING.energy(x) + SPRING.stiffness * x


def closure_over_an_object(spring, x):
    def scaled(a):
        return spring.stiffness * a * a

    return scaled(x) + scaled(0.5)


def array_attributes(a):
    rows, columns = a.shape
    return np.sum(a.T @ a) * a.size + rows * np.sum(a) / columns + a.ndim * a[0, 0]


def array_reductions(a):
    return a.sum() * a.mean() + a.max() - a.min() + a.prod() + a.std() + a.var(axis=0).sum()


def array_reductions_with_axes(a):
    by_column = a.sum(axis=0) * a.mean(0)
    by_row = a.max(axis=1, keepdims=True) * a
    return by_column.sum() + by_row.sum()


def array_shapes(a):
    v = a.reshape(-1)
    b = a.ravel()[::-1].reshape(a.T.shape)
    c = a.transpose().copy().flatten()
    return (v * c).sum() + (a @ b).sum() + a.swapaxes(0, 1)[0].sum()


def array_products(a, v):
    return a.dot(v).dot(a @ v)


def array_copies(v):
    w = v.copy()
    return (w * v).sum() + v.astype(float).sum()


def array_clipped(v):
    return v.clip(-1.0, 0.5).sum() * v.cumsum()[-1]


def array_as_a_float(v):
    return float(v[0]) * v[1].item() * math.sin(float(np.sum(v)))


def array_of_one_entry(v):
    return float(v.sum()) ** 2 + len(v)


def array_length_in_arithmetic(v):
    return np.sum(v * v) / len(v) + v.shape[0] * v[-1]


V = np.array([0.7, -1.2, 0.4])
A = np.array([[0.7, -1.2, 0.3], [0.4, 1.1, -0.6]])
MODEL = Model(V, 0.3)
LAYERS = [Layer(A, np.array([0.1, 0.2])), Layer(A.T[:, :2] * 0.5, V)]

ROWS = (
    row(named_tuple_argument, Point(1.3, 0.7)),
    row(named_tuple_built, 1.3, 0.7),
    row(named_tuple_unpacked, Point(1.3, 0.7)),
    row(named_tuple_returned, 1.3, 0.7),
    row(named_tuples_nested, LAYERS, V),
    row(dataclass_argument, Spring(1.3, 0.7), 0.6),
    row(dataclass_read_only, Spring(1.3, 0.7), 0.6, wrt=(1,)),
    row(dataclass_method, Spring(1.3, 0.7), 0.6),
    row(dataclass_method, Spring(1.3, 0.7), 0.6, wrt=(1,)),
    row(dataclass_method_that_calls_another, Spring(1.3, 0.7), 0.6),
    row(frozen_dataclass, MODEL, 0.6, wrt=(1,)),
    row(frozen_dataclass_methods, MODEL, 0.6 + V, wrt=(1,)),
    row(plain_object, Oscillator(1.3, 0.7), 0.6, wrt=(1,)),
    row(plain_object_methods, Oscillator(1.3, 0.7), 0.6, wrt=(1,)),
    row(bound_method_as_a_value, Oscillator(1.3, 0.7), 0.6, wrt=(1,)),
    row(bound_method_passed_on, Oscillator(1.3, 0.7), 0.6, wrt=(1,)),
    row(object_in_a_list, [Spring(1.3, 0.7), Spring(0.8)], 0.6, wrt=(1,)),
    row(object_in_a_list, [Spring(1.3, 0.7), Spring(0.8)], 0.6),
    row(global_object, 1.3),
    row(closure_over_an_object, Spring(1.3, 0.7), 0.6),
    row(Spring(1.3, 0.7).energy, 0.6),
    row(Oscillator(1.3, 0.7).acceleration, 0.6),
    row(MODEL.predict, 0.6 + V),
    row(Model.loss, V, V + 1.0),
    row(array_attributes, A),
    row(array_reductions, A),
    row(array_reductions_with_axes, A),
    row(array_shapes, A),
    row(array_products, A, V),
    row(array_copies, V),
    row(array_clipped, V),
    row(array_as_a_float, V),
    row(array_of_one_entry, np.array([0.7])),
    row(array_length_in_arithmetic, V),
)
