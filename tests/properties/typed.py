"""Runs the typed form of generated programs, and holds every value against the type it was given.

What a type says is used while compiling: lengths that are equal need no broadcasting and no test, and
`len(xs)` of a list of known length is a number. So each dtype, rank and length must be what the run
brings; and two lengths of one name equal, in one round of a loop, whatever the run brings.

    python -m tests.properties.typed --programs 1000 --seed 1
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np

import srcdiff
from srcdiff.api.compiled import Compiled, shown_values
from srcdiff.api.products import pullbacks
from srcdiff.errors import InternalError, SrcdiffError
from srcdiff.evaluate import concrete
from srcdiff.evaluate.interpret import Env, Evaluator, leaves_of
from srcdiff.ir.core import Apply, For, Function, Var, While
from srcdiff.ir.types import Array, Dim, ListOf, Scalar, Type
from tests.language.rows import Row
from tests.properties.generate import Program, generate
from tests.properties.trees import copied

KINDS = {"b": bool, "i": int, "f": float, "c": complex}


class WrongType(Exception):
    """Raised where a value is not of its type."""


class Typed(Evaluator):
    """Plain values; `lengths` are those that names of lengths have in the rounds that are going on."""

    def __init__(self) -> None:
        self.lengths: dict[Hashable, int] = {}
        self.before: list[dict[Hashable, int]] = []
        self.checked = 0

    def lifted(self, value: Any) -> Any:
        return value

    def plain(self, value: Any) -> Any:
        return value

    def operation(self, stmt: Apply, args: list[Any]) -> list[Any]:
        return concrete.run(stmt, args)

    def function(self, function: Function, args: Sequence[Any]) -> list[Any]:
        kept, self.lengths = self.lengths, {}
        env: Env = {}
        self.bind(function.params, args, env)
        results = self.block(function.body, env)
        self.lengths = kept
        return results

    def loop(self, stmt: For | While, env: Env) -> list[Any]:
        self.before.append(dict(self.lengths))
        outs = super().loop(stmt, env)
        self.lengths = self.before.pop()
        return outs

    def turned(self, number: int) -> None:
        self.lengths = dict(self.before[-1])

    def bind(self, variables: Sequence[Var], values: Iterable[Any], env: Env) -> None:
        values = list(values)
        super().bind(variables, values, env)
        for var, value in zip(variables, values, strict=True):
            wrong = self.mismatch(var.type, value)
            if wrong:
                raise WrongType(f"{var.hint or 'a value'}: {var.type} is {wrong}: {value!r:.80}")
            self.checked += 1

    def mismatch(self, type: Type, value: Any) -> str | None:
        """What is not as the type says; what some path leaves undefined is of any type."""
        if isinstance(value, list) and not value:  # the record of a path not taken
            return None
        if value is None or not isinstance(value, (np.ndarray, np.generic, float, int, list)):
            return None
        if isinstance(type, ListOf):
            return self.mismatch_of_list(type, value)
        if isinstance(type, Array):
            return self.mismatch_of_array(type, value)
        if isinstance(type, Scalar) and isinstance(value, (np.ndarray, list)):
            return None if np.shape(value) == () else "no scalar"
        if isinstance(type, Scalar) and not type.mixed:
            kind = np.asarray(value).dtype.kind
            return None if kind == np.dtype(type.dtype).kind else f"of kind {kind}"
        return None

    def mismatch_of_list(self, type: ListOf, value: Any) -> str | None:
        if not isinstance(value, list):
            return "no list"
        known = dict(self.lengths)
        inner = [self.mismatch(type.element, v) for v in value]
        self.lengths = known  # entries may differ in length, as arrays of several rounds do
        element = next((w for w in inner if w and "length" not in w), None)
        return element or self.wrong_length(type.length, len(value))

    def mismatch_of_array(self, type: Array, value: Any) -> str | None:
        if not isinstance(value, np.ndarray):
            blank = isinstance(value, float) and value == 0.0  # of what some path leaves undefined
            return None if blank or type.shape in ((), None) else "no array"
        if value.dtype != np.dtype(type.dtype):
            return f"of dtype {value.dtype}"
        if type.shape is None:
            return None
        if len(type.shape) != value.ndim:
            return f"of rank {value.ndim}"
        lengths = map(self.wrong_length, type.shape, value.shape)
        return next((w for w in lengths if w), None)

    def wrong_length(self, dim: Dim, found: int) -> str | None:
        if isinstance(dim, int):
            return None if dim == found else f"of length {found}"
        if dim.one is not None and dim.one != (found == 1):
            return f"of length {found}, and {dim} is{' ' if dim.one else ' not '}1"
        known = self.length(dim.key)
        if known is None:
            self.lengths[dim.key] = found
        elif known != found:
            return f"of length {found}, and {dim} is {known}"
        return None

    def length(self, key: Hashable) -> int | None:
        """What is known of a length by its name."""
        if key in self.lengths or not isinstance(key, tuple):
            return self.lengths.get(key)
        if key[0] in ("plus", "times") and isinstance(key[1], int):
            terms = [self.length(term) for term in key[2:]]
            if None in terms:
                return None
            numbers = [key[1], *terms]
            return int(sum(numbers) if key[0] == "plus" else np.prod(numbers))  # type: ignore[arg-type]
        if key[0] == "minus" and len(key) == 3 and isinstance(key[2], int):
            whole = self.length(key[1])
            return None if whole is None else max(whole - key[2], 0)
        return None


def held_against_types(program: Program | Row) -> int:
    """Run the forms that a program's vjp is made of, and its gradient; how many values were checked.

    Raises WrongType where a type is wrong, SrcdiffError where the program is refused.
    """
    run = Typed()
    made: list[Compiled] = [pullbacks(program.function, len(program.args), len(program.args))]
    with np.errstate(all="ignore"):
        if isinstance(program.function(*copied(program.args)), (float, np.floating)):
            made.append(srcdiff.grad(program.function, wrt=program.wrt))
        for one in made:
            variant, _ = one.variant(copied(program.args), {})
            given = shown_values(variant, one.bind(copied(program.args), {}))
            run.function(variant.primal.function, leaves_of(variant.primal, given))
    return run.checked


def main() -> int:
    """Check many programs, print what is wrong."""
    parser = argparse.ArgumentParser(description="Hold values against their types.")
    parser.add_argument("--programs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--reads", action="store_true", help="programs that write nothing")
    given = parser.parse_args()
    wrong = refused = checked = 0
    warnings.simplefilter("ignore")
    for seed in range(given.seed, given.seed + given.programs):
        program = generate(seed, writes=not given.reads)
        try:
            checked += held_against_types(program)
        except WrongType as found:
            wrong += 1
            print(f"{'-' * 88}\nseed {seed}: {found}\n{program.source}", flush=True)
        except InternalError as fault:
            wrong += 1
            print(f"{'-' * 88}\nseed {seed}: {fault}", flush=True)
        except SrcdiffError:
            refused += 1
    print(f"{given.programs} programs from seed {given.seed}, {checked} values")
    print(f"{refused} refused, {wrong} wrong")
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
