"""A fault of srcdiff itself names the stage, the user's line and the form, and asks for a report."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import srcdiff
from srcdiff.emit import python as printing
from srcdiff.transform import pipeline, rules
from srcdiff.transform.operators import HANDLERS


def square(x):
    y = x * x
    return np.sum(y)


def loops(x):
    y = x
    for _ in range(3):
        y = y * x
    return np.sum(y)


def _fail(*args: Any, **keywords: Any) -> Any:
    raise KeyError("lost")


def _message() -> str:
    with pytest.raises(srcdiff.InternalError) as error:
        srcdiff.grad(lambda x: square(x))(np.ones(2))
    assert isinstance(error.value.__cause__, KeyError)
    return str(error.value)


def test_a_handler_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    for op in list(HANDLERS):
        if op.name == "binary":
            monkeypatch.setitem(HANDLERS, op, _fail)
    message = _message()
    assert "fault in instantiation: KeyError: 'lost'" in message
    assert "y = x * x" in message
    assert "please report" in message


def test_a_pass_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def sharing(function: Any) -> Any:
        return _fail()

    monkeypatch.setattr(pipeline, "TIDY", (sharing,))
    message = _message()
    assert "fault in sharing: KeyError: 'lost'" in message
    assert "multiply(" in message


@pytest.mark.parametrize("rule", ["pullback", "pushforward"])
def test_a_sweep_that_fails(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, rule, _fail)
    with pytest.raises(srcdiff.InternalError) as error:
        if rule == "pullback":
            srcdiff.grad(loops)(np.ones(2))
        else:
            srcdiff.jvp(loops, (np.ones(2),), (np.ones(2),))
    message = str(error.value)
    sweep = "reverse" if rule == "pullback" else "forward"
    assert f"fault in the {sweep} sweep: KeyError: 'lost'" in message
    (marked,) = (line for line in message.splitlines() if "<== here" in line)
    assert ("sum(" if rule == "pullback" else "multiply(") in marked
    assert ("return np.sum(y)" if rule == "pullback" else "y = y * x") in message


def test_a_rule_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """The statement that the rule is for is named, not one of the rule's."""
    monkeypatch.setattr(rules, "call_function", _fail)
    with pytest.raises(srcdiff.InternalError) as error:
        srcdiff.grad(lambda x: np.sin(x))(0.5)
    message = str(error.value)
    assert "fault in the reverse sweep: KeyError: 'lost'" in message
    (marked,) = (line for line in message.splitlines() if "<== here" in line)
    assert "sin(x)" in marked
    assert "np.sin(x)" in message


def test_printing_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "_definition", _fail)
    message = _message()
    assert "fault in printing: KeyError: 'lost'" in message
    assert "multiply(" in message
