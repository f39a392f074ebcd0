"""Programs that once failed, found by generated ones and made small."""

from __future__ import annotations

import numpy as np

from tests.language.rows import row


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
)
