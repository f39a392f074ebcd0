"""Fitting a derivative to the value it belongs to: summed where it was broadcast, spread where it is
smaller, real where the value is, of the value's dtype. Decided while compiling where lengths allow.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from srcdiff.analysis.types import arg_type, dims_of
from srcdiff.ir.core import Arg, Atom, Const, Pack
from srcdiff.ir.types import Array, Dim, ListOf, Scalar, Type, is_one
from srcdiff.ops.table import BY_NAME
from srcdiff.transform.algebra import agree, narrow_axes
from srcdiff.transform.build import Builder

Dims = tuple[Dim, ...]


def fit(build: Builder, v: Atom, like: Atom) -> Atom:
    """A cotangent that arrives broadcast, as one of the operand: summed, real, of its dtype."""
    wanted = arg_type(like)
    v = narrowed(build, v, like)
    return _of_dtype(build, v, wanted)


def narrowed(build: Builder, v: Atom, like: Atom) -> Atom:
    """v summed over the axes along which `like` was broadcast."""
    wanted = arg_type(like)
    own, dims = dims_of(arg_type(v)), dims_of(wanted)
    if (
        isinstance(wanted, ListOf)
        or isinstance(arg_type(v), ListOf)
        or own == dims
        and own is not None
    ):
        return v
    if isinstance(wanted, Scalar):
        return build.row("sum", v, Const(None), *_defaults("sum", 2))
    if own is None or dims is None:
        return build.value(BY_NAME["unbroadcast"], (v, like), _shaped(v, wanted))
    axes = narrow_axes(own, dims)
    if axes is None:
        return _checked_narrow(build, v, like, wanted, own, dims)
    lead, kept = axes
    if lead:
        v = build.row("sum", v, _axes(tuple(range(lead))), *_defaults("sum", 2))
    if kept:
        v = build.row(
            "sum", v, _axes(tuple(k - lead for k in kept)), Const(True), *_defaults("sum", 3)
        )
    return _widened(build, v, like, wanted)


def _axes(axes: tuple[int, ...]) -> Arg:
    return Const(axes[0]) if len(axes) == 1 else Pack(tuple(map(Const, axes)))


def _defaults(name: str, start: int) -> tuple[Const, ...]:
    parameters = list(BY_NAME[name].signature.parameters.values())[start:]
    return tuple(Const(p.default) for p in parameters)


def _checked_narrow(build: Builder, v: Atom, like: Atom, wanted: Type, own: Any, dims: Any) -> Atom:
    """Lengths that the run decides: a helper looks at the shapes."""
    if len(own) < len(dims):
        return build.value(BY_NAME["spread"], (v, like), _shaped(v, wanted))
    return build.value(BY_NAME["unbroadcast"], (v, like), _shaped(v, wanted))


def _widened(build: Builder, v: Atom, like: Atom, wanted: Type) -> Atom:
    own, dims = dims_of(arg_type(v)), dims_of(wanted)
    if own is None or dims is None:
        return v
    narrower = len(own) < len(dims) or any(
        is_one(a) is True and is_one(b) is not True for a, b in zip(own, dims)
    )
    return build.value(BY_NAME["spread"], (v, like), _shaped(v, wanted)) if narrower else v


def told(build: Builder, v: Atom, like: Atom) -> Atom:
    """A derivative in the shape of what it belongs to, also where only the run tells that it is.

    Lengths of two names are taken for equal where two values met that agree or fail. Whoever is handed
    the result has not seen them meet, and the derivative may do without: broadcasting fails in its place.
    """
    own, wanted = arg_type(v), arg_type(like)
    if not isinstance(own, Array) or not isinstance(wanted, Array) or own.shape == wanted.shape:
        return v
    if own.shape is None or wanted.shape is None or not agree(own.shape, wanted.shape):
        return v
    return build.value(BY_NAME["spread"], (v, like), _shaped(v, wanted))


def _shaped(v: Atom, wanted: Type) -> Type:
    own = arg_type(v)
    assert isinstance(own, (Scalar, Array)) and isinstance(wanted, Array)
    return Array(own.dtype, wanted.shape)


def widen(build: Builder, v: Atom, like: Atom) -> Atom:
    """A tangent that is smaller than the value it belongs to, broadcast to its shape."""
    wanted = arg_type(like)
    own, dims = dims_of(arg_type(v)), dims_of(wanted)
    if not isinstance(wanted, Array) or isinstance(arg_type(v), ListOf):
        return _of_dtype(build, v, wanted)
    if own is None or dims is None or not _spans(own, dims):
        v = build.value(BY_NAME["spread"], (v, like), _shaped(v, wanted))
    return _of_dtype(build, v, wanted)


def _spans(own: Dims, dims: Dims) -> bool:
    """Whether what broadcasts to some lengths has them: a length that is not 1 is that of the result."""
    return len(own) == len(dims) and all(a == b or is_one(a) is False for a, b in zip(own, dims))


def _of_dtype(build: Builder, v: Atom, wanted: Type) -> Atom:
    own = arg_type(v)
    if not isinstance(own, (Scalar, Array)) or not isinstance(wanted, (Scalar, Array)):
        return v
    if isinstance(v, Const) or own.dtype == wanted.dtype:
        return v
    if np.dtype(own.dtype).kind == "c" and np.dtype(wanted.dtype).kind == "f":
        v = build.row("real", v)
        own = arg_type(v)
        assert isinstance(own, (Scalar, Array))
        if own.dtype == wanted.dtype:
            return v
    shape = own.shape if isinstance(own, Array) else ()
    made = (
        Array(wanted.dtype, shape) if isinstance(own, Array) else Scalar(wanted.dtype, weak=False)
    )
    return build.value(BY_NAME["cast"], (v, Const(wanted.dtype)), made)
