"""Random, typed, well-formed programs as source text, each replayed by its seed and size.

``generate(seed)`` writes a module: constants, helper functions (with defaults, keyword-only
parameters, bounded recursion), and a function ``program`` with arguments to call it on. It returns
only programs that were vetted: they run, their values are finite and moderate, and none of their
choices (branches, maxima, sorts) changes when the arguments are nudged, so that a derivative
exists and differences can measure it.
"""

from __future__ import annotations

import ast
import linecache
import random
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from tests.properties.blocks import Block, Place, weighted
from tests.properties.complexify import STEP, Complexified
from tests.properties.control import fill
from tests.properties.kinds import (
    BOOL,
    MODES,
    NOTHING,
    SCALAR,
    Array,
    Dict,
    Function,
    Int,
    Kind,
    List,
    Mask,
    Object,
    Tuple,
    has_floats,
    sample,
)
from tests.properties.scope import Names, Scope
from tests.properties.totals import total
from tests.properties.trees import Called, copied, flat
from tests.properties.writing import WRITES

SIZES = (1, 2, 3, 4, 6, 8, 10, 13, 16, 20)
NUDGE = 1e-3
_HOME = sys.modules.setdefault("generated_programs", ModuleType("generated_programs"))
_LARGEST = 1e4


@dataclass(frozen=True)
class Program(Called):
    """A module's source, arguments to call its function ``program`` on, and where it is from."""

    source: str
    args: tuple[Any, ...]
    wrt: tuple[int, ...]
    seed: int = 0
    size: int = 0
    writes: bool = False
    names: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def function(self) -> Callable[..., Any]:
        """The function itself, compiled once, its source known to ``inspect``."""
        if not self.names:
            self.names.update(executed(self.source, f"program {self.seed} of size {self.size}"))
        return self.names["program"]

    def complexified(self) -> Complexified:
        """Return the program as one that takes complex numbers."""
        return Complexified(self.source, writes=self.writes)


def executed(source: str, title: str) -> dict[str, Any]:
    """Execute a module's source, and make it known to ``inspect``."""
    title = f"<{title}, {zlib.crc32(source.encode()):x}>"
    linecache.cache[title] = (len(source), None, source.splitlines(keepends=True), title)
    names: dict[str, Any] = {"__name__": _HOME.__name__}
    exec(compile(source, title, "exec"), names)
    return names


def generate(seed: int, size: int | None = None, writes: bool = False) -> Program:
    """Return the vetted program of a seed; small seeds give small programs, over and over."""
    if size is None:
        size = SIZES[seed % len(SIZES)]
    for attempt in range(200):
        program = draft(seed, size, attempt, writes)
        if objection(program) is None:
            return program
    raise RuntimeError(f"no program of size {size} from seed {seed} could be vetted")


def draft(seed: int, size: int, attempt: int = 0, writes: bool = False) -> Program:
    """Return a program that was not vetted."""
    rng = random.Random(f"{seed} {size} {attempt} {writes}")
    return _Writer(rng, size, writes).program(seed)


def objection(program: Program) -> str | None:
    """Return why a program is of no use as a test, or ``None``."""
    with np.errstate(all="ignore"):
        try:
            result = program.function(*copied(program.args))
        except (IndexError, TypeError):
            return "raises an error of its own"
        except ValueError as error:
            if "read-only" in str(error):
                return "writes into a read-only view"
            raise
        values = flat(result)
        if not np.all(np.isfinite(values)) or np.any(np.abs(values) > _LARGEST):
            return "values are not moderate"
        rewritten = program.complexified()
        point = flat(program.active)
        try:
            notes = rewritten.notes("program", *copied(program.args))
        except TypeError:  # it writes into an array that came out one of integers
            return "does not run on complex numbers"
        rng = np.random.default_rng(program.seed)
        for _ in range(3):
            nudge = rng.uniform(-NUDGE, NUDGE, point.size)
            for sign in (1, -1):
                nudged = program.with_active(point + sign * nudge)
                if rewritten.notes("program", *nudged) != notes:
                    return "a choice is close to changing"
        slope = _steepest(program, rewritten, point, rng)
    if not np.isfinite(slope) or slope > _LARGEST:
        return "derivatives are not moderate"
    if slope == 0 and program.seed % 20:
        return "nothing depends on the arguments"
    return None


def _steepest(
    program: Program, rewritten: Complexified, point: np.ndarray, rng: np.random.Generator
) -> float:
    direction = rng.uniform(-1, 1, point.size)
    args = program.with_active(point + 1j * STEP * direction, keep_dtype=False)
    slopes = flat(rewritten.run("program", *args))
    return float(np.max(np.abs(slopes.imag), initial=0) / STEP)


class _Writer:
    """Writes one module."""

    def __init__(self, rng: random.Random, size: int, writes: bool) -> None:
        self.rng = rng
        self.size = size
        self.names = Names({"program", "np", "math", "sum", "max", "min", "abs", "e_"})
        self.scope = Scope(self.names, writes=writes)
        self.text: list[str] = ["import math", "import numpy as np"]
        self.classes: list[Object] = []

    def program(self, seed: int) -> Program:
        """Write the module and draw its arguments."""
        if self.rng.random() < 0.25 and self.size > 1:
            self._class()
        if self.rng.random() < 0.3:
            name = self.names.of("RATE")
            self.text.append(f"{name} = {self.rng.randint(1, 19) / 10}")
            self.scope.kinds[name] = SCALAR
            self.scope.pinned.add(name)
        for _ in range(self.rng.choice((0, 0, 1, 1, 2)) if self.size > 2 else 0):
            if self.rng.random() < 0.3:
                self._recursive()
            else:
                self._helper()
        if self.scope.writes and self.rng.random() < 0.5:
            self._procedure()
        kinds = self._argument_kinds()
        result = self._result_kind()
        parameters = [self.names.fresh(self.rng, kind) for kind in kinds]
        block = self._function("program", parameters, kinds, result, self.size, "", final=True)
        self.text.append(block)
        source = ast.unparse(ast.parse("\n".join(self.text))) + "\n"
        names = executed(source, f"program {seed} of size {self.size}")
        args = tuple(sample(self.rng, kind, names) for kind in kinds)
        floats = [index for index, kind in enumerate(kinds) if has_floats(kind)]
        wrt = tuple(index for index in floats if self.rng.random() < 0.8) or (floats[0],)
        return Program(source, args, wrt, seed, self.size, self.scope.writes, names)

    def _argument_kinds(self) -> list[Kind]:
        rng = self.rng
        n, m = rng.choice((2, 3, 3, 4)), rng.choice((1, 2, 3))
        first = rng.choice((SCALAR, Array((n,)), Array((n,)), Array((m, n))))
        choices: tuple[tuple[Kind, float], ...] = (
            (SCALAR, 3),
            (Array((n,)), 3),
            (Array((m, n)), 2),
            (Array((n, n)), 1),
            (Array((1, n)), 0.4),
            (Array((2, m, n)), 0.5),
            (Array((n, 1)), 0.4),
            (Array((n,), "float32"), 0.4),
            (Tuple((SCALAR, Array((n,)))), 0.4),
            (List(SCALAR, n), 0.5),
            (List(Array((n,)), 2), 0.3),
            (Dict((("w", Array((m, n))), ("b", SCALAR))), 0.5),
            (Int(0, 3), 1),
            (BOOL, 0.5),
            (MODES, 0.3),
            (Mask(tuple(rng.random() < 0.6 for _ in range(n))), 0.3),
        )
        others = [weighted(rng, choices) for _ in range(rng.randint(0, 3))]
        others += self.classes
        result = [first, *others]
        rng.shuffle(result)
        return result

    def _class(self) -> None:
        """Write a class of objects that are passed in: a NamedTuple, a dataclass or a plain one."""
        rng, name = self.rng, self.names.of("Point")
        fields: tuple[tuple[str, Kind], ...] = (
            ("gain", SCALAR),
            ("values", rng.choice((SCALAR, Array((rng.randint(1, 3),))))),
        )
        head, is_structure, is_mutable = rng.choice(_CLASS_HEADS)
        is_mutable = is_mutable and self.scope.writes
        self.classes.append(Object(name, fields, is_structure, is_mutable))
        scope = self.scope.child()
        scope.kinds["amount"] = SCALAR
        for field_name, kind in fields:
            scope.kinds[f"self.{field_name}"] = kind
            scope.pinned.add(f"self.{field_name}")
        block = fill(Block(rng, scope.child(), Place(SCALAR), rng.randint(0, 2)))
        lines = [*block.lines, f"return {block.write.scalar(2).text}"]
        method = _definition("measure(self, amount)", lines)
        self.text += [
            *_CLASS_IMPORTS,
            head.format(name),
            *(f"    {line}" for line in method.split("\n")),
        ]
        if is_mutable:
            self._changing_method(scope, dict(fields)["values"])

    def _changing_method(self, scope: Scope, values: Kind) -> None:
        """Write a method that assigns an attribute, and writes into an array or another attribute."""
        block = Block(self.rng, scope.child(), Place(NOTHING), 0)
        number = block.write.tamed(block.write.scalar(2), 1).text
        block.add(f"self.gain = 0.5 * self.gain + {number}")
        place = "" if values == SCALAR else self.rng.choice(("[0]", "[:]", "[-1:]"))
        block.add(f"self.values{place} {self.rng.choice(('+=', '*='))} amount")
        method = _definition("advance(self, amount)", block.lines)
        self.text += [f"    {line}" for line in method.split("\n")]

    def _result_kind(self) -> Kind:
        if self.rng.random() < 0.75:
            return SCALAR
        n = self.rng.randint(1, 3)
        return self.rng.choice(
            (
                Array((n,)),
                Array((2, n)),
                Tuple((SCALAR, Array((n,)))),
                Dict((("loss", SCALAR), ("rest", Array((n,))))),
                List(SCALAR, 2),
            )
        )

    def _function(
        self,
        name: str,
        parameters: list[str],
        kinds: list[Kind],
        result: Kind,
        budget: int,
        options: str,
        optional: tuple[tuple[str, Kind], ...] = (),
        final: bool = False,
    ) -> str:
        scope = self.scope.child()
        scope.pinned |= set(self.scope.kinds)
        scope.kinds.update(zip(parameters, kinds, strict=True))
        scope.kinds.update(optional)
        block = fill(Block(self.rng, scope, Place(result), budget))
        is_total = final and result == SCALAR
        value = total(block) if is_total else block.write.of(result, 2).text
        block.add(f"return {value}")
        return _definition(f"{name}({', '.join(parameters)}{options})", block.lines)

    def _helper(self) -> None:
        rng = self.rng
        shape = (rng.randint(1, 4),)
        result: Kind = rng.choice((SCALAR, SCALAR, Array(shape)))
        choices: tuple[Kind, ...] = (SCALAR, Array(shape))
        kinds = [rng.choice(choices) for _ in range(rng.randint(1, 2))]
        parameters = [self.names.fresh(rng, kind) for kind in kinds]
        keyword_only = rng.random() < 0.3
        optional: tuple[tuple[str, Kind], ...] = tuple(
            (self.names.of(rng.choice(("scale", "shift", "rate"))), SCALAR)
            for _ in range(rng.choice((0, 0, 1, 2)))
        )
        defaults = "".join(f", {key}={rng.randint(1, 19) / 10}" for key, _ in optional)
        star = ", *" if optional and keyword_only else ""
        name = self.names.of("helper")
        budget = rng.randint(0, min(4, self.size))
        self.text.append(
            self._function(name, parameters, kinds, result, budget, star + defaults, optional)
        )
        self.scope.kinds[name] = Function(tuple(kinds), optional, result, keyword_only)

    def _procedure(self) -> None:
        """Write a function that returns nothing and writes into its arguments."""
        n = self.rng.randint(1, 4)
        kinds: list[Kind] = [self.rng.choice((Array((n,)), Array((2, n)))), SCALAR]
        if self.rng.random() < 0.5:
            kinds.append(Array((n,)))
        scope = self.scope.child()
        scope.pinned |= set(self.scope.kinds)
        parameters = {self.names.fresh(self.rng, kind): kind for kind in kinds}
        scope.kinds.update(parameters)
        block = Block(self.rng, scope, Place(NOTHING), 0)
        for _ in range(self.rng.randint(1, 3)):
            weighted(self.rng, WRITES)(block)
        name = self.names.of("update")
        self.text.append(_definition(f"{name}({', '.join(parameters)})", block.lines))
        self.scope.kinds[name] = Function(tuple(kinds), (), NOTHING)

    def _recursive(self) -> None:
        """Write a function that calls itself, or two that call one another, to a bounded depth."""
        rng = self.rng
        shape = (rng.randint(1, 3),)
        kind: Kind = rng.choice((SCALAR, SCALAR, Array(shape)))
        mutual = rng.random() < 0.4
        names = [self.names.of("descend") for _ in range(2 if mutual else 1)]
        parameter, depth = self.names.fresh(rng, kind), self.names.of("level")
        for name, other in zip(names, names[::-1], strict=True):
            scope = self.scope.child()
            scope.pinned |= set(self.scope.kinds)
            scope.kinds[parameter] = kind
            block = Block(rng, scope, Place(kind), rng.randint(0, 3))
            block.nest(f"if {depth} <= 0:", [f"return {block.write.of(kind, 1).text}"])
            if block.budget:
                fill(block)
            inner = self.names.of("below")
            step = block.write.tamed(block.write.of(kind, 1), 2, array=kind != SCALAR).text
            block.assign(inner, f"{other}({step}, {depth} - 1)", kind)
            block.add(f"return 0.5 * {inner} + {block.write.of(kind, 2).text}")
            self.text.append(_definition(f"{name}({parameter}, {depth})", block.lines))
        self.scope.kinds[names[0]] = Function((kind,), (), kind, depth=rng.randint(1, 4))


_CLASS_IMPORTS = ("from dataclasses import dataclass", "from typing import Any, NamedTuple")
_CLASS_HEADS = (
    ("class {}(NamedTuple):\n    gain: float\n    values: Any", True, False),
    ("@dataclass\nclass {}:\n    gain: float\n    values: Any", True, True),
    ("@dataclass(frozen=True)\nclass {}:\n    gain: float\n    values: Any", True, False),
    (
        "class {}:\n    def __init__(self, gain, values):\n"
        "        self.gain = gain\n        self.values = values\n"
        "    def __repr__(self):\n        return f'Point({{self.gain!r}}, {{self.values!r}})'",
        False,
        True,
    ),
)


def _definition(signature: str, lines: list[str]) -> str:
    return "\n".join((f"def {signature}:", *(f"    {line}" for line in lines)))
