"""Statements about when something runs, and what is equal: filters, generators, maps that write, tuples and
lists compared, the largest by a key.
"""

from __future__ import annotations

from tests.properties.blocks import Block, Statement
from tests.properties.changing import number
from tests.properties.kinds import BOOL, SCALAR, Dict, List
from tests.properties.statements import bind


def _numbers(block: Block) -> str:
    """A list of numbers, or an array of one axis."""
    found = block.write.arrays(lambda kind: len(kind.shape) == 1 and kind.size > 0)
    if found and block.rng.random() < 0.5:
        return block.rng.choice(found)[0]
    return block.write.list_of(SCALAR, block.rng.randint(1, 4), 1).text


def loop_over_filter(block: Block) -> None:
    """``for v in filter(lambda w: w > items[-1], ...): items.append(v)``"""
    if block.place.loops >= 2:
        return bind(block)
    rng, names = block.rng, block.scope.names
    items, value, inner = names.of("items"), names.of("e"), names.of("w")
    source, total = _numbers(block), block.fresh(SCALAR)
    block.assign(items, block.write.list_of(SCALAR, 1, 1).text, List(SCALAR, 1))
    block.assign(total, "0.0", SCALAR)
    test = rng.choice(
        (
            f"{inner} > {block.write.constant()}",
            f"{inner} > {items}[-1]",
            f"len({items}) < 3 and {inner} < 1.5",
        )
    )
    term = number(block, {value: SCALAR}, 2)
    lines = rng.choice(
        (
            [f"{items}.append({term})"],
            [f"{items}[-1] = 0.5 * {items}[-1] + {term}"],
            [f"{items}[0] *= {value}"],
        )
    )
    head = f"for {value} in filter(lambda {inner}: {test}, {source}):"
    block.nest(head, [f"{total} = 0.7 * {total} + {value}", *lines])
    block.bind({items: List(SCALAR, 1)})


def run_through_noted(block: Block) -> None:
    """A function that appends, called by ``any``, ``sum``, ``zip``, ``map``, ``filter``."""
    if block.place.loops >= 2 or block.place.nested >= 2:
        return bind(block)
    rng, names = block.rng, block.scope.names
    log, noted, parameter = names.of("log"), names.of("noted"), names.of("a")
    value, other = names.of("e"), names.of("w")
    sources = [_numbers(block) for _ in range(2)]
    block.add(f"{log} = [{block.write.constant()}]")
    block.nest(
        f"def {noted}({parameter}):",
        [f"{log}.append(0.5 * {parameter})", f"return {number(block, {parameter: SCALAR}, 2)}"],
    )
    block.scope.captured |= set(block.scope.kinds)
    bound = block.write.constant()
    result = block.fresh(SCALAR)
    form = rng.randrange(5)
    if form == 0:
        word = rng.choice(("any", "all"))
        block.assign(
            result,
            f"{word}({value} > {bound} for {value} in map({noted}, {sources[0]})) + 0.5",
            SCALAR,
        )
    elif form == 1:
        text = f"float(sum({noted}({value}) for {value} in {sources[0]} if {value} < {bound}))"
        block.assign(result, text, SCALAR)
    elif form == 2:
        block.assign(result, f"float(sum(filter({noted}, {sources[0]})))", SCALAR)
    else:
        parts = [sources[0], f"map({noted}, {sources[1]})"]
        if form == 4:
            parts.reverse()
        block.assign(result, "0.0", SCALAR)
        block.nest(
            f"for {value}, {other} in zip({', '.join(parts)}):",
            [f"{result} = 0.5 * {result} + {value} * {other} / len({log})"],
        )
    block.assign(block.fresh(SCALAR), f"sum({log}) / len({log})", SCALAR)


def compare_structures(block: Block) -> None:
    """``(a, b) < (c, d)``, ``xs == [...]``, ``x in xs`` for lists that only the run knows."""
    rng, names = block.rng, block.scope.names
    result, value, items = block.fresh(BOOL), names.of("e"), names.of("items")
    symbol = rng.choice(("==", "!=", "<", "<=", ">", ">="))
    one, other = (number(block) for _ in range(2))
    form = rng.randrange(4)
    if form == 0:
        return block.assign(result, f"({one}, {other}) {symbol} ({one}, {number(block)})", BOOL)
    if form == 1:
        return block.assign(result, f"[{one}] {symbol} [{one}, {other}]", BOOL)
    block.add(
        f"{items} = [{value} for {value} in {_numbers(block)} if {value} > {rng.choice((-9, 0.3))}]"
    )
    if form == 2:
        block.assign(result, f"{items} {symbol} [{one}, {other}]", BOOL)
    else:
        block.assign(result, f"{rng.choice((one, 'max(' + items + ' + [0.0])'))} in {items}", BOOL)


def best_by_key(block: Block) -> None:
    """``max(xs, key=...)``, ``min`` of pairs."""
    rng, value = block.rng, block.scope.names.of("e")
    word, inside = rng.choice(("max", "min")), {value: SCALAR}
    key = number(block, inside, 2)
    texts = (
        f"float({word}({_numbers(block)}, key=lambda {value}: {key}))",
        f"{word}(({number(block)}, 1.5), ({number(block)}, 0.5))[{rng.randrange(2)}]",
        f"float({word}([({value}, {number(block, inside)}) for {value} in ({number(block)}, 0.5)])[1])",
    )
    block.assign(block.fresh(SCALAR), rng.choice(texts), SCALAR)


def entry_by_test(block: Block) -> None:
    """``sums["a" if ... else "b"] += v``"""
    if block.place.loops >= 2:
        return bind(block)
    rng, names = block.rng, block.scope.names
    sums, value = names.of("sums"), names.of("e")
    kind = Dict((("a", SCALAR), ("b", SCALAR)))
    block.assign(sums, block.write.of(kind, 2).text, kind)
    key = f"'a' if {value} < {block.write.constant()} else 'b'"
    term = number(block, {value: SCALAR}, 2)
    line = rng.choice(
        (
            f"{sums}[{key}] += {term}",
            f"{sums}[{key}] *= {term}",
            f"{sums}['b'] += {sums}[{key}] * {value} * 0.3",
            f"{sums}['a'] = {sums}.get({key}, 0.5) * 0.4 + {term}",
        )
    )
    block.nest(f"for {value} in {_numbers(block)}:", [line])
    block.bind({sums: kind})


def sums_by_key(block: Block) -> None:
    """``sums = {}``; ``sums[int(v > ...)] = sums.get(...) + ...``: keys that only the run knows."""
    if block.place.loops >= 2:
        return bind(block)
    rng, names = block.rng, block.scope.names
    sums, value, key = names.of("sums"), names.of("e"), names.of("key")
    bound, term = block.write.constant(), number(block, {value: SCALAR}, 2)
    key_text = rng.choice((f"int({value} > {bound})", f"'up' if {value} > {bound} else 'down'"))
    lines = rng.choice(
        (
            [f"{sums}[{key}] = {sums}.get({key}, 0.5) * 0.7 + {term}"],
            [
                f"if {key} in {sums}:",
                f"    {sums}[{key}] *= {term}",
                "else:",
                f"    {sums}[{key}] = {value}",
            ],
            [f"{sums}.setdefault({key}, {value})", f"{sums}[{key}] += {term}"],
            [f"{sums}[{key}] = {term}", f"if len({sums}) > 1:", f"    {sums}.pop({key})"],
        )
    )
    block.add(f"{sums} = {{}}")
    block.nest(f"for {value} in {_numbers(block)}:", [f"{key} = {key_text}", *lines])
    total = rng.choice(
        (
            f"float(sum({sums}.values()))",
            f"float(sum({value} * {value} for {value} in {sums}.values()))",
        )
    )
    block.assign(block.fresh(SCALAR), f"{total} + 0.1 * len({sums})", SCALAR)


def go_backward(block: Block) -> None:
    """``[f(v) for v in reversed(xs)]``, and a loop over ``reversed(xs)`` with a counter."""
    rng, names = block.rng, block.scope.names
    value, place, source = names.of("e"), names.of("k"), _numbers(block)
    if rng.random() < 0.5 or block.place.loops >= 2:
        term = number(block, {value: SCALAR}, 2)
        back = rng.choice(
            (f"[{term} for {value} in reversed({source})]", f"list(reversed({source}))")
        )
        weighed = f"sum([({place} + 1) * {value} for {place}, {value} in enumerate({back})])"
        return block.assign(block.fresh(SCALAR), f"0.2 * float({weighed})", SCALAR)
    count, total = names.of("count"), block.fresh(SCALAR)
    block.assign(total, block.write.constant(), SCALAR)
    block.add(f"{count} = {rng.randint(0, 2)}")
    term = number(block, {value: SCALAR}, 2)
    block.nest(
        f"for {value} in reversed({source}):",
        [
            f"{total} = 0.5 * {total} * {value} + {term} * {count}",
            f"{count} += {rng.choice((1, 2, -1))}",
        ],
    )


LAZY: tuple[tuple[Statement, float], ...] = (
    (loop_over_filter, 0.8),
    (run_through_noted, 0.8),
    (compare_structures, 0.8),
    (best_by_key, 0.5),
    (entry_by_test, 0.5),
    (sums_by_key, 0.5),
    (go_backward, 0.7),
)
