"""Long lines folded at their brackets, as a careful hand would:

    x = function(            x = (
        first, second              first
    )                              + second
                             )

The contents of the last bracket move to a line of their own; if that is still too long, to a line
for each part. Where there is no bracket to open, one is put round the value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

OPEN, CLOSE = "([{", ")]}"
OPERATORS = {
    f" {symbol} "
    for symbol in ["+", "-", "*", "/", "//", "%", "@", "**", "&", "|", "^", "<<", ">>", "and", "or"]
}
STEP = 4
Items = list[str]


def folded(items: Iterable[str], width: int) -> str:
    """Source from astor's pieces, with no line longer than `width` where that can be helped."""
    lines = (line for logical in _logical(items) for line in _fold(logical, width))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _logical(items: Iterable[str]) -> Iterator[Items]:
    """The pieces of each line; empty lines between are lists of nothing."""
    line: Items = []
    for item in items:
        if item.startswith("\n"):
            yield line
            yield from ([] for _ in range(len(item) - 1))
            line = []
        elif item:
            line.append(item)
    if line:
        yield line


def _fold(line: Items, width: int) -> list[str]:
    text = "".join(line)
    if len(text) <= width or "\n" in text or text.lstrip().startswith("#"):
        return [text]
    indent = len(text) - len(text.lstrip())
    items = line[1:] if line and not line[0].strip() else line
    return list(_split(items, indent, width))


def _split(items: Items, indent: int, width: int) -> Iterator[str]:
    """Lines for some pieces that start at the given column."""
    pad = " " * indent
    if indent + len("".join(items)) <= width:
        yield pad + "".join(items)
        return
    bracket = None if _is_bare_tuple(items) else _last_bracket(items)
    if bracket is None or indent + len("".join(items[: bracket[0] + 1])) > width:
        opened = _with_brackets(items)
        if opened is None:
            yield pad + "".join(items)
            return
        items, bracket = opened
    start, end = bracket
    yield pad + "".join(items[: start + 1])
    yield from _contents(items[start + 1 : end], items[start], indent + STEP, width)
    yield pad + "".join(items[end:])


def _contents(items: Items, bracket: str, indent: int, width: int) -> Iterator[str]:
    """What stands in a bracket: on one line, or each part on its own."""
    if indent + len("".join(items)) <= width:
        yield " " * indent + "".join(items)
        return
    parts = _parts(items, {", "})
    if len(parts) > 1:
        for part in parts:
            *lines, last = _split(part, indent, width - 1)
            yield from lines
            yield last + ","
        return
    terms = _terms(items)
    if len(terms) == 1:
        yield from _split(items, indent, width)
        return
    for term in terms:
        yield from _split(term, indent, width)


def _is_bare_tuple(items: Items) -> bool:
    """`return x, y`: the commas stand in no bracket."""
    return items[0] == "return" and any(i == ", " and depth == 0 for _, i, depth in _depths(items))


def _depths(items: Items) -> Iterator[tuple[int, str, int]]:
    """Each piece with how many brackets it stands in (brackets stand outside of themselves)."""
    depth = 0
    for place, item in enumerate(items):
        if item and item[0] in CLOSE and len(item) <= 2:
            depth -= 1
        yield place, item, depth
        if item in OPEN and item:
            depth += 1


def _last_bracket(items: Items) -> tuple[int, int] | None:
    """The last outermost bracket with something in it."""
    found, start = None, 0
    for place, item, depth in _depths(items):
        if depth == 0 and item in OPEN:
            start = place
        elif depth == 0 and item[0] in CLOSE and place > start + 1:
            found = (start, place)
    return found


def _parts(items: Items, separators: set[str]) -> list[Items]:
    """The pieces between separators that stand in no bracket."""
    parts: list[Items] = [[]]
    for _, item, depth in _depths(items):
        if depth == 0 and item in separators:
            parts.append([])
        else:
            parts[-1].append(item)
    return [part for part in parts if part]


def _terms(items: Items) -> list[Items]:
    """The pieces before each operator of the weakest kind there is; the operator leads its line."""
    for kind in ({" if ", " else "}, {" or "}, {" and "}, {" + ", " - "}, OPERATORS):
        places = [p for p, item, depth in _depths(items) if depth == 0 and item in kind and p]
        if places:
            cuts = [0, *places, len(items)]
            terms = [items[a:b] for a, b in zip(cuts, cuts[1:])]
            return [[term[0].lstrip(), *term[1:]] for term in terms if term]
    return [items]


def _with_brackets(items: Items) -> tuple[Items, tuple[int, int]] | None:
    """The pieces with a bracket round the value of an assignment, a return or a test."""
    for place, item, depth in _depths(items):
        if depth == 0 and (item.endswith("= ") or item in ("return", "if ", "while ", "elif ")):
            start = place + 1
            while start < len(items) and not items[start].strip():
                start += 1
            end = len(items) - 1 if items[-1] == ":" else len(items)
            wrapped = [*items[:start], "(", *items[start:end], ")", *items[end:]]
            return wrapped, (start, end + 1)
    return None
