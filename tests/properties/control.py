"""Control flow: branches, loops, jumps out of them, early returns, functions defined inside.

A name bound in a branch or in a loop that may not run is known only there, unless both branches
bind it; a name bound before keeps its kind when a branch or a loop binds it again.
"""

from __future__ import annotations

from tests.properties.blocks import Block, Place, Statement, weighted
from tests.properties.changing import CHANGES
from tests.properties.expressions import Expressions
from tests.properties.kinds import BOOL, SCALAR, Array, Function, Int, Kind, Scalar
from tests.properties.lazy import LAZY
from tests.properties.loop_heads import some_head
from tests.properties.statements import SIMPLE, bind, rebind
from tests.properties.writing import WRITES


def fill(block: Block) -> Block:
    """Write statements until the budget is spent; at least one."""
    while block.budget > 0:
        block.budget -= 1
        simple = block.place.nested >= 3 or block.budget < 2
        table = SIMPLE if simple else (*SIMPLE, *CONTROL)
        weighted(block.rng, (*table, *WRITES, *CHANGES, *LAZY) if block.scope.writes else table)(
            block
        )
    if not block.lines:
        bind(block)
    return block


def branch(block: Block) -> None:
    """``if``, sometimes ``elif`` and ``else``, sometimes binding one name on every path."""
    kind = block.some_kind()
    shared = block.fresh(kind) if block.rng.random() < 0.4 else None
    _arm(block, f"if {block.write.condition(2)}:", shared, kind)
    if block.rng.random() < 0.3:
        _arm(block, f"elif {block.write.condition(1)}:", shared, kind)
    if shared is not None or block.rng.random() < 0.5:
        _arm(block, "else:", shared, kind)
    if shared is not None:
        block.bind({shared: kind})


def _arm(block: Block, head: str, shared: str | None, kind: Kind) -> None:
    inside = block.child(block.spend(), block.place.inside())
    if shared is not None:
        inside.assign(shared, inside.write.of(kind, 2).text, kind)
        inside.budget -= 1
    block.nest(head, fill(inside).lines)


def guarded(block: Block) -> None:
    """Bind a name on one path only, and read it where the same test holds."""
    flag, kind = block.scope.names.of("ready"), block.some_kind()
    name, target = block.fresh(kind), block.fresh(SCALAR)
    block.assign(flag, block.write.condition(1), BOOL)
    block.scope.pinned.add(flag)
    block.nest(f"if {flag}:", [f"{name} = {block.write.of(kind, 2).text}"])
    if block.budget > 1:
        block.budget -= 1
        rebind(block)
    block.assign(target, block.write.scalar(1).text, SCALAR)
    inside = block.child(0, block.place.inside(), {name: kind})
    block.nest(f"if {flag}:", [f"{target} = {inside.write.scalar(2).text}"])


def early_return(block: Block) -> None:
    """``if ...: return ...``"""
    value = block.write.of(block.place.result, 2).text
    block.nest(f"if {block.write.condition(1)}:", [f"return {value}"])


def leave_loop(block: Block) -> None:
    """``if ...: break`` or ``continue``, sometimes after some more work."""
    if not block.place.loops:
        return rebind(block)
    lines = ["break"]
    if block.rng.random() < 0.5:
        lines = [*block.place.before_continue, "continue"]
    if block.rng.random() < 0.4:
        lines = [*fill(block.child(1, block.place.inside())).lines, *lines]
    block.nest(f"if {block.write.condition(1)}:", lines)


def for_loop(block: Block) -> None:
    """``for`` over something; the targets may be bound before, and may be read after."""
    if block.place.loops >= 2:
        return rebind(block)
    head = some_head(block)
    if block.rng.random() < 0.2:
        for name, kind in head.bound.items():
            block.assign(name, block.write.of(kind, 1).text, kind)
    if block.rng.random() < 0.6 and block.pick(Scalar) is None:
        name = block.scope.names.of("total")
        block.assign(name, block.rng.choice(("0.0", "1.0", "0.5")), SCALAR)
    inside = block.child(block.spend() + 1, block.place.inside_loop(), head.bound)
    block.nest(head.text, fill(inside).lines)
    if head.turns > 0 and block.rng.random() < 0.6:
        block.bind(head.bound)
    _loop_else(block)


def _loop_else(block: Block) -> None:
    if block.rng.random() < 0.15:
        block.nest("else:", fill(block.child(1, block.place.inside())).lines)


def while_loop(block: Block) -> None:
    """``while`` on a counter, or on data besides, or ``while True`` with a ``break``."""
    if block.place.loops >= 2:
        return rebind(block)
    counter, turns = block.scope.names.of("step"), block.rng.randint(0, 4)
    count = f"{counter} += 1"
    counts_first, form = block.rng.random() < 0.6, block.rng.randrange(3)
    test = f"{counter} < {turns}"
    condition = (test, f"{test} and {block.write.condition(1)}", "True")[form]
    block.assign(counter, "0", Int(0, turns))
    block.scope.pinned.add(counter)
    place = block.place.inside_loop(() if counts_first else (count,))
    kind = Int(1 if counts_first else 0, max(turns, 1))
    inside = block.child(block.spend() + 1, place, {counter: kind})
    before = ["if not " + test + ":", "    break"] if form == 2 else []
    before += [count] if counts_first else []
    after = [] if counts_first else [count]
    block.nest(f"while {condition}:", [*before, *fill(inside).lines, *after])
    _loop_else(block)


def converge(block: Block) -> None:
    """A Newton iteration that stops when it has converged, or after some steps."""
    if block.place.loops:
        return rebind(block)
    names = block.scope.names
    root, goal, counter = names.of("root"), names.of("goal"), names.of("step")
    block.assign(goal, block.write.tamed(block.write.scalar(2), 1).text, SCALAR)
    block.assign(root, block.write.tamed(block.write.scalar(1), 1).text, SCALAR)
    block.assign(counter, "0", Int(0, 6))
    residual = f"({root} ** 2 + {root} - 3.0 - {goal})"
    block.nest(
        f"while abs{residual} > 0.3 and {counter} < 6:",
        [
            f"{root} = {root} - {residual} / (1.0 + 2.0 * abs({root}))",
            f"{counter} += 1",
        ],
    )


def resize(block: Block) -> None:
    """A vector that grows or shrinks from turn to turn."""
    vectors = block.write.arrays(lambda kind: len(kind.shape) == 1 and kind.size > 0)
    if block.place.loops >= 2 or not vectors:
        return rebind(block)
    text, kind = block.rng.choice(vectors)
    name, extra = block.fresh(kind), block.write.tamed(block.write.scalar(1), 1).text
    grows = block.rng.random() < 0.6
    turns = block.rng.randint(0, 3 if grows else kind.size - 1)
    templates = (
        ("np.concatenate(({0}, {0}[-1:] * {1}))", "np.concatenate([{0}[:1] + {1}, np.sin({0})])")
        if grows
        else ("{0}[1:] * {0}[:-1] + {1}", "np.tanh({0}[:-1])", "{0}[1:] - {1}")
    )
    block.add(f"{name} = {text}")
    head = f"for _ in range({turns}):"
    if not grows and block.rng.random() < 0.5:
        head = f"while len({name}) > {kind.size - turns}:"
    block.nest(head, [f"{name} = {block.rng.choice(templates).format(name, extra)}"])
    block.bind({name: Array((kind.size + (turns if grows else -turns),))})


def define(block: Block) -> None:
    """A function or a lambda inside, closed over what is bound here."""
    if block.place.nested >= 2:
        return bind(block)
    rng = block.rng
    result: Kind = rng.choice((SCALAR, SCALAR, Array(block.write.some_shape())))
    kinds = [rng.choice((SCALAR, result)) for _ in range(rng.randint(1, 2))]
    name = block.scope.names.of(rng.choice(("inner", "local")))
    parameters = {block.fresh(kind): kind for kind in kinds}
    inside = block.child(rng.randint(0, 2), Place(result, nested=2), parameters)
    inside.scope.pinned |= set(block.scope.kinds)
    if rng.random() < 0.3:
        body = Expressions(rng, inside.scope).of(result, 2).text
        block.add(f"{name} = lambda {', '.join(parameters)}: {body}")
    else:
        lines = fill(inside).lines if inside.budget else []
        value = inside.write.of(result, 2).text
        block.nest(f"def {name}({', '.join(parameters)}):", [*lines, f"return {value}"])
    block.scope.captured |= set(block.scope.kinds)
    block.bind({name: Function(tuple(kinds), (), result)})


CONTROL: tuple[tuple[Statement, float], ...] = (
    (branch, 4),
    (guarded, 0.4),
    (early_return, 1),
    (leave_loop, 1.5),
    (for_loop, 4),
    (while_loop, 2),
    (converge, 0.3),
    (resize, 0.5),
    (define, 1),
)
