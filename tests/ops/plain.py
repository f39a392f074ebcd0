"""What the kinds of rows mean, by hand: bodies run on plain arrays, no compiler involved."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcdiff.ops.runtime import unbroadcast
from srcdiff.ops.table import Row

Args = dict[str, Any]


def as_array(x: Any) -> Any:
    """Numbers as NumPy numbers: bodies ask for ranks."""
    if isinstance(x, (tuple, list)):
        return tuple(as_array(item) for item in x)
    return x if isinstance(x, (np.ndarray, np.generic)) else np.asarray(x)[()]


def bound(row: Row, sample: tuple[Any, ...]) -> Args:
    """The arguments of a sample by name, in the order of the signature."""
    keywords = sample[-1] if sample and isinstance(sample[-1], dict) else {}
    positional = sample[:-1] if keywords else sample
    found = row.signature.bind(*positional, **keywords)
    found.apply_defaults()
    args = dict(found.arguments)
    for name in row.operands:
        args[name] = None if args[name] is None else as_array(args[name])
    return args


def run(row: Row, args: Args, function: Any = None) -> Any:
    """The function at the arguments."""
    positional: list[Any] = []
    keywords: Args = {}
    for name, parameter in row.signature.parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            positional += args[name]
        elif parameter.default is parameter.empty:
            positional.append(args[name])
        elif args[name] is not parameter.default:
            keywords[name] = args[name]
    return (function or row.function)(*positional, **keywords)


def varying(row: Row, args: Args) -> list[str]:
    """The operands of a call that can carry a derivative."""
    return [name for name in row.operands if any(map(is_inexact, leaves(args[name])))]


def is_inexact(x: Any) -> bool:
    return x is not None and np.asarray(x).dtype.kind in "fc"


def leaves(x: Any) -> list[Any]:
    if isinstance(x, (tuple, list)):
        return [leaf for item in x for leaf in leaves(item)]
    return [x]


def mapped(function: Any, x: Any, *others: Any) -> Any:
    """A function of corresponding leaves."""
    if isinstance(x, (tuple, list)):
        return tuple(mapped(function, *items) for items in zip(x, *others, strict=True))
    return function(x, *others)


def body_args(row: Row, args: Args) -> list[Any]:
    flat: list[Any] = []
    for name, parameter in row.signature.parameters.items():
        flat += args[name] if parameter.kind is parameter.VAR_POSITIONAL else [args[name]]
    return flat


def as_tuple(result: Any, row: Row) -> tuple[Any, ...]:
    """One entry per operand."""
    return result if len(row.operands) > 1 else (result,)


def partials(row: Row, args: Args) -> dict[str, Any]:
    """Partials of operands that vary (the others' may be nan)."""
    assert row.body is not None
    with np.errstate(all="ignore"):
        found = as_tuple(row.body(run(row, args), *body_args(row, args)), row)
    return {name: p for name, p in zip(row.operands, found) if name in varying(row, args)}


def forward(row: Row, args: Args, tangents: Args) -> Any:
    """The tangent of the result, from tangents of the operands named in `tangents`."""
    return FORWARD[row.kind](row, args, tangents)


def _forward_elementwise(row: Row, args: Args, tangents: Args) -> Any:
    found = partials(row, args)
    total = sum(found[name] * tangents[name] for name in tangents)
    return total + np.zeros_like(run(row, args))


def _forward_linear(row: Row, args: Args, tangents: Args) -> Any:
    zeros = {name: mapped(zero_of, args[name]) for name in row.operands}
    return run(row, {**args, **zeros, **tangents})


def zero_of(x: Any) -> Any:
    return None if x is None else np.zeros_like(x)[()]


def _forward_bilinear(row: Row, args: Args, tangents: Args) -> Any:
    total: Any = 0.0
    for name, d in tangents.items():
        if not row.sequence:
            total = total + run(row, {**args, name: d})
            continue
        for k, dx in enumerate(d):
            xs = (*args[name][:k], dx, *args[name][k + 1 :])
            total = total + run(row, {**args, name: xs})
    return total


def _forward_tangent(row: Row, args: Args, tangents: Args) -> Any:
    assert row.body is not None
    names = list(row.signature.parameters)
    ds = [tangents.get(name, mapped(zero_of, args[name])) for name in row.operands]
    first = [args[name] for name in names if name in row.operands]
    rest = [args[name] for name in names if name not in row.operands]
    z = run(row, args)
    terms = row.body(z, *first, *ds, *rest)
    if isinstance(z, tuple):
        return tuple(t + np.zeros_like(part) for part, t in zip(z, terms, strict=True))
    return sum(as_tuple(terms, row)) + np.zeros_like(z)


def _forward_adjoint(row: Row, args: Args, tangents: Args) -> Any:
    z = np.asarray(run(row, args))
    result = np.zeros_like(z)
    for index in np.ndindex(z.shape):
        seed = np.zeros_like(z)
        seed[index] = 1.0
        received = reverse(row, args, seed)
        result[index] = sum(np.sum(received[name] * tangents[name]) for name in tangents)
    return result


FORWARD = {
    "elementwise": _forward_elementwise,
    "linear": _forward_linear,
    "bilinear": _forward_bilinear,
    "tangent": _forward_tangent,
    "adjoint": _forward_adjoint,
}


def reverse(row: Row, args: Args, bz: Any) -> Args:
    """The cotangents of the operands; for tangent rules by transposing column by column."""
    assert row.body is not None
    if row.kind == "elementwise":
        found = partials(row, args)
        return {name: unbroadcast(bz * found[name], args[name]) for name in varying(row, args)}
    if row.kind in ("linear", "bilinear"):
        received = row.body(bz, *body_args(row, args))
        return dict(zip(row.operands, as_tuple(received, row)))
    if row.kind == "adjoint":
        received = row.body(bz, run(row, args), *body_args(row, args))
        return dict(zip(row.operands, as_tuple(received, row)))
    return {name: _transposed(row, args, bz, name) for name in varying(row, args)}


def _transposed(row: Row, args: Args, bz: Any, name: str) -> Any:
    x = np.asarray(args[name])
    result = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        for unit, back in ((1.0, 1.0), (1j, -1j)) if x.dtype.kind == "c" else ((1.0, 1.0),):
            dx = np.zeros_like(x)
            dx[index] = unit
            result[index] += back * pairing(bz, forward(row, args, {name: dx[()]}))
    return result


def pairing(b: Any, d: Any) -> Any:
    """The real part of sum(b * d), over structures."""
    return sum(np.real(np.sum(p * q)) for p, q in zip(leaves(b), leaves(d), strict=True))
