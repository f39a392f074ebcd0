"""What is compiled for a function goes when the function goes."""

import copy
import functools
import gc
import pickle
import weakref

import numpy as np
import pytest

import srcdiff
from srcdiff import kept

V = np.array([0.5, -1.0, 2.0])


def scaled(k):
    data = np.full(3, float(k))

    def f(w):
        return float(np.sum(w * w * data))

    return f


@pytest.mark.parametrize(
    "use",
    [
        lambda f: srcdiff.grad(f)(V),
        lambda f: srcdiff.vjp(f, V)[1](1.0),
        lambda f: srcdiff.jvp(f, (V,), (V,)),
        lambda f: srcdiff.jacobian(f)(V),
        lambda f: srcdiff.hessian(f)(V),
        lambda f: srcdiff.hvp(f, V, V),
        lambda f: srcdiff.vjp(srcdiff.grad(f), V),
        lambda f: srcdiff.check_grad(f, V),
    ],
)
def test_functions_are_not_held(use):
    """A loop over closures of large arrays does not fill the memory."""
    f = scaled(2.0)
    use(f)
    alive = weakref.ref(f)
    del f
    gc.collect()
    assert alive() is None


def test_what_is_compiled_is_kept_while_the_function_lives():
    f = scaled(2.0)
    assert kept.kept_for(f) is kept.kept_for(f)
    srcdiff.vjp(f, V)
    table = dict(kept.kept_for(f))
    srcdiff.vjp(f, V)
    assert table
    assert table == dict(kept.kept_for(f))


def test_a_wrapper_has_its_own():
    """`functools.wraps` copies the attributes of a function: not its derivatives."""
    f = scaled(2.0)
    assert np.array_equal(srcdiff.vjp(f, V)[1](1.0)[0], 4.0 * V)

    @functools.wraps(f)
    def thrice(w):
        return 3.0 * f(w)

    assert np.array_equal(srcdiff.vjp(thrice, V)[1](1.0)[0], 12.0 * V)
    assert np.array_equal(srcdiff.vjp(f, V)[1](1.0)[0], 4.0 * V)


def test_attributes_can_be_pickled_and_copied():
    """Libraries that pickle functions by value pickle their attributes."""
    f = scaled(2.0)
    srcdiff.vjp(f, V)
    assert pickle.loads(pickle.dumps(vars(f))) == {kept.NAME: {}}
    assert copy.deepcopy(vars(f)) == {kept.NAME: {}}
    other = scaled(3.0)
    vars(other).update(pickle.loads(pickle.dumps(vars(f))))
    assert np.array_equal(srcdiff.vjp(other, V)[1](1.0)[0], 6.0 * V)


class Model:
    """A method is another object at every access."""

    def __init__(self, k):
        self.k = k

    def loss(self, w):
        return float(np.sum(w * w)) * self.k


def test_methods_are_kept_while_they_are_used():
    first = Model(2.0)
    assert np.array_equal(srcdiff.vjp(first.loss, V)[1](1.0)[0], 4.0 * V)
    assert kept.kept_for(first.loss) is kept.kept_for(first.loss)
    for k in range(2 * kept.MOST):
        assert kept.kept_for(Model(float(k)).loss) == {}
    assert np.array_equal(srcdiff.vjp(first.loss, V)[1](1.0)[0], 4.0 * V)


def test_what_cannot_be_a_key_is_not_kept():
    class Unhashable:
        __hash__ = None

        def __call__(self, w):
            return np.sum(w)

    assert kept.kept_for(Unhashable()) == {}
