"""Run any program on complex numbers, so that a complex step gives its derivative to rounding.

A complex step needs an analytic program, and few programs are: they compare, they take ``abs``,
they call ``math``. Here the source is rewritten so that comparisons look at real parts, and ``np``
and ``math`` are replaced by modules that extend each function to first order in the imaginary
part. Nothing of the compiler under test is used.

The same rewriting notes which way every comparison, ``maximum``, ``sort`` ... went. Two runs with
equal notes took the same branch everywhere; the generator discards a program whose notes change
when its arguments are nudged.
"""

from __future__ import annotations

import ast
import builtins
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

STEP = 1e-20
_NEARLY_ZERO = 1e-9

_METHODS = frozenset(
    "max min std var clip sort argmax argmin argsort round astype ptp conj item fill".split()
)
_SQUARE_ROOT_OF_PI = math.sqrt(math.pi)


class Complexified:
    """One module's source, rewritten and executed; its functions take real or complex values."""

    def __init__(
        self, source: str, environment: Mapping[str, Any] | None = None, writes: bool = False
    ) -> None:
        tree = ast.fix_missing_locations(_Rewrite().visit(ast.parse(source)))
        self.writes = writes
        self.names: dict[str, Any] = dict(environment or {})
        self.names.update(_environment())
        exec(compile(tree, "<complexified>", "exec"), self.names)

    def run(self, name: str, *args: object) -> object:
        """Call a function of the module; if it writes, arrays it creates are complex."""
        _complex_arrays[0] = self.writes
        return self.names[name](*(self._rehomed(arg) for arg in args))

    def _rehomed(self, arg: Any) -> Any:
        """Return an argument whose objects are of the rewritten classes."""
        if self.writes and isinstance(arg, np.ndarray) and arg.dtype.kind == "f":
            return arg.astype(complex)
        if self.writes and isinstance(arg, dict):
            return {key: self._rehomed(part) for key, part in arg.items()}
        if isinstance(arg, (list, tuple)) and type(arg) in (list, tuple):
            return type(arg)(self._rehomed(part) for part in arg)
        home = self.names.get(type(arg).__name__)
        if not isinstance(home, type) or type(arg) is home:
            return arg
        if isinstance(arg, tuple):
            return home(*map(self._rehomed, arg))
        copy = object.__new__(home)
        copy.__dict__.update((name, self._rehomed(part)) for name, part in vars(arg).items())
        return copy

    def notes(self, name: str, *args: object) -> list[object]:
        """Call a function of the module and return which way each of its choices went."""
        _notes.clear()
        self.run(name, *args)
        return list(_notes)


class _Rewrite(ast.NodeTransformer):
    """``a < b`` becomes ``_note(_real(a) < _real(b))``, ``x.max()`` becomes a call, and so on."""

    def visit_Import(self, node: ast.Import) -> ast.Import | None:
        kept = [alias for alias in node.names if alias.name not in ("numpy", "math")]
        return ast.Import(names=kept) if kept else None

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        node.left = _call("_real", node.left)
        node.comparators = [_call("_real", operand) for operand in node.comparators]
        return _call("_note", node)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        node.values = [*(_call("_tested", v) for v in node.values[:-1]), node.values[-1]]
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.op, ast.Mod):
            return _call("_mod", node.left, node.right)
        if isinstance(node.op, ast.FloorDiv):
            return _call("_floor_divide", node.left, node.right)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS:
            name = ast.Constant(node.func.attr)
            return ast.Call(_name("_method"), [node.func.value, name, *node.args], node.keywords)
        return node


def _name(text: str) -> ast.Name:
    return ast.Name(text, ast.Load())


def _call(function: str, *args: ast.expr) -> ast.Call:
    return ast.Call(_name(function), list(args), [])


_notes: list[object] = []
_complex_arrays = [False]


def _note(choice: Any) -> Any:
    _notes.append(choice.tobytes() if isinstance(choice, np.ndarray) else repr(choice))
    return choice


def _tested(x: Any) -> Any:
    """The operand of `and` or `or`; a number that may be zero or not by rounding alone is noted."""
    if isinstance(x, (float, complex, np.number)) and abs(x) < _NEARLY_ZERO:
        _notes.append(object())  # never the same twice
    return x


def _is_complex(x: object) -> bool:
    return np.iscomplexobj(x) and isinstance(x, (complex, np.ndarray, np.generic))


def _real(x: Any) -> Any:
    if isinstance(x, (list, tuple)) and type(x) in (list, tuple):
        return type(x)(map(_real, x))
    return x.real if _is_complex(x) else x


def _imag(x: Any) -> Any:
    return x.imag if _is_complex(x) else 0.0


def _plain(x: Any) -> Any:
    """Keep scalars as the Python numbers that they would be in the original."""
    return x.item() if isinstance(x, np.ndarray) and x.ndim == 0 else x


def _first_order(*partials: Callable[..., Any]) -> Callable[[Callable[..., Any]], Any]:
    """Extend a real function of as many operands to complex ones, given its partials."""

    def extend(function: Callable[..., Any]) -> Callable[..., Any]:
        def extended(*operands: Any) -> Any:
            reals = [np.asarray(_real(x)) if np.ndim(x) else _real(x) for x in operands]
            value = function(*reals)
            if not any(_is_complex(x) for x in operands):
                return value
            slope = builtins.sum(
                partial(*reals) * _imag(x)
                for partial, x in zip(partials, operands, strict=True)
                if _is_complex(x)
            )
            return value + 1j * slope

        return extended

    return extend


def _zero(function: Callable[..., Any]) -> Callable[..., Any]:
    """Extend a piecewise constant function: which constant it gives is a choice, and noted."""

    def extended(*operands: Any, **options: Any) -> Any:
        return _note(function(*map(_real, operands), **options))

    return extended


def _pick(first_wins: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Extend ``maximum`` and its relatives."""

    def extended(x: Any, y: Any) -> Any:
        chosen = _note(first_wins(_real(x), _real(y)))
        return _plain(np.where(chosen, x, y))

    return extended


def _maximum(x: Any, y: Any) -> Any:
    return _pick(lambda a, b: np.asarray(a >= b))(x, y)


def _minimum(x: Any, y: Any) -> Any:
    return _pick(lambda a, b: np.asarray(a <= b))(x, y)


def _absolute(x: Any) -> Any:
    return x * _note(np.sign(_real(x))) if _is_complex(x) or np.ndim(x) else _absolute_real(x)


def _absolute_real(x: Any) -> Any:
    _note(x > 0)
    return builtins.abs(x)


def _clip(x: Any, low: Any = None, high: Any = None) -> Any:
    x = x if low is None else _maximum(x, low)
    return x if high is None else _minimum(x, high)


def _extreme(arg: Callable[..., Any]) -> Callable[..., Any]:
    """Extend ``max`` or ``min`` along an axis, by taking the entry that wins."""

    def extended(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
        x = np.asarray(x)
        flat = x.reshape(-1) if axis is None else x
        along = 0 if axis is None else axis
        where = np.expand_dims(_note(np.asarray(arg(_real(flat), axis=along))), along)
        result = np.take_along_axis(flat, where, along)
        if axis is None:
            return result.reshape((1,) * x.ndim) if keepdims else result[0]
        return result if keepdims else np.squeeze(result, axis)

    return extended


def _sort(x: Any, axis: int = -1) -> Any:
    x = np.asarray(x)
    return np.take_along_axis(x, _note(np.argsort(_real(x), axis=axis, kind="stable")), axis)


def _variance(x: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    x = np.asarray(x)
    centred = x - np.mean(x, axis=axis, keepdims=True)
    squares = np.sum(centred * centred, axis=axis, keepdims=keepdims)
    return squares / (x.size / np.size(squares) - ddof)


def _deviation(x: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    return np.sqrt(_variance(x, axis, ddof, keepdims))


def _norm(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return np.sqrt(np.sum(np.asarray(x) * x, axis=axis, keepdims=keepdims))


def _cholesky(a: Any) -> Any:
    lower = np.zeros_like(a)
    for j in range(len(a)):
        lower[j, j] = np.sqrt(a[j, j] - np.sum(lower[j, :j] * lower[j, :j]))
        for i in range(j + 1, len(a)):
            lower[i, j] = (a[i, j] - np.sum(lower[i, :j] * lower[j, :j])) / lower[j, j]
    return lower


def _log_determinant(a: Any) -> tuple[float, Any]:
    determinant = np.linalg.det(a)
    sign = float(np.sign(_real(determinant)))
    return sign, np.log(determinant * sign)


def _mod(x: Any, y: Any) -> Any:
    if not (_is_complex(x) or _is_complex(y)):
        return x % y
    return x - y * _note(np.floor(_real(x) / _real(y)))


def _floor_divide(x: Any, y: Any) -> Any:
    return _note(_real(x) // _real(y))


def _round(x: Any, digits: int | None = None) -> Any:
    return _note(builtins.round(_real(x), digits))


def _digamma(x: Any) -> Any:
    total = 0.0
    while np.any(np.asarray(x) < 20):
        total = total - 1 / x
        x = x + 1
    inverse = 1 / (x * x)
    tail = inverse * (1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse / 240)))
    return total + np.log(x) - 0.5 / x - tail


def _drop_dtype(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make the arrays of a creation function complex, that they may be written into."""

    def extended(*args: Any, **options: Any) -> Any:
        asked = options.pop("dtype", None)
        result = function(*args, **options)
        kept = asked in (int, bool, np.int64, np.bool_) or asked == "int64"
        if kept or result.dtype.kind not in "fc":
            return function(*args, dtype=asked, **options) if asked is not None else result
        return result.astype(complex, copy=False) if _complex_arrays[0] else result

    return extended


def _method(owner: Any, name: str, *args: Any, **options: Any) -> Any:
    """Call a method that NumPy defines otherwise on complex arrays than a step needs it."""
    if not isinstance(owner, (np.ndarray, np.generic)):
        return getattr(owner, name)(*args, **options)
    if name == "astype":
        if owner.dtype.kind in "fc":
            return owner + 0
        return owner.astype(float if args[0] is _float else args[0])
    if name == "sort":
        owner[...] = _sort(owner, *args, **options)
        return None
    if name in ("conj", "item", "fill"):
        return owner.copy() if name == "conj" else getattr(owner, name)(*args, **options)
    return getattr(_numpy, name)(owner, *args, **options)


def _float(x: Any = 0.0) -> Any:
    return _plain(x) * 1.0 if _is_complex(x) else float(x)


def _int(x: Any = 0) -> Any:
    return _note(int(_real(x)))


def _isinstance(x: Any, kinds: Any) -> bool:
    asked = kinds if isinstance(kinds, tuple) else (kinds,)
    asked = tuple(float if kind is _float else int if kind is _int else kind for kind in asked)
    return isinstance(x, asked) or (isinstance(x, complex) and float in asked)


def _largest(*items: Any, key: Any = None) -> Any:
    return _extreme_of(items, key, lambda a, b: a > b)


def _smallest(*items: Any, key: Any = None) -> Any:
    return _extreme_of(items, key, lambda a, b: a < b)


def _extreme_of(items: tuple[Any, ...], key: Any, wins: Callable[[Any, Any], bool]) -> Any:
    candidates = items if len(items) > 1 else tuple(items[0])
    keyed = [(c, _real(key(c) if key else c)) for c in candidates]
    best = keyed[0]
    for candidate in keyed[1:]:
        best = candidate if _note(wins(candidate[1], best[1])) else best
    return best[0]


def _sorted(items: Any, key: Any = None, reverse: bool = False) -> list[Any]:
    return builtins.sorted(items, key=lambda i: _real(key(i) if key else i), reverse=reverse)


class _Module:
    """A module with some of its functions replaced."""

    def __init__(self, origin: Any, **replaced: Any) -> None:
        self._origin = origin
        self.__dict__.update(replaced)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._origin, name)


def _ones(*_: Any) -> float:
    return 1.0


_hypot = _first_order(lambda x, y: x / np.hypot(x, y), lambda x, y: y / np.hypot(x, y))(np.hypot)
_arctan2 = _first_order(lambda y, x: x / (x * x + y * y), lambda y, x: -y / (x * x + y * y))(
    np.arctan2
)
_degrees = _first_order(lambda x: 180 / math.pi)(np.degrees)
_radians = _first_order(lambda x: math.pi / 180)(np.radians)
_copysign = _first_order(lambda x, y: np.sign(x) * np.sign(y), lambda x, y: 0.0)(np.copysign)
_fmod = _first_order(_ones, lambda x, y: -np.trunc(x / y))(np.fmod)

_numpy = _Module(
    np,
    abs=_absolute,
    absolute=_absolute,
    fabs=_absolute,
    maximum=_maximum,
    minimum=_minimum,
    fmax=_maximum,
    fmin=_minimum,
    clip=_clip,
    max=_extreme(np.argmax),
    amax=_extreme(np.argmax),
    min=_extreme(np.argmin),
    amin=_extreme(np.argmin),
    sort=_sort,
    var=_variance,
    std=_deviation,
    vdot=lambda x, y: np.dot(np.ravel(x), np.ravel(y)),
    conj=lambda x: x,
    stack=_drop_dtype(np.stack),
    where=_drop_dtype(np.where),
    hypot=_hypot,
    arctan2=_arctan2,
    atan2=_arctan2,
    logaddexp=_first_order(
        lambda x, y: 1 / (1 + np.exp(y - x)), lambda x, y: 1 / (1 + np.exp(x - y))
    )(np.logaddexp),
    logaddexp2=_first_order(
        lambda x, y: 1 / (1 + np.exp2(y - x)), lambda x, y: 1 / (1 + np.exp2(x - y))
    )(np.logaddexp2),
    cbrt=_first_order(lambda x: 1 / (3 * np.cbrt(x) ** 2))(np.cbrt),
    degrees=_degrees,
    rad2deg=_degrees,
    radians=_radians,
    deg2rad=_radians,
    copysign=_copysign,
    fmod=_fmod,
    mod=_mod,
    remainder=_mod,
    float_power=lambda x, y: x**y,
    sign=_zero(np.sign),
    floor=_zero(np.floor),
    ceil=_zero(np.ceil),
    trunc=_zero(np.trunc),
    rint=_zero(np.rint),
    round=_zero(np.round),
    heaviside=_zero(np.heaviside),
    argmax=_zero(np.argmax),
    argmin=_zero(np.argmin),
    argsort=_zero(np.argsort),
    isclose=_zero(np.isclose),
    allclose=_zero(np.allclose),
    zeros=_drop_dtype(np.zeros),
    ones=_drop_dtype(np.ones),
    empty=_drop_dtype(np.empty),
    full=_drop_dtype(np.full),
    eye=_drop_dtype(np.eye),
    zeros_like=_drop_dtype(np.zeros_like),
    ones_like=_drop_dtype(np.ones_like),
    empty_like=_drop_dtype(np.empty_like),
    full_like=_drop_dtype(np.full_like),
    array=_drop_dtype(np.array),
    asarray=_drop_dtype(np.asarray),
    arange=_drop_dtype(np.arange),
    linspace=_drop_dtype(np.linspace),
    float64=_float,
    linalg=_Module(np.linalg, norm=_norm, cholesky=_cholesky, slogdet=_log_determinant),
)

_math = _Module(
    math,
    **{
        name: getattr(np, other)
        for name, other in {
            "sin": "sin", "cos": "cos", "tan": "tan", "asin": "arcsin", "acos": "arccos",
            "atan": "arctan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh",
            "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "exp": "exp",
            "expm1": "expm1", "log1p": "log1p", "log2": "log2",
            "log10": "log10", "sqrt": "sqrt", "prod": "prod",
        }.items()
    },
    log=lambda x, base=None: np.log(x) if base is None else np.log(x) / np.log(base),
    pow=lambda x, y: x**y,
    fabs=_absolute,
    hypot=lambda *x: np.sqrt(builtins.sum(v * v for v in x)),
    atan2=_arctan2,
    degrees=_degrees,
    radians=_radians,
    copysign=_copysign,
    fmod=_fmod,
    fsum=lambda items: builtins.sum(items),
    dist=lambda p, q: np.sqrt(builtins.sum((a - b) ** 2 for a, b in zip(p, q, strict=True))),
    erf=_first_order(lambda x: 2 / _SQUARE_ROOT_OF_PI * math.exp(-x * x))(math.erf),
    erfc=_first_order(lambda x: -2 / _SQUARE_ROOT_OF_PI * math.exp(-x * x))(math.erfc),
    gamma=_first_order(lambda x: math.gamma(x) * _digamma(x))(math.gamma),
    lgamma=_first_order(_digamma)(math.lgamma),
    floor=_zero(math.floor),
    ceil=_zero(math.ceil),
    trunc=_zero(math.trunc),
    isclose=_zero(math.isclose),
    isfinite=_zero(math.isfinite),
    isnan=_zero(math.isnan),
    isinf=_zero(math.isinf),
)  # fmt: skip


def _environment() -> dict[str, Any]:
    return {
        "np": _numpy, "math": _math, "_real": _real, "_note": _note, "_tested": _tested, "_mod": _mod,
        "_floor_divide": _floor_divide, "_method": _method, "float": _float, "int": _int,
        "isinstance": _isinstance, "max": _largest, "min": _smallest, "abs": _absolute,
        "round": _round, "sorted": _sorted,
    }  # fmt: skip
