"""What nests: a temporary that is read once is written where it is read.

    before   t = multiply(x, x)      after   y = exp(x * x)
             y = exp(t)

Not into or out of a region, not where the expression would grow too large, and not past a statement
that gives a variable it reads a new value: that would keep the old value alive under another name.
A branch that only chooses between two expressions becomes one itself (CHOOSE).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field, replace

from srcdiff.emit.steps import (
    EMPTY,
    FILLED,
    PUSH,
    PUT,
    Branch,
    Loop,
    Move,
    Return,
    Step,
    all_steps,
    arguments,
    is_missing,
    partly_bound,
    targets,
    use_counts,
)
from srcdiff.emit.webs import ADDING, IN_PLACE, Webs, adds_to
from srcdiff.ir.core import Apply, Arg, Atom, Const, Cut, Op, Var
from srcdiff.ir.types import Array, Scalar
from srcdiff.ir.walk import parts, variables
from srcdiff.ops.table import Row

CHOOSE = Op(
    "choose"
)  # test, x, y                                   x if test else y, whatever their type
ACCESS = Op(
    "access"
)  # Const(input), Const(path), Const(siblings)   a leaf of a structured argument

STATEMENTS = {"add_at", "set_at", "set_last", "append", "drop_last", "scatter", "unpack"}
STATEMENTS |= {
    "raise",
    "effect",
    "require",
    "write_back",
    "write_paths",
    "require_apart",
    "require_distinct",
    "require_contiguous",
    "require_in_order",
    "require_dtype",
}
STATEMENTS |= {op.name for op in (EMPTY, FILLED, PUSH, PUT)}
ORDERED = ("call", "external")

WIDEST, MOST = 76, 10
Steps = tuple[Step, ...]


@dataclass(frozen=True)
class Size:
    """How large an expression is in print: columns, operations, and whether it chooses."""

    width: int
    operations: int = 0
    chooses: bool = False


@dataclass
class Nested:
    """The steps that are left, and the applications written inside others."""

    steps: Steps = ()
    made: dict[Var, Apply] = field(default_factory=dict)

    def reads(self, arg: Arg) -> Iterator[Var]:
        """The stored variables that evaluating an argument reads."""
        for var in variables((arg,)):
            if var in self.made:
                for inner in self.made[var].args:
                    yield from self.reads(inner)
            else:
                yield var

    def read_by(self, step: Step) -> Iterator[Var]:
        """The stored variables that the step itself reads."""
        for arg in arguments(step):
            yield from self.reads(arg)


def nest(steps: Steps, webs: Webs, kept: Set[Var] = frozenset()) -> Nested:
    """Decide what nests; `kept` are variables that stay."""
    planner = _Planner(use_counts(steps), webs, partial=partly_bound(steps), kept=kept)
    planner.nested.steps = planner.block(steps, None, 0)
    return planner.nested


@dataclass
class _Block:
    """What is known half way down a block."""

    open: dict[Var, int] = field(
        default_factory=dict
    )  # candidates, by the place of their definition
    writes: dict[object, list[tuple[int, Step]]] = field(default_factory=dict)
    pending: dict[int, Step] = field(default_factory=dict)  # steps so far, by place


@dataclass
class _Planner:
    uses: Counter[Var]
    webs: Webs
    nested: Nested = field(default_factory=Nested)
    sizes: dict[Var, Size] = field(default_factory=dict)
    partial: set[Var] = field(default_factory=set)
    kept: Set[Var] = frozenset()

    def block(self, steps: Steps, test: Atom | None, depth: int, choice: bool = False) -> Steps:
        """The steps that are left of a block; `test` is read at its end."""
        block = _Block()
        for place, step in enumerate(steps):
            step = self.inner(step, depth)
            block.pending[place] = step
            if not isinstance(step, Move) or choice:
                self.absorb(block, place, step, arguments(step), depth)
            else:
                self.absorb_swap(block, place, step, depth)
            self.enter(block, place, step)
        if test is not None:
            self.absorb(block, len(steps), Branch(test, (), ()), (test,), depth)
        return tuple(block.pending.values())

    def inner(self, step: Step, depth: int) -> Step:
        """The step with its regions done."""
        if isinstance(step, Branch):
            return self.branch(step, depth)
        if isinstance(step, Loop):
            head = self.block(step.head, step.test, depth + 1)
            return replace(step, head=head, body=self.block(step.body, None, depth + 1))
        return step

    def branch(self, step: Branch, depth: int) -> Step:
        choice = _may_choose(step)
        first, *rest = step.orelse or (step,)
        chained = isinstance(first, Branch) and all(isinstance(s, Move) for s in rest)  # elif
        sides = [
            self.block(step.then, None, depth + 1, choice),
            self.block(step.orelse, None, depth + (not chained), choice),
        ]
        chosen = self.chosen(step, sides) if choice else None
        return chosen or replace(step, then=sides[0], orelse=sides[1])

    def chosen(self, step: Branch, sides: list[Steps]) -> Apply | None:
        """The branch as one expression, if nothing else is left of its sides."""
        if any(len(side) != 1 for side in sides):
            return None
        (then,), (orelse,) = sides
        assert isinstance(then, Move) and isinstance(orelse, Move)
        out, a, b = then.targets[0], then.sources[0], orelse.sources[0]
        if a in self.partial or b in self.partial:
            return None  # to read it in an expression would raise
        if self.goes_on(out, a, b) or self.goes_on(out, b, a):
            return None
        args = (step.test, a, b)
        size = self.size(args, 10, set())
        short = Const(True) in args or Const(False) in args
        if size.width > WIDEST - 8 or size.operations > MOST or (size.chooses and not short):
            return None
        return Apply((out,), CHOOSE, args, step.at, step.adjoint)

    def goes_on(self, out: Var, kept: Atom, changed: Atom) -> bool:
        """Whether one side leaves a variable as it is: `if c: x += v` says that best."""
        if not isinstance(kept, Var) or kept in self.nested.made:
            return False
        made = self.nested.made.get(changed) if isinstance(changed, Var) else None
        adds = made is not None and made.args[0] is kept and made.op.name in ADDING
        return adds or bool(out.hint and out.hint == kept.hint)

    # --- what a step takes in ---

    def absorb(
        self, block: _Block, place: int, step: Step, args: Sequence[Arg], depth: int
    ) -> None:
        """Nest the candidates the step reads; the largest stay out until the line is short."""
        if isinstance(step, Return):
            self.absorb_sums(block, step)
        found = [
            v for v in variables(args[_first_slot(step) :]) if self.fits(block, place, step, v)
        ]
        room = WIDEST - 4 * depth
        while found:
            size = self.size(args, 0, set(found))
            if size.width <= room and size.operations <= MOST:
                break
            found.remove(max(found, key=lambda v: self.reluctance(block, v)))
        if isinstance(step, Return) and not set(variables(step.values)) <= set(found):
            found = [v for v in found if len(step.values) == 1 or not self.has_name(block, v)]
        for var in found:
            self.take(block, var)

    def has_name(self, block: _Block, var: Var) -> bool:
        made = block.pending[block.open[var]]
        assert isinstance(made, Apply)
        return is_named(made)

    def reluctance(self, block: _Block, var: Var) -> tuple[bool, int]:
        """What stays out first: what has a name, then what is wide."""
        return self.has_name(block, var), self.sizes[var].width

    def absorb_swap(self, block: _Block, place: int, step: Move, depth: int) -> None:
        """x, y = y, x + y: a value that would overwrite what the move still reads."""
        for target, source in zip(step.targets, step.sources):
            if not isinstance(source, Var) or source not in block.open:
                continue
            if len(step.targets) < 2 or not any(target is s for s in step.sources):
                continue
            if self.passes(block, place, source) and self.size((source,), 0, {source}).width < 40:
                self.take(block, source)

    def absorb_sums(self, block: _Block, step: Return) -> None:
        """b_x = f; b_x += g; return b_x: the sum is an expression if its first part nests."""
        for var in variables(step.values):
            made = block.pending[block.open[var]] if var in block.open else None
            if not isinstance(made, Apply) or not is_change(made):
                continue
            first, place = made.args[0], block.open[var]
            if not isinstance(first, Var) or first not in block.open:
                continue
            size = self.size(made.args, _own_width(made), {first})
            short = size.width <= WIDEST - len("return ") and size.operations <= MOST
            if short and self.passes(block, place, first):
                self.take(block, first)
                self.sizes[var] = size

    def take(self, block: _Block, var: Var) -> None:
        place = block.open.pop(var)
        step = block.pending.pop(place)
        assert isinstance(step, Apply)
        self.nested.made[var] = step

    def fits(self, block: _Block, place: int, step: Step, var: Var) -> bool:
        if var not in block.open:
            return False
        made = block.pending[block.open[var]]
        assert isinstance(made, Apply)
        if step_asks_shape(step) and made.op.name not in ("getitem", ACCESS.name):
            return False
        if is_named(made) and not self.goes_along(made, step):
            return False
        if is_change(made) and made.args[0] not in self.nested.made:
            if isinstance(step, Move) or isinstance(step, Return) and var.hint:
                return False
        return self.passes(block, place, var)

    def goes_along(self, made: Apply, step: Step) -> bool:
        """Whether a value with a name may nest: into `return`, or into a sum of the same name."""
        if isinstance(step, Return):
            return True
        if not isinstance(step, Apply) or step.at.line != made.at.line or not step.adjoint:
            return False
        out = made.outs[0]
        sums = step.op.name in ("add", "subtract") and step.args[0] is out
        if not sums or step.outs[0].hint != out.hint or not isinstance(out.type, Scalar):
            return False
        return not adds_to(made) or made.args[0] in self.nested.made

    def passes(self, block: _Block, place: int, var: Var) -> bool:
        """Whether nothing between definition and use writes what the definition reads."""
        start = block.open[var]
        made = block.pending[start]
        assert isinstance(made, Apply)
        if made.op.name in ORDERED and any(start < k < place for k in block.pending):
            return False
        return not any(
            self.webs.disturbs(step, v)
            for v in self.nested.read_by(made)
            for key in self.webs.keys(v)
            for k, step in block.writes.get(key, ())
            if start < k < place
        )

    def enter(self, block: _Block, place: int, step: Step) -> None:
        """Note what the step writes, and whether it may nest into a later one."""
        for inner in all_steps((step,)):
            for var in targets(inner):
                for key in self.webs.keys(var):
                    block.writes.setdefault(key, []).append((place, step))
        if isinstance(step, Apply) and self.is_candidate(step):
            out = step.outs[0]
            shown = _shown(step)
            named = sum(len(name) + 1 for name, _ in shown)
            size = self.size([a for _, a in shown], _own_width(step) + named, set())
            if step.op is ACCESS:
                size = Size(len(str(step.args[0])))
            self.sizes[out] = replace(size, chooses=size.chooses or step.op is CHOOSE)
            block.open[out] = place

    def is_candidate(self, step: Apply) -> bool:
        if len(step.outs) != 1 or step.op.name in STATEMENTS or step.op.effect:
            return False
        if step.outs[0] in self.kept:
            return False
        if step.op.name == "blank":  # what it reads is stored for it (`unbound`)
            return False
        return self.uses[step.outs[0]] == 1

    def size(self, args: Sequence[Arg], own: int, taken: set[Var]) -> Size:
        """The size of an expression of some arguments."""
        sizes = [self.atom_size(a, taken) for arg in args for a in _written(arg)]
        width = own + sum(s.width + 2 for s in sizes)
        count = 1 + sum(s.operations for s in sizes)
        return Size(width, count, any(s.chooses for s in sizes))

    def atom_size(self, atom: Atom, taken: set[Var]) -> Size:
        if isinstance(atom, Const):
            return Size(min(len(repr(atom.value)), 20) if atom.value is not None else 0)
        nests = atom in self.nested.made or atom in taken
        return self.sizes[atom] if nests else Size(_name_width(atom))


def _written(arg: Arg) -> list[Atom]:
    """The atoms of an argument, without the bounds that its slices leave out."""
    if isinstance(arg, (Var, Const)):
        return [arg]
    left_out = Const(None) if isinstance(arg, Cut) else None
    return [atom for part in parts(arg) if part != left_out for atom in _written(part)]


def _name_width(var: Var) -> int:
    return len(var.hint) or 2


def _shown(step: Apply) -> list[tuple[str, Arg]]:
    """The arguments that are written: none that equals its default, others with their names."""
    if not isinstance(step.op, Row) or not step.op.path:
        return [("", arg) for arg in step.args]
    parameters = step.op.signature.parameters.values()
    return [
        ("" if p.default is p.empty or p.name in step.op.operands else p.name, arg)
        for p, arg in zip(parameters, step.args)
        if arg != Const(p.default) or p.default is p.empty
    ]


def _own_width(step: Apply) -> int:
    path = getattr(step.op, "path", "")
    if getattr(step.op, "symbol", None) is not None:
        return -1 if len(step.args) > 1 else 0
    if step.op.name == "getitem":
        return 0
    spelled = {"extent": ".shape", "transpose": ".T"}.get(step.op.name, path)
    return len(spelled or step.op.name)


def step_asks_shape(step: Step) -> bool:
    """Whether only the shape of what the step reads matters: nothing is computed for that."""
    return isinstance(step, Apply) and step.op.name in ("extent", "length", "zeros_like")


def is_named(made: Apply) -> bool:
    """Whether the value has a name of the user's (a part of an argument does without)."""
    return bool(made.outs[0].hint) and made.op is not ACCESS


def _first_slot(step: Step) -> int:
    """What is changed in place has a name."""
    return 1 if isinstance(step, Apply) and step.op.name in IN_PLACE else 0


def is_change(step: Apply) -> bool:
    """Whether the step may turn out to be a change in place of an array."""
    first = step.args[0] if step.args else None
    out = step.outs[0]
    if not isinstance(first, Var) or not isinstance(out.type, Array) or step.op.name not in ADDING:
        return False
    return first.type == out.type and first.hint == out.hint


def _may_choose(step: Branch) -> bool:
    """Whether a branch sets one variable on both sides, from nothing but temporaries."""
    for side in (step.then, step.orelse):
        *made, move = side or (Return(()),)
        if not isinstance(move, Move) or len(move.targets) != 1:
            return False
        if is_missing(move.sources[0]):
            return False
        if not all(_is_plain(s) for s in made):
            return False
    return True


def _is_plain(step: Step) -> bool:
    if isinstance(step, Branch):
        return _may_choose(step)
    if not isinstance(step, Apply) or len(step.outs) != 1 or step.outs[0].hint:
        return False
    return step.op.name not in STATEMENTS and not step.op.effect and not is_change(step)
