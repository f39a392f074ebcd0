"""An argument for which a rule has no derivative: refused when it varies, never taken for constant."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcdiff import Refused, grad, jvp, rules, stop_gradient


def scaled(x: Any, scale: Any = 1.0) -> Any:
    return x * scale


@rules.linear(scaled)
def scaled_adjoint(bz: Any, x: Any, scale: Any = 1.0) -> Any:
    return bz * scale


def both(x: Any, s: Any) -> Any:
    return np.sum(scaled(x, scale=s))


def only(s: Any) -> Any:
    return np.sum(scaled(np.ones(3), scale=s)) * 2.0


def nested(x: Any) -> Any:
    return grad(lambda z: scaled(z, scale=x) * 2.0)(1.0)


X = np.ones(3)


def test_it_is_refused_beside_an_operand_that_varies() -> None:
    with pytest.raises(Refused, match="SD204"):
        grad(both, (0, 1))(X, 2.0)


def test_it_is_refused_when_nothing_else_varies() -> None:
    for call in (
        lambda: grad(only)(2.0),
        lambda: jvp(only, (2.0,), (1.0,)),
        lambda: grad(both, 1)(X, 2.0),
    ):
        with pytest.raises(Refused, match=r"SD204: .*scaled has no derivative .* 'scale'"):
            call()


def test_it_may_be_a_constant() -> None:
    assert grad(both)(X, 2.0).tolist() == [2.0, 2.0, 2.0]
    assert grad(lambda s: s * np.sum(scaled(X, scale=stop_gradient(s))))(2.0) == 6.0
    assert nested(3.0) == 6.0 and grad(nested)(3.0) == 2.0  # the adjoint is an ordinary program
