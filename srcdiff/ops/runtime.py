"""Functions that rule bodies and generated code may call. Plain NumPy, no srcdiff: a generated file
carries the source of those it needs.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def spread(v: Any, like: Any) -> Any:
    """v broadcast to the shape of `like` (a view that must not be written)."""
    return np.broadcast_to(v, np.shape(like))


def alike(v: Any, like: Any) -> Any:
    """v, which has the shape of `like` or the operation that is differentiated has failed."""
    return v


def unbroadcast(v: Any, like: Any) -> Any:
    """The adjoint of broadcasting `like` to the shape of v: v summed over the axes that were repeated."""
    shape = np.shape(like)
    if np.shape(v) == shape:
        return v
    v = np.sum(v, axis=tuple(range(np.ndim(v) - len(shape))))
    repeated = tuple(k for k, n in enumerate(shape) if n == 1 and np.shape(v)[k] != 1)
    return np.sum(v, axis=repeated, keepdims=True) if repeated else v


def zeros_like(x: Any) -> Any:
    """Zeros in the shape of x: a number, an array, or a list of these."""
    if isinstance(x, list):
        return [zeros_like(item) for item in x]
    return np.zeros_like(x) if isinstance(x, np.ndarray) else 0.0


def blank(x: Any) -> Any:
    """Zeros in the shape of x; an array of rank 0 where the path taken has left x without a value."""
    return np.zeros(()) if x is None else zeros_like(x)


def add_at(b: Any, index: Any, v: Any) -> Any:
    """b (an array or a list) with v added at the index; entries named twice get both."""
    if isinstance(b, list):
        result = list(b)
        old = result[index]
        result[index] = add_lists(old, v) if isinstance(old, list) else old + v
        return result
    result = b.copy()
    np.add.at(result, index, v)
    return result


def set_at(x: Any, index: Any, v: Any) -> Any:
    """x (an array or a list) with something else at the index."""
    result = list(x) if isinstance(x, list) else x.copy()
    result[index] = v
    return result


def set_last(x: Any, index: Any, v: Any) -> Any:
    """The same for an index that may name an entry twice: NumPy keeps what is written last."""
    return set_at(x, index, v)


def kept(v: Any, like: Any, index: Any) -> Any:
    """v where writing it at the index lasts: zero where a later entry goes to the same place."""
    places = entries(np.shape(like), index)
    if places is None:
        where = np.full(np.shape(like), -1)
        order = np.arange(np.size(v)).reshape(np.shape(v))
        where[index] = order
        return np.where(where[index] == order, v, 0)
    last = np.zeros(places.size, dtype=bool)
    last[places.size - 1 - np.unique(places[::-1], return_index=True)[1]] = True
    return np.where(last.reshape(np.shape(v)), v, 0)


def entries(shape: tuple[int, ...], index: Any) -> Any:
    """The places, counted through, that an index of integers names; None for another index."""
    parts = index if isinstance(index, tuple) else (index,)
    whole = all(isinstance(p, (int, np.integer, list, np.ndarray)) for p in parts)
    parts = tuple(np.asarray(p) for p in parts) if whole and len(parts) == len(shape) else ()
    if not parts or any(p.dtype.kind not in "iu" for p in parts):
        return None
    wrapped = [p % n for p, n in zip(parts, shape)]
    return np.ravel_multi_index(tuple(np.broadcast_arrays(*wrapped)), shape).ravel()


def require_apart(written: Any, others: Any, names: Any, work: Any = 10000) -> None:
    """Raise ValueError if an array that is written shares memory with another one.

    Bounds that do not meet cost nothing; where telling takes too long, it counts as sharing.
    """
    arrays = (*written, *others)
    for k, x in enumerate(written):
        for j in range(k + 1, len(arrays)):
            if np.may_share_memory(x, arrays[j], max_work=work):
                message = f"{names[k]} and {names[j]} share memory, and {names[k]} is written: pass a copy"
                raise ValueError(message)


def require_distinct(written: Any, others: Any) -> None:
    """Raise ValueError if a list, dict or object that is written was passed twice."""
    things = (*written, *others)
    for k, x in enumerate(written):
        if any(x is y for y in things[k + 1 :]):
            raise ValueError(f"a {type(x).__name__} that is written was passed twice: pass a copy")


def require_contiguous(x: Any, name: Any) -> None:
    """Raise ValueError if an array does not lie in memory without gaps, in C's order."""
    if not x.flags.c_contiguous:
        message = (
            f"{name} is not contiguous, so a reshaped {name} may be a copy or a view: pass a copy"
        )
        raise ValueError(message)


def require_dtype(x: Any, dtype: Any) -> None:
    """Raise TypeError if an array is of another dtype than the derivative was made for."""
    if x.dtype != dtype:
        message = (
            f"an array is of {x.dtype} in this run, where the derivative was made for one of {dtype}: "
            "a number it is made of has another type on each path, give it one (float(n), 0.0)"
        )
        raise TypeError(message)


def require_in_order(target: Any, source: Any) -> None:
    """Raise ValueError where target[...] = source, parts of one array, overwrites what is yet to be read.

    NumPy copies one axis entry by entry, also where the steps differ. Here it copies the places.
    """
    if not np.shares_memory(target, source):
        return
    source = source.reshape(
        source.shape[-1:]
    )  # NumPy leaves out what it has axes more, of length 1
    size = target.itemsize
    starts = [v.__array_interface__["data"][0] // size for v in (target, source)]
    steps = [v.strides[-1] // size for v in (target, source)]
    ends = [start + step * (len(source) - 1) for start, step in zip(starts, steps)]
    low = min(*starts, *ends)
    places = np.arange(max(*starts, *ends) - low + 1)
    cuts = [
        np.lib.stride_tricks.as_strided(places[start - low :], (len(source),), (8 * step,))
        for start, step in zip(starts, steps)
    ]
    wanted = cuts[1].copy()
    cuts[0][...] = cuts[1]
    if not np.array_equal(cuts[0], wanted):
        raise ValueError(
            "NumPy overwrites part of the value before it has read it: write a copy of it"
        )


def scatter(v: Any, like: Any, index: Any) -> Any:
    """Zeros in the shape of `like` with v added at the index: the adjoint of like[index]."""
    return add_at(zeros_like(like), index, v)


def add_lists(a: Any, b: Any) -> Any:
    """Entry by entry sum of two lists."""
    return [add_lists(x, y) if isinstance(x, list) else x + y for x, y in zip(a, b, strict=True)]


def append(xs: list[Any], v: Any) -> list[Any]:
    """The list with one more entry."""
    return [*xs, v]


def drop_last(xs: list[Any]) -> list[Any]:
    """The list without its last entry: the adjoint of `append` for the list."""
    return xs[:-1]


def place_of(keys: list[Any], key: Any) -> int:
    """Where a key is in a list of keys; -1 where it is not in it."""
    return keys.index(key) if key in keys else -1


def select(c: Any, x: Any, y: Any) -> Any:
    """x if c else y, for a single condition."""
    return x if c else y


def getitem(x: Any, index: Any) -> Any:
    """x[index]"""
    return x[index]


def sign(x: Any) -> Any:
    """-1.0, 0.0 or 1.0, for a single number."""
    return float(x > 0) - float(x < 0)


def heaviside(x: Any, tie: Any) -> Any:
    """0.0 below zero, 1.0 above, `tie` at zero, for a single number."""
    return 1.0 if x > 0 else 0.0 if x < 0 else tie


def nonzero(x: Any) -> Any:
    """x with ones in place of its zeros."""
    return x + (x == 0)


def larger(x: Any, y: Any) -> Any:
    """max(x, y), a float when one of the two is."""
    z = max(x, y)
    return z + 0.0 if isinstance(x, float) or isinstance(y, float) else z


def smaller(x: Any, y: Any) -> Any:
    """min(x, y), a float when one of the two is."""
    z = min(x, y)
    return z + 0.0 if isinstance(x, float) or isinstance(y, float) else z


def polygamma(n: int, x: float) -> float:
    """The n-th derivative of the digamma function (which is that of log gamma), for one number."""
    if x < -20.0:
        mirrored = polygamma(n, 1.0 - x)
        return (-mirrored if n % 2 else mirrored) - math.pi * cot(n, x)
    total, sign = 0.0, -1.0 if n % 2 else 1.0
    while x < 20.0:
        total -= sign * math.factorial(n) / x ** (n + 1)
        x += 1.0
    r = 1.0 / x  # its powers vanish where those of x are too large
    tail = math.factorial(n) / 2.0 * r ** (n + 1)
    tail += -math.log(x) if n == 0 else math.factorial(n - 1) * r**n
    for k, bernoulli in enumerate((1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6), 1):
        rising = math.factorial(2 * k + n - 1) / math.factorial(2 * k)
        tail += bernoulli * rising * r ** (2 * k + n)
    return total - sign * tail


def cot(n: int, x: float) -> float:
    """The n-th derivative of 1 / tan(pi * x), for one number."""
    c = 1.0 / math.tan(math.pi * math.fmod(x, 1.0))
    rate = np.polynomial.Polynomial([0.0, 1.0])  # a polynomial in c, whose slope is -pi (1 + c**2)
    for _ in range(n):
        rate = rate.deriv() * np.polynomial.Polynomial([-math.pi, 0.0, -math.pi])
    return float(rate(c))


def cofactors(x: Any) -> Any:
    """det(x) * inv(x).T for a matrix or a stack of them, of singular ones too."""
    try:
        return np.linalg.det(x)[..., None, None] * np.swapaxes(np.linalg.inv(x), -1, -2)
    except np.linalg.LinAlgError:
        u, s, v = np.linalg.svd(x)
        turned = np.linalg.det(u) * np.linalg.det(v)
        others = product_of_others(s, -1)[..., None, :]
        return turned[..., None, None] * ((np.conj(u) * others) @ np.conj(v))


def delayed(x: Any, axis: int) -> Any:
    """x moved on by one place along the axis; a zero comes in."""
    x = np.moveaxis(x, axis, 0)
    return np.moveaxis(np.concatenate((np.zeros_like(x[:1]), x[:-1])), 0, axis)


def advanced(x: Any, axis: int) -> Any:
    """x moved back by one place along the axis; a zero comes in at the end."""
    x = np.moveaxis(x, axis, 0)
    return np.moveaxis(np.concatenate((x[1:], np.zeros_like(x[:1]))), 0, axis)


def products_before(x: Any, axis: int) -> Any:
    """For each entry the product of those before it along the axis."""
    x = np.moveaxis(x, axis, 0)
    return np.moveaxis(np.cumprod(np.concatenate((np.ones_like(x[:1]), x[:-1])), 0), 0, axis)


def product_of_others(x: Any, axis: int | None) -> Any:
    """For each entry the product of all the others along the axis (of the whole array if None)."""
    if axis is None:
        return product_of_others(np.ravel(x), 0).reshape(np.shape(x))
    after = np.flip(products_before(np.flip(x, axis), axis), axis)
    return products_before(x, axis) * after


def recurrence(a: Any, b: Any, axis: int) -> Any:
    """z with z[k] = a[k] * z[k - 1] + b[k] along the axis, z[-1] = 0."""
    a, z = np.moveaxis(a, axis, 0).copy(), np.moveaxis(b, axis, 0).copy()
    step = 1
    while step < len(z):
        z[step:] += a[step:] * z[:-step]
        a[step:] = a[step:] * a[:-step]
        step *= 2
    return np.moveaxis(z, 0, axis)


def put_along(v: Any, like: Any, indices: Any, axis: int | None) -> Any:
    """Zeros in the shape of `like` with v added at the indices along the axis."""
    if axis is None:
        return put_along(v, np.ravel(like), indices, 0).reshape(np.shape(like))
    index: list[Any] = list(np.ix_(*map(np.arange, np.shape(like))))
    index[axis] = indices
    return scatter(v, like, tuple(index))


def join_lists(a: list[Any], b: list[Any]) -> list[Any]:
    """The entries of both."""
    return a + b


def checkpoints(count: int, snapshots: int) -> list[list[int]]:
    """The steps of a loop whose state to keep: keep[-1] while the loop runs, then, of the steps from
    the last one down, keep[t] on the way to t from the last state kept.

    A state is given up when its own step is reached. Binomial schedule: Griewank and Walther,
    Algorithm 799, ACM TOMS 26 (2000).
    """
    try:
        from checkpoint_schedules import EndForward, Forward, MultistageCheckpointSchedule, Reverse
    except ImportError as error:
        message = "a checkpointed loop needs the package checkpoint_schedules"
        raise ImportError(message) from error
    none: list[int] = []
    keep, new = [none] * (max(count, 0) + 1), [0]
    for action in MultistageCheckpointSchedule(count, snapshots, 0) if count > 0 else ():
        if isinstance(action, Forward) and action.write_ics and action.n0 > 0:
            new.append(action.n0)
        elif isinstance(action, (EndForward, Reverse)):
            step = count if isinstance(action, EndForward) else action.n1 - 1
            keep[step], new = new or none, []
    return keep


def stop_gradient(x: Any) -> Any:
    """x, whose derivative is taken to be zero (of a number, an array, or a structure of these).

    >>> from srcdiff import grad, stop_gradient
    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    3.0
    """
    return x


def copied(x: Any) -> Any:
    """A copy of an array, of a list and its entries; None stays None."""
    if isinstance(x, list):
        return [copied(v) for v in x]
    return x.copy() if isinstance(x, np.ndarray) else x
