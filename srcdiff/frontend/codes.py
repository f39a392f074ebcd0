"""The refusals of this room: code and title, as docs/errors.md lists them."""

from __future__ import annotations

TITLES: dict[str, str] = {
    "SD100": "no source code",
    "SD101": "the source changed since it was compiled",
    "SD102": "not a Python function",
    "SD110": "generator",
    "SD111": "asynchronous code",
    "SD112": "try statement",
    "SD113": "with statement",
    "SD114": "match statement",
    "SD115": "global or nonlocal",
    "SD116": "del of an attribute",
    "SD117": "class statement",
    "SD120": "set comprehension",
    "SD121": "generator expression outside a call",
    "SD122": "access to the frame",
    "SD123": "bare raise",
    "SD124": "captured variable assigned later",
    "SD125": "assignment expression out of place",
    "SD126": "nested too deeply",
    "SD199": "syntax not known",
}
