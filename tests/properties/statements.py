"""Simple statements: bindings of every sort, augmented assignments, unpacking, assertions."""

from __future__ import annotations

from tests.properties.blocks import Block, Statement
from tests.properties.kinds import (
    BOOL,
    MODES,
    SCALAR,
    Array,
    Dict,
    Int,
    Kind,
    List,
    Scalar,
    Text,
    Tuple,
)


def bind(block: Block) -> None:
    """``a = ...``"""
    kind = block.some_kind()
    text = block.write.of(kind, block.rng.randint(1, 3)).text
    block.assign(block.fresh(kind), text, kind)


def rebind(block: Block) -> None:
    """``a = ...`` for a name that is bound already."""
    name = block.pick(Scalar, Array, List, Tuple)
    if name is None:
        return bind(block)
    kind = block.scope.kinds[name]
    block.assign(name, block.write.of(kind, 2).text, kind)


def rebind_to_another_kind(block: Block) -> None:
    """``a = ...`` of another type, where no closure and no loop sees both."""
    name = block.pick(Scalar, Array)
    if name is None or not block.is_straight or name in block.scope.captured:
        return rebind(block)
    kind = block.some_kind()
    block.assign(name, block.write.of(kind, 2).text, kind)


def augment(block: Block) -> None:
    """``a += ...`` on a scalar, and its relatives."""
    name = block.pick(Scalar)
    if name is None:
        return bind(block)
    value = block.write.tamed(block.write.scalar(2), 1).text
    template = block.rng.choice(
        (
            "{0} += {1}",
            "{0} -= {1}",
            "{0} *= 0.5 * ({1})",
            "{0} /= 1.5 + ({1}) ** 2",
            "{0} = 0.6 * {0} + {1}",
        )
    )
    block.add(template.format(name, value))


def accumulate_array(block: Block) -> None:
    """``x = x + ...`` on an array."""
    name = block.pick(Array)
    if name is None:
        return bind(block)
    value = block.write.tamed(block.write.of(block.scope.kinds[name], 2), 1, array=True).text
    template = block.rng.choice(("{0} = {0} + {1}", "{0} = 0.5 * {0} * ({1})", "{0} = {1} - {0}"))
    block.add(template.format(name, value))


def alias(block: Block) -> None:
    """``y = x``"""
    found = block.scope.paths(lambda kind: isinstance(kind, (Array, Scalar, List, Dict)))
    if not found:
        return bind(block)
    text, kind = block.rng.choice(found)
    block.assign(block.fresh(kind), text, kind)


def chain(block: Block) -> None:
    """``a = b = ...``"""
    kind = block.rng.choice((SCALAR, Array(block.write.some_shape())))
    text = block.write.of(kind, 2).text
    first, second = block.fresh(kind), block.fresh(kind)
    block.add(f"{first} = {second} = {text}")
    block.bind({first: kind, second: kind})


def unpack(block: Block) -> None:
    """``a, x = ...`` with nested and starred targets."""
    kinds: list[Kind] = [SCALAR, block.rng.choice((SCALAR, Array(block.write.some_shape())))]
    block.rng.shuffle(kinds)
    first, second = (block.write.of(kind, 1).text for kind in kinds)
    third = block.write.scalar(1).text
    a, b = (block.fresh(kind) for kind in kinds)
    c = block.fresh(SCALAR)
    template = block.rng.choice(
        (
            "{a}, {b}, {c} = {first}, {second}, {third}",
            "({a}, {c}), {b} = ({first}, {third}), {second}",
            "[{a}, *_], {b}, {c} = [{first}, 1.5], {second}, {third}",
        )
    )
    block.add(template.format(a=a, b=b, c=c, first=first, second=second, third=third))
    block.bind({a: kinds[0], b: kinds[1], c: SCALAR})


def star(block: Block) -> None:
    """``a, *rest, b = ...`` from a vector or a list."""
    length = block.rng.randint(2, 4)
    first, last, rest = block.fresh(SCALAR), block.fresh(SCALAR), block.fresh(List(SCALAR, 0))
    vector = block.write.array(Array((length,)), 1).text
    source = block.rng.choice((vector, block.write.list_of(SCALAR, length, 1).text))
    targets = block.rng.choice(
        (f"{first}, *{rest}, {last}", f"{first}, {last}, *{rest}", f"*{rest}, {first}, {last}")
    )
    block.add(f"{targets} = {source}")
    block.bind({first: SCALAR, last: SCALAR, rest: List(SCALAR, length - 2)})


def swap(block: Block) -> None:
    """``a, b = b, a``"""
    names = block.scope.rebindable(lambda kind: isinstance(kind, (Scalar, Array)))
    block.rng.shuffle(names)
    for name in names[1:]:
        if block.scope.kinds[name] == block.scope.kinds[names[0]]:
            block.add(f"{names[0]}, {name} = {name}, {names[0]}")
            return
    bind(block)


def check(block: Block) -> None:
    """``assert`` what holds, or ``raise`` where it does not."""
    arrays = block.scope.paths(lambda kind: isinstance(kind, Array))
    if not arrays:
        return bind(block)
    text, kind = block.rng.choice(arrays)
    if isinstance(kind, Array) and block.rng.random() < 0.5:
        block.add(f'assert {text}.shape == {kind.shape}, f"shape {{{text}.shape}}"')
    else:
        block.nest(f"if {text}.ndim > 3:", [f'raise ValueError(f"rank {{{text}.ndim}}")'])


def discrete(block: Block) -> None:
    """Bind what has no derivative: an int, a flag, a mode, a size."""
    kind: Kind = block.rng.choice((Int(0, 3), BOOL, MODES))
    text = block.write.of(kind, 1).text
    if isinstance(kind, Text):
        text = f"{text} if {block.write.condition(0)} else {block.write.of(kind, 0).text}"
    arrays = block.write.arrays(lambda array: array.shape != ())
    if arrays and block.rng.random() < 0.4:
        source, array = block.rng.choice(arrays)
        kind, text = Int(array.shape[0], array.shape[0]), f"{source}.shape[0]"
    block.assign(block.fresh(kind), text, kind)


SIMPLE: tuple[tuple[Statement, float], ...] = (
    (bind, 6),
    (rebind, 5),
    (augment, 5),
    (accumulate_array, 2),
    (alias, 1),
    (chain, 0.5),
    (unpack, 1),
    (star, 0.5),
    (swap, 0.6),
    (check, 0.3),
    (discrete, 0.5),
    (rebind_to_another_kind, 0.4),
)
