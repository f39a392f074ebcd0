"""Decides whether the derivatives of a function are right, in both modes and to second order.

The judges are independent of the compiler: a complex step through the rewritten program, exact to
rounding, and differences of the program as it stands. Besides, forward and reverse mode must agree
to rounding, results must have the arguments' structure, and arguments must come back untouched.

Two verdicts are about the judges, not about what they judge: ``undecided`` where the complex step
and the differences disagree before any derivative was asked for, and ``rounded`` where all is right
but a value differs from the original's in its last bits.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

import srcdiff
from srcdiff.errors import InternalError, SrcdiffError
from tests.properties.complexify import STEP
from tests.properties.differences import slope
from tests.properties.generate import Program
from tests.properties.trees import (
    Called,
    copied,
    flat,
    flat_where_float,
    is_float,
    leaves,
    mapped,
    mismatch,
    same,
    same_but_for_rounding,
    unflat,
)

RIGHT, REFUSED, WRONG, CRASH = "right", "refused", "wrong", "crash"
ROUNDED, UNDECIDED = "rounded", "undecided"
BETWEEN_MODES = 1e-12
AGAINST_DIFFERENCES = 1e-6
CLOSE = 1e-6  # a step of differences of gradients that are exact to rounding

Derivatives = Callable[[np.ndarray], np.ndarray]
Stage = Callable[[], None]


class WrongResult(Exception):
    """Raised by a check that found a wrong result."""


@dataclass(frozen=True)
class Outcome:
    """What became of one program: a verdict, the stage that gave it, and the numbers."""

    verdict: str
    stage: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.verdict} in {self.stage}: {self.detail}" if self.stage else self.verdict


def examine(
    program: Program, second: bool = True, thorough: bool = True, both: bool = False
) -> Outcome:
    """Differentiate a generated program, and judge: in every way, or in those whose turn it is.

    both: once in reverse and once in forward mode, and nothing besides
    """
    derivatives = complex_step(program)
    narrow = "float32" in program.source
    judge = Judge(program.function, program, derivatives, program.seed, narrow, to_the_bit=False)
    stages: Iterable[Stage] = (
        judge.stages(second) if thorough else judge.stages_in_turn(program.seed, second)
    )
    if both:
        stages = (judge.check_vjp, judge.check_jvp)
    doubt = _of(judge.check_differences, UNDECIDED)
    if doubt is not None:
        return doubt
    for stage in stages:
        outcome = _of(stage)
        if outcome is not None:
            return outcome
    return Outcome(ROUNDED, "value", judge.rounded) if judge.rounded else Outcome(RIGHT)


def _of(stage: Stage, if_wrong: str = WRONG) -> Outcome | None:
    name = stage.__name__.removeprefix("check_")
    try:
        with np.errstate(divide="raise", invalid="raise", over="raise"):
            stage()
    except WrongResult as found:
        return Outcome(if_wrong, name, str(found))
    except SrcdiffError as refusal:
        verdict = CRASH if isinstance(refusal, InternalError) else REFUSED
        return Outcome(verdict, name, f"{type(refusal).__name__}: {refusal}")
    except TimeoutError:
        raise
    except Exception:
        return Outcome(CRASH, name, traceback.format_exc(limit=-6))
    return None


def complex_step(program: Program) -> Derivatives:
    """Return the function from a point to the matrix of derivatives there, a row per output."""
    rewritten = program.complexified()

    def at(point: np.ndarray) -> np.ndarray:
        columns = []
        for direction in np.eye(point.size):
            args = program.with_active(point + 1j * STEP * direction, keep_dtype=False)
            with np.errstate(all="ignore"):
                result = flat(rewritten.run("program", *args))
            columns.append(np.imag(result) / STEP)
        return np.stack(columns, axis=-1)

    return at


class Judge:
    """The expected numbers of one call, and a check for each way to differentiate it.

    ``derivatives`` gives the matrix of derivatives of all float outputs with respect to all active
    inputs at a point; ``tolerance`` is how far, relative to the largest, a gradient may be off it;
    values must be the original's ``to_the_bit`` or but for rounding.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        call: Called,
        derivatives: Derivatives,
        seed: int = 0,
        narrow: bool = False,
        tolerance: float = 1e-10,
        to_the_bit: bool = True,
    ) -> None:
        self.function = function
        self.call = call
        self.derivatives = derivatives
        self.to_the_bit = to_the_bit
        self.rounded = ""  # how a value differs from the original's in its last bits
        self.narrow = narrow or any(_is_narrow(leaf) for leaf in leaves(call.args))
        self.tolerance = 1e-3 if self.narrow else tolerance
        self.left_behind = copied(call.args)
        with np.errstate(all="ignore"):
            self.value = function(*self.left_behind)
        rng = np.random.default_rng(seed)
        self.point = flat(call.active)
        self.direction = rng.uniform(-1, 1, self.point.size)
        self.seed = mapped(lambda leaf: _drawn_like(leaf, rng), self.value)
        self.jacobian = derivatives(self.point)
        self.gradient = flat(self.seed) @ self.jacobian

    @property
    def is_scalar(self) -> bool:
        """Say whether ``grad`` applies."""
        return is_float(self.value) and np.shape(self.value) == ()

    def stages(self, second: bool = True) -> Iterator[Stage]:
        """Yield the checks that apply."""
        yield self.check_vjp
        yield self.check_jvp
        if self.is_scalar:
            yield self.check_grad
        if self.is_scalar and second:
            yield self.check_forward_over_reverse
            yield self.check_reverse_over_reverse

    def stages_in_turn(self, seed: int, second: bool = True) -> Iterator[Stage]:
        """Yield the checks of both modes, and those of the other compilations that a seed gets.

        Every other program gets one of the two ways to a second derivative, the others `grad` with
        the value, and half of these `grad` by itself: most of the time of a check is that of
        compiling. Sizes follow the last digit of a seed, so turns follow the one before.
        """
        turn = seed // 10
        yield self.check_vjp
        yield self.check_jvp
        if not self.is_scalar:
            return
        if second and turn % 2:
            yield (self.check_forward_over_reverse, self.check_reverse_over_reverse)[turn // 2 % 2]
            return
        yield self.check_value_and_grad
        if turn % 4 == 0:
            yield self.check_grad_alone

    def check_differences(self) -> None:
        """The oracle itself: complex step against differences of the untouched program."""
        if self.narrow:
            return

        def along(t: float) -> np.ndarray:
            args = self.call.with_active(self.point + t * self.direction)
            return np.atleast_1d(flat(self.function(*args)) @ flat(self.seed))

        expected, error = slope(along)
        given = self.gradient @ self.direction
        scale = 1 + np.abs(self.gradient) @ np.abs(self.direction)
        if abs(given - expected[0]) > 10 * error[0] + AGAINST_DIFFERENCES * scale:
            raise WrongResult(f"complex step gives {given!r}, differences {expected[0]!r}")

    def check_vjp(self) -> None:
        """Reverse mode, with a seed of the result's structure."""
        self._expect_gradient(self._pulled_back(), self.gradient)

    def check_jvp(self) -> None:
        """Forward mode, against the expected derivatives and against reverse mode."""
        args, tangents = copied(self.call.args), self._tangents()
        value, tangent = srcdiff.jvp(self.function, args, tangents)
        self._expect_value(value)
        self._expect_arguments(args)
        self._expect_apart((value, tangent), (args, tangents))
        wrong = mismatch(tangent, self.value, exact=False)
        if wrong:
            raise WrongResult(f"tangent {wrong}")
        moved = flat_where_float(tangent, self.value)
        self._expect_close("tangent", moved, self.jacobian @ self.direction)
        self._expect_modes_agree(moved, flat(self._pulled_back()))

    def check_grad(self) -> None:
        """``value_and_grad`` with respect to several arguments, ``grad`` with respect to one."""
        self.check_value_and_grad()
        self.check_grad_alone()

    def check_value_and_grad(self) -> None:
        """``value_and_grad`` with respect to several arguments."""
        args = copied(self.call.args)
        value, found = srcdiff.value_and_grad(self.function, wrt=self.call.wrt)(*args)
        self._expect_value(value)
        self._expect_arguments(args)
        self._expect_apart((value, found), args)
        self._expect_gradient(found, self.jacobian[0])

    def check_grad_alone(self) -> None:
        """``grad`` with respect to one argument."""
        args = copied(self.call.args)
        one = srcdiff.grad(self.function, wrt=self.call.wrt[0])(*args)
        self._expect_arguments(args)
        first = self.call.active[0]
        wrong = mismatch(one, first)
        if wrong:
            raise WrongResult(f"gradient {wrong}")
        expected = self.jacobian[0][: flat(first).size]
        self._expect_close("gradient by itself", flat(one), expected)

    def check_forward_over_reverse(self) -> None:
        """The product of the Hessian and a vector, as ``jvp`` of ``grad``."""
        derivative = srcdiff.grad(self.function, wrt=self.call.wrt)
        args = copied(self.call.args)
        _, product = srcdiff.jvp(derivative, args, self._tangents())
        self._expect_arguments(args)
        self._expect_second(product)

    def check_reverse_over_reverse(self) -> None:
        """The same product, as ``vjp`` of ``grad``: the Hessian is symmetric."""
        derivative = srcdiff.grad(self.function, wrt=self.call.wrt)
        tangents = self._tangents()
        seed = tuple(tangents[position] for position in self.call.wrt)
        args = copied(self.call.args)
        _, pullback = srcdiff.vjp(derivative, *args)
        self._expect_arguments(args)
        cotangents = pullback(seed)
        self._expect_second(tuple(cotangents[position] for position in self.call.wrt))

    def _pulled_back(self) -> tuple[Any, ...]:
        args = copied(self.call.args)
        value, pullback = srcdiff.vjp(self.function, *args)
        self._expect_value(value)
        self._expect_arguments(args)
        self._expect_apart(value, args)
        _scribble((value, args))
        seed = copied(self.seed)
        cotangents = pullback(seed)
        if not same(seed, self.seed):
            raise WrongResult(f"the seed is now {seed!r}, it was {self.seed!r}")
        self._expect_apart(cotangents, seed)
        if not isinstance(cotangents, tuple) or len(cotangents) != len(args):
            raise WrongResult(f"the pullback gives {cotangents!r} for {len(args)} arguments")
        return tuple(cotangents[position] for position in self.call.wrt)

    def _tangents(self) -> tuple[Any, ...]:
        tangents = [mapped(_zero, arg) for arg in self.call.args]
        moved = unflat(self.call.active, self.direction)
        for position, tangent in zip(self.call.wrt, moved, strict=True):
            tangents[position] = tangent
        return tuple(tangents)

    def _expect_value(self, value: Any) -> None:
        self._expect_same("value", value, self.value)

    def _expect_arguments(self, args: tuple[Any, ...]) -> None:
        self._expect_same("arguments", args, self.left_behind)

    def _expect_same(self, what: str, given: Any, expected: Any) -> None:
        if same(given, expected):
            return
        found = f"{what} {given!r}, expected {expected!r}"
        if self.to_the_bit or not same_but_for_rounding(given, expected):
            raise WrongResult(found)
        self.rounded = found

    def _expect_apart(self, results: Any, others: Any) -> None:
        """Results are the caller's alone: no two share memory, none with what was handed in."""
        theirs = [leaf for leaf in leaves(others) if isinstance(leaf, np.ndarray)]
        for leaf in leaves(results):
            if not isinstance(leaf, np.ndarray):
                continue
            if any(np.shares_memory(leaf, other) for other in theirs):
                raise WrongResult(f"{leaf!r} shares memory with another result or argument")
            theirs.append(leaf)

    def _expect_gradient(self, found: Any, expected: np.ndarray) -> None:
        wrong = mismatch(found, self.call.active)
        if wrong:
            raise WrongResult(f"gradient {wrong}")
        self._expect_close("gradient", flat(found), expected)

    def _expect_close(self, what: str, given: np.ndarray, expected: np.ndarray) -> None:
        scale = max(np.max(np.abs(expected), initial=0), 1e-3)
        if not np.all(np.abs(given - expected) <= self.tolerance * scale):
            raise WrongResult(f"{what} {given!r}, expected {expected!r}")

    def _expect_modes_agree(self, tangent: np.ndarray, cotangent: np.ndarray) -> None:
        forward, reverse = tangent @ flat(self.seed), cotangent @ self.direction
        scale = np.abs(cotangent) @ np.abs(self.direction)
        scale = max(scale + np.abs(tangent) @ np.abs(flat(self.seed)), 1e-3)
        allowed = (1e-4 if self.narrow else BETWEEN_MODES) * scale
        if not abs(forward - reverse) <= allowed and (
            not abs(forward - reverse) <= 4 * self._rounding()
        ):
            raise WrongResult(f"forward {forward!r}, reverse {reverse!r}")

    def _rounding(self) -> float:
        """Return what rounding of the arguments alone may change in the derivative."""
        nudge = np.where(np.arange(self.point.size) % 2, 1.0, -1.0) * 4e-16 * np.abs(self.point)
        changed = flat(self.seed) @ self.derivatives(self.point + nudge)
        return float(np.abs(changed - self.gradient) @ np.abs(self.direction))

    @cached_property
    def _second(self) -> tuple[np.ndarray, np.ndarray]:
        """The Hessian times the direction, by differences of gradients, and the error of that."""
        return slope(self._along, step=4e-3)

    def _expect_second(self, found: Any) -> None:
        wrong = mismatch(found, self.call.active)
        if wrong:
            raise WrongResult(f"second derivative {wrong}")
        given, (expected, error) = flat(found), self._second
        if not self._is_second(given, expected, error):
            close, more = slope(self._along, step=CLOSE)  # where the gradient bends sharply
            if not self._is_second(given, close, more):
                raise WrongResult(f"second derivative {given!r}, expected {expected!r}")

    def _is_second(self, given: np.ndarray, expected: np.ndarray, error: np.ndarray) -> bool:
        scale = np.max(np.abs((*expected, *self.gradient, 1e-2)))
        relative = 1e-2 if self.narrow else AGAINST_DIFFERENCES
        allowed = 10 * np.max(error, initial=0) + relative * scale
        return bool(np.all(np.abs(given - expected) <= allowed))

    def _along(self, t: float) -> np.ndarray:
        return self.derivatives(self.point + t * self.direction)[0]


def _is_narrow(leaf: Any) -> bool:
    return getattr(leaf, "dtype", None) == np.float32


def _drawn_like(leaf: Any, rng: np.random.Generator) -> Any:
    if not is_float(leaf):
        return leaf
    if isinstance(leaf, np.ndarray):
        return rng.uniform(0.5, 1.5, leaf.shape).astype(leaf.dtype)
    return float(rng.uniform(0.5, 1.5))


def _scribble(tree: Any) -> None:
    """Write over all arrays, as the caller may when a call has returned."""
    for leaf in leaves(tree):
        if isinstance(leaf, np.ndarray) and leaf.flags.writeable:
            leaf[...] = np.nan if leaf.dtype.kind in "fc" else 0


def _zero(leaf: Any) -> Any:
    """Return the tangent of an argument that does not move."""
    if isinstance(leaf, np.ndarray):
        return np.zeros_like(leaf)
    if is_float(leaf):
        return 0.0
    return 0 if isinstance(leaf, int) else leaf
