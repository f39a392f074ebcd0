"""Numbers of which only the run knows the type: a sum begun with the int 0, an int or a float by a test.

    before   k = n if c else 2.5; a = array((k, 1))
    after    k = ...; a = array((k, 1)); require_dtype(a, "float64")

A number made of such a number is as uncertain (`Scalar.mixed`), and comes out right by itself. An array
is differentiated by its dtype: what is stored in one of integers is cut, and has no derivative. So where
the dtype of an array depends on such numbers generated code looks whether it is the expected one: that of
the widest of them, and ints for 2**n. In the rules of the table the numbers are converted instead: a cotangent has the
dtype of its value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from srcdiff.analysis.types import arg_type
from srcdiff.ir.core import Arg, Const, Pack, Var
from srcdiff.ir.types import FLOAT, INT, Array, ListOf, Scalar, Type, dtype_of, is_python
from srcdiff.ops import python as py
from srcdiff.ops.table import Row
from srcdiff.transform.instantiate import Instantiator
from srcdiff.transform.values import NeedStatic

Run = Instantiator


@dataclass(frozen=True)
class Typed:
    """A row's arguments and the types of its results; doubtful: which of these the run is to confirm."""

    args: tuple[Arg, ...]
    types: tuple[Type, ...]
    doubtful: frozenset[int] = frozenset()

    def require(self, run: Run, outs: Sequence[Any]) -> None:
        """Have it confirmed."""
        for k in sorted(self.doubtful):
            run.build.apply(py.require_dtype, (outs[k], Const(dtype_of(self.types[k]))), ())


def typed(run: Run, row: Row, args: tuple[Arg, ...], function: Any = None) -> Typed:
    """The types of a row's results, with the arguments to give it."""
    types = _inferred(run, row, args, function)
    mixed = _mixed(args)
    if not mixed:
        return Typed(args, (_power(*args),) if row.name == "power" and _of_ints(args) else types)
    tried = (_replaced(args, by) for by in _alternatives(mixed))
    found = list(zip(*(_inferred(run, row, each, function) for each in tried)))
    arrays = {k for k, t in enumerate(types) if isinstance(t, Array)}
    doubtful = frozenset(k for k in arrays if len(set(map(dtype_of, found[k]))) > 1)
    if doubtful and run.rules:
        args = _replaced(args, {v: _converted(run, v, types) for v in mixed})
        return Typed(args, _inferred(run, row, args, function))
    return Typed(args, tuple(map(_joined, types, found)), doubtful)


def _of_ints(args: tuple[Arg, ...]) -> bool:
    return all(is_python(t) and dtype_of(t) in ("int64", "bool") for t in map(arg_type, args))


def _power(base: Arg, exponent: Arg) -> Type:
    """An int to the power of an int: an int, but a float where the exponent is negative."""
    if isinstance(exponent, Const):
        return INT if exponent.value >= 0 else FLOAT
    return replace(INT, mixed=frozenset({("int64", True), ("float64", True)}))


def _converted(run: Run, v: Var, types: tuple[Type, ...]) -> Arg:
    dtype = next(t.dtype for t in types if isinstance(t, Array))
    return run.build.value(py.cast, (v, Const(dtype)), Scalar(dtype, weak=False))


def _joined(type: Type, others: tuple[Type, ...]) -> Type:
    """The type of a result, for a number with all it may be at run time."""
    if isinstance(type, Array):
        dtypes = set(map(dtype_of, others))
        return Array(dtypes.pop(), type.shape) if len(dtypes) == 1 else type
    parts = frozenset((o.dtype, o.weak) for o in others if isinstance(o, Scalar))
    if not isinstance(type, Scalar) or not parts:
        return type
    if len(parts) > 1:
        return replace(type, mixed=parts)
    ((dtype, weak),) = parts
    return replace(type, dtype=dtype, weak=weak)


def _mixed(args: tuple[Arg, ...]) -> dict[Var, list[Type]]:
    """The operands that are such numbers, or lists of them, with all they may be."""
    found: dict[Var, list[Type]] = {}
    for a in _atoms(args):
        number = a.type if isinstance(a, Var) else None
        length = number.length if isinstance(number, ListOf) else None
        number = number.element if isinstance(number, ListOf) else number
        if isinstance(a, Var) and isinstance(number, Scalar) and number.mixed:
            each = [Scalar(*part) for part in sorted(number.mixed)]
            found[a] = [t if length is None else ListOf(t, length) for t in each]
    return found


def _alternatives(mixed: Mapping[Var, list[Type]]) -> Iterator[dict[Var, Arg]]:
    """Values of certain types in the place of mixed ones; those that may be the same are taken alike."""
    kinds = {tuple(types): types for types in mixed.values()}
    for chosen in product(*kinds.values()):
        by = dict(zip(kinds, chosen))
        yield {v: Var("", by[tuple(types)]) for v, types in mixed.items()}


def _inferred(run: Run, row: Row, args: tuple[Arg, ...], function: Any) -> tuple[Type, ...]:
    try:
        return run.build.infer(row, args, function)
    except (TypeError, ValueError, ArithmeticError, np.linalg.LinAlgError, IndexError) as error:
        numbers = [a for a in _atoms(args) if isinstance(a, Var) and isinstance(a.type, Scalar)]
        origins = {o for a in numbers for o in run.session.origins.get(a, ())}
        if origins:  # an axis, say, that is an argument or a global
            raise NeedStatic("the argument", frozenset(origins), run.build.at) from None
        raise run.refusal("SD329", f"{row.path or row.name}: {error}") from None


def _atoms(args: tuple[Arg, ...]) -> Iterator[Arg]:
    """The arguments, and those in packs."""
    for a in args:
        if isinstance(a, Pack):
            yield from _atoms(a.items)
        else:
            yield a


def _replaced(args: tuple[Arg, ...], by: Mapping[Var, Arg]) -> tuple[Arg, ...]:
    return tuple(
        Pack(_replaced(a.items, by))
        if isinstance(a, Pack)
        else (by.get(a, a) if isinstance(a, Var) else a)
        for a in args
    )
