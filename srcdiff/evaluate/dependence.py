"""Which entries of an argument each entry of a value depends on: the pattern of a Jacobian.

A value carries a Boolean sparse matrix, a row per entry of the value and a column per entry of the
argument. Elementwise operations join the rows of their operands, operations that move entries move
the rows, sums join them; what is not known better lets each result depend on all that goes in. So
the pattern holds everything that may be nonzero (it does not see that x - x is zero), along the path
that the program takes at the point. `pointwise` tells whether another point may take another path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from srcdiff.evaluate import concrete
from srcdiff.evaluate.interpret import Evaluator
from srcdiff.evaluate.optional import scipy_sparse
from srcdiff.ir.core import Apply
from srcdiff.ir.types import differentiable
from srcdiff.ops.table import Row


@dataclass(frozen=True)
class Traced:
    """A value; the rows of its entries (None: it does not depend); is it made of floats?"""

    value: Any
    rows: Any = None
    loose: bool = False


class Dependence(Evaluator):
    """Runs a program on traced values; `count` is the number of the argument's entries."""

    def __init__(self, count: int):
        self.count = count
        self.sparse = scipy_sparse()
        self.pointwise = False

    def lifted(self, value: Any) -> Any:
        return Traced(value)

    def plain(self, value: Any) -> Any:
        return value.value

    def decided(self, value: Any) -> None:
        self.pointwise = self.pointwise or any(v.loose for v in _each(value))

    def operation(self, stmt: Apply, args: list[Any]) -> list[Any]:
        values = concrete.run(stmt, [self.number(a) for a in args])
        inputs = [v for a in args for v in _each(a)]
        loose = any(v.loose for v in inputs)
        shapes_only = stmt.op.name in ("extent", "shape", "ndim", "size", "length", "zeros_like")
        still = all(v.rows is None for v in inputs) or not any(map(_varies, stmt.outs))
        kind = getattr(stmt.op, "kind", "")
        if still or shapes_only or kind == "zero":
            return [Traced(v, None, loose and not shapes_only) for v in values]
        found = self.rows(stmt, args, values)
        return [Traced(v, rows, loose) for v, rows in zip(values, found)]

    def rows(self, stmt: Apply, args: list[Any], values: list[Any]) -> list[Any]:
        """The rows of the results."""
        row = stmt.op
        assert isinstance(row, Row)
        rule = RULES.get(row.name) or KINDS.get(row.kind)
        found = rule(self, stmt, args, values) if rule else None
        return found if found is not None else self.everything(args, values)

    def everything(self, args: list[Any], values: list[Any]) -> list[Any]:
        """Each entry of each result depends on all that goes in."""
        total = self.empty(1)
        for v in (v for a in args for v in _each(a)):
            if v.rows is not None:
                total = total + self.joined(v.rows, np.zeros(v.rows.shape[0], dtype=np.int64), 1)
        return [total[np.zeros(np.size(v), dtype=np.int64)] for v in values]

    def empty(self, rows: int) -> Any:
        return self.sparse.csr_array((rows, self.count), dtype=bool)

    def joined(self, rows: Any, groups: Any, count: int) -> Any:
        """`count` rows: the rows of each group joined."""
        ones = np.ones(groups.size, dtype=bool)
        at = (groups, np.arange(groups.size))
        return self.sparse.csr_array((ones, at), shape=(count, groups.size)) @ rows

    def of(self, v: Traced) -> Any:
        """The rows of a value, empty ones where it does not depend."""
        return self.empty(np.size(v.value)) if v.rows is None else v.rows

    def seeds(self, value: Any) -> Traced:
        """The argument itself: each entry depends on itself."""
        return Traced(value, self.sparse.eye_array(self.count, dtype=bool, format="csr"), True)


def _varies(var: Any) -> bool:
    return differentiable(var.type) or not hasattr(var.type, "dtype")


def _each(value: Any) -> Iterator[Traced]:
    if isinstance(value, Traced):
        yield value
    elif isinstance(value, slice):
        for part in (value.start, value.stop, value.step):
            yield from _each(part)
    else:
        for item in value:
            yield from _each(item)


def _places(shape: Any) -> Any:
    return np.arange(int(np.prod(shape))).reshape(shape)


def _elementwise(run: Dependence, stmt: Apply, args: list[Any], values: list[Any]) -> list[Any]:
    shape = np.shape(values[0])
    total = run.empty(int(np.prod(shape)))
    for v in (v for a in args for v in _each(a)):
        if v.rows is not None:
            at = np.broadcast_to(_places(np.shape(v.value)), shape).ravel()
            total = total + v.rows[at]
    return [total]


def _moved(run: Dependence, stmt: Apply, args: list[Any], values: list[Any]) -> Any:
    """The operation on the numbers of its operands' entries tells which entry went where."""
    stacked, numbered, start = [run.empty(1)], [], 1
    assert isinstance(stmt.op, Row)
    names = list(stmt.op.signature.parameters)
    for name, arg in zip(names, args):
        if name not in stmt.op.operands:
            for v in _each(arg):
                run.decided(v)
            numbered.append(run.number(arg))
            continue
        made, start = _numbered(run, arg, start, stacked)
        numbered.append(made)
    positional, keywords = concrete.arranged(stmt.op, numbered)
    assert stmt.op.function is not None
    keywords.pop("dtype", None)
    result = stmt.op.function(*positional, **keywords)
    results = [result] if len(stmt.outs) == 1 else list(result)
    if any(np.asarray(r).dtype.kind != "i" for r in results):
        return None
    whole = run.sparse.vstack(stacked, format="csr")
    return [whole[np.ravel(r)] for r in results]


def _numbered(run: Dependence, arg: Any, start: int, stacked: list[Any]) -> tuple[Any, int]:
    """An operand's entries by number, counted on from `start`; 0 stands for what does not depend."""
    if isinstance(arg, Traced):
        shape = np.shape(arg.value)
        if arg.rows is None:
            return np.zeros(shape, dtype=np.int64), start
        stacked.append(arg.rows)
        return _places(shape) + start, start + arg.rows.shape[0]
    made = []
    for item in arg:
        one, start = _numbered(run, item, start, stacked)
        made.append(one)
    return tuple(made), start


def _groups(run: Dependence, x: Any, axis: Any) -> tuple[Any, int]:
    """For each entry of x the number of its sum along the axis, and how many sums there are."""
    shape = np.sum(np.zeros(np.shape(x)), axis=axis, keepdims=True).shape
    places = _places(shape)
    return np.broadcast_to(places, np.shape(x)).ravel(), places.size


def _argument(run: Dependence, stmt: Apply, args: list[Any], name: str) -> Any:
    assert isinstance(stmt.op, Row)
    names = list(stmt.op.signature.parameters)
    return run.number(args[names.index(name)]) if name in names else None


def _reduced(run: Dependence, stmt: Apply, args: list[Any], values: list[Any]) -> Any:
    groups, count = _groups(run, args[0].value, _argument(run, stmt, args, "axis"))
    return [run.joined(run.of(args[0]), groups, count)]


def _along(run: Dependence, stmt: Apply, args: list[Any], values: list[Any]) -> Any:
    """Every entry depends on all those of its line along the axis."""
    x, shape = args[0], np.shape(args[0].value)
    axis = _argument(run, stmt, args, "axis")
    groups, count = _groups(run, x.value, axis)
    total = run.empty(count)
    for v in (v for a in args for v in _each(a) if v.rows is not None):
        if np.shape(v.value) != shape:
            return None
        total = total + run.joined(v.rows, groups, count)
    return [total[groups]] if np.size(values[0]) == groups.size else None


def _matmul(run: Dependence, stmt: Apply, args: list[Any], values: list[Any]) -> Any:
    x, y = args[:2]
    if np.ndim(x.value) == 0 or np.ndim(y.value) == 0:
        return _elementwise(run, stmt, args[:2], values)
    if max(np.ndim(x.value), np.ndim(y.value)) > 2 and stmt.op.name == "dot":
        return None
    left = np.shape(x.value) if np.ndim(x.value) > 1 else (1, *np.shape(x.value))
    right = np.shape(y.value) if np.ndim(y.value) > 1 else (*np.shape(y.value), 1)
    shape = (*np.broadcast_shapes(left[:-2], right[:-2]), left[-2], right[-1])
    total = run.empty(int(np.prod(shape)))
    if x.rows is not None:
        total = total + _contracted(run, x, y, left, shape, -1)
    if y.rows is not None:
        total = total + _contracted(run, y, x, right, shape, -2)
    return [total]


def _contracted(run: Dependence, v: Traced, other: Traced, own: Any, shape: Any, axis: int) -> Any:
    """Joined along the axis summed over; by the zeros of a constant matrix where it has many."""
    if other.rows is None and len(shape) == 2:
        full = (
            other.value.reshape(-1, 1) if axis == -1 and np.ndim(other.value) == 1 else other.value
        )
        full = np.atleast_2d(full) != 0
        if np.count_nonzero(full) * 2 < full.size:
            run.decided(other)
            nonzero = run.sparse.csr_array(full)
            eye = run.sparse.eye_array(shape[0] if axis == -1 else shape[1], dtype=bool)
            pick = run.sparse.kron(*((eye, nonzero.T) if axis == -1 else (nonzero, eye)), "csr")
            return pick.astype(bool) @ v.rows
    kept = list(own)
    kept[axis] = 1
    groups = np.broadcast_to(_places(kept), own).ravel()
    lines = run.joined(v.rows, groups, int(np.prod(kept)))
    return lines[np.broadcast_to(_places(kept), shape).ravel()]


def _outer(run: Dependence, stmt: Apply, args: list[Any], values: list[Any]) -> Any:
    shape = np.shape(values[0])
    x, y = args[:2]
    total = run.empty(int(np.prod(shape)))
    if x.rows is not None:
        total = total + x.rows[np.broadcast_to(_places((shape[0], 1)), shape).ravel()]
    if y.rows is not None:
        total = total + y.rows[np.broadcast_to(_places((1, shape[1])), shape).ravel()]
    return [total]


def _einsum(run: Dependence, stmt: Apply, args: list[Any], values: list[Any]) -> Any:
    """Each operand joined over the labels that the result does not have."""
    strings = [a.value for a in args if isinstance(a, Traced) and isinstance(a.value, str)]
    operands = [v for a in args for v in _each(a) if not isinstance(v.value, str)]
    text = strings[0].replace(" ", "") if strings else ""
    sources, arrow, target = text.partition("->")
    labels = sources.split(",")
    if not arrow:
        letters = "".join(labels)
        target = "".join(c for c in sorted(set(letters)) if letters.count(c) == 1)
    if not text or "." in text or len(labels) != len(operands):
        return None
    if any(len(set(s)) != len(s) for s in labels):
        return None
    shape = np.shape(values[0])
    total = run.empty(int(np.prod(shape)))
    for own, v in zip(labels, operands):
        if v.rows is not None:
            total = total + _einsum_operand(run, v, own, target, shape)
    return [total]


def _einsum_operand(run: Dependence, v: Traced, own: str, target: str, shape: Any) -> Any:
    sizes = dict(zip(own, np.shape(v.value)))
    kept = [label for label in target if label in own]
    places = _places([sizes[k] for k in kept])
    order = [label for label in own if label in kept]
    moved = places.transpose([kept.index(k) for k in order]) if order else places
    seats = tuple(slice(None) if k in kept else None for k in own)
    groups = np.broadcast_to(moved[seats] if own else moved, np.shape(v.value)).ravel()
    lines = run.joined(v.rows, groups, places.size)
    at = tuple(slice(None) if k in kept else None for k in target)
    return lines[np.broadcast_to(places[at] if target else places, shape).ravel()]


def _written(run: Dependence, stmt: Apply, args: list[Any], values: list[Any]) -> Any:
    """add_at(b, index, v) and scatter(v, like, index): v joined in where it was added."""
    if stmt.op.name == "add_at":
        b, index, v = args
        base = run.of(b)
    else:
        v, b, index = args
        base = run.empty(np.size(b.value))
    run.decided(index)
    if v.rows is None:
        return [base]
    target = _places(np.shape(b.value))[run.number(index)]
    source = np.broadcast_to(_places(np.shape(v.value)), np.shape(target)).ravel()
    return [base + run.joined(v.rows[source], np.ravel(target), base.shape[0])]


def _overwritten(run: Dependence, stmt: Apply, args: list[Any], values: list[Any]) -> Any:
    """set_at(x, index, v): the rows of v in the place of those of x."""
    x, index, v = args
    run.decided(index)
    target = _places(np.shape(x.value))[run.number(index)]
    left = np.arange(np.size(x.value)) + 1
    left[np.ravel(target)] = 0
    base = run.sparse.vstack([run.empty(1), run.of(x)], format="csr")[left]
    if v.rows is None:
        return [base]
    source = np.broadcast_to(_places(np.shape(v.value)), np.shape(target)).ravel()
    return [base + run.joined(v.rows[source], np.ravel(target), base.shape[0])]


def _unbroadcast(run: Dependence, stmt: Apply, args: list[Any], values: list[Any]) -> Any:
    v, like = args
    places = _places(np.shape(like.value))
    groups = np.broadcast_to(places, np.shape(v.value)).ravel()
    return [run.joined(run.of(v), groups, places.size)]


def _first(run: Dependence, stmt: Apply, args: list[Any], values: list[Any]) -> Any:
    return [run.of(args[0])]


def _interp(run: Dependence, stmt: Apply, args: list[Any], values: list[Any]) -> Any:
    return (
        _elementwise(run, stmt, args[:1], values)
        if not any(v.rows is not None for a in args[1:] for v in _each(a))
        else None
    )


def _array(run: Dependence, stmt: Apply, args: list[Any], values: list[Any]) -> Any:
    """np.array of numbers and arrays, nested."""
    stacked = [run.empty(1)]
    numbers, _ = _numbered(run, args[0], 1, stacked)
    return [run.sparse.vstack(stacked, format="csr")[np.ravel(np.array(numbers))]]


Rule = Callable[[Dependence, Apply, list[Any], list[Any]], Any]
_NAMES: dict[Rule, str] = {
    _moved: """reshape ravel transpose matrix_transpose swapaxes moveaxis squeeze expand_dims
        broadcast_to atleast_1d atleast_2d atleast_3d flip fliplr flipud roll rot90 concatenate stack
        split array_split tile repeat diagonal diag tril triu np_copy take take_along_axis delayed
        advanced getitem spread""",
    _reduced: "sum mean prod max min var std nanmax nanmin norm",
    _along: "cumsum cumprod sort product_of_others products_before recurrence",
    _elementwise: "where select real imag conjugate clip max2 min2",
    _matmul: "matmul dot",
    _outer: "outer",
    _einsum: "einsum",
    _written: "add_at scatter",
    _overwritten: "set_at set_last",
    _first: "kept",
    _unbroadcast: "unbroadcast",
    _interp: "interp",
    _array: "array",
}
RULES: dict[str, Rule] = {name: rule for rule, names in _NAMES.items() for name in names.split()}
KINDS: dict[str, Rule] = {"elementwise": _elementwise, "moved": _first}
