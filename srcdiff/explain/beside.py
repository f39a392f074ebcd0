"""A function and its derivative side by side, each generated line with the line that it belongs to: as
text, and as HTML for notebooks.
"""

from __future__ import annotations

import hashlib
import linecache
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from types import FunctionType
from typing import Any

from srcdiff.emit.origins import Origin
from srcdiff.emit.python import Emitted
from srcdiff.errors import Refused
from srcdiff.frontend.source import find_source
from srcdiff.transform.specialise import plain_function

HUES = (210, 35, 130, 285, 0, 175, 60, 320)  # of lines that follow one another


@dataclass(frozen=True)
class Line:
    """A line of a text. of: the number of the user's line it belongs to, 0 for none."""

    text: str
    of: int = 0
    adjoint: bool = False

    @property
    def mark(self) -> str:
        """What stands in the margin: 12, or 12' for the adjoint of line 12."""
        return f"{self.of}{chr(39) * self.adjoint}" if self.of else ""


@dataclass(frozen=True)
class Beside:
    """What `side_by_side` returns: a function and its derivative. Notebooks draw it, print shows it."""

    primal: tuple[Line, ...]
    derivative: tuple[Line, ...]
    note: str = ""

    def __str__(self) -> str:
        return self.text(200)

    def text(self, width: int, paint: Callable[[str], str] = str) -> str:
        """Two columns; long lines go on below.  paint: what is done with each piece of source."""
        sides = [_cells(self.primal), _cells(self.derivative)]
        room = max((width - 3) // 2, 30)
        wide = min(max((len(m) + len(t) for m, t in sides[0]), default=0), room)
        lines = [self.note] if self.note else []
        for number in range(max(map(len, sides))):
            marks, texts = zip(*(s[number] if number < len(s) else ("", "") for s in sides))
            cut = [_cut(t, size - len(m)) for t, m, size in
                   zip(texts, marks, (wide, max(width - 3 - wide, room)))]  # fmt: skip
            for place in range(max(map(len, cut))):
                row = []
                for mark, pieces, size in zip(marks, cut, (wide, 0)):
                    piece = pieces[place].rstrip() if place < len(pieces) else ""
                    margin = mark if place == 0 else " " * len(mark)
                    pad = " " * max(size - len(margin) - len(piece), 0)
                    row.append(f"{margin}{paint(piece) if piece else ''}{pad}")
                lines.append(" | ".join(row).rstrip())
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Lines that belong together have one colour, and are framed under the pointer."""
        whole = "".join(x.text for x in (*self.primal, *self.derivative))
        name = f"srcdiff-{hashlib.sha256(whole.encode()).hexdigest()[:10]}"
        known = sorted({line.of for line in self.primal if line.of})
        colours = {n: HUES[k % len(HUES)] for k, n in enumerate(known)}
        cell = "vertical-align:top;text-align:left;padding:0 1em 0 0"
        columns = "".join(
            f'<td style="{cell}">{_pre(side, colours)}</td>'
            for side in (self.primal, self.derivative)
            if side
        )
        note = f"<p>{escape(self.note)}</p>" if self.note else ""
        return (
            f'<div id="{name}"><style>{_style(name, known)}</style>{note}'
            f"<table><tr>{columns}</tr></table></div>"
        )


def _cells(lines: Sequence[Line]) -> list[tuple[str, str]]:
    wide = max((len(line.mark) for line in lines), default=0)
    return [(f"{line.mark:>{wide}} " if wide else "", line.text) for line in lines]


def _cut(text: str, size: int) -> list[str]:
    size = max(size, 10)
    return [text[k : k + size] for k in range(0, len(text), size)] or [""]


def _pre(lines: Sequence[Line], colours: Mapping[int, int]) -> str:
    wide = max((len(line.mark) for line in lines), default=0)
    rows = []
    for line in lines:
        hue = colours.get(line.of)
        back = (
            f"background:hsla({hue},80%,55%,{0.28 if line.adjoint else 0.14})"
            if hue is not None
            else ""
        )
        kind = f' class="of{line.of}"' if hue is not None else ""
        rows.append(
            f'<span{kind} style="display:block;white-space:pre;{back}">'
            f'<span style="opacity:0.5;user-select:none">{escape(f"{line.mark:>{wide}}")}  </span>'
            f"{escape(line.text) or ' '}</span>"
        )
    return (
        '<pre style="line-height:1.35;margin:0;background:none;font-size:90%">'
        + "".join(rows)
        + "</pre>"
    )


def _style(name: str, known: Sequence[int]) -> str:
    return "".join(
        f"#{name}:has(.of{n}:hover) .of{n}{{outline:1px solid hsl(210,80%,55%)}}" for n in known
    )


def beside(function: Any, emitted: Emitted | None = None, note: str = "") -> Beside:
    """A function, and what was generated for it, if anything was.

    >>> from srcdiff.explain import beside
    >>> beside.beside(lambda x: x).derivative
    ()
    """
    filename, primal = primal_lines(function)
    if emitted is None:
        return Beside(primal, (), note)
    own = {line.of for line in primal}
    return Beside(primal, tuple(_generated(emitted, emitted.lines(), filename, own)), note)


def _generated(
    emitted: Emitted, known: Mapping[int, Origin], filename: str, own: set[int]
) -> list[Line]:
    """The lines of a generated text without its imports; those from other functions belong to none."""
    found: list[Line] = []
    for number, text in enumerate(emitted.source.splitlines(), 1):
        if not found and (not text or text.startswith(("import ", "from "))):
            continue
        origin = known.get(number)
        mine = origin is not None and origin.at.filename == filename and origin.at.line in own
        found.append(
            Line(text, origin.at.line, origin.adjoint)
            if origin is not None and mine
            else Line(text)
        )
    return found


def primal_lines(function: Any) -> tuple[str, tuple[Line, ...]]:
    """The file of a function, and its lines with their numbers; none where there is no source."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    plain = plain_function(function)[0]
    if not isinstance(plain, FunctionType):
        return "", ()
    try:
        source = find_source(plain)
    except Refused:
        return "", ()
    first, last = source.node.lineno, source.node.end_lineno or source.node.lineno
    filename = plain.__code__.co_filename

    text = textwrap.dedent(
        "".join(linecache.getlines(filename, plain.__globals__)[first - 1 : last])
    )
    numbered = enumerate(text.expandtabs(4).splitlines(), first)
    return filename, tuple(Line(t, n) for n, t in numbered)


__all__ = ["Beside", "Line", "beside", "primal_lines"]
