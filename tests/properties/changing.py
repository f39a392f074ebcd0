"""Statements that change what they run over, or what another name holds: lists, dicts and objects
in loops over them, arrays of rank 0, names that are one of two arrays, variables of an outer function.
"""

from __future__ import annotations

from tests.properties.blocks import Block, Statement
from tests.properties.kinds import BOOL, SCALAR, Array, Dict, Function, Int, Kind, List, Object
from tests.properties.statements import bind


def number(block: Block, more: dict[str, Kind] | None = None, depth: int = 1) -> str:
    """A small number, in a scope with more names."""
    inside = block.write.inside(more or {})
    return inside.tamed(inside.scalar(depth), 1).text


def _arrays(block: Block, rank: int) -> list[tuple[str, Array]]:
    return block.write.arrays(lambda kind: len(kind.shape) == rank and kind.size > 0)


def edit_list_in_loop(block: Block) -> None:
    """``for k, v in enumerate(items): items.append(...)``: what is added is run over, too."""
    if block.place.loops >= 2:
        return bind(block)
    rng, names = block.rng, block.scope.names
    items, index, value = names.of("items"), names.of("k"), names.of("e")
    length, most = rng.randint(1, 4), rng.randint(3, 6)
    block.assign(items, block.write.list_of(SCALAR, length, 1).text, List(SCALAR, length))
    term = number(block, {value: SCALAR}, 2)
    form = rng.randrange(5)
    if form == 0:
        lines, length = (
            [f"if len({items}) < {most}:", f"    {items}.append({term})"],
            max(length, most),
        )
    elif form == 1:
        lines = [f"{items}.pop()"]
        length = next(left for left in range(length, -1, -1) if length - left >= left)
    elif form == 2:
        lines = [f"{items}[({index} + 1) % {length}] += {term}"]
    elif form == 3:
        lines = [f"{items}[-1] = 0.5 * {items}[{index}] + {term}"]
    else:
        lines, most = [f"if len({items}) < {most}:", f"    {items}.insert(0, {term})"], most
        length = max(length, most)
    if rng.random() < 0.4:
        total = block.fresh(SCALAR)
        block.assign(total, "0.0", SCALAR)
        lines = [f"{total} = 0.7 * {total} + {value}", *lines]
    block.nest(f"for {index}, {value} in enumerate({items}):", lines)
    block.bind({items: List(SCALAR, length)})


def edit_list_backward(block: Block) -> None:
    """``for v in reversed(items): items.pop()``, or beside others: ``for v, w in zip(items, ...)``."""
    if block.place.loops >= 2:
        return bind(block)
    rng, names = block.rng, block.scope.names
    items, value, other = names.of("items"), names.of("e"), names.of("w")
    length, rounds = rng.randint(1, 3), rng.randint(0, 3)
    block.assign(items, block.write.list_of(SCALAR, length, 1).text, List(SCALAR, length))
    head, lines, after, more = rng.choice(
        (
            (f"for {value} in reversed({items}):", f"{items}.pop()", 0, {}),
            (f"for {value} in reversed({items}):", f"{items}.append({{}})", 2 * length, {}),
            (f"for {value} in reversed({items}):", f"{items}.insert(0, {{}})", 2 * length, {}),
            (
                f"for {value}, {other} in zip({items}, {block.write.list_of(SCALAR, rounds, 1).text}):",
                f"{items}.append({{}})",
                length + rounds,
                {other: SCALAR},
            ),
        )
    )
    term = number(block, {value: SCALAR, **more}, 2)
    total = block.fresh(SCALAR)
    block.assign(total, "0.0", SCALAR)
    block.nest(head, [f"{total} = 0.7 * {total} + {value}", lines.format(term)])
    block.bind({items: List(SCALAR, after)})


def drain(block: Block) -> None:
    """``while items: v = items.pop()``"""
    if block.place.loops >= 2:
        return bind(block)
    length = block.rng.randint(1, 4)
    items, total = block.scope.names.of("items"), block.fresh(SCALAR)
    block.add(f"{items} = {block.write.list_of(SCALAR, length, 1).text}")
    block.assign(total, block.write.constant(), SCALAR)
    place = block.rng.choice(("", "0"))
    value = block.scope.names.of("e")
    test = block.rng.choice((items, f"len({items}) > 0"))
    term = number(block, {value: SCALAR}, 2)
    block.nest(
        f"while {test}:",
        [f"{value} = {items}.pop({place})", f"{total} = 0.6 * {total} + {term}"],
    )


def edit_list(block: Block) -> None:
    """A list and another name for it: ``extend``, ``insert``, ``del``, slices, ``+=``."""
    rng, names = block.rng, block.scope.names
    length = rng.randint(2, 4)
    items, other = names.of("items"), names.of("rest")
    first, second = (number(block) for _ in range(2))
    block.assign(items, block.write.list_of(SCALAR, length, 1).text, List(SCALAR, length))
    block.add(f"{other} = {rng.choice((items, items, f'{items}[:]', f'list({items})'))}")
    for _ in range(rng.randint(1, 3)):
        name = rng.choice((items, other))
        lines = rng.choice(
            (
                f"{name}.append({first})",
                f"{name}.extend([{first}, {second}])",
                f"{name}.insert({rng.randint(0, 2)}, {second})",
                f"{name} += [{first}]",
                f"{name}[1:2] = [{first}, {second}]",
                f"{name}.reverse()",
                f"{name}[0], {name}[-1] = {name}[-1], {name}[0]",
                f"del {name}[0]\n{name}.append({second})",
                f"{name}[-1] *= {first}",
            )
        )
        block.add(*lines.split("\n"))
    result = block.fresh(SCALAR)
    weighed = f"sum([({result} + 1) * {other}[{result}] for {result} in range(2)])"
    block.assign(result, rng.choice((f"sum({other})", weighed)), SCALAR)


def edit_array_in_loop(block: Block) -> None:
    """``for i, v in enumerate(x): x[(i + 1) % n] += ... v``"""
    found = _arrays(block, 1)
    if not found or block.place.loops >= 2:
        return bind(block)
    text, kind = block.rng.choice(found)
    index, value = block.scope.names.of("i"), block.scope.names.of("e")
    term = number(block, {value: SCALAR, index: Int(0, kind.size - 1)}, 2)
    head, lines = block.rng.choice(
        (
            (
                f"for {index}, {value} in enumerate({text}):",
                [f"{text}[({index} + 1) % {kind.size}] += {term}"],
            ),
            (f"for {index}, {value} in enumerate({text}):", [f"{text}[{index}] = {term}"]),
            (f"for {index}, {value} in enumerate({text}[::-1]):", [f"{text}[{index}] *= {term}"]),
            (
                f"for {index}, {value} in enumerate(reversed({text})):",
                [f"{text}[{index}] = {term}"],
            ),
            (
                f"for {index}, {value} in enumerate({text}.copy()):",
                [f"{text}[-1 - {index}] += {term}"],
            ),
        )
    )
    block.nest(head, lines)


def edit_rows_in_loop(block: Block) -> None:
    """``for row in A: A[0] += ... row``"""
    found = _arrays(block, 2)
    if not found or block.place.loops >= 2:
        return bind(block)
    text, kind = block.rng.choice(found)
    row, other = block.scope.names.of("row"), block.rng.randrange(kind.shape[0])
    head, line = block.rng.choice(
        (
            (f"for {row} in {text}:", f"{text}[{other}] = 0.5 * {text}[{other}] + np.tanh({row})"),
            (f"for {row} in {text}[::-1]:", f"{row} += 0.3 * {text}[{other}]"),
            (f"for {row} in {text}.T:", f"{row}[0] = np.sin({row}[-1])"),
            (f"for {row} in list({text}):", f"{text}[{other}] -= 0.2 * {row}"),
        )
    )
    block.nest(head, [line])


def edit_dict_in_loop(block: Block) -> None:
    """``for key, v in params.items(): params["b"] += ... v``"""
    if block.place.loops >= 2:
        return bind(block)
    params, key, value = (block.scope.names.of(stem) for stem in ("params", "key", "e"))
    kind = Dict((("a", SCALAR), ("b", SCALAR)))
    block.assign(params, block.write.of(kind, 2).text, kind)
    term = number(block, {value: SCALAR}, 2)
    head, line = block.rng.choice(
        (
            (f"for {key}, {value} in {params}.items():", f"{params}['b'] += {term}"),
            (
                f"for {key}, {value} in {params}.items():",
                f"{params}[{key}] = 0.5 * {value} + {term}",
            ),
            (f"for {value} in {params}.values():", f"{params}['b'] = {term}"),
            (f"for {key} in {params}:", f"{params}[{key}] *= {number(block)}"),
            (f"for {key} in list({params}):", f"{params}['a'] = 0.5 * {params}[{key}]"),
        )
    )
    block.nest(head, [line])


def decide(block: Block) -> None:
    """``any``, ``all``, ``sum``, ``max`` of a generator."""
    found = _arrays(block, 1)
    length = block.rng.randint(1, 4)
    source = block.rng.choice(found)[0] if found else block.write.list_of(SCALAR, length, 1).text
    value = block.scope.names.of("e")
    if block.rng.random() < 0.5:
        test = f"{value} {block.rng.choice('<>')} {block.write.constant()}"
        word = block.rng.choice(("any", "all"))
        return block.assign(block.fresh(BOOL), f"{word}({test} for {value} in {source})", BOOL)
    term = number(block, {value: SCALAR}, 2)
    templates = (
        "sum({1} for {0} in {2})",
        "max({1} for {0} in {2})",
        "float(sum(map(lambda {0}: {1}, {2})))",
    )
    text = block.rng.choice(templates).format(value, term, source)
    block.assign(block.fresh(SCALAR), text, SCALAR)


def iterate_once(block: Block) -> None:
    """A ``zip`` or ``enumerate`` with a name, left early."""
    if block.place.loops >= 2:
        return bind(block)
    rng, names = block.rng, block.scope.names
    pairs, a, b = names.of("pairs"), names.of("e"), names.of("j")
    sources = [block.write.list_of(SCALAR, 3, 1).text for _ in range(2)]
    total = block.fresh(SCALAR)
    block.assign(total, block.write.constant(), SCALAR)
    term = number(block, {a: SCALAR, b: SCALAR}, 2)
    block.add(f"{pairs} = zip({', '.join(sources)})")
    lines = [f"{total} = 0.5 * {total} + {term}"]
    if rng.random() < 0.5:
        lines += [f"if {number(block, {a: SCALAR})} > {block.write.constant()}:", "    break"]
    block.nest(f"for {a}, {b} in {pairs}:", lines)


def rank_zero(block: Block) -> None:
    """An array of rank 0, or a view of rank 0 into another array, that is written."""
    name, result = block.scope.names.of("r"), block.fresh(SCALAR)
    vectors = _arrays(block, 1)
    options = [f"np.array({number(block)})", f"np.asarray({number(block)})", "np.zeros(())"]
    if vectors:
        text, kind = block.rng.choice(vectors)
        options = [*options, *[f"{text}[..., {block.rng.randrange(kind.size)}]"] * 3]
    block.add(f"{name} = {block.rng.choice(options)}")
    other = name
    if block.rng.random() < 0.4:
        other = block.scope.names.of("r")
        block.add(f"{other} = {name}")
    for _ in range(block.rng.randint(1, 2)):
        template = block.rng.choice(
            ("{} += {}", "{}[...] = {}", "{} *= {}", "{}[()] = {}", "{}.fill({})")
        )
        block.add(template.format(other, number(block)))
    block.assign(result, f"float({name})", SCALAR)


def choose(block: Block) -> None:
    """``v = x if ... else y``, then a store by one of the three names."""
    found = block.write.arrays(lambda kind: kind.size > 0 and kind.shape != ())
    block.rng.shuffle(found)
    pairs = [(a, b) for a in found for b in found if a[0] < b[0] and a[1] == b[1]]
    if not pairs:
        return bind(block)
    (x, kind), (y, _) = block.rng.choice(pairs)
    name = block.fresh(kind)
    index = ", ".join(str(block.rng.randrange(size)) for size in kind.shape)
    form = block.rng.randrange(4)
    if form == 0 and block.place.loops < 2:
        return block.nest(f"for {name} in ({x}, {y}):", [f"{name}[{index}] = {number(block)}"])
    condition = block.write.condition(1)
    if form == 1:
        block.nest(f"if {condition}:", [f"{name} = {x}"])
        block.nest("else:", [f"{name} = {y}"])
    else:
        block.add(f"{name} = {x} if {condition} else {y}")
    block.bind({name: kind})
    target = block.rng.choice((name, name, x, y))
    block.add(f"{target}[{index}] {block.rng.choice(('=', '+=', '*='))} {number(block)}")


def _objects(block: Block) -> list[tuple[str, Object]]:
    found = block.scope.paths(lambda kind: isinstance(kind, Object) and kind.is_mutable)
    return [(text, kind) for text, kind in found if isinstance(kind, Object)]


def change_object(block: Block) -> None:
    """``point.gain += ...``, ``point.values = ...``, ``point.advance(...)``"""
    found = _objects(block)
    if not found:
        return choose(block)
    text, kind = block.rng.choice(found)
    values = dict(kind.fields)["values"]
    options = [
        f"{text}.gain = {number(block, depth=2)}",
        f"{text}.gain += {number(block)}",
        f"{text}.gain *= {number(block)}",
        f"{text}.advance({number(block)})",
        f"{text}.advance(amount={number(block)})",
        f"{text}.values = {block.write.of(values, 2).text}",
    ]
    if values == SCALAR:
        options.append(f"{text}.values -= {number(block)}")
    block.add(block.rng.choice(options))


def make_object(block: Block) -> None:
    """An object made inside, which may share an array with another name."""
    found = block.scope.paths(lambda kind: isinstance(kind, Object))
    if not found:
        return choose(block)
    kind = block.rng.choice(found)[1]
    assert isinstance(kind, Object)
    values = dict(kind.fields)["values"]
    name = block.fresh(kind)
    block.assign(name, f"{kind.name}({number(block)}, {block.write.of(values, 1).text})", kind)


def rebind_outside(block: Block) -> None:
    """An inner function that assigns a variable of the outer one (``nonlocal``)."""
    name = block.pick(type(SCALAR))
    if name is None or block.place.nested >= 2 or name in block.scope.captured:
        return bind(block)
    inner, parameter = block.scope.names.of("inner"), block.scope.names.of("a")
    own = {parameter: SCALAR}
    block.nest(
        f"def {inner}({parameter}):",
        [
            f"nonlocal {name}",
            f"{name} = 0.5 * {name} + {number(block, own, 2)}",
            f"return {number(block, own, 2)}",
        ],
    )
    block.scope.captured |= set(block.scope.kinds)
    block.bind({inner: Function((SCALAR,), (), SCALAR)})
    block.assign(block.fresh(SCALAR), f"{inner}({number(block)}) + {name}", SCALAR)


CHANGES: tuple[tuple[Statement, float], ...] = (
    (edit_list_in_loop, 1.2),
    (edit_list_backward, 0.7),
    (drain, 0.5),
    (edit_list, 1),
    (edit_array_in_loop, 1),
    (edit_rows_in_loop, 0.6),
    (edit_dict_in_loop, 1),
    (decide, 0.8),
    (iterate_once, 0.5),
    (rank_zero, 1),
    (choose, 1.2),
    (change_object, 1.5),
    (make_object, 0.7),
    (rebind_outside, 0.5),
)
