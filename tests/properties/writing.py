"""Statements that write in place: into arrays, views, lists and dicts, directly or by a call."""

from __future__ import annotations

from tests.properties.blocks import Block, Statement
from tests.properties.indexing import selections
from tests.properties.kinds import NOTHING, SCALAR, Array, Dict, Int, Kind, List
from tests.properties.statements import bind

OPERATORS = ("=", "=", "+=", "-=", "*=")


def _target(block: Block, rank: int | None = None) -> tuple[str, Array] | None:
    """Pick an array to write into: a name, or a part of a container."""
    found = block.write.arrays(
        lambda kind: kind.size > 0 and kind.shape != () and rank in (None, len(kind.shape))
    )
    return block.rng.choice(found) if found else None


def _value(block: Block, shape: tuple[int, ...], operator: str) -> str:
    """Write what is stored: of the same shape, or something that broadcasts to it."""
    if block.rng.random() < 0.4 or shape == ():
        term = block.write.scalar(2)
    elif len(shape) == 2 and block.rng.random() < 0.3:
        term = block.write.array(Array(block.rng.choice((shape[1:], (1, shape[1])))), 1)
    else:
        term = block.write.array(Array(shape), 2)
    return block.write.tamed(term, 4 if operator == "=" else 1, array=shape != ()).text


def store_element(block: Block) -> None:
    """``x[i] = ...`` and its augmented relatives."""
    target = _target(block)
    if target is None:
        return bind(block)
    text, kind = target
    index = ", ".join(block.write.integer(0, size - 1) for size in kind.shape)
    operator = block.rng.choice(OPERATORS)
    block.add(f"{text}[{index}] {operator} {_value(block, (), operator)}")


def store_part(block: Block) -> None:
    """``x[1:] = ...``, ``A[i] += ...``, ``A[:, [0, 0]] *= ...``"""
    target = _target(block)
    if target is None:
        return bind(block)
    text, kind = target
    shapes = [(size,) for size in range(1, 5)]
    if len(kind.shape) == 2:
        shapes += [(m, n) for m in range(1, kind.shape[0] + 1) for n in range(1, kind.shape[1] + 1)]
    block.rng.shuffle(shapes)
    for shape in shapes:
        places = selections(block.rng, text, kind.shape, shape)
        if places:
            operator = block.rng.choice(OPERATORS)
            value = _value(block, shape, operator)
            block.add(f"{block.rng.choice(places)} {operator} {value}")
            return


def store_masked(block: Block) -> None:
    """``x[x > c] = ...``"""
    target = _target(block)
    if target is None:
        return bind(block)
    text, kind = target
    operator = block.rng.choice(OPERATORS)
    condition = block.write.array_condition(kind.shape)
    block.add(f"{text}[{condition}] {operator} {_value(block, (), operator)}")


def store_whole(block: Block) -> None:
    """``x[:] = ...``, ``x[...] *= ...``, ``x += ...``"""
    target = _target(block)
    if target is None:
        return bind(block)
    text, kind = target
    operator = block.rng.choice(OPERATORS)
    rebinds = text.isidentifier() and text not in block.scope.pinned
    whole = "" if operator != "=" and rebinds else "[...]"
    whole = block.rng.choice((whole, "[:]", "[...]"))
    block.add(f"{text}{whole} {operator} {_value(block, kind.shape, operator)}")


def take_view(block: Block) -> None:
    """``v = x[1:]``: another name for a part of an array, which later statements write into."""
    target = _target(block)
    if target is None:
        return bind(block)
    text, kind = target
    options: list[tuple[str, Kind]] = [
        ("{}[::-1]", kind),
        ("{}[...]", kind),
        ("np.asarray({})", kind),
        ("{}.T", Array(kind.shape[::-1])),
        ("{}.reshape(-1)", Array((kind.size,))),
        ("np.ravel({})", Array((kind.size,))),
    ]
    if len(kind.shape) == 1:
        options.append(("{}[None]", Array((1, kind.size))))
    if len(kind.shape) == 2:
        row, column = kind.shape[1:], kind.shape[:1]
        options += [("{}[0]", Array(row)), ("{}[-1, :]", Array(row)), ("{}[:, 0]", Array(column))]
    elif len(kind.shape) == 1 and kind.size > 1:
        options += [("{}[1:]", Array((kind.size - 1,))), ("{}[:-1]", Array((kind.size - 1,)))]
    template, view = block.rng.choice(options)
    block.assign(block.fresh(view), template.format(text), view)


def recurrence(block: Block) -> None:
    """``for i in range(1, n): x[i] = ... x[i - 1] ...``"""
    target = _target(block, rank=1)
    if target is None or block.place.loops >= 2:
        return bind(block)
    text, kind = target
    index = block.scope.names.of("i")
    inside = block.write.inside({index: Int(0, kind.size - 1)})
    extra = inside.tamed(inside.scalar(1), 1).text
    start, stop, step, other = block.rng.choice(
        ((1, kind.size, 1, "i - 1"), (kind.size - 2, -1, -1, "i + 1"), (0, kind.size, 1, "i // 2"))
    )
    value = block.rng.choice(
        (
            "0.5 * {x}[{i}] * {x}[{j}] + {extra}",
            "math.sin({x}[{j}]) + {extra}",
            "np.tanh({x}[{i}] + {x}[{j}] ** 2)",
        )
    ).format(x=text, i=index, j=other.replace("i", index), extra=extra)
    block.nest(f"for {index} in range({start}, {stop}, {step}):", [f"{text}[{index}] = {value}"])


def update_rows(block: Block) -> None:
    """``for row in A: row += ...``"""
    target = _target(block, rank=2)
    if target is None or block.place.loops >= 2:
        return bind(block)
    text, kind = target
    row = block.scope.names.of("row")
    inside = block.child(0, block.place.inside_loop(), {row: Array(kind.shape[1:])})
    operator = block.rng.choice(OPERATORS)
    value = _value(inside, kind.shape[1:], operator)
    place = block.rng.choice(("", "[:]")) if operator != "=" else "[:]"
    block.nest(f"for {row} in {text}:", [f"{row}{place} {operator} {value}"])


def swap_entries(block: Block) -> None:
    """``x[i], x[j] = x[j], x[i]``, and rows by a list of indices."""
    target = _target(block)
    if target is None:
        return bind(block)
    text, kind = target
    i, j = block.write.integer(0, kind.shape[0] - 1), str(kind.shape[0] - 1)
    if len(kind.shape) == 1:
        block.add(f"{text}[{i}], {text}[{j}] = {text}[{j}], {text}[{i}]")
    else:
        block.add(f"{text}[[0, {j}]] = {text}[[{j}, 0]]")


def write_by_call(block: Block) -> None:
    """``np.add.at``, ``out=``, ``np.copyto``, ``x.fill``, ``x.sort`` and their like."""
    target = _target(block)
    if target is None:
        return bind(block)
    text, kind = target
    same, scalar = block.write.array(kind, 1).text, block.write.tamed(block.write.scalar(1)).text
    options = [
        f"np.copyto({text}, {same})",
        f"{text}.fill({scalar})",
        f"np.multiply({text}, {same}, out={text})",
        f"np.sin({same}, out={text})",
        f"np.add({same}, {scalar}, out={text})",
    ]
    if len(kind.shape) == 1:
        picked = [block.rng.randrange(kind.size) for _ in range(3)]
        options += [f"np.add.at({text}, {picked}, {scalar})", f"{text}.sort()"]
    elif len(kind.shape) == 2 and kind.shape[0] == kind.shape[1]:
        options.append(f"np.fill_diagonal({text}, {scalar})")
    block.add(block.rng.choice(options))


def collect(block: Block) -> None:
    """A list that grows in a loop, then becomes an array, a sum or a name for its last entry."""
    if block.place.loops >= 2:
        return bind(block)
    name, index = block.scope.names.of("items"), block.scope.names.of("k")
    length = block.rng.randint(1, 4)
    item: Kind = block.rng.choice((SCALAR, SCALAR, Array(block.write.some_shape())))
    inside = block.write.inside({index: Int(0, length - 1)})
    lines = [f"{name}.append({inside.of(item, 2).text})"]
    sometimes = block.rng.random() < 0.3 and item == SCALAR
    if sometimes:
        lines = [f"if {inside.condition(1)}:", f"    {lines[0]}"]
    block.add(f"{name} = []")
    block.nest(f"for {index} in range({length}):", lines)
    if sometimes:
        block.assign(block.fresh(SCALAR), f"float(sum({name}))", SCALAR)
        return
    block.bind({name: List(item, length)})
    if item == SCALAR and block.rng.random() < 0.6:
        kind = Array((length,))
        block.assign(block.fresh(kind), f"np.array({name})", kind)
    elif block.rng.random() < 0.3:
        block.bind({name: List(item, length - 1)})
        block.assign(block.fresh(item), f"{name}.pop()", item)


def store_in_container(block: Block) -> None:
    """``items[i] = ...``, ``params["b"] += ...``, ``params.update(...)``"""
    lists = block.scope.paths(
        lambda kind: isinstance(kind, List) and kind.item == SCALAR and kind.length > 0
    )
    dicts = block.scope.paths(lambda kind: isinstance(kind, Dict))
    if lists and (not dicts or block.rng.random() < 0.6):
        text, kind = block.rng.choice(lists)
        assert isinstance(kind, List)
        index = block.write.integer(0, kind.length - 1)
        operator = block.rng.choice(OPERATORS)
        block.add(f"{text}[{index}] {operator} {_value(block, (), operator)}")
    elif dicts:
        text, _ = block.rng.choice(dicts)
        value = block.write.tamed(block.write.scalar(2), 1).text
        template = ("{}['b'] = {}", "{}['b'] += {}", "{}.update(b={})")
        block.add(block.rng.choice(template).format(text, value))
    else:
        bind(block)


def call_procedure(block: Block) -> None:
    """Call a function that returns nothing and writes into its arguments."""
    call = block.write.call_of(NOTHING, 1)
    if call is None:
        return store_part(block)
    block.add(call.text)


WRITES: tuple[tuple[Statement, float], ...] = (
    (store_element, 4),
    (store_part, 4),
    (store_masked, 1),
    (store_whole, 3),
    (take_view, 4),
    (recurrence, 1.5),
    (update_rows, 1),
    (swap_entries, 0.7),
    (write_by_call, 1.5),
    (collect, 1.5),
    (store_in_container, 1.5),
    (call_procedure, 2),
)
