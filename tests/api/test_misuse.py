"""What misuse is answered with, word for word: the messages stand in messages.txt.

`pytest tests/api --update-golden` writes the file.
"""

import re
from pathlib import Path

import numpy as np
import pytest

import srcdiff
from srcdiff import (
    ArgumentsError,
    OverlapError,
    Refused,
    SrcdiffError,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    vjp,
)
from tests.api import programs as p
from tests.api import writing as w

MESSAGES = Path(__file__).with_name("messages.txt")
V = np.ones(3)
NO_SOURCE = eval("lambda x: x * x")


def of_object_array():
    return grad(p.doubled)(np.array([1.0, None], dtype=object))


CASES = {
    "wrt position too large": (ArgumentsError, lambda: grad(p.square, 3)),
    "wrt position too small": (ArgumentsError, lambda: grad(p.square, -2)),
    "wrt unknown name": (ArgumentsError, lambda: grad(p.product, "q")),
    "wrt of a wrong type": (ArgumentsError, lambda: grad(p.square, 1.5)),
    "wrt a bool": (ArgumentsError, lambda: grad(p.square, True)),
    "wrt twice": (ArgumentsError, lambda: grad(p.product, (0, "x"))),
    "wrt twice from both ends": (ArgumentsError, lambda: grad(p.product, (1, -1))),
    "wrt empty": (ArgumentsError, lambda: grad(p.product, ())),
    "jacobian wrt unknown name": (ArgumentsError, lambda: jacobian(p.square, "z")),
    "not a function": (ArgumentsError, lambda: grad(3)),
    "array result": (ArgumentsError, lambda: grad(p.doubled)(V)),
    "array result of length one": (ArgumentsError, lambda: grad(p.doubled)(np.ones(1))),
    "complex result": (ArgumentsError, lambda: grad(p.complex_result)(1.0)),
    "no result": (ArgumentsError, lambda: grad(p.no_return)(1.0)),
    "text result": (SrcdiffError, lambda: grad(p.text_result)(1.0)),
    "hessian of an array": (ArgumentsError, lambda: hessian(p.doubled)(V)),
    "text argument": (ArgumentsError, lambda: grad(p.square)("a")),
    "empty list argument": (ArgumentsError, lambda: grad(p.of_pair)([])),
    "jacobian of an integer": (ArgumentsError, lambda: jacobian(p.square)(1)),
    "object dtype": (Refused, of_object_array),
    "text dtype": (Refused, lambda: grad(p.doubled)(np.array(["a"]))),
    "other byte order": (Refused, lambda: grad(p.doubled)(np.ones(3, dtype=">f8"))),
    "masked array": (Refused, lambda: grad(p.doubled)(np.ma.array([1.0, 2.0], mask=[0, 1]))),
    "has_aux without a tuple": (ArgumentsError, lambda: grad(p.no_aux, has_aux=True)(1.0)),
    "seed of a wrong shape": (ArgumentsError, lambda: vjp(p.doubled, V)[1](np.ones(4))),
    "seed an array, value a number": (ArgumentsError, lambda: vjp(p.square, 1.0)[1](V)),
    "seed no tuple": (ArgumentsError, lambda: vjp(lambda x: (x, x), 1.0)[1](1.0)),
    "seed with wrong keys": (ArgumentsError, lambda: vjp(lambda x: {"a": x}, 1.0)[1]({"b": 1.0})),
    "tangent of a wrong shape": (ArgumentsError, lambda: jvp(p.doubled, (V,), (np.ones(2),))),
    "tangent an array, argument a number": (ArgumentsError, lambda: jvp(p.square, (1.0,), (V,))),
    "tangents missing": (ArgumentsError, lambda: jvp(p.product, (V, V), (V,))),
    "tangents no tuple": (ArgumentsError, lambda: jvp(p.square, 1.0, 1.0)),
    "too many primals": (ArgumentsError, lambda: jvp(p.square, (1.0, 2.0), (1.0, 2.0))),
    "hvp direction of a wrong shape": (ArgumentsError, lambda: hvp(p.product, V, np.ones(2), V)),
    "unknown jacobian mode": (ArgumentsError, lambda: jacobian(p.square, mode="q")),
    "unknown stage": (ArgumentsError, lambda: grad(p.square).ir(1.0, stage="end")),
    "no annotations": (ArgumentsError, lambda: grad(p.square).source()),
    "no source": (Refused, lambda: grad(NO_SOURCE)(1.0)),
    "unsupported syntax, all at once": (Refused, lambda: grad(p.unsupported)(1.0)),
    "no rule": (Refused, lambda: grad(p.no_rule)(V)),
    "structured dtype": (Refused, lambda: grad(w.chained)(np.zeros(2, dtype=[("a", float)]))),
    "two arguments that overlap": (OverlapError, lambda: grad(w.two)(V, V)),
    "a reshaped argument with gaps": (
        OverlapError,
        lambda: grad(w.reshaped)(np.ones((2, 4)).T[::2]),
    ),
    "memory that may be shared": (Refused, lambda: grad(w.one_of_many)(V)),
    "write into a broadcast view": (Refused, lambda: grad(w.into_a_broadcast_view)(np.ones(4))),
    "write into a diagonal": (Refused, lambda: grad(w.into_a_diagonal)(np.eye(3))),
    "complex into real": (Refused, lambda: grad(w.complex_into_real)(V)),
    "float into int": (Refused, lambda: grad(w.float_into_int)(np.ones(4))),
    "array into an entry": (Refused, lambda: grad(w.array_into_an_entry)(V)),
    "text into an entry": (Refused, lambda: grad(w.text_into_an_entry)(V)),
    "write into a tuple": (Refused, lambda: grad(w.into_a_tuple)(V)),
    "write at too many indices": (Refused, lambda: grad(w.too_many_indices)(V)),
    "write at no index": (Refused, lambda: grad(w.no_index)(V)),
    "resize": (Refused, lambda: grad(w.resized)(np.ones(4))),
    "attribute of a module": (Refused, lambda: grad(w.attribute_of_a_module)(V)),
}


def message(error):
    """The text of an error without the folders of this machine."""
    return re.sub(r'File "[^"]*[/\\]', 'File "', str(error))


def stored():
    """The messages of the file, by name."""
    if not MESSAGES.exists():
        return {}
    parts = re.split(r"^\[(.+)\]\n", MESSAGES.read_text(), flags=re.MULTILINE)[1:]
    return {name: text.strip("\n") for name, text in zip(parts[::2], parts[1::2])}


def store(name, text):
    """Write one message into the file, which keeps the order of CASES."""
    known = {**stored(), name: text}
    blocks = [f"[{n}]\n{known[n]}\n" for n in CASES if n in known]
    MESSAGES.write_text("\n".join(blocks))


@pytest.mark.parametrize("name", CASES)
def test_message(name, update_golden):
    kind, action = CASES[name]
    with pytest.raises(kind) as caught:
        action()
    text = message(caught.value)
    if update_golden:
        store(name, text)
    assert text == stored()[name]


def test_every_message_has_a_case():
    assert list(stored()) == list(CASES)


@pytest.mark.parametrize("value", [3, True, np.int64(3)], ids=repr)
def test_integer_argument(value):
    """Whatever the function makes of it, the argument is what is wrong."""
    with pytest.raises(ArgumentsError, match="'x'"):
        grad(p.whole)(value)


def test_integer_argument_before_integer_result():
    with pytest.raises(ArgumentsError, match="'x'"):
        grad(p.square)(3)


@pytest.mark.parametrize("value", [np.arange(3), [1, 2, 3], (1, 2)], ids=repr)
def test_integer_arrays_and_structures(value):
    with pytest.raises(ArgumentsError, match="'v'"):
        grad(p.last)(value)


def test_integer_inside_a_dict():
    with pytest.raises(ArgumentsError, match="'p'"):
        grad(p.of_dict)({"a": 1, "b": np.arange(2)})


def test_too_many_primals_of_vjp():
    with pytest.raises(ArgumentsError):
        vjp(p.square, 1.0, 2.0)


def test_tangent_of_a_wrong_shape_inside_a_dict():
    with pytest.raises(ArgumentsError):
        jvp(p.of_dict, ({"a": 2.0, "b": V},), ({"a": 1.0, "b": np.ones(2)},))


def test_tangent_of_a_wrong_length():
    with pytest.raises(ArgumentsError):
        jvp(p.last, ([1.0, 2.0, 3.0],), ([1.0, 2.0],))


@pytest.mark.parametrize("seed", [(1.0, 2.0), p.Box(np.ones(2), V)], ids=["tuple", "shape"])
def test_seed_of_a_dataclass(seed):
    _, pullback = vjp(lambda x: p.Box(x, x * x), V)
    with pytest.raises(ArgumentsError):
        pullback(seed)


@pytest.mark.parametrize("seed", [None, "a"])
def test_seed_of_a_wrong_type(seed):
    _, pullback = vjp(p.square, 2.0)
    with pytest.raises(ArgumentsError):
        pullback(seed)


def test_calls_that_python_refuses():
    """A wrong number of arguments is Python's TypeError, as for the function itself."""
    for args in [(), (1.0, 2.0, 3.0)]:
        with pytest.raises(TypeError):
            p.product_grad(*args)
    with pytest.raises(TypeError):
        p.square_grad(1.0, y=2.0)


def test_errors_derive_from_one_base():
    for kind in (ArgumentsError, Refused, srcdiff.GradientError, srcdiff.InternalError):
        assert issubclass(kind, SrcdiffError)


@pytest.mark.parametrize("name", ["no rule", "wrt unknown name"])
def test_errors_pickle(name):
    import pickle

    with pytest.raises(SrcdiffError) as caught:
        CASES[name][1]()
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is type(caught.value)
    assert str(again) == str(caught.value)


def test_a_refusal_is_repeated():
    """The second call is refused like the first, and a good call between them works."""
    made = grad(p.doubled)
    texts = []
    for _ in range(2):
        with pytest.raises(ArgumentsError) as caught:
            made(V)
        texts.append(str(caught.value))
        assert made(1.5) == 2.0
    assert texts[0] == texts[1]
