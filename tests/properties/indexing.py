"""Subscripts that select a wanted shape from an array of a known shape."""

from __future__ import annotations

import random
from collections.abc import Iterator


def selections(
    rng: random.Random, text: str, source: tuple[int, ...], wanted: tuple[int, ...]
) -> list[str]:
    """Return subscript expressions of ``text`` that have the wanted shape."""
    match (source, wanted):
        case ((m,), (n,)):
            inside = [*_slices(m, n), *_fancy(rng, m, n), *_masks(rng, m, n)]
            return [f"{text}[{index}]" for index in inside]
        case ((m,), (p, q)):
            found = [f"{text}[{_nested(rng, m, p, q)}]"]
            if q == 1 and m == p:
                found += [f"{text}[:, None]", f"{text}[..., None]"]
            if p == 1 and m == q:
                found += [f"{text}[None, :]", f"{text}[None]"]
            return found
        case ((m, n), (p,)):
            return [f"{text}[{index}]" for index in _lines(rng, m, n, p)]
        case ((m, n), (p, q)):
            return [f"{text}[{index}]" for index in _blocks(rng, m, n, p, q)]
        case ((l, m, n), (p, q)):
            found = [f"{text}[{rng.randrange(l)}]"] if (m, n) == (p, q) else []
            found += [f"{text}[:, {rng.randrange(m)}]"] if (l, n) == (p, q) else []
            return found + ([f"{text}[..., -1]"] if (l, m) == (p, q) else [])
        case ((l, m, n), (p, q, r)) if (m, n) == (q, r):
            return [f"{text}[{index}]" for index in (*_slices(l, p), *_fancy(rng, l, p))]
        case _:
            return []


def _slices(size: int, wanted: int) -> Iterator[str]:
    """Yield slices of an axis that keep as many entries as wanted."""
    starts: list[int | None] = [None, 0, 1, -1, -2]
    stops: list[int | None] = [None, size - 1, -1, wanted, wanted + 1]
    for step in (None, 2, -1, -2):
        for start in starts:
            for stop in stops:
                if len(range(size)[start:stop:step]) == wanted:
                    yield _spelled(start, stop, step)


def _spelled(start: int | None, stop: int | None, step: int | None) -> str:
    ends = f"{'' if start is None else start}:{'' if stop is None else stop}"
    return ends if step is None else f"{ends}:{step}"


def _fancy(rng: random.Random, size: int, wanted: int) -> Iterator[str]:
    """Yield lists of indices, most of them with repetitions."""
    picked = [rng.randrange(-1 if rng.random() < 0.2 else 0, size) for _ in range(wanted)]
    yield str(picked)
    yield f"np.array({picked})"


def _masks(rng: random.Random, size: int, wanted: int) -> Iterator[str]:
    if wanted <= size:
        kept = [True] * wanted + [False] * (size - wanted)
        rng.shuffle(kept)
        yield f"np.array({kept})"


def _nested(rng: random.Random, size: int, rows: int, columns: int) -> str:
    index = [[rng.randrange(size) for _ in range(columns)] for _ in range(rows)]
    return f"np.array({index})"


def _lines(rng: random.Random, m: int, n: int, wanted: int) -> Iterator[str]:
    """Yield what gives a vector from a matrix."""
    row, column = rng.randrange(-1, m), rng.randrange(-1, n)
    if wanted == n:
        yield from (str(row), f"{row}, :", f"{row}, ...")
    if wanted == m:
        yield from (f":, {column}", f"..., {column}")
    across, down = list(_slices(n, wanted)), list(_slices(m, wanted))
    if across:
        yield f"{row}, {rng.choice(across)}"
    if down:
        yield f"{rng.choice(down)}, {column}"
    rows, columns = next(_fancy(rng, m, wanted)), next(_fancy(rng, n, wanted))
    yield from (f"{rows}, {columns}", f"{row}, {columns}", f"{rows}, {column}")


def _blocks(rng: random.Random, m: int, n: int, p: int, q: int) -> Iterator[str]:
    """Yield what gives a matrix from a matrix."""
    down, across = list(_slices(m, p)), list(_slices(n, q))
    rows, columns = next(_fancy(rng, m, p)), next(_fancy(rng, n, q))
    if down and across:
        yield f"{rng.choice(down)}, {rng.choice(across)}"
    if across:
        yield f"{rows}, {rng.choice(across)}"
    if down:
        yield f"{rng.choice(down)}, {columns}"
    if n == q:
        yield from (rows, f"{rows}, :")
    yield f"np.array({rows})[:, None], {columns}"
