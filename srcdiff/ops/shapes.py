"""Shape functions: the lengths of a result's axes from those of the operands.

A shape function takes what the row's signature names, in order: an operand as the tuple of its
lengths (a tuple of such tuples for a sequence of arrays), any other parameter as its value, or as a
length when it is an integer known only at run time. It returns the tuple of lengths, or a tuple of
such tuples for a row with several results. What cannot be right raises ValueError.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Optional

import numpy as np

from srcdiff.ir.types import Dim, Sym, fresh_dim, is_one, minus

Dims = tuple[Dim, ...]


# --- lengths ------------------------------------------------------------------------------------


def product_dim(dims: Iterable[Dim]) -> Dim:
    """The length of some axes made into one."""
    known, unknown = 1, []
    for d in dims:
        if isinstance(d, int):
            known *= d
        elif d.one is not True:
            unknown.append(d)
    if known == 0 or not unknown:
        return known
    if known == 1 and len(unknown) == 1:
        return unknown[0]
    one = False if known > 1 or any(d.one is False for d in unknown) else None
    return Sym(("times", known, *sorted((d.key for d in unknown), key=repr)), one)


def sum_dim(dims: Iterable[Dim]) -> Dim:
    """The length of some axes put one after the other."""
    known, terms = 0, Counter[Hashable]()
    unknown: dict[Hashable, Sym] = {}
    for d in dims:
        more, keys = _terms(d)
        known += more
        terms.update(keys)
        if isinstance(d, Sym):
            unknown[d.key] = d
    if not terms:
        return known
    if known == 0 and sum(terms.values()) == 1:
        return unknown[next(iter(terms))]
    never_one = known > 1 or (known == 0 and all(d.one is False for d in unknown.values()))
    return _total(known, terms, False if never_one else None)


def _total(known: int, terms: Counter[Hashable], one: bool | None) -> Sym:
    return Sym(("plus", known, *sorted(terms.elements(), key=repr)), one)


def _terms(d: Dim) -> tuple[int, Counter[Hashable]]:
    """A length as a number and keys to add up."""
    if isinstance(d, int):
        return d, Counter()
    if isinstance(d.key, tuple) and d.key[:1] == ("plus",):
        return d.key[1], Counter(d.key[2:])
    return 0, Counter([d.key])


def difference(whole: Dim, part: Dim) -> Dim | None:
    """What is left of a length when a part is taken away; None unless the part surely fits."""
    known, terms = _terms(whole)
    less, keys = _terms(part)
    if less > known or keys - terms:
        return None
    left = terms - keys
    if not left:
        return known - less
    if known == less and sum(left.values()) == 1:
        (key,) = left
        return Sym(key, whole.one if isinstance(whole, Sym) and whole.key == key else None)
    return _total(known - less, left, None)


_met: ContextVar[Optional[list[tuple[Dim, Dim]]]] = ContextVar("met", default=None)


@contextmanager
def noting() -> Iterator[list[tuple[Dim, Dim]]]:
    """The lengths that shape functions take for one, in the list that is handed out: else NumPy fails."""
    found: list[tuple[Dim, Dim]] = []
    token = _met.set(found)
    try:
        yield found
    finally:
        _met.reset(token)


def _meet(a: Dim, b: Dim) -> None:
    found = _met.get()
    if found is not None:
        found.append((a, b))


def common(a: Dim, b: Dim) -> Dim:
    """The length of two axes broadcast against each other."""
    if a == b or is_one(b) is True:
        return a
    if is_one(a) is True:
        return b
    if is_one(a) is False and is_one(b) is False:
        _meet(a, b)
    if isinstance(a, int) and isinstance(b, int):
        raise ValueError(f"operands could not be broadcast together: lengths {a} and {b}")
    if is_one(a) is False:
        return b if isinstance(b, int) and b != 1 else a
    return b if is_one(b) is False else fresh_dim("wide")


def matching(a: Dim, b: Dim, what: str) -> Dim:
    """One length for two axes that must be equal."""
    if isinstance(a, int) and isinstance(b, int) and a != b:
        raise ValueError(f"{what}: lengths {a} and {b} do not match")
    _meet(a, b)
    return b if isinstance(b, int) else a


def axis_of(axis: Any, rank: int) -> int:
    """An axis counted from 0."""
    if isinstance(axis, Sym) or not isinstance(axis, (int, np.integer)):
        raise ValueError(f"the axis must be an integer known while compiling, not {axis}")
    if not -rank <= axis < rank:
        raise ValueError(f"axis {axis} is out of bounds for array of dimension {rank}")
    return int(axis) % rank


def axes_of(axis: Any, rank: int) -> tuple[int, ...]:
    """Axes counted from 0; None means all."""
    if axis is None:
        return tuple(range(rank))
    axes = tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)
    found = tuple(axis_of(a, rank) for a in axes)
    if len(set(found)) != len(found):
        raise ValueError(f"repeated axis in {axis}")
    return found


def dims_in(x: Any) -> Dims:
    """The lengths of an argument that may be an operand or a number."""
    return x if isinstance(x, tuple) else ()


# --- elementwise and reductions -----------------------------------------------------------------


def broadcasted(*operands: Any) -> Dims:
    """Operands broadcast against one another (anything but lengths is passed over)."""
    result: Dims = ()
    for operand in operands:
        result = _broadcast_pair(result, dims_in(operand))
    return result


broadcast_dims = broadcasted


def _broadcast_pair(a: Dims, b: Dims) -> Dims:
    rank = max(len(a), len(b))
    a, b = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b
    return tuple(map(common, a, b))


def same(x: Any, *rest: Any) -> Dims:
    """The shape of the first operand."""
    return dims_in(x)


def second(v: Any, like: Any, *rest: Any) -> Dims:
    """The shape of the second argument."""
    return dims_in(like)


def scalar(*operands: Any) -> Dims:
    """A single number."""
    return ()


def reduced(x: Dims, axis: Any = None, keepdims: Any = False, *rest: Any) -> Dims:
    """Axes summed up or otherwise made one entry."""
    if not isinstance(keepdims, (bool, np.bool_)):
        raise ValueError("keepdims must be True or False (dtype, ddof and out are given by name)")
    gone = axes_of(axis, len(x))
    if keepdims:
        return tuple(1 if k in gone else d for k, d in enumerate(x))
    return tuple(d for k, d in enumerate(x) if k not in gone)


def cumulative(x: Dims, axis: Any = None, *rest: Any) -> Dims:
    """Running results along an axis; without one, of the flat array."""
    if axis is None:
        return raveled(x)
    axis_of(axis, len(x))
    return x


# --- products -----------------------------------------------------------------------------------


def contracted(x: Dims, y: Dims) -> Dims:
    """x @ y"""
    if not x or not y:
        raise ValueError("matmul: operands must have at least one axis")
    inner = y[-2] if len(y) > 1 else y[0]
    matching(x[-1], inner, "matmul")
    left = x[-2:-1] if len(x) > 1 else ()
    right = y[-1:] if len(y) > 1 else ()
    return _broadcast_pair(x[:-2], y[:-2]) + left + right


def dotted(x: Dims, y: Dims) -> Dims:
    """np.dot"""
    if not x or not y:
        return x + y
    k = max(len(y) - 2, 0)
    matching(x[-1], y[k], "dot")
    return x[:-1] + y[:k] + y[k + 1 :]


def inner(x: Dims, y: Dims) -> Dims:
    """np.inner"""
    if not x or not y:
        return x + y
    matching(x[-1], y[-1], "inner")
    return x[:-1] + y[:-1]


def outer(x: Dims, y: Dims) -> Dims:
    """np.outer"""
    return product_dim(x), product_dim(y)


def vdotted(x: Dims, y: Dims) -> Dims:
    """np.vdot"""
    matching(product_dim(x), product_dim(y), "vdot")
    return ()


def tensordotted(x: Dims, y: Dims, axes: Any = 2) -> Dims:
    """np.tensordot"""
    left, right = contracted_axes(axes, len(x), len(y))
    for i, j in zip(left, right):
        matching(x[i], y[j], "tensordot")
    kept_x = tuple(d for k, d in enumerate(x) if k not in left)
    return kept_x + tuple(d for k, d in enumerate(y) if k not in right)


def contracted_axes(axes: Any, m: int, n: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes that tensordot sums over, of operands with m and n axes."""
    if isinstance(axes, int):
        if axes > min(m, n):
            raise ValueError(f"tensordot over {axes} axes of arrays with {m} and {n}")
        return tuple(range(m - axes, m)), tuple(range(axes))
    if isinstance(axes, Sym) or len(axes) != 2:
        raise ValueError("tensordot: axes must be an integer or two sequences known in advance")
    left, right = axes_of(axes[0], m), axes_of(axes[1], n)
    if len(left) != len(right):
        raise ValueError("tensordot: as many axes of the one operand as of the other")
    return left, right


def einsummed(subscripts: Any, *operands: Dims) -> Dims:
    """np.einsum"""
    inputs, output = einsum_letters(subscripts, tuple(len(x) for x in operands))
    lengths: dict[str, Dim] = {}
    for letters, dims in zip(inputs, operands):
        for letter, d in zip(letters, dims):
            lengths[letter] = common(lengths[letter], d) if letter in lengths else d
    return tuple(lengths[letter] for letter in output)


_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def einsum_letters(subscripts: Any, ranks: tuple[int, ...]) -> tuple[tuple[str, ...], str]:
    """One letter per axis of each operand and of the result: the ellipsis written out."""
    if not isinstance(subscripts, str):
        raise ValueError("einsum: subscripts must be a string known while compiling")
    text = subscripts.replace(" ", "")
    left, arrow, output = text.partition("->")
    inputs = left.split(",")
    if len(inputs) != len(ranks):
        raise ValueError(f"einsum: {len(inputs)} terms in {subscripts!r}, {len(ranks)} operands")
    spare = [letter for letter in _LETTERS if letter not in text]
    missing = [rank - len(term.replace("...", "")) for term, rank in zip(inputs, ranks)]
    for term, count in zip(inputs, missing):
        if count < 0 or (count > 0 and "..." not in term):
            raise ValueError(f"einsum: term {term!r} does not fit the rank of its operand")
    wide = "".join(spare[: max(missing, default=0)])
    written = tuple(
        term.replace("...", wide[len(wide) - count :]) for term, count in zip(inputs, missing)
    )
    if not arrow:
        joined = left.replace("...", "").replace(",", "")
        output = ("..." if wide else "") + "".join(
            sorted(letter for letter in set(joined) if joined.count(letter) == 1)
        )
    result = output.replace("...", wide)
    unknown = set(result) - set("".join(written))
    if unknown or len(set(result)) != len(result):
        raise ValueError(f"einsum: the output of {subscripts!r} is not made of its terms")
    return written, result


def krons(x: Dims, y: Dims) -> Dims:
    """np.kron"""
    rank = max(len(x), len(y))
    x, y = (1,) * (rank - len(x)) + x, (1,) * (rank - len(y)) + y
    return tuple(product_dim(pair) for pair in zip(x, y))


def crossed(x: Dims, y: Dims) -> Dims:
    """np.cross of vectors with three entries along the last axis"""
    for dims in (x, y):
        if not dims or (isinstance(dims[-1], int) and dims[-1] != 3):
            raise ValueError("cross: vectors must have three entries along the last axis")
    return (*_broadcast_pair(x[:-1], y[:-1]), 3)


def convolved(x: Dims, y: Dims, mode: Any = "full") -> Dims:
    """np.convolve"""
    if len(x) > 1 or len(y) > 1:
        raise ValueError("convolve: operands must have one axis")
    n, m = (x[0] if x else 1), (y[0] if y else 1)
    if mode == "full":
        return (minus(sum_dim((n, m)), 1),)
    if isinstance(n, int) and isinstance(m, int):
        return (max(n, m) if mode == "same" else max(n, m) - min(n, m) + 1,)
    return (fresh_dim(mode),)


# --- shapes -------------------------------------------------------------------------------------


def as_shape(shape: Any) -> Dims:
    """A shape given as one length or as several."""
    given = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    for d in given:
        if not isinstance(d, (int, np.integer, Sym)):
            raise ValueError(f"a shape is made of integers, not of {d!r}")
    return tuple(d if isinstance(d, Sym) else int(d) for d in given)


def filled(shape: Any, *rest: Any) -> Dims:
    """np.zeros and its kin"""
    dims = as_shape(shape)
    if any(isinstance(d, int) and d < 0 for d in dims):
        raise ValueError("negative dimensions are not allowed")
    return dims


def reshaped(x: Dims, shape: Any, *rest: Any) -> Dims:
    """np.reshape, with at most one -1"""
    wanted = as_shape(shape)
    if -1 not in wanted:
        have, want = product_dim(x), product_dim(wanted)
        if isinstance(have, int) and isinstance(want, int) and have != want:
            raise ValueError(f"cannot reshape array of size {have} into shape {wanted}")
        return wanted
    if wanted.count(-1) > 1:
        raise ValueError("can only specify one unknown dimension")
    rest_of = [d for d in wanted if d != -1]
    left = _quotient(x, rest_of)
    return tuple(left if d == -1 else d for d in wanted)


def _quotient(dims: Sequence[Dim], by: Sequence[Dim]) -> Dim:
    """The length that makes up for `dims` together with those in `by`."""
    above, below = list(dims), []
    for d in by:
        if d in above:
            above.remove(d)
        else:
            below.append(d)
    bottom, top = product_dim(below), product_dim(above)
    if bottom == 1:
        return top
    if isinstance(top, int) and isinstance(bottom, int):
        if bottom == 0 or top % bottom:
            raise ValueError(f"cannot reshape: {top} entries do not divide by {bottom}")
        return top // bottom
    return fresh_dim("rest")


def raveled(x: Dims, *rest: Any) -> Dims:
    """One axis for all entries"""
    return (product_dim(x),)


def transposed(x: Dims, axes: Any = None) -> Dims:
    """np.transpose"""
    if axes is None:
        return x[::-1]
    order = axes_of(axes, len(x))
    if len(order) != len(x):
        raise ValueError("transpose: axes don't match array")
    return tuple(x[k] for k in order)


def matrix_transposed(x: Dims) -> Dims:
    """The last two axes exchanged"""
    return swapped(x, -1, -2)


def swapped(x: Dims, axis1: Any, axis2: Any) -> Dims:
    """np.swapaxes"""
    i, j = axis_of(axis1, len(x)), axis_of(axis2, len(x))
    order = list(range(len(x)))
    order[i], order[j] = j, i
    return tuple(x[k] for k in order)


def moved(x: Dims, source: Any, destination: Any) -> Dims:
    """np.moveaxis"""
    return tuple(x[k] for k in moved_order(source, destination, len(x)))


def moved_order(source: Any, destination: Any, rank: int) -> tuple[int, ...]:
    """The permutation that moveaxis makes."""
    froms, tos = axes_of(source, rank), axes_of(destination, rank)
    if len(froms) != len(tos):
        raise ValueError("moveaxis: as many destinations as sources")
    order = [k for k in range(rank) if k not in froms]
    for to, frm in sorted(zip(tos, froms)):
        order.insert(to, frm)
    return tuple(order)


def squeezed(x: Dims, axis: Any = None) -> Dims:
    """np.squeeze"""
    if axis is None:
        if any(is_one(d) is None for d in x):
            raise ValueError("squeeze: whether an axis has length 1 is not known, name the axes")
        return tuple(d for d in x if not is_one(d))
    gone = axes_of(axis, len(x))
    if any(is_one(x[k]) is False for k in gone):
        raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    return tuple(d for k, d in enumerate(x) if k not in gone)


def expanded(x: Dims, axis: Any) -> Dims:
    """np.expand_dims"""
    count = len(axis) if isinstance(axis, (tuple, list)) else 1
    new = axes_of(axis, len(x) + count)
    rest = iter(x)
    return tuple(1 if k in new else next(rest) for k in range(len(x) + count))


def spread_to(x: Dims, shape: Any) -> Dims:
    """np.broadcast_to"""
    wanted = as_shape(shape)
    if len(x) > len(wanted):
        raise ValueError("broadcast_to: the array has more axes than the shape")
    for a, b in zip(x[::-1], wanted[::-1]):
        if isinstance(a, int) and isinstance(b, int) and a not in (1, b):
            raise ValueError(f"broadcast_to: length {a} does not broadcast to {b}")
    return wanted


def at_least(rank: int) -> Any:
    """np.atleast_1d, np.atleast_2d"""

    def shape(x: Dims) -> Dims:
        return (1,) * (rank - len(x)) + x

    return shape


def layered(x: Dims) -> Dims:
    """np.atleast_3d"""
    return {0: (1, 1, 1), 1: (1, *x, 1), 2: (*x, 1)}.get(len(x), x)


# --- sequences ----------------------------------------------------------------------------------


def is_sequence(xs: Any) -> bool:
    """Whether lengths are those of several arrays (else: of one array, or of a run-time list)."""
    return bool(xs) and isinstance(xs[0], tuple)


def all_of_one(x: Any) -> Dims:
    """math.fsum: a number, of one array or of several numbers"""
    if any(x) if is_sequence(x) else len(x) != 1:
        raise ValueError("the numbers of a sequence, or of an array with one axis, are asked for")
    return ()


def all_of_two(x: Dims, y: Dims) -> Dims:
    """math.dist: a number, of two vectors"""
    all_of_one(x), all_of_one(y)
    matching(x[0], y[0], "dist")
    return ()


def gathered(x: Any, *rest: Any) -> Dims:
    """np.array of an array, or of sequences nested in one another"""
    if not is_sequence(x):
        return dims_in(x)
    first = gathered(x[0])
    for other in x[1:]:
        dims = gathered(other)
        if len(dims) != len(first):
            raise ValueError("array: the entries have different numbers of axes")
        first = tuple(matching(a, b, "array") for a, b in zip(first, dims))
    return (len(x), *first)


def concatenated(xs: Any, axis: Any = 0) -> Dims:
    """np.concatenate"""
    if not is_sequence(xs):
        if not xs or len(xs) < 2:
            raise ValueError("zero-dimensional arrays cannot be concatenated")
        k = axis_of(axis, len(xs) - 1)
        inside = xs[1:]
        return (*inside[:k], product_dim((xs[0], inside[k])), *inside[k + 1 :])
    if axis is None:
        return (sum_dim(product_dim(x) for x in xs),)
    rank = len(xs[0])
    if any(len(x) != rank for x in xs):
        raise ValueError("concatenate: the arrays have different numbers of axes")
    if rank == 0:
        raise ValueError("zero-dimensional arrays cannot be concatenated")
    k = axis_of(axis, rank)
    result = list(xs[0])
    for x in xs[1:]:
        for j in range(rank):
            result[j] = result[j] if j == k else matching(result[j], x[j], "concatenate")
    result[k] = sum_dim(x[k] for x in xs)
    return tuple(result)


def stacked(xs: Any, axis: Any = 0) -> Dims:
    """np.stack"""
    if not is_sequence(xs):
        count, inside = xs[0], xs[1:]
    else:
        count, inside = len(xs), gathered(xs)[1:]
    k = axis_of(axis, len(inside) + 1)
    return (*inside[:k], count, *inside[k:])


def split_at(x: Dims, sections: Any, axis: Any = 0) -> tuple[Dims, ...]:
    """np.split: the shapes of the parts"""
    k = axis_of(axis, len(x))
    if isinstance(sections, int):
        n = x[k]
        if isinstance(n, int):
            if n % sections:
                raise ValueError("array split does not result in an equal division")
            part: Dim = n // sections
        else:
            part = n if sections == 1 else Sym(("part", n.key, sections))
        return ((*x[:k], part, *x[k + 1 :]),) * sections
    return _parts(x, sections, k)


def array_split_at(x: Dims, sections: Any, axis: Any = 0) -> tuple[Dims, ...]:
    """np.array_split: the shapes of the parts"""
    k = axis_of(axis, len(x))
    n = x[k]
    if not isinstance(sections, int):
        return _parts(x, sections, k)
    if not isinstance(n, int):
        return tuple((*x[:k], fresh_dim("part"), *x[k + 1 :]) for _ in range(sections))
    sizes = [n // sections + (j < n % sections) for j in range(sections)]
    return tuple((*x[:k], size, *x[k + 1 :]) for size in sizes)


def _parts(x: Dims, sections: Any, k: int) -> tuple[Dims, ...]:
    if isinstance(sections, Sym):
        raise ValueError("split: the number of parts must be known while compiling")
    n = x[k]
    cuts: list[Dim] = [0, *sections, n]
    if all(isinstance(d, int) for d in cuts):
        bounds = zip(cuts[:-1], [*cuts[1:-1], None])
        sizes: list[Dim] = [len(range(*slice(a, b).indices(n))) for a, b in bounds]  # type: ignore
    else:
        sizes = [_between(a, b, n) for a, b in zip(cuts[:-1], cuts[1:])]
    return tuple((*x[:k], size, *x[k + 1 :]) for size in sizes)


def _between(a: Dim, b: Dim, n: Dim) -> Dim:
    """The length of x[a:b], known where 0 <= a <= b <= n is."""
    fits = difference(n, b) is not None
    size = difference(b, a) if fits else None
    return fresh_dim("part") if size is None else size


def tiled(x: Dims, reps: Any) -> Dims:
    """np.tile"""
    times = as_shape(reps)
    rank = max(len(x), len(times))
    x, times = (1,) * (rank - len(x)) + x, (1,) * (rank - len(times)) + times
    return tuple(product_dim(pair) for pair in zip(times, x))


def repeated(x: Dims, repeats: Any, axis: Any = None) -> Dims:
    """np.repeat"""
    x, k = (raveled(x), 0) if axis is None else (x, axis_of(axis, len(x)))
    if isinstance(repeats, (int, Sym)):
        return (*x[:k], product_dim((x[k], repeats)), *x[k + 1 :])
    return (*x[:k], fresh_dim("repeats"), *x[k + 1 :])


def diagonal_of(x: Dims, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Dims:
    """np.diagonal"""
    i, j = axis_of(axis1, len(x)), axis_of(axis2, len(x))
    if i == j:
        raise ValueError("axis1 and axis2 cannot be the same")
    rest = tuple(d for k, d in enumerate(x) if k not in (i, j))
    return (*rest, _diagonal_length(x[i], x[j], offset))


def _diagonal_length(n: Dim, m: Dim, offset: Any) -> Dim:
    if isinstance(n, int) and isinstance(m, int) and isinstance(offset, int):
        return max(min(n + min(offset, 0), m - max(offset, 0)), 0)
    if n == m and isinstance(offset, int):
        return minus(n, abs(offset))
    return fresh_dim("diagonal")


def diag(x: Dims, k: Any = 0) -> Dims:
    """np.diag: a matrix from a vector, a vector from a matrix"""
    if len(x) == 2:
        return diagonal_of(x, k)
    if len(x) != 1:
        raise ValueError("Input must be 1- or 2-d.")
    side = sum_dim((x[0], abs(k))) if isinstance(k, int) else fresh_dim("side")
    return side, side


def traced(x: Dims, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Dims:
    """np.trace"""
    return diagonal_of(x, offset, axis1, axis2)[:-1]


def at_least_matrix(x: Dims, *rest: Any) -> Dims:
    """np.tril, np.triu"""
    if not x:
        raise ValueError("the operand must have at least one axis")
    return x if len(x) > 1 else (x[0], x[0])


# --- indices ------------------------------------------------------------------------------------


def taken(x: Dims, indices: Dims, axis: Any = None) -> Dims:
    """np.take"""
    if axis is None:
        return indices
    k = axis_of(axis, len(x))
    return (*x[:k], *indices, *x[k + 1 :])


def along(x: Dims, indices: Dims, axis: Any) -> Dims:
    """np.take_along_axis"""
    if axis is None:
        return indices
    if len(x) != len(indices):
        raise ValueError("`indices` and `arr` must have the same number of dimensions")
    k = axis_of(axis, len(x))
    return tuple(b if j == k else common(a, b) for j, (a, b) in enumerate(zip(x, indices)))


# --- creation -----------------------------------------------------------------------------------


def eye(N: Any, M: Any = None, *rest: Any) -> Dims:
    """np.eye, np.tri"""
    return as_shape((N, N if M is None else M))


def identity(n: Any, *rest: Any) -> Dims:
    """np.identity"""
    return as_shape((n, n))


def arange(start: Any, stop: Any = None, step: Any = None, *rest: Any) -> Dims:
    """np.arange"""
    step = 1 if step is None else step
    if stop is None:
        start, stop = 0, start
    values = (start, stop, step)
    if not any(isinstance(v, Sym) for v in values):
        if not step:
            raise ValueError("arange: the step is zero")
        return (max(math.ceil((stop - start) / step), 0),)
    if step == 1 and isinstance(start, int) and start >= 0 and isinstance(stop, Sym):
        return (minus(stop, start),)
    return (fresh_dim("count"),)


def window(M: Any, *rest: Any) -> Dims:
    """np.hanning and its kin"""
    return as_shape(M)


def triangle_indices(n: Any, k: Any = 0, m: Any = None) -> tuple[Dims, ...]:
    """np.tril_indices, np.triu_indices: two arrays of one length"""
    return ((fresh_dim("triangle"),),) * 2


def diagonal_indices(n: Any, ndim: Any = 2) -> tuple[Dims, ...]:
    """np.diag_indices"""
    return (as_shape(n),) * int(ndim)


def linspace(start: Dims, stop: Dims, num: Any = 50, *rest: Any) -> Dims:
    """np.linspace"""
    return as_shape(num) + _broadcast_pair(start, stop)


# --- linear algebra -----------------------------------------------------------------------------


def square_matrix(x: Dims) -> Dims:
    """The shape of a stack of square matrices"""
    if len(x) < 2:
        raise ValueError(f"a matrix is needed, the array has {len(x)} axes")
    matching(x[-1], x[-2], "a square matrix is needed")
    return x


def solved(a: Dims, b: Dims) -> Dims:
    """np.linalg.solve: b with one axis is a vector, else a stack of matrices"""
    square_matrix(a)
    if len(b) == 1:
        matching(a[-1], b[0], "solve")
        return (*a[:-2], b[0])
    matching(a[-1], b[-2], "solve")
    return _broadcast_pair(a[:-2], b[:-2]) + b[-2:]


def determinant(x: Dims) -> Dims:
    """np.linalg.det"""
    return square_matrix(x)[:-2]


def sign_and_log(x: Dims) -> tuple[Dims, ...]:
    """np.linalg.slogdet"""
    return determinant(x), determinant(x)


def norm(x: Dims, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Dims:
    """np.linalg.norm"""
    return reduced(x, axis, keepdims)
