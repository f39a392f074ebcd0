"""What `explain` says a reverse sweep records, in words that stand in the source."""

from __future__ import annotations

import math
import re

import numpy as np

from srcdiff import grad
from tests.explain import programs

ELIMINATED = """\
eliminated with respect to A, b
  recorded, one entry per round (line {1}: for k in range(n):)
    what line {2} records; the adjoint of line {2} needs it
  recomputed (line {1}: for k in range(n):)
    k + 1 (line {2}), int; the adjoint of line {2} needs it
  put back as it was, round by round (line {1}: for k in range(n):)
    A (line {1}), float64[:, :]
  recorded, one entry per round (line {2}: for i in range(k + 1, n):)
    A[i, k] (line {3}), float64; the adjoint of line {3} needs it
    A[i, ...:] (line {4}), float64[:]; the adjoint of line {4} needs it
    b[k] (line {5}), float64; the adjoint of line {5} needs it
  put back as it was, round by round (line {2}: for i in range(k + 1, n):)
    A (line {2}), float64[:, :]
  recorded, one entry per round (line {6}: for k in range(n - 1, -1, -1):)
    b[k] (line {7}), float64; the adjoint of line {7} needs it
  recomputed (line {6}: for k in range(n - 1, -1, -1):)
    k + 1 (line {7}), int
    A[k, k + 1:] (line {7}), float64[:]; the adjoint of line {7} needs it
    A[k, k] (line {7}), float64; the adjoint of line {7} needs it
  put back as it was, round by round (line {6}: for k in range(n - 1, -1, -1):)
    b (line {6}), float64[:]"""


def test_a_program_that_writes() -> None:
    first = programs.eliminated.__code__.co_firstlineno + 3
    lines = [0, *(first + k for k in range(1, 8))]
    found = grad(programs.eliminated, ("A", "b")).explain(np.eye(2), np.ones(2))
    assert found == ELIMINATED.format(*lines)


def waiting(x, mode):
    k, s = 0, x
    while abs(s) < 10.0:
        s = s * math.exp(s / 5.0) - (s + x) * 0.1
        k += 1
    if mode == "twice":
        s = 2.0 * s
    return s


def test_expressions_are_those_of_the_source() -> None:
    text = grad(waiting).explain(1.0, "twice")
    for said in ("math.exp(s / 5.0) (line", "recorded, one entry per round"):
        assert said in text, text
    assert not re.search(r"divide\(|multiply\(|getitem\(|Const|None\?|'\d", text), text


def test_long_expressions_are_cut() -> None:
    def long(x):  # type: ignore[no-untyped-def]
        for _ in range(3):
            x = np.sin(np.exp(np.sin(np.cos(x) + np.tanh(x)) * np.sin(x + np.sin(x * np.cos(x)))))
        return np.sum(x)

    text = grad(long).explain(np.ones(2))
    expressions = re.findall(r"^    (.*) \(line", text, re.MULTILINE)
    assert any(e.endswith("...") for e in expressions) and max(map(len, expressions)) <= 60
