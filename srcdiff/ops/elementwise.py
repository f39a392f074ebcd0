"""Functions of each entry: arithmetic, ufuncs, the differentiable part of `math`.

Partials hold for arrays and for Python's numbers alike, so they use arithmetic and functions whose
rows have a `scalar`. Where two operands tie (maximum, clip), each gets half; abs and math.dist have slope 0 at 0.
"""

from __future__ import annotations

import ast
import math
import operator
from typing import Any

import numpy as np

from srcdiff.ops import runtime
from srcdiff.ops.samples import (
    Sample,
    array,
    complex_array,
    pairs,
    scalar_pairs,
    scalars,
    single,
    unary,
)
from srcdiff.ops.shapes import all_of_one, all_of_two, broadcasted
from srcdiff.ops.table import composite, elementwise, linear, refused, tangent, zero

POSITIVE = (0.3, 2.5)

# --- arithmetic ---------------------------------------------------------------------------------


@elementwise(np.add, scalar=operator.add, spelled=(ast.Add,), samples=pairs(complexes=True))
def add(z: Any, x: Any, y: Any) -> Any:
    return 1.0, 1.0


@elementwise(np.subtract, scalar=operator.sub, spelled=(ast.Sub,), samples=pairs(complexes=True))
def subtract(z: Any, x: Any, y: Any) -> Any:
    return 1.0, -1.0


@elementwise(np.multiply, scalar=operator.mul, spelled=(ast.Mult,), samples=pairs(complexes=True))
def multiply(z: Any, x: Any, y: Any) -> Any:
    return y, x


@elementwise(
    np.divide,
    scalar=operator.truediv,
    spelled=(ast.Div,),
    samples=pairs(second=POSITIVE, complexes=True),
)
def divide(z: Any, x: Any, y: Any) -> Any:
    return 1.0 / y, -z / y


@elementwise(
    np.remainder,
    scalar=operator.mod,
    spelled=(ast.Mod,),
    samples=pairs((0.2, 5.7), (1.9, 2.0)),
    real_only=True,
)
def remainder(z: Any, x: Any, y: Any) -> Any:
    return 1.0, -(x // y)


@elementwise(np.fmod, scalar=math.fmod, samples=pairs((-5.7, -4.2), (1.9, 2.0)), real_only=True)
def fmod(z: Any, x: Any, y: Any) -> Any:
    return 1.0, np.round((z - x) / y)


@elementwise(math.remainder, scalar=math.remainder, samples=scalar_pairs((4.2, 5.7), (1.9, 2.0)))
def ieee_remainder(z: Any, x: Any, y: Any) -> Any:
    return 1.0, (z - x) / y


def power_rates(z: Any, x: Any, y: Any) -> Any:
    """Partials of x**y; at y = 0 the one by x is 0 at x = 0 too, where 0**-1 is not a number."""
    return y * x ** (y - (y != 0)), z * np.log(runtime.nonzero(x))


def powers() -> list[Sample]:
    wide = array(2, 3, low=-1.5, high=1.5)
    whole: list[Sample] = [(wide, n) for n in (2, 3, 1, 0, -1, -2)]
    whole += [(-0.7, 3), (-1.2, 2), (0.6, -1), (0.0, 2), (0.5, 0), (np.array([0.0, 0.5]), 2)]
    whole += [(wide, np.array([0, 1, 2])), (single(wide), 2), (complex_array(3), 2)]
    half: list[Sample] = [(array(3, low=0.3, high=2.0), p) for p in (0.5, -0.5, 1.5, 2.0)]
    return [*pairs(POSITIVE, (-1.4, 1.6), complexes=True)(), *whole, *half]


@elementwise(np.power, scalar=operator.pow, spelled=(ast.Pow, pow), samples=powers)
def power(z: Any, x: Any, y: Any) -> Any:
    return power_rates(z, x, y)


@elementwise(np.float_power, samples=pairs(POSITIVE))
def float_power(z: Any, x: Any, y: Any) -> Any:
    return power_rates(z, x, y)


@elementwise(math.pow, scalar=math.pow, name="math_pow", samples=scalar_pairs(POSITIVE))
def math_pow(z: Any, x: Any, y: Any) -> Any:
    return power_rates(z, x, y)


@elementwise(
    np.negative,
    scalar=operator.neg,
    spelled=(ast.USub,),
    samples=unary(complexes=True),
    cheap=True,
)
def negative(z: Any, x: Any) -> Any:
    return -1.0


@elementwise(
    np.positive,
    scalar=operator.pos,
    spelled=(ast.UAdd,),
    samples=unary(complexes=True),
    cheap=True,
)
def positive(z: Any, x: Any) -> Any:
    return 1.0


@elementwise(np.reciprocal, samples=unary(*POSITIVE, complexes=True))
def reciprocal(z: Any, x: Any) -> Any:
    return -z * z


@elementwise(np.square, samples=unary(complexes=True))
def square(z: Any, x: Any) -> Any:
    return 2.0 * x


# --- roots, exponentials, logarithms ------------------------------------------------------------


@elementwise(np.sqrt, scalar=math.sqrt, samples=unary(*POSITIVE, complexes=True))
def sqrt(z: Any, x: Any) -> Any:
    return 0.5 / z


@elementwise(np.cbrt, scalar=getattr(math, "cbrt", None), samples=unary(*POSITIVE), real_only=True)
def cbrt(z: Any, x: Any) -> Any:
    return 1.0 / (3.0 * z * z)


@elementwise(np.exp, scalar=math.exp, samples=unary(complexes=True))
def exp(z: Any, x: Any) -> Any:
    return z


@elementwise(np.exp2, scalar=getattr(math, "exp2", None), samples=unary(complexes=True))
def exp2(z: Any, x: Any) -> Any:
    return math.log(2.0) * z


@elementwise(np.expm1, scalar=math.expm1, samples=unary(complexes=True))
def expm1(z: Any, x: Any) -> Any:
    return np.exp(x)


@elementwise(np.log, scalar=math.log, samples=unary(*POSITIVE, complexes=True))
def log(z: Any, x: Any) -> Any:
    return 1.0 / x


@elementwise(np.log2, scalar=math.log2, samples=unary(*POSITIVE, complexes=True))
def log2(z: Any, x: Any) -> Any:
    return 1.0 / (math.log(2.0) * x)


@elementwise(np.log10, scalar=math.log10, samples=unary(*POSITIVE, complexes=True))
def log10(z: Any, x: Any) -> Any:
    return 1.0 / (math.log(10.0) * x)


@elementwise(np.log1p, scalar=math.log1p, samples=unary(-0.7, 2.0, complexes=True))
def log1p(z: Any, x: Any) -> Any:
    return 1.0 / (1.0 + x)


@elementwise(np.logaddexp, samples=pairs(), real_only=True)
def logaddexp(z: Any, x: Any, y: Any) -> Any:
    return np.exp(x - z), np.exp(y - z)


@elementwise(np.logaddexp2, samples=pairs(), real_only=True)
def logaddexp2(z: Any, x: Any, y: Any) -> Any:
    return np.exp2(x - z), np.exp2(y - z)


# --- trigonometry -------------------------------------------------------------------------------


@elementwise(np.sin, scalar=math.sin, samples=unary(complexes=True))
def sin(z: Any, x: Any) -> Any:
    return np.cos(x)


@elementwise(np.cos, scalar=math.cos, samples=unary(complexes=True))
def cos(z: Any, x: Any) -> Any:
    return -np.sin(x)


@elementwise(np.tan, scalar=math.tan, samples=unary(-1.2, 1.2, complexes=True))
def tan(z: Any, x: Any) -> Any:
    return 1.0 + z * z


@elementwise(np.arcsin, scalar=math.asin, samples=unary(-0.9, 0.9, complexes=True))
def arcsin(z: Any, x: Any) -> Any:
    return 1.0 / np.sqrt(1.0 - x * x)


@elementwise(np.arccos, scalar=math.acos, samples=unary(-0.9, 0.9, complexes=True))
def arccos(z: Any, x: Any) -> Any:
    return -1.0 / np.sqrt(1.0 - x * x)


@elementwise(np.arctan, scalar=math.atan, samples=unary(complexes=True))
def arctan(z: Any, x: Any) -> Any:
    return 1.0 / (1.0 + x * x)


@elementwise(np.arctan2, scalar=math.atan2, samples=pairs(second=POSITIVE), real_only=True)
def arctan2(z: Any, x: Any, y: Any) -> Any:
    squares = x * x + y * y
    return y / squares, -x / squares


@elementwise(np.sinh, scalar=math.sinh, samples=unary(complexes=True))
def sinh(z: Any, x: Any) -> Any:
    return np.cosh(x)


@elementwise(np.cosh, scalar=math.cosh, samples=unary(complexes=True))
def cosh(z: Any, x: Any) -> Any:
    return np.sinh(x)


@elementwise(np.tanh, scalar=math.tanh, samples=unary(complexes=True))
def tanh(z: Any, x: Any) -> Any:
    return 1.0 - z * z


@elementwise(np.arcsinh, scalar=math.asinh, samples=unary(complexes=True))
def arcsinh(z: Any, x: Any) -> Any:
    return 1.0 / np.sqrt(x * x + 1.0)


@elementwise(np.arccosh, scalar=math.acosh, samples=unary(1.2, 3.0), real_only=True)
def arccosh(z: Any, x: Any) -> Any:
    return 1.0 / np.sqrt(x * x - 1.0)


@elementwise(np.arctanh, scalar=math.atanh, samples=unary(-0.8, 0.8, complexes=True))
def arctanh(z: Any, x: Any) -> Any:
    return 1.0 / (1.0 - x * x)


@elementwise(np.hypot, scalar=math.hypot, samples=pairs(POSITIVE), real_only=True)
def hypot(z: Any, x: Any, y: Any) -> Any:
    return x / z, y / z


@elementwise(np.radians, scalar=math.radians, spelled=(np.deg2rad,), samples=unary(-200.0, 300.0))
def radians(z: Any, x: Any) -> Any:
    return math.pi / 180.0


@elementwise(np.degrees, scalar=math.degrees, spelled=(np.rad2deg,), samples=unary())
def degrees(z: Any, x: Any) -> Any:
    return 180.0 / math.pi


# --- pieces: absolute values, maxima, clipping --------------------------------------------------


@elementwise(
    np.absolute,
    scalar=abs,
    spelled=(operator.abs,),
    path="np.abs",
    samples=unary(),
    real_only=True,
)
def absolute(z: Any, x: Any) -> Any:
    return np.sign(x)


@elementwise(np.fabs, scalar=math.fabs, samples=unary(), real_only=True)
def fabs(z: Any, x: Any) -> Any:
    return np.sign(x)


@elementwise(np.copysign, scalar=math.copysign, samples=pairs(POSITIVE), real_only=True)
def copysign(z: Any, x: Any, y: Any) -> Any:
    return np.sign(x) * np.copysign(1.0, y), 0.0


@elementwise(np.maximum, samples=pairs(), real_only=True)
def maximum(z: Any, x: Any, y: Any) -> Any:
    return above(x, y), above(y, x)


def above(x: Any, y: Any) -> Any:
    """1 where x > y, 1/2 where they are equal, else 0 (faster than np.heaviside)."""
    return 0.5 + 0.5 * np.sign(x - y)


@elementwise(np.minimum, samples=pairs(), real_only=True)
def minimum(z: Any, x: Any, y: Any) -> Any:
    return above(y, x), above(x, y)


@elementwise(np.fmax, samples=pairs(), real_only=True)
def fmax(z: Any, x: Any, y: Any) -> Any:
    return (x == z) / (1.0 + (x == y)), (y == z) / (1.0 + (x == y))


@elementwise(np.fmin, samples=pairs(), real_only=True)
def fmin(z: Any, x: Any, y: Any) -> Any:
    return (x == z) / (1.0 + (x == y)), (y == z) / (1.0 + (x == y))


@tangent(
    runtime.larger,
    scalar=max,
    path="max",
    name="max2",
    shape=broadcasted,
    fresh=False,
    samples=scalar_pairs(),
)
def max2(z: Any, x: Any, y: Any, dx: Any, dy: Any) -> Any:
    return runtime.select(y > x, 0.0, dx), runtime.select(y > x, dy, 0.0)


@tangent(
    runtime.smaller,
    scalar=min,
    path="min",
    name="min2",
    shape=broadcasted,
    fresh=False,
    samples=scalar_pairs(),
)
def min2(z: Any, x: Any, y: Any, dx: Any, dy: Any) -> Any:
    return runtime.select(y < x, 0.0, dx), runtime.select(y < x, dy, 0.0)


def clips() -> list[Sample]:
    x = array(3, 4)
    low, high = array(4, low=-0.9, high=-0.3), array(3, 1, low=0.4, high=0.8)
    both: list[Sample] = [(x, -0.7, 0.6), (x, low, high), (x, -0.7, high), (x, low, 0.6)]
    one: list[Sample] = [(x, 0.1, None), (x, None, high), (x, None, 0.3), (0.4, -1.0, 1.0)]
    return [*both, *one, (single(x), -0.5, 0.5), (x, 0.9, -0.2)]


@elementwise(np.clip, methods=("clip",), samples=clips, real_only=True)
def clip(z: Any, x: Any, a_min: Any, a_max: Any) -> Any:
    """minimum(maximum(x, a_min), a_max): above a_max nothing passes, whatever a_min is."""
    if a_min is None:
        return above(a_max, x), 0.0, above(x, a_max)
    if a_max is None:
        return above(x, a_min), above(a_min, x), 0.0
    under = above(a_max, np.maximum(x, a_min))
    return above(x, a_min) * above(a_max, x), above(a_min, x) * under, 1.0 - under


@elementwise(np.nan_to_num, operands=("x",), samples=unary(), real_only=True)
def nan_to_num(
    z: Any, x: Any, copy: Any = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    return np.isfinite(x)


@elementwise(
    np.ldexp,
    scalar=math.ldexp,
    operands=("x",),
    arrays=("i",),
    samples=lambda: [(0.7, 3), (array(3), 2), (array(3), np.array([1, -1, 0]))],
)
def ldexp(z: Any, x: Any, i: Any) -> Any:
    return np.ldexp(1.0, i)


def conditions() -> list[Sample]:
    x, y = array(2, 3), array(2, 3, seed=1)
    c = x > 0.1
    pairs_: list[Sample] = [(c, x, y), (c, x, 0.5), (c, 0.0, y), (c[0], x, y[:, :1])]
    wide: list[Sample] = [(c, array(3), array(2, 1)), (True, x, y), (c, 0.3, 0.7)]
    return [*pairs_, *wide, (c, single(x), single(y))]


@linear(np.where, operands=("x", "y"), arrays=("condition",), shape=broadcasted, samples=conditions)
def where(bz: Any, condition: Any, x: Any, y: Any) -> Any:
    bx = runtime.unbroadcast(np.where(condition, bz, 0.0), x)
    return bx, runtime.unbroadcast(np.where(condition, 0.0, bz), y)


# --- complex numbers (the adjoint of a real-linear map is taken without conjugation) -------------


@linear(
    np.real,
    attributes=("real",),
    samples=unary(complexes=True),
    shape=broadcasted,
    fresh=False,
    cheap=True,
)
def real(bz: Any, x: Any) -> Any:
    return bz


@linear(
    np.imag,
    attributes=("imag",),
    samples=unary(complexes=True),
    shape=broadcasted,
    fresh=False,
    cheap=True,
)
def imag(bz: Any, x: Any) -> Any:
    return -1j * bz


@linear(
    np.conjugate,
    path="np.conj",
    methods=("conj", "conjugate"),
    samples=unary(complexes=True),
    shape=broadcasted,
)
def conjugate(bz: Any, x: Any) -> Any:
    return np.conjugate(bz)


@composite(np.angle, samples=lambda: [(complex_array(3),), (complex_array(2), True)])
def angle(x: Any, deg: Any = False) -> Any:
    turn = np.arctan2(np.imag(x), np.real(x))
    return np.degrees(turn) if deg else turn


# --- `math` alone -------------------------------------------------------------------------------


@elementwise(math.erf, scalar=math.erf, samples=scalars())
def erf(z: Any, x: Any) -> Any:
    return 2.0 / math.sqrt(math.pi) * math.exp(-x * x)


@elementwise(math.erfc, scalar=math.erfc, samples=scalars())
def erfc(z: Any, x: Any) -> Any:
    return -2.0 / math.sqrt(math.pi) * math.exp(-x * x)


@elementwise(math.gamma, scalar=math.gamma, samples=scalars(0.3, 5.0))
def gamma(z: Any, x: Any) -> Any:
    return z * runtime.polygamma(0, x)


@elementwise(math.lgamma, scalar=math.lgamma, samples=scalars(0.3, 5.0))
def lgamma(z: Any, x: Any) -> Any:
    return runtime.polygamma(0, x)


@elementwise(
    runtime.polygamma,
    scalar=runtime.polygamma,
    operands=("x",),
    path="polygamma",
    samples=lambda: [(0, 0.7), (0, 12.5), (1, 2.3), (2, -0.4)],
)
def polygamma(z: Any, n: Any, x: Any) -> Any:
    return runtime.polygamma(n + 1, x)


@elementwise(
    runtime.nonzero, scalar=runtime.nonzero, path="nonzero", name="nonzero_or_one", samples=unary()
)
def nonzero_or_one(z: Any, x: Any) -> Any:
    return 1.0


@tangent(
    math.dist,
    shape=all_of_two,
    real_only=True,
    samples=lambda: [(array(2), array(2, seed=2)), (array(3), array(3, seed=1))],
)
def dist(z: Any, p: Any, q: Any, dp: Any, dq: Any) -> Any:
    slope = (p - q) / runtime.nonzero(z)
    return np.sum(slope * dp), -np.sum(slope * dq)


@linear(
    math.fsum,
    sequence=True,
    shape=all_of_one,
    real_only=True,
    samples=lambda: [([0.3, 0.7, 1.5],), (array(3),), ((0.4,),)],
)
def fsum(bz: Any, seq: Any) -> Any:
    if not isinstance(seq, (list, tuple)):
        return np.full(seq.shape, bz)
    return tuple(bz for _ in seq)


if hasattr(math, "sumprod"):

    @composite(math.sumprod, samples=lambda: [([0.3, 0.7], [1.5, -0.2])])
    def sumprod(p: Any, q: Any) -> Any:
        total = 0.0
        for a, b in zip(p, q):
            total = total + a * b
        return total


if hasattr(math, "fma"):

    @elementwise(math.fma, scalar=math.fma, samples=lambda: [(0.3, 0.7, 1.5)])
    def fma(z: Any, x: Any, y: Any, w: Any) -> Any:
        return y, x, 1.0


@composite(math.prod, name="math_prod", samples=lambda: [([0.3, 0.7, 1.5],)])
def math_prod(iterable: Any, start: Any = 1) -> Any:
    total = start
    for a in iterable:
        total = total * a
    return total


# --- refusals -----------------------------------------------------------------------------------

_PARTS = "its result is two numbers at once, one of them an integer"

refused(divmod, _PARTS, "write x // y and x % y")
refused(np.divmod, _PARTS, "write x // y and x % y", name="np_divmod")
refused(math.modf, _PARTS, "write x - math.trunc(x) and math.trunc(x)", name="math_modf")
refused(np.modf, _PARTS, "write x - np.trunc(x) and np.trunc(x)", name="np_modf")
refused(math.frexp, _PARTS, "", name="math_frexp")
refused(np.frexp, _PARTS, "", name="np_frexp")
refused(np.sinc, "there is no rule for it", "write np.sin(np.pi * x) / (np.pi * x)")
refused(np.i0, "there is no rule for it")
refused(math.nextafter, "neighbouring numbers have no derivative", name="math_nextafter")
refused(np.nextafter, "neighbouring numbers have no derivative", name="np_nextafter")
refused(np.unwrap, "there is no rule for it", "add multiples of 2 * np.pi by hand")
refused(np.real_if_close, "the dtype of its result depends on values", "use np.real")

# --- the slope is zero --------------------------------------------------------------------------

_function: Any
STEPS: tuple[tuple[Any, Any], ...] = (
    (np.sign, runtime.sign),
    (np.floor, None),
    (np.ceil, None),
    (np.rint, None),
    (np.trunc, None),
    (np.fix, None),
    (np.spacing, None),
    (np.isnan, math.isnan),
    (np.isinf, math.isinf),
    (np.isfinite, math.isfinite),
    (np.signbit, None),
    (np.isreal, None),
    (np.iscomplex, None),
    (np.isposinf, None),
    (np.isneginf, None),
    (np.logical_not, None),
)
for _function, _scalar in STEPS:
    zero(_function, lambda x: None, scalar=_scalar, shape=broadcasted, samples=unary())

zero(np.isnat, lambda x: None, shape=broadcasted)
if hasattr(np, "bitwise_count"):
    zero(np.bitwise_count, lambda x: None, shape=broadcasted)

for _function in (math.floor, math.ceil, math.trunc, math.ulp):
    zero(
        _function,
        lambda x: None,
        name=f"math_{_function.__name__}",
        scalar=_function,
        shape=broadcasted,
        samples=scalars(),
    )

zero(np.invert, lambda x: None, scalar=operator.invert, spelled=(ast.Invert,), shape=broadcasted)
zero(
    np.round,
    lambda x, decimals=0: None,
    scalar=round,
    spelled=(np.around,),
    methods=("round",),
    shape=broadcasted,
    samples=unary(),
)
zero(
    np.heaviside,
    lambda x, h: None,
    scalar=runtime.heaviside,
    operands=("x",),
    arrays=("h",),
    shape=broadcasted,
    samples=lambda: [(array(3), 0.5), (0.7, 0.5)],
)

PAIRED: tuple[tuple[Any, Any, Any], ...] = (
    (np.floor_divide, operator.floordiv, ast.FloorDiv),
    (np.logical_and, None, None),
    (np.logical_or, None, None),
    (np.logical_xor, None, None),
    (np.bitwise_and, operator.and_, ast.BitAnd),
    (np.bitwise_or, operator.or_, ast.BitOr),
    (np.bitwise_xor, operator.xor, ast.BitXor),
    (np.left_shift, operator.lshift, ast.LShift),
    (np.right_shift, operator.rshift, ast.RShift),
    (np.gcd, math.gcd, None),
    (np.lcm, math.lcm, None),
)
for _function, _scalar, _symbol in PAIRED:
    zero(
        _function,
        lambda x, y: None,
        scalar=_scalar,
        spelled=(_symbol,) if _symbol else (),
        shape=broadcasted,
    )

zero(
    np.isclose,
    lambda a, b, rtol=1e-05, atol=1e-08, equal_nan=False: None,
    shape=broadcasted,
    samples=pairs(),
)
zero(
    math.isclose,
    lambda a, b, *, rel_tol=1e-09, abs_tol=0.0: None,
    name="math_isclose",
    scalar=math.isclose,
    shape=broadcasted,
    samples=scalar_pairs(),
)
for _function in (math.comb, math.perm):
    zero(_function, lambda n, k: None, name=f"math_{_function.__name__}", shape=broadcasted)
for _function in (math.factorial, math.isqrt):
    zero(_function, lambda n: None, name=f"math_{_function.__name__}", shape=broadcasted)
