"""Which entry is it?  A wrong direction, halved until one entry of one argument is left."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from srcdiff.check.judge import Judge
from srcdiff.check.line import Line, Move


def traced(judge: Judge, line: Line) -> tuple[Move, int] | None:
    """A move of the line and the entry of it at which differences still contradict the gradient.

    A direction over n entries takes log2(n) more lines.  None when what is wrong cannot be pinned
    on one entry, because each half is within its tolerance.

    >>> import numpy as np
    >>> from srcdiff.check.line import Subject
    >>> from srcdiff.check.structure import Leaf
    >>> x, gradient = np.ones(4), np.array([2.0, 2.0, 5.0, 2.0])
    >>> subject = Subject(lambda x: np.sum(x * x), (x,), ("x",))
    >>> move = Move(Leaf("x", x, gradient), None, np.ones(4))
    >>> traced(Judge(1e-6, 0.0), Line(subject, "", (move,), 1.0, (0.1, 1e-3)))[1]
    2
    """
    support = np.arange(sum(move.leaf.size for move in line.moves))
    while len(support) > 1:
        halves = np.array_split(support, 2)
        wrong = (half for half in halves if _is_wrong(judge, line, half))
        found = next(wrong, None)
        if found is None:
            return None
        support = found
    return _owner(line, int(support[0]))


def _is_wrong(judge: Judge, line: Line, support: NDArray[np.intp]) -> bool:
    part = restricted(line, support)
    return bool(part.moves) and judge.entry(part).verdict == "wrong"


def restricted(line: Line, support: NDArray[np.intp]) -> Line:
    """The line that moves only some entries, numbered through all its moves."""
    moves, start = [], 0
    for move in line.moves:
        end = start + move.leaf.size
        inside = support[(support >= start) & (support < end)] - start
        if len(inside):
            tangent = np.zeros_like(np.asarray(move.tangent))
            tangent.flat[inside] = np.asarray(move.tangent).flat[inside]
            moves.append(Move(move.leaf, None, tangent))
        start = end
    return Line(line.subject, line.label, tuple(moves), line.scale, line.steps)


def _owner(line: Line, flat: int) -> tuple[Move, int]:
    for move in line.moves:
        if flat < move.leaf.size:
            return move, flat
        flat -= move.leaf.size
    raise IndexError(flat)
