"""First lines of ``for`` loops: over ranges, arrays, rows, lists, tuples, and combinations."""

from __future__ import annotations

from dataclasses import dataclass

from tests.properties.blocks import Block
from tests.properties.kinds import SCALAR, Array, Int, Kind


@dataclass(frozen=True)
class Head:
    """A loop's targets and iterable, the kinds of its targets, and its least number of turns."""

    targets: str
    iterable: str
    bound: dict[str, Kind]
    turns: int

    @property
    def text(self) -> str:
        """The first line."""
        return f"for {self.targets} in {self.iterable}:"


def some_head(block: Block) -> Head:
    """Write the head of a loop over something."""
    return block.rng.choice(_HEADS)(block)


def _over_range(block: Block) -> Head:
    rng = block.rng
    turns = rng.randint(0, 4)
    start, step = rng.choice(((0, 1), (0, 1), (1, 1), (0, 2), (turns - 1, -1), (2 * turns, -2)))
    stop = start + step * turns
    iterable = f"range({stop})" if (start, step) == (0, 1) else f"range({start}, {stop}, {step})"
    values = list(range(start, stop, step)) or [0]
    index = block.scope.names.of(rng.choice("ijk"))
    return Head(index, iterable, {index: Int(min(values), max(values))}, turns)


def _over_counted_range(block: Block) -> Head:
    counts = block.scope.paths(lambda kind: isinstance(kind, Int) and kind.high <= 4)
    if not counts:
        return _over_range(block)
    text, kind = block.rng.choice(counts)
    assert isinstance(kind, Int)
    index = block.scope.names.of(block.rng.choice("ijk"))
    return Head(index, f"range({text})", {index: Int(0, max(kind.high - 1, 0))}, kind.low)


def _over_vector(block: Block) -> Head:
    arrays = block.write.arrays(lambda kind: len(kind.shape) == 1)
    source = block.rng.choice(arrays)[0] if arrays else block.write.array(Array((3,)), 1).text
    cut = block.rng.choice(("", "", "", "[:0]", "[1:]", "[::-1]"))
    name = block.fresh(SCALAR)
    return Head(name, f"({source}){cut}", {name: SCALAR}, 0)


def _over_rows(block: Block) -> Head:
    shape = (block.rng.randint(1, 3), block.rng.randint(1, 3))
    matrices = block.write.arrays(lambda kind: len(kind.shape) == 2)
    text = block.write.array(Array(shape), 1).text
    if matrices and block.rng.random() < 0.6:
        text, kind = block.rng.choice(matrices)
        shape = (kind.shape[0], kind.shape[1])
    row = block.scope.names.of("row")
    return Head(row, text, {row: Array(shape[1:])}, shape[0])


def _over_sequence(block: Block) -> Head:
    length, name = block.rng.randint(0, 4), block.fresh(SCALAR)
    return Head(name, _sequence(block, length), {name: SCALAR}, length)


def _over_zip(block: Block) -> Head:
    length, a, b = block.rng.randint(0, 4), block.fresh(SCALAR), block.fresh(SCALAR)
    left, right = _sequence(block, length), _sequence(block, length + block.rng.randint(0, 1))
    return Head(f"{a}, {b}", f"zip({left}, {right})", {a: SCALAR, b: SCALAR}, length)


def _over_enumerate(block: Block) -> Head:
    length = block.rng.randint(0, 4)
    index, name = block.scope.names.of("i"), block.fresh(SCALAR)
    start, shift = block.rng.choice((("", 0), ("", 0), (", 1", 1), (", start=1", 1)))
    bound: dict[str, Kind] = {index: Int(shift, max(length - 1, 0) + shift), name: SCALAR}
    return Head(f"{index}, {name}", f"enumerate({_sequence(block, length)}{start})", bound, length)


def _over_enumerated_zip(block: Block) -> Head:
    length = block.rng.randint(1, 3)
    index, a, b = block.scope.names.of("i"), block.fresh(SCALAR), block.fresh(SCALAR)
    pairs = f"zip({_sequence(block, length)}, {_sequence(block, length)})"
    bound: dict[str, Kind] = {index: Int(0, length - 1), a: SCALAR, b: SCALAR}
    return Head(f"{index}, ({a}, {b})", f"enumerate({pairs})", bound, length)


def _reversed(block: Block) -> Head:
    length = block.rng.randint(0, 4)
    if block.rng.random() < 0.5:
        index = block.scope.names.of("i")
        return Head(
            index, f"reversed(range({length}))", {index: Int(0, max(length - 1, 0))}, length
        )
    name = block.fresh(SCALAR)
    return Head(name, f"reversed({_sequence(block, length)})", {name: SCALAR}, length)


def _sequence(block: Block, length: int) -> str:
    """Write a vector, a tuple or a list of scalars."""
    form = block.rng.randrange(3)
    if form == 0 and length:
        return block.write.array(Array((length,)), 1).text
    if form == 1:
        return f"({''.join(f'{block.write.scalar(1).text}, ' for _ in range(length))})"
    return block.write.list_of(SCALAR, length, 1).text


_HEADS = (
    _over_range,
    _over_range,
    _over_counted_range,
    _over_vector,
    _over_rows,
    _over_sequence,
    _over_zip,
    _over_enumerate,
    _over_enumerated_zip,
    _reversed,
)
