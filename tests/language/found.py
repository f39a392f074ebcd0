"""Programs that once failed, found by generated ones and made small."""

from __future__ import annotations

import math

import numpy as np

from srcdiff import grad
from tests.language.rows import raising, refused, row


def one_cotangent_for_two(A):
    """Two operands received one scattered cotangent, and a sum took it away from the other."""
    for _ in A:
        A = A + A**2
        A = A[:1:2]
    return np.sum(A)


def shape_of_what_is_not_there(x, ready):
    """A cotangent was made in the shape of an array that the path taken does not bind."""
    if ready:
        part = x[-1:]
    total = np.inner(x[-2:-1], x[0:1])
    if ready:
        total = np.sum(part * x[:1])
    return total


def list_on_one_path(x, n):
    """The length of a list was asked for on the path that does not make it."""
    while n > 3:
        return [x[n % 2] * k for k in range(n)]
    return [x[0], x[1] * x[0]]


def slice_of_a_list(xs):
    """`+=` on a slice of a list of cotangents made the list longer."""
    first, *rest, last = xs
    return first * last + sum(v * v for v in rest)


def narrow_and_wide(a, b):
    """The gradient by the wide argument was as narrow as the other."""
    return np.sum(a * b)


def unbound_beside_its_source(x):
    """A name that one path leaves unbound had the name, and so the value, of what it is made from."""
    if x > 0.0:
        y = x
    return y * 2.0


def order_of_a_sum(X):
    """A sum added in another order, as a copy that changes the order in memory was left out."""
    Y = np.transpose(X[::-1]).copy()
    return np.sum(Y**2)


def full_of_an_empty_sum(x, bound):
    """An array made of a sum that may be of nothing, and would hold integers then."""
    A = np.full((2, 3), sum([v * v for v in x if v > bound]))
    return A[-1, :2].mean() * np.sum(x) + np.sum(A[0] * x)


def seed_as_it_came(u):
    """The gradient by a float was the seed itself: a number of NumPy's, like the value."""
    return np.mean(np.ones(3)) + u


def product_with_a_piece_of_a_view(v):
    """The last bits of a product were others: a piece of a view was copied with the view."""
    x = v[::-1]
    y = x[[[2, 0, 1], [1, 2, 1], [1, 0, 2]]] @ x[0:]
    x[...] = y
    return x


def list_times_a_number(x, n):
    """A list that grows in a loop times a constant: its entries were multiplied."""
    out = []
    for i in range(n):
        out.append(x[i] * 2.0)
    doubled, more = out * 2, 3 * out
    return sum(doubled) * more[4] + len(more)


A = np.array([[0.4, -0.3, 0.7], [0.2, 0.5, -0.6], [-0.1, 0.8, 0.3]])
V = np.array([0.7, -1.2, 0.4])

SCALE = 1.7


def selected(w):
    w = np.sin((w if SCALE else w[[True, True, True]]) + w)
    return sum([w[1] for _ in w])


def shape_of_a_mask_of_the_other_path(x):
    """The mask is made on the other path, and nothing is as long as it."""
    for _ in range(1):
        x *= selected(np.einsum("ii->i", x[[[0, 2, 2], [1, 2, 1], [0, 0, 2]]]))
    return selected(x)


def rounded_constants(x):
    """round() of a constant was a float, of a variable an int."""
    powers = [x, x * x, x**3]
    total = sum(x * k for k in range(round(1.0 / 0.25))) * powers[round(1.2)]
    total += {2: x}.get(round(2.2), 9.0 * x) + round(2.567, 1) * x + round(2.5, None) * x
    whole = np.array([round(2.2), 1])
    whole[0] = 2.7
    return total * sum(whole) + (x if f"{round(-1.2)} {round(1234, -2)}" == "-1 1200" else x**5)


def summed_exactly(x, xs):
    """math.fsum was a plain sum."""
    total = math.fsum([1e16, x, -1e16]) + math.fsum(v * 2.0 for v in (x, xs[0], 1e16, -1e16))
    grown = [1e16]
    for v in xs:
        grown.append(v * x)
    grown.append(-1e16)
    return total * math.fsum(xs) + math.fsum(grown) + x * math.fsum([])


def far_apart(x):
    """math.dist was the root of a sum of squares, which may be too large."""
    far = math.dist([1e200 * x[0], 2e200], [x[1], 1e200 * x[2]]) / 1e200
    return (
        far * math.dist(x, x[::-1]) + math.dist((x[0], 1.0), (0.5, 2.0)) + math.dist([1.0], [2.0])
    )


def logarithms_by_a_base(x, n):
    return math.log(x, 2) * math.log(n, x) + math.log(8, 2) * x


def shown_with_quotes(x):
    """repr() was str()."""
    name = "abc"
    shown = f"{x}"
    seen = repr(name) == "'abc'" and repr(shown) == f"'{x}'" and ascii("\u00e9") == "'\\xe9'"
    return x * x if seen and str(name) == "abc" and repr(1.5) == "1.5" else x


def not_a_number_in_a_list(x):
    """An object in a list is found before it is compared, and nan is not equal to itself."""
    nan, other = math.nan, float("nan")
    found = nan in [nan] and [nan] == [nan] and (nan, 1) == (nan, 1) and [1, nan].count(nan) == 1
    items = [1.0, nan, 2.0]
    items.remove(nan)
    lost = [nan] == [other] or other in (nan, 1) or nan == nan
    return x * x * sum(items) if found and not lost and {1: nan} == {1: nan} else x


def itself_in_a_list(x, n):
    """The same with a nan that only the run brings."""
    return x * x if n in [n] and (n,) == (n,) and n not in [n + 0.0] else x


FIRST = slice(0, 2)
CORNER = np.s_[1:, 0]


def slices_of_a_module(x, part=slice(1, None)):
    """A slice that a module, an argument or a default brings was no index."""
    items = [x[0], x[1] * x[2], x[0] ** 3]
    items[FIRST] = [x[2]]
    squares = x * x
    squares[part] *= 3.0
    squares[FIRST] = 0.5 * x[FIRST]
    del items[slice(1, 2)]
    grid = np.outer(squares, x)
    return sum(items[FIRST]) * np.sum(squares[part]) + np.sum(grid[CORNER]) * grid[CORNER][0]


def contracted_with_numbers(x):
    """The rules of products asked a number for its rank, where an operand was one."""
    scaled = np.sum(np.dot(2.0, x) * np.inner(x, 0.5) * np.tensordot(3.0, x, 0))
    return scaled + np.tensordot(x, x, axes=([0, 1], [1, 0]))


def deviation_of_one(x):
    """Of one entry there is no deviation with ddof=1: an internal fault."""
    one = np.array([x[0]])
    return np.var(one, ddof=1) + np.std(one, ddof=1) if x[0] > 5.0 else x[0]


def levels_of_derivatives(x, n):
    """As many derivatives of derivatives as only the run knows."""

    def level(k, y):
        return y if k == 0 else grad(lambda z: level(k - 1, z * z * x))(y)

    return level(n, x)


def list_or_number(x):
    return list(x) + [1.0] and x[1] * 2.0 if len(x) > 2 else x[0]


def list_times_number(x):
    return np.sum([x[0], x[1]] * np.float64(2.0))


def list_times_entry(x):
    return np.sum([v * v for v in x] * x[0])


def list_times_list(x):
    items = [x[0], x[1]]
    return np.sum(items * items)


def list_less_list(x):
    items = [v * v for v in x]
    return np.sum(items - items)


def tuples_divided(x):
    return np.sum((x[0], x[1]) / (x[1], x[0]))


def list_negated(x):
    return np.sum(-[x[0], x[1]])


def list_made_positive(x):
    return np.sum(abs([x[0], x[1]])) + np.sum(np.abs([x[0]]))


def list_below_a_number(x):
    return x[0] if [x[0]] < 1.0 else x[1]


def list_times_a_float(x):
    items = [x[0], x[1]]
    items *= 2.0
    return np.sum(items)


def lists_as_arrays(x):
    """Arrays and NumPy's numbers take a list for an array, but for a product with a number."""
    items = [v * v for v in x]
    summed = np.sum([x[0], x[1]] + x[2]) + np.sum((x[0], x[1]) * x[:2]) + np.sum(items - x)
    return summed * np.sum([x[0], 2.0] ** np.float64(2.0)) + np.sum(x / items)


def list_that_becomes_an_array(x):
    """`+=` of a list and an array is their sum, in an array of its own: it made the list longer."""
    first = [x[0], x[1]]
    second, held = [v * v for v in x], {"a": [x[0]]}
    one, two, three = first, second, held["a"]
    first += x[:2]
    first *= x[1:]
    second -= x
    held["a"] += x[2]
    one += [x[0]]
    two += x[0], x[1]
    three *= 2
    total = np.sum(first) * len(first) + np.sum(second) * len(second) + np.sum(held["a"])
    return total + sum(one) * len(one) + sum(two) * len(two) + sum(three) * len(three)


def numbers_of_numpy(x):
    """np.float64(a) was an array of rank 0, which `+=` changes under every name."""
    a = np.float64(x[0])
    b = a
    a += 1
    c = np.float64(np.array(x[1] * 1.0))
    d = c
    c *= a
    kind = 1.0 if isinstance(np.float64(2.5), np.ndarray) else 2.0
    return a * b + c * d * kind * np.float64(2.5) + np.int64(2.7) * x[2] + np.float64() * x[0]


ROWS = (
    row(one_cotangent_for_two, A),
    row(shape_of_what_is_not_there, V, True),
    row(shape_of_what_is_not_there, V, False),
    row(list_on_one_path, V, 2),
    row(list_on_one_path, V, 5),
    row(slice_of_a_list, [0.3, 0.7, -0.4, 1.1]),
    row(narrow_and_wide, V.astype(np.float32), V),
    row(narrow_and_wide, V, V.astype(np.float32)),
    row(unbound_beside_its_source, 0.7),
    row(full_of_an_empty_sum, V, 0.1),
    row(seed_as_it_came, 0.7),
    row(product_with_a_piece_of_a_view, np.array([0.6691, 1.2028, 1.2143])),
    row(list_times_a_number, V, 2),
    row(
        order_of_a_sum,
        np.array(
            [
                [-0.2999, -0.7728, 0.6216, -0.8735],
                [-0.2292, 0.3788, -0.706, 0.4046],
                [-0.3647, 0.9631, -0.1398, 1.4027],
            ]
        ),
    ),
    row(shape_of_a_mask_of_the_other_path, np.array([-0.929, 1.4284, 0.4523])),
    row(rounded_constants, 1.3),
    row(summed_exactly, 1.3, [0.4, -0.7, 2.0]),
    row(summed_exactly, 1.3, np.array([0.4, -0.7])),
    row(far_apart, np.array([0.7, -0.4, 1.3])),
    row(logarithms_by_a_base, 1.3, 5),
    row(shown_with_quotes, 1.3),
    row(not_a_number_in_a_list, 1.3),
    row(itself_in_a_list, 1.3, math.nan, wrt=(0,)),
    row(slices_of_a_module, V),
    row(slices_of_a_module, V, FIRST),
    row(contracted_with_numbers, np.array([[0.7, -0.4], [1.3, 0.2]])),
    *(
        raising(TypeError, f, V)
        for f in (
            list_times_number,
            list_times_entry,
            list_times_list,
            list_less_list,
            tuples_divided,
            list_negated,
            list_made_positive,
            list_below_a_number,
            list_times_a_float,
        )
    ),
    row(lists_as_arrays, V),
    row(list_that_becomes_an_array, V),
    row(numbers_of_numpy, V),
)
REFUSED = (
    refused("SD203", deviation_of_one, V),
    refused("SD332", levels_of_derivatives, 0.7, 0),
    refused("SD302", list_or_number, V),
)
