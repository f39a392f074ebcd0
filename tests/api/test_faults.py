"""A fault of srcdiff itself names the stage, the user's line and the form, and asks for a report."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import srcdiff
from srcdiff.emit import python as printing
from srcdiff.transform import pipeline
from srcdiff.transform.operators import HANDLERS


def square(x):
    y = x * x
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


def test_printing_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "_definition", _fail)
    message = _message()
    assert "fault in printing: KeyError: 'lost'" in message
    assert "multiply(" in message
