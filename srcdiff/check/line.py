"""The function along one line through its arguments, and its derivatives there by differences.

A line moves either one entry or every entry at once.  On it the function is a scalar of a scalar;
`Line.rung` evaluates it at shrinking steps to both sides and extrapolates the central and the two
one-sided quotients from the same values.  Every call of the function sees a fresh deep copy of the
arguments.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srcdiff.check.structure import Leaf
from srcdiff.errors import GradientError
from srcdiff.estimate.quotients import (
    COMPLEX_STEP,
    central_quotient,
    complex_quotient,
    one_sided_quotient,
)
from srcdiff.estimate.ridders import NOTHING, ROWS, SHRINK, Estimate, extrapolate
from srcdiff.structure import copied, rebuild

RETREATS = 14  # how often a step that leaves the domain is divided by four


@dataclass
class Subject:
    """The function with its arguments, its value there and the noise of that value."""

    f: Callable[..., Any]
    args: tuple[Any, ...]
    names: tuple[str, ...]
    value: float = math.nan
    eps: float = 0.0
    noise: float = 0.0
    chaotic: bool = False
    fixed: frozenset[int] = frozenset()  # arguments in which nothing moves

    def __post_init__(self) -> None:
        result = np.asarray(self.call({}))
        if result.shape != () or result.dtype.kind not in "fiub":
            kind = f"{result.dtype}, shape {result.shape}"
            raise GradientError(f"only a real scalar can be checked; the function gave {kind}")
        self.value = float(result)
        self.eps = eps_of(result)

    def call(self, moved: dict[str, Any]) -> Any:
        """f at a copy of the arguments in which the leaves at some paths are others."""

        def leaf(path: str, value: Any) -> Any:
            return moved[path] if path in moved else copied(value)

        return self.f(
            *(
                copied(arg) if i in self.fixed else rebuild(arg, self.names[i], leaf)
                for i, arg in enumerate(self.args)
            )
        )

    def probe(self, moved: dict[str, Any]) -> float:
        """The value of f, nan where f raises or is not a number."""
        try:
            with np.errstate(all="ignore"):
                return float(self.call(moved))
        except Exception:
            return math.nan


def eps_of(value: Any) -> float:
    """The spacing of the floating type of a value; that of float64 for other types.

    >>> eps_of(1.0) == eps_of(3) == 2.0**-52, eps_of(np.float32(1)) == 2.0**-23
    (True, True)
    """
    dtype = np.asarray(value).dtype
    return float(np.finfo(dtype if dtype.kind == "f" else np.float64).eps)


@dataclass(frozen=True)
class Move:
    """How one leaf moves: the entry `flat` alone, or all its entries by the tangent."""

    leaf: Leaf
    flat: int | None
    tangent: NDArray[Any] | float

    def to(self, t: float) -> Any:
        """The leaf at parameter t, in its own type."""
        value = self.leaf.value
        if not isinstance(value, np.ndarray):
            return type(value)(value + t * float(self.tangent))
        moved = copied(value)
        if self.flat is None:
            moved[...] = value + t * np.asarray(self.tangent)
        else:
            moved.flat[self.flat] = value.flat[self.flat] + t
        return moved

    def lifted(self, step: float) -> Any:
        """The leaf moved by `step` along the imaginary axis."""
        value = self.leaf.value
        if not isinstance(value, np.ndarray):
            number = complex(float(value), step * float(self.tangent))
            return np.complex128(number) if isinstance(value, np.generic) else number
        moved = value.astype(np.complex128)
        if self.flat is None:
            moved += 1j * step * np.asarray(self.tangent)
        else:
            moved.flat[self.flat] += 1j * step
        return moved

    def slope(self) -> float:
        """What the gradient says of the derivative along this move."""
        if self.flat is None:
            tangent = np.asarray(self.tangent)
            slopes = np.asarray(self.leaf.gradient, np.float64) * tangent
            return float(np.sum(np.where(tangent == 0.0, 0.0, slopes)))
        return float(np.asarray(self.leaf.gradient).flat[self.flat])

    def travelled(self, t: float) -> float:
        """How far the entry really moves at t, after the rounding of its type."""
        if self.flat is None:
            return t
        before = np.asarray(self.leaf.value).flat[self.flat]
        return float(before + t) - float(before)


@dataclass(frozen=True)
class Rung:
    """What the values of one sequence of steps say; `left` or `right` is missing at an edge."""

    step: float
    central: Estimate
    left: Estimate
    right: Estimate

    @property
    def best(self) -> Estimate:
        """The central estimate, or the one-sided one where f has only one side."""
        if self.left.finite and self.right.finite:
            return self.central
        return self.right if self.right.finite else self.left

    @property
    def gap(self) -> float:
        """How far apart the derivatives from the left and from the right are."""
        return abs(self.right.value - self.left.value)

    @property
    def gap_error(self) -> float:
        return 10.0 * (self.left.error + self.right.error)

    def kinked(self, rtol: float) -> bool:
        """Whether the one-sided derivatives differ beyond their errors, about the central one."""
        if not (self.left.finite and self.right.finite):
            return False
        low, high = sorted((self.left.value, self.right.value))
        slack = self.gap_error + rtol * max(abs(low), abs(high))
        between = low - slack <= self.central.value <= high + slack
        return between and self.gap > slack


@dataclass
class Line:
    """f along moves; `scale` is the size of the parameter at which f changes by its own size."""

    subject: Subject
    label: str
    moves: tuple[Move, ...]
    scale: float
    steps: tuple[float, ...]
    known: dict[float, tuple[float, float]] = field(default_factory=dict)

    @property
    def single(self) -> bool:
        return self.moves[0].flat is not None

    @property
    def stuck(self) -> bool:
        """Whether the one entry it moves is infinite or not a number."""
        move = self.moves[0]
        here = np.asarray(move.leaf.value)
        return move.flat is not None and not np.isfinite(here.flat[move.flat])

    def slope(self) -> float:
        return math.fsum(move.slope() for move in self.moves)

    def at(self, t: float) -> tuple[float, float]:
        """The distance really moved at t, and the value of f there."""
        if t not in self.known:
            moved = {move.leaf.path: move.to(t) for move in self.moves}
            distance = self.moves[0].travelled(t)
            self.known[t] = distance, self.subject.probe(moved) if distance else math.nan
        return self.known[t]

    def rung(self, start: float) -> Rung:
        """The estimates from steps that begin at `start`, or at the first that stays inside."""
        start, signs = self._inside(start)
        steps = [start / SHRINK**i for i in range(ROWS)]
        left = self._one_sided([-h for h in steps]) if -1 in signs else NOTHING
        right = self._one_sided(steps) if 1 in signs else NOTHING
        return Rung(start, self._central(steps) if len(signs) == 2 else NOTHING, left, right)

    def _inside(self, start: float) -> tuple[float, tuple[int, ...]]:
        one_sided: tuple[float, tuple[int, ...]] = (start, ())
        for i in range(RETREATS):
            step = start / 4.0**i
            signs = tuple(sign for sign in (-1, 1) if math.isfinite(self.at(sign * step)[1]))
            if len(signs) == 2:
                return step, signs
            if signs and not one_sided[1]:
                one_sided = step, signs
        return one_sided

    def _one_sided(self, steps: list[float]) -> Estimate:
        points = self._finite(steps)
        here = self.subject.value
        quotients = [one_sided_quotient(here, there, d) for d, there in points]
        noise = [2.0 * self._noise(there) / abs(d) for d, there in points]
        return extrapolate(quotients, noise, 1)

    def _central(self, steps: list[float]) -> Estimate:
        pairs = list(zip(self._finite([-h for h in steps]), self._finite(steps)))
        quotients = [central_quotient(a, b, e - d) for (d, a), (e, b) in pairs]
        noise = [2.0 * max(self._noise(a), self._noise(b)) / (e - d) for (d, a), (e, b) in pairs]
        return extrapolate(quotients, noise, 2)

    def _finite(self, steps: list[float]) -> list[tuple[float, float]]:
        """The points before the first that is not finite."""
        points = []
        for t in steps:
            distance, value = self.at(t)
            if not math.isfinite(value):
                break
            points.append((distance, value))
        return points

    def _noise(self, value: float) -> float:
        return max(self.subject.noise, self.subject.eps * max(abs(value), abs(self.subject.value)))

    def complex_step(self) -> float | None:
        """The derivative by the complex step; None when f does not take complex arguments.

        The step has to come out of f in the imaginary part, with the real part f has anyway; what
        drops an imaginary part warns, and that counts as not taking them.
        """
        step = COMPLEX_STEP * self.scale
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("error")
                result = self.subject.call({m.leaf.path: m.lifted(step) for m in self.moves})
                if not np.iscomplexobj(result) or np.shape(result) != ():
                    return None
                value = complex(result)
        except Exception:
            return None
        off = abs(value.real - self.subject.value)
        if off > math.sqrt(self.subject.eps) * max(abs(self.subject.value), self.subject.noise):
            return None
        found = complex_quotient(value, step)
        return found if math.isfinite(found) else None


def measure_noise(line: Line) -> None:
    """Find the rounding noise of f near its arguments, from third differences of nine close values.

    Third differences of a smooth function at tiny steps vanish, those of independent errors of
    standard deviation s have standard deviation s * sqrt(20) (R. W. Hamming, "Introduction to
    Applied Numerical Analysis", 1971; J. Moré and S. Wild, "Estimating computational noise", SIAM
    J. Sci. Comput. 33, 2011).  Where the noise is no smaller than what f varies by over much larger
    steps, f is chaotic: differences show nothing, and must not call any gradient wrong.
    """
    subject = line.subject
    tiny = 64.0 * subject.eps
    values = [line.at(tiny * k)[1] if k else subject.value for k in range(-4, 5)]
    with np.errstate(all="ignore"):
        spread = float(np.sqrt(np.mean(np.diff(np.asarray(values), 3) ** 2) / 20.0))
    if not math.isfinite(spread):
        return
    subject.noise = spread
    far = [line.at(sign * step)[1] for step in (0.1, 0.03, 0.01) for sign in (-1, 1)]
    span = max((abs(v - subject.value) for v in far if math.isfinite(v)), default=math.inf)
    exact = 100.0 * subject.eps * abs(subject.value)
    subject.chaotic = spread > max(0.01 * span, exact)
