"""The complex step: Im f(x + i h) / h, exact to rounding for an analytic f.

Nothing is subtracted, so h may be 1e-200 (W. Squire and G. Trapp, SIAM Review 40 (1998), 110-112;
J. Martins, P. Sturdza and J. Alonso, ACM Transactions on Mathematical Software 29 (2003), 245-262).
A function that is not analytic gives a wrong number without a sign of it, hence the two checks
before the entries are worked through: one pass of watched arrays (`watched`), and along a random
direction the complex step against central differences.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srcdiff.estimate.probes import FINITE, Probes
from srcdiff.estimate.quotients import COMPLEX_STEP
from srcdiff.estimate.refusal import hopeless, misuse
from srcdiff.estimate.watched import Log, Watched, watch
from srcdiff.structure import Layout, described, rebuild

Vector = NDArray[Any]
HINT = "use central_difference; if it only decides a branch, say analytic=True"
SHRINKING = (1.0, 2.0**-5, 2.0**-10)  # of the step of the comparison: f may vary fast


def complex_step(
    f: Callable[[Any], Any],
    x: Any,
    *,
    h: Any = None,
    analytic: bool = False,
    vectorized: bool = False,
) -> Any:
    """The gradient of f at x from f(x + i h e_i): exact to rounding, n evaluations for n entries.

    f must accept complex numbers and be analytic at x.  h: 1e-20 by default, a number or a
    structure like x; it may be as small as 1e-200.  analytic: f is known to be analytic; otherwise
    that is looked at first, in six evaluations, and again in the values.  vectorized: f takes
    all points at once along a new leading axis of every leaf.

    Raises EstimateError where f does not take complex numbers, or uses abs, real, imag, conj, a
    comparison or what is made of them, or is otherwise seen not to be analytic (SD606); other
    errors as for `forward_difference`.

    >>> import cmath
    >>> complex_step(cmath.exp, 0.0)
    1.0
    >>> complex_step(lambda x: (x * x).sum(), np.array([1.0, -2.0]), h=1e-200)
    array([ 2., -4.])
    >>> complex_step(abs, -1.0)
    Traceback (most recent call last):
    ...
    srcdiff.errors.EstimateError: SD606: f is not analytic: it uses abs
      hint: use central_difference; if it only decides a branch, say analytic=True
    """
    if not callable(f):
        raise misuse("SD609", f"{described(f)} is not a function")
    layout = Layout(x)
    steps = _steps(layout, h)
    if not analytic:
        examine(f, layout, vectorized=vectorized)
    points = (layout.vector + 1j * step * unit for step, unit in zip(steps, np.eye(layout.size)))
    if vectorized:
        values = complex_values(f, layout, np.stack(list(points)))
        if values.ndim > 1:
            raise hopeless("SD605", f"f returns {described(values[0])}, a number is needed")
    else:
        values = np.stack([complex_value(f, layout, p, scalar=True) for p in points])
    return layout.gradient(values.imag / steps)


def _steps(layout: Layout, h: Any) -> Vector:
    if h is None:
        return np.full(layout.size, COMPLEX_STEP)
    single = isinstance(h, (int, float)) and not isinstance(h, bool)
    steps = np.full(layout.size, float(h)) if single else layout.flatten(h, "h", "SD609")
    if not np.all(np.isfinite(steps) & (steps > 0.0)):
        raise misuse("SD609", f"the step {steps.min()} is not a positive number")
    return steps


def complex_value(
    f: Callable[[Any], Any], layout: Layout, point: Vector, scalar: bool = False
) -> Vector:
    """f at a complex point, as a complex array; EstimateError when it drops the imaginary part."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            value = f(layout.restore(point))
    except np.exceptions.ComplexWarning:
        raise hopeless("SD606", "f discards the imaginary part of a number", HINT) from None
    except TypeError as error:
        raise hopeless("SD606", f"f does not take complex numbers: {error}", HINT) from error
    return _judged(value, scalar)


def _judged(value: Any, scalar: bool) -> Vector:
    found = np.asarray(value)
    if found.dtype.kind not in "fiubc" or scalar and found.shape != ():
        raise hopeless("SD605", f"f returns {described(value)}, a number is needed")
    if not np.all(np.isfinite(found)):
        raise hopeless("SD604", "f is not finite beside x in the complex plane", FINITE)
    return found.astype(np.result_type(found.dtype, np.complex128))


def complex_values(f: Callable[[Any], Any], layout: Layout, points: Vector) -> Vector:
    """The values at several complex points of a function that takes all of them at once."""

    def rows(path: str, _: Any) -> Any:
        slot = next(s for s in layout.slots if s.path == path)
        return points[:, slot.start : slot.stop].reshape(len(points), *slot.shape)

    value = np.asarray(f(rebuild(layout.template, layout.name, rows)))
    if value.ndim == 0 or len(value) != len(points):
        told = f"{len(points)} points and returned {described(value)}"
        raise hopeless("SD610", f"the vectorized function was given {told}")
    return _judged(value, False)


# --- is f analytic? -------------------------------------------------------------------------------


def examine(
    f: Callable[[Any], Any],
    layout: Layout,
    line: Vector | None = None,
    *,
    vectorized: bool = False,
    scalar: bool = True,
) -> None:
    """EstimateError when f is seen not to be analytic at the layout's vector.

    line: the direction that is looked along; a fixed one with every entry in it when left out.
    """
    if line is None:
        line = np.random.default_rng(0).uniform(0.5, 1.5, layout.size)
        line *= np.where(np.arange(layout.size) % 2, -1.0, 1.0)
        line *= np.maximum(1.0, abs(layout.vector))
    _watch(f, layout, line, vectorized)
    _compare(f, layout, line, vectorized, scalar)


def _watch(f: Callable[[Any], Any], layout: Layout, line: Vector, vectorized: bool) -> None:
    """A pass with watched arrays; a function that does not take them is left to the numbers."""
    log = Log()
    point = layout.vector + 1j * COMPLEX_STEP * line

    def watched(path: str, _: Any) -> Any:
        slot = next(s for s in layout.slots if s.path == path)
        rows = (1,) if vectorized else ()
        return watch(point[slot.start : slot.stop].reshape((*rows, *slot.shape)).copy(), log)

    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            f(rebuild(layout.template, layout.name, watched))
    except Exception:
        pass
    if log.uses:
        word, place = log.uses[0]
        at = f" ({place})" if place else ""
        raise hopeless("SD606", f"f is not analytic: it uses {word}{at}", HINT)


def _compare(
    f: Callable[[Any], Any], layout: Layout, line: Vector, vectorized: bool, scalar: bool
) -> None:
    """The complex step along a line against central differences with a step and its double.

    Their difference is the truncation h**2 f''' / 6 and the rounding, if f is analytic.
    """
    scale = float(np.max(np.abs(line) / np.maximum(1.0, np.abs(layout.vector))))
    if not scale:
        return
    line = line / scale
    point = layout.vector + 1j * COMPLEX_STEP * line
    if vectorized:
        found = complex_values(f, layout, point[None])[0]
    else:
        found = complex_value(f, layout, point, scalar)
    slope = found.imag / COMPLEX_STEP
    probes = Probes(lambda point: _real(f(point)), layout, vectorized=vectorized, scalar=scalar)
    width = float(np.cbrt(layout.eps.max()))
    wrong = np.ones(np.shape(slope), bool)
    for shrink in SHRINKING:
        t = width * shrink
        places = t * np.array([-2.0, -1.0, 1.0, 2.0])
        a, b, c, d = probes.of(layout.rounded(layout.vector + s * line) for s in places)
        near, far = (c - b) / (2.0 * t), (d - a) / (4.0 * t)
        spacing = max(probes.eps, float(layout.eps.max()))
        sizes = np.maximum(np.maximum(abs(a), abs(d)), abs(slope))
        wrong &= abs(slope - near) > 2.0 * abs(far - near) + 100.0 * spacing * sizes / t
        if not wrong.any():
            return
    worst = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
    raise hopeless(
        "SD606",
        f"f is not analytic: along a direction the complex step gives {slope[worst]:.6g}, "
        f"central differences {near[worst]:.6g}",
        HINT,
    )


def _real(value: Any) -> Any:
    """The value of f at a real point; a complex type is no harm as long as the number is real."""
    if not np.iscomplexobj(value):
        return value
    if np.any(np.imag(value) != 0.0):
        raise hopeless("SD606", "f is not real for real arguments, as a complex step needs")
    return np.real(value)


__all__ = ["Watched", "complex_step", "complex_value", "complex_values", "examine"]
